"""Tables of text: columns as wide as they need, the last one as long as it is."""

from __future__ import annotations

from collections.abc import Sequence

from ..wire.text import safe
from .output import TextOutput


def write_table(
    output: TextOutput, rows: Sequence[Sequence[str]], right: tuple[int, ...] = ()
) -> None:
    """Writes rows whose first is the head; `right` are the columns of numbers.

    What is empty is a dash, so that awk and sort find each column.
    """
    texts = [[safe(cell) or "-" for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = [
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        output.write("  ".join(cells).rstrip() + "\n")
    output.flush()
