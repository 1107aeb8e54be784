"""Netlink as packets of scapy's; importing it registers them. See `nldissect.scapy`."""

# ruff: noqa: RUF012 - scapy's classes list their fields so

from __future__ import annotations

import sys
from keyword import kwlist
from typing import Any, Final, Literal

from scapy.config import conf
from scapy.fields import (
    Field,
    PacketListField,
    ShortField,
    StrField,
    StrFixedLenField,
    XShortField,
    XStrFixedLenField,
)
from scapy.layers.l2 import CookedLinux, CookedLinuxV2
from scapy.packet import Packet, Raw

from ..capture.files.link import ARPHRD_NETLINK, NETLINK
from ..engine import labels
from ..engine.message import Message
from ..engine.node import Node
from ..engine.summary import describe, operation_constant
from ..engine.summary_lookup import value_text
from ..session.forward_pass import Session
from ..spec import model
from ..spec.registry import registry
from ..wire import framing
from ..wire.linux import protocol_name
from ..wire.record import Interface, Record
from ..wire.text import escaped, safe

# -- fields ---------------------------------------------------------------------


class _Number(Field[Any, Any]):
    """A number in the byte order of the packet that has it."""

    __slots__ = ("size",)

    def __init__(self, name: str, default: int | None, size: int) -> None:
        super().__init__(name, default, "H")
        self.size = size

    def addfield(self, pkt: Any, s: bytes, val: int | None) -> bytes:
        """Appends the number to the bytes made so far."""
        number = 0 if val is None else val
        return s + number.to_bytes(self.size, _order(pkt.big), signed=number < 0)

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, int]:
        """What is left of the bytes, and the number."""
        return s[self.size :], int.from_bytes(s[: self.size], _order(pkt.big))

    def i2repr(self, pkt: Any, x: Any) -> str:
        """In words while it is what was dissected."""
        value, text = pkt.words.get(self.name, (None, ""))
        return safe(text) if x == value else str(x)


def _order(big: bool) -> Literal["big", "little"]:
    return "big" if big else "little"


class _Value(StrField):
    """The payload of an attribute: bytes, shown as what they mean."""

    def i2repr(self, pkt: Any, x: Any) -> str:
        """What it means while it is what was dissected."""
        node = pkt.node
        if node is not None and bytes(x) == node.bytes:
            return _text(node)
        return repr(x)


def _text(node: Node) -> str:
    label = node.words(True)
    text = value_text(node)
    if node.kind == "string":
        text = "'" + text.replace("'", "\\'") + "'"
    return safe(f"{text} ({escaped(label)})" if label else text)


# -- attributes -------------------------------------------------------------------


class _Decoded(Packet):
    """What has more than its fields: `_KEPT` goes with copies; `words` say what a number means."""

    __slots__ = ("big", "words")
    _KEPT: tuple[str, ...] = ("big", "words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.big = sys.byteorder == "big"
        self.words: dict[str, tuple[int, str]] = {}
        super().__init__(*args, **kwargs)

    def clone_with(self, *args: Any, **kwargs: Any) -> Any:
        """scapy's, which knows nothing of the members in `_KEPT`."""
        return self._also(super().clone_with(*args, **kwargs))

    def copy(self) -> Any:
        """The same."""
        return self._also(super().copy())

    def _also(self, other: Any) -> Any:
        for name in self._KEPT:
            object.__setattr__(other, name, getattr(self, name))
        return other


class _NodePacket(_Decoded):
    """A part of a message: `node` is what nldissect knows of it, None for one made by hand."""

    __slots__ = ("gap", "node")
    _KEPT = ("big", "words", "gap", "node", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.node: Node | None = None
        self.gap: bytes | None = None  # what follows it up to the next one
        super().__init__(*args, **kwargs)

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        return b"", s

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        if "len" in self.default_fields:
            if self.len is None:
                pkt = len(pkt).to_bytes(2, _order(self.big)) + pkt[2:]
            same = self.node is not None and self.node.length == len(pkt)
            gap = self.gap if same and self.gap is not None else bytes(-len(pkt) % 4)
            return pkt + gap + pay
        return pkt + (self.gap or b"") + pay


class NetlinkAttribute(_NodePacket):
    """struct nlattr with a value; made by hand, `value` is the payload in bytes."""

    name = "attribute"
    fields_desc = [_Number("len", None, 2), _Number("type", 0, 2), _Value("value", b"")]


class NetlinkNest(_NodePacket):
    """struct nlattr with attributes inside."""

    name = "nest"
    fields_desc = [
        _Number("len", None, 2),
        _Number("type", 0, 2),
        PacketListField("body", [], Packet),
    ]


class NetlinkGroup(_NodePacket):
    """Something without a header of its own that has parts: an array element, an echoed request."""

    name = "group"
    fields_desc = [PacketListField("body", [], Packet)]


class NetlinkData(_NodePacket):
    """Bytes without a header of their own."""

    name = "data"
    fields_desc = [_Value("value", b"")]


_structs: Final[dict[model.Struct, type[_NodePacket]]] = {}


def _struct_class(struct: model.Struct) -> type[_NodePacket]:
    """A packet class whose fields are the members of a struct."""
    found = _structs.get(struct)
    if found is None:
        fields: list[Any] = []
        for member in struct.members:
            name = member.name.replace("-", "_").replace(" ", "_")
            while name in _TAKEN or any(one.name == name for one in fields):
                name += "_"
            if member.kind <= model.LAST_SCALAR and member.hint != "ipv4" and member.big is None:
                fields.append(_Number(name, 0, member.size))
            else:
                fields.append(StrFixedLenField(name, bytes(member.size), member.size))
        made = type("_" + struct.name, (_NodePacket,), {"name": struct.name, "fields_desc": fields})
        found = _structs[struct] = made
    return found


_TAKEN: Final = frozenset(
    (*dir(Packet), *Packet.__slots__, *_NodePacket.__slots__, "body", *kwlist)
)


def _node_packets(nodes: list[Node], start: int, end: int) -> list[_NodePacket]:
    """Packets that cover `start` to `end` of the message, one for each node."""
    out: list[_NodePacket] = []
    for i, node in enumerate(nodes):
        stop = max(nodes[i + 1].offset if i + 1 < len(nodes) else end, node.end)
        out.append(_node_packet(node, stop))
    return out


def _node_packet(node: Node, stop: int) -> _NodePacket:
    """The packet of a node: a struct's members as fields, a nest with packets, else bytes.

    `stop` is where the next node starts: what lies between is kept as `gap`.
    """
    data, big = node.message.data, node.message.big
    header = node.start - node.offset == 4
    children = node.children
    struct = node.field.struct
    fields: dict[str, Any] = {}
    words: dict[str, tuple[int, str]] = {}
    kind: type[_NodePacket]
    if header:
        length, number = framing.ATTR[big](data, node.offset)
        fields["len"], fields["type"] = length, number
        words["type"] = number, node.constant or str(number)
    if (
        struct is not None
        and not header
        and len(children) == len(struct.members)
        and all(
            child.field is member for child, member in zip(children, struct.members, strict=True)
        )
    ):
        kind = _struct_class(struct)
        for child, field in zip(children, kind.fields_desc, strict=True):
            raw = child.bytes
            fields[field.name] = raw
            if isinstance(field, _Number):
                fields[field.name] = int.from_bytes(raw, _order(big))
                words[field.name] = fields[field.name], _text(child)
    elif children and children[0].offset == node.start:
        kind = NetlinkNest if header else NetlinkGroup
        fields["body"] = _node_packets(children, node.start, node.end)
    else:
        kind = NetlinkAttribute if header else NetlinkData
        fields["value"] = node.bytes
    made = kind()
    made.name = safe(node.constant or node.name)
    made.node, made.big, made.words = node, big, words
    made.gap = data[node.end : stop]
    _fill(made, fields, data[node.offset : stop])
    return made


def _fill(packet: Packet, fields: dict[str, Any], raw: bytes) -> None:
    """Gives a packet its fields as dissecting does: `raw` holds until one of them changes."""
    packet.fields = fields
    packet.raw_packet_cache = raw
    packet.raw_packet_cache_fields = {}
    for field in packet.fields_desc:
        if field.holds_packets and field.name in fields:
            packet.raw_packet_cache_fields[field.name] = packet._raw_packet_cache_field_value(
                field, fields[field.name], copy=True
            )
    packet.explicit = 1


# -- messages ----------------------------------------------------------------------


class _PacketSession:
    """What the packets seen so far taught, for each byte order."""

    def __init__(self) -> None:
        self.big = sys.byteorder == "big"
        self._serial = 0
        self._sessions: dict[bool, Session] = {}
        self._interfaces = {big: Interface(NETLINK, big) for big in (False, True)}

    def message(self, data: bytes, protocol: int) -> Message:
        """The first message in the data."""
        guess = framing.guess_order(data, len(data))
        if guess is not None:
            self.big = guess
        big = self.big
        session = self._sessions.get(big)
        if session is None:
            session = Session(registry(), "big" if big else "little")
            self._sessions[big] = session
        record = Record(1, None, protocol, data, len(data), 0, self._interfaces[big])
        message = session.split(record, big)[0]
        record.data = message.data
        for _ in session.taught((record,), self._serial):
            pass
        self._serial += 1
        message.number = message.serial = self._serial
        session.bind(message)
        return message


_packet_session = _PacketSession()


class Netlink(_Decoded):
    """One netlink message: struct nlmsghdr, then headers and attributes; see the module."""

    name = "netlink"
    __slots__ = ("message",)
    _KEPT = ("big", "words", "message")
    fields_desc = [
        _Number("len", None, 4),
        _Number("type", 0, 2),
        _Number("flags", 0, 2),
        _Number("seq", 0, 4),
        _Number("port", 0, 4),
        PacketListField("body", [], Packet),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.message: Message | None = None
        super().__init__(*args, **kwargs)

    @property
    def protocol(self) -> int:
        """The netlink protocol, by the cooked header around; NETLINK_ROUTE without one."""
        below = self.underlayer
        while below is not None:
            if not isinstance(below, Netlink):
                return int(getattr(below, "proto", 0))
            below = below.underlayer
        return 0

    def do_dissect(self, s: bytes) -> bytes:
        """One message; what follows it is payload."""
        message = _packet_session.message(s, self.protocol)
        self.take(message)
        return s[len(message.data) :]

    def take(self, message: Message) -> None:
        """Becomes this message."""
        self.message, self.big = message, message.big
        data = message.data
        kind = operation_constant(message) or str(message.type)
        if message.family and message.type >= framing.NLMSG_MIN_TYPE:
            kind = f"{message.type} ({message.family})"
        flags = "|".join(labels.flag_names(message)) or "0"
        self.words = {"type": (message.type, kind), "flags": (message.flags, flags)}
        if not message.netlink:
            head = dict(zip(("len", "type", "flags", "seq", "port"), _header(data), strict=True))
            body = []
        else:
            head = {
                "len": message.length,
                "type": message.type,
                "flags": message.flags,
                "seq": message.seq,
                "port": message.port,
            }
            body = _node_packets(message.nodes, 16, len(data))
        _fill(self, {**head, "body": body}, data)

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        """nlmsg_len where it is None, and padding before what follows."""
        if self.len is None:
            pkt = len(pkt).to_bytes(4, _order(self.big)) + pkt[4:]
        return pkt + (bytes(-len(pkt) % 4) if pay else b"") + pay

    def guess_payload_class(self, payload: bytes) -> type[Packet]:
        """The next message of the datagram."""
        return _class_of(payload, self.protocol)

    def mysummary(self) -> str:
        """Family and operation with its summary, as the list has them."""
        if self.message is None:
            return "netlink"
        message = self.message
        return safe(f"{message.family or protocol_name(message.protocol)} {describe(message)}")


def _header(data: bytes) -> tuple[Any, ...]:
    return framing.HEADER[sys.byteorder == "big"](data.ljust(16, b"\0"), 0)


def _class_of(data: bytes, protocol: int) -> type[Packet]:
    """Netlink where a message can begin, else bytes: uevents, leftovers, zero padding."""
    if len(data) < 16 or not any(data[:16]):
        return Raw
    if protocol in framing.FREE_FORM and framing.guess_order(data, len(data)) is None:
        return Raw
    return Netlink


class NetlinkCooked(Packet):
    """The 16 bytes before a datagram in LINKTYPE_NETLINK (tcpdump.org/linktypes)."""

    name = "netlink (cooked)"
    fields_desc = [
        ShortField("pkttype", 4),
        XShortField("lladdrtype", ARPHRD_NETLINK),
        XStrFixedLenField("unused", bytes(10), 10),
        ShortField("proto", 0),
    ]

    def guess_payload_class(self, payload: bytes) -> type[Packet]:
        """The first message, by the protocol."""
        return _class_of(payload, self.proto)


def to_scapy(message: Message) -> Packet:
    """The message as NetlinkCooked / Netlink, with the record's time."""
    record = message.record
    cooked = NetlinkCooked(proto=message.protocol)
    if record is not None and record.interface.link_type == NETLINK and record.cooked:
        cooked = NetlinkCooked(record.cooked)
    if message.netlink:
        inner: Packet = Netlink()
        inner.take(message)
    else:
        inner = Raw(message.data)
    cooked.add_payload(inner)
    if record is not None and record.time is not None:
        cooked.time = record.time / 1e9
    return cooked


# -- registration ---------------------------------------------------------------------


def _register() -> None:
    """Tells scapy which packets are netlink: by link type, in cooked headers, when sniffing."""
    conf.l2types.register(NETLINK, NetlinkCooked)
    # What a packet socket on nlmon says; writing still uses 253.
    conf.l2types.register_num2layer(ARPHRD_NETLINK, NetlinkCooked)
    for layer in (CookedLinux, CookedLinuxV2):
        # First: in Ethernet the numbers of netlink's protocols mean something else.
        layer.payload_guess = [({"lladdrtype": ARPHRD_NETLINK}, Netlink), *layer.payload_guess]
    if not sys.platform.startswith("linux"):
        return
    from scapy.arch.linux import L2ListenSocket

    if conf.L2listen is not L2ListenSocket:  # libpcap writes the cooked header itself
        return

    class NetlinkListenSocket(L2ListenSocket):
        """A packet socket that puts the cooked header before what nlmon gives."""

        def recv_raw(self, x: int = 0xFFFF) -> tuple[Any, Any, Any]:
            if self.LL is not NetlinkCooked:
                found: tuple[Any, Any, Any] = super().recv_raw(x)
                return found
            data, address, moment = self._recv_raw(self.ins, x)
            head = NetlinkCooked(pkttype=address[2], proto=address[1])
            return self.LL, bytes(head) + data, moment

    conf.L2listen = NetlinkListenSocket


_register()
