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

Options = list[tuple[int, bytes]]


class _BlockError(Exception):
    """Why the block at hand cannot be read."""


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
                raise _BlockError(source.fault or f"the file ends after {len(buffer)} {what}")
        except _BlockError as damage:
            raise parser.failure(str(damage)) from None


@final
class _PcapngParser:
    """Takes the packets out of the blocks that are whole, one piece of the file after the other.

    `next` gives them until None; then `buffer` must become `rest` and what follows it, `need`
    bytes at least.
    """

    __slots__ = ("_base", "_big", "_clocks", "_interfaces", "_number", "_path", "_pos",
                 "_section", "_section_options", "buffer", "need")  # fmt: skip

    def __init__(self, path: str, interfaces: list[Interface], buffer: bytes) -> None:
        self._path = path
        self._interfaces = interfaces
        self._clocks: list[_InterfaceClock] = []
        self._section_options: Options = []
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
                raise _BlockError(
                    f"a length of {length} cannot be right for a block of type {kind:#x}"
                )
            if have - pos < length:
                self.need = length
                return None
            stop = pos + length - 4
            again = u32(buffer, stop, big)
            if again != length:
                raise _BlockError(
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
            raise _BlockError(f"a packet of {captured} bytes is longer than its block")
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
        if index >= len(self._clocks):
            raise _BlockError(
                f"interface {index} is not described before (there are {len(self._clocks)})"
            )
        return self._clocks[index]

    def _read_block(self, buffer: bytes, kind: i64, pos: i64, stop: i64) -> None:
        """Takes in a block that is no packet."""
        big, clocks = self._big, self._clocks
        order = ">" if big else "<"
        if kind == SECTION:
            major, minor = struct.unpack_from(order + "HH", buffer, pos + 12)
            if major != _VERSION:
                raise _BlockError(f"pcapng version {major}.{minor} is not known, only 1.x is")
            self._section += 1
            self._section_options = read_options(buffer, pos + 24, stop, big)
            self._clocks = []
        elif kind == INTERFACE:
            link, snaplen = struct.unpack_from(order + "HxxI", buffer, pos + 8)
            interface = Interface(link, big, self._section, len(clocks), snaplen)
            interface.section_options = self._section_options
            clocks.append(_describe(interface, read_options(buffer, pos + 16, stop, big)))
            self._interfaces.append(interface)
        elif kind == SOCKET:
            _read_socket(order, buffer, pos + 8, stop, clocks)
        elif kind == STATISTICS:
            _read_statistics(order, buffer, pos + 8, stop, clocks)

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
    raise _BlockError(f"a section's byte order cannot be {buffer[pos : pos + 4].hex()}")


def read_options(buffer: bytes, pos: i64, stop: i64, big: bool) -> Options:
    """Return the options in `buffer[pos:stop]` up to the end mark, as (code, bytes)."""
    options: Options = []
    while pos < stop:  # both are multiples of 4 from the block's start
        code = u16(buffer, pos, big)
        length = u16(buffer, pos + 2, big)
        if code == 0:
            break
        pos += 4
        if pos + length > stop:
            raise _BlockError(f"option {code} of {length} bytes is longer than its block")
        options.append((int(code), buffer[pos : pos + length]))
        pos += (length + 3) & ~3
    return options


def _describe(interface: Interface, options: Options) -> _InterfaceClock:
    """Set the texts and other options of `interface`; return its clock."""
    resolution = _MICROSECONDS
    offset = 0
    for code, value in options:
        name = TEXTS.get(code)
        written = code != IF_FILTER or value[:1] == b"\0"
        if name is not None and written and getattr(interface, name) is None:
            setattr(interface, name, _text(value[1:] if code == IF_FILTER else value))
        else:
            interface.options.append((code, value))
            if code == IF_TSRESOL:
                if len(value) != 1:
                    raise _BlockError(f"if_tsresol has {len(value)} bytes, not 1")
                resolution = value[0]
            elif code == IF_TSOFFSET:
                if len(value) != 8:
                    raise _BlockError(f"if_tsoffset has {len(value)} bytes, not 8")
                (offset,) = struct.unpack(">q" if interface.big_endian else "<q", value)
    return _InterfaceClock(interface, resolution, offset)


def _read_socket(
    order: str, buffer: bytes, pos: int, stop: int, clocks: list[_InterfaceClock]
) -> None:
    """Keep what a socket block says with its interface; pass over one that is not ours."""
    body = struct.Struct(order + SOCKET_BODY)
    if stop - pos < body.size:
        return
    index, high, low, protocol, flags, port, pid, uid = body.unpack_from(buffer, pos)
    if index >= len(clocks):
        return
    try:
        texts = dict(read_options(buffer, pos + body.size, stop, order == ">"))
    except _BlockError:
        return
    name, command = texts.get(SOCKET_NAME), texts.get(SOCKET_COMMAND)
    clocks[index].interface.sockets.append(
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
    order: str, buffer: bytes, pos: int, stop: int, clocks: list[_InterfaceClock]
) -> None:
    """Keep what an Interface Statistics Block says of loss with its interface."""
    (index,) = struct.unpack_from(order + "I", buffer, pos)
    if index >= len(clocks):
        return
    for code, value in read_options(buffer, pos + 12, stop, order == ">"):
        if code == ISB_IFDROP and len(value) == 8:
            (clocks[index].interface.dropped,) = struct.unpack(order + "Q", value)


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "backslashreplace")
