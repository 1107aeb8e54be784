"""Editing a message: the values, attributes and header members at a path.

An edit encodes the message with one payload replaced and takes the new bytes as its own, so
that tree, offsets and diagnoses are always those of the bytes.
"""

from __future__ import annotations

from typing import Any

from ..engine.frame import Frame
from ..engine.message import Message
from ..engine.node import Node, find, find_all, missing, selected
from ..spec import model
from ..wire import framing
from .attribute_builder import NESTS, AttributeBuilder, Scope
from .payload import TOO_DEEP, EncodeError, scalar
from .tree_encoder import Edits, encode


def assign(message: Message, path: str, value: Any) -> None:
    """Gives the attribute or header member at `path` another value; adds what is not there.

    A list replaces all attributes of that name. Raises EncodeError.
    """
    _check_editable(message)
    found = list(find_all(message.nodes, path))
    try:
        if found:
            _replace(message, found[0], path, value)
        else:
            _append(message, path, value)
    except RecursionError:
        raise EncodeError(path, TOO_DEEP) from None


def _append(message: Message, path: str, value: Any) -> None:
    """Adds the attribute at `path`, with the nests around it that are not there either."""
    parent, _, name = path.rpartition(".")
    above = find(message.nodes, parent) if parent else None
    if parent and above is None:
        assign(message, parent, {name: value})
        return
    if above is not None:
        _check_editable(above.message)
    level = message.nodes if above is None else above.children
    nested = _attribute_set(message, above)
    made = _builder(message).attributes(nested, {name: value}, parent, _scope(level))
    message.adopt(encode(message, None, {above: made}))


def _replace(message: Message, first: Node, path: str, value: Any) -> None:
    """Another value for the first node at `path`; a list, for all attributes beside it of its kind.

    Values that there were fewer attributes for are added behind what is beside them.
    """
    _check_editable(first.message)
    field, builder = first.field, _builder(message)
    level = first.siblings
    scope = _scope(level)
    same = [node for node in level if node.field is field]
    values = list(builder.occurrences(field, value)) if field.number >= 0 else [value]
    if not isinstance(value, (list, tuple)) or len(values) != len(value):
        same = [first]
    edits: Edits = dict.fromkeys(same)
    for node, one in zip(same, values, strict=False):
        size = node.end - node.start
        if field.kind <= model.LAST_SCALAR:
            net = bool(node.flags & framing.NLA_F_NET_BYTEORDER)
            made = scalar(field, one, message.big or net, path, size)
        else:
            made = builder.payload(field, one, path, scope)
        edits[node] = made if field.number >= 0 else _filled(made, size, path)
    added = b"".join(
        builder.attribute(field, one, path, scope, first.flags) for one in values[len(same) :]
    )
    message.adopt(encode(message, edits, {first.parent: added} if added else None))


def _filled(made: bytes, size: int, path: str) -> bytes:
    """The bytes of a member, whose size stays: a text's NUL may be cut off, zeros are added."""
    if len(made) > size and made.strip(b"\0") == made[:-1]:
        made = made[:-1]
    if len(made) > size:
        raise EncodeError(path, f"{len(made)} bytes do not fit its {size}")
    return made.ljust(size, b"\0")


def remove(message: Message, path: str) -> None:
    """Takes every attribute at `path` out; raises KeyError when there is none."""
    _check_editable(message)
    found = list(find_all(message.nodes, path))
    if not found:
        raise KeyError(missing(message.nodes, path))
    for node in found:
        _check_editable(node.message)
        if node.field.number < 0:
            raise EncodeError(path, "is no attribute and cannot be left out")
    message.adopt(encode(message, dict.fromkeys(found)))


def _check_editable(message: Frame) -> None:
    if message.outer is not None:
        raise EncodeError("", "the request in an error cannot be edited: edit the request itself")


def _builder(message: Message) -> AttributeBuilder:
    """A builder that nests as the message does, or as is usual for its protocol."""
    nests = [node for node in message.walk() if node.field.kind in NESTS]
    nested = message.protocol != framing.NETLINK_ROUTE
    if nests:
        nested = any(node.flags & framing.NLA_F_NESTED for node in nests)
    return AttributeBuilder(message.big, nested, message.to_kernel)


def _scope(level: list[Node]) -> Scope | None:
    """The scope of these nodes and those around them."""
    up = None
    if level and level[0].parent is not None:
        parent = level[0].parent
        up = _scope(parent.siblings)
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


def _attribute_set(message: Message, node: Node | None) -> model.AttributeSet | None:
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
