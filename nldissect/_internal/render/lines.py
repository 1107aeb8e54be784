"""The list: one line per message that says what happened.

Number, time, direction (→ to the kernel), protocol or generic family,
operation, summary. A malformed message has a ! in front, and at the end, in
brackets, the first thing that is wrong with it. What pairing found (copies, why
an error, the family of an acknowledgement) is shown where the link is given.
"""

from __future__ import annotations

from typing import Any

from .. import tree, wire
from ..text import safe
from ..transaction import Link
from ..tree import Message
from . import Renderer, facts, pairs
from .memo import Memo
from .style import Style, fit
from .times import Clock

Part = tuple[str, str]


def control_key(message: Message, link: Link | None) -> tuple[Any, ...] | None:
    """What the line of a control message follows from, for a memo; None when from more.

    Sequence and port, its own and the echoed ones, are not in the line.
    """
    asked = pairs.question(message, link)
    unnamed = message.protocol == wire.NETLINK_GENERIC and asked is None
    if message.state != wire.OK or unnamed:  # the session binds what is echoed
        return None
    data = message.data
    if message.type == wire.NLMSG_ERROR:
        data = data[:8] + data[16:28] + data[36:]
    else:
        data = data[:8] + data[16:]
    of = None
    if asked is not None:
        of = (asked.data[:8] + asked.data[16:], asked.operation, asked.family)
    return data, message.protocol, message.big, message.family, of


class Lines(Renderer):
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

    def file(self, path: str, last: int) -> str:
        self.clock.restart()
        return ("\n" if last else "") + f"==> {safe(path)} <==\n"

    def lost(self, number: int, here: bool) -> str:
        """A row of its own: a gap in the capture, which may leave requests unanswered."""
        where = "here" if here else "here or before"
        text = f"{number} datagram{'s' * (number > 1)} lost {where}: the capture was too slow"
        return f"!{' ' * 19}{self.style.paint(text, 'error')}\n"

    def message(self, message: Message, link: Link | None = None) -> str:
        """The line, with its end."""
        control = link is not None and 0 <= message.type < wire.NLMSG_MIN_TYPE
        if self.width is None:
            made = self.control(message, link) if control else self._texts.get(message)
            return self.line(message, link, *made)
        parts = self._make(message, link) if control else self._parts.get(message)
        head = (self._head(message), "dim")
        room, end = self.width, ""
        if link is not None and pairs.beside(message, link):
            aside = pairs.aside(message, link)
            room, end = max(room - len(aside), 0), self.style.paint(aside, "dim")
        return fit([parts[0], head, *parts[1:]], room, self.style) + end + "\n"

    def control(self, message: Message, link: Link | None) -> tuple[str, str]:
        """`make` of a control message, whose line says what its request was."""
        key = control_key(message, link)
        if key is None:
            return self.make(message, link)
        return self._texts.recall(message, key, lambda m: self.make(m, link))

    def line(self, message: Message, link: Link | None, mark: str, text: str) -> str:
        """The line of a message for which `make` gave `mark` and `text`."""
        if link is not None and pairs.beside(message, link):
            text = f"{text[:-1]}{self.style.paint(pairs.aside(message, link), 'dim')}\n"
        return f"{mark}{self.style.paint(self._head(message), 'dim')}{text}"

    def make(self, message: Message, link: Link | None = None) -> tuple[str, str]:
        """The line without number, time and arrow: the mark in front, and all after the arrow."""
        mark, *parts = (self.style.paint(*part) for part in self._make(message, link))
        return mark, "".join(parts) + "\n"

    def _head(self, message: Message) -> str:
        record = message.record
        assert record is not None
        time = self.clock.text(record.number, record.time)
        arrow = self.style.arrows[0 if message.to_kernel else 1]
        return f"{message.number:>5} {time:>10} {arrow} "

    def _make(self, message: Message, link: Link | None = None) -> list[Part]:
        """The mark in front, then what follows the arrow."""
        diagnoses = facts.diagnoses(message)
        what = safe(facts.what(message, self._constants))
        summary = safe(pairs.summary(message, link))
        looks = "operation"
        if message.error is not None:
            looks = "error" if message.error else "good"
        bad = [d for d in diagnoses if d.severity != tree.NOTE]
        parts = [
            ("!", "error") if bad else (" ", "plain"),
            (f"{safe(facts.who(message, pairs.question(message, link))):<9} ", "protocol"),
            (f"{what:<10} " if summary else what, looks),
            (summary, looks if looks == "error" else "plain"),
        ]
        if bad:
            first = next((d for d in bad if d.severity == tree.ERROR), bad[0])
            more = f", {len(bad) - 1} more" if len(bad) > 1 else ""
            parts.append((f" [{safe(first.text)}{more}]", first.severity))
        elif message.truncated:
            parts.append((" [truncated]", "note"))
        return parts
