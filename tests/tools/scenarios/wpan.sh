# IEEE 802.15.4: two simulated radios.
# kernel: sid
# modules: mac802154_hwsim
# untraced
run iwpan phy
run iwpan dev
run iwpan dev wpan0 set pan_id 0xbeef
run iwpan dev wpan0 set short_addr 0x0102
run iwpan dev wpan0 set max_frame_retries 3
run iwpan dev wpan0 set backoff_exponents 3 5
run iwpan dev wpan0 set max_csma_backoffs 4
run iwpan dev wpan0 set lbt 1
run iwpan dev wpan0 set ackreq_default 1
run iwpan phy phy0 set channel 0 15
run iwpan phy phy0 set tx_power 3
run iwpan phy phy0 set cca_mode 3 1
run iwpan phy phy0 set cca_ed_level -60
run iwpan dev wpan0 info
run ip link set wpan0 up
run iwpan phy phy1 interface add mon0 type monitor
run iwpan phy phy1 interface add node1 type node 00:11:22:33:44:55:66:77
run iwpan dev
run iwpan dev mon0 del
run iwpan phy phy1 info
