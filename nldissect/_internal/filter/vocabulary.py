"""Name resolution: the names in a registry's dissectors, and what a path of them means.

A name stands for every attribute and header member of that name, at whatever depth; a dotted path
for one inside the other (`engine.paths`). What no dissector has is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..engine import paths
from ..engine.paths import WORDS_OF_IP, plain
from ..spec import model
from ..spec.dissector_file import DissectorFile
from ..spec.registry import Registry
from ..spec.tables import GENLMSGHDR
from ..wire import framing
from .name_index import (
    ATTRIBUTE,
    MEMBER,
    TEXT,
    NameIndex,
    fields_in,
    fields_of,
    load,
    operations_of,
)
from .resolved_path import (
    DYNAMIC,
    ReachableFields,
    ResolvedPath,
    field_can_hold,
    operation_can_hold,
    spec_of,
)


def vocabulary_of(registry: Registry) -> Vocabulary:
    """The names that a registry's dissectors have, gathered once."""
    found = registry.vocabulary
    if not isinstance(found, Vocabulary):
        found = registry.vocabulary = Vocabulary(registry)
    return found


class Vocabulary:
    """The names that the dissectors of a registry have; those of C constants in upper case."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._index = NameIndex(registry.files())
        self._definitions: dict[str, dict[DissectorFile, list[str]]] = {}
        self._fields: dict[str, list[model.Field]] = {}
        self.children: dict[str, list[model.Field]] = {}  # of paths, kept for completion
        self._generic = {name for member in GENLMSGHDR.members for name in paths.names_of(member)}

    # -- dissectors and operations --------------------------------------------------

    @property
    def specs(self) -> list[model.Spec]:
        """Every dissector that loads."""
        return [spec for file in self.registry.files() if (spec := load(file)) is not None]

    def spec(self, name: str) -> model.Spec | None:
        """The dissector of this plain name."""
        for file in self.registry.files():
            if plain(file.name) == name:
                return load(file)
        return None

    def operations(self, name: str) -> list[tuple[model.Spec, model.Operation]]:
        """The operations of a plain name or C constant."""
        return [
            (spec, operation)
            for file in self._index.operations(name)
            if (spec := load(file)) is not None
            for operation in operations_of(spec)
            if name in (plain(operation.name), operation.constant)
        ]

    @property
    def operation_names(self) -> dict[str, str]:
        """Plain names and C constants of all operations, each with one that goes with it."""
        return self._index.operation_names()

    # -- fields ---------------------------------------------------------------------

    @property
    def names(self) -> set[str]:
        """Every name of a field."""
        return {*self._index.field_names(), *self._generic, *WORDS_OF_IP}

    def knows(self, name: str) -> bool:
        """Whether some field has this name."""
        return name in WORDS_OF_IP or name in self._generic or bool(self._defined_in(name))

    def _defined_in(self, name: str) -> dict[DissectorFile, list[str]]:
        """The dissectors with a field of this name, each with its sets and structs that have it."""
        found = self._definitions.get(name)
        if found is None:
            found = self._definitions[name] = self._index.definitions(name)
        return found

    def _defined(self, name: str) -> Iterator[tuple[str, DissectorFile, list[str]]]:
        """The same of a name and what ip(8) says for it: each such word, a dissector and where."""
        for word in (name, *WORDS_OF_IP.get(name, ())):
            for file, definitions in self._defined_in(word).items():
                yield word, file, definitions

    def fields(self, name: str) -> list[model.Field]:
        """Every field of this name, or number."""
        found = self._fields.get(name)
        if found is None:
            found = self._fields[name] = list(dict.fromkeys(self.each_field(name)))
        return found

    def each_field(self, name: str) -> Iterable[model.Field]:
        """The same, dissectors loaded as they are come to, as few may be enough."""
        return self._numbered(int(name)) if name.isdecimal() else self._named(name)

    def defines(self, name: str) -> bool:
        """Whether a dissector says what a field of this name, or number, is."""
        return bool(self._origins(name))

    def only_strings(self, name: str) -> bool:
        """Whether all fields of this name are strings as they stand."""
        told = [d for _, _, d in self._defined(name) if ATTRIBUTE in d or MEMBER in d]
        return bool(told) and name not in self._generic and all(TEXT in d for d in told)

    def _origins(self, name: str) -> frozenset[str]:
        """The names of the dissectors that have a field of this name, "" for members of structs."""
        if name.isdecimal():
            return frozenset(map(spec_of, self.fields(name)))
        out = {""} if name in self._generic else set()
        for _, file, definitions in self._defined(name):
            if ATTRIBUTE in definitions:
                out.add(file.name.partition(".")[0])  # as `spec_of` has it
            if MEMBER in definitions:
                out.add("")
        return frozenset(out)

    def _numbered(self, number: int) -> Iterable[model.Field]:
        return (field for spec in self.specs for field in fields_of(spec) if field.number == number)

    def _named(self, name: str) -> Iterator[model.Field]:
        for word, file, definitions in self._defined(name):
            spec = load(file)
            if spec is not None:
                for field in fields_in(spec, definitions):
                    if word in paths.names_of(field):
                        yield field
        yield from (field for field in GENLMSGHDR.members if name in paths.names_of(field))

    def specs_with(self, name: str) -> list[model.Spec]:
        """The dissectors in whose messages a field of this name can be."""
        files = dict.fromkeys(file for _, file, _ in self._defined(name))
        if name in DYNAMIC or not files:
            return self.specs
        return [spec for file in files if (spec := load(file)) is not None]

    # -- paths ----------------------------------------------------------------------

    def resolve(self, path: str) -> list[ResolvedPath]:
        """Every reading of a dotted path that some dissector makes sense of."""
        parts = tuple(plain(part) for part in path.split("."))
        if not all(parts):
            return []
        out = [*self._unscoped(parts), *self._in_control_messages(parts), *self._scoped(parts)]
        for reading in out:
            if reading.names:
                reading.origins = self._origins(reading.names[0])
        return out

    def _unscoped(self, parts: tuple[str, ...]) -> Iterator[ResolvedPath]:
        """Readings in whatever message: `linkinfo.kind`, `rta.dst`, `attributes.3`."""
        if self._is_chain(parts):
            yield ResolvedPath(parts)
        elif len(parts) > 1 and self.knows("-".join(parts[:2])):  # rta.dst: RTA_DST
            joined = ("-".join(parts[:2]), *parts[2:])
            if self._is_chain(joined):
                yield ResolvedPath(joined)
        rest = parts[1:] if parts[0] == "attributes" else ()
        if rest and (self._is_chain(rest) or all(part.isdecimal() for part in rest)):
            yield ResolvedPath(rest, top=True)

    def _in_control_messages(self, parts: tuple[str, ...]) -> Iterator[ResolvedPath]:
        """`extack.msg`: what NLMSG_ERROR and NLMSG_DONE say."""
        control = self.registry.control()
        if parts[0] == "extack" and len(parts) > 1 and control is not None:
            operation = control.replies.get(framing.NLMSG_ERROR)
            path = ResolvedPath(parts[1:], top=True, control=True)
            if operation is not None and operation_can_hold(operation, path):
                yield path

    def _scoped(self, parts: tuple[str, ...]) -> Iterator[ResolvedPath]:
        """Readings with a dissector, an operation or both in front: `rt-link.newlink.mtu`."""
        spec, name, rest = self.spec(parts[0]), None, parts
        if spec is not None:
            name, rest = parts[0], parts[1:]
            yield from self._within(rest, name, None, operations_of(spec))
        found = self.operations(rest[0]) if rest else []
        found = [(owner, operation) for owner, operation in found if spec in (None, owner)]
        if found:
            names = frozenset([operation.name for _, operation in found])
            every = [o for owner, _ in found for o in operations_of(owner) if o.name in names]
            yield from self._within(rest[1:], name, names, every)

    @staticmethod
    def _within(
        names: tuple[str, ...],
        spec: str | None,
        operations: frozenset[str] | None,
        among: list[model.Operation],
    ) -> list[ResolvedPath]:
        """The path in messages of these operations: from the top if it is there, else anywhere."""
        if not names:
            return [ResolvedPath((), spec, operations)]
        for top in (True, False):
            path = ResolvedPath(names, spec, operations, top)
            if any(operation_can_hold(operation, path) for operation in among):
                return [path]
        return []

    def _is_chain(self, names: tuple[str, ...]) -> bool:
        """Whether each name is one, inside of the one before it somewhere."""
        if not all(self.knows(name) or name.isdecimal() or name in DYNAMIC for name in names):
            return False
        first = names[0]
        struct = self._struct(first)
        if len(names) == 1:
            return not first.isdecimal()
        path, below = ResolvedPath(names, top=True), frozenset((1,))
        if struct is not None:
            found = ReachableFields(path, first_only=True)
            found.in_struct(struct, below)
            if found:
                return True
        return first in DYNAMIC or any(
            field.coded or field.kind == model.SUB_MESSAGE or field_can_hold(field, path, below)
            for field in self.fields(first)
        )

    def _struct(self, name: str) -> model.Struct | None:
        """The struct of this plain name."""
        for file, definitions in self._defined_in(name).items():
            for definition in definitions:
                if definition.startswith("@") and (spec := load(file)) is not None:
                    return spec.struct(definition[1:])
        return None

    def reachable_fields(self, path: ResolvedPath) -> dict[model.Field, None]:
        """The fields that a path can end at, as far as specs tell."""
        found = ReachableFields(path)
        for spec in self.specs_with(path.names[0]):
            if path.spec is None or plain(spec.name) == path.spec:
                for operation in operations_of(spec):
                    if path.operations is None or operation.name in path.operations:
                        found.in_operation(operation)
        return found.fields
