#!/usr/bin/env python3
"""What reading, the header pass and the messages of a capture cost, in microseconds of CPU.

    bench_session.py FILE...

For each file (of tests/benchmarks/bench_index.py --make, say): records read, then read and
taught, then both passes with a message made and bound of each frame; each step also without
those before. Best of three. Says whether the core is compiled.
"""

from __future__ import annotations

import resource
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # behind PYTHONPATH: there may be a compiled copy

from nldissect._internal.capture.reader import open_capture
from nldissect._internal.session import forward_pass
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.spec.registry import Registry


def best(run: Callable[[], Iterable[object]]) -> float:
    """CPU seconds of going through what `run` gives, the best of three."""
    found = []
    for _ in range(3):
        start = time.process_time()
        deque(run(), maxlen=0)
        found.append(time.process_time() - start)
    return min(found)


def measure(path: str, registry: Registry) -> None:
    count = Session(registry)
    messages = sum(1 for _ in count.messages(open_capture(path)))
    records = count.records
    reading = best(lambda: open_capture(path))
    teaching = best(lambda: Session(registry).taught(open_capture(path)))
    whole = best(lambda: Session(registry).messages(open_capture(path)))
    print(
        f"{Path(path).name}: {records:,} records, {messages:,} messages; "
        f"reading {reading / records * 1e6:.3f} a record; "
        f"header pass {(teaching - reading) / messages * 1e6:.3f} a message; "
        f"second pass {(whole - teaching - reading) / messages * 1e6:.3f} a message; "
        f"in all {whole:.2f} s"
    )


def main() -> None:
    form = "not compiled" if str(forward_pass.__file__).endswith(".py") else "compiled"
    print(f"{form}: µs of CPU a record or message")
    registry = Registry()
    for path in sys.argv[1:]:
        measure(path, registry)
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB resident")


if __name__ == "__main__":
    main()
