# Routes of every type, metric, next hop and encapsulation that kernel and iproute2 know.
# modules: dummy vrf mpls_router mpls_iptunnel ipip ip6_tunnel ila tcp_bbr ipv6 veth mpls_gso
run ip link add apple0 type dummy
run ip link add pear0 type dummy
run ip addr add 192.0.2.1/24 dev apple0
run ip addr add 198.51.100.1/24 dev pear0
run ip addr add 2001:db8:1::1/64 dev apple0 nodad
run ip addr add 2001:db8:2::1/64 dev pear0 nodad
run ip link set apple0 up
run ip link set pear0 up
setting 'echo 1000 >/proc/sys/net/mpls/platform_labels; echo 1 >/proc/sys/net/mpls/conf/apple0/input'
background monitor ip -d monitor route nexthop
run ip route add 10.1.0.0/16 via 192.0.2.9 metric 42 proto static realms 3/4
run ip route add 10.2.0.0/16 dev pear0 scope link src 198.51.100.1 table 200 proto bird
run ip route add 10.3.0.0/16 via 192.0.2.9 dev apple0 tos 0x10 onlink
run ip route add 10.4.0.0/16 nexthop via 192.0.2.10 dev apple0 weight 3 realms 7 nexthop via 198.51.100.10 weight 5 onlink dev pear0
run ip route add 10.5.0.0/16 via inet6 2001:db8:1::9 dev apple0
run ip route add 10.6.0.0/16 nexthop via 192.0.2.11 nexthop via inet6 2001:db8:2::9 dev pear0
run ip route add unreachable 10.7.0.0/16 metric 9
run ip route add blackhole 10.8.0.0/16
run ip route add prohibit 10.9.0.0/16 table 300
run ip route add throw 10.10.0.0/16
run ip route add local 10.11.0.1 dev lo
run ip route add broadcast 10.11.255.255 dev apple0
run ip route add multicast 239.1.0.0/16 dev apple0
run ip route add 10.12.0.0/16 via 192.0.2.9 mtu lock 1400 advmss 1360 rtt 100ms rttvar 50ms window 9000 cwnd lock 20 ssthresh 30 reordering 4 hoplimit 55 initcwnd 12 initrwnd 14 rto_min 300ms quickack 1 fastopen_no_cookie 1 features ecn congctl bbr
run ip route replace 10.1.0.0/16 via 192.0.2.19 metric 42
run ip route append 10.1.0.0/16 via 192.0.2.20 metric 42
run ip route add 10.13.0.0/16 via 192.0.2.9 ttl-propagate enabled
run ip -6 route add 2001:db8:10::/48 via 2001:db8:1::9 metric 77 pref high mtu 1300 expires 600
run ip -6 route add 2001:db8:11::/48 nexthop via 2001:db8:1::10 weight 2 nexthop via 2001:db8:2::10 weight 4
run ip -6 route add unreachable 2001:db8:12::/48
run ip -6 route add blackhole 2001:db8:13::/48
run ip -6 route add 2001:db8:14::/48 from 2001:db8:1::/64 dev apple0
run ip -6 route add anycast 2001:db8:15::1 dev apple0
run ip -6 route add multicast ff0e::/64 dev apple0 table 500
run ip link add vrf0 type vrf table 100
run ip link set vrf0 up
run ip route add vrf vrf0 10.14.0.0/16 via 192.0.2.9 dev apple0

run ip route add 10.20.0.0/16 encap mpls 100/200/300 ttl 44 via 192.0.2.9
run ip -6 route add 2001:db8:20::/48 encap mpls 17 via 2001:db8:1::9
run ip route add 10.21.0.0/16 encap ip id 7 dst 198.51.100.77 src 198.51.100.1 tos 0x20 ttl 33 key csum dev apple0
run ip route add 10.22.0.0/16 encap ip id 8 dst 198.51.100.78 geneve_opts 0102:03:11223344 dev apple0
run ip route add 10.23.0.0/16 encap ip id 9 dst 198.51.100.79 vxlan_opts 77 dev apple0
run ip route add 10.24.0.0/16 encap ip id 10 dst 198.51.100.80 erspan_opts 2:0:1:9 dev apple0
run ip route add 10.25.0.0/16 encap ip6 id 11 dst 2001:db8::77 src 2001:db8::1 tc 0x30 hoplimit 66 seq dev apple0
run ip -6 route add 2001:db8:26::/48 encap ip6 id 12 dst 2001:db8::78 dev apple0
run ip -6 route add 2001:db8:27:0:2000::1/128 encap ila 1:2:3:4 csum-mode adj-transport ident-type luid hook-type input via 2001:db8:1::9
run ip -6 route add 2001:db8:28:0:3000::1/128 encap ila 1:2:3:5 csum-mode neutral-map-auto ident-type use-format hook-type output via 2001:db8:1::9
run python3 "$tools/scenarios/routes.py"
run ip -M route add 100 via inet 192.0.2.30
run ip -M route add 101 as 200/300 via inet 192.0.2.31
run ip -M route add 102 dev lo
run ip -M route add 103 nexthop as 400 via inet 192.0.2.32 nexthop as 401/402 via inet6 2001:db8:1::32 dev apple0
run ip -M route add 104 as 500 via inet6 2001:db8:1::33 dev apple0 ttl-propagate disabled
run ip -M route add 105 dev apple0
json mpls ip -j -M route show
run ip -M route get 101
run ip -M route del 100

run ip nexthop add id 1 via 192.0.2.40 dev apple0
run ip nexthop add id 2 via 2001:db8:2::40 dev pear0 protocol bgp
run ip nexthop add id 3 via 192.0.2.41 dev apple0 onlink
run ip nexthop add id 4 blackhole
run ip nexthop add id 5 dev pear0
run ip nexthop add id 6 encap mpls 600 via 192.0.2.42 dev apple0
run ip nexthop add id 10 group 1,3/3,2
run ip nexthop add id 11 group 1/3 type resilient buckets 8 idle_timer 100 unbalanced_timer 500
run ip nexthop replace id 1 via 192.0.2.43 dev apple0
run ip route add 10.30.0.0/16 nhid 1
run ip route add 10.31.0.0/16 nhid 10
run ip -6 route add 2001:db8:31::/48 nhid 2
json nexthop ip -j -d nexthop show
run ip nexthop bucket show id 11
run ip nexthop bucket get id 11 index 2
run ip nexthop get id 10

run ip route get 10.1.2.3
run ip route get fibmatch 10.4.1.2
setting 'echo 1 >/proc/sys/net/ipv4/ip_forward'
run ip route get 10.1.2.3 from 198.51.100.7 iif pear0 mark 7
run ip route get 10.12.0.1 ipproto tcp sport 1000 dport 2000 uid 1000
run ip -6 route get 2001:db8:10::1 oif apple0
run ip -6 route get 2001:db8:31::1
run ip route get 10.7.0.1
json route ip -j -d route show table all
json route6 ip -j -d -6 route show table all
run ip route show cache
run ip route show type blackhole
run ip route show exact 10.4.0.0/16
run ip route show match 10.1.2.3
run ip route show proto static
run ip route del 10.1.0.0/16 via 192.0.2.20
run ip nexthop del id 10
run ip nexthop flush
run ip route flush table 200
run ip link del apple0
