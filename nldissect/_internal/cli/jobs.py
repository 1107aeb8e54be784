"""One capture gone through by several processes, each of which shows its share in its turn.

Pairing cannot begin in the middle, so every process goes through all of the capture, which is
cheap beside showing it. The records are dealt out in pieces: piece n is shown by process n
modulo their number. It is held back until all before it is written; whose turn that is goes
round with a byte in pipes. The process that began is one of them, and alone again at the end.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, Final, NoReturn, final

from mypy_extensions import i64

from ..session.forward_pass import RecordSource
from ..wire.errors import CaptureError, NldissectError, UsageError
from ..wire.record import Record
from .output import TextOutput
from .selection import parse_number

LONG: Final = 64 << 20  # bytes of a file from which on several processes are worth their start
USEFUL: Final = 4  # processes; more have less and less to share
MOST: Final = 64
PIECE: Final = 1 << 16  # bytes of a capture
HELD: Final = 1 << 21  # bytes that wait for their turn, before more is made
PATIENCE: Final = 10_000  # ms that an interrupted command waits for its turn
NOTHING, SOMETHING = b"\0", b"\1"  # was written so far: what is handed on with the turn


def wanted_count(option: str | None) -> int:
    """How many processes -j asks for, 0 without it."""
    if option is None:
        return 0
    count = parse_number(option, "-j")
    if not 0 < count <= MOST:
        raise UsageError(f"-j: {option} processes cannot be had; give 1 to {MOST}")
    return count


def useful_count(wanted: int, output: TextOutput, *paths: str) -> int:
    """How many processes read a file, or several as one: as asked for or, with 0, as useful."""
    if wanted == 1 or not output.shared or not hasattr(os, "fork"):
        return 1
    try:
        size = sum([os.stat(path).st_size for path in paths])
    except OSError:
        return 1
    return wanted or (min(_processors(), USEFUL) if size > LONG else 1)


def _processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):  # on Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Broken(Exception):
    """One of the processes is gone."""


@final
class Jobs:
    """`count` processes that go through one capture; see above.

    `between` is what stands between messages in the output, `first` what is in its place before
    the very first one.
    """

    def __init__(self, count: int, output: TextOutput, between: bytes, first: bytes) -> None:
        self.count: i64 = count
        self.written = False  # whether anything is, by whichever process
        self._output = output
        self._between = between
        self._first = first
        self._number: i64 = 0  # of this process
        self._piece: i64 = -1
        self._until: i64 = 0  # where in the file the next one begins
        self._held: deque[bytes | None] = deque()  # what waits; None ends a piece
        self._size: i64 = 0  # of these
        self._turn = True
        self._before = self._after = -1  # pipes from and to the processes beside this one
        self._poll = select.poll()
        self._others: list[tuple[int, BinaryIO]] = []  # process ids, and what brings results
        self._result = -1

    # -- what one command does -------------------------------------------------------

    def run(
        self,
        work: Callable[[], object],
        result: Callable[[], object],
        merge: Callable[[Any], object],
    ) -> None:
        """Does the work, in the course of which the capture is `shared`, in all processes.

        `merge` is given what `result` returned in each of the others, something that JSON can
        hold. What `work` raises passes through; so does what it raised in another process.
        """
        failure: CaptureError | None = None
        try:
            try:
                work()
            except CaptureError as broken:  # at the same place in all processes
                failure = broken
            self._complete()
            self._write_held(True)
            if self._number:
                self._leave(result())
            for found in self._gather():
                merge(found)
        except BaseException as problem:
            if self._number:
                self._fail(problem)
            if isinstance(problem, _Broken):
                self._gather()  # which tells why
            self._stop(isinstance(problem, KeyboardInterrupt))
            raise
        if failure is not None:
            raise failure

    def shared(self, capture: RecordSource, after: int) -> RecordSource:
        """The capture; the processes part when it is gone through for the time after so many."""
        return _SharedCapture(capture, self, after)

    def mine(self, record: Record) -> bool:
        """Whether this process shows what is in the record, the next one or the same again."""
        if record.offset >= self._until:
            self._next(record.offset)
        return not self._output.muted

    # -- pieces ------------------------------------------------------------------------

    def _next(self, offset: i64) -> None:
        self._complete()
        self._piece += 1
        self._until = offset + PIECE
        self._output.muted = self._piece % self.count != self._number
        self._write_held(False)

    def _complete(self) -> None:
        """A piece of this process's own, if it is one, is at its end."""
        if not self._output.muted and self._piece >= 0:
            self._output.push()
            self._held.append(None)

    def _sink(self, data: bytes) -> None:
        """Takes what is to be written when all before it is."""
        self._held.append(data)
        self._size += len(data)
        self._write_held(False)

    def _write_held(self, whole: bool) -> None:
        """Writes what is held as far as it is this process's turn; waits for that if it must."""
        while self._held:
            if not self._turn and not self._await_turn(-1 if whole or self._size > HELD else 0):
                return
            data = self._held.popleft()
            if data is None:
                self._turn = False
                with suppress(BrokenPipeError):  # what became of it is found by `_gather`
                    os.write(self._after, SOMETHING if self.written else NOTHING)
                continue
            self._size -= len(data)
            if not self.written:
                self.written = True
                data = self._first + data[len(self._between) :]
            self._output.emit(data)

    def _await_turn(self, patience: int) -> bool:
        """Whether it is this process's turn now; waits so many ms for it, -1 for ever."""
        if not self._poll.poll(patience):
            return False
        byte = os.read(self._before, 1)
        if not byte:
            raise _Broken
        self.written = byte == SOMETHING
        self._turn = True
        return True

    # -- processes -----------------------------------------------------------------------

    def fork_workers(self) -> None:
        """Makes the other processes."""
        count = int(self.count)
        self._output.flush()
        gc.freeze()  # what is there already stays as it is, and shared
        turns = [os.pipe() for _ in range(count)]  # to the process of that number
        for i in range(1, count):
            result, told = os.pipe()
            pid = _fork()
            if not pid:
                self._number = i
                self._turn = False
                self._result = told
                for _, other in self._others:
                    other.close()
                os.close(result)
                self._others = []
                break
            os.close(told)
            self._others.append((pid, os.fdopen(result, "rb")))
        at = int(self._number)
        self._before, self._after = turns[at][0], turns[(at + 1) % count][1]
        for pipe in turns:
            for end in pipe:
                if end not in (self._before, self._after):
                    os.close(end)
        self._poll.register(self._before, select.POLLIN)
        self._output.sink = self._sink

    def _leave(self, result: object, failure: list[object] | None = None) -> NoReturn:
        """Ends a process that is not the first one; both go to that one, as JSON."""
        with os.fdopen(self._result, "wb") as pipe:
            pipe.write(json.dumps([self.written, result, failure]).encode())
        os._exit(0)

    def _fail(self, problem: BaseException) -> NoReturn:
        """The same where something went wrong, after all that went before it is written."""
        try:
            if not isinstance(problem, (_Broken, OSError)):
                self._write_held(True)
        except BaseException as another:
            problem = another
        try:
            if not isinstance(problem, _Broken):
                self._leave(None, _packed(problem))
        finally:
            os._exit(1)

    def _gather(self) -> list[Any]:
        """Waits for the other processes; what each gave."""
        self._close()
        out: list[Any] = []
        failures: list[BaseException] = []
        while self._others:
            pid, result = self._others[0]
            with result:
                data = result.read()
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            del self._others[0]
            if status < 0:
                words = f"one of {self.count} processes was ended by signal {-status}"
                failures.append(NldissectError(f"{words}: what follows is missing"))
            elif data:
                written, found, failure = json.loads(data)
                self.written = self.written or bool(written)
                if failure is not None:
                    failures.append(_unpacked(*failure))
                out.append(found)
            elif not failures:
                failures.append(NldissectError(f"one of {self.count} processes failed"))
        if failures:
            raise failures[-1]
        return out

    def _stop(self, interrupted: bool) -> None:
        """Ends the other processes; when interrupted, after what is complete so far."""
        if interrupted and self._before >= 0:
            with suppress(_Broken, OSError):
                if not self._output.muted:
                    self._output.push()
                while (self._turn or self._await_turn(PATIENCE)) and self._held:
                    self._write_held(False)
        for pid, result in self._others:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
            result.close()
        self._others = []
        self._close()

    def _close(self) -> None:
        """This process is alone again."""
        self._output.sink = None
        self._output.muted = False
        gc.unfreeze()
        if self._before >= 0:
            os.close(self._before)
            os.close(self._after)
            self._before = -1


def _packed(problem: BaseException) -> list[object]:
    """An exception as what JSON can hold: kind, errno, words."""
    if isinstance(problem, NldissectError):
        return ["NldissectError", 0, str(problem)]
    if isinstance(problem, OSError) and problem.errno:
        return ["OSError", problem.errno, problem.strerror or str(problem)]
    return [type(problem).__name__, 0, str(problem)]


def _unpacked(kind: str, number: int, text: str) -> BaseException:
    """The exception that `_packed` was given; what is a fault of ours becomes a RuntimeError."""
    if kind == "NldissectError":
        return NldissectError(text)
    if kind == "OSError":
        return OSError(number, text)  # which makes a BrokenPipeError of EPIPE
    if kind == "RecursionError":
        return RecursionError(text)
    return RuntimeError(f"{kind} in another process: {text}")


def _fork() -> int:
    """Makes a process that no Ctrl-C reaches, since the first one ends the others."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
    except OSError as problem:
        raise UsageError(f"-j: no more processes can be made: {problem.strerror}") from None
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT,))
    return pid


@final
class _SharedCapture:
    """A capture that several processes go through."""

    def __init__(self, capture: RecordSource, jobs: Jobs, after: int) -> None:
        self.rewindable = capture.rewindable
        self._capture = capture
        self._jobs = jobs
        self._after = after

    def __iter__(self) -> Iterator[Record]:
        if not self._after:
            self._jobs.fork_workers()
        self._after -= 1
        return iter(self._capture)
