"""The box of keys that may follow the ones that were typed, above the status line."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.strip import Strip

from ...wire.text import safe
from ..model.keymap import Keyboard
from ..model.parts import Part, wide
from .paint import Painted

BELOW = 2  # lines of the status line and the footer
ABOVE = 3  # lines at the top that stay in sight

# For an action that takes a character: those that stand for something already, and for what.
Taken = Callable[[str], list[tuple[str, str]]]


class WhichKey(Painted):
    """Shows itself while `keyboard` waits for a key, in as many columns as fit.

    `taken` says which letters are marks and which digits filters.
    """

    def __init__(self, keyboard: Keyboard, taken: Taken) -> None:
        super().__init__("which-key")
        self.display = False
        self._keyboard, self._taken = keyboard, taken
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
        for some in ("a", "1"):
            action = keymap.action((*parts, some))
            if action is not None and action[1]:
                out += self._taken(action[0])
                break
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
