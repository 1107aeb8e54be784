"""How keys and data of sets and the constants of rules read, by the types that nft(8) gave them.

A set says which type its elements have; of a constant that is the type of what it is compared
with or set to, which the expressions before it in its rule say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nldissect.dissectors._nft_attributes import Nest
from nldissect.dissectors._nft_expressions import Expressions, host_order, set_of, typed_pieces
from nldissect.dissectors._nft_registers import Constant
from nldissect.dissectors._nft_values import KINDS, TYPES, number_text
from nldissect.hooks import (
    BINARY,
    PAD,
    STRING,
    U8,
    U16,
    U32,
    U64,
    Field,
    Message,
    Node,
    Reading,
    format_address,
    part,
)

Get = Callable[[str], Any]
ADDRESSES: Final = {"ipv4": 4, "ipv6": 16}
NO_NUMBERS: Final = ("", "bytes", "ipv4", "ipv6", "address", "ether", "ifname")
NUMBERS: Final = {1: U8, 2: U16, 4: U32, 8: U64}

# -- one value ---------------------------------------------------------------------------------


def named_as(kind: str, size: int) -> Callable[[int, Any, Get], str | None]:
    """What puts a number of a kind in words."""

    def label(value: int, message: Any, get: Get) -> str | None:
        told = number_text(kind, value, size)
        return None if told in (str(value), "0x0") else told

    return label


def bits(value: int, message: Any, get: Get) -> str | None:
    """A number of which the bits count, not the name."""
    return f"{value:#x}" if value else None


Form = tuple[str, int, bool, bool]  # kind, size, whether in the host's order, whether a mask
# A piece of this form under each name: there are few of them.
_fields: Final[dict[tuple[str, Form], Field]] = {}


def value_field(name: str, constant: str | None, number: int, form: Form) -> Field:
    """The definition of a value that reads like this."""
    found = _fields.get((name, form))
    if found is None:
        kind, size, host, masks = form
        if size == ADDRESSES.get(kind, 0) or (kind == "address" and size in (4, 16)):
            found = Field(name, constant, number, BINARY)
            found.hint = "ipv4" if size == 4 else "ipv6"
        elif kind == "ether" and size == 6:
            found = Field(name, constant, number, BINARY)
            found.hint = "mac"
        elif kind == "ifname":
            found = Field(name, constant, number, STRING)
            found.unterminated, found.size = True, size
        elif kind not in NO_NUMBERS and size in NUMBERS:
            found = Field(name, constant, number, NUMBERS[size])
            found.big = None if host else True
            if kind == "ifindex" and not masks:
                found.hint = "ifindex"
            else:
                found.labeller = bits if masks else named_as(kind, size)
        else:
            found = Field(name, constant, number, BINARY)
            found.hint = "hex"
        _fields[name, form] = found
    return found


# A whole payload of this form.
_readings: Final[dict[tuple[str, Form], Reading]] = {}


def whole(field: Field, form: Form) -> Reading:
    """All of an attribute as one value."""
    found = _readings.get((field.path, form))
    if found is None:
        made = value_field(field.name, field.constant, field.number, form)
        found = _readings[field.path, form] = Reading([made], [])
    return found


# -- elements of sets --------------------------------------------------------------------------

PADDING: Final = part("pad", PAD)
# The message of the element before, its set, and how its keys and data read, by their sizes.
_latest: Final[list[Any]] = [None, None, {}]


def element_key(field: Field, message: Message, start: int, end: int) -> Reading:
    """A key, or the end of an interval of them: by the types of the set."""
    return element(field, message, end - start, False)


def element_data(field: Field, message: Message, start: int, end: int) -> Reading:
    """The data of an element of a map."""
    return element(field, message, end - start, True)


def element(field: Field, message: Message, size: int, of_data: bool) -> Reading:
    """Either of them."""
    if _latest[0] is not message:
        family, top = message.data[message.base + 16], top_of(message)
        table, name, number = top.raw(1), top.raw(2), top.number(4)
        _latest[:] = message, set_of(message, family, table, name, number), {}
    readings: dict[tuple[int, bool], Reading] = _latest[2]
    found = readings.get((size, of_data))
    if found is None:
        found = readings[size, of_data] = of_set(field, size, _latest[1], of_data)
    return found


def of_set(field: Field, size: int, known: Any, of_data: bool) -> Reading:
    """How so many bytes of a set's keys or data read."""
    pieces = None if known is None else typed_pieces(bytes(size), known, of_data)
    if pieces is None and known is not None and of_data:  # an interval: its first and its last
        half = size // 2
        of_half = typed_pieces(bytes(half), known, True) if size == 2 * half else None
        if of_half is not None:
            moved = [(kind, start + half, end + half) for kind, start, end in of_half]
            pieces = of_half + moved
    if pieces is None:
        return whole(field, ("", size, False, False))
    if len(pieces) == 1:
        kind = pieces[0][0]
        host = host_order(known, kind, of_data)
        return whole(field, (KINDS[kind][0], size, host, False))
    parts: list[Field] = []
    sizes: list[int] = []
    for kind, start, end in pieces:
        form = (KINDS[kind][0], end - start, host_order(known, kind, of_data), False)
        parts.append(value_field(TYPES[kind], None, -1, form))
        sizes.append(end - start)
        if (end - start) & 3 and size & 3 == 0:
            parts.append(PADDING)
            sizes.append(-end & 3)
    return Reading(parts, sizes, "concatenation")


# -- constants of rules ------------------------------------------------------------------------


class _Latest:
    """The rule before: its message, the data, where its expressions begin, what they say."""

    def __init__(self) -> None:
        self.message: Message | None = None
        self.data = b""
        self.start = -1
        self.said: Expressions | None = None


_rule: Final = _Latest()


def top_of(message: Message) -> Nest:
    """The attributes at the top of a message, behind struct nfgenmsg."""
    return Nest(message.data, message.big, message.base + 20, message.limit)


def listed(message: Message, start: int, end: int) -> Expressions:
    """What went through these expressions; once for a message, who asks first."""
    said = _rule.said
    if said is None or not latest(message) or _rule.start != start:
        data = message.data
        said = Expressions(message, data[message.base + 16], top_of(message).raw(1))
        said.run(Nest(data, message.big, start, end))
        _rule.message, _rule.data, _rule.start, _rule.said = message, data, start, said
    return said


def latest(message: Message) -> bool:
    """Whether it is the message that was asked for before, and not edited since."""
    return _rule.message is message and _rule.data is message.data


def constant_at(message: Message, start: int) -> Constant | None:
    """What the constant at a place is."""
    said = _rule.said
    if said is None or not latest(message):
        inside = top_of(message).nest(4)  # NFTA_RULE_EXPRESSIONS
        said = listed(message, int(inside.start), int(inside.end))
    return said.constants.get(start)


def constant(field: Field, message: Message, start: int, end: int) -> Reading | None:
    """A constant of an expression, by what it is compared with or what is set to it."""
    known = constant_at(message, start)
    size = end - start
    if known is None:
        return whole(field, ("", size, False, False))
    found = known.readings.get(size)
    if found is None:
        kind = known.kind
        if not known.masks and 0 < size < ADDRESSES.get(kind, 0):
            return None
        found = known.readings[size] = whole(field, (kind, size, known.host, known.masks))
    return found


def prefix(node: Node) -> bool:
    """The bytes of an address that a prefix has."""
    message: Any = node.message
    known = constant_at(message, node.start)
    raw = node.bytes
    if known is None or known.kind not in ADDRESSES:
        return False
    address = raw + bytes(ADDRESSES[known.kind] - len(raw))
    node.set_value("hex", raw, f"{format_address(address)}/{len(raw) * 8}")
    return True
