"""MACsec: secure channels' identifiers as ip(8) has them."""

from __future__ import annotations

from typing import Any


def sci(value: int, message: Any, get: Any) -> str:
    """A MAC address and a port: 16 hexadecimal digits."""
    return f"{value:016x}"


HOOKS = {"sci": sci}
