"""VLANs of bridges in one line, in the words of bridge(8)."""

from __future__ import annotations

from nldissect.hooks import Lookup, Piece

SHOWN = 4  # VLANs and ranges in one line, of the many that an answer may hold
# Flags of struct bridge_vlan_info that bridge(8) names.
FLAGS = ((0x02, "PVID"), (0x04, "untagged"))
# Options of a VLAN with what they are when nobody set them.
OPTIONS = {
    "state": 3, "mcast-router": 1, "mcast-max-groups": 0, "neigh-suppress": 0,
    "neigh-forward-grat": 0,
}  # fmt: skip


def vlans(first: object, last: Piece | None) -> str:
    """`vid 20` or `vid 20-25`."""
    return f"vid {first}-{last.value}" if last is not None else f"vid {first}"


def entry(node: Piece, asked: bool) -> list[str]:
    """The VLANs of one BRIDGE_VLANDB_ENTRY, with what was said about them."""
    nodes = {child.name: child for child in node.children}
    vid, flags, last = node.find("info.vid"), node.find("info.flags"), nodes.get("range")
    out = [vlans(vid.value if vid is not None else "?", last)]
    if flags is not None:
        out += [text for bit, text in FLAGS if flags.value & bit]
    tunnel = nodes.get("tunnel-info")
    number = tunnel.find("id") if tunnel is not None else None
    if number is not None:
        end = ""
        if last is not None and vid is not None:  # each VLAN has the next tunnel
            end = f"-{number.value + last.value - vid.value}"
        out.append(f"tunnel_info id {number.value}{end}")
    for name, usual in OPTIONS.items():
        if name in nodes and (nodes[name].value != usual or asked):
            out.append(f"{name.replace('-', '_')} {nodes[name].text}")
    return out


def options(node: Piece, asked: bool) -> list[str]:
    """The VLANs of one BRIDGE_VLANDB_GLOBAL_OPTIONS; from a request also what it sets."""
    nodes = {child.name: child for child in node.children}
    first = nodes.pop("id", None)
    out = ["global", vlans(first.value if first is not None else "?", nodes.pop("range", None))]
    if not asked:
        shown = ("mcast-snooping", "mcast-querier", "msti")
        nodes = {name: child for name, child in nodes.items() if name in shown and child.value}
    return out + [f"{name.replace('-', '_')} {child.text}" for name, child in nodes.items()]


def summary(lookup: Lookup) -> str:
    """The interface with its VLANs, ranges of them and global options."""
    out = lookup.words(("dev", "ifindex"))
    asked = lookup.message.to_kernel
    listed = [n for n in lookup.pieces if n.name in ("entry", "global-options")]
    for node in listed[:SHOWN]:
        out += entry(node, asked) if node.name == "entry" else options(node, asked)
    out.append(lookup.more(listed, SHOWN))
    return " ".join(filter(None, out))


SUMMARIES = {"newvlan": summary, "delvlan": summary}
