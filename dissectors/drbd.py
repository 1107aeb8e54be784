"""DRBD: what of its header is a union; notifications that are not the last."""

from __future__ import annotations

from typing import Any

from nldissect.hooks import Message

SET_DEFAULTS = 1  # DRBD_GENL_F_SET_DEFAULTS
CONTINUES = 0x8000  # NOTIFY_CONTINUES


def code(value: int, message: Message, get: Any) -> str | None:
    """Flags of a request; what came of it in an answer."""
    if message.to_kernel:
        return "set-defaults" if value == SET_DEFAULTS else ""
    return None if value else ""


def notification(value: int, message: Message, get: Any) -> str | None:
    """What happened, with a word if more of the same follows."""
    known = message.spec.enums.get("notification-type") if message.spec is not None else None
    name = None if known is None else known.names.get(value & ~CONTINUES)
    return f"{name}|continues" if name is not None and value & CONTINUES else None


HOOKS = {"code": code, "notification": notification}
