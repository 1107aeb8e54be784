"""Framing: where the messages of a datagram start and end, and in which byte order.

Knows struct nlmsghdr (16 bytes: length u32, type u16, flags u16, sequence u32,
port u32; linux/netlink.h), struct genlmsghdr (4 bytes: command u8, version u8,
reserved u16; linux/genetlink.h), 4-byte alignment, and no names.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct as _Struct
from typing import Any, Final, final

from mypy_extensions import i64, mypyc_attr

from .integers import u16, u32

NLMSG_NOOP: Final = 1
NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
NLMSG_OVERRUN: Final = 4
NLMSG_MIN_TYPE: Final = 16

NLM_F_REQUEST: Final = 1
NLM_F_MULTI: Final = 2
NLM_F_ACK: Final = 4
NLM_F_ECHO: Final = 8
NLM_F_DUMP_INTR: Final = 16
# of requests that get
NLM_F_ROOT: Final = 0x100
NLM_F_DUMP: Final = 0x300
# of requests that change
NLM_F_REPLACE: Final = 0x100
NLM_F_EXCL: Final = 0x200
NLM_F_CREATE: Final = 0x400
# of NLMSG_ERROR
NLM_F_CAPPED: Final = 0x100
NLM_F_ACK_TLVS: Final = 0x200

# Message types of rtnetlink (linux/rtnetlink.h)
RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_GETNEIGH: Final = 30
RTM_DELACTION: Final = 49
RTM_SETDCB: Final = 79
RTM_NEWNSID: Final = 88
RTM_DELNSID: Final = 89
RTM_GETNSID: Final = 90
RTNL_KIND_GET: Final = 2  # of these modulo 4 (enum rtnl_kinds, net/rtnetlink.h)

NLA_F_NESTED: Final = 0x8000
NLA_F_NET_BYTEORDER: Final = 0x4000
NLA_TYPE_MASK: Final = 0x3FFF

NETLINK_ROUTE: Final = 0
NETLINK_USERSOCK: Final = 2
NETLINK_ISCSI: Final = 8
NETLINK_AUDIT: Final = 9
NETLINK_FIB_LOOKUP: Final = 10
NETLINK_CONNECTOR: Final = 11
NETLINK_NETFILTER: Final = 12
NETLINK_KOBJECT_UEVENT: Final = 15
NETLINK_GENERIC: Final = 16
NETLINK_SOCK_DIAG: Final = 4
GENL_ID_CTRL: Final = 16
# Families with an id of their own (linux/genetlink.h)
FIXED_FAMILIES: Final = {GENL_ID_CTRL: "nlctrl", 17: "VFS_DQUOT", 18: "pmcraid"}
# Protocols whose datagrams need not be netlink messages: user programs' own, and uevents.
FREE_FORM: Final = (NETLINK_USERSOCK, NETLINK_KOBJECT_UEVENT)
# Protocols that have no message types: one kind of message, under NLMSG_DONE, any number or none.
UNTYPED: Final = frozenset(
    (NETLINK_ISCSI, NETLINK_FIB_LOOKUP, NETLINK_CONNECTOR, NETLINK_KOBJECT_UEVENT)
)

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
WITHHELD: Final = 7  # no message: it may be of a key of the one before


def asks_for_all(protocol: i64, kind: i64, flags: i64) -> bool:
    """Whether a request that gets has NLM_F_DUMP, of which rtnetlink needs but one half.

    So rtnetlink_rcv_msg has it (net/core/rtnetlink.c); genl_family_rcv_msg wants both.
    """
    wanted = flags & NLM_F_DUMP
    if protocol != NETLINK_ROUTE:
        return wanted == NLM_F_DUMP
    return wanted != 0 and kind & 3 == RTNL_KIND_GET


def zeros(data: bytes, pos: i64) -> bool:
    """Whether there are only zeros from `pos` on."""
    have: i64 = len(data)
    while pos < have:
        if data[pos] != 0:
            return False
        pos += 1
    return True


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class Attributes:
    """The attributes (struct nlattr) of data[pos:end], one after the other, while they are whole.

    After each `next` that is true, `type` has nla_type with its flag bits, `number` without,
    `start` and `stop` tell where the payload lies. Once it is false, `whole` tells whether that
    were all the bytes.
    """

    __slots__ = ("_big", "_data", "_end", "_pos", "number", "start", "stop", "type")

    def __init__(self, data: bytes, pos: i64, end: i64, big: bool) -> None:
        self._data = data
        self._big = big
        self._end: i64 = end
        self._pos: i64 = pos
        self.type: i64 = 0
        self.number: i64 = 0
        self.start: i64 = 0
        self.stop: i64 = 0

    def next(self) -> bool:
        """Goes on to the next attribute; false where no whole one follows."""
        pos = self._pos
        left = self._end - pos
        if left < 4:
            return False
        length = u16(self._data, pos, self._big)
        if length < 4 or length > left:
            return False
        self.type = u16(self._data, pos + 2, self._big)
        self.number = self.type & NLA_TYPE_MASK
        self.start = pos + 4
        self.stop = pos + length
        self._pos = pos + ((length + 3) & ~3)
        return True

    def find(self, number: i64) -> bool:
        """Goes on to the next attribute of this number, if there is one."""
        while self.next():
            if self.number == number:
                return True
        return False

    def whole(self) -> bool:
        """Whether nothing follows the last attribute; padding may be missing there."""
        return self._pos >= self._end


def attribute_spans(
    data: bytes, pos: i64, end: i64, big: bool
) -> list[tuple[int, int, int]] | None:
    """(type with flag bits, payload start, payload end) of each; None if they do not chain."""
    found = Attributes(data, pos, end, big)
    out: list[tuple[int, int, int]] = []
    while found.next():
        out.append((int(found.type), int(found.start), int(found.stop)))
    return out if found.whole() else None


def chain(data: bytes, big: bool, total: i64) -> i64:
    """How well the lengths in `data` chain in this byte order.

    Returns the number of messages when the chain ends exactly at `total` (the
    original length), leaves less than a header or only zeros, or holds as far
    as the bytes were captured; 0 when it does not hold.
    """
    have: i64 = len(data)
    pos: i64 = 0
    count: i64 = 0
    while pos + 16 <= have:
        length = u32(data, pos, big)
        if length < 16 or pos + length > total:
            return count if count > 0 and zeros(data, pos) else 0
        count += 1
        pos += (length + 3) & ~3
    return count if count > 0 and (total - pos < 16 or have < total) else 0


def guess_order(data: bytes, total: i64) -> bool | None:
    """True for big-endian, False for little, None when the bytes do not tell.

    Where both chains hold, the longer one does so less by accident: 256
    little-endian messages of 256 bytes look like one big-endian one of 65536.
    """
    little = chain(data, False, total)
    big = chain(data, True, total)
    return None if little == big else big > little


@mypyc_attr(acyclic=True)
@final
class Frames:
    """The frames of one datagram, one after the other; together they cover every byte of it.

    `total` is the datagram's original length. After each `next` that is true, the message is
    from `start` to `stop`, and `end` is where what belongs to it ends: padding, and after the
    last message bytes that are no message (zeros, leftovers). `state` is OK or says what is
    wrong with it. `begin` starts anew with another datagram.
    """

    __slots__ = ("_ahead", "_big", "_data", "_length", "_more", "_total", "end", "start", "state",
                 "stop")  # fmt: skip

    def __init__(self) -> None:
        self._data = b""
        self._big = False
        self._total: i64 = 0
        # What is known of the frame that comes next: its state, length, and whether it comes
        self._ahead: i64 = OK
        self._length: i64 = 0
        self._more = False
        self.start: i64 = 0
        self.stop: i64 = 0
        self.end: i64 = 0
        self.state: i64 = OK

    def begin(self, data: bytes, big: bool, total: i64, protocol: i64) -> None:
        """Before the first frame of a datagram."""
        self._data = data
        self._big = big
        self._total = total
        self._more = True
        self.end = 0
        have: i64 = len(data)
        if have >= 16:
            length = u32(data, 0, big)
            if length == have:  # by far the commonest
                self._ahead = OK
                self._length = length
                return
            audit = protocol == NETLINK_AUDIT and length + 16 == have and have == total
            if audit and not _follows(data, length, big):
                self._ahead = AUDIT_LENGTH
                return
        elif have == 0:
            self._ahead = CUT if total > 0 else NO_HEADER
            return
        self._look(-1)

    def next(self) -> bool:
        """Goes on to the next frame; false after the last one."""
        if not self._more:
            return False
        have: i64 = len(self._data)
        start = self.end
        self.start = start
        self.state = self._ahead
        if self.state != OK and self.state != UNALIGNED:
            self.stop = self.end = have
            self._more = False
            return True
        self.stop = start + self._length
        self.end = start + ((self._length + 3) & ~3)
        if self.end < have:
            self._look(self.stop)
        else:
            self.end = have
            self._more = False
        return True

    def _look(self, before: i64) -> None:
        """What comes at `end`, after a message that ends `before` (-1: nothing was)."""
        data = self._data
        pos = self.end
        left = len(data) - pos
        length = u32(data, pos, self._big) if left >= 16 else 0
        if 16 <= length <= left:
            self._ahead = OK
            self._length = length
        elif length >= 16 and pos + length <= self._total:
            self._ahead = CUT
        elif before >= 0 and zeros(data, pos):
            self.end = len(data)
            self._more = False
        elif before & 3 != 0 and before >= 0 and _follows(data, before, self._big):
            self.end = before
            self._ahead = UNALIGNED
            self._length = u32(data, before, self._big)
        elif left >= 16:
            self._ahead = SHORT_LENGTH if length < 16 else LONG_LENGTH
        elif self._total > len(data):
            self._ahead = CUT
        elif before >= 0:
            self.end = len(data)
            self._more = False
        else:
            self._ahead = NO_HEADER


def _follows(data: bytes, pos: i64, big: bool) -> bool:
    """Whether a message that is all there starts at `pos`."""
    left = len(data) - pos
    return left >= 16 and 16 <= u32(data, pos, big) <= left


def split(data: bytes, big: bool, total: int, protocol: int) -> list[tuple[int, int, int, int]]:
    """The frames of one datagram as tuples: start, stop, end, state; see `Frames`."""
    frames = Frames()
    frames.begin(data, big, total, protocol)
    out = []
    while frames.next():
        out.append((int(frames.start), int(frames.stop), int(frames.end), int(frames.state)))
    return out
