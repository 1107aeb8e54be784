"""What a dissector's code says of one message is bounded, whatever is in 64 KiB."""

from __future__ import annotations

import struct
import sys

import pytest

import nldissect
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import MOST_BY_HOOKS
from support.messages import attr, covered, msg, recording

PING = bytes.fromhex("4500001c0000000040010000c0000201c000020208000000000000 00".replace(" ", ""))
MATCH = attr(1, b"\1" * 8)
DOMAINS = b"\1a\0" * 677 + b"\0"
DNSSL = bytes((31, 255, 0, 0)) + struct.pack(">I", 60) + DOMAINS


def grown(message: Message, path: str, piece: bytes) -> Message:
    """The message with this attribute repeated in front of one, up to 64 KiB."""
    node = message.find(path)
    assert node is not None
    more = piece * ((65000 - len(message.data)) // len(piece))
    out = bytearray(message.data[: node.offset] + more + message.data[node.offset :])
    struct.pack_into("<I", out, 0, len(out))
    while node.parent is not None:
        node = node.parent
        struct.pack_into("<H", out, node.offset, node.length + len(more))
    made = message.another(bytes(out), 0, len(out), 0)
    made.record, made.serial = message.record, message.serial
    message.context.bind(made)
    return made


def of_recording(name: str, path: str, piece: bytes) -> Message:
    found = next(m for m in recording(name) if m.find(path) is not None)
    return grown(found, path, piece)


def nduseropt() -> Message:
    options = DNSSL * 31
    header = struct.pack("<BxHiBB6x", 10, len(options), 1, 134, 0)
    return nldissect.dissect(msg(68, header + options), "route")


@pytest.mark.parametrize(
    "make",
    [
        lambda: of_recording("netfilter", "NFULA_PAYLOAD", attr(9, PING)),
        lambda: of_recording("wifi_phy", "NL80211_ATTR_EXT_FEATURES", attr(217)),
        lambda: of_recording("tc_filters", "options.ematches.list", attr(2, MATCH * 60)),
        lambda: of_recording("genl_hosts", "peers.0.endpoint", attr(4, b"\2\0" + bytes(14))),
        nduseropt,
    ],
    ids=["packets", "features", "ematches", "endpoints", "options"],
)
def test_of_a_message_full_of_what_code_reads(make) -> None:
    """It is told once where it ends, nothing behind it is lost, and nodes show it like the tape."""
    message = make()
    engine = message.context.engine
    message.walk_onto(engine)
    assert len(engine.hook_nodes) <= 3 * MOST_BY_HOOKS
    assert [d.code for d in message.diagnoses].count("code-limit") == 1
    assert covered(message)
    entries = engine.size // 2
    assert sum(1 for _ in message.walk()) == entries


def test_matches_that_are_not_read_are_attributes_with_a_note() -> None:
    message = of_recording("tc_filters", "options.ematches.list.1", MATCH)
    found = message.find("options.ematches.list")
    assert found is not None
    assert [d.code for d in found.diagnoses] == ["code-limit"]
    assert len(found.children) > 5000
    assert covered(message)


def test_what_is_looked_for_around_each_of_many() -> None:
    """IFLA_LINK, whose name depends on an attribute beside it, which none of 2000 has."""
    found = nldissect.dissect(msg(16, bytes(16) + attr(5, b"\1\0\0\0") * 2000), "route")
    before = sys.getprofile()
    looks = [0]

    def count(frame, event, argument) -> None:
        looks[0] += event == "call" and frame.f_code.co_name == "u16"

    sys.setprofile(count)
    try:
        found.walk_onto(found.context.engine)
    finally:
        sys.setprofile(before)
    assert looks[0] < 2000 * 600  # calls that cost something; a compiled walk makes none
