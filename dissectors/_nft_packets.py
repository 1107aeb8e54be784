"""Where the fields of packets lie, what keys of expressions load, and of which type that is.

linux/netfilter/nf_tables.h; names as nft(8) has them: src/proto.c, meta.c, ct.c and exthdr.c
of nftables.
"""

from __future__ import annotations

from typing import Final

# Protocol: its fields by first bit and number of bits.
Layout = dict[tuple[int, int], tuple[str, str]]
PORTS: Final[Layout] = {(0, 16): ("sport", "be"), (16, 16): ("dport", "be")}
HEADERS: Final[dict[str, Layout]] = {
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
    "dccp": {**PORTS, (67, 4): ("type", "dccptype")},
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
OPTION_FIELDS: Final[dict[str, Layout]] = {
    "maxseg": {(16, 16): ("size", "be")}, "window": {(16, 8): ("count", "be")},
    "timestamp": {(16, 32): ("tsval", "be"), (48, 32): ("tsecr", "be")},
    "sack": {(16, 32): ("left", "be"), (48, 32): ("right", "be")},
    "ra": {(16, 16): ("value", "be")},
}  # fmt: skip
EXTENSIONS: Final = {0: "hbh", 43: "rt", 44: "frag", 50: "esp", 51: "ah", 60: "dst", 135: "mh"}
TCP_OPTIONS: Final = {0: "eol", 1: "nop", 2: "maxseg", 3: "window", 4: "sack-perm", 5: "sack",
               8: "timestamp", 19: "md5sig", 30: "mptcp", 34: "fastopen"}  # fmt: skip
IP_OPTIONS: Final = {7: "rr", 131: "lsrr", 137: "ssrr", 148: "ra"}
CHUNKS: Final = {0: "data", 1: "init", 2: "init-ack", 3: "sack", 4: "heartbeat", 5: "heartbeat-ack",
          6: "abort", 7: "shutdown", 8: "shutdown-ack", 9: "error", 10: "cookie-echo",
          11: "cookie-ack", 12: "ecne", 13: "cwr", 14: "shutdown-complete", 193: "asconf-ack",
          192: "forward-tsn", 128: "asconf"}  # fmt: skip
BASES: Final = ("ll", "nh", "th", "ih", "tun")

# By key: how nft writes it, the type of its values, and their size.
META: Final = {
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
    22: ("oifgroup", "host", 4), 23: ("meta cgroup", "host", 4), 24: ("meta random", "be", 4),
    25: ("meta ipsec", "boolean", 1), 26: ("meta iifkind", "ifname", 16),
    27: ("meta oifkind", "ifname", 16), 28: ("meta ibrpvid", "host", 2),
    29: ("meta ibrvproto", "ethertype", 2), 30: ("meta time", "date", 8),
    31: ("meta day", "day", 1),
    32: ("meta hour", "hour", 4), 33: ("meta sdif", "ifindex", 4),
    34: ("meta sdifname", "ifname", 16), 35: ("meta broute", "host", 1),
    37: ("meta ibrhwaddr", "ether", 6),
}  # fmt: skip
CT: Final = {
    0: ("state", "ctstate", 4), 1: ("direction", "ctdir", 1), 2: ("status", "ctstatus", 4),
    3: ("mark", "mark", 4), 4: ("secmark", "host", 4), 5: ("expiration", "milliseconds", 4),
    6: ("helper", "ifname", 16), 7: ("l3proto", "nfproto", 1), 8: ("saddr", "address", 16),
    9: ("daddr", "address", 16), 10: ("protocol", "proto", 1), 11: ("proto-src", "be", 2),
    12: ("proto-dst", "be", 2), 13: ("label", "bytes", 16), 14: ("packets", "host", 8),
    15: ("bytes", "host", 8), 16: ("avgpkt", "host", 8), 17: ("zone", "host", 2),
    18: ("event", "ctevent", 4), 19: ("ip saddr", "ipv4", 4), 20: ("ip daddr", "ipv4", 4),
    21: ("ip6 saddr", "ipv6", 16), 22: ("ip6 daddr", "ipv6", 16), 23: ("id", "be", 4),
}  # fmt: skip
RT: Final = {0: ("rt classid", "host", 4), 1: ("rt ip nexthop", "ipv4", 4),
      2: ("rt ip6 nexthop", "ipv6", 16), 3: ("rt mtu", "host", 2),
      4: ("rt ipsec", "boolean", 1)}  # fmt: skip
SOCKET: Final = {0: ("socket transparent", "host", 1), 1: ("socket mark", "mark", 4),
          2: ("socket wildcard", "host", 1), 3: ("socket cgroupv2", "host", 8)}  # fmt: skip
XFRM: Final = {1: ("ip daddr", "ipv4", 4), 2: ("ip6 daddr", "ipv6", 16), 3: ("ip saddr", "ipv4", 4),
        4: ("ip6 saddr", "ipv6", 16), 5: ("reqid", "host", 4), 6: ("spi", "be", 4)}  # fmt: skip
FIB_RESULTS: Final = {
    1: ("oif", "ifindex", 4),
    2: ("oifname", "ifname", 16),
    3: ("type", "addrtype", 4),
}
FIB_FLAGS: Final = {1: "saddr", 2: "daddr", 4: "mark", 8: "iif", 16: "oif"}
