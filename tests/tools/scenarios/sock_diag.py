"""Holds sockets of several kinds."""

import contextlib
import socket
import time

held: list[socket.socket] = []
server = socket.create_server(("127.0.0.1", 7070))
client = socket.create_connection(("127.0.0.1", 7070))
accepted, _ = server.accept()
client.sendall(b"x" * 1000)
held += [server, client, accepted, socket.create_server(("::1", 7072), family=socket.AF_INET6)]
held.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
held[-1].bind(("127.0.0.1", 7071))
held.append(socket.socket(socket.AF_UNIX))
held[-1].bind("\0fruit")
held[-1].listen(3)
held += socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
with contextlib.suppress(OSError):
    held.append(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
    held.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
    held[-1].bind(("lo", 3))
time.sleep(60)
