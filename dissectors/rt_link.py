"""What the link spec cannot say, and links in one line in the manner of ip-link(8)."""

from __future__ import annotations

from nldissect.hooks import Lookup, Piece, Template

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


def changes(wanted: int, change: int) -> str:
    """What a request does to flags beside IFF_UP: <PROMISC,-MULTICAST>."""
    rest = (change or wanted) & ~(IFF_UP if change else 0)
    out = []
    for bit, text in (*FLAGS, (IFF_RUNNING, "RUNNING")):
        if rest & bit:
            out.append(text if wanted & bit else f"-{text}")
            rest &= ~bit
    return f"<{','.join([*out, *([f'{rest:#x}'] if rest else [])])}>"


NAME = Template("[{ifname|alt-ifname|ifi-index:index}][@{IFLA_LINK?}]")


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
        # A number cut short is bytes, and counts as absent.
        values = {c.name: c.value for c in node.children if isinstance(c.value, int)}
        vid, flags, number = values.get("vid", 0), values.get("flags", 0), values.get("id", 0)
        if flags & VLAN_RANGE_BEGIN:
            first = (vid, number)
            continue
        start, tunnel = first if flags & VLAN_RANGE_END and first is not None else (vid, number)
        text = f"vid {vid}" if start == vid else f"vid {start}-{vid}"
        if node.name == "vlan-tunnel-info":
            text += f" tunnel_info id {number if start == vid else f'{tunnel}-{number}'}"
        out.append(" ".join([text, *(word for bit, word in VLAN_FLAGS if flags & bit)]))
    return cut(out)


def cut(words: list[str]) -> list[str]:
    """The first of them, and how many more there are."""
    return [*words[:VLANS_SHOWN], *counted(len(words) - VLANS_SHOWN)]


def counted(more: int) -> list[str]:
    """`+4`, or nothing."""
    return [f"+{more}"] if more > 0 else []


def rings(spec: Piece) -> list[str]:
    """What IFLA_AF_SPEC says of MRP, CFM and MST: `mrp instance ring-id 7 p-ifindex plum0`."""
    out = []
    for node in spec.children:
        if node.name in ("mrp", "cfm", "mst"):
            for each in node.children:
                words = [f"{c.name} {c.text}" for c in each.children if c.kind != "binary"]
                out.append(" ".join([node.name, each.name, *words]))
    return cut(out)


def bridging(lookup: Lookup) -> None:
    """What a message of family bridge says of a port or bridge, as bridge(8) takes it."""
    port, spec = lookup.at("protinfo"), lookup.at("af-spec")
    if not lookup.message.to_kernel:
        lookup.fill(PORT)
    elif port is not None:
        for each in port.children:
            lookup.say(f"{each.name.replace('-', '_')} {each.text}")
        if not port.children and port.text:
            lookup.say(f"state {port.text}")
    if spec is not None:
        for words in vlans(spec) + rings(spec):
            lookup.say(words)
        for child in spec.children:
            if child.name in ("flags", "mode"):
                lookup.say(f"{'hwmode ' if child.name == 'mode' else ''}{child.text}")


PORT = Template("[port state {protinfo.state}]")


def multicast_table(lookup: Lookup) -> str:
    """A table of multicast routing with its interfaces, which comes as a link without a name."""
    vifs = lookup.at("af-spec.vifs")
    out = lookup.words(("multicast table", "af-spec.id"))
    for vif in vifs.children if vifs is not None else ():
        texts = {child.name: child.text for child in vif.children}
        out.append(f"vif {texts.get('vif-id', '?')} dev {texts.get('ifindex', '?')}")
    return " ".join(out)


SHOWN_BY_HOOK = """[{ifname|alt-ifname|ifi-index:index}][@{IFLA_LINK?}] [{ifi-flags:flags_of_ip}]
    [mtu {mtu}] [qdisc {qdisc}] [master {master?}][{master=0}nomaster] """
STATE = "[state {operstate:constant}] "
KIND = "[kind {linkinfo.kind}] [slave {linkinfo.slave-kind}]"
LINK = Template(SHOWN_BY_HOOK + STATE + KIND, flags_of_ip=flags)
BRIDGE, KINDS = Template(SHOWN_BY_HOOK, flags_of_ip=flags), Template(KIND)
SET = """[mtu {mtu}] [qdisc {qdisc}] [master {master?}][{master=0}nomaster]
    [address {IFLA_ADDRESS}] [group {group}] [txqueuelen {txqlen}]
    [netns pid {net-ns-pid}] [netns fd {net-ns-fd}] """
SET_LINK, SET_BRIDGE = Template(SET + STATE + KIND), Template(SET)


VXLAN = Template("[id {linkinfo.data.id}]")
PORT_AND_DEVICE = Template(
    "[local {linkinfo.data.local|linkinfo.data.local6}] [dstport {linkinfo.data.port}]"
    " [dev {linkinfo.data.link}]"
)


def vxlan(lookup: Lookup) -> None:
    """What a VXLAN interface is made with: its other end is a group or not."""
    lookup.fill(VXLAN)
    for path in ("linkinfo.data.group", "linkinfo.data.group6"):
        address = lookup.text(path)
        if address:
            first = address.partition(".")[0]
            many = address.startswith("ff") or (first.isdecimal() and 224 <= int(first) < 240)
            lookup.say(f"{'group' if many else 'remote'} {address}")
    lookup.fill(PORT_AND_DEVICE)


def known_name(lookup: Lookup) -> str:
    """What the interface of the header is called; empty where that is not known, or no other."""
    place = lookup.place("ifi-index")
    if place < 0 or not lookup.beside("ifi-index"):
        return ""
    name = lookup.label_at(place) or ""
    if name:
        lookup.has("ifi-index")  # it is said
    return name


def renamed(lookup: Lookup) -> bool:
    """Says both names where a request gives an interface that is known another one."""
    old, new = known_name(lookup), lookup.text("ifname")
    if not old or not new or old == new:
        return False
    lookup.say(f"{old} \N{RIGHTWARDS ARROW} {new}")
    return True


def nameless(lookup: Lookup) -> bool:
    """Whether a request names no link and sets nothing: iproute2 asks so what the kernel knows."""
    header = [lookup.value(name) for name in ("ifi-index", "ifi-change")]
    return header == [0, 0] and len(lookup.pieces) == 1


def summary(lookup: Lookup) -> str | None:
    """A link as ip-link(8) shows it; of a request what it sets."""
    family = lookup.value("ifi-family")
    if family == RTNL_FAMILY_IPMR:
        return multicast_table(lookup)
    bridge = family == AF_BRIDGE
    if not lookup.message.to_kernel:
        lookup.fill(BRIDGE if bridge else LINK)
    else:
        if not renamed(lookup):
            lookup.fill(NAME)
        change, wanted = lookup.value("ifi-change") or 0, lookup.value("ifi-flags") or 0
        if change & IFF_UP:
            lookup.say("up" if wanted & IFF_UP else "down")
        if change & ~IFF_UP or (wanted and not change):
            lookup.say(changes(wanted, change))
        lookup.fill(SET_BRIDGE if bridge else SET_LINK)
        if lookup.beside("linkinfo.kind") == "vxlan":
            vxlan(lookup)
        if lookup.empty and nameless(lookup):
            return "(no link named)"
    if bridge:
        bridging(lookup)
        lookup.fill(KINDS)
    return None


DELETED = Template("[kind {linkinfo.kind}]")
MASTER = Template("[master {master}]")


def deleted(lookup: Lookup) -> None:
    """Which link is gone, or which port left its bridge."""
    lookup.fill(NAME)
    lookup.fill(DELETED)
    if lookup.value("ifi-family") == AF_BRIDGE:
        lookup.fill(MASTER)
        bridging(lookup)


ASKED = Template(
    "[master {master}] [kind {linkinfo.kind}] [{ifi-family=7}family bridge]"
    " [{ifi-family=128}family ipmr]"
)


def query(lookup: Lookup) -> None:
    """Which links a request wants."""
    lookup.fill(NAME)
    if lookup.has("ifname"):
        lookup.has("ifi-index")  # the name says it
    lookup.fill(ASKED)


def properties(lookup: Lookup) -> None:
    """The alternative names that are set or taken away."""
    named = lookup.at("prop-list")
    lookup.fill(NAME)
    for each in named.children if named is not None else ():
        lookup.say(f"{each.name} {each.text}")


SUMMARIES = {
    "newlink": summary, "setlink": summary, "dellink": deleted, "getlink": query,
    "newlinkprop": properties, "dellinkprop": properties, "getlinkprop": properties,
}  # fmt: skip
