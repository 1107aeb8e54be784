# A simulated device: devlink and ethtool in every way that netdevsim has, network devices' queues, shapers.
# kernel: sid
# modules: netdevsim
# untraced
background devlink devlink monitor
background ethtool ethtool --monitor
# netdevsim is no module of Debian's: made from drivers/net/netdevsim of the kernel's source.
setting 'echo "10 2 2" > /sys/bus/netdevsim/new_device'
device=netdevsim/netdevsim10
first=$(ls /sys/bus/netdevsim/devices/netdevsim10/net | head -1)
run ip link set "$first" up
json dev devlink -j dev show
json info devlink -j dev info
json param devlink -j dev param show
json port devlink -j port show
json resource devlink -j resource show $device
json health devlink -j health show
json trap devlink -j -s trap show
json rate devlink -j port function rate show
json region devlink -j region show
json dpipe devlink -j dpipe table show $device
run devlink dev eswitch show $device
run devlink dev eswitch set $device mode switchdev
run devlink port function rate add $device/group1
run devlink port function rate set $device/group1 tx_share 1Mbit tx_max 100Mbit
run devlink port function rate show
run devlink port function set $device/128 hw_addr 02:00:00:00:00:07
run devlink port show
run devlink port function rate del $device/group1
run devlink dev param set $device name max_macs value 16 cmode driverinit
run devlink dev param set $device name test1 value true cmode driverinit
run devlink dev param show $device name max_macs
run devlink dev reload $device action driver_reinit
run devlink -s dev show
run devlink health show $device reporter dummy
setting 'echo apple > /sys/kernel/debug/netdevsim/netdevsim10/health/break_health'
run devlink health dump show $device reporter dummy
run devlink health diagnose $device reporter dummy
run devlink health dump clear $device reporter dummy
run devlink health set $device reporter dummy grace_period 1000 auto_recover false
run devlink health recover $device reporter dummy
run devlink trap set $device trap source_mac_is_multicast action trap
run devlink trap group set $device group l2_drops action trap
run devlink trap policer set $device policer 1 rate 2000 burst 64
run devlink trap group show
run devlink trap policer show
run devlink resource set $device path /IPv4/fib size 512
run devlink region new $device/dummy snapshot 5
run devlink region read $device/dummy snapshot 5 address 0 length 64
run devlink region del $device/dummy snapshot 5
run devlink dev flash $device file dummy
run devlink dev selftests show
run devlink sb show
run devlink linecard show
run devlink dev param show $device name nothing
for option in -c -g -l --show-eee --show-fec --show-tunnels --show-module --show-mm --show-phys; do
    run ethtool $option "$first"
done
json pause ethtool --json -I -a "$first"
json coalesce ethtool --json -c "$first"
json rings ethtool --json -g "$first"
json features ethtool --json --show-features "$first"
json stats ethtool --json -S "$first" --all-groups
run ethtool -I --show-fec "$first"
run ethtool -C "$first" rx-usecs 10 tx-usecs 20 adaptive-rx on
run ethtool -G "$first" rx 256 tx 512
run ethtool -L "$first" combined 1
run ethtool -A "$first" rx off tx off
run ethtool --set-fec "$first" encoding rs
run ethtool -K "$first" tso off gro on
run ethtool -s "$first" msglvl drv on probe on
run ethtool -s "$first" wol g
run ethtool -X "$first" equal 2
run ethtool --set-priv-flags "$first" apple on
run ethtool -t "$first"
run ethtool --cable-test "$first"
run ethtool nosuch0
run python3 tests/tools/scenarios/genl_devices.py "$first"
setting 'echo 10 > /sys/bus/netdevsim/del_device'
