# A host that changes, and what ip, tc and bridge say of it in JSON at four moments.
# modules: geneve ifb tun mpls_router mpls_iptunnel
# modules: dummy veth bridge 8021q bonding macvlan ipvlan vrf vxlan ip_gre ipip sit ip6_gre
# modules: sch_htb sch_fq_codel sch_netem sch_prio sch_tbf sch_sfq sch_ingress cls_u32 cls_flower cls_matchall
# modules: act_gact act_mirred act_police ipv6 gcm ghash-generic ctr tcp_bbr nlmon
# untraced
# said WHAT COMMAND...: its JSON as a line of NAME.moments.out, WHAT before it.
said() {
    echo "\$ ${*:2}"
    "${@:2}" >"$work/said" || echo "# rc=$?"
    echo "$1: $(tr -d '\n' <"$work/said")" >&3
}

exec 3>"$out/$name.moments.out"

moment() {
    sleep 2 # until duplicates of addresses have been looked for
    date +'from: %s.%N' >&3
    said links ip -j -d link show
    said addresses ip -j -d addr show
    said routes ip -j -d route show table all
    said routes6 ip -j -d -6 route show table all
    said rules ip -j -d rule show
    said rules6 ip -j -d -6 rule show
    said neighbours ip -j -d neigh show nud all
    said proxies ip -j -d neigh show proxy
    said nexthops ip -j -d nexthop show
    said qdiscs tc -j -d qdisc show
    for dev in apple0 pear0; do
        said "classes $dev" tc -j -d class show dev $dev
        said "filters $dev" tc -j -d filter show dev $dev
        said "ingress $dev" tc -j -d filter show dev $dev ingress
    done
    said fdb bridge -j -d fdb show
    said vlans bridge -j -d vlan show
    date +'to: %s.%N' >&3
}

moment

run ip link add apple0 type dummy
run ip link set apple0 address 02:00:00:00:0a:01 mtu 1450 txqueuelen 77 alias 'first of the basket' group 12
run ip link property add dev apple0 altname golden-delicious
run ip link add pear0 address 02:00:00:00:0b:01 numtxqueues 3 numrxqueues 2 type veth peer name pear1 address 02:00:00:00:0b:02
run ip link add link apple0 name apple0.7 type vlan id 7 gvrp on ingress-qos-map 1:3 egress-qos-map 2:6
run ip link add br0 type bridge vlan_filtering 1 vlan_default_pvid 1 stp_state 0 forward_delay 200
run ip link set pear1 master br0
run ip link add bond0 type bond mode active-backup miimon 100
run ip link add plum0 type dummy
run ip link set plum0 master bond0
run ip link add link pear0 name mv0 address 02:00:00:00:0c:01 type macvlan mode bridge
run ip link add vrf0 type vrf table 100
run ip link add vx0 address 02:00:00:00:0c:02 type vxlan id 42 local 192.0.2.1 remote 192.0.2.99 dstport 4789 ttl 5
run ip link add gre1 type gre local 192.0.2.1 remote 192.0.2.77 key 7 ttl 64
run ip link add sit1 type sit local 192.0.2.1 remote 192.0.2.78
run ip link add ipip1 type ipip local 192.0.2.1 remote 192.0.2.79
run ip tuntap add dev tun1 mode tun
run ip link set apple0 up
run ip link set pear0 up
run ip link set pear1 up
run ip link set apple0.7 up
run ip link set br0 up
run ip link set bond0 up
run ip link set vrf0 up
run ip link set vx0 up
run ip link set gre1 up
run ip addr add 192.0.2.1/24 brd + dev apple0
run ip addr add 192.0.2.2/24 dev apple0 label apple0:two
run ip addr add 192.0.2.3/24 dev apple0 valid_lft 300 preferred_lft 200 metric 50
run ip addr add 198.51.100.1 peer 198.51.100.2/32 dev pear0 scope link noprefixroute
run ip -6 addr add 2001:db8:1::1/64 dev apple0 nodad
run ip -6 addr add 2001:db8:1::2/64 dev apple0 nodad valid_lft 600 preferred_lft 0
run ip -6 addr add 2001:db8:2::1/64 dev pear0 home mngtmpaddr
run ip addr add 203.0.113.1/24 dev br0
moment

run ip route add 10.1.0.0/16 via 192.0.2.9 metric 42 proto static realms 3/4
run ip route append 10.1.0.0/16 via 192.0.2.10 metric 42
run ip route add 10.2.0.0/16 dev apple0 scope link src 192.0.2.2 table 200 proto bird
run ip route add 10.4.0.0/16 nexthop via 192.0.2.10 dev apple0 weight 3 nexthop via 203.0.113.10 dev br0 weight 5
run ip route add 10.5.0.0/16 via inet6 2001:db8:1::9 dev apple0
run ip route add unreachable 10.7.0.0/16 metric 9
run ip route add blackhole 10.8.0.0/16
run ip route add 10.12.0.0/16 via 192.0.2.9 mtu lock 1400 advmss 1360 rtt 100ms rttvar 50ms window 9000 hoplimit 55 initcwnd 12 initrwnd 14 rto_min 300ms quickack 1 features ecn congctl bbr
run ip route add 10.20.0.0/16 encap mpls 100/200/300 ttl 44 via 192.0.2.9
run ip route add 10.21.0.0/16 encap ip id 7 dst 198.51.100.77 tos 0x20 ttl 33 dev gre1
run ip -6 route add 2001:db8:10::/48 via 2001:db8:1::9 metric 77 pref high mtu 1300 expires 600
run ip -6 route add 2001:db8:11::/48 nexthop via 2001:db8:1::10 weight 2 nexthop via 2001:db8:1::11 weight 4
run ip -6 route add unreachable 2001:db8:12::/48
run ip nexthop add id 1 via 192.0.2.9 dev apple0
run ip nexthop add id 2 via 192.0.2.11 dev apple0 onlink proto static
run ip nexthop add id 3 blackhole
run ip nexthop add id 10 group 1,3/2,7
run ip nexthop add id 11 via 2001:db8:1::77 dev apple0
run ip nexthop add id 12 group 1,5/2,2
run ip route add 10.30.0.0/16 nhid 12
run ip route add 10.31.0.0/16 nhid 1
run ip -6 route add 2001:db8:30::/48 nhid 11
run ip rule add from 192.0.2.0/24 to 10.0.0.0/8 iif apple0 lookup 200 priority 100
run ip rule add not fwmark 0x10/0xf0 ipproto tcp dport 80-90 sport 1000 lookup main suppress_prefixlength 0 priority 101
run ip rule add uidrange 1000-2000 unreachable priority 102
run ip rule add tos 0x10 goto 32766 priority 103 protocol static
run ip -6 rule add from 2001:db8:1::/64 oif apple0 lookup 200 priority 104
run ip neigh add 192.0.2.50 lladdr 02:00:00:00:0d:01 dev apple0 nud permanent
run ip neigh add 192.0.2.51 lladdr 02:00:00:00:0d:02 dev apple0 nud noarp protocol static
run ip neigh add 192.0.2.52 lladdr 02:00:00:00:0d:03 dev apple0 nud stale extern_learn
run ip -6 neigh add 2001:db8:1::50 lladdr 02:00:00:00:0d:04 dev apple0 router nud permanent
run ip neigh add proxy 192.0.2.60 dev apple0
run bridge fdb add 02:00:00:00:0e:01 dev pear1 master static vlan 1
run bridge fdb append 02:00:00:00:0e:02 dev vx0 dst 192.0.2.88 self
run bridge vlan add vid 10-12 dev pear1
run bridge vlan add vid 20 dev pear1 pvid untagged
run bridge vlan add vid 30 dev br0 self
run tc qdisc add dev apple0 root handle 1: htb default 10 r2q 5
run tc class add dev apple0 parent 1: classid 1:1 htb rate 100mbit ceil 200mbit
run tc class add dev apple0 parent 1:1 classid 1:10 htb rate 10mbit ceil 100mbit prio 2 burst 15k
run tc qdisc add dev apple0 parent 1:10 handle 10: fq_codel limit 500 target 4ms
run tc filter add dev apple0 parent 1: protocol ip prio 5 u32 match ip dst 10.1.0.0/16 flowid 1:10
run tc filter add dev apple0 parent 1: protocol ip prio 6 flower dst_ip 192.0.2.0/24 ip_proto tcp dst_port 80 classid 1:1
run tc qdisc add dev pear0 root netem delay 10ms 2ms loss 1%
run tc qdisc add dev pear0 ingress
run tc filter add dev pear0 ingress protocol all prio 1 matchall action mirred egress redirect dev apple0
run tc qdisc add dev plum0 root tbf rate 1mbit burst 10k latency 50ms
run tc qdisc add dev br0 root handle 3: prio bands 4
run tc qdisc add dev br0 parent 3:2 handle 32: sfq perturb 10
moment

# From here on there is who listens; without, nlmon sees no notification.
for listen in 'ip monitor all' 'tc monitor' 'bridge monitor all'; do
    $listen >"$work/monitor" &
    jobs_to_end+=($!)
done
sleep 1
run ip link set apple0 mtu 1400
run ip link set sit1 name sit9
run ip link del mv0
run ip link set plum0 nomaster
run ip link set apple0.7 down
run ip link del gre1
run ip addr del 192.0.2.2/24 dev apple0
run ip addr change 192.0.2.3/24 dev apple0 valid_lft forever preferred_lft forever
run ip -6 addr del 2001:db8:2::1/64 dev pear0
run ip route del 10.1.0.0/16 via 192.0.2.9 metric 42
run ip route replace 10.4.0.0/16 nexthop via 192.0.2.12 dev apple0 weight 2 nexthop via 203.0.113.12 dev br0
run ip -6 route append 2001:db8:11::/48 via 2001:db8:1::12
run ip -6 route del 2001:db8:11::/48 via 2001:db8:1::10
run ip nexthop replace id 1 via 192.0.2.19 dev apple0
run ip nexthop del id 2
run ip rule del priority 102
run ip neigh change 192.0.2.50 lladdr 02:00:00:00:0d:09 dev apple0 nud permanent
run ip neigh del 192.0.2.52 dev apple0
run ip neigh del proxy 192.0.2.60 dev apple0
run bridge fdb del 02:00:00:00:0e:01 dev pear1 master vlan 1
run bridge vlan del vid 11 dev pear1
run tc class change dev apple0 parent 1:1 classid 1:10 htb rate 20mbit ceil 100mbit
run tc qdisc change dev pear0 root netem delay 20ms
run tc qdisc del dev br0 root
run tc filter del dev apple0 parent 1: protocol ip prio 6
run ip link set br0 down
moment
