# Every action with its parameters, on its own and bound to a filter, with statistics.
# What this kernel was built without (gate) is only asked for.
# modules: dummy ipv6 sch_ingress cls_matchall act_bpf act_connmark act_csum act_ct act_ctinfo
# modules: act_gact act_ife act_ipt act_meta_mark act_meta_skbprio act_meta_skbtcindex act_mirred
# modules: act_mpls act_nat act_pedit act_police act_sample act_simple act_skbedit act_skbmod
# modules: act_tunnel_key act_vlan nf_conntrack nf_nat nf_conntrack_ftp
. $tools/scenarios/batch.bash
batch ip <<'END'
link add fig type dummy
link add kiwi type dummy
END
batch tc <<'END'
qdisc add dev fig clsact
END
background monitor tc monitor
batch tc <<'END'
actions add action gact drop index 1 cookie 0123456789abcdef
actions add action gact pass random determ drop 5 index 2
actions add action gact continue random netrand jump 3 10 index 3
actions add action gact reclassify index 4
actions add action gact trap index 5 no_percpu
actions add action police rate 10mbit burst 100k mtu 2k peakrate 20mbit overhead 8 linklayer ethernet conform-exceed drop/pipe index 6
actions add action police pkts_rate 1000 pkts_burst 200 conform-exceed jump 2 index 7
actions add action police rate 50gbit burst 1mb conform-exceed continue/pass index 8
actions add action mirred egress redirect dev kiwi index 9
actions add action mirred ingress mirror dev kiwi index 10
actions add action pedit munge offset 0 u32 set 0x11223344 munge ip ttl set 63 munge offset 4 u16 set 0x1234 pipe index 11
actions add action pedit ex munge eth dst set 02:00:00:00:00:11 munge ip src set 192.0.2.1 munge ip6 traffic_class set 0x12 munge tcp dport set 443 munge udp sport add 5 index 12
actions add action nat egress 192.0.2.0/24 198.51.100.0 index 13
actions add action nat ingress 192.0.2.5 203.0.113.9 pipe index 14
actions add action skbedit priority 1:20 queue_mapping 2 mark 0x12/0xff ptype host inheritdsfield index 15
actions add action vlan push id 100 protocol 802.1ad priority 3 index 17
actions add action vlan pop index 18
actions add action vlan modify id 200 index 19
actions add action vlan push_eth dst_mac 02:00:00:00:00:21 src_mac 02:00:00:00:00:22 index 20
actions add action vlan pop_eth index 21
actions add action mpls push protocol mpls_uc label 1234 tc 3 ttl 64 bos 1 index 22
actions add action mpls pop protocol ipv4 index 23
actions add action mpls dec_ttl pipe index 24
actions add action mpls modify label 77 index 25
actions add action mpls mac_push protocol mpls_uc label 99 index 26
actions add action csum ip4h icmp igmp tcp udp udplite sctp index 27
actions add action ct commit mark 0x10/0xf0 label 00112233445566778899aabbccddeeff nat src addr 192.0.2.1-192.0.2.9 port 1024-2048 index 28
actions add action ct commit force nat dst addr 2001:db8::1 index 29
actions add action ct clear index 30
actions add action ctinfo dscp 0xfc000000 0x01000000 cpmark 0x00ffffff zone 3 index 32
actions add action connmark zone 5 index 33
actions add action skbmod set dmac 02:00:00:00:00:33 set smac 02:00:00:00:00:34 set etype 0x1234 index 34
actions add action skbmod swap mac index 35
actions add action skbmod ecn index 36
actions add action tunnel_key set src_ip 192.0.2.1 dst_ip 192.0.2.2 id 42 dst_port 4789 tos 0x10 ttl 63 nocsum geneve_opts 0102:80:00800022,0103:81:0011223344556677 index 37
actions add action tunnel_key set src_ip 2001:db8::1 dst_ip 2001:db8::2 id 43 csum vxlan_opts 0x1234 index 38
actions add action tunnel_key set src_ip 192.0.2.1 dst_ip 192.0.2.2 id 44 erspan_opts 1:2:0:0 index 39
actions add action tunnel_key set src_ip 192.0.2.1 dst_ip 192.0.2.2 id 45 erspan_opts 2:0:1:5 index 40
actions add action tunnel_key unset index 41
actions add action ife encode type 0xED3E dst 02:00:00:00:00:41 src 02:00:00:00:00:42 allow mark use prio 7 allow tcindex index 42
actions add action ife decode pipe index 43
actions add action sample rate 100 group 12 trunc 64 index 44
actions add action simple sdata "figs and kiwis" index 45
actions add action bpf bytecode "1,6 0 0 4294967295" index 46
actions add action gate priority 5 clockid CLOCK_TAI base-time 1000 cycle-time 200000000 sched-entry open 100000000 3 8000 sched-entry close 100000000 index 47
actions add action gact drop skip_hw action gact pass hw_stats immediate index 48 action simple sdata third
actions add action xt -j MARK --set-mark 3 index 49
filter add dev fig egress pref 1 matchall action police rate 1mbit burst 10k conform-exceed pipe/pipe action mirred egress mirror dev kiwi action vlan push id 5 pipe hw_stats disabled action gact pass random determ drop 3
filter add dev fig egress pref 3 matchall action goto chain 42
filter add dev fig egress pref 2 protocol ip matchall action gact index 1 action gact index 2
END
setting python3 $tools/scenarios/tc_traffic.py fig@0:0

run tc -s -d filter show dev fig egress
json filter tc -j -s -d filter show dev fig egress
for kind in gact police mirred pedit nat skbedit vlan mpls csum ct ctinfo connmark skbmod tunnel_key ife sample simple bpf; do
    json $kind tc -j -s -d actions list action $kind
done
run tc -s -d actions list action gact
run tc -br actions list action gact
run tc actions list action gact since 100
run tc actions get action vlan index 17
batch tc <<'END'
actions change action vlan modify id 201 priority 2 index 19
actions replace action gact reclassify index 50
actions del action gact index 3
actions del action gact index 999
actions flush action mpls
actions flush action police
actions flush action gate
END
