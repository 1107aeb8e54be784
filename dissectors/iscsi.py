"""What follows struct iscsi_uevent: a text, a PDU, an address, a path, counters."""

from __future__ import annotations

import struct

from nldissect.dissectors._sockaddr import endpoint
from nldissect.hooks import BINARY, STRING, STRUCT, Field, Message, Node, part

PATH_ADDRESS_LENGTH = 20  # where struct iscsi_path has ip_addr_len


def piece(
    name: str, kind: int, shown: str, value: object, message: Message, pos: int, limit: int
) -> Node:
    """A node from `pos` to `limit` with a value."""
    node = Node(part(name, kind), message, None, pos, pos, limit)
    node.set_value(shown, value)
    return node


def text(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """The value of a parameter, or the name of a node."""
    words = message.data[pos:limit].partition(b"\0")[0].decode("utf-8", "backslashreplace")
    out.append(piece("value", STRING, "string", words, message, pos, limit))
    return True


def pdu(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """The header of a PDU of iSCSI and its data (RFC 7143)."""
    out.append(piece("pdu", BINARY, "binary", message.data[pos:limit], message, pos, limit))
    return True


def address(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """A struct sockaddr_in or sockaddr_in6; of programs mostly in a struct sockaddr_storage."""
    words = endpoint(message.data[pos:limit], message.big)
    if words is None:
        return False
    out.append(piece("address", STRING, "string", words, message, pos, limit))
    return True


def whole(name: str, message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """A struct of the spec."""
    found = message.spec.struct(name) if message.spec is not None else None
    if found is None:
        return False
    field = Field(name, None, -1, STRUCT)
    field.struct = found
    out.append(Node(field, message, None, pos, pos, limit))
    return True


def path(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """struct iscsi_path, whose addresses are of 4 or 16 bytes."""
    at = pos + PATH_ADDRESS_LENGTH
    length = struct.unpack_from("=I", message.data, at)[0] if at + 4 <= limit else 0
    return whole(f"iscsi-path{6 if length == 16 else 4}", message, pos, limit, out)


def stats(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """struct iscsi_stats, and what a transport adds to it as bytes."""
    found = message.spec.struct("iscsi-stats") if message.spec is not None else None
    end = limit if found is None else min(limit, pos + found.size)
    whole("iscsi-stats", message, pos, end, out)
    if end < limit:
        rest = message.data[end:limit]
        out.append(piece("custom", BINARY, "binary", rest, message, end, limit))
    return True


HOOKS = {"text": text, "pdu": pdu, "address": address, "path": path, "stats": stats}
