"""Random access to the messages of a capture, without holding it in memory.

Two passes over the file fill columns of numbers (about 60 bytes a message): the header pass, in
which the session learns too, then pairing. A message is read from the file again when it is asked
for, and bound by what the session knows.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import BinaryIO, Final

from mypy_extensions import i32, i64

from ..engine.message_numbers import OWN
from ..pairing import codes
from ..pairing.conversation import Conversations
from ..pairing.link_table import ACKNOWLEDGED_MARK, INTERRUPTED_MARK, OVERRUN_MARK, LinkTable
from ..pairing.transaction import Link, Transaction, time_of
from ..session.forward_pass import Session
from ..spec.registry import Registry
from ..wire import framing
from ..wire.errors import CaptureError
from ..wire.record import NO_TIME, PENDING, Interface, Record
from .index_columns import MessageColumns, RecordColumns
from .message_kinds import MessageKinds
from .messages import Message, split
from .record_store import RecordStore

# What is kept of what was asked for last.
KEPT: Final = 256
# So many records between two looks at the clock.
_STRIDE: Final = 64


class Index:
    """The messages of one capture by their place, from 0.

    `path` is a file, or `-` for standard input; with `stream` its bytes are read and
    `path` only names it. With `follow` a file is expected to grow, until `settle`.
    Nothing is read before `extend`. `failure` is what ended the reading early: whatever
    came before is there. `grows` tells that not everything is there from the start.

    `records` and `messages` are the columns that the header pass filled, `links` those of what
    pairing found, which name messages by their serials, place + 1; `kinds` are those of the paired
    ones. `taken` counts records (`skipped` of them, by link type, are no netlink), `paired` the
    messages that went through pairing.
    """

    def __init__(
        self,
        path: str,
        registry: Registry,
        byte_order: str | None = None,
        *,
        stream: BinaryIO | None = None,
        follow: bool = False,
    ) -> None:
        self.path = path
        self.session = Session(registry, byte_order)
        self.failure: CaptureError | None = None
        self.skipped: dict[int, int] = {}
        self.taken = 0
        self.paired = 0

        self.records = RecordColumns()
        self.messages = MessageColumns()
        self.numbers = self.session.facts.numbers
        self.links = LinkTable(self.numbers)
        self.kinds = MessageKinds()

        self._interfaces: list[Interface] = []
        self._numbers: dict[Interface, int] = {}  # of interfaces in the list
        self._store = RecordStore(path, stream, follow)
        self.grows = self._store.grows
        self._reading: Iterator[Record] = self.session.taught(self._store.records())
        self._read = False  # whether the end was reached

        self._pairs = Conversations(on_end=self.links.end)
        self._pairing: Iterator[Record] | None = None
        self._place = 0  # of the record to be paired next
        self._finished = False
        self._messages: dict[int, tuple[Message, bytes]] = {}  # with the bytes it was made of
        self._split_of = -1  # the record that was split last, and its messages not given out yet
        self._split: dict[int, Message] = {}
        self._transactions: dict[int, Transaction] = {}

    def __len__(self) -> int:
        return len(self.messages)

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_reading"):  # it was opened
            self.close()

    def close(self) -> None:
        """Lets its files go; messages that were not asked for yet are gone too."""
        self._reading = iter(())
        self._pairing = None
        self._store.close()

    # -- growing -----------------------------------------------------------------

    def extend(self, seconds: float | None = None, count: int | None = None) -> bool:
        """Reads on for so long, or so many records; whether all there is has been taken in.

        Without either it reads all. Once messages are there, pairing follows. False
        means that there is more to do now; what grows may have more after True.
        """
        if self._store.closed and not self._finished:
            raise CaptureError(self.path, "is closed")
        stop = None if seconds is None else time.monotonic() + seconds
        left = sys.maxsize if count is None else count
        while True:
            size = min(_STRIDE, left)
            done = self._read or self._take(size)
            if done and not _over(stop) and self._pair(size):
                return True
            left -= size
            if not left or _over(stop):
                return False

    @property
    def complete(self) -> bool:
        """Whether the end of the capture was reached and everything is paired."""
        return self._finished

    @property
    def read(self) -> bool:
        """Whether the end of the capture was reached: no more messages will come."""
        return self._read

    def settle(self) -> None:
        """What was followed grows no more."""
        self._store.settle()

    def progress(self) -> tuple[int, int | None]:
        """Bytes of the file read so far, and their total if that is known."""
        return self._store.progress()

    def _take(self, size: int) -> bool:
        """Takes in so many records; whether there are no more for now."""
        reading = self._reading
        try:
            for _ in range(size):
                found = next(reading, None)
                if found is None:
                    self._read = True
                    return True
                if found is PENDING:
                    return True
                self._add(found)
        except CaptureError as problem:
            self.failure = problem
            self._read = True
            return True
        return False

    def _add(self, record: Record) -> None:
        """Takes in a record with the headers of its messages, if it is netlink."""
        self.taken += 1
        if record.protocol < 0:
            kind = record.interface.link_type
            self.skipped[kind] = self.skipped.get(kind, 0) + 1
            return
        interface = self._numbers.get(record.interface)
        if interface is None:
            interface = self._numbers[record.interface] = len(self._interfaces)
            self._interfaces.append(record.interface)
        self.records.add(record, interface, len(self.messages))
        self.messages.add(record)
        self._store.keep(record)

    # -- pairing -----------------------------------------------------------------

    def _pair(self, size: int) -> bool:
        """Pairs the messages of so many records; whether all that were read are."""
        if self._finished:
            return True
        if self._pairing is None:
            if not len(self):
                self._finished = self._read
                return True
            self._pairing = self._store.again()
            self.links.make_room(len(self) + 1)
            self.kinds.make_room(len(self))
        session, pairs, links, numbers = self.session, self._pairs, self.links, self.numbers
        place = self._place
        records = len(self.records)
        while size and place < records:
            record = next(self._pairing, PENDING)
            if record is PENDING:
                self.failure = CaptureError(self.path, "the file was cut since it was read")
                self._read = True
                records = place
                break
            if record.protocol < 0:
                continue
            size -= 1
            origin = self.records.origin(place)
            record.interface = self._interfaces[origin.interface]
            for message in session.split(record, origin.big):
                self.paired += 1
                message.serial = self.paired
                message.number = numbers.number(self.paired)
                session.bind(message)
                link = pairs.feed(message)
                links.add(message, link)
                if message.to_kernel and link.role_code != codes.ROLE_REQUEST:
                    message.turn()
                self.kinds.add(message)
            place += 1
        self._place = place
        if place < records:
            return False
        if self._read:
            self._pairs.finish()
            self._finished = True
            self._pairing = None
            self._messages.clear()
            self._transactions.clear()
        return True

    # -- messages ----------------------------------------------------------------

    def message(self, place: int) -> Message:
        """The message at this place, as the session binds it."""
        kept = self._messages.get(place)
        if kept is not None and not _edited(*kept, self.header(place)):
            return kept[0]
        found = self.fresh(place)
        if len(self._messages) >= KEPT:
            del self._messages[next(iter(self._messages))]
        self._messages[place] = found, found.data
        return found

    def fresh(self, place: int) -> Message:
        """The same, made anew and not kept: for going through all of them."""
        records = self.records
        at = int(records.of(place))
        if at != self._split_of or place not in self._split:
            messages = split(self.session, self.record(at), records.origin(at).big)
            self._split_of = at
            self._split = dict(enumerate(messages, records.first[at]))
        found = self._split.pop(place)
        found.serial = place + 1
        found.number = self.number(place)
        self.session.bind(found)
        if place < self.paired:  # what pairing found out
            if found.to_kernel and self.links.role[place + 1] != codes.ROLE_REQUEST:
                found.turn()
            found.family = self.kinds.family[self.kinds.of[place]]
        return found

    def header(self, place: int) -> tuple[int, int, int, int, int]:
        """Length, type (-1 where there is no header), flags, sequence number and port."""
        return self.messages.header(place, self.records.origin(self.records.of(place)).big)

    def own(self, place: int) -> bool:
        """Whether it is between the kernel and the program that recorded, as the capture tells."""
        return bool(self.asked) and self.number(place) > OWN

    @property
    def asked(self) -> int:
        """How many messages are between the kernel and the program that recorded."""
        return len(self.numbers)

    def number(self, place: int) -> int:
        """The number of the message at this place, as it is shown (`engine.message_numbers`)."""
        return int(self.numbers.number(place + 1))

    def _named(self, serial: i32) -> int:
        """The number that stands for what the columns of `links` have."""
        return int(self.numbers.number(i64(serial)))

    def place(self, number: int) -> int:
        """The place of the message of this number; beyond the end, or -1, if there is none."""
        return int(self.numbers.serial(number)) - 1

    def record(self, at: int) -> Record:
        """The record at this place of `records`, read from the file."""
        return self._store.record(
            at, self.records, self._interfaces[self.records.origin(at).interface]
        )

    def moment(self, place: int) -> int | None:
        """The time of a message in ns since the epoch, None for none."""
        return self.records.moment(int(self.records.of(place)))

    # -- conversations -----------------------------------------------------------

    def link(self, place: int) -> Link | None:
        """What the message is in its conversation; None until it went through pairing."""
        if place >= self.paired:
            return None
        found = self.links
        serial = place + 1
        transaction: int = found.transaction[serial]
        out = Link(
            int(found.role[serial]),
            self.number(place),
            self.transaction(transaction) if transaction else None,
            self._named(found.of[serial]),
            int(found.confidence[serial]),
            int(found.reason[serial]),
        )
        out.listeners = int(found.listeners[serial])
        return out

    @property
    def transactions(self) -> int:
        """How many transactions there are; their ids count from 1."""
        return len(self.links.transactions)

    def transaction(self, number: int) -> Transaction:
        """The transaction of this id, as pairing left it."""
        found = self.links.transactions.open.get(number) or self._transactions.get(number)
        if found is None:
            found = self._transaction(number)
            if self._finished:
                if len(self._transactions) >= KEPT:
                    del self._transactions[next(iter(self._transactions))]
                self._transactions[number] = found
        return found

    def _transaction(self, number: int) -> Transaction:
        """A transaction made again from its row of the table and the columns of its messages."""
        table = self.links.transactions
        start: int = table.number[number]
        kind: int = table.kind[number]
        last: int = table.last[number]
        role, owner, of = self.links.role, self.links.transaction, self.links.of
        answers: list[int] = []
        latest: int = table.latest[number]
        while latest:
            answers.append(latest)
            latest = self.links.before[latest]
        request = self.message(start - 1) if start else None
        begun = request or self.message((answers[-1] if answers else last) - 1)
        out = Transaction(number, kind, begun, request, 0)
        for i in reversed(answers):
            moment = self.moment(i - 1)
            out.add(self.number(i - 1), NO_TIME if moment is None else moment)
            if kind == codes.KIND_BATCH and self.header(i - 1)[1] == framing.NLMSG_ERROR:
                answer = self.message(i - 1)
                asked, told = self._named(of[i]), self.number(i - 1)
                out.settle(asked, answer.error or 0, told, time_of(answer.record))
        out.port = table.port[number]
        out.end_time = table.end_time[number]
        out.state_code = int(table.state[number])
        out.answerable = out.state_code == codes.STATE_OPEN
        out.parts = int(table.parts[number])
        out.notifications = int(table.notifications[number])
        out.error = int(table.error[number])
        out.interrupted = bool(table.marks[number] & INTERRUPTED_MARK)
        out.overrun = bool(table.marks[number] & OVERRUN_MARK)
        out.acknowledged = bool(table.marks[number] & ACKNOWLEDGED_MARK)
        if out.batch is not None:
            i = start
            while i < len(owner) and owner[i] == number and role[i] == codes.ROLE_REQUEST:
                out.batch.members.append(self.message(i - 1))
                i += 1
        return out


def _over(stop: float | None) -> bool:
    """Whether this time is over; None never is."""
    return stop is not None and time.monotonic() >= stop


def _edited(message: Message, data: bytes, header: tuple[int, int, int, int, int]) -> bool:
    """Whether somebody changed a message that had these bytes and this header."""
    own = message.length, message.type, message.flags, message.seq, message.port
    return message.data is not data or own != header
