# nl80211: mesh, IBSS, OCB, monitor, P2P device, NAN, measurements, wake-up triggers, schedules.
# kernel: sid
# modules: mac80211_hwsim
# untraced
# once
background event iw event -t -f
sleep 1
run iw dev wlan0 set type mp
run iw dev wlan1 set type mp
run ip link set wlan0 up
run ip link set wlan1 up
run iw dev wlan0 mesh join orchard freq 2412 HT20
run iw dev wlan1 mesh join orchard freq 2412 HT20
sleep 4
run ip addr add 192.0.2.1/24 dev wlan0
run ping -c 1 -W 1 192.0.2.2
run iw dev wlan0 station dump
run iw dev wlan0 mpath dump
run iw dev wlan0 mpath new 02:00:00:00:07:00 next_hop 02:00:00:00:01:00
run iw dev wlan0 mpath dump
run iw dev wlan0 mpp dump
run iw dev wlan0 mesh_param dump
run iw dev wlan0 set mesh_param mesh_ttl=20
run iw dev wlan0 get mesh_param
run iw dev wlan0 station set 02:00:00:00:01:00 plink_action block
run iw dev wlan0 mesh leave
run iw dev wlan1 mesh leave
run ip link set wlan0 down
run ip link set wlan1 down
run iw dev wlan0 set type ibss
run ip link set wlan0 up
run iw dev wlan0 ibss join pears 2412 HT20 fixed-freq 02:00:00:00:00:99 beacon-interval 200 basic-rates 6,12 mcast-rate 6 key d:0:abcde
sleep 1
run iw dev wlan0 ibss leave
run ip link set wlan0 down
run iw dev wlan0 set type ocb
run ip link set wlan0 up
run iw dev wlan0 ocb join 5890 10MHz
run iw dev wlan0 ocb leave
run ip link set wlan0 down
run iw dev wlan0 set type managed
run iw phy phy0 interface add mon0 type monitor flags fcsfail otherbss
run iw dev mon0 set monitor control
run ip link set mon0 up
run iw dev mon0 set freq 5180 80 5210
run iw dev mon0 info
run iw dev mon0 del
run iw phy phy0 interface add p2p0 type __p2pdev
run iw dev
run iw wdev 0x2 p2p start
run iw wdev 0x2 p2p stop
run iw phy phy0 wowlan show
run iw phy phy1 wowlan enable magic-packet disconnect patterns 20+00:11:-:33
run iw phy phy1 wowlan show
run iw phy phy1 coalesce show
run iw phy phy0 set rts 500
run iw phy phy0 set retry short 5 long 4
run iw phy phy0 set antenna 1 1
run iw phy phy0 set coverage 3
run iw phy phy0 set name pome
run iw phy phy1 set netns 1
run ip link set wlan0 up
run iw dev wlan0 scan trigger freq 2412 ssid orchard duration 20 randomise=02:00:00:00:00:00/ff:ff:ff:00:00:00
sleep 1
run iw dev wlan0 scan sched_start interval 5000 freqs 2412 2437 matches ssid orchard
sleep 1
run iw dev wlan0 scan sched_stop
run iw dev wlan0 offchannel 2412 100
run iw dev wlan0 roc start 2412 100
run iw dev wlan0 mgmt dump frame 40 00 count 0
run iw dev wlan0 vendor send 0x001122 0x33 0x01 0x02 0x03
run iw dev wlan0 connect -w orchard 2412 02:00:00:00:09:00 auth open key d:1:6162636465
run iw dev wlan0 auth orchard 02:00:00:00:09:00 open 2412
run iw dev wlan0 disconnect
run iw dev wlan0 set noack_map 0x00ff
run iw dev wlan0 set mcast_rate 6
run iw dev wlan0 set 4addr on
run iw dev wlan0 set 4addr off
run iw dev wlan0 set peer 02:00:00:00:09:00
echo "02:00:00:00:09:00 bw=20 cf=2437 ftms_per_burst=5 ap-tsf asap preamble=ht" >"$work/ftm"
run iw dev wlan0 measurement ftm_request "$work/ftm" timeout=1 randomise
run iw reg reload
run iw dev wlan1 set type __ap
run ip link set wlan1 up
run iw dev wlan1 ap start grapes 2412 100 2 head 80000000ffffffffffff02000000010002000000010000000000000000000000640001040006677261706573010482848b96030101050400010000
run iw dev wlan1 info
run iw dev wlan1 ftm start_responder lci=01:00:08:00:10:01:10:20:30:40:50:60:70:80:90:a0:b0:c0:d0:e0:f0:00:00
run iw dev wlan1 ftm get_stats
run iw dev wlan1 station new 02:00:00:00:0a:00 aid 1
run iw dev wlan1 station dump
run iw dev wlan1 ap stop
run iw phy pome interface add nan0 type nan
run iw dev
run iw wdev 0x3 nan start pref 2 bands 2GHz
run iw wdev 0x3 nan add_func type publish unsolicited name pear info apple ttl 1
run iw wdev 0x3 nan add_func type subscribe active name pear
run iw wdev 0x3 nan config pref 3 bands 2GHz
sleep 2
run iw wdev 0x3 nan stop
