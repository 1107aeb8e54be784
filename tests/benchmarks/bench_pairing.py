#!/usr/bin/env python3
"""What pairing costs a message: alone, held back for its answer, and as columns.

    bench_pairing.py [CAPTURE...]

Without captures, the recordings of captures/ one after the other, and shapes that are hard on
pairing. Messages are made and bound beforehand. Nanoseconds of CPU a message, best of five.
"""

from __future__ import annotations

import gc
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from nldissect._internal.capture.reader import open_capture  # noqa: E402
from nldissect._internal.engine.message import Message  # noqa: E402
from nldissect._internal.pairing.conversation import Conversations  # noqa: E402
from nldissect._internal.pairing.hold_back import HoldBack  # noqa: E402
from nldissect._internal.pairing.link_table import LinkTable  # noqa: E402
from nldissect._internal.session.forward_pass import Session  # noqa: E402
from nldissect._internal.spec.registry import Registry  # noqa: E402
from nldissect._internal.wire.record import Interface, Record  # noqa: E402


def pair(messages: list[Message]) -> None:
    pairs = Conversations()
    for message in messages:
        pairs.feed(message)
    pairs.finish()


def hold(messages: list[Message]) -> None:
    holding = HoldBack()
    for message in messages:
        holding.feed(message)
        while holding.take() is not None:
            pass
    holding.finish()
    while holding.take() is not None:
        pass


def columns(messages: list[Message]) -> None:
    found = LinkTable()
    pairs = Conversations(on_end=found.end)
    for message in messages:
        found.add(message, pairs.feed(message))
    pairs.finish()


def recorded(paths: list[str]) -> list[Message]:
    """The messages of captures, numbered through."""
    out: list[Message] = []
    for path in paths:
        for message in Session(Registry()).messages(open_capture(path)):
            out.append(message)
            message.number = len(out)
    return out


def made(count: int, shape: Callable[[int], tuple[int, int, int, int, bytes]]) -> list[Message]:
    """Messages of type, flags, sequence number, port and payload, a microsecond apart."""
    (like,) = recorded([str(ROOT / "captures/acks.pcap")])[:1]
    interface = Interface(253, False)
    out = []
    for i in range(count):
        kind, flags, seq, port, payload = shape(i)
        data = struct.pack("<IHHII", 16 + len(payload), kind, flags, seq, port) + payload
        message = Message(like.context, 0, data, 0, len(data), False)
        message.number = i + 1
        message.record = Record(i + 1, i * 1000, 0, data, len(data), 0, interface)
        out.append(message)
    return out


REQUEST, MULTI, DUMP = 1, 2, 0x300
HARD: dict[str, Callable[[int], tuple[int, int, int, int, bytes]]] = {
    "equal sequence numbers": lambda i: (18, REQUEST, 7, 0, b""),
    "open requests": lambda i: (18, REQUEST, i, 0, b""),
    "open dumps": lambda i: (18, REQUEST | DUMP, i, i, b""),
    "answers on many ports": lambda i: (16, MULTI, i, i + 1, b""),
    "one endless dump": lambda i: (16, MULTI, 1, 9, b"") if i else (18, REQUEST | DUMP, 1, 0, b""),
    "notifications": lambda i: (16, 0, 0, 0, struct.pack("<I", i)),
    "copies": lambda i: (16, 0, 0, 0, bytes(100)),
}


def measure(name: str, messages: list[Message]) -> None:
    gc.collect()
    gc.freeze()
    row = []
    for work in (pair, hold, columns):
        best = float("inf")
        for _ in range(5):
            start = time.process_time()
            work(messages)
            best = min(best, time.process_time() - start)
        row.append(f"{best / len(messages) * 1e9:10.0f}")
    print(f"{name:32}{len(messages):10,}{''.join(row)}")
    gc.unfreeze()


def main(paths: list[str]) -> None:
    print(f"{'':32}{'messages':>10}{'pair':>10}{'hold':>10}{'columns':>10}")
    own = paths or sorted(map(str, ROOT.glob("captures/*.pcap")))
    measure("recordings" if not paths else paths[0], recorded(own))
    if not paths:
        for name, shape in HARD.items():
            for count in (10_000, 100_000):
                measure(name, made(count, shape))


if __name__ == "__main__":
    main(sys.argv[1:])
