"""Paths found on the tape are those that the tree has, in every recording."""

from __future__ import annotations

from pathlib import Path as File

import pytest

from nldissect._internal.capture.reader import open_capture
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import Node
from nldissect._internal.engine.paths import plain
from nldissect._internal.engine.walk import Engine
from nldissect._internal.filter import vocabulary_of
from nldissect._internal.filter.path_matcher import PathMatcher
from nldissect._internal.filter.resolved_path import names_of
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.spec import model
from nldissect._internal.spec.registry import Registry
from support import ROOT
from support.messages import builtin
from support.sweep import share

pytestmark = pytest.mark.slow


RECORDINGS = [
    ROOT / "captures" / f"{name}.pcap"
    for name in ("acks", "links", "nlctrl", "routes", "tc", "rtnl_bridge")
]


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
        header = field.number < 0 and field.kind in (model.STRUCT, model.HEADER)
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


def path_matchers(registry: Registry) -> dict[str, list[PathMatcher]]:
    words = vocabulary_of(registry)
    return {path: [PathMatcher(reading) for reading in words.resolve(path)] for path in PATHS}


def found(several: list[PathMatcher], message: Message) -> set[tuple[int, str]]:
    """Offset and name of what is found on the message's tape."""
    engine = Engine(message.context.tables)
    message.walk_onto(engine)
    out = set()
    for matcher in several:
        if matcher.can_match(message):
            for place in matcher.finder.find(engine, -2):
                out.add((engine.tape[place + 1] & 0xFFFFFFFF, engine.called(place)[0]))
    return out


@pytest.mark.parametrize("recording", share(RECORDINGS), ids=lambda path: path.stem)
def test_the_tape_has_what_the_tree_has(recording: File) -> None:
    matchers = path_matchers(builtin())
    assert all(matchers.values())
    for message in Session(builtin()).messages(open_capture(str(recording))):
        tree: Chains = []
        chains(message.nodes, [[]], False, tree)
        for path in PATHS:
            want = ends(tree, [plain(part) for part in path.split(".")])
            assert found(matchers[path], message) == want, (path, message.number)


def test_every_path_is_in_some_recording() -> None:
    missing = path_matchers(builtin())
    for recording in RECORDINGS:
        for message in Session(builtin()).messages(open_capture(str(recording))):
            for path in [path for path, matchers in missing.items() if found(matchers, message)]:
                del missing[path]
    assert not missing
