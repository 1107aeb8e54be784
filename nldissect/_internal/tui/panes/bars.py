"""The lines at the top and bottom: what is open, which keys there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual import events
from textual.strip import Strip

from ..model.keymap import shown
from ..model.parts import Part
from .paint import Painted


class Bar(Painted):
    """One line with something at its left and at its right."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._left: list[Part] = []
        self._right: list[Part] = []

    def set_parts(self, left: list[Part], right: list[Part] | None = None) -> None:
        """Shows other parts."""
        right = right or []
        if left != self._left or right != self._right:
            self._left, self._right = left, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The left parts, and the right ones where they leave room for some of the left."""
        width = self.size.width
        if y or width <= 0:
            return Strip([], 0) if width <= 0 else self.strip([], width)
        size = sum(len(text) for text, _ in self._right)
        if size + 8 > width:
            return self.strip(self._left, width)
        left = self.strip(self._left, width - size)
        return Strip.join([left, self.strip(self._right, size)])


class KeyFooter(Bar):
    """The footer: keys with words for them, as many as fit; a click does it.

    `pressed` is called with the key that was clicked. The `last` ones are there in any case.
    """

    def __init__(self, name: str, words: Iterable[tuple[str, str]], last: int) -> None:
        super().__init__(name)
        self.pressed: Callable[[str], None] = lambda key: None
        self._words = list(words)
        self._last = last
        self._targets: list[tuple[int, str]] = []  # the cell behind each, its key

    def render_line(self, y: int) -> Strip:
        """As many keys as fit, and the last."""
        width = self.size.width
        parts: list[Part] = [(" ", "plain")]
        self._targets = []
        used = 1
        reserved = sum(_size(key, word) for key, word in self._words[-self._last :])
        for place, (key, word) in enumerate(self._words):
            last = place >= len(self._words) - self._last
            size = _size(key, word)
            if not last and used + size + reserved > width:
                reserved = width  # nothing more fits in front of the last
                continue
            parts += [(shown(key), "heading"), (f" {word}  ", "dim")]
            used += size
            self._targets.append((used, key))
        return self.strip(parts, width) if width > 0 else Strip([], 0)

    def on_click(self, event: events.Click) -> None:
        """Presses the key that was clicked."""
        event.stop()
        key = next((key for end, key in self._targets if event.x < end - 1), "")
        if key:
            self.pressed(key)


def _size(key: str, word: str) -> int:
    return len(shown(key)) + len(word) + 3
