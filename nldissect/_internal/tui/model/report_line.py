"""The lines of the lists over the screen: what they say, and what choosing one gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from .parts import Part


class ReportLine(NamedTuple):
    """A line; `value` is what choosing it gives (None: it cannot be chosen).

    `also` gives a filter for what the line counts or belongs to. `key` is the same when the report
    is made again, so that the cursor stays. `more` makes the end of a line that takes long.
    """

    parts: list[Part]
    value: object = None
    also: Callable[[], object] | None = None
    key: object = None
    more: Callable[[], list[Part]] | None = None

    @property
    def text(self) -> str:
        """What is searched: the line, and the command that choosing it gives."""
        words = [text for text, _ in self.parts]
        if isinstance(self.value, str):
            words.append(self.value)
        return " ".join(words).casefold()


# Lines as they are found; None now and then, when nothing was.
ReportSource = Iterator[ReportLine | None]


# -- what lines give beside a row (int) and a command (str) ----------------------------------


class Place(NamedTuple):
    """A byte of the message in a row."""

    row: int
    offset: int


class FilterText(NamedTuple):
    """Messages that pass a filter."""

    text: str


class Rows(NamedTuple):
    """These messages, and what they are called."""

    rows: frozenset[int]
    name: str


class SocketPort(NamedTuple):
    """The messages of a socket."""

    port: int


class Fold(NamedTuple):
    """Folding or unfolding a part of the report; `whole`: all of it."""

    key: object
    whole: bool = False


class GrowingReport(Protocol):
    """A report whose lines are made anew as it goes on."""

    @property
    def state(self) -> str:
        """How far it is, in words; empty at the end."""
        ...

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        ...

    @property
    def changes(self) -> int:
        """Another number whenever `lines` would say something else."""
        ...

    def step(self, seconds: float) -> bool:
        """Goes on for about so much CPU time; whether nothing is left to do for now."""
        ...

    def lines(self, width: int, whole: bool) -> list[ReportLine]:
        """What is known by now, in so many cells; `whole`: nothing is folded."""
        ...

    def fold(self, wanted: Fold) -> None:
        """Folds or unfolds."""
        ...
