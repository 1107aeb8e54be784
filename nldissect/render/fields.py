"""Chosen fields as columns (-T fields -e ...): for awk, cut and spreadsheets.

A field is a top-level name of the JSON (`sequence`, `port`) or a path of
attributes by spec name, C constant or number (`linkinfo.kind`, `IFLA_MTU`,
`ops.id`); `:label` after it gives values in words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .. import dissect
from ..dissect import Message, Node
from ..summary import describe, operation_constant, operation_name
from ..text import safe
from . import facts
from .times import Clock, rfc3339

Getter = Callable[[Message], Any]


def _header(get: Getter) -> Getter:
    """Of what only a message with an nlmsghdr has."""
    return lambda message: get(message) if message.netlink else None


def _time(message: Message) -> str | None:
    record = message.record
    return None if record is None or record.time is None else rfc3339(record.time)


TOP: Final[dict[str, Getter]] = {
    "record": lambda m: None if m.record is None else m.record.number,
    "message": lambda m: m.number,
    "time": _time,
    "comments": lambda m: None if m.record is None else m.record.comments,
    "protocol": facts.protocol,
    "family": lambda m: m.family,
    "dissector": lambda m: None if m.spec is None else m.spec.name,
    "operation": _header(operation_name),
    "constant": _header(operation_constant),
    "type": _header(lambda m: m.type),
    "flags": _header(lambda m: m.flags),
    "flag_names": _header(lambda m: list(dissect.flag_names(m))),
    "sequence": _header(lambda m: m.seq),
    "port": _header(lambda m: m.port),
    "length": lambda m: m.length,
    "direction": lambda m: m.direction,
    "summary": describe,
    "truncated": lambda m: m.truncated,
    "error": lambda m: m.error,
    "error_name": facts.error_name,
    "diagnoses": lambda m: [d.code for d in facts.diagnoses(m)],
    "file": lambda m: None,
}


class Layout:
    """How columns look (tshark's -E): `separator` between fields, `aggregator` between the
    values of one, `quote` around each, a `header` line with the names."""

    def __init__(self) -> None:
        self.separator = "\t"
        self.aggregator = ","
        self.quote = ""
        self.header = False


class Fields:
    """Renders chosen fields, a line per message."""

    def __init__(
        self, paths: list[str], layout: Layout, clock: Clock | None = None, constants: bool = False,
    ) -> None:  # fmt: skip
        self._paths = paths
        self._layout = layout
        self._clock = clock
        self._constants = constants
        self._file = ""
        self._getters = [self._getter(path) for path in paths]

    def begin(self) -> str:
        layout = self._layout
        return layout.separator.join(map(safe, self._paths)) + "\n" if layout.header else ""

    def file(self, path: str, last: int) -> str:
        self._file = path
        if self._clock is not None:
            self._clock.restart()
        return ""

    def end(self) -> str:
        return ""

    def message(self, message: Message) -> str:
        layout = self._layout
        columns = [self._column(get(message)) for get in self._getters]
        if layout.quote:
            mark = layout.quote
            columns = [mark + c.replace(mark, mark * 2) + mark for c in columns]
        return layout.separator.join(columns) + "\n"

    def _column(self, value: Any) -> str:
        if isinstance(value, list):
            return self._layout.aggregator.join(map(_text, value))
        return _text(value)

    def _getter(self, path: str) -> Getter:
        if path == "file":
            return lambda message: self._file
        if path == "time" and self._clock is not None:
            return self._clocked
        if path in TOP:
            return TOP[path]
        path, _, mode = path.partition(":")
        constants = self._constants

        def attribute(message: Message) -> list[Any]:
            found = dissect.find_all(message.nodes, path)
            if mode == "label":
                return [_label(node, constants) for node in found]
            return [_value(node) for node in found]

        return attribute

    def _clocked(self, message: Message) -> str:
        record = message.record
        assert record is not None
        assert self._clock is not None
        return self._clock.text(record.number, record.time)


def _value(node: Node) -> Any:
    """The value; for what has children instead, all its bytes."""
    value = node.value
    return node.bytes if value is None else value


def _label(node: Node, constants: bool) -> Any:
    named = dissect.label(node, constants)
    return _value(node) if named is None else named


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return safe(str(value))
