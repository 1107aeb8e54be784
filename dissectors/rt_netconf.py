"""Interface settings in one line, as `ip netconf` shows them."""

from __future__ import annotations

from nldissect.hooks import Lookup, Node

SPECIAL = {-1: "all", -2: "default"}  # NETCONFA_IFINDEX_ALL, _DEFAULT (linux/netconf.h)
SETTINGS = (
    "forwarding", "rp-filter", "mc-forwarding", "proxy-neigh", "ignore-routes-with-linkdown",
    "input", "bc-forwarding", "force-forwarding",
)  # fmt: skip


def ifindex(node: Node) -> bool:
    """The negative indices, which mean no interface."""
    raw = node.bytes
    value = int.from_bytes(raw, "big" if node.message.big else "little", signed=True)
    if len(raw) != 4 or value not in SPECIAL:
        return False
    node.set_value("s32", value, SPECIAL[value])
    return True


HOOKS = {"ifindex": ifindex}


def summary(seen: Lookup) -> str:
    out = [seen.text("ncm-family")] if seen.value("ncm-family") else []
    out += seen.words(("dev", "ifindex"))
    for name in SETTINGS:
        found = seen.at(name)
        if found is not None:
            value = found.value
            shown = found.label or {0: "off", 1: "on"}.get(value, str(value))
            out.append(f"{name.replace('-', '_')} {shown}")
    return " ".join(out)


SUMMARIES = {"newnetconf": summary, "delnetconf": summary, "getnetconf": summary}
