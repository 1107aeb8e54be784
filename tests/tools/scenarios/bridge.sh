# Bridges: every option of a bridge and of its ports.
# modules: dummy bridge 8021q vxlan ipv6
run ip link add orchard type bridge vlan_filtering 1 vlan_default_pvid 10 vlan_protocol 802.1ad vlan_stats_enabled 1 vlan_stats_per_port 1 stp_state 0 priority 4096 forward_delay 400 hello_time 300 max_age 1200 ageing_time 60000 group_fwd_mask 0x4008 group_address 01:80:c2:00:00:0e no_linklocal_learn 1
run ip link set orchard type bridge mcast_snooping 1 mcast_router 2 mcast_query_use_ifaddr 1 mcast_querier 1 mcast_hash_elasticity 4 mcast_hash_max 512 mcast_last_member_count 3 mcast_startup_query_count 4 mcast_last_member_interval 200 mcast_membership_interval 30000 mcast_querier_interval 20000 mcast_query_interval 10000 mcast_query_response_interval 500 mcast_startup_query_interval 2000 mcast_stats_enabled 1 mcast_igmp_version 3 mcast_mld_version 2
run ip link set orchard type bridge nf_call_iptables 1 nf_call_ip6tables 1 nf_call_arptables 1
run ip link add plum0 type dummy
run ip link add plum1 type dummy
run ip link add vx0 type vxlan external dstport 4789
run ip link set plum0 master orchard
run ip link set plum1 master orchard
run ip link set vx0 master orchard
run ip link set plum0 up
run ip link set plum1 up
run ip link set orchard up
run bridge link set dev plum0 cost 7 priority 9 guard on hairpin on fastleave on root_block on learning off flood off mcast_flood off bcast_flood off mcast_to_unicast on neigh_suppress on isolated on locked on mcast_router 1
run bridge link set dev plum1 state 3
run bridge link set dev vx0 vlan_tunnel on
run ip link set orchard type bridge stp_state 1
run bridge link set dev plum0 hwmode vepa
run bridge link set dev plum0 backup_port plum1
run ip link set plum0 type bridge_slave group_fwd_mask 8 proxy_arp on proxy_arp_wifi on
run ip link set plum1 type bridge_slave fdb_flush
json port bridge -j -d link show
json link ip -j -d link show
run ip link xstats type bridge
run ip link xstats type bridge_slave dev plum0
run ip link set plum1 nomaster
run ip link del orchard
