# kernel: sid
# modules: ip_set nfnetlink
# untraced
# Every type of set: created, filled, tested, listed, saved, renamed, swapped, destroyed; refusals.
run ipset create ips hash:ip timeout 300 counters comment skbinfo
run ipset add ips 192.0.2.1 timeout 60 packets 3 bytes 300 comment 'a host' skbmark 0x1/0xff skbprio 1:10 skbqueue 2
run ipset add ips 192.0.2.8/30
run ipset test ips 192.0.2.1
run ipset test ips 192.0.2.99
run ipset create six hash:ip family inet6 hashsize 64 maxelem 100 bucketsize 4 initval 0x12345678
run ipset add six 2001:db8::1
run ipset create masked hash:ip netmask 24
run ipset add masked 198.51.100.7
run ipset create bits hash:ip bitmask 255.255.0.255
run ipset add bits 198.51.100.9
run ipset create macs hash:mac
run ipset add macs 02:00:00:00:00:01
run ipset create ipmac hash:ip,mac
run ipset add ipmac 192.0.2.2,02:00:00:00:00:02
run ipset create nets hash:net
run ipset add nets 203.0.113.0/24
run ipset add nets 203.0.113.64/26 nomatch
run ipset create netnet hash:net,net
run ipset add netnet 192.0.2.0/24,198.51.100.0/25
run ipset create ipport hash:ip,port
run ipset add ipport 192.0.2.3,tcp:80-82
run ipset add ipport 192.0.2.3,icmp:ping
run ipset add ipport 192.0.2.3,vrrp:0
run ipset create netport hash:net,port family inet6
run ipset add netport 2001:db8:1::/48,udp:53
run ipset create ipportip hash:ip,port,ip
run ipset add ipportip 192.0.2.4,sctp:5000,198.51.100.4
run ipset create ipportnet hash:ip,port,net
run ipset add ipportnet 192.0.2.5,tcp:443,198.51.100.0/24
run ipset create netportnet hash:net,port,net
run ipset add netportnet 192.0.2.0/25,tcp:22,198.51.100.128/25
run ipset create netiface hash:net,iface
run ipset add netiface 192.0.2.0/24,physdev:apple0
run ipset add netiface 192.0.2.0/24,wildcard:app wildcard
run ipset create ipmark hash:ip,mark markmask 0xffff
run ipset add ipmark 192.0.2.6,0x123
run ipset create bip bitmap:ip range 192.0.2.0/24 netmask 28
run ipset add bip 192.0.2.16
run ipset create bipmac bitmap:ip,mac range 192.0.2.0-192.0.2.63
run ipset add bipmac 192.0.2.7,02:00:00:00:00:07
run ipset create bport bitmap:port range 0-1023
run ipset add bport 80-83
run ipset create all list:set size 8
run ipset add all ips
run ipset add all nets before ips
run ipset list ips
run ipset list -t
run ipset list -n
run ipset save
run ipset rename bits dots
run ipset swap macs masked
run ipset swap ips masked
run ipset del ips 192.0.2.8
run ipset del ips 192.0.2.77
run ipset add ips 192.0.2.1
run ipset -exist add ips 192.0.2.1
run ipset create ips hash:net
run ipset destroy ips
run ipset flush nets
run ipset flush
printf 'create r1 hash:ip\nadd r1 192.0.2.1\nadd r1 192.0.2.2\nadd r1 192.0.2.3 timeout 3\n' >/run/restore
run ipset restore -file /run/restore
run ipset destroy all
run ipset destroy
run ipset version
