"""`python -m nldissect` is the command `nldissect`."""

from __future__ import annotations

import signal
import sys


def script() -> int:
    """The command as a process: until there is something to clear away, a signal just ends it."""
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ._internal.cli import script

    return script()


if __name__ == "__main__":
    sys.exit(script())
