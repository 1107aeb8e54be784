"""Who runs the program, through sudo somebody else than root, and what is surely his."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress

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


def settle_in() -> None:
    """Takes the home folder of the user that this process has become."""
    import pwd

    with suppress(KeyError):
        os.environ["HOME"] = pwd.getpwuid(os.geteuid()).pw_dir
        for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            os.environ.pop(variable, None)


def acting_for_another() -> bool:
    """Whether what the environment names may be somebody else's: sudo, pkexec or su kept it."""
    user = os.geteuid()
    for variable in ("SUDO_UID", "PKEXEC_UID"):
        if os.environ.get(variable, str(user)) != str(user):
            return True
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        try:
            owner = os.stat(os.environ.get(variable) or "/").st_uid
        except (OSError, ValueError):
            continue
        if owner not in (0, user):
            return True
    return False


def own(status: os.stat_result) -> bool:
    """Whether a file or folder is this user's, root's under sudo, and nobody else can write it."""
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS


def own_folder(path: str) -> bool:
    """Whether a folder is no link, this user's alone, and nobody else can put another in its place.

    Where it is not there yet, whether one that is made would be. Above it, folders may be root's
    too, and such as others can write if they are sticky, as /tmp is.
    """
    above, name = os.path.split(os.path.abspath(path))
    real = os.path.join(os.path.realpath(above), name)
    try:
        found = os.lstat(real)
        if not (stat.S_ISDIR(found.st_mode) and own(found)):
            return False
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return all(_safe(folder) for folder in {*_above(real), *_above(os.path.abspath(path))})


def _above(path: str) -> Iterator[str]:
    """The folders around a path, up to the root."""
    folder = os.path.dirname(path)
    while folder != path:
        yield folder
        path, folder = folder, os.path.dirname(folder)


def _safe(folder: str) -> bool:
    """Whether what lies in a folder stays there unless this user, or root, moves it."""
    try:
        found = os.stat(folder)
    except FileNotFoundError:
        return True  # to be made
    except OSError:
        return False
    if found.st_uid not in (0, os.geteuid()):
        return False
    return not found.st_mode & _OTHERS or bool(found.st_mode & stat.S_ISVTX)
