"""Captures in, records out: pcap, pcapng, strace's traces and bare messages, plain or compressed.

A regular file is read as often as it is asked for, a stream once; both may be followed while
they grow (`CaptureReader.follow`). Which format it is, the first bytes tell.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from nldissect._internal.capture.files import message_file, pcap, pcapng
from nldissect._internal.capture.files.bytestream import ByteStream, readable
from nldissect._internal.capture.files.write import PcapngWriter
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.record import PENDING, Interface, Record

__all__ = ["CallableStream", "CaptureReader", "PcapngWriter", "open_capture"]

SHORTEST = 24  # bytes of a file header


def open_capture(path: str, *, stream: BinaryIO | None = None) -> CaptureReader:
    """Open the capture at `path`; `-` is standard input.

    With `stream` its bytes are read, and `path` only names it. Raises
    CaptureError when there is nothing to read or, for a regular file, no
    capture in it (a stream is looked at when its first record is asked for).
    """
    capture = CaptureReader(path, stream)
    if capture.rewindable:
        capture.check()
    return capture


class CaptureReader:
    """The records of one capture file or stream, in order.

    A regular file is `rewindable`: each `iter()` begins anew, and has the file open until it
    is exhausted or dropped. A stream is
    read once: a further `iter()` goes on where the last one stopped, and a
    record is given out as soon as its bytes are there. Iterating raises
    CaptureError where the capture is cut short or damaged, after every record
    before that. `interfaces` has those met so far by the latest iteration,
    `copied` tells of what is followed whether it goes to the copy, `seekable` whether
    `seek` can read its records again (not those of a trace, which belong together).
    `on_wait` is called before more of a stream is waited for, and returns in how many
    seconds it wants that again (None: not).
    """

    def __init__(self, path: str, stream: BinaryIO | None = None) -> None:
        self.path = path
        self.interfaces: list[Interface] = []
        self.on_wait: Callable[[], float | None] | None = None
        self.rewindable = False
        self._name = path
        self._stream = stream
        self._source: ByteStream | None = None
        self._settled = False
        self.copied = False
        self.seekable = True
        self._total: int | None = None
        self._running: Iterator[Record] | None = None
        if stream is None and path == "-":
            self._name = "standard input"
            self._stream = stream = self._standard_input()
        try:
            status = os.stat(path) if stream is None else os.fstat(stream.fileno())
        except (OSError, ValueError) as error:
            if stream is None:
                raise self._cannot_open(error) from None
            return  # a stream that is no file, such as BytesIO
        if stream is None:
            if stat.S_ISDIR(status.st_mode):
                raise CaptureError(path, "is a directory; give the capture files in it")
            self.rewindable = stat.S_ISREG(status.st_mode)
        if stat.S_ISREG(status.st_mode):
            self._total = status.st_size or None  # 0 also for what has no size, as in /proc

    def progress(self) -> tuple[int, int | None]:
        """Return the bytes of the file (compressed as it is) read so far, and their total.

        The total is None when it cannot be known.
        """
        return (0 if self._source is None else self._source.done), self._total

    def check(self) -> None:
        """Raise CaptureError unless the file can be opened and begins as a capture does."""
        with self._open() as stream:
            self._identify(ByteStream(stream))

    def __iter__(self) -> Iterator[Record]:
        if self.rewindable:
            return self._records()
        if self._running is None:
            self._running = self._records()
        return self._running

    def follow(self, copy: BinaryIO | None = None, grows: bool = True) -> Iterator[Record]:
        """Its records from the start, never waiting: PENDING where no more is there yet.

        A file that `grows` has no end until `settle` (unless it is compressed). What
        cannot be read again, a stream or a compressed file, is written to `copy` as it
        is read, decompressed; None keeps none.
        """
        self._settled = not (grows or self._stream)
        if self._stream is not None:
            yield from self._followed(self._stream, copy)
        else:
            with self._open() as stream:
                yield from self._followed(stream, copy)

    def _followed(self, stream: BinaryIO, copy: BinaryIO | None) -> Iterator[Record]:
        while _undecided(stream) and not self._settled:
            yield PENDING
        source = ByteStream(stream, not self._settled, copy)
        self._source = source
        self.copied = bool(source.compression) or not self.rewindable
        if not self.copied:
            source.copy = None
        interfaces: list[Interface] = []
        self.interfaces = interfaces
        yield from self._decode(source, interfaces)

    def settle(self) -> None:
        """What is followed grows no more: an end that is reached is the end."""
        self._settled = True
        if self._source is not None:
            self._source.follow = False

    def _records(self) -> Iterator[Record]:
        interfaces: list[Interface] = []
        self.interfaces = interfaces
        if self._stream is not None:
            yield from self._read(self._stream, interfaces)
        else:
            with self._open() as stream:
                yield from self._read(stream, interfaces)

    def _read(self, stream: BinaryIO, interfaces: list[Interface]) -> Iterator[Record]:
        source = ByteStream(stream, on_wait=self.on_wait)
        self._source = source
        return self._decode(source, interfaces)

    def _decode(self, source: ByteStream, interfaces: list[Interface]) -> Iterator[Record]:
        head = self._identify(source)
        if head.startswith(pcapng.MAGIC):
            return pcapng.read_pcapng(source, head, self._name, interfaces)
        if head[:4] in pcap.MAGICS:
            return pcap.read_pcap(source, head, self._name, interfaces)
        self.seekable = False
        if message_file.byte_order(head) is not None:
            return message_file.read_messages(source, head, self._name, interfaces)
        from nldissect._internal.capture.strace import trace  # few captures need it

        return trace.read_strace(source, head, self._name, interfaces)

    def _identify(self, source: ByteStream) -> bytes:
        """Return the first bytes, by which it is one of the formats that can be read."""
        head = source.extend(b"", 4)
        if head.startswith(pcapng.MAGIC) or head[:4] in pcap.MAGICS:
            return head
        text = head[:4].isascii() and head[:4].decode().isprintable()
        if text:
            from nldissect._internal.capture.strace import trace

            head = trace.first_line(source, head)
            if trace.is_trace(head):
                return head
        else:
            head = message_file.first_message(source, head)
            if message_file.byte_order(head) is not None:
                return head
        within = f" within {source.compression}" if source.compression else ""
        if source.fault is not None:
            raise CaptureError(self._name, source.fault, 1, 0)
        if not head:
            reason = f"is empty{within}: nothing was recorded"
        else:
            reason = (
                f"is not a capture{within}: it begins with {head[:4].hex(' ')};"
                " pcap, pcapng, traces of strace and what rtmon writes can be read, "
                + (
                    "`nldissect decode @FILE` takes bytes written as text"
                    if text
                    else "editcap converts other formats"
                )
            )
        raise CaptureError(self._name, reason)

    def _open(self) -> BinaryIO:
        try:
            return cast(BinaryIO, open(self.path, "rb", buffering=0))
        except OSError as error:
            raise self._cannot_open(error) from None

    def _cannot_open(self, error: OSError | ValueError) -> CaptureError:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return CaptureError(self.path, f"cannot be opened: {reason}")

    def _standard_input(self) -> BinaryIO:
        if sys.stdin is None:
            raise CaptureError(self._name, "is closed; give a file or pipe a capture in")
        if sys.stdin.isatty():
            raise CaptureError(self._name, "is a terminal; give a file or pipe a capture in")
        try:
            # Unbuffered, to tell "nothing yet" in non-blocking mode from the end.
            return cast(BinaryIO, open(sys.stdin.fileno(), "rb", buffering=0, closefd=False))
        except (OSError, ValueError):
            return sys.stdin.buffer


class CallableStream(io.RawIOBase):
    """What a running capture hands over, as a stream: a function that waits for up to so many
    bytes, b"" at the end."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read

    def read(self, size: int = 1 << 20) -> bytes:
        return self._read(size)


def _undecided(stream: BinaryIO) -> bool:
    """Whether there is not enough yet to tell what the stream is."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    if stat.S_ISREG(status.st_mode):
        return status.st_size < SHORTEST
    return not readable(stream)
