"""Who asked what and what came back: requests, answers, notifications and their copies.

The rules, from what the bytes and the kernel's habits (net/netlink/af_netlink.c) give:

Requests
- A message with NLM_F_REQUEST opens a transaction. What it waits for follows
  from its operation and flags: `dump` (parts and NLMSG_DONE), `single` (asked
  for one thing), `ack` (a change with NLM_F_ACK), `silent` (a change without:
  no answer means success, so it is never "unanswered").
- What lies between NFNL_MSG_BATCH_BEGIN and _END of one datagram is one
  `batch`; each part has a fate of its own.

Answers
- An answer names the receiver's port; a request mostly says port 0. So the
  port is learnt from the first answer and binds the transaction's socket.
  An answer to another port is never one of the same transaction.
- NLMSG_ERROR echoes the request's 16 header bytes: they must be equal, but for
  the flags, some of which the kernel clears now and then (IPv6 multipath).
- Some answers and notifications of rtnetlink (traffic control, next hops) copy
  the request's flags, NLM_F_REQUEST with them. Such a message looks like a request
  that repeats sequence number, flags and object_key of one that still waits, in
  another datagram, and with a port: it comes from the kernel, and is bound anew.
  So does the question for a neighbour that the kernel multicasts (app_solicit).
- Data must have the request's sequence number and object_key: the same rtnetlink
  object (type / 4), netfilter subsystem (type / 256) or generic family.
- A part (NLM_F_MULTI) belongs to a dump before anything else; NLMSG_DONE has
  no type, so port and sequence number alone must do.
- The kernel answers within the system call, in order. Where several requests
  fit: those whose nlmsg_pid is the port; then, if they were sent within 50 ms
  of each other and wait for an answer, the oldest, else the newest.
- Sequence number plus one, as some modules answer: likely, if nothing else fits.
- Port 0 right after a request of the same type that still waits, from a
  module that fills in nothing: a guess.
- An answer whose request is not there opens a transaction without a request.

Notifications
- Data to port 0 is multicast. Data that bears port and sequence number of a
  request that asks for a change was multicast too, and is caused by it; so is
  data with a port but without a fitting sequence number, likely, if a change
  of the same object_key is under way. With NLM_F_ECHO it is the answer.
- Where no dissector says what a request of a raw protocol asks for, data of
  its own type between it and its acknowledgement is taken for what it caused.
- The same datagram again, next in the capture (within 10 ms) or within 1 ms,
  is a copy for one more socket. A trace names the sockets: there a copy is what
  another socket read (within 1 s), and what one socket reads twice was sent twice.

Ends
- `limit` bounds all that is remembered, in requests: one that is older is let
  go (`given-up`), with what was learnt from it.

Confidence: `certain` where one request fits by header, port and sequence
number; `likely` where order decided; `guess` where only order speaks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, final

from librt.strings import read_i16_be, read_i16_le, read_i32_be, read_i32_le, read_i64_le
from mypy_extensions import i64

from ..engine.message import Message
from ..spec import model
from ..wire import framing
from ..wire.record import NO_TIME, Interface, Record
from . import codes
from .transaction import Link, Transaction, time_of

NFNL_MSG_BATCH_BEGIN: Final = 16
NFNL_MSG_BATCH_END: Final = 17
RTM_SETDCB: Final = 79
RTM_GETNEIGH: Final = 30
NDA_CACHEINFO: Final = 3

# Of the first 8 bytes of a header: length and type, but not the flags.
_BUT_FLAGS: Final = 0xFFFFFFFFFFFF

TOGETHER: Final = 50_000_000  # ns between requests of several sockets that race
COPY_NEXT: Final = 10_000_000  # ns between copies that follow each other
COPY_NEAR: Final = 1_000_000  # ns between copies with something else between them
COPY_READ: Final = 1_000_000_000  # ns in which sockets of a trace read theirs
JUST_NOW: Final = 1_000_000_000  # ns in which a finished change still causes notifications
MAX_ALIKE: Final = 32  # open requests of one sequence number
MAX_RECENT: Final = 64  # datagrams that may yet be copied
MAX_BATCHES: Final = 8  # batches that may yet be refused


@final
class _Place:
    """What is remembered of one interface: one network namespace with its ports."""

    __slots__ = (
        "answered", "asked", "batches", "bound", "changes", "forgotten", "last", "open", "order",
        "read", "recent",
    )  # fmt: skip

    def __init__(self) -> None:
        # by protocol and sequence number: those that may still be answered, oldest first
        self.open: dict[int, list[Transaction]] = {}
        # by protocol and port: the one answered last
        self.bound: dict[int, Transaction] = {}
        # of those, the one that was bound last: mostly the one that is answered next
        self.answered: Transaction | None = None
        # by protocol and object_key: the newest that asks for a change
        self.changes: dict[int, Transaction] = {}
        self.last: Transaction | None = None  # the newest that is no batch
        self.asked: i64 = 0  # number of the newest request message
        self.order: list[Transaction] = []  # all that are held, oldest first, after
        self.forgotten: i64 = 0  # so many that are not
        self.batches: list[Transaction] = []
        # datagrams (or their bytes with an offset) that may be copied: link, record
        self.recent: dict[object, tuple[Link, Record]] = {}
        # the same of a trace: each with its time and the ports that had it
        self.read: dict[object, deque[tuple[Link, int, set[int]]]] = {}


_FILTER: Final = 11  # RTM_NEWTFILTER / 4
_CHAIN: Final = 25  # RTM_NEWCHAIN / 4


def object_key_of(protocol: i64, kind: i64) -> i64:
    """What a message type has in common with those of its answers."""
    if protocol == framing.NETLINK_ROUTE:
        return kind >> 2  # linux/rtnetlink.h: NEW, DEL, GET, SET of each object
    if protocol == framing.NETLINK_GENERIC:
        return kind
    return kind >> 8 if protocol == framing.NETLINK_NETFILTER else 0


def kind_of(request: Message) -> i64:
    """What a request waits for: KIND_DUMP, KIND_SINGLE, KIND_ACK or KIND_SILENT."""
    flags: i64 = request.flags
    protocol: i64 = request.protocol
    kind: i64 = request.type
    asked: i64 = codes.KIND_ACK if flags & framing.NLM_F_ACK else codes.KIND_SILENT
    if kind < framing.NLMSG_MIN_TYPE:
        return asked
    operation = request.operation
    if protocol == framing.NETLINK_ROUTE:
        gets = kind & 3 == 2 or kind == RTM_SETDCB
    elif operation is None:
        if flags & framing.NLM_F_DUMP == framing.NLM_F_DUMP:
            return codes.KIND_DUMP
        return asked if flags & framing.NLM_F_CREATE else codes.KIND_SINGLE
    else:
        gets = operation.request_class == model.CLASS_GET
        if protocol == framing.NETLINK_GENERIC:
            if gets:
                whole = flags & framing.NLM_F_DUMP == framing.NLM_F_DUMP
                return codes.KIND_DUMP if whole else codes.KIND_SINGLE
            # A change that the spec gives a reply, unless it goes to a group.
            told = ("do", "reply") in operation.listed_attributes and not operation.group
            return codes.KIND_SINGLE if told else asked
    if not gets or flags & framing.NLM_F_CREATE:  # a spec that knows the answer to a question only
        return asked
    return codes.KIND_DUMP if flags & framing.NLM_F_DUMP else codes.KIND_SINGLE


@final
class Conversations:
    """Pairs the messages of one capture or stream, fed in order; see the rules above.

    `limit` is how many requests (per interface) are remembered. `on_end` is
    called with each transaction when its state is final; a refusal that comes
    later still (for a batch or a silent request) calls it again.
    """

    def __init__(
        self, limit: int = 1024, on_end: Callable[[Transaction], None] | None = None
    ) -> None:
        self.limit: i64 = limit
        self.on_end = on_end
        self.count: i64 = 0
        self.number: i64 = 0  # of the message fed last, one more at the end
        self._places: dict[tuple[int, int], _Place] = {}
        self._interface: Interface | None = None  # whose place `_at` is
        self._at = self._places[0, 0] = _Place()
        self._batch: Transaction | None = None
        self._heard: i64 = 0  # number of the last message from the kernel

    def feed(self, message: Message) -> Link:
        """What `message`, the next one of the capture, is."""
        record = message.record
        time = time_of(record)
        if record is not None and record.interface is not self._interface:
            self._move(record.interface)
        number: i64 = message.number
        self.number = number
        kind: i64 = message.type
        if message.to_kernel:
            if message.protocol or not (
                self._reflected(message) if message.port else _solicits(message)
            ):
                return self._request(message)
            message.turn()
        if kind < 0:
            return _alone(number, codes.REASON_NO_MESSAGE)
        self._heard = number
        protocol: i64 = message.protocol
        port: i64 = message.port
        bound = self._answered(protocol, port)
        if kind >= framing.NLMSG_MIN_TYPE:
            if bound is not None and bound.seq == message.seq and bound.answerable:
                if bound.kind_code == codes.KIND_DUMP:
                    if message.flags & framing.NLM_F_MULTI:  # the commonest of all
                        bound.parts += 1
                        if message.flags & framing.NLM_F_DUMP_INTR:
                            bound.interrupted = True
                        bound.add(number, time)
                        return Link(
                            codes.ROLE_ANSWER,
                            number,
                            bound,
                            bound.number,
                            codes.CONFIDENCE_CERTAIN,
                            codes.REASON_PORT_SEQUENCE,
                        )
                elif bound.expects_data and bound.object_key == object_key_of(protocol, kind):
                    return self._data(
                        message, bound, time, codes.CONFIDENCE_CERTAIN, codes.REASON_PORT_SEQUENCE
                    )
            if port:
                return self._to_port(message, bound, time)
            return self._multicast(message, time)
        if kind == framing.NLMSG_ERROR:
            return self._error(message, bound, time)
        if kind == framing.NLMSG_DONE:
            return self._done(message, bound, time)
        if kind == framing.NLMSG_OVERRUN:
            return self._overrun(message, bound)
        return _alone(number, codes.REASON_CONTROL)

    def finish(self) -> list[Transaction]:
        """Ends what is open at the end of the capture; returns it, oldest first."""
        out: list[Transaction] = []
        self.number += 1
        for at in self._places.values():
            self._at = at
            for found in at.order[at.forgotten :]:
                if found.answerable:
                    if found.state_code == codes.STATE_OPEN:
                        out.append(found)
                    self._close(found, False)
        self._places.clear()
        self._at = self._places[0, 0] = _Place()
        self._interface = self._batch = None
        return out

    @property
    def remembered(self) -> int:
        """How many transactions are held."""
        return sum(len(at.order) - at.forgotten for at in self._places.values())

    # -- requests ----------------------------------------------------------------

    def _move(self, interface: Interface) -> None:
        key = (interface.section, interface.number)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = _Place()
        self._at = found
        self._interface = interface
        self._batch = None

    def _reflected(self, message: Message) -> bool:
        """Whether what looks like a request is an answer with its request's flags."""
        port: i64 = message.port
        object_key: i64 = message.type >> 2
        alike = self._at.open.get(message.seq) if object_key in REFLECTED else None
        if alike is not None:
            for t in alike:
                if (
                    t.flags == message.flags
                    # deleting a chain tells of the filters in it
                    and (
                        t.object_key == object_key
                        or (t.object_key == _CHAIN and object_key == _FILTER)
                    )
                    and t.port in (-1, port)
                    and (
                        not t.request_port
                        or (t.request_port == port and t.state_code == codes.STATE_OPEN)
                    )
                    and t.request is not None
                    and t.request.record is not message.record
                ):
                    return True
        return False

    def _request(self, message: Message) -> Link:
        number: i64 = message.number
        self._at.asked = number
        if message.protocol == framing.NETLINK_NETFILTER:
            batch = self._batch
            if batch is not None and batch.request is not None:
                if batch.request.record is message.record and message.offset:
                    return self._part(message, batch)
                self._batch = None
            if message.type == NFNL_MSG_BATCH_BEGIN:
                return self._part(message, self._begin(message))
        made = self._open(message)
        self._at.last = made
        return Link(
            codes.ROLE_REQUEST, number, made, 0, codes.CONFIDENCE_CERTAIN, codes.REASON_REQUEST_FLAG
        )

    def _made(
        self, kind: i64, message: Message, request: Message | None, object_key: i64
    ) -> Transaction:
        """A new transaction, the newest of those that are held."""
        at = self._at
        self.count += 1
        made = Transaction(self.count, kind, message, request, object_key)
        at.order.append(made)
        if len(at.order) - at.forgotten > self.limit:
            self._forget(at)
        return made

    def _open(self, message: Message) -> Transaction:
        """A request that is no batch."""
        at = self._at
        protocol: i64 = message.protocol
        object_key = object_key_of(protocol, message.type)
        made = self._made(kind_of(message), message, message, object_key)
        if made.kind_code == codes.KIND_SILENT:
            made.state_code = codes.STATE_NOT_ASKED
        if not made.expects_data or message.operation is None:
            at.changes[protocol << 16 | object_key] = made
        if made.flags & framing.NLM_F_ECHO:
            made.expects_data = True
        key = protocol << 32 | made.seq
        alike = at.open.get(key)
        if alike is None:
            at.open[key] = [made]
        else:
            alike.append(made)
            if len(alike) > MAX_ALIKE:
                self._close(alike[0], True)
        return made

    def _begin(self, message: Message) -> Transaction:
        """A request that begins a batch."""
        made = self._made(
            codes.KIND_BATCH, message, message, object_key_of(message.protocol, message.type)
        )
        made.state_code = codes.STATE_NOT_ASKED
        self._batch = made
        batches = self._at.batches
        batches.append(made)
        if len(batches) > MAX_BATCHES:
            past = batches.pop(0)
            if past.answerable:
                self._close(past, True)
            if past.batch is not None:
                past.batch.forget()
        return made

    def _part(self, message: Message, made: Transaction) -> Link:
        """One message of a netfilter batch."""
        if made.batch is not None:
            made.batch.add(message, bool(message.flags & framing.NLM_F_ACK))
        kind: i64 = message.type
        if kind == NFNL_MSG_BATCH_END:
            self._batch = None
        elif kind > NFNL_MSG_BATCH_END:
            if message.flags & framing.NLM_F_ACK:
                made.state_code = codes.STATE_OPEN
            self._at.changes[message.protocol << 16 | kind >> 8] = made
        return Link(
            codes.ROLE_REQUEST,
            message.number,
            made,
            0,
            codes.CONFIDENCE_CERTAIN,
            codes.REASON_BATCH_PART,
        )

    def _oldest(self, at: _Place) -> Transaction:
        """Takes the oldest transaction out."""
        oldest = at.order[at.forgotten]
        at.forgotten += 1
        if at.forgotten > self.limit:  # now and then, since it moves the others
            del at.order[: at.forgotten]
            at.forgotten = 0
        return oldest

    def _forget(self, at: _Place) -> None:
        """Lets the oldest transaction go, unless it is still being answered."""
        oldest = self._oldest(at)
        if oldest.answerable:
            if oldest.last > oldest.checked_at:
                oldest.checked_at = oldest.last
                at.order.append(oldest)
                return
            self._close(oldest, True)
        key = oldest.protocol << 32 | oldest.port
        if at.bound.get(key) is oldest:
            del at.bound[key]
            if at.answered is oldest:
                at.answered = None
        key = oldest.protocol << 16 | oldest.object_key
        if at.changes.get(key) is oldest:
            del at.changes[key]

    # -- ends --------------------------------------------------------------------

    def _end(self, found: Transaction, state: i64) -> None:
        """The transaction is over: nothing more is expected."""
        found.state_code = state
        if found.answerable:
            found.answerable = False
            key = found.protocol << 32 | found.seq
            alike = self._at.open.get(key)
            if alike is not None:
                if len(alike) == 1:
                    if alike[0] is found:
                        del self._at.open[key]
                elif found in alike:
                    alike.remove(found)
        if self.on_end is not None:
            self.on_end(found)

    def _close(self, found: Transaction, early: bool) -> None:
        """Ends what no answer ended; `early`: before the end of the capture."""
        state: i64
        if found.kind_code == codes.KIND_SILENT or found.kind_code == codes.KIND_BATCH:
            state = found.state_code
            if state == codes.STATE_OPEN:
                state = codes.STATE_UNANSWERED
        elif found.overrun:
            state = codes.STATE_OVERRUN
        elif found.parts and found.kind_code != codes.KIND_DUMP:
            state = codes.STATE_ANSWERED  # only the acknowledgement is missing
        elif early:
            state = codes.STATE_GIVEN_UP
        elif found.parts or self._heard < found.number:
            state = codes.STATE_CUT
        else:
            state = codes.STATE_UNANSWERED
        if state != codes.STATE_ANSWERED:
            found.end_time = NO_TIME  # what came last was no end
        self._end(found, state)

    # -- answers -----------------------------------------------------------------

    def _choose(self, found: list[Transaction], port: i64) -> tuple[Transaction | None, i64, i64]:
        """Which of several open transactions an answer to `port` belongs to."""
        fit = found
        if len(fit) != 1 or fit[0].port >= 0:
            fit = [t for t in found if t.port < 0 or t.port == port]
        if len(fit) > 1:
            fit = [t for t in fit if t.port == port or t.request_port == port] or fit
        if len(fit) > 1:
            fit = [t for t in fit if t.request_port in (0, port)] or fit
        if not fit:
            return None, codes.CONFIDENCE_GUESS, 0
        newest = fit[-1]
        if len(fit) == 1:
            if newest.ambiguous:
                return newest, codes.CONFIDENCE_LIKELY, codes.REASON_LEFT_OVER
            if newest.request_port in (0, port) or newest.port == port:
                return newest, codes.CONFIDENCE_CERTAIN, codes.REASON_ONLY_FIT
            return newest, codes.CONFIDENCE_LIKELY, codes.REASON_ONLY_OPEN
        if newest.state_code == codes.STATE_OPEN and newest.start_time != NO_TIME:
            for t in fit:
                if (
                    t.state_code == codes.STATE_OPEN
                    and t.start_time != NO_TIME
                    and newest.start_time - t.start_time < TOGETHER
                ):
                    for rival in fit:
                        rival.ambiguous = True
                    return t, codes.CONFIDENCE_LIKELY, codes.REASON_OLDEST_FIT
        return newest, codes.CONFIDENCE_LIKELY, codes.REASON_NEWEST_FIT

    def _answered(self, protocol: i64, port: i64) -> Transaction | None:
        """The transaction of this socket that was answered last."""
        last = self._at.answered
        if last is not None and last.port == port and last.protocol == protocol:
            return last
        return self._at.bound.get(protocol << 32 | port)

    def _bind(self, found: Transaction, port: i64) -> None:
        found.port = port
        self._at.bound[found.protocol << 32 | port] = found
        self._at.answered = found

    def _data(
        self, message: Message, found: Transaction, time: int, confidence: i64, reason: i64
    ) -> Link:
        """A message with data that answers a transaction."""
        if found.flags & framing.NLM_F_ECHO:
            copied = self._copied(message, time)
            if copied is not None:
                return copied
        found.parts += 1
        found.add(message.number, time)
        if found.port != message.port and message.port:
            self._bind(found, message.port)
        if message.flags & framing.NLM_F_DUMP_INTR:
            found.interrupted = True
        if (
            found.answerable
            and found.kind_code != codes.KIND_DUMP
            and not found.flags & framing.NLM_F_ACK
        ):
            self._end(found, codes.STATE_ANSWERED)
        link = Link(codes.ROLE_ANSWER, message.number, found, found.number, confidence, reason)
        if found.flags & framing.NLM_F_ECHO:  # listeners get the same
            link.listeners = 1
            self._remember(message, link)
        return link

    def _to_port(self, message: Message, bound: Transaction | None, time: int) -> Link:
        """Data that names a port: an answer, or a notification that a request caused."""
        at = self._at
        protocol: i64 = message.protocol
        port: i64 = message.port
        seq: i64 = message.seq
        object_key = object_key_of(protocol, message.type)
        several = message.flags & framing.NLM_F_MULTI
        alike = at.open.get(protocol << 32 | seq)
        if alike is not None:
            fit = alike
            if len(fit) != 1 or fit[0].object_key != object_key or several:
                fit = [t for t in alike if t.object_key == object_key]
                if several:
                    dumps = [t for t in fit if t.kind_code == codes.KIND_DUMP]
                    fit = dumps or [t for t in fit if t.expects_data]
                elif len(fit) > 1:
                    fit = [
                        t for t in fit if t.expects_data and t.kind_code != codes.KIND_DUMP
                    ] or fit
            found, confidence, reason = self._choose(fit, port)
            if found is not None:
                request = found.request
                if request is not None and request.operation is None and found.expects_data:
                    confidence = codes.CONFIDENCE_LIKELY
                    changes = (
                        found.kind_code == codes.KIND_SINGLE
                        and found.flags & framing.NLM_F_ACK != 0
                        and not found.flags & framing.NLM_F_ECHO
                        and request.type == message.type
                        and protocol != framing.NETLINK_GENERIC
                    )
                else:
                    changes = not found.expects_data
                if not changes:
                    return self._data(message, found, time, confidence, reason)
                self._bind(found, port)
                return self._event(message, time, found, confidence, codes.REASON_ITS_PORT_SEQUENCE)
        if (
            bound is not None
            and bound.seq == seq
            and bound.object_key == object_key
            and bound.expects_data
            and bound.kind_code != codes.KIND_DUMP
            and at.asked < bound.last
        ):
            return self._data(
                message, bound, time, codes.CONFIDENCE_LIKELY, codes.REASON_MORE_ANSWERS
            )
        if not several:
            alike = at.open.get(protocol << 32 | (seq - 1 & 0xFFFFFFFF))
            if alike is not None:
                fit = [
                    t
                    for t in alike
                    if t.object_key == object_key
                    and t.kind_code == codes.KIND_SINGLE
                    and not t.parts
                ]
                found, _, _ = self._choose(fit, port)
                if found is not None:
                    return self._data(
                        message,
                        found,
                        time,
                        codes.CONFIDENCE_LIKELY,
                        codes.REASON_SEQUENCE_PLUS_ONE,
                    )
            cause = self._cause(message, bound, object_key, time)
            return self._event(message, time, cause, codes.CONFIDENCE_LIKELY, codes.REASON_PORT)
        return self._orphan(message, codes.KIND_DUMP, time, object_key)

    def _cause(
        self, message: Message, bound: Transaction | None, object_key: i64, time: int
    ) -> Transaction | None:
        """The change that a notification which names a port stems from."""
        port: i64 = message.port
        change = self._at.changes.get(message.protocol << 16 | object_key)
        if (
            change is not None
            and change.port in (-1, port)
            and change.request_port in (0, port)
            and (change.answerable or (change.port == port and _recent(change, time)))
        ):
            if change.kind_code == codes.KIND_BATCH and change.port < 0:
                self._bind(change, port)
            return change
        if (
            bound is not None
            and bound.object_key == object_key
            and not bound.expects_data
            and _recent(bound, time)
        ):
            return bound
        return None

    def _error(self, message: Message, bound: Transaction | None, time: int) -> Link:
        """NLMSG_ERROR: the end of whatever it echoes."""
        data = message.data
        start: i64 = message.base + 20
        port: i64 = message.port
        if len(data) < start + 16:
            return self._error_alone(message, time)
        head = read_i64_le(data, start)
        rest = read_i64_le(data, start + 8)
        echoed = bound is not None and _asked(bound, head, rest)
        if bound is not None and echoed and bound.answerable:
            return self._settle(
                message, bound, bound.number, time, codes.CONFIDENCE_CERTAIN, codes.REASON_PORT_ECHO
            )
        seq = i64((read_i32_be if message.big else read_i32_le)(data, start + 8)) & 0xFFFFFFFF
        alike = self._at.open.get(message.protocol << 32 | seq)
        if alike is not None:
            fit = alike
            if len(fit) != 1 or not _asked(fit[0], head, rest):
                fit = [t for t in alike if _asked(t, head, rest)]
            if len(fit) > 1:
                fit = self._same_payload(message, fit)
            elif not fit:  # length, type and nlmsg_pid alone
                fit = [t for t in alike if _asked_but_flags(t, head, rest)]
            found, confidence, reason = self._choose(fit, port)
            if found is not None:
                if not _asked(found, head, rest):
                    confidence, reason = codes.CONFIDENCE_LIKELY, codes.REASON_ECHO_BUT_FLAGS
                elif confidence == codes.CONFIDENCE_CERTAIN:
                    reason = codes.REASON_ONLY_ECHO
                return self._settle(message, found, found.number, time, confidence, reason)
        if message.protocol == framing.NETLINK_NETFILTER:
            refused = self._error_in_batch(message, data[start : start + 16], time)
            if refused is not None:
                return refused
        if bound is not None and echoed:
            return self._settle(
                message,
                bound,
                bound.number,
                time,
                codes.CONFIDENCE_LIKELY,
                codes.REASON_ECHO_AFTER_END,
            )
        kind = i64((read_i16_be if message.big else read_i16_le)(data, start + 4)) & 0xFFFF
        return self._orphan(message, codes.KIND_ACK, time, object_key_of(message.protocol, kind))

    def _error_alone(self, message: Message, time: int) -> Link:
        """An NLMSG_ERROR too short for what it echoes."""
        alike = self._at.open.get(message.protocol << 32 | message.seq)
        found, _, _ = self._choose(alike or [], message.port)
        if found is None:
            return self._orphan(message, codes.KIND_ACK, time, 0)
        return self._settle(
            message, found, found.number, time, codes.CONFIDENCE_LIKELY, codes.REASON_SEQUENCE
        )

    def _error_in_batch(self, message: Message, head: bytes, time: int) -> Link | None:
        """An NLMSG_ERROR of the part of a batch that has this header."""
        port: i64 = message.port
        found: Transaction | None = None
        of: i64 = 0
        for made in reversed(self._at.batches):
            if made.batch is not None and made.port in (-1, port):
                part = made.batch.echoed(head)
                if part and (found is None or made.port == port):
                    found, of = made, part
        if found is None:
            return None
        return self._settle(
            message, found, of, time, codes.CONFIDENCE_CERTAIN, codes.REASON_ECHO_IN_BATCH
        )

    @staticmethod
    def _same_payload(message: Message, fit: list[Transaction]) -> list[Transaction]:
        """Those whose whole request is echoed, where it is; else all of them."""
        start = message.base + 20
        out = []
        for t in fit:
            if t.request is not None:
                raw = t.request.data[: t.request.limit]
                if message.data[start : start + len(raw)] == raw:
                    out.append(t)
        return out or fit

    def _settle(
        self, message: Message, found: Transaction, of: i64, time: int, confidence: i64, reason: i64
    ) -> Link:
        """An acknowledgement or error for a transaction (or `of`, a part of its batch)."""
        error: i64 = message.error or 0
        found.add(message.number, time)
        if found.port != message.port:
            self._bind(found, message.port)
        link = Link(codes.ROLE_ANSWER, message.number, found, of, confidence, reason)
        batch = found.batch
        if batch is not None:
            found.settle(of, error, message.number, time)
            if error:
                found.error = found.error or error
                self._end(found, codes.STATE_FAILED)
            elif found.state_code == codes.STATE_OPEN and not batch.awaited:
                self._end(found, codes.STATE_ANSWERED)
            return link
        found.acknowledged = True
        if error:
            found.error = error
            self._end(found, codes.STATE_FAILED)
        elif found.answerable and not (found.kind_code == codes.KIND_DUMP and not found.parts):
            self._end(found, codes.STATE_INTERRUPTED if found.interrupted else codes.STATE_ANSWERED)
        return link

    def _done(self, message: Message, bound: Transaction | None, time: int) -> Link:
        """NLMSG_DONE: the end of a dump."""
        found: Transaction | None = None
        confidence: i64 = codes.CONFIDENCE_CERTAIN
        reason: i64 = codes.REASON_PORT_SEQUENCE
        if (
            bound is not None
            and bound.seq == message.seq
            and bound.answerable
            and bound.kind_code == codes.KIND_DUMP
        ):
            found = bound
        elif message.flags & framing.NLM_F_MULTI:
            alike = self._at.open.get(message.protocol << 32 | message.seq)
            if alike is not None:
                fit = [t for t in alike if t.kind_code == codes.KIND_DUMP]
                found, confidence, reason = self._choose(fit, message.port)
        if found is None:
            if not message.flags & framing.NLM_F_MULTI:  # as type of a module's own data
                return self._multicast(message, time)
            return self._orphan(message, codes.KIND_DUMP, time, 0)
        found.add(message.number, time)
        if found.port != message.port:
            self._bind(found, message.port)
        if message.flags & framing.NLM_F_DUMP_INTR:
            found.interrupted = True
        found.error = min(message.error or 0, 0)
        if found.error:
            self._end(found, codes.STATE_FAILED)
        else:
            self._end(found, codes.STATE_INTERRUPTED if found.interrupted else codes.STATE_ANSWERED)
        return Link(codes.ROLE_ANSWER, message.number, found, found.number, confidence, reason)

    def _orphan(self, message: Message, kind: i64, time: int, object_key: i64) -> Link:
        """An answer to a request that is not in the capture."""
        made = self._made(kind, message, None, object_key)
        made.add(message.number, time)
        self._bind(made, message.port)
        if message.type >= framing.NLMSG_MIN_TYPE:
            made.parts = 1
        else:
            made.answerable = False
            made.error = min(message.error or 0, 0)
            self._end(made, codes.STATE_FAILED if made.error else codes.STATE_ANSWERED)
        return Link(
            codes.ROLE_ANSWER,
            message.number,
            made,
            0,
            codes.CONFIDENCE_CERTAIN,
            codes.REASON_NO_REQUEST,
        )

    def _overrun(self, message: Message, bound: Transaction | None) -> Link:
        """NLMSG_OVERRUN: what its socket was to get is not whole."""
        of: i64 = 0
        if bound is not None:
            of = bound.number
            if bound.answerable:
                bound.overrun = True
        return Link(
            codes.ROLE_OTHER,
            message.number,
            bound,
            of,
            codes.CONFIDENCE_LIKELY,
            codes.REASON_DATA_LOST,
        )

    # -- notifications -------------------------------------------------------------

    def _multicast(self, message: Message, time: int) -> Link:
        """Data that names no port: a notification, unless its module names none ever."""
        at = self._at
        protocol: i64 = message.protocol
        last = at.last
        if (
            last is not None
            and last.number + 1 == message.number
            and last.protocol == protocol
            and protocol not in _STRICT
            and last.kind_code == codes.KIND_SINGLE
            and last.answerable
            and not last.flags & framing.NLM_F_ACK
            and message.seq in (0, last.seq)
            and last.request is not None
            and message.type in (last.request.type, framing.NLMSG_DONE)
            and not (protocol == framing.NETLINK_GENERIC and message.type == framing.GENL_ID_CTRL)
        ):
            confidence: i64 = codes.CONFIDENCE_LIKELY if message.seq else codes.CONFIDENCE_GUESS
            return self._data(message, last, time, confidence, codes.REASON_ORDER)
        return self._event(message, time, None, codes.CONFIDENCE_CERTAIN, codes.REASON_NO_PORT)

    def _event(
        self, message: Message, time: int, cause: Transaction | None, confidence: i64, reason: i64
    ) -> Link:
        copied = self._copied(message, time)
        if copied is not None:
            return copied
        of: i64 = 0
        if cause is not None:
            cause.notifications += 1
            if cause.batch is not None:
                of = cause.batch.numbered(message.seq)
            of = of or cause.number
        link = Link(codes.ROLE_NOTIFICATION, message.number, cause, of, confidence, reason)
        self._remember(message, link)
        return link

    def _copied(self, message: Message, time: int) -> Link | None:
        """The link of a copy, None when nothing like it went before."""
        record = message.record
        if record is None:
            return None
        key: object = (record.data, message.offset) if message.offset else record.data
        port = _reader(record)
        if port:
            for first, since, ports in self._at.read.get((record.protocol, key), ()):
                late = time != NO_TIME and since != NO_TIME and abs(time - since) > COPY_READ
                if not late and port not in ports:
                    ports.add(port)
                    return self._copy(message, first)
        found = self._at.recent.get(key)
        if found is None:
            return None
        first, before = found
        if port and _reader(before):
            return None
        if before is record or before.protocol != record.protocol:
            return None
        passed_by = record.number - before.number
        near = passed_by == 1
        if passed_by > MAX_RECENT:  # however many of them were looked at
            return None
        since = time_of(before)
        if time != NO_TIME and since != NO_TIME:
            passed = abs(time - since)  # clocks are set back, and captures joined
            if passed > COPY_NEXT or (passed > COPY_NEAR and not near):
                return None
        elif not near:
            return None
        self._at.recent[key] = (first, record)
        return self._copy(message, first)

    @staticmethod
    def _copy(message: Message, first: Link) -> Link:
        first.listeners += 1
        return Link(
            codes.ROLE_COPY,
            message.number,
            first.transaction,
            first.number,
            codes.CONFIDENCE_LIKELY,
            codes.REASON_EQUAL_BYTES,
        )

    def _remember(self, message: Message, link: Link) -> None:
        """Keeps a datagram for a while, since copies may follow."""
        record = message.record
        if record is None:
            return
        recent = self._at.recent
        key: object = (record.data, message.offset) if message.offset else record.data
        port = _reader(record)
        if port:
            read = self._at.read
            alike = read.pop((record.protocol, key), None)
            if alike is None:
                alike = deque(maxlen=MAX_RECENT)
                if len(read) >= MAX_RECENT:
                    del read[next(iter(read))]
            alike.append((link, time_of(record), {port}))
            read[record.protocol, key] = alike
        if key in recent:
            del recent[key]
        elif len(recent) >= MAX_RECENT:
            del recent[next(iter(recent))]
        recent[key] = (link, record)


# Kin whose messages copy nlmsg_flags: qdisc, tclass, tfilter, action, chain, nexthop.
REFLECTED: Final = frozenset((9, 10, 11, 12, 25, 26))
# Protocols whose kernel side always names the receiver's port.
_STRICT: Final = frozenset(
    (framing.NETLINK_ROUTE, framing.NETLINK_NETFILTER, 4, 6, 9)  # SOCK_DIAG, XFRM, AUDIT
)


def _alone(number: i64, reason: i64) -> Link:
    """A message that belongs to no conversation."""
    return Link(codes.ROLE_OTHER, number, None, 0, codes.CONFIDENCE_CERTAIN, reason)


def _asked(found: Transaction, head: i64, rest: i64) -> bool:
    """Whether this is the header of the transaction's request."""
    return found.header_low == head and found.header_high == rest and found.request is not None


def _asked_but_flags(found: Transaction, head: i64, rest: i64) -> bool:
    """Whether it is but for flags and sequence number."""
    return (found.header_low ^ head) & _BUT_FLAGS == 0 and found.header_high >> 32 == rest >> 32


def _reader(record: Record) -> int:
    """The port of the socket that read a record, where a trace tells it; else 0."""
    return 0 if record.socket is None else record.socket.port


def _solicits(message: Message) -> bool:
    """Whether a question is the kernel's own, to a daemon that resolves addresses.

    neigh_app_ns (net/core/neighbour.c) multicasts RTM_GETNEIGH with NLM_F_REQUEST, number and port
    0, and with NDA_CACHEINFO, which a program's question cannot have (neigh_valid_get_req).
    """
    if message.type != RTM_GETNEIGH or message.flags != framing.NLM_F_REQUEST or message.seq:
        return False
    data, limit, unpack = message.data, message.limit, framing.ATTR[message.big]
    pos = message.base + 28  # struct ndmsg
    while limit - pos >= 4:
        length, number = unpack(data, pos)
        if number == NDA_CACHEINFO:
            return True
        pos += max((length + 3) & ~3, 4)
    return False


def _recent(change: Transaction, time: int) -> bool:
    since = change.start_time if change.end_time == NO_TIME else change.end_time
    return since == NO_TIME or time == NO_TIME or time - since < JUST_NOW
