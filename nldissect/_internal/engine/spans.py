"""Who owns each byte of a message."""

from __future__ import annotations

from .message import Message
from .node import Node


def spans(message: Message) -> list[tuple[int, int, Node | None, str]]:
    """Who owns each byte: (start, end, node, role), in order, without gaps or overlaps.

    Roles: `nlmsghdr` (no node), `header` (the four bytes of an attribute that
    has children), `value` (a leaf, an attribute's header included), `padding`.
    """
    out: list[tuple[int, int, Node | None, str]] = []
    pos = message.base
    if message.netlink and message.outer is None:  # an echoed request has it as a node
        out.append((pos, pos + 16, None, "nlmsghdr"))
        pos += 16
    end = len(message.data) if message.outer is None else message.limit
    pos = _spans(message.nodes, pos, out)
    if pos < end:
        out.append((pos, end, None, "padding"))
    return out


def _spans(nodes: list[Node], pos: int, out: list[tuple[int, int, Node | None, str]]) -> int:
    for node in nodes:
        if node.offset > pos:
            out.append((pos, node.offset, None, "padding"))
        children = node.children
        if children:
            if node.start > node.offset:
                out.append((node.offset, node.start, node, "header"))
            pos = _spans(children, node.start, out)
            if pos < node.end:
                out.append((pos, node.end, None, "padding"))
        elif node.end > node.offset:
            out.append((node.offset, node.end, node, "value"))
        pos = node.end
    return pos
