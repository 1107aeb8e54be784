"""Fields by dotted paths, on the tape of a walk.

A name in a path is a field's spec name, its C constant or its number. `_` is the same as `-`, and
upper case is for constants. The entries of an array need not be named, nor a header around its
members; where an attribute and such a member at the same level share a name, it is the attribute.
"""

from __future__ import annotations

from typing import Any, Final, final

from librt.vecs import vec
from mypy_extensions import i64

from ..spec import model
from ..spec.tables import COLUMNS, GENLMSGHDR, REQUEST, Tables
from ..spec.template import Template
from .walk import (
    BY_HOOK,
    DEPTH_AT,
    DEPTH_MASK,
    FIELD_MASK,
    FOLDED,
    INDEX_AT,
    INDEXED,
    IS_ATTRIBUTE,
    MARKS_AT,
    UNKNOWN,
    Engine,
    Levels,
)

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
    name: [word for word, bound in WORDS_OF_IP.items() if name in bound]
    for names in WORDS_OF_IP.values()
    for name in names
}


def plain(name: str) -> str:
    """A name as it is compared: C constants as they are, else in lower case with dashes."""
    return name if name.isupper() else name.lower().replace("_", "-")


def names_of(field: model.Field) -> frozenset[str]:
    """Every plain name of a field: the spec's, the C constant's, the number."""
    found = field.plain_names
    if found is None:
        names = plain_names(field.name, field.constant, field.number)
        found = field.plain_names = frozenset(names)
    return found


def plain_names(name: str, constant: str | None, number: int) -> list[str]:
    """The same of what has this name, this constant and this number (-1: none)."""
    names = [plain(name)]
    if constant:
        names += [constant, plain(constant.lower())]
    if number >= 0:
        names.append(str(number))
    return names


def words_for(field: model.Field) -> list[str]:
    """What ip(8) calls a field."""
    words = words_for_constant(field.constant or "")
    return words if field.number >= 0 else words + (_IP.get(field.name) or [])


def words_for_constant(constant: str) -> list[str]:
    """What ip(8) calls an attribute of this C constant."""
    return _IP.get(constant) or []


def is_header(field: model.Field) -> bool:
    """Whether a field is a struct that is no attribute: its own name may be left out."""
    return field.number < 0 and (field.kind == model.STRUCT or field.kind == model.HEADER)


# -- on a tape -------------------------------------------------------------------------

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
        self._skipping: i64 = sum(1 << i for i in range(count) if not names[i].isdecimal())
        self._numbered = any(name.isdecimal() or name.startswith("attr ") for name in names)
        self._hits: list[int] = []
        self._members: list[tuple[int, int]] = []  # hits in headers, with the place around these
        self._levels: list[int] = []  # around attributes that are hits
        self._tables: object = None
        # The bits of the names of rows from `_base` on, which lie close together; -1: not known yet
        self._rows = vec[i64]([])
        self._base: i64 = 0

    def _named(self, names: frozenset[str]) -> int:
        bits = 0
        for i, bit in enumerate(self._bits):
            if self.names[i] in names:
                bits |= bit
        return bits

    def _of_field(self, field: model.Field) -> int:
        names = names_of(field)
        if self._ip:
            names = names.union(words_for(field))
        return self._named(names) | (_HEADER if is_header(field) else 0)

    def _of_row(self, engine: Engine, row: i64) -> i64:
        """The bits of a row; learns them."""
        if self._tables is not engine.tables:
            self._tables = engine.tables
            self._rows = vec[i64]([])
        if not 0 <= row - self._base < i64(len(self._rows)):
            self._make_room(row)
        found = i64(self._of_field(engine.tables.fields[row]))
        self._rows[row - self._base] = found
        return found

    def _make_room(self, row: i64) -> None:
        """Sees that the bits of a row, too, can be kept."""
        old, have, base = self._rows, i64(len(self._rows)), self._base
        first, end = row, row + 1
        if have > 0:
            first, end = min(base, row), max(base + have, row + 1)
        room = max(end - first, 2 * have, _ROOM)
        rows = vec[i64]([-1] * int(room))
        if row < base and have > 0:
            first = max(end - room, 0)
        for i in range(have):
            rows[base - first + i] = old[i]
        self._rows, self._base = rows, first

    def find(self, engine: Engine, inside: i64) -> list[int]:
        """The places on the engine's tape, in order, inside of the one at a place; -2: of all."""
        self._members = []
        self._levels = []
        out = self._hits = []
        self._search(engine, inside, False)
        if self._members and self._levels:
            hidden = [member for member, level in self._members if level in self._levels]
            out = [hit for hit in out if hit not in hidden]
        return out

    def first(self, engine: Engine, inside: i64) -> i64:
        """The first of these places, -1 for none."""
        return self._search(engine, inside, True)

    def _search(self, engine: Engine, inside: i64, first: bool) -> i64:
        """Goes through the tape: to the first hit, which it returns, or notes all of them.

        One loop without calls, since every message of a filter goes through it: the state of a
        level is what `got` of the entry above it leaves to be found below (`below`).
        """
        tape, size, states = engine.tape, engine.size, engine.levels.states
        rows = self._rows if self._tables is engine.tables else vec[i64]([])
        known, first_row = i64(len(rows)), self._base
        always, every, last = self._always, self._every, self._last
        above, headers = engine.levels.above, engine.levels.headers
        member: i64 = -1  # the first hit, in a header; an attribute beside that comes before it
        member_at: i64 = 0  # the depth of the header
        base: i64 = 0
        if inside >= 0:
            base = (tape[inside] >> DEPTH_AT & DEPTH_MASK) + 1
            if tape[inside] >> MARKS_AT & FOLDED:
                return self._folded(engine, inside, 1, first)
        states[base], headers[base], above[base] = 1, 0, inside
        place = inside + 2
        while place < size:
            entry = tape[place]
            depth = entry >> DEPTH_AT & DEPTH_MASK
            if depth < base or (member >= 0 and depth < member_at):
                break
            state = states[depth]
            if state == 0:
                states[depth + 1] = 0
                place += 2
                continue
            marks = entry >> MARKS_AT & 0xFF
            below = always
            skips = False  # whether it is an entry, whose index need not be named
            if marks & (BY_HOOK | UNKNOWN | INDEXED) == 0:
                at = (entry & FIELD_MASK) - first_row
                bits: i64 = rows[at] if 0 <= at < known else -1
                if bits < 0:
                    bits = self._of_row(engine, entry & FIELD_MASK)
                    rows = self._rows
                    known, first_row = i64(len(rows)), self._base
            else:
                bits, skips = self._of_odd(engine, place)
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
                if not first:
                    self._note(engine.levels, place, depth, marks)
                elif headers[depth]:
                    if member < 0:
                        member, member_at = place, depth - 1
                elif member < 0 or (marks & IS_ATTRIBUTE and depth == member_at):
                    return place
            if marks & FOLDED and below & last:
                found = self._folded(engine, place, below, first)
                tape = engine.tape  # which may have been moved
                if first and member < 0 and found >= 0:
                    return found
            states[depth + 1] = below
            above[depth + 1] = place
            place += 2
        return member

    def _note(self, levels: Levels, place: i64, depth: i64, marks: i64) -> None:
        """Keeps a hit, and what decides between a header's member and an attribute beside it."""
        self._hits.append(int(place))
        if levels.headers[depth]:
            self._members.append((int(place), int(levels.above[depth - 1])))
        elif marks & IS_ATTRIBUTE:
            self._levels.append(int(levels.above[depth]))

    def _of_odd(self, engine: Engine, place: i64) -> tuple[i64, bool]:
        """Bits of an entry that has no row of its own, and whether it need not be named."""
        entry = engine.tape[place]
        marks = entry >> MARKS_AT & 0xFF
        if marks & BY_HOOK:
            made: Any = engine.hook_nodes[int(place)]
            field: model.Field = made.field
            return i64(self._of_field(field)), field.name.isdigit()
        return self._of_index(entry), marks & INDEXED != 0

    def _folded(self, engine: Engine, place: i64, state: i64, first: bool) -> i64:
        """The same among the plain numbers of a folded entry."""
        for i in engine.inside(place):
            inside = i64(i)
            entry = engine.tape[inside]
            if entry >> MARKS_AT & INDEXED:
                bits = self._of_index(entry)
            else:
                bits = self._of_row(engine, entry & FIELD_MASK)
            if state & bits & self._last:
                if first:
                    return inside
                self._hits.append(i)
        return -1

    def _of_index(self, entry: i64) -> i64:
        """The bits of an entry that has an index for a name."""
        if not self._numbered:
            return 0
        index = int(entry >> INDEX_AT)
        return i64(self._named(frozenset((str(index), f"attr {index}"))))


_PATHS: Final = 4096
_ROOM: Final = 64  # rows


def path_of(tables: Tables, path: str) -> Path:
    """What a dotted path means at the top of a message, or inside of something."""
    found = tables.paths.get(path)
    if found is None:
        if len(tables.paths) >= _PATHS:  # a program may make up ever new ones
            tables.paths.clear()
        found = tables.paths[path] = Path(tuple([plain(part) for part in path.split(".")]), True)
    assert isinstance(found, Path)
    return found


@final
class Name:
    """What a name or path means in the messages of an operation; rows are 0 where it is none."""

    def __init__(
        self,
        attribute: i64,
        other: i64,
        member: i64,
        path: Path | None,
        rest: Path | None,
        forms: list[int],
    ) -> None:
        self.attribute = attribute  # a top-level one; of a dotted path the one that it begins with
        self.other = other  # the same in messages to the kernel
        self.member = member  # of a header
        self.path = path  # of a dotted one
        self.rest = rest  # what follows the attribute that it can only begin with
        self.forms = forms  # further rows by which the attribute reads in other sizes


@final
class _SetNames:
    """The attributes of a set by name, for all operations that have it.

    Spec names and constants go before what reads the same, which few ask for.
    """

    def __init__(self, tables: Tables, attr_set: model.AttributeSet | None) -> None:
        self._tables = tables
        self._set = tables.attribute_set(attr_set)
        self._names = {} if attr_set is None else attr_set.numbered()
        # Number and spec name of the attribute, and whether it is the one in requests
        self._exact: dict[str, tuple[int, str, bool]] = {}
        self._loose: dict[str, tuple[int, str, bool]] | None = None
        self._shared: set[str] = set()
        for number, names in self._names.items():
            for i, (name, constant) in enumerate(names):
                found = number, name, i > 0
                self._exact.setdefault(plain(name), found)
                self._exact.setdefault(constant, found)

    def row(self, name: str) -> i64:
        """The row of the attribute of this plain name, 0 for none."""
        found = self._exact.get(name) or self._others().get(name)
        if found is None:
            return 0
        row = self._tables.row_of(self._set, found[0])
        return self._tables.rows[row * COLUMNS + REQUEST] if found[2] else row

    def shared(self, name: str) -> bool:
        """Whether more than one attribute goes by a name."""
        self._others()
        return name in self._shared

    def _others(self) -> dict[str, tuple[int, str, bool]]:
        """By constants in lower case and by numbers, as far as no exact name is the same."""
        loose = self._loose
        if loose is None:
            loose = self._loose = {}
            for number, names in self._names.items():
                for i, (name, constant) in enumerate(names):
                    found = number, name, i > 0
                    for other in (plain(name), constant, plain(constant.lower()), str(number)):
                        first = self._exact.get(other) or loose.setdefault(other, found)
                        if first[1] != name:
                            self._shared.add(other)
        return loose


def _names_of_set(tables: Tables, attr_set: model.AttributeSet | None) -> _SetNames:
    """The names in a set, made once."""
    found = tables.set_namings.get(attr_set)
    if found is None:
        found = tables.set_namings[attr_set] = _SetNames(tables, attr_set)
    assert isinstance(found, _SetNames)
    return found


@final
class BoundTemplate:
    """What the paths of a template mean in the messages of an operation."""

    def __init__(self, template: Template, names: Names) -> None:
        self.paths: list[Name] = [names.get(path) for path in template.paths]
        # Of each path the rows that it can be, as in `Name`; -1 of one that is not so simple.
        rows: list[int] = []
        for name in self.paths:
            first = int(name.attribute) if name.path is None and not name.forms else -1
            rows += (first, int(name.other), int(name.member))
        self.rows = vec[i64](rows)


@final
class Names:
    """What can be asked for by name in the messages of one operation."""

    def __init__(self, tables: Tables, operation: model.Operation | None) -> None:
        self._tables = tables
        self._known: dict[str, Name] = {}
        self._bound: dict[Template, BoundTemplate] = {}
        self._last: BoundTemplate | None = None
        self._of: Template | None = None  # the template that `_last` is about
        self._members: dict[str, int] = {}
        attr_set = None if operation is None else operation.attributes
        header = None if operation is None else operation.header
        self._attributes = _names_of_set(tables, attr_set)
        tables.struct(header)
        self._headers: list[str] = []
        for struct in (GENLMSGHDR, header):
            self._headers.append("" if struct is None else plain(struct.name))
            for member in () if struct is None else struct.members:
                for name in names_of(member):
                    self._members.setdefault(name, int(tables.field(member)))

    def _begins(self, name: str) -> i64:
        """The row of the only top-level attribute that a path can begin with; 0 if unsure."""
        if name.isdecimal() or name in self._headers or self._attributes.shared(name):
            return 0
        return self._attributes.row(name)

    def _forms(self, row: i64) -> list[int]:
        """The rows by which an attribute may be on a tape instead."""
        tables = self._tables
        if row == 0:
            return []
        fields = (tables.fields[row], tables.fields[tables.rows[row * COLUMNS + REQUEST]])
        return [int(tables.field(form.field)) for field in fields for form in field.forms]

    def get(self, path: str) -> Name:
        """What a name or a dotted path means."""
        found = self._known.get(path)
        if found is None:
            tables = self._tables
            whole = plain(path)
            row: i64 = self._attributes.row(whole)
            along: Path | None = None
            rest: Path | None = None
            if row == 0 and "." in path:
                along = path_of(tables, path)
                row = self._begins(along.names[0])
                if row != 0:
                    rest = path_of(tables, path.partition(".")[2])
            other = tables.rows[row * COLUMNS + REQUEST]
            if tables.names[other] != tables.names[row]:
                other = 0
            member = self._members.get(whole, 0)
            found = Name(row, other, member, along, rest, self._forms(row))
            if len(self._known) >= _PATHS:
                self._known.clear()
            self._known[path] = found
        return found

    def bound(self, template: Template) -> BoundTemplate:
        """What the paths of a template mean here."""
        if self._of is template and self._last is not None:
            return self._last
        found = self._bound.get(template)
        if found is None:
            if len(self._bound) >= _PATHS:
                self._bound.clear()
            found = self._bound[template] = BoundTemplate(template, self)
        self._of, self._last = template, found
        return found


def names_in(tables: Tables, operation: model.Operation | None) -> Names:
    """What can be asked for by name in the messages of an operation."""
    found = tables.namings.get(operation)
    if found is None:
        found = tables.namings[operation] = Names(tables, operation)
    assert isinstance(found, Names)
    return found
