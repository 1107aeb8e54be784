"""Several captures as one, whose records come in the order of their times.

Each keeps its own order and its own hosts: the sections of each are numbered apart, so that
nothing that one tells is taken to be of another. Records are numbered, and lie, as in one file.
"""

from __future__ import annotations

from collections.abc import Iterator

from nldissect._internal.capture.reader import CaptureReader
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.record import Interface, Record

SECTIONS = 1 << 20  # that one capture may have
HEAD = 16  # bytes, about, of a record beside its data


class MergedCapture:
    """The records of captures that are all rewindable; where one breaks off, the others go on.

    Iterating raises CaptureError at the end, for the first that broke off; `failures` has all.
    """

    def __init__(self, captures: list[CaptureReader]) -> None:
        self.rewindable = True
        self.failures: list[CaptureError] = []
        self._captures = captures

    def path_of(self, interface: Interface) -> str:
        """Of which file an interface is."""
        return self._captures[interface.section // SECTIONS].path

    def progress(self) -> tuple[int, int | None]:
        """The bytes of all files read so far, and their total; None when it cannot be known."""
        told = [capture.progress() for capture in self._captures]
        totals = [total for _, total in told if total is not None]
        return sum(done for done, _ in told), sum(totals) if len(totals) == len(told) else None

    def __iter__(self) -> Iterator[Record]:
        import heapq  # which one file alone does not need

        self.failures = []
        place = 0
        timed = [self._timed(i, capture) for i, capture in enumerate(self._captures)]
        for number, (_, _, record) in enumerate(heapq.merge(*timed), start=1):
            record.number, record.offset = number, place
            place += HEAD + len(record.data)
            yield record
        if self.failures:
            raise self.failures[0]

    def _timed(self, which: int, capture: CaptureReader) -> Iterator[tuple[int, int, Record]]:
        """The records of one, with what they are ordered by: never back in one capture."""
        latest = 0
        met: Interface | None = None
        try:
            for record in capture:
                if record.interface is not met:
                    met = record.interface
                    if met.section < SECTIONS:
                        met.section += which * SECTIONS
                latest = max(latest, record.time or 0)
                yield latest, which, record
        except CaptureError as problem:
            self.failures.append(problem)
