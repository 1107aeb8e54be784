"""Routes, next hops and rules as `ip -j -d` writes them; see `ip_json`."""

from __future__ import annotations

from typing import Any, Final

from ..engine.message import Message
from ..engine.node import plain_value
from .ip_fields import FOREVER, Fields, Host, Object, called, ordered, plain, put, scope

# What is no state of a hop, or is told otherwise.
_HOP_FLAGS: Final = ("dead", "pervasive", "onlink", "offload", "linkdown", "unresolved", "trap")
_ROUTE_FLAGS: Final = ("rt-offload", "rt-trap", "rt-offload-failed")
# Metrics that the kernel keeps in smaller units than ip shows.
_PARTS: Final = {"rtt": 8, "rttvar": 4}
_METRICS: Final = {"cc-algo": "congestion"}


def _prefix(of: Fields, what: str, length: str, longest: int) -> str | None:
    """An address with its length, which ip leaves out where it is the whole address."""
    found, bits = of(what), of(length) or 0
    if found is None:
        return f"0/{bits}" if bits else None
    return str(found) if bits == longest else f"{found}/{bits}"


def route(message: Message, host: Host, lost: frozenset[str] = frozenset()) -> Object:
    """`ip -j -d route`; `lost` has the paths of hops that it has no more."""
    of = Fields(message.nodes, host)
    longest = {"inet": 32, "inet6": 128, "mpls": 20}.get(of.words("rtm-family") or "", 0)
    out: Object = {"type": of.words("rtm-type")}
    out["dst"] = _prefix(of, "dst", "rtm-dst-len", longest) or "default"
    put(out, ("from", _prefix(of, "src", "rtm-src-len", longest)), ("nhid", of("nh-id")))
    tos = of("rtm-tos")
    if tos:
        out["tos"] = f"{tos:#x}"
    told = [hop for i, hop in enumerate(of.inside("multipath")) if f"multipath.{i}" not in lost]
    hops = _hops_by_id(of, host)
    if hops is None:
        hops = [_hop_of_several(hop) for hop in told]
    if len(hops) == 1:
        put(out, *((key, value) for key, value in hops[0].items() if key in _OF_ONE))
    elif not hops:
        _hop(out, of)
    put(out, ("table", of.words("table") or of.words("rtm-table")))
    put(out, ("protocol", of.words("rtm-protocol")))
    put(out, ("scope", scope(of.words("rtm-scope"))), ("prefsrc", of("prefsrc")))
    put(out, ("metric", of("priority")))
    bits = of.flags("rtm-flags")
    if len(hops) == 1 and told:
        bits = hops[0]["flags"]
    out["flags"] = _hop_flags(bits, out.get("dev"), host) if len(hops) < 2 else []
    if out["type"] == "local" and "linkdown" not in bits:  # it needs no carrier
        out["flags"] = [flag for flag in out["flags"] if flag != "linkdown"]
    out["flags"] += called(ordered(of.flags("rtm-flags"), _ROUTE_FLAGS), {})
    metrics = of.node("metrics")
    if metrics is not None:
        out["metrics"] = [_metrics(Fields(metrics.children, host))]
    if len(hops) > 1:
        out["nexthops"] = hops
    put(out, ("pref", of.words("pref")))
    known = host.next_hops.get(of("nh-id") or 0)
    if known is not None:
        out["nh_info"] = next_hop(known, host)
    return out


_OF_ONE: Final = ("encap", "gateway", "via", "dev")


def _hop_flags(flags: list[str], dev: str | None, host: Host) -> list[str]:
    """The flags of a hop, with what its interface is by now."""
    there = {flag for flag in flags if flag in _HOP_FLAGS}
    if dev in host.idle:
        there.add("linkdown")
    elif dev in host.names.values():
        there.discard("linkdown")
    return [flag for flag in _HOP_FLAGS if flag in there]


def _hop(out: Object, of: Fields) -> None:
    """How a route or hop goes on: encapsulation, gateway, interface."""
    kind = of.words("encap-type")
    if kind is not None:
        out["encap"] = kind
        for name, value in (plain(of.node("encap")) or {}).items():
            out[name if name != "dst" else "encap_dst"] = value
    put(out, ("gateway", of("gateway")))
    via = of.node("via")
    if via is not None:
        inner = Fields(via.children, of.host)
        address = inner("address") or inner("addr")
        shown = {"family": inner.words("family"), "host": address} if address else plain_value(via)
        out["via"] = shown
    put(out, ("dev", of.index("oif")))
    realms = of("flow")
    if realms:
        ends = {"from": realms >> 16, "to": realms & 0xFFFF}
        out["flow"] = {end: str(realm) for end, realm in ends.items() if realm or end == "to"}


def _hop_of_several(of: Fields) -> Object:
    out: Object = {}
    _hop(out, of)
    put(out, ("dev", of.index("rtnexthop.rtnh-ifindex")))
    out["weight"] = (of("rtnexthop.rtnh-hops") or 0) + 1
    out["flags"] = _hop_flags(of.flags("rtnexthop.rtnh-flags"), out.get("dev"), of.host)
    return out


def _hops_by_id(of: Fields, host: Host) -> list[Object] | None:
    """The hops of a route that names a next hop, as that is by now; None where it is not known."""
    known = host.next_hops.get(of("nh-id") or 0)
    if known is None:
        return None
    info = next_hop(known, host)
    group = info.get("group")
    if group is None:
        return [{**info, "weight": 1}]
    out: list[Object] = []
    for member in group:
        message = host.next_hops.get(member["id"])
        if message is None:
            return None
        one = next_hop(message, host)
        hop: Object = {key: one[key] for key in _OF_ONE if key in one}
        hop["weight"], hop["flags"] = member.get("weight", 1), one["flags"]
        out.append(hop)
    return out


def next_hop(message: Message, host: Host) -> Object:
    """`ip -j -d nexthop`."""
    of = Fields(message.nodes, host)
    out: Object = {"id": of("id")}
    members = of.inside("group")
    if members:
        out["group"] = [_member(member) for member in members]
    if of.words("group-type") == "res":
        out["type"] = "resilient"
        inside = of.node("res-group")
        if inside is not None:
            args = Fields(inside.children, host)
            out["resilient_args"] = {"buckets": args("buckets")}
            for name in ("idle-timer", "unbalanced-timer"):
                found = args(name)
                put(out["resilient_args"], (name.replace("-", "_"), found and found // 100))
    _hop(out, of)
    out["scope"] = scope(of.words("nh-scope"))
    if of.node("blackhole") is not None:
        out["blackhole"] = None
    out["protocol"] = of.words("nh-protocol")
    out["flags"] = _hop_flags(of.flags("nh-flags"), out.get("dev"), host)
    if of.node("fdb") is not None:
        out["fdb"] = None
    return out


def _member(of: Fields) -> Object:
    """An entry of a group, whose weight is told less one, and left out where it is one."""
    weight = (of("weight") or 0) + ((of("weight-high") or 0) << 8) + 1
    return {"id": of("id"), "weight": weight} if weight > 1 else {"id": of("id")}


def _metrics(of: Fields) -> Object:
    out: Object = {}
    for name, value in of.everything().items():
        if name == "lock":
            continue
        if name == "features":
            out |= dict.fromkeys(str(value).split("|"))
            continue
        divisor = _PARTS.get(name, 1)
        out[_METRICS.get(name.replace("_", "-"), name)] = (
            value // divisor if isinstance(value, int) else value
        )
    return out


def rule(message: Message, host: Host) -> Object:
    """`ip -j -d rule`."""
    of = Fields(message.nodes, host)
    flags = of.flags("fib-rule-hdr.flags")
    out: Object = {"priority": of("priority") or 0}
    if "invert" in flags:
        out["not"] = None
    _select_addresses(out, of)
    _select_mark(out, of)
    for name, detached in (("iifname", "iif-detached"), ("oifname", "oif-detached")):
        found = of(name)
        if found is not None:
            out[name[:3]] = found
            if detached in flags:
                out[f"{name[:3]}_detached"] = None
    if of("l3mdev"):
        out["l3mdev"] = None
    put(out, *_range("uid", of("uid-range"), always=True), ("ipproto", _ip_protocol(of)))
    for name in ("sport", "dport"):
        put(out, *_range(name, of(f"{name}-range")))
    put(out, ("tun_id", of("tun-id") or None))
    _then(out, of)
    put(out, ("protocol", of.words("protocol")))
    return out


_NAT: Final = "10"  # RTN_NAT (linux/rtnetlink.h), which FR_ACT_* has no name for


def _select_addresses(out: Object, of: Fields) -> None:
    longest = 128 if of.words("family") == "inet6" else 32
    for name in ("src", "dst"):
        found, bits = of(name), of(f"{name}-len") or 0
        if found is not None:
            out[name] = found
            if bits != longest:
                out[f"{name}len"] = bits
        elif name == "src":
            out["src"] = "all"
    tos = of("fib-rule-hdr.tos")
    if tos:
        out["tos"] = f"{tos:#x}"


def _select_mark(out: Object, of: Fields) -> None:
    mark, mask = of("fwmark"), of("fwmask")
    if mark is None and mask in (None, FOREVER):
        return
    out["fwmark"] = f"{mark or 0:#x}"
    if mask not in (None, FOREVER):
        out["fwmask"] = f"{mask:#x}"


def _range(name: str, value: Any, always: bool = False) -> tuple[tuple[str, Any], ...]:
    """First and last of a range; `always` also where these are the same."""
    if not isinstance(value, dict) or not {"start", "end"} <= value.keys():
        return ()
    first, last = value["start"], value["end"]
    if first == last and not always:
        return ((name, first),)
    return ((f"{name}_start", first), (f"{name}_end", last))


def _then(out: Object, of: Fields) -> None:
    """What a rule does with what it selects."""
    action = of.words("action")
    table = of.words("table") or of.words("fib-rule-hdr.table")
    if table not in (None, "unspec", "0") and not of("l3mdev"):
        out["table"] = table
    for name in ("suppress-prefixlen", "suppress-ifgroup"):
        found = of(name)
        if found is not None and found != FOREVER:
            out[name.replace("-", "_")] = found if name.endswith("len") else str(found)
    if action == "goto":
        out["goto"] = of("goto")
    elif action == "nop":
        out["nop"] = None
    elif action == _NAT:
        out["masquerade"] = None
    elif action not in ("to_tbl", None):
        out["action"] = action
    flow = of("flow")
    if flow:
        out |= {"flow_from": str(flow >> 16)} if flow >> 16 else {}
        out["flow_to"] = str(flow & 0xFFFF)


def _ip_protocol(of: Fields) -> str | None:
    found = of.node("ip-proto")
    return None if found is None else found.words(False) or str(found.value)
