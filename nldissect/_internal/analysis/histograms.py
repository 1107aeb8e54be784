"""Sums, latencies and rates in bounded memory.

- sums have at most `ROWS` rows a table; what comes after is one row more;
- latencies are kept in log-spaced buckets, 32 to an octave, so that percentiles are within
  1.6 % (the greatest is exact);
- rates have at most `BINS` equal bins, which double their width when the time they cover grows.
"""

from __future__ import annotations

from typing import Any, Final

ROWS: Final = 10_000
BINS: Final = 1024

_FIRST_WIDTH: Final = 1 << 20  # ns
_OCTAVE: Final = 5  # 32 buckets


class Counts:
    """Rows of sums by key, at most `limit` of them and one for all others."""

    __slots__ = ("columns", "limit", "others", "rows")

    def __init__(self, columns: int, limit: int = ROWS) -> None:
        self.columns = columns
        self.limit = limit
        self.rows: dict[Any, list[int]] = {}
        self.others = [0] * columns

    def row(self, key: Any) -> list[int]:
        """The sums of `key`, to be added to."""
        found = self.rows.get(key)
        if found is None:
            if len(self.rows) >= self.limit:
                return self.others
            found = self.rows[key] = [0] * self.columns
        return found


class Latencies:
    """A histogram of durations in ns: log-spaced buckets, and the exact extremes."""

    __slots__ = ("buckets", "count", "greatest", "least")

    def __init__(self) -> None:
        self.buckets: dict[int, int] = {}
        self.count = 0
        self.least = 0
        self.greatest = 0

    def add(self, value: int) -> None:
        """Takes in one duration; a negative one (a clock that was set back) counts as 0."""
        value = max(value, 0)
        shift = max(value.bit_length() - _OCTAVE - 1, 0)
        place = (shift << _OCTAVE) + (value >> shift)
        self.buckets[place] = self.buckets.get(place, 0) + 1
        self.least = value if not self.count else min(self.least, value)
        self.greatest = max(self.greatest, value)
        self.count += 1

    def percentile(self, percent: float) -> int | None:
        """The least duration that so many percent do not exceed (nearest rank); None if empty."""
        if not self.count:
            return None
        rank = max(-int(-percent * self.count // 100), 1)
        if rank >= self.count:
            return self.greatest
        for place in sorted(self.buckets):
            rank -= self.buckets[place]
            if rank <= 0:
                break
        shift = max((place >> _OCTAVE) - 1, 0)
        middle = (place - (shift << _OCTAVE) << shift) + (1 << shift >> 1)
        return min(max(middle, self.least), self.greatest)


class Rates:
    """Messages and errors over time, in bins of equal width (ns)."""

    __slots__ = ("bins", "first", "last", "width")

    def __init__(self) -> None:
        self.width = _FIRST_WIDTH
        self.bins: dict[int, list[int]] = {}  # by time // width
        self.first: int | None = None
        self.last: int | None = None

    def add(self, time: int, error: bool) -> None:
        """Takes in one message of this time (ns since the epoch)."""
        if self.first is None or self.last is None:
            self.first = self.last = time
        elif time < self.first:
            self.first = time
        elif time > self.last:
            self.last = time
        while self.last // self.width - self.first // self.width >= BINS:
            self._double()
        found = self.bins.setdefault(time // self.width, [0, 0])
        found[0] += 1
        found[1] += error

    def _double(self) -> None:
        """Makes one bin of each two."""
        self.width *= 2
        bins, self.bins = self.bins, {}
        for place, (count, errors) in bins.items():
            found = self.bins.setdefault(place >> 1, [0, 0])
            found[0] += count
            found[1] += errors

    def columns(self, wanted: int) -> tuple[int, list[tuple[float, float]]]:
        """Width (ns) and (messages, errors) of at most so many bins from the first on.

        A bin that two columns share is split between them.
        """
        if self.first is None or self.last is None:
            return self.width, []
        origin = self.first // self.width * self.width
        span = self.last // self.width * self.width + self.width - origin
        number = min(wanted, span // self.width)
        wide = -(-span // number)
        out = [[0.0, 0.0] for _ in range(number)]
        for place, (count, errors) in self.bins.items():
            start = place * self.width - origin
            end = start + self.width
            column = start // wide
            while start < end and column < number:
                stop = min(end, (column + 1) * wide)
                share = (stop - start) / self.width
                out[column][0] += count * share
                out[column][1] += errors * share
                start = stop
                column += 1
        return wide, [(count, errors) for count, errors in out]
