"""Messages over time by several filters: counts in bins that widen as the capture gets longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import process_time
from typing import Final

from ...wire import framing
from ...wire.errors import CaptureError
from ...wire.text import safe
from .capture_model import CaptureModel

BINS: Final = 1 << 15  # at most, between the first time and the last
NARROWEST: Final = 1000  # ns
STRIDE: Final = 64  # rows between looks at the clock


class Series:
    """The messages that pass one test, by bin: how many, and the row of the first.

    `paired`: only what pairing has been through can be tested. `scanned` rows were.
    """

    def __init__(
        self, name: str, test: Callable[[int], bool] | None = None, paired: bool = False
    ) -> None:
        self.name = name
        self.test = test
        self.paired = paired
        self.bins: dict[int, list[int]] = {}  # by time // width
        self.total = 0
        self.scanned = 0


class RateGraph:
    """The series of one capture, all in bins of `width` ns; `first` and `last` are times (ns)."""

    def __init__(self, model: CaptureModel) -> None:
        self.model = model
        self.own = model.own
        self.series = [Series("all messages"), Series("errors", self._error)]
        self.width = NARROWEST
        self.first: int | None = None
        self.last: int | None = None
        self.changes = 0
        self.failure = ""  # why the rest cannot be read

    def _error(self, row: int) -> bool:
        index = self.model.index
        ends = index.header(row)[1] in (framing.NLMSG_ERROR, framing.NLMSG_DONE)
        return ends and (index.message(row).error or 0) < 0

    # -- going on --------------------------------------------------------------------------

    def step(self, seconds: float) -> bool:
        """Counts for about so much CPU time; whether nothing is left to do for now."""
        end = process_time() + seconds
        try:
            for series in self.series:
                while series.scanned < self._limit(series):
                    stop = min(series.scanned + STRIDE, self._limit(series))
                    for row in range(series.scanned, stop):
                        self._take(series, row)
                    series.scanned = stop
                    self.changes += 1
                    if process_time() >= end:
                        return False
        except (CaptureError, OSError) as problem:  # the file is no longer what it was
            self.failure = safe(str(problem))
        return True

    def _limit(self, series: Series) -> int:
        if self.failure:
            return 0
        return self.model.index.paired if series.paired else self.model.total

    @property
    def finished(self) -> bool:
        """Whether all there will be is counted."""
        whole = self.model.index.complete
        return bool(self.failure) or (
            whole and all(s.scanned >= self.model.total for s in self.series)
        )

    @property
    def state(self) -> str:
        """How far it is, in words; empty at the end."""
        if self.failure:
            return self.failure
        if all(series.scanned >= self._limit(series) for series in self.series):
            return ""
        done = sum(series.scanned for series in self.series)
        return f"{done * 100 // max(self.model.total * len(self.series), 1)} %"

    def _take(self, series: Series, row: int) -> None:
        """Counts a row if it is one of the series."""
        index = self.model.index
        if (not self.own and index.asked and index.own(row)) or (
            series.test is not None and not series.test(row)
        ):
            return
        time = index.moment(row)
        if time is None:
            return
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)
        while self.last // self.width - self.first // self.width >= BINS:
            self._widen()
        found = series.bins.setdefault(time // self.width, [0, row])
        found[0] += 1
        series.total += 1

    def _widen(self) -> None:
        """Makes one bin of each ten."""
        self.width *= 10
        for series in self.series:
            bins, series.bins = series.bins, {}
            for place, (count, row) in bins.items():
                found = series.bins.setdefault(place // 10, [0, row])
                found[0] += count
                found[1] = min(found[1], row)

    # -- asking ----------------------------------------------------------------------------

    def intervals(self) -> Iterator[int]:
        """The intervals (ns) that bins add up to, until one has everything."""
        if self.first is None or self.last is None:
            return
        interval = self.width
        while True:
            for factor in (1, 2, 5):
                yield interval * factor
                if self.first // (interval * factor) == self.last // (interval * factor):
                    return
            interval *= 10

    def fitting(self, columns: int) -> int:
        """The shortest interval of which no more than so many are needed for everything."""
        interval = self.width
        for interval in self.intervals():
            assert self.first is not None
            assert self.last is not None
            if self.last // interval - self.first // interval < columns:
                break
        return interval

    def counts(self, series: Series, interval: int, start: int, columns: int) -> list[int]:
        """The messages of so many intervals, from number `start` on."""
        out = [0] * columns
        each = interval // self.width
        for place, (count, _) in series.bins.items():
            column = place // each - start
            if 0 <= column < columns:
                out[column] += count
        return out

    def first_row(self, series: Series, interval: int, number: int) -> int:
        """The row of the first message in an interval, -1 for none."""
        each = interval // self.width
        found = [row for place, (_, row) in series.bins.items() if place // each == number]
        return min(found, default=-1)

    def beside(self, series: Series, interval: int, number: int, step: int) -> int | None:
        """The next (1) or previous (-1) interval that has messages, None for none."""
        each = interval // self.width
        there = (place // each for place in series.bins)
        if step > 0:
            return min((one for one in there if one > number), default=None)
        return max((one for one in there if one < number), default=None)
