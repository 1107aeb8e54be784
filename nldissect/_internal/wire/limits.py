"""What input may cost at most, unless its reader says otherwise."""

from __future__ import annotations

import os
from typing import Final

UNLIMITED: Final = "NLDISSECT_LIMITS=off reads on"


def limited() -> bool:
    """Whether limits hold: on what compressed data grows to, and on the length of lines."""
    return os.environ.get("NLDISSECT_LIMITS") != "off"
