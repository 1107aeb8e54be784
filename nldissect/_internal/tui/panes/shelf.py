"""The line of tabs and of saved filters, shown where there are any; a click takes one."""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from ...wire.text import safe
from ..model.parts import Part
from .bars import Bar

LONGEST = 24  # characters of a label


class Shelf(Bar):
    """Tabs at the left, numbered where there are several, then a button for each saved filter.

    `tab_chosen` and `filter_chosen` are called with a place from 0.
    """

    def __init__(self) -> None:
        super().__init__("shelf")
        self.tab_chosen: Callable[[int], None] = lambda place: None
        self.filter_chosen: Callable[[int], None] = lambda place: None
        self._targets: list[
            tuple[int, Callable[[], None]]
        ] = []  # the cell behind each, what it does

    def show(self, tabs: list[str], at: int, buttons: list[str]) -> None:
        """Shows these tabs, of which `at` is in front, and these filters by name."""
        parts: list[Part] = []
        self._targets = []
        several = len(tabs) > 1
        for place, label in enumerate(tabs if several else []):
            look = "span" if place == at else "dim"
            self._add(parts, f" {place + 1}:{_short(label)} ", look, self.tab_chosen, place)
        for place, label in enumerate(buttons):
            text = f" {place + 1}·{_short(label)} " if place < 9 else f" {_short(label)} "
            parts.append(("  " if not place and several else " ", "plain"))
            self._add(parts, f"[{text.strip()}]", "name", self.filter_chosen, place)
        self.set_parts(parts)

    def _add(
        self, parts: list[Part], text: str, look: str, chosen: Callable[[int], None], place: int
    ) -> None:
        parts.append((text, look))
        self._targets.append((sum(len(part) for part, _ in parts), lambda: chosen(place)))

    def on_click(self, event: events.Click) -> None:
        """Takes what was clicked."""
        event.stop()
        for end, chosen in self._targets:
            if event.x < end:
                chosen()
                return


def _short(label: str) -> str:
    label = safe(label)
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"
