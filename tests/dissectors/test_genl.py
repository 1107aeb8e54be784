"""Generic families: recordings against what tools print, made messages of the rest."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest

from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import Node
from nldissect._internal.engine.summary import describe
from support.messages import (
    RECORDINGS,
    attr,
    codes,
    covered,
    nest,
    of_family,
    recording,
    u8,
    u32,
    u64,
)

NUMBER = 77
FAMILIES = (
    "binder", "dev-energymodel", "devlink", "dpll", "drm-ras", "ethtool", "fou", "handshake",
    "lockd", "mptcp_pm", "net-shaper", "netdev", "nfsd", "nl80211", "ovpn", "psp", "sunrpc",
    "tcp_metrics", "team", "wireguard", "ovs_datapath", "ovs_flow", "ovs_packet", "ovs_vport",
)  # fmt: skip


def of_kernel(family: str) -> list[Message]:
    return [m for m in recording(family) if not m.to_kernel and m.family == family and m.operation]


def said(message: Message) -> str:
    """The line without the name of the operation."""
    assert message.operation is not None
    return describe(message).removeprefix(message.operation.name).strip()


def label(message: Message | Node, path: str) -> str | None:
    node = message.find(path)
    assert node is not None, path
    return node.label


def value(message: Message | Node, path: str) -> Any:
    node = message.find(path)
    assert node is not None, path
    return node.value


# -- wireguard -----------------------------------------------------------------


def test_wireguard_is_what_wg_dumps() -> None:
    lines = (RECORDINGS / "wireguard.txt").read_text().splitlines()
    after = lines[lines.index("$ wg show peach0 dump") + 1 :]
    device, *peers = [
        line.split("\t") for line in itertools.takewhile(lambda x: x[0] != "$", after)
    ]
    message = of_kernel("wireguard")[1]
    assert label(message, "private-key") == device[0]
    assert label(message, "public-key") == device[1]
    assert str(value(message, "listen-port")) == device[2]
    assert value(message, "fwmark") == int(device[3], 16)
    entries = message.find("peers")
    assert entries is not None
    assert len(entries.children) == len(peers) == 2
    for entry, peer in zip(entries.children, peers, strict=True):
        key, preshared, endpoint, allowed, _, received, sent, keepalive = peer
        assert label(entry, "public-key") == key
        assert label(entry, "preshared-key") == preshared
        assert label(entry, "endpoint") == endpoint
        assert str(value(entry, "rx-bytes")) == received
        assert str(value(entry, "tx-bytes")) == sent
        node = entry.find("persistent-keepalive-interval")
        assert node is not None
        assert (node.label or str(node.value)) == keepalive
        ips = entry.find("allowedips")
        assert ips is not None
        shown = [f"{value(ip, 'ipaddr')}/{value(ip, 'cidr-mask')}" for ip in ips.children]
        assert shown == allowed.split(",")


def test_wireguard_in_one_line() -> None:
    lines = [said(m) for m in recording("wireguard") if m.family == "wireguard" and m.operation]
    assert lines[0] == "peach0 private key (hidden) listening port 51999 fwmark 0x51"
    assert lines[2] == (
        "peach0 peer PYJoPI1BgXqFX5Uo5wMqj1vgK+mWpE6w5CQgsn/0ZBw= (replace-allowedips)"
        " endpoint [2001:db8::20]:8888 allowed ips 10.45.1.1/32"
    )


@pytest.mark.parametrize("raw", [b"", b"\2\0", bytes(15), bytes(17), b"\2\0" + bytes(26)])
def test_an_endpoint_that_is_none(raw: bytes) -> None:
    peers = nest(8, nest(0, attr(1, bytes(31)), attr(4, raw)))
    message = of_family("wireguard", 1, attr(2, b"w0\0"), peers)
    assert label(message, "peers.0.endpoint") is None
    assert label(message, "peers.0.public-key") is None
    assert covered(message)


# -- ethtool -------------------------------------------------------------------


def test_what_a_mask_turns_off() -> None:
    """`ethtool -K grape0 tso off rx off`: asked for by names, answered by numbers."""
    said = [describe(m) for m in recording("ethtool") if m.family == "ethtool"]
    named = [text for text in said if text.startswith("features-set dev grape0 wanted tx-tcp-seg")]
    assert named == [
        "features-set dev grape0 wanted tx-tcp-segmentation off, tx-tcp-ecn-segmentation off,"
        " tx-tcp-mangleid-segmentation off +3"
    ]
    assert "features-set dev grape0 active 16 18-20 35 40 off" in said
    assert any(text.startswith("features-ntf dev grape0 active 0 3 5-8 11 22-27") for text in said)


def test_features_are_what_ethtool_says() -> None:
    (printed,) = json.loads((RECORDINGS / "ethtool.features.json").read_text())
    messages = of_kernel("ethtool")
    (names, *_) = [m for m in messages if m.operation and m.operation.name == "strset-get"]
    strings = names.find("stringsets.stringset.strings")
    assert strings is not None
    by_number = {value(s, "index"): value(s, "value") for s in strings.children}
    last = [m for m in messages if m.operation and m.operation.name == "features-get"][-1]
    bits = label(last, "active.value")
    assert bits is not None
    numbers: set[int] = set()
    for run in bits.split():
        first, _, end = run.partition("-")
        numbers |= set(range(int(first), int(end or first) + 1))
    active = {by_number[number] for number in numbers}
    checked = 0
    for name, state in printed.items():
        if name in by_number.values():
            assert (name in active) == state["active"], name
            checked += 1
    assert checked > 30


def test_link_modes_by_name() -> None:
    bitset = nest(3, attr(2, u32(125)), attr(4, u32(1 << 5 | 1 << 6) + u32(1)))
    message = of_family("ethtool", 4, bitset, attr(5, u32(1000)), attr(6, u8(1)))
    assert label(message, "ours.value") == "1000baset-full autoneg 25000basekr-full"
    assert said(message) == (
        "speed 1000Mb/s duplex full modes 1000baset-full autoneg 25000basekr-full"
    )


@pytest.mark.parametrize("raw", [b"", b"\1", bytes(516)])
def test_a_bitmap_that_is_none(raw: bytes) -> None:
    message = of_family("ethtool", 4, nest(3, attr(4, raw)))
    assert label(message, "ours.value") is None
    assert covered(message)


# -- devlink, team ---------------------------------------------------------------


def test_a_formatted_message_of_devlink() -> None:
    pairs = (
        attr(108),
        attr(111, b"depth\0"),
        attr(112, u8(3)),
        attr(113, u32(7)),
        attr(110),
        attr(112, u8(10)),
        attr(113, b"ok\0"),
        attr(113, u32(9)),
    )
    message = of_family(
        "devlink", 54, attr(1, b"pci\0"), attr(2, b"0000:01:00.0\0"), nest(106, *pairs)
    )
    fmsg = message.find("fmsg")
    assert fmsg is not None
    values = [c.value for c in fmsg.children if c.name == "fmsg-obj-value-data"]
    assert values == [7, "ok", u32(9)]
    assert said(message) == "pci/0000:01:00.0"


def test_options_of_a_team() -> None:
    option = nest(1, attr(1, b"mode\0"), attr(3, u8(5)), attr(4, b"roundrobin\0"))
    number = nest(1, attr(1, b"notify_peers_count\0"), attr(3, u8(3)), attr(4, u32(2)))
    message = of_family("team", 2, attr(1, u32(9)), nest(2, option, number))
    assert said(message) == "dev 9 options mode roundrobin, notify_peers_count 2"


# -- all -----------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_any_bytes_are_told_of(family: str) -> None:
    chance = random.Random(family)
    for command in range(1, 60):
        attributes = [
            attr(chance.randrange(1, 40), chance.randbytes(chance.choice((0, 1, 4, 8, 20, 32))))
            for _ in range(4)
        ]
        message = of_family(family, command, *attributes, port=chance.choice((0, 99)))
        describe(message)
        assert covered(message)
        assert "hook-failed" not in codes(message)


def test_u64s_are_whole() -> None:
    message = of_family("netdev", 1, attr(1, u32(3)), attr(3, u64(3)))
    assert value(message, "xdp-features") == 3
    assert label(message, "xdp-features") == "basic|redirect"


# -- team and Open vSwitch, recorded ----------------------------------------------


def test_a_team_and_a_switch() -> None:
    told = {(m.family, m.operation.name, said(m)) for m in recording("families") if m.operation}
    assert ("team", "port-list-get", "dev team0 ports apple0 up") in told
    assert ("ovs_vport", "get", "port 1: apple1 (netdev) rx 0 packets tx 0 packets") in told
    flow = "in_port 1 02:00:00:00:00:01>02:00:00:00:00:02 eth_type ip 192.0.2.1>192.0.2.2 output 0"
    flow += " dp-ifindex 6 ipv4-proto tcp ipv4-ttl 64 tcp tcp-src 1234 tcp-dst 80"
    assert ("ovs_flow", "new", flow) in told
