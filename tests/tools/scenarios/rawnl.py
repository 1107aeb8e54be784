"""Netlink requests spelled out byte by byte, for scenarios that no command can send."""

from __future__ import annotations

import os
import socket
import struct

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLM_F_EXCL, NLM_F_CREATE = 0x200, 0x400
NLMSG_ERROR, NLMSG_DONE = 2, 3
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP = 1
NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK = 10, 11, 12


def attribute(number: int, value: bytes) -> bytes:
    """An attribute with its padding."""
    return struct.pack("=HH", 4 + len(value), number) + value + bytes(-len(value) % 4)


def u32(number: int, value: int) -> bytes:
    return attribute(number, struct.pack("=I", value))


def text(number: int, value: str) -> bytes:
    return attribute(number, value.encode() + b"\0")


def nest(number: int, *children: bytes) -> bytes:
    """A nest that says so (NLA_F_NESTED)."""
    return attribute(number | 0x8000, b"".join(children))


def ifinfomsg(family: int = 0, index: int = 0, flags: int = 0, change: int = 0) -> bytes:
    return struct.pack("=BxHiII", family, 0, index, flags, change)


class Netlink:
    """A netlink socket with the given options on."""

    def __init__(self, protocol: int, *options: int, port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.socket.bind((port, 0))
        self.socket.settimeout(3)
        self.sequence = 100
        for option in options:
            self.socket.setsockopt(SOL_NETLINK, option, 1)

    def request(self, what: str, number: int, body: bytes, flags: int = NLM_F_ACK) -> list[bytes]:
        """Send one request, say in one line how it ended; what came after each nlmsghdr."""
        self.sequence += 1
        header = struct.pack(
            "=IHHII", 16 + len(body), number, flags | NLM_F_REQUEST, self.sequence, 0
        )
        self.socket.sendto(header + body, (0, 0))
        replies: list[bytes] = []
        while True:
            data = self.socket.recv(1 << 18)
            offset = 0
            while offset < len(data):
                length, number = struct.unpack_from("=IH", data, offset)
                # team's NLMSG_DONE has no error behind its header
                (error,) = struct.unpack_from("=i", data, offset + 16) if length >= 20 else (0,)
                if number in (NLMSG_ERROR, NLMSG_DONE):
                    end = os.strerror(-error) if error < 0 else f"{len(replies)} replies"
                    print(f"{what}: {end}")
                    return replies
                replies.append(data[offset + 16 : offset + length])
                offset += length + -length % 4
