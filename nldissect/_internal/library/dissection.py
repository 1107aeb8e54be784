"""Bytes of one datagram into messages."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from ..capture.files.link import NETLINK
from ..session.forward_pass import Session
from ..spec.registry import Registry, registry
from ..wire import framing, linux
from ..wire.errors import UsageError
from ..wire.record import Interface, Record
from ..wire.text import near
from .messages import Message, split
from .parameters import ByteOrder, Paths, check_byte_order


def dissect(
    data: bytes,
    protocol: str | int = "route",
    *,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Message:
    """The one netlink message in `data`, which begins with its nlmsghdr.

    `protocol` is a number or a name (`route`, `NETLINK_GENERIC`), or a dissector's, such as
    `nl_util`: then the message is one of that family. Without `byte_order` the length of
    the message tells it. Malformed bytes give a message with diagnoses; UsageError is
    raised when there is not one message but several (or none): see `dissect_all`.
    """
    found = dissect_all(
        data,
        protocol,
        byte_order=byte_order,
        dissectors=dissectors,
        specs=specs,
        decode_as=decode_as,
    )
    if len(found) != 1:
        raise UsageError(f"{len(found)} messages, not one: use dissect_all")
    return found[0]


def dissect_all(
    data: bytes,
    protocol: str | int = "route",
    *,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> list[Message]:
    """Every message of one datagram, in order; the arguments are those of `dissect`."""
    check_byte_order(byte_order)
    data = bytes(data)
    known = registry(dissectors, specs, decode_as)
    number, family = protocol_of(protocol, known)
    big = sys.byteorder == "big"
    if byte_order is not None:
        big = byte_order == "big"
    else:
        guess = framing.guess_order(data, len(data))
        big = big if guess is None else guess
    return dissected(known, data, number, big, family)


def dissected(
    known: Registry, data: bytes, protocol: int, big: bool, family: str | None
) -> list[Message]:
    """The messages of a datagram, bound; `family` is the generic one of those that are of any."""
    session = Session(known, "big" if big else "little")
    interface = Interface(NETLINK, big)
    found = split(session, Record(1, None, protocol, data, len(data), 0, interface), big)
    for place, message in enumerate(found, 1):
        message.number = message.serial = place
        if family is not None and message.type > framing.GENL_ID_CTRL:
            session.know(message.type, family)
    for message in found:
        session.bind(message)
    return found


def protocol_of(protocol: str | int, known: Registry) -> tuple[int, str | None]:
    """The number of a netlink protocol, and the generic family that was meant, by a name.

    It is that of a protocol or of a dissector; UsageError for what is neither.
    """
    if isinstance(protocol, int):
        return protocol, None
    wanted = protocol.lower().replace("_", "-").removeprefix("netlink-")
    names = {linux.entry_name("NETLINK_", c): n for n, c in linux.NETLINK_PROTOCOL.items()}
    if wanted in names:
        return names[wanted], None
    spec = known.named(protocol)
    if spec is not None:
        return (
            (framing.NETLINK_GENERIC, spec.name) if spec.protonum is None else (spec.protonum, None)
        )
    if protocol.isdecimal():
        return int(protocol), None
    there_are = [*names, *(entry.name for entry in known.files())]
    raise UsageError(
        f"{protocol!r} is no netlink protocol and no dissector{near(protocol, there_are)}"
    )
