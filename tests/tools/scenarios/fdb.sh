# The forwarding and multicast databases of a bridge and of VXLANs, with `bridge monitor` listening.
# modules: dummy bridge 8021q vxlan ipv6
run ip link add orchard type bridge vlan_filtering 1
run ip link add plum0 type dummy
run ip link add plum1 type dummy
run ip link add vx0 type vxlan external dstport 4789
run ip link set plum0 master orchard
run ip link set plum1 master orchard
run ip link set vx0 master orchard
run ip link set plum0 up
run ip link set plum1 up
run ip link set orchard up
run bridge link set dev vx0 vlan_tunnel on
background monitor bridge -d -t monitor all
run bridge vlan add dev plum0 vid 30 pvid untagged
run bridge mdb add dev orchard port plum1 grp 239.1.1.1 permanent
run bridge mdb add dev orchard port plum1 grp 239.1.1.2 src 198.51.100.1 permanent vid 1
run bridge mdb add dev orchard port plum0 grp ff0e::1234 permanent vid 30
run bridge mdb add dev orchard port orchard grp 239.1.1.3 temp vid 1
run bridge mdb add dev orchard port plum0 grp 01:00:5e:7f:00:09 permanent vid 30
json mdb bridge -j -d mdb show
run bridge mdb del dev orchard port plum1 grp 239.1.1.1 permanent
run bridge fdb add 02:00:00:00:00:11 dev plum1 master static vlan 1
run bridge fdb add 02:00:00:00:00:12 dev plum1 master permanent
run bridge fdb add 02:00:00:00:00:13 dev plum0 master dynamic sticky
run bridge fdb add 02:00:00:00:00:14 dev plum0 self
run bridge fdb add 02:00:00:00:00:15 dev plum0 master extern_learn vlan 30
run bridge fdb replace 02:00:00:00:00:11 dev plum0 master static vlan 30
run ip link add vx1 type vxlan id 100 local 192.0.2.1 dstport 4790
run bridge fdb add 02:00:00:00:00:21 dev vx1 dst 198.51.100.1 port 5000 vni 101 via plum0
run bridge fdb append 00:00:00:00:00:00 dev vx1 dst 198.51.100.2
run bridge fdb append 00:00:00:00:00:00 dev vx1 dst 198.51.100.3
run bridge fdb add 02:00:00:00:00:22 dev vx0 dst 198.51.100.5 src_vni 2000 vni 2000 self
run ip nexthop add id 12 via 198.51.100.9 fdb
run ip nexthop add id 13 group 12 fdb
run bridge fdb add 02:00:00:00:00:23 dev vx1 nhid 13
run bridge fdb get 02:00:00:00:00:21 dev vx1 self
json fdb bridge -j -d -s fdb show
run bridge fdb flush dev orchard vlan 30
run bridge fdb del 02:00:00:00:00:21 dev vx1 dst 198.51.100.1 port 5000 vni 101 via plum0
run ip link del orchard
