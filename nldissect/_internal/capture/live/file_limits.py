"""Files of a running capture: their names, when the next one begins, when to stop.

The criteria and the names are those of dumpcap(1): -a and -b.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.output_file import OutputFile

_KILOBYTE = 1000
_LAST_NUMBER = 100_000


@dataclass(frozen=True, slots=True)
class Limits:
    """When a file ends, or the whole capture; None for no limit.

    `duration` is in seconds, `filesize` in bytes; `interval` ends files at multiples of so many
    seconds of the clock; `files` is how many a capture makes (-a) or how many are kept (-b).
    """

    duration: float | None = None
    filesize: int | None = None
    packets: int | None = None
    files: int | None = None
    interval: int | None = None

    def end_files(self) -> bool:
        """Whether any of them ends a file."""
        return any((self.duration, self.filesize, self.packets, self.interval))

    def reached(self, packets: int, size: int) -> bool:
        """Whether so many packets or bytes are enough."""
        return (self.packets is not None and packets >= self.packets) or (
            self.filesize is not None and size >= self.filesize
        )


def parse_limits(option: str, values: Iterable[str]) -> Limits:
    """The limits of `-a` or `-b` as given; raises UsageError that names the option."""
    found: dict[str, int] = {}
    duration: float | None = None
    known = ["duration", "filesize", "packets", "files"] + ["interval"] * (option == "-b")
    for text in values:
        key, mark, amount = text.partition(":")
        if key not in known or not mark:
            raise UsageError(
                f"{option}: {text!r} is none of {', '.join(name + ':N' for name in known)}"
            )
        try:
            number = float(amount) if key == "duration" else int(amount)
        except ValueError:
            number = 0
        if not 0 < number < 1 << 40:
            raise UsageError(f"{option}: {text}: {amount!r} is no number above 0")
        if key == "duration":
            duration = float(number)
        else:
            found[key] = int(number) * (_KILOBYTE if key == "filesize" else 1)
    return Limits(duration, **found)


def ring_file_name(path: str, number: int, now: float) -> str:
    """The name of the ring's file `number` (from 1) that begins at `now`: a_00001_DATETIME.b."""
    stem, suffix = os.path.splitext(path)
    stamp = time.strftime("%Y%m%d%H%M%S", time.localtime(now))
    return f"{stem}_{number % _LAST_NUMBER:05}_{stamp}{suffix}"


class CaptureFile:
    """One file being written, unbuffered, in place of what was there. Raises OSError."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.began = time.monotonic()
        self.size = 0
        self._file = OutputFile(path, at_once=True)

    def reader(self) -> int:
        """A descriptor to read the file by from its start; -1 if it cannot be read twice."""
        return self._file.reader()

    def write(self, data: bytes) -> None:
        """Write all of it through to the kernel."""
        self._file.write(data)
        self._file.flush()
        self.size += len(data)

    def close(self) -> None:
        """Close it."""
        self._file.commit()


class RingFiles:
    """The numbered files of `-b`, of which the last `files` are kept."""

    def __init__(self, path: str, keep: int | None) -> None:
        self._path = path
        self._keep = keep
        self._made: list[str] = []
        self._count = 0

    def next(self) -> CaptureFile:
        """Begin the next file; removes the oldest one if there would be too many."""
        self._count += 1
        made = CaptureFile(ring_file_name(self._path, self._count, time.time()))
        self._made.append(made.path)
        if self._keep is not None and len(self._made) > self._keep:
            oldest = self._made.pop(0)
            with suppress(FileNotFoundError):
                os.unlink(oldest)
        return made
