"""The details of the message under the list's cursor: tree, bytes and transaction follow it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.screen import Screen

from ...analysis import link_text
from ...analysis.explain import Explanation
from ...engine.message import Message
from ...pairing.codes import ANSWER, REQUEST
from ...pairing.transaction import Link
from ...wire.errors import CaptureError
from ...wire.text import safe
from ..model.capture_model import CaptureModel
from ..model.layout import Content
from ..model.no_dissector import advice
from ..model.outline import Outline
from ..model.parts import Part
from .hex_pane import HexPane
from .list_pane import ListPane
from .status_line import StatusLine
from .transaction_pane import TransactionPane
from .tree_pane import TreePane

QUIET = 0.04  # s without a move before the panes below follow


class Details:
    """Fills the panes below the list, and links tree and bytes with each other.

    `row` is what they show (-1: nothing, or not up to date); `filled` is told how much it is.
    """

    def __init__(
        self,
        screen: Screen[None],
        model: CaptureModel,
        list_pane: ListPane,
        tree_pane: TreePane,
        hex_pane: HexPane,
        transaction_pane: TransactionPane,
        status: StatusLine,
    ) -> None:
        self.row = -1
        self.pending: asyncio.TimerHandle | None = None
        self.filled: Callable[[Content], None] = lambda content: None
        self._screen = screen
        self._model = model
        self._list_pane, self._tree_pane = list_pane, tree_pane
        self._hex_pane, self._transaction_pane = hex_pane, transaction_pane
        self._status = status
        tree_pane.moved, hex_pane.moved = self._select_bytes, self._byte_moved

    def outdated(self) -> None:
        """What is shown is not as it should be; `follow` or `show` come later."""
        self.row = -1

    def follow(self) -> None:
        """Shows the row under the cursor once the cursor rests."""
        if self.pending is not None:
            self.pending.cancel()
        # A timer of textual's is a task of its own, which takes long to make for each key.
        loop = asyncio.get_running_loop()
        self.pending = loop.call_later(QUIET, self._screen.call_later, self._rested)

    def _rested(self) -> None:
        if self.pending is not None:  # else it was shown meanwhile
            self.show()

    def show(self) -> None:
        """Shows the row under the cursor now."""
        if self.pending is not None:
            self.pending.cancel()
            self.pending = None
        row = self.row = self._list_pane.row
        try:
            if row >= 0:
                self._fill(row, self._model.message(row), self._model.link(row))
                return
        except (CaptureError, OSError) as problem:
            self._status.note = (safe(str(problem)), "error")
        self._tree_pane.pin("")
        self._transaction_pane.pin("")
        self._tree_pane.set(None)
        self._hex_pane.set(None)
        self._transaction_pane.clear()
        self._status.update()

    def _fill(self, row: int, message: Message, link: Link | None) -> None:
        """Fills the panes, with the byte that the kernel objected to marked in tree and hex."""
        own = link_text.explanation(message, link)
        refusal = own or self.refused(row, link)
        why = "" if refusal is None else f"✗ {refusal.line}"
        self._tree_pane.pin(why)
        self._transaction_pane.pin("" if self._tree_pane.display else why)
        heading: list[Part] = []
        comment = self._model.comment(row, message)
        if comment:
            heading.append((f"“{comment}”", "notification"))
        about = refusal if own or (link is not None and link.role == REQUEST) else None
        constants, folds = self._model.constants_in_tree, self._tree_pane.folds
        advised = advice(message, self._model.registry, self._model.index.path)
        outline = Outline(message, folds, constants, about, heading, advised)
        self._tree_pane.set(outline)
        marked = (0, 0)
        if outline.blamed is not None:
            marked = (outline.blamed.offset, outline.blamed.end)
        elif about is not None and about is not own and about.offset is not None:
            marked = (about.offset, about.offset + 1)
        self._hex_pane.set(message, marked)
        remarks = [] if link is None else link_text.remarks(message, link)
        self._tree_pane.name_it(f"Tree  #{message.number} {', '.join(remarks)}".rstrip())
        self._select_bytes()
        if self._transaction_pane.display:
            self._transaction_pane.set(self._model, row)
        self.filled(Content(self._transaction_pane.count, len(message.data)))

    def refused(self, row: int, link: Link | None) -> Explanation | None:
        """Why the kernel refused what the row asks or answers, None when it did not."""
        found = None if link is None else link.transaction
        if link is None or found is None or not found.error:
            return None
        if link.role == ANSWER and not found.members:
            answers = [found.last]
        elif link.role == REQUEST:
            answers = [n for n, error in found.errors.items() if error] or [found.last]
        else:
            return None
        for number in answers:
            if not number:
                continue
            at = self._model.row_of(number)
            answer, reply = self._model.message(at), self._model.link(at)
            if reply is None or (found.members and reply.of != link.number):
                continue
            reason = link_text.explanation(answer, reply)
            if reason is not None:
                return reason
        return None

    # -- tree and bytes -------------------------------------------------------------------

    def _byte_moved(self) -> None:
        self._tree_pane.reveal_byte(self._hex_pane.byte)
        item = self._tree_pane.item
        if item is not None and item.start >= 0:
            self._hex_pane.select(item.start, item.end, follow=False)
        self._status.update()

    def _select_bytes(self) -> None:
        item = self._tree_pane.item
        if item is None or item.start < 0:
            self._hex_pane.select(0, 0)
        else:
            self._hex_pane.select(item.start, item.end)
        self._status.update()
