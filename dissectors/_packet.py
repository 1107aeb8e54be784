"""Packets that messages carry: dpkt's layers as a tree, and one line for them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from nldissect.hooks import BINARY, NEST, Lookup, Node, Template, format_address, format_mac, part

DEEPEST = 8  # layers
ADDRESSES: dict[int, Callable[[bytes], str]] = {
    4: format_address, 6: format_mac, 16: format_address,
}  # fmt: skip
FLAGS = ((2, "S"), (1, "F"), (4, "R"), (8, "P"), (16, "."))  # of TCP, as tcpdump(8) writes them


def leaf(name: str, parent: Node, pos: int, end: int, value: object) -> Node:
    """A field of a header, or what no layer reads."""
    node = Node(part(name, BINARY), parent.message, parent, pos, pos, end)
    if isinstance(value, int):
        node.set_value(f"u{8 * (end - pos)}", value)
    elif isinstance(value, str):
        node.set_value("string", value)
    else:
        node.set_value("hex", value)
    return node


def header(layer: Any, parent: Node, pos: int, limit: int) -> list[Node]:
    """The fields of a layer's header, in their order on the wire; options as bytes."""
    out = []
    for name, code, _ in layer.__hdr__:
        size = struct.calcsize(f">{code}")
        value = getattr(layer, name)
        if isinstance(value, bytes) and size in ADDRESSES:
            value = ADDRESSES[size](value)
        out.append(leaf(name.strip("_"), parent, pos, pos + size, value))
        pos += size
    if pos < limit:
        out.append(leaf("options", parent, pos, limit, parent.message.data[pos:limit]))
    return out


def layers(found: Any, node: Node, pos: int, limit: int) -> list[Node]:
    """A layer and those inside it, one after the other; the rest as bytes."""
    import dpkt

    out: list[Node] = []
    while isinstance(found, dpkt.Packet) and len(out) < DEEPEST:
        inner = found.data
        end = pos + len(found) - len(inner)
        if not pos < end <= limit:
            break
        name = type(found).__name__.lower()
        made = Node(part(name, NEST), node.message, node, pos, pos, end)
        made.set_children("nest", header(found, made, pos, end))
        out.append(made)
        found, pos = inner, end
    if pos < limit:
        out.append(leaf("data", node, pos, limit, node.message.data[pos:limit]))
    return out


def packet(node: Node) -> bool:
    """A packet of IPv4 or IPv6; others stay bytes, and so does what dpkt does not take."""
    import dpkt

    raw = node.bytes
    kinds = {4: dpkt.ip.IP, 6: dpkt.ip6.IP6}
    kind = kinds.get(raw[0] >> 4) if raw else None
    return kind is not None and read(node, kind)


def ethernet(node: Node) -> bool:
    """A header of Ethernet, by itself or with VLAN tags."""
    import dpkt

    return len(node.bytes) >= 14 and read(node, dpkt.ethernet.Ethernet)


def transport(node: Node) -> bool:
    """What is behind a network header that is an attribute of its own (network-header)."""
    import dpkt

    message: Any = node.message
    before = message.find("network-header")
    raw = b"" if before is None else before.bytes
    at = {4: 9, 6: 6}.get(raw[0] >> 4, len(raw)) if raw else 0
    kinds = {1: dpkt.icmp.ICMP, 6: dpkt.tcp.TCP, 17: dpkt.udp.UDP, 58: dpkt.icmp6.ICMP6,
             132: dpkt.sctp.SCTP}  # fmt: skip
    kind = kinds.get(raw[at]) if at < len(raw) else None
    return kind is not None and read(node, kind)


def read(node: Node, kind: Any) -> bool:
    """Sets the layers as the node's children; dpkt raises much on hostile bytes."""
    try:
        found = layers(kind(node.bytes), node, node.start, node.end)
    except Exception:
        return False
    if not found or found[0].name == "data":
        return False
    node.set_children("packet", found)
    return True


def packet_line(seen: Lookup, path: str = "payload") -> str:
    """`192.0.2.1:4000 > 192.0.2.2:80 tcp [S]`; empty where there is no packet."""
    node = seen.node(path)
    of = {} if node is None else {layer.name: layer for layer in node.children}
    network = of.get("ip") or of.get("ip6")
    if network is None:
        return ""
    names = [name for name in of if name not in ("ethernet", "ip", "ip6", "data")]
    transport = of[names[0]] if names else None
    ends = []
    for address, port in (("src", "sport"), ("dst", "dport")):
        text, number = str(value(network, address)), value(transport, port)
        text = f"[{text}]" if number is not None and ":" in text else text
        ends.append(text if number is None else f"{text}:{number}")
    words = [" > ".join(ends), *names[:1]]
    bits = value(transport, "flags")
    if transport is None and value(network, "p") is not None:
        words.append(f"proto {value(network, 'p')}")
    elif names[:1] == ["tcp"] and isinstance(bits, int):
        words.append(f"[{''.join(sign for bit, sign in FLAGS if bits & bit)}]")
    return " ".join(words)


def handed_over(where: str) -> Callable[[Lookup], None]:
    """A summary of a packet that a rule hands over: where it was met (a template), what it is."""
    before = Template(f"{where} [in {{ifindex-indev:index}}] [out {{ifindex-outdev:index}}]")
    after = Template("[{mark!=0}mark {mark}] [uid {uid}]")

    def summary(seen: Lookup) -> None:
        """One line."""
        seen.fill(before)
        seen.say(packet_line(seen))
        seen.fill(after)

    return summary


def value(layer: Node | None, name: str) -> object:
    """A field of a layer; None where there is none."""
    found = None if layer is None else layer.find(name)
    return None if found is None else found.value


HOOKS = {"packet": packet, "ethernet": ethernet, "transport": transport}
