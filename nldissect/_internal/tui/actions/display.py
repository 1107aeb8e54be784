"""How things are shown: columns, names, times, other dissectors; selection and comments."""

from __future__ import annotations

from ...analysis.explain import paths
from ...wire.errors import UsageError
from ..model.capture_model import Order
from ..model.list_columns import FORMATS, FieldText, column
from ..model.remembered import WIDEST
from .context import BrowserContext
from .controller import Action, Controller, plain


class Display(Controller):
    """Keys of the groups View and Select that change what rows look like."""

    def __init__(self, browser: BrowserContext) -> None:
        super().__init__(browser)
        self._from = -1  # the row that was selected last, -1 for none

    def actions(self) -> dict[str, Action]:
        """The group Select, and of View and Filter what changes how rows look."""
        return {
            "field-column": plain(self._toggle_column),
            "names": plain(self._toggle_names),
            "time-format": plain(self._next_time_format),
            "time-reference": plain(self._toggle_time_reference),
            "decode-as": plain(self._ask_dissector),
            "usual-sizes": plain(self._usual_sizes),
            "sort": plain(self._ask_order),
            "own": plain(self._toggle_own),
            "fold": plain(self._toggle_copies),
            "select": plain(self._select),
            "select-to": plain(self._select_to),
            "select-none": plain(self._select_none),
            "comment": plain(self._ask_comment),
        }

    def _again(self) -> None:
        self.model.changed()
        self.browser.list_pane.forget_widths()

    # -- order -----------------------------------------------------------------------------

    def _ask_order(self) -> None:
        names = [one.name for one in self.model.columns]
        now = self.model.order
        first = [now.column] if now is not None else []
        self.browser.ask("sort by (Tab changes)", self.sort, choices=[*first, *names])

    def sort(self, name: str) -> None:
        """Rows in the order of a column; again: the other way round; a third time: no longer."""
        name, model = name.strip(), self.model
        columns = [one.name for one in model.columns]
        if name not in columns:
            raise UsageError(f"no column {name!r} to sort by; there are {', '.join(columns)}")
        before = model.order
        if before is None or before.column != name:
            model.order = Order(name)
        else:
            model.order = None if before.reverse else Order(name, True)
        self.browser.row_cursor.stop_following()
        self.browser.list_pane.refresh()
        self.browser.scheduler.wake()

    # -- columns ------------------------------------------------------------------------

    def _toggle_column(self) -> None:
        item = self.browser.tree_pane.item
        if item is None or item.node is None:
            raise UsageError("go to a field of the tree: it becomes a column")
        self.column(paths(item.node)[0])

    def column(self, path: str) -> None:
        """Adds a column of a field in front of the last one, or takes it away.

        Raises UsageError where there is no such field.
        """
        columns = self.model.columns
        there = [column for column in columns if column.name != path]
        if len(there) == len(columns):
            FieldText(path, self.model.registry)  # wrong ones are told now
            there.insert(len(there) - 1, column(path))
        self.model.columns = there
        self._again()
        added = len(there) > len(columns)
        self.browser.note(f"column {path} {'added' if added else 'taken away'}")

    def width(self, text: str) -> None:
        """COLUMN CELLS gives a column so many cells, COLUMN alone as many as what it shows."""
        name, _, cells = text.strip().partition(" ")
        names = [one.name for one in self.model.columns]
        if name not in names:
            raise UsageError(f"no column {name!r}; there are {', '.join(names)}")
        if not cells.strip():
            self.model.widths.pop(name, None)
        elif cells.strip().isdecimal() and 0 < int(cells) <= WIDEST:
            self.model.widths[name] = int(cells)
        else:
            raise UsageError(f"{cells.strip()!r} is no width; give 1 to {WIDEST} cells, or none")
        self.browser.list_pane.refresh()

    def _usual_sizes(self) -> None:
        self.model.widths.clear()
        self.browser.list_pane.refresh()
        self.browser.arrangement.usual_sizes()

    def _toggle_names(self) -> None:
        model = self.model
        model.constants = model.constants_in_tree = not model.constants
        self._again()
        self.browser.details.show()
        self.browser.note("C constants" if model.constants else "names of the spec")

    # -- which rows there are -----------------------------------------------------------

    def _toggle_own(self) -> None:
        row = self.browser.list_pane.row
        self.model.own = not self.model.own
        self.browser.row_cursor.refill(max(row, 0))
        whose = "what the recording program itself asked the kernel is"
        self.browser.note(f"{whose} {'shown' if self.model.own else 'hidden'}")

    def _toggle_copies(self) -> None:
        row = self.browser.list_pane.row
        self.model.folded = not self.model.folded
        self.model.unfolded.clear()
        self.browser.row_cursor.refill(row)
        self.browser.note(
            "copies of notifications are one row"
            if self.model.folded
            else "each copy of a notification is a row of its own"
        )

    # -- times --------------------------------------------------------------------------

    def _next_time_format(self) -> None:
        times = self.model.times
        times.form = FORMATS[(FORMATS.index(times.form) + 1) % len(FORMATS)]
        self._again()
        self.browser.note(f"times: {times.form}")

    def _toggle_time_reference(self) -> None:
        row, times = self.row(), self.model.times
        moment = self.model.time(row)
        if moment is None:
            raise UsageError("this message has no time")
        times.reference = None if times.reference == moment else moment
        times.form = "relative"
        self._again()
        self.browser.note(
            "time counts from the first message"
            if times.reference is None
            else f"time counts from message {self.model.number(row)}"
        )

    # -- other dissectors -----------------------------------------------------------------

    def _ask_dissector(self) -> None:
        message = self.model.message(self.row())
        generic = message.protocol == 16 and message.type >= 16
        number = message.type if generic else message.protocol
        known = sorted(entry.name for entry in self.model.registry.files())
        self.browser.ask(
            "decode as NUMBER=DISSECTOR",
            self.browser.application.decode_as,
            f"{f'{number:#x}' if generic else number}=",
            choices=[f"{f'{number:#x}' if generic else number}={name}" for name in known],
        )

    # -- selection and comments --------------------------------------------------------------

    def _select(self) -> None:
        row = self.row()
        selected = self.model.selected
        (selected.discard if row in selected else selected.add)(row)
        self._from = row
        self.browser.list_pane.move(self.browser.list_pane.cursor + 1)
        self.browser.list_pane.refresh()

    def _select_to(self) -> None:
        row, view = self.row(), self.model.view
        start = self._from if self._from >= 0 else row
        low, high = sorted((view.place(start), view.place(row)))
        self.model.selected.update(view.between(low, high + 1))
        self.browser.list_pane.refresh()
        self.browser.note(f"{len(self.model.selected)} selected")

    def _select_none(self) -> None:
        self.model.selected.clear()
        self._from = -1
        self.browser.list_pane.refresh()

    def _ask_comment(self) -> None:
        row = self.row()

        def answer(text: str) -> None:
            self.model.comments[row] = text.strip()
            self.model.unsaved.add(row)
            self.model.changed()
            self.browser.list_pane.refresh()
            self.browser.details.show()
            self.browser.note("w saves comments with the messages" if text else "no comment")

        self.browser.ask(
            f"comment on #{self.model.number(row)}",
            answer,
            self.model.comment(row, self.model.message(row)),
        )
