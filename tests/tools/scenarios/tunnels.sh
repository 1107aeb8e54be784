# One tunnel of every kind, with the options iproute2 knows for it.
# modules: dummy vxlan geneve ip_gre ip6_gre ipip sit ip6_tunnel ip_vti ip6_vti fou fou6 ipv6
run ip link add apple0 type dummy
run ip addr add 192.0.2.1/24 dev apple0
run ip link set apple0 up
run ip link add vx0 type vxlan id 4242 local 192.0.2.1 remote 192.0.2.2 dev apple0 srcport 40000 50000 dstport 4789 ttl 9 tos 0x10 ageing 120 maxaddress 500 nolearning proxy rsc l2miss l3miss udpcsum
run ip link add vx1 type vxlan id 17 group 239.1.1.1 dev apple0 dstport 8472 ttl inherit df set noudpcsum gbp
run ip link add vx2 type vxlan id 18 local 2001:db8::1 remote 2001:db8::2 dstport 4790 flowlabel 0x12345 udp6zerocsumtx udp6zerocsumrx
run ip link add vx4 type vxlan external gpe dstport 4793
run ip link add vx3 type vxlan external vnifilter dstport 4791
run ip link set vx0 type vxlan remote 192.0.2.3 learning
run bridge vni add dev vx3 vni 100-110
run bridge vni add dev vx3 vni 200 remote 198.51.100.30
run bridge -s vni show
run ip link add gn0 type geneve id 77 remote 198.51.100.7 ttl 33 tos 0x20 df unset dstport 6081 noudpcsum
run ip link add gn1 type geneve id 78 remote 2001:db8::7 flowlabel 0x54321 udp6zerocsumtx udp6zerocsumrx
run ip link add gn2 type geneve external dstport 6082 innerprotoinherit
run ip link add gre1 type gre local 192.0.2.1 remote 198.51.100.1 ikey 1.2.3.4 okey 77 icsum ocsum iseq oseq ttl 64 tos inherit pmtudisc dev apple0
run ip link add gre2 type gre remote 198.51.100.2 nopmtudisc ignore-df
run ip link add gre3 type gre remote 198.51.100.3 encap fou encap-sport auto encap-dport 5555 encap-csum
run ip link add gt0 type gretap local 192.0.2.1 remote 198.51.100.3 key 9 fwmark 0x22
run ip link add gt1 type gretap external
run ip link add er0 type erspan local 192.0.2.1 remote 198.51.100.4 seq key 100 erspan_ver 1 erspan 123
run ip link add er1 type erspan local 192.0.2.1 remote 198.51.100.5 seq key 101 erspan_ver 2 erspan_dir egress erspan_hwid 7
run ip link add ipip1 type ipip local 192.0.2.1 remote 198.51.100.6 ttl 32 mode any encap gue encap-sport 4444 encap-dport 5555 noencap-csum encap-remcsum
run ip link add sit1 type sit local 192.0.2.1 remote 198.51.100.8 ttl 33 mode ip6ip isatap
run ip link add sit2 type sit local 192.0.2.1 ttl 34
run ip link set sit2 type sit 6rd-prefix 2001:db8::/32 6rd-relay_prefix 198.51.100.0/24
run ip link add vti1 type vti local 192.0.2.1 remote 198.51.100.9 ikey 10 okey 11 fwmark 7
run ip -6 link add gre6a type ip6gre local 2001:db8::1 remote 2001:db8::2 ikey 5 okey 6 icsum ocsum iseq oseq hoplimit 44 encaplimit 3 flowlabel 0xabcde tclass 0x30
run ip -6 link add gt6a type ip6gretap local 2001:db8::1 remote 2001:db8::3 flowlabel inherit dscp inherit encaplimit none
run ip -6 link add er6a type ip6erspan local 2001:db8::1 remote 2001:db8::4 seq key 102 erspan_ver 2 erspan_dir ingress erspan_hwid 9
run ip -6 link add tnl6a type ip6tnl mode ip6ip6 local 2001:db8::1 remote 2001:db8::5 hoplimit 45 encaplimit 5 tclass inherit fwmark 0x11
run ip -6 link add tnl6b type ip6tnl mode ipip6 local 2001:db8::1 remote 2001:db8::6 encap fou encap-sport 1111 encap-dport 2222 encap-udp6-csum
run ip -6 link add tnl6c type ip6tnl external
run ip -6 link add vti6a type vti6 local 2001:db8::1 remote 2001:db8::7 ikey 12 okey 13 fwmark 8
run ip tunnel add tun1 mode gre remote 198.51.100.10 local 192.0.2.1 ttl 5
run ip tunnel show
run ip link set gre1 up
run ip link set vti6a up
json link ip -j -d link show
run ip -d link show type gre
run ip -d link show type vxlan
run ip link del gre1
