"""The list: a row per message, in columns that are as wide as what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual import events
from textual.geometry import Region
from textual.strip import Strip

from ..model.capture_model import CaptureModel
from ..model.kin import PASSING, brackets
from ..model.list_columns import Cells
from ..model.parts import Part
from .column_heads import ColumnHeads
from .minimap import Minimap
from .paint import LinePane


class ListPane(LinePane):
    """The rows of a model's view."""

    head, fixed = 1, 2

    def __init__(self, model: CaptureModel) -> None:
        super().__init__("list")
        self.model = model
        self.chosen: Callable[[], None] = lambda: None  # a row was clicked twice
        self.sought: Callable[[int], None] = lambda row: None  # a row was clicked on the map
        self.headed: Callable[[str], None] = lambda name: None  # a column's head was clicked
        self.minimap = Minimap(model)
        self.heads = ColumnHeads(model)
        self._sized = False  # what the mouse did last was to drag a column's border
        self._seen = (-1, -1)  # the first and last row on the screen
        self._brackets: dict[int, str] = {}
        self._bracketed: tuple[int, ...] = ()  # what they were made for

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
        self.heads.forget()
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Measures what comes into sight and brackets what belongs together, then draws it."""
        self._measure(crop)
        self._bracket()
        self.minimap.update(self.room)
        view, top = self.model.view, self.scroll_offset.y
        ends = view.row(top), view.row(min(top + self.room, len(view)) - 1)
        self._seen = min(ends), max(ends)
        return super().render_lines(crop)

    def _bracket(self) -> None:
        """Finds what holds the lines together that belong to the cursor's, where that is new."""
        top, room, row = self.scroll_offset.y, self.room, self.row
        made_for = (row, top, room, self.count, self.model.index.paired)
        if made_for != self._bracketed:
            self._bracketed = made_for
            self._brackets = brackets(self.model, row, top, room)

    def _measure(self, crop: Region) -> None:
        """Columns grow with what comes into sight."""
        top = self.scroll_offset.y - self.head
        grown = False
        for place in range(top + max(crop.y, self.head), min(top + crop.bottom, self.count)):
            grown |= self.heads.grow(self.model.cells(self.model.view.row(place)).texts)
        self.heads.fit(self.breadth, grown)
        if grown:
            self.refresh()

    # -- drawing -----------------------------------------------------------------------

    def head_parts(self, line: int) -> list[Part]:
        """The titles of the columns."""
        return self.heads.parts()

    def edge(self, y: int) -> tuple[str, str, str]:
        """A cell of the map of the capture."""
        if y < self.head:
            return " ", "plain", "title"
        return self.minimap.part(y - self.head, self.row, self._seen)

    def scrub(self, y: int) -> None:
        """The map was clicked, or is dragged on: goes there."""
        row = self.minimap.row_at(y)
        if row >= 0:
            self.steered()
            self.sought(row)

    def mapped(self) -> None:
        """Draws the map anew where it has changed."""
        if self.minimap.update(self.room):
            self._redraw_map(range(self.room))

    def _redraw_map(self, cells: Iterable[int]) -> None:
        for cell in cells:
            self.refresh(Region(self.breadth, self.head + cell, 1, 1))

    def parts(self, line: int) -> list[Part]:
        """Glyph, mark, and the texts of the columns that fit."""
        row = self.model.view.row(line)
        found = self.model.cells(row)
        text, look = self._gutter(line, row, found)
        out: list[Part] = []
        for at, (place, column, _) in enumerate(self.heads.shown):
            cell = self.heads.cell(at, found.texts[place] if place < len(found.texts) else "")
            name = found.look
            if column.name in _QUIET:
                name = "dim"
            elif column.name == "direction":
                name = "arrow"
            if name == look:
                text += cell
            else:  # what looks alike is one part
                out.append((text, look))
                text, look = cell, name
        return [*out, (text, look)]

    def _gutter(self, line: int, row: int, found: Cells) -> Part:
        mark = ">" if line == self.cursor else " "
        if row in self.model.selected:
            mark = "*" if line != self.cursor else "»"
        elif mark == " ":
            mark = next((m for m, at in self.model.marks.items() if at == row), " ")
        if mark == " ":
            mark = self._brackets.get(line, " ")
        return found.glyph + mark, found.look

    def under(self, line: int) -> str:
        """Selected rows are marked, also away from the cursor, and those that belong to its row."""
        if line != self.cursor:
            if self.model.view.row(line) in self.model.selected:
                return "selected"
            if self._brackets.get(line, PASSING) != PASSING:
                return "kin"
        return super().under(line)

    # -- events -----------------------------------------------------------------------

    def move(self, line: int) -> bool:
        """Says so by `moved`; other lines belong to the cursor's then."""
        before, top, row = self._brackets, self.scroll_offset.y, self.row
        if super().move(line):
            if top == self.scroll_offset.y:  # else all is drawn anew
                cells = {self.minimap.cell_of(one) for one in (row, self.row)}
                self._redraw_map(cells if len(cells) > 1 else ())
                self._bracket()
                for place, _ in before.items() ^ self._brackets.items():
                    self.line_changed(place)
            self.moved()
            return True
        return False

    def _on_head(self, event: events.MouseEvent) -> int:
        """The cell of the heads that the mouse is on, -1 for none."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= self.head or offset.x >= self.breadth:
            return -1
        return offset.x + (self.shift if offset.x >= self.fixed else 0)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Takes the border of a column."""
        x = self._on_head(event)
        self._sized = False
        self.heads.held = self.heads.border(x) if x >= 0 else ""
        if self.heads.held:
            event.stop()
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Makes the column wider or narrower."""
        if self.heads.held:
            event.stop()
            self._sized = True
            self.heads.drag(event.get_content_offset_capture(self).x + self.shift)
            self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Lets the border go."""
        if self.heads.held:
            event.stop()
            self.heads.held = ""
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """A click goes there, a second one into the tree; on a head it sorts.

        A second one on the border of a column has that as wide as what it shows.
        """
        x = self._on_head(event)
        if x >= 0:
            border, name = self.heads.border(x), self.heads.at(x)[0]
            if border and event.chain == 2:
                self.model.widths.pop(border, None)
                self.refresh()
            elif name and not (border or self._sized):
                self.headed(name)
            return
        line = self.clicked(event)
        if line >= 0:
            self.move(line)
            if event.chain == 2:
                self.chosen()


_QUIET = frozenset(("number", "time", "delta", "process", "length", "pair", "port", "group"))
