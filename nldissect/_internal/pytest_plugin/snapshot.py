"""Messages as plain data that is the same in every run: for snapshot tests.

Shared with `nldissect diff`: an interface is its name or its order of appearance, a
generic family its name; counters and ages are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..analysis.flattener import Flattener, volatile
from ..engine import labels
from ..engine.node import Node, plain
from ..engine.payloads import size_of_secret
from ..spec import model
from ..wire.text import safe
from .matching import MESSAGE_FIELDS, Seen, title

MASKED: Final = "(masked)"
# Numbers that are another thing in every run, and in words the same.
_HINTS: Final = ("ifindex", "family-id")


def snapshot(messages: Iterable[Seen], mask: Sequence[str], counters: bool) -> list[dict[str, Any]]:
    """A dictionary for each message: what it is, from where, and what it says.

    Left out are sequence, port, time and length; values that have names are these
    names, bytes are hexadecimal.
    """
    masked = _Masked(mask, counters)
    return [masked.message(seen) for seen in messages]


class _Masked:
    """Makes the messages of one capture comparable."""

    def __init__(self, mask: Sequence[str], counters: bool) -> None:
        self.mask = frozenset(name.replace("_", "-") for name in mask) | frozenset(mask)
        self.counters = counters
        self.flatten = Flattener(counters)

    def message(self, seen: Seen) -> dict[str, Any]:
        """One message, without what differs from run to run."""
        message = seen.message
        out: dict[str, Any] = {"message": title(message), "role": seen.role}
        flags = labels.flag_names(message)
        if flags:
            out["flags"] = list(flags)
        if message.error:
            out["error"] = MESSAGE_FIELDS["error_name"](message, seen.link) or message.error
        elif message.type >= 16:
            out["attributes"] = plain(message.nodes, self.value, self.keep)
        said = message.find("NLMSGERR_ATTR_MSG")
        if said is not None:
            out["extack"] = safe(str(said.value))
        return out

    def keep(self, node: Node) -> bool:
        """Whether an attribute is shown."""
        return node.field.kind != model.MESSAGE and (self.counters or not volatile(node))

    def value(self, node: Node) -> Any:
        """A value without what differs from run to run."""
        if self.mask & {node.path, node.field.name, node.field.constant or ""}:
            return MASKED
        if node.field.secret:
            return size_of_secret(node.bytes)
        value = node.value
        if isinstance(value, int) and value is not True:
            constant = node.field.constant
            if (value and node.field.hint in _HINTS) or constant == "CTRL_ATTR_MCAST_GRP_ID":
                return self.flatten.value(node)
            named = node.words(False)
            return value if named is None else named
        return value.hex() if isinstance(value, bytes) else value
