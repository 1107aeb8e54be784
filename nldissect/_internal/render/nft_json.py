"""What nftables has, as `nft -j list ruleset` writes it: tables, chains, sets, objects, flowtables.

Left out are the elements of sets. A rule is a text, as `nft list ruleset` writes it: what its
expressions are in JSON (a tree that nft makes of registers) cannot be told from them alone.
"""

from __future__ import annotations

from typing import Any, Final

from ..engine.message import Message
from ..engine.node import Node
from ..engine.summary import summarize
from .ip_fields import Fields, Host, Object, ordered, put

KINDS: Final = ("nft-table", "nft-chain", "nft-set", "nft-obj", "nft-flowtable", "nft-rule")
_OBJECTS: Final = {
    "ct-helper": "ct helper", "ct-timeout": "ct timeout", "ct-expect": "ct expectation",
}  # fmt: skip
_PER: Final = {1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}
_UNITS: Final = ((1 << 20, "mbytes"), (1 << 10, "kbytes"), (1, "bytes"))


def entry(kind: str, message: Message, host: Host) -> Object:
    """An entry of the list: its kind in nft's words, and what it is."""
    of = Fields(message.nodes, host)
    out: Object = {"family": of.words("nfgen-family")}
    if kind == "nft-rule":
        put(out, ("table", of("table")), ("chain", of("chain")), ("handle", of("handle")))
        out["text"] = summarize(message)
        return {"rule": out}
    if kind in ("nft-chain", "nft-set", "nft-obj", "nft-flowtable"):
        out["table"] = of("table")
    put(out, ("name", of("name")), ("handle", of("handle")), ("comment", _declared(of, "comment")))
    if kind == "nft-table":
        put(out, ("flags", [flag for flag in of.flags("flags") if flag != "owner"] or None))
        return {"table": out}
    if kind == "nft-chain":
        return {"chain": out | _chain(of)}
    if kind == "nft-flowtable":
        return {"flowtable": out | _hook(of, "num")}
    if kind == "nft-set":
        return {
            "map" if "map" in of.flags("flags") or "object" in of.flags("flags") else "set": out
            | _set(of)
        }
    word = of.words("type") or "object"
    name = _OBJECTS.get(word.replace("_", "-"), word)
    return {name: out | _object(name, of)}


def _declared(of: Fields, name: str) -> Any:
    """What nft put into the user data of an object."""
    found = of.node("userdata")
    for each in [] if found is None else found.walk():
        if each.name == name and not each.children and not isinstance(each.value, bytes):
            return each.value
    return None


def _chain(of: Fields) -> Object:
    out: Object = {}
    if of("type") is not None:
        out["type"] = of("type")
        out |= _hook(of, "hooknum")
        put(out, ("policy", of.words("policy")))
    return out


def _hook(of: Fields, number: str) -> Object:
    out: Object = {}
    word = (of.words(f"hook.{number}") or "").replace("_", "-")
    if of.words("nfgen-family") == "netdev":  # whose hooks have numbers of their own
        word = _NETDEV_HOOKS.get(of(f"hook.{number}"), word)
    put(out, ("hook", _HOOKS.get(word, word) or None))
    put(out, ("prio", of("hook.priority")))
    listed = of.node("hook.devs")
    names = [] if listed is None else [_device(each) for each in listed.children]
    single = of("hook.dev")
    names = names if single is None else [single]
    if names:
        out["dev"] = names[0] if len(names) == 1 else sorted(names)
    return out


_HOOKS: Final = {
    "pre-routing": "prerouting", "local-in": "input", "local-out": "output",
    "post-routing": "postrouting",
}  # fmt: skip
_NETDEV_HOOKS: Final = {0: "ingress", 1: "egress"}


def _device(node: Node) -> str:
    """The name of an interface, or what begins the names of several."""
    return f"{node.value}*" if node.name == "prefix" else str(node.value)


def _set(of: Fields) -> Object:
    flags = of.flags("flags")
    out: Object = {}
    put(out, ("type", _type(of, "key-type")))
    if "map" in flags:
        put(out, ("map", _type(of, "data-type")))
    elif "object" in flags:
        put(out, ("map", (of.words("obj-type") or "").replace("_", " ") or None))
    put(out, ("policy", "memory" if of.words("policy") == "memory" else None))
    if of("desc.size") is not None:
        put(out, ("size", of("desc.size")), ("count", of("count")))
    shown = [{"eval": "dynamic"}.get(flag, flag) for flag in flags]
    shown = [flag for flag in _SET_FLAGS if flag in shown]
    put(out, ("flags", shown or None))
    timeout, interval = of("timeout"), of("gc-interval")
    put(out, ("timeout", timeout // 1000 if timeout else None))
    put(out, ("gc-interval", interval // 1000 if interval else None))
    if _declared(of, "merge-elements"):
        out["auto-merge"] = True
    return out


_SET_FLAGS: Final = ("constant", "interval", "timeout", "dynamic")


def _type(of: Fields, path: str) -> Any:
    found = of.node(path)
    words = "" if found is None else found.words(False) or ""
    parts = words.split(" . ")
    return parts if len(parts) > 1 else words or None


def _object(name: str, of: Fields) -> Object:
    """What an object of some kinds holds; counters run on, and are left out."""
    data = of.node("data")
    inner = Fields([] if data is None else data.children, of.host)
    out: Object = {}
    if name == "quota":
        out["bytes"] = inner("bytes")
        put(out, ("inv", True if "inv" in inner.flags("flags") else None))
    elif name == "limit":
        out |= _limit(inner)
    elif name == "ct helper":
        put(out, ("type", inner("name")), ("protocol", inner.words("l4proto")))
        put(out, ("l3proto", _family(inner.words("l3proto"))))
    elif name == "ct expectation":
        put(out, ("protocol", inner.words("l4proto")), ("dport", inner("dport")))
        put(out, ("timeout", inner("timeout")), ("size", inner("size")))
        put(out, ("l3proto", _family(inner.words("l3proto"))))
    elif name == "ct timeout":
        put(out, ("protocol", inner.words("l4proto")), ("l3proto", _family(inner.words("l3proto"))))
    elif name == "synproxy":
        put(out, ("mss", inner("mss")), ("wscale", inner("wscale")))
        put(out, ("flags", ordered(inner.flags("flags"), _SYNPROXY) or None))
    return out


_SYNPROXY: Final = ("timestamp", "sack-perm")


def _family(word: str | None) -> str | None:
    return None if word is None else {"ipv4": "ip", "inet": "ip", "ipv6": "ip6"}.get(word, word)


def _limit(of: Fields) -> Object:
    of_bytes = (of.words("type") or "").endswith("bytes")
    rate, burst = of("rate") or 0, of("burst") or 0
    out: Object = {"rate": rate}
    if of_bytes:
        size, unit = next(pair for pair in _UNITS if rate % pair[0] == 0)
        out["rate"] = rate // size
    out["per"] = _PER.get(of("unit") or 1, "second")
    if "inv" in of.flags("flags"):
        out["inv"] = True
    if of_bytes:
        out["rate_unit"] = unit
        size, unit = next(pair for pair in _UNITS if burst % pair[0] == 0)
        out |= {"burst": burst // size, "burst_unit": unit} if burst else {}
    else:
        out["burst"] = burst
    return out
