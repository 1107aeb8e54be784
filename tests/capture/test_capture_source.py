"""Where the bytes come from: files, compression by content, streams as they arrive, refusals."""

from __future__ import annotations

import bisect
import bz2
import functools
import gzip
import io
import itertools
import lzma
import os
import queue
import random
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import lz4.frame
import pytest
import zstandard

from nldissect._internal.capture.reader import open_capture
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.record import Record
from support import ROOT
from support.capture_files import RECORDINGS, drained, facts, netlink, pcap, saved

NOISE = random.Random(1)
PACKETS = [netlink(n % 20, NOISE.randbytes(NOISE.randrange(1500))) for n in range(400)]
FILE = pcap([(n, n, packet, len(packet)) for n, packet in enumerate(PACKETS)])
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "zstd": zstandard.compress,
    "lz4": functools.partial(lz4.frame.compress, content_checksum=True),  # as lz4(1) does
}
EACH = pytest.mark.parametrize("name", COMPRESSIONS)


class Trickle(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a slow pipe does."""

    def __init__(self, content: bytes, step: int) -> None:
        self._rest = content
        self._step = step

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(self._step, len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def whole(records: list[Record]) -> list[bytes]:
    return [record.cooked + record.data for record in records]


@EACH
def test_compressed_files_by_content(tmp_path: Path, name: str) -> None:
    compressed = COMPRESSIONS[name](FILE)
    capture = saved(tmp_path, compressed, "no.extension")
    assert whole(list(capture)) == PACKETS
    assert capture.progress() == (len(compressed), len(compressed))
    assert whole(list(capture)) == PACKETS


@EACH
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_compressed_streams(name: str, step: int) -> None:
    few = 40 if step == 1 else 400
    file = pcap([(n, n, packet, len(packet)) for n, packet in enumerate(PACKETS[:few])])
    stream = io.BufferedReader(Trickle(COMPRESSIONS[name](file), step))
    assert whole(list(open_capture("slow", stream=stream))) == PACKETS[:few]


@EACH
def test_members_one_after_another(tmp_path: Path, name: str) -> None:
    compress = COMPRESSIONS[name]
    parts = [compress(FILE[:100]), compress(b""), compress(FILE[100:])]
    assert whole(list(saved(tmp_path, b"".join(parts)))) == PACKETS
    if name in ("gzip", "xz"):
        assert whole(list(saved(tmp_path, b"".join(parts) + bytes(512)))) == PACKETS
    records, error = drained(saved(tmp_path, b"".join(parts) + b"more of something else"))
    assert whole(records) == PACKETS
    assert error is not None
    assert (error.record, error.offset) == (len(PACKETS) + 1, len(FILE))
    assert f"the {name} data cannot be decompressed" in str(error)


@EACH
@pytest.mark.parametrize("keep", [0.01, 0.3, 0.7, 0.95])
def test_compressed_file_cut_short(name: str, keep: float) -> None:
    # One block of bzip2 holds 100,000 bytes or more, and nothing of a part of one comes out.
    compressed = bz2.compress(FILE, 1) if name == "bzip2" else COMPRESSIONS[name](FILE)
    cut = compressed[: int(len(compressed) * keep)]
    reference: Any = {  # what the library itself gets out of those bytes
        "gzip": zlib.decompressobj(31).decompress,
        "xz": lzma.LZMADecompressor().decompress,
        "bzip2": bz2.BZ2Decompressor().decompress,
        "zstd": zstandard.ZstdDecompressor().decompressobj().decompress,
        "lz4": lz4.frame.LZ4FrameDecompressor().decompress,
    }[name]
    got = len(reference(cut))
    records, error = drained(open_capture("cut", stream=io.BytesIO(cut)))
    assert whole(records) == PACKETS[: len(records)]
    assert error is not None
    assert error.record == len(records) + 1
    assert str(error).endswith(f"the {name} data is cut short")
    ends = list(itertools.accumulate((len(p) + 16 for p in PACKETS), initial=24))
    assert len(records) == max(bisect.bisect_right(ends, got) - 1, 0)
    assert error.offset == (ends[len(records)] if got >= 24 else 0)


@EACH
def test_a_cut_in_the_checksum_is_told(tmp_path: Path, name: str) -> None:
    records, error = drained(saved(tmp_path, COMPRESSIONS[name](FILE)[:-1]))
    if name == "zstd":  # its last bytes are data: this frame has no checksum
        assert error is not None
        return
    assert whole(records) == PACKETS
    assert error is not None
    assert error.offset == len(FILE)


@EACH
def test_damaged_compression(tmp_path: Path, name: str) -> None:
    compressed = bytearray(COMPRESSIONS[name](FILE))
    for n in range(len(compressed) // 2, len(compressed) // 2 + 64):
        compressed[n] ^= 0xA5
    path = tmp_path / "damaged"
    path.write_bytes(compressed)
    with pytest.raises(CaptureError) as caught:
        list(open_capture(str(path)))
    assert "\n" not in str(caught.value)


def test_a_skippable_frame_first(tmp_path: Path) -> None:
    skippable = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"skip"
    assert whole(list(saved(tmp_path, skippable + zstandard.compress(FILE)))) == PACKETS


@pytest.mark.slow
def test_much_from_little_stays_small() -> None:
    """Memory is bounded however much comes out of a few compressed bytes."""
    program = (
        "from nldissect._internal.capture.reader import open_capture\n"
        "print(sum(1 for _ in open_capture('-')))\n"
        "print(*[line for line in open('/proc/self/status') if 'VmHWM' in line])\n"
    )
    packet = netlink(0, bytes(60_000))
    file = pcap([(0, 0, packet, len(packet))] * 3000)
    for compress in (gzip.compress, zstandard.compress, lz4.frame.compress):
        done = subprocess.run(
            [sys.executable, "-c", program], input=compress(file), capture_output=True, check=True,
            env={**os.environ, "NLDISSECT_LIMITS": "off"},
        )  # fmt: skip
        count, _, kilobytes, _ = done.stdout.split()
        assert int(count) == 3000
        assert int(kilobytes) < 120_000


class Follower:
    """Reads a capture in a thread, so that a test sees what has come out so far."""

    def __init__(self, path: str, stream: BinaryIO | None) -> None:
        self.seen: queue.Queue[Record | None] = queue.Queue()
        self._path = path
        self._stream = stream
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for record in open_capture(self._path, stream=self._stream):
            self.seen.put(record)
        if self._stream is not None:
            self._stream.close()
        self.seen.put(None)

    def next(self) -> Record | None:
        return self.seen.get(timeout=5)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("fifo", [False, True])
def test_each_record_comes_out_as_soon_as_it_is_in(
    tmp_path: Path, fifo: bool, compressed: bool
) -> None:
    if fifo:
        path = str(tmp_path / "fifo")
        os.mkfifo(path)
        follower = Follower(path, None)
        into = os.open(path, os.O_WRONLY)
    else:
        out, into = os.pipe()
        follower = Follower("pipe", os.fdopen(out, "rb"))
    squeeze = zlib.compressobj(wbits=31)

    def send(data: bytes) -> None:
        if compressed:
            data = squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH)
        os.write(into, data)

    records = [pcap([(n, 0, packet, len(packet))])[24:] for n, packet in enumerate(PACKETS)]
    send(FILE[:24])
    for packet, record in zip(PACKETS[:10], records, strict=False):
        send(record)
        seen = follower.next()
        assert seen is not None
        assert seen.cooked + seen.data == packet
        assert follower.seen.empty()
    send(records[10][:-1])
    assert follower.seen.empty()
    send(records[10][-1:])
    assert follower.next() is not None
    if compressed:
        os.write(into, squeeze.flush())
    os.close(into)
    assert follower.next() is None


def run_on_standard_input(setup: str, **arguments: Any) -> str:
    program = (
        f"{setup}\n"
        "from nldissect._internal.capture.reader import open_capture\n"
        "from nldissect._internal.wire.errors import CaptureError\n"
        "try:\n"
        "    capture = open_capture('-')\n"
        "    print(capture.path, capture.rewindable, sum(1 for _ in capture), capture.progress())\n"
        "except CaptureError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, check=True, timeout=20, **arguments)
    return str(done.stdout, "utf-8")


def test_standard_input() -> None:
    size = len(FILE)
    assert run_on_standard_input("", input=FILE) == f"- False 400 ({size}, None)\n"
    compressed = lzma.compress(FILE)
    expected = f"- False 400 ({len(compressed)}, None)\n"
    assert run_on_standard_input("", input=compressed) == expected
    # A program that left the pipe in non-blocking mode (ssh does) must not look like an end.
    assert run_on_standard_input("import os; os.set_blocking(0, False)", input=FILE).startswith(
        "- False 400"
    )
    assert "standard input: is empty" in run_on_standard_input("", input=b"")
    assert "standard input: is closed" in run_on_standard_input("import sys; sys.stdin = None")


def test_standard_input_from_a_file_knows_its_total() -> None:
    path = RECORDINGS / "nl_util.pcap"
    count = len(list(open_capture(str(path))))
    size = path.stat().st_size
    with path.open("rb") as file:
        assert run_on_standard_input("", stdin=file) == f"- False {count} ({size}, {size})\n"


def test_a_terminal_is_refused() -> None:
    master, slave = os.openpty()
    try:
        assert "standard input: is a terminal" in run_on_standard_input("", stdin=slave)
    finally:
        os.close(master)
        os.close(slave)


def test_a_regular_file_begins_anew_each_time() -> None:
    capture = open_capture(str(RECORDINGS / "nl_util.pcap"))
    assert capture.rewindable
    first = [facts(record) for record in capture]
    halfway = iter(capture)
    next(halfway)
    assert [facts(record) for record in capture] == first
    assert [facts(record) for record in halfway] == first[1:]
    assert len(capture.interfaces) == 1


def test_a_stream_goes_on() -> None:
    capture = open_capture("bytes", stream=io.BytesIO(FILE))
    assert not capture.rewindable
    for record in capture:
        assert record.number == 1
        break
    assert [record.number for record in capture] == list(range(2, 401))
    assert list(capture) == []


def test_progress() -> None:
    path = RECORDINGS / "iproute.pcap"
    capture = open_capture(str(path))
    assert capture.progress() == (0, path.stat().st_size)
    done = 0
    for _ in capture:
        assert done <= capture.progress()[0]
        done = capture.progress()[0]
    assert done == path.stat().st_size


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty: nothing was recorded"),
        (b"\xd4", "is not a capture: it begins with d4;"),
        (b"#!/bin/sh\necho", "is not a capture: it begins with 23 21 2f 62;"),
        (gzip.compress(b"hello"), "is not a capture within gzip: it begins with 68 65 6c 6c;"),
        (bz2.compress(b""), "is empty within bzip2"),
        (b"\x1f\x8b\x08", "record 1 at offset 0: the gzip data is cut short"),
        (b"BZhello world", "record 1 at offset 0: the bzip2 data cannot be decompressed"),
        (gzip.compress(gzip.compress(FILE)), "is not a capture within gzip: it begins with 1f 8b"),
    ],
    # Not from the content: gzip's holds the time, and each worker must collect the same names.
    ids=itertools.count(),
)
def test_what_is_no_capture(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(CaptureError) as caught:
        saved(tmp_path, content, "it")
    line = str(caught.value)
    assert line.startswith(f"{tmp_path / 'it'}: {words}")
    assert "\n" not in line


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="No such file or directory"):
        open_capture(str(tmp_path / "missing"))
    with pytest.raises(CaptureError, match="is a directory; give the capture files in it"):
        open_capture(str(tmp_path))
    with pytest.raises(CaptureError, match="Not a directory"):
        open_capture(str(RECORDINGS / "nl_util.pcap" / "x"))
    with pytest.raises(CaptureError, match="cannot be opened"):
        open_capture("a\0b")
    with pytest.raises(CaptureError, match="File name too long"):
        open_capture("x" * 5000)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_bytes(FILE)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)  # root may read everything
    with pytest.raises(CaptureError, match="cannot be opened: Permission denied"):
        open_capture(str(path))


def test_a_file_that_goes_away(tmp_path: Path) -> None:
    capture = saved(tmp_path, FILE, "gone")
    (tmp_path / "gone").unlink()
    with pytest.raises(CaptureError, match="No such file"):
        list(capture)


def test_a_read_that_fails_halfway() -> None:
    class Broken(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            data = super().read1(1000)
            if not data:
                raise OSError(5, "Input/output error")
            return data

    records, error = drained(open_capture("disk", stream=Broken(FILE)))
    assert whole(records) == PACKETS
    assert str(error).endswith(f"offset {len(FILE)}: reading failed: Input/output error")


def test_compression_modules_are_imported_only_when_needed() -> None:
    program = (
        "import sys\n"
        "from nldissect._internal.capture.reader import open_capture\n"
        f"list(open_capture({str(RECORDINGS / 'nl_util.pcap')!r}))\n"
        "print([m for m in ('zlib', 'lzma', 'bz2', 'zstandard', 'lz4', 'dpkt', 'scapy')"
        " if m in sys.modules])\n"
    )
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert done.stdout == b"[]\n"
