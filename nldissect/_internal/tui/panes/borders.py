"""The borders between the panes, which the mouse takes and drags."""

from __future__ import annotations

from .arrangement import Arrangement
from .paint import LinePane

LIST, TREE, LADDER = "list", "tree", "ladder"  # by the pane above or left of it


class Borders:
    """Finds the border at a cell of the screen, and shifts the one that is held.

    Sizes are those of the arrangement's plan: what is drawn follows later.
    """

    def __init__(self, arrangement: Arrangement, list_pane: LinePane) -> None:
        self.held = ""
        self._arrangement = arrangement
        self._list_pane = list_pane

    def grab(self, x: int, y: int) -> bool:
        """Takes the border at a cell of the screen; whether there is one."""
        self.held = self._at(x, y)
        return bool(self.held)

    def _at(self, x: int, y: int) -> str:
        plan = self._arrangement.plan
        if plan is None or not plan.list or not plan.below:
            return ""
        left, top = self._list_pane.region.offset
        x, y = x - left, y - top - plan.list
        if y == 0:
            return LIST
        if not plan.side:
            return TREE if y == (plan.tree or plan.transaction) and plan.hex else ""
        if x == plan.tree and y > 0:
            return TREE
        return LADDER if x > plan.tree and y == plan.transaction and plan.hex else ""

    def drag(self, x: int, y: int) -> None:
        """Shifts the border that is held to a cell of the screen, as far as panes have room."""
        plan = self._arrangement.plan
        if plan is None or not self.held:
            return
        left, top = self._list_pane.region.offset
        x, y = x - left, y - top - plan.list
        if self.held == LIST:
            self._arrangement.resize(rows=y)
        elif self.held == LADDER:
            self._arrangement.resize(rungs=y - plan.transaction)
        elif plan.side:
            self._arrangement.resize(cells=x - plan.tree)
        else:
            self._arrangement.resize(cells=2 * (y - (plan.tree or plan.transaction)))

    def release(self) -> None:
        """Lets it go."""
        self.held = ""
