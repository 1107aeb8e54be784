"""Small files of every format and compression, damaged where their structure is.

A file is a list of pieces (headers, blocks, records, lines), each with the places of its numbers
that say what there is: lengths, kinds, magics. What is done to them holds for every format.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import struct
from collections.abc import Callable
from typing import NamedTuple

import lz4.frame
import zstandard

from support import capture_files
from support.hostile import RAW

from . import corpus, mutations

TEXTS = tuple(RAW.values())
MAGICS = (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34)  # of microseconds, nanoseconds, Kuznetzov's
LINKS = (253, 253, 253, 113, 276, 1, 147)
LONGEST = 4096  # bytes of a datagram that a file begins with
ODD = (*mutations.ODD_16, *mutations.ODD_32, 24, 28, 32, 1 << 16, (1 << 28) + 4)
COMPRESSIONS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: gzip.compress(data, 1), lambda data: bz2.compress(data, 1),
    lambda data: lzma.compress(data, preset=0), zstandard.ZstdCompressor(level=1).compress,
    zstandard.ZstdCompressor(level=1, write_checksum=True, write_content_size=False).compress,
    lz4.frame.compress,
    lambda data: lz4.frame.compress(data, block_checksum=True, store_size=False),
)  # fmt: skip


class Piece(NamedTuple):
    """A part of a file, and where in it numbers of 2 or 4 bytes say what there is."""

    data: bytes
    halves: tuple[int, ...] = ()
    words: tuple[int, ...] = ()


def made(rng: random.Random) -> bytes:
    """A file of 1 to 20 records that is damaged in one way or several."""
    run = rng.choice(corpus.conversations())
    first = rng.randrange(len(run))
    records = [
        (protocol, data[:LONGEST])
        for protocol, data in run[first : first + rng.choice((1, 1, 2, 3, 5, 20))]
    ]
    order = rng.choice("<<>")
    pieces = rng.choice(FORMATS)(rng, order, records)
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        _damage(rng, pieces, order)
    data = b"".join(piece.data for piece in pieces)
    for _ in range(rng.choice((0, 0, 0, 1, 3)) or data == b""):
        data = mutations.anything(rng, data, order)
    return _compressed(rng, data) if rng.random() < 0.4 else data


# -- formats -------------------------------------------------------------------------------


def _pcap(rng: random.Random, order: str, records: list[corpus.Datagram]) -> list[Piece]:
    magic, link = rng.choice(MAGICS), rng.choice(LINKS)
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    pieces = [Piece(head, (4, 6), (0, 16, 20))]
    for number, (protocol, data) in enumerate(records):
        packet = _packet(link, protocol, data)
        more = bytes(8) if magic == MAGICS[2] else b""
        facts = struct.pack(order + "IIII", number, number, len(packet), len(packet))
        pieces.append(Piece(facts + more + packet, (16, 30), (0, 4, 8, 12)))
    return pieces


def _pcapng(rng: random.Random, order: str, records: list[corpus.Datagram]) -> list[Piece]:
    pieces = []
    for protocol, data in records:
        if not pieces or rng.random() < 0.1:
            if rng.random() < 0.3:
                order = rng.choice("<>")
            pieces += _section(rng, order)
        packet = capture_files.netlink(protocol, data)
        extra = _options(rng, (1, rng.choice(TEXTS)), (2, b"\0\0\0\1"), (4, bytes(8)))
        block = rng.choice((
            capture_files.enhanced(order, 0, rng.getrandbits(64), packet, *extra),
            capture_files.enhanced(order, 0, 7, packet, *extra, original=len(packet) + 9),
            capture_files.simple(order, packet),
            capture_files.obsolete(order, 0, 7, packet, *extra),
        ))  # fmt: skip
        pieces.append(_block(block))
        if rng.random() < 0.2:
            pieces.append(_other_block(rng, order))
    return pieces


def _section(rng: random.Random, order: str) -> list[Piece]:
    """A section header and its interface."""
    text = rng.choice(TEXTS)
    about = _options(rng, (1, text), (2, text), (3, text), (4, text))
    known = _options(
        rng,
        (2, text),
        (3, text),
        (9, bytes([rng.choice((6, 9, 0, 3, 18, 127, 128, 137, 255))])),
        (11, b"\0" + text),
        (12, text),
        (14, struct.pack(order + "q", rng.choice((0, 1, -1, 1 << 40, -1 << 63)))),
    )
    link = rng.choice(LINKS)
    return [
        _block(capture_files.section(order, *about)),
        _block(capture_files.interface(order, link, *known, snaplen=rng.choice((0, 0, 40)))),
    ]


def _other_block(rng: random.Random, order: str) -> Piece:
    """Statistics, names, custom blocks, secrets, journals, sockets (ours), one that is unknown."""
    kind = rng.choice((5, 4, 0xBAD, 0x40000BAD, 10, 9, 0x80006E6C, 77))
    protocol, own = rng.choice((0, 16)), rng.choice((0, 1))
    socket = struct.pack(order + "IIIHHIII", 0, 0, 7, protocol, own, 77, 78, 79)
    counts = capture_files.options(order, (4, bytes(8)), (5, bytes(8)))
    words = capture_files.options(order, (2, rng.choice(TEXTS)), (3, rng.choice(TEXTS)))
    body = rng.choice((bytes(12) + counts, socket + words, rng.randbytes(4 * rng.randrange(12))))
    return _block(capture_files.block(order, kind, body))


def _messages(rng: random.Random, order: str, records: list[corpus.Datagram]) -> list[Piece]:
    """What rtmon or a program writes: messages alone."""
    pieces = []
    stamped = rng.random() < 0.6
    for number, (_, data) in enumerate(records):
        if stamped:
            stamp = struct.pack(order + "IHHIIII", 24, 15, 0, 0, 0, number, number)
            pieces.append(Piece(stamp, (4,), (0, 16, 20)))
        pieces.append(Piece(data + bytes(-len(data) % 4), (4, 6), (0,)))
    return pieces


def _trace(rng: random.Random, order: str, records: list[corpus.Datagram]) -> list[Piece]:
    """Lines of strace."""
    lines = rng.choice(corpus.traces())
    first = rng.randrange(len(lines))
    part = [line.decode("latin-1") for line in lines[first : first + len(records)]]
    if rng.random() < 0.7:
        part = mutations.text(rng, part, TRACE_ODD)
    return [Piece(line.encode("latin-1")) for line in (lines[0].decode("latin-1"), *part)]


TRACE_ODD = ("{", "}", "[", "]", "\\x", '"', "nlmsg_type=0x12345678", "nlmsg_len=4294967295", "=>",
             "/*", "nla_len=-1", "...", "1<<99", "99999999999999999999", "<unfinished ...>",
             ") = 20", "0x", "NULL", "|", "\0", "htonl(", "if_nametoindex(\"x\")",
             "RTM_NEWLINK")  # fmt: skip
FORMATS = (_pcap, _pcap, _pcapng, _pcapng, _pcapng, _messages, _trace)


def _packet(link: int, protocol: int, data: bytes) -> bytes:
    """A packet with the header that its link type has."""
    if link == 276:  # linux_sll2: protocol, interface, hardware type, kind, address
        return struct.pack(">HHIHBB8x", protocol, 0, 3, 824, 4, 0) + data
    return capture_files.netlink(protocol, data)


def _options(rng: random.Random, *pairs: tuple[int, bytes]) -> list[tuple[int, bytes]]:
    """Some of these options, and mostly the one that ends them."""
    found = [pair for pair in pairs if rng.random() < 0.25]
    return found + [capture_files.END] * (bool(found) and rng.random() < 0.8)


def _block(data: bytes) -> Piece:
    """A pcapng block: its lengths, and what may be options before the second one."""
    end = len(data) - 4
    tail = tuple(range(max(8, end - 32), end, 2))
    return Piece(data, (8, 10, *tail), (0, 4, 8, 12, 16, 20, 24, end))


# -- damage --------------------------------------------------------------------------------


def _damage(rng: random.Random, pieces: list[Piece], order: str) -> None:
    """One change: of a number, a piece, or the order of pieces."""
    if not pieces:
        return
    at = rng.randrange(len(pieces))
    piece = pieces[at]
    match rng.randrange(10):
        case 0:
            del pieces[at]
        case 1:
            pieces[at:at] = [piece] * rng.choice((1, 1, 3, 50))
        case 2:
            other = rng.randrange(len(pieces))
            pieces[at], pieces[other] = pieces[other], piece
        case 3:
            pieces[at] = piece._replace(data=piece.data[: rng.randrange(len(piece.data) + 1)])
        case 4:
            pieces[at] = piece._replace(data=mutations.anything(rng, piece.data, order))
        case 5:  # as if of a host of the other byte order
            pieces[at] = piece._replace(data=_swapped(piece))
        case 6:
            pieces[at:at] = rng.choice(FORMATS)(rng, order, rng.choice(corpus.conversations())[:2])
        case _:
            pieces[at] = piece._replace(data=_renumbered(rng, piece, order))


def _swapped(piece: Piece) -> bytes:
    out = bytearray(piece.data)
    for width, places in ((2, piece.halves), (4, piece.words)):
        for at in places:
            out[at : at + width] = out[at : at + width][::-1]
    return bytes(out)


def _renumbered(rng: random.Random, piece: Piece, order: str) -> bytes:
    """One of a piece's numbers is an odd one, or a little more or less than it was."""
    out = bytearray(piece.data)
    if rng.random() < 0.5 and piece.halves:
        at, form, width = rng.choice(piece.halves), order + "H", 2
    else:
        at, form, width = rng.choice(piece.words or (0,)), order + "I", 4
    if at + width > len(out):
        return bytes(out)
    (was,) = struct.unpack_from(form, out, at)
    value = rng.choice((rng.choice(ODD), was + rng.choice((-4, -1, 1, 4, 16)), was * 2))
    struct.pack_into(form, out, at, value & ((1 << 8 * width) - 1))
    return bytes(out)


def _compressed(rng: random.Random, data: bytes) -> bytes:
    """It in one frame or several, within each other or not, whole or damaged."""
    pack = rng.choice(COMPRESSIONS)
    cut = rng.randrange(len(data) + 1)
    data = rng.choice((pack(data), pack(data), pack(data[:cut]) + pack(data[cut:])))
    match rng.randrange(8):
        case 0:
            data = mutations.anything(rng, data, "<")
        case 1:
            data = data[: rng.randrange(len(data) + 1)]
        case 2:
            data += rng.choice((bytes(9), b"x", data, rng.randbytes(16)))
        case 3:
            data = rng.choice(COMPRESSIONS)(data)
    return data
