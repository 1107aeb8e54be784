"""The last state of each object that the kernel tells of, in one capture.

Which objects these are, and what makes one the same, dissectors say (`object_keys`).
"""

from __future__ import annotations

from ..engine.message import Message
from ..pairing import codes
from ..pairing.transaction import Link
from ..session.driver import MessageSink
from .flattener import Flat, Flattener
from .object_keys import Key, may_tell, told


class ObjectStates(MessageSink):
    """The last state of each object that the kernel tells of, with the message's number.

    What one dump shows more than once under one key (as routes that were
    appended) has `#2`, `#3`... after it.
    """

    def __init__(self, counters: bool = False) -> None:
        self.flatten = Flattener(counters)
        self.states: dict[Key, tuple[Flat, int]] = {}
        self.ranks: dict[str, tuple[int, int]] = {}  # by kind, to sort them by
        self._places: dict[Key, Key] = {}  # the key of what has a number that stays
        self._dump: tuple[int, dict[Key, int]] = (0, {})  # transaction, how often each came

    def take(self, message: Message, link: Link) -> bool:
        """Takes in the next message."""
        if link.role_code == codes.ROLE_REQUEST or not may_tell(message):
            return True
        flat = self.flatten(message)
        found_object = told(message, flat)
        if found_object is None:
            return True
        kind, key, gone = found_object
        self.ranks[kind.name] = kind.rank
        if kind.place:
            self._renamed((kind.name, str(message.get(kind.place)), *key[2:]), key)
            message.forget()
        if gone:
            self._gone(key, flat)
            return True
        found = link.transaction
        if found is not None and link.role_code == codes.ROLE_ANSWER and found.is_dump:
            key = self._numbered(key, found.id)
        self.states[key] = (flat, message.number)
        return True

    def _numbered(self, key: Key, dump: int) -> Key:
        """The key of the next object that a dump shows under one; the first lets go of others."""
        if self._dump[0] != dump:
            self._dump = (dump, {})
        times = self._dump[1].get(key, 0) + 1
        self._dump[1][key] = times
        if times > 1:
            return (*key, f"#{times}")
        for more in self._more(key):
            del self.states[more]
        return key

    def of(self, key: Key) -> list[Key]:
        """The keys of all objects that are the same by this key."""
        return [k for k in (key, *self._more(key)) if k in self.states]

    def _more(self, key: Key) -> list[Key]:
        out: list[Key] = []
        while (more := (*key, f"#{len(out) + 2}")) in self.states:
            out.append(more)
        return out

    def _gone(self, key: Key, flat: Flat) -> None:
        """Forgets an object; of several under one key that which looks like it, else the first."""
        several = self.of(key)
        if several:
            gone = next((k for k in several if self.states[k][0] == flat), several[0])
            del self.states[gone]

    def _renamed(self, place: Key, key: Key) -> None:
        """What has another name now has not the old one any more."""
        before = self._places.get(place)
        if before is not None and before != key:
            self.states.pop(before, None)
        self._places[place] = key
