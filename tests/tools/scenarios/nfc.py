"""Asks the kernel about two simulated NFC devices, which poll and find each other."""

from __future__ import annotations

import socket
import struct
import time

from rawnl import NLM_F_ACK, NLM_F_DUMP, Netlink, attribute, nest, text, u32

GENERIC, NLCTRL, SOL_NETLINK, ADD_MEMBERSHIP = 16, 16, 270, 1
GET_DEVICE, DEV_UP, DEV_DOWN, DEP_LINK_UP, DEP_LINK_DOWN, START_POLL, STOP_POLL = range(1, 8)
GET_TARGET, LLC_GET_PARAMS, LLC_SET_PARAMS, ENABLE_SE, SDREQ, GET_SE = 8, 15, 16, 17, 19, 26
DEVICE, TARGET, COMM_MODE, RF_MODE, IM, TM, LTO, RW, MIUX, SDP = (
    1,
    4,
    10,
    11,
    13,
    14,
    15,
    16,
    17,
    19,
)
SE = 21
NFC_DEP = 1 << 5


def generic(command: int, *attributes: bytes) -> bytes:
    return struct.pack("=BBH", command, 1, 0) + b"".join(attributes)


def main() -> None:
    ask = Netlink(GENERIC)
    found = ask.request("family", NLCTRL, generic(3, text(2, "nfc")))
    family = group = 0
    at = 4
    data = found[0]
    while at < len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        if kind == 1:
            (family,) = struct.unpack_from("=H", data, at + 4)
        if kind & 0x3FFF == 7:  # CTRL_ATTR_MCAST_GROUPS: one group, its name and number
            group = struct.unpack_from("=I", data, data.index(b"\x08\0\x02\0", at) + 4)[0]
        at += (size + 3) & ~3
    hears = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, GENERIC)
    hears.bind((0, 0))
    hears.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)
    first, second = u32(DEVICE, 0), u32(DEVICE, 1)
    both = u32(IM, NFC_DEP), u32(TM, NFC_DEP)

    def say(what: str, command: int, *attributes: bytes, flags: int = NLM_F_ACK) -> None:
        ask.request(what, family, generic(command, *attributes), flags)

    say("devices", GET_DEVICE, flags=NLM_F_DUMP)
    say("up", DEV_UP, first)
    say("up", DEV_UP, second)
    say("device", GET_DEVICE, first)
    say("poll", START_POLL, first, u32(IM, NFC_DEP))
    say("listen", START_POLL, second, u32(TM, NFC_DEP))
    time.sleep(2)
    say("targets", GET_TARGET, first, flags=NLM_F_DUMP)
    say(
        "link",
        DEP_LINK_UP,
        first,
        u32(TARGET, 0),
        attribute(COMM_MODE, b"\0"),
        attribute(RF_MODE, b"\0"),
    )
    say(
        "link",
        DEP_LINK_UP,
        first,
        u32(TARGET, 1),
        attribute(COMM_MODE, b"\1"),
        attribute(RF_MODE, b"\0"),
    )
    time.sleep(2)
    say("parameters", LLC_GET_PARAMS, first)
    say(
        "parameters",
        LLC_SET_PARAMS,
        first,
        attribute(LTO, b"\x14"),
        attribute(RW, b"\2"),
        attribute(MIUX, b"\x40\0"),
    )
    say("services", SDREQ, first, nest(SDP, nest(1, text(1, "urn:nfc:sn:snep"))))
    time.sleep(1)
    say("unlink", DEP_LINK_DOWN, first)
    say("secure elements", GET_SE, flags=NLM_F_DUMP)
    say("secure element", ENABLE_SE, first, u32(SE, 1))
    say("poll", START_POLL, second, *both)
    say("no poll", STOP_POLL, second)
    say("down", DEV_DOWN, first)
    say("down", DEV_DOWN, second)
    time.sleep(1)


if __name__ == "__main__":
    main()
