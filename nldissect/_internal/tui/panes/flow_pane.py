"""The lines of a sequence diagram: an arrow each, below the heads of the lanes."""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from ...analysis.flow import Arrow, Diagram
from ...library.flow_finder import FlowFinder
from ...render.flow_grid import FlowGrid
from ...wire.errors import CaptureError
from ..model.list_columns import Times
from ..model.parts import Part
from .paint import LinePane

KEPT = 512  # arrows that are remembered
_LOOKS = {"time": "dim", "lane": "dim", "head": "title"}  # else what a piece is


class FlowPane(LinePane):
    """Arrows between processes at the left and the kernel at the right, made as they are seen."""

    head = 2
    stride = 1  # lane

    def __init__(
        self, found: FlowFinder, times: Times, before: Callable[[int], int | None]
    ) -> None:
        super().__init__("flow")
        self.found = found
        self.left = 0  # the first process in sight
        self.chosen: Callable[[], None] = lambda: None  # a line was clicked twice
        self._times = times
        self._before = before
        self._arrows: dict[int, Arrow] = {}  # by the places of their first messages
        self._added = 0  # of `FlowFinder.added`
        self._grid: FlowGrid | None = None
        self._of: tuple[int, ...] = ()  # what the grid was made for
        self._time = 4  # cells of the longest time that was in sight

    @property
    def count(self) -> int:
        """Arrows found so far."""
        return len(self.found)

    def show_other(self, found: FlowFinder) -> None:
        """Another diagram in place of this one, from its first line on."""
        self.found = found
        self.left = self.cursor = self._added = 0
        self.changed()

    def grown(self) -> None:
        """Lines were found, perhaps in front of others: what is in sight stays there."""
        added = self.found.added - self._added
        self._added += added
        self.cursor += added
        self.resized()
        if added:
            self.top(self.scroll_offset.y + added)
        self.refresh()

    def changed(self) -> None:
        """Lines are others than they were."""
        self._arrows.clear()
        self.resized()
        self.refresh()

    def arrow(self, line: int) -> Arrow:
        """What a line shows; of messages that can no longer be read, why."""
        place = self.found.place(line)
        made = self._arrows.get(place)
        if made is None:
            if len(self._arrows) >= KEPT:
                self._arrows.clear()
            try:
                made = self.found.arrow(line)
            except CaptureError as problem:
                row = self.found.row(line)
                made = Arrow(
                    row,
                    1,
                    self.found.socket(line),
                    0,
                    False,
                    "malformed",
                    f"#{self.found.number(line)} {problem.reason}",
                    None,
                )
            # Those at the ends may still grow.
            if 0 < line < self.count - 1 and not self.found.open(line):
                self._arrows[place] = made
        return made

    def grid(self) -> FlowGrid:
        """Where the lanes stand, as they are known by now."""
        found = self.found
        of = (self.breadth, self._time, len(found.sockets), len(found.families), self.left)
        if self._grid is None or of != self._of:
            self._of = of
            self._grid = FlowGrid(
                self.breadth, self._time, found.sockets, found.families, self.left
            )
        return self._grid

    def sideways(self, lanes: int) -> bool:
        """Shows so many lanes further right, or left; whether there were any."""
        before = self.grid().left
        self.left = max(before + lanes, 0)
        self.left = self.grid().left
        self.refresh()
        return self.left != before

    def head_parts(self, line: int) -> list[Part]:
        """The heads of the lanes."""
        return [(self.grid().head(line), "title")]

    def render_lines(self, crop: object) -> list:  # type: ignore[type-arg]
        """Measures the times that come into sight, then draws."""
        top = self.scroll_offset.y
        for line in range(top, min(top + self.room, self.count)):
            size = len(self._said(self.arrow(line)))
            if size > self._time:
                self._time = size
                self.refresh()
        return super().render_lines(crop)  # type: ignore[arg-type]

    def _said(self, arrow: Arrow) -> str:
        return self._times.text(arrow.moment, self._before(arrow.row))

    def diagram(self, title: str, limit: int) -> Diagram:
        """Its first `limit` lines for an export."""
        return self.found.diagram(title, limit, self._said)

    def parts(self, line: int) -> list[Part]:
        """Time, lanes, and the arrow with its words."""
        arrow = self.arrow(line)
        pieces = self.grid().line(arrow, self._said(arrow))
        return [(text, _LOOKS.get(what, what)) for text, what in pieces]

    def move(self, line: int) -> bool:
        """Says so by `moved`."""
        moved = self.settle(line)
        if moved:
            self.moved()
        return moved

    def settle(self, line: int) -> bool:
        """Puts the cursor on a line, and its arrow's lane into sight; whether it moved."""
        moved = super().move(line)
        if self.count:
            wanted = self.grid().showing(self.found.socket(self.cursor))
            if wanted != self.grid().left:
                self.left = wanted
                self.refresh()
        return moved

    def on_click(self, event: events.Click) -> None:
        """A click goes there, a second one to the message in the list."""
        line = self.clicked(event)
        if line >= 0:
            self.move(line)
            if event.chain == 2:
                self.chosen()
