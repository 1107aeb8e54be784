"""Numbers in words: flags of nlmsghdr, message types, numbers with a display hint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..spec import model
from ..spec.tables import COMMAND, ERRNO, FAMILY_ID, IFINDEX, MESSAGE_FLAGS, MESSAGE_TYPE, NSID
from ..wire import framing, linux
from ..wire.errors import in_words
from .frame import Frame

# Bits of nlmsg_flags with one meaning, and those whose meaning `flag_class` chooses
COMMON: Final = (
    (1, "REQUEST"), (2, "MULTI"), (4, "ACK"), (8, "ECHO"), (16, "DUMP_INTR"),
    (32, "DUMP_FILTERED"),
)  # fmt: skip
BY_CLASS: Final = (
    ((0x100, "ROOT"), (0x200, "MATCH"), (0x400, "ATOMIC")),
    ((0x100, "REPLACE"), (0x200, "EXCL"), (0x400, "CREATE"), (0x800, "APPEND")),
    ((0x100, "NONREC"), (0x200, "BULK")),
    ((0x100, "CAPPED"), (0x200, "ACK_TLVS")),
    (),  # of what nobody knows
)
NLM_F: Final = {
    "DUMP": 0x300, **{name: bit for table in (COMMON, *BY_CLASS) for bit, name in table},
}  # fmt: skip
_flag_cache: dict[tuple[int, int], tuple[str, ...]] = {}


def flag_class(message: Frame) -> int:
    """Which meaning the bits 0x0f00 have: of GET, NEW, DELETE, acknowledgement (3), none (4)."""
    if 0 <= message.type < framing.NLMSG_MIN_TYPE:
        return 3
    if message.operation is not None:
        return message.operation.request_class
    if message.protocol == framing.NETLINK_ROUTE:  # linux/rtnetlink.h: NEW, DEL, GET, SET in turn
        return (model.CLASS_NEW, model.CLASS_DELETE, model.CLASS_GET, model.CLASS_NEW)[
            message.type & 3
        ]
    if message.protocol == framing.NETLINK_NETFILTER:  # each subsystem numbers as it likes
        return 4
    return model.CLASS_GET


def flag_names(message: Frame) -> tuple[str, ...]:
    """The names of nlmsg_flags for what the message is, without NLM_F_ (linux/netlink.h).

    Bits without a meaning there are kept as one hexadecimal number.
    """
    klass = flag_class(message)
    key = (message.flags, klass)
    found = _flag_cache.get(key)
    if found is None:
        rest = message.flags
        names = []
        for bit, name in COMMON:
            if rest & bit:
                names.append(name)
                rest &= ~bit
        if klass == model.CLASS_GET and rest & 0x300 == 0x300:
            names.append("DUMP")
            rest &= ~0x300
        for bit, name in BY_CLASS[klass]:
            if rest & bit:
                names.append(name)
                rest &= ~bit
        if rest:
            names.append(hex(rest))
        found = tuple(names)
        _flag_cache[key] = found
    return found


def type_words(message: Frame) -> str:
    """A message type that has no name: its number, of netfilter's by subsystem and message."""
    if message.protocol != framing.NETLINK_NETFILTER or message.type < framing.NLMSG_MIN_TYPE:
        return f"type {message.type}"
    subsystem, kind = message.type >> 8, message.type & 0xFF
    name = linux.NFNL_SUBSYS.get(subsystem)
    told = "" if name is None else f" ({name})"
    return f"nfnetlink subsystem {subsystem}{told} message {kind}"


def hinted(hint: int, value: int, message: Frame, constants: bool) -> str | None:
    """What a number with a display hint (as in `tables`) means in this message."""
    of_value = _OF_VALUE.get(hint)
    if of_value is not None:
        return of_value(value, message)
    if hint == MESSAGE_TYPE:
        return type_name(message, constants)
    if hint == MESSAGE_FLAGS:
        return "|".join(flag_names(message)) or None
    if hint == COMMAND and message.operation is not None:
        operation = message.operation
        return (constants and operation.constant) or operation.name  # one learnt has no constant
    return None


# The hints whose label depends on the value, not on the message's header.
_OF_VALUE: Final[dict[int, Callable[[int, Frame], str | None]]] = {
    IFINDEX: lambda value, message: (
        (message.context.interface(value, message) if value else None) or None
    ),
    NSID: lambda value, message: message.context.namespace(value, message) if value >= 0 else None,
    FAMILY_ID: lambda value, message: message.context.family_name(value, message),
    ERRNO: lambda value, message: linux.errno_name(-value) if value < 0 else None,
}


_CONTROL_NAMES: Final = {1: "noop", 2: "error", 3: "done", 4: "overrun"}


def labelled(
    labeller: Callable[..., Any], value: int, message: Frame, get: Callable[..., Any]
) -> str | None:
    """What the code beside the dissector makes of a value; None where it does not know better."""
    try:
        return told(labeller, value, message, get)
    except Exception as problem:
        return message.fault(problem)


def told(
    labeller: Callable[..., Any], value: int, message: Frame, get: Callable[..., Any]
) -> str | None:
    """The same; raises whatever that code raises, and TypeError for what is no text."""
    found: object = labeller(value, message, get)
    if found is None:
        return None
    if isinstance(found, str):
        return str.__str__(found)  # a plain one: what is derived of it may do other things
    raise TypeError(f"a label that is no text: {in_words(found)}")


def type_name(message: Frame, constants: bool) -> str | None:
    """What nlmsg_type means: the operation, or for generic netlink the family."""
    if message.type < framing.NLMSG_MIN_TYPE and message.operation is None:
        name = _CONTROL_NAMES.get(message.type)
        return f"NLMSG_{name.upper()}" if name is not None and constants else name
    if message.protocol == framing.NETLINK_GENERIC:
        return message.family
    if message.operation is not None:
        return (constants and message.operation.constant) or message.operation.name
    if message.protocol == framing.NETLINK_ROUTE:
        constant = linux.RTM.get(message.type)
        if constant is not None:
            return constant if constants else constant[4:].lower()
    return None
