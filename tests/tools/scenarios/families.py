"""Requests to team and Open vSwitch, whose own tools are rarely there."""

from __future__ import annotations

import socket
import struct
import sys

from rawnl import NLM_F_ACK, NLM_F_DUMP, Netlink, attribute, nest, text, u32

GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_FAMILY_ID = 0x10, 3, 2, 1
NLA_U32, NLA_STRING = 3, 5
NETLINK_GENERIC = 16


def genl(command: int, *body: bytes, version: int = 1) -> bytes:
    return struct.pack("BBxx", command, version) + b"".join(body)


def family(link: Netlink, name: str) -> int:
    """The number of a family: the attribute is the answer's second, after its name."""
    ask = genl(CTRL_CMD_GETFAMILY, text(CTRL_ATTR_FAMILY_NAME, name))
    answer = link.request(f"family {name}", GENL_ID_CTRL, ask)[0]
    at = 4
    while True:
        length, kind = struct.unpack_from("=HH", answer, at)
        if kind == CTRL_ATTR_FAMILY_ID:
            return int(struct.unpack_from("=H", answer, at + 4)[0])
        at += length + -length % 4


def u8(number: int, value: int) -> bytes:
    return attribute(number, bytes([value]))


def mode(link: Netlink) -> None:
    """The mode of a team, while it has no ports."""
    number, index = family(link, "team"), socket.if_nametoindex("team0")
    option = nest(1, text(1, "mode"), u8(3, NLA_STRING), text(4, "roundrobin"))
    link.request("team: mode", number, genl(1, u32(1, index), nest(2, option)))


def team(link: Netlink) -> None:
    """An option set, all read, ports read; what answers ends with NLMSG_DONE."""
    number, index = family(link, "team"), socket.if_nametoindex("team0")
    peers = nest(1, text(1, "notify_peers_count"), u8(3, NLA_U32), u32(4, 2))
    link.request("team: notify_peers_count", number, genl(1, u32(1, index), nest(2, peers)))
    link.request("team: options", number, genl(2, u32(1, index)), 0)
    link.request("team: ports", number, genl(3, u32(1, index)), 0)


def switch(link: Netlink) -> None:
    """A datapath with a port and a flow."""
    pid = link.socket.getsockname()[0]
    datapath, vport = family(link, "ovs_datapath"), family(link, "ovs_vport")
    flow = family(link, "ovs_flow")
    no_index = struct.pack("=i", 0)
    link.request(
        "dp new", datapath, genl(1, no_index, text(1, "ovs0"), u32(2, pid), version=2), NLM_F_ACK
    )
    index = struct.pack("=i", socket.if_nametoindex("ovs0"))
    port = (u32(2, 1), text(3, "apple1"), u32(5, pid))
    link.request("port new", vport, genl(1, index, *port))
    ethernet = attribute(4, bytes.fromhex("020000000001020000000002"))
    ipv4 = attribute(
        7, socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2") + b"\6\0\x40\0"
    )
    tcp = attribute(9, struct.pack(">HH", 1234, 80))
    key = nest(1, u32(3, 1), ethernet, attribute(6, b"\x08\0"), ipv4, tcp)
    link.request("flow new", flow, genl(1, index, key, nest(2, u32(1, 0))))
    for what, number in (("dp", datapath), ("port", vport), ("flow", flow)):
        at = struct.pack("=i", 0) if what == "dp" else index
        link.request(f"{what} dump", number, genl(3, at), NLM_F_DUMP)
    link.request("flow del", flow, genl(2, index, key))
    link.request("port del", vport, genl(2, index, u32(1, 1)))
    link.request("dp del", datapath, genl(2, index))


if __name__ == "__main__":
    {"mode": mode, "team": team, "switch": switch}[sys.argv[1]](Netlink(NETLINK_GENERIC))
