"""TIPC: identities of nodes as tipc(8) has them."""

from __future__ import annotations

from nldissect.hooks import Message, Node

BYTES = 16  # TIPC_NODEID_LEN


def words(raw: bytes) -> str | None:
    """The text that it is; None if it is none."""
    text = raw.rstrip(b"\0")
    return text.decode() if text and text.isascii() and text.decode().isprintable() else None


def half(value: int, message: Message, get: object) -> str | None:
    """Half an identity, of which a u64 has the bytes as in memory: text, else hexadecimal."""
    raw = value.to_bytes(8, "big" if message.big else "little")
    return words(raw) or (raw.rstrip(b"\0").hex() if value else None)


def identity(node: Node) -> bool:
    """A whole identity."""
    raw = node.bytes
    text = words(raw) if len(raw) <= BYTES else None
    if text is None:
        return False
    node.set_value("hex", raw, text)
    return True


HOOKS = {"half": half, "identity": identity}
