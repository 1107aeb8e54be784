"""Where a dissector defines the names that filters use; kept in the cache beside its spec.

So only those dissectors load of which a name is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ..engine import paths
from ..engine.paths import plain
from ..spec import model, specfile
from ..spec.dissector_file import DissectorFile
from ..wire.errors import SpecError

_NUMBER: Final = re.compile(r"-\d+$")


class NameIndex:
    """The names of one dissector's fields and operations, searched as text.

    A line is a name and, after tabs, what goes with it. Of a field's name: the sets and (after
    "=") structs that define it, after "@" the struct that it is the name of, "*" for what code
    beside the dissector makes. Of an operation's: the
    constant that goes with a name, or the name that goes with a constant.
    """

    def __init__(self, file: DissectorFile) -> None:
        self.file = file
        if file.file.endswith(".py"):
            lines = _lines_of(file.spec())
        else:
            lines = specfile.cached_together(file.sources, "names", lambda: _lines_of(file.spec()))
        self._fields: str = lines["fields"]
        self._operations: str = lines["operations"]

    def definitions(self, name: str) -> list[str]:
        """What defines a field of this name."""
        found, numbered = _line(self._fields, name), numberless(name)
        return found if numbered == name else found + _line(self._fields, numbered)

    def has_operation(self, name: str) -> bool:
        """Whether an operation has this name or constant."""
        return bool(_line(self._operations, name))

    def field_names(self) -> list[str]:
        """Every name of a field."""
        return [line.partition("\t")[0] for line in self._fields.split("\n") if line]

    def operation_names(self) -> dict[str, str]:
        """Names and constants of operations, each with what goes with it."""
        lines = [line.split("\t") for line in self._operations.split("\n") if line]
        return {line[0]: line[1] for line in lines}

    def load(self) -> model.Spec | None:
        """The dissector, None for one that does not load."""
        return load(self.file)


def numberless(name: str) -> str:
    """A name with `*` for the number that it ends with: server-*, as `Spec.made` has it."""
    return _NUMBER.sub("-*", name)


def load(file: DissectorFile) -> model.Spec | None:
    """The dissector in a file, None for one that does not load, which the registry reports."""
    try:
        return file.spec()
    except SpecError:
        return None


def _lines_of(spec: model.Spec) -> dict[str, str]:
    fields: dict[str, dict[str, None]] = {}
    for definition in _definitions(spec):
        for field in fields_in(spec, [definition]):
            for name in paths.names_of(field):
                if not name.isdecimal():
                    fields.setdefault(name, {})[definition] = None
    operations: dict[str, dict[str, None]] = {}
    for operation in operations_of(spec):
        operations.setdefault(plain(operation.name), {})[operation.constant] = None
        operations.setdefault(operation.constant, {})[operation.name] = None
    for name in spec.structs:
        fields.setdefault(plain(name), {})[f"@{name}"] = None
    for name in spec.made:
        fields.setdefault(name, {})["*"] = None
    return {"fields": _text(fields), "operations": _text(operations)}


def _text(table: dict[str, dict[str, None]]) -> str:
    return "\n" + "".join(["\t".join((name, *found)) + "\n" for name, found in table.items()])


def _line(text: str, name: str) -> list[str]:
    at = text.find(f"\n{name}\t")
    return [] if at < 0 else text[at + len(name) + 2 : text.index("\n", at + 1)].split("\t")


def _definitions(spec: model.Spec) -> Iterator[str]:
    """Its sets and then structs, some of which are there only when the sets have been read."""
    yield from spec.attribute_sets
    yield from [f"={name}" for name in spec.structs]


def fields_of(spec: model.Spec) -> Iterator[model.Field]:
    """Every attribute and struct member of a dissector."""
    return fields_in(spec, _definitions(spec))


def fields_in(spec: model.Spec, definitions: Iterable[str]) -> Iterator[model.Field]:
    """The fields of these sets and structs, and what follows them where they are structs."""
    for name in definitions:
        for field in _members(spec, name):
            yield from _with_tails(field)


def _with_tails(field: model.Field) -> Iterator[model.Field]:
    """A field, what follows it where it is a struct, and what it is in requests."""
    yield field
    for behind in (field.tail, field.tail_then, field.request):
        if behind is not None:
            yield from _with_tails(behind)


def _members(spec: model.Spec, definition: str) -> Iterable[model.Field]:
    if definition.startswith("="):
        struct = spec.structs.get(definition[1:])
        return [] if struct is None else struct.members
    return members_of(spec.attribute_sets.get(definition))


def members_of(attributes: model.AttributeSet | None) -> list[model.Field]:
    """The fields of a set; none of one that is wrong, which the registry reports."""
    try:
        return [] if attributes is None else list(attributes.ensure().values())
    except SpecError:
        return []


def operations_of(spec: model.Spec) -> list[model.Operation]:
    """Its operations by name, each once."""
    shared = [operation for of_number in spec.variants.values() for operation in of_number]
    found = {*spec.requests.values(), *spec.replies.values(), *shared}
    return sorted(found, key=lambda operation: operation.name)
