"""Counters and latencies for monitoring: they only grow, and have few labels whatever comes.

Of each table the first `LABEL_SETS` rows are kept, and one for all others. What has a number for a
name counts as `unknown`, so that nobody makes rows by inventing numbers. An error is counted under
the operation that it refuses; a transaction when it has ended, with the state that it has then.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from ..engine.message import Message
from ..engine.summary import operation_name
from ..pairing.codes import BATCH
from ..pairing.transaction import Link
from ..session.driver import MessageSink
from ..wire import framing, linux
from ..wire.record import Interface, Record
from ..wire.text import escaped
from .ended_transactions import EndedTransaction, EndedTransactions
from .histograms import Counts

LABEL_SETS: Final = 500
UNKNOWN: Final = "unknown"
# Upper bounds of latencies, in ns: 10 us, 25 us, 50 us... 10 s; what took longer is one more.
BUCKETS: Final[list[int]] = [
    step * 10**place for place in range(3, 9) for step in (10, 25, 50)
] + [10**10]  # fmt: skip
_LONGEST: Final = 64  # characters of a name

# (netlink protocol, generic family or "", operation)
Operation = tuple[str, str, str]


class Metrics(MessageSink):
    """The numbers of one capture or several; `finish` comes after each.

    `messages`: (Operation, role) to [messages, bytes]. `transactions`: (Operation, state) to
    [count]. `errors`: (Operation, errno constant) to [count]. `latencies`: Operation to [count of
    each of BUCKETS and of what took longer, sum in ns]. `lost` counts datagrams that the capture
    missed, `overrun` those that a traced program did.
    """

    def __init__(self) -> None:
        self.datagrams = 0
        self.lost = 0
        self.overrun = 0
        self.messages = Counts(2, LABEL_SETS)
        self.transactions = Counts(1, LABEL_SETS)
        self.errors = Counts(1, LABEL_SETS)
        self.latencies = Counts(len(BUCKETS) + 2, LABEL_SETS)
        self._ended = EndedTransactions()
        self._record: Record | None = None
        self._interface: Interface | None = None
        self._lost_here = 0  # on this interface, as its records tell

    def take(self, message: Message, link: Link) -> bool:
        """Takes in the next message."""
        record = message.record
        if record is not None and record is not self._record:
            self._record = record
            self._add_record(record)
        row = self.messages.row((_operation(message), link.role))
        row[0] += 1
        row[1] += message.limit - message.base
        self._add_error(message, link)
        for ended in self._ended.add(message, link):
            self._add_ended(ended)
        return True

    def finish(self) -> None:
        """The capture is at its end."""
        for ended in self._ended.finish():
            self._add_ended(ended)
        self._leave_interface()
        self._record = self._interface = None

    def _add_record(self, record: Record) -> None:
        """Counts a datagram, and what was lost before it."""
        self.datagrams += 1
        if record.interface is not self._interface:
            self._leave_interface()
            self._interface = record.interface
        if record.options is not None:
            self._lost_here += record.lost
            self._add_lost(record.interface, record.lost)

    def _leave_interface(self) -> None:
        """Counts what no record told of, but the interface's statistics."""
        place = self._interface
        if place is not None:
            self._add_lost(place, max((place.dropped or 0) - self._lost_here, 0))
        self._lost_here = 0

    def _add_lost(self, place: Interface, count: int) -> None:
        if place.traced:
            self.overrun += count
        else:
            self.lost += count

    def _add_error(self, message: Message, link: Link) -> None:
        error = message.error
        if error is None or error >= 0:
            return
        found = link.transaction
        refused = (None if found is None else found.request_of(link.of)) or message.echo
        of = _operation(message if refused is None else refused)
        self.errors.row((of, linux.errno_name(-error) or UNKNOWN))[0] += 1

    def _add_ended(self, ended: EndedTransaction) -> None:
        found = ended.found
        of = _operation(ended.asked)
        if ended.is_batch:
            of = (of[0], of[1], BATCH)
        self.transactions.row((of, found.state))[0] += 1
        latency = None if found.request is None else found.latency
        if latency is not None:
            row = self.latencies.row(of)
            row[bisect_left(BUCKETS, latency)] += 1
            row[-1] += latency


def _operation(message: Message) -> Operation:
    """What a message is counted as."""
    known = linux.NETLINK_PROTOCOL.get(int(message.protocol)) is not None
    protocol = linux.protocol_name(message.protocol) if known else UNKNOWN
    if not message.netlink:
        return protocol, "", "data"
    if message.protocol != framing.NETLINK_GENERIC:
        return protocol, "", _name(operation_name(message))
    if message.type < framing.NLMSG_MIN_TYPE:
        family = "" if message.family is None else _name(message.family)
        return protocol, family, _name(operation_name(message))
    named = message.operation is not None and message.operation.constant  # else: by its number
    return protocol, _name(message.family), _name(operation_name(message) if named else None)


def _name(name: str | None) -> str:
    return escaped(name)[:_LONGEST] if name else UNKNOWN
