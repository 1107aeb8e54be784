"""A report as Markdown, for bug trackers: what was asked, what came back and why, with trees.

What a capture holds stands in code spans and fences alone, where nothing is markup, a mention
or a link to an issue.
"""

from __future__ import annotations

import re
from typing import Final

from ..analysis import link_text
from ..engine.message import Message
from ..pairing.codes import ANSWER, COPY, NOTIFICATION, REQUEST
from ..pairing.transaction import Link
from ..wire.text import safe
from ..wire.times import TimeFormatter
from ..wire.version import VERSION
from .list_output import ListRenderer
from .renderer import Renderer
from .style import Style
from .tree_output import TreeRenderer

_TICKS: Final = re.compile("`+")
_ROLES: Final = {
    REQUEST: "Asked", ANSWER: "Came back", NOTIFICATION: "Notification", COPY: "Copy of one",
}  # fmt: skip


class MarkdownReport(Renderer):
    """A section a message, with times as the clock writes them."""

    def __init__(self, title: str, clock: TimeFormatter) -> None:
        self._title = title
        self._lines = ListRenderer(Style(), clock)
        self._trees = TreeRenderer(self._lines, Style(), full=True)
        self._messages = 0
        self._refused = 0

    def begin(self) -> str:
        """The title."""
        return f"# {code(safe(self._title))}\n\n"

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        """A line with the file's name."""
        self._lines.file(path, last, goes_on)
        return f"File {code(safe(path))}\n\n"

    def lost(self, number: int, here: bool, overrun: str | None = None) -> str:
        """A paragraph of its own."""
        return f"**Lost**: {code(self._lines.lost(number, here, overrun)[1:].strip())}\n\n"

    def message(self, message: Message, link: Link | None = None) -> str:
        """What it is and says, why it was refused, and its tree."""
        self._messages += 1
        role = "Message" if link is None else _ROLES.get(link.role, "Message")
        reason = link_text.explanation(message, link)
        said = safe(link_text.described(message, link))
        out = [f"## {message.number}. {role}{'' if reason is None else ', refused'}: {code(said)}"]
        if reason is not None:
            self._refused += 1
            out.append("\n".join(f"- {code(line)}" for line in reason.lines))
        out.append(fence(self._trees.message(message, link).rstrip("\n")))
        return "\n\n".join(out) + "\n\n"

    def end(self) -> str:
        """How many messages there are, and what made this."""
        many = f"{self._messages} message{'s' * (self._messages != 1)}"
        return f"{many}, {self._refused} refused; made by nldissect {VERSION}.\n"


def code(text: str) -> str:
    """A line of text as a code span."""
    ticks = "`" * (_longest(text) + 1)
    pad = " " if text[:1] in ("`", " ", "") or text[-1:] in ("`", " ") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def fence(text: str) -> str:
    """Lines of text as a code block."""
    ticks = "`" * max(_longest(text) + 1, 3)
    return f"{ticks}text\n{text}\n{ticks}"


def _longest(text: str) -> int:
    """The longest run of backticks."""
    return max([len(run) for run in _TICKS.findall(text)], default=0)
