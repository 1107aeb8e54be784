"""The transactions of one network namespace that may still be answered or told of.

Invariants:
- `order` from `released` on has all that are held, the oldest first;
- `open` has those that are `answerable` and no batch, by protocol and sequence number;
- `bound` has for each port the transaction that was answered last, `changes` for each object
  key the newest that asks for a change, `batches` the newest MAX_BATCHES batches.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64

from .copies import Copies
from .transaction import Transaction

MAX_BATCHES: Final = 8  # batches that may yet be refused


@final
class NamespaceState:
    """What is remembered of one interface of a capture: one network namespace with its ports."""

    __slots__ = (
        "answered", "asked", "batches", "bound", "changes", "copies", "last", "open", "order",
        "released",
    )  # fmt: skip

    def __init__(self) -> None:
        self.open: dict[int, list[Transaction]] = {}  # by protocol << 32 | sequence number
        self.bound: dict[int, Transaction] = {}  # by protocol << 32 | port
        self.answered: Transaction | None = None  # bound last: mostly it is answered next
        self.changes: dict[int, Transaction] = {}  # by protocol << 16 | object key
        self.last: Transaction | None = None  # the newest that is no batch
        self.asked: i64 = 0  # number of the newest request message, not of the capture's own
        self.order: list[Transaction] = []
        self.released: i64 = 0
        self.batches: list[Transaction] = []
        self.copies = Copies()

    def held(self) -> i64:
        """How many transactions are held."""
        return len(self.order) - self.released

    def last_answered(self, protocol: i64, port: i64) -> Transaction | None:
        """The transaction of this socket that was answered last."""
        last = self.answered
        if last is not None and last.port == port and last.protocol == protocol:
            return last
        return self.bound.get(protocol << 32 | port)

    def bind(self, found: Transaction, port: i64) -> None:
        """An answer tells whose socket asked: the one with this port."""
        found.port = port
        self.bound[found.protocol << 32 | port] = found
        self.answered = found

    def close(self, found: Transaction) -> None:
        """It is answered by nothing that comes."""
        key = found.protocol << 32 | found.seq
        alike = self.open.get(key)
        if alike is not None:
            if len(alike) == 1:
                if alike[0] is found:
                    del self.open[key]
            elif found in alike:
                alike.remove(found)

    def oldest(self, limit: i64) -> Transaction:
        """Takes the oldest transaction out of `order`, which has at most 2 * `limit` entries."""
        oldest = self.order[self.released]
        self.released += 1
        if self.released > limit:  # now and then, since it moves the others
            del self.order[: self.released]
            self.released = 0
        return oldest

    def unlearn(self, found: Transaction) -> None:
        """Lets go what was learnt from a transaction."""
        key = found.protocol << 32 | found.port
        if self.bound.get(key) is found:
            del self.bound[key]
            if self.answered is found:
                self.answered = None
        key = found.protocol << 16 | found.object_key
        if self.changes.get(key) is found:
            del self.changes[key]
