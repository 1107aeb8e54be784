"""Columns that grow by a row at a time, as buffers of numbers and texts without an object a row."""

from __future__ import annotations

from typing import Any, Final, final

from librt.strings import BytesWriter, write_i64_le
from librt.vecs import vec
from mypy_extensions import i64

NOTHING: Final = -(1 << 63)  # stands for null among numbers

_PLACES: Final = 1 << 16


@final
class Numbers:
    """A column of numbers."""

    def __init__(self) -> None:
        self.data = BytesWriter()

    def put(self, value: i64) -> None:
        """One more row."""
        write_i64_le(self.data, value)

    def taken(self) -> bytes:
        """The rows, 8 bytes each in little endian; the column is empty then."""
        out = self.data.getvalue()
        self.data.truncate(0)
        return out


@final
class Runs:
    """A column of numbers that stay the same for many rows."""

    def __init__(self) -> None:
        self._values, self._ends = Numbers(), Numbers()
        self._rows: i64 = 0
        self._last: i64 = NOTHING

    def put(self, value: i64, rows: i64) -> None:
        """So many rows more; none if there are none."""
        if rows <= 0:
            return
        if self._rows > 0 and value != self._last:
            self._end()
        self._last = value
        self._rows += rows

    def _end(self) -> None:
        self._values.put(self._last)
        self._ends.put(self._rows)

    def taken(self) -> tuple[bytes, bytes]:
        """The numbers, and in which row each ends, as those of `Numbers`; there are none then."""
        if self._rows > 0:
            self._end()
        self._rows = 0
        return self._values.taken(), self._ends.taken()


@final
class Texts:
    """Texts one behind the other: written to `data`, each followed by `end`."""

    def __init__(self) -> None:
        self.data = BytesWriter()
        self.ends = Numbers()
        self.count: i64 = 0

    def end(self) -> i64:
        """The text is written; which one it is, from 0."""
        self.ends.put(i64(len(self.data)))
        self.count += 1
        return self.count - 1

    def taken(self) -> tuple[bytes, bytes]:
        """The texts, and where each ends; there are none then."""
        out = self.data.getvalue()
        self.data.truncate(0)
        self.count = 0
        return out, self.ends.taken()


@final
class Coded:
    """A column of codes, with what each code means: `values` by code."""

    def __init__(self, codes: Numbers | Runs, values: list[Any]) -> None:
        self.codes = codes
        self.values = values


@final
class Words:
    """A column of words, each of which has a code."""

    def __init__(self) -> None:
        self.codes = Numbers()
        self.values: list[Any] = []
        self._known: dict[str, int] = {}
        self.told = Coded(self.codes, self.values)

    def code(self, word: str) -> i64:
        """The code of a word."""
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = len(self.values)
            self.values.append(plain(word))
        return found

    def put(self, word: str | None) -> None:
        """One more row."""
        self.codes.put(NOTHING if word is None else self.code(word))

    def forget(self) -> None:
        """Lets the words go, before a new column begins."""
        self._known.clear()
        self.values.clear()


def plain(text: str) -> str:
    """A text that UTF-8 can have: without halves of surrogates, as text_value has it."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


@final
class Chosen:
    """The rows of a union that are of one type: those with this tag.

    A row's number is the value itself or, with `of`, the place of the value there.
    """

    def __init__(
        self, tags: Numbers, tag: int, numbers: Numbers, of: Texts | list[Any] | None = None
    ) -> None:
        self.tags = tags
        self.tag = tag
        self.numbers = numbers
        self.of = of


@final
class CodeCache:
    """Codes by two numbers; there are so many places, and a code takes that of another."""

    def __init__(self) -> None:
        self._ones = vec[i64]([-1] * _PLACES)
        self._others = vec[i64]([0] * _PLACES)
        self._codes = vec[i64]([0] * _PLACES)

    def find(self, one: i64, other: i64) -> i64:
        """The code of these numbers, -1 when it is not there."""
        place = ((one ^ one >> 20) * 31 ^ other ^ other >> 13 ^ other >> 28) & (_PLACES - 1)
        if self._ones[place] == one and self._others[place] == other:
            return self._codes[place]
        return -1

    def clear(self) -> None:
        """Nothing is known any longer."""
        ones = self._ones
        for place in range(_PLACES):
            ones[place] = -1

    def keep(self, one: i64, other: i64, code: i64) -> i64:
        """Keeps the code of these numbers (the first not negative), and gives it back."""
        place = ((one ^ one >> 20) * 31 ^ other ^ other >> 13 ^ other >> 28) & (_PLACES - 1)
        self._ones[place] = one
        self._others[place] = other
        self._codes[place] = code
        return code


Column = Numbers | Runs | Texts | Coded | Chosen | list[Any]
