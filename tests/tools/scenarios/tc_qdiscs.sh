# Every qdisc that tc(8) can configure, with classes and statistics, `tc monitor` listening.
# What this kernel was built without (fq_pie, ets, cbq, dsmark) is only asked for.
# modules: dummy sch_cake sch_cbs sch_choke sch_codel sch_drr sch_etf sch_fq sch_fq_codel
# modules: sch_gred sch_hfsc sch_hhf sch_htb sch_ingress sch_mqprio sch_multiq sch_netem sch_pie
# modules: sch_plug sch_prio sch_qfq sch_red sch_sfb sch_sfq sch_skbprio sch_taprio sch_tbf
# modules: sch_teql cls_matchall cls_u32 act_gact
. $tools/scenarios/batch.bash
batch ip <<'END'
link add basket type dummy
link add crate type dummy
link add sack type dummy
link add ingress type dummy
link add clsact type dummy
link add teql type dummy
link add adsl type dummy
link add lossy type dummy
link add multiq numtxqueues 4 type dummy
link add mq numtxqueues 4 type dummy
link add mqprio numtxqueues 4 type dummy
link add taprio numtxqueues 4 type dummy
END
background monitor tc -d monitor
batch tc <<'END'
qdisc add dev basket root handle 1: prio bands 16 priomap 1 2 2 2 1 2 0 0 1 1 1 1 15 1 1 1
qdisc add dev basket parent 1:1 handle 11: bfifo limit 10k
qdisc add dev basket parent 1:2 handle 12: estimator 250ms 1s pfifo limit 20
qdisc add dev basket parent 1:3 handle 13: pfifo_head_drop limit 30
qdisc add dev basket parent 1:4 handle 14: pfifo_fast
qdisc add dev adsl root handle 9: stab mtu 2047 tsize 512 mpu 64 overhead 24 linklayer adsl tbf rate 1mbit burst 5kb latency 70ms peakrate 2mbit mtu 1540
qdisc add dev basket parent 1:6 handle 16: tbf rate 50gbit burst 64mb limit 10mb overhead 20 linklayer ethernet
qdisc add dev basket parent 1:7 handle 17: htb default 30 r2q 5 direct_qlen 500
class add dev basket parent 17: classid 17:1 htb rate 1mbit ceil 2mbit burst 15k
class add dev basket parent 17:1 classid 17:30 estimator 1s 4s htb rate 500kbit ceil 1mbit burst 15k cburst 20k prio 3 quantum 1600 mpu 64 overhead 4 linklayer atm
class add dev basket parent 17:1 classid 17:40 htb rate 5gbit ceil 60gbit
class change dev basket parent 17:1 classid 17:40 htb rate 4gbit ceil 50gbit prio 1
qdisc add dev basket parent 17:30 handle 7: sfq perturb 10 quantum 1514 limit 100 divisor 512 depth 50 headdrop
qdisc add dev basket parent 1:8 handle 18: hfsc default 2
class add dev basket parent 18: classid 18:1 hfsc sc rate 10mbit ul rate 10mbit
class add dev basket parent 18:1 classid 18:2 hfsc rt m1 2mbit d 10ms m2 1mbit ls m1 1mbit d 50ms m2 3mbit ul rate 5mbit
qdisc add dev basket parent 1:9 handle 19: drr
class add dev basket parent 19: classid 19:1 drr quantum 600
class add dev basket parent 19: classid 19:2 drr
filter add dev basket parent 19: matchall classid 19:1
qdisc add dev basket parent 1:a handle 1a: qfq
class add dev basket parent 1a: classid 1a:1 qfq weight 10 maxpkt 2048
filter add dev basket parent 1a: matchall classid 1a:1
qdisc add dev basket parent 1:b handle 1b: red limit 400000 min 30000 max 90000 avpkt 1000 burst 55 ecn adaptive bandwidth 10mbit probability 0.05
qdisc add dev basket parent 1:c handle 1c: red limit 500000 min 30000 max 90000 avpkt 1000 burst 55 ecn harddrop nodrop bandwidth 10mbit qevent early_drop block 10 qevent mark block 11
qdisc add dev basket parent 1:d handle 1d: gred setup DPs 3 default 1 limit 60k
qdisc change dev basket parent 1:d handle 1d: gred limit 60k min 15k max 25k burst 20 avpkt 1000 bandwidth 10mbit vq 0 probability 0.02 ecn
qdisc change dev basket parent 1:d handle 1d: gred limit 60k min 10k max 20k burst 15 avpkt 1000 bandwidth 10mbit vq 1 probability 0.04 prio 5
qdisc add dev basket parent 1:e handle 1e: gred setup DPs 4 default 3 grio
qdisc change dev basket parent 1:e handle 1e: gred limit 80k min 15k max 25k burst 20 avpkt 1000 bandwidth 10mbit vq 3 probability 0.02 prio 2
qdisc add dev basket parent 1:f handle 1f: sfb rehash 500000 db 50000 limit 1000 max 25 target 20 increment 0.0005 decrement 0.00005 penalty_rate 10 penalty_burst 20
qdisc add dev basket parent 1:10 handle 20: sfq limit 3000 flows 512 divisor 16384 redflowlimit 100000 min 8000 max 60000 probability 0.20 ecn headdrop depth 127
qdisc add dev crate root handle 2: prio bands 16
qdisc add dev crate parent 2:1 handle 21: choke limit 1000 bandwidth 10mbit min 83 max 250 probability 0.02 ecn
qdisc add dev crate parent 2:2 handle 22: codel limit 1000 target 4ms interval 80ms ecn ce_threshold 1ms
qdisc add dev crate parent 2:3 handle 23: fq_codel limit 2000 flows 512 quantum 1514 target 4ms interval 80ms noecn ce_threshold 2ms ce_threshold_selector 0x1/0x3 memory_limit 8mb drop_batch 32
qdisc add dev crate parent 2:4 handle 24: fq limit 5000 flow_limit 50 quantum 3000 initial_quantum 15000 maxrate 5mbit buckets 512 orphan_mask 255 pacing refill_delay 30ms low_rate_threshold 500kbit ce_threshold 3ms timer_slack 20us horizon 5s horizon_cap
qdisc add dev crate parent 2:5 handle 25: pie limit 200 target 20ms tupdate 30ms alpha 3 beta 18 ecn bytemode dq_rate_estimator
qdisc add dev crate parent 2:6 handle 26: cake bandwidth 50mbit besteffort dual-srchost nat wash ingress ack-filter overhead 18 mpu 64 atm rtt 50ms memlimit 4mb fwmark 0xff no-split-gso
qdisc add dev crate parent 2:7 handle 27: cake autorate-ingress diffserv8 triple-isolate ptm overhead -4 ack-filter-aggressive split-gso
qdisc add dev lossy root handle a: netem limit 500 delay 100ms 10ms 25% distribution normal loss 0.3% 25% duplicate 1% 5% reorder 25% 50% gap 5 corrupt 0.1% 2% rate 1mbit 20 100 5
qdisc add dev crate parent 2:9 handle 29: netem loss gemodel 1% 10% 70% 0.1% ecn delay 5s rate 50gbit
qdisc add dev crate parent 2:a handle 2a: netem loss state 5% 90% 20% 30% 2% slot 800us 10ms packets 100 bytes 65536
qdisc change dev crate parent 2:a handle 2a: netem slot distribution pareto 1ms 100us
qdisc add dev crate parent 2:b handle 2b: plug limit 20000
qdisc change dev crate parent 2:b handle 2b: plug block
qdisc change dev crate parent 2:b handle 2b: plug release_indefinite
qdisc add dev crate parent 2:c handle 2c: skbprio limit 100
qdisc add dev crate parent 2:d handle 2d: hhf limit 1500 quantum 1514 hh_limit 100 reset_timeout 30ms admit_bytes 100000 evict_timeout 1s non_hh_weight 4
qdisc add dev crate parent 2:e handle 2e: cbs idleslope 98688 sendslope -901312 hicredit 153 locredit -1389 offload 0
qdisc add dev crate parent 2:f handle 2f: etf clockid CLOCK_TAI delta 300000 deadline_mode skip_sock_check
qdisc add dev sack root handle 3: prio bands 8
qdisc add dev sack parent 3:1 handle 31: tbf rate 80bit burst 200 limit 10k
qdisc add dev sack parent 31:1 handle 32: fq_codel flows 16 target 1s ecn
qdisc add dev sack parent 3:2 handle 33: tbf rate 80bit burst 200 limit 10k
qdisc add dev sack parent 33:1 handle 34: sfq flows 16
qdisc add dev sack parent 3:3 handle 35: cake bandwidth 80bit flowblind
qdisc add dev sack parent 3:4 handle 36: fq_pie limit 5000 flows 256 target 10ms tupdate 10ms alpha 1 beta 10 quantum 1000 memory_limit 16mb ecn_prob 20 ecn bytemode dq_rate_estimator
qdisc add dev sack parent 3:5 handle 37: ets strict 2 quanta 4500 3000 2500 bands 6 priomap 0 1 1 1 2 3 4 5
class change dev sack classid 37:3 ets quantum 5000
qdisc add dev sack parent 3:6 handle 38: cbq bandwidth 10mbit avpkt 1000 cell 8
class add dev sack parent 38: classid 38:1 cbq bandwidth 10mbit rate 1mbit allot 1514 cell 8 weight 100kbit prio 5 maxburst 20 avpkt 1000 bounded isolated split 38: defmap c0
qdisc add dev sack parent 3:7 handle 39: dsmark indices 64 default_index 3 set_tc_index
class change dev sack parent 39: classid 39:1 dsmark mask 0x3 value 0xb8
qdisc add dev multiq root handle 6: multiq
qdisc add dev mq root handle 4: mq
qdisc add dev mqprio root handle 5: mqprio num_tc 2 map 0 1 queues 1@0 3@1 hw 1 mode channel shaper bw_rlimit min_rate 1gbit 2gbit max_rate 4gbit 5gbit
qdisc add dev mqprio root handle 5: mqprio num_tc 3 map 0 1 2 2 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2 hw 0
qdisc add dev taprio root handle 8: taprio num_tc 3 map 2 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2 base-time 1000000000 cycle-time 700000 cycle-time-extension 50 sched-entry S 01 300000 sched-entry S 02 300000 sched-entry S 04 400000 txtime-delay 200000 flags 0x1 clockid CLOCK_TAI
qdisc replace dev taprio root handle 8: taprio num_tc 3 map 2 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2 base-time 1900000000000000000 sched-entry S 03 500000 flags 0x1 txtime-delay 200000 clockid CLOCK_TAI
qdisc add dev teql root teql0
qdisc add dev ingress ingress
qdisc add dev clsact ingress_block 21 egress_block 22 clsact
END
setting python3 $tools/scenarios/tc_traffic.py basket@1:1,1:2,1:3,1:4,1:6,1:7,1:8,1:9,1:a,1:b,1:d,1:e,1:f,1:10 crate@2:1,2:2,2:3,2:4,2:5,2:6,2:7,2:c,2:d sack@3:1,3:2,3:3 adsl@0:0
run tc -s -d qdisc show
json qdisc tc -j -s -d qdisc show
run tc -s -d class show dev basket
run tc -s -d class show dev basket parent 18:
run tc -s -d class show dev basket parent 1a:
run tc -s -d class show dev sack
run tc -s -d class show dev sack parent 34:
run tc -s -d class show dev mqprio
batch tc <<'END'
qdisc replace dev basket parent 1:2 handle 12: pfifo limit 40
qdisc change dev basket parent 1:7 handle 17: htb default 40
qdisc del dev basket parent 1:1 handle 11:
class del dev basket classid 19:2
qdisc del dev crate root
qdisc show dev mq invisible
qdisc del dev clsact clsact
END
