"""What test_scapy.py lets a kernel of its own do: sniffs nlmon0, prints what it saw as JSON."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from typing import Any

from scapy.all import AsyncSniffer, rdpcap, wrpcap  # type: ignore[import-untyped]

import nldissect.scapy  # noqa: F401 - registers the layers


def main() -> None:
    packets: list[Any] = []
    ready = threading.Event()
    sniffer = AsyncSniffer(
        iface="nlmon0", store=False, prn=packets.append, started_callback=ready.set
    )
    sniffer.start()
    assert ready.wait(10)
    subprocess.run(["ip", "link", "add", "pear0", "type", "dummy"], check=True)
    subprocess.run(["ip", "link", "show", "pear0"], check=True, capture_output=True)
    subprocess.run(["genl", "ctrl", "get", "name", "nlctrl"], check=False, capture_output=True)
    for _ in range(100):
        if any("ack for newlink" in packet.summary() for packet in packets):
            break
        time.sleep(0.1)
    sniffer.stop()
    wrpcap("/tmp/sniffed.pcap", packets)
    again = rdpcap("/tmp/sniffed.pcap")
    found = {
        "summaries": [packet.summary() for packet in packets],
        "protocols": sorted({packet.proto for packet in packets}),
        "shown": next(p for p in packets if "newlink pear0" in p.summary()).show(dump=True),
        "same": [bytes(p) for p in packets] == [bytes(p) for p in again],
    }
    print("FOUND " + json.dumps(found))


main()
