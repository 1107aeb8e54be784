"""Bytes and a spec in, a tree of nodes with byte offsets out.

A `Message` knows its header and what it was bound to (spec and operation);
its `nodes` are walked when first asked for, and each node decodes its value
or children when first asked for, as a pure function of bytes, operation and
direction. Malformed bytes become a node with a diagnosis; nothing here raises
on what a capture may hold. Offsets count from the start of the message's
nlmsghdr.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from mypy_extensions import i64

from . import spec as m
from . import wire
from .finding import find, find_all, missing
from .labels import label
from .plain import plain, plain_value
from .record import Record, Socket
from .scope import header_family, in_scope, selector
from .text import format_address, format_mac

if TYPE_CHECKING:
    from .transaction import Link, Transaction

ERROR: Final = "error"
WARNING: Final = "warning"
NOTE: Final = "note"

# lib/nlattr.c, MAX_POLICY_RECURSION_DEPTH
MAX_DEPTH: Final = 10

TO_KERNEL: Final = "to-kernel"
FROM_KERNEL: Final = "from-kernel"


class Diagnosis:
    """Something wrong or odd: a stable `code`, a `severity`, words, and where.

    `severity` is "error", "warning" or "note"; `offset` and `length` give the
    bytes, counted from the start of the nlmsghdr.
    """

    __slots__ = ("code", "length", "offset", "severity", "text")

    def __init__(self, code: str, severity: str, text: str, offset: int, length: int) -> None:
        self.code = code
        self.severity = severity
        self.text = text
        self.offset = offset
        self.length = length

    def __repr__(self) -> str:
        return f"<{self.severity} {self.code} at {self.offset}: {self.text}>"


class Context:
    """What a message needs from the session around it; this one knows nothing.

    While `asked` is a list, every answer about a number is noted there, with
    the name of the method: what is made of a message holds while these do.
    """

    asked: list[tuple[str, int, Any]] | None = None

    def bind(self, message: Message) -> None:
        """Set the message's spec, operation and family from its type."""

    def interface(self, index: int, message: Message) -> str | None:
        """The name that interface `index` had when the message was sent."""
        return None

    def family_name(self, number: int, message: Message) -> str | None:
        """The name of the generic family that had this id when the message was sent."""
        return None

    def dump_end(self, port: int, message: Message) -> tuple[int, int | None] | None:
        """Number and time of what ends the long dump that the message asks for, if it is known."""
        return None

    def namespace(self, number: int, message: Message) -> str | None:
        """What is known of the network namespace that has this id (nsid): `pid 4711`."""
        return None

    def socket(self, port: int, message: Message) -> Socket | None:
        """Whose port it was when the message was sent, as the capture recorded it."""
        return None

    def inode(self, port: int, message: Message) -> int | None:
        """The inode of the socket with this port, as sock_diag told."""
        return None

    def policy_differences(self, number: int, message: Message) -> dict[tuple[int, int], str]:
        """Where the family's dissector and the kernel's policy differ, by (policy, attribute)."""
        return {}

    def control(self) -> m.Spec | None:
        """The spec of NLMSG_ERROR and NLMSG_DONE."""
        return None


class Node:
    """One piece of a message: an attribute, a header, a struct member or data.

    Its bytes are `offset` to `end` in the message (with the attribute's own
    header, without padding); its payload is `start` to `end`.
    """

    __slots__ = (
        "_children", "_diagnoses", "_label", "_value", "end", "field", "message", "offset",
        "parent", "shown", "start",
    )  # fmt: skip

    def __init__(
        self, field: m.Field, message: Message, parent: Node | None, offset: int, start: int,
        end: int,
    ) -> None:  # fmt: skip
        self.field = field
        self.message = message
        self.parent = parent
        self.offset = offset
        self.start = start
        self.end = end
        self.shown = ""  # the kind, once decoded
        self._value: Any = None
        self._label: str | None = None
        self._children: list[Node] | None = None
        self._diagnoses: list[Diagnosis] | None = None

    # -- what it is -------------------------------------------------------

    @property
    def name(self) -> str:
        """The spec's name: `ifname`; `attr 77` for what the spec does not have."""
        return self.field.name

    @property
    def constant(self) -> str | None:
        """The C constant: `IFLA_IFNAME`; None for what has none."""
        return self.field.constant

    @property
    def type(self) -> int | None:
        """The attribute's number without its flag bits; None for what is no attribute."""
        return self.field.number if self.field.number >= 0 else None

    @property
    def length(self) -> int:
        """Bytes with the attribute's own header, without padding."""
        return self.end - self.offset

    @property
    def bytes(self) -> bytes:
        """The payload as captured."""
        return self.message.data[self.start : self.end]

    @property
    def flags(self) -> int:
        """NLA_F_NESTED and NLA_F_NET_BYTEORDER as set in the attribute's header, else 0."""
        if self.field.number < 0 or self.start - self.offset < 4:
            return 0
        number: int = wire.ATTR[self.message.big](self.message.data, self.offset)[1]
        return number & ~wire.NLA_TYPE_MASK

    @property
    def guess(self) -> bool:
        """Whether nobody said what this is: it only fits all the bytes seen."""
        return self.field.guess

    @property
    def kind(self) -> str:
        """What the value is: `u32`, `string`, `nest`, `flags`, `ipv4`, `mac`, `unknown`..."""
        if not self.shown:
            decode(self)
        return self.shown

    @property
    def value(self) -> Any:
        """The decoded value: int, str, bytes, True for a flag, list for an array, else None."""
        if not self.shown:
            decode(self)
        return self._value

    @property
    def children(self) -> list[Node]:
        """What lies inside, in order; empty for a leaf."""
        if not self.shown:
            decode(self)
        return self._children if self._children is not None else []

    @property
    def diagnoses(self) -> list[Diagnosis]:
        """What is wrong with this node itself."""
        if not self.shown:
            decode(self)
        return self._diagnoses if self._diagnoses is not None else []

    @property
    def label(self) -> str | None:
        """The value in words, by spec names (`up|broadcast`, `eth0`); None if it has none."""
        return label(self, False)

    @property
    def path(self) -> str:
        """Dotted spec names from the message's root: `linkinfo.kind`."""
        names = [self.field.name]
        node = self.parent
        while node is not None:
            names.append(node.field.name)
            node = node.parent
        return ".".join(reversed(names))

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()

    # -- what hooks say of it -------------------------------------------------

    def set_value(self, kind: str, value: Any, label: str | None = None) -> None:
        """What the payload says: its kind in a word (`u32`, `ipv4`), the value, and its label."""
        self.shown = kind
        self._value = value
        if label is not None:
            self._label = label

    def set_label(self, label: str | None) -> None:
        """The value in words; "" is none, in place of what the spec has."""
        self._label = label

    def set_children(self, kind: str, children: list[Node]) -> None:
        """What lies inside, and what that makes of the node: `struct`, `nest`, `array`..."""
        self.shown = kind
        self._children = children

    def diagnose(self, code: str, severity: str, text: str) -> None:
        """Records what is wrong with this node; where it is cut, nothing else is."""
        message = self.message
        cut = message.state == wire.CUT and self.end == message.limit
        if cut and self.field.number < 0 and severity != NOTE:
            code, severity = "truncated", NOTE
        found = Diagnosis(code, severity, text, self.offset, self.end - self.offset)
        if self._diagnoses is None:
            self._diagnoses = [found]
        elif self._diagnoses[0].code != "truncated":
            self._diagnoses.append(found)

    def leftover(self, pos: int) -> None:
        """Keeps the payload from `pos` on, which a hook could not read, as data."""
        if pos < self.end:
            if self._children is None:
                self._children = []
            self._children.append(_data(self.message, self, pos, self.end, "data"))

    def find(self, path: str) -> Node | None:
        """The first node below at this dotted path of spec names or constants."""
        return find(self.children, path)

    def find_all(self, path: str) -> Iterator[Node]:
        """Every node below at this path, in order."""
        return find_all(self.children, path)

    def get(self, path: str, default: Any = None) -> Any:
        """The value of the first node below at this path; see `Message.get`."""
        found = find(self.children, path)
        return default if found is None else plain_value(found)

    def __repr__(self) -> str:
        return f"<Node {self.path} {self.kind} {self.value!r} at {self.offset}+{self.length}>"


class Message:
    """One netlink message, bound to what it is and decoded on demand.

    `data` holds the bytes of the message and what trails it in its frame;
    `base` is where its nlmsghdr lies in there (not 0 only for an echoed
    request). `limit` is where it ends, by nlmsg_len or by the end of the
    bytes. `number` counts from 1 through the capture. `netlink` is False for
    a datagram that holds no netlink message at all. `link` is what pairing
    found, where someone set it.
    """

    __slots__ = (
        "_diagnoses", "_nodes", "base", "big", "command", "context", "data", "family", "flags",
        "header_size", "length", "limit", "link", "netlink", "number", "offset", "operation",
        "outer", "port", "protocol", "record", "seq", "serial", "spec", "state", "to_kernel",
        "truncated", "type",
    )  # fmt: skip

    def __init__(
        self, context: Context, protocol: i64, data: bytes, base: i64, limit: i64, big: bool,
        state: i64 = wire.OK,
    ) -> None:  # fmt: skip
        self.context = context
        self.protocol: i64 = protocol
        self.data = data
        self.base: i64 = base
        self.limit: i64 = limit
        self.big = big
        self.state: i64 = state
        self.record: Record | None = None
        self.number: i64 = 0
        self.serial: i64 = 0
        self.offset: i64 = 0
        self.length: i64
        self.type: i64
        self.flags: i64
        self.seq: i64
        self.port: i64
        self.outer: Message | None = None
        self.spec: m.Spec | None = None
        self.operation: m.Operation | None = None
        self.family: str | None = None
        self.command: i64 = -1
        self.header_size: i64 = 0
        self.truncated = False
        self.link: Link | None = None
        self._nodes: list[Node] | None = None
        self._diagnoses: list[Diagnosis] | None = None
        if limit - base >= 16 and state != wire.NO_HEADER:
            self.length, self.type, self.flags, self.seq, self.port = wire.HEADER[big](data, base)
            self.netlink = True
            self.to_kernel = self.flags & 1 == 1
        else:
            self.length, self.type, self.flags, self.seq, self.port = limit - base, -1, 0, 0, 0
            self.netlink = False
            self.to_kernel = False

    @property
    def direction(self) -> str:
        """`to-kernel` or `from-kernel`."""
        return TO_KERNEL if self.to_kernel else FROM_KERNEL

    @property
    def transaction(self) -> Transaction | None:
        """The transaction that it belongs to, by its link."""
        return None if self.link is None else self.link.transaction

    @property
    def error(self) -> int | None:
        """The error number of NLMSG_ERROR and NLMSG_DONE (0 or negative), else None."""
        start = self.base + 16
        if self.type not in (wire.NLMSG_ERROR, wire.NLMSG_DONE) or self.limit - start < 4:
            return None
        value: int = wire.LENGTH[self.big](self.data, start)[0]
        return value - (1 << 32) if value & 0x80000000 else value

    def turn(self) -> None:
        """What has NLM_F_REQUEST comes from the kernel all the same: bound and decoded as such."""
        self.to_kernel = False
        self.operation = None
        self.forget()
        self.context.bind(self)

    def forget(self) -> None:
        """Lets its nodes go, for one who keeps the message; they are decoded again when asked."""
        self._nodes = self._diagnoses = None

    @property
    def nodes(self) -> list[Node]:
        """The message's payload: fixed headers, attributes, data, in order."""
        if self._nodes is None:
            self._nodes = []
            self._nodes = build(self)
            if self.record is not None and self.record.gaps is not None:
                _hide(self, self.record.gaps)
        return self._nodes

    @property
    def echo(self) -> Message | None:
        """The request that an NLMSG_ERROR echoes, as a message of its own."""
        if self.type != wire.NLMSG_ERROR:
            return None
        for node in self.nodes:
            for child in node.children:
                if child.field.kind == m.MESSAGE:
                    found = next((n.message for n in child.children), self)
                    return None if found is self else found  # less than a header is data of ours
        return None

    def diagnose(self, code: str, severity: str, text: str, offset: int, length: int) -> None:
        """Records what is wrong with the message as a whole."""
        if self._diagnoses is None:
            self._diagnoses = []
        self._diagnoses.append(Diagnosis(code, severity, text, offset, length))

    @property
    def diagnoses(self) -> list[Diagnosis]:
        """Everything wrong with the message and its nodes, by offset."""
        nodes = self.nodes
        out = list(self._diagnoses or ())
        for node in nodes:
            _collect(node, out)
        return out

    def walk(self) -> Iterator[Node]:
        """Every node of the message, in order."""
        for node in self.nodes:
            yield from node.walk()

    # -- by path -----------------------------------------------------------

    def find(self, path: str) -> Node | None:
        """The first node at this dotted path of spec names or constants."""
        return find(self.nodes, path)

    def find_all(self, path: str) -> Iterator[Node]:
        """Every node at this path, in order; entries of arrays need not be named."""
        return find_all(self.nodes, path)

    def get(self, path: str, default: Any = None) -> Any:
        """The value of the first node at this path; `default` when there is none.

        What has something inside gives plain dictionaries and lists.
        """
        found = find(self.nodes, path)
        return default if found is None else plain_value(found)

    def __getitem__(self, path: str) -> Any:
        """The value at this path, as `get`; KeyError, with the nearest name, for none."""
        found = find(self.nodes, path)
        if found is None:
            raise KeyError(missing(self.nodes, path))
        return plain_value(found)

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and find(self.nodes, path) is not None

    def __setitem__(self, path: str, value: Any) -> None:
        """Another value at this path, or one more attribute; raises EncodeError.

        Takes what `nldissect.build` takes. Nodes given out before are those of the message
        as it was.
        """
        from .encode import assign

        assign(self, path, value)

    def __delitem__(self, path: str) -> None:
        """Takes every attribute at this path out; KeyError for none."""
        from .encode import remove

        remove(self, path)

    # -- as a whole --------------------------------------------------------

    @property
    def bytes(self) -> bytes:
        """The message as captured or edited, from its nlmsghdr to its end, without padding."""
        return self.data[self.base : self.limit]

    def plain(self) -> dict[str, Any]:
        """Headers and attributes as plain dictionaries, by spec names; see `plain.plain`."""
        return plain(self.nodes)

    def encode(self) -> builtins.bytes:
        """The bytes that its header and the values of its nodes give, with what trails it.

        Of a message that nobody changed they are the captured ones.
        """
        from .encode import encode

        return encode(self)

    def to_dict(self) -> dict[str, Any]:
        """What `to_json` says, as Python objects."""
        from .render.jsonout import to_dict

        return to_dict(self)

    def to_json(self) -> str:
        """The message as `nldissect read -T jsonl` prints it (docs/json.md)."""
        from .render.jsonout import to_json

        return to_json(self)

    def to_scapy(self) -> Any:
        """The message as a scapy packet; see `nldissect.scapy`."""
        from .scapy import to_scapy

        return to_scapy(self)

    def adopt(self, data: builtins.bytes) -> None:
        """Takes these bytes, which begin with its nlmsghdr, for its own."""
        before = Message(
            self.context, self.protocol, self.data, self.base, self.limit, self.big, self.state
        )
        before.record, before.number, before.serial = self.record, self.number, self.serial
        before.spec, before.operation, before.family = self.spec, self.operation, self.family
        before.command, before.header_size = self.command, self.header_size
        before.to_kernel = self.to_kernel
        for node in self._nodes or ():
            _move(node, before)
        self.forget()
        self.data, self.base = data, 0
        self.length = wire.LENGTH[self.big](data, 0)[0]
        self.limit = min(self.length, len(data))
        self.state = wire.OK

    def __eq__(self, other: object) -> bool:
        """Whether it is the same message, or a dictionary tells just what `plain` does."""
        if isinstance(other, dict):
            return bool(self.plain() == other)
        return self is other

    def __hash__(self) -> int:
        return id(self) >> 4

    def __repr__(self) -> str:
        kind = self.type if self.operation is None else self.operation.name
        return f"<Message {self.number} {kind} {self.direction} {len(self.data)} bytes>"


def _move(node: Node, message: Message) -> None:
    """Lets a node and what was made of it belong to another message object."""
    node.message = message
    for child in node._children or ():
        _move(child, message)


def _collect(node: Node, out: list[Diagnosis]) -> None:
    if not node.shown:
        decode(node)
    if node._diagnoses is not None:
        out.extend(node._diagnoses)
    if node._children is not None:
        for child in node._children:
            _collect(child, out)


# -- fields that no spec defines ------------------------------------------

_parts: dict[tuple[str, int], m.Field] = {}


def part(name: str, kind: int) -> m.Field:
    """The definition of a piece that is no attribute: a header, leftover data."""
    field = _parts.get((name, kind))
    if field is None:
        field = m.Field(name, None, -1, kind)
        if kind <= m.LAST_SCALAR:
            field.size = m.SIZES[kind]
        _parts[name, kind] = field
    return field


def _struct(name: str, members: list[tuple[str, int, str]]) -> m.Struct:
    out = m.Struct(name)
    for member, kind, hint in members:
        field = m.Field(member, None, -1, kind)
        field.size = m.SIZES[kind]
        field.hint = hint
        out.add(field)
    return out


NLMSGHDR: Final = _struct(
    "nlmsghdr",
    [
        ("length", m.U32, ""), ("type", m.U16, "message-type"), ("flags", m.U16, "message-flags"),
        ("sequence", m.U32, ""), ("port", m.U32, ""),
    ],
)  # fmt: skip
GENLMSGHDR: Final = _struct(
    "genlmsghdr", [("command", m.U8, "command"), ("version", m.U8, ""), ("reserved", m.U16, "")]
)
_no_fields: Final[dict[int, m.Field]] = {}
_no_set: Final = m.AttributeSet("", "")


def _struct_field(struct: m.Struct) -> m.Field:
    field = _parts.get((struct.name, -1))
    if field is None or field.struct is not struct:
        field = m.Field(struct.name, None, -1, m.STRUCT)
        field.struct = struct
        _parts[struct.name, -1] = field
    return field


# -- building a message's tree ----------------------------------------------

_STATES: Final[dict[int, tuple[str, str, str]]] = {
    wire.SHORT_LENGTH: ("msg-len-short", ERROR, "nlmsg_len {} is less than the header's 16 bytes"),
    wire.LONG_LENGTH: ("msg-len-over", ERROR, "nlmsg_len {} is more than the {} bytes there are"),
    wire.CUT: ("truncated", NOTE, "cut by the snapshot length: {1} of {0} bytes captured"),
    wire.NO_HEADER: ("no-header", ERROR, "{} bytes are less than the header's 16"),
    wire.UNALIGNED: ("msg-unaligned", WARNING, "starts at no multiple of 4 bytes"),
    wire.AUDIT_LENGTH: ("msg-len-audit", NOTE, "nlmsg_len {} leaves out the header"),
}


def build(message: Message) -> list[Node]:
    """The top-level nodes of a message; the frame's oddities become diagnoses."""
    out: list[Node] = []
    base, limit = message.base, message.limit
    data = message.data
    if message.state != wire.OK:
        if message.state in _STATES and not (
            message.state == wire.NO_HEADER and message.protocol in wire.FREE_FORM
        ):
            code, severity, text = _STATES[message.state]
            length, have = message.length, limit - base
            if message.state == wire.CUT and not message.netlink and message.record is not None:
                length = message.record.original_length - message.offset
            message.diagnose(code, severity, text.format(length, have), base, min(4, have))
        if not message.netlink or message.state == wire.SHORT_LENGTH:
            start = base if not message.netlink else base + 16
            if start < len(data):
                out.append(_data(message, None, start, len(data), "data"))
            return out
    pos = base + 16
    if message.type < wire.NLMSG_MIN_TYPE:
        _control(message, pos, limit, out)
    else:
        _payload(message, pos, limit, out)
    if limit < len(data) and message.outer is None:
        _trailing(message, limit, len(data), out)
    return out


def _hide(message: Message, gaps: list[tuple[int, int, str]]) -> None:
    """Values that lie in bytes which the record does not have are shown as what stands for them."""
    for start, end, text in gaps:
        start, end = start - message.offset, end - message.offset
        if start < 16 and end > 0:
            words = "the trace does not tell the header" + (f": {text}" if text else "")
            message.diagnose("not-in-trace", NOTE, words, max(start, 0), min(end, 16))
        for top in message._nodes or ():
            for node in top.walk():
                if node.start < end and node.end > start and not node.children:
                    node.shown = "unknown"
                    node._value = text or None
                    node._label = ""
                    node.diagnose("not-in-trace", NOTE, "the trace does not tell these bytes")


def _trailing(message: Message, limit: int, end: int, out: list[Node]) -> None:
    """What follows the message in its datagram: padding to 4 bytes is no news, more is."""
    start = min((limit + 3) & ~3, end)
    if start == end and not any(message.data[limit:end]):
        return
    start = limit if any(message.data[limit:start]) else start
    node = _data(message, None, start, end, "trailing")
    if any(message.data[start:end]):
        node.diagnose("trailing-data", WARNING, f"{end - start} bytes after the message's end")
    else:
        node.diagnose("trailing-zeros", NOTE, f"{end - start} zero bytes after the message's end")
    out.append(node)


def _data(message: Message, parent: Node | None, start: int, end: int, name: str) -> Node:
    """Bytes that nothing describes."""
    node = Node(part(name, m.BINARY), message, parent, start, start, end)
    node.shown = "binary"
    node._value = message.data[start:end]
    return node


def _payload(message: Message, pos: int, limit: int, out: list[Node]) -> None:
    operation = message.operation
    if message.protocol == wire.NETLINK_GENERIC:
        pos = _header(message, None, GENLMSGHDR, pos, limit, out)
    header = None if operation is None else operation.header
    size = message.header_size
    if header is not None:
        pos = _header(message, None, header, pos, limit, out)
    elif size and pos + size <= limit:  # known from nlctrl alone
        out.append(_data(message, None, pos, pos + size, "family header"))
        pos = pos + ((size + 3) & ~3)
    if operation is None:
        if pos < limit:
            out.append(_data(message, None, pos, limit, "data"))
        return
    if pos < limit:
        if operation.hook is not None and _operation_hook(message, pos, limit, out):
            return
        if operation.attributes is None:
            out.append(_data(message, None, pos, limit, "data"))
        else:
            walk(message, None, pos, limit, operation.attributes, out)


def _operation_hook(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """Lets a dissector's own code take a payload that is no attribute tree."""
    operation = message.operation
    assert operation is not None
    assert operation.hook is not None
    made: list[Node] = []
    try:
        done = operation.hook(message, pos, limit, made)
    except Exception as problem:
        text = f"the dissector's code failed: {problem!r}"
        message.diagnose("hook-failed", ERROR, text, pos, limit - pos)
        return False
    if done:
        out.extend(made)
    return bool(done)


def _header(
    message: Message, parent: Node | None, struct: m.Struct, pos: int, limit: int, out: list[Node]
) -> int:
    """Appends a fixed header; returns where what follows it starts (aligned to 4)."""
    end = min(pos + struct.size, limit)
    node = Node(_struct_field(struct), message, parent, pos, pos, end)
    out.append(node)
    return min(pos + ((struct.size + 3) & ~3), limit) if end < limit else limit


def _control(message: Message, pos: int, limit: int, out: list[Node]) -> None:
    """NLMSG_ERROR and NLMSG_DONE (struct nlmsgerr and int, linux/netlink.h); others are data."""
    if message.type == wire.NLMSG_ERROR:
        echoed = _echo_end(message, pos + 4, limit)
        node = Node(part("nlmsgerr", m.HEADER), message, None, pos, pos, min(echoed, limit))
        node.shown = "struct"
        node._children = []
        out.append(node)
        _error_number(message, node, pos, limit, node._children)
        if pos + 4 < limit:
            inner = Node(part("request", m.MESSAGE), message, node, pos + 4, pos + 4, node.end)
            node._children.append(inner)
        pos = pos + 4 + ((echoed - pos - 4 + 3) & ~3)
    elif message.type == wire.NLMSG_DONE and pos < limit:
        _error_number(message, None, pos, limit, out)
        pos = min(pos + 4, limit)
    if pos < limit:
        control = message.context.control()
        operation = control.replies.get(message.type) if control is not None else None
        if operation is not None and operation.attributes is not None:
            walk(message, None, pos, limit, operation.attributes, out)
        else:
            out.append(_data(message, None, pos, limit, "data"))


def _echo_end(message: Message, start: int, limit: int) -> int:
    """Where the echoed request ends: after its header when capped, else after all of it."""
    if limit - start < 16:
        return limit
    length: int = wire.LENGTH[message.big](message.data, start)[0]
    # Success is always capped; NLM_F_CAPPED says so only of errors in new kernels.
    capped = message.flags & wire.NLM_F_CAPPED or length < 16 or start + length > limit
    if capped and not message.flags & wire.NLM_F_CAPPED and start + length > limit:
        return start + 16 if message.error == 0 else limit
    return start + 16 if capped else start + length


def _error_number(
    message: Message, parent: Node | None, pos: int, limit: int, out: list[Node]
) -> None:
    field = part("error", m.S32)
    field.hint = "errno"
    field.shown = "enum"
    node = Node(field, message, parent, pos, pos, min(pos + 4, limit))
    out.append(node)


# -- walking attributes -------------------------------------------------------


def walk(
    message: Message, parent: Node | None, pos: int, end: int, aset: m.AttributeSet | None,
    out: list[Node],
) -> None:  # fmt: skip
    """Appends the attributes in `pos` to `end` to `out` (struct nlattr, linux/netlink.h).

    Covers every byte: what is no attribute becomes a node with a diagnosis.
    `aset` None leaves all of them unknown, without saying so.
    """
    data = message.data
    unpack = wire.ATTR[message.big]
    fields = _no_fields if aset is None else aset.ensure()
    to_kernel = message.to_kernel
    seen = 0
    while pos < end:
        left = end - pos
        if left < 4:
            start = _unpadded(message, parent, pos, end, out)
            if start < 0:
                _leftover(message, parent, pos, end, out)
                return
            pos = start
        length, number = unpack(data, pos)
        if length < 4 or length > left:
            pos = _bad_length(message, parent, pos, end, length, number, aset, out)
            continue
        field = fields.get(number & 0x3FFF)
        if field is None:
            out.append(_unknown(message, parent, pos, pos + length, number & 0x3FFF, aset))
        else:
            if field.request is not None and to_kernel:
                field = field.request
            node = Node(field, message, parent, pos, pos + 4, pos + length)
            out.append(node)
            bit = 1 << field.number
            if seen & bit and not field.multi and field.kind != m.PAD:
                node.diagnose("attr-duplicate", WARNING, f"{field.name} is there twice")
            seen |= bit
        pos += (length + 3) & ~3


def _unknown(
    message: Message, parent: Node | None, pos: int, end: int, number: int,
    aset: m.AttributeSet | None,
) -> Node:  # fmt: skip
    known = _no_set if aset is None else aset
    node = Node(known.unknown(number), message, parent, pos, pos + 4, end)
    if aset is not None and aset.by_number:
        text = f"attribute {number} is unknown: newer than {aset.name}"
        node.diagnose("attr-unknown", NOTE, text)
    return node


def _leftover(message: Message, parent: Node | None, pos: int, end: int, out: list[Node]) -> None:
    """Bytes after the last attribute that are too few for another, or all zero."""
    node = _data(message, parent, pos, end, "trailing")
    if message.state == wire.CUT and end == message.limit and end - pos < 4:
        node.diagnose("truncated", NOTE, "cut within an attribute's header")
    elif any(node._value):
        node.diagnose("attr-trailing", WARNING, f"{end - pos} bytes after the last attribute")
    else:
        node.diagnose("attr-zeros", NOTE, f"{end - pos} zero bytes after the last attribute")
    out.append(node)


def _bad_length(
    message: Message, parent: Node | None, pos: int, end: int, length: int, number: int,
    aset: m.AttributeSet | None, out: list[Node],
) -> int:  # fmt: skip
    """An attribute whose length cannot be; returns where to go on."""
    data = message.data
    start = _unpadded(message, parent, pos, end, out)
    if start >= 0:
        return start
    if not any(data[pos:end]):
        _leftover(message, parent, pos, end, out)
        return end
    fields = _no_fields if aset is None else aset.by_number
    field = fields.get(number & 0x3FFF)
    if length < 4:
        node = _data(message, parent, pos, end, "data")
        text = f"nla_len {length} is less than the header's 4 bytes"
        node.diagnose("attr-len-short", ERROR, text)
    else:
        if field is None:
            field = (_no_set if aset is None else aset).unknown(number & 0x3FFF)
        elif field.request is not None and message.to_kernel:
            field = field.request
        node = Node(field, message, parent, pos, pos + 4, end)
        if message.state == wire.CUT and end == message.limit:
            node.diagnose("truncated", NOTE, f"{end - pos} of {length} bytes captured")
        else:
            text = f"nla_len {length} is more than the {end - pos} left"
            node.diagnose("attr-len-over", ERROR, text)
    out.append(node)
    return end


def _unpadded(message: Message, parent: Node | None, pos: int, end: int, out: list[Node]) -> int:
    """Where the attribute before `pos` ended, if its sender forgot the padding; else -1.

    It did when the chain holds from there, with padding from then on or without.
    """
    last = out[-1] if out else None
    if last is None or last.parent is not parent or last.field.number < 0:
        return -1
    start = last.end
    if start >= pos or not (_chains(message, start, end, 0) or _chains(message, start, end, 3)):
        return -1
    last.diagnose("attr-unaligned", WARNING, "no padding to 4 bytes follows")
    return start


def _chains(message: Message, pos: int, end: int, padding: int) -> bool:
    """Whether attributes, padded to 4 bytes (3) or not (0), fill `pos` to `end`."""
    unpack = wire.ATTR[message.big]
    while end - pos >= 4:
        length = unpack(message.data, pos)[0]
        if length < 4 or length > end - pos:
            return False
        pos += (length + padding) & ~padding
    return pos >= end


def _misfit(node: Node, code: str, severity: str, text: str) -> None:
    """Records a payload of the wrong size or form, unless its end is known to be missing.

    Nothing is wrong with one that is other than guessed.
    """
    if node.field.guess:
        return
    if node._diagnoses is not None and node._diagnoses[0].code == "attr-len-over":
        return
    node.diagnose(code, severity, text)


# -- decoding one node ---------------------------------------------------------

_LITTLE: Final = "little"
_BIG: Final = "big"


def decode(node: Node) -> None:
    """Fills in what a node is: kind, value or children, diagnoses. Never raises."""
    field = node.field
    hook = field.hook
    if hook is not None:
        node.shown = field.shown  # so that the hook may look at the node
        if _run_hook(hook, node):
            return
    kind = field.kind
    message = node.message
    if kind <= m.LAST_SCALAR:
        _scalar(node, field, message)
    elif kind == m.STRING:
        _string(node, field, message)
    elif kind == m.NEST:
        node.shown = "nest"
        node._children = _nest(node, field.nested)
    elif kind == m.STRUCT:
        node.shown = "struct"
        struct = field.struct
        assert struct is not None
        node._children = members(node, struct)
    elif kind == m.BINARY:
        _binary(node, field, message)
    elif kind == m.FLAG:
        node.shown = "flag"
        node._value = True
        if node.end > node.start:
            node.diagnose("flag-payload", WARNING, f"{node.end - node.start} bytes in a flag")
    elif kind == m.UNKNOWN:
        _opaque(node)
    elif kind == m.SUB_MESSAGE:
        _sub_message(node, field)
    elif kind == m.INDEXED:
        node.shown = "nest"
        node._children = _entries(node, field)
    elif kind == m.TYPE_VALUE:
        node.shown = "nest"
        node._children = _type_values(node, field)
    elif kind == m.ARRAY:
        _array(node, field)
    elif kind == m.BITFIELD32:
        _bitfield(node, field)
    elif kind == m.MESSAGE:
        node.shown = "message"
        node._children = _echoed(node)
    else:  # PAD
        node.shown = "pad"
        node._value = message.data[node.start : node.end]


def _run_hook(hook: Callable[[Any], Any], node: Node) -> bool:
    """Lets a dissector's own code decode the node; its failure is a diagnosis."""
    try:
        if hook(node):
            return True
    except Exception as problem:
        node.diagnose("hook-failed", ERROR, f"the dissector's code failed: {problem!r}")
    node.shown = ""
    node._value = node._children = None
    return False


def _raw(node: Node) -> None:
    node.shown = "binary"
    node._value = node.message.data[node.start : node.end]


def _scalar(node: Node, field: m.Field, message: Message) -> None:
    start, end = node.start, node.end
    width = field.width
    size = end - start
    if size != width and (width or size not in (4, 8)):
        _raw(node)
        want = f"{width}" if width else "4 or 8"
        _misfit(node, "scalar-size", ERROR, f"{size} bytes where {field.name} has {want}")
        return
    big = field.big
    if big is None:
        big = message.big
        if start - node.offset == 4 and message.data[node.offset + (2 if big else 3)] & 0x40:
            big = True  # NLA_F_NET_BYTEORDER
    if size == 1:
        value = message.data[start]
        if field.signed and value > 127:
            value -= 256
    else:
        value = int.from_bytes(
            message.data[start:end], _BIG if big else _LITTLE, signed=field.signed
        )
    node._value = value
    node.shown = field.shown
    if size == 4 and field.hint == "ipv4":
        node._value = format_address(message.data[start:end])


def _string(node: Node, field: m.Field, message: Message) -> None:
    node.shown = "string"
    raw = message.data[node.start : node.end]
    cut = raw.find(0)
    if cut < 0:
        if raw and field.number >= 0 and not field.unterminated:
            _misfit(node, "string-unterminated", WARNING, "no NUL at the end")
        text = raw
    else:
        text = raw[:cut]
        if cut + 1 < len(raw) and any(raw[cut:]) and field.number >= 0:
            node.diagnose("string-after-nul", WARNING, f"{len(raw) - cut - 1} bytes after the NUL")
    try:
        node._value = text.decode()
    except UnicodeDecodeError:
        node._value = text.decode("utf-8", "backslashreplace")
        node.diagnose("string-encoding", WARNING, "not UTF-8")


def _too_deep(node: Node) -> bool:
    """Whether attributes inside this one are more than MAX_DEPTH levels down."""
    level = 1
    up: Node | None = node
    while up is not None:
        if up.field.number >= 0:
            level += 1
        up = up.parent
    return level > MAX_DEPTH


def _nest(node: Node, aset: m.AttributeSet | None) -> list[Node]:
    """The attributes inside a nest, unless it lies deeper than the kernel would look."""
    out: list[Node] = []
    if _too_deep(node):
        node.diagnose("nest-depth", ERROR, f"more than {MAX_DEPTH} levels of nesting")
        if node.start < node.end:
            out.append(_data(node.message, node, node.start, node.end, "data"))
        return out
    walk(node.message, node, node.start, node.end, aset, out)
    return out


def _opaque(node: Node) -> None:
    """An attribute that no spec knows: its bytes, or its attributes if it says it nests."""
    node.shown = "unknown"
    size = node.end - node.start
    nested = node.flags & wire.NLA_F_NESTED and size >= 4
    if nested and _chains(node.message, node.start, node.end, 3):
        node._children = _nest(node, None)
    else:
        node._value = node.message.data[node.start : node.end]


def members(node: Node, struct: m.Struct, end: int = -1) -> list[Node]:
    """The members of a struct as nodes; a shorter or longer payload is shown as it is.

    `end` is where the struct ends when it does not fill the node's payload.
    """
    out: list[Node] = []
    message = node.message
    start = node.start
    if end < 0 or end > node.end:
        end = node.end
    pos = start
    for field in struct.members:
        stop = pos + field.size
        if stop > end:
            break
        out.append(Node(field, message, node, pos, pos, stop))
        pos = stop
    size = end - start
    if size < struct.size:
        if pos < end:
            out.append(_data(message, node, pos, end, "partial member"))
        text = f"{size} of the {struct.size} bytes of struct {struct.name}"
        # Old programs ask for dumps with struct rtgenmsg, and old kernels have less to say.
        if node.field.number < 0 and node.field.name == struct.name:
            odd = not (message.to_kernel and message.flags & 0x300)
            _misfit(node, "header-short", ERROR if odd else NOTE, text)
        elif pos < end or message.to_kernel:
            _misfit(node, "struct-short", ERROR if pos < end else NOTE, text)
    elif pos < end:
        if pos + -struct.size % struct.align == end and not any(message.data[pos:end]):
            padding = _data(message, node, pos, end, "padding")
            padding.shown = "pad"
            out.append(padding)
            return out
        out.append(_data(message, node, pos, end, "newer members"))
        text = f"{end - pos} bytes more than struct {struct.name} is known to have"
        node.diagnose("struct-long", NOTE, text)
    return out


def _binary(node: Node, field: m.Field, message: Message) -> None:
    raw = message.data[node.start : node.end]
    node._value = raw
    node.shown = "binary"
    hint = field.hint
    if hint:
        _hinted(node, hint, raw)


_TUNNEL4: Final = frozenset((768, 776, 778))  # ARPHRD_TUNNEL, SIT, IPGRE (linux/if_arp.h)
_TUNNEL6: Final = frozenset((769, 823))  # ARPHRD_TUNNEL6, IP6GRE


def _hinted(node: Node, hint: str, raw: bytes) -> None:
    """A binary payload by its display hint; left as bytes where the length does not fit."""
    size = len(raw)
    if hint == "mac" or hint == "fddi":
        if size == 6 or (hint == "mac" and size in (8, 20)):
            node._value, node.shown = format_mac(raw), "mac"
        elif size:
            _misfit(node, "binary-size", WARNING, f"{size} bytes are no MAC address")
    elif hint == "ipv4" or hint == "ipv6" or hint == "ipv4-or-v6":
        want4, want6 = hint != "ipv6", hint != "ipv4"
        if (size == 4 and want4) or (size == 16 and want6):
            node._value, node.shown = format_address(raw), "ipv4" if size == 4 else "ipv6"
        elif size:
            _misfit(node, "binary-size", WARNING, f"{size} bytes are no such address")
    elif hint == "lladdr":
        _link_layer(node, raw)
    elif hint == "address":
        _by_family(node, raw)
    elif hint == "uuid":
        if size == 16:
            text = raw.hex()
            node._value = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
            node.shown = "uuid"
        elif size:
            _misfit(node, "binary-size", WARNING, f"{size} bytes are no UUID")


def _link_layer(node: Node, raw: bytes) -> None:
    """A link-layer address: an IP address on tunnels, by the ARPHRD type of the header."""
    size = len(raw)
    hardware = -1
    if size == 4 or size == 16 or size == 32:
        found = in_scope(node, "ifi-type")
        hardware = found if isinstance(found, int) else -1
    if size == 32:  # MAX_ADDR_LEN: a field that fits every kind of address
        raw = raw[: 20 if hardware == 32 else 6]  # ARPHRD_INFINIBAND
    if (size == 4 and hardware in _TUNNEL4) or (size == 16 and hardware in _TUNNEL6):
        node._value, node.shown = format_address(raw), "ipv4" if size == 4 else "ipv6"
    elif size:
        node._value, node.shown = format_mac(raw), "mac"


def _by_family(node: Node, raw: bytes) -> None:
    """A network address by the family of the header in scope, else by its length."""
    size = len(raw)
    family = header_family(node)
    if family == 28 and size >= 4 and size % 4 == 0:  # AF_MPLS: a stack of labels
        node._value, node.shown = mpls_labels(raw), "mpls"
    elif size == 4 and family != 10:
        node._value, node.shown = format_address(raw), "ipv4"
    elif size == 16 and family != 2:
        node._value, node.shown = format_address(raw), "ipv6"
    elif size and family in (-1, 2, 10, 28):  # others have addresses of lengths of their own
        _misfit(node, "binary-size", WARNING, f"{size} bytes are no address of family {family}")


def mpls_labels(raw: bytes) -> str:
    """A label stack as iproute2 writes it, 100/200 (RFC 3032: label in the top 20 bits)."""
    return "/".join(str(int.from_bytes(raw[i : i + 3], "big") >> 4) for i in range(0, len(raw), 4))


def selected(node: Node, field: m.Field) -> tuple[m.Format | None, str | None]:
    """The format that the selector's value picks, and that value as text."""
    sub = field.sub_message
    assert sub is not None
    for name in field.selectors:
        hit = selector(node, name)
        if hit is None:
            continue
        value = hit.value
        text = str(value)
        if hit.field.enum is not None and isinstance(value, int):
            text = hit.field.enum.names.get(value, text)
        form = sub.formats.get(text)
        if form is None:
            form = sub.formats.get(str(value), sub.default)
        return form, text
    return sub.default, None


def _sub_message(node: Node, field: m.Field) -> None:
    node.shown = "nest"  # first, since its selector may look back at it
    form, selector = selected(node, field)
    if form is None or (form.attributes is None and form.header is None):
        _opaque(node)
        if form is None:
            why = "is missing" if selector is None else f"{selector!r} is not known"
            node.diagnose("selector-unknown", NOTE, f"selector {field.selectors[0]} {why}")
        return
    message = node.message
    pos = node.start
    out: list[Node] = []
    node._children = out
    if form.header is not None and pos < node.end:
        pos = _header(message, node, form.header, pos, node.end, out)
    if form.attributes is not None:
        if _too_deep(node):
            node.diagnose("nest-depth", ERROR, f"more than {MAX_DEPTH} levels of nesting")
            if pos < node.end:
                out.append(_data(message, node, pos, node.end, "data"))
        else:
            walk(message, node, pos, node.end, form.attributes, out)
    elif pos < node.end:
        out.append(_data(message, node, pos, node.end, "data"))


def entry_field(field: m.Field, number: int) -> m.Field:
    """The definition of one entry of an array: its name is its index."""
    made = field.entries.get(number)
    if made is not None:
        return made
    element = field.sub
    if element is not None:
        kind = element.kind
        made = m.Field(str(number), None, -1 if field.kind == m.ARRAY else number, kind)
        made.enum, made.hint, made.struct = element.enum, element.hint, element.struct
        made.big, made.shown, made.nested = element.big, element.shown, element.nested
    elif len(field.type_values) > 1:
        made = m.Field(str(number), None, number, m.TYPE_VALUE)
        made.type_values = field.type_values[1:]
        made.nested = field.nested
    else:
        made = m.Field(str(number), None, number, m.NEST)
        made.nested = field.nested
    made.path = f"{field.path}.{number}"
    field.entries[number] = made
    return made


def _entries(node: Node, field: m.Field) -> list[Node]:
    """Attributes whose type is an index or a value, not a name."""
    out: list[Node] = []
    if _too_deep(node):
        return _nest(node, None)
    walk(node.message, node, node.start, node.end, None, out)
    for entry in out:
        if entry.field.kind == m.UNKNOWN:
            entry.field = entry_field(field, entry.field.number)
    return out


def _type_values(node: Node, field: m.Field) -> list[Node]:
    out = _entries(node, field)
    for entry in out:
        if entry.field.number >= 0:
            entry._label = field.type_values[0]
    return out


def _array(node: Node, field: m.Field) -> None:
    """A C array: its elements as children, their values as the value."""
    element = field.sub
    assert element is not None
    node.shown = "array"
    out: list[Node] = []
    node._children = out
    pos, size = node.start, element.size
    index = 0
    while size > 0 and pos + size <= node.end:
        made = entry_field(field, index)
        out.append(Node(made, node.message, node, pos, pos, pos + size))
        pos += size
        index += 1
    if element.kind <= m.LAST_SCALAR or element.hint:
        node._value = [child.value for child in out]
    if pos < node.end:
        out.append(_data(node.message, node, pos, node.end, "partial element"))
        text = f"{node.end - node.start} bytes are no multiple of {size}"
        _misfit(node, "array-size", ERROR, text)


def _bitfield(node: Node, field: m.Field) -> None:
    """struct nla_bitfield32: value u32, selector u32 (linux/netlink.h)."""
    node.shown = "bitfield32"
    if node.end - node.start != 8:
        size = node.end - node.start
        _raw(node)
        _misfit(node, "scalar-size", ERROR, f"{size} bytes where a bitfield32 has 8")
        return
    out: list[Node] = []
    for i, name in enumerate(("value", "selector")):
        made = m.Field(name, None, -1, m.U32)
        made.size = 4
        if field.enum is not None:
            made.enum = field.enum.as_flags()
            made.shown = "flags"
        at = node.start + 4 * i
        out.append(Node(made, node.message, node, at, at, at + 4))
    node._children = out


def _echoed(node: Node) -> list[Node]:
    """The request inside an NLMSG_ERROR, dissected as what it is."""
    outer = node.message
    size = node.end - node.start
    if size < 16:
        _misfit(node, "header-short", ERROR, f"{size} of the 16 bytes of the request's nlmsghdr")
        return [_data(outer, node, node.start, node.end, "data")] if size else []
    cut = outer.state == wire.CUT and node.end == outer.limit
    inner = Message(
        outer.context, outer.protocol, outer.data, node.start, node.end, outer.big,
        wire.CUT if cut else wire.OK,
    )  # fmt: skip
    inner.outer = outer
    inner.record, inner.number, inner.serial = outer.record, outer.number, outer.serial
    inner.to_kernel = True
    out: list[Node] = []
    header = Node(_struct_field(NLMSGHDR), inner, node, node.start, node.start, node.start + 16)
    out.append(header)
    inner._nodes = out
    outer.context.bind(inner)
    if inner.length < 16:
        node.diagnose("msg-len-short", ERROR, f"nlmsg_len {inner.length} is less than 16")
    elif size < inner.length and size > 16:
        text = f"nlmsg_len {inner.length} is more than the {size} bytes there are"
        _misfit(node, "msg-len-over", ERROR, text)
    if size > 16:
        if inner.type < wire.NLMSG_MIN_TYPE:
            out.append(_data(inner, None, node.start + 16, node.end, "data"))
        else:
            stop = min(node.start + max(inner.length, 16), node.end)
            _payload(inner, node.start + 16, stop, out)
            if stop < node.end:
                out.append(_data(inner, None, stop, node.end, "data"))
        for child in out:
            child.parent = node
        for found in inner._diagnoses or ():  # of the dissector's code
            node.diagnose(found.code, found.severity, found.text)
    return out


def element(
    node: Node, name: str, start: int, end: int, header: m.Struct | None,
    aset: m.AttributeSet | None,
) -> Node:  # fmt: skip
    """For hooks: adds one array element of a fixed header and attributes to `node`."""
    message = node.message
    made = Node(part(name, m.NEST), message, node, start, start, end)
    made.shown = "nest"
    out: list[Node] = []
    made._children = out
    pos = start
    if header is not None:
        pos = _header(message, made, header, pos, end, out)
    if aset is not None and pos < end:
        walk(message, made, pos, end, aset, out)
    if node._children is None:
        node._children = []
    node._children.append(made)
    return made


def member(node: Node, field: m.Field, start: int, end: int) -> Node:
    """For hooks: adds bytes `start` to `end` as a member of `node`; `part` makes the field."""
    made = Node(field, node.message, node, start, start, end)
    if node._children is None:
        node._children = []
    node._children.append(made)
    return made
