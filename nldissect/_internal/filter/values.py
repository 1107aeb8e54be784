"""What a value in a filter means, and how it compares with what a message holds.

A `Shape` is a kind of value (numbers, strings, addresses...): it turns literals into tests
and raises Mismatch for those that make no sense for it, so that such filters are refused
before anything is read.
"""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ..spec import model
from ..wire import linux
from .items import Item
from .syntax import CONTAINS, EQ, Quoted, Term, Word

Test = Callable[[Any], bool]

ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip

# A regular expression is not tried on more than this, in characters or bytes.
LONGEST_MATCHED: Final = 8192


class Mismatch(Exception):
    """A literal that a value of this kind cannot be compared with."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


# -- literals ------------------------------------------------------------------

# Patterns are compiled when they are first used: most runs need none of them.

_NUMBER: Final = r"([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d{0,39})"


def number(text: str) -> int | None:
    """A number in any base that C or Python writes."""
    found = re.fullmatch(_NUMBER, text)
    if found is None or not text.isascii():
        return None
    digits = found[2]
    if len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567":
        digits = f"0o{digits}"
    value = int(digits, 0)
    return -value if found[1] == "-" else value


_PAIRS: Final = (
    r"[0-9a-fA-F]{2}(?:([:.-])[0-9a-fA-F]{2}(?:\1[0-9a-fA-F]{2})*)?"
    r"|[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4})+"
)


def octets(text: str) -> bytes | None:
    """Bytes as aa:bb:cc, aa-bb-cc, aa.bb.cc, aabb.ccdd, aabbcc or 0xaabbcc."""
    if re.fullmatch(_PAIRS, text):
        return bytes.fromhex(re.sub(r"[:.-]", "", text))
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    if digits and re.fullmatch(r"(?:[0-9a-fA-F]{2})+", digits):
        return bytes.fromhex(digits)
    if re.fullmatch(r"[0-9a-fA-F]", digits):
        return bytes([int(digits, 16)])
    return None


def network(text: str) -> tuple[int, int, int] | None:
    """An address or prefix: its length in bytes, the address's bits and the mask."""
    if not (text[:1].isalnum() or text[:1] == ":") or not ("." in text or ":" in text):
        return None
    import ipaddress

    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return found.max_prefixlen // 8, int(found.network_address), int(found.netmask)


_UNITS: Final = {
    "ns": 1, "us": 1000, "\N{MICRO SIGN}s": 1000, "\N{GREEK SMALL LETTER MU}s": 1000,
    "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 86400 * 10**9,
}  # fmt: skip
_DURATION: Final = r"(-?)(\d{1,30})(?:\.(\d{1,30}))?([^\W\d]{1,3})?"


def duration(text: str) -> int | None:
    """A time span in nanoseconds, of a number with a unit: 10ms, 1.5s, 2min."""
    found = re.fullmatch(_DURATION, text)
    if found is None or found[4] not in _UNITS:
        return 0 if text == "0" else None
    digits = found[3] or ""
    value = int(found[2] + digits) * _UNITS[found[4]] // int("1" + "0" * len(digits))
    return -value if found[1] else value


_EPOCH: Final = r"(\d{9,12})(?:\.(\d{1,9}))?"
_DATE: Final = (
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d)?"
)


def moment(text: str) -> int | None:
    """A point in time in ns since the epoch: a date, with a time of day or not, or epoch seconds.

    Local time, unless Z or an offset follows.
    """
    found = re.fullmatch(_EPOCH, text)
    if found is not None:
        return int(found[1]) * 10**9 + int((found[2] or "0").ljust(9, "0"))
    found = re.fullmatch(_DATE, text)
    if found is None:
        return None
    from datetime import UTC, datetime, timedelta, timezone

    zone: timezone | None = None
    if found[8] == "Z":
        zone = UTC
    elif found[8]:
        minutes = int(found[8][1:3]) * 60 + int(found[8][-2:])
        try:
            zone = timezone(timedelta(minutes=-minutes if found[8][0] == "-" else minutes))
        except ValueError:
            return None
    try:
        at = datetime(*(int(part or 0) for part in found.groups()[:6]), tzinfo=zone)  # type: ignore[arg-type, misc]
        seconds = int(at.timestamp())
    except (ValueError, OverflowError, OSError):
        return None
    return seconds * 10**9 + int((found[7] or "0").ljust(9, "0"))


def text_of(literal: Term) -> str:
    """The literal's text, whether it was quoted or not."""
    assert isinstance(literal, (Word, Quoted))
    return literal.text


def spoken(literal: Term) -> str:
    """The literal as it is named in an error message."""
    return repr(text_of(literal)) if isinstance(literal, Quoted) else text_of(literal)


def near(name: str, names: Iterable[str]) -> str:
    """`did you mean 'newlink'?` for the closest of `names`, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(name, list(names), 1, 0.6)
    if not found:
        folded = {n.lower(): n for n in names}
        found = [folded[c] for c in get_close_matches(name.lower(), list(folded), 1, 0.6)]
    return f"did you mean {found[0]!r}?" if found else ""


# -- regular expressions ---------------------------------------------------------


def _pattern(literal: Term) -> str:
    if isinstance(literal, Word):
        raise Mismatch("a regular expression is written in quotes", f'"{literal.text}"')
    text = text_of(literal)
    _tame(text)
    return text


def _search(pattern: Any, more: int = 0) -> Callable[[Any], Any]:
    """The search for a tame pattern, a string or bytes; `(?-i)` in front minds case."""
    minds = pattern[:5] in ("(?-i)", b"(?-i)")
    found = re.compile(pattern[5:] if minds else pattern, more | (0 if minds else re.IGNORECASE))
    return found.search


def _tame(pattern: str) -> None:
    """Raises Mismatch for what is no regular expression, or one that might run for ages.

    That is a repetition within a repetition which can split the same text in many ways.
    """
    import re._parser as parser  # type: ignore[import-not-found, unused-ignore]

    if len(pattern) > 1000:
        raise Mismatch("a regular expression of more than 1000 characters")
    pattern = pattern.removeprefix("(?-i)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            tree = parser.parse(pattern, re.IGNORECASE)
            re.compile(pattern)
    except FutureWarning:  # such as [[:alpha:]], which would be taken for another set
        raise Mismatch(
            "no set within a set", "write \\[ for a bracket, and a-z for [:alpha:]"
        ) from None
    except (re.error, RecursionError, OverflowError) as problem:
        raise Mismatch(f"not a regular expression: {problem}") from None
    if _wild(tree, 0):
        raise Mismatch(
            "a repetition within a repetition could take for ever", "such as (a+)+; write a+"
        )


def _wild(tree: Any, inside: int) -> bool:
    """Whether a repetition without bound, within another, is all that is repeated."""
    for code, value in tree:
        name = str(code)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, high, body = value
            many = int(high) > 16
            if many and inside and len(tree) <= inside:
                return True
            if _wild(body, _sure(body) if many else inside):
                return True
        elif name == "SUBPATTERN":
            if _wild(value[-1], inside):
                return True
        elif name == "BRANCH":
            if any(_wild(branch, inside) for branch in value[1]):
                return True
            if inside and len(value[1]) > 1 and _overlap(value[1]):
                return True
        elif name in ("ASSERT", "ASSERT_NOT"):
            if _wild(value[1], inside):
                return True
        elif name == "ATOMIC_GROUP" and _wild(value, 0):
            return True
    return False


def _sure(body: Any) -> int:
    """How many items may be in a repeated body for an inner repetition to be ambiguous."""
    fixed = any(str(code) in ("LITERAL", "NOT_LITERAL") for code, _ in body)
    return 1 if fixed else 8


def _overlap(branches: Any) -> bool:
    """Whether two alternatives may begin alike."""
    firsts = [str(branch[0]) if len(branch) else "" for branch in branches]
    plain = all(first.startswith("(LITERAL") for first in firsts)
    return not plain or len(set(firsts)) < len(firsts)


# -- shapes --------------------------------------------------------------------


class Shape:
    """A kind of value; `noun` names it in messages."""

    noun = "a value"

    def equal(self, literal: Term) -> Test:
        """The test for `==`."""
        raise NotImplementedError

    def key(self, literal: Term) -> Any:
        """What values are ordered against."""
        raise Mismatch(f"{self.noun} has no order, so there is no less or more")

    def ordered(self, op: str, literal: Term) -> Test:
        key, less = self.key(literal), ORDERS[op]
        return lambda value: less(value, key)

    def between(self, low: Term, high: Term) -> Test:
        first, last = self.key(low), self.key(high)
        if first > last:
            raise Mismatch(f"the range {spoken(low)}..{spoken(high)} holds nothing")
        return lambda value: bool(first <= value <= last)

    def contains(self, literal: Term) -> Test:
        raise Mismatch(f"`contains` looks into strings and bytes; this is {self.noun}")

    def matches(self, literal: Term) -> Test:
        raise Mismatch(f"`matches` is for strings and bytes; this is {self.noun}")

    def masked(self, literal: Term) -> int | bytes:
        """What a value is masked with by `&`; bytes are by as many."""
        raise Mismatch(f"`&` is for numbers and flags; this is {self.noun}")

    def test(self, op: str, literal: Term) -> Test:
        """The test of one value for an operator; != and the like are the caller's."""
        if op == EQ:
            return self.equal(literal)
        if op in ORDERS:
            return self.ordered(op, literal)
        return self.contains(literal) if op == CONTAINS else self.matches(literal)

    def choices(self) -> list[tuple[str, str]]:
        """Values to offer, each with what it stands for."""
        return []


class Number(Shape):
    """Numbers; `names` are those that may be written instead, `of` what they are names of."""

    noun = "a number"

    def __init__(self, names: Mapping[str, int] | None = None, of: str = "") -> None:
        self.names = names or {}
        self.of = of

    def key(self, literal: Term) -> int:
        text = text_of(literal)
        found = self.names.get(text)
        if found is None:
            found = number(text)
        if found is None:
            found = self.names.get(text.lower().replace("_", "-"))
        if found is None:
            if not self.names:
                raise Mismatch(f"{spoken(literal)} is no number")
            hint = near(text, self.names)
            raise Mismatch(f"{spoken(literal)} is no number and none of {self.of}", hint)
        return found

    def equal(self, literal: Term) -> Test:
        key = self.key(literal)
        return lambda value: bool(value == key)

    def masked(self, literal: Term) -> int:
        return self.key(literal)

    def choices(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.names.items()]


class Flags(Number):
    noun = "a set of flags"


class Yes(Shape):
    """True or false."""

    noun = "true or false"

    def equal(self, literal: Term) -> Test:
        text = text_of(literal).lower()
        if text in ("true", "1", "yes"):
            return bool
        if text in ("false", "0", "no"):
            return lambda value: not value
        raise Mismatch(f"{spoken(literal)} is neither true nor false")

    def choices(self) -> list[tuple[str, str]]:
        return [("true", ""), ("false", "")]


class Duration(Shape):
    noun = "a time span"

    def key(self, literal: Term) -> int:
        found = duration(text_of(literal))
        if found is None:
            raise Mismatch(f"{spoken(literal)} is no time span", "such as 250us, 10ms, 1.5s")
        return found

    def equal(self, literal: Term) -> Test:
        key = self.key(literal)
        return lambda value: bool(value == key)


class Text(Shape):
    """Strings; bare words stand for themselves, if they are among `known` (None: any)."""

    noun = "a string"

    def __init__(self, known: Iterable[str] | None = None, of: str = "") -> None:
        self.known = None if known is None else list(known)
        self.of = of

    def key(self, literal: Term) -> str:
        text = text_of(literal)
        if isinstance(literal, Word):
            if self.known is not None:
                folded = text.lower().replace("_", "-")
                if text not in self.known and folded not in self.known:
                    raise Mismatch(f"{text} is none of {self.of}", near(text, self.known))
                return text if text in self.known else folded
            if number(text) is not None:
                raise Mismatch(f"this is {self.noun}, and {text} a number", f'write "{text}"')
        return text

    def equal(self, literal: Term) -> Test:
        key = self.key(literal)
        return lambda value: bool(value == key)

    def ordered(self, op: str, literal: Term) -> Test:
        if self.known is not None:
            raise Mismatch(f"{self.of} have no order")
        return super().ordered(op, literal)

    def contains(self, literal: Term) -> Test:
        key = text_of(literal)
        return lambda value: key in value

    def matches(self, literal: Term) -> Test:
        search = _search(_pattern(literal))
        return lambda value: search(value[:LONGEST_MATCHED]) is not None

    def choices(self) -> list[tuple[str, str]]:
        return [(name, "") for name in self.known or ()]


class Bytes(Shape):
    noun = "bytes"

    def key(self, literal: Term) -> bytes:
        if isinstance(literal, Quoted):
            return literal.text.encode("utf-8", "surrogateescape")
        found = octets(text_of(literal))
        if found is None:
            raise Mismatch(
                f"{spoken(literal)} is not how bytes are written", 'such as 0a:1b, 0x0a1b or "text"'
            )
        return found

    def equal(self, literal: Term) -> Test:
        key = self.key(literal)
        return lambda value: bool(value == key)

    def masked(self, literal: Term) -> bytes:
        return self.key(literal)

    def contains(self, literal: Term) -> Test:
        key = self.key(literal)
        return lambda value: key in value

    def matches(self, literal: Term) -> Test:
        pattern = _pattern(literal).encode("utf-8", "surrogateescape")
        try:
            search = _search(pattern, re.DOTALL)
        except re.error as problem:
            raise Mismatch(f"not a regular expression for bytes: {problem}") from None
        return lambda value: search(value[:LONGEST_MATCHED]) is not None


class Address(Bytes):
    """Network and link-layer addresses, as their bytes."""

    noun = "an address"

    def __init__(self, links: bool = False, networks: bool = True) -> None:
        self.links = links
        self.networks = networks
        if not networks:
            self.noun = "a link-layer address"

    def _network(self, literal: Term) -> tuple[int, int, int] | None:
        text = text_of(literal)
        if not self.networks or (self.links and ":" in text and re.fullmatch(_PAIRS, text)):
            return None
        return network(text)

    def key(self, literal: Term) -> bytes:
        found = self._network(literal)
        if found is not None:
            size, bits, mask = found
            if mask != (1 << 8 * size) - 1:
                raise Mismatch("a prefix can only be compared with == and != and `in`")
            return bits.to_bytes(size, "big")
        raw = octets(text_of(literal)) if self.links else None
        if raw is None:
            such = " or ".join(
                ["10.0.0.1, 10.0.0.0/8, fe80::1"] * self.networks
                + ["02:00:5e:00:00:01"] * self.links
            )
            raise Mismatch(f"{spoken(literal)} is no address", f"such as {such}")
        return raw

    def equal(self, literal: Term) -> Test:
        found = self._network(literal)
        if found is None:
            return super().equal(literal)
        size, bits, mask = found
        if mask == (1 << 8 * size) - 1:
            key = bits.to_bytes(size, "big")
            return lambda value: bool(value == key)
        return lambda value: len(value) == size and int.from_bytes(value, "big") & mask == bits

    def masked(self, literal: Term) -> bytes:
        found = self.key(literal)
        if len(found) < 4:
            raise Mismatch(f"{spoken(literal)} is no address", "or cut one byte out, such as [0]")
        return found

    def ordered(self, op: str, literal: Term) -> Test:
        key, less = self.key(literal), ORDERS[op]
        return lambda value: len(value) == len(key) and less(value, key)

    def between(self, low: Term, high: Term) -> Test:
        inner = super().between(low, high)
        size = len(self.key(low))
        return lambda value: len(value) == size and inner(value)

    def contains(self, literal: Term) -> Test:
        key = octets(text_of(literal)) if isinstance(literal, Word) else None
        if key is None:
            key = self.key(literal)
        wanted = key
        return lambda value: wanted in value

    def matches(self, literal: Term) -> Test:
        raise Mismatch("`matches` is for strings and bytes; this is an address", "use `in`")


# -- fields of dissectors ----------------------------------------------------------

_shapes: dict[model.Field, tuple[Shape, Callable[[Item], Any]]] = {}
_KEPT: Final = 4096


def shape_of(field: model.Field) -> tuple[Shape, Callable[[Item], Any]]:
    """The shape of a field's values, and how a item's value is had (None: it has none)."""
    found = _shapes.get(field)
    if found is None:
        if len(_shapes) >= _KEPT:
            _shapes.clear()
        found = _shapes[field] = _shape(field)
    return found


def integer(item: Item) -> int | None:
    """A number as it is."""
    value = item.value
    return value if type(value) is int else None


def _string(item: Item) -> str | None:
    value = item.value
    return value if type(value) is str else None


def _payload(item: Item) -> bytes:
    return item.bytes


def _low_word(item: Item) -> int | None:
    inside = item.inside
    return integer(inside[0]) if inside else None


def _hardware(item: Item) -> bytes:
    """A link-layer address without what only fills its field up."""
    value = item.value
    raw = item.bytes
    if len(raw) == 32 and isinstance(value, str):
        return bytes.fromhex(value.replace(":", ""))
    return raw


_ADDRESSES: Final = {
    "ipv4": Address(), "ipv6": Address(), "ipv4-or-v6": Address(), "address": Address(),
    "mac": Address(True, False), "fddi": Address(True, False), "lladdr": Address(True),
}  # fmt: skip


def _shape(field: model.Field) -> tuple[Shape, Callable[[Item], Any]]:
    kind, hint = field.kind, field.hint
    if field.hook is not None and kind != model.NEST:
        return Any_(field), _itself
    if kind <= model.LAST_SCALAR:
        if hint == "ipv4" and kind == model.U32:
            return Address(), _payload
        if field.enum is not None:
            names = names_of(field.enum)
            if hint:
                return Any_(field), _itself
            of = f"the names of {field.enum.name}"
            return (Flags if field.enum.flags else Number)(names, of), integer
        worded = hint in _WORDED or field.labeller is not None
        return (Any_(field), _itself) if worded else (Number(), integer)
    if kind == model.STRING:
        return Text(), _string
    if kind == model.FLAG:
        return Yes(), _always
    if kind == model.BINARY:
        if hint == "uuid":
            return Text(), _string
        found = _ADDRESSES.get(hint)
        if found is not None:
            return found, _hardware if hint == "lladdr" else _payload
        return (Bytes(), _payload) if hint in ("", "hex") else (Any_(field), _itself)
    if kind == model.BITFIELD32:
        names = {} if field.enum is None else names_of(field.enum.as_flags())
        return Flags(names, "its flags"), _low_word
    if kind == model.UNKNOWN:
        return Any_(field), _itself
    return Bytes(), _payload


# Hints whose numbers have names that only a capture tells.
_WORDED: Final = (
    "ifindex", "family-id", "nsid", "errno", "message-type", "message-flags", "command",
)  # fmt: skip


def names_of(enum: model.Enum) -> dict[str, int]:
    """Spec names and C constants of an enumeration's entries."""
    out = {constant: value for value, constant in enum.constants.items() if constant}
    for name, value in enum.values.items():
        out.setdefault(name, value)
    return out


def _always(item: Item) -> bool:
    return True


def _itself(item: Item) -> Item:
    return item


class Any_(Shape):
    """What shows only when it is there: values with words of their own, unknown attributes.

    Its values are the nodes themselves.
    """

    def __init__(self, field: model.Field) -> None:
        self.field = field
        kind = field.kind
        self.noun = "a number" if kind <= model.LAST_SCALAR else "bytes"
        self.numeric = kind <= model.LAST_SCALAR
        self.names = {} if field.enum is None else names_of(field.enum)

    def key(self, literal: Term) -> Any:
        text = text_of(literal)
        found = self.names.get(text)
        if found is None:
            found = number(text)
        if found is None and self.field.hint == "errno":
            found = error_number(text)
        return found

    def equal(self, literal: Term) -> Test:
        text = text_of(literal)
        key = self.key(literal)
        raw = None if self.numeric else octets(text)
        address = None if self.numeric else network(text)
        if not self.numeric and isinstance(literal, Word) and (raw, address, key) == (None,) * 3:
            Bytes().key(literal)

        def test(item: Item) -> bool:
            value = item.value
            if type(value) is int:
                if key is not None:
                    return bool(value == key)
                return text in (item.label(False), item.label(True))
            if type(value) is str:
                if value == text:
                    return True
                if address is not None and len(item.bytes) == address[0]:
                    bits = int.from_bytes(item.bytes, "big")
                    return bits & address[2] == address[1]
                return raw is not None and item.bytes == raw
            if type(value) is bytes:
                if raw is not None and value == raw:
                    return True
                return key is not None and _host(item) == key
            return raw is not None and item.bytes == raw

        return test

    def ordered(self, op: str, literal: Term) -> Test:
        key, less = self.key(literal), ORDERS[op]
        if key is None:
            raise Mismatch(f"{spoken(literal)} is no number")
        return lambda item: (value := _host(item)) is not None and less(value, key)

    def between(self, low: Term, high: Term) -> Test:
        first, last = self.key(low), self.key(high)
        if first is None or last is None:
            raise Mismatch(f"{spoken(low if first is None else high)} is no number")
        return lambda item: (value := _host(item)) is not None and first <= value <= last

    def contains(self, literal: Term) -> Test:
        if self.numeric:
            return super().contains(literal)
        key = Bytes().key(literal)
        return lambda item: key in item.bytes

    def matches(self, literal: Term) -> Test:
        if self.numeric:
            return super().matches(literal)
        inner = Bytes().matches(literal)
        return lambda item: inner(item.bytes)

    def masked(self, literal: Term) -> int:
        found = self.key(literal)
        if not isinstance(found, int):
            raise Mismatch(f"{spoken(literal)} is no number")
        return found

    def choices(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.names.items()]


def _host(item: Item) -> int | None:
    """The number that a item is, or that its bytes would be in the host's order."""
    value = item.value
    if type(value) is int:
        return value
    if type(value) is bytes and len(value) in (1, 2, 4, 8):
        return int.from_bytes(value, "big" if item.message.big else "little")
    return None


def error_number(text: str) -> int | None:
    """The negative number of an error's constant: ENODEV is -19."""
    return _errors().get(text)


def _errors() -> dict[str, int]:
    if not _error_names:
        _error_names.update({name: -value for value, name in linux.ERRNO.items()})
        _error_names.update(EWOULDBLOCK=_error_names["EAGAIN"], ENOTSUP=_error_names["EOPNOTSUPP"])
    return _error_names


_error_names: dict[str, int] = {}
