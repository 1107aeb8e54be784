# Routing rules with every selector and action.
# modules: dummy vrf ipv6 tun
run ip link add apple0 type dummy
run ip link add vrf0 type vrf table 100
background monitor ip -d monitor rule
run ip rule add from 192.0.2.0/24 to 198.51.100.0/24 table 123 pref 4000
run ip rule add fwmark 0x7/0xff lookup 124 pref 4001 protocol bird
run ip rule add iif apple0 oif lo table 125 pref 4002
run ip rule add iif missing0 goto 4001 pref 3999
run ip rule add uidrange 1000-1999 table 126 pref 4003
run ip rule add ipproto tcp sport 1000-2000 dport 443 table 127 pref 4004
run ip rule add ipproto udp dport 5000-5010 tos 0x10 table 128 pref 4005
run ip rule add table main suppress_prefixlength 0 pref 4006
run ip rule add table main suppress_ifgroup 7 pref 4007
run ip rule add l3mdev pref 4008
run ip rule add l3mdev protocol kernel oif vrf0 pref 4009
run ip rule add from 10.9.0.0/16 blackhole pref 4010
run ip rule add from 10.10.0.0/16 unreachable pref 4011
run ip rule add from 10.11.0.0/16 prohibit pref 4012
run ip rule add not from 10.12.0.0/16 table 1000 pref 4013
run ip rule add tun_id 77 table 129 pref 4014
run ip rule add to 10.13.0.0/16 nop pref 4015
run ip rule add from 10.14.0.0/16 goto 5000 pref 4016
run ip rule add from 10.15.0.0/16 realms 3/4 table 130 pref 4017
run ip rule add to 10.16.0.0/16 nat 192.0.2.1 pref 4018
run ip -6 rule add from 2001:db8::/32 to 2001:db8:1::/48 fwmark 9 table 131 pref 4000
run ip -6 rule add ipproto ipv6-icmp uidrange 0-0 prohibit pref 4001
run ip rule add table 132 pref 5000
run ip rule show
run ip -6 rule show
run ip rule show iif apple0
json rule ip -j -d rule show
json rule6 ip -j -d -6 rule show
run ip rule del pref 4000
run ip rule del fwmark 0x7/0xff lookup 124
run ip -6 rule flush
run ip rule del pref 1
