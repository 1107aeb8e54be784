"""pcapng: sections, interfaces, every packet block, clocks and options."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import dpkt.pcapng
import pytest

from nldissect._internal.capture.reader import open_capture
from support.capture_files import (
    END,
    block,
    drained,
    enhanced,
    interface,
    netlink,
    obsolete,
    options,
    saved,
    section,
    simple,
)

BOTH = pytest.mark.parametrize("order", ["<", ">"])
PACKET = netlink(16, b"\x10\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0")
NS = 1763700000_123456789


def one(order: str) -> bytes:
    return section(order) + interface(order, 253)


@BOTH
def test_every_packet_block(tmp_path: Path, order: str) -> None:
    content = (
        section(order, (2, b"cpu"), (3, b"linux"), (4, b"tool"), END)
        + interface(order, 253, (9, b"\x09"), snaplen=30)
        + block(order, 0x0BAD, b"unknown!")
        + enhanced(order, 0, NS, PACKET, (1, b"first"), (2, bytes(4)), END, original=99)
        + simple(order, PACKET[:30], original=50)
        + obsolete(order, 0, NS + 1, PACKET[:29], (1, b"old"))
        + block(order, 5, bytes(12))
    )
    capture = saved(tmp_path, content)
    first, second, third = capture
    assert (first.time, first.protocol, first.data) == (NS, 16, PACKET[16:])
    assert first.original_length == 99 - 16
    assert first.options == [(1, b"first"), (2, bytes(4))]
    assert first.comments == ["first"]
    assert (second.time, second.data, second.original_length) == (None, PACKET[16:30], 34)
    assert second.truncated
    assert second.options is None
    assert (third.time, third.data, third.comments) == (NS + 1, PACKET[16:29], ["old"])
    assert [r.number for r in (first, second, third)] == [1, 2, 3]
    for record in (first, second, third):
        kind = struct.unpack_from(order + "I", content, record.offset)[0]
        assert kind == {1: 6, 2: 3, 3: 2}[record.number]
    (only,) = capture.interfaces
    assert only.section_options == [(2, b"cpu"), (3, b"linux"), (4, b"tool")]
    assert only.big_endian is (order == ">")


def test_sections_of_either_order_with_interfaces_of_their_own(tmp_path: Path) -> None:
    plain = b"\x45" + bytes(30)
    content = (
        section("<")
        + interface("<", 253, (2, b"nlmon0"))
        + interface("<", 1, (2, b"eth0"))
        + enhanced("<", 1, 5, plain)
        + enhanced("<", 0, 6, PACKET)
        + section(">", (4, b"two"))
        + interface(">", 113)
        + interface(">", 253, (9, b"\x09"))
        + enhanced(">", 1, 7, PACKET)
    )
    capture = saved(tmp_path, content)
    records = list(capture)
    assert [r.time for r in records] == [5000, 6000, 7]
    assert [r.protocol for r in records] == [-1, 16, 16]
    assert [(i.section, i.number, i.link_type, i.name) for i in capture.interfaces] == [
        (0, 0, 253, "nlmon0"),
        (0, 1, 1, "eth0"),
        (1, 0, 113, None),
        (1, 1, 253, None),
    ]
    assert [r.interface.big_endian for r in records] == [False, False, True]
    assert records[2].interface.section_options == [(4, b"two")]


@BOTH
@pytest.mark.parametrize(
    ("resolution", "offset", "ticks", "time"),
    [
        (None, None, 1763700000_123456, 1763700000_123456000),
        (6, 0, 1763700000_123456, 1763700000_123456000),
        (9, None, NS, NS),
        (9, None, 2**64 - 1, 2**64 - 1),
        (0, None, 1763700000, 1763700000 * 10**9),
        (3, -1, 1500, 500_000_000),
        (9, 1763700000, 1, 1763700000 * 10**9 + 1),
        (9, -10, 1, -9_999_999_999),
        (12, None, 1763700000_123456 * 10 + 9, 1763700_000123456 // 100),
        (0x80, None, 7, 7 * 10**9),
        (0x80 | 1, None, 3, 1_500_000_000),
        (0x80 | 32, None, (5 << 32) + (1 << 31), 5_500_000_000),
        (0x80 | 32, None, (5 << 32) + 1, 5_000_000_000),
        (0x80 | 20, 100, (1 << 20) - 1, 100 * 10**9 + 999_999_046),
        (0xFF, None, 2**64 - 1, 0),
        (0x7F, None, 2**64 - 1, 0),
    ],
)
def test_clocks(
    tmp_path: Path, order: str, resolution: int | None, offset: int | None, ticks: int, time: int
) -> None:
    pairs = []
    if resolution is not None:
        pairs.append((9, bytes([resolution])))
    if offset is not None:
        pairs.append((14, struct.pack(order + "q", offset)))
    content = section(order) + interface(order, 253, *pairs) + enhanced(order, 0, ticks, PACKET)
    (record,) = saved(tmp_path, content)
    assert record.time == time


def test_interface_options(tmp_path: Path) -> None:
    content = section("<") + interface(
        "<",
        253,
        (1, b"a comment"),
        (2, b"nlmon0"),
        (3, "für alle".encode()),
        (8, b"12345678"),
        (11, b"\0len > 100"),
        (12, b"Linux 7.2.13"),
        (15, b"bad \xff"),
        END,
        (99, b"after the end"),
    )
    capture = saved(tmp_path, content)
    assert list(capture) == []
    (only,) = capture.interfaces
    assert (only.name, only.description, only.filter) == ("nlmon0", "für alle", "len > 100")
    assert (only.os, only.hardware) == ("Linux 7.2.13", "bad \\xff")
    assert only.options == [(1, b"a comment"), (8, b"12345678")]


def test_a_filter_program_is_no_text(tmp_path: Path) -> None:
    capture = saved(tmp_path, section("<") + interface("<", 253, (11, b"\x01\x06\0\0\0")))
    assert list(capture) == []
    assert capture.interfaces[0].filter is None
    assert capture.interfaces[0].options == [(11, b"\x01\x06\0\0\0")]


def test_files_written_by_dpkt() -> None:
    stream = io.BytesIO()
    writer = dpkt.pcapng.Writer(stream, linktype=253)
    writer.writepkt(PACKET, 1763700000.5)
    (record,) = open_capture("dpkt", stream=io.BytesIO(stream.getvalue()))
    assert (record.time, record.cooked + record.data) == (1763700000_500000000, PACKET)


def test_agreement_with_scapy(tmp_path: Path) -> None:
    from scapy.packet import Raw
    from scapy.utils import PcapNgWriter, RawPcapNgReader

    path = tmp_path / "scapy.pcapng"
    with PcapNgWriter(str(path)) as writer:
        for n in range(5):
            packet = Raw(bytes([n]) * (20 + n))
            packet.time = 1763700000 + n / 4
            packet.comments = [b"number %d" % n]
            writer.write(packet)
    ours = list(open_capture(str(path)))
    with RawPcapNgReader(str(path)) as reader:
        theirs: list[Any] = list(reader)
    assert len(theirs) == 5
    for n, (record, (data, meta)) in enumerate(zip(ours, theirs, strict=True)):
        assert record.data == data
        assert record.time == 1763700000 * 10**9 + n * 250_000_000
        assert record.interface.link_type == meta.linktype
        assert [comment.encode() for comment in record.comments] == meta.comments
        assert record.comments == [f"number {n}"]


@BOTH
def test_a_cut_anywhere_shows_all_before_it(tmp_path: Path, order: str) -> None:
    blocks = [
        section(order, (4, b"tool")),
        interface(order, 253, (2, b"nlmon0")),
        enhanced(order, 0, 1, PACKET, (1, b"x")),
        block(order, 5, bytes(12)),
        simple(order, PACKET),
        obsolete(order, 0, 2, PACKET),
    ]
    starts = [0]
    for part in blocks:
        starts.append(starts[-1] + len(part))
    packets = [starts[3], starts[5], starts[6]]
    content = b"".join(blocks)
    for cut in range(4, len(content) + 1):
        records, error = drained(saved(tmp_path, content[:cut]))
        whole = sum(cut >= stop for stop in packets)
        assert [r.cooked + r.data for r in records] == [PACKET] * whole
        if cut in starts:
            assert error is None
            continue
        assert error is not None
        offset = max(start for start in starts if start <= cut)
        assert (error.record, error.offset) == (whole + 1, offset)
        assert f"record {whole + 1} at offset {offset}: the file ends after" in str(error)


def with_length(content: bytes, length: int) -> bytes:
    return content[:4] + struct.pack("<I", length) + content[8:]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (with_length(simple("<", PACKET), 0), "a length of 0"),
        (with_length(simple("<", PACKET), 8), "a length of 8"),
        (with_length(simple("<", PACKET), 50), "a length of 50"),
        (with_length(simple("<", PACKET), 1 << 31), "a length of 2147483648"),
        (simple("<", PACKET)[:-4] + b"\x10\0\0\0", "48 at its start but 16 at its end"),
        (enhanced("<", 1, 0, PACKET), "interface 1 is not described"),
        (simple("<", PACKET, original=64), "a packet of 64 bytes is longer than its block"),
        (block("<", 6, struct.pack("<IIIII", 0, 0, 0, 33, 33) + PACKET), "longer than its block"),
        (block("<", 2, struct.pack("<HHIIII", 0, 0, 0, 0, 1 << 31, 1)), "longer than its block"),
        (block("<", 6, bytes(16)), "a length of 28 cannot be right for a block of type 0x6"),
        (block("<", 1, bytes(4)), "cannot be right for a block of type 0x1"),
        (enhanced("<", 0, 0, PACKET)[:-12] + b"", "the file ends after"),
        (interface("<", 253, (9, b"")), "if_tsresol has 0 bytes"),
        (interface("<", 253, (14, bytes(4))), "if_tsoffset has 4 bytes"),
        (block("<", 1, bytes(8) + struct.pack("<HH", 2, 9) + bytes(8)), "option 2 of 9 bytes"),
        (b"\x0a\x0d\x0d\x0a" + bytes(24), "byte order cannot be 00000000"),
        (section("<")[:12] + b"\x02" + section("<")[13:], "version 2.0"),
        (section(">"), ""),
    ],
)
def test_damage_ends_the_file_with_its_place(tmp_path: Path, bad: bytes, words: str) -> None:
    before = one("<") + enhanced("<", 0, 0, PACKET)
    after = one("<") + simple("<", PACKET)
    records, error = drained(saved(tmp_path, before + bad + (after if not words else b"")))
    if not words:
        assert error is None
        assert len(records) == 2
        return
    assert len(records) == 1
    assert error is not None
    assert (error.record, error.offset) == (2, len(before))
    assert words in str(error)
    assert "\n" not in str(error)


def test_options_of_a_packet_that_overrun(tmp_path: Path) -> None:
    body = struct.pack("<IIIII", 0, 0, 0, len(PACKET), len(PACKET)) + PACKET
    content = one("<") + block("<", 6, body + options("<", (1, b"four"))[:-4] + b"")
    records, error = drained(saved(tmp_path, content))
    assert not records
    assert error is not None
    assert "option 1 of 4 bytes is longer" in str(error)
