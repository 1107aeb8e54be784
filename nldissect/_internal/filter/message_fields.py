"""The fields that every message has: what nldissect's JSON has at its top level, and more.

Two tables: GETTERS says how each is had, `message_fields` what it is compared as, what that costs
and what it means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..analysis import link_text, message_text
from ..engine import labels
from ..engine.faults import ERROR, NOTE, WARNING
from ..engine.message import Message
from ..engine.node import Node
from ..engine.summary import operation_constant, operation_name
from ..pairing.codes import ANSWER, CONFIDENCES, COPY, GIVEN_UP, REQUEST, ROLES, STATES, UNANSWERED
from ..pairing.transaction import Link
from ..session.process import Process
from ..spec import model
from ..wire import framing
from .message_types import (
    NLM_FLAGS,
    CommandType,
    ErrorType,
    MessageTypeType,
    NamedType,
    OperationType,
    ProtocolType,
    TimeOrigin,
    TimeType,
)
from .predicates import BOUND, DECODED, EVERYTHING, HEADER
from .value_types import BooleanType, DurationType, FlagsType, NumberType, StringType, ValueType
from .vocabulary import Vocabulary

# The value of a message, None for none; the link is the message's own, where pairing ran.
Getter = Callable[[Message, Link | None], Any]


class MessageField:
    """A field that every message has; `many` says that `get` gives a list."""

    __slots__ = ("cost", "doc", "get", "many", "name", "needs_link", "value_type")

    def __init__(self, name: str, value_type: ValueType, cost: int, doc: str, get: Getter) -> None:
        self.name = name
        self.value_type = value_type
        self.cost = cost
        self.doc = doc
        self.get = get
        self.many = name in _LISTS
        self.needs_link = name in _OF_PAIRING


_LISTS: Final = (
    "comments", "flag_names", "note", "note.code", "note.severity", "note.text",
)  # fmt: skip


# -- how they are had -------------------------------------------------------------------


def _record(get: Callable[[Any], Any]) -> Getter:
    """Of the record, which a message may not have."""
    return lambda message, _: None if message.record is None else get(message.record)


def _header(get: Callable[[Message], Any]) -> Getter:
    """Of what only a message with an nlmsghdr has."""
    return lambda message, _: get(message) if message.netlink else None


def _linked(get: Callable[[Message, Link], Any]) -> Getter:
    """Of what pairing tells."""
    return lambda message, link: None if link is None else get(message, link)


def _linked_number(get: Callable[[Link], int]) -> Getter:
    """Of what pairing tells, where 0 is none."""
    return lambda _, link: None if link is None else get(link) or None


def _process(get: Callable[[Process], Any]) -> Getter:
    def value(message: Message, link: Link | None) -> Any:
        found = link_text.process(message, link)
        return None if found is None else get(found)

    return value


def _version(message: Message, _: Link | None) -> int | None:
    place = message.base + 17
    if message.protocol != framing.NETLINK_GENERIC or message.command < 0:
        return None
    return message.data[place] if place < message.limit else None


def _state(message: Message, link: Link) -> str | None:
    found = link.transaction
    if found is None or link.role != REQUEST:
        return None
    return found.fate(message.number) or None


def _confidence(_: Message, link: Link) -> str | None:
    return link.confidence if link_text.has_confidence(link) else None


def _attributes(message: Message) -> list[Node]:
    return [node for node in message.nodes if node.field.number >= 0]


def _has_extack(message: Message, _: Link | None) -> bool:
    return message.type in (framing.NLMSG_ERROR, framing.NLMSG_DONE) and bool(_attributes(message))


GETTERS: Final[dict[str, Getter]] = {
    "message": lambda m, _: m.number,
    "record": _record(lambda r: r.number),
    "time": _record(lambda r: r.time),
    "comments": _record(lambda r: r.comments),
    "interface": _record(lambda r: r.interface),
    "protocol": lambda m, _: m.protocol,
    "family": lambda m, _: m.family,
    "dissector": lambda m, _: None if m.spec is None else m.spec.name,
    "operation": lambda m, _: None if operation_name(m) is None else m,
    "constant": lambda m, _: None if operation_constant(m) is None else m,
    "type": _header(lambda m: m),
    "command": lambda m, _: m if m.command >= 0 else None,
    "version": _version,
    "flags": _header(lambda m: m.flags),
    "flag_names": _header(lambda m: list(labels.flag_names(m))),
    "sequence": _header(lambda m: m.seq),
    "port": _header(lambda m: m.port),
    "length": lambda m, _: m.length,
    "direction": lambda m, _: m.direction,
    "to_kernel": lambda m, _: m.to_kernel,
    "from_kernel": lambda m, _: not m.to_kernel,
    "error": lambda m, _: m.error,
    "error_name": lambda m, _: message_text.error_name(m),
    "truncated": lambda m, _: m.truncated,
    "diagnoses": lambda m, _: [d.code for d in m.diagnoses],
    "note": lambda m, _: [d.code for d in m.diagnoses],
    "note.code": lambda m, _: [d.code for d in m.diagnoses],
    "note.severity": lambda m, _: [d.severity for d in m.diagnoses],
    "note.text": lambda m, _: [d.text for d in m.diagnoses],
    "extack": _has_extack,
    "attributes": lambda m, _: bool(_attributes(m)),
}

# The same of what pairing finds.
_OF_PAIRING: Final[dict[str, Getter]] = {
    "summary": link_text.described,
    "role": _linked(lambda _, link: link.role),
    "answers": _linked_number(lambda link: link.of if link.role == ANSWER else 0),
    "answered_by": _linked_number(link_text.answered_by),
    "answered": _linked(lambda _, link: bool(link_text.answered_by(link))),
    "unanswered": _linked(lambda m, link: _state(m, link) in (UNANSWERED, GIVEN_UP)),
    "state": _linked(_state),
    "transaction": _linked(lambda _, k: None if k.transaction is None else k.transaction.id),
    "latency": _linked(link_text.latency),
    "confidence": _linked(
        lambda _, link: link.confidence if link_text.has_confidence(link) else None
    ),
    "listeners": _linked_number(lambda link: link.listeners),
    "copy_of": _linked_number(lambda link: link.of if link.role == COPY else 0),
    "group": _linked(link_text.group),
    "process": _process(lambda p: p),
    "process.name": _process(lambda p: p.name),
    "process.pid": _process(lambda p: p.pid),
    "process.hint": _process(lambda p: p.hint),
    "process.command": _process(lambda p: p.command),
}
GETTERS.update(_OF_PAIRING)


# Fields that all messages of one kind have in common (`library.message_kinds`).
_OF_KIND: Final = frozenset(
    ("protocol", "family", "dissector", "type", "command", "direction", "to_kernel", "from_kernel")
)
_OF_ERRORS: Final = frozenset(("operation", "constant", "error", "error_name"))


def of_kind(name: str, message: Message) -> bool:
    """Whether a field is the same in all messages that are of the same kind as this one."""
    if name == "extack":
        return message.type not in (framing.NLMSG_ERROR, framing.NLMSG_DONE)
    return name in _OF_KIND or (name in _OF_ERRORS and message.usual_error)


# Other names: those of struct nlmsghdr, and of the option --pid.
_ALIASES: Final = {
    "number": "message", "pid": "process.pid", "nlmsg_len": "length", "nlmsg_type": "type",
    "nlmsg_flags": "flags", "nlmsg_seq": "sequence", "nlmsg_pid": "port",
}  # fmt: skip


# -- what they are -------------------------------------------------------------------


def message_fields(vocabulary: Vocabulary, origin: TimeOrigin) -> dict[str, MessageField]:
    """Every field by name; names have underscores, as in the JSON."""
    text, count, boolean = StringType(), NumberType(), BooleanType()
    severity = StringType((ERROR, WARNING, NOTE), "the severities")
    flag_names = StringType([name.removeprefix("NLM_F_") for name in NLM_FLAGS], "the flags' names")
    direction = StringType(("to-kernel", "from-kernel"), "the directions")
    interface = NamedType("an interface of the capture", lambda i: i.number, "interfaces")
    process = NamedType("a process", lambda p: p.pid, "")
    rows: list[tuple[str, ValueType, int, str]] = [
        ("message", count, HEADER, "the message's number, from 1"),
        ("record", count, HEADER, "the capture's record, from 1"),
        ("time", TimeType(origin), HEADER, "when, or how long after the start"),
        ("comments", text, HEADER, "the record's comments"),
        ("interface", interface, HEADER, "the interface that recorded it"),
        ("protocol", ProtocolType(), HEADER, "the netlink protocol"),
        ("family", text, BOUND, "the generic netlink family"),
        ("dissector", text, BOUND, "the dissector"),
        ("operation", OperationType(vocabulary), BOUND, "newlink, echo, ack..."),
        ("constant", OperationType(vocabulary), BOUND, "the operation's C constant"),
        ("type", MessageTypeType(vocabulary), HEADER, "nlmsg_type"),
        ("command", CommandType(vocabulary), BOUND, "the generic netlink command"),
        ("version", count, HEADER, "the version in genlmsghdr"),
        ("flags", FlagsType(NLM_FLAGS, "the flags"), HEADER, "nlmsg_flags"),
        ("flag_names", flag_names, BOUND, "the flags by what they mean for the operation"),
        ("sequence", count, HEADER, "nlmsg_seq"),
        ("port", count, HEADER, "nlmsg_pid, the port id"),
        ("length", count, HEADER, "nlmsg_len"),
        ("direction", direction, HEADER, "to-kernel or from-kernel"),
        ("to_kernel", boolean, HEADER, "whether it goes to the kernel"),
        ("from_kernel", boolean, HEADER, "whether it comes from the kernel"),
        ("error", ErrorType(), HEADER, "the error number, 0 for success"),
        ("error_name", text, HEADER, "ENODEV..."),
        ("truncated", boolean, HEADER, "cut by the snapshot length"),
        ("summary", text, EVERYTHING, "the line that the list shows"),
        ("role", StringType(ROLES, "the roles"), HEADER, "request, answer, notification..."),
        ("answers", count, HEADER, "the request that it answers"),
        ("answered_by", count, HEADER, "the answer that ended it"),
        ("answered", boolean, HEADER, "a request that got its answer"),
        ("unanswered", boolean, HEADER, "a request that got none"),
        ("state", StringType(STATES[1:], "the states"), HEADER, "what became of a request"),
        ("transaction", count, HEADER, "the number that request and answers share"),
        ("latency", DurationType(), HEADER,
         "of a request until its answer, of an answer since its request"),
        ("confidence", StringType(CONFIDENCES, "the confidences"), HEADER,
         "how sure the pairing is"),
        ("listeners", count, HEADER, "how many got the notification"),
        ("copy_of", count, HEADER, "the first of the copies"),
        ("group", text, BOUND, "the multicast group"),
        ("process", process, BOUND, "whose socket it is, by name or id"),
        ("process.name", text, BOUND, "the process's name"),
        ("process.pid", count, BOUND, "the process's id"),
        ("process.hint", boolean, BOUND, "whether the port id is all that tells"),
        ("process.command", text, BOUND, "the process's command line"),
        ("note", text, EVERYTHING, "what is wrong or odd, by code"),
        ("note.code", text, EVERYTHING, "what is wrong or odd, by code"),
        ("note.severity", severity, EVERYTHING, "error, warning or note"),
        ("note.text", text, EVERYTHING, "what is wrong or odd, in words"),
        ("extack", boolean, DECODED, "whether the kernel says more of an error"),
        ("attributes", boolean, DECODED, "whether there is any attribute"),
    ]  # fmt: skip
    fields = {row[0]: MessageField(*row, GETTERS[row[0]]) for row in rows}
    for name, of in _ALIASES.items():
        fields[name] = fields[of]
    for part in ("", ".code", ".severity", ".text"):
        fields[f"diagnoses{part}"] = fields[f"note{part}"]
    return fields


# The operations whose requests a flag is about (`labels.flag_class`), for those that not all have.
_CLASS_OF_FLAG: Final[dict[str, int]] = {
    "NLM_F_DUMP": model.CLASS_GET,
    **{f"NLM_F_{name}": i for i, flags in enumerate(labels.BY_CLASS) for _, name in flags},
}


def with_flag_meaning(field: MessageField, flag: str) -> MessageField | None:
    """nlmsg_flags with a flag's bits only where they mean that flag; None: they always do.

    The same bit is NLM_F_ROOT of a request to get and NLM_F_REPLACE of one to make something.
    NLM_F_DUMP takes both of its bits.
    """
    flag_class = _CLASS_OF_FLAG.get(flag)
    if flag_class is None or not isinstance(field.value_type, FlagsType):
        return None
    bits, get = NLM_FLAGS[flag], field.get

    def flags(message: Message, link: Link | None) -> int | None:
        found: int | None = get(message, link)
        if found is None or (found & bits == bits and labels.flag_class(message) == flag_class):
            return found
        return found & ~bits

    return MessageField(field.name, field.value_type, BOUND, field.doc, flags)
