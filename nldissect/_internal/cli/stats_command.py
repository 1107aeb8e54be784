"""`nldissect stats`: what captures hold in numbers, as tables, as JSON, rates as a plot."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..analysis.metrics import Metrics
from ..analysis.stats import Statistics
from ..analysis.stats_document import document
from ..wire.errors import CaptureError, UsageError
from ..wire.output_file import refuse_inputs, write_file
from ..wire.text import escaped, safe
from . import jobs, plot, selection
from .input_captures import InputCaptures, only_once
from .output import TextOutput, complain

if TYPE_CHECKING:
    from ..filter import Filter

KEPT_DUMPS = 100


def stats(options: Namespace, output: TextOutput) -> int:
    """Counts what the files hold; 2 if one could not be read to its end, what was is shown."""
    top = selection.parse_number(options.top, "--top")
    if top < 1:
        raise UsageError(f"--top: {top} rows cannot be shown; give 1 or more")
    jobs.wanted_count(options.jobs)  # which makes no difference here
    only_once(options.files)
    if options.svg is not None:
        refuse_inputs("--svg", options.svg, options.files)
    source = InputCaptures(options)
    wanted = selection.display_filter(options, source.registry)
    if options.format == "prometheus":
        return _metrics(options, output, source, wanted)
    found = Statistics(keep=max(top, KEPT_DUMPS))
    status = 0
    for path in options.files:
        pairs = found.begin(wanted is not None)
        try:
            source.give(path, selection.filtered(found, wanted), pairs)
        except CaptureError as problem:
            complain(str(problem))
            status = 2
        found.finish()
    told = found.messages > 0 or not status
    if options.svg is not None and told:
        try:
            write_file(options.svg, plot.svg(found.rates).encode())
        except OSError as problem:
            raise UsageError(
                f"--svg: {options.svg} cannot be written: {problem.strerror or problem}"
            ) from None
    if options.format == "json":
        import json

        output.write(json.dumps({"files": options.files, **document(found, top)}, indent=2) + "\n")
    elif told:
        tables = _Tables(found, output, top, not options.each_process)
        output.write("\n".join(tables.lines(options.files)) + "\n")
    output.flush()
    source.report()
    return status


def _metrics(
    options: Namespace, output: TextOutput, source: InputCaptures, wanted: Filter | None
) -> int:
    """Writes what Prometheus takes; the exit status as of `stats`."""
    from ..export.prometheus_text import Exposition

    if options.svg is not None:
        raise UsageError("--svg goes with text and json, not with -T prometheus")
    found = Metrics()
    exposition = Exposition(found)
    status = 0
    for path in options.files:
        try:
            source.give(path, selection.filtered(found, wanted))
        except CaptureError as problem:
            complain(str(problem))
            status = 2
        found.finish()
    output.write(exposition.text())
    output.flush()
    source.report()
    return status


Column = tuple[str, str, Callable[[dict[str, Any]], str]]  # heading, < or >, cell


class _Tables:
    """The numbers as text, the greatest of each first."""

    def __init__(self, found: Statistics, output: TextOutput, top: int, folds: bool) -> None:
        self.found = found
        self.top = top
        self.all = document(found)
        if folds:
            self.all["processes"] = _by_name(self.all["processes"])
        self.blocks = output.can_encode(plot.BLOCKS + "▕")
        self.micro = output.can_encode("µ")
        self.columns = output.columns()
        self.out: list[str] = []

    def lines(self, files: list[str]) -> list[str]:
        """Every section that has something to say."""
        self._head(files)
        wide = plot.text(self.found.rates, min(self.columns, 100), self.blocks)
        if wide:
            self.out += ["", "MESSAGES PER SECOND", *map(self._duration_safe, wide)]
        self._table("protocols", ("PROTOCOL", "<", lambda r: r["protocol"]), *_TRAFFIC)
        self._table("families", ("FAMILY", "<", lambda r: r["family"]), *_TRAFFIC)
        self._table("operations", *_OPERATION, *_TRAFFIC)
        self._table("errors", ("ERRNO", "<", lambda r: r["errno"]), *_OPERATION, _count("count"))
        self._table(
            "latencies",
            *_OPERATION,
            _count("count"),
            *((key.upper(), ">", self._duration(key)) for key in ("p50", "p90", "p99", "max")),
        )
        self._table(
            "dumps",
            ("DUMP", "<", _dump),
            _count("parts"),
            _count("bytes"),
            ("TIME", ">", self._duration("latency")),
            ("STATE", "<", lambda r: r["state"]),
        )
        self._table("processes", ("PROCESS", "<", _process), *_TRAFFIC)
        self._table(
            "sockets",
            ("PROTOCOL", "<", lambda r: r["protocol"]),
            ("PORT", ">", lambda r: "" if r["port"] is None else str(r["port"])),
            *_TRAFFIC,
        )
        self._table(
            "groups",
            ("GROUP", "<", lambda r: r["group"] or f"(unknown, {r['protocol']})"),
            _count("notifications"),
            _count("deliveries"),
        )
        return self.out

    def _head(self, files: list[str]) -> None:
        """Files, totals, duration, and what the recorder says of itself."""
        document = self.all
        self.out.append(", ".join(safe(path) for path in files))
        messages, records = document["messages"], document["records"]
        line = (
            f"{messages} message{'s' * (messages != 1)} in {records} "
            f"record{'s' * (records != 1)}, {document['bytes']} bytes"
        )
        first, last = document["first"], document["last"]
        if first is not None:
            line += f", over {self._duration_safe(plot.duration(last - first))}"
        self.out.append(line)
        for origin in document["recorded"]:
            told = ", ".join(escaped(f"{name} {text}") for name, text in origin.items())
            self.out.append(f"recorded: {told}")
        for title, words in (("messages", "roles"), ("transactions", "transactions")):
            counts = sorted(document[words].items(), key=lambda c: (-c[1], c[0]))
            if counts:
                self.out.append(f"{title}: " + ", ".join(f"{n} {word}" for word, n in counts))

    def _duration(self, key: str) -> Callable[[dict[str, Any]], str]:
        return lambda row: self._duration_safe(plot.duration(row[key]))

    def _duration_safe(self, text: str) -> str:
        return text if self.micro else text.replace("µ", "u")

    def _table(self, name: str, *columns: Column) -> None:
        """The first rows of one section, if there are any, in columns as wide as they need."""
        rows = self.all[name]
        if not rows:
            return
        cells = [[heading for heading, _, _ in columns]]
        cells += [[escaped(cell(row)) for _, _, cell in columns] for row in rows[: self.top]]
        widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
        self.out.append("")
        for line in cells:
            self.out.append(
                "  ".join(
                    f"{text:{side}{width}}"
                    for text, (_, side, _), width in zip(line, columns, widths, strict=True)
                ).rstrip()
            )
        if len(rows) > self.top:
            self.out.append(f"... and {len(rows) - self.top} more (--top {len(rows)})")


def _count(key: str) -> Column:
    return key.upper(), ">", lambda row: str(row[key])


_TRAFFIC: tuple[Column, ...] = (
    _count("messages"),
    ("TO KERNEL", ">", lambda row: str(row["to_kernel"])),
    ("FROM KERNEL", ">", lambda row: str(row["from_kernel"])),
    _count("bytes"),
)
_OPERATION: tuple[Column, ...] = (
    ("OF", "<", lambda row: row["family"] or row["protocol"] or ""),
    ("OPERATION", "<", lambda row: row["operation"] or "(unknown)"),
)


def _dump(row: dict[str, Any]) -> str:
    if row["operation"] is None:
        return "(its request is not there)"
    return f"#{row['message']} {row['family'] or row['protocol']} {row['operation']}"


def _by_name(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of processes, those of one name as one that says how many they are."""
    out: dict[object, dict[str, Any]] = {}
    for i, row in enumerate(rows):
        named = row["kind"] == "process" and row["name"]
        known = out.setdefault((row["name"], row["hint"]) if named else i, {**row, "count": 0})
        known["count"] += 1
        if known["count"] > 1:
            for key in ("messages", "to_kernel", "from_kernel", "bytes"):
                known[key] += row[key]
    return sorted(out.values(), key=lambda row: -row["messages"])


def _process(row: dict[str, Any]) -> str:
    if row.get("count", 1) > 1:
        return f"{row['count']} x {row['name']}{' (by their ports)' if row['hint'] else ''}"
    if row["kind"] == "process":
        name = f" {row['name']}" if row["name"] else ""
        return f"{row['pid']}{name}{' (by its port)' if row['hint'] else ''}"
    if row["kind"] == "port":
        return f"port {row['port']}"
    return "(listeners)" if row["kind"] == "multicast" else "(unknown)"
