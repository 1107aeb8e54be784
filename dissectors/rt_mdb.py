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


def entry(get: Piece, attributes: Piece | None = None) -> list[str]:
    """One group's port, its source, state and VLAN; `attributes` holds those of a request."""
    out = []
    told = {n.name: n for n in get.walk()}
    more = {n.name: n for n in attributes.children} if attributes is not None else told
    for word, name in ("port", "ifindex"), ("grp", "addr"):  # without group: many at once
        if name in told and told[name].value and told[name].kind != "binary":
            out.append(f"{word} {told[name].text}")
    for word, name in ("src", "source"), ("filter_mode", "group-mode"), ("proto", "rtprot"):
        if name in more:
            out.append(f"{word} {more[name].text}")
    listed = more.get("src-list")
    if listed is not None:
        sources = [n for n in listed.walk() if n.name == "address"]
        out.append("source_list " + ",".join(n.text for n in sources))
    if "state" in told:
        out.append("permanent" if told["state"].value else "temp")
    for word, name in (
        ("dst", "dst"),
        ("dst_port", "dst-port"),
        ("vni", "vni"),
        ("src_vni", "src-vni"),
    ):
        if name in more:
            out.append(f"{word} {more[name].text}")
    via = more.get("out-ifindex" if attributes is None else "ifindex")
    if via is not None:
        out.append(f"via {via.text}")
    if "vid" in told and told["vid"].value:
        out.append(f"vid {told['vid'].value}")
    flags = told.get("flags")
    if flags is not None and flags.value and flags.label:
        out += [word.replace("-", "_") for word in flags.label.split("|")]
    return out


def summary(seen: Lookup) -> str:
    out = seen.words(("", "ifindex")) if seen.value("ifindex") else []
    for name, rest in ("set-entry", "set-entry-attrs"), ("get-entry", "get-entry-attrs"):
        found = seen.at(name)
        if found is not None:
            out += entry(found, seen.at(rest))
    groups = seen.at("mdb")
    routers = seen.at("router")
    listed = [n for each in groups.children for n in each.children] if groups is not None else []
    for info in listed[:SHOWN]:
        out += entry(info)
    if len(listed) > SHOWN:
        out.append(f"and {len(listed) - SHOWN} more")
    if routers is not None:
        ports = [n for n in routers.walk() if n.name == "ifindex"]
        out.append("router on " + ",".join(n.text for n in ports))
    return " ".join(out)


SUMMARIES = {"newmdb": summary, "delmdb": summary, "getmdb": summary}
