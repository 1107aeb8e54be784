"""Requests of families without a tool: NFS's server, OpenVPN's peers, team's options."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys

from genl_families import NETLINK_GENERIC, Family, u8, u16
from rawnl import NETLINK_CAP_ACK, Netlink, attribute, nest, text, u32


def family(name: str) -> Family:
    return Family(Netlink(NETLINK_GENERIC, NETLINK_CAP_ACK), name)


def mptcp() -> None:
    """A connection over MPTCP by loopback, of which path managers hear."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
    server.bind(("127.0.0.1", 0))
    server.listen()
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
    client.connect(server.getsockname())
    peer, _ = server.accept()
    client.send(b"apple")
    peer.recv(9)
    for each in (client, peer, server):
        each.close()
    manager = family("mptcp_pm")
    manager.ask(
        8, nest(1, u16(1, 2), u8(2, 5), attribute(3, bytes((192, 0, 2, 1)))) + u32(4, 7)
    )  # announce
    manager.ask(9, u32(4, 7) + u8(5, 5))  # remove
    near = nest(1, u16(1, 2), attribute(3, bytes((192, 0, 2, 1))), u16(5, 4000))
    far = nest(6, u16(1, 2), attribute(3, bytes((192, 0, 2, 2))), u16(5, 4001))
    manager.ask(10, near + far + u32(4, 7))  # subflow-create
    manager.ask(11, near + far + u32(4, 7))  # subflow-destroy


def team() -> None:
    index, port = (socket.if_nametoindex(name) for name in ("team0", "plum0"))
    link = family("team")
    mode = nest(1, text(1, "mode"), u8(3, 5), text(4, "activebackup"))
    link.ask(1, u32(1, index) + nest(2, mode))
    active = nest(1, text(1, "activeport"), u8(3, 3), u32(4, port))
    priority = nest(
        1, text(1, "priority"), u8(3, 14), attribute(4, struct.pack("=i", -5)), u32(6, port)
    )
    enabled = nest(1, text(1, "enabled"), u8(3, 6), attribute(4, b""), u32(6, port))
    link.ask(1, u32(1, index) + nest(2, active, priority, enabled))
    link.ask(2, u32(1, index))
    link.ask(3, u32(1, index))
    link.ask(0)


def ovpn() -> None:
    subprocess.run(
        "ip link add tun0 type ovpn mode mp; ip link set tun0 up", shell=True, check=False
    )
    index = socket.if_nametoindex("tun0")
    tunnel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tunnel.bind(("192.0.2.1", 1194))
    link = family("ovpn")
    ipv4 = socket.inet_aton
    port = attribute(5, struct.pack(">H", 1195))
    vpn = attribute(8, ipv4("10.8.0.2")) + attribute(9, socket.inet_pton(10, "2001:db8:8::2"))
    peer = u32(1, 7) + attribute(2, ipv4("192.0.2.2")) + port + u32(6, tunnel.fileno()) + vpn
    link.ask(1, u32(1, index) + nest(2, peer, attribute(10, ipv4("192.0.2.1"))))
    link.ask(2, u32(1, index) + nest(2, u32(1, 7), u32(13, 10), u32(14, 60)))
    link.ask(3, u32(1, index) + nest(2, u32(1, 7)))
    link.dump(3, u32(1, index))
    for slot, key in ((0, 1), (1, 2)):
        way = (attribute(1, bytes(range(32))), attribute(2, bytes(range(8))))
        conf = u32(1, 7) + u32(2, slot) + u32(3, key) + u32(4, 1) + nest(5, *way) + nest(6, *way)
        link.ask(6, u32(1, index) + nest(3, conf))
    link.ask(7, u32(1, index) + nest(3, u32(1, 7), u32(2, 1)))
    link.ask(8, u32(1, index) + nest(3, u32(1, 7)))
    link.ask(10, u32(1, index) + nest(3, u32(1, 7), u32(2, 1)))
    listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
    listener.bind((0, 0))
    link.ask(4, u32(1, index) + nest(2, u32(1, 7)))


def listening(port: int, host: str) -> bytes:
    """A struct sockaddr_storage."""
    if ":" in host:
        body = struct.pack("=H", 10) + struct.pack(">HI", port, 0) + socket.inet_pton(10, host)
    else:
        body = struct.pack("=H", 2) + struct.pack(">H", port) + socket.inet_aton(host)
    return body.ljust(128, b"\0")


def nfsd() -> None:
    server = family("nfsd")
    server.ask(8, text(1, "global"))  # pool-mode-set
    server.ask(9)
    versions = (
        nest(1, u32(1, 3), attribute(3, b"")),
        nest(1, u32(1, 4), u32(2, 2), attribute(3, b"")),
    )
    server.ask(4, b"".join(versions))
    server.ask(5)
    tcp = nest(1, attribute(1, listening(2049, "0.0.0.0")), text(2, "tcp"))
    six = nest(1, attribute(1, listening(2049, "::")), text(2, "tcp"))
    server.ask(6, tcp + six)
    server.ask(7)
    server.ask(2, u32(1, 2) + u32(2, 90) + u32(3, 90) + text(4, "orchard"))
    server.ask(3)
    server.dump(1)
    server.dump(11)
    server.dump(13)
    server.ask(15, u32(1, 3))
    server.ask(16, attribute(1, listening(0, "192.0.2.9")))
    server.ask(17, text(1, "/orchard"))
    server.ask(18, text(1, "/orchard"))
    lock = family("lockd")
    lock.ask(1, u32(1, 50) + u16(2, 4045) + u16(3, 4045))
    lock.ask(2)
    caches = family("sunrpc")
    caches.dump(2)
    caches.ask(
        3,
        nest(
            1,
            text(2, "nfsd"),
            text(3, "192.0.2.9"),
            text(4, "apples"),
            attribute(6, struct.pack("=Q", 4_000_000_000)),
        ),
    )
    caches.dump(4)
    caches.ask(
        5,
        nest(
            1,
            u32(2, 1000),
            u32(3, 100),
            u32(3, 101),
            attribute(5, struct.pack("=Q", 4_000_000_000)),
        ),
    )
    caches.ask(6, u32(1, 3))
    handshake = family("handshake")
    handshake.ask(2, u32(2, 1))
    handshake.ask(3, u32(1, 13) + attribute(2, struct.pack("=i", 5)))
    for name, commands in (
        ("dpll", (1, 2, 9)),
        ("psp", (1, 11)),
        ("dev-energymodel", (1,)),
        ("drm-ras", (1,)),
    ):
        other = family(name)
        for command in commands:
            other.dump(command)


if __name__ == "__main__":
    {"mptcp": mptcp, "team": team, "ovpn": ovpn, "nfsd": nfsd}[sys.argv[1]]()
