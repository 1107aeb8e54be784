"""What predicates are evaluated on: a message with its tape, and nodes of that."""

from __future__ import annotations

import builtins
from typing import Any, final

from mypy_extensions import i64

from ..engine.frame import Diagnosis
from ..engine.lookup import echo_end, hook_node, label_at, value_at
from ..engine.message import Message
from ..engine.walk import BY_HOOK, FIELD_MASK, INDEX_AT, IS_ATTRIBUTE, MARKS_AT, UNKNOWN, Engine
from ..pairing.transaction import Link
from ..spec import model
from .path_matcher import WalkSelection


@final
class Subject:
    """What a predicate is evaluated on: a message, or inside of braces a node or a diagnosis.

    The node is at `place` on the tape, -2 where it is the message. The message is walked when a
    predicate needs that, once, as far as `selection` asks for (None: all of it).
    """

    def __init__(
        self,
        message: Message,
        link: Link | None,
        selection: WalkSelection | None,
        engine: Engine | None = None,
        place: i64 = -2,
        diagnosis: Diagnosis | None = None,
    ) -> None:
        self.message = message
        self.link = link
        self._selection = selection
        self.engine = engine
        self.place: i64 = place
        self.diagnosis = diagnosis

    def walked(self) -> Engine:
        """The engine with the message's tape."""
        engine = self.engine
        if engine is None:
            context = self.message.context
            engine = context.spare.pop() if context.spare else Engine(context.tables)
            if self._selection is None:
                self.message.walk_onto(engine)
            else:
                self._selection.walk(self.message, engine)
            self.engine = engine
        return engine

    def release(self) -> None:
        """Gives the engine back."""
        if self.engine is not None:
            self.message.context.spare.append(self.engine)
            self.engine = None


@final
class TapeNode:
    """A node on the tape; it holds as long as the tape is the message's."""

    def __init__(self, engine: Engine, place: i64, message: Message) -> None:
        self.engine = engine
        self.place: i64 = place
        self.message = message

    @property
    def field(self) -> model.Field:
        """Its definition; of an entry of an array that of all of them."""
        engine = self.engine
        first = engine.tape[self.place]
        marks, row = first >> MARKS_AT & 0xFF, first & FIELD_MASK
        if marks & BY_HOOK:
            return hook_node(engine, self.place).field
        if marks & UNKNOWN:
            return engine.tables.fields[row].numbered(int(first >> INDEX_AT))
        return engine.tables.fields[row]

    @property
    def value(self) -> Any:
        """The decoded value, as `Node.value`."""
        return value_at(self.engine, self.place, self.message)

    @property
    def bytes(self) -> bytes:
        """The payload."""
        engine = self.engine
        marks = engine.tape[self.place] >> MARKS_AT
        if marks & BY_HOOK:
            return hook_node(engine, self.place).bytes
        where = engine.tape[self.place + 1]
        start = where & 0xFFFFFFFF
        if marks & IS_ATTRIBUTE:
            start += 4
        return engine.data[start : where >> 32]

    @property
    def visible(self) -> builtins.bytes:
        """The payload as outputs show it: with zeros for secrets inside of it."""
        message = self.message
        inner = message.inner
        keys = message.may_have_keys or (inner is not None and inner.may_have_keys)
        if not keys or not message.context.tables.redacts:
            return self.bytes
        if self.engine.tape[self.place] >> MARKS_AT & BY_HOOK:
            return hook_node(self.engine, self.place).visible
        end = self.engine.tape[self.place + 1] >> 32
        return message.visible[end - i64(len(self.bytes)) : end]

    def label(self, constants: bool) -> str | None:
        """The value in words."""
        return label_at(self.engine, self.place, self.owner, constants)

    @property
    def owner(self) -> Message:
        """The message that it is of: that which an error echoes has words of its own."""
        inner, echo = self.message.inner, self.engine.echo
        if inner is None or echo < 0 or not echo < self.place < echo_end(self.engine):
            return self.message
        return inner

    @property
    def children(self) -> list[TapeNode]:
        """The nodes directly inside."""
        engine, message = self.engine, self.message
        return [TapeNode(engine, place, message) for place in engine.inside(self.place)]
