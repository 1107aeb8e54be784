"""A route through a BPF program, which iproute2 takes from ELF files only."""

from __future__ import annotations

import socket
import struct

from links import load_program
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

RTM_NEWROUTE = 24
RTA_DST, RTA_OIF, RTA_ENCAP_TYPE, RTA_ENCAP = 1, 4, 21, 22
LWTUNNEL_ENCAP_BPF = 6
LWT_BPF_IN, LWT_BPF_OUT, LWT_BPF_XMIT, LWT_BPF_XMIT_HEADROOM = 1, 2, 3, 4
BPF_PROG_TYPE_LWT_IN, BPF_PROG_TYPE_LWT_XMIT = 10, 12
RETURN_0 = bytes.fromhex("b700000000000000 9500000000000000")

rtnl = Netlink(0, NETLINK_EXT_ACK)
# rtmsg: family, prefix length, source's, tos, table main, proto static, scope link, unicast, flags
body = struct.pack("=8BI", socket.AF_INET, 16, 0, 0, 254, 4, 253, 1, 0)
body += attribute(RTA_DST, socket.inet_aton("10.28.0.0"))
body += u32(RTA_OIF, socket.if_nametoindex("apple0"))
body += nest(
    RTA_ENCAP,
    nest(
        LWT_BPF_IN, u32(1, load_program(BPF_PROG_TYPE_LWT_IN, RETURN_0, b"look")), text(2, "look")
    ),
    nest(
        LWT_BPF_XMIT,
        u32(1, load_program(BPF_PROG_TYPE_LWT_XMIT, RETURN_0, b"push")),
        text(2, "push"),
    ),
    u32(LWT_BPF_XMIT_HEADROOM, 32),
)
body += attribute(RTA_ENCAP_TYPE, struct.pack("=H", LWTUNNEL_ENCAP_BPF))
rtnl.request("route through bpf", RTM_NEWROUTE, body, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
