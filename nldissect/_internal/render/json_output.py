"""One JSON object per message; docs/json.md is the contract, docs/json.schema.json its form.

The nodes are written from the engine's tape, with parts that are ready-made per field.
Members that are null, false, empty or 0 for "none" are left out.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii
from typing import Any, Final, final

from librt.strings import BytesWriter
from librt.vecs import vec
from mypy_extensions import i64, u8

from ..analysis import link_text, message_text
from ..engine import labels
from ..engine.findings import findings_at
from ..engine.frame import Context, Diagnosis
from ..engine.lookup import echo_end, hook_node
from ..engine.message import Message
from ..engine.payloads import text_value
from ..engine.summary import operation_constant, operation_name
from ..engine.walk import (
    BY_HOOK,
    DEPTH_AT,
    DEPTH_MASK,
    DIAGNOSED,
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
from ..pairing.codes import CONFIDENCES, ROLE_ANSWER, ROLE_COPY, ROLE_REQUEST
from ..pairing.paired import PairedMessage
from ..pairing.transaction import Link
from ..session.process import Process
from ..spec.tables import (
    ARRAY,
    COLUMNS,
    ELEMENT,
    INTEGER,
    NOTHING,
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
from ..wire import framing
from ..wire.digits import DIGITS
from ..wire.text import without_keys
from ..wire.times import write_rfc3339
from .description import write_described
from .renderer import Renderer
from .text_caches import RowHeads, TextCache
from .value_writer import NumberWriter, json_text, write_address

quote: Final = encode_basestring_ascii

# Headers whose meaning is kept as it is written.
_KEPT: Final = 4096
# Offsets and lengths under this are written with what stands around them in one piece.
_NEAR: Final = 1024
# What an entry is, without where it lies.
_WHAT: Final = 0xFF00FFFFFFF
_QUOTE: Final = 34
_BACKSLASH: Final = 92
_COMMA: Final = 44
_CLOSE: Final = 125  # }


@final
class JsonNodeWriter:
    """Writes the nodes on a tape as JSON."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._words = NumberWriter(tables, True, False, b',"label":"', b'"')
        self._digits = DIGITS
        self._heads = RowHeads()  # all up to the offset's number; the version is SHOWN
        self._odd_heads = TextCache()
        # By offset and length: these two members and the name of the value, for numbers.
        self._places = vec[bytes]([b""] * (_NEAR * 16))
        self._offsets = vec[bytes]([b'%d,"length":' % i for i in range(_NEAR)])

    def write(self, out: BytesWriter, engine: Engine, message: Message) -> None:
        """The nodes as the elements of a list, without its brackets."""
        tape, size, forms = engine.tape, engine.size, self._tables.form
        words, heads = self._words, self._heads
        words.begin()
        heads.reserve(i64(len(self._tables.fields)))
        texts, keys = heads.texts, heads.keys
        echo, after_echo = engine.echo, echo_end(engine)
        owner = message  # the echoed request inside of it
        place: i64 = 0
        while place < size:
            first, second = tape[place], tape[place + 1]
            depth = first >> DEPTH_AT & DEPTH_MASK
            if place == after_echo:
                owner = message
            marks = first >> MARKS_AT & 0xFF
            row, shown = first & FIELD_MASK, first >> SHOWN_AT & 0xFF
            if marks & (BY_HOOK | UNKNOWN | INDEXED):
                out.write(self._odd_head(engine, place, first))
            else:
                at = row << 2 | shown & 3
                if keys[at] != shown:
                    self._head(row, shown)
                out.write(texts[at])
            offset, end = second & 0xFFFFFFFF, second >> 32
            form = forms[shown]
            start = offset + 4 if marks & IS_ATTRIBUTE else offset
            if form == INTEGER:
                self._number_place(out, offset, end - offset)
                words.number(out, engine, owner, row, start, end, marks)
            else:
                self._where(out, offset, end)
                if form != NOTHING:
                    self._value(out, engine, message, place, form, start, end)
            if marks & (INDEXED | DIAGNOSED | BY_HOOK | FOLDED):
                self._marked(out, engine, message, place)
            if place == echo and message.inner is not None:
                owner = message.inner
            place += 2
            after: i64 = tape[place] >> DEPTH_AT & DEPTH_MASK if place < size else 0
            if after > depth:
                out.write(b',"children":[')
                continue
            out.append(_CLOSE)
            while depth > after:
                out.write(b"]}")
                depth -= 1
            if place < size:
                out.append(_COMMA)

    def _marked(self, out: BytesWriter, engine: Engine, message: Message, place: i64) -> None:
        """What the marks of an entry add to its value: label, diagnoses, folded numbers."""
        first, second = engine.tape[place], engine.tape[place + 1]
        marks, row = first >> MARKS_AT & 0xFF, first & FIELD_MASK
        offset, end = second & 0xFFFFFFFF, second >> 32
        start = offset + 4 if marks & IS_ATTRIBUTE else offset
        if marks & INDEXED:
            self._words.index_label(out, row)
        if marks & (DIAGNOSED | BY_HOOK):
            self._diagnosed(out, engine, place, offset, end)
        if marks & FOLDED and start < end:
            self._folded(out, engine, message, row, start, end)

    def _number_place(self, out: BytesWriter, offset: i64, length: i64) -> None:
        """Offset and length of a number, and the name of its value."""
        if offset >= _NEAR or length >= 16:
            self._where(out, offset, offset + length)
            out.write(b',"value":')
            return
        at = offset << 4 | length
        if len(self._places[at]) == 0:
            self._places[at] = b'%d,"length":%d,"value":' % (int(offset), int(length))
        out.write(self._places[at])

    def _where(self, out: BytesWriter, offset: i64, end: i64) -> None:
        """Offset and length."""
        if offset < _NEAR:
            out.write(self._offsets[offset])
        else:
            self._digits.signed(out, offset)
            out.write(b',"length":')
        self._digits.signed(out, end - offset)

    # -- heads -----------------------------------------------------------------------

    def _head(self, row: i64, shown: i64) -> None:
        """Makes what stands before the offset of a row's values."""
        field = self._tables.fields[row]
        text = _head(
            field.name, field.constant, field.number, self._tables.shown[shown], field.guess
        )
        self._heads.keep(row << 2 | shown & 3, shown, text)

    def _odd_head(self, engine: Engine, place: i64, first: i64) -> bytes:
        """That of an unknown attribute, an entry of an array, or what a hook made."""
        if first >> MARKS_AT & BY_HOOK:
            node, word = hook_node(engine, place), self._tables.shown[first >> SHOWN_AT & 0xFF]
            number = -1 if node.type is None else node.type
            return _head(node.name, node.constant, number, word, node.guess)
        index, what = first >> INDEX_AT, first & _WHAT
        found = self._odd_heads.find(what, index)
        return found if len(found) > 0 else self._odd_heads.keep(what, index, self._made(first))

    def _made(self, first: i64) -> bytes:
        """That of an unknown attribute or an entry of an array, by its number on the tape."""
        marks, index = first >> MARKS_AT & 0xFF, int(first >> INDEX_AT)
        word = self._tables.shown[first >> SHOWN_AT & 0xFF]
        name = f"attr {index}" if marks & UNKNOWN else str(index)
        guess = self._tables.fields[first & FIELD_MASK].guess
        return _head(name, None, index if marks & IS_ATTRIBUTE else -1, word, guess)

    # -- values -----------------------------------------------------------------------

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
            out.append(u8(byte))

    def _value(
        self,
        out: BytesWriter,
        engine: Engine,
        message: Message,
        place: i64,
        form: i64,
        start: i64,
        end: i64,
    ) -> None:
        """A value that is no number."""
        if form == ARRAY and not (engine.tape[place] >> MARKS_AT) & FOLDED:
            out.write(b',"value":[')
            self._elements(out, engine, place)
            out.write(b"]")
            return
        if form == ARRAY:
            self._folded_elements(out, engine, message, place, start, end)
            return
        if form == PRESENT:
            out.write(b',"value":true')
            return
        if form == SHOWN_BY_HOOK:
            node = hook_node(engine, place)
            if node.value is not None:
                out.write(b',"value":')
                out.write(_json_value(node.value))
            self._words.label(out, self._words.text(node.label))
            return
        out.write(b',"value":"')
        if form == TEXT_UP_TO_NUL:
            self._text(out, engine.data, start, end)
        elif form == OCTETS:
            self._digits.octets(out, engine.data, start, end)
        else:
            write_address(out, form, engine.data, start, end)
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
        self, out: BytesWriter, engine: Engine, message: Message, place: i64, start: i64, end: i64
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
            self._words.number(out, engine, message, row, pos, pos + size, 0)
            pos += size
        out.write(b"]")

    def _folded(
        self, out: BytesWriter, engine: Engine, message: Message, row: i64, start: i64, end: i64
    ) -> None:
        """The plain numbers inside a folded entry, as its children."""
        rows, words = self._tables.rows, self._words
        texts, keys = self._heads.texts, self._heads.keys
        element = rows[row * COLUMNS + ELEMENT]
        member = self._tables.structs[rows[row * COLUMNS + STRUCT] * STRUCT_COLUMNS]
        index: i64 = 0
        out.write(b',"children":[')
        while True:
            if element != 0:
                member = element
                entry = element | INDEXED << MARKS_AT | index << INDEX_AT
                entry |= rows[element * COLUMNS + SHOWN] << SHOWN_AT
                out.write(self._odd_head(engine, -1, entry))
                index += 1
            else:
                shown = rows[member * COLUMNS + SHOWN]
                at = member << 2 | shown & 3
                if keys[at] != shown:
                    self._head(member, shown)
                out.write(texts[at])
            size = rows[member * COLUMNS + SIZE]
            self._number_place(out, start, size)
            words.number(out, engine, message, member, start, start + size, 0)
            out.append(_CLOSE)
            start += size
            member += 1
            if start >= end:
                break
            out.append(_COMMA)
        out.write(b"]")

    def _diagnosed(
        self, out: BytesWriter, engine: Engine, place: i64, offset: i64, end: i64
    ) -> None:
        found = [
            Diagnosis(f.code, f.severity, f.text, int(offset), int(end - offset))
            for f in findings_at(engine.findings, place)
        ]
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


def _process(found: Process, redacts: bool) -> bytes:
    inside: list[str] = []
    if found.pid is not None:
        inside.append(f'"pid":{found.pid}')
    if found.name is not None:
        inside.append(f'"name":{quote(found.name)}')
    if found.command is not None:
        command = without_keys(found.command, hidden_key) if redacts else found.command
        inside.append(f'"command":{quote(command)}')
    if found.hint:
        inside.append('"hint":true')
    if found.inode:
        inside.append(f'"inode":{found.inode}')
    return f',"process":{{{",".join(inside)}}}'.encode("ascii")


def hidden_key(key: str) -> str:
    """What is shown of a key in a command line."""
    return f"<redacted {len(key)} characters>"


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


class JsonLinesRenderer(Renderer):
    """One object a line (-T jsonl); several files: with the file's name in each."""

    def __init__(self) -> None:
        self._opening = b'{"record":'
        self._digits = DIGITS
        self._known: dict[int, JsonHeader] = {}
        self._confidences = [f',"confidence":"{word}"'.encode("ascii") for word in CONFIDENCES]
        self._process_last: Process | None = None
        self._process_text = b""
        self._context: Context | None = None
        self._nodes: JsonNodeWriter | None = None

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        """Every object from here on begins with the name of the file."""
        self._opening = f'{{"file":{quote(path)},"record":'.encode("ascii")
        return ""

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """The object and a line end."""
        self.object(out, message, link)
        out.write(b"\n")

    def object(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """The message as one JSON object; without a link, nothing of pairing is known."""
        context = message.context
        nodes = self._nodes
        if nodes is None or context is not self._context:
            nodes = self._nodes = JsonNodeWriter(context.tables)
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
            known is None
            or known.operation is not operation
            or known.family != family
            or known.command != message.command
            or known.protocol != message.protocol
            or message.type == framing.NLMSG_ERROR
        ):
            known = JsonHeader(message)
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
            ended = link_text.answered_by(link)
            if ended:
                out.write(b',"answered_by":')
                digits.signed(out, ended)
        if found is not None:
            out.write(b',"transaction":')
            digits.signed(out, found.id)
        passed = link_text.latency(message, link)
        if passed is not None:
            out.write(b',"latency":')
            out.write(b"%d" % passed)
        if link_text.has_confidence(link):
            out.write(self._confidences[link.confidence_code])
        if link.listeners:
            out.write(b',"listeners":')
            digits.signed(out, link.listeners)
        if role == ROLE_COPY and link.of:
            out.write(b',"copy_of":')
            digits.signed(out, link.of)
        group = link_text.group(message, link)
        if group is not None:
            out.write(b',"group":"')
            out.write(json_text(group))
            out.append(_QUOTE)

    def _process(self, out: BytesWriter, message: Message, link: Link | None) -> None:
        """Whose socket it was."""
        found = link_text.process(message, link)
        if found is None:
            return
        if found is not self._process_last:
            self._process_last = found
            self._process_text = _process(found, message.context.tables.redacts)
        out.write(self._process_text)

    def _facts(self, out: BytesWriter, message: Message, link: Link | None, engine: Engine) -> None:
        """Length, direction, summary, error."""
        out.write(b',"length":')
        self._digits.signed(out, message.length)
        to_kernel = message.to_kernel
        out.write(b',"direction":"to-kernel"' if to_kernel else b',"direction":"from-kernel"')
        out.write(b',"summary":"')
        size = len(out)
        if not write_described(out, message, link, engine):
            out.write(json_text(link_text.described(message, link, engine)))
        if len(out) > size:
            out.append(_QUOTE)
        else:
            out.truncate(size - len(b',"summary":"'))
        if message.truncated:
            out.write(b',"truncated":true')
        if message.type < framing.NLMSG_MIN_TYPE:
            error = message.error
            if error is not None:
                out.write(b',"error":%d' % error)
                name = message_text.error_name(message)
                if name is not None:
                    out.write(f',"error_name":{quote(name)}'.encode("ascii"))


@final
class JsonHeader:
    """What the header of a message says of it, as it is written."""

    def __init__(self, message: Message) -> None:
        self.operation = message.operation
        self.family = message.family
        self.command: i64 = message.command
        self.protocol: i64 = message.protocol
        parts = [f',"protocol":{quote(message_text.protocol(message))}']
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


class JsonArrayRenderer(JsonLinesRenderer):
    """All objects as one JSON array (-T json), an object a line."""

    def __init__(self) -> None:
        super().__init__()
        self.separator = b"\n"
        self.between = b",\n"

    def begin(self) -> str:
        """Opens the array."""
        return "["

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """The object, after a comma from the second on."""
        out.write(self.separator)
        self.separator = self.between
        self.object(out, message, link)

    def end(self) -> str:
        """Closes the array."""
        return "\n]\n"


def to_json(message: Message) -> str:
    """One message as one object, with its link where it has one."""
    kept = message.context.kept
    lines = kept.get("json")
    if not isinstance(lines, JsonLinesRenderer):
        lines = kept["json"] = JsonLinesRenderer()
    out = BytesWriter()
    lines.object(out, message, message.link if isinstance(message, PairedMessage) else None)
    return out.getvalue().decode("ascii")


def to_dict(message: Message) -> dict[str, Any]:
    """The same as Python objects."""
    found: dict[str, Any] = json.loads(to_json(message))
    return found
