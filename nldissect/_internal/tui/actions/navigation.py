"""Moving: within panes, between them, and from message to message by what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from time import process_time
from typing import Final

from ...pairing.codes import COPY, REQUEST
from ...wire.errors import CaptureError, UsageError
from ...wire.framing import NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN
from ..model.capture_model import View
from ..model.layout import TREE
from ..panes.hex_pane import HexPane
from ..panes.list_pane import ListPane
from ..panes.tree_pane import TreePane
from .context import BrowserContext
from .controller import Action, Controller, both_ways, plain
from .live_control import LiveControl

AT_ONCE: Final = 0.03  # s of looking before other keys are heard


class Navigation(Controller):
    """Keys of the groups Move, Tree and Go."""

    def __init__(self, browser: BrowserContext, live: LiveControl) -> None:
        super().__init__(browser)
        self._live = live

    def actions(self) -> dict[str, Action]:
        """The groups Move, Tree and Go, and of View what changes the layout."""
        browser, tree = self.browser, self.browser.tree_pane
        panes = browser.arrangement
        return {
            **both_ways("down", "up", self._by),
            **both_ways("page-down", "page-up", self._by_pages),
            **both_ways("half-down", "half-up", self._by_half_pages),
            "first": lambda n, _: self._to(n, 0),
            "last": lambda n, _: self._to(n, browser.pane.count - 1),
            "top-line": lambda n, _: self._within((n or 1) - 1),
            "middle-line": lambda n, _: self._within(browser.pane.seen // 2),
            "bottom-line": lambda n, _: self._within(browser.pane.seen - (n or 1)),
            "to-top": lambda n, _: self._scroll(0),
            "to-middle": lambda n, _: self._scroll(browser.pane.room // 2),
            "to-bottom": lambda n, _: self._scroll(browser.pane.room - 1),
            "next-pane": lambda n, _: panes.focus_next(1),
            "previous-pane": lambda n, _: panes.focus_next(-1),
            **both_ways("next-message", "previous-message", self._message),
            "open": plain(self._enter),
            "left": self._left,
            "right": self._right,
            "parent": plain(self._go_to_parent),
            "unfold-below": plain(tree.unfold_below),
            "unfold-all": lambda n, _: tree.fold_everything(True),
            "fold-all": lambda n, _: tree.fold_everything(False),
            **both_ways("next-error", "previous-error", self._error),
            "reply": plain(self._go_to_reply),
            **both_ways("next-in-transaction", "previous-in-transaction", self._member),
            "go-to": plain(self._ask_number),
            "mark": self._set_mark,
            "to-mark": self._go_to_mark,
            "transaction": plain(self._show_transaction),
            "zoom": plain(panes.zoom),
            "layout": plain(panes.turn),
            **both_ways("grow", "shrink", lambda n: panes.resize(rows=n)),
            **both_ways("sideways", "sideways-back", self._sideways),
            **both_ways("wider", "narrower", lambda n: panes.resize(cells=2 * n)),
        }

    def _show_transaction(self) -> None:
        self.browser.arrangement.show_transaction()
        if self.browser.details.row < 0:  # the pane came into sight
            self.browser.details.show()

    # -- in the pane that has the focus -----------------------------------------------

    def _by(self, lines: int) -> None:
        pane = self.browser.pane
        if lines < 0:
            self.browser.row_cursor.following = False
        pane.move(pane.cursor + lines)

    def _within(self, line: int) -> None:
        """Puts the cursor on a line in sight, counted from the first."""
        pane = self.browser.pane
        if pane.scroll_offset.y + line < pane.cursor:
            self.browser.row_cursor.stop_following()
        pane.to_seen(line)

    def _scroll(self, above: int) -> None:
        """Scrolls so that so many lines are above the cursor's; it stays where it is."""
        self.browser.row_cursor.stop_following()
        self.browser.pane.top(self.browser.pane.cursor - above)

    def _sideways(self, steps: int) -> None:
        self.browser.pane.sideways(steps * self.browser.pane.stride)

    def _by_pages(self, pages: int) -> None:
        self._by(pages * max(self.browser.pane.room - 1, 1))

    def _by_half_pages(self, halves: int) -> None:
        self._by(halves * max(self.browser.pane.room // 2, 1))

    def _to(self, number: int | None, line: int) -> None:
        if number is not None:
            self.browser.row_cursor.go_to(number)
            return
        pane = self.browser.pane
        if pane is self.browser.list_pane:
            self.browser.row_cursor.remember()
            if line == 0:
                self.browser.row_cursor.following = False
            elif self._live.growing:
                self._live.resume()
        pane.move(line)

    def _message(self, lines: int) -> None:
        """A message further on, from any pane."""
        if lines < 0:
            self.browser.row_cursor.following = False
        listing = self.browser.list_pane
        listing.move(listing.cursor + lines)

    # -- unfolding ------------------------------------------------------------------------

    def _enter(self) -> None:
        pane = self.browser.pane
        if isinstance(pane, ListPane):
            self.browser.details.show()
            self.browser.arrangement.focus_named(TREE)
        elif isinstance(pane, TreePane):
            pane.fold()
        elif isinstance(pane, HexPane):
            self.browser.arrangement.focus_named(TREE)
        else:
            self.browser.transaction_pane.choose()

    def _left(self, count: int | None, _: str) -> None:
        pane = self.browser.pane
        if isinstance(pane, TreePane):
            pane.left()
        elif isinstance(pane, HexPane):
            pane.go(pane.byte - (count or 1))
        elif isinstance(pane, ListPane):
            self._copies(False)

    def _right(self, count: int | None, _: str) -> None:
        pane = self.browser.pane
        if isinstance(pane, TreePane):
            pane.right()
        elif isinstance(pane, HexPane):
            pane.go(pane.byte + (count or 1))
        elif isinstance(pane, ListPane):
            self._copies(True)

    def _copies(self, shown: bool) -> None:
        row = self.row()
        link = self.model.link(row)
        if link is None:
            return
        first = self.model.row_of(link.of) if link.role == COPY else row
        if link.role != COPY and link.listeners < 2:
            raise UsageError("only notifications with several listeners unfold into their copies")
        before = self.model.unfolded
        (before.add if shown else before.discard)(first)
        self.browser.row_cursor.refill(first if not shown else row)

    def _go_to_parent(self) -> None:
        if isinstance(self.browser.pane, TreePane):
            self.browser.pane.parent_line()

    # -- by meaning -----------------------------------------------------------------------

    def _error(self, count: int) -> None:
        """Goes to the `count`th error from here (back: -count), as a job where it takes long."""
        scheduler = self.browser.scheduler
        search = ErrorSearch(self.model.view, self.browser.list_pane.cursor, count)

        def look(seconds: float) -> bool:
            if self.model.view is search.view:
                if not search.look(seconds):
                    return False
                if search.found < 0:
                    none = "no further error" if count > 0 else "no error before this"
                    self.browser.note(none, "warning")
                else:
                    self.browser.attempt(partial(self.browser.row_cursor.go, search.found))
            scheduler.drop("find")
            return True

        scheduler.drop("find")
        if not look(AT_ONCE):
            scheduler.add("find", look)
            self.browser.note("looking for an error (Esc stops)")

    def _go_to_reply(self) -> None:
        row = self.row()
        link = self.model.link(row)
        if link is None:
            raise UsageError("this message is not paired yet")
        if link.role == REQUEST:
            answer = 0 if link.transaction is None else link.transaction.last
            if not answer:
                raise UsageError("this request has no reply in the capture")
            self.browser.row_cursor.go_to(answer)
        elif link.of:
            self.browser.row_cursor.go_to(link.of)
        else:
            raise UsageError("nothing in the capture asked for this message")

    def _member(self, step: int) -> None:
        row = self.row()
        link = self.model.link(row)
        found = None if link is None else link.transaction
        if link is None or found is None:
            raise UsageError("this message belongs to no transaction")
        rows = set(self.browser.transaction_pane.rows) | set(map(self.model.row_of, found.answers))
        if found.number:
            rows.add(self.model.row_of(found.number))
        rows |= {part.serial - 1 for part in found.members}
        beyond: Iterable[int] = sorted((r for r in rows if (r - row) * step > 0), reverse=step < 0)
        target = next(iter(beyond), -1)
        if target < 0:
            raise UsageError(f"this is the {'last' if step > 0 else 'first'} of the transaction")
        self.browser.row_cursor.go(target)

    def _ask_number(self) -> None:
        self.browser.ask("message number", self._go_to_number)

    def _go_to_number(self, text: str) -> None:
        if not text.strip().isdecimal():
            raise UsageError(f"{text!r} is no message number")
        self.browser.row_cursor.go_to(int(text))

    # -- marks -------------------------------------------------------------------------------

    def _set_mark(self, count: int | None, letter: str) -> None:
        for model in self.browser.application.models if letter.isupper() else ():
            model.marks.pop(letter, None)  # A to Z are there once in all files
        self.model.marks[letter] = self.row()
        self.browser.list_pane.refresh()
        self.browser.note(f"mark {letter}: '{letter} comes back here")

    def _go_to_mark(self, count: int | None, letter: str) -> None:
        if letter == "'":
            if self.browser.row_cursor.before < 0:
                raise UsageError("there was no jump yet")
            self.browser.row_cursor.go(self.browser.row_cursor.before)
            return
        row = self.model.marks.get(letter)
        if row is None and letter.isupper():
            for at, model in enumerate(self.browser.application.models):
                if letter in model.marks:
                    self.browser.application.show(at, model.marks[letter])
                    return
        if row is None:
            set_ = " ".join(sorted(self.model.marks)) or "none"
            raise UsageError(f"no mark {letter}; there are: {set_}")
        self.browser.row_cursor.go(row)


class ErrorSearch:
    """Looks for the `count`th error from a place of a view on (back: -count), a while at a time."""

    def __init__(self, view: View, place: int, count: int) -> None:
        self.view = view
        self.found = -1  # the row, or the last one where there are fewer
        self._place = place
        self._step = 1 if count > 0 else -1
        self._count = abs(count)

    def look(self, seconds: float) -> bool:
        """Looks for so many s of CPU; whether it is over."""
        view, step = self.view, self._step
        end = process_time() + seconds
        while self._count and 0 <= self._place + step < len(view):
            self._place += step
            row = view.row(self._place)
            if self._failed(row):
                self.found, self._count = row, self._count - 1
            if process_time() >= end:
                return False
        return True

    def _failed(self, row: int) -> bool:
        model = self.view.model
        kind = model.index.header(row)[1]
        if kind == NLMSG_OVERRUN:
            return True
        if kind not in (NLMSG_ERROR, NLMSG_DONE):
            return False
        try:
            return bool((model.message(row).error or 0) < 0)
        except (CaptureError, OSError):
            return False
