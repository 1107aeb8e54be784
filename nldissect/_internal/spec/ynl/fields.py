"""Attributes, struct members and structs of a spec into the model's fields.

What an attribute of a set has beyond its type (`x-request`, `x-forms`) are fields of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from .. import model
from .definitions import DefinitionReader
from .document import KEYS, Document, c_name, given, is_true

HINTS = frozenset((
    "hex", "mac", "fddi", "ipv4", "ipv6", "ipv4-or-v6", "uuid", "ifindex", "lladdr", "address",
    "family-id", "nsid", "mpls", "union-address",
))  # fmt: skip
HINT_SIZES = {"mac": 6, "fddi": 6, "ipv4": 4, "ipv6": 16, "uuid": 16}
SHOWN_HINTS = {"mac": "mac", "ipv4": "ipv4", "ipv6": "ipv6", "uuid": "uuid", "fddi": "mac"}
# What elements of an array do not have from it.
OF_THE_WHOLE = frozenset(("sub-type", "x-sub-type", "x-hook", "x-read-as", "x-rest"))
# What the forms of an attribute have from it.
SHARED_BY_FORMS = frozenset(("name", "x-constant", "multi-attr", "name-prefix"))
# What an attribute has by its type, so that one of another type in requests has it not.
OF_THE_TYPE = frozenset(("struct", "sub-type", "nested-attributes"))

DEEPEST_STRUCT: Final = 32  # structs within structs; C headers have three


class FieldReader:
    """Makes the fields of one spec; structs are made when they are asked for."""

    def __init__(self, document: Document, definitions: DefinitionReader, spec: model.Spec) -> None:
        self.document = document
        self.definitions = definitions
        self.spec = spec
        self._unfinished: list[str] = []  # structs that are being made

    # -- structs -----------------------------------------------------------

    def struct(self, name: str, path: str) -> model.Struct | None:
        """The struct of this name; one that contains itself is a fault."""
        if name in self._unfinished:
            self.document.fault(path, f"struct {name!r} contains itself")
            return None
        if len(self._unfinished) == DEEPEST_STRUCT:
            self.document.fault(path, f"more than {DEEPEST_STRUCT} structs lie in one another")
            return None
        found = self.spec.structs.get(name)
        if found is not None:
            return found
        where, item = self.definitions.by_name.get(name, ("", {"type": None}))
        if item["type"] != "struct":
            self.document.fault(path, f"no struct {name!r} is defined")
            return None
        found = model.Struct(name)
        found.packed = is_true(item.get("x-packed"))
        self._unfinished.append(name)
        for member_path, member in self.document.items(item, "members", f"{where}."):
            field = self._member(member, member_path)
            if field is not None:
                found.add(field)
        self._unfinished.pop()
        self.spec.structs[name] = found
        return found

    def _member(self, item: Mapping[str, Any], path: str) -> model.Field | None:
        """A member of a struct, whose size is known: by its type, its struct or `len`."""
        document = self.document
        name = document.name_of(item, path)
        kind = model.KINDS.get(str(item.get("type")))
        if kind is None or not (kind < model.UINT or kind in _MEMBER_KINDS):
            document.fault(f"{path}.type", f"{item.get('type')!r} is no type of a struct member")
            return None
        field = model.Field(name, None, -1, kind)
        self._describe(field, item, path)
        if kind < model.UINT:
            field.size = model.SIZES[kind]
        elif kind == model.BITFIELD32:
            field.size = 8
        elif field.struct is not None and "len" not in item:
            field.size = field.struct.padded
        elif "len" in item:
            field.size = document.number(item["len"], f"{path}.len")
            if field.size < 0:
                document.fault(f"{path}.len", f"{field.size} is no length")
                return None
        else:
            document.fault(path, "a member of this type needs `len`")
        return field

    def read_made(self) -> None:
        """`x-made`: what hooks make; of a struct of this spec its members are meant as well."""
        document = self.document
        for hook, listed in document.mapping(document.raw, "x-made", "").items():
            names = document.texts(listed, f"x-made.{hook}")
            for name in tuple(names):
                item = self.definitions.by_name.get(name)
                if item is not None and item[1]["type"] == "struct":
                    struct = self.struct(name, f"x-made.{hook}")
                    names += () if struct is None else [member.name for member in struct.members]
            document.made[str(hook)] = frozenset(names)
        self.spec.made = frozenset().union(*document.made.values())

    # -- what attributes and struct members have in common -------------------

    def _describe(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """Byte order, hint, enumeration, struct, element and hooks; most items have none."""
        if not _OF_ITS_VALUE.isdisjoint(item):
            self._read_byte_order(field, item, path)
            self._read_hint(field, item, path)
            self._read_enum(field, item, path)
            self._read_struct(field, item, path)
        of_ours = not _OURS.isdisjoint(item)
        if of_ours:
            self._read_hooks(field, item, path)
            self._read_tail(field, item, path)
            self._read_records(field, item, path)
            self._read_labels(field, item)
        self._read_element(field, item, path)
        if of_ours:
            self._read_secret(field, item, path)
            self._read_unsaid(field, item, path)

    def _read_hooks(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """The dissector's own code, and what it makes."""
        document = self.document
        field.hook = document.hook(item, "x-hook", path)
        field.reader = document.hook(item, "x-read-as", path)
        field.faultless = is_true(item.get("x-faultless"))
        field.made = document.made_by(item)
        field.labeller = document.hook(item, "x-label", path)

    def _read_labels(self, field: model.Field, item: Mapping[str, Any]) -> None:
        """What its numbers count, and where they mean nothing."""
        field.unit = given(item, "x-unit", "")
        field.unset_in_requests = is_true(item.get("x-unset-in-requests"))
        field.unnamed_beside = given(item, "x-unnamed-beside", "")

    def _read_byte_order(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        order = item.get("byte-order")
        if order is not None:
            if order not in ("big-endian", "little-endian"):
                self.document.fault(
                    f"{path}.byte-order", f"{order!r} is not big-endian or little-endian"
                )
            field.big = order == "big-endian"

    def _read_secret(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """Whether it is a key or a password: numbers, texts and bytes may be."""
        field.secret = is_true(item.get("x-secret"))
        if field.secret and field.kind not in _MAY_BE_SECRET:
            self.document.fault(f"{path}.x-secret", "only a number, string or binary is one")
            field.secret = False
        field.privacy = given(item, "x-privacy", "")
        if field.privacy and field.privacy not in model.PRIVACY:
            words = ", ".join(model.PRIVACY)
            self.document.fault(f"{path}.x-privacy", f"{field.privacy!r} is not one of {words}")
        field.prefix_length = given(item, "x-prefix-length", "")

    def _read_unsaid(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """When summaries that do not name it pass it over."""
        word = item.get("x-unsaid")
        if word is not None:
            if word not in model.UNSAID:
                self.document.fault(f"{path}.x-unsaid", f"{word!r} is not {UNSAID_WORDS}")
            field.unsaid = model.UNSAID.get(str(word), model.SAID)

    def _read_hint(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        key = "x-hint" if "x-hint" in item else "display-hint"
        hint = given(item, key, "")
        if hint:
            if hint not in HINTS:
                self.document.fault(f"{path}.{key}", f"{hint!r} is no display hint")
            field.hint = hint
            field.shown = SHOWN_HINTS.get(hint, field.shown)

    def _read_enum(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        if item.get("enum") is None:
            return
        found = self.definitions.enum(str(item["enum"]), f"{path}.enum")
        if found is not None:
            field.enum = found.as_flags() if is_true(item.get("enum-as-flags")) else found
            if field.kind <= model.LAST_SCALAR:
                field.shown = "flags" if field.enum.flags else "enum"

    def _read_struct(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """A binary field that is a struct; of an indexed array it is the entries that are."""
        if item.get("struct") is None or field.kind == model.INDEXED:
            return
        if field.kind != model.BINARY:
            self.document.fault(f"{path}.type", "a struct needs the type binary")
        field.struct = self.struct(str(item["struct"]), f"{path}.struct")
        if field.struct is not None:
            field.kind = model.STRUCT
            field.shown = "struct"

    def _read_tail(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """What lies behind a struct (`x-rest`), which may be an array that a member counts."""
        fault, where = self.document.fault, f"{path}.x-rest"
        tail = item.get("x-rest")
        if "x-rest" in item and field.kind != model.STRUCT:
            fault(where, "needs a struct")
        elif isinstance(tail, dict):
            kind = model.KINDS.get(str(tail.get("type")))
            if kind is None:
                fault(f"{where}.type", f"{tail.get('type')!r} is no attribute type")
                return
            field.tail = model.Field(self.document.name_of(tail, where), None, -1, kind)
            self._describe(field.tail, tail, where)
            count = given(tail, "count", "")
            members = field.struct.members if field.struct is not None else []
            if count and not any(one.name == count for one in members):
                fault(f"{where}.count", f"no member {count!r} in the struct")
            elif count and field.tail.kind != model.ARRAY:
                fault(f"{where}.count", "only arrays are counted")
            else:
                field.tail_count = count
                field.tail_then = self._then(tail, f"{where}.then")
        elif tail is not None:
            fault(where, "must be a mapping")

    def _then(self, tail: Mapping[str, Any], path: str) -> model.Field | None:
        """What lies behind the counted elements that follow a struct (`then`)."""
        item = tail.get("then")
        if item is None:
            return None
        kind = model.KINDS.get(str(item.get("type"))) if isinstance(item, dict) else None
        if kind is None:
            self.document.fault(path, "must be a mapping with an attribute type")
            return None
        made = model.Field(self.document.name_of(item, path), None, -1, kind)
        self._describe(made, item, path)
        if kind < model.UINT:
            made.size = model.SIZES[kind]
        return made

    def _read_records(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """Whether a struct (`x-records`) begins each of many entries, with the entry's length."""
        fault, where = self.document.fault, f"{path}.x-records"
        if "x-records" in item and field.kind != model.STRUCT:
            fault(where, "needs a struct")
        elif is_true(item.get("x-records")):
            members = field.struct.members if field.struct is not None else []
            field.length_prefixed = bool(members) and members[0].kind == model.U16
            if not field.length_prefixed:
                fault(where, "the struct must begin with a u16, its length")

    def _read_element(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """The element of a C array (`sub-type` of binary), or the entry of an indexed array."""
        sub_type = item.get("sub-type", item.get("x-sub-type"))
        if sub_type is None:
            if field.kind == model.INDEXED:
                field.element = model.Field(field.name, field.constant, -1, model.NEST)
                field.element.nested = field.nested
            return
        kind = model.KINDS.get(str(sub_type))
        if kind is None:
            self.document.fault(f"{path}.sub-type", f"{sub_type!r} is no attribute type")
            return
        element = model.Field(field.name, field.constant, -1, kind)
        inner = {k: v for k, v in item.items() if k not in OF_THE_WHOLE}
        self._describe(element, inner, path)
        element.nested = field.nested
        field.element = element
        if field.kind in (model.BINARY, model.STRUCT):
            field.kind = model.ARRAY
            field.shown = "array"
            if element.struct is not None:
                element.size = element.struct.padded
            elif kind < model.UINT:
                element.size = model.SIZES[kind]
            elif element.hint in HINT_SIZES:
                element.size = HINT_SIZES[element.hint]
            else:
                self.document.fault(
                    f"{path}.sub-type", f"{sub_type!r} has no fixed length in an array"
                )

    # -- attributes --------------------------------------------------------

    def attribute(
        self, item: Mapping[str, Any], path: str, prefix: str, set_name: str, number: int
    ) -> model.Field:
        """One attribute of a set, with how else it reads; `prefix` is that of its C constant."""
        document = self.document
        name = document.name_of(item, path)
        type_name = item.get("type")
        kind = model.KINDS.get(str(type_name))
        if kind is None:
            document.fault(f"{path}.type", f"{type_name!r} is no attribute type")
            kind = model.UNKNOWN
        prefix = given(item, "name-prefix", prefix)
        field = model.Field(name, constant_of(item, prefix), number, kind)
        field.path = f"{document.family}.{set_name}.{name}"
        field.multi = is_true(item.get("multi-attr"))
        self._read_nested(field, item, path)
        self._describe(field, item, path)
        if kind == model.SUB_MESSAGE:
            self._read_sub_message(field, item, path)
        if isinstance(item.get("checks"), dict):
            field.checks = self._checks(item["checks"], f"{path}.checks")
            field.unterminated = field.checks.unterminated
        in_requests = item.get("x-request")
        if isinstance(in_requests, dict):
            other = _in_requests(item, in_requests)
            field.request = self.attribute(other, f"{path}.x-request", prefix, set_name, number)
        if "x-forms" in item:
            shared = {k: v for k, v in item.items() if k in SHARED_BY_FORMS}
            for where, form in document.items(item, "x-forms", f"{path}."):
                made = self.attribute({**shared, **form}, where, prefix, set_name, number)
                field.forms += (self._form(made, form, where),)
        return field

    def _read_nested(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """The set inside, which nests need; of nest-type-value what its levels are."""
        nested = item.get("nested-attributes")
        if nested is not None:
            field.nested = self.spec.attribute_sets.get(str(nested))
            if field.nested is None:
                self.document.fault(f"{path}.nested-attributes", f"no attribute set {nested!r}")
        elif field.kind in (model.NEST, model.TYPE_VALUE):
            self.document.fault(path, f"type {item.get('type')} needs `nested-attributes`")
        if field.kind == model.TYPE_VALUE:
            values = item.get("type-value")
            if not isinstance(values, list) or not values:
                self.document.fault(f"{path}.type-value", "a list of names is needed")
                values = ["value"]
            field.type_values = tuple(str(v) for v in values)

    def _read_sub_message(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """Which sub-message, and what selects its format."""
        document = self.document
        wanted = str(item.get("sub-message"))
        field.sub_message = self.spec.sub_messages.get(wanted)
        if field.sub_message is None:
            document.fault(f"{path}.sub-message", f"no sub-message {wanted!r}")
        if "x-selectors" in item:
            field.selectors = tuple(document.texts(item["x-selectors"], f"{path}.x-selectors"))
        elif item.get("selector"):
            field.selectors = (str(item["selector"]),)
        field.flat = is_true(item.get("x-flat"))
        if not field.selectors:
            document.fault(f"{path}.selector", "a sub-message needs a selector")

    def _form(self, field: model.Field, item: Mapping[str, Any], path: str) -> model.PayloadForm:
        """When an attribute reads as `field`."""
        return model.PayloadForm(
            field,
            self.document.number(item.get("size", 0), f"{path}.size"),
            is_true(item.get("in-requests")),
            given(item, "beside", ""),
            self.document.number(item.get("least", 0), f"{path}.least"),
        )

    def _checks(self, item: Mapping[str, Any], path: str) -> model.Checks:
        """The limits under `checks`."""
        out = model.Checks()
        for key, value in item.items():
            where = f"{path}.{key}"
            if key == "unterminated-ok":
                out.unterminated = is_true(value)
            elif key == "flags-mask":
                enum = self.definitions.enum(str(value), where)
                if enum is not None:
                    out.flags_mask = 0
                    for mask in enum.as_flags().names:
                        out.flags_mask |= mask
            elif key in ("min", "max", "exact-len", "min-len", "max-len"):
                setattr(out, key.replace("-", "_"), self.document.number(value, where))
            else:
                self.document.fault(where, f"{key!r} is no check")
        return out


UNSAID_WORDS = " or ".join(model.UNSAID)
# Keys of `_describe`
_OF_ITS_VALUE: Final = frozenset(("byte-order", "display-hint", "x-hint", "enum", "struct"))
_OURS: Final = frozenset(key for key in KEYS if key.startswith("x-"))
_MAY_BE_SECRET = (*range(model.LAST_SCALAR + 1), model.STRING, model.BINARY, model.STRUCT)
_MEMBER_KINDS = (model.STRING, model.BINARY, model.PAD, model.BITFIELD32)


def constant_of(item: Mapping[str, Any], prefix: str) -> str:
    """The C constant of an attribute; `prefix` is that of its set."""
    name = str(item.get("name"))
    return given(item, "x-constant", c_name(given(item, "name-prefix", prefix), name))


def is_leaf(item: Mapping[str, Any]) -> bool:
    """Whether nothing can lie inside of an attribute, and it is no other in any message."""
    return str(item.get("type")) in _LEAVES and _HOLDS.isdisjoint(item)


_LEAVES: Final = frozenset(
    word
    for word, kind in model.KINDS.items()
    if kind <= model.LAST_SCALAR or kind in (model.FLAG, model.STRING, model.BINARY, model.PAD)
)
_HOLDS: Final = frozenset((
    "nested-attributes", "sub-message", "struct", "sub-type", "x-sub-type", "x-rest", "x-hook",
    "x-read-as", "x-forms", "x-request",
))  # fmt: skip


def names_of(item: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    """Name and constant of an attribute, then those that it has in requests if they are others."""
    out = [(str(item.get("name")), constant_of(item, prefix))]
    in_requests = item.get("x-request")
    if isinstance(in_requests, dict):
        prefix = given(item, "name-prefix", prefix)
        other = _in_requests(item, in_requests)
        out.append((str(other.get("name")), constant_of(other, prefix)))
    return out


def _in_requests(item: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """An attribute as it is in messages to the kernel."""
    lost: Collection[str] = OF_THE_TYPE if "type" in changes else ()
    other = {k: v for k, v in item.items() if k != "x-request" and k not in lost}
    other.update(changes)
    return other
