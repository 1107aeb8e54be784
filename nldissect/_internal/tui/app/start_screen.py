"""The start screen: recent files, interfaces to listen on, and what listening needs."""

from __future__ import annotations

import os

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Label

from ...capture.live import privileges
from ...wire.errors import NldissectError
from ...wire.text import safe
from ..actions.context import ApplicationContext
from ..model.feeds import interfaces
from ..model.parts import Part
from ..model.report_line import ReportLine
from ..panes.popup import ReportLines
from ..panes.prompt import Prompt

RECENT = 10


class StartScreen(Screen[None]):
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
            keys = "Enter opens   o a file   c captures   ? help   q quits"
            box.border_subtitle = Content(keys)
            yield self._lines
        yield self._status
        yield self._prompt

    def on_mount(self) -> None:
        """Fills the list, with the cursor on the first line that can be chosen."""
        self._lines.add(list(self._content()))
        self._lines.cursor = next(
            (i for i, entry in enumerate(self._lines.found) if entry.value is not None), 0
        )
        self.set_focus(self._lines)

    def _content(self) -> list[ReportLine]:
        """Recent files, interfaces, and how captures come from elsewhere."""
        out = [ReportLine([("Recent files", "heading")])]
        files = [path for path in reversed(self._application.state.files) if os.path.isfile(path)][
            :RECENT
        ]
        for path in files:
            folder, name = os.path.split(path)
            out.append(
                ReportLine([(f"  {safe(name):<32}", "name"), (safe(folder), "dim")], ("file", path))
            )
        if not files:
            out.append(ReportLine([("  none yet: o opens one, or `nldissect tui FILE`", "dim")]))
        out.append(ReportLine([("  another file…", "plain")], ("ask", "")))
        out += [ReportLine([]), ReportLine([("Capture", "heading")])]
        found = interfaces()
        for name, up in found:
            state: Part = ("up", "good") if up else ("down: ip link set it up first", "warning")
            out.append(ReportLine([(f"  {safe(name):<32}", "name"), state], ("capture", name)))
        if not any(up for _, up in found):
            out.append(
                ReportLine(
                    [("  an nlmon interface made for this, removed at the end", "plain")],
                    ("capture", ""),
                )
            )
        out += [ReportLine([(f"  {text}", look)]) for text, look in needs()]
        out += [ReportLine([]), ReportLine([("Elsewhere", "heading")])]
        for text in (
            "tcpdump -i nlmon0 -U -w - | nldissect tui -",
            "ssh HOST tcpdump -i nlmon0 -U -w - | nldissect tui -",
        ):
            out.append(ReportLine([(f"  {text}", "dim")]))
        return out

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


def needs() -> list[tuple[str, str]]:
    """What stands in the way of capturing, in words; empty when nothing seems to."""
    if privileges.privileged():
        return []
    return [
        ("needs CAP_NET_RAW to listen and CAP_NET_ADMIN to make an interface:", "warning"),
        ("sudo nldissect tui nlmon0", "plain"),
    ]
