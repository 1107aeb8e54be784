"""What is told of a whole capture, or of several of its messages, as lists to go from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from ...analysis import facts, pairs
from ...analysis.diff import diff_objects
from ...analysis.exchange_log import what
from ...analysis.flattener import Change, Flat, Flattener, compare
from ...analysis.object_states import KINDS, ObjectStates, identity
from ...engine.summary import describe, summarize
from ...pairing.codes import DUMP, FAILED, REQUEST, ROLLED_BACK
from ...pairing.conversation import Conversations
from ...pairing.transaction import Link
from ...wire import framing, linux
from ...wire.errors import CaptureError, UsageError
from ...wire.text import safe
from ..model.keymap import shown
from ..model.parts import Part
from ..panes.popup import Report, ReportLine, Source
from .context import BrowserContext
from .controller import Action, Controller, plain
from .live_control import LiveControl

BLOCKS = " ▁▂▃▄▅▆▇█"
LOOKED_AT = 64  # rows between two looks at the clock


class Reports(Controller):
    """Keys of the group Look, and help."""

    def __init__(self, browser: BrowserContext, live: LiveControl) -> None:
        super().__init__(browser)
        self._live = live

    def actions(self) -> dict[str, Action]:
        return {
            "help": plain(self._show_help),
            "expert": plain(self._show_expert),
            "statistics": plain(self._show_statistics),
            "timeline": plain(self._show_timeline),
            "objects": plain(self._show_objects),
            "diff": plain(self._show_diff),
        }

    def _open(self, report: Report) -> None:
        self.browser.pop_up(report, self._chosen)

    def _chosen(self, value: object) -> None:
        if isinstance(value, int):
            self.browser.attempt(lambda: self.browser.row_cursor.go(value))

    # -- help ---------------------------------------------------------------------------

    def _show_help(self) -> None:
        entries: list[ReportLine] = []
        group = ""
        for key in self.browser.keymap.keys:
            if key.group != group:
                if group:
                    entries.append(ReportLine([]))
                group = key.group
                entries.append(ReportLine([(group, "heading")]))
            names = "  ".join(shown(one) for one in key.keys) or "(no key)"
            words: list[Part] = [(f"  {names:<20}", "name"), (key.help, "plain")]
            entries.append(ReportLine([*words, (f"  :{key.action}", "dim")]))
        self._open(Report("Help: every key", entries))

    # -- what other commands say, asked of them -------------------------------------------------

    def _ask(self, command: str, show: Callable[[Any], Iterator[ReportLine]]) -> Source:
        """Runs `nldissect COMMAND` on the file beside the screen, and shows its JSON."""
        application = self.browser.application
        path = self._live.path or self.model.index.path
        arguments = [sys.executable, "-P", "-m", "nldissect", command, "-T", "json"]
        arguments += [*application.options, "--", path]
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
            said = errors.read().decode("utf-8", "replace").strip()
            try:
                document = json.loads(output.read() or b"null")
            except ValueError:
                document = None
        if document is not None:
            yield from show(document)
        for line in said.split("\n"):
            if line:
                yield ReportLine([(f" {safe(line.removeprefix('nldissect: '))}", "warning")])

    def _show_expert(self) -> None:
        self._open(Report("Expert: what is wrong or odd", [], source=self._ask("check", _expert)))

    def _show_statistics(self) -> None:
        width = max(self.browser.app.size.width * 94 // 100 - 14, 16)
        self._open(
            Report("Statistics", [], source=self._ask("stats", lambda d: _statistics(d, width)))
        )

    # -- one object through time ------------------------------------------------------------------

    def _show_timeline(self) -> None:
        row = self.row()
        message = self.model.message(row)
        asked = pairs.question(message, self.model.link(row))
        flatten = Flattener()
        about, key = message, _key(message, flatten)
        if key is None and asked is not None:
            about, key = asked, _key(asked, flatten)
        if key is None:
            raise UsageError(
                "this message is about no link, address, route, neighbour, rule, qdisc, class, "
                "filter or next hop"
            )
        name = " ".join(key)
        self._open(Report(f"Timeline of {safe(name)}", [], source=self._timeline(key, about)))

    def _timeline(self, key: tuple[str, ...], about: Any) -> Source:
        model, flatten = self.model, Flattener()
        kin = about.type >> 2
        before: Flat | None = None
        for row in range(model.total):
            if not row % LOOKED_AT:
                yield None
            if model.index.header(row)[1] >> 2 != kin or model.copy(row):
                continue
            try:
                message, link = model.message(row), model.link(row)
            except CaptureError:
                return
            if message.protocol != framing.NETLINK_ROUTE or _key(message, flatten) != key:
                continue
            flat = flatten(message)
            role = "" if link is None else link.role
            parts: list[Part] = [
                (f" #{row + 1:<7}", "dim"),
                (f"{model.times.text(model.time(row), model.time(row - 1)):>12} ", "dim"),
                ("→ " if message.to_kernel else "← ", "arrow"),
                (f"{safe(facts.what(message, model.constants)):<12}", "heading"),
            ]
            who = pairs.process(message, link)
            if role == "notification" and link is not None and link.transaction is not None:
                request = link.transaction.request
                who = None if request is None else pairs.process(request, link)
                parts.append((f" caused by #{link.of}", "notification"))
            if who is not None:
                parts.append((f" {safe(str(who))}", "name"))
            changes: list[Change] = []
            if before is not None and not message.to_kernel:
                changes = compare(before, flat)
            if message.to_kernel or before is None:
                parts += _refused(link, row + 1)
                parts.append((f" {safe(describe(message))}", "plain"))
            elif message.type & 3 == 1:
                parts.append((" deleted", "error"))
            elif not changes:
                parts.append((" unchanged", "dim"))
            yield ReportLine(parts, row)
            for change in changes:
                yield ReportLine([(" " * 24, "plain"), *_changed(change)], row)
            if not message.to_kernel:
                before = None if message.type & 3 == 1 else flat

    def _show_objects(self) -> None:
        row = self.row()
        title = f"Objects at message {row + 1}"
        self._open(Report(title, [], source=self._objects(row)))

    def _objects(self, row: int) -> Source:
        """The last state of each object that was told of up to a row."""
        model, found, pairs = self.model, ObjectStates(), Conversations()
        for start in range(0, row + 1, LOOKED_AT):
            try:
                for message in map(model.message, range(start, min(start + LOOKED_AT, row + 1))):
                    found.take(message, pairs.feed(message))
            except CaptureError:
                return
            yield None
        kind = ""
        for key, (_, number) in sorted(found.states.items(), key=lambda state: state[0]):
            if key[0] != kind:
                kind = key[0]
                yield ReportLine([(f" {kind}", "heading")])
            told = safe(summarize(model.message(number - 1)))
            words: list[Part] = [(f"   {safe(' '.join(key[1:])):<34}", "name"), (told, "plain")]
            yield ReportLine([*words, (f"  #{number}", "dim")], number - 1)

    # -- two messages ---------------------------------------------------------------------------

    def _show_diff(self) -> None:
        rows = sorted(self.model.selected)
        if not rows:
            place = self.browser.list_pane.cursor
            row = self.row()
            kind = self.model.index.header(row)[1]
            view = self.model.view
            before = next(
                (
                    view.rows[p]
                    for p in range(place - 1, -1, -1)
                    if self.model.index.header(view.rows[p])[1] == kind
                ),
                -1,
            )
            if before < 0:
                raise UsageError("select two messages with v, then d compares them")
            rows = [before, row]
        if len(rows) != 2:
            raise UsageError(f"{len(rows)} messages are selected; d compares two")
        title, entries = self._difference(*rows)
        self._open(Report(title, entries))

    def _difference(self, old: int, new: int) -> tuple[str, list[ReportLine]]:
        model = self.model
        links = [model.link(row) for row in (old, new)]
        found = [None if link is None else link.transaction for link in links]
        title = f"#{old + 1} against #{new + 1}"
        a, b = found
        if a is not None and b is not None and a.id != b.id and a.kind == b.kind == DUMP:
            sides = [ObjectStates(), ObjectStates()]
            for side, one in zip(sides, found, strict=True):
                assert one is not None
                pairs = Conversations()
                for message in (model.message(number - 1) for number in one.answers):
                    side.take(message, pairs.feed(message))
            if any(side.states for side in sides):
                entries: list[ReportLine] = []
                for one_ in diff_objects(*sides):
                    sign, look = _SIGNS[one_.kind]
                    target = (one_.new or one_.old) - 1
                    entries.append(ReportLine([(f" {sign} {safe(one_.title)}", look)], target))
                    if one_.kind == "changed":
                        entries += [
                            ReportLine([("     ", "dim"), *_changed(c)], target)
                            for c in one_.changes
                        ]
                entries = entries or [ReportLine([(" both dumps tell the same", "good")])]
                return f"Dump #{a.number} against dump #{b.number}", entries
        flatten = Flattener(counters=True)
        messages = [model.message(row) for row in (old, new)]
        flats = [flatten(message) for message in messages]
        entries = [
            ReportLine([(f" {sign} #{row + 1} {what(m)} {safe(describe(m))}", look)], row)
            for (sign, look), row, m in zip(
                (("-", "error"), ("+", "good")), (old, new), messages, strict=True
            )
        ]
        entries.append(ReportLine([]))
        for name in ("type", "flags", "seq", "port", "length"):
            was, now = (str(getattr(m, name)) for m in messages)
            if was != now:
                entries.append(
                    ReportLine([(" ", "dim"), *_changed(Change(f"nlmsg {name}", was, now))])
                )
        changes = compare(flats[0], flats[1])
        entries += [ReportLine([(" ", "dim"), *_changed(change)], new) for change in changes]
        if not changes:
            entries.append(ReportLine([(" the same attributes with the same values", "good")]))
        return title, entries


def _refused(link: Link | None, number: int) -> list[Part]:
    """What the kernel said to a request that it did not do."""
    found = None if link is None or link.role != REQUEST else link.transaction
    if found is None or found.fate(number) not in (FAILED, ROLLED_BACK):
        return []
    error = -(found.errors.get(number) or found.error)
    return [(f" {found.fate(number)}: {linux.errno_name(error) or error}", "error")]


_SIGNS = {"added": ("+", "good"), "removed": ("-", "error"), "changed": ("~", "warning")}


def _key(message: Any, flatten: Flattener) -> tuple[str, ...] | None:
    """What object a message is about; requests name it as the kernel does."""
    if message.protocol != framing.NETLINK_ROUTE or message.type >> 2 not in KINDS:
        return None
    key = identity(message, flatten(message)) if message.type & 3 < 2 else None
    return None if key is not None and key[:2] == ("link", "0") else key  # asks whether it may


def _changed(change: Change) -> list[Part]:
    parts: list[Part] = [(f"{safe(change.path)}  ", "name")]
    if change.old is not None:
        parts.append((safe(change.old) or '""', "error"))
    if change.old is not None and change.new is not None:
        parts.append((" → ", "dim"))
    if change.new is not None:
        parts.append((safe(change.new) or '""', "good"))
    if change.new is None:
        parts.append((" is gone", "dim"))
    elif change.old is None:
        parts.append((" is new", "dim"))
    return parts


def _expert(document: Any) -> Iterator[ReportLine]:
    """The findings of `nldissect check`, the worst first."""
    counts = dict.fromkeys(("error", "warning", "note"), 0)
    for one in document:
        counts[one["severity"]] = counts.get(one["severity"], 0) + 1
    text = ", ".join(f"{n} {severity}{'s' * (n != 1)}" for severity, n in counts.items())
    yield ReportLine([(f" {text}", "heading")])
    for severity, sign in (("error", "!"), ("warning", "▲"), ("note", "·")):
        for one in document:
            if one["severity"] == severity:
                yield ReportLine(
                    [
                        (f" {sign} #{one['message']:<6} ", severity),
                        (f"{one['code']:<20} ", "name"),
                        (safe(one["text"]), "plain"),
                        (f"  {safe(one['path'] or '')}", "dim"),
                    ],
                    one["message"] - 1,
                )


def _statistics(document: Any, width: int) -> Iterator[ReportLine]:
    first, last = document["first"], document["last"]
    over = "" if first is None else f" over {pairs.span(last - first)}"
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
        rows = document[name]
        if rows:
            yield ReportLine([])
            yield ReportLine([(f" {name.upper()}", "heading")])
            cells = [[cell(row) for cell in columns] for row in rows]
            widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
            for row, line in zip(rows, cells, strict=True):
                text = "  ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True))
                target = row.get("message") if name == "dumps" else None
                yield ReportLine([(f"   {safe(text)}", "plain")], target - 1 if target else None)


def _rates(rates: Any, width: int) -> Iterator[ReportLine]:
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
                    (f"the highest {peak:.3g}, a column is {pairs.span(step)}", "dim"),
                ]
            )
            yield ReportLine([("   ", "dim"), (line, look)])


def _of(row: Any) -> str:
    return f"{row.get('family') or row.get('protocol') or ''} {row.get('operation') or ''}".strip()


def _time(key: str) -> Callable[[Any], str]:
    return lambda row: "-" if row[key] is None else f"{key} {pairs.span(row[key])}"


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
