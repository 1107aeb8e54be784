"""Interfaces as nl_util tells of them, in one line."""

from __future__ import annotations

from nldissect.hooks import Lookup, Node, constant_text, flags_text, node_text


def interface(netdev: Node) -> list[str]:
    """`apple0 <UP,BROADCAST> mtu 1500 state UP qlen 1000 mac f2:6a:b8:8a:b9:f8`."""
    fields = {node.name: node for node in netdev.children}
    out = []
    if "ifname" in fields:
        out.append(node_text(fields["ifname"]))
    elif "ifindex" in fields:
        out.append(f"dev {node_text(fields['ifindex'])}")
    if "flags" in fields:
        out.append(flags_text(fields["flags"]))
    if "ifmtu" in fields:
        out.append(f"mtu {node_text(fields['ifmtu'])}")
    if "state" in fields:
        out.append(f"state {constant_text(fields['state'])}")
    for word, name in (("qlen", "qlen"), ("mac", "ifmac")):
        if name in fields:
            out.append(f"{word} {node_text(fields[name])}")
    return out


def summary(lookup: Lookup) -> str:
    """One interface in full, several by their names."""
    found = [interface(node) for node in lookup.message.nodes if node.name == "netdev"]
    if len(found) == 1:
        return " ".join(found[0])
    return ", ".join(words[0] for words in found if words)


SUMMARIES = {"l2-list": summary, "l2-iid": summary}
