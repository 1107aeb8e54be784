"""The pane with the transaction of the message under the cursor."""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from ..model.capture_model import CaptureModel
from ..model.ladder import Rung, rungs
from ..model.parts import Part
from .pinned import PinnedPane


class TransactionPane(PinnedPane):
    """The ladder; a line that stands for a message leads there."""

    def __init__(self) -> None:
        super().__init__("transaction")
        self.name_it("Transaction")
        self.chosen: Callable[[int], None] = lambda row: None  # a message was chosen
        self._rungs: list[Rung] = []
        self._row = -1
        self._width = 0  # of the rungs
        self._model: CaptureModel | None = None

    @property
    def count(self) -> int:
        """Rungs of the ladder."""
        return len(self._rungs)

    @property
    def rows(self) -> list[int]:
        """The rows that have a line."""
        return [rung.row for rung in self._rungs if rung.row >= 0]

    def set(self, model: CaptureModel, row: int) -> None:
        """Shows the transaction of a row."""
        self._model, self._row = model, row
        self._fill()
        self.cursor = next((i for i, rung in enumerate(self._rungs) if rung.row == row), 0)
        self.resized()
        self.show()
        self.refresh()

    def clear(self) -> None:
        """Shows nothing."""
        self._rungs, self._row, self._model = [], -1, None
        self.name_it("Transaction")
        self.resized()
        self.refresh()

    def _fill(self) -> None:
        if self._model is None or self._row < 0 or self.breadth <= 0:
            return
        self._width = self.breadth
        self._rungs = rungs(self._model, self._row, self._width)
        link = self._model.link(self._row)
        found = None if link is None else link.transaction
        number = "" if found is None or not found.number else f" #{found.number}"
        state = "" if found is None else f"  {found.kind}, {found.state}"
        self.name_it(f"Transaction{number}{state}")

    def on_resize(self) -> None:
        """Rungs are as wide as the pane."""
        if self.breadth != self._width:
            self._fill()
        super().on_resize()

    def parts(self, line: int) -> list[Part]:
        """A rung, with a mark on the row whose transaction it is."""
        rung = self._rungs[line]
        here = rung.row >= 0 and rung.row == self._row
        if here and rung.parts:
            (text, look), *rest = rung.parts
            return [(("▸" if self.cursor == line else "•") + text[1:], look), *rest]
        return rung.parts

    def choose(self) -> None:
        """Goes to the message of the line under the cursor."""
        if self._rungs:
            row = self._rungs[self.cursor].row
            if row >= 0:
                self.chosen(row)

    def on_click(self, event: events.Click) -> None:
        """A click goes to the message."""
        line = self.clicked(event)
        if line >= 0:
            self.move(line)
            self.choose()
