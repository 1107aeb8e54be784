# WireGuard, MPTCP, team, FOU, OpenVPN's offload, the NFS server and its caches, TCP's metrics.
# kernel: sid
# modules: wireguard team team_mode_roundrobin team_mode_activebackup fou fou6 ovpn nfsd veth dummy
# untraced
run ip link add wg0 type wireguard
setting 'wg genkey > /run/one; wg genkey > /run/two; wg genpsk > /run/shared'
run wg set wg0 private-key /run/one listen-port 51820 fwmark 0x1234
run wg set wg0 peer "$(wg pubkey </run/two)" preshared-key /run/shared endpoint 192.0.2.1:51821 persistent-keepalive 25 allowed-ips 10.0.0.0/24,2001:db8:1::/64
run wg set wg0 peer "$(wg pubkey </run/one)" endpoint '[2001:db8::9]:51822' allowed-ips 0.0.0.0/0
run ip link set wg0 up
run wg show wg0
run wg show wg0 dump
run wg set wg0 peer "$(wg pubkey </run/two)" allowed-ips -10.0.0.0/24
run wg set wg0 peer "$(wg pubkey </run/two)" remove
run wg show all allowed-ips
run ip link add apple0 type veth peer name apple1
run ip addr add 192.0.2.1/24 dev apple0
run ip link set apple0 up
run ip link set apple1 up
background mptcp ip mptcp monitor
run ip mptcp limits set subflow 4 add_addr_accepted 4
run ip mptcp limits show
run ip mptcp endpoint add 192.0.2.1 dev apple0 id 3 subflow backup
run ip mptcp endpoint add 2001:db8::7 port 4000 signal
run ip mptcp endpoint show
run ip mptcp endpoint show id 3
run ip mptcp endpoint change id 3 nobackup fullmesh
json mptcp ip -j mptcp endpoint show
run python3 tests/tools/scenarios/genl_hosts.py mptcp
run ip mptcp endpoint delete id 3
run ip mptcp endpoint flush
run ip tcp_metrics show
json metrics ip -j tcp_metrics show
run ip tcp_metrics delete 127.0.0.1
run ip tcp_metrics flush
run ip link add team0 type team
run ip link add plum0 type dummy
run ip link add plum1 type dummy
run ip link set plum0 master team0
run python3 tests/tools/scenarios/genl_hosts.py team
run ip fou add port 5555 ipproto 4
run ip fou add port 5556 gue
run ip fou add port 5557 gue -6 local 2001:db8::1 dev apple0
run ip fou show
json fou ip -j fou show
run ip fou del port 5555
run python3 tests/tools/scenarios/genl_hosts.py ovpn
setting 'mount -t nfsd nfsd /proc/fs/nfsd'
run python3 tests/tools/scenarios/genl_hosts.py nfsd
