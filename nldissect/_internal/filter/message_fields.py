"""The fields that every message has: what nldissect's JSON has at its top level, and more.

Each knows how its value is had, what may be compared with it, and what it costs: terms that
cost little are tried first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Final

from ..analysis import link_text, message_text
from ..engine import labels
from ..engine.message import Message
from ..engine.node import Node
from ..engine.paths import plain
from ..engine.summary import operation_constant, operation_name
from ..engine.walk import ERROR, NOTE, WARNING
from ..pairing.codes import ANSWER, CONFIDENCES, COPY, GIVEN_UP, REQUEST, ROLES, STATES, UNANSWERED
from ..pairing.transaction import Link
from ..session.process import Process
from ..spec import model
from ..wire import framing, linux
from .syntax import Quoted, Term, Word
from .values import (
    ORDERS,
    Duration,
    Flags,
    Mismatch,
    Number,
    Shape,
    Test,
    Text,
    Yes,
    error_number,
    moment,
    near,
    number,
    spoken,
    text_of,
)
from .values import duration as duration_of
from .vocabulary import Vocabulary

Get = Callable[[Message, Link | None], Any]

# What a term costs, from the header's bytes to the whole tree.
HEADER: Final = 0
BOUND: Final = 1
WALKED: Final = 2
DECODED: Final = 3
EVERYTHING: Final = 4

# Flags by which of `labels.flag_class` has them
_CLASS_OF: Final[dict[str, int]] = {
    "NLM_F_DUMP": model.CLASS_GET,
    **{f"NLM_F_{name}": i for i, flags in enumerate(labels.BY_CLASS) for _, name in flags},
}
NLM_FLAGS: Final[dict[str, int]] = {
    **{f"NLM_F_{name}": bit for flags in (labels.COMMON, *labels.BY_CLASS) for bit, name in flags},
    "NLM_F_DUMP": 0x300,
}
CONTROL: Final = {"noop": 1, "error": 2, "done": 3, "overrun": 4}


class Top:
    """One field; `many` says that `get` gives a list, `alone` what it means without operator."""

    __slots__ = ("alone", "cost", "get", "help", "many", "name", "paired", "shape")

    def __init__(
        self,
        name: str,
        shape: Shape,
        get: Get,
        cost: int,
        help: str,
        paired: bool = False,
        many: bool = False,
        alone: Test | None = None,
    ) -> None:
        self.name = name
        self.shape = shape
        self.get = get
        self.cost = cost
        self.help = help
        self.paired = paired
        self.many = many
        self.alone = alone


def meant(top: Top, name: str) -> Top | None:
    """nlmsg_flags with the bits of one flag only where they mean that flag; None: they always do.

    NLM_F_DUMP takes both of its bits.
    """
    klass = _CLASS_OF.get(name)
    if klass is None or not isinstance(top.shape, Flags):
        return None
    bits, get = NLM_FLAGS[name], top.get

    def flags(message: Message, link: Link | None) -> int | None:
        found: int | None = get(message, link)
        if found is None or (found & bits == bits and labels.flag_class(message) == klass):
            return found
        return found & ~bits

    return Top(top.name, top.shape, flags, BOUND, top.help)


# -- shapes of their own -----------------------------------------------------------


class Protocol(Number):
    """Netlink protocols by number, by name and by constant."""

    def __init__(self) -> None:
        names = {}
        for value, constant in linux.NETLINK_PROTOCOL.items():
            names[constant] = value
            names[linux.protocol_name(value)] = value
        super().__init__(names, "the netlink protocols")

    def choices(self) -> list[tuple[str, str]]:
        return [
            (linux.protocol_name(value), constant)
            for value, constant in linux.NETLINK_PROTOCOL.items()
        ]


class Operations(Shape):
    """Messages by the name of their operation; the values are the messages."""

    noun = "the name of an operation"

    def __init__(self, words: Vocabulary) -> None:
        self.words = words

    def known(self) -> dict[str, str]:
        """Every name, with the constant or the name that goes with it."""
        out = {"ack": "NLMSG_ERROR", **{name: f"NLMSG_{name.upper()}" for name in CONTROL}}
        out.update((constant, name) for name, constant in list(out.items())[1:])
        for constant in linux.RTM.values():
            out[constant] = constant[4:].lower()
            out[constant[4:].lower()] = constant
        out.update(self.words.operation_names)
        return out

    def _name(self, literal: Term) -> str:
        text = text_of(literal)
        if isinstance(literal, Quoted) or text in _RTM or text in CONTROL or text == "ack":
            return text
        known = self.known()
        if text not in known and plain(text) not in known:
            raise Mismatch(f"there is no operation {text}", near(text, known))
        return text

    def equal(self, literal: Term) -> Test:
        text = self._name(literal)
        name = plain(text)

        def test(message: Message) -> bool:
            if not message.netlink:
                return False
            has = operation_name(message)
            return has is not None and (
                plain(has) == name or has == text or operation_constant(message) == text
            )

        return test

    def contains(self, literal: Term) -> Test:
        key = text_of(literal)
        return lambda message: key in (operation_name(message) or "")

    def matches(self, literal: Term) -> Test:
        inner = Text().matches(literal)
        return lambda message: inner(operation_name(message) or "")

    def choices(self) -> list[tuple[str, str]]:
        return sorted((name, says) for name, says in self.known().items() if not name.isupper())


_RTM: Final = {constant: value for value, constant in linux.RTM.items()}
_NLMSG: Final = {f"NLMSG_{name.upper()}": value for name, value in CONTROL.items()}


class Types(Operations):
    """nlmsg_type: numbers, or messages by the name of what the number stands for."""

    noun = "a message type"

    def exact(self, literal: Term) -> tuple[int, int] | None:
        """(protocol or -1, number) where the number tells all."""
        text = text_of(literal)
        value = number(text)
        if value is not None:
            return -1, value
        if text in _NLMSG:
            return -1, _NLMSG[text]
        return (framing.NETLINK_ROUTE, _RTM[text]) if text in _RTM else None

    def equal(self, literal: Term) -> Test:
        found = self.exact(literal)
        if found is not None:
            protocol, value = found
            if protocol < 0:
                return lambda message: bool(message.type == value)
            return lambda message: message.type == value and message.protocol == protocol
        if text_of(literal) in ("error", "ack"):
            return lambda message: bool(message.type == framing.NLMSG_ERROR)
        return super().equal(literal)

    def key(self, literal: Term) -> int:
        found = self.exact(literal)
        if found is None:
            raise Mismatch(f"{spoken(literal)} is no number", "types are ordered by number")
        return found[1]

    def ordered(self, op: str, literal: Term) -> Test:
        inner = Number().ordered(op, Word(str(self.key(literal)), 0, 0))
        return lambda message: inner(message.type)

    def between(self, low: Term, high: Term) -> Test:
        first, last = self.key(low), self.key(high)
        return lambda message: bool(first <= message.type <= last)

    def contains(self, literal: Term) -> Test:
        raise Mismatch("`contains` looks into strings; this is a number", "see `operation`")

    def matches(self, literal: Term) -> Test:
        raise Mismatch("`matches` is for strings; this is a number", "see `operation`")

    def masked(self, literal: Term) -> int:
        return self.key(literal)

    def choices(self) -> list[tuple[str, str]]:
        out = [(name, str(value)) for name, value in _NLMSG.items()]
        return out + [(name, str(value)) for name, value in _RTM.items()]


class Commands(Operations):
    """Commands of generic netlink: numbers or names."""

    noun = "a command"

    def equal(self, literal: Term) -> Test:
        value = number(text_of(literal))
        if value is not None:
            return lambda message: bool(message.command == value)
        inner = super().equal(literal)
        return lambda message: message.command >= 0 and inner(message)

    def ordered(self, op: str, literal: Term) -> Test:
        inner = Number().ordered(op, literal)
        return lambda message: message.command >= 0 and inner(message.command)

    def between(self, low: Term, high: Term) -> Test:
        inner = Number().between(low, high)
        return lambda message: inner(message.command)


class Errors(Number):
    """Error numbers: negative as in the bytes, by name, or positive as in errno.h."""

    noun = "an error number"

    def key(self, literal: Term) -> int:
        text = text_of(literal)
        found = error_number(text)
        if found is None:
            found = number(text)
        if found is None:
            names = list(linux.ERRNO.values())
            raise Mismatch(f"{spoken(literal)} is no error", near(text, names))
        return found

    def equal(self, literal: Term) -> Test:
        key = -abs(self.key(literal))
        return lambda value: bool(value == key)

    def between(self, low: Term, high: Term) -> Test:
        first, last = sorted((abs(self.key(low)), abs(self.key(high))))
        return lambda value: bool(first <= -value <= last)

    def masked(self, literal: Term) -> int:
        raise Mismatch("errors have no bits")

    def choices(self) -> list[tuple[str, str]]:
        return [(name, str(-value)) for value, name in linux.ERRNO.items()]


class Named(Text):
    """What has a name, which may not be known (None), and a number."""

    attribute = "number"  # where the number is

    def equal(self, literal: Term) -> Test:
        value = number(text_of(literal)) if isinstance(literal, Word) else None
        if value is not None:
            number_of = attrgetter(self.attribute)
            return lambda found: bool(number_of(found) == value)
        key = text_of(literal)
        return lambda found: bool(found.name == key)

    def contains(self, literal: Term) -> Test:
        inner = super().contains(literal)
        return lambda found: found.name is not None and inner(found.name)

    def matches(self, literal: Term) -> Test:
        inner = super().matches(literal)
        return lambda found: found.name is not None and inner(found.name)


class Owners(Named):
    """Processes by name or by process id; the values are Process."""

    noun = "a process"
    attribute = "pid"

    def ordered(self, op: str, literal: Term) -> Test:
        inner = Number().ordered(op, literal)
        return lambda found: found.pid is not None and inner(found.pid)

    def between(self, low: Term, high: Term) -> Test:
        inner = Number().between(low, high)
        return lambda found: found.pid is not None and inner(found.pid)


class Interfaces(Named):
    """Interfaces of the capture by name, or by number from 0."""

    noun = "an interface of the capture"

    def key(self, literal: Term) -> str:
        raise Mismatch("interfaces have no order")


class Clock:
    """When the capture began: what relative times count from."""

    __slots__ = ("first",)

    def __init__(self) -> None:
        self.first: int | None = None

    def see(self, time: int | None) -> None:
        if self.first is None:
            self.first = time


class Time(Shape):
    """Points in time, or time spans since the first record."""

    noun = "a time"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def _key(self, literal: Term) -> tuple[bool, int]:
        """(whether it counts from the first record, nanoseconds)."""
        text = text_of(literal)
        found = moment(text)
        if found is not None:
            return False, found
        found = duration_of(text)
        if found is None:
            raise Mismatch(
                f"{spoken(literal)} is no time",
                'such as "2026-11-21 13:00", "2026-11-21T13:00:00Z", or 1.5s from the start',
            )
        return True, found

    def key(self, literal: Term) -> Any:
        return self._key(literal)[1]

    def _shifted(self, literals: tuple[Term, ...], test: Callable[..., bool]) -> Test:
        keys = [self._key(literal) for literal in literals]
        clock = self.clock
        if not any(relative for relative, _ in keys):
            numbers = [value for _, value in keys]
            return lambda value: test(value, *numbers)
        return lambda value: test(
            value, *((clock.first or 0) + n if relative else n for relative, n in keys)
        )

    def equal(self, literal: Term) -> Test:
        return self._shifted((literal,), lambda value, key: bool(value == key))

    def ordered(self, op: str, literal: Term) -> Test:
        return self._shifted((literal,), ORDERS[op])

    def between(self, low: Term, high: Term) -> Test:
        return self._shifted((low, high), lambda value, a, b: bool(a <= value <= b))


# -- getting them ------------------------------------------------------------------


def _record(get: Callable[[Any], Any]) -> Get:
    return lambda message, _: None if message.record is None else get(message.record)


def _header(name: str) -> Get:
    return lambda message, _: getattr(message, name) if message.netlink else None


def _linked(get: Callable[[Message, Link], Any]) -> Get:
    return lambda message, link: None if link is None else get(message, link)


def _paired(get: Callable[[Message, Link], Any]) -> Get:
    """Of what pairing tells where 0 is none."""
    return lambda message, link: None if link is None else get(message, link) or None


def _state(message: Message, link: Link) -> str | None:
    found = link.transaction
    if found is None or link.role != REQUEST:
        return None
    return found.fate(message.number) or None


def _unanswered(message: Message, link: Link) -> bool:
    return _state(message, link) in (UNANSWERED, GIVEN_UP)


def _process(get: Callable[[Process], Any]) -> Get:
    def value(message: Message, link: Link | None) -> Any:
        found = link_text.process(message, link)
        return None if found is None else get(found)

    return value


def _extack(message: Message, _: Link | None) -> list[Node]:
    if message.type not in (framing.NLMSG_ERROR, framing.NLMSG_DONE):
        return []
    return [node for node in message.nodes if node.field.number >= 0]


def _nonzero(value: Any) -> bool:
    return bool(value)


SEVERITIES: Final = (ERROR, WARNING, NOTE)


def table(words: Vocabulary, clock: Clock) -> dict[str, Top]:
    """Every field by name; names have underscores, as in the JSON."""
    text, count, yes = Text(), Number(), Yes()
    direction = Text(("to-kernel", "from-kernel"), "the directions")
    tops = [
        Top("message", count, lambda m, _: m.number, HEADER, "the message's number, from 1"),
        Top("record", count, _record(lambda r: r.number), HEADER, "the capture's record, from 1"),
        Top(
            "time",
            Time(clock),
            _record(lambda r: r.time),
            HEADER,
            "when, or how long after the start",
        ),
        Top(
            "comments",
            text,
            _record(lambda r: r.comments),
            HEADER,
            "the record's comments",
            many=True,
        ),
        Top(
            "interface",
            Interfaces(),
            _record(lambda r: r.interface),
            HEADER,
            "the interface that recorded it",
        ),
        Top("protocol", Protocol(), lambda m, _: m.protocol, HEADER, "the netlink protocol"),
        Top("family", text, lambda m, _: m.family, BOUND, "the generic netlink family"),
        Top(
            "dissector",
            text,
            lambda m, _: None if m.spec is None else m.spec.name,
            BOUND,
            "the dissector",
        ),
        Top("operation", Operations(words), lambda m, _: m, BOUND, "newlink, echo, ack..."),
        Top("constant", Operations(words), lambda m, _: m, BOUND, "the operation's C constant"),
        Top("type", Types(words), lambda m, _: m if m.netlink else None, HEADER, "nlmsg_type"),
        Top(
            "command",
            Commands(words),
            lambda m, _: m if m.command >= 0 else None,
            BOUND,
            "the generic netlink command",
        ),
        Top("version", count, _version, HEADER, "the version in genlmsghdr"),
        Top("flags", Flags(NLM_FLAGS, "the flags"), _header("flags"), HEADER, "nlmsg_flags"),
        Top(
            "flag_names",
            Text(_flag_words(), "the flags' names"),
            lambda m, _: list(labels.flag_names(m)) if m.netlink else [],
            BOUND,
            "the flags by what they mean for the operation",
            many=True,
        ),
        Top("sequence", count, _header("seq"), HEADER, "nlmsg_seq"),
        Top("port", count, _header("port"), HEADER, "nlmsg_pid, the port id"),
        Top("pid", count, _header("port"), HEADER, "the same as port"),
        Top("length", count, lambda m, _: m.length, HEADER, "nlmsg_len"),
        Top("direction", direction, lambda m, _: m.direction, HEADER, "to-kernel or from-kernel"),
        Top("to_kernel", yes, lambda m, _: m.to_kernel, HEADER, "whether it goes to the kernel"),
        Top(
            "from_kernel",
            yes,
            lambda m, _: not m.to_kernel,
            HEADER,
            "whether it comes from the kernel",
        ),
        Top(
            "error",
            Errors(),
            lambda m, _: m.error,
            HEADER,
            "the error number, 0 for success",
            alone=_nonzero,
        ),
        Top("error_name", text, lambda m, _: message_text.error_name(m), HEADER, "ENODEV..."),
        Top("truncated", yes, lambda m, _: m.truncated, HEADER, "cut by the snapshot length"),
        Top(
            "summary",
            text,
            link_text.described,
            EVERYTHING,
            "the line that the list shows",
            paired=True,
        ),
        Top(
            "role",
            Text(ROLES, "the roles"),
            _linked(lambda _, k: k.role),
            HEADER,
            "request, answer, notification...",
            paired=True,
        ),
        Top(
            "answers",
            count,
            _paired(lambda _, k: k.of if k.role == ANSWER else 0),
            HEADER,
            "the request that it answers",
            paired=True,
        ),
        Top(
            "answered_by",
            count,
            _paired(lambda _, k: link_text.answered_by(k)),
            HEADER,
            "the answer that ended it",
            paired=True,
        ),
        Top(
            "answered",
            yes,
            _linked(lambda _, k: bool(link_text.answered_by(k))),
            HEADER,
            "a request that got its answer",
            paired=True,
        ),
        Top(
            "unanswered", yes, _linked(_unanswered), HEADER, "a request that got none", paired=True
        ),
        Top(
            "state",
            Text(STATES[1:], "the states"),
            _linked(_state),
            HEADER,
            "what became of a request",
            paired=True,
        ),
        Top(
            "transaction",
            count,
            _linked(lambda _, k: None if k.transaction is None else k.transaction.id),
            HEADER,
            "the number that request and answers share",
            paired=True,
        ),
        Top(
            "latency",
            Duration(),
            _linked(link_text.latency),
            HEADER,
            "of a request until its answer, of an answer since its request",
            paired=True,
        ),
        Top(
            "confidence",
            Text(CONFIDENCES, "the confidences"),
            _linked(lambda _, k: k.confidence if link_text.has_confidence(k) else None),
            HEADER,
            "how sure the pairing is",
            paired=True,
        ),
        Top(
            "listeners",
            count,
            _paired(lambda _, k: k.listeners),
            HEADER,
            "how many got the notification",
            paired=True,
        ),
        Top(
            "copy_of",
            count,
            _paired(lambda _, k: k.of if k.role == COPY else 0),
            HEADER,
            "the first of the copies",
            paired=True,
        ),
        Top("group", text, _linked(link_text.group), BOUND, "the multicast group", paired=True),
        Top(
            "process",
            Owners(),
            _process(lambda p: p),
            BOUND,
            "whose socket it is, by name or id",
            paired=True,
        ),
        Top(
            "process.name",
            text,
            _process(lambda p: p.name),
            BOUND,
            "the process's name",
            paired=True,
        ),
        Top(
            "process.pid", count, _process(lambda p: p.pid), BOUND, "the process's id", paired=True
        ),
        Top(
            "process.hint",
            yes,
            _process(lambda p: p.hint),
            BOUND,
            "whether the port id is all that tells",
            paired=True,
        ),
        Top(
            "process.command",
            text,
            _process(lambda p: p.command),
            BOUND,
            "the process's command line",
            paired=True,
        ),
        Top(
            "note",
            text,
            lambda m, _: [d.code for d in message_text.diagnoses(m)],
            EVERYTHING,
            "what is wrong or odd, by code",
            many=True,
        ),
        Top(
            "note.code",
            text,
            lambda m, _: [d.code for d in message_text.diagnoses(m)],
            EVERYTHING,
            "what is wrong or odd, by code",
            many=True,
        ),
        Top(
            "note.severity",
            Text(SEVERITIES, "the severities"),
            lambda m, _: [d.severity for d in message_text.diagnoses(m)],
            EVERYTHING,
            "error, warning or note",
            many=True,
        ),
        Top(
            "note.text",
            text,
            lambda m, _: [d.text for d in message_text.diagnoses(m)],
            EVERYTHING,
            "what is wrong or odd, in words",
            many=True,
        ),
        Top(
            "extack",
            yes,
            lambda m, _: bool(_extack(m, _)),
            DECODED,
            "whether the kernel says more of an error",
        ),
        Top(
            "attributes",
            yes,
            lambda m, _: _has_attributes(m),
            DECODED,
            "whether there is any attribute",
        ),
    ]
    out = {top.name: top for top in tops}
    out["number"] = out["message"]
    for part in ("", ".code", ".severity", ".text"):
        out[f"diagnoses{part}"] = out[f"note{part}"]
    return out


def _version(message: Message, _: Link | None) -> int | None:
    at = message.base + 17
    if message.protocol != framing.NETLINK_GENERIC or message.command < 0 or at >= message.limit:
        return None
    return message.data[at]


def _has_attributes(message: Message) -> bool:
    return any(node.field.number >= 0 for node in message.nodes)


def _flag_words() -> Iterable[str]:
    return dict.fromkeys(name.removeprefix("NLM_F_") for name in NLM_FLAGS)
