"""One line at the bottom that asks for something, as vi and less do."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label

from .key_input import KeyInput

Answer = Callable[[str], None]


class Prompt(Horizontal):
    """Asks, and gives the answer to whoever asked; escape gives none."""

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._label = Label("")
        self.input = KeyInput(self.key, self._entered)
        self._answer: Answer | None = None
        self._history: dict[str, list[str]] = {}
        self._kind = ""
        self._back: Callable[[], None] | None = None
        self._at = 0
        self._choices: list[str] = []
        self._stem = ""  # what the choices offered begin with

    def compose(self) -> ComposeResult:
        """What is asked, and the input."""
        yield self._label
        yield self.input

    @property
    def asking(self) -> bool:
        """Whether it waits for an answer."""
        return self._answer is not None

    def ask(
        self,
        kind: str,
        answer: Answer,
        value: str = "",
        back: Callable[[], None] | None = None,
        choices: list[str] | None = None,
    ) -> None:
        """Asks for `kind`; `back` is called when all is over.

        `choices` complete with Tab; the answers given before come back with the arrows.
        """
        self._kind, self._answer, self._back = kind, answer, back
        self._choices = choices or []
        self._at = 0
        self._stem = "" if value in self._choices else value
        self._label.update(Content(f" {kind} "))
        with self.input.prevent(Input.Changed):
            self.input.value = value
        self.add_class("asking")
        self.screen.set_focus(self.input)
        self.input.cursor_position = len(value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Stops the event: the text counts once it is entered."""
        event.stop()

    def _entered(self, text: str) -> None:
        answer = self._answer
        kept = self._history.setdefault(self._kind, [])
        if text and (not kept or kept[-1] != text):
            kept.append(text)
        self.close()
        if answer is not None:
            answer(text)

    def close(self) -> None:
        """Asks no longer."""
        self._answer = None
        self.remove_class("asking")
        if self._back is not None:
            back, self._back = self._back, None
            back()

    def key(self, key: str) -> bool:
        """Escape, recalling and completing; whether this was one of them."""
        if key == "escape":
            self.close()
        elif key in ("up", "down"):
            kept = self._history.get(self._kind, [])
            self._at = min(max(self._at + (1 if key == "up" else -1), 0), len(kept))
            value = kept[-self._at] if self._at else ""
            self.input.value = value
            self.input.cursor_position = len(value)
        elif key == "tab":
            typed = self.input.value
            if typed not in self._choices:
                self._stem = typed
            found = [one for one in self._choices if one.startswith(self._stem)]
            if found:
                at = found.index(typed) + 1 if typed in found else 0
                value = found[at % len(found)]
                self.input.value = value
                self.input.cursor_position = len(value)
        else:
            return False
        return True
