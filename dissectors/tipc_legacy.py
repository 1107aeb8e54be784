"""TIPC's older interface: lists of TLVs, whose lengths and types are in network byte order."""

from __future__ import annotations

from nldissect.hooks import BINARY, MOST_PARTS, Lookup, Message, Node, escaped, node_text, part

ULTRA_STRING = 5
DESCRIPTOR = 4  # struct tlv_desc: length, itself included, and type
# TIPC_CFG_*: the first byte of an error string that is no text.
ERRORS = {
    0x80: "incorrect TLV", 0x81: "must be network administrator", 0x82: "must be zone master",
    0x83: "remote management not enabled", 0x84: "not supported", 0x85: "invalid value",
}  # fmt: skip
HEADERS = 2  # nodes before the TLVs
SHOWN = 4  # TLVs in one line


def zone(value: int, message: Message, get: object) -> str:
    """An address by zone, cluster and node: <1.1.2>."""
    return f"<{value >> 24}.{value >> 12 & 0xFFF}.{value & 0xFFF}>"


def error(node: Node) -> bool:
    """What went wrong: a code, text or both."""
    raw = node.bytes
    first = ERRORS.get(raw[0], "") if raw else ""
    text = raw[1 if first else 0 :].partition(b"\0")[0].decode("utf-8", "backslashreplace")
    node.set_value("string", f"{first} {text}".strip())
    return True


def tlvs(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """All TLVs, each by its type; what is none stays as bytes."""
    if message.spec is None:
        return False
    known = message.spec.attribute_sets["tlvs"].ensure()
    data = message.data
    while limit - pos >= DESCRIPTOR and len(out) < MOST_PARTS:
        length = int.from_bytes(data[pos : pos + 2], "big")
        kind = int.from_bytes(data[pos + 2 : pos + 4], "big")
        if kind == ULTRA_STRING and length + DESCRIPTOR == limit - pos:
            length += DESCRIPTOR  # of answers, where the kernel leaves the descriptor out
        if length < DESCRIPTOR or length > limit - pos:
            break
        field = known.get(kind) or part(f"tlv-{kind}", BINARY)
        out.append(Node(field, message, None, pos, pos + DESCRIPTOR, pos + length))
        pos = min(pos + length + 3 & ~3, limit)
    if pos < limit:
        out.append(Node(part("data", BINARY), message, None, pos, pos, limit))
    return True


def told(seen: Lookup) -> None:
    """The values, those of structs one after the other, and the first line of text."""
    seen.settle()
    listed = seen.message.nodes[HEADERS:]
    for node in listed[:SHOWN]:
        for one in node.children or [node]:
            if one.value is not None:
                text = one.value if isinstance(one.value, str) else node_text(one)
                seen.say(escaped(text.strip().partition("\n")[0]))
    if len(listed) > SHOWN:
        seen.say(f"+{len(listed) - SHOWN}")


COMMANDS = """
    cmd noop get-nodes get-media-names get-bearer-names get-links show-name-table show-ports
    show-link-stats show-stats get-remote-mng get-max-ports get-max-publ get-max-subscr
    get-max-zones get-max-clusters get-max-nodes get-max-slaves get-netid enable-bearer
    disable-bearer set-link-tol set-link-pri set-link-window set-log-size dump-log
    reset-link-stats set-node-addr set-remote-mng set-max-ports set-max-publ set-max-subscr
    set-max-zones set-max-clusters set-max-nodes set-max-slaves set-netid not-net-admin
"""
HOOKS = {"tlvs": tlvs, "error": error, "zone": zone}
SUMMARIES = dict.fromkeys(COMMANDS.split(), told)
