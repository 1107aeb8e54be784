"""By how much columns of numbers grow that have a row for each message of a capture."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

_LEAST: Final = 1024  # rows that columns begin with


def roomier(room: i64) -> i64:
    """How many rows there is to be room for next: an eighth more; of itself a `vec` doubles."""
    return room + (room >> 3) + _LEAST
