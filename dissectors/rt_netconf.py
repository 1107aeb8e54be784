"""Interface settings in one line, as `ip netconf` shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nldissect.hooks import Lookup, Message

SPECIAL = {-1: "all", -2: "default"}  # NETCONFA_IFINDEX_ALL, _DEFAULT (linux/netconf.h)
SETTINGS = (
    "forwarding", "rp-filter", "mc-forwarding", "proxy-neigh", "ignore-routes-with-linkdown",
    "input", "bc-forwarding", "force-forwarding",
)  # fmt: skip


def ifindex(value: int, message: Message, get: Callable[[str], Any]) -> str | None:
    """The negative indices, which mean no interface."""
    return SPECIAL.get(value)


HOOKS = {"ifindex": ifindex}


def summary(lookup: Lookup) -> str:
    """`inet dev eth0 forwarding on rp_filter off`."""
    out = [lookup.text("ncm-family")] if lookup.value("ncm-family") else []
    out += lookup.words(("dev", "ifindex"))
    for name in SETTINGS:
        found = lookup.at(name)
        if found is not None:
            value = found.value
            shown = found.label or {0: "off", 1: "on"}.get(value, str(value))
            out.append(f"{name.replace('-', '_')} {shown}")
    return " ".join(out)


SUMMARIES = {"newnetconf": summary, "delnetconf": summary, "getnetconf": summary}
