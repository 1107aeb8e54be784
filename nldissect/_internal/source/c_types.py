"""What a C type is as an attribute's payload, and what type an operand of sizeof has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .c_declarations import Declarations

_PLAIN = re.compile(r"\*?\(?\*?(\w+)\)?")
_PART = re.compile(r"[&*(]*(\w+)\)?(?:->|\.)([\w.>-]+?)\)?")
_SIZEOF = re.compile(r"sizeof ?\((.*)\)|sizeof (\S+)")
_TIMES = re.compile(r"(?:.+ \* (sizeof ?\([^()]+\))|(sizeof ?\([^()]+\)) \* .+)")
_WORDS = {
    "u8": "u8", "u16": "u16", "u32": "u32", "u64": "u64", "s8": "s8", "s16": "s16", "s32": "s32",
    "s64": "s64", "be16": "u16", "be32": "u32", "be64": "u64", "le16": "u16", "le32": "u32",
    "le64": "u64", "aligned_u64": "u64", "sum16": "u16", "wsum": "u32", "int": "s32",
    "unsigned int": "u32", "char": "u8", "bool": "u8", "long long": "s64", "short": "s16",
    "unsigned long long": "u64", "unsigned short": "u16", "unsigned char": "u8", "unsigned": "u32",
    "uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32", "uint64_t": "u64", "int8_t": "s8",
    "int16_t": "s16", "int32_t": "s32", "int64_t": "s64", "aligned_be64": "u64",
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What one place in the source tells of an attribute: `kind` as YNL has it, "" for nothing.

    `struct`, `nested` and `enum` are names in C: of a struct, of a policy, of a constant.
    """

    kind: str = ""
    big: bool | None = None
    hint: str = ""
    exact: int | None = None
    least: int | None = None
    most: int | None = None
    low: int | None = None
    high: int | None = None
    struct: str = ""
    element: str = ""  # the type of a C array's elements
    nested: str = ""
    array: bool = False  # the numbers inside are indices
    enum: str = ""
    pad: str = ""  # the attribute that pads before it


def of_type(kind: str) -> Told | None:
    """A payload of this C type; None for one that is not known."""
    kind = kind.removeprefix("const ").strip()
    if kind == "struct in_addr":
        return Told("u32", True, "ipv4")
    if kind == "struct in6_addr":
        return Told("binary", hint="ipv6", exact=16)
    if kind == "union nf_inet_addr":
        return Told("binary", exact=16)
    if kind == "struct nla_bitfield32":
        return Told("bitfield32")
    if kind.startswith("struct "):
        return Told("binary", struct=kind[7:])
    word = kind.removeprefix("__")
    if kind.startswith("enum "):
        return Told("u32", enum=kind)
    if word not in _WORDS:
        return None
    big = True if "be" in word[:10] and word[-2:].isdigit() else None
    if word.startswith("le"):
        big = False
    return Told(_WORDS[word], big)


class Types:
    """Types of operands, by what is declared and by the variables of a function."""

    def __init__(self, declared: Declarations) -> None:
        self.declared = declared

    def operand(self, expression: str, scope: Mapping[str, str]) -> str:
        """The type of what `sizeof` is asked of; "" where it is not known."""
        expression = expression.strip()
        if expression.startswith(("struct ", "union ", "enum ")) or self._is_type(expression):
            return expression
        plain = _PLAIN.fullmatch(expression)
        if plain is not None:
            return scope.get(plain.group(1), "")
        part = _PART.fullmatch(expression)
        if part is None:
            return ""
        kind = scope.get(part.group(1), "")
        for name in re.split(r"->|\.", part.group(2))[:8]:
            kind = self._member(kind, name)
        return kind

    def _is_type(self, expression: str) -> bool:
        return expression.replace(" ", "").replace("_", "").isalnum() and (
            of_type(expression) is not None
        )

    def _member(self, kind: str, name: str) -> str:
        for member in self.declared.structs.get(kind.split()[-1] if kind else "", ()):
            if member.name == name:
                return "" if member.pointer else member.type + "[]" * len(member.sizes)
        return ""

    def payload(self, length: str, scope: Mapping[str, str]) -> Told:
        """A payload of bytes, by the expression of its length."""
        found = _SIZEOF.fullmatch(length)
        if found is not None:
            kind = self.operand(found.group(1) or found.group(2), scope)
            told = None if kind.endswith("[]") else of_type(kind)
            if told is not None:
                if told.enum:
                    return replace(told, enum="")
                return told
        times = _TIMES.fullmatch(length)
        if times is not None:
            inner = self.payload(times.group(1) or times.group(2), scope)
            if inner.struct or (inner.kind not in ("", "binary") and inner.big is None):
                return Told("binary", element=inner.kind, struct=inner.struct)
            return Told("binary")
        if length in ("ETH_ALEN",):
            return Told("binary", hint="mac", exact=6)
        size = self.declared.value(length)
        return Told("binary", exact=size) if size is not None and size > 0 else Told("binary")
