"""What an index keeps of each record and each message: columns of numbers."""

from __future__ import annotations

from typing import NamedTuple, final

from librt.vecs import append, extend, vec
from mypy_extensions import i32, i64

from ..wire import framing
from ..wire.growth import roomier
from ..wire.record import NO_TIME, Record


class Origin(NamedTuple):
    """What many records have in common: netlink protocol, byte order, and their interface.

    That is a number which the index gave it.
    """

    protocol: int
    interface: int
    big: bool


@final
class RecordColumns:
    """By record, from 0: what finds it in the file again, and which messages are in it.

    `number` is that in the file, from 1; `position` where it starts there, in bytes; `first` the
    place of its first message. `time` is in nanoseconds, NO_TIME for none and for what does not
    fit: `moment` knows those too. `origin` tells the rest.
    """

    def __init__(self) -> None:
        self.time = vec[i64]()
        self.number = vec[i32]()
        self.position = vec[i64]()
        self.first = vec[i32]()
        self._origin = vec[i32]()
        self._origins: list[Origin] = []
        self._places: dict[tuple[int, int, bool], int] = {}  # of origins in the list
        self._room: i64 = 0
        self._odd_times: dict[int, int] = {}
        self._near: i64 = 0  # what was asked for last, which the next one is in or near

    def __len__(self) -> int:
        return len(self.number)

    def add(self, record: Record, interface: i64, first: i64) -> None:
        """One more record."""
        if len(self.number) == self._room:
            self._grow()
        if record.time_ns == NO_TIME and record.time is not None:
            self._odd_times[len(self.number)] = record.time
        self.time = append(self.time, record.time_ns)
        self.number = append(self.number, i32(record.number))
        self.position = append(self.position, i64(record.offset))
        self.first = append(self.first, i32(first))
        key = int(record.protocol), int(interface), record.big
        origin = self._places.get(key)
        if origin is None:
            origin = self._places[key] = len(self._origins)
            self._origins.append(Origin(*key))
        self._origin = append(self._origin, i32(origin))

    def _grow(self) -> None:
        """Makes more room; see `roomier`."""
        room = self._room = roomier(self._room)
        self.time = extend(vec[i64](capacity=room), self.time)
        self.number = extend(vec[i32](capacity=room), self.number)
        self.position = extend(vec[i64](capacity=room), self.position)
        self.first = extend(vec[i32](capacity=room), self.first)
        self._origin = extend(vec[i32](capacity=room), self._origin)

    def origin(self, at: i64) -> Origin:
        """Protocol, interface and byte order of a record."""
        return self._origins[self._origin[at]]

    def of(self, message: i64) -> i64:
        """The record that the message at this place is in."""
        first = self.first
        low, high = self._near, i64(len(first))
        if low >= high or i64(first[low]) > message:
            low = 0
        elif low + 1 == high or i64(first[low + 1]) > message:
            return low
        while high - low > 1:
            middle = (low + high) >> 1
            if i64(first[middle]) <= message:
                low = middle
            else:
                high = middle
        self._near = low
        return low

    def moment(self, at: int) -> int | None:
        """The time of a record in ns since the epoch, None for none."""
        found: int = self.time[at]
        return found if found != NO_TIME else self._odd_times.get(at)


@final
class MessageColumns:
    """By message, from 0: its nlmsghdr as captured."""

    def __init__(self) -> None:
        self.bare: dict[int, int] = {}  # lengths of what has no header
        self.doubtful: set[int] = set()  # whose header may be of a key of the one before
        self._headers = bytearray()
        self._frames = framing.Frames()

    def __len__(self) -> int:
        return len(self._headers) >> 4

    def add(self, record: Record) -> None:
        """All messages of a record."""
        data, frames = record.data, self._frames
        frames.begin(data, record.big, record.original_length, record.protocol)
        while frames.next():
            start, stop, state = frames.start, frames.stop, frames.state
            if state == framing.OK:
                self._headers += data[start : start + 16]
                continue
            wrong = state == framing.SHORT_LENGTH or state == framing.LONG_LENGTH
            if stop - start < 16 or (wrong and not start and record.protocol in framing.FREE_FORM):
                self.bare[len(self)] = int(stop - start)
                self._headers += bytes(16)
            else:
                if wrong and start > 0:
                    self.doubtful.add(len(self))
                self._headers += data[start : start + 16]

    def header(self, place: int, big: bool) -> tuple[int, int, int, int, int]:
        """Length, type (-1 where there is no header), flags, sequence number and port."""
        if place in self.bare:
            return self.bare[place], -1, 0, 0, 0
        length, kind, flags, sequence, port = framing.HEADER[big](self._headers, 16 * place)
        return length, kind, flags, sequence, port
