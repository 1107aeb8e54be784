# Every filter that tc(8) can configure: u32, flower with each key, extended matches, chains, blocks.
# What this kernel was built without (some ematches, rsvp, tcindex) is only asked for.
# modules: dummy ipv6 vxlan sch_ingress sch_htb sch_prio cls_u32 cls_flower cls_matchall cls_bpf
# modules: cls_basic cls_cgroup cls_flow cls_fw cls_route em_cmp em_nbyte em_u32 em_meta em_text
# modules: em_canid em_ipset em_ipt act_gact act_police act_mirred act_skbedit nf_conntrack xt_policy ts_kmp
. $tools/scenarios/batch.bash
batch ip <<'END'
link add pear type dummy
link add peach type dummy
link add plum type dummy
link add vx type vxlan external dstport 4789
END
background monitor tc monitor
batch tc <<'END'
qdisc add dev pear root handle 1: htb default 20
class add dev pear parent 1: classid 1:20 htb rate 10mbit
qdisc add dev pear clsact
qdisc add dev vx clsact
qdisc add dev peach ingress_block 5 ingress
qdisc add dev plum ingress_block 5 ingress
filter add dev pear parent 1: protocol ip pref 1 u32 match ip src 192.0.2.0/24 match ip dport 80 0xffff flowid 1:20
filter add dev pear parent 1: protocol ip pref 1 u32 match u8 0x10 0xf0 at 8 match u32 0xdeadbeef 0xffffff00 at -16 classid 1:20 police rate 1mbit burst 10k drop
filter add dev pear parent 1: pref 1 handle 2: protocol ip u32 divisor 16
filter add dev pear parent 1: protocol ip pref 1 u32 ht 2:a: match ip protocol 6 0xff match mark 0x17 0xff flowid 1:20
filter add dev pear parent 1: protocol ip pref 1 u32 ht 800:: match ip dst 198.51.100.0/24 link 2: hashkey mask 0x000f0000 at 12 offset at 0 mask 0f00 shift 6 plus 0 eat indev pear
filter add dev pear parent 1: protocol ipv6 pref 2 u32 match ip6 src 2001:db8::/32 match ip6 priority 10 0xff flowid 1:20 skip_hw action drop
filter add dev pear parent 1: protocol all pref 3 handle 0x10/0xff fw classid 1:20 indev pear action pass
filter add dev pear parent 1: protocol ip pref 4 route from 10 to 20 classid 1:20
filter add dev pear parent 1: protocol ip pref 4 route fromif pear to 21 flowid 1:20
filter add dev pear parent 1: protocol all pref 5 handle 1 flow hash keys src,dst,proto,proto-src,proto-dst,nfct-src,mark perturb 10 divisor 1024 baseclass 1:20
filter add dev pear parent 1: protocol all pref 5 handle 2 flow map key sk-uid and 0xffff or 0x5 xor 0x3 rshift 2 addend 7 divisor 64 match "meta(priority gt 0)" action pass
filter add dev pear parent 1: protocol all pref 6 handle 1: cgroup match "u32(u8 0x1 0xff at 3)" action drop
filter add dev pear parent 1: protocol all pref 7 handle 1 bpf bytecode "4,40 0 0 12,21 0 1 2048,6 0 0 65535,6 0 0 0" flowid 1:20
filter add dev pear egress pref 8 handle 1 bpf bytecode "1,6 0 0 2" da skip_hw
filter add dev pear parent 1: protocol all pref 9 basic match "cmp(u16 at 2 layer transport mask 0xff00 trans gt 256) and not cmp(u8 at 0 layer link eq 1)" classid 1:20
filter add dev pear parent 1: protocol all pref 9 basic match 'nbyte("abcd" at 4 layer network) or u32(u16 0x1122 0xffff at nexthdr+4)' action drop
filter add dev pear parent 1: protocol all pref 9 basic match "meta(nf_mark mask 0xf0 eq 0x20) and (meta(vlan lt 100) or not meta(pkt_len gt 1000)) and not (meta(random mask 1 eq 1) or meta(data_len gt 8))" classid 1:20
filter add dev pear parent 1: protocol all pref 9 basic match 'meta(sk_rcvbuf gt 4096) and meta(loadavg_1 lt 300) and meta(tc_index shift 1 eq 2)' classid 1:20
filter add dev pear parent 1: protocol all pref 9 basic match 'meta(dev eq "pear")' classid 1:20
filter add dev pear parent 1: protocol all pref 9 basic match 'meta(rt_iif eq 1) or meta(sk_family eq 2)' classid 1:20
filter add dev pear parent 1: protocol all pref 9 basic match "canid(sff 0x123 sff 0x500:0x700 eff 0x1ffffff)" classid 1:20
filter add dev pear parent 1: protocol all pref 9 basic match "ipset(friends src,dst)" classid 1:20
filter add dev pear parent 1: protocol all pref 9 basic match "ipt(-m policy --dir in --pol ipsec --strict --proto esp)" classid 1:20
filter add dev pear ingress pref 10 matchall skip_hw action drop
filter add dev pear ingress chain 7 pref 10 matchall classid 1:20 action goto chain 8
filter add dev pear ingress protocol ip pref 11 flower dst_mac 02:00:00:00:00:01/ff:ff:ff:00:00:00 src_mac 02:00:00:00:00:02 ip_proto tcp src_ip 192.0.2.0/24 dst_ip 198.51.100.7 src_port 1024 dst_port 443/0xfff0 tcp_flags 0x12/0x17 ip_tos 0x10/0xfc ip_ttl 64 ip_flags nofrag/firstfrag indev pear skip_hw action drop
filter add dev pear ingress protocol ipv6 pref 12 flower ip_proto udp src_ip 2001:db8::/32 dst_ip 2001:db8:1::1 src_port 53 dst_port 1000-2000 verbose hw_tc 1 action pass
filter add dev pear ingress protocol ip pref 13 flower ip_proto sctp src_port 1-99 dst_port 5060 classid 1:20
filter add dev pear ingress protocol ip pref 13 flower ip_proto icmp type 8 code 0
filter add dev pear ingress protocol ipv6 pref 14 flower ip_proto icmpv6 type 135/254 code 0
filter add dev pear ingress protocol arp pref 15 flower arp_sip 192.0.2.1 arp_tip 192.0.2.0/24 arp_op request arp_sha 02:00:00:00:00:03 arp_tha ff:ff:ff:ff:ff:ff
filter add dev pear ingress protocol 802.1Q pref 16 flower num_of_vlans 1 vlan_id 100 vlan_prio 3 vlan_ethtype ipv4 dst_ip 192.0.2.9
filter add dev pear ingress protocol 802.1ad pref 17 flower vlan_id 100 vlan_ethtype 802.1q cvlan_id 200 cvlan_prio 5 cvlan_ethtype ipv6
filter add dev pear ingress protocol mpls_uc pref 18 flower mpls_label 12345 mpls_tc 3 mpls_bos 1 mpls_ttl 63
filter add dev pear ingress protocol mpls_uc pref 19 flower mpls lse depth 1 label 100 ttl 64 lse depth 2 label 200 tc 2 bos 1
filter add dev pear ingress protocol ip pref 20 flower ct_state +trk+est-new ct_mark 0x10/0xf0 ct_label 00112233445566778899aabbccddeeff/ffff0000000000000000000000000000
filter add dev pear ingress protocol ppp_ses pref 21 flower pppoe_sid 1234 ppp_proto ip
filter add dev vx ingress protocol ip pref 23 flower enc_src_ip 192.0.2.1 enc_dst_ip 192.0.2.0/24 enc_key_id 100 enc_dst_port 4789 enc_tos 0x10/0xf0 enc_ttl 64 dst_ip 203.0.113.1
filter add dev vx ingress protocol ip pref 24 flower enc_src_ip 2001:db8::1 enc_dst_ip 2001:db8::/64 enc_key_id 101 geneve_opts 0102:80:00800022/ffff:ff:ffffffff,0103:81:0011223344556677
filter add dev vx ingress protocol ip pref 25 flower enc_key_id 102 vxlan_opts 32/255
filter add dev vx ingress protocol ip pref 26 flower enc_key_id 103 erspan_opts 1:2:0:0
filter add dev vx ingress protocol ip pref 27 flower enc_key_id 104 erspan_opts 2:0:1:5
filter add dev vx ingress protocol ip pref 28 flower enc_key_id 105 gtp_opts 1:5/ff:ff
filter add block 5 protocol ip pref 30 flower ip_proto tcp dst_port 80 action drop
chain add dev pear ingress chain 9 protocol ip flower dst_mac 00:00:00:00:00:00/ff:ff:ff:ff:ff:ff ip_proto 0
filter add dev pear ingress chain 9 protocol ip pref 1 flower dst_mac 02:00:00:00:00:09 ip_proto tcp action jump 1 action pass
filter add dev pear parent 1: protocol ip pref 40 rsvp ipproto tcp session 198.51.100.1/80 classid 1:20
filter add dev pear parent 1: protocol ip pref 41 handle 1 tcindex mask 0xf shift 2 pass_on classid 1:20
END
setting python3 $tools/scenarios/tc_traffic.py pear@0:0
run tc -s -d filter show dev pear
run tc -br filter show dev pear ingress
run tc filter show dev pear ingress chain 7
run tc filter get dev pear ingress protocol ip pref 13 handle 1 flower
json root tc -j -s -d filter show dev pear
json ingress tc -j -s -d filter show dev pear ingress
json egress tc -j -s -d filter show dev pear egress
json tunnel tc -j -s -d filter show dev vx ingress
json block tc -j -s -d filter show block 5
json chain tc -j -d chain show dev pear ingress
setting python3 $tools/scenarios/tc_text.py pear
run tc chain show dev pear ingress
run tc filter show dev pear pref 50
run tc -s filter show dev pear ingress pref 53
run tc actions list action skbedit
batch tc <<'END'
filter change dev pear ingress protocol ip pref 13 handle 1 flower ip_proto sctp src_port 1-99 dst_port 5061 classid 1:20
filter replace dev pear ingress protocol all pref 10 handle 1 matchall action pass
filter del dev pear parent 1: protocol ip pref 4
chain del dev pear ingress chain 9
filter del dev pear ingress
qdisc del dev pear clsact
END
