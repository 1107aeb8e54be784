"""The status line: a note until the next move, keys that wait for more, else where the tree is."""

from __future__ import annotations

from ...analysis.explain import paths
from ...wire.text import safe
from ..model.keymap import Keyboard
from ..model.parts import Part
from .bars import Bar
from .tree_pane import TreePane


class StatusLine(Bar):
    """Shows one of three things, the first that there is: pending keys, a note, the field."""

    def __init__(self, keyboard: Keyboard, tree_pane: TreePane) -> None:
        super().__init__("status")
        self.note: tuple[str, str] | None = None  # text, looks
        self._keyboard = keyboard
        self._tree_pane = tree_pane

    def set_note(self, text: str, look: str = "note") -> None:
        """Shows a note until the next move."""
        self.note = (safe(text), look)
        self.update()

    def clear_note(self) -> None:
        """Takes the note away."""
        self.note = None
        self.update()

    def update(self) -> None:
        """Shows the first of the three that there is."""
        if self._keyboard.pending:
            self.set_parts(self._pending())
        elif self.note is not None:
            self.set_parts([(f" {self.note[0]}", self.note[1])])
        else:
            self.set_parts(self._field())

    def _pending(self) -> list[Part]:
        parts: list[Part] = [(f" {self._keyboard.pending} ", "heading")]
        for key, text in self._keyboard.keymap.after(self._keyboard.parts):
            parts += [(f" {key}", "name"), (f" {text} ", "dim")]
        return parts

    def _field(self) -> list[Part]:
        """The field under the tree's cursor: path, kind, bytes, and the C constants' path."""
        item = self._tree_pane.item
        if item is None:
            return []
        if item.node is None:
            return [(f" {item.key}", "dim"), (f"  {item.value}", "plain")]
        spec, constant = paths(item.node)
        size = item.end - item.start
        parts = [
            (f" {safe(spec)}", "name"),
            (f"  {item.node.kind}", "plain"),
            (f"  {size} byte{'s' * (size != 1)} at {item.start}", "dim"),
        ]
        if constant != spec:
            parts.append((f"  {safe(constant)}", "dim"))
        return parts
