"""What is said of a message as a whole: where it belongs, and what is wrong with it."""

from __future__ import annotations

from ..engine.frame import Diagnosis
from ..engine.labels import type_words
from ..engine.message import Message
from ..engine.summary import operation_constant, operation_name
from ..wire import framing, linux

_protocols: dict[int, str] = {}


def protocol(message: Message) -> str:
    """The netlink protocol's short name: `route`, `generic`."""
    found = _protocols.get(message.protocol)
    if found is None:
        found = _protocols[message.protocol] = linux.protocol_name(message.protocol)
    return found


def protocol_or_family(message: Message, asked: Message | None = None) -> str:
    """Protocol or generic family, for a column; `asked` is what a control message answers."""
    if message.protocol != framing.NETLINK_GENERIC:
        return protocol(message)
    if message.family is not None:
        return message.family
    of = message if message.type >= framing.NLMSG_MIN_TYPE else asked or message.echo
    number = 0 if of is None else of.type
    return f"family {number}" if number >= framing.NLMSG_MIN_TYPE else protocol(message)


def operation(message: Message, constants: bool) -> str:
    """The operation, for a column; the number where it has no name."""
    if not message.netlink and message.operation is None:
        return "data"
    name = operation_constant(message) if constants else operation_name(message)
    if name is not None:
        return name
    if message.protocol == framing.NETLINK_GENERIC and message.command >= 0:
        return f"command {message.command}"
    return type_words(message)


def error_name(message: Message) -> str | None:
    """The constant of the message's error number: `ENODEV`; None without an error."""
    number = message.error
    return linux.errno_name(-number) if number is not None and number < 0 else None


def diagnoses(message: Message) -> list[Diagnosis]:
    """Everything wrong with the message and its nodes, in order; decodes all of it."""
    return message.diagnoses
