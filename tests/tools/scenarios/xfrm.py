"""XFRM requests that ip-xfrm(8) does not send: events, migration, reports of an unused kind."""

from __future__ import annotations

import socket
import struct
import sys

import rawnl

NETLINK_XFRM = 6
ESP = 50


def v4(text: str) -> bytes:
    """An address in xfrm_address_t."""
    return socket.inet_aton(text) + bytes(12)


def selector(source: str, destination: str, prefix: int) -> bytes:
    """struct xfrm_selector."""
    return (
        v4(destination)
        + v4(source)
        + struct.pack(">HHHH", 0, 0, 0, 0)
        + struct.pack("=HBBB3xiI", socket.AF_INET, prefix, prefix, 0, 0, 0)
    )


def main() -> None:
    """Asks for events of a state, changes its counters, moves a policy elsewhere."""
    if sys.argv[1:] == ["traffic"]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(b"x", ("203.0.113.99", 500))
        return
    link = rawnl.Netlink(NETLINK_XFRM, rawnl.NETLINK_EXT_ACK)
    state = v4("192.0.2.2") + struct.pack(">I", 0x1000) + struct.pack("=HBx", socket.AF_INET, ESP)
    event = state + v4("192.0.2.1") + struct.pack("=II", 0, 7)
    link.request("getae", 0x1F, event)
    link.request("newae", 0x1E, event + rawnl.attribute(10, struct.pack("=III", 9, 8, 7)), 0x104)
    link.request("newae", 0x1E, event + rawnl.u32(11, 2) + rawnl.u32(12, 30), 0x104)
    sel = selector("192.0.2.0", "198.51.100.0", 24)
    policy = sel + struct.pack("=IB3x", 0, 1)
    move = v4("192.0.2.2") + v4("192.0.2.1") + v4("192.0.2.4") + v4("192.0.2.3")
    move += struct.pack("=BBHIHH", ESP, 1, 0, 7, socket.AF_INET, socket.AF_INET)
    kmaddress = v4("192.0.2.3") + v4("192.0.2.4") + struct.pack("=IH2x", 0, socket.AF_INET)
    link.request(
        "migrate", 0x21, policy + rawnl.attribute(17, move) + rawnl.attribute(19, kmaddress)
    )
    flt = v4("192.0.2.0") + v4("192.0.2.0") + struct.pack("=HBB", socket.AF_INET, 24, 24)
    body = rawnl.attribute(26, flt) + rawnl.attribute(25, struct.pack("=B", ESP))
    link.request("getsa", 0x12, body, rawnl.NLM_F_DUMP)
    label = b"system_u:object_r:ipsec_spd_t:s0\0"
    context = struct.pack("=HHBBH", 8 + len(label), 8, 1, 1, len(label)) + label
    link.request("getpolicy", 0x15, policy + rawnl.attribute(8, context))


main()
