# nl80211: everything that a simulated radio is able to do, as the kernel tells iw.
# kernel: sid
# untraced
modprobe mac80211_hwsim radios=1 channels=2 mlo=1
run iw phy phy0 info
run iw phy phy0 channels
run iw features
