"""VNI filters in one line, as `bridge vni` takes them."""

from __future__ import annotations

from nldissect.hooks import Lookup

SHOWN = 4  # entries in one line, of the many that an answer may hold


def summary(lookup: Lookup) -> str:
    """`dev vxlan0 vni 10-20 group 239.1.1.1`."""
    out = lookup.words(("dev", "ifindex")) if lookup.value("ifindex") else []
    listed = [n for n in lookup.pieces if n.name == "entry"]
    for node in listed[:SHOWN]:
        texts = {child.name: child.text for child in node.children}
        start, end = texts.get("start", ""), texts.get("end", "")
        out.append(f"vni {start}-{end}" if end and end != start else f"vni {start or end}")
        for name in ("group", "group6"):
            if name in texts:
                out.append(f"{name} {texts[name]}")
    out.append(lookup.more(listed, SHOWN))
    return " ".join(filter(None, out))


SUMMARIES = {"newtunnel": summary, "deltunnel": summary, "gettunnel": summary}
