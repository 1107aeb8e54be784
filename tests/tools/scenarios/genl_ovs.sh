# Open vSwitch: a datapath with a port and flows by ovs-dpctl (which asks for all links each time).
# kernel: sid
# modules: openvswitch veth
# untraced
run ip link add apple0 type veth peer name apple1
run ovs-dpctl add-dp dp0 apple0
run ovs-dpctl add-flows dp0 tests/tools/scenarios/genl_ovs.txt
run ovs-dpctl -m dump-flows dp0
