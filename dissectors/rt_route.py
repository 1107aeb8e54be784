"""What the route spec cannot say: routing headers.

And routes and nexthops in one line, in the manner of ip-route(8) and ip-nexthop(8).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nldissect.hooks import (
    BINARY,
    Lookup,
    Message,
    Node,
    Piece,
    Template,
    format_address,
    member,
    members,
    part,
)

MOST = 127  # segments, of which hdrlen (a u8, in units of 8 bytes) has room for no more
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
    while node.end - pos >= 16 and number < (MOST if count is None else min(count, MOST)):
        segment = member(node, part(f"segment-{number}", BINARY), pos, pos + 16)
        segment.set_value("ipv6", format_address(segment.bytes))
        pos += 16
        number += 1
    node.leftover(pos)
    return True


def trace_type(value: int, message: Message, get: Callable[[str], Any]) -> str:
    """Which data IOAM collects as ip-route(8) has it: 24 bits, behind which 8 are unused."""
    return f"{value:#x}" if value & 0xFF else f"{value >> 8:#x}"


HOOKS = {"segments": segments, "trace_type": trace_type}


RTN_MULTICAST = 5
RTM_F_CLONED = 0x200


def encapsulation(kind: Piece | None, what: Piece | None) -> list[str]:
    """`encap mpls 100/200`: the kind, and all that lies in it."""
    if kind is None:
        return []
    return [f"encap {kind.text}", what.rest if what is not None else ""]


def hop(new: Piece | None, gateway: Piece | None, other: Piece | None) -> list[str]:
    """How to get to the next hop: newdst, gateway or via."""
    out = []
    if new is not None:
        out.append(f"as to {new.text}")
    if gateway is not None:
        out.append(f"via {gateway.text}")
    elif other is not None:
        parts = other.children
        if len(parts) == 2:
            out.append(f"via {parts[0].label} {parts[1].text}")
    return out


def first_hop(lookup: Lookup) -> list[str]:
    """How to get to the next hop of a route that has one."""
    out = encapsulation(lookup.at("encap-type"), lookup.at("encap"))
    return out + hop(lookup.at("newdst"), lookup.at("gateway"), lookup.at("via"))


def next_of_many(each: Piece, multicast: bool) -> list[str]:
    """One next hop of several, with its weight.

    A multicast route has here the threshold of the outgoing interface (net/ipv4/ipmr_base.c).
    """
    out = ["nexthop", *encapsulation(each.find("encap-type"), each.find("encap"))]
    out += hop(each.find("newdst"), each.find("gateway"), each.find("via"))
    device, weight = each.find("rtnh-ifindex"), each.find("rtnh-hops")
    if device is not None and device.value:
        out.append(f"dev {device.text}")
    if weight is not None:
        out.append(f"ttl {weight.value}" if multicast else f"weight {weight.value + 1}")
    out.append(each.rest)
    return out


# From RTN_LOCAL (2) on ip(8) names the type.
KIND, FROM = (
    "[{rtm-type!=0}{rtm-type!=1}{rtm-type}] ",
    " [from {src/rtm-src-len}] [tos {rtm-tos?:hex}] ",
)
SOMEWHERE = f"{KIND}[{{dst/rtm-dst-len}}][{{!dst}}0/{{rtm-dst-len}}]{FROM}"
ANYWHERE = f"{KIND}default{FROM}"
HOW = """[as to {newdst}] [via {gateway}]
    [{!gateway}via [{via.family:words}] {via.addr}] [nhid {nh-id}] [iif {iif}] [dev {oif}]
    [table {RTA_TABLE?|rtm-table?}] [proto {rtm-protocol?}] [scope {rtm-scope?}] [src {prefsrc}]
    [metric {priority}] [realms {flow:realms}] [pref {pref}]"""


def realms(value: int) -> str:
    """`3/4`: where a packet comes from and where it goes."""
    return f"{value >> 16}/{value & 0xFFFF}" if value >> 16 else str(value)


ROUTE, DEFAULT = (Template(where + HOW, realms=realms) for where in (SOMEWHERE, ANYWHERE))
TO, TO_DEFAULT, BY = Template(SOMEWHERE), Template(ANYWHERE), Template(HOW, realms=realms)
# What ip(8) says of rtm_flags; what only tells how a route was made or answered is left out
FLAGS = Template("[{rtm-flags?:flags}]", flags=lambda value: flag_words(value))
FLAG_WORDS = (
    (0x1, "dead"), (0x2, "pervasive"), (0x4, "onlink"), (0x8, "offload"), (0x10, "linkdown"),
    (0x20, "unresolved"), (0x40, "trap"), (0x100, "notify"), (0x200, "cache"), (0x400, "equalize"),
    (0x4000, "rt_offload"), (0x8000, "rt_trap"), (0x20000000, "rt_offload_failed"),
)  # fmt: skip
ASKED_FLAGS = ((0x1000, "lookup_table"), (0x2000, "fibmatch"))
IN_FULL = ("metrics", "encap", "multipath")


def flag_words(value: int) -> str:
    """The flags of a route that ip(8) shows."""
    return " ".join([word for bit, word in FLAG_WORDS if value & bit])


def metrics(found: Piece) -> list[str]:
    """`mtu lock 1400 hoplimit 5`."""
    parts = {each.name: each for each in found.children}
    lock = parts.pop("lock", None)
    locked = (lock.label or "").split("|") if lock is not None else []
    return [
        f"{name.replace('-', '_')} {'lock ' if name in locked else ''}{each.text}"
        for name, each in parts.items()
    ]


def default(lookup: Lookup) -> bool:
    """Whether it leads to all that there is; its destination may be there all the same, as 0."""
    return lookup.value("rtm-dst-len") == 0 and lookup.value("dst") in (None, "0.0.0.0", "::")


def summary(lookup: Lookup) -> None:
    """A route as ip-route(8) shows it."""
    metric, hops, kind = lookup.at("metrics"), lookup.at("multipath"), lookup.at("encap-type")
    if metric is None and hops is None and kind is None:
        lookup.fill(DEFAULT if default(lookup) else ROUTE)
        lookup.fill(FLAGS)
        return
    lookup.tell(*IN_FULL)
    lookup.fill(TO_DEFAULT if default(lookup) else TO)
    for words in encapsulation(kind, lookup.at("encap")):
        lookup.say(words)
    lookup.fill(BY)
    for words in metrics(metric) if metric is not None else ():
        lookup.say(words)
    if hops is not None:
        multicast = lookup.value("rtm-family") in (RTNL_FAMILY_IPMR, RTNL_FAMILY_IP6MR) or (
            lookup.value("rtm-type") == RTN_MULTICAST
            and bool((lookup.value("rtm-flags") or 0) & RTM_F_CLONED)
        )
        for each in hops.children:
            for words in next_of_many(each, multicast):
                lookup.say(words)
    lookup.fill(FLAGS)


WANTED = """[{dst/rtm-dst-len}] [from {src/rtm-src-len}] [iif {iif}] [dev {oif}] [mark {mark}]
    [tos {rtm-tos?:hex}] [uid {uid}] [ipproto {ip-proto}] [sport {sport}] [dport {dport}]
    [table {RTA_TABLE|rtm-table?}] [type {rtm-type?}] [proto {rtm-protocol?}]
    [scope {rtm-scope?}]"""
ASKED = Template(WANTED)
ASKED_OF_ALL = Template("[family {rtm-family?}] " + WANTED)


def query(lookup: Lookup) -> None:
    """What a route is looked up by, or all of which family."""
    lookup.fill(ASKED if lookup.has("dst") else ASKED_OF_ALL)
    flags = lookup.value("rtm-flags") or 0
    for bit, word in (*FLAG_WORDS, *ASKED_FLAGS):
        if flags & bit and (bit != 0x1000 or not lookup.message.flags & 0x300):
            lookup.say(word)


def seconds(ticks: int) -> str:
    """Clock ticks of a hundredth of a second as ip-nexthop(8) shows them."""
    return f"{ticks / 100:g}"


def members_of(group: Piece) -> str:
    """`1/2,10`: ids, each with its weight where that is more than 1 (struct nexthop_grp)."""
    out = []
    for each in group.children:
        values = {part.name: part.value for part in each.children}
        weight = (values.get("weight-high", 0) << 8 | values.get("weight", 0)) + 1
        out.append(
            f"{values.get('id', '?')},{weight}" if weight > 1 else str(values.get("id", "?"))
        )
    return "/".join(out)


def nexthop(lookup: Lookup) -> str:
    """A next hop or group of them as ip-nexthop(8) shows it."""
    lookup.tell("encap")
    out = lookup.words(("id", "NHA_ID"))
    group, times = lookup.at("group"), lookup.at("res-group")
    if group is not None:
        out.append(f"group {members_of(group)}")
        if lookup.value("group-type"):
            out.append(f"type {'resilient' if times is not None else lookup.text('group-type')}")
    values = {part.name: part.value for part in times.children} if times is not None else {}
    if "buckets" in values:
        out.append(f"buckets {values['buckets']}")
    for name in "idle-timer", "unbalanced-timer", "unbalanced-time":
        if name in values:
            out.append(f"{name.replace('-', '_')} {seconds(values[name])}")
    out += first_hop(lookup)
    lookup.put(out, "dev", "oif")
    lookup.put(out, "master", "master")
    out += [name for name in ("blackhole", "groups") if lookup.has(name)]
    lookup.put(out, "scope", "nh-scope", zero=False)
    lookup.put(out, "proto", "nh-protocol", zero=False)
    if lookup.value("nh-flags"):
        out += lookup.text("nh-flags").split("|")
    if lookup.has("fdb"):
        out.append("fdb")
    if lookup.message.to_kernel and group is None:
        out += lookup.words(("", "op-flags"))
    return " ".join(filter(None, out))


BUCKET = Template(
    """[id {NHA_ID}] [index {res-bucket.index}] [dev {oif}] [master {master}]
    [idle_time {res-bucket.idle-time:seconds}] [nhid {res-bucket.nh-id}]""",
    seconds=seconds,
)


def bucket(lookup: Lookup) -> None:
    """A bucket of a resilient group as ip-nexthop(8) shows it."""
    lookup.fill(BUCKET)


SUMMARIES = {
    "newroute": summary, "delroute": summary, "getroute": query,
    "newnexthop": nexthop, "delnexthop": nexthop, "getnexthop": nexthop,
    "newnexthopbucket": bucket, "delnexthopbucket": bucket, "getnexthopbucket": bucket,
}  # fmt: skip
