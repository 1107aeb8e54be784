"""The kind of an extension of iptables, which no header names."""

from __future__ import annotations

from collections.abc import Callable

from nldissect.hooks import Message


def extension(value: int, message: Message, get: Callable[[str], object]) -> str | None:
    """nfnl_compat_get_rcu(): 1 is a target."""
    return {0: "match", 1: "target"}.get(value)


HOOKS = {"extension": extension}
