"""Bytes as people paste them, as a capture: hex, dumps, arrays, literals, escapes.

Of all ways to read the text (`notations`) the one counts whose bytes are netlink messages: their
lengths chain, exactly or as far as there are bytes. A cooked header in front, as tcpdump -xx and
tshark -x show it, tells the protocol; else records are `UNTOLD`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Final

from nldissect._internal.capture.files.link import ARPHRD_NETLINK, COOKED, NETLINK
from nldissect._internal.capture.files.message_file import plausible
from nldissect._internal.capture.notations import READINGS, Reading, is_hex
from nldissect._internal.wire import framing
from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.integers import u32
from nldissect._internal.wire.record import UNTOLD, Interface, Record

# How much bytes look like netlink: messages from the first to the last; such of a big-endian
# machine, as what a little-endian one prints as words looks; something behind them; a cut one.
_WHOLE: Final = 4
_BIG: Final = 3
_MORE: Final = 2
_CUT: Final = 1
# Colours, a byte order mark; quotes as word processors and web pages have them
_DRESSED: Final = re.compile("\x1b\\[[0-9;]{0,40}[mK]|^\ufeff")
_TYPESET: Final = str.maketrans("\u201c\u201d\u2018\u2019", "\"\"''")
_COOKED: Final = COOKED[NETLINK][0]


class PastedDatagrams:
    """The datagrams in a text (or in the bytes themselves) that can be gone through again.

    Raises UsageError where there are no bytes in it.
    """

    rewindable = True

    def __init__(self, text: str | bytes) -> None:
        found = [text] if isinstance(text, bytes) else _best(text)
        self._datagrams = [_uncooked(data) for data in found]
        big = (framing.guess_order(data, len(data)) for _, data in self._datagrams)
        told = next((order for order in big if order is not None), sys.byteorder == "big")
        self._interface = Interface(NETLINK, told)

    def __iter__(self) -> Iterator[Record]:
        for number, (protocol, data) in enumerate(self._datagrams, 1):
            total = len(data) + _missing(data, self._interface.big_endian)
            yield Record(number, None, protocol, data, total, 0, self._interface)

    def types(self) -> set[int]:
        """The nlmsg_type of each message."""
        big = self._interface.big_endian
        out = set()
        frames = framing.Frames()
        for record in self:
            frames.begin(record.data, big, record.original_length, record.protocol)
            while frames.next():
                if frames.stop - frames.start >= 16:
                    out.add(int(framing.HEADER[big](record.data, int(frames.start))[1]))
        return out


def _best(text: str) -> list[bytes]:
    """The datagrams that the text most likely stands for."""
    text = _DRESSED.sub("", text).translate(_TYPESET)
    best: list[bytes] = []
    most = 0
    problem: UsageError | None = None
    for reading in READINGS:
        try:
            read = reading(text)
        except UsageError as found:
            problem = found
            continue
        for datagrams in _groupings(read):
            rank = min(map(_rank, datagrams))
            if rank > most or not best:
                best, most = datagrams, rank
            if rank == _WHOLE:
                return best
    if not most and (problem is not None or not best):
        raise UsageError(f"decode: {problem}" if _mostly_hex(text) else _why_none(text))
    return best


def _groupings(reading: Reading) -> Iterator[list[bytes]]:
    """What may be the datagrams of a reading: all of it, its paragraphs or its lines."""
    lines = [row for paragraph in reading for row in paragraph if row]
    if lines:
        yield [b"".join(lines)]
        if len(reading) > 1:
            yield [joined for paragraph in reading if (joined := b"".join(paragraph))]
        if len(lines) > 1:
            yield lines


def _why_none(text: str) -> str:
    """What is wrong with a text in which there are no bytes."""
    if not text.strip():
        return "decode: nothing was given; give bytes, @FILE, --clipboard or standard input (-)"
    return (
        "decode: there are no bytes in it; hex, dumps (xxd, hexdump -C, od -tx1), arrays and"
        " string literals are read, a file as @FILE"
    )


def _mostly_hex(text: str) -> bool:
    """Whether what is wrong in it is a slip."""
    words = text.split()
    return 2 * sum(map(is_hex, words)) >= len(words) > 0


def _uncooked(data: bytes) -> tuple[int, bytes]:
    """The protocol, and the datagram behind the cooked header if there is one."""
    if int.from_bytes(data[2:4], "big") == ARPHRD_NETLINK and len(data) >= _COOKED:
        return int.from_bytes(data[_COOKED - 2 : _COOKED], "big"), data[_COOKED:]
    return UNTOLD, data


def _rank(datagram: bytes) -> int:
    """How much this looks like netlink messages, 0 for not at all."""
    data = _uncooked(datagram)[1]
    most = 0
    for big in (False, True):
        at = 0
        while (length := int(plausible(data, at, big))) and at + length - 3 <= len(data):
            at += length
        if at and at >= len(data):
            rank = _BIG if big else _WHOLE
        elif length:
            rank = _CUT
        else:
            rank = _MORE if at else 0
        most = max(most, rank)
    return most


def _missing(data: bytes, big: bool) -> int:
    """How many bytes the last message has beyond those that are there."""
    at = 0
    while length := int(plausible(data, at, big)):
        if at + length - 3 > len(data):
            return at + int(u32(data, at, big)) - len(data)
        at += length
    return 0
