"""Values and labels of what lies on an engine's tape, without making nodes of it."""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import i64

from ..spec import model
from ..spec.tables import (
    ARRAY,
    COLUMNS,
    ELEMENT,
    ENUM,
    HINT,
    INTEGER,
    LABEL,
    LABELLED,
    MARKS,
    NO_HINT,
    NOTHING,
    SIGNED,
    SIZE,
    TEXT_UP_TO_NUL,
    WIDTH,
)
from .labels import hinted, labelled
from .message import Message
from .node import Node
from .paths import Name, Path, names_in, names_of
from .paths import plain as plainly
from .payloads import text_value
from .walk import (
    BY_HOOK,
    DEPTH_AT,
    DEPTH_MASK,
    FIELD_MASK,
    FOLDED,
    INDEXED,
    IS_ATTRIBUTE,
    MARKS_AT,
    SHOWN_AT,
    UNKNOWN,
    UNNAMED,
    Engine,
)


def value_at(engine: Engine, place: i64, message: Message) -> Any:
    """The value of the entry at a place of the engine's tape, as `Node.value`."""
    first, second = engine.tape[place], engine.tape[place + 1]
    marks, row = first >> MARKS_AT & 0xFF, first & FIELD_MASK
    if marks & BY_HOOK:
        return hook_node(engine, place).value
    tables = engine.tables
    form = tables.form[first >> SHOWN_AT & 0xFF]
    start, end = second & 0xFFFFFFFF, second >> 32
    if marks & IS_ATTRIBUTE:
        start += 4
    if form == INTEGER:
        return _unwrapped(engine, row, engine.number(row, start, end, marks))
    if form == NOTHING:
        return None
    if form == ARRAY:
        if marks & FOLDED:
            return _folded_numbers(engine, tables.rows[row * COLUMNS + ELEMENT], start, end)
        return [
            value_at(engine, inside, message)
            for inside in engine.inside(place)
            if engine.tape[inside] >> MARKS_AT & INDEXED
        ]
    raw = engine.data[start:end]
    if form != TEXT_UP_TO_NUL or end - start > _SHORT:
        return text_value(form, raw)
    text = _texts.get(raw)
    if text is None:
        if len(_texts) >= _TEXTS:
            _texts.clear()
        text = _texts[raw] = str(text_value(form, raw))
    return text


_SHORT: Final = 32
_TEXTS: Final = 4096
_texts: Final[dict[bytes, str]] = {}  # names of interfaces, kinds...: the same again and again


def _unwrapped(engine: Engine, row: i64, number: i64) -> int:
    """A number as it is meant: unsigned ones of 64 bits do not fit an i64."""
    if number < 0 and engine.tables.rows[row * COLUMNS + SIGNED] == 0:
        return int(number) + 0x10000000000000000
    return int(number)


def _folded_numbers(engine: Engine, element: i64, start: i64, end: i64) -> list[Any]:
    """The numbers of a folded array."""
    size = engine.tables.rows[element * COLUMNS + SIZE]
    numbers: list[Any] = []
    while start < end:
        number = engine.number(element, start, start + size, 0)
        numbers.append(_unwrapped(engine, element, number))
        start += size
    return numbers


def hook_node(engine: Engine, place: i64) -> Node:
    """The node that a hook made at this place."""
    node = engine.hook_nodes[int(place)]
    assert isinstance(node, Node)
    return node


def echo_end(engine: Engine) -> i64:
    """The place behind the last entry inside of the echoed request; -1 where none is echoed."""
    if engine.echo < 0:
        return -1
    tape, place = engine.tape, engine.echo + 2
    depth = tape[engine.echo] >> DEPTH_AT & DEPTH_MASK
    while place < engine.size and tape[place] >> DEPTH_AT & DEPTH_MASK > depth:
        place += 2
    return place


def label_at(engine: Engine, place: i64, message: Message, constants: bool) -> str | None:
    """The label of the entry at a place of the engine's tape, as `Node.words`."""
    return label_of(engine, place, None, message, constants, None)


def label_of(
    engine: Engine,
    place: i64,
    value: Any,
    message: Message,
    constants: bool,
    seen: TapeValues | None,
) -> str | None:
    """The same of an entry with this value (None: as on the tape), in a message seen already."""
    first = engine.tape[place]
    marks, row = first >> MARKS_AT & 0xFF, first & FIELD_MASK
    if marks & BY_HOOK:
        return hook_node(engine, place).words(constants)
    tables = engine.tables
    at = row * COLUMNS
    if marks & INDEXED and tables.rows[at + LABEL]:
        return tables.labels[tables.rows[at + LABEL]]
    if marks & (UNKNOWN | UNNAMED) or tables.form[first >> SHOWN_AT & 0xFF] != INTEGER:
        return None
    enum, hint = tables.rows[at + ENUM], tables.rows[at + HINT]
    labelled = tables.rows[at + MARKS] & LABELLED
    if enum == 0 and hint == NO_HINT and not labelled:
        return None
    if value is None:
        value = value_at(engine, place, message)
    if labelled:
        values = TapeValues(engine, message) if seen is None else seen
        told = label_by_code(tables.fields[row], value, message, values)
        if told is not None:
            return told or None
    named = tables.enums[enum].label(value, constants) if enum else None
    return hinted(int(hint), value, message, constants) if named is None else named


class TapeValues:
    """The values of one message by name: top-level attributes, header members, dotted paths.

    It looks at the tape that `engine` has of the message, and holds as long.
    """

    def __init__(self, engine: Engine, message: Message) -> None:
        self.message = message
        self._engine = engine
        self._names = names_in(engine.tables, message.operation)
        self._hook_places: dict[str, int] | None = None
        if len(engine.hook_nodes) > 0:
            self._hook_places = self._named_by_hooks()
        engine.index()

    def _named_by_hooks(self) -> dict[str, int]:
        """Where nodes lie, at the top or in headers, of which hooks said something."""
        engine = self._engine
        attributes: dict[str, int] = {}
        members: dict[str, int] = {}
        tops = engine.inside(-2)
        for place, names in [(top, attributes) for top in tops] + [
            (member, members) for top in tops if engine.heads(top) for member in engine.inside(top)
        ]:
            if engine.tape[place] >> MARKS_AT & BY_HOOK:
                node = hook_node(engine, place)
                for name in names_of(node.field):
                    names.setdefault(name, place)
        return members | attributes

    def place(self, path: str) -> i64:
        """Where the first node at a path lies on the tape, -1 for nowhere."""
        return self._place(self._names.get(path), path)

    def _place(self, name: Name, path: str) -> i64:
        """The same by what the path means."""
        engine = self._engine
        if name.path is not None:
            return self._along(name, name.path)
        if name.attribute:
            found = self._attribute(name)
            if found >= 0:
                return found
        if self._hook_places is not None:
            told = self._hook_places.get(plainly(path))
            if told is not None:
                return told
        return engine.place_of(name.member) if name.member else -1

    def _attribute(self, name: Name) -> i64:
        """Where the top-level attribute lies that a name means or begins with, -1 for nowhere."""
        found = self._engine.place_of(name.attribute)
        if found < 0 and name.other:
            found = self._engine.place_of(name.other)
        if found < 0:
            for form in name.forms:
                found = self._engine.place_of(form)
                if found >= 0:
                    break
        return found

    def _along(self, name: Name, path: Path) -> i64:
        """Where the first node at a dotted path lies; looks only where it begins, if it can."""
        engine, rest = self._engine, name.rest
        if rest is None or engine.repeats or self._hook_places is not None:
            return path.first(engine, -2)
        found = self._attribute(name)
        return -1 if found < 0 else rest.first(engine, found)

    def has(self, path: str) -> bool:
        """Whether it is there."""
        return self.place(path) >= 0

    def value(self, path: str) -> Any:
        """Its value, None when it is not there or has no size that a number can have."""
        place = self.place(path)
        if place < 0:
            return None
        return self._value(place)

    def beside(self, path: str) -> Any:
        """The same for labels of other values, which say nothing of this one."""
        place = self.place(path)
        return None if place < 0 else self._value(place)

    def _value(self, place: i64) -> Any:
        engine = self._engine
        value = value_at(engine, place, self.message)
        if isinstance(value, bytes):
            row = engine.tape[place] & FIELD_MASK
            if engine.tables.rows[row * COLUMNS + WIDTH] > 0:
                return None
        return value


def label_by_code(
    field: model.Field, value: Any, message: Message, seen: TapeValues | None
) -> str | None:
    """What the code beside the dissector makes of a value; None where it does not know better."""
    labeller = field.labeller
    if labeller is None or not isinstance(value, int):
        return None
    return labelled(labeller, value, message, message.get if seen is None else seen.beside)
