"""Brings each interface up and sends three broadcasts through it, so that there is something to count."""

import socket
import subprocess
import sys

for number, name in enumerate(sys.argv[1:]):
    subprocess.run(["ip", "link", "set", name, "up", "arp", "off"], check=True)
    subprocess.run(["ip", "addr", "add", f"198.51.100.{number + 1}/32", "dev", name], check=True)
    subprocess.run(["ip", "route", "add", "192.0.2.1/32", "dev", name], check=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
        for port in (7, 8, 9):
            sender.sendto(bytes(100 + port), ("192.0.2.1", port))
    subprocess.run(["ip", "route", "del", "192.0.2.1/32", "dev", name], check=True)
