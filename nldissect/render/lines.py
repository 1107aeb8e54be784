"""The list: one line per message that says what happened.

Number, time, direction (→ to the kernel), protocol or generic family,
operation, summary. A malformed message has a ! in front, and at the end, in
brackets, the first thing that is wrong with it.
"""

from __future__ import annotations

from .. import dissect
from ..dissect import Message
from ..summary import summarize
from ..text import safe
from . import facts
from .memo import Memo
from .style import Style, fit
from .times import Clock

Part = tuple[str, str]


class Lines:
    """Renders the list; `width` cuts each line to so many cells (None: never)."""

    def __init__(
        self, style: Style, clock: Clock, width: int | None = None, constants: bool = False,
    ) -> None:  # fmt: skip
        self.style = style
        self.clock = clock
        self.width = width
        self._constants = constants
        self._parts: Memo[list[Part]] = Memo(self._make, lambda p: sum(len(t) for t, _ in p))
        self._texts: Memo[tuple[str, str]] = Memo(self.make, lambda t: len(t[1]) + 64)

    def begin(self) -> str:
        return ""

    def file(self, path: str, last: int) -> str:
        self.clock.restart()
        return ("\n" if last else "") + f"==> {safe(path)} <==\n"

    def end(self) -> str:
        return ""

    def message(self, message: Message) -> str:
        """The line, with its end."""
        if self.width is None:
            return self.line(message, *self._texts.get(message))
        parts = self._parts.get(message)
        head = (self._head(message), "dim")
        return fit([parts[0], head, *parts[1:]], self.width, self.style) + "\n"

    def line(self, message: Message, mark: str, text: str) -> str:
        """The line of a message for which `make` gave `mark` and `text`."""
        return f"{mark}{self.style.paint(self._head(message), 'dim')}{text}"

    def make(self, message: Message) -> tuple[str, str]:
        """The part of the line that repeats: the mark in front, and all after the arrow."""
        mark, *parts = (self.style.paint(*part) for part in self._make(message))
        return mark, "".join(parts) + "\n"

    def _head(self, message: Message) -> str:
        record = message.record
        assert record is not None
        time = self.clock.text(record.number, record.time)
        arrow = self.style.arrows[0 if message.to_kernel else 1]
        return f"{message.number:>5} {time:>10} {arrow} "

    def _make(self, message: Message) -> list[Part]:
        """The mark in front, then what follows the arrow."""
        diagnoses = facts.diagnoses(message)
        what = safe(facts.what(message, self._constants))
        summary = safe(summarize(message))
        looks = "operation"
        if message.error is not None:
            looks = "error" if message.error else "good"
        bad = [d for d in diagnoses if d.severity != dissect.NOTE]
        parts = [
            ("!", "error") if bad else (" ", "plain"),
            (f"{safe(facts.who(message)):<9} ", "protocol"),
            (f"{what:<10} " if summary else what, looks),
            (summary, looks if looks == "error" else "plain"),
        ]
        if bad:
            first = next((d for d in bad if d.severity == dissect.ERROR), bad[0])
            more = f", {len(bad) - 1} more" if len(bad) > 1 else ""
            parts.append((f" [{safe(first.text)}{more}]", first.severity))
        elif message.truncated:
            parts.append((" [truncated]", "note"))
        return parts
