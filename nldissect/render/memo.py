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
from ..dissect import Message

T = TypeVar("T")
Asked = list[tuple[str, int, Any]]

LIMIT = 32 << 20
# What an entry costs beside its payload and text: key, tuple, dictionary slots.
_OVERHEAD = 400


class Memo(Generic[T]):
    """Keeps what `make` gives for a message; `size` says how many bytes that takes.

    Two generations: when the young one has half of `limit` it becomes the old
    one, which is dropped as a whole the next time. NLDISSECT_MEMO=0 turns it
    off.
    """

    def __init__(
        self, make: Callable[[Message], T], size: Callable[[T], int] = getsizeof,
        limit: int | None = None,
    ) -> None:  # fmt: skip
        if limit is None:
            limit = 0 if os.environ.get("NLDISSECT_MEMO") == "0" else LIMIT
        self._make = make
        self._size = size
        self._half = limit // 2
        self._used = 0
        self._young: dict[Any, tuple[T, Asked]] = {}
        self._old: dict[Any, tuple[T, Asked]] = {}

    def get(self, message: Message) -> T:
        """What `make` gives for the message, now or earlier."""
        if not self._half or message.state != wire.OK or message.type <= wire.NLMSG_ERROR:
            return self._make(message)
        data = message.data
        key = (
            data[:8] + data[16:], message.operation, message.family, message.protocol,
            message.to_kernel, message.big, message.header_size,
        )  # fmt: skip
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return self._fresh(message, key)
            self._keep(key, found)
        for question, number, answer in found[1]:
            if getattr(message.context, question)(number, message) != answer:
                return self._fresh(message, key)
        return found[0]

    def _fresh(self, message: Message, key: Any) -> T:
        context = message.context
        asked: Asked = []
        context.asked = asked
        try:
            made = self._make(message)
        finally:
            context.asked = None
        once = {(question, number): answer for question, number, answer in asked}
        self._keep(key, (made, [(*about, answer) for about, answer in once.items()]))
        return made

    def _keep(self, key: Any, entry: tuple[T, Asked]) -> None:
        size = len(key[0]) + self._size(entry[0]) + 64 * len(entry[1]) + _OVERHEAD
        if size > self._half:
            return
        if self._used + size > self._half:
            self._old, self._young, self._used = self._young, {}, 0
        self._young[key] = entry
        self._used += size
