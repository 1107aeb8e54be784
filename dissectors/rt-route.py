"""What the route spec cannot say: nexthop arrays, gateways of any family, routing headers."""

from __future__ import annotations

from nldissect import spec
from nldissect.dissect import Node, element, member, members, mpls_labels, part
from nldissect.text import format_address
from nldissect.ynl import linux_enum

AF_INET, AF_INET6, AF_MPLS = 2, 10, 28

VIA_FAMILY = spec.Field("family", None, -1, spec.U16)
VIA_FAMILY.enum = linux_enum("address-family")
VIA_FAMILY.shown = "enum"


def multipath(node: Node) -> bool:
    """RTA_MULTIPATH: struct rtnexthop, each with attributes up to its rtnh_len (rtnetlink.h)."""
    message, header = node.message, node.field.struct
    if header is None:
        return False
    node.shown = "array"
    pos, number = node.start, 0
    while node.end - pos >= header.size:
        length = int.from_bytes(message.data[pos : pos + 2], "big" if message.big else "little")
        if length < header.size or length > node.end - pos:
            text = f"rtnh_len {length} where {node.end - pos} bytes are left"
            node.diagnose("nexthop-length", "error", text)
            break
        element(node, str(number), pos, pos + length, header, node.field.nested)
        pos += (length + 3) & ~3
        number += 1
    node.leftover(pos)
    return True


def address(node: Node, family: int) -> bool:
    """Reads the node's whole payload as an address of this family; False if it is none."""
    raw = node.bytes
    if (family, len(raw)) in ((AF_INET, 4), (AF_INET6, 16)):
        node.shown = "ipv4" if family == AF_INET else "ipv6"
        node._value = format_address(raw)
    elif family == AF_MPLS and raw and len(raw) % 4 == 0:
        node.shown, node._value = "mpls", mpls_labels(raw)
    else:
        return False
    return True


def via(node: Node) -> bool:
    """RTA_VIA: struct rtvia, a family (u16) and an address of that family (rtnetlink.h)."""
    if node.end - node.start < 2:
        return False
    node.shown = "struct"
    family = member(node, VIA_FAMILY, node.start, node.start + 2)
    gateway = member(node, part("addr", spec.BINARY), node.start + 2, node.end)
    address(gateway, family.value)
    return True


def labels(node: Node) -> bool:
    """MPLS_IPTUNNEL_DST: a stack of labels (mpls_iptunnel.h, RFC 3032)."""
    return address(node, AF_MPLS)


def segments(node: Node) -> bool:
    """A routing header (RFC 8754, RFC 6554): its struct, its IPv6 segments, TLVs as they are."""
    struct = node.field.struct
    if struct is None or node.end - node.start < struct.size:
        return False
    node.shown = "struct"
    node._children = members(node, struct, node.start + struct.size)
    pos, number = node.start + struct.size, 0
    head = (n for child in node.children for n in child.walk())
    count = next((n.value + 1 for n in head if n.name == "first-segment"), None)
    while node.end - pos >= 16 and (count is None or number < count):
        segment = member(node, part(f"segment-{number}", spec.BINARY), pos, pos + 16)
        address(segment, AF_INET6)
        pos += 16
        number += 1
    node.leftover(pos)
    return True


HOOKS = {"multipath": multipath, "via": via, "mpls-labels": labels, "segments": segments}
