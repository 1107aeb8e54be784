"""Attributes of nf_tables' expressions by number, which rules are read by.

What is malformed ends them: the tree tells of it.
"""

from __future__ import annotations

import struct

LITTLE_HEAD, BIG_HEAD = struct.Struct("<HH"), struct.Struct(">HH")  # struct nlattr


def attributes(raw: bytes, big: bool) -> list[tuple[int, bytes]]:
    """Number and payload of the attributes in these bytes; what is malformed ends them."""
    out = []
    at, end = 0, len(raw)
    head = (BIG_HEAD if big else LITTLE_HEAD).unpack_from
    while at + 4 <= end:
        length, kind = head(raw, at)
        if length < 4 or at + length > end:
            break
        out.append((kind & 0x3FFF, raw[at + 4 : at + length]))
        at += (length + 3) & ~3
    return out


Parsed = tuple[str, dict[int, bytes]]
# Expressions as they were parsed: rulesets are full of the same ones.
parsed_before: tuple[dict[bytes, Parsed], dict[bytes, Parsed]] = ({}, {})
LONG, MANY = 256, 2048


def parsed(raw: bytes, big: bool) -> Parsed:
    """Name and data of an expression (NFTA_EXPR_NAME, NFTA_EXPR_DATA)."""
    known = parsed_before[big]
    out = known.get(raw)
    if out is None:
        found = dict(attributes(raw, big))
        out = word(found.get(1)), dict(attributes(found.get(2, b""), big))
        if len(raw) <= LONG:
            if len(known) >= MANY:
                known.clear()
            known[raw] = out
    return out


def number(raw: bytes | None) -> int:
    """A number in network order, 0 if it is not there."""
    return int.from_bytes(raw[:8], "big") if raw else 0


def word(raw: bytes | None) -> str:
    """A name up to its NUL."""
    return (raw or b"").split(b"\0")[0].decode("utf-8", "backslashreplace")


def spread(raw: bytes, big: bool, at: int, end: int) -> list[tuple[int, int, int]]:
    """Number, start and end of attributes; what is malformed ends them."""
    out = []
    head = (BIG_HEAD if big else LITTLE_HEAD).unpack_from
    while at + 4 <= end:
        length, kind = head(raw, at)
        if length < 4 or at + length > end:
            break
        out.append((kind & 0x3FFF, at, at + length))
        at += (length + 3) & ~3
    return out


def placed(raw: bytes, big: bool) -> list[tuple[int, bytes]]:
    """Where each attribute begins, and its payload."""
    return [(start, raw[start + 4 : stop]) for _, start, stop in spread(raw, big, 0, len(raw))]
