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

from nldissect._internal.capture.link import make_record
from nldissect._internal.capture.pcap import LONGEST, NO_LEAP, Sieve, leap
from nldissect._internal.capture.source import Source
from nldissect._internal.errors import CaptureError
from nldissect._internal.record import Interface, Record, Socket

MAGIC = b"\x0a\x0d\x0d\x0a"
SECTION = 0x0A0D0D0A
INTERFACE = 1
PACKET = 2
SIMPLE = 3
STATISTICS = 5
ENHANCED = 6
SOCKET = 0x80006E6C
BYTE_ORDER = 0x1A2B3C4D

# Option numbers of an Interface Description Block
IF_NAME = 2
IF_DESCRIPTION = 3
IF_TSRESOL = 9
IF_FILTER = 11
IF_OS = 12
IF_TSOFFSET = 14
IF_HARDWARE = 15

ISB_IFRECV = 4
ISB_IFDROP = 5

SOCKET_NAME = 2
SOCKET_COMMAND = 3
SOCKET_BODY = "IIIHHIII"
OWN = 1
UNKNOWN = 0xFFFF_FFFF

_VERSION = 1
# Shortest block of each type, in bytes, without options
_SHORTEST = {SECTION: 28, INTERFACE: 20, PACKET: 32, SIMPLE: 16, STATISTICS: 24, ENHANCED: 32}
_SHORTEST_ANY = 12
_PACKETS = (ENHANCED, PACKET)
_HEADER = 12  # type, length, and what tells the byte order of a section
_MICROSECONDS = 6

Options = list[tuple[int, bytes]]


class _Damage(Exception):
    """Why the block at hand cannot be read."""


class _Clock:
    """Timestamps of an interface: nanoseconds = ticks * `factor` // `divisor` + `offset`."""

    __slots__ = ("divisor", "factor", "interface", "offset")

    def __init__(self, interface: Interface, resolution: int, offset: int) -> None:
        self.interface = interface
        self.offset = offset * 1_000_000_000
        exponent = resolution & 0x7F
        if resolution & 0x80:
            self.factor, self.divisor = 1_000_000_000, 1 << exponent
        elif exponent <= 9:
            self.factor, self.divisor = 10 ** (9 - exponent), 1
        else:
            self.factor, self.divisor = 1, 10 ** (exponent - 9)


def read_pcapng(
    source: Source, head: bytes, path: str, interfaces: list[Interface],
    sieve: Sieve | None = None,
) -> Iterator[Record]:  # fmt: skip
    """Yield the records of a pcapng file whose first bytes are `head`, its magic at least.

    Interfaces are appended to `interfaces` as they are met. What the sieve does not want is
    left out, unless it has options. Raises CaptureError where the file is cut short or damaged,
    after the records before.
    """
    order = "<"
    two = four = packet = packet_old = struct.Struct("")
    clocks: list[_Clock] = []
    section_options: Options = []
    section = -1
    number = 1  # of the next record
    base = 0  # where `buffer` begins in the file
    pos = 0
    buffer = head
    end = len(buffer)
    passes = None if sieve is None else sieve.passes
    leaps = iter(()) if sieve is None else sieve.leaps()
    first, last, begin, place = next(leaps, NO_LEAP)
    while True:
        if number == first and base + pos == begin:
            number, pos = last + 1, place - base
            first, last, begin, place = next(leaps, NO_LEAP)
            if pos > end:
                buffer, pos, base = yield from leap(source, end, pos, base)
                end = len(buffer)
        if end - pos < _HEADER:
            base += pos
            buffer = yield from source.more(buffer[pos:], _HEADER)
            pos = 0
            end = len(buffer)
            if end < _HEADER:
                if end == 0 and source.fault is None:
                    return
                reason = source.fault or f"the file ends after {end} bytes of a block's header"
                raise CaptureError(path, reason, number, base)
        try:
            if buffer.startswith(MAGIC, pos):
                order = _byte_order(buffer, pos + 8)
                two = struct.Struct(order + "II")
                four = struct.Struct(order + "I")
                packet = struct.Struct(order + "IIIII")
                packet_old = struct.Struct(order + "HxxIIII")
            kind, length = two.unpack_from(buffer, pos)
            if length < _SHORTEST.get(kind, _SHORTEST_ANY) or length & 3 or length > LONGEST:
                raise _Damage(f"a length of {length} cannot be right for a block of type {kind:#x}")
            stop = pos + length
            if stop > end:
                base += pos
                buffer = yield from source.more(buffer[pos:], length)
                pos = 0
                end = len(buffer)
                stop = length
                if stop > end:
                    raise _Damage(
                        source.fault or f"the file ends after {end} of the block's {stop} bytes"
                    )
            stop -= 4
            if four.unpack_from(buffer, stop)[0] != length:
                raise _Damage(
                    f"the block's length is {length} at its start"
                    f" but {four.unpack_from(buffer, stop)[0]} at its end"
                )
            if kind in _PACKETS:
                index, high, low, captured, original = (
                    packet if kind == ENHANCED else packet_old
                ).unpack_from(buffer, pos + 8)
                start = pos + 28
                finish = start + captured
                if finish > stop:
                    raise _Damage(f"a packet of {captured} bytes is longer than its block")
                clock = _clock(clocks, index)
                rest = finish + (-captured & 3)
                if passes is not None and rest >= stop and captured == original and passes(
                    buffer, start, finish, number, base + pos, base + stop + 4, clock.interface
                ):
                    number += 1
                    pos = stop + 4
                    continue
                record = make_record(
                    number,
                    (high << 32 | low) * clock.factor // clock.divisor + clock.offset,
                    buffer,
                    start,
                    finish,
                    original,
                    base + pos,
                    clock.interface,
                    read_options(order, buffer, rest, stop) or None if rest < stop else None,
                )
            elif kind == SIMPLE:
                (original,) = four.unpack_from(buffer, pos + 8)
                clock = _clock(clocks, 0)
                captured = min(original, clock.interface.snaplen or original)
                start = pos + 12
                finish = start + captured
                if finish > stop:
                    raise _Damage(f"a packet of {captured} bytes is longer than its block")
                record = make_record(
                    number, None, buffer, start, finish, original, base + pos, clock.interface
                )
            else:
                if kind == SECTION:
                    major, minor = struct.unpack_from(order + "HH", buffer, pos + 12)
                    if major != _VERSION:
                        raise _Damage(f"pcapng version {major}.{minor} is not known, only 1.x is")
                    section += 1
                    section_options = read_options(order, buffer, pos + 24, stop)
                    clocks = []
                elif kind == INTERFACE:
                    link, snaplen = struct.unpack_from(order + "HxxI", buffer, pos + 8)
                    interface = Interface(link, order == ">", section, len(clocks), snaplen)
                    interface.section_options = section_options
                    options = read_options(order, buffer, pos + 16, stop)
                    clocks.append(_describe(interface, order, options))
                    interfaces.append(interface)
                elif kind == SOCKET:
                    _owned(order, buffer, pos + 8, stop, clocks)
                elif kind == STATISTICS:
                    _statistics(order, buffer, pos + 8, stop, clocks)
                pos = stop + 4
                continue
        except _Damage as damage:
            raise CaptureError(path, str(damage), number, base + pos) from None
        yield record
        number += 1
        pos = stop + 4


def _byte_order(buffer: bytes, pos: int) -> str:
    for order in "<>":
        if struct.unpack_from(order + "I", buffer, pos)[0] == BYTE_ORDER:
            return order
    raise _Damage(f"a section's byte order cannot be {buffer[pos : pos + 4].hex()}")


def _clock(clocks: list[_Clock], index: int) -> _Clock:
    if index >= len(clocks):
        raise _Damage(f"interface {index} is not described before (there are {len(clocks)})")
    return clocks[index]


def read_options(order: str, buffer: bytes, pos: int, stop: int) -> Options:
    """Return the options in `buffer[pos:stop]` up to the end mark, as (code, bytes)."""
    options: Options = []
    while pos < stop:  # both are multiples of 4 from the block's start
        code, length = struct.unpack_from(order + "HH", buffer, pos)
        if code == 0:
            break
        pos += 4
        if pos + length > stop:
            raise _Damage(f"option {code} of {length} bytes is longer than its block")
        options.append((code, buffer[pos : pos + length]))
        pos += length + (-length & 3)
    return options


def _describe(interface: Interface, order: str, options: Options) -> _Clock:
    """Set the texts and other options of `interface`; return its clock."""
    resolution = _MICROSECONDS
    offset = 0
    for code, value in options:
        if code == IF_NAME and interface.name is None:
            interface.name = _text(value)
        elif code == IF_DESCRIPTION and interface.description is None:
            interface.description = _text(value)
        elif code == IF_OS and interface.os is None:
            interface.os = _text(value)
        elif code == IF_HARDWARE and interface.hardware is None:
            interface.hardware = _text(value)
        elif code == IF_FILTER and interface.filter is None and value[:1] == b"\0":
            interface.filter = _text(value[1:])  # 0: a text; 1: a program
        else:
            interface.options.append((code, value))
            if code == IF_TSRESOL:
                if len(value) != 1:
                    raise _Damage(f"if_tsresol has {len(value)} bytes, not 1")
                resolution = value[0]
            elif code == IF_TSOFFSET:
                if len(value) != 8:
                    raise _Damage(f"if_tsoffset has {len(value)} bytes, not 8")
                (offset,) = struct.unpack(order + "q", value)
    return _Clock(interface, resolution, offset)


def _owned(order: str, buffer: bytes, pos: int, stop: int, clocks: list[_Clock]) -> None:
    """Keep what a socket block says with its interface; pass over one that is not ours."""
    body = struct.Struct(order + SOCKET_BODY)
    if stop - pos < body.size:
        return
    index, high, low, protocol, flags, port, pid, uid = body.unpack_from(buffer, pos)
    if index >= len(clocks):
        return
    try:
        texts = dict(read_options(order, buffer, pos + body.size, stop))
    except _Damage:
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


def _statistics(order: str, buffer: bytes, pos: int, stop: int, clocks: list[_Clock]) -> None:
    """Keep what an Interface Statistics Block says of loss with its interface."""
    (index,) = struct.unpack_from(order + "I", buffer, pos)
    if index >= len(clocks):
        return
    for code, value in read_options(order, buffer, pos + 12, stop):
        if code == ISB_IFDROP and len(value) == 8:
            (clocks[index].interface.dropped,) = struct.unpack(order + "Q", value)


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "backslashreplace")
