# A router advertises itself: prefixes and the options that the kernel passes on to programs.
# modules: veth ipv6
run ip link add apple0 type veth peer name apple1
setting "echo 1 > /proc/sys/net/ipv6/conf/apple0/accept_ra"
run ip link set apple0 up
run ip link set apple1 up
background listen python3 $tools/scenarios/rtnl.py listen
background monitor ip -t monitor prefix address route
sleep 2  # until the link-local address is no longer tentative
run python3 $tools/scenarios/rtnl.py advertise apple1
sleep 2
run ip -6 addr show dev apple0
run ip -6 route show
json addr ip -j -6 addr show dev apple0
