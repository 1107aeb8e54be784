# kernel: sid
# modules: nfnetlink_log nfnetlink_queue nfnetlink_cttimeout nfnetlink_cthelper nfnetlink_acct nf_conntrack_netlink nfnetlink_osf nft_compat xt_NFLOG xt_NFQUEUE nf_log_syslog nft_ct nft_log nft_queue dummy
# untraced
# Packets that are logged and queued, timeouts, helpers, accounting, fingerprints, hooks, iptables' extensions.
setting ip link add apple0 type dummy
setting ip addr add 192.0.2.1/24 dev apple0
setting ip -6 addr add 2001:db8::1/64 dev apple0 nodad
setting ip link set apple0 up
setting sysctl -qw net.netfilter.nf_conntrack_acct=1
background listener python3 -u tests/tools/scenarios/netfilter.py
run iptables -A OUTPUT -d 192.0.2.9 -p udp -j NFLOG --nflog-group 5 --nflog-prefix 'to nine'
run iptables -A OUTPUT -d 192.0.2.7 -j NFQUEUE --queue-num 3 --queue-bypass
run iptables -A INPUT -m comment --comment hello -m conntrack --ctstate ESTABLISHED -j ACCEPT
run ip6tables -A OUTPUT -d 2001:db8::9 -j NFLOG --nflog-group 5
run nft add table inet t
run nft 'add ct timeout inet t slow { protocol tcp; policy = { established: 100, close: 7 }; }'
run nft 'add chain inet t c { type filter hook output priority 5; }'
run nft 'add rule inet t c meta l4proto udp log group 5 prefix "nft" snaplen 40'
run nft list hooks ip
run python3 tests/tools/scenarios/netfilter.py send
run conntrack -L
run conntrack -L expect
run conntrack -S
run conntrack -C
background events conntrack -E -o timestamp
run conntrack -F
run sleep 1
run conntrack -I -p tcp -s 192.0.2.1 -d 192.0.2.50 --sport 1000 --dport 80 --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 50 --mark 5 
run conntrack -U -p tcp -s 192.0.2.1 -d 192.0.2.50 --mark 6
run conntrack -I expect --orig-src 192.0.2.1 --orig-dst 192.0.2.50 --tuple-src 192.0.2.50 --tuple-dst 192.0.2.1 --mask-src 255.255.255.255 --mask-dst 255.255.255.255 -p tcp --sport 1000 --dport 80 --tuple-port-src 0 --tuple-port-dst 1026 --mask-port-src 0 --mask-port-dst 65535 --timeout 30
run conntrack -D -p tcp -d 192.0.2.50
run nft delete table inet t
