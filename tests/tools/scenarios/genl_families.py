"""Requests of generic families: what their own tools send, and the dumps of each."""

from __future__ import annotations

import os
import socket
import struct

from rawnl import NLM_F_ACK, NLM_F_DUMP, Netlink, attribute, nest, text, u32

NETLINK_GENERIC, GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2


def u8(number: int, value: int) -> bytes:
    return attribute(number, bytes([value]))


def u16(number: int, value: int) -> bytes:
    return attribute(number, struct.pack("=H", value))


def port(number: int, value: int) -> bytes:
    return attribute(number, struct.pack(">H", value))


def ipv4(number: int, value: str) -> bytes:
    """union nf_inet_addr with an IPv4 address."""
    return attribute(number, socket.inet_aton(value) + bytes(12))


class Family:
    """A generic family; asking one that the kernel lacks does nothing."""

    def __init__(self, link: Netlink, name: str) -> None:
        self.link, self.name, self.number = link, name, 0
        head = struct.pack("=BBH", CTRL_CMD_GETFAMILY, 2, 0)
        for reply in link.request(name, GENL_ID_CTRL, head + text(CTRL_ATTR_FAMILY_NAME, name)):
            at = 4
            while at + 4 <= len(reply):
                size, kind = struct.unpack_from("=HH", reply, at)
                if kind == CTRL_ATTR_FAMILY_ID:
                    self.number = struct.unpack_from("=H", reply, at + 4)[0]
                at += max(size + 3 & ~3, 4)

    def ask(self, command: int, body: bytes = b"", flags: int = NLM_F_ACK) -> None:
        if self.number:
            head = struct.pack("=BBH", command, 1, 0)
            self.link.request(f"{self.name} {command}", self.number, head + body, flags)

    def dump(self, command: int, body: bytes = b"") -> None:
        self.ask(command, body, NLM_F_DUMP)


def ipvs(family: Family) -> None:
    service = u16(1, 2) + u16(2, 6) + ipv4(3, "192.0.2.9") + port(4, 80)
    options = text(6, "wrr") + attribute(7, struct.pack("=II", 1, 0xFFFFFFFF)) + u32(8, 300)
    family.ask(1, nest(1, service, options, attribute(9, b"\xff\xff\xff\xff")))
    six = u16(1, 10) + u16(2, 17) + attribute(3, socket.inet_pton(10, "2001:db8::9")) + port(4, 53)
    options = text(6, "wrr") + attribute(7, struct.pack("=II", 0, 0xFFFFFFFF)) + u32(8, 0)
    family.ask(1, nest(1, six, options, u32(9, 128)))
    server = ipv4(1, "192.0.2.2") + port(2, 8080) + u32(3, 3) + u32(4, 5) + u32(5, 0) + u32(6, 0)
    family.ask(5, nest(1, service) + nest(2, server, u16(11, 2)))
    family.dump(4)
    family.dump(8, nest(1, service))
    family.ask(13)
    family.ask(15)
    family.ask(12, u32(4, 900) + u32(5, 120) + u32(6, 300))
    family.ask(9, nest(3, u32(1, 1), text(2, "lo"), u32(3, 7)))
    family.dump(11)
    family.ask(7, nest(1, service) + nest(2, server, u16(11, 2)))
    family.ask(3, nest(1, service))
    family.ask(17)


def main() -> None:
    link = Netlink(NETLINK_GENERIC)
    ipvs(Family(link, "IPVS"))
    taskstats = Family(link, "TASKSTATS")
    taskstats.ask(1, u32(1, os.getpid()))
    taskstats.ask(1, u32(2, os.getpid()))
    batadv = Family(link, "batadv")
    mesh = u32(3, socket.if_nametoindex("bat0"))
    batadv.dump(4)
    batadv.ask(1, mesh)
    for command in range(5, 15):
        batadv.dump(command, mesh)
    batadv.ask(15, mesh + u8(53, 20))
    batadv.ask(17, mesh + u16(40, 0))
    management = Family(link, "NLBL_MGMT")
    management.ask(8)
    management.dump(7)
    management.ask(6)
    cipso = Family(link, "NLBL_CIPSOv4")
    cipso.ask(1, u32(1, 16) + u32(2, 2) + nest(4, u8(3, 1), u8(3, 5)))
    cipso.ask(3, u32(1, 16))
    cipso.dump(4)
    cipso.ask(2, u32(1, 16))
    Family(link, "NLBL_UNLBL").ask(2)
    Family(link, "HSR").ask(5, u32(2, socket.if_nametoindex("hsr0")))
    Family(link, "ovs_datapath").ask(1, struct.pack("=I", 0) + text(1, "dp0") + u32(2, 0))
    path = struct.pack("=I", socket.if_nametoindex("dp0"))
    meter = Family(link, "ovs_meter")
    meter.ask(1, path)
    band = nest(0, u32(1, 1), u32(2, 1000), u32(3, 100))
    meter.ask(2, path + u32(1, 7) + attribute(2, b"") + nest(4, band))
    meter.ask(4, path + u32(1, 7))
    meter.ask(3, path + u32(1, 7))
    limits = Family(link, "ovs_ct_limit")
    limits.ask(1, path + nest(1, struct.pack("=iII", 5, 100, 0)))
    limits.ask(3, path)
    older = Family(link, "802.15.4 MAC")
    older.dump(32)
    older.dump(31)
    radios = Family(link, "nl802154")
    radios.dump(1)
    radios.dump(5)
    Family(link, "gtp").dump(2)
    Family(link, "nbd").ask(5)
    Family(link, "psample").dump(1)
    Family(link, "nfc").dump(1)


if __name__ == "__main__":
    main()
