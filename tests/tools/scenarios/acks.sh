# Requests that fail, with every extended acknowledgement this kernel gives, and without.
# modules: dummy 8021q vxlan bridge bonding ipv6 veth sch_htb sch_netem
background monitor ip monitor all
run ip link add kiwi0 type dummy
run ip link add kiwi0 type dummy
run ip link set kiwi0 mtu 5
run ip link add lemon0 type veth peer name lemon1
run ip link set lemon0 mtu 99999999
run ip link set kiwi0 name lo
run ip link set lo master kiwi0
run ip link set kiwi0 master 4711
run ip link add link kiwi0 name kiwi0.0 type vlan
run ip link add link kiwi0 name kiwi0.4095 type vlan id 4095
run ip link add link kiwi0 name kiwi0.5 type vlan id 5 protocol 0x1234
run ip link add vx0 type vxlan
run ip link add vx0 type vxlan id 5 group 239.1.1.1
run ip link add vx0 type vxlan id 5 ttl 1 df set flowlabel 7 remote 192.0.2.1 local 2001:db8::1
run ip link add nosuch0 type nosuchkind
run ip link add orchard type bridge vlan_protocol 0x1234
run ip link add orchard type bridge
run ip link set orchard type bridge max_age 1 forward_delay 1
run ip link set orchard master orchard
run ip link add bond0 type bond mode 4 arp_interval 100
run ip link add bond0 type bond mode balance-rr primary kiwi0
run ip link del missing0
run ip link del lo
run ip link show dev missing0
run ip link property add dev kiwi0 altname kiwi0
run ip addr add 192.0.2.200/33 dev kiwi0
run ip addr add 192.0.2.1/24 dev kiwi0
run ip addr add 192.0.2.1/24 dev kiwi0
run ip addr del 192.0.2.200/32 dev kiwi0
run ip addr add 2001:db8::1/64 dev kiwi0 valid_lft 100 preferred_lft 200
run ip route add 192.0.2.0/24 via 203.0.113.250
run ip route add 203.0.113.0/24 nhid 4321
run ip route add 203.0.113.0/24 via inet6 2001:db8:99::1
run ip route add 203.0.113.0/24 nexthop via 192.0.2.1 nexthop dev missing0
run ip route add 203.0.113.0/24 encap mpls 100 via 192.0.2.9
run ip route del 203.0.113.0/24
run ip route get 203.0.113.7
run ip -6 route add 2001:db8:7::/48 via 2001:db8:99::1
run ip -6 route add 2001:db8:7::1/48 dev kiwi0
run ip nexthop add id 1 group 1
run ip nexthop add id 2 via 192.0.2.9
run ip rule add from 192.0.2.0/24 goto 1 pref 5
run ip rule add pref 5
run ip rule del pref 77
run ip neigh add 192.0.2.7 dev lo lladdr 02:00:00:00:00:01
run ip neigh del 192.0.2.8 dev kiwi0
run bridge fdb add 02:00:00:00:00:01 dev lo master
run bridge fdb add ff:ff:ff:ff:ff:ff:00 dev kiwi0 self
run bridge vlan add dev kiwi0 vid 7
run bridge mdb add dev orchard port kiwi0 grp 239.1.1.1
run tc qdisc add dev kiwi0 root nosuch
run tc qdisc add dev kiwi0 root netem delay 1ms
run tc qdisc add dev kiwi0 root netem delay 1ms
run tc qdisc del dev kiwi0 parent 7:1
run tc class add dev kiwi0 parent 1: classid 1:1 htb rate 1mbit
run tc filter add dev kiwi0 parent 5: protocol ip prio 1 nosuch
run genl ctrl get name no_such_fam
run python3 "$tools/scenarios/acks.py"
