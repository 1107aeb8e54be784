# Multicast routing: routes, and what the kernel asks the routing daemon.
# modules: dummy veth
run ip link add apple0 type veth peer name apple1
run ip link add plum0 type veth peer name plum1
run ip link add pear0 type dummy
run ip addr add 192.0.2.1/24 dev apple0
run ip addr add 203.0.113.1/24 dev plum0
for device in apple0 apple1 plum0 plum1 pear0; do run ip link set $device up; done
setting "echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter; echo 0 > /proc/sys/net/ipv4/conf/apple0/rp_filter"
background listen python3 $tools/scenarios/rtnl.py listen
background monitor ip -t monitor mroute
background router python3 $tools/scenarios/rtnl.py mroute apple0 plum0 pear0
run python3 $tools/scenarios/rtnl.py streams apple1 plum1
# Without strace, which takes the attributes of this family for those of all others.
setting python3 $tools/scenarios/rtnl.py tables
run ip -s mroute show
run ip -s mroute show iif apple0
json mroute ip -j -s mroute show
run ip route get 239.1.1.1 from 198.51.100.7 iif apple0
json netconf ip -j netconf show
