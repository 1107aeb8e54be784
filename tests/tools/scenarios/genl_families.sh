# Generic families whose tools are rarely installed, asked in their own bytes: IPVS, batadv,
# taskstats, netlabel, HSR, ovs_meter, ovs_ct_limit, 802.15.4, gtp, nbd, psample, nfc.
# modules: dummy hsr batman-adv gtp ip_vs ip_vs_wrr nbd psample nfc mac802154 fakelb openvswitch
run ip link add apple0 type dummy
run ip link set apple0 up
run ip link add pear0 type dummy
run ip link set pear0 up
run ip link add plum0 type dummy
run ip link set plum0 up
run ip link add hsr0 type hsr slave1 apple0 slave2 pear0
run ip link add bat0 type batadv
run ip link set plum0 master bat0
run ip link set bat0 up
run python3 -u tests/tools/scenarios/genl_families.py
