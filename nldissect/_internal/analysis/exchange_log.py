"""What was asked in a capture and what came back, in order, made comparable.

A request with its outcome and its answers is one exchange; a notification (its
copies folded) and answers without their request stand for themselves.
"""

from __future__ import annotations

from ..engine import labels
from ..engine.message import Message
from ..engine.summary import operation_name, summarize
from ..pairing import codes
from ..pairing.transaction import Link, Transaction
from ..session.driver import MessageSink
from ..wire import framing, linux
from ..wire.text import escaped
from .flattener import Flat, Flattener
from .object_keys import Key, identity, may_tell


def qualified_operation(message: Message) -> str:
    """The operation with its generic family or protocol: `route newlink`, `nlctrl getfamily`."""
    who = linux.protocol_name(message.protocol)
    name = operation_name(message) if message.netlink else "data"
    if message.family is not None:
        who = escaped(message.family)
    if message.protocol == framing.NETLINK_GENERIC and message.type >= framing.NLMSG_MIN_TYPE:
        who = "unnamed family" if message.family is None else who
        name = name or f"command {message.command}"
    return f"{who} {name or f'type {message.type}'}"


class LoggedExchange:
    """A request with what came back, or a message that stands for itself."""

    __slots__ = ("answers", "flat", "number", "outcome", "title", "transaction", "what")

    def __init__(
        self, name: str, flat: Flat, message: Message, transaction: Transaction | None = None
    ) -> None:
        self.what = name
        self.title = f"{name} {summarize(message)}".rstrip()
        self.flat = flat
        self.number = message.number
        self.outcome = ""
        self.transaction = transaction
        self.answers: list[tuple[Key, Flat]] = []

    @property
    def key(self) -> tuple[str, Flat]:
        """Operation and request; what is equal by it is the same exchange."""
        return self.what, self.flat


class ExchangeLog(MessageSink):
    """What was asked in a capture, and what became of it, in order."""

    def __init__(self, counters: bool = False) -> None:
        self.flatten = Flattener(counters)
        self.items: list[LoggedExchange] = []
        self._asked: dict[int, LoggedExchange] = {}  # by message number
        self._orphans: dict[int, LoggedExchange] = {}  # by transaction
        self.dumps = False  # whether any part of a dump of objects is there

    def take(self, message: Message, link: Link) -> bool:
        """Takes in the next message."""
        role, found = link.role_code, link.transaction
        if role == codes.ROLE_COPY:
            return True
        flat = self.flatten(message)
        name = qualified_operation(message)
        if role == codes.ROLE_REQUEST:
            flags = "|".join(labels.flag_names(message))
            item = self._asked[message.number] = LoggedExchange(
                name, (*flat, ("nlmsg_flags", flags)), message, found
            )
        elif role == codes.ROLE_ANSWER and found is not None:
            known = self._asked.get(link.of) or self._orphans.get(found.id)
            if known is not None:
                self._answer(known, message, name, flat)
                return True
            item = self._orphans[found.id] = LoggedExchange(f"answers {name}", (), message, found)
            self._answer(item, message, name, flat)
        else:
            word = "message" if role == codes.ROLE_OTHER else link.role
            item = LoggedExchange(f"{word} {name}", flat, message)
        self.items.append(item)
        return True

    def finish(self) -> None:
        """The capture is at its end: what became of each transaction is known."""
        for item in self.items:
            self._settle(item)

    def _answer(self, item: LoggedExchange, message: Message, name: str, flat: Flat) -> None:
        """Takes in an answer, unless it says no more than that there was no error."""
        ends = message.type in (framing.NLMSG_DONE, framing.NLMSG_ERROR)
        if ends and not message.error and len(flat) <= 1:
            return  # that it succeeded is the outcome
        key = identity(message, flat) if may_tell(message) else None
        if key is not None:
            self.dumps = True
        item.answers.append((key if key is not None else (name,), flat))

    def _settle(self, item: LoggedExchange) -> None:
        """What became of it, with the error."""
        found = item.transaction
        item.transaction = None
        if found is None:
            return
        item.outcome = found.fate(item.number)
        error = (
            found.errors.get(item.number, 0) if found.kind_code == codes.KIND_BATCH else found.error
        )
        if error:
            item.outcome += " " + (linux.errno_name(-error) or str(-error))
