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

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final, Generic, Literal, Protocol, TypeVar

from . import learn, wire
from . import spec as m
from .errors import CaptureError
from .recode import Recoder
from .record import PENDING, Interface, Record, Socket
from .registry import Registry
from .tree import Context, Message

RTM_NEWLINK = 16
RTM_DELLINK = 17
RTM_NEWNSID = 88
RTM_DELNSID = 89
RTM_GETNSID = 90
NETNSA_NSID = 1
NETNSA_PID = 2
IFLA_IFNAME = 3
CTRL_CMD_NEWFAMILY = 1
CTRL_CMD_DELFAMILY = 2
CTRL_CMD_GETPOLICY = 10
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2
CTRL_ATTR_VERSION = 3
CTRL_ATTR_HDRSIZE = 4
CTRL_ATTR_MCAST_GROUPS = 7
SOCK_DIAG_BY_FAMILY = 20
PACKET_KERNEL = 7  # linux/if_packet.h
AF_NETLINK = 16

# More parts than `survey.ahead` holds back a request for; dumps under way at a time.
LONG_DUMP = 2048
MANY_DUMPS = 4096

# The message types of rtnetlink that teach something.
TEACHING: Final = frozenset((RTM_NEWLINK, RTM_DELLINK, RTM_NEWNSID, RTM_DELNSID, RTM_GETNSID))
# The protocols whose messages teach something.
TEACHERS = frozenset((wire.NETLINK_ROUTE, wire.NETLINK_GENERIC, wire.NETLINK_SOCK_DIAG))

# So many records with an opinion settle the byte order.
ORDER_VOTES = 256

T = TypeVar("T")
# A record, whether it is big-endian, and where its messages lie
Taught = tuple[Record, bool, list[wire.Frame]]


class Capture(Protocol):
    """What a session needs of a capture: its records, and whether it can start over."""

    @property
    def rewindable(self) -> bool: ...

    def __iter__(self) -> Iterator[Record]: ...


class Sieve(Protocol):
    """Lets records pass by unread, whose messages count all the same."""

    def learnt(self) -> None: ...

    def at(self, record: Record, interface: Interface, big: bool, serial: int) -> None: ...

    def taken(self) -> int: ...


class Family:
    """A generic netlink family as nlctrl told of it."""

    __slots__ = ("groups", "header_size", "name", "number", "version")

    def __init__(
        self, name: str, number: int, version: int, header_size: int, groups: dict[int, str]
    ) -> None:
        self.name = name
        self.number = number
        self.version = version
        self.header_size = header_size
        self.groups = groups


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
        if len(self._serials) == 1:
            return self._values[0]
        place = bisect_right(self._serials, serial) - 1
        return self._values[place if place > 0 else 0]


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
        self._always_observed = observe
        self.sieve: Sieve | None = None  # what lets records of the capture pass by
        self.records = 0
        self.skipped: dict[int, int] = {}
        self._forced = None if byte_order is None else byte_order == "big"
        self._orders: dict[int, bool] = {}
        self._families: dict[tuple[int, int], Timeline[Family]] = {}
        self._names: dict[tuple[int, int], dict[int, Timeline[str]]] = {}
        self._learnt: dict[tuple[int, int, str], learn.Family] = {}
        self._told: dict[tuple[int, bytes], bytes] = {}  # of families, by id as it is in bytes
        self._owners: dict[Interface, Owners] = {}
        # as the header pass left them: with all that the capture tells of sockets
        self._interfaces: dict[tuple[int, int], Interface] = {}
        self._recoder: Recoder | None = None
        self._namespaces: dict[tuple[int, int, int], Timeline[str]] = {}
        self._asked_namespace: tuple[tuple[int, int], int, int] = ((-1, -1), 0, 0)
        # (section, interface, protocol and port): sequence number, and the message before
        self._dumping: dict[tuple[int, int, int], tuple[int, int]] = {}
        self._long_dumps: dict[tuple[int, int, int, int], list[tuple[int, int | None]]] = {}
        self._inodes: dict[tuple[int, int, int, int], int] = {}
        self._bound: dict[tuple[int, int, bool], tuple[m.Spec | None, m.Operation | None]] = {}

    # -- reading -------------------------------------------------------------

    def messages(self, capture: Capture) -> Iterator[Message]:
        """Every message of the capture in order; what `capture` raises passes through."""
        ahead = capture.rewindable
        if ahead:
            with suppress(CaptureError):  # it comes again, in its place
                self._learn_all(capture)
        serial = 0
        sieve = self.sieve
        if sieve is not None:
            sieve.learnt()
        met: Interface | None = None
        for record in capture:
            if record.decoded is not None:
                self._recode(record)
            self.records += 1
            if record.protocol < 0:
                link_type = record.interface.link_type
                self.skipped[link_type] = self.skipped.get(link_type, 0) + 1
                continue
            if record.interface is not met:
                met = record.interface
                known = self._interfaces.get(_place(record), met)
            record.interface = known
            big = self._order(record)
            if sieve is not None:
                serial += sieve.taken()
            for message in self.split(record, big):
                serial += 1
                message.number = message.serial = serial
                if not ahead:
                    self._learn(record, message.data, serial, big)
                self.bind(message)
                yield message
            if sieve is not None:
                sieve.at(record, met, big, serial)

    def split(self, record: Record, big: bool) -> list[Message]:
        """The messages of one record, not bound yet."""
        if record.decoded is not None:
            self._recode(record)
        data = record.data
        protocol = record.protocol
        total = record.original_length
        frames = wire.split(data, big, total, protocol)
        out = []
        for start, stop, end, state in frames:
            piece = data if end - start == len(data) else data[start:end]
            wrong = state == wire.SHORT_LENGTH or state == wire.LONG_LENGTH
            if wrong and start == 0 and protocol in wire.FREE_FORM:
                state = wire.NO_HEADER
            message = Message(self, protocol, piece, 0, stop - start, big, state)
            message.record = record
            message.offset = start
            message.truncated = state == wire.CUT
            if record.socket is not None:  # a system call knows which way it goes
                message.to_kernel = record.cooked[1] == PACKET_KERNEL
            out.append(message)
        return out

    def _recode(self, record: Record) -> None:
        """Gives a record its bytes of which there is only what strace made of them."""
        if self._recoder is None:
            self._recoder = Recoder(self.registry)
        self._recoder.fill(record)

    # -- byte order ----------------------------------------------------------

    def _order(self, record: Record) -> bool:
        """The byte order of the record's section; a stream decides at the first clear record."""
        if self._forced is not None:
            return self._forced
        section = record.interface.section
        found = self._orders.get(section)
        if found is None:
            found = wire.guess_order(record.data, record.original_length)
            if found is None:
                return record.interface.big_endian
            self._orders[section] = found
        return found

    def _vote(self, records: Iterable[Record]) -> None:
        """Settles the byte order of each section by the majority of these records."""
        votes: dict[int, list[int]] = {}
        for record in records:
            if record.protocol >= 0:
                guess = wire.guess_order(record.data, record.original_length)
                if guess is not None:
                    votes.setdefault(record.interface.section, [0, 0])[guess] += 1
        for section, (little, big) in votes.items():
            if little != big and section not in self._orders:
                self._orders[section] = big > little

    # -- learning --------------------------------------------------------------

    def _learn_all(self, capture: Capture) -> None:
        """The header pass: byte order, families, names and sockets of the whole capture."""
        latest: Interface | None = None
        for record, _, _ in self.taught(capture):
            if record.interface is not latest:
                latest = record.interface
                self._interfaces[_place(record)] = latest

    def taught(self, capture: Iterable[Record], serial: int = 0) -> Iterator[Taught]:
        """The header pass, record by record: what each was cut into after it taught.

        The first records of a section come once they have voted on its byte order; a
        PENDING record makes them. What `capture` raises comes after what was read before.
        `serial` messages went before.
        """
        sieve = self.sieve
        waiting: list[Record] = []
        section = -1
        failure: CaptureError | None = None
        try:
            for record in capture:
                if record.decoded is not None:
                    self._recode(record)
                if record.protocol < 0:
                    if record is PENDING:
                        for found in self._teach_waiting(waiting, serial):
                            serial += len(found[2])
                            yield found
                        waiting = []
                    yield record, False, []
                elif record.interface.section != section or waiting:
                    if record.interface.section == section:
                        waiting.append(record)
                        if len(waiting) < ORDER_VOTES:
                            continue
                    for found in self._teach_waiting(waiting, serial):
                        serial += len(found[2])
                        yield found
                    waiting = []
                    if record.interface.section != section:
                        section = record.interface.section
                        waiting = [record]
                else:
                    if sieve is not None:
                        serial += sieve.taken()
                    found = self._teach(record, serial)
                    serial += len(found[2])
                    if sieve is not None:
                        sieve.at(record, record.interface, found[1], serial)
                    yield found
        except CaptureError as problem:
            failure = problem
        yield from self._teach_waiting(waiting, serial)
        if failure is not None:
            raise failure

    def _teach_waiting(self, records: list[Record], serial: int) -> list[Taught]:
        if self._forced is None:
            self._vote(records)
        out = []
        for record in records:
            found = self._teach(record, serial)
            serial += len(found[2])
            out.append(found)
        return out

    def _teach(self, record: Record, serial: int) -> Taught:
        data = record.data
        big = self._order(record)
        protocol = record.protocol
        before = serial
        frames = wire.split(data, big, record.original_length, protocol)
        if protocol in TEACHERS:
            for start, _, end, _ in frames:
                serial += 1
                piece = data if end - start == len(data) else data[start:end]
                self._learn(record, piece, serial, big)
        if frames:
            self._learn_dump(record, data, big, before + len(frames), frames)
        return record, big, frames

    def _learn(self, record: Record, data: bytes, serial: int, big: bool) -> None:
        """Takes from one message what later (or earlier) ones need."""
        if len(data) < 20:
            return
        length, kind, flags, _, _ = wire.HEADER[big](data, 0)
        end = min(length, len(data))
        if kind > wire.GENL_ID_CTRL and record.protocol == wire.NETLINK_GENERIC:
            self._observe(record, data, serial, big, end, kind)
        if record.protocol == wire.NETLINK_ROUTE and RTM_NEWNSID <= kind <= RTM_GETNSID:
            self._learn_namespace(record, data, serial, big, end)
        if flags & wire.NLM_F_REQUEST:
            return
        if record.protocol == wire.NETLINK_ROUTE:
            if kind in (RTM_NEWLINK, RTM_DELLINK) and end >= 32:
                self._learn_link(record, data, serial, big, end)
        elif record.protocol == wire.NETLINK_GENERIC:
            if kind == wire.GENL_ID_CTRL:
                self._learn_family(record, data, serial, big, end)
        elif record.protocol == wire.NETLINK_SOCK_DIAG and kind == SOCK_DIAG_BY_FAMILY:
            self._learn_socket(record, data, big, end)

    def _learn_link(self, record: Record, data: bytes, serial: int, big: bool, end: int) -> None:
        index: int = wire.LENGTH[big](data, 20)[0]
        found = _attribute(data, 32, end, big, IFLA_IFNAME)
        if found is None or (record.gaps is not None and not index):
            return
        raw = data[found[0] : found[1]].partition(b"\0")[0]
        name = raw.decode("utf-8", "backslashreplace")
        names = self._names.setdefault(_place(record), {})
        timeline = names.get(index)
        if timeline is None:
            timeline = names[index] = Timeline()
        if timeline.last != name:
            timeline.teach(serial, name)

    def _learn_dump(
        self, record: Record, data: bytes, big: bool, serial: int, frames: list[wire.Frame]
    ) -> None:
        """Where a long dump ends, since its request is shown before that is come to.

        `serial` is the number of the record's last message.
        """
        if len(data) < 16:
            return
        _, _, flags, seq, port = wire.HEADER[big](data, 0)
        if not flags & wire.NLM_F_MULTI or not port:
            return
        key = (*_place(record), record.protocol << 32 | port)
        begun = self._dumping.get(key)
        if begun is None or begun[0] != seq:
            if len(self._dumping) >= MANY_DUMPS:
                self._dumping.clear()
            begun = self._dumping[key] = (seq, serial - len(frames))
        last = frames[-1][0]
        if len(data) < last + 16 or wire.HEADER[big](data, last)[1] != wire.NLMSG_DONE:
            return
        del self._dumping[key]
        if serial - begun[1] >= LONG_DUMP:
            self._long_dumps.setdefault((*key, seq), []).append((serial, record.time))

    def _learn_namespace(
        self, record: Record, data: bytes, serial: int, big: bool, end: int
    ) -> None:
        """Whose network namespace an id stands for: that of the process which a request named."""
        _, kind, flags, seq, _ = wire.HEADER[big](data, 0)
        number, pid = -1, 0
        for attribute, start, stop in _attributes(data, 20, end, big):
            if stop - start == 4 and attribute == NETNSA_NSID:
                number = int.from_bytes(data[start:stop], _order(big), signed=True)
            elif stop - start == 4 and attribute == NETNSA_PID:
                pid = int.from_bytes(data[start:stop], _order(big))
        place = _place(record)
        if flags & wire.NLM_F_REQUEST:
            if not pid:
                return
            if number < 0:  # it is asked for; the answer has the number
                self._asked_namespace = (place, seq, pid)
                return
        elif not pid and self._asked_namespace[:2] == (place, seq):
            pid = self._asked_namespace[2]
        if number < 0:
            return
        key = (*place, number)
        timeline = self._namespaces.get(key)
        if kind == RTM_DELNSID:
            if timeline is not None:
                timeline.teach(serial + 1, None)
        elif pid:
            if timeline is None:
                timeline = self._namespaces[key] = Timeline()
            timeline.teach(serial, f"pid {pid}")

    def _learn_socket(self, record: Record, data: bytes, big: bool, end: int) -> None:
        """The inode of a netlink socket (struct netlink_diag_msg, linux/netlink_diag.h)."""
        if data[16] == AF_NETLINK and end >= 36:
            port: int = wire.LENGTH[big](data, 20)[0]
            inode: int = wire.LENGTH[big](data, 32)[0]
            if port:
                self._inodes[(*_place(record), data[18], port)] = inode

    def _learn_family(self, record: Record, data: bytes, serial: int, big: bool, end: int) -> None:
        command = data[16]
        if command not in (CTRL_CMD_NEWFAMILY, CTRL_CMD_DELFAMILY, CTRL_CMD_GETPOLICY):
            return
        found = _attribute(data, 20, end, big, CTRL_ATTR_FAMILY_ID)
        if command == CTRL_CMD_GETPOLICY:
            if found is not None and found[1] - found[0] == 2:
                owner = data[found[0] : found[1]]
                learnt = self._learnt_of(record, int.from_bytes(owner, _order(big)), serial)
                learnt.policy.add(data, 20, end, big)
                learnt.differences = None
            return
        if found is not None:  # most tell again what they told before
            own = record.interface.section, data[found[0] : found[0] + 2]
            if self._told.get(own) == data[16:end]:
                return
            self._told[own] = data[16:end]
        order = _order(big)
        number = header_size = version = -1
        name = ""
        groups: dict[int, str] = {}
        for kind, start, stop in _attributes(data, 20, end, big):
            if kind == CTRL_ATTR_FAMILY_ID and stop - start >= 2:
                number = int.from_bytes(data[start : start + 2], order)
            elif kind == CTRL_ATTR_FAMILY_NAME:
                name = data[start:stop].partition(b"\0")[0].decode("utf-8", "backslashreplace")
            elif kind == CTRL_ATTR_VERSION and stop - start >= 4:
                version = int.from_bytes(data[start : start + 4], order)
            elif kind == CTRL_ATTR_HDRSIZE and stop - start >= 4:
                header_size = int.from_bytes(data[start : start + 4], order)
            elif kind == CTRL_ATTR_MCAST_GROUPS:
                for _, inner, inner_end in _attributes(data, start, stop, big):
                    group, group_name = -1, ""
                    for sub, at, to in _attributes(data, inner, inner_end, big):
                        if sub == 2 and to - at >= 4:
                            group = int.from_bytes(data[at : at + 4], order)
                        elif sub == 1:
                            raw = data[at:to].partition(b"\0")[0]
                            group_name = raw.decode("utf-8", "backslashreplace")
                    if group >= 0:
                        groups[group] = group_name
        if number < 0 or not name:
            return
        key = (record.interface.section, number)
        timeline = self._families.get(key)
        if timeline is None:
            timeline = self._families[key] = Timeline()
        if timeline.last is None or timeline.last.name != name:
            early = self._learnt.pop((*key, ""), None)
            if early is not None:  # seen before its name
                self._learnt.setdefault((*key, name), early)
            known = Family(name, number, max(version, 0), max(header_size, 0), groups)
            timeline.teach(serial, known)
        else:
            timeline.last.groups.update(groups)
            timeline.last.header_size = max(header_size, timeline.last.header_size)
        if command == CTRL_CMD_DELFAMILY:
            timeline.teach(serial + 1, None)

    def _learnt_of(self, record: Record, number: int, serial: int) -> learn.Family:
        """What the capture itself teaches of the family that has this id now."""
        section = record.interface.section
        timeline = self._families.get((section, number))
        family = None if timeline is None else timeline.at(serial)
        name = "" if family is None else family.name
        found = self._learnt.get((section, number, name))
        if found is None:
            found = self._learnt[section, number, name] = learn.Family(name)
        return found

    def _observe(
        self, record: Record, data: bytes, serial: int, big: bool, end: int, number: int
    ) -> None:
        """Gathers evidence from a message of a generic family that has no dissector."""
        timeline = self._families.get((record.interface.section, number))
        family = None if timeline is None else timeline.at(serial)
        name = wire.FIXED_FAMILIES.get(number) if family is None else family.name
        if name != self._always_observed and self.registry.family(name, number) is not None:
            return
        start = 20 if family is None else 20 + ((family.header_size + 3) & ~3)
        ask = data[6 + big] & 1 == 1
        learnt = self._learnt_of(record, number, serial)
        learnt.observe(data, start, end, big, data[16], ask)

    def know(self, number: int, name: str) -> None:
        """Says which generic family has this id, where no capture tells."""
        timeline: Timeline[Family] = Timeline()
        timeline.teach(0, Family(name, number, 0, 0, {}))
        self._families[0, number] = timeline

    def learnt(self, name: str) -> learn.Family | None:
        """What the capture taught of a generic family: its policy, or evidence of its messages."""
        for (_, _, known), family in self._learnt.items():
            if known == name and (family.policy.tables or family.by_command):
                return family
        return None

    def learnt_names(self) -> list[str]:
        """The families of which the capture taught something."""
        return sorted(
            {name for (_, _, name), f in self._learnt.items()
             if name and (f.policy.tables or f.by_command)}
        )  # fmt: skip

    def family_named(self, name: str) -> Family | None:
        """The generic family of this name, as nlctrl last told of it."""
        for timeline in self._families.values():
            family = timeline.last or timeline.at(0)
            if family is not None and family.name == name:
                return family
        return None

    def policy_differences(self, number: int, message: Message) -> dict[tuple[int, int], str]:
        """Where the family's dissector and the kernel's policy differ, by (policy, attribute)."""
        name = self.family_name(number, message)
        spec = self.registry.family(name, number)
        if spec is None or message.record is None:
            return {}
        learnt = self._learnt_of(message.record, number, message.serial)
        if learnt.differences is None:
            found = learn.differences(spec, learnt.policy)
            learnt.differences = {(index, attr): text for index, attr, text in found}
        return learnt.differences

    def family_name(self, number: int, message: Message) -> str | None:
        """The name of the generic family that had this id when the message was sent."""
        family = self.family(number, message)
        return wire.FIXED_FAMILIES.get(number) if family is None else family.name

    # -- what messages ask -------------------------------------------------------

    def bind(self, message: Message) -> None:
        """Sets what the message is; see `tree.Context`."""
        kind = message.type
        if kind < wire.NLMSG_MIN_TYPE:
            return
        if message.protocol == wire.NETLINK_GENERIC:
            self._bind_generic(message, kind)
            return
        key = (message.protocol, kind, message.to_kernel)
        found = self._bound.get(key)
        if found is None:
            spec = self.registry.raw(message.protocol, kind)
            operation = None if spec is None else spec.operation(kind, message.to_kernel)
            found = self._bound[key] = (spec, operation)
        message.spec, message.operation = found

    def _bind_generic(self, message: Message, kind: int) -> None:
        start = message.base + 16
        if start < message.limit:
            message.command = message.data[start]
        family = self.family(kind, message)
        if family is not None:
            message.family = family.name
            message.header_size = family.header_size
        name = message.family or wire.FIXED_FAMILIES.get(kind)
        spec = self.registry.family(name, kind)
        message.family = spec.name if spec is not None else name
        message.spec = spec
        if message.command < 0:
            return
        if spec is not None:
            message.operation = spec.operation(message.command, message.to_kernel)
        elif message.record is not None:
            learnt = self._learnt_of(message.record, kind, message.serial)
            dump = message.flags & 0x300 == 0x300
            message.operation = learnt.operation(message.command, message.to_kernel, dump)

    def family(self, number: int, message: Message) -> Family | None:
        """The generic family that had this id when the message was sent."""
        record = message.record
        section = 0 if record is None else record.interface.section
        timeline = self._families.get((section, number))
        return None if timeline is None else timeline.at(message.serial)

    def interface(self, index: int, message: Message) -> str | None:
        """The name of interface `index` when the message was sent."""
        record = message.record
        names = self._names.get((0, 0) if record is None else _place(record))
        timeline = None if names is None else names.get(index)
        return None if timeline is None else timeline.at(message.serial)

    def dump_end(self, port: int, message: Message) -> tuple[int, int | None] | None:
        """Number and time of what ends the long dump that the message asks for, if it is known."""
        if message.record is None:
            return None
        key = (*_place(message.record), message.protocol << 32 | port, message.seq)
        for end in self._long_dumps.get(key, ()):
            if end[0] > message.serial:
                return end
        return None

    def namespace(self, number: int, message: Message) -> str | None:
        """What is known of the network namespace with this id: `pid 4711`, or this host's name."""
        name = None
        if message.record is not None:
            timeline = self._namespaces.get((*_place(message.record), number))
            name = None if timeline is None else timeline.at(message.serial)
        if name is None:
            name = self.registry.namespaces.get(number)
        return name

    def socket(self, port: int, message: Message) -> Socket | None:
        """Whose port it was when the message was sent, as the capture recorded it."""
        record = message.record
        if record is None or not record.interface.sockets:
            return None
        owners = self._owners.get(record.interface)
        if owners is None:
            owners = self._owners[record.interface] = Owners()
        owners.take(record.interface.sockets)
        return owners.at(message.protocol, port, record.time)

    def inode(self, port: int, message: Message) -> int | None:
        """The inode of the socket with this port, as sock_diag told."""
        if not self._inodes or message.record is None:
            return None
        return self._inodes.get((*_place(message.record), message.protocol, port))

    def control(self) -> m.Spec | None:
        """The spec of NLMSG_ERROR and NLMSG_DONE."""
        return self.registry.control()


def _order(big: bool) -> Literal["big", "little"]:
    return "big" if big else "little"


def _place(record: Record) -> tuple[int, int]:
    return record.interface.section, record.interface.number


def _attributes(data: bytes, pos: int, end: int, big: bool) -> Iterator[tuple[int, int, int]]:
    """(type, payload start, payload end) of each attribute that is whole."""
    unpack = wire.ATTR[big]
    while end - pos >= 4:
        length, kind = unpack(data, pos)
        if length < 4 or length > end - pos:
            return
        yield kind & wire.NLA_TYPE_MASK, pos + 4, pos + length
        pos += (length + 3) & ~3


def _attribute(data: bytes, pos: int, end: int, big: bool, want: int) -> tuple[int, int] | None:
    unpack = wire.ATTR[big]
    while end - pos >= 4:
        length, kind = unpack(data, pos)
        if length < 4 or length > end - pos:
            return None
        if kind & wire.NLA_TYPE_MASK == want:
            return pos + 4, pos + length
        pos += (length + 3) & ~3
    return None
