"""The filter bar: what is typed is checked and completed as it is typed, and recalled later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label

from ...spec.registry import Registry
from ...wire.errors import FilterError
from ...wire.text import safe
from ..model.parts import Part
from .key_input import KeyInput
from .paint import LinePane

if TYPE_CHECKING:  # its grammar is read when the first filter is typed
    from ...filter import Filter
    from ...filter.completion import Completion

OFFERED = 8
QUIET = 0.04  # s without a key before what is typed is looked at: that takes longer than a key
_OF_WHAT_IS_OFFERED = frozenset(("tab", "up", "down", "ctrl+n", "ctrl+p", "escape"))
HINT = "type / to filter: type == newlink, ifname == eth0"


class Completions(LinePane, can_focus=False):
    """What may be typed next."""

    def __init__(self) -> None:
        super().__init__("completions")
        self.found: Completion | None = None
        self.chosen: Callable[[int], None] = lambda place: None  # one was clicked
        self.cursor = -1

    @property
    def count(self) -> int:
        """At most `OFFERED`."""
        return 0 if self.found is None else min(len(self.found.candidates), OFFERED)

    def offer(self, found: Completion | None, across: int) -> None:
        """Shows these, below the text that they complete."""
        self.found = found if found is not None and found.candidates else None
        self.cursor = -1
        self.display = self.found is not None
        if self.found is not None:
            width = max(
                len(c.text) + len(c.help or c.kind) + 5 for c in self.found.candidates[:OFFERED]
            )
            self.styles.width = min(max(width, 30), 76)
            self.styles.height = self.count
            self.styles.offset = (max(across, 0), 2)
            self.refresh()

    def parts(self, line: int) -> list[Part]:
        """What may be typed, and what that is."""
        assert self.found is not None
        one = self.found.candidates[line]
        return [(f" {safe(one.text)}", "name"), (f"  {safe(one.help or one.kind)}", "dim")]

    def under(self, line: int) -> str:
        """The one that Enter takes is marked, though the focus stays in the input."""
        return "cursor" if line == self.cursor else ""

    def on_click(self, event: events.Click) -> None:
        """Takes the one that was clicked."""
        event.stop()
        line = self.clicked(event)
        if line >= 0:
            self.chosen(line)


class FilterBar(Horizontal):
    """One line: the text, whether it is right, and how much it shows.

    `apply` is given the filter that is entered, None for everything; `wrong` why what is
    typed is no filter, "" when it is one or may become one; `leave` is called at the end of
    typing; `words` puts first among completions what the capture has.
    """

    def __init__(
        self,
        registry: Registry,
        completions: Completions,
        history: list[str],
        apply: Callable[[Filter | None], None],
        wrong: Callable[[str], None],
        leave: Callable[[], None],
        words: Callable[[Completion], None],
    ) -> None:
        super().__init__(id="filter")
        self._apply, self._wrong, self._leave, self._words = apply, wrong, leave, words
        self.registry = registry
        self.completions = completions
        completions.chosen = self._take
        self.history = history  # the newest last
        self.input = KeyInput(self.key, self._entered, HINT)
        self._verdict = ("", "")
        self.verdict = Label("", id="verdict")
        self._recalled = 0
        self._typed = ""
        self._looked = ""  # the text that was checked last
        self._rest: asyncio.TimerHandle | None = None

    def compose(self) -> ComposeResult:
        """Slash, input, verdict."""
        yield Label(Content(" / "), id="slash")
        yield self.input
        yield self.verdict

    def set_verdict(self, text: str, look: str = "") -> None:
        """Shows a verdict at the right; another one has the whole screen arranged anew."""
        if (text, look) == self._verdict:
            return
        self._verdict = text, look
        colour = {"error": "$text-error", "good": "$text-success", "warning": "$text-warning",
                  "dim": "$text-dim"}  # fmt: skip
        self.verdict.update(Content.styled(text, colour.get(look, "")))

    @property
    def typing(self) -> bool:
        """Whether keys go into it."""
        return self.screen.focused is self.input

    def focus_input(self) -> None:
        """Begins typing."""
        self._recalled = 0
        self.remove_class("parked")
        self.screen.set_focus(self.input)
        self.input.cursor_position = len(self.input.value)

    def check(self, text: str, done: bool = False) -> Filter | None:
        """The filter that the text is; None for none, and for what is no filter.

        What may still become one is unfinished, until `done`: then it is wrong as well.
        """
        self._wrong("")
        if not text.strip():
            self.set_verdict("")
            return None
        try:
            from ...filter import Filter

            found = Filter(text, self.registry)
        except FilterError as problem:
            if not done and self._unfinished(text, problem):
                self.set_verdict("… unfinished", "dim")
                return None
            column, hint = problem.column, f" ({problem.hint})" if problem.hint else ""
            self.set_verdict(f"✗ at {column + 1}", "error")
            self._wrong(f"{text[:column]}▸{text[column:]}  {problem.reason}{hint}")
            return None
        self.set_verdict("✓ Enter applies", "good")
        return found

    def _unfinished(self, text: str, problem: FilterError) -> bool:
        """Whether what is wrong is that the text ends, or its last word, which may go on."""
        from ...filter.completion import complete

        if problem.column >= len(text.rstrip()):
            return True
        found = complete(text, len(text), self.registry)
        if found.quoted:
            return problem.column >= found.start
        return problem.column >= found.start and bool(found.candidates)

    def tell(self, text: str, parked: bool) -> None:
        """Says what is shown; `parked`: what would be if it were turned on."""
        self.set_class(parked and bool(text), "parked")
        if self.input.value != text:
            self.set(text)

    def set(self, text: str) -> None:
        """Puts a text in, without applying it."""
        self._looked = text
        with self.input.prevent(Input.Changed):
            self.input.value = text

    # -- typing ---------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is typed is checked and completed once the keys rest."""
        event.stop()
        if self._rest is not None:
            self._rest.cancel()
        loop = asyncio.get_running_loop()
        self._rest = loop.call_later(QUIET, self.call_later, self.look)

    @property
    def pending(self) -> bool:
        """Whether what is typed is still to be looked at."""
        return self.input.value != self._looked and self.typing

    def look(self) -> None:
        """Checks and completes what is still to be looked at now."""
        if self.pending:
            self._looked = self.input.value
            self.check(self.input.value)
            self._offer()

    def _entered(self, text: str) -> None:
        if self.completions.cursor >= 0:
            self.look()  # after which nothing is chosen, if more was typed
        if self.completions.cursor >= 0:
            self._take(self.completions.cursor)
            return
        self._looked, text = text, text.strip()
        found = self.check(text, done=True)
        if text and found is None:
            return
        if text:
            if text in self.history:
                self.history.remove(text)
            self.history.append(text)
        self.completions.offer(None, 0)
        self._apply(found)

    def key(self, key: str) -> bool:
        """What the keys do beside typing; whether this was one of them."""
        offered = self.completions
        if key in _OF_WHAT_IS_OFFERED:
            self.look()
        if key == "tab":
            if offered.found is None:
                self._offer()
            self._complete()
        elif key in ("down", "ctrl+n") and offered.found is not None:
            offered.cursor = min(offered.cursor + 1, offered.count - 1)
            offered.refresh()
        elif key in ("up", "ctrl+p") and offered.found is not None and offered.cursor >= 0:
            offered.cursor -= 1
            offered.refresh()
        elif key in ("up", "ctrl+p"):
            self._recall(1)
        elif key in ("down", "ctrl+n"):
            self._recall(-1)
        elif key == "escape":
            if offered.found is not None:
                offered.offer(None, 0)
            else:
                self._leave()
        else:
            return False
        return True

    def offer_again(self) -> None:
        """More is known of the capture: completions are made anew, unless one is being chosen."""
        if self.input.has_focus and self.completions.display and self.completions.cursor < 0:
            self._offer()

    def _offer(self) -> None:
        text, at = self.input.value, self.input.cursor_position
        from ...filter.completion import complete

        found: Completion | None = complete(text, at, self.registry)
        assert found is not None
        self._words(found)
        if len(found.candidates) == 1 and found.candidates[0].text == text[found.start : found.end]:
            found = None
        start = 3 if found is None else found.start + 2
        self.completions.offer(found if text else None, start)

    def _complete(self) -> None:
        """Tab: the only completion, what all have in common, or the first of several."""
        found = self.completions.found
        if found is None:
            return
        if self.completions.cursor >= 0 or len(found.candidates) == 1:
            self._take(max(self.completions.cursor, 0))
            return
        texts = [one.text for one in found.candidates]
        common = texts[0]
        for text in texts[1:]:
            while not text.startswith(common):
                common = common[:-1]
        if len(common) > found.end - found.start:
            self._put(found.start, found.end, common)
        else:
            self.completions.cursor = 0
            self.completions.refresh()

    def _take(self, place: int) -> None:
        found = self.completions.found
        if found is not None and not self.pending:  # else it is of what was typed before
            self._put(found.start, found.end, found.candidates[place].text)

    def _put(self, start: int, end: int, text: str) -> None:
        value = self.input.value
        self.input.value = value[:start] + text + value[end:]
        self.input.cursor_position = start + len(text)
        self._offer()

    def _recall(self, step: int) -> None:
        if not self._recalled:
            self._typed = self.input.value
        at = min(max(self._recalled + step, 0), len(self.history))
        if at == self._recalled:
            return
        self._recalled = at
        value = self.history[-at] if at else self._typed
        self.set(value)
        self.input.cursor_position = len(value)
        self.check(value)
