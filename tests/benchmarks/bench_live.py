#!/usr/bin/env python3
"""Capturing a flood from a real nlmon into a file: which way loses nothing, on one core.

Boots User-Mode Linux (one processor, which the sender, the kernel and the capture
share) and sends NLMSG_NOOPs to rtnetlink at a given rate, many a system call, while
one of these writes pcapng:

  ring     `nldissect live -q -w`, TPACKET_V2
  recvmsg  a loop over recvmsg with a receive buffer as large as the ring
  scapy    a loop over scapy's L2ListenSocket.recv_raw with that same buffer
  tcpdump, dumpcap  where they are installed, with that same buffer

Then, here, the code behind the ring alone, on frames that a packet socket could
have filled. Usage: bench_live.py [--rate N] [--seconds N] [METHOD...]
"""

from __future__ import annotations

import argparse
import ctypes
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
BUFFER = 32 << 20
BATCH = 64
SIZE = 120  # bytes of a message: an RTM_NEWROUTE has about that
METHODS = ("ring", "recvmsg", "scapy", "tcpdump", "dumpcap")


# -- inside the guest -----------------------------------------------------------------


class Sender:
    """Sends BATCH messages to the kernel with one sendmmsg(2)."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self.socket.bind((0, 0))
        self.socket.connect((0, 0))
        message = struct.pack("=IHHII", SIZE, 1, 1, 0, 0) + bytes(SIZE - 16)
        self._kept = [ctypes.create_string_buffer(message, SIZE)]
        parts = struct.pack("@PN", ctypes.addressof(self._kept[0]), SIZE)
        self._kept.append(ctypes.create_string_buffer(parts, len(parts)))
        header = struct.pack(
            "@PIxxxxPNPNixxxxIxxxx", 0, 0, ctypes.addressof(self._kept[1]), 1, 0, 0, 0, 0
        )
        self._headers = ctypes.create_string_buffer(header * BATCH, len(header) * BATCH)
        self._send = ctypes.CDLL(None, use_errno=True).sendmmsg

    def send(self) -> int:
        sent: int = self._send(self.socket.fileno(), self._headers, BATCH, 0)
        if sent < 0:
            raise OSError(ctypes.get_errno(), "sendmmsg")
        return sent


def feed(rate: int, seconds: float) -> tuple[int, float]:
    """Sends at `rate` a second (0: as fast as it can); returns how many, and for how long."""
    sender = Sender()
    sent = 0
    began = time.monotonic()
    while (gone := time.monotonic() - began) < seconds:
        if rate and sent >= gone * rate:
            time.sleep(0.001)
        else:
            sent += sender.send()
    return sent, time.monotonic() - began


def by_recvmsg(path: str, scapy: bool) -> None:
    """Captures until SIGINT, by recvmsg or scapy; prints what tcpdump prints."""
    running = [True]
    signal.signal(signal.SIGINT, lambda *_: running.clear())
    SO_RCVBUFFORCE = 33
    if scapy:
        from scapy.arch.linux import L2ListenSocket

        listening = L2ListenSocket(iface="nlmon0")
        source = listening.ins
        receive = listening.recv_raw
    else:
        source = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        source.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
        source.bind(("nlmon0", 3))
    source.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER // 2)
    source.settimeout(0.2)
    received = 0
    with open(path, "wb") as file:
        print("listening", file=sys.stderr, flush=True)
        while True:
            try:
                if scapy:
                    _, data, stamp = receive()
                    if data is None:
                        raise TimeoutError
                    protocol = 0
                else:
                    data, extra, _, address = source.recvmsg(1 << 18, 64)
                    stamp = struct.unpack("@qq", extra[0][2])
                    stamp = stamp[0] * 10**9 + stamp[1]
                    protocol = address[1]
            except (TimeoutError, OSError):
                if running:
                    continue
                break
            received += 1
            stamp = int(stamp or 0)
            size = len(data) + 16
            total = size + (-size & 3) + 32
            file.write(
                struct.pack("=7I", 6, total, 0, stamp >> 32, stamp & 0xFFFFFFFF, size, size)
                + struct.pack(">HH10xH", 4, 824, protocol)
                + data
                + bytes(-size & 3)
                + struct.pack("=I", total)
            )
    dropped = struct.unpack("II", source.getsockopt(263, 6, 8))[1]
    print(f"{received} captured, {dropped} dropped by kernel", file=sys.stderr)


def command(method: str, path: str) -> list[str]:
    python = sys.executable
    return {
        "ring": [python, "-m", "nldissect", "live", "nlmon0", "-q", "-w", path, "--no-prime"],
        "recvmsg": [python, __file__, "--inside", "recvmsg", path],
        "scapy": [python, __file__, "--inside", "scapy", path],
        "tcpdump": ["tcpdump", "-Z", "root", "-i", "nlmon0", "-B", str(BUFFER >> 10), "-w", path],
        "dumpcap": ["dumpcap", "-i", "nlmon0", "-B", str(BUFFER >> 20), "-w", path],
    }[method]


def measure(method: str, rate: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        said = Path(folder, "said")
        with said.open("wb") as errors:
            process = subprocess.Popen(
                command(method, f"{folder}/out.pcapng"), stderr=errors, stdout=errors, cwd=ROOT
            )
        while not re.search("listening|Capturing", said.read_text()):
            time.sleep(0.1)
        time.sleep(1)
        sent, took = feed(rate, seconds)
        time.sleep(2)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process.send_signal(signal.SIGINT)
        process.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        user = after.ru_utime - before.ru_utime
        system = after.ru_stime - before.ru_stime
        text = " ".join(said.read_text().split())
        counts = re.findall(r"(\d+) ?(?:datagrams?|packets?)? ?(?:captured|dropped by)", text)
        lost = re.findall(r"(\d+)[^0-9]*dropped by", text)
        counted = counts[0] if counts else text[-60:]
        print(
            f"{method:8} {sent / took:9.0f}/s for {took:4.1f} s: sent {sent}, captured {counted}, "
            f"dropped {lost[-1] if lost else '?'}; CPU {user:.1f} s user + {system:.1f} s system",
            flush=True,
        )


# -- outside ------------------------------------------------------------------------------


def stand_in(seconds: float) -> None:
    """The code behind the ring, without a kernel: frames to pcapng to a file."""
    from nldissect._internal.capture.live import ring

    one = struct.pack("IIIHHIIHH", 1, SIZE, SIZE, 80, 80, 1_700_000_000, 5, 0, 0)
    one = one.ljust(32, b"\0") + struct.pack("=HHIHBB8s", 17, 0, 1, 824, 4, 0, bytes(8))
    one = one.ljust(80, b"\0") + bytes(SIZE)
    count = 1024
    memory = one.ljust(ring.FRAME, b"\0") * count
    done = 0
    with tempfile.TemporaryFile() as file:
        began = time.process_time()
        while time.process_time() - began < seconds:
            frames = range(0, len(memory), ring.FRAME)
            file.write(b"".join([ring.block(memory, place) for place in frames]))
            done += count
            if file.tell() > 1 << 28:
                file.seek(0)
        took = time.process_time() - began
    print(
        f"frame to file, here: {done / took:.0f} datagrams a second of CPU "
        f"({took / done * 1e6:.2f} us each)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=int, default=50_000, help="messages a second, 0: no limit")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--flood", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("methods", nargs="*", default=METHODS)
    options = parser.parse_args()
    if options.flood:
        print(feed(0, 0.5)[0])
    elif options.inside:
        by_recvmsg(options.inside[1], options.inside[0] == "scapy")
    elif options.measure:
        for method in options.methods:
            if method in METHODS[:3] or shutil.which(method):
                measure(method, options.rate, options.seconds)
    else:
        stand_in(3)
        runner = [str(ROOT / "tests/tools/uml-run"), "-m", "2G", "-t", "1000", "--"]
        again = [
            sys.executable,
            __file__,
            "--measure",
            "--rate",
            str(options.rate),
            "--seconds",
            str(options.seconds),
            *options.methods,
        ]
        subprocess.run(runner + again, check=True)


if __name__ == "__main__":
    main()
