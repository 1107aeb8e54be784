"""Nodes: views of places on a tape, made when they are looked at; what lies around one, at a
path in it, and in it as plain data; and how hooks make more of them.

A dissector's own code (a hook) that has its say on a node runs when the node is first looked at,
and may replace what the engine made of it. Malformed bytes become nodes with a diagnosis;
nothing here raises on what a capture may hold.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from typing import Any, Final, cast, final

from mypy_extensions import i64

from ..spec import model
from ..spec.tables import ARRAY, COLUMNS, HINTS, INTEGER, LABEL, NOTHING, element_of, own_field
from ..wire import framing
from ..wire.text import near, safe
from .faults import CODE_LIMIT, ERROR, NOTE, WARNING
from .findings import Finding, findings_at
from .frame import Diagnosis, Frame
from .labels import hinted, labelled
from .paths import is_header, names_of
from .paths import plain as plainly
from .payloads import size_of_secret, text_value
from .walk import (
    BY_HOOK,
    FIELD_MASK,
    FOLDED,
    INDEX_AT,
    INDEXED,
    IS_ATTRIBUTE,
    MARKS_AT,
    NET_ORDER,
    SHOWN_AT,
    UNKNOWN,
    UNNAMED,
    Engine,
    Environment,
    chosen,
    inside,
)


@final
class Tape:
    """What a walk found, kept: of a message, or of one node by itself.

    `told` has the nodes of which a hook said something, by their place; `hooked` the places
    of those whose hook did not run yet; `left` is how much they may still make (`MOST_BY_HOOKS`).
    """

    def __init__(self, engine: Engine, message: Frame, inner: Frame | None = None) -> None:
        size = engine.size
        self.message = message
        self.entries = engine.tape[:size]
        self.size = size
        self.echo = engine.echo
        self.inner = inner
        self.findings = list(engine.findings)
        self.hook_nodes: dict[int, object] = dict(engine.hook_nodes)
        self.hooked: set[int] = set(engine.hooked)
        self.told: dict[int, Node] = {}
        self.left: i64 = MOST_BY_HOOKS
        self._nodes: list[Node] | None = None

    @property
    def nodes(self) -> list[Node]:
        """Views of what lies at the top."""
        if self._nodes is None:
            tops = self.inside(-2)
            self._nodes = [view(self, place, self.message, None) for place in tops]
        return self._nodes

    def inside(self, place: i64) -> list[int]:
        """The places of what lies directly in the entry at this place; -2: at the top."""
        return inside(self.entries, self.size, place)

    def diagnoses(self, place: i64, early: bool) -> list[Finding]:
        """What the walk found wrong with one entry."""
        return [f for f in findings_at(self.findings, place) if f.fault.early == early]


# What hooks may do in one message, so that 64 KiB take milliseconds: a run counts one, a node that
# it makes three, one that asks a hook itself fifteen.
MOST_BY_HOOKS: Final = 768
NODE_BY_HOOK: Final = 3
_ASKING: Final = 5  # nodes that one with a hook of its own counts for
MOST_PARTS: Final = 512  # of a payload of which code makes nodes, in a loop
_AROUND: Final = 64  # nodes of a level among which is looked for what lies around one

# How far a node's own decoding is
_NEW: Final = 0
_HOOKING: Final = 1  # its hook runs
_DONE: Final = 2


class Node:
    """One piece of a message: an attribute, a header, a struct member or data.

    Its bytes are `offset` to `end` in the message (with the attribute's own
    header, without padding); its payload is `start` to `end`. Made by itself, as hooks do,
    it is decoded by its field when it is first looked at.
    """

    __slots__ = (
        "_before", "_children", "_diagnoses", "_field", "_kind", "_label", "_place", "_state",
        "_tape", "_told", "_value", "end", "message", "offset", "parent", "start",
    )  # fmt: skip

    def __init__(
        self,
        field: model.Field,
        message: Frame,
        parent: Node | None,
        offset: int,
        start: int,
        end: int,
    ) -> None:
        self._field = field
        self.message = message
        self.parent = parent
        self.offset = offset
        self.start = start
        self.end = end
        self._tape: Tape | None = None
        self._place = 0
        self._state = _NEW
        self._told = False  # whether a hook says what it is
        self._kind = ""
        self._value: Any = None
        self._label: str | None = None
        self._children: list[Node] | None = None
        self._diagnoses: list[Diagnosis] | None = None  # of a hook
        self._before: list[Diagnosis] = []  # what was found when it had another field

    # -- what it is -------------------------------------------------------

    @property
    def field(self) -> model.Field:
        """Its definition. A hook may give it another one before it is looked at."""
        return self._field

    @field.setter
    def field(self, field: model.Field) -> None:
        """Another definition, before it is looked at."""
        self._field = field
        if self._state == _NEW:
            if self._tape is not None:  # what is wrong with its length stays wrong
                self._before = self._diagnosed(self._tape, True)
            self._tape = None
            self._place = 0
            self._children = None
        else:
            self._tell()

    @property
    def name(self) -> str:
        """The spec's name: `ifname`; `attr 77` for what the spec does not have."""
        return self._field.name

    @property
    def constant(self) -> str | None:
        """The C constant: `IFLA_IFNAME`; None for what has none."""
        return self._field.constant

    @property
    def type(self) -> int | None:
        """The attribute's number without its flag bits; None for what is no attribute."""
        return self._field.number if self._field.number >= 0 else None

    @property
    def length(self) -> int:
        """Bytes with the attribute's own header, without padding."""
        return self.end - self.offset

    @property
    def bytes(self) -> bytes:
        """The payload as captured."""
        return self.message.data[self.start : self.end]

    @property
    def flags(self) -> int:
        """NLA_F_NESTED and NLA_F_NET_BYTEORDER as set in the attribute's header, else 0."""
        if self._field.number < 0 or self.start - self.offset < 4:
            return 0
        number: int = framing.ATTR[self.message.big](self.message.data, self.offset)[1]
        return number & ~framing.NLA_TYPE_MASK

    @property
    def guess(self) -> bool:
        """Whether nobody said what this is: it only fits all the bytes seen."""
        return self._field.guess

    @property
    def kind(self) -> str:
        """What the value is: `u32`, `string`, `nest`, `flags`, `ipv4`, `mac`, `unknown`..."""
        if self._state == _NEW:
            self._decode()
        return self._kind

    @property
    def shown(self) -> str:
        """The same as `kind`; a hook may set it."""
        return self.kind

    @shown.setter
    def shown(self, kind: str) -> None:
        """Another word for it."""
        self._kind = kind

    @property
    def value(self) -> Any:
        """The decoded value: int, str, bytes, True for a flag, list for an array, else None."""
        if self._state == _NEW:
            self._decode()
        return self._value

    @property
    def children(self) -> list[Node]:
        """What lies inside, in order; empty for a leaf."""
        if self._state == _NEW:
            self._decode()
        if self._children is None:
            if self._told or self._state != _DONE:
                return []
            self._children = self._inside()
        return self._children

    @property
    def diagnoses(self) -> list[Diagnosis]:
        """What is wrong with this node itself."""
        if self._state == _NEW:
            self._decode()
        tape = self._tape
        out = list(self._before)
        if tape is not None:
            out += self._diagnosed(tape, True)
        out += self._diagnoses or ()
        if tape is not None and not self._told:
            out += self._diagnosed(tape, False)
        return out[:1] if out and out[0].code == "truncated" else out

    def _diagnosed(self, tape: Tape, early: bool) -> list[Diagnosis]:
        if not tape.findings:
            return []
        return [
            Diagnosis(f.code, f.severity, f.text, self.offset, self.end - self.offset)
            for f in tape.diagnoses(self._place, early)
        ]

    @property
    def label(self) -> str | None:
        """The value in words, by spec names (`up|broadcast`, `eth0`); None if it has none."""
        return self.words(False)

    def words(self, constants: bool) -> str | None:
        """The value in words: enumeration or flag names, interface names; None if it has none.

        `constants` chooses C constants over spec names where there are both.
        """
        value = self.value
        if self._label is not None:
            return self._label or None  # empty: a hook knows that there is none
        field = self._field
        if not isinstance(value, int):
            return None
        hint = field.hint
        if field.labeller is not None:
            told = labelled(field.labeller, value, self.message, self.message.get)
            if told is not None:
                return told or None
        if field.enum is not None:
            named = field.enum.label(value, constants)
            if named is not None or not hint:
                return named
        if not hint:
            return None
        return hinted(HINTS.get(hint, 0), value, self.message, constants)

    @property
    def path(self) -> str:
        """Dotted spec names from the message's root: `linkinfo.kind`."""
        names = [self._field.name]
        node = self.parent
        while node is not None:
            names.append(node._field.name)
            node = node.parent
        return ".".join(reversed(names))

    @property
    def siblings(self) -> list[Node]:
        """The nodes of its level, itself among them."""
        if self.parent is not None:
            return self.parent.children
        return cast(list[Node], self.message.level())

    @property
    def visible(self) -> builtins.bytes:
        """Its bytes as outputs show them: with zeros for secrets, unless those are to be shown."""
        out = bytearray(self.bytes)
        start = self.end - len(out)
        for node in self.walk():
            if node.kind == "redacted":
                out[node.start - start : node.end - start] = builtins.bytes(node.end - node.start)
        return builtins.bytes(out)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()

    # -- what hooks say of it -------------------------------------------------

    def set_value(self, kind: str, value: Any, label: str | None = None) -> None:
        """What the payload says: its kind in a word (`u32`, `ipv4`), the value, and its label.

        Of a secret (`field.secret`) its size stands there where the registry redacts.
        """
        if self._field.secret and self.message.context.tables.redacts:
            kind, value, label = "redacted", size_of_secret(self.bytes), ""
        self._kind = kind
        self._value = value
        if label is not None:
            self._label = label
        self._tell()

    def set_label(self, label: str | None) -> None:
        """The value in words; "" is none, in place of what the spec has."""
        self._label = label
        if self._state == _DONE:
            self._note()

    def set_children(self, kind: str, children: list[Node]) -> None:
        """What lies inside, and what that makes of the node: `struct`, `nest`, `array`..."""
        self._kind = kind
        self._children = children
        self._tell()

    def diagnose(self, code: str, severity: str, text: str) -> None:
        """Records what is wrong with this node; where it is cut, nothing else is."""
        message = self.message
        cut = message.state == framing.CUT and self.end == message.limit
        if cut and self._field.number < 0 and severity != NOTE:
            code, severity = "truncated", NOTE
        if self._diagnoses is None:
            self._diagnoses = []
        self._diagnoses.append(Diagnosis(code, severity, text, self.offset, self.end - self.offset))
        if self._state == _DONE:
            self._note()

    def leftover(self, pos: int) -> None:
        """Keeps the payload from `pos` on, which a hook could not read, as data."""
        if pos < self.end:
            member(self, part("data", model.BINARY), pos, self.end)

    def add(self, child: Node) -> None:
        """Takes in one more node that lies inside."""
        if self._children is None:
            self._children = []
        self._children.append(child)

    def _tell(self) -> None:
        """From now on it is what was said, whatever its field says."""
        if self._state != _HOOKING:
            if self._tape is None and self._state == _NEW:
                self._tape = self._by_itself()
            self._state = _DONE
            self._told = True
            self._note()

    def _note(self) -> None:
        tape = self._tape
        if tape is not None:
            tape.told[self._place] = self

    def find(self, path: str) -> Node | None:
        """The first node below at this dotted path of spec names or constants."""
        return find(self.children, path)

    def find_all(self, path: str) -> Iterator[Node]:
        """Every node below at this path, in order."""
        return find_all(self.children, path)

    def get(self, path: str, default: Any = None) -> Any:
        """The value of the first node below at this path; see `Message.get`."""
        found = find(self.children, path)
        return default if found is None else plain_value(found)

    def __repr__(self) -> str:
        value = size_of_secret(self.bytes) if self._field.secret else repr(self.value)
        return safe(f"<Node {self.path} {self.kind} {value} at {self.offset}+{self.length}>")

    def check_said(self) -> None:
        """Raises TypeError where what a hook said of it is not of the kinds that are promised."""
        said = (self._kind, self._label or "", *self._diagnosed_by_hook())
        if not all(isinstance(word, str) for word in cast("tuple[object, ...]", said)):
            raise TypeError(f"a hook said {said!r}, which are not all texts")
        if not isinstance(self._value, _VALUES):
            raise TypeError(f"a hook gave a value of type {type(self._value).__name__}")

    def _diagnosed_by_hook(self) -> list[str]:
        found = self._diagnoses or []
        for diagnosis in found:
            if diagnosis.severity not in _SEVERITIES:
                raise ValueError(f"a hook diagnosed with severity {diagnosis.severity!r}")
        return [word for diagnosis in found for word in (diagnosis.code, diagnosis.text)]

    # -- decoding --------------------------------------------------------------

    def _decode(self) -> None:
        """Finds out what it is: by its hook, else from the tape. Never raises."""
        tape = self._tape
        if tape is None:
            tape = self._tape = self._by_itself()
        if self._state != _NEW:
            return
        place = self._place
        if place in tape.hooked:
            tape.hooked.discard(place)
            self._state = _HOOKING
            self._kind = self._field.shown
            told = tape.left > 0 and self._run_hook(tape)
            if tape.left == 0:
                self.diagnose(CODE_LIMIT.code, NOTE, CODE_LIMIT.words)
                tape.left = -1
            self._state = _DONE
            self._told = told
            if told or self._label is not None or self._diagnoses is not None:
                self._note()
            if told:
                return
            self._children = None
        self._state = _DONE
        first = tape.entries[place]
        shown = first >> SHOWN_AT & 0xFF
        self._kind = tape.message.context.tables.shown[shown]
        self._value = self._valued(tape, first, shown)

    def _run_hook(self, tape: Tape) -> bool:
        """Lets a dissector's own code decode the node; its failure is a diagnosis."""
        hook = self._field.hook
        offset, start, end, parent = self.offset, self.start, self.end, self.parent
        try:
            done = hook is not None and self.message.hook_done(hook(self))
            if self.parent is not parent or (self.offset, self.start, self.end) != (
                offset,
                start,
                end,
            ):
                raise ValueError("a hook moved its own node")
            made = check_made([self], offset, end)
            tape.left = max(tape.left - 1 - NODE_BY_HOOK * (made - 1), 0)
            return done
        except Exception as problem:
            self.offset, self.start, self.end, self.parent = offset, start, end, parent
            self._children = self._label = self._diagnoses = None
            self.diagnose("hook-failed", ERROR, self.message.fault(problem))
        return False

    def _valued(self, tape: Tape, first: i64, shown: i64) -> Any:
        """The value in the payload, as what is on the tape is shown."""
        tables = tape.message.context.tables
        form = tables.form[shown]
        if form == NOTHING:
            return None
        if form == ARRAY:
            self._children = self._inside()
            own = self._tape  # of a folded entry another one now
            return [
                child.value
                for child in self._children
                if own is not None and own.entries[child._place] >> MARKS_AT & INDEXED
            ]
        message = self.message
        start, end = self.start, self.end
        if form == INTEGER:
            field = self._field
            big = field.big
            if big is None:
                big = message.big or first >> MARKS_AT & NET_ORDER != 0
            raw = message.data[start:end]
            return int.from_bytes(raw, "big" if big else "little", signed=field.signed)
        return text_value(form, message.data[start:end])

    def _inside(self) -> list[Node]:
        """Views of what lies inside, by the tape."""
        tape = self._tape
        if tape is None:
            return []
        message = self.message
        if tape.entries[self._place] >> MARKS_AT & FOLDED:
            tape = self._tape = self._by_itself()
            self._place = 0
        if self._place == tape.echo and tape.inner is not None:
            message = tape.inner
        return [view(tape, place, message, self) for place in tape.inside(self._place)]

    def _by_itself(self) -> Tape:
        """A tape of its own, for a node that the walk of the message does not have."""
        message, field = self.message, self._field
        if not 0 <= self.offset <= self.start <= self.end <= len(message.data):
            raise ValueError(f"no such bytes: {self.offset}, {self.start} to {self.end}")
        context = message.context
        engine = context.spare.pop() if context.spare else Engine(context.tables)
        around = _Around(self)
        cut = message.state == framing.CUT
        limit = message.limit
        engine.begin(
            message.data, limit, message.big, cut, message.to_kernel, message.flags, around, False
        )
        engine.leftover = message.leftover
        engine.reserve(i64(self.end - self.start))
        hint = field.hint if field.element is None else field.element.hint
        if hint == "address" or field.kind == model.STRUCT or field.nested is not None:
            engine.family = header_family(self)
        if hint == "lladdr" or field.kind == model.STRUCT or field.nested is not None:
            hardware = in_scope(self, "ifi-type")
            engine.hardware = hardware if isinstance(hardware, int) else -1
        nests: i64 = 0
        up = self.parent
        while up is not None:
            if up._field.number >= 0:
                nests += 1
            up = up.parent
        marks: i64 = 0
        if self.start - self.offset == 4:
            marks = IS_ATTRIBUTE
            if self.flags & framing.NLA_F_NET_BYTEORDER:
                marks |= NET_ORDER
        row = context.tables.scratch(field)
        engine.decode(row, self.offset, self.start, self.end, 0, nests, marks, 0)
        tape = Tape(engine, message)
        tape.echo = -1
        context.spare.append(engine)
        return tape


class _Around(Environment):
    """What is around a node that is decoded by itself."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def reading(
        self, engine: Engine, field: model.Field, start: i64, end: i64
    ) -> model.Reading | str | None:
        """How a dissector's own code says that a payload reads; why it failed."""
        return self._node.message.reading(engine, field, start, end)

    def selector(self, name: str) -> tuple[object, model.Enum | None] | None:
        """Its value and enumeration, None when nothing around has that name."""
        found = selector(self._node, name)
        return None if found is None else (found.value, found.field.enum)


def view(tape: Tape, place: i64, message: Frame, parent: Node | None) -> Node:
    """The node at a place of a tape."""
    first, second = tape.entries[place], tape.entries[place + 1]
    marks = first >> MARKS_AT & 0xFF
    if tape.told:
        noted = tape.told.get(int(place))
        if noted is not None:
            return noted
    if marks & BY_HOOK:
        made = tape.hook_nodes[int(place)]
        assert isinstance(made, Node)
        made.parent = parent
        return made
    tables = message.context.tables
    row, index = first & FIELD_MASK, first >> INDEX_AT
    if marks & UNKNOWN:
        field = tables.fields[row].numbered(int(index))
    elif marks & INDEXED:
        field = tables.fields[row] if parent is None else entry_field(parent._field, int(index))
    else:
        field = tables.fields[row]
    offset = int(second & 0xFFFFFFFF)
    start = offset + 4 if marks & IS_ATTRIBUTE else offset
    out = Node(field, message, parent, offset, start, int(second >> 32))
    out._tape = tape
    out._place = int(place)
    if marks & INDEXED:
        fixed = tables.rows[row * COLUMNS + LABEL]
        if fixed:
            out._label = tables.labels[fixed]
    if marks & UNNAMED:
        out._label = ""
    return out


def entry_field(field: model.Field, number: int) -> model.Field:
    """The definition of one entry of an array, made on first sight."""
    entries = field.entries
    if entries is None:
        entries = field.entries = {}
    made = entries.get(number)
    if made is None:
        made = entries[number] = element_of(field, number)
    return made


def selected(node: Node, field: model.Field) -> tuple[model.Format | None, str | None]:
    """The format that the selector's value picks, and that value as text."""
    sub = field.sub_message
    assert sub is not None
    for name in field.selectors:
        hit = selector(node, name)
        if hit is not None:
            return chosen(sub, hit.value, hit.field.enum)
    return sub.default, None


# -- what lies around a node -----------------------------------------------------------


def header_family(node: Node) -> int:
    """The address family that the fixed header in scope names, -1 if there is none."""
    for top in scopes(node):
        if top.field.kind == model.STRUCT and top.field.number < 0:
            for child in top.children:
                if child.field.name == "family" or child.field.name.endswith("-family"):
                    value = child.value
                    return value if isinstance(value, int) else -1
    return -1


def scopes(node: Node) -> Iterator[Node]:
    """Nodes that are in scope, nearest level first, those before the node first."""
    up: Node | None = node
    while up is not None:
        level = up.siblings
        later: list[Node] = []
        before = True
        for sibling in level[:_AROUND]:
            if sibling is up:
                before = False
            elif before:
                yield sibling
            else:
                later.append(sibling)
        yield from later
        up = up.parent


def selector(node: Node, name: str) -> Node | None:
    """The attribute or header member of this name that is nearest around the node."""
    for found in scopes(node):
        if found.field.name == name:
            return found
        if found.field.kind == model.STRUCT and found.field.number < 0:
            for child in found.children:
                if child.field.name == name:
                    return child
    return None


def in_scope(node: Node, name: str) -> Any:
    """Its value, None when there is none."""
    found = selector(node, name)
    return None if found is None else found.value


# -- by path ---------------------------------------------------------------------------


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
    yield from _find(nodes, [plainly(part) for part in path.split(".")], 0)


def _find(nodes: list[Node], parts: list[str], at: int) -> Iterator[Node]:
    """`find_all` from the name at `at` on."""
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


def find_anywhere(nodes: list[Node], path: str) -> Iterator[Node]:
    """The same where the path begins at these nodes; if none does, at any depth below them."""
    found = list(find_all(nodes, path))
    for node in () if found else nodes:
        found += find_anywhere(node.children, path)
    yield from found


def missing(nodes: list[Node], path: str) -> str:
    """What to say of a path that is not there, with where it is further down or the nearest."""
    below = next(find_anywhere(nodes, path), None)
    if below is not None:
        return f"no {path!r} at the top of this message (did you mean {below.path!r}?)"
    names: list[str] = []
    _paths(nodes, "", names)
    return f"no {path!r} in this message{near(path, names)}"


def _paths(nodes: list[Node], above: str, out: list[str]) -> None:
    for node in nodes:
        here = f"{above}.{node.field.name}" if above else node.field.name
        out.append(here)
        if node.field.constant is not None:
            out.append(node.field.constant)
        if node.field.number < 0 and node.field.kind == model.STRUCT:
            out += [child.field.name for child in node.children]
        _paths(node.children, here, out)


# -- as plain data ---------------------------------------------------------------------

Value = Callable[[Node], Any]
Test = Callable[[Node], bool]


def plain(
    nodes: list[Node], value: Value | None = None, keep: Test | None = None
) -> dict[str, Any]:
    """The nodes by spec name: values, and dictionaries for what has something inside.

    An attribute that may repeat, or does, gives a list. The entries of an indexed array
    are a list when they count from 1, else a dictionary by index. Padding is left out;
    bytes that nothing describes are under the names that the tree has for them.
    `value` says what stands for a leaf, by default its value; `keep` which nodes count.
    """
    out: dict[str, Any] = {}
    lists: set[str] = set()
    for node in nodes:
        if keep is not None and not keep(node):
            continue
        found = plain_value(node, value, keep)
        field = node.field
        if field.kind == model.PAD or node.shown == "pad":
            continue
        name = field.name
        if name in lists:
            out[name].append(found)
        elif field.multi or name in out:
            out[name] = [out[name], found] if name in out else [found]
            lists.add(name)
        else:
            out[name] = found
    return out


def plain_value(node: Node, value: Value | None = None, keep: Test | None = None) -> Any:
    """One node's value, or what lies inside it; see `plain`."""
    children = node.children
    kind = node.field.kind
    if not children:
        if node.value is None and node.shown in ("nest", "struct"):
            return {}
        return node.value if value is None else value(node)
    if kind == model.ARRAY or node.shown == "array":
        return [plain_value(child, value, keep) for child in children]
    if kind == model.INDEXED or kind == model.TYPE_VALUE:
        numbers = [child.field.number for child in children]
        inside = [plain_value(child, value, keep) for child in children]
        if numbers == list(range(1, len(numbers) + 1)):
            return inside
        if len(set(numbers)) == len(numbers) and -1 not in numbers:
            return dict(zip(numbers, inside, strict=True))
    return plain(children, value, keep)


# -- what hooks make -------------------------------------------------------------------

_VALUES: Final = (int, str, bytes, list, type(None))
_DEEPEST: Final = (
    64  # levels of nodes within what a hook reads; a tape has room for four times as many
)
_SEVERITIES: Final = (ERROR, WARNING, NOTE)


def check_made(nodes: list[Node], first: int, last: int) -> int:
    """How many nodes these count for; ValueError or TypeError where they cannot be relied upon.

    Nodes lie within these bytes and those inside of them within theirs, each is there once, and
    what they say of themselves is of the kinds that `Node` promises.
    """
    seen: set[int] = set()
    asking = 0
    todo = [(nodes, first, last, 0)]
    while todo:
        level, start, end, depth = todo.pop()
        if depth > _DEEPEST:
            raise ValueError(f"a hook made more than {_DEEPEST} levels of nodes")
        for node in cast("list[object]", level):
            if not isinstance(node, Node):
                raise TypeError(f"a hook made an object of type {type(node).__name__}")
            if id(node) in seen:
                raise ValueError("a hook made a node that is there twice")
            seen.add(id(node))
            if depth and node._field.hook is not None:
                asking += 1
            if not start <= node.offset <= node.start <= node.end <= end:
                raise ValueError(
                    f"a hook made a node of bytes {node.offset} to {node.end} in those"
                    f" from {start} to {end}"
                )
            node.check_said()
            if node._children:
                todo.append((node._children, node.offset, node.end, depth + 1))
    return len(seen) + (_ASKING - 1) * asking


def cut_short(node: Node, pos: int) -> None:
    """For hooks that made as many nodes as they may: keeps the payload from `pos` on as data."""
    if pos < node.end:
        node.leftover(pos)
        node.diagnose(CODE_LIMIT.code, NOTE, CODE_LIMIT.words)


def part(name: str, kind: int, hint: str = "") -> model.Field:
    """The definition of a piece that is no attribute: a header, leftover data."""
    return own_field(name, kind, hint)


def member(node: Node, field: model.Field, start: int, end: int) -> Node:
    """For hooks: adds bytes `start` to `end` as a member of `node`; `part` makes the field."""
    made = Node(field, node.message, node, start, start, end)
    node.add(made)
    return made


def members(node: Node, struct: model.Struct, end: int = -1) -> list[Node]:
    """For hooks: the members of a struct as nodes; a shorter or longer payload as it is.

    `end` is where the struct ends when it does not fill the node's payload.
    """
    if end < 0 or end > node.end:
        end = node.end
    field = model.Field(node.name, None, node.field.number, model.STRUCT)
    field.struct = struct
    field.guess = node.guess
    whole = Node(field, node.message, node.parent, node.start, node.start, end)
    out = whole.children
    for child in out:
        child.parent = node
    cut = any(found.code == "attr-len-over" for found in node.diagnoses)
    for found in whole.diagnoses:
        if not cut or found.severity == NOTE:
            node.diagnose(found.code, found.severity, found.text)
    return out


def element(
    node: Node,
    name: str,
    start: int,
    end: int,
    header: model.Struct | None,
    attr_set: model.AttributeSet | None,
) -> Node:
    """For hooks: adds one array element of a fixed header and attributes to `node`."""
    field = own_field(name, model.NEST)
    field.struct, field.nested = header, attr_set
    return member(node, field, start, end)


def walk(
    message: Frame,
    parent: Node | None,
    pos: int,
    end: int,
    attr_set: model.AttributeSet | None,
    out: list[Node],
) -> None:
    """For hooks: appends the attributes in `pos` to `end` to `out`.

    Covers every byte: what is no attribute becomes a node with a diagnosis.
    `attr_set` None leaves all of them unknown, without saying so.
    """
    field = own_field("attributes", model.NEST)
    field.nested = attr_set
    whole = Node(field, message, parent, pos, pos, end)
    for child in whole.children:
        child.parent = parent
        out.append(child)
