# Addresses, neighbours and their tables, with `ip monitor all` listening.
# modules: dummy veth bridge vxlan ipv6
background monitor ip -d -timestamp monitor all
run ip link add apple0 type dummy
run ip link set apple0 up
run ip link add pear0 type veth peer name pear1
run ip link set pear0 up
run ip link set pear1 up
run ip addr add 192.0.2.1/24 broadcast + dev apple0 label apple0:one
run ip addr add 192.0.2.129/25 dev apple0 valid_lft 300 preferred_lft 200 metric 77
run ip addr add 198.51.100.1 peer 198.51.100.2/32 dev apple0 scope link
run ip addr add 203.0.113.1/24 dev apple0 noprefixroute scope 100
run ip addr add 239.7.7.7/32 dev apple0 autojoin
run ip addr add 127.0.0.9/8 dev lo scope host
run ip addr add 2001:db8:1::1/64 dev apple0 valid_lft 900 preferred_lft 300 nodad
run ip addr add 2001:db8:2::1 peer 2001:db8:2::2/128 dev apple0 home
run ip addr add 2001:db8:3::1/64 dev apple0 mngtmpaddr noprefixroute
run ip addr add 2001:db8:4::1/64 dev pear0 optimistic metric 300
run ip addr add ff0e::77/128 dev apple0 autojoin
run ip addr change 2001:db8:1::1/64 dev apple0 preferred_lft 0 valid_lft forever
run ip token set ::1234 dev pear0
run ip token show
run ip link set pear0 addrgenmode random
run ip addrlabel add prefix 2001:db8:5::/48 dev apple0 label 55
run ip addrlabel show
run ip -4 addr show dev apple0 scope link
json addr ip -j -d addr show
json netconf ip -j netconf show
run ip maddr show
run ip maddr add 01:00:5e:00:00:99 dev apple0
run python3 "$tools/scenarios/addresses.py"

run ip neigh add 192.0.2.10 lladdr 02:00:00:00:00:10 dev apple0 nud permanent
run ip neigh add 192.0.2.11 lladdr 02:00:00:00:00:11 dev apple0 nud reachable protocol static
run ip neigh add 192.0.2.12 lladdr 02:00:00:00:00:12 dev apple0 nud stale
run ip neigh add 192.0.2.13 lladdr 02:00:00:00:00:13 dev apple0 nud delay
run ip neigh add 192.0.2.14 lladdr 02:00:00:00:00:14 dev apple0 nud probe
run ip neigh add 192.0.2.15 dev apple0 nud noarp
run ip neigh add 192.0.2.16 dev apple0 nud failed
run ip neigh add 192.0.2.17 lladdr 02:00:00:00:00:17 dev apple0 nud stale extern_learn
run ip neigh add 192.0.2.18 dev pear0 use
run ip neigh add 192.0.2.19 dev pear0 managed extern_learn
run ip neigh add 2001:db8:1::10 lladdr 02:00:00:00:01:10 dev apple0 nud permanent router
run ip neigh add proxy 192.0.2.50 dev apple0
run ip neigh add proxy 2001:db8:1::50 dev apple0 protocol 77
run ip neigh change 192.0.2.12 lladdr 02:00:00:00:00:99 dev apple0 nud reachable
run ip neigh get 192.0.2.10 dev apple0
run ip neigh get proxy 192.0.2.50 dev apple0
run ip neigh show proxy
json neigh ip -j -s neigh show nud all
run ip neigh del 192.0.2.12 dev apple0
run ip neigh flush dev apple0 nud permanent
run ip -s ntable show name arp_cache
run ip ntable change name arp_cache thresh1 100 thresh2 600 thresh3 1200 gc_int 40000
run ip ntable change name ndisc_cache dev apple0 queue 9 base_reachable 31000 retrans 1100 gc_stale 61000 delay_probe 6000 app_probes 1 ucast_probes 4 mcast_probes 5 anycast_delay 1200 proxy_delay 900 proxy_queue 65 locktime 1
json ntable ip -j -s ntable show
run ip addr del 192.0.2.1/24 dev apple0
run ip -s addr flush dev apple0 scope global
run ip link del apple0
