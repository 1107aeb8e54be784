"""A message together with what pairing found of it."""

from __future__ import annotations

from ..engine.message import Message
from .transaction import Link, Transaction


class PairedMessage(Message):
    """A message that knows its link, where someone set it."""

    link: Link | None = None

    @property
    def transaction(self) -> Transaction | None:
        """The transaction that it belongs to, by its link."""
        return None if self.link is None else self.link.transaction
