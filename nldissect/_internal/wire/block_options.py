"""The options of pcapng's blocks: a code and bytes each, padded to 4 bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final, final

from mypy_extensions import i64

from .integers import u16

LONGEST_OPTION: Final = 0xFFFF
Options = list[tuple[int, bytes]]


class BlockError(Exception):
    """Why a block cannot be read."""


@final
class OptionCursor:
    """Goes along the options in `buffer[pos:stop]` up to the end mark.

    After `next` that of `code` lies at `pos`, its value from `start` to `end`. Raises BlockError.
    """

    __slots__ = ("_after", "_big", "_buffer", "_stop", "code", "end", "pos", "start")

    def __init__(self, buffer: bytes, pos: i64, stop: i64, big: bool) -> None:
        self._buffer = buffer
        self._stop: i64 = stop
        self._big = big
        self._after: i64 = pos
        self.code: i64 = 0
        self.pos: i64 = pos
        self.start: i64 = pos
        self.end: i64 = pos

    def next(self) -> bool:
        """Goes to the next one; False where there is none, `pos` is then where they end."""
        self.pos = self._after
        if self.pos >= self._stop:  # both are multiples of 4 from the block's start
            return False
        self.code = u16(self._buffer, self.pos, self._big)
        if self.code == 0:
            return False
        length = u16(self._buffer, self.pos + 2, self._big)
        self.start = self.pos + 4
        self.end = self.start + length
        if self.end > self._stop:
            raise BlockError(f"option {self.code} of {length} bytes is longer than its block")
        self._after = self.start + ((length + 3) & ~3)
        return True


def read_options(buffer: bytes, pos: i64, stop: i64, big: bool) -> Options:
    """The options in `buffer[pos:stop]` up to the end mark; BlockError where one is cut."""
    options: Options = []
    cursor = OptionCursor(buffer, pos, stop, big)
    while cursor.next():
        options.append((int(cursor.code), buffer[cursor.start : cursor.end]))
    return options


def packed_options(options: Iterable[tuple[int, bytes]], big: bool) -> bytes:
    """Their bytes, without an end mark; of a value the first LONGEST_OPTION."""
    head = struct.Struct(">HH" if big else "<HH")
    return b"".join(
        head.pack(code, len(value := whole[:LONGEST_OPTION])) + value + bytes(-len(value) % 4)
        for code, whole in options
    )
