"""Tables of a busy host beside `-T jsonl`: rows and messages a second, memory, bytes of the files.

    python tests/benchmarks/bench_export.py [MESSAGES]

The recording is that of recordings.py, of so many messages (40,000 if not said). Times are CPU.
The exit status is 1 when a target is missed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import recordings

ROOT = Path(__file__).parents[2]
FASTER, SMALLER = 4, 3  # rows a second, and bytes, beside jsonl (compressed by zstd)


def took(out: Path, *words: str) -> float:
    """Seconds of CPU of a run of nldissect, which it prints with the memory."""
    with out.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "nldissect", *words],
            stdout=stream,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH')}"},
        )
        _, status, used = os.wait4(process.pid, 0)
    assert status == 0
    seconds = used.ru_utime + used.ru_stime
    print(f"{words[0]}: {seconds:.2f} s of CPU, {used.ru_maxrss >> 10} MiB resident")
    return seconds


def main(messages: int) -> int:
    """Measures; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        capture, lines, tables = (folder / part for part in ("busy.pcap", "busy.jsonl", "tables"))
        subprocess.run(
            [sys.executable, recordings.__file__, "busy", capture, "--messages", str(messages)],
            check=True,
        )
        text = took(lines, "read", "-T", "jsonl", "-j", "1", str(capture))
        table = took(folder / "out", "export", str(capture), "-o", str(tables))
        subprocess.run(["zstd", "-q", str(lines)], check=True)
        files = list(tables.rglob("*.parquet"))
        rows = sum(pq.ParquetFile(path).metadata.num_rows for path in files)
        size = sum(path.stat().st_size for path in files)
        packed = lines.with_suffix(".jsonl.zst").stat().st_size
    faster = rows / table / (messages / text)
    print(f"{rows} rows: {rows / table:,.0f}/s, jsonl {messages / text:,.0f}/s: {faster:.1f} times")
    print(f"messages: {messages / table:,.0f}/s, {text / table:.2f} times those of jsonl")
    print(f"{size} bytes, jsonl with zstd {packed}: {size / packed:.2f}")
    return 0 if faster >= FASTER and size * SMALLER <= packed else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 40_000))
