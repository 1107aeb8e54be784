"""nldissect against tshark: CPU time and memory, measured in turn, in one run.

    python tests/benchmarks/bench_read.py [GROUP...] [--only TEXT] [--runs N] [--plot FILE.svg]

Groups are list, tree, json, fields, filter, check, start, index, formats, hostile and, only when
asked for, long (the recording of 580,000 messages, in one process) and jobs (the same in two
processes against one, by the clock, for which two processors must be idle). Recordings are those
of recordings.py, made when they are not in --recordings. CPU time is user and system, of the
process and its children; the least of some runs counts, and tshark and nldissect take turns. Output
goes to /dev/null.
`--python` and `--path` choose what is measured: another build, another checkout.

Targets are of issue 11; the exit status is 1 when one is missed, or memory is beyond its limit.
A ratio with tshark is how many times as fast nldissect is.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path

import recordings

ROOT = Path(__file__).parents[2]
LIMIT = 300  # seconds of CPU that one run may take
FIVE = ("message", "type", "sequence", "ifname", "mtu")
THEIR_FIVE = (
    "frame.number", "netlink-route.nltype", "netlink.hdr_seq", "netlink-route.ifla_ifname",
    "netlink-route.ifla_mtu",
)  # fmt: skip
HEADER = ("type == RTM_NEWRULE", "netlink-route.nltype == 32")
# tshark knows no attribute in a nest: it is asked for one at the top of the same messages.
NESTED = ('linkinfo.kind == "vxlan"', 'netlink-route.ifla_ifname contains "x"')
# How each prints: what of nldissect, what of tshark.
FORMS: dict[str, tuple[list[str], list[str]]] = {
    "list": (["read"], []),
    "tree": (["read", "-V"], ["-V"]),
    "json": (["read", "-T", "jsonl"], ["-T", "json"]),
    "fields": (
        ["read", "-T", "fields", *(word for name in FIVE for word in ("-e", name))],
        ["-T", "fields", *(word for name in THEIR_FIVE for word in ("-e", name))],
    ),
    "check": (["check"], ["-V"]),
}
# An index with pairing, as the terminal interface and the library have it.
INDEX = """
import sys, nldissect
with nldissect.open(sys.argv[1]) as capture:
    len(capture), len(capture.transactions)
"""


@dataclass
class Row:
    """One comparison: `ours` against `theirs`, or against a figure."""

    group: str
    name: str
    ours: list[str]
    theirs: list[str]  # [] when there is nothing to compare with
    target: float
    kind: str = "times"  # or "ratio" (ours to theirs), "growth", "seconds", "clock"
    memory: float = 60  # MB, at most
    cpu: list[float] = field(default_factory=list)
    their_cpu: list[float] = field(default_factory=list)
    used: float = 0.0
    their_used: float = 0.0

    @property
    def figure(self) -> float:
        """What is held against the target."""
        own = min(self.cpu)
        if self.kind == "seconds":
            return own
        other = min(self.their_cpu)
        return other / own if self.kind in ("times", "clock") else own / other

    @property
    def verdict(self) -> str:
        more = self.kind in ("times", "clock")
        good = self.figure >= self.target if more else self.figure <= self.target
        return "MISSED" if not good else "MEMORY" if self.used > self.memory else "ok"


def measure(
    command: list[str], environment: dict[str, str], clock: bool = False
) -> tuple[float, float]:
    """CPU seconds (with `clock` those that passed) and MB of one run; infinite if too long."""
    begun = time.monotonic()
    null = subprocess.DEVNULL
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=null, stdout=null, stderr=errors, env=environment)
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (LIMIT, LIMIT + 1))
        _, status, used = os.wait4(process.pid, 0)
        passed = time.monotonic() - begun
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    process.returncode = os.waitstatus_to_exitcode(status)
    spent = used.ru_utime + used.ru_stime
    if process.returncode < 0 and spent >= LIMIT - 1:
        return math.inf, used.ru_maxrss / 1024
    found = process.returncode == 1 and "check" in command  # it tells of errors in the recording
    if (process.returncode and not found) or "Traceback" in said:
        sys.exit(f"{' '.join(command)} failed with status {process.returncode}\n{said}")
    return passed if clock else spent, used.ru_maxrss / 1024


class Bench:
    """The rows, with the files that they need."""

    def __init__(self, folder: Path, python: str, tshark: str) -> None:
        self.folder = folder
        self.python = python
        self.tshark = tshark

    def file(self, name: str, shape: str = "busy", **how: int) -> str:
        """The recording of this name; made if it is not there."""
        path = self.folder / name
        if not path.exists():
            recordings.make(path, shape, **how)
        return str(path)

    def nldissect(self, *arguments: str) -> list[str]:
        return [self.python, "-m", "nldissect", *arguments]

    def against(
        self, path: str, form: str, ours: str = "", theirs: str = ""
    ) -> tuple[list[str], list[str]]:
        """Both commands of a form, with a filter or without."""
        mine, other = FORMS[form]
        return (
            self.nldissect(*mine, *(["-Y", ours] if ours else []), path),
            [self.tshark, "-n", "-r", path, *other, *(["-Y", theirs] if theirs else [])],
        )

    def rows(self, groups: list[str]) -> Iterator[Row]:
        for group in groups:
            yield from getattr(self, f"group_{group}")()

    def compared(self, group: str, name: str, target: float, form: str, *more: str) -> Row:
        return Row(group, name, *self.against(self.file("small.pcap"), form, *more), target)

    def group_list(self) -> Iterator[Row]:
        yield self.compared("list", "list", 2.5, "list")

    def group_tree(self) -> Iterator[Row]:
        yield self.compared("tree", "-V", 7, "tree")

    def group_json(self) -> Iterator[Row]:
        yield self.compared("json", "-T jsonl (-T json)", 20, "json")

    def group_fields(self) -> Iterator[Row]:
        yield self.compared("fields", "five fields", 5, "fields")

    def group_filter(self) -> Iterator[Row]:
        for what, pair, target in (("header", HEADER, 5), ("nested", NESTED, 4)):
            for form in FORMS:
                yield self.compared("filter", f"-Y {what}, {form}", target, form, *pair)

    def group_check(self) -> Iterator[Row]:
        yield self.compared("check", "check (-V)", 3, "check")

    def group_start(self) -> Iterator[Row]:
        few = self.file("few.pcap", records=20)
        cold = ["env", "NLDISSECT_CACHE=/dev/null/none"]
        term = ["read", "-Y", "mtu > 1500", few]
        for name, arguments, target in (
            ("--version", ["--version"], 0.04),
            ("read of 20 records", ["read", few], 0.07),
            ("-Y on 20 records", term, 0.08),
        ):
            yield Row("start", name, self.nldissect(*arguments), [], target, "seconds")
        for name, arguments in (("read", ["read", few]), ("-Y", term)):
            command = [*cold, *self.nldissect(*arguments)]
            yield Row("start", f"{name} without a cache", command, [], math.inf, "seconds")

    def group_index(self) -> Iterator[Row]:
        big = self.file("big.pcap", messages=580_000)
        command = [self.python, "-c", INDEX, big]
        yield Row("index", "index and pairing, 580,000", command, [], 4, "seconds", 120)
        first = self.nldissect("read", "-c", "1", big)
        yield Row("index", "first message of 580,000", first, [], 0.15, "seconds")

    def group_formats(self) -> Iterator[Row]:
        plain = self.nldissect("read", self.file("small.pcap"))
        for suffix in ("pcapng", "pcap.gz", "pcap.zst"):
            command = self.nldissect("read", self.file(f"small.{suffix}"))
            yield Row("formats", f"list of {suffix} (pcap)", command, plain, 1.3, "ratio")

    def group_hostile(self) -> Iterator[Row]:
        """Twice as much may take twice the time; 1.2 times that for what is measured."""
        for shape, (_, count) in recordings.SHAPES.items():
            whole = self.file(f"{shape}.pcap", shape, count=count)
            half = self.file(f"{shape}-half.pcap", shape, count=count // 2)
            for form in ("list", "check"):
                ours, theirs = (self.nldissect(*FORMS[form][0], path) for path in (whole, half))
                name = f"{form}: {count:,} {shape} (half)"
                yield Row("hostile", name, ours, theirs, 2.4, "growth", math.inf)

    def group_long(self) -> Iterator[Row]:
        big = self.file("big.pcap", messages=580_000)
        for form, target in (("list", 2.0), ("tree", 7), ("json", 20), ("check", 3)):
            name = f"{form}, 580,000 messages"
            ours, theirs = self.against(big, form)
            yield Row("long", name, [*ours, "-j", "1"], theirs, target)

    def group_jobs(self) -> Iterator[Row]:
        big = self.file("big.pcap", messages=580_000)
        for form in FORMS:
            one, two = (self.nldissect(*FORMS[form][0], "-j", n, big) for n in "12")
            yield Row("jobs", f"{form} -j 2 (-j 1), wall", two, one, 1.6, "clock")


GROUPS = ("list", "tree", "json", "fields", "filter", "check", "start", "index", "formats",
          "hostile")  # fmt: skip


# -- what is shown ------------------------------------------------------------------------


def cells(row: Row) -> tuple[str, ...]:
    sign = ">=" if row.kind in ("times", "clock") else "<="
    unit = "s" if row.kind == "seconds" else "x"
    return (
        row.name,
        f"{min(row.their_cpu):.2f}" if row.their_cpu else "",
        f"{min(row.cpu):.3f}",
        f"{statistics.median(row.cpu):.3f}",
        f"{row.their_used:.0f}" if row.theirs else "",
        f"{row.used:.0f}",
        f"{row.figure:.2f} {unit}",
        f"{sign} {row.target:g}" if row.target < math.inf else "",
        row.verdict,
    )


HEAD = ("", "against s", "ours s", "median s", "against MB", "ours MB", "figure", "target", "")
WIDTHS = (34, 9, 8, 8, 10, 7, 9, 7, 6)


def line(texts: tuple[str, ...]) -> str:
    pairs = zip(texts, WIDTHS, strict=True)
    return " ".join(f"{t:{'<' if i == 0 else '>'}{w}}" for i, (t, w) in enumerate(pairs)).rstrip()


def plot(rows: list[Row]) -> str:
    """Against tshark as bars, on a logarithmic scale, with the targets."""
    rows = [row for row in rows if row.kind == "times"]
    left, wide, tall = 230, 480, 22
    low, high = math.log(0.05), math.log(50)

    def x(value: float) -> float:
        return left + wide * (min(max(math.log(value), low), high) - low) / (high - low)

    bottom = 40 + tall * len(rows)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="{bottom + 30}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>',
        '<text x="16" y="22" font-size="14">times as fast as tshark (CPU); | is the target</text>',
    ]
    for mark in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50):
        colour = "#444" if mark == 1 else "#ddd"
        out.append(
            f'<path d="M{x(mark):.1f} 32V{bottom}" stroke="{colour}"/>'
            f'<text x="{x(mark):.1f}" y="{bottom + 16}" text-anchor="middle">{mark:g}'
            "</text>"
        )
    for i, row in enumerate(rows):
        y = 36 + tall * i
        start, end = sorted((x(1), x(row.figure or 0.01)))
        out.append(
            f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{escape(row.name)}</text>'
            f'<rect x="{start:.1f}" y="{y + 2}" width="{end - start:.1f}" height="{tall - 8}" '
            f'fill="{"#3a7" if row.verdict == "ok" else "#c54"}"/>'
            f'<path d="M{x(row.target):.1f} {y - 1}v{tall - 2}" stroke="black" stroke-width="2"/>'
            f'<text x="{left + wide + 12}" y="{y + 13}">{row.figure:.2f}</text>'
        )
    return "\n".join([*out, "</svg>\n"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("group", nargs="*", help=f"{', '.join(GROUPS)}; long and jobs as well")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows with this in their name")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--recordings", type=Path, help="the folder where they are or shall be")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--path", default=str(ROOT), help="PYTHONPATH; empty: what is installed")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    groups = options.group or list(GROUPS)
    if unknown := set(groups) - {*GROUPS, "long", "jobs"}:
        parser.error(f"no group {', '.join(unknown)}")
    tshark = shutil.which("tshark")
    if tshark is None:
        sys.exit("tshark is not there")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        environment |= {"NLDISSECT_CACHE": f"{name}/cache", "PYTHONPYCACHEPREFIX": f"{name}/code"}
        environment["PYTHONSAFEPATH"] = "1"  # not what lies in the folder that it is run from
        if options.path:
            environment["PYTHONPATH"] = options.path
        bench = Bench(options.recordings or Path(name), options.python, tshark)
        few = bench.file("few.pcap", records=20)
        for ours, _ in FORMS.values():  # fills the caches, as those of an installed program are
            measure(bench.nldissect(*ours, "-Y", "mtu > 1500", few), environment)
        print(line(HEAD), flush=True)
        for row in bench.rows(groups):
            if options.only not in row.name:
                continue
            for run in range(options.runs):
                if run and max(row.cpu + row.their_cpu) > 60:
                    break  # what takes minutes is measured once
                clock = row.kind == "clock"
                spent, used = measure(row.ours, environment, clock)
                row.cpu.append(spent)
                row.used = max(row.used, used)
                if row.theirs:
                    spent, used = measure(row.theirs, environment, clock)
                    row.their_cpu.append(spent)
                    row.their_used = max(row.their_used, used)
            rows.append(row)
            print(line(cells(row)), flush=True)
    if options.json:
        told = [asdict(row) | {"figure": row.figure, "verdict": row.verdict} for row in rows]
        text = json.dumps(told, indent=1).replace("Infinity", "null")
        options.json.write_text(text + "\n")
    if options.plot:
        options.plot.write_text(plot(rows))
    return any(row.verdict != "ok" for row in rows)


if __name__ == "__main__":
    sys.exit(main())
