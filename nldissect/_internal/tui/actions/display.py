"""How things are shown: columns, names, times, other dissectors; selection and comments."""

from __future__ import annotations

from ...analysis.explain import paths
from ...wire.errors import UsageError
from ..model.list_columns import FORMATS, of_field
from .controller import Controller


class Display(Controller):
    """Keys of the groups View and Select that change what rows look like."""

    def _again(self) -> None:
        self.model.changed()
        self.browser.list_pane.forget_widths()

    # -- columns ------------------------------------------------------------------------

    def do_field_column(self, count: int | None, _: str) -> None:
        item = self.browser.tree_pane.item
        if item is None or item.node is None:
            raise UsageError("go to a field of the tree: it becomes a column")
        self.column(paths(item.node)[0])

    def column(self, path: str) -> None:
        """Adds a column of a field in front of the last one, or takes it away."""
        columns = self.model.columns
        there = [column for column in columns if column.name != path]
        if len(there) == len(columns):
            there.insert(len(there) - 1, of_field(path))
        self.model.columns = there
        self._again()
        added = len(there) > len(columns)
        self.browser.say(f"column {path} {'added' if added else 'taken away'}")

    def do_names(self, count: int | None, _: str) -> None:
        model = self.model
        model.constants = model.constants_in_tree = not model.constants
        self._again()
        self.browser.show_now()
        self.browser.say("C constants" if model.constants else "names of the spec")

    # -- times --------------------------------------------------------------------------

    def do_time_format(self, count: int | None, _: str) -> None:
        times = self.model.times
        times.form = FORMATS[(FORMATS.index(times.form) + 1) % len(FORMATS)]
        self._again()
        self.browser.say(f"times: {times.form}")

    def do_time_reference(self, count: int | None, _: str) -> None:
        row, times = self.row(), self.model.times
        moment = self.model.time(row)
        if moment is None:
            raise UsageError("this message has no time")
        times.reference = None if times.reference == moment else moment
        times.form = "relative"
        self._again()
        self.browser.say(
            "time counts from the first message"
            if times.reference is None
            else f"time counts from message {row + 1}"
        )

    # -- other dissectors -----------------------------------------------------------------

    def do_decode_as(self, count: int | None, _: str) -> None:
        message = self.model.message(self.row())
        generic = message.protocol == 16 and message.type >= 16
        number = message.type if generic else message.protocol
        known = sorted(entry.name for entry in self.model.registry.entries())
        self.browser.ask(
            "decode as NUMBER=DISSECTOR",
            self.browser.application.decode_as,
            f"{f'{number:#x}' if generic else number}=",
            choices=[f"{f'{number:#x}' if generic else number}={name}" for name in known],
        )

    # -- selection and comments --------------------------------------------------------------

    def do_select(self, count: int | None, _: str) -> None:
        row = self.row()
        selected = self.model.selected
        (selected.discard if row in selected else selected.add)(row)
        self._from = row
        self.browser.list_pane.move(self.browser.list_pane.cursor + 1)
        self.browser.list_pane.refresh()

    _from = -1

    def do_select_to(self, count: int | None, _: str) -> None:
        row, view = self.row(), self.model.view
        start = self._from if self._from >= 0 else row
        low, high = sorted((view.place(start), view.place(row)))
        self.model.selected.update(view.rows[low : high + 1])
        self.browser.list_pane.refresh()
        self.browser.say(f"{len(self.model.selected)} selected")

    def do_select_none(self, count: int | None, _: str) -> None:
        self.model.selected.clear()
        self._from = -1
        self.browser.list_pane.refresh()

    def do_comment(self, count: int | None, _: str) -> None:
        row = self.row()

        def answer(text: str) -> None:
            self.model.comments[row] = text.strip()
            self.model.changed()
            self.browser.list_pane.refresh()
            self.browser.show_now()
            self.browser.say("w saves comments with the messages" if text else "no comment")

        self.browser.ask(f"comment on #{row + 1}", answer, self.model.comment(row))
