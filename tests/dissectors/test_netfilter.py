"""nflog, nfqueue, cttimeout, cthelper, fingerprints, nft-compat; packets inside messages."""

from __future__ import annotations

import re
import struct

import pytest

import nldissect
from nldissect._internal.analysis.message_text import operation
from nldissect._internal.engine.labels import flag_names
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.summary import describe
from support import ROOT
from support.messages import attr

CAPTURES = ROOT / "captures"
NETFILTER = 12
NFULNL_MSG_PACKET, NFULA_PAYLOAD, NFULA_L2HDR = 1024, 9, 21


@pytest.fixture(scope="module")
def seen() -> list[Message]:
    return list(nldissect.open(CAPTURES / "netfilter.pcap"))


@pytest.mark.parametrize(
    "line",
    [
        "config group 5 bind ipv4",
        "config group 5 ipv4 copy packet up to 65535",
        "config queue 3 maxlen 100 flags conntrack gso uid-gid mask conntrack|gso|uid-gid",
        "timeout-new quick inet tcp used by 1",
        "new mine inet tcp queue 7 enabled",
        "acct-new web quota 999 flags quota-bytes",
        "compat-get ipv4 target MASQUERADE revision 0",
        "batch-begin nftables genid 1",
    ],
)
def test_lines(seen: list[Message], line: str) -> None:
    assert line in [describe(m) for m in seen]


def test_packets_are_told(seen: list[Message]) -> None:
    lines = [describe(m) for m in seen if not m.to_kernel and m.type in (768, 1024)]
    assert len(lines) == 10
    logged = re.compile(
        r'packet group 5 "to nine" out apple0 192\.0\.2\.1:\d+ > 192\.0\.2\.9:4000 udp uid 0'
    )
    assert sum(bool(logged.fullmatch(line)) for line in lines) == 2
    found = next(m for m in seen if m.type == 1024)
    assert found["payload.ip.dst"] == "192.0.2.9"
    assert found["payload.udp.dport"] == 4000
    assert found["payload.data"] == b"packet 0"
    queued = next(m for m in seen if m.type == 768)
    assert queued["ct.tuple-orig.ip.v4-dst"] == "192.0.2.7"


def test_events_are_lines_of_conntrack(seen: list[Message]) -> None:
    told = [describe(m) for m in seen]
    for line in (CAPTURES / "netfilter.events.out").read_text().splitlines():
        words = re.match(r"\S+\s+(\[\w+\]) (\w+) +\d+ (.*?) \[USERSPACE\]", line)
        if words is not None:
            event, protocol, rest = words.groups()
            assert any(text.endswith(f"{event} {protocol} {rest}") for text in told)


def test_every_byte_comes_back(seen: list[Message]) -> None:
    assert all(m.encode() == m.data for m in seen)


def test_hostile_packets_stay_bytes() -> None:
    """What dpkt does not take, at every length."""
    whole = bytes.fromhex("450000300001400040110000c0000201c00002090fa00fa0001c0000") + bytes(20)
    for kind in (NFULA_PAYLOAD, NFULA_L2HDR):
        for raw in (
            *(whole[:size] for size in range(len(whole))),
            b"\x60" + bytes(60),
            b"\x6f" * 40,
            b"\x4f" * 60,
            b"\xff" * 2000,
        ):
            payload = bytes(4) + attr(kind, raw)
            data = struct.pack("=IHHII", 16 + len(payload), NFULNL_MSG_PACKET, 0, 0, 0) + payload
            found = nldissect.dissect(data, NETFILTER)
            assert "hook-failed" not in {d.code for d in found.diagnoses}
            assert describe(found).startswith("packet group 0")
            assert found.encode() == data


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (0x0A40, "nfnetlink subsystem 10 (nftables) message 64"),
        (0x7F02, "nfnetlink subsystem 127 message 2"),
        (0x0013, "nfnetlink subsystem 0 (none) message 19"),
    ],
)
def test_unknown_messages_are_split(kind: int, words: str) -> None:
    """Their header is read, and bits of flags that only GET has a name for get none."""
    payload = bytes((2, 0, 1, 5)) + attr(1, b"abc\0")
    data = struct.pack("=IHHII", 16 + len(payload), kind, 0x605, 0, 0) + payload
    found = nldissect.dissect(data, NETFILTER)
    assert describe(found).startswith(words)
    assert operation(found, True) == words
    assert (found["nfgen-family"], found["res-id"]) == (2, 0x105)
    assert flag_names(found) == ("REQUEST", "ACK", "0x600")
    for size in range(16, len(data)):
        assert describe(nldissect.dissect(data[:size], NETFILTER)).startswith(words)
