"""Where dissectors define the names that filters use; kept in the cache for all at once.

So only those dissectors load of which a name is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from ..engine import paths
from ..engine.paths import plain
from ..spec import model, specfile
from ..spec.dissector_file import DissectorFile
from ..wire.errors import SpecError

# In an index, of the fields of a name in a dissector: some are attributes, some members of
# structs, all are strings as they stand.
ATTRIBUTE: Final = "."
MEMBER: Final = ""
TEXT: Final = '"'

_NUMBER: Final = r"-\d+$"


class NameIndex:
    """Where the dissectors at hand define names, searched as text.

    A line is what is named (`field` or `operation`) with its name, and after a tab JSON: by the
    place of each dissector among `files` what goes with the name there. That is of fields the
    sets and (after "=") structs that define it, after "@" the struct that it is the name of, "*"
    for what code beside the dissector makes, and ATTRIBUTE, MEMBER and TEXT; of operations the
    constants that go with a name, or the names with a constant.
    """

    def __init__(self, files: list[DissectorFile]) -> None:
        self.files = files
        sources = list(dict.fromkeys([path for file in files for path in file.sources]))
        self._text = specfile.cached_lines(sources, "name-index", lambda: _lines_of(files))

    def definitions(self, name: str) -> dict[DissectorFile, list[str]]:
        """By dissector, what defines a field of this name."""
        found, numbered = self._line("field", name), numberless(name)
        if numbered != name:
            for file, more in self._line("field", numbered).items():
                found[file] = found.get(file, []) + more
        return found

    def operations(self, name: str) -> list[DissectorFile]:
        """The dissectors with an operation of this name or constant."""
        return list(self._line("operation", name))

    def field_names(self) -> list[str]:
        """Every name of a field."""
        return [name for what, name, _ in self._lines() if what == "field"]

    def operation_names(self) -> dict[str, str]:
        """Names and constants of operations, each with one that goes with it."""
        out: dict[str, str] = {}
        for what, name, places in self._lines():
            if what == "operation":
                others: list[str] = next(iter(json.loads(places).values()))
                out[name] = others[0]
        return out

    def _line(self, what: str, name: str) -> dict[DissectorFile, list[str]]:
        """What goes with a name, by dissector."""
        key = f"\n{what} {name}\t".encode(errors="surrogatepass")
        at = self._text.find(key)
        if at < 0:
            return {}
        start = at + len(key)
        found = json.loads(self._text[start : self._text.index(b"\n", start)])
        return {self.files[int(place)]: tokens for place, tokens in found.items()}

    def _lines(self) -> Iterator[tuple[str, str, str]]:
        """Each line: what is named, its name, and where."""
        for line in self._text.decode(errors="surrogatepass").split("\n")[1:-1]:
            named, _, places = line.partition("\t")
            what, _, name = named.partition(" ")
            yield what, name, places


def numberless(name: str) -> str:
    """A name with `*` for the number that it ends with: server-*, as `Spec.made` has it."""
    return re.sub(_NUMBER, "-*", name) if name[-1:].isdigit() else name


def load(file: DissectorFile) -> model.Spec | None:
    """The dissector in a file, None for one that does not load, which the registry reports."""
    try:
        return file.spec()
    except SpecError:
        return None


def _lines_of(files: list[DissectorFile]) -> bytes:
    """The lines of an index; see `NameIndex`."""
    out: dict[str, dict[int, list[str]]] = {}
    for place, file in enumerate(files):
        with suppress(SpecError, OSError):  # the registry reports it when it is needed
            for named, tokens in _names_in(file).items():
                out.setdefault(named, {})[place] = tokens
    texts = json.JSONEncoder(separators=(",", ":"))
    lines = [f"{named}\t{texts.encode(places)}" for named, places in out.items()]
    return "\n".join(["", *lines, ""]).encode(errors="surrogatepass")


def _names_in(file: DissectorFile) -> dict[str, list[str]]:
    """What one dissector names, kept beside it."""
    if file.file.endswith(".py"):
        return _named_by(file.spec())
    found = specfile.cached_together(file.sources, "names", lambda: _named_by(file.spec()))
    return dict(found)


def _named_by(spec: model.Spec) -> dict[str, list[str]]:
    """By what is named and its name what goes with it in a dissector."""
    out: dict[str, dict[str, None]] = {}
    others: set[str] = set()  # that are names of other fields than strings
    for definition in _definitions(spec):
        for field in fields_in(spec, [definition]):
            for name in paths.names_of(field):
                if not name.isdecimal():
                    named = f"field {name}"
                    tokens = out.setdefault(named, {})
                    tokens[definition] = None
                    tokens[ATTRIBUTE if field.path else MEMBER] = None
                    if field.kind != model.STRING or field.coded:
                        others.add(named)
    for named, tokens in out.items():
        if named not in others:
            tokens[TEXT] = None
    for name in spec.structs:
        out.setdefault(f"field {plain(name)}", {})[f"@{name}"] = None
    for name in spec.made:
        out.setdefault(f"field {name}", {})["*"] = None
    for operation in operations_of(spec):
        out.setdefault(f"operation {plain(operation.name)}", {})[operation.constant] = None
        out.setdefault(f"operation {operation.constant}", {})[operation.name] = None
    return {named: list(tokens) for named, tokens in out.items()}


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
