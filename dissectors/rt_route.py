"""What the route spec cannot say: routing headers.

And routes and nexthops in one line, in the manner of ip-route(8) and ip-nexthop(8).
"""

from __future__ import annotations

from nldissect.hooks import (
    BINARY,
    Lookup,
    Node,
    Piece,
    format_address,
    member,
    members,
    part,
)

RTNL_FAMILY_IPMR, RTNL_FAMILY_IP6MR = 128, 129

def segments(node: Node) -> bool:
    """A routing header (RFC 8754, RFC 6554): its struct, its IPv6 segments, TLVs as they are."""
    struct = node.field.struct
    if struct is None or node.end - node.start < struct.size:
        return False
    node.set_children("struct", members(node, struct, node.start + struct.size))
    pos, number = node.start + struct.size, 0
    head = (n for child in node.children for n in child.walk())
    count = next((n.value + 1 for n in head if n.name == "first-segment"), None)
    while node.end - pos >= 16 and (count is None or number < count):
        segment = member(node, part(f"segment-{number}", BINARY), pos, pos + 16)
        segment.set_value("ipv6", format_address(segment.bytes))
        pos += 16
        number += 1
    node.leftover(pos)
    return True


HOOKS = {"segments": segments}


TYPES_WITH_NAME = 2  # from RTN_LOCAL on ip(8) names the type
RTN_MULTICAST = 5
RTM_F_CLONED = 0x200


def prefix(seen: Lookup, address: str, length: str) -> str:
    """`10.0.0.0/8`, a host without its length; empty when there is none."""
    value = seen.value(address)
    if not isinstance(value, str):
        return ""
    bits = seen.value(length)
    full = 128 if ":" in value else 32 if "." in value else MPLS_LABEL_BITS
    return value if bits == full else f"{value}/{bits}"


MPLS_LABEL_BITS = 20


def hop(
    encapsulation: Piece | None, new: Piece | None, gateway: Piece | None, other: Piece | None
) -> list[str]:
    """How to get to the next hop: encap-type, newdst, gateway or via."""
    out = []
    if encapsulation is not None:
        out.append(f"encap {encapsulation.text}")
    if new is not None:
        out.append(f"as to {new.text}")
    if gateway is not None:
        out.append(f"via {gateway.text}")
    elif other is not None:
        parts = other.children
        if len(parts) == 2:
            out.append(f"via {parts[0].label} {parts[1].text}")
    return out


def first_hop(seen: Lookup) -> list[str]:
    """How to get to the next hop of a route that has one."""
    return hop(seen.at("encap-type"), seen.at("newdst"), seen.at("gateway"), seen.at("via"))


def next_of_many(each: Piece, multicast: bool) -> list[str]:
    """One next hop of several, with its weight.

    A multicast route has here the threshold of the outgoing interface (net/ipv4/ipmr_base.c).
    """
    out = ["nexthop"]
    out += hop(
        each.find("encap-type"), each.find("newdst"), each.find("gateway"), each.find("via")
    )
    device, weight = each.find("rtnh-ifindex"), each.find("rtnh-hops")
    if device is not None and device.value:
        out.append(f"dev {device.text}")
    if weight is not None:
        out.append(f"ttl {weight.value}" if multicast else f"weight {weight.value + 1}")
    return out


def summary(seen: Lookup) -> str:
    out = []
    kind = seen.value("rtm-type")
    if kind is not None and kind >= TYPES_WITH_NAME:
        out.append(seen.text("rtm-type"))
    out.append(prefix(seen, "dst", "rtm-dst-len") or "default")
    source = prefix(seen, "src", "rtm-src-len")
    if source:
        out.append(f"from {source}")
    out += first_hop(seen)
    seen.put(out, "nhid", "nh-id")
    seen.put(out, "iif", "iif")
    seen.put(out, "dev", "oif")
    table = seen.text("RTA_TABLE") or seen.text("rtm-table")
    if table and table != "unspec":
        out.append(f"table {table}")
    seen.put(out, "proto", "rtm-protocol", zero=False)
    seen.put(out, "scope", "rtm-scope", zero=False)
    seen.put(out, "src", "prefsrc")
    seen.put(out, "metric", "priority")
    seen.put(out, "mtu", "metrics.mtu")
    seen.put(out, "pref", "pref")
    cloned = (seen.value("rtm-flags") or 0) & RTM_F_CLONED
    hops = seen.at("multipath")
    if hops is not None:
        multicast = seen.value("rtm-family") in (RTNL_FAMILY_IPMR, RTNL_FAMILY_IP6MR)
        multicast = multicast or (kind == RTN_MULTICAST and bool(cloned))
        for each in hops.children:
            out += next_of_many(each, multicast)
    if cloned:
        out.append("cache")
    return " ".join(out)


ASKED = (
    ("iif", "iif"), ("dev", "oif"), ("mark", "mark"), ("uid", "uid"), ("ipproto", "ip-proto"),
    ("sport", "sport"), ("dport", "dport"),
)  # fmt: skip


def asked(seen: Lookup) -> str:
    out = []
    target = prefix(seen, "dst", "rtm-dst-len")
    if target:
        out.append(target)
    source = prefix(seen, "src", "rtm-src-len")
    if source:
        out.append(f"from {source}")
    table = seen.text("RTA_TABLE")
    for word, path in ASKED:
        seen.put(out, word, path)
    return " ".join([*out, f"table {table}"] if table else out)


def seconds(ticks: int) -> str:
    """Clock ticks of a hundredth of a second as ip-nexthop(8) shows them."""
    return f"{ticks / 100:g}"


def members_of(group: Piece) -> str:
    """`1/2,10`: ids, each with its weight where that is more than 1 (struct nexthop_grp)."""
    out = []
    for each in group.children:
        told = {part.name: part.value for part in each.children}
        weight = (told.get("weight-high", 0) << 8 | told.get("weight", 0)) + 1
        out.append(f"{told.get('id', '?')},{weight}" if weight > 1 else str(told.get("id", "?")))
    return "/".join(out)


def nexthop(seen: Lookup) -> str:
    out = seen.words(("id", "NHA_ID"))
    group, times = seen.at("group"), seen.at("res-group")
    if group is not None:
        out.append(f"group {members_of(group)}")
        if seen.value("group-type"):
            out.append(f"type {'resilient' if times is not None else seen.text('group-type')}")
    told = {part.name: part.value for part in times.children} if times is not None else {}
    if "buckets" in told:
        out.append(f"buckets {told['buckets']}")
    for name in "idle-timer", "unbalanced-timer", "unbalanced-time":
        if name in told:
            out.append(f"{name.replace('-', '_')} {seconds(told[name])}")
    out += first_hop(seen)
    seen.put(out, "dev", "oif")
    seen.put(out, "master", "master")
    out += [name for name in ("blackhole", "groups") if seen.has(name)]
    seen.put(out, "scope", "nh-scope", zero=False)
    seen.put(out, "proto", "nh-protocol", zero=False)
    if seen.value("nh-flags"):
        out += seen.text("nh-flags").split("|")
    if seen.has("fdb"):
        out.append("fdb")
    if seen.message.to_kernel and group is None:
        out += seen.words(("", "op-flags"))
    return " ".join(out)


def bucket(seen: Lookup) -> str:
    out = seen.words(
        ("id", "NHA_ID"), ("index", "res-bucket.index"), ("dev", "oif"), ("master", "master")
    )
    idle = seen.value("res-bucket.idle-time")
    if idle is not None:
        out.append(f"idle_time {seconds(idle)}")
    return " ".join(out + seen.words(("nhid", "res-bucket.nh-id")))


SUMMARIES = {
    "newroute": summary, "delroute": summary, "getroute": asked,
    "newnexthop": nexthop, "delnexthop": nexthop, "getnexthop": nexthop,
    "newnexthopbucket": bucket, "delnexthopbucket": bucket, "getnexthopbucket": bucket,
}  # fmt: skip
