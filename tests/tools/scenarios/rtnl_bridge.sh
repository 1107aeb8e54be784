# Bridges: what they snoop, rings (MRP), connectivity faults (CFM), spanning trees (MST).
# modules: dummy veth bridge 8021q ipv6
run ip link add orchard type bridge vlan_filtering 1 mcast_snooping 1 mcast_igmp_version 3 mcast_mld_version 2 mcast_stats_enabled 1 mcast_query_use_ifaddr 1
run ip link add plum0 type veth peer name plum1
run ip link add plum2 type veth peer name plum3
run ip addr add 198.51.100.10/24 dev orchard
for device in plum0 plum2; do run ip link set $device master orchard; done
for device in orchard plum0 plum1 plum2 plum3; do run ip link set $device up; done
background monitor bridge -d -t monitor all
run bridge link set dev plum2 mcast_router 2
sleep 1
run python3 $tools/scenarios/rtnl.py igmp plum1
sleep 1
json mdb bridge -j -d -s mdb show
json link ip -j -d link show dev orchard
run bridge vlan add dev plum0 vid 10-12
run bridge vlan add dev plum2 vid 10
run bridge vlan add dev orchard vid 10 self
run ip link set orchard type bridge mcast_vlan_snooping 1
run bridge vlan global set dev orchard vid 10 mcast_snooping 1 mcast_querier 1
run bridge vlan set dev plum2 vid 10 mcast_router 2
json global bridge -j vlan global show
json vlan bridge -j -d -s vlan show
run ip link set orchard type bridge mcast_vlan_snooping 0
run python3 $tools/scenarios/rtnl.py rings orchard plum0 plum2
run ip link add grove type bridge vlan_filtering 1 vlan_default_pvid 0
run ip link add fig0 type dummy
run ip link set fig0 master grove
run python3 $tools/scenarios/rtnl.py trees grove fig0
run bridge link set dev plum0 mcast_flood off neigh_suppress on
json port bridge -j -d link show
json stats ip -j stats show group xstats_slave
run bridge fdb flush dev orchard brport plum0
run ip link del orchard
