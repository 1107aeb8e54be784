"""What the screens show, without a screen: rows, the view on them, marks, comments, times.

A row is a message's place in the capture (0 is message 1); a place is where a
row stands in the view, which leaves out what is filtered or folded.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import process_time
from typing import Final, NamedTuple

from ...engine.message import Message
from ...library.index import Index
from ...pairing.codes import COPY, ROLES
from ...pairing.transaction import Link
from ...spec.registry import Registry
from ...wire.record import COMMENT, Record
from .colour_rules import ColourRules
from .list_columns import COLUMNS, Cells, Column, Times, cells

KEPT = 1024  # rows whose cells are remembered
SLICE = 256  # rows tested between looks at the clock


class Order(NamedTuple):
    """Rows by what is in a column."""

    column: str
    reverse: bool = False


class CaptureModel:
    """One capture being looked at."""

    def __init__(self, index: Index, registry: Registry, name: str) -> None:
        self.index = index
        self.registry = registry
        self.name = name
        self.times = Times()
        self.columns: list[Column] = list(COLUMNS)
        self.widths: dict[str, int] = {}  # cells of columns that the user made so wide
        self.constants: bool = False  # in the list
        self.constants_in_tree = True
        self.folded = True  # copies of notifications are one row
        self.own = False  # whether what the recording program itself asked is shown
        self.rules = ColourRules()
        self.profile = ""  # the one that columns, rules and buttons are of
        self.buttons: dict[str, str] = {}  # its filters by name
        self.unfolded: set[int] = set()  # rows whose copies show all the same
        self.marks: dict[str, int] = {}
        self.comments: dict[int, str] = {}
        self.unsaved: set[int] = set()  # rows whose comments no file has
        self.selected: set[int] = set()
        self.order: Order | None = None  # that rows are to be in; None: that of the capture
        self.view = View(self)
        self._cells: dict[int, Cells] = {}

    # -- rows -------------------------------------------------------------------

    @property
    def total(self) -> int:
        """How many messages are known by now."""
        return len(self.index)

    @property
    def count(self) -> int:
        """How many messages are known by now, without those hidden as the recording's own."""
        return self.total - (0 if self.own else self.index.asked)

    def number(self, row: int) -> int:
        """The number of a row's message, which people and other commands know it by."""
        return self.index.number(row)

    def row_of(self, number: int) -> int:
        """The row of the message of this number; beyond the last one, or -1, for none."""
        return self.index.place(number)

    def message(self, row: int) -> Message:
        """The message of a row; raises CaptureError when the file is no longer what it was."""
        return self.index.message(row)

    def link(self, row: int) -> Link | None:
        """What pairing found of it."""
        return self.index.link(row)

    def time(self, row: int) -> int | None:
        """When the message was recorded, in ns since the epoch; None for no row or no time."""
        index = self.index
        if not 0 <= row < len(index):
            return None
        return index.moment(row)

    @property
    def hidden(self) -> tuple[object, ...]:
        """What decides, beside the filter, which rows are shown."""
        return self.folded, self.own, frozenset(self.unfolded)

    def copy(self, row: int) -> bool:
        """Whether the row is a copy of a notification."""
        return row < self.index.paired and self.index.links.role[row + 1] == _COPY

    def comment(self, row: int, message: Message) -> str:
        """The comment on a row of this message: that of this session, else what the file has."""
        own = self.comments.get(row)
        if own is not None:
            return own
        record = message.record
        return "" if record is None else "; ".join(record.comments)

    @contextmanager
    def commented(self, record: Record, rows: Iterable[int]) -> Iterator[None]:
        """Gives a record this session's comments on these of its rows for the while."""
        before = record.options
        own = [self.comments[row] for row in rows if row in self.comments]
        if own:
            kept = [option for option in before or [] if option[0] != COMMENT]
            record.options = [*((COMMENT, text.encode()) for text in own if text), *kept] or None
        try:
            yield
        finally:
            record.options = before

    def cells(self, row: int) -> Cells:
        """The row's texts, made on first sight."""
        found = self._cells.get(row)
        if found is None:
            if len(self._cells) >= KEPT:
                self._cells.clear()
            if self.times.first is None:
                self.times.first = self.time(0)
            found = self._cells[row] = cells(self, row)
        return found

    def fresh(self, row: int) -> Cells:
        """The row's texts, not remembered: for going through all of them."""
        return self._cells.get(row) or cells(self, row)

    def changed(self) -> None:
        """How rows look has changed: columns, names, comments, times."""
        self._cells.clear()

    # -- the view -------------------------------------------------------------------

    def look_through(self, test: Callable[[int], bool] | None, paired: bool = False) -> None:
        """Shows only rows that pass; the view fills as `view.step` is called."""
        self.view = View(self, test, paired)


class View:
    """The rows shown: all that pass `test`, without the copies that are folded.

    Rows are shown before pairing has come to them, and looked at again when it has.
    `paired` tests only what pairing has been through. `rows` has them in the order of the
    capture. `sort` puts the first of them in another order; what comes later stands behind.
    """

    def __init__(
        self, model: CaptureModel, test: Callable[[int], bool] | None = None, paired: bool = False
    ) -> None:
        self.model = model
        self.test = test
        self.paired = paired
        self.rows = array("I")
        self.scanned = 0
        self.copies = 0  # how many were left out because they are folded
        self.early = -1  # the first row that was shown before it was paired, -1 for none
        self.stopped = False
        self._hidden = model.hidden
        self.order: Order | None = None  # None: that of the capture
        self._sorted = self._ranks = array("I")  # the row at a place; of `rows` their places

    def holds(self, model: CaptureModel) -> bool:
        """Whether it still has the rows that it would have if it were begun anew."""
        return self._hidden == model.hidden

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, place: int) -> int:
        """The row at a place; -1 when there is none."""
        if 0 <= place < len(self._sorted):
            return self._sorted[place]
        return self.rows[place] if 0 <= place < len(self.rows) else -1

    def between(self, start: int, stop: int) -> array[int]:
        """The rows at the places from `start` to `stop`."""
        ordered = len(self._sorted)
        return self._sorted[start:stop] + self.rows[max(start, ordered) : max(stop, ordered)]

    def place(self, row: int) -> int:
        """Where the row stands, or the next one of the capture that is shown."""
        at = bisect_left(self.rows, row)
        return self._ranks[at] if at < len(self._ranks) else at

    def has(self, row: int) -> bool:
        """Whether the row is shown."""
        return self.any(row, row + 1)

    def any(self, start: int, stop: int) -> bool:
        """Whether any of the rows from `start` to `stop` is shown."""
        at = bisect_left(self.rows, start)
        return at < len(self.rows) and self.rows[at] < stop

    def nearest(self, row: int) -> int:
        """The row, else the next one shown, or the last; -1 where none is."""
        return self.rows[min(bisect_left(self.rows, row), len(self.rows) - 1)] if self.rows else -1

    # -- another order --------------------------------------------------------------

    @property
    def settled(self) -> int:
        """How many of `rows` will be shown whatever pairing finds."""
        return len(self.rows) if self.early < 0 else bisect_left(self.rows, self.early)

    def sort(self, order: Order | None, ranks: array[int]) -> None:
        """Shows the first rows in an order; `ranks` has the place of each."""
        placed = array("I", bytes(4 * len(ranks)))
        for at, place in enumerate(ranks):
            placed[place] = self.rows[at]
        self.order, self._sorted, self._ranks = order, placed, ranks

    # -- filling ----------------------------------------------------------------------

    @property
    def limit(self) -> int:
        """Up to which row can be tested by now."""
        index = self.model.index
        return index.paired if self.paired else len(index)

    @property
    def behind(self) -> bool:
        """Whether rows are left to test."""
        return not self.stopped and (self.scanned < self.limit or self._late)

    @property
    def _late(self) -> bool:
        """Whether pairing has come to all that was shown before."""
        return self.early >= 0 and self.model.index.paired >= self.scanned

    def left_out(self, fold: str, own: str) -> str:
        """Why fewer rows are shown than there are messages, with the keys that show the others."""
        asked = 0 if self.model.own else self.model.index.asked
        out = ["filter"] if self.test is not None else []
        for count, what, key in (
            (self.copies, "copies folded", fold),
            (asked, "of the recording itself", own),
        ):
            if count:
                out.append(f"{count} {what}{f' ({key})' if key else ''}")
        return ", ".join(out)

    def step(self, seconds: float) -> bool:
        """Tests further rows for about so much CPU time; True when none are left."""
        if self._late:
            first, self.early = self.early, -1
            del self.rows[bisect_left(self.rows, first) :]
            self.scanned = first
        end = process_time() + seconds
        while self.behind:
            size = SLICE if self.test is not None else SLICE * 16
            self._slice(min(self.scanned + size, self.limit))
            if process_time() >= end:
                break
        return not self.behind

    def _slice(self, stop: int) -> None:
        """Takes the rows from `scanned` to `stop` that pass; copies are known only once paired."""
        model, test, start = self.model, self.test, self.scanned
        paired = model.index.paired
        if stop > paired and self.early < 0 and model.folded:
            self.early = max(start, paired)
        found: Iterable[int] = range(start, stop)
        if model.folded and start < paired:
            role, of, unfolded = model.index.links.role, model.index.links.of, model.unfolded
            middle = min(stop, paired)
            found = [
                row
                for row in range(start, middle)
                if role[row + 1] != _COPY or of[row + 1] - 1 in unfolded
            ]
            self.copies += max(middle - start, 0) - len(found)
            found.extend(range(middle, stop))
        if not model.own:
            own = model.index.own
            found = [row for row in found if not own(row)]
        self.rows.extend(found if test is None else [row for row in found if test(row)])
        self.scanned = stop


_COPY: Final = ROLES.index(COPY)
