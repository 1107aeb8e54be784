"""The names in a registry's dissectors, and the paths that filters make of them.

A name stands for every attribute and header member of that name, at whatever depth; a dotted path
for one inside the other (`paths.Path`). Where a path may lead is told from the specs: what no
dissector has is refused, and messages that cannot hold it need not be walked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from ..engine import paths
from ..engine.message import Message
from ..engine.paths import WORDS_OF_IP, plain
from ..engine.summary import operation_name
from ..engine.walk import PASS_THROUGH, SKIP, TAKE, Engine
from ..spec import model, specfile
from ..spec.dissector_file import DissectorFile
from ..spec.registry import Registry
from ..spec.tables import GENLMSGHDR
from ..wire import framing
from ..wire.errors import SpecError

States = frozenset[int]  # how many names of a path lie above, for each way to read it so far


def names_of(field: model.Field) -> frozenset[str]:
    """Every name of a field in a filter: those of `paths.names_of`, and ip's."""
    names, words = paths.names_of(field), paths.words_for(field)
    return names.union(words) if words else names


class Way:
    """One reading of a path: its names, and which messages it is about.

    `specs` and `operations` are names, None for all; `top` says that the first name is
    that of a top-level attribute, `control` that it is one of NLMSG_ERROR or NLMSG_DONE.
    """

    __slots__ = ("control", "homes", "names", "operations", "specs", "top")

    def __init__(
        self,
        names: tuple[str, ...],
        specs: str | None = None,
        operations: frozenset[str] | None = None,
        top: bool = False,
        control: bool = False,
    ) -> None:
        self.names = names
        self.specs = specs
        self.operations = operations
        self.top = top
        self.control = control
        # the specs that have the first name; "" for members of structs, which any may have
        self.homes: frozenset[str] = frozenset()

    def about(self, message: Message) -> bool:
        """Whether a message of this operation may have it."""
        control = message.type < framing.NLMSG_MIN_TYPE
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
    """The names that the dissectors of a registry have.

    Where a name is defined is kept beside the parsed specs, so that only those are loaded of which
    a name is asked for.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        # Of each dissector what `_indexed` tells of its fields and operations.
        self._told: list[tuple[DissectorFile, str, str]] = []
        # Of a name the dissectors that have it, with their sets ("=" before it: structs).
        self._homes: dict[str, list[tuple[DissectorFile, list[str]]]] = {}
        self._found: dict[str, list[model.Field]] = {}
        self._headers: dict[str, model.Struct] = {}
        self.children: dict[str, list[model.Field]] = {}  # of paths, kept for completion
        for entry in registry.files():
            try:
                told = _index(entry)
            except (SpecError, OSError):
                continue  # the registry reports it when it is needed
            self._told.append((entry, told["fields"], told["operations"]))
        self._own = {name for member in GENLMSGHDR.members for name in paths.names_of(member)}

    def _having(self, name: str) -> list[tuple[DissectorFile, list[str]]]:
        """The dissectors with a field of this name, and where it is defined in them."""
        found = self._homes.get(name)
        if found is None:
            found = self._homes[name] = [
                (entry, homes) for entry, fields, _ in self._told if (homes := _line(fields, name))
            ]
        return found

    @property
    def specs(self) -> list[model.Spec]:
        """Every dissector that loads."""
        return [spec for entry in self.registry.files() if (spec := _loaded(entry)) is not None]

    def spec(self, name: str) -> model.Spec | None:
        """The dissector of this plain name."""
        for entry in self.registry.files():
            if plain(entry.name) == name:
                return _loaded(entry)
        return None

    def operations(self, name: str) -> list[tuple[model.Spec, model.Operation]]:
        """The operations of a plain name or C constant."""
        out = []
        for entry, _, told in self._told:
            owner = _loaded(entry) if _line(told, name) else None
            if owner is not None:
                for operation in _all_operations(owner):
                    if name in (plain(operation.name), operation.constant):
                        out.append((owner, operation))
        return out

    @property
    def operation_names(self) -> dict[str, str]:
        """Plain names and C constants of all operations, each with one that goes with it."""
        out: dict[str, str] = {}
        for _, _, told in self._told:
            for name, *others in _lines(told):
                out.setdefault(name, others[0])
        return out

    @property
    def names(self) -> set[str]:
        """Every name of a field."""
        found = {line[0] for _, fields, _ in self._told for line in _lines(fields)}
        return {*found, *self._own, *WORDS_OF_IP}

    def knows(self, name: str) -> bool:
        """Whether some field has this name."""
        return name in WORDS_OF_IP or name in self._own or bool(self._having(name))

    def fields(self, name: str) -> list[model.Field]:
        """Every field of this name, or number."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = list(dict.fromkeys(self._fields(name)))
        return found

    def _fields(self, name: str) -> Iterator[model.Field]:
        if name.isdecimal():
            for spec in self.specs:
                yield from (field for field in fields_of(spec) if field.number == int(name))
            return
        for word in (name, *WORDS_OF_IP.get(name, ())):
            for entry, homes in self._having(word):
                home = _loaded(entry)
                if home is not None:
                    for field in _of_homes(home, homes):
                        if word in paths.names_of(field):
                            yield field
        yield from (field for field in GENLMSGHDR.members if name in paths.names_of(field))

    def ways(self, path: str) -> list[Way]:
        """Every reading of a dotted path that some dissector makes sense of."""
        parts = tuple(plain(part) for part in path.split("."))
        if not all(parts):
            return []
        out = self._ways(parts)
        for way in out:
            if way.names:
                way.homes = frozenset(
                    field.path.partition(".")[0] for field in self.fields(way.names[0])
                )
        return out

    def _ways(self, parts: tuple[str, ...]) -> list[Way]:
        out = []
        if self._chain(parts):
            out.append(Way(parts))
        elif len(parts) > 1 and self.knows("-".join(parts[:2])):  # rta.dst: RTA_DST
            joined = ("-".join(parts[:2]), *parts[2:])
            if self._chain(joined):
                out.append(Way(joined))
        rest = parts
        spec = self.spec(parts[0])
        if spec is not None:
            rest = parts[1:]
            out += self._scoped(rest, parts[0], None, spec)
        if (
            parts[0] == "attributes"
            and len(parts) > 1
            and (self._chain(parts[1:]) or all(part.isdecimal() for part in parts[1:]))
        ):
            out.append(Way(parts[1:], top=True))
        if parts[0] == "extack" and len(parts) > 1:
            control = self.registry.control()
            operation = None if control is None else control.replies.get(framing.NLMSG_ERROR)
            way = Way(parts[1:], top=True, control=True)
            if operation is not None and leads(operation, way):
                out.append(way)
        found = self.operations(rest[0] if rest else "")
        found = [(s, o) for s, o in found if spec is None or s is spec]
        if found:
            names = frozenset(o.name for _, o in found)
            specs = parts[0] if spec is not None else None
            out += self._scoped(rest[1:], specs, names, *(s for s, _ in found))
        return out

    def _scoped(
        self,
        names: tuple[str, ...],
        specs: str | None,
        operations: frozenset[str] | None,
        *owners: model.Spec,
    ) -> list[Way]:
        if not names:
            return [Way((), specs, operations)]
        for top in (True, False):
            way = Way(names, specs, operations, top)
            for owner in owners:
                for operation in _all_operations(owner):
                    if operations is not None and operation.name not in operations:
                        continue
                    if leads(operation, way):
                        return [way]
        return []

    def having(self, name: str) -> list[model.Spec]:
        """The dissectors in whose messages a field of this name can be."""
        words = (name, *WORDS_OF_IP.get(name, ()))
        entries = [entry for word in words for entry, _ in self._having(word)]
        if name in DYNAMIC or not entries:
            return self.specs
        return [spec for entry in dict.fromkeys(entries) if (spec := _loaded(entry)) is not None]

    def _header(self, name: str) -> model.Struct | None:
        """The struct of this plain name, if it is a fixed header."""
        for entry, homes in self._having(name):
            if "=" in homes and (spec := _loaded(entry)) is not None:
                for operation in _all_operations(spec):
                    if operation.header is not None and plain(operation.header.name) == name:
                        return operation.header
        return None

    def _chain(self, names: tuple[str, ...]) -> bool:
        """Whether each name is one, inside of the one before it somewhere."""
        if not all(self.knows(name) or name.isdecimal() or name in DYNAMIC for name in names):
            return False
        way, below = Way(names, top=True), frozenset((1,))
        header = self._header(names[0])
        if len(names) == 1:
            return not names[0].isdecimal() and (header is None or bool(self.fields(names[0])))
        if header is not None:
            ends = Ends(way, True)
            ends.struct(header, below)
            if ends:
                return True
        for owner in self.fields(names[0]) if names[0] not in DYNAMIC else ():
            if owner.hook is not None or owner.kind == model.SUB_MESSAGE:
                return True
            if reaches(owner, way, below):
                return True
        return names[0] in DYNAMIC


# Names that exist without a spec: of control messages, and what dissectors' own code makes.
DYNAMIC: Final = frozenset(
    ("nlmsgerr", "request", "nlmsghdr", "genlmsghdr", "error", "addr", "keys", "rules", "ref",
     "options", "uri", "prefix", "data", "trailing", "padding", "sequence", "length", "port")
)  # fmt: skip


def _loaded(entry: DissectorFile) -> model.Spec | None:
    """The dissector, None for one that does not load."""
    try:
        return entry.spec()
    except SpecError:
        return None  # the registry reports it when it is needed


def _index(entry: DissectorFile) -> dict[str, str]:
    """Where the names of a dissector are defined; kept in the cache."""
    if entry.file.endswith(".py"):
        return _indexed(entry.spec())
    found: dict[str, str] = specfile.cached(entry.file, "names", lambda: _indexed(entry.spec()))
    return found


def _indexed(spec: model.Spec) -> dict[str, str]:
    """Where names are defined: lines to be searched, each of a name and what goes with it.

    Of a field's: its sets and (after "=") structs, "=" alone for that of a header; of an
    operation's: the constant that goes with a name, or the name that goes with a constant.
    """
    fields: dict[str, dict[str, None]] = {}
    homes: list[tuple[str, list[model.Field]]] = []
    for name, attr_set in spec.attribute_sets.items():
        try:
            homes.append((name, list(attr_set.ensure().values())))
        except SpecError:
            continue
    for name, struct in spec.structs.items():
        homes.append((f"={name}", struct.members))
    for home, members in homes:
        for field in _with_rest(members):
            for name in paths.names_of(field):
                if not name.isdecimal():
                    fields.setdefault(name, {})[home] = None
    operations: dict[str, dict[str, None]] = {}
    for operation in _all_operations(spec):
        operations.setdefault(plain(operation.name), {})[operation.constant] = None
        operations.setdefault(operation.constant, {})[operation.name] = None
        if operation.header is not None:
            fields.setdefault(plain(operation.header.name), {})["="] = None
    return {"fields": _text(fields), "operations": _text(operations)}


def _text(table: dict[str, dict[str, None]]) -> str:
    return "\n" + "".join(["\t".join((name, *found)) + "\n" for name, found in table.items()])


def _line(text: str, name: str) -> list[str]:
    """What goes with a name in such lines; nothing where there is none."""
    at = text.find(f"\n{name}\t")
    return [] if at < 0 else text[at + len(name) + 2 : text.index("\n", at + 1)].split("\t")


def _lines(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.split("\n") if line]


def _with_rest(fields: Iterable[model.Field]) -> Iterator[model.Field]:
    """Fields, and what follows them where they are structs."""
    for field in fields:
        yield field
        if field.tail is not None:
            yield field.tail


def _of_homes(spec: model.Spec, homes: list[str]) -> Iterator[model.Field]:
    """The fields of these sets and structs."""
    for home in homes:
        if home.startswith("="):
            struct = spec.structs.get(home[1:])
            yield from _with_rest([] if struct is None else struct.members)
        elif home in spec.attribute_sets:
            try:
                yield from _with_rest(spec.attribute_sets[home].ensure().values())
            except SpecError:
                continue


def _all_operations(spec: model.Spec) -> list[model.Operation]:
    found = {*spec.requests.values(), *spec.replies.values()}
    return sorted(found, key=lambda operation: operation.name)


def fields_of(spec: model.Spec) -> Iterator[model.Field]:
    """Every attribute and struct member of a dissector."""
    return _of_homes(spec, [*spec.attribute_sets, *(f"={name}" for name in spec.structs)])


# -- where a path may lead -----------------------------------------------------------


def _advance(names: frozenset[str], states: States, way: Way) -> tuple[bool, States]:
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


_START: Final[States] = frozenset((0,))


class Ends:
    """What a path can end at, as far as specs tell.

    `fields` are those that it can, `open` tells that there may be others: of a dissector's own
    code, or unknown. With `first` any of that is enough.
    """

    def __init__(self, way: Way, first: bool) -> None:
        self.fields: dict[model.Field, None] = {}
        self.open = False
        self._way = way
        self._first = first
        self._seen: set[tuple[int, States]] = set()

    def __bool__(self) -> bool:
        return self.open or bool(self.fields)

    def operation(self, operation: model.Operation) -> None:
        """In the messages of an operation."""
        self.open |= operation.hook is not None
        for header in (operation.header, GENLMSGHDR):
            if header is not None:
                self.open |= _advance(frozenset((plain(header.name),)), _START, self._way)[0]
                self.struct(header, _START)
        self._set(operation.attributes, _START)

    def struct(self, struct: model.Struct | None, states: States) -> None:
        """At a member of a struct, whose own name may be left out."""
        if struct is None:
            return
        states |= _advance(frozenset((plain(struct.name),)), states, self._way)[1]
        for member in struct.members:
            self._field(member, states)

    def _set(self, attr_set: model.AttributeSet | None, states: States) -> None:
        if attr_set is None or not states or (id(attr_set), states) in self._seen:
            return
        self._seen.add((id(attr_set), states))
        last = len(self._way.names) - 1
        if last in states and self._way.names[last].isdecimal():  # one that the set does not have
            self.open = True
        try:
            fields = attr_set.ensure()
        except SpecError:
            return
        for field in fields.values():
            self._field(field, states)

    def _field(self, field: model.Field, states: States) -> None:
        if self._first and self:
            return
        for one in (field, field.request):
            if one is not None:
                hit, below = _advance(names_of(one), states, self._way)
                if hit:
                    self.fields[one] = None
                if below:
                    self.inside(one, below)

    def inside(self, field: model.Field, states: States) -> None:
        """Inside of a field."""
        kind, names = field.kind, [self._way.names[state] for state in states]
        forms: list[model.Format | None] = []
        if field.sub_message is not None:
            forms = [*field.sub_message.formats.values(), field.sub_message.default]
        for form in forms:
            if form is not None:
                for header in (form.header, *form.variants.values()):
                    self.struct(header, states)
                self._set(form.attributes, states)
        for one in (field, field.element):
            if one is not None:
                self.struct(one.struct, states)
                self._set(one.nested, states)
                if one.tail is not None:
                    self._field(one.tail, states)
        for other in field.forms:
            self.inside(other.field, states)
        if field.length_prefixed or kind in (
            model.INDEXED,
            model.ARRAY,
            model.TYPE_VALUE,
            model.UNKNOWN,
        ):
            self.open |= any(name.isdecimal() for name in names)
        elif kind == model.BITFIELD32:
            self.open |= "value" in names or "selector" in names
        elif kind in (model.MESSAGE, model.HEADER):
            self.open = True
        if field.hook is not None:
            self.open |= _hooked(field, states, self._way)


def leads(operation: model.Operation, way: Way) -> bool:
    """Whether a message of this operation can have what the path ends at."""
    ends = Ends(way, True)
    ends.operation(operation)
    return bool(ends)


def reaches(field: model.Field, way: Way, states: States = _START) -> bool:
    """Whether what the path ends at can lie in a field."""
    ends = Ends(way, True)
    ends.inside(field, states)
    return bool(ends)


def fields_along(words: Vocabulary, way: Way) -> dict[model.Field, None]:
    """The fields that a path can end at, as far as specs tell."""
    ends = Ends(way, False)
    for spec in words.having(way.names[0]):
        if way.specs is None or plain(spec.name) == way.specs:
            for operation in _all_operations(spec):
                if way.operations is None or operation.name in way.operations:
                    ends.operation(operation)
    return ends.fields


def _hooked(field: model.Field, states: States, way: Way) -> bool:
    """Whether a dissector's own code may make it.

    It makes what the sub-message says that it holds, else what its spec describes; of other names
    only what lies in a field that the path names.
    """
    if field.kind <= model.LAST_SCALAR or field.kind == model.STRING or field.kind == model.FLAG:
        return False
    if any(state > 0 for state in states) or way.names[0] in DYNAMIC:
        return True
    if field.kind == model.ARRAY:  # if at all, then a struct
        return way.homes == {""}
    if field.sub_message is not None:
        return False
    return not way.homes or "" in way.homes or field.path.partition(".")[0] in way.homes


class Reach:
    """A way with what it takes to follow it in messages.

    Of a filter (`free`) ip's words count, and what is at the top of an echoed request is at the
    top, unless the way says which messages it is about.
    """

    def __init__(self, way: Way, free: bool = True) -> None:
        self.way = way
        scoped = way.specs is not None or way.operations is not None or way.control
        numbered = any(name.isdecimal() for name in way.names)
        echoed = free and not (scoped or numbered)
        self.path = paths.Path(way.names, way.top, free, echoed)
        self._leads: dict[model.Operation, bool] = {}

    def may(self, message: Message) -> bool:
        """Whether what it ends at can be in such a message."""
        way, operation = self.way, message.operation
        if not way.about(message):
            return False
        if operation is None or message.type < framing.NLMSG_MIN_TYPE:
            return True
        found = self._leads.get(operation)
        if found is None:
            found = self._leads[operation] = not way.control and leads(operation, way)
        return found


# What the engine makes of bytes that no spec describes.
_PIECES: Final = frozenset(("data", "trailing", "padding", "nlmsgerr", "request"))


@final
class Wanted:
    """What some paths need of messages, so that no more is walked; see `Engine.select`."""

    def __init__(self) -> None:
        self._reaches: list[Reach] = []
        self._tables: object = None
        self._rows = vec[i64]([0])
        self._numbered = False
        self._whole = False  # whether all of a message may be needed

    def add(self, reach: Reach) -> None:
        """Takes in one more."""
        self._reaches.append(reach)
        names = reach.way.names
        self._numbered |= any(name.isdecimal() or name.startswith("attr ") for name in names)
        self._whole |= names[-1] in _PIECES
        self._tables = None

    def walk(self, message: Message, engine: Engine) -> None:
        """Puts what is wanted of a message on the tape, and what else is cheaper there."""
        if self._tables is not engine.tables:
            self._tables = engine.tables
            self._rows = vec[i64]([0])
        while not self._whole:
            message.walk_for(engine, self._rows, self._numbered)
            if len(engine.unjudged) == 0:
                return
            self._judge(engine)  # and again: what lies inside may be wanted
        message.walk_onto(engine)

    def _judge(self, engine: Engine) -> None:
        """Says of the rows that were met for the first time what they are."""
        tables = engine.tables
        have = i64(len(self._rows))
        if have < i64(len(tables.fields)):
            rows = vec[i64]([0] * (2 * len(tables.fields)))
            for i in range(have):
                rows[i] = self._rows[i]
            self._rows = rows
        for row in engine.unjudged:
            self._rows[row] = self._of_field(tables.fields[row])

    def _of_field(self, field: model.Field) -> i64:
        names = names_of(field)
        on_the_way = False
        for reach in self._reaches:
            way = reach.way
            if way.names[-1] in names:
                # Words for its value may come from anything beside it.
                self._whole |= field.labeller is not None
                return TAKE
            on_the_way |= any(name in names for name in way.names)
            above = 1 if way.top and not paths.is_header(field) else 0
            states = frozenset(range(above, len(way.names)))
            on_the_way = on_the_way or (len(states) > 0 and reaches(field, way, states))
        return PASS_THROUGH if on_the_way else SKIP
