"""What one message holds by name, and the line that a template or a hook writes of it.

It is written as UTF-8, straight from the tape of the message's walk.
"""

from __future__ import annotations

import builtins
from typing import Any, Final, final

from librt.strings import BytesWriter
from mypy_extensions import i64, u8

from ..spec import model
from ..spec.tables import (
    COLONS,
    COLUMNS,
    DOTTED,
    ENUM,
    GROUPS,
    HINT,
    INTEGER,
    LABEL_STACK,
    LABELLED,
    MARKS,
    NO_HINT,
    NSID,
    SHOWN_BY_HOOK,
    SIGNED,
    STRUCT,
    TEXT_UP_TO_NUL,
)
from ..spec.template import (
    EACH,
    FLAGS,
    FORMATTED,
    HAS,
    HAS_NOT,
    HEX,
    HOST,
    INDEX,
    IS,
    LABEL,
    MISSES,
    PLACEHOLDER,
    SHOWS,
    SPACE,
    STEP,
    TEXT,
    UPPER,
    VALUE,
    WORDS,
    Placeholder,
    Template,
)
from ..wire.digits import DIGITS
from ..wire.text import escaped, safe
from .lookup import TapeValues, hook_node, label_of, value_at
from .message import Message
from .node import Node, Tape, view
from .paths import BoundTemplate, path_of
from .payloads import text_value
from .unsaid import Unsaid
from .walk import (
    BY_HOOK,
    FIELD_MASK,
    INDEXED,
    IS_ATTRIBUTE,
    MARKS_AT,
    SHOWN_AT,
    UNKNOWN,
    UNNAMED,
    Engine,
)

# Bits of whole addresses, by the form of values
_BITS: Final = {DOTTED: 32, GROUPS: 128, LABEL_STACK: 20}
MAX_EACH: Final = 3
_MADE: Final = 1024  # texts that a place keeps
_SPACE: Final = 32
_SLASH: Final = 47
_BACKSLASH: Final = 92


def encoded(text: str) -> bytes:
    """A text as UTF-8, `safe` for a terminal."""
    return safe(text).encode()


class Lookup(TapeValues):
    """What one message holds by name, as templates and summary hooks ask for it.

    A summary hook takes a Lookup, and returns the line or writes it (`say`, `fill`); its words are
    names of top-level attributes or header members, or dotted paths. It holds for that call: it
    looks at the tape that `engine` has of the message.
    """

    def __init__(
        self, message: Message, engine: Engine | None = None, out: BytesWriter | None = None
    ) -> None:
        if engine is None:
            engine = Engine(message.context.tables)
            message.walk_onto(engine)
        super().__init__(engine, message)
        self._tape: Tape | None = None
        self._out = BytesWriter() if out is None else out
        self._begin: i64 = len(self._out)
        self._apart = False  # whether a space comes before the next word
        self._inside: i64 = -2  # of what the places of a template are looked up; -2: of all
        # Offset and end, as on the tape, of what was said or asked for, and of what was given
        # whole; only where the unsaid is asked for afterwards
        self.tracks = False
        self.told: tuple[str, ...] = ()  # the paths that it is asked for; none: all
        self.said: list[i64] = []
        self.whole: list[i64] = []

    # -- the line ------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Adds words to the line, with a space before; nothing for an empty text."""
        if text:
            self._apart = True
            self._space()
            self._write(text)
            self._apart = True

    @property
    def empty(self) -> bool:
        """Whether nothing was said yet."""
        return len(self._out) == self._begin

    def fill(self, template: Template) -> None:
        """Adds what a template says of the message."""
        self._apart = True
        self._run(template, self._names.bound(template), 0, i64(len(template.steps)), False)
        self._apart = True

    def _run(
        self, template: Template, bound: BoundTemplate, at: i64, end: i64, optional: bool
    ) -> bool:
        """Some steps of a template; false where a place is missing that may not."""
        out, steps = self._out, template.steps
        while at < end:
            step, about, needs = steps[at], steps[at + 1], steps[at + 2]
            at += STEP
            if step == TEXT:
                self._space()
                out.write(template.texts[about])
            elif step == SPACE:
                self._apart = True
            elif step == PLACEHOLDER:
                if (
                    not self._placeholder(template, bound, template.placeholders[about])
                    and optional
                ):
                    return False
            else:
                if step == EACH:
                    if not self._each(template, bound, at, about, needs) and optional:
                        return False
                elif needs < 0 or self._at(template, bound, needs) >= 0:
                    size, apart, said = len(out), self._apart, len(self.said)
                    if not self._run(template, bound, at, about, True):
                        out.truncate(size)
                        self._apart = apart
                        if len(self.said) > said:
                            del self.said[said:]
                at = about
        return True

    def _each(self, template: Template, bound: BoundTemplate, at: i64, end: i64, path: i64) -> bool:
        """What brackets hold for each at a path: the first that say something, and how many more
        would; whether there is one.
        """
        out, around = self._out, self._inside
        said = 0
        for place in self._entries(template.paths[path]):
            size, apart = len(out), self._apart
            if said:
                self._write(",")
                self._apart = True
            begin = len(out)
            self._inside = i64(place)
            told = self._run(template, bound, at, end, True) and len(out) > begin
            said += told
            if not told or said > MAX_EACH:
                out.truncate(size)
                self._apart = apart
                if told and self.tracks:  # it is counted
                    self.whole.append(self._engine.tape[place + 1])
        self._inside = around
        if said > MAX_EACH:
            self.say(f"+{said - MAX_EACH}")
        return said > 0

    def _entries(self, path: str) -> list[int]:
        """The places at a path, of an array those of its entries."""
        engine = self._engine
        out: list[int] = []
        for place in path_of(engine.tables, path).find(engine, self._inside):
            inside = engine.inside(i64(place))
            array = inside and engine.tape[inside[0]] >> MARKS_AT & INDEXED
            out += inside if array else [place]
        return out

    def _at(self, template: Template, bound: BoundTemplate, path: i64) -> i64:
        """Where what a path of a template means lies on the tape, -1 for nowhere."""
        rows, at = bound.rows, path * 3
        row = rows[at]
        if self._inside >= 0:
            tables = self._engine.tables
            return path_of(tables, template.paths[path]).first(self._engine, self._inside)
        if row < 0 or self._hook_places is not None:
            return self._place(bound.paths[path], template.paths[path])
        engine = self._engine
        place: i64 = -1
        if row != 0:
            place = engine.place_of(row)
            if place < 0 and rows[at + 1] != 0:
                place = engine.place_of(rows[at + 1])
        if place < 0 and rows[at + 2] != 0:
            place = engine.place_of(rows[at + 2])
        return place

    def _placeholder(
        self, template: Template, bound: BoundTemplate, placeholder: Placeholder
    ) -> bool:
        """A place of a template; whether it is there, or its test holds."""
        place = self._at(template, bound, placeholder.at)
        there = place >= 0 and not (placeholder.skip_zero and self._zero(place))
        if placeholder.test == MISSES:
            return not there
        if there and placeholder.test == SHOWS:
            length: i64 = -1
            if placeholder.length_at >= 0:
                length = self._at(template, bound, placeholder.length_at)
                there = self._bits(place) >= 0
            there = there and self._show(placeholder, place, length)
            if there and self.tracks:
                self._mark(place)
                if length >= 0:
                    self._mark(length)
        elif there:
            value = value_at(self._engine, place, self.message)
            if not isinstance(value, int):
                there = False
            elif placeholder.test == HAS or placeholder.test == HAS_NOT:
                there = (value & placeholder.number != 0) == (placeholder.test == HAS)
            else:
                there = (value == placeholder.number) == (placeholder.test == IS)
            if there and self.tracks:
                self._mark(place)
        if there or placeholder.other is None:
            return there
        return self._placeholder(template, bound, placeholder.other)

    def _zero(self, place: i64) -> bool:
        """Whether what lies at a place is 0, empty, or no value."""
        engine = self._engine
        first, second = engine.tape[place], engine.tape[place + 1]
        marks = first >> MARKS_AT
        if marks & BY_HOOK == 0 and engine.tables.form[first >> SHOWN_AT & 0xFF] == INTEGER:
            start = second & 0xFFFFFFFF
            if marks & IS_ATTRIBUTE:
                start += 4
            return engine.zero(start, second >> 32)
        return not self._value(place)

    def _show(self, placeholder: Placeholder, place: i64, length: i64) -> bool:
        """Writes what lies at a place, as it is asked for; whether there was something."""
        out = self._out
        size, apart = len(out), self._apart
        self._space()
        begin = len(out)
        mode = placeholder.mode
        if mode == LABEL or mode == VALUE:
            self._shown(place, mode == LABEL)
        elif mode == FORMATTED or mode == HEX:
            self._formatted(placeholder, place)
        elif mode == INDEX:
            if not self._zero(place):
                named = self.label_at(place)
                self._write(f"index {self._value(place)}" if named is None else named)
        elif mode == WORDS:
            self._write((self.label_at(place) or "").replace("|", " "))
        elif mode == HOST:
            text = self.shown(place)
            self._write(f"[{text}]" if ":" in text else text)
        elif mode == UPPER:
            self._write(self.shown(place).upper())
        else:
            self._write(self.shown_as(place, "flags" if mode == FLAGS else "constant"))
        if len(out) == begin:
            out.truncate(size)
            self._apart = apart
            return False
        if length >= 0:
            self._prefix_length(place, length)
        return True

    def _prefix_length(self, place: i64, length: i64) -> None:
        """Writes `/24` after an address, unless it is that of a host."""
        bits = value_at(self._engine, length, self.message)
        if isinstance(bits, int) and bits != self._bits(place):
            self._out.append(_SLASH)
            DIGITS.signed(self._out, bits)

    def _formatted(self, placeholder: Placeholder, place: i64) -> None:
        """Writes a number by the placeholder's function, or as hexadecimal; nothing for others."""
        value = value_at(self._engine, place, self.message)
        if not isinstance(value, int):
            return
        made = placeholder.made.get(value)
        if made is None:
            formatter = placeholder.formatter
            made = encoded(f"{value:#x}" if formatter is None else formatter(value))
            if len(placeholder.made) >= _MADE:  # a hostile capture has no end of numbers
                placeholder.made.clear()
            placeholder.made[value] = made
        self._out.write(made)

    def _bits(self, place: i64) -> int:
        """How many bits the address at a place has, -1 if it is none."""
        first = self._engine.tape[place]
        if first >> MARKS_AT & BY_HOOK:
            return -1
        return _BITS.get(int(self._engine.tables.form[first >> SHOWN_AT & 0xFF]), -1)

    def _shown(self, place: i64, labelled: bool) -> None:
        """Writes the label of what lies at a place, else its value."""
        engine, out = self._engine, self._out
        first, second = engine.tape[place], engine.tape[place + 1]
        marks = first >> MARKS_AT & 0xFF
        form = engine.tables.form[first >> SHOWN_AT & 0xFF]
        start, end = second & 0xFFFFFFFF, second >> 32
        if marks & IS_ATTRIBUTE:
            start += 4
        if marks & BY_HOOK:
            form = SHOWN_BY_HOOK
        if form == INTEGER:
            self._number(place, engine.number(first & FIELD_MASK, start, end, marks), labelled)
        elif form == TEXT_UP_TO_NUL:
            self._text(start, end)
        elif form == DOTTED:
            DIGITS.ipv4(out, engine.data, start)
        elif form == GROUPS:
            DIGITS.ipv6(out, engine.data, start)
        elif form == COLONS:
            DIGITS.colons(out, engine.data, start, end)
        elif labelled:
            self._write(self.shown(place))
        else:
            self._write(self.shown_as(place, "value"))

    def _number(self, place: i64, number: i64, labelled: bool) -> None:
        """Writes a number, by its label if that is asked for and there is one."""
        out, tables = self._out, self._engine.tables
        first = self._engine.tape[place]
        marks, at = first >> MARKS_AT & 0xFF, (first & FIELD_MASK) * COLUMNS
        enum, hint = tables.rows[at + ENUM], tables.rows[at + HINT]
        by_code = tables.rows[at + MARKS] & LABELLED != 0 or marks & INDEXED != 0
        if labelled and marks & (UNNAMED | UNKNOWN) == 0 and (enum or hint != NO_HINT or by_code):
            if by_code or hint != NO_HINT or number < 0:
                self._write(self.shown(place))
                return
            word = tables.enums[enum].label_bytes(number)
            if len(word) > 0:
                out.write(word)
                return
        if tables.rows[at + SIGNED] != 0:
            DIGITS.signed(out, number)
        else:
            DIGITS.unsigned(out, number)

    def _text(self, start: i64, end: i64) -> None:
        """Text up to its NUL."""
        data, out = self._engine.data, self._out
        size = len(out)
        while start < end:
            char = data[start]
            if char == 0:
                return
            if not 32 <= char < 127 or char == _BACKSLASH:
                break
            out.append(u8(char))
            start += 1
        if start < end:  # not ASCII, and perhaps no text
            start -= len(out) - size
            out.truncate(size)
            self._write(escaped(str(text_value(TEXT_UP_TO_NUL, data[start:end]))))

    def _space(self) -> None:
        if self._apart:
            if len(self._out) > self._begin:
                self._out.append(_SPACE)
            self._apart = False

    def _write(self, text: str) -> None:
        self._out.write(encoded(text))

    # -- what there is -------------------------------------------------------------------

    @property
    def engine(self) -> Engine:
        """Which has the message on its tape."""
        return self._engine

    def _mark(self, place: i64) -> None:
        """Notes that what lies at a place is said."""
        self.said.append(self._engine.tape[place + 1])

    def note(self, place: i64) -> None:
        """The same, where that is asked for."""
        if self.tracks:
            self._mark(place)

    def asked(self, path: str) -> i64:
        """The place at a path, which counts as said."""
        place = self.place(path)
        if place >= 0 and self.tracks:
            self._mark(place)
        return place

    def has(self, path: str) -> bool:
        """Whether it is there."""
        return self.asked(path) >= 0

    def value(self, path: str) -> Any:
        """Its value, None when it is not there or has no size that a number can have."""
        place = self.asked(path)
        return None if place < 0 else self._value(place)

    def node(self, path: str) -> Node | None:
        """The first node at a dotted path."""
        place = self.place(path)
        engine = self._engine
        if place >= engine.size:  # it was folded: now nothing is
            self.message.walk_onto(engine)
            engine.index()
            place = self.place(path)
        if place < 0:
            return None
        if self.tracks:
            self.whole.append(engine.tape[place + 1])
        tape = self._tape
        if tape is None:
            tape = self._tape = Tape(engine, self.message, self.message.inner)
        return view(tape, place, self.message, None)

    def at(self, path: str) -> Piece | None:
        """What lies at a dotted path; like `node`, and much faster."""
        place = self.place(path)
        return None if place < 0 else Piece(self, place)

    @property
    def pieces(self) -> list[Piece]:
        """What lies at the top: headers and attributes, in order."""
        return [Piece(self, place) for place in self._engine.inside(-2)]

    def more(self, pieces: list[Piece], shown: int) -> str:
        """`+4` for those of a list that the line has no room for; empty where it has all."""
        if self.tracks:
            for piece in pieces[shown:]:
                self.whole.append(self._engine.tape[piece.place + 1])
        return f"+{len(pieces) - shown}" if len(pieces) > shown else ""

    def tell(self, *paths: str) -> None:
        """What lies at these paths (none: all) is said in full, not in requests alone."""
        if not self.tracks:
            self.tracks = True
            self.told = paths

    def rest(self) -> str:
        """What is left unsaid of what is told in full, by name."""
        engine = self._engine
        out = Unsaid(engine, self.message, self.shown, self.said, self.whole)
        if not self.told:
            for place in engine.inside(-2):
                row = (engine.tape[place] & FIELD_MASK) * COLUMNS
                generic = engine.tables.rows[row + STRUCT] == engine.tables.genlmsghdr
                if not (generic and engine.heads(place)):  # whose command is the operation
                    out.visit(place)
        for path in self.told:
            at = self.place(path)
            if at >= 0:
                out.visit(at)
        return out.text()

    def rest_of(self, place: i64) -> str:
        """The same of what lies at a place, which is said with that."""
        if not self.tracks:
            return ""
        out = Unsaid(self._engine, self.message, self.shown, self.said, self.whole)
        out.visit(place)
        self.whole.append(self._engine.tape[place + 1])
        return out.text()

    def settle(self) -> None:
        """What was not asked for needs no words: the line has all of it."""
        self.tracks = False

    def text(self, path: str) -> str:
        """Its label or value as text, empty when it is not there."""
        place = self.asked(path)
        return "" if place < 0 else self.shown(place)

    def label(self, path: str) -> str:
        """Its value in words, empty when it is not there or has none."""
        place = self.asked(path)
        return "" if place < 0 else self.label_at(place) or ""

    def flags(self, path: str) -> str:
        """Flags as <UP,RUNNING>, empty when they are not there."""
        place = self.asked(path)
        return "" if place < 0 else self.shown_as(place, "flags")

    def constant(self, path: str) -> str:
        """The C constant of its value without the part before the last prefix: 6 is UP."""
        place = self.asked(path)
        return "" if place < 0 else self.shown_as(place, "constant")

    def put(self, out: list[str], word: str, path: str, zero: bool = True) -> None:
        """Adds `word text` to what there is to say, if it is there and, without `zero`, not 0."""
        place = self.asked(path)
        if place >= 0 and (zero or self._value(place)):
            text = self.shown(place)
            if text:
                out.append(f"{word} {text}" if word else text)

    def words(self, *pairs: tuple[str, str]) -> list[str]:
        """`word text` for each (word, path) that is there, as iproute2 writes options."""
        out: list[str] = []
        for word, path in pairs:
            self.put(out, word, path)
        return out

    def label_at(self, place: i64) -> str | None:
        """The label of what lies at a place, `escaped`."""
        named = label_of(self._engine, place, None, self.message, False, self)
        return None if named is None else escaped(named)

    def shown(self, place: i64) -> str:
        """The label of what lies at a place, else its value, as one word."""
        engine, message = self._engine, self.message
        first = engine.tape[place]
        if first >> MARKS_AT & BY_HOOK:
            return node_text(hook_node(engine, place))
        value = value_at(engine, place, message)
        if isinstance(value, str):
            return escaped(value)
        named = label_of(engine, place, value, message, False, self)
        if named is None:
            return text_of(value)
        named = escaped(named)
        nsid = engine.tables.rows[(first & FIELD_MASK) * COLUMNS + HINT] == NSID
        return f"{value} ({named})" if nsid and value >= 0 else named

    def shown_as(self, place: i64, mode: str) -> str:
        """What lies at a place, in one of the ways of `SHOWN_AS`."""
        if mode == "":
            return self.shown(place)
        engine = self._engine
        first = engine.tape[place]
        if first >> MARKS_AT & BY_HOOK:
            return SHOWN_AS[mode](hook_node(engine, place))
        value = value_at(engine, place, self.message)
        if mode == "value":
            return text_of(value)
        enum = engine.tables.rows[(first & FIELD_MASK) * COLUMNS + ENUM]
        if not isinstance(value, int) or enum == 0:
            return self.shown(place) if mode == "constant" else ""
        if mode == "flags":
            return flags_of(engine.tables.enums[enum], value)
        return constant_of(engine.tables.enums[enum], value)


@final
class Piece:
    """Something in the message of a Lookup: says what a Node does, as long as the Lookup holds."""

    def __init__(self, seen: Lookup, place: i64) -> None:
        self._seen = seen
        self._place = place

    @property
    def place(self) -> i64:
        """Where it is on the tape."""
        return self._place

    @property
    def name(self) -> str:
        """The spec's name."""
        return self._seen._engine.called(self._place)[0]

    @property
    def kind(self) -> str:
        """What the value is: `u32`, `string`, `nest`, `flags`, `ipv4`, `mac`, `unknown`..."""
        engine = self._seen._engine
        return engine.tables.shown[engine.tape[self._place] >> SHOWN_AT & 0xFF]

    @property
    def value(self) -> Any:
        """The decoded value: int, str, bytes, True for a flag, list for an array, else None."""
        self._seen.note(self._place)
        return value_at(self._seen._engine, self._place, self._seen.message)

    @property
    def label(self) -> str | None:
        """The value in words; None if it has none."""
        self._seen.note(self._place)
        return self._seen.label_at(self._place)

    @property
    def text(self) -> str:
        """Its label, else its value, as one word."""
        self._seen.note(self._place)
        return self._seen.shown(self._place)

    @property
    def span(self) -> tuple[int, int]:
        """Where the payload begins and ends in the message's data."""
        engine = self._seen._engine
        if self._seen.tracks:
            self._seen.whole.append(engine.tape[self._place + 1])
        first, second = engine.tape[self._place], engine.tape[self._place + 1]
        start = second & 0xFFFFFFFF
        if first >> MARKS_AT & IS_ATTRIBUTE:
            start += 4
        return int(start), int(second >> 32)

    @property
    def bytes(self) -> builtins.bytes:
        """The payload as captured."""
        start, end = self.span
        return self._seen._engine.data[start:end]

    @property
    def children(self) -> list[Piece]:
        """What lies inside, in order; empty for a leaf."""
        seen = self._seen
        return [Piece(seen, inside) for inside in seen._engine.inside(self._place)]

    def walk(self) -> list[Piece]:
        """This piece and all below it, in order."""
        out = [self]
        for child in self.children:
            out += child.walk()
        return out

    @property
    def rest(self) -> str:
        """What was not asked of it, by name, where the line tells it in full."""
        return self._seen.rest_of(self._place)

    def find(self, path: str) -> Piece | None:
        """The first piece below at this dotted path of spec names or constants."""
        engine = self._seen._engine
        found = path_of(engine.tables, path).first(engine, self._place)
        return None if found < 0 else Piece(self._seen, found)


def node_text(node: Node) -> str:
    """A node's label, else its value, as one word."""
    named = node.words(False)
    if named is None:
        return value_text(node)
    named = escaped(named)
    return f"{node.value} ({named})" if node.field.hint == "nsid" and node.value >= 0 else named


def value_text(node: Node) -> str:
    """A node's value as one word, whatever its label."""
    return text_of(node.value)


def text_of(value: Any) -> str:
    """A value as one word, `escaped`."""
    if value is None or value is True:
        return ""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return ",".join([escaped(str(v)) for v in value])
    return str(value)


def flags_text(node: Node) -> str:
    """Flags as iproute2 writes them: <BROADCAST,UP>, the C constants behind their first `_`."""
    value = node.value
    enum = node.field.enum
    return flags_of(enum, value) if isinstance(value, int) and enum is not None else ""


def flags_of(enum: model.Enum, value: int) -> str:
    """The same of a number."""
    if not value:
        return "<>"
    named = enum.label(value, True)
    if named is None:
        return f"<{value:#x}>"
    return "<" + ",".join([n.split("_", 1)[-1] for n in named.split("|")]) + ">"


def constant_text(node: Node) -> str:
    """An enumerated value as iproute2 writes states: the last word of its C constant."""
    value = node.value
    enum = node.field.enum
    if not isinstance(value, int) or enum is None:
        return node_text(node)
    return constant_of(enum, value)


def constant_of(enum: model.Enum, value: int) -> str:
    """The same of a number."""
    named = enum.constants.get(value)
    return str(value) if named is None else named.rsplit("_", 1)[-1]


SHOWN_AS = {"": node_text, "flags": flags_text, "constant": constant_text, "value": value_text}
