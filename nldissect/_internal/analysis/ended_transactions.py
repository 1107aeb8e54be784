"""Transactions in the order in which they end, for outputs that say one thing of each.

At most `LIMIT` are waited for; the oldest of more is given as it is then. An answer that comes
when its transaction was given changes nothing any more.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64

from ..engine.message import Message
from ..pairing import codes
from ..pairing.conversation import NFNL_MSG_BATCH_END
from ..pairing.transaction import Link, Transaction
from ..wire import framing

LIMIT: Final = 4096
PARTS: Final = 128  # of a batch that are kept
_SWEEP: Final = 1024  # messages after which those are looked for whose end no message showed


@final
class EndedTransaction:
    """A transaction, and what messages alone tell of it.

    `first` is its request or, where that is not in the capture, its first answer, with its link.
    `refusal` is the answer that says why it failed, `refused` the number of the message that it
    refuses. Of a batch, `parts` are the first `PARTS` messages that change something, `more` counts
    the others. `chosen`: one of its messages was.
    """

    def __init__(self, found: Transaction, first: Message, link: Link) -> None:
        self.found = found
        self.first = first
        self.link = link
        self.refusal: Message | None = None
        self.refused = 0
        self.chosen = False
        self.parts: list[Message] = []
        self.more = 0

    @property
    def asked(self) -> Message:
        """The request or, where that is not in the capture, what an error echoes of it."""
        first = self.first
        echo = first.echo if first.type < framing.NLMSG_MIN_TYPE else None
        return first if echo is None else echo

    @property
    def is_batch(self) -> bool:
        """Whether it is a batch of netfilter's, whose request has no operation of its own."""
        return self.found.kind_code == codes.KIND_BATCH

    def add_part(self, message: Message) -> None:
        """One more message of a batch."""
        if message.type <= NFNL_MSG_BATCH_END:
            return
        if len(self.parts) < PARTS:
            self.parts.append(message)
        else:
            self.more += 1


@final
class EndedTransactions:
    """Gives the transactions of one capture when they ended, as far as one of theirs was chosen."""

    def __init__(self) -> None:
        self._waiting: dict[int, EndedTransaction] = {}
        self._given: dict[int, None] = {}  # lately, of those that may be met again
        self._unswept: i64 = 0

    def add(self, message: Message, link: Link, chosen: bool = True) -> list[EndedTransaction]:
        """Takes in the next message, as it was settled; returns what ended with it."""
        out: list[EndedTransaction] = []
        role, found = link.role_code, link.transaction
        if found is not None and (role == codes.ROLE_REQUEST or role == codes.ROLE_ANSWER):
            self._take(message, link, found, chosen, out)
        self._unswept += 1
        if self._unswept >= _SWEEP and not message.own:
            self._sweep(message.number, out)
        return out

    def finish(self) -> list[EndedTransaction]:
        """The capture is at its end: returns what is left, and is ready for another one."""
        out: list[EndedTransaction] = []
        for known in list(self._waiting.values()):
            self._give(known, out)
        self._given.clear()
        return out

    def _take(
        self,
        message: Message,
        link: Link,
        found: Transaction,
        chosen: bool,
        out: list[EndedTransaction],
    ) -> None:
        key = int(found.id)
        known = self._waiting.get(key)
        if known is None:
            if key in self._given:
                return
            known = self._waiting[key] = EndedTransaction(found, found.request or message, link)
            if len(self._waiting) > LIMIT:
                self._give(next(iter(self._waiting.values())), out)
        known.chosen = known.chosen or chosen
        if link.role_code == codes.ROLE_ANSWER:
            error = message.error if message.type < framing.NLMSG_MIN_TYPE else None
            if known.refusal is None and error is not None and error < 0:
                known.refusal = message
                known.refused = int(link.of)
        elif found.batch is not None:
            known.add_part(message)
            if message.type != NFNL_MSG_BATCH_END:
                return  # more of it follows
        if found.state_code != codes.STATE_OPEN and found.last <= message.number:
            self._give(known, out)

    def _sweep(self, number: i64, out: list[EndedTransaction]) -> None:
        """Gives those that ended without a message, as when they were given up."""
        self._unswept = 0
        for known in list(self._waiting.values()):
            if known.found.state_code != codes.STATE_OPEN and known.found.last <= number:
                self._give(known, out)

    def _give(self, known: EndedTransaction, out: list[EndedTransaction]) -> None:
        key = int(known.found.id)
        del self._waiting[key]
        self._given[key] = None
        if len(self._given) > LIMIT:
            del self._given[next(iter(self._given))]
        if known.chosen:
            out.append(known)
