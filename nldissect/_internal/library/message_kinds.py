"""What messages of a capture have in common: those of one kind are bound alike.

Of one kind are messages with the same protocol, nlmsg_type, direction, generic command and error
number (as far as the kernel has such) that are bound to the same operation of the same
dissector. There are few kinds, however many messages there are; what asks for no more than that
need be asked once of each.
"""

from __future__ import annotations

from typing import final

from librt.vecs import append, extend, vec
from mypy_extensions import i32, i64

from ..engine.frame import Frame
from ..wire.growth import roomier


@final
class MessageKinds:
    """The kind of each message, by its place from 0: a number, from 0.

    `first` has the place of the first message of each kind, `count` how many there are of it,
    `family` their generic family.
    """

    def __init__(self) -> None:
        self.of = vec[i32]()
        self.first: list[int] = []
        self.count: list[int] = []
        self.family: list[str | None] = []
        self._room: i64 = 0
        self._numbers: dict[tuple[object, ...], int] = {}

    def make_room(self, room: i64) -> None:
        """Has room for so many messages, so that `of` need not be copied to grow."""
        self._room = room
        self.of = extend(vec[i32](capacity=room), self.of)

    def add(self, message: Frame) -> None:
        """Takes in the next message, bound as it is shown."""
        operation = message.operation
        key = (
            message.protocol,
            int(message.type) if message.netlink else None,
            message.to_kernel,
            message.command,
            message.spec,
            operation,
            message.family,
            message.error if message.usual_error else 1,
        )
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.first)
            self.first.append(len(self.of))
            self.count.append(0)
            self.family.append(message.family)
        self.count[number] += 1
        if len(self.of) == self._room:
            self.make_room(roomier(self._room))
        self.of = append(self.of, i32(number))
