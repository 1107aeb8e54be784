"""A second opinion on where attributes lie: struct nlattr read in the plainest way.

It shares no code with the engine. What it says of each nest is held against the nodes.
"""

from __future__ import annotations

import struct

import nldissect


def chained(data: bytes, start: int, end: int, big: bool) -> list[tuple[int, int, int]]:
    """(offset, end, number) of attributes from `start` on, up to the first that is none."""
    out = []
    while end - start >= 4:
        length, kind = struct.unpack_from(">HH" if big else "<HH", data, start)
        if length < 4 or start + length > end:
            break
        out.append((start, start + length, kind & 0x3FFF))
        start += (length + 3) // 4 * 4
    return out


def disagreement(message: nldissect.Message) -> str:
    """Where the nodes of a message are not what its bytes say; "" where they are."""
    todo = [node for node in message.nodes if node.kind == "nest"]
    while todo:
        node = todo.pop()
        if node.field.number < 0 or not node.children:
            continue
        if any(child.field.number < 0 for child in node.children):  # a header of its own
            continue
        told = [(n.offset, n.end, n.field.number) for n in node.children]
        expected = chained(message.data, node.offset + 4, node.end, message.big)
        if told[: len(expected)] != expected:
            return f"{node.path}: {told[:9]} where the bytes say {expected[:9]}"
        todo += [child for child in node.children if child.kind == "nest"]
    return ""
