"""What the terminal interface's reports cost of CPU, beside the commands that say the same.

    python tests/benchmarks/bench_reports.py [FILE]

FILE is a recording; without it one of recordings.py is made, of 581,103 messages. Reports go
through an index that is there, as they do in the interface, and their lines are made at the end;
the commands are processes of their own, which read the file first. The index's own cost, which
the interface has had by then, stands above.
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import recordings  # noqa: E402

from nldissect._internal.cli import GC_THRESHOLDS  # noqa: E402
from nldissect._internal.filter import Filter  # noqa: E402
from nldissect._internal.tui.model.capture_model import CaptureModel  # noqa: E402
from nldissect._internal.tui.model.expert import Expert  # noqa: E402
from nldissect._internal.tui.model.graph_view import GraphView  # noqa: E402
from nldissect._internal.tui.model.opener import Opener  # noqa: E402
from nldissect._internal.tui.model.shown import Shown  # noqa: E402
from nldissect._internal.tui.model.statistics_report import StatisticsReport  # noqa: E402

MESSAGES = 581_103
SLICE = 0.012  # s, as the scheduler gives
FILTER = "error != 0"


def timed(what: str, work: Callable[[], object]) -> None:
    """Says how much CPU something takes, and of a step by step work how long the longest took."""
    began = time.process_time()
    longest = work()
    said = f", the longest step {longest * 1000:.0f} ms" if isinstance(longest, float) else ""
    print(f"{what:<44} {time.process_time() - began:8.2f} s{said}", flush=True)


def stepped(step: Callable[[float], bool]) -> float:
    """Steps until nothing is left; the longest that one took."""
    longest = 0.0
    while True:
        began = time.process_time()
        done = step(SLICE)
        longest = max(longest, time.process_time() - began)
        if done:
            return longest


def command(name: str, path: str) -> None:
    """Says how much CPU a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    arguments = [sys.executable, "-m", "nldissect", name, "-j1", "-T", "json", path]
    subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{f'nldissect {name}':<44} {taken:8.2f} s", flush=True)


def reports(model: CaptureModel, of: str) -> None:
    """Expert and statistics of what the model shows."""
    expert, statistics = Expert(model), StatisticsReport(model)
    timed(f"statistics of {of}", lambda: stepped(statistics.step))
    timed("  its lines", lambda: statistics.lines(100, False))
    timed(f"expert of {of}", lambda: stepped(expert.step))
    timed("  its lines", lambda: expert.lines(100, False))
    timed("  its lines, with everything unfolded", lambda: expert.lines(100, True))


def measure(path: str) -> None:
    """All of it for one recording."""
    model = Opener(None).model(path)
    timed("the index", lambda: stepped(model.index.extend))
    timed("the view", lambda: stepped(model.view.step))
    print(f"{model.total} messages")
    view = GraphView(model)
    timed("graph of all messages and errors", lambda: stepped(view.graph.step))
    timed("  its lines", lambda: view.lines(150, 45))
    reports(model, "all messages")
    shown = Shown.by(model, Filter(FILTER, model.registry))
    model.look_through(shown.test, shown.paired)
    timed(f"the view by {FILTER}", lambda: stepped(model.view.step))
    reports(model, f"those {len(model.view)}")
    command("stats", path)
    command("check", path)


def main() -> None:
    gc.set_threshold(*GC_THRESHOLDS)  # as the command has it
    if len(sys.argv) > 1:
        measure(sys.argv[1])
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "busy.pcap"
        recordings.make(path, "busy", messages=MESSAGES)
        measure(str(path))


if __name__ == "__main__":
    main()
