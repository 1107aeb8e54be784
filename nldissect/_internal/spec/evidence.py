"""What payloads at one place have in common: a type guessed, where nobody tells it.

Guessing, in this order: a payload is a nest if it always says so or always
chains as attributes; a flag if always empty; a string if always printable and
ended by NUL; a number by its one length; an address where the bytes look like
nothing else; else bytes. Of many payloads a few odd ones, sent to see what the
kernel says, change nothing. A nest of nests that are alike, numbered from 0 or 1
on, is an array.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from ..wire.framing import NLA_F_NESTED, NLA_TYPE_MASK, attribute_spans
from . import model

MAX_PLACES: Final = 4096  # attributes of one family, nested ones included
MAX_DEPTH: Final = 6

ENOUGH: Final = 8  # payloads, of which one in eight may be odd

_NUMBERS: Final = {1: model.U8, 2: model.U16, 4: model.U32, 8: model.U64}
# Ranges that numbers do not fall into by chance. IPv4: private (RFC 1918), loopback, link-local,
# documentation (RFC 5737).
_IPV4: Final = (
    b"\x0a", b"\x7f", b"\xc0\xa8", *(bytes((172, n)) for n in range(16, 32)), b"\xa9\xfe",
    b"\xc0\x00\x02", b"\xc6\x33\x64", b"\xcb\x00\x71",
)  # fmt: skip
# IPv6: global unicast, unique local, multicast, link-local, IPv4-mapped (RFC 4291).
_IPV6: Final = (b"\x20", b"\xfd", b"\xfc", b"\xff", b"\xfe\x80", bytes(10) + b"\xff\xff")


@mypyc_attr(acyclic=True)
@final
class Budget:
    """What gathering evidence of one family has cost: it may cost so much and no more."""

    __slots__ = ("depth", "payloads", "places", "samples")

    def __init__(self) -> None:
        self.depth = 0
        self.payloads: i64 = 0
        self.places = 0
        self.samples = 0


@mypyc_attr(acyclic=True)
@final
class Evidence:
    """What the payloads seen at one place of a family's messages have in common."""

    __slots__ = ("addresses", "chains", "children", "count", "macs", "nested", "sizes", "strings")

    def __init__(self) -> None:
        self.count: i64 = 0
        self.nested: i64 = 0  # said so by NLA_F_NESTED
        self.chains: i64 = 0
        self.strings: i64 = 0
        self.addresses: i64 = 0
        self.macs: i64 = 0
        self.sizes: dict[int, int] = {}
        self.children: dict[int, Evidence] = {}

    def add(self, data: bytes, start: int, end: int, flags: int, big: bool, budget: Budget) -> None:
        """Takes in one payload; `flags` are the NLA_F_ bits of its attribute."""
        size = end - start
        self.count += 1
        self.sizes[size] = self.sizes.get(size, 0) + 1
        self._add_nest(data, start, end, flags & NLA_F_NESTED != 0, big, budget)
        raw = data[start:end]
        if size and raw[-1] == 0 and _printable(raw[:-1]):
            self.strings += 1
        if (size == 4 and raw[3] and raw.startswith(_IPV4)) or (
            size == 16 and raw.startswith(_IPV6)
        ):
            self.addresses += 1
        if size == 6 and (not raw[0] & 1 or raw == b"\xff" * 6):
            self.macs += 1

    def _add_nest(
        self, data: bytes, start: int, end: int, flagged: bool, big: bool, budget: Budget
    ) -> None:
        """Takes in what a payload has inside, if it bears NLA_F_NESTED or chains as attributes."""
        inside = attribute_spans(data, start, end, big) if end - start >= 4 else None
        if flagged and (inside or start == end):
            self.nested += 1
        if inside and (flagged or all(0 < k & NLA_TYPE_MASK < 1024 for k, _, _ in inside)):
            self.chains += 1
            if budget.depth < MAX_DEPTH:
                budget.depth += 1
                self.add_all(data, inside, big, budget)
                budget.depth -= 1

    def add_all(
        self, data: bytes, found: list[tuple[int, int, int]], big: bool, budget: Budget
    ) -> None:
        """Takes in attributes that lie inside this place."""
        for kind, start, end in found:
            number = kind & NLA_TYPE_MASK
            child = self.children.get(number)
            if child is None:
                if budget.places >= MAX_PLACES:
                    continue
                budget.places += 1
                child = self.children[number] = Evidence()
            budget.payloads += 1
            child.add(data, start, end, kind & ~NLA_TYPE_MASK, big, budget)

    def guess(self) -> tuple[int, str]:
        """The kind that fits every payload seen, and a display hint."""
        sizes = {size for size in self.sizes if size}
        empty = self.sizes.get(0, 0)
        filled = self.count - empty
        if self.nested and self.nested + empty >= self.count:
            return model.NEST, ""
        if not sizes:
            return model.FLAG, ""
        text = self.strings == filled
        # Numbers look like text now and then, and text like attributes.
        if text and (len(sizes) > 1 or sizes.isdisjoint(_NUMBERS)):
            return model.STRING, ""
        if self.chains == filled and max(sizes) >= 8:
            return model.NEST, ""
        if text and sizes != {1}:
            return model.STRING, ""
        if len(sizes) == 1:
            return self._guess_by_size(sizes.pop(), filled)
        return self._guess_by_most(filled)

    def _guess_by_most(self, filled: i64) -> tuple[int, str]:
        """By what most payloads have in common, where there are enough of them."""
        if filled >= ENOUGH:
            if self.strings * 8 >= filled * 7:
                return model.STRING, ""
            for size, count in self.sizes.items():
                if size in _NUMBERS and count * 8 >= filled * 7:
                    return _NUMBERS[size], ""
        return model.BINARY, ""

    def entries(self) -> Evidence | None:
        """What the entries of an array have in common; None where this is none."""
        inside = sorted(self.children)
        if not inside or inside[0] > 1 or inside[-1] - inside[0] >= len(inside):
            return None
        every = list(self.children.values())
        if inside == [1] or any(not e.children or e.guess()[0] != model.NEST for e in every):
            return None
        out = Evidence()
        for entry in every:
            out.take(entry, MAX_DEPTH)
        numbers = len(out.children)
        common = set(out.children)
        for entry in every:
            common &= set(entry.children)
            if not common or len(entry.children) * 2 < numbers:
                return None
        for number, together in out.children.items():
            kinds = {e.children[number].guess()[0] for e in every if number in e.children}
            if len(kinds) > 1 and together.guess()[0] == model.BINARY:
                return None
        return out

    def take(self, other: Evidence, depth: int) -> None:
        """Takes in all that another place has shown."""
        self.count += other.count
        self.nested += other.nested
        self.chains += other.chains
        self.strings += other.strings
        self.addresses += other.addresses
        self.macs += other.macs
        for size, count in other.sizes.items():
            self.sizes[size] = self.sizes.get(size, 0) + count
        if depth > 0:
            for number, child in other.children.items():
                if number not in self.children:
                    self.children[number] = Evidence()
                self.children[number].take(child, depth - 1)

    def _guess_by_size(self, size: int, filled: i64) -> tuple[int, str]:
        """An address or number, of payloads that all have this size."""
        if size in (4, 16) and self.addresses == filled:
            return model.BINARY, "ipv4" if size == 4 else "ipv6"
        if size == 6 and self.macs == filled:
            return model.BINARY, "mac"
        return _NUMBERS.get(size, model.BINARY), ""

    def agrees(self, kind: int) -> bool:
        """Whether every payload seen could be of this kind."""
        if kind < model.UINT:
            return set(self.sizes) <= {model.SIZES[kind]}
        if kind in (model.UINT, model.SINT):
            return set(self.sizes) <= {4, 8}
        if kind in (model.NEST, model.INDEXED):
            return self.chains + self.sizes.get(0, 0) == self.count or self.nested == self.count
        if kind == model.FLAG:
            return set(self.sizes) <= {0}
        if kind == model.BITFIELD32:
            return set(self.sizes) <= {8}
        return True


# What one payload can look like by itself: kind and display hint
LOOKS: Final = (
    (model.UNKNOWN, ""), (model.FLAG, ""), (model.STRING, ""), (model.BINARY, "ipv6"),
    (model.BINARY, "mac"), (model.U8, ""), (model.U16, ""), (model.U32, ""), (model.U64, ""),
)  # fmt: skip
LOOKS_UNKNOWN: Final = 0
LOOKS_FLAG: Final = 1
LOOKS_STRING: Final = 2
_LOOKS_IPV6: Final = 3
_LOOKS_MAC: Final = 4
_LOOKS_U8: Final = 5


def payload_look(data: bytes, start: i64, end: i64) -> i64:
    """What the payload in `start` to `end` looks like by itself: the place in LOOKS."""
    size = end - start
    if size == 0:
        return LOOKS_FLAG
    if size > 2 and data[end - 1] == 0 and _is_text(data, start, end - 1):
        return LOOKS_STRING
    if size == 4:
        return _LOOKS_U8 + 2
    if size <= 2:
        return _LOOKS_U8 + size - 1
    if size == 8:
        return _LOOKS_U8 + 3
    if size == 16 and data[start:end].startswith(_IPV6):
        return _LOOKS_IPV6
    if size == 6:
        raw = data[start:end]
        if (not raw[0] & 1 and any(raw)) or raw == b"\xff" * 6:
            return _LOOKS_MAC
    return LOOKS_UNKNOWN


def _is_text(data: bytes, start: i64, end: i64) -> bool:
    """Whether bytes are printable text."""
    for i in range(start, end):
        byte = i64(data[i])
        if byte < 32 or byte == 127:
            return False
        if byte > 127:
            return _printable(data[start:end])
    return True


def _printable(raw: bytes) -> bool:
    try:
        return raw.decode().isprintable()
    except UnicodeDecodeError:
        return False
