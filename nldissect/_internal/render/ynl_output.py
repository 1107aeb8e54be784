"""Messages as the JSON of the kernel's tools/net/ynl/pyynl/cli.py (-T ynl), one a line.

What `cli.py --output-json` prints of a reply and takes after `--json` for a request: the
members of the fixed header and the attributes by spec name in one object, enumeration
entries and flags as names, bytes as hexadecimal. Notifications have the envelope that
`cli.py --subscribe` prints them with: `{"name": ..., "msg": ...}`. Control messages give
what the kernel said: `{"error": -17, ...}`.
"""

from __future__ import annotations

import json
from typing import Any

from ..engine.message import Message
from ..engine.node import Node
from ..engine.summary import operation_name
from ..pairing.codes import ROLE_NOTIFICATION
from ..pairing.transaction import Link
from ..spec import model
from ..wire import framing
from .renderer import Renderer


class YnlRenderer(Renderer):
    """One object a line."""

    def message(self, message: Message, link: Link | None = None) -> str:
        """The object on a line of its own."""
        out = ynl(message)
        if link is not None and link.role_code == ROLE_NOTIFICATION:
            out = {"name": operation_name(message), "msg": out}
        return json.dumps(out) + "\n"


def ynl(message: Message) -> dict[str, Any]:
    """The message as an object."""
    if 0 <= message.type < framing.NLMSG_MIN_TYPE:
        out: dict[str, Any] = {"error": message.error or 0}
        for node in message.nodes:
            if node.field.number >= 0:
                out.setdefault("extack", {})[node.name] = _value(node)
        return out if message.error is not None else {"control": operation_name(message)}
    return _level([node for node in message.nodes if node.name != "genlmsghdr"])


def _level(nodes: list[Node]) -> dict[str, Any]:
    """The attributes of a level by name; members of a fixed header are among them, padding is not.

    An attribute that may occur more than once (`multi-attr`) is a list.
    """
    out: dict[str, Any] = {}
    for node in nodes:
        field = node.field
        if field.kind == model.PAD or node.shown == "pad" or node.kind == "pad":
            continue
        if field.kind == model.STRUCT and field.number < 0:
            out |= _level(node.children)
            continue
        name = field.name
        if field.kind == model.UNKNOWN or field.stray:
            name = f"UnknownAttr({field.number})"
        value = _stray(node) if field.stray else _value(node)
        if field.multi and not field.stray:
            out.setdefault(name, []).append(value)
        else:
            out[name] = value
    return out


def _value(node: Node) -> Any:
    """The value by the type that the spec gives the attribute; what has none is a level."""
    field, children = node.field, node.children
    if field.kind == model.FLAG:
        return True
    if field.kind == model.INDEXED:
        if field.element is None or field.element.kind == model.NEST:
            return [{entry.field.number: _level(entry.children)} for entry in children]
        return [_value(entry) for entry in children]
    if field.kind == model.TYPE_VALUE:
        return {child.field.number: _value(child) for child in children}
    if field.kind == model.ARRAY or node.kind == "array":
        return [_value(child) for child in children]
    value = node.value
    if children or value is None:
        return _level(children)
    return _scalar(field, value)


def _stray(node: Node) -> Any:
    """The bytes of what the spec does not have."""
    return node.value if node.kind == "redacted" else node.visible.hex()


def _scalar(field: model.Field, value: Any) -> Any:
    """A number as its entry's name or in its `display-hint`, bytes in hexadecimal."""
    in_hex = field.hint == "hex"
    if isinstance(value, bool):  # which compiled code would make a number
        return value
    if isinstance(value, int):
        if field.enum is not None:
            return _named(field.enum, value)
        return hex(value) if in_hex else value
    if isinstance(value, bytes):
        return value.hex(" ") if in_hex else value.hex()
    return value


def _named(enum: model.Enum, value: int) -> Any:
    """An entry's name; of flags the list of names, with numbers for bits without one."""
    if not enum.flags:
        return enum.names.get(value, value)
    out: list[Any] = []
    for mask, name in enum.names.items():
        if mask and value & mask == mask:
            out.append(name)
            value &= ~mask
    while value > 0:
        bit = value & -value
        out.append(bit)
        value ^= bit
    return out
