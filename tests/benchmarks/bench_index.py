#!/usr/bin/env python3
"""How long it takes to index a million messages, and how much memory; beside tshark's pass.

    bench_index.py [MESSAGES]

The recording is that of recordings.py, of so many messages. tshark reads the same file
with `-q -z io,stat,0`, in the same run.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import recordings  # noqa: E402

from nldissect._internal.filter import Filter  # noqa: E402
from nldissect._internal.library.index import Index  # noqa: E402
from nldissect._internal.library.index_filter import IndexFilter  # noqa: E402
from nldissect._internal.spec.registry import Registry  # noqa: E402
from nldissect._internal.tui.model.capture_model import CaptureModel  # noqa: E402


def resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "many.pcap")
        maker = [sys.executable, recordings.__file__, "busy", path, "--messages", str(wanted)]
        subprocess.run(maker, check=True)  # its memory is not ours
        print(f"{os.path.getsize(path) / 1e6:.0f} MB")
        registry = Registry()
        with Index(path, registry) as index:
            start, wall = time.process_time(), time.monotonic()
            while len(index) < 10_000:
                index.extend(0.01)
            print(f"first 10,000 messages: {time.monotonic() - wall:.3f} s")
            while not index.read:
                index.extend(0.05)
            print(
                f"{len(index):,} messages listed: {time.process_time() - start:.1f} s CPU, "
                f"{resident()} MB resident"
            )
            index.extend()
            total = time.process_time() - start
            model = CaptureModel(index, registry, path)
            paired = f"and paired ({index.transactions:,} transactions)"
            print(f"{paired}: {total:.1f} s, {resident()} MB")
            for text in ("type == newroute", "error != 0", "ifname == lo"):
                found = Filter(text, registry)
                model.look_through(IndexFilter(index, found), found.needs_link)
                start = time.process_time()
                model.view.step(60)
                spent = time.process_time() - start
                print(f"{text}: {len(model.view):,} messages in {spent:.2f} s CPU")
            places = [random.randrange(len(index)) for _ in range(20_000)]
            start = time.process_time()
            for place in places:
                index.message(place)
            each = (time.process_time() - start) / len(places)
            print(f"one message at random: {each * 1e6:.1f} µs")
        tshark = shutil.which("tshark")
        if tshark is not None:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [tshark, "-q", "-z", "io,stat,0", "-r", path]  # a tap, so that it dissects
            subprocess.run(command, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"tshark: {spent:.1f} s CPU; ratio {total / spent:.2f}")


if __name__ == "__main__":
    main()
