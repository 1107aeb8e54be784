"""Policies in one line, and where they differ from the dissector of their family."""

from __future__ import annotations

from nldissect.hooks import WARNING, Lookup, Node, Piece


def policy_type(node: Node) -> bool:
    """NL_POLICY_TYPE_ATTR_TYPE: compared with what the family's dissector says of the attribute."""
    attribute = node.parent
    index = attribute.parent if attribute is not None else None
    if attribute is not None and index is not None:
        differences = node.message.context.policy_differences(node.message)
        text = differences.get((index.field.number, attribute.field.number))
        if text is not None:
            node.diagnose("policy-differs", WARNING, text)
    return False


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


def getpolicy(seen: Lookup) -> str:
    out = [seen.text("family-name") or seen.text("family-id")]
    out += seen.words(("op", "op"))
    table, operations = seen.at("policy"), seen.at("op-policy")
    for index in table.children if table is not None else ():
        for attribute in index.children:
            out.append(f"policy {index.name} attr {attribute.name} {limits(attribute)}")
    for operation in operations.children if operations is not None else ():
        modes = [f"{n.name} policy {n.value}" for n in operation.children]
        out.append(f"op {operation.name} {', '.join(modes)}")
    return " ".join(out)


SUMMARIES = {"getpolicy": getpolicy}
HOOKS = {"policy-type": policy_type}
