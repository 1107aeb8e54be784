"""The options behind struct nduseroptmsg, which are no attributes but as they were on the wire."""

from __future__ import annotations

from nldissect.hooks import (
    BINARY,
    NEST,
    PAD,
    STRING,
    Lookup,
    Message,
    Node,
    cut_short,
    format_address,
    member,
    members,
    node_text,
    part,
    walk,
)

HEADER_SIZE = 16  # struct nduseroptmsg
LONGEST = 4096  # bytes of options that are looked at: the kernel passes one on, of 2040 at most
# Option type: name, struct, and how what follows the struct is read.
KINDS = {
    3: ("prefix-info", "opt-prefix-info", ""),
    25: ("rdnss", "opt-dns", "servers"),
    31: ("dnssl", "opt-dns", "domains"),
    34: ("6co", "opt-6co", "prefix"),
    37: ("captive-portal", "opt-header", "uri"),
    38: ("pref64", "opt-pref64", ""),
}
PREF64_LENGTHS = (96, 64, 56, 48, 40, 32)  # by prefix length code, RFC 8781 section 4


def leading_bytes(node: Node) -> bool:
    """An IPv6 prefix of which only the first bytes are there."""
    raw = node.bytes
    if len(raw) > 16:
        return False
    node.set_value("ipv6", format_address(raw + bytes(16 - len(raw))))
    return True


def domains(node: Node, pos: int) -> None:
    """DNS names in wire format (RFC 1035 section 3.1), zeros at the end as padding."""
    data, number = node.message.data, 0
    while pos < node.end and data[pos]:
        start, labels = pos, []
        while pos < node.end and data[pos]:
            size = data[pos]
            if size > 63 or pos + 1 + size > node.end:
                node.leftover(start)
                node.diagnose("domain-length", "error", f"a label of {size} bytes does not fit")
                return
            labels.append(data[pos + 1 : pos + 1 + size].decode("ascii", "backslashreplace"))
            pos += 1 + size
        pos = min(pos + 1, node.end)
        name = member(node, part(f"domain-{number}", STRING), start, pos)
        name.set_value("string", ".".join(labels))
        number += 1
    if pos < node.end:
        member(node, part("padding", PAD), pos, node.end)


def option(message: Message, parent: Node, pos: int, end: int) -> Node:
    """One option from `pos` to `end` as a node below `parent`."""
    name, struct_name, rest = KINDS.get(message.data[pos], ("option", "opt-header", "data"))
    struct = message.spec.struct(struct_name) if message.spec is not None else None
    node = member(parent, part(name, NEST), pos, end)
    node.shown = "struct"
    if struct is None or end - pos < struct.size:
        node.leftover(pos)
        return node
    node.set_children("struct", members(node, struct, pos + struct.size))
    pos += struct.size
    if rest == "servers":
        number = 0
        while end - pos >= 16:
            server = member(node, part(f"server-{number}", BINARY), pos, pos + 16)
            leading_bytes(server)
            pos += 16
            number += 1
    elif rest == "domains":
        domains(node, pos)
        return node
    elif rest == "prefix" and pos < end:
        leading_bytes(member(node, part("prefix", BINARY), pos, end))
        return node
    elif rest == "uri" and pos < end:
        uri = member(node, part("uri", STRING), pos, end)
        text = uri.bytes.rstrip(b"\0")
        uri.set_value("string", text.decode("utf-8", "backslashreplace"))
        return node
    node.leftover(pos)
    return node


def options(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """nduseropt_opts_len bytes of options, then attributes (net/ipv6/ndisc.c)."""
    if message.operation is None or pos - message.base < 16 + HEADER_SIZE:
        return False
    at = message.base + 16 + 2
    size = int.from_bytes(message.data[at : at + 2], "big" if message.big else "little")
    end = min(pos + size, limit)
    listed = Node(part("options", NEST), message, None, pos, pos, end)
    listed.set_children("array", [])
    if size > limit - pos:
        text = f"nduseropt_opts_len {size} where {limit - pos} bytes are left"
        listed.diagnose("options-length", "error", text)
    if pos < end:
        out.append(listed)
    last = min(end, pos + LONGEST)
    while last - pos >= 2:
        length = 8 * message.data[pos + 1]
        if not length or length > end - pos:
            text = f"an option of {length} bytes where {end - pos} are left"
            listed.diagnose("option-length", "error", text)
            break
        option(message, listed, pos, pos + length)
        pos += length
    if pos < last or last == end:
        listed.leftover(pos)
    else:
        cut_short(listed, pos)
    pos = (end + 3) & ~3
    if pos < limit:
        walk(message, None, pos, limit, message.operation.attributes, out)
    return True


HOOKS = {"leading-bytes": leading_bytes, "options": options}


def option_words(node: Node) -> list[str]:
    """What one option says, in words."""
    values = {child.name: node_text(child) for child in node.children}
    out = [node.name]
    if node.name == "option":
        out.append(values.get("type", ""))
    elif node.name == "prefix-info":
        out.append(f"{values.get('prefix', '')}/{values.get('prefix-len', '')}")
    elif node.name == "pref64":
        code = node.find("lifetime-plc")
        plc = code.value & 7 if code is not None else len(PREF64_LENGTHS)
        length = f"/{PREF64_LENGTHS[plc]}" if plc < len(PREF64_LENGTHS) else ""
        out.append(f"{values.get('prefix', '')}{length}")
    elif node.name == "6co":
        out.append(f"{values.get('prefix', '')}/{values.get('context-length', '')}")
    else:
        out += [v for k, v in values.items() if k.startswith(("server-", "domain-", "uri"))]
    if "lifetime" in values:
        out.append(f"lifetime {values['lifetime']}")
    return out


def summary(lookup: Lookup) -> str:
    """`rdnss 2001:db8::1 lifetime 600 dev eth0 from fe80::1`."""
    out = []
    for listed in lookup.message.nodes:
        for node in listed.children if listed.name == "options" else ():
            if node.children:
                out += option_words(node)
    out += lookup.words(("dev", "nduseropt-ifindex"), ("from", "srcaddr"))
    return " ".join(word for word in out if word)


SUMMARIES = {"newnduseropt": summary}
