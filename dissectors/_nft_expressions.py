"""Expressions of a rule as nft(8) lists them, one after the other, and elements of sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nldissect.dissectors._nft_attributes import Nest, word
from nldissect.dissectors._nft_matches import verdict
from nldissect.dissectors._nft_registers import LONGEST, Operand
from nldissect.dissectors._nft_statements import Statements
from nldissect.dissectors._nft_values import (
    HOST_ORDER,
    KINDS,
    VERDICT_TYPE,
    key_text,
    text_of,
    time_text,
)
from nldissect.hooks import Message

OBJECTS: Final = {1: "counter name", 2: "quota name", 3: "ct helper set", 4: "limit name",
           5: "ct count name", 6: "tunnel name", 7: "ct timeout set", 8: "meta secmark set",
           9: "ct expectation set", 10: "synproxy name"}  # fmt: skip
DEEPEST: Final = 8  # expressions in expressions
MOST: Final = 4096  # characters of a line; who has more reads the tree


class Expressions(Statements):
    """Goes through the expressions of a rule and notes what they say."""

    def run(self, inside: Nest) -> None:
        """A list of expressions (NFTA_LIST_ELEM)."""
        for start, end in inside.each():
            self.expression(Nest(inside.data, self.big, start, end))

    def expression(self, told: Nest) -> None:
        """One expression: NFTA_EXPR_NAME, NFTA_EXPR_DATA."""
        name = told.raw(1)
        do = STATEMENTS.get(name) or STATEMENTS.get(name.split(b"\0")[0])
        if do is None or self.depth > DEEPEST:
            self.say(word(name))
        else:
            self.depth += 1
            do(self, told.nest(2))
            self.depth -= 1

    def inner(self, data: Nest) -> None:
        """NFTA_INNER_NUM, _TYPE, _FLAGS, _HDRSIZE, _EXPR."""
        name = {1: "vxlan", 2: "geneve"}.get(data.number(2), "inner")
        before = len(self.words)
        outside = self.network, self.transport
        self.network, self.transport = self.inside
        said, self.said = self.said, {}
        self.expression(data.nest(5))
        self.said = said
        self.network, self.transport = outside
        at = self.said.pop("inside", -1)
        fields = [self.registers[slot].header for slot in self.fresh if slot in self.registers]
        if 0 <= at < len(self.words) and any(header in self.inside for header in fields if header):
            self.words[at] = ""
        for at in range(before, len(self.words)):
            self.words[at] = f"{name} {self.words[at]}"
        for slot in self.fresh:
            operand = self.registers[slot]
            if not operand.text.startswith(name):
                operand.text = f"{name} {operand.text}"

    # -- sets -----------------------------------------------------------------------------

    def lookup(self, data: Nest) -> None:
        """NFTA_LOOKUP_SET, _SREG, _DREG, _SET_ID, _FLAGS."""
        key, members = self.joined(data.number(2)), self.named_set(data, 1, 4)[1]
        if not data.has(3):
            self.say(f"{key} {'!= ' if data.number(5) & 1 else ''}{members}")
        elif data.number(3) == 0:
            self.say(f"{key} vmap {members}")
        else:
            self.load(data.number(3), Operand(f"{key} map {members}", "", 0))

    def named_set(self, data: Nest, name_at: int, number_at: int) -> tuple[int, str]:
        """A set that an expression names: type of its objects, `@name` or what is in it."""
        name = data.raw(name_at)
        known = set_of(self.message, self.family, self.table, name, data.number(number_at))
        if known is None:
            return 0, f"@{word(name)}"
        if not known.flags & ANONYMOUS or not known.elements or self.depth > DEEPEST:
            return known.object, f"@{word(name)}"
        inner = Expressions(self.message, self.family, self.table)
        inner.depth = self.depth + 1
        found = [Nest(raw, self.big, 0, len(raw)) for raw in known.elements]
        return known.object, "{ " + ", ".join(inner.elements(found, known)) + " }"

    def objref(self, data: Nest) -> None:
        """NFTA_OBJREF_IMM_TYPE, _IMM_NAME, _SET_SREG, _SET_NAME."""
        if data.has(4):
            kind, members = self.named_set(data, 4, 5)
            named = OBJECTS.get(kind, "object name")
            self.say(f"{named} {self.joined(data.number(3))} map {members}")
            return
        kind = data.number(1)
        self.say(f"{OBJECTS.get(kind, f'object {kind}')} {text_of(data.raw(2))}")

    def dynset(self, data: Nest) -> None:
        """NFTA_DYNSET_SET_NAME, _OP, _SREG_KEY, _SREG_DATA, _TIMEOUT, _EXPR, _EXPRESSIONS."""
        code = data.number(3)
        verb = ("add", "update", "delete")[code] if code < 3 else f"op {code}"
        inside = [self.joined(data.number(4))]
        if data.number(6):
            inside.append(f"timeout {time_text(data.number(6))}")
        self.words, outside = [], self.words
        if data.has(10):
            self.run(data.nest(10))
        elif data.has(7):
            self.expression(data.nest(7))
        inside += [text.split(" packets ")[0] for text in self.words]
        self.words = outside
        if data.has(5):
            inside.append(f": {self.joined(data.number(5))}")
        self.say(f"{verb} @{data.word(1)} {{ {' '.join(inside)} }}")

    # -- elements -------------------------------------------------------------------------

    def elements(self, found: list[Nest], known: Any) -> list[str]:
        """Elements of a set (NFTA_LIST_ELEM), as nft lists them: in order, intervals as such."""
        if known is not None and known.flags & ANONYMOUS:
            host = host_order(known, known.key_type) and not self.big
            host = (host or known.key_type in (5, 41)) and not self.big  # texts by their end
            order = "little" if host else "big"
            found.sort(key=lambda of: int.from_bytes(value_of(of, 1), order))  # type: ignore[arg-type]
        out: list[str] = []
        size = 0
        for of, end in self.intervals(found, known):
            out.append(self.element(of, end, known))
            size += len(out[-1])
            if size > LONGEST * 4:
                out.append("…")
                break
        return out

    def intervals(self, found: list[Nest], known: Any) -> list[tuple[Nest, bytes | None]]:
        """Each element with the end of its interval, which is an element of its own."""
        if known is None or not known.flags & INTERVAL or any(of.has(10) for of in found):
            return [(of, None) for of in found]
        found.sort(key=lambda of: (value_of(of, 1), not of.number(3) & 1))
        out: list[tuple[Nest, bytes | None]] = []
        opened = False
        for of in found:
            if of.number(3) & 1:
                if opened:
                    out[-1] = (out[-1][0], value_of(of, 1))
                elif any(value_of(of, 1)) or len(found) == 1:
                    out.append((of, None))
                opened = False
            else:
                opened = not of.number(3) & 2
                out.append((of, None))
        if opened and self.message.to_kernel and len(found) > 1:  # up to the largest there is
            of = out[-1][0]
            out[-1] = (of, b"\1" + bytes(len(value_of(of, 1))))
        return out

    def typed(self, raw: bytes, known: Any, of_data: bool) -> str:
        """A key or what it is mapped to, by the set's types."""
        pieces = None if known is None else typed_pieces(raw, known, of_data)
        if pieces is None:
            half = len(raw) // 2
            if known is not None and of_data and typed_pieces(raw[:half], known, True):
                return self.field_ranges(raw[:half], raw[half:], known, True)
            return key_text(raw)
        words = []
        for number_of_type, start, end in pieces:
            kind = KINDS[number_of_type][0]
            network = not host_order(known, number_of_type, of_data)
            if kind == "be" and not network:
                kind = "host"
            words.append(self.value(kind, raw[start:end], network))
        return " . ".join(words)

    def key(self, of: Nest, end: bytes | None, known: Any) -> str:
        """A key, an interval of them, a prefix."""
        raw = value_of(of, 1)
        if end is not None:
            last = int.from_bytes(end, "big") - 1
            first = int.from_bytes(raw, "big")
            text = self.typed(raw, known, False)
            if last <= first or last >> len(raw) * 8:
                return text
            mask = first ^ last
            if known.key_type in (7, 8) and not mask & (mask + 1) and not first & mask:
                return f"{text}/{len(raw) * 8 - mask.bit_length()}"
            if known.key_type == 41:
                begins = raw.rstrip(b"\0")
                if last + 1 == first + (1 << (len(raw) - len(begins)) * 8):
                    return text_of(begins)[:-1] + '*"'
            return f"{text}-{self.typed(last.to_bytes(len(raw), 'big'), known, False)}"
        if not of.has(10):
            return self.typed(raw, known, False)
        return self.field_ranges(raw, value_of(of, 10), known)

    def field_ranges(self, raw: bytes, end: bytes, known: Any, of_data: bool = False) -> str:
        """A concatenation of ranges, each as an address with its prefix where it is one."""
        pieces = None if known is None else typed_pieces(raw, known, of_data)
        if pieces is None or len(end) != len(raw):
            return f"{key_text(raw)}-{key_text(end)}"
        words = []
        for number_of_type, start, stop in pieces:
            kind, network = KINDS[number_of_type][0], not host_order(known, number_of_type, of_data)
            text = self.value(kind, raw[start:stop], network)
            if raw[start:stop] != end[start:stop]:
                first = int.from_bytes(raw[start:stop], "big")
                mask = first ^ int.from_bytes(end[start:stop], "big")
                if kind in ("ipv4", "ipv6") and not mask & (mask + 1) and not first & mask:
                    text += f"/{(stop - start) * 8 - mask.bit_length()}"
                else:
                    text += f"-{self.value(kind, end[start:stop], network)}"
            words.append(text)
        return " . ".join(words)

    def element(self, data: Nest, end: bytes | None, known: Any) -> str:
        """NFTA_SET_ELEM_KEY, _DATA, _FLAGS, _TIMEOUT, _EXPIRATION, _USERDATA, _EXPR, ..."""
        flags = data.number(3)
        text = "*" if flags & 2 else self.key(data, end, known)
        words = [text]
        if known is not None and known.flags & INTERVAL and not data.has(10) and end is None:
            words.insert(0, "below" if flags & 1 else "" if flags & 2 else "from")
        elif flags & 1:
            words.insert(0, "end of interval")
        self.words = []
        if data.has(11):
            self.run(data.nest(11))
        elif data.has(7):
            self.expression(data.nest(7))
        words += self.words
        if data.number(4):
            words.append(f"timeout {time_text(data.number(4))}")
        if data.number(5):
            words.append(f"expires {time_text(data.number(5))}")
        told = data.raw(6)
        if len(told) > 2 and told[0] == 0 and told[1] + 2 <= len(told):
            words.append("comment " + text_of(told[2 : 2 + told[1]]))
        inside = data.nest(2)
        if inside.has(2):
            words.append(f": {verdict(inside.nest(2))}")
        elif inside.has(1):
            words.append(f": {self.typed(inside.raw(1), known, True)}")
        elif data.has(9):
            words.append(f": {text_of(data.raw(9))}")
        return " ".join([text for text in words if text])


ANONYMOUS: Final = 1  # NFT_SET_*
INTERVAL: Final = 4


def value_of(of: Nest, which: int) -> bytes:
    """NFTA_DATA_VALUE in a nest."""
    return of.nest(which).raw(1)


def set_of(message: Message, family: int, table: bytes, name: bytes, number_of_it: int) -> Any:
    """What the capture has told of a set, None for nothing."""
    return message.context.filter_set(family, table, name, number_of_it, message)


def host_order(known: Any, number_of_type: int, of_data: bool = False) -> bool:
    """Whether a number of this type is in the host's order: in intervals none is."""
    if number_of_type == 4:
        return bool(known.host_data if of_data else known.host_key)
    if KINDS.get(number_of_type, ("", 0))[0] not in HOST_ORDER:
        return False
    return of_data or not known.flags & INTERVAL


def typed_pieces(raw: bytes, known: Any, of_data: bool) -> list[tuple[int, int, int]] | None:
    """Type, start and end of each part of a key or of data; None where the types do not tell."""
    kinds = known.data_type if of_data else known.key_type
    if not kinds or kinds == VERDICT_TYPE:
        return None
    if kinds <= 63:
        size = KINDS.get(kinds, ("", -1))[1]
        return [(kinds, 0, len(raw))] if size in (0, len(raw)) or kinds == 18 else None
    numbers: list[int] = []
    while kinds:
        numbers.insert(0, kinds & 63)
        kinds >>= 6
    sizes = known.fields if not of_data and len(known.fields) == len(numbers) else None
    out, at = [], 0
    for place_of, each in enumerate(numbers):
        size = KINDS.get(each, ("", 0))[1] if sizes is None else sizes[place_of]
        if each not in KINDS or size < 1 or at + size > len(raw):
            return None
        out.append((each, at, at + size))
        at += (size + 3) & ~3
    return out if at == len(raw) else None


STATEMENTS: Final[dict[bytes, Callable[[Expressions, Nest], None]]] = {
    name.encode() + b"\0": getattr(Expressions, name)
    for name in (
        "immediate", "bitwise", "byteorder", "cmp", "range", "lookup", "dynset", "payload",
        "inner", "exthdr", "meta", "rt", "hash", "socket", "ct", "limit", "connlimit", "counter",
        "last", "log", "queue", "quota", "reject", "nat", "tproxy", "masq", "redir", "dup", "fwd",
        "objref", "fib", "osf", "synproxy", "xfrm", "numgen", "tunnel", "notrack",
    )
}  # fmt: skip
STATEMENTS[b"flow_offload\0"] = Expressions.flow
STATEMENTS[b"match\0"] = STATEMENTS[b"target\0"] = Expressions.extension
STATEMENTS.update({name[:-1]: do for name, do in STATEMENTS.items()})  # as some send them
