"""Routing rules in one line, in the manner of ip-rule(8)."""

from __future__ import annotations

from nldissect.hooks import Lookup

FR_ACT_TO_TBL, FR_ACT_GOTO = 1, 2
FIB_RULE_INVERT = 2
RANGES = (("uidrange", "uid-range"), ("sport", "sport-range"), ("dport", "dport-range"))


def summary(seen: Lookup) -> str:
    out = []
    priority = seen.text("priority")
    if priority:
        out.append(f"{priority}:")
    if (seen.value("flags") or 0) & FIB_RULE_INVERT:
        out.append("not")
    source = seen.text("src")
    out.append(f"from {source}/{seen.value('src-len')}" if source else "from all")
    target = seen.text("dst")
    if target:
        out.append(f"to {target}/{seen.value('dst-len')}")
    tos = seen.value("tos")
    if tos:
        out.append(f"tos {tos:#x}")
    mark = seen.value("fwmark")
    if isinstance(mark, int) and mark:
        mask = seen.value("fwmask")
        full = mask is None or mask == 0xFFFFFFFF
        out.append(f"fwmark {mark:#x}" if full else f"fwmark {mark:#x}/{mask:#x}")
    seen.put(out, "iif", "iifname")
    seen.put(out, "oif", "oifname")
    seen.put(out, "ipproto", "ip-proto")
    for word, path in RANGES:
        found = seen.at(path)
        ends = [str(end.value) for end in found.children] if found is not None else []
        if len(ends) == 2:
            one = ends[0] == ends[1] and word != "uidrange"
            out.append(f"{word} {ends[0]}" if one else f"{word} {'-'.join(ends)}")
    action = seen.value("action")
    if seen.value("l3mdev"):
        out.append("lookup [l3mdev-table]")
    elif action == FR_ACT_TO_TBL:
        out.append(f"lookup {seen.text('FRA_TABLE') or seen.text('table')}")
    elif action == FR_ACT_GOTO:
        out.append(f"goto {seen.text('goto')}")
    elif action:
        out.append(seen.text("action"))
    length = seen.value("suppress-prefixlen")
    if isinstance(length, int) and length != 0xFFFFFFFF and length >= 0:
        out.append(f"suppress_prefixlength {length}")
    seen.put(out, "proto", "protocol", zero=False)
    return " ".join(out)


def asked(seen: Lookup) -> str:
    return summary(seen) if seen.has("priority") else ""


SUMMARIES = {"newrule": summary, "delrule": summary, "getrule": asked}
