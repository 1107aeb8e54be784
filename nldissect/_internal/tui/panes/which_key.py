"""The box of keys that may follow the ones that were typed, above the status line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.content import Content
from textual.strip import Strip

from ...wire.text import safe
from ..model.keymap import Keyboard
from ..model.parts import Part, wide
from .paint import Painted

BELOW = 2  # lines of the status line and the footer
ABOVE = 3  # lines at the top that stay in sight
_OF_MARKS = frozenset(("mark", "to-mark"))


class WhichKey(Painted):
    """Shows itself while `keyboard` waits for a key, in as many columns as fit.

    `marks` gives the letters that are set already, with their rows.
    """

    def __init__(self, keyboard: Keyboard, marks: Callable[[], Mapping[str, int]]) -> None:
        super().__init__("which-key")
        self.display = False
        self._keyboard, self._marks = keyboard, marks
        self._lines: list[list[Part]] = []

    def update(self) -> None:
        """Shows what may follow, or nothing."""
        parts, (width, height) = self._keyboard.parts, self.screen.size
        most = height - BELOW - ABOVE - 1
        self._lines = columns(self._entries(parts), width - 2, most) if parts and most > 0 else []
        self.display = bool(self._lines)
        if self.display:
            self.border_title = Content(f" {self._keyboard.pending} …  Esc forgets it ")
            self.styles.height = len(self._lines) + 1
            self.styles.offset = (0, height - BELOW - len(self._lines) - 1)
            self.refresh()

    def _entries(self, parts: tuple[str, ...]) -> list[tuple[str, str]]:
        """Each key that may follow, and what it does."""
        keymap = self._keyboard.keymap
        out = keymap.after(parts)
        taken = keymap.action((*parts, "a"))
        if taken is not None and taken[0] in _OF_MARKS:
            marks = sorted(self._marks().items())
            out += [(letter, f"marks message {row + 1}") for letter, row in marks]
        return [(key, safe(text)) for key, text in out]

    def render_line(self, y: int) -> Strip:
        """A line of the columns."""
        parts = self._lines[y] if y < len(self._lines) else []
        return self.strip([(" ", "plain"), *parts], max(self.size.width, 0))


def columns(entries: list[tuple[str, str]], width: int, most: int) -> list[list[Part]]:
    """Entries from top to bottom in columns of one width, cut where `most` lines need that."""
    if not entries:
        return []
    keys = max(len(key) for key, _ in entries)
    texts = max(len(text) for _, text in entries)
    side_by_side = max(width // (keys + texts + 4), -(-len(entries) // most), 1)
    texts = max(min(texts, width // side_by_side - keys - 4), 1)
    high = -(-len(entries) // side_by_side)
    cells: list[list[Part]] = [
        [(f" {wide(key, keys, True)}", "heading"), (f"  {wide(text, texts)} ", "plain")]
        for key, text in entries
    ]
    return [[part for cell in cells[line::high] for part in cell] for line in range(high)]
