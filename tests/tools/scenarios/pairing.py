"""Requests of raw sockets that share one sequence number, and acknowledged gets of sock_diag."""

import socket
import struct

ROUTE, SOCK_DIAG, GENERIC = 0, 4, 16
SOCK_DIAG_BY_FAMILY, RTM_GETLINK, GETFAMILY = 20, 18, 3
REQUEST, ACK, DUMP = 1, 4, 0x300


def opened(protocol: int) -> socket.socket:
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    made.bind((0, 0))
    made.settimeout(2)
    return made


def message(kind: int, flags: int, seq: int, body: bytes, port: int = 0) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags, seq, port) + body


def drained(made: socket.socket, ends: int) -> None:
    """Reads until so many NLMSG_ERROR and NLMSG_DONE have come."""
    while ends:
        data = made.recv(1 << 16)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            ends -= kind in (2, 3)
            data = data[(length + 3) & ~3 :]


inet = bytes([2, 6, 0, 0]) + struct.pack("=I", 0xFFFFFFFF) + bytes(48)
unix = bytes([1, 0, 0, 0]) + struct.pack("=IIIII", 0xFFFFFFFF, 0, 0, 0, 0)
link = bytes([0, 0, 0, 0]) + struct.pack("=iII", 1, 0, 0)
control = bytes([GETFAMILY, 1, 0, 0]) + struct.pack("=HH", 11, 2) + b"nlctrl\0\0"

diag = opened(SOCK_DIAG)
diag.send(message(SOCK_DIAG_BY_FAMILY, REQUEST | DUMP | ACK, 7, inet))
drained(diag, 1)
diag.send(message(SOCK_DIAG_BY_FAMILY, REQUEST | DUMP | ACK, 7, unix))
drained(diag, 1)
listening = socket.create_server(("127.0.0.1", 0))
one = bytes([2, 6, 0, 0]) + struct.pack("=I", 0xFFFFFFFF)
one += struct.pack(">HH", listening.getsockname()[1], 0) + socket.inet_aton("127.0.0.1") + bytes(32)
one += bytes([255]) * 8
diag.send(
    message(
        SOCK_DIAG_BY_FAMILY, REQUEST | ACK, 8, inet[:8] + one[8:48] + bytes(4) + bytes([255]) * 8
    )
)
drained(diag, 1)

# Four sockets of two protocols with the same number, asked before any answer is read.
four = [opened(ROUTE), opened(ROUTE), opened(GENERIC), opened(GENERIC)]
for turn in range(5):
    for made in four[:2]:
        made.send(message(RTM_GETLINK, REQUEST | ACK, 100 + turn, link))
    for made in four[2:]:
        made.send(message(16, REQUEST | ACK, 100 + turn, control))
    for made in reversed(four):
        drained(made, 1)
# Two dumps at once with one number.
for made in four[:2]:
    made.send(message(RTM_GETLINK, REQUEST | DUMP, 200, bytes(16)))
for made in four[:2]:
    drained(made, 1)
