"""Record what a kernel says of nftables rules with every expression: captures/nft_rules.*.

Usage: unshare -rn python3 tests/tools/scenarios/nft_rules.py captures [nft_rules|nft_more]

For a kernel that has all of nf_tables and lets a user namespace use it, but has no nlmon: what
stands in the file is what a socket heard, notifications of every command and traces of a packet.
NAME.list.out is what nft(8) says of the same; the commands are in NAME.txt beside this.
"""

from __future__ import annotations

import select
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
CHAINS = {
    "inet": "inet t in", "nat": "inet n nat", "natd": "inet n natd", "mangle": "inet t mangle",
    "arp": "arp a c", "bridge": "bridge b c", "netdev": "netdev d c", "ip": "ip i4 c",
    "ip6": "ip6 i6 c", "leaf": "inet t leaf",
}  # fmt: skip
AFTER = """delete element inet t names { "lo" }
add element inet t addrs { 203.0.113.0/24 comment "late" }
delete chain arp a c
delete table netdev d
"""


def main(folder: Path, name: str) -> None:
    """Runs the commands and writes what was heard."""
    with (folder / f"{name}.pcap").open("wb") as out, (folder / f"{name}.txt").open("w") as log:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 253))

        def put(data: bytes) -> None:
            now = time.time()
            data = struct.pack(">HH10sH", 4, 824, b"", 12) + data
            times = int(now), int(now % 1 * 1e6)
            out.write(struct.pack("<IIII", *times, len(data), len(data)) + data)

        heard = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        heard.bind((0, 0))
        for group in (7, 9):  # NFNLGRP_NFTABLES, NFNLGRP_NFTRACE
            heard.setsockopt(270, 1, group)

        def listen() -> None:
            for _ in range(100):
                if not select.select([heard], [], [], 0.1)[0]:
                    break
                put(heard.recv(1 << 17))

        def nft(command: str) -> None:
            made = subprocess.run(["nft", "-f", "-"], input=command, text=True, capture_output=True)
            log.write(f"nft {command}\n" + ("" if made.returncode == 0 else "# refused\n"))
            listen()

        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for text in (HERE / f"{name}.txt").read_text().splitlines():
            where, between, rule = text.partition("|")
            nft(f"add rule {CHAINS[where]} {rule}" if between else text)
            if "nftrace" in rule and where == "mangle":  # before those that send it round in lo
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packet:
                    packet.sendto(b"fruit", ("127.0.0.1", 4242))
                listen()
        listing = subprocess.run(["nft", "-a", "list", "ruleset"], capture_output=True, check=True)
        (folder / f"{name}.list.out").write_bytes(listing.stdout)
        for command in AFTER.splitlines() if name == "nft_rules" else ():
            nft(command)


if __name__ == "__main__":
    main(Path(sys.argv[1]), (sys.argv[2:] or ["nft_rules"])[0])
