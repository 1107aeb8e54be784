"""Framing: where the messages of a datagram start and end, and in which byte order.

Knows struct nlmsghdr (16 bytes: length u32, type u16, flags u16, sequence u32,
port u32; linux/netlink.h), struct genlmsghdr (4 bytes: command u8, version u8,
reserved u16; linux/genetlink.h), 4-byte alignment, and no names.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct as _Struct
from typing import Any, Final

NLMSG_NOOP: Final = 1
NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
NLMSG_OVERRUN: Final = 4
NLMSG_MIN_TYPE: Final = 16

NLM_F_REQUEST: Final = 1
NLM_F_MULTI: Final = 2
NLM_F_CAPPED: Final = 0x100
NLM_F_ACK_TLVS: Final = 0x200

NLA_F_NESTED: Final = 0x8000
NLA_F_NET_BYTEORDER: Final = 0x4000
NLA_TYPE_MASK: Final = 0x3FFF

NETLINK_ROUTE: Final = 0
NETLINK_USERSOCK: Final = 2
NETLINK_AUDIT: Final = 9
NETLINK_NETFILTER: Final = 12
NETLINK_KOBJECT_UEVENT: Final = 15
NETLINK_GENERIC: Final = 16
NETLINK_SOCK_DIAG: Final = 4
GENL_ID_CTRL: Final = 16
# Families with an id of their own (linux/genetlink.h)
FIXED_FAMILIES: Final = {GENL_ID_CTRL: "nlctrl", 17: "VFS_DQUOT", 18: "pmcraid"}
# Protocols whose datagrams need not be netlink messages: user programs' own, and uevents.
FREE_FORM: Final = (NETLINK_USERSOCK, NETLINK_KOBJECT_UEVENT)

Unpack = Callable[[bytes | bytearray, int], tuple[Any, ...]]

# unpack_from by byte order: index with `big` (False is little).
HEADER: Final[tuple[Unpack, Unpack]] = (
    _Struct("<IHHII").unpack_from,
    _Struct(">IHHII").unpack_from,
)
ATTR: Final[tuple[Unpack, Unpack]] = (_Struct("<HH").unpack_from, _Struct(">HH").unpack_from)
LENGTH: Final[tuple[Unpack, Unpack]] = (_Struct("<I").unpack_from, _Struct(">I").unpack_from)

# How a frame differs from a well-formed one; OK is 0 so that it can be tested as false.
OK: Final = 0
SHORT_LENGTH: Final = 1  # nlmsg_len under 16
LONG_LENGTH: Final = 2  # nlmsg_len over what the record holds
CUT: Final = 3  # the snapshot length cut the message
NO_HEADER: Final = 4  # fewer than 16 bytes
UNALIGNED: Final = 5  # starts where the one before ended, not at a multiple of 4
AUDIT_LENGTH: Final = 6  # nlmsg_len leaves out the header, as the audit subsystem sends it

# (start, end of the message, end of what belongs to it with padding and trailing bytes, state)
Frame = tuple[int, int, int, int]


def chain(data: bytes, big: bool, total: int) -> int:
    """How well the lengths in `data` chain in this byte order.

    Returns the number of messages when the chain ends exactly at `total` (the
    original length), leaves less than a header or only zeros, or holds as far
    as the bytes were captured; 0 when it does not hold.
    """
    unpack = LENGTH[big]
    have = len(data)
    pos = count = 0
    while pos + 16 <= have:
        length = unpack(data, pos)[0]
        if length < 16 or pos + length > total:
            if count and not any(data[pos:]):
                return count
            return 0
        count += 1
        pos += (length + 3) & ~3
    return count if count and (total - pos < 16 or have < total) else 0


def guess_order(data: bytes, total: int) -> bool | None:
    """True for big-endian, False for little, None when the bytes do not tell.

    Where both chains hold, the longer one does so less by accident: 256
    little-endian messages of 256 bytes look like one big-endian one of 65536.
    """
    little = chain(data, False, total)
    big = chain(data, True, total)
    return None if little == big else big > little


def split(data: bytes, big: bool, total: int, protocol: int) -> list[Frame]:
    """The frames of one datagram; together they cover every byte of it.

    `total` is the datagram's original length. Bytes after the last message
    that are no message (zero padding, leftovers) belong to that message's
    frame, after its end.
    """
    have = len(data)
    unpack = LENGTH[big]
    length = unpack(data, 0)[0] if have >= 16 else 0
    if length == have and have:  # by far the commonest
        return [(0, have, have, OK)]
    if not have:
        return [(0, 0, 0, CUT if total else NO_HEADER)]
    audit = protocol == NETLINK_AUDIT and length + 16 == have == total
    if audit and not _follows(data, length, big):
        return [(0, have, have, AUDIT_LENGTH)]
    out: list[Frame] = []
    pos = 0
    while pos < have:
        left = have - pos
        length = unpack(data, pos)[0] if left >= 16 else 0
        state = OK
        if length < 16 or length > left:
            before = out[-1][1] if out else pos
            if length >= 16 and pos + length <= total:
                state = CUT
            elif out and not any(data[pos:]):
                _give(out, have)
                break
            elif before & 3 and before < pos and _follows(data, before, big):
                _give(out, before)
                pos, state = before, UNALIGNED
                length = unpack(data, pos)[0]
            elif left >= 16:
                state = SHORT_LENGTH if length < 16 else LONG_LENGTH
            elif total > have:
                state = CUT
            elif out:
                _give(out, have)
                break
            else:
                state = NO_HEADER
        if state != OK and state != UNALIGNED:
            out.append((pos, have, have, state))
            break
        end = pos + length
        aligned = pos + ((length + 3) & ~3)
        if aligned > have:
            aligned = have
        out.append((pos, end, aligned, state))
        pos = aligned
    return out


def _follows(data: bytes, pos: int, big: bool) -> bool:
    """Whether a message that is all there starts at `pos`."""
    left = len(data) - pos
    return left >= 16 and 16 <= LENGTH[big](data, pos)[0] <= left


def _give(out: list[Frame], end: int) -> None:
    """Lets the last frame own everything up to `end`."""
    start, stop, _, state = out[-1]
    out[-1] = (start, stop, end, state)
