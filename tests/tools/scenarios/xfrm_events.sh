# IPsec: what the kernel says by itself (lifetimes that end, a new port behind a NAT), and what
# kernel 7.2 has beyond 6.1's: directions, states of one processor, a state that moves.
# modules: xfrm_user esp4 dummy cbc hmac sha1 aes authenc crypto_null echainiv
# kernel: sid
# untraced
run ip link add apple0 type dummy
run ip link set apple0 up
run ip addr add 192.0.2.1/24 dev apple0
background monitor ip xfrm monitor all
run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000 reqid 7 mode tunnel dir out pcpu-num 1 auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f limit time-soft 1 limit time-hard 3
run ip xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x1001 reqid 7 mode tunnel dir in flag esn replay-window 128 auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
run ip xfrm policy add src 192.0.2.0/24 dst 198.51.100.0/24 dir out priority 100 limit time-soft 1 limit time-hard 3 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
run ip xfrm policy add src 192.0.2.1 dst 203.0.113.99 proto udp dir out flag cpu-acquire tmpl src 192.0.2.1 dst 203.0.113.99 proto esp mode transport
run ip xfrm state add src 127.0.0.1 dst 127.0.0.1 proto esp spi 0x4000 mode transport auth digest_null '' enc 'ecb(cipher_null)' '' encap espinudp 4501 4500 0.0.0.0
run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x3000 reqid 10 mode transport dir out auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f sel src 192.0.2.1 dst 192.0.2.2
run python3 tests/tools/scenarios/xfrm_events.py mapping
run python3 tests/tools/scenarios/xfrm_events.py move
run ip route add 203.0.113.0/24 dev apple0
run python3 tests/tools/scenarios/xfrm.py traffic
sleep 3
run ip -s xfrm state show
run ip -s xfrm policy show
run ip xfrm policy setdefault in block fwd accept out accept
run ip xfrm policy getdefault
