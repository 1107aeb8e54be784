"""One JSON object per message; docs/json.md is the contract, docs/json.schema.json its form.

The nodes are written from the engine's tape, with parts that are ready-made per field.
Members that are null, false, empty or 0 for "none" are left out.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii
from typing import Any, Final, final

from librt.strings import BytesWriter
from librt.vecs import append, vec
from mypy_extensions import i64

from .. import labels, wire
from ..digits import DIGITS
from ..engine import (
    DEPTH_AT,
    DEPTH_MASK,
    DIAGNOSED,
    FIELD_MASK,
    FOLDED,
    GIVEN,
    INDEX_AT,
    INDEXED,
    IS_ATTRIBUTE,
    MARKS_AT,
    SHOWN_AT,
    UNKNOWN,
    UNNAMED,
    Engine,
)
from ..summary import operation_constant, operation_name
from ..tables import (
    ARRAY,
    COLONS,
    COLONS_6,
    COLONS_20,
    COLUMNS,
    DOTTED,
    ELEMENT,
    ENUM,
    GROUPS,
    HINT,
    INTEGER,
    LABEL,
    LABELLED,
    MARKS,
    NOTHING,
    OCTETS,
    PRESENT,
    SHOWN,
    SIGNED,
    SIZE,
    STRUCT,
    STRUCT_COLUMNS,
    TEXT_UP_TO_NUL,
    TOLD,
    Tables,
)
from ..transaction import ROLE_ANSWER, ROLE_COPY, ROLE_REQUEST, Link
from ..tree import Context, Diagnosis, Message, given, text_value
from . import Renderer, facts, pairs
from .times import write_rfc3339
from .words import Words, json_text

quote: Final = encode_basestring_ascii

# Headers whose meaning is kept as it is written.
_KEPT: Final = 4096
# Offsets under this are written with the length in one piece.
_NEAR: Final = 1024
_DEPTH_BITS: Final = DEPTH_MASK << DEPTH_AT
_QUOTE: Final = 34
_BACKSLASH: Final = 92
_COMMA: Final = 44
_CLOSE: Final = 125  # }


@final
class JsonNodes:
    """Writes the nodes on a tape as JSON."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._words = Words(tables, True, False)
        self._digits = DIGITS
        # By row: the members that all nodes of a field have, up to the offset's number.
        self._heads = vec[bytes]([])
        self._odd_heads: dict[int, bytes] = {}
        # By offset and length: these two members and the name of the value, for numbers.
        self._places = vec[bytes]([b""] * (_NEAR * 16))

    def write(self, out: BytesWriter, engine: Engine, message: Message) -> None:
        """The nodes as the elements of a list, without its brackets."""
        tape, size, tables, digits = engine.tape, engine.size, self._tables, self._digits
        rows, forms = tables.rows, tables.form
        heads, places = self._heads, self._places
        echo = engine.echo
        echo_depth: i64 = -1  # inside the echoed request
        inner = message
        place: i64 = 0
        while place < size:
            first, second = tape[place], tape[place + 1]
            depth = first >> DEPTH_AT & DEPTH_MASK
            if depth <= echo_depth:
                inner, echo_depth = message, -1
            marks = first >> MARKS_AT & 0xFF
            row, shown = first & FIELD_MASK, first >> SHOWN_AT & 0xFF
            after = tape[place + 2] >> DEPTH_AT & DEPTH_MASK if place + 2 < size else 0
            if marks & (GIVEN | UNKNOWN | INDEXED):
                self._odd_head(out, engine, place)
            elif shown == rows[row * COLUMNS + SHOWN]:
                if row >= i64(len(heads)):
                    heads = self._grown()
                head = heads[row]
                if len(head) == 0:
                    head = heads[row] = self._head(row, shown)
                out.write(head)
            else:
                out.write(self._other_head(row, shown))
            offset, end = second & 0xFFFFFFFF, second >> 32
            form = forms[shown]
            start = offset + 4 if marks & IS_ATTRIBUTE else offset
            if form == INTEGER:
                at = row * COLUMNS
                value = engine.number(row, start, end, marks)
                if offset < _NEAR and end - offset < 16:
                    between = places[offset << 4 | end - offset]
                    if len(between) == 0:
                        between = self._place(offset, end - offset)
                    out.write(between)
                else:
                    self._where(out, offset, end)
                    out.write(b',"value":')
                if 0 <= value < 1000:
                    out.write(digits.small[value])
                elif rows[at + SIGNED] != 0:
                    digits.signed(out, value)
                else:
                    digits.unsigned(out, value)
                labels_ = rows[at + ENUM] | rows[at + HINT] | rows[at + MARKS] & LABELLED
                if labels_ != 0 and marks & UNNAMED == 0:
                    self._label(out, self._words.of(row, value, inner, engine))
            elif form == TEXT_UP_TO_NUL:
                self._where(out, offset, end)
                out.write(b',"value":"')
                self._text(out, engine.data, start, end)
                out.append(_QUOTE)
            else:
                self._where(out, offset, end)
                if form != NOTHING:
                    self._value(out, engine, place, form, start, end)
            if marks & INDEXED and rows[row * COLUMNS + LABEL] != 0:
                self._label(out, self._words.text(tables.labels[rows[row * COLUMNS + LABEL]]))
            if marks & DIAGNOSED or marks & GIVEN:
                self._diagnosed(out, engine, place, offset, end)
            if place == echo and message.inner is not None:
                inner, echo_depth = message.inner, depth
            if marks & FOLDED:
                self._numbers(out, engine, place)
            place += 2
            if after > depth and place < size:
                out.write(b',"children":[')
                continue
            out.append(_CLOSE)
            while depth > after:
                out.write(b"]}")
                depth -= 1
            if place < size:
                out.append(_COMMA)

    def _place(self, offset: i64, length: i64) -> bytes:
        made = b'%d,"length":%d,"value":' % (int(offset), int(length))
        self._places[offset << 4 | length] = made
        return made

    def _where(self, out: BytesWriter, offset: i64, end: i64) -> None:
        """Offset and length."""
        self._digits.signed(out, offset)
        out.write(b',"length":')
        self._digits.signed(out, end - offset)

    # -- heads -----------------------------------------------------------------------

    def _grown(self) -> vec[bytes]:
        heads = self._heads
        while len(heads) < len(self._tables.fields):
            heads = append(heads, b"")
        self._heads = heads
        return heads

    def _head(self, row: i64, shown: i64) -> bytes:
        field = self._tables.fields[row]
        return _head(
            field.name, field.constant, field.number, self._tables.shown[shown], field.guess
        )

    def _other_head(self, row: i64, shown: i64) -> bytes:
        """That of a value which is not shown as its field says."""
        key = -int(row << 8 | shown)
        found = self._odd_heads.get(key)
        if found is None:
            found = self._odd_heads[key] = self._head(row, shown)
        return found

    def _odd_head(self, out: BytesWriter, engine: Engine, place: i64) -> None:
        """That of an unknown attribute, an entry of an array, or what a hook made."""
        first = engine.tape[place]
        marks, index = first >> MARKS_AT & 0xFF, int(first >> INDEX_AT)
        word = self._tables.shown[first >> SHOWN_AT & 0xFF]
        if marks & GIVEN:
            node = given(engine, place)
            number = -1 if node.type is None else node.type
            out.write(_head(node.name, node.constant, number, word, node.guess))
            return
        key = int(first & ~_DEPTH_BITS)  # all of it but the depth
        head = self._odd_heads.get(key)
        if head is None:
            if marks & UNKNOWN:
                head = _head(f"attr {index}", None, index, word, False)
            else:
                guess = self._tables.fields[first & FIELD_MASK].guess
                head = _head(str(index), None, index if marks & IS_ATTRIBUTE else -1, word, guess)
            if len(self._odd_heads) >= _KEPT:
                self._odd_heads.clear()
            self._odd_heads[key] = head
        out.write(head)

    # -- values -----------------------------------------------------------------------

    def _label(self, out: BytesWriter, label: bytes) -> None:
        if len(label) > 0:
            out.write(b',"label":"')
            out.write(label)
            out.append(_QUOTE)

    def _text(self, out: BytesWriter, data: bytes, start: i64, end: i64) -> None:
        """A text up to its NUL."""
        size = len(out)
        for i in range(start, end):
            byte = i64(data[i])
            if byte == 0:
                return
            if byte < 32 or byte > 126 or byte == _QUOTE or byte == _BACKSLASH:
                out.truncate(size)
                out.write(json_text(text_value(TEXT_UP_TO_NUL, data[start:end])))
                return
            out.append(byte)

    def _value(
        self, out: BytesWriter, engine: Engine, place: i64, form: i64, start: i64, end: i64
    ) -> None:
        """A value that is neither a number nor a text."""
        digits, data = self._digits, engine.data
        if form == ARRAY and not (engine.tape[place] >> MARKS_AT) & FOLDED:
            out.write(b',"value":[')
            self._elements(out, engine, place)
            out.write(b"]")
            return
        if form == ARRAY:
            self._folded_elements(out, engine, place, start, end)
            return
        if form == PRESENT:
            out.write(b',"value":true')
            return
        if form == TOLD:
            node = given(engine, place)
            if node.value is not None:
                out.write(b',"value":')
                out.write(_json_value(node.value))
            self._label(out, self._words.text(node.label))
            return
        out.write(b',"value":"')
        if form == OCTETS:
            digits.octets(out, data, start, end)
        elif form == DOTTED:
            digits.ipv4(out, data, start)
        elif form == GROUPS:
            digits.ipv6(out, data, start)
        elif form == COLONS or form == COLONS_6 or form == COLONS_20:
            stop = start + 6 if form == COLONS_6 else start + 20 if form == COLONS_20 else end
            digits.colons(out, data, start, stop)
        else:
            out.write(json_text(str(text_value(form, data[start:end]))))
        out.append(_QUOTE)

    def _elements(self, out: BytesWriter, engine: Engine, place: i64) -> None:
        """The values of an array's elements."""
        tape, rows, forms = engine.tape, self._tables.rows, self._tables.form
        depth = (tape[place] >> DEPTH_AT & DEPTH_MASK) + 1
        separated = False
        place += 2
        while place < engine.size and tape[place] >> DEPTH_AT & DEPTH_MASK >= depth:
            first, second = tape[place], tape[place + 1]
            place += 2
            if first >> DEPTH_AT & DEPTH_MASK > depth or not (first >> MARKS_AT) & INDEXED:
                continue
            if separated:
                out.append(_COMMA)
            separated = True
            row, start, end = first & FIELD_MASK, second & 0xFFFFFFFF, second >> 32
            form = forms[first >> SHOWN_AT & 0xFF]
            if form == INTEGER:
                value = engine.number(row, start, end, first >> MARKS_AT)
                if rows[row * COLUMNS + SIGNED] != 0:
                    self._digits.signed(out, value)
                else:
                    self._digits.unsigned(out, value)
            else:
                out.write(_json_value(text_value(form, engine.data[start:end])))

    def _folded_elements(
        self, out: BytesWriter, engine: Engine, place: i64, start: i64, end: i64
    ) -> None:
        """The values of a folded array."""
        rows = self._tables.rows
        row = rows[(engine.tape[place] & FIELD_MASK) * COLUMNS + ELEMENT]
        size = rows[row * COLUMNS + SIZE]
        out.write(b',"value":[')
        pos = start
        while pos < end:
            if pos > start:
                out.append(_COMMA)
            self._number(out, row, engine.number(row, pos, pos + size, 0))
            pos += size
        out.write(b"]")

    def _number(self, out: BytesWriter, row: i64, value: i64) -> None:
        digits = self._digits
        if 0 <= value < 1000:
            out.write(digits.small[value])
        elif self._tables.rows[row * COLUMNS + SIGNED] != 0:
            digits.signed(out, value)
        else:
            digits.unsigned(out, value)

    def _numbers(self, out: BytesWriter, engine: Engine, place: i64) -> None:
        """The plain numbers inside a folded entry, as its children."""
        rows, structs = self._tables.rows, self._tables.structs
        first, second = engine.tape[place], engine.tape[place + 1]
        at = (first & FIELD_MASK) * COLUMNS
        pos, end = second & 0xFFFFFFFF, second >> 32
        if first >> MARKS_AT & IS_ATTRIBUTE:
            pos += 4
        if pos == end:
            return
        element = rows[at + ELEMENT]
        row = element if element != 0 else structs[rows[at + STRUCT] * STRUCT_COLUMNS]
        index: i64 = 0
        heads, places = self._heads, self._places
        while i64(len(heads)) <= row + structs[rows[at + STRUCT] * STRUCT_COLUMNS + 1]:
            heads = self._grown()
        out.write(b',"children":[')
        while pos < end:
            if index > 0:
                out.append(_COMMA)
            if element != 0:
                out.write(self._element_head(element, index))
            else:
                head = heads[row]
                if len(head) == 0:
                    head = heads[row] = self._head(row, rows[row * COLUMNS + SHOWN])
                out.write(head)
            size = rows[row * COLUMNS + SIZE]
            if pos < _NEAR:
                between = places[pos << 4 | size]
                if len(between) == 0:
                    between = self._place(pos, size)
                out.write(between)
            else:
                self._where(out, pos, pos + size)
                out.write(b',"value":')
            self._number(out, row, engine.number(row, pos, pos + size, 0))
            out.append(_CLOSE)
            pos += size
            index += 1
            if element == 0:
                row += 1
        out.write(b"]")

    def _element_head(self, row: i64, index: i64) -> bytes:
        """That of an element of a folded array."""
        shown = self._tables.rows[row * COLUMNS + SHOWN]
        key = int(row | shown << SHOWN_AT | INDEXED << MARKS_AT | index << INDEX_AT)
        head = self._odd_heads.get(key)
        if head is None:
            field, word = self._tables.fields[row], self._tables.shown[shown]
            head = _head(str(int(index)), None, -1, word, field.guess)
            self._odd_heads[key] = head
        return head

    def _diagnosed(
        self, out: BytesWriter, engine: Engine, place: i64, offset: i64, end: i64
    ) -> None:
        found = [
            Diagnosis(f.code, f.severity, f.text, int(offset), int(end - offset))
            for f in engine.findings if f.place == place
        ]  # fmt: skip
        if found:
            out.write(b',"diagnoses":')
            out.write(_diagnoses(found))


def _head(name: str, constant: str | None, number: int, kind: str, guess: bool) -> bytes:
    parts = [f'{{"name":{quote(name)}']
    if constant is not None:
        parts.append(f'"constant":{quote(constant)}')
    if number >= 0:
        parts.append(f'"type":{number}')
    parts.append(f'"kind":{quote(kind)}')
    if guess:
        parts.append('"guess":true')
    parts.append('"offset":')
    return ",".join(parts).encode("ascii")


def _json_value(value: Any) -> bytes:
    """A decoded value as JSON; bytes as hexadecimal."""
    if isinstance(value, bytes):
        return f'"{value.hex()}"'.encode("ascii")
    if isinstance(value, list):
        return b"[" + b",".join([_json_value(one) for one in value]) + b"]"
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value).encode("ascii")
    return quote(str(value)).encode("ascii")


def _diagnoses(found: list[Diagnosis]) -> bytes:
    parts = [
        f'{{"code":{quote(d.code)},"severity":"{d.severity}","text":{quote(d.text)},'
        f'"offset":{d.offset},"length":{d.length}}}'
        for d in found
    ]
    return f"[{','.join(parts)}]".encode("ascii")


class JsonLines(Renderer):
    """One object a line (-T jsonl); several files: with the file's name in each."""

    def __init__(self) -> None:
        self._opening = b'{"record":'
        self._digits = DIGITS
        self._known: dict[int, _Known] = {}
        self._context: Context | None = None
        self._nodes: JsonNodes | None = None

    def file(self, path: str, last: int) -> str:
        self._opening = f'{{"file":{quote(path)},"record":'.encode("ascii")
        return ""

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        self.object(out, message, link)
        out.write(b"\n")

    def object(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """The message as one JSON object; without a link, nothing of pairing is known."""
        context = message.context
        nodes = self._nodes
        if nodes is None or context is not self._context:
            nodes = self._nodes = JsonNodes(context.tables)
            self._context = context
        engine = context.engine
        message.walk_onto(engine, True)
        self._record(out, message)
        self._identity(out, message)
        if link is not None:
            self._pairing(out, message, link)
        self._process(out, message, link)
        self._facts(out, message, link, engine)
        if len(engine.findings) > 0 or message.odd:
            out.write(b',"diagnoses":')
            out.write(_diagnoses(message.found(engine)))
        if engine.size > 0:
            out.write(b',"attributes":[')
            nodes.write(out, engine, message)
            out.write(b"]")
        out.write(b"}")

    def _record(self, out: BytesWriter, message: Message) -> None:
        """Where it is from."""
        record = message.record
        assert record is not None
        digits = self._digits
        out.write(self._opening)
        digits.signed(out, record.number)
        out.write(b',"message":')
        digits.signed(out, message.number)
        size = len(out)
        out.write(b',"time":"')
        if write_rfc3339(out, digits, record):
            out.append(_QUOTE)
        else:
            out.truncate(size)
        if record.options is not None:
            if record.comments:
                comments = ",".join([quote(text) for text in record.comments])
                out.write(f',"comments":[{comments}]'.encode("ascii"))
            if record.lost and not message.offset:
                out.write(f',"lost":{record.lost}'.encode("ascii"))

    def _identity(self, out: BytesWriter, message: Message) -> None:
        """What it is, by its header; the same for all with this header but their port."""
        key = int(message.type << 16 | message.flags) << 8 | int(message.protocol & 0xFF)
        known = self._known.get(key)
        operation, family = message.operation, message.family
        if (
            known is None or known.operation is not operation or known.family != family
            or known.command != message.command or known.protocol != message.protocol
            or message.type == wire.NLMSG_ERROR
        ):  # fmt: skip
            known = _Known(message)
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[key] = known
        out.write(known.text)
        if message.netlink:
            digits = self._digits
            out.write(b',"sequence":')
            digits.signed(out, message.seq)
            out.write(b',"port":')
            digits.signed(out, message.port)

    def _pairing(self, out: BytesWriter, message: Message, link: Link) -> None:
        """What pairing found."""
        digits = self._digits
        found, role = link.transaction, link.role_code
        if role == ROLE_ANSWER and link.of:
            out.write(b',"answers":')
            digits.signed(out, link.of)
        elif role == ROLE_REQUEST:
            ended = pairs.answered_by(link)
            if ended:
                out.write(b',"answered_by":')
                digits.signed(out, ended)
        if found is not None:
            out.write(b',"transaction":')
            digits.signed(out, found.id)
        passed = pairs.latency(message, link)
        if passed is not None:
            out.write(b',"latency":')
            out.write(b"%d" % passed)
        if pairs.doubtful(link):
            out.write(b',"confidence":"')
            out.write(link.confidence.encode("ascii"))
            out.append(_QUOTE)
        if link.listeners:
            out.write(b',"listeners":')
            digits.signed(out, link.listeners)
        if role == ROLE_COPY and link.of:
            out.write(b',"copy_of":')
            digits.signed(out, link.of)
        group = pairs.group(message, link)
        if group is not None:
            out.write(b',"group":"')
            out.write(json_text(group))
            out.append(_QUOTE)

    def _process(self, out: BytesWriter, message: Message, link: Link | None) -> None:
        """Whose socket it was."""
        found = pairs.process(message, link)
        if found is None:
            return
        inside: list[str] = []
        if found.pid is not None:
            inside.append(f'"pid":{found.pid}')
        if found.name is not None:
            inside.append(f'"name":{quote(found.name)}')
        if found.command is not None:
            inside.append(f'"command":{quote(found.command)}')
        if found.hint:
            inside.append('"hint":true')
        if found.inode:
            inside.append(f'"inode":{found.inode}')
        out.write(f',"process":{{{",".join(inside)}}}'.encode("ascii"))

    def _facts(
        self, out: BytesWriter, message: Message, link: Link | None, engine: Engine
    ) -> None:
        """Length, direction, summary, error."""
        out.write(b',"length":')
        self._digits.signed(out, message.length)
        to_kernel = message.to_kernel
        out.write(b',"direction":"to-kernel"' if to_kernel else b',"direction":"from-kernel"')
        summary = pairs.described(message, link, engine)
        if summary:
            out.write(b',"summary":"')
            out.write(json_text(summary))
            out.append(_QUOTE)
        if message.truncated:
            out.write(b',"truncated":true')
        if message.type < wire.NLMSG_MIN_TYPE:
            error = message.error
            if error is not None:
                out.write(b',"error":%d' % error)
                name = facts.error_name(message)
                if name is not None:
                    out.write(f',"error_name":{quote(name)}'.encode("ascii"))


@final
class _Known:
    """What the header of a message says of it, as it is written."""

    def __init__(self, message: Message) -> None:
        self.operation = message.operation
        self.family = message.family
        self.command: i64 = message.command
        self.protocol: i64 = message.protocol
        parts = [f',"protocol":{quote(facts.protocol(message))}']
        if message.family is not None:
            parts.append(f'"family":{quote(message.family)}')
        if message.spec is not None:
            parts.append(f'"dissector":{quote(message.spec.name)}')
        if message.netlink:
            name, constant = operation_name(message), operation_constant(message)
            if name is not None:
                parts.append(f'"operation":{quote(name)}')
            if constant is not None:
                parts.append(f'"constant":{quote(constant)}')
            parts.append(f'"type":{message.type},"flags":{message.flags}')
            flags = labels.flag_names(message)
            if flags:
                parts.append(f'"flag_names":[{",".join([quote(flag) for flag in flags])}]')
        self.text = ",".join(parts).encode("ascii")


class JsonArray(JsonLines):
    """All objects as one JSON array (-T json), an object a line."""

    def __init__(self) -> None:
        super().__init__()
        self.separator = b"\n"
        self.between = b",\n"

    def begin(self) -> str:
        return "["

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        out.write(self.separator)
        self.separator = self.between
        self.object(out, message, link)

    def end(self) -> str:
        return "\n]\n"


def to_json(message: Message) -> str:
    """One message as one object, with its link where it has one."""
    kept = message.context.kept
    lines = kept.get("json")
    if not isinstance(lines, JsonLines):
        lines = kept["json"] = JsonLines()
    out = BytesWriter()
    lines.object(out, message, message.link)
    return out.getvalue().decode("ascii")


def to_dict(message: Message) -> dict[str, Any]:
    """The same as Python objects."""
    found: dict[str, Any] = json.loads(to_json(message))
    return found
