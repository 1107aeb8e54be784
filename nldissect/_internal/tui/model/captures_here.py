"""The captures of a folder, told by their first bytes, the newest first."""

from __future__ import annotations

import io
import os
import time
from contextlib import suppress
from typing import Final, NamedTuple

from ...capture.files import bytestream, pcap, pcapng
from ...capture.files.link import COOKED
from ...capture.reader import open_capture
from ...wire.errors import CaptureError

MOST: Final = 2000  # entries of a folder that are looked at
LOOKED: Final = 0.25  # s that looking takes at most
BEGINNING: Final = 1 << 16  # bytes of a file that tell what it is
_UNITS: Final = (
    (60, "s"), (3600, "min"), (86400, "h"), (30 * 86400, "days"),
)  # fmt: skip


class Found(NamedTuple):
    """A capture: its path, how many bytes it has, when it was written (s since the epoch)."""

    path: str
    size: int
    written: float


def captures(folder: str) -> list[Found]:
    """The captures with netlink in them, as far as a moment's look finds them."""
    out: list[Found] = []
    end = time.monotonic() + LOOKED
    with suppress(OSError), os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number >= MOST or time.monotonic() > end:
                break
            with suppress(OSError):
                if entry.is_file() and _is_capture(entry.path):
                    status = entry.stat()
                    out.append(Found(entry.path, status.st_size, status.st_mtime))
    return sorted(out, key=lambda one: -one.written)


def _is_capture(path: str) -> bool:
    """Whether a regular file is pcap or pcapng, compressed or not, with a netlink interface."""
    with open(path, "rb") as file:
        head = file.read(8)
        if head[:4] not in pcap.MAGICS and not head.startswith((pcapng.MAGIC, *bytestream.MAGICS)):
            return False
        head += file.read(BEGINNING)
    capture = open_capture(path, stream=io.BytesIO(head))
    with suppress(CaptureError):  # it may be longer than that
        next(iter(capture), None)
    return any(one.link_type in COOKED for one in capture.interfaces)


def size_text(size: int) -> str:
    """A file's size for people."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size} {unit}"
        size = size // 1000
    return f"{size} GB"


def age_text(written: float, now: float) -> str:
    """How long ago something was written; of long ago the date."""
    age, below = max(now - written, 0), 1
    for limit, unit in _UNITS:
        if age < limit:
            return f"{int(age // below)} {unit} ago"
        below = limit
    return time.strftime("%Y-%m-%d", time.localtime(written))
