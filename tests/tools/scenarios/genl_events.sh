# Generic families in their own bytes, and what they tell by themselves: taskstats, drop monitor, samples, HSR, GTP, NFC,
# thermal, TIPC's older interface, both of IEEE 802.15.4 and its simulator, simulated Wi-Fi, quotas, tcmu, DRBD.
# kernel: sid
# modules: dummy drop_monitor sch_ingress act_sample cls_matchall hsr gtp nfcsim tipc mac802154_hwsim mac80211_hwsim loop target_core_user drbd
# untraced
run ip link add plum0 type dummy
run ip link set plum0 up
run tipc node set address 1.1.2
run ip netns add orchard
run ip link add apple0 type veth peer name apple1 address 02:00:00:00:00:05 netns orchard
run ip link add pear0 type veth peer name pear1 netns orchard
run ip link set apple0 up
run ip link set pear0 up
run ip -n orchard link set apple1 up
run ip -n orchard link set pear1 up
run ip link add hsr0 type hsr slave1 apple0 slave2 pear0 version 1
run ip -n orchard link add hsr1 type hsr slave1 apple1 slave2 pear1 version 1
run python3 -u tests/tools/scenarios/genl_events.py
