# Generic families that no dissector here describes: their policies and their messages.
# modules: fou ila macsec dummy psample l2tp_core team gtp
run genl ctrl list
for family in fou macsec ila ethtool tcp_metrics; do
    run genl ctrl policy name "$family"
done
run ip link add apple0 type dummy
run ip fou add port 5555 ipproto 4
run ip fou add port 6666 gue
run ip fou show
run ip fou del port 5555
run ip link add link apple0 macsec0 type macsec port 11 encrypt on
run ip macsec add macsec0 tx sa 0 pn 1 on key 01 0123456789abcdef0123456789abcdef
run ip macsec add macsec0 rx port 11 address 02:00:00:00:00:05
run ip macsec add macsec0 rx port 11 address 02:00:00:00:00:05 sa 0 pn 1 on key 02 fedcba9876543210fedcba9876543210
run ip macsec show
run ip macsec set macsec0 tx sa 0 off
run ip tcp_metrics show
run ip ila add loc_match 1:2:3:4 loc 5:6:7:8 dev apple0
run ip ila list
