"""Filters and actions that the kernel knows and tc(8) of iproute2 6.1 does not."""

from __future__ import annotations

import socket
import struct
import sys

from rawnl import (
    NETLINK_EXT_ACK,
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_EXCL,
    Netlink,
    attribute,
    nest,
    text,
    u32,
)

RTM_NEWTFILTER, RTM_NEWACTION = 44, 48
TCA_KIND, TCA_OPTIONS = 1, 2
ETH_P_ALL, ETH_P_IP = 3, 0x800
TCF_EM_TEXT, TEXT_LAYERS = 5, 2 << 4 | 0  # from the link to the transport layer

index = socket.if_nametoindex(sys.argv[1])
netlink = Netlink(socket.NETLINK_ROUTE, NETLINK_EXT_ACK)


def add(what: str, parent: int, priority: int, protocol: int, kind: str, *options: bytes) -> None:
    header = struct.pack("=BxxxiIIHH", 0, index, 0, parent, socket.htons(protocol), priority)
    body = header + text(TCA_KIND, kind) + nest(TCA_OPTIONS, *options)
    netlink.request(what, RTM_NEWTFILTER, body, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)


pattern = b"haystack"
match = struct.pack("=HHHH", 0, TCF_EM_TEXT, 0, 0)
match += struct.pack("=16sHHHBx", b"kmp", 10, 60, len(pattern), TEXT_LAYERS) + pattern
tree = nest(2, attribute(1, struct.pack("=HH", 1, 0)), nest(2, attribute(1, match)))
add("basic, text in packets", 0x10000, 50, ETH_P_ALL, "basic", u32(1, 0x10020), tree)
ip = attribute(8, struct.pack("!H", ETH_P_IP))
add(
    "flower by hash of the packet",
    0xFFFFFFF2,
    51,
    ETH_P_IP,
    "flower",
    ip,
    u32(100, 0x1234),
    u32(101, 0xFFFF),
)
add(
    "flower by L2TPv3 session",
    0xFFFFFFF2,
    52,
    ETH_P_IP,
    "flower",
    ip,
    attribute(9, b"\x73"),
    attribute(105, struct.pack("!I", 77)),
)
add(
    "flower by outer UDP ports",
    0xFFFFFFF2,
    53,
    ETH_P_IP,
    "flower",
    ip,
    attribute(26, struct.pack("!I", 100)),
    attribute(43, struct.pack("!H", 4000)),
    attribute(44, struct.pack("!H", 0xFFF0)),
    attribute(45, struct.pack("!H", 4789)),
)

parameters = struct.pack("=IIiii", 16, 0, 3, 0, 0)
mapping = nest(
    2,
    attribute(2, parameters),
    attribute(4, struct.pack("=H", 2)),
    attribute(9, struct.pack("=Q", 0x40)),
    attribute(10, struct.pack("=H", 6)),
)
body = struct.pack("=Bxxx", 0) + nest(1, nest(1, text(1, "skbedit"), mapping))
netlink.request(
    "skbedit over a range of queues", RTM_NEWACTION, body, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL
)
