"""Routes and rules as `ip -j -d route` and `ip -j -d rule` write them; see `ip_json`."""

from __future__ import annotations

from typing import Any, Final

from ..engine.message import Message
from ..engine.node import plain_value
from .ip_fields import FOREVER, Fields, Object, flags_of, plain, put, scope

_HOP_FLAGS: Final = (
    (1, "dead"), (2, "pervasive"), (4, "onlink"), (8, "offload"), (16, "linkdown"),
    (32, "unresolved"), (64, "trap"),
)  # fmt: skip
_ROUTE_FLAGS: Final = (
    (0x4000, "rt_offload"),
    (0x8000, "rt_trap"),
    (0x20000000, "rt_offload_failed"),
)


def _prefix(of: Fields, what: str, length: str, longest: int) -> str | None:
    """An address with its length, which ip leaves out where it is the whole address."""
    found, bits = of(what), of(length) or 0
    if found is None:
        return f"0/{bits}" if bits else None
    return str(found) if bits == longest else f"{found}/{bits}"


def route(message: Message) -> Object:
    """`ip -j -d route`."""
    of = Fields(message.nodes)
    longest = {"inet": 32, "inet6": 128, "mpls": 20}.get(of.words("rtm-family") or "", 0)
    kind = of.words("rtm-type")
    out: Object = {"type": kind, "dst": _prefix(of, "dst", "rtm-dst-len", longest) or "default"}
    put(out, ("from", _prefix(of, "src", "rtm-src-len", longest)), ("nhid", of("nh-id")))
    tos = of("rtm-tos")
    if tos:
        out["tos"] = f"{tos:#x}"
    _hop(out, of)
    table = of.words("table") or of.words("rtm-table")
    put(out, ("table", table), ("protocol", of.words("rtm-protocol")))
    put(out, ("scope", scope(of.words("rtm-scope"))), ("prefsrc", of("prefsrc")))
    put(out, ("metric", of("priority")))
    flags = of("rtm-flags") or 0
    out["flags"] = flags_of(flags, _HOP_FLAGS) + flags_of(flags, _ROUTE_FLAGS)
    metrics = of.node("metrics")
    if metrics is not None:
        out["metrics"] = [plain(metrics)]
    hops = of.node("multipath")
    if hops is not None:
        out["nexthops"] = [_next_hop(Fields(one.children)) for one in hops.children]
    put(out, ("pref", of.words("pref")))
    return out


def _hop(out: Object, of: Fields) -> None:
    """How a route or hop goes on: encapsulation, gateway, interface."""
    put(out, ("encap", of.words("encap-type")), ("gateway", of("gateway")))
    via = of.node("via")
    if via is not None:
        inner = Fields(via.children)
        host = inner("address") or inner("addr")
        out["via"] = {"family": inner.words("family"), "host": host} if host else plain_value(via)
    put(out, ("dev", of.index("oif")))


def _next_hop(of: Fields) -> Object:
    out: Object = {}
    _hop(out, of)
    flags = of("rtnexthop.rtnh-flags") or 0
    put(out, ("dev", of.index("rtnexthop.rtnh-ifindex")))
    out["weight"] = (of("rtnexthop.rtnh-hops") or 0) + 1
    out["flags"] = flags_of(flags, _HOP_FLAGS)
    return out


def rule(message: Message) -> Object:
    """`ip -j -d rule`."""
    of = Fields(message.nodes)
    flags = of("fib-rule-hdr.flags") or 0
    out: Object = {"priority": of("priority") or 0}
    if flags & _INVERT:
        out["not"] = None
    _select_addresses(out, of)
    _select_mark(out, of)
    for name, detached in (("iifname", _IIF_DETACHED), ("oifname", _OIF_DETACHED)):
        found = of(name)
        if found is not None:
            out[name[:3]] = found
            if flags & detached:
                out[f"{name[:3]}_detached"] = None
    if of("l3mdev"):
        out["l3mdev"] = None
    put(out, *_range("uid", of("uid-range"), always=True), ("ipproto", _ip_protocol(of)))
    for name in ("sport", "dport"):
        put(out, *_range(name, of(f"{name}-range")))
    put(out, ("tun_id", of("tun-id") or None))
    _then(out, of, message)
    put(out, ("protocol", of.words("protocol")))
    return out


# linux/fib_rules.h
_NAT = "10"  # RTN_NAT (linux/rtnetlink.h), which FR_ACT_* has no name for
_INVERT, _IIF_DETACHED, _OIF_DETACHED = 0x2, 0x8, 0x10


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
    if value is None:
        return ()
    first, last = value["start"], value["end"]
    if first == last and not always:
        return ((name, first),)
    return ((f"{name}_start", first), (f"{name}_end", last))


def _then(out: Object, of: Fields, message: Message) -> None:
    """What a rule does with what it selects."""
    action = of.words("action")
    table = _table(message)
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


def _table(message: Message) -> str | None:
    """The table of a rule: that of the attribute, which is wider, else that of the header."""
    found = [node for node in message.nodes if node.name == "table"]
    if found:
        return found[-1].words(False) or str(found[-1].value)
    return Fields(message.nodes).words("fib-rule-hdr.table")


def _ip_protocol(of: Fields) -> str | None:
    found = of.node("ip-proto")
    return None if found is None else found.words(False) or str(found.value)
