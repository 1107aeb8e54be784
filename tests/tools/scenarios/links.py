"""Links that need more than a request: an open file that gives them life."""

from __future__ import annotations

import ctypes
import fcntl
import os
import pty
import socket
import struct
import sys
import termios
import time

from rawnl import (
    NETLINK_EXT_ACK,
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_EXCL,
    Netlink,
    ifinfomsg,
    nest,
    text,
    u32,
)

RTM_NEWLINK, RTM_GETLINK, RTM_SETLINK = 16, 18, 19
IFLA_IFNAME, IFLA_LINKINFO, IFLA_XDP = 3, 18, 43
N_SLCAN = 17
BPF_PROG_LOAD, BPF_PROG_TYPE_XDP = 5, 6
NR_BPF = 321  # x86-64
RETURN_XDP_PASS = bytes.fromhex("b700000002000000 9500000000000000")


def load_program(kind: int, code: bytes, name: bytes) -> int:
    """bpf(2) BPF_PROG_LOAD: a file descriptor."""
    text_at = ctypes.create_string_buffer(code)
    licence = ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack(
        "=IIQQIIQII16s",
        kind,
        len(code) // 8,
        ctypes.addressof(text_at),
        ctypes.addressof(licence),
        0,
        0,
        0,
        0,
        0,
        name,
    )
    libc = ctypes.CDLL(None, use_errno=True)
    program = libc.syscall(NR_BPF, BPF_PROG_LOAD, attributes, len(attributes))
    if program < 0:
        raise OSError(ctypes.get_errno(), "bpf")
    return int(program)


def hold() -> None:
    """Make can0 and ppp9 and keep them."""
    rtnl = Netlink(0, NETLINK_EXT_ACK)
    ppp = os.open("/dev/ppp", os.O_RDWR)
    # IFLA_INFO_KIND 1, IFLA_INFO_DATA 2, IFLA_PPP_DEV_FD 1
    rtnl.request(
        "ppp9",
        RTM_NEWLINK,
        ifinfomsg()
        + text(IFLA_IFNAME, "ppp9")
        + nest(IFLA_LINKINFO, text(1, "ppp"), nest(2, u32(1, ppp))),
        NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
    )
    _, line = pty.openpty()
    fcntl.ioctl(line, termios.TIOCSETD, struct.pack("=i", N_SLCAN))
    name = fcntl.ioctl(line, 0x8910, bytes(40))  # SIOCGIFNAME
    print(name.rstrip(b"\0").decode(), "is there", flush=True)
    time.sleep(600)


def xdp() -> None:
    """Attach an XDP program to a veth, driver mode and then generic, and ask about it."""
    rtnl = Netlink(0, NETLINK_EXT_ACK)
    program = load_program(BPF_PROG_TYPE_XDP, RETURN_XDP_PASS, b"pass_all")
    for name, flags in ("pear0", 4), ("eden0", 2):
        index = socket.if_nametoindex(name)
        # IFLA_XDP_FD 1, IFLA_XDP_FLAGS 3: XDP_FLAGS_DRV_MODE 4, XDP_FLAGS_SKB_MODE 2
        rtnl.request(
            f"xdp on {name}",
            RTM_SETLINK,
            ifinfomsg(index=index) + nest(IFLA_XDP, u32(1, program), u32(3, flags)),
        )
        rtnl.request(f"{name} with xdp", RTM_GETLINK, ifinfomsg(index=index))
        rtnl.request(
            f"xdp off {name}",
            RTM_SETLINK,
            ifinfomsg(index=index) + nest(IFLA_XDP, u32(1, 0xFFFFFFFF), u32(3, flags)),
        )


if __name__ == "__main__":
    {"hold": hold, "xdp": xdp}[sys.argv[1]]()
