"""A spec in the kernel's YNL format, as YAML gave it, into the model; keys that start with `x-`
are this project's own; it reads no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...wire.errors import SpecError
from .. import model
from ..deferred import mentions
from .attribute_sets import AttributeSetReader
from .definitions import DefinitionReader, linux_enum
from .document import Document, Hooks, is_true, misspelt, set_prefix
from .fields import FieldReader
from .objects import ObjectReader
from .operations import OperationReader

__all__ = ["build", "check", "is_true", "linux_enum", "with_prefix"]

LEVELS = ("genetlink", "genetlink-c", "genetlink-legacy", "netlink-raw")


def build(raw: object, file: str, hooks: Hooks | None = None) -> model.Spec:
    """The spec in `raw` (as YAML gave it); raises SpecError at the first fault met.

    Attribute sets are resolved on first use; faults found then go to the
    spec's `faults`, and the rest of the set works.
    """

    def first(path: str, reason: str) -> None:
        """Ends the building, since whoever wrote the spec is to see it."""
        raise SpecError(file, reason, path)

    if not isinstance(raw, dict):
        raise SpecError(file, "not a spec: the file is no mapping")
    document = Document(raw, {} if hooks is None else hooks, first)
    spec, _, fields = _read(document, file)

    def late(path: str, reason: str) -> None:
        """Notes a fault of what is made on first use; what it is in is left out."""
        spec.faults.append(SpecError(file, reason, path))

    document.fault = late
    spec.struct = lambda name: fields.struct(name, "")
    return spec


def check(raw: object, file: str, hooks: Hooks | None = None) -> list[tuple[str, str]]:
    """Every fault of a spec as (path, reason); builds all of it."""
    faults: list[tuple[str, str]] = []
    if not isinstance(raw, dict):
        return [("", "not a spec: the file is no mapping")]
    document = Document(
        raw, {} if hooks is None else hooks, lambda path, reason: faults.append((path, reason))
    )
    spec, definitions, fields = _read(document, file)
    spec.objects.ensure()
    for attributes in spec.attribute_sets.values():
        attributes.ensure()
    for name, (path, item) in definitions.by_name.items():
        if item["type"] == "struct":
            fields.struct(name, path)
        else:
            definitions.enum(name, path)
    misspelt(raw, document.fault)
    return list(dict.fromkeys(faults))


def with_prefix(item: Mapping[str, Any], kind: str, family: str) -> dict[str, Any]:
    """A definition or attribute set with the prefix that it has in its own family's spec."""
    name = str(item.get("name"))
    if kind == "attribute-sets":
        return {"name-prefix": set_prefix(family, name), **item}
    if item.get("type") in ("enum", "flags"):
        return {"name-prefix": f"{family}-{name}-", **item}
    return dict(item)


def _items(value: object) -> list[Mapping[str, Any]]:
    """The mappings in a list of a spec."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _read(document: Document, file: str) -> tuple[model.Spec, DefinitionReader, FieldReader]:
    """The spec, and what makes the rest of it when it is used."""
    raw, fault = document.raw, document.fault
    spec = model.Spec(document.family, str(raw.get("protocol", "genetlink")), file)
    spec.secret = any(
        mentions(item.get(part), "x-secret")
        for section, part in (("attribute-sets", "attributes"), ("definitions", "members"))
        for item in _items(raw.get(section))
    )
    if not document.family or not isinstance(raw.get("name"), str):
        fault("name", "a protocol needs a name")
    if spec.level not in LEVELS:
        fault("protocol", f"{spec.level!r} is not one of {', '.join(LEVELS)}")
    if spec.level == "netlink-raw":
        spec.protonum = document.number(raw.get("protonum", -1), "protonum")
        if spec.protonum < 0:
            fault("protonum", "a raw protocol needs its number")
    if "version" in raw:
        spec.version = document.number(raw["version"], "version")
    definitions = DefinitionReader(document, spec)
    fields = FieldReader(document, definitions, spec)
    sets = AttributeSetReader(document, fields, spec)
    operations = OperationReader(document, fields, sets, spec)
    definitions.read()
    fields.read_made()
    sets.read()
    operations.read()
    operations.read_groups()
    ObjectReader(document, spec).read()
    return spec, definitions, fields
