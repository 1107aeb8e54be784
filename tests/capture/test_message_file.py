"""Files of bare netlink messages: rtmon's, with stamps, and others."""

from __future__ import annotations

import gzip
import io
import re
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

import nldissect
from nldissect._internal.capture.reader import open_capture
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.session.untold import CANDIDATES
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.record import UNTOLD, Record
from support.capture_files import drained, saved
from support.command import Command, link, message, mtu, name
from support.messages import RECORDINGS

ALL, LINKS = RECORDINGS / "rtmon.all.rtmon", RECORDINGS / "rtmon.link.rtmon"
PCAP = RECORDINGS / "rtmon.pcap"
BARE = link(name("pear0"), mtu(1400)) + link(name("plum0"), index=3)


def stamp(seconds: int, micros: int, order: str = "<") -> bytes:
    return struct.pack(order + "IHHIIII", 24, 15, 0, 0, 0, seconds, micros)


@pytest.mark.parametrize(("path", "count"), [(ALL, 34), (LINKS, 7)])
def test_rtmon_wrote_what_nlmon_saw(path: Path, count: int) -> None:
    sent = b"".join(r.data + bytes(-len(r.data) % 4) for r in open_capture(str(PCAP)))
    heard = [record.data for record in open_capture(str(path))]
    assert len(heard) == count
    assert all(data in sent for data in heard)


def test_times_are_those_that_ip_monitor_reads(run: Command) -> None:
    text = (RECORDINGS / "rtmon.txt").read_text()
    stamps = re.findall(r"Timestamp: \w+ (\w+ +\d+ [\d:]+ \d+) (\d+) us", text)
    said = [
        int(datetime.strptime(when, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC).timestamp()) * 10**9
        + int(micros) * 1000
        for when, micros in stamps
    ]
    times = [record.time for record in open_capture(str(ALL))]
    assert times[0] == times[1] == times[2]  # the links that there were when it began
    assert times[2:] == said
    assert run("read", "-t", "e", ALL).lines[0].split()[1] == f"{said[0] / 1e9:.6f}"


def test_all_commands_read_them(run: Command, tmp_path: Path) -> None:
    lines = run("read", "-t", "a", ALL).lines
    assert len(lines) == 34
    assert all(" route " in line for line in lines)
    assert run("check", ALL).err.endswith("in 34 messages\n")
    assert "34 messages" in run("stats", ALL).out
    assert run("diff", ALL, ALL).status == 0
    assert run("read", "-w", tmp_path / "o.pcapng", ALL).status == 0
    assert run("read", "-t", "a", tmp_path / "o.pcapng").lines == lines
    assert run("redact", "--mac", ALL, tmp_path / "r.pcapng").status == 0
    assert len(run("read", tmp_path / "r.pcapng").lines) == 34
    (tmp_path / "z").write_bytes(gzip.compress(ALL.read_bytes()))
    assert run("read", "-t", "a", tmp_path / "z").lines == lines


@pytest.mark.parametrize("path", [ALL, LINKS])
def test_messages_in_any_order(path: Path) -> None:
    with nldissect.open(str(path)) as capture:
        whole = [found.to_json() for found in capture]
        assert [capture[i].to_json() for i in reversed(range(len(whole)))] == whole[::-1]


def test_a_stamp_makes_any_byte_order_rtnetlinks(tmp_path: Path) -> None:
    body = struct.pack(">IHHII", 20, 18, 0x301, 1, 0) + b"\x11" + bytes(3)
    records = list(saved(tmp_path, stamp(1, 2, ">") + body + stamp(3, 4, ">") + body))
    assert [r.time for r in records] == [1_000_002_000, 3_000_004_000]
    assert [(r.protocol, r.data) for r in records] == [(0, body)] * 2
    assert records[0].interface.big_endian


@pytest.mark.parametrize(
    ("data", "count", "words"),
    [
        (BARE[:-1], 2, "the file ends after 35 of the message's 44 bytes"),
        (BARE + b"\x14\0\0\0\x12", 2, "the file ends after 5 bytes of a header"),
        (BARE + bytes(16), 2, "a message of 0 bytes cannot be right: damaged"),
        (BARE + b"\xff" * 16, 2, "a message of 4294967295 bytes cannot be right: damaged"),
    ],
)
def test_what_stands_before_the_damage_is_kept(
    tmp_path: Path, data: bytes, count: int, words: str
) -> None:
    cut = len(BARE) - 9 if "35" in words else len(data)
    records, error = drained(saved(tmp_path, data[:cut]))
    assert len(records) == count
    assert str(error).endswith(words)
    assert b"".join(record.data for record in records) == data[: min(cut, len(BARE))]


def test_a_message_that_the_end_cuts_is_shown(tmp_path: Path, run: Command) -> None:
    path = tmp_path / "cut"
    path.write_bytes(ALL.read_bytes()[:120])
    ran = run("read", path)
    assert ran.status == 2
    assert "lo <LOOPBACK,UP,LOWER_UP>" in ran.out
    assert "[truncated]" in ran.out
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF" + bytes(60), b"\x89PNG\r\n\x1a\n" + bytes(60), bytes(64), BARE[:40],
        b"\0\0\0 ftypisom" + bytes(60), b"PK\3\4" + bytes(60), b"\xff" * 64,
        b"\0\1\0\0\0\x0c\0\x80\0\3" + bytes(500),
    ],
    ids=range(8),
)  # fmt: skip
def test_other_files_are_none_of_them(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CaptureError, match="is not a capture"):
        saved(tmp_path, data)


def test_a_protocol_that_is_not_told_is_assumed_and_said(tmp_path: Path, run: Command) -> None:
    path = tmp_path / "bare"
    path.write_bytes(BARE)
    ran = run("read", path)
    assert "pear0" in ran.lines[0]
    assert "plum0" in ran.lines[1]
    said = f"{path}: the netlink protocol is not told; route is assumed, which fits best"
    assert ran.err == f"nldissect: {said}; --protocol says otherwise\n"
    assert f"nldissect: {said}\n" in run("check", path).err
    told = run("read", "--protocol", "netfilter", path)
    assert (told.err, " netfilter " in told.out) == ("", True)


def test_only_one_message(tmp_path: Path, run: Command) -> None:
    path = tmp_path / "one"
    path.write_bytes(link(name("pear0"))[:-2])  # its last attribute's padding is missing
    path.write_bytes(message(16, bytes(16)))
    assert len(run("read", path).lines) == 1


def test_what_is_assumed_is_true_of_most_recorded_datagrams() -> None:
    """Each by itself, where the families' ids are not known: the hardest there is."""
    session = Session(Registry())
    right = wrong = 0
    for path in sorted(RECORDINGS.glob("*.pcap")):
        seen: dict[tuple[int, bytes, int], Record] = {}
        for record in open_capture(str(path)):
            kind = record.data[4:6]
            if record.protocol in CANDIDATES and int.from_bytes(kind, "little") >= 16:
                seen.setdefault((int(record.protocol), kind, len(record.data)), record)
        for (protocol, _, _), record in list(seen.items())[:20]:
            session.untold.assumed = None
            record.protocol = UNTOLD
            session.untold.settle(record)
            right += record.protocol == protocol
            wrong += record.protocol != protocol
    assert right > 900
    assert wrong < right / 25


def test_control_messages_wait_for_one_that_tells() -> None:
    error = message(2, struct.pack("<i", -19) + bytes(16))
    genl = message(16, b"\3\1\0\0" + struct.pack("<HH", 11, 2) + b"nlctrl\0\0")
    records = open_capture("x", stream=io.BytesIO(error + genl))
    found = list(Session(Registry()).messages(records))
    assert [(m.type, m.protocol) for m in found] == [(2, 0), (16, 16)]
