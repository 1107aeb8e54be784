"""Going through the messages shown in order, in slices, with what pairing knows of them."""

from __future__ import annotations

from time import process_time
from typing import Protocol

from ...engine.message import Message
from ...pairing.codes import ROLE_ANSWER, ROLE_COPY, ROLE_REQUEST, STATE_OPEN
from ...pairing.transaction import Link, Transaction
from ...wire.errors import CaptureError
from ...wire.text import safe
from .capture_model import CaptureModel

STRIDE = 32  # rows between looks at the clock


class Listener(Protocol):
    """Who is told of the messages that a pass goes through."""

    def take(self, message: Message, link: Link) -> object:
        """The next message that is shown."""
        ...

    def leave_out(self, row: int) -> None:
        """A row that the filter leaves out."""
        ...

    def ended(self, found: Transaction) -> None:
        """A transaction that began in a message taken is over, and all its messages went by."""
        ...


class MessagePass:
    """One pass through a model by its filter; copies that are folded count as themselves.

    It begins when the capture is paired, for nothing is known of transactions before; what grows
    is followed as pairing goes on. With `own` the recording's own questions are among the messages.
    `model.view` may start anew under it, with the same filter.
    """

    def __init__(self, model: CaptureModel, listener: Listener, own: bool) -> None:
        self.row = 0  # the next one to be looked at
        self.own = own
        self._model = model
        self._listener = listener
        self.failure = ""  # why the rest cannot be read
        self._test = model.view.test
        self._known = 0  # the last transaction met
        self._open: dict[int, Transaction] = {}
        self._over: dict[int, list[Transaction]] = {}  # by the number of their last message

    def fits(self, model: CaptureModel) -> bool:
        """Whether the model still shows what this goes through."""
        return self._model is model and self._test is model.view.test

    @property
    def state(self) -> str:
        """How far it is, in words; empty at the end."""
        model = self._model
        if self.failure:
            return f"of the first {self.row} messages: {self.failure}"
        if not (model.index.complete or model.index.grows):
            return "waiting for the capture to be paired"
        if self.finished:
            return ""
        if self._test is not None and model.view.stopped:
            return f"of the first {self.row} messages, where the filter was stopped"
        return f"{self.row * 100 // max(model.total, 1)} %"

    @property
    def limit(self) -> int:
        """Up to which row can be looked at by now."""
        model = self._model
        if not (model.index.complete or model.index.grows):
            return 0
        paired = model.index.paired
        return paired if self._test is None else min(paired, model.view.scanned)

    @property
    def finished(self) -> bool:
        """Whether it has been through all there will be."""
        model = self._model
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
        return bool(self.failure) or self.row >= self.limit

    def _pass(self, row: int) -> None:
        """Tells of one row, and of what is over with it."""
        index = self._model.index
        if self._chosen(row):
            message, link = index.message(row), index.link(row)
            assert link is not None  # it is below `limit`
            self._listener.take(message, link)
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
            self._listener.leave_out(row)
        for found in self._over.pop(row + 1, ()):
            self._listener.ended(found)

    def _await(self, found: Transaction) -> None:
        """Tells that a transaction is over, once its last message went by."""
        if found.last <= self.row:
            self._listener.ended(found)
        else:
            self._over.setdefault(int(found.last), []).append(found)

    def _chosen(self, row: int) -> bool:
        """Whether the row passes the filter; those that the list hides are tested here."""
        model, test = self._model, self._test
        own = model.index.own(row)
        if own and not self.own:
            return False
        if test is None or model.view.has(row):
            return True
        hidden = own or model.index.links.role[row + 1] == ROLE_COPY
        return hidden and test(row)
