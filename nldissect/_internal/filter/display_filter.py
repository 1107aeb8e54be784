"""The display filter that users hold messages against."""

from __future__ import annotations

from ..engine.message import Message
from ..pairing.paired import PairedMessage
from ..pairing.transaction import Link
from ..spec.registry import Registry
from .compiler import Compiler
from .parser import parse
from .subject import Subject


class Filter:
    """A filter that messages can be held against; a wrong one raises FilterError.

    `text` is what it was made of. `needs_link` says that it asks for what pairing finds;
    without a link, such conditions hold for no message. `matches` does not change the message.
    """

    __slots__ = ("_evaluate", "_selection", "_time_origin", "_verdict", "needs_link", "text")

    def __init__(self, text: str, registry: Registry) -> None:
        compiler = Compiler(text, registry)
        predicate = compiler.compile(parse(text))
        self.text = text
        self.needs_link = predicate.needs_link
        self._evaluate = predicate.evaluate
        self._verdict = predicate.verdict
        self._time_origin = compiler.time_origin
        self._selection = compiler.resolver.selection

    def matches(self, message: Message, link: Link | None = None) -> bool:
        """Whether the message holds what the filter asks for; `link` is the message's own."""
        if link is None and isinstance(message, PairedMessage):
            link = message.link
        origin = self._time_origin
        if origin.time is None and message.record is not None:
            origin.time = message.record.time
        subject = Subject(message, link, self._selection)
        found = self._evaluate(subject)
        subject.release()
        return found

    def verdict(self, message: Message) -> bool | None:
        """What holds of every message of the same kind as this one: whether they match.

        Of one kind are those with the same protocol, nlmsg_type and direction that are bound to
        the same operation. None where it takes more to tell.
        """
        return self._verdict(Subject(message, None, self._selection))

    @property
    def begun(self) -> bool:
        """Whether a message has told since `restart` when the capture began."""
        return self._time_origin.time is not None

    def restart(self, time: int | None = None) -> None:
        """Another capture begins, at this time (ns; None: that of the next message)."""
        self._time_origin.time = time

    def __repr__(self) -> str:
        return f"<Filter {self.text!r}>"
