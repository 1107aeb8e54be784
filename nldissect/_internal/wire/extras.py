"""Libraries that only some installations have: the extras of pyproject.toml."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import UsageError


def extra_module(name: str, package: str, extra: str) -> Any:
    """A module of `package`, imported; raises UsageError with what to install where it is not."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UsageError(f"this needs {package}: pip install 'nldissect[{extra}]'") from None
