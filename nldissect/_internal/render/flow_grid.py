"""A sequence diagram in cells: where the lanes stand, and the line of an arrow."""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis.flow import Arrow, Lane
from .style import cut, width

LABEL = 30  # cells at least that words are to have beside the last lane
NARROW, USUAL = 10, 17  # cells from one process's lane to the next
FAMILY = 12  # and from one family's to the next
AFTER = 2  # cells behind the time

Piece = tuple[str, str]  # text, and what it is: time, lane, arrow, head, or an arrow's kind


class FlowGrid:
    """The lanes of a diagram in so many cells: processes from the left, the kernel at the right.

    `room` is the whole width, `time` the cells that times take, `left` the first process in sight.
    Where there is no room for a lane of each family, the kernel is one. Of the processes those
    from `left` to `right` are in sight.
    """

    def __init__(
        self, room: int, time: int, sockets: Sequence[Lane], families: Sequence[Lane], left: int = 0
    ) -> None:
        self.room = max(room, 24)
        self.time = time if self.room >= 40 else 0
        self._sockets, self._families = sockets, families
        start = self.time + AFTER if self.time else 0
        across = self.room - start
        self.split = len(families) < 2 or len(families) * FAMILY <= across // 3
        lanes = len(families) if self.split else 1
        each = FAMILY if across >= 50 else 8
        self._kernel = [self.room - (lanes - place) * each for place in range(max(lanes, 1))]
        free = max(self._kernel[0] - start - max(LABEL, across * 2 // 5), 0)
        fits = min(1 + free // NARROW, max(len(sockets), 1))
        step = min(USUAL, free // (fits - 1)) if fits > 1 else USUAL
        self.left = min(max(left, 0), max(len(sockets) - fits, 0))
        self.right = min(self.left + fits, len(sockets))
        self._at = [start + place * step for place in range(self.right - self.left)]
        self._step = step
        self._start = start

    def showing(self, socket: int) -> int:
        """The `left` with which a process's lane is in sight, the nearest to what it is."""
        if socket < self.left:
            return socket
        fits = self.right - self.left
        return socket - fits + 1 if socket >= self.right and fits else self.left

    def head(self, line: int) -> str:
        """Line 0 or 1 of what stands above the lanes: names, then details."""
        out = _Cells(self.room)
        if line == 0 and self.time:
            out.put(max(self.time - 4, 0), "Time", self.time)
        elif self.left or self.right < len(self._sockets):
            out.put(0, f"{self.left + 1}-{self.right}/{len(self._sockets)}", self._start)
        for x, lane in zip(self._at, self._sockets[self.left : self.right], strict=True):
            out.put(x, lane[line], self._step - 1)
        if self.split:
            for x, lane in zip(self._kernel, self._families, strict=False):
                out.put(x, lane[line], FAMILY - 1)
        else:
            out.put(self._kernel[0], ("kernel", f"{len(self._families)} families")[line], FAMILY)
        return out.text()

    def line(self, arrow: Arrow, time: str) -> list[Piece]:
        """An arrow's line, the lanes that it passes cut by it; `room` cells in all."""
        here = arrow.socket - self.left
        away = not 0 <= here < len(self._at)
        start = self._start if here < 0 else self._at[-1] + 1 if away else self._at[here]
        end = self._kernel[arrow.family if self.split else 0]
        lanes = _Cells(self.room)
        for x in (*self._at, *self._kernel):
            lanes.put(x, "│", 1)
        edge = "" if not away else "«" if here < 0 else "»"
        before = lanes.between(self._start, start) + (edge or "│")
        pieces: list[Piece] = []
        if self.time:
            pieces.append((f"{cut(time, self.time):>{self.time}}{' ' * AFTER}", "time"))
        pieces.append((before, "lane"))
        pieces += self._shaft(arrow, end - start - 1, away)
        pieces.append((lanes.between(end, self.room), "lane"))
        return pieces

    def _shaft(self, arrow: Arrow, size: int, away: bool) -> list[Piece]:
        """An arrow from lane to lane, its words in it; `away`: whose lane is not in sight."""
        dash = "╌" if arrow.told else "─"
        mark = arrow.mark
        words = arrow.words
        if not self.split:
            words = f"{self._families[arrow.family].detail} {words}"
        if away:
            words = f"{self._sockets[arrow.socket]}: {words}"
        head = f"{dash}{mark or '▶'}" if arrow.to_kernel else f"{'◁' if arrow.told else '◀'}{mark}"
        space = size - width(head) - 3
        said = words if width(words) <= space else cut(words, space - 1) + "…"
        rest = dash * max(space - width(said), 0)
        if arrow.to_kernel:
            return [(dash, "arrow"), (f" {said} ", arrow.kind), (f"{rest}{head}", "arrow")]
        return [
            (head, "arrow" if not mark else arrow.kind),
            (f" {said} ", arrow.kind),
            (f"{rest}{dash}", "arrow"),
        ]


class _Cells:
    """A line of blanks that texts are put on."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._put: list[tuple[int, str]] = []

    def put(self, x: int, text: str, most: int) -> None:
        """A text from cell `x` on, cut to `most` cells; later ones stand further right."""
        most = min(most, self._room - x)
        if most > 0:
            self._put.append((x, text if width(text) <= most else cut(text, most - 1) + "…"))

    def between(self, start: int, stop: int) -> str:
        """The cells from `start` to `stop`."""
        out, at = "", start
        for x, text in self._put:
            if start <= x < stop:
                out += " " * (x - at) + text
                at = x + width(text)
        return out + " " * (stop - at)

    def text(self) -> str:
        """All of it."""
        return self.between(0, self._room)
