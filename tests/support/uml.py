"""A kernel of their own for tests: User-Mode Linux, which tests/tools/uml-run starts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from support import ROOT

SEARCHED = "/usr/bin:/usr/sbin:/sbin:/bin"  # of whichever user; pytest's own PATH is not that
GRACE = 40  # seconds to start and to stop, on a busy machine


def needs_kernel(*tools: str) -> pytest.MarkDecorator:
    """Skips where that kernel cannot be had, or one of the tools that a test uses in it."""
    needed = ("linux.uml", "insmod", "ip", *tools)
    missing = [tool for tool in needed if shutil.which(tool, path=SEARCHED) is None]
    reason = f"needs {', '.join(missing)} (user-mode-linux, kmod, iproute2...)"
    return pytest.mark.skipif(bool(missing), reason=reason)


def in_kernel(
    *command: str | Path,
    seconds: int = 300,
    modules: tuple[str, ...] = ("dummy",),
    memory: str = "",
) -> subprocess.CompletedProcess[str]:
    """Runs a command there as root, with these kernel modules, for so long at most."""
    options = ["-t", str(seconds), *(["-m", memory] if memory else [])]
    for module in modules:
        options += ["-k", module]
    return subprocess.run(
        [ROOT / "tests/tools/uml-run", *options, "--", *command],
        capture_output=True,
        text=True,
        timeout=seconds + GRACE,
    )
