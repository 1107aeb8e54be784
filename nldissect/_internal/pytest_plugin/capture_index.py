"""The messages that a test sees of a capture, by their place in it, and their transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..library.index import Index
from ..pairing.codes import ANSWER, COPY, NOTIFICATION, REQUEST
from ..pairing.transaction import Transaction
from ..spec.registry import Registry
from .marker import Marker
from .matching import MESSAGE_FIELDS, Seen

if TYPE_CHECKING:
    from ..filter import Filter


class CaptureIndex:
    """The messages of a capture by their place in its `Index`; copies are left out.

    So is what the recording program asked for itself. `began` is when the capture
    did, in ns since the epoch; `live` whether more messages may come, `lost` how many
    datagrams were lost.
    """

    def __init__(
        self, index: Index, began: int | None = None, marker: Marker | None = None
    ) -> None:
        self.index = index
        self.began = began
        self.live = marker is not None
        self.lost = 0
        self.marker = marker
        self._places: list[int] = []
        self._of: dict[int, list[int]] = {}
        self._known = 0

    def places(self) -> list[int]:
        """Where the messages stand that there are now."""
        index = self.index
        index.extend()
        for place in range(self._known, index.paired):
            link = index.link(place)
            if link is None or link.role == COPY or index.own(place):
                continue
            self._places.append(place)
            if link.transaction is not None:
                self._of.setdefault(link.transaction.id, []).append(place)
        self._known = index.paired
        if self.began is None and len(index):
            self.began = index.moment(0)
        return self._places

    def catch_up(self) -> bool:
        """Takes in all that was said up to now; False if the capture does not come so far."""
        return not self.live or self.marker is None or self.marker.reach(self.index)

    def seen(self, place: int) -> Seen:
        """The message at a place."""
        link = self.index.link(place)
        assert link is not None
        return Seen(self.index.message(place), link)

    def exchange(self, transaction: Transaction) -> Exchange:
        """A transaction with its messages."""
        self.places()
        return Exchange(self, transaction, self._of.get(transaction.id, []))

    def exchanges(self, places: Sequence[int]) -> list[Exchange]:
        """The transactions that these messages belong to."""
        wanted = set(places)
        self.places()
        return [
            Exchange(self, self.index.transaction(number), members)
            for number, members in sorted(self._of.items())
            if not wanted.isdisjoint(members)
        ]


class Exchange:
    """A request with all that came back for it.

    `state` says what became of it: `answered`, `failed`, `unanswered`...
    """

    def __init__(self, source: CaptureIndex, transaction: Transaction, places: list[int]) -> None:
        self.transaction = transaction
        self._source = source
        self._places = places

    def _messages(self, role: str) -> list[Seen]:
        found = map(self._source.seen, self._places)
        return [seen for seen in found if seen.role == role]

    @property
    def request(self) -> Seen | None:
        """The request, of a batch its first message; None when it was not captured."""
        return next(iter(self._messages(REQUEST)), None)

    @property
    def answers(self) -> list[Seen]:
        """What the kernel answered, acknowledgements among it."""
        return self._messages(ANSWER)

    @property
    def notifications(self) -> list[Seen]:
        """The notifications that it caused."""
        return self._messages(NOTIFICATION)

    @property
    def state(self) -> str:
        """What became of it."""
        return self.transaction.state

    @property
    def error(self) -> Any:
        """0, or the negative error number, which equals its name too."""
        for seen in self.answers:
            if seen.message.error:
                return MESSAGE_FIELDS["error"](seen.message, seen.link)
        return self.transaction.error

    @property
    def latency(self) -> float | None:
        """Seconds from the request to the answer that ended it."""
        passed = self.transaction.latency
        return None if passed is None else passed / 1e9

    def __repr__(self) -> str:
        return f"<exchange {self.transaction.id} {self.state}: {self.request}>"


@dataclass(frozen=True, slots=True)
class CaptureView:
    """The messages of a capture that a display filter matches, or all."""

    index: CaptureIndex
    test: Filter | None = None

    def places(self) -> list[int]:
        """Where they stand, of those that there are now."""
        places, test, index = self.index.places(), self.test, self.index.index
        if test is None:
            return places
        return [p for p in places if test.matches(index.message(p), index.link(p))]

    def __iter__(self) -> Iterator[Seen]:
        return map(self.index.seen, self.places())

    @property
    def registry(self) -> Registry:
        """The dissectors that it is read with."""
        return self.index.index.session.registry
