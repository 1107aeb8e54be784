"""Payloads that are no plain numbers, as values."""

from __future__ import annotations

from typing import Any

from mypy_extensions import i64

from ..spec.tables import (
    COLONS,
    COLONS_6,
    COLONS_20,
    DOTTED,
    GROUPS,
    LABEL_STACK,
    PRESENT,
    REDACTED,
    TEXT_UP_TO_NUL,
    UUID_TEXT,
)
from ..wire.text import format_address, format_mac


def text_value(form: i64, raw: bytes) -> Any:
    """The value of a payload that is shown in another form than as a number."""
    if form == PRESENT:
        return True
    if form == TEXT_UP_TO_NUL:
        cut = raw.find(0)
        return (raw if cut < 0 else raw[:cut]).decode("utf-8", "backslashreplace")
    if form == COLONS:
        return format_mac(raw)
    if form == COLONS_6 or form == COLONS_20:
        return format_mac(raw[: 6 if form == COLONS_6 else 20])
    if form == DOTTED or form == GROUPS:
        return format_address(raw[: 4 if form == DOTTED else 16])
    if form == UUID_TEXT:
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    if form == LABEL_STACK:
        return mpls_labels(raw)
    if form == REDACTED:
        return size_of_secret(raw)
    return raw


def size_of_secret(raw: bytes) -> str:
    """What is shown of a key or a password."""
    return f"<redacted {len(raw)} byte{'s' * (len(raw) != 1)}>"


def mpls_labels(raw: bytes) -> str:
    """A label stack as iproute2 writes it, 100/200 (RFC 3032: label in the top 20 bits)."""
    return "/".join(str(int.from_bytes(raw[i : i + 3], "big") >> 4) for i in range(0, len(raw), 4))
