"""Chosen fields as columns (-T fields -e ...): for awk, cut and spreadsheets.

A field is a top-level name of the JSON (`sequence`, `port`) or a path of attributes (`finding`)
from the top of the message (`linkinfo.kind`, `IFLA_MTU`, `ops.id`), whose values are read off its
tape; `:label` after it gives values in words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..analysis import link_text, message_text
from ..engine.message import Message
from ..engine.paths import plain
from ..engine.summary import operation_constant, operation_name
from ..filter.message_fields import GETTERS
from ..filter.path_matcher import PathMatcher, WalkSelection
from ..filter.resolved_path import ResolvedPath
from ..filter.subject import Subject, TapeNode
from ..pairing.transaction import Link
from ..session.process import Process
from ..wire.text import escaped, safe
from ..wire.times import TimeFormatter, rfc3339
from .renderer import Renderer

MessageColumn = Callable[[Message, Link | None], Any]
Column = Callable[[Subject], Any]
Show = Callable[[str], str]  # `safe` of what is made of words, `escaped` of a string of the capture


def _header(get: Callable[[Message], Any]) -> MessageColumn:
    """Of what only a message with an nlmsghdr has."""
    return lambda message, _: get(message) if message.netlink else None


def _process(found: Process | None) -> str | None:
    if found is None:
        return None
    mark = "?" if found.hint else ""
    return f"{found.name or found.pid}{mark}" if found.pid is not None else str(found)


def _time(message: Message) -> str | None:
    record = message.record
    return None if record is None or record.time is None else rfc3339(record.time)


# Those that are as in filters, and what is written otherwise.
_AS_IN_FILTERS: Final = (
    "record", "message", "comments", "family", "dissector", "flags", "flag_names", "sequence",
    "port", "length", "direction", "summary", "truncated", "error", "error_name", "diagnoses",
    "answers", "answered_by", "transaction", "latency", "confidence", "listeners", "copy_of",
    "group",
)  # fmt: skip
MESSAGE_COLUMNS: Final[dict[str, MessageColumn]] = {
    **{name: GETTERS[name] for name in _AS_IN_FILTERS},
    "time": lambda m, _: _time(m),
    "protocol": lambda m, _: message_text.protocol(m),
    "operation": _header(operation_name),
    "constant": _header(operation_constant),
    "type": _header(lambda m: m.type),
    "lost": lambda m, _: None if m.record is None or m.offset else m.record.lost or None,
    "process": lambda m, link: _process(link_text.process(m, link)),
    "file": lambda m, _: None,
}


_COMPOSED: Final = ("summary", "diagnoses")


class ColumnLayout:
    """How columns subject (tshark's -E): `separator` between fields, `aggregator` between the
    values of one, `quote` around each, a `header` line with the names."""

    def __init__(self) -> None:
        self.separator = "\t"
        self.aggregator = ","
        self.quote = ""
        self.header = False


class ColumnsRenderer(Renderer):
    """Renders chosen fields, a line per message."""

    def __init__(
        self,
        paths: list[str],
        layout: ColumnLayout,
        clock: TimeFormatter | None = None,
        constants: bool = False,
    ) -> None:
        self._paths = paths
        self._layout = layout
        self._clock = clock
        self._constants = constants
        self._file = ""
        self._selection = WalkSelection()
        self._columns: list[tuple[Column, Show]] = [
            (self._column(path), safe if path in _COMPOSED else escaped) for path in paths
        ]

    def begin(self) -> str:
        """The names of the fields, if the layout asks for them."""
        layout = self._layout
        return layout.separator.join(map(safe, self._paths)) + "\n" if layout.header else ""

    def file(self, path: str, last: int) -> str:
        """What the field `file` is from here on; relative times begin anew."""
        self._file = path
        if self._clock is not None:
            self._clock.restart()
        return ""

    def message(self, message: Message, link: Link | None = None) -> str:
        """A line with the fields; what a message does not have is empty."""
        layout = self._layout
        subject = Subject(message, link, self._selection)
        columns = [self._text(column(subject), show) for column, show in self._columns]
        subject.release()
        if layout.quote:
            mark = layout.quote
            columns = [mark + c.replace(mark, mark * 2) + mark for c in columns]
        return layout.separator.join(columns) + "\n"

    def _text(self, value: Any, show: Show) -> str:
        if isinstance(value, list):
            return self._layout.aggregator.join([_text(each, show) for each in value])
        return _text(value, show)

    def _column(self, path: str) -> Column:
        if path == "file":
            return lambda subject: self._file
        get = MESSAGE_COLUMNS.get(path)
        if path == "time" and self._clock is not None:
            get = self._clocked
        if get is not None:
            known = get
            return lambda subject: known(subject.message, subject.link)
        path, _, mode = path.partition(":")
        found = AttributeColumn(path, self._selection)
        if mode == "label":
            constants = self._constants
            return lambda subject: [_label(node, constants) for node in found.nodes(subject)]
        return lambda subject: [_value(node) for node in found.nodes(subject)]

    def _clocked(self, message: Message, _: Link | None) -> str:
        record = message.record
        assert record is not None
        assert self._clock is not None
        return self._clock.text(record.number, record.time)


class AttributeColumn:
    """What a path finds from the top of messages."""

    def __init__(self, path: str, selection: WalkSelection) -> None:
        names = tuple([plain(part) for part in path.split(".")])
        self._matcher = PathMatcher(ResolvedPath(names, top=True), False)
        selection.add(self._matcher)

    def nodes(self, subject: Subject) -> list[TapeNode]:
        """All that the path finds in a message, in the order of its bytes."""
        message = subject.message
        if not self._matcher.can_match(message):
            return []
        engine = subject.walked()
        return [TapeNode(engine, place, message) for place in self._matcher.finder.find(engine, -2)]


def _value(node: TapeNode) -> Any:
    """The value; for what has children instead, all its bytes."""
    value = node.value
    return node.bytes if value is None else value


def _label(node: TapeNode, constants: bool) -> Any:
    named = node.label(constants)
    return _value(node) if named is None else named


def _text(value: Any, show: Show) -> str:
    if type(value) is int:
        return str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return ",".join([_text(each, show) for each in value])
    return show(str(value))
