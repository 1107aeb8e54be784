# Answers of every form: parts without a dump, gets with an acknowledgement, raw protocols, one socket and several.
# kernel: sid
# modules: netdevsim rdma_rxe team team_mode_activebackup team_mode_loadbalance nf_conntrack_netlink nft_compat xt_comment xt_conntrack dummy veth inet_diag tcp_diag udp_diag unix_diag packet_diag
setting ip link add apple0 type dummy
setting ip addr add 192.0.2.1/24 dev apple0
setting ip link set apple0 up
run ip link add pear0 type team
run ip link add plum0 type dummy
run ip link set plum0 master pear0
run teamnl pear0 setoption mode activebackup
run teamnl pear0 options
run teamnl pear0 ports
run teamnl pear0 getoption activeport
setting 'echo "10 2 2" > /sys/bus/netdevsim/new_device'
run devlink resource show netdevsim/netdevsim10
run devlink dpipe table show netdevsim/netdevsim10
run devlink dpipe header show netdevsim/netdevsim10
run devlink dev param show
run devlink health dump show netdevsim/netdevsim10 reporter dummy
run devlink region show
run rdma link add rxe0 type rxe netdev apple0
run rdma dev show
run rdma -d link show
run rdma resource show
run rdma resource show qp
run rdma system show
run rdma statistic show
run rdma link delete rxe0
run conntrack -I -p tcp -s 192.0.2.1 -d 192.0.2.50 --sport 1000 --dport 80 --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 500
run conntrack -G -p tcp -s 192.0.2.1 -d 192.0.2.50 --sport 1000 --dport 80
run conntrack -U -p tcp -s 192.0.2.1 -d 192.0.2.50 --mark 6
run conntrack -G -p tcp -s 192.0.2.1 -d 192.0.2.51 --sport 1000 --dport 80
run conntrack -S
run conntrack -C
run conntrack -L
run conntrack -D -p tcp -d 192.0.2.50
run iptables -A INPUT -m comment --comment hello -m conntrack --ctstate ESTABLISHED -j ACCEPT
run iptables -L
run iptables-save
run ip6tables -L
run ss -a
run ss -tani
run python3 tests/tools/scenarios/pairing.py
run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 7 mode tunnel enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
run ip xfrm state get src 192.0.2.1 dst 192.0.2.2 proto esp spi 7
run ip xfrm state count
run ip xfrm policy count
run ip xfrm state
run ethtool -i apple0
run ethtool apple0
run ethtool --show-features apple0
run ip -batch tests/tools/scenarios/pairing.txt
run ip route get 192.0.2.9
run ip -s link show apple0
run bridge fdb show
run tc -s qdisc show dev apple0
run nft list ruleset
