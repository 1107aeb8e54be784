"""What iptables' matches and targets were told: structs of x_tables that nft_compat carries."""

from __future__ import annotations

from functools import cache
from typing import Any

from nldissect.dissectors._nft_attributes import word
from nldissect.dissectors._nft_values import STATUS, TCP_FLAGS, bits_text
from nldissect.hooks import BINARY, PAD, Node, format_address, format_mac, member, part

# How a member is read: kind, bytes, alignment. B, H, I, Q: in the host's order; n: a port in the
# network's; address: nf_inet_addr; sN: a text.
SIMPLE = {"B": 1, "H": 2, "I": 4, "Q": 8, "n": 2, "ipv4": 4, "ether": 6, "address": 16}
CONNTRACK = (
    "origsrc-addr:address origsrc-mask:address origdst-addr:address origdst-mask:address "
    "replsrc-addr:address replsrc-mask:address repldst-addr:address repldst-mask:address "
    "expires-min:I expires-max:I l4proto:H "
)
PORTS_OF_CONNTRACK = "origsrc-port:{0} origdst-port:{0} replsrc-port:{0} repldst-port:{0} "
NAT_1 = "flags:I min-addr:address max-addr:address min-proto:n max-proto:n"
# linux/netfilter/xt_*.h, nf_nat.h, linux/netfilter_ipv4/ipt_REJECT.h: by name and revision.
EXTENSION_INFO: dict[tuple[str, int], tuple[str, ...]] = {
    ("conntrack", 1): (CONNTRACK + PORTS_OF_CONNTRACK.format("n")
    + "match-flags:H invert-flags:H state-mask:B status-mask:B",),
    ("conntrack", 2): (CONNTRACK + PORTS_OF_CONNTRACK.format("n")
    + "match-flags:H invert-flags:H state-mask:H status-mask:H",),
    ("conntrack", 3): (CONNTRACK + PORTS_OF_CONNTRACK.format("H")
    + "match-flags:H invert-flags:H state-mask:H status-mask:H origsrc-port-high:H "
    "origdst-port-high:H replsrc-port-high:H repldst-port-high:H",),
    ("state", 0): ("statemask:I",),
    ("comment", 0): ("comment:s256",),
    ("tcp", 0): ("spts-min:H spts-max:H dpts-min:H dpts-max:H option:B flg-mask:B flg-cmp:B "
    "invflags:B",),
    ("udp", 0): ("spts-min:H spts-max:H dpts-min:H dpts-max:H invflags:B",),
    ("mark", 1): ("mark:I mask:I invert:B",),
    ("MARK", 2): ("mark:I mask:I",),
    ("connmark", 1): ("mark:I mask:I invert:B",),
    ("CONNMARK", 1): ("ctmark:I ctmask:I nfmask:I mode:B",),
    ("CONNMARK", 2): ("ctmark:I ctmask:I nfmask:I shift-dir:B shift-bits:B mode:B",),
    ("LOG", 0): ("level:B logflags:B prefix:s30",),
    ("NFLOG", 0): ("len:I group:H threshold:H flags:H pad:H prefix:s64",),
    ("NFQUEUE", 0): ("queuenum:H",),
    ("NFQUEUE", 1): ("queuenum:H queues-total:H",),
    ("NFQUEUE", 2): ("queuenum:H queues-total:H bypass:H",),
    ("NFQUEUE", 3): ("queuenum:H queues-total:H flags:H",),
    ("multiport", 1): ("flags:B count:B " + " ".join(f"ports-{n}:H" for n in range(15)) + " "
    + " ".join(f"pflags-{n}:B" for n in range(15)) + " invert:B",),
    ("addrtype", 0): ("source:H dest:H invert-source:I invert-dest:I",),
    ("addrtype", 1): ("source:H dest:H flags:I",),
    ("limit", 0): ("avg:I burst:I prev:Q credit:I credit-cap:I cost:I master:Q",),
    ("mac", 0): ("srcaddr:ether invert:I",),
    ("TCPMSS", 0): ("mss:H",),
    ("REJECT", 0): ("with:I",),
    # of IPv4 alone, then of both
    **dict.fromkeys(
        (("SNAT", 0), ("DNAT", 0), ("MASQUERADE", 0), ("REDIRECT", 0)),
        ("rangesize:I flags:I min-ip:ipv4 max-ip:ipv4 min:n max:n", NAT_1),
    ),
    **dict.fromkeys((("SNAT", 1), ("DNAT", 1)), (NAT_1,)),
    ("DNAT", 2): (NAT_1 + " base-proto:n",),
}  # fmt: skip
FLAGS_OF_NAT = {1: "map-ips", 2: "proto-specified", 4: "proto-random", 8: "persistent",
                16: "proto-random-fully", 32: "proto-offset", 64: "netmap"}  # fmt: skip
ROUTE_TYPES = {1 << number: name for number, name in enumerate((
    "unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable",
    "prohibit", "throw", "nat", "xresolve"))}  # fmt: skip
STATE_MASK = {1: "invalid", 2: "established", 4: "related", 8: "new", 64: "snat", 128: "dnat",
              256: "untracked"}  # fmt: skip
INFO_BITS: dict[tuple[str, str], dict[int, str]] = {
    ("conntrack", "state-mask"): STATE_MASK, ("conntrack", "status-mask"): STATUS,
    ("state", "statemask"): {1: "invalid", 2: "established", 4: "related", 8: "new",
                             64: "untracked"},
    ("tcp", "flg-mask"): {bit: name for bit, name in TCP_FLAGS.items() if bit < 64},
    ("tcp", "flg-cmp"): {bit: name for bit, name in TCP_FLAGS.items() if bit < 64},
    ("addrtype", "source"): ROUTE_TYPES, ("addrtype", "dest"): ROUTE_TYPES,
    ("NFQUEUE", "flags"): {1: "bypass", 2: "cpu-fanout"},
    **{(name, "flags"): FLAGS_OF_NAT for name in ("SNAT", "DNAT", "MASQUERADE", "REDIRECT")},
}  # fmt: skip
HEXADECIMAL = ("mark", "mask", "ctmark", "ctmask", "nfmask")
Laid = tuple[list[tuple[str, str, int, int]], int]  # name, form, start and end; size


@cache
def laid_out(text: str) -> Laid:
    """Where the members of a struct are, as a C compiler puts them."""
    out, at, most = [], 0, 1
    for entry in text.split():
        name, form = entry.split(":")
        size = int(form[1:]) if form[0] == "s" else SIMPLE[form]
        align = {"address": 4}.get(form, 1 if form[0] == "s" or form == "ether" else size)
        at = (at + align - 1) // align * align
        out.append((name, form, at, at + size))
        at, most = at + size, max(most, align)
    return out, (at + most - 1) // most * most


def extension_info(node: Node) -> bool:
    """What a match or target of iptables has been told, if its struct is known."""
    parent = node.parent
    name = parent.find("name") if parent is not None else None
    revision = parent.find("rev") if parent is not None else None
    if name is None or revision is None:
        return False
    size = node.end - node.start
    for text in EXTENSION_INFO.get((str(name.value), revision.value), ()):
        members_of, whole = laid_out(text)
        if size in (whole, (whole + 7) & ~7):
            lay_info(node, str(name.value), members_of)
            return True
    return False


def lay_info(node: Node, name: str, members_of: list[tuple[str, str, int, int]]) -> None:
    """Adds the members, and what is between and behind them."""
    message: Any = node.message
    raw, at = node.bytes, 0
    family, big = message.data[message.base + 16], message.big
    node.set_children("struct", [])
    for told, form, start, end in members_of:
        if at < start:
            member(node, part("pad", PAD), node.start + at, node.start + start)
        made = member(node, part(told, BINARY), node.start + start, node.start + end)
        set_info(made, form, raw[start:end], family, big)
        bits = INFO_BITS.get((name, told))
        if bits is not None and isinstance(made.value, int):
            made.set_label(bits_text(made.value, bits, "|") if made.value else None)
        elif told in HEXADECIMAL and isinstance(made.value, int) and made.value:
            made.set_label(f"{made.value:#x}")
        at = end
    if at < len(raw):
        member(node, part("pad", PAD), node.start + at, node.end)


def set_info(node: Node, form: str, raw: bytes, family: int, big: bool) -> None:
    """Makes a node a member of this form."""
    if form == "address" and (family == 2 or family == 10):
        kind = "ipv4" if family == 2 else "ipv6"
        node.set_value(kind, format_address(raw[:4] if family == 2 else raw))
    elif form == "ipv4":
        node.set_value("ipv4", format_address(raw))
    elif form == "ether":
        node.set_value("mac", format_mac(raw))
    elif form[0] == "s":
        node.set_value("string", word(raw))
    elif form == "address":
        node.set_value("hex", raw)
    else:
        order = "big" if big or form == "n" else "little"
        value = int.from_bytes(raw, order)  # type: ignore[arg-type]
        node.set_value(f"u{len(raw) * 8}", value)
