"""Changes that keep the structure of netlink: of lengths, types, nesting, order, and of bytes."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence

from nldissect._internal.wire.framing import attribute_spans

ODD_16 = (0, 1, 3, 4, 5, 7, 8, 12, 100, 0x4000, 0x7FFF, 0x8000, 0x8001, 0xC001, 0xFFFC, 0xFFFF)
ODD_32 = (0, 1, 15, 16, 17, 20, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
LARGEST = 1 << 16  # bytes of a datagram that grows
REPEATED = (1, 2, 8, 64) * 5 + (LARGEST,)  # one of the largest costs as much as thousands
MOST_PLACES = 4000  # of attributes in a datagram among which one is chosen


def places(data: bytes) -> list[tuple[int, int]]:
    """(offset, length) of what looks like attributes, at any depth; of each message the first."""
    out: list[tuple[int, int]] = []
    at = 0
    while at + 16 <= len(data) and len(out) < MOST_PLACES:
        size = max(16, struct.unpack_from("<I", data, at)[0])
        end = min(at + size, len(data))
        for header in (20, 16, 24, 28, 32):
            todo = attribute_spans(data, at + header, end, False) or []
            if todo:
                break
        while todo and len(out) < MOST_PLACES:
            _, start, stop = todo.pop()
            out.append((start - 4, stop - start + 4))
            if stop - start >= 4:
                todo += attribute_spans(data, start, stop, False) or ()
        at += size + 3 & ~3
    return out


def grown(rng: random.Random, data: bytes, at: int, size: int) -> bytes:
    """An attribute repeated, behind itself; the lengths around it grow with it, or stay."""
    piece = data[at : at + size] + bytes(-size % 4)
    most = max(LARGEST - len(data), 0) // max(len(piece), 1)
    more = piece * min(rng.choice(REPEATED), most)
    out = bytearray(data[:at] + more + data[at:])
    if rng.random() < 0.8:
        struct.pack_into("<I", out, 0, len(out))
        for start, length in places(data):
            if start < at and at + size <= start + length and length + len(more) < 1 << 16:
                struct.pack_into("<H", out, start, length + len(more))
    return bytes(out)


def nested(rng: random.Random, data: bytes, at: int, size: int) -> bytes:
    """An attribute within itself, so many times, to the end of the message."""
    _, kind = struct.unpack_from("<HH", data, at)
    kinds = rng.choice(((kind,), (kind | 0x8000,), (1, 2), (0x8002, 0x8001, kind)))
    inner = data[at + 4 : at + size]
    for level in range(rng.choice((1, 2, 10, 60, 300))):
        if len(inner) > 0xFF00:
            break
        inner = struct.pack("<HH", 4 + len(inner), kinds[level % len(kinds)]) + inner
        inner += bytes(-len(inner) % 4)
    out = bytearray(data[:at] + inner)
    struct.pack_into("<I", out, 0, len(out))
    return bytes(out)


def datagram(
    rng: random.Random, data: bytes, others: list[tuple[int, bytes]], texts: Sequence[bytes]
) -> bytes:
    """One to four changes of the messages in a datagram; with what other records and texts have."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        if len(data) < 20:
            return data + rng.randbytes(rng.choice((0, 1, 20)))
        found = places(data)
        if found and rng.random() < 0.7:
            at, size = rng.choice(found)
            data = _attribute(rng, data, at, size, others, texts)
        else:
            data = anything(rng, data, "<")
    return data[:LARGEST]


def _attribute(
    rng: random.Random,
    data: bytes,
    at: int,
    size: int,
    others: list[tuple[int, bytes]],
    texts: Sequence[bytes],
) -> bytes:
    """One attribute changed: its length, type, payload, how often or how deep it is there."""
    out = bytearray(data)
    match rng.randrange(9):
        case 0:
            struct.pack_into("<H", out, at, rng.choice((*ODD_16, size + 4, max(size - 1, 0))))
        case 1:
            struct.pack_into("<H", out, at + 2, rng.choice((*ODD_16, rng.randrange(400))))
        case 2:
            out[at + 2] = rng.randrange(80)
        case 3:
            out[at + 4 : at + size] = rng.randbytes(max(size - 4, 0))
        case 4:
            out[at + 4 : at + size] = bytes([rng.choice((0, 0xFF, 0x41))]) * max(size - 4, 0)
        case 5:
            return grown(rng, data, at, size)
        case 6:
            return nested(rng, data, at, size)
        case 7:  # another message's, with its length
            other = rng.choice(others)[1]
            found = places(other)
            if found:
                start, length = rng.choice(found)
                out[at:at] = other[start : start + length] + bytes(-length % 4)
                struct.pack_into("<I", out, 0, len(out))
        case 8:
            text = rng.choice(texts) + rng.choice((b"", b"\0"))
            out[at + 4 : at + size + -size % 4] = text + bytes(-len(text) % 4)
            struct.pack_into("<H", out, at, (4 + len(text)) & 0xFFFF)
            struct.pack_into("<I", out, 0, len(out))
    return bytes(out)


def anything(rng: random.Random, data: bytes, order: str) -> bytes:
    """A change that knows nothing of what the bytes mean but that words are aligned."""
    if not data:
        return rng.randbytes(rng.randrange(64))
    out = bytearray(data)
    at = rng.randrange(len(out))
    word = at & ~3
    match rng.randrange(8):
        case 0:
            out[at] = rng.randrange(256)
        case 1:
            out[at] ^= 1 << rng.randrange(8)
        case 2:
            del out[at:]
        case 3:  # where an attribute's length or type may lie
            word += rng.choice((0, 2))
            odd = rng.choice((*ODD_16, rng.randrange(400)))
            out[word : word + 2] = struct.pack(order + "H", odd)
        case 4:
            out[word : word + 4] = struct.pack(order + "I", rng.choice(ODD_32))
        case 5:
            del out[at : at + rng.randrange(1, 65)]
        case 6:
            size = rng.choice((2, 4, 12, 64))
            out[at:at] = rng.choice((rng.randbytes(size), out[at : at + size]))
        case 7:
            size = rng.choice((3, 4, 8, 16))
            out[at : at + size] = bytes([rng.choice((0, 0xFF, 0x41))]) * size
    return bytes(out)


LONGEST_LINE = 1 << 20  # characters that repetition may make


def text(rng: random.Random, lines: list[str], odd: tuple[str, ...]) -> list[str]:
    """Some changes of lines: gone, twice, swapped, of another place, cut, with odd words."""
    out = list(lines)
    for _ in range(rng.choice((1, 1, 2, 5))):
        if not out:
            break
        at, other = rng.randrange(len(out)), rng.randrange(len(out))
        line = out[at]
        pos, end = sorted((rng.randrange(len(line) + 1), rng.randrange(len(line) + 1)))
        match rng.randrange(8):
            case 0:
                del out[at]
            case 1:
                out.insert(at, line)
            case 2:
                out[at], out[other] = out[other], line
            case 3:
                out[at] = line[:pos]
            case 4:
                out[at] = line[:pos] + line[end:]
            case 5:
                out[at] = line[:pos] + rng.choice(odd) + line[pos:]
            case 6:
                out[at] = line[:pos] + rng.choice(odd) + line[end:]
            case 7:
                times = min(rng.choice((2, 20, 200)), 1 + LONGEST_LINE // (end - pos + 1))
                out[at] = line[:pos] + line[pos:end] * times + line[end:]
    return out
