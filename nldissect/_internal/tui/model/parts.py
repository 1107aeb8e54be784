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
    """`text` in at most `most` lines of so many cells, the last with … where that is too few."""
    out = [""]
    for word in text.split():
        for piece in _pieces(word, max(width - 2, 8)):
            line = f"{out[-1]} {piece}" if out[-1] else piece
            if cell_len(line) <= width or not out[-1]:
                out[-1] = line
            elif len(out) < most:
                out.append(f"  {piece}")
            else:
                out[-1] = wide(line, max(width, 2)).rstrip()
                return out
    return out


def _pieces(word: str, longest: int) -> list[str]:
    """A word, a long one (a path of attributes) in pieces that end with a dot if they can."""
    out = []
    while len(word) > longest:
        end = word.rfind(".", 1, longest) + 1 or longest
        out.append(word[:end])
        word = word[end:]
    return [*out, word]


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
