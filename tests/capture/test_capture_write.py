"""Writing pcapng: what we and others read back is what was read first."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nldissect._internal.capture.reader import CaptureReader, PcapngWriter, open_capture
from nldissect._internal.wire.record import Interface, Record
from support.capture_files import (
    END,
    RECORDINGS,
    enhanced,
    facts,
    interface,
    netlink,
    obsolete,
    pcap,
    saved,
    section,
    simple,
)

RECORDING_NAMES = sorted(path.name for path in RECORDINGS.glob("*.pcap"))
NS = 1763700000_123456789


def copied(*captures: CaptureReader) -> bytes:
    out = io.BytesIO()
    writer = PcapngWriter(out)
    for capture in captures:
        for record in capture:
            writer.write(record)
    writer.finish()
    return out.getvalue()


def reread(content: bytes) -> list[Record]:
    return list(open_capture("copy", stream=io.BytesIO(content)))


@pytest.mark.parametrize("name", RECORDING_NAMES)
def test_recordings_survive(name: str) -> None:
    capture = open_capture(str(RECORDINGS / name))
    content = copied(capture)
    assert [facts(r) for r in reread(content)] == [facts(r) for r in capture]
    assert copied(open_capture("copy", stream=io.BytesIO(content))) == content


def test_sections_interfaces_and_options_survive(tmp_path: Path) -> None:
    parts = []
    for order in "<>":
        parts += [
            section(order, (4, b"tool"), (2, b"cpu"), END),
            interface(order, 253, (2, b"nlmon0"), (11, b"\0len > 1"), (9, b"\x86"), (8, b"speed")),
            interface(order, 113, (3, b"any"), (14, struct.pack(order + "q", 5)), snaplen=96),
            enhanced(order, 1, 7, bytes(40), (1, b"one"), (1, b"two"), (3, b"hash"), original=50),
            enhanced(order, 0, (9 << 6) + 1, netlink(4, b"abcde")),
            obsolete(order, 0, 64, netlink(4, b"abcdef"), (1, b"old")),
        ]
    capture = saved(tmp_path, b"".join(parts))
    before = list(capture)
    content = copied(capture)
    copy = open_capture("copy", stream=io.BytesIO(content))
    after = list(copy)
    assert [facts(r) for r in after] == [facts(r) for r in before]
    assert [r.interface.big_endian for r in after] == [False] * 3 + [True] * 3
    names = ("link_type", "name", "description", "filter", "snaplen", "section", "section_options")
    for old, new in zip(before, after, strict=True):
        for name in names:
            assert getattr(new.interface, name) == getattr(old.interface, name)
    # The clock's own options are replaced, the rest stays.
    assert after[1].interface.options == [(9, b"\x09"), (8, b"speed")]
    assert len(copy.interfaces) == 4


def test_a_record_without_time_stays_without(tmp_path: Path) -> None:
    content = section("<") + interface("<", 253, snaplen=20)
    content += simple("<", netlink(4, b"abcd"), original=70) + simple("<", netlink(0, b"\1\2"))
    capture = saved(tmp_path, content)
    assert [facts(r) for r in reread(copied(capture))] == [facts(r) for r in capture]


def test_part_of_a_record(tmp_path: Path) -> None:
    content = section("<") + interface("<", 253, (9, b"\x09"))
    content += enhanced(
        "<", 0, NS, netlink(4, b"abcdefgh"), (1, b"note"), (3, b"hash"), original=96
    )
    (record,) = saved(tmp_path, content)
    out = io.BytesIO()
    writer = PcapngWriter(out)
    writer.write(record, b"efgh")
    writer.write(record, b"abcd", original_length=9)
    first, second = reread(out.getvalue())
    assert (first.data, first.original_length, first.protocol) == (b"efgh", 4, 4)
    assert first.cooked == record.cooked
    assert first.time == NS
    assert first.options == [(1, b"note")]  # a hash of other bytes would be wrong
    assert (second.data, second.original_length) == (b"abcd", 9)


def test_a_netlink_record_without_its_cooked_header_gets_one() -> None:
    record = Record(1, NS, 16, b"abcd", 4, 0, Interface(253, True))
    out = io.BytesIO()
    PcapngWriter(out).write(record)
    (copy,) = reread(out.getvalue())
    assert (copy.protocol, copy.data) == (16, b"abcd")
    assert copy.cooked == netlink(16, b"")
    assert copy.interface.big_endian


def test_records_of_several_files(tmp_path: Path) -> None:
    little = saved(tmp_path, pcap([(1, 0, netlink(0, b"l"), 17)]), "l")
    big = saved(tmp_path, pcap([(2, 0, netlink(0, b"b"), 17)], ">"), "b")
    records = reread(copied(little, big, little))
    assert [r.data for r in records] == [b"l", b"b", b"l"]
    assert [r.interface.big_endian for r in records] == [False, True, False]
    assert [r.interface.section for r in records] == [0, 1, 2]
    # Same order, another file: an interface of its own in the same section.
    other = saved(tmp_path, pcap([(3, 0, bytes(60), 60)], link=1), "o")
    records = reread(copied(little, other))
    assert [r.interface.link_type for r in records] == [253, 1]
    assert [r.interface.section for r in records] == [0, 0]


def test_nothing_written_is_still_a_capture() -> None:
    out = io.BytesIO()
    PcapngWriter(out).finish()
    assert len(out.getvalue()) == 28
    assert reread(out.getvalue()) == []


@pytest.mark.parametrize(("time", "kept"), [(-5, 0), (1 << 64, (1 << 64) - 1), (0, 0)])
def test_times_at_the_limits(time: int, kept: int) -> None:
    out = io.BytesIO()
    PcapngWriter(out).write(Record(1, time, -1, b"x", 1, 0, Interface(1, False)))
    (copy,) = reread(out.getvalue())
    assert copy.time == kept


@pytest.mark.parametrize("order", ["<", ">"])
def test_scapy_reads_it(tmp_path: Path, order: str) -> None:
    from scapy.utils import RawPcapNgReader

    packets = [netlink(n, bytes([n]) * n) for n in range(9)]
    content = pcap([(n, n, p, len(p) + n) for n, p in enumerate(packets)], order, 0xA1B23C4D)
    copy = tmp_path / "copy.pcapng"
    copy.write_bytes(copied(saved(tmp_path, content)))
    with RawPcapNgReader(str(copy)) as reader:
        read: list[Any] = list(reader)
    assert [data for data, _ in read] == packets
    assert [meta.linktype for _, meta in read] == [253] * 9
    assert [meta.wirelen for _, meta in read] == [len(p) + n for n, p in enumerate(packets)]
    ticks = [meta.tshigh << 32 | meta.tslow for _, meta in read]
    assert ticks == [n * 10**9 + n for n in range(9)]


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is the second reader")
def test_tshark_reads_it(tmp_path: Path) -> None:
    original = RECORDINGS / "iproute.pcap"
    copy = tmp_path / "copy.pcapng"
    copy.write_bytes(copied(open_capture(str(original))))
    fields = ["frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "netlink.family"]
    arguments = ["-T", "fields", *(part for field in fields for part in ("-e", field))]
    theirs = output("tshark", "-r", str(original), *arguments)
    assert theirs.count("\n") == len(list(open_capture(str(original))))
    assert output("tshark", "-r", str(copy), *arguments) == theirs


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is the second reader")
def test_tshark_reads_comments_names_and_sections(tmp_path: Path) -> None:
    content = b"".join(
        section(order)
        + interface(order, 253, (2, name), (9, b"\x09"))
        + enhanced(order, 0, NS, netlink(0, b""), (1, b"for " + name))
        for order, name in (("<", b"mon0"), (">", b"mon1"))
    )
    copy = tmp_path / "copy.pcapng"
    copy.write_bytes(copied(saved(tmp_path, content)))
    fields = ["-e", "frame.interface_name", "-e", "frame.comment", "-e", "frame.time_epoch"]
    arguments = ["-T", "fields", *fields]
    theirs = output("tshark", "-r", str(copy), *arguments)
    assert theirs.splitlines()[0] == "mon0\tfor mon0\t1763700000.123456789"
    assert "for mon1" in theirs.splitlines()[1]
    # tshark 4.0 takes the second section's name from the first, in both files.
    assert theirs == output("tshark", "-r", str(tmp_path / "file.cap"), *arguments)


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is the third reader")
def test_tcpdump_reads_it(tmp_path: Path) -> None:
    original = RECORDINGS / "nl_util.pcap"
    copy = tmp_path / "copy.pcapng"
    copy.write_bytes(copied(open_capture(str(original))))
    theirs = output("tcpdump", "-n", "-xx", "-tt", "-r", str(original))
    assert theirs
    assert output("tcpdump", "-n", "-xx", "-tt", "-r", str(copy)) == theirs
