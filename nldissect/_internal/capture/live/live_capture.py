"""Live capture: what the kernel's netlink sockets say, as it is said.

    with start(LiveOptions()) as capture:
        for record in capture:
            ...

A process of its own (`recorder`) listens on an nlmon interface and hands over
pcapng, by a pipe or, with `LiveOptions.write`, by the file that it writes (it passes a
descriptor of each file it begins); both are read here as any stream is. Another one
(`supervisor`) names the processes behind ports. `start` returns when listening has begun,
and leaving the block ends both processes and removes the interface if it was made.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO, cast

from nldissect._internal.capture.files.bytestream import milliseconds
from nldissect._internal.capture.live.live_options import BUFFER, SNAPLEN, LiveOptions
from nldissect._internal.capture.reader import CallableStream, CaptureReader, open_capture
from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.record import Interface, Record

__all__ = ["BUFFER", "PLANNED", "SNAPLEN", "LiveCapture", "LiveOptions", "ReaderGone", "start"]

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from nldissect._internal.capture.live.recorder import main; "
    "sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))"
)
# The recorder's reasons to end that were asked for.
PLANNED = ("stopped", "limit", "time", "terminated", "left")
# Where the package is: an editable installation need not have it in sys.path.
_PACKAGES = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 4))
_LONGEST_REPORT = 1 << 16


class ReaderGone(Exception):
    """Nobody reads any more what this program writes; no OSError, which would end the stream."""


def start(options: LiveOptions, *, watch: Sequence[int] = ()) -> LiveCapture:
    """Begin to capture; raises UsageError, with what to do, when that cannot be done.

    While records are iterated, ReaderGone is raised when the reader of a pipe in `watch`
    (descriptors) is gone.
    """
    if sys.platform != "linux":
        raise UsageError("live capture needs Linux")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # A file's records are read from the file; what cannot be read twice is handed over as well.
    follows = options.write is not None and _regular(options.write)
    reading, writing = (-1, -1) if follows else os.pipe()
    passed = [theirs.fileno()] + ([] if follows else [writing])
    try:
        process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                "-c",
                _START,
                str(theirs.fileno()),
                str(writing),
                json.dumps([*sys.path, _PACKAGES]),
            ],
            pass_fds=passed,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as problem:
        ours.close()
        raise UsageError(f"{sys.executable} cannot be started: {problem.strerror}") from None
    finally:
        theirs.close()
        if not follows:
            os.close(writing)
    capture = LiveCapture(process, ours, reading, list(watch))
    try:
        ours.send(options.to_json())
        capture.wait_ready()
    except BaseException:
        capture.close()
        raise
    return capture


class LiveCapture:
    """The records of a running capture, in order; a further `iter()` goes on.

    `interface` is the name of what is listened on, `made` whether that was made
    for this capture. `path` is the file being written (of ring files the latest),
    `packets` and `dropped` count datagrams: received, and lost by the kernel.
    `warning` is what went wrong though it goes on, "" for nothing.
    `on_report` is called when one of these has changed.
    `reason` says why it ended, "" while it runs. `on_wait` is called before more is
    waited for, and returns in how many seconds it wants that again (None: not); `on_bytes`
    is given the capture as it is read.
    """

    rewindable = False

    def __init__(
        self, process: subprocess.Popen[bytes], control: socket.socket, pipe: int, watch: list[int]
    ) -> None:
        self.interface = ""
        self.made = False
        self.path: str | None = None
        self.packets = 0
        self.dropped = 0
        self.reason = ""
        self.warning = ""
        self.on_report: Callable[[], None] | None = None
        self._process = process
        self._control: socket.socket | None = control
        self._pipe = pipe
        self._readers: deque[int] = deque()
        self.on_wait: Callable[[], float | None] | None = None
        self.on_bytes: Callable[[bytes], object] | None = None
        self._watch = watch
        self._capture: CaptureReader | None = None
        self._stopping = False

    def wait_ready(self) -> None:
        """Wait until the capture listens; raises UsageError when it cannot."""
        while not self.interface and not self.reason:
            self._take_report()
        if not self.interface:
            raise UsageError(self.reason)
        stream = cast(BinaryIO, CallableStream(self.read))
        self._capture = open_capture(self.interface, stream=stream)

    @property
    def interfaces(self) -> list[Interface]:
        """Interfaces met so far: one, or one of each file."""
        return [] if self._capture is None else self._capture.interfaces

    def __iter__(self) -> Iterator[Record]:
        assert self._capture is not None
        return iter(self._capture)

    def __enter__(self) -> LiveCapture:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """Readable when `poll` has something to take."""
        return -1 if self._control is None else self._control.fileno()

    def poll(self) -> None:
        """Take what the capturing process tells of its progress; never waits."""
        while self._control is not None and select.select([self._control], [], [], 0)[0]:
            self._take_report()

    def stop(self) -> None:
        """Capture no more; what has been captured is still given out."""
        if not self._stopping and self._control is not None:
            self._stopping = True
            with suppress(OSError):
                self._control.shutdown(socket.SHUT_WR)

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    def wait(self) -> None:
        """Return when the capture has ended; for captures that nobody iterates."""
        while self._control is not None:
            self._wait()

    def close(self) -> None:
        """Stop, and wait until the interface is removed and the file complete."""
        self.stop()
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        while self._control is not None:
            self._take_report()
        for descriptor in self._readers:
            os.close(descriptor)
        self._readers.clear()
        self._process.wait()

    # -- what the stream needs --------------------------------------------------------

    def read(self, size: int) -> bytes:
        """The next bytes of the capture, waiting for them; b"" at its end."""
        self.poll()
        while True:
            data = self._available(size)
            if data is not None:
                if self.on_bytes is not None:
                    self.on_bytes(data)
                return data
            self._wait(None if self.on_wait is None else self.on_wait())

    def _available(self, size: int) -> bytes | None:
        """Bytes that are there, b"" at the end, None when some may come."""
        if self._pipe >= 0:
            if not select.select([self._pipe], [], [], 0)[0]:
                return None
            data = os.read(self._pipe, size)
            if not data:
                while self._control is not None:
                    self._take_report()
            return data
        while self._readers:
            data = os.read(self._readers[0], size)
            if data:
                return data
            if len(self._readers) == 1:
                break
            # The next file began when this one was complete, perhaps since it was read.
            data = os.read(self._readers[0], size)
            if data:
                return data
            os.close(self._readers.popleft())
        return b"" if self._control is None else None

    def _wait(self, seconds: float | None = None) -> None:
        """Wait for bytes of a pipe or a report, which is taken, or so many seconds."""
        poll = select.poll()
        if self._control is not None:
            poll.register(self._control, select.POLLIN)
        if self._pipe >= 0:
            poll.register(self._pipe, select.POLLIN)
        for descriptor in self._watch:
            poll.register(descriptor, 0)
        for descriptor, event in poll.poll(milliseconds(seconds)):
            if self._control is not None and descriptor == self._control.fileno():
                self._take_report()
            elif descriptor in self._watch and event & (select.POLLERR | select.POLLHUP):
                raise ReaderGone

    def _take_report(self) -> None:
        """Take one report of the recorder, waiting for it."""
        assert self._control is not None
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, _LONGEST_REPORT, 1)
        except ConnectionError:
            data, descriptors = b"", []
        self._readers.extend(descriptors)
        if not data:
            if not self.reason:
                self.reason = "stopped" if self._stopping else "its process ended unexpectedly"
            self._control.close()
            self._control = None
            return
        report = json.loads(data)
        self.packets = report.get("packets", self.packets)
        self.dropped = report.get("dropped", self.dropped)
        self.path = report.get("file", self.path)
        self.warning = report.get("warning", self.warning)
        if "ready" in report:
            self.interface, self.made = report["ready"], report["made"]
        self.reason = report.get("end") or report.get("error") or self.reason
        if self.on_report is not None:
            self.on_report()


def _regular(path: str) -> bool:
    """Whether a file of this name can be read while it is written."""
    return not os.path.exists(path) or os.path.isfile(path)
