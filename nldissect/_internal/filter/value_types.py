"""The types of values: which literals one may be compared with, and by what test.

A literal that makes no sense for a type raises Mismatch when the filter is compiled, before
anything is read. The types of fields of dissectors are in `field_types`, those that only fields of
every message have in `message_types`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from .literals import Mismatch, duration, network, number, octets, suggestion
from .parser import CONTAINS, EQ
from .regular_expressions import compiled_search
from .syntax_tree import Literal, StringLiteral, Word

ValueTest = Callable[[Any], bool]

ORDERINGS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class ValueType:
    """A type of values; `noun` names it in error messages.

    The methods give the test of one value for an operator and a literal.
    """

    noun = "a value"

    def key(self, literal: Literal) -> Any:
        """The literal as a value that others are ordered against."""
        raise Mismatch(f"{self.noun} has no order, so there is no less or more")

    def equal(self, literal: Literal) -> ValueTest:
        """`==`."""
        key = self.key(literal)
        return lambda value: bool(value == key)

    def ordered(self, operator: str, literal: Literal) -> ValueTest:
        """One of ORDERINGS."""
        key, compare = self.key(literal), ORDERINGS[operator]
        return lambda value: compare(value, key)

    def between(self, low: Literal, high: Literal) -> ValueTest:
        """In a range, its ends included."""
        first, last = self.key(low), self.key(high)
        if first > last:
            raise Mismatch(f"the range {low}..{high} holds nothing")
        return lambda value: bool(first <= value <= last)

    def contains(self, literal: Literal) -> ValueTest:
        """`contains`."""
        raise Mismatch(f"`contains` looks into strings and bytes; this is {self.noun}")

    def matches(self, literal: Literal) -> ValueTest:
        """`matches`."""
        raise Mismatch(f"`matches` is for strings and bytes; this is {self.noun}")

    def masked(self, literal: Literal) -> tuple[ValueType, Callable[[Any], Any]]:
        """What `&` makes of a value, None for none, and the type of that."""
        raise Mismatch(f"`&` is for numbers and flags; this is {self.noun}")

    def test(self, operator: str, literal: Literal) -> ValueTest:
        """The test for an operator; != and the like are made of that for == (`predicates`)."""
        if operator == EQ:
            return self.equal(literal)
        if operator in ORDERINGS:
            return self.ordered(operator, literal)
        return self.contains(literal) if operator == CONTAINS else self.matches(literal)

    def choices(self) -> list[tuple[str, str]]:
        """Values that completion offers, each with what it stands for."""
        return []


class NumberType(ValueType):
    """Numbers; `names` are those that may be written instead, `of` what they are names of."""

    noun = "a number"

    def __init__(self, names: Mapping[str, int] | None = None, of: str = "") -> None:
        self.names = names or {}
        self.of = of

    def key(self, literal: Literal) -> int:
        """A number in any base, or one of the names, in any case and with `_` or `-`."""
        text = literal.text
        found = self.names.get(text)
        if found is None:
            found = number(text)
        if found is None:
            found = self.names.get(text.lower().replace("_", "-"))
        if found is None:
            if not self.names:
                raise Mismatch(f"{literal} is no number")
            hint = suggestion(text, self.names)
            raise Mismatch(f"{literal} is no number and none of {self.of}", hint)
        return found

    def masked(self, literal: Literal) -> tuple[ValueType, Callable[[Any], Any]]:
        """The bits that are set in both."""
        mask = self.key(literal)
        return self, lambda value: value & mask

    def choices(self) -> list[tuple[str, str]]:
        """The names, with their numbers."""
        return [(name, str(value)) for name, value in self.names.items()]


class FlagsType(NumberType):
    """Numbers whose bits have names."""

    noun = "a set of flags"


class BooleanType(ValueType):
    """True or false."""

    noun = "true or false"

    def equal(self, literal: Literal) -> ValueTest:
        """True, 1, yes; false, 0, no."""
        text = literal.text.lower()
        if text in ("true", "1", "yes"):
            return bool
        if text in ("false", "0", "no"):
            return lambda value: not value
        raise Mismatch(f"{literal} is neither true nor false")

    def choices(self) -> list[tuple[str, str]]:
        """`true` and `false`."""
        return [("true", ""), ("false", "")]


class DurationType(ValueType):
    """Time spans in nanoseconds."""

    noun = "a time span"

    def key(self, literal: Literal) -> int:
        """Nanoseconds."""
        found = duration(literal.text)
        if found is None:
            raise Mismatch(f"{literal} is no time span", "such as 250us, 10ms, 1.5s")
        return found


class StringType(ValueType):
    """Strings; bare words stand for themselves, if they are among `known` (None: any)."""

    noun = "a string"

    def __init__(self, known: Iterable[str] | None = None, of: str = "") -> None:
        self.known = None if known is None else list(known)
        self.of = of

    def key(self, literal: Literal) -> str:
        """The text; of a bare word only if it is known, or reads as no number."""
        text = literal.text
        if isinstance(literal, Word):
            if self.known is not None:
                folded = text.lower().replace("_", "-")
                if text not in self.known and folded not in self.known:
                    raise Mismatch(f"{text} is none of {self.of}", suggestion(text, self.known))
                return text if text in self.known else folded
            if number(text) is not None:
                raise Mismatch(f"this is {self.noun}, and {text} a number", f'write "{text}"')
        return text

    def ordered(self, operator: str, literal: Literal) -> ValueTest:
        """By code point; known words have no order."""
        if self.known is not None:
            raise Mismatch(f"{self.of} have no order")
        return super().ordered(operator, literal)

    def contains(self, literal: Literal) -> ValueTest:
        """Whether the text is in the string."""
        key = literal.text
        return lambda value: key in value

    def matches(self, literal: Literal) -> ValueTest:
        """Whether a regular expression matches somewhere in the first 8192 characters."""
        search = _search(literal)
        return lambda value: search(value) is not None

    def choices(self) -> list[tuple[str, str]]:
        """The known words."""
        return [(name, "") for name in self.known or ()]


class BytesType(ValueType):
    """Bytes; a literal in quotes is text."""

    noun = "bytes"

    def key(self, literal: Literal) -> bytes:
        """Text in quotes as UTF-8, else octets as `literals.octets` reads them."""
        if isinstance(literal, StringLiteral):
            return literal.text.encode("utf-8", "surrogateescape")
        found = octets(literal.text)
        if found is None:
            hint = 'such as 0a:1b, 0x0a1b or "text"'
            raise Mismatch(f"{literal} is not how bytes are written", hint)
        return found

    def masked(self, literal: Literal) -> tuple[ValueType, Callable[[Any], Any]]:
        """The bits that are set in both; None where the lengths differ."""
        mask = self.key(literal)
        return self, lambda value: _common_bits(value, mask)

    def contains(self, literal: Literal) -> ValueTest:
        """Whether the bytes are in the value."""
        key = self.key(literal)
        return lambda value: key in value

    def matches(self, literal: Literal) -> ValueTest:
        """As of strings, on the first 8192 bytes."""
        search = _search(literal, True)
        return lambda value: search(value) is not None


class AddressType(BytesType):
    """Network addresses and prefixes, and link-layer addresses, as their bytes."""

    noun = "an address"

    def __init__(self, link_layer: bool = False, networks: bool = True) -> None:
        self.link_layer = link_layer
        self.networks = networks
        if not networks:
            self.noun = "a link-layer address"

    def _network(self, literal: Literal) -> tuple[int, int, int] | None:
        """`literals.network`, where the literal is not rather a link-layer address."""
        text = literal.text
        if not self.networks or (self.link_layer and ":" in text and octets(text) is not None):
            return None
        return network(text)

    def key(self, literal: Literal) -> bytes:
        """The bytes of an address; a prefix has no place in an order."""
        found = self._network(literal)
        if found is not None:
            size, bits, mask = found
            if mask != (1 << 8 * size) - 1:
                raise Mismatch("a prefix can only be compared with == and != and `in`")
            return bits.to_bytes(size, "big")
        raw = octets(literal.text) if self.link_layer else None
        if raw is None:
            examples = ["10.0.0.1, 10.0.0.0/8, fe80::1"] * self.networks
            examples += ["02:00:5e:00:00:01"] * self.link_layer
            raise Mismatch(f"{literal} is no address", f"such as {' or '.join(examples)}")
        return raw

    def equal(self, literal: Literal) -> ValueTest:
        """The same address, or one in the prefix."""
        found = self._network(literal)
        if found is None or found[2] == (1 << 8 * found[0]) - 1:
            return super().equal(literal)
        size, bits, mask = found
        return lambda value: len(value) == size and int.from_bytes(value, "big") & mask == bits

    def masked(self, literal: Literal) -> tuple[ValueType, Callable[[Any], Any]]:
        """As bytes, by what has the length of an address."""
        if len(self.key(literal)) < 4:
            raise Mismatch(f"{literal} is no address", "or cut one byte out, such as [0]")
        return super().masked(literal)

    def ordered(self, operator: str, literal: Literal) -> ValueTest:
        """By their bytes, of the same length only."""
        key, compare = self.key(literal), ORDERINGS[operator]
        return lambda value: len(value) == len(key) and compare(value, key)

    def between(self, low: Literal, high: Literal) -> ValueTest:
        """By their bytes, of the same length only."""
        inner, size = super().between(low, high), len(self.key(low))
        return lambda value: len(value) == size and inner(value)

    def contains(self, literal: Literal) -> ValueTest:
        """Whether octets, or the bytes of an address, are in it."""
        part = octets(literal.text) if isinstance(literal, Word) else None
        key = self.key(literal) if part is None else part
        return lambda value: key in value

    def matches(self, literal: Literal) -> ValueTest:
        """Addresses are no strings."""
        raise Mismatch("`matches` is for strings and bytes; this is an address", "use `in`")


def _search(literal: Literal, as_bytes: bool = False) -> Callable[[Any], Any]:
    if isinstance(literal, Word):
        raise Mismatch("a regular expression is written in quotes", f'"{literal.text}"')
    return compiled_search(literal.text, as_bytes)


def _common_bits(value: bytes, mask: bytes) -> bytes | None:
    """The bits that two byte strings share; None where their lengths differ."""
    if len(value) != len(mask):
        return None
    return bytes(a & b for a, b in zip(value, mask, strict=True))
