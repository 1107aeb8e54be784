"""What a row is, and with which glyph and colour that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from ...engine.message import Message
from ...engine.walk import ERROR
from ...pairing.codes import COPY, NOTIFICATION, REQUEST
from ...pairing.transaction import Link
from ...wire.framing import NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN

# What a row is, to the glyph in front of it; the same words name its colour.
GLYPHS: Final = {
    "error": "!", "malformed": "!", "lost": "▼", "unanswered": "?", "good": "✓", "done": " ",
    "notification": "•", "copy": "=", "request": " ", "answer": " ",
}  # fmt: skip


def kind(message: Message, link: Link | None) -> str:
    """What a row is, the first that fits: a key of `GLYPHS`."""
    error = message.error
    if error is not None and error < 0:
        return "error"
    if message.type == NLMSG_OVERRUN or (message.record is not None and message.record.lost):
        return "lost"
    if any(found.severity == ERROR for found in message.diagnoses):
        return "malformed"
    if message.type == NLMSG_ERROR and error == 0:
        return "good"
    if message.type == NLMSG_DONE:
        return "done"
    return _by_role(message, link)


def _by_role(message: Message, link: Link | None) -> str:
    """What a row is by its place in a transaction, or by its direction while it has none."""
    if link is None:
        return "request" if message.to_kernel else "answer"
    if link.role == REQUEST:
        found = link.transaction
        return "unanswered" if found is not None and found.state == "unanswered" else "request"
    return {NOTIFICATION: "notification", COPY: "copy"}.get(link.role, "answer")


class ColourRule(NamedTuple):
    """A rule of the user's: what passes `test` has this glyph and these looks."""

    test: Callable[[Message, Link | None], bool]
    glyph: str
    look: str


class ColourRules:
    """The looks of rows: the user's rules in turn, then by what a row is."""

    def __init__(
        self, own: list[ColourRule] | None = None, glyphs: dict[str, str] | None = None
    ) -> None:
        self.own = own or []
        self.glyphs = {**GLYPHS, **(glyphs or {})}

    def look(self, message: Message, link: Link | None) -> tuple[str, str]:
        """The name of the row's looks, and its glyph."""
        found = kind(message, link)
        for rule in self.own:
            if rule.test(message, link):
                return rule.look, rule.glyph or self.glyphs[found]
        return found, self.glyphs[found]
