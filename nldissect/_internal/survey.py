"""What is known of a message only after later ones: its answer, latency and listeners.

`ahead` holds messages back within one pass until they are settled, or until
too many are held. `survey` gathers everything in compact columns in a pass of
its own, for a second one over the same capture.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from typing import Final

from .conversation import COPY_NEXT, MAX_RECENT, Conversations
from .errors import CaptureError
from .transaction import (
    ACCEPTED,
    ANSWER,
    BATCH,
    CONFIDENCES,
    COPY,
    DUMP,
    FAILED,
    KINDS,
    NOTIFICATION,
    OPEN,
    OTHER,
    REQUEST,
    ROLES,
    STATES,
    Link,
    Transaction,
)  # fmt: skip
from .tree import Message


class Survey:
    """The conversations of a whole capture, in about 25 bytes per message.

    Every column has one entry per message; that of message number n is at n:
    `role` (index into ROLES), `transaction` (its id, 0 for none), `of` (what it
    answers, copies or was caused by), `answered_by` (of a request: the answer
    that ended it, or the last one), `latency` (ns, -1 for none; of a request
    until its end and of an answer since the request), `listeners` (65535: or
    more), `confidence` (index into CONFIDENCES), `state` (of a request's
    transaction, index into STATES; for a batch's part its own), `reason` (index into
    `reasons`). `ledger` has the transactions themselves.
    """

    __slots__ = (
        "_reasons", "answered_by", "confidence", "latency", "ledger", "listeners", "of", "reason",
        "reasons", "role", "state", "transaction",
    )  # fmt: skip

    def __init__(self) -> None:
        self.role = bytearray(1)
        self.transaction = array("I", (0,))
        self.of = array("I", (0,))
        self.answered_by = array("I", (0,))
        self.latency = array("q", (-1,))
        self.listeners = array("H", (0,))
        self.confidence = bytearray(1)
        self.state = bytearray(1)
        self.reason = bytearray(1)
        self.reasons = [""]
        self._reasons = {"": 0}
        self.ledger = Ledger()

    def add(self, message: Message, link: Link) -> None:
        """Takes in the next message."""
        self.role.append(_ROLE[link.role])
        self.of.append(link.of)
        self.answered_by.append(0)
        self.confidence.append(_CONFIDENCE[link.confidence])
        self.state.append(0)
        self.listeners.append(link.listeners)
        reason = self._reasons.get(link.reason)
        if reason is None:
            reason = self._reasons[link.reason] = len(self.reasons)
            self.reasons.append(link.reason)
        self.reason.append(reason)
        found = link.transaction
        passed = -1
        if found is None:
            self.transaction.append(0)
        else:
            number = found.id
            self.transaction.append(number)
            ledger = self.ledger
            if number == len(ledger.number):
                ledger.begin(found)
            elif link.role == NOTIFICATION:
                ledger.notifications[number] += 1
            if link.role == ANSWER and found.start is not None:
                record = message.record
                if record is not None and record.time is not None:
                    passed = record.time - found.start
                    if not NO_TIME < passed < -NO_TIME:
                        passed = _ns(passed)
        self.latency.append(passed)
        if link.role == COPY and self.listeners[link.of] < 0xFFFF:
            self.listeners[link.of] += 1

    def end(self, found: Transaction) -> None:
        """Takes in what became of a transaction."""
        self.ledger.end(found)
        number = found.number
        if not number:
            return
        self.state[number] = _STATE[found.state]
        self.answered_by[number] = found.last
        latency = found.latency
        if latency is not None:
            self.latency[number] = _ns(latency)
        for part in found.members:
            at = part.number
            fate = found.fate(at)
            self.state[at] = _STATE[found.state if fate == ACCEPTED else fate]
            self.answered_by[at], end = found.reply(at)
            if found.start is not None and end is not None:
                self.latency[at] = _ns(end - found.start)


class Ledger:
    """The transactions of a survey, in 60 bytes each; that of id n is at n.

    Columns are `Transaction`'s attributes; `kind` and `state` are indices into KINDS
    and STATES, times that are not known NO_TIME, `marks` INTERRUPTED_MARK and OVERRUN_MARK.
    What may still change is in `open`, by id, and its row is not final.
    """

    __slots__ = (
        "end_time", "error", "first", "kind", "last", "marks", "notifications", "number", "open",
        "parts", "port", "protocol", "seq", "start", "state",
    )  # fmt: skip

    def __init__(self) -> None:
        self.number = array("I", (0,))
        self.last = array("I", (0,))
        self.kind = bytearray(1)
        self.state = bytearray(1)
        self.marks = bytearray(1)
        self.protocol = array("i", (0,))
        self.seq = array("I", (0,))
        self.port = array("q", (-1,))
        self.start = array("q", (NO_TIME,))
        self.first = array("q", (NO_TIME,))
        self.end_time = array("q", (NO_TIME,))
        self.error = array("i", (0,))
        self.parts = array("I", (0,))
        self.notifications = array("I", (0,))
        self.open: dict[int, Transaction] = {}

    def __len__(self) -> int:
        return len(self.number) - 1

    def begin(self, found: Transaction) -> None:
        """Takes in a new one."""
        self.open[found.id] = found
        self.number.append(found.number)
        self.kind.append(_KIND[found.kind])
        self.protocol.append(found.protocol)
        self.seq.append(found.seq)
        self.start.append(_ns(found.start))
        self.state.append(0)
        self.marks.append(0)
        self.port.append(-1)
        self.first.append(NO_TIME)
        self.end_time.append(NO_TIME)
        self.error.append(0)
        self.parts.append(0)
        self.last.append(0)
        self.notifications.append(0)

    def end(self, found: Transaction) -> None:
        """Takes in what became of it."""
        at = found.id
        if at == len(self.number):  # an answer without its request ends what it begins
            self.begin(found)
        self.open.pop(at, None)
        self.state[at] = _STATE[found.state]
        self.marks[at] = found.interrupted | found.overrun << 1
        self.port[at] = found.port
        self.first[at] = _ns(found.first)
        self.end_time[at] = _ns(found.end)
        self.error[at] = found.error
        self.parts[at] = found.parts
        self.last[at] = found.last


NO_TIME: Final = -(1 << 63)
INTERRUPTED_MARK: Final = 1
OVERRUN_MARK: Final = 2
_ROLE: Final = {name: i for i, name in enumerate(ROLES)}
_KIND: Final = {name: i for i, name in enumerate(KINDS)}
_STATE: Final = {name: i for i, name in enumerate(STATES)}
_CONFIDENCE: Final = {name: i for i, name in enumerate(CONFIDENCES)}


def _ns(time: int | None) -> int:
    """A time that fits its column; captures may hold any."""
    return NO_TIME if time is None else min(max(time, NO_TIME + 1), -NO_TIME - 1)


def survey(messages: Iterable[Message], limit: int = 1024) -> Survey:
    """The conversations of messages that can be gone through twice; for the first time."""
    out = Survey()
    pairs = Conversations(limit, out.end)
    feed, add = pairs.feed, out.add
    for message in messages:
        add(message, feed(message))
    pairs.finish()
    return out


class Ahead:
    """Holds messages back until what pairing knows of them is settled.

    No more than `window` messages are held back: what is longer (a dump of
    more parts) comes with a transaction that is still open, whose end is foretold
    where a header pass came to it. With `patience` (seconds), for what is shown as
    it happens, none is held longer than that.
    """

    __slots__ = ("_came", "_held", "_pairs", "_patience", "_window")

    def __init__(
        self, pairs: Conversations | None = None, window: int = 4096,
        patience: float | None = None,
    ) -> None:  # fmt: skip
        self._pairs = Conversations() if pairs is None else pairs
        self._window = window
        self._patience = patience
        self._held: deque[tuple[Message, Link]] = deque()
        self._came: deque[float] = deque()  # when each of them was taken in

    def feed(self, message: Message) -> Sequence[tuple[Message, Link]]:
        """Takes in the next message; gives those that are settled now, in order."""
        held = self._held
        found = self._pairs.feed(message)
        if found.role == COPY and (not held or held[0][0].number > found.of):
            found.late = True
        if not held and found.role != REQUEST and not found.listeners:
            return ((message, found),)
        held.append((message, found))
        if self._patience is not None:
            self._came.append(monotonic())
        elif len(held) <= self._window:
            first = held[0][1]
            asked = first.transaction
            if first.role == REQUEST and asked is not None and asked.state == OPEN and asked.waits:
                return ()  # the commonest: parts of a dump
        record = message.record
        return self._release(None if record is None else record.time)

    def overdue(self) -> list[tuple[Message, Link]]:
        """Gives those that were held long enough, and what is settled behind them."""
        return self._release(None)

    @property
    def patience(self) -> float | None:
        """How long until something is overdue, in seconds; None when nothing is held."""
        if self._patience is None or not self._came:
            return None
        return max(self._came[0] + self._patience - monotonic(), 0.0)

    def _release(self, now: int | None) -> list[tuple[Message, Link]]:
        held, came, out = self._held, self._came, []
        while held:
            first, link = held[0]
            if not _settled(first, link, now, len(held)):
                if len(held) > self._window:
                    _foretell(first, link)
                elif self._patience is None or self.patience:
                    break
            out.append(held.popleft())
            if came:
                came.popleft()
        return out

    def finish(self) -> list[tuple[Message, Link]]:
        """Ends the capture; gives the rest."""
        self._pairs.finish()
        out = list(self._held)
        self._held.clear()
        self._came.clear()
        return out


def ahead(
    messages: Iterable[Message], pairs: Conversations | None = None, window: int = 4096
) -> Iterator[tuple[Message, Link]]:
    """Each message with its link, in order, once it is settled; see `Ahead`."""
    holding = Ahead(pairs, window)
    feed = holding.feed
    failure: CaptureError | None = None
    try:
        for message in messages:
            yield from feed(message)
    except CaptureError as problem:  # what was read before comes first
        failure = problem
    yield from holding.finish()
    if failure is not None:
        raise failure


def _foretell(message: Message, link: Link) -> None:
    """Lets a request that cannot wait for the end of its dump know of it."""
    found = link.transaction
    if link.role == REQUEST and found is not None and found.kind == DUMP and found.port > 0:
        found.foretold = message.context.dump_end(found.port, message)


def _settled(message: Message, link: Link, now: int | None, held: int) -> bool:
    """Whether nothing that comes now can change what is known of the message."""
    role = link.role
    since = None if message.record is None else message.record.time
    allowed = MAX_RECENT
    if role == REQUEST:
        found = link.transaction
        if found is None or not (found.waits or (found.kind == BATCH and found.state == FAILED)):
            return True
        if found.state == OPEN:
            return False
        if found.kind == BATCH:  # its refusals come one by one
            allowed += len(found.members)
            since = since if found.end is None else found.end
    elif role in (OTHER, COPY) or not link.listeners:
        return True
    if held > allowed:
        return True
    return now is not None and since is not None and now - since > COPY_NEXT
