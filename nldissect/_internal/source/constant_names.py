"""Enumerations as families of names: their common prefix, and which entries are but bounds."""

from __future__ import annotations

import re
from collections.abc import Container

from .c_declarations import Declarations, Enumeration, Enumerator

_BOUND = re.compile(
    r"(?:.*_)?(?:MAX|LAST|NUM|CNT|COUNT|SIZE|AFTER_LAST|MAX_INDEX)(?:_PLUS1|_INTERNAL)?"
)
_NOTHING = re.compile(r"(?:.*_)?(?:UNSPEC|INVALID|UNUSED|UNDEFINED|NONE)")
_KIND = re.compile(r"(.*?_(?:ATTRS?|A|CMD|C|COMMAND|NLA)_)")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def bound(entry: Enumerator, last: bool) -> bool:
    """Whether an entry only says where an enumeration ends."""
    name = entry.name
    if name.startswith(("__", "NUM_")) or name.endswith("AFTER_LAST"):
        return True
    if not _BOUND.fullmatch(name):
        return False
    return last or bool(entry.expression)


def real_entries(enum: Enumeration, used: Container[str] = ()) -> list[Enumerator]:
    """The entries that are values, each value once; `used` are such whatever they look like."""
    out: list[Enumerator] = []
    seen: set[int] = set()
    count = len(enum.entries)
    for place, entry in enumerate(enum.entries):
        if entry.value is None or entry.value in seen:
            continue
        rescued = entry.name in used and not entry.name.startswith(("_", "NUM_"))
        if rescued or not bound(entry, place >= count - 2):
            seen.add(entry.value)
            out.append(entry)
    return out


def says_nothing(entry: Enumerator) -> bool:
    """Whether it is the entry that stands for no attribute and no command."""
    return entry.value == 0 and _NOTHING.fullmatch(entry.name) is not None


def common_prefix(enum: Enumeration) -> str:
    """What all its names begin with, up to a `_`, bounds without what makes them such."""
    own = [_counted(entry.name.lstrip("_")) for entry in enum.entries]
    if not own:
        return ""
    first, last = min(own), max(own)
    size = 0
    while size < min(len(first), len(last)) and first[size] == last[size]:
        size += 1
    found = first[:size]
    return found[: found.rfind("_") + 1]


def _counted(name: str) -> str:
    """What NUM_X counts, which is X_..."""
    return f"{name[4:].removesuffix('S')}_" if name.startswith("NUM_") else name


def word(constant: str, prefix: str) -> str:
    """The name in a spec of a C constant; "" for one that can have none."""
    rest = constant[len(prefix) :] if constant.startswith(prefix) else constant
    name = rest.lower().replace("_", "-").strip("-")
    return name if constant.isascii() and NAME.fullmatch(name) else ""


class Homes:
    """Which enumeration a constant belongs to; macros of one prefix are one as well."""

    def __init__(self, declared: Declarations) -> None:
        self.declared = declared
        self._made: dict[str, Enumeration] = {}

    def of(self, constant: str) -> Enumeration | None:
        """The enumeration of a constant, or of an expression that is NAME or NAME - 1."""
        constant = constant.strip("() ").partition(" ")[0]
        for _ in range(8):
            found = self.declared.where.get(constant)
            if found is not None:
                return found[0]
            other = self.declared.macros.get(constant, "").strip("() ").partition(" ")[0]
            if other not in self.declared.where and other not in self.declared.macros:
                break
            constant = other
        return self._of_macros(constant)

    def _of_macros(self, constant: str) -> Enumeration | None:
        """Macros that begin alike, as an enumeration."""
        if constant not in self.declared.macros:
            return None
        found = _KIND.match(constant)
        prefix = found.group(1) if found is not None else constant.partition("_")[0] + "_"
        if prefix not in self._made:
            entries = []
            for name in self.declared.macros:
                if name.startswith(prefix):
                    value = self.declared.value(name)
                    if value is not None and self.declared.constant(name) == name:
                        entries.append(Enumerator(name, "", value))
            self._made[prefix] = Enumeration("", entries, True)
        return self._made[prefix]
