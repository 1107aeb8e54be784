"""The objects that are known: by key, by what they are inside of, by what dumps tell of.

Every step costs in proportion to what it changes: objects in a scope stand in the order in which
they were seen last, so that those a dump left out are in front.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..engine.message import Message
from ..spec.model import ObjectKind
from .flattener import Flat
from .object_keys import Key, Scope


@dataclass(frozen=True)
class ToldObject:
    """An object as it was told last: its kind, its flat form, and the message that told it.

    `seen` is the serial of the last message that showed it, `parents` the keys of what it is
    inside of and ends with, `scopes` those of the dumps that tell of it, `ways` the names of all
    interfaces that it goes by, `lost` the paths of what it had by the message and has no more.
    """

    kind: ObjectKind
    flat: Flat
    message: Message
    seen: int
    parents: tuple[Key, ...] = ()
    scopes: tuple[Scope, ...] = ()
    ways: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


class ObjectRegister:
    """Objects by key."""

    def __init__(self) -> None:
        self.by_key: dict[Key, ToldObject] = {}
        self._inside: dict[Key, dict[Key, None]] = {}
        self._in_scope: dict[Scope, dict[Key, None]] = {}

    def put(self, key: Key, told: ToldObject) -> ToldObject | None:
        """Takes in what was told of an object; returns what was known of it before."""
        before = self.remove(key)
        self.by_key[key] = told
        for parent in told.parents:
            self._inside.setdefault(parent, {})[key] = None
        for scope in told.scopes:
            self._in_scope.setdefault(scope, {})[key] = None
        return before

    def remove(self, key: Key) -> ToldObject | None:
        """Forgets an object; returns what was known of it."""
        before = self.by_key.pop(key, None)
        if before is not None:
            for parent in before.parents:
                self._inside[parent].pop(key, None)
            for scope in before.scopes:
                self._in_scope[scope].pop(key, None)
        return before

    def inside(self, parent: Key) -> list[Key]:
        """The objects that end with this one."""
        return list(self._inside.get(parent, ()))

    def not_seen_since(self, serial: int, scope: Scope) -> Iterator[Key]:
        """The objects of a scope that no message after this one showed; each must be removed."""
        found = self._in_scope.get(scope, {})
        while found:
            key = next(iter(found))
            if self.by_key[key].seen > serial:
                return
            yield key
