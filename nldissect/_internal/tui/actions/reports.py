"""Lists over the screen that tell of keys, of objects, of a few messages."""

from __future__ import annotations

from ...analysis import link_text
from ...analysis.flattener import Flattener
from ...wire.errors import UsageError
from ...wire.text import safe
from ..model.keymap import shown
from ..model.object_history import object_of, objects, timeline
from ..model.parts import Part
from ..model.report_line import ReportLine
from ..panes.popup import Report
from .controller import Action, Controller, plain


class Reports(Controller):
    """Keys of the group Look that ask about a message, and help."""

    def actions(self) -> dict[str, Action]:
        """The group Look, and help."""
        return {
            "help": plain(self._show_help),
            "timeline": plain(self._show_timeline),
            "objects": plain(self._show_objects),
            "diff": plain(self._show_diff),
        }

    def _open(self, report: Report) -> None:
        self.browser.pop_up(report, self._chosen)

    def _chosen(self, value: object) -> None:
        if isinstance(value, int):
            self.browser.attempt(lambda: self.browser.row_cursor.go(value))

    # -- help ---------------------------------------------------------------------------

    def _show_help(self) -> None:
        lines: list[ReportLine] = []
        group = ""
        size = max(len("  ".join(map(shown, key.keys))) for key in self.browser.keymap.keys) + 2
        for key in self.browser.keymap.keys:
            if key.group != group:
                if group:
                    lines.append(ReportLine([]))
                group = key.group
                lines.append(ReportLine([(group, "heading")]))
            names = "  ".join(shown(one) for one in key.keys) or "(no key)"
            words: list[Part] = [(f"  {names:<{size}}", "name"), (key.help, "plain")]
            lines.append(ReportLine([*words, (f"  :{key.action}", "dim")]))
        self._open(Report("Help: every key", lines))

    # -- objects --------------------------------------------------------------------------

    def _show_timeline(self) -> None:
        row = self.row()
        message = self.model.message(row)
        asked = link_text.request_of(message, self.model.link(row))
        flatten = Flattener()
        about, key = message, object_of(message, flatten)
        if key is None and asked is not None:
            about, key = asked, object_of(asked, flatten)
        if key is None:
            raise UsageError("this message is about no link, address, route or other object")
        source = timeline(self.model, key, about)
        self._open(Report(f"Timeline of {safe(' '.join(key))}", [], source=source))

    def _show_objects(self) -> None:
        row = self.row()
        title = f"Objects at message {self.model.number(row)}"
        self._open(Report(title, [], source=objects(self.model, row)))

    # -- two messages ---------------------------------------------------------------------

    def _show_diff(self) -> None:
        rows = sorted(self.model.selected) or self._with_one_before(self.row())
        if len(rows) != 2:
            raise UsageError(f"{len(rows)} messages are selected; d compares two")
        from ..model.comparison import compared

        title, lines = compared(self.model, *rows)
        self._open(Report(title, lines))

    def _with_one_before(self, row: int) -> list[int]:
        """The row, and the one shown before it with a message of the same type."""
        index, view = self.model.index, self.model.view
        kind = index.header(row)[1]
        for place in range(self.browser.list_pane.cursor - 1, -1, -1):
            if index.header(view.row(place))[1] == kind:
                return [view.row(place), row]
        raise UsageError("select two messages with v, then d compares them")
