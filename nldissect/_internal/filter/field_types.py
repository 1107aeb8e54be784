"""The types of dissectors' fields, and how a value is had of a node on the tape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..spec import model
from .literals import Mismatch, error_number, network, number, octets
from .subject import TapeNode
from .syntax_tree import Literal, Word
from .value_types import (
    ORDERINGS,
    AddressType,
    BooleanType,
    BytesType,
    FlagsType,
    NumberType,
    StringType,
    ValueTest,
    ValueType,
)

# A type, and the value of what occurs in a message: None where it has none.
TypedGetter = tuple[ValueType, Callable[[Any], Any]]

_field_types: dict[model.Field, TypedGetter] = {}
_KEPT: Final = 4096


def field_type(field: model.Field) -> TypedGetter:
    """The type of a field's values, and how a node's value is had."""
    found = _field_types.get(field)
    if found is None:
        if len(_field_types) >= _KEPT:
            _field_types.clear()
        found = _field_types[field] = _field_type(field)
    return found


def _field_type(field: model.Field) -> TypedGetter:
    """By kind and display hint of the field."""
    kind = field.kind
    if (field.coded and kind != model.NEST) or kind == model.UNKNOWN:
        return DynamicType(field), identity
    if kind <= model.LAST_SCALAR:
        return _scalar_type(field)
    if kind == model.BITFIELD32:
        names = {} if field.enum is None else enum_names(field.enum.as_flags())
        return FlagsType(names, "its flags"), _first_member
    if kind == model.BINARY:
        found = _BINARY.get(field.hint)
        return (DynamicType(field), identity) if found is None else found
    return _BY_KIND.get(kind, (BytesType(), _payload))


def _scalar_type(field: model.Field) -> TypedGetter:
    if field.hint == "ipv4" and field.kind == model.U32:
        return AddressType(), _payload
    if field.enum is not None and not field.hint:
        numbers = FlagsType if field.enum.flags else NumberType
        return numbers(enum_names(field.enum), f"the names of {field.enum.name}"), integer
    if field.enum is not None or field.hint in _NAMED_BY_CAPTURE or field.labeller is not None:
        return DynamicType(field), identity
    return NumberType(), integer


def integer(node: TapeNode) -> int | None:
    """A number as it is."""
    value = node.value
    return value if type(value) is int else None


def identity(occurrence: Any) -> Any:
    """What occurs itself: a value, or a node."""
    return occurrence


def _string(node: TapeNode) -> str | None:
    value = node.value
    return value if type(value) is str else None


def _payload(node: TapeNode) -> bytes:
    return node.bytes


def _first_member(node: TapeNode) -> int | None:
    children = node.children
    return integer(children[0]) if children else None


def _link_layer_address(node: TapeNode) -> bytes:
    """Without the zeros that fill up a field of 32 bytes (MAX_ADDR_LEN)."""
    value = node.value
    raw = node.bytes
    if len(raw) == 32 and isinstance(value, str):
        return bytes.fromhex(value.replace(":", ""))
    return raw


def _union_address(node: TapeNode) -> bytes:
    """Without what follows an IPv4 address in a field that fits both."""
    raw = node.bytes
    return raw[:4] if "." in str(node.value) and ":" not in str(node.value) else raw


_BY_KIND: Final[dict[int, TypedGetter]] = {
    model.STRING: (StringType(), _string),
    model.FLAG: (BooleanType(), lambda node: True),
}
# By display hint.
_BINARY: Final[dict[str, TypedGetter]] = {
    "": (BytesType(), _payload),
    "hex": (BytesType(), _payload),
    "uuid": (StringType(), _string),
    **dict.fromkeys(("ipv4", "ipv6", "ipv4-or-v6", "address"), (AddressType(), _payload)),
    "union-address": (AddressType(), _union_address),
    **dict.fromkeys(("mac", "fddi"), (AddressType(True, False), _payload)),
    "lladdr": (AddressType(True), _link_layer_address),
}
# Hints whose numbers have names that only a capture tells.
_NAMED_BY_CAPTURE: Final = (
    "ifindex", "family-id", "nsid", "errno", "message-type", "message-flags", "command",
)  # fmt: skip


def enum_names(enum: model.Enum) -> dict[str, int]:
    """Spec names and C constants of an enumeration's entries."""
    out = {constant: value for value, constant in enum.constants.items() if constant}
    for name, value in enum.values.items():
        out.setdefault(name, value)
    return out


class DynamicType(ValueType):
    """What shows only in messages: numbers with words of their own, unknown attributes.

    Its values are the nodes themselves.
    """

    def __init__(self, field: model.Field) -> None:
        self.field = field
        self.numeric = field.kind <= model.LAST_SCALAR
        self.noun = "a number" if self.numeric else "bytes"
        self.names = {} if field.enum is None else enum_names(field.enum)

    def key(self, literal: Literal) -> int | None:
        """The number that it stands for; None for a word that only a capture can tell."""
        text = literal.text
        found = self.names.get(text)
        if found is None:
            found = number(text)
        if found is None and self.field.hint == "errno":
            found = error_number(text)
        return found

    def _number(self, literal: Literal) -> int:
        found = self.key(literal)
        if found is None:
            raise Mismatch(f"{literal} is no number")
        return found

    def equal(self, literal: Literal) -> ValueTest:
        """By number, by the words that are shown, by address or by bytes."""
        text = literal.text
        key = self.key(literal)
        raw = None if self.numeric else octets(text)
        address = None if self.numeric else network(text)
        if not self.numeric and isinstance(literal, Word) and (raw, address, key) == (None,) * 3:
            BytesType().key(literal)  # says what is wrong

        def test(node: TapeNode) -> bool:
            value = node.value
            if type(value) is int:
                if key is not None:
                    return bool(value == key)
                return text in (node.label(False), node.label(True))
            if type(value) is str:
                if value == text:
                    return True
                if address is not None and len(node.bytes) == address[0]:
                    bits = int.from_bytes(node.bytes, "big")
                    return bits & address[2] == address[1]
            elif key is not None and type(value) is bytes and _as_number(node) == key:
                return True
            return raw is not None and node.bytes == raw

        return test

    def ordered(self, operator: str, literal: Literal) -> ValueTest:
        """By number; of bytes the one that they would be in the host's order."""
        key, compare = self._number(literal), ORDERINGS[operator]
        return lambda node: (value := _as_number(node)) is not None and compare(value, key)

    def between(self, low: Literal, high: Literal) -> ValueTest:
        """By number, likewise."""
        first, last = self._number(low), self._number(high)
        return lambda node: (value := _as_number(node)) is not None and first <= value <= last

    def contains(self, literal: Literal) -> ValueTest:
        """Whether the bytes are in the payload."""
        if self.numeric:
            return super().contains(literal)
        key = BytesType().key(literal)
        return lambda node: key in node.bytes

    def matches(self, literal: Literal) -> ValueTest:
        """A regular expression on the payload."""
        if self.numeric:
            return super().matches(literal)
        inner = BytesType().matches(literal)
        return lambda node: inner(node.bytes)

    def masked(self, literal: Literal) -> tuple[ValueType, Callable[[Any], Any]]:
        """The bits of that number."""
        mask = self._number(literal)
        names = NumberType(self.names, "its names")
        return names, lambda node: None if (value := _as_number(node)) is None else value & mask

    def choices(self) -> list[tuple[str, str]]:
        """The names of the enumeration, with their numbers."""
        return [(name, str(value)) for name, value in self.names.items()]


def _as_number(node: TapeNode) -> int | None:
    """The number that a node is, or that its bytes would be in the host's order."""
    value = node.value
    if type(value) is int:
        return value
    if type(value) is bytes and len(value) in (1, 2, 4, 8):
        return int.from_bytes(value, "big" if node.message.big else "little")
    return None
