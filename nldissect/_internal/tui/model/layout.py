"""Where the panes go at which size of the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

LIST, TRANSACTION, TREE, HEX = "list", "transaction", "tree", "hex"
BARS: Final = 4  # lines above and below the panes
WIDE: Final = 120  # from here on panes stand side by side
BYTES: Final = 78  # cells of the hex pane with 16 bytes a line
HALF: Final = 46  # and with 8
ROOM: Final = 80  # cells that the tree is to have beside the former


@dataclass(frozen=True, slots=True)
class LayoutChoices:
    """What the user set: side by side, zoom, and what is added to the list's rows, the tree's
    cells and the transaction's lines (`rungs`).
    """

    rows: int = 0
    cells: int = 0
    rungs: int = 0
    side: bool | None = None
    zoom: str = ""
    transaction: bool = False  # also where there is little room


class Content(NamedTuple):
    """How much there is to show: lines of the transaction, bytes of the message."""

    rungs: int = 0
    size: int = 0


NOTHING: Final = Content()


class Plan(NamedTuple):
    """Lines of the list and of what is below: the tree, and what stands aside.

    `tree` and `aside` are cells beside each other (`side`), else lines; `transaction` and `hex`
    are lines of what is aside. 0: hidden.
    """

    bars: bool
    list: int
    below: int
    side: bool
    tree: int
    aside: int
    transaction: int
    hex: int


def plan(width: int, height: int, choices: LayoutChoices, content: Content = NOTHING) -> Plan:
    """The panes' sizes in a terminal of so many cells and lines; nothing is ever negative."""
    bars = height > BARS + 3
    body = max(height - BARS if bars else height, 1)
    side = width >= WIDE if choices.side is None else choices.side
    if choices.zoom:
        return _zoomed(bars, body, choices.zoom)
    if body < 6:
        return Plan(bars, body, 0, False, 0, 0, 0, 0)
    if width < 80 or height < 16:
        return _list_and_one(bars, body, choices)
    if side:
        return _side_by_side(bars, body, width, choices, content)
    return _stacked(bars, body, choices, content)


def _zoomed(bars: bool, body: int, pane: str) -> Plan:
    """One pane alone."""
    rows = body if pane == LIST else 0
    tree, transaction, hex_lines = (body if pane == one else 0 for one in (TREE, TRANSACTION, HEX))
    return Plan(
        bars, rows, body - rows, False, tree, transaction + hex_lines, transaction, hex_lines
    )


def _list_and_one(bars: bool, body: int, choices: LayoutChoices) -> Plan:
    """The list and one more pane below it: the tree, or the transaction while it is shown."""
    rows = _between(body // 2 + choices.rows, 2, body - 3)
    below = body - rows
    aside = below if choices.transaction else 0
    return Plan(bars, rows, below, False, below - aside, aside, aside, 0)


def _side_by_side(
    bars: bool, body: int, width: int, choices: LayoutChoices, content: Content
) -> Plan:
    """The tree, and beside it the transaction above the bytes, each no larger than it needs."""
    rows = _between(body // 2 + choices.rows, 2, body - 4)
    below = body - rows
    aside = width // 2
    if width >= WIDE:
        aside = BYTES if width - BYTES >= ROOM else HALF
    tree = _between(width - aside + choices.cells, 12, width - 20)
    ladder = 0
    if below >= 6 and (width >= WIDE or choices.transaction):
        spare = below - 1 - lines_of(content.size, 16 if aside >= BYTES else 8)
        ladder = _between(content.rungs + 1, 3, max(below // 2, spare))
        ladder = _between(ladder + choices.rungs, 2, below - 2)
    return Plan(bars, rows, below, True, tree, width - tree, ladder, below - ladder)


def _stacked(bars: bool, body: int, choices: LayoutChoices, content: Content) -> Plan:
    """Tree, or the transaction while it is shown, and hex below each other, below the list."""
    rows = _between(body * 9 // 20 + choices.rows, 2, body - 7)
    below = body - rows
    wanted = below // 3 + 1
    if content.size:
        wanted = min(wanted, 1 + lines_of(content.size, 16))
    hex_lines = _between(wanted - choices.cells // 2, 2, below - 3)
    rest = below - hex_lines
    if choices.transaction:
        return Plan(bars, rows, below, False, 0, below, rest, hex_lines)
    return Plan(bars, rows, below, False, rest, hex_lines, 0, hex_lines)


def lines_of(size: int, each: int) -> int:
    """How many lines so many bytes take."""
    return -(-size // each)


def _between(value: int, low: int, high: int) -> int:
    return max(min(value, high), low)
