"""What a line is made of: texts, each with the name of its looks; fitting them into cells."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

Part = tuple[str, str]  # text, name of its looks (`panes.paint.LOOKS`)


def wide(text: str, width: int, right: bool = False) -> str:
    """`text` in exactly so many cells."""
    size = len(text) if text.isascii() else cell_len(text)
    if size > width:
        return set_cell_size(text, width - 1) + "…" if width > 1 else set_cell_size(text, width)
    return " " * (width - size) + text if right else text + " " * (width - size)


def wrapped(text: str, width: int, most: int) -> list[str]:
    """`text` in at most `most` lines of so many cells, the last with … where that is too few.

    Long words (paths of attributes) are broken behind a dot if they can.
    """
    width = max(width, 12)
    out = [""]
    words = text.split()[::-1]
    while words:
        word = words.pop()
        line = f"{out[-1]} {word}" if out[-1].strip() else out[-1] + word
        if cell_len(line) <= width:
            out[-1] = line
            continue
        if len(out) == most:
            out[-1] = wide(line, width)
            break
        room = max(width - cell_len(line) + cell_len(word), 0)
        cut = word.rfind(".", 0, room) + 1 if cell_len(word) > width // 2 else 0
        while cut and cell_len(word[:cut]) > room:
            cut = word.rfind(".", 0, cut - 1) + 1
        if not cut and not out[-1].strip():  # a line is too short for it
            cut = max(room // 2, 1)
        if cut:
            out[-1] = line[: len(line) - len(word) + cut]
            word = word[cut:]
        out.append("  ")
        words.append(word)
    return out


def extent(parts: list[Part]) -> int:
    """How many cells they take."""
    return sum(cell_len(text) for text, _ in parts)


def shifted(parts: list[Part], fixed: int, left: int) -> Iterator[Part]:
    """The first `fixed` characters, and of the others those behind the first `left`."""
    for text, look in parts:
        yield text[:fixed] + text[fixed + left :], look
        seen = min(len(text), fixed)
        left -= min(len(text) - seen, left)
        fixed -= seen
