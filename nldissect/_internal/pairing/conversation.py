"""Who asked what and what came back: requests, answers, notifications and their copies.

The rules, from what the bytes and the kernel's habits (net/netlink/af_netlink.c) give:

Requests
- A message with NLM_F_REQUEST opens a transaction. What it waits for follows
  from its operation and flags (`requests`): `dump` (parts and NLMSG_DONE), `single` (asked
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
  that repeats sequence number, flags and object key of one that still waits, in
  another datagram, and with a port: it comes from the kernel, and is bound anew.
  So does the question for a neighbour that the kernel multicasts (app_solicit).
- Data must have the request's sequence number and object key: the same rtnetlink
  object (type / 4), netfilter subsystem (type / 256) or generic family.
- A part (NLM_F_MULTI) belongs to a dump before anything else; NLMSG_DONE has
  no type, so port and sequence number alone must do. What asked for no dump may be
  answered in parts as well (team, devlink): NLMSG_DONE, with NLM_F_ACK the ack, ends those.
- The kernel answers within the system call, in order. Where several requests
  fit: those whose nlmsg_pid is the port; then, if they were sent within 50 ms
  of each other and wait for an answer, the oldest, else the newest.
- More data for what was answered before, if no request came since: likely.
- Sequence number plus one, as some modules answer: likely, if nothing else fits.
- Port 0 right after a request of the same type (or whose answer has that type) that
  still waits, from a module that fills in nothing, or the request's own 0 as xfrm's
  getae: a guess, likely if it has the sequence number; not where no dissector tells, and an
  acknowledgement was asked for.
- An answer whose request is not there opens a transaction without a request.

Notifications
- Data to port 0 is multicast. Data that bears port and sequence number of a
  request that asks for a change was multicast too, and is caused by it; so is
  data with a port but without a fitting sequence number, likely, if a change
  of the same object key is under way or ended within a second. With NLM_F_ECHO it
  is the answer.
- Where no dissector says what a request of a raw protocol asks for, data of
  its own type between it and its acknowledgement is taken for what it caused, unless it is
  a part (NLM_F_MULTI, which nothing that is multicast has) or was read by the socket that asked.
  In a generic family, whose questions are acknowledged as well, only if it repeats command and
  attributes of the request: an answer would tell something that was not known.
- The same datagram again is a copy for one more socket; see `copies`.

Ends
- `open` becomes `answered` or `interrupted` (by data, by an acknowledgement, of a dump by
  NLMSG_DONE) or `failed` (by an error). `not-asked` (silent requests, and batches until a part
  asks for an acknowledgement) is final unless an error comes.
- NLMSG_OVERRUN marks what its port waits for; without an end that is `overrun`.
- At the end of the capture what is open is `cut` if it was answered in part or is the last that
  was said, else `unanswered`; data without its acknowledgement is `answered`.
- `limit` bounds all that is remembered, in requests: one that is older is let
  go (`given-up`), with what was learnt from it, unless it was answered since it was last
  looked at. So is the oldest of more than MAX_ALIKE open requests of one sequence number, and
  all of the interface that was not met for longest when there are more than MAX_NAMESPACES.

Confidence: `certain` where one request fits by header, port and sequence
number; `likely` where order decided; `guess` where only order speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from librt.strings import read_i16_be, read_i16_le, read_i32_be, read_i32_le, read_i64_le
from mypy_extensions import i64

from ..engine.message import Message
from ..wire import framing
from ..wire.record import NO_TIME, Interface
from . import codes
from .namespace_state import MAX_BATCHES, NamespaceState
from .requests import kind_of, object_key_of, solicits
from .transaction import Link, Transaction, time_of

NFNL_MSG_BATCH_BEGIN: Final = 16
NFNL_MSG_BATCH_END: Final = 17

TOGETHER: Final = 50_000_000  # ns between requests of several sockets that race
JUST_NOW: Final = 1_000_000_000  # ns in which a finished change still causes notifications
MAX_NAMESPACES: Final = 1024  # interfaces whose transactions are remembered
MAX_ALIKE: Final = 32  # open requests of one sequence number

# Object keys (RTM_NEW... / 4)
_FILTER: Final = 11
_CHAIN: Final = 25
# Those whose messages copy nlmsg_flags: qdisc, class, filter, action, chain, next hop.
REFLECTED: Final = frozenset((9, 10, _FILTER, 12, _CHAIN, 26))
# Protocols whose kernel side always names the receiver's port.
_ALWAYS_NAMES_PORT: Final = frozenset(
    (framing.NETLINK_ROUTE, framing.NETLINK_NETFILTER, 4, 9)  # SOCK_DIAG, AUDIT
)
# Of the first 8 bytes of a header: length and type, but not the flags.
_BUT_FLAGS: Final = 0xFFFFFFFFFFFF


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
        self.serial: i64 = 0  # of the message fed last, one more at the end
        self._namespaces: dict[tuple[int, int], NamespaceState] = {}
        self._interface: Interface | None = None  # whose state `_state` is
        self._state = self._namespaces[0, 0] = NamespaceState()
        self._batch: Transaction | None = None  # whose end is not there yet
        self._last_from_kernel: i64 = 0  # message number, of what is not the capture's own

    def feed(self, message: Message) -> Link:
        """What `message`, the next one of the capture, is."""
        record = message.record
        time = time_of(record)
        if record is not None and record.interface is not self._interface:
            self._move(record.interface)
        number: i64 = message.number
        self.serial = message.serial
        if message.to_kernel:
            if not self._comes_back(message):
                return self._request(message)
            message.turn()
        kind: i64 = message.type
        if kind < 0:
            return _unpaired(number, codes.REASON_NO_MESSAGE)
        if not message.own:
            self._last_from_kernel = number
        bound = self._state.last_answered(message.protocol, message.port)
        if kind < framing.NLMSG_MIN_TYPE and message.protocol != framing.NETLINK_FIB_LOOKUP:
            return self._control(message, bound, time)
        if (  # the commonest of all: a part of a dump
            bound is not None
            and bound.seq == message.seq
            and bound.kind_code == codes.KIND_DUMP
            and bound.answerable
            and message.flags & framing.NLM_F_MULTI
        ):
            bound.parts += 1
            if message.flags & framing.NLM_F_DUMP_INTR:
                bound.interrupted = True
            bound.add(number, time)
            return _answer(number, bound, codes.CONFIDENCE_CERTAIN, codes.REASON_PORT_SEQUENCE)
        return self._payload(message, bound, time)

    def _payload(self, message: Message, bound: Transaction | None, time: int) -> Link:
        """Data from the kernel."""
        if (
            bound is not None
            and bound.seq == message.seq
            and bound.answerable
            and bound.kind_code != codes.KIND_DUMP
            and bound.expects_data
            and bound.object_key == object_key_of(message.protocol, message.type)
        ):
            return self._data(
                message, bound, time, codes.CONFIDENCE_CERTAIN, codes.REASON_PORT_SEQUENCE
            )
        if message.port:
            return self._to_port(message, bound, time)
        return self._multicast(message, time)

    def _control(self, message: Message, bound: Transaction | None, time: int) -> Link:
        """NLMSG_ERROR, NLMSG_DONE and the like, from the kernel."""
        kind: i64 = message.type
        if kind == framing.NLMSG_ERROR:
            return self._error(message, bound, time)
        if kind == framing.NLMSG_DONE:
            link = self._done(message, bound, time)
            ended = link.transaction
            if ended is not None and ended.request is not None:
                message.family = ended.request.family
            return link
        if kind == framing.NLMSG_OVERRUN:
            return self._overrun(message, bound)
        return _unpaired(message.number, codes.REASON_CONTROL)

    def finish(self) -> list[Transaction]:
        """Ends what is open at the end of the capture; returns it, oldest first."""
        out: list[Transaction] = []
        self.serial += 1
        for state in self._namespaces.values():
            self._state = state
            for found in state.order[state.released :]:
                if found.answerable:
                    if found.state_code == codes.STATE_OPEN:
                        out.append(found)
                    self._close(found, False)
        self._namespaces.clear()
        self._state = self._namespaces[0, 0] = NamespaceState()
        self._interface = self._batch = None
        return out

    @property
    def remembered(self) -> int:
        """How many transactions are held."""
        return sum(state.held() for state in self._namespaces.values())

    # -- requests ----------------------------------------------------------------

    def _move(self, interface: Interface) -> None:
        """What comes is of another interface."""
        key = (interface.section, interface.number)
        found = self._namespaces.pop(key, None)
        if found is None:
            if len(self._namespaces) >= MAX_NAMESPACES:
                self._let_go(self._namespaces.pop(next(iter(self._namespaces))))
            found = NamespaceState()
        self._namespaces[key] = found  # the last of them, as the one that was met last
        self._state = found
        self._interface = interface
        self._batch = None

    def _let_go(self, state: NamespaceState) -> None:
        """Nothing more is expected of an interface."""
        self._state = state
        for found in state.order[state.released :]:
            if found.answerable:
                self._close(found, True)

    def _comes_back(self, message: Message) -> bool:
        """Whether what looks like a request comes from the kernel, with a request's flags."""
        if message.protocol == framing.NETLINK_FIB_LOOKUP:  # the request itself, filled in
            return self._reflected(message, 0)
        if message.protocol != framing.NETLINK_ROUTE:
            return False
        if not message.port:
            return solicits(message)
        key: i64 = message.type >> 2
        return key in REFLECTED and self._reflected(message, key)

    def _reflected(self, message: Message, key: i64) -> bool:
        """Whether it is an answer that copies the flags of an open request, by object key."""
        port: i64 = message.port
        alike = self._state.open.get(message.protocol << 32 | message.seq)
        if alike is not None:
            for t in alike:
                asked_by = t.request_port
                if (
                    t.flags == message.flags
                    # deleting a chain tells of the filters in it
                    and (t.object_key == key or (t.object_key == _CHAIN and key == _FILTER))
                    and t.port in (-1, port)
                    and (not asked_by or (asked_by == port and t.state_code == codes.STATE_OPEN))
                    and t.request is not None
                    and t.request.record is not message.record
                ):
                    return True
        return False

    def _request(self, message: Message) -> Link:
        """A message to the kernel: a request, or a part of a batch."""
        number: i64 = message.number
        if not message.own:
            self._state.asked = number
        if message.protocol == framing.NETLINK_NETFILTER:
            batch = self._batch
            if batch is not None and batch.request is not None:
                if batch.request.record is message.record and message.offset:
                    return self._batch_part(message, batch)
                self._batch = None
            if message.type == NFNL_MSG_BATCH_BEGIN:
                return self._batch_part(message, self._begin_batch(message))
        made = self._begin(message)
        self._state.last = made
        return Link(
            codes.ROLE_REQUEST, number, made, 0, codes.CONFIDENCE_CERTAIN, codes.REASON_REQUEST_FLAG
        )

    def _made(self, kind: i64, message: Message, request: Message | None, key: i64) -> Transaction:
        """A new transaction, the newest of those that are held."""
        state = self._state
        self.count += 1
        made = Transaction(self.count, kind, message, request, key)
        state.order.append(made)
        if state.held() > self.limit:
            self._release(state)
        return made

    def _begin(self, message: Message) -> Transaction:
        """A request that is no batch."""
        state = self._state
        protocol: i64 = message.protocol
        object_key = object_key_of(protocol, message.type)
        made = self._made(kind_of(message), message, message, object_key)
        if made.kind_code == codes.KIND_SILENT:
            made.state_code = codes.STATE_NOT_ASKED
        if not made.expects_data or message.operation is None:
            state.changes[protocol << 16 | object_key] = made
        if made.flags & framing.NLM_F_ECHO:
            made.expects_data = True
        key = protocol << 32 | made.seq
        alike = state.open.get(key)
        if alike is None:
            state.open[key] = [made]
        else:
            alike.append(made)
            if len(alike) > MAX_ALIKE:
                self._close(alike[0], True)
        return made

    def _begin_batch(self, message: Message) -> Transaction:
        """A request that begins a batch."""
        key = object_key_of(message.protocol, message.type)
        made = self._made(codes.KIND_BATCH, message, message, key)
        made.state_code = codes.STATE_NOT_ASKED
        self._batch = made
        batches = self._state.batches
        batches.append(made)
        if len(batches) > MAX_BATCHES:
            past = batches.pop(0)
            if past.answerable:
                self._close(past, True)
            if past.batch is not None:
                past.batch.forget()
        return made

    def _batch_part(self, message: Message, made: Transaction) -> Link:
        """One message of a netfilter batch."""
        if made.batch is not None:
            made.batch.add(message, bool(message.flags & framing.NLM_F_ACK))
        number: i64 = message.number
        kind: i64 = message.type
        if kind == NFNL_MSG_BATCH_END:
            self._batch = None
        elif kind > NFNL_MSG_BATCH_END:
            if message.flags & framing.NLM_F_ACK:
                made.state_code = codes.STATE_OPEN
            self._state.changes[message.protocol << 16 | kind >> 8] = made
        return Link(
            codes.ROLE_REQUEST, number, made, 0, codes.CONFIDENCE_CERTAIN, codes.REASON_BATCH_PART
        )

    # -- ends --------------------------------------------------------------------

    def _release(self, state: NamespaceState) -> None:
        """Lets the oldest transaction go, unless it is still being answered."""
        oldest = state.oldest(self.limit)
        if oldest.answerable:
            if oldest.last > oldest.checked_at:
                oldest.checked_at = oldest.last
                state.order.append(oldest)
                return
            self._close(oldest, True)
        state.unlearn(oldest)

    def _end(self, found: Transaction, state: i64) -> None:
        """The transaction is over: nothing more is expected."""
        found.state_code = state
        if found.answerable:
            found.answerable = False
            self._state.close(found)
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
        elif found.parts or self._last_from_kernel < found.number:
            state = codes.STATE_CUT
        else:
            state = codes.STATE_UNANSWERED
        if state != codes.STATE_ANSWERED:
            found.end_time = NO_TIME  # what came last was no end
        self._end(found, state)

    # -- answers with data -------------------------------------------------------

    def _data(
        self, message: Message, found: Transaction, time: int, confidence: i64, reason: i64
    ) -> Link:
        """A message with data that answers a transaction."""
        number: i64 = message.number
        if found.flags & framing.NLM_F_ECHO:
            first = self._state.copies.first(message, time)
            if first is not None:
                return _copy(number, first)
        found.parts += 1
        found.add(number, time)
        if found.port != message.port and message.port:
            self._state.bind(found, message.port)
        if message.flags & framing.NLM_F_DUMP_INTR:
            found.interrupted = True
        if (
            found.answerable
            and found.kind_code != codes.KIND_DUMP
            and not found.due
            and not message.flags & framing.NLM_F_MULTI
        ):
            self._end(found, codes.STATE_ANSWERED)
        link = _answer(number, found, confidence, reason)
        if found.flags & framing.NLM_F_ECHO:  # listeners get the same
            link.listeners = 1
            self._state.copies.remember(message, link)
        return link

    def _to_port(self, message: Message, bound: Transaction | None, time: int) -> Link:
        """Data that names a port: an answer, or a notification that a request caused."""
        state = self._state
        protocol: i64 = message.protocol
        seq: i64 = message.seq
        key = object_key_of(protocol, message.type)
        part = message.flags & framing.NLM_F_MULTI != 0
        alike = state.open.get(protocol << 32 | seq)
        if alike is not None:
            fit = _fit_for_part(alike, key) if part else _fit_for_data(alike, key)
            found, confidence, reason = _choose(fit, message.port)
            if found is not None:
                return self._by_sequence(message, found, time, confidence, reason)
        if (
            bound is not None
            and bound.seq == seq
            and bound.object_key == key
            and bound.expects_data
            and bound.kind_code != codes.KIND_DUMP
            and state.asked < bound.last
        ):
            return self._data(
                message, bound, time, codes.CONFIDENCE_LIKELY, codes.REASON_MORE_ANSWERS
            )
        if part:
            return self._orphan(message, codes.KIND_DUMP, time, key)
        found = self._numbered_one_less(message, key)
        if found is not None:
            return self._data(
                message, found, time, codes.CONFIDENCE_LIKELY, codes.REASON_SEQUENCE_PLUS_ONE
            )
        cause = self._cause(message, bound, key, time)
        return self._notification(message, time, cause, codes.CONFIDENCE_LIKELY, codes.REASON_PORT)

    def _numbered_one_less(self, message: Message, object_key: i64) -> Transaction | None:
        """The question that a module answers with its sequence number plus one."""
        seq = message.seq - 1 & 0xFFFFFFFF
        alike = self._state.open.get(message.protocol << 32 | seq)
        if alike is None:
            return None
        fit = [t for t in alike if t.object_key == object_key and not t.parts]
        return _choose([t for t in fit if t.kind_code == codes.KIND_SINGLE], message.port)[0]

    def _by_sequence(
        self, message: Message, found: Transaction, time: int, confidence: i64, reason: i64
    ) -> Link:
        """Data with a transaction's sequence number: its answer, or what its change caused."""
        request = found.request
        caused = not found.expects_data
        if request is not None and request.spec is None and found.expects_data:
            # that it expects data is what its flags suggest, and no dissector knows
            confidence = codes.CONFIDENCE_LIKELY
            caused = (
                found.kind_code == codes.KIND_SINGLE
                and found.flags & framing.NLM_F_ACK != 0
                and not found.flags & framing.NLM_F_ECHO
                and request.type == message.type
                and (message.protocol != framing.NETLINK_GENERIC or _repeats(message, request))
                and not message.flags & framing.NLM_F_MULTI
                and not _read_by_asker(message, found)
            )
        if not caused:
            return self._data(message, found, time, confidence, reason)
        self._state.bind(found, message.port)
        return self._notification(message, time, found, confidence, codes.REASON_ITS_PORT_SEQUENCE)

    def _cause(
        self, message: Message, bound: Transaction | None, object_key: i64, time: int
    ) -> Transaction | None:
        """The change that a notification which names a port stems from."""
        port: i64 = message.port
        change = self._state.changes.get(message.protocol << 16 | object_key)
        if (
            change is not None
            and change.port in (-1, port)
            and change.request_port in (0, port)
            and (change.answerable or (change.port == port and _recent(change, time)))
        ):
            if change.kind_code == codes.KIND_BATCH and change.port < 0:
                self._state.bind(change, port)
            return change
        if bound is None or bound.object_key != object_key or bound.expects_data:
            return None
        return bound if _recent(bound, time) else None

    def _orphan(self, message: Message, kind: i64, time: int, key: i64) -> Link:
        """An answer to a request that is not in the capture."""
        number: i64 = message.number
        made = self._made(kind, message, None, key)
        made.add(number, time)
        self._state.bind(made, message.port)
        if message.type >= framing.NLMSG_MIN_TYPE:
            made.parts = 1
        else:
            made.answerable = False
            made.error = min(message.error or 0, 0)
            self._end(made, codes.STATE_FAILED if made.error else codes.STATE_ANSWERED)
        return _answer(number, made, codes.CONFIDENCE_CERTAIN, codes.REASON_NO_REQUEST)

    # -- acknowledgements and ends of dumps ----------------------------------------

    def _error(self, message: Message, bound: Transaction | None, time: int) -> Link:
        """NLMSG_ERROR: the end of whatever it echoes."""
        data, big = message.data, message.big
        start: i64 = message.base + 20
        if len(data) < start + 16:
            return self._error_without_echo(message, time)
        low, high = read_i64_le(data, start), read_i64_le(data, start + 8)
        echo = bound if bound is not None and _is_echo(bound, low, high) else None
        if echo is not None and echo.answerable:
            return self._acknowledge(
                message, echo, echo.number, time, codes.CONFIDENCE_CERTAIN, codes.REASON_PORT_ECHO
            )
        seq = i64((read_i32_be if big else read_i32_le)(data, start + 8)) & 0xFFFFFFFF
        alike = self._state.open.get(message.protocol << 32 | seq)
        if alike is not None:
            fit = _fit_for_echo(message, alike, low, high)
            found, confidence, reason = _choose(fit, message.port)
            if found is not None:
                if not _is_echo(found, low, high):
                    confidence, reason = codes.CONFIDENCE_LIKELY, codes.REASON_ECHO_BUT_FLAGS
                elif confidence == codes.CONFIDENCE_CERTAIN:
                    reason = codes.REASON_ONLY_ECHO
                return self._acknowledge(message, found, found.number, time, confidence, reason)
        if message.protocol == framing.NETLINK_NETFILTER:
            in_batch = self._error_in_batch(message, data[start : start + 16], time)
            if in_batch is not None:
                return in_batch
        if echo is not None:
            reason = codes.REASON_ECHO_AFTER_END
            return self._acknowledge(
                message, echo, echo.number, time, codes.CONFIDENCE_LIKELY, reason
            )
        kind = i64((read_i16_be if big else read_i16_le)(data, start + 4)) & 0xFFFF
        key = object_key_of(message.protocol, kind)
        return self._orphan(message, codes.KIND_ACK, time, key)

    def _error_without_echo(self, message: Message, time: int) -> Link:
        """An NLMSG_ERROR too short for what it echoes."""
        alike = self._state.open.get(message.protocol << 32 | message.seq)
        found, _, _ = _choose(alike or [], message.port)
        if found is None:
            return self._orphan(message, codes.KIND_ACK, time, 0)
        return self._acknowledge(
            message, found, found.number, time, codes.CONFIDENCE_LIKELY, codes.REASON_SEQUENCE
        )

    def _error_in_batch(self, message: Message, header: bytes, time: int) -> Link | None:
        """An NLMSG_ERROR of the part of a batch that has this header."""
        port: i64 = message.port
        found: Transaction | None = None
        of: i64 = 0
        for made in reversed(self._state.batches):
            if made.batch is not None and made.port in (-1, port):
                part = made.batch.echoed(header)
                if part and (found is None or made.port == port):
                    found, of = made, part
        if found is None:
            return None
        return self._acknowledge(
            message, found, of, time, codes.CONFIDENCE_CERTAIN, codes.REASON_ECHO_IN_BATCH
        )

    def _acknowledge(
        self, message: Message, found: Transaction, of: i64, time: int, confidence: i64, reason: i64
    ) -> Link:
        """An acknowledgement or error for a transaction (or `of`, a part of its batch)."""
        number: i64 = message.number
        error: i64 = message.error or 0
        found.add(number, time)
        if found.port != message.port:
            self._state.bind(found, message.port)
        link = Link(codes.ROLE_ANSWER, number, found, of, confidence, reason)
        batch = found.batch
        if batch is not None:
            found.settle(of, error, number, time)
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
            self._end_whole(found)
        return link

    def _end_whole(self, found: Transaction) -> None:
        """The transaction is over without an error."""
        interrupted = found.interrupted
        self._end(found, codes.STATE_INTERRUPTED if interrupted else codes.STATE_ANSWERED)

    def _done(self, message: Message, bound: Transaction | None, time: int) -> Link:
        """NLMSG_DONE: the end of a dump."""
        found: Transaction | None = None
        confidence: i64 = codes.CONFIDENCE_CERTAIN
        reason: i64 = codes.REASON_PORT_SEQUENCE
        many = message.flags & framing.NLM_F_MULTI != 0
        if (
            bound is not None
            and bound.seq == message.seq
            and bound.answerable
            and (bound.kind_code == codes.KIND_DUMP or (many and bound.parts))
        ):
            found = bound
        elif many:
            alike = self._state.open.get(message.protocol << 32 | message.seq)
            if alike is not None:
                fit = [t for t in alike if t.kind_code == codes.KIND_DUMP]
                fit = fit or [t for t in alike if t.parts]
                found, confidence, reason = _choose(fit, message.port)
        if found is not None:
            return self._end_parts(message, found, time, confidence, reason)
        if not many:  # as type of a module's own data
            return self._multicast(message, time)
        return self._orphan(message, codes.KIND_DUMP, time, 0)

    def _end_parts(
        self, message: Message, found: Transaction, time: int, confidence: i64, reason: i64
    ) -> Link:
        """The NLMSG_DONE of this dump, or of other parts that an acknowledgement may follow."""
        number: i64 = message.number
        found.add(number, time)
        if found.port != message.port:
            self._state.bind(found, message.port)
        if message.flags & framing.NLM_F_DUMP_INTR:
            found.interrupted = True
        found.error = min(message.error or 0, 0)
        if found.error:
            self._end(found, codes.STATE_FAILED)
        elif found.kind_code == codes.KIND_DUMP or not found.due:
            self._end_whole(found)
        return _answer(number, found, confidence, reason)

    def _overrun(self, message: Message, bound: Transaction | None) -> Link:
        """NLMSG_OVERRUN: what its socket was to get is not whole."""
        number: i64 = message.number
        of: i64 = 0
        if bound is not None:
            of = bound.number
            if bound.answerable:
                bound.overrun = True
        return Link(
            codes.ROLE_OTHER, number, bound, of, codes.CONFIDENCE_LIKELY, codes.REASON_DATA_LOST
        )

    # -- notifications -------------------------------------------------------------

    def _multicast(self, message: Message, time: int) -> Link:
        """Data that names no port: a notification, unless its module names none ever."""
        last = self._state.last
        if last is not None and _answers_without_port(message, last):
            confidence: i64 = codes.CONFIDENCE_LIKELY if message.seq else codes.CONFIDENCE_GUESS
            return self._data(message, last, time, confidence, codes.REASON_ORDER)
        return self._notification(
            message, time, None, codes.CONFIDENCE_CERTAIN, codes.REASON_NO_PORT
        )

    def _notification(
        self, message: Message, time: int, cause: Transaction | None, confidence: i64, reason: i64
    ) -> Link:
        """A message for whoever listens, or a copy of it."""
        number: i64 = message.number
        copies = self._state.copies
        first = copies.first(message, time)
        if first is not None:
            return _copy(number, first)
        of: i64 = 0
        if cause is not None:
            cause.notifications += 1
            if cause.batch is not None:
                of = cause.batch.numbered(message.seq)
            of = of or cause.number
        link = Link(codes.ROLE_NOTIFICATION, number, cause, of, confidence, reason)
        copies.remember(message, link)
        return link


# -- links ---------------------------------------------------------------------------


def _unpaired(number: i64, reason: i64) -> Link:
    """A message that belongs to no conversation."""
    return Link(codes.ROLE_OTHER, number, None, 0, codes.CONFIDENCE_CERTAIN, reason)


def _answer(number: i64, found: Transaction, confidence: i64, reason: i64) -> Link:
    """A message that answers a request, which is 0 where that is not in the capture."""
    return Link(codes.ROLE_ANSWER, number, found, found.number, confidence, reason)


def _copy(number: i64, first: Link) -> Link:
    """One more copy of a message."""
    first.listeners += 1
    of, reason = first.number, codes.REASON_EQUAL_BYTES
    return Link(codes.ROLE_COPY, number, first.transaction, of, codes.CONFIDENCE_LIKELY, reason)


# -- which of several transactions fits ------------------------------------------------


def _answers_without_port(message: Message, last: Transaction) -> bool:
    """Whether data with port 0 is the answer that the request before it waits for."""
    request = last.request
    kind: i64 = message.type
    generic = message.protocol == framing.NETLINK_GENERIC
    if (
        request is None
        or last.number + 1 != message.number
        or last.protocol != message.protocol
        or message.protocol in _ALWAYS_NAMES_PORT
        or last.kind_code != codes.KIND_SINGLE
        or not last.answerable
    ):
        return False
    if message.seq != last.seq and (message.seq or last.flags & framing.NLM_F_ACK):
        return False
    if kind == request.type:
        if request.spec is None and not generic and last.flags & framing.NLM_F_ACK:
            return False  # more likely what a change caused
        return not (generic and kind == framing.GENL_ID_CTRL)
    operation = request.operation
    return kind == framing.NLMSG_DONE or (
        not generic and operation is not None and operation.reply == kind
    )


def _repeats(message: Message, request: Message) -> bool:
    """Whether data has its request's command and attributes, byte for byte, and some of these."""
    asked = request.data[request.base + 16 : request.limit]
    return len(asked) > 4 and asked == message.data[message.base + 16 : message.limit]


def _read_by_asker(message: Message, found: Transaction) -> bool:
    """Whether a trace shows that the very socket that asked has read the message."""
    record = message.record
    return (
        record is not None and record.socket is not None and record.socket.port == found.socket_port
    )


def _choose(fit: list[Transaction], port: i64) -> tuple[Transaction | None, i64, i64]:
    """Which of several open transactions an answer to `port` belongs to, how sure, and why."""
    fit = _of_port(fit, port)
    if not fit:
        return None, codes.CONFIDENCE_GUESS, 0
    newest = fit[-1]
    if len(fit) == 1:
        if newest.ambiguous:
            return newest, codes.CONFIDENCE_LIKELY, codes.REASON_LEFT_OVER
        if newest.request_port in (0, port) or newest.port == port:
            return newest, codes.CONFIDENCE_CERTAIN, codes.REASON_ONLY_FIT
        return newest, codes.CONFIDENCE_LIKELY, codes.REASON_ONLY_OPEN
    oldest = _oldest_together(fit)
    if oldest is None:
        return newest, codes.CONFIDENCE_LIKELY, codes.REASON_NEWEST_FIT
    for t in fit:
        t.ambiguous = True
    return oldest, codes.CONFIDENCE_LIKELY, codes.REASON_OLDEST_FIT


def _of_port(fit: list[Transaction], port: i64) -> list[Transaction]:
    """Those whose socket may have this port: it is bound to it, or asked with it, or with 0."""
    if len(fit) != 1 or fit[0].port >= 0:
        fit = [t for t in fit if t.port < 0 or t.port == port]
    if len(fit) > 1:
        fit = [t for t in fit if t.port == port or t.request_port == port] or fit
    if len(fit) > 1:
        fit = [t for t in fit if t.request_port in (0, port)] or fit
    return fit


def _oldest_together(fit: list[Transaction]) -> Transaction | None:
    """The oldest that was sent together with the newest and waits, as that does; None if none."""
    newest = fit[-1]
    if newest.state_code != codes.STATE_OPEN or newest.start_time == NO_TIME:
        return None
    for t in fit:
        if (
            t.state_code == codes.STATE_OPEN
            and t.start_time != NO_TIME
            and newest.start_time - t.start_time < TOGETHER
        ):
            return t
    return None


def _fit_for_part(alike: list[Transaction], object_key: i64) -> list[Transaction]:
    """Those of one sequence number that data with NLM_F_MULTI may answer: dumps before others."""
    fit = [t for t in alike if t.object_key == object_key]
    dumps = [t for t in fit if t.kind_code == codes.KIND_DUMP]
    return dumps or [t for t in fit if t.expects_data]


def _fit_for_data(alike: list[Transaction], object_key: i64) -> list[Transaction]:
    """Those of one sequence number that other data may answer: what waits for it before others."""
    if len(alike) == 1 and alike[0].object_key == object_key:
        return alike
    fit = [t for t in alike if t.object_key == object_key]
    if len(fit) > 1:
        return [t for t in fit if t.expects_data and t.kind_code != codes.KIND_DUMP] or fit
    return fit


def _fit_for_echo(
    message: Message, alike: list[Transaction], low: i64, high: i64
) -> list[Transaction]:
    """Those of one sequence number whose header NLMSG_ERROR echoes, if none but for its flags."""
    if len(alike) == 1 and _is_echo(alike[0], low, high):
        return alike
    fit = [t for t in alike if _is_echo(t, low, high)]
    if len(fit) > 1:
        return _of_payload(message, fit)
    return fit or [t for t in alike if _is_echo_but_flags(t, low, high)]


def _of_payload(message: Message, fit: list[Transaction]) -> list[Transaction]:
    """Those whose whole request is echoed, where it is; else all of them."""
    start = message.base + 20
    out = []
    for t in fit:
        if t.request is not None:
            raw = t.request.data[: t.request.limit]
            if message.data[start : start + len(raw)] == raw:
                out.append(t)
    return out or fit


def _is_echo(found: Transaction, low: i64, high: i64) -> bool:
    """Whether these two halves are the header of the transaction's request."""
    return found.header_low == low and found.header_high == high and found.request is not None


def _is_echo_but_flags(found: Transaction, low: i64, high: i64) -> bool:
    """Whether length, type and nlmsg_pid are."""
    return (found.header_low ^ low) & _BUT_FLAGS == 0 and found.header_high >> 32 == high >> 32


def _recent(change: Transaction, time: int) -> bool:
    """Whether a change is so new that it may still cause notifications."""
    since = change.start_time if change.end_time == NO_TIME else change.end_time
    return since == NO_TIME or time == NO_TIME or time - since < JUST_NOW
