"""Numbers on a tape with their labels, as bytes that are fit for one kind of output."""

from __future__ import annotations

from json.encoder import encode_basestring_ascii
from typing import Final, final

from librt.strings import BytesWriter
from librt.vecs import vec
from mypy_extensions import i64, u8

from ..engine.labels import hinted
from ..engine.lookup import TapeValues, label_by_code
from ..engine.message import Message
from ..engine.walk import UNNAMED, Engine
from ..spec.tables import (
    COLUMNS,
    ENUM,
    HEX,
    HINT,
    LABELLED,
    MARKS,
    MESSAGE_FLAGS,
    NO_HINT,
    SHOWN,
    SIGNED,
    WIDTH,
    Tables,
)
from ..wire.digits import DIGITS
from ..wire.text import safe

# Texts that are kept; a hostile capture has no end of them.
_KEPT: Final = 4096
_NONE: Final = b""
_ZERO: Final = 48
_PLACES: Final = 4096

# How the numbers of a row are written
_NEW: Final = 0  # not met yet
_UNSIGNED: Final = 1  # in decimal, without a label
_DECIMAL: Final = 2  # the same with a sign
_ALIKE: Final = 3  # always alike, so that it can be kept
_ASKED: Final = 4  # as the message has it


def as_unsigned(value: i64) -> int:
    """The number that 64 bits are when the top one counts."""
    return int(value) if value >= 0 else int(value) + 0x10000000000000000


def json_text(text: str) -> bytes:
    """`text` as it stands between the quotes of a JSON string, in ASCII."""
    return encode_basestring_ascii(text)[1:-1].encode("ascii")


@final
class TextCache:
    """Texts that are made once, by two numbers.

    There are so many places and no more: a text takes that of another with the same hash.
    """

    def __init__(self) -> None:
        self._ones = vec[i64]([0] * _PLACES)
        self._others = vec[i64]([0] * _PLACES)
        self._texts = vec[bytes]([_NONE] * _PLACES)

    def find(self, one: i64, other: i64) -> bytes:
        """The text of these numbers, empty when it is not there."""
        place = (one * 31 ^ other ^ other >> 12) & (_PLACES - 1)
        if self._ones[place] == one and self._others[place] == other:
            return self._texts[place]
        return _NONE

    def keep(self, one: i64, other: i64, text: bytes) -> bytes:
        """Keeps the text of these numbers, and gives it back."""
        place = (one * 31 ^ other ^ other >> 12) & (_PLACES - 1)
        self._ones[place] = one
        self._others[place] = other
        self._texts[place] = text
        return text


@final
class LabelledNumbers:
    """Writes numbers and labels: for JSON in decimal; for a terminal in the base of the spec.

    `before` and `after` stand around a label. `constants` chooses C constants.
    """

    def __init__(
        self, tables: Tables, json: bool, constants: bool, before: bytes, after: bytes
    ) -> None:
        self._tables = tables
        self._json = json
        self._constants = constants
        self._before = before
        self._after = after
        self._digits = DIGITS
        self._ways = vec[i64]([])  # by row
        self._alike = TextCache()  # numbers with their labels, by row and value
        self._scratch = BytesWriter()
        self._texts: dict[str, bytes] = {}
        self._seen: TapeValues | None = None

    def begin(self) -> None:
        """Makes ready for the message that is on the tape now."""
        self._seen = None
        have, rows = i64(len(self._ways)), i64(len(self._tables.fields))
        if have < rows:
            ways = vec[i64]([_NEW] * int(2 * rows))
            for row in range(have):
                ways[row] = self._ways[row]
            self._ways = ways

    def number(
        self,
        out: BytesWriter,
        engine: Engine,
        message: Message,
        row: i64,
        start: i64,
        end: i64,
        marks: i64,
    ) -> None:
        """The number in a payload of the message that is on the engine's tape, and its label."""
        value = engine.number(row, start, end, marks)
        way = self._ways[row]
        if way == _DECIMAL or (way == _UNSIGNED and value >= 0):
            if 0 <= value < 10:
                out.append(u8(_ZERO + value))
            else:
                self._digits.signed(out, value)
        elif way == _ALIKE and marks & UNNAMED == 0:
            found = self._alike.find(row, value)
            if len(found) == 0:
                found = self._alike.keep(
                    row, value, self._whole(engine, message, row, value, end - start)
                )
            out.write(found)
        elif way == _UNSIGNED:
            self._digits.unsigned(out, value)
        elif way == _NEW:
            self._ways[row] = self._way(row)
            self.number(out, engine, message, row, start, end, marks)
        else:
            self._plain(out, row, value, end - start)
            if marks & UNNAMED == 0:
                self.label(out, self._label(engine, message, row, value))

    def label(self, out: BytesWriter, label: bytes) -> None:
        """A label that `text` made fit, nothing for an empty one."""
        if len(label) > 0:
            out.write(self._before)
            out.write(label)
            out.write(self._after)

    def text(self, text: str | None) -> bytes:
        """A text without what would end or act on the output; empty for none."""
        if text is None:
            return _NONE
        found = self._texts.get(text)
        if found is None:
            found = json_text(text) if self._json else safe(text).encode()
            if len(self._texts) >= _KEPT:
                self._texts.clear()
            self._texts[text] = found
        return found

    def _way(self, row: i64) -> i64:
        """How the numbers of a row are written."""
        rows = self._tables.rows
        at = row * COLUMNS
        hint, signed = rows[at + HINT], rows[at + SIGNED] != 0
        in_hex = hint == HEX or self._tables.shown[rows[at + SHOWN]] == "flags"
        if rows[at + MARKS] & LABELLED or (hint != NO_HINT and hint != HEX):
            return _ASKED
        if rows[at + ENUM] == 0 and (self._json or not in_hex):
            return _DECIMAL if signed else _UNSIGNED
        return _ALIKE if rows[at + WIDTH] > 0 else _ASKED

    def _whole(self, engine: Engine, message: Message, row: i64, value: i64, size: i64) -> bytes:
        """A number with its label."""
        out = self._scratch
        out.truncate(0)
        self._plain(out, row, value, size)
        self.label(out, self._label(engine, message, row, value))
        return out.getvalue()

    def _plain(self, out: BytesWriter, row: i64, value: i64, size: i64) -> None:
        """A number without a label; for a terminal flags are hexadecimal, and others may be."""
        rows = self._tables.rows
        at = row * COLUMNS
        hint, signed = rows[at + HINT], rows[at + SIGNED] != 0
        if not self._json and hint == MESSAGE_FLAGS:
            self._digits.hexadecimal(out, value, 2)
        elif (
            not self._json
            and (value >= 0 or not signed)
            and (hint == HEX or self._tables.shown[rows[at + SHOWN]] == "flags")
        ):
            self._digits.hexadecimal(out, value, size)
        elif signed:
            self._digits.signed(out, value)
        else:
            self._digits.unsigned(out, value)

    def _label(self, engine: Engine, message: Message, row: i64, value: i64) -> bytes:
        """The label of a number, empty for none."""
        tables = self._tables
        at = row * COLUMNS
        enum, hint = tables.rows[at + ENUM], tables.rows[at + HINT]
        number = int(value) if tables.rows[at + SIGNED] else as_unsigned(value)
        told: str | None = None
        if tables.rows[at + MARKS] & LABELLED:
            seen = self._seen
            if seen is None or seen.message is not message:
                seen = self._seen = TapeValues(engine, message)
            told = label_by_code(tables.fields[row], number, message, seen)
        if told is None and enum != 0:
            told = tables.enums[enum].label(number, self._constants)
        if told is None and hint != NO_HINT:
            told = hinted(int(hint), number, message, self._constants)
        return self.text(told)
