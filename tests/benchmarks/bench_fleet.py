"""A fleet's captures read by Dask with one worker and with two: rate, scaling, where it stops.

    python tests/benchmarks/bench_fleet.py [CAPTURES [TABLE]]

Needs '.[engines]'. The captures (1,000 if not said) are recordings of captures/ with other hosts,
kernels and times (tests/support/fleet.py), 16 to a task. A job counts the rows of a table
(`messages` if not said) by host, kernel and operation. Where other programs run, times of CPU tell
more than those of the clock, which are of the same run.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "tests"), str(ROOT)]  # last: another checkout may be in front

import dask.dataframe as dd  # noqa: E402
import pandas as pd  # noqa: E402
from dask.distributed import Client, LocalCluster  # noqa: E402

import nldissect.arrow  # noqa: E402
from support.fleet import fleet  # noqa: E402

TOGETHER = 16  # captures of a task


def load(paths: list[str], table: str) -> pd.DataFrame:
    """The rows of some captures, by what the job groups them by."""
    found = []
    for path in paths:
        rows = nldissect.arrow.read(path, table=table, dictionaries=False).read_all()
        names = [name for name in ("host", "os", "operation") if name in rows.column_names]
        found.append(rows.select(names).to_pandas())
    return pd.concat(found).fillna("").value_counts().rename("rows").reset_index()


def job(client: Client, groups: list[list[str]], table: str) -> dict[str, float]:
    """Runs it; seconds by the clock, and of CPU of all workers and of scheduler and client."""
    workers = client.run(time.process_time)
    wall, own = time.perf_counter(), time.process_time()
    meta = load(groups[0][:1], table).iloc[:0]
    parts = dd.from_map(load, groups, table=table, meta=meta)
    rows = int(parts["rows"].sum().compute())
    out = {"wall": time.perf_counter() - wall, "scheduler": time.process_time() - own}
    spent = client.run(time.process_time)
    out["workers"] = sum(spent[name] - workers[name] for name in spent)
    return {**out, "rows": rows}


def main(count: int, table: str) -> None:
    """Measures and prints."""
    names = sorted(p.stem for p in (ROOT / "captures").glob("*.pcap") if p.stat().st_size < 60_000)
    with tempfile.TemporaryDirectory() as folder:
        captures = list(fleet(Path(folder), names, count))
        paths = [str(capture.path) for capture in captures]
        size = sum(os.stat(path).st_size for path in paths)
        print(f"{count} captures of {len(names)} recordings, {size / 1e6:.1f} MB, {table}")
        groups = [paths[i : i + TOGETHER] for i in range(0, count, TOGETHER)]
        done: dict[int, dict[str, Any]] = {}
        for workers in (1, 2):
            options = {"threads_per_worker": 1, "dashboard_address": None}
            with LocalCluster(n_workers=workers, **options) as cluster, Client(cluster) as client:
                for group in groups[:2]:  # which loads the dissectors
                    client.run(load, group[:4], table)
                found = done[workers] = job(client, groups, table)
            rate, cpu = found["rows"] / found["wall"], found["rows"] / found["workers"]
            print(
                f"{workers} workers: {found['rows']} rows, {found['wall']:.1f} s, {rate:,.0f}/s;"
                f" {cpu:,.0f}/s of the workers' CPU; scheduler {found['scheduler']:.2f} s of CPU"
            )
    one, two = done[1], done[2]
    print(f"twice the workers: {one['wall'] / two['wall']:.2f} times as fast by the clock")
    print(f"CPU of the workers for the same: {two['workers'] / one['workers']:.2f}")
    task = {name: two[name] / len(groups) * 1e3 for name in ("workers", "scheduler")}
    print(
        f"a task of {TOGETHER} captures: {task['workers']:.0f} ms of a worker,"
        f" {task['scheduler']:.1f} ms of the scheduler:"
        f" on paper {task['workers'] / task['scheduler']:.0f} workers keep it busy"
    )


if __name__ == "__main__":
    words = sys.argv[1:]
    main(int(words[0]) if words else 1000, words[1] if len(words) > 1 else "messages")
