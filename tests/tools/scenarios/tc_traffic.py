"""Brings each interface up and sends three datagrams through it, so that there is something to count."""

import socket
import subprocess
import sys

TARGET = "192.0.2.1"

names = sys.argv[1:]
batch = "".join(
    f"link set {name} up arp off\naddr add 198.51.100.{number}/32 dev {name}\n"
    f"route add {TARGET}/32 dev {name} table {number}\nrule add oif {name} table {number}\n"
    for number, name in enumerate(names, 1)
)
subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
for name in names:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
        for port in (7, 8, 9):
            sender.sendto(bytes(100 + port), (TARGET, port))
