"""Which panes are shown, how large, and which of them has the focus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual.screen import Screen
from textual.widget import Widget

from ..model import layout
from .paint import LinePane

ROWS, CELLS = 99, 199  # the most that the user adds to the list's height, to the tree's width


class Arrangement:
    """The panes of a screen: list, tree, transaction and hex, in the order of Tab.

    `choices` is what the user set, `layout.plan` what becomes of it in this terminal and with
    what there is to show. `changed` is called when panes may have come into sight.
    """

    def __init__(
        self, screen: Screen[None], panes: list[LinePane], changed: Callable[[], None]
    ) -> None:
        self.choices = layout.LayoutChoices()
        self._content = layout.Content()
        self.plan: layout.Plan | None = None  # as it is now
        self.shelf = 0  # lines that tabs and saved filters take
        self._screen = screen
        self._panes = panes
        self._changed = changed

    @property
    def pane(self) -> LinePane:
        """The pane that has the focus, the list while something else has it."""
        focused = self._screen.focused
        return focused if isinstance(focused, LinePane) and focused in self._panes else self._list

    @property
    def _list(self) -> LinePane:
        return self._panes[0]

    def arrange(self) -> None:
        """Gives every pane and bar its place in the terminal as it is now."""
        if self._place():
            self._changed()

    def fit(self, content: layout.Content) -> None:
        """Other things are shown: panes get the room that these need."""
        if content != self._content:
            self._content = content
            self._place()

    def _place(self) -> bool:
        """Puts everything where the plan has it; whether there is a terminal."""
        width, height = self._screen.app.size
        if width <= 0 or height <= 0:
            return False
        plan = layout.plan(width, height - self.shelf, self.choices, self._content)
        self._screen.query_one("#shelf").display = plan.bars and self.shelf > 0
        if plan == self.plan:
            return True
        self.plan = plan
        for name in ("#top", "#filter", "#status", "#keys"):
            self._screen.query_one(name).display = plan.bars
        sizes = {"body": plan.list + plan.below, "list": plan.list, "below": plan.below}
        if not plan.side:
            sizes.update(tree=plan.tree, aside=plan.aside)
        sizes.update(transaction=plan.transaction, hex=plan.hex)
        for name, size in sizes.items():
            widget = self._screen.query_one(f"#{name}")
            widget.display = size > 0
            widget.styles.height = max(size, 1)
        self._screen.query_one("#below").set_class(plan.side, "side")
        for name, cells in (("tree", plan.tree), ("aside", plan.aside)):
            widget = self._screen.query_one(f"#{name}")
            widget.styles.width = cells if plan.side else "100%"
            if plan.side:
                widget.display, widget.styles.height = True, "100%"
        if not self.pane.display:
            self.focus(next((pane for pane in self._panes if pane.display), self._list))
        return True

    # -- focus --------------------------------------------------------------------------

    def focus(self, pane: Widget) -> None:
        """Gives a pane the focus."""
        self._screen.set_focus(pane)

    def focus_next(self, step: int) -> None:
        """Goes to the next pane that is shown; zoomed, that one is zoomed instead."""
        panes = self._panes
        if not self.choices.zoom:
            panes = [pane for pane in panes if pane.display]
        at = panes.index(self.pane) if self.pane in panes else 0
        pane = panes[(at + step) % len(panes)]
        if self.choices.zoom:
            self._choose(zoom=pane.id or "")
        self.focus(pane)

    def focus_named(self, name: str) -> None:
        """Goes to a pane by its name, if it is shown."""
        pane = next(pane for pane in self._panes if pane.id == name)
        if pane.display:
            self.focus(pane)

    # -- what the user chooses ------------------------------------------------------------

    def _choose(
        self,
        *,
        zoom: str | None = None,
        side: bool | None = None,
        transaction: bool | None = None,
        rows: int = 0,
        cells: int = 0,
        rungs: int = 0,
    ) -> None:
        """Changes what is given, and arranges the panes anew."""
        before = self.choices
        self.choices = layout.LayoutChoices(
            rows=min(max(before.rows + rows, -ROWS), ROWS),
            cells=min(max(before.cells + cells, -CELLS), CELLS),
            rungs=min(max(before.rungs + rungs, -ROWS), ROWS),
            side=before.side if side is None else side,
            zoom=before.zoom if zoom is None else zoom,
            transaction=before.transaction if transaction is None else transaction,
        )
        self.arrange()

    def zoom(self) -> None:
        """The focused pane alone, or all of them again."""
        pane = self.pane
        self._choose(zoom="" if self.choices.zoom else pane.id or "")
        self.focus(pane)

    def turn(self) -> None:
        """Panes side by side, or below each other."""
        side = layout.plan(*self._screen.app.size, replace(self.choices, zoom="")).side
        self._choose(side=not side, zoom="")

    def resize(self, rows: int = 0, cells: int = 0, rungs: int = 0) -> None:
        """More or less room: lines for the list, cells for the tree, lines for the transaction.

        What has no effect is not kept, so that the way back begins at once.
        """
        before, plan = self.choices, self.plan
        self._choose(rows=rows, cells=cells, rungs=rungs)
        if self.plan == plan:
            self.choices = before

    def usual_sizes(self) -> None:
        """The room that panes have where the user shifted nothing."""
        self.choices = replace(self.choices, rows=0, cells=0, rungs=0)
        self.arrange()

    def show_transaction(self) -> None:
        """Brings the transaction's pane into sight, or takes it away where there is no room."""
        pane = next(pane for pane in self._panes if pane.id == layout.TRANSACTION)
        if pane.display and self.pane is not pane:
            self.focus(pane)
        elif pane.display and self._screen.app.size.width >= layout.WIDE and not self.choices.zoom:
            self.focus(self._list)
        else:
            self._choose(transaction=not pane.display, zoom="")
            self.focus(pane if pane.display else self._list)

    def back(self) -> bool:
        """Undoes what stands in front of the list; whether there was anything."""
        if self.choices.zoom:
            self.zoom()
            return True
        if self.choices.transaction:
            self._choose(transaction=False)
        elif self.pane is self._list:
            return False
        self.focus(self._list)
        return True
