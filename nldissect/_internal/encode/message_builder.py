"""One message from dictionaries: its headers and what is behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from struct import pack
from types import NoneType
from typing import Any, Final

from ..engine.labels import NLM_F
from ..spec import model
from ..wire import framing
from ..wire.text import near
from .attribute_builder import AttributeBuilder, Scope
from .payload import EncodeError, octets


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
        if not isinstance(name, str):
            raise EncodeError("flags", f"{name!r} is no flag of nlmsghdr")
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


def fits(**members: int) -> None:
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
    return _number(operation, to_kernel)


def _number(operation: model.Operation, to_kernel: bool) -> int | None:
    """The message type or command in this direction, else that of the other one."""
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
    fits(type=kind, flags=flags, sequence=sequence, port=port, version=version or 0)
    if not isinstance(attributes, Mapping):
        raise EncodeError("attributes", f"{attributes!r} is no dictionary")
    builder = AttributeBuilder(big, nested, to_kernel)
    values = dict(attributes)
    scope: Scope | None = None
    out = b""
    if spec.protonum is None:
        out = _genlmsghdr(spec, operation, version, big, to_kernel)
    if operation.header is not None:
        fixed, scope = _fixed_header(builder, operation, operation.header, values, header)
        if values or scope is not None:
            fixed += bytes(-len(fixed) % 4)
        out += fixed
    elif header:
        raise EncodeError("header", f"{operation.name} has no fixed header")
    out += _body(builder, operation, values, scope)
    head = pack((">" if big else "<") + "IHHII", 16 + len(out), kind, flags, sequence, port)
    return head + out


def _genlmsghdr(
    spec: model.Spec, operation: model.Operation, version: int | None, big: bool, to_kernel: bool
) -> bytes:
    """struct genlmsghdr (linux/genetlink.h): command, version, reserved."""
    if version is None:
        version = spec.version if spec.version is not None else 1
    command = _number(operation, to_kernel) or 0
    return pack((">" if big else "<") + "BBH", command, version, 0)


def _fixed_header(
    builder: AttributeBuilder,
    operation: model.Operation,
    struct: model.Struct,
    values: dict[Any, Any],
    header: Mapping[str, Any] | bytes | None,
) -> tuple[bytes, Scope | None]:
    """The operation's header and the scope of its members; takes these out of `values`.

    It is in `header`, in `values` under the struct's name, or there member by member, where no
    attribute has the member's name. Given as bytes, it has no scope.
    """
    given = values.pop(struct.name, None) if header is None else header
    if isinstance(given, (bytes, bytearray)):
        return bytes(given), None
    attributes = operation.attributes
    taken = (
        set() if attributes is None else {names[0][0] for names in attributes.numbered().values()}
    )
    if not isinstance(given, (Mapping, NoneType)):
        raise EncodeError("header", f"{given!r} is neither a dictionary nor bytes")
    members = dict(given or {})
    for one in struct.members:
        for key in (one.name, one.name.replace("-", "_")):
            if key in values and key not in taken:
                members[one.name] = values.pop(key)
    fields = {one.name: one for one in struct.members}
    return builder.struct(struct, members, struct.name), Scope(members, fields, None)


def _body(
    builder: AttributeBuilder,
    operation: model.Operation,
    values: Mapping[Any, Any],
    scope: Scope | None,
) -> bytes:
    """What is behind the fixed headers: attributes, or `data` where that is no attribute."""
    attributes = operation.attributes
    if list(values) == ["data"] and (attributes is None or attributes.number("data") < 0):
        return octets(model.NO_SET.unknown(0), values["data"], "data")
    if values and attributes is None:
        raise EncodeError("", f"{operation.name} has no attributes: give its payload as data")
    return builder.attributes(attributes, values, "", scope)
