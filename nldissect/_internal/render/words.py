"""Labels of what is on a tape, as bytes that are fit for one kind of output."""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64

from ..engine import Engine
from ..labels import hinted
from ..tables import COLUMNS, ENUM, HINT, LABELLED, MARKS, NO_HINT, SIGNED, Tables
from ..text import json_text, safe
from ..tree import Message, Seen, told_by

# Labels of one enumeration that are kept; numbers beyond are looked up each time.
_KEPT: Final = 1024
_NOT_YET: Final = b"\0"
_NONE: Final = b""


def as_unsigned(value: i64) -> int:
    """The number that 64 bits are when the top one counts."""
    return int(value) if value >= 0 else int(value) + 0x10000000000000000


@final
class Words:
    """Labels of numbers: of enumerations, kept as they are written; of hints, asked each time.

    Texts are made fit for JSON, or for a terminal. `constants` chooses C constants.
    """

    def __init__(self, tables: Tables, json: bool, constants: bool) -> None:
        self._tables = tables
        self._json = json
        self._constants = constants
        self._dense: list[list[bytes]] = []  # by enumeration and value
        self._sparse: list[dict[int, bytes]] = []
        self._texts: dict[str, bytes] = {}

    def text(self, text: str | None) -> bytes:
        """A text without what would end or act on the output; empty for none."""
        if text is None:
            return _NONE
        found = self._texts.get(text)
        if found is None:
            found = json_text(text) if self._json else safe(text).encode()
            if len(self._texts) >= _KEPT:  # a hostile capture has no end of texts
                self._texts.clear()
            self._texts[text] = found
        return found

    def of(self, row: i64, value: i64, message: Message, engine: Engine) -> bytes:
        """The label of a number in a message on the engine's tape, empty for none."""
        rows = self._tables.rows
        at = row * COLUMNS
        if rows[at + MARKS] & LABELLED:
            number = int(value) if rows[at + SIGNED] else as_unsigned(value)
            seen = Seen(engine, message)
            told = told_by(self._tables.fields[row], number, message, seen)
            if told is not None:
                return self.text(told)
        enum, hint = rows[at + ENUM], rows[at + HINT]
        if enum != 0:
            known = self._entry(enum, value, rows[at + SIGNED] != 0)
            if len(known) > 0 or hint == NO_HINT:
                return known
        if hint == NO_HINT:
            return _NONE
        number = int(value) if rows[at + SIGNED] else as_unsigned(value)
        return self.text(hinted(int(hint), number, message, self._constants))

    def _entry(self, enum: i64, value: i64, signed: bool) -> bytes:
        """The label that an enumeration gives a number."""
        while i64(len(self._dense)) <= enum:
            self._dense.append([])
            self._sparse.append({})
        if 0 <= value < 256:
            dense = self._dense[enum]
            if len(dense) == 0:
                dense = self._dense[enum] = [_NOT_YET] * 256
            found = dense[value]
            if found is not _NOT_YET:
                return found
            made = self.text(self._tables.enums[enum].label(int(value), self._constants))
            dense[value] = made
            return made
        number = int(value) if signed else as_unsigned(value)
        sparse = self._sparse[enum]
        kept = sparse.get(number)
        if kept is None:
            kept = self.text(self._tables.enums[enum].label(number, self._constants))
            if len(sparse) >= _KEPT:  # a hostile capture has no end of numbers
                sparse.clear()
            sparse[number] = kept
        return kept
