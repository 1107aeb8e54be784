"""CPU time and memory of `nldissect read` against tshark, on 100,000 records.

    python tests/benchmarks/bench_read.py [RECORDS]

Repeats the recordings in captures/ into one file and runs both programs on it
in turn, with their output going to /dev/null, each three times; the least CPU
time (user and system, of the process and its children) counts. `no memo` is
with NLDISSECT_MEMO=0: what a recording costs in which nothing repeats. The
start-up figures are those of a warm spec cache. Targets are of issue 2,
section 8; the exit status is 1 when one is missed.
"""

from __future__ import annotations

import os
import shutil
import struct
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = [sys.executable, "-m", "nldissect"]
RUNS = 3


def records(path: Path) -> list[bytes]:
    """The records, headers included, of a little-endian pcap file of link type 253."""
    data = path.read_bytes()
    magic, link_type = struct.unpack_from("<I16xI", data)
    if magic not in (0xA1B2C3D4, 0xA1B23C4D) or link_type != 253:
        return []
    out, at = [], 24
    while at + 16 <= len(data):
        end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
        out.append(data[at:end])
        at = end
    return out


def build(path: Path, count: int) -> None:
    """Writes the recordings again and again, a second apart, until there are `count` records."""
    source = [r for found in sorted((ROOT / "captures").glob("*.pcap")) for r in records(found)]
    if not source:
        sys.exit("no recordings in captures/")
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 253))
        for i in range(count):
            record = source[i % len(source)]
            seconds = 1767323045 + i // 1000
            out.write(struct.pack("<II", seconds, i % 1000 * 1000) + record[8:])
    print(f"{count} records, {path.stat().st_size / 1e6:.1f} MB, from {len(source)} recorded ones")


def measure(command: list[str], **environment: str) -> tuple[float, float]:
    """The least CPU seconds of some runs, and the most memory in MB."""
    best, most = 1e9, 0.0
    for _ in range(RUNS):
        process = os.posix_spawnp(
            command[0], command, {**os.environ, "PYTHONPATH": str(ROOT), **environment},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )  # fmt: skip
        _, status, used = os.wait4(process, 0)
        if status:
            sys.exit(f"{' '.join(command)} failed with status {status}")
        best = min(best, used.ru_utime + used.ru_stime)
        most = max(most, used.ru_maxrss / 1024)
    return best, most


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    tshark = shutil.which("tshark")
    missed = False

    def verdict(value: float, limit: float) -> str:
        nonlocal missed
        missed |= value > limit
        return "ok" if value <= limit else "MISSED"

    with tempfile.TemporaryDirectory() as folder:
        small, big = Path(folder, "20.pcap"), Path(folder, "big.pcap")
        build(small, 20)
        build(big, count)
        measure([*PYTHON, "read", str(big)])  # fills the spec cache

        for name, arguments, limit in (
            ("--version", ["--version"], 0.1),
            ("read of 20 records", ["read", str(small)], 0.3),
        ):
            cpu, _ = measure([*PYTHON, *arguments])
            print(f"{name:<20} {cpu:7.3f} s   limit {limit} s   {verdict(cpu, limit)}")

        print(f"\n{'':<10} {'tshark':>8} {'nldissect':>10} {'ratio':>6} {'limit':>6}"
              f" {'no memo':>8} {'ratio':>6} {'memory':>8}")  # fmt: skip
        for name, theirs, ours, limit in (
            ("list", [], [], 6.0),
            ("-V", ["-V"], ["-V"], 2.0),
            ("json", ["-T", "json"], ["-T", "jsonl"], 0.5),
        ):
            read = [*PYTHON, "read", *ours, str(big)]
            cpu, memory = measure(read)
            plain, _ = measure(read, NLDISSECT_MEMO="0")
            if tshark is None:
                print(f"{name:<10} {'absent':>8} {cpu:9.2f}s {'':>13} {plain:7.2f}s"
                      f" {'':>6} {memory:5.0f} MB")  # fmt: skip
                continue
            other, _ = measure([tshark, "-n", "-r", str(big), *theirs])
            ratio = cpu / other
            print(f"{name:<10} {other:7.2f}s {cpu:9.2f}s {ratio:6.2f} {limit:6.2f} {plain:7.2f}s"
                  f" {plain / other:6.2f} {memory:5.0f} MB   {verdict(ratio, limit)}"
                  f" {verdict(memory, 150)}")  # fmt: skip
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
