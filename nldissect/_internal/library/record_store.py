"""The records of a capture, in order and then again by where they start in the file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from ..capture.files.seek import PreadStream, RecordSeeker
from ..capture.reader import CaptureReader, open_capture
from ..wire.errors import CaptureError
from ..wire.record import Interface, Record
from .index_columns import RecordColumns


class RecordStore:
    """One capture that is read at random.

    What cannot be read twice, a stream or a compressed file, is kept decompressed in an unnamed
    temporary file, in memory where none can be made; the records of a trace of strace are kept as
    they are. `grows` tells that not everything is there from the start. Raises CaptureError once
    it is closed.
    """

    def __init__(self, path: str, stream: BinaryIO | None, follow: bool) -> None:
        self._path = path
        self._follow = follow
        # A growing file may hold nothing yet.
        self._capture = CaptureReader(path, stream) if follow else open_capture(path, stream=stream)
        self._spool = _unnamed_file()
        self._descriptor = -1
        if self._capture.rewindable:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._seeker: RecordSeeker | None = None
        self.grows = follow or not self._capture.rewindable
        self._kept: list[Record] = []  # of what is not seekable
        self.closed = False

    def records(self) -> Iterator[Record]:
        """All of them, PENDING where there is nothing more yet."""
        return self._capture.follow(self._spool, self._follow)

    def keep(self, record: Record) -> None:
        """A record was read; those that cannot be read again are kept."""
        if not self._capture.seekable:
            self._kept.append(record)

    def again(self) -> Iterator[Record]:
        """Those read so far, from the first on."""
        if not self._capture.seekable:
            return iter(self._kept)
        return CaptureReader(self._path, cast(BinaryIO, PreadStream(self._file()))).follow()

    def record(self, at: int, columns: RecordColumns, interface: Interface) -> Record:
        """The record at this place of its columns, once more."""
        if self._kept:
            return self._kept[at]
        if self._seeker is None:
            self._seeker = RecordSeeker(self._file(), self._path)
        return self._seeker.record(
            columns.number[at], columns.moment(at), columns.position[at], interface
        )

    def settle(self) -> None:
        """What was followed grows no more."""
        self._capture.settle()

    def progress(self) -> tuple[int, int | None]:
        """Bytes of the file read so far, and their total if that is known."""
        return self._capture.progress()

    def close(self) -> None:
        """Lets the files go."""
        self.closed = True
        if self._descriptor >= 0:
            if self._descriptor != self._spool.fileno():
                os.close(self._descriptor)
            self._descriptor = -1
        self._spool.close()
        self._seeker = None

    def _file(self) -> int:
        """The descriptor of what can be read again."""
        if self.closed:
            raise CaptureError(self._path, "is closed")
        if self._capture.copied and self._descriptor != self._spool.fileno():
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = self._spool.fileno()
        return self._descriptor


def _unnamed_file() -> BinaryIO:
    """A file that nobody else can open; in memory where no folder may be written (--confine)."""
    try:
        return cast(BinaryIO, tempfile.TemporaryFile(buffering=0))
    except OSError:
        return cast(BinaryIO, os.fdopen(os.memfd_create("nldissect"), "w+b", buffering=0))
