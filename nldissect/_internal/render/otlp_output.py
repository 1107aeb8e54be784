"""Transactions as spans of OpenTelemetry (-T otlp), a line each, as they end."""

from __future__ import annotations

from ..analysis.ended_transactions import EndedTransaction, EndedTransactions
from ..engine.message import Message
from ..pairing.codes import ROLE_NOTIFICATION
from ..pairing.transaction import Link
from ..wire.trace_context import TraceContext
from .otlp_spans import OtlpSpans
from .renderer import Renderer


class OtlpRenderer(Renderer):
    """Renders a transaction of which a message was chosen, and each chosen notification."""

    def __init__(self, parent: TraceContext | None = None, host: str | None = None) -> None:
        self.follows = True
        self._spans = OtlpSpans(parent, host)
        self._transactions = EndedTransactions()
        self._timeless = 0

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        """What did not end in the file before."""
        return "" if goes_on else self.end()

    def message(self, message: Message, link: Link | None = None) -> str:
        """The lines of what ends with a message."""
        if link is None:
            return ""
        out = self._written(self._transactions.add(message, link))
        if link.role_code == ROLE_NOTIFICATION:
            out += self._line(self._spans.notification(message, link))
        return out

    def pass_over(self, message: Message, link: Link) -> str:
        """The lines of what ends with a message that is not chosen itself."""
        return self._written(self._transactions.add(message, link, False))

    def end(self) -> str:
        """The lines of what did not end."""
        return self._written(self._transactions.finish())

    def remark(self) -> str | None:
        """How many spans are missing."""
        if not self._timeless:
            return None
        count = "1 span is" if self._timeless == 1 else f"{self._timeless} spans are"
        return f"{count} left out: one needs a time, and none before 1970"

    def _written(self, ended: list[EndedTransaction]) -> str:
        return "".join([self._line(self._spans.transaction(each)) for each in ended])

    def _line(self, line: str | None) -> str:
        if line is None:
            self._timeless += 1
        return line or ""
