# One link of every kind that is no tunnel, with the options iproute2 knows for it.
# modules: dummy veth 8021q bonding macvlan macvtap ipvlan ipvtap ifb tun vrf hsr macsec team
# modules: team_mode_roundrobin vcan vxcan batman-adv gtp ppp_generic nlmon can can-dev slcan
# modules: caif chnl_net gcm ghash-generic ctr ipv6
run ip link add apple0 type dummy
run ip link set apple0 address 02:00:00:00:0a:01 mtu 1450 txqueuelen 77 alias 'first of the basket' group 12
run ip link property add dev apple0 altname golden-delicious altname an-alternative-name-longer-than-fifteen
run ip link property del dev apple0 altname golden-delicious
run ip link set apple0 up
run ip link set apple0 promisc on
run ip link set apple0 allmulticast on
run ip link set apple0 multicast off arp off
run ip link set apple0 gso_max_size 32000 gso_max_segs 100
setting 'echo 2001:db8::5 >/proc/sys/net/ipv6/conf/apple0/stable_secret'
run ip link set apple0 addrgenmode stable_secret
run ip link set apple0 carrier off
run ip link set apple0 carrier on

run ip link add pear0 numtxqueues 3 numrxqueues 2 type veth peer name pear1 address 02:00:00:00:0b:02 mtu 1400
run ip link set pear0 up
run ip link set pear0 mode dormant
run ip link set pear0 state dormant

run ip link add link apple0 name apple0.7 type vlan protocol 802.1Q id 7 reorder_hdr off gvrp on loose_binding on ingress-qos-map 0:1 3:5 egress-qos-map 2:6 4:7
run ip link add link apple0 name apple0.8 type vlan protocol 802.1ad id 8 mvrp on bridge_binding off
run ip link set apple0.7 type vlan egress-qos-map 1:3

run ip link add link apple0 name mv0 type macvlan mode bridge bcqueuelen 500
run ip link set mv0 protodown on
run ip link set mv0 protodown_reason 3 on
run ip link add link apple0 name mv1 type macvlan mode source macaddr set 02:00:00:00:0c:01 02:00:00:00:0c:02
run ip link set mv1 type macvlan macaddr add 02:00:00:00:0c:03
run ip link set mv1 type macvlan macaddr del 02:00:00:00:0c:01
run ip link add eden0 type dummy
run ip link add link eden0 name mv2 type macvlan mode passthru nopromisc
run ip link add link pear0 name mt0 type macvtap mode vepa
run ip link add fig0 type dummy
run ip link add link fig0 name iv0 type ipvlan mode l3s private
run ip link add link fig0 name it0 type ipvtap mode l3s vepa

run ip link add bond0 type bond mode 802.3ad miimon 100 updelay 200 downdelay 300 lacp_rate fast ad_select bandwidth xmit_hash_policy layer3+4 min_links 1 ad_actor_sys_prio 1000 ad_actor_system 02:00:00:00:0d:01 ad_user_port_key 5 all_slaves_active 1 resend_igmp 4 num_grat_arp 2
run ip link add plum0 type dummy
run ip link set plum0 master bond0
run ip link set plum0 type bond_slave queue_id 4
run ip link set bond0 up
run ip link add bond1 type bond mode active-backup arp_interval 250 arp_ip_target 192.0.2.1,192.0.2.2 ns_ip6_target 2001:db8::1,2001:db8::2 arp_validate all arp_all_targets all primary_reselect better fail_over_mac follow
run ip link add plum1 type dummy
run ip link set plum1 master bond1
run ip link set bond1 type bond primary plum1 active_slave plum1
run ip link set bond1 up
run ip link add bond2 type bond mode balance-rr packets_per_slave 3 use_carrier 0 peer_notify_delay 1000 miimon 500
run ip link add bond3 type bond mode balance-tlb tlb_dynamic_lb 0 lp_interval 5

run ip link add team0 type team
run ip link add quince0 type dummy
run ip link set quince0 master team0
run ip link add vrf0 type vrf table 100
run ip link add kiwi0 type dummy
run ip link set kiwi0 master vrf0
run ip link add ifb0 type ifb
run ip tuntap add dev tun0 mode tun user 1000 group 1000 pi
run ip tuntap add dev tap0 mode tap multi_queue vnet_hdr
run ip link add lime0 type dummy
run ip link add lime1 type dummy
run ip link add hsr0 type hsr slave1 lime0 slave2 lime1 supervision 45 version 1
run ip link add lime2 type dummy
run ip link add lime3 type dummy
run ip link add prp0 type hsr slave1 lime2 slave2 lime3 supervision 46 proto 1
run ip link add link kiwi0 name macsec0 type macsec port 11 encrypt on cipher gcm-aes-256 icvlen 16 encodingsa 2 send_sci on end_station off scb off protect on replay on window 32 validate strict
run ip link add vcan0 type vcan
run ip link add vxcan0 type vxcan peer name vxcan1
run ip link add bat0 type batadv ra BATMAN_IV
run ip link add caif0 type caif
run ip link add nlmon1 type nlmon
run ip link add gtp0 type gtp role sgsn hsize 1000
# A serial line whose other end is this pseudo terminal makes a CAN interface,
# /dev/ppp a PPP one, and bpf(2) a program to attach: each lives as long as its process.
background holder python3 "$tools/scenarios/links.py" hold
setting "nsenter --net=/proc/1/ns/net ip link set can0 netns $$"
run ip link set can0 type can bitrate 500000 sample-point 0.875 sjw 1
run python3 "$tools/scenarios/links.py" xdp

run ip netns add meadow
run ip netns set meadow 7
run ip link add ns0 type veth peer name ns1 netns meadow
run ip link add link apple0 name mv3 netns meadow type macvlan
run ip link set ifb0 netns meadow
run ip netns list-id
json link ip -j -d link show
json stats ip -j -s -s -d link show dev apple0
run ip -s -s -d link show dev apple0
run ip -d link show master bond0
run ip -d link show type vlan
run ip link show group 12
run ip link show dev an-alternative-name-longer-than-fifteen
run ip link set group 12 down
run ip link del group 12
