# Generic families whose tools are rare: team, Open vSwitch.
# modules: dummy team team_mode_roundrobin team_mode_activebackup openvswitch
run ip link add apple0 type dummy
run ip link add apple1 type dummy
run ip link add team0 type team
run python3 "$tools/scenarios/families.py" mode
run ip link set apple0 master team0
run python3 "$tools/scenarios/families.py" team
run python3 "$tools/scenarios/families.py" switch
