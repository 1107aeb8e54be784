"""How keys and data of sets and the constants of rules read, by the types that nft(8) gave them.

A set says which type its elements have; of a constant that is the type of what it is compared
with or set to, which the expressions before it in its rule say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nldissect.dissectors._nft_attributes import parsed, placed, spread
from nldissect.dissectors._nft_expressions import Expressions, host_order, set_of, typed_pieces
from nldissect.dissectors._nft_values import FLAGS, HOST_ORDER, KINDS, TYPES, number_text
from nldissect.hooks import (
    BINARY,
    PAD,
    STRING,
    U8,
    U16,
    U32,
    U64,
    Field,
    Node,
    Reading,
    format_address,
    part,
)

Get = Callable[[str], Any]
ADDRESSES = {"ipv4": 4, "ipv6": 16}
NO_NUMBERS = ("", "bytes", "ipv4", "ipv6", "address", "ether", "ifname")
NUMBERS = {1: U8, 2: U16, 4: U32, 8: U64}
# Of expressions with constants: the numbers of those.
HELD: dict[str, tuple[int, ...]] = {
    "cmp": (3,), "range": (3, 4), "bitwise": (4, 5, 7), "immediate": (2,),
}  # fmt: skip
WHOLE = frozenset(("ipv4", "ipv6", "address", "ether", "ifname", "mark", "hex", "", *FLAGS))
LONG, MANY = 1024, 2048


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
_fields: dict[tuple[str, Form], Field] = {}


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
_readings: dict[tuple[str, Form], Reading] = {}


def whole(field: Field, form: Form) -> Reading:
    """All of an attribute as one value."""
    found = _readings.get((field.path, form))
    if found is None:
        made = value_field(field.name, field.constant, field.number, form)
        found = _readings[field.path, form] = Reading([made], [])
    return found


# -- elements of sets --------------------------------------------------------------------------

PADDING = part("pad", PAD)
# The message of the element before, its set, and how its keys and data read, by their sizes.
_latest: list[Any] = [None, None, {}]


def element_key(field: Field, message: Any, start: int, end: int) -> Reading:
    """A key, or the end of an interval of them: by the types of the set."""
    return element(field, message, end - start, False)


def element_data(field: Field, message: Any, start: int, end: int) -> Reading:
    """The data of an element of a map."""
    return element(field, message, end - start, True)


def element(field: Field, message: Any, size: int, of_data: bool) -> Reading:
    """Either of them."""
    if _latest[0] is not message:
        family, table, name, number = message.data[message.base + 16], b"", b"", 0
        for kind, first, last in spread(
            message.data, message.big, message.base + 20, message.limit
        ):
            if kind == 1:
                table = message.data[first + 4 : last]
            elif kind == 2:
                name = message.data[first + 4 : last]
            elif kind == 4:
                number = int.from_bytes(message.data[first + 4 : last][:8], "big")
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

# What a constant is: how it is shown, whether in the host's order, whether its bits count.
Constant = tuple[str, bool, bool]
# Of lists of expressions that were seen before: the constants by where they begin.
constants_before: dict[tuple[int, bool, bytes], dict[int, Constant]] = {}
_rule: list[Any] = [None, b"", None]  # the message before, its expressions, what went through them
_constants: list[Any] = [None, 0, {}]  # the same: where they begin, what is in them


def listed(message: Any, family: int, table: bytes, raw: bytes) -> Expressions:
    """What went through these expressions; once for a message, who asks first."""
    if _rule[0] is not message or _rule[1] != raw:
        lister = Expressions(message, family, table)
        for lister.at, expression in placed(raw, message.big):
            lister.expression(expression)
        _rule[:] = message, raw, lister
        return lister
    known: Expressions = _rule[2]
    return known


def constants_of(message: Any, family: int, table: bytes, raw: bytes) -> dict[int, Constant]:
    """The constants in a list of expressions."""
    key = family, bool(message.big), raw
    out = constants_before.get(key)
    if out is None:
        out = {}
        types = listed(message, family, table, raw).types
        for _, start, stop in spread(raw, message.big, 0, len(raw)):
            if start in types:
                kind, network = types[start]
                host = kind in HOST_ORDER and not network
                for masks, value in held(raw, message.big, start + 4, stop):
                    out[value] = kind, host, masks and kind not in WHOLE
        if len(raw) <= LONG:
            if len(constants_before) >= MANY:
                constants_before.clear()
            constants_before[key] = out
    return out


def held(raw: bytes, big: bool, start: int, stop: int) -> list[tuple[bool, int]]:
    """Where the constants of an expression begin, and whether they are masks."""
    name = parsed(raw[start:stop], big)[0]
    numbers = HELD.get(name, ())
    return [
        (name == "bitwise" and number_of < 7, value + 4)
        for told, first, last in spread(raw, big, start, stop)
        if told == 2  # NFTA_EXPR_DATA
        for number_of, inner, end in spread(raw, big, first + 4, last)
        if number_of in numbers
        for which, value, _ in spread(raw, big, inner + 4, end)
        if which == 1  # NFTA_DATA_VALUE
    ]


def constant_at(message: Any, start: int) -> Constant | None:
    """What the constant at a place is."""
    if _constants[0] is not message:
        family, data, big = message.data[message.base + 16], message.data, message.big
        begin, found, table = 0, {}, b""
        for number_of, first, last in spread(data, big, message.base + 20, message.limit):
            if number_of == 1:
                table = data[first + 4 : last]
            elif number_of == 4:
                begin = first + 4
                found = constants_of(message, family, table, data[begin:last])
        _constants[:] = message, begin, found
    known: dict[int, Constant] = _constants[2]
    return known.get(start - _constants[1])


def constant(field: Field, message: Any, start: int, end: int) -> Reading | None:
    """A constant of an expression, by what it is compared with or what is set to it."""
    known = constant_at(message, start)
    if known is None:
        return whole(field, ("", end - start, False, False))
    kind, host, masks = known
    if not masks and 0 < end - start < ADDRESSES.get(kind, 0):
        return None
    return whole(field, (kind, end - start, host, masks))


def prefix(node: Node) -> bool:
    """The bytes of an address that a prefix has."""
    known = constant_at(node.message, node.start)
    raw = node.bytes
    if known is None or known[0] not in ADDRESSES:
        return False
    address = raw + bytes(ADDRESSES[known[0]] - len(raw))
    node.set_value("hex", raw, f"{format_address(address)}/{len(raw) * 8}")
    return True
