"""What the kernel says of IPsec by itself: a NAT's new port, a state that moves."""

from __future__ import annotations

import socket
import struct
import sys

import rawnl

NETLINK_XFRM = 6
ESP = 50
UDP_ENCAP, UDP_ENCAP_ESPINUDP = 100, 2


def v4(text: str) -> bytes:
    """An address in xfrm_address_t."""
    return socket.inet_aton(text) + bytes(12)


def mapping() -> None:
    """ESP in UDP without encryption, from another port than the state has."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source,
    ):
        to.bind(("127.0.0.1", 4500))
        to.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
        source.bind(("127.0.0.1", 4600))
        inner = struct.pack(">HHHH", 7, 7, 10, 0) + b"pear"  # UDP
        source.sendto(
            struct.pack(">II", 0x4000, 1) + inner + bytes((1, 2, 2, socket.IPPROTO_UDP)),
            ("127.0.0.1", 4500),
        )


def move() -> None:
    """XFRM_MSG_MIGRATE_STATE, of kernel 7.2."""
    link = rawnl.Netlink(NETLINK_XFRM, rawnl.NETLINK_EXT_ACK)
    body = v4("192.0.2.2") + struct.pack(">I", 0x3000) + struct.pack("=HBx", socket.AF_INET, ESP)
    body += v4("192.0.2.4") + v4("192.0.2.3") + struct.pack("=II", 0, 0)
    body += v4("192.0.2.4") + v4("192.0.2.3") + bytes(8)  # struct xfrm_selector
    body += struct.pack("=HBBB3xiI", socket.AF_INET, 32, 32, 0, 0, 0)
    body += struct.pack("=IIHH", 11, 1, socket.AF_INET, 0)
    link.request("migrate_state", 0x29, body + rawnl.attribute(33, b"\2"))
    link.request("migrate_state", 0x29, body)


{"mapping": mapping, "move": move}[sys.argv[1]]()
