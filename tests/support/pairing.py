"""Messages with what pairing knows of them, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nldissect._internal.engine.message import Message
from nldissect._internal.pairing.conversation import Conversations
from nldissect._internal.pairing.hold_back import HoldBack
from nldissect._internal.pairing.link_table import LinkTable
from nldissect._internal.pairing.transaction import Link
from nldissect._internal.session.driver import MessageSink


def held_back(
    messages: Iterable[Message], pairs: Conversations | None = None, window: int = 4096
) -> Iterator[tuple[Message, Link]]:
    """Each message with its link, in order, once it is settled."""
    holding = HoldBack(pairs, window)
    for message in messages:
        holding.feed(message)
        while (settled := holding.take()) is not None:
            yield settled, holding.link
    holding.finish()
    while (settled := holding.take()) is not None:
        yield settled, holding.link


def link_table(messages: Iterable[Message]) -> LinkTable:
    """The conversations of messages in columns."""
    out = LinkTable()
    pairs = Conversations(on_end=out.end)
    for message in messages:
        out.add(message, pairs.feed(message))
    pairs.finish()
    return out


class Kept(MessageSink):
    """Keeps what it is given, at most `most` messages."""

    def __init__(self, most: int = 1 << 30) -> None:
        self.pairs: list[tuple[Message, Link]] = []
        self.most = most

    def take(self, message: Message, link: Link) -> bool:
        self.pairs.append((message, link))
        return len(self.pairs) < self.most
