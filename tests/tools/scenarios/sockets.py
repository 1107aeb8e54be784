"""Two routing sockets of one process; sock_diag asked about netlink; ids for a namespace by pid."""

import ctypes
import os
import socket
import subprocess
import sys
import time
from struct import pack, unpack_from

sys.path.insert(0, os.path.dirname(__file__))
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
CLONE_NEWNET = 0x40000000


def ask(sock: socket.socket, kind: int, flags: int, seq: int, payload: bytes) -> None:
    sock.sendto(pack("=IHHII", 16 + len(payload), kind, 1 | flags, seq, 0) + payload, (0, 0))
    while True:
        answer = sock.recv(65536)
        if not flags & NLM_F_DUMP or any(kind == 3 for kind in types(answer)):
            return


def types(answer: bytes):
    at = 0
    while at + 16 <= len(answer):
        length, kind = unpack_from("=IH", answer, at)
        yield kind
        at += (length + 3) & ~3


def attribute(kind: int, value: int) -> bytes:
    return pack("=HHI", 8, kind, value)


first = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
second = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
ask(first, 18, NLM_F_DUMP, 101, b"\0" * 16)  # RTM_GETLINK
ask(second, 22, NLM_F_DUMP, 102, b"\0" * 4)  # RTM_GETADDR
print("ports", first.getsockname()[0], second.getsockname()[0], "of pid", os.getpid())

diag = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)
# struct netlink_diag_req: AF_NETLINK, all protocols (255), show nothing beside
ask(diag, 20, NLM_F_DUMP, 103, pack("=BBHIIQ", 16, 255, 0, 0, 0, 0) + b"")
for sock in (first, second):
    print("inode", os.fstat(sock.fileno()).st_ino, "port", sock.getsockname()[0])

# A process in a network namespace of its own, known here as id 7.
child = subprocess.Popen(["sleep", "5"], preexec_fn=lambda: ctypes.CDLL(None).unshare(CLONE_NEWNET))
time.sleep(0.2)
rtgen = b"\0" * 4
ask(first, 90, 0, 104, rtgen + attribute(2, child.pid))  # RTM_GETNSID: none yet
ask(first, 88, NLM_F_ACK, 105, rtgen + attribute(2, child.pid) + attribute(1, 7))  # NEWNSID
ask(first, 90, 0, 106, rtgen + attribute(2, child.pid))
ask(second, 90, NLM_F_DUMP, 107, rtgen)
print("namespace of pid", child.pid, "has id 7")
child.kill()
