"""What no command of iproute2 6.1 sends or sets up for the rtnl_*.sh scenarios."""

from __future__ import annotations

import signal
import socket
import struct
import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rawnl import (
    NETLINK_ADD_MEMBERSHIP,
    NETLINK_EXT_ACK,
    NETLINK_GET_STRICT_CHK,
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    SOL_NETLINK,
    Netlink,
    attribute,
    ifinfomsg,
    nest,
    text,
    u32,
)

AF_BRIDGE, RTNL_FAMILY_IPMR = 7, 128
RTM_NEWLINK, RTM_GETLINK, RTM_SETLINK = 16, 18, 19
LAST_GROUP = 39  # RTNLGRP_IPV6_ACADDR
NLM_F_BULK = 0x200


def u8(number: int, value: int) -> bytes:
    return attribute(number, struct.pack("=B", value))


def u16(number: int, value: int) -> bytes:
    return attribute(number, struct.pack("=H", value))


def ip(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def listen() -> None:
    """Join every multicast group of rtnetlink, so that its messages are sent at all."""
    netlink = Netlink(0)
    for group in range(1, LAST_GROUP + 1):
        try:
            netlink.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
        except OSError as problem:
            print(f"group {group}: {problem.strerror}", flush=True)  # newer than the kernel
    netlink.socket.settimeout(None)
    while netlink.socket.recv(1 << 18):
        pass


# -- frames on the wire ---------------------------------------------------------


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) & ~1]))
    total += data[-1] << 8 if len(data) & 1 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send(device: str, frames: Iterable[bytes]) -> None:
    """Put Ethernet frames on a device, whose peer then receives them."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.bind((device, 0))
    for frame in frames:
        wire.send(frame)
        time.sleep(0.1)


def ipv4(source: str, target: str, protocol: int, payload: bytes, options: bytes = b"") -> bytes:
    """An Ethernet frame for a multicast address."""
    header = (
        struct.pack(
            "!BBHHHBBH4s4s",
            0x45 + len(options) // 4,
            0,
            20 + len(options) + len(payload),
            1,
            0,
            8,
            protocol,
            0,
            ip(source),
            ip(target),
        )
        + options
    )
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    low = int.from_bytes(ip(target), "big") & 0x7FFFFF
    mac = b"\x01\x00\x5e" + low.to_bytes(3, "big")
    return mac + b"\x02\0\0\0\0\x77\x08\x00" + header + payload


def ipv6(source: str, target: str, protocol: int, payload: bytes, hops: int = 255) -> bytes:
    """The same for IPv6; the checksum of ICMPv6 is filled in."""
    if protocol == socket.IPPROTO_ICMPV6:
        pseudo = ip(source) + ip(target) + struct.pack("!II", len(payload), protocol)
        total = checksum(pseudo + payload)
        payload = payload[:2] + struct.pack("!H", total) + payload[4:]
    header = struct.pack("!IHBB", 6 << 28, len(payload), protocol, hops) + ip(source) + ip(target)
    return b"\x33\x33" + ip(target)[12:] + b"\x02\0\0\0\0\x77\x86\xdd" + header + payload


def udp(payload: bytes) -> bytes:
    return struct.pack("!HHHH", 5000, 5000, 8 + len(payload), 0) + payload


# -- multicast routing (linux/mroute.h) --------------------------

MRT_INIT, MRT_ADD_VIF, MRT_ADD_MFC, MRT_DEL_MFC, MRT_ASSERT = 200, 202, 204, 205, 207
VIFF_USE_IFINDEX = 8


def mroute(*devices: str) -> None:
    """Be a multicast router between the devices until killed; groups 239.1.1.1 and .2."""
    router = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
    router.setsockopt(socket.IPPROTO_IP, MRT_INIT, 1)
    router.setsockopt(socket.IPPROTO_IP, MRT_ASSERT, 1)
    for vif, device in enumerate(devices):
        index = socket.if_nametoindex(device)
        router.setsockopt(
            socket.IPPROTO_IP,
            MRT_ADD_VIF,
            struct.pack("=HBBIi4x", vif, VIFF_USE_IFINDEX, 1, 0, index),
        )
    for group, thresholds in ("239.1.1.1", (0, 1, 7)), ("239.1.1.2", (0, 0, 1)):
        router.setsockopt(
            socket.IPPROTO_IP,
            MRT_ADD_MFC,
            struct.pack(
                "=4s4sH32s2xIIIi",
                ip("198.51.100.7"),
                ip(group),
                0,
                bytes(thresholds).ljust(32, b"\0"),
                0,
                0,
                0,
                0,
            ),
        )
    print("routing", *devices, flush=True)
    signal.sigwait([signal.SIGTERM])
    router.setsockopt(
        socket.IPPROTO_IP,
        MRT_DEL_MFC,
        struct.pack(
            "=4s4sH32s2xIIIi", ip("198.51.100.7"), ip("239.1.1.2"), 0, bytes(32), 0, 0, 0, 0
        ),
    )


def tables() -> None:
    """The tables of multicast routing, which answer for links of a family of their own."""
    rtnl = Netlink(0, NETLINK_EXT_ACK)
    rtnl.request("tables", RTM_GETLINK, ifinfomsg(RTNL_FAMILY_IPMR), NLM_F_DUMP)


def streams(device: str, other: str) -> None:
    """Packets for groups with a route and without, and one that comes from the wrong side."""
    send(
        device,
        [
            ipv4("198.51.100.7", group, socket.IPPROTO_UDP, udp(b"an apple a day"))
            for group in ("239.1.1.1", "239.1.1.1", "239.1.1.9")
        ],
    )
    wrong = udp(b"from the wrong side")
    send(other, [ipv4("198.51.100.7", "239.1.1.1", socket.IPPROTO_UDP, wrong)])


# -- router advertisements (RFC 4861, 8106, 6775, 8910, 8781) -----------------------


def option(kind: int, content: bytes) -> bytes:
    content += bytes(-(len(content) + 2) % 8)
    return struct.pack("!BB", kind, (len(content) + 2) // 8) + content


def name(domain: str) -> bytes:
    return b"".join(bytes([len(x)]) + x.encode() for x in domain.split(".")) + b"\0"


def advertise(device: str) -> None:
    """Router advertisements with every option that the kernel passes on to programs."""
    header = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0xC8, 1800, 0, 0)
    options = [
        option(3, struct.pack("!BBIII", 64, 0xC0, 86400, 14400, 0) + ip("2001:db8:9::")),
        option(3, struct.pack("!BBIII", 48, 0x80, 7200, 3600, 0) + ip("2001:db8:a::")),
        option(25, struct.pack("!HI", 0, 1200) + ip("2001:db8:9::53") + ip("2001:db8:9::54")),
        option(31, struct.pack("!HI", 0, 1200) + name("orchard.example") + name("fruit.example")),
        option(34, struct.pack("!BBHH", 64, 0x13, 0, 300) + ip("2001:db8:9::")[:8]),
        option(37, b"https://orchard.example/captive"),
        option(38, struct.pack("!H", 225 << 3 | 1) + ip("2001:db8:64::")[:12]),
    ]
    payload = header + b"".join(options)
    send(device, [ipv6("fe80::77", "ff02::1", socket.IPPROTO_ICMPV6, payload)])


# -- bridges: snooped reports, and rings without a tool ------------------------------


def igmp(device: str) -> None:
    """A querier's question, then IGMPv3 and MLDv2 reports with sources."""
    alert = b"\x94\x04\0\0"
    query = struct.pack("!BBH4sBBH", 0x11, 100, 0, ip("0.0.0.0"), 2, 125, 0)
    report = struct.pack("!BBHHH", 0x22, 0, 0, 0, 2)
    report += struct.pack("!BBH4s", 6, 0, 2, ip("239.2.2.1"))  # BLOCK_OLD_SOURCES
    report += ip("198.51.100.1") + ip("198.51.100.2")
    report += struct.pack("!BBH4s", 4, 0, 1, ip("239.2.2.2")) + ip("198.51.100.3")  # TO_EXCLUDE
    allow = struct.pack("!BBHHHBBH4s", 0x22, 0, 0, 0, 1, 5, 0, 2, ip("239.2.2.3"))
    allow += ip("198.51.100.4") + ip("198.51.100.5")  # ALLOW_NEW_SOURCES
    frames = []
    for target, message in ("224.0.0.1", query), ("224.0.0.22", report), ("224.0.0.22", allow):
        filled = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
        frames.append(ipv4("198.51.100.9", target, socket.IPPROTO_IGMP, filled, alert))
    mld = struct.pack("!BBHHHBBH16s", 143, 0, 0, 0, 1, 5, 0, 1, ip("ff0e::2:2")) + ip("2001:db8::4")
    hop_by_hop = bytes([58, 0, 5, 2, 0, 0, 1, 0])
    pseudo = ip("fe80::9") + ip("ff02::16") + struct.pack("!II", len(mld), 58)
    mld = mld[:2] + struct.pack("!H", checksum(pseudo + mld)) + mld[4:]
    frames.append(ipv6("fe80::9", "ff02::16", 0, hop_by_hop + mld, 1))
    send(device, frames)


IFLA_AF_SPEC, IFLA_EXT_MASK = 26, 29
BRIDGE_FLAGS, BRIDGE_MRP, BRIDGE_CFM, BRIDGE_MST = 0, 4, 5, 6


def rings(bridge: str, first: str, second: str) -> None:
    """Media redundancy (MRP) and connectivity faults (CFM), byte by byte."""
    rtnl = Netlink(0, NETLINK_EXT_ACK)
    index, one, two = map(socket.if_nametoindex, (bridge, first, second))

    def told(what: str, on: int, *spec: bytes) -> None:
        body = ifinfomsg(AF_BRIDGE, on) + nest(IFLA_AF_SPEC, *spec)
        rtnl.request(what, RTM_SETLINK, body)

    def mrp(what: str, number: int, *values: bytes, on: int = index) -> None:
        told(what, on, nest(BRIDGE_MRP, nest(number, *values)))

    def cfm(what: str, number: int, *values: bytes) -> None:
        told(what, index, nest(BRIDGE_CFM, nest(number, *values)))

    mrp("mrp instance", 1, u32(1, 7), u32(2, one), u32(3, two), u16(4, 0x8000))
    mrp("mrp port state", 2, u32(1, 2), on=one)
    mrp("mrp port role", 3, u32(1, 0), on=one)
    mrp("mrp ring state", 4, u32(1, 7), u32(2, 1))
    mrp("mrp ring role", 5, u32(1, 7), u32(2, 2))
    mrp("mrp start test", 6, u32(1, 7), u32(2, 20000), u32(3, 3), u32(4, 0), u32(5, 0))
    mrp("mrp in role", 8, u32(1, 7), u16(2, 3), u32(3, 1), u32(4, one))
    mrp("mrp in state", 9, u32(1, 3), u32(2, 1))
    mrp("mrp start in test", 10, u32(1, 3), u32(2, 20000), u32(3, 3), u32(4, 0))
    cfm("mep create", 1, u32(1, 1), u32(2, 0), u32(3, 0), u32(4, one))
    cfm(
        "mep config",
        3,
        u32(1, 1),
        attribute(2, bytes.fromhex("0200000000ab")),
        u32(3, 5),
        u32(4, 11),
    )
    cfm("cc config", 4, u32(1, 1), u32(2, 1), u32(3, 4), attribute(4, b"orchard".ljust(48, b"\0")))
    cfm("peer mep", 5, u32(1, 1), u32(2, 12))
    cfm("cc rdi", 7, u32(1, 1), u32(2, 1))
    cfm(
        "ccm tx",
        8,
        u32(1, 1),
        attribute(2, bytes.fromhex("0180c2000035")),
        u32(3, 1),
        u32(4, 100),
        u32(5, 1),
        u8(6, 1),
        u32(7, 1),
        u8(8, 2),
    )
    cfm("peer mep gone", 6, u32(1, 1), u32(2, 12))
    cfm("mep delete", 2, u32(1, 1))


def trees(bridge: str, port: str) -> None:
    """Multiple spanning trees (MST): VLAN 20 in tree 5, and the port's state in that tree."""
    rtnl = Netlink(0, NETLINK_EXT_ACK)
    index, one = map(socket.if_nametoindex, (bridge, port))
    enable = struct.pack("=II", 4, 4)  # struct br_boolopt_multi, BR_BOOLOPT_MST_ENABLE
    # IFLA_LINKINFO 18, IFLA_INFO_KIND 1, IFLA_INFO_DATA 2, IFLA_BR_MULTI_BOOLOPT 46
    rtnl.request(
        "mst on",
        RTM_NEWLINK,
        ifinfomsg(index=index) + nest(18, text(1, "bridge"), nest(2, attribute(46, enable))),
    )
    for on, flags in (index, 0x20), (one, 0):  # BRIDGE_VLAN_INFO_BRENTRY
        rtnl.request(
            "vlan",
            RTM_SETLINK,
            ifinfomsg(AF_BRIDGE, on)
            + nest(
                IFLA_AF_SPEC,
                *([u16(BRIDGE_FLAGS, 2)] if flags else []),
                attribute(2, struct.pack("=HH", flags, 20)),
            ),
        )
    rtnl.request(
        "tree of the vlan",
        RTM_NEWVLAN,
        struct.pack("=BxHI", AF_BRIDGE, 0, index) + nest(2, u16(1, 20), u16(18, 5)),
    )
    rtnl.request(
        "state in the tree",
        RTM_SETLINK,
        ifinfomsg(AF_BRIDGE, one)
        + nest(IFLA_AF_SPEC, nest(BRIDGE_MST, nest(1, u16(1, 5), u8(2, 4)))),
    )
    for what, mask in ("vlans", 2), ("mrp", 0x10), ("cfm", 0x60), ("mst", 0x80):
        body = ifinfomsg(AF_BRIDGE) + u32(IFLA_EXT_MASK, mask)
        rtnl.request(f"links with {what}", RTM_GETLINK, body, NLM_F_DUMP)


# -- requests of newer kernels, and those that no tool sends ---------------------------

RTM_GETMULTICAST, RTM_GETANYCAST = 58, 62
RTM_NEWADDRLABEL, RTM_GETDCB, RTM_SETDCB = 72, 78, 79
RTM_NEWMDB, RTM_DELMDB, RTM_GETMDB = 84, 85, 86
RTM_GETSTATS, RTM_NEWNEXTHOP, RTM_GETNEXTHOP, RTM_GETNEXTHOPBUCKET = 94, 104, 106, 118
RTM_NEWVLAN, RTM_GETTUNNEL = 112, 122


def br_mdb_entry(index: int, group: str, vid: int = 0, state: int = 1) -> bytes:
    raw = ip(group) if group else b""
    proto = {4: 0x0800, 16: 0x86DD}.get(len(raw), 0)
    return struct.pack("=IBBH16s", index, state, 0, vid, raw) + struct.pack("!Hxx", proto)


def newer(bridge: str, port: str, vxlan: str) -> None:
    """What kernels after 6.1 understand; this one may say no, the bytes are the same."""
    rtnl = Netlink(0, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK)
    index, one, two = map(socket.if_nametoindex, (bridge, port, vxlan))
    on_bridge = struct.pack("=BxxxI", AF_BRIDGE, index)
    on_vxlan = struct.pack("=BxxxI", AF_BRIDGE, two)
    sources = nest(
        2, nest(1, attribute(1, ip("198.51.100.1"))), nest(1, attribute(1, ip("198.51.100.2")))
    )
    rtnl.request(
        "mdb with sources",
        RTM_NEWMDB,
        on_bridge
        + attribute(1, br_mdb_entry(one, "239.3.3.1", 10))
        + nest(2, sources, u8(3, 1), u8(4, 186)),
        NLM_F_ACK | NLM_F_CREATE,
    )
    rtnl.request(
        "vxlan mdb",
        RTM_NEWMDB,
        on_vxlan
        + attribute(1, br_mdb_entry(two, "239.3.3.2"))
        + nest(
            2,
            attribute(1, ip("198.51.100.3")),
            attribute(5, ip("192.0.2.9")),
            u16(6, 4790),
            u32(7, 77),
            u32(8, one),
            u32(9, 78),
        ),
        NLM_F_ACK | NLM_F_CREATE,
    )
    rtnl.request(
        "mdb get",
        RTM_GETMDB,
        on_bridge
        + attribute(1, br_mdb_entry(index, "ff0e::3:3", 10, 0))
        + nest(2, attribute(1, ip("2001:db8::3"))),
        0,
    )
    rtnl.request(
        "mdb flush",
        RTM_DELMDB,
        on_bridge + attribute(1, br_mdb_entry(one, "")) + nest(2, u8(4, 4), u8(10, 1)),
        NLM_F_ACK | NLM_F_BULK,
    )
    rtnl.request(
        "nexthop statistics",
        RTM_GETNEXTHOP,
        struct.pack("=BBBxI", 0, 0, 0, 0) + u32(1, 20) + u32(14, 3),
    )
    rtnl.request(
        "nexthop of great weight",
        RTM_NEWNEXTHOP,
        struct.pack("=BBBxI", 0, 0, 4, 0)
        + u32(1, 21)
        + attribute(2, struct.pack("=IBBH", 1, 0xE7, 0x03, 0)),
        NLM_F_ACK | NLM_F_CREATE,
    )
    rtnl.request(
        "one bucket",
        RTM_GETNEXTHOPBUCKET,
        struct.pack("=BBBxI", 0, 0, 0, 0) + u32(1, 20) + nest(13, u16(1, 2)),
        NLM_F_ACK,
    )
    rtnl.request(
        "multicast addresses",
        RTM_GETMULTICAST,
        struct.pack("=BBBBI", socket.AF_INET6, 0, 0, 0, 0),
        NLM_F_DUMP,
    )
    rtnl.request(
        "anycast addresses",
        RTM_GETANYCAST,
        struct.pack("=BBBBI", socket.AF_INET6, 0, 0, 0, 0),
        NLM_F_DUMP,
    )
    rtnl.request(
        "statistics by filter",
        RTM_GETSTATS,
        struct.pack("=BxHII", 0, 0, one, 0b11111) + nest(1, u32(4, 0b110)),
    )
    entry = attribute(1, struct.pack("=HH", 0, 10))
    rtnl.request(
        "vlan options",
        RTM_NEWVLAN,
        struct.pack("=BxHI", AF_BRIDGE, 0, one) + nest(1, entry, u32(8, 99), u8(9, 1), u8(10, 1)),
    )
    rtnl.request(
        "msti of a vlan",
        RTM_NEWVLAN,
        struct.pack("=BxHI", AF_BRIDGE, 0, index) + nest(2, u16(1, 10), u16(18, 5)),
    )


def dcb(device: str) -> None:
    """Data center bridging that a device without it refuses (struct dcbmsg, linux/dcbnl.h)."""
    rtnl = Netlink(0, NETLINK_EXT_ACK)
    ets = bytes([0, 8, 0]) + bytes(range(8)) + bytes(8) + bytes([2, 2]).ljust(8 + 32, b"\0")
    app = struct.pack("=BBH", 1, 3, 0x8906) + struct.pack("=BBH", 5, 4, 46)
    table = b"".join(attribute(1, app[at : at + 4]) for at in (0, 4))
    named = text(1, device)
    for what, number, command, body in (
        ("ieee get", RTM_GETDCB, 21, b""),
        ("ieee set", RTM_SETDCB, 20, nest(13, attribute(1, ets), attribute(3, table))),
        ("cee get", RTM_GETDCB, 26, b""),
        ("dcbx set", RTM_SETDCB, 23, u8(14, 0x09)),
        ("pfc get", RTM_GETDCB, 7, nest(4, attribute(9, b""))),
        ("cap get", RTM_GETDCB, 11, nest(9, attribute(1, b""))),
        ("pg set", RTM_SETDCB, 4, nest(6, nest(1, u8(1, 2), u8(2, 0x0F)), u8(11, 50))),
    ):
        rtnl.request(what, number, struct.pack("=BBH", 0, command, 0) + named + body)


if __name__ == "__main__":
    {
        "listen": listen,
        "mroute": mroute,
        "tables": tables,
        "streams": streams,
        "advertise": advertise,
        "igmp": igmp,
        "rings": rings,
        "trees": trees,
        "newer": newer,
        "dcb": dcb,
    }[sys.argv[1]](*sys.argv[2:])
