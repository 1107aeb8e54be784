"""Fields of dissectors by the names that filters give them, found in the bytes of a message.

A name stands for every attribute and header member of that name, at whatever depth; a
dotted path for one inside the other. What a path needs of an attribute set is worked out
once (a `Plan`), then attributes are walked in the raw bytes: only what leads to the path is
looked at, and no tree is built. What a walk cannot decide (what another attribute's value
selects, a dissector's own code, a request echoed in an error, malformed bytes) is left to
the tree, of which only that branch is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .. import spec as m
from .. import wire
from ..errors import SpecError
from ..registry import Registry
from ..summary import operation_name
from ..tables import GENLMSGHDR
from ..tree import MAX_DEPTH, Message, Node

States = frozenset[int]  # how many names of a path lie above, for each way to read it so far

# What ip(8) calls things that the kernel names otherwise: the C constant or struct member, and
# what ip adds to the number.
WORDS_OF_IP: Final[dict[str, dict[str, int]]] = {
    "nexthop": {"RTA_MULTIPATH": 0, "NHA_GROUP": 0},
    "via": {"RTA_VIA": 0, "RTA_GATEWAY": 0, "NHA_GATEWAY": 0},
    "dev": {"RTA_OIF": 0, "NHA_OIF": 0, "rtnh-ifindex": 0},
    "weight": {"rtnh-hops": 1},
}


def plain(name: str) -> str:
    """A name as it is compared: C constants as they are, else in lower case with dashes."""
    return name if name.isupper() else name.lower().replace("_", "-")


_names: dict[m.Field, frozenset[str]] = {}
_KEPT: Final = 8192


def names_of(field: m.Field) -> frozenset[str]:
    """Every name of a field: the spec's, the C constant's, the number, ip's."""
    found = _names.get(field)
    if found is None:
        if len(_names) >= _KEPT:
            _names.clear()
        names = {plain(field.name)}
        if field.constant:
            names |= {field.constant, plain(field.constant.lower())}
        if field.number >= 0:
            names.add(str(field.number))
        for word, meant in WORDS_OF_IP.items():
            if field.constant in meant or (field.number < 0 and field.name in meant):
                names.add(word)
        found = _names[field] = frozenset(names)
    return found


class Way:
    """One reading of a path: its names, and which messages it is about.

    `specs` and `operations` are names, None for all; `top` says that the first name is
    that of a top-level attribute, `control` that it is one of NLMSG_ERROR or NLMSG_DONE.
    """

    __slots__ = ("control", "homes", "names", "operations", "specs", "top")

    def __init__(
        self, names: tuple[str, ...], specs: str | None = None,
        operations: frozenset[str] | None = None, top: bool = False, control: bool = False,
    ) -> None:  # fmt: skip
        self.names = names
        self.specs = specs
        self.operations = operations
        self.top = top
        self.control = control
        # the specs that have the first name; "" for members of structs, which any may have
        self.homes: frozenset[str] = frozenset()

    def about(self, message: Message) -> bool:
        """Whether a message of this operation may have it."""
        control = message.type < wire.NLMSG_MIN_TYPE
        if self.specs is not None:
            has = "netlink" if control else None if message.spec is None else message.spec.name
            if has is None or plain(has) != self.specs:
                return False
        if self.operations is None:
            return not self.control or control
        if control:
            return operation_name(message) in self.operations
        operation = message.operation
        return operation is not None and operation.name in self.operations


class Vocabulary:
    """The names that the dissectors of a registry have; specs are loaded when first asked for."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._specs: list[m.Spec] | None = None
        self._known: dict[str, list[m.Field]] | None = None
        self._headers: dict[str, m.Struct] | None = None
        self.children: dict[str, list[m.Field]] = {}  # of paths, kept for completion
        self._operations: dict[str, list[tuple[m.Spec, m.Operation]]] | None = None

    @property
    def specs(self) -> list[m.Spec]:
        """Every dissector that loads."""
        if self._specs is None:
            self._specs = []
            for entry in self.registry.entries():
                try:
                    self._specs.append(entry.spec())
                except SpecError:
                    continue  # the registry reports it when it is needed
        return self._specs

    @property
    def operations(self) -> dict[str, list[tuple[m.Spec, m.Operation]]]:
        """Operations by plain name and by C constant."""
        if self._operations is None:
            self._operations = {}
            for spec in self.specs:
                found = {*spec.requests.values(), *spec.replies.values()}
                for operation in sorted(found, key=lambda o: o.name):
                    for name in {plain(operation.name), operation.constant}:
                        self._operations.setdefault(name, []).append((spec, operation))
        return self._operations

    def spec(self, name: str) -> m.Spec | None:
        """The dissector of this plain name."""
        return next((s for s in self.specs if plain(s.name) == name), None)

    @property
    def known(self) -> dict[str, list[m.Field]]:
        """Every field by every name of it."""
        if self._known is None:
            self._known = {}
            for field in self._fields():
                for name in names_of(field):
                    self._known.setdefault(name, []).append(field)
        return self._known

    @property
    def headers(self) -> dict[str, m.Struct]:
        """The fixed headers by plain name."""
        if self._headers is None:
            self._headers = {
                plain(operation.header.name): operation.header
                for spec in self.specs
                for operation in (*spec.requests.values(), *spec.replies.values())
                if operation.header is not None
            }
        return self._headers

    def _fields(self) -> Iterator[m.Field]:
        for spec in self.specs:
            yield from fields_of(spec)
        yield from GENLMSGHDR.members

    def ways(self, path: str) -> list[Way]:
        """Every reading of a dotted path that some dissector makes sense of."""
        parts = tuple(plain(part) for part in path.split("."))
        if not all(parts):
            return []
        out = self._ways(parts)
        for way in out:
            if way.names:
                way.homes = frozenset(
                    field.path.partition(".")[0] for field in self.known.get(way.names[0], ())
                )
        return out

    def _ways(self, parts: tuple[str, ...]) -> list[Way]:
        out = []
        if self._chain(parts):
            out.append(Way(parts))
        elif len(parts) > 1 and "-".join(parts[:2]) in self.known:  # rta.dst: RTA_DST
            joined = ("-".join(parts[:2]), *parts[2:])
            if self._chain(joined):
                out.append(Way(joined))
        rest = parts
        spec = self.spec(parts[0])
        if spec is not None:
            rest = parts[1:]
            out += self._scoped(rest, parts[0], None, spec)
        if parts[0] == "attributes" and len(parts) > 1 and (
            self._chain(parts[1:]) or all(part.isdecimal() for part in parts[1:])
        ):
            out.append(Way(parts[1:], top=True))
        if parts[0] == "extack" and len(parts) > 1:
            control = self.registry.control()
            operation = None if control is None else control.replies.get(wire.NLMSG_ERROR)
            way = Way(parts[1:], top=True, control=True)
            if operation is not None and leads(operation, way):
                out.append(way)
        found = self.operations.get(rest[0] if rest else "", [])
        found = [(s, o) for s, o in found if spec is None or s is spec]
        if found:
            names = frozenset(o.name for _, o in found)
            specs = parts[0] if spec is not None else None
            out += self._scoped(rest[1:], specs, names, *(s for s, _ in found))
        return out

    def _scoped(
        self, names: tuple[str, ...], specs: str | None, operations: frozenset[str] | None,
        *owners: m.Spec,
    ) -> list[Way]:  # fmt: skip
        if not names:
            return [Way((), specs, operations)]
        for top in (True, False):
            way = Way(names, specs, operations, top)
            for owner in owners:
                for operation in {*owner.requests.values(), *owner.replies.values()}:
                    if operations is not None and operation.name not in operations:
                        continue
                    if leads(operation, way):
                        return [way]
        return []

    def _chain(self, names: tuple[str, ...]) -> bool:
        """Whether each name is one, inside of the one before it somewhere."""
        known = self.known
        if not all(
            name in known or name.isdecimal() or name in DYNAMIC or name in self.headers
            for name in names
        ):
            return False
        if len(names) == 1:
            return not names[0].isdecimal()
        header = self.headers.get(names[0])
        if header is not None and _within(header, frozenset((1,)), Way(names, top=True), set()):
            return True
        for owner in known.get(names[0], []) if names[0] not in DYNAMIC else ():
            if owner.hook is not None or owner.kind == m.SUB_MESSAGE:
                return True
            if owner.rest is not None or owner.records:
                return True
            if _below(owner, frozenset((1,)), Way(names, top=True), set()):
                return True
        return names[0] in DYNAMIC


# Names that exist without a spec: of control messages, and what dissectors' own code makes.
DYNAMIC: Final = frozenset(
    ("nlmsgerr", "request", "nlmsghdr", "genlmsghdr", "error", "addr", "keys", "rules", "ref",
     "options", "uri", "prefix", "data", "trailing", "padding", "sequence", "length", "port")
)  # fmt: skip


def fields_of(spec: m.Spec) -> Iterator[m.Field]:
    """Every attribute and struct member of a dissector."""
    for aset in spec.attribute_sets.values():
        try:
            yield from aset.ensure().values()
        except SpecError:
            continue
    for operation in {*spec.requests.values(), *spec.replies.values()}:
        if operation.header is not None:
            yield from operation.header.members
    for struct in spec.structs.values():
        yield from struct.members


# -- where a path may lead -----------------------------------------------------------


def advance(names: frozenset[str], states: States, way: Way) -> tuple[bool, States]:
    """Whether a field of these names is what the path ends at, and the states below it."""
    hit = False
    below = set() if way.top else {0}
    last = len(way.names) - 1
    for state in states:
        if way.names[state] in names:
            if state == last:
                hit = True
            else:
                below.add(state + 1)
    return hit, frozenset(below)


def leads(operation: m.Operation, way: Way) -> bool:
    """Whether a message of this operation can have what the path ends at."""
    states = frozenset((0,))
    if operation.hook is not None:
        return True
    for header in (operation.header, GENLMSGHDR):
        if header is not None and (
            advance(frozenset((plain(header.name),)), states, way)[0]
            or _within(header, states, way, set())
        ):
            return True
    aset = operation.attributes
    return aset is not None and _in_set(aset, states, way, set())


def reaches(field: m.Field, way: Way) -> bool:
    """Whether what the path ends at can lie in a field."""
    return _below(field, frozenset((0,)), way, set())


_Seen = set[tuple[int, States]]


def _in_set(aset: m.AttributeSet, states: States, way: Way, seen: _Seen) -> bool:
    key = (id(aset), states)
    if key in seen:
        return False
    seen.add(key)
    try:
        fields = aset.ensure()
    except SpecError:
        return False
    last = len(way.names) - 1
    for state in states:
        if state == last and way.names[state].isdecimal():
            return True
    for field in fields.values():
        hit, below = advance(names_of(field), states, way)
        if hit or (below and _below(field, below, way, seen)):
            return True
    return False


def _within(struct: m.Struct, states: States, way: Way, seen: _Seen) -> bool:
    """Whether the path ends at a member of a struct, whose own name may be left out."""
    _, below = advance(frozenset((plain(struct.name),)), states, way)
    states = states | below
    for member in struct.members:
        hit, deeper = advance(names_of(member), states, way)
        if hit or (member.struct is not None and _within(member.struct, deeper, way, seen)):
            return True
        if member.sub is not None and _below(member, deeper, way, seen):
            return True
    return False


def _below(field: m.Field, states: States, way: Way, seen: _Seen) -> bool:
    """Whether the path can end inside a field."""
    if not states:
        return False
    kind = field.kind
    if field.request is not None and _below(field.request, states, way, seen):
        return True
    if field.nested is not None and _in_set(field.nested, states, way, seen):
        return True
    if field.struct is not None and _within(field.struct, states, way, seen):
        return True
    if kind == m.SUB_MESSAGE and field.sub_message is not None:
        for form in (*field.sub_message.formats.values(), field.sub_message.default):
            if form is None:
                continue
            if form.header is not None and _within(form.header, states, way, seen):
                return True
            if form.attributes is not None and _in_set(form.attributes, states, way, seen):
                return True
    if field.sub is not None:
        if field.sub.struct is not None and _within(field.sub.struct, states, way, seen):
            return True
        nested = field.sub.nested if kind == m.INDEXED else None
        if nested is not None and _in_set(nested, states, way, seen):
            return True
    if kind in (m.INDEXED, m.ARRAY) and any(way.names[s].isdecimal() for s in states):
        return True
    if kind == m.BITFIELD32:
        return any(way.names[s] in ("value", "selector") for s in states)
    if field.hook is not None:
        return _hooked(field, states, way)
    if kind in (m.TYPE_VALUE, m.UNKNOWN):
        return any(way.names[s].isdecimal() for s in states)
    return kind in (m.MESSAGE, m.HEADER)


def _hooked(field: m.Field, states: States, way: Way) -> bool:
    """Whether a dissector's own code may make it.

    It makes what the sub-message says that it holds, else what its spec describes; of other names
    only what lies in a field that the path names.
    """
    if field.kind <= m.LAST_SCALAR or field.kind == m.STRING or field.kind == m.FLAG:
        return False
    if any(state > 0 for state in states) or way.names[0] in DYNAMIC:
        return True
    if field.kind == m.ARRAY:  # if at all, then a struct
        return way.homes == {""}
    if field.sub_message is not None:
        return False
    return not way.homes or "" in way.homes or field.path.partition(".")[0] in way.homes


# -- walking the bytes ---------------------------------------------------------------

WALK: Final = 0  # a nest, whose bytes are walked
ENTRIES: Final = 1  # an array of nests
PARTS: Final = 2  # a struct or the like: its members as nodes
SELECT: Final = 3  # what it holds depends on a string beside it
TREE: Final = 4  # only the tree knows


class Step:
    """What to do with one attribute: take it, and look inside."""

    __slots__ = ("below", "field", "forms", "hit", "how", "selector", "states", "to_kernel")

    def __init__(
        self, field: m.Field, hit: bool, how: int, states: States, to_kernel: bool
    ) -> None:
        self.field = field
        self.hit = hit
        self.how = how  # -1: nothing inside matters
        self.states = states
        self.to_kernel = to_kernel
        self.below: Plan | None = None
        self.selector = -1
        self.forms: dict[bytes, Plan | None] = {}  # by the selector's bytes


class Plan:
    """The attributes of a set that lead to the path, by number."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps: dict[int, Step] = {}


class Start:
    """Where to look in the messages of one operation and direction."""

    __slots__ = ("hiding", "members", "plan", "skip", "tree")

    def __init__(self) -> None:
        self.tree = False
        self.plan: Plan | None = None
        self.hiding: set[m.Field] = set()  # top-level attributes that the path ends at
        self.skip = 0  # bytes from the nlmsghdr's start to the attributes
        self.members: list[tuple[int, m.Field]] = []  # of the fixed headers, by offset


class NeedsTree(Exception):
    """The bytes hold what a walk cannot decide."""


NEVER: Final = Start()  # nowhere in such messages


class Path:
    """Finds what one way of reading a path ends at.

    With `whole`, nodes are those of the message's tree, with parents and children.
    """

    def __init__(self, way: Way, registry: Registry, whole: bool = False) -> None:
        self.way = way
        self.registry = registry
        self.whole = whole
        self._echoes: dict[tuple[int, int], bool] = {}
        self._own: dict[int, bool] = {}  # whether control messages have it, by type
        self._plans: dict[tuple[int, States, bool], Plan] = {}
        self._starts: dict[tuple[m.Operation | None, int, bool, int], Start] = {}
        self._reach: dict[tuple[m.Field, States], bool] = {}

    def find(self, message: Message) -> list[Node]:
        """The nodes that the path ends at, in order."""
        kind = message.type
        if kind < wire.NLMSG_MIN_TYPE:
            if kind == wire.NLMSG_ERROR or kind == wire.NLMSG_DONE:
                return self._in_control(message)
            return []
        operation = message.operation
        key = (operation, message.protocol, message.to_kernel, message.header_size)
        start = self._starts.get(key)
        if start is None:
            if len(self._starts) > 1024:
                self._starts.clear()
            start = self._starts[key] = self.start(message)
        if start is NEVER:
            return []
        if message.state != wire.OK and message.state != wire.UNALIGNED:
            return self._in_tree(message)
        if start.tree:
            return self._in_tree(message)
        out: list[Node] = []
        base = message.base
        for offset, field in start.members:
            end = base + offset + field.size
            if end <= message.limit:
                out.append(Node(field, message, None, base + offset, base + offset, end))
        plan = start.plan
        if plan is not None:
            before = len(out)
            try:
                self._walk(message, base + start.skip, message.limit, plan, out, 1)
            except NeedsTree:
                return self._in_tree(message)
            if before and any(node.field in start.hiding for node in out[before:]):
                out = out[before:]  # an attribute `version` is not the header's `version`
        if out and self.whole:
            return self._in_tree(message)
        return out

    # -- planning --------------------------------------------------------------

    def start(self, message: Message) -> Start:
        """Where to look, by the message's protocol, operation and direction."""
        way, operation = self.way, message.operation
        if operation is None:
            generic = message.protocol == wire.NETLINK_GENERIC and way.names[-1] in _GENERIC
            if not (way.specs or way.operations or way.control) and (generic or unspecified(way)):
                start = Start()
                start.tree = True
                return start
            return NEVER
        if way.control or not way.about(message) or not leads(operation, way):
            return NEVER
        start = Start()
        header = operation.header
        if operation.hook is not None or (header is None and message.header_size):
            start.tree = True
            return start
        states = frozenset((0,))
        skip = 16
        if message.protocol == wire.NETLINK_GENERIC:
            self._members(GENLMSGHDR, skip, states, start)
            skip += 4
        if header is not None:
            self._members(header, skip, states, start)
            skip += (header.size + 3) & ~3
        start.skip = skip
        if operation.attributes is not None:
            plan = self._plan(operation.attributes, states, message.to_kernel)
            start.plan = plan if plan.steps else None
            start.hiding = {step.field for step in plan.steps.values() if step.hit}
        if start.plan is None and not start.members and not start.tree:
            return NEVER
        return start

    def _members(self, struct: m.Struct, skip: int, states: States, start: Start) -> None:
        _, below = advance(frozenset((plain(struct.name),)), states, self.way)
        states = states | below
        if advance(frozenset((plain(struct.name),)), frozenset((0,)), self.way)[0]:
            start.tree = True
        for member in struct.members:
            hit, deeper = advance(names_of(member), states, self.way)
            if hit:
                start.members.append((skip, member))
            if member.struct is not None and _within(member.struct, deeper, self.way, set()):
                start.tree = True
            skip += member.size

    def _plan(self, aset: m.AttributeSet, states: States, to_kernel: bool) -> Plan:
        key = (id(aset), states, to_kernel)
        found = self._plans.get(key)
        if found is not None:
            return found
        plan = self._plans[key] = Plan()  # first, since sets may nest themselves
        way = self.way
        last = len(way.names) - 1
        for number, field in aset.ensure().items():
            if to_kernel and field.request is not None:
                field = field.request
            hit, below = advance(names_of(field), states, way)
            inside = bool(below) and self._can(field, below)
            if not hit and not inside:
                continue
            how = -1
            if inside:
                how = _how(field)
            elif field.hook is not None:
                how = TREE
            step = plan.steps[number] = Step(field, hit, how, below, to_kernel)
            if how == SELECT:
                selector = aset.by_name.get(field.selectors[0])
                if selector is None or selector.kind != m.STRING or selector.hook is not None:
                    step.how = TREE
                else:
                    step.selector = selector.number
            nested = field.nested
            if how == ENTRIES and field.sub is not None:
                nested = field.sub.nested
            if how in (WALK, ENTRIES) and nested is not None:
                if any(way.names[s].isdecimal() for s in below) and how == ENTRIES:
                    step.how = TREE
                else:
                    step.below = self._plan(nested, below, to_kernel)
        for state in states:  # attributes that the spec does not have, by number
            name = way.names[state]
            if name.isdecimal() and int(name) <= wire.NLA_TYPE_MASK:
                number = int(name)
                if number not in plan.steps and number not in aset.by_number:
                    how = -1 if state == last else TREE
                    plan.steps[number] = Step(
                        aset.unknown(number), state == last, how, frozenset((state + 1,)), to_kernel
                    )
        return plan

    def _can(self, field: m.Field, states: States) -> bool:
        key = (field, states)
        found = self._reach.get(key)
        if found is None:
            found = self._reach[key] = _below(field, states, self.way, set())
        return found

    # -- walking ---------------------------------------------------------------

    def _walk(
        self, message: Message, pos: int, end: int, plan: Plan, out: list[Node], depth: int
    ) -> None:
        data = message.data
        unpack = wire.ATTR[message.big]
        get = plan.steps.get
        begin = pos
        if depth > MAX_DEPTH:
            raise NeedsTree
        while pos < end:
            left = end - pos
            if left < 4:
                raise NeedsTree
            length, number = unpack(data, pos)
            if length < 4 or length > left:
                raise NeedsTree
            step = get(number & 0x3FFF)
            if step is not None:
                if step.how == SELECT:
                    selected = self.selected(data, message.big, begin, end, step)
                    if selected is not None:
                        self._walk(message, pos + 4, pos + length, selected, out, depth + 1)
                    if step.hit:
                        out.append(Node(step.field, message, None, pos, pos + 4, pos + length))
                else:
                    self._take(message, pos, pos + length, step, out, depth)
            pos += (length + 3) & ~3

    def selected(self, data: bytes, big: bool, pos: int, end: int, step: Step) -> Plan | None:
        """What a sub-message is by the string in the attributes from `pos` to `end`."""
        unpack = wire.ATTR[big]
        while end - pos >= 4:
            length, number = unpack(data, pos)
            if length < 4 or length > end - pos:
                break
            if number & 0x3FFF == step.selector:
                value = data[pos + 4 : pos + length].partition(b"\0")[0]
                if value not in step.forms:
                    if len(step.forms) > 256:
                        step.forms.clear()
                    step.forms[value] = self.form(value, step)
                return step.forms[value]
            pos += (length + 3) & ~3
        raise NeedsTree

    def form(self, value: bytes, step: Step) -> Plan | None:
        """What matters of a sub-message of this kind, None for nothing; raises NeedsTree."""
        sub = step.field.sub_message
        assert sub is not None
        form = sub.formats.get(value.decode("utf-8", "backslashreplace"), sub.default)
        if form is None or form.attributes is None:
            if form is not None and form.header is not None:
                raise NeedsTree
            return None
        if form.header is not None:
            raise NeedsTree
        plan = self._plan(form.attributes, step.states, step.to_kernel)
        return plan if plan.steps else None

    def _take(
        self, message: Message, pos: int, end: int, step: Step, out: list[Node], depth: int
    ) -> None:
        how = step.how
        if how == TREE:
            raise NeedsTree
        field = step.field
        if step.hit:
            out.append(Node(field, message, None, pos, pos + 4, end))
        if how < 0:
            return
        if how == PARTS:
            node = Node(field, message, None, pos, pos + 4, end)
            self._descend(node.children, step.states, out)
            return
        below = step.below
        assert below is not None
        if how == WALK:
            self._walk(message, pos + 4, end, below, out, depth + 1)
            return
        data = message.data
        unpack = wire.ATTR[message.big]
        pos += 4
        while pos < end:
            left = end - pos
            length = unpack(data, pos)[0] if left >= 4 else 0
            if length < 4 or length > left:
                raise NeedsTree
            self._walk(message, pos + 4, pos + length, below, out, depth + 2)
            pos += (length + 3) & ~3

    # -- the tree ------------------------------------------------------------------

    def _in_tree(self, message: Message) -> list[Node]:
        out: list[Node] = []
        if self.way.about(message):
            self._descend(message.nodes, frozenset((0,)), out)
        return out

    def _in_control(self, message: Message) -> list[Node]:
        """In NLMSG_ERROR and NLMSG_DONE: what the kernel added, and the request it echoes."""
        way = self.way
        if way.specs is not None or way.operations is not None or way.control:
            if not way.about(message):
                return []
        elif not unspecified(way) and not self._may_echo(message):
            return []
        elif message.type == wire.NLMSG_ERROR and not self.whole and not unspecified(way):
            echo = self._echo(message)
            if echo is not None:
                return self.find(echo)
        return self._in_tree(message)

    def _echo(self, message: Message) -> Message | None:
        """The request that an error echoes whole, unless the path may lie beside it."""
        own = self._own.get(message.type)
        if own is None:
            control = self.registry.control()
            operation = None if control is None else control.replies.get(message.type)
            own = operation is not None and leads(operation, self.way)
            self._own[message.type] = own
        start = message.base + 20
        if own or message.flags & wire.NLM_F_CAPPED or message.limit - start < 16:
            return None
        length: int = wire.LENGTH[message.big](message.data, start)[0]
        if length < 16 or start + length > message.limit:
            return None
        echo = Message(
            message.context, message.protocol, message.data, start, start + length, message.big
        )
        if echo.type < wire.NLMSG_MIN_TYPE:
            return None
        echo.outer = message
        echo.record, echo.number, echo.serial = message.record, message.number, message.serial
        echo.to_kernel = True
        message.context.bind(echo)
        return echo

    def _may_echo(self, message: Message) -> bool:
        """Whether the path can lie in what a control message holds."""
        start = message.base + 20  # of the echoed request
        if message.limit - start <= 16 and message.type == wire.NLMSG_ERROR:
            return False  # its header is all there is
        if message.limit - start <= 0:
            return False
        protocol, kind = message.protocol, -1
        if message.type == wire.NLMSG_ERROR:
            if protocol == wire.NETLINK_GENERIC:
                return True
            kind = wire.ATTR[message.big](message.data, start + 4)[0]
        found = self._echoes.get((protocol, kind))
        if found is None:
            control = self.registry.control()
            own = None if control is None else control.replies.get(message.type)
            spec = None if kind < 0 else self.registry.raw(protocol, kind)
            asked = None if spec is None else spec.operation(kind, True)
            found = self._echoes[protocol, kind] = any(
                operation is not None and leads(operation, self.way) for operation in (own, asked)
            )
        return found

    def within(self, node: Node) -> list[Node]:
        """The nodes that the path ends at inside of another."""
        out: list[Node] = []
        self._descend(node.children, frozenset((0,)), out)
        return out

    def _descend(self, nodes: list[Node], states: States, out: list[Node]) -> None:
        way = self.way
        headers: list[tuple[Node, States]] = []
        found = len(out)
        for node in nodes:
            field = node.field
            hit, below = advance(names_of(field), states, way)
            if hit:
                out.append(node)
            if field.name.isdigit():  # an entry, whose index need not be named
                below = below | states
            elif field.number < 0 and field.kind in (m.STRUCT, m.HEADER):
                headers.append((node, below | states))
                continue
            elif field.kind == m.MESSAGE and not way.top:
                below = below | {0}
            if below and self._open(node, field, below):
                self._descend(node.children, below, out)
        hidden = any(n.field.number >= 0 for n in out[found:])
        for node, below in headers:
            inner: list[Node] = []
            self._descend(node.children, below, inner)
            out += [n for n in inner if n.field.number >= 0 or not hidden]

    def _open(self, node: Node, field: m.Field, states: States) -> bool:
        """Whether it is worth to decode a node for what may lie in it."""
        kind = field.kind
        if field.number < 0 and kind in (m.NEST, m.MESSAGE, m.HEADER, m.ARRAY):
            return True
        if kind <= m.LAST_SCALAR or kind == m.STRING or kind == m.FLAG:
            return False
        if field.name.isdigit() or kind == m.UNKNOWN:
            return True
        return self._can(field, states)


def unspecified(way: Way) -> bool:
    """Whether a path may end at something that no specs have."""
    return way.names[0] in DYNAMIC or any(name.isdecimal() for name in way.names)


_GENERIC: Final = frozenset(member.name for member in GENLMSGHDR.members)


def _how(field: m.Field) -> int:
    if field.hook is not None:
        return TREE
    kind = field.kind
    if kind == m.NEST and field.nested is not None:
        return WALK
    if kind == m.INDEXED:
        element = field.sub
        if element is None:
            return ENTRIES if field.nested is not None else TREE
        plain_nest = element.kind == m.NEST and element.nested is not None and element.hook is None
        return ENTRIES if plain_nest else TREE
    if kind in (m.STRUCT, m.ARRAY, m.BITFIELD32):
        return PARTS
    return SELECT if kind == m.SUB_MESSAGE and len(field.selectors) == 1 else TREE


def fields_along(words: Vocabulary, way: Way) -> set[m.Field]:
    """The fields that a path can end at, as far as specs tell."""
    out: set[m.Field] = set()
    seen: set[tuple[int, States]] = set()
    start = frozenset((0,))
    for spec in words.specs:
        if way.specs is not None and plain(spec.name) != way.specs:
            continue
        for operation in {*spec.requests.values(), *spec.replies.values()}:
            if way.operations is not None and operation.name not in way.operations:
                continue
            if operation.header is not None:
                _gather_struct(operation.header, start, way, out)
            if operation.attributes is not None:
                _gather(operation.attributes, start, way, out, seen)
    return out


def _gather(
    aset: m.AttributeSet, states: States, way: Way, out: set[m.Field], seen: _Seen
) -> None:
    key = (id(aset), states)
    if key in seen or not states:
        return
    seen.add(key)
    try:
        fields = aset.ensure()
    except SpecError:
        return
    for field in fields.values():
        for one in (field, field.request):
            if one is None:
                continue
            hit, below = advance(names_of(one), states, way)
            if hit:
                out.add(one)
            if not below:
                continue
            inner = [one.nested, None if one.sub is None else one.sub.nested]
            structs = [one.struct, None if one.sub is None else one.sub.struct]
            if one.sub_message is not None:
                for form in (*one.sub_message.formats.values(), one.sub_message.default):
                    if form is not None:
                        inner.append(form.attributes)
                        structs.append(form.header)
            for nested in inner:
                if nested is not None:
                    _gather(nested, below, way, out, seen)
            for struct in structs:
                if struct is not None:
                    _gather_struct(struct, below, way, out)


def _gather_struct(struct: m.Struct, states: States, way: Way, out: set[m.Field]) -> None:
    _, below = advance(frozenset((plain(struct.name),)), states, way)
    states = states | below
    for member in struct.members:
        hit, deeper = advance(names_of(member), states, way)
        if hit:
            out.add(member)
        if member.struct is not None:
            _gather_struct(member.struct, deeper, way, out)
