"""What to do about a message that no dissector knows, as lines of the tree."""

from __future__ import annotations

import shlex
from typing import Final, NamedTuple

from ...engine.message import Message
from ...engine.node import Node
from ...spec.registry import Registry
from ...wire import framing
from ...wire.linux import protocol_name

KEY: Final = "no-dissector"  # of the line


class Advice(NamedTuple):
    """How it was read, and below that what can be done: (in a word, the key or command)."""

    text: str
    ways: list[tuple[str, str]]


def advice(message: Message, registry: Registry, path: str) -> Advice | None:
    """What the tree says of a message of the capture at `path`; None where a dissector has it."""
    if not message.netlink or message.type < framing.NLMSG_MIN_TYPE:
        return None
    capture = shlex.quote(path)
    if message.protocol != framing.NETLINK_GENERIC:
        if message.spec is not None:
            return None
        name, number = protocol_name(message.protocol), str(message.protocol)
        return Advice(f"for {name}: {_how(message.nodes)}", _known(number, capture))
    family = message.family
    if message.type == framing.GENL_ID_CTRL or registry.family(family, message.type) is not None:
        return None
    known = _known(f"{message.type:#x}", capture)
    if family is None:
        return Advice(f"for family {message.type}, whose name is not recorded", known)
    name = shlex.quote(family)
    learn = "nldissect dissectors learn"
    ways = [
        ("learn", f"{learn} {capture} {name} > mine.yaml"),
        ("from source", f"{learn} --source FILE.c FILE.h > mine.yaml"),
        ("then", f"nldissect tui --dissectors mine.yaml {capture}"),
    ]
    return Advice(f"for {family}: {_how(message.nodes)}", [*ways, *known])


def _known(number: str, capture: str) -> list[tuple[str, str]]:
    return [
        ("specs", f"nldissect tui --specs DIR {capture}"),
        ("decode as", f"D, or --decode-as {number}=NAME: by a dissector that is there"),
    ]


def _how(nodes: list[Node]) -> str:
    """How its attributes were read instead."""
    attributes = [node for node in nodes if node.field.number >= 0]
    if not attributes:
        return "its bytes are as they are"
    if any(node.field.guess for node in attributes):
        return "its attributes are guessed"
    return "its attributes are read by the kernel's policy"
