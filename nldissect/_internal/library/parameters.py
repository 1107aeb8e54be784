"""What the functions of the library take alike."""

from __future__ import annotations

import os
from typing import Literal

from ..wire.errors import UsageError

Paths = str | bytes | os.PathLike[str]
ByteOrder = Literal["little", "big"]


def check_byte_order(byte_order: str | None) -> None:
    """Raises UsageError for what is none."""
    if byte_order not in (None, "little", "big"):
        raise UsageError(f"byte_order: {byte_order!r} is neither 'little' nor 'big'")
