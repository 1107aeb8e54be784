"""A message as what `build` needs to make it again: the way back to dictionaries."""

from __future__ import annotations

from typing import Any

from ..engine.message import Message
from ..engine.node import Node, plain, plain_value
from ..spec import model
from ..spec.tables import GENLMSGHDR
from ..wire import framing
from .attribute_builder import NESTS, AttributeBuilder, Scope
from .message_builder import build
from .payload import EncodeError


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
        if operation.name not in spec.operations:  # learnt, for a command that the spec lacks
            return
        self._try(True)
        if not self.exact:
            self._try(False)

    def _try(self, fully: bool) -> None:
        """Takes the message apart; if not `fully`, what follows its headers stays bytes."""
        message, operation = self.message, self.message.operation
        assert operation is not None
        self.attributes, self.nested, self._paths, self._all = {}, None, [], True
        scope, body = self._headers(operation)
        if body and (not fully or operation.attributes is None):
            self.attributes["data"] = message.data[body[0].offset : message.limit]
        elif not fully and operation.header is not None:  # its end is not aligned
            header = next((n for n in message.nodes if n.field.struct is operation.header), None)
            if header is not None:
                self.attributes[operation.header.name] = header.bytes
        else:
            self.attributes |= self._level(body, "", scope)
        if not (self._all if self._rule else not self._paths):
            self.nested = self._paths
        try:
            made = self.build()
        except EncodeError:
            return
        self.exact = made == message.data[message.base : message.limit]

    def _headers(self, operation: model.Operation) -> tuple[Scope | None, list[Node]]:
        """Takes the fixed headers in; gives the scope of their members, and the nodes behind."""
        scope: Scope | None = None
        behind: list[Node] = []
        for node in self.message.nodes:
            struct = node.field.struct
            if struct is GENLMSGHDR:
                self.version = next((c.value for c in node.children if c.name == "version"), None)
            elif struct is not None and struct is operation.header:
                value: Any = plain(node.children)
                scope = Scope(value, {f.name: f for f in struct.members}, None)
                self.attributes[struct.name] = self._checked(node, value, None)
            elif node.offset < self.message.limit:
                behind.append(node)
        if scope is None and operation.headless and operation.header is not None:
            self.attributes[operation.header.name] = b""
        return scope, behind

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
        """The attributes beside each other as a dictionary that has them in their order.

        What has something inside comes last, since a value further on may select how it reads.
        """
        out: dict[Any, Any] = {}
        fields: dict[str, model.Field] = {}
        inner = Scope(out, fields, scope)
        nests: list[tuple[Any, int, Node, str]] = []
        last: Any = None
        for node in nodes:
            field = node.field
            here = f"{path}.{field.name}" if path else field.name
            key = self._key(node, here)
            if key in out and key != last:
                key = _other_key(field, key, out)
            fields[str(key)] = field
            value: Any = node.bytes if node.children else self._checked(node, node.value, None)
            if field.kind == model.NEST and not node.bytes:
                value = {}
            elif field.stray:
                value = node.bytes
            if key not in out:
                out[key] = _single(field, value)
            elif isinstance(out[key], _Repeated):
                out[key].append(value)
            else:
                out[key] = _Repeated([out[key], value])
            if node.children:
                place = len(out[key]) - 1 if isinstance(out[key], _Repeated) else 0
                nests.append((key, place, node, here))
            last = key
        for key, place, node, here in nests:
            value = self._checked(node, self._inside(node, here, inner), inner)
            if isinstance(out[key], _Repeated):
                out[key][place] = value
            else:
                out[key] = _single(node.field, value)
        return {k: list(v) if isinstance(v, _Repeated) else v for k, v in out.items()}

    def _key(self, node: Node, path: str) -> Any:
        """The spec name, or the number with its flag bits where the name does not tell them."""
        field, flags = node.field, node.flags
        nests = field.kind in NESTS
        if (
            field.kind == model.UNKNOWN
            or field.stray
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
        """What lies in a node, as `build` takes it for the kind of its field.

        Its bytes where some of them are no attribute: what is left over, or cut off.
        """
        kind, children = node.field.kind, node.children
        if kind not in NESTS and kind != model.UNKNOWN:
            return plain_value(node)
        out: dict[Any, Any] = {}
        first = children[0] if children and kind in (model.NEST, model.SUB_MESSAGE) else None
        if first is not None and first.field.kind == model.STRUCT and first.field.number < 0:
            out[first.field.name] = plain(first.children)
            children = children[1:]
        if any(child.field.number < 0 for child in children):
            return node.bytes
        if kind in (model.INDEXED, model.TYPE_VALUE):
            entries = self._level(children, path, scope)
            if list(entries) == [str(i) for i in range(1, len(entries) + 1)]:
                return list(entries.values())
            return {int(k): v for k, v in entries.items()}
        return out | self._level(children, path, scope)

    def _checked(self, node: Node, value: Any, scope: Scope | None) -> Any:
        """The value if it gives the node's bytes again, else the bytes."""
        raw = node.bytes
        if isinstance(value, bytes):
            return raw
        for nested in (self._paths, self._rule):
            builder = AttributeBuilder(self.big, nested, self.message.to_kernel)
            try:
                if builder.payload(node.field, value, node.path, scope) == raw:
                    return value
            except EncodeError:
                pass
        return raw


def _single(field: model.Field, value: Any) -> Any:
    """The value of an attribute that is there once; a list in a list where each would be one."""
    return [value] if field.multi and isinstance(value, list) else value


def _other_key(field: model.Field, key: Any, taken: dict[Any, Any]) -> Any:
    """Another name of an attribute that was there before, with others in between."""
    others = (k for k in (field.constant, field.number) if k is not None)
    return next((k for k in others if k not in taken), key)


class _Repeated(list[Any]):
    """The values of an attribute that is there several times."""
