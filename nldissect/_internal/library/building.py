"""Names and values into a message."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..encode import message_builder
from ..encode.payload import TOO_DEEP, EncodeError
from ..spec import model
from ..spec.registry import registry
from ..wire import framing
from ..wire.errors import UsageError
from ..wire.text import near
from .dissection import dissected
from .messages import Message
from .parameters import ByteOrder, Paths, check_byte_order


def build(
    dissector: str,
    operation: str,
    attributes: Mapping[Any, Any] | None = None,
    *,
    header: Mapping[str, Any] | bytes | None = None,
    flags: int | str | Iterable[str | int] | None = None,
    sequence: int = 0,
    port: int = 0,
    type: int | None = None,
    version: int | None = None,
    nested: bool | Collection[str] | None = None,
    reply: bool = False,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Message:
    """A message of a dissector's operation, such as `rt-link` and `newlink`; see docs/library.md.

    `attributes` go in their order, by spec name, C constant or number; members of the
    fixed header may be among them, or in `header`. Values are numbers, names of
    enumeration entries and flags, addresses, text, bytes, and dictionaries and lists of
    them. `type` is nlmsg_type, needed of a generic family (its id). `nested` says what
    bears NLA_F_NESTED: everything with attributes inside (True), nothing (False), or what
    is at these paths; by itself nothing in NETLINK_ROUTE, as ip(8) does, else everything.
    With `reply` it comes from the kernel. `flags` are by themselves request and ack, none in what
    comes from the kernel. Raises EncodeError with the path of what is wrong.
    """
    check_byte_order(byte_order)
    known = registry(dissectors, specs, decode_as)
    spec = known.named(dissector)
    if spec is None:
        names = [entry.name for entry in known.files()]
        raise UsageError(f"there is no dissector {dissector!r}{near(dissector, names)}")
    chosen = _operation(spec, operation)
    to_kernel = not reply and (chosen.request is not None or chosen.reply is None)
    kind = type
    if kind is None:
        kind = message_builder.type_of(spec, chosen, to_kernel)
    if kind is None:
        raise UsageError(
            f"type: give the id of {spec.name}, which the running kernel chose (genl ctrl list)"
        )
    if flags is None:
        flags = ("request", "ack") if to_kernel else ()
    big = (byte_order or sys.byteorder) == "big"
    protocol = framing.NETLINK_GENERIC if spec.protonum is None else spec.protonum
    data = _made(
        spec,
        chosen,
        attributes or {},
        kind=kind,
        header=header,
        flags=message_builder.message_flags(flags),
        sequence=sequence,
        port=port,
        version=version,
        nested=protocol != framing.NETLINK_ROUTE if nested is None else nested,
        big=big,
        to_kernel=to_kernel,
    )
    family = spec.name if spec.protonum is None else None
    (message,) = dissected(known, data, protocol, big, family)
    return message


def _made(*parts: Any, **headers: Any) -> bytes:
    """`message_builder.build`, of what Python can go through."""
    try:
        return message_builder.build(*parts, **headers)
    except RecursionError:
        raise EncodeError("attributes", TOO_DEEP) from None


def _operation(spec: model.Spec, name: str) -> model.Operation:
    found = spec.operations.get(name)
    if found is None:
        for one in spec.operations.values():
            if one.constant == name:
                return one
        raise UsageError(f"{spec.name} has no operation {name!r}{near(name, spec.operations)}")
    return found
