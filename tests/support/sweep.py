"""The recordings that a sweep reads: a test that holds something of every message they have.

The compiled form reads all. The pure one, several times slower, reads the small ones, and all where
NLDISSECT_EVERY is set: that both forms make the same of all of them is what `.ci/run` compares.
What is made of the large ones that alone have messages of some dissector, tests/golden tells.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from nldissect._internal.cli.version_text import version_text
from support.capture_files import RECORDINGS

T = TypeVar("T")
LARGE = 50_000  # bytes
ALONE = {"genl_devices", "genl_tools", "genl_tunnels", "rtnl_misc"}
EVERY = sorted(RECORDINGS.glob("*.pcap"))
WHOLE = "compiled" in version_text() or "NLDISSECT_EVERY" in os.environ
SWEPT = [path for path in EVERY if WHOLE or path.stat().st_size < LARGE]
FROZEN = [path for path in EVERY if path in SWEPT or path.stem in ALONE]  # of each dissector some


def share(cases: Sequence[T]) -> Sequence[T]:
    """All cases, or every third where each of them takes seconds."""
    return cases if WHOLE else cases[::3]
