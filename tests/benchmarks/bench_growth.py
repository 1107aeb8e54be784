"""How time grows with what one record, one file or one section holds: it must not with its square.

    python tests/benchmarks/bench_growth.py [--python PYTHON] [--path CHECKOUT] [--points N]

For each shape a row a command: milliseconds of CPU beyond those of an empty capture, for an eighth,
a quarter, a half and all of the count, and the last against the one before (2 is linear). A row
whose last figure is over 2.6, where it takes over 50 ms, is marked, and the status is 1. Of
records of 64 KiB the list is held against 10 ms too, which only the compiled form can meet.
"""

from __future__ import annotations

import argparse
import os
import resource
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import recordings

COMMANDS = {
    "list": ["read"], "tree": ["read", "-V"], "json": ["read", "-T", "jsonl"],
    "fields": ["read", "-T", "fields", "-e", "ifname", "-e", "linkinfo.kind"],
    "filter": ["read", "-Y", 'mtu > 5 or linkinfo.kind == "x"'], "build": ["read", "-T", "build"],
    "stats": ["stats"], "check": ["check"], "diff": ["diff"],
}  # fmt: skip
INDEX = """
import sys, nldissect
with nldissect.open(sys.argv[1]) as capture:
    for message in capture: message.to_json(), message.transaction
"""
SECTION = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
INTERFACE = struct.pack("<IIHHII", 1, 20, 253, 0, 262144, 20)
SOCKET = struct.pack("<IIIIIHHIIII", 0x80006E6C, 44, 0, 0, 0, 0, 0, 7, 7, 7, 44)
BLOCKS = {"sections": SECTION, "interfaces": INTERFACE, "sockets": SOCKET}
WORST = 2.6
LONGEST = 0.010  # seconds, for the list of a record of 64 KiB


def captures(points: int) -> Iterator[tuple[str, int, list[bytes]]]:
    """Name, count, and captures of an eighth of the count up to all of it."""
    steps = [1 << i for i in reversed(range(points))]
    for name, (function, count) in (recordings.RECORDS | recordings.SHAPES).items():
        counts = [count // step for step in steps]
        yield name, count, [b"".join(recordings.pcap(function(n))) for n in counts]
    for name, block in BLOCKS.items():
        yield name, 300_000, [SECTION + INTERFACE + block * (300_000 // step) for step in steps]


def spent(command: list[str], environment: dict[str, str]) -> float:
    """Seconds of CPU, the least of three runs."""
    least, null = float("inf"), subprocess.DEVNULL
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=environment, stdout=null, stderr=null, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, sum(after[:2]) - sum(before[:2]))
    return least


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--path", default=str(recordings.ROOT))
    parser.add_argument("--points", type=int, default=4)
    options = parser.parse_args()
    environment = {**os.environ, "PYTHONPATH": options.path, "PYTHONSAFEPATH": "1"}
    python = [options.python, "-P"]
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "empty.pcap")
        empty.write_bytes(b"".join(recordings.pcap(())))
        path = Path(folder, "shape.pcap")
        forms = {name: [*python, "-m", "nldissect", *words] for name, words in COMMANDS.items()}
        forms["index"] = [*python, "-c", INDEX]
        start = {n: spent([*words, *[str(empty)] * (1 + (n == "diff"))], environment)
                 for n, words in forms.items()}  # fmt: skip
        for shape, count, contents in captures(options.points):
            for name, words in forms.items():
                row = []
                for content in contents:
                    path.write_bytes(content)
                    whole = spent([*words, *[str(path)] * (1 + (name == "diff"))], environment)
                    row.append(max(whole - start[name], 0.0005))
                growth = row[-1] / row[-2]
                wrong = growth > WORST and row[-1] > 0.05
                late = name == "list" and shape in recordings.RECORDS and row[-1] > LONGEST
                missed += wrong
                mark = " GROWS" * wrong + " LATE" * late
                figures = "".join(f"{1000 * figure:9.1f}" for figure in row)
                print(f"{count:8,} {shape:20}{name:8}{figures}  x{growth:4.1f}{mark}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
