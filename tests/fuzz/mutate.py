"""Write captures of mutated messages, to compare what two builds make of them.

Usage: python -m tests.fuzz.mutate FOLDER [MESSAGES [SEED]]

Takes runs of records from captures/*.pcap, changes most of them and writes FOLDER/N.pcap with
4,000 each until there are MESSAGES (100,000 unless told). The same seed gives the same bytes.
Every third file is that of a big-endian host. Some records stay whole, so that the byte order
is clear and conversations are in place.
"""

from __future__ import annotations

import random
import struct
import sys
from pathlib import Path

from .mutations import anything

RECORDINGS = Path(__file__).resolve().parent.parent.parent / "captures"
PER_FILE = 4000
COOKED = 16  # bytes before a LINKTYPE_NETLINK packet's messages
# The fixed headers of rtnetlink by message type & ~3: ifinfomsg, ifaddrmsg, rtmsg and so on.
HEADERS = {
    16: "BxHiII", 20: "BBBBI", 24: "BBBBBBBBI", 28: "BxxxiHBB", 32: "BBBBBBBBI", 36: "BxxxiIII",
}  # fmt: skip


def records(path: Path) -> list[bytes]:
    """The packets of a little-endian pcap of LINKTYPE_NETLINK, with their cooked headers."""
    data = path.read_bytes()
    out, at = [], 24
    if struct.unpack_from("<I16xI", data)[1] != 253 or data[:2] not in (b"\xd4\xc3", b"\x4d\x3c"):
        return out
    while at + 16 <= len(data):
        (size,) = struct.unpack_from("<I", data, at + 8)
        out.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return out


def swapped(data: bytes) -> bytes:
    """A little-endian host's messages as a big-endian one's, as far as their form tells."""
    out = bytearray(data)
    at = 0
    while at + 16 <= len(data):
        size, kind, flags, sequence, port = struct.unpack_from("<IHHII", data, at)
        struct.pack_into(">IHHII", out, at, size, kind, flags, sequence, port)
        end = min(at + max(size, 16), len(data))
        start = at + 16
        form = HEADERS.get(kind & ~3, "I" if kind == 2 else "4s")
        if start + struct.calcsize("<" + form) <= end:
            struct.pack_into(">" + form, out, start, *struct.unpack_from("<" + form, data, start))
            start += struct.calcsize("<" + form)
            if kind == 2:  # an error, with the request that it echoes
                out[start:end] = swapped(data[start:end])
            else:
                _attributes(data, out, start, end)
        at += max(size, 16) + 3 & ~3
    return bytes(out)


def _attributes(data: bytes, out: bytearray, start: int, end: int) -> bool:
    """Attributes that fill these bytes, and what they hold; false for what is none."""
    found = []
    while start + 4 <= end:
        size, kind = struct.unpack_from("<HH", data, start)
        if size < 4 or start + size > end or kind & 0x3FFF > 1000:
            return False
        found.append((start, size, kind))
        start += size + 3 & ~3
    for start, size, kind in found:
        struct.pack_into(">HH", out, start, size, kind)
        inside = size >= 8 and _attributes(data, out, start + 4, start + size)
        if not inside and size in (6, 8, 12):  # a number
            out[start + 4 : start + size] = data[start + 4 : start + size][::-1]
    return bool(found)


def capture(rng: random.Random, source: list[list[bytes]], count: int, big: bool) -> bytes:
    """A capture with so many mutated records."""
    order = ">" if big else "<"
    parts = [struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 253)]
    made, when = 0, 0
    while made < count:
        run = rng.choice(source)
        first = rng.randrange(len(run))
        for packet in run[first : first + rng.choice((2, 5, 20))]:
            data = original = packet[COOKED:]
            if rng.random() < 0.8:
                if len(data) > 4096:
                    data = data[: 4 * rng.randrange(64, 1024)]
                for _ in range(rng.choice((1, 1, 1, 2, 3))):
                    data = anything(rng, data, "<")
                made += 1
            if big:
                data = swapped(data)
            if rng.random() < 0.98:
                original = data  # else it is one that the snapshot length cut
            data = packet[:COOKED] + data
            when += rng.randrange(20, 3000)
            length = max(len(data), COOKED + len(original))
            time = divmod(1_767_323_045_000_000 + when, 1_000_000)
            parts += (struct.pack(order + "IIII", *time, len(data), length), data)
    return b"".join(parts)


def write(folder: Path, total: int = 100_000, seed: str = "1") -> None:
    """FOLDER/N.pcap with so many mutated messages together."""
    source = [found for path in sorted(RECORDINGS.glob("*.pcap")) if (found := records(path))]
    folder.mkdir(parents=True, exist_ok=True)
    for number, done in enumerate(range(0, total, PER_FILE)):
        rng = random.Random(f"{seed} {number}")
        content = capture(rng, source, min(PER_FILE, total - done), number % 3 == 2)
        (folder / f"{number}.pcap").write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]), *map(int, sys.argv[2:3]), *sys.argv[3:4])
