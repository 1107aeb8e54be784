"""The list: one line per message that says what happened.

Number, time, direction (→ to the kernel), protocol or generic family,
operation, summary; at the end, in brackets, the first thing that is wrong.
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
        self._text: Memo[str] = Memo(self._join)
        self._plain = width is None and not style.colour

    def begin(self) -> str:
        return ""

    def file(self, path: str, last: int) -> str:
        self.clock.restart()
        return ("\n" if last else "") + f"==> {safe(path)} <==\n"

    def end(self) -> str:
        return ""

    def message(self, message: Message) -> str:
        """The line, with its end."""
        record = message.record
        assert record is not None
        time = self.clock.text(record.number, record.time)
        arrow = self.style.arrows[0 if message.to_kernel else 1]
        head = f"{message.number:>5} {time:>10} {arrow} "
        if self._plain:
            return head + self._text.get(message)
        parts = [(f"{message.number:>5} {time:>10} ", "dim"), (f"{arrow} ", "plain")]
        parts += self._parts.get(message)
        room = self.width
        return fit(parts, 1 << 30 if room is None else room, self.style) + "\n"

    def _join(self, message: Message) -> str:
        return "".join(text for text, _ in self._make(message)) + "\n"

    def _make(self, message: Message) -> list[Part]:
        """What follows the arrow."""
        diagnoses = facts.diagnoses(message)
        what = safe(facts.what(message, self._constants))
        summary = safe(summarize(message))
        looks = "operation"
        if message.error is not None:
            looks = "error" if message.error else "good"
        parts = [
            (f"{safe(facts.who(message)):<9} ", "protocol"),
            (f"{what:<10} " if summary else what, looks),
            (summary, looks if looks == "error" else "plain"),
        ]
        bad = [d for d in diagnoses if d.severity != dissect.NOTE]
        if bad:
            first = next((d for d in bad if d.severity == dissect.ERROR), bad[0])
            more = f", {len(bad) - 1} more" if len(bad) > 1 else ""
            parts.append((f" [! {safe(first.text)}{more}]", first.severity))
        elif message.truncated:
            parts.append((" [truncated]", "note"))
        return parts
