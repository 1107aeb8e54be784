"""A dissector as Lua for Wireshark: its sets, structs, enumerations and operations as one table.

What walks messages by the table is `wireshark/nldissect.lua`, the same for all. What a spec says
gets into Lua through `lua` alone, which escapes every string; names of fields are made of
letters, digits, dots and underscores, each once in a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..spec import model
from ..spec.tables import Tables, element_of
from ..wire.text import safe

_KINDS: Final = {
    **{number: name for name, number in model.KINDS.items()},
    model.INDEXED: "indexed", model.TYPE_VALUE: "indexed", model.STRUCT: "struct",
    model.ARRAY: "array", model.UNKNOWN: "unknown",
}  # fmt: skip
_LISTED: Final = (model.INDEXED, model.TYPE_VALUE, model.ARRAY)
_IDENTIFIER: Final = re.compile(r"[a-z_]+")
_KEYWORDS: Final = frozenset((
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
))  # fmt: skip
# The folder of the file that runs: Wireshark tells it of the first script only
_HERE: Final = 'local here = debug.getinfo(1, "S").source:match("^@(.*[/\\\\])") or ""\n'
PIECES: Final = (
    "common.lua", "fields.lua", "values.lua", "structs.lua", "attributes.lua", "messages.lua",
)  # fmt: skip
_PRECISE: Final = 1 << 53  # whole numbers below are exact in every Lua that Wireshark has had


def _nested(field: model.Field) -> model.AttributeSet | None:
    """The set inside of a field; of nft's userdata, which is shown as bytes, none."""
    nested = field.nested
    return None if nested is not None and nested.layout == model.USERDATA else nested


def lua(value: object, depth: int = 0) -> str:
    """A number, text, sequence or mapping (None is left out) as a Lua expression."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(map(_character, value.encode("utf-8", "surrogatepass"))) + '"'
    indent = "\n" + " " * depth if depth < 4 else " "
    parts = []
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if inner is not None:
                parts.append(f"{_key(key)} = {lua(inner, depth + 1)}")
    else:
        assert isinstance(value, Sequence)
        parts = [lua(inner, depth + 1) for inner in value]
    return "{" + indent + f",{indent}".join(parts) + "}" if parts else "{}"


def _key(key: object) -> str:
    """A table's key: bare where it is a name of ours, else in brackets."""
    bare = isinstance(key, str) and _IDENTIFIER.fullmatch(key) and key not in _KEYWORDS
    return str(key) if bare else f"[{lua(key)}]"


def _character(byte: int) -> str:
    """A byte within a Lua string; what is not plain ASCII as its decimal number."""
    plain = 32 <= byte < 127 and byte not in b'"\\'
    return chr(byte) if plain else f"\\{byte:03d}"


def plain_name(name: str) -> str:
    """A spec's name as Wireshark takes it in a field's name or file: `[a-z0-9_]` only."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower()) or "_"


def written(spec: model.Spec, sole: bool) -> str:
    """The Lua file of a dissector; `sole`: it serves its raw protocol's unknown types too."""
    return (
        "-- Written by `nldissect dissectors export --lua`; nldissect.lua beside it reads it.\n"
        f"{_HERE}"
        'local nldissect = rawget(_G, "nldissect") or dofile(here .. "nldissect.lua")\n'
        f"nldissect.dissector({lua(_Dissector(spec).table(sole))})\n"
    )


def loader(files: Sequence[str]) -> str:
    """A Lua file that loads others beside it, for `-X lua_script`, which takes one."""
    return _HERE + "".join(f"dofile(here .. {lua(name)})\n" for name in files)


def runtime() -> str:
    """nldissect.lua: the pieces in `wireshark/`, in their order, as one file."""
    folder = os.path.join(os.path.dirname(__file__), "wireshark")
    out = []
    for name in PIECES:
        with open(os.path.join(folder, name), encoding="ascii") as file:
            out.append(file.read())
    return "\n".join(out)


class _Numbered:
    """Sets, structs or the like, numbered from 1 as they are met; each is made into a table."""

    def __init__(self, make: Callable[[Any], dict[str, object]]) -> None:
        self.tables: list[dict[str, object]] = []
        self._make = make
        self._numbers: dict[int, int] = {}
        self._held: list[object] = []  # so that no other gets the identity of one of them

    def number(self, thing: object | None) -> int | None:
        """Its number, None for None."""
        if thing is None:
            return None
        found = self._numbers.get(id(thing))
        if found is None:
            self._held.append(thing)
            self.tables.append({})
            found = self._numbers[id(thing)] = len(self.tables)
            self.tables[found - 1].update(self._make(thing))
        return found


class _Dissector:
    """One spec on its way to a table."""

    def __init__(self, spec: model.Spec) -> None:
        self._spec = spec
        self._taken: set[str] = set()
        self._top = self._id("nl." + plain_name(spec.name))
        self._columns = Tables()
        self._sets = _Numbered(self._set)
        self._structs = _Numbered(self._struct)
        self._enums = _Numbered(self._enum)
        self._subs = _Numbered(self._sub_message)
        self._operations = _Numbered(self._operation)

    def table(self, sole: bool) -> dict[str, object]:
        """What `nldissect.dissector` takes."""
        spec = self._spec
        number = self._operations.number
        ways: dict[str, object] = {
            "requests": {kind: number(found) for kind, found in spec.requests.items()},
            "replies": {kind: number(found) for kind, found in spec.replies.items()},
        }
        for way, to_kernel in (("request_variants", True), ("reply_variants", False)):
            ways[way] = {
                kind: [number(one) for one in found]
                for (kind, towards), found in spec.variants.items()
                if towards == to_kernel
            }
        return {
            "name": safe(spec.name),
            "id": self._top,
            "title": f"Netlink {plain_name(spec.name)}, by nldissect",
            "family": spec.name if spec.protonum is None else None,
            "protocol": spec.protonum,
            "sole": sole or None,
            **ways,
            "other": number(spec.other),
            "operations": self._operations.tables,
            "sets": self._sets.tables,
            "structs": self._structs.tables,
            "enums": self._enums.tables,
            "subs": self._subs.tables,
        }

    def _id(self, *parts: str) -> str:
        """A name for a field that no other has."""
        name = wanted = ".".join(parts)
        count = 1
        while name in self._taken:
            count += 1
            name = f"{wanted}_{count}"
        self._taken.add(name)
        return name

    def _operation(self, operation: model.Operation) -> dict[str, object]:
        return {
            "name": safe(operation.name),
            "constant": safe(operation.constant),
            "struct": self._structs.number(operation.header),
            "set": self._sets.number(operation.attributes),
            "headless": operation.headless or None,
            "hooked": operation.hook is not None or None,
            "least": operation.least or None,
            "conditions": [
                {"offset": offset, "size": size, "values": dict.fromkeys(values, True)}
                for offset, size, values in operation.conditions
            ]
            or None,
        }

    def _set(self, attributes: model.AttributeSet) -> dict[str, object]:
        top = self._id(self._top, plain_name(attributes.name))
        return {
            "name": safe(attributes.name),
            "attributes": {
                number: self._field(field, top) for number, field in attributes.ensure().items()
            },
        }

    def _struct(self, struct: model.Struct) -> dict[str, object]:
        top = self._id(self._top, plain_name(struct.name))
        number = self._columns.struct(struct)
        family, hardware = self._columns.family_and_hardware(number)
        return {
            "name": safe(struct.name),
            "id": top,
            "size": struct.size,
            "align": struct.align,
            "family": family,
            "hardware": hardware,
            "members": [self._field(member, top) for member in struct.members],
        }

    def _enum(self, enum: model.Enum) -> dict[str, object]:
        top = self._id(self._top, plain_name(enum.name))
        names = {value: safe(name) for value, name in enum.names.items() if abs(value) < _PRECISE}
        bits = None
        if enum.flags:
            bits = [
                [value, name, self._id(top, plain_name(name))]
                for value, name in names.items()
                if value > 0 and value & (value - 1) == 0
            ]
        return {"names": names, "flags": bits}

    def _sub_message(self, sub: model.SubMessage) -> dict[str, object]:
        return {
            "formats": {safe(word): self._format(form) for word, form in sub.formats.items()},
            "default": None if sub.default is None else self._format(sub.default),
        }

    def _format(self, form: model.Format) -> dict[str, object]:
        variants = {
            number: self._structs.number(struct) for number, struct in form.variants.items()
        }
        return {
            "struct": self._structs.number(form.header),
            "set": self._sets.number(form.attributes),
            "variants": variants or None,
        }

    def _field(self, field: model.Field, top: str, name: str = "") -> dict[str, object]:
        """A field whose name in Wireshark lies in `top`."""
        own = self._id(top, plain_name(name or field.name))
        element = None
        if field.kind in _LISTED or field.length_prefixed:
            made = element_of(field, 0)
            made.number = -1 if field.kind == model.ARRAY or field.length_prefixed else 0
            if field.element is not None:
                made.size = field.element.size
            element = self._field(made, own, "item")
        big = {None: None, True: "big", False: "little"}[field.big]
        return {
            "name": safe(name or field.name),
            "id": own,
            "number": field.number if field.number >= 0 else None,
            "kind": _KINDS[field.kind],
            "order": big,
            "size": field.size,
            "hint": field.hint or None,
            "enum": self._enums.number(field.enum),
            "set": self._sets.number(_nested(field)),
            "struct": self._structs.number(field.struct),
            "sub": self._subs.number(field.sub_message),
            "selectors": list(map(safe, field.selectors)) or None,
            "flat": field.flat or None,
            "multi": field.multi or field.kind == model.PAD or None,
            "unterminated": field.unterminated or None,
            "hooked": field.coded or None,
            "secret": field.secret or None,
            "unset": field.unset_in_requests or None,
            "unnamed_beside": safe(field.unnamed_beside) or None,
            "prefixed": field.length_prefixed or None,
            "element": element,
            "request": self._inner(field.request, own, "request"),
            "tail": self._inner(field.tail, own),
            "tail_count": safe(field.tail_count) or None,
            "tail_then": self._inner(field.tail_then, own),
            "forms": [self._form(form, own) for form in field.forms] or None,
        }

    def _inner(self, field: model.Field | None, top: str, name: str = "") -> object:
        return None if field is None else self._field(field, top, name)

    def _form(self, form: model.PayloadForm, top: str) -> dict[str, object]:
        return {
            "size": form.size,
            "requests": form.in_requests or None,
            "beside": safe(form.beside) or None,
            "least": form.least,
            "field": self._field(form.field, top, f"of_{form.size}"),
        }
