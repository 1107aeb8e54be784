"""The arrows of a capture's sequence diagram and their lanes, found by the index's columns."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from time import process_time

from ..analysis import flow, link_text, message_text
from ..analysis.flow import Arrow, Diagram, Lane
from ..pairing import codes
from ..wire import framing
from .index import Index

SLICE = 256  # rows between looks at the clock


class FlowFinder:
    """The lines of a sequence diagram over `rows` of an index, an arrow each.

    Parts of a dump that follow each other are one line, unless that was unfolded. `limit` tells
    up to which row pairing has been, and the rows are those that they will stay. `sockets` are
    the lanes of processes (`by_socket`: of sockets), `families` those of the kernel, both in the
    order in which they are found. Nothing is read before `step`, and of most rows nothing but
    numbers. The search goes from the row at `start` both ways; `added` counts the lines that
    have come in front of others.
    """

    def __init__(
        self,
        index: Index,
        rows: Sequence[int],
        limit: Callable[[], int],
        by_socket: bool = False,
        folds: bool = True,
        start: int = 0,
    ) -> None:
        self.by_socket = by_socket
        self.folds = folds
        self.sockets: list[Lane] = []
        self.families: list[Lane] = []
        self._index = index
        self._rows = rows
        self._limit = limit
        self.added = 0
        self._begin = start  # the place in rows before which none was looked at
        self._next = start  # and the one that is looked at next
        self._first = array("I")  # by line: the place of its first row
        self._socket_at = array("I")
        self._family_at = array("I")
        self._errors = array("I")  # places where something was refused
        self._known: dict[tuple[int, int, int], int] = {}  # interface, protocol, port to lane
        self._known_family: dict[tuple[int, int], int] = {}  # protocol, type of generic family
        self._places: tuple[dict[Lane, int], dict[Lane, int]] = ({}, {})
        self._part: tuple[int, int] = (0, 0)  # transaction and type of the dump's part before
        self._open: list[int] = []  # places of requests whose sockets answers may tell yet
        self._traced: bool | None = None  # whether each record tells whose socket it was of

    def __len__(self) -> int:
        return len(self._first)

    # -- finding ------------------------------------------------------------------------

    def step(self, seconds: float | None = None) -> bool:
        """Goes on for about so much CPU time, without it to the end; True when none is left."""
        end = None if seconds is None else process_time() + seconds
        self._settle()
        more = True
        while more or self._begin:
            more = self._after()
            self._before()
            if end is not None and process_time() >= end:
                break
        return not more and not self._begin

    @property
    def done(self) -> range:
        """The places of the rows that were looked at."""
        return range(self._begin, self._next)

    def _after(self) -> bool:
        """Looks at a slice of rows behind those; whether more are left by now."""
        rows, limit = self._rows, self._limit()
        for place in range(self._next, min(self._next + SLICE, len(rows))):
            if rows[place] >= limit:
                return False
            self._take(place, rows[place])
            self._next += 1
        return self._next < len(rows)

    def _before(self) -> None:
        """Looks at a slice of rows in front of those."""
        stop = self._begin
        if not stop or self._next == stop:
            return
        behind = self._first, self._socket_at, self._family_at, self._errors
        self._first, self._socket_at, self._family_at, self._errors = (
            array("I"),
            array("I"),
            array("I"),
            array("I"),
        )
        last, self._part = self._part, (0, 0)
        self._begin = max(stop - SLICE, 0)
        for place in range(self._begin, stop):
            self._take(place, self._rows[place])
        joined = self.folds and self._part[0] and self._part == self._part_of(self._rows[stop])
        for column in behind[:3]:
            if joined:  # the dump goes on
                del column[0]
        self.added += len(self._first) - bool(joined)
        self._first += behind[0]
        self._socket_at += behind[1]
        self._family_at += behind[2]
        self._errors += behind[3]
        self._part = last

    def _settle(self) -> None:
        """Looks again whose the requests are that were answered meanwhile."""
        waiting, self._open = self._open, []
        for place in waiting:
            line = self.line(place)
            row = self._rows[place]
            if self.open(line):
                self._open.append(place)
            else:
                self._socket_at[line] = self._of_process(row)

    def _take(self, place: int, row: int) -> None:
        """One more row: a line, or a part of the dump that the last line is."""
        index, links = self._index, self._index.links
        records = index.records
        at = int(records.of(row))
        header = index.messages.header(row, records.origin(at).big)
        role, owner = int(links.role[row + 1]), int(links.transaction[row + 1])
        part = (0, 0)
        if role == codes.ROLE_ANSWER and owner and header[1] >= framing.NLMSG_MIN_TYPE:
            part = owner, header[1]
            if self.folds and part == self._part:
                return
        self._part = part
        if header[1] == framing.NLMSG_ERROR and owner and links.transactions.error[owner]:
            self._errors.append(place)
        self._first.append(place)
        port = 0 if row in index.messages.doubtful else header[4]
        self._socket_at.append(self._socket(place, row, at, role, owner, port))
        self._family_at.append(self._family(row, at, header[1]))

    def _socket(self, place: int, row: int, at: int, role: int, owner: int, port: int) -> int:
        """The lane of whose socket a message is."""
        index = self._index
        if self._traced is None:
            record = index.message(row).record
            self._traced = record is not None and record.socket is not None
        if self._traced:
            return self._of_process(row)
        if role == codes.ROLE_NOTIFICATION or role == codes.ROLE_COPY:
            return self._lane(0, flow.LISTENERS)
        if owner:
            table = index.links.transactions
            open_one = table.open.get(owner)
            answered = int(table.port[owner] if open_one is None else open_one.port)
            port = answered if answered > 0 else port
        if port <= 0:
            if self._waits(owner):
                self._open.append(place)
            return self._of_process(row)
        origin = index.records.origin(at)
        key = origin.interface, origin.protocol, port
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._of_process(row, port)
        return found

    def _of_process(self, row: int, port: int = 0) -> int:
        """The same by reading the message."""
        message, link = self._index.message(row), self._index.link(row)
        process = link_text.process(message, link)
        asked = None if link is None else link.transaction
        port = port or (int(asked.port) if asked is not None and asked.port > 0 else message.port)
        if self.by_socket:
            if message.record is not None and message.record.socket is not None:
                port = message.record.socket.port or port
            return self._lane(0, flow.socket_lane(process, port, message_text.protocol(message)))
        return self._lane(0, flow.process_lane(process, port))

    def _family(self, row: int, at: int, type_: int) -> int:
        """The lane of the kernel's family that a message is of."""
        index = self._index
        protocol = index.records.origin(at).protocol
        asked = row
        if type_ < framing.NLMSG_MIN_TYPE and protocol == framing.NETLINK_GENERIC:
            asked = int(index.links.of[row + 1]) - 1
            if asked < 0:  # what it answers is not there: it may have an echo of it
                return self._lane(1, flow.family_lane(index.message(row), index.link(row)))
            type_ = index.header(asked)[1]
        key = protocol, type_ if protocol == framing.NETLINK_GENERIC else 0
        found = self._known_family.get(key)
        if found is None:
            lane = flow.family_lane(index.message(asked), index.link(asked))
            found = self._known_family[key] = self._lane(1, lane)
        return found

    def _lane(self, side: int, lane: Lane) -> int:
        """The place of a lane among the sockets (0) or the families (1)."""
        places = self._places[side]
        found = places.get(lane)
        if found is None:
            found = places[lane] = len(places)
            (self.families if side else self.sockets).append(lane)
        return found

    # -- lines --------------------------------------------------------------------------

    def row(self, line: int) -> int:
        """The row of a line's first message."""
        return self._rows[self._first[line]]

    def place(self, line: int) -> int:
        """The place of a line's first message in the rows."""
        return self._first[line]

    def socket(self, line: int) -> int:
        """The place of a line's lane among `sockets`."""
        return self._socket_at[line]

    def line(self, place: int) -> int:
        """The line that the row at this place of the rows is in; -1 before any."""
        return bisect_right(self._first, place) - 1

    def open(self, line: int) -> bool:
        """Whether more of its transaction may come, which changes what its arrow says."""
        return self._waits(int(self._index.links.transaction[self.row(line) + 1]))

    def _waits(self, transaction: int) -> bool:
        return transaction in self._index.links.transactions.open

    def error(self, line: int, step: int) -> int:
        """The line of the next (1) or previous (-1) message that refuses something; -1: none."""
        errors, at = self._errors, self._first[line]
        place = bisect_right(errors, at) if step > 0 else bisect_left(errors, at) - 1
        while 0 <= place < len(errors):
            error = self._index.message(self._rows[errors[place]]).error
            if error is not None and error < 0:  # others of its batch may be accepted
                return self.line(errors[place])
            place += step
        return -1

    def _end(self, line: int) -> int:
        """The place behind a line's last row."""
        return self._first[line + 1] if line + 1 < len(self._first) else self._next

    def fold(self, line: int) -> int:
        """Unfolds a dump, or folds it again; returns its first line, -1 where there is none."""
        first = self._first
        if self._end(line) - first[line] > 1:
            count = self._end(line) - first[line]
            self._replace(line, line + 1, array("I", range(first[line], first[line] + count)))
            return line
        part = self._part_of(self.row(line))
        start, stop = line, line + 1
        while part[0] and start and self._part_of(self.row(start - 1)) == part:
            start -= 1
        while part[0] and stop < len(first) and self._part_of(self.row(stop)) == part:
            stop += 1
        if stop - start < 2:
            return -1
        self._replace(start, stop, first[start : start + 1])
        return start

    def _replace(self, start: int, stop: int, places: array[int]) -> None:
        """Other lines between the same lanes in place of these."""
        self._first[start:stop] = places
        for column in (self._socket_at, self._family_at):
            column[start:stop] = array("I", [column[start]]) * len(places)

    def _part_of(self, row: int) -> tuple[int, int]:
        """Transaction and type where a row is a part of a dump, (0, 0) where it is none."""
        links, type_ = self._index.links, self._index.header(row)[1]
        if links.role[row + 1] != codes.ROLE_ANSWER or type_ < framing.NLMSG_MIN_TYPE:
            return 0, 0
        return int(links.transaction[row + 1]), type_

    def number(self, line: int) -> int:
        """The number of a line's first message."""
        return self._index.number(self.row(line))

    def arrow(self, line: int) -> Arrow:
        """What a line shows; raises CaptureError when the file is no longer what it was."""
        index = self._index
        row, count = self.row(line), self._end(line) - self._first[line]
        last = self._rows[self._end(line) - 1]
        message, link = index.message(row), index.link(row)
        latency = None
        if link is not None and link.role_code == codes.ROLE_ANSWER:
            until = index.message(last) if count > 1 else message
            latency = link_text.latency(until, link)
        return Arrow(
            row,
            count,
            self._socket_at[line],
            self._family_at[line],
            message.to_kernel,
            flow.kind_of(message, link),
            flow.words(message, link, index.number(last), latency, count),
            index.moment(row),
        )

    def diagram(self, title: str, limit: int, time: Callable[[Arrow], str]) -> Diagram:
        """The first `limit` lines (0: all) with their times and those lanes that they have."""
        count = min(limit, len(self)) if limit else len(self)
        sockets: dict[int, int] = {}
        families: dict[int, int] = {}
        arrows = []
        for line in range(count):
            arrow = self.arrow(line)
            moved = arrow._replace(
                socket=sockets.setdefault(arrow.socket, len(sockets)),
                family=families.setdefault(arrow.family, len(families)),
            )
            arrows.append((moved, time(arrow)))
        return Diagram(
            title,
            [self.sockets[at] for at in sockets],
            [self.families[at] for at in families],
            arrows,
            len(self) - count,
        )
