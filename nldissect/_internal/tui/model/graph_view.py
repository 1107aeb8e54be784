"""What of the rates is seen, as lines: interval, window, cursor, scales, a legend."""

from __future__ import annotations

from math import expm1, log1p
from typing import Final

from ...analysis import link_text
from ...wire.text import safe
from .capture_model import CaptureModel
from .parts import Part, wide
from .rate_graph import RateGraph, Series
from .statistics_report import BLOCKS

# By their number: what a series is drawn with, and in which looks; bars are behind marks.
MARKS: Final = (("█", "name"), ("x", "error"), ("o", "green"), ("+", "magenta"), ("*", "yellow"),
                ("#", "cyan"))  # fmt: skip
MARGIN: Final = 8  # cells at the left, for the scale
_TICKS: Final = 16  # cells between times
_LOWEST: Final = 4  # lines of the plot


class GraphView:
    """The graph as it is looked at; moves that may be impossible say whether they were not."""

    def __init__(self, model: CaptureModel) -> None:
        self.graph = RateGraph(model)
        self.selected = 0  # a series
        self.cursor = -1  # the number of an interval, -1 before there is any
        self.logarithmic = False
        self._interval = 0  # 0: whatever shows everything
        self._start = 0  # the number of the first interval seen
        self._columns = 1

    # -- moving ----------------------------------------------------------------------------

    @property
    def interval(self) -> int:
        """What a column stands for, in ns: what was chosen, as far as bins are so narrow."""
        if self._interval:
            return max(self._interval, self.graph.width)
        return self.graph.fitting(self._columns)

    @property
    def series(self) -> Series:
        """The one that is selected."""
        return self.graph.series[self.selected]

    @property
    def _ends(self) -> tuple[int, int]:
        """The numbers of the first interval and the last."""
        graph, interval = self.graph, self.interval
        if graph.first is None or graph.last is None:
            return 0, 0
        return graph.first // interval, graph.last // interval

    def move(self, step: int) -> None:
        """Moves the cursor by so many intervals."""
        self.go(self.cursor + step)

    def go(self, number: int) -> None:
        """Puts the cursor on an interval."""
        first, last = self._ends
        self.cursor = min(max(number, first), last)

    def to_end(self, last: bool) -> None:
        """Puts the cursor on the first or last interval."""
        self.go(self._ends[last])

    def beside(self, step: int) -> bool:
        """Goes to the next or previous interval in which the selected series has messages."""
        found = self.graph.beside(self.series, self.interval, self.cursor, step)
        if found is not None:
            self.go(found)
        return found is not None

    def zoom(self, step: int) -> bool:
        """Takes the next shorter (-1) or longer (1) interval, around the cursor."""
        before = self.interval
        all_ = list(self.graph.intervals()) or [before]
        at = min(range(len(all_)), key=lambda i: abs(all_[i] - before)) + step
        if not 0 <= at < len(all_):
            return False
        self._take_interval(all_[at])
        return True

    def show_all(self) -> None:
        """Takes the interval by which everything is seen."""
        self._take_interval(0)

    def _take_interval(self, interval: int) -> None:
        middle = self.cursor * self.interval + self.interval // 2
        self._interval = interval
        self.go(middle // self.interval)
        self._start = self.cursor - self._columns // 2

    def select(self, step: int) -> None:
        """Selects another series."""
        self.selected = (self.selected + step) % len(self.graph.series)

    def add(self, series: Series) -> bool:
        """One more series, or the one of that name; whether there is room for it."""
        names = [one.name for one in self.graph.series]
        if series.name not in names:
            if len(names) == len(MARKS):
                return False
            self.graph.series.append(series)
            names.append(series.name)
        self.selected = names.index(series.name)
        return True

    def drop(self) -> bool:
        """Takes the selected series away, unless it is the only one."""
        if len(self.graph.series) == 1:
            return False
        del self.graph.series[self.selected]
        self.selected = min(self.selected, len(self.graph.series) - 1)
        return True

    @property
    def row(self) -> int:
        """The first message of the selected series at the cursor, -1 for none."""
        return self.graph.first_row(self.series, self.interval, self.cursor)

    def at(self, x: int) -> int:
        """The number of the interval in this column of the screen."""
        return self._start + x - MARGIN

    # -- drawing ---------------------------------------------------------------------------

    def lines(self, width: int, height: int) -> list[list[Part]]:
        """The graph in so many cells and lines."""
        graph = self.graph
        self._columns = columns = max(width - MARGIN, 1)
        if graph.first is None:
            return [[(" no message has a time", "dim")]]
        first, last = self._ends
        if self.cursor < 0:
            self.cursor = first
        self.go(self.cursor)
        self._scroll(first, last)
        interval = self.interval
        counts = [graph.counts(one, interval, self._start, columns) for one in graph.series]
        tall = max(height - len(graph.series) - 4, _LOWEST)
        most = max(max(one) for one in counts) or 1
        scale = "logarithmic" if self.logarithmic else "linear"
        auto = "" if self._interval else ", all of it"
        head = f" messages in {link_text.span(interval)}{auto}; {scale}"
        out: list[list[Part]] = [[(head, "heading")]]
        out += self._plot(counts, tall, most)
        out += self._axis(columns, interval)
        return out + self._legend(counts, width)

    def _scroll(self, first: int, last: int) -> None:
        """Moves the window so that the cursor is seen, and no more beside the ends than needed."""
        if self.cursor < self._start or self.cursor >= self._start + self._columns:
            self._start = self.cursor - self._columns // 2
        self._start = max(min(self._start, last - self._columns + 1), first)

    def _height(self, count: int, most: int, full: int) -> int:
        """How high a count is drawn, in steps of which the most has `full`; 0 only for none."""
        if not count:
            return 0
        part = log1p(count) / log1p(most) if self.logarithmic else count / most
        return max(round(part * full), 1)

    def _plot(self, counts: list[list[int]], tall: int, most: int) -> list[list[Part]]:
        """The lines of the plot, from the top: the first series as bars, the others as marks."""
        steps = len(BLOCKS) - 1
        bars = [self._height(count, most, tall * steps) for count in counts[0]]
        rows: list[list[Part]] = []
        for y in range(tall - 1, -1, -1):
            cells = [(BLOCKS[min(max(bar - y * steps, 0), steps)], MARKS[0][1]) for bar in bars]
            rows.append(cells)
        at = self.cursor - self._start
        for row in rows:
            if row[at][0] == " ":
                row[at] = ("┊", "heading")
        for (mark, look), series in zip(MARKS[1:], counts[1:], strict=False):
            for x, count in enumerate(series):
                if count:
                    rows[tall - self._height(count, most, tall)][x] = (mark, look)
        half = round(expm1(log1p(most) / 2)) if self.logarithmic else most / 2
        labels = {0: str(most), tall // 2: f"{half:g}"}
        return [
            [
                (
                    f"{labels.get(y, ''):>{MARGIN - 2}} ┤" if y in labels else f"{'│':>{MARGIN}}",
                    "dim",
                ),
                *_joined(row),
            ]
            for y, row in enumerate(rows)
        ]

    def _axis(self, columns: int, interval: int) -> list[list[Part]]:
        """The line below with the cursor on it, and the times since the first message."""
        at = self.cursor - self._start
        line: list[Part] = [
            (f"{'0 └':>{MARGIN}}" + "─" * at, "dim"),
            ("▲", "heading"),
            ("─" * (columns - at - 1), "dim"),
        ]
        times = " " * MARGIN
        for x in range(0, columns, _TICKS):
            text = f"╵{self._since(self._start + x, interval)}"
            if len(text) <= columns - x:
                times += text.ljust(_TICKS)
        return [line, [(times.rstrip(), "dim")]]

    def _since(self, number: int, interval: int) -> str:
        """When an interval begins, since the first message."""
        assert self.graph.first is not None
        return link_text.span(max(number * interval - self.graph.first, 0))

    def _legend(self, counts: list[list[int]], width: int) -> list[list[Part]]:
        """When the cursor is; of each series its mark, what is there and in all."""
        interval, at = self.interval, self.cursor - self._start
        when = f"{self._since(self.cursor, interval)} to {self._since(self.cursor + 1, interval)}"
        room = max(width - 30, 12)
        out: list[list[Part]] = [
            [(f" {wide(f'▲ {when}', room + 4)}{'THERE':>10}{'IN ALL':>12}", "heading")]
        ]
        for i, series in enumerate(self.graph.series):
            mark, look = MARKS[i]
            chosen = ">" if i == self.selected else " "
            out.append(
                [
                    (f" {chosen} ", "heading"),
                    (f"{mark} ", look),
                    (wide(safe(series.name), room), "plain"),
                    (f"{counts[i][at]:>10}{series.total:>12}", "plain"),
                ]
            )
        return out


def _joined(cells: list[Part]) -> list[Part]:
    """Cells, those of the same looks together."""
    out: list[Part] = []
    for text, look in cells:
        if out and out[-1][1] == look:
            out[-1] = (out[-1][0] + text, look)
        else:
            out.append((text, look))
    return out
