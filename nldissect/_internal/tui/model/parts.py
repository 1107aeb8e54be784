"""What a line is made of: texts, each with the name of its looks; fitting them into cells."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

Part = tuple[str, str]  # text, name of its looks (`panes.paint.LOOKS`)


def wide(text: str, width: int, right: bool = False) -> str:
    """`text` in exactly so many cells."""
    size = len(text) if text.isascii() else cell_len(text)
    if size > width:
        return set_cell_size(text, width - 1) + "…" if width > 1 else set_cell_size(text, width)
    return " " * (width - size) + text if right else text + " " * (width - size)
