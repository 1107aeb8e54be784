"""What any message may have wrong beside what dissecting found: padding, reserved bits, flags.

Rules:
- bytes between the nodes, and members that are padding by type or name, are zero;
- members whose name starts with `reserved` are zero;
- of a flag member of a fixed header each bit has a name, unless all are set, which is a mask;
- each bit of nlmsg_flags has a name for what the message is, but for the modifiers of an
  operation that nobody knows;
- a request inside an error is passed over where the request itself was judged.
"""

from __future__ import annotations

from typing import Any, Final, final

from librt.vecs import vec
from mypy_extensions import i64

from ..engine.frame import Diagnosis
from ..engine.labels import COMMON, flag_names
from ..engine.lookup import hook_node, value_at
from ..engine.message import Message
from ..engine.walk import (
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
    Engine,
)
from ..spec import model
from ..spec.tables import (
    ATTRIBUTE,
    CHILDREN,
    COLUMNS,
    KIND,
    MARKS,
    RESERVED,
    RESERVES,
    S_PAD,
    STRUCT,
    STRUCT_COLUMNS,
)
from ..wire import framing
from .diagnosis_codes import diagnosis

MODIFIERS: Final = 0xF00  # bits that mean one thing to GET, another to NEW and DELETE
_ALWAYS_NAMED: Final = sum(bit for bit, _ in COMMON)  # bits that have a name in all messages


@final
class ByteChecks:
    """Judges the messages of a capture; see the rules above."""

    def __init__(self) -> None:
        # Of the entries around the one that is looked at: where they end, and whether what lies
        # in them has headers of its own
        self._ends = vec[i64]([0] * _LEVELS)
        self._headed = vec[i64]([0] * _LEVELS)

    def check(
        self, message: Message, engine: Engine, echo_judged: bool, out: list[Diagnosis]
    ) -> None:
        """Adds what is wrong with a message, which the engine has on its tape, folded.

        `echo_judged`: what it echoes was judged as a message.
        """
        start = end = -1
        echo = message.inner
        if echo_judged and message.type == framing.NLMSG_ERROR and echo is not None:
            start, end = int(echo.base), int(echo.limit)
        if message.odd or len(engine.findings) > 0:
            for found in message.found(engine):
                if not start <= found.offset < end:
                    out.append(found)
        self._check_tape(message, engine, _Padding(message, engine, start, end, out))
        bits = _meaningless(message)
        if bits:
            text = f"bits {bits:#x} of nlmsg_flags mean nothing here"
            out.append(diagnosis("flags-reserved", text, int(message.base) + 6, 2))

    def _check_tape(self, message: Message, engine: Engine, padding: _Padding) -> None:
        """Padding between the nodes, and what members of headers and structs may not be."""
        tape, size, rows = engine.tape, engine.size, engine.tables.rows
        ends, headed = self._ends, self._headed
        around: i64 = 0  # entries
        header = False  # whether the node at the top is no attribute
        place: i64 = 0
        while place < size:
            first, second = tape[place], tape[place + 1]
            depth = first >> DEPTH_AT & DEPTH_MASK
            offset, end = second & 0xFFFFFFFF, second >> 32
            while around > depth:
                around -= 1
                padding.to(ends[around])
            if offset > padding.pos:
                if around > 0 and headed[around - 1] != 0:
                    padding.pos = offset
                padding.to(offset)
            marks = first >> MARKS_AT & 0xFF
            member = False
            if marks & BY_HOOK:
                member = not marks & IS_ATTRIBUTE and hook_node(engine, place).field.number < 0
            elif marks & (UNKNOWN | IS_ATTRIBUTE) == 0:
                member = rows[(first & FIELD_MASK) * COLUMNS + MARKS] & ATTRIBUTE == 0
            if depth == 0:
                header = member
            if place + 2 < size and tape[place + 2] >> DEPTH_AT & DEPTH_MASK > depth:
                padding.pos = offset + 4 if marks & IS_ATTRIBUTE else offset
                ends[around] = end
                headed[around] = 1 if _has_elements(engine, place) else 0
                around += 1
            else:
                padding.pos = end
                if end > offset and not padding.judged(offset):
                    if marks & FOLDED:
                        if _holds_rules(engine, place):
                            for inside in engine.inside(place):
                                _check_member(message, engine, i64(inside), False, padding.out)
                            tape = engine.tape  # which may have been moved
                    elif member and _has_rules(engine, place):
                        _check_member(message, engine, place, header and depth == 1, padding.out)
            place += 2
        while around > 0:
            around -= 1
            padding.to(ends[around])
        padding.to(i64(len(message.data)))


_LEVELS: Final = 256  # as many depths as a tape can have


@final
class _Padding:
    """Goes from node to node of a message; what is between them is padding.

    What lies in `start` to `end` was judged. `pos` is where the node before ends.
    """

    def __init__(
        self, message: Message, engine: Engine, start: i64, end: i64, out: list[Diagnosis]
    ) -> None:
        self._message = message
        self._engine = engine
        self._start = start
        self._end = end
        self.out = out
        self.pos: i64 = message.base + (16 if message.netlink else 0)

    def judged(self, offset: i64) -> bool:
        """Whether a byte was judged as one of another message."""
        return self._start <= offset < self._end

    def to(self, end: i64) -> None:
        """Judges the padding up to here."""
        pos = self.pos
        if pos < end and not self._engine.zero(pos, end) and not self.judged(pos):
            text = f"padding is {self._message.data[pos:end].hex(' ')}"
            self.out.append(diagnosis("padding-nonzero", text, int(pos), int(end - pos)))
        self.pos = end


def _has_elements(engine: Engine, place: i64) -> bool:
    """Whether elements of IEEE 802.11 lie in an entry, each behind its number and length."""
    first = engine.tape[place]
    if first >> MARKS_AT & BY_HOOK:
        field = hook_node(engine, place).field
        return field.kind == model.BINARY and field.nested is not None
    at = (first & FIELD_MASK) * COLUMNS
    rows = engine.tables.rows
    return first >> MARKS_AT & UNKNOWN == 0 and (
        rows[at + KIND] == model.BINARY and rows[at + CHILDREN] != 0
    )


def _has_rules(engine: Engine, place: i64) -> bool:
    """Whether a member may be one that should be zero, or whose bits have names."""
    first = engine.tape[place]
    if first >> MARKS_AT & BY_HOOK or first >> SHOWN_AT & 0xFF == S_PAD:
        return True
    return engine.tables.rows[(first & FIELD_MASK) * COLUMNS + MARKS] & RESERVED != 0


def _holds_rules(engine: Engine, place: i64) -> bool:
    """Whether one of the plain numbers of a folded entry may be one that should be zero."""
    tables = engine.tables
    struct = tables.rows[(engine.tape[place] & FIELD_MASK) * COLUMNS + STRUCT]
    return tables.structs[struct * STRUCT_COLUMNS + RESERVES] != 0


def _meaningless(message: Message) -> int:
    """The bits of nlmsg_flags that have no name for what the message is."""
    if not message.netlink or message.flags & ~_ALWAYS_NAMED == 0:
        return 0
    names = flag_names(message)
    if not names or not names[-1].startswith("0x"):
        return 0
    bits = int(names[-1], 16)
    if (
        message.operation is None
        and message.protocol != framing.NETLINK_ROUTE
        and message.type >= framing.NLMSG_MIN_TYPE
    ):
        bits &= ~MODIFIERS  # whose meaning goes by what nobody knows
    return bits


def _check_member(
    message: Message, engine: Engine, place: i64, header: bool, out: list[Diagnosis]
) -> None:
    """A member that should be zero, or has bits without a name; `header`: of a fixed header."""
    first, second = engine.tape[place], engine.tape[place + 1]
    marks = first >> MARKS_AT & 0xFF
    value: Any = value_at(engine, place, message)
    if marks & BY_HOOK:
        node = hook_node(engine, place)
        field, pad = node.field, node.shown == "pad"
    else:
        field = engine.tables.fields[first & FIELD_MASK]
        pad = first >> SHOWN_AT & 0xFF == S_PAD
    offset = int(second & 0xFFFFFFFF)
    length = int(second >> 32) - offset
    name = engine.name(place) if marks & INDEXED else field.name
    if field.kind == model.PAD or pad:
        if isinstance(value, bytes) and any(value):
            text = f"padding is {value.hex(' ')}"
            out.append(diagnosis("padding-nonzero", text, offset, length))
    elif not isinstance(value, int) or not value:
        return
    elif name.startswith(("pad", "reserved")):
        code = "padding-nonzero" if name.startswith("pad") else "reserved-set"
        out.append(diagnosis(code, f"{name} is {value:#x}", offset, length))
    elif header and field.enum is not None and field.enum.flags:
        rest = _unnamed_bits(field.enum, value, (1 << 8 * length) - 1)
        if rest:
            text = f"bits {rest:#x} of {name} have no name"
            out.append(diagnosis("flags-unknown", text, offset, length))


def _unnamed_bits(flags: model.Enum, value: int, every: int) -> int:
    """The bits of a value that have no name; none of a value that has all bits."""
    if value & every == every:  # a mask that leaves nothing out
        return 0
    rest = value & every
    for bit in flags.names:
        rest &= ~bit
    return rest
