"""A report over the screen that is worked out while it is looked at, and ends with its popup."""

from __future__ import annotations

from time import monotonic

from textual import events
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from ..model.report_line import Fold, GrowingReport
from ..model.scheduler import Scheduler
from .popup import Report

EVERY = 0.1  # s between looks at what has changed
SHARE = 10  # times as long as making the lines took until they are made again
JOB = "report"


class LiveReport(Report):
    """Shows the lines of a report as it goes on; nothing runs once it is finished or closed."""

    keys = (
        ("/", "/ search"), ("a", "a filters"), ("enter", "Enter goes, filters, folds"),
        ("q", "q closes"),
    )  # fmt: skip

    def __init__(self, title: str, report: GrowingReport, scheduler: Scheduler) -> None:
        super().__init__(title, [])
        self._report = report
        self._scheduler = scheduler
        self._shown = -1  # the `changes` that the lines are of
        self._due = 0.0  # when they may be made again

    def on_mount(self) -> None:
        """Goes on with the report where it was."""
        super().on_mount()
        self._scheduler.add(JOB, self._report.step)
        self._ticking = self.set_interval(EVERY, self._tick)
        self.call_after_refresh(self._tick)

    def on_unmount(self) -> None:
        """Whatever goes on ends here."""
        self._scheduler.drop(JOB)

    def on_resize(self) -> None:
        """Lines are made for the width."""
        super().on_resize()
        self._shown = -1
        self.call_after_refresh(self._tick)

    def _tick(self) -> None:
        """Shows what has changed; at the end there is nothing more to look for."""
        report = self._report
        if report.finished:
            self._scheduler.drop(JOB)
            self._ticking.stop()
        if self._shown != report.changes and (report.finished or monotonic() >= self._due):
            self._show()
        self._say(report.state)

    def _show(self) -> None:
        began = monotonic()
        self._shown = self._report.changes
        width = max(self._list.breadth - 2, 20)
        self._list.replace(self._report.lines(width, self._list.searching))
        now = monotonic()
        self._due = now + (now - began) * SHARE

    def _say(self, state: str) -> None:
        text = f"{self._title_text}  {state}".rstrip()
        self.query_one(Vertical).border_title = Content(text)

    def choose(self) -> None:
        """Folds, or ends with what the line under the cursor stands for."""
        line = self._list.line
        if line is not None and isinstance(line.value, Fold):
            self._report.fold(line.value)
            self._show()
        else:
            super().choose()

    def on_input_changed(self, event: Input.Changed) -> None:
        """While a search goes on nothing is folded."""
        self._list.narrow(event.value)
        self._show()

    def take(self, event: events.Key) -> bool:
        """Works a key off, before the report goes on; what the one before it had said is read."""
        self._scheduler.pressed()
        self._say_keys()
        return super().take(event)

    def _take_in_list(self, key: str) -> None:
        line = self._list.line
        if key == "a" and line is not None:
            if line.also is None:
                self.query_one(Vertical).border_subtitle = Content("no filter is for this line")
            else:
                self.dismiss(line.also())
        else:
            super()._take_in_list(key)
