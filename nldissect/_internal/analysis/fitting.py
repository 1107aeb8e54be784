"""Which dissector fits the messages of a generic family that nobody named.

Numbers of families are given out as they register, so a capture that has no answer of nlctrl's
does not tell whose a message is. A dissector fits where it has all commands and attributes of some
messages and finds nothing wrong with any of them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from ..engine.faults import NOTE
from ..engine.frame import Frame
from ..engine.message import Message
from ..session.forward_pass import Session
from ..session.learner import CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_CMD_NEWFAMILY
from ..spec import model
from ..spec.registry import Registry
from ..wire import framing
from ..wire.record import Interface, Record

_FAMILIES: Final = 16  # that are looked at
_MOST: Final = 16  # messages of each
_ALIKE: Final = 3  # of these with one command, in one direction
_LONGEST: Final = 4096  # bytes of a message
_ENOUGH: Final = 3  # attributes of different names: fewer fit by chance


class Samples:
    """Some messages of each nameless family, a few of each command: their bytes, big-endian."""

    def __init__(self) -> None:
        self.kept: dict[int, list[tuple[bytes, bool]]] = {}

    def see(self, message: Frame) -> None:
        """Keeps a message, if it may tell more than those that there are."""
        number, size = int(message.type), message.limit - message.base
        if self._room(number) and message.state == framing.OK and 20 <= size <= _LONGEST:
            self.add(number, message.data[message.base : message.limit], message.big)

    def _room(self, number: int) -> bool:
        kept = self.kept.get(number)
        return len(self.kept) < _FAMILIES if kept is None else len(kept) < _MOST

    def add(self, number: int, data: bytes, big: bool) -> None:
        """The same of the bytes of one."""
        if not self._room(number):
            return
        kept = self.kept.setdefault(number, [])
        alike = [one for one, _ in kept if one[6:8] + one[16:17] == data[6:8] + data[16:17]]
        if len(alike) < _ALIKE and data not in alike:
            kept.append((data, big))


class _Told:
    """A capture of a family that has the name of a dissector, and of its messages."""

    rewindable = True

    def __init__(self, name: str, number: int, samples: list[tuple[bytes, bool]]) -> None:
        self._records = [_named(name, number, big) for big in {big for _, big in samples}]
        self._records += [_record(data, big) for data, big in samples]

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)


def _record(data: bytes, big: bool) -> Record:
    return Record(1, None, framing.NETLINK_GENERIC, data, len(data), 0, Interface(253, big))


def _named(name: str, number: int, big: bool) -> Record:
    """nlctrl's CTRL_CMD_NEWFAMILY with CTRL_ATTR_FAMILY_ID and CTRL_ATTR_FAMILY_NAME."""
    order = ">" if big else "<"
    text = name.encode() + b"\0"
    body = struct.pack(order + "BB2x", CTRL_CMD_NEWFAMILY, 2)
    body += struct.pack(order + "HHH2x", 6, CTRL_ATTR_FAMILY_ID, number)
    body += struct.pack(order + "HH", 4 + len(text), CTRL_ATTR_FAMILY_NAME)
    body += text + bytes(-len(text) % 4)
    head = struct.pack(order + "IHHII", 16 + len(body), framing.GENL_ID_CTRL, 0, 0, 0)
    return _record(head + body, big)


def fitting(registry: Registry, number: int, samples: list[tuple[bytes, bool]]) -> list[str]:
    """The names of the dissectors that fit all of these messages of a family."""
    if not samples:
        return []
    names = [file.name for file in registry.files() if file.protonum is None and file.claims]
    specs = [spec for spec in map(registry.named, names) if spec is not None]
    able = [spec.name for spec in specs if _has_all(spec, samples)]
    return [name for name in able if _fits(registry, name, number, samples)]


def _has_all(spec: model.Spec, samples: list[tuple[bytes, bool]]) -> bool:
    """Whether it has all their commands."""
    for data, big in samples:
        flags = int.from_bytes(data[6:8], "big" if big else "little")
        if spec.operation(data[16], flags & framing.NLM_F_REQUEST != 0) is None:
            return False
    return True


def _fits(registry: Registry, name: str, number: int, samples: list[tuple[bytes, bool]]) -> bool:
    met: set[str] = set()
    for message in Session(registry).messages(_Told(name, number, samples)):
        if message.type == number:
            found = _found(message)
            if found is None:
                return False
            met |= found
    return len(met) >= _ENOUGH


def _found(message: Message) -> set[str] | None:
    """The attributes of a message; None where something is wrong or unknown."""
    engine = message.context.engine
    message.walk_onto(engine)
    wrong = [
        one for one in message.found(engine) if one.severity != NOTE or one.code == "attr-unknown"
    ]
    if wrong:
        return None
    return {node.path for node in message.walk() if node.start - node.offset == 4}
