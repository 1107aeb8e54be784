"""Live capture: what the kernel's netlink sockets say, as it is said.

    with live.start(live.LiveOptions()) as capture:
        for record in capture:
            ...

A process of its own (`recorder`) listens on an nlmon interface and hands over
pcapng, by a pipe or, with `LiveOptions.write`, by the file that it writes; both
are read here as any stream is. Another one (`supervisor`) names the processes behind
ports. `start` returns when listening has begun, and leaving the block ends both
processes and removes the interface if it was made.
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
from nldissect._internal.capture.live import bpf
from nldissect._internal.capture.live.file_limits import Limits
from nldissect._internal.capture.reader import CallableStream, CaptureReader, open_capture
from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.record import Interface, Record

SNAPLEN = bpf.LONGEST
BUFFER = 32 << 20

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from nldissect._internal.capture.live.recorder import main; "
    "sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))"
)
# Reasons to end that were asked for: the recorder's.
PLANNED = ("stopped", "limit", "time", "terminated", "left")
# Where the package is: an editable installation need not have it in sys.path.
_PACKAGES = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 4))
_LONGEST_NEWS = 1 << 16


class Abandoned(Exception):
    """Nobody reads any more what this program writes."""


class LiveOptions:
    """What to capture and where to put it.

    `interface` is an nlmon interface, None for one that is up or else a new one;
    `netns` a name of `ip netns` or a process id. `write` is a file for the pcapng,
    `ring` makes numbered ones of it as dumpcap's -b does, `stop` ends the capture,
    `messages` too, after so many netlink messages of others. `snaplen` is in bytes,
    cooked header included; `buffer`, in bytes, that of the kernel.
    """

    def __init__(
        self,
        interface: str | None = None,
        netns: str | None = None,
        write: str | None = None,
        ring: Limits | None = None,
        stop: Limits | None = None,
        messages: int | None = None,
        snaplen: int = SNAPLEN,
        buffer: int = BUFFER,
        filter: bpf.BpfFilter | None = None,
        preamble: bool = True,
    ) -> None:
        self.interface = interface
        self.netns = netns
        self.write = write
        self.ring = ring
        self.stop = stop or Limits()
        self.messages = messages
        self.snaplen = snaplen
        self.buffer = buffer
        self.filter = filter or bpf.BpfFilter()
        self.preamble = preamble


def start(options: LiveOptions, *, watch: Sequence[int] = ()) -> LiveCapture:
    """Begin to capture; raises UsageError, with what to do, when that cannot be done.

    While records are iterated, Abandoned is raised when the reader of a pipe in `watch`
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
    capture = LiveCapture(options, process, ours, reading, list(watch))
    try:
        ours.send(json.dumps(vars(options), default=vars).encode())
        capture.begin()
    except BaseException:
        capture.close()
        raise
    return capture


class LiveCapture:
    """The records of a running capture, in order; a further `iter()` goes on.

    `interface` is the name of what is listened on, `made` whether that was made
    for this capture. `path` is the file being written (of ring files the latest),
    `packets` and `dropped` count datagrams: received, and lost by the kernel.
    `reason` says why it ended, "" while it runs. `on_wait` is called before more is
    waited for, and returns in how many seconds it wants that again (None: not).
    """

    rewindable = False

    def __init__(
        self,
        options: LiveOptions,
        process: subprocess.Popen[bytes],
        control: socket.socket,
        pipe: int,
        watch: list[int],
    ) -> None:
        self.interface = ""
        self.made = False
        self.path: str | None = None
        self.packets = 0
        self.dropped = 0
        self.reason = ""
        self.news: Callable[[], None] | None = None
        self._process = process
        self._control: socket.socket | None = control
        self._pipe = pipe
        self._files: deque[int] = deque()
        self.on_wait: Callable[[], float | None] | None = None
        self._watch = watch
        self._capture: CaptureReader | None = None
        self._stopping = False

    def begin(self) -> None:
        """Wait until the capture listens; raises UsageError when it cannot."""
        while not self.interface and not self.reason:
            self._hear()
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
        """Readable when `poll` has news."""
        return -1 if self._control is None else self._control.fileno()

    def poll(self) -> None:
        """Take what the capturing process tells of its progress; never waits."""
        while self._control is not None and select.select([self._control], [], [], 0)[0]:
            self._hear()

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
            self._hear()
        for descriptor in self._files:
            os.close(descriptor)
        self._files.clear()
        self._process.wait()

    # -- what the stream needs --------------------------------------------------------

    def read(self, size: int) -> bytes:
        """The next bytes of the capture, waiting for them; b"" at its end."""
        self.poll()
        while True:
            data = self._available(size)
            if data is not None:
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
                    self._hear()
            return data
        while self._files:
            data = os.read(self._files[0], size)
            if data:
                return data
            if len(self._files) == 1:
                break
            # The next file began when this one was complete, perhaps since it was read.
            data = os.read(self._files[0], size)
            if data:
                return data
            os.close(self._files.popleft())
        return b"" if self._control is None else None

    def _wait(self, seconds: float | None = None) -> None:
        poll = select.poll()
        if self._control is not None:
            poll.register(self._control, select.POLLIN)
        if self._pipe >= 0:
            poll.register(self._pipe, select.POLLIN)
        for descriptor in self._watch:
            poll.register(descriptor, 0)
        for descriptor, event in poll.poll(milliseconds(seconds)):
            if self._control is not None and descriptor == self._control.fileno():
                self._hear()
            elif descriptor in self._watch and event & (select.POLLERR | select.POLLHUP):
                raise Abandoned

    def _hear(self) -> None:
        """Take one piece of news, waiting for it."""
        assert self._control is not None
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, _LONGEST_NEWS, 1)
        except ConnectionError:
            data, descriptors = b"", []
        self._files.extend(descriptors)
        if not data:
            if not self.reason:
                self.reason = "stopped" if self._stopping else "its process ended unexpectedly"
            self._control.close()
            self._control = None
            return
        said = json.loads(data)
        self.packets = said.get("packets", self.packets)
        self.dropped = said.get("dropped", self.dropped)
        self.path = said.get("file", self.path)
        if "ready" in said:
            self.interface, self.made = said["ready"], said["made"]
        self.reason = said.get("end") or said.get("error") or self.reason
        if self.news is not None:
            self.news()


def _regular(path: str) -> bool:
    """Whether a file of this name can be read while it is written."""
    return not os.path.exists(path) or os.path.isfile(path)
