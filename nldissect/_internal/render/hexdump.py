"""Bytes in the layout of tshark -x: offset, hexadecimal, characters."""

from __future__ import annotations

from librt.strings import BytesWriter

from ..digits import DIGITS


def hexdump(data: bytes, indent: str = "") -> str:
    """Lines of 16 bytes, each with its end; nothing for no bytes."""
    out = BytesWriter()
    DIGITS.dump(out, data, 0, len(data), indent.encode())
    return out.getvalue().decode("ascii")
