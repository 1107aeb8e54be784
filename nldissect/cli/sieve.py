"""Records that neither a filter nor pairing needs, let go before anything is made of them.

Packets as nlmon gives them are looked at by the headers of their messages. One passes by
when nothing in it can match, and when it has no part in the transactions of what can: those
of the same kin (the same object of rtnetlink, the same generic family) with a sequence number
that the header pass saw in something that can match. What pairing makes of those holds
for the list; but transactions are not counted, and the answers of dumps not gathered.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from .. import wire
from ..conversation import Conversations
from ..filter import Filter
from ..record import Interface, Record
from ..session import IFLA_IFNAME, RTM_DELLINK, RTM_NEWLINK, TEACHERS, TEACHING

NETLINK: Final = 253  # LINKTYPE_NETLINK
# linux/if_arp.h's ARPHRD_NETLINK and the protocol, both big-endian; then struct nlmsghdr
_PACKET: Final = (Struct("<2xH10xHIHHII").unpack_from, Struct(">2xH10xHIHHII").unpack_from)
_ARPHRD: Final = (0x3803, 0x0338)
_LINKS: Final = (RTM_NEWLINK, RTM_DELLINK)
# So many sequence numbers are kept in mind.
MANY: Final = 100_000


class Sieve:
    """Tells which packets of a file may be passed by; see `capture.pcap` and `session`."""

    def __init__(self, wanted: Filter, pairs: Conversations) -> None:
        self.learning = True  # the header pass, which needs what teaches
        self._reading = False
        self._possible = wanted.possible
        self._may_hold = wanted.may_hold
        self._kinds = wanted.may_be
        self._pairs = pairs
        self._matters: dict[tuple[int, int], bool] = {}  # by protocol and message type
        self._answers: dict[int, bool] = {}  # whether errors and ends of dumps do, by protocol
        # protocol and sequence number of all that may match; None for too many
        self._numbers: set[int] | None = set()
        self._begun = 1 << 62  # after this message they were gathered
        # protocol and message type of what passes by in any case
        self._idle: set[int] = set()
        self._names: dict[bytes, bytes] = {}  # of interfaces by index, as last told
        self._interface: Interface | None = None
        self._big = False
        self._serial = 0
        self._count = 0

    def at(self, record: Record, big: bool, serial: int) -> None:
        """`serial` is the number of the last message of the record that was read just now."""
        fits = record.interface.link_type == NETLINK
        self._interface = record.interface if fits else None
        self._big = big
        self._serial = serial
        if self.learning and record.truncated:  # it is not looked at otherwise
            self._names.clear()
            for start, stop, _, _ in wire.split(
                record.data, big, record.original_length, record.protocol
            ):
                if stop - start >= 16:
                    self._remember(record.protocol, wire.HEADER[big](record.data, start)[3])

    def taken(self) -> int:
        """The messages that passed by since it was asked last."""
        count, self._count = self._count, 0
        return count

    def passes(self, buffer: bytes, start: int, stop: int, interface: Interface) -> bool:
        """Whether the whole packet in `buffer[start:stop]` is needed for nothing."""
        if interface is not self._interface or stop - start < 32:
            return False
        big = self._big
        arphrd, protocol, length, kind, flags, seq, port = _PACKET[big](buffer, start)
        if arphrd != _ARPHRD[big]:
            return False
        if not big:
            protocol = (protocol & 0xFF) << 8 | protocol >> 8
        learning = self.learning
        if learning:
            if self._serial < self._begun:
                self._begun = self._serial
        elif self._serial + self._count < self._begun or protocol in wire.FREE_FORM:
            return False
        elif not self._reading:
            self._reading = True
            self._idle.clear()  # what taught nothing may have part in a transaction
        at = start + 16
        single = at + length == stop
        if single and protocol << 16 | kind in self._idle:  # by far the commonest
            self._count += 1
            if flags & 1 and not learning:
                self._pairs.pass_by(self._serial + self._count)
            return True
        count = asked = 0
        passes = not (learning and protocol and protocol in TEACHERS)
        while True:
            if length < 16 or length > stop - at:
                if learning:  # the session makes of it what it can
                    self._remember(protocol, seq)
                return False
            if learning:
                if passes and kind in TEACHING and not protocol:
                    passes = not self._teaches(buffer, at, length, kind, flags)
                if port and self._numbers is not None:
                    self._note(buffer, at, protocol, length, kind, flags, seq, port)
            elif self._needed(buffer, at, protocol, length, kind, flags, seq, port):
                return False
            count += 1
            if flags & 1:
                asked = count
            at += (length + 3) & ~3
            if stop - at < 16:
                break
            length, kind, flags, seq, port = wire.HEADER[big](buffer, at)
        if at < stop or not passes:
            return False
        if asked and not learning:
            self._pairs.pass_by(self._serial + self._count + asked)
        self._count += count
        if single and kind >= wire.NLMSG_MIN_TYPE and (protocol or kind not in TEACHING):
            matters = self._kinds if learning else self._kin_matters
            if not matters(protocol, kind):
                self._idle.add(protocol << 16 | kind)
        return True

    def _teaches(self, buffer: bytes, at: int, length: int, kind: int, flags: int) -> bool:
        """Whether a message tells of a namespace, or of an interface what was not told before."""
        if kind not in _LINKS:
            return True
        if flags & 1 or length < 36:
            return not flags & 1
        size, attribute = wire.ATTR[self._big](buffer, at + 32)
        if attribute != IFLA_IFNAME or size < 4:  # mostly it comes first
            self._names.clear()
            return True
        index, name = buffer[at + 20 : at + 24], buffer[at + 36 : at + 32 + size]
        if self._names.get(index) == name:
            return False
        self._names[index] = name
        return True

    def _note(
        self, buffer: bytes, at: int, protocol: int, length: int, kind: int, flags: int,
        seq: int, port: int,
    ) -> None:  # fmt: skip
        """Keeps in mind the sequence number of a message that may match, if pairing matters.

        It does not for what is multicast and for the parts of dumps.
        """
        if flags & (wire.NLM_F_MULTI | wire.NLM_F_REQUEST) == wire.NLM_F_MULTI:
            return
        if self._possible(protocol, length, kind, flags, seq, port) and self._may_hold(
            buffer, at, at + length
        ):
            self._remember(protocol, seq)

    def _remember(self, protocol: int, seq: int) -> None:
        numbers = self._numbers
        if numbers is not None:
            numbers.add(protocol << 32 | seq)
            numbers.add(protocol << 32 | (seq - 1 & 0xFFFFFFFF))  # some modules answer so
            if len(numbers) > MANY:
                self._numbers = None

    def _needed(
        self, buffer: bytes, at: int, protocol: int, length: int, kind: int, flags: int,
        seq: int, port: int,
    ) -> bool:  # fmt: skip
        """Whether a message may match, or has part in the transaction of one that may."""
        numbers = self._numbers
        if numbers is not None and protocol << 32 | seq not in numbers:
            return self._possible(protocol, length, kind, flags, seq, port) and self._may_hold(
                buffer, at, at + length
            )
        if kind < wire.NLMSG_MIN_TYPE:
            answers = self._answers.get(protocol)
            if answers is None:
                answers = self._answers[protocol] = any(
                    self._kinds(protocol, one) for one in (wire.NLMSG_ERROR, wire.NLMSG_DONE)
                )
            if answers:
                return True
            if kind == wire.NLMSG_DONE and flags & wire.NLM_F_MULTI:
                return self._pairs.expects(protocol, seq)
            if kind != wire.NLMSG_ERROR or length < 36:
                return True
            kind = wire.ATTR[self._big](buffer, at + 24)[0]
            if kind < wire.NLMSG_MIN_TYPE:
                return True
        found = self._matters.get((protocol, kind))
        if found is None:
            found = self._matters[protocol, kind] = self._kin_matters(protocol, kind)
        if not found:
            return False
        # Parts of a dump make no difference to other messages.
        parts = flags & (wire.NLM_F_MULTI | wire.NLM_F_REQUEST) == wire.NLM_F_MULTI
        return not parts or (
            self._possible(protocol, length, kind, flags, seq, port)
            and self._may_hold(buffer, at, at + length)
        )

    def _kin_matters(self, protocol: int, kind: int) -> bool:
        """Whether messages that answer to this type, or that it answers, may match."""
        kinds = self._kinds
        if self._answers.get(protocol) or any(
            kinds(protocol, one) for one in (wire.NLMSG_ERROR, wire.NLMSG_DONE)
        ):
            return True
        if protocol == wire.NETLINK_ROUTE:
            first = kind & ~3
            return any(kinds(protocol, one) for one in range(first, first + 4))
        if protocol == wire.NETLINK_GENERIC:
            return kinds(protocol, kind)
        return any(kinds(protocol, one) for one in range(1 << 12)) or kinds(protocol, kind)
