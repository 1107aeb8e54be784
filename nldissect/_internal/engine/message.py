"""Messages: what was framed, with the nodes that a walk finds in it.

A `Message` is walked by the engine when its nodes are first asked for, and keeps the tape.
Writers that read the tape itself get one in which what hooks said has been put (`walk_onto`).
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from typing import Any, Final

from librt.vecs import vec
from mypy_extensions import i64

from ..spec import model
from ..spec.tables import S_BINARY, S_REDACTED, SHOWN_BY_HOOK
from ..wire import framing
from ..wire.errors import in_words
from ..wire.text import safe
from .faults import (
    ERROR,
    MSG_LEN_OVER,
    MSG_LEN_SHORT,
    NOTE,
    TRAILING_DATA,
    TRAILING_ZEROS,
    WARNING,
    said,
)
from .findings import Finding, add_finding
from .frame import Diagnosis, Frame
from .node import Node, Tape, check_made, find_all, missing, plain, plain_value, view
from .walk import BY_HOOK, DEPTH_AT, DEPTH_MASK, IS_ATTRIBUTE, MARKS_AT, SHOWN_AT, Engine


class Message(Frame):
    """One netlink message, bound to what it is and decoded on demand."""

    _nodes: list[Node] | None = None
    inner: Message | None = None  # the request that an error echoes, once it was met

    def another(self, data: builtins.bytes, base: i64, limit: i64, state: i64) -> Message:
        """A message of the same context, protocol and byte order, which is not bound yet."""
        return Message(self.context, self.protocol, data, base, limit, self.big, state)

    def turn(self) -> None:
        """What has NLM_F_REQUEST comes from the kernel all the same: bound and decoded as such."""
        self.to_kernel = False
        self.operation = None
        self.forget()
        self.context.bind(self)

    def forget(self) -> None:
        """Lets its nodes go, for one who keeps the message; they are decoded again when asked."""
        self._nodes = None
        self._diagnoses = None
        self.inner = None

    @property
    def nodes(self) -> list[Node]:
        """The message's payload: fixed headers, attributes, data, in order."""
        if self._nodes is None:
            if self.outer is not None:
                assert isinstance(self.outer, Message)
                return self.outer.echoed_nodes
            self._nodes = []
            context = self.context
            engine = context.spare.pop() if context.spare else Engine(context.tables)
            self._walk(engine)
            tape = Tape(engine, self, self.inner)
            context.spare.append(engine)
            self._nodes = tape.nodes
            if self.record is not None and self.record.gaps is not None:
                _mark_gaps(self, tape.nodes, self.record.gaps)
        return self._nodes

    def level(self) -> Sequence[object]:
        """The nodes at the top."""
        return self.nodes

    @property
    def echoed_nodes(self) -> list[Node]:
        """The nlmsghdr and the payload of the request that the message echoes."""
        for node in self.nodes:
            for child in node.children:
                if child.field.kind == model.MESSAGE:
                    return child.children
        return []

    @property
    def echo(self) -> Message | None:
        """The request that an NLMSG_ERROR echoes, as a message of its own."""
        if self.type != framing.NLMSG_ERROR:
            return None
        if self.inner is None and self._nodes is None:
            self.nodes  # noqa: B018 - the walk meets it
        return self.inner

    @property
    def odd(self) -> bool:
        """Whether the walk, which was made, found something wrong with the message as a whole."""
        return self._diagnoses is not None

    @property
    def own_found(self) -> list[Diagnosis]:
        """What the walk, which was made, found wrong with the message as a whole."""
        return list(self._diagnoses or ())

    def found(self, engine: Engine) -> list[Diagnosis]:
        """Everything wrong with the message, whose walk is on the engine's tape, in order."""
        out = self.own_found
        for wrong in engine.findings:
            where = engine.tape[wrong.place + 1]
            offset, end = where & 0xFFFFFFFF, where >> 32
            out.append(
                Diagnosis(wrong.code, wrong.severity, wrong.text, int(offset), int(end - offset))
            )
        return out

    @property
    def own_diagnoses(self) -> list[Diagnosis]:
        """What is wrong with the message as a whole."""
        self.nodes  # noqa: B018 - the walk finds out
        return list(self._diagnoses or ())

    @property
    def diagnoses(self) -> list[Diagnosis]:
        """Everything wrong with the message and its nodes, in order."""
        out = self.own_diagnoses
        for node in self.walk():
            out += node.diagnoses
        return out

    def walk(self) -> Iterator[Node]:
        """Every node of the message, in order."""
        for node in self.nodes:
            yield from node.walk()

    # -- being walked -------------------------------------------------------

    def _walk(self, engine: Engine, folds: bool = False) -> None:
        """Puts the payload on the engine's tape; the frame's oddities become diagnoses."""
        data, base, limit = self.data, self.base, self.limit
        self._diagnoses = None
        engine.begin(
            data,
            limit,
            self.big,
            self.state == framing.CUT,
            self.to_kernel,
            self.flags,
            self,
            folds,
        )
        engine.leftover = self.leftover
        if self.state != framing.OK and self._odd(engine):
            return
        kind = self.type
        if kind < framing.NLMSG_MIN_TYPE and self.operation is None:
            attr_set = self.context.control_set(int(kind))
            engine.control(kind, self.error or 0, base + 16, limit, attr_set)
        else:
            self._payload(engine, base + 16, limit, 0)
            if kind == framing.GENL_ID_CTRL and self.protocol == framing.NETLINK_GENERIC:
                self.context.judge(self, engine)
        if limit < len(data):
            self._trailing(engine, limit, len(data))

    def _odd(self, engine: Engine) -> bool:
        """Tells what is wrong with the frame; whether there is no more than data."""
        base, limit = self.base, self.limit
        if self.state in _STATES and not (
            self.state == framing.NO_HEADER and self.protocol in framing.FREE_FORM
        ):
            code, severity, text = _STATES[int(self.state)]
            length, have = self.length, limit - base
            if self.state == framing.CUT and not self.netlink and self.record is not None:
                length = self.record.original_length - self.offset
            self.diagnose(code, severity, text.format(length, have), base, min(4, have))
        if self.netlink and self.state != framing.SHORT_LENGTH:
            return False
        start = base + 16 if self.netlink else base
        if self.operation is not None and not self.netlink and start < len(self.data):
            self._payload(engine, start, len(self.data), 0)
        elif start < len(self.data):
            end = len(self.data)
            engine.push(self.context.tables.data, engine.leftover, 0, start, end, 0, 0)
        return True

    def _payload(self, engine: Engine, pos: i64, limit: i64, depth: i64) -> None:
        operation, tables = self.operation, self.context.tables
        generic = self.protocol == framing.NETLINK_GENERIC
        if operation is None and self.protocol == framing.NETLINK_NETFILTER:
            engine.payload(False, tables.nfgenmsg, tables.unnamed, 0, pos, limit, depth, False)
            return
        if operation is None:
            engine.payload(generic, 0, 0, self.header_size, pos, limit, depth, False)
            return
        struct = tables.struct(operation.header)
        attr_set = tables.attribute_set(operation.attributes)
        hooked = operation.hook is not None
        if operation.headless and self.to_kernel:
            dump = self.flags & 0x300 == 0x300
            if pos >= limit or (dump and pos + 4 <= limit and engine.u16(pos) >= 4):  # nla_len
                struct = 0
        engine.payload(generic, struct, attr_set, self.header_size, pos, limit, depth, hooked)
        engine.limit_hooks()

    def _trailing(self, engine: Engine, limit: i64, end: i64) -> None:
        """What follows the message in its datagram: padding to 4 bytes is no news, more is."""
        start = min((limit + 3) & ~3, end)
        if not engine.zero(limit, start):
            start = limit
        elif start == end:
            return
        place = engine.size
        shown: i64 = S_BINARY if engine.zero(start, end) else engine.leftover
        engine.push(self.context.tables.trailing, shown, 0, start, end, 0, 0)
        if engine.zero(start, end):
            engine.find(place, TRAILING_ZEROS, "", end - start)
        else:
            engine.find(place, TRAILING_DATA, "", end - start)

    def echoed(self, engine: Engine, start: i64, end: i64, depth: i64) -> None:
        """The request inside an NLMSG_ERROR, dissected as what it is."""
        cut = self.state == framing.CUT and end == self.limit
        inner = self._echoed(start, end, cut)
        place, size = engine.echo, end - start
        engine.limit, engine.cut, engine.to_kernel = end, cut, True
        engine.flags = inner.flags
        if inner.leftover == S_REDACTED:
            engine.leftover = S_REDACTED
        engine.header(self.context.tables.nlmsghdr, start, start + 16, depth)
        if inner.length < 16:
            engine.find(place, MSG_LEN_SHORT, "", inner.length)
        elif size < inner.length and size > 16:
            engine.find(place, MSG_LEN_OVER, "", inner.length, size)
        data = self.context.tables.data
        if size > 16 and inner.type < framing.NLMSG_MIN_TYPE:
            engine.push(data, engine.leftover, depth, start + 16, end, 0, 0)
        elif size > 16:
            stop = min(start + max(inner.length, 16), end)
            inner._payload(engine, start + 16, stop, depth)
            if stop < end:
                engine.push(data, engine.leftover, depth, stop, end, 0, 0)
        for found in inner._diagnoses or ():  # of the dissector's code
            engine.find(place, said(found.code, found.severity), found.text)
        engine.limit, engine.cut = self.limit, self.state == framing.CUT
        engine.to_kernel, engine.flags = self.to_kernel, self.flags
        engine.family = engine.hardware = -1

    def _echoed(self, start: i64, end: i64, cut: bool) -> Message:
        inner = self.inner
        if inner is None:
            state = framing.CUT if cut else framing.OK
            inner = self.another(self.data, start, end, state)
            inner.outer = self
            inner.record, inner.number, inner.serial = self.record, self.number, self.serial
            inner.to_kernel = True
            self.inner = inner
            self.context.bind(inner)
        inner._diagnoses = None
        return inner

    def payload(self, engine: Engine, pos: i64, limit: i64, depth: i64) -> bool:
        """Lets a dissector's own code take a payload that is no attribute tree."""
        target = self.inner if engine.echo >= 0 and self.inner is not None else self
        operation = target.operation
        assert operation is not None
        assert operation.hook is not None
        made: list[Node] = []
        try:
            done = target.hook_done(operation.hook(target, int(pos), int(limit), made))
            if done:
                check_made(made, int(pos), int(limit))
        except Exception as problem:
            target.diagnose("hook-failed", ERROR, target.fault(problem), pos, limit - pos)
            return False
        if done:
            for node in made:
                push_node(engine, node, depth)
        return done

    def reading(
        self, engine: Engine, field: model.Field, start: i64, end: i64
    ) -> model.Reading | str | None:
        """How a dissector's own code says that a payload reads; why it failed."""
        target = self.inner if engine.echo >= 0 and self.inner is not None else self
        reader = field.reader
        try:
            found = None if reader is None else reader(field, target, int(start), int(end))
            if found is None:
                return None
            if isinstance(found, model.Reading) and found.fits(int(end - start)):
                return found
            raise TypeError(f"{in_words(found)} is no reading of {end - start} bytes")
        except Exception as problem:
            return target.fault(problem)

    def called(self, made: object) -> tuple[str, str | None, int]:
        """Name, C constant and number of a node that a hook made."""
        assert isinstance(made, Node)
        return made.name, made.constant, made._field.number

    def walk_onto(self, engine: Engine, folds: bool = False) -> None:
        """Puts the payload on the engine's tape, as hooks and gaps of a trace have it.

        With `folds`, plain numbers are not there themselves; see `Engine.begin`.
        """
        gaps = None if self.record is None else self.record.gaps
        self._walk(engine, folds and gaps is None)  # a gap may lie in one of the numbers
        if gaps is not None or len(engine.hooked) > 0:
            tape = Tape(engine, self, self.inner)
            _run_hooks(tape)
            if gaps is not None:
                _mark_gaps(self, tape.nodes, gaps)
            _write_hook_nodes(engine, tape)

    def walk_for(self, engine: Engine, wanted: vec[i64], numbered: bool) -> None:
        """As `walk_onto`, if it can be with no more than is wanted; see `Engine.select`."""
        if self.record is None or self.record.gaps is None:
            engine.select(wanted, numbered)
            self._walk(engine)
            engine.selective = False
            if len(engine.hooked) == 0:  # hooks may look at anything
                return
        self.walk_onto(engine)

    # -- by path -----------------------------------------------------------

    def find(self, path: str) -> Node | None:
        """The first node at this dotted path of spec names or constants; see `find_all`."""
        return next(self.find_all(path), None)

    def find_all(self, path: str) -> Iterator[Node]:
        """Every node at this path, in order; entries of arrays need not be named."""
        return find_all(self.nodes, path)

    def get(self, path: str, default: Any = None) -> Any:
        """The value of the first node at this path; `default` when there is none.

        What has something inside gives plain dictionaries and lists.
        """
        found = self.find(path)
        return default if found is None else plain_value(found)

    def __getitem__(self, path: str) -> Any:
        """The value at this path, as `get`; KeyError, with the nearest name, for none."""
        found = self.find(path)
        if found is None:
            raise KeyError(missing(self.nodes, path))
        return plain_value(found)

    def __iter__(self) -> Iterator[str]:
        """The names at the top of the message, each once: the paths to begin with."""
        return iter(dict.fromkeys([node.name for node in self.nodes]))

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.find(path) is not None

    # -- as a whole --------------------------------------------------------

    @property
    def bytes(self) -> bytes:
        """The message as captured or edited, from its nlmsghdr to its end, without padding."""
        return self.data[self.base : self.limit]

    @property
    def visible(self) -> builtins.bytes:
        """Its data as outputs show it: with zeros for secrets, unless those are to be shown."""
        found = [node for node in self.walk() if node.kind == "redacted"]
        if not found:
            return self.data
        out = bytearray(self.data)
        for node in found:
            out[node.start : node.end] = builtins.bytes(node.end - node.start)
        return builtins.bytes(out)

    def visible_onto(self, engine: Engine) -> builtins.bytes:
        """The same, faster, by walking it onto an engine's tape."""
        if not engine.tables.redacts:
            return self.data
        self.walk_onto(engine)
        return engine.concealed()

    def plain(self) -> dict[str, Any]:
        """Headers and attributes as plain dictionaries, by spec names; see `plain.plain`."""
        return plain(self.nodes)

    def adopt(self, data: builtins.bytes) -> None:
        """Takes these bytes, which begin with its nlmsghdr if it has one, for its own."""
        before = self.another(self.data, self.base, self.limit, self.state)
        before.record, before.number, before.serial = self.record, self.number, self.serial
        before.spec, before.operation, before.family = self.spec, self.operation, self.family
        before.command, before.header_size = self.command, self.header_size
        before.to_kernel = self.to_kernel
        for node in self._nodes or ():
            _reassign(node, before)
        self.forget()
        self.data = data
        self.base = 0
        self.length = self.limit = len(data)
        if self.netlink:
            self.length = framing.LENGTH[self.big](data, 0)[0]
            self.limit = min(self.length, len(data))
            self.state = framing.OK

    def __eq__(self, other: object) -> bool:
        """Whether it is the same message, or a dictionary tells just what `plain` does."""
        if isinstance(other, dict):
            return bool(self.plain() == other)
        return self is other

    def __hash__(self) -> int:
        return id(self) >> 4

    def __repr__(self) -> str:
        kind = self.type if self.operation is None else self.operation.name
        return safe(f"<Message {self.number} {kind} {self.direction} {len(self.data)} bytes>")


def _reassign(node: Node, message: Message) -> None:
    """Lets a node and what was made of it belong to another message object."""
    node.message = message
    for child in node._children or ():
        _reassign(child, message)


_STATES: Final[dict[int, tuple[str, str, str]]] = {
    framing.SHORT_LENGTH: (
        "msg-len-short",
        ERROR,
        "nlmsg_len {} is less than the header's 16 bytes",
    ),
    framing.LONG_LENGTH: (
        "msg-len-over",
        ERROR,
        "nlmsg_len {} is more than the {} bytes there are",
    ),
    framing.WITHHELD: ("trailing-data", WARNING, "{} bytes behind a message that may have keys"),
    framing.CUT: ("truncated", NOTE, "cut by the snapshot length: {1} of {0} bytes captured"),
    framing.NO_HEADER: ("no-header", ERROR, "{} bytes are less than the header's 16"),
    framing.UNALIGNED: ("msg-unaligned", WARNING, "starts at no multiple of 4 bytes"),
    framing.AUDIT_LENGTH: ("msg-len-audit", NOTE, "nlmsg_len {} leaves out the header"),
}


def _mark_gaps(message: Message, nodes: list[Node], gaps: list[tuple[int, int, str]]) -> None:
    """Values that lie in bytes which the record does not have are shown as what stands for them."""
    for start, end, text in gaps:
        start, end = start - message.offset, end - message.offset
        if start < 16 and end > 0:
            words = "the trace does not tell the header" + (f": {text}" if text else "")
            message.diagnose("not-in-trace", NOTE, words, max(start, 0), min(end, 16))
        for top in nodes:
            for node in top.walk():
                if node.start < end and node.end > start and not node.children:
                    if node.kind != "redacted":
                        node.set_value("unknown", text or None, "")
                    node.diagnose("not-in-trace", NOTE, "the trace does not tell these bytes")


# -- a tape with what hooks said -------------------------------------------------------


def _marks(node: Node) -> i64:
    """The marks of the entry for what a hook said."""
    return BY_HOOK | IS_ATTRIBUTE if node.start - node.offset == 4 else BY_HOOK


def _shown(node: Node) -> i64:
    """What the entry for it shows."""
    return node.message.context.tables.shown_as(node.kind, SHOWN_BY_HOOK)


def push_node(engine: Engine, node: Node, depth: i64) -> None:
    """Puts a node, as it says of itself, on the tape, with what lies inside."""
    place = engine.size
    engine.reserve(i64(node.end - node.offset))
    engine.push(0, _shown(node), depth, node.offset, node.end, _marks(node), 0)
    engine.hook_nodes[int(place)] = node
    for found in node.diagnoses:
        fault = said(found.code, found.severity)
        add_finding(engine.findings, Finding(place, fault, found.text))
    for child in node.children:
        push_node(engine, child, depth + 1)


def _run_hooks(tape: Tape) -> None:
    """Lets hooks have their say, but of what is inside of what a hook replaced, up to a limit."""
    wanted = set(tape.hooked)
    entries, size = tape.entries, tape.size
    places: list[int] = []  # from the top down to here
    made: list[Node | None] = []  # the nodes there, as far as they were needed
    place: i64 = 0
    while place < size:
        depth = int(entries[place] >> DEPTH_AT & DEPTH_MASK)
        del places[depth:], made[depth:]
        places.append(int(place))
        made.append(None)
        if int(place) in wanted:
            _run_hook_at(tape, places, made)
            if tape.left < 0:
                return
        place += 2


def _run_hook_at(tape: Tape, places: list[int], made: list[Node | None]) -> None:
    """Makes the nodes from the top down to the last place; stops where a hook replaced one."""
    parent: Node | None = None
    for level, place in enumerate(places):
        node = made[level]
        if node is None:
            message = tape.message if parent is None else parent.message
            if parent is not None and parent._place == tape.echo and tape.inner is not None:
                message = tape.inner
            node = made[level] = view(tape, place, message, parent)
            node.kind  # noqa: B018 - runs its hook
        if node._told:
            return
        parent = node


def _leaves(engine: Engine, tape: Tape) -> bool:
    """Writes what hooks said where it stands; False where something lies inside or is wrong."""
    if engine.findings or engine.size != tape.size:
        return False
    entries, size = tape.entries, tape.size
    for at, node in tape.told.items():
        after = i64(at) + 2
        depth = entries[at] >> DEPTH_AT & DEPTH_MASK
        if node.children or node.diagnoses:
            return False
        if after < size and entries[after] >> DEPTH_AT & DEPTH_MASK > depth:
            return False
    for at, node in tape.told.items():
        place = i64(at)
        depth = entries[place] >> DEPTH_AT & DEPTH_MASK
        engine.tape[place] = _shown(node) << SHOWN_AT | depth << DEPTH_AT | _marks(node) << MARKS_AT
        engine.hook_nodes[at] = node
    engine.hooked = []
    return True


def _write_hook_nodes(engine: Engine, tape: Tape) -> None:
    """Puts on the engine's tape what is on this one, and what hooks said of its nodes."""
    told = tape.told
    if not told:
        return
    if _leaves(engine, tape):
        return
    before, made = tape.findings, engine.hook_nodes  # in order of their places
    have: i64 = len(before)
    at: i64 = 0
    engine.size = 0
    engine.findings = []
    engine.hook_nodes = {}
    entries, size = tape.entries, tape.size
    place: i64 = 0
    while place < size:
        first = entries[place]
        depth = first >> DEPTH_AT & DEPTH_MASK
        node = told.get(int(place))
        if node is not None:
            push_node(engine, node, depth)
            place += 2
            while place < size and entries[place] >> DEPTH_AT & DEPTH_MASK > depth:
                place += 2
            continue
        second = entries[place + 1]
        if place == tape.echo:
            engine.echo = engine.size
        if first >> MARKS_AT & BY_HOOK:
            engine.hook_nodes[int(engine.size)] = made[int(place)]
        while at < have and before[at].place <= place:
            found = before[at]
            if found.place == place:  # else it was of what a hook replaced
                engine.findings.append(found.at(engine.size))
            at += 1
        engine.reserve(0)
        engine.tape[engine.size] = first
        engine.tape[engine.size + 1] = second
        engine.size += 2
        place += 2
    engine.hooked = []
