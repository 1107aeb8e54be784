"""Builders of netlink bytes, records and captures, for the tests of the engine.

Everything takes `order` as struct does: "<" little-endian, ">" big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import nldissect
from nldissect._internal.capture.reader import open_capture
from nldissect._internal.engine.frame import Diagnosis
from nldissect._internal.engine.node import Node
from nldissect._internal.engine.spans import spans
from nldissect._internal.library.messages import Message
from nldissect._internal.session.capture_facts import Timeline
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.spec import model, ynl
from nldissect._internal.spec.dissector_file import DissectorFile
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire.record import Interface, Record
from support import ROOT, capture_files

RECORDINGS = capture_files.RECORDINGS
KERNEL_SPECS = ROOT.parent / "shared" / "reference" / "netlink-specs"

REQUEST, MULTI, ACK, DUMP, CAPPED, ACK_TLVS = 1, 2, 4, 0x300, 0x100, 0x200
NESTED, NET_BYTEORDER = 0x8000, 0x4000
ROUTE, USERSOCK, AUDIT, NETFILTER, UEVENT, GENERIC = 0, 2, 9, 12, 15, 16
NOOP, ERROR, DONE, OVERRUN = 1, 2, 3, 4


# -- bytes -------------------------------------------------------------------


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def u8(value: int) -> bytes:
    return struct.pack("B", value)


def u16(value: int, order: str = "<") -> bytes:
    return struct.pack(order + "H", value)


def u32(value: int, order: str = "<") -> bytes:
    return struct.pack(order + "I", value)


def u64(value: int, order: str = "<") -> bytes:
    return struct.pack(order + "Q", value)


def attr(kind: int, payload: bytes = b"", order: str = "<", length: int | None = None) -> bytes:
    """struct nlattr and its payload, padded; `length` overrides nla_len."""
    size = len(payload) + 4 if length is None else length
    return struct.pack(order + "HH", size, kind) + padded(payload)


def nest(kind: int, *inner: bytes, order: str = "<") -> bytes:
    return attr(kind | NESTED, b"".join(inner), order)


def msg(
    kind: int,
    payload: bytes = b"",
    flags: int = 0,
    seq: int = 1,
    port: int = 0,
    order: str = "<",
    length: int | None = None,
) -> bytes:
    """struct nlmsghdr and its payload, not padded; `length` overrides nlmsg_len."""
    size = len(payload) + 16 if length is None else length
    return struct.pack(order + "IHHII", size, kind, flags, seq, port) + payload


def genl(command: int, *attributes: bytes, version: int = 1) -> bytes:
    """struct genlmsghdr and what follows it."""
    return struct.pack("BBxx", command, version) + b"".join(attributes)


def nlmsgerr(
    error: int, request: bytes, *extack: bytes, capped: bool = False, order: str = "<"
) -> bytes:
    """An NLMSG_ERROR that answers `request`."""
    flags = (CAPPED if capped else 0) | (ACK_TLVS if extack else 0)
    echoed = request[:16] if capped else padded(request)
    body = struct.pack(order + "i", error) + echoed + b"".join(extack)
    return msg(ERROR, body, flags, order=order)


def newlink(index: int, name: str, flags: int = 0, kind: int = 16, order: str = "<") -> bytes:
    """RTM_NEWLINK (or DELLINK) of an interface that has nothing but a name."""
    header = struct.pack(order + "BxHiII", 0, 1, index, 1, 0)
    return msg(kind, header + attr(3, name.encode() + b"\0", order), flags, order=order)


def newfamily(
    number: int, name: str, command: int = 1, header_size: int = 0, order: str = "<"
) -> bytes:
    """CTRL_CMD_NEWFAMILY (or DELFAMILY)."""
    attributes = (
        attr(2, name.encode() + b"\0", order)
        + attr(1, u16(number, order), order)
        + attr(4, u32(header_size, order), order)
    )
    return msg(16, genl(command, attributes, version=2), order=order)


# -- records and captures ----------------------------------------------------


def record(
    data: bytes,
    protocol: int = ROUTE,
    total: int | None = None,
    interface: Interface | None = None,
    number: int = 1,
) -> Record:
    where = interface or Interface(253, False)
    return Record(number, None, protocol, data, len(data) if total is None else total, 0, where)


class Given:
    """A capture of the records given, which can be read again unless it is a stream."""

    def __init__(self, records: Iterable[Record], rewindable: bool = True) -> None:
        self.records = list(records)
        self.rewindable = rewindable
        for number, found in enumerate(self.records, 1):
            found.number = number

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)


def write_pcap(path: Path, datagrams: Iterable[tuple[int, bytes]], order: str = "<") -> Path:
    """A LINKTYPE_NETLINK pcap of (protocol, datagram)."""
    packets = []
    for number, (protocol, data) in enumerate(datagrams):
        packet = capture_files.netlink(protocol, data)
        packets.append((number, 0, packet, len(packet)))
    path.write_bytes(capture_files.pcap(packets, order))
    return path


# -- messages ----------------------------------------------------------------


@cache
def builtin() -> Registry:
    """The built-in dissectors alone; made once."""
    return Registry(use_system=False)


def read(*records: Record, registry: Registry | None = None, stream: bool = False) -> list[Message]:
    """The messages of these records, bound by a session."""
    session = Session(registry or builtin())
    return list(session.messages(Given(records, rewindable=not stream)))


def of_family(
    name: str, command: int, *attributes: bytes, port: int = 0, flags: int = 0
) -> Message:
    """A message of a generic family, as it reads after nlctrl has told its number."""
    number = 77
    data = msg(number, genl(command, *attributes), flags, port=port)
    *_, message = read(record(newfamily(number, name), GENERIC), record(data, GENERIC))
    return message


def messages(data: bytes, protocol: int = ROUTE, total: int | None = None) -> list[Message]:
    """The messages of one datagram."""
    return read(record(data, protocol, total))


def recording(name: str) -> list[Message]:
    """The messages of a recording in captures/, as programs get them."""
    with nldissect.open(str(RECORDINGS / f"{name}.pcap")) as capture:
        return list(capture)


def streamed(name: str, registry: Registry | None = None) -> list[Message]:
    """The messages of a recording in captures/, as a session gives them to pairing."""
    capture = open_capture(str(RECORDINGS / f"{name}.pcap"))
    return list(Session(registry or builtin()).messages(capture))


def one_spec(spec: model.Spec) -> Registry:
    """A registry that knows one spec, and takes it for everything."""
    facts = {
        "name": spec.name,
        "level": "",
        "protonum": None,
        "types": [],
        "claims": True,
        "operations": 0,
        "attributes": 0,
        "includes": [],
    }
    entry = DissectorFile("test.yaml", "explicit", 0, facts)
    entry.loaded = spec
    registry = Registry(use_system=False)
    registry._by_name.clear()
    registry.protocol_as = registry.family_as = dict.fromkeys(range(1 << 16), entry)
    return registry


def attributes(thing: object) -> tuple[str, ...]:
    """The attributes of an object of ours, whether its class is compiled or not."""
    found: tuple[str, ...] = getattr(thing, "__mypyc_attrs__", ()) or thing.__slots__
    return found


def bound(spec: model.Spec) -> Session:
    """A session that binds every message to one spec, with two interfaces."""
    session = Session(one_spec(spec))
    names = session.facts.of_interface(Interface(253, False)).names
    for index, name in ((1, "lo"), (2, "eth0")):
        names[index] = Timeline()
        names[index].teach(0, name)
    return session


def of_spec(raw: Mapping[str, Any], hooks: Mapping[str, Any] | None = None) -> model.Spec:
    """A spec from a mapping; its faults raise."""
    return ynl.build(raw, "test.yaml", hooks)


def generic(*sets: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A family `test` whose only operation, `op`, has the first of these attribute sets."""
    operation = {"name": "op", "attribute-set": sets[0]["name"], "do": {}}
    return {
        "name": "test",
        "attribute-sets": list(sets),
        "operations": {"list": [operation]},
        **more,
    }


def one(
    spec: model.Spec, payload: bytes, flags: int = 0, order: str = "<", total: int | None = None
) -> Message:
    """A message of command 1 of a generic family; `total` cuts it after so many bytes."""
    data = msg(32, genl(1, payload), flags, order=order)
    state = 0
    if total is not None:
        data = data[:total]
        state = 3
    message = Message(bound(spec), GENERIC, data, 0, len(data), order == ">", state)
    message.context.bind(message)
    return message


def body(message: Message) -> list[Node]:
    """The nodes after the generic header."""
    return message.nodes[1:]


def codes(found: Message | Node) -> list[str]:
    return [d.code for d in found.diagnoses]


def found(message: Message, code: str) -> Diagnosis:
    """The only diagnosis of this code."""
    (only,) = [d for d in message.diagnoses if d.code == code]
    return only


def tree(nodes: Iterable[Node]) -> list[Any]:
    """Nodes as (name, value) or (name, [children]), to compare at a glance."""
    return [(n.name, tree(n.children) if n.children else n.value) for n in nodes]


def covered(message: Message) -> bool:
    """Whether the spans give every byte of the message to one owner."""
    at = 0
    for start, end, _, _ in spans(message):
        if start != at or end <= start:
            return False
        at = end
    return at == len(message.data)
