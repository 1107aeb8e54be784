# Generic families by their tools: macsec with extended packet numbers, l2tp, SEG6, batadv, TIPCv2, IPVS, netlabel, nbd, vdpa, nl802154.
# kernel: sid
# modules: dummy macsec l2tp_eth l2tp_ip batman-adv tipc ip_vs ip_vs_wrr ip_vs_rr ip_vs_sh nbd vdpa vduse mac802154_hwsim
# untraced
run ip link add apple0 type dummy
run ip link set apple0 up
run ip addr add 192.0.2.1/24 dev apple0
run ip link add plum0 type dummy
run ip link set plum0 up
run ip link add link apple0 macsec0 type macsec port 11 encrypt on cipher gcm-aes-xpn-256
run ip macsec add macsec0 tx sa 0 xpn 1 salt 0102030405060708090a0b0c ssci 1 on key 01 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
run ip macsec add macsec0 rx port 11 address 02:00:00:00:00:05
run ip macsec add macsec0 rx port 11 address 02:00:00:00:00:05 sa 0 xpn 1 salt 0102030405060708090a0b0c ssci 2 on key 02 fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210
run ip -s macsec show
run ip l2tp add tunnel tunnel_id 3000 peer_tunnel_id 4000 encap udp local 192.0.2.1 remote 192.0.2.2 udp_sport 5000 udp_dport 6000
run ip l2tp add session tunnel_id 3000 session_id 1000 peer_session_id 2000 cookie 0011223344556677 peer_cookie 8899aabbccddeeff
run ip l2tp show tunnel
run ip l2tp show session
run ip l2tp del session tunnel_id 3000 session_id 1000
run ip l2tp del tunnel tunnel_id 3000
setting 'echo secret | ip sr hmac set 17 sha256'
run ip sr hmac show
run ip link add bat0 type batadv
run ip link set plum0 master bat0
run ip link set bat0 up
run batctl meshif bat0 gw_mode server 10mbit/2mbit
run batctl meshif bat0 isolation_mark 0x00000001/0x0000000f
run batctl meshif bat0 backbonetable
run batctl meshif bat0 translocal -H
run batctl meshif bat0 throughputmeter 02:00:00:00:00:09
run batctl meshif bat0 mesh_json
run tipc node set address 1.1.2
run tipc bearer enable media udp name u1 localip 192.0.2.1
run tipc bearer get mtu media udp name u1
run tipc link monitor list
run tipc peer remove address 1.1.9
run ipvsadm -A -t 192.0.2.9:80 -s wrr -p 300
run ipvsadm -a -t 192.0.2.9:80 -r 192.0.2.10:8080 -m -w 5
run ipvsadm -a -t 192.0.2.9:80 -r 192.0.2.11:8080 -i -w 3 --tun-type gue --tun-port 6080
run ipvsadm -A -f 7 -s sh
run ipvsadm -L -n
run ipvsadm --set 900 120 300
run ipvsadm --start-daemon master --mcast-interface apple0 --syncid 7
run ipvsadm -L --daemon
run ipvsadm -C
run netlabelctl cipsov4 add trans doi:17 tags:1 levels:0=0,1=1 categories:0=1,1=0
run netlabelctl -p cipsov4 list doi:17
run netlabelctl calipso add pass doi:18
run netlabelctl map del default
run netlabelctl map add default address:192.0.2.0/24 protocol:cipsov4,17
run netlabelctl map add default address:::/0 protocol:calipso,18
run netlabelctl map add domain:apple protocol:cipsov4,17
run netlabelctl -p map list
run netlabelctl unlbl accept on
run netlabelctl unlbl list
dd if=/dev/zero of="$work/disk" bs=1M count=4 status=none
printf '[generic]\nallowlist=true\n[fruit]\nexportname=%s\n' "$work/disk" >"$work/nbd.conf"
setting nbd-server -C "$work/nbd.conf" 192.0.2.1:10809
sleep 1
run nbd-client -N fruit 192.0.2.1 10809 -timeout 5 /dev/nbd0
run nbd-client -d /dev/nbd0
run vdpa mgmtdev show
run iwpan list
run iwpan dev wpan0 set pan_id 0xbeef
run iwpan dev wpan0 info
