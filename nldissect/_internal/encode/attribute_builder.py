"""Attributes from dictionaries: what `build` takes and what edits give.

Lengths and padding are worked out; a dictionary's order is that of the attributes. What
another attribute selects (a sub-message's format) is looked up in the dictionaries around.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from struct import pack
from typing import Any, Final

from ..engine.node import entry_field
from ..spec import model
from ..wire import framing
from ..wire.text import near
from .payload import EncodeError, address, octets, scalar, string

MAX_LENGTH: Final = 0xFFFF  # of an attribute: nla_len has 16 bits
# What has attributes inside and may bear NLA_F_NESTED.
NESTS: Final = (model.NEST, model.SUB_MESSAGE, model.INDEXED, model.TYPE_VALUE)
_CONTAINERS: Final = (*NESTS, model.STRUCT, model.ARRAY, model.BITFIELD32)


class Scope:
    """The levels of dictionaries around a value, for what another attribute selects."""

    __slots__ = ("fields", "up", "values")

    def __init__(
        self, values: Mapping[Any, Any], fields: Mapping[str, model.Field], up: Scope | None
    ) -> None:
        self.values = values
        self.fields = fields
        self.up = up

    def get(self, name: str) -> tuple[Any, model.Field | None]:
        """The value of that name nearest around, with its field."""
        level: Scope | None = self
        while level is not None:
            for key, value in level.values.items():
                field = level.fields.get(str(key))
                if key == name or (field is not None and name in (field.name, field.constant)):
                    return value, field
            level = level.up
        return None, None


class AttributeBuilder:
    """Attributes from dictionaries, in one byte order.

    `nested` says which attributes with attributes inside bear NLA_F_NESTED: all, none,
    or those whose path is in it. `to_kernel` picks how a field reads in requests.
    """

    def __init__(
        self, big: bool, nested: bool | Collection[str] = True, to_kernel: bool = True
    ) -> None:
        self.big = big
        self.nested = nested
        self.to_kernel = to_kernel

    def attributes(
        self,
        attribute_set: model.AttributeSet | None,
        values: Mapping[Any, Any],
        path: str,
        scope: Scope | None,
    ) -> bytes:
        """The attributes of a set, in the order of the dictionary, each padded to 4 bytes."""
        names = self._names(attribute_set)
        inner = Scope(values, names, scope)
        out = bytearray()
        for key, value in values.items():
            field, flags = self._definition(attribute_set, names, key, path)
            here = f"{path}.{field.name}" if path else field.name
            for one in self.occurrences(field, value):
                out += self.attribute(field, one, here, inner, flags)
        return bytes(out)

    def _names(self, attribute_set: model.AttributeSet | None) -> dict[str, model.Field]:
        """The attributes of a set by spec name and constant, as they read in this direction."""
        out: dict[str, model.Field] = {}
        for known in () if attribute_set is None else attribute_set.ensure().values():
            for reading in (known.request if self.to_kernel else None, known):
                if reading is not None:
                    out.setdefault(reading.name, reading)
                    if reading.constant:
                        out.setdefault(reading.constant, reading)
        return out

    def _definition(
        self,
        attribute_set: model.AttributeSet | None,
        names: Mapping[str, model.Field],
        key: Any,
        path: str,
    ) -> tuple[model.Field, int]:
        """What a key of a dictionary stands for, with the flag bits (NLA_F_) that a number has."""
        number, flags = _numbered(key), 0
        if number is not None:
            if not 0 <= number <= 0xFFFF:
                raise EncodeError(f"{path}.{key}".strip("."), "is no attribute's number")
            flags = number & ~framing.NLA_TYPE_MASK
            number &= framing.NLA_TYPE_MASK
            known = attribute_set or model.NO_SET
            found = known.field(number) or known.unknown(number)
        else:
            by_name = names.get(str(key)) or names.get(str(key).replace("_", "-"))
            if by_name is None:
                here = f"{path}.{key}" if path else str(key)
                raise EncodeError(here, f"no such attribute{near(str(key), list(names))}")
            found = by_name
        if found.request is not None and self.to_kernel:
            found = found.request
        return found, flags

    @staticmethod
    def occurrences(field: model.Field, value: Any) -> Iterable[Any]:
        """The values of an attribute that is there as often as the list is long."""
        if not isinstance(value, (list, tuple)):
            return (value,)
        if field.multi or field.kind in (model.NEST, model.SUB_MESSAGE, model.STRUCT, model.STRING):
            return value
        if field.kind <= model.LAST_SCALAR and (field.enum is None or not field.enum.flags):
            return value
        if field.kind in (model.BINARY, model.UNKNOWN, model.FLAG, model.PAD) and all(
            isinstance(one, (bytes, str, bool)) for one in value
        ):
            return value
        return (value,)

    def attribute(
        self, field: model.Field, value: Any, path: str, scope: Scope | None, flags: int = 0
    ) -> bytes:
        """One attribute with its header and padding; False is a flag that is not there."""
        if field.kind == model.FLAG and value is False:
            return b""
        payload = self.payload(field, value, path, scope)
        nests = field.kind in NESTS
        if nests and not flags & framing.NLA_F_NESTED:
            wanted = self.nested if isinstance(self.nested, bool) else path in self.nested
            if wanted and (not isinstance(value, bytes) or not isinstance(self.nested, bool)):
                flags |= framing.NLA_F_NESTED
        length = 4 + len(payload)
        if length > MAX_LENGTH:
            raise EncodeError(path, f"{length} bytes are more than an attribute can have")
        head = pack((">" if self.big else "<") + "HH", length, field.number | flags)
        return head + payload + bytes(-length % 4)

    def payload(self, field: model.Field, value: Any, path: str, scope: Scope | None) -> bytes:
        """The payload that a value has as this field; bytes are taken as they are."""
        kind = field.kind
        if isinstance(value, (bytes, bytearray)):
            return bytes(value)
        if kind <= model.LAST_SCALAR:
            return scalar(field, value, self.big, path)
        if kind == model.STRING:
            return string(value, path)
        if kind == model.FLAG:
            if value is True or value == "" or value is None:
                return b""
            raise EncodeError(path, f"is a flag: True, or left out, not {value!r}")
        if kind in _CONTAINERS:
            return self._container(field, value, path, scope)
        if isinstance(value, Mapping):  # what no spec knows may nest all the same
            return self.attributes(None, value, path, scope)
        if kind == model.PAD and value in (None, True, ""):
            return b""
        return octets(field, value, path)

    def _container(self, field: model.Field, value: Any, path: str, scope: Scope | None) -> bytes:
        """The payload of what has attributes, members or elements inside."""
        kind = field.kind
        if kind == model.STRUCT:
            if isinstance(value, str) and field.tail is not None:
                return octets(field, value, path)
            assert field.struct is not None
            return self.struct(field.struct, value, path)
        if kind == model.NEST:
            return self.attributes(field.nested, _mapping(value, path), path, scope)
        if kind == model.SUB_MESSAGE:
            return self._sub_message(field, _mapping(value, path), path, scope)
        if kind == model.ARRAY:
            return self._array(field, value, path, scope)
        if kind == model.BITFIELD32:
            return self._bitfield(field, value, path)
        return self._entries(field, value, path, scope)

    def struct(self, struct: model.Struct, value: Any, path: str) -> bytes:
        """A struct from a dictionary of its members; those left out are zero."""
        if isinstance(value, (bytes, bytearray)):
            return bytes(value)
        given = dict(_mapping(value, path))
        out = bytearray()
        for member in struct.members:
            here = f"{path}.{member.name}"
            piece = b""
            if member.name in given:
                piece = self._member(member, given.pop(member.name), here)
            elif member.name.replace("-", "_") in given:
                piece = self._member(member, given.pop(member.name.replace("-", "_")), here)
            if member.kind == model.STRING and len(piece) == member.size + 1:
                piece = piece[:-1]
            if len(piece) > member.size:
                raise EncodeError(here, f"{len(piece)} bytes do not fit its {member.size}")
            out += piece + bytes(member.size - len(piece))
        for key in given:
            names = [one.name for one in struct.members]
            raise EncodeError(f"{path}.{key}", f"no such member{near(str(key), names)}")
        return bytes(out)

    def _member(self, member: model.Field, value: Any, path: str) -> bytes:
        """A member of a struct, whose integers may be IPv4 addresses in network order."""
        if member.kind <= model.LAST_SCALAR and member.hint == "ipv4" and "." in str(value):
            return address(str(value), path, 4)
        return self.payload(member, value, path, None)

    def _sub_message(
        self, field: model.Field, value: Mapping[Any, Any], path: str, scope: Scope | None
    ) -> bytes:
        """A fixed header and attributes, in the format that the selector around it picks.

        Members of the header may stand among the attributes, or under the struct's name.
        """
        form = _format(field, scope)
        sub = field.sub_message
        assert sub is not None
        if form is None:
            raise EncodeError(
                path, f"what it holds follows from {field.selectors[0]}: give a known one, or bytes"
            )
        out = b""
        given = dict(value)
        if form.header is not None:
            header = given.pop(form.header.name, None)
            if header is None:
                members = {one.name for one in form.header.members}
                header = {k: given.pop(k) for k in list(given) if k in members}
            out = self.struct(form.header, header, f"{path}.{form.header.name}")
            out += bytes(-len(out) % 4)
        return out + self.attributes(form.attributes, given, path, scope)

    def _entries(self, field: model.Field, value: Any, path: str, scope: Scope | None) -> bytes:
        """Attributes whose type is their index; a list counts from 1."""
        if isinstance(value, Mapping):
            pairs = [(_index(key, path), one) for key, one in value.items()]
        elif isinstance(value, (list, tuple)):
            pairs = list(enumerate(value, 1))
        else:
            raise EncodeError(path, f"{value!r} is no list")
        out = bytearray()
        for number, one in pairs:
            made = entry_field(field, number & framing.NLA_TYPE_MASK)
            flags = number & ~framing.NLA_TYPE_MASK
            out += self.attribute(made, one, f"{path}.{made.name}", scope, flags)
        return bytes(out)

    def _array(self, field: model.Field, value: Any, path: str, scope: Scope | None) -> bytes:
        """A C array from a list, or from text where it is one address or number in hex."""
        element = field.element
        assert element is not None
        if isinstance(value, str) and element.kind <= model.LAST_SCALAR:
            return octets(field, value, path)
        if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
            raise EncodeError(path, f"{value!r} is no list")
        out = bytearray()
        for i, one in enumerate(value):
            piece = self.payload(element, one, f"{path}.{i}", scope)
            out += piece + bytes(max(0, element.size - len(piece)))
        return bytes(out)

    def _bitfield(self, field: model.Field, value: Any, path: str) -> bytes:
        """value and selector; without a selector, the bits of the value are selected."""
        enum = None if field.enum is None else field.enum.as_flags()
        part = model.Field(field.name, None, -1, model.U32)
        part.enum = enum
        if isinstance(value, Mapping):
            given = {"value": value.get("value", 0)}
            given["selector"] = value.get("selector", given["value"])
        else:
            given = {"value": value, "selector": value}
        return b"".join(
            scalar(part, given[name], self.big, f"{path}.{name}") for name in ("value", "selector")
        )


def _numbered(key: Any) -> int | None:
    """The number that a key is, also as trees (`attr 77`) and ynl (`UnknownAttr(77)`) write it."""
    if isinstance(key, int):
        return key
    text = str(key).removeprefix("attr ").removeprefix("UnknownAttr(").removesuffix(")")
    return int(text) if text.isdecimal() else None


def _index(key: Any, path: str) -> int:
    try:
        return int(key)
    except (TypeError, ValueError):
        raise EncodeError(f"{path}.{key}", "is no index") from None


def _mapping(value: Any, path: str) -> Mapping[Any, Any]:
    if isinstance(value, Mapping):
        return value
    raise EncodeError(path, f"has attributes inside: a dictionary, or bytes, not {value!r}")


def _format(field: model.Field, scope: Scope | None) -> model.Format | None:
    """The format that the selector's value picks."""
    sub = field.sub_message
    assert sub is not None
    for name in field.selectors:
        value, of = (None, None) if scope is None else scope.get(name)
        if value is None:
            continue
        text = str(value)
        if of is not None and of.enum is not None:
            number = value if isinstance(value, int) else of.enum.values.get(text)
            if number is not None:
                text = of.enum.names.get(number, text)
        return sub.formats.get(text) or sub.formats.get(str(value)) or sub.default
    return sub.default
