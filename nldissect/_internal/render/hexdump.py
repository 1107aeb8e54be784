"""Bytes in the layout of tshark -x: offset, hexadecimal, characters."""

from __future__ import annotations

_PRINTABLE = bytes(b if 0x20 <= b < 0x7F else 0x2E for b in range(256))


def hexdump(data: bytes, indent: str = "") -> str:
    """Lines of 16 bytes, each with its end; nothing for no bytes."""
    out = []
    digits = 4 if len(data) <= 0x10000 else 8
    for at in range(0, len(data), 16):
        piece = data[at : at + 16]
        text = piece.translate(_PRINTABLE).decode("ascii")
        out.append(f"{indent}{at:0{digits}x}  {piece.hex(' '):<47}   {text}\n")
    return "".join(out)
