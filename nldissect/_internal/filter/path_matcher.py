"""Resolved paths on the tapes of messages: finding their ends, walking no more than they need."""

from __future__ import annotations

from typing import final

from librt.vecs import vec
from mypy_extensions import i64

from ..engine import paths
from ..engine.message import Message
from ..engine.walk import PASS_THROUGH, SKIP, TAKE, Engine
from ..spec import model
from ..wire import framing
from .resolved_path import UNDESCRIBED, ResolvedPath, field_can_hold, names_of, operation_can_hold


class PathMatcher:
    """A resolved path with what it takes to follow it on tapes.

    In filters (`lenient`) ip's words count as names, and what is at the top of an echoed request
    is at the top, unless the path says which messages it is about.
    """

    def __init__(self, path: ResolvedPath, lenient: bool = True) -> None:
        self.path = path
        numbered = any(name.isdecimal() for name in path.names)
        echoed = lenient and not (path.scoped or numbered)
        self.finder = paths.Path(path.names, path.top, lenient, echoed)
        self._can_hold: dict[model.Operation, bool] = {}
        # The same by header, attributes, and whether code reads them: operations share these.
        self._held: dict[tuple[model.Struct | None, model.AttributeSet | None, bool], bool] = {}

    def can_match(self, message: Message) -> bool:
        """Whether what it ends at can be in a message of this operation."""
        path, operation = self.path, message.operation
        if not path.applies_to(message):
            return False
        if operation is None or message.type < framing.NLMSG_MIN_TYPE:
            return True
        found = self._can_hold.get(operation)
        if found is None:
            found = not path.control and self._holds(operation)
            self._can_hold[operation] = found
        return found

    def _holds(self, operation: model.Operation) -> bool:
        """Whether messages of this form can have it."""
        key = operation.header, operation.attributes, operation.hook is not None
        found = self._held.get(key)
        if found is None:
            found = self._held[key] = operation_can_hold(operation, self.path)
        return found


@final
class WalkSelection:
    """What some paths need of messages, so that no more is walked; see `Engine.select`."""

    def __init__(self) -> None:
        self._matchers: list[PathMatcher] = []
        self._tables: object = None
        self._rows = vec[i64]([0])
        self._numbered = False
        self._whole = False  # whether all of a message may be needed

    def add(self, matcher: PathMatcher) -> None:
        """Takes in one more path."""
        self._matchers.append(matcher)
        names = matcher.path.names
        self._numbered |= any(name.isdecimal() or name.startswith("attr ") for name in names)
        self._whole |= names[-1] in UNDESCRIBED
        self._tables = None

    def walk(self, message: Message, engine: Engine) -> None:
        """Puts what the paths need of a message on the tape, and what else is cheaper there."""
        if self._tables is not engine.tables:
            self._tables = engine.tables
            self._rows = vec[i64]([0])
        while not self._whole:
            message.walk_for(engine, self._rows, self._numbered)
            if len(engine.unjudged) == 0:
                return
            self._judge(engine)  # and again: what lies inside may be needed
        message.walk_onto(engine)

    def _judge(self, engine: Engine) -> None:
        """Says of the rows that were met for the first time what they are."""
        tables = engine.tables
        have = i64(len(self._rows))
        if have < i64(len(tables.fields)):
            rows = vec[i64]([0] * (2 * len(tables.fields)))
            for i in range(have):
                rows[i] = self._rows[i]
            self._rows = rows
        for row in engine.unjudged:
            self._rows[row] = self._judged(tables.fields[row])

    def _judged(self, field: model.Field) -> i64:
        """TAKE for the end of a path, PASS_THROUGH for what may lie around one, else SKIP."""
        names = names_of(field)
        on_the_way = False
        for matcher in self._matchers:
            path = matcher.path
            if path.names[-1] in names:
                # Words for its value may come from anything beside it.
                self._whole |= field.labeller is not None
                return TAKE
            on_the_way |= any(name in names for name in path.names)
            above = 1 if path.top and not paths.is_header(field) else 0
            states = frozenset(range(above, len(path.names)))
            on_the_way = on_the_way or (len(states) > 0 and field_can_hold(field, path, states))
        return PASS_THROUGH if on_the_way else SKIP
