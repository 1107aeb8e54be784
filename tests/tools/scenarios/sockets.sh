# Whose sockets they are: two of one process, and what sock_diag tells of them; ids of
# network namespaces by process.
# modules: dummy netlink_diag
# untraced
run python3 -u tests/tools/scenarios/sockets.py
run ip netns add orchard
run ip netns set orchard 12
run ip netns list-id
run ip netns delete orchard
