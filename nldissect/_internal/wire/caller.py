"""Who runs the program, through sudo somebody else than root, and what is surely his."""

from __future__ import annotations

import os
import stat

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def sudo_user() -> tuple[int, int] | None:
    """The user and group that sudo was called by; None without sudo or when that was root."""
    if os.geteuid() != 0:
        return None
    try:
        uid, gid = int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
    except (KeyError, ValueError):
        return None
    return (uid, gid) if uid > 0 and gid >= 0 else None


def own(status: os.stat_result) -> bool:
    """Whether a file or folder is this user's, root's under sudo, and nobody else can write it."""
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS
