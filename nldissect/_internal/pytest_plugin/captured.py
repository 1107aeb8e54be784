"""What a test captured or reads: its messages, conversations and what is expected of them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, overload

from ..library.index import Index
from ..pairing.codes import ANSWER, COPY, NOTIFICATION, REQUEST
from ..pairing.transaction import Transaction
from ..session.process import OwnTraffic
from ..spec.registry import Registry
from ..wire.errors import CaptureError
from .expect import Expectation, Order, wait
from .marker import Marker
from .match import HEAD, Seen

if TYPE_CHECKING:
    from ..capture.live.live_capture import LiveCapture
    from ..engine.message import Message
    from ..filter import Filter

    Start = Callable[[ExitStack, str], tuple[LiveCapture, Registry]]


class Source:
    """The messages behind one or several `Captured`, by place; copies are left out.

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
        self._own = OwnTraffic()
        self._places: list[int] = []
        self._of: dict[int, list[int]] = {}
        self._known = 0

    def places(self) -> list[int]:
        """Where the messages stand that there are now."""
        index = self.index
        index.extend()
        for place in range(self._known, index.paired):
            link = index.link(place)
            if link is None or link.role == COPY or self._hidden(index.message(place)):
                continue
            self._places.append(place)
            if link.transaction is not None:
                self._of.setdefault(link.transaction.id, []).append(place)
        self._known = index.paired
        if self.began is None and len(index.time):
            self.began = index.moment(0)
        return self._places

    def _hidden(self, message: Message) -> bool:
        marker = self.marker
        if marker is not None and message.netlink:
            owner = (message.protocol, message.port)
            if owner == (marker.owner.protocol, marker.port):
                return True
        return self._own(message)

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

    def __init__(self, source: Source, transaction: Transaction, places: list[int]) -> None:
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
                return HEAD["error"](seen.message, seen.link)
        return self.transaction.error

    @property
    def latency(self) -> float | None:
        """Seconds from the request to the answer that ended it."""
        passed = self.transaction.latency
        return None if passed is None else passed / 1e9

    def __repr__(self) -> str:
        return f"<exchange {self.transaction.id} {self.state}: {self.request}>"


class Captured(Sequence[Seen]):
    """The messages of a capture, in order, without copies of notifications.

    What `filter` gives is such a capture too.
    """

    def __init__(self, source: Source, path: str, test: Filter | None = None) -> None:
        self.path = path
        self._source = source
        self._test = test
        self._pending: list[Expectation] = []
        self._order: Order | None = None

    # -- messages -----------------------------------------------------------------

    def _shown(self) -> list[int]:
        source, test = self._source, self._test
        places = source.places()
        if test is None:
            return places
        index = source.index
        return [p for p in places if test.matches(index.message(p), index.link(p))]

    def _now(self) -> list[int]:
        self._source.catch_up()
        return self._shown()

    def __len__(self) -> int:
        return len(self._now())

    @overload
    def __getitem__(self, at: int) -> Seen: ...
    @overload
    def __getitem__(self, at: slice) -> list[Seen]: ...
    def __getitem__(self, at: int | slice) -> Seen | list[Seen]:
        places = self._now()[at]
        if isinstance(places, int):
            return self._source.seen(places)
        return [self._source.seen(place) for place in places]

    def __iter__(self) -> Iterator[Seen]:
        return map(self._source.seen, self._now())

    def filter(self, text: str) -> Captured:
        """The messages that a display filter (docs/filter.md) matches."""
        from ..filter import Filter

        if self._test is not None:
            text = f"({self._test.text}) and ({text})"
        made = Captured(self._source, self.path, Filter(text, self.registry))
        made._pending, made._order = self._pending, self._order
        return made

    @property
    def registry(self) -> Registry:
        """The dissectors that it is read with."""
        return self._source.index.session.registry

    @property
    def transactions(self) -> list[Exchange]:
        """Requests with all that came back, in order of their start."""
        return self._source.exchanges(self._now())

    def snapshot(self, *, mask: Sequence[str] = (), counters: bool = False) -> list[dict[str, Any]]:
        """The messages as plain data that is the same in every run.

        `mask` names further attributes whose values differ (`address`), `counters` keeps
        statistics and ages.
        """
        from .snapshot import snapshot

        return snapshot(self, mask, counters)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the capture as pcapng."""
        from ..capture.reader import PcapngWriter, open_capture

        with open(path, "wb") as stream:
            writer = PcapngWriter(stream)
            for record in open_capture(self.path):
                marker, known = self._source.marker, record.interface.sockets
                if marker is not None and marker.owner not in known:
                    known.append(marker.owner)
                writer.write(record)
            writer.finish()

    # -- expectations ------------------------------------------------------------------

    def expect(
        self,
        operation: str | None = None,
        fields: Mapping[str, Any] | None = None,
        /,
        *,
        exact: bool = False,
        **named: Any,
    ) -> Expectation:
        """That there is a message of this operation with these fields.

        `operation` is `newlink`, `rt-link.newlink` or `RTM_NEWLINK`, None for any. Fields
        are paths of attributes and header members by spec name or C constant, or of the
        message itself (`flags`, `direction`, `process`...). With `exact` the message has
        no other attributes. See `Expectation` for when it is checked.
        """
        __tracebackhide__ = True
        made = Expectation(self, operation, {**(fields or {}), **named}, exact, self._order)
        self._pending.append(made)
        return made.said(sys._getframe(1))

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """What is expected in this block must have come in the order of the expectations."""
        before, self._order = self._order, Order()
        try:
            yield
        finally:
            self._order = before

    def faults(self) -> list[str]:
        """What is wrong with what is expected and was not checked yet."""
        __tracebackhide__ = True
        pending = self._pending.copy()
        self._pending.clear()
        return [text for one in pending if (text := one.fault())]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path}>"


class Live(Captured):
    """A capture of what happens inside its `with` block.

    Expectations of the block are checked when it ends; those that have time `within` a
    span are waited for.
    """

    def __init__(self, start: Start) -> None:
        """`start` is given a stack to undo things by and the file to capture to."""
        self._start = start
        self._stack = ExitStack()
        self._live: LiveCapture
        self._folder = ""
        self.path = ""
        self._pending = []

    def __enter__(self) -> Live:
        __tracebackhide__ = True
        folder = tempfile.mkdtemp(prefix="nldissect-")
        path = os.path.join(folder, "capture.pcapng")
        self._folder = folder
        try:
            with ExitStack() as stack:
                self._live, registry = self._start(stack, path)
                stack.callback(self._live.close)
                marker = Marker()
                stack.callback(marker.close)
                source = Source(Index(path, registry, follow=True), time.time_ns(), marker)
                self._stack = stack.pop_all()
        except BaseException:
            self.discard()
            raise
        super().__init__(source, path)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        __tracebackhide__ = True
        source = self._source
        try:
            if not source.catch_up():
                warnings.warn("the netlink capture ended before its block", stacklevel=2)
            elif kind is None:
                wait(self._pending)
        finally:
            self._stack.close()
            source.live = False
            source.lost = self._live.dropped
            source.index.settle()
            source.places()
        if source.lost:
            warnings.warn(f"{source.lost} netlink datagrams were lost", stacklevel=2)
        if kind is not None:
            self._pending.clear()
        if faults := self.faults():
            raise AssertionError("\n\n".join(faults))

    @property
    def interface(self) -> str:
        """The nlmon interface that is listened on."""
        return self._live.interface

    @property
    def started(self) -> bool:
        """Whether its block was ever entered, so that there is something to save."""
        return bool(self._folder) and os.path.exists(self.path)

    def discard(self) -> None:
        """Delete the file that it was captured to."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def recorded(path: str, registry: Registry) -> Captured:
    """The capture in a file; raises CaptureError when not all of it can be read."""
    index = Index(path, registry)
    index.extend()
    if index.failure is not None:
        problem: CaptureError = index.failure
        index.close()
        raise problem
    return Captured(Source(index), path)
