"""Reading netlink messages that stand in a file one after the other, with nothing around them.

rtmon(8) writes such files, which ip-monitor(8) reads: messages of rtnetlink, and before those
that came at one time a message of the type NLMSG_TSTAMP, which the kernel never sends. It holds
seconds and microseconds since the epoch, 32 bits each (iproute2: include/libnetlink.h,
ip/rtmon.c). Programs that write what a socket gave them leave the same without stamps: no times
then, and nothing that says which netlink protocol it is, so that records are `UNTOLD`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mypy_extensions import i64

from nldissect._internal.capture.files.bytestream import ByteStream
from nldissect._internal.capture.files.link import NETLINK
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.framing import NETLINK_ROUTE
from nldissect._internal.wire.integers import u16, u32
from nldissect._internal.wire.record import UNTOLD, Interface, Record

NLMSG_TSTAMP: Final = 15
_STAMP: Final = 24  # bytes
_HEADER: Final = 16
# The longest message believed: the kernel's largest datagrams are of some 100 KiB.
_LONGEST: Final = 1 << 20
_RESERVED_FLAGS: Final = 0xF000  # of nlmsg_flags: nothing uses them


def plausible(data: bytes, pos: i64, big: bool) -> i64:
    """The length of the message that may begin at `pos`, padding included; 0 where none does."""
    if pos + _HEADER > len(data):
        return 0
    length = u32(data, pos, big)
    if length < _HEADER or length > _LONGEST or u16(data, pos + 6, big) & _RESERVED_FLAGS != 0:
        return 0
    return (length + 3) & ~3


def _stamped(data: bytes, pos: i64, big: bool) -> bool:
    """Whether the message at `pos` says when those behind it came."""
    return u16(data, pos + 4, big) == NLMSG_TSTAMP and u32(data, pos, big) >= _STAMP


def byte_order(head: bytes) -> bool | None:
    """True for big-endian, False for little: that of the messages in a file that begins so.

    None where it is none of messages: neither a stamp comes first, nor a message behind which
    another begins or the file ends. `head` is what `first_message` returned.
    """
    for big in (False, True):
        length = plausible(head, 0, big)
        if length == 0:
            continue
        if _stamped(head, 0, big) or plausible(head, length, big) != 0:
            return big
        if length - 3 <= u32(head, 0, big) <= len(head) <= length:  # the only one, padded or not
            return big
    return None


def first_message(source: ByteStream, head: bytes) -> bytes:
    """`head` and what follows it, as much as `byte_order` needs to tell such a file."""
    head = source.extend(head, _STAMP)
    for big in (False, True):
        length = plausible(head, 0, big)
        if length != 0 and not _stamped(head, 0, big):
            head = source.extend(head, length + _HEADER)
    return head


def read_messages(
    source: ByteStream, head: bytes, path: str, interfaces: list[Interface]
) -> Iterator[Record]:
    """Yield a record for each message of a file whose first bytes are `head`.

    The time of one is what the stamp before it says. A message that the end of the file cuts
    is a record too, before CaptureError tells where; so it does where no message can be.
    """
    big = byte_order(head) is True
    interface = Interface(NETLINK, big)
    interfaces.append(interface)
    protocol = UNTOLD
    time: int | None = None
    number: i64 = 0
    base: i64 = 0  # where `buffer` begins in the file
    pos: i64 = 0
    buffer = head
    while True:
        left = len(buffer) - pos
        length: i64 = 0
        need: i64 = _HEADER
        if left >= _HEADER:
            length = u32(buffer, pos, big)
            if length < _HEADER or length > _LONGEST:
                reason = f"a message of {length} bytes cannot be right: damaged"
                raise CaptureError(path, reason, int(number + 1), int(base + pos))
            need = (length + 3) & ~3
        if left < need:
            buffer = yield from source.more(buffer[pos:], int(need))
            base += pos
            pos = 0
            left = len(buffer)
            if left == 0 and source.fault is None:
                return
            if left < need and (length == 0 or left < length):
                if length != 0:
                    yield Record(number + 1, time, protocol, buffer, length, base, interface)
                whole = f"of the message's {length} bytes" if length else "bytes of a header"
                reason = source.fault or f"the file ends after {left} {whole}"
                raise CaptureError(path, reason, int(number + 1), int(base))
            if length == 0:
                continue
            need = min(need, left)
        if _stamped(buffer, pos, big):
            seconds, micros = u32(buffer, pos + 16, big), u32(buffer, pos + 20, big)
            time = int(seconds) * 1_000_000_000 + int(micros) * 1000
            protocol = NETLINK_ROUTE
        else:
            number += 1
            data = buffer[pos : pos + need]
            yield Record(number, time, protocol, data, need, base + pos, interface)
        pos += need
