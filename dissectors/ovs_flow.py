"""Open vSwitch's flows: their identifiers, label stack entries of MPLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nldissect.hooks import Message, Node

SIZE, WORD = 16, 4  # of a flow's identifier, which is words of the host


def ufid(node: Node) -> bool:
    """As ovs-dpctl(8) has it: like a UUID, of words in the host's order."""
    raw = node.bytes
    if len(raw) != SIZE:
        return False
    order: Any = "big" if node.message.big else "little"
    words = [int.from_bytes(raw[at : at + WORD], order) for at in range(0, SIZE, WORD)]
    text = "".join([f"{word:08x}" for word in words])
    parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
    node.set_value("uuid", "-".join(parts))
    return True


def mpls_lse(value: int, message: Message, get: Callable[[str], Any]) -> str | None:
    """A label stack entry, as ovs-dpctl(8) tells its parts."""
    return f"label={value >> 12},tc={value >> 9 & 7},bos={value >> 8 & 1},ttl={value & 0xFF}"


HOOKS = {"ufid": ufid, "mpls-lse": mpls_lse}
