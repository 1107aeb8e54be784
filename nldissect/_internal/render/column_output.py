"""Chosen fields as columns (-T fields -e ...): for awk, cut and spreadsheets.

A field is what a display filter takes for one: a top-level name of the JSON (`sequence`, `port`),
or a path of attributes (`linkinfo.kind`, `IFLA_MTU`, `ops.id`), whose values are read off the tape
wherever the filter would look at them; `:label` after it gives values in words. A number is an
attribute at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..analysis import link_text, message_text
from ..engine.message import Message
from ..engine.paths import WORDS_OF_IP
from ..engine.summary import operation_constant, operation_name
from ..filter.message_fields import GETTERS, message_fields
from ..filter.message_types import TimeOrigin
from ..filter.operands import FieldSource, PathSource
from ..filter.resolved_path import ResolvedPath
from ..filter.resolver import MESSAGE_SCOPE, Resolver
from ..filter.subject import Subject, TapeNode
from ..filter.syntax_tree import Word
from ..filter.vocabulary import vocabulary_of
from ..pairing.transaction import Link
from ..session.process import Process
from ..spec.registry import Registry
from ..wire.errors import UsageError
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
    """Renders chosen fields, a line per message; UsageError for what is none."""

    def __init__(
        self,
        paths: list[str],
        layout: ColumnLayout,
        registry: Registry,
        clock: TimeFormatter | None = None,
        constants: bool = False,
    ) -> None:
        self._paths = paths
        self._layout = layout
        self._clock = clock
        self._constants = constants
        self._file = ""
        words = vocabulary_of(registry)
        self._resolver = Resolver("", words, message_fields(words, TimeOrigin()))
        self._selection = self._resolver.selection
        self._columns: list[tuple[Column, Show]] = [
            (self._column(path), safe if path in _COMPOSED else escaped) for path in paths
        ]

    def begin(self) -> str:
        """The names of the fields, if the layout asks for them."""
        layout = self._layout
        return layout.separator.join(map(safe, self._paths)) + "\n" if layout.header else ""

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        """What the field `file` is from here on; relative times begin anew."""
        self._file = path
        if self._clock is not None and not goes_on:
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
        name, colon, mode = path.partition(":")
        if colon and mode != "label":
            raise UsageError(f"{path} is no field; only :label may follow a path")
        word = Word(name, 0, len(name))
        if name.isdecimal():  # which in a filter is a value
            top = [ResolvedPath((name,), top=True)]
            source: FieldSource | None = self._resolver.path_source(top, MESSAGE_SCOPE)
        else:
            source = self._resolver.source(word, MESSAGE_SCOPE)
        if source is None:
            problem = self._resolver.not_a_field(word, MESSAGE_SCOPE)
            raise UsageError(f"{problem.reason}{problem.hint and f'; {problem.hint}'}")
        if not isinstance(source, PathSource):
            return lambda subject: [_message_value(name, v) for v in source.occurrences(subject)]
        if not source.matchers:
            raise UsageError(f"{name} names messages, which have no value")
        source.split = False
        more = WORDS_OF_IP.get(name.rpartition(".")[2], {})
        constants = self._constants
        if mode:
            return lambda subject: [_label(node, constants) for node in source.occurrences(subject)]
        if any(more.values()):
            return lambda subject: [_sum(node, more) for node in source.occurrences(subject)]
        return lambda subject: [_value(node) for node in source.occurrences(subject)]

    def _clocked(self, message: Message, _: Link | None) -> str:
        record = message.record
        assert record is not None
        assert self._clock is not None
        return self._clock.text(record.number, record.time)


def _message_value(name: str, value: Any) -> Any:
    """A message-level value; of the message itself, which filters compare, the number meant."""
    if isinstance(value, Message):
        return value.command if name == "command" else value.type
    return value.pid if isinstance(value, Process) else value


def _sum(node: TapeNode, more: Mapping[str, int]) -> Any:
    """The value as ip(8) counts it, which names it so."""
    value, field = node.value, node.field
    known = more.get(field.constant or "", more.get(field.name, 0))
    return value + known if type(value) is int else value


def _value(node: TapeNode) -> Any:
    """The value; for what has children instead, all its bytes, without the secrets in it."""
    value = node.value
    return node.visible if value is None else value


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
