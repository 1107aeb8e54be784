"""Values of nf_tables as nft(8) writes them: its types, the names of numbers, units.

nft's own numbers and names: include/datatype.h and src/ of nftables.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from nldissect.hooks import quoted

# nft's own numbers of its types (include/datatype.h of nftables): the kernel passes them on.
TYPES: Final = (
    "invalid", "verdict", "nf_proto", "bitmask", "integer", "string", "ll_addr", "ipv4_addr",
    "ipv6_addr", "ether_addr", "ether_type", "arp_op", "inet_proto", "inet_service", "icmp_type",
    "tcp_flag", "dccp_pkttype", "mh_type", "time", "mark", "iface_index", "iface_type", "realm",
    "classid", "uid", "gid", "ct_state", "ct_dir", "ct_status", "icmpv6_type", "ct_label",
    "pkt_type", "icmp_code", "icmpv6_code", "icmpx_code", "devgroup", "dscp", "ecn", "fib_addrtype",
    "boolean", "ct_event", "ifname", "igmp_type", "time", "hour", "day", "cgroupsv2",
)  # fmt: skip
VERDICT_TYPE: Final = 0xFFFFFF00  # NFT_DATA_VERDICT


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


STATES: Final = {1: "invalid", 2: "established", 4: "related", 8: "new", 64: "untracked"}


def bits_text(value: int, names: dict[int, str], between: str = ",") -> str:
    """The names of bits; the whole in hexadecimal where one has none."""
    if value == 0 or value & ~sum(names):
        return f"{value:#x}"
    return between.join(name for bit, name in names.items() if value & bit)


ICMPX_CODES: Final = ("no-route", "port-unreachable", "host-unreachable", "admin-prohibited")
ICMP_CODES: Final = {0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable",
              3: "port-unreachable", 9: "net-prohibited", 10: "host-prohibited",
              13: "admin-prohibited"}  # fmt: skip
ICMPV6_CODES: Final = {0: "no-route", 1: "admin-prohibited", 3: "addr-unreachable",
                4: "port-unreachable", 5: "policy-fail", 6: "reject-route"}  # fmt: skip

PROTOCOLS: Final = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 33: "dccp", 47: "gre", 50: "esp",
             51: "ah", 58: "ipv6-icmp", 108: "comp", 132: "sctp", 136: "udplite"}  # fmt: skip
FAMILIES: Final = {0: "unspec", 1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
NFPROTOS: Final = {2: "ipv4", 10: "ipv6"}
ETHERTYPES: Final = {0x800: "ip", 0x806: "arp", 0x86DD: "ip6", 0x8100: "8021q", 0x88A8: "8021ad"}
TCP_FLAGS: Final = {1: "fin", 2: "syn", 4: "rst", 8: "psh", 16: "ack", 32: "urg", 64: "ecn",
                    128: "cwr"}  # fmt: skip
STATUS: Final = {1: "expected", 2: "seen-reply", 4: "assured", 8: "confirmed", 16: "snat",
                 32: "dnat", 512: "dying"}  # fmt: skip
EVENTS: Final = {1: "new", 2: "related", 4: "destroy", 8: "reply", 16: "assured", 32: "protoinfo",
          64: "helper", 128: "mark", 256: "seqadj", 512: "secmark", 1024: "label"}  # fmt: skip
DSCP: Final = {
    0: "cs0", 8: "cs1", 16: "cs2", 24: "cs3", 32: "cs4", 40: "cs5", 48: "cs6", 56: "cs7",
    1: "lephb", 10: "af11", 12: "af12", 14: "af13", 18: "af21", 20: "af22", 22: "af23",
    26: "af31", 28: "af32", 30: "af33", 34: "af41", 36: "af42", 38: "af43", 44: "va", 46: "ef",
}  # fmt: skip
ICMP_TYPES: Final = {
    0: "echo-reply", 3: "destination-unreachable", 4: "source-quench", 5: "redirect",
    8: "echo-request", 9: "router-advertisement", 10: "router-solicitation", 11: "time-exceeded",
    12: "parameter-problem", 13: "timestamp-request", 14: "timestamp-reply", 15: "info-request",
    16: "info-reply", 17: "address-mask-request", 18: "address-mask-reply",
}  # fmt: skip
ICMPV6_TYPES: Final = {
    1: "destination-unreachable", 2: "packet-too-big", 3: "time-exceeded",
    4: "parameter-problem", 128: "echo-request", 129: "echo-reply", 130: "mld-listener-query",
    131: "mld-listener-report", 132: "mld-listener-done", 133: "nd-router-solicit",
    134: "nd-router-advert", 135: "nd-neighbor-solicit", 136: "nd-neighbor-advert",
    137: "nd-redirect", 143: "mld2-listener-report",
}  # fmt: skip
ICMP_CODE_WORDS: Final = {0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable",
                   3: "port-unreachable", 4: "frag-needed", 9: "net-prohibited",
                   10: "host-prohibited", 13: "admin-prohibited"}  # fmt: skip
ARP_OPERATIONS: Final = {1: "request", 2: "reply", 3: "rrequest", 4: "rreply", 8: "inrequest",
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
FLAGS: Final[dict[str, dict[int, str]]] = {
    "ctstate": STATES, "ctstatus": STATUS, "tcpflags": TCP_FLAGS, "ctevent": EVENTS,
}  # fmt: skip
# In the host's byte order, the others in that of the network.
HOST_ORDER: Final = frozenset((
    "host", "mark", "ifindex", "ctstate", "ctstatus", "pkttype", "iftype", "addrtype", "ctevent",
    "milliseconds", "boolean", "date", "hour", "day", "ctdir", "tchandle",
))  # fmt: skip
# nft's numbers of types: how their values are shown, and how many bytes they have.
KINDS: Final = {
    2: ("nfproto", 1), 4: ("be", 0), 5: ("ifname", 16), 7: ("ipv4", 4), 8: ("ipv6", 16),
    9: ("ether", 6), 10: ("ethertype", 2), 11: ("arpop", 2), 12: ("proto", 1), 13: ("be", 2),
    14: ("icmptype", 1), 15: ("tcpflags", 1), 16: ("dccptype", 1), 17: ("be", 1),
    18: ("milliseconds", 8), 19: ("mark", 4), 20: ("ifindex", 4), 21: ("iftype", 2),
    22: ("host", 4), 23: ("tchandle", 4), 24: ("host", 4), 25: ("host", 4), 26: ("ctstate", 4),
    27: ("ctdir", 1), 28: ("ctstatus", 4), 29: ("icmpv6type", 1), 30: ("bytes", 16),
    31: ("pkttype", 1), 32: ("icmpcode", 1), 33: ("icmpv6code", 1), 34: ("icmpxcode", 1),
    35: ("host", 4), 36: ("dscp", 1), 37: ("ecn", 1), 38: ("addrtype", 4), 39: ("boolean", 1),
    40: ("ctevent", 4), 41: ("ifname", 16), 42: ("igmptype", 1), 43: ("date", 8), 44: ("hour", 4),
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


def number_text(kind: str, value: int, size: int) -> str:
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
    if kind == "date" and value < 1 << 62:
        return f'"{datetime.fromtimestamp(value // 1000000000, UTC):%Y-%m-%d %H:%M:%S}"'
    if kind == "milliseconds":
        return time_text(value)
    if kind == "tchandle":
        return {0: "none", 0xFFFFFFFF: "root"}.get(value, f"{value >> 16:x}:{value & 65535:x}")
    return str(value)


def key_text(raw: bytes) -> str:
    """A key of unknown type: text if it is one, else bytes."""
    text = raw.rstrip(b"\0")
    if len(raw) == 16 and text and len(text) < 16 and all(33 <= byte < 127 for byte in text):
        return text_of(raw)
    return hexadecimal(raw)
