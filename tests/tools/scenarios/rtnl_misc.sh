# Statistics, namespaces, nexthop buckets, VNI filters, settings; requests of newer kernels.
# modules: dummy veth bonding bridge vxlan ipv6 mpls_router mpls_iptunnel
background listen python3 $tools/scenarios/rtnl.py listen
background monitor ip -t monitor netconf nsid nexthop
run ip link add apple0 type dummy
run ip link add apple1 type dummy
run ip link add basket type bond mode 802.3ad miimon 100
run ip link set apple1 master basket
run ip link set basket up
run ip addr add 192.0.2.1/24 dev apple0
run ip link set apple0 up
run ip link property add dev apple0 altname gala altname a-name-longer-than-ifnamsiz
run ip link property del dev apple0 altname gala
setting "echo 2 > /proc/sys/net/ipv4/conf/apple0/rp_filter; echo 1 > /proc/sys/net/ipv4/conf/all/forwarding"
setting "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; echo 1 > /proc/sys/net/mpls/conf/apple0/input"
setting "echo 1 > /proc/sys/net/ipv4/conf/apple0/ignore_routes_with_linkdown"
run ip netconf show dev apple0
run ip -f mpls netconf show dev apple0
json netconf ip -j netconf show
run ip stats show dev basket
run ip stats show dev basket group xstats subgroup bond suite 802.3ad
run ip stats show dev apple1 group xstats_slave subgroup bond suite 802.3ad
run ip stats show dev apple0 group offload
run ip stats show dev apple0 group afstats subgroup mpls
run ip stats set dev apple0 l3_stats on
json stats ip -j stats show dev apple0
json bond ip -j stats show dev basket group xstats subgroup bond
run ip netns add bowl
run ip netns set bowl 5
run ip link add fig0 type veth peer name fig1 netns bowl
run ip netns list-id
run ip netns list-id target-nsid 5
json nsid ip -j netns list-id
run ip netns del bowl
run ip nexthop add id 1 via 192.0.2.9 dev apple0
run ip nexthop add id 2 via 192.0.2.10 dev apple0
run ip nexthop add id 20 group 1,2/2,3 type resilient buckets 8 idle_timer 60 unbalanced_timer 300
run ip nexthop replace id 20 group 2 type resilient
run ip nexthop bucket list id 20
run ip nexthop bucket get id 20 index 3
run ip nexthop list groups
json nexthop ip -j nexthop show
json bucket ip -j nexthop bucket list
run ip nexthop del id 1
run ip link add orchard type bridge vlan_filtering 1
run ip link add plum0 type dummy
run ip link set plum0 master orchard
run bridge vlan add dev plum0 vid 10
run bridge vlan add dev orchard vid 10 self
run ip link add vx0 type vxlan external vnifilter dstport 4791
run ip link set vx0 up
run bridge vni add dev vx0 vni 100-102 group 239.9.9.9
run bridge vni add dev vx0 vni 200 remote 2001:db8::30
run bridge vni add dev vx0 vni 300
run bridge vni delete dev vx0 vni 101
run bridge -s vni show
json vni bridge -j vni show
run python3 $tools/scenarios/rtnl.py newer orchard plum0 vx0
run python3 $tools/scenarios/rtnl.py dcb apple0
run dcb ets show dev apple0
run ip addrlabel add prefix 2001:db8:7::/48 dev apple0 label 77
run ip addrlabel del prefix 2001:db8:7::/48 dev apple0 label 77
json addrlabel ip -j addrlabel list
run ip link del apple0
