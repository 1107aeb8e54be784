"""The columns of the list that fit, as wide as what they show or as the user made them."""

from __future__ import annotations

from rich.cells import cell_len

from ..model.capture_model import CaptureModel
from ..model.list_columns import Column
from ..model.parts import Part, wide
from ..model.remembered import WIDEST

BETWEEN = " "


class ColumnHeads:
    """`shown` are the columns that fit: place in the model's, the column, its cells.

    Behind each but the last is a cell that the mouse takes to make it wider or narrower.
    """

    def __init__(self, model: CaptureModel) -> None:
        self.shown: list[tuple[int, Column, int]] = []
        self.held = ""  # the column whose border is dragged
        self._model = model
        self._grown: dict[str, int] = {}  # cells of the longest text that was in sight
        self._key: tuple[object, ...] = ()

    def forget(self) -> None:
        """Columns start anew."""
        self._grown.clear()
        self.shown = []

    def grow(self, texts: tuple[str, ...]) -> bool:
        """Takes in the texts of a row that comes into sight; columns never shrink meanwhile."""
        grown = False
        for column, text in zip(self._model.columns, texts, strict=False):
            size = len(text) if text.isascii() else cell_len(text)
            if size > self._grown.get(column.name, 0) and column.width:
                grown |= self._grown.get(column.name, 0) < column.width
                self._grown[column.name] = min(size, column.width)
        return grown

    def fit(self, width: int, grown: bool) -> None:
        """Finds the columns for so many cells, where anything is new."""
        model = self._model
        key = width, len(model.columns), model.order, dict(model.widths)
        if not grown and self.shown and self._key == key:
            return
        self._key = key
        columns = [(at, one) for at, one in enumerate(model.columns) if one.least <= width]
        sizes = {one.name: self._size(one) for _, one in columns}
        rest = width - 2 - sum(sizes.values()) - (len(columns) - 1) * len(BETWEEN)
        self.shown = [(at, one, sizes[one.name] or max(rest, 4)) for at, one in columns]

    def _size(self, column: Column) -> int:
        """Its cells; 0 for what is left."""
        given = self._model.widths.get(column.name)
        if given is not None or not column.width:
            return given or 0
        return max(self._grown.get(column.name, 0), len(self._title(column)), 1)

    def cell(self, at: int, text: str) -> str:
        """A text in the cells of the column shown at this place; in the last it may go on."""
        _, column, size = self.shown[at]
        last = at == len(self.shown) - 1
        if last and column.name not in self._model.widths and not column.width:
            return text
        return wide(text, size, column.right) + ("" if last else BETWEEN)

    def parts(self) -> list[Part]:
        """The titles of the columns."""
        cells = [self.cell(at, self._title(one)) for at, (_, one, _) in enumerate(self.shown)]
        return [("  ", "title"), *((cell, "title") for cell in cells)]

    def _title(self, column: Column) -> str:
        """What stands above a column, with a sign where rows are in its order."""
        order = self._model.order
        if order is None or order.column != column.name:
            return column.title
        return f"{column.title}{'▼' if order.reverse else '▲'}"

    # -- the mouse -----------------------------------------------------------------------

    def at(self, x: int) -> tuple[str, int]:
        """The column at a cell of the list ("" for none), and the cell within it."""
        start = 2
        for _, column, size in self.shown:
            if x < start + size + len(BETWEEN):
                return column.name, x - start
            start += size + len(BETWEEN)
        return "", 0

    def border(self, x: int) -> str:
        """The column whose border is at a cell, "" for none."""
        name, cell = self.at(x)
        size = next((size for _, one, size in self.shown if one.name == name), 0)
        return name if name and cell == size and name != self.shown[-1][1].name else ""

    def drag(self, x: int) -> None:
        """Puts the border that is held at a cell, as far as the column goes."""
        start = 2
        for _, column, size in self.shown:
            if column.name == self.held:
                self._model.widths[self.held] = min(max(x - start, 1), WIDEST)
                return
            start += size + len(BETWEEN)
