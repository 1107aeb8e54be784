"""SELinux's mode in words, as getenforce(8) has it."""

from __future__ import annotations

from collections.abc import Callable

from nldissect.hooks import Message


def mode(value: int, message: Message, get: Callable[[str], object]) -> str | None:
    """Permissive or enforcing."""
    return {0: "permissive", 1: "enforcing"}.get(value)


HOOKS = {"mode": mode}
