"""Standard output and standard error: batches, broken pipes, terminals."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from typing import BinaryIO, TextIO

from librt.strings import BytesWriter

from ..wire.text import safe

# Bytes that are written at once when nobody waits for each line; who reads along gets the first
# ones in smaller batches.
BATCH = 1 << 16
FIRST = 1 << 12


def complain(text: str) -> None:
    """One line on standard error, in the manner of every Unix tool."""
    _tell(f"nldissect: {safe(text)}\n")


def point(text: str, column: int, length: int) -> None:
    """On standard error, `text` with carets under `length` characters from `column` (from 0) on."""
    before = safe(text[:column])
    under = safe(text[column : column + length])
    room = _cells(before)
    _tell(f"  {safe(text)}\n  {' ' * room}{'^' * max(_cells(under), 1)}\n")


def _tell(lines: str) -> None:
    """Safe text on standard error, if somebody can still read it."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(lines)
        sys.stderr.flush()
    except (OSError, ValueError):
        pass


def _cells(text: str) -> int:
    """How wide text is on a terminal."""
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sees it as it comes; false for none and for one that is closed."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


class TextOutput:
    """Text to standard output, in batches; what its encoding lacks is written as \\u escapes."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self.buffer = BytesWriter()  # what is to be written, in UTF-8
        self.sink: Callable[[bytes], None] | None = None  # takes the batches in place of the stream
        self.muted = False  # whether nothing is written, since another process does it
        self.encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._utf8 = self.encoding.lower().replace("_", "-") in ("utf-8", "utf8")
        self.awaited = self._awaited()
        self._batch = FIRST if self.awaited else BATCH

    @property
    def binary(self) -> BinaryIO | None:
        """The stream of bytes below, None where there is none."""
        return getattr(self._stream, "buffer", None)

    def terminal(self) -> bool:
        """Whether a person sees it as it comes."""
        return is_terminal(self._stream)

    def coloured(self, choice: str) -> bool:
        """--color, else NO_COLOR (no-color.org) and TERM=dumb, else whether it is a terminal."""
        if choice != "auto":
            return choice == "always"
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return self.terminal()

    def _awaited(self) -> bool:
        """Whether somebody may read along: a terminal or a pipe, and no file or device."""
        try:
            kind = os.fstat(self._stream.fileno()).st_mode
        except (OSError, ValueError, AttributeError):
            return False
        return stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) or self.terminal()

    def columns(self) -> int:
        """The terminal's width in cells."""
        try:
            forced = int(os.environ.get("COLUMNS", "0"))
        except ValueError:
            forced = 0
        if forced > 0:
            return forced
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError, AttributeError):
            return 80

    def can_encode(self, text: str) -> bool:
        """Whether the stream can show this text."""
        try:
            text.encode(self.encoding)
        except (UnicodeError, LookupError):
            return False
        return True

    def write(self, text: str) -> None:
        """Adds to the batch, and writes it when there is enough."""
        if self.muted:
            return
        self.buffer.write(text.encode("utf-8", "backslashreplace"))
        self.filled()

    def filled(self) -> None:
        """Writes the batch when there is enough."""
        if len(self.buffer) >= self._batch:
            self.push()
            self._batch = min(2 * self._batch, BATCH)

    def push(self) -> None:
        """Writes what has been gathered."""
        data = self.buffer.getvalue()
        self.buffer.truncate(0)
        if not data or self._stream is None:
            return
        if self.sink is None:
            self._emit(data)
        else:
            self.sink(data)

    def _emit(self, data: bytes) -> None:
        raw = self.binary
        if raw is None:
            self._stream.write(data.decode())
        elif self._utf8:
            raw.write(data)
        else:
            raw.write(data.decode().encode(self.encoding, "backslashreplace"))

    def flush(self) -> None:
        """Writes what has been gathered through to whoever reads it."""
        self.push()
        if self._stream is not None:
            self._stream.flush()

    # -- several processes with one output ------------------------------------------

    @property
    def shared(self) -> bool:
        """Whether several processes can write it: it is a file, a pipe or the like."""
        try:
            return self.binary is not None and self._stream.fileno() >= 0
        except (OSError, ValueError, AttributeError):
            return False

    def emit(self, data: bytes) -> None:
        """Writes a batch through, past the sink."""
        self._emit(data)
        self._stream.flush()

    def abandon(self) -> None:
        """Nobody reads any more: lets the interpreter's own flush at exit go nowhere."""
        self.buffer.truncate(0)
        try:
            descriptor = self._stream.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, descriptor)
            os.close(nowhere)
        except (OSError, ValueError, AttributeError):
            pass
