"""Link types: which cooked header stands in front of a netlink datagram."""

from __future__ import annotations

import struct
from typing import Final, final

from librt.strings import read_i16_be, read_i64_le
from mypy_extensions import i64

from nldissect._internal.wire.record import Interface, Record

NETLINK = 253
LINUX_SLL = 113
LINUX_SLL2 = 276

# linux/if_arp.h, and the packet types of linux/if_packet.h
ARPHRD_NETLINK: Final = 824
PACKET_OUTGOING: Final = 4
PACKET_USER: Final = 6
PACKET_KERNEL: Final = 7

# Link type: length of its header, offset of the netlink protocol (u16, big-endian) and of the
# ARPHRD value that must be 824 (-1: the link type alone says netlink). Layouts: tcpdump.org,
# LINKTYPE_NETLINK, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2.
COOKED = {NETLINK: (16, 14, -1), LINUX_SLL: (16, 14, 2), LINUX_SLL2: (20, 0, 8)}


def cooked_header(packet_type: int, protocol: int) -> bytes:
    """The header of LINKTYPE_NETLINK in front of a datagram."""
    return struct.pack(">HH10xH", packet_type, ARPHRD_NETLINK, protocol)


@final
class LinkLayer:
    """Makes records of the packets of one interface."""

    __slots__ = ("_arphrd", "_cooked", "_high", "_low", "_protocol", "_size", "interface")

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        layout = COOKED.get(interface.link_type, (-1, -1, -1))
        self._size: i64 = layout[0]
        self._protocol: i64 = layout[1]
        self._arphrd: i64 = layout[2]
        # The cooked header of the packet before, which most share
        self._cooked = b""
        self._high: i64 = 0
        self._low: i64 = 0

    def record(
        self,
        number: i64,
        time_ns: i64,
        buffer: bytes,
        start: i64,
        stop: i64,
        original: i64,
        offset: i64,
    ) -> Record:
        """Make the record of the packet `buffer[start:stop]`, its cooked header taken off.

        `original` is the packet's length on the link, header included. Whatever
        is not netlink is kept whole, with protocol -1.
        """
        body = start + self._size
        protocol: i64 = -1
        cooked = b""
        if (
            self._size >= 0
            and body <= stop
            and (self._arphrd < 0 or read_i16_be(buffer, start + self._arphrd) == ARPHRD_NETLINK)
        ):
            protocol = i64(read_i16_be(buffer, start + self._protocol)) & 0xFFFF
            original -= self._size
            if original < 0:
                original = 0
            high = read_i64_le(buffer, start)
            low = read_i64_le(buffer, start + 8)
            if high != self._high or low != self._low or len(self._cooked) != 16:
                self._high = high
                self._low = low
                self._cooked = buffer[start:body]
            cooked = self._cooked
            start = body
        record = Record(
            number, None, protocol, buffer[start:stop], original, offset, self.interface, cooked
        )
        record.time_ns = time_ns
        return record
