"""One forward pass over a capture: messages bound to what they are.

Rules:
- A header pass goes first over what can be read twice. It learns, with the
  number of the message that taught it: generic family ids (nlctrl's
  NEWFAMILY and DELFAMILY), and interface names (RTM_NEWLINK, RTM_DELLINK).
- What holds for a message is what was last taught before it; if nothing was,
  what is taught first after it. So an id that is given to another family is
  right on both sides of the change, and a family learnt late serves early
  messages. A stream teaches as it goes.
- A generic family without a dissector is read by the policy that nlctrl gave of
  it, else by what fits all of its messages; see `learn`.
- Names are kept per interface of the capture (one network namespace each),
  family ids per section (one host each).
- The byte order is decided once per section by the chains of message lengths
  of its first records; where they do not tell, the file's byte order stands.
- A message with NLM_F_REQUEST goes to the kernel, any other comes from it.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar, final

from mypy_extensions import i64, mypyc_attr

from ..engine.frame import Context, Frame
from ..engine.message import Message
from ..engine.walk import DEPTH_AT, DEPTH_MASK, WARNING, Engine
from ..spec import model, policy
from ..spec.learnt import LearntFamily
from ..spec.registry import Registry
from ..wire import framing
from ..wire.errors import CaptureError
from ..wire.framing import RTM_DELLINK, RTM_DELNSID, RTM_GETNSID, RTM_NEWLINK, RTM_NEWNSID
from ..wire.integers import u16, u32
from ..wire.record import PENDING, Interface, Record, Socket
from .debug import AnswerLog

if TYPE_CHECKING:
    from .strace_encoder import StraceEncoder

NETNSA_NSID: Final = 1
NETNSA_PID: Final = 2
IFLA_IFNAME: Final = 3
CTRL_CMD_NEWFAMILY: Final = 1
CTRL_CMD_DELFAMILY: Final = 2
CTRL_CMD_GETPOLICY: Final = 10
CTRL_ATTR_FAMILY_ID: Final = 1
CTRL_ATTR_FAMILY_NAME: Final = 2
CTRL_ATTR_VERSION: Final = 3
CTRL_ATTR_HDRSIZE: Final = 4
CTRL_ATTR_MCAST_GROUPS: Final = 7
CTRL_ATTR_POLICY: Final = 8
NL_POLICY_TYPE_ATTR_TYPE: Final = 1
CTRL_ATTR_MCAST_GRP_NAME: Final = 1
CTRL_ATTR_MCAST_GRP_ID: Final = 2
SOCK_DIAG_BY_FAMILY: Final = 20
PACKET_KERNEL: Final = 7  # linux/if_packet.h
AF_NETLINK: Final = 16

# More parts than `hold_back.HoldBack` holds back a request for; dumps under way at a time.
LONG_DUMP: Final = 2048
MANY_DUMPS: Final = 4096

# So many records with an opinion settle the byte order.
ORDER_VOTES: Final = 256
# Message types of rtnetlink, in both directions
_TYPES: Final = 256
# Beyond the end of every capture
_EVERYTHING: Final[i64] = 1 << 62

T = TypeVar("T")


class RecordSource(Protocol):
    """What a session needs of a capture: its records, and whether it can start over."""

    @property
    def rewindable(self) -> bool: ...

    def __iter__(self) -> Iterator[Record]: ...


@mypyc_attr(acyclic=True)
@final
class Family:
    """A generic netlink family as nlctrl told of it."""

    __slots__ = ("_asked", "_spec", "groups", "header_size", "learnt", "name", "number",
                 "version")  # fmt: skip

    def __init__(
        self, name: str, number: int, version: int, header_size: int, groups: dict[int, str]
    ) -> None:
        self.name = name
        self.number = number
        self.version = version
        self.header_size = header_size
        self.groups = groups
        self._asked = False  # whether the registry was, for its dissector
        self._spec: model.Spec | None = None
        self.learnt: LearntFamily | None = None

    def spec(self, registry: Registry) -> model.Spec | None:
        """Its dissector."""
        if not self._asked:
            self._asked = True
            self._spec = registry.family(self.name, self.number)
        return self._spec


@final
class Timeline(Generic[T]):
    """What a number meant, message by message."""

    __slots__ = ("_serials", "_values", "last")

    def __init__(self) -> None:
        self._serials: list[int] = []
        self._values: list[T | None] = []
        self.last: T | None = None

    def teach(self, serial: int, value: T | None) -> None:
        """From message `serial` on it is `value` (None: no longer anything)."""
        self._serials.append(serial)
        self._values.append(value)
        self.last = value

    def at(self, serial: int) -> T | None:
        """What it was at message `serial`; before all that is known, the first known."""
        serials = self._serials
        if serial >= serials[-1] or len(serials) == 1:
            return self._values[-1]
        place = bisect_right(serials, serial) - 1
        return self._values[place if place > 0 else 0]


@final
class Owners:
    """Whose the ports of one interface were, by the sockets that the capture recorded."""

    __slots__ = ("_by_port", "_taken")

    def __init__(self) -> None:
        self._by_port: dict[tuple[int, int], list[Socket]] = {}
        self._taken = 0

    def take(self, sockets: list[Socket]) -> None:
        """Takes in what was added to the list since the last time."""
        if len(sockets) > self._taken:
            for socket in sockets[self._taken :]:
                self._by_port.setdefault((socket.protocol, socket.port), []).append(socket)
            self._taken = len(sockets)

    def at(self, protocol: int, port: int, time: int | None) -> Socket | None:
        """Whose the port was at this time: the last one told by then, else the first."""
        found = self._by_port.get((protocol, port))
        if found is None:
            return None
        if time is not None:
            for socket in reversed(found):
                if socket.time is not None and socket.time <= time:
                    return socket
        return found[0]


@final
class _Section:
    """What is known of one section of a capture: of the host that it was recorded on."""

    __slots__ = ("big", "families", "learnt", "named", "settled", "told")

    def __init__(self) -> None:
        self.settled = False  # whether the byte order is
        self.big = False
        self.families: dict[int, Timeline[Family]] = {}
        # by id and name, which is "" before it is known
        self.learnt: dict[tuple[int, str], LearntFamily] = {}
        self.named: dict[str, list[LearntFamily]] = {}  # the same by name
        self.told: dict[bytes, bytes] = {}  # of families, by id as it is in bytes

    def learns(self, number: int, name: str, family: LearntFamily) -> None:
        """Takes in a family of which something will be learnt, unless it has one already."""
        if (number, name) not in self.learnt:
            self.learnt[number, name] = family
            if name:
                self.named.setdefault(name, []).append(family)


@final
class _Place:
    """What is known of one interface of a capture: of a network namespace.

    Ports are numbered with their protocol in front, `protocol << 32 | port`.
    """

    __slots__ = ("asked", "dump_port", "dump_seq", "dumping", "inodes", "interface", "latest",
                 "long_dumps", "names", "namespaces", "owners", "section")  # fmt: skip

    def __init__(self, section: _Section, interface: Interface) -> None:
        self.section = section
        self.interface = interface  # with all that is known of sockets so far
        self.names: dict[int, Timeline[str]] = {}
        self.latest: dict[int, bytes] = {}  # the names as they were last told
        self.namespaces: dict[int, Timeline[str]] = {}
        self.asked = (0, 0)  # for a namespace: sequence number, process
        self.owners = Owners()
        self.inodes: dict[int, int] = {}
        # by port: sequence number, and the message before
        self.dumping: dict[int, tuple[int, int]] = {}
        self.dump_port: i64 = -1  # of the dump that had the record before
        self.dump_seq: i64 = -1
        self.long_dumps: dict[tuple[int, int], list[tuple[int, int | None]]] = {}


@final
class _Bound:
    """What a message type is."""

    __slots__ = ("operation", "spec")

    def __init__(self, spec: model.Spec | None, operation: model.Operation | None) -> None:
        self.spec = spec
        self.operation = operation


class Session(Context):
    """Binds the messages of one capture; see the rules above.

    `byte_order` ("little" or "big") overrides what the bytes say. Evidence is
    gathered of families without a dissector, and of the family `observe`. `records`
    counts what was read, `skipped` the records that are not netlink, by link
    type.
    """

    def __init__(
        self, registry: Registry, byte_order: str | None = None, observe: str = ""
    ) -> None:
        super().__init__(registry.tables)
        self.registry = registry
        self._debug = AnswerLog(registry) if os.environ.get("NLDISSECT_DEBUG") else None
        self._always_observed = observe
        self.records = 0
        self.skipped: dict[int, int] = {}
        self._order = byte_order
        self._sections: dict[int, _Section] = {}
        self._places: dict[int, _Place] = {}  # by section << 32 | interface
        # The interface met last, and what is known of it
        self._met: Interface | None = None
        self._here: _Place | None = None
        self._frames = framing.Frames()  # of the header pass
        self._strace_encoder: StraceEncoder | None = None
        self._rtnetlink: list[_Bound | None] = [None] * (2 * _TYPES)
        self._bound: dict[int, _Bound] = {}  # of others, by protocol, type and direction

    # -- reading -------------------------------------------------------------

    def messages(self, capture: RecordSource, ahead: int | None = None) -> Iterator[Message]:
        """Every message of the capture in order; what `capture` raises passes through.

        The header pass keeps `ahead` bytes of the file before what is given out; None stands
        for the whole of it.
        """
        teaching: Iterator[Record] = iter(())
        learns = not capture.rewindable
        taught: i64 = _EVERYTHING  # where in the file the header pass is
        window: i64 = _EVERYTHING if ahead is None else ahead
        if not learns:
            teaching = self.taught(capture)
            taught = self._teach_to(teaching, window)
        serial: i64 = 0
        frames = framing.Frames()
        met: Interface | None = None
        known: Interface | None = None
        for record in capture:
            if record.decoded is not None:
                self._encode_decoded(record)
            self.records += 1
            if record.protocol < 0:
                link_type = record.interface.link_type
                self.skipped[link_type] = self.skipped.get(link_type, 0) + 1
                continue
            if taught != _EVERYTHING and taught < record.offset + window:
                taught = self._teach_to(teaching, record.offset + window)
            if record.interface is not met:
                met = record.interface
                known = met if learns else self._place(met).interface
            assert known is not None
            record.interface = known
            self._settle(record)
            frames.begin(record.data, record.big, record.original_length, record.protocol)
            while frames.next():
                serial += 1
                message = self._message(record, frames)
                message.number = message.serial = serial
                if learns:
                    self._learn(record, frames.start, frames.end, serial)
                self.bind(message)
                yield message

    def split(self, record: Record, big: bool) -> list[Message]:
        """The messages of one record, not bound yet."""
        if record.decoded is not None:
            self._encode_decoded(record)
        record.big = big
        frames = framing.Frames()
        frames.begin(record.data, big, record.original_length, record.protocol)
        out = []
        while frames.next():
            out.append(self._message(record, frames))
        return out

    def _message(self, record: Record, frame: framing.Frames) -> Message:
        """The message of a record that is in this frame."""
        data = record.data
        start, end, state = frame.start, frame.end, frame.state
        if end - start != len(data):
            data = data[start:end]
        wrong = state in (framing.SHORT_LENGTH, framing.LONG_LENGTH)
        if wrong and start == 0 and record.protocol in framing.FREE_FORM:
            state = framing.NO_HEADER
        message = Message(self, record.protocol, data, 0, frame.stop - start, record.big, state)
        message.record = record
        message.offset = start
        message.truncated = state == framing.CUT
        if record.socket is not None:  # a system call knows which way it goes
            message.to_kernel = record.cooked[1] == PACKET_KERNEL
        return message

    def _encode_decoded(self, record: Record) -> None:
        """Gives a record its bytes of which there is only what strace made of them."""
        if self._strace_encoder is None:
            from .strace_encoder import StraceEncoder  # few captures need it

            self._strace_encoder = StraceEncoder(self.registry)
        self._strace_encoder.encode(record)

    # -- whose record it is ---------------------------------------------------

    def _section(self, number: int) -> _Section:
        found = self._sections.get(number)
        if found is None:
            found = self._sections[number] = _Section()
            found.settled = self._order is not None
            found.big = self._order == "big"
        return found

    def _place(self, interface: Interface) -> _Place:
        """What is known of an interface."""
        here = self._here
        if here is not None and interface is self._met:
            return here
        key = int(interface.section << 32 | interface.number)
        here = self._places.get(key)
        if here is None:
            here = self._places[key] = _Place(self._section(int(interface.section)), interface)
        self._met = interface
        self._here = here
        return here

    def _known(self, message: Frame) -> _Place | None:
        """What is known of the interface that a message passed; None before anything is."""
        record = message.record
        return self._places.get(0) if record is None else self._place(record.interface)

    # -- byte order ----------------------------------------------------------

    def _settle(self, record: Record) -> None:
        """Gives the record its section's byte order; a stream decides at the first clear one."""
        section = self._place(record.interface).section
        if not section.settled:
            found = framing.guess_order(record.data, record.original_length)
            if found is None:
                record.big = record.interface.big_endian
                return
            section.settled = True
            section.big = found
        record.big = section.big

    def _vote(self, records: list[Record]) -> None:
        """Settles the byte order of each section by the majority of these records."""
        votes: dict[int, int] = {}
        for record in records:
            if record.protocol >= 0:
                guess = framing.guess_order(record.data, record.original_length)
                if guess is not None:
                    place = int(record.interface.section)
                    votes[place] = votes.get(place, 0) + (1 if guess else -1)
        for number, lead in votes.items():
            section = self._section(number)
            if lead and not section.settled:
                section.settled = True
                section.big = lead > 0

    # -- learning --------------------------------------------------------------

    def _teach_to(self, teaching: Iterator[Record], offset: i64) -> i64:
        """Lets the header pass go on to this offset in the file; returns where it is then."""
        with suppress(CaptureError):  # it comes again, in its place
            for record in teaching:
                if record.offset >= offset:
                    return record.offset
        return _EVERYTHING

    def taught(self, capture: Iterable[Record], serial: i64 = 0) -> Iterator[Record]:
        """The header pass, record by record: each after it taught, in its byte order.

        The first records of a section come once they have voted on its byte order; a
        PENDING record makes them. What `capture` raises comes after what was read before.
        `serial` messages went before.
        """
        waiting: list[Record] = []
        section: i64 = -1
        failure: CaptureError | None = None
        try:
            for record in capture:
                if record.decoded is not None:
                    self._encode_decoded(record)
                if record.protocol < 0:
                    if record is PENDING:
                        self._vote(waiting)
                        for found in waiting:
                            serial = self._teach(found, serial)
                            yield found
                        waiting = []
                    yield record
                elif record.interface.section != section or len(waiting) > 0:
                    if record.interface.section == section:
                        waiting.append(record)
                        if len(waiting) < ORDER_VOTES:
                            continue
                    self._vote(waiting)
                    for found in waiting:
                        serial = self._teach(found, serial)
                        yield found
                    waiting = []
                    if record.interface.section != section:
                        section = record.interface.section
                        waiting = [record]
                else:
                    serial = self._teach(record, serial)
                    yield record
        except CaptureError as problem:
            failure = problem
        self._vote(waiting)
        for found in waiting:
            serial = self._teach(found, serial)
            yield found
        if failure is not None:
            raise failure

    def _teach(self, record: Record, serial: i64) -> i64:
        """Takes from a record what others need; returns the number of its last message."""
        place = self._place(record.interface)
        place.interface = record.interface
        self._settle(record)
        before = serial
        frames = self._frames
        frames.begin(record.data, record.big, record.original_length, record.protocol)
        while frames.next():
            serial += 1
            self._learn(record, frames.start, frames.end, serial)
        if serial != before:
            self._learn_dump(record, place, before, serial, frames.start)
        return serial

    def _learn(self, record: Record, start: i64, end: i64, serial: i64) -> None:
        """Takes from one message, with what trails it, what later (or earlier) ones need."""
        protocol = record.protocol
        if end - start < 20 or protocol not in (
            framing.NETLINK_ROUTE,
            framing.NETLINK_GENERIC,
            framing.NETLINK_SOCK_DIAG,
        ):
            return
        data, big = record.data, record.big
        kind = u16(data, start + 4, big)
        asks = u16(data, start + 6, big) & framing.NLM_F_REQUEST != 0
        stop = start + u32(data, start, big)
        if stop > end:
            stop = end
        if protocol == framing.NETLINK_ROUTE:
            if kind in (RTM_NEWLINK, RTM_DELLINK):
                if not asks and stop - start >= 32:
                    self._learn_link(record, start, stop, serial)
            elif RTM_NEWNSID <= kind <= RTM_GETNSID:
                self._learn_namespace(record, start, stop, serial)
        elif protocol == framing.NETLINK_GENERIC:
            if kind > framing.GENL_ID_CTRL:
                self._observe(record, start, stop, serial, kind, asks)
            elif kind == framing.GENL_ID_CTRL and not asks:
                self._learn_family(record, start, stop, serial)
        elif kind == SOCK_DIAG_BY_FAMILY and not asks:
            self._learn_socket(record, start, stop)

    def _learn_link(self, record: Record, start: i64, stop: i64, serial: i64) -> None:
        data = record.data
        index = int(u32(data, start + 20, record.big))
        found = framing.Attributes(data, start + 32, stop, record.big)
        if not found.find(IFLA_IFNAME) or (record.gaps is not None and not index):
            return
        place = self._place(record.interface)
        told = data[found.start : found.stop]
        if place.latest.get(index) == told:
            return
        place.latest[index] = told
        name = _text(told)
        timeline = place.names.get(index)
        if timeline is None:
            timeline = place.names[index] = Timeline()
        if timeline.last != name:
            timeline.teach(serial, name)

    def _learn_dump(
        self, record: Record, place: _Place, before: i64, serial: i64, last: i64
    ) -> None:
        """Where a long dump ends, since its request is shown before that is come to.

        The record has the messages after number `before`, the last one (`serial`) at `last`.
        """
        data, big = record.data, record.big
        if len(data) < 16 or u16(data, 6, big) & framing.NLM_F_MULTI == 0:
            return
        port = u32(data, 12, big)
        if port == 0:
            return
        port |= record.protocol << 32
        sequence = u32(data, 8, big)
        done = len(data) >= last + 16 and u16(data, last + 4, big) == framing.NLMSG_DONE
        if port == place.dump_port and sequence == place.dump_seq and not done:
            return
        key, seq = int(port), int(sequence)
        begun = place.dumping.get(key)
        if begun is None or begun[0] != seq:
            if len(place.dumping) >= MANY_DUMPS:
                place.dumping.clear()
            begun = place.dumping[key] = (seq, int(before))
        place.dump_port = port
        place.dump_seq = sequence
        if done:
            place.dump_port = -1
            del place.dumping[key]
            if serial - begun[1] >= LONG_DUMP:
                place.long_dumps.setdefault((key, seq), []).append((int(serial), record.time))

    def _learn_namespace(self, record: Record, start: i64, stop: i64, serial: i64) -> None:
        """Whose network namespace an id stands for: that of the process which a request named."""
        data, big = record.data, record.big
        kind, seq = u16(data, start + 4, big), int(u32(data, start + 8, big))
        number, pid = -1, 0
        found = framing.Attributes(data, start + 20, stop, big)
        while found.next():
            if found.stop - found.start == 4:
                if found.number == NETNSA_NSID:
                    number = int(u32(data, found.start, big))
                    if number >= 1 << 31:
                        number -= 1 << 32
                elif found.number == NETNSA_PID:
                    pid = int(u32(data, found.start, big))
        place = self._place(record.interface)
        if u16(data, start + 6, big) & framing.NLM_F_REQUEST != 0:
            if not pid:
                return
            if number < 0:  # it is asked for; the answer has the number
                place.asked = (seq, pid)
                return
        elif not pid and place.asked[0] == seq:
            pid = place.asked[1]
        if number < 0:
            return
        timeline = place.namespaces.get(number)
        if kind == RTM_DELNSID:
            if timeline is not None:
                timeline.teach(serial + 1, None)
        elif pid:
            if timeline is None:
                timeline = place.namespaces[number] = Timeline()
            timeline.teach(serial, f"pid {pid}")

    def _learn_socket(self, record: Record, start: i64, stop: i64) -> None:
        """The inode of a netlink socket (struct netlink_diag_msg, linux/netlink_diag.h)."""
        data, big = record.data, record.big
        if data[start + 16] == AF_NETLINK and stop - start >= 36:
            port = u32(data, start + 20, big)
            if port != 0:
                key = int(i64(data[start + 18]) << 32 | port)
                self._place(record.interface).inodes[key] = int(u32(data, start + 32, big))

    def _learn_family(self, record: Record, start: i64, stop: i64, serial: i64) -> None:
        data, big = record.data, record.big
        command = data[start + 16]
        if command not in (CTRL_CMD_NEWFAMILY, CTRL_CMD_DELFAMILY, CTRL_CMD_GETPOLICY):
            return
        section = self._place(record.interface).section
        found = framing.Attributes(data, start + 20, stop, big)
        if found.find(CTRL_ATTR_FAMILY_ID):
            if command == CTRL_CMD_GETPOLICY:
                if found.stop - found.start == 2:
                    number = int(u16(data, found.start, big))
                    learnt = self._learnt_of(section, number, int(serial))
                    learnt.policy.add(data, start + 20, stop, big)
                    learnt.differences = None
                return
            # Most tell again what they told before.
            own, whole = data[found.start : found.start + 2], data[start + 16 : stop]
            if section.told.get(own) == whole:
                return
            section.told[own] = whole
        elif command == CTRL_CMD_GETPOLICY:
            return
        number = header_size = version = -1
        name = ""
        groups: dict[int, str] = {}
        found = framing.Attributes(data, start + 20, stop, big)
        while found.next():
            size = found.stop - found.start
            if found.number == CTRL_ATTR_FAMILY_ID and size >= 2:
                number = int(u16(data, found.start, big))
            elif found.number == CTRL_ATTR_FAMILY_NAME:
                name = _text(data[found.start : found.stop])
            elif found.number == CTRL_ATTR_VERSION and size >= 4:
                version = int(u32(data, found.start, big))
            elif found.number == CTRL_ATTR_HDRSIZE and size >= 4:
                header_size = int(u32(data, found.start, big))
            elif found.number == CTRL_ATTR_MCAST_GROUPS:
                _groups(data, found.start, found.stop, big, groups)
        if number < 0 or not name:
            return
        timeline = section.families.get(number)
        if timeline is None:
            timeline = section.families[number] = Timeline()
        last = timeline.last
        if last is None or last.name != name:
            early = section.learnt.pop((number, ""), None)
            if early is not None:  # seen before its name
                section.learns(number, name, early)
            known = Family(name, number, max(version, 0), max(header_size, 0), groups)
            timeline.teach(int(serial), known)
        else:
            last.groups.update(groups)
            last.header_size = max(header_size, last.header_size)
        if command == CTRL_CMD_DELFAMILY:
            timeline.teach(int(serial) + 1, None)

    def _learnt_of(self, section: _Section, number: int, serial: int) -> LearntFamily:
        """What the capture itself teaches of the family that has this id now."""
        timeline = section.families.get(number)
        family = None if timeline is None else timeline.at(serial)
        if family is not None and family.learnt is not None:
            return family.learnt
        name = "" if family is None else family.name
        found = section.learnt.get((number, name))
        if found is None:
            found = LearntFamily(name)
            section.learns(number, name, found)
        if family is not None:
            family.learnt = found
        return found

    def _observe(
        self, record: Record, start: i64, stop: i64, serial: i64, kind: i64, asks: bool
    ) -> None:
        """Gathers evidence from a message of a generic family that has no dissector."""
        number = int(kind)
        section = self._place(record.interface).section
        timeline = section.families.get(number)
        family = None if timeline is None else timeline.at(int(serial))
        pos = start + 20
        if family is None:
            name = framing.FIXED_FAMILIES.get(number)
            spec = self.registry.family(name, number)
        else:
            name = family.name
            spec = family.spec(self.registry)
            pos += (family.header_size + 3) & ~3
        if spec is None or name == self._always_observed:
            learnt = self._learnt_of(section, number, int(serial))
            learnt.observe(record.data, pos, stop, record.big, record.data[start + 16], asks)

    def know(self, number: int, name: str) -> None:
        """Says which generic family has this id, where no capture tells."""
        timeline: Timeline[Family] = Timeline()
        timeline.teach(0, Family(name, number, 0, 0, {}))
        self._section(0).families[number] = timeline

    def learnt(self, name: str) -> LearntFamily | None:
        """What the capture taught of a generic family: its policy, or evidence of its messages."""
        for section in self._sections.values():
            for family in section.named.get(name, ()):
                if family.policy.tables or family.by_command:
                    return family
        return None

    def learnt_names(self) -> list[str]:
        """The families of which the capture taught something."""
        return sorted(
            {
                name
                for section in self._sections.values()
                for (_, name), f in section.learnt.items()
                if name and (f.policy.tables or f.by_command)
            }
        )

    def family_named(self, name: str) -> Family | None:
        """The generic family of this name, as nlctrl last told of it."""
        for section in self._sections.values():
            for timeline in section.families.values():
                family = timeline.last or timeline.at(0)
                if family is not None and family.name == name:
                    return family
        return None

    def judge(self, message: Frame, engine: Engine) -> None:
        """Tells where a policy in the message and the family's dissector differ."""
        if message.to_kernel or message.command != CTRL_CMD_GETPOLICY:
            return
        differences = self._policy_differences(message)
        if not differences:
            return
        around = [0, 0, 0]  # the numbers of the set of policies, the policy and the attribute
        for place in range(0, engine.size, 2):
            depth = engine.tape[place] >> DEPTH_AT & DEPTH_MASK
            number = engine.called(place)[2]
            if depth < 3:
                around[depth] = number
            elif depth == 3 and around[0] == CTRL_ATTR_POLICY:
                text = differences.get((around[1], around[2]))
                if text is not None and number == NL_POLICY_TYPE_ATTR_TYPE:
                    engine.find(place, False, "policy-differs", WARNING, text)

    def _policy_differences(self, message: Frame) -> dict[tuple[int, int], str]:
        """The differences by policy and attribute, in words."""
        found = framing.Attributes(message.data, message.base + 20, message.limit, message.big)
        if message.record is None or not found.find(CTRL_ATTR_FAMILY_ID):
            return {}
        if found.stop - found.start != 2:
            return {}
        number = int(u16(message.data, found.start, message.big))
        spec = self.registry.family(self.family_name(number, message), number)
        if spec is None:
            return {}
        section = self._place(message.record.interface).section
        learnt = self._learnt_of(section, number, message.serial)
        if learnt.differences is None:
            differ = policy.differences(spec, learnt.policy)
            learnt.differences = {(index, attr): text for index, attr, text in differ}
        return learnt.differences

    def family_name(self, number: int, message: Frame) -> str | None:
        """The name of the generic family that had this id when the message was sent."""
        family = self.family(number, message)
        return framing.FIXED_FAMILIES.get(number) if family is None else family.name

    # -- what messages ask -------------------------------------------------------

    def bind(self, message: Frame) -> None:
        """Sets what the message is; see `tree.Context`."""
        kind: i64 = message.type
        if kind < framing.NLMSG_MIN_TYPE:
            return
        protocol: i64 = message.protocol
        if protocol == framing.NETLINK_GENERIC:
            self._bind_generic(message, int(kind))
            if self._debug is not None:
                self._debug.tell(message, message.spec, message.operation)
            return
        direction: i64 = 1 if message.to_kernel else 0
        found: _Bound | None = None
        if protocol == framing.NETLINK_ROUTE and kind < _TYPES:
            found = self._rtnetlink[2 * kind + direction]
            if found is None:
                found = self._rtnetlink[2 * kind + direction] = self._meaning(message)
        else:
            key = int(protocol << 17 | kind << 1 | direction)
            found = self._bound.get(key)
            if found is None:
                found = self._bound[key] = self._meaning(message)
        message.spec = found.spec
        message.operation = found.operation

    def _meaning(self, message: Frame) -> _Bound:
        """What messages of the type of this one are, with a raw protocol."""
        kind = message.type
        spec = self.registry.raw(message.protocol, kind)
        operation = None if spec is None else spec.operation(kind, message.to_kernel)
        if self._debug is not None:
            self._debug.tell(message, spec, operation)
        return _Bound(spec, operation)

    def _bind_generic(self, message: Frame, kind: int) -> None:
        start = message.base + 16
        if start < message.limit:
            message.command = message.data[start]
        family = self.family(kind, message)
        if family is None:
            name = framing.FIXED_FAMILIES.get(kind)
            spec = self.registry.family(name, kind)
        else:
            name = family.name
            message.header_size = family.header_size
            spec = family.spec(self.registry)
        message.family = spec.name if spec is not None else name
        message.spec = spec
        if message.command < 0:
            return
        if spec is not None:
            message.operation = spec.operation(message.command, message.to_kernel)
        elif message.record is not None:
            section = self._place(message.record.interface).section
            learnt = self._learnt_of(section, kind, message.serial)
            dump = message.flags & 0x300 == 0x300
            message.operation = learnt.operation(message.command, message.to_kernel, dump)

    def family(self, number: int, message: Frame) -> Family | None:
        """The generic family that had this id when the message was sent."""
        record = message.record
        section = self._section(0) if record is None else self._place(record.interface).section
        timeline = section.families.get(number)
        return None if timeline is None else timeline.at(message.serial)

    def interface(self, index: int, message: Frame) -> str | None:
        """The name of interface `index` when the message was sent."""
        place = self._known(message)
        timeline = None if place is None else place.names.get(index)
        return None if timeline is None else timeline.at(message.serial)

    def dump_end(self, port: int, message: Frame) -> tuple[int, int | None] | None:
        """Number and time of what ends the long dump that the message asks for, if it is known."""
        if message.record is None:
            return None
        place = self._place(message.record.interface)
        for end in place.long_dumps.get((message.protocol << 32 | port, message.seq), ()):
            if end[0] > message.serial:
                return end
        return None

    def namespace(self, number: int, message: Frame) -> str | None:
        """What is known of the network namespace with this id: `pid 4711`, or this host's name."""
        name = None
        if message.record is not None:
            timeline = self._place(message.record.interface).namespaces.get(number)
            name = None if timeline is None else timeline.at(message.serial)
        if name is None:
            name = self.registry.namespaces.get(number)
        return name

    def socket(self, port: int, message: Frame) -> Socket | None:
        """Whose port it was when the message was sent, as the capture recorded it."""
        record = message.record
        if record is None or not record.interface.sockets:
            return None
        owners = self._place(record.interface).owners
        owners.take(record.interface.sockets)
        return owners.at(message.protocol, port, record.time)

    def inode(self, port: int, message: Frame) -> int | None:
        """The inode of the socket with this port, as sock_diag told."""
        if message.record is None:
            return None
        inodes = self._place(message.record.interface).inodes
        return inodes.get(message.protocol << 32 | port) if inodes else None

    def control(self) -> model.Spec | None:
        """The spec of NLMSG_ERROR and NLMSG_DONE."""
        return self.registry.control()


def _text(raw: bytes) -> str:
    """A name up to its NUL."""
    return raw.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _groups(data: bytes, start: i64, stop: i64, big: bool, out: dict[int, str]) -> None:
    """Takes in the multicast groups of a family, number to name."""
    groups = framing.Attributes(data, start, stop, big)
    while groups.next():
        number, name = -1, ""
        facts = framing.Attributes(data, groups.start, groups.stop, big)
        while facts.next():
            if facts.number == CTRL_ATTR_MCAST_GRP_ID and facts.stop - facts.start >= 4:
                number = int(u32(data, facts.start, big))
            elif facts.number == CTRL_ATTR_MCAST_GRP_NAME:
                name = _text(data[facts.start : facts.stop])
        if number >= 0:
            out[number] = name
