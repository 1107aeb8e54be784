"""`definitions` of a spec: constants, enumerations and flags; where its structs stand.

Entries count from 0 or `value-start`, `value` restarts the count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...wire import linux
from .. import model
from .document import Document, c_name, given

_linux_enums: dict[str, model.Enum] = {}


def linux_enum(name: str) -> model.Enum | None:
    """One of Linux's own tables as an enumeration, None if there is no such table."""
    found = _linux_enums.get(name)
    if found is None and name in linux.ENUMS:
        prefix, values = linux.ENUMS[name]
        found = model.Enum(name, False)
        for value, constant in values.items():
            found.add(value, linux.entry_name(prefix, constant), constant)
        _linux_enums[name] = found
    return found


class DefinitionReader:
    """What a spec defines by name; enumerations are made when they are asked for."""

    def __init__(self, document: Document, spec: model.Spec) -> None:
        self.document = document
        self.enums = spec.enums
        self.by_name: dict[str, tuple[str, Mapping[str, Any]]] = {}  # path, and as YAML gave it

    def read(self) -> None:
        """Takes in the constants, and where the others stand."""
        document = self.document
        constants = document.constants
        for path, item in document.items(document.raw, "definitions", ""):
            name = document.name_of(item, path)
            kind = item.get("type")
            if kind == "const":
                value = item.get("value")
                if isinstance(value, str) and not value[:1].isdigit() and value not in constants:
                    continue  # a constant may be a text, such as a group's name
                constants[name] = document.number(value, f"{path}.value")
                constants[f"{item.get('name-prefix', '')}{name}"] = constants[name]
            elif kind in ("enum", "flags", "struct"):
                if name in self.by_name:
                    document.fault(path, f"{name!r} is defined twice")
                self.by_name[name] = (path, item)
            else:
                document.fault(f"{path}.type", f"{kind!r} is not one of const, enum, flags, struct")

    def enum(self, name: str, path: str) -> model.Enum | None:
        """The enumeration or flags of this name, the spec's own or else Linux's."""
        found = self.enums.get(name)
        if found is not None:
            return found
        if name not in self.by_name:
            found = linux_enum(name)
            if found is None:
                self.document.fault(path, f"no enum or flags {name!r} is defined")
            return found
        where, item = self.by_name[name]
        if item["type"] == "struct":
            self.document.fault(path, f"{name!r} is a struct, an enum or flags is needed")
            return None
        found = self.enums[name] = self._read_enum(name, item, where)
        return found

    def _read_enum(self, name: str, item: Mapping[str, Any], path: str) -> model.Enum:
        """An enumeration; of flags an entry's value is its bit number."""
        document = self.document
        is_flags = item["type"] == "flags"
        out = model.Enum(name, is_flags)
        prefix = given(item, "name-prefix", f"{document.family}-{name}-")
        value: int = document.number(item.get("value-start", 0), f"{path}.value-start")
        for where, entry in document.items(item, "entries", f"{path}."):
            entry_name = document.name_of(entry, where)
            if entry.get("value") is not None:
                value = document.number(entry["value"], f"{where}.value")
            constant = given(entry, "x-constant", c_name(prefix, entry_name))
            if is_flags and not 0 <= value < 64:
                document.fault(f"{where}.value", f"{value} is no bit number")
            else:
                out.add(1 << value if is_flags else value, entry_name, constant)
            value += 1
        return out
