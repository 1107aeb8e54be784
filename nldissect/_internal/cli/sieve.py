"""Records that neither a filter nor pairing needs, let go before anything is made of them.

Packets as nlmon gives them are looked at by the headers of their messages. One passes by
when nothing in it can match, and when it has no part in the transactions of what can: those
of the same kin (the same object of rtnetlink, the same generic family) with a sequence number
that the header pass saw in something that can match, but for what decides nothing about others
(rtnetlink's changes that are merely acknowledged, what names no port). What pairing makes of those
holds for the list; but causes are not found, transactions not counted, dumps' answers not gathered.

What the header pass already knows to be needed for nothing is leapt over when messages are read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from struct import Struct
from typing import Final

from .. import wire
from ..conversation import NLM_F_ECHO, REFLECTED, Conversations
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


class Runs:
    """Records that follow each other and are not needed, in columns.

    Of each run the first and the last, where that ends in the file, how many messages it has,
    and which of these is the last request (from 1; 0: none).
    """

    __slots__ = ("asked", "first", "last", "messages", "place")

    def __init__(self) -> None:
        self.first, self.last, self.place = array("Q"), array("Q"), array("Q")
        self.messages, self.asked = array("Q"), array("Q")

    def add(self, record: int, place: int, messages: int, asked: int) -> None:
        """Takes in a record of so many messages that ends at `place`."""
        if not self.last or record != self.last[-1] + 1:
            self.first.append(record)
            self.last.append(record)
            self.place.append(place)
            self.messages.append(messages)
            self.asked.append(asked)
            return
        self.last[-1] = record
        self.place[-1] = place
        if asked:
            self.asked[-1] = self.messages[-1] + asked
        self.messages[-1] += messages


class Sieve:
    """Tells which packets of a file may be passed by; see `capture.pcap` and `session`."""

    def __init__(self, wanted: Filter, pairs: Conversations) -> None:
        self.learning = True  # the header pass, which needs what teaches
        self._possible = wanted.possible
        self._may_hold = wanted.may_hold
        self._kinds = wanted.may_be
        self._pairs = pairs
        self._matters: dict[tuple[int, int], bool] = {}  # by protocol and message type
        self._protocols: dict[int, bool] = {}  # whether any type of a protocol may match
        self._answers: dict[int, bool] = {}  # whether errors and ends of dumps do, by protocol
        # protocol and sequence number of all that may match; None for too many
        self._numbers: set[int] | None = set()
        self._changes: set[int] | None = set()  # of the changes among them, which await their end
        self._begun = 1 << 62  # after this message they were gathered
        # protocol and message type of what passes by in any case, and while learning
        self._idle: set[int] = set()
        self._idle_now: set[int] = set()
        self._runs = Runs()  # what the header pass found to be needed for nothing
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

    def leaps(self) -> Iterator[tuple[int, int, int]]:
        """See `capture.pcap.Sieve`; there are none in the header pass, which finds them."""
        if self.learning:
            return
        runs = self._runs
        for first, last, place, messages, asked in zip(
            runs.first, runs.last, runs.place, runs.messages, runs.asked, strict=True
        ):
            yield first, last, place
            if asked:
                self._pairs.pass_by(self._serial + self._count + asked)
            self._count += messages

    def passes(
        self, buffer: bytes, start: int, stop: int, number: int, place: int, interface: Interface
    ) -> bool:
        """Whether the whole packet is needed for nothing; see `capture.pcap.Sieve`."""
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
        at = start + 16
        single = at + length == stop
        if single:  # by far the commonest
            key = protocol << 16 | kind
            if key in self._idle:
                if learning:
                    if key in _LINKS and self._teaches(buffer, at, length, kind, flags):
                        return False
                    self._runs.add(number, place, 1, flags & 1)
                elif flags & 1:
                    self._pairs.pass_by(self._serial + self._count + 1)
                self._count += 1
                return True
            if learning and key in self._idle_now:
                self._count += 1
                return True
        count = asked = 0
        passes = not (learning and protocol and protocol in TEACHERS)
        idle = True
        while True:
            if length < 16 or length > stop - at:
                if learning:  # the session makes of it what it can
                    self._remember(protocol, seq)
                return False
            if learning:
                if passes and kind in TEACHING and not protocol:
                    passes = not self._teaches(buffer, at, length, kind, flags)
                if not self._idles(buffer, at, protocol, length, kind, flags, seq, port):
                    idle = False
                    if flags & 1 and _merely_acked(protocol, kind, flags):
                        self._changes = _kept(self._changes, protocol << 32 | seq)
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
        if learning and idle:
            self._runs.add(number, place, count, asked)
        if single and kind >= wire.NLMSG_MIN_TYPE:
            teaches = learning and not protocol and kind in TEACHING
            if not self._kin_matters(protocol, kind):
                if not teaches or kind in _LINKS:
                    self._idle.add(key)
            elif learning and not teaches and not self._kinds(protocol, kind):
                self._idle_now.add(key)
        return True

    def _idles(
        self, buffer: bytes, at: int, protocol: int, length: int, kind: int, flags: int,
        seq: int, port: int,
    ) -> bool:  # fmt: skip
        """Whether a message is needed for nothing whatever else there is."""
        if kind < wire.NLMSG_MIN_TYPE:
            if kind != wire.NLMSG_ERROR or length < 36 or self._answer(protocol):
                return False
            about, asked = wire.ATTR[self._big](buffer, at + 24)
            if about < wire.NLMSG_MIN_TYPE:
                return False
            if not self._kin_matters(protocol, about):
                return True
            return _merely_acked(protocol, about, asked) and not (
                self._kinds(protocol, about) or self._kinds(protocol, kind, about)
            )
        if not self._kin_matters(protocol, kind):
            return True
        if flags & wire.NLM_F_REQUEST:
            return (
                _merely_acked(protocol, kind, flags)
                and not self._answer(protocol)
                and not self._may_match(buffer, at, protocol, length, kind, flags, seq, port)
                and not self._may_be_refused(buffer, at, protocol, length, kind)
            )
        # Parts of a dump make no difference to other messages, nor what rtnetlink multicasts.
        apart = flags & wire.NLM_F_MULTI or (not port and protocol == wire.NETLINK_ROUTE)
        return bool(
            apart and protocol not in wire.FREE_FORM
            and not self._may_match(buffer, at, protocol, length, kind, flags, seq, port)
        )

    def _may_match(
        self, buffer: bytes, at: int, protocol: int, length: int, kind: int, flags: int,
        seq: int, port: int,
    ) -> bool:  # fmt: skip
        return self._possible(protocol, length, kind, flags, seq, port) and self._may_hold(
            buffer, at, at + length, self._big, protocol, kind, flags
        )

    def _may_be_refused(
        self, buffer: bytes, at: int, protocol: int, length: int, kind: int
    ) -> bool:
        """Whether an error that echoes this request may match."""
        error = wire.NLMSG_ERROR
        # Its nlmsghdr and error number, which are not looked at, would be the 20 bytes before.
        return self._kinds(protocol, error, kind) and self._may_hold(
            buffer, at - 20, at + length, self._big, protocol, error, 0
        )

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
        parts = flags & (wire.NLM_F_MULTI | wire.NLM_F_REQUEST) == wire.NLM_F_MULTI
        if parts and kind >= wire.NLMSG_MIN_TYPE:
            return
        if self._may_match(buffer, at, protocol, length, kind, flags, seq, port):
            self._remember(protocol, seq)

    def _remember(self, protocol: int, seq: int) -> None:
        self._numbers = _kept(self._numbers, protocol << 32 | seq)
        # Some modules answer with the number after it.
        self._numbers = _kept(self._numbers, protocol << 32 | (seq - 1 & 0xFFFFFFFF))

    def _needed(
        self, buffer: bytes, at: int, protocol: int, length: int, kind: int, flags: int,
        seq: int, port: int,
    ) -> bool:  # fmt: skip
        """Whether a message may match, or has part in the transaction of one that may."""
        if self._idles(buffer, at, protocol, length, kind, flags, seq, port):
            return False
        numbers = self._numbers
        if numbers is not None and protocol << 32 | seq not in numbers:
            return self._may_match(buffer, at, protocol, length, kind, flags, seq, port)
        if kind == wire.NLMSG_ERROR and length >= 36 and not self._answer(protocol):
            about, asked = wire.ATTR[self._big](buffer, at + 24)
            changes = self._changes
            if _merely_acked(protocol, about, asked) and changes is not None:
                return protocol << 32 | seq in changes or self._may_match(
                    buffer, at, protocol, length, kind, flags, seq, port
                )
        if kind == wire.NLMSG_DONE and flags & wire.NLM_F_MULTI and not self._answer(protocol):
            return self._pairs.expects(protocol, seq)
        return True

    def _answer(self, protocol: int) -> bool:
        """Whether what ends requests of a protocol may match, echoed requests left aside."""
        found = self._answers.get(protocol)
        if found is None:
            found = self._answers[protocol] = any(
                self._kinds(protocol, kind) for kind in (wire.NLMSG_ERROR, wire.NLMSG_DONE)
            )
        return found

    def _kin_matters(self, protocol: int, kind: int) -> bool:
        """Whether messages that answer to this type, or that it answers, may match."""
        found = self._matters.get((protocol, kind))
        if found is None:
            found = self._matters[protocol, kind] = self._kin_may(protocol, kind)
        return found

    def _kin_may(self, protocol: int, kind: int) -> bool:
        if protocol in wire.FREE_FORM or self._answer(protocol):
            return True
        if protocol == wire.NETLINK_ROUTE:
            first = kind & ~3
            return any(self._or_refusal_may(protocol, one) for one in range(first, first + 4))
        if protocol == wire.NETLINK_GENERIC:
            return self._or_refusal_may(protocol, kind)
        found = self._protocols.get(protocol)
        if found is None:
            found = self._protocols[protocol] = any(
                self._or_refusal_may(protocol, k) for k in range(1 << 12)
            )
        return found or self._or_refusal_may(protocol, kind)

    def _or_refusal_may(self, protocol: int, kind: int) -> bool:
        """Whether messages of this type may match, or errors that echo one."""
        kinds = self._kinds
        return kinds(protocol, kind) or kinds(protocol, wire.NLMSG_ERROR, kind)


def _merely_acked(protocol: int, kind: int, flags: int) -> bool:
    """Whether a request of rtnetlink asks for no data, so that it makes nothing an answer."""
    return (
        protocol == wire.NETLINK_ROUTE
        and kind & 3 < 2  # RTM_NEW..., RTM_DEL... (linux/rtnetlink.h)
        and kind >= wire.NLMSG_MIN_TYPE
        and not flags & NLM_F_ECHO
        and kind >> 2 not in REFLECTED
    )


def _kept(numbers: set[int] | None, one: int) -> set[int] | None:
    if numbers is not None:
        numbers.add(one)
        if len(numbers) > MANY:
            return None
    return numbers
