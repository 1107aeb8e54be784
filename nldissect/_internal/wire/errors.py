"""The exceptions that leave the library; all else is a diagnosis on a node."""

from __future__ import annotations

import os

from .text import safe


class NldissectError(Exception):
    """Base of every declared error; `str()` is one line fit for a user, and for a terminal."""

    def __str__(self) -> str:
        return safe(super().__str__())


class CaptureError(NldissectError):
    """A capture file that cannot be read (further).

    `record` is the number (from 1) of the record that could not be read and
    `offset` its byte offset in the (decompressed) file; both are None when
    the file could not be opened at all.
    """

    def __init__(
        self, path: str, reason: str, record: int | None = None, offset: int | None = None
    ) -> None:
        self.path = path
        self.reason = reason
        self.record = record
        self.offset = offset
        where = "" if record is None else f"record {record} at offset {offset}: "
        super().__init__(f"{path}: {where}{reason}")


class SpecError(NldissectError):
    """A dissector or spec file that is wrong, with the file and the path in it."""

    def __init__(self, file: str, reason: str, path: str = "", line: int | None = None) -> None:
        self.file = file
        self.reason = reason
        self.path = path
        self.line = line
        where = file if line is None else f"{file}:{line}"
        super().__init__(f"{where}: {path}: {reason}" if path else f"{where}: {reason}")


class UsageError(NldissectError):
    """A request that makes no sense: an unknown option value, field or name."""


class FilterError(UsageError):
    """A display filter that is wrong.

    `text` is the filter, `column` (from 0) and `length` where in it, `reason`
    what is wrong and `hint` what to do about it, empty if there is nothing to say.
    """

    def __init__(
        self, text: str, column: int, reason: str, hint: str = "", length: int = 1
    ) -> None:
        self.text = text
        self.column = column
        self.length = max(length, 1)
        self.reason = reason
        self.hint = hint
        said = f"{reason}; {hint}" if hint else reason
        super().__init__(f"filter: {said} (column {column + 1})")


def trace_fault() -> None:
    """With NLDISSECT_DEBUG, where the exception that is handled came from, on standard error."""
    if os.environ.get("NLDISSECT_DEBUG"):
        import traceback

        traceback.print_exc()


def in_words(found: object) -> str:
    """The repr of what code beside a dissector raised or returned; it is that code's, too."""
    try:
        return repr(found)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return type(found).__name__
