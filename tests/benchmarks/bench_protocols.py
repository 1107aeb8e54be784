"""What an attribute of each protocol costs, as a multiple of one of rtnetlink.

    python tests/benchmarks/bench_protocols.py [NAME...] [--messages N] [--runs N]

Each recording of captures/ (or those named) is replayed by recordings.py, so that messages do not
repeat, and read as a list and as jsonl. What the same messages cost without their payload
(`-T fields -e message`: start, framing, pairing) is taken off, and what is left is divided by the
attributes, header fields and messages that are told. rtnetlink is what links, addresses, routes
and rules give together. Issue 12 wants no protocol above 1.5.
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
FORMS = (["read"], ["read", "-T", "jsonl"])


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


def costs(names: tuple[str, ...], folder: Path, messages: int, runs: int) -> list[float]:
    """Microseconds for each thing that is told, in each form."""
    path = folder / f"{names[0]}.pcap"
    recordings.make(path, "busy", names, messages=messages)
    count = told(path)
    bare = seconds(nldissect("read", "-T", "fields", "-e", "message", str(path)), runs)
    return [1e6 * (seconds(nldissect(*f, str(path)), runs) - bare) / count for f in FORMS]


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
        base = costs(BASE, folder, options.messages, options.runs)
        print(f"{'rtnetlink':<20}{base[0]:7.3f} us {base[1]:7.3f} us in list, jsonl", flush=True)
        for each in options.names or every:
            found = costs((each,), folder, options.messages, options.runs)
            ratios = [f / b for f, b in zip(found, base, strict=True)]
            missed += max(ratios) > WORST
            print(f"{each:<20}{ratios[0]:7.2f}    {ratios[1]:7.2f}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
