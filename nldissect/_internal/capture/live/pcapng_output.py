"""Where a running capture goes as pcapng: files, one after the other, and a pipe."""

from __future__ import annotations

import fcntl
import io
import os
import select
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Final

from nldissect._internal.capture.files.link import NETLINK
from nldissect._internal.capture.files.write import PcapngWriter
from nldissect._internal.capture.live.file_limits import CaptureFile, Limits, RingFiles
from nldissect._internal.capture.live.live_options import LiveOptions
from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.record import Interface, Socket
from nldissect._internal.wire.version import VERSION

_COMMENT, _HARDWARE, _OS, _APPLICATION = 1, 2, 3, 4  # options of a Section Header Block
_PIPE_SIZE: Final = 1 << 20
_MOST_SOCKETS: Final = 1000  # that a new file of a ring begins with


class PcapngOutput:
    """Where pcapng goes: a file, the files of -b one after the other, and the pipe.

    `interface` keeps the sockets told so far, `file` is None before the first one and when
    there is only the pipe, `files` counts them.
    """

    def __init__(self, interface: Interface, options: LiveOptions, pipe: OutputPipe | None) -> None:
        self.interface = interface
        self.file: CaptureFile | None = None
        self.files = 0
        self._path = options.write
        self._limits = options.ring or Limits()
        self._ring = None
        if options.ring is not None and options.write is not None:
            self._ring = RingFiles(options.write, options.ring.files)
        self._next_interval = 0.0  # seconds since the epoch
        self._pipe = pipe
        self._blocks = io.BytesIO()
        self._writer = PcapngWriter(self._blocks)
        self._own = len(interface.sockets)
        self._before = (0, 0)  # received and dropped when the file began

    def write(self, data: bytes) -> None:
        """Write blocks; raises UsageError when the file cannot be written."""
        if self.file is not None:
            try:
                self.file.write(data)
            except OSError as problem:
                raise _unwritable(self.file.path, problem) from None
        if self._pipe is not None:
            self._pipe.add(data)

    def header(self) -> bytes:
        """What a file begins with: host, interface, and the sockets known so far."""
        self._writer = PcapngWriter(self._blocks)
        for known in self.interface.sockets:
            self._writer.socket(self.interface, known)
        return self._written()

    def socket(self, found: Socket) -> bytes:
        """The block of a socket, which later files begin with."""
        self.interface.sockets.append(found)
        if len(self.interface.sockets) > _MOST_SOCKETS:
            del self.interface.sockets[self._own]
        self._writer.socket(self.interface, found)
        return self._written()

    def file_is_old(self, now: float) -> bool:
        """Whether the clock says that the file ends; `now` is of the monotonic one."""
        if self.file is None:
            return False
        duration, interval = self._limits.duration, self._limits.interval
        return (duration is not None and now - self.file.began >= duration) or (
            interval is not None and time.time() >= self._next_interval
        )

    def next_file(self) -> tuple[str, int]:
        """Begin a file; its path and a descriptor to read it by. Raises UsageError."""
        assert self._path is not None
        try:
            self.file = CaptureFile(self._path) if self._ring is None else self._ring.next()
            reader = self.file.reader()
        except OSError as problem:
            raise _unwritable(self._path, problem) from None
        self.files += 1
        if self._limits.interval is not None:
            self._next_interval = (time.time() // self._limits.interval + 1) * self._limits.interval
        self.file.write(self.header())
        return self.file.path, reader

    def close_file(self, received: int, dropped: int) -> None:
        """Complete the file: packets that the capture has received and lost so far."""
        if self.file is not None:
            self.file.write(self._statistics(received, dropped))
            self.file.close()
            self.file = None

    def finish(self, received: int, dropped: int) -> None:
        """Complete file and pipe."""
        last = self._statistics(received, dropped)
        if self.file is not None:
            self.file.write(last)
            self.file.close()
        if self._pipe is not None:
            self._pipe.add(last)
            self._pipe.finish()

    def _statistics(self, received: int, dropped: int) -> bytes:
        """What ends a file: how much was received and lost while it was written."""
        before_received, before_dropped = self._before
        self._before = received, dropped
        self._writer.statistics(
            self.interface, time.time_ns(), received - before_received, dropped - before_dropped
        )
        return self._written()

    def _written(self) -> bytes:
        data = self._blocks.getvalue()
        self._blocks.seek(0)
        self._blocks.truncate()
        return data


class OutputPipe:
    """A pipe to the front end with a queue of at most `limit` bytes before it."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self._descriptor = descriptor
        self._limit = limit
        self._size = 0
        self.waiting: deque[bytes] = deque()
        os.set_blocking(descriptor, False)
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def full(self) -> bool:
        """Whether no more should be added."""
        return self._size >= self._limit

    def add(self, data: bytes) -> None:
        """Put it behind what is waiting."""
        self.waiting.append(data)
        self._size += len(data)

    def push(self) -> None:
        """Write what the reader has room for; raises BrokenPipeError when it is gone."""
        while self.waiting:
            data = self.waiting[0]
            try:
                done = os.write(self._descriptor, data)
            except BlockingIOError:
                return
            self._size -= done
            if done < len(data):
                self.waiting[0] = data[done:]
                return
            self.waiting.popleft()

    def finish(self) -> None:
        """Write the rest, for as long as there is a reader, and close."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        with suppress(BrokenPipeError):
            while self.waiting:
                poll.poll()
                self.push()
        os.close(self._descriptor)


def _unwritable(path: str, problem: OSError) -> UsageError:
    user = f" by user {os.geteuid()}, who called sudo" if "SUDO_UID" in os.environ else ""
    return UsageError(f"-w: {path} cannot be written{user}: {problem.strerror}")


def described(name: str, options: LiveOptions, sockets: list[Socket]) -> Interface:
    """The interface as the file describes it."""
    out = Interface(NETLINK, sys.byteorder == "big", snaplen=options.snaplen)
    out.name = name
    out.description = "netlink messages of this network namespace"
    out.filter = options.filter.text
    out.os = _system()
    out.section_options = _host()
    out.sockets = sockets
    return out


def _system() -> str:
    host = os.uname()
    return f"{host.sysname} {host.release} {host.version}"


def _host() -> list[tuple[int, bytes]]:
    """What a section says of where it was recorded."""
    model = os.uname().machine
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                model = f"{value.strip()} ({model})"
                break
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    texts = (
        (_HARDWARE, model),
        (_OS, _system()),
        (_APPLICATION, f"nldissect {VERSION}"),
        (_COMMENT, f"host {os.uname().nodename}, started {started}"),
    )
    return [(code, text.encode()) for code, text in texts]
