"""Paths found in the bytes are those that the tree has, in every recording."""

from __future__ import annotations

import random
from pathlib import Path as File

import pytest

from nldissect._internal import spec as m
from nldissect._internal.capture import open_capture
from nldissect._internal.conversation import REFLECTED
from nldissect._internal.filter import vocabulary
from nldissect._internal.filter.paths import Path, names_of, plain
from nldissect._internal.filter.raw import Glance
from nldissect._internal.registry import Registry
from nldissect._internal.session import Session
from nldissect._internal.tree import Message, Node

RECORDINGS = [
    File(__file__).parent.parent / "captures" / f"{name}.pcap"
    for name in ("acks", "links", "nlctrl", "routes", "tc", "rtnl_bridge")
]
REGISTRY = Registry()


PATHS = [
    "ifname", "mtu", "kind", "linkinfo.kind", "IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_VLAN_ID", "dst",
    "linkinfo.data", "gateway", "multipath.gateway", "rtnh-hops", "via.addr", "ops.id", "version",
    "mcast-groups.name", "ifi-index", "ifinfomsg.ifi-flags", "stats64.rx-bytes", "cacheinfo",
    "af-spec.inet6.flags", "metrics.mtu", "act.kind", "policy.type", "IFA_CACHEINFO", "msg",
    "request.ifname", "nlmsgerr.error", "tcm-parent", "protinfo.state", "linkinfo.1",
]  # fmt: skip

# A node with the names of those above it; levels that need no name are left out or not.
Chains = list[tuple[Node, list[list[frozenset[str]]], bool]]


def chains(nodes: list[Node], above: list[list[frozenset[str]]], hides: bool, out: Chains) -> None:
    for node in nodes:
        field = node.field
        names = names_of(field)
        here = [[*line, names] for line in above]
        header = field.number < 0 and field.kind in (m.STRUCT, m.HEADER)
        out.append((node, here, hides))
        below = here + above if field.name.isdigit() or header else here
        chains(node.children, below, header, out)


def ends(found: Chains, names: list[str]) -> set[tuple[int, str]]:
    """Every node whose name and those above it end with `names`."""
    want = names[::-1]
    hits = [
        (node, in_header)
        for node, lines, in_header in found
        if any(
            len(line) >= len(want)
            and all(name in has for name, has in zip(want, line[::-1], strict=False))
            for line in lines
        )
    ]
    # An attribute `version` is not the member `version` of the header beside it.
    levels = {node.parent for node, in_header in hits if not in_header and node.field.number >= 0}
    return {
        (node.offset, node.field.name)
        for node, in_header in hits
        if not (in_header and node.parent is not None and node.parent.parent in levels)
    }


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_the_walk_finds_what_the_tree_has(recording: File) -> None:
    words = vocabulary(REGISTRY)
    ways = {path: [Path(way, REGISTRY) for way in words.ways(path)] for path in PATHS}
    assert all(ways.values())
    for message in Session(REGISTRY).messages(open_capture(str(recording))):
        found = {
            path: {(n.offset, n.field.name) for one in several for n in one.find(message)}
            for path, several in ways.items()
        }
        tree: Chains = []
        chains(message.nodes, [[]], False, tree)
        for path in PATHS:
            want = ends(tree, [plain(part) for part in path.split(".")])
            assert found[path] == want, (path, message.number)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_a_glance_at_the_bytes_never_says_no_wrongly(recording: File) -> None:
    words = vocabulary(REGISTRY)
    dice = random.Random(7)
    glances = [
        (path, Path(way, REGISTRY), Glance(Path(way, REGISTRY), REGISTRY))
        for path in PATHS for way in words.ways(path)
    ]  # fmt: skip
    asked = useless = 0
    session = Session(REGISTRY)
    for message in session.messages(open_capture(str(recording))):
        broken = bytearray(message.data)
        for _ in range(3):
            broken[dice.randrange(16, len(broken) + 1) - 1] ^= 1 << dice.randrange(8)
        for data in message.data, bytes(broken):
            for turned in False, True:
                one = Message(session, message.protocol, data, 0, len(data), message.big)
                if one.length != len(data):
                    continue
                one.record, one.serial = message.record, message.serial
                session.bind(one)
                if turned:
                    if not (one.to_kernel and one.port and one.type >> 2 in REFLECTED):
                        continue
                    one.turn()
                where = (data, 0, len(data), one.big, one.protocol, one.type, one.flags)
                for text, path, glance in glances:
                    may = glance(*where)
                    if path.find(one):
                        assert may, (text, message.number)
                    elif message.protocol == 0 and data is message.data:
                        asked += 1
                        useless += may
    assert useless <= asked / 5  # it is not for nothing, though some leave it to the tree


def test_every_path_is_in_some_recording() -> None:
    words = vocabulary(REGISTRY)
    missing = {path: [Path(way, REGISTRY) for way in words.ways(path)] for path in PATHS}
    for recording in RECORDINGS:
        for message in Session(REGISTRY).messages(open_capture(str(recording))):
            for path in [p for p, ways in missing.items() if any(w.find(message) for w in ways)]:
                del missing[path]
    assert not missing
