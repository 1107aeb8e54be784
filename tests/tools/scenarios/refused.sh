# Requests for what this kernel was built without: only the request and its refusal are real.
# modules: dummy ipv6
run ip link add apple0 type dummy
run ip link set apple0 up
run ip addr add 192.0.2.1/24 dev apple0
run ip addr add 2001:db8:1::1/64 dev apple0 nodad
run ip link add wg0 type wireguard
run ip link add sim0 type netdevsim
run ip link add xfrm0 type xfrm dev apple0 if_id 0x55
run ip link add bud0 type bareudp dstport 6635 ethertype mpls_uc srcportmin 5555 multiproto
run ip link add amt0 type amt mode gateway local 192.0.2.1 discovery 198.51.100.1 dev apple0 gateway_port 2268 relay_port 2269
run ip link add amt1 type amt mode relay local 192.0.2.1 dev apple0 relay_port 2268 max_tunnels 16
run ip link add link apple0 name rm0 type rmnet mux_id 5
run ip link add link apple0 name vw0 type virt_wifi
run ip link add link apple0 name ib0.8001 type ipoib pkey 0x8001 mode connected umcast 1
run ip link add can9 type can bitrate 500000 sample-point 0.875 dbitrate 2000000 dsample-point 0.75 fd on loopback on listen-only off triple-sampling on one-shot off berr-reporting on restart-ms 100 termination 120
run ip link add can8 type can tq 125 prop-seg 6 phase-seg1 7 phase-seg2 2 sjw 1 tdc-mode auto tdco 3 tdcf 4
run ip link add link apple0 name lp0 type lowpan
run ip link add ww0 parentdev wwan0 type wwan linkid 3
run ip link add mctp0 type mctp
run ip link set apple0 vf 0 mac 02:00:00:00:00:01
run ip link set apple0 vf 1 vlan 100 qos 3 proto 802.1ad vlan 200 qos 4 proto 802.1Q
run ip link set apple0 vf 2 max_tx_rate 1000 min_tx_rate 100
run ip link set apple0 vf 3 rate 77
run ip link set apple0 vf 4 spoofchk on trust off query_rss on state auto
run ip link set apple0 vf 5 node_guid 02:00:00:00:00:00:00:05 port_guid 02:00:00:00:00:00:00:06
run ip -6 route add 2001:db8:30::/48 encap seg6 mode encap segs 2001:db8:f::1,2001:db8:f::2 hmac 0x99 dev apple0
run ip -6 route add 2001:db8:31::/48 encap seg6 mode inline segs 2001:db8:f::1 dev apple0
run ip route add 10.31.0.0/16 encap seg6 mode l2encap segs 2001:db8:f::3 dev apple0
run ip -6 route add 2001:db8:32::/128 encap seg6local action End.DT4 vrftable 100 count dev apple0
run ip -6 route add 2001:db8:33::/128 encap seg6local action End.X nh6 2001:db8:1::2 dev apple0
run ip -6 route add 2001:db8:34::/128 encap seg6local action End.B6.Encaps srh segs 2001:db8:f::1,2001:db8:f::2 dev apple0
run ip -6 route add 2001:db8:35::/128 encap seg6local action End.DX2 oif apple0 dev apple0
run ip -6 route add 2001:db8:36::/128 encap seg6local action End.DX4 nh4 192.0.2.7 dev apple0
run ip -6 route add 2001:db8:37::/128 encap seg6local action End.T table 77 dev apple0
run ip -6 route add 2001:db8:38::/48 encap rpl segs 2001:db8:f::1,2001:db8:f::2 dev apple0
run ip -6 route add 2001:db8:39::/48 encap ioam6 freq 1/5 mode inline trace prealloc type 0x800000 ns 1 size 12 dev apple0
run ip -6 route add 2001:db8:3a::/48 encap ioam6 mode encap tundst 2001:db8:f::9 trace prealloc type 0xc00000 ns 2 size 16 dev apple0
run ip route add 10.32.0.0/16 encap xfrm if_id 0x66 link_dev apple0 dev apple0
run ip route add 10.33.0.0/16 encap mpls 100 via 192.0.2.9
