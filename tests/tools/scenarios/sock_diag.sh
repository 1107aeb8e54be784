# Sockets of every family as ss asks for them, with filters; one is ended.
# modules: dummy udp_diag raw_diag unix_diag af_packet_diag netlink_diag
# untraced
background holder python3 -u tests/tools/scenarios/sock_diag.py
run ss -a -n -i -m -e -o -t
run ss -a -n -m -e -u -w
run ss -a -n -m -e -x
run ss -a -n -m -e -0
run ss -a -n -m -e -f netlink
run ss -n -t 'sport = :7070 or dport >= :7072'
run ss -n -a -t 'src 127.0.0.0/8 and not dst [::1]:80'
run ss -n -K -t 'dport = :7070'
