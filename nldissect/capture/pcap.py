"""Reading pcap files: either byte order, microseconds and nanoseconds.

Layout: draft-ietf-opsawg-pcap, and libpcap's sf-pcap.c for the magic numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from nldissect.capture.link import make_record
from nldissect.capture.source import Source
from nldissect.errors import CaptureError
from nldissect.record import Interface, Record

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


# Whether the packet between two places of the bytes is not wanted
Passes = Callable[[bytes, int, int, Interface], bool]


def read_pcap(
    source: Source, head: bytes, path: str, interfaces: list[Interface],
    passes: Passes | None = None,
) -> Iterator[Record]:  # fmt: skip
    """Yield the records of a pcap file whose first bytes are `head`, its magic number at least.

    The one interface is appended to `interfaces`. What `passes` says so of is counted
    and left out. Raises CaptureError where
    the file is cut short or damaged, after the records before.
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
    while True:
        number += 1
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
        if passes is not None and captured == original and passes(buffer, start, stop, interface):
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
