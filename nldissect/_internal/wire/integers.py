"""Unsigned integers in bytes, in either byte order; they must be there."""

from __future__ import annotations

from librt.strings import read_i16_be, read_i16_le, read_i32_be, read_i32_le
from mypy_extensions import i64


def u16(data: bytes, pos: i64, big: bool) -> i64:
    """The 16 bits at `pos`."""
    return i64(read_i16_be(data, pos) if big else read_i16_le(data, pos)) & 0xFFFF


def u32(data: bytes, pos: i64, big: bool) -> i64:
    """The 32 bits at `pos`."""
    return i64(read_i32_be(data, pos) if big else read_i32_le(data, pos)) & 0xFFFFFFFF
