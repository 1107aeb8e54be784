"""Where the panes go at which size of the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

LIST, TRANSACTION, TREE, HEX = "list", "transaction", "tree", "hex"
BARS: Final = 4  # lines above and below the panes
WIDE: Final = 120  # from here on panes stand side by side
BYTES: Final = 78  # cells of the hex pane with 16 bytes a line
HALF: Final = 46  # and with 8
ROOM: Final = 80  # cells that transaction and tree need beside the former


@dataclass(frozen=True, slots=True)
class LayoutChoices:
    """What the user set: rows added to the list, cells added to the tree, side by side, zoom."""

    rows: int = 0
    cells: int = 0
    side: bool | None = None
    zoom: str = ""
    transaction: bool = False  # also where there is little room


class Plan(NamedTuple):
    """Rows of the list and of what is below; width or height of each pane (0: hidden)."""

    bars: bool
    list: int
    below: int
    side: bool
    transaction: int
    tree: int
    hex: int


def plan(width: int, height: int, wishes: LayoutChoices) -> Plan:
    """The panes' sizes in a terminal of this size; nothing is ever negative."""
    bars = height > BARS + 3
    body = max(height - BARS if bars else height, 1)
    if wishes.zoom:
        side = True
        return Plan(
            bars,
            body if wishes.zoom == LIST else 0,
            0 if wishes.zoom == LIST else body,
            side,
            *(width if wishes.zoom == pane else 0 for pane in (TRANSACTION, TREE, HEX)),
        )
    side = width >= WIDE if wishes.side is None else wishes.side
    if body < 6:
        return Plan(bars, body, 0, side, 0, 0, 0)
    if width < 80 or height < 16:  # list and one more
        rows = _between(body // 2 + wishes.rows, 2, body - 3)
        shown = (body - rows, 0) if wishes.transaction else (0, body - rows)
        return Plan(bars, rows, body - rows, False, *shown, 0)
    if side:
        rows = _between(body // 2 + wishes.rows, 2, body - 4)
        below = body - rows
        if width < WIDE and wishes.transaction:
            half = _between(width // 2 + wishes.cells, 12, width - 12)
            return Plan(bars, rows, below, True, half, width - half, 0)
        right = width - width // 2
        if width >= WIDE:
            right = BYTES if width - BYTES >= ROOM else HALF
        left = 0
        if width >= WIDE or wishes.transaction:
            left = min(max((width - right) * 9 // 20, 34), 60)
        tree = _between(width - left - right + wishes.cells, 12, width - left - 20)
        return Plan(bars, rows, below, True, left, tree, width - left - tree)
    rows = _between(body * 9 // 20 + wishes.rows, 2, body - 7)
    below = body - rows
    bytes_ = _between(below // 3 + 1 - wishes.cells // 2, 2, below - 3)
    if wishes.transaction:
        return Plan(bars, rows, below, False, below - bytes_, 0, bytes_)
    return Plan(bars, rows, below, False, 0, below - bytes_, bytes_)


def _between(value: int, low: int, high: int) -> int:
    return max(min(value, high), low)
