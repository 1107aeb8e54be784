"""Display filters: which messages hold what a line of text asks for; docs/filter.md."""

from __future__ import annotations

from ..errors import FilterError
from ..registry import Registry
from ..transaction import Link
from ..tree import Message
from .compiler import Compiler
from .completion import Candidate, Completion
from .completion import complete as _complete
from .paths import Vocabulary
from .syntax import parse

__all__ = ["Candidate", "Completion", "Filter", "FilterError", "complete"]


class Filter:
    """A filter that messages can be held against; a wrong one raises FilterError.

    `text` is what it was made of. `needs_link` says that it asks for what pairing finds;
    without a link, such terms hold for no message. `matches` does not change the message.
    """

    __slots__ = (
        "_check", "_clock", "_holds", "_kinds", "_needles", "_quick", "alike", "needs_link", "text",
    )  # fmt: skip

    def __init__(self, text: str, registry: Registry) -> None:
        compiler = Compiler(text, registry, vocabulary(registry))
        made = compiler.term(parse(text), "")
        self.text = text
        self.needs_link = made.paired
        self._check = made.check
        self._quick = made.quick
        self._kinds = made.kinds
        self._needles = made.needles
        self._holds = made.holds
        # Whether `may_hold` says of an error that echoes a request what it says of the request.
        self.alike = made.alike
        self._clock = compiler.clock

    def matches(self, message: Message, link: Link | None = None) -> bool:
        """Whether the message holds what the filter asks for; `link` is the message's own."""
        if link is None:
            link = message.link
        clock = self._clock
        if clock.first is None and message.record is not None:
            clock.see(message.record.time)
        return self._check(message, link)

    def possible(
        self, protocol: int, length: int, kind: int, flags: int, sequence: int, port: int
    ) -> bool:
        """Whether a message with this header may match; `kind` is nlmsg_type."""
        quick = self._quick
        return quick is None or quick(protocol, length, kind, flags, sequence, port)

    def may_hold(
        self, data: bytes, start: int, end: int, big: bool, protocol: int, kind: int, flags: int
    ) -> bool:
        """Whether a message with these bytes, from its nlmsghdr on, may match."""
        needles, holds = self._needles, self._holds
        if needles and not any(data.find(needle, start, end) >= 0 for needle in needles):
            return False
        return holds is None or holds(data, start, end, big, protocol, kind, flags)

    def may_be(self, protocol: int, kind: int, echoed: int = -1) -> bool:
        """Whether a message of this type may match; of an error, one that echoes such a type."""
        kinds = self._kinds
        return kinds is None or kinds(protocol, kind, echoed)

    @property
    def picks(self) -> bool:
        """Whether `may_be` ever says no."""
        return self._kinds is not None

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
