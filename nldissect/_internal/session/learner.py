"""What messages teach that others need: names, families, sockets, network namespaces.

Who teaches what (each with the number of the message that taught it):
- RTM_NEWLINK and RTM_DELLINK from the kernel: the name of an interface index;
- RTM_NEWNSID, RTM_DELNSID and answers to RTM_GETNSID: the process whose network namespace an
  id (nsid) stands for, which is in the request;
- SOCK_DIAG_BY_FAMILY for AF_NETLINK: the inode of the socket with a port;
- CTRL_CMD_NEWFAMILY and DELFAMILY: name, header size and multicast groups of a family id;
- CTRL_CMD_GETPOLICY: the kernel's policy of a family;
- NFT_MSG_NEWSET: the types of a set's keys and data (filter_sets.py);
- any message of a generic family without a dissector: evidence of its attributes.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64

from ..spec.registry import Registry
from ..wire import framing
from ..wire.framing import RTM_DELLINK, RTM_DELNSID, RTM_GETNSID, RTM_NEWLINK, RTM_NEWNSID
from ..wire.integers import u16, u32
from ..wire.record import Record
from . import filter_sets
from .capture_facts import CaptureFacts, GenericFamily, Timeline

NETNSA_NSID: Final = 1
NETNSA_PID: Final = 2
IFLA_IFNAME: Final = 3
NL80211: Final = "nl80211"
NL80211_CMD_NEW_INTERFACE: Final = 7
NL80211_ATTR_IFINDEX: Final = 3
NL80211_ATTR_IFNAME: Final = 4
CTRL_CMD_NEWFAMILY: Final = 1
CTRL_CMD_DELFAMILY: Final = 2
CTRL_CMD_GETPOLICY: Final = 10
CTRL_ATTR_FAMILY_ID: Final = 1
CTRL_ATTR_FAMILY_NAME: Final = 2
CTRL_ATTR_VERSION: Final = 3
CTRL_ATTR_HDRSIZE: Final = 4
CTRL_ATTR_MCAST_GROUPS: Final = 7
CTRL_ATTR_MCAST_GRP_NAME: Final = 1
CTRL_ATTR_MCAST_GRP_ID: Final = 2
SOCK_DIAG_BY_FAMILY: Final = 20
AF_NETLINK: Final = 16


@final
class Learner:
    """Takes from the messages of a capture what others need, into `facts`.

    Evidence is gathered of generic families without a dissector, and of the family `observe`.
    """

    def __init__(self, facts: CaptureFacts, registry: Registry, observe: str = "") -> None:
        self._facts = facts
        self._registry = registry
        self._always_observed = observe

    def learn(self, record: Record, start: i64, end: i64, serial: i64) -> None:
        """Takes from one message, with what trails it, what later (or earlier) ones need."""
        if (record.interface.sockets or self._facts.own) and end - start >= 16:
            self._learn_own(record, start, serial)
        protocol = record.protocol
        if end - start < 20 or protocol not in (
            framing.NETLINK_ROUTE,
            framing.NETLINK_GENERIC,
            framing.NETLINK_SOCK_DIAG,
            framing.NETLINK_NETFILTER,
        ):
            return
        data, big = record.data, record.big
        kind = u16(data, start + 4, big)
        asks = u16(data, start + 6, big) & framing.NLM_F_REQUEST != 0
        stop = start + u32(data, start, big)
        if stop > end:
            stop = end
        if stop - start < 20:
            return
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
        elif protocol == framing.NETLINK_NETFILTER:
            if kind in (filter_sets.NEWSET, filter_sets.NEWSETELEM):
                place = self._facts.of_interface(record.interface)
                filter_sets.learn(place, data, start, stop, serial, big)
        elif kind == SOCK_DIAG_BY_FAMILY and not asks:
            self._learn_socket(record, start, stop)

    def _learn_own(self, record: Record, start: i64, serial: i64) -> None:
        """Whether it is the recording program's own, by what was told of its sockets until then."""
        facts, port = self._facts, record.protocol << 32 | u32(record.data, start + 12, record.big)
        own = facts.of_interface(record.interface).own
        own.take(record.interface.sockets)
        if own.has(port) or facts.own.has(port):
            facts.numbers.note_own(serial)

    def _learn_link(self, record: Record, start: i64, stop: i64, serial: i64) -> None:
        """The name of an interface (struct ifinfomsg, linux/rtnetlink.h)."""
        data = record.data
        index = int(u32(data, start + 20, record.big))
        found = framing.Attributes(data, start + 32, stop, record.big)
        if not found.find(IFLA_IFNAME) or (record.gaps is not None and not index):
            return
        self._teach_name(record, index, data[found.start : found.stop], serial)

    def _learn_wireless(self, record: Record, pos: i64, stop: i64, serial: i64) -> None:
        """The name of an interface that nl80211 tells of (linux/nl80211.h)."""
        data, index = record.data, 0
        found = framing.Attributes(data, pos, stop, record.big)
        while found.next():
            if found.number == NL80211_ATTR_IFINDEX and found.stop - found.start == 4:
                index = int(u32(data, found.start, record.big))
            elif found.number == NL80211_ATTR_IFNAME and index:
                self._teach_name(record, index, data[found.start : found.stop], serial)
                return

    def _teach_name(self, record: Record, index: int, told: bytes, serial: i64) -> None:
        known = self._facts.of_interface(record.interface)
        if known.latest.get(index) == told:
            return
        known.latest[index] = told
        name = _text(told)
        timeline = known.names.get(index)
        if timeline is None:
            timeline = known.names[index] = Timeline()
        if timeline.last != name:
            timeline.teach(serial, name)

    def _learn_namespace(self, record: Record, start: i64, stop: i64, serial: i64) -> None:
        """Whose network namespace an id stands for: that of the process which a request named."""
        data, big = record.data, record.big
        kind, seq = u16(data, start + 4, big), int(u32(data, start + 8, big))
        number, pid = _namespace_ids(data, start + 20, stop, big)
        known = self._facts.of_interface(record.interface)
        if u16(data, start + 6, big) & framing.NLM_F_REQUEST != 0:
            if not pid:
                return
            if number < 0:  # it is asked for; the answer has the number
                known.asked = (seq, pid)
                return
        elif not pid and known.asked[0] == seq:
            pid = known.asked[1]
        if number < 0:
            return
        timeline = known.namespaces.get(number)
        if kind == RTM_DELNSID:
            if timeline is not None:
                timeline.teach(serial + 1, None)
        elif pid:
            if timeline is None:
                timeline = known.namespaces[number] = Timeline()
            timeline.teach(serial, f"pid {pid}")

    def _learn_socket(self, record: Record, start: i64, stop: i64) -> None:
        """The inode of a netlink socket (struct netlink_diag_msg, linux/netlink_diag.h)."""
        data, big = record.data, record.big
        if data[start + 16] == AF_NETLINK and stop - start >= 36:
            port = u32(data, start + 20, big)
            if port != 0:
                key = int(i64(data[start + 18]) << 32 | port)
                self._facts.of_interface(record.interface).inodes[key] = int(
                    u32(data, start + 32, big)
                )

    def _learn_family(self, record: Record, start: i64, stop: i64, serial: i64) -> None:
        """What nlctrl says of a generic family (linux/genetlink.h)."""
        data, big = record.data, record.big
        command = data[start + 16]
        if command == CTRL_CMD_GETPOLICY:
            self._learn_policy(record, start, stop, serial)
            return
        if command not in (CTRL_CMD_NEWFAMILY, CTRL_CMD_DELFAMILY):
            return
        section = self._facts.of_interface(record.interface).section
        found = framing.Attributes(data, start + 20, stop, big)
        if found.find(CTRL_ATTR_FAMILY_ID):  # most tell again what they told before
            own, whole = data[found.start : found.start + 2], data[start + 16 : stop]
            if section.told.get(own) == whole:
                return
            section.told[own] = whole
        told = _described_family(data, start + 20, stop, big)
        if told is None:
            return
        timeline = section.families.get(told.number)
        if timeline is None:
            timeline = section.families[told.number] = Timeline()
        last = timeline.last
        if last is None or last.name != told.name:
            early = section.learnt.pop((told.number, ""), None)
            if early is not None:  # seen before its name
                section.learns(told.number, told.name, early)
            timeline.teach(int(serial), told)
        else:
            last.groups.update(told.groups)
            last.header_size = max(told.header_size, last.header_size)
        if command == CTRL_CMD_DELFAMILY:
            timeline.teach(int(serial) + 1, None)

    def _learn_policy(self, record: Record, start: i64, stop: i64, serial: i64) -> None:
        """A piece of the kernel's policy of a generic family."""
        data, big = record.data, record.big
        found = framing.Attributes(data, start + 20, stop, big)
        if found.find(CTRL_ATTR_FAMILY_ID) and found.stop - found.start == 2:
            section = self._facts.of_interface(record.interface).section
            learnt = section.learnt_of(int(u16(data, found.start, big)), int(serial))
            asked = int(u32(data, start + 12, big)), int(u32(data, start + 8, big))
            learnt.policy.add(data, int(start) + 20, int(stop), big, asked, int(serial))
            learnt.differences = None

    def _observe(
        self, record: Record, start: i64, stop: i64, serial: i64, kind: i64, asks: bool
    ) -> None:
        """Gathers evidence from a message of a family without a dissector of its command."""
        number = int(kind)
        section = self._facts.of_interface(record.interface).section
        family = section.family_at(number, int(serial))
        pos = start + 20
        if family is None:
            name = framing.FIXED_FAMILIES.get(number)
            spec = self._registry.family(name, number)
        else:
            name = family.name
            spec = family.spec(self._registry)
            pos += (family.header_size + 3) & ~3
        command = int(record.data[start + 16])
        if name == NL80211 and command == NL80211_CMD_NEW_INTERFACE and not asks:
            self._learn_wireless(record, pos, stop, serial)
        lacks = spec is None or spec.operation(command, asks) is None
        if lacks or name == self._always_observed:
            learnt = section.learnt_of(number, int(serial))
            learnt.observe(record.data, pos, stop, record.big, command, asks)


def _text(raw: bytes) -> str:
    """A name up to its NUL."""
    return raw.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _namespace_ids(data: bytes, start: i64, stop: i64, big: bool) -> tuple[int, int]:
    """NETNSA_NSID, -1 for none, and NETNSA_PID, 0 for none, of these attributes."""
    number, pid = -1, 0
    found = framing.Attributes(data, start, stop, big)
    while found.next():
        if found.stop - found.start == 4:
            if found.number == NETNSA_NSID:
                number = int(u32(data, found.start, big))
                if number >= 1 << 31:
                    number -= 1 << 32
            elif found.number == NETNSA_PID:
                pid = int(u32(data, found.start, big))
    return number, pid


def _described_family(data: bytes, start: i64, stop: i64, big: bool) -> GenericFamily | None:
    """The family that nlctrl's attributes describe, None without id or name."""
    number = -1
    header_size = version = 0
    name = ""
    groups: dict[int, str] = {}
    found = framing.Attributes(data, start, stop, big)
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
        return None
    return GenericFamily(name, number, version, header_size, groups)


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
