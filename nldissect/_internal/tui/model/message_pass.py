"""Going through the messages shown in order, in slices, with what pairing knows of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from time import process_time

from ...engine.message import Message
from ...pairing.codes import ROLE_ANSWER, ROLE_COPY, ROLE_REQUEST, STATE_OPEN
from ...pairing.transaction import Link, Transaction
from ...wire.errors import CaptureError
from ...wire.text import safe
from .capture_model import CaptureModel

STRIDE = 32  # rows between looks at the clock


class MessagePass(ABC):
    """One pass through a model by its filter; copies that are folded count as themselves.

    It begins when the capture is paired, for nothing is known of transactions before; what grows
    is followed as pairing goes on. With `own` the recording's own questions are among the messages.
    `model.view` may start anew under it, with the same filter. Subclasses are reports: they are
    told of messages by `take`, `leave_out`, `ended` and `at_end`, and say in `changes` that they
    would show something else; `finished` is whether that ended.
    """

    def __init__(self, model: CaptureModel, own: bool) -> None:
        self.row = 0  # the next one to be looked at
        self.own = own
        self.filtered = model.view.test is not None
        self.changes = 0
        self.finished = False
        self.failure = ""  # why the rest cannot be read
        self.model = model
        self._test = model.view.test
        self._known = 0  # the last transaction met
        self._open: dict[int, Transaction] = {}
        self._over: dict[int, list[Transaction]] = {}  # by the row of their last message

    # -- what reports do with it -------------------------------------------------------------

    @abstractmethod
    def take(self, message: Message, link: Link) -> None:
        """The next message that is shown."""

    @abstractmethod
    def ended(self, found: Transaction) -> None:
        """A transaction that began in a message taken is over, and all its messages went by."""

    @abstractmethod
    def leave_out(self, row: int) -> None:
        """A row that the filter leaves out."""

    @abstractmethod
    def at_end(self) -> None:
        """All messages went by."""

    # -- going on ----------------------------------------------------------------------------

    def fits(self, model: CaptureModel) -> bool:
        """Whether the model still shows what this goes, or went, through."""
        same = self.model is model and self._test is model.view.test
        return same and not (self.finished and self.row < self.limit)  # a filter was gone on with

    @property
    def state(self) -> str:
        """How far it is, in words; empty at the end."""
        model = self.model
        if self.failure:
            return f"of the first {self.row} messages: {self.failure}"
        if not (model.index.complete or model.index.grows):
            return "waiting for the capture to be paired"
        if self._test is not None and model.view.stopped:
            return f"of the first {self.row} messages, where the filter was stopped"
        if self.through:
            return ""
        return f"{self.row * 100 // max(model.total, 1)} %"

    @property
    def limit(self) -> int:
        """Up to which row can be looked at by now."""
        model = self.model
        if not (model.index.complete or model.index.grows):
            return 0
        paired = model.index.paired
        return paired if self._test is None else min(paired, model.view.scanned)

    @property
    def through(self) -> bool:
        """Whether it has been through all there will be."""
        model = self.model
        if not model.index.complete or (self._test is not None and model.view.behind):
            return bool(self.failure)
        return bool(self.failure) or self.row >= self.limit

    def step(self, seconds: float) -> bool:
        """Goes on for about so much CPU time; whether nothing is left to do for now."""
        end = process_time() + seconds
        try:
            while self.row < self.limit and not self.failure:
                for row in range(self.row, min(self.row + STRIDE, self.limit)):
                    self._pass(row)
                    self.row = row + 1
                if process_time() >= end:
                    break
        except (CaptureError, OSError) as problem:  # the file is no longer what it was
            self.failure = safe(str(problem))
        for found in [one for one in self._open.values() if one.state_code != STATE_OPEN]:
            del self._open[found.id]
            self._await(found)
        if self.through and not self.finished:
            self.finished = True
            self.at_end()
            self.changes += 1
        return bool(self.failure) or self.row >= self.limit

    def _pass(self, row: int) -> None:
        """Tells of one row, and of what is over with it."""
        index = self.model.index
        if self._chosen(row):
            message, link = index.fresh(row), index.link(row)
            assert link is not None  # it is below `limit`
            self.take(message, link)
            found = link.transaction
            if (
                found is not None
                and found.id > self._known
                and link.role_code in (ROLE_REQUEST, ROLE_ANSWER)
            ):
                self._known = found.id
                if found.state_code == STATE_OPEN:
                    self._open[found.id] = found
                else:
                    self._await(found)
        else:
            self.leave_out(row)
        for found in self._over.pop(row, ()):
            self.ended(found)

    def _await(self, found: Transaction) -> None:
        """Tells that a transaction is over, once its last message went by."""
        last = self.model.row_of(found.last)
        if last < self.row:
            self.ended(found)
        else:
            self._over.setdefault(last, []).append(found)

    def _chosen(self, row: int) -> bool:
        """Whether the row passes the filter; those that the list hides are tested here."""
        model, test = self.model, self._test
        own = model.index.own(row)
        if own and not self.own:
            return False
        if test is None or model.view.has(row):
            return True
        hidden = own or model.index.links.role[row + 1] == ROLE_COPY
        return hidden and test(row)
