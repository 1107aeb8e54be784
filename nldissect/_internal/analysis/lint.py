"""What is wrong or odd in a capture: bytes, requests the kernel would refuse, broken conversations.

To what dissecting finds (malformed bytes) this adds, message by message:
- requests against the limits of the kernel's own policy, where the capture has
  it (CTRL_CMD_GETPOLICY) for that very command, and against the spec's checks;
- NLA_F_NESTED by the rule of lib/nlattr.c (NL_VALIDATE_NESTED): an error where
  the kernel is known to want it, a note elsewhere;
- reserved bits, padding, and attributes that an operation does not list;
- what pairing tells: requests without an answer, numbers used twice, dumps
  that changed under way, lost messages.

A request inside an error is judged as the request itself, if that is in the
capture; of a notification's copies only the first is. CODES has every code.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any, Final, Literal, final

from mypy_extensions import i64

from ..engine.frame import Diagnosis
from ..engine.labels import flag_names
from ..engine.lookup import hook_node, value_at
from ..engine.message import Message
from ..engine.node import Node
from ..engine.walk import (
    BY_HOOK,
    DEPTH_AT,
    DEPTH_MASK,
    ERROR,
    FIELD_MASK,
    INDEX_AT,
    INDEXED,
    IS_ATTRIBUTE,
    MARKS_AT,
    NOTE,
    SHOWN_AT,
    UNKNOWN,
    WARNING,
    Engine,
)
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
from ..spec.tables import ATTRIBUTE, COLUMNS, GUESS, JUDGED, KIND, MARKS, RESERVED, S_PAD
from ..wire import framing
from ..wire.integers import u16
from .explain import paths

SEVERITIES: Final = (ERROR, WARNING, NOTE)  # the worst first
MODIFIERS: Final = 0xF00  # bits that mean one thing to GET, another to NEW and DELETE
REMEMBERED: Final = 1024  # sequence numbers

# Code: (severity, meaning); the severity is the worst where there are several.
CODES: Final[dict[str, tuple[str, str]]] = {
    # framing
    "no-header": (ERROR, "fewer bytes than a netlink header"),
    "msg-len-short": (ERROR, "nlmsg_len is less than the header"),
    "msg-len-over": (ERROR, "nlmsg_len is more than the bytes there are"),
    "msg-len-audit": (NOTE, "nlmsg_len leaves out the header"),
    "msg-unaligned": (WARNING, "a message starts at no multiple of 4 bytes"),
    "trailing-data": (WARNING, "bytes after a message's end"),
    "trailing-zeros": (NOTE, "zero bytes after a message's end"),
    "truncated": (NOTE, "cut by the snapshot length"),
    "not-in-trace": (NOTE, "strace shows something else instead of these bytes"),
    # headers and attributes
    "header-short": (ERROR, "a fixed header is cut short"),
    "attr-len-short": (ERROR, "nla_len is less than its own header"),
    "attr-len-over": (ERROR, "nla_len is more than the bytes left"),
    "attr-unaligned": (WARNING, "an attribute's padding is missing"),
    "attr-trailing": (WARNING, "bytes after the last attribute"),
    "attr-zeros": (NOTE, "zero bytes after the last attribute"),
    "attr-duplicate": (WARNING, "an attribute is there twice"),
    "attr-unknown": (NOTE, "an attribute that the dissector does not know"),
    "nest-depth": (ERROR, "more levels of nesting than the kernel follows"),
    # payloads
    "scalar-size": (ERROR, "a number of the wrong size"),
    "array-size": (ERROR, "an array that ends within an element"),
    "struct-short": (ERROR, "a struct that is cut short"),
    "struct-long": (NOTE, "a struct longer than known"),
    "binary-size": (WARNING, "an address or the like of the wrong size"),
    "flag-payload": (WARNING, "a flag with a payload"),
    "string-unterminated": (WARNING, "a string without its NUL"),
    "string-after-nul": (WARNING, "bytes after a string's NUL"),
    "string-encoding": (WARNING, "a string that is not UTF-8"),
    "selector-unknown": (NOTE, "nothing says what a nest holds"),
    # of single dissectors
    "hook-failed": (ERROR, "a dissector's own code failed"),
    "nexthop-length": (ERROR, "rtnh_len that cannot be"),
    "domain-length": (ERROR, "a domain name that overruns its option"),
    "option-length": (ERROR, "a neighbour discovery option of a length that cannot be"),
    "options-length": (ERROR, "neighbour discovery options that overrun the message"),
    "keys-short": (ERROR, "fewer keys than the action says it has"),
    "ematch-short": (ERROR, "an extended match cut short"),
    "policy-differs": (WARNING, "dissector and the kernel's policy disagree"),
    # requests
    "value-range": (ERROR, "a value outside of what is accepted"),
    "value-mask": (ERROR, "bits that are not accepted"),
    "length-range": (ERROR, "a payload shorter or longer than what is accepted"),
    "attr-not-in-policy": (ERROR, "an attribute that the kernel's policy does not have"),
    "attr-unlisted": (NOTE, "an attribute that the operation does not list"),
    "attr-unused": (WARNING, "an attribute that nothing reads"),
    "nest-flag-missing": (ERROR, "a nest without NLA_F_NESTED"),
    "nest-flag-unexpected": (ERROR, "NLA_F_NESTED on what is no nest"),
    # reserved
    "flags-reserved": (WARNING, "nlmsg_flags without a meaning here"),
    "flags-unknown": (NOTE, "bits without a name in a header's flags"),
    "reserved-set": (WARNING, "a reserved field that is not zero"),
    "padding-nonzero": (WARNING, "padding that is not zero"),
    # conversations
    "request-unanswered": (WARNING, "an answer was due and none came"),
    "request-cut": (NOTE, "the answer is not there to its end"),
    "request-given-up": (NOTE, "no answer while very many other requests passed"),
    "sequence-differs": (NOTE, "an answer with another sequence number than its request"),
    "sequence-repeated": (WARNING, "a port's sequence number is used while still open"),
    "sequence-zero": (NOTE, "several open requests with sequence number 0"),
    "dump-interrupted": (WARNING, "what was dumped changed meanwhile"),
    "receive-overrun": (WARNING, "messages were lost on their way"),
}

# rtnetlink requests that go through nlmsg_parse (not its deprecated variants) in Linux 7.2:
# RTM_GETSTATS and SETSTATS, NEW/DEL/GETNEXTHOP, NEW/DELLINKPROP, NEW/DELVLAN, GETNEXTHOPBUCKET,
# NEW/DELTUNNEL. What lies deeper may be parsed liberally.
STRICT_ROUTE: Final = frozenset((94, 95, 104, 105, 106, 108, 109, 112, 113, 118, 120, 121))
# Generic families without any GENL_DONT_VALIDATE_STRICT in Linux 7.2.
STRICT_FAMILIES: Final = frozenset(
    ("ethtool", "handshake", "net-shaper", "netdev", "ovpn", "psp", "sunrpc", "wireguard")
)
# Single commands of families that are liberal otherwise: CTRL_CMD_GETPOLICY.
STRICT_COMMANDS: Final = frozenset((("nlctrl", 10),))


class Lint:
    """Judges the messages of one capture, fed in order with their links.

    `policy` gives what the capture taught of a generic family. Let `ended` be
    told when a transaction is over (`Conversations.on_end`); `late` has what
    that brought to light of requests that were judged before.
    """

    def __init__(self, policy: Callable[[str], LearntFamily | None]) -> None:
        self._policy = policy
        self._open: dict[int, Message] = {}
        self._late: list[tuple[Message, Diagnosis]] = []
        self._last: OrderedDict[tuple[int, int, int, int], Transaction] = OrderedDict()
        self._interrupted: OrderedDict[int, None] = OrderedDict()  # of which it was said

    def check(self, message: Message, link: Link) -> list[Diagnosis]:
        """All diagnoses of the next message, by offset."""
        out: list[Diagnosis] = []
        if link.role_code != ROLE_COPY:
            engine = message.context.engine
            message.walk_onto(engine)
            _bytes(message, engine, link.of != 0, out)
            if message.to_kernel and link.role_code == ROLE_REQUEST:
                self._request(message, engine, out)
        self._conversation(message, link, out)
        if len(out) > 1:
            out.sort(key=_offset)
        return out

    def follow(self, message: Message, link: Link) -> bool:
        """Takes in the next message without judging its bytes; whether more may be found later."""
        found, role = link.transaction, link.role_code
        if found is None or (role != ROLE_REQUEST and not message.flags & framing.NLM_F_DUMP_INTR):
            return False  # nothing of it is remembered
        self._conversation(message, link, [])
        return role == ROLE_REQUEST and self._open.get(found.id) is message

    # -- requests ----------------------------------------------------------------

    def _request(self, message: Message, engine: Engine, out: list[Diagnosis]) -> None:
        operation = message.operation
        if operation is None or message.type < framing.NLMSG_MIN_TYPE:
            return
        dump = (
            message.flags & framing.NLM_F_DUMP == framing.NLM_F_DUMP
            and operation.request_class == model.CLASS_GET
        )
        strict = strictly(message)
        rules: model.AttributeSet | None = None
        if message.protocol == framing.NETLINK_GENERIC:
            rules = self._rules(message, dump)
            if message.spec is None and rules is None:
                return  # what it was read by is the policy of other commands, or a guess
        legal = operation.listed_attributes.get(("dump" if dump else "do", "request"), ())
        own = message.command if message.protocol == framing.NETLINK_GENERIC else message.type
        if operation.request != own:  # that of a reply, for want of another
            legal = ()
        _attributes(message, engine, legal, rules, strict, out)

    def _rules(self, message: Message, dump: bool) -> model.AttributeSet | None:
        """What the kernel's policy allows in this command's requests, None if it is not known."""
        family = None if message.family is None else self._policy(message.family)
        if family is None:
            return None
        index = (family.policy.dump if dump else family.policy.do).get(message.command)
        if index not in family.policy.tables:
            return None
        return family.operation(message.command, True, dump).attributes

    # -- conversations -------------------------------------------------------------

    def ended(self, found: Transaction) -> None:
        """A transaction is over."""
        request = self._open.pop(found.id, None)
        if request is not None:
            told = _fate(request, found)
            if told is not None:
                self._late.append((request, told))

    def late(self) -> list[tuple[Message, Diagnosis]]:
        """What was found since the last call, of messages judged earlier."""
        out = self._late
        if out:
            self._late = []
        return out

    def _conversation(self, message: Message, link: Link, out: list[Diagnosis]) -> None:
        if message.type == framing.NLMSG_OVERRUN:
            text = "messages were lost on their way to this socket"
            _say(out, "receive-overrun", WARNING, text, 4, 2)
        found = link.transaction
        if found is None:
            return
        if link.role_code == ROLE_REQUEST:
            if message.number == found.number:
                self._sequence(message, found, out)
                if found.state == OPEN:
                    self._open[found.id] = message
                else:
                    told = _fate(message, found)
                    if told is not None:
                        out.append(told)
        elif link.role_code == ROLE_ANSWER:
            if message.flags & framing.NLM_F_DUMP_INTR and found.id not in self._interrupted:
                self._interrupted[found.id] = None
                if len(self._interrupted) > REMEMBERED:
                    self._interrupted.popitem(last=False)
                text = f"what request {found.number} dumps changed meanwhile: parts may not agree"
                _say(out, "dump-interrupted", WARNING, text, 6, 2)
            asked = found.question(link.of)
            if asked is not None and message.seq != asked.seq:
                text = f"sequence number {message.seq}, though its request has {asked.seq}"
                _say(out, "sequence-differs", NOTE, text, 8, 4)

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
        port = _port(found)
        if not still:
            return
        if port and port == _port(before):
            text = f"sequence number {message.seq} of port {port} is open since {before.number}"
            _say(out, "sequence-repeated", WARNING, text, 8, 4)
        elif not message.seq:
            text = f"sequence number 0, as has {before.number}, which is still open"
            _say(out, "sequence-zero", NOTE, text, 8, 4)


def strictly(message: Message) -> bool:
    """Whether the kernel is known to validate this request strictly (NL_VALIDATE_STRICT)."""
    if message.protocol == framing.NETLINK_ROUTE:
        return message.type in STRICT_ROUTE
    return message.protocol == framing.NETLINK_GENERIC and (
        message.family in STRICT_FAMILIES or (message.family, message.command) in STRICT_COMMANDS
    )


def place(message: Message, found: Diagnosis) -> str:
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
    i = bisect_left(nodes, start, key=_offset)
    if i:  # bits of one number are several nodes
        i = bisect_left(nodes, nodes[i - 1].offset, key=_offset)
    while i < len(nodes) and nodes[i].offset <= start:
        if start < nodes[i].end and end <= nodes[i].end:
            return nodes[i]
        i += 1
    return None


def _offset(placed: Node | Diagnosis) -> int:
    return placed.offset


def _port(found: Transaction) -> int:
    return found.port if found.port > 0 else found.request_port


def _fate(request: Message, found: Transaction) -> Diagnosis | None:
    """What is wrong with how a transaction ended; its failures are no fault of the capture."""
    if found.state == UNANSWERED:
        if found.kind == BATCH:
            text = "of this batch, not every acknowledgement came that was asked for"
            return _made(request, "request-unanswered", WARNING, text)
        if not found.last:
            text = "an answer was due and none came"
            return _made(request, "request-unanswered", WARNING, text)
    if (
        found.state == ANSWERED
        and found.kind == SINGLE
        and found.flags & framing.NLM_F_ACK
        and not found.acknowledged
    ):
        text = "it was answered, but the acknowledgement that it asked for never came"
        return _made(request, "request-unanswered", WARNING, text)
    if found.state == CUT:
        if found.last:
            text = "its answer breaks off, or the capture does"
        elif request.record is not None and request.record.socket is not None:
            text = "an answer was due and nobody read it as far as the trace goes"
            return _made(request, "request-unanswered", WARNING, text)
        else:
            text = "the capture ends before its answer"
        return _made(request, "request-cut", NOTE, text)
    if found.state == GIVEN_UP:
        text = "no answer while very many other requests passed"
        return _made(request, "request-given-up", NOTE, text)
    return None


# -- making diagnoses ----------------------------------------------------------------


def _made(message: Message, code: str, severity: str, text: str) -> Diagnosis:
    """A diagnosis of the message as a whole: of its header."""
    return Diagnosis(code, severity, text, message.base, 16)


def _say(
    out: list[Diagnosis], code: str, severity: str, text: str, offset: int, length: int
) -> None:
    """Adds a diagnosis of these bytes."""
    out.append(Diagnosis(code, severity, text, offset, length))


def _tell(
    engine: Engine, place: i64, code: str, severity: str, text: str, out: list[Diagnosis]
) -> None:
    """Adds a diagnosis of the entry at a place."""
    where = engine.tape[place + 1]
    offset = where & 0xFFFFFFFF
    out.append(Diagnosis(code, severity, text, int(offset), int((where >> 32) - offset)))


def _name(field: model.Field) -> str:
    return field.constant or field.name


# -- bytes ---------------------------------------------------------------------------


def _bytes(message: Message, engine: Engine, known: bool, out: list[Diagnosis]) -> None:
    """What any message may have wrong; `known`: what it echoes was judged as a message.

    The engine has the message on its tape.
    """
    start = end = -1
    echo = message.inner
    if known and message.type == framing.NLMSG_ERROR and echo is not None:
        start, end = int(echo.base), int(echo.limit)
    if message.odd or len(engine.findings) > 0:
        for found in message.found(engine):
            if not start <= found.offset < end:
                out.append(found)
    _owned(message, engine, start, end, out)
    bits = _meaningless(message)
    if bits:
        text = f"bits {bits:#x} of nlmsg_flags mean nothing here"
        _say(out, "flags-reserved", WARNING, text, int(message.base) + 6, 2)


def _owned(
    message: Message, engine: Engine, known: i64, known_end: i64, out: list[Diagnosis]
) -> None:
    """Padding between the nodes, and what members of headers and structs may not be.

    What lies in `known` to `known_end` was judged.
    """
    tape, size, rows = engine.tape, engine.size, engine.tables.rows
    pos = message.base + (16 if message.netlink else 0)
    ends: list[i64] = []  # of the nodes around
    heading = False  # whether the node at the top is no attribute
    place: i64 = 0
    while place < size:
        first, second = tape[place], tape[place + 1]
        depth = first >> DEPTH_AT & DEPTH_MASK
        offset, end = second & 0xFFFFFFFF, second >> 32
        while i64(len(ends)) > depth:
            pos = _padding(message, engine, pos, ends.pop(), known, known_end, out)
        if offset > pos:
            _padding(message, engine, pos, offset, known, known_end, out)
        marks = first >> MARKS_AT & 0xFF
        row = first & FIELD_MASK
        member = marks & (UNKNOWN | IS_ATTRIBUTE) == 0
        if member and marks & BY_HOOK:
            member = hook_node(engine, place).field.number < 0
        elif member:
            member = rows[row * COLUMNS + MARKS] & ATTRIBUTE == 0
        if depth == 0:
            heading = member
        if place + 2 < size and tape[place + 2] >> DEPTH_AT & DEPTH_MASK > depth:
            pos = offset + 4 if marks & IS_ATTRIBUTE else offset
            ends.append(end)
        else:
            pos = end
            if member and end > offset and not known <= offset < known_end:
                pad = first >> SHOWN_AT & 0xFF == S_PAD
                if marks & BY_HOOK or pad or rows[row * COLUMNS + MARKS] & RESERVED:
                    _reserved(message, engine, place, heading and depth == 1, out)
        place += 2
    while len(ends) > 0:
        pos = _padding(message, engine, pos, ends.pop(), known, known_end, out)
    _padding(message, engine, pos, i64(len(message.data)), known, known_end, out)


def _padding(
    message: Message,
    engine: Engine,
    pos: i64,
    end: i64,
    known: i64,
    known_end: i64,
    out: list[Diagnosis],
) -> i64:
    """Judges the padding from `pos` to `end`; returns where it ends."""
    if pos < end and not engine.zero(pos, end) and not known <= pos < known_end:
        text = f"padding is {message.data[pos:end].hex(' ')}"
        _say(out, "padding-nonzero", WARNING, text, int(pos), int(end - pos))
    return end


def _meaningless(message: Message) -> int:
    """The bits of nlmsg_flags that have no name for what the message is."""
    if not message.netlink:
        return 0
    names = flag_names(message)
    if not names or not names[-1].startswith("0x"):
        return 0
    bits = int(names[-1], 16)
    if (
        message.operation is None
        and message.protocol != framing.NETLINK_ROUTE
        and message.type >= framing.NLMSG_MIN_TYPE
    ):
        bits &= ~MODIFIERS  # whose meaning goes by what nobody knows
    return bits


def _reserved(
    message: Message, engine: Engine, place: i64, header: bool, out: list[Diagnosis]
) -> None:
    """A member that should be zero, or has bits without a name; `header`: of a fixed header."""
    first, second = engine.tape[place], engine.tape[place + 1]
    marks = first >> MARKS_AT & 0xFF
    value: Any = value_at(engine, place, message)
    if marks & BY_HOOK:
        node = hook_node(engine, place)
        field, pad = node.field, node.shown == "pad"
    else:
        field = engine.tables.fields[first & FIELD_MASK]
        pad = first >> SHOWN_AT & 0xFF == S_PAD
    offset, end = int(second & 0xFFFFFFFF), int(second >> 32)
    name = engine.name(place) if marks & INDEXED else field.name
    length = end - offset
    if field.kind == model.PAD or pad:
        if isinstance(value, bytes) and any(value):
            text = f"padding is {value.hex(' ')}"
            _say(out, "padding-nonzero", WARNING, text, offset, length)
    elif not isinstance(value, int) or not value:
        return
    elif name.startswith("pad"):
        text = f"{name} is {value:#x}"
        _say(out, "padding-nonzero", WARNING, text, offset, length)
    elif name.startswith("reserved"):
        text = f"{name} is {value:#x}"
        _say(out, "reserved-set", WARNING, text, offset, length)
    elif header and field.enum is not None and field.enum.flags:
        every = (1 << 8 * length) - 1
        rest = value & every
        for bit in field.enum.names:
            rest &= ~bit
        if rest and value & every != every:  # all ones is a mask that leaves nothing out
            text = f"bits {rest:#x} of {name} have no name"
            _say(out, "flags-unknown", NOTE, text, offset, length)


# -- attributes of requests -----------------------------------------------------------


@final
class _Level:
    """How the attributes at one depth are judged.

    `judged`: against the policy's `rules`, else their spec. `between`: they are the entries
    of an array, what lies in them has the rules. `numbered`: their numbers are an index.
    """

    def __init__(
        self, judged: bool, rules: model.AttributeSet | None, between: bool, numbered: bool
    ) -> None:
        self.judged = judged
        self.rules = rules
        self.between = between
        self.numbered = numbered


def _attributes(
    message: Message,
    engine: Engine,
    legal: Collection[str],
    rules: model.AttributeSet | None,
    strict: bool,
    out: list[Diagnosis],
) -> None:
    """Judges a request's attributes: against a policy where there is one, else their spec.

    At the top only those of `legal` are listed, where there are any. NLA_F_NESTED: strict
    rtnetlink parsing is known of the first level only. Elsewhere the flag was never wanted,
    and all that lack it in one message are one note.
    """
    tape, size, rows = engine.tape, engine.size, engine.tables.rows
    deep = message.protocol == framing.NETLINK_GENERIC
    bare: i64 = -1  # the first nest without its flag
    others: i64 = 0
    partial = {
        int(found.place)
        for found in engine.findings
        if found.code in ("truncated", "not-in-trace", "attr-len-over")
    }
    levels = [_Level(True, rules, False, False)]
    place: i64 = 0
    while place < size:
        first = tape[place]
        depth = first >> DEPTH_AT & DEPTH_MASK
        del levels[int(depth) + 1 :]
        level = levels[depth]
        marks, row = first >> MARKS_AT & 0xFF, (first & FIELD_MASK) * COLUMNS
        kind, judging = rows[row + KIND], rows[row + MARKS]
        attribute, guess = judging & ATTRIBUTE != 0, judging & GUESS != 0
        if marks & UNKNOWN:
            kind, attribute, guess = model.UNKNOWN, True, False
        elif marks & BY_HOOK:
            field = hook_node(engine, place).field
            kind, attribute, guess, judging = field.kind, field.number >= 0, field.guess, JUDGED
        elif marks & INDEXED:
            attribute = attribute and marks & IS_ATTRIBUTE != 0
        filled = place + 2 < size and tape[place + 2] >> DEPTH_AT & DEPTH_MASK > depth
        inner = _Level(level.judged, None, False, kind in (model.INDEXED, model.TYPE_VALUE))
        if depth == 0 and legal and attribute and kind != model.UNKNOWN:
            field = _field(engine, place)
            if field.name not in legal:
                operation = message.operation
                assert operation is not None
                text = f"{_name(field)} is not listed for {operation.name}"
                _tell(engine, place, "attr-unlisted", NOTE, text, out)
        if level.between:
            inner.judged = True
            inner.rules = level.rules
        elif not attribute:
            # what a hook made of an element has attributes again
            inner.judged = level.judged and kind not in (model.STRUCT, model.BINARY)
        elif level.judged and (level.rules is not None or judging & JUDGED):
            _judge(message, engine, place, level.rules, inner, int(place) in partial, strict, out)
        if attribute and not guess:
            flagged = _flagged(message, engine, place)
            severe = strict and (deep or depth == 0)
            if flagged and kind in _PLAIN:
                text = f"{_name(_field(engine, place))} is no nest"
                severity = ERROR if severe else NOTE
                _tell(engine, place, "nest-flag-unexpected", severity, text, out)
            elif filled and not flagged and not level.numbered and _is_nest(engine, place, kind):
                if severe:
                    text = f"{_name(_field(engine, place))} is a nest without NLA_F_NESTED"
                    _tell(engine, place, "nest-flag-missing", ERROR, text, out)
                elif bare < 0:
                    bare = place
                else:
                    others += 1
        if filled:
            levels.append(inner)
        place += 2
    if bare >= 0:
        more = f", nor have {others} more" if others else ""
        name = _name(_field(engine, bare))
        text = f"{name} has no NLA_F_NESTED{more}; the kernel does not insist here"
        _tell(engine, bare, "nest-flag-missing", NOTE, text, out)


def _judge(
    message: Message,
    engine: Engine,
    place: i64,
    rules: model.AttributeSet | None,
    inner: _Level,
    partial: bool,
    strict: bool,
    out: list[Diagnosis],
) -> None:
    """One attribute against policy or spec; sets how what lies `inner` is judged.

    `partial`: its payload is not all there, which has been said.
    """
    field = own = _field(engine, place)
    if own.unused:
        _tell(engine, place, "attr-unused", WARNING, f"nothing reads {own.constant}", out)
    if rules is not None:
        known = rules.ensure().get(own.number)
        if known is None:
            text = f"the kernel's policy has no attribute {own.number} here"
            severity = ERROR if strict else WARNING
            _tell(engine, place, "attr-not-in-policy", severity, text, out)
            inner.judged = False
            return
        field = known
        if not field.guess:
            inner.rules = field.nested
            inner.between = field.nested is not None and field.kind == model.INDEXED
    if field.checks is not None and not field.guess and not partial:
        _limits(message, engine, place, _name(own), field, field.checks, out)


def _field(engine: Engine, place: i64) -> model.Field:
    """The definition of the entry at a place."""
    first = engine.tape[place]
    marks, row, index = first >> MARKS_AT & 0xFF, first & FIELD_MASK, int(first >> INDEX_AT)
    if marks & BY_HOOK:
        return hook_node(engine, place).field
    if marks & UNKNOWN:
        return (engine.tables.sets[row] or _NO_SET).unknown(index)
    field = engine.tables.fields[row]
    if not marks & INDEXED:
        return field
    entry = model.Field(str(index), None, index if marks & IS_ATTRIBUTE else -1, field.kind)
    entry.nested = field.nested
    return entry


_NO_SET: Final = model.AttributeSet("", "")


def _flagged(message: Message, engine: Engine, place: i64) -> bool:
    """Whether an attribute has NLA_F_NESTED."""
    if not engine.tape[place] >> MARKS_AT & IS_ATTRIBUTE:
        return False
    offset = engine.tape[place + 1] & 0xFFFFFFFF
    return u16(message.data, offset + 2, message.big) & framing.NLA_F_NESTED != 0


def _is_nest(engine: Engine, place: i64, kind: i64) -> bool:
    """Whether attributes are all that an attribute, which is not empty, holds."""
    if kind not in (model.NEST, model.INDEXED, model.TYPE_VALUE, model.SUB_MESSAGE):
        return False
    tape, rows = engine.tape, engine.tables.rows
    depth = (tape[place] >> DEPTH_AT & DEPTH_MASK) + 1
    inside = place + 2
    while inside < engine.size:
        first = tape[inside]
        level = first >> DEPTH_AT & DEPTH_MASK
        if level < depth:
            break
        marks = first >> MARKS_AT & 0xFF
        if level == depth and not marks & UNKNOWN:
            if marks & BY_HOOK:
                attribute = hook_node(engine, inside).field.number >= 0
            elif marks & INDEXED:
                attribute = marks & IS_ATTRIBUTE != 0
            else:
                attribute = rows[(first & FIELD_MASK) * COLUMNS + MARKS] & ATTRIBUTE != 0
            if not attribute:
                return False
        inside += 2
    return True


def _limits(
    message: Message,
    engine: Engine,
    place: i64,
    name: str,
    field: model.Field,
    checks: model.Checks,
    out: list[Diagnosis],
) -> None:
    """One attribute against its limits, as validate_nla does (lib/nlattr.c)."""
    where = engine.tape[place + 1]
    start = where & 0xFFFFFFFF
    if engine.tape[place] >> MARKS_AT & IS_ATTRIBUTE:
        start += 4
    payload = message.data[start : where >> 32]
    size = len(payload)
    value = _number(payload, field, message.big)
    if value is not None:
        low, high, mask = checks.min, checks.max, checks.flags_mask
        if (low is not None and value < low) or (high is not None and value > high):
            if low is None or high is None:
                accepted = f"up to {high}" if low is None else f"from {low}"
            else:
                accepted = f"{low} to {high}"
            text = f"{name} is {value}; accepted: {accepted}"
            _tell(engine, place, "value-range", ERROR, text, out)
        if mask is not None and value & ~mask:
            text = f"{name} is {value:#x}; no bits but {mask:#x} are accepted"
            _tell(engine, place, "value-mask", ERROR, text, out)
    elif field.kind == model.BITFIELD32 and size == 8 and checks.flags_mask is not None:
        bits, selector = (int.from_bytes(payload[i : i + 4], _order(message.big)) for i in (0, 4))
        mask = checks.flags_mask
        if (bits | selector) & ~mask or bits & ~selector:
            text = f"{name} is {bits:#x} of {selector:#x}; no bits but {mask:#x} are accepted"
            _tell(engine, place, "value-mask", ERROR, text, out)
    if checks.exact_len is not None and size != checks.exact_len:
        text = f"{name} has {size} bytes; accepted: {checks.exact_len}"
        _tell(engine, place, "length-range", ERROR, text, out)
    elif checks.min_len is not None and size < checks.min_len:
        text = f"{name} has {size} bytes; accepted: {checks.min_len} or more"
        _tell(engine, place, "length-range", ERROR, text, out)
    elif checks.max_len is not None:
        if field.kind == model.STRING and payload.endswith(b"\0"):
            size -= 1  # what is limited is the text
        if size > checks.max_len:
            text = f"{name} has {size} bytes; accepted: at most {checks.max_len}"
            _tell(engine, place, "length-range", ERROR, text, out)


def _number(payload: bytes, field: model.Field, big: bool) -> int | None:
    """An attribute's payload as the number that `field` says it is."""
    size = len(payload)
    if field.kind > model.LAST_SCALAR or (
        size != field.width and (field.width or size not in (4, 8))
    ):
        return None
    order = _order(big if field.big is None else field.big)
    return int.from_bytes(payload, order, signed=field.signed)


def _order(big: bool) -> Literal["big", "little"]:
    return "big" if big else "little"


_PLAIN: Final = frozenset(
    (*range(model.LAST_SCALAR + 1), model.FLAG, model.STRING, model.BITFIELD32)
)
