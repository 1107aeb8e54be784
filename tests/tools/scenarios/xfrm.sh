# IPsec: states and policies with every option of ip-xfrm(8) that this kernel takes.
# modules: sha512_generic jitterentropy_rng drbg xfrm_user esp4 esp6 ah4 ah6 ipcomp xfrm4_tunnel dummy ipv6 cbc hmac gcm ctr ghash-generic echainiv authenc deflate seqiv
run ip link add apple0 type dummy
run ip link set apple0 up
run ip addr add 192.0.2.1/24 dev apple0
run ip -6 addr add 2001:db8::1/64 dev apple0 nodad
background monitor ip xfrm monitor all
run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000 reqid 7 mode tunnel auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1001 reqid 8 mode transport auth-trunc 'hmac(sha256)' 0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 128 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f sel src 192.0.2.1/32 dst 192.0.2.2/32 proto tcp sport 1000 dport 80 dev apple0
run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1002 mode tunnel aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128 flag esn replay-window 64 mark 0x7 mask 0xff
run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1003 mode transport enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f auth 'hmac(md5)' 0x000102030405060708090a0b0c0d0e0f encap espinudp 4500 4501 0.0.0.0 limit time-soft 100 limit time-hard 200 limit byte-soft 1000 limit byte-hard 2000 limit packet-soft 10 limit packet-hard 20 flag noecn flag decap-dscp flag nopmtudisc replay-window 8 replay-seq 5 replay-oseq 6
run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto ah spi 0x1004 mode transport auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314 flag icmp flag wildrecv flag align4 extra-flag dont-encap-dscp extra-flag oseq-may-wrap
run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto comp spi 0x105 mode transport comp deflate
run ip xfrm state add src 2001:db8::1 dst 2001:db8::2 proto esp spi 0x2000 mode tunnel flag af-unspec enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314 if_id 0x2a output-mark 0x10 mask 0xf0 tfcpad 100
run ip xfrm state add src 2001:db8::1 dst 2001:db8::2 proto ah spi 0x2001 mode beet auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314
run ip xfrm state add src 2001:db8::1 dst 2001:db8::2 proto route2 mode ro coa 2001:db8::3
run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1009 mode transport aead 'rfc4106(gcm(aes))' 0x00 128 offload dev apple0 dir out
run ip xfrm state update src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000 reqid 7 mode tunnel auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f limit time-hard 3600
run ip xfrm state allocspi src 192.0.2.1 dst 192.0.2.3 proto esp reqid 9 mode tunnel min 256 max 512
run ip xfrm state get src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000
run ip xfrm state get src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x9999
run ip -s xfrm state show
run ip xfrm state list src 192.0.2.1 proto esp
run ip xfrm state list src 192.0.2.0/24
run ip -s xfrm state count
run ip xfrm policy add src 192.0.2.0/24 dst 198.51.100.0/24 dir out priority 100 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000 reqid 7 mode tunnel
run ip xfrm policy add src 198.51.100.0/24 dst 192.0.2.0/24 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto comp reqid 7 mode tunnel level use tmpl src 0.0.0.0 dst 0.0.0.0 proto esp reqid 7 mode transport
run ip xfrm policy add src 198.51.100.0/24 dst 192.0.2.0/24 dir fwd mark 7 mask 0xff if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp mode tunnel
run ip xfrm policy add src 203.0.113.0/24 dst 192.0.2.0/24 proto udp sport 53 dport 5353 dir out action block priority 7 flag localok flag icmp limit time-use-soft 100 limit time-use-hard 200
run ip xfrm policy add src 203.0.113.7 dst 192.0.2.0/24 proto icmp type 8 code 0 dir out ptype main index 0x191 priority 3
run ip xfrm policy add src 203.0.113.8 dst 192.0.2.0/24 proto gre key 1.2.3.4 dev apple0 dir in ptype sub
run ip xfrm policy add src 2001:db8:1::/64 dst 2001:db8:2::/64 dir out tmpl src 2001:db8::1 dst 2001:db8::2 proto esp mode tunnel
run ip xfrm policy add src 192.0.2.1 dst 203.0.113.99 proto udp dir out tmpl src 192.0.2.1 dst 203.0.113.99 proto esp mode transport
run ip xfrm policy update src 192.0.2.0/24 dst 198.51.100.0/24 dir out priority 200 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
run ip xfrm policy get src 192.0.2.0/24 dst 198.51.100.0/24 dir out
run ip xfrm policy get index 0x191 dir out
run ip -s xfrm policy show
run ip xfrm policy list dir in
run ip -s xfrm policy count
run ip xfrm policy set hthresh4 24 32 hthresh6 64 128
run ip xfrm policy setdefault in block fwd accept out accept
run ip xfrm policy getdefault
run ip xfrm policy setdefault in accept fwd accept out accept
run ip route add 203.0.113.0/24 dev apple0
run python tests/tools/scenarios/xfrm.py traffic
sleep 1
run python tests/tools/scenarios/xfrm.py
run ip xfrm policy delete src 203.0.113.0/24 dst 192.0.2.0/24 proto udp sport 53 dport 5353 dir out
run ip xfrm policy deleteall dir fwd
run ip xfrm state delete src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000
run ip xfrm state deleteall proto ah
run ip xfrm state flush proto esp
run ip xfrm state flush
run ip xfrm policy flush ptype sub
run ip xfrm policy flush
