"""What an attribute is, by all that is told of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from dataclasses import field as attribute

from .attribute_facts import FactReader, Facts
from .c_declarations import Enumeration
from .c_types import Told
from .constant_names import Homes, common_prefix

_TYPES = r"(?:__)?(be16|be32|be64|u8|u16|u32|u64|s8|s16|s32|s64)"
# Comments that begin with a type, and kernel-doc that names one as such.
_BEGINS = re.compile(
    rf"/\*+<?!?\s*(?:(?:one|an?) )?(?:{_TYPES}|(flag|string|nested|nest)|struct (\w+))\b", re.I
)
_NAMES = re.compile(
    rf"\(\s*{_TYPES}\s*[),]|\b{_TYPES} (?:attribute|value)|\b(flag|nested|string) attribute", re.I
)
_NO_ARGUMENT = re.compile(r"/\*+<?\s*no (?:argument|payload|data)\b", re.I)
_NAMED = re.compile(r"\b([A-Z][A-Z0-9_]*_)\*|\benum (\w+)|\b&(\w+)")
_SCALARS = frozenset(("u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "uint", "sint"))
_WIDTHS = {"u8": 1, "s8": 1, "u16": 2, "s16": 2, "u32": 4, "s32": 4, "u64": 8, "s64": 8}
_PADS = re.compile(r".*_PAD\d?|PAD")


@dataclass
class Decided:
    """What an attribute is; `request` differs where messages to the kernel have another type."""

    told: Told
    nested: Enumeration | None = None
    element: str = ""  # of an array: nest, or a type
    element_told: Told | None = None
    multi: bool = False
    request: Told | None = None
    note: str = ""
    empty: bool = False  # also without a payload, as a flag
    limits: Told = attribute(default_factory=Told)


class Decider:
    """Decides on one source's attributes."""

    def __init__(self, reader: FactReader, homes: Homes) -> None:
        self.reader = reader
        self.homes = homes
        self.declared = reader.declared
        self.structs = self.declared.structs
        self._prefixes: dict[str, Enumeration] = {}
        self._tags: dict[str, Enumeration] = {}
        for enum in self.declared.enums:
            self._prefixes.setdefault(common_prefix(enum), enum)
            self._tags.setdefault(enum.tag, enum)
        self._prefixes.pop("", None)
        self._tags.pop("", None)

    def of(self, name: str, pads: frozenset[str] = frozenset()) -> Decided:
        """One attribute."""
        facts = self.reader.facts.get(name, Facts())
        kind = self._kind(facts)
        if (not kind and _PADS.fullmatch(name)) or (name in pads and not facts.policies):
            return Decided(Told("pad"))
        said = self._comment(name)
        out = Decided(Told(kind))
        if not kind:
            found = self._of_comment(said)
            if found is not None:
                out.told, out.note = found, "by its comment"
            elif self._prefixes.get(f"{name}_") not in (None, self.homes.of(name)):
                out.told, out.note = Told("nest"), "by its name"
            else:
                out.told, out.note = Told("binary"), "nothing says what it is"
                return out
        if kind == "flag" and facts.puts and all(one.kind == "nest" for one in facts.puts):
            out.told, out.request = Told("nest"), Told("flag")
        if out.told.kind == "nest":
            self._nest(name, facts, said, out)
        else:
            self._detail(facts, said, out)
        out.multi = facts.multi and not out.element
        return out

    # -- the type ----------------------------------------------------------------

    def _kind(self, facts: Facts) -> str:
        """The type by policies, else by what is put, else by what is got."""
        for heap in (facts.policies, facts.puts, facts.gets):
            kinds = Counter(told.kind for told in heap if told.kind)
            if not kinds:
                continue
            kind = kinds.most_common(1)[0][0]
            if any(told.element for told in heap):
                return "binary"
            if kind == "binary":
                return self._more_than_bytes(facts)
            return "uint" if kinds.keys() == {"u32", "u64"} else kind
        return ""

    def _more_than_bytes(self, facts: Facts) -> str:
        """What a policy calls binary: it may be a nest, a number or text all the same."""
        others = Counter(
            told.kind for told in (*facts.puts, *facts.gets) if told.kind not in ("", "binary")
        )
        size = next((told.exact for told in facts.policies if told.exact), None)
        for kind, _ in others.most_common(1):
            if kind == "string" or (kind == "nest" and self._parsed(facts)):
                return kind
            if not facts.policies or size == _WIDTHS.get(kind):
                return kind if kind in _SCALARS else "binary"
        return "binary"

    @staticmethod
    def _parsed(facts: Facts) -> bool:
        """Whether nothing speaks against a nest: it is read as one, or no policy says otherwise."""
        return not facts.policies or any(told.kind == "nest" for told in facts.gets)

    def _detail(self, facts: Facts, said: str, out: Decided) -> None:
        """Byte order, hints, structs, enumerations and limits of what is no nest."""
        told = facts.told()
        kind = out.told.kind
        alike = [one for one in told if one.kind == kind]
        big = next((one.big for one in alike if one.big is not None), out.told.big)
        hint = next((one.hint for one in alike if one.hint), out.told.hint)
        out.told = replace(out.told, big=big, hint=hint)
        hints = {one.hint for one in told if one.hint in ("ipv4", "ipv6")}
        if len(hints) == 2:  # one attribute for addresses of both kinds
            out.told = Told("binary", hint="ipv4-or-v6")
        elif kind == "binary":
            self._bytes(alike, out)
        elif kind in _SCALARS:
            enum = next((one.enum for one in alike if one.enum), "")
            out.told = replace(out.told, enum=enum or self._enum_of_comment(said))
        self._answers(facts, out)
        for one in facts.policies:
            out.limits = _limits(out.limits, one)

    def _bytes(self, alike: list[Told], out: Decided) -> None:
        """Bytes that are a struct, an array or an address."""
        structs = {one.struct for one in alike if one.struct}
        elements = {one.element for one in alike if one.element}
        if len(structs) == 1 and structs <= self.structs.keys():
            out.told = replace(out.told, struct=structs.pop(), array=bool(elements))
        elif not structs and len(elements) == 1:
            out.told = replace(out.told, element=elements.pop())

    def _answers(self, facts: Facts, out: Decided) -> None:
        """A number whose size differs between what is asked and what is put."""
        puts = Counter(one.kind for one in facts.puts if one.kind in _SCALARS)
        asked = out.told
        out.empty = asked.kind in _WIDTHS and any(one.kind == "flag" for one in facts.puts)
        if not facts.policies or asked.kind not in _WIDTHS or len(puts) != 1:
            return
        kind = next(iter(puts))
        if kind in _WIDTHS and _WIDTHS[kind] != _WIDTHS[asked.kind]:
            out.told = replace(asked, kind=kind)
            out.request = Told(asked.kind)

    # -- nests --------------------------------------------------------------------

    def _nest(self, name: str, facts: Facts, said: str, out: Decided) -> None:
        """What is in a nest: attributes of a set, or entries under indices."""
        inner = self.reader.facts.get(f"{name}[]")
        array = any(one.array for one in facts.policies)
        known = any(self._known(key) for key in facts.inside)
        loose = inner is not None and (inner.told() or inner.parsers) and not known
        named = known and (facts.named or not facts.entries)
        plain = any(one.nested in self.reader.tables and not one.array for one in facts.policies)
        array = array or (bool(facts.entries or loose) and not named and not plain)
        out.nested = self._set_inside(facts, array)
        if array:
            out.element = "nest"
            if out.nested is None and inner is not None:
                self._element(inner, out)
            if out.element == "nest" and out.nested is None:
                out.nested = self._set_of_words(name, said)
            if out.element == "nest" and out.nested is None:
                out.element = "binary"
        elif out.nested is None:
            out.nested = self._set_of_words(name, said)
            if out.nested is None:
                out.note = "a nest, of which nothing says what is in it"

    def _known(self, name: str) -> bool:
        """Whether anything is told of an attribute."""
        facts = self.reader.facts.get(name)
        return facts is not None and bool(facts.told())

    def _element(self, inner: Facts, out: Decided) -> None:
        """The entries of an array."""
        kind = self._kind(inner)
        out.nested = self._set_inside(inner, False)
        if out.nested is None and kind and kind != "nest":
            out.element = kind
            alike = [one for one in inner.told() if one.kind == kind]
            big = next((one.big for one in alike if one.big is not None), None)
            hint = next((one.hint for one in alike if one.hint), "")
            struct = next((one.struct for one in alike if one.struct in self.structs), "")
            out.element_told = Told(kind, big, hint, struct=struct)

    def _set_inside(self, facts: Facts, array: bool) -> Enumeration | None:
        """The set of what is in a nest: by its policy, by what is put or parsed."""
        for told in facts.policies:
            found = self.set_of_policy(told.nested)
            if found is not None:
                return found
        for policy, most in facts.parsers:
            found = self.set_of_policy(policy) or self.homes.of(most)
            if found is not None:
                return found
        if array and not facts.named:
            return None
        homes = Counter(home for key in facts.inside if (home := self.homes.of(key)) is not None)
        return homes.most_common(1)[0][0] if homes else None

    def set_of_policy(self, name: str) -> Enumeration | None:
        """The enumeration that a policy's attributes are of."""
        table = self.reader.tables.get(name)
        if table is None:
            return None
        homes = Counter(
            home
            for key in (*table.rows, *table.refused)
            if (home := self.homes.of(key)) is not None
        )
        return homes.most_common(1)[0][0] if homes else None

    def _set_of_words(self, name: str, said: str) -> Enumeration | None:
        """A set that the comment names, or whose prefix is the attribute's own name."""
        own = self.homes.of(name)
        for found in _NAMED.finditer(said):
            prefix, tag, other = found.groups()
            enum = self._prefixes.get(prefix or "") or self._tags.get(tag or other or "")
            if enum is not None and enum is not own:
                return enum
        for prefix in (f"{name}_", f"{name}_A_", f"{name}_ATTR_", f"{name.removesuffix('S')}_"):
            if prefix in self._prefixes and self._prefixes[prefix] is not own:
                return self._prefixes[prefix]
        if own is not None and any(one.name.startswith(f"{name}_") for one in own.entries):
            return own
        return None

    # -- comments -------------------------------------------------------------------

    def _comment(self, name: str) -> str:
        known = self.declared.where.get(name)
        own = "" if known is None else known[1].comment
        return f"{own} {self.declared.documented.get(name, '')}"

    def _of_comment(self, said: str) -> Told | None:
        """The type that a comment begins with or names."""
        if _NO_ARGUMENT.match(said):
            return Told("flag")
        found = _BEGINS.match(said)
        if found is not None and found.group(3):
            return Told("binary", struct=found.group(3)) if found.group(3) in self.structs else None
        if found is None:
            found = _NAMES.search(said[: said.find(".") + 1 or 200])
        if found is None:
            return None
        kind = next(one for one in found.groups() if one).lower()
        if kind.startswith("be"):
            return Told(f"u{kind[2:]}", True)
        return Told("nest" if kind.startswith("nest") else kind)

    def _enum_of_comment(self, said: str) -> str:
        for found in _NAMED.finditer(said[:240]):
            tag = found.group(2) or found.group(3)
            if tag in self._tags:
                return f"enum {tag}"
        return ""

    def enum_of(self, told: Told) -> Enumeration | None:
        """The enumeration of a number's values."""
        if told.enum.startswith("enum "):
            return self._tags.get(told.enum[5:])
        return self.homes.of(told.enum) if told.enum else None


def _limits(known: Told, more: Told) -> Told:
    """Limits that hold by all policies: the widest, since each is for its own requests."""
    if not known.kind:
        return more
    if known == more or not more.kind:
        return known

    def widest(first: int | None, second: int | None, sign: int) -> int | None:
        if first is None or second is None:
            return None
        return max(first, second) if sign > 0 else min(first, second)

    return replace(
        known,
        exact=known.exact if known.exact == more.exact else None,
        least=widest(known.least, more.least, -1),
        most=widest(known.most, more.most, 1),
        low=widest(known.low, more.low, -1),
        high=widest(known.high, more.high, 1),
    )
