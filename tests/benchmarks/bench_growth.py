"""How time grows with what a record, file, section, spec or filter holds: not with its square.

    python tests/benchmarks/bench_growth.py [--python PYTHON] [--path CHECKOUT] [--points N]

For each shape a row a command: milliseconds of CPU beyond those of a smallest input, for an eighth,
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
from collections.abc import Callable, Iterator
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
FILTER = """
import sys, nldissect
nldissect.compile(open(sys.argv[1]).read())
"""
HEAD = "name: big\nprotocol: genetlink\n"
SET = "attribute-sets:\n  - {name: s0, attributes: [{name: a, type: u8}]}\n"
SPECS: dict[str, tuple[Callable[[int], str], int]] = {
    "attributes": (lambda n: HEAD + "attribute-sets:\n  - name: s0\n    attributes:\n" + "".join(
        f"      - {{name: a{i}, type: u32}}\n" for i in range(n)), 16_000),
    "sets in a ring": (lambda n: HEAD + "attribute-sets:\n" + "".join(
        f"  - {{name: s{i}, attributes:"
        f" [{{name: a, type: nest, nested-attributes: s{(i + 1) % n}}}]}}\n"
        for i in range(n)), 16_000),
    "operations": (lambda n: HEAD + SET + "operations:\n  list:\n" + "".join(
        f"    - {{name: o{i}, attribute-set: s0, do: {{request: {{attributes: [a]}}}}}}\n"
        for i in range(n)), 16_000),
    "aliases": (lambda n: HEAD + "a: &a [x]\nb: [" + ", ".join(["*a"] * n) + "]\n", 200_000),
}  # fmt: skip
FILTERS: dict[str, tuple[Callable[[int], str], int]] = {
    "a set": (lambda n: "mtu in {" + ", ".join(map(str, range(n))) + "}", 64_000),
    "ranges": (lambda n: "mtu in {" + ", ".join(f"{2 * i}..{2 * i + 1}" for i in range(n)) + "}",
               32_000),
    "parentheses": (lambda n: " and ".join(["(mtu)"] * n), 8_000),
    "not": (lambda n: "not " * n + "mtu", 64_000),
}  # fmt: skip
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


def texts(points: int) -> Iterator[tuple[str, str, int, list[bytes]]]:
    """Form, name, count, and specs and filters of an eighth of the count up to all of it."""
    for form, shapes in (("spec", SPECS), ("compile", FILTERS)):
        for name, (function, count) in shapes.items():
            counts = [count >> i for i in reversed(range(points))]
            yield form, name, count, [function(n).encode() for n in counts]


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
        empty = b"".join(recordings.pcap(()))
        path = Path(folder, "shape.yaml")  # a name that every command takes
        forms = {name: [*python, "-m", "nldissect", *words] for name, words in COMMANDS.items()}
        forms["index"] = [*python, "-c", INDEX]
        others = {"spec": [*python, "-m", "nldissect", "dissectors", "check"],
                  "compile": [*python, "-c", FILTER]}  # fmt: skip
        small = {"spec": (HEAD + SET).encode(), "compile": b"mtu"}

        def measured(words: list[str], contents: list[bytes]) -> list[float]:
            figures = []
            for content in contents:
                path.write_bytes(content)
                figures.append(
                    spent([*words, *[str(path)] * (1 + (words[-1] == "diff"))], environment)
                )
            return figures

        def told(count: int, shape: str, form: str, before: float, figures: list[float]) -> bool:
            row = [max(figure - before, 0.0005) for figure in figures]
            growth = row[-1] / row[-2]
            wrong = growth > WORST and row[-1] > 0.05
            late = form == "list" and shape in recordings.RECORDS and row[-1] > LONGEST
            mark = " GROWS" * wrong + " LATE" * late
            shown = "".join(f"{1000 * figure:9.1f}" for figure in row)
            print(f"{count:8,} {shape:20}{form:8}{shown}  x{growth:4.1f}{mark}", flush=True)
            return wrong

        start = {n: measured(words, [empty])[0] for n, words in forms.items()}
        start |= {n: measured(words, [small[n]])[0] for n, words in others.items()}
        for shape, count, contents in captures(options.points):
            for name, words in forms.items():
                missed += told(count, shape, name, start[name], measured(words, contents))
        for name, shape, count, contents in texts(options.points):
            missed += told(count, shape, name, start[name], measured(others[name], contents))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
