"""The messages shown in numbers, as tables whose rows are filters or messages to go to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from ...analysis import link_text
from ...analysis.stats import Statistics
from ...analysis.stats_document import OTHERS, document
from ...engine.message import Message
from ...pairing.transaction import Link, Transaction
from ...wire.text import safe
from .capture_model import CaptureModel
from .list_folds import ListFolds
from .message_pass import MessagePass
from .parts import Part, wide
from .report_line import FilterText, Fold, ReportLine, SocketPort

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
GRAPH: Final = "graph"  # the value of the lines that the graph opens from
FEW: Final = 10  # rows of a table that are shown at first
_LEAST: Final = 12  # cells for names

Target = Callable[[Any], object]


class CountTable(NamedTuple):
    """One table: its key in the document, its head; of a row the name, numbers, what it gives."""

    key: str
    title: str
    name: Callable[[Any], str]
    columns: tuple[tuple[str, Callable[[Any], str]], ...]
    target: Target


class StatisticsReport(MessagePass):
    """What `nldissect stats` counts, of the messages shown."""

    def __init__(self, model: CaptureModel) -> None:
        super().__init__(model, own=model.own)
        self.statistics = Statistics()
        self.statistics.begin(chosen=self.filtered)
        self._folds = ListFolds(FEW)

    def fits(self, model: CaptureModel) -> bool:
        """Whether it is of what the model shows now."""
        return super().fits(model) and self.own == model.own

    def take(self, message: Message, link: Link) -> None:
        """Counts a message."""
        self.statistics.take(message, link)
        self.changes += 1

    def leave_out(self, row: int) -> None:
        """What is not shown is not counted."""

    def ended(self, found: Transaction) -> None:
        """Counts what became of a transaction."""
        self.statistics.ended(found)

    def at_end(self) -> None:
        """Nothing is under way any more."""
        self.statistics.finish()

    def fold(self, wanted: Fold) -> None:
        """ListFolds or unfolds a table."""
        self._folds.fold(wanted)
        self.changes += 1

    # -- showing ---------------------------------------------------------------------------

    def lines(self, width: int, whole: bool) -> list[ReportLine]:
        """Totals, rates and every table that has rows."""
        told = document(self.statistics)
        first, last = told["first"], told["last"]
        over = "" if first is None else f" over {link_text.span(last - first)}"
        text = (
            f" {told['messages']} messages in {told['records']} records, "
            f"{told['bytes']} bytes{over}"
        )
        out = [ReportLine([(text, "heading")], key="total"), *self._rates(width)]
        told["roles"] = _counted(told["roles"])
        told["transactions"] = _counted(told["transactions"])
        for table in TABLES:
            if told[table.key]:
                out.append(ReportLine([], key=(table.key, "gap")))
                out += self._table(table, told[table.key], width, whole)
        return out

    def _table(
        self, table: CountTable, rows: list[Any], width: int, whole: bool
    ) -> Iterator[ReportLine]:
        """Head and rows; names at the left, numbers at the right of their columns."""
        few = None if whole else self._folds.shown(table.key)
        shown = rows if few is None else rows[: max(few, FEW) + 1]
        cells = [[make(row) for _, make in table.columns] for row in shown]
        heads = [head for head, _ in table.columns]
        widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
        names = [safe(table.name(row)) for row in shown]
        room = max(width - sum(widths) - 2 * len(widths) - 4, _LEAST)
        room = min(max(len(table.title), *map(len, names)), room)

        def numbers(texts: list[str]) -> str:
            return "".join(f"  {text:>{size}}" for text, size in zip(texts, widths, strict=True))

        head: list[Part] = [(wide(table.title, room) + numbers(heads), "heading")]
        yield self._folds.head(table.key, head)

        def line(at: int) -> ReportLine:
            target = table.target(rows[at])
            parts: list[Part] = [
                (f"   {wide(names[at], room)}", "name"),
                (numbers(cells[at]), "plain"),
            ]
            also = None if target is None else lambda: target
            return ReportLine(parts, target, also, (table.key, table.name(rows[at])))

        yield from self._folds.list(table.key, range(len(rows)), line, whole)

    def _rates(self, width: int) -> Iterator[ReportLine]:
        """Messages and errors per second, a bar of at most so many cells each."""
        wide_, columns = self.statistics.rates.columns(max(width - 6, 16))
        for at, (name, look) in enumerate((("messages", "name"), ("errors", "error"))):
            most = max((column[at] for column in columns), default=0)
            if most:
                heights = (max(round(c[at] / most * 8), 1) if c[at] else 0 for c in columns)
                said = f"the highest {most * 1e9 / wide_:.3g}, a column is {link_text.span(wide_)}"
                title: list[Part] = [(f" {name.upper()} PER SECOND  ", "heading"), (said, "dim")]
                yield ReportLine([], key=(name, "gap"))
                yield ReportLine(title, GRAPH, key=name)
                bar = "".join(BLOCKS[height] for height in heights)
                yield ReportLine([("   ", "dim"), (bar, look)], GRAPH, key=(name, "bar"))


def _counted(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


# -- what the tables have ------------------------------------------------------------------


def _of(row: Any) -> str:
    return f"{row['family'] or row['protocol'] or ''} {row['operation'] or '(unknown)'}".strip()


def _which(row: Any) -> str:
    """A filter for the operation of a row; empty for what has no name."""
    operation, protocol = row["operation"], row["protocol"]
    if operation in (None, OTHERS):
        return ""
    if operation.startswith("type "):
        return f"type == {operation[5:]} and protocol == {protocol}"
    if row["family"]:
        return f'family == "{row["family"]}" and operation == {operation}'
    return f"operation == {operation} and protocol == {protocol}"


def _filtered(make: Callable[[Any], str]) -> Target:
    def target(row: Any) -> object:
        text = make(row)
        return FilterText(text) if text else None

    return target


def _time(key: str) -> tuple[str, Callable[[Any], str]]:
    return key.upper(), lambda row: "-" if row[key] is None else link_text.span(row[key])


def _number(key: str, head: str = "") -> tuple[str, Callable[[Any], str]]:
    return head or key.upper(), lambda row: str(row[key])


def _who(row: Any) -> str:
    if row["pid"] is not None:
        return f"{row['name'] or 'process'}[{row['pid']}]{'?' if row['hint'] else ''}"
    if row["port"] is not None:
        return f"port {row['port']}"
    return "(listeners)" if row["kind"] == "multicast" else "(unknown)"


def _whose(row: Any) -> object:
    """The messages of a process, or of a socket where that is all that is known."""
    if row["pid"] is not None:
        return FilterText(f"process.pid == {row['pid']}")
    if row["port"] is not None:
        return SocketPort(row["port"])
    if row["kind"] == "multicast":
        return FilterText("role == notification or role == copy")
    return None


def _group(row: Any) -> str:
    known = row["group"] not in (None, OTHERS)
    return f'group == "{row["group"]}"' if known else ""


_TRAFFIC = (_number("messages"), _number("to_kernel", "TO KERNEL"),
            _number("from_kernel", "FROM IT"), _number("bytes"))  # fmt: skip
_BOTH = (*_TRAFFIC[:2], _number("to_kernel_bytes", "BYTES"), _TRAFFIC[2],
         _number("from_kernel_bytes", "BYTES"))  # fmt: skip
TABLES: Final = (
    CountTable("operations", "OPERATIONS", _of, _TRAFFIC, _filtered(_which)),
    CountTable("errors", "ERRORS", lambda row: f"{row['errno']} {_of(row)}", (_number("count"),),
        _filtered(lambda row: "" if row["errno"] == OTHERS else f"error == {row['errno']}")),
    CountTable("latencies", "LATENCIES", _of,
        (_number("count"), *map(_time, ("p50", "p90", "p99", "max"))),
        _filtered(lambda row: _which(row) and f"{_which(row)} and role == request")),
    CountTable("dumps", "LARGEST DUMPS",
        lambda row: f"#{row['message']} {_of(row)}" if row["message"] else "(request missing)",
        (_number("parts"), _number("bytes"), ("TIME", _time("latency")[1]),
         ("STATE", lambda row: str(row["state"]))),
        lambda row: row["message"] - 1 if row["message"] else None),
    CountTable("processes", "CONVERSATIONS BY PROCESS", _who, _BOTH, _whose),
    CountTable("sockets", "CONVERSATIONS BY SOCKET",
        lambda row: f"{row['protocol']} port {'?' if row['port'] is None else row['port']}",
        _BOTH, lambda row: None if row["port"] is None else SocketPort(row["port"])),
    CountTable("groups", "MULTICAST GROUPS",
        lambda row: row["group"] or f"(unknown, {row['protocol']})",
        (_number("notifications"), _number("deliveries")), _filtered(_group)),
    CountTable("families", "GENERIC FAMILIES", lambda row: row["family"], _TRAFFIC,
        _filtered(lambda row: f'family == "{row["family"]}"')),
    CountTable("protocols", "PROTOCOLS", lambda row: row["protocol"], _TRAFFIC,
        _filtered(lambda row: "" if row["protocol"] == OTHERS
                  else f"protocol == {row['protocol']}")),
    CountTable("roles", "ROLES", lambda row: row[0], (("MESSAGES", lambda row: str(row[1])),),
        _filtered(lambda row: f"role == {row[0]}")),
    CountTable("transactions", "TRANSACTIONS", lambda row: row[0],
        (("COUNT", lambda row: str(row[1])),), _filtered(lambda row: f'state == "{row[0]}"')),
)  # fmt: skip
