"""Groups of any protocol, and multicast databases in one line as bridge(8) shows them."""

from __future__ import annotations

from nldissect.hooks import Lookup, Node, Piece, format_address, format_mac

ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86DD
SHOWN = 4  # groups in one line, of the many that an answer may hold
PROTO_AT = 16  # of the group's protocol, from the start of its address


def group(node: Node) -> bool:
    """The union in struct br_mdb_entry: IPv4, IPv6 or a MAC address, by the protocol behind it."""
    raw = node.bytes
    proto = int.from_bytes(node.message.data[node.start + PROTO_AT : node.start + 18], "big")
    if proto == ETH_P_IP:
        node.set_value("ipv4", format_address(raw[:4]))
    elif proto == ETH_P_IPV6:
        node.set_value("ipv6", format_address(raw))
    elif proto == 0 and any(raw):
        node.set_value("mac", format_mac(raw[:6]))
    else:
        return False
    return True


def group_type(node: Node) -> bool:
    """The group's protocol; 0 is a MAC address and no EtherType."""
    if any(node.bytes):
        return False
    node.set_value("u16", 0)
    return True


HOOKS = {"group": group, "group-type": group_type}


# Words of bridge(8) for attributes, in its order.
ROUTE = (("src", "source"), ("filter_mode", "group-mode"), ("proto", "rtprot"))
REMOTE = (("dst", "dst"), ("dst_port", "dst-port"), ("vni", "vni"), ("src_vni", "src-vni"))


def words(pieces: dict[str, Piece], table: tuple[tuple[str, str], ...]) -> list[str]:
    """`word value` for each attribute of the table that is there."""
    return [f"{word} {pieces[name].text}" for word, name in table if name in pieces]


def port_and_group(entry: dict[str, Piece]) -> list[str]:
    """The two that name an entry; without a group it means many at once."""
    return [
        f"{word} {entry[name].text}"
        for word, name in (("port", "ifindex"), ("grp", "addr"))
        if name in entry and entry[name].value and entry[name].kind != "hex"
    ]


def vlan_and_flags(entry: dict[str, Piece]) -> list[str]:
    """`vid 10 offload`."""
    out = []
    vid, flags = entry.get("vid"), entry.get("flags")
    if vid is not None and vid.value:
        out.append(f"vid {vid.value}")
    if flags is not None and flags.value and flags.label:
        out += [word.replace("-", "_") for word in flags.label.split("|")]
    return out


def group_entry(get: Piece, attributes: Piece | None = None) -> list[str]:
    """One group's port, its source, state and VLAN; `attributes` holds those of a request."""
    entry = {piece.name: piece for piece in get.walk()}  # struct br_mdb_entry
    more = {piece.name: piece for piece in attributes.children} if attributes is not None else entry
    out = port_and_group(entry) + words(more, ROUTE)
    if "src-list" in more:
        sources = [piece.text for piece in more["src-list"].walk() if piece.name == "address"]
        out.append("source_list " + ",".join(sources))
    if "state" in entry:
        out.append("permanent" if entry["state"].value else "temp")
    via = "out-ifindex" if attributes is None else "ifindex"
    return out + words(more, (*REMOTE, ("via", via))) + vlan_and_flags(entry)


def summary(lookup: Lookup) -> str:
    """The groups that were added, removed or listed, and the ports with routers."""
    out = lookup.words(("", "ifindex")) if lookup.value("ifindex") else []
    for name, attributes in ("set-entry", "set-entry-attrs"), ("get-entry", "get-entry-attrs"):
        found = lookup.at(name)
        if found is not None:
            out += group_entry(found, lookup.at(attributes))
    groups = lookup.at("mdb")
    routers = lookup.at("router")
    listed = [n for each in groups.children for n in each.children] if groups is not None else []
    for info in listed[:SHOWN]:
        out += group_entry(info)
    out.append(lookup.more(listed, SHOWN))
    if routers is not None:
        ports = [n for n in routers.walk() if n.name == "ifindex"]
        out.append("router on " + ",".join(n.text for n in ports))
    return " ".join(filter(None, out))


SUMMARIES = {"newmdb": summary, "delmdb": summary, "getmdb": summary}
