"""A pytest plugin for netlink: what a program says, live or recorded, held against expectations.

Loaded by pytest itself (entry point `pytest11`); docs/testing.md tells how to use it.
Nothing of nldissect is imported before a test asks for one of the fixtures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .capture import Captured, Exchange, Live
    from .expect import Expectation
    from .match import Seen, exact
    from .netlink import Netlink

__all__ = ["Captured", "Exchange", "Expectation", "Live", "Netlink", "Seen", "exact"]

_WHERE = {
    "Captured": "capture", "Exchange": "capture", "Live": "capture", "Expectation": "expect",
    "Seen": "match", "exact": "match", "Netlink": "netlink",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"module 'nldissect.testing' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"nldissect.testing.{module}"), name)
