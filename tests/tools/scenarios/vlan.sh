# VLANs of a bridge: of ports and global, ranges, options, tunnel ids, with `bridge monitor` listening.
# modules: dummy bridge 8021q vxlan ipv6
run ip link add orchard type bridge vlan_filtering 1
run ip link add plum0 type dummy
run ip link add vx0 type vxlan external dstport 4789
run ip link set plum0 master orchard
run ip link set vx0 master orchard
run ip link set plum0 up
run ip link set orchard up
run bridge link set dev vx0 vlan_tunnel on
background monitor bridge -d -t monitor vlan
run bridge vlan add dev plum0 vid 20-25
run bridge vlan add dev plum0 vid 30 pvid untagged
run bridge vlan add dev orchard vid 40 self
run bridge vlan add dev vx0 vid 50-52
run bridge vlan add dev vx0 vid 50-52 tunnel_info id 2000-2002
run bridge vlan set dev plum0 vid 20 state blocking
run bridge vlan set dev plum0 vid 21 mcast_router 2
run ip link set orchard type bridge mcast_vlan_snooping 1
run bridge vlan global set dev orchard vid 20 mcast_snooping 1 mcast_querier 1 mcast_igmp_version 2 mcast_mld_version 1 mcast_last_member_count 4 mcast_query_interval 9000
run bridge vlan del dev plum0 vid 23
run bridge -d -s vlan show
run bridge vlan tunnelshow
run bridge vlan global show
json vlan bridge -j -d vlan show
run ip link del orchard
