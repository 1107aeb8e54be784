"""What the link spec cannot say, and links in one line in the manner of ip-link(8)."""

from __future__ import annotations

from functools import lru_cache

from nldissect.hooks import Lookup, Piece

AF_BRIDGE, RTNL_FAMILY_IPMR = 7, 128
IFF_UP, IFF_RUNNING = 0x1, 0x40
# In the order in which ip-link(8) lists them; IFF_RUNNING it shows by its absence.
FLAGS = (
    (0x8, "LOOPBACK"), (0x2, "BROADCAST"), (0x10, "POINTOPOINT"), (0x1000, "MULTICAST"),
    (0x80, "NOARP"), (0x200, "ALLMULTI"), (0x100, "PROMISC"), (0x400, "MASTER"), (0x800, "SLAVE"),
    (0x4, "DEBUG"), (0x8000, "DYNAMIC"), (0x4000, "AUTOMEDIA"), (0x2000, "PORTSEL"),
    (0x20, "NOTRAILERS"), (IFF_UP, "UP"), (0x10000, "LOWER_UP"), (0x20000, "DORMANT"),
    (0x40000, "ECHO"),
)  # fmt: skip


@lru_cache(256)
def flags(value: int) -> str:
    """Interface flags as ip-link(8) writes them: <BROADCAST,MULTICAST,UP,LOWER_UP>."""
    out = ["NO-CARRIER"] if value & IFF_UP and not value & IFF_RUNNING else []
    rest = value & ~IFF_RUNNING
    for bit, text in FLAGS:
        if rest & bit:
            out.append(text)
            rest &= ~bit
    if rest:
        out.append(f"{rest:#x}")
    return f"<{','.join(out)}>"


def name(seen: Lookup) -> str:
    """`eth0`, `vlan7@eth0`, or `index 7` when nobody told its name."""
    out = seen.text("ifname") or seen.text("alt-ifname")
    if not out:
        index = seen.value("ifi-index")
        label = seen.text("ifi-index") if index else ""
        out = label if label != str(index) else f"index {index}"
    lower = seen.value("IFLA_LINK")
    return f"{out}@{seen.text('IFLA_LINK')}" if lower else out


VLAN_RANGE_BEGIN, VLAN_RANGE_END = 0x8, 0x10  # BRIDGE_VLAN_INFO_* (linux/if_bridge.h)
VLAN_FLAGS = ((0x2, "PVID"), (0x4, "untagged"))
VLANS_SHOWN = 4  # in one line, of the many that an answer may hold


def vlans(spec: Piece) -> list[str]:
    """VLANs and their tunnels in IFLA_AF_SPEC: `vid 10-12 untagged`, `vid 5 tunnel_info id 7`."""
    out: list[str] = []
    first: tuple[int, int] | None = None
    for node in spec.children:
        if node.name not in ("vlan-info", "vlan-tunnel-info"):
            continue
        # A number cut short is bytes, and counts as not told.
        told = {c.name: c.value for c in node.children if isinstance(c.value, int)}
        vid, flags, number = told.get("vid", 0), told.get("flags", 0), told.get("id", 0)
        if flags & VLAN_RANGE_BEGIN:
            first = (vid, number)
            continue
        start, tunnel = first if flags & VLAN_RANGE_END and first is not None else (vid, number)
        text = f"vid {vid}" if start == vid else f"vid {start}-{vid}"
        if node.name == "vlan-tunnel-info":
            text += f" tunnel_info id {number if start == vid else f'{tunnel}-{number}'}"
        out.append(" ".join([text, *(word for bit, word in VLAN_FLAGS if flags & bit)]))
    if len(out) > VLANS_SHOWN:
        out[VLANS_SHOWN:] = [f"and {len(out) - VLANS_SHOWN} more"]
    return out


def rings(spec: Piece) -> list[str]:
    """What IFLA_AF_SPEC says of MRP, CFM and MST: `mrp instance ring-id 7 p-ifindex plum0`."""
    out = []
    for node in spec.children:
        if node.name in ("mrp", "cfm", "mst"):
            for each in node.children:
                told = [f"{c.name} {c.text}" for c in each.children if c.kind != "binary"]
                out.append(" ".join([node.name, each.name, *told]))
    return out[:VLANS_SHOWN]


def bridging(seen: Lookup) -> list[str]:
    """What a message of family bridge says of a port or bridge, as bridge(8) takes it."""
    out = []
    port, spec = seen.at("protinfo"), seen.at("af-spec")
    if not seen.message.to_kernel:
        out += seen.words(("port state", "protinfo.state"))
    elif port is not None:
        for each in port.children:
            out.append(f"{each.name.replace('-', '_')} {each.text}")
        if not port.children:
            out.append(f"state {port.text}")
    if spec is not None:
        out += vlans(spec) + rings(spec)
        for child in spec.children:
            if child.name in ("flags", "mode"):
                out.append(f"{'hwmode ' if child.name == 'mode' else ''}{child.text}")
    return out


def multicast_table(seen: Lookup) -> str:
    """A table of multicast routing with its interfaces, which comes as a link without a name."""
    vifs = seen.at("af-spec.vifs")
    out = seen.words(("multicast table", "af-spec.id"))
    for vif in vifs.children if vifs is not None else ():
        told = {child.name: child.text for child in vif.children}
        out.append(f"vif {told.get('vif-id', '?')} dev {told.get('ifindex', '?')}")
    return " ".join(out)


def summary(seen: Lookup) -> str:
    family = seen.value("ifi-family")
    if family == RTNL_FAMILY_IPMR:
        return multicast_table(seen)
    out = [name(seen)]
    message = seen.message
    bridge = family == AF_BRIDGE
    if message.to_kernel:
        change, wanted = seen.value("ifi-change") or 0, seen.value("ifi-flags") or 0
        if change & IFF_UP:
            out.append("up" if wanted & IFF_UP else "down")
        if change & ~IFF_UP or (wanted and not change):
            out.append(seen.flags("ifi-flags"))
    else:
        set_now = seen.value("ifi-flags")
        if set_now is not None:
            out.append(flags(set_now))
    seen.put(out, "mtu", "mtu")
    seen.put(out, "qdisc", "qdisc")
    master = seen.at("master")
    if master is not None:
        out.append(f"master {master.text}" if master.value else "nomaster")
    if message.to_kernel:
        out += seen.words(
            ("address", "IFLA_ADDRESS"), ("alias", "ifalias"), ("group", "group"),
            ("txqueuelen", "txqlen"), ("netns pid", "net-ns-pid"), ("netns fd", "net-ns-fd"),
        )  # fmt: skip
    if bridge:
        out += bridging(seen)
    elif seen.has("operstate"):
        out.append(f"state {seen.constant('operstate')}")
    seen.put(out, "kind", "linkinfo.kind")
    seen.put(out, "slave", "linkinfo.slave-kind")
    return " ".join([word for word in out if word])


def deleted(seen: Lookup) -> str:
    out = [name(seen), *seen.words(("kind", "linkinfo.kind"))]
    if seen.value("ifi-family") == AF_BRIDGE:
        out += [*seen.words(("master", "master")), *bridging(seen)]
    return " ".join(word for word in out if word)


def asked(seen: Lookup) -> str:
    out = [name(seen), *seen.words(("master", "master"), ("kind", "linkinfo.kind"))]
    family = {AF_BRIDGE: "bridge", RTNL_FAMILY_IPMR: "ipmr"}.get(seen.value("ifi-family"))
    if family is not None:
        out.append(f"family {family}")
    return " ".join(word for word in out if word)


def properties(seen: Lookup) -> str:
    named = seen.at("prop-list")
    out = [name(seen)]
    for each in named.children if named is not None else ():
        out.append(f"{each.name} {each.text}")
    return " ".join(word for word in out if word)


SUMMARIES = {
    "newlink": summary, "setlink": summary, "dellink": deleted, "getlink": asked,
    "newlinkprop": properties, "dellinkprop": properties, "getlinkprop": properties,
}  # fmt: skip
