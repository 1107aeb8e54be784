"""Holds sockets of kinds that sock_diag.py lacks: TLS, MPTCP, SCTP, TIPC, VSOCK, XDP and more."""

import contextlib
import ctypes
import mmap
import os
import socket
import struct
import time

SOL_TCP, TCP_ULP, TCP_MD5SIG, SOL_TLS = 6, 31, 14, 282
held: list[object] = []


def pair(port: int, protocol: int = 0, congestion: str = "") -> tuple[socket.socket, ...]:
    """A connection to this machine, with some bytes that were read and some that were not."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
    server.bind(("127.0.0.1", port))
    server.listen(5)
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
    if congestion:
        for end in server, client:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion.encode())
    client.connect(("127.0.0.1", port))
    accepted, _ = server.accept()
    client.sendall(b"x" * 3000)
    if protocol != socket.IPPROTO_SCTP:
        accepted.recv(1000)
    held.extend((server, client, accepted))
    return server, client, accepted


def tls() -> None:
    """Both directions of TLS 1.3 by the kernel."""
    _, client, accepted = pair(7171)
    for end in client, accepted:
        end.setsockopt(SOL_TCP, TCP_ULP, b"tls")
        # struct tls12_crypto_info_aes_gcm_128: version, cipher, iv, key, salt, rec_seq
        keys = struct.pack("=HH", 0x304, 51) + bytes(range(8 + 16 + 4 + 8))
        end.setsockopt(SOL_TLS, 1, keys)
        end.setsockopt(SOL_TLS, 2, keys)


def md5() -> None:
    """A listener with a key for one neighbour."""
    server = socket.create_server(("127.0.0.1", 7172))
    neighbour = struct.pack("=H", socket.AF_INET) + bytes(2) + socket.inet_aton("192.0.2.9")
    key = (
        neighbour.ljust(128, b"\0") + struct.pack("=BBHi", 0, 0, 6, 0) + b"secret".ljust(80, b"\0")
    )
    server.setsockopt(SOL_TCP, TCP_MD5SIG, key)
    held.append(server)


def options() -> None:
    """Marks, classes of service, options of IP, a device, multicast, timers."""
    end = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    end.setsockopt(socket.SOL_SOCKET, 36, 0x2A)  # SO_MARK
    end.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, 0x48)
    end.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    end.bind(("::1", 7173))
    alive = pair(7174)[1]
    alive.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    alive.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0x10)
    alive.setsockopt(socket.IPPROTO_IP, 15, 1)  # IP_FREEBIND
    alive.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
    waiting = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        waiting.connect(("192.0.2.1", 7175))  # dummy: nobody answers
    held.extend((end, waiting))


def xdp() -> None:
    """A socket of XDP with its memory and rings, bound to lo."""
    end = socket.socket(44, socket.SOCK_RAW)
    area = mmap.mmap(-1, 1 << 16)
    address = ctypes.addressof(ctypes.c_char.from_buffer(area))
    end.setsockopt(283, 4, struct.pack("=QQIIII", address, 1 << 16, 2048, 0, 0, 0))  # XDP_UMEM_REG
    for ring in 5, 6, 2, 3:  # fill, completion, rx, tx
        end.setsockopt(283, ring, struct.pack("=I", 64))
    libc = ctypes.CDLL(None, use_errno=True)
    where = struct.pack("=HHIII", 44, 0, socket.if_nametoindex("lo"), 0, 0)
    if libc.bind(end.fileno(), where, len(where)):
        raise OSError(ctypes.get_errno(), "bind")
    held.extend((end, area))


def vsock() -> None:
    """A connection of VSOCK to this machine."""
    server = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    server.bind((socket.VMADDR_CID_ANY, 7176))
    server.listen(1)
    client = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    client.connect((1, 7176))
    held.extend((server, client, server.accept()[0]))


def tipc() -> None:
    """A connection of TIPC, and a service with a name."""
    server = socket.socket(socket.AF_TIPC, socket.SOCK_STREAM)
    server.bind((socket.TIPC_ADDR_NAMESEQ, 18888, 17, 17, socket.TIPC_CLUSTER_SCOPE))
    server.listen(1)
    client = socket.socket(socket.AF_TIPC, socket.SOCK_STREAM)
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        client.connect((socket.TIPC_ADDR_NAME, 18888, 17, 0))
    accepted, _ = server.accept()
    accepted.send(b"pear")  # which is what ends connect()
    held.extend((server, client, accepted, socket.socket(socket.AF_TIPC, socket.SOCK_RDM)))


def packets() -> None:
    """A fanout with a filter, a ring of version 3 and memberships."""
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))
    program = (ctypes.c_char * 16).from_buffer_copy(
        struct.pack("=HBBIHBBI", 0x28, 0, 0, 12, 6, 0, 0, 64)
    )
    end.setsockopt(1, 26, struct.pack("HxxxxxxP", 2, ctypes.addressof(program)))
    end.setsockopt(263, 10, struct.pack("=i", 2))  # TPACKET_V3
    ring = struct.pack("=7I", 4096, 8, 2048, 16, 60, 0, 1)
    end.setsockopt(263, 5, ring)
    lo = socket.if_nametoindex("lo")
    end.bind(("lo", 0x800))
    end.setsockopt(263, 1, struct.pack("=iHH8s", lo, 0, 6, bytes.fromhex("01005e0000fb0000")))
    end.setsockopt(263, 1, struct.pack("=iHH8s", lo, 1, 0, bytes(8)))
    end.setsockopt(263, 18, struct.pack("=I", 7 | 1 << 16))  # PACKET_FANOUT, by load
    held.extend((end, program))


def unix() -> None:
    """A path with a connection that waits, one that was accepted, one that is half shut."""
    path = "/run/fruit.socket"
    with contextlib.suppress(OSError):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.bind(path)
    server.listen(4)
    ends = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2)]
    for end in ends:
        end.connect(path)
    accepted, _ = server.accept()
    ends[0].send(b"pear")
    ends[0].shutdown(socket.SHUT_RD)
    held.extend((server, accepted, *ends))


for make in (
    tls,
    md5,
    options,
    xdp,
    vsock,
    tipc,
    packets,
    unix,
    lambda: pair(7177, 262),
    lambda: pair(7178, socket.IPPROTO_SCTP),
    lambda: pair(7179, 0, "bbr"),
    lambda: pair(7180, 0, "dctcp"),
    lambda: pair(7181, 0, "vegas"),
):
    try:
        make()
    except OSError as error:
        print(f"{make.__name__}: {error}")
closing = pair(7182)
closing[1].close()
closing[2].close()  # TIME-WAIT
print("ready", flush=True)
time.sleep(300)
