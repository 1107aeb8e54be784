"""Reading pcap files: either byte order, microseconds and nanoseconds.

Layout: draft-ietf-opsawg-pcap, and libpcap's sf-pcap.c for the magic numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from typing import Final, Protocol

from nldissect._internal.capture.link import make_record
from nldissect._internal.capture.source import Source
from nldissect._internal.errors import CaptureError
from nldissect._internal.record import Interface, Record

# The longest packet believed, in bytes; a larger length means that the file is damaged.
LONGEST = 256 << 20

# Magic number as its four bytes in the file: byte order, nanoseconds per unit of the fraction,
# length of a record's header (the last one is Alexey Kuznetsov's, with an interface index).
_VARIANTS = {
    0xA1B2C3D4: (1000, 16),
    0xA1B23C4D: (1, 16),
    0xA1B2CD34: (1000, 24),
}
MAGICS = {
    magic.to_bytes(4, "big" if order == ">" else "little"): (order, unit, header)
    for magic, (unit, header) in _VARIANTS.items()
    for order in "<>"
}
_FILE_HEADER = 24
_VERSION = 2
# The bits above are reserved or hold the length of a frame check sequence.
_LINK_TYPE = 0xFFFF
NO_LEAP: Final = (-1, -1, -1, -1)


class Sieve(Protocol):
    """Says which packets are not wanted."""

    def passes(
        self, buffer: bytes, start: int, stop: int, number: int, begin: int, end: int,
        interface: Interface,
    ) -> bool:  # fmt: skip
        """Whether the packet in `buffer[start:stop]` is not.

        It is that of record `number`, which is from `begin` to `end` in the file.
        """
        ...

    def leaps(self) -> Iterator[tuple[int, int, int, int]]:
        """Runs of records known not to be: the first, the last, and where they begin and end.

        A run is taken, and has to be counted, when the next one is asked for.
        """
        ...


def leap(
    source: Source, end: int, pos: int, base: int
) -> Generator[Record, None, tuple[bytes, int, int]]:
    """Reads on to `pos`, beyond the `end` of a buffer that begins at `base` in the file.

    Returns the buffer that has it, where in there, and where that begins in the file.
    """
    buffer = b""
    while pos > end > 0:
        pos -= end
        base += end
        buffer = yield from source.more(b"", 1)
        end = len(buffer)
    return buffer, pos, base


def read_pcap(
    source: Source, head: bytes, path: str, interfaces: list[Interface],
    sieve: Sieve | None = None,
) -> Iterator[Record]:  # fmt: skip
    """Yield the records of a pcap file whose first bytes are `head`, its magic number at least.

    The one interface is appended to `interfaces`. What the sieve does not want is left
    out. Raises CaptureError where the file is cut short or damaged, after the records before.
    """
    order, unit, header = MAGICS[head[:4]]
    buffer = yield from source.more(head, _FILE_HEADER)
    end = len(buffer)
    if end < _FILE_HEADER:
        reason = source.fault or f"the file ends after {end} of the pcap header's 24 bytes"
        raise CaptureError(path, reason, 1, 0)
    major, minor, snaplen, link = struct.unpack_from(order + "HH8xII", buffer, 4)
    if major != _VERSION:
        raise CaptureError(path, f"pcap version {major}.{minor} is not known, only 2.4 is")
    interface = Interface(link & _LINK_TYPE, order == ">", snaplen=snaplen)
    interfaces.append(interface)

    unpack = struct.Struct(order + "IIII").unpack_from
    number = 0
    base = 0  # where `buffer` begins in the file
    pos = _FILE_HEADER
    passes = None if sieve is None else sieve.passes
    leaps = iter(()) if sieve is None else sieve.leaps()
    first, last, _, place = next(leaps, NO_LEAP)
    while True:
        number += 1
        if number == first:
            number, pos = last + 1, place - base
            first, last, _, place = next(leaps, NO_LEAP)
            if pos > end:
                buffer, pos, base = yield from leap(source, end, pos, base)
                end = len(buffer)
        if end - pos < header:
            base += pos
            buffer = yield from source.more(buffer[pos:], header)
            pos = 0
            end = len(buffer)
            if end < header:
                if end == 0 and source.fault is None:
                    return
                reason = source.fault or f"the file ends after {end} bytes of the record's header"
                raise CaptureError(path, reason, number, base)
        seconds, fraction, captured, original = unpack(buffer, pos)
        if captured > LONGEST:
            raise CaptureError(
                path, f"a record of {captured} bytes cannot be right: damaged", number, base + pos
            )
        start = pos + header
        stop = start + captured
        if stop > end:
            base += pos
            buffer = yield from source.more(buffer[pos:], header + captured)
            pos = 0
            end = len(buffer)
            start = header
            stop = header + captured
            if stop > end:
                reason = source.fault or f"the file ends after {end} of the record's {stop} bytes"
                raise CaptureError(path, reason, number, base)
        if passes is not None and captured == original and passes(
            buffer, start, stop, number, base + pos, base + stop, interface
        ):
            pos = stop
            continue
        yield make_record(
            number,
            seconds * 1_000_000_000 + fraction * unit,
            buffer,
            start,
            stop,
            original,
            base + pos,
            interface,
        )
        pos = stop
