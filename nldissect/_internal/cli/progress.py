"""A progress bar on standard error while a long file is read."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

from ..capture.merged import MergedCapture
from ..capture.reader import CaptureReader
from ..wire.record import Record
from ..wire.text import safe

# Seconds until the bar appears, and between its updates.
PATIENCE = 0.5
INTERVAL = 0.1
_EVERY = 256
_WIDTH = 30


class ProgressBar:
    """A capture whose records, as they are gone through, move a bar; both passes count."""

    def __init__(self, capture: CaptureReader | MergedCapture, name: str) -> None:
        self.rewindable = capture.rewindable
        self._capture = capture
        self._name = name
        self._pass = 0
        self._next = time.monotonic() + PATIENCE
        self._drawn = False
        self._process = os.getpid()  # the only one of several that draws

    def __iter__(self) -> Iterator[Record]:
        self._pass += 1
        left = _EVERY
        for record in self._capture:
            left -= 1
            if not left:
                left = _EVERY
                if time.monotonic() >= self._next:
                    self._draw()
            yield record

    def _draw(self) -> None:
        done, total = self._capture.progress()
        if not total or os.getpid() != self._process:
            return
        # Learning is quick beside dissecting: it gets a tenth of the bar.
        part = min(done / total, 1)
        part = part / 10 if self._pass == 1 else 0.1 + part * 0.9
        filled = int(part * _WIDTH)
        bar = "#" * filled + "." * (_WIDTH - filled)
        sys.stderr.write(f"\r{safe(self._name[-30:])} [{bar}] {part:4.0%}\x1b[K")
        sys.stderr.flush()
        self._drawn = True
        self._next = time.monotonic() + INTERVAL

    def clear(self) -> None:
        """Takes the bar away."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = False
