"""Putting the rows shown in the order of a column, in slices."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from heapq import merge
from time import process_time
from typing import Final

from ...library.index_filter import IndexFilter
from ...wire.errors import CaptureError, FilterError
from .capture_model import CaptureModel, Order, View
from .list_columns import COLUMNS, Column, column

CHUNK: Final = 2048  # rows sorted at once
_STRIDE: Final = 32  # rows between looks at the clock
_LONGEST: Final = 100  # characters of a text that count
_NUMBER: Final = re.compile(r"[+-]?\d{1,20}")
_DIGITS: Final = re.compile(r"\d+")
_ZERO: Final = 10**20
_SHORT: Final = [chr(0x30 + length) for length in range(_LONGEST + 1)]  # of how many digits

Key = int | str


class Sorting:
    """Brings the view of a model in `model.order`, once all that is known is in it.

    Rows that are alike stay in the order of the capture, and what has nothing in the column comes
    last in either direction. `place` is called with the order and what `View.sort` takes.
    """

    def __init__(
        self, model: CaptureModel, place: Callable[[Order | None, array[int]], None]
    ) -> None:
        self.percent = 0
        self._model = model
        self._place = place
        self._view = model.view
        self._order: Order | None = None
        self._work: Iterator[None] | None = None

    @property
    def going_on(self) -> bool:
        """Whether rows are to be in another order than they are."""
        return self._model.view.order != self._model.order

    def step(self, seconds: float) -> bool:
        """Sorts for about so much CPU time; whether nothing is left to do for now."""
        model = self._model
        view, order = model.view, model.order
        if view.order == order:
            self._work = None
            return True
        if order is None:
            self._place(None, array("I"))
            return True
        if (view.behind or view.early >= 0) and not model.index.grows:
            return True  # all rows are there first
        if self._work is None or self._view is not view or self._order != order:
            self._view, self._order = view, order
            self._work = self._sort(view, order)
        end = process_time() + seconds
        for _ in self._work:
            if process_time() >= end:
                return False
        self._work = None
        return True

    def _sort(self, view: View, order: Order) -> Iterator[None]:
        """Finds the place of each row, in steps that are short."""
        count, reverse = view.settled, order.reverse
        keys: list[Key] = []
        key_of = _keys(self._model, order.column)
        same: dict[Key, Key] = {}
        for at in range(count):
            key = key_of(view.rows[at])
            keys.append(same.setdefault(key, key))
            if not at % _STRIDE:
                self.percent = at * 90 // count
                yield
        blank = [at for at in range(count) if keys[at] == ""]
        chunks: list[array[int]] = []
        for start in range(0, count, CHUNK):
            some = [at for at in range(start, min(start + CHUNK, count)) if keys[at] != ""]
            some.sort(key=keys.__getitem__, reverse=reverse)
            chunks.append(array("I", some))
            yield
        ranks = array("I", bytes(4 * count))
        place = 0
        for at in merge(*chunks, key=keys.__getitem__, reverse=reverse):
            ranks[at] = place
            place += 1
            if not place % _STRIDE:
                self.percent = 90 + place * 10 // count
                yield
        for at in blank:
            ranks[at] = place
            place += 1
        self._place(order, ranks)


def _keys(model: CaptureModel, name: str) -> Callable[[int], Key]:
    """What rows are sorted by: numbers where the index has them, else what is in the column."""
    index = model.index
    if name == "number":
        return lambda row: row
    if name == "length":
        return lambda row: index.header(row)[0]
    if name == "time":
        return lambda row: "" if (moment := model.time(row)) is None else moment
    if name == "delta":
        return lambda row: _since(model.time(row - 1), model.time(row))
    one = next((one for one in model.columns if one.name == name), None) or column(name)
    there = _where(model, one)
    return lambda row: natural(_text(model, row, one)) if there(row) else ""


def _where(model: CaptureModel, one: Column) -> Callable[[int], bool]:
    """Whether a row may have something in a column; that of a field is in few kinds of messages."""
    if one in COLUMNS:
        return lambda row: True
    from ...filter import Filter

    try:
        found = IndexFilter(model.index, Filter(one.name, model.registry))
    except FilterError:  # a path that filters do not take, of C constants for example
        return lambda row: True
    return lambda row: found.verdict(row) is not False


def _since(before: int | None, moment: int | None) -> Key:
    return "" if before is None or moment is None else moment - before


def _text(model: CaptureModel, row: int, one: Column) -> str:
    try:
        return one.get(model, row, model.index.fresh(row), model.link(row))
    except (CaptureError, OSError):
        return ""


def natural(text: str) -> str:
    """A key by which eth2 comes before eth10, and -5 before 3; letters' case does not count."""
    text = text.strip()[:_LONGEST].casefold()
    if _NUMBER.fullmatch(text):
        return f"{_ZERO + int(text):021d}"
    return _DIGITS.sub(_by_length, text)


def _by_length(digits: re.Match[str]) -> str:
    """A number in a text: a digit as far as letters go, then the more of them the later."""
    found = digits[0].lstrip("0")
    return f"0{_SHORT[len(found)]}{found}"
