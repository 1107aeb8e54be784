"""What nft(8) keeps in userdata, and rules, sets and elements in one line as it lists them.

Registers are followed through the expressions of a rule: what loads one says what the next one
compares. linux/netfilter/nf_tables.h; userdata: libnftnl/udata.h, which is nft's own.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from nldissect.hooks import (
    BINARY,
    PAD,
    STRING,
    U8,
    U32,
    U64,
    Field,
    Lookup,
    Message,
    Node,
    format_address,
    format_mac,
    member,
    part,
    quoted,
)

Get = Callable[[str], Any]

# -- userdata: bytes of type and length, and that many more ------------------------------------

NESTED = -1  # a list of the same kind
TABLE_DATA = (("comment", STRING), ("nftver", BINARY), ("nftbld", U64))
COMMENT_DATA = (("comment", STRING),)
RULE_DATA = (("comment", STRING), ("ebtables-policy", U32))
SET_DATA = (
    ("keybyteorder", U32), ("databyteorder", U32), ("merge-elements", U32),
    ("key-typeof", NESTED), ("data-typeof", NESTED), ("expr", BINARY), ("data-interval", U32),
    ("comment", STRING),
)  # fmt: skip
# What a set was declared with: src/expression.c, payload.c, meta.c, ct.c of nftables.
TYPEOF_DATA = (("expr", U32), ("data", NESTED))
PAYLOAD_DATA = (("desc", U32), ("type", U32), ("base", U32), ("offset", U32), ("len", U32),
                ("inner-desc", U32))  # fmt: skip
META_DATA, CT_DATA = (("key", U32),), (("key", U32), ("dir", U32))
CONCATENATED = tuple((str(number), NESTED) for number in range(16))
TYPEOF_OF = {7: PAYLOAD_DATA, 9: META_DATA, 12: CT_DATA, 13: CONCATENATED}
BEGINS = b"\0\4"  # an expression: its type first, a u32
# enum expr_types (include/expression.h), up to where releases differ.
EXPRESSIONS = (
    "invalid", "verdict", "symbol", "variable", "value", "prefix", "range", "payload", "exthdr",
    "meta", "socket", "osf", "ct", "concat", "list", "set", "set-ref", "set-elem", "mapping", "map",
    "unary", "binop", "relational", "numgen", "hash", "rt",
)  # fmt: skip
ELEM_DATA = (("comment", STRING), ("flags", U32))
BYTE_ORDERS = {0: "invalid", 1: "host", 2: "big"}


@cache
def piece(name: str, kind: int) -> Field:
    """A piece of userdata; there are few names of them."""
    return part(name, kind, "hex" if kind == BINARY else "")


def userdata(node: Node, known: tuple[tuple[str, int], ...]) -> bool:
    """Makes a member of each, by its name; what is no such list stays bytes."""
    raw, at = node.bytes, 0
    found = []
    while at < len(raw):
        if at + 2 > len(raw) or at + 2 + raw[at + 1] > len(raw):
            return False
        found.append((raw[at], at + 2, at + 2 + raw[at + 1]))
        at = found[-1][2]
    node.set_children("userdata", [])
    for kind, start, end in found:
        name, shown = known[kind] if kind < len(known) else (f"type-{kind}", BINARY)
        fits = shown == STRING or end - start == {U32: 4, U64: 8}.get(shown)
        inner = shown if fits else BINARY
        head = node.start + start - 2
        member(node, piece("type", U8), head, head + 1).set_value("u8", kind, name)
        member(node, piece("len", U8), head + 1, head + 2)
        made = member(node, piece(name, inner), node.start + start, node.start + end)
        if shown == NESTED:
            declared(made, name)
        elif name == "nftver" and end - start == 4:
            made.set_value("hex", raw[start:end], version(raw[start:end]))
        elif inner == U64:  # the seconds of its build, highest byte first
            made.set_value("u64", int.from_bytes(raw[start:end], "big"))
        elif name == "expr" and inner == U32:
            value = int.from_bytes(raw[start:end], "big" if node.message.big else "little")
            made.set_value("u32", value, EXPRESSIONS[value] if value < len(EXPRESSIONS) else None)
        if name.endswith("byteorder") and inner == U32:
            value = int.from_bytes(raw[start:end], "big" if node.message.big else "little")
            made.set_value("u32", value, BYTE_ORDERS.get(value))
    return True


def version(raw: bytes) -> str:
    """`1.1.7`, with a fourth number where there is one."""
    return ".".join(str(byte) for byte in (raw if raw[3] else raw[:3]))


def declared(node: Node, name: str) -> None:
    """An expression that a set was declared with, and what it consists of."""
    if name != "data":
        if node.bytes[:2] == BEGINS:
            userdata(node, TYPEOF_DATA)
        return
    beside = node.parent.find("expr") if node.parent is not None else None
    userdata(node, () if beside is None else TYPEOF_OF.get(beside.value, ()))


def table_userdata(node: Node) -> bool:
    """Of a table: comment, version and build of the nft that made it."""
    return userdata(node, TABLE_DATA)


def comment_userdata(node: Node) -> bool:
    """Of a chain or an object: a comment."""
    return userdata(node, COMMENT_DATA)


def rule_userdata(node: Node) -> bool:
    """Of a rule: a comment."""
    return userdata(node, RULE_DATA)


def set_userdata(node: Node) -> bool:
    """Of a set: byte orders, what it was declared with, a comment."""
    return userdata(node, SET_DATA)


def elem_userdata(node: Node) -> bool:
    """Of an element: a comment, flags."""
    return userdata(node, ELEM_DATA)


# -- numbers in words --------------------------------------------------------------------------

# nft's own numbers of its types (include/datatype.h of nftables): the kernel passes them on.
TYPES = (
    "invalid", "verdict", "nf_proto", "bitmask", "integer", "string", "ll_addr", "ipv4_addr",
    "ipv6_addr", "ether_addr", "ether_type", "arp_op", "inet_proto", "inet_service", "icmp_type",
    "tcp_flag", "dccp_pkttype", "mh_type", "time", "mark", "iface_index", "iface_type", "realm",
    "classid", "uid", "gid", "ct_state", "ct_dir", "ct_status", "icmpv6_type", "ct_label",
    "pkt_type", "icmp_code", "icmpv6_code", "icmpx_code", "devgroup", "dscp", "ecn", "fib_addrtype",
    "boolean", "ct_event", "ifname", "igmp_type", "time", "hour", "day", "cgroupsv2",
)  # fmt: skip
VERDICT_TYPE = 0xFFFFFF00  # NFT_DATA_VERDICT


def type_text(value: int) -> str:
    """A type as nft names it; concatenated ones have six bits each."""
    if value == VERDICT_TYPE:
        return "verdict"
    words: list[str] = []
    while value:
        number = value & 0x3F
        words.insert(0, TYPES[number] if number < len(TYPES) else str(number))
        value >>= 6
    return " . ".join(words)


def data_type(value: int, message: Message, get: Get) -> str | None:
    """The type of a set's keys or data."""
    return None if value == VERDICT_TYPE else type_text(value)


STATES = {1: "invalid", 2: "established", 4: "related", 8: "new", 64: "untracked"}


def bits_text(value: int, names: dict[int, str], between: str = ",") -> str:
    """The names of bits; the whole in hexadecimal where one has none."""
    if value == 0 or value & ~sum(names):
        return f"{value:#x}"
    return between.join(name for bit, name in names.items() if value & bit)


def ct_state(value: int, message: Message, get: Get) -> str:
    """A connection's state, a bit of each (NF_CT_STATE_BIT)."""
    return bits_text(value, STATES)


ICMPX_CODES = ("no-route", "port-unreachable", "host-unreachable", "admin-prohibited")
ICMP_CODES = {0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable",
              3: "port-unreachable", 9: "net-prohibited", 10: "host-prohibited",
              13: "admin-prohibited"}  # fmt: skip
ICMPV6_CODES = {0: "no-route", 1: "admin-prohibited", 3: "addr-unreachable",
                4: "port-unreachable", 5: "policy-fail", 6: "reject-route"}  # fmt: skip


# -- values ------------------------------------------------------------------------------------

PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 33: "dccp", 47: "gre", 50: "esp", 51: "ah",
             58: "ipv6-icmp", 108: "comp", 132: "sctp", 136: "udplite"}  # fmt: skip
FAMILIES = {0: "unspec", 1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
NFPROTOS = {2: "ipv4", 10: "ipv6"}
ETHERTYPES = {0x800: "ip", 0x806: "arp", 0x86DD: "ip6", 0x8100: "8021q", 0x88A8: "8021ad"}
TCP_FLAGS = {1: "fin", 2: "syn", 4: "rst", 8: "psh", 16: "ack", 32: "urg", 64: "ecn", 128: "cwr"}
STATUS = {1: "expected", 2: "seen-reply", 4: "assured", 8: "confirmed", 16: "snat", 32: "dnat",
          512: "dying"}  # fmt: skip
EVENTS = {1: "new", 2: "related", 4: "destroy", 8: "reply", 16: "assured", 32: "protoinfo",
          64: "helper", 128: "mark", 256: "seqadj", 512: "secmark", 1024: "label"}  # fmt: skip
DSCP = {
    0: "cs0", 8: "cs1", 16: "cs2", 24: "cs3", 32: "cs4", 40: "cs5", 48: "cs6", 56: "cs7",
    1: "lephb", 10: "af11", 12: "af12", 14: "af13", 18: "af21", 20: "af22", 22: "af23",
    26: "af31", 28: "af32", 30: "af33", 34: "af41", 36: "af42", 38: "af43", 44: "va", 46: "ef",
}  # fmt: skip
ICMP_TYPES = {
    0: "echo-reply", 3: "destination-unreachable", 4: "source-quench", 5: "redirect",
    8: "echo-request", 9: "router-advertisement", 10: "router-solicitation", 11: "time-exceeded",
    12: "parameter-problem", 13: "timestamp-request", 14: "timestamp-reply", 15: "info-request",
    16: "info-reply", 17: "address-mask-request", 18: "address-mask-reply",
}  # fmt: skip
ICMPV6_TYPES = {
    1: "destination-unreachable", 2: "packet-too-big", 3: "time-exceeded",
    4: "parameter-problem", 128: "echo-request", 129: "echo-reply", 130: "mld-listener-query",
    131: "mld-listener-report", 132: "mld-listener-done", 133: "nd-router-solicit",
    134: "nd-router-advert", 135: "nd-neighbor-solicit", 136: "nd-neighbor-advert",
    137: "nd-redirect", 143: "mld2-listener-report",
}  # fmt: skip
ICMP_CODE_WORDS = {0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable",
                   3: "port-unreachable", 4: "frag-needed", 9: "net-prohibited",
                   10: "host-prohibited", 13: "admin-prohibited"}  # fmt: skip
ARP_OPERATIONS = {1: "request", 2: "reply", 3: "rrequest", 4: "rreply", 8: "inrequest",
                  9: "inreply", 10: "nak"}  # fmt: skip
# What a number is called, by the type of what it is compared with.
NAMES: dict[str, dict[int, str]] = {
    "proto": PROTOCOLS, "nfproto": NFPROTOS, "ethertype": ETHERTYPES, "dscp": DSCP,
    "icmptype": ICMP_TYPES, "icmpv6type": ICMPV6_TYPES, "icmpcode": ICMP_CODE_WORDS,
    "icmpv6code": ICMPV6_CODES, "arpop": ARP_OPERATIONS, "ctdir": {0: "original", 1: "reply"},
    "boolean": {0: "missing", 1: "exists"}, "pkttype": {0: "host", 1: "broadcast", 2: "multicast",
    3: "other"}, "iftype": {1: "ether", 512: "ppp", 768: "ipip", 769: "ipip6", 772: "loopback",
    776: "sit", 778: "ipgre"}, "addrtype": {0: "unspec", 1: "unicast", 2: "local", 3: "broadcast",
    4: "anycast", 5: "multicast", 6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw",
    10: "nat", 11: "xresolve"}, "day": {0: "\"Sunday\"", 1: "\"Monday\"", 2: "\"Tuesday\"",
    3: "\"Wednesday\"", 4: "\"Thursday\"", 5: "\"Friday\"", 6: "\"Saturday\""},
    "ecn": {0: "not-ect", 1: "ect1", 2: "ect0", 3: "ce"},
    "dccptype": {0: "request", 1: "response", 2: "data", 3: "ack", 4: "dataack", 5: "closereq",
    6: "close", 7: "reset", 8: "sync", 9: "syncack"},
    "igmptype": {0x11: "membership-query", 0x12: "membership-report-v1",
    0x16: "membership-report-v2", 0x17: "leave-group", 0x22: "membership-report-v3"},
    "icmpxcode": dict(enumerate(ICMPX_CODES)),
}  # fmt: skip
FLAGS: dict[str, dict[int, str]] = {
    "ctstate": STATES, "ctstatus": STATUS, "tcpflags": TCP_FLAGS, "ctevent": EVENTS,
}  # fmt: skip
# In the host's byte order, the others in that of the network.
HOST_ORDER = frozenset((
    "host", "mark", "ifindex", "ctstate", "ctstatus", "pkttype", "iftype", "addrtype", "ctevent",
    "milliseconds", "boolean", "hour", "day", "ctdir", "tchandle",
))  # fmt: skip
# nft's numbers of types: how their values are shown, and how many bytes they have.
KINDS = {
    2: ("nfproto", 1), 4: ("be", 0), 5: ("ifname", 16), 7: ("ipv4", 4), 8: ("ipv6", 16),
    9: ("ether", 6), 10: ("ethertype", 2), 11: ("arpop", 2), 12: ("proto", 1), 13: ("be", 2),
    14: ("icmptype", 1), 15: ("tcpflags", 1), 16: ("dccptype", 1), 17: ("be", 1),
    18: ("milliseconds", 8), 19: ("mark", 4), 20: ("ifindex", 4), 21: ("iftype", 2),
    22: ("host", 4), 23: ("tchandle", 4), 24: ("host", 4), 25: ("host", 4), 26: ("ctstate", 4),
    27: ("ctdir", 1), 28: ("ctstatus", 4), 29: ("icmpv6type", 1), 30: ("bytes", 16),
    31: ("pkttype", 1), 32: ("icmpcode", 1), 33: ("icmpv6code", 1), 34: ("icmpxcode", 1),
    35: ("host", 4), 36: ("dscp", 1), 37: ("ecn", 1), 38: ("addrtype", 4), 39: ("boolean", 1),
    40: ("ctevent", 4), 41: ("ifname", 16), 42: ("igmptype", 1), 43: ("host", 8), 44: ("hour", 4),
    45: ("day", 1), 46: ("host", 8),
}  # fmt: skip


def time_text(milliseconds: int) -> str:
    """A time as nft writes it: 1h30m, 500ms."""
    out, rest = "", milliseconds
    for size, unit in ((86400000, "d"), (3600000, "h"), (60000, "m"), (1000, "s"), (1, "ms")):
        if rest >= size:
            out += f"{rest // size}{unit}"
            rest %= size
    return out or "0s"


def bytes_text(value: int) -> str:
    """A number of bytes in the largest unit that divides it."""
    for unit in ("bytes", "kbytes"):
        if value == 0 or value % 1024:
            return f"{value} {unit}"
        value //= 1024
    return f"{value} mbytes"


def hexadecimal(raw: bytes) -> str:
    """Bytes of which the type is not known."""
    return f"0x{raw.hex()}" if raw else "0x0"


def text_of(raw: bytes) -> str:
    """A text up to its NUL, in quotes."""
    return quoted(raw.split(b"\0")[0].decode("utf-8", "backslashreplace"))


LITTLE_HEAD, BIG_HEAD = struct.Struct("<HH"), struct.Struct(">HH")  # struct nlattr


def attributes(raw: bytes, big: bool) -> list[tuple[int, bytes]]:
    """Number and payload of the attributes in these bytes; what is malformed ends them."""
    out = []
    at, end = 0, len(raw)
    head = (BIG_HEAD if big else LITTLE_HEAD).unpack_from
    while at + 4 <= end:
        length, kind = head(raw, at)
        if length < 4 or at + length > end:
            break
        out.append((kind & 0x3FFF, raw[at + 4 : at + length]))
        at += (length + 3) & ~3
    return out


Parsed = tuple[str, dict[int, bytes]]
# Expressions as they were parsed: rulesets are full of the same ones.
parsed_before: tuple[dict[bytes, Parsed], dict[bytes, Parsed]] = ({}, {})
LONG, MANY = 256, 2048


def parsed(raw: bytes, big: bool) -> Parsed:
    """Name and data of an expression (NFTA_EXPR_NAME, NFTA_EXPR_DATA)."""
    known = parsed_before[big]
    out = known.get(raw)
    if out is None:
        found = dict(attributes(raw, big))
        out = word(found.get(1)), dict(attributes(found.get(2, b""), big))
        if len(raw) <= LONG:
            if len(known) >= MANY:
                known.clear()
            known[raw] = out
    return out


def number(raw: bytes | None) -> int:
    """A number in network order, 0 if it is not there."""
    return int.from_bytes(raw[:8], "big") if raw else 0


def word(raw: bytes | None) -> str:
    """A name up to its NUL."""
    return (raw or b"").split(b"\0")[0].decode("utf-8", "backslashreplace")


# -- what packets have -------------------------------------------------------------------------

# Protocol: its fields by first bit and number of bits.
Layout = dict[tuple[int, int], tuple[str, str]]
PORTS: Layout = {(0, 16): ("sport", "be"), (16, 16): ("dport", "be")}
HEADERS: dict[str, Layout] = {
    "ether": {(0, 48): ("daddr", "ether"), (48, 48): ("saddr", "ether"),
              (96, 16): ("type", "ethertype")},
    "vlan": {(112, 3): ("pcp", "be"), (115, 1): ("dei", "be"), (116, 12): ("id", "be"),
             (128, 16): ("type", "ethertype")},
    "arp": {(0, 16): ("htype", "be"), (16, 16): ("ptype", "ethertype"), (32, 8): ("hlen", "be"),
            (40, 8): ("plen", "be"), (48, 16): ("operation", "arpop"),
            (64, 48): ("saddr ether", "ether"), (112, 32): ("saddr ip", "ipv4"),
            (144, 48): ("daddr ether", "ether"), (192, 32): ("daddr ip", "ipv4")},
    "ip": {(0, 4): ("version", "be"), (4, 4): ("hdrlength", "be"), (8, 6): ("dscp", "dscp"),
           (14, 2): ("ecn", "ecn"), (16, 16): ("length", "be"), (32, 16): ("id", "be"),
           (48, 16): ("frag-off", "hex"), (64, 8): ("ttl", "be"), (72, 8): ("protocol", "proto"),
           (80, 16): ("checksum", "be"), (96, 32): ("saddr", "ipv4"),
           (128, 32): ("daddr", "ipv4")},
    "ip6": {(0, 4): ("version", "be"), (4, 6): ("dscp", "dscp"), (10, 2): ("ecn", "ecn"),
            (12, 20): ("flowlabel", "be"), (32, 16): ("length", "be"),
            (48, 8): ("nexthdr", "proto"), (56, 8): ("hoplimit", "be"),
            (64, 128): ("saddr", "ipv6"), (192, 128): ("daddr", "ipv6")},
    "tcp": {**PORTS, (32, 32): ("sequence", "be"), (64, 32): ("ackseq", "be"),
            (96, 4): ("doff", "be"), (100, 4): ("reserved", "be"),
            (104, 8): ("flags", "tcpflags"), (112, 16): ("window", "be"),
            (128, 16): ("checksum", "be"), (144, 16): ("urgptr", "be")},
    "udp": {**PORTS, (32, 16): ("length", "be"), (48, 16): ("checksum", "be")},
    "udplite": {**PORTS, (32, 16): ("csumcov", "be"), (48, 16): ("checksum", "be")},
    "sctp": {**PORTS, (32, 32): ("vtag", "be"), (64, 32): ("checksum", "be")},
    "dccp": {**PORTS, (67, 4): ("type", "be")},
    "th": PORTS,
    "icmp": {(0, 8): ("type", "icmptype"), (8, 8): ("code", "icmpcode"),
             (16, 16): ("checksum", "be"), (32, 16): ("id", "be"), (48, 16): ("sequence", "be"),
             (32, 32): ("gateway", "be")},
    "icmpv6": {(0, 8): ("type", "icmpv6type"), (8, 8): ("code", "icmpv6code"),
               (16, 16): ("checksum", "be"), (32, 16): ("id", "be"), (48, 16): ("sequence", "be"),
               (32, 32): ("mtu", "be")},
    "igmp": {(0, 8): ("type", "be"), (8, 8): ("mrt", "be"), (16, 16): ("checksum", "be"),
             (32, 32): ("group", "ipv4")},
    "esp": {(0, 32): ("spi", "be"), (32, 32): ("sequence", "be")},
    "ah": {(0, 8): ("nexthdr", "proto"), (8, 8): ("hdrlength", "be"), (16, 16): ("reserved", "be"),
           (32, 32): ("spi", "be"), (64, 32): ("sequence", "be")},
    "comp": {(0, 8): ("nexthdr", "proto"), (8, 8): ("flags", "hex"), (16, 16): ("cpi", "be")},
    "gre": {(16, 16): ("protocol", "ethertype")},
    "hbh": {(0, 8): ("nexthdr", "proto"), (8, 8): ("hdrlength", "be")},
    "dst": {(0, 8): ("nexthdr", "proto"), (8, 8): ("hdrlength", "be")},
    "rt": {(0, 8): ("nexthdr", "proto"), (8, 8): ("hdrlength", "be"), (16, 8): ("type", "be"),
           (24, 8): ("seg-left", "be")},
    "frag": {(0, 8): ("nexthdr", "proto"), (8, 8): ("reserved", "be"), (16, 13): ("frag-off", "be"),
             (29, 2): ("reserved2", "be"), (31, 1): ("more-fragments", "be"),
             (32, 32): ("id", "be")},
    "mh": {(0, 8): ("nexthdr", "proto"), (8, 8): ("hdrlength", "be"), (16, 8): ("type", "be"),
           (24, 8): ("reserved", "be"), (32, 16): ("checksum", "be")},
    "tcp option": {(0, 8): ("kind", "be"), (8, 8): ("length", "be")},
    "ip option": {(0, 8): ("type", "be"), (8, 8): ("length", "be"), (16, 8): ("ptr", "be"),
                  (24, 32): ("addr", "ipv4")},
}  # fmt: skip
OPTION_FIELDS: dict[str, Layout] = {
    "maxseg": {(16, 16): ("size", "be")}, "window": {(16, 8): ("count", "be")},
    "timestamp": {(16, 32): ("tsval", "be"), (48, 32): ("tsecr", "be")},
    "sack": {(16, 32): ("left", "be"), (48, 32): ("right", "be")},
    "ra": {(16, 16): ("value", "be")},
}  # fmt: skip
EXTENSIONS = {0: "hbh", 43: "rt", 44: "frag", 50: "esp", 51: "ah", 60: "dst", 135: "mh"}
TCP_OPTIONS = {0: "eol", 1: "nop", 2: "maxseg", 3: "window", 4: "sack-perm", 5: "sack",
               8: "timestamp", 19: "md5sig", 30: "mptcp", 34: "fastopen"}  # fmt: skip
IP_OPTIONS = {7: "rr", 131: "lsrr", 137: "ssrr", 148: "ra"}
CHUNKS = {0: "data", 1: "init", 2: "init-ack", 3: "sack", 4: "heartbeat", 5: "heartbeat-ack",
          6: "abort", 7: "shutdown", 8: "shutdown-ack", 9: "error", 10: "cookie-echo",
          11: "cookie-ack", 12: "ecne", 13: "cwr", 14: "shutdown-complete", 193: "asconf-ack",
          192: "forward-tsn", 128: "asconf"}  # fmt: skip
BASES = ("ll", "nh", "th", "ih", "tun")

# By key: how nft writes it, the type of its values, and their size.
META = {
    0: ("meta length", "host", 4), 1: ("meta protocol", "ethertype", 2),
    2: ("meta priority", "tchandle", 4), 3: ("meta mark", "mark", 4), 4: ("iif", "ifindex", 4),
    5: ("oif", "ifindex", 4), 6: ("iifname", "ifname", 16), 7: ("oifname", "ifname", 16),
    8: ("meta iiftype", "iftype", 2), 9: ("meta oiftype", "iftype", 2),
    10: ("meta skuid", "host", 4),
    11: ("meta skgid", "host", 4), 12: ("meta nftrace", "host", 1),
    13: ("meta rtclassid", "host", 4), 14: ("meta secmark", "host", 4),
    15: ("meta nfproto", "nfproto", 1), 16: ("meta l4proto", "proto", 1),
    17: ("meta ibrname", "ifname", 16), 18: ("meta obrname", "ifname", 16),
    19: ("meta pkttype", "pkttype", 1), 20: ("meta cpu", "host", 4), 21: ("iifgroup", "host", 4),
    22: ("oifgroup", "host", 4), 23: ("meta cgroup", "host", 4), 24: ("meta random", "host", 4),
    25: ("meta ipsec", "boolean", 1), 26: ("meta iifkind", "ifname", 16),
    27: ("meta oifkind", "ifname", 16), 28: ("meta ibrpvid", "host", 2),
    29: ("meta ibrvproto", "ethertype", 2), 30: ("meta time", "host", 8),
    31: ("meta day", "day", 1),
    32: ("meta hour", "hour", 4), 33: ("meta sdif", "ifindex", 4),
    34: ("meta sdifname", "ifname", 16), 35: ("meta broute", "host", 1),
    37: ("meta ibrhwaddr", "ether", 6),
}  # fmt: skip
CT = {
    0: ("state", "ctstate", 4), 1: ("direction", "ctdir", 1), 2: ("status", "ctstatus", 4),
    3: ("mark", "mark", 4), 4: ("secmark", "host", 4), 5: ("expiration", "milliseconds", 4),
    6: ("helper", "ifname", 16), 7: ("l3proto", "nfproto", 1), 8: ("saddr", "address", 16),
    9: ("daddr", "address", 16), 10: ("protocol", "proto", 1), 11: ("proto-src", "be", 2),
    12: ("proto-dst", "be", 2), 13: ("label", "bytes", 16), 14: ("packets", "host", 8),
    15: ("bytes", "host", 8), 16: ("avgpkt", "host", 8), 17: ("zone", "host", 2),
    18: ("event", "ctevent", 4), 19: ("ip saddr", "ipv4", 4), 20: ("ip daddr", "ipv4", 4),
    21: ("ip6 saddr", "ipv6", 16), 22: ("ip6 daddr", "ipv6", 16), 23: ("id", "be", 4),
}  # fmt: skip
RT = {0: ("rt classid", "host", 4), 1: ("rt ip nexthop", "ipv4", 4),
      2: ("rt ip6 nexthop", "ipv6", 16), 3: ("rt mtu", "host", 2),
      4: ("rt ipsec", "boolean", 1)}  # fmt: skip
SOCKET = {0: ("socket transparent", "host", 1), 1: ("socket mark", "mark", 4),
          2: ("socket wildcard", "host", 1), 3: ("socket cgroupv2", "host", 8)}  # fmt: skip
XFRM = {1: ("ip daddr", "ipv4", 4), 2: ("ip6 daddr", "ipv6", 16), 3: ("ip saddr", "ipv4", 4),
        4: ("ip6 saddr", "ipv6", 16), 5: ("reqid", "host", 4), 6: ("spi", "be", 4)}  # fmt: skip
FIB_RESULTS = {1: ("oif", "ifindex", 4), 2: ("oifname", "ifname", 16), 3: ("type", "addrtype", 4)}
FIB_FLAGS = {1: "saddr", 2: "daddr", 4: "mark", 8: "iif", 16: "oif"}
OPERATORS = ("", "!= ", "< ", "<= ", "> ", ">= ")
GTE, LTE = 5, 3  # NFT_CMP_GTE, NFT_CMP_LTE
UNITS = {1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}
LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit")
LOG_FLAGS = {4: "skuid", 32: "ether"}
OBJECTS = {1: "counter name", 2: "quota name", 3: "ct helper set", 4: "limit name",
           5: "ct count name", 6: "tunnel name", 7: "ct timeout set", 8: "meta secmark set",
           9: "ct expectation set", 10: "synproxy name"}  # fmt: skip
NAT_FLAGS = {4: "random", 16: "fully-random", 8: "persistent"}
VERDICTS = {0: "drop", 1: "accept", 2: "stolen", 3: "queue", 4: "repeat", 0xFFFFFFFF: "continue",
            0xFFFFFFFE: "break", 0xFFFFFFFD: "jump", 0xFFFFFFFC: "goto",
            0xFFFFFFFB: "return"}  # fmt: skip
LONGEST = 512  # characters of what a register holds
DEEPEST = 8  # expressions in expressions
MOST = 4096  # characters of a line; who has more reads the tree


class Operand:
    """What a register holds: how nft writes it, of which type, from where in the packet."""

    __slots__ = (
        "field",
        "header",
        "loaded",
        "mask",
        "place",
        "raw",
        "size",
        "swapped",
        "text",
        "type",
        "xor",
    )

    def __init__(self, text: str, kind: str, size: int) -> None:
        self.text = text
        self.type = kind
        self.size = size
        self.header = ""  # the protocol of a packet's field
        self.place: tuple[int, int] | None = None  # bits of it, where no field has them all
        self.field: tuple[int, int] | None = None  # bits of the field in which it lies
        self.mask: bytes | None = None
        self.xor: bytes | None = None
        self.raw: bytes | None = None  # a constant
        self.loaded = -1  # where it was told
        self.swapped = False  # from the host's to the network's order

    def copy(self) -> Operand:
        """The same, to be changed."""
        out = Operand(self.text, self.type, self.size)
        out.header, out.place, out.field = self.header, self.place, self.field
        out.mask, out.xor, out.raw, out.swapped = self.mask, self.xor, self.raw, self.swapped
        return out


class Expressions:
    """Goes through the expressions of a rule and notes what they say."""

    def __init__(self, message: Message, family: int, table: bytes) -> None:
        self.message = message
        self.family = family
        self.table = table
        self.big = message.big
        self.registers: dict[int, Operand] = {}
        self.fresh: set[int] = set()  # loaded and not yet used
        self.words: list[str] = []
        self.network = {2: "ip", 10: "ip6", 3: "arp"}.get(family, "")
        self.transport = ""
        # Where the line says which protocol it is, which the field that follows says again.
        self.said: dict[str, int] = {}
        self.inside = ("", "")  # network and transport of what a tunnel carries
        self.depth = 0
        self.lower: tuple[Operand, str] | None = None  # `>= 5`, which `<= 9` may follow
        self.at = -1  # where the expression lies among those of the rule
        # Of expressions with constants: their type, and whether that is in the network's order.
        self.types: dict[int, tuple[str, bool]] = {}

    # -- reading --------------------------------------------------------------------------

    def attributes(self, raw: bytes) -> dict[int, bytes]:
        """Attributes by number."""
        return dict(attributes(raw, self.big))

    def run(self, raw: bytes) -> None:
        """A list of expressions (NFTA_LIST_ELEM)."""
        for _, expression in attributes(raw, self.big):
            self.expression(expression)

    def expression(self, raw: bytes) -> None:
        """One expression: NFTA_EXPR_NAME, NFTA_EXPR_DATA."""
        name, data = parsed(raw, self.big)
        do = STATEMENTS.get(name)
        if do is None or self.depth > DEEPEST:
            self.say(name)
        else:
            self.depth += 1
            do(self, data)
            self.depth -= 1

    def say(self, text: str) -> None:
        """A statement."""
        self.words.append(text)

    def data(self, raw: bytes | None) -> bytes:
        """NFTA_DATA_VALUE in a nest."""
        return self.attributes(raw or b"").get(1, b"")

    def verdict(self, raw: bytes) -> str:
        """NFTA_VERDICT_CODE, _CHAIN, _CHAIN_ID."""
        found = self.attributes(raw)
        code = number(found.get(1))
        text = VERDICTS.get(code, f"{code & 0xFFFF:#x}")
        if 2 in found or 3 in found:
            text += f" {word(found[2])}" if 2 in found else f" chain-id {number(found[3])}"
        return text

    # -- registers ------------------------------------------------------------------------

    @staticmethod
    def slot(raw: bytes | None) -> int:
        """The first of the registers of 4 bytes that it is; -1 for none."""
        register = number(raw)
        if 1 <= register <= 4:
            return (register - 1) * 4
        return register - 8 if register >= 8 else -1

    def load(self, raw: bytes | None, operand: Operand) -> None:
        """Puts something into a register."""
        slot = self.slot(raw)
        if len(operand.text) > LONGEST:  # which others would double again and again
            operand.text = operand.text[:LONGEST] + "…"
        self.registers[slot] = operand
        self.fresh.add(slot)
        self.lower = None

    def use(self, raw: bytes | None) -> Operand:
        """What is in a register, on its own."""
        slot = self.slot(raw)
        self.fresh.discard(slot)
        return self.registers.get(slot) or Operand(f"reg {number(raw)}", "", 0)

    def joined(self, raw: bytes | None) -> str:
        """What is in a register and those behind it, which were loaded for this."""
        slot = self.slot(raw)
        words = []
        operand = self.registers.get(slot)
        while operand is not None:
            words.append(self.shown(operand))
            self.fresh.discard(slot)
            slot += max(1, (operand.size + 3) // 4)
            operand = self.registers.get(slot) if slot in self.fresh else None
        return " . ".join(words) or f"reg {number(raw)}"

    def constant(self, raw: bytes | None, kind: str) -> str:
        """What is in a register, a constant of a type or what was loaded."""
        operand = self.use(raw)
        if operand.raw is None:
            return self.shown(operand)
        self.types[operand.loaded] = kind, False
        return self.value(kind, operand.raw)

    def shown(self, operand: Operand) -> str:
        """What was loaded, with what was done to it."""
        if operand.raw is not None:
            return hexadecimal(operand.raw)
        if operand.mask is None:
            return operand.text
        return self.masked(operand)

    def masked(self, operand: Operand) -> str:
        """`& mask`, `| value` or `^ value`."""
        mask, xor = operand.mask or b"", operand.xor or b""
        ones = bytes(255 for _ in mask)
        if any(xor):
            if mask == bytes(255 ^ byte for byte in xor):
                return f"{operand.text} | {self.plain(operand, xor)}"
            if mask == ones:
                return f"{operand.text} ^ {self.plain(operand, xor)}"
            both = f"({operand.text} & {self.plain(operand, mask)})"
            return f"{both} ^ {self.plain(operand, xor)}"
        return f"{operand.text} & {self.plain(operand, mask)}"

    def plain(self, operand: Operand, raw: bytes) -> str:
        """A mask or what is or-ed: an address, flags, else hexadecimal."""
        kind = operand.type
        if kind in ("ipv4", "ipv6", "ether", "mark"):
            return self.value(kind, raw)
        value = self.integer(operand, raw)
        if kind in FLAGS and value and not value & ~sum(FLAGS[kind]):
            text = bits_text(value, FLAGS[kind], " | ")
            return f"({text})" if "|" in text else text
        return f"{value:#x}"

    # -- values ---------------------------------------------------------------------------

    def integer(self, operand: Operand, raw: bytes) -> int:
        """A number as it is compared with an operand."""
        host = operand.type in HOST_ORDER and not operand.swapped
        return int.from_bytes(raw, "big" if self.big or not host else "little")

    def value(self, kind: str, raw: bytes, swapped: bool = False) -> str:
        """A constant by its type."""
        if kind == "ipv4" or kind == "ipv6" or kind == "address":
            return format_address(raw) if len(raw) in (4, 16) else hexadecimal(raw)
        if kind == "ether":
            return format_mac(raw)
        if kind == "ifname":
            return text_of(raw)
        if kind in ("", "bytes") or len(raw) > 8:
            return hexadecimal(raw)
        host = kind in HOST_ORDER and not swapped and not self.big
        value = int.from_bytes(raw, "little" if host else "big")
        if kind == "ifindex":
            name = self.message.context.interface(value, self.message)
            return str(value) if name is None else f'"{name}"'
        return self.named(kind, value, len(raw))

    def named(self, kind: str, value: int, size: int) -> str:
        """A number by its type."""
        if kind == "ethertype":
            return ETHERTYPES.get(value, f"0x{value:04x}")
        if kind in NAMES:
            return NAMES[kind].get(value, str(value))
        if kind in FLAGS:
            return bits_text(value, FLAGS[kind])
        if kind == "mark":
            return f"0x{value:08x}"
        if kind == "hex":
            return f"{value:#x}"
        if kind == "hour" and value < 86400:
            seconds = f":{value % 60:02}" if value % 60 else ""
            return f'"{value // 3600:02}:{value // 60 % 60:02}{seconds}"'
        if kind == "milliseconds":
            return time_text(value)
        if kind == "tchandle":
            return {0: "none", 0xFFFFFFFF: "root"}.get(value, f"{value >> 16:x}:{value & 65535:x}")
        return str(value)

    # -- comparisons ----------------------------------------------------------------------

    def cmp(self, data: dict[int, bytes]) -> None:
        """NFTA_CMP_SREG, _OP, _DATA."""
        operand, code, raw = self.use(data.get(1)), number(data.get(2)), self.data(data.get(3))
        self.types[self.at] = operand.type, operand.swapped
        operator = OPERATORS[code] if code < len(OPERATORS) else f"op {code} "
        if self.lower is not None and code == LTE and self.lower[0] is operand:
            self.words[-1] = f"{self.lower[1]}-{self.compared(operand, raw)[1]}"
            self.lower = None
            return
        if code == 0 and self.several(operand, raw):
            return
        if operand.mask is not None and code < 2 and self.bits(operand, code, raw):
            return
        text, value = self.compared(operand, raw)
        if code == 0 and " & " in text:
            operator = "== "
        self.say(f"{text} {operator}{value}")
        self.lower = (operand, f"{text} {value}") if code == GTE else None
        if code == 0:
            self.learn(operand, raw)

    def compared(self, operand: Operand, raw: bytes) -> tuple[str, str]:
        """What is compared, and with what."""
        if operand.field is not None and operand.type in ("ipv4", "ipv6") and operand.mask is None:
            size = 4 if operand.type == "ipv4" else 16
            if len(raw) < size:
                address = raw + bytes(size - len(raw))
                return operand.text, f"{self.value(operand.type, address)}/{len(raw) * 8}"
        if operand.mask is not None:
            if not any(operand.xor or b"") and operand.type in ("ipv4", "ipv6"):
                ones = bin(int.from_bytes(operand.mask, "big"))[2:]
                length = ones.count("1")
                if len(ones) == len(raw) * 8 and "01" not in ones and length < len(ones):
                    return operand.text, f"{self.value(operand.type, raw)}/{length}"
            kind = operand.type if operand.type in ("ipv4", "ipv6", "mark", "ether") else ""
            text = self.masked(operand)
            return text, self.value(kind, raw) if kind else self.plain(operand, raw)
        if operand.type == "ifname" and raw and len(raw) < operand.size and 0 not in raw:
            return operand.text, text_of(raw)[:-1] + '*"'
        return operand.text, self.value(operand.type, raw, operand.swapped)

    def bits(self, operand: Operand, code: int, raw: bytes) -> bool:
        """A field of some bits, or flags of which any is set; False if it is neither."""
        mask = operand.mask or b""
        if any(operand.xor or b"") or len(mask) != len(raw) or len(mask) > 16:
            return False
        value = self.integer(operand, raw)
        if operand.type in FLAGS and any(mask):
            if value:
                among = self.value(operand.type, mask, operand.swapped)
                named = self.value(operand.type, raw, operand.swapped)
                self.say(f"{operand.text} {OPERATORS[code]}{named} / {among}")
                return True
            names = bits_text(self.integer(operand, mask), FLAGS[operand.type])
            self.say(f"{operand.text} {'' if code == 1 else '! '}{names}")
            return True
        if operand.type == "bytes" and value == 0 and code == 1:
            whole = int.from_bytes(mask, "little")
            bits = [str(bit) for bit in range(len(mask) * 8) if whole >> bit & 1]
            self.say(f"{operand.text} {','.join(bits)}")
            return True
        found = self.bit_field(operand, mask)
        if found is None:
            return False
        name, kind, shift = found
        self.uses(operand)
        if name.startswith("vlan "):
            self.forget("vlan")
            self.forget("link")
        value = int.from_bytes(raw, "big") >> shift
        self.say(f"{name} {OPERATORS[code]}{self.named(kind, value, len(raw))}")
        return True

    def bit_field(self, operand: Operand, mask: bytes) -> tuple[str, str, int] | None:
        """The field of which a mask leaves the bits: as nft writes it, type, bits behind it."""
        if operand.place is None or not operand.header:
            return None
        bits = int.from_bytes(mask, "big")
        if bits == 0:
            return None
        shift = (bits & -bits).bit_length() - 1
        width = bits.bit_length() - shift
        if bits >> shift != (1 << width) - 1:
            return None
        start = operand.place[0] + len(mask) * 8 - shift - width
        for header in (operand.header, "vlan" if operand.header == "ether" else ""):
            found = HEADERS.get(header, {}).get((start, width))
            if found is not None:
                return f"{header} {found[0]}", found[1], shift
        return None

    def several(self, operand: Operand, raw: bytes) -> bool:
        """Fields that lie side by side and are compared at once."""
        if operand.place is None or operand.mask is not None or not operand.header:
            return False
        layout = HEADERS.get(operand.header, {})
        at, end = operand.place[0], operand.place[0] + len(raw) * 8
        words = []
        while at < end:
            width = next((w for w in (16, 8, 32, 48, 128) if (at, w) in layout), 0)
            if not width or at + width > end:
                return False
            first = (at - operand.place[0]) // 8
            name, kind = layout[at, width]
            value = self.value(kind, raw[first : first + width // 8])
            words.append(f"{operand.header} {name} {value}")
            at += width
        if len(words) < 2:
            return False
        self.say(" ".join(words))
        return True

    def learn(self, operand: Operand, raw: bytes) -> None:
        """Which protocol it is from here on."""
        value = int.from_bytes(raw, "big")
        if operand.text.startswith(("vxlan ", "geneve ", "inner ")):
            self.learn_inside(operand.text, value)
            return
        if operand.text == "meta nfproto":
            self.network = {2: "ip", 10: "ip6"}.get(value, "")
        elif operand.text == "meta iiftype":
            if self.value("iftype", raw) == "ether":
                self.said["link"] = len(self.words) - 1
            return
        elif operand.text in ("meta protocol", "ether type", "vlan type"):
            self.network = {0x800: "ip", 0x86DD: "ip6", 0x806: "arp"}.get(value, "")
            if value == 0x8100:
                self.said["vlan"] = len(self.words) - 1
        elif operand.text in ("meta l4proto", "ip protocol", "ip6 nexthdr"):
            self.transport = {58: "icmpv6"}.get(value, PROTOCOLS.get(value, ""))
            self.said["transport"] = len(self.words) - 1
            return
        else:
            return
        self.said["network"] = len(self.words) - 1

    def learn_inside(self, text: str, value: int) -> None:
        """Which protocol is in a tunnel from here on."""
        if text.endswith(" meta protocol"):
            name = {0x800: "ip", 0x86DD: "ip6", 0x806: "arp"}.get(value, "")
            self.inside = (name, self.inside[1])
        elif text.endswith((" meta l4proto", " ip protocol", " ip6 nexthdr")):
            name = {58: "icmpv6"}.get(value, PROTOCOLS.get(value, ""))
            self.inside = (self.inside[0], name)
        else:
            return
        self.said["inside"] = len(self.words) - 1

    def uses(self, operand: Operand) -> None:
        """A field says its protocol, so that what said it before need not stand there."""
        header = operand.header
        if header == "vlan":
            layers: tuple[str, ...] = ("vlan", "link")
        elif header == "ether":
            layers = ("link",)
        elif header in ("ip", "ip6", "arp"):
            layers = ("network",)
        elif header in ("icmp", "icmpv6", "igmp"):
            layers = ("transport", "network")
        elif header == self.transport and header:
            layers = ("transport",)
        else:
            layers = ()
        for layer in layers:
            at = self.said.pop(layer, -1)
            if 0 <= at < len(self.words) and self.words[at].startswith(
                ("meta ", "ether type", "ip protocol", "ip6 nexthdr")
            ):
                self.words[at] = ""

    def range(self, data: dict[int, bytes]) -> None:
        """NFTA_RANGE_SREG, _OP, _FROM_DATA, _TO_DATA."""
        operand = self.use(data.get(1))
        self.types[self.at] = operand.type, operand.swapped
        text, first = self.compared(operand, self.data(data.get(3)))
        last = self.compared(operand, self.data(data.get(4)))[1]
        self.say(f"{text} {OPERATORS[number(data.get(2)) & 1]}{first}-{last}")

    def lookup(self, data: dict[int, bytes]) -> None:
        """NFTA_LOOKUP_SET, _SREG, _DREG, _SET_ID, _FLAGS."""
        key, members = self.joined(data.get(2)), self.named_set(data.get(1), data.get(4))[1]
        if 3 not in data:
            self.say(f"{key} {'!= ' if number(data.get(5)) & 1 else ''}{members}")
        elif number(data[3]) == 0:
            self.say(f"{key} vmap {members}")
        else:
            self.load(data[3], Operand(f"{key} map {members}", "", 0))

    def named_set(self, name: bytes | None, told: bytes | None) -> tuple[int, str]:
        """A set that an expression names: type of its objects, `@name` or what is in it."""
        known = set_of(self.message, self.family, self.table, name or b"", number(told))
        if known is None:
            return 0, f"@{word(name)}"
        if not known.flags & ANONYMOUS or not known.elements or self.depth > DEEPEST:
            return known.object, f"@{word(name)}"
        inner = Expressions(self.message, self.family, self.table)
        inner.depth = self.depth + 1
        return known.object, "{ " + ", ".join(inner.elements(list(known.elements), known)) + " }"

    def bitwise(self, data: dict[int, bytes]) -> None:
        """NFTA_BITWISE_SREG, _DREG, _LEN, _MASK, _XOR, _OP, _DATA, _SREG2."""
        operand, code = self.use(data.get(1)).copy(), number(data.get(6))
        shift = code in (1, 2)
        self.types[self.at] = ("host", False) if shift else (operand.type, operand.swapped)
        if code == 0:
            if operand.mask is not None:
                operand.text, operand.place = f"({self.masked(operand)})", None
            operand.mask, operand.xor = self.data(data.get(4)), self.data(data.get(5))
        else:
            sign = {1: "<<", 2: ">>", 3: "&", 4: "|", 5: "^"}.get(code, f"op {code}")
            if 8 in data:
                right = self.shown(self.use(data[8]))
            elif code < 3:
                right = str(int.from_bytes(self.data(data.get(7)), "big" if self.big else "little"))
            else:
                right = self.plain(operand, self.data(data.get(7)))
            operand.text = f"{self.shown(operand)} {sign} {right}"
            operand.mask = operand.place = None
        self.load(data.get(2), operand)

    def byteorder(self, data: dict[int, bytes]) -> None:
        """NFTA_BYTEORDER_SREG, _DREG, _OP."""
        operand = self.use(data.get(1)).copy()
        operand.swapped = number(data.get(3)) == 1
        self.load(data.get(2), operand)

    # -- what is loaded or set ------------------------------------------------------------

    def immediate(self, data: dict[int, bytes]) -> None:
        """NFTA_IMMEDIATE_DREG, _DATA."""
        inside = self.attributes(data.get(2, b""))
        if 2 in inside:
            self.say(self.verdict(inside[2]))
            return
        operand = Operand("", "", len(inside.get(1, b"")))
        operand.raw, operand.loaded = inside.get(1, b""), self.at
        self.load(data.get(1), operand)

    def keyed(self, key: tuple[str, str, int], load: bytes | None, store: bytes | None) -> None:
        """What has a key is loaded, or set from a register."""
        if load is not None:
            self.load(load, Operand(*key))
        else:
            self.say(f"{key[0]} set {self.constant(store, key[1])}")

    def meta(self, data: dict[int, bytes]) -> None:
        """NFTA_META_DREG, _KEY, _SREG."""
        key = number(data.get(2))
        self.keyed(META.get(key, (f"meta {key}", "", 4)), data.get(1), data.get(3))
        if 3 in data and key == 25:
            self.words[-1] = "meta ipsec"

    def ct(self, data: dict[int, bytes]) -> None:
        """NFTA_CT_DREG, _KEY, _DIRECTION, _SREG."""
        key = number(data.get(2))
        name, kind, size = CT.get(key, (str(key), "", 4))
        if 3 in data:
            name = f"{'reply' if number(data[3]) else 'original'} {name}"
        self.keyed((f"ct {name}", kind, size), data.get(1), data.get(4))

    def rt(self, data: dict[int, bytes]) -> None:
        """NFTA_RT_DREG, _KEY."""
        key = number(data.get(2))
        name, kind, size = RT.get(key, (f"rt {key}", "", 4))
        if self.family in (2, 10):
            name = name.replace("ip ", "").replace("ip6 ", "")
        self.keyed((name, kind, size), data.get(1), None)

    def socket(self, data: dict[int, bytes]) -> None:
        """NFTA_SOCKET_KEY, _DREG, _LEVEL."""
        key = number(data.get(1))
        name, kind, size = SOCKET.get(key, (f"socket {key}", "", 4))
        if key == 3:
            name += f" level {number(data.get(3))}"
        self.keyed((name, kind, size), data.get(2), None)

    def xfrm(self, data: dict[int, bytes]) -> None:
        """NFTA_XFRM_DREG, _KEY, _DIR, _SPNUM."""
        key = number(data.get(2))
        name, kind, size = XFRM.get(key, (str(key), "", 4))
        spnum = f"spnum {number(data.get(4))} " if number(data.get(4)) else ""
        way = "out" if number(data.get(3)) else "in"
        self.keyed((f"ipsec {way} {spnum}{name}", kind, size), data.get(1), None)

    def fib(self, data: dict[int, bytes]) -> None:
        """NFTA_FIB_DREG, _RESULT, _FLAGS."""
        flags = number(data.get(3))
        name, kind, size = FIB_RESULTS.get(number(data.get(2)), ("?", "", 4))
        if flags & 32:
            name, kind, size = "check", "boolean", 1
        by = " . ".join(text for bit, text in FIB_FLAGS.items() if flags & bit)
        self.keyed((f"fib {by} {name}", kind, size), data.get(1), None)

    def osf(self, data: dict[int, bytes]) -> None:
        """NFTA_OSF_DREG, _TTL, _FLAGS."""
        ttl = {1: "ttl loose ", 2: "ttl skip "}.get(number(data.get(2)), "")
        what = "version" if number(data.get(3)) & 1 else "name"
        self.keyed((f"osf {ttl}{what}", "ifname", 16), data.get(1), None)

    def tunnel(self, data: dict[int, bytes]) -> None:
        """NFTA_TUNNEL_KEY, _DREG, _MODE."""
        key = ("tunnel id", "host", 4) if number(data.get(1)) else ("tunnel path", "boolean", 1)
        self.keyed(key, data.get(2), None)

    def numgen(self, data: dict[int, bytes]) -> None:
        """NFTA_NG_DREG, _MODULUS, _TYPE, _OFFSET."""
        kind = "random" if number(data.get(3)) else "inc"
        text = f"numgen {kind} mod {number(data.get(2))}"
        if number(data.get(4)):
            text += f" offset {number(data[4])}"
        self.load(data.get(1), Operand(text, "host", 4))

    def hash(self, data: dict[int, bytes]) -> None:
        """NFTA_HASH_SREG, _DREG, _LEN, _MODULUS, _SEED, _OFFSET, _TYPE."""
        text = "symhash" if number(data.get(7)) else f"jhash {self.joined(data.get(1))}"
        text += f" mod {number(data.get(4))}"
        if 5 in data:
            text += f" seed {number(data[5]):#x}"
        if number(data.get(6)):
            text += f" offset {number(data[6])}"
        self.load(data.get(2), Operand(text, "host", 4))

    def payload(self, data: dict[int, bytes]) -> None:
        """NFTA_PAYLOAD_DREG, _BASE, _OFFSET, _LEN, _SREG."""
        base, first, size = number(data.get(2)), number(data.get(3)) * 8, number(data.get(4))
        operand = self.packet_field(base, first, size)
        if 5 not in data:
            self.load(data.get(1), operand)
            return
        value = self.use(data[5])
        if value.mask is not None and value.xor is not None:
            rest = bytes(255 ^ byte for byte in value.mask)
            found = self.bit_field(operand, rest)
            if found is not None:
                number_set = int.from_bytes(value.xor, "big") >> found[2]
                self.uses(operand)
                self.say(f"{found[0]} set {self.named(found[1], number_set, size)}")
                return
        text = self.shown(value) if value.raw is None else self.value(operand.type, value.raw)
        if value.raw is not None:
            self.types[value.loaded] = operand.type, False
        self.say(f"{operand.text} set {text}")

    def packet_field(self, base: int, first: int, size: int) -> Operand:
        """The field of the packet at these bits."""
        header = {0: "ether", 1: self.network, 2: self.transport or "th"}.get(base, "")
        layout = HEADERS.get(header, {})
        if header == "ether" and (first, size * 8) not in layout:
            tagged = HEADERS["vlan"].get((first, size * 8))
            if tagged is not None:
                operand = Operand(f"vlan {tagged[0]}", tagged[1], size)
                operand.header = "vlan"
                self.uses(operand)
                return operand
        found = layout.get((first, size * 8))
        if found is not None:
            operand = Operand(f"{header} {found[0]}", found[1], size)
            operand.header, operand.place = header, (first, size * 8)
            self.uses(operand)
            return operand
        for (start, width), (name, kind) in layout.items():
            if start == first and width > size * 8 and kind in ("ipv4", "ipv6"):
                operand = Operand(f"{header} {name}", kind, size)
                operand.header, operand.field = header, (start, width)
                self.uses(operand)
                return operand
        where = BASES[base] if base < len(BASES) else str(base)
        operand = Operand(f"@{where},{first},{size * 8}", "hex", size)
        operand.place, operand.header = (first, size * 8), header
        if header and header != "th":
            self.uses(operand)
        return operand

    def exthdr(self, data: dict[int, bytes]) -> None:
        """NFTA_EXTHDR_DREG, _TYPE, _OFFSET, _LEN, _FLAGS, _OP, _SREG."""
        kind, first, size = number(data.get(2)), number(data.get(3)) * 8, number(data.get(4))
        op = number(data.get(6))
        names = (EXTENSIONS, TCP_OPTIONS, IP_OPTIONS, CHUNKS, {})[op] if op < 5 else {}
        name = names.get(kind, str(kind))
        head = (
            ("", "tcp option ", "ip option ", "sctp chunk ", "dccp option ")[op] if op < 5 else ""
        )
        if op == 0 or op == 2:
            self.forget("network")
        if number(data.get(5)) & 1:
            self.load(data.get(1), Operand(f"{head or 'exthdr '}{name}", "boolean", 1))
            return
        layout = HEADERS.get(head.strip() or name, {}) | OPTION_FIELDS.get(name, {})
        found = layout.get((first, size * 8))
        operand = Operand(f"{head}{name} @{first},{size * 8}", "hex", size)
        if found is not None:
            operand = Operand(f"{head}{name} {found[0]}", found[1], size)
        elif not head and name in HEADERS:
            operand.header, operand.place = name, (first, size * 8)
        if 1 in data:
            self.load(data[1], operand)
        elif 7 in data:
            self.say(f"{operand.text} set {self.constant(data[7], operand.type)}")
        else:
            self.say(f"reset {head}{name}")

    def inner(self, data: dict[int, bytes]) -> None:
        """NFTA_INNER_NUM, _TYPE, _FLAGS, _HDRSIZE, _EXPR."""
        name = {1: "vxlan", 2: "geneve"}.get(number(data.get(2)), "inner")
        before = len(self.words)
        outside = self.network, self.transport
        self.network, self.transport = self.inside
        said, self.said = self.said, {}
        self.expression(data.get(5, b""))
        self.said = said
        self.network, self.transport = outside
        at = self.said.pop("inside", -1)
        fields = [self.registers[slot].header for slot in self.fresh if slot in self.registers]
        if 0 <= at < len(self.words) and any(header in self.inside for header in fields if header):
            self.words[at] = ""
        for at in range(before, len(self.words)):
            self.words[at] = f"{name} {self.words[at]}"
        for slot in self.fresh:
            operand = self.registers[slot]
            if not operand.text.startswith(name):
                operand.text = f"{name} {operand.text}"

    # -- statements -----------------------------------------------------------------------

    def counter(self, data: dict[int, bytes]) -> None:
        """NFTA_COUNTER_BYTES, _PACKETS."""
        said = f" packets {number(data.get(2))} bytes {number(data.get(1))}" if data else ""
        self.say(f"counter{said}")

    def limit(self, data: dict[int, bytes]) -> None:
        """NFTA_LIMIT_RATE, _UNIT, _BURST, _TYPE, _FLAGS."""
        self.say(f"limit {limit_text(data)}")

    def connlimit(self, data: dict[int, bytes]) -> None:
        """NFTA_CONNLIMIT_COUNT, _FLAGS."""
        self.say(f"ct count {'over ' if number(data.get(2)) & 1 else ''}{number(data.get(1))}")

    def quota(self, data: dict[int, bytes]) -> None:
        """NFTA_QUOTA_BYTES, _FLAGS, _CONSUMED."""
        self.say(f"quota {quota_text(data)}")

    def last(self, data: dict[int, bytes]) -> None:
        """NFTA_LAST_SET, _MSECS."""
        self.say(f"last used {time_text(number(data.get(2))) if number(data.get(1)) else 'never'}")

    def log(self, data: dict[int, bytes]) -> None:
        """NFTA_LOG_GROUP, _PREFIX, _SNAPLEN, _QTHRESHOLD, _LEVEL, _FLAGS."""
        words = ["log"]
        if 2 in data:
            words.append(f"prefix {text_of(data[2])}")
        for key, name in ((1, "group"), (3, "snaplen"), (4, "queue-threshold")):
            if key in data and (key == 1 or number(data[key])):
                words.append(f"{name} {number(data[key])}")
        level = number(data.get(5))
        if 5 in data and level != 4:
            words.append(f"level {LEVELS[level] if level < len(LEVELS) else level}")
        flags = number(data.get(6))
        if flags & 0x2F == 0x2F:  # NF_LOG_MASK
            words.append("flags all")
            flags = 0
        else:
            tcp = [name for bit, name in ((1, "sequence"), (2, "options")) if flags & bit]
            if tcp:
                words.append("flags tcp " + ",".join(tcp))
            words += ["flags ip options"] * (flags >> 2 & 1) + ["flags skuid"] * (flags >> 3 & 1)
        words += ["flags ether"] * (flags >> 5 & 1)
        self.say(" ".join(words))

    def queue(self, data: dict[int, bytes]) -> None:
        """NFTA_QUEUE_NUM, _TOTAL, _FLAGS, _SREG_QNUM."""
        flags = number(data.get(3))
        named = [name for bit, name in ((1, "bypass"), (2, "fanout")) if flags & bit]
        text = "queue" + (" flags " + ",".join(named) if named else "")
        if 4 in data:
            text += f" to {self.shown(self.use(data[4]))}"
        else:
            first, total = number(data.get(1)), number(data.get(2))
            text += f" to {first}" + (f"-{first + total - 1}" if total > 1 else "")
        self.say(text)

    def reject(self, data: dict[int, bytes]) -> None:
        """NFTA_REJECT_TYPE, _ICMP_CODE."""
        kind, code = number(data.get(1)), number(data.get(2))
        text = "reject"
        if kind == 1:
            text += " with tcp reset"
        elif kind == 2:
            if code != 1:
                named = ICMPX_CODES[code] if code < len(ICMPX_CODES) else code
                text += f" with icmpx {named}"
        elif self.network == "ip6":
            text += "" if code == 4 else f" with icmpv6 {ICMPV6_CODES.get(code, code)}"
        elif self.network == "ip":
            text += "" if code == 3 else f" with icmp {ICMP_CODES.get(code, code)}"
        else:
            text += f" with icmp code {code}"
        if kind == 0:
            self.forget("network")
        self.say(text)

    def forget(self, layer: str) -> None:
        """Takes back what the statement says itself."""
        at = self.said.pop(layer, -1)
        if 0 <= at < len(self.words) and self.words[at].startswith(("meta ", "ether type")):
            self.words[at] = ""

    def target(
        self, data: dict[int, bytes], address: tuple[int, int], port: tuple[int, int]
    ) -> str:
        """` to 192.0.2.1-192.0.2.9:1000-2000` from the registers of these attributes."""
        kind = "address"
        low = high = ""
        from_map = False
        if address[0] in data:
            operand = self.use(data[address[0]])
            from_map = operand.raw is None
            low = self.constant(data[address[0]], kind)
            high = self.constant(data[address[1]], kind) if address[1] in data else ""
        text = low
        if high and high != low and not from_map:
            text += f"-{high}"
        if port[0] in data and (not from_map or self.slot(data[port[0]]) in self.fresh):
            if ":" in low and not from_map:
                text = "-".join(f"[{part}]" for part in text.split("-"))
            first = self.constant(data[port[0]], "be")
            last = self.constant(data[port[1]], "be") if port[1] in data else first
            text += f":{first}" + (f"-{last}" if last != first else "")
        return f" to {text}" if text else ""

    def nat_flags(self, raw: bytes | None) -> str:
        """random, fully-random, persistent."""
        named = [name for bit, name in NAT_FLAGS.items() if number(raw) & bit]
        return " " + ",".join(named) if named else ""

    def nat(self, data: dict[int, bytes]) -> None:
        """NFTA_NAT_TYPE, _FAMILY, _REG_ADDR_MIN, _MAX, _REG_PROTO_MIN, _MAX, _FLAGS."""
        text = "dnat" if number(data.get(1)) else "snat"
        # nft says the family too where one map gives address and port.
        mapped = 5 in data and self.slot(data[5]) not in self.fresh
        if 3 in data and (self.family == 1 or mapped):
            text += " " + FAMILIES.get(number(data.get(2)), "")
        if number(data.get(7)) & 64:
            text += " prefix"
        self.say(text + self.target(data, (3, 4), (5, 6)) + self.nat_flags(data.get(7)))

    def masq(self, data: dict[int, bytes]) -> None:
        """NFTA_MASQ_FLAGS, _REG_PROTO_MIN, _MAX."""
        self.say("masquerade" + self.target(data, (0, 0), (2, 3)) + self.nat_flags(data.get(1)))

    def redir(self, data: dict[int, bytes]) -> None:
        """NFTA_REDIR_REG_PROTO_MIN, _MAX, _FLAGS."""
        self.say("redirect" + self.target(data, (0, 0), (1, 2)) + self.nat_flags(data.get(3)))

    def tproxy(self, data: dict[int, bytes]) -> None:
        """NFTA_TPROXY_FAMILY, _REG_ADDR, _REG_PORT."""
        family = number(data.get(1))
        text = "tproxy"
        if self.family == 1 and family in (2, 10):
            text += " " + FAMILIES[family]
        self.say(text + self.target(data, (2, 2), (3, 3)))

    def dup(self, data: dict[int, bytes]) -> None:
        """NFTA_DUP_SREG_ADDR, _SREG_DEV."""
        text = "dup"
        if 1 in data:
            text += f" to {self.constant(data[1], 'address')}"
        if 2 in data:
            text += f" {'device' if 1 in data else 'to'} {self.constant(data[2], 'ifindex')}"
        self.say(text)

    def fwd(self, data: dict[int, bytes]) -> None:
        """NFTA_FWD_SREG_DEV, _SREG_ADDR, _NFPROTO."""
        device = self.constant(data.get(1), "ifindex")
        if 2 in data:
            family = FAMILIES.get(number(data.get(3)), "")
            address = self.constant(data[2], "address")
            self.say(f"fwd {family} to {address} device {device}")
        else:
            self.say(f"fwd to {device}")

    def objref(self, data: dict[int, bytes]) -> None:
        """NFTA_OBJREF_IMM_TYPE, _IMM_NAME, _SET_SREG, _SET_NAME."""
        if 4 in data:
            kind, members = self.named_set(data[4], data.get(5))
            named = OBJECTS.get(kind, "object name")
            self.say(f"{named} {self.joined(data.get(3))} map {members}")
            return
        kind = number(data.get(1))
        self.say(f"{OBJECTS.get(kind, f'object {kind}')} {text_of(data.get(2, b''))}")

    def synproxy(self, data: dict[int, bytes]) -> None:
        """NFTA_SYNPROXY_MSS, _WSCALE, _FLAGS."""
        self.say(f"synproxy {synproxy_text(data)}".rstrip())

    def flow(self, data: dict[int, bytes]) -> None:
        """NFTA_FLOW_TABLE_NAME."""
        self.say(f"flow add @{word(data.get(1))}")

    def notrack(self, data: dict[int, bytes]) -> None:
        """Has no attributes."""
        self.say("notrack")

    def extension(self, data: dict[int, bytes]) -> None:
        """NFTA_MATCH_NAME or NFTA_TARGET_NAME: iptables' own."""
        if word(data.get(1)) == "comment":
            self.say(f"comment {text_of(data.get(3, b''))}")
        else:
            self.say(f"xt {text_of(data.get(1, b''))}")

    # -- elements -------------------------------------------------------------------------

    def elements(self, raws: list[bytes], known: Any) -> list[str]:
        """Elements of a set (NFTA_LIST_ELEM), as nft lists them: in order, intervals as such."""
        found = [self.attributes(raw) for raw in raws]
        if known is not None and known.flags & ANONYMOUS:
            host = host_order(known, known.key_type) and not self.big
            host = (host or known.key_type in (5, 41)) and not self.big  # texts by their end
            order = "little" if host else "big"
            found.sort(key=lambda of: int.from_bytes(self.data(of.get(1)), order))  # type: ignore[arg-type]
        out: list[str] = []
        size = 0
        for of, end in self.intervals(found, known):
            out.append(self.element(of, end, known))
            size += len(out[-1])
            if size > LONGEST * 4:
                out.append("…")
                break
        return out

    def intervals(
        self, found: list[dict[int, bytes]], known: Any
    ) -> list[tuple[dict[int, bytes], bytes | None]]:
        """Each element with the end of its interval, which is an element of its own."""
        if known is None or not known.flags & INTERVAL or any(10 in of for of in found):
            return [(of, None) for of in found]
        found.sort(key=lambda of: (self.data(of.get(1)), not number(of.get(3)) & 1))
        out: list[tuple[dict[int, bytes], bytes | None]] = []
        opened = False
        for of in found:
            if number(of.get(3)) & 1:
                if opened:
                    out[-1] = (out[-1][0], self.data(of.get(1)))
                elif any(self.data(of.get(1))) or len(found) == 1:
                    out.append((of, None))
                opened = False
            else:
                opened = not number(of.get(3)) & 2
                out.append((of, None))
        if opened and self.message.to_kernel and len(found) > 1:  # up to the largest there is
            of = out[-1][0]
            out[-1] = (of, b"\1" + bytes(len(self.data(of.get(1)))))
        return out

    def typed(self, raw: bytes, known: Any, of_data: bool) -> str:
        """A key or what it is mapped to, by the set's types."""
        pieces = None if known is None else typed_pieces(raw, known, of_data)
        if pieces is None:
            half = len(raw) // 2
            if known is not None and of_data and typed_pieces(raw[:half], known, True):
                return self.field_ranges(raw[:half], raw[half:], known, True)
            return key_text(raw)
        words = []
        for number_of_type, start, end in pieces:
            kind = KINDS[number_of_type][0]
            network = not host_order(known, number_of_type, of_data)
            if kind == "be" and not network:
                kind = "host"
            words.append(self.value(kind, raw[start:end], network))
        return " . ".join(words)

    def key(self, of: dict[int, bytes], end: bytes | None, known: Any) -> str:
        """A key, an interval of them, a prefix."""
        raw = self.data(of.get(1))
        if end is not None:
            last = int.from_bytes(end, "big") - 1
            first = int.from_bytes(raw, "big")
            text = self.typed(raw, known, False)
            if last <= first or last >> len(raw) * 8:
                return text
            mask = first ^ last
            if known.key_type in (7, 8) and not mask & (mask + 1) and not first & mask:
                return f"{text}/{len(raw) * 8 - mask.bit_length()}"
            if known.key_type == 41:
                begins = raw.rstrip(b"\0")
                if last + 1 == first + (1 << (len(raw) - len(begins)) * 8):
                    return text_of(begins)[:-1] + '*"'
            return f"{text}-{self.typed(last.to_bytes(len(raw), 'big'), known, False)}"
        if 10 not in of:
            return self.typed(raw, known, False)
        return self.field_ranges(raw, self.data(of[10]), known)

    def field_ranges(self, raw: bytes, end: bytes, known: Any, of_data: bool = False) -> str:
        """A concatenation of ranges, each as an address with its prefix where it is one."""
        pieces = None if known is None else typed_pieces(raw, known, of_data)
        if pieces is None or len(end) != len(raw):
            return f"{key_text(raw)}-{key_text(end)}"
        words = []
        for number_of_type, start, stop in pieces:
            kind, network = KINDS[number_of_type][0], not host_order(known, number_of_type, of_data)
            text = self.value(kind, raw[start:stop], network)
            if raw[start:stop] != end[start:stop]:
                first = int.from_bytes(raw[start:stop], "big")
                mask = first ^ int.from_bytes(end[start:stop], "big")
                if kind in ("ipv4", "ipv6") and not mask & (mask + 1) and not first & mask:
                    text += f"/{(stop - start) * 8 - mask.bit_length()}"
                else:
                    text += f"-{self.value(kind, end[start:stop], network)}"
            words.append(text)
        return " . ".join(words)

    def element(self, data: dict[int, bytes], end: bytes | None, known: Any) -> str:
        """NFTA_SET_ELEM_KEY, _DATA, _FLAGS, _TIMEOUT, _EXPIRATION, _USERDATA, _EXPR, ..."""
        flags = number(data.get(3))
        text = "*" if flags & 2 else self.key(data, end, known)
        words = [text]
        if known is not None and known.flags & INTERVAL and 10 not in data and end is None:
            words.insert(0, "below" if flags & 1 else "" if flags & 2 else "from")
        elif flags & 1:
            words.insert(0, "end of interval")
        self.words = []
        if 11 in data:
            self.run(data[11])
        elif 7 in data:
            self.expression(data[7])
        words += self.words
        if number(data.get(4)):
            words.append(f"timeout {time_text(number(data[4]))}")
        if number(data.get(5)):
            words.append(f"expires {time_text(number(data[5]))}")
        told = data.get(6, b"")
        if len(told) > 2 and told[0] == 0 and told[1] + 2 <= len(told):
            words.append("comment " + text_of(told[2 : 2 + told[1]]))
        inside = self.attributes(data.get(2, b""))
        if 2 in inside:
            words.append(f": {self.verdict(inside[2])}")
        elif 1 in inside:
            words.append(f": {self.typed(inside[1], known, True)}")
        elif 9 in data:
            words.append(f": {text_of(data[9])}")
        return " ".join([text for text in words if text])

    def dynset(self, data: dict[int, bytes]) -> None:
        """NFTA_DYNSET_SET_NAME, _OP, _SREG_KEY, _SREG_DATA, _TIMEOUT, _EXPR, _EXPRESSIONS."""
        code = number(data.get(3))
        verb = ("add", "update", "delete")[code] if code < 3 else f"op {code}"
        inside = [self.joined(data.get(4))]
        if number(data.get(6)):
            inside.append(f"timeout {time_text(number(data[6]))}")
        self.words, outside = [], self.words
        if 10 in data:
            self.run(data[10])
        elif 7 in data:
            self.expression(data[7])
        inside += self.words
        self.words = outside
        if 5 in data:
            inside.append(f": {self.joined(data[5])}")
        self.say(f"{verb} @{word(data.get(1))} {{ {' '.join(inside)} }}")


ANONYMOUS, INTERVAL, CONCAT = 1, 4, 0x80  # NFT_SET_*


def set_of(message: Message, family: int, table: bytes, name: bytes, number_of_it: int) -> Any:
    """What the capture has told of a set, None for nothing."""
    return message.context.filter_set(family, table, name, number_of_it, message)


def host_order(known: Any, number_of_type: int, of_data: bool = False) -> bool:
    """Whether a number of this type is in the host's order: in intervals none is."""
    if number_of_type == 4:
        return bool(known.host_data if of_data else known.host_key)
    if KINDS.get(number_of_type, ("", 0))[0] not in HOST_ORDER:
        return False
    return of_data or not known.flags & INTERVAL


def typed_pieces(raw: bytes, known: Any, of_data: bool) -> list[tuple[int, int, int]] | None:
    """Type, start and end of each part of a key or of data; None where the types do not tell."""
    kinds = known.data_type if of_data else known.key_type
    if not kinds or kinds == VERDICT_TYPE:
        return None
    if kinds <= 63:
        size = KINDS.get(kinds, ("", -1))[1]
        return [(kinds, 0, len(raw))] if size in (0, len(raw)) or kinds == 18 else None
    numbers: list[int] = []
    while kinds:
        numbers.insert(0, kinds & 63)
        kinds >>= 6
    sizes = known.fields if not of_data and len(known.fields) == len(numbers) else None
    out, at = [], 0
    for place_of, each in enumerate(numbers):
        size = KINDS.get(each, ("", 0))[1] if sizes is None else sizes[place_of]
        if each not in KINDS or size < 1 or at + size > len(raw):
            return None
        out.append((each, at, at + size))
        at += (size + 3) & ~3
    return out if at == len(raw) else None


_latest: list[Any] = [None, None, None]  # the message of the element before, its set, its lister


def element_value(node: Node) -> bool:
    """A key, its end, or the data of an element: by the types of the set."""
    message: Any = node.message
    if _latest[0] is not message:
        found = dict(attributes(message.data[message.base + 20 : message.limit], message.big))
        family, table, name = message.data[message.base + 16], found.get(1, b""), found.get(2, b"")
        lister = Expressions(message, family, table)
        _latest[:] = message, set_of(message, family, table, name, number(found.get(4))), lister
    known, lister = _latest[1], _latest[2]
    raw = node.bytes
    of_data = node.parent is not None and node.parent.name == "data"
    pieces = None if known is None else typed_pieces(raw, known, of_data)
    if pieces is None and known is not None and of_data:  # an interval: its first and its last
        half = len(raw) // 2
        found_half = typed_pieces(raw[:half], known, True) if len(raw) == 2 * half else None
        if found_half is not None:
            moved = [(kind, start + half, end + half) for kind, start, end in found_half]
            pieces = found_half + moved
    if pieces is None:
        node.set_value("hex", raw)
        return True
    if len(pieces) == 1:
        return set_typed(node, lister, pieces[0][0], raw, host_order(known, pieces[0][0], of_data))
    node.shown = "concatenation"
    for kind, start, end in pieces:
        made = member(node, part(TYPES[kind], BINARY), node.start + start, node.start + end)
        set_typed(made, lister, kind, raw[start:end], host_order(known, kind, of_data))
        if (end - start) & 3 and len(raw) & 3 == 0:
            stop = (end + 3) & ~3
            member(node, part("pad", PAD), node.start + end, node.start + stop)
    return True


def set_typed(node: Node, lister: Expressions, kind: int, raw: bytes, host: bool) -> bool:
    """Makes a node a value of one of nft's types."""
    return set_kind(node, lister, KINDS[kind][0], raw, host)


ADDRESS_SIZES = {"ipv4": (4,), "ipv6": (16,), "address": (4, 16)}
NO_NUMBERS = ("", "bytes", "ipv4", "ipv6", "address", "ether")


def set_kind(node: Node, lister: Expressions, shown: str, raw: bytes, host: bool) -> bool:
    """Makes a node a value that is shown like this."""
    size = {"ipv4": 4, "ipv6": 16}.get(shown, 0)
    if size > len(raw) > 0:  # a prefix: the bytes of an address that it has
        told = format_address(raw + bytes(size - len(raw)))
        node.set_value("hex", raw, f"{told}/{len(raw) * 8}")
    elif len(raw) in ADDRESS_SIZES.get(shown, ()):
        shown = "ipv4" if len(raw) == 4 else "ipv6"
        node.set_value(shown, format_address(raw))
    elif shown == "ether" and len(raw) == 6:
        node.set_value("mac", format_mac(raw))
    elif shown == "ifname":
        node.set_value("string", word(raw))
    elif shown not in NO_NUMBERS and len(raw) in (1, 2, 4, 8):
        value = int.from_bytes(raw, "little" if host and not lister.big else "big")
        if shown == "ifindex":
            label = lister.message.context.interface(value, lister.message)
        else:
            label = lister.named(shown, value, len(raw))
        node.set_value(f"u{len(raw) * 8}", value, None if label in (str(value), "0x0") else label)
    else:
        node.set_value("hex", raw)
    return True


# What a constant is: how it is shown, whether in the host's order, whether its bits count.
Constant = tuple[str, bool, bool]
# Of lists of expressions that were seen before: the constants by where they begin.
constants_before: dict[tuple[int, bool, bytes], dict[int, Constant]] = {}
_rule: list[Any] = [None, b"", None]  # the message before, its expressions, what went through them
_constants: list[Any] = [None, 0, {}, None]  # the same: where they begin, what is in them
# Of expressions with constants: the numbers of those.
HELD: dict[str, tuple[int, ...]] = {
    "cmp": (3,), "range": (3, 4), "bitwise": (4, 5, 7), "immediate": (2,),
}  # fmt: skip
WHOLE = frozenset(("ipv4", "ipv6", "address", "ether", "ifname", "mark", "hex", "", *FLAGS))


def listed(message: Any, family: int, table: bytes, raw: bytes) -> Expressions:
    """What went through these expressions; once for a message, who asks first."""
    if _rule[0] is not message or _rule[1] != raw:
        lister = Expressions(message, family, table)
        for lister.at, expression in placed(raw, message.big):
            lister.expression(expression)
        _rule[:] = message, raw, lister
        return lister
    known: Expressions = _rule[2]
    return known


def placed(raw: bytes, big: bool) -> list[tuple[int, bytes]]:
    """Where each attribute begins, and its payload."""
    return [(start, raw[start + 4 : stop]) for _, start, stop in spread(raw, big, 0, len(raw))]


def spread(raw: bytes, big: bool, at: int, end: int) -> list[tuple[int, int, int]]:
    """Number, start and end of attributes; what is malformed ends them."""
    out = []
    head = (BIG_HEAD if big else LITTLE_HEAD).unpack_from
    while at + 4 <= end:
        length, kind = head(raw, at)
        if length < 4 or at + length > end:
            break
        out.append((kind & 0x3FFF, at, at + length))
        at += (length + 3) & ~3
    return out


def constants_of(message: Any, family: int, table: bytes, raw: bytes) -> dict[int, Constant]:
    """The constants in a list of expressions."""
    key = family, bool(message.big), raw
    out = constants_before.get(key)
    if out is None:
        out = {}
        types = listed(message, family, table, raw).types
        for _, start, stop in spread(raw, message.big, 0, len(raw)):
            if start in types:
                kind, network = types[start]
                host = kind in HOST_ORDER and not network
                for masks, value in held(raw, message.big, start + 4, stop):
                    out[value] = kind, host, masks and kind not in WHOLE
        if len(raw) <= LONG * 4:
            if len(constants_before) >= MANY:
                constants_before.clear()
            constants_before[key] = out
    return out


def held(raw: bytes, big: bool, start: int, stop: int) -> list[tuple[bool, int]]:
    """Where the constants of an expression begin, and whether they are masks."""
    name = parsed(raw[start:stop], big)[0]
    numbers = HELD.get(name, ())
    return [
        (name == "bitwise" and number_of < 7, value + 4)
        for told, first, last in spread(raw, big, start, stop)
        if told == 2  # NFTA_EXPR_DATA
        for number_of, inner, end in spread(raw, big, first + 4, last)
        if number_of in numbers
        for which, value, _ in spread(raw, big, inner + 4, end)
        if which == 1  # NFTA_DATA_VALUE
    ]


def constant_value(node: Node) -> bool:
    """A constant of an expression, by what it is compared with or what is set to it."""
    message: Any = node.message
    if _constants[0] is not message:
        family, data, big = message.data[message.base + 16], message.data, message.big
        start, found, table = 0, {}, b""
        for number_of, first, last in spread(data, big, message.base + 20, message.limit):
            if number_of == 1:
                table = data[first + 4 : last]
            elif number_of == 4:
                start = first + 4
                found = constants_of(message, family, table, data[start:last])
        _constants[:] = message, start, found, Expressions(message, family, table)
    known = _constants[2].get(node.start - _constants[1])
    raw = node.bytes
    if known is None:
        node.set_value("hex", raw)
        return True
    kind, host, masks = known
    if masks:
        return set_mask(node, kind, raw, host)
    return set_kind(node, _constants[3], kind, raw, host)


def set_mask(node: Node, kind: str, raw: bytes, host: bool) -> bool:
    """A number of which the bits count, not the name."""
    if kind in NO_NUMBERS or len(raw) not in (1, 2, 4, 8):
        node.set_value("hex", raw)
        return True
    order = "little" if host and not node.message.big else "big"
    value = int.from_bytes(raw, order)  # type: ignore[arg-type]
    node.set_value(f"u{len(raw) * 8}", value, f"{value:#x}" if value else None)
    return True


# -- iptables' extensions ----------------------------------------------------------------------

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


def limit_text(data: dict[int, bytes]) -> str:
    """`rate over 5/second burst 10 packets`."""
    rate, burst, unit = number(data.get(1)), number(data.get(3)), number(data.get(2))
    each = UNITS.get(unit, f"{unit} seconds")
    over = "over " if number(data.get(5)) & 1 else ""
    if number(data.get(4)):
        ends = f" burst {bytes_text(burst)}" if burst else ""
        return f"rate {over}{bytes_text(rate)}/{each}{ends}"
    ends = f" burst {burst} packets" if burst else ""
    return f"rate {over}{rate}/{each}{ends}"


def quota_text(data: dict[int, bytes]) -> str:
    """`over 25 mbytes used 3 kbytes`."""
    used = f" used {bytes_text(number(data.get(4)))}" if number(data.get(4)) else ""
    return f"{'over ' if number(data.get(2)) & 1 else ''}{bytes_text(number(data.get(1)))}{used}"


def synproxy_text(data: dict[int, bytes]) -> str:
    """`mss 1460 wscale 7 timestamp sack-perm`."""
    flags = number(data.get(3))
    words = []
    if flags & 1:
        words.append(f"mss {number(data.get(1))}")
    if flags & 2:
        words.append(f"wscale {number(data.get(2))}")
    words += ["timestamp"] * (flags >> 3 & 1) + ["sack-perm"] * (flags >> 2 & 1)
    return " ".join(words)


STATEMENTS: dict[str, Callable[[Expressions, dict[int, bytes]], None]] = {
    name: getattr(Expressions, name)
    for name in (
        "immediate", "bitwise", "byteorder", "cmp", "range", "lookup", "dynset", "payload",
        "inner", "exthdr", "meta", "rt", "hash", "socket", "ct", "limit", "connlimit", "counter",
        "last", "log", "queue", "quota", "reject", "nat", "tproxy", "masq", "redir", "dup", "fwd",
        "objref", "fib", "osf", "synproxy", "xfrm", "numgen", "tunnel", "notrack",
    )
}  # fmt: skip
STATEMENTS["flow_offload"] = Expressions.flow
STATEMENTS["match"] = STATEMENTS["target"] = Expressions.extension


# -- lines -------------------------------------------------------------------------------------


def place(seen: Lookup, *names: str) -> list[str]:
    """Family, table and what is in it."""
    family = seen.value("nfgen-family")
    out = [FAMILIES.get(family, str(family))] if family else []
    return out + [seen.text(name) for name in names if seen.has(name)]


def put_handle(seen: Lookup, out: list[str], name: str) -> None:
    """The number by which the kernel knows it."""
    if seen.has(name):
        out.append(f"handle {seen.text(name)}")


def comment(seen: Lookup) -> str:
    """The comment in userdata."""
    found = seen.at("userdata")
    told = b"" if found is None else found.bytes
    at = 0
    while at + 2 <= len(told):
        size = told[at + 1]
        if told[at] == COMMENT_OF.get(seen.message.type, 0) and at + 2 + size <= len(told):
            return f"comment {text_of(told[at + 2 : at + 2 + size])}"
        at += 2 + size
    return ""


COMMENT_OF = dict.fromkeys((2569, 2571, 2589), 7)  # of sets; of all else it is 0


def clauses(found: list[str]) -> str:
    """`{ type filter; policy accept; }`, nothing for none."""
    return "{ " + "; ".join(found) + "; }" if found else ""


def line(words: list[str]) -> str:
    """Words as one line, not without end."""
    text = " ".join([text for text in words if text])
    return text if len(text) <= MOST else text[:MOST] + "…"


def rule(seen: Lookup) -> str:
    """`inet fruit in handle 5 tcp dport 22 counter accept`."""
    out = place(seen, "table", "chain")
    if not seen.has("chain") and seen.has("chain-id"):
        out.append(f"chain-id {seen.text('chain-id')}")
    put_handle(seen, out, "handle")
    if seen.message.to_kernel and seen.value("position"):
        out.append(f"position {seen.text('position')}")
    found = seen.at("expressions")
    if found is not None:
        at = seen.at("table")
        family = seen.value("nfgen-family") or 0
        table = b"" if at is None else at.bytes
        out += listed(seen.message, family, table, found.bytes).words
    out.append(comment(seen))
    return line(out)


def table(seen: Lookup) -> str:
    """`inet fruit handle 8`."""
    out = place(seen, "name")
    put_handle(seen, out, "handle")
    if seen.value("flags"):
        out.append("flags " + seen.label("flags").replace("|", ","))
    out.append(comment(seen))
    return line(out)


PRIORITIES = (("raw", -300), ("mangle", -150), ("dstnat", -100), ("filter", 0), ("security", 50),
              ("srcnat", 100))  # fmt: skip
BRIDGE_PRIORITIES = (("dstnat", -300), ("filter", -200), ("out", 100), ("srcnat", 300))
HOOKS_OF = ("prerouting", "input", "forward", "output", "postrouting", "ingress")
ONLY_AT = {"dstnat": ("prerouting",), "srcnat": ("postrouting",), "out": ("output",)}


def priority(value: int, family: int, hook: str) -> str:
    """A priority near one that has a name: `filter + 10`."""
    named: tuple[tuple[str, int], ...] = PRIORITIES
    if family == 7:
        named = BRIDGE_PRIORITIES
    elif family in (3, 5):
        named = (("filter", 0),)
    for name, base in named:
        if abs(value - base) <= 10 and (name not in ONLY_AT or hook in ONLY_AT[name]):
            sign = "-" if value < base else "+"
            return name if value == base else f"{name} {sign} {abs(value - base)}"
    return str(value)


def hook_text(seen: Lookup, family: int) -> str:
    """`type filter hook input device eth0 priority filter`."""
    number_at = seen.value("hook.hooknum")
    if number_at is None:
        return ""
    if family == 5:
        hook = {0: "ingress", 1: "egress"}.get(number_at, str(number_at))
    elif family == 3:
        hook = {0: "input", 1: "output"}.get(number_at, str(number_at))
    else:
        hook = HOOKS_OF[number_at] if number_at < len(HOOKS_OF) else str(number_at)
    words = [f"type {seen.text('type')}" if seen.has("type") else "", f"hook {hook}"]
    names = devices(seen, "hook.devs") or [text_of(at.bytes) for at in [seen.at("hook.dev")] if at]
    if len(names) == 1:
        words.append(f"device {names[0]}")
    elif names:
        words.append("devices = { " + ", ".join(names) + " }")
    words.append("priority " + priority(seen.value("hook.priority") or 0, family, hook))
    return " ".join([text for text in words if text])


def devices(seen: Lookup, path: str) -> list[str]:
    """The names in a list of devices."""
    found = seen.at(path)
    if found is None:
        return []
    return [
        text_of(child.bytes)[:-1] + ('*"' if child.name == "prefix" else '"')
        for child in found.children
    ]


def chain(seen: Lookup) -> str:
    """`inet fruit in { type filter hook input priority filter; policy accept; }`."""
    out = place(seen, "table", "name")
    put_handle(seen, out, "handle")
    found = [hook_text(seen, seen.value("nfgen-family") or 0)]
    if seen.has("policy"):
        found.append(f"policy {seen.text('policy')}")
    if seen.value("flags") and seen.value("flags") & 2:
        found.append("flags offload")
    found.append(comment(seen))
    out.append(clauses([text for text in found if text]))
    return line(out)


SET_FLAGS = ((2, "constant"), (0x20, "dynamic"), (4, "interval"), (0x10, "timeout"))


def a_set(seen: Lookup) -> str:
    """`inet fruit ports { type inet_service; flags interval; }`, maps alike."""
    out = place(seen, "table", "name")
    put_handle(seen, out, "handle")
    found = []
    flags = seen.value("flags") or 0
    key = seen.value("key-type")
    if key is not None:
        text = f"type {type_text(key) or 'any'}"
        if flags & 0x40:
            text += f" : {seen.text('obj-type')}"
        elif flags & 8:
            interval = "interval " if seen.value("userdata.data-interval") else ""
            text += f" : {interval}{type_text(seen.value('data-type') or 0) or 'any'}"
        found.append(text)
    lister = lister_of(seen)
    inside, single = seen.at("expressions"), seen.at("expr")
    if inside is not None:
        lister.run(inside.bytes)
    elif single is not None:
        lister.expression(single.bytes)
    found += [text.split(" packets ")[0] for text in lister.words]
    named = [name for bit, name in SET_FLAGS if flags & bit]
    if named:
        found.append("flags " + ",".join(named))
    for name, path in (("timeout", "timeout"), ("gc-interval", "gc-interval")):
        if seen.value(path):
            found.append(f"{name} {time_text(seen.value(path))}")
    if seen.value("desc.size"):
        found.append(f"size {seen.value('desc.size')}")
    found += ["auto-merge"] if seen.value("userdata.merge-elements") else []
    found.append(comment(seen))
    out.append(clauses([text for text in found if text]))
    return line(out)


def elements(seen: Lookup) -> str:
    """`inet fruit ports { 22, 8000-8100 }`."""
    out = place(seen, "table", "set")
    found = seen.at("elements")
    if found is None:
        return line(out)
    lister, name = lister_of(seen), seen.at("set")
    known = None
    if name is not None:
        told = seen.value("set-id") or 0
        known = set_of(lister.message, lister.family, lister.table, name.bytes, told)
    raws = [raw for _, raw in attributes(found.bytes, seen.message.big)]
    if raws:
        out.append("{ " + ", ".join(lister.elements(raws, known)) + " }")
    return line(out)


def lister_of(seen: Lookup) -> Expressions:
    """What goes through the expressions of a message."""
    table = seen.at("table")
    name = b"" if table is None else table.bytes
    return Expressions(seen.message, seen.value("nfgen-family") or 0, name)


def key_text(raw: bytes) -> str:
    """A key of unknown type: text if it is one, else bytes."""
    text = raw.rstrip(b"\0")
    if len(raw) == 16 and text and len(text) < 16 and all(33 <= byte < 127 for byte in text):
        return text_of(raw)
    return hexadecimal(raw)


OBJECT_WORDS = {1: "counter", 2: "quota", 3: "ct helper", 4: "limit", 5: "ct count", 6: "tunnel",
                7: "ct timeout", 8: "secmark", 9: "ct expectation", 10: "synproxy"}  # fmt: skip


def object_data(kind: int, data: dict[int, bytes]) -> str:
    """What is in the braces of an object."""
    if kind == 1:
        return f"packets {number(data.get(2))} bytes {number(data.get(1))}"
    if kind == 2:
        return quota_text(data)
    if kind == 3:
        protocol = number(data.get(3))
        family = FAMILIES.get(number(data.get(2)))
        return f"type {text_of(data.get(1, b''))} protocol {PROTOCOLS.get(protocol, protocol)};" + (
            f" l3proto {family};" if family else ""
        )
    if kind == 4:
        return limit_text(data)
    if kind == 8:
        return text_of(data.get(1, b""))
    return synproxy_text(data) if kind == 10 else ""


def an_object(seen: Lookup) -> str:
    """`counter inet fruit c1 { packets 0 bytes 0 }`."""
    kind = seen.value("type")
    out = [OBJECT_WORDS.get(kind, f"object {kind}")] if kind else []
    out += place(seen, "table", "name")
    put_handle(seen, out, "handle")
    found = seen.at("data")
    if found is not None and kind:
        big = seen.message.big
        text = object_data(kind, dict(attributes(found.bytes, big)))
        if kind == 6:
            text = tunnel_text(found)
        elif kind in (7, 9):
            text = connection_text(seen, kind == 7)
        text = " ".join([each for each in (comment(seen), text) if each])
        if text:
            out.append("{ " + text + " }")
    return line(out)


# What a timeout is unless it is said: not shown. net/netfilter/nf_conntrack_proto_*.c
USUAL = {
    6: {"syn-sent": 120, "syn-recv": 60, "established": 432000, "fin-wait": 120,
        "close-wait": 60, "last-ack": 30, "time-wait": 120, "close": 10, "syn-sent2": 120,
        "retrans": 300, "unack": 300},
    17: {"unreplied": 30, "replied": 120},
}  # fmt: skip


def connection_text(seen: Lookup, timeouts: bool) -> str:
    """`protocol tcp; l3proto ip; policy = { close : 4s };`, an expectation's alike."""
    protocol = seen.value("data.l4proto") or 0
    words = [f"protocol {PROTOCOLS.get(protocol, protocol)};"]
    if not timeouts:
        words.append(f"dport {seen.text('data.dport')};")
        words.append(f"timeout {time_text(seen.value('data.timeout') or 0)};")
        words.append(f"size {seen.text('data.size')};")
    if seen.value("data.l3proto"):
        words.append(f"l3proto {FAMILIES.get(seen.value('data.l3proto'), '')};")
    found = seen.at("data.data") if timeouts else None
    if found is not None:
        usual = USUAL.get(protocol, {})
        told = [
            f"{piece.name.replace('-', '_')} : {time_text(piece.value * 1000)}"
            for piece in found.children
            if isinstance(piece.value, int) and piece.value != usual.get(piece.name)
        ]
        words.append("policy = { " + ", ".join(told) + " };")
    return " ".join(words)


def tunnel_text(found: Any) -> str:
    """`id 10; ip saddr 192.0.2.10; ip daddr 192.0.2.11; ttl 10; vxlan { gbp 200; }`."""
    words = []
    for child in found.children:
        if child.name in ("ip", "ip6"):
            ends = {"src": "saddr", "dst": "daddr"}
            words += [
                f"{child.name} {ends.get(each.name, each.name)} {each.text};"
                for each in child.children
            ]
        elif child.name == "opts":
            for each in child.children:
                inner = " ".join(f"{piece.name} {piece.text};" for piece in each.children)
                words.append(f"{each.name} {{ {inner} }}")
        elif child.name != "flags" or child.value:
            words.append(f"{child.name} {child.text};")
    return " ".join(words)


def flowtable(seen: Lookup) -> str:
    """`inet t ft { hook ingress priority filter; devices = { "lo" }; }`."""
    out = place(seen, "table", "name")
    put_handle(seen, out, "handle")
    found = []
    if seen.has("hook.num"):
        told = priority(seen.value("hook.priority") or 0, 5, "ingress")
        found.append(f"hook ingress priority {told}")
    names = devices(seen, "hook.devs")
    if names:
        found.append("devices = { " + ", ".join(names) + " }")
    if seen.value("flags"):
        flags = seen.value("flags")
        found += ["flags offload"] * (flags & 1) + ["counter"] * (flags >> 1 & 1)
    out.append(clauses(found))
    return line(out)


def generation(seen: Lookup) -> str:
    """`generation 2 by process 629 (nft)`."""
    out = [f"generation {seen.text('id')}"] if seen.has("id") else []
    if seen.has("proc-pid"):
        out.append(f"by process {seen.text('proc-pid')} ({seen.text('proc-name')})")
    return line(out)


def trace(seen: Lookup) -> str:
    """`id 9a3b1c2d inet fruit in rule handle 5 (verdict accept)`."""
    out = [f"id {seen.value('id') or 0:08x}", *place(seen, "table", "chain")]
    if seen.has("type"):
        out.append(seen.text("type"))
    put_handle(seen, out, "rule-handle")
    if seen.has("verdict.code"):
        jump = f" {seen.text('verdict.chain')}" if seen.has("verdict.chain") else ""
        out.append(f"(verdict {seen.text('verdict.code')}{jump})")
    if seen.has("NFTA_TRACE_POLICY"):
        out.append(f"(policy {seen.text('NFTA_TRACE_POLICY')})")
    for word_of, path in (("direction", "ct-direction"), ("state", "ct-state"),
                          ("status", "ct-status"), ("id", "ct-id")):  # fmt: skip
        if seen.has(path):
            value = seen.value(path)
            told = seen.text(path).replace("|", ",")
            if path == "ct-status" and not value & ~sum(STATUS):
                told = bits_text(value, STATUS)
            out.append(f"ct {word_of} {told}")
    if seen.value("mark"):
        out.append(f"meta mark 0x{seen.value('mark'):08x}")
    for path in ("iif", "oif"):
        if seen.value(path):
            name = seen.message.context.interface(seen.value(path), seen.message)
            out.append(f"{path} {seen.text(path)}" if name is None else f'{path} "{name}"')
    return line(out + packet_words(seen))


# Of packets: what `nft monitor trace` says of each protocol.
TOLD = {
    "ether": ("saddr", "daddr"),
    "ip": ("saddr", "daddr", "dscp", "ecn", "ttl", "id", "protocol", "length"),
    "ip6": ("saddr", "daddr", "dscp", "ecn", "hoplimit", "flowlabel", "nexthdr", "length"),
    "arp": ("operation",), "icmp": ("type", "code", "id", "sequence"),
    "icmpv6": ("type", "code"), "tcp": ("sport", "dport", "flags", "window"),
    "udp": ("sport", "dport", "length", "checksum"), "sctp": ("sport", "dport"),
}  # fmt: skip


def packet_words(seen: Lookup) -> list[str]:
    """The fields of the headers that a trace has."""
    lister = lister_of(seen)
    found = [seen.at(name) for name in ("ll-header", "network-header", "transport-header")]
    link, network, transport = [b"" if at is None else at.bytes for at in found]
    words = []
    if len(link) in (14, 18) and seen.value("iiftype") == 1:
        words += fields(lister, "ether", link)
    if not network:
        return words
    name = {4: "ip", 6: "ip6"}.get(network[0] >> 4, "")
    if seen.value("nfproto") == 3:
        name = "arp"
    words += fields(lister, name, network)
    at = {"ip": 9, "ip6": 6}.get(name)
    if at is not None and at < len(network):
        above = {58: "icmpv6"}.get(network[at], PROTOCOLS.get(network[at], ""))
        words += fields(lister, above, transport)
    return words


def fields(lister: Expressions, header: str, raw: bytes) -> list[str]:
    """Of one header."""
    places = {name: (place_of, kind) for place_of, (name, kind) in HEADERS.get(header, {}).items()}
    words = []
    for name in TOLD.get(header, ()):
        (start, width), kind = places[name]
        end = start + width
        if end > len(raw) * 8:
            continue
        part_of = raw[start // 8 : (end + 7) // 8]
        if start % 8 or width % 8:
            value = int.from_bytes(part_of, "big") >> -end % 8 & (1 << width) - 1
            text = lister.named(kind, value, len(part_of))
        else:
            text = lister.value(kind, part_of, True)
        words.append(f"{header} {name} {text}")
    return words


LINES: dict[str, Callable[[Lookup], str]] = {
    "table": table, "chain": chain, "rule": rule, "set": a_set, "setelem": elements,
    "obj": an_object, "flowtable": flowtable, "gen": generation,
}  # fmt: skip
RESETS = ("getobj-reset", "getrule-reset", "getsetelem-reset")
SUMMARIES: dict[str, Callable[[Lookup], str]] = {
    verb + what: said
    for what, said in LINES.items()
    for verb in (("new", "get") if what == "gen" else ("new", "get", "del", "destroy"))
}
SUMMARIES |= {name: SUMMARIES[name.removesuffix("-reset")] for name in RESETS}
SUMMARIES["trace"] = trace

HOOKS = {
    "table_userdata": table_userdata, "comment_userdata": comment_userdata,
    "rule_userdata": rule_userdata, "set_userdata": set_userdata,
    "elem_userdata": elem_userdata, "element_value": element_value,
    "constant_value": constant_value, "extension_info": extension_info, "data_type": data_type,
    "ct_state": ct_state,
}  # fmt: skip
