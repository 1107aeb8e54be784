"""Gives the messages of captures to tables as rows, and hands these on in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..engine.message import Message
from ..pairing.transaction import Link
from ..session.driver import MessageSink
from . import schemas
from .arrow_batches import TableRows
from .attribute_rows import AttributeRows
from .columns import Words, plain
from .field_rows import FieldRows
from .message_rows import MessageRows
from .transaction_rows import TransactionRows

GROUP: Final = 1 << 17  # rows that are written together
NARROW: Final = 1 << 20  # the same of attributes that have only a number of their field
_DAY: Final = 86_400 * 1_000_000_000  # ns
_TEXTS: Final = 1 << 26  # bytes of texts in them, at most and some


class Exporter(MessageSink):
    """Fills tables; `write` is called with rows whenever enough wait, and when the day is another.

    `tables` are those that are filled; `forgets` as in `TableRows.begin`; `daily`: rows of messages
    and attributes that are written together are of one day (UTC), which `write` is told.
    """

    def __init__(
        self,
        write: Callable[[TableRows, int | None], None],
        tables: tuple[str, ...],
        forgets: bool,
        daily: bool,
    ) -> None:
        self._write = write
        self._forgets = forgets
        self._daily = daily
        self._day: int | None = None  # since the epoch
        self._captures, self._hosts = Words(), Words()
        self._capture = self._host = ""
        self._capture_code = self._host_code = 0
        made = schemas.MESSAGES in tables
        self._messages = MessageRows(self._captures, self._hosts) if made else None
        made = schemas.ATTRIBUTES in tables
        self._fields = FieldRows()
        self._apart = schemas.FIELDS in tables  # fields are a table of their own
        self._attributes = (
            AttributeRows(self._captures, self._hosts, self._fields, not self._apart)
            if made
            else None
        )
        self._transactions = TransactionRows() if schemas.TRANSACTIONS in tables else None
        self.found = 0

    def open(self, capture: str, host: str) -> None:
        """The messages of another capture come."""
        self._capture, self._host = plain(capture), plain(host)
        self._capture_code = int(self._captures.code(self._capture))
        self._host_code = int(self._hosts.code(self._host))
        if self._apart:
            self._fields.open(self._capture, self._host)

    def take(self, message: Message, link: Link) -> bool:
        """One more message."""
        self.found += 1
        if self._daily:
            self._begin_day(message)
        engine = message.context.engine
        if self._attributes is not None or self._messages is not None:
            message.walk_onto(engine, True)
        if self._attributes is not None:
            self._attributes.add(engine, message, self._capture_code, self._host_code)
            self._full(self._attributes)
            if self._apart:
                self._full(self._fields)
        if self._messages is not None:
            self._messages.add(engine, message, link, self._capture_code, self._host_code)
            self._full(self._messages)
        if self._transactions is not None:
            self._transactions.meet(message, link, self._capture, self._host)
            self._full(self._transactions)
        message.forget()
        return True

    def close(self) -> None:
        """The capture is at its end."""
        if self._transactions is not None:
            self._transactions.finish()

    def finish(self) -> None:
        """Writes what waits."""
        for rows in (self._attributes, self._messages, self._transactions):
            if rows is not None and rows.count:
                self._hand(rows)
        if self._apart and self._fields.count:
            self._hand(self._fields)

    def _begin_day(self, message: Message) -> None:
        """Hands on what is of another day than this message."""
        record = message.record
        time = None if record is None else record.time
        day = None if time is None else time // _DAY
        if day != self._day:
            for rows in (self._attributes, self._messages):
                if rows is not None and rows.count:
                    self._hand(rows)
            self._day = day

    def _full(self, rows: TableRows) -> None:
        group = NARROW if self._apart and rows.table == schemas.ATTRIBUTES else GROUP
        if rows.count >= group or rows.size >= _TEXTS:
            self._hand(rows)

    def _hand(self, rows: TableRows) -> None:
        self._write(rows, self._day)
        rows.begin(self._forgets)
