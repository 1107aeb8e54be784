"""Link types: which cooked header stands in front of a netlink datagram."""

from __future__ import annotations

from nldissect._internal.record import Interface, Record

NETLINK = 253
LINUX_SLL = 113
LINUX_SLL2 = 276

# ARPHRD_NETLINK, linux/if_arp.h
ARPHRD_NETLINK = 824
_ARPHRD_HIGH, _ARPHRD_LOW = divmod(ARPHRD_NETLINK, 256)

# Link type: length of its header, offset of the netlink protocol (u16, big-endian) and of the
# ARPHRD value that must be 824 (-1: the link type alone says netlink). Layouts: tcpdump.org,
# LINKTYPE_NETLINK, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2.
COOKED = {
    NETLINK: (16, 14, -1),
    LINUX_SLL: (16, 14, 2),
    LINUX_SLL2: (20, 0, 8),
}


def make_record(
    number: int,
    time: int | None,
    buffer: bytes,
    start: int,
    stop: int,
    original: int,
    offset: int,
    interface: Interface,
    options: list[tuple[int, bytes]] | None = None,
) -> Record:
    """Make the record of the packet `buffer[start:stop]`, its cooked header taken off.

    `original` is the packet's length on the link, header included. Whatever
    is not netlink is kept whole, with protocol -1.
    """
    layout = COOKED.get(interface.link_type)
    if layout is not None:
        size, protocol, arphrd = layout
        body = start + size
        if body <= stop and (
            arphrd < 0
            or (
                buffer[start + arphrd] == _ARPHRD_HIGH and buffer[start + arphrd + 1] == _ARPHRD_LOW
            )
        ):
            protocol += start
            original -= size
            return Record(
                number,
                time,
                buffer[protocol] << 8 | buffer[protocol + 1],
                buffer[body:stop],
                original if original > 0 else 0,
                offset,
                interface,
                buffer[start:body],
                options,
            )
    return Record(number, time, -1, buffer[start:stop], original, offset, interface, b"", options)
