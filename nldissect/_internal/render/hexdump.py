"""Bytes in the layout of tshark -x: offset, hexadecimal, characters."""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter

from .digits import Digits

_digits: Final = Digits()


def hexdump(data: bytes, indent: str = "") -> str:
    """Lines of 16 bytes, each with its end; nothing for no bytes."""
    out = BytesWriter()
    _digits.dump(out, data, 0, len(data), indent.encode())
    return out.getvalue().decode("ascii")
