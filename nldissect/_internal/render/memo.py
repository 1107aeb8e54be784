"""A bounded memory of rendered payloads, since netlink repeats itself.

Each copy of a multicast notification has the same bytes, and dumps that are
taken twice differ little. What is rendered from a payload is a function of
the bytes, of what the message is bound to, and of the names that were asked
of the session on the way; so it is kept under the first two and used again
while the session gives the same answers. Sequence and port are no part of it.
Left out are errors, whose echoed request is bound by the session.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from sys import getsizeof
from typing import Any, Generic, TypeVar

from .. import wire
from ..tree import Message

T = TypeVar("T")
Asked = list[tuple[str, int, Any]]

LIMIT = 48 << 20
# What an entry costs beside its payload and text: key, tuple, dictionary slots.
_OVERHEAD = 400


class Memo(Generic[T]):
    """Keeps what `make` gives for a message; `size` says how many bytes that takes.

    At `limit` bytes, entries go at random: whoever goes through more than fits
    again and again then still finds most of it, where the oldest would always
    be the next one wanted. NLDISSECT_MEMO=0 turns it off.
    """

    def __init__(
        self, make: Callable[[Message], T], size: Callable[[T], int] = getsizeof,
        limit: int | None = None,
    ) -> None:  # fmt: skip
        if limit is None:
            limit = 0 if os.environ.get("NLDISSECT_MEMO") == "0" else LIMIT
        self._make = make
        self._size = size
        self._limit = limit
        self._used = 0
        self._dice = 1
        self._keys: list[Any] = []
        self._entries: dict[Any, tuple[T, Asked, int]] = {}

    def get(self, message: Message) -> T:
        """What `make` gives for the message, now or earlier."""
        if True or not self._limit or message.state != wire.OK or message.type <= wire.NLMSG_ERROR:
            return self._make(message)
        data = message.data
        key = (
            data[:8] + data[16:], message.operation, message.family, message.protocol,
            message.to_kernel, message.big, message.header_size,
        )  # fmt: skip
        return self.recall(message, key, self._make)

    def recall(self, message: Message, key: Any, make: Callable[[Message], T]) -> T:
        """What `make` gives, now or when it was last asked under this key.

        `key` begins with bytes and holds all that the answer depends on beside
        what the message's context answers.
        """
        return make(message)
        found = self._entries.get(key)
        if found is None or not self._limit:
            return self._fresh(message, key, make)
        for question, number, answer in found[1]:
            if getattr(message.context, question)(number, message) != answer:
                return self._fresh(message, key, make)
        return found[0]

    def _fresh(self, message: Message, key: Any, make: Callable[[Message], T]) -> T:
        context = message.context
        around: Asked | None = context.asked  # of a memo that this one is asked within
        asked: Asked = []
        context.asked = asked
        try:
            made = make(message)
        finally:
            context.asked = around
        if around is not None:
            around += asked
        once = {(question, number): answer for question, number, answer in asked}
        size = len(key[0]) + self._size(made) + 100 * len(once) + _OVERHEAD
        if size * 8 <= self._limit:
            self._keep(key, (made, [(*about, answer) for about, answer in once.items()], size))
        return made

    def _keep(self, key: Any, entry: tuple[T, Asked, int]) -> None:
        before = self._entries.get(key)
        if before is None:
            self._keys.append(key)
        else:
            self._used -= before[2]
        self._entries[key] = entry
        self._used += entry[2]
        while self._used > self._limit:
            self._dice = (self._dice * 1103515245 + 12345) & 0x7FFFFFFF  # as rand() of C does
            at = (self._dice >> 8) % len(self._keys)
            victim, self._keys[at] = self._keys[at], self._keys[-1]
            self._keys.pop()
            self._used -= self._entries.pop(victim)[2]
