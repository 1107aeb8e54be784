"""The lines of the lists over the screen: what they say, and what choosing one gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .parts import Part


class ReportLine(NamedTuple):
    """A line; `value` is what choosing it gives (None: it cannot be chosen)."""

    parts: list[Part]
    value: object = None

    @property
    def text(self) -> str:
        """What is searched: the line, and the command that choosing it gives."""
        words = [text for text, _ in self.parts]
        if isinstance(self.value, str):
            words.append(self.value)
        return " ".join(words).casefold()


# Lines as they are found; None now and then, when nothing was.
ReportSource = Iterator[ReportLine | None]
