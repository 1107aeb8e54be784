"""The SMB server: a struct that is packed, and lists of texts."""

from __future__ import annotations

from nldissect.hooks import Node


def number(node: Node) -> bool:
    """A __u32 at an odd place."""
    node.set_value("u32", int.from_bytes(node.bytes, "big" if node.message.big else "little"))
    return True


def names(node: Node) -> bool:
    """Texts, each ended by a NUL."""
    text = node.bytes.rstrip(b"\0").replace(b"\0", b" ")
    node.set_value("string", text.decode("utf-8", "backslashreplace"))
    return True


HOOKS = {"number": number, "names": names}
