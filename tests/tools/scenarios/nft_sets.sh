# kernel: sid
# modules: nf_tables nft_ct nf_conntrack_ftp nft_compat xt_conntrack dummy
# untraced
# Sets and maps of every type, objects, flowtables, chains of devices; a packet traced; what iptables asks for.
setting ip link add dummy0 type dummy
setting ip link set dummy0 up
run nft add table netdev d
background monitor nft monitor
background trace nft monitor trace
run ip -br link
setting nft -f tests/tools/scenarios/nft_sets.nft
json list nft -j list ruleset
setting 'echo hello > /dev/udp/127.0.0.1/999'
run nft delete element inet t ports { 22 }
run nft reset set inet t cnt
run nft get element inet t addrs { 10.1.2.3 }
run nft destroy table inet nosuch
run nft delete set inet t idx
run iptables-nft -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -m comment --comment hi -j ACCEPT
run iptables-nft -t nat -A POSTROUTING -j MASQUERADE
