"""One line that says what a message does, from its dissector's templates.

A template is literal text with `{path}` (an attribute's or header field's
label, else its value) and `[...]` (dropped when a path inside it is missing,
empty or, written `{path?}`, zero). `{path:flags}` shows flags as <UP,RUNNING>,
`{path:constant}` the last word of the C constant (IF_OPER_UP: UP), and
`{path:value}` the bare value.
"""

from __future__ import annotations

import builtins
import re
from typing import Any, final

from mypy_extensions import i64

from . import spec as m
from . import wire
from .engine import (
    DEPTH_AT,
    DEPTH_MASK,
    FIELD_MASK,
    FOLDED,
    GIVEN,
    IS_ATTRIBUTE,
    MARKS_AT,
    NOTE,
    SHOWN_AT,
    Engine,
)
from .labels import flag_class, label, type_name
from .linux import errno_name
from .tables import COLUMNS, ENUM, HINT, NSID
from .tree import (
    IN_FOLDED,
    Message,
    Node,
    Seen,
    Tape,
    find_place,
    given,
    label_of,
    seek,
    value_at,
    view,
)

Parts = list["str | Place | Parts"]


class Place:
    """A `{path}` of a template; raises ValueError for a mode that is none."""

    __slots__ = ("mode", "path", "skip_zero")

    def __init__(self, text: str) -> None:
        path, _, mode = text.partition(":")
        self.skip_zero = path.endswith("?")
        self.path = path.rstrip("?").strip()
        if mode not in SHOWN_AS:
            raise ValueError(f"{mode!r} is no way to show a value")
        self.mode = mode


_compiled: dict[str, Parts] = {}


def compile_template(template: str) -> Parts:
    """The template as nested lists of text and places; raises ValueError if unbalanced."""
    found = _compiled.get(template)
    if found is not None:
        return found
    stack: list[Parts] = [[]]
    for token in re.findall(r"\{[^{}]*\}|[\[\]{}]|[^\[\]{}]+", template):
        if token == "[":
            stack.append([])
        elif token == "]":
            if len(stack) < 2:
                raise ValueError("a ] without its [")
            inner = stack.pop()
            stack[-1].append(inner)
        elif token[0] in "{}":
            if len(token) < 3:
                raise ValueError("a brace without its counterpart, or nothing in braces")
            stack[-1].append(Place(token[1:-1]))
        else:
            stack[-1].append(token)
    if len(stack) > 1:
        raise ValueError("a [ without its ]")
    _compiled[template] = stack[0]
    return stack[0]


class Lookup(Seen):
    """What one message holds by name, as templates and summary hooks ask for it.

    A summary hook takes a Lookup and returns the line; its words are names of
    top-level attributes or header members, or dotted paths. It holds for that call: it
    looks at the tape that `engine` has of the message.
    """

    def __init__(self, message: Message, engine: Engine | None = None) -> None:
        if engine is None:
            engine = Engine(message.context.tables)
            message.walk_onto(engine)
        super().__init__(engine, message)
        self._tape: Tape | None = None

    def node(self, path: str) -> Node | None:
        """The first node at a dotted path."""
        place = self.place(path)
        if place < 0:
            return None
        tape = self._tape
        if tape is None:
            tape = self._tape = Tape(self._engine, self.message)
        return view(tape, place, self.message, None)

    def at(self, path: str) -> Piece | None:
        """What lies at a dotted path; like `node`, and much faster."""
        place = self.place(path)
        return None if place < 0 else Piece(self, place)

    def text(self, path: str) -> str:
        """Its label or value as text, empty when it is not there."""
        place = self.place(path)
        return "" if place < 0 else self.shown(place)

    def label(self, path: str) -> str:
        """Its value in words, empty when it is not there or has none."""
        place = self.place(path)
        return "" if place < 0 else self.label_at(place) or ""

    def flags(self, path: str) -> str:
        """Flags as <UP,RUNNING>, empty when they are not there."""
        place = self.place(path)
        return "" if place < 0 else self.shown_as(place, "flags")

    def constant(self, path: str) -> str:
        """The C constant of its value without the part before the last prefix: 6 is UP."""
        place = self.place(path)
        return "" if place < 0 else self.shown_as(place, "constant")

    def put(self, out: list[str], word: str, path: str, zero: bool = True) -> None:
        """Adds `word text` to what there is to say, if it is there and, without `zero`, not 0."""
        place = self.place(path)
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
        """The label of what lies at a place."""
        return label_of(self._engine, place, None, self.message, False, self)

    def shown(self, place: i64) -> str:
        """The label of what lies at a place, else its value, as one word."""
        engine, message = self._engine, self.message
        first = engine.tape[place]
        if first >> MARKS_AT & GIVEN:
            return node_text(given(engine, place))
        value = value_at(engine, place, message)
        if isinstance(value, str):
            return value
        named = label_of(engine, place, value, message, False, self)
        if named is None:
            return text_of(value)
        nsid = engine.tables.rows[(first & FIELD_MASK) * COLUMNS + HINT] == NSID
        return f"{value} ({named})" if nsid and value >= 0 else named

    def shown_as(self, place: i64, mode: str) -> str:
        """What lies at a place, in one of the ways of `SHOWN_AS`."""
        if mode == "":
            return self.shown(place)
        engine = self._engine
        first = engine.tape[place]
        if first >> MARKS_AT & GIVEN:
            return SHOWN_AS[mode](given(engine, place))
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
        return value_at(self._seen._engine, self._place, self._seen.message)

    @property
    def label(self) -> str | None:
        """The value in words; None if it has none."""
        return self._seen.label_at(self._place)

    @property
    def text(self) -> str:
        """Its label, else its value, as one word."""
        return self._seen.shown(self._place)

    @property
    def bytes(self) -> builtins.bytes:
        """The payload as captured."""
        engine = self._seen._engine
        first, second = engine.tape[self._place], engine.tape[self._place + 1]
        start = second & 0xFFFFFFFF
        if first >> MARKS_AT & IS_ATTRIBUTE:
            start += 4
        return engine.data[start : second >> 32]

    @property
    def children(self) -> list[Piece]:
        """What lies inside, in order; empty for a leaf."""
        seen, place = self._seen, self._place
        if seen._engine.tape[place] >> MARKS_AT & FOLDED:
            full, place = seen.unfolded(place)
            seen = Lookup(full.message, full._engine)
        return [Piece(seen, inside) for inside in seen._engine.inside(place)]

    def walk(self) -> list[Piece]:
        """This piece and all below it, in order."""
        out = [self]
        for child in self.children:
            out += child.walk()
        return out

    def find(self, path: str) -> Piece | None:
        """The first piece below at this dotted path of spec names or constants."""
        seen, place = self._seen, self._place
        steps = seen._engine.tables.path(path)
        depth = (seen._engine.tape[place] >> DEPTH_AT & DEPTH_MASK) + 1
        found = seek(seen._engine, steps, place + 2, depth)
        if found == IN_FOLDED or seen._engine.tape[place] >> MARKS_AT & FOLDED:
            full, place = seen.unfolded(place)
            seen = Lookup(full.message, full._engine)
            found = seek(seen._engine, steps, place + 2, depth)
        return None if found < 0 else Piece(seen, found)


def node_text(node: Node) -> str:
    """A node's label, else its value, as one word."""
    named = label(node, False)
    if named is not None and node.field.hint == "nsid" and node.value >= 0:
        return f"{node.value} ({named})"
    return value_text(node) if named is None else named


def value_text(node: Node) -> str:
    """A node's value as one word, whatever its label."""
    return text_of(node.value)


def text_of(value: Any) -> str:
    """A value as one word."""
    if value is None or value is True:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return ",".join(str(v) for v in value)
    return str(value)


def flags_text(node: Node) -> str:
    """Flags as iproute2 writes them: <BROADCAST,UP>, the C constants without their prefix."""
    value = node.value
    enum = node.field.enum
    return flags_of(enum, value) if isinstance(value, int) and enum is not None else ""


def flags_of(enum: m.Enum, value: int) -> str:
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


def constant_of(enum: m.Enum, value: int) -> str:
    """The same of a number."""
    named = enum.constants.get(value)
    return str(value) if named is None else named.rsplit("_", 1)[-1]


SHOWN_AS = {"": node_text, "flags": flags_text, "constant": constant_text, "value": value_text}


def _fill(parts: Parts, lookup: Lookup) -> str | None:
    """The text of some parts; None when a place in them has nothing to show."""
    out = ""
    for piece in parts:
        text = _text_of(piece, lookup)
        if text is not None:
            out += text
        elif isinstance(piece, Place):
            return None
    return out


def _text_of(piece: str | Place | Parts, lookup: Lookup) -> str | None:
    """The text of one part; None when there is nothing to show."""
    if isinstance(piece, str):
        return piece
    if isinstance(piece, list):
        return _fill(piece, lookup)
    place = lookup.place(piece.path)
    if place < 0 or (piece.skip_zero and not lookup._value(place)):
        return None
    return lookup.shown_as(place, piece.mode) or None


def expand(template: str, lookup: Lookup) -> str:
    """The template filled in from a message's tape."""
    out: list[str] = []
    for piece in compile_template(template):
        text = _text_of(piece, lookup)
        if text is not None:
            out.append(text)
    return " ".join("".join(out).split())


def summarize(message: Message, engine: Engine | None = None) -> str:
    """What the message says, without its operation: `eth0 <UP> mtu 1500`; may be empty.

    With an engine, that one has the message on its tape.
    """
    if engine is None:
        context = message.context
        engine = context.spare.pop() if context.spare else Engine(context.tables)
        message.walk_onto(engine)
        text = summarize(message, engine)
        context.spare.append(engine)
        return text
    kind = message.type
    if 0 <= kind < wire.NLMSG_MIN_TYPE:
        return _control(message, engine)
    text = _operation(message, engine)
    if message.to_kernel and message.flags & 0x300 == 0x300 and flag_class(message) == m.CLASS_GET:
        return f"dump {text}".rstrip()
    return text


UNTOLD = ("truncated", "not-in-trace")  # diagnoses of values that the capture does not have


def _operation(message: Message, engine: Engine) -> str:
    operation = message.operation
    if operation is None:
        return _size(message)
    if operation.summarize is not None:
        try:
            return str(operation.summarize(Lookup(message, engine)))
        except Exception as problem:
            if any(d.code in UNTOLD or d.severity != NOTE for d in message.diagnoses):
                return first_values(message)  # a value of the wrong size is not what it expects
            return f"(the summary failed: {problem!r})"
    if operation.summary:
        try:
            return expand(operation.summary, Lookup(message, engine))
        except ValueError as problem:
            return f"(the summary is wrong: {problem})"
    return first_values(message)


def first_values(message: Message) -> str:
    """The first attributes that have values, where the dissector gives no summary."""
    out: list[str] = []
    for node in message.nodes:
        if node.field.number < 0 or len(out) == MAX_VALUES:
            continue
        name = node.field.name
        while node.children:  # the first leaf of a nest stands for it
            node = node.children[0]
            name = f"{name}.{node.field.name}"
        text = node_text(node)
        if text:
            out.append(f'{name} "{text}"' if node.kind == "string" else f"{name} {text}")
    return ", ".join(out)


MAX_VALUES = 4


def _size(message: Message) -> str:
    size = message.limit - message.base - (16 if message.netlink else 0)
    return f"{size} bytes" if size > 0 else ""


def operation_name(message: Message) -> str | None:
    """The operation: a spec's name, `ack` or `error`, `done`..., None when unknown."""
    if message.type == wire.NLMSG_ERROR:
        return "ack" if message.error == 0 else "error"
    if message.protocol == wire.NETLINK_GENERIC and message.type >= wire.NLMSG_MIN_TYPE:
        return None if message.operation is None else message.operation.name
    return type_name(message, False)


def operation_constant(message: Message) -> str | None:
    """Its C constant: RTM_NEWLINK, NLMSG_ERROR, CTRL_CMD_GETFAMILY; None when unknown."""
    if message.operation is not None:
        return message.operation.constant or None
    if message.protocol == wire.NETLINK_GENERIC and message.type >= wire.NLMSG_MIN_TYPE:
        return None
    return type_name(message, True)


def describe(message: Message, engine: Engine | None = None) -> str:
    """Operation and summary: `newlink eth0 <UP> mtu 1500`, `error -19 ENODEV for getlink`."""
    name = operation_name(message)
    if name is None:
        if not message.netlink:
            name = "data"
        elif message.protocol == wire.NETLINK_GENERIC:
            name = f"command {message.command}" if message.command >= 0 else ""
        else:
            name = f"type {message.type}"
    text = summarize(message, engine)
    return f"{name} {text}".strip()


def _control(message: Message, engine: Engine) -> str:
    """NLMSG_ERROR: number, name, the kernel's words, and what it answers; NLMSG_DONE alike."""
    out: list[str] = []
    error = message.error
    if error:
        out.append(str(error))
        named = errno_name(-error)
        if named is not None:
            out.append(named)
    words = find_place(engine, "NLMSGERR_ATTR_MSG")
    if words >= 0:
        told = value_at(engine, words, message)
        if told:
            out.append(f'"{told}"')
    echo = message.echo
    if echo is not None:
        out.append(f"for {target(echo)}")
    return " ".join(out)


def target(echo: Message) -> str:
    """What an echoed request was: its operation and, when it is all there, its summary."""
    if echo.operation is None and echo.type >= wire.NLMSG_MIN_TYPE:
        if echo.protocol == wire.NETLINK_GENERIC:
            name = echo.family or f"family {echo.type:#x}"
            return name if echo.command < 0 else f"{name} command {echo.command}"
        return operation_name(echo) or f"type {echo.type}"
    if echo.limit - echo.base <= 16:
        return operation_name(echo) or f"type {echo.type}"
    return describe(echo)
