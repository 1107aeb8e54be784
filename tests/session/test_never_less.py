"""A described family never decodes less than an undescribed one, in any recording."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from nldissect._internal.capture.reader import open_capture
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import Node
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.spec.registry import Registry
from support.messages import GENERIC, RECORDINGS, builtin
from support.sweep import EVERY, SWEPT

Place = tuple[tuple[int, int], ...]  # of each level: an attribute's type, and which one of it
HEX = ("binary", "unknown")

# What bytes are by their header, and only look like something else: the reasons.
BYTES = {
    "IOAM6 5 IOAM6_ATTR_SC_DATA: u64": "data of a schema, of any length",
    "devlink 86 DEVLINK_ATTR_PARAM_VALUE_DATA: u32": "its type is in an attribute of its own",
    "l2tp 15 L2TP_ATTR_COOKIE: u64": "4 or 8 bytes that are compared as they are",
    "l2tp 16 L2TP_ATTR_PEER_COOKIE: u64": "the same of the other side",
    "nfc 7 NFC_ATTR_TARGET_NFCID1: u32": "an identifier of 4, 7 or 10 bytes",
    "nl80211 10 NL80211_ATTR_KEY_SEQ: mac": "a packet number, little-endian, of 6 bytes",
    "nl80211 80.4 NL80211_KEY_SEQ: mac": "the same",
    "nl80211 197 NL80211_ATTR_VENDOR_DATA: nest": "what a vendor likes",
    "ovpn 3.5.2 OVPN_A_KEYDIR_NONCE_TAIL: u64": "8 bytes of a nonce",
    "ovpn 3.6.2 OVPN_A_KEYDIR_NONCE_TAIL: u64": "8 bytes of a nonce",
    "ovs_flow 2.6.2.2.2 OVS_USERSPACE_ATTR_USERDATA: u64": "the program's own, of any length",
}
# What six zeros are, a single payload does not tell; all of a family's together do.
ONE_PAYLOAD = {
    "nl80211 6 attr 6: mac": "an address that is not there yet",
    "nl80211 10 attr 10: mac": "a packet number",
    "nl80211 80.4 attr 4: mac": "a packet number",
    "nl_util 1.8 attr 8: mac": "the broadcast address of what has none",
    "nl_util 1.9 attr 9: mac": "the address of what has none",
}


def messages(path: Path, registry: Registry) -> list[Message]:
    """The messages of generic families in a recording, the controller's left out."""
    found = Session(registry).messages(open_capture(str(path)))
    return [m for m in found if m.protocol == GENERIC and m.type > 16]


def places(nodes: Iterable[Node], above: Place = ()) -> Iterator[tuple[Place, Node]]:
    """Every attribute with its place; what is no attribute has none."""
    count: dict[int, int] = {}
    for node in nodes:
        if node.type is not None:
            count[node.type] = count.get(node.type, 0) + 1
            place = (*above, (node.type, count[node.type]))
            yield place, node
            yield from places(node.children, place)


def less(described: Message, bare: Message) -> Iterator[str]:
    """What is hex in the first, and something that a person reads in the second."""
    theirs = dict(places(bare.nodes))
    for place, node in places(described.nodes):
        other = theirs.get(place)
        if other is None or other.kind in (*HEX, "flag", "pad"):
            continue
        if node.kind in HEX and not node.children and node.label is None and node.bytes:
            path = ".".join(str(number) for number, _ in place)
            yield f"{described.family} {path} {node.constant or node.name}: {other.kind}"


def bare() -> Registry:
    """The built-in dissectors without those of generic families, but for the controller."""
    out = Registry(use_system=False)
    out._families = {name: e for name, e in out._families.items() if name == "nlctrl"}
    return out


def pruned(seed: int) -> Registry:
    """The built-in dissectors, those of generic families without half of what they describe.

    A command stays whose number is another one in the other direction, as many of ethtool's are.
    """
    chance = random.Random(seed)
    out = Registry(use_system=False)
    for name, entry in out._families.items():
        if name == "nlctrl":
            continue
        spec = entry.spec()
        gone = [
            one
            for one in spec.operations.values()
            if spec.replies.get(one.request or 0, one) is one
            and spec.requests.get(one.reply or 0, one) is one
            and chance.random() < 0.5
        ]
        for table in (spec.requests, spec.replies):
            for number in [n for n, operation in table.items() if operation in gone]:
                del table[number]
        for one in spec.attribute_sets.values():
            for number in [n for n in one.ensure() if chance.random() < 0.5]:
                del one.by_number[number]
    return out


@pytest.fixture(scope="module")
def undescribed() -> dict[Path, list[Message]]:
    """The messages of generic families in every recording that has some, without dissectors."""
    registry = bare()
    every = {path: messages(path, registry) for path in [*SWEPT, RECORDINGS / "nft_sets.pcap.gz"]}
    return {path: found for path, found in every.items() if found}


def all_less(undescribed: dict[Path, list[Message]], registry: Registry) -> set[str]:
    """What is hex in any recording with these dissectors, and is not without them."""
    out: set[str] = set()
    for path, without in undescribed.items():
        described = messages(path, registry)
        assert len(described) == len(without)
        for one, other in zip(described, without, strict=True):
            out.update(less(one, other))
    return out


def test_every_family_reads_as_much_as_without_its_dissector(
    undescribed: dict[Path, list[Message]],
) -> None:
    assert len(undescribed) > (20 if SWEPT == EVERY else 12)
    assert all_less(undescribed, builtin()) <= set(BYTES)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_so_it_does_when_half_of_its_dissector_is_missing(
    undescribed: dict[Path, list[Message]], seed: int
) -> None:
    assert all_less(undescribed, pruned(seed)) <= set(BYTES) | set(ONE_PAYLOAD)
