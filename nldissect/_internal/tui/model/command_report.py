"""What other commands of nldissect say of a capture: their JSON as lines of a report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from ...analysis import link_text
from ...wire.text import safe
from .parts import Part
from .report_line import ReportLine, ReportSource

BLOCKS = " ▁▂▃▄▅▆▇█"


def run(
    command: str, path: str, options: list[str], lines: Callable[[Any], Iterator[ReportLine]]
) -> ReportSource:
    """Runs `nldissect COMMAND -T json` on a file in a process beside the screen.

    `lines` makes lines of the JSON; what went to standard error comes after them.
    """
    arguments = [sys.executable, "-P", "-m", "nldissect", command, "-T", "json"]
    arguments += [*options, "--", path]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=environment
        )
        try:
            while process.poll() is None:
                yield None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        errors.seek(0)
        complaints = errors.read().decode("utf-8", "replace").strip()
        try:
            document = json.loads(output.read() or b"null")
        except ValueError:
            document = None
    if document is not None:
        yield from lines(document)
    for line in complaints.split("\n"):
        if line:
            yield ReportLine([(f" {safe(line.removeprefix('nldissect: '))}", "warning")])


def findings(document: Any) -> Iterator[ReportLine]:
    """The findings of `nldissect check`, the worst first."""
    counts = dict.fromkeys(("error", "warning", "note"), 0)
    for one in document:
        counts[one["severity"]] = counts.get(one["severity"], 0) + 1
    text = ", ".join(f"{n} {severity}{'s' * (n != 1)}" for severity, n in counts.items())
    yield ReportLine([(f" {text}", "heading")])
    for severity, sign in (("error", "!"), ("warning", "▲"), ("note", "·")):
        for one in document:
            if one["severity"] == severity:
                parts: list[Part] = [
                    (f" {sign} #{one['message']:<6} ", severity),
                    (f"{one['code']:<20} ", "name"),
                    (safe(one["text"]), "plain"),
                    (f"  {safe(one['path'] or '')}", "dim"),
                ]
                yield ReportLine(parts, one["message"] - 1)


def statistics(document: Any, width: int) -> Iterator[ReportLine]:
    """The JSON of `nldissect stats` as tables, and as bars of so many cells."""
    first, last = document["first"], document["last"]
    over = "" if first is None else f" over {link_text.span(last - first)}"
    yield ReportLine(
        [
            (
                f" {document['messages']} messages in {document['records']} records, "
                f"{document['bytes']} bytes{over}",
                "heading",
            )
        ]
    )
    for name in ("roles", "transactions"):
        counts = sorted(document[name].items(), key=lambda c: (-c[1], c[0]))
        if counts:
            yield ReportLine(
                [(f" {name}: ", "dim"), (", ".join(f"{n} {word}" for word, n in counts), "plain")]
            )
    yield from _rates(document["rates"], width)
    for name, columns in _TABLES:
        yield from _table(name, columns, document[name])


def _table(
    name: str, columns: tuple[Callable[[Any], str], ...], rows: list[Any]
) -> Iterator[ReportLine]:
    if not rows:
        return
    yield ReportLine([])
    yield ReportLine([(f" {name.upper()}", "heading")])
    cells = [[cell(row) for cell in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    for row, line in zip(rows, cells, strict=True):
        text = "  ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True))
        target = row.get("message") if name == "dumps" else None
        yield ReportLine([(f"   {safe(text)}", "plain")], target - 1 if target else None)


def _rates(rates: Any, width: int) -> Iterator[ReportLine]:
    """Messages and errors per second, a bar of at most `width` columns each."""
    bins, wide = rates["bins"], rates["width"]
    if not bins:
        return
    start = bins[0]["start"]
    span = bins[-1]["start"] + wide - start
    count = min(width, max(span // wide, 1))
    step = -(-span // count)
    for name, look in (("messages", "name"), ("errors", "error")):
        sums = [0.0] * count
        for one in bins:
            sums[min((one["start"] - start) // step, count - 1)] += one[name]
        most = max(sums)
        if most:
            line = "".join(BLOCKS[max(round(n / most * 8), 1) if n else 0] for n in sums)
            peak = most * 1e9 / step
            yield ReportLine([])
            yield ReportLine(
                [
                    (f" {name.upper()} PER SECOND  ", "heading"),
                    (f"the highest {peak:.3g}, a column is {link_text.span(step)}", "dim"),
                ]
            )
            yield ReportLine([("   ", "dim"), (line, look)])


def _of(row: Any) -> str:
    return f"{row.get('family') or row.get('protocol') or ''} {row.get('operation') or ''}".strip()


def _time(key: str) -> Callable[[Any], str]:
    return lambda row: "-" if row[key] is None else f"{key} {link_text.span(row[key])}"


def _number(key: str, word: str = "") -> Callable[[Any], str]:
    return lambda row: f"{row[key]} {word or key}"


def _who(row: Any) -> str:
    if row.get("pid") is not None:
        return f"{row['name'] or 'process'}[{row['pid']}]{'?' if row.get('hint') else ''}"
    return f"port {row['port']}" if row.get("port") is not None else f"({row['kind']})"


_TRAFFIC = (_number("messages"), _number("to_kernel", "to"), _number("from_kernel", "from kernel"),
            _number("bytes"))  # fmt: skip
_TABLES: tuple[tuple[str, tuple[Callable[[Any], str], ...]], ...] = (
    ("operations", (_of, *_TRAFFIC)),
    ("errors", (lambda row: str(row["errno"]), _of, _number("count", "times"))),
    ("latencies", (_of, _number("count", "times"), _time("p50"), _time("p90"), _time("max"))),
    ("dumps", (lambda row: f"#{row['message'] or '?'}", _of, _number("parts"), _number("bytes"),
               _time("latency"), lambda row: str(row["state"]))),
    ("processes", (_who, *_TRAFFIC)),
    ("groups", (lambda row: str(row["group"] or row["protocol"]), _number("notifications"),
                _number("deliveries"))),
)  # fmt: skip
