"""Random access to the messages of a capture, without holding it in memory.

Two passes over the file fill columns of numbers (about 90 bytes a message): the
header pass, in which the session learns too, then pairing. A message is read from the
file again when it is asked for, and bound by what the session knows. What cannot be
read twice, a stream or a compressed file, is kept decompressed in an unnamed
temporary file; the records of a trace of strace are kept as they are.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from typing import BinaryIO, Final, cast

from librt.vecs import append, vec
from mypy_extensions import i32, i64, u8

from ..capture.files.seek import PreadStream, RecordSeeker
from ..capture.reader import CaptureReader, open_capture
from ..pairing import codes
from ..pairing.conversation import Conversations
from ..pairing.link_table import INTERRUPTED_MARK, OVERRUN_MARK, LinkTable
from ..pairing.transaction import Link, Transaction, time_of
from ..session.forward_pass import Session
from ..spec.registry import Registry
from ..wire import framing
from ..wire.errors import CaptureError
from ..wire.record import NO_TIME, PENDING, Interface, Record
from .messages import Message, split

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
    `taken` counts records (`skipped` of them, by link type, are no netlink), `paired` the
    messages that went through pairing.

    Column by message: `offset` (of its nlmsghdr in the datagram); `header` gives the
    nlmsghdr, `record_of` the place of its record in the columns by record. `links` has
    what pairing found; its columns count from 1. Columns by record: `time` (see `moment`),
    `number`, `protocol`, `position` (in the file, in bytes), `first` (place of its first
    message).
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

        self.offset = vec[i32]()
        self._headers = bytearray()
        self._bare: dict[int, int] = {}  # lengths of what has no header

        self.time = vec[i64]()
        self.number = vec[i32]()
        self.protocol = vec[i32]()
        self.position = vec[i64]()
        self.first = vec[i32]()
        self._big = vec[u8]()
        self._near: i64 = 0  # the record asked for last, which the next one is in or near
        self._from = vec[i32]()
        self._kept: list[Record] = []  # of what is not seekable
        self._odd_times: dict[int, int] = {}  # that fit no column

        self._interfaces: list[Interface] = []
        self._places: dict[Interface, int] = {}
        self._own: dict[int, set[tuple[int, int]]] = {}  # by interface: protocol and port
        self.asked = 0  # how many messages are the recording's own
        # A growing file may hold nothing yet.
        self._capture = CaptureReader(path, stream) if follow else open_capture(path, stream=stream)
        self._spool = cast(BinaryIO, tempfile.TemporaryFile(buffering=0))  # noqa: SIM115
        self._descriptor = -1
        if self._capture.rewindable:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.grows = follow or not self._capture.rewindable
        records = self._capture.follow(self._spool, follow)
        self._reading: Iterator[Record] = self.session.taught(records)
        self._frames = framing.Frames()
        self._closed = False
        self._read = False  # whether the end was reached
        self._seeker: RecordSeeker | None = None

        self.links = LinkTable()
        self._pairs = Conversations(on_end=self.links.end)
        self._pairing: Iterator[Record] | None = None
        self._place = 0  # of the record to be paired next
        self._finished = False
        self._messages: dict[int, tuple[Message, bytes]] = {}  # with the bytes it was made of
        self._transactions: dict[int, Transaction] = {}

    def __len__(self) -> int:
        return len(self.offset)

    def record_of(self, place: i64) -> i64:
        """The place of a message's record in the columns by record."""
        first = self.first
        low, high = self._near, i64(len(first))
        if low >= high or i64(first[low]) > place:
            low = 0
        elif low + 1 == high or i64(first[low + 1]) > place:
            return low
        while high - low > 1:
            middle = (low + high) >> 1
            if i64(first[middle]) <= place:
                low = middle
            else:
                high = middle
        self._near = low
        return low

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_reading"):  # it was opened
            self.close()

    def close(self) -> None:
        """Lets its files go; messages that were not asked for yet are gone too."""
        self._closed = True
        self._reading = iter(())
        self._pairing = None
        if self._descriptor >= 0:
            if self._descriptor != self._spool.fileno():
                os.close(self._descriptor)
            self._descriptor = -1
        self._spool.close()
        self._seeker = None

    # -- growing -----------------------------------------------------------------

    def extend(self, seconds: float | None = None, count: int | None = None) -> bool:
        """Reads on for so long, or so many records; whether all there is has been taken in.

        Without either it reads all. Once messages are there, pairing follows. False
        means that there is more to do now; what grows may have more after True.
        """
        if self._closed and not self._finished:
            raise CaptureError(self.path, "is closed")
        stop = None if seconds is None else time.monotonic() + seconds
        left = -1 if count is None else count
        while True:
            size = _STRIDE if left < 0 else min(_STRIDE, left)
            done = self._take(size) if not self._read else True
            if done and (stop is None or time.monotonic() < stop):
                done = self._pair(size)
                if done:
                    return True
            if left >= 0:
                left -= size
                if not left:
                    return False
            if stop is not None and time.monotonic() >= stop:
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
        self._capture.settle()

    def progress(self) -> tuple[int, int | None]:
        """Bytes of the file read so far, and their total if that is known."""
        return self._capture.progress()

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
        self.taken += 1
        if record.protocol < 0:
            kind = record.interface.link_type
            self.skipped[kind] = self.skipped.get(kind, 0) + 1
            return
        place = len(self.number)
        interface = self._places.get(record.interface)
        if interface is None:
            interface = self._places[record.interface] = len(self._interfaces)
            self._interfaces.append(record.interface)
            own = {(s.protocol, s.port) for s in record.interface.sockets if s.own}
            if own:
                self._own[interface] = own
        if record.time_ns == NO_TIME and record.time is not None:
            self._odd_times[place] = record.time
        self.time = append(self.time, record.time_ns)
        self.number = append(self.number, i32(record.number))
        self.protocol = append(self.protocol, i32(record.protocol))
        self.position = append(self.position, i64(record.offset))
        before = len(self.offset)
        self.first = append(self.first, i32(before))
        if not self._capture.seekable:
            self._kept.append(record)
        self._big = append(self._big, u8(record.big))
        self._from = append(self._from, i32(interface))
        data = record.data
        frames = self._frames
        frames.begin(data, record.big, record.original_length, record.protocol)
        while frames.next():
            start, stop, state = frames.start, frames.stop, frames.state
            self.offset = append(self.offset, i32(start))
            if state == framing.OK:
                self._headers += data[start : start + 16]
                continue
            wrong = state == framing.SHORT_LENGTH or state == framing.LONG_LENGTH
            if stop - start < 16 or (wrong and not start and record.protocol in framing.FREE_FORM):
                self._bare[len(self.offset) - 1] = int(stop - start)
                self._headers += bytes(16)
            else:
                self._headers += data[start : start + 16]
        if interface in self._own:
            for at in range(before, len(self.offset)):
                self.asked += self.own(at)

    # -- pairing -----------------------------------------------------------------

    def _pair(self, size: int) -> bool:
        """Pairs the messages of so many records; whether all that were read are."""
        if self._finished:
            return True
        if self._pairing is None:
            if not len(self):
                self._finished = self._read
                return True
            self._pairing = self._again()
        session, pairs, links = self.session, self._pairs, self.links
        place = self._place
        records = len(self.number)
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
            record.interface = self._interfaces[self._from[place]]
            for message in session.split(record, bool(self._big[place])):
                self.paired += 1
                message.number = message.serial = self.paired
                if message.to_kernel:  # pairing asks only requests what they are
                    session.bind(message)
                links.add(message, pairs.feed(message))
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

    def _again(self) -> Iterator[Record]:
        """Its records once more."""
        if not self._capture.seekable:
            return iter(self._kept)
        return CaptureReader(self.path, cast(BinaryIO, PreadStream(self._file()))).follow()

    # -- messages ----------------------------------------------------------------

    def message(self, place: int) -> Message:
        """The message at this place, as the session binds it."""
        kept = self._messages.get(place)
        if kept is not None and not _edited(*kept, self.header(place)):
            return kept[0]
        found = self._make(place)
        if len(self._messages) >= KEPT:
            del self._messages[next(iter(self._messages))]
        self._messages[place] = found, found.data
        return found

    def _make(self, place: int) -> Message:
        at = int(self.record_of(place))
        record = self.record(at)
        found = split(self.session, record, bool(self._big[at]))[place - self.first[at]]
        found.number = found.serial = place + 1
        self.session.bind(found)
        if (
            found.to_kernel
            and place < self.paired
            and self.links.role[place + 1] != codes.ROLE_REQUEST
        ):
            found.turn()
        return found

    def header(self, place: int) -> tuple[int, int, int, int, int]:
        """Length, type (-1 where there is no header), flags, sequence number and port."""
        if place in self._bare:
            return self._bare[place], -1, 0, 0, 0
        big = bool(self._big[self.record_of(place)])
        length, kind, flags, sequence, port = framing.HEADER[big](self._headers, 16 * place)
        return length, kind, flags, sequence, port

    def own(self, place: int) -> bool:
        """Whether it is between the kernel and the program that recorded, as the capture tells."""
        if not self._own or place in self._bare:
            return False
        at = self.record_of(place)
        own = self._own.get(self._from[at])
        return own is not None and (self.protocol[at], self.header(place)[4]) in own

    def record(self, at: int) -> Record:
        """The record at this place of the columns by record, read from the file."""
        if self._kept:
            return self._kept[at]
        if self._seeker is None:
            self._seeker = RecordSeeker(self._file(), self.path)
        return self._seeker.record(
            self.number[at], self.moment(at), self.position[at], self._interfaces[self._from[at]]
        )

    def moment(self, at: int) -> int | None:
        """The time of the record at this place, in ns since the epoch."""
        found: int = self.time[at]
        return found if found != NO_TIME else self._odd_times.get(at)

    def _file(self) -> int:
        """The descriptor of what can be read again."""
        if self._closed:
            raise CaptureError(self.path, "is closed")
        if self._capture.copied and self._descriptor != self._spool.fileno():
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = self._spool.fileno()
        return self._descriptor

    # -- conversations -----------------------------------------------------------

    def link(self, place: int) -> Link | None:
        """What the message is in its conversation; None until it went through pairing."""
        if place >= self.paired:
            return None
        found = self.links
        number = place + 1
        transaction: int = found.transaction[number]
        out = Link(
            int(found.role[number]),
            number,
            self.transaction(transaction) if transaction else None,
            int(found.of[number]),
            int(found.confidence[number]),
            int(found.reason[number]),
        )
        out.listeners = int(found.listeners[number])
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
        table = self.links.transactions
        start: int = table.number[number]
        kind: int = table.kind[number]
        last: int = table.last[number]
        request = self.message(start - 1) if start else None
        out = Transaction(number, kind, request or self.message(last - 1), request, 0)
        out.protocol = int(table.protocol[number])
        out.seq = int(table.seq[number]) & 0xFFFFFFFF
        role, owner, of = self.links.role, self.links.transaction, self.links.of
        for i in range(start + 1, last + 1):
            if owner[i] == number and role[i] == codes.ROLE_ANSWER:
                out.add(i, NO_TIME)
                if kind == codes.KIND_BATCH and self.header(i - 1)[1] == framing.NLMSG_ERROR:
                    answer = self.message(i - 1)
                    out.settle(int(of[i]), answer.error or 0, i, time_of(answer.record))
        out.port = table.port[number]
        out.first_time = table.first[number]
        out.end_time = table.end_time[number]
        out.state_code = int(table.state[number])
        out.answerable = out.state_code == codes.STATE_OPEN
        out.parts = int(table.parts[number])
        out.notifications = int(table.notifications[number])
        out.error = int(table.error[number])
        out.interrupted = bool(table.marks[number] & INTERRUPTED_MARK)
        out.overrun = bool(table.marks[number] & OVERRUN_MARK)
        if out.batch is not None:
            i = start
            while i < len(owner) and owner[i] == number and role[i] == codes.ROLE_REQUEST:
                out.batch.members.append(self.message(i - 1))
                i += 1
        return out


def _edited(message: Message, data: bytes, header: tuple[int, int, int, int, int]) -> bool:
    """Whether somebody changed a message that had these bytes and this header."""
    own = message.length, message.type, message.flags, message.seq, message.port
    return message.data is not data or own != header
