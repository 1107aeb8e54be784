"""Messages with what pairing knows of them, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nldissect._internal.engine.tree import Message
from nldissect._internal.pairing.conversation import Conversations
from nldissect._internal.pairing.survey import Ahead, Survey
from nldissect._internal.pairing.transaction import Link
from nldissect._internal.session.driver import Taker


def ahead(
    messages: Iterable[Message], pairs: Conversations | None = None, window: int = 4096
) -> Iterator[tuple[Message, Link]]:
    """Each message with its link, in order, once it is settled."""
    holding = Ahead(pairs, window)
    for message in messages:
        holding.feed(message)
        while (settled := holding.take()) is not None:
            yield settled, holding.link
    holding.finish()
    while (settled := holding.take()) is not None:
        yield settled, holding.link


def survey(messages: Iterable[Message]) -> Survey:
    """The conversations of messages in columns."""
    out = Survey()
    pairs = Conversations(on_end=out.end)
    for message in messages:
        out.add(message, pairs.feed(message))
    pairs.finish()
    return out


class Kept(Taker):
    """Keeps what it is given, at most `most` messages."""

    def __init__(self, most: int = 1 << 30) -> None:
        self.pairs: list[tuple[Message, Link]] = []
        self.most = most

    def take(self, message: Message, link: Link) -> bool:
        self.pairs.append((message, link))
        return len(self.pairs) < self.most
