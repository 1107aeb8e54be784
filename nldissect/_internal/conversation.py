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
  that repeats sequence number, flags and kin of one that still waits, in
  another datagram, and with a port: it comes from the kernel, and is bound anew.
  So does the question for a neighbour that the kernel multicasts (app_solicit).
- Data must have the request's sequence number and kin: the same rtnetlink
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
  of the same kin is under way. With NLM_F_ECHO it is the answer.
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
from struct import Struct
from typing import Final

from . import spec as m
from . import wire
from .record import Interface, Record
from .transaction import (
    ACK,
    ANSWER,
    ANSWERED,
    BATCH,
    CERTAIN,
    COPY,
    CUT,
    DUMP,
    FAILED,
    GIVEN_UP,
    GUESS,
    INTERRUPTED,
    LIKELY,
    NOT_ASKED,
    NOTIFICATION,
    OPEN,
    OTHER,
    OVERRUN,
    REQUEST,
    SILENT,
    SINGLE,
    UNANSWERED,
    Link,
    Transaction,
)  # fmt: skip
from .tree import Message

NLM_F_ACK: Final = 4
NLM_F_ECHO: Final = 8
NLM_F_DUMP_INTR: Final = 16
NLM_F_DUMP: Final = 0x300
NLM_F_CREATE: Final = 0x400
NFNL_MSG_BATCH_BEGIN: Final = 16
NFNL_MSG_BATCH_END: Final = 17
RTM_SETDCB: Final = 79
RTM_GETNEIGH: Final = 30
NDA_CACHEINFO: Final = 3

# type, flags and sequence of an echoed header, by byte order
_TYPE_SEQ: Final = (Struct("<HHI").unpack_from, Struct(">HHI").unpack_from)

TOGETHER: Final = 50_000_000  # ns between requests of several sockets that race
COPY_NEXT: Final = 10_000_000  # ns between copies that follow each other
COPY_NEAR: Final = 1_000_000  # ns between copies with something else between them
COPY_READ: Final = 1_000_000_000  # ns in which sockets of a trace read theirs
JUST_NOW: Final = 1_000_000_000  # ns in which a finished change still causes notifications
MAX_ALIKE: Final = 32  # open requests of one sequence number
MAX_RECENT: Final = 64  # datagrams that may yet be copied
MAX_BATCHES: Final = 8  # batches that may yet be refused


class _Place:
    """What is remembered of one interface: one network namespace with its ports."""

    __slots__ = ("asked", "batches", "bound", "changes", "last", "open", "order", "read", "recent")

    def __init__(self) -> None:
        # by protocol and sequence number: those that may still be answered, oldest first
        self.open: dict[int, list[Transaction]] = {}
        # by protocol and port: the one answered last
        self.bound: dict[int, Transaction] = {}
        # by protocol and kin: the newest that asks for a change
        self.changes: dict[int, Transaction] = {}
        self.last: Transaction | None = None  # the newest that is no batch
        self.asked = 0  # number of the newest request message
        self.order: deque[Transaction] = deque()
        self.batches: deque[Transaction] = deque()
        # datagrams (or their bytes with an offset) that may be copied: link, record
        self.recent: dict[object, tuple[Link, Record]] = {}
        # the same of a trace: each with its time and the ports that had it
        self.read: dict[object, deque[tuple[Link, int | None, set[int]]]] = {}


_FILTER, _CHAIN = 44 >> 2, 100 >> 2  # RTM_NEWTFILTER, RTM_NEWCHAIN


# How many low bits of a message type tell what is done, not to what.
KIN: Final = {wire.NETLINK_ROUTE: 2, wire.NETLINK_GENERIC: 0, wire.NETLINK_NETFILTER: 8}


def _kin(protocol: int, kind: int) -> int:
    """What a message type has in common with those of its answers."""
    shift = KIN.get(protocol)
    return 0 if shift is None else kind >> shift


def kind_of(request: Message) -> str:
    """What a request waits for: `dump`, `single`, `ack` or `silent`."""
    flags, protocol, kind = request.flags, request.protocol, request.type
    operation = request.operation
    asked = ACK if flags & NLM_F_ACK else SILENT
    if kind < wire.NLMSG_MIN_TYPE:
        return asked
    if operation is not None:
        klass = operation.klass
        if protocol == wire.NETLINK_GENERIC:
            # A change that the spec gives a reply, unless it goes to a group.
            if klass != m.CLASS_GET:
                told = ("do", "reply") in operation.legal and not operation.group
                return SINGLE if told else asked
            return DUMP if flags & NLM_F_DUMP == NLM_F_DUMP else SINGLE
    elif protocol != wire.NETLINK_ROUTE:
        if flags & NLM_F_DUMP == NLM_F_DUMP:
            return DUMP
        return asked if flags & NLM_F_CREATE else SINGLE
    if protocol == wire.NETLINK_ROUTE:  # linux/rtnetlink.h: NEW, DEL, GET, SET in turn
        klass = m.CLASS_GET if kind & 3 == 2 or kind == RTM_SETDCB else m.CLASS_NEW
    if klass == m.CLASS_GET:
        if flags & NLM_F_CREATE:  # a spec that knows the answer to a question only
            return asked
        return DUMP if flags & NLM_F_DUMP else SINGLE
    return asked


class Conversations:
    """Pairs the messages of one capture or stream, fed in order; see the rules above.

    `limit` is how many requests (per interface) are remembered. `on_end` is
    called with each transaction when its state is final; a refusal that comes
    later still (for a batch or a silent request) calls it again.
    """

    def __init__(
        self, limit: int = 1024, on_end: Callable[[Transaction], None] | None = None
    ) -> None:
        self.limit = limit
        self.on_end = on_end
        self.count = 0
        self._places: dict[tuple[int, int], _Place] = {}
        self._interface: Interface | None = None
        self._at = self._places[0, 0] = _Place()
        self._batch: Transaction | None = None
        self._heard = 0  # number of the last message from the kernel

    def feed(self, message: Message) -> Link:
        """What `message`, the next one of the capture, is."""
        record = message.record
        time = None
        if record is not None:
            time = record.time
            if record.interface is not self._interface:
                self._move(record.interface)
        number, kind = message.number, message.type
        if message.to_kernel:
            if message.protocol or not (
                self._reflected(message) if message.port else _solicits(message)
            ):
                return self._request(message)
            message.turn()
        if kind < 0:
            return Link(OTHER, number, None, 0, CERTAIN, "no netlink message")
        self._heard = number
        at = self._at
        protocol, port, seq = message.protocol, message.port, message.seq
        bound = at.bound.get(protocol << 32 | port)
        if kind >= wire.NLMSG_MIN_TYPE:
            if bound is not None and bound.seq == seq and bound.waits:
                if bound.kind == DUMP:
                    if message.flags & wire.NLM_F_MULTI:  # the commonest of all
                        bound.parts += 1
                        if message.flags & NLM_F_DUMP_INTR:
                            bound.interrupted = True
                        bound.add(number, time)
                        return Link(
                            ANSWER, number, bound, bound.number, CERTAIN, "port and sequence number"
                        )
                elif bound.wants and bound.kin == _kin(protocol, kind):
                    return self._data(message, bound, time, CERTAIN, "port and sequence number")
            if port:
                return self._to_port(message, bound, time)
            return self._multicast(message, time)
        if kind == wire.NLMSG_ERROR:
            return self._error(message, bound, time)
        if kind == wire.NLMSG_DONE:
            return self._done(message, bound, time)
        if kind == wire.NLMSG_OVERRUN:
            return self._overrun(message)
        return Link(OTHER, number, None, 0, CERTAIN, "a control message")

    def pass_by(self, number: int) -> None:
        """A request with this message number was not fed, since nobody asks for it."""
        self._at.asked = number

    def expects(self, protocol: int, seq: int) -> bool:
        """Whether a request with this sequence number may still be answered."""
        return protocol << 32 | seq in self._at.open

    def finish(self) -> list[Transaction]:
        """Ends what is open at the end of the capture; returns it, oldest first."""
        out: list[Transaction] = []
        for at in self._places.values():
            self._at = at
            for found in at.order:
                if found.waits:
                    if found.state == OPEN:
                        out.append(found)
                    self._close(found, False)
        self._places.clear()
        self._at = self._places[0, 0] = _Place()
        self._interface = self._batch = None
        return out

    @property
    def remembered(self) -> int:
        """How many transactions are held."""
        return sum(len(at.order) for at in self._places.values())

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
        port, kin = message.port, message.type >> 2
        alike = self._at.open.get(message.seq)
        if alike is not None and kin in REFLECTED:
            for t in alike:
                if (
                    t.flags == message.flags
                    # deleting a chain tells of the filters in it
                    and (t.kin == kin or (t.kin == _CHAIN and kin == _FILTER))
                    and t.port in (-1, port)
                    and (not t.said or (t.said == port and t.state == OPEN))
                    and t.request is not None
                    and t.request.record is not message.record
                ):
                    return True
        return False

    def _request(self, message: Message) -> Link:
        protocol, number = message.protocol, message.number
        self._at.asked = number
        if protocol == wire.NETLINK_NETFILTER:
            batch = self._batch
            if batch is not None:
                if batch.members[0].record is message.record and message.offset:
                    return self._part(message, batch)
                self._batch = None
            if message.type == NFNL_MSG_BATCH_BEGIN:
                return self._part(message, self._open(message, BATCH))
        made = self._open(message, kind_of(message))
        self._at.last = made
        return Link(REQUEST, number, made, 0, CERTAIN, "NLM_F_REQUEST")

    def _open(self, message: Message, kind: str) -> Transaction:
        at = self._at
        protocol = message.protocol
        self.count += 1
        kin = _kin(protocol, message.type)
        made = Transaction(self.count, kind, message, message, kin)
        at.order.append(made)
        if len(at.order) > self.limit:
            self._forget(at)
        if kind == BATCH:
            made.state = NOT_ASKED
            self._batch = made
            at.batches.append(made)
            if len(at.batches) > MAX_BATCHES:
                past = at.batches.popleft()
                if past.waits:
                    self._close(past, True)
                past.members, past._heads = [], None
            return made
        if kind == SILENT:
            made.state = NOT_ASKED
        if not made.wants or message.operation is None:
            at.changes[protocol << 16 | kin] = made
        if message.flags & NLM_F_ECHO:
            made.wants = True
        key = protocol << 32 | message.seq
        alike = at.open.get(key)
        if alike is None:
            at.open[key] = [made]
        else:
            alike.append(made)
            if len(alike) > MAX_ALIKE:
                self._close(alike[0], True)
        return made

    def _part(self, message: Message, batch: Transaction) -> Link:
        """One message of a netfilter batch."""
        batch.members.append(message)
        if message.type == NFNL_MSG_BATCH_END:
            self._batch = None
        elif message.type > NFNL_MSG_BATCH_END:
            if message.flags & NLM_F_ACK:
                batch.state = OPEN
            self._at.changes[message.protocol << 16 | message.type >> 8] = batch
        return Link(REQUEST, message.number, batch, 0, CERTAIN, "part of a batch")

    def _forget(self, at: _Place) -> None:
        """Lets the oldest transaction go, unless it is still being answered."""
        oldest = at.order.popleft()
        if oldest.waits:
            if oldest.last > oldest.checked:
                oldest.checked = oldest.last
                at.order.append(oldest)
                return
            self._close(oldest, True)
        key = oldest.protocol << 32 | oldest.port
        if at.bound.get(key) is oldest:
            del at.bound[key]
        key = oldest.protocol << 16 | oldest.kin
        if at.changes.get(key) is oldest:
            del at.changes[key]

    # -- ends --------------------------------------------------------------------

    def _end(self, found: Transaction, state: str) -> None:
        """The transaction is over: nothing more is expected."""
        found.state = state
        if found.waits:
            found.waits = False
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
        if found.kind == SILENT or found.kind == BATCH:
            state = found.state if found.state != OPEN else UNANSWERED
        elif found.overrun:
            state = OVERRUN
        elif found.parts and found.kind != DUMP:
            state = ANSWERED  # only the acknowledgement is missing
        elif early:
            state = GIVEN_UP
        elif found.parts or self._heard < found.number:
            state = CUT
        else:
            state = UNANSWERED
        if state != ANSWERED:
            found.end = None  # what came last was no end
        self._end(found, state)

    # -- answers -----------------------------------------------------------------

    def _choose(self, found: list[Transaction], port: int) -> tuple[Transaction | None, str, str]:
        """Which of several open transactions an answer to `port` belongs to."""
        fit = found
        if len(fit) != 1 or fit[0].port >= 0:
            fit = [t for t in found if t.port < 0 or t.port == port]
        if len(fit) > 1:
            fit = [t for t in fit if t.port == port or t.said == port] or fit
        if len(fit) > 1:
            fit = [t for t in fit if t.said in (0, port)] or fit
        if not fit:
            return None, GUESS, ""
        newest = fit[-1]
        if len(fit) == 1:
            if newest.rivals:
                return newest, LIKELY, "what others of the same time left over"
            if newest.said in (0, port) or newest.port == port:
                return newest, CERTAIN, "the only open request that fits"
            return newest, LIKELY, "the only one open, though its nlmsg_pid is another"
        if newest.state == OPEN and newest.start is not None:
            for t in fit:
                if t.state == OPEN and t.start is not None and newest.start - t.start < TOGETHER:
                    for rival in fit:
                        rival.rivals = True
                    return t, LIKELY, "the oldest of several sent at one time"
        return newest, LIKELY, "the newest of several that fit"

    def _bind(self, found: Transaction, port: int) -> None:
        found.port = port
        self._at.bound[found.protocol << 32 | port] = found

    def _data(
        self, message: Message, found: Transaction, time: int | None, confidence: str, reason: str
    ) -> Link:
        """A message with data that answers a transaction."""
        if found.flags & NLM_F_ECHO:
            copied = self._copied(message, time)
            if copied is not None:
                return copied
        found.parts += 1
        found.add(message.number, time)
        if found.port != message.port and message.port:
            self._bind(found, message.port)
        if message.flags & NLM_F_DUMP_INTR:
            found.interrupted = True
        if found.waits and found.kind != DUMP and not found.flags & NLM_F_ACK:
            self._end(found, ANSWERED)
        link = Link(ANSWER, message.number, found, found.number, confidence, reason)
        if found.flags & NLM_F_ECHO:  # listeners get the same
            link.listeners = 1
            self._remember(message, link)
        return link

    def _to_port(self, message: Message, bound: Transaction | None, time: int | None) -> Link:
        """Data that names a port: an answer, or a notification that a request caused."""
        at = self._at
        protocol, port, seq = message.protocol, message.port, message.seq
        kin = _kin(protocol, message.type)
        several = message.flags & wire.NLM_F_MULTI
        alike = at.open.get(protocol << 32 | seq)
        if alike is not None:
            fit = alike
            if len(fit) != 1 or fit[0].kin != kin or several:
                fit = [t for t in alike if t.kin == kin]
                if several:
                    fit = [t for t in fit if t.kind == DUMP] or [t for t in fit if t.wants]
                elif len(fit) > 1:
                    fit = [t for t in fit if t.wants and t.kind != DUMP] or fit
            found, confidence, reason = self._choose(fit, port)
            if found is not None:
                request = found.request
                if request is not None and request.operation is None and found.wants:
                    confidence = LIKELY
                    changes = (
                        found.kind == SINGLE
                        and found.flags & NLM_F_ACK
                        and not found.flags & NLM_F_ECHO
                        and request.type == message.type
                        and protocol != wire.NETLINK_GENERIC
                    )
                else:
                    changes = not found.wants
                if not changes:
                    return self._data(message, found, time, confidence, reason)
                self._bind(found, port)
                return self._event(message, time, found, confidence, "its port and sequence number")
        if (
            bound is not None
            and bound.seq == seq
            and bound.kin == kin
            and bound.wants
            and bound.kind != DUMP
            and (at.asked < bound.last)
        ):
            return self._data(message, bound, time, LIKELY, "more of what was answered before")
        if not several:
            alike = at.open.get(protocol << 32 | (seq - 1 & 0xFFFFFFFF))
            if alike is not None:
                fit = [t for t in alike if t.kin == kin and t.kind == SINGLE and not t.parts]
                found, _, _ = self._choose(fit, port)
                if found is not None:
                    return self._data(message, found, time, LIKELY, "sequence number plus one")
            cause = self._cause(message, bound, kin, time)
            return self._event(message, time, cause, LIKELY, "port")
        return self._orphan(message, DUMP, time, kin)

    def _cause(
        self, message: Message, bound: Transaction | None, kin: int, time: int | None
    ) -> Transaction | None:
        """The change that a notification which names a port stems from."""
        port = message.port
        change = self._at.changes.get(message.protocol << 16 | kin)
        if (
            change is not None
            and change.port in (-1, port)
            and change.said in (0, port)
            and (change.waits or (change.port == port and _recent(change, time)))
        ):
            if change.kind == BATCH and change.port < 0:
                self._bind(change, port)
            return change
        if bound is not None and bound.kin == kin and not bound.wants and _recent(bound, time):
            return bound
        return None

    def _error(self, message: Message, bound: Transaction | None, time: int | None) -> Link:
        """NLMSG_ERROR: the end of whatever it echoes."""
        data, port = message.data, message.port
        start = message.base + 20
        head = data[start : start + 16]
        if len(head) < 16:
            alike = self._at.open.get(message.protocol << 32 | message.seq)
            found, confidence, reason = self._choose(alike or [], port)
            if found is not None:
                return self._settle(message, found, found.number, time, LIKELY, "sequence number")
            return self._orphan(message, ACK, time, 0)
        if bound is not None and bound.head == head and bound.waits:
            return self._settle(
                message, bound, bound.number, time, CERTAIN, "port and echoed header"
            )
        kind, _, seq = _TYPE_SEQ[message.big](data, start + 4)
        alike = self._at.open.get(message.protocol << 32 | seq)
        if alike is not None:
            fit = alike
            if len(fit) != 1 or fit[0].head != head:
                fit = [t for t in alike if t.head == head]
            if len(fit) > 1:
                fit = self._same_payload(message, fit)
            elif not fit:  # length, type and nlmsg_pid alone
                short, said = head[:6], head[12:]
                fit = [t for t in alike if t.head[:6] == short and t.head[12:] == said]
            found, confidence, reason = self._choose(fit, port)
            if found is not None:
                if found.head != head:
                    confidence, reason = LIKELY, "echoed header but for its flags"
                elif confidence == CERTAIN:
                    reason = "the only open request with the echoed header"
                return self._settle(message, found, found.number, time, confidence, reason)
        if message.protocol == wire.NETLINK_NETFILTER:
            found = None
            for batch in reversed(self._at.batches):
                if batch.port in (-1, port):
                    part = batch.member(head)
                    if part and (found is None or batch.port == port):
                        found, of = batch, part
            if found is not None:
                return self._settle(message, found, of, time, CERTAIN, "echoed header, in a batch")
        if bound is not None and bound.head == head:
            return self._settle(
                message, bound, bound.number, time, LIKELY, "echoed header, after its end"
            )
        return self._orphan(message, ACK, time, _kin(message.protocol, kind))

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
        self, message: Message, found: Transaction, of: int, time: int | None, confidence: str,
        reason: str,
    ) -> Link:  # fmt: skip
        """An acknowledgement or error for a transaction (or `of`, a part of its batch)."""
        error = message.error or 0
        found.add(message.number, time)
        if found.port != message.port:
            self._bind(found, message.port)
        link = Link(ANSWER, message.number, found, of, confidence, reason)
        if found.kind == BATCH:
            found.settle(of, error, message.number, time)
            if error:
                found.error = found.error or error
                self._end(found, FAILED)
            elif found.state == OPEN and all(
                part.number in found.errors for part in found.members if part.flags & NLM_F_ACK
            ):
                self._end(found, ANSWERED)
            return link
        found.acknowledged = True
        if error:
            found.error = error
            self._end(found, FAILED)
        elif found.waits and not (found.kind == DUMP and not found.parts):
            self._end(found, INTERRUPTED if found.interrupted else ANSWERED)
        return link

    def _done(self, message: Message, bound: Transaction | None, time: int | None) -> Link:
        """NLMSG_DONE: the end of a dump."""
        found: Transaction | None = None
        confidence, reason = CERTAIN, "port and sequence number"
        if bound is not None and bound.seq == message.seq and bound.waits and bound.kind == DUMP:
            found = bound
        elif message.flags & wire.NLM_F_MULTI:
            alike = self._at.open.get(message.protocol << 32 | message.seq)
            fit = [t for t in alike or () if t.kind == DUMP]
            found, confidence, reason = self._choose(fit, message.port)
        if found is None:
            if not message.flags & wire.NLM_F_MULTI:  # as type of a module's own data
                return self._multicast(message, time)
            return self._orphan(message, DUMP, time, 0)
        found.add(message.number, time)
        if found.port != message.port:
            self._bind(found, message.port)
        if message.flags & NLM_F_DUMP_INTR:
            found.interrupted = True
        found.error = min(message.error or 0, 0)
        if found.error:
            state = FAILED
        elif found.interrupted:
            state = INTERRUPTED
        else:
            state = ANSWERED
        self._end(found, state)
        return Link(ANSWER, message.number, found, found.number, confidence, reason)

    def _orphan(self, message: Message, kind: str, time: int | None, kin: int) -> Link:
        """An answer to a request that is not in the capture."""
        at = self._at
        self.count += 1
        made = Transaction(self.count, kind, message, None, kin)
        made.add(message.number, time)
        at.order.append(made)
        if len(at.order) > self.limit:
            self._forget(at)
        self._bind(made, message.port)
        made.waits = False
        if message.type >= wire.NLMSG_MIN_TYPE:
            made.parts = 1
            made.waits = True
        else:
            made.error = min(message.error or 0, 0)
            self._end(made, FAILED if made.error else ANSWERED)
        reason = "the request is not in the capture"
        return Link(ANSWER, message.number, made, 0, CERTAIN, reason)

    def _overrun(self, message: Message) -> Link:
        """NLMSG_OVERRUN: what its socket was to get is not whole."""
        found = self._at.bound.get(message.protocol << 32 | message.port)
        if found is not None and found.waits:
            found.overrun = True
        of = 0 if found is None else found.number
        return Link(OTHER, message.number, found, of, LIKELY, "data was lost for this port")

    # -- notifications -------------------------------------------------------------

    def _multicast(self, message: Message, time: int | None) -> Link:
        """Data that names no port: a notification, unless its module names none ever."""
        at = self._at
        protocol = message.protocol
        last = at.last
        if (
            last is not None
            and last.number + 1 == message.number
            and last.protocol == protocol
            and protocol not in _STRICT
            and last.kind == SINGLE
            and last.waits
            and not last.flags & NLM_F_ACK
            and message.seq in (0, last.seq)
            and last.request is not None
            and message.type in (last.request.type, wire.NLMSG_DONE)
            and not (protocol == wire.NETLINK_GENERIC and message.type == wire.GENL_ID_CTRL)
        ):
            confidence = LIKELY if message.seq else GUESS
            return self._data(message, last, time, confidence, "order, without a port")
        return self._event(message, time, None, CERTAIN, "no port")

    def _event(
        self, message: Message, time: int | None, cause: Transaction | None, confidence: str,
        reason: str,
    ) -> Link:  # fmt: skip
        copied = self._copied(message, time)
        if copied is not None:
            return copied
        of = 0
        if cause is not None:
            cause.notifications += 1
            of = cause.number
            if cause.kind == BATCH:
                of = next((p.number for p in cause.members if p.seq == message.seq), of)
        link = Link(NOTIFICATION, message.number, cause, of, confidence, reason)
        self._remember(message, link)
        return link

    def _copied(self, message: Message, time: int | None) -> Link | None:
        """The link of a copy, None when nothing like it went before."""
        record = message.record
        if record is None:
            return None
        key: object = (record.data, message.offset) if message.offset else record.data
        port = _reader(record)
        if port:
            for first, since, ports in self._at.read.get((record.protocol, key), ()):
                late = time is not None and since is not None and abs(time - since) > COPY_READ
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
        if time is not None and before.time is not None:
            passed = abs(time - before.time)  # clocks are set back, and captures joined
            if passed > COPY_NEXT or (passed > COPY_NEAR and not near):
                return None
        elif not near:
            return None
        self._at.recent[key] = (first, record)
        return self._copy(message, first)

    @staticmethod
    def _copy(message: Message, first: Link) -> Link:
        first.listeners += 1
        return Link(COPY, message.number, first.transaction, first.number, LIKELY, "equal bytes")

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
            alike.append((link, record.time, {port}))
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
    (wire.NETLINK_ROUTE, wire.NETLINK_NETFILTER, 4, 6, 9)  # SOCK_DIAG, XFRM, AUDIT
)


def _reader(record: Record) -> int:
    """The port of the socket that read a record, where a trace tells it; else 0."""
    return 0 if record.socket is None else record.socket.port


def _solicits(message: Message) -> bool:
    """Whether a question is the kernel's own, to a daemon that resolves addresses.

    neigh_app_ns (net/core/neighbour.c) multicasts RTM_GETNEIGH with NLM_F_REQUEST, number and port
    0, and with NDA_CACHEINFO, which a program's question cannot have (neigh_valid_get_req).
    """
    if message.type != RTM_GETNEIGH or message.flags != wire.NLM_F_REQUEST or message.seq:
        return False
    data, limit, unpack = message.data, message.limit, wire.ATTR[message.big]
    pos = message.base + 28  # struct ndmsg
    while limit - pos >= 4:
        length, number = unpack(data, pos)
        if number == NDA_CACHEINFO:
            return True
        pos += max((length + 3) & ~3, 4)
    return False


def _recent(change: Transaction, time: int | None) -> bool:
    since = change.start if change.end is None else change.end
    return since is None or time is None or time - since < JUST_NOW
