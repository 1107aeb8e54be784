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
# Flags that decide whether a message is needed: NLM_F_REQUEST, _MULTI, _ECHO.
# How many low bits of a message type tell what is done, not to what.
KIN: Final = {wire.NETLINK_ROUTE: 2, wire.NETLINK_GENERIC: 0, wire.NETLINK_NETFILTER: 8}
_DECIDING: Final = wire.NLM_F_REQUEST | wire.NLM_F_MULTI | NLM_F_ECHO
# The message types of protocols that have others than up to 255 (linux/audit.h).
_TYPES: Final = {wire.NETLINK_AUDIT: range(1000, 3000)}
# So many sequence numbers are kept in mind.
MANY: Final = 100_000


class Runs:
    """Records that follow each other and are not needed, in columns.

    Of each run the first and the last, where they begin and end in the file (nothing else is
    between them), how many messages they have, and which of these is the last request (from 1;
    0: none).
    """

    __slots__ = ("asked", "begin", "end", "first", "last", "messages")

    def __init__(self) -> None:
        self.first, self.last, self.begin, self.end = (array("Q") for _ in range(4))
        self.messages, self.asked = array("Q"), array("Q")

    def add(self, record: int, begin: int, end: int, messages: int, asked: int) -> None:
        """Takes in a record of so many messages, from `begin` to `end`."""
        if not self.last or record != self.last[-1] + 1 or begin != self.end[-1]:
            self.first.append(record)
            self.last.append(record)
            self.begin.append(begin)
            self.end.append(end)
            self.messages.append(messages)
            self.asked.append(asked)
            return
        self.last[-1] = record
        self.end[-1] = end
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
        self._alike = wanted.alike
        self._pairs = pairs
        self._matters: dict[int, bool] = {}  # by protocol and message type
        self._protocols: dict[int, bool] = {}  # whether any type of a protocol may match
        self._answers: dict[int, bool] = {}  # whether errors and ends of dumps do, by protocol
        # protocol and sequence number of all that may match; None for too many
        self._numbers: set[int] | None = set()
        self._changes: set[int] | None = set()  # of the changes among them, which await their end
        self._begun: dict[tuple[int, int], int] = {}  # by interface: since which message gathered
        self._since = 0  # of the interface at hand
        self._met: list[tuple[Interface, bool]] = []  # and whether it told of sockets at once
        # protocol and message type of what passes by in any case, and while learning
        self._idle: set[int] = set()
        self._idle_now: set[int] = set()
        self._idle_so: set[int] = set()  # with flags and whether a port is named
        self._weighed: set[int] = set()  # of these, what was looked into
        self._tellers: dict[int, bool] = {}  # whether a protocol teaches what matters
        self._ends: dict[int, bool] = {}  # whether errors do, by what they echo
        self._runs = Runs()  # what the header pass found to be needed for nothing
        self._names: dict[bytes, bytes] = {}  # of interfaces by index, as last told
        self._interface: Interface | None = None
        self._big = False
        self._serial = 0
        self._count = 0

    def at(self, record: Record, interface: Interface, big: bool, serial: int) -> None:
        """`serial` is the number of the last message of the record that was read just now.

        `interface` is the one that packets from there will be passed with.
        """
        passed = interface is self._interface
        if not passed:
            self._interface = interface if interface.link_type == NETLINK else None
            where = (interface.section, interface.number)
            if self.learning and where not in self._begun:
                self._begun[where] = serial
                self._met.append((interface, bool(interface.sockets)))
            self._since = self._begun.get(where, 1 << 62)
        self._big = big
        self._serial = serial
        if self.learning and (record.truncated or not passed):  # it is not looked at otherwise
            self._names.clear()
            for start, stop, _, _ in wire.split(
                record.data, big, record.original_length, record.protocol
            ):
                if stop - start >= 16:
                    self._remember(record.protocol, wire.HEADER[big](record.data, start)[3])

    def learnt(self) -> None:
        """The header pass is over; all is read again."""
        self.learning = False
        self._interface = None
        self._count = 0
        if any(interface.sockets and not told for interface, told in self._met):
            self._numbers = None  # see `_note`

    def taken(self) -> int:
        """The messages that passed by since it was asked last."""
        count, self._count = self._count, 0
        return count

    def leaps(self) -> Iterator[tuple[int, int, int, int]]:
        """See `capture.pcap.Sieve`; there are none in the header pass, which finds them."""
        if self.learning:
            return
        runs = self._runs
        for first, last, begin, end, messages, asked in zip(
            runs.first, runs.last, runs.begin, runs.end, runs.messages, runs.asked, strict=True
        ):
            yield first, last, begin, end
            if asked:
                self._pairs.pass_by(self._serial + self._count + asked)
            self._count += messages

    def passes(
        self, buffer: bytes, start: int, stop: int, number: int, begin: int, end: int,
        interface: Interface,
    ) -> bool:  # fmt: skip
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
        if not learning and (
            self._serial + self._count < self._since or protocol in wire.FREE_FORM
        ):
            return False
        at = start + 16
        key = protocol << 16 | kind
        so = key << 4 | flags & _DECIDING | (4 if port else 0)
        known, known_so = self._idle, self._idle_so
        single = at + length == stop
        if single:  # by far the commonest
            if key in known or so in known_so:
                if learning:
                    self._runs.add(number, begin, end, 1, flags & 1)
                    if key in _LINKS and self._teaches(buffer, at, length, kind, flags):
                        return False
                elif flags & 1:
                    self._pairs.pass_by(self._serial + self._count + 1)
                self._count += 1
                return True
            if learning and key in self._idle_now:
                self._count += 1
                return True
        count = asked = 0
        passes = not (learning and protocol and self._tells(protocol))
        idle = True
        while True:
            if length < 16 or length > stop - at:
                if learning:  # the session makes of it what it can
                    self._remember(protocol, seq)
                    self._names.clear()
                return False
            # Of several that teach each is taken note of, as the session does.
            if key in known or so in known_so:
                if learning and key in _LINKS and self._teaches(buffer, at, length, kind, flags):
                    passes = False
            elif learning:
                if kind in TEACHING and not protocol and self._teaches(
                    buffer, at, length, kind, flags
                ):
                    passes = False
                needless = self._idles(buffer, at, protocol, length, kind, flags, seq, port)
                if so not in self._weighed:
                    self._weigh(key, so, needless)
                if not needless:
                    idle = False
                    if flags & 1 and _merely_acked(protocol, kind, flags):
                        self._changes = _kept(self._changes, protocol << 32 | seq)
                    if (port or (flags & 1 and interface.sockets)) and self._numbers is not None:
                        self._note(buffer, at, protocol, length, kind, flags, seq, port)
            elif self._needed(buffer, at, protocol, length, kind, flags, seq, port, single):
                return False
            count += 1
            if flags & 1:
                asked = count
            at += (length + 3) & ~3
            if stop - at < 16:
                break
            length, kind, flags, seq, port = wire.HEADER[big](buffer, at)
            key = protocol << 16 | kind
            so = key << 4 | flags & _DECIDING | (4 if port else 0)
        if at < stop:
            return False
        if learning and idle:
            self._runs.add(number, begin, end, count, asked)
        if not passes:
            return False
        if asked and not learning:
            self._pairs.pass_by(self._serial + self._count + asked)
        self._count += count
        return True

    def _weigh(self, key: int, so: int, idle: bool) -> None:
        """Keeps in mind what cannot match, where the header tells whether it is idle."""
        self._weighed.add(so)
        protocol, kind = key >> 16, key & 0xFFFF
        if (
            kind >= wire.NLMSG_MIN_TYPE
            and not self._teaching(protocol, kind)
            and not self._or_refusal_may(protocol, kind)
        ):
            if idle:
                self._idle_so.add(so)
            elif key not in _LINKS:
                self._idle_now.add(key)

    def _teaching(self, protocol: int, kind: int) -> bool:
        """Whether the header pass must see every such message; of links `_teaches` knows better."""
        return self._tells(protocol) if protocol else kind in TEACHING and kind not in _LINKS

    def _tells(self, protocol: int) -> bool:
        """Whether the protocol, not rtnetlink, teaches something that matters.

        Families and sockets matter to messages of their own protocol.
        """
        found = self._tellers.get(protocol)
        if found is None:
            found = self._tellers[protocol] = protocol in TEACHERS and any(
                self._or_refusal_may(protocol, kind) for kind in range(1 << 10)
            )
        return found

    def _idles(
        self, buffer: bytes, at: int, protocol: int, length: int, kind: int, flags: int,
        seq: int, port: int,
    ) -> bool:  # fmt: skip
        """Whether a message is needed for nothing whatever else there is."""
        if kind < wire.NLMSG_MIN_TYPE:
            if kind != wire.NLMSG_ERROR or length < 36:
                return False
            about, asked = wire.ATTR[self._big](buffer, at + 24)
            key = protocol << 32 | about << 16 | asked & NLM_F_ECHO
            found = self._ends.get(key)
            if found is None:
                found = self._ends[key] = self._end_idles(protocol, about, asked)
            return found
        if not self._kin_matters(protocol, kind):
            if not self._teaching(protocol, kind):
                self._idle.add(protocol << 16 | kind)
            return True
        if flags & wire.NLM_F_REQUEST:
            if not _merely_acked(protocol, kind, flags) or self._answer(protocol):
                return False
        elif protocol in wire.FREE_FORM:
            return False
        elif flags & wire.NLM_F_MULTI:
            # Parts of a dump make no difference to other messages, but where its end is shown
            # with the family of the request: they tell whose it is.
            if protocol == wire.NETLINK_GENERIC and self._answer(protocol):
                return False
        elif port or protocol != wire.NETLINK_ROUTE:  # what it multicasts makes none either
            return False
        if not flags & wire.NLM_F_REQUEST or not self._kinds(protocol, wire.NLMSG_ERROR, kind):
            return not self._may_match(buffer, at, protocol, length, kind, flags, seq, port)
        end = at + length
        if self._may_hold(buffer, at, end, self._big, protocol, kind, flags):
            return False
        # Of an error that echoes it, the 20 bytes before are not looked at.
        return self._alike or not self._may_hold(
            buffer, at - 20, end, self._big, protocol, wire.NLMSG_ERROR, 0
        )

    def _end_idles(self, protocol: int, about: int, asked: int) -> bool:
        """Whether acknowledgements and errors of such requests are needed for nothing."""
        if self._answer(protocol) or about < wire.NLMSG_MIN_TYPE:
            return False
        return not self._kin_matters(protocol, about) or (
            _merely_acked(protocol, about, asked) and not self._or_refusal_may(protocol, about)
        )

    def _may_match(
        self, buffer: bytes, at: int, protocol: int, length: int, kind: int, flags: int,
        seq: int, port: int,
    ) -> bool:  # fmt: skip
        return self._possible(protocol, length, kind, flags, seq, port) and self._may_hold(
            buffer, at, at + length, self._big, protocol, kind, flags
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

        It does not for what is multicast and for the parts of dumps. Requests that name no port
        matter where the capture tells of sockets: their process is found by their answers.
        """
        if kind < wire.NLMSG_MIN_TYPE:
            # By what they echo alone, which the commonest do not.
            if (kind != wire.NLMSG_ERROR or length <= 36) and not self._answer(protocol):
                return
        elif flags & (wire.NLM_F_MULTI | wire.NLM_F_REQUEST) == wire.NLM_F_MULTI:
            return
        if self._may_match(buffer, at, protocol, length, kind, flags, seq, port):
            self._remember(protocol, seq)

    def _remember(self, protocol: int, seq: int) -> None:
        self._numbers = _kept(self._numbers, protocol << 32 | seq)
        # Some modules answer with the number after it.
        self._numbers = _kept(self._numbers, protocol << 32 | (seq - 1 & 0xFFFFFFFF))

    def _needed(
        self, buffer: bytes, at: int, protocol: int, length: int, kind: int, flags: int,
        seq: int, port: int, single: bool,
    ) -> bool:  # fmt: skip
        """Whether a message may match, or has part in the transaction of one that may."""
        # Of a record of one message the header pass would have said so.
        if not single and self._idles(buffer, at, protocol, length, kind, flags, seq, port):
            return False
        numbers = self._numbers
        if numbers is not None and protocol << 32 | seq not in numbers:
            if single and port and (kind < wire.NLMSG_MIN_TYPE or not flags & wire.NLM_F_MULTI):
                return False  # noted if it might match
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
        key = protocol << 16 | kind
        found = self._matters.get(key)
        if found is None:
            found = self._matters[key] = self._kin_may(protocol, kind)
        return found

    def _kin_may(self, protocol: int, kind: int) -> bool:
        if protocol in wire.FREE_FORM or self._answer(protocol):
            return True
        shift = KIN.get(protocol)
        if shift is not None:
            first = kind >> shift << shift
            kin = range(first, first + (1 << shift))
            return any(self._or_refusal_may(protocol, one) for one in kin)
        found = self._protocols.get(protocol)
        if found is None:
            found = self._protocols[protocol] = any(
                self._or_refusal_may(protocol, k) for k in _TYPES.get(protocol, range(1 << 8))
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
