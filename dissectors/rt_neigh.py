"""Neighbours and forwarding entries in one line, as ip-neighbour(8) and bridge(8) show them."""

from __future__ import annotations

from nldissect.hooks import Lookup

AF_BRIDGE = 7


def summary(seen: Lookup) -> str:
    bridge = seen.value("ndm-family") == AF_BRIDGE
    if bridge:
        out = seen.words(("", "lladdr"), ("dev", "ndm-ifindex"), ("dst", "dst"))
    else:
        out = seen.words(("", "dst"), ("dev", "ndm-ifindex"), ("lladdr", "lladdr"))
    out += seen.words(
        ("vlan", "vlan"), ("vni", "vni"), ("port", "port"), ("via", "NDA_IFINDEX"),
        ("nhid", "nh-id"), ("master", "master"),
    )  # fmt: skip
    flags = seen.node("ndm-flags")
    if flags is not None and flags.value and flags.label:
        out += flags.label.split("|")
    state = seen.node("ndm-state")
    if state is not None and state.value:
        label = state.label or str(state.value)
        out.append(label if bridge else label.upper())
    return " ".join(out)


SUMMARIES = {"newneigh": summary, "delneigh": summary, "getneigh": summary}
