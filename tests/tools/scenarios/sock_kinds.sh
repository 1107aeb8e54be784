# Sockets of more kinds as ss asks for them: TLS, MPTCP, SCTP, TIPC, VSOCK, XDP, three ways of
# congestion control, keys, filters, rings.
# modules: dummy udp_diag raw_diag unix_diag af_packet_diag netlink_diag tcp_diag sctp_diag mptcp_diag tls sctp tipc tipc_diag vsock_diag vsock_loopback xsk_diag tcp_bbr tcp_dctcp tcp_vegas
# kernel: sid
# untraced
setting mount -t cgroup2 none /sys/fs/cgroup
setting mkdir /sys/fs/cgroup/basket
run ip link add apple0 type dummy
run ip link set apple0 up
run ip addr add 192.0.2.2/24 dev apple0
run ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev apple0
run tipc node set identity fruit
background holder python3 -u tests/tools/scenarios/sock_kinds.py
until grep -q ready "$out/$name.holder.out"; do sleep 0.5; done
run ss -a -n -i -m -e -o -t -O --tos --cgroup --inet-sockopt
run ss -a -n -i -m -e -M -O
run ss -a -n -i -m -e -S -O
run ss -a -n -m -e -u -w -O --tos --inet-sockopt
run ss -a -n -m -e -x -O
run ss -a -n -m -e -p -0 -b -O
run ss -a -n -m -e --xdp -O
run ss -a -n -e --vsock -O
run ss -a -n -e --tipc --tipcinfo -O
run ss -a -n -m -e -f netlink -O
run ss -n -a -t 'dev = apple0 or fwmark = 0x2a/0xff or autobound'
run ss -n -a -t 'cgroup /sys/fs/cgroup/basket or sport != :7171'
run ss -n -K -t 'dport = :7174'
