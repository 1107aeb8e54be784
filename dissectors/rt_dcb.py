"""What the DCB spec cannot say: results in place of nests, and protocols of priority tables.

And what is asked or set in one line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nldissect.hooks import Lookup, Message, Node, errno_name, linux_enum

SELECTOR_ETHERTYPE = 1  # IEEE_8021QAZ_APP_SEL_ETHERTYPE (linux/dcbnl.h)
ETHERTYPE = linux_enum("ethertype")


def result(value: int, message: Message, get: Callable[[str], Any]) -> str | None:
    """What an answer has in place of a nest: 0, or a negative error number's low byte (dcbnl.c)."""
    return errno_name(256 - value) if value > 127 else None


def app_protocol(node: Node) -> bool:
    """The protocol of struct dcb_app: an EtherType where its selector says so."""
    table = node.parent
    if ETHERTYPE is None or table is None or node.message.data[table.start] != SELECTOR_ETHERTYPE:
        return False
    value = int.from_bytes(node.bytes, "big" if node.message.big else "little")
    node.set_value("enum", value, ETHERTYPE.label(value) or "")
    return True


HOOKS = {"result": result, "app-protocol": app_protocol}


def summary(lookup: Lookup) -> str:
    """The interface and what is asked or set: of nests the names of what is inside."""
    out = lookup.words(("dev", "ifname"), ("", "cmd"))
    if lookup.message.to_kernel:
        return " ".join(out)
    for node in lookup.pieces[1:]:
        if node.name == "ifname":
            continue
        if node.children:
            out.append(f"{node.name} {','.join(child.name for child in node.children)}")
        else:
            out.append(f"{node.name} {node.text}")
    return " ".join(word.strip() for word in out)


SUMMARIES = {"getdcb": summary, "setdcb": summary}
