"""Fields by dotted paths, among nodes and on the tape of a walk.

A name in a path is a field's spec name, its C constant or its number. `_` is the same as `-`, and
upper case is for constants. The entries of an array need not be named, nor a header around its
members; where an attribute and such a member at the same level share a name, it is the attribute.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, final

from librt.vecs import vec
from mypy_extensions import i64

from . import spec as m
from .engine import (
    DEPTH_AT,
    DEPTH_MASK,
    FIELD_MASK,
    GIVEN,
    INDEX_AT,
    INDEXED,
    IS_ATTRIBUTE,
    MARKS_AT,
    UNKNOWN,
    Engine,
)
from .text import near

if TYPE_CHECKING:
    from .tree import Node

# What ip(8) calls things that the kernel names otherwise: the C constant or struct member, and
# what ip adds to the number. Filters know them.
WORDS_OF_IP: Final[dict[str, dict[str, int]]] = {
    "nexthop": {"RTA_MULTIPATH": 0, "NHA_GROUP": 0},
    "via": {"RTA_VIA": 0, "RTA_GATEWAY": 0, "NHA_GATEWAY": 0},
    "dev": {"RTA_OIF": 0, "NHA_OIF": 0, "rtnh-ifindex": 0},
    "weight": {"rtnh-hops": 1},
}


# The same by constant or member.
_IP: Final[dict[str, list[str]]] = {
    name: [word for word, meant in WORDS_OF_IP.items() if name in meant]
    for names in WORDS_OF_IP.values()
    for name in names
}


def plain(name: str) -> str:
    """A name as it is compared: C constants as they are, else in lower case with dashes."""
    return name if name.isupper() else name.lower().replace("_", "-")


_names: dict[m.Field, frozenset[str]] = {}
_KEPT: Final = 8192


def names_of(field: m.Field) -> frozenset[str]:
    """Every plain name of a field: the spec's, the C constant's, the number."""
    found = _names.get(field)
    if found is None:
        if len(_names) >= _KEPT:
            _names.clear()
        names = {plain(field.name)}
        if field.constant:
            names |= {field.constant, plain(field.constant.lower())}
        if field.number >= 0:
            names.add(str(field.number))
        found = _names[field] = frozenset(names)
    return found


def words_for(field: m.Field) -> list[str]:
    """What ip(8) calls a field."""
    words = _IP.get(field.constant or "") or []
    return words if field.number >= 0 else words + (_IP.get(field.name) or [])


def is_header(field: m.Field) -> bool:
    """Whether a field is a struct that is no attribute: its own name may be left out."""
    return field.number < 0 and (field.kind == m.STRUCT or field.kind == m.HEADER)


# -- on a tape -------------------------------------------------------------------------

_DEPTHS: Final = 260  # levels that a tape can have, and some
_HEADER: Final = 1 << 61  # of a row's bits: it is a header
_MOST: Final = 60  # names in a path; no tree is as deep


@final
class Path:
    """Finds what a path ends at on the tapes of one registry's messages.

    With `top` the first name is one at the top (with `echoed` of an echoed request too), else it
    may lie anywhere; `ip` lets ip(8)'s words count as names. While a tape is gone through, a
    state is a bit per name: those of the path before it lie above.
    """

    def __init__(
        self, names: tuple[str, ...], top: bool = False, ip: bool = False, echoed: bool = False
    ) -> None:
        self.names = names
        self._ip = ip
        self._echoed = echoed
        count = len(names) if len(names) <= _MOST else 0
        self._bits: list[int] = [1 << i for i in range(count)]
        self._every: i64 = (1 << count) - 1
        self._last: i64 = (1 << count) >> 1
        self._always: i64 = 0 if top else 1
        # Those that may stand for what lies in an entry of an array.
        self._skipping: i64 = sum(
            1 << i for i in range(count) if not names[i].isdecimal()
        )
        self._numbered = any(name.isdecimal() or name.startswith("attr ") for name in names)
        self._tables: object = None
        self._rows = vec[i64]([-1])  # the bits of each row's names; -1: not known yet
        self._states = vec[i64]([0] * _DEPTHS)
        self._above = vec[i64]([-2] * _DEPTHS)  # the place of what lies above, by depth
        self._headers = vec[i64]([0] * _DEPTHS)  # whether that is a header

    def _named(self, names: frozenset[str]) -> int:
        bits = 0
        for i, bit in enumerate(self._bits):
            if self.names[i] in names:
                bits |= bit
        return bits

    def _of_field(self, field: m.Field) -> int:
        names = names_of(field)
        if self._ip:
            names = names.union(words_for(field))
        return self._named(names) | (_HEADER if is_header(field) else 0)

    def _of_row(self, engine: Engine, row: i64) -> i64:
        """The bits of a row; learns them."""
        fields = engine.tables.fields
        if self._tables is not engine.tables or row >= i64(len(self._rows)):
            kept = 0 if self._tables is not engine.tables else len(self._rows)
            rows = vec[i64]([-1] * (2 * len(fields)))
            for i in range(kept):
                rows[i] = self._rows[i]
            self._rows = rows
            self._tables = engine.tables
        found = i64(self._of_field(fields[row]))
        self._rows[row] = found
        return found

    def find(self, engine: Engine, inside: i64) -> list[int]:
        """The places on the engine's tape, in order, inside of the one at a place; -2: of all."""
        tape, size, states = engine.tape, engine.size, self._states
        rows = self._rows if self._tables is engine.tables else vec[i64]([])
        known = i64(len(rows))
        always, every, last = self._always, self._every, self._last
        above, headers = self._above, self._headers
        out: list[int] = []
        members: list[tuple[int, int]] = []  # hits in headers, with the place around these
        levels: list[int] = []  # around attributes that are hits
        base: i64 = 0
        if inside >= 0:
            base = (tape[inside] >> DEPTH_AT & DEPTH_MASK) + 1
        states[base], headers[base], above[base] = 1, 0, inside
        place = inside + 2
        while place < size:
            first = tape[place]
            depth = first >> DEPTH_AT & DEPTH_MASK
            if depth < base:
                break
            state = states[depth]
            if state == 0:
                states[depth + 1] = 0
                place += 2
                continue
            marks = first >> MARKS_AT & 0xFF
            below = always
            skips = False  # whether it is an entry, whose index need not be named
            if marks & (GIVEN | UNKNOWN | INDEXED) == 0:
                row = first & FIELD_MASK
                bits: i64 = rows[row] if row < known else -1
                if bits < 0:
                    bits = self._of_row(engine, row)
                    rows = self._rows
                    known = i64(len(rows))
            elif marks & GIVEN:
                made: Any = engine.given[int(place)]
                field: m.Field = made.field
                bits = i64(self._of_field(field))
                skips = field.name.isdigit()
            else:
                bits = 0
                if self._numbered:
                    index = int(first >> INDEX_AT)
                    bits = i64(self._named(frozenset((str(index), f"attr {index}"))))
                skips = marks & INDEXED != 0
            got = state & bits
            below = ((got << 1) & every) | always
            headers[depth + 1] = 0
            if skips:
                below |= state & self._skipping
            elif bits & _HEADER:
                below |= state
                headers[depth + 1] = 1
            elif self._echoed and place == engine.echo:
                below |= 1
            if got & last:
                out.append(int(place))
                if headers[depth]:
                    members.append((int(place), int(above[depth - 1])))
                elif marks & IS_ATTRIBUTE:
                    levels.append(int(above[depth]))
            states[depth + 1] = below
            above[depth + 1] = place
            place += 2
        if members and levels:
            hidden = [member for member, level in members if level in levels]
            out = [hit for hit in out if hit not in hidden]
        return out


# -- among nodes -----------------------------------------------------------------------


def find(nodes: list[Node], path: str) -> Node | None:
    """The first node at a dotted path; see `find_all`."""
    for node in find_all(nodes, path):
        return node
    return None


def find_all(nodes: list[Node], path: str) -> Iterator[Node]:
    """Every node at a dotted path that begins at these nodes, in order.

    The entries of an array need not be named: `ops.id` finds each of them.
    A header's members are found with and without the header's own name.
    """
    yield from _find(nodes, [plain(part) for part in path.split(".")], 0)


def _find(nodes: list[Node], parts: list[str], at: int) -> Iterator[Node]:
    want = parts[at]
    last = at + 1 == len(parts)
    named = False
    for node in nodes:
        field = node.field
        if want in names_of(field):
            named = True
            if last:
                yield node
            else:
                yield from _find(node.children, parts, at + 1)
        elif field.name.isdigit() and not want.isdigit():
            yield from _find(node.children, parts, at)
    if last and not named:  # an attribute `version` is not the header's `version`
        for node in nodes:
            if is_header(node.field):
                for child in node.children:
                    if want in names_of(child.field):
                        yield child


def missing(nodes: list[Node], path: str) -> str:
    """What to say of a path that is not there, with the nearest that is."""
    names: list[str] = []
    _paths(nodes, "", names)
    return f"no {path!r} in this message{near(path, names)}"


def _paths(nodes: list[Node], above: str, out: list[str]) -> None:
    for node in nodes:
        here = f"{above}.{node.field.name}" if above else node.field.name
        out.append(here)
        if node.field.constant is not None:
            out.append(node.field.constant)
        if node.field.number < 0 and node.field.kind == m.STRUCT:
            out += [child.field.name for child in node.children]
        _paths(node.children, here, out)
