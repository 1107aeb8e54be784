"""What a capture holds, in numbers: counts, errors, latencies, rates, the largest of each.

Memory does not grow with the capture (`histograms`); of dumps the largest `keep` are kept.

Rules:
- a request goes to the kernel, all else comes from it, as pairing says (some of the kernel's
  messages bear NLM_F_REQUEST);
- a request is counted for the port that its answer went to, or else the one it bears;
- an error is counted under the operation that it refuses;
- a transaction counts as it was when it ended.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Final

from mypy_extensions import i64

from ..engine.message import Message
from ..engine.summary import summarize
from ..pairing import codes
from ..pairing.conversation import Conversations
from ..pairing.transaction import Link, Transaction
from ..session.driver import MessageSink
from ..session.multicast import group_of
from ..session.process import Process, owner
from ..wire import framing, linux
from ..wire.record import Interface, Record
from . import message_text
from .histograms import ROWS, Counts, Latencies, Rates

# Options of a Section Header Block (draft-ietf-opsawg-pcapng)
_ORIGIN: Final = {1: "comment", 2: "hardware", 3: "os", 4: "program"}
UNKNOWN: Final = -1  # a port that nobody told
MULTICAST: Final = -2  # instead of a port: whoever listens

_HELD: Final = 4096  # transactions that may yet end

# (netlink protocol, generic family or None, operation)
Operation = tuple[str, str | None, str]


def operation(message: Message) -> Operation:
    """What a message is counted as: protocol, generic family, operation (`type 77` if unknown)."""
    family = message.family
    if family is None and message.protocol == framing.NETLINK_GENERIC:
        named = message.type >= framing.NLMSG_MIN_TYPE
        family = f"family {message.type}" if named else None
    return message_text.protocol(message), family, message_text.operation(message, False)


class _End:
    """A transaction as it was when it ended, at this message."""

    __slots__ = ("at", "found", "latency", "parts", "port", "state")

    def __init__(self, found: Transaction, at: i64) -> None:
        self.found = found
        self.at: i64 = at
        self.latency = None if found.request is None else found.latency
        self.parts = found.parts
        self.port = found.port
        self.state = found.state


class Dump:
    """A dump: what was asked, how many parts came, their bytes, and the time (ns) it took."""

    __slots__ = ("asked", "bytes", "latency", "number", "parts", "port", "state", "what")

    def __init__(self, end: _End, size: int) -> None:
        request = end.found.request
        self.what: Operation | None = None if request is None else operation(request)
        self.asked = "" if request is None else summarize(request)
        self.number = end.found.number
        self.parts = end.parts
        self.bytes = size
        self.latency = end.latency
        self.port = end.port
        self.state = end.state


class TransactionStatistics:
    """What became of transactions: how many of each state, latencies, the largest dumps.

    `states` counts by the words of `codes`. One that a late refusal ends again counts once, as
    what it is then; its latency is measured once.
    """

    def __init__(self, keep: int) -> None:
        self.states: dict[str, int] = {}
        self.latencies: dict[Operation, Latencies] = {}
        self._keep = keep
        self._dumps: list[tuple[int, int, int, Dump]] = []  # a heap: parts, bytes, -serial
        self._serial = 0
        self._sizes: dict[int, int] = {}  # of dumps under way, by transaction
        self._late: dict[int, tuple[str, bool]] = {}  # may end again: state, measured

    def add_part(self, found: Transaction, size: int) -> None:
        """Takes in the size of one part of a dump."""
        self._sizes[found.id] = self._sizes.get(found.id, 0) + size

    def finish(self) -> None:
        """The capture is at its end."""
        self._sizes.clear()
        self._late.clear()

    @property
    def dumps(self) -> list[Dump]:
        """The largest dumps, by parts."""
        return [dump for *_, dump in sorted(self._dumps, key=lambda d: (-d[0], -d[1], -d[2]))]

    def add(self, end: _End) -> None:
        """Takes in a transaction that ended."""
        request, latency = end.found.request, end.latency
        before = self._ended_before(end)
        if before is not None:
            self.states[before[0]] -= 1
        self.states[end.state] = self.states.get(end.state, 0) + 1
        measured = before is not None and before[1]
        if request is not None and latency is not None and not measured:
            what = operation(request)
            kept = self.latencies.get(what)
            if kept is None and len(self.latencies) < ROWS:
                kept = self.latencies[what] = Latencies()
            if kept is not None:
                kept.add(latency)
        if end.found.is_dump:
            self._rank(end)

    def _ended_before(self, end: _End) -> tuple[str, bool] | None:
        """State and whether it was measured, of one that ended before; keeps what it is now."""
        found = end.found
        if found.kind_code not in (codes.KIND_BATCH, codes.KIND_SILENT):
            return None
        before = self._late.pop(found.id, None)
        measured = end.latency is not None or (before is not None and before[1])
        self._late[found.id] = (end.state, measured)
        if len(self._late) > _HELD:
            del self._late[next(iter(self._late))]
        return before

    def _rank(self, end: _End) -> None:
        """Keeps a dump if it is one of the largest."""
        self._serial += 1
        size = self._sizes.pop(end.found.id, 0)
        rank = (end.parts, size, -self._serial)
        if len(self._dumps) < self._keep:
            heapq.heappush(self._dumps, (*rank, Dump(end, size)))
        elif self._dumps and rank > self._dumps[0][:3]:
            heapq.heapreplace(self._dumps, (*rank, Dump(end, size)))


class Statistics(MessageSink):
    """The numbers of one capture or several; `begin` comes before each, `finish` after it.

    `operations`: Operation to [to the kernel, from the kernel, bytes].
    `errors`: (errno constant, Operation) to [count]. `sockets`: (protocol,
    port or UNKNOWN or MULTICAST) to [to the kernel, bytes, from the kernel, bytes],
    `owners` to whose the port is where that is known. `origins` has what pcapng files
    tell of the host, program and interface that they were recorded with.
    `groups`: (protocol, group or None) to [notifications, deliveries]; each
    notification is delivered once and once more for each copy. `roles` counts
    messages by the words of `codes`.
    """

    def __init__(self, keep: int = 100) -> None:
        self.messages = 0
        self.records = 0
        self.bytes = 0
        self.operations = Counts(3)
        self.errors = Counts(1)
        self.sockets = Counts(4)
        self.owners: dict[tuple[int, int], Process | None] = {}
        self.groups = Counts(2)
        self.roles: dict[str, int] = {}
        self.rates = Rates()
        self.transactions = TransactionStatistics(keep)
        self.origins: list[dict[str, str]] = []
        self._interface: Interface | None = None  # met last
        self._pairs = Conversations()
        self._ends: deque[_End] = deque()  # before all of their messages were taken
        self._record: Record | None = None  # taken in last
        self._asked: dict[int, None] | None = None  # transactions that count; None: all

    def begin(self, chosen: bool = False) -> Conversations:
        """Makes ready for another capture; returns the pairing that it is to be given with.

        With `chosen` not all of its messages are given, and those transactions count
        whose requests are.
        """
        self._asked = {} if chosen else None
        self._record = None
        self._pairs = Conversations(on_end=self._note)
        return self._pairs

    def _note(self, found: Transaction) -> None:
        self._ends.append(_End(found, self._pairs.serial))

    def ended(self, found: Transaction) -> None:
        """A transaction is over, all messages of which were taken: for who knows the pairing."""
        self._ended(_End(found, 0))

    def finish(self) -> None:
        """The capture is at its end."""
        while self._ends:
            self._ended(self._ends.popleft())
        self.transactions.finish()

    def take(self, message: Message, link: Link) -> bool:
        """Takes in the next message, and what ended with it or before."""
        serial: i64 = message.serial
        ends = self._ends
        while ends and ends[0].at <= serial:
            self._ended(ends.popleft())
        record = message.record
        if record is not self._record:
            self._record = record
            self.records += 1
            if record is not None and record.interface is not self._interface:
                self._interface = record.interface
                self._met(record.interface)
        found = link.transaction
        if self._asked is not None and link.role_code == codes.ROLE_REQUEST and found is not None:
            self._asked[found.id] = None
            if len(self._asked) > _HELD:
                del self._asked[next(iter(self._asked))]
        self._add(message, link)
        return True

    def _met(self, interface: Interface) -> None:
        """Takes in what a capture tells of itself: options of its section, interface name."""
        texts = dict(reversed(interface.section_options))
        known = {
            name: texts[code].decode("utf-8", "backslashreplace")
            for code, name in _ORIGIN.items()
            if code in texts
        }
        if interface.name is not None:
            known["interface"] = interface.name
        if known and known not in self.origins and len(self.origins) < ROWS:
            self.origins.append(known)

    def _add(self, message: Message, link: Link) -> None:
        """Counts a message."""
        role, size = link.role_code, message.limit - message.base
        asks = role == codes.ROLE_REQUEST
        self.messages += 1
        self.bytes += size
        self.roles[link.role] = self.roles.get(link.role, 0) + 1
        row = self.operations.row(operation(message))
        row[0 if asks else 1] += 1
        row[2] += size
        failed = self._count_error(message, link)
        record = message.record
        if record is not None and record.time is not None:
            self.rates.add(record.time, failed)
        if role == codes.ROLE_NOTIFICATION or role == codes.ROLE_COPY:
            self._count_on_socket(message, MULTICAST, 2, size)
            protocol = linux.protocol_name(message.protocol)
            heard = self.groups.row((protocol, group_of(message)))
            heard[0] += role == codes.ROLE_NOTIFICATION
            heard[1] += 1
            return
        found = link.transaction
        port = found.socket_port if asks and found is not None else message.port
        self._count_on_socket(message, port or UNKNOWN, 0 if asks else 2, size)
        data = role == codes.ROLE_ANSWER and message.type >= framing.NLMSG_MIN_TYPE
        if data and found is not None and found.is_dump:
            self.transactions.add_part(found, size)

    def _count_error(self, message: Message, link: Link) -> bool:
        """Counts an error under the operation that it refuses; whether it is one."""
        error = message.error
        if error is None or error >= 0:
            return False
        found = link.transaction
        request = (None if found is None else found.request_of(link.of)) or message.echo
        name = linux.errno_name(-error) or str(-error)
        refused = None if request is None else operation(request)
        self.errors.row((name, refused))[0] += 1
        return True

    def _count_on_socket(self, message: Message, port: int, column: int, size: int) -> None:
        """Counts a message for the socket with this port, in `column` and the next one."""
        key = message.protocol, port
        row = self.sockets.row(key)
        if key in self.sockets.rows and self.owners.get(key) is None:
            self.owners[key] = owner(message, port)
        row[column] += 1
        row[column + 1] += size

    def _ended(self, end: _End) -> None:
        """Takes in what became of a transaction, if it counts."""
        if self._asked is None or end.found.id in self._asked:
            self.transactions.add(end)
