"""Messages held back within one pass until what pairing knows of them is settled.

States of a message, in the order of the capture:
- held: something that comes later may still change its link or transaction;
- settled: `take` may give it, since it and all before it are settled.

What settles a message:
- a request: its transaction ended; of one without an end of its own (no answer was asked for,
  a batch that may be refused) MAX_RECENT messages more or COPY_NEXT of time, counted for a
  batch from its last refusal, and with as many messages more as it has parts;
- a notification: no copy of it can come any more, MAX_RECENT messages or COPY_NEXT later;
- anything else: at once.

Whatever it lacks, a message is settled when more than `window` are held, when it was held for
`patience` seconds, and at the end of the capture.
"""

from __future__ import annotations

from time import monotonic
from typing import final

from mypy_extensions import i64

from ..engine.message import Message
from ..wire.record import NO_TIME
from . import codes
from .conversation import Conversations
from .copies import COPY_NEXT, MAX_RECENT
from .transaction import Link, time_of


@final
class HoldBack:
    """Holds messages back until what pairing knows of them is settled.

    `feed` takes them in, `take` gives those that are settled, in order, with `link`
    that of the message given last.

    No more than `window` messages are held back: what is longer (a dump of
    more parts) comes with a transaction that is still open, whose end is predicted
    where a header pass came to it. With `patience` (seconds), for what is shown as
    it happens, none is held longer than that.
    """

    __slots__ = (
        "_came", "_given", "_links", "_messages", "_pairs", "_patience", "_settled", "_window",
        "link",
    )  # fmt: skip

    def __init__(
        self, pairs: Conversations | None = None, window: int = 4096, patience: float | None = None
    ) -> None:
        self._pairs = Conversations() if pairs is None else pairs
        self._window: i64 = window
        self._patience = patience
        self._messages: list[Message] = []
        self._links: list[Link] = []
        self._came: list[float] = []  # when each of them was taken in, with patience
        self._given: i64 = 0  # so many of the lists were given
        self._settled: i64 = 0  # so many may be
        self.link = Link(codes.ROLE_OTHER, 0, None, 0, codes.CONFIDENCE_CERTAIN, 0)

    def feed(self, message: Message) -> None:
        """Takes in the next message."""
        found = self._pairs.feed(message)
        at = self._settled
        links = self._links
        held = len(links) - at
        if found.role_code == codes.ROLE_COPY and (not held or links[at].number > found.of):
            found.late = True
        self._messages.append(message)
        links.append(found)
        if self._patience is not None:
            self._came.append(monotonic())
        if not held and found.role_code != codes.ROLE_REQUEST and not found.listeners:
            self._settled = at + 1
            return
        if self._patience is None and held < self._window:
            first = links[at]
            asked = first.transaction
            if (
                first.role_code == codes.ROLE_REQUEST
                and asked is not None
                and asked.state_code == codes.STATE_OPEN
                and asked.answerable
            ):
                return  # the commonest: parts of a dump
        self._settle(time_of(message.record))

    def take(self) -> Message | None:
        """The next message that is settled, None when there is none for now."""
        at = self._given
        if at == self._settled:
            return None
        message = self._messages[at]
        self.link = self._links[at]
        at += 1
        if at >= MAX_RECENT and at * 2 >= len(self._links):  # now and then: it moves the others
            del self._messages[:at]
            del self._links[:at]
            del self._came[:at]
            self._settled -= at
            at = 0
        self._given = at
        return message

    def overdue(self) -> None:
        """Settles those that were held long enough, and what follows them."""
        self._settle(NO_TIME)

    @property
    def patience(self) -> float | None:
        """How long until something is overdue, in seconds; None when nothing is held."""
        if self._patience is None or self._settled == len(self._links):
            return None
        return max(self._came[self._settled] + self._patience - monotonic(), 0.0)

    def _settle(self, now: int) -> None:
        links = self._links
        at = self._settled
        while at < len(links):
            message, link = self._messages[at], links[at]
            held = len(links) - at
            if not _settled(message, link, now, held):
                if held > self._window:
                    _predict_end(message, link)
                elif self._patience is None or self.patience:
                    break
            at += 1
            self._settled = at

    def finish(self) -> None:
        """Ends the capture: the rest is settled."""
        self._pairs.finish()
        self._settled = len(self._links)


def _predict_end(message: Message, link: Link) -> None:
    """Lets a request that cannot wait for the end of its dump know of it."""
    found = link.transaction
    if (
        link.role_code == codes.ROLE_REQUEST
        and found is not None
        and found.kind_code == codes.KIND_DUMP
        and found.port > 0
    ):
        found.predicted_end = message.context.dump_end(found.port, message)


def _settled(message: Message, link: Link, now: int, held: i64) -> bool:
    """Whether nothing that comes now can change what is known of the message."""
    since = time_of(message.record)
    allowed: i64 = MAX_RECENT
    if link.role_code == codes.ROLE_REQUEST:
        found = link.transaction
        if found is None or not (
            found.answerable or (found.batch is not None and found.state_code == codes.STATE_FAILED)
        ):
            return True
        if found.state_code == codes.STATE_OPEN:
            return False
        if found.batch is not None:  # its refusals come one by one
            allowed += len(found.batch.members)
            since = since if found.end_time == NO_TIME else found.end_time
    elif not link.listeners or link.role_code in (codes.ROLE_OTHER, codes.ROLE_COPY):
        return True
    if held > allowed:
        return True
    return now != NO_TIME and since != NO_TIME and now - since > COPY_NEXT
