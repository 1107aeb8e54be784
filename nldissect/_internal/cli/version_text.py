"""What `nldissect --version` says."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

from ..wire.version import VERSION


def version_text() -> str:
    """Name, version and form: `nldissect 0.1.0 (compiled, CPython 3.11)`, or pure."""

    # Found without being imported, which would load all that is compiled.
    found = PathFinder.find_spec("walk", [os.path.join(os.path.dirname(__file__), "..", "engine")])
    form = "pure" if found is None or str(found.origin).endswith(".py") else "compiled"
    python = "CPython" if sys.implementation.name == "cpython" else sys.implementation.name
    major, minor = sys.version_info[:2]
    return f"nldissect {VERSION} ({form}, {python} {major}.{minor})"
