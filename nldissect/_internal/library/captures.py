"""Captures as sequences of messages and of transactions, read from the file when asked for."""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final, overload

from ..pairing.transaction import Transaction
from ..spec.registry import registry
from ..wire.errors import CaptureError, UsageError
from ..wire.text import safe
from .index import Index
from .index_filter import IndexFilter
from .messages import Message
from .parameters import ByteOrder, Paths, check_byte_order

# Of a capture that grows: so many records at once, and so many seconds between two looks.
_RECORDS: Final = 256
_PAUSE: Final = 0.05


class Messages(Sequence[Message]):
    """Some messages of a capture, in order; each is read from the file when asked for.

    Indexing takes negative numbers, a slice gives another such sequence, and so does
    `filter`. The same message asked for again may be another object.
    """

    def __init__(
        self,
        capture: Capture,
        places: Sequence[int] | None,
        source: Messages | None = None,
        test: IndexFilter | None = None,
    ) -> None:
        self._capture = capture
        self._places = places
        self._source = source
        self._test = test

    def _each(self) -> Iterator[int]:
        """The places in the index, as they become known."""
        if self._places is not None:
            yield from self._places
        elif self._source is not None:
            for place in self._source._each():
                if self._test is None or self._test(place):
                    yield place

    def _all(self) -> Sequence[int]:
        """The places in the index."""
        if self._places is None:
            self._places = array("I", self._each())
        return self._places

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, at: int) -> Message: ...
    @overload
    def __getitem__(self, at: slice) -> Messages: ...
    def __getitem__(self, at: int | slice) -> Message | Messages:
        places = self._all()
        if isinstance(at, slice):
            return Messages(self._capture, places[at])
        try:
            place = places[at]
        except IndexError:
            raise IndexError(f"no message {at}: there are {len(places)}") from None
        return self._capture._message(place)

    def __iter__(self) -> Iterator[Message]:
        for place in self._each():
            yield self._capture._message(place)

    def filter(self, text: str) -> Messages:
        """Those that a display filter (docs/filter.md) matches, looked for when needed."""
        return Messages(self._capture, None, self, self._capture._compile(text))

    def __repr__(self) -> str:
        return safe(f"<{type(self).__name__} of {self._capture.path}>")


class Capture(Messages):
    """The messages of a capture file or stream; see `open`. A context manager."""

    def __init__(self, index: Index, filter: str | None = None) -> None:
        super().__init__(self, None)
        self._index = index
        if filter is not None:
            self._test = self._compile(filter)

    def __enter__(self) -> Capture:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def state(self, at: int | str | None = None) -> dict[str, Any]:
        """The links, addresses, routes... that the capture implies after message `at`.

        `at` may be a time ("2026-11-21 13:00:05") or a span since the first message ("2.5s") too;
        None is the end. What is returned is what `nldissect state -T json` writes. Raises
        UsageError for what is no moment, CaptureError for a capture that cannot be read.
        """
        from .states import state

        return state(self._index, at)

    def close(self) -> None:
        """Closes the file; messages that were given out stay usable."""
        self._index.close()

    @property
    def path(self) -> str:
        """The name that it was opened by."""
        return self._index.path

    @property
    def failure(self) -> CaptureError | None:
        """Why reading ended early, None when it did not; iterating raises it at the end."""
        self._read()
        return self._index.failure

    @property
    def skipped(self) -> dict[int, int]:
        """How many records were no netlink, by link type."""
        self._read()
        return dict(self._index.skipped)

    @property
    def transactions(self) -> Transactions:
        """The conversations: requests with all that came back, in order of their start."""
        self._read()
        return Transactions(self._index)

    def messages_of(self, transaction: Transaction) -> Messages:
        """The request and everything that belongs to it: answers, and notifications it caused."""
        self._read()
        column = self._index.links.transaction
        start = self._index.place(transaction.number or 1)
        found = (at for at in range(start, len(column) - 1) if column[at + 1] == transaction.id)
        return Messages(self, array("I", found))

    def settle(self) -> None:
        """Of a capture opened with `follow`: it grows no more."""
        self._index.settle()

    def __iter__(self) -> Iterator[Message]:
        yield from super().__iter__()
        if self._index.failure is not None:
            raise self._index.failure

    def _each(self) -> Iterator[int]:
        test = self._test
        for place in self._growing():
            if test is None or test(place):
                yield place

    def _growing(self) -> Iterator[int]:
        index = self._index
        place = 0
        while True:
            # Of what is all there, nothing is shown before all of it taught.
            done = index.complete or index.extend(count=_RECORDS if index.grows else None)
            while place < index.paired:
                yield place
                place += 1
            if index.complete:
                return
            if done:
                self._wait()

    def _read(self) -> None:
        while not self._index.complete:
            if self._index.extend() and not self._index.complete:
                self._wait()

    def _wait(self) -> None:
        """More may come."""
        time.sleep(_PAUSE)

    def _all(self) -> Sequence[int]:
        if self._places is None and self._test is None:
            self._read()
            self._places = range(len(self._index))
        return super()._all()

    def _message(self, place: int) -> Message:
        found = self._index.message(place)
        if found.link is None:
            found.link = self._index.link(place)
        return found

    def _compile(self, text: str) -> IndexFilter:
        from ..filter import Filter

        return IndexFilter(self._index, Filter(text, self._index.session.registry))


class Transactions(Sequence[Transaction]):
    """The transactions of a capture, in order of their start."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def __len__(self) -> int:
        return self._index.transactions

    @overload
    def __getitem__(self, at: int) -> Transaction: ...
    @overload
    def __getitem__(self, at: slice) -> list[Transaction]: ...
    def __getitem__(self, at: int | slice) -> Transaction | list[Transaction]:
        ids = range(1, len(self) + 1)
        if isinstance(at, slice):
            return [self._index.transaction(number) for number in ids[at]]
        return self._index.transaction(ids[at])


def open(
    path: Paths | BinaryIO,
    *,
    filter: str | None = None,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
    follow: bool = False,
) -> Capture:
    """The messages of a capture: pcap or pcapng, plain or compressed; `-` is standard input.

    A binary stream may be given too. With `filter` (docs/filter.md) only what it matches.
    `byte_order` overrides what the bytes say; `dissectors`, `specs` and `decode_as` are
    those of the command. With `follow`, iterating waits for what is appended to the file.
    Raises CaptureError for what cannot be read, FilterError for a wrong filter.
    """
    check_byte_order(byte_order)
    known = registry(dissectors, specs, decode_as)
    if isinstance(path, (str, bytes, os.PathLike)):
        index = Index(os.fsdecode(path), known, byte_order, follow=follow)
    elif not hasattr(path, "read"):
        raise UsageError(f"{path!r} is neither a path nor a stream")
    else:
        name = str(getattr(path, "name", "stream"))
        index = Index(name, known, byte_order, stream=path)
    try:
        return Capture(index, filter)
    except UsageError:
        index.close()
        raise
