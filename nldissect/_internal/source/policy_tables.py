"""`nla_policy` tables: what each says of its attributes, by the names of their constants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import TYPE_CHECKING

from .c_declarations import Declarations, Table
from .c_syntax import descend, field, text
from .c_types import Told, Types

if TYPE_CHECKING:
    from tree_sitter import Node

# NLA_ types (net/netlink.h); those that YNL has no word for as what they are in it
_KINDS = {
    "NLA_U8": Told("u8"), "NLA_U16": Told("u16"), "NLA_U32": Told("u32"), "NLA_U64": Told("u64"),
    "NLA_S8": Told("s8"), "NLA_S16": Told("s16"), "NLA_S32": Told("s32"), "NLA_S64": Told("s64"),
    "NLA_UINT": Told("uint"), "NLA_SINT": Told("sint"), "NLA_BE16": Told("u16", True),
    "NLA_BE32": Told("u32", True), "NLA_FLAG": Told("flag"), "NLA_STRING": Told("string"),
    "NLA_NUL_STRING": Told("string"), "NLA_BINARY": Told("binary"), "NLA_NESTED": Told("nest"),
    "NLA_NESTED_ARRAY": Told("nest", array=True), "NLA_MSECS": Told("u64"),
    "NLA_BITFIELD32": Told("bitfield32"), "NLA_UNSPEC": Told(""),
}  # fmt: skip
_CALL = re.compile(r"(\w+) ?\((.*)\)")
_SIZEOF = re.compile(r"sizeof ?\(((?:struct|union) \w+|\w+)\)")


@dataclass
class PolicyTable:
    """One table: what it tells of each attribute, by constant; `refused` are those it rejects."""

    name: str
    rows: dict[str, Told] = attribute(default_factory=dict)
    refused: set[str] = attribute(default_factory=set)
    lengths: bool = False  # a table of lengths that is no nla_policy


def rows_of(value: Node, declared: Declarations) -> Iterator[tuple[str, Node]]:
    """The elements of an initializer with the constants that designate them."""
    for pair in descend(value, "initializer_pair", "comment"):
        if pair.type != "initializer_pair":
            continue
        value_node = field(pair, "value")
        for designator in pair.children_by_field_name("designator"):
            inside = next(iter(designator.named_children), None)
            name = declared.constant(text(inside))
            if name and value_node is not None and designator.type == "subscript_designator":
                yield name, value_node


def members_of(value: Node) -> dict[str, Node]:
    """The members that a struct's initializer names."""
    out: dict[str, Node] = {}
    for pair in value.named_children[:64]:
        designator, inside = field(pair, "designator"), field(pair, "value")
        if designator is not None and inside is not None:
            out[text(designator).lstrip(".")] = inside
    return out


def arguments(words: str) -> list[str]:
    """The arguments of a call, split where no parenthesis is open."""
    out, level, start = [], 0, 0
    for place, char in enumerate(words):
        level += (char in "([{") - (char in ")]}")
        if char == "," and not level:
            out.append(words[start:place].strip())
            start = place + 1
    return [*out, words[start:].strip()]


class PolicyReader:
    """Reads the tables of one source."""

    def __init__(self, declared: Declarations) -> None:
        self.declared = declared
        self.types = Types(declared)

    def tables(self) -> dict[str, PolicyTable]:
        """All of them by name."""
        out = {}
        for table in self.declared.tables.values():
            if table.type.endswith(" nla_policy"):
                out[table.name] = self._table(table)
            elif table.type.startswith("struct "):
                found = self._lengths(table)
                if found.rows:
                    out[table.name] = found
        return out

    def _table(self, table: Table) -> PolicyTable:
        out = PolicyTable(table.name)
        for name, value in rows_of(table.value, self.declared):
            told = self._rule(value)
            if told is None:
                out.refused.add(name)
            else:
                out.rows.setdefault(name, told)
        return out

    def _lengths(self, table: Table) -> PolicyTable:
        """A table of lengths by attribute, as Open vSwitch has: `.len`, and `.next` of nests."""
        out = PolicyTable(table.name, lengths=True)
        for name, value in rows_of(table.value, self.declared):
            members = members_of(value) if value.type == "initializer_list" else {}
            length = text(members.get("len"))
            if not length:
                continue
            if "next" in members:
                nested = text(members["next"]).rpartition(".")[2].strip("& ")
                out.rows[name] = Told("nest", nested=nested)
            elif _SIZEOF.fullmatch(length):
                out.rows[name] = self.types.payload(length, {})
            elif length == "0":
                out.rows[name] = Told("flag")
        return out

    def _rule(self, value: Node) -> Told | None:
        """One row; None for an attribute that is always refused."""
        if value.type == "initializer_list":
            return self._members(members_of(value))
        words = text(value)
        for _ in range(4):
            if words in self.declared.macros:
                words = self.declared.macros[words]
        found = _CALL.fullmatch(words)
        if found is not None:
            return self._macro(found.group(1), arguments(found.group(2)))
        if words == "NLA_POLICY_ETH_ADDR":
            return Told("binary", hint="mac", exact=6)
        inner = re.fullmatch(r"\{(.*)\}", words)
        if inner is None:
            return Told()
        parts = (part.partition("=") for part in arguments(inner.group(1)))
        return self._from_words({name.strip(" ."): value.strip() for name, _, value in parts})

    def _members(self, members: dict[str, Node]) -> Told | None:
        return self._from_words({name: text(node) for name, node in members.items()})

    def _from_words(self, members: dict[str, str]) -> Told | None:
        """A row given by members: .type, .len and, rarely, limits."""
        kind = members.get("type", "")
        if kind == "NLA_REJECT":
            return None
        told = _KINDS.get(kind, Told())
        length = members.get("len", "")
        if told.kind == "string" and length:
            return replace(told, most=self.declared.value(length))
        if told.kind in ("binary", "") and length:
            return self._of_length(told, length)
        if told.kind == "nest":
            nested = members.get("nested_policy", "")
            return replace(told, nested=nested)
        if "max" in members and told.kind:
            return replace(told, high=self.declared.value(members["max"]))
        return told

    def _of_length(self, told: Told, length: str) -> Told:
        """Bytes, by their length; that of NLA_UNSPEC is the least, of NLA_BINARY the most."""
        found = self.types.payload(length, {})
        if found.struct and told.kind:
            return found
        if found.hint and told.kind:
            return found
        size = self.declared.value(length)
        if told.kind:
            return Told("binary", most=size)
        if found.kind != "binary" or found.struct or found.hint:
            return found
        return Told("binary", least=size)

    def _macro(self, name: str, words: list[str]) -> Told | None:
        """A row given by one of the NLA_POLICY_ macros."""
        name = name.removeprefix("NLA_POLICY_")
        first, rest = words[0], words[1:]
        if name in ("NESTED", "NESTED_ARRAY"):
            return Told("nest", nested=first, array=name == "NESTED_ARRAY")
        if name in ("EXACT_LEN", "EXACT_LEN_WARN"):
            return self._exact(first)
        if name == "MIN_LEN":
            return Told("binary", least=self.declared.value(first))
        if name == "MAX_LEN":
            return Told("binary", most=self.declared.value(first))
        if name in ("ETH_ADDR_COMPAT",):
            return Told("binary", hint="mac", exact=6)
        if name == "BITFIELD32":
            return Told("bitfield32")
        told = _KINDS.get(first)
        if told is None:
            return Told()
        return self._limited(name, told, rest)

    def _exact(self, length: str) -> Told:
        """Bytes of a given number, or what has that size by its type."""
        found = self.types.payload(length, {})
        if found.struct or found.hint or found.element or found.kind != "binary":
            return found
        return Told("binary", exact=self.declared.value(length))

    def _limited(self, name: str, told: Told, rest: list[str]) -> Told:
        """A number with limits; those that are an enumeration's constants say which one it is."""
        value = self.declared.value
        numbers = [value(word) for word in rest] + [None, None]
        named = next((w for w in reversed(rest) if self.declared.constant(w)), "")
        if told.kind == "binary" and name == "RANGE":
            same = numbers[0] if numbers[0] == numbers[1] else None
            return replace(told, least=numbers[0], most=numbers[1], exact=same)
        if name == "RANGE":
            return replace(told, low=numbers[0], high=numbers[1], enum=named)
        if name == "MIN":
            return replace(told, low=numbers[0])
        if name == "MAX":
            return replace(told, high=numbers[0], enum=named)
        return told
