"""The command `nldissect`."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence

from ..wire.errors import FilterError, NldissectError

# 128 + the signal's number, as a shell reports a program that a signal ended.
SIGNALLED = 128
BROKEN_PIPE = 141
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Nodes refer to each other, so the collector must run; but most messages go without any.
GC_THRESHOLDS = (10_000, 20, 50)
VERSION = ["--version"]


class Ended(KeyboardInterrupt):
    """A signal that ends the process, its number the argument; all is cleared away before."""


def script() -> int:
    """`main` as a process of its own; from here on a signal is an exception."""
    gc.set_threshold(*GC_THRESHOLDS)
    if sys.argv[1:] != VERSION:
        from . import commands  # noqa: F401 - takes time, while a signal still just ends it

    ends = [number for number in ENDS if signal.getsignal(number) == signal.SIG_DFL]
    try:
        try:
            _handle(ends, _end)  # and none that nohup(1) or a shell's & has it ignore
            sys.unraisablehook = _again
            status = main()
        except KeyboardInterrupt as found:
            status = _signalled(found)
        _handle(ends, signal.SIG_DFL)
    except KeyboardInterrupt as found:  # one more, while the first was answered
        status = _signalled(found)
        _handle(ends, signal.SIG_DFL)
    gc.freeze()  # what is left needs no collection at its end
    return status


def _handle(
    numbers: Sequence[int], handler: Callable[[int, object], None] | signal.Handlers
) -> None:
    for number in numbers:
        signal.signal(number, handler)


def _end(number: int, frame: object) -> None:
    """Ends what runs, by way of all that clears away."""
    raise Ended(number)


def _again(lost: sys.UnraisableHookArgs) -> None:
    """Sends a signal once more that came where Python can raise nothing, as in a callback."""
    if isinstance(lost.exc_value, Ended):
        os.kill(os.getpid(), lost.exc_value.args[0])
    else:
        sys.__unraisablehook__(lost)


def _signalled(found: KeyboardInterrupt) -> int:
    """The status of a process that this ends: which signal it was is its argument."""
    return SIGNALLED + (found.args[0] if found.args else signal.SIGINT)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments (by default the program's); returns its status.

    0 is success, 2 that something could not be done (said on standard error),
    130 and 141 that the user or a closed pipe ended it.
    """
    from .output import TextOutput, complain, point

    output = TextOutput()
    given = sys.argv[1:] if argv is None else argv
    try:
        try:
            if list(given) == VERSION:  # the quick way: no parser is built
                from .version_text import version_text

                output.write(f"{version_text()}\n")
                status = 0
            else:
                from .commands import run_command_line

                status = run_command_line(given, output)
            output.flush()
        except (KeyboardInterrupt, Exception):  # what was said before is not lost
            output.flush()
            raise
        return status
    except BrokenPipeError:
        output.abandon()
        return BROKEN_PIPE
    except KeyboardInterrupt as found:
        return _signalled(found)
    except FilterError as problem:
        complain(str(problem))
        if problem.text.strip():
            point(problem.text, problem.column, problem.length)
    except NldissectError as problem:
        complain(str(problem))
    except OSError as problem:
        output.abandon()
        complain(f"the output cannot be written: {problem.strerror or problem}")
    except RecursionError:
        complain("the input nests too deeply")
    except Exception as problem:
        if os.environ.get("NLDISSECT_DEBUG"):
            raise
        complain(
            f"a fault in nldissect itself: {type(problem).__name__}: {problem}"
            " (NLDISSECT_DEBUG=1 shows where); please report it"
        )
    return 2
