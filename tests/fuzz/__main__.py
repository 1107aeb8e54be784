"""Fuzzes nldissect: `python -m tests.fuzz --minutes 30`, from the top of a checkout.

Each execution has a seed of its own, made of --seed, its target and its number, so a finding is
had again with what is printed of it. Executions run in a process beside this one: one that dies,
hangs or wants gigabytes is a finding like any other, and the next one goes on.
With --guided, coverage makes the choices (`pip install atheris`); a finding is a file for --input.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from .guided import Choices, guide

TESTS = Path(__file__).resolve().parents[1]
PATIENCE = 30  # seconds of CPU that one execution may take
STARVED = 20  # times as long by the clock, where others have the CPU
MEMORY = 3 << 30  # bytes of address space
STEP = 100  # executions of a target in a row
TELL = 300  # seconds between lines that say how much was done


def source(seed: str, target: str, number: int) -> random.Random:
    """What one execution is made of."""
    return random.Random(f"{seed} {target} {number}")


# -- the process that executes ---------------------------------------------------------------


def execute(seed: str) -> None:
    """Executes what standard input asks for (`TARGET FIRST COUNT`).

    A line each: its number, how many records were mutated and files written for it, its outcome.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from .samples import tally
    from .targets import TARGETS

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):  # nobody waits any more
        for line in sys.stdin:
            target, first, count = line.split()
            for number in range(int(first), int(first) + int(count)):
                said = outcome(TARGETS[target], source(seed, target, number))
                answers.write(f"{number} {tally['records']} {tally['files']} {said}\n")
                tally.clear()


def outcome(target: Callable[[random.Random], str], rng: random.Random) -> str:
    """What an execution gave in eight digits; behind a ! what was wrong."""
    try:
        said = target(rng)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        return f"! {type(problem).__name__}: {problem}"[:600].replace("\n", " ")
    return f"{zlib.crc32(said.encode('utf-8', 'replace')):08x}"


def cpu_seconds(pid: int) -> float:
    """What a process has used of the CPU (fields 14 and 15 of proc_pid_stat(5)); 0 if it ended."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


class Executor:
    """A process that executes, started anew when it dies."""

    def __init__(self, seed: str, path: str) -> None:
        self._seed = seed
        self._path = path
        self._process: subprocess.Popen[str] | None = None
        self._ended = 0.0  # seconds of CPU of processes before
        self.made: Counter[str] = Counter()  # mutated records, and files

    def spent(self) -> float:
        """Seconds of CPU."""
        now = 0.0 if self._process is None else cpu_seconds(self._process.pid)
        return self._ended + now

    def run(self, target: str, first: int, count: int) -> Iterator[tuple[int, str]]:
        """Number and outcome of so many executions; `! ...` is a finding."""
        at = first
        while at < first + count:
            process = self._process or self._start()
            assert process.stdin is not None
            process.stdin.write(f"{target} {at} {first + count - at}\n")
            process.stdin.flush()
            while at < first + count:
                line = self._answer(process.pid)
                if line[:1].isdigit():
                    _, records, files, said = line.split(" ", 3)
                    self.made.update(records=int(records), files=int(files))
                    yield at, said
                    at += 1
                    continue
                self.stop()
                yield at, line or f"! the process died with status {process.returncode}"
                at += 1
                break

    def _answer(self, pid: int) -> str:
        """The next line of the process; that it hangs when it was given time and has none."""
        until = cpu_seconds(pid) + PATIENCE
        for _ in range(STARVED):
            try:
                return self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                if cpu_seconds(pid) >= until:
                    break
        return "! hangs"

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.fuzz", "--execute", "--seed", self._seed]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        process = self._process = subprocess.Popen(
            [*command, "--path", self._path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=TESTS.parent,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(process, self._lines), daemon=True).start()
        return process

    @staticmethod
    def _listen(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line.rstrip("\n"))
        lines.put("")

    def stop(self) -> None:
        """Ends the process; the next execution starts another."""
        if self._process is not None:
            self._ended += cpu_seconds(self._process.pid)
            self._process.kill()
            self._process.wait()
            self._process = None


# -- the one that counts ---------------------------------------------------------------------


def fuzz(options: argparse.Namespace) -> int:
    """Executes until the time is over; how many findings there were."""
    seed = options.seed
    print(f"seed {seed}: {options.minutes:g} minutes", flush=True)
    targets = options.only or TARGET_NAMES
    executors = [Executor(seed, path) for path in options.path]
    counts = dict.fromkeys(targets, 0)
    findings: dict[str, int] = {}
    begun = told = time.monotonic()
    end = begun + 60 * options.minutes

    def summary() -> str:
        made, minutes = executors[0].made, (time.monotonic() - begun) / 60
        return (
            f"{sum(counts.values()):,} executions in {minutes:.1f} minutes"
            f" ({sum(e.spent() for e in executors) / 60:.1f} of CPU),"
            f" {made['records']:,} mutated records, {made['files']:,} files,"
            f" {sum(findings.values())} findings"
        )

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while time.monotonic() < end:
            for target in targets:
                runs = [e.run(target, counts[target], options.step) for e in executors]
                for outcomes in zip(*runs, strict=True):
                    counts[target] += 1
                    number, said = outcomes[0]
                    for _, other in outcomes[1:]:
                        if other != said:
                            said = other if other.startswith("!") else f"! forms differ: {said}"
                    if said.startswith("!"):
                        _tell(target, number, said, seed, findings)
                    if time.monotonic() >= end:
                        break
                if time.monotonic() >= told + TELL:
                    told = time.monotonic()
                    print(summary(), flush=True)
    except KeyboardInterrupt:
        pass
    print(summary())
    for executor in executors:
        executor.stop()
    print(", ".join(f"{target} {count:,}" for target, count in counts.items()))
    return sum(findings.values())


def guide_each(options: argparse.Namespace) -> int:
    """Lets coverage guide each target in turn, in a process of its own; 1 with findings."""
    targets = options.only or TARGET_NAMES
    share = [f"--minutes={options.minutes / len(targets)}", f"--inputs={options.inputs}"]
    command = [sys.executable, "-m", "tests.fuzz", "--guided", *share, "--path", options.path[0]]
    runs = [subprocess.run([*command, "--only", one], cwd=TESTS.parent) for one in targets]
    return max(run.returncode != 0 for run in runs)


def _tell(target: str, number: int, said: str, seed: str, findings: dict[str, int]) -> None:
    """Prints a finding unless one like it was there."""
    alike = f"{target} {''.join(c for c in said if not c.isdigit())[:80]}"
    findings[alike] = findings.get(alike, 0) + 1
    if findings[alike] == 1:
        again = f"python -m tests.fuzz --seed {seed} --only {target} --at {number}"
        print(f"{target} {number}: {said[2:]}\n    again: {again}", flush=True)


TARGET_NAMES = ("messages", "siblings", "editing", "paths", "filters", "commands", "files",
                "traces", "pasted", "redact", "indexes", "specs", "learning", "exports", "hooks",
                "screens", "bulk", "bulkfiles")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, metavar="N")
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(1 << 32)))
    parser.add_argument("--only", action="append", choices=TARGET_NAMES, metavar="TARGET")
    parser.add_argument(
        "--path",
        action="append",
        help="where the nldissect to be fuzzed lies (this checkout); of several, pure and compiled"
        " ones, the outcomes must be alike",
    )
    parser.add_argument(
        "--timed",
        action="store_true",
        help="`bulk` finds records of 64 KiB that take over 10 ms of CPU; compiled, on an idle"
        " machine",
    )
    parser.add_argument("--at", type=int, metavar="N", help="only this execution, with traceback")
    parser.add_argument("--step", type=int, default=STEP, help=argparse.SUPPRESS)
    parser.add_argument("--execute", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--guided", action="store_true", help="guided by coverage, with atheris")
    parser.add_argument(
        "--inputs",
        type=Path,
        default=TESTS.parent / "build" / "fuzz",
        metavar="FOLDER",
        help="what --guided keeps and goes on from, a folder a target (build/fuzz)",
    )
    parser.add_argument("--input", type=Path, metavar="FILE", help="only this one of --guided")
    options = parser.parse_args()
    options.path = [os.path.abspath(path) for path in options.path or [TESTS.parent]]
    if options.timed:
        os.environ["NLDISSECT_FUZZ_TIMED"] = "1"
    if options.guided and len(options.only or TARGET_NAMES) > 1:
        return guide_each(options)
    if options.execute or options.guided or options.input or options.at is not None:
        sys.path[:0] = [options.path[0], str(TESTS)]
    if options.execute:
        execute(options.seed)
        return 0
    target = (options.only or TARGET_NAMES)[0]
    if options.guided:
        guide(target, round(60 * options.minutes), PATIENCE, MEMORY, options.inputs)
    if options.input or options.at is not None:
        from .targets import TARGETS

        chance = Choices(options.input.read_bytes()) if options.input else None
        TARGETS[target](chance or source(options.seed, target, options.at))
        return 0
    return 1 if fuzz(options) else 0


if __name__ == "__main__":
    sys.exit(main())
