"""A list over the screen: help, palette, statistics, expert, timeline, differences."""

from __future__ import annotations

from time import process_time
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from ..model.parts import Part
from ..model.report_line import ReportLine, ReportSource
from .key_hints import Clickable, Hint, fitting, hint
from .key_input import KeyInput
from .paint import LinePane

SLICE = 0.012  # s of CPU at a time
EVERY = 0.03  # s between slices
SIDEWAYS = 20  # cells


class ReportLines(LinePane):
    """The lines of a report, those that have every word of `wanted`."""

    fixed = 1

    def __init__(self) -> None:
        super().__init__("report-lines")
        self.all: list[ReportLine] = []
        self.found: list[ReportLine] = []
        self._words: list[str] = []

    @property
    def count(self) -> int:
        """Lines that have the words searched for."""
        return len(self.found)

    def add(self, lines: list[ReportLine]) -> None:
        """More lines."""
        self.all += lines
        self.found += [line for line in lines if self._fits(line)]
        self.resized()
        self.refresh()

    def replace(self, lines: list[ReportLine]) -> None:
        """Other lines; the cursor stays on its line, and that where it is on the screen."""
        key = self.found[self.cursor].key if self.found else None
        above = self.cursor - self.scroll_offset.y
        self.all = lines
        self.found = [line for line in lines if self._fits(line)]
        place = -1
        if key is not None:
            place = next((i for i, line in enumerate(self.found) if line.key == key), -1)
        if place >= 0:
            self.cursor = place
        self.resized()
        if place >= 0:
            self.top(place - above)
        self.show()
        self.refresh()

    @property
    def line(self) -> ReportLine | None:
        """The line under the cursor."""
        return self.found[self.cursor] if self.found else None

    @property
    def searching(self) -> bool:
        """Whether lines are left out."""
        return bool(self._words)

    def narrow(self, text: str) -> None:
        """Shows only lines with all these words."""
        self._words = text.casefold().split()
        self.found = [line for line in self.all if self._fits(line)]
        self.cursor = 0
        if self._words:
            self.to_first()
        self.resized()
        self.top(0)
        self.refresh()

    def to_first(self) -> None:
        """Puts the cursor on the first line that can be chosen."""
        self.cursor = next((i for i, line in enumerate(self.found) if line.value is not None), 0)

    def _fits(self, line: ReportLine) -> bool:
        if not self._words:
            return True
        text = line.text
        return all(word in text for word in self._words)

    def parts(self, line: int) -> list[Part]:
        """The cursor's mark, and the line."""
        mark = ">" if line == self.cursor else " "
        found = self.found[line]
        parts = found.parts if found.more is None else [*found.parts, *found.more()]
        return [(mark, "heading"), *parts]

    def on_click(self, event: events.Click) -> None:
        """A click goes there, a second one chooses."""
        line = self.clicked(event)
        if line >= 0:
            self.move(line)
            if event.chain == 2 and isinstance(self.screen, Report):
                self.screen.choose()


_READ: Final[tuple[Hint, ...]] = (
    ("/", "/ search"), ("left", "←"), ("right", "→ more"), ("enter", "Enter goes there"),
    ("q", "q closes"),
)  # fmt: skip
_TYPED: Final[tuple[Hint, ...]] = (("enter", "Enter takes it"), ("escape", "Esc closes"))


class Report(Clickable, ModalScreen[object]):
    """Lines to read and to choose from; gives the chosen value, or None.

    With `typing` a search is begun at once. `source` gives more lines as time allows.
    """

    AUTO_FOCUS = ""
    keys = _READ  # said in the border

    def __init__(
        self,
        title: str,
        lines: list[ReportLine],
        typing: bool = False,
        source: ReportSource | None = None,
    ) -> None:
        super().__init__()
        self._title_text = title
        self._list = ReportLines()
        self._given = lines
        self._typing = typing
        self._source = source
        self._input = KeyInput(lambda key: False, lambda text: self.choose(), "type to narrow down")

    def compose(self) -> ComposeResult:
        """A box with the search and the lines."""
        with Vertical() as box:
            box.border_title = Content(self._title_text)
            yield self._input
            yield self._list

    def on_mount(self) -> None:
        """Shows what there is, and begins to take more from the source."""
        self._list.add(self._given)
        if self._typing:
            self._list.to_first()
            self._input.add_class("on")
            self.set_focus(self._input)
        else:
            self.set_focus(self._list)
        if self._source is not None:
            self._timer = self.set_interval(EVERY, self._more)
            self._busy(True)

    def on_resize(self) -> None:
        """The keys are said as far as the border has room for them."""
        self.call_after_refresh(self._say_keys)

    def _say_keys(self) -> None:
        box = self.query_one(Vertical)
        box.border_subtitle = fitting(_TYPED if self._typing else self.keys, box.size.width)

    def _busy(self, busy: bool) -> None:
        state = " looking…" if busy else ""
        title = f"{self._title_text}{state}"
        self.query_one(Vertical).border_title = Content(title)

    def _more(self) -> None:
        """Takes lines from the source for one slice; at its end says so."""
        source = self._source
        if source is None:
            return
        end = process_time() + SLICE
        found: list[ReportLine] = []
        while process_time() < end:
            line = next(source, _END)
            if line is _END:
                self._source = None
                self._timer.stop()
                self._busy(False)
                break
            if isinstance(line, ReportLine):
                found.append(line)
        if found:
            self._list.add(found)
        if self._source is None and not self._list.all:
            self._list.add([ReportLine([(" nothing", "dim")])])

    def choose(self) -> None:
        """Ends with what the line under the cursor stands for."""
        line = self._list.line
        if line is not None and line.value is not None:
            self.dismiss(line.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrows down as it is typed."""
        self._list.narrow(event.value)

    def take(self, event: events.Key) -> bool:
        """Works a key off, at once."""
        key = event.character if event.character and event.is_printable else event.key
        lines = self._list
        typing = self.focused is self._input
        page, half = lines.room, lines.room // 2
        steps = {
            "down": 1, "up": -1, "pagedown": page, "pageup": -page, "ctrl+n": 1, "ctrl+p": -1,
            "ctrl+d": half, "ctrl+u": -half,
        }  # fmt: skip
        if not typing:
            steps |= {"j": 1, "k": -1, " ": page}
        if key in steps:
            lines.move(lines.cursor + steps[key])
        elif key == "escape" and typing and not self._typing:
            self._input.value = ""
            self._input.remove_class("on")
            self.set_focus(lines)
        elif key in ("escape", "ctrl+c", "ctrl+q"):
            self.dismiss(None)
        elif typing:
            return self._input.take(event)
        else:
            self._take_in_list(key)
        return True

    def _take_in_list(self, key: str) -> None:
        """Works a key off that means something else while a search is typed."""
        lines = self._list
        if key in ("left", "right", "h", "l"):
            lines.sideways(SIDEWAYS if key in ("right", "l") else -SIDEWAYS)
        elif key in ("q", "Q", "?"):
            self.dismiss(None)
        elif key == "/":
            self._input.add_class("on")
            self.set_focus(self._input)
        elif key in ("g", "home"):
            lines.move(0)
        elif key in ("G", "end"):
            lines.move(lines.count - 1)
        elif key == "enter":
            self.choose()


_END = object()


class Question(Clickable, ModalScreen[str]):
    """Asks for one of a few keys; gives the key's letter, "" for escape."""

    def __init__(self, text: str, choices: dict[str, str]) -> None:
        super().__init__()
        self._text = text
        self._choices = choices

    def compose(self) -> ComposeResult:
        """The question, and a line for each key."""
        from textual.widgets import Label

        with Vertical():
            yield Label(Content(self._text))
            yield Label(Content(""))
            for key, text in self._choices.items():
                yield Label(Content.assemble(hint(key, f"  {key}", True), hint(key, f"  {text}")))
            yield Label(Content.assemble(hint("escape", "  Esc", True), hint("escape", "  back")))

    def take(self, event: events.Key) -> bool:
        """Works a key off, at once."""
        if event.character in self._choices:
            self.dismiss(event.character)
        elif event.key in ("escape", "ctrl+c"):
            self.dismiss("")
        return True
