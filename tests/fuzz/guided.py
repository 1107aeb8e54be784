"""The same targets, with choices that coverage guides: `python -m tests.fuzz --guided`.

What a target takes from its source of chance are bytes here, which atheris (libFuzzer) makes and
keeps where they reach new code. It instruments Python code, so what it sees is the pure form.
"""

from __future__ import annotations

import contextlib
import random
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

SEEDS = 8  # inputs of chance alone, where a folder has none yet
LONGEST = 4096  # bytes of choices; those behind them are derived


class Choices(random.Random):
    """A source of chance that gives the bytes it was made of, and what they seed behind them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(zlib.crc32(data))
        self._data = data
        self._at = 0

    def getrandbits(self, k: int, /) -> int:
        size = (k + 7) // 8
        piece = self._data[self._at : self._at + size]
        self._at += size
        if len(piece) < size:
            return super().getrandbits(k)
        return int.from_bytes(piece, "little") & ((1 << k) - 1)

    def random(self) -> float:
        return self.getrandbits(16) / (1 << 16)


def guide(name: str, seconds: int, patience: int, memory: int, folder: Path) -> None:
    """Fuzzes one target, whose inputs are kept in a folder of its name; does not come back.

    The process ends with a status that is not 0 at the first finding; its input is a file
    `crash-`, `timeout-` or `oom-` then.
    """
    import atheris

    with atheris.instrument_imports(include=["nldissect"], enable_loader_override=False):
        from .targets import TARGETS

    target: Callable[[random.Random], str] = TARGETS[name]

    def one(data: bytes) -> None:
        target(Choices(data))

    kept = folder / name
    kept.mkdir(parents=True, exist_ok=True)
    for number in range(0 if any(kept.iterdir()) else SEEDS):
        (kept / str(number)).write_bytes(random.Random(f"{name} {number}").randbytes(LONGEST // 4))
    with contextlib.suppress(Exception):  # reads what is mutated, which must not count as slow
        one(b"")
    options = {
        "max_total_time": seconds, "timeout": patience, "rss_limit_mb": memory >> 20,
        "max_len": LONGEST, "len_control": 0, "report_slow_units": patience,
        "artifact_prefix": f"{folder}/{name}-",
    }  # fmt: skip
    given = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup([sys.argv[0], *given, str(kept)], one)
    atheris.Fuzz()
