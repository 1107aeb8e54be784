"""A pytest plugin for netlink: what a program says, live or recorded, held against expectations.

pytest loads it by itself (entry point `pytest11`); docs/testing.md tells how to use it.
"""

from __future__ import annotations

from ._internal.pytest_plugin.capture_index import Exchange
from ._internal.pytest_plugin.captured import Captured, Live
from ._internal.pytest_plugin.expectation import Expectation
from ._internal.pytest_plugin.fixtures import Netlink
from ._internal.pytest_plugin.matching import Seen, exact

__all__ = ["Captured", "Exchange", "Expectation", "Live", "Netlink", "Seen", "exact"]
