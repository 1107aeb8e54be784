"""Builders of small capture files, byte by byte from the drafts, for the capture tests."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from nldissect._internal.capture.reader import CaptureReader, PcapngWriter, open_capture
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.record import Record
from support import ROOT

RECORDINGS = ROOT / "captures"
END = (0, b"")


def written_again(records: list[Record]) -> list[Record]:
    """The records as they are read of the file that they are written to."""
    out = io.BytesIO()
    writer = PcapngWriter(out)
    for record in records:
        writer.write(record)
    writer.finish()
    return list(open_capture("again", stream=io.BytesIO(out.getvalue())))


def pcap(
    packets: list[tuple[int, int, bytes, int]],
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    link: int = 253,
    snaplen: int = 262144,
) -> bytes:
    """A pcap file of (seconds, fraction, bytes, original length)."""
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)]
    for seconds, fraction, data, original in packets:
        parts += (struct.pack(order + "IIII", seconds, fraction, len(data), original), data)
    return b"".join(parts)


def netlink(protocol: int, data: bytes) -> bytes:
    """A LINKTYPE_NETLINK packet, as nlmon gives it."""
    return struct.pack(">HHH8xH", 4, 824, 0, protocol) + data


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def block(order: str, kind: int, body: bytes) -> bytes:
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def options(order: str, *pairs: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack(order + "HH", c, len(v)) + padded(v) for c, v in pairs)


def section(order: str, *pairs: tuple[int, bytes]) -> bytes:
    body = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options(order, *pairs)
    return block(order, 0x0A0D0D0A, body)


def interface(order: str, link: int, *pairs: tuple[int, bytes], snaplen: int = 0) -> bytes:
    return block(order, 1, struct.pack(order + "HHI", link, 0, snaplen) + options(order, *pairs))


def enhanced(
    order: str,
    number: int,
    ticks: int,
    data: bytes,
    *pairs: tuple[int, bytes],
    original: int | None = None,
) -> bytes:
    length = len(data) if original is None else original
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), length)
    return block(order, 6, head + padded(data) + options(order, *pairs))


def obsolete(order: str, number: int, ticks: int, data: bytes, *pairs: tuple[int, bytes]) -> bytes:
    head = struct.pack(
        order + "HHIIII", number, 0xFFFF, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)
    )
    return block(order, 2, head + padded(data) + options(order, *pairs))


def simple(order: str, data: bytes, original: int | None = None) -> bytes:
    length = len(data) if original is None else original
    return block(order, 3, struct.pack(order + "I", length) + padded(data))


def saved(folder: Path, content: bytes, name: str = "file.cap") -> CaptureReader:
    path = folder / name
    path.write_bytes(content)
    return open_capture(str(path))


def drained(capture: CaptureReader) -> tuple[list[Record], CaptureError | None]:
    """The records before the error, and the error if there is one."""
    records: list[Record] = []
    try:
        for record in capture:
            records.append(record)
    except CaptureError as error:
        return records, error
    return records, None


def facts(record: Record) -> tuple[object, ...]:
    """All of a record that a copy in another capture format keeps."""
    return (
        record.time,
        record.protocol,
        record.data,
        record.cooked,
        record.original_length,
        record.options,
        record.interface.link_type,
    )
