"""Devices and hosts in kernel 7.2: what nlmon saw against what the tools printed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from nldissect._internal.engine.summary import describe
from nldissect._internal.spec import registry
from support.messages import RECORDINGS, attr, covered, nest, of_family, recording, u8, u32, u64

NUMBER = 77
OURS = ("genl_devices", "genl_hosts", "genl_ovs")
# What genl_register_family() is given in Linux 7.2, by the kernel's source.
FAMILIES = (
    "802.15.4 MAC", "HSR", "IOAM6", "IPVS", "MAC80211_HWSIM", "MAC802154_HWSIM", "NCSI", "NET_DM",
    "NLBL_CALIPSO", "NLBL_CIPSOv4", "NLBL_MGMT", "NLBL_UNLBL", "SEG6", "SMBD_GENL",
    "SMC_GEN_NETLINK", "SMC_PNETID", "TASKSTATS", "TCM-USER", "TIPC", "TIPCv2", "VFS_DQUOT",
    "acpi_event", "batadv", "binder", "cifs", "dev-energymodel", "devlink", "dpll", "drbd",
    "drm-ras", "ethtool", "fou", "gtp", "handshake", "ila", "l2tp", "lockd", "macsec", "mptcp_pm",
    "nbd", "net-shaper", "netdev", "nfc", "nfsd", "nl80211", "nl802154", "nlctrl", "ovpn",
    "ovs_ct_limit", "ovs_datapath", "ovs_flow", "ovs_meter", "ovs_packet", "ovs_vport", "pmcraid",
    "psample", "psp", "reg_event", "sunrpc", "taskstats", "tcp_metrics", "team", "thermal",
    "vdpa", "wireguard",
)  # fmt: skip


def printed(name: str) -> str:
    return (RECORDINGS / f"{name}.txt").read_text()


def told(name: str, family: str, to_kernel: bool | None = None) -> list[str]:
    """Operation and line of a family's messages."""
    return [
        describe(m)
        for m in recording(name)
        if m.family == family and m.operation and to_kernel in (None, m.to_kernel)
    ]


def value(message: Any, path: str) -> Any:
    node = message.find(path)
    return None if node is None else node.value


def test_every_family_of_the_kernel_has_a_dissector() -> None:
    known = {entry.name for entry in registry.Registry(use_system=False).files()}
    assert {name for name in FAMILIES if name != "taskstats"} <= known


@pytest.mark.parametrize("name", OURS)
def test_every_attribute_has_a_name_and_every_byte_an_owner(name: str) -> None:
    for message in recording(name):
        assert covered(message)
        assert not [n.name for n in message.walk() if n.kind == "unknown"]


def test_events_of_mptcp_as_ip_monitors_them() -> None:
    events = []
    for line in (RECORDINGS / "genl_hosts.mptcp.out").read_text().splitlines():
        name, rest = re.match(r"\[\s*(\w+)\] ?(.*)", line).groups()  # type: ignore[union-attr]
        said = dict(word.partition("=")[::2] for word in rest.split())
        where = f"{said.get('saddr4', '')}:{said.get('sport', '')}"
        token = f"token 0x{said['token'].lstrip('0')}" if "token" in said else ""
        events.append((name.lower().replace("_", "-"), token, where if "saddr4" in said else ""))
    assert len(events) > 6
    lines = told("genl_hosts", "mptcp_pm", to_kernel=False)
    ours = [line for line in lines if line.split()[0] in {name for name, _, _ in events}]
    assert len(ours) == len(events)
    for line, (name, token, where) in zip(ours, events, strict=True):
        assert line.startswith(name)
        assert token in line
        assert where in line


def test_answers_are_no_events() -> None:
    lines = told("genl_hosts", "mptcp_pm", to_kernel=False)
    assert "get-limits add_addr_accepted 4 subflows 4" in lines
    assert "get-addr 192.0.2.1 id 3 subflow backup dev apple0" in lines


def test_times_of_tcp_as_ip_shows_them() -> None:
    (metric,) = json.loads((RECORDINGS / "genl_hosts.metrics.json").read_text())
    rtt, var = (round(metric[key] * 1_000_000) for key in ("rtt", "rttvar"))
    line = f"rtt {rtt}us rttvar {var}us"
    assert any(line in said for said in told("genl_hosts", "tcp_metrics", to_kernel=False))


def test_keys_of_wireguard_as_wg_shows_them() -> None:
    dump = re.search(r"^\$ wg show wg0 dump\n(.*)\n(.*)\n", printed("genl_hosts"), re.MULTILINE)
    assert dump is not None
    _, public, port, mark = dump[1].split("\t")
    peer, _, endpoint, allowed = dump[2].split("\t")[:4]
    want = (
        f"get-device wg0 private key (hidden) public key {public} listening port {port} fwmark"
        f" {mark} peer {peer} endpoint {endpoint} allowed ips {allowed.replace(',', ', ')}"
    )
    assert any(said.startswith(want) for said in told("genl_hosts", "wireguard"))


def test_addresses_of_the_nfs_server() -> None:
    lines = told("genl_hosts", "nfsd", to_kernel=True)
    assert "listener-set tcp 0.0.0.0:2049, tcp [::]:2049" in lines
    assert "unlock-ip 192.0.2.9" in lines


def test_parameters_of_devlink() -> None:
    (params,) = json.loads((RECORDINGS / "genl_devices.param.json").read_text()).values()
    ((device, entries),) = params.items()
    lines = told("genl_devices", "devlink", to_kernel=False)
    for entry in entries:
        (kept,) = entry["values"]
        kind = "flag" if kept["value"] is True else "u32"
        said = f"type {kind} cmode {kept['cmode']} value {str(kept['value']).lower()}"
        assert f"param-get {device} name {entry['name']} {said}" in lines


def test_rings_as_ethtool_shows_them() -> None:
    (rings,) = json.loads((RECORDINGS / "genl_devices.rings.json").read_text())
    message = next(
        m
        for m in recording("genl_devices")
        if m.family == "ethtool" and value(m, "rx-max") is not None and not m.to_kernel
    )
    for key in ("rx-max", "tx-max", "rx", "tx", "hds-thresh-max"):
        assert value(message, key) == rings[key]


def test_shapers() -> None:
    lines = told("genl_devices", "net-shaper")
    assert any(re.fullmatch(r"get dev \w+ queue 0 bps max 1000000", line) for line in lines)


def test_flows_of_open_vswitch() -> None:
    flows = [m for m in recording("genl_ovs") if m.family == "ovs_flow" and m.find("actions")]
    assert any(value(m, "actions.set.tunnel.ipv4-dst") == "192.0.2.9" for m in flows)
    assert any(value(m, "key.arp.arp-tip") == "192.0.2.2" for m in flows)
    assert any(value(m, "actions.trunc.max-len") == 100 for m in flows)


def test_a_key_with_its_mask() -> None:
    ethernet = bytes.fromhex("020000000001020000000002") + bytes(6) + b"\xff" * 6
    masked = nest(11, attr(4, ethernet))
    message = of_family("ovs_flow", 1, u32(9), nest(2, masked))
    assert covered(message)
    found = message.find("actions.set-masked.ethernet")
    assert found is not None
    assert [c.name for c in found.children] == ["value", "mask"]
    assert [c.find("eth-dst").value for c in found.children] == [  # type: ignore[union-attr]
        "02:00:00:00:00:02",
        "ff:ff:ff:ff:ff:ff",
    ]


def test_counters_by_their_group() -> None:
    group = nest(4, attr(2, u32(1)), attr(3, u32(18)), nest(4, attr(2, u64(7))))
    message = of_family("ethtool", 33, nest(2, attr(2, b"eth0\0")), group, port=99)
    found = message.find("grp.stat")
    assert found is not None
    assert [(c.constant, c.value) for c in found.children] == [
        ("ETHTOOL_A_STATS_ETH_MAC_4_MULTI_COL", 7)
    ]


def test_a_cable_under_test() -> None:
    result = nest(1, attr(1, u8(2)), attr(2, u8(4)))
    message = of_family("ethtool", 27, attr(2, u8(2)), nest(3, result), port=99)
    assert value(message, "nest.result.code") == 4
    node = message.find("nest.result.code")
    assert node is not None
    assert node.label == "cross-short"


def test_policies_of_one_dump_are_not_those_of_the_next() -> None:
    """ethtool asks for one operation's policy at a time, and each dump counts from 0."""
    told = [m for m in recording("genl_devices") if m.find("CTRL_ATTR_POLICY") is not None]
    assert len(told) == 9
    assert not [d.text for m in told for d in m.diagnoses if d.code == "policy-differs"]


def test_a_line_has_the_values_of_a_formatted_message() -> None:
    lines = told("genl_devices", "devlink", to_kernel=False)
    first = "break_message apple, test_bool true, test_u8 1, test_u32 3, test_u64 4, "
    assert f"health-reporter-dump-get {first}" in "\n".join(lines)
    assert f"health-reporter-diagnose recovered_{first}" in "\n".join(lines)


def test_bits_that_come_as_numbers_have_their_names() -> None:
    nomask, on = attr(1), attr(3)
    indices = nest(3, nest(1, attr(1, u32(1)), on), nest(1, attr(1, u32(6)), on))
    message = of_family("ethtool", 10, nest(2, nomask, indices), flags=1)
    assert describe(message) == "wol-set wake-on ucast, magicsecure"
    lines = "\n".join(told("genl_devices", "ethtool", to_kernel=True))
    assert "stats-get dev eth0 groups eth-phy eth-mac eth-ctrl rmon phy\n" in lines


def test_a_flow_has_the_identifier_and_the_labels_that_ovs_dpctl_prints() -> None:
    """Bytes of ovs-vswitchd and of `ovs-dpctl -m dump-flows`; three labels are a probe's."""
    identifier = attr(9, bytes.fromhex("937b833d9b488b7b98237f8377ece751"))
    labels = nest(1, attr(21, bytes.fromhex("000000000000000000000100")))
    message = of_family("ovs_flow", 1, u32(7), labels, identifier, flags=1)
    assert value(message, "ufid") == "3d837b93-7b8b-489b-837f-239851e7ec77"
    found = message.find("key.mpls").children
    assert [one.label for one in found][1:] == [
        "label=0,tc=0,bos=0,ttl=0",
        "label=0,tc=0,bos=1,ttl=0",
    ]
    assert message.diagnoses == []


def test_actions_lie_as_deep_as_open_vswitch_looks() -> None:
    inside = attr(1, u32(3))
    for _ in range(16):
        inside = attr(6, attr(1, u32(0xFFFFFFFF)) + attr(2, inside))
    message = of_family("ovs_flow", 1, u32(7), attr(2, inside), flags=1)
    assert message.diagnoses == []
    assert sum(node.name == "sample" for node in message.walk()) == 16


def test_lines_have_the_words_of_addresses_and_identities() -> None:
    lines = [describe(m) for m in recording("genl_tools") if m.family == "TIPCv2"]
    told_as = "bearer enable udp:u1 udp-opts local 192.0.2.1:6118 remote 228.0.18.103:6118"
    assert f"bearer-enable {told_as}" in lines
    halves = attr(1, u32(4711)) + attr(3, u64(190448658472050)) + attr(4, u64(0))
    message = of_family("TIPCv2", 14, nest(7, halves))  # `tipc node get identity`: 72dca24836ad
    assert describe(message) == "net-get network 4711 node identity 72dca24836ad"


def test_a_packet_that_open_vswitch_hands_over_is_read_too() -> None:
    """An echo request, as ovs-vswitchd gave it back to the kernel; its payload is left out."""
    packet = (
        "02000000000296795 6dbe9200800 450000540a1f40004001ac86c0000201c0000202 0800ac28017f0001"
    )
    data = bytes.fromhex(packet.replace(" ", ""))
    message = of_family("ovs_packet", 3, u32(0), attr(1, data), nest(2, attr(3, u32(2))), flags=1)
    assert describe(message) == "execute in_port 2 192.0.2.1 > 192.0.2.2 icmp"
    assert value(message, "packet.ethernet.src") == "96:79:56:db:e9:20"
    assert covered(message)
