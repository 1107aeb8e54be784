"""Copying: by tmux, the desktop's own tool, the terminal (OSC 52), else into a file."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from ...wire.output_file import write_file

WAIT = 2  # s for a tool
_TOOLS = (
    ("TMUX", ("tmux", "load-buffer", "-w", "-")),
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
)
SILENT = ("linux", "dumb", "vt100", "vt220", "")  # terminals without OSC 52


def copy(text: str, terminal: Callable[[str], None], folder: Path | None) -> str:
    """Copies the text; returns where to, in words. `terminal` sends it by OSC 52.

    A terminal does not say whether it took it, so `folder` gets it as well then.
    """
    for variable, command in _TOOLS:
        if os.environ.get(variable) and shutil.which(command[0]) and _run(command, text):
            return f"by {command[0]}"
    kept = _keep(text, folder)
    if os.environ.get("TERM", "") not in SILENT:
        terminal(text)
        return "by the terminal (OSC 52)" + (f" and to {kept}" if kept else "")
    return f"to {kept}" if kept else "nowhere: there is no clipboard"


def _run(command: tuple[str, ...], text: str) -> bool:
    try:
        done = subprocess.run(
            command,
            input=text.encode("utf-8", "surrogateescape"),
            timeout=WAIT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _keep(text: str, folder: Path | None) -> str:
    if folder is None:
        return ""
    path = folder / "clipboard"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(str(path), text.encode("utf-8", "surrogateescape"), given=False)
    except OSError:
        return ""
    return str(path)
