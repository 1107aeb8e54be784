"""What pairing finds: transactions, and what each message is in its own.

Roles, kinds, states, fates and confidences are the words that users see.
"""

from __future__ import annotations

from typing import Final

from .tree import Message

# Roles of a message
REQUEST: Final = "request"
ANSWER: Final = "answer"
NOTIFICATION: Final = "notification"
COPY: Final = "copy"
OTHER: Final = "other"

# Kinds of a transaction
DUMP: Final = "dump"
SINGLE: Final = "single"
ACK: Final = "ack"
SILENT: Final = "silent"
BATCH: Final = "batch"

# States of a transaction
OPEN: Final = "open"
ANSWERED: Final = "answered"
FAILED: Final = "failed"
INTERRUPTED: Final = "interrupted"  # all there, but what was dumped changed meanwhile
OVERRUN: Final = "overrun"  # answers were lost on their way
UNANSWERED: Final = "unanswered"
NOT_ASKED: Final = "not-asked"  # succeeded as far as one can see: no answer was asked for
CUT: Final = "cut"  # the capture ends within it, or the socket went on without its end
GIVEN_UP: Final = "given-up"  # too old to be waited for any longer

# Fates of a batch's parts
ACCEPTED: Final = "accepted"
ROLLED_BACK: Final = "rolled-back"

CERTAIN: Final = "certain"
LIKELY: Final = "likely"
GUESS: Final = "guess"

KINDS: Final = (DUMP, SINGLE, ACK, SILENT, BATCH)
ROLES: Final = (REQUEST, ANSWER, NOTIFICATION, COPY, OTHER)
STATES: Final = (
    "", OPEN, ANSWERED, FAILED, INTERRUPTED, OVERRUN, UNANSWERED, NOT_ASKED, CUT, GIVEN_UP,
    ROLLED_BACK,
)  # fmt: skip
CONFIDENCES: Final = (CERTAIN, LIKELY, GUESS)


class Transaction:
    """A request and all that came back for it.

    `id` counts from 1; `number` is the request's message number, 0 when it is
    not in the capture. `start` and `end` are ns since the epoch, of the
    request and of the answer that ended it. `port` is the socket's port id
    once an answer told it. `parts` counts messages with data, `notifications`
    those it caused. `error` is 0 or the negative error number, `acknowledged` whether an
    NLMSG_ERROR came at all. `foretold` is the number and time of a dump's end that is
    known before it is come to.
    """

    __slots__ = (
        "_heads", "_runs", "acknowledged", "checked", "end", "error", "errors", "first", "flags",
        "foretold", "head", "id", "interrupted", "kin", "kind", "members", "notifications",
        "number", "overrun", "parts", "port", "protocol", "replies", "request", "rivals", "said",
        "seq", "start", "state", "waits", "wants",
    )  # fmt: skip

    def __init__(
        self, serial: int, kind: str, message: Message, request: Message | None, kin: int
    ) -> None:
        self.id = serial
        self.kind = kind
        self.request = request
        self.protocol = message.protocol
        self.seq = message.seq
        self.kin = kin
        self.number = 0
        self.flags = 0
        self.said = 0  # the request's nlmsg_pid, or the port id of its socket where that is known
        self.start: int | None = None
        self.head = b""
        if request is not None:
            self.number = request.number
            self.flags = request.flags
            self.said = request.port
            self.head = request.data[:16]
            record = request.record
            if record is not None:
                self.start = record.time
                if record.socket is not None and record.socket.port:
                    self.said = record.socket.port
        self.first: int | None = None  # time of the first answer
        self.end: int | None = None
        self.port = -1
        self.wants = kind == DUMP or kind == SINGLE  # data, and not only an acknowledgement
        self.waits = True  # may still be answered
        self.state = OPEN
        self.parts = 0
        self.notifications = 0
        self.error = 0
        self.acknowledged = False
        self.interrupted = False
        self.overrun = False
        self._runs: list[int] = []  # first, last, first, last...
        self.members: list[Message] = []  # of a batch
        self.errors: dict[int, int] = {}  # of a batch: message number to error, 0 for an ack
        self.replies: dict[int, tuple[int, int | None]] = {}  # and to that answer, its time
        self._heads: dict[bytes, int] | None = None
        self.rivals = False  # one of several that fitted an answer alike
        self.foretold: tuple[int, int | None] | None = None
        self.checked = 0  # the last answer when last asked whether any came

    @property
    def latency(self) -> int | None:
        """From the request to the answer that ended it, in ns; None while that is not known."""
        return None if self.start is None or self.end is None else self.end - self.start

    @property
    def wait(self) -> int | None:
        """From the request to its first answer, in ns."""
        return None if self.start is None or self.first is None else self.first - self.start

    @property
    def last(self) -> int:
        """The number of the last answer, 0 when there is none."""
        return self._runs[-1] if self._runs else 0

    @property
    def answers(self) -> list[int]:
        """The numbers of all answers, in order."""
        runs = self._runs
        out: list[int] = []
        for i in range(0, len(runs), 2):
            out.extend(range(runs[i], runs[i + 1] + 1))
        return out

    def fate(self, number: int) -> str:
        """What became of a batch's part: accepted, failed or rolled back; the state otherwise."""
        if self.kind != BATCH:
            return self.state
        if self.errors.get(number):
            return FAILED
        if self.error:
            return ROLLED_BACK
        told = number in self.errors or self.state in (ANSWERED, NOT_ASKED)
        return ACCEPTED if told else self.state

    def settle(self, part: int, error: int, number: int, time: int | None) -> None:
        """Takes in what answer `number` says of a batch's part."""
        self.errors[part] = error
        self.replies[part] = (number, time)

    def reply(self, number: int) -> tuple[int, int | None]:
        """Number and time of the answer that decided the request or this part of a batch."""
        own = self.replies.get(number)
        if own is not None:
            return own
        for part, refusal in self.replies.items():
            if self.errors[part]:  # rolls back the others
                return refusal
        return self.last, self.end

    def question(self, number: int) -> Message | None:
        """The request itself or, of a batch, its part of this message number."""
        members = self.members
        if members:
            place = number - members[0].number  # they follow each other in one datagram
            if 0 <= place < len(members) and members[place].number == number:
                return members[place]
            for part in members:
                if part.number == number:
                    return part
        return self.request

    def member(self, head: bytes) -> int:
        """The message number of a batch's part with this header, 0 if it has none."""
        if self._heads is None:
            self._heads = {}
            for part in self.members:
                self._heads.setdefault(part.data[:16], part.number)
        return self._heads.get(head, 0)

    def add(self, number: int, time: int | None) -> None:
        """Takes in one answer."""
        runs = self._runs
        if not runs:
            self.first = time
            runs.append(number)
            runs.append(number)
        elif runs[-1] == number - 1:
            runs[-1] = number
        elif runs[-1] < number:
            runs.append(number)
            runs.append(number)
        self.end = time

    def __repr__(self) -> str:
        return f"<Transaction {self.id} {self.kind} #{self.number} {self.state} {self.answers}>"


class Link:
    """What one message is in its conversation.

    `transaction` is the one it belongs to or, for a notification, that caused
    it; None for none. `of` is the message it answers, copies or was caused by,
    0 for none. `listeners` counts the sockets that got a notification, on the
    first of its copies. `late`: a copy that came when its first was shown already.
    `reason` says what `confidence` stands on.
    """

    __slots__ = ("confidence", "late", "listeners", "number", "of", "reason", "role", "transaction")

    def __init__(
        self, role: str, number: int, transaction: Transaction | None, of: int,
        confidence: str, reason: str,
    ) -> None:  # fmt: skip
        self.role = role
        self.number = number
        self.transaction = transaction
        self.of = of
        self.confidence = confidence
        self.reason = reason
        self.listeners = 1 if role == NOTIFICATION else 0
        self.late = False

    def __repr__(self) -> str:
        return f"<{self.role} #{self.number} of {self.of} {self.confidence}: {self.reason}>"
