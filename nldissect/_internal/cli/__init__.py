"""The command `nldissect`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ..errors import FilterError, NldissectError, UsageError

# 128 + the signal's number, as a shell reports a program that a signal ended.
INTERRUPTED = 130
BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments (by default the program's); returns its status.

    0 is success, 2 that something could not be done (said on standard error),
    130 and 141 that the user or a closed pipe ended it.
    """
    from .output import Output, complain, point

    output = Output()
    try:
        try:
            from .options import parse

            status = parse(sys.argv[1:] if argv is None else argv, output)
            output.flush()
        except KeyboardInterrupt:
            output.flush()
            return INTERRUPTED
        return status
    except BrokenPipeError:
        output.abandon()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except FilterError as problem:
        complain(str(problem))
        if problem.text.strip():
            point(problem.text, problem.column, problem.length)
    except UsageError as problem:
        complain(str(problem))
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
