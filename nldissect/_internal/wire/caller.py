"""Who runs the program: through sudo, somebody else than root."""

from __future__ import annotations

import os


def sudo_user() -> tuple[int, int] | None:
    """The user and group that sudo was called by; None without sudo or when that was root."""
    if os.geteuid() != 0:
        return None
    try:
        uid, gid = int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
    except (KeyError, ValueError):
        return None
    return (uid, gid) if uid > 0 and gid >= 0 else None
