"""What pairing knows of a whole capture, in compact columns, for who comes back to messages.

Invariants:
- rows are appended in the order of messages (of transactions: of their ids), row 0 stands for
  none, and no row is ever taken out;
- a row is final once its transaction ended; of a notification `listeners` grows with each copy.
"""

from __future__ import annotations

from typing import Final, final

from librt.vecs import append, extend, vec
from mypy_extensions import i16, i32, i64, u8

from ..engine.message import Message
from ..engine.message_numbers import MessageNumbers
from ..wire.growth import roomier
from ..wire.record import NO_TIME
from . import codes
from .codes import ACCEPTED, STATES
from .transaction import Link, Transaction

INTERRUPTED_MARK: Final = 1
OVERRUN_MARK: Final = 2
ACKNOWLEDGED_MARK: Final = 4
MANY: Final = 0x7FFF  # listeners: or more


@final
class LinkTable:
    """The conversations of a whole capture, in 18 bytes per message.

    Every column has one entry per message; that of the message whose serial is n is at n, and
    messages are named by their serials, which `numbers` tells of:
    `role` (index into ROLES), `transaction` (its id, 0 for none), `of` (what it
    answers, copies or was caused by), `before` (of an answer: the one before it in its
    transaction, 0 for none), `listeners` (MANY: or more), `confidence` (index into CONFIDENCES),
    `state` (of a request's transaction, index into STATES; for a batch's part its own), `reason`
    (index into REASONS). `transactions` has the transactions themselves. A column that was asked
    for is as it was then: it does not grow.
    """

    __slots__ = (
        "_numbers", "_room", "before", "confidence", "listeners", "of", "reason", "role", "state",
        "transaction", "transactions",
    )  # fmt: skip

    def __init__(self, numbers: MessageNumbers | None = None) -> None:
        self._numbers = MessageNumbers() if numbers is None else numbers
        self._room: i64 = 1
        self.role = vec[u8]([0])
        self.transaction = vec[i32]([0])
        self.of = vec[i32]([0])
        self.before = vec[i32]([0])
        self.listeners = vec[i16]([0])
        self.confidence = vec[u8]([0])
        self.state = vec[u8]([0])
        self.reason = vec[u8]([0])
        self.transactions = TransactionTable(self._numbers)

    def make_room(self, room: i64) -> None:
        """Has room for so many rows, so that columns need not be copied to grow."""
        self._room = room
        self.role = extend(vec[u8](capacity=room), self.role)
        self.transaction = extend(vec[i32](capacity=room), self.transaction)
        self.of = extend(vec[i32](capacity=room), self.of)
        self.before = extend(vec[i32](capacity=room), self.before)
        self.listeners = extend(vec[i16](capacity=room), self.listeners)
        self.confidence = extend(vec[u8](capacity=room), self.confidence)
        self.state = extend(vec[u8](capacity=room), self.state)
        self.reason = extend(vec[u8](capacity=room), self.reason)

    def add(self, message: Message, link: Link) -> None:
        """Takes in the next message."""
        if len(self.role) == self._room:
            self.make_room(roomier(self._room))
        role = link.role_code
        here = i32(len(self.role))
        self.role = append(self.role, u8(role))
        of = self._numbers.serial(link.of)
        self.of = append(self.of, i32(of))
        self.confidence = append(self.confidence, u8(link.confidence_code))
        self.reason = append(self.reason, u8(link.reason_code))
        self.state = append(self.state, u8(0))
        self.listeners = append(self.listeners, i16(link.listeners))
        found = link.transaction
        number: i64 = 0
        before: i32 = 0
        if found is not None:
            number = found.id
            transactions = self.transactions
            if number == len(transactions.number):
                transactions.begin(found)
            elif role == codes.ROLE_NOTIFICATION:
                transactions.notifications[number] += 1
            if role == codes.ROLE_ANSWER:
                before = transactions.latest[number]
                transactions.latest[number] = here
        self.transaction = append(self.transaction, i32(number))
        self.before = append(self.before, before)
        if role == codes.ROLE_COPY and self.listeners[of] < MANY:
            self.listeners[of] += 1

    def end(self, found: Transaction) -> None:
        """Takes in what became of a transaction."""
        self.transactions.end(found)
        serial = self._numbers.serial(found.number)
        if not serial:
            return
        before = i64(self.state[serial])
        self.state[serial] = u8(found.state_code)
        batch = found.batch
        if batch is not None:
            if before != found.state_code:
                for part in batch.members:
                    self._part(found, part.number)
            elif batch.members:
                for one in batch.changed:
                    self._part(found, one)
            batch.changed.clear()

    def _part(self, found: Transaction, number: i64) -> None:
        """Takes in what became of one part of a batch."""
        fate = found.fate(number)
        at = self._numbers.serial(number)
        self.state[at] = u8(found.state_code if fate == ACCEPTED else STATES.index(fate))


@final
class TransactionTable:
    """The transactions of a capture, in 43 bytes each; that of id n is at n.

    Columns are `Transaction`'s attributes but for those of its messages, and `latest`, its answer
    met last, with serials for numbers; `kind` and `state` are indices into KINDS and STATES, times
    that are not known NO_TIME, `marks` INTERRUPTED_MARK, OVERRUN_MARK and ACKNOWLEDGED_MARK. What
    may still change is in `open`, by id, and its row is not final.
    """

    __slots__ = (
        "_numbers", "_room", "end_time", "error", "kind", "last", "latest", "marks",
        "notifications", "number", "open", "parts", "port", "state",
    )  # fmt: skip

    def __init__(self, numbers: MessageNumbers) -> None:
        self._numbers = numbers
        self._room: i64 = 1
        self.number = vec[i32]([0])
        self.last = vec[i32]([0])
        self.latest = vec[i32]([0])
        self.kind = vec[u8]([0])
        self.state = vec[u8]([0])
        self.marks = vec[u8]([0])
        self.port = vec[i64]([-1])
        self.end_time = vec[i64]([NO_TIME])
        self.error = vec[i32]([0])
        self.parts = vec[i32]([0])
        self.notifications = vec[i32]([0])
        self.open: dict[int, Transaction] = {}

    def __len__(self) -> int:
        return len(self.number) - 1

    def begin(self, found: Transaction) -> None:
        """Takes in a new one."""
        if len(self.number) == self._room:
            self._grow()
        self.open[found.id] = found
        self.number = append(self.number, i32(self._numbers.serial(found.number)))
        self.kind = append(self.kind, u8(found.kind_code))
        self.state = append(self.state, u8(0))
        self.marks = append(self.marks, u8(0))
        self.port = append(self.port, i64(-1))
        self.end_time = append(self.end_time, NO_TIME)
        self.error = append(self.error, i32(0))
        self.parts = append(self.parts, i32(0))
        self.last = append(self.last, i32(0))
        self.latest = append(self.latest, i32(0))
        self.notifications = append(self.notifications, i32(0))

    def _grow(self) -> None:
        """Makes more room; see `roomier`."""
        room = self._room = roomier(self._room)
        self.number = extend(vec[i32](capacity=room), self.number)
        self.last = extend(vec[i32](capacity=room), self.last)
        self.latest = extend(vec[i32](capacity=room), self.latest)
        self.kind = extend(vec[u8](capacity=room), self.kind)
        self.state = extend(vec[u8](capacity=room), self.state)
        self.marks = extend(vec[u8](capacity=room), self.marks)
        self.port = extend(vec[i64](capacity=room), self.port)
        self.end_time = extend(vec[i64](capacity=room), self.end_time)
        self.error = extend(vec[i32](capacity=room), self.error)
        self.parts = extend(vec[i32](capacity=room), self.parts)
        self.notifications = extend(vec[i32](capacity=room), self.notifications)

    def end(self, found: Transaction) -> None:
        """Takes in what became of it."""
        at = found.id
        if at == len(self.number):  # an answer without its request ends what it begins
            self.begin(found)
        self.open.pop(at, None)
        self.state[at] = u8(found.state_code)
        self.marks[at] = u8(
            INTERRUPTED_MARK * found.interrupted
            + OVERRUN_MARK * found.overrun
            + ACKNOWLEDGED_MARK * found.acknowledged
        )
        self.port[at] = found.port
        self.end_time[at] = _fitting(found.end_time)
        self.error[at] = i32(found.error)
        self.parts[at] = i32(found.parts)
        self.last[at] = i32(self._numbers.serial(found.last))


def _fitting(time: int) -> i64:
    """A time as it fits its column; captures may hold any."""
    return min(time, -NO_TIME - 1)
