"""What a message's summary left unsaid: the values that it did not look at, by name.

The name of a nest or struct comes before what it holds, unless something in it was said already,
which introduces it. What says nothing is passed over: padding, members of structs that are 0, what
the dissector marks (`x-unsaid`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final, final

from mypy_extensions import i64

from ..spec import model
from ..spec.tables import (
    ARRAY,
    COLUMNS,
    HEX,
    HINT,
    INTEGER,
    KIND,
    NOTHING,
    S_BITFIELD,
    S_NEST,
    S_PAD,
    S_STRUCT,
    WIDTH,
)
from ..wire.text import escaped, quoted
from .lookup import hook_node, value_at
from .message import Message
from .payloads import size_of_secret
from .walk import BY_HOOK, FIELD_MASK, INDEXED, IS_ATTRIBUTE, MARKS_AT, SHOWN_AT, Engine

# Values that are named, of requests and of others; the number of the rest is given
MOST: Final = 24
MOST_OF_ANSWER: Final = 12
MOST_BYTES: Final = 32  # that are shown in hexadecimal
MOST_ENTRIES: Final = 16  # of an array that are shown
PAIR: Final = 2
_FEW: Final = 12  # spans
TABLE: Final = 64  # entries of an array of which only the number is
# Values of struct members, beside 0 and empty ones, that say nothing
_VOID: Final = frozenset(["00:00:00:00:00:00", "0.0.0.0", "::"])


@final
class Unsaid:
    """The words for what of a message was not said yet, of at most `most` values.

    `said` and `whole` are offset and end, as on the tape, of values that were said, and of what
    was with all that is in it; `shown` gives the text of what lies at a place.
    """

    def __init__(
        self,
        engine: Engine,
        message: Message,
        shown: Callable[[i64], str],
        said: list[i64],
        whole: list[i64],
    ) -> None:
        self._engine = engine
        self._message = message
        self._shown = shown
        self._said = _for_search(said)
        self._whole = _for_search(whole)
        self._most = MOST if message.to_kernel else MOST_OF_ANSWER
        self._words: list[str] = []
        self._pair = False  # in a struct so small that a 0 says something: `from 0 to 1`
        self._count = 0  # of the values that are left

    def text(self) -> str:
        """All of them: `mtu 1500 gso-max-size 65536 +4`."""
        if self._count > self._most:
            self._words.append(f"+{self._count - self._most}")
        return " ".join(self._words)

    def visit(self, place: i64, beside: list[int] | None = None) -> bool:
        """Adds what is left of the entry at a place; whether some of it was said.

        `beside` are the places of what lies in the same nest, if it lies in one.
        """
        engine = self._engine
        first, second = engine.tape[place], engine.tape[place + 1]
        if len(self._whole) > 0 and second in self._whole:
            return True
        marks, shown = first >> MARKS_AT & 0xFF, first >> SHOWN_AT & 0xFF
        if marks & BY_HOOK:
            return self._by_hook(place, second in self._said)
        row = first & FIELD_MASK
        rule = engine.tables.fields[row].unsaid
        if shown == S_PAD or rule == model.UNSAID_ALWAYS or row == engine.tables.trailing:
            return False
        form = engine.tables.form[shown]
        children = engine.inside(place) if form == NOTHING or form == ARRAY else []
        if shown == S_BITFIELD and len(children) == 2:
            return self._bits(place, children)
        if children and not (form == ARRAY and self._plain(children)):
            return self._nest(place, children, self._introduced(first, beside))
        if second in self._said:
            return True
        if form == NOTHING:  # it is empty
            if rule != model.UNSAID_AT_ZERO and self._introduced(first, beside) and self._fits():
                self._add(place, "")
            return False
        zero = rule == model.UNSAID_AT_ZERO or not (self._pair or marks & (IS_ATTRIBUTE | INDEXED))
        if zero and form == INTEGER and self._is_zero(first, second):
            return False
        value = value_at(engine, place, self._message)
        if (zero and _void(value)) or (rule == model.UNSAID_AT_ONES and self._none(first, value)):
            return False
        if self._fits():
            self._add(place, self._text(place, value))
        return False

    def _is_zero(self, first: i64, second: i64) -> bool:
        """Whether all bytes of a value are 0."""
        start = second & 0xFFFFFFFF
        if first >> MARKS_AT & IS_ATTRIBUTE:
            start += 4
        return self._engine.zero(start, second >> 32)

    def _none(self, first: i64, value: Any) -> bool:
        """Whether a number has all of its bits set, or none."""
        bits = 8 * int(self._engine.tables.rows[(first & FIELD_MASK) * COLUMNS + WIDTH])
        return isinstance(value, int) and value in (0, -1, (1 << bits) - 1)

    def _introduced(self, first: i64, beside: list[int] | None) -> bool:
        """Whether its name comes before what is in it.

        What a sub-message is, its selector told, unless that is in another nest: a veth's peer.
        """
        marks, shown = first >> MARKS_AT & 0xFF, first >> SHOWN_AT & 0xFF
        if marks & INDEXED or not marks & IS_ATTRIBUTE or shown not in (S_NEST, S_STRUCT):
            return False
        tables, row = self._engine.tables, first & FIELD_MASK
        if tables.rows[row * COLUMNS + KIND] != model.SUB_MESSAGE:
            return True
        selectors = tables.fields[row].selectors
        names = [self._engine.called(each)[0] for each in beside or ()]
        return bool(names) and not any(name in selectors for name in names)

    def _plain(self, children: list[int]) -> bool:
        """Whether the entries of an array are values, which its own text tells."""
        engine = self._engine
        for child in children:
            if engine.tables.form[engine.tape[child] >> SHOWN_AT & 0xFF] in (NOTHING, ARRAY):
                return False
        return True

    def _bits(self, place: i64, parts: list[int]) -> bool:
        """The same of a value and the bits of it that count: `flags skip-sw`."""
        tape = self._engine.tape
        if tape[parts[0] + 1] in self._said or tape[place + 1] in self._said:
            return True
        if self._fits():
            value, chosen = [self._shown(part) for part in parts]
            self._add(place, value if value == chosen else f"{value}/{chosen}")
        return False

    def _nest(self, place: i64, children: list[int], named: bool) -> bool:
        """The same of what has something inside."""
        words, count = self._words, self._count
        begin = len(words)
        said = False
        struct = self._engine.tape[place] >> SHOWN_AT & 0xFF == S_STRUCT
        self._pair = struct and named and len(children) <= PAIR
        for child in children:
            size = len(words)
            if self.visit(child, children):
                said = True
            entry = self._engine.tape[child] >> MARKS_AT & INDEXED
            if entry and begin < size < len(words):
                words[size - 1] += ","
        self._pair = False
        if named and not said and self._count > count and len(words) > begin:
            name = self._engine.called(place)[0]
            if words[begin].partition(" ")[0] != name:
                words.insert(begin, name)
        return said

    def _by_hook(self, place: i64, said: bool) -> bool:
        """The same of what a hook made, which has a text of its own or something inside."""
        node = hook_node(self._engine, place)
        if said or node.kind == "pad" or node.field.unsaid == model.UNSAID_ALWAYS:
            return said
        if node.value is None and node.children:
            return self._nest(place, self._engine.inside(place), node.kind == "nest")
        if (node.field.number >= 0 or not _void(node.value)) and self._fits():
            self._add(place, self._text(place, node.value))
        return False

    def _fits(self) -> bool:
        """Counts another value; whether there is room for it."""
        self._count += 1
        return self._count <= self._most

    def _add(self, place: i64, value: str) -> None:
        """Adds a value with its name; an entry of an array has none."""
        marks = self._engine.tape[place] >> MARKS_AT & 0xFF
        if marks & INDEXED and not marks & BY_HOOK:
            name = ""
        else:
            name = self._engine.called(place)[0]
        if name or value:
            self._words.append(f"{name} {value}".strip())

    def _text(self, place: i64, value: Any) -> str:
        """A value as one word; of many bytes or entries, and of secrets, their number."""
        engine = self._engine
        first, second = engine.tape[place], engine.tape[place + 1]
        marks = first >> MARKS_AT & 0xFF
        if marks & BY_HOOK:
            field = hook_node(engine, place).field
        else:
            field = engine.tables.fields[first & FIELD_MASK]
        if field.secret:  # a line has none, whatever else shows
            start = (second & 0xFFFFFFFF) + (4 if marks & IS_ATTRIBUTE else 0)
            return size_of_secret(engine.data[start : second >> 32])
        if isinstance(value, bytes):
            if marks & BY_HOOK and hook_node(engine, place).words(False) is not None:
                return self._shown(place)
            return value.hex() if len(value) <= MOST_BYTES else f"<{len(value)} bytes>"
        if isinstance(value, list):
            if len(value) > TABLE:
                return f"<{len(value)} values>"
            names = {} if field.enum is None or field.enum.flags else field.enum.names
            told = [escaped(names.get(each) or str(each)) for each in value[:MOST_ENTRIES]]
            shown = ",".join(told)
            more = len(value) - MOST_ENTRIES
            return f"{shown},+{more}" if more > 0 else shown
        if isinstance(value, str) and (not value or " " in value) and value[:9] != "<redacted":
            return quoted(value)
        row = (first & FIELD_MASK) * COLUMNS
        shown = self._shown(place)
        if isinstance(value, int) and engine.tables.rows[row + HINT] == HEX and shown == str(value):
            return f"{value:#x}"
        return shown


def _for_search(spans: list[i64]) -> Collection[i64]:
    """These, to be looked up: a few are compared faster than a set of them is made."""
    return spans if len(spans) <= _FEW else set(spans)


def _void(value: Any) -> bool:
    """Whether a value is 0, or nothing."""
    if isinstance(value, bytes):
        return not any(value)
    return not value or (isinstance(value, str) and value in _VOID)
