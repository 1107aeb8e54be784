# What rtmon(8) writes, and what ip-monitor(8) makes of it, beside nlmon's recording of the same.
# modules: dummy ipv6
run ip link add apple0 type dummy
rtmon file "$out/$name.all.rtmon" all &
jobs_to_end+=($!)
rtmon file "$out/$name.link.rtmon" link &
jobs_to_end+=($!)
sleep 1
run ip link set apple0 mtu 1400 up
run ip address add 192.0.2.1/24 dev apple0
run ip -6 address add 2001:db8::1/64 dev apple0 nodad
run ip route add 198.51.100.0/24 via 192.0.2.254 dev apple0
run ip neighbour add 192.0.2.7 lladdr 02:00:5e:00:53:07 dev apple0
run ip link set apple0 down
run ip link del apple0
sleep 1
cd "$out"
run ip -d monitor file "$name.all.rtmon"
cd "$OLDPWD"
