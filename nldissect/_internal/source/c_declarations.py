"""What C files declare: enumerations, macros, structs, tables with initial values, functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import TYPE_CHECKING

from . import c_expressions, c_syntax
from .c_expressions import KNOWN, SIZES
from .c_syntax import CText, descend, field, name_in, text

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_MEMBERS = 1000
MAX_DOC = 600  # of what kernel-doc says of a constant
_KERNEL_DOC = re.compile(r"@(\w+):")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STRING = re.compile(r'"([^"\\]*)"')


@dataclass
class Enumerator:
    """One constant of an enumeration; `value` is None where its expression is not understood."""

    name: str
    expression: str
    value: int | None = None
    comment: str = ""


@dataclass(eq=False)
class Enumeration:
    """An enumeration, or macros that are used as one; `tag` is its name in C, if it has one."""

    tag: str
    entries: list[Enumerator]
    settled: bool = False


@dataclass
class Member:
    """A member of a struct: its type, whether it is a pointer, and the sizes of its arrays."""

    name: str
    type: str
    sizes: list[str]
    bits: bool = False
    pointer: bool = False


# Of headers that no module brings along.
_STRUCTS = {
    "__kernel_timespec": [Member("tv_sec", "s64", []), Member("tv_nsec", "s64", [])],
}  # fmt: skip


@dataclass
class Table:
    """A variable with an initializer list."""

    name: str
    type: str
    value: Node


@dataclass
class Function:
    """A function's body, and its parameters with their types."""

    name: str
    parameters: list[tuple[str, str]]
    body: Node
    source: CText


@dataclass
class Declarations:
    """All that the files declare, by name; of what is declared twice the first holds."""

    enums: list[Enumeration] = attribute(default_factory=list)
    where: dict[str, tuple[Enumeration, Enumerator]] = attribute(default_factory=dict)
    macros: dict[str, str] = attribute(default_factory=dict)
    calls: dict[str, tuple[list[str], str]] = attribute(default_factory=dict)  # macros with those
    structs: dict[str, list[Member]] = attribute(default_factory=lambda: dict(_STRUCTS))
    tables: dict[str, Table] = attribute(default_factory=dict)
    functions: dict[str, Function] = attribute(default_factory=dict)
    documented: dict[str, str] = attribute(default_factory=dict)  # constants, in kernel-doc
    includes: list[str] = attribute(default_factory=list)
    _values: dict[str, int | None] = attribute(default_factory=dict)
    _sizes: dict[str, int | None] = attribute(default_factory=dict)

    def add(self, source: CText) -> None:
        """Takes in all that a file declares."""
        for node in descend(source.root, "initializer_list", "comment", "argument_list"):
            kind = node.type
            if kind == "enum_specifier":
                self._add_enum(node)
            elif kind in ("struct_specifier", "union_specifier"):
                self._add_struct(node)
            elif kind == "preproc_def":
                self._add_macro(node)
            elif kind == "preproc_function_def":
                self._add_call(node)
            elif kind == "declaration":
                self._add_tables(node)
            elif kind == "function_definition":
                self._add_function(node, source)
            elif kind == "comment":
                self._add_comment(node)
            elif kind == "preproc_include":
                self.includes.append(text(field(node, "path")).strip('<>"'))

    def settle(self) -> None:
        """Numbers the enumerations, once all files are in."""
        for enum in self.enums:
            self._number(enum, 0)

    # -- values ----------------------------------------------------------------

    def value(self, expression: str) -> int | None:
        """The value of a constant expression."""
        return c_expressions.evaluate(expression, self._lookup, self.size_of)

    def _lookup(self, name: str, depth: int) -> int | None:
        """The value of an enumerator or macro."""
        known = self.where.get(name)
        if known is not None:
            if not known[0].settled:
                self._number(known[0], depth)
            return known[1].value
        if name in self._values:
            return self._values[name]
        if name not in self.macros:
            return KNOWN.get(name)
        self._values[name] = None  # while it is looked for, so that no macro is its own value
        found = c_expressions.evaluate(self.macros[name], self._lookup, self.size_of, depth + 1)
        self._values[name] = found
        return found

    def _number(self, enum: Enumeration, depth: int) -> None:
        """Gives the entries of an enumeration their values."""
        if enum.settled:
            return
        enum.settled = True
        last: int | None = -1
        for entry in enum.entries:
            if entry.expression:
                last = c_expressions.evaluate(
                    entry.expression, self._lookup, self.size_of, depth + 1
                )
            elif last is not None:
                last += 1
            entry.value = last

    def size_of(self, kind: str) -> int | None:
        """The size of a type, None of one that is not known."""
        kind = kind.removeprefix("const ").strip()
        found = SIZES.get(kind)
        if found is not None or not kind.startswith(("struct ", "union ")):
            return found
        if kind not in self._sizes:
            self._sizes[kind] = None
            self._sizes[kind] = self._struct_size(kind)
        return self._sizes[kind]

    def _struct_size(self, kind: str) -> int | None:
        """The size of a struct or union by its members, with padding."""
        members = self.structs.get(kind.split()[-1])
        if not members:
            return None
        size = align = widest = 0
        for member in members:
            one = self.size_of(member.type)
            if one is None or member.bits or member.pointer:
                return None
            own = min(one, 8) if member.type in SIZES else 4
            own = own if own in (1, 2, 4, 8) else 1
            for length in member.sizes:
                one *= self.value(length) or 0
            size += -size % own + one
            widest, align = max(widest, one), max(align, own)
        size = widest if kind.startswith("union") else size
        return size + -size % max(align, 1)

    def string(self, expression: str) -> str:
        """The text that a literal or a macro of one has."""
        for _ in range(8):
            found = _STRING.fullmatch(expression)
            if found is not None:
                return found.group(1)
            if expression not in self.macros:
                return ""
            expression = self.macros[expression]
        return ""

    def constant(self, expression: str) -> str:
        """The name of an enumerator or of a macro with a value; "" for all else."""
        if not _WORD.fullmatch(expression):
            return ""
        alias = self.macros.get(expression, "")
        if expression not in self.where and alias in self.where:
            return alias
        known = expression in self.where or self._lookup(expression, 0) is not None
        return expression if known and expression not in KNOWN else ""

    # -- taking in -------------------------------------------------------------

    def _add_enum(self, node: Node) -> None:
        body = field(node, "body")
        if body is None:
            return
        enum = Enumeration(text(field(node, "name")), [])
        row = -1
        for one in descend(body, "enumerator"):
            if one.type == "enumerator":
                name = text(field(one, "name"))
                entry = Enumerator(name, text(field(one, "value")))
                row = one.end_point[0]
                if name and name not in self.where:
                    enum.entries.append(entry)
                    self.where[name] = (enum, entry)
            elif one.type == "comment" and enum.entries and one.start_point[0] == row:
                enum.entries[-1].comment += text(one)
        if enum.entries:
            self.enums.append(enum)

    def _add_struct(self, node: Node) -> None:
        name, body = text(field(node, "name")), field(node, "body")
        if body is not None and name and name not in self.structs:
            self.structs[name] = _members(body)

    def _add_macro(self, node: Node) -> None:
        name, value = text(field(node, "name")), text(field(node, "value"))
        value = value.partition("/*")[0].partition("//")[0].strip()
        if value and value != name:
            self.macros.setdefault(name, value)

    def _add_call(self, node: Node) -> None:
        names = [text(one) for one in descend(field(node, "parameters") or node, "preproc_arg")]
        body = text(field(node, "value")).replace("\\ ", " ")
        if body:
            self.calls.setdefault(text(field(node, "name")), (names[1:], body))

    def _add_tables(self, node: Node) -> None:
        kind = text(field(node, "type"))
        for one in node.children_by_field_name("declarator"):
            value = field(one, "value") if one.type == "init_declarator" else None
            if value is not None and value.type == "initializer_list":
                name = name_in(field(one, "declarator"))
                self.tables.setdefault(name, Table(name, kind, value))

    def _add_function(self, node: Node, source: CText) -> None:
        body, declarator = field(node, "body"), field(node, "declarator")
        while declarator is not None and declarator.type == "pointer_declarator":
            declarator = field(declarator, "declarator")
        if body is None or declarator is None or declarator.type != "function_declarator":
            return
        name = name_in(field(declarator, "declarator"))
        listed = field(declarator, "parameters")
        parameters = [
            (name_in(field(one, "declarator")), text(field(one, "type")))
            for one in (() if listed is None else listed.named_children)
            if one.type == "parameter_declaration"
        ]
        if name:
            self.functions.setdefault(name, Function(name, parameters, body, source))

    def _add_comment(self, node: Node) -> None:
        """What kernel-doc says of constants."""
        said = (node.text or b"").decode("utf-8", "replace")
        if not said.startswith("/**"):
            return
        names = list(_KERNEL_DOC.finditer(said))
        ends = [*(found.start() for found in names[1:]), len(said)]
        for found, end in zip(names, ends, strict=False):
            start = found.end()
            self.documented.setdefault(found.group(1), said[start : min(end, start + MAX_DOC)])


def _members(body: Node) -> list[Member]:
    """The members of a struct; those of unnamed structs inside it are its own, of unions the first
    that is as good as any."""
    out: list[Member] = []
    for node in descend(body, "field_declaration"):
        if node.type != "field_declaration" or len(out) >= MAX_MEMBERS:
            continue
        kind = field(node, "type")
        declarators = node.children_by_field_name("declarator")
        nested = None if kind is None else field(kind, "body")
        if kind is None or (nested is not None and declarators):
            return []  # a struct of its own inside, with a name: not told apart
        if nested is not None:
            out += _of_unnamed(kind.type, nested)
            continue
        bits = any(one.type == "bitfield_clause" for one in node.named_children)
        out += [_member(text(kind), one, bits) for one in declarators]
    return out


def _of_unnamed(kind: str, body: Node) -> Iterable[Member]:
    """The members of an unnamed struct or union in another; of a union none are told apart."""
    if kind != "struct_specifier":
        return [Member("", "", [], True)]
    return [
        _member(text(field(node, "type")), one, False)
        for node in descend(body, "field_declaration")
        if node.type == "field_declaration"
        for one in node.children_by_field_name("declarator")
    ]


def _member(kind: str, declarator: Node, bits: bool) -> Member:
    """One member, by its declarator."""
    sizes: list[str] = []
    pointer = False
    node: Node | None = declarator
    for _ in range(8):
        if node is None or node.type == "field_identifier":
            break
        if node.type == "array_declarator":
            sizes.append(text(field(node, "size")))
        pointer = pointer or node.type in ("pointer_declarator", "function_declarator")
        node = field(node, "declarator")
    return Member(name_in(declarator), kind, sizes, bits, pointer)


def collected(sources: Iterable[CText]) -> Declarations:
    """What all these files declare."""
    out = Declarations()
    for source in sources:
        out.add(source)
    out.settle()
    return out


def load(paths: Iterable[str]) -> Declarations:
    """What the files of these names declare; raises UsageError for one that cannot be read."""
    return collected(c_syntax.read(path) for path in paths)
