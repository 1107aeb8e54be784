"""Trees and dictionaries into bytes: the way back.

Values are written by the same field definitions that they were read with, lengths and
padding are worked out anew. What the captured bytes have beyond that (a length that is
wrong, padding that is not zero, text after the NUL) is taken over, so that a tree that
nobody changed gives its very bytes. `EncodeError` tells the path of a value that does
not fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from ipaddress import ip_address
from struct import pack
from typing import Any, Final

from ..engine.frame import Frame
from ..engine.labels import NLM_F
from ..engine.message import Message
from ..engine.node import Node, entry_field, find, find_all, missing, plain, plain_value, selected
from ..spec import model
from ..spec.tables import GENLMSGHDR
from ..wire import framing, linux
from ..wire.errors import UsageError
from ..wire.text import near

_MAX_LENGTH: Final = 0xFFFF


class EncodeError(UsageError):
    """A value that cannot be encoded; `path` is where it stands, `reason` what is wrong."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}" if path else reason)


# -- values -------------------------------------------------------------------


def scalar(field: model.Field, value: Any, big: bool, path: str, size: int = 0) -> bytes:
    """A number of the field's width (or `size` bytes where that is open)."""
    number = _number(field, value, path)
    width = field.width or size
    if not width:
        width = 4 if -(1 << 31) <= number < 1 << (31 if field.signed else 32) else 8
    signed = field.signed
    if number < 0 and not signed:
        raise EncodeError(path, f"{number} is negative, and {field.name} has no sign")
    order = big if field.big is None else field.big
    try:
        return number.to_bytes(width, "big" if order else "little", signed=signed)
    except OverflowError:
        raise EncodeError(path, f"{number} does not fit {8 * width} bits") from None


def _number(field: model.Field, value: Any, path: str) -> int:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and field.hint == "ipv4" and "." in value:
        return int.from_bytes(_address(value, path, 4), "big" if field.big else "little")
    if isinstance(value, (list, tuple, set, frozenset)):
        total = 0
        for one in value:
            total |= _number(field, one, path)
        return total
    if not isinstance(value, str):
        raise EncodeError(path, f"{value!r} is no number")
    if field.enum is not None:
        return _entry(field.enum, value, path)
    if field.hint == "errno":
        for number, name in linux.ERRNO.items():
            if name == value:
                return -number
    try:
        return int(value, 0)
    except ValueError:
        raise EncodeError(path, f"{value!r} is no number") from None


def _entry(enum: model.Enum, text: str, path: str) -> int:
    """The value of an entry's name or constant, for flags of several joined by `|`."""
    if enum.flags and ("|" in text or "," in text):
        total = 0
        for part in text.replace(",", "|").split("|"):
            total |= _entry(enum, part.strip(), path)
        return total
    found = enum.values.get(text)
    if found is not None:
        return found
    folded = text.lower().replace("_", "-")
    for value, constant in enum.constants.items():
        if constant == text or enum.names[value].lower().replace("_", "-") == folded:
            return value
    try:
        return int(text, 0)
    except ValueError:
        names = list(enum.values)
        raise EncodeError(
            path, f"{text!r} is no {enum.name or 'such value'}{near(text, names)}"
        ) from None


def _address(text: str, path: str, size: int = 0) -> bytes:
    try:
        raw = ip_address(text).packed
    except ValueError:
        raise EncodeError(path, f"{text!r} is no IP address") from None
    if size and len(raw) != size:
        raise EncodeError(path, f"{text!r} is no IPv{4 if size == 4 else 6} address")
    return raw


def mpls_stack(text: str, path: str) -> bytes:
    """A label stack (RFC 3032): 20 bits of label, the bottom-of-stack bit on the last."""
    try:
        labels = [int(part) for part in text.split("/")]
    except ValueError:
        raise EncodeError(path, f"{text!r} is no stack of MPLS labels") from None
    last = len(labels) - 1
    return b"".join(pack(">I", v << 12 | (i == last) << 8) for i, v in enumerate(labels))


def _hexadecimal(text: str, path: str) -> bytes:
    try:
        return bytes.fromhex(text.replace(":", "").replace("-", ""))
    except ValueError:
        raise EncodeError(path, f"{text!r} is no hexadecimal number") from None


def octets(field: model.Field, value: Any, path: str, shown: str = "") -> bytes:
    """A binary payload: bytes, or text by the field's display hint (else hexadecimal)."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if not isinstance(value, str):
        raise EncodeError(path, f"{value!r} are no bytes")
    if shown == "mpls":
        return mpls_stack(value, path)
    if shown in ("ipv4", "ipv6"):
        return _address(value, path)
    hint = field.hint
    if hint in ("ipv4", "ipv6"):
        return _address(value, path, 4 if hint == "ipv4" else 16)
    if hint in ("ipv4-or-v6", "address"):
        if hint == "address" and "." not in value and ":" not in value:
            return mpls_stack(value, path)
        return _address(value, path)
    if hint == "lladdr" and "." in value and ":" not in value:
        return _address(value, path)
    if hint in ("mac", "fddi", "lladdr") and ":" not in value:
        raise EncodeError(path, f"{value!r} is no MAC address")
    return _hexadecimal(value, path)


def string(value: Any, path: str) -> bytes:
    """Text with its NUL; bytes are taken as they are, also without one."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if not isinstance(value, str):
        raise EncodeError(path, f"{value!r} is no text")
    return value.encode() + b"\0"


# -- trees ----------------------------------------------------------------------


class Tally:
    """How the leaves of a tree were encoded."""

    def __init__(self) -> None:
        self.values = 0  # from a number, a text, an address...
        self.opaque = 0  # that are bytes: no spec says more
        self.raw = 0  # from the captured bytes, since the value does not tell them all
        self.raws: list[Node] = []


Edits = dict[Node, bytes | None]
Additions = dict[Node | None, bytes]


def encode(
    message: Message,
    edits: Edits | None = None,
    additions: Additions | None = None,
    tally: Tally | None = None,
) -> bytes:
    """The bytes of a message with what trails it in its datagram, from its values.

    `edits` replaces payloads (None: removes the node), `additions` appends attributes
    to the children of a node (None: to the message).
    """
    return _Writer(message, edits or {}, additions or {}, tally or Tally()).message()


class _Writer:
    """One message on its way back."""

    def __init__(self, message: Message, edits: Edits, additions: Additions, tally: Tally) -> None:
        self.whole = message
        self.data = message.data
        self.big = message.big
        self.edits = edits
        self.additions = additions
        self.tally = tally
        self.changed: set[Node] = set()
        for node in (*edits, *additions):
            up: Node | None = node
            while up is not None:
                self.changed.add(up)
                up = up.parent

    def message(self) -> bytes:
        message, data = self.whole, self.data
        nodes = message.nodes
        if not message.netlink:
            return self._level(nodes, 0, len(data))
        if message.outer is not None:  # its header is among its nodes
            return self._level(nodes, message.base, message.limit)
        limit = message.limit
        body = [node for node in nodes if node.offset < limit]
        rest = [node for node in nodes if node.offset >= limit]
        out = self._level(body, message.base + 16, limit, self.additions.get(None))
        edited = bool(self.edits or self.additions)
        length = message.length
        if edited or length == limit - message.base:
            length = 16 + len(out)
        layout = (">" if self.big else "<") + "IHHII"
        _fits(type=message.type, flags=message.flags, sequence=message.seq, port=message.port)
        out = pack(layout, length, message.type, message.flags, message.seq, message.port) + out
        if limit < len(data):
            if edited and not rest:
                return out + bytes(-len(out) % 4)
            out += self._level(rest, limit, len(data))
        return out

    def _level(self, nodes: list[Node], start: int, end: int, more: bytes | None = None) -> bytes:
        """What lies between `start` and `end`: the nodes, what is between them, and more."""
        out = bytearray()
        pos = start
        for i, node in enumerate(nodes):
            if node.offset > pos:
                out += self.data[pos : node.offset]
            pos = max(nodes[i + 1].offset if i + 1 < len(nodes) else end, node.end)
            if node in self.edits and self.edits[node] is None:
                continue
            made = self._node(node)
            gap = self.data[node.end : pos]
            if node in self.changed and node.field.number >= 0:
                gap = bytes(-len(made) % 4)
            out += made + (gap if any(gap) else bytes(len(gap)))
        if pos < end:
            out += self.data[pos:end]
        if more:
            out += bytes(-len(out) % 4) + more
        return bytes(out)

    def _node(self, node: Node) -> bytes:
        payload = self.edits.get(node)
        if payload is None:
            payload = self._payload(node)
        if node.start == node.offset:
            return payload
        if node.start - node.offset != 4:
            return self.data[node.offset : node.start] + payload
        claimed, kind = framing.ATTR[self.big](self.data, node.offset)
        number = node.field.number if node.field.number >= 0 else kind & framing.NLA_TYPE_MASK
        length = 4 + len(payload)
        if node not in self.changed and claimed != node.end - node.offset:
            length = claimed  # which is wrong, as it was
        if length > _MAX_LENGTH:
            raise EncodeError(node.path, f"{length} bytes are more than an attribute can have")
        layout = (">" if self.big else "<") + "HH"
        return pack(layout, length, number | kind & ~framing.NLA_TYPE_MASK) + payload

    def _payload(self, node: Node) -> bytes:
        children = node.children
        if children or node in self.additions:
            more = self.additions.get(node)
            return self._level(children, node.start, node.end, more)
        raw = self.data[node.start : node.end]
        made = self._leaf(node, raw)
        if made is None:
            self.tally.opaque += 1
            return raw
        if made == raw:
            self.tally.values += 1
            return made
        self.tally.raw += 1
        self.tally.raws.append(node)
        return raw

    def _leaf(self, node: Node, raw: bytes) -> bytes | None:
        """The payload that the value gives; None where the value is bytes anyway."""
        field = node.field
        value = node.value
        if isinstance(value, bytes) or value is None:
            return None
        big = self.big
        if node.flags & framing.NLA_F_NET_BYTEORDER:
            big = True
        try:
            if field.kind == model.FLAG or node.shown == "flag":
                return b""
            if field.kind == model.STRING and isinstance(value, str):
                return _text_like(value, raw)
            if isinstance(value, int):
                if field.kind <= model.LAST_SCALAR:
                    return scalar(field, value, big, node.path, len(raw))
                return _of_length(value, len(raw), big)
            if isinstance(value, str):
                if node.shown == "string":
                    return _text_like(value, raw)
                if field.kind <= model.LAST_SCALAR and field.hint == "ipv4":
                    made = _address(value, node.path, 4)
                else:
                    made = octets(field, value, node.path, node.shown)
                return made.ljust(len(raw), b"\0") if field.size == len(raw) else made
        except EncodeError:
            return b""  # a hook's own way of writing
        return b"" if raw else None


def _of_length(value: int, size: int, big: bool) -> bytes:
    """A number that a hook read."""
    try:
        return value.to_bytes(size, "big" if big else "little", signed=value < 0)
    except OverflowError:
        return b""


def _text_like(text: str, raw: bytes) -> bytes:
    """Text with as many NULs as the captured bytes have: none, one, or those of an array."""
    made = text.encode()
    return made.ljust(len(raw), b"\0")


# -- dictionaries ------------------------------------------------------------------


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


class Builder:
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
        aset: model.AttributeSet | None,
        values: Mapping[Any, Any],
        path: str,
        scope: Scope | None,
    ) -> bytes:
        """The attributes of a set, in the order of the dictionary, each padded to 4 bytes."""
        fields = {} if aset is None else aset.ensure()
        names: dict[str, model.Field] = {}
        for known in fields.values():
            for reading in (known.request if self.to_kernel else None, known):
                if reading is not None:
                    names.setdefault(reading.name, reading)
                    if reading.constant:
                        names.setdefault(reading.constant, reading)
        inner = Scope(values, names, scope)
        out = bytearray()
        for key, value in values.items():
            flags = 0
            number = _numbered(key)
            if number is not None:
                if not 0 <= number <= 0xFFFF:
                    raise EncodeError(f"{path}.{key}".strip("."), "is no attribute's number")
                flags = number & ~framing.NLA_TYPE_MASK
                number &= framing.NLA_TYPE_MASK
                found = fields.get(number)
                if found is None:
                    found = (aset or _NO_SET).unknown(number)
            else:
                found = names.get(str(key)) or names.get(str(key).replace("_", "-"))
                if found is None:
                    here = f"{path}.{key}" if path else str(key)
                    raise EncodeError(here, f"no such attribute{near(str(key), list(names))}")
            if found.request is not None and self.to_kernel:
                found = found.request
            here = f"{path}.{found.name}" if path else found.name
            for one in self.several(found, value):
                out += self.attribute(found, one, here, inner, flags)
        return bytes(out)

    @staticmethod
    def several(field: model.Field, value: Any) -> Iterable[Any]:
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
        nests = field.kind in _NESTS
        if nests and not flags & framing.NLA_F_NESTED:
            wanted = self.nested if isinstance(self.nested, bool) else path in self.nested
            if wanted and (not isinstance(value, bytes) or not isinstance(self.nested, bool)):
                flags |= framing.NLA_F_NESTED
        length = 4 + len(payload)
        if length > _MAX_LENGTH:
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
        if kind == model.STRUCT:
            if isinstance(value, str) and field.tail is not None:
                return octets(field, value, path)
            assert field.struct is not None
            return self.struct(field.struct, value, path)
        if kind == model.NEST:
            return self.attributes(field.nested, _mapping(value, path), path, scope)
        if kind == model.SUB_MESSAGE:
            return self._sub_message(field, _mapping(value, path), path, scope)
        if kind in (model.INDEXED, model.TYPE_VALUE):
            return self._entries(field, value, path, scope)
        if kind == model.ARRAY:
            return self._array(field, value, path, scope)
        if kind == model.BITFIELD32:
            return self._bitfield(field, value, path)
        if isinstance(value, Mapping):  # what no spec knows may nest all the same
            return self.attributes(None, value, path, scope)
        if kind == model.PAD and value in (None, True, ""):
            return b""
        return octets(field, value, path)

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
        if member.kind <= model.LAST_SCALAR and member.hint == "ipv4" and "." in str(value):
            return _address(str(value), path, 4)
        return self.payload(member, value, path, None)

    def _sub_message(
        self, field: model.Field, value: Mapping[Any, Any], path: str, scope: Scope | None
    ) -> bytes:
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


_NO_SET: Final = model.AttributeSet("", "")


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


def message_flags(flags: int | str | Iterable[str | int]) -> int:
    """nlmsg_flags from a number, or names such as "create" and NLM_F_CREATE."""
    if isinstance(flags, int):
        return flags
    if isinstance(flags, str):
        flags = [part for part in flags.replace("|", ",").split(",") if part.strip()]
    total = 0
    for name in flags:
        if isinstance(name, int):
            total |= name
            continue
        plain = name.strip().lower().removeprefix("nlm_f_").replace("_", "-")
        found = NLM_F.get(plain.upper().replace("-", "_"))
        try:
            total |= int(plain, 0) if found is None else found
        except ValueError:
            known = [flag.lower().replace("_", "-") for flag in NLM_F]
            raise EncodeError(
                "flags", f"{name!r} is no flag of nlmsghdr{near(plain, known)}"
            ) from None
    return total


_GREATEST: Final = {
    "type": 0xFFFF, "flags": 0xFFFF, "sequence": 0xFFFF_FFFF, "port": 0xFFFF_FFFF, "version": 0xFF,
}  # fmt: skip


def _fits(**members: int) -> None:
    """Raises EncodeError for what a header has no room for."""
    for name, value in members.items():
        if not isinstance(value, int):
            raise EncodeError(name, f"{value!r} is no number")
        if not 0 <= value <= _GREATEST[name]:
            raise EncodeError(name, f"{value} is not from 0 to {_GREATEST[name]}")


def type_of(spec: model.Spec, operation: model.Operation, to_kernel: bool) -> int | None:
    """nlmsg_type: the operation's own, or the id of a family that always has the same."""
    if spec.protonum is None:
        return next((n for n, name in framing.FIXED_FAMILIES.items() if name == spec.name), None)
    first, second = operation.request, operation.reply
    if not to_kernel:
        first, second = second, first
    return first if first is not None else second


def build(
    spec: model.Spec,
    operation: model.Operation,
    attributes: Mapping[Any, Any],
    *,
    kind: int,
    header: Mapping[str, Any] | bytes | None = None,
    flags: int = 0,
    sequence: int = 0,
    port: int = 0,
    version: int | None = None,
    nested: bool | Collection[str] = True,
    big: bool = False,
    to_kernel: bool = True,
) -> bytes:
    """One message of nlmsg_type `kind`; members of its header may stand among the attributes."""
    _fits(type=kind, flags=flags, sequence=sequence, port=port, version=version or 0)
    builder = Builder(big, nested, to_kernel)
    out = b""
    values = dict(attributes)
    if spec.protonum is None:
        number = operation.request if to_kernel else operation.reply
        if number is None:
            number = operation.reply if to_kernel else operation.request
        if version is None:
            version = spec.version if spec.version is not None else 1
        out = pack((">" if big else "<") + "BBH", number or 0, version, 0)
    scope: Scope | None = None
    struct = operation.header
    if struct is not None:
        inner = values.pop(struct.name, None) if header is None else header
        raw = isinstance(inner, (bytes, bytearray))
        if isinstance(inner, (bytes, bytearray)):
            piece = bytes(inner)
        else:
            aset = operation.attributes
            known = {} if aset is None else {one.name for one in aset.ensure().values()}
            members = dict(inner or {})
            for one in struct.members:
                for key in (one.name, one.name.replace("-", "_")):
                    if key in values and key not in known:
                        members[one.name] = values.pop(key)
            piece = builder.struct(struct, members, struct.name)
            scope = Scope(members, {one.name: one for one in struct.members}, None)
        if values or not raw:
            piece += bytes(-len(piece) % 4)
        out += piece
    elif header:
        raise EncodeError("header", f"{operation.name} has no fixed header")
    aset = operation.attributes
    if aset is not None:
        aset.ensure()
    if list(values) == ["data"] and (aset is None or "data" not in aset.by_name):
        out += octets(_NO_SET.unknown(0), values["data"], "data")
    elif values:
        if aset is None:
            raise EncodeError("", f"{operation.name} has no attributes: give its payload as data")
        out += builder.attributes(aset, values, "", scope)
    head = pack((">" if big else "<") + "IHHII", 16 + len(out), kind, flags, sequence, port)
    return head + out


# -- editing ------------------------------------------------------------------------


def assign(message: Message, path: str, value: Any) -> None:
    """Gives the attribute or header member at `path` another value; adds what is not there.

    A list replaces all attributes of that name. Raises EncodeError.
    """
    _own(message)
    found = list(find_all(message.nodes, path))
    builder = _alike(message)
    if not found:
        parent, _, name = path.rpartition(".")
        above = find(message.nodes, parent) if parent else None
        if parent and above is None:
            assign(message, parent, {name: value})
            return
        if above is not None:
            _own(above.message)
        level = message.nodes if above is None else above.children
        made = builder.attributes(_inside(message, above), {name: value}, parent, _around(level))
        message.adopt(encode(message, None, {above: made}))
        return
    first = found[0]
    _own(first.message)
    field = first.field
    level = message.nodes if first.parent is None else first.parent.children
    scope = _around(level)
    same = [node for node in level if node.field is field]
    values = list(builder.several(field, value)) if field.number >= 0 else [value]
    if not isinstance(value, (list, tuple)) or len(values) != len(value):
        same = [first]
    edits: Edits = dict.fromkeys(same)
    for node, one in zip(same, values, strict=False):
        if field.kind <= model.LAST_SCALAR:
            width = node.end - node.start
            net = bool(node.flags & framing.NLA_F_NET_BYTEORDER)
            edits[node] = scalar(field, one, message.big or net, path, width)
        else:
            edits[node] = builder.payload(field, one, path, scope)
        if field.number < 0 and len(edits[node] or b"") != node.end - node.start:
            made = edits[node] or b""
            if len(made) > node.end - node.start and made.strip(b"\0") == made[:-1]:
                made = made[:-1]
            if len(made) > node.end - node.start:
                size = node.end - node.start
                raise EncodeError(path, f"{len(made)} bytes do not fit its {size}")
            edits[node] = made.ljust(node.end - node.start, b"\0")
    more = b"".join(
        builder.attribute(field, one, path, scope, first.flags) for one in values[len(same) :]
    )
    message.adopt(encode(message, edits, {first.parent: more} if more else None))


def remove(message: Message, path: str) -> None:
    """Takes every attribute at `path` out; raises KeyError when there is none."""
    _own(message)
    found = list(find_all(message.nodes, path))
    if not found:
        raise KeyError(missing(message.nodes, path))
    for node in found:
        _own(node.message)
        if node.field.number < 0:
            raise EncodeError(path, "is no attribute and cannot be left out")
    message.adopt(encode(message, dict.fromkeys(found)))


def _own(message: Frame) -> None:
    if message.outer is not None:
        raise EncodeError("", "the request in an error cannot be edited: edit the request itself")


def _alike(message: Message) -> Builder:
    """A builder that nests as the message does, or as is usual for its protocol."""
    nests = [node for node in message.walk() if node.field.kind in _NESTS]
    nested = message.protocol != framing.NETLINK_ROUTE
    if nests:
        nested = any(node.flags & framing.NLA_F_NESTED for node in nests)
    return Builder(message.big, nested, message.to_kernel)


def _around(level: list[Node]) -> Scope | None:
    """The scope of these nodes and those around them."""
    up = None
    if level and level[0].parent is not None:
        parent = level[0].parent
        up = _around(parent.siblings)
    values: dict[Any, Any] = {}
    fields: dict[str, model.Field] = {}
    for node in level:
        inner = [node]
        if node.field.kind == model.STRUCT and node.field.number < 0:
            inner += node.children
        for one in inner:
            if not one.children:
                values.setdefault(one.field.name, one.value)
                fields.setdefault(one.field.name, one.field)
    return Scope(values, fields, up)


def _inside(message: Message, node: Node | None) -> model.AttributeSet | None:
    """The attribute set of what lies in a node, or of the message itself."""
    if node is None:
        return None if message.operation is None else message.operation.attributes
    field = node.field
    if field.kind == model.SUB_MESSAGE:
        form = selected(node, field)[0]
        return None if form is None else form.attributes
    if field.kind == model.STRUCT:
        raise EncodeError(node.path, f"struct {field.name} has no such member")
    return field.nested


# -- back to dictionaries -------------------------------------------------------------


class Arguments:
    """What `build` needs to make this very message again.

    `attributes` has the fixed header too, under the struct's name; `nested` is None where
    the rule for the protocol gives the NLA_F_NESTED that are there, else their paths.
    What a value does not tell all of is given as bytes. `exact` says whether `build`
    makes the same bytes of it.
    """

    def __init__(self, message: Message) -> None:
        self.message = message
        self.big = message.big
        self.attributes: dict[Any, Any] = {}
        self.version: int | None = None
        self._paths: list[str] = []
        self._all = True
        self._rule = message.protocol != framing.NETLINK_ROUTE  # whether nests bear NLA_F_NESTED
        self.nested: list[str] | None = None
        self.exact = False
        spec, operation = message.spec, message.operation
        if spec is None or operation is None or not message.netlink or message.type < 16:
            return
        self._try(True)
        if not self.exact:
            self._try(False)

    def _try(self, fully: bool) -> None:
        """Takes the message apart; if not `fully`, what follows its headers stays bytes."""
        message = self.message
        spec, operation = message.spec, message.operation
        assert spec is not None
        assert operation is not None
        self.attributes, self.nested, self._paths, self._all = {}, None, [], True
        scope: Scope | None = None
        body: list[Node] = []
        for node in message.nodes:
            if node.field.struct is GENLMSGHDR:
                self.version = next((c.value for c in node.children if c.name == "version"), None)
            elif operation.header is not None and node.field.struct is operation.header:
                value: Any = plain(node.children)
                scope = Scope(value, {f.name: f for f in operation.header.members}, None)
                self.attributes[operation.header.name] = self._checked(node, value, None)
            elif node.offset < message.limit:
                body.append(node)
        if body and (not fully or operation.attributes is None):
            self.attributes["data"] = message.data[body[0].offset : message.limit]
        else:
            self.attributes |= self._level(body, "", scope)
        if not (self._all if self._rule else not self._paths):
            self.nested = self._paths
        try:
            made = self.build()
        except EncodeError:
            return
        self.exact = made == message.data[message.base : message.limit]

    def build(self) -> bytes:
        """What `build` makes of it."""
        message = self.message
        assert message.spec is not None
        assert message.operation is not None
        return build(
            message.spec,
            message.operation,
            self.attributes,
            kind=message.type,
            flags=message.flags,
            sequence=message.seq,
            port=message.port,
            version=self.version,
            nested=self._rule if self.nested is None else self.nested,
            big=self.big,
            to_kernel=message.to_kernel,
        )

    def _level(self, nodes: list[Node], path: str, scope: Scope | None) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        fields: dict[str, model.Field] = {}
        inner = Scope(out, fields, scope)
        places: list[tuple[Any, int, Node, str]] = []
        last: Any = None
        for node in nodes:
            field = node.field
            here = f"{path}.{field.name}" if path else field.name
            key = self._key(node, here)
            if key in out and key != last:
                key = next(
                    (k for k in (field.constant, field.number) if k is not None and k not in out),
                    key,
                )
            fields[str(key)] = field
            value = node.bytes if node.children else self._checked(node, node.value, None)
            if key in out:
                if not isinstance(out[key], _Repeated):
                    out[key] = _Repeated([out[key]])
                out[key].append(value)
                places.append((key, len(out[key]) - 1, node, here))
            else:
                out[key] = [value] if field.multi and isinstance(value, list) else value
                places.append((key, -1, node, here))
            last = key
        for key, place, node, here in places:
            if node.children:
                value = self._checked(node, self._inside(node, here, inner), inner)
                if isinstance(out[key], _Repeated):
                    out[key][max(place, 0)] = value
                else:
                    out[key] = [value] if node.field.multi and isinstance(value, list) else value
        return {k: list(v) if isinstance(v, _Repeated) else v for k, v in out.items()}

    def _key(self, node: Node, path: str) -> Any:
        field, flags = node.field, node.flags
        nests = field.kind in _NESTS
        if (
            field.kind == model.UNKNOWN
            or flags & framing.NLA_F_NET_BYTEORDER
            or (flags and not nests)
        ):
            return field.number | flags
        if nests:
            if flags:
                self._paths.append(path)
            else:
                self._all = False
        return field.name

    def _inside(self, node: Node, path: str, scope: Scope) -> Any:
        kind = node.field.kind
        if kind in (model.NEST, model.SUB_MESSAGE):
            children = node.children
            out: dict[Any, Any] = {}
            if children and children[0].field.kind == model.STRUCT and children[0].field.number < 0:
                out[children[0].field.name] = plain(children[0].children)
                children = children[1:]
            return out | self._level(children, path, scope)
        if kind in (model.INDEXED, model.TYPE_VALUE):
            entries = self._level(node.children, path, scope)
            if list(entries) == [str(i) for i in range(1, len(entries) + 1)]:
                return list(entries.values())
            return {int(k): v for k, v in entries.items()}
        if kind == model.UNKNOWN:
            return self._level(node.children, path, scope)
        return plain_value(node)

    def _checked(self, node: Node, value: Any, scope: Scope | None) -> Any:
        """The value if it gives the node's bytes again, else the bytes."""
        raw = node.bytes
        if isinstance(value, bytes):
            return raw
        for nested in (self._paths, self._rule):
            builder = Builder(self.big, nested, self.message.to_kernel)
            try:
                if builder.payload(node.field, value, node.path, scope) == raw:
                    return value
            except EncodeError:
                pass
        return raw


class _Repeated(list[Any]):
    """The values of an attribute that is there several times."""


_NESTS: Final = (model.NEST, model.SUB_MESSAGE, model.INDEXED, model.TYPE_VALUE)
