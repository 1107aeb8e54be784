"""Reading pcapng files: all sections, interfaces, packet blocks and options.

Layout: draft-ietf-opsawg-pcapng; the obsolete Packet Block is in its appendix.

SOCKET is this project's own block, of a type that the draft keeps for local use, so
that other readers skip it. Its body, in the section's byte order: interface (32 bits),
time (nanoseconds since the epoch, the high 32 bits first, all ones when unknown),
netlink protocol (16), flags (16, bit 0: the recording program's own), port, pid, uid
(32 each, all ones when unknown), then options: SOCKET_NAME, SOCKET_COMMAND (UTF-8).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, final

from mypy_extensions import i64

from nldissect._internal.capture.files.bytestream import ByteStream
from nldissect._internal.capture.files.link import LinkLayer
from nldissect._internal.capture.files.pcap import LONGEST
from nldissect._internal.wire.block_options import BlockError, OptionCursor, read_options
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.integers import u16, u32
from nldissect._internal.wire.record import NO_TIME, Interface, Record, Socket

MAGIC = b"\x0a\x0d\x0d\x0a"
SECTION: Final = 0x0A0D0D0A
INTERFACE: Final = 1
PACKET: Final = 2
SIMPLE: Final = 3
STATISTICS: Final = 5
ENHANCED: Final = 6
SOCKET: Final = 0x80006E6C
BYTE_ORDER: Final = 0x1A2B3C4D

# Option numbers of an Interface Description Block
IF_NAME = 2
IF_DESCRIPTION = 3
IF_TSRESOL = 9
IF_FILTER = 11
IF_OS = 12
IF_TSOFFSET = 14
IF_HARDWARE = 15

# Its texts, by the attribute of `Interface` that has them; a filter begins with 0, which says
# that it is a text (1: a program).
TEXTS: Final = {
    IF_NAME: "name", IF_DESCRIPTION: "description", IF_FILTER: "filter", IF_OS: "os",
    IF_HARDWARE: "hardware",
}  # fmt: skip

ISB_IFRECV = 4
ISB_IFDROP = 5

SOCKET_NAME = 2
SOCKET_COMMAND = 3
SOCKET_BODY = "IIIHHIII"
OWN = 1
UNKNOWN = 0xFFFF_FFFF

_VERSION = 1
_HEADER: Final = 12  # type, length, and what tells the byte order of a section
_MICROSECONDS = 6

_MOST_CLOCKS: Final = 4096  # interfaces whose clock is kept


@final
class _InterfaceClock:
    """What is known of an interface, and its timestamps.

    Nanoseconds = ticks * `factor` // `divisor` + `offset`; below `limit` of the ticks' high
    32 bits all this stays within 63 bits.
    """

    __slots__ = ("divisor", "factor", "interface", "limit", "offset", "packets")

    def __init__(self, interface: Interface, resolution: int, offset: int) -> None:
        self.interface = interface
        self.packets = LinkLayer(interface)
        factor, divisor = 1, 1
        exponent = resolution & 0x7F
        if resolution & 0x80:
            factor, divisor = 1_000_000_000, 1 << exponent
        elif exponent <= 9:
            factor = 10 ** (9 - exponent)
        else:
            divisor = 10 ** (exponent - 9)
        self.factor = factor
        self.divisor = divisor
        self.offset = offset * 1_000_000_000
        fits = divisor == 1 and abs(self.offset) < 1 << 61
        self.limit: i64 = ((1 << 61) // factor >> 32) if fits else 0

    def time(self, high: i64, low: i64) -> int:
        """Nanoseconds since the epoch, whatever they are."""
        return (int(high) << 32 | int(low)) * self.factor // self.divisor + self.offset


def read_pcapng(
    source: ByteStream, head: bytes, path: str, interfaces: list[Interface]
) -> Iterator[Record]:
    """Yield the records of a pcapng file whose first bytes are `head`, its magic at least.

    Interfaces are appended to `interfaces` as they are met. Raises CaptureError where the
    file is cut short or damaged, after the records before.
    """
    parser = _PcapngParser(path, interfaces, head)
    while True:
        try:
            record = parser.next()
            if record is not None:
                yield record
                continue
            rest = parser.rest()
            need = parser.need
            buffer = yield from source.more(rest, need)
            parser.buffer = buffer
            if len(buffer) < need:
                if not buffer and source.fault is None:
                    return
                if need == _HEADER:
                    what = "bytes of a block's header"
                else:
                    what = f"of the block's {need} bytes"
                raise BlockError(source.fault or f"the file ends after {len(buffer)} {what}")
        except BlockError as damage:
            raise parser.failure(str(damage)) from None


@final
class _PcapngParser:
    """Takes the packets out of the blocks that are whole, one piece of the file after the other.

    `next` gives them until None; then `buffer` must become `rest` and what follows it, `need`
    bytes at least.
    """

    __slots__ = ("_base", "_big", "_clocks", "_described", "_interfaces", "_number", "_path",
                 "_pos", "_section", "_section_options", "buffer", "need")  # fmt: skip

    def __init__(self, path: str, interfaces: list[Interface], buffer: bytes) -> None:
        self._path = path
        self._interfaces = interfaces
        self._described: list[Interface] = []  # in this section
        self._clocks: dict[int, _InterfaceClock] = {}  # of those that had packets lately
        self._section_options = b""
        self._section: i64 = -1
        self._big = False
        self._number: i64 = 1  # of the next record
        self._base: i64 = 0  # where `buffer` begins in the file
        self._pos: i64 = 0
        self.need: i64 = 0
        self.buffer = buffer

    def next(self) -> Record | None:
        """The next packet, blocks of other kinds taken in before it; None where more is needed."""
        buffer = self.buffer
        have: i64 = len(buffer)
        while True:
            pos = self._pos
            self.need = _HEADER
            if have - pos < _HEADER:
                return None
            kind = u32(buffer, pos, self._big)
            if kind == SECTION:  # alike in both byte orders
                self._big = _byte_order(buffer, pos + 8)
            big = self._big
            length = u32(buffer, pos + 4, big)
            if length < _shortest(kind) or length & 3 != 0 or length > LONGEST:
                raise BlockError(
                    f"a length of {length} cannot be right for a block of type {kind:#x}"
                )
            if have - pos < length:
                self.need = length
                return None
            stop = pos + length - 4
            again = u32(buffer, stop, big)
            if again != length:
                raise BlockError(
                    f"the block's length is {length} at its start but {again} at its end"
                )
            if kind in (ENHANCED, PACKET, SIMPLE):
                record = self._packet(buffer, kind, pos, stop)
                self._number += 1
                self._pos = stop + 4
                return record
            self._read_block(buffer, kind, pos, stop)
            self._pos = stop + 4

    def _packet(self, buffer: bytes, kind: i64, pos: i64, stop: i64) -> Record:
        """The record of a packet block."""
        big = self._big
        start = pos + 28
        if kind == SIMPLE:
            clock = self._clock(0)
            original = u32(buffer, pos + 8, big)
            captured = original
            snaplen: i64 = clock.interface.snaplen
            if 0 < snaplen < captured:
                captured = snaplen
            start = pos + 12
        else:
            if kind == ENHANCED:
                clock = self._clock(u32(buffer, pos + 8, big))
            else:
                clock = self._clock(u16(buffer, pos + 8, big))
            captured = u32(buffer, pos + 20, big)
            original = u32(buffer, pos + 24, big)
        finish = start + captured
        if finish > stop:
            raise BlockError(f"a packet of {captured} bytes is longer than its block")
        offset = self._base + pos
        if kind == SIMPLE:
            return clock.packets.record(
                self._number, NO_TIME, buffer, start, finish, original, offset
            )
        high = u32(buffer, pos + 12, big)
        low = u32(buffer, pos + 16, big)
        time = NO_TIME
        if high < clock.limit:
            time = (high << 32 | low) * i64(clock.factor) + i64(clock.offset)
        record = clock.packets.record(self._number, time, buffer, start, finish, original, offset)
        if time == NO_TIME:
            record.time = clock.time(high, low)
        rest = start + ((captured + 3) & ~3)
        if rest < stop:
            record.options = read_options(buffer, rest, stop, big) or None
        return record

    def _clock(self, index: i64) -> _InterfaceClock:
        clock = self._clocks.get(index)
        if clock is None:
            if index >= len(self._described):
                raise BlockError(
                    f"interface {index} is not described before (there are {len(self._described)})"
                )
            if len(self._clocks) >= _MOST_CLOCKS:
                self._clocks.clear()
            clock = self._clocks[int(index)] = _clock_of(self._described[index])
        return clock

    def _read_block(self, buffer: bytes, kind: i64, pos: i64, stop: i64) -> None:
        """Takes in a block that is no packet."""
        big, described = self._big, self._described
        order = ">" if big else "<"
        if kind == SECTION:
            major, minor = struct.unpack_from(order + "HH", buffer, pos + 12)
            if major != _VERSION:
                raise BlockError(f"pcapng version {major}.{minor} is not known, only 1.x is")
            self._section += 1
            self._section_options = _all_options(buffer, pos + 24, stop, big)
            self._described = []
            self._clocks = {}
        elif kind == INTERFACE:
            link, snaplen = struct.unpack_from(order + "HxxI", buffer, pos + 8)
            interface = Interface(link, big, self._section, len(described), snaplen)
            interface.packed_section = self._section_options
            _describe(interface, buffer, pos + 16, stop)
            described.append(interface)
            self._interfaces.append(interface)
        elif kind == SOCKET:
            _read_socket(order, buffer, pos + 8, stop, described)
        elif kind == STATISTICS:
            _read_statistics(order, buffer, pos + 8, stop, described)

    def rest(self) -> bytes:
        """What is left of the piece, which the next one must begin with."""
        self._base += self._pos
        rest = self.buffer[self._pos :]
        self._pos = 0
        return rest

    def failure(self, reason: str) -> CaptureError:
        """The block at hand cannot be read."""
        return CaptureError(self._path, reason, int(self._number), int(self._base + self._pos))


def _shortest(kind: i64) -> i64:
    """The length of the shortest block of a type, in bytes, without options."""
    if kind in (ENHANCED, PACKET):
        return 32
    if kind == SIMPLE:
        return 16
    if kind == SECTION:
        return 28
    if kind == INTERFACE:
        return 20
    return 24 if kind == STATISTICS else 12


def _byte_order(buffer: bytes, pos: i64) -> bool:
    """Whether a section is big-endian."""
    for big in (False, True):
        if u32(buffer, pos, big) == BYTE_ORDER:
            return big
    raise BlockError(f"a section's byte order cannot be {buffer[pos : pos + 4].hex()}")


def _all_options(buffer: bytes, pos: i64, stop: i64, big: bool) -> bytes:
    """The bytes of all options up to the end mark."""
    cursor = OptionCursor(buffer, pos, stop, big)
    while cursor.next():
        pass
    return buffer[pos : cursor.pos]


def _describe(interface: Interface, buffer: bytes, pos: i64, stop: i64) -> None:
    """Set the texts of `interface`, and keep its other options."""
    kept: list[bytes] = []
    cursor = OptionCursor(buffer, pos, stop, interface.big_endian)
    taken = False
    while cursor.next():
        if taken:
            pos = cursor.pos
            taken = False
        code = int(cursor.code)
        if code == IF_TSRESOL or code == IF_TSOFFSET:
            name, want = ("if_tsresol", 1) if code == IF_TSRESOL else ("if_tsoffset", 8)
            if cursor.end - cursor.start != want:
                raise BlockError(f"{name} has {cursor.end - cursor.start} bytes, not {want}")
        text = TEXTS.get(code)
        if text is None or getattr(interface, text) is not None:
            continue
        start = cursor.start
        if code == IF_FILTER:
            if start == cursor.end or buffer[start] != 0:
                continue
            start += 1
        setattr(interface, text, _text(buffer[start : cursor.end]))
        kept.append(buffer[pos : cursor.pos])
        taken = True
    if not taken:
        kept.append(buffer[pos : cursor.pos])
    interface.packed = b"".join(kept)


def _clock_of(interface: Interface) -> _InterfaceClock:
    """The clock by which an interface tells the time; the last options that say it count."""
    resolution, offset, packed = _MICROSECONDS, 0, interface.packed
    cursor = OptionCursor(packed, 0, len(packed), interface.big_endian)
    while cursor.next():
        if cursor.code == IF_TSRESOL:
            resolution = packed[cursor.start]
        elif cursor.code == IF_TSOFFSET:
            order = ">q" if interface.big_endian else "<q"
            (offset,) = struct.unpack_from(order, packed, int(cursor.start))
    return _InterfaceClock(interface, resolution, offset)


def _read_socket(
    order: str, buffer: bytes, pos: int, stop: int, described: list[Interface]
) -> None:
    """Keep what a socket block says with its interface; pass over one that is not ours."""
    body = struct.Struct(order + SOCKET_BODY)
    if stop - pos < body.size:
        return
    index, high, low, protocol, flags, port, pid, uid = body.unpack_from(buffer, pos)
    if index >= len(described):
        return
    try:
        texts = dict(read_options(buffer, pos + body.size, stop, order == ">"))
    except BlockError:
        return
    name, command = texts.get(SOCKET_NAME), texts.get(SOCKET_COMMAND)
    described[index].sockets.append(
        Socket(
            None if high == low == UNKNOWN else high << 32 | low,
            protocol,
            port,
            pid,
            None if name is None else _text(name),
            None if command is None else _text(command),
            None if uid == UNKNOWN else uid,
            bool(flags & OWN),
        )
    )


def _read_statistics(
    order: str, buffer: bytes, pos: int, stop: int, described: list[Interface]
) -> None:
    """Keep what an Interface Statistics Block says of loss with its interface."""
    (index,) = struct.unpack_from(order + "I", buffer, pos)
    if index >= len(described):
        return
    for code, value in read_options(buffer, pos + 12, stop, order == ">"):
        if code == ISB_IFDROP and len(value) == 8:
            (described[index].dropped,) = struct.unpack(order + "Q", value)


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "backslashreplace")
