# nl80211 with two simulated radios: an access point with WPA2 and WPA3, a station that connects, roams and leaves.
# kernel: sid
# modules: mac80211_hwsim ccm gcm cmac ctr
# untraced
# once
export LANG=C
cat >"$work/ap.conf" <<END
interface=wlan0
ssid=orchard
hw_mode=g
channel=6
ieee80211n=1
ieee80211ax=1
wpa=2
wpa_key_mgmt=WPA-PSK SAE
wpa_passphrase=pear and apple
rsn_pairwise=CCMP
ieee80211w=1
sae_require_mfp=1
country_code=DE
ctrl_interface=$work/ctrl-ap
END
cat >"$work/sta.conf" <<END
ctrl_interface=$work/ctrl-sta
country=DE
p2p_disabled=1
network={
    ssid="orchard"
    key_mgmt=SAE
    sae_password="pear and apple"
    ieee80211w=2
}
END
background event iw event -t -f
run iw reg set DE
run iw reg get
run iw dev
run iw dev wlan0 info
run hostapd -B -f "$work/ap.log" "$work/ap.conf"
sleep 2
run ip link set wlan1 up
run iw dev wlan1 scan freq 2437 2412
run iw dev wlan1 scan dump
run wpa_supplicant -B -i wlan1 -c "$work/sta.conf" -f "$work/sta.log"
for i in 1 2 3 4 5 6 7 8 9 10; do iw dev wlan1 link | grep -q Connected && break; sleep 1; done
run iw dev wlan1 link
run iw dev wlan1 station dump
run iw dev wlan0 station dump
run iw dev wlan1 get power_save
run iw dev wlan1 set power_save on
run iw dev wlan1 cqm rssi -60 4
run iw dev wlan1 set bitrates legacy-2.4 1 2 5.5 11 ht-mcs-2.4 1 2 3
run iw dev wlan1 set bitrates
run iw dev wlan1 set txpower fixed 1000
run iw dev wlan1 key get 0 02:00:00:00:00:00
run iw dev wlan1 set tidconf tids 0x1 ampdu off
run hostapd_cli -s /run -p "$work/ctrl-ap" -i wlan0 deauthenticate 02:00:00:00:01:00
sleep 3
run hostapd_cli -s /run -p "$work/ctrl-ap" -i wlan0 chan_switch 5 2412
sleep 2
run wpa_cli -s /run -p "$work/ctrl-sta" -i wlan1 disconnect
sleep 1
run wpa_cli -s /run -p "$work/ctrl-sta" -i wlan1 terminate
run hostapd_cli -s /run -p "$work/ctrl-ap" -i wlan0 terminate
sleep 2
