"""pcap: byte orders, units, link types and lengths, with dpkt, scapy and editcap as oracles."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path

import dpkt.pcap
import pytest

from nldissect._internal.capture.files.pcap import LONGEST
from nldissect._internal.capture.reader import open_capture
from support.capture_files import RECORDINGS, drained, facts, netlink, pcap, saved

RECORDING_NAMES = sorted(path.name for path in RECORDINGS.glob("*.pcap"))
HELLO = b"\x14\0\0\0\x10\0\x05\x03\x01\0\0\0\0\0\0\0\x11\0\0\0"


def test_there_are_recordings() -> None:
    assert "nl_util.pcap" in RECORDING_NAMES


@pytest.mark.parametrize("name", RECORDING_NAMES)
def test_recordings_agree_with_dpkt_and_scapy(name: str) -> None:
    from scapy.utils import RawPcapReader

    path = RECORDINGS / name
    ours = list(open_capture(str(path)))
    with path.open("rb") as file:
        theirs = [data for _, data in dpkt.pcap.Reader(file)]
    assert [r.cooked + r.data for r in ours] == theirs
    assert [r.number for r in ours] == list(range(1, len(theirs) + 1))
    assert [r.protocol for r in ours] == [int.from_bytes(data[14:16], "big") for data in theirs]
    assert all(len(r.cooked) == 16 and r.interface.link_type == 253 for r in ours)
    content = path.read_bytes()
    unit = 1 if content[:4] == b"\x4d\x3c\xb2\xa1" else 1000
    with RawPcapReader(str(path)) as reader:
        for record, (data, meta) in zip(ours, reader, strict=True):
            assert record.time == meta.sec * 10**9 + meta.usec * unit
            assert record.original_length == meta.wirelen - 16
            assert content[record.offset + 16 :].startswith(data)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "unit"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_byte_orders_and_units(tmp_path: Path, order: str, magic: int, unit: int) -> None:
    packet = netlink(16, HELLO)
    content = pcap([(1763700000, 999_999, packet, len(packet) + 5)], order, magic, snaplen=96)
    capture = saved(tmp_path, content)
    (record,) = capture
    assert record.time == 1763700000 * 10**9 + 999_999 * unit
    assert record.protocol == 16
    assert record.data == HELLO
    assert record.cooked == packet[:16]
    assert record.original_length == len(HELLO) + 5
    assert record.truncated
    assert record.offset == 24
    assert record.options is None
    assert record.interface.big_endian is (order == ">")
    assert record.interface.snaplen == 96
    assert capture.interfaces == [record.interface]


def test_files_written_by_dpkt_with_nanoseconds() -> None:
    stream = io.BytesIO()
    writer = dpkt.pcap.Writer(stream, linktype=253, nano=True)
    writer.writepkt_time(netlink(4, HELLO), 1763700000)
    (record,) = open_capture("dpkt", stream=io.BytesIO(stream.getvalue()))
    assert (record.time, record.protocol, record.data) == (1763700000 * 10**9, 4, HELLO)


@pytest.mark.skipif(shutil.which("editcap") is None, reason="editcap writes the other formats")
@pytest.mark.parametrize("form", ["nsecpcap", "modpcap", "pcapng"])
def test_files_converted_by_editcap(tmp_path: Path, form: str) -> None:
    original = RECORDINGS / "nl_util.pcap"
    copy = tmp_path / form
    subprocess.run(["editcap", "-F", form, str(original), str(copy)], check=True)
    assert copy.read_bytes()[:4] != original.read_bytes()[:4]
    read = [facts(record) for record in open_capture(str(copy))]
    assert read == [facts(record) for record in open_capture(str(original))]


def test_frame_check_bits_of_the_link_type_are_masked(tmp_path: Path) -> None:
    packet = netlink(0, HELLO)
    (record,) = saved(tmp_path, pcap([(0, 0, packet, len(packet))], link=268435709))
    assert record.interface.link_type == 253
    assert record.data == HELLO


def sll(arphrd: int) -> bytes:
    return struct.pack(">HHH8sH", 4, arphrd, 0, b"", 12) + HELLO


def sll2(arphrd: int) -> bytes:
    return struct.pack(">HHIHBB8s", 12, 0, 7, arphrd, 4, 0, b"") + HELLO


@pytest.mark.parametrize(("link", "packet", "header"), [(113, sll(824), 16), (276, sll2(824), 20)])
def test_cooked_netlink(tmp_path: Path, link: int, packet: bytes, header: int) -> None:
    (record,) = saved(tmp_path, pcap([(1, 2, packet, 1000)], link=link))
    assert record.protocol == 12
    assert record.data == HELLO
    assert record.cooked == packet[:header]
    assert record.original_length == 1000 - header


@pytest.mark.parametrize(
    ("link", "packet"),
    [
        (113, sll(1)),
        (276, sll2(1)),
        (1, bytes(60)),
        (113, sll(824)[:15]),
        (276, sll2(824)[:19]),
        (253, netlink(0, b"")[:15]),
        (253, b""),
    ],
)
def test_what_is_not_netlink_is_kept_whole(tmp_path: Path, link: int, packet: bytes) -> None:
    good = {113: sll(824), 276: sll2(824)}.get(link, netlink(0, HELLO))
    content = pcap([(1, 2, packet, 70), (1, 3, good, len(good))], link=link)
    record, after = saved(tmp_path, content)
    assert (record.protocol, record.data, record.cooked) == (-1, packet, b"")
    assert record.original_length == 70
    assert (after.protocol >= 0) is (link != 1)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is the second opinion")
@pytest.mark.parametrize(
    ("link", "packet", "fields", "values"),
    [
        (113, sll(824), "netlink.hatype netlink.family", ["824", "0x000c"]),
        (276, sll2(1), "sll.hatype sll.ifindex", ["1", "7"]),  # of SLL2 it shows no netlink
    ],
)
def test_tshark_sees_the_same_header(
    tmp_path: Path, link: int, packet: bytes, fields: str, values: list[str]
) -> None:
    saved(tmp_path, pcap([(1, 2, packet, len(packet))], link=link))
    arguments = [part for field in fields.split() for part in ("-e", field)]
    command = ["tshark", "-r", str(tmp_path / "file.cap"), "-T", "fields", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == values


@pytest.mark.parametrize("length", [0, 15, 16, 17, 200_000, 3_000_000])
def test_packets_of_any_length(tmp_path: Path, length: int) -> None:
    packets = [netlink(0, bytes([n]) * length) for n in range(3)]
    records = list(saved(tmp_path, pcap([(0, 0, p, len(p)) for p in packets])))
    assert [r.cooked + r.data for r in records] == packets
    assert [r.offset for r in records] == [24 + n * (32 + length) for n in range(3)]


def test_a_cut_anywhere_shows_all_before_it(tmp_path: Path) -> None:
    packets = [netlink(0, HELLO), netlink(0, b""), netlink(16, HELLO * 2)]
    content = pcap([(0, 0, p, len(p)) for p in packets])
    starts = [24, 24 + 16 + 36, 24 + 16 + 36 + 32, len(content)]
    for cut in range(4, len(content) + 1):
        records, error = drained(saved(tmp_path, content[:cut]))
        whole = sum(cut >= stop for stop in starts[1:])
        assert [r.cooked + r.data for r in records] == packets[:whole]
        if cut in starts:
            assert error is None
            continue
        assert error is not None
        offset = 0 if cut < 24 else starts[whole]
        assert (error.record, error.offset) == (whole + 1, offset)
        assert f"record {whole + 1} at offset {offset}: the file ends after" in str(error)


def test_an_absurd_length_ends_the_file(tmp_path: Path) -> None:
    packet = netlink(0, HELLO)
    content = bytearray(pcap([(0, 0, packet, len(packet))] * 3))
    struct.pack_into("<I", content, 24 + 52 + 8, LONGEST + 1)
    records, error = drained(saved(tmp_path, bytes(content)))
    assert len(records) == 1
    assert error is not None
    assert (error.record, error.offset) == (2, 76)
    assert str(LONGEST + 1) in error.reason


def test_another_version_is_refused(tmp_path: Path) -> None:
    content = bytearray(pcap([]))
    struct.pack_into("<H", content, 4, 3)
    records, error = drained(saved(tmp_path, bytes(content)))
    assert not records
    assert error is not None
    assert "version 3.4" in str(error)
