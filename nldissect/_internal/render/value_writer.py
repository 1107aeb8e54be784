"""Values on a tape as bytes that are fit for one kind of output: numbers with labels, addresses."""

from __future__ import annotations

from json.encoder import encode_basestring_ascii
from typing import Final, final

from librt.strings import BytesWriter
from librt.vecs import vec
from mypy_extensions import i64, u8

from ..engine.labels import hinted
from ..engine.lookup import TapeValues, label_by_code
from ..engine.message import Message
from ..engine.payloads import text_value
from ..engine.walk import UNNAMED, Engine
from ..spec.tables import (
    COLONS,
    COLONS_6,
    COLONS_20,
    COLUMNS,
    DOTTED,
    ENUM,
    GROUPS,
    HEX,
    HINT,
    LABEL,
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
from ..wire.text import escaped
from .text_caches import TextCache

# Texts that are kept; a hostile capture has no end of them.
_KEPT: Final = 4096
_NONE: Final = b""
_ZERO: Final = 48

# How the numbers of a row are written: what decides it is the row, so it is found once.
_UNKNOWN: Final = 0  # not found yet
_UNSIGNED: Final = 1  # in decimal, without a label
_SIGNED: Final = 2  # the same with a sign
_CACHED: Final = 3  # with a label that depends on nothing but row and number
_LABELLED: Final = 4  # with one that the message decides


def as_unsigned(value: i64) -> int:
    """The number that 64 bits are when the top one counts."""
    return int(value) if value >= 0 else int(value) + 0x10000000000000000


def json_text(text: str) -> bytes:
    """`text` as it stands between the quotes of a JSON string, in ASCII."""
    return encode_basestring_ascii(text)[1:-1].encode("ascii")


def write_address(out: BytesWriter, form: i64, data: bytes, start: i64, end: i64) -> None:
    """A payload of a form from COLONS to LABEL_STACK, in ASCII that no output has to escape."""
    if form == DOTTED:
        DIGITS.ipv4(out, data, start)
    elif form == GROUPS:
        DIGITS.ipv6(out, data, start)
    elif form == COLONS:
        DIGITS.colons(out, data, start, end)
    elif form == COLONS_6:
        DIGITS.colons(out, data, start, start + 6)
    elif form == COLONS_20:
        DIGITS.colons(out, data, start, start + 20)
    else:  # UUID_TEXT, LABEL_STACK
        out.write(str(text_value(form, data[start:end])).encode())


@final
class NumberWriter:
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
        self._notations = vec[i64]([])  # by row
        self._cached = TextCache()  # numbers with their labels, by row and value
        self._scratch = BytesWriter()
        self._texts: dict[str, bytes] = {}
        self._values: TapeValues | None = None

    def begin(self) -> None:
        """Makes ready for the message that is on the tape now."""
        self._values = None
        have, rows = i64(len(self._notations)), i64(len(self._tables.fields))
        if have < rows:
            notations = vec[i64]([_UNKNOWN] * int(2 * rows))
            for row in range(have):
                notations[row] = self._notations[row]
            self._notations = notations

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
        notation = self._notations[row]
        if notation == _SIGNED or (notation == _UNSIGNED and value >= 0):
            if 0 <= value < 10:
                out.append(u8(_ZERO + value))
            else:
                self._digits.signed(out, value)
        elif notation == _CACHED and marks & UNNAMED == 0:
            found = self._cached.find(row, value)
            if len(found) == 0:
                found = self._cached.keep(
                    row, value, self._with_label(engine, message, row, value, end - start)
                )
            out.write(found)
        elif notation == _UNSIGNED:
            self._digits.unsigned(out, value)
        elif notation == _UNKNOWN:
            self._notations[row] = self._notation(row)
            self.number(out, engine, message, row, start, end, marks)
        else:
            self._plain(out, row, value, end - start)
            if marks & UNNAMED == 0:
                self.label(out, self._label(engine, message, row, value))

    def index_label(self, out: BytesWriter, row: i64) -> None:
        """The label that the number of an indexed attribute has by itself."""
        label = self._tables.rows[row * COLUMNS + LABEL]
        if label != 0:
            self.label(out, self.text(self._tables.labels[label]))

    def labels(self, row: i64, marks: i64) -> bool:
        """Whether a number of this row may have a label."""
        if self._notations[row] == _UNKNOWN:
            self._notations[row] = self._notation(row)
        notation = self._notations[row]
        return marks & UNNAMED == 0 and (notation == _CACHED or notation == _LABELLED)

    def by_value(self, row: i64) -> bool:
        """Whether the label depends on nothing but row and number; `labels` was asked before."""
        return self._notations[row] == _CACHED

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
            found = json_text(text) if self._json else escaped(text).encode()
            if len(self._texts) >= _KEPT:
                self._texts.clear()
            self._texts[text] = found
        return found

    def _notation(self, row: i64) -> i64:
        """How the numbers of a row are written."""
        rows = self._tables.rows
        at = row * COLUMNS
        hint, signed = rows[at + HINT], rows[at + SIGNED] != 0
        in_hex = hint == HEX or self._tables.shown[rows[at + SHOWN]] == "flags"
        if rows[at + MARKS] & LABELLED or (hint != NO_HINT and hint != HEX):
            return _LABELLED
        if rows[at + ENUM] == 0 and (self._json or not in_hex):
            return _SIGNED if signed else _UNSIGNED
        return _CACHED if rows[at + WIDTH] > 0 else _LABELLED

    def _with_label(
        self, engine: Engine, message: Message, row: i64, value: i64, size: i64
    ) -> bytes:
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
        """The label of a number, fit for the output; empty for none."""
        return self.text(self.label_of(engine, message, row, value))

    def label_of(self, engine: Engine, message: Message, row: i64, value: i64) -> str | None:
        """The label of a number as it is, None or empty for none."""
        tables = self._tables
        at = row * COLUMNS
        enum, hint = tables.rows[at + ENUM], tables.rows[at + HINT]
        number = int(value) if tables.rows[at + SIGNED] else as_unsigned(value)
        told: str | None = None
        if tables.rows[at + MARKS] & LABELLED:
            seen = self._values
            if seen is None or seen.message is not message:
                seen = self._values = TapeValues(engine, message)
            told = label_by_code(tables.fields[row], number, message, seen)
        if told is None and enum != 0:
            told = tables.enums[enum].label(number, self._constants)
        if told is None and hint != NO_HINT:
            told = hinted(int(hint), number, message, self._constants)
        return told
