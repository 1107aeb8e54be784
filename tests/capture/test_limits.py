"""What is small and means much: compressed bombs, endless lines, and lengths that lie."""

from __future__ import annotations

import gzip
import resource
import struct
import tracemalloc

import pytest

import nldissect
from support.capture_files import netlink
from support.command import start
from support.messages import RECORDINGS

LINKS = (RECORDINGS / "links.pcap").read_bytes()
TRACE = (RECORDINGS / "links.strace").read_bytes()
CALL = b"7 sendmsg(3<NETLINK:[ROUTE:7]>, "
MEMORY = 1 << 30  # of address space, Python itself included


def small() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def read(path, **environment: str) -> tuple[int, int, str]:
    """The status, the number of lines, and what was complained of, in little memory."""
    with start("read", path, env=environment, preexec_fn=small) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out.count(b"\n"), err.decode()


def test_data_that_grows_beyond_all_recordings(tmp_path):
    """What came before is shown, and the limit can be lifted."""
    path = tmp_path / "bomb.pcap.gz"
    cut = struct.pack("<IIII", 0, 0, 200_000, 200_000)
    record = struct.pack("<HH8xHH", 0, 824, 0, 9) + bytes(199_984)
    path.write_bytes(gzip.compress(LINKS + (cut + record) * 500))
    status, lines, said = read(path)
    assert status == 2
    assert 526 < lines < 1000
    assert "the gzip data grows more than 250 times, as no recording does" in said
    assert said.count("\n") == 1
    assert "NLDISSECT_LIMITS=off" in said
    status, lines, said = read(path, NLDISSECT_LIMITS="off")
    assert (status, lines, said) == (0, 1026, "")


def test_a_line_without_an_end(tmp_path):
    path = tmp_path / "endless.strace"
    path.write_bytes(TRACE + CALL + b"\0" * (1 << 26))
    status, lines, said = read(path)
    assert status == 2
    assert lines > 300
    assert "no line of strace's has over 4 MiB; NLDISSECT_LIMITS=off reads on" in said


@pytest.mark.parametrize("piece", [b") = 1 (", b"1<A:[", b"[", b'"\\', b"/*", b"/* ", b"{", b"1<"])
def test_lines_that_expressions_could_fall_over(tmp_path, piece):
    """Each costs in proportion to its length, and none the calls behind it."""
    path = tmp_path / "hard.strace"
    path.write_bytes(CALL + piece * (3_000_000 // len(piece)) + b") = 20\n" + TRACE)
    _, lines, said = read(path)
    assert lines > 300
    assert "Traceback" not in said


def test_a_type_of_more_than_16_bits(tmp_path):
    """Of a call that strace could not have written so, the trace's others stay."""
    path = tmp_path / "type.strace"
    header = (
        b"nlmsg_len=16, nlmsg_type=0x12345678 /* ??? */, nlmsg_flags=0, nlmsg_seq=1, nlmsg_pid=0"
    )
    path.write_bytes(
        CALL.replace(b"msg", b"to") + b"[{" + header + b"}], 16, 0, NULL, 0) = 16\n" + TRACE
    )
    _, lines, said = read(path)
    assert lines > 300
    assert "fault" not in said


HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0xFFFFFFFF, 253)
SECTION = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
INTERFACE = struct.pack("<IIHHII", 1, 20, 253, 0, 0xFFFFFFFF, 20)


@pytest.mark.parametrize(
    "data",
    [HEADER + struct.pack("<IIII", 0, 0, size, size) for size in (0x7FFFFFFF, 0xFFFFFFFF)]
    + [SECTION + struct.pack("<II", kind, 0xFFFFFFF0) + bytes(1000) for kind in (1, 3, 6, 0xBAD)],
)
def test_lengths_of_gigabytes(tmp_path, data):
    path = tmp_path / "giga.pcap"
    path.write_bytes(data)
    status, lines, said = read(path)
    assert (status, lines, said.count("\n")) == (2, 0, 1)


@pytest.mark.parametrize("block", [SECTION, INTERFACE])
def test_many_sections_and_interfaces(tmp_path, block):
    path = tmp_path / "many.pcapng"
    path.write_bytes(SECTION + block * 100_000)
    assert read(path) == (0, 0, "")


SECTION = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
INTERFACE = struct.pack("<IIHHII", 1, 20, 253, 0, 262144, 20)
TOLD = netlink(0, struct.pack("<IHHII", 32, 1, 0, 0, 0) + bytes(16))


def packet(interface: int) -> bytes:
    length = 32 + len(TOLD)
    head = struct.pack("<IIIIIII", 6, length, interface, 0, 0, len(TOLD), len(TOLD))
    return head + TOLD + struct.pack("<I", length)


def with_options(count: int) -> bytes:
    options = struct.pack("<HH", 7777, 0) * count
    length = 20 + len(options)
    head = struct.pack("<IIHHI", 1, length, 253, 0, 262144)
    return SECTION + head + options + struct.pack("<I", length) + packet(0)


@pytest.mark.parametrize(
    ("content", "count", "most"),
    [
        (lambda n: (SECTION + INTERFACE + packet(0)) * n, 1_500, 16),
        (lambda n: SECTION + INTERFACE * n + b"".join(map(packet, range(n))), 1_500, 16),
        (with_options, 50_000, 6),
    ],
    ids=["sections", "interfaces", "options"],
)
def test_what_is_kept_of_a_file(tmp_path, content, count, most):
    """Bytes of memory for each byte that a file has more."""
    sizes, peaks = [], []
    for number in (100, count, 2 * count):
        path = tmp_path / "many.pcapng"
        path.write_bytes(content(number))
        tracemalloc.start()
        with nldissect.open(path) as capture:
            assert sum(1 for _ in capture)
        sizes.append(path.stat().st_size)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] - peaks[1] < most * (sizes[2] - sizes[1])
