"""A pytest plugin for netlink: what a program says, live or recorded, held against expectations.

pytest loads it by itself (entry point `pytest11`); docs/testing.md tells how to use it.
"""

from __future__ import annotations

from ._internal.testing.capture import Captured, Exchange, Live
from ._internal.testing.expect import Expectation
from ._internal.testing.match import Seen, exact
from ._internal.testing.netlink import Netlink

__all__ = ["Captured", "Exchange", "Expectation", "Live", "Netlink", "Seen", "exact"]
