"""What an attribute of each protocol costs, as a multiple of one of rtnetlink.

    python tests/benchmarks/bench_protocols.py [NAME...] [--messages N] [--runs N]

Each recording of captures/ (or those named) is replayed by recordings.py, so that messages do not
repeat, N and 3N of them, and read as a list and as jsonl. The difference is what 2N messages cost,
without start and loading of dissectors; what the same messages cost without their payload
(`-T fields -e message`: framing, pairing) is taken off, and what is left is divided by the
attributes, header fields and messages that are told, and by the messages alone: each has a line,
whether it has 40 attributes or 10. rtnetlink is what links, addresses, routes and rules give
together. Issue 12 wants no protocol above 1.5 per attribute.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import recordings

BASE = ("links", "addresses", "routes", "rules")
WORST = 1.5
FORMS: tuple[tuple[str, ...], ...] = ((), ("-T", "jsonl"))


def nldissect(*words: str) -> list[str]:
    return [sys.executable, "-m", "nldissect", *words]


def seconds(command: list[str], runs: int) -> float:
    """The least CPU time of some runs, of the process and its children."""
    found = []
    for _ in range(runs):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} failed")
        found.append(usage.ru_utime + usage.ru_stime)
    return min(found)


def nodes(tree: list[dict[str, Any]]) -> int:
    return sum(1 + nodes(node.get("children", [])) for node in tree)


def told(path: Path) -> int:
    """Messages, header fields and attributes in a recording."""
    with subprocess.Popen(
        nldissect("read", "-T", "jsonl", str(path)), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        return sum(1 + nodes(json.loads(line).get("attributes", [])) for line in process.stdout)


Cost = tuple[list[float], list[float]]


def costs(names: tuple[str, ...], folder: Path, messages: int, runs: int) -> Cost:
    """Microseconds for each thing that is told, and for each message, in each form."""
    few, many = (folder / f"{names[0]}.{count}.pcap" for count in (messages, 3 * messages))
    recordings.make(few, "busy", names, messages=messages)
    recordings.make(many, "busy", names, messages=3 * messages)

    def more(*words: str) -> float:
        command = nldissect("read", *words)
        return seconds([*command, str(many)], runs) - seconds([*command, str(few)], runs)

    bare = more("-T", "fields", "-e", "message")
    spent = [1e6 * (more(*form) - bare) for form in FORMS]
    count = told(many) - told(few)
    return [each / count for each in spent], [each / (2 * messages) for each in spent]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    every = sorted(path.stem for path in (recordings.ROOT / "captures").glob("*.pcap"))
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base, base_message = costs(BASE, folder, options.messages, options.runs)
        print(f"{'':<20}{'an attribute':>14}{'a message':>18}, list and jsonl")
        print(f"{'rtnetlink':<20}{base[0]:7.3f}{base[1]:7.3f}", end="")
        print(f"{base_message[0]:11.2f}{base_message[1]:7.2f} us", flush=True)
        for each in options.names or every:
            found = costs((each,), folder, options.messages, options.runs)
            bases = (*base, *base_message)
            ratios = [f / b for f, b in zip((*found[0], *found[1]), bases, strict=True)]
            missed += max(ratios[:2]) > WORST
            print("{:<20}{:7.2f}{:7.2f}{:11.2f}{:7.2f}".format(each, *ratios), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
