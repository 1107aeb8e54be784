"""What netfilter's rarer tools say: logging, queues, timeouts, helpers, counters, fingerprints.

Without an argument it listens to group 5 and queue 3 and lets every packet pass; with `send` it
makes the other requests and then sends packets that the scenario's rules catch.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import time

NETFILTER = 12
REQUEST, ACK, DUMP, CREATE = 1, 4, 0x300, 0x400
QUEUE, LOG, OSF, ACCT, TIMEOUT, HELPER, COMPAT = 3, 4, 5, 7, 8, 9, 11


def attr(number: int, payload: bytes, nested: bool = False) -> bytes:
    raw = struct.pack("=HH", 4 + len(payload), number | 0x8000 * nested) + payload
    return raw + bytes(-len(raw) % 4)


def be32(number: int) -> bytes:
    return struct.pack(">I", number)


def be16(number: int) -> bytes:
    return struct.pack(">H", number)


class Talk:
    """A socket of NETLINK_NETFILTER."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
        self.sock.settimeout(1)
        self.seq = 0

    def ask(
        self,
        subsystem: int,
        kind: int,
        payload: bytes,
        flags: int = ACK,
        resource: int = 0,
        family: int = 2,
        wait: bool = True,
    ) -> None:
        self.seq += 1
        body = struct.pack(">BBH", family, 0, resource) + payload
        head = struct.pack(
            "=IHHII", 16 + len(body), subsystem << 8 | kind, REQUEST | flags, self.seq, 0
        )
        self.sock.send(head + body)
        if wait:
            with contextlib.suppress(TimeoutError):
                while True:
                    kinds = struct.unpack_from("=H", self.sock.recv(65536), 4)
                    if kinds[0] in (2, 3):
                        break


def listen() -> None:
    log, queue = Talk(), Talk()
    log.ask(LOG, 1, attr(1, b"\1"), resource=5)
    log.ask(LOG, 1, attr(2, be32(0xFFFF) + b"\2\0"), resource=5)
    log.ask(LOG, 1, attr(3, be32(8192)) + attr(4, be32(1)) + attr(5, be32(1)), resource=5)
    log.ask(LOG, 1, attr(6, be16(7)), resource=5)
    queue.ask(QUEUE, 2, attr(1, struct.pack(">BBH", 1, 0, 2)), resource=3)
    queue.ask(QUEUE, 2, attr(2, be32(0xFFFF) + b"\2"), resource=3)
    queue.ask(QUEUE, 2, attr(3, be32(100)) + attr(4, be32(14)) + attr(5, be32(14)), resource=3)
    while True:
        with contextlib.suppress(TimeoutError):
            raw = queue.sock.recv(65536)
            if struct.unpack_from("=H", raw, 4)[0] == QUEUE << 8:
                number = raw[24:28]
                verdict = attr(2, be32(1) + number) + attr(3, be32(9))
                queue.ask(QUEUE, 1, verdict, 0, 3, wait=False)


def ask() -> None:
    talk = Talk()
    tcp = b"".join(attr(n, be32(10 * n)) for n in range(1, 12))
    policy = attr(1, b"quick\0") + attr(2, be16(2)) + attr(3, b"\6") + attr(4, tcp, True)
    talk.ask(TIMEOUT, 0, policy, ACK | CREATE)
    udp = attr(1, be32(20)) + attr(2, be32(60))
    policy = attr(1, b"udp\0") + attr(2, be16(10)) + attr(3, b"\x11") + attr(4, udp, True)
    talk.ask(TIMEOUT, 0, policy, ACK | CREATE)
    talk.ask(TIMEOUT, 1, b"", DUMP)
    talk.ask(TIMEOUT, 2, attr(1, b"quick\0"))
    for protocol in (6, 17, 1, 58, 132, 47, 255):
        talk.ask(TIMEOUT, 4, attr(2, be16(2)) + attr(3, bytes((protocol,))))
    tuples = attr(1, be16(2)) + attr(2, b"\6")
    expect = attr(1, b"signal\0") + attr(2, be32(4)) + attr(3, be32(300))
    policies = attr(1, be32(1)) + attr(2, expect, True)
    helper = attr(1, b"mine\0") + attr(2, tuples, True) + attr(3, be32(7))
    helper += attr(4, policies, True) + attr(5, be32(24)) + attr(6, be32(1))
    talk.ask(HELPER, 0, helper, ACK | CREATE)
    talk.ask(HELPER, 1, b"", DUMP)
    talk.ask(HELPER, 2, attr(1, b"mine\0"))
    talk.ask(ACCT, 0, attr(1, b"web\0") + attr(5, be32(2)) + attr(6, struct.pack(">Q", 999)))
    talk.ask(ACCT, 1, b"", DUMP)
    talk.ask(ACCT, 2, b"", DUMP)
    talk.ask(ACCT, 3, attr(1, b"web\0"))
    wildcard = struct.pack("=II", 0, 65535)
    options = struct.pack("=HHII", 2, 4, 0, 1460) + struct.pack("=HHII", 1, 1, 0, 0)
    finger = wildcard + struct.pack("=BBHHH", 64, 1, 60, 1460, 2)
    finger += b"Fruit".ljust(32, b"\0") + b"OS 1".ljust(32, b"\0") + bytes(32) + options
    talk.ask(OSF, 0, attr(1, finger.ljust(592, b"\0")), ACK | CREATE)
    talk.ask(OSF, 1, attr(1, finger.ljust(592, b"\0")))
    for name, target in ((b"comment\0", 0), (b"MASQUERADE\0", 1), (b"nothing\0", 0)):
        talk.ask(COMPAT, 0, attr(1, name) + attr(2, be32(0)) + attr(3, be32(target)))


def send() -> None:
    for address, count in (("192.0.2.9", 2), ("192.0.2.7", 2), ("2001:db8::9", 1)):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            for number in range(count):
                with contextlib.suppress(OSError):
                    sock.sendto(b"packet %d" % number, (address, 4000))
                time.sleep(0.2)


if __name__ == "__main__":
    if sys.argv[1:] == ["send"]:
        ask()
        send()
    else:
        listen()
