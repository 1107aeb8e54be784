"""Going to messages: jumps, the way back, rows that are not shown yet, the end that grows."""

from __future__ import annotations

from collections.abc import Callable

from ...pairing.codes import COPY
from ...wire.errors import UsageError
from ..model.capture_model import CaptureModel
from ..model.keymap import Keymap
from .list_pane import ListPane

FIRST_SLICE = 0.02  # s of CPU for a view that starts anew, before it is drawn


class RowCursor:
    """Moves the list's cursor by rows (places in the capture) rather than lines.

    As the view fills, `settle` keeps to these rules:
    1. `_anchor`, the row that a view that starts anew should stay at, has the cursor until all
       rows are there or the user moves.
    2. `following`: the cursor is at the end. A move up ends that.
    3. Else the cursor goes to `_wanted`, a row that was asked for before it was there, once it is.
    `redrawn` is called when the view has started anew.
    """

    def __init__(
        self,
        model: CaptureModel,
        keymap: Keymap,
        list_pane: ListPane,
        following: bool,
        redrawn: Callable[[], None],
    ) -> None:
        self.before = -1  # the row that the last jump left
        self.following = following
        self._model = model
        self._keymap = keymap
        self._list_pane = list_pane
        self._redrawn = redrawn
        self._wanted = -1
        self._anchor = -1

    def remember(self) -> None:
        """Notes where a jump comes from."""
        self.before = self._list_pane.row

    def want(self, row: int) -> None:
        """Goes to a row once it is there."""
        self._wanted = row

    def stop_following(self) -> None:
        """The cursor stays where it is, whatever comes."""
        self.following = False

    def let_go(self) -> None:
        """The user moved: the row that was under the cursor is kept no longer."""
        self._anchor = -1

    def settle(self) -> None:
        """Puts the cursor where it belongs in the view as it has become."""
        list_pane, view = self._list_pane, self._model.view
        if self._anchor >= 0:
            list_pane.cursor = min(view.place(self._anchor), max(len(view) - 1, 0))
            list_pane.show()
            list_pane.refresh()
            if not view.behind:
                self._anchor = -1
        if self.following and len(view):
            list_pane.cursor = len(view) - 1
            list_pane.top(list_pane.cursor)
        elif self._wanted >= 0 and view.scanned > self._wanted:
            wanted, self._wanted = self._wanted, -1
            self.go(wanted)

    def go_to(self, number: int) -> None:
        """Goes to the message of a number; see `go`."""
        self.go(self._model.row_of(number))

    def go(self, row: int) -> None:
        """Goes to a row, jumping; raises UsageError where it is not shown."""
        total = self._model.total
        if not total:
            raise UsageError("there is no message yet")
        if row >= total:
            if not self._model.index.read:
                self._wanted = row
            row = total - 1
        row = max(row, 0)
        if not self._model.view.has(row):
            self._unhide(row)
        if self._list_pane.row != row:
            self.remember()
            if row < self._list_pane.row:
                self.following = False
        view = self._model.view
        place = view.place(row)
        self._list_pane.move(place)
        if place < len(view):
            self._centre(place)

    def follow(self, row: int) -> None:
        """Goes along with another view of the same rows; what is not shown here is left out."""
        view = self._model.view
        if view.has(row):
            self.following = False
            place = view.place(row)
            self._list_pane.move(place)
            self._centre(place)

    def _unhide(self, row: int) -> None:
        """Unfolds the copies that a row is one of; raises UsageError where that is not why."""
        link = self._model.link(row)
        if self._model.folded and link is not None and link.role == COPY:
            self._model.unfolded.add(self._model.row_of(link.of))
            self.refill(row)
            if self._model.view.has(row):
                return
        number = self._model.number(row)
        if not self._model.own and self._model.index.own(row):
            key = self._keymap.of("own")
            raise UsageError(f"message {number} is the recording's own ({key} shows these)")
        if self._model.view.scanned > row:
            raise UsageError(f"message {number} is not shown by this filter (& turns it off)")

    def _centre(self, place: int) -> None:
        list_pane = self._list_pane
        top, room = list_pane.scroll_offset.y, list_pane.room
        if not top <= place < top + room or place == top or place == top + room - 1:
            list_pane.top(place - room // 2)

    def refill(self, row: int) -> None:
        """The view starts anew, with the cursor on this row or the next one shown."""
        view = self._model.view
        self._model.look_through(view.test, view.paired)
        self.settle_on(row)

    def settle_on(self, row: int) -> None:
        """Another view is shown, with the cursor on this row or the next one shown."""
        self._model.view.step(FIRST_SLICE)
        self._anchor = row
        self._list_pane.resized()
        self._redrawn()
