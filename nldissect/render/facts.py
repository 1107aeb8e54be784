"""What is said of a message as a whole: its names, error and diagnoses."""

from __future__ import annotations

from typing import Final

from .. import dissect, linux, wire
from ..dissect import Diagnosis, Message, Node

_CONTROL: Final = {1: "noop", 2: "error", 3: "done", 4: "overrun"}
_CONTROL_CONSTANTS: Final = {
    1: "NLMSG_NOOP", 2: "NLMSG_ERROR", 3: "NLMSG_DONE", 4: "NLMSG_OVERRUN",
}  # fmt: skip

_protocols: dict[int, str] = {}


def protocol(message: Message) -> str:
    """The netlink protocol's short name: `route`, `generic`."""
    found = _protocols.get(message.protocol)
    if found is None:
        found = _protocols[message.protocol] = linux.protocol_name(message.protocol)
    return found


def operation(message: Message) -> str | None:
    """The operation's name: the spec's, or `error`, `ack`, `done`, `noop`, `overrun`."""
    if message.type < wire.NLMSG_MIN_TYPE:
        if message.type == wire.NLMSG_ERROR and message.error == 0:
            return "ack"
        return _CONTROL.get(message.type)
    if message.operation is not None:
        return message.operation.name
    if message.protocol == wire.NETLINK_GENERIC:
        return None
    return dissect.type_name(message, False)


def constant(message: Message) -> str | None:
    """The operation's C constant: `RTM_NEWLINK`, `NLMSG_DONE`."""
    if message.type < wire.NLMSG_MIN_TYPE:
        return _CONTROL_CONSTANTS.get(message.type)
    if message.operation is not None:
        return message.operation.constant
    if message.protocol == wire.NETLINK_GENERIC:
        return None
    return dissect.type_name(message, True)


def error_name(message: Message) -> str | None:
    """The constant of the message's error number: `ENODEV`; None without error."""
    number = message.error
    return linux.errno_name(-number) if number is not None and number < 0 else None


def who(message: Message) -> str:
    """Protocol or generic family, for a column."""
    if message.protocol == wire.NETLINK_GENERIC and message.type >= wire.NLMSG_MIN_TYPE:
        return message.family or f"family {message.type}"
    return protocol(message)


def what(message: Message, constants: bool) -> str:
    """The operation, for a column; the number where it has no name."""
    if not message.netlink:
        return "data"
    name = constant(message) if constants else operation(message)
    if name is not None:
        return name
    if message.protocol == wire.NETLINK_GENERIC and message.command >= 0:
        return f"cmd {message.command}"
    return f"type {message.type}"


def collect(nodes: list[Node], out: list[Diagnosis]) -> None:
    """Decodes everything below `nodes` and appends what is wrong with it, in order."""
    for node in nodes:
        if not node.shown:
            dissect.decode(node)
        if node._diagnoses is not None:
            out += node._diagnoses
        children = node._children
        if children:
            collect(children, out)


def diagnoses(message: Message) -> list[Diagnosis]:
    """Everything wrong with the message and its nodes, in order."""
    nodes = message.nodes
    out = list(message._diagnoses or ())
    collect(nodes, out)
    return out


def near(name: str, names: list[str]) -> str:
    """` - did you mean ...?` for the closest of `names`, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(name, names, 1, 0.6)
    return f"; did you mean {found[0]!r}?" if found else ""
