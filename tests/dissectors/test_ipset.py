"""ipset: lines as the commands that were typed, elements of every type of set, errors by name."""

from __future__ import annotations

import struct

import pytest

import nldissect
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.summary import describe
from support import ROOT

CAPTURES = ROOT / "captures"
# What ipset(8) resolves or spells in another way.
SPELT = {
    "icmp:ping": "icmp:2048", "vrrp:0": "112:0", "0x123": "0x00000123", "'a host'": '"a host"',
    "counters comment skbinfo": "", "before ips": "before ips", "-exist add": "add",
}  # fmt: skip


@pytest.fixture(scope="module")
def seen() -> list[Message]:
    return list(nldissect.open(CAPTURES / "ipset.pcap"))


def typed(word: str) -> list[str]:
    """What was typed with a command, in the words of a summary."""
    out = []
    for line in (CAPTURES / "ipset.txt").read_text().splitlines():
        for old, new in SPELT.items():
            line = line.replace(old, new)
        if line.startswith(f"$ ipset {word} "):
            out.append(line.removeprefix("$ ipset "))
    return out


@pytest.mark.parametrize("word", ["add", "del", "test", "rename", "swap"])
def test_lines_are_what_was_typed(seen: list[Message], word: str) -> None:
    lines = [describe(m) for m in seen if m.to_kernel and m.operation and m.operation.name == word]
    assert lines[: len(typed(word))] == typed(word)


def test_sets_as_ipset_lists_them(seen: list[Message]) -> None:
    lines = [describe(m) for m in seen if not m.to_kernel]
    text = (CAPTURES / "ipset.txt").read_text()
    assert "Header: family inet6 hashsize 64 maxelem 100 bucketsize 4 initval 0x12345678" in text
    assert (
        "list six hash:ip family inet6 hashsize 64 maxelem 100 bucketsize 4 initval 0x12345678"
        " references 0 elements 1 2001:db8::1" in lines
    )
    assert any("markmask 0xffff" in line for line in lines)
    assert any(line.startswith("error -4102 IPSET_ERR_TYPE_MISMATCH") for line in lines)


def test_nothing_is_left_as_bytes(seen: list[Message]) -> None:
    """But the payloads of acknowledgements, all is named and typed."""
    for message in seen:
        assert message.encode() == message.data
        assert not message.diagnoses
        for node in message.walk():
            assert node.kind not in ("binary", "unknown"), (message.number, node.path)


def test_hostile_elements_have_a_line() -> None:
    """An element of nothing, a nest of nests, an address of no family."""
    nest = struct.pack("=HH", 4, 0x8007)
    odd = struct.pack("=HH8x", 12, 0x8001)
    for inner in (b"", nest, odd, nest * 500):
        payload = bytes(4) + struct.pack("=HH", 4 + len(inner), 0x8008) + inner
        raw = struct.pack("=IHHII", 16 + len(payload), 1545, 1, 0, 0) + payload
        assert describe(nldissect.dissect(raw, 12)).startswith("add")
