"""Attributes of nf_tables' expressions by number, which rules are read by.

They are read where they lie in the message. What is malformed ends them: the tree tells of it.
"""

from __future__ import annotations

from typing import final

from librt.strings import read_i16_be, read_i16_le, read_i32_be
from mypy_extensions import i64


@final
class Nest:
    """Attributes that lie side by side in these bytes, from `start` to `end`.

    Of several with the same number the last one counts.
    """

    __slots__ = ("big", "data", "end", "start", "stop")

    def __init__(self, data: bytes, big: bool, start: i64, end: i64) -> None:
        self.data = data
        self.big = big
        self.start = start
        self.end = end
        self.stop: i64 = start  # where the payload ends that was found last

    def find(self, which: i64) -> i64:
        """Where the payload of the attribute with this number begins, -1 for none."""
        data, big, end = self.data, self.big, self.end
        at = self.start
        found: i64 = -1
        while at + 4 <= end:
            length: i64 = i64(read_i16_be(data, at) if big else read_i16_le(data, at))
            kind: i64 = i64(read_i16_be(data, at + 2) if big else read_i16_le(data, at + 2))
            length &= 0xFFFF
            if length < 4 or at + length > end:
                break
            if kind & 0x3FFF == which:
                found = at + 4
                self.stop = at + length
            at += (length + 3) & ~3
        return found

    def has(self, which: i64) -> bool:
        """Whether there is such an attribute."""
        return self.find(which) >= 0

    def number(self, which: i64) -> int:
        """A number in network order, 0 if it is not there."""
        start = self.find(which)
        if start < 0:
            return 0
        if self.stop - start == 4:
            return int(i64(read_i32_be(self.data, start)) & 0xFFFFFFFF)
        return int.from_bytes(self.data[start : min(self.stop, start + 8)], "big")

    def raw(self, which: i64) -> bytes:
        """A payload, empty if it is not there."""
        start = self.find(which)
        return b"" if start < 0 else self.data[start : self.stop]

    def word(self, which: i64) -> str:
        """A name up to its NUL."""
        return word(self.raw(which))

    def nest(self, which: i64) -> Nest:
        """The attributes inside of one, none if it is not there."""
        start = self.find(which)
        return Nest(self.data, self.big, start, self.stop if start >= 0 else start)

    def each(self) -> list[tuple[int, int]]:
        """Where the payload of each begins and ends."""
        out: list[tuple[int, int]] = []
        data, big, at, end = self.data, self.big, self.start, self.end
        while at + 4 <= end:
            length: i64 = i64(read_i16_be(data, at) if big else read_i16_le(data, at))
            length &= 0xFFFF
            if length < 4 or at + length > end:
                break
            out.append((int(at + 4), int(at + length)))
            at += (length + 3) & ~3
        return out


def word(raw: bytes) -> str:
    """A name up to its NUL."""
    return raw.split(b"\0")[0].decode("utf-8", "backslashreplace")
