"""The scrollbar of the list, a map of the whole capture: what happened where, and what is seen."""

from __future__ import annotations

from ..model.capture_map import CaptureMap
from ..model.capture_model import CaptureModel
from ..model.parts import Part
from .scrolling import THUMB, TRACK

CURSOR, HIT = "◀", "▪"
DENSITY = "░▒▓"  # of errors, against the most that a cell has
FREQUENT = 4  # one in so many cells, of as many rows each, has errors: they are everywhere then


class Minimap:
    """One cell for each of so many slices of the capture, fewer where it has fewer messages.

    A cell shows the first of these that is in its slice: the cursor, a mark's letter, an error,
    an unanswered request, what passes the filter, what is on the screen. Where errors are
    everywhere, an unanswered request goes before them, and they are shown by how dense they are.
    """

    def __init__(self, model: CaptureModel) -> None:
        self.map = CaptureMap(model)
        self._model = model
        self._cells: list[Part] = []  # without cursor, marks and screen
        self._made_for: tuple[object, ...] = ()
        self._total = self._count = 0  # rows, cells

    def update(self, height: int) -> bool:
        """Makes the map for so many cells where something is new; whether they differ."""
        model, view = self._model, self._model.view
        total, version = model.total, self.map.version
        made_for = (version, view, len(view), total, height)
        if made_for == self._made_for:
            return False
        before = self._cells, self._total
        self._made_for, self._total, self._count = made_for, total, min(height, total)
        slices = [self._rows(cell) for cell in range(self._count)]
        shares = [self.map.errors(*rows) / (rows[1] - rows[0]) for rows in slices]
        most = max(shares, default=0)
        often = sum(map(bool, shares)) * FREQUENT > self._count and total > self._count * FREQUENT
        self._cells = [
            self._cell(*rows, share / most if often else 0)
            for rows, share in zip(slices, shares, strict=True)
        ]
        return before != (self._cells, total)

    def _cell(self, start: int, stop: int, density: float) -> Part:
        """What happened in these rows; where the filter leaves them out, without colour.

        `density` is that of errors, 1 the most there is, where they are everywhere.
        """
        view = self._model.view
        filtered = view.test is not None
        shown = not filtered or view.any(start, stop)
        if not density and self.map.error(start, stop) >= 0:
            return "!", "error" if shown else "dim"
        if self.map.unanswered(start, stop) >= 0:
            return "?", "unanswered" if shown else "dim"
        if density:
            return DENSITY[min(int(density * len(DENSITY)), 2)], "dense" if shown else "dim"
        return (HIT, "heading") if filtered and shown else (TRACK, "dim")

    def _rows(self, cell: int) -> tuple[int, int]:
        """The rows that a cell stands for: from, to."""
        return cell * self._total // self._count, (cell + 1) * self._total // self._count

    def cell_of(self, row: int) -> int:
        """The cell that stands for a row, -1 for none."""
        if not 0 <= row < self._total:
            return -1
        return ((row + 1) * self._count - 1) // self._total

    def row_at(self, cell: int) -> int:
        """The row that a click on a cell goes to: what the cell shows, else the middle; or -1.

        Where that is not shown, the nearest that is.
        """
        if not self._count:
            return -1
        start, stop = self._rows(min(max(cell, 0), self._count - 1))
        view = self._model.view
        for row in (self.map.error(start, stop), self.map.unanswered(start, stop)):
            if row >= 0 and view.has(row):
                return row
        return view.nearest(start if view.test is not None else (start + stop) // 2)

    def part(self, cell: int, cursor: int, seen: tuple[int, int]) -> tuple[str, str, str]:
        """A cell, its looks and those under it.

        `cursor` is the row that has it, `seen` the first and last row on the screen.
        """
        if cell >= self._count:
            return " ", "plain", ""
        glyph, look = self._cells[cell]
        here = self.cell_of(seen[0]) <= cell <= self.cell_of(seen[1])
        if cell == self.cell_of(cursor):
            return CURSOR, look if look != "dim" else "heading", "away"
        marks = self._model.marks
        letter = next((one for one, row in marks.items() if self.cell_of(row) == cell), "")
        if letter:
            glyph, look = letter, look if look != "dim" else "name"
        elif here and glyph == TRACK:
            glyph = THUMB
        return glyph, look, "away" if here else ""
