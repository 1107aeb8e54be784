"""VLANs of bridges in one line, in the words of bridge(8)."""

from __future__ import annotations

from nldissect.dissect import Node
from nldissect.summary import Lookup, node_text

# Flags of struct bridge_vlan_info: those that bridge(8) names, and the other VLAN's mark.
FLAGS = ((0x02, "PVID"), (0x04, "untagged"))


def vlans(first: object, last: Node | None) -> str:
    """`vid 20` or `vid 20-25`."""
    return f"vid {first}-{last.value}" if last is not None else f"vid {first}"


def entry(node: Node) -> list[str]:
    """The VLANs of one BRIDGE_VLANDB_ENTRY, with what was said about them."""
    told = {child.name: child for child in node.children}
    vid, flags = node.find("info.vid"), node.find("info.flags")
    out = [vlans(vid.value if vid is not None else "?", told.get("range"))]
    if flags is not None:
        out += [text for bit, text in FLAGS if flags.value & bit]
    tunnel = told.get("tunnel-info")
    number = tunnel.find("id") if tunnel is not None else None
    if number is not None:
        out.append(f"tunnel_info id {number.value}")
    for name in "state", "mcast-router", "mcast-max-groups", "neigh-suppress", "neigh-forward-grat":
        if name in told and (told[name].value or node.message.to_kernel):
            out.append(f"{name.replace('-', '_')} {node_text(told[name])}")
    return out


def options(node: Node) -> list[str]:
    """The VLANs of one BRIDGE_VLANDB_GLOBAL_OPTIONS; from a request also what it sets."""
    told = {child.name: child for child in node.children}
    first = told.pop("id", None)
    out = ["global", vlans(first.value if first is not None else "?", told.pop("range", None))]
    if not node.message.to_kernel:
        shown = ("mcast-snooping", "mcast-querier", "msti")
        told = {name: child for name, child in told.items() if name in shown and child.value}
    return out + [f"{name.replace('-', '_')} {node_text(child)}" for name, child in told.items()]


def summary(seen: Lookup) -> str:
    out = seen.words(("dev", "ifindex"))
    for node in seen.message.nodes:
        if node.name == "entry":
            out += entry(node)
        elif node.name == "global-options":
            out += options(node)
    return " ".join(out)


SUMMARIES = {"newvlan": summary, "delvlan": summary}
