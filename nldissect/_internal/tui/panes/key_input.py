"""A line that is typed, whose keys are worked off at once and in order.

textual passes a key that an Input does not take itself up through its parents, and runs
the binding later: of keys that come in a burst (a paste, a slow link) the ones after it
would be taken first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

from textual import events
from textual.widgets import Input


@runtime_checkable
class KeyTaker(Protocol):
    """A screen that works keys off itself, at once, when the application hands them on."""

    def take(self, event: events.Key) -> bool:
        """Does what the key means here; whether it meant anything."""
        ...


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
        edit = _EDITS.get(event.key)
        if edit is not None:
            edit(self)
        return edit is not None


# Keys that edit, as `Input.BINDINGS` has them.
_EDITS: Final[dict[str, Callable[[Input], None]]] = {
    "left": Input.action_cursor_left,
    "shift+left": lambda line: line.action_cursor_left(True),
    "ctrl+left": Input.action_cursor_left_word,
    "ctrl+shift+left": lambda line: line.action_cursor_left_word(True),
    "right": Input.action_cursor_right,
    "shift+right": lambda line: line.action_cursor_right(True),
    "ctrl+right": Input.action_cursor_right_word,
    "ctrl+shift+right": lambda line: line.action_cursor_right_word(True),
    "home": Input.action_home,
    "ctrl+a": Input.action_home,
    "shift+home": lambda line: line.action_home(True),
    "end": Input.action_end,
    "ctrl+e": Input.action_end,
    "shift+end": lambda line: line.action_end(True),
    "ctrl+shift+a": Input.action_select_all,
    "backspace": Input.action_delete_left,
    "delete": Input.action_delete_right,
    "ctrl+d": Input.action_delete_right,
    "ctrl+w": Input.action_delete_left_word,
    "ctrl+backspace": Input.action_delete_right_word,
    "alt+backspace": Input.action_delete_right_word,
    "ctrl+u": Input.action_delete_left_all,
    "super+backspace": Input.action_delete_left_all,
    "ctrl+k": Input.action_delete_right_all,
    "ctrl+x": Input.action_cut,
    "ctrl+c": Input.action_copy,
    "super+c": Input.action_copy,
    "ctrl+v": Input.action_paste,
}
