"""The protocol of messages in a file that does not say it: the one whose dissectors fit best.

Each protocol's dissectors are tried on the first message that has a type of a protocol's own,
and what they find wrong is counted. So long as none came, messages are shown as rtnetlink's:
what control messages look like is the same in all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from ..engine.faults import ERROR
from ..engine.message import Message
from ..wire import framing
from ..wire.integers import u16
from ..wire.record import Record

_NETLINK_XFRM: Final = 6
# By how much one has to fit better than the others because it is rarer; the first of equals.
CANDIDATES: Final = {
    framing.NETLINK_ROUTE: 0,
    framing.NETLINK_GENERIC: 0,
    framing.NETLINK_NETFILTER: 0,
    framing.NETLINK_SOCK_DIAG: 100,
    _NETLINK_XFRM: 200,
    framing.NETLINK_AUDIT: 200,
}
_GENL_MAX_ID: Final = 1023  # linux/genetlink.h
# What is odd with a message, by how much it says that the protocol is another
_NO_OPERATION: Final = 800
_FAULT: Final = 400
_RARE_FAMILY: Final = 200
_NO_ATTRIBUTES: Final = 1  # of a family that only nlctrl could tell
_ODD: Final = 100  # a note, an unknown attribute, a value without a name, padding that is used
_MOST_ODD: Final = 3  # of each of these
# Of those equally odd the one that has more attributes
_ATTRIBUTE: Final = 1


@final
class UntoldProtocol:
    """Gives records their protocol; `told` is what the user said, None for nothing.

    `assumed` is what was found, None so long as nobody had to. `dissect` makes the messages
    of a record, bound as those of a protocol.
    """

    def __init__(
        self, dissect: Callable[[Record, int], list[Message]], told: int | None = None
    ) -> None:
        self._dissect = dissect
        self.told = told
        self.assumed: int | None = None

    def settle(self, record: Record) -> None:
        """Sets the protocol of a record that has none."""
        found = self.assumed if self.told is None else self.told
        if found is None:
            if not _tells(record):
                record.protocol = framing.NETLINK_ROUTE
                return
            found = self.assumed = self._best(record)
        record.protocol = found

    def _best(self, record: Record) -> int:
        """The protocol as which the record's messages are least odd."""

        def odd(protocol: int) -> int:
            """How much speaks against this one."""
            found = self._dissect(record, protocol)
            return sum(_oddity(message) for message in found) + CANDIDATES[protocol]

        return min(CANDIDATES, key=odd)


def _tells(record: Record) -> bool:
    """Whether its first message is of a type that means something else in each protocol."""
    data = record.data
    return len(data) >= 16 and u16(data, 4, record.interface.big_endian) >= framing.NLMSG_MIN_TYPE


def _oddity(message: Message) -> int:
    """How much speaks against its being a message of this protocol."""
    if not message.netlink or message.type < framing.NLMSG_MIN_TYPE:
        return 0
    odd = _NO_OPERATION
    generic = message.protocol == framing.NETLINK_GENERIC
    if generic and message.type <= _GENL_MAX_ID:
        odd = _FAULT * _reserved(message)
        odd += _RARE_FAMILY * int(message.type != framing.GENL_ID_CTRL)
    elif message.spec is not None and message.operation is not None:
        odd = _FAULT * _contradictory(message)
    notes = unknown = unnamed = padded = attributes = 0
    for node in message.walk():
        for found in node.diagnoses:
            odd += _FAULT if found.severity == ERROR else 0
            notes += found.severity != ERROR
        unknown += node.guess
        unnamed += node.kind == "enum" and node.label is None and node.value != 0
        padded += node.kind == "pad" and any(node.bytes)
        attributes += node.type is not None
    if generic and message.spec is None:
        unknown = _NO_ATTRIBUTES * (attributes == 0)
    for count in (notes, unknown, unnamed, padded):
        odd += _ODD * min(count, _MOST_ODD)
    return odd - _ATTRIBUTE * attributes


def _reserved(message: Message) -> bool:
    """Whether the reserved field of struct genlmsghdr is used."""
    at = message.base + 18
    return len(message.data) >= at + 2 and any(message.data[at : at + 2])


def _contradictory(message: Message) -> bool:
    """Whether a request of rtnetlink to make something wants it replaced, and new only."""
    both = framing.NLM_F_REPLACE | framing.NLM_F_EXCL
    makes = message.to_kernel and message.type & 3 == 0
    return message.protocol == framing.NETLINK_ROUTE and makes and message.flags & both == both
