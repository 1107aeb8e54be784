"""TableRows of the table `attributes`, from the engine's tape without a node or an object a row."""

from __future__ import annotations

import json
from typing import Any, Final, final

from librt.vecs import vec
from mypy_extensions import i64, u8

from ..engine.lookup import echo_end, hook_node
from ..engine.message import Message
from ..engine.payloads import text_value
from ..engine.walk import (
    BY_HOOK,
    DEPTH_AT,
    DEPTH_MASK,
    FIELD_MASK,
    FOLDED,
    INDEX_AT,
    INDEXED,
    IS_ATTRIBUTE,
    MARKS_AT,
    SHOWN_AT,
    UNKNOWN,
    Engine,
)
from ..render.value_writer import NumberWriter, write_address
from ..spec.tables import (
    ARRAY,
    COLUMNS,
    ELEMENT,
    INTEGER,
    LABEL,
    OCTETS,
    PRESENT,
    SHOWN,
    SHOWN_BY_HOOK,
    SIGNED,
    SIZE,
    STRUCT,
    STRUCT_COLUMNS,
    TEXT_UP_TO_NUL,
    Tables,
)
from . import schemas
from .columns import NOTHING, Chosen, CodeCache, Coded, Column, Numbers, Runs, Texts, Words, plain
from .field_rows import LIMIT, FieldRows

# What a value is
_NONE: Final = 0
_INT: Final = 1
_UINT: Final = 2
_FLOAT: Final = 3
_BOOL: Final = 4
_STRING: Final = 5
_BYTES: Final = 6
_JSON: Final = 7

_DEPTHS: Final = 260
_INDEX_MASK: Final = 0xFFFFF
_WORDS: Final = 1 << 16  # labels that are kept


@final
class AttributeRows:
    """The rows that wait to be written; `columns` by their names.

    They have the number of the field, and for who keeps `fields` with them what it says.
    """

    def __init__(self, capture: Words, host: Words, fields: FieldRows, keeps: bool) -> None:
        self.table = schemas.ATTRIBUTES
        self.count: i64 = 0
        self._fields = fields
        self._keeps = keeps
        self._capture, self._host, self._message = Runs(), Runs(), Runs()
        self._index, self._field = Numbers(), Numbers()
        self._offset, self._length = Numbers(), Numbers()
        self._tag, self._value = Numbers(), Numbers()
        self._label = Words()
        self._strings, self._octets = Texts(), Texts()
        self._floats: list[Any] = []
        self._jsons: list[Any] = []
        self._labels = CodeCache()  # labels by row and number
        self._heads = vec[i64]([-1] * _DEPTHS)  # numbers of fields by depth
        self._tables: Tables | None = None
        self._words: NumberWriter | None = None
        tags, values = self._tag, self._value
        self.columns: dict[str, Column] = {
            "capture": Coded(self._capture, capture.values),
            schemas.HOST: Coded(self._host, host.values),
            "message": self._message,
            "index": self._index,
            schemas.FIELD: self._field,
            **{name: Coded(self._field, fields.lists[name]) for name in schemas.OF_FIELD},
            "offset": self._offset,
            "length": self._length,
            "value_int": Chosen(tags, _INT, values),
            "value_uint": Chosen(tags, _UINT, values),
            "value_float": Chosen(tags, _FLOAT, values, self._floats),
            "value_bool": Chosen(tags, _BOOL, values),
            "value_string": Chosen(tags, _STRING, values, self._strings),
            "value_bytes": Chosen(tags, _BYTES, values, self._octets),
            "value_json": Chosen(tags, _JSON, values, self._jsons),
            "label": self._label.told,
        }

    @property
    def size(self) -> int:
        """Bytes of the texts that wait."""
        return len(self._strings.data) + len(self._octets.data)

    def begin(self, forgets: bool) -> None:
        """The rows are written, others come; `forgets`: words need not keep their codes."""
        self.count = 0
        self._floats.clear()
        self._jsons.clear()
        if forgets and len(self._label.values) > _WORDS:
            self._label.forget()
            self._labels.clear()
        if forgets and self._keeps and self._fields.count > LIMIT:
            self._fields.restart()

    def add(self, engine: Engine, message: Message, capture: i64, host: i64) -> None:
        """Adds the nodes of a message, whose folded walk is on the engine's tape."""
        if engine.size == 0:
            return
        tables = engine.tables
        words = self._words
        if words is None or tables is not self._tables:
            words = self._words = NumberWriter(tables, True, False, b"", b"")
            self._tables = tables
            self._labels.clear()
            self._fields.near.clear()
        words.begin()
        before = self.count
        self._walk(engine, message, words)
        made = self.count - before
        self._capture.put(capture, made)
        self._host.put(host, made)
        self._message.put(message.number, made)

    def _walk(self, engine: Engine, message: Message, words: NumberWriter) -> None:
        tape, size, forms, heads = engine.tape, engine.size, engine.tables.form, self._heads
        echo, after_echo = engine.echo, echo_end(engine)
        owner = message  # the echoed request inside of it
        first_row = self.count
        place: i64 = 0
        while place < size:
            first, second = tape[place], tape[place + 1]
            if place == after_echo:
                owner = message
            depth = first >> DEPTH_AT & DEPTH_MASK
            marks = first >> MARKS_AT & 0xFF
            row = first & FIELD_MASK
            above: i64 = heads[depth - 1] if depth > 0 else -1
            if marks & BY_HOOK:
                head = self._hooked(engine, place, above)
            else:
                head = self._field_of(engine.tables, above, first)
            heads[depth] = head
            offset, end = second & 0xFFFFFFFF, second >> 32
            start = offset + 4 if marks & IS_ATTRIBUTE else offset
            self._place(self.count - first_row, head, offset, end - offset)
            form = forms[first >> SHOWN_AT & 0xFF]
            if form == INTEGER:
                self._number(engine, owner, words, row, start, end, marks)
            else:
                self._other(engine, place, form, start, end)
                self._indexed(engine.tables, row, marks, place, engine)
            if marks & FOLDED and start < end:
                self._folded(engine, message, words, row, start, end, depth + 1, first_row)
            if place == echo and message.inner is not None:
                owner = message.inner
            place += 2

    def _place(self, index: i64, field: i64, offset: i64, length: i64) -> None:
        """The columns that do not depend on the value."""
        self.count += 1
        self._index.put(index)
        self._field.put(field)
        self._offset.put(offset)
        self._length.put(length)

    def _put(self, tag: i64, value: i64) -> None:
        self._tag.put(tag)
        self._value.put(value)

    # -- fields --------------------------------------------------------------------------

    def _field_of(self, tables: Tables, above: i64, first: i64) -> i64:
        """The number of the field of an entry, below that of another one."""
        marks = first >> MARKS_AT & (UNKNOWN | INDEXED | IS_ATTRIBUTE)
        what = first & 0xFFFFFFF | marks << 28
        index: i64 = first >> INDEX_AT & _INDEX_MASK if marks & (UNKNOWN | INDEXED) else 0
        key = (above + 1) << 20 | index
        fields = self._fields
        found = fields.near.find(key, what)
        if found >= 0:
            return found
        field = tables.fields[first & FIELD_MASK]
        name, constant, number = field.name, field.constant, field.number
        if marks & UNKNOWN:
            name, constant, number = f"attr {index}", None, int(index)
        elif marks & INDEXED:
            name, constant = str(index), None
            number = int(index) if marks & IS_ATTRIBUTE else -1
        kind = tables.shown[first >> SHOWN_AT & 0xFF]
        made = fields.number(above, name, constant, number, kind, field.guess)
        return fields.near.keep(key, what, made)

    def _hooked(self, engine: Engine, place: i64, above: i64) -> i64:
        node = hook_node(engine, place)
        kind = engine.tables.shown[engine.tape[place] >> SHOWN_AT & 0xFF]
        number = -1 if node.type is None else node.type
        return self._fields.number(above, node.name, node.constant, number, kind, node.guess)

    # -- values --------------------------------------------------------------------------

    def _number(
        self,
        engine: Engine,
        message: Message,
        words: NumberWriter,
        row: i64,
        start: i64,
        end: i64,
        marks: i64,
    ) -> None:
        """A number and its label."""
        value = engine.number(row, start, end, marks)
        tables = engine.tables
        unsigned = value < 0 and tables.rows[row * COLUMNS + SIGNED] == 0
        self._put(_UINT if unsigned else _INT, value)
        codes = self._label.codes
        if marks & INDEXED and tables.rows[row * COLUMNS + LABEL] != 0:
            codes.put(self._label.code(tables.labels[tables.rows[row * COLUMNS + LABEL]]))
        elif not words.labels(row, marks):
            codes.put(NOTHING)
        elif words.by_value(row):
            code = self._labels.find(row, value)
            if code < 0:
                told = words.label_of(engine, message, row, value)
                code = self._labels.keep(row, value, 0 if not told else self._label.code(told) + 1)
            codes.put(code - 1 if code > 0 else NOTHING)
        else:
            told = words.label_of(engine, message, row, value)
            codes.put(self._label.code(told) if told else NOTHING)

    def _indexed(self, tables: Tables, row: i64, marks: i64, place: i64, engine: Engine) -> None:
        """The label of what is no number."""
        if marks & INDEXED and tables.rows[row * COLUMNS + LABEL] != 0:
            self._label.put(tables.labels[tables.rows[row * COLUMNS + LABEL]])
            return
        if tables.form[engine.tape[place] >> SHOWN_AT & 0xFF] == SHOWN_BY_HOOK:
            self._label.put(hook_node(engine, place).label or None)
            return
        self._label.codes.put(NOTHING)

    def _other(self, engine: Engine, place: i64, form: i64, start: i64, end: i64) -> None:
        """A value that is no number; an array's are rows of their own."""
        if form == PRESENT:
            self._put(_BOOL, 1)
        elif form == TEXT_UP_TO_NUL:
            self._text(engine.data, start, end)
        elif form == OCTETS:
            self._octets.data.write(engine.data[start:end])
            self._put(_BYTES, self._octets.end())
        elif form == SHOWN_BY_HOOK:
            self._python(hook_node(engine, place).value)
        elif form == ARRAY or form == 1:
            self._put(_NONE, 0)
        else:
            write_address(self._strings.data, form, engine.data, start, end)
            self._put(_STRING, self._strings.end())

    def _text(self, data: bytes, start: i64, end: i64) -> None:
        """A text up to its NUL."""
        out = self._strings.data
        size = len(out)
        for i in range(start, end):
            byte = i64(data[i])
            if byte == 0:
                break
            if byte > 126:
                out.truncate(size)
                out.write(str(text_value(TEXT_UP_TO_NUL, data[start:end])).encode())
                break
            out.append(u8(byte))
        self._put(_STRING, self._strings.end())

    def _python(self, value: Any) -> None:
        """What a hook gave."""
        if value is None:
            self._put(_NONE, 0)
        elif isinstance(value, bool):
            self._put(_BOOL, int(value))
        elif isinstance(value, int) and -(1 << 63) <= value < 1 << 64:
            wide = value >= 1 << 63
            self._put(_UINT if wide else _INT, value - (1 << 64) if wide else value)
        elif isinstance(value, float):
            self._floats.append(value)
            self._put(_FLOAT, len(self._floats) - 1)
        elif isinstance(value, bytes):
            self._octets.data.write(value)
            self._put(_BYTES, self._octets.end())
        elif isinstance(value, (list, int)):
            self._jsons.append(json.dumps(_jsonable(value)))
            self._put(_JSON, len(self._jsons) - 1)
        else:
            self._strings.data.write(plain(str(value)).encode())
            self._put(_STRING, self._strings.end())

    def _folded(
        self,
        engine: Engine,
        message: Message,
        words: NumberWriter,
        row: i64,
        start: i64,
        end: i64,
        depth: i64,
        first_row: i64,
    ) -> None:
        """The plain numbers inside a folded entry."""
        tables = engine.tables
        rows = tables.rows
        above = self._heads[depth - 1]
        element = rows[row * COLUMNS + ELEMENT]
        member = tables.structs[rows[row * COLUMNS + STRUCT] * STRUCT_COLUMNS]
        index: i64 = 0
        while start < end:
            if element != 0:
                member = element
                entry = element | INDEXED << MARKS_AT | index << INDEX_AT
                index += 1
            else:
                entry = member
            entry |= rows[member * COLUMNS + SHOWN] << SHOWN_AT
            size = rows[member * COLUMNS + SIZE]
            head = self._field_of(tables, above, entry)
            self._place(self.count - first_row, head, start, size)
            self._number(engine, message, words, member, start, start + size, 0)
            start += size
            member += 1


def _jsonable(value: Any) -> Any:
    """A hook's value as the JSON has it."""
    if isinstance(value, list):
        return [_jsonable(one) for one in value]
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
