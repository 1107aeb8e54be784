"""Brings interfaces up and sends three datagrams through each class, for the counters.

Arguments: INTERFACE@CLASS,CLASS... (0:0 for no class in particular).
"""

import socket
import subprocess
import sys

SOURCE = "198.51.100.1"

targets = [argument.split("@") for argument in sys.argv[1:]]
batch = "".join(
    f"link set {device} up arp off\naddr add {SOURCE}/32 dev {device}\n"
    f"route add 192.0.2.{number}/32 dev {device}\n"
    for number, (device, _) in enumerate(targets, 1)
)
subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
for number, (_, classes) in enumerate(targets, 1):
    for handle in classes.split(","):
        major, minor = (int(half, 16) for half in handle.split(":"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, major << 16 | minor)
            for port in (7, 8, 9):
                sender.sendto(bytes(100 + port), (f"192.0.2.{number}", port))
