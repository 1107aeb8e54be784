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


def plan(width: int, height: int, choices: LayoutChoices) -> Plan:
    """The panes' sizes in a terminal of so many cells and lines; nothing is ever negative."""
    bars = height > BARS + 3
    body = max(height - BARS if bars else height, 1)
    side = width >= WIDE if choices.side is None else choices.side
    if choices.zoom:
        return _zoomed(bars, body, width, choices.zoom)
    if body < 6:
        return Plan(bars, body, 0, side, 0, 0, 0)
    if width < 80 or height < 16:
        return _list_and_one(bars, body, choices)
    return (_side_by_side if side else _stacked)(bars, body, width, choices)


def _zoomed(bars: bool, body: int, width: int, pane: str) -> Plan:
    """One pane alone."""
    sizes = (width if pane == one else 0 for one in (TRANSACTION, TREE, HEX))
    rows = body if pane == LIST else 0
    return Plan(bars, rows, body - rows, True, *sizes)


def _list_and_one(bars: bool, body: int, choices: LayoutChoices) -> Plan:
    """The list and one more pane below it: the tree, or the transaction while it is shown."""
    rows = _between(body // 2 + choices.rows, 2, body - 3)
    below = body - rows
    shown = (below, 0) if choices.transaction else (0, below)
    return Plan(bars, rows, below, False, *shown, 0)


def _side_by_side(bars: bool, body: int, width: int, choices: LayoutChoices) -> Plan:
    """Transaction, tree and hex beside each other, below the list."""
    rows = _between(body // 2 + choices.rows, 2, body - 4)
    below = body - rows
    if width < WIDE and choices.transaction:
        half = _between(width // 2 + choices.cells, 12, width - 12)
        return Plan(bars, rows, below, True, half, width - half, 0)
    right = width - width // 2
    if width >= WIDE:
        right = BYTES if width - BYTES >= ROOM else HALF
    left = 0
    if width >= WIDE:
        left = _between((width - right) * 9 // 20, 34, 60)
    tree = _between(width - left - right + choices.cells, 12, width - left - 20)
    return Plan(bars, rows, below, True, left, tree, width - left - tree)


def _stacked(bars: bool, body: int, width: int, choices: LayoutChoices) -> Plan:
    """Tree, or the transaction while it is shown, and hex below each other, below the list."""
    rows = _between(body * 9 // 20 + choices.rows, 2, body - 7)
    below = body - rows
    hex_lines = _between(below // 3 + 1 - choices.cells // 2, 2, below - 3)
    if choices.transaction:
        return Plan(bars, rows, below, False, below - hex_lines, 0, hex_lines)
    return Plan(bars, rows, below, False, 0, below - hex_lines, hex_lines)


def _between(value: int, low: int, high: int) -> int:
    return max(min(value, high), low)
