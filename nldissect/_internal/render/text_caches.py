"""Texts that are made once and written often: none depends on more than what it is kept by."""

from __future__ import annotations

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

_NONE: Final = b""
_PLACES: Final = 4096


@final
class TextCache:
    """Texts by two numbers.

    There are so many places and no more: a text takes that of another with the same hash.
    """

    def __init__(self) -> None:
        self._ones = vec[i64]([0] * _PLACES)
        self._others = vec[i64]([0] * _PLACES)
        self._texts = vec[bytes]([_NONE] * _PLACES)

    def find(self, one: i64, other: i64) -> bytes:
        """The text of these numbers, empty when it is not there."""
        place = (one * 31 ^ other ^ other >> 12) & (_PLACES - 1)
        if self._ones[place] == one and self._others[place] == other:
            return self._texts[place]
        return _NONE

    def keep(self, one: i64, other: i64, text: bytes) -> bytes:
        """Keeps the text of these numbers, and gives it back."""
        place = (one * 31 ^ other ^ other >> 12) & (_PLACES - 1)
        self._ones[place] = one
        self._others[place] = other
        self._texts[place] = text
        return text


@final
class RowHeads:
    """What stands before the values of a row (`Tables.rows`), in up to four versions of a row.

    `texts` and `keys` are looked at by their place, `row << 2 | version & 3`: the text is there
    when the key is that of the version. They are others after `reserve`.
    """

    def __init__(self) -> None:
        self.texts = vec[bytes]([])
        self.keys = vec[i64]([])

    def reserve(self, rows: i64) -> None:
        """Makes room for so many rows."""
        if i64(len(self.keys)) < 4 * rows:
            self.texts = vec[bytes]([_NONE] * int(8 * rows))
            self.keys = vec[i64]([-1] * int(8 * rows))

    def keep(self, place: i64, key: i64, text: bytes) -> None:
        """Puts a text at its place, instead of that of another version."""
        self.texts[place] = text
        self.keys[place] = key
