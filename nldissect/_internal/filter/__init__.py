"""Display filters: which messages hold what a line of text asks for; docs/filter.md."""

from __future__ import annotations

from ..engine.message import Message
from ..pairing.paired import PairedMessage
from ..pairing.transaction import Link
from ..spec.registry import Registry
from ..wire.errors import FilterError
from .compiler import Compiler
from .completion import Candidate, Completion
from .completion import complete as _complete
from .items import Look
from .syntax import parse
from .vocabulary import Vocabulary

__all__ = ["Candidate", "Completion", "Filter", "FilterError", "complete"]


class Filter:
    """A filter that messages can be held against; a wrong one raises FilterError.

    `text` is what it was made of. `needs_link` says that it asks for what pairing finds;
    without a link, such terms hold for no message. `matches` does not change the message.
    """

    __slots__ = ("_check", "_clock", "_wanted", "needs_link", "text")

    def __init__(self, text: str, registry: Registry) -> None:
        compiler = Compiler(text, registry, vocabulary(registry))
        made = compiler.term(parse(text), "")
        self.text = text
        self.needs_link = made.paired
        self._check = made.check
        self._clock = compiler.clock
        self._wanted = compiler.wanted

    def matches(self, message: Message, link: Link | None = None) -> bool:
        """Whether the message holds what the filter asks for; `link` is the message's own."""
        if link is None and isinstance(message, PairedMessage):
            link = message.link
        clock = self._clock
        if clock.first is None and message.record is not None:
            clock.see(message.record.time)
        look = Look(message, link, self._wanted)
        found = self._check(look)
        look.leave()
        return found

    @property
    def begun(self) -> bool:
        """Whether a message has told since `restart` when the capture began."""
        return self._clock.first is not None

    def restart(self, time: int | None = None) -> None:
        """Another capture begins, at this time (ns; None: that of the next message)."""
        self._clock.first = time

    def __repr__(self) -> str:
        return f"<Filter {self.text!r}>"


def complete(text: str, cursor: int, registry: Registry) -> Completion:
    """What may stand at `cursor` (a place in `text`) of a filter that is being typed."""
    words = vocabulary(registry)
    return _complete(text, cursor, words, Compiler(text, registry, words))


def vocabulary(registry: Registry) -> Vocabulary:
    """The names that a registry's dissectors have, gathered once."""
    found = registry.vocabulary
    if not isinstance(found, Vocabulary):
        found = registry.vocabulary = Vocabulary(registry)
    return found
