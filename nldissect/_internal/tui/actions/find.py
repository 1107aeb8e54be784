"""Finding: text in rows and in the tree, text and hex in the bytes."""

from __future__ import annotations

from functools import partial
from time import process_time

from ...wire.errors import CaptureError, UsageError
from ..panes.hex_pane import HexPane
from ..panes.list_pane import ListPane
from ..panes.tree_pane import TreePane
from .context import BrowserContext
from .controller import Action, Controller, plain


class Find(Controller):
    """Keys of the group Find. A search through the list goes on behind the screen."""

    def __init__(self, browser: BrowserContext) -> None:
        super().__init__(browser)
        self._text = ""
        self._place = self._left = 0  # of the list: where the search is, how many rows are left
        self._step = 1  # 1 down, -1 up

    def actions(self) -> dict[str, Action]:
        """The group Find."""
        return {
            "find": plain(self._ask_text),
            "find-next": lambda n, _: self._find(1),
            "find-previous": lambda n, _: self._find(-1),
        }

    def _ask_text(self) -> None:
        pane = self.browser.pane
        where = {"tree": "in the tree", "hex": "bytes (text or hex)"}
        what = where.get(pane.id or "", "in the list")

        def answer(text: str) -> None:
            self._text = text
            if text:
                self._find(1)

        self.browser.ask(f"find {what}", answer)

    def _find(self, step: int) -> None:
        """Goes to the next (1) or previous (-1) match in the pane with the focus, around its end.

        Tree and bytes are searched at once, the list as a job of the scheduler.
        """
        if not self._text:
            raise UsageError(f"nothing to find yet; {self.browser.keymap.of('find')} asks")
        pane = self.browser.pane
        if isinstance(pane, TreePane) and pane.outline is not None:
            if all(pane.outline.opened(item) for item in pane.outline.items if item.kids):
                place = pane.outline.find(self._text, pane.cursor, step)
            else:  # also in what is folded
                pane.fold_everything(True)
                place = pane.outline.find(self._text, pane.cursor, step)
            if place < 0:
                raise UsageError(f"{self._text!r} is not in this message")
            pane.move(place)
        elif isinstance(pane, HexPane):
            at = pane.find(self._text, step)
            if at < 0:
                raise UsageError(f"{self._text!r} is not in these bytes")
            pane.go(at)
        elif isinstance(pane, ListPane):
            view = self.model.view
            self._place, self._step, self._left = pane.cursor, step, len(view)
            self.browser.scheduler.add("find", self._scan)
            self.browser.note(f"looking for {self._text!r}")

    def _scan(self, seconds: float) -> bool:
        """Looks through rows for so long; True when there is no more to do."""
        view, wanted = self.model.view, self._text.casefold()
        end = process_time() + seconds
        while self._left > 0:
            self._left -= 1
            self._place = (self._place + self._step) % max(len(view), 1)
            row = view.row(self._place)
            if row >= 0 and self._matches(row, wanted):
                self.browser.scheduler.drop("find")
                self.browser.note(f"{self._text!r} found in #{self.model.number(row)}")
                self.browser.attempt(partial(self.browser.row_cursor.go, row))
                return True
            if process_time() >= end:
                return False
        self.browser.scheduler.drop("find")
        self.browser.note(f"{self._text!r} is in no row that is shown", "warning")
        return True

    def _matches(self, row: int, wanted: str) -> bool:
        try:
            return wanted in " ".join(self.model.fresh(row).texts).casefold()
        except CaptureError:
            return False
