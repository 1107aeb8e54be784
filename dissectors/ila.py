"""ILA: locators and identifiers as ip(8) has them."""

from __future__ import annotations

from typing import Any


def groups(value: int, message: Any, get: Any) -> str:
    """Half an IPv6 address: 2001:db8:0:1."""
    return ":".join(f"{value >> shift & 0xFFFF:x}" for shift in (48, 32, 16, 0))


HOOKS = {"groups": groups}
