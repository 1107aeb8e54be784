"""Policies in one line."""

from __future__ import annotations

from nldissect.hooks import Lookup, Piece


def limits(attribute: Piece) -> str:
    """`u32 0..255`, `binary 16 bytes`, `nest policy 2`."""
    out = [n.text for n in attribute.children if n.name == "type"]
    known = {n.name: n.value for n in attribute.children}
    for low, high in (("min-value-u", "max-value-u"), ("min-value-s", "max-value-s")):
        if low in known and high in known:
            out.append(f"{known[low]}..{known[high]}")
    if "max-length" in known:
        least, most = known.get("min-length", 0), known["max-length"]
        out.append(f"{most} bytes" if least == most else f"{least}..{most} bytes")
    if "policy-idx" in known:
        out.append(f"policy {known['policy-idx']}")
    for name in ("mask", "bitfield32-mask"):
        if name in known:
            out.append(f"mask {known[name]:#x}")
    return " ".join(out)


def getpolicy(lookup: Lookup) -> str:
    """`tcp_metrics policy 0 attr 1 u32 0..255`, `tcp_metrics op 1 do policy 0`."""
    out = [lookup.text("family-name") or lookup.text("family-id")]
    out += lookup.words(("op", "op"))
    table, operations = lookup.at("policy"), lookup.at("op-policy")
    for index in table.children if table is not None else ():
        for attribute in index.children:
            out.append(f"policy {index.name} attr {attribute.name} {limits(attribute)}")
    for operation in operations.children if operations is not None else ():
        modes = [f"{n.name} policy {n.value}" for n in operation.children]
        out.append(f"op {operation.name} {', '.join(modes)}")
    return " ".join(out)


SUMMARIES = {"getpolicy": getpolicy}
