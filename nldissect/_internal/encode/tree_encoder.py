"""A tree into bytes again.

Lengths and padding are worked out anew. What the captured bytes have beyond the values (a
length that is wrong, padding that is not zero, text after the NUL) is taken over, so that a
tree that nobody changed gives its very bytes.
"""

from __future__ import annotations

from struct import pack

from ..engine.message import Message
from ..engine.node import Node
from ..spec import model
from ..wire import framing
from .attribute_builder import MAX_LENGTH
from .message_builder import fits
from .payload import EncodeError, address, octets, scalar, utf8


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
    return _TreeEncoder(message, edits or {}, additions or {}, tally or Tally()).message()


class _TreeEncoder:
    """One message on its way back into bytes."""

    def __init__(self, message: Message, edits: Edits, additions: Additions, tally: Tally) -> None:
        self.source = message
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
        """All bytes of the datagram from the message on."""
        message, data = self.source, self.data
        nodes = message.nodes
        if not message.netlink:
            return self._level(nodes, 0, len(data))
        if message.outer is not None:  # its header is among its nodes
            return self._level(nodes, message.base, message.limit)
        limit = message.limit
        body = [node for node in nodes if node.offset < limit]
        trailing = [node for node in nodes if node.offset >= limit]
        out = self._level(body, message.base + 16, limit, self.additions.get(None))
        edited = bool(self.edits or self.additions)
        length = message.length
        if edited or length == limit - message.base:
            length = 16 + len(out)
        fits(type=message.type, flags=message.flags, sequence=message.seq, port=message.port)
        layout = (">" if self.big else "<") + "IHHII"
        out = pack(layout, length, message.type, message.flags, message.seq, message.port) + out
        if limit < len(data):
            if edited and not trailing:
                return out + bytes(-len(out) % 4)
            out += self._level(trailing, limit, len(data))
        return out

    def _level(self, nodes: list[Node], start: int, end: int, added: bytes | None = None) -> bytes:
        """What lies between `start` and `end`: the nodes, what is between them, what is added."""
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
        if added:
            out += bytes(-len(out) % 4) + added
        return bytes(out)

    def _node(self, node: Node) -> bytes:
        """A node with its header, if it has one: an attribute's length and type."""
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
        if length == claimed and node not in self.changed:  # also of what only looks like one
            return self.data[node.offset : node.start] + payload
        if length > MAX_LENGTH:
            raise EncodeError(node.path, f"{length} bytes are more than an attribute can have")
        layout = (">" if self.big else "<") + "HH"
        return pack(layout, length, number | kind & ~framing.NLA_TYPE_MASK) + payload

    def _payload(self, node: Node) -> bytes:
        """What is behind a node's header; counts how a leaf was encoded."""
        children = node.children
        if children or node in self.additions:
            return self._level(children, node.start, node.end, self.additions.get(node))
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
        """The payload that the value gives; None where the value is bytes anyway.

        Empty, and thus not what was captured, where the value cannot be written back.
        """
        field, value = node.field, node.value
        if isinstance(value, bytes) or value is None:
            return None
        try:
            if field.kind == model.FLAG or node.shown == "flag":
                return b""
            if isinstance(value, int):
                return self._integer(node, value, len(raw))
            if isinstance(value, str):
                return self._text(node, value, len(raw))
        except EncodeError:  # a hook's own way of writing
            return b""
        return b"" if raw else None

    def _integer(self, node: Node, value: int, size: int) -> bytes:
        """A number of a scalar field, or one that a hook read of other bytes."""
        big = self.big or bool(node.flags & framing.NLA_F_NET_BYTEORDER)
        if node.field.kind <= model.LAST_SCALAR:
            return scalar(node.field, value, big, node.path, size)
        try:
            return value.to_bytes(size, "big" if big else "little", signed=value < 0)
        except OverflowError:
            return b""

    @staticmethod
    def _text(node: Node, text: str, size: int) -> bytes:
        """A string, or what is shown as text; filled with NULs up to the captured size.

        So a string has as many NULs as it had: none, one, or those of an array.
        """
        field = node.field
        if field.kind == model.STRING or node.shown == "string":
            return utf8(text, node.path).ljust(size, b"\0")
        if field.kind <= model.LAST_SCALAR and field.hint == "ipv4":
            made = address(text, node.path, 4)
        else:
            made = octets(field, text, node.path, node.shown)
        return made.ljust(size, b"\0") if field.size == size else made
