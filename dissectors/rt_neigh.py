"""Neighbours and forwarding entries in one line, as ip-neighbour(8) and bridge(8) show them."""

from __future__ import annotations

from nldissect.hooks import Lookup

AF_BRIDGE = 7


def summary(seen: Lookup) -> str:
    out: list[str] = []
    bridge = seen.value("ndm-family") == AF_BRIDGE
    seen.put(out, "", "lladdr" if bridge else "dst")
    seen.put(out, "dev", "ndm-ifindex")
    if bridge:
        seen.put(out, "dst", "dst")
    else:
        seen.put(out, "lladdr", "lladdr")
    seen.put(out, "vlan", "vlan")
    seen.put(out, "vni", "vni")
    seen.put(out, "port", "port")
    seen.put(out, "via", "NDA_IFINDEX")
    seen.put(out, "nhid", "nh-id")
    seen.put(out, "master", "master")
    if seen.value("ndm-flags"):
        flags = seen.label("ndm-flags")
        if flags:
            out += flags.split("|")
    if seen.value("ndm-state"):
        label = seen.text("ndm-state")
        out.append(label if bridge else label.upper())
    return " ".join(out)


SUMMARIES = {"newneigh": summary, "delneigh": summary, "getneigh": summary}
