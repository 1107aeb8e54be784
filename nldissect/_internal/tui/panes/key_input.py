"""A line that is typed, whose keys are worked off at once and in order.

textual passes a key that an Input does not take itself up through its parents, and runs
the binding later: of keys that come in a burst (a paste, a slow link) the ones after it
would be taken first.
"""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.actions import parse
from textual.widgets import Input


class KeyInput(Input):
    """`special` sees each key first; `entered` is called with the text at Enter."""

    def __init__(
        self, special: Callable[[str], bool], entered: Callable[[str], None], placeholder: str = ""
    ) -> None:
        super().__init__(placeholder=placeholder, compact=True, select_on_focus=False)
        self._special = special
        self._entered = entered

    def take(self, event: events.Key) -> bool:
        """Does what the key means here; whether it meant anything."""
        if self._special(event.key):
            return True
        if event.key == "enter":
            self._entered(self.value)
            return True
        if event.is_printable and event.character is not None:
            self.insert_text_at_cursor(event.character)
            return True
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            _, name, arguments = parse(binding.action)
            if f"action_{name}" in vars(Input):  # others are of what scrolls
                getattr(self, f"action_{name}")(*arguments)
                return True
        return False
