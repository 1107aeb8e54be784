"""`python -m nldissect` is the command `nldissect`."""

from __future__ import annotations

import sys

from ._internal.cli import script

if __name__ == "__main__":
    sys.exit(script())
