"""rtnetlink objects as ip(8) and tc(8) write them with -j -d: the same keys, the same values.

What depends on the moment of asking (lifetimes that run down, counters, ages) is left out, and so
is what only a kind of link or qdisc has beyond its name, which `info_data` and `options` have by
the names of the kernel's specs. The order of keys is ip's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..engine.message import Message
from .ip_fields import FOREVER, Fields, Object, flags_of, plain, put, scope
from .ip_routes import route, rule

_IFF_UP, _IFF_RUNNING = 0x1, 0x40
# linux/if.h, in the order in which ip lists them; IFF_RUNNING it shows by its absence.
_LINK_FLAGS: Final = (
    (0x8, "LOOPBACK"), (0x2, "BROADCAST"), (0x10, "POINTOPOINT"), (0x1000, "MULTICAST"),
    (0x80, "NOARP"), (0x200, "ALLMULTI"), (0x100, "PROMISC"), (0x400, "MASTER"), (0x800, "SLAVE"),
    (0x4, "DEBUG"), (0x8000, "DYNAMIC"), (0x4000, "AUTOMEDIA"), (0x2000, "PORTSEL"),
    (0x20, "NOTRAILERS"), (_IFF_UP, "UP"), (0x10000, "LOWER_UP"), (0x20000, "DORMANT"),
    (0x40000, "ECHO"),
)  # fmt: skip
# IFA_FLAGS (linux/if_addr.h) by ip's keys; 0x80 is IFA_F_PERMANENT, whose absence is `dynamic`.
_ADDRESS_FLAGS: Final = (
    (0x02, "nodad"), (0x04, "optimistic"), (0x08, "dadfailed"), (0x10, "home"),
    (0x20, "deprecated"), (0x40, "tentative"), (0x100, "mngtmpaddr"), (0x200, "noprefixroute"),
    (0x400, "autojoin"), (0x800, "stable-privacy"),
)  # fmt: skip


def link(message: Message, lower_is_down: bool = False) -> Object:
    """`ip -j -d link`; `lower_is_down` of the interface that it is on."""
    of = Fields(message.nodes)
    out: Object = {"ifindex": of("ifi-index")}
    other_space = of("link-netnsid") is not None
    if other_space:
        put(out, ("link_index", of("link")))
    else:
        put(out, ("link", of.index("link")))
    bits = of("ifi-flags") or 0
    flags = flags_of(bits, _LINK_FLAGS)
    if bits & _IFF_UP and not bits & _IFF_RUNNING:
        flags.insert(0, "NO-CARRIER")
    if lower_is_down:
        flags.append("M-DOWN")
    put(out, ("ifname", of("ifname")), ("flags", flags), ("mtu", of("mtu")))
    put(out, ("qdisc", of("qdisc")), ("master", of.index("master")))
    state, mode = of.words("operstate"), of.words("linkmode")
    if state is not None:
        out["operstate"] = state.replace("_", "").upper()
    if mode is not None:
        out["linkmode"] = mode.upper()
    put(out, ("group", _group(of("group"))), ("txqlen", of("txqlen") or None))
    out["link_type"] = of.words("ifi-type")
    put(out, ("address", of("address")), ("broadcast", of("broadcast")))
    put(out, ("link_netnsid", of("link-netnsid")), ("ifalias", of("ifalias")))
    for name in ("promiscuity", "allmulti", "min-mtu", "max-mtu"):
        put(out, (name.replace("-", "_"), of(name)))
    info = of.node("linkinfo")
    if info is not None:
        out["linkinfo"] = _link_info(Fields(info.children))
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


_VLAN_FLAGS: Final = (  # linux/if_vlan.h
    (1, "REORDER_HDR"), (2, "GVRP"), (4, "LOOSE_BINDING"), (8, "MVRP"), (16, "BRIDGE_BINDING"),
)  # fmt: skip
_LINK_NUMBERS: Final = (
    "num-tx-queues", "num-rx-queues", "gso-max-size", "gso-max-segs", "tso-max-size",
    "tso-max-segs", "gro-max-size",
    "gso-ipv4-max-size", "gro-ipv4-max-size",
)  # fmt: skip


def _group(number: int | None) -> str | None:
    return None if number is None else "default" if not number else str(number)


def _link_info(of: Fields) -> Object:
    out: Object = {}
    data = of.node("data")
    if of("kind") == "vlan" and data is not None:
        inner = Fields(data.children)
        flags = inner("flags.flags") or 0
        out = {
            "info_kind": "vlan",
            "info_data": {"id": inner("id"), "flags": flags_of(flags, _VLAN_FLAGS)},
        }
        protocol = inner.node("protocol")
        said = None if protocol is None else (protocol.words(False) or "").upper()
        for name in ("ingress-qos", "egress-qos"):
            nest = data.find(name)
            if nest is not None:
                pairs = [Fields(one.children) for one in nest.children]
                out["info_data"][name.replace("-", "_")] = [
                    {"from": pair("from"), "to": pair("to")} for pair in pairs
                ]
        put(
            out["info_data"],
            ("protocol", {"8021Q": "802.1Q", "8021AD": "802.1ad"}.get(said or "", said)),
        )
    else:
        put(out, ("info_kind", of("kind")), ("info_data", plain(data)))
    put(
        out,
        ("info_slave_kind", of("slave-kind")),
        ("info_slave_data", plain(of.node("slave-data"))),
    )
    return out


def address(message: Message) -> Object:
    """An entry of `addr_info` of `ip -j address`."""
    of = Fields(message.nodes)
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
    flags = of("flags")
    if flags is None:
        flags = of("ifa-flags") or 0
    if not flags & 0x80:
        out["dynamic"] = True
    if flags & 0x01:
        out["temporary" if family == "inet6" else "secondary"] = True
    for name in flags_of(flags, _ADDRESS_FLAGS):
        out[name] = True
    put(out, ("protocol", of.words("proto")), ("label", of("label")))
    valid, preferred = of("cacheinfo.ifa-valid"), of("cacheinfo.ifa-prefered")
    if valid == FOREVER:
        out["valid_life_time"] = valid
    if preferred in (0, FOREVER):
        out["preferred_life_time"] = preferred
    return out


def neighbour(message: Message) -> Object:
    """`ip -j neighbour`."""
    of = Fields(message.nodes)
    out: Object = {}
    put(out, ("dst", of("dst")), ("dev", of.index("ndm-ifindex")), ("lladdr", of("lladdr")))
    flags = (of("ndm-flags") or 0) | (of("flags-ext") or 0) << 8
    for bit, name in _NEIGHBOUR_FLAGS:
        if flags & bit:
            out[name] = None
    state = of.node("ndm-state")
    said = "" if state is None else state.words(False) or ""
    out["state"] = said.upper().split("|") if said else []
    put(out, ("protocol", of.words("protocol")))
    return out


_NEIGHBOUR_FLAGS: Final = (
    (0x80, "router"), (0x08, "proxy"), (0x100, "managed"), (0x10, "extern_learn"),
    (0x20, "offload"),
)  # fmt: skip


def qdisc(message: Message) -> Object:
    """`tc -j qdisc`."""
    of = Fields(message.nodes)
    out: Object = {"kind": of("kind"), "handle": _handle(of, "tcm-handle")}
    put(out, ("dev", of.index("tcm-ifindex")))
    parent = of.words("tcm-parent")
    if parent == "root":
        out["root"] = True
        users = of("tcm-info")
        put(out, ("refcnt", users if users != 1 else None))
    else:
        put(out, ("parent", parent))
    put(out, ("options", plain(of.node("options"))))
    return out


def _handle(of: Fields, path: str) -> str | None:
    found = of.node(path)
    return None if found is None else found.words(False) or f"{found.value:x}:"


# What ip or tc make of an object, by the kinds of `analysis.object_states`.
OF_KIND: Final[dict[str, Callable[[Message], Object]]] = {
    "link": link, "address": address, "route": route, "rule": rule, "neighbour": neighbour,
    "qdisc": qdisc,
}  # fmt: skip
