# Generic families of tunnels and TIPC: macsec, SEG6, IOAM6, ila, TIPCv2.
# modules: macsec dummy tipc ila
run ip link add apple0 type dummy
run ip link set apple0 up
run ip addr add 192.0.2.1/24 dev apple0
run ip link add link apple0 macsec0 type macsec port 11 encrypt on
run ip macsec add macsec0 tx sa 0 pn 1 on key 01 0123456789abcdef0123456789abcdef
run ip macsec add macsec0 rx port 11 address 02:00:00:00:00:05
run ip macsec add macsec0 rx port 11 address 02:00:00:00:00:05 sa 0 pn 1 on key 02 fedcba9876543210fedcba9876543210
run ip -s macsec show
run ip macsec set macsec0 tx sa 0 off
run ip macsec del macsec0 rx port 11 address 02:00:00:00:00:05 sa 0
run ip sr tunsrc set 2001:db8::1
run ip sr tunsrc show
run ip ioam namespace add 123 data 0xdeadbeef wide 0xcafec0caf00dc0de
run ip ioam schema add 777 hello
run ip ioam namespace set 123 schema 777
run ip ioam namespace show
run ip ioam schema show
run ip ioam namespace del 123
run ip ila add loc_match 1:2:3:4 loc 5:6:7:8 dev apple0
run ip ila list
run tipc node set address 1.1.2
run tipc bearer enable media udp name u1 localip 192.0.2.1
run tipc bearer list
run tipc node list
run tipc node get address
run tipc link list
run tipc nametable show
run tipc socket list
run tipc media get tolerance media udp
run tipc link monitor summary
run tipc bearer set priority 11 media udp name u1
run tipc link statistics show
run tipc bearer disable media udp name u1
