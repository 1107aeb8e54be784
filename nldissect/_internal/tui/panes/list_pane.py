"""The list: a row per message, in columns that are as wide as what they show."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from textual import events

from ..model.capture_model import CaptureModel
from ..model.list_columns import Cells, Column
from ..model.parts import Part, wide
from .paint import LinePane

BETWEEN = " "


class ListPane(LinePane):
    """The rows of a model's view."""

    head = 1

    def __init__(self, model: CaptureModel) -> None:
        super().__init__("list")
        self.model = model
        self.chosen: Callable[[], None] = lambda: None  # a row was clicked twice
        self._widths: dict[str, int] = {}
        self._shown: list[tuple[int, Column, int]] = []
        self._key: tuple[int, int] = (-1, -1)

    @property
    def count(self) -> int:
        """How many rows are shown by the view."""
        return len(self.model.view)

    @property
    def row(self) -> int:
        """The row under the cursor, -1 without any."""
        return self.model.view.row(self.cursor)

    # -- columns ---------------------------------------------------------------------

    def forget_widths(self) -> None:
        """Columns start anew."""
        self._widths.clear()
        self._shown = []
        self.refresh()

    def render_lines(self, crop: object) -> list:  # type: ignore[type-arg]
        """Measures what comes into sight, then draws it."""
        self._measure()
        return super().render_lines(crop)  # type: ignore[arg-type]

    def _measure(self) -> None:
        """Columns grow with what comes into sight, and never shrink meanwhile."""
        top = self.scroll_offset.y
        grown = False
        widths = self._widths
        columns = self.model.columns
        for place in range(top, min(top + self.room, self.count)):
            found = self.model.cells(self.model.view.rows[place])
            for column, text in zip(columns, found.texts, strict=False):
                size = min(cell_len(text), column.width)
                if size > widths.get(column.name, 0):
                    widths[column.name] = size
                    grown = True
        width = self.size.width
        if grown or not self._shown or self._key != (width, len(columns)):
            self._key = (width, len(columns))
            self._shown = self._fit(width)
            if grown:
                self.refresh()

    def _fit(self, width: int) -> list[tuple[int, Column, int]]:
        out = []
        used = 2
        for place, column in enumerate(self.model.columns):
            if column.least > width:
                continue
            size = max(self._widths.get(column.name, 0), len(column.title), 1)
            if column.width:
                out.append((place, column, size))
                used += size + len(BETWEEN)
            else:
                out.append((place, column, 0))
        return [(place, column, size or max(width - used, 4)) for place, column, size in out]

    # -- drawing -----------------------------------------------------------------------

    def head_parts(self, line: int) -> list[Part]:
        """The titles of the columns."""
        out: list[Part] = [("  ", "title")]
        for _, column, size in self._shown:
            gap = BETWEEN if column.width else ""
            out.append((wide(column.title, size, column.right) + gap, "title"))
        return out

    def parts(self, line: int) -> list[Part]:
        """Glyph, mark, and the texts of the columns that fit."""
        row = self.model.view.rows[line]
        found = self.model.cells(row)
        out: list[Part] = [self._gutter(line, row, found)]
        for place, column, size in self._shown:
            text = found.texts[place] if place < len(found.texts) else ""
            name = found.look
            if column.name in _QUIET:
                name = "dim"
            elif column.name == "direction":
                name = "arrow"
            if column.width:
                out.append((wide(text, size, column.right) + BETWEEN, name))
            else:
                out.append((text, name))
        return out

    def _gutter(self, line: int, row: int, found: Cells) -> Part:
        mark = ">" if line == self.cursor else " "
        if row in self.model.selected:
            mark = "*" if line != self.cursor else "»"
        elif mark == " ":
            mark = next((m for m, at in self.model.marks.items() if at == row), " ")
        return found.glyph + mark, found.look

    def under(self, line: int) -> str:
        """Selected rows are marked, also away from the cursor."""
        if line != self.cursor and self.model.view.rows[line] in self.model.selected:
            return "selected"
        return super().under(line)

    # -- events -----------------------------------------------------------------------

    def move(self, line: int) -> bool:
        """Says so by `moved`."""
        if super().move(line):
            self.moved()
            return True
        return False

    def on_click(self, event: events.Click) -> None:
        """A click goes there, a second one into the tree."""
        line = self.clicked(event)
        if line >= 0:
            self.move(line)
            if event.chain == 2:
                self.chosen()


_QUIET = frozenset(("number", "time", "delta", "process", "length", "pair", "port", "group"))
