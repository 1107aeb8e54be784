"""What a capture tells of where it was recorded: byte order, families, names, ports.

Invariants:
- a section is one host: byte order and generic family ids are kept per section;
- an interface is one network namespace: names, namespace ids and ports are kept per interface;
- what a number means may change from message to message: a Timeline has all of it, and what
  holds for a message is what was last taught before it, or, if nothing was, what is first
  taught after it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Generic, TypeVar, final

from mypy_extensions import i64, mypyc_attr

from ..engine.frame import Frame
from ..engine.message_numbers import MessageNumbers
from ..spec import model
from ..spec.learnt import LearntFamily
from ..spec.registry import Registry
from ..wire.record import Interface, Socket

T = TypeVar("T")


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
        if self._serials and serial < self._serials[-1]:
            place = bisect_right(self._serials, serial)
            self._serials.insert(place, serial)
            self._values.insert(place, value)
            return
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
class FilterSet:
    """A set of nftables as NFT_MSG_NEWSET told of it, and the elements of one without a name."""

    __slots__ = ("data_len", "data_type", "elements", "fields", "flags", "host_data", "host_key",
                 "key_len", "key_type", "object", "size", "told")  # fmt: skip

    def __init__(self, told: bytes) -> None:
        self.told = told
        self.flags = 0
        self.key_type = 0  # nft's own numbers of types, six bits each
        self.key_len = 0
        self.data_type = 0
        self.data_len = 0
        self.object = 0  # NFT_OBJECT_*
        self.host_key = False  # whether numbers are in the host's byte order
        self.host_data = False
        self.fields: list[int] = []  # of a concatenation: how many bytes each has
        self.elements: dict[bytes, bytes] = {}  # by themselves: NFTA_LIST_ELEM
        self.size = 0  # of these, in bytes


@mypyc_attr(acyclic=True)
@final
class GenericFamily:
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
class SocketHistory:
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
class OwnPorts:
    """The ports of one interface that were the recording program's, as the capture tells."""

    __slots__ = ("_ports", "_taken")

    def __init__(self) -> None:
        self._ports: set[int] = set()
        self._taken = 0

    def take(self, sockets: list[Socket]) -> None:
        """Takes in what was added to the list since the last time."""
        if len(sockets) > self._taken:
            for socket in sockets[self._taken :]:
                if socket.own:
                    self._ports.add(socket.protocol << 32 | socket.port)
            self._taken = len(sockets)

    def __len__(self) -> int:
        return len(self._ports)

    def has(self, port: i64) -> bool:
        """Whether it was one of them, `protocol << 32 | port`."""
        return port in self._ports


@final
class SectionFacts:
    """What is known of one section of a capture: of the host that it was recorded on."""

    __slots__ = ("big", "families", "interfaces", "learnt", "named", "settled", "told")

    def __init__(self, settled: bool, big: bool) -> None:
        self.settled = settled  # whether the byte order is
        self.big = big
        self.families: dict[int, Timeline[GenericFamily]] = {}
        # by id and name, which is "" before it is known
        self.learnt: dict[tuple[int, str], LearntFamily] = {}
        self.named: dict[str, list[LearntFamily]] = {}  # the same by name
        self.told: dict[bytes, bytes] = {}  # of families, by id as it is in bytes
        self.interfaces: i64 = 0  # of which something is known, or which are being read

    @property
    def known(self) -> bool:
        """Whether anything is known but the byte order."""
        return bool(self.families or self.learnt or self.told)

    def learns(self, number: int, name: str, family: LearntFamily) -> None:
        """Takes in a family of which something will be learnt, unless it has one already."""
        if (number, name) not in self.learnt:
            self.learnt[number, name] = family
            if name:
                self.named.setdefault(name, []).append(family)

    def family_at(self, number: int, serial: int) -> GenericFamily | None:
        """The generic family that had this id at message `serial`."""
        timeline = self.families.get(number)
        return None if timeline is None else timeline.at(serial)

    def learnt_of(self, number: int, serial: int) -> LearntFamily:
        """What the capture itself teaches of the family that has this id at message `serial`."""
        family = self.family_at(number, serial)
        if family is not None and family.learnt is not None:
            return family.learnt
        name = "" if family is None else family.name
        found = self.learnt.get((number, name))
        if found is None:
            found = LearntFamily(name)
            self.learns(number, name, found)
        if family is not None:
            family.learnt = found
        return found


@final
class InterfaceFacts:
    """What is known of one interface of a capture: of a network namespace.

    Ports are numbered with their protocol in front, `protocol << 32 | port`.
    """

    __slots__ = ("asked", "dump_port", "dump_seq", "dumping", "filter_sets", "inodes", "interface",
                 "latest", "long_dumps", "names", "namespaces", "own", "section",
                 "sockets")  # fmt: skip

    def __init__(self, section: SectionFacts, interface: Interface) -> None:
        self.section = section
        self.interface = interface  # with all that is known of sockets so far
        self.names: dict[int, Timeline[str]] = {}
        self.latest: dict[int, bytes] = {}  # the names as they were last told
        self.namespaces: dict[int, Timeline[str]] = {}
        self.asked = (0, 0)  # for a namespace: sequence number, process
        self.sockets = SocketHistory()
        self.own = OwnPorts()
        self.inodes: dict[int, int] = {}
        self.filter_sets: dict[bytes, Timeline[FilterSet]] = {}  # of nftables, by what names them
        # by port: sequence number, and the message before
        self.dumping: dict[int, tuple[int, int]] = {}
        self.dump_port: i64 = -1  # of the dump that had the record before
        self.dump_seq: i64 = -1
        self.long_dumps: dict[tuple[int, int], list[tuple[int, int | None]]] = {}

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        kept = self.names or self.namespaces or self.inodes or self.filter_sets or self.dumping
        return bool(kept or self.long_dumps or self.asked != (0, 0) or self.interface.sockets)


@final
class CaptureFacts:
    """What is known of one capture, by section and interface; `numbers` are of its messages.

    `own` are ports of the recording program beside those that the capture tells of.
    `byte_order` ("little" or "big") overrides what the bytes say.
    """

    def __init__(self, byte_order: str | None = None) -> None:
        self._order = byte_order
        self.numbers = MessageNumbers()
        self.own = OwnPorts()
        self.sections: dict[int, SectionFacts] = {}
        self._orders: dict[int, bool] = {}  # of sections of which nothing else is known
        self._interfaces: dict[int, InterfaceFacts] = {}  # by section << 32 | interface
        # The interface met last, and what is known of it
        self._met: Interface | None = None
        self._here: InterfaceFacts | None = None

    def of_section(self, number: int) -> SectionFacts:
        """What is known of the section with this number."""
        found = self.sections.get(number)
        if found is None:
            order = self._orders.get(number)
            if self._order is not None:
                order = self._order == "big"
            found = self.sections[number] = SectionFacts(order is not None, bool(order))
        return found

    def of_interface(self, interface: Interface) -> InterfaceFacts:
        """What is known of an interface."""
        here = self._here
        if here is not None and interface is self._met:
            return here
        if here is not None:
            self._leave(here)
        key = int(interface.section << 32 | interface.number)
        here = self._interfaces.get(key)
        if here is None:
            section = self.of_section(int(interface.section))
            section.interfaces += 1
            here = self._interfaces[key] = InterfaceFacts(section, interface)
        self._met = interface
        self._here = here
        return here

    def _leave(self, here: InterfaceFacts) -> None:
        """Forgets an interface, and a section, of which nothing is known but the byte order.

        A file may have a million of them.
        """
        met, section = here.interface, here.section
        if here.known or self._interfaces.pop(int(met.section << 32 | met.number), None) is None:
            return
        section.interfaces -= 1
        if section.interfaces == 0 and not section.known:
            number = int(met.section)
            del self.sections[number]
            if section.settled:
                self._orders[number] = section.big

    def of_message(self, message: Frame) -> InterfaceFacts | None:
        """What is known of the interface that a message passed; None before anything is."""
        record = message.record
        return self._interfaces.get(0) if record is None else self.of_interface(record.interface)

    def section_of(self, message: Frame) -> SectionFacts:
        """What is known of the section that a message is in."""
        record = message.record
        return self.of_section(0) if record is None else self.of_interface(record.interface).section
