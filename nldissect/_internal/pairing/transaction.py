"""What pairing finds: transactions, and what each message is in its own.

Words are those of `codes`. A time that is not known is NO_TIME inside, None outside.
"""

from __future__ import annotations

from typing import final

from librt.strings import read_i64_le
from mypy_extensions import i64

from ..engine.message import Message
from ..wire import framing
from ..wire.record import NO_TIME, Record
from .codes import (
    ACCEPTED,
    CONFIDENCES,
    FAILED,
    KIND_BATCH,
    KIND_DUMP,
    KIND_SINGLE,
    KINDS,
    REASONS,
    ROLE_NOTIFICATION,
    ROLES,
    ROLLED_BACK,
    STATE_ANSWERED,
    STATE_NOT_ASKED,
    STATE_OPEN,
    STATES,
)


def time_of(record: Record | None) -> int:
    """When a record was captured, NO_TIME where that is not known."""
    if record is None:
        return NO_TIME
    if record.time_ns != NO_TIME:
        return int(record.time_ns)
    far = record.time  # outside of 64 bits
    return NO_TIME if far is None else far


def _known(time: int) -> int | None:
    return None if time == NO_TIME else time


@final
class Batch:
    """The parts of a netfilter batch, and what was said of each.

    `errors` gives by a part's message number its error, 0 for an acknowledgement,
    `replies` the number and time of the message that said so. `refusal` is the first that
    refused, which rolls back all. `awaited` counts the parts whose acknowledgement is not
    there yet; `changed` has those that something was said of since somebody emptied it.
    """

    __slots__ = (
        "_by_head", "_by_seq", "awaited", "changed", "errors", "members", "refusal", "replies",
    )  # fmt: skip

    def __init__(self) -> None:
        self.members: list[Message] = []
        self.errors: dict[int, int] = {}
        self.replies: dict[int, tuple[int, int | None]] = {}
        self.refusal: tuple[int, int | None] | None = None
        self.awaited: i64 = 0
        self.changed: dict[int, None] = {}
        self._by_head: dict[bytes, int] | None = None
        self._by_seq: dict[int, int] = {}

    def add(self, part: Message, awaited: bool) -> None:
        """Takes in one more part."""
        self.members.append(part)
        self._by_seq.setdefault(part.seq, part.number)
        if awaited:
            self.awaited += 1

    def forget(self) -> None:
        """Lets the parts go, no more of which can be refused."""
        self.members = []
        self._by_head = None
        self._by_seq = {}

    def echoed(self, head: bytes) -> i64:
        """The message number of the part with this header, 0 if none has."""
        if self._by_head is None:
            self._by_head = {}
            for part in self.members:
                self._by_head.setdefault(part.data[:16], part.number)
        return self._by_head.get(head, 0)

    def numbered(self, seq: i64) -> i64:
        """The message number of the first part with this sequence number, 0 if none has."""
        return self._by_seq.get(seq, 0)

    def member(self, number: i64) -> Message | None:
        """The part with this message number."""
        members = self.members
        if not members:
            return None
        place = number - members[0].number  # they follow each other in one datagram
        if 0 <= place < len(members) and members[place].number == number:
            return members[place]
        for part in members:
            if part.number == number:
                return part
        return None


def passed(since: int, until: int) -> int | None:
    """How long it took, in ns; None where a time is missing or a clock was set back between."""
    if since == NO_TIME or until == NO_TIME or until < since:
        return None
    return until - since


@final
class Transaction:
    """A request and all that came back for it.

    `id` counts from 1; `number` is the request's message number, 0 when it is
    not in the capture. `start` and `end` are ns since the epoch, of the
    request and of the answer that ended it, `first` of the first answer. `port` is the
    socket's port id once an answer told it, `last` the number of the last answer, 0 for
    none. `parts` counts messages with data, `notifications` those it caused. `error` is 0
    or the negative error number, `acknowledged` whether an NLMSG_ERROR came at all.
    `predicted_end` is the number and time of a dump's end that is known before it is come to.
    """

    __slots__ = (
        "_begun", "_runs", "acknowledged", "ambiguous", "answerable", "batch", "checked_at",
        "end_time", "error", "expects_data", "first_time", "flags", "header_high", "header_low",
        "id", "interrupted", "kind_code", "last", "notifications", "number", "object_key",
        "overrun", "parts", "port", "predicted_end", "protocol", "request", "request_port", "seq",
        "start_time", "state_code",
    )  # fmt: skip

    def __init__(
        self, serial: i64, kind: i64, message: Message, request: Message | None, object_key: i64
    ) -> None:
        self.id: i64 = serial
        self.kind_code: i64 = kind
        self.request = request
        self.protocol: i64 = message.protocol
        self.seq: i64 = message.seq
        self.object_key: i64 = object_key
        self.number: i64 = 0
        self.flags: i64 = 0
        # the request's nlmsg_pid, or the port id of its socket where that is known
        self.request_port: i64 = 0
        self.header_low: i64 = 0  # the first 8 bytes of the request's header
        self.header_high: i64 = 0  # and the others
        self.start_time: int = NO_TIME
        if request is not None:
            self.number = request.number
            self.flags = request.flags
            self.request_port = request.port
            if len(request.data) >= 16:
                self.header_low = read_i64_le(request.data, 0)
                self.header_high = read_i64_le(request.data, 8)
            record = request.record
            if record is not None:
                self.start_time = time_of(record)
                if record.socket is not None and record.socket.port:
                    self.request_port = record.socket.port
        self.first_time: int = NO_TIME
        self.end_time: int = NO_TIME
        self.port: i64 = -1
        self.expects_data = (
            kind == KIND_DUMP or kind == KIND_SINGLE
        )  # data, not only an acknowledgement
        self.answerable = True  # may still be answered
        self.state_code: i64 = STATE_OPEN
        self.parts: i64 = 0
        self.notifications: i64 = 0
        self.error: i64 = 0
        self.acknowledged = False
        self.interrupted = False
        self.overrun = False
        self._begun: i64 = -1  # where the last run of answers begins
        self.last: i64 = 0  # and where it ends
        self._runs: list[int] | None = None  # those before: first, last, first, last...
        self.batch: Batch | None = Batch() if kind == KIND_BATCH else None
        self.ambiguous = False  # one of several that fitted an answer alike
        self.predicted_end: tuple[int, int | None] | None = None
        self.checked_at: i64 = 0  # the last answer when last asked whether any came

    @property
    def kind(self) -> str:
        """What was asked for: dump, single, ack, silent or batch."""
        return KINDS[self.kind_code]

    @property
    def due(self) -> bool:
        """Whether an acknowledgement is: a lookup in the FIB never gets one, whatever it asks for.

        nl_fib_input (net/ipv4/fib_frontend.c) reads datagrams without netlink_rcv_skb.
        """
        asked = self.flags & framing.NLM_F_ACK != 0
        return asked and self.protocol != framing.NETLINK_FIB_LOOKUP

    @property
    def is_dump(self) -> bool:
        """Whether it asked for parts that NLMSG_DONE ends."""
        return self.kind_code == KIND_DUMP

    @property
    def state(self) -> str:
        """What became of it: open, answered, failed..."""
        return STATES[self.state_code]

    @property
    def start(self) -> int | None:
        """When it was asked, in ns since the epoch."""
        return _known(self.start_time)

    @property
    def first(self) -> int | None:
        """When the first answer came."""
        return _known(self.first_time)

    @property
    def end(self) -> int | None:
        """When the answer came that ended it, or the last one while it lasts."""
        return _known(self.end_time)

    @property
    def socket_port(self) -> int:
        """The port id of the socket that asked, as far as it is known; 0 if it is not."""
        return self.port if self.port > 0 else self.request_port

    @property
    def latency(self) -> int | None:
        """From the request to the answer that ended it, in ns; None while that is not known."""
        return passed(self.start_time, self.end_time)

    @property
    def wait(self) -> int | None:
        """From the request to its first answer, in ns."""
        return passed(self.start_time, self.first_time)

    @property
    def answers(self) -> list[int]:
        """The numbers of all answers, in order."""
        out: list[int] = []
        if self._begun >= 0:
            runs = [*(self._runs or ()), self._begun, self.last]
            for i in range(0, len(runs), 2):
                out.extend(range(runs[i], runs[i + 1] + 1))
        return out

    @property
    def members(self) -> list[Message]:
        """The parts of a batch."""
        return [] if self.batch is None else self.batch.members

    @property
    def errors(self) -> dict[int, int]:
        """Of a batch, by message number: the error of a part, 0 for an acknowledgement."""
        return {} if self.batch is None else self.batch.errors

    @property
    def replies(self) -> dict[int, tuple[int, int | None]]:
        """Of a batch, by message number: number and time of what said that."""
        return {} if self.batch is None else self.batch.replies

    def fate(self, number: int) -> str:
        """What became of a batch's part: accepted, failed or rolled back; the state otherwise."""
        batch = self.batch
        if batch is None:
            return self.state
        if batch.errors.get(number):
            return FAILED
        if self.error:
            return ROLLED_BACK
        told = number in batch.errors or self.state_code in (STATE_ANSWERED, STATE_NOT_ASKED)
        return ACCEPTED if told else self.state

    def settle(self, part: i64, error: i64, number: i64, time: int) -> None:
        """Takes in what answer `number` says of a batch's part."""
        batch = self.batch
        if batch is None:
            return
        if part not in batch.errors:
            member = batch.member(part)
            if member is not None and member.flags & framing.NLM_F_ACK:
                batch.awaited -= 1
        batch.errors[part] = error
        reply = (number, _known(time))
        batch.replies[part] = reply
        batch.changed[part] = None
        if error and batch.refusal is None:
            batch.refusal = reply

    def reply(self, number: int) -> tuple[int, int | None]:
        """Number and time of the answer that decided the request or this part of a batch."""
        batch = self.batch
        if batch is not None:
            own = batch.replies.get(number, batch.refusal)
            if own is not None:
                return own
        return self.last, self.end

    def request_of(self, number: int) -> Message | None:
        """The request itself or, of a batch, its part of this message number."""
        found = None if self.batch is None else self.batch.member(number)
        return self.request if found is None else found

    def add(self, number: i64, time: int) -> None:
        """Takes in one answer."""
        if self._begun < 0:
            self.first_time = time
            self._begun = self.last = number
        elif self.last == number - 1:
            self.last = number
        elif self.last < number:
            if self._runs is None:
                self._runs = []
            self._runs.append(self._begun)
            self._runs.append(self.last)
            self._begun = self.last = number
        self.end_time = time

    def __repr__(self) -> str:
        return f"<Transaction {self.id} {self.kind} #{self.number} {self.state} {self.answers}>"


@final
class Link:
    """What one message is in its conversation.

    `transaction` is the one it belongs to or, for a notification, that caused
    it; None for none. `of` is the message it answers, copies or was caused by,
    0 for none. `listeners` counts the sockets that got a notification, on the
    first of its copies. `late`: a copy that came when its first was shown already.
    `reason` says what `confidence` stands on.
    """

    __slots__ = (
        "confidence_code", "late", "listeners", "number", "of", "reason_code", "role_code",
        "transaction",
    )  # fmt: skip

    def __init__(
        self,
        role: i64,
        number: i64,
        transaction: Transaction | None,
        of: i64,
        confidence: i64,
        reason: i64,
    ) -> None:
        self.role_code: i64 = role
        self.number: i64 = number
        self.transaction = transaction
        self.of: i64 = of
        self.confidence_code: i64 = confidence
        self.reason_code: i64 = reason
        self.listeners: i64 = 1 if role == ROLE_NOTIFICATION else 0
        self.late = False

    @property
    def role(self) -> str:
        """What the message is: request, answer, notification, copy or other."""
        return ROLES[self.role_code]

    @property
    def confidence(self) -> str:
        """How sure that is: certain, likely or guess."""
        return CONFIDENCES[self.confidence_code]

    @property
    def reason(self) -> str:
        """What the confidence stands on."""
        return REASONS[self.reason_code]

    def __repr__(self) -> str:
        return f"<{self.role} #{self.number} of {self.of} {self.confidence}: {self.reason}>"
