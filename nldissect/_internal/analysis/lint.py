"""What is wrong or odd in a capture: bytes, requests the kernel would refuse, broken conversations.

Rules, message by message:
- `byte_checks`: what dissecting finds, and padding, reserved bits and flags;
- `code_checks`: labels and summaries that fail;
- `attribute_checks`: attributes of requests against the kernel's own policy, where the capture
  has it (CTRL_CMD_GETPOLICY) for that very command, and against the spec;
- conversations, by what pairing tells: requests without an answer, numbers used twice, dumps
  that changed under way, lost messages. What only the end of a transaction tells comes late.

A request inside an error is judged as the request itself, if that is in the
capture; of a notification's copies only the first is. `diagnosis_codes.CODES` has every code.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from ..engine.frame import Diagnosis
from ..engine.message import Message
from ..engine.node import Node
from ..engine.walk import Engine
from ..pairing.codes import (
    ANSWERED,
    BATCH,
    CUT,
    GIVEN_UP,
    OPEN,
    ROLE_ANSWER,
    ROLE_COPY,
    ROLE_REQUEST,
    SINGLE,
    UNANSWERED,
)
from ..pairing.transaction import Link, Transaction
from ..spec import model
from ..spec.learnt import LearntFamily
from ..wire import framing
from ..wire.record import Interface
from . import link_text
from .attribute_checks import AttributeChecks
from .byte_checks import ByteChecks
from .code_checks import CodeChecks
from .diagnosis_codes import diagnosis
from .explain import paths

REMEMBERED: Final = 1024  # sequence numbers


class Lint:
    """Judges the messages of one capture, fed in order with their links.

    `policy` gives what the capture taught of a generic family; with `refusals` what the kernel
    refused is found too. Let `ended` be
    told when a transaction is over (`Conversations.on_end`); `late` has what
    that brought to light of requests that were judged before.
    """

    def __init__(
        self, policy: Callable[[str], LearntFamily | None], refusals: bool = False
    ) -> None:
        self._policy = policy
        self._refusals = refusals
        self._bytes = ByteChecks()
        self._code = CodeChecks()
        self._open: dict[int, Message] = {}
        self._late: list[tuple[Message, Diagnosis]] = []
        self._last: OrderedDict[tuple[int, int, int, int], Transaction] = OrderedDict()
        self._interrupted: OrderedDict[int, None] = OrderedDict()  # of which it was said
        self._losses: dict[Interface, Losses] = {}

    def check(self, message: Message, link: Link) -> list[Diagnosis]:
        """All diagnoses of the next message, by offset."""
        out: list[Diagnosis] = []
        if link.role_code != ROLE_COPY:
            engine = message.context.engine
            engine.judges = True
            message.walk_onto(engine, True)
            engine.judges = False
            self._bytes.check(message, engine, link.of != 0, out)
            if message.to_kernel and link.role_code == ROLE_REQUEST:
                self._request(message, engine, out)
            elif self._refusals and not message.to_kernel and (message.error or 0) < 0:
                words = link_text.summary(message, link, engine)
                out.append(diagnosis("request-refused", words, 16, 4))
            self._code.check(message, engine, out)  # last: other engines may walk the message
        self._conversation(message, link, out)
        self._lost(message, out)
        if len(out) > 1:
            out.sort(key=_offset)
        return out

    def follow(self, message: Message, link: Link) -> bool:
        """Takes in the next message without judging its bytes; whether more may be found later."""
        found, role = link.transaction, link.role_code
        self._lost(message, [])
        if found is None or (role != ROLE_REQUEST and not message.flags & framing.NLM_F_DUMP_INTR):
            return False  # nothing of it is remembered
        self._conversation(message, link, [])
        return role == ROLE_REQUEST and self._open.get(found.id) is message

    # -- requests ----------------------------------------------------------------

    def _request(self, message: Message, engine: Engine, out: list[Diagnosis]) -> None:
        """The attributes of a request."""
        operation = message.operation
        if operation is None or message.type < framing.NLMSG_MIN_TYPE:
            return
        dump = (
            message.flags & framing.NLM_F_DUMP == framing.NLM_F_DUMP
            and operation.request_class == model.CLASS_GET
        )
        rules: model.AttributeSet | None = None
        if message.protocol == framing.NETLINK_GENERIC:
            rules = self._rules(message, dump)
            if message.spec is None and rules is None:
                return  # what it was read by is the policy of other commands, or a guess
        listed = operation.listed_attributes.get(("dump" if dump else "do", "request"), ())
        own = message.command if message.protocol == framing.NETLINK_GENERIC else message.type
        if operation.request != own:  # that of a reply, for want of another
            listed = ()
        AttributeChecks(message, engine, listed, rules, out).run()

    def _rules(self, message: Message, dump: bool) -> model.AttributeSet | None:
        """What the kernel's policy allows in this command's requests, None if it is not known."""
        family = None if message.family is None else self._policy(message.family)
        if family is None:
            return None
        index = (family.policy.dump if dump else family.policy.do).get(message.command)
        if index not in family.policy.tables:
            return None
        return family.operation(message.command, True, dump).attributes

    # -- losses ----------------------------------------------------------------------

    def _lost(self, message: Message, out: list[Diagnosis]) -> None:
        """What the capture, or a traced program, lost before the message's record."""
        record = message.record
        if record is None or message.offset:
            return
        known = self._losses.get(record.interface)
        if known is None:
            known = self._losses[record.interface] = Losses()
        known.last = message
        if record.lost:
            known.told += record.lost
            out.append(_loss(record.lost, record.overrun, record.interface.traced, "before this"))

    def rest(self) -> list[tuple[Message, Diagnosis]]:
        """At the end of a capture: what was lost that no record tells of, by the last messages."""
        out = []
        for interface, known in self._losses.items():
            more = (interface.dropped or 0) - known.told
            if more > 0 and known.last is not None:
                told = _loss(more, None, interface.traced, "here or before")
                out.append((known.last, told))
        return out

    # -- conversations -------------------------------------------------------------

    def ended(self, found: Transaction) -> None:
        """A transaction is over."""
        request = self._open.pop(found.id, None)
        if request is not None:
            told = _end_diagnosis(request, found)
            if told is not None:
                self._late.append((request, told))

    def late(self) -> list[tuple[Message, Diagnosis]]:
        """What was found since the last call, of messages judged earlier."""
        out = self._late
        if out:
            self._late = []
        return out

    def _conversation(self, message: Message, link: Link, out: list[Diagnosis]) -> None:
        """What pairing tells of a message."""
        if message.type == framing.NLMSG_OVERRUN:
            text = "messages were lost on their way to this socket"
            out.append(diagnosis("receive-overrun", text, 4, 2))
        found = link.transaction
        if found is None:
            return
        if link.role_code == ROLE_REQUEST:
            if message.number == found.number:
                self._sequence(message, found, out)
                if found.state == OPEN:
                    self._open[found.id] = message
                else:
                    told = _end_diagnosis(message, found)
                    if told is not None:
                        out.append(told)
        elif link.role_code == ROLE_ANSWER:
            if message.flags & framing.NLM_F_DUMP_INTR and found.id not in self._interrupted:
                self._interrupted[found.id] = None
                if len(self._interrupted) > REMEMBERED:
                    self._interrupted.popitem(last=False)
                text = f"what request {found.number} dumps changed meanwhile: parts may not agree"
                out.append(diagnosis("dump-interrupted", text, 6, 2))
            asked = found.request_of(link.of)
            if asked is not None and message.seq != asked.seq:
                text = f"sequence number {message.seq}, though its request has {asked.seq}"
                out.append(diagnosis("sequence-differs", text, 8, 4))

    def _sequence(self, message: Message, found: Transaction, out: list[Diagnosis]) -> None:
        """Whether the request's number could still mean another one."""
        record = message.record
        place = (0, 0) if record is None else (record.interface.section, record.interface.number)
        key = (*place, message.protocol, message.seq)
        before = self._last.pop(key, None)
        self._last[key] = found
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        if before is None or BATCH in (before.kind, found.kind):
            return
        still = before.last > message.number or before.state in (OPEN, UNANSWERED)
        port = found.socket_port
        if not still:
            return
        if port and port == before.socket_port:
            text = f"sequence number {message.seq} of port {port} is open since {before.number}"
            out.append(diagnosis("sequence-repeated", text, 8, 4))
        elif not message.seq:
            text = f"sequence number 0, as has {before.number}, which is still open"
            out.append(diagnosis("sequence-zero", text, 8, 4))


class Losses:
    """What is known of one interface's losses: `told` by records, the `last` message."""

    def __init__(self) -> None:
        self.told = 0
        self.last: Message | None = None


def _loss(number: int, overrun: str | None, traced: bool, where: str) -> Diagnosis:
    """That messages were lost, by the capture or by a program whose calls were traced."""
    if overrun is not None or traced:
        return diagnosis("receive-overrun", overrun or f"a program lost messages {where}", 0, 0)
    plural = "s were" if number > 1 else " was"
    return diagnosis("capture-lost", f"{number} datagram{plural} lost {where}", 0, 0)


def path_of(message: Message, found: Diagnosis) -> str:
    """The dotted path, in C constants, of what a diagnosis is about; empty for no node."""
    best: Node | None = None
    nodes = message.nodes
    start, end = found.offset, found.offset + found.length
    while True:
        node = _around(nodes, start, end)
        if node is None:
            break
        best = node
        if node.offset == start and node.end == end:
            break
        nodes = node.children
    return "" if best is None else paths(best)[1]


def _around(nodes: list[Node], start: int, end: int) -> Node | None:
    """The first of siblings, which are in order, that has these bytes."""
    i = _first_from(nodes, start)
    if i:  # bits of one number are several nodes
        i = _first_from(nodes, nodes[i - 1].offset)
    while i < len(nodes) and nodes[i].offset <= start:
        if start < nodes[i].end and end <= nodes[i].end:
            return nodes[i]
        i += 1
    return None


def _first_from(nodes: list[Node], offset: int) -> int:
    """The place of the first of siblings that begins at an offset or behind it."""
    first, end = 0, len(nodes)
    while first < end:
        middle = (first + end) // 2
        if nodes[middle].offset < offset:
            first = middle + 1
        else:
            end = middle
    return first


def _offset(found: Diagnosis) -> int:
    return found.offset


def _end_diagnosis(request: Message, found: Transaction) -> Diagnosis | None:
    """What is wrong with how a transaction ended; its failures are no fault of the capture."""
    code, text = "request-unanswered", ""
    if found.state == UNANSWERED:
        if found.kind == BATCH:
            text = "of this batch, not every acknowledgement came that was asked for"
        elif not found.last:
            text = "an answer was due and none came"
    elif found.state == ANSWERED:
        if found.kind == SINGLE and found.due and not found.acknowledged:
            text = "it was answered, but the acknowledgement that it asked for never came"
    elif found.state == CUT:
        if found.last:
            code, text = "request-cut", "its answer breaks off, or the capture does"
        elif request.record is not None and request.record.socket is not None:
            text = "an answer was due and nobody read it as far as the trace goes"
        else:
            code, text = "request-cut", "the capture ends before its answer"
    elif found.state == GIVEN_UP:
        code, text = "request-given-up", "no answer while very many other requests passed"
    return diagnosis(code, text, request.base, 16) if text else None
