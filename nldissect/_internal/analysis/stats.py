"""What a capture holds, in numbers: counts, errors, latencies, rates, the largest of each.

Memory does not grow with the capture. Counts have at most `ROWS` rows a table
(what comes after is one row more, `OTHERS`). Latencies are kept per operation
in log-spaced buckets, 32 to an octave, so that percentiles are within 1.6 %
(the greatest is exact). Rates have at most `BINS` equal bins, which double
their width when the time they cover grows. Of dumps the largest `keep` are
kept.

Rules: a request goes to the kernel, all else comes from it, as pairing says
(some of the kernel's messages bear NLM_F_REQUEST). A request is counted for
the port that its answer went to, or else the one it bears. An error is
counted under the operation that it refuses.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Final

from mypy_extensions import i64

from ..engine.message import Message
from ..engine.summary import operation_name, summarize
from ..pairing import codes
from ..pairing.conversation import Conversations
from ..pairing.transaction import Link, Transaction
from ..session.driver import MessageSink
from ..session.multicast import group_of
from ..session.process import Process, owner
from ..wire import framing, linux
from ..wire.record import Interface, Record

ROWS: Final = 10_000
# Options of a Section Header Block (draft-ietf-opsawg-pcapng)
_ORIGIN: Final = {1: "comment", 2: "hardware", 3: "os", 4: "program"}
OTHERS: Final = "(others)"
BINS: Final = 1024
UNKNOWN: Final = -1  # a port that nobody told
MULTICAST: Final = -2  # instead of a port: whoever listens

_FIRST_WIDTH: Final = 1 << 20  # ns
_HELD: Final = 4096  # transactions that may yet end
_OCTAVE: Final = 5  # 32 buckets

# (netlink protocol, generic family or None, operation)
Operation = tuple[str, str | None, str]


class Counts:
    """Rows of sums by key, at most `ROWS` of them and one for all others."""

    __slots__ = ("columns", "others", "rows")

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.rows: dict[Any, list[int]] = {}
        self.others = [0] * columns

    def row(self, key: Any) -> list[int]:
        """The sums of `key`, to be added to."""
        found = self.rows.get(key)
        if found is None:
            if len(self.rows) >= ROWS:
                return self.others
            found = self.rows[key] = [0] * self.columns
        return found


class Latencies:
    """A histogram of durations in ns: log-spaced buckets, and the exact extremes."""

    __slots__ = ("buckets", "count", "greatest", "least")

    def __init__(self) -> None:
        self.buckets: dict[int, int] = {}
        self.count = 0
        self.least = 0
        self.greatest = 0

    def add(self, value: int) -> None:
        """Takes in one duration; a negative one (a clock that was set back) counts as 0."""
        value = max(value, 0)
        shift = max(value.bit_length() - _OCTAVE - 1, 0)
        place = (shift << _OCTAVE) + (value >> shift)
        self.buckets[place] = self.buckets.get(place, 0) + 1
        self.least = value if not self.count else min(self.least, value)
        self.greatest = max(self.greatest, value)
        self.count += 1

    def percentile(self, percent: float) -> int | None:
        """The least duration that so many percent do not exceed (nearest rank); None if empty."""
        if not self.count:
            return None
        rank = max(-int(-percent * self.count // 100), 1)
        if rank >= self.count:
            return self.greatest
        for place in sorted(self.buckets):
            rank -= self.buckets[place]
            if rank <= 0:
                break
        shift = max((place >> _OCTAVE) - 1, 0)
        middle = (place - (shift << _OCTAVE) << shift) + (1 << shift >> 1)
        return min(max(middle, self.least), self.greatest)


class Rates:
    """Messages and errors over time, in bins of equal width (ns)."""

    __slots__ = ("bins", "first", "last", "width")

    def __init__(self) -> None:
        self.width = _FIRST_WIDTH
        self.bins: dict[int, list[int]] = {}  # by time // width
        self.first: int | None = None
        self.last: int | None = None

    def add(self, time: int, error: bool) -> None:
        """Takes in one message of this time (ns since the epoch)."""
        if self.first is None or self.last is None:
            self.first = self.last = time
        elif time < self.first:
            self.first = time
        elif time > self.last:
            self.last = time
        while self.last // self.width - self.first // self.width >= BINS:
            self._double()
        found = self.bins.setdefault(time // self.width, [0, 0])
        found[0] += 1
        found[1] += error

    def _double(self) -> None:
        self.width *= 2
        bins, self.bins = self.bins, {}
        for place, (count, errors) in bins.items():
            found = self.bins.setdefault(place >> 1, [0, 0])
            found[0] += count
            found[1] += errors

    def columns(self, wanted: int) -> tuple[int, list[tuple[float, float]]]:
        """Width (ns) and (messages, errors) of at most so many bins from the first on.

        A bin that two columns share is split between them.
        """
        if self.first is None or self.last is None:
            return self.width, []
        origin = self.first // self.width * self.width
        span = self.last // self.width * self.width + self.width - origin
        number = min(wanted, span // self.width)
        wide = -(-span // number)
        out = [[0.0, 0.0] for _ in range(number)]
        for place, (count, errors) in self.bins.items():
            start = place * self.width - origin
            end = start + self.width
            column = start // wide
            while start < end and column < number:
                stop = min(end, (column + 1) * wide)
                share = (stop - start) / self.width
                out[column][0] += count * share
                out[column][1] += errors * share
                start = stop
                column += 1
        return wide, [(count, errors) for count, errors in out]


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


class Statistics(MessageSink):
    """The numbers of one capture or several; `begin` comes before each, `finish` after it.

    `operations`: Operation to [to the kernel, from the kernel, bytes].
    `errors`: (errno constant, Operation) to [count]. `sockets`: (protocol,
    port or UNKNOWN or MULTICAST) to [to the kernel, bytes, from the kernel, bytes],
    `owners` to whose the port is where that is known. `origins` has what pcapng files
    tell of the host, program and interface that they were recorded with.
    `groups`: (protocol, group or None) to [notifications, deliveries]; each
    notification is delivered once and once more for each copy. `roles` and
    `states` count messages and transactions by the words of `transaction`.
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
        self.states: dict[str, int] = {}
        self.latencies: dict[Operation, Latencies] = {}
        self.rates = Rates()
        self._keep = keep
        self._dumps: list[tuple[int, int, int, Dump]] = []
        self.origins: list[dict[str, str]] = []
        self._interface: Interface | None = None  # met last
        self._serial = 0
        self._sizes: dict[int, int] = {}  # of dumps under way, by transaction
        self._pairs = Conversations()
        self._ends: deque[_End] = deque()  # before all of their messages were taken
        self._record: Record | None = None  # taken in last
        self._asked: dict[int, None] | None = None  # transactions that count; None: all
        self._late: dict[int, tuple[str, bool]] = {}  # may end again: state, measured

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
        self._ends.append(_End(found, self._pairs.number))

    def finish(self) -> None:
        """The capture is at its end."""
        while self._ends:
            self._ended(self._ends.popleft())
        self._sizes.clear()
        self._late.clear()

    def take(self, message: Message, link: Link) -> bool:
        """Takes in the next message, and what ended with it or before."""
        number: i64 = message.number
        ends = self._ends
        while ends and ends[0].at <= number:
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

    @property
    def dumps(self) -> list[Dump]:
        """The largest dumps, by parts."""
        return [dump for *_, dump in sorted(self._dumps, key=lambda d: (-d[0], -d[1], -d[2]))]

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
        role, size = link.role_code, message.limit - message.base
        asks = role == codes.ROLE_REQUEST
        self.messages += 1
        self.bytes += size
        self.roles[link.role] = self.roles.get(link.role, 0) + 1
        row = self.operations.row(operation(message))
        row[0 if asks else 1] += 1
        row[2] += size
        error = message.error
        failed = error is not None and error < 0
        found = link.transaction
        if error is not None and error < 0:
            request = (None if found is None else found.question(link.of)) or message.echo
            name = linux.errno_name(-error) or str(-error)
            refused = None if request is None else operation(request)
            self.errors.row((name, refused))[0] += 1
        record = message.record
        if record is not None and record.time is not None:
            self.rates.add(record.time, failed)
        if role == codes.ROLE_NOTIFICATION or role == codes.ROLE_COPY:
            self._socket(message, MULTICAST, 2, size)
            protocol = linux.protocol_name(message.protocol)
            heard = self.groups.row((protocol, group_of(message)))
            heard[0] += role == codes.ROLE_NOTIFICATION
            heard[1] += 1
            return
        port = message.port
        if asks and found is not None:
            port = found.socket_port
        self._socket(message, port or UNKNOWN, 0 if asks else 2, size)
        data = role == codes.ROLE_ANSWER and message.type >= framing.NLMSG_MIN_TYPE
        if data and found is not None and found.kind_code == codes.KIND_DUMP:
            self._sizes[found.id] = self._sizes.get(found.id, 0) + size

    def _socket(self, message: Message, port: int, column: int, size: int) -> None:
        key = message.protocol, port
        row = self.sockets.row(key)
        if key in self.sockets.rows and self.owners.get(key) is None:
            self.owners[key] = owner(message, port)
        row[column] += 1
        row[column + 1] += size

    def _ended(self, end: _End) -> None:
        found = end.found
        if self._asked is not None and found.id not in self._asked:
            return
        before: tuple[str, bool] | None = None
        request = found.request
        latency = end.latency
        if found.kind_code in (codes.KIND_BATCH, codes.KIND_SILENT):
            before = self._late.pop(found.id, None)
            measured = latency is not None or (before is not None and before[1])
            self._late[found.id] = (end.state, measured)
            if len(self._late) > _HELD:
                del self._late[next(iter(self._late))]
        if before is not None:
            self.states[before[0]] -= 1
        self.states[end.state] = self.states.get(end.state, 0) + 1
        if request is not None and latency is not None and not (before and before[1]):
            what = operation(request)
            kept = self.latencies.get(what)
            if kept is None and len(self.latencies) < ROWS:
                kept = self.latencies[what] = Latencies()
            if kept is not None:
                kept.add(latency)
        if found.kind_code == codes.KIND_DUMP:
            self._serial += 1
            size = self._sizes.pop(found.id, 0)
            rank = (end.parts, size, -self._serial)
            if len(self._dumps) < self._keep:
                heapq.heappush(self._dumps, (*rank, Dump(end, size)))
            elif self._dumps and rank > self._dumps[0][:3]:
                heapq.heapreplace(self._dumps, (*rank, Dump(end, size)))


def operation(message: Message) -> Operation:
    """What a message is counted as: protocol, generic family, operation (`type 77` if unknown)."""
    protocol = linux.protocol_name(message.protocol)
    if not message.netlink:
        return protocol, None, "data"
    family = None
    generic = message.protocol == framing.NETLINK_GENERIC and message.type >= framing.NLMSG_MIN_TYPE
    if generic:
        family = message.family or f"family {message.type}"
    name = operation_name(message)
    if name is None:
        command = generic and message.command >= 0
        name = f"command {message.command}" if command else f"type {message.type}"
    return protocol, family, name


# -- tables: what is shown and what goes into JSON ------------------------------


def _ranked(counts: Counts, weigh: tuple[int, ...]) -> Iterator[tuple[Any, list[int]]]:
    """Rows by the sum of these columns, the greatest first; others last."""
    rows = sorted(counts.rows.items(), key=lambda r: (-sum(r[1][c] for c in weigh), str(r[0])))
    yield from rows
    if any(counts.others):
        yield None, counts.others


def _merged(
    rows: Iterable[tuple[Any, list[int]]], weigh: tuple[int, ...] = (0, 1)
) -> list[tuple[Any, list[int]]]:
    """Rows of equal key added up, in order of these columns' sum."""
    out = Counts(0)
    for key, sums in rows:
        before = out.rows.get(key, [0] * len(sums))
        out.rows[key] = [one + more for one, more in zip(before, sums, strict=True)]
    return list(_ranked(out, weigh))


def _traffic(sums: list[int]) -> dict[str, Any]:
    to, back, size = sums
    return {"messages": to + back, "to_kernel": to, "from_kernel": back, "bytes": size}


def _named(what: Operation | None) -> dict[str, Any]:
    protocol, family, name = what or (None, None, None)
    return {"protocol": protocol, "family": family, "operation": name}


def document(stats: Statistics, top: int | None = None) -> dict[str, Any]:
    """All of it as JSON-ready data, each list its greatest first and at most `top` long.

    docs/stats-and-diff.md describes every key. Times are in ns.
    """
    operations = list(_ranked(stats.operations, (0, 1)))
    by_protocol = _merged((k[0] if k else OTHERS, v) for k, v in operations)
    by_family = _merged((k[1], v) for k, v in operations if k and k[1] is not None)
    rates = stats.rates
    return {
        "messages": stats.messages,
        "records": stats.records,
        "bytes": stats.bytes,
        "recorded": stats.origins[:top],
        "first": rates.first,
        "last": rates.last,
        "roles": dict(stats.roles),
        "transactions": {state: n for state, n in stats.states.items() if n},
        "protocols": [{"protocol": k, **_traffic(v)} for k, v in by_protocol[:top]],
        "families": [{"family": k, **_traffic(v)} for k, v in by_family[:top]],
        "operations": [
            {**(_named(k) if k else _named((OTHERS, None, OTHERS))), **_traffic(v)}
            for k, v in operations[:top]
        ],
        "processes": _processes(stats)[:top],
        "sockets": _sockets(stats)[:top],
        "errors": [
            {"errno": k[0] if k else OTHERS, **_named(k[1] if k else None), "count": v[0]}
            for k, v in list(_ranked(stats.errors, (0,)))[:top]
        ],
        "latencies": _latencies(stats)[:top],
        "dumps": [_dump(dump) for dump in stats.dumps[:top]],
        "groups": [
            {
                "protocol": k[0] if k else None,
                "group": k[1] if k else OTHERS,
                "notifications": v[0],
                "deliveries": v[1],
            }
            for k, v in list(_ranked(stats.groups, (1,)))[:top]
        ],
        "rates": {
            "width": rates.width,
            "bins": [
                {"start": place * rates.width, "messages": count, "errors": errors}
                for place, (count, errors) in sorted(rates.bins.items())
            ],
        },
    }


def _exchanged(sums: list[int]) -> dict[str, Any]:
    return {
        "messages": sums[0] + sums[2],
        "bytes": sums[1] + sums[3],
        "to_kernel": sums[0],
        "to_kernel_bytes": sums[1],
        "from_kernel": sums[2],
        "from_kernel_bytes": sums[3],
    }


def _sockets(stats: Statistics) -> list[dict[str, Any]]:
    """By port; what went to listeners or nobody knows whom is not a socket."""
    out = []
    for key, sums in _ranked(stats.sockets, (0, 2)):
        if key is None or key[1] >= 0:
            protocol = OTHERS if key is None else linux.protocol_name(key[0])
            port = None if key is None else key[1]
            out.append({"protocol": protocol, "port": port, **_exchanged(sums)})
    return out


def _processes(stats: Statistics) -> list[dict[str, Any]]:
    """Messages by process, by port where that is not known; multicast is a row of its own."""
    rows: list[tuple[tuple[Any, ...], list[int]]] = []
    for key, sums in _ranked(stats.sockets, (0, 2)):
        protocol, port = (0, UNKNOWN) if key is None else key
        process = stats.owners.get((protocol, port))
        if process is not None and process.pid is not None:
            rows.append(((process.pid, process.name, process.hint, None), sums))
        else:
            rows.append(((None, None, False, port), sums))
    return [
        {
            "kind": "process" if pid is not None else _KINDS.get(port, "port"),
            "pid": pid,
            "name": name,
            "hint": hint,
            "port": port if port is not None and port >= 0 else None,
            **_exchanged(sums),
        }
        for (pid, name, hint, port), sums in _merged(rows, (0, 2))
    ]


_KINDS: Final = {UNKNOWN: "unknown", MULTICAST: "multicast"}


def _latencies(stats: Statistics) -> list[dict[str, Any]]:
    rows = sorted(stats.latencies.items(), key=lambda r: (-r[1].count, str(r[0])))
    return [
        {
            **_named(what),
            "count": found.count,
            "p50": found.percentile(50),
            "p90": found.percentile(90),
            "p99": found.percentile(99),
            "max": found.greatest,
        }
        for what, found in rows
    ]


def _dump(dump: Dump) -> dict[str, Any]:
    return {
        "message": dump.number or None,
        **_named(dump.what),
        "asked": dump.asked,
        "parts": dump.parts,
        "bytes": dump.bytes,
        "latency": dump.latency,
        "port": dump.port if dump.port >= 0 else None,
        "state": dump.state,
    }
