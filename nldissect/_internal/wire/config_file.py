"""The user's settings file, ~/.config/nldissect/config.toml: where it is, and what it holds.

At its top are the settings of the terminal interface, in a table for each command ([read]) what
its options are when they are not given.
"""

from __future__ import annotations

import os
from typing import Any

from .caller import acting_for_another, own
from .errors import UsageError

NAMES = ("config.toml", "tui.toml")  # the second is from when only the terminal interface had one


def folder(variable: str, default: str) -> str:
    """This program's folder in one of the XDG base directories, or in what is their default."""
    base = os.environ.get(variable)
    home = base if base and os.path.isabs(base) else os.path.join(os.path.expanduser("~"), default)
    return os.path.join(home, "nldissect")


def load(path: str | None = None) -> tuple[dict[str, Any], str]:
    """What the file holds, and its name; nothing without one. Raises UsageError.

    Of whoever called sudo it is not asked what root shall do, unless `path` names it.
    """
    if path is not None:
        found = _read(path, True)
        if found is None:
            raise UsageError(f"{path}: there is no such file")
        return found, path
    for name in NAMES:
        file = os.path.join(folder("XDG_CONFIG_HOME", ".config"), name)
        found = _read(file, False) if os.path.exists(file) else None
        if found is not None:
            return found, file
    return {}, NAMES[0]


def _read(file: str, named: bool) -> dict[str, Any] | None:
    import tomllib  # which few starts need

    try:
        with open(file, "rb") as stream:
            if not named and acting_for_another() and not own(os.fstat(stream.fileno())):
                return {}
            return tomllib.load(stream)
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise UsageError(f"{file}: {problem}") from None
    except OSError as problem:
        raise UsageError(f"{file} cannot be read: {problem.strerror}") from None
