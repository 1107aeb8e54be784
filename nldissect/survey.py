"""What is known of a message only after later ones: its answer, latency and listeners.

`ahead` holds messages back within one pass until they are settled, or until
too many are held. `survey` gathers everything in compact columns in a pass of
its own, for a second one over the same capture.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from .conversation import COPY_NEXT, MAX_RECENT, Conversations
from .dissect import Message
from .errors import CaptureError
from .transaction import (
    ACCEPTED,
    ANSWER,
    CONFIDENCES,
    COPY,
    OPEN,
    OTHER,
    REQUEST,
    ROLES,
    STATES,
    Link,
    Transaction,
)  # fmt: skip


class Survey:
    """The conversations of a whole capture, in about 25 bytes per message.

    Every column has one entry per message; that of message number n is at n:
    `role` (index into ROLES), `transaction` (its id, 0 for none), `of` (what it
    answers, copies or was caused by), `answered_by` (of a request: the answer
    that ended it, or the last one), `latency` (ns, -1 for none; of a request
    until its end and of an answer since the request), `listeners` (65535: or
    more), `confidence` (index into CONFIDENCES), `state` (of a request's
    transaction, index into STATES; for a batch's part its own).
    """

    __slots__ = (
        "answered_by", "confidence", "latency", "listeners", "of", "role", "state",
        "transaction",
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

    def add(self, message: Message, link: Link) -> None:
        """Takes in the next message."""
        self.role.append(_ROLE[link.role])
        self.of.append(link.of)
        self.answered_by.append(0)
        self.confidence.append(_CONFIDENCE[link.confidence])
        self.state.append(0)
        self.listeners.append(link.listeners)
        found = link.transaction
        passed = -1
        if found is None:
            self.transaction.append(0)
        else:
            self.transaction.append(found.id)
            if link.role == ANSWER and found.start is not None:
                record = message.record
                if record is not None and record.time is not None:
                    passed = record.time - found.start
        self.latency.append(passed)
        if link.role == COPY and self.listeners[link.of] < 0xFFFF:
            self.listeners[link.of] += 1

    def end(self, found: Transaction) -> None:
        """Takes in what became of a transaction."""
        number = found.number
        if not number:
            return
        self.state[number] = _STATE[found.state]
        self.answered_by[number] = found.last
        latency = found.latency
        if latency is not None:
            self.latency[number] = latency
        for part in found.members:
            fate = found.fate(part.number)
            self.state[part.number] = _STATE[found.state if fate == ACCEPTED else fate]


_ROLE: Final = {name: i for i, name in enumerate(ROLES)}
_STATE: Final = {name: i for i, name in enumerate(STATES)}
_CONFIDENCE: Final = {name: i for i, name in enumerate(CONFIDENCES)}


def survey(messages: Iterable[Message], limit: int = 1024) -> Survey:
    """The conversations of messages that can be gone through twice; for the first time."""
    out = Survey()
    pairs = Conversations(limit, out.end)
    feed, add = pairs.feed, out.add
    for message in messages:
        add(message, feed(message))
    pairs.finish()
    return out


def ahead(
    messages: Iterable[Message], pairs: Conversations | None = None, window: int = 4096
) -> Iterator[tuple[Message, Link]]:
    """Each message with its link, in order, once its transaction and listeners are settled.

    No more than `window` messages are held back: what is longer (a dump of
    more parts) comes with a transaction that is still open.
    """
    if pairs is None:
        pairs = Conversations()
    feed = pairs.feed
    held: deque[tuple[Message, Link]] = deque()
    failure: CaptureError | None = None
    try:
        for message in messages:
            found = feed(message)
            if not held and found.role != REQUEST and not found.listeners:
                yield message, found
                continue
            held.append((message, found))
            record = message.record
            now = None if record is None else record.time
            while held:
                first, link = held[0]
                if len(held) <= window and not _settled(first, link, now, len(held)):
                    break
                yield held.popleft()
    except CaptureError as problem:  # what was read before comes first
        failure = problem
    pairs.finish()
    yield from held
    if failure is not None:
        raise failure


def _settled(message: Message, link: Link, now: int | None, held: int) -> bool:
    """Whether nothing that comes now can change what is known of the message."""
    role = link.role
    if role == REQUEST:
        found = link.transaction
        if found is None or not found.waits:
            return True
        if found.state == OPEN:
            return False
    elif role in (OTHER, COPY) or not link.listeners:
        return True
    if held > MAX_RECENT:
        return True
    record = message.record
    if now is None or record is None or record.time is None:
        return False
    return now - record.time > COPY_NEXT
