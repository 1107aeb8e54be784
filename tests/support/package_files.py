"""Which files of the tree belong in the package."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path

PACKAGE_FILES = ("*.py", "*.yaml", "*.tcss", "*.html", "*.css", "*.js", "*.lua", "py.typed")


def matching(folder: Path, globs: tuple[str, ...] = PACKAGE_FILES) -> set[str]:
    """Paths below `folder`, relative to it, of the files that belong in a package."""
    return {
        Path(inside, name).relative_to(folder).as_posix()
        for inside, _, names in os.walk(folder, followlinks=True)
        for name in names
        if any(fnmatch(name, glob) for glob in globs)
    }
