"""Panes whose first lines say why the kernel refused, and stay while the others scroll."""

from __future__ import annotations

from ..model.parts import Part, wrapped
from .paint import LinePane


class PinnedPane(LinePane):
    """A pane with a text pinned to its top, on up to a third of its lines (three in a low one)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._pinned = ""
        self._lines: list[str] = []

    def pin(self, text: str) -> None:
        """Shows a text at the top, "" for none; the pane is to be drawn anew."""
        self._pinned = text
        self._wrap()

    def _wrap(self) -> None:
        height = self.size.height
        most = max(height // 3, min(height - 2, 3), 1)
        self._lines = wrapped(self._pinned, self.breadth - 1, most) if self._pinned else []
        self.head = len(self._lines)

    def on_resize(self) -> None:
        """Lines are as wide as the pane."""
        self._wrap()
        super().on_resize()

    def head_parts(self, line: int) -> list[Part]:
        """A line of what is pinned."""
        return [(f" {self._lines[line]}", "error")]
