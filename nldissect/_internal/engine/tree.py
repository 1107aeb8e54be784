"""Messages and their nodes: views of what the engine finds in bytes.

A `Message` knows its header and what it was bound to (spec and operation). When its nodes are
first asked for it is walked by the engine, and keeps the tape; a `Node` is a place on a tape,
made when it is asked for. A dissector's own code (a hook) that has its say on a node runs when
the node is first looked at, and may replace what the engine made of it. Writers that read the
tape itself get one in which what hooks said has been put (`Message.walk_onto`). Malformed bytes
become nodes with a diagnosis; nothing here raises on what a capture may hold. Offsets count from
the start of the message's nlmsghdr.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, final

from librt.vecs import vec
from mypy_extensions import i64, mypyc_attr

from ..spec import model
from ..spec.tables import (
    ARRAY,
    COLONS,
    COLONS_6,
    COLONS_20,
    COLUMNS,
    DOTTED,
    ELEMENT,
    ENUM,
    GROUPS,
    HINT,
    INTEGER,
    LABEL,
    LABEL_STACK,
    LABELLED,
    MARKS,
    NO_HINT,
    NOTHING,
    PRESENT,
    S_BINARY,
    SIGNED,
    SIZE,
    TEXT_UP_TO_NUL,
    TOLD,
    UUID_TEXT,
    WIDTH,
    Tables,
    element_of,
    own_field,
)
from ..wire import framing
from ..wire.integers import u16, u32
from ..wire.record import Record, Socket
from ..wire.text import format_address, format_mac
from .finding import Name, Path, find, find_all, missing, names_in, names_of
from .finding import plain as plainly
from .labels import hinted, label
from .plain import plain, plain_value
from .scope import header_family, in_scope, selector
from .walk import (
    DEPTH_AT,
    DEPTH_MASK,
    ERROR,
    FIELD_MASK,
    FOLDED,
    GIVEN,
    INDEX_AT,
    INDEXED,
    IS_ATTRIBUTE,
    MARKS_AT,
    NET_ORDER,
    NOTE,
    SHOWN_AT,
    UNKNOWN,
    UNNAMED,
    WARNING,
    Engine,
    Finding,
    Surroundings,
    chosen,
    inside,
)

if TYPE_CHECKING:
    from ..pairing.transaction import Link, Transaction

TO_KERNEL: Final = "to-kernel"
FROM_KERNEL: Final = "from-kernel"


class Diagnosis:
    """Something wrong or odd: a stable `code`, a `severity`, words, and where.

    `severity` is "error", "warning" or "note"; `offset` and `length` give the
    bytes, counted from the start of the nlmsghdr.
    """

    __slots__ = ("code", "length", "offset", "severity", "text")

    def __init__(self, code: str, severity: str, text: str, offset: int, length: int) -> None:
        self.code = code
        self.severity = severity
        self.text = text
        self.offset = offset
        self.length = length

    def __repr__(self) -> str:
        return f"<{self.severity} {self.code} at {self.offset}: {self.text}>"


class Context:
    """What a message needs from the session around it; this one knows nothing."""

    def __init__(self, tables: Tables | None = None) -> None:
        self.tables = Tables() if tables is None else tables
        self.engine = Engine(self.tables)  # whose tape the writers read
        self.spare: list[Engine] = []  # others, that walk while this one is read
        self.kept: dict[str, object] = {}  # what layers above have made ready for its tables
        self._control: model.Spec | None = None
        self._control_sets: dict[int, int] = {}

    def control_set(self, kind: int) -> int:
        """The set of the attributes in a control message of this type; 0 for none."""
        control = self.control()
        if control is not self._control:
            self._control = control
            self._control_sets = {}
        found = self._control_sets.get(kind)
        if found is None:
            operation = None if control is None else control.replies.get(kind)
            aset = None if operation is None else operation.attributes
            found = self._control_sets[kind] = int(self.tables.attribute_set(aset))
        return found

    def bind(self, message: Message) -> None:
        """Set the message's spec, operation and family from its type."""

    def interface(self, index: int, message: Message) -> str | None:
        """The name that interface `index` had when the message was sent."""
        return None

    def family_name(self, number: int, message: Message) -> str | None:
        """The name of the generic family that had this id when the message was sent."""
        return None

    def dump_end(self, port: int, message: Message) -> tuple[int, int | None] | None:
        """Number and time of what ends the long dump that the message asks for, if it is known."""
        return None

    def namespace(self, number: int, message: Message) -> str | None:
        """What is known of the network namespace that has this id (nsid): `pid 4711`."""
        return None

    def socket(self, port: int, message: Message) -> Socket | None:
        """Whose port it was when the message was sent, as the capture recorded it."""
        return None

    def inode(self, port: int, message: Message) -> int | None:
        """The inode of the socket with this port, as sock_diag told."""
        return None

    def judge(self, message: Message, engine: Engine) -> None:
        """Adds to a walk of nlctrl's messages what is wrong by all that is known of families."""

    def control(self) -> model.Spec | None:
        """The spec of NLMSG_ERROR and NLMSG_DONE."""
        return None


@final
class Tape:
    """What a walk found, kept: of a message, or of one node by itself.

    `told` has the nodes of which a hook said something, by their place; `hooked` the places
    of those whose hook did not run yet.
    """

    def __init__(self, engine: Engine, message: Message) -> None:
        size = engine.size
        self.message = message
        self.entries = engine.tape[:size]
        self.size = size
        self.echo = engine.echo
        self.inner: Message | None = message.inner
        self.findings = in_order(engine.findings)
        self.given: dict[int, object] = dict(engine.given)
        self.hooked: set[int] = set(engine.hooked)
        self.told: dict[int, Node] = {}
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
        return [f for f in self.findings if f.place == place and f.early == early]


def in_order(findings: list[Finding]) -> list[Finding]:
    """Findings by their places, early ones first; of what is cut nothing but that."""
    if len(findings) < 2:
        return list(findings)
    out: list[Finding] = []
    cut: i64 = -2
    for found in sorted(findings, key=_order):
        if found.place == cut and found.place >= 0:
            continue
        first = not out or out[-1].place != found.place
        if first and found.code == "truncated":
            cut = found.place
        out.append(found)
    return out


def _order(found: Finding) -> int:
    return int(found.place) * 2 + (not found.early)


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
        message: Message,
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
        return label(self, False)

    @property
    def path(self) -> str:
        """Dotted spec names from the message's root: `linkinfo.kind`."""
        names = [self._field.name]
        node = self.parent
        while node is not None:
            names.append(node._field.name)
            node = node.parent
        return ".".join(reversed(names))

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()

    # -- what hooks say of it -------------------------------------------------

    def set_value(self, kind: str, value: Any, label: str | None = None) -> None:
        """What the payload says: its kind in a word (`u32`, `ipv4`), the value, and its label."""
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
        return f"<Node {self.path} {self.kind} {self.value!r} at {self.offset}+{self.length}>"

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
            told = self._run_hook()
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

    def _run_hook(self) -> bool:
        """Lets a dissector's own code decode the node; its failure is a diagnosis."""
        hook = self._field.hook
        try:
            return hook is not None and bool(hook(self))
        except Exception as problem:
            self.diagnose("hook-failed", ERROR, f"the dissector's code failed: {problem!r}")
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
        context = message.context
        engine = context.spare.pop() if context.spare else Engine(context.tables)
        around = _Around(self)
        cut = message.state == framing.CUT
        limit = message.limit
        engine.begin(
            message.data, limit, message.big, cut, message.to_kernel, message.flags, around, False
        )
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


class _Around(Surroundings):
    """What is around a node that is decoded by itself."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def selector(self, name: str) -> tuple[object, model.Enum | None] | None:
        found = selector(self._node, name)
        return None if found is None else (found.value, found.field.enum)


def text_value(form: i64, raw: bytes) -> Any:
    """The value of a payload that is shown in another form than as a number."""
    if form == PRESENT:
        return True
    if form == TEXT_UP_TO_NUL:
        cut = raw.find(0)
        return (raw if cut < 0 else raw[:cut]).decode("utf-8", "backslashreplace")
    if form == COLONS:
        return format_mac(raw)
    if form == COLONS_6 or form == COLONS_20:
        return format_mac(raw[: 6 if form == COLONS_6 else 20])
    if form == DOTTED or form == GROUPS:
        return format_address(raw)
    if form == UUID_TEXT:
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    if form == LABEL_STACK:
        return mpls_labels(raw)
    return raw


def mpls_labels(raw: bytes) -> str:
    """A label stack as iproute2 writes it, 100/200 (RFC 3032: label in the top 20 bits)."""
    return "/".join(str(int.from_bytes(raw[i : i + 3], "big") >> 4) for i in range(0, len(raw), 4))


def value_at(engine: Engine, place: i64, message: Message) -> Any:
    """The value of the entry at a place of the engine's tape, as `Node.value`."""
    first, second = engine.tape[place], engine.tape[place + 1]
    marks, row = first >> MARKS_AT & 0xFF, first & FIELD_MASK
    if marks & GIVEN:
        return given(engine, place).value
    tables = engine.tables
    form = tables.form[first >> SHOWN_AT & 0xFF]
    start, end = second & 0xFFFFFFFF, second >> 32
    if marks & IS_ATTRIBUTE:
        start += 4
    if form == INTEGER:
        number = engine.number(row, start, end, marks)
        if number < 0 and tables.rows[row * COLUMNS + SIGNED] == 0:
            return int(number) + 0x10000000000000000
        return int(number)
    if form == NOTHING:
        return None
    if marks & FOLDED and form == ARRAY:
        element = tables.rows[row * COLUMNS + ELEMENT]
        size = tables.rows[element * COLUMNS + SIZE]
        numbers: list[Any] = []
        while start < end:
            number = engine.number(element, start, start + size, 0)
            start += size
            wraps = number < 0 and tables.rows[element * COLUMNS + SIGNED] == 0
            numbers.append(int(number) + 0x10000000000000000 if wraps else int(number))
        return numbers
    if form == ARRAY:
        return [
            value_at(engine, inside, message)
            for inside in engine.inside(place)
            if engine.tape[inside] >> MARKS_AT & INDEXED
        ]
    raw = engine.data[start:end]
    if form != TEXT_UP_TO_NUL or end - start > _SHORT:
        return text_value(form, raw)
    text = _texts.get(raw)
    if text is None:
        if len(_texts) >= _TEXTS:
            _texts.clear()
        text = _texts[raw] = str(text_value(form, raw))
    return text


_SHORT: Final = 32
_TEXTS: Final = 4096
_texts: Final[dict[bytes, str]] = {}  # names of interfaces, kinds...: the same again and again


def given(engine: Engine, place: i64) -> Node:
    """The node that a hook made at this place."""
    node = engine.given[int(place)]
    assert isinstance(node, Node)
    return node


def label_at(engine: Engine, place: i64, message: Message, constants: bool) -> str | None:
    """The label of the entry at a place of the engine's tape, as `labels.label`."""
    return label_of(engine, place, None, message, constants, None)


def label_of(
    engine: Engine, place: i64, value: Any, message: Message, constants: bool, seen: Seen | None
) -> str | None:
    """The same of an entry with this value (None: as on the tape), in a message seen already."""
    first = engine.tape[place]
    marks, row = first >> MARKS_AT & 0xFF, first & FIELD_MASK
    if marks & GIVEN:
        return label(given(engine, place), constants)
    tables = engine.tables
    at = row * COLUMNS
    if marks & INDEXED and tables.rows[at + LABEL]:
        return tables.labels[tables.rows[at + LABEL]]
    if marks & (UNKNOWN | UNNAMED) or tables.form[first >> SHOWN_AT & 0xFF] != INTEGER:
        return None
    enum, hint = tables.rows[at + ENUM], tables.rows[at + HINT]
    labelled = tables.rows[at + MARKS] & LABELLED
    if enum == 0 and hint == NO_HINT and not labelled:
        return None
    if value is None:
        value = value_at(engine, place, message)
    if labelled:
        told = told_by(tables.fields[row], value, message, seen or Seen(engine, message))
        if told is not None:
            return told or None
    if enum:
        named = tables.enums[enum].label(value, constants)
        if named is not None or hint == NO_HINT:
            return named
    return hinted(int(hint), value, message, constants)


class Seen:
    """The values of one message by name: top-level attributes, header members, dotted paths.

    It looks at the tape that `engine` has of the message, and holds as long.
    """

    def __init__(self, engine: Engine, message: Message) -> None:
        self.message = message
        self._engine = engine
        self._names = names_in(engine.tables, message.operation)
        self._given: dict[str, int] | None = None
        if len(engine.given) > 0:
            self._given = self._named_by_hooks()
        engine.index()

    def _named_by_hooks(self) -> dict[str, int]:
        """Where nodes lie, at the top or in headers, of which hooks said something."""
        engine = self._engine
        attributes: dict[str, int] = {}
        members: dict[str, int] = {}
        tops = engine.inside(-2)
        for place, names in [(top, attributes) for top in tops] + [
            (member, members) for top in tops if engine.heads(top) for member in engine.inside(top)
        ]:
            if engine.tape[place] >> MARKS_AT & GIVEN:
                node = given(engine, place)
                for name in names_of(node.field):
                    names.setdefault(name, place)
        return members | attributes

    def place(self, path: str) -> i64:
        """Where the first node at a path lies on the tape, -1 for nowhere."""
        return self._place(self._names.get(path), path)

    def _place(self, name: Name, path: str) -> i64:
        """The same by what the path means."""
        engine = self._engine
        if name.path is not None:
            return self._along(name, name.path)
        if name.attribute:
            found = engine.place_of(name.attribute)
            if found >= 0:
                return found
            if name.other:
                found = engine.place_of(name.other)
                if found >= 0:
                    return found
        if self._given is not None:
            told = self._given.get(plainly(path))
            if told is not None:
                return told
        return engine.place_of(name.member) if name.member else -1

    def _along(self, name: Name, path: Path) -> i64:
        """Where the first node at a dotted path lies; looks only where it begins, if it can."""
        engine, rest = self._engine, name.rest
        if rest is None or engine.repeats or self._given is not None:
            return path.first(engine, -2)
        found = engine.place_of(name.attribute)
        if found < 0 and name.other:
            found = engine.place_of(name.other)
        return -1 if found < 0 else rest.first(engine, found)

    def has(self, path: str) -> bool:
        """Whether it is there."""
        return self.place(path) >= 0

    def value(self, path: str) -> Any:
        """Its value, None when it is not there or has no size that a number can have."""
        place = self.place(path)
        if place < 0:
            return None
        return self._value(place)

    def _value(self, place: i64) -> Any:
        engine = self._engine
        value = value_at(engine, place, self.message)
        if isinstance(value, bytes):
            row = engine.tape[place] & FIELD_MASK
            if engine.tables.rows[row * COLUMNS + WIDTH] > 0:
                return None
        return value


def told_by(field: model.Field, value: Any, message: Message, seen: Seen | None) -> str | None:
    """What the code beside the dissector makes of a value; None where it does not know better."""
    labeller = field.labeller
    if labeller is None or not isinstance(value, int):
        return None
    try:
        return labeller(value, message, message.get if seen is None else seen.value)
    except Exception as problem:
        return f"the dissector's code failed: {problem!r}"


_no_set: Final = model.AttributeSet("", "")


def view(tape: Tape, place: i64, message: Message, parent: Node | None) -> Node:
    """The node at a place of a tape."""
    first, second = tape.entries[place], tape.entries[place + 1]
    marks = first >> MARKS_AT & 0xFF
    if marks & GIVEN:
        made = tape.given[int(place)]
        assert isinstance(made, Node)
        made.parent = parent
        return made
    tables = message.context.tables
    row, index = first & FIELD_MASK, first >> INDEX_AT
    if marks & UNKNOWN:
        field = (tables.sets[row] or _no_set).unknown(int(index))
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
    made = field.entries.get(number)
    if made is None:
        made = field.entries[number] = element_of(field, number)
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


# -- what hooks make -----------------------------------------------------------------


def part(name: str, kind: int) -> model.Field:
    """The definition of a piece that is no attribute: a header, leftover data."""
    return own_field(name, kind)


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
    aset: model.AttributeSet | None,
) -> Node:
    """For hooks: adds one array element of a fixed header and attributes to `node`."""
    field = own_field(name, model.NEST)
    field.struct, field.nested = header, aset
    return member(node, field, start, end)


def walk(
    message: Message,
    parent: Node | None,
    pos: int,
    end: int,
    aset: model.AttributeSet | None,
    out: list[Node],
) -> None:
    """For hooks: appends the attributes in `pos` to `end` to `out`.

    Covers every byte: what is no attribute becomes a node with a diagnosis.
    `aset` None leaves all of them unknown, without saying so.
    """
    field = own_field("attributes", model.NEST)
    field.nested = aset
    whole = Node(field, message, parent, pos, pos, end)
    for child in whole.children:
        child.parent = parent
        out.append(child)


@final
class Message(Surroundings):
    """One netlink message, bound to what it is and decoded on demand.

    `data` holds the bytes of the message and what trails it in its frame;
    `base` is where its nlmsghdr lies in there (not 0 only for an echoed
    request). `limit` is where it ends, by nlmsg_len or by the end of the
    bytes. `number` counts from 1 through the capture. `netlink` is False for
    a datagram that holds no netlink message at all. `link` is what pairing
    found, where someone set it.
    """

    def __init__(
        self,
        context: Context,
        protocol: i64,
        data: bytes,
        base: i64,
        limit: i64,
        big: bool,
        state: i64 = framing.OK,
    ) -> None:
        self.context = context
        self.protocol: i64 = protocol
        self.data = data
        self.base: i64 = base
        self.limit: i64 = limit
        self.big = big
        self.state: i64 = state
        self.record: Record | None = None
        self.number: i64 = 0
        self.serial: i64 = 0
        self.offset: i64 = 0
        self.outer: Message | None = None
        self.inner: Message | None = None  # the request that an error echoes, once it was met
        self.spec: model.Spec | None = None
        self.operation: model.Operation | None = None
        self.family: str | None = None
        self.command: i64 = -1
        self.header_size: i64 = 0
        self.truncated = False
        self.link: Link | None = None
        self._nodes: list[Node] | None = None
        self._diagnoses: list[Diagnosis] | None = None
        if limit - base >= 16 and state != framing.NO_HEADER:
            self.length: i64 = u32(data, base, big)
            self.type: i64 = u16(data, base + 4, big)
            self.flags: i64 = u16(data, base + 6, big)
            self.seq: i64 = u32(data, base + 8, big)
            self.port: i64 = u32(data, base + 12, big)
            self.netlink = True
            self.to_kernel: bool = self.flags & 1 == 1
        else:
            self.length = limit - base
            self.type = -1
            self.flags = self.seq = self.port = 0
            self.netlink = False
            self.to_kernel = False

    @property
    def direction(self) -> str:
        """`to-kernel` or `from-kernel`."""
        return TO_KERNEL if self.to_kernel else FROM_KERNEL

    @property
    def transaction(self) -> Transaction | None:
        """The transaction that it belongs to, by its link."""
        return None if self.link is None else self.link.transaction

    @property
    def error(self) -> int | None:
        """The error number of NLMSG_ERROR and NLMSG_DONE (0 or negative), else None."""
        start = self.base + 16
        kind = self.type
        if (kind != framing.NLMSG_ERROR and kind != framing.NLMSG_DONE) or self.limit - start < 4:
            return None
        value = u32(self.data, start, self.big)
        return int(value - 0x100000000 if value & 0x80000000 else value)

    def turn(self) -> None:
        """What has NLM_F_REQUEST comes from the kernel all the same: bound and decoded as such."""
        self.to_kernel = False
        self.operation = None
        self.forget()
        self.context.bind(self)

    def forget(self) -> None:
        """Lets its nodes go, for one who keeps the message; they are decoded again when asked."""
        self._nodes = None
        self._diagnoses = None
        self.inner = None

    @property
    def nodes(self) -> list[Node]:
        """The message's payload: fixed headers, attributes, data, in order."""
        if self._nodes is None:
            if self.outer is not None:
                return self.outer.echoed_nodes
            self._nodes = []
            context = self.context
            engine = context.spare.pop() if context.spare else Engine(context.tables)
            self._walk(engine)
            tape = Tape(engine, self)
            context.spare.append(engine)
            self._nodes = tape.nodes
            if self.record is not None and self.record.gaps is not None:
                _hide(self, tape.nodes, self.record.gaps)
        return self._nodes

    @property
    def echoed_nodes(self) -> list[Node]:
        """The nlmsghdr and the payload of the request that the message echoes."""
        for node in self.nodes:
            for child in node.children:
                if child.field.kind == model.MESSAGE:
                    return child.children
        return []

    @property
    def echo(self) -> Message | None:
        """The request that an NLMSG_ERROR echoes, as a message of its own."""
        if self.type != framing.NLMSG_ERROR:
            return None
        if self.inner is None and self._nodes is None:
            self.nodes  # noqa: B018 - the walk meets it
        return self.inner

    def diagnose(self, code: str, severity: str, text: str, offset: i64, length: i64) -> None:
        """Records what is wrong with the message as a whole."""
        if self._diagnoses is None:
            self._diagnoses = []
        self._diagnoses.append(Diagnosis(code, severity, text, int(offset), int(length)))

    @property
    def odd(self) -> bool:
        """Whether the walk, which was made, found something wrong with the message as a whole."""
        return self._diagnoses is not None

    @property
    def own_found(self) -> list[Diagnosis]:
        """What the walk, which was made, found wrong with the message as a whole."""
        return list(self._diagnoses or ())

    def found(self, engine: Engine) -> list[Diagnosis]:
        """Everything wrong with the message, whose walk is on the engine's tape, in order."""
        out = self.own_found
        for wrong in engine.findings:
            where = engine.tape[wrong.place + 1]
            offset, end = where & 0xFFFFFFFF, where >> 32
            out.append(
                Diagnosis(wrong.code, wrong.severity, wrong.text, int(offset), int(end - offset))
            )
        return out

    @property
    def own_diagnoses(self) -> list[Diagnosis]:
        """What is wrong with the message as a whole."""
        self.nodes  # noqa: B018 - the walk finds out
        return list(self._diagnoses or ())

    @property
    def diagnoses(self) -> list[Diagnosis]:
        """Everything wrong with the message and its nodes, in order."""
        out = self.own_diagnoses
        for node in self.walk():
            out += node.diagnoses
        return out

    def walk(self) -> Iterator[Node]:
        """Every node of the message, in order."""
        for node in self.nodes:
            yield from node.walk()

    # -- being walked -------------------------------------------------------

    def _walk(self, engine: Engine, folds: bool = False) -> None:
        """Puts the payload on the engine's tape; the frame's oddities become diagnoses."""
        data, base, limit = self.data, self.base, self.limit
        self._diagnoses = None
        engine.begin(
            data,
            limit,
            self.big,
            self.state == framing.CUT,
            self.to_kernel,
            self.flags,
            self,
            folds,
        )
        if self.state != framing.OK and self._odd(engine):
            return
        kind = self.type
        if kind < framing.NLMSG_MIN_TYPE:
            aset = self.context.control_set(int(kind))
            engine.control(kind, self.error or 0, base + 16, limit, aset)
        else:
            self._payload(engine, base + 16, limit, 0)
            if kind == framing.GENL_ID_CTRL and self.protocol == framing.NETLINK_GENERIC:
                self.context.judge(self, engine)
        if limit < len(data):
            self._trailing(engine, limit, len(data))

    def _odd(self, engine: Engine) -> bool:
        """Tells what is wrong with the frame; whether there is no more than data."""
        base, limit = self.base, self.limit
        if self.state in _STATES and not (
            self.state == framing.NO_HEADER and self.protocol in framing.FREE_FORM
        ):
            code, severity, text = _STATES[int(self.state)]
            length, have = self.length, limit - base
            if self.state == framing.CUT and not self.netlink and self.record is not None:
                length = self.record.original_length - self.offset
            self.diagnose(code, severity, text.format(length, have), base, min(4, have))
        if self.netlink and self.state != framing.SHORT_LENGTH:
            return False
        start = base + 16 if self.netlink else base
        if start < len(self.data):
            end = len(self.data)
            engine.push(self.context.tables.data, S_BINARY, 0, start, end, 0, 0)
        return True

    def _payload(self, engine: Engine, pos: i64, limit: i64, depth: i64) -> None:
        operation, tables = self.operation, self.context.tables
        generic = self.protocol == framing.NETLINK_GENERIC
        if operation is None:
            engine.payload(generic, 0, 0, self.header_size, pos, limit, depth, False)
            return
        struct = tables.struct(operation.header)
        aset = tables.attribute_set(operation.attributes)
        hooked = operation.hook is not None
        engine.payload(generic, struct, aset, self.header_size, pos, limit, depth, hooked)

    def _trailing(self, engine: Engine, limit: i64, end: i64) -> None:
        """What follows the message in its datagram: padding to 4 bytes is no news, more is."""
        start = min((limit + 3) & ~3, end)
        if not engine.zero(limit, start):
            start = limit
        elif start == end:
            return
        place = engine.size
        engine.push(self.context.tables.trailing, S_BINARY, 0, start, end, 0, 0)
        if engine.zero(start, end):
            text = f"{end - start} zero bytes after the message's end"
            engine.find(place, True, "trailing-zeros", NOTE, text)
        else:
            text = f"{end - start} bytes after the message's end"
            engine.find(place, True, "trailing-data", WARNING, text)

    def echoed(self, engine: Engine, start: i64, end: i64, depth: i64) -> None:
        """The request inside an NLMSG_ERROR, dissected as what it is."""
        cut = self.state == framing.CUT and end == self.limit
        inner = self._echoed(start, end, cut)
        place, size = engine.echo, end - start
        engine.limit, engine.cut, engine.to_kernel = end, cut, True
        engine.flags = inner.flags
        engine.header(self.context.tables.nlmsghdr, start, start + 16, depth)
        if inner.length < 16:
            text = f"nlmsg_len {inner.length} is less than 16"
            engine.find(place, False, "msg-len-short", ERROR, text)
        elif size < inner.length and size > 16:
            text = f"nlmsg_len {inner.length} is more than the {size} bytes there are"
            engine.misfit(place, "msg-len-over", ERROR, text)
        data = self.context.tables.data
        if size > 16 and inner.type < framing.NLMSG_MIN_TYPE:
            engine.push(data, S_BINARY, depth, start + 16, end, 0, 0)
        elif size > 16:
            stop = min(start + max(inner.length, 16), end)
            inner._payload(engine, start + 16, stop, depth)
            if stop < end:
                engine.push(data, S_BINARY, depth, stop, end, 0, 0)
        for found in inner._diagnoses or ():  # of the dissector's code
            engine.find(place, False, found.code, found.severity, found.text)
        engine.limit, engine.cut = self.limit, self.state == framing.CUT
        engine.to_kernel, engine.flags = self.to_kernel, self.flags
        engine.family = engine.hardware = -1

    def _echoed(self, start: i64, end: i64, cut: bool) -> Message:
        inner = self.inner
        if inner is None:
            state = framing.CUT if cut else framing.OK
            inner = Message(self.context, self.protocol, self.data, start, end, self.big, state)
            inner.outer = self
            inner.record, inner.number, inner.serial = self.record, self.number, self.serial
            inner.to_kernel = True
            self.inner = inner
            self.context.bind(inner)
        inner._diagnoses = None
        return inner

    def payload(self, engine: Engine, pos: i64, limit: i64, depth: i64) -> bool:
        """Lets a dissector's own code take a payload that is no attribute tree."""
        target = self.inner if engine.echo >= 0 and self.inner is not None else self
        operation = target.operation
        assert operation is not None
        assert operation.hook is not None
        made: list[Node] = []
        try:
            done = operation.hook(target, int(pos), int(limit), made)
        except Exception as problem:
            text = f"the dissector's code failed: {problem!r}"
            target.diagnose("hook-failed", ERROR, text, pos, limit - pos)
            return False
        if done:
            for node in made:
                give(engine, node, depth)
        return bool(done)

    def called(self, made: object) -> tuple[str, str | None, int]:
        """Name, C constant and number of a node that a hook made."""
        assert isinstance(made, Node)
        return made.name, made.constant, made._field.number

    def walk_onto(self, engine: Engine, folds: bool = False) -> None:
        """Puts the payload on the engine's tape, as hooks and gaps of a trace have it.

        With `folds`, plain numbers are not there themselves; see `Engine.begin`.
        """
        gaps = None if self.record is None else self.record.gaps
        self._walk(engine, folds and gaps is None)  # a gap may lie in one of the numbers
        if gaps is not None or len(engine.hooked) > 0:
            tape = Tape(engine, self)
            for place in sorted(tape.hooked):
                _node_at(tape, place)
            if gaps is not None:
                _hide(self, tape.nodes, gaps)
            _retell(engine, tape)
        if len(engine.findings) > 1:
            engine.findings = in_order(engine.findings)

    def walk_for(self, engine: Engine, wanted: vec[i64], numbered: bool) -> None:
        """As `walk_onto`, if it can be with no more than is wanted; see `Engine.choose`."""
        if self.record is None or self.record.gaps is None:
            engine.choose(wanted, numbered)
            self._walk(engine)
            engine.choosy = False
            if len(engine.hooked) == 0:  # hooks may look at anything
                return
        self.walk_onto(engine)

    # -- by path -----------------------------------------------------------

    def find(self, path: str) -> Node | None:
        """The first node at this dotted path of spec names or constants."""
        return find(self.nodes, path)

    def find_all(self, path: str) -> Iterator[Node]:
        """Every node at this path, in order; entries of arrays need not be named."""
        return find_all(self.nodes, path)

    def get(self, path: str, default: Any = None) -> Any:
        """The value of the first node at this path; `default` when there is none.

        What has something inside gives plain dictionaries and lists.
        """
        found = find(self.nodes, path)
        return default if found is None else plain_value(found)

    def __getitem__(self, path: str) -> Any:
        """The value at this path, as `get`; KeyError, with the nearest name, for none."""
        found = find(self.nodes, path)
        if found is None:
            raise KeyError(missing(self.nodes, path))
        return plain_value(found)

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and find(self.nodes, path) is not None

    def __setitem__(self, path: str, value: Any) -> None:
        """Another value at this path, or one more attribute; raises EncodeError.

        Takes what `nldissect.build` takes. Nodes given out before are those of the message
        as it was.
        """
        _beyond.assign(self, path, value)

    def __delitem__(self, path: str) -> None:
        """Takes every attribute at this path out; KeyError for none."""
        _beyond.remove(self, path)

    # -- as a whole --------------------------------------------------------

    @property
    def bytes(self) -> bytes:
        """The message as captured or edited, from its nlmsghdr to its end, without padding."""
        return self.data[self.base : self.limit]

    def plain(self) -> dict[str, Any]:
        """Headers and attributes as plain dictionaries, by spec names; see `plain.plain`."""
        return plain(self.nodes)

    def encode(self) -> builtins.bytes:
        """The bytes that its header and the values of its nodes give, with what trails it.

        Of a message that nobody changed they are the captured ones.
        """
        return _beyond.encode(self)

    def to_dict(self) -> dict[str, Any]:
        """What `to_json` says, as Python objects."""
        return _beyond.to_dict(self)

    def to_json(self) -> str:
        """The message as `nldissect read -T jsonl` prints it (docs/json.md)."""
        return _beyond.to_json(self)

    def to_scapy(self) -> Any:
        """The message as a scapy packet; see `nldissect.scapy`."""
        return _beyond.to_scapy(self)

    def adopt(self, data: builtins.bytes) -> None:
        """Takes these bytes, which begin with its nlmsghdr, for its own."""
        before = Message(
            self.context, self.protocol, self.data, self.base, self.limit, self.big, self.state
        )
        before.record, before.number, before.serial = self.record, self.number, self.serial
        before.spec, before.operation, before.family = self.spec, self.operation, self.family
        before.command, before.header_size = self.command, self.header_size
        before.to_kernel = self.to_kernel
        for node in self._nodes or ():
            _move(node, before)
        self.forget()
        self.data = data
        self.base = 0
        self.length = framing.LENGTH[self.big](data, 0)[0]
        self.limit = min(self.length, len(data))
        self.state = framing.OK

    def __eq__(self, other: object) -> bool:
        """Whether it is the same message, or a dictionary tells just what `plain` does."""
        if isinstance(other, dict):
            return bool(self.plain() == other)
        return self is other

    def __hash__(self) -> int:
        return id(self) >> 4

    def __repr__(self) -> str:
        kind = self.type if self.operation is None else self.operation.name
        return f"<Message {self.number} {kind} {self.direction} {len(self.data)} bytes>"


@mypyc_attr(allow_interpreted_subclasses=True)
class Beyond:
    """What users do with a message and takes layers above; `library` has it."""

    def encode(self, message: Message) -> bytes:
        raise NotImplementedError

    def assign(self, message: Message, path: str, value: Any) -> None:
        raise NotImplementedError

    def remove(self, message: Message, path: str) -> None:
        raise NotImplementedError

    def to_dict(self, message: Message) -> dict[str, Any]:
        raise NotImplementedError

    def to_json(self, message: Message) -> str:
        raise NotImplementedError

    def to_scapy(self, message: Message) -> Any:
        raise NotImplementedError


_beyond = Beyond()


def reach(beyond: Beyond) -> None:
    """Lets messages do what takes layers above."""
    global _beyond
    _beyond = beyond


def _move(node: Node, message: Message) -> None:
    """Lets a node and what was made of it belong to another message object."""
    node.message = message
    for child in node._children or ():
        _move(child, message)


_STATES: Final[dict[int, tuple[str, str, str]]] = {
    framing.SHORT_LENGTH: (
        "msg-len-short",
        ERROR,
        "nlmsg_len {} is less than the header's 16 bytes",
    ),
    framing.LONG_LENGTH: (
        "msg-len-over",
        ERROR,
        "nlmsg_len {} is more than the {} bytes there are",
    ),
    framing.CUT: ("truncated", NOTE, "cut by the snapshot length: {1} of {0} bytes captured"),
    framing.NO_HEADER: ("no-header", ERROR, "{} bytes are less than the header's 16"),
    framing.UNALIGNED: ("msg-unaligned", WARNING, "starts at no multiple of 4 bytes"),
    framing.AUDIT_LENGTH: ("msg-len-audit", NOTE, "nlmsg_len {} leaves out the header"),
}


def _hide(message: Message, nodes: list[Node], gaps: list[tuple[int, int, str]]) -> None:
    """Values that lie in bytes which the record does not have are shown as what stands for them."""
    for start, end, text in gaps:
        start, end = start - message.offset, end - message.offset
        if start < 16 and end > 0:
            words = "the trace does not tell the header" + (f": {text}" if text else "")
            message.diagnose("not-in-trace", NOTE, words, max(start, 0), min(end, 16))
        for top in nodes:
            for node in top.walk():
                if node.start < end and node.end > start and not node.children:
                    node.set_value("unknown", text or None, "")
                    node.diagnose("not-in-trace", NOTE, "the trace does not tell these bytes")


# -- a tape with what hooks said ------------------------------------------------------


def give(engine: Engine, node: Node, depth: i64) -> None:
    """Puts a node, as it says of itself, on the tape, with what lies inside."""
    place = engine.size
    marks: i64 = GIVEN
    if node.start - node.offset == 4:
        marks |= IS_ATTRIBUTE
    engine.reserve(i64(node.end - node.offset))
    shown = node.message.context.tables.shown_as(node.kind, TOLD)
    engine.push(0, shown, depth, node.offset, node.end, marks, 0)
    engine.given[int(place)] = node
    for found in node.diagnoses:
        engine.findings.append(Finding(place, False, found.code, found.severity, found.text))
    for child in node.children:
        give(engine, child, depth + 1)


def _node_at(tape: Tape, place: i64) -> Node | None:
    """The node at a place, once its hook ran; None inside of what a hook replaced."""
    entries = tape.entries
    depth = entries[place] >> DEPTH_AT & DEPTH_MASK
    siblings: list[Node] = []
    if depth == 0:
        siblings = tape.nodes
    else:
        above = place - 2
        while entries[above] >> DEPTH_AT & DEPTH_MASK >= depth:
            above -= 2
        parent = _node_at(tape, above)
        if parent is None or parent._told:
            return None
        siblings = parent.children
    for node in siblings:
        if node._place == place and node._tape is tape:
            node.kind  # noqa: B018 - runs its hook
            return node
    return None


def _retell(engine: Engine, tape: Tape) -> None:
    """Puts on the engine's tape what is on this one, and what hooks said of its nodes."""
    told = tape.told
    if not told:
        return
    before, given = tape.findings, engine.given
    engine.size = 0
    engine.findings = []
    engine.given = {}
    entries, size = tape.entries, tape.size
    place: i64 = 0
    while place < size:
        first = entries[place]
        depth = first >> DEPTH_AT & DEPTH_MASK
        node = told.get(int(place))
        if node is not None:
            give(engine, node, depth)
            place += 2
            while place < size and entries[place] >> DEPTH_AT & DEPTH_MASK > depth:
                place += 2
            continue
        second = entries[place + 1]
        if place == tape.echo:
            engine.echo = engine.size
        if first >> MARKS_AT & GIVEN:
            engine.given[int(engine.size)] = given[int(place)]
        for found in before:
            if found.place == place:
                moved = Finding(engine.size, found.early, found.code, found.severity, found.text)
                engine.findings.append(moved)
        engine.reserve(0)
        engine.tape[engine.size] = first
        engine.tape[engine.size + 1] = second
        engine.size += 2
        place += 2
    engine.hooked = []
