"""The second pass over a capture: messages made and bound to what they are.

Rules:
- The header pass (`header_pass`) goes first over what can be read twice, to its end or `ahead`
  bytes; a stream teaches (`learner`) as it goes. What was taught is in `capture_facts`.
- What holds for a message is what was last taught before it; if nothing was, what is taught
  first after it. So an id that is given to another family is right on both sides of the
  change, and a family learnt late serves early messages.
- A raw protocol is bound by message type and direction, a generic family by its name and
  the command. One without a dissector is read by the policy that nlctrl gave of it, else by
  what fits all of its messages; see `spec.learnt`.
- A message with NLM_F_REQUEST goes to the kernel, any other comes from it; where a trace has
  the system call, that tells.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, final

from mypy_extensions import i64

from ..engine.faults import POLICY_DIFFERS
from ..engine.frame import Context, Frame
from ..engine.message import Message
from ..engine.walk import DEPTH_AT, DEPTH_MASK, Engine
from ..spec import model, policy
from ..spec.learnt import LearntFamily
from ..spec.registry import Registry
from ..spec.tables import S_REDACTED
from ..wire import framing
from ..wire.integers import u16
from ..wire.record import UNTOLD, Interface, Record, Socket
from . import filter_sets
from .capture_facts import CaptureFacts, GenericFamily, SectionFacts, Timeline
from .debug import AnswerLog
from .dump_headers import RTM_GETLINK, asked_like_links, asks_like_links, may_ask_like_links
from .header_pass import EVERYTHING, HeaderPass, LazyStraceEncoder, set_byte_order
from .learner import Learner
from .untold import UntoldProtocol

CTRL_CMD_GETPOLICY: Final = 10
CTRL_ATTR_FAMILY_ID: Final = 1
CTRL_ATTR_POLICY: Final = 8
NL_POLICY_TYPE_ATTR_TYPE: Final = 1
PACKET_KERNEL: Final = 7  # linux/if_packet.h

# Message types of rtnetlink, in both directions
_TYPES: Final = 256


class RecordSource(Protocol):
    """What a session needs of a capture: its records, and whether it can start over."""

    @property
    def rewindable(self) -> bool:
        """Whether it can be gone through once more, from its beginning."""
        ...

    def __iter__(self) -> Iterator[Record]: ...


@final
class _Bound:
    """What a message type is: one operation, or one of several by what a message holds."""

    __slots__ = ("least", "like_links", "operation", "plain", "spec", "variants")

    def __init__(self, spec: model.Spec | None, operation: model.Operation | None) -> None:
        self.spec = spec
        self.operation = operation
        self.least = 0 if operation is None else operation.least
        self.variants: list[model.Operation] | None = None
        self.plain = False  # rtnetlink: a dump may be asked for with the header of links
        self.like_links: model.Operation | None = None  # that, when one was met


def _variant(
    variants: list[model.Operation], usual: model.Operation | None, message: Frame
) -> model.Operation | None:
    """The operation whose conditions a message meets, else the one that has none."""
    for operation in variants:
        if operation.fits(message.data, message.base, message.limit, message.big):
            return operation
    return None if usual is None or usual.conditions else usual


def _shown_name(family: GenericFamily | None, spec: model.Spec | None, number: int) -> str | None:
    """What a generic family is called: as its dissector is, else as the capture tells."""
    if spec is not None:
        return spec.name
    return framing.FIXED_FAMILIES.get(number) if family is None else family.name


def _operation(spec: model.Spec, number: int, message: Frame) -> model.Operation | None:
    """What a message of this number is, by itself or among several."""
    usual = spec.operation(number, message.to_kernel)
    if not spec.variants:
        return usual
    variants = spec.variants.get((number, message.to_kernel))
    return usual if variants is None else _variant(variants, usual, message)


class Session(Context):
    """Binds the messages of one capture; see the rules above.

    `byte_order` ("little" or "big") overrides what the bytes say. Evidence is
    gathered of families without a dissector, and of the family `observe`. `records`
    counts what was read, `skipped` the records that are not netlink, by link
    type. `protocol` is that of records whose capture does not say it; without it `untold`
    tells which one was assumed. With `facts`, another session went over the capture
    first, and this one needs no header pass.
    """

    def __init__(
        self,
        registry: Registry,
        byte_order: str | None = None,
        observe: str = "",
        protocol: int | None = None,
        facts: CaptureFacts | None = None,
    ) -> None:
        super().__init__(registry.tables)
        self.registry = registry
        self._debug = AnswerLog(registry) if os.environ.get("NLDISSECT_DEBUG") else None
        self.explained: list[Record] = []  # they teach of the first interface, and are no messages
        self.records = 0
        self.skipped: dict[int, int] = {}
        self._told = facts is not None
        self.facts = CaptureFacts(byte_order) if facts is None else facts
        self._learner = Learner(self.facts, registry, observe)
        self._strace_encoder = LazyStraceEncoder(registry)
        self.untold = UntoldProtocol(self._dissected, protocol)
        self._header_pass = HeaderPass(self.facts, self._learner, self._strace_encoder, self.untold)
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
        taught: i64 = EVERYTHING  # where in the file the header pass is
        window: i64 = EVERYTHING if ahead is None else ahead
        if not learns and not self._told:
            teaching = self._header_pass.taught(capture)
            taught = self._header_pass.teach_to(teaching, window)
        serial: i64 = 0
        frames, numbers = framing.Frames(), self.facts.numbers
        met: Interface | None = None
        known: Interface | None = None
        section: SectionFacts | None = None
        for record in capture:
            if record.decoded is not None:
                self._strace_encoder.encode(record)
            if record.protocol == UNTOLD:
                self.untold.settle(record)
            self.records += 1
            if record.protocol < 0:
                link_type = record.interface.link_type
                self.skipped[link_type] = self.skipped.get(link_type, 0) + 1
                continue
            if taught != EVERYTHING and taught < record.offset + window:
                taught = self._header_pass.teach_to(teaching, record.offset + window)
            if record.interface is not met:
                met = record.interface
                if self.explained:
                    self._explain(met)
                here = self.facts.of_interface(met)
                section = here.section
                known = met if learns else here.interface
            assert known is not None
            assert section is not None
            record.interface = known
            set_byte_order(record, section)
            frames.begin(record.data, record.big, record.original_length, record.protocol)
            while frames.next():
                serial += 1
                message = self._message(record, frames)
                message.serial = serial
                if learns:
                    self._learner.learn(record, frames.start, frames.end, serial)
                message.number = numbers.number(serial)
                self.bind(message)
                yield message

    def _explain(self, place: Interface) -> None:
        """Learns what was asked before the capture began."""
        frames = framing.Frames()
        for record in self.explained:
            record.interface = place
            record.big = place.big_endian
            frames.begin(record.data, record.big, record.original_length, record.protocol)
            while frames.next():
                self._learner.learn(record, frames.start, frames.end, 0)
        self.explained = []

    def split(self, record: Record, big: bool) -> list[Message]:
        """The messages of one record, not bound yet."""
        if record.decoded is not None:
            self._strace_encoder.encode(record)
        record.big = big
        frames = framing.Frames()
        frames.begin(record.data, big, record.original_length, record.protocol)
        out = []
        while frames.next():
            out.append(self._message(record, frames))
        return out

    def _dissected(self, record: Record, protocol: int) -> list[Message]:
        """The messages of a record as those of a protocol, with nothing else known."""
        big = record.interface.big_endian
        session = Session(self.registry, "big" if big else "little")
        tried = Record(1, None, protocol, record.data, record.original_length, 0, record.interface)
        found = session.split(tried, big)
        for message in found:
            session.bind(message)
        return found

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

    def learn(self, capture: Iterable[Record]) -> CaptureFacts:
        """The header pass alone, over what can be read of the capture: what it teaches."""
        self._header_pass.teach_to(self._header_pass.taught(capture), EVERYTHING)
        return self.facts

    def taught(self, capture: Iterable[Record], serial: int = 0) -> Iterator[Record]:
        """The header pass, record by record, after `serial` messages; see `HeaderPass.taught`."""
        return self._header_pass.taught(capture, serial)

    # -- what the capture taught -------------------------------------------------

    def know(self, number: int, name: str) -> None:
        """Says which generic family has this id, where no capture tells."""
        timeline: Timeline[GenericFamily] = Timeline()
        timeline.teach(0, GenericFamily(name, number, 0, 0, {}))
        self.facts.of_section(0).families[number] = timeline

    def learnt(self, name: str) -> LearntFamily | None:
        """What the capture taught of a generic family: its policy, or evidence of its messages."""
        for section in self.facts.sections.values():
            for family in section.named.get(name, ()):
                if family.policy.tables or family.by_command:
                    return family
        return None

    def learnt_names(self) -> list[str]:
        """The families of which the capture taught something."""
        return sorted(
            {
                name
                for section in self.facts.sections.values()
                for (_, name), f in section.learnt.items()
                if name and (f.policy.tables or f.by_command)
            }
        )

    def family_named(self, name: str) -> GenericFamily | None:
        """The generic family of this name, as nlctrl last told of it."""
        for section in self.facts.sections.values():
            for timeline in section.families.values():
                family = timeline.last or timeline.at(0)
                if family is not None and family.name == name:
                    return family
        return None

    def judge(self, message: Frame, engine: Engine) -> None:
        """Tells where a policy in the message and the family's dissector differ."""
        if message.to_kernel or message.command != CTRL_CMD_GETPOLICY:
            return
        first, differences = self._policy_differences(message)
        if not differences:
            return
        around = [0, 0, 0]  # the numbers of the set of policies, the policy and the attribute
        for place in range(0, engine.size, 2):
            depth = engine.tape[place] >> DEPTH_AT & DEPTH_MASK
            number = engine.called(place)[2]
            if depth < 3:
                around[depth] = number
            elif depth == 3 and around[0] == CTRL_ATTR_POLICY:
                text = differences.get((first + around[1], around[2]))
                if text is not None and number == NL_POLICY_TYPE_ATTR_TYPE:
                    engine.find(place, POLICY_DIFFERS, text)

    def _policy_differences(self, message: Frame) -> tuple[int, dict[tuple[int, int], str]]:
        """The index of its policy 0; the differences by policy and attribute, in words."""
        found = framing.Attributes(message.data, message.base + 20, message.limit, message.big)
        if message.record is None or not found.find(CTRL_ATTR_FAMILY_ID):
            return 0, {}
        if found.stop - found.start != 2:
            return 0, {}
        number = int(u16(message.data, found.start, message.big))
        spec = self.registry.family(self.family_name(number, message), number)
        if spec is None:
            return 0, {}
        section = self.facts.of_interface(message.record.interface).section
        learnt = section.learnt_of(number, message.serial)
        if learnt.differences is None:
            differ = policy.differences(spec, learnt.policy)
            learnt.differences = {(index, attr): text for index, attr, text in differ}
        asked = int(message.port), int(message.seq)
        return learnt.policy.first(asked, int(message.serial)), learnt.differences

    def family_name(self, number: int, message: Frame) -> str | None:
        """The name of the generic family that had this id when the message was sent."""
        return _shown_name(self.family(number, message), None, number)

    # -- what messages ask -------------------------------------------------------

    def bind(self, message: Frame) -> None:
        """Sets what the message is; see `frame.Context`."""
        wrong = message.state == framing.SHORT_LENGTH or message.state == framing.LONG_LENGTH
        if wrong and message.offset > 0 and self.tables.redacts and self._may_be_key(message):
            message.withhold()
            return
        kind: i64 = message.type
        protocol: i64 = message.protocol
        if protocol in framing.UNTYPED:
            self._bind_untyped(message)
            return
        if kind < framing.NLMSG_MIN_TYPE:
            if kind == framing.NLMSG_ERROR and protocol == framing.NETLINK_GENERIC:
                self._bind_refusal(message)
            return
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
        if found.least > 0 and message.limit - message.base < found.least:
            return  # another protocol of the same number
        message.spec = found.spec
        message.operation = found.operation
        if found.variants is not None:
            message.operation = _variant(found.variants, found.operation, message)
        if found.plain and asks_like_links(message):
            if found.like_links is None:
                links = self.registry.raw(framing.NETLINK_ROUTE, RTM_GETLINK)
                found.like_links = asked_like_links(found.operation, links)
            message.operation = found.like_links or found.operation

    def _may_be_key(self, message: Frame) -> bool:
        """Whether what cannot be a message follows one that may have keys, in its datagram."""
        record = message.record
        if record is None:
            return False
        frames = framing.Frames()
        frames.begin(record.data, record.big, record.original_length, record.protocol)
        while frames.next() and frames.start < message.offset:
            before = self._message(record, frames)
            before.serial = message.serial
            self.bind(before)
            if before.leftover == S_REDACTED:
                return True
        return False

    def _bind_untyped(self, message: Frame) -> None:
        """Sets spec and operation, which is number 0, where nlmsg_type tells nothing."""
        if message.netlink and message.type == framing.NLMSG_ERROR:
            return
        spec = self.registry.raw(message.protocol, 0)
        operation = None if spec is None else _operation(spec, 0, message)
        if operation is not None and message.limit - message.base >= operation.least:
            message.spec, message.operation = spec, operation

    def _meaning(self, message: Frame) -> _Bound:
        """What messages of the type of this one are, with a raw protocol."""
        kind = message.type
        spec = self.registry.raw(message.protocol, kind)
        operation = None if spec is None else spec.operation(kind, message.to_kernel)
        if self._debug is not None:
            self._debug.tell(message, spec, operation)
        found = _Bound(spec, operation)
        if spec is not None:
            found.variants = spec.variants.get((int(kind), message.to_kernel))
        if message.protocol == framing.NETLINK_ROUTE and message.to_kernel:
            found.plain = may_ask_like_links(operation)
        return found

    def _bind_generic(self, message: Frame, kind: int) -> None:
        """Sets family, command and operation of a message of generic netlink."""
        start = message.base + 16
        if start < message.limit:
            message.command = message.data[start]
        family = self.family(kind, message)
        if family is not None:
            message.header_size = family.header_size
        spec = message.spec = self._dissector(family, kind)
        message.family = _shown_name(family, spec, kind)
        if message.command < 0:
            return
        if spec is not None:
            message.operation = _operation(spec, int(message.command), message)
        if message.operation is None and message.record is not None:
            section = self.facts.of_interface(message.record.interface).section
            learnt = section.learnt_of(kind, message.serial)
            dump = message.flags & 0x300 == 0x300
            command, to_kernel = int(message.command), message.to_kernel
            message.operation = (
                learnt.operation(command, to_kernel, dump)
                if spec is None
                else learnt.stand_in(spec, command, to_kernel, dump)
            )

    def _bind_refusal(self, message: Frame) -> None:
        """Sets the family of an NLMSG_ERROR: that of the request whose header it echoes."""
        start = message.base + 20  # behind nlmsgerr's error number
        if message.limit - start < 16:
            return
        kind = int(u16(message.data, start + 4, message.big))
        if kind >= framing.NLMSG_MIN_TYPE:
            family = self.family(kind, message)
            message.family = _shown_name(family, self._dissector(family, kind), kind)

    def _dissector(self, family: GenericFamily | None, number: int) -> model.Spec | None:
        """The dissector of a generic family, of which the capture may not tell."""
        if family is None:
            return self.registry.family(framing.FIXED_FAMILIES.get(number), number)
        return family.spec(self.registry)

    def family(self, number: int, message: Frame) -> GenericFamily | None:
        """The generic family that had this id when the message was sent."""
        return self.facts.section_of(message).family_at(number, message.serial)

    def interface(self, index: int, message: Frame) -> str | None:
        """The name of interface `index` when the message was sent."""
        place = self.facts.of_message(message)
        timeline = None if place is None else place.names.get(index)
        return None if timeline is None else timeline.at(message.serial)

    def dump_end(self, port: int, message: Frame) -> tuple[int, int | None] | None:
        """Number and time of what ends the long dump that the message asks for, if it is known."""
        if message.record is None:
            return None
        place = self.facts.of_interface(message.record.interface)
        for end in place.long_dumps.get((message.protocol << 32 | port, message.seq), ()):
            if end[0] > message.serial:
                return self.number(end[0]), end[1]
        return None

    def namespace(self, number: int, message: Frame) -> str | None:
        """What is known of the network namespace with this id: `pid 4711`, or this host's name."""
        name = None
        if message.record is not None:
            timeline = self.facts.of_interface(message.record.interface).namespaces.get(number)
            name = None if timeline is None else timeline.at(message.serial)
        if name is None:
            name = self.registry.namespaces.get(number)
        return name

    def filter_set(
        self, family: int, table: bytes, name: bytes, number: int, message: Frame
    ) -> object:
        """The nftables set of this name as it was when the message was sent."""
        place = self.facts.of_message(message)
        if place is None or not place.filter_sets:
            return None
        timeline = place.filter_sets.get(filter_sets.key(family, table, name, number))
        return None if timeline is None else timeline.at(message.serial)

    def socket(self, port: int, message: Frame) -> Socket | None:
        """Whose port it was when the message was sent, as the capture recorded it."""
        record = message.record
        if record is None or not record.interface.sockets:
            return None
        sockets = self.facts.of_interface(record.interface).sockets
        sockets.take(record.interface.sockets)
        return sockets.at(message.protocol, port, record.time)

    def inode(self, port: int, message: Frame) -> int | None:
        """The inode of the socket with this port, as sock_diag told."""
        if message.record is None:
            return None
        inodes = self.facts.of_interface(message.record.interface).inodes
        return inodes.get(message.protocol << 32 | port) if inodes else None

    def number(self, serial: int) -> int:
        """The number of the message of this serial."""
        return int(self.facts.numbers.number(serial))

    def control(self) -> model.Spec | None:
        """The spec of NLMSG_ERROR and NLMSG_DONE."""
        return self.registry.control()
