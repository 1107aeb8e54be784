"""Routing rules in one line, in the manner of ip-rule(8)."""

from __future__ import annotations

from nldissect.hooks import Lookup

FR_ACT_TO_TBL, FR_ACT_GOTO = 1, 2
FIB_RULE_INVERT = 2


def summary(seen: Lookup) -> str:
    out = []
    priority = seen.text("priority")
    if priority:
        out.append(f"{priority}:")
    if (seen.value("flags") or 0) & FIB_RULE_INVERT:
        out.append("not")
    source = seen.text("src")
    out.append(f"from {source}/{seen.value('src-len')}" if source else "from all")
    if seen.text("dst"):
        out.append(f"to {seen.text('dst')}/{seen.value('dst-len')}")
    if seen.value("tos"):
        out.append(f"tos {seen.value('tos'):#x}")
    mark = seen.value("fwmark")
    if isinstance(mark, int) and mark:
        mask = seen.value("fwmask")
        full = mask is None or mask == 0xFFFFFFFF
        out.append(f"fwmark {mark:#x}" if full else f"fwmark {mark:#x}/{mask:#x}")
    out += seen.words(("iif", "iifname"), ("oif", "oifname"), ("ipproto", "ip-proto"))
    for word in ("uidrange", "sport", "dport"):
        node = seen.node("uid-range" if word == "uidrange" else f"{word}-range")
        ends = [str(c.value) for c in node.children] if node is not None else []
        if len(ends) == 2:
            one = ends[0] == ends[1] and word != "uidrange"
            out.append(f"{word} {ends[0]}" if one else f"{word} {'-'.join(ends)}")
    if seen.value("l3mdev"):
        out.append("lookup [l3mdev-table]")
    elif seen.value("action") == FR_ACT_TO_TBL:
        out.append(f"lookup {seen.text('FRA_TABLE') or seen.text('table')}")
    elif seen.value("action") == FR_ACT_GOTO:
        out.append(f"goto {seen.text('goto')}")
    elif seen.value("action"):
        out.append(seen.text("action"))
    length = seen.value("suppress-prefixlen")
    if isinstance(length, int) and length != 0xFFFFFFFF and length >= 0:
        out.append(f"suppress_prefixlength {length}")
    protocol = seen.value("protocol")
    if protocol:
        out.append(f"proto {seen.text('protocol')}")
    return " ".join(out)


def asked(seen: Lookup) -> str:
    return summary(seen) if seen.node("priority") is not None else ""


SUMMARIES = {"newrule": summary, "delrule": summary, "getrule": asked}
