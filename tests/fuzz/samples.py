"""What targets are made of: mutated records, files of them, and the command that is given them.

`tally` counts the records and files that were made, for whoever wants to say how much was tried.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import random
import struct
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import lz4.frame
import zstandard

import nldissect
from nldissect._internal.cli import main
from support import capture_files
from support.hostile import RAW, acting

from . import corpus, mutations

FAILED = ("a fault in nldissect", "code failed: ", "summary failed: ", "Traceback")
COMPRESSIONS: tuple[Callable[[bytes], bytes], ...] = (
    bytes, gzip.compress, bz2.compress, lzma.compress, zstandard.compress,
    lz4.frame.compress,
)  # fmt: skip
TEXTS = tuple(RAW.values())  # that would act where they are shown
PROTOCOLS = (0, 4, 6, 9, 10, 12, 16, 20, 21, 22, 77)

tally: Counter[str] = Counter()


def made(rng: random.Random) -> list[corpus.Datagram]:
    """A few records of one recording, most of them mutated."""
    run = rng.choice(corpus.conversations())
    first = rng.randrange(len(run))
    out = []
    for protocol, data in run[first : first + rng.choice((1, 3, 12))]:
        if rng.random() < 0.8:
            data = mutations.datagram(rng, data, run, TEXTS)
            tally["records"] += 1
        if rng.random() < 0.03:
            protocol = rng.choice(PROTOCOLS)
        out.append((protocol, data))
    return out


def dissected(rng: random.Random) -> Iterator[nldissect.Message]:
    """The messages of mutated records, each by itself."""
    order = rng.choice((None, None, "little", "big"))
    for protocol, data in made(rng):
        yield from nldissect.dissect_all(data, protocol, byte_order=order)


def path(rng: random.Random) -> str:
    parts = [rng.choice((*corpus.words(), "0", "7", "-1", "*", "", "[0]", "IFLA_MTU", "\0", "é"))]
    while rng.random() < 0.6:
        parts.append(rng.choice((*corpus.words(), "0", "999999999999", "attributes", "x" * 999)))
    return rng.choice((".", ".", "..", "/")).join(parts)


def content(rng: random.Random, records: list[corpus.Datagram]) -> bytes:
    """A pcap or pcapng file of these records, of either byte order."""
    order = rng.choice("<<>")
    packets = [capture_files.netlink(protocol, data) for protocol, data in records]
    if rng.random() < 0.5:
        rows = [
            (i, i, packet, len(packet) + rng.choice((0, 0, 9))) for i, packet in enumerate(packets)
        ]
        return capture_files.pcap(rows, order, rng.choice((0xA1B2C3D4, 0xA1B23C4D)))
    parts = [capture_files.section(order), capture_files.interface(order, 253)]
    for i, packet in enumerate(packets):
        parts.append(capture_files.enhanced(order, 0, i, packet))
        if rng.random() < 0.1:
            parts.append(rng.choice(parts[:2]))
    return b"".join(parts)


def bare(rng: random.Random, records: list[corpus.Datagram]) -> bytes:
    """What rtmon writes of these records."""
    order = rng.choice("<<>")
    out = []
    for i, (_, data) in enumerate(records):
        if not i or rng.random() < 0.7:
            out.append(struct.pack(order + "IHHIIII", 24, 15, 0, 0, 0, i, i))
        out.append(data + bytes(-len(data) % 4))
    return b"".join(out)


def command(words: list[str], allowed: tuple[str, ...] = ()) -> str:
    """What the command says to both outputs; checks how it ends, and that nothing of it acts.

    `allowed` are those of FAILED that are to be expected.
    """
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    os.environ.pop("NLDISSECT_DEBUG", None)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(words)
        out.flush()
    shown = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert status in (0, 1, 2), f"status {status}"
    for text in (shown, err.getvalue()):
        for word in FAILED:
            at = -1 if word in allowed else text.find(word)
            assert at < 0, text[max(0, at - 200) : at + 300]
        assert not acting(text, "\n\t"), acting(text, "\n\t")
    return shown + err.getvalue()


@contextlib.contextmanager
def file(data: bytes, name: str) -> Iterator[str]:
    tally["files"] += 1
    with tempfile.TemporaryDirectory(prefix="nldissect-fuzz-") as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        before = os.getcwd()
        os.chdir(folder)  # so that what is said has no path in it that differs
        try:
            yield name
        finally:
            os.chdir(before)
