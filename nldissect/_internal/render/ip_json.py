"""rtnetlink objects as ip(8), tc(8) and bridge(8) write them with -j -d: their keys, their values.

What depends on the moment of asking (lifetimes that run down, counters, ages) is left out, and so
is what only a kind of link or qdisc has beyond its name, which `info_data` and `options` have by
the names of the kernel's specs. The order of keys is ip's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..engine.message import Message
from ..wire.text import format_address
from .ip_fields import FOREVER, Fields, Host, Object, called, ordered, plain, put, scope
from .ip_routes import next_hop, route, rule

# The order in which ip lists the flags of links; `running` it shows by its absence.
_LINK_FLAGS: Final = (
    "loopback", "broadcast", "pointopoint", "multicast", "noarp", "allmulti", "promisc", "master",
    "slave", "debug", "dynamic", "automedia", "portsel", "notrailers", "up", "lower-up", "dormant",
    "echo",
)  # fmt: skip
# What ip calls otherwise than the constants do.
_LINK_TYPES: Final = {
    "ipgre": "gre", "tunnel": "ipip", "ip6gre": "gre6", "localtlk": "ltalk", "appletlk": "atalk",
    "ipddp": "ip/ddp", "ieee80211": "ieee802.11", "ieee80211_prism": "ieee802.11/prism",
    "ieee80211_radiotap": "ieee802.11/radiotap", "ieee802154": "ieee802.15.4",
    "ieee802154_monitor": "ieee802.15.4/monitor", "ieee802_tr": "tr",
}  # fmt: skip
_ADDRESS_FLAGS: Final = {
    "permanent": "", "secondary": "", "homeaddress": "home", "managetempaddr": "mngtmpaddr",
    "mcautojoin": "autojoin", "stable-privacy": "stable-privacy",
}  # fmt: skip
_NEIGHBOUR_FLAGS: Final = ("router", "proxy", "managed", "ext-learned", "offloaded")
_NEIGHBOUR_WORDS: Final = {"ext-learned": "extern_learn", "offloaded": "offload"}


def link(message: Message, host: Host) -> Object:
    """`ip -j -d link`."""
    of = Fields(message.nodes, host)
    out: Object = {"ifindex": of("ifi-index")}
    other_space = of("link-netnsid") is not None
    lower = of("link") if other_space else of.index("link")
    if of("link") is not None:
        out["link_index" if other_space and of("link") else "link"] = lower or None
    flags = of.flags("ifi-flags")
    shown = [flag.upper().replace("-", "_") for flag in ordered(flags, _LINK_FLAGS)]
    if "up" in flags and "running" not in flags:
        shown.insert(0, "NO-CARRIER")
    if not other_space and lower in host.down:
        shown.append("M-DOWN")
    put(out, ("ifname", of("ifname")), ("flags", shown), ("mtu", of("mtu")))
    put(out, ("qdisc", of("qdisc")), ("master", of.index("master")))
    state, mode = of.words("operstate"), of.words("linkmode")
    if state is not None:
        out["operstate"] = state.replace("_", "").upper()
    if mode is not None:
        out["linkmode"] = mode.upper()
    put(out, ("group", _group(of("group"))), ("txqlen", of("txqlen") or None))
    kind = of.words("ifi-type") or ""
    out["link_type"] = _LINK_TYPES.get(kind, kind)
    put(out, ("address", of("address")))
    if of("broadcast") is not None:
        put(out, ("link_pointtopoint", True if "pointopoint" in flags else None))
        out["broadcast"] = of("broadcast")
    put(out, ("link_netnsid", of("link-netnsid")))
    lasting = of("perm-address")
    put(out, ("permaddr", lasting if lasting != of("address") else None))
    put(out, ("ifalias", of("ifalias")))
    for name in ("promiscuity", "allmulti", "min-mtu", "max-mtu"):
        put(out, (name.replace("-", "_"), of(name)))
    info = of.node("linkinfo")
    if info is not None:
        out["linkinfo"] = _link_info(Fields(info.children, host))
    generated = of.words("af-spec.inet6.addr-gen-mode")
    if generated is not None:
        out["inet6_addr_gen_mode"] = generated.replace("stable_privacy", "stable_secret")
    if of("netns-immutable"):
        out["netns-immutable"] = True
    for name in _LINK_NUMBERS:
        put(out, (name.replace("-", "_"), of(name)))
    if of("proto-down"):
        out["proto_down"] = True
    names = of("prop-list.alt-ifname")
    if names is not None:
        out["altnames"] = names if isinstance(names, list) else [names]
    return out


_LINK_NUMBERS: Final = (
    "num-tx-queues", "num-rx-queues", "gso-max-size", "gso-max-segs", "tso-max-size",
    "tso-max-segs", "gro-max-size", "gso-ipv4-max-size", "gro-ipv4-max-size",
)  # fmt: skip


def _group(number: int | None) -> str | None:
    return None if number is None else "default" if not number else str(number)


def _link_info(of: Fields) -> Object:
    out: Object = {}
    data = of.node("data")
    put(out, ("info_kind", of("kind")))
    if of("kind") == "vlan" and data is not None:
        out["info_data"] = _vlan(Fields(data.children, of.host))
    else:
        put(out, ("info_data", plain(data)))
    put(
        out,
        ("info_slave_kind", of("slave-kind")),
        ("info_slave_data", plain(of.node("slave-data"))),
    )
    return out


def _vlan(of: Fields) -> Object:
    flags = [flag.upper().replace("-", "_") for flag in of.flags("flags.flags")]
    out: Object = {"id": of("id"), "flags": flags}
    for name in ("ingress-qos", "egress-qos"):
        if of.node(name) is not None:
            pairs = [{"from": pair("from"), "to": pair("to")} for pair in of.inside(name)]
            out[name.replace("-", "_")] = pairs
    protocol = of.words("protocol")
    said = None if protocol is None else protocol.upper()
    put(out, ("protocol", {"8021Q": "802.1Q", "8021AD": "802.1ad"}.get(said or "", said)))
    return out


def address(message: Message, host: Host) -> Object:
    """An entry of `addr_info` of `ip -j address`."""
    of = Fields(message.nodes, host)
    family = of.words("ifa-family")
    out: Object = {"family": family}
    local, other = of("local"), of("address")
    out["local"] = local if local is not None else other
    if local is not None and other is not None and other != local:
        out["address"] = other
    out["prefixlen"] = of("ifa-prefixlen")
    put(
        out,
        ("metric", of("rt-priority")),
        ("broadcast", of("broadcast")),
        ("anycast", of("anycast")),
    )
    out["scope"] = scope(of.words("ifa-scope"))
    flags = of.flags("flags" if of.node("flags") is not None else "ifa-flags")
    if "permanent" not in flags:
        out["dynamic"] = True
    if "secondary" in flags:
        out["temporary" if family == "inet6" else "secondary"] = True
    for name in called(flags, _ADDRESS_FLAGS):
        out[name] = True
    put(out, ("protocol", of.words("proto")), ("label", of("label")))
    valid, preferred = of("cacheinfo.ifa-valid"), of("cacheinfo.ifa-prefered")
    if valid == FOREVER:
        out["valid_life_time"] = valid
    if preferred in (0, FOREVER):
        out["preferred_life_time"] = preferred
    return out


def neighbour(message: Message, host: Host) -> Object:
    """`ip -j neighbour`."""
    of = Fields(message.nodes, host)
    out: Object = {}
    put(out, ("dst", of("dst")), ("dev", of.index("ndm-ifindex")))
    raw = of.node("lladdr")
    if raw is not None:  # of four bytes only tunnels' are
        out["lladdr"] = format_address(raw.bytes) if len(raw.bytes) == 4 else of("lladdr")
    flags = of.flags("ndm-flags", "flags-ext")
    for name in called(ordered(flags, _NEIGHBOUR_FLAGS), _NEIGHBOUR_WORDS):
        out[name] = None
    if "proxy" not in flags:
        out["state"] = [state.upper() for state in of.flags("ndm-state")]
    put(out, ("protocol", of.words("protocol")))
    return out


_FDB_FLAGS: Final = ("self", "router", "ext-learned", "offloaded", "sticky", "locked")
_FDB_WORDS: Final = {"ext-learned": "extern_learn", "offloaded": "offload"}


def fdb(message: Message, host: Host) -> Object:
    """`bridge -j fdb`."""
    of = Fields(message.nodes, host)
    out: Object = {}
    put(out, ("mac", of("lladdr")), ("ifname", of.index("ndm-ifindex")), ("dst", of("dst")))
    put(out, ("vlan", of("vlan")))
    for name in ("port", "vni", "src-vni"):
        put(out, (name.replace("-", "_"), of(name)))
    put(out, ("viaIf", of.index("ifindex")))
    out["flags"] = called(ordered(of.flags("ndm-flags", "flags-ext"), _FDB_FLAGS), _FDB_WORDS)
    put(out, ("master", of.index("master")))
    state = of.flags("ndm-state")
    words = {"noarp": "static", "reachable": "", "stale": "stale"}
    out["state"] = "permanent" if "permanent" in state else words.get("".join(state[:1]), "")
    return out


def _placed(of: Fields) -> Object:
    """Handle, device and place of a qdisc or class."""
    out: Object = {"handle": handle(of("tcm-handle"))}
    put(out, ("dev", of.index("tcm-ifindex")))
    if of.words("tcm-parent") == "root":
        out["root"] = True
    else:
        out["parent"] = handle(of("tcm-parent"))
    return out


def qdisc(message: Message, host: Host) -> Object:
    """`tc -j qdisc`."""
    of = Fields(message.nodes, host)
    out: Object = {"kind": of("kind"), **_placed(of)}
    if "root" in out:
        users = of("tcm-info")
        put(out, ("refcnt", users if users != 1 else None))
    out["options"] = plain(of.node("options")) or {}
    return out


def traffic_class(message: Message, host: Host) -> Object:
    """A class, with the keys of `tc -j qdisc`: tc itself has no JSON of most of them."""
    of = Fields(message.nodes, host)
    out: Object = {"class": of("kind"), **_placed(of)}
    put(out, ("leaf", handle(of("tcm-info")) if of("tcm-info") else None))
    out["options"] = plain(of.node("options")) or {}
    return out


def traffic_filter(message: Message, host: Host) -> Object:
    """`tc -j filter`, with the interface."""
    of = Fields(message.nodes, host)
    out: Object = {}
    put(out, ("dev", of.index("tcm-ifindex")), ("parent", handle(of("tcm-parent"))))
    info = of("tcm-info") or 0
    words = (of.words("tcm-info") or "").split()
    out["protocol"] = words[-1] if words else "all"
    out["pref"] = info >> 16
    put(out, ("kind", of("kind")), ("chain", of("chain")))
    put(out, ("handle", of("tcm-handle") or None), ("options", plain(of.node("options"))))
    return out


def handle(number: int | None) -> str | None:
    """A handle of traffic control as tc writes it: 1:, 1:10, ffff:fff1."""
    if number is None:
        return None
    major, minor = number >> 16, number & 0xFFFF
    return f"{major:x}:{minor:x}" if minor else f"{major:x}:"


# What ip, tc or bridge make of an object, by the kinds of `x-objects`.
OF_KIND: Final[dict[str, Callable[[Message, Host], Object]]] = {
    "link": link, "address": address, "route": route, "rule": rule, "neighbour": neighbour,
    "fdb": fdb, "nexthop": next_hop, "qdisc": qdisc, "class": traffic_class,
    "filter": traffic_filter,
}  # fmt: skip
