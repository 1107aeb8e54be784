"""Brings an interface up and sends three datagrams through each given class, for the counters."""

import socket
import subprocess
import sys

TARGET, SOURCE = "192.0.2.1", "198.51.100.1"

device, classes = sys.argv[1], sys.argv[2:] or ["0:0"]
batch = f"link set {device} up arp off\naddr replace {SOURCE}/32 dev {device}\n"
batch += f"route replace {TARGET}/32 dev {device}\n"
subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
for handle in classes:
    major, minor = (int(half, 16) for half in handle.split(":"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, major << 16 | minor)
        for port in (7, 8, 9):
            sender.sendto(bytes(100 + port), (TARGET, port))
