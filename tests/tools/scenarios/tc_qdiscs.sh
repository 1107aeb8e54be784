# Every qdisc that tc(8) can configure, with its classes and statistics, `tc monitor` listening.
# What this kernel was built without is only asked for.
# modules: dummy ipv6 sch_cake sch_cbs sch_choke sch_codel sch_drr sch_etf sch_fq sch_fq_codel
# modules: sch_gred sch_hfsc sch_hhf sch_htb sch_ingress sch_mqprio sch_multiq sch_netem sch_pie
# modules: sch_plug sch_prio sch_qfq sch_red sch_sfb sch_sfq sch_skbprio sch_taprio sch_tbf
# modules: sch_teql cls_matchall cls_u32 act_gact
for dev in bfifo pfifo hdrop pfast prio tbf tbf64 htb hfsc drr qfq red redq gred grio sfb \
    sfq choke codel fqcodel fq pie cake cakeall netem netem2 netem3 plug skbprio hhf cbs etf \
    teql ingress clsact fqpie ets cbq dsmark slowfq slowsfq slowcake; do
    run ip link add $dev type dummy
done
for dev in multiq mq mqprio mqprio2 taprio; do
    run ip link add $dev numtxqueues 4 type dummy
done
background monitor tc -d monitor
run tc qdisc add dev bfifo root handle 1: bfifo limit 10k
run tc qdisc add dev pfifo root pfifo limit 20
run tc qdisc add dev hdrop root handle 3: pfifo_head_drop limit 30
run tc qdisc add dev pfast root handle 4: pfifo_fast
run tc qdisc add dev prio root handle 5: prio bands 4 priomap 1 2 2 2 1 2 0 0 1 1 1 1 3 1 1 1
run tc qdisc add dev prio parent 5:1 handle 51: estimator 250ms 1s pfifo limit 7
run tc qdisc add dev multiq root handle 6: multiq
run tc qdisc add dev tbf root handle 7: stab mtu 2047 tsize 512 mpu 64 overhead 24 linklayer adsl tbf rate 1mbit burst 5kb latency 70ms peakrate 2mbit mtu 1540
run tc qdisc add dev tbf64 root handle 8: tbf rate 50gbit burst 64mb limit 10mb overhead 20 linklayer ethernet
run tc qdisc add dev htb root handle 1: htb default 30 r2q 5 direct_qlen 500
run tc class add dev htb parent 1: classid 1:1 htb rate 1mbit ceil 2mbit burst 15k
run tc class add dev htb parent 1:1 classid 1:30 estimator 1s 4s htb rate 500kbit ceil 1mbit burst 15k cburst 20k prio 3 quantum 1600 mpu 64 overhead 4 linklayer atm
run tc class add dev htb parent 1:1 classid 1:40 htb rate 5gbit ceil 60gbit
run tc class change dev htb parent 1:1 classid 1:40 htb rate 4gbit ceil 50gbit prio 1
run tc qdisc add dev htb parent 1:30 handle 30: sfq perturb 10 quantum 1514 limit 100 divisor 512 depth 50 headdrop
run tc qdisc add dev hfsc root handle 2: hfsc default 2
run tc class add dev hfsc parent 2: classid 2:1 hfsc sc rate 10mbit ul rate 10mbit
run tc class add dev hfsc parent 2:1 classid 2:2 hfsc rt m1 2mbit d 10ms m2 1mbit ls m1 1mbit d 50ms m2 3mbit ul rate 5mbit
run tc qdisc add dev drr root handle 3: drr
run tc class add dev drr parent 3: classid 3:1 drr quantum 600
run tc class add dev drr parent 3: classid 3:2 drr
run tc filter add dev drr parent 3: matchall classid 3:1
run tc qdisc add dev qfq root handle 4: qfq
run tc class add dev qfq parent 4: classid 4:1 qfq weight 10 maxpkt 2048
run tc filter add dev qfq parent 4: matchall classid 4:1
run tc qdisc add dev red root handle 10: red limit 400000 min 30000 max 90000 avpkt 1000 burst 55 ecn adaptive bandwidth 10mbit probability 0.05
run tc qdisc add dev redq root handle 11: red limit 500000 min 30000 max 90000 avpkt 1000 burst 55 ecn harddrop nodrop bandwidth 10mbit qevent early_drop block 10 qevent mark block 11
run tc qdisc add dev gred root handle 12: gred setup DPs 3 default 1 limit 60k
run tc qdisc change dev gred root handle 12: gred limit 60k min 15k max 25k burst 20 avpkt 1000 bandwidth 10mbit vq 0 probability 0.02 ecn
run tc qdisc change dev gred root handle 12: gred limit 60k min 10k max 20k burst 15 avpkt 1000 bandwidth 10mbit vq 1 probability 0.04 prio 5
run tc qdisc add dev grio root handle 13: gred setup DPs 4 default 3 grio
run tc qdisc change dev grio root gred limit 80k min 15k max 25k burst 20 avpkt 1000 bandwidth 10mbit DP 3 probability 0.02 prio 2
run tc qdisc add dev sfb root handle 14: sfb rehash 500000 db 50000 limit 1000 max 25 target 20 increment 0.0005 decrement 0.00005 penalty_rate 10 penalty_burst 20
run tc qdisc add dev sfq root handle 15: sfq limit 3000 flows 512 divisor 16384 redflowlimit 100000 min 8000 max 60000 probability 0.20 ecn headdrop depth 127
run tc qdisc add dev choke root handle 16: choke limit 1000 bandwidth 10mbit min 83 max 250 probability 0.02 ecn
run tc qdisc add dev codel root handle 17: codel limit 1000 target 4ms interval 80ms ecn ce_threshold 1ms
run tc qdisc add dev fqcodel root handle 18: fq_codel limit 2000 flows 512 quantum 1514 target 4ms interval 80ms noecn ce_threshold 2ms ce_threshold_selector 0x1/0x3 memory_limit 8mb drop_batch 32
run tc qdisc add dev fq root handle 19: fq limit 5000 flow_limit 50 quantum 3000 initial_quantum 15000 maxrate 5mbit buckets 512 orphan_mask 255 pacing refill_delay 30ms low_rate_threshold 500kbit ce_threshold 3ms timer_slack 20us horizon 5s horizon_cap
run tc qdisc add dev pie root handle 20: pie limit 200 target 20ms tupdate 30ms alpha 3 beta 18 ecn bytemode dq_rate_estimator
run tc qdisc add dev cake root handle 21: cake bandwidth 50mbit besteffort dual-srchost nat wash ingress ack-filter overhead 18 mpu 64 atm rtt 50ms memlimit 4mb fwmark 0xff no-split-gso
run tc qdisc add dev cakeall root handle 22: cake autorate-ingress diffserv8 triple-isolate ptm overhead -4 ack-filter-aggressive split-gso
run tc qdisc add dev netem root handle 23: netem limit 500 delay 100ms 10ms 25% distribution normal loss 0.3% 25% duplicate 1% 5% reorder 25% 50% gap 5 corrupt 0.1% 2% rate 1mbit 20 100 5
run tc qdisc add dev netem2 root handle 24: netem loss gemodel 1% 10% 70% 0.1% ecn delay 5s rate 50gbit
run tc qdisc add dev netem3 root handle 25: netem loss state 5% 90% 20% 30% 2% slot 800us 10ms packets 100 bytes 65536
run tc qdisc change dev netem3 root handle 25: netem slot distribution pareto 1ms 100us
run tc qdisc add dev plug root handle 26: plug limit 20000
run tc qdisc change dev plug root handle 26: plug block
run tc qdisc change dev plug root handle 26: plug release_indefinite
run tc qdisc add dev skbprio root handle 27: skbprio limit 100
run tc qdisc add dev hhf root handle 28: hhf limit 1500 quantum 1514 hh_limit 100 reset_timeout 30ms admit_bytes 100000 evict_timeout 1s non_hh_weight 4
run tc qdisc add dev cbs root handle 29: cbs idleslope 98688 sendslope -901312 hicredit 153 locredit -1389 offload 0
run tc qdisc add dev etf root handle 2a: etf clockid CLOCK_TAI delta 300000 deadline_mode skip_sock_check
run tc qdisc add dev mq root handle 2b: mq
run tc qdisc add dev mqprio root handle 2c: mqprio num_tc 3 map 0 1 2 2 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2 hw 0
run tc qdisc add dev mqprio2 root handle 2d: mqprio num_tc 2 map 0 1 queues 1@0 3@1 hw 1 mode channel shaper bw_rlimit min_rate 1gbit 2gbit max_rate 4gbit 5gbit
run tc qdisc add dev taprio root handle 2e: taprio num_tc 3 map 2 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2 base-time 1000000000 cycle-time 700000 cycle-time-extension 50 sched-entry S 01 300000 sched-entry S 02 300000 sched-entry S 04 400000 txtime-delay 200000 flags 0x1 clockid CLOCK_TAI
run tc qdisc replace dev taprio root handle 2e: taprio num_tc 3 map 2 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2 base-time 1900000000000000000 sched-entry S 03 500000 flags 0x1 txtime-delay 200000 clockid CLOCK_TAI
run tc qdisc add dev teql root teql0
run tc qdisc add dev ingress ingress
run tc qdisc add dev clsact ingress_block 21 egress_block 22 clsact
run tc qdisc add dev fqpie root handle 2f: fq_pie limit 5000 flows 256 target 10ms tupdate 10ms alpha 1 beta 10 quantum 1000 memory_limit 16mb ecn_prob 20 ecn bytemode dq_rate_estimator
run tc qdisc add dev ets root handle 30: ets strict 2 quanta 4500 3000 2500 bands 6 priomap 0 1 1 1 2 3 4 5
run tc class change dev ets classid 30:3 ets quantum 5000
run tc qdisc add dev cbq root handle 31: cbq bandwidth 10mbit avpkt 1000 cell 8
run tc class add dev cbq parent 31: classid 31:1 cbq bandwidth 10mbit rate 1mbit allot 1514 cell 8 weight 100kbit prio 5 maxburst 20 avpkt 1000 bounded isolated split 31: defmap c0
run tc qdisc add dev dsmark root handle 32: dsmark indices 64 default_index 3 set_tc_index
run tc class change dev dsmark parent 32: classid 32:1 dsmark mask 0x3 value 0xb8
run tc qdisc add dev slowfq root handle 33: tbf rate 1kbit burst 200 limit 10k
run tc qdisc add dev slowfq parent 33:1 handle 34: fq_codel flows 16 target 1s ecn
run tc qdisc add dev slowsfq root handle 35: tbf rate 1kbit burst 200 limit 10k
run tc qdisc add dev slowsfq parent 35:1 handle 36: sfq flows 16
run tc qdisc add dev slowcake root handle 37: cake bandwidth 1kbit flowblind
setting python3 $tools/scenarios/tc_traffic.py bfifo pfifo hdrop prio tbf htb drr qfq hfsc red sfq choke codel fqcodel fq pie cake skbprio hhf multiq mq slowfq slowsfq slowcake
run tc -s -d qdisc show
run tc -s -d class show dev htb
json qdisc tc -j -s -d qdisc show
for dev in prio multiq htb hfsc drr qfq slowsfq slowfq slowcake mq mqprio taprio; do
    json class.$dev tc -j -s -d class show dev $dev
done
run tc qdisc show dev htb invisible
run tc qdisc replace dev pfifo root pfifo limit 40
run tc qdisc del dev prio parent 5:1 handle 51:
run tc class del dev drr classid 3:2
run tc qdisc del dev htb root
run tc qdisc del dev clsact clsact
