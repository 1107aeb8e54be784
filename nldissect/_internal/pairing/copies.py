"""Copies of multicast messages: one datagram that several sockets got.

Rules:
- the same bytes at the same place of a datagram, next in the capture (within COPY_NEXT) or not
  far from it (within COPY_NEAR and MAX_RECENT records), are a copy;
- where a trace names the socket that read them, what another socket read (within COPY_READ) is
  a copy, and what one socket reads twice was sent twice;
- where a time is not known, only what follows directly is a copy;
- each copy counts for the next one, so a row of them may last longer.
"""

from __future__ import annotations

from collections import deque
from typing import Final, final

from ..engine.message import Message
from ..wire.record import NO_TIME, Record
from .transaction import Link, time_of

COPY_NEXT: Final = 10_000_000  # ns between copies that follow each other
COPY_NEAR: Final = 1_000_000  # ns between copies with something else between them
COPY_READ: Final = 1_000_000_000  # ns in which sockets of a trace read theirs
MAX_RECENT: Final = 64  # datagrams that may yet be copied


@final
class Copies:
    """The datagrams of one network namespace that may yet be copied, at most MAX_RECENT."""

    __slots__ = ("read", "recent")

    def __init__(self) -> None:
        # by bytes (and offset in them, if any): the link of the first, the record of the last
        self.recent: dict[object, tuple[Link, Record]] = {}
        # of a trace, by protocol and the same: link, time, and the ports that read it
        self.read: dict[object, deque[tuple[Link, int, set[int]]]] = {}

    def first(self, message: Message, time: int) -> Link | None:
        """The link of what the message is a copy of, None when nothing like it went before."""
        record = message.record
        if record is None:
            return None
        key = _key(message, record)
        reader = _reader(record)
        if reader:
            for first, since, readers in self.read.get((record.protocol, key), ()):
                if reader not in readers and _between(since, time) <= COPY_READ:
                    readers.add(reader)
                    return first
        found = self.recent.get(key)
        if found is None:
            return None
        first, before = found
        if before is record or before.protocol != record.protocol or (reader and _reader(before)):
            return None
        records = record.number - before.number  # however many of them were looked at
        passed = _between(time_of(before), time)
        if records != 1 and (records > MAX_RECENT or not 0 <= passed <= COPY_NEAR):
            return None
        if passed > COPY_NEXT:
            return None
        self.recent[key] = (first, record)
        return first

    def remember(self, message: Message, link: Link) -> None:
        """Keeps a datagram for a while, since copies may follow."""
        record = message.record
        if record is None:
            return
        recent = self.recent
        key = _key(message, record)
        reader = _reader(record)
        if reader:
            read = self.read
            alike = read.pop((record.protocol, key), None)
            if alike is None:
                alike = deque(maxlen=MAX_RECENT)
                if len(read) >= MAX_RECENT:
                    del read[next(iter(read))]
            alike.append((link, time_of(record), {reader}))
            read[record.protocol, key] = alike
        if key in recent:
            del recent[key]
        elif len(recent) >= MAX_RECENT:
            del recent[next(iter(recent))]
        recent[key] = (link, record)


def _key(message: Message, record: Record) -> object:
    return (record.data, message.offset) if message.offset else record.data


def _reader(record: Record) -> int:
    """The port of the socket that read a record, where a trace tells it; else 0."""
    return 0 if record.socket is None else record.socket.port


def _between(since: int, time: int) -> int:
    """ns between two times, -1 where one is not known; clocks are set back, and captures joined."""
    return -1 if since == NO_TIME or time == NO_TIME else abs(time - since)
