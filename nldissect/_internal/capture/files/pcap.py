"""Reading pcap files: either byte order, microseconds and nanoseconds.

Layout: draft-ietf-opsawg-pcap, and libpcap's sf-pcap.c for the magic numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, final

from mypy_extensions import i64

from nldissect._internal.capture.files.bytestream import ByteStream
from nldissect._internal.capture.files.link import LinkLayer
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.integers import u32
from nldissect._internal.wire.record import Interface, Record

# The longest packet believed, in bytes; a larger length means that the file is damaged.
LONGEST: Final = 256 << 20

# Magic number as its four bytes in the file: byte order, nanoseconds per unit of the fraction,
# length of a record's header (the last one is Alexey Kuznetsov's, with an interface index).
_VARIANTS = {0xA1B2C3D4: (1000, 16), 0xA1B23C4D: (1, 16), 0xA1B2CD34: (1000, 24)}
MAGICS = {
    magic.to_bytes(4, "big" if order == ">" else "little"): (order, unit, header)
    for magic, (unit, header) in _VARIANTS.items()
    for order in "<>"
}
_FILE_HEADER: Final = 24
_VERSION = 2
# The bits above are reserved or hold the length of a frame check sequence.
_LINK_TYPE = 0xFFFF


def read_pcap(
    source: ByteStream, head: bytes, path: str, interfaces: list[Interface]
) -> Iterator[Record]:
    """Yield the records of a pcap file whose first bytes are `head`, its magic number at least.

    The one interface is appended to `interfaces`. Raises CaptureError where the file is cut
    short or damaged, after the records before.
    """
    order, unit, header = MAGICS[head[:4]]
    buffer = yield from source.more(head, _FILE_HEADER)
    if len(buffer) < _FILE_HEADER:
        reason = source.fault or f"the file ends after {len(buffer)} of the pcap header's 24 bytes"
        raise CaptureError(path, reason, 1, 0)
    major, minor, snaplen, link = struct.unpack_from(order + "HH8xII", buffer, 4)
    if major != _VERSION:
        raise CaptureError(path, f"pcap version {major}.{minor} is not known, only 2.4 is")
    interface = Interface(link & _LINK_TYPE, order == ">", snaplen=snaplen)
    interfaces.append(interface)
    parser = _PcapParser(path, LinkLayer(interface), unit, header, buffer)
    while True:
        record = parser.next()
        if record is not None:
            yield record
            continue
        rest = parser.rest()
        need = parser.need
        buffer = yield from source.more(rest, need)
        if len(buffer) < need:
            if not buffer and source.fault is None:
                return
            raise parser.short(len(buffer), source.fault)
        parser.buffer = buffer


@final
class _PcapParser:
    """Takes the records that are whole out of one piece of the file after the other.

    `next` gives them until None; then `buffer` must become `rest` and what follows it, `need`
    bytes at least.
    """

    __slots__ = ("_base", "_big", "_header", "_number", "_packets", "_path", "_pos", "_unit",
                 "buffer", "need")  # fmt: skip

    def __init__(
        self, path: str, packets: LinkLayer, unit: i64, header: i64, buffer: bytes
    ) -> None:
        self._path = path
        self._packets = packets
        self._big = packets.interface.big_endian
        self._unit: i64 = unit
        self._header: i64 = header
        self._number: i64 = 1  # of the next record
        self._base: i64 = 0  # where `buffer` begins in the file
        self._pos: i64 = _FILE_HEADER
        self.need: i64 = 0
        self.buffer = buffer

    def next(self) -> Record | None:
        """The next record; None where more is needed."""
        buffer, pos, big = self.buffer, self._pos, self._big
        left = len(buffer) - pos
        self.need = self._header
        if left < self.need:
            return None
        captured = u32(buffer, pos + 8, big)
        if captured > LONGEST:
            raise CaptureError(
                self._path,
                f"a record of {captured} bytes cannot be right: damaged",
                int(self._number),
                int(self._base + pos),
            )
        self.need += captured
        if left < self.need:
            return None
        time = u32(buffer, pos, big) * 1_000_000_000 + u32(buffer, pos + 4, big) * self._unit
        number = self._number
        self._number += 1
        self._pos = pos + self.need
        return self._packets.record(
            number,
            time,
            buffer,
            pos + self._header,
            self._pos,
            u32(buffer, pos + 12, big),
            self._base + pos,
        )

    def rest(self) -> bytes:
        """What is left of the piece, which the next one must begin with."""
        self._base += self._pos
        rest = self.buffer[self._pos :]
        self._pos = 0
        return rest

    def short(self, have: int, fault: str | None) -> CaptureError:
        """The file ends after `have` bytes of the next record."""
        if have < self._header:
            reason = fault or f"the file ends after {have} bytes of the record's header"
        else:
            reason = fault or f"the file ends after {have} of the record's {self.need} bytes"
        return CaptureError(self._path, reason, int(self._number), int(self._base))
