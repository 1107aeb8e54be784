"""The start screen: captures of this folder, recent ones, interfaces, what capturing needs."""

from __future__ import annotations

import os
import time
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Label

from ...wire.errors import NldissectError
from ...wire.text import safe
from ..actions.context import ApplicationContext
from ..model.capture_needs import needs_here
from ..model.captures_here import MOST, Found, age_text, captures, size_text
from ..model.feeds import interfaces
from ..model.parts import Part, wide
from ..model.report_line import ReportLine
from ..panes.key_hints import Clickable, Hint, fitting
from ..panes.popup import ReportLines
from ..panes.prompt import Prompt

HERE = 9  # captures of this folder
RECENT = 6
NAMES = 32  # cells for what can be chosen
ELSEWHERE = ("from another host:", "    ssh HOST tcpdump -i nlmon0 -U -w - | nldissect tui -")


_KEYS: Final[tuple[Hint, ...]] = (
    ("enter", "Enter opens"), ("o", "o a file"), ("c", "c captures"), ("?", "? help"),
    ("q", "q quits"),
)  # fmt: skip


class StartScreen(Clickable, Screen[None]):
    """What there is to look at."""

    AUTO_FOCUS = ""

    def __init__(self, application: ApplicationContext) -> None:
        super().__init__()
        self._application = application
        self._lines = ReportLines()
        self._prompt = Prompt()
        self._status = Label(id="status")

    def compose(self) -> ComposeResult:
        """A box with the list, a line for notes, the prompt."""
        with Vertical() as box:
            box.border_title = Content("nldissect: what Linux netlink messages say")
            yield self._lines
        yield self._status
        yield self._prompt

    def on_mount(self) -> None:
        """Fills the list, with the cursor on the first line that can be chosen."""
        self._fill(HERE)

    def on_resize(self) -> None:
        """The keys are said as far as the border has room for them."""
        self.call_after_refresh(self._say_keys)

    def _say_keys(self) -> None:
        box = self.query_one(Vertical)
        box.border_subtitle = fitting(_KEYS, box.size.width)

    def _fill(self, most: int) -> None:
        """Makes the list anew, with so many captures of this folder."""
        self._lines.all.clear()
        self._lines.found.clear()
        self._lines.add(self._content(most))
        self._lines.to_first()
        self.set_focus(self._lines)

    def _content(self, most: int) -> list[ReportLine]:
        """Captures of this folder, recent ones, interfaces, and what is missing to capture."""
        here = captures(_folder())
        out = [*self._here(here, most), ReportLine([("Recent files", "heading")])]
        shown = {one.path for one in here[:most]}
        recent = [
            path
            for path in reversed(self._application.state.files)
            if path not in shown and os.path.isfile(path)
        ]
        for path in recent[:RECENT]:
            folder, name = os.path.split(path)
            out.append(_line(("file", path), name, (safe(folder), "dim")))
        out.append(_line(("ask", ""), "another file…", ("or `nldissect tui FILE`", "dim")))
        out += [ReportLine([]), ReportLine([("Capture", "heading")])]
        found = interfaces()
        for name, up in found:
            state: Part = ("up", "good") if up else ("down", "warning")
            out.append(_line(("capture", name), name, state))
        if not any(up for _, up in found):
            made = ("made for this, removed at the end", "dim")
            out.append(_line(("capture", ""), "an nlmon interface", made))
        out += needs_here(found)
        out += [ReportLine([(f"  {text}", "dim")]) for text in ELSEWHERE]
        return out

    @staticmethod
    def _here(found: list[Found], most: int) -> list[ReportLine]:
        """The captures of this folder, with size and age."""
        out = [ReportLine([("In this folder", "heading"), (f"  {safe(_folder())}", "dim")])]
        now = time.time()
        for path, size, written in found[:most]:
            about = f"{size_text(size):>7}  {age_text(written, now)}"
            out.append(_line(("file", path), os.path.basename(path), (about, "dim")))
        if len(found) > most:
            out.append(_line(("more", ""), f"{len(found) - most} more…", ("", "dim")))
        if not found:
            out.append(ReportLine([("  no capture", "dim")]))
        return [*out, ReportLine([])]

    def take(self, event: events.Key) -> bool:
        """Works a key off, at once."""
        if self._prompt.asking:
            return self._prompt.input.take(event)
        key = event.character if event.character and event.is_printable else event.key
        lines = self._lines
        page = lines.room
        steps = {"j": 1, "down": 1, "k": -1, "up": -1, "pagedown": page, "pageup": -page}
        if key in steps:
            self._step(steps[key])
        elif key in ("g", "home"):
            lines.move(0)
        elif key in ("G", "end"):
            lines.move(lines.count - 1)
        elif key == "enter":
            value = lines.found[lines.cursor].value if lines.found else None
            if isinstance(value, tuple):
                self._do(*value)
        elif key == "o":
            self._do("ask", "")
        elif key == "c":
            self._do("capture", "")
        elif key in ("?", "f1"):
            self._note("Enter opens what is chosen; o asks for a file; c captures; q quits")
        elif key in ("q", "Q", "escape", "ctrl+c", "ctrl+q"):
            self._application.leave()
        return True

    def _step(self, step: int) -> None:
        """Moves by so many lines, and on to one that can be chosen."""
        lines = self._lines
        lines.move(lines.cursor + step)
        on = 1 if step > 0 else -1
        while lines.found[lines.cursor].value is None and lines.move(lines.cursor + on):
            pass

    def _do(self, what: str, which: str) -> None:
        """Does what a line stands for: ask for a file, open it, or capture on an interface."""
        if what == "more":
            self._fill(MOST)
            return
        if what == "ask":
            self._prompt.ask(
                "open",
                lambda path: self._do("file", path.strip()),
                back=lambda: self.set_focus(self._lines),
            )
            return
        if what == "file" and not which:
            return
        try:
            if what == "file":
                self._application.open(which)
            else:
                self._application.start_capture(which or None)
        except (NldissectError, OSError) as problem:
            self._note(str(problem), "error")

    def _note(self, text: str, look: str = "note") -> None:
        self._status.update(Content(safe(text)))
        self._status.set_class(look == "error", "error")


def _folder() -> str:
    """The current folder; what is no path where that was removed."""
    try:
        return os.getcwd()
    except OSError:
        return "(removed)"


def _line(value: tuple[str, str] | None, name: str, about: Part) -> ReportLine:
    """A line that stands for something, and what there is to know of it."""
    look = "dim" if value is None else "name"
    return ReportLine([(f"  {wide(safe(name), NAMES)}  ", look), about], value)
