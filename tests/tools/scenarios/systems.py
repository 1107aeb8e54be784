"""What nlmon does not show: uevents, connector, audit, crypto, table lookups, from one process.

Recorded from its system calls, since none of it passes nlmon:

    tests/tools/uml-run -k dummy -k cn -k crypto_user strace -f -xx -s 1000000 -ttt -T \\
        -e trace=%network,%desc -e read=all -e write=all -o TRACE \\
        python3 tests/tools/scenarios/systems.py
    nldissect read -w tests/dissectors/systems.pcapng TRACE
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess

AUDIT, FIB_LOOKUP, CONNECTOR, UEVENT, CRYPTO = 9, 10, 11, 15, 21
REQUEST, ACK, DUMP = 1, 4, 0x300
AUDIT_ARCH_X86_64 = 0xC000003E
PROC_CN_MCAST_LISTEN = 1


def opened(protocol: int, kind: int = socket.SOCK_RAW) -> socket.socket:
    found = socket.socket(socket.AF_NETLINK, kind, protocol)
    found.settimeout(1)
    return found


def ask(sock: socket.socket, kind: int, payload: bytes, flags: int, most: int) -> None:
    """Sends a request and reads what comes within a second, at most so many datagrams."""
    sock.send(struct.pack("=IHHII", 16 + len(payload), kind, flags, kind, 0) + payload)
    read(sock, most)


def read(sock: socket.socket, most: int) -> None:
    try:
        for _ in range(most):
            sock.recv(65536)
    except TimeoutError:
        pass


def lookups() -> None:
    """struct fib_result_nl (linux/netlink.h's NETLINK_FIB_LOOKUP, net/ipv4/fib_frontend.c)."""
    with opened(FIB_LOOKUP) as sock:
        for address in ("127.0.0.1", "192.0.2.9"):
            body = socket.inet_aton(address) + struct.pack(
                "=I4B4Bi", 0, 0, 0, 254, 0, 0, 0, 0, 0, 0
            )
            ask(sock, 0, body, REQUEST, 1)


def processes() -> None:
    """Uevents of a device that comes and goes; the fates of two processes."""
    with opened(UEVENT) as uevents, opened(CONNECTOR, socket.SOCK_DGRAM) as connector:
        uevents.bind((0, 1))
        connector.bind((os.getpid(), 1))
        body = struct.pack("=IIIIHHI", 1, 1, 0, 0, 4, 0, PROC_CN_MCAST_LISTEN)
        connector.send(struct.pack("=IHHII", 16 + len(body), 3, 0, 0, os.getpid()) + body)
        for words in ("add apple0 type dummy", "set apple0 name pear0", "del pear0"):
            subprocess.run(["ip", "link", *words.split()], check=False)
        subprocess.run(["sh", "-c", "exit 3"], check=False)
        child = os.fork()
        if not child:
            os.setgid(7)
            os.setuid(5)
            os.setsid()
            os.abort()
        os.waitpid(child, 0)
        read(uevents, 60)
        read(connector, 60)


def rule() -> bytes:
    """struct audit_rule_data: always,exit arch=x86_64 key=key."""
    rows = ([0, 0, 6], [11, 210], [AUDIT_ARCH_X86_64, 3], [0x40000000] * 2)
    out = struct.pack("=III", 4, 2, 2)
    for row in rows:
        out += struct.pack("=64I", *row, *[0] * (64 - len(row)))
    return out + struct.pack("=I", 3) + b"key"


def audit() -> None:
    with opened(AUDIT) as sock:
        for kind, payload in (
            (1000, b""),
            (1001, struct.pack("=11I", 1, 1, *[0] * 9)),
            (1001, struct.pack("=11I", 4, 0, 0, os.getpid(), *[0] * 7)),
            (1019, b""),
            (1016, b""),
            (1011, rule()),
            (1013, b""),
            (1107, b'op=test acct="me" exe="/usr/bin/x" res=success\0'),
            (1012, rule()),
        ):
            ask(sock, kind, payload, REQUEST | ACK, 3)
        read(sock, 20)


def crypto() -> None:
    """struct crypto_user_alg: the algorithms that there are (linux/cryptouser.h)."""
    with opened(CRYPTO) as sock:
        for kind, name, flags in (
            (19, b"", REQUEST | DUMP),
            (19, b"sha1", REQUEST),
            (19, b"nosuch", REQUEST),
            (20, b"", REQUEST | ACK),
            (21, b"sha1", REQUEST),
        ):
            ask(sock, kind, name.ljust(64, b"\0") + bytes(64 + 64 + 16), flags, 30)


if __name__ == "__main__":
    lookups()
    processes()
    audit()
    crypto()
