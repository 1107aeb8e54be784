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
from ..spec.registry import Registry
from ..wire.errors import CaptureError, UsageError
from ..wire.output_file import OutputFile
from . import matching
from .capture_index import CaptureIndex, CaptureView, Exchange
from .expectation import Expectation, Expectations, wait
from .failures import trees
from .marker import Marker
from .matching import Seen

if TYPE_CHECKING:
    from ..capture.live.live_capture import LiveCapture

    Start = Callable[[ExitStack, str], tuple[LiveCapture, Registry]]


class Captured(Sequence[Seen]):
    """The messages of a capture, in order, without copies of notifications.

    What `filter` gives is such a capture too.
    """

    def __init__(self, view: CaptureView, path: str, expectations: Expectations) -> None:
        self.path = path
        self._view = view
        self._expectations = expectations

    # -- messages -----------------------------------------------------------------

    def _now(self) -> list[int]:
        self._view.index.catch_up()
        return self._view.places()

    def __len__(self) -> int:
        return len(self._now())

    @overload
    def __getitem__(self, at: int) -> Seen: ...
    @overload
    def __getitem__(self, at: slice) -> list[Seen]: ...
    def __getitem__(self, at: int | slice) -> Seen | list[Seen]:
        places = self._now()[at]
        if isinstance(places, int):
            return self._view.index.seen(places)
        return [self._view.index.seen(place) for place in places]

    def __iter__(self) -> Iterator[Seen]:
        return map(self._view.index.seen, self._now())

    def filter(self, text: str) -> Captured:
        """The messages that a display filter (docs/filter.md) matches."""
        from ..filter import Filter

        if self._view.test is not None:
            text = f"({self._view.test.text}) and ({text})"
        view = CaptureView(self._view.index, Filter(text, self.registry))
        return Captured(view, self.path, self._expectations)

    @property
    def registry(self) -> Registry:
        """The dissectors that it is read with."""
        return self._view.registry

    @property
    def transactions(self) -> list[Exchange]:
        """Requests with all that came back, in order of their start."""
        return self._view.index.exchanges(self._now())

    def snapshot(self, *, mask: Sequence[str] = (), counters: bool = False) -> list[dict[str, Any]]:
        """The messages as plain data that is the same in every run.

        `mask` names further attributes whose values differ (`address`), `counters` keeps
        statistics and ages.
        """
        from .snapshot import snapshot

        return snapshot(self, mask, counters)

    def trees(self) -> Iterator[str]:
        """Each message as text: its line of the list and its tree, as `nldissect read -V` says."""
        return trees(self._view)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the capture as pcapng."""
        from ..capture.reader import PcapngWriter, open_capture

        with OutputFile(os.fspath(path)) as stream:
            writer = PcapngWriter(stream)
            for record in open_capture(self.path):
                marker, known = self._view.index.marker, record.interface.sockets
                if marker is not None and marker.owner not in known:
                    known.append(marker.owner)
                writer.write(record)
            writer.finish()
            stream.commit()

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
        message itself (`flags`, `direction`, `process`...). With `exact`, or `fields` that
        are `exact`, the message has no other attributes. See `Expectation` for when it is
        checked. A value that no such message can have raises UsageError.
        """
        __tracebackhide__ = True
        wanted = {**(fields or {}), **named}
        whole = exact or isinstance(fields, matching.exact)
        return self._expectations.add(self._view, operation, wanted, whole, sys._getframe(1))

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """What is expected in this block must have come in the order of the expectations."""
        expectations = self._expectations
        before, expectations.order = expectations.order, []
        try:
            yield
        finally:
            expectations.order = before

    def faults(self) -> list[str]:
        """What is wrong with what is expected and was not checked yet."""
        __tracebackhide__ = True
        return self._expectations.faults()

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
        self._expectations = Expectations()

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        if name == "_view":
            raise UsageError("it records inside of its block: `with netlink.capture() as cap:`")
        raise AttributeError(name)

    def __enter__(self) -> Live:
        __tracebackhide__ = True
        folder = tempfile.mkdtemp(prefix="nldissect-")
        path = os.path.join(folder, "capture.pcapng")
        self._folder = folder
        try:
            with ExitStack() as stack:
                self._live, registry = self._start(stack, path)
                stack.callback(self._live.close)
                marker = Marker(self._live.interface)
                stack.callback(marker.close)
                index = Index(path, registry, follow=True)
                index.session.facts.own.take([marker.owner])  # as in the file that is saved
                source = CaptureIndex(index, time.time_ns(), marker)
                self._stack = stack.pop_all()
        except BaseException:
            self.discard()
            raise
        super().__init__(CaptureView(source), path, self._expectations)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        __tracebackhide__ = True
        source = self._view.index
        try:
            if not source.catch_up():
                warnings.warn("the netlink capture ended before its block", stacklevel=2)
            elif kind is None:
                wait(self._expectations.members)
        finally:
            self._stack.close()
            source.live = False
            source.lost = self._live.dropped
            source.index.settle()
            source.places()
        if source.lost:
            warnings.warn(f"{source.lost} netlink datagrams were lost", stacklevel=2)
        if kind is not None:
            self._expectations.members.clear()
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
    return Captured(CaptureView(CaptureIndex(index)), path, Expectations())
