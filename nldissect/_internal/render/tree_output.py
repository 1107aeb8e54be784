"""The tree (-V): every header and attribute of a message on a line of its own.

Name, value, label in parentheses, and in brackets what is wrong; what lies
inside is indented below. Names are C constants, or the spec's. The nodes are written from
the engine's tape.
"""

from __future__ import annotations

from typing import Final, final

from librt.strings import BytesWriter
from librt.vecs import vec
from mypy_extensions import i64, u8

from ..analysis import link_text
from ..engine import labels
from ..engine.findings import findings_at
from ..engine.frame import Context
from ..engine.lookup import echo_end, hook_node
from ..engine.message import Message
from ..engine.node import Node
from ..engine.payloads import text_value
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
from ..pairing.transaction import Link
from ..spec import model
from ..spec.tables import (
    ARRAY,
    COLONS,
    COLONS_6,
    COLONS_20,
    COLUMNS,
    DOTTED,
    ELEMENT,
    GENLMSGHDR,
    GROUPS,
    INTEGER,
    LABEL_STACK,
    NLMSGHDR,
    NOTHING,
    OCTETS,
    PRESENT,
    REDACTED,
    SHOWN_BY_HOOK,
    SIZE,
    STRUCT,
    STRUCT_COLUMNS,
    TEXT_UP_TO_NUL,
    UUID_TEXT,
    Tables,
)
from ..wire.digits import DIGITS
from ..wire.text import escaped, quoted, safe
from ..wire.times import write_rfc3339
from .list_output import ListRenderer
from .renderer import Renderer
from .style import Style
from .text_caches import RowHeads, TextCache
from .value_writer import NumberWriter, write_address

STEP: Final = b"    "
_QUOTE: Final = 34
_BACKSLASH: Final = 92
# Bytes that fit on the attribute's own line, and those that are shown of longer ones.
INLINE: Final = 24
MOST: Final = 64
_DEEPEST: Final = 80
# Labels that are kept as they are written.
_KEPT: Final = 4096
# What an entry is, without where it lies.
_WHAT: Final = 0xFF00FFFFFFF
_CAPPED: Final = b" bytes (%d shown)" % MOST
# What stands between name and value, by form
_BETWEEN: Final = {
    INTEGER: b": ", ARRAY: b": []", TEXT_UP_TO_NUL: b': "', OCTETS: b": ", COLONS: b": ",
    COLONS_6: b": ", COLONS_20: b": ", DOTTED: b": ", GROUPS: b": ", UUID_TEXT: b": ",
    LABEL_STACK: b": ", REDACTED: b": ",
}  # fmt: skip

# The C names (linux/netlink.h, genetlink.h) of the headers' members.
_HEADER_NAMES: Final[dict[str, str]] = {
    "length": "nlmsg_len", "type": "nlmsg_type", "flags": "nlmsg_flags",
    "sequence": "nlmsg_seq", "port": "nlmsg_pid", "command": "cmd",
}  # fmt: skip
_HEADER_FIELDS: Final = frozenset((*NLMSGHDR.members, *GENLMSGHDR.members))


@final
class TreeNodeWriter:
    """Writes the nodes on a tape as lines, one step in; without the last line's end."""

    def __init__(self, tables: Tables, style: Style, constants: bool, full: bool) -> None:
        self._tables = tables
        self._most: i64 = 1 << 62 if full else MOST
        self._style = style
        self._constants = constants
        before, after = b" (" + style.codes["label"].encode(), style.reset.encode() + b")"
        self._words = NumberWriter(tables, False, constants, before, after)
        self._digits = DIGITS
        self._starts = vec[bytes]([b"\n" + STEP * (i + 1) for i in range(_DEEPEST)])
        self._between = vec[bytes]([_BETWEEN.get(form, b"") for form in range(REDACTED + 1)])
        self._heads = RowHeads()  # all before a value; the version is `depth << 8 | form`
        self._odd_names = TextCache()

    def write(self, out: BytesWriter, engine: Engine, message: Message) -> None:
        """Each line begins with its line break, so that what is wrong can follow it."""
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
            row, form = first & FIELD_MASK, forms[first >> SHOWN_AT & 0xFF]
            if marks & (BY_HOOK | UNKNOWN | INDEXED):
                out.write(self._start(depth))
                out.write(self._odd_name(engine, place, first))
                out.write(self._between[form])
            else:
                at = row << 2 | depth & 3
                if keys[at] != depth << 8 | form:
                    self._head(row, depth, form)
                out.write(texts[at])
            offset, end = second & 0xFFFFFFFF, second >> 32
            start = offset + 4 if marks & IS_ATTRIBUTE else offset
            if form == INTEGER:
                words.number(out, engine, owner, row, start, end, marks)
                if marks & INDEXED:
                    words.index_label(out, row)
            elif form == TEXT_UP_TO_NUL:
                self._text(out, engine.data, start, end)
                out.append(_QUOTE)
            elif form == NOTHING:
                self._nest(out, engine, place, start == end)
            elif form != ARRAY:
                self._value(out, engine, place, form, start, end, depth)
                place += 2
                continue
            if marks & (DIAGNOSED | FOLDED):
                self._marked(out, engine, message, place)
            if place == echo and message.inner is not None:
                owner = message.inner
            place += 2

    def _marked(self, out: BytesWriter, engine: Engine, message: Message, place: i64) -> None:
        """What the marks of an entry add to its line: what is wrong, folded numbers."""
        first, second = engine.tape[place], engine.tape[place + 1]
        marks, depth = first >> MARKS_AT & 0xFF, first >> DEPTH_AT & DEPTH_MASK
        start, end = second & 0xFFFFFFFF, second >> 32
        if marks & IS_ATTRIBUTE:
            start += 4
        if marks & DIAGNOSED:
            self._diagnosed(out, engine, place)
        if marks & FOLDED:
            self._folded(out, engine, message, first & FIELD_MASK, start, end, depth + 1)

    def _folded(
        self,
        out: BytesWriter,
        engine: Engine,
        message: Message,
        row: i64,
        start: i64,
        end: i64,
        depth: i64,
    ) -> None:
        """The plain numbers inside a folded entry, a line each."""
        rows, words = self._tables.rows, self._words
        texts, keys = self._heads.texts, self._heads.keys
        element = rows[row * COLUMNS + ELEMENT]
        member = self._tables.structs[rows[row * COLUMNS + STRUCT] * STRUCT_COLUMNS]
        index: i64 = 0
        while start < end:
            if element != 0:
                member = element
                out.write(self._start(depth))
                entry = element | INDEXED << MARKS_AT | index << INDEX_AT
                out.write(self._odd_name(engine, -1, entry))
                out.write(b": ")
                index += 1
            else:
                at = member << 2 | depth & 3
                if keys[at] != depth << 8 | INTEGER:
                    self._head(member, depth, INTEGER)
                out.write(texts[at])
            stop = start + rows[member * COLUMNS + SIZE]
            words.number(out, engine, message, member, start, stop, 0)
            start = stop
            member += 1

    # -- names ------------------------------------------------------------------------

    def _head(self, row: i64, depth: i64, form: i64) -> None:
        """Makes what stands before the values of a row at a depth."""
        name = self._name(self._tables.fields[row])
        text = self._start(depth) + name + self._between[form]
        self._heads.keep(row << 2 | depth & 3, depth << 8 | form, text)

    def _start(self, depth: i64) -> bytes:
        return self._starts[depth] if depth < _DEEPEST else self._starts[_DEEPEST - 1]

    def _name(self, field: model.Field) -> bytes:
        if not self._constants:
            name = field.name
        elif field.constant is not None:
            name = field.constant
        elif field in _HEADER_FIELDS:
            name = _HEADER_NAMES.get(field.name, field.name)
        elif field.kind == model.UNKNOWN or " " in field.name:
            name = field.name
        else:
            name = field.name.replace("-", "_")
        if field.guess:
            name += "?"
        heading = field.kind == model.STRUCT and field.number < 0
        return self._style.paint(safe(name), "operation" if heading else "name").encode()

    def _odd_name(self, engine: Engine, place: i64, first: i64) -> bytes:
        """The name of an unknown attribute, an entry of an array, or what a hook made."""
        if first >> MARKS_AT & BY_HOOK:
            return self._name(hook_node(engine, place).field)
        index, what = first >> INDEX_AT, first & _WHAT
        found = self._odd_names.find(what, index)
        return found if len(found) > 0 else self._odd_names.keep(what, index, self._made(first))

    def _made(self, first: i64) -> bytes:
        """That of an unknown attribute or an entry of an array, by its number on the tape."""
        marks, index = first >> MARKS_AT & 0xFF, int(first >> INDEX_AT)
        field = self._tables.fields[first & FIELD_MASK]
        heading = field.kind == model.STRUCT and not marks & IS_ATTRIBUTE
        text = f"attr {index}" if marks & UNKNOWN else str(index)
        if field.guess:
            text += "?"
        return self._style.paint(text, "operation" if heading else "name").encode()

    # -- values -----------------------------------------------------------------------

    def _text(self, out: BytesWriter, data: bytes, start: i64, end: i64) -> None:
        """A text up to its NUL, safe for a terminal."""
        size = len(out)
        for i in range(start, end):
            byte = i64(data[i])
            if byte == 0:
                return
            if byte < 32 or byte > 126 or byte == _QUOTE or byte == _BACKSLASH:
                out.truncate(size)
                out.write(quoted(text_value(TEXT_UP_TO_NUL, data[start:end]))[1:-1].encode())
                return
            out.append(u8(byte))

    def _nest(self, out: BytesWriter, engine: Engine, place: i64, empty: bool) -> None:
        """A nest whose inside is on the tape, folded, or missing."""
        tape, after = engine.tape, place + 2
        depth = tape[place] >> DEPTH_AT & DEPTH_MASK
        if after < engine.size and tape[after] >> DEPTH_AT & DEPTH_MASK > depth:
            return
        if empty or (tape[place] >> MARKS_AT) & FOLDED == 0:
            out.write(b": (empty)")

    def _value(
        self,
        out: BytesWriter,
        engine: Engine,
        place: i64,
        form: i64,
        start: i64,
        end: i64,
        depth: i64,
    ) -> None:
        """A value that is neither a number nor a text, and what is wrong with it."""
        digits, data = self._digits, engine.data
        node: Node | None = None
        if form == SHOWN_BY_HOOK:
            node = hook_node(engine, place)
            value = node.value
            if isinstance(value, bytes):
                form, data, start, end = OCTETS, value, 0, i64(len(value))
                out.write(b": ")
            else:
                out.write(self._hook_value(node))
        elif form != OCTETS and form != PRESENT:
            write_address(out, form, data, start, end)
        size = end - start
        if form == OCTETS:
            if size == 0:
                out.write(b"(empty)")
            elif size <= INLINE:
                digits.spaced(out, data, start, end)
            else:
                digits.signed(out, size)
                out.write(b" bytes" if size <= self._most else _CAPPED)
        if node is not None:
            self._words.label(out, self._words.text(node.words(self._constants)))
        if engine.tape[place] >> MARKS_AT & (DIAGNOSED | BY_HOOK):
            self._diagnosed(out, engine, place)
        if form == OCTETS and size > INLINE:
            out.write(b"\n")
            shown = min(end, start + self._most)
            digits.dump(out, data, start, shown, STEP * int(depth + 2))
            out.truncate(len(out) - 1)

    def _hook_value(self, node: Node) -> bytes:
        """What a hook said that the value is; all but its name and label."""
        value = node.value
        if value is None:
            return b"" if node.children else b": (empty)"
        if value is True:
            return b""
        if isinstance(value, list):
            return b": []"
        if isinstance(value, str):
            text = quoted(value) if node.kind == "string" else escaped(value)
        elif isinstance(value, int):
            text = self._hexadecimal(node, value)
        else:
            text = safe(str(value))
        return f": {text}".encode()

    @staticmethod
    def _hexadecimal(node: Node, value: int) -> str:
        hexadecimal = (node.kind == "flags" or node.field.hint == "hex") and value >= 0
        return f"{value:#0{2 * (node.end - node.start) + 2}x}" if hexadecimal else str(value)

    def _diagnosed(self, out: BytesWriter, engine: Engine, place: i64) -> None:
        for found in findings_at(engine.findings, place):
            out.write(b" ")
            out.write(wrong(self._style, found.severity, found.text).encode())


def wrong(style: Style, severity: str, text: str) -> str:
    """What is wrong, in brackets."""
    return style.paint(f"[{severity}: {safe(text)}]", severity)


class TreeRenderer(Renderer):
    """Renders the tree, each under its line of the list; `full`: long values whole."""

    def __init__(
        self, lines: ListRenderer, style: Style, constants: bool = True, full: bool = False
    ) -> None:
        self._lines = lines
        self._full = full
        self._style = style
        self._constants = constants
        self._context: Context | None = None
        self._nodes: TreeNodeWriter | None = None
        self._digits = DIGITS
        self._dim = f"    {style.codes['dim']}record ".encode()
        self._off = style.reset.encode()
        self._comment = style.paint("comment", "name")
        names = _HEADER_NAMES if constants else {}
        self._header_names = [
            f"\n        {style.paint(names.get(member.name, member.name), 'name')}: ".encode()
            for member in NLMSGHDR.members
        ]
        self._header_names[0] = (
            f"\n    {style.paint('nlmsghdr', 'operation')}".encode() + self._header_names[0]
        )
        self._flags: dict[int, str] = {}  # by number and class
        self._labels: dict[str, bytes] = {}

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        """That of the list; an empty line stands before it already."""
        return self._lines.file(path, 0, goes_on)

    def lost(self, number: int, here: bool, overrun: str | None = None) -> str:
        """That of the list, with an empty line after it."""
        return self._lines.lost(number, here, overrun) + "\n"

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """The tree, with an empty line after it."""
        record = message.record
        assert record is not None
        context = message.context
        nodes = self._nodes
        if nodes is None or context is not self._context:
            nodes = self._nodes = TreeNodeWriter(
                context.tables, self._style, self._constants, self._full
            )
            self._context = context
        self._lines.write(out, message, link)
        self._origin(out, message, link)
        if record.options is not None:
            for comment in record.comments:
                out.write(f"\n    {self._comment}: {quoted(comment)}".encode())
        reason = link_text.explanation(message, link)
        engine = context.engine  # which the line has let walk the message
        if message.odd:
            for found in message.own_found:
                out.write(f"\n    {wrong(self._style, found.severity, found.text)}".encode())
        if message.netlink:
            self._header(out, message)
        nodes.write(out, engine, message)
        if reason is not None:
            out.write(f"\n    {self._style.paint('why', 'operation')}".encode())
            for line in reason.lines:
                out.write(f"\n        {line}".encode())
        out.write(b"\n\n")

    def _origin(self, out: BytesWriter, message: Message, link: Link | None) -> None:
        """Where it is from, and what pairing found."""
        record = message.record
        assert record is not None
        digits = self._digits
        out.write(self._dim)
        digits.signed(out, record.number)
        size = len(out)
        out.write(b", ")
        if not write_rfc3339(out, digits, record):
            out.truncate(size)
        out.write(b", ")
        digits.signed(out, message.limit - message.base)
        out.write(b" bytes")
        if message.offset:
            out.write(b" from byte ")
            digits.signed(out, message.offset)
        if record.interface.name:
            out.write(f", on {escaped(record.interface.name)}".encode())
        if link is not None:
            link_text.write_remarks(out, message, link)
        out.write(self._off)

    def _header(self, out: BytesWriter, message: Message) -> None:
        """The nlmsghdr."""
        digits, names = self._digits, self._header_names
        out.write(names[0])
        digits.signed(out, message.length)
        out.write(names[1])
        digits.signed(out, message.type)
        self._label(out, labels.type_name(message, self._constants))
        out.write(names[2])
        digits.hexadecimal(out, message.flags, 2)
        key = int(message.flags << 3) | labels.flag_class(message)
        flags = self._flags.get(key)
        if flags is None:
            flags = self._flags[key] = "|".join(labels.flag_names(message))
        self._label(out, flags)
        out.write(names[3])
        digits.signed(out, message.seq)
        out.write(names[4])
        digits.signed(out, message.port)

    def _label(self, out: BytesWriter, text: str | None) -> None:
        if text:
            found = self._labels.get(text)
            if found is None:
                found = f" ({self._style.paint(escaped(text), 'label')})".encode()
                if len(self._labels) >= _KEPT:
                    self._labels.clear()
                self._labels[text] = found
            out.write(found)


class HexDumpRenderer(Renderer):
    """Any text renderer with the message's bytes below (-x); offsets from its nlmsghdr."""

    def __init__(self, inner: ListRenderer | TreeRenderer) -> None:
        self._inner = inner
        self._digits = DIGITS

    def begin(self) -> str:
        """That of what is above the bytes, as all but `write`."""
        return self._inner.begin()

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        return self._inner.file(path, last, goes_on)

    def lost(self, number: int, here: bool, overrun: str | None = None) -> str:
        return self._inner.lost(number, here, overrun)

    def end(self) -> str:
        return self._inner.end()

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """The message, then all its bytes in the layout of `tshark -x`."""
        self._inner.write(out, message, link)
        self._digits.dump(
            out, message.visible_onto(message.context.engine), 0, i64(len(message.data)), b""
        )
        out.write(b"\n")
