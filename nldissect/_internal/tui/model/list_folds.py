"""Lists of a report under a head that folds them, the first few lines or all of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from .parts import Part
from .report_line import Fold, ReportLine

Row = TypeVar("Row")


class ListFolds:
    """What is folded (0 lines shown), and of what all is shown; else it is `few` lines."""

    def __init__(self, few: int) -> None:
        self._few = few
        self._shown: dict[object, int | None] = {}  # None: all

    def shown(self, key: object) -> int | None:
        """How many lines of this list are shown, None for all."""
        return self._shown.get(key, self._few)

    def fold(self, wanted: Fold) -> None:
        """ListFolds what is unfolded and the other way round, or shows all of it."""
        if wanted.whole:
            self._shown[wanted.key] = None
        elif self.shown(wanted.key) == 0:
            del self._shown[wanted.key]
        else:
            self._shown[wanted.key] = 0

    def head(
        self,
        key: object,
        parts: list[Part],
        also: Callable[[], object] | None = None,
        indent: str = " ",
    ) -> ReportLine:
        """The line that folds."""
        sign = f"{indent}{'▸' if self.shown(key) == 0 else '▾'} "
        return ReportLine([(sign, "dim"), *parts], Fold(key), also, key)

    def list(
        self,
        key: object,
        rows: Sequence[Row],
        line: Callable[[Row], ReportLine],
        whole: bool = False,
        indent: str = "   ",
    ) -> Iterator[ReportLine]:
        """The lines of a list as far as they are shown, and how many are not."""
        few = None if whole else self.shown(key)
        if few is not None and few + 1 == len(rows):  # saying so takes the same room
            few = None if few else 0
        yield from map(line, rows if few is None else rows[:few])
        left = 0 if not few else len(rows) - few
        if left > 0:
            more: list[Part] = [(f"{indent}… {left} more", "dim")]
            yield ReportLine(more, Fold(key, whole=True), None, (key, "more"))
