"""What a capture says, as words for filters: names and values that are in it, and how often.

What the message under the cursor has comes first, then what others of the capture have.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from time import process_time
from typing import TYPE_CHECKING, Final

from ...analysis import message_text
from ...analysis.explain import paths
from ...engine.message import Message
from ...engine.node import Node, find_anywhere
from ...engine.summary import operation_name
from ...wire.errors import CaptureError
from .capture_model import CaptureModel

if TYPE_CHECKING:
    from ...filter import Filter

MOST_KINDS: Final = 500
MOST: Final = 1000  # values of a field that are told apart
ENOUGH: Final = 1.0  # s of CPU for the values of a field


def terms(node: Node) -> list[str]:
    """The value of a node as filters write it, the best first; empty where there is no way."""
    value = node.value
    if isinstance(value, bool) or value is None or node.field.secret:
        return []
    if isinstance(value, int):
        named = node.words(False)
        return [*([named] if named and "|" not in named else []), str(value)]
    if isinstance(value, str):
        return [*([] if node.kind == "string" else [value]), json.dumps(value)]
    return [value.hex(":")] if isinstance(value, bytes) and value else []


class CaptureWords:
    """The words of one capture. `tally` counts the values of one field at a time."""

    def __init__(self, model: CaptureModel) -> None:
        self._model = model
        self._of_kinds: list[list[str]] = []  # of the first message of each kind
        self._tally: ValueCounts | None = None

    def names(self, row: int) -> Iterator[tuple[str, str]]:
        """Names that conditions may begin with: of the message, of the capture by how often.

        A field counts in all messages that are like one that has it (`library.message_kinds`).
        """
        for name in self._of_message(row):
            yield name, "in this message"
        kinds = self._model.index.kinds
        for first in kinds.first[len(self._of_kinds) : MOST_KINDS]:
            self._of_kinds.append(self._of_message(first))
        counts: Counter[str] = Counter()
        for names, count in zip(self._of_kinds, kinds.count, strict=False):
            for name in names:
                counts[name] += count
        for name, count in counts.most_common():
            yield name, f"in about {count:,} messages"

    def _of_message(self, row: int) -> list[str]:
        """The names of a message's fields, and of its operation."""
        if row < 0:
            return []
        try:
            message = self._model.message(row)
            names = [paths(node)[0].rpartition(".")[2] for node in message.walk()]
        except (CaptureError, OSError):
            return []
        name = operation_name(message)
        return list(dict.fromkeys([*names, *([name] if name else [])]))

    # -- values -------------------------------------------------------------------

    def values(self, field: str, row: int) -> Iterator[tuple[str, str]]:
        """Values of a field as filters write them, and where they are."""
        if row >= 0:
            with_them = _Source(field)
            try:
                for text in with_them.of(self._model.message(row)):
                    yield text, "in this message"
            except (CaptureError, OSError):
                pass
        tally = self._tally
        if tally is not None and tally.field == field:
            more = "" if tally.complete else "+"
            for text, count in tally.counts.most_common(200):
                yield text, f"{count:,}{more} in this capture"

    def tally(self, field: str, found: Filter) -> ValueCounts:
        """Counts the values of a field; `found` is the filter that it is there."""
        if self._tally is None or self._tally.field != field:
            self._tally = ValueCounts(self._model, field, found)
        return self._tally


class _Source:
    """How the values of a field are had from a message."""

    def __init__(self, field: str) -> None:
        self._field = field
        self._told = _TOLD.get(field)

    def of(self, message: Message) -> list[str]:
        """The values that it has there, each once."""
        if self._told is not None:
            told = self._told(message)
            return [told] if told else []
        found = (terms(node)[:1] for node in find_anywhere(message.nodes, self._field))
        return list(dict.fromkeys(text for some in found for text in some))


# Fields that every message has and whose values are worth counting.
_TOLD: Final[dict[str, Callable[[Message], str | None]]] = {
    "type": lambda m: operation_name(m) if m.protocol != 16 or m.type < 16 else m.family,
    "operation": operation_name,
    "command": lambda m: operation_name(m) if m.command >= 0 else None,
    "family": lambda m: m.family,
    "dissector": lambda m: None if m.spec is None else m.spec.name,
    "error": message_text.error_name,
    "error_name": message_text.error_name,
    "flags": lambda m: hex(m.flags),
    "port": lambda m: str(m.port),
    "length": lambda m: str(m.length),
}


class ValueCounts:
    """How often a field has which value, as far as it has come; `step` goes on."""

    def __init__(self, model: CaptureModel, field: str, found: Filter) -> None:
        from ...library.index_filter import IndexFilter

        self.field = field
        self.counts: Counter[str] = Counter()
        self.complete = False
        self._model = model
        self._source = _Source(field)
        self._has = IndexFilter(model.index, found)
        self._row = 0
        self._spent = 0.0

    @property
    def over(self) -> bool:
        """Whether it goes no further."""
        return self.complete or self._spent > ENOUGH or len(self.counts) >= MOST

    def step(self, seconds: float) -> bool:
        """Counts for so many s of CPU; whether it is over."""
        begin = process_time()
        paired = self._model.index.paired
        while self._row < paired and len(self.counts) < MOST:
            row = self._row
            self._row += 1
            try:
                if self._has.verdict(row) is not False:
                    self.counts.update(self._source.of(self._model.message(row)))
            except (CaptureError, OSError):
                break
            if row % 64 == 0 and process_time() - begin > seconds:
                break
        self._spent += process_time() - begin
        self.complete = self._row >= self._model.total
        return self.over
