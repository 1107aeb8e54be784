"""TableRows of the table `transactions`, each written when so many later ones have begun."""

from __future__ import annotations

from typing import Any, Final, final

from mypy_extensions import i64

from ..analysis import link_text, message_text
from ..engine.message import Message
from ..pairing.transaction import Link, Transaction
from ..wire import linux
from . import schemas
from .columns import Column, plain

_HELD: Final = 8192  # that may yet change


@final
class _Known:
    """A transaction, where it was met, and what its request said."""

    def __init__(
        self, found: Transaction, message: Message, link: Link, capture: str, host: str
    ) -> None:
        request = found.request or message
        process = link_text.process(request, link)
        self.found = found
        self.capture, self.host = capture, host
        self.protocol = linux.protocol_name(int(found.protocol))
        self.family = None if request.family is None else plain(request.family)
        name = None if found.request is None else message_text.operation(request, False)
        self.operation = None if name is None else plain(name)
        self.pid = None if process is None else process.pid
        self.process = None if process is None or process.name is None else plain(process.name)


class TransactionRows:
    """The rows that wait to be written; `columns` by their names."""

    def __init__(self) -> None:
        self.table = schemas.TRANSACTIONS
        self.columns: dict[str, Column] = {name: [] for name in schemas.SCHEMAS[self.table]}
        self.count: i64 = 0
        self.size = 0
        self._met: dict[int, _Known] = {}
        self._passed: i64 = 0  # the last of those that are rows

    def meet(self, message: Message, link: Link, capture: str, host: str) -> None:
        """A message belongs to a transaction."""
        found = link.transaction
        if found is None or found.id <= self._passed or found.id in self._met:
            return
        self._met[int(found.id)] = _Known(found, message, link, capture, host)
        if len(self._met) >= 2 * _HELD:
            for serial in sorted(self._met)[:_HELD]:
                self._add(self._met.pop(serial))
                self._passed = serial

    def finish(self) -> None:
        """The capture is at its end."""
        for serial in sorted(self._met):
            self._add(self._met[serial])
        self._met.clear()
        self._passed = 0

    def begin(self, forgets: bool) -> None:
        """The rows are written, others come."""
        self.count = 0
        for column in self.columns.values():
            assert isinstance(column, list)
            column.clear()

    def _add(self, known: _Known) -> None:
        found = known.found
        error = int(found.error)
        row: dict[str, Any] = {
            "capture": known.capture,
            schemas.HOST: known.host,
            "transaction": int(found.id),
            "message": int(found.number) or None,
            "protocol": known.protocol,
            "family": known.family,
            "operation": known.operation,
            "kind": found.kind,
            "state": found.state,
            "start": _in_64_bits(found.start),
            "first": _in_64_bits(found.first),
            "end": _in_64_bits(found.end),
            "latency": _in_64_bits(found.latency),
            "wait": _in_64_bits(found.wait),
            "parts": int(found.parts),
            "notifications": int(found.notifications),
            "error": error,
            "error_name": linux.errno_name(-error) if error < 0 else None,
            "port": found.socket_port or None,
            "process_pid": known.pid,
            "process": known.process,
        }
        for name, value in row.items():
            column = self.columns[name]
            assert isinstance(column, list)
            column.append(value)
        self.count += 1


def _in_64_bits(value: int | None) -> int | None:
    return value if value is not None and -(1 << 63) <= value < 1 << 63 else None
