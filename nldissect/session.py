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
from typing import Generic, Literal, Protocol, TypeVar

from . import learn, wire
from . import spec as m
from .dissect import Context, Message
from .errors import CaptureError
from .record import Record
from .registry import Registry

RTM_NEWLINK = 16
RTM_DELLINK = 17
IFLA_IFNAME = 3
CTRL_CMD_NEWFAMILY = 1
CTRL_CMD_DELFAMILY = 2
CTRL_CMD_GETPOLICY = 10
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2
CTRL_ATTR_VERSION = 3
CTRL_ATTR_HDRSIZE = 4
CTRL_ATTR_MCAST_GROUPS = 7

# So many records with an opinion settle the byte order.
ORDER_VOTES = 256

T = TypeVar("T")


class Capture(Protocol):
    """What a session needs of a capture: its records, and whether it can start over."""

    @property
    def rewindable(self) -> bool: ...

    def __iter__(self) -> Iterator[Record]: ...


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
        self.registry = registry
        self._always_observed = observe
        self.records = 0
        self.skipped: dict[int, int] = {}
        self._forced = None if byte_order is None else byte_order == "big"
        self._orders: dict[int, bool] = {}
        self._families: dict[tuple[int, int], Timeline[Family]] = {}
        self._names: dict[tuple[int, int], dict[int, Timeline[str]]] = {}
        self._learnt: dict[tuple[int, int, str], learn.Family] = {}
        self._bound: dict[tuple[int, int, bool], tuple[m.Spec | None, m.Operation | None]] = {}

    # -- reading -------------------------------------------------------------

    def messages(self, capture: Capture) -> Iterator[Message]:
        """Every message of the capture in order; what `capture` raises passes through."""
        ahead = capture.rewindable
        if ahead:
            with suppress(CaptureError):  # it comes again, in its place
                self._learn_all(capture)
        serial = 0
        for record in capture:
            self.records += 1
            if record.protocol < 0:
                link_type = record.interface.link_type
                self.skipped[link_type] = self.skipped.get(link_type, 0) + 1
                continue
            big = self._order(record)
            for message in self.split(record, big):
                serial += 1
                message.number = message.serial = serial
                if not ahead:
                    self._learn(record, message.data, serial, big)
                self.bind(message)
                yield message

    def split(self, record: Record, big: bool) -> list[Message]:
        """The messages of one record, not bound yet."""
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
            out.append(message)
        return out

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
        """The header pass: byte order, families and interface names of the whole capture."""
        serial = 0
        waiting: list[Record] = []
        section = -1
        try:
            for record in capture:
                if record.protocol < 0:
                    continue
                if record.interface.section != section:
                    serial = self._learn_waiting(waiting, serial)
                    section = record.interface.section
                    waiting = [record]
                elif waiting:
                    waiting.append(record)
                    if len(waiting) >= ORDER_VOTES:
                        serial = self._learn_waiting(waiting, serial)
                        waiting = []
                else:
                    serial = self._learn_record(record, serial)
        finally:  # a capture that is cut teaches up to there
            self._learn_waiting(waiting, serial)

    def _learn_waiting(self, records: list[Record], serial: int) -> int:
        if self._forced is None:
            self._vote(records)
        for record in records:
            serial = self._learn_record(record, serial)
        return serial

    def _learn_record(self, record: Record, serial: int) -> int:
        data = record.data
        big = self._order(record)
        protocol = record.protocol
        for start, _, end, _ in wire.split(data, big, record.original_length, protocol):
            serial += 1
            if protocol == wire.NETLINK_ROUTE or protocol == wire.NETLINK_GENERIC:
                piece = data if end - start == len(data) else data[start:end]
                self._learn(record, piece, serial, big)
        return serial

    def _learn(self, record: Record, data: bytes, serial: int, big: bool) -> None:
        """Takes from one message what later (or earlier) ones need."""
        if len(data) < 20:
            return
        length, kind, flags, _, _ = wire.HEADER[big](data, 0)
        end = min(length, len(data))
        if kind > wire.GENL_ID_CTRL and record.protocol == wire.NETLINK_GENERIC:
            self._observe(record, data, serial, big, end, kind)
        if flags & wire.NLM_F_REQUEST:
            return
        if record.protocol == wire.NETLINK_ROUTE:
            if kind in (RTM_NEWLINK, RTM_DELLINK) and end >= 32:
                self._learn_link(record, data, serial, big, end)
        elif record.protocol == wire.NETLINK_GENERIC and kind == wire.GENL_ID_CTRL:
            self._learn_family(record, data, serial, big, end)

    def _learn_link(self, record: Record, data: bytes, serial: int, big: bool, end: int) -> None:
        index: int = wire.LENGTH[big](data, 20)[0]
        found = _attribute(data, 32, end, big, IFLA_IFNAME)
        if found is None:
            return
        raw = data[found[0] : found[1]].partition(b"\0")[0]
        name = raw.decode("utf-8", "backslashreplace")
        names = self._names.setdefault(_place(record), {})
        timeline = names.get(index)
        if timeline is None:
            timeline = names[index] = Timeline()
        if timeline.last != name:
            timeline.teach(serial, name)

    def _learn_family(self, record: Record, data: bytes, serial: int, big: bool, end: int) -> None:
        command = data[16]
        if command == CTRL_CMD_GETPOLICY:
            found = _attribute(data, 20, end, big, CTRL_ATTR_FAMILY_ID)
            if found is not None and found[1] - found[0] == 2:
                owner = data[found[0] : found[1]]
                learnt = self._learnt_of(record, int.from_bytes(owner, _order(big)), serial)
                learnt.policy.add(data, 20, end, big)
                learnt.differences = None
        if command != CTRL_CMD_NEWFAMILY and command != CTRL_CMD_DELFAMILY:
            return
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
        name = FIXED_FAMILIES.get(number) if family is None else family.name
        if name != self._always_observed and self.registry.family(name, number) is not None:
            return
        start = 20 if family is None else 20 + ((family.header_size + 3) & ~3)
        ask = data[6 + big] & 1 == 1
        learnt = self._learnt_of(record, number, serial)
        learnt.observe(data, start, end, big, data[16], ask)

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
        if self.asked is not None:
            self.asked.append(("policy_differences", number, learnt.differences))
        return learnt.differences

    def family_name(self, number: int, message: Message) -> str | None:
        """The name of the generic family that had this id when the message was sent."""
        family = self.family(number, message)
        name = FIXED_FAMILIES.get(number) if family is None else family.name
        if self.asked is not None:
            self.asked.append(("family_name", number, name))
        return name

    # -- what messages ask -------------------------------------------------------

    def bind(self, message: Message) -> None:
        """Sets what the message is; see `dissect.Context`."""
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
        name = message.family or FIXED_FAMILIES.get(kind)
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
        name = None if timeline is None else timeline.at(message.serial)
        if self.asked is not None:
            self.asked.append(("interface", index, name))
        return name

    def control(self) -> m.Spec | None:
        """The spec of NLMSG_ERROR and NLMSG_DONE."""
        return self.registry.control()


# linux/genetlink.h: families with an id of their own
FIXED_FAMILIES = {wire.GENL_ID_CTRL: "nlctrl", 17: "VFS_DQUOT", 18: "pmcraid"}


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
