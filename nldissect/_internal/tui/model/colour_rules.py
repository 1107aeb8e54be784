"""What a row is, and with which glyph and colour that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from ...analysis.row_text import kind
from ...engine.message import Message
from ...pairing.transaction import Link

# What a row is, to the glyph in front of it; the same words name its colour.
GLYPHS: Final = {
    "error": "!", "malformed": "!", "lost": "▼", "unanswered": "?", "good": "✓", "done": " ",
    "notification": "•", "copy": "=", "request": " ", "answer": " ",
}  # fmt: skip


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
        engine = message.context.engine
        message.walk_onto(engine, True)  # what is wrong is known without a node for each field
        found = kind(message, link, engine)
        for rule in self.own:
            if rule.test(message, link):
                return rule.look, rule.glyph or self.glyphs[found]
        return found, self.glyphs[found]
