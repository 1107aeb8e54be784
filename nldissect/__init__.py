"""nldissect: a dissector for Linux netlink."""

from __future__ import annotations

__version__ = "0.1.0"
