"""A command whose system calls strace(1) traces, as a capture.

strace writes to a named pipe that is read here, so the trace is gone through while the
command runs. The command itself is the first process in it: its end is the exit status, also
while other processes of its tree go on.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import BinaryIO, Final, cast

from nldissect._internal.capture.files.bytestream import milliseconds
from nldissect._internal.capture.reader import CallableStream, CaptureReader, open_capture
from nldissect._internal.capture.strace.process_tree import process_name, process_state
from nldissect._internal.capture.strace.trace import FOLLOWED
from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.record import Interface, Record

# Strings are cut short, since the dumps have all bytes.
_ALL = ["-s", "64", "-e", "read=all", "-e", "write=all", "-e",
        "trace=" + ",".join(f"?{name}" for name in FOLLOWED)]  # fmt: skip
# Whose the sockets are: what binds them, and the first header that each receives; and what
# enters another network namespace.
_ENTERS: Final = ("setns", "unshare")
_PORTS = ["-s", "16", "-e", "trace=" + ",".join(
    f"?{name}" for name in (*FOLLOWED, *_ENTERS) if not name.startswith(("read", "write"))
)]  # fmt: skip
_ENTERED: Final = re.compile(
    rb"(\d+)\S* +\d+\.\d+ (?:setns|unshare|clone3?)\(.*\bCLONE_NEWNET\b(?!.* = -1 )"
)
_WHEN = re.compile(rb"\d+\S* +(\d+\.\d+) ")
_ENDED = re.compile(rb"(\d+)\S* .*\+\+\+ (?:exited with (\d+)|killed by (\w+))")


class PlainCommand:
    """A command that runs as it is; `released` once nothing of it needs to be waited for."""

    def __init__(self, command: list[str]) -> None:
        self.released = False
        self._process = subprocess.Popen(command)

    @property
    def pid(self) -> int:
        """The process id of the command."""
        return self._process.pid

    def kill(self, number: int) -> None:
        """Send a signal to the command; 0 sends none. Once it has ended, wait for no others."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        else:
            self.released = True

    def wait(self) -> None:
        """Return when the command has ended."""
        self._process.wait()

    def close(self) -> int:
        """Wait for its end; returns the exit status, 128 and the number for a signal."""
        return _status(self._process.wait())


class TracedCommand:
    """A command under strace: its records as they come, and its exit status.

    The command begins with the object, in this process's surroundings. The records end
    with the last process of its tree.
    With `ports` alone there are no records, `interfaces` fill with the tree's sockets, and a
    thread of the caller's must read to the end; `entered` then names the processes that entered
    another network namespace, or began others there. `status` is None while the command runs,
    `released` whether the rest of its tree is traced no more. The trace has been gone through
    up to `seen`, seconds since the epoch.
    Raises UsageError when strace cannot be run.
    """

    rewindable = False

    def __init__(self, command: list[str], *, ports: bool = False) -> None:
        self.ports = ports
        self.status: int | None = None
        self.on_wait: Callable[[], float | None] | None = None
        self.seen = 0.0
        self.released = False
        self.entered: dict[int, str] = {}
        self._command_pid: bytes | None = None  # as the trace has it
        self._partial = b""  # of the last line read
        self._latest = 0.0  # the time of the last whole line read
        self._blocked = False  # whether `read` waits for strace
        try:
            folder = tempfile.TemporaryDirectory(prefix="nldissect-")
            fifo = os.path.join(folder.name, "trace")
            os.mkfifo(fifo, 0o600)
            self._pipe = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as problem:
            place = tempfile.gettempdir()
            raise UsageError(
                f"no pipe can be made in {place}: {problem.strerror}; TMPDIR names another folder"
            ) from None
        options = ["-f", "-q", "-xx", "-ttt", "-T", "-e", "signal=none"]
        options += (_PORTS if ports else _ALL) + (["-Y"] if _knows("-Y") else [])
        with folder:  # the name is needed until strace has opened it
            try:
                self._process = subprocess.Popen(["strace", *options, "-o", fifo, "--", *command])
            except OSError as problem:
                self._close_pipe()
                raise UsageError(f"strace cannot be run: {problem.strerror}") from None
            try:
                while not select.select([self._pipe], [], [], 0.01)[0]:
                    if self._process.poll() is not None:
                        break
            except BaseException:  # a signal: strace ends the command that it began
                self._process.terminate()
                self._process.wait()
                self._close_pipe()
                raise
        self._capture: CaptureReader = open_capture(
            "strace", stream=cast(BinaryIO, CallableStream(self.read))
        )

    @property
    def pid(self) -> int:
        """The process id of strace."""
        return self._process.pid

    @property
    def interfaces(self) -> list[Interface]:
        """The one interface that all records are of, once there is one."""
        return self._capture.interfaces

    def __iter__(self) -> Iterator[Record]:
        return iter(self._capture)

    def kill(self, number: int) -> None:
        """Send a signal to the command itself; 0 sends none.

        When it has ended and others of its tree run on, these are no longer traced.
        """
        children = _children(self._process.pid)
        for child in children:
            with suppress(OSError):
                os.kill(child, number)
        if not children:
            self.released = True
            self._process.kill()

    @property
    def idle(self) -> bool:
        """Whether all that strace has seen was written, read and gone through."""
        if not self._blocked or self._pipe < 0 or select.select([self._pipe], [], [], 0)[0]:
            return False
        return process_state(self.pid)[0] == "S"

    def wait(self) -> None:
        """Return when strace has ended, and with it all that it traced."""
        self._process.wait()

    def close(self) -> int:
        """Wait for strace's end and remove what was made; returns the exit status."""
        while self._process.poll() is None and not self.ports and self.read(1 << 16):
            pass  # whoever iterated did not go on, yet strace must not wait for a reader
        status = _status(self._process.wait())
        if self.status is None or not self.released:
            self.status = status
        self._close_pipe()
        return self.status

    def _close_pipe(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

    def _note_lines(self, data: bytes) -> None:
        """Take time and the command's own end from the trace: it is the first process there."""
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()
        for line in lines:
            if (when := _WHEN.match(line)) is not None:
                self._latest = float(when[1])
            if (entered := _ENTERED.match(line)) is not None:
                pid = int(entered[1])
                self.entered[pid] = process_name(pid)
            found = _ENDED.match(line)
            if self._command_pid is None and (begun := re.match(rb"\d+", line)) is not None:
                self._command_pid = begun[0]
            if found is not None and found[1] == self._command_pid and self.status is None:
                if found[2] is not None:
                    self.status = int(found[2])
                else:
                    self.status = 128 + getattr(signal, found[3].decode(), 0)

    def read(self, size: int) -> bytes:
        """What strace wrote, waiting for it; b"" at its end."""
        self.seen = self._latest  # the lines before have been gone through
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        while True:
            ended = self._process.poll() is not None
            with suppress(BlockingIOError):
                data = os.read(self._pipe, size)
                self._note_lines(data)
                if data or ended:
                    return data
            if ended:
                return b""
            # Before strace has opened the pipe, and after it closed it, poll returns at once.
            seconds = None if self.on_wait is None else self.on_wait()
            self._blocked = True
            events = poll.poll(100 if seconds is None else min(milliseconds(seconds) or 0, 100))
            self._blocked = False
            if any(event & select.POLLHUP for _, event in events):
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.01)


def _status(code: int) -> int:
    return 128 - code if code < 0 else code


def _knows(option: str) -> bool:
    """Whether this strace has the option (-Y, names of processes, came with 5.15)."""
    done = subprocess.run(
        ["strace", option, "-V"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return done.returncode == 0


def _children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(text) for text in file.read().split()]
    except OSError:
        return []


def can_trace() -> str:
    """Why strace cannot trace a command here, "" when it can."""
    try:
        done = subprocess.run(
            ["strace", "-o", os.devnull, "-e", "trace=none", "--", "true"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return "strace is not installed"
    except OSError as problem:
        return f"strace cannot be run: {problem.strerror}"
    if done.returncode == 0:
        return ""
    words = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return words[-1] if words else f"strace failed with status {done.returncode}"
