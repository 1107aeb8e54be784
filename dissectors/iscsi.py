"""What follows struct iscsi_uevent: a text, a PDU, an address, a path, counters."""

from __future__ import annotations

import struct

from nldissect.dissectors._sockaddr import endpoint
from nldissect.hooks import BINARY, STRING, STRUCT, Field, Message, Node, part

PATH_ADDRESS_LENGTH = 20  # where struct iscsi_path has ip_addr_len
UEVENT_SIZE = 56  # struct iscsi_uevent
PARAM_AT = 24  # where it has set_param.param
PASSWORDS = (24, 25)  # ISCSI_PARAM_PASSWORD, ISCSI_PARAM_PASSWORD_IN


def piece(
    name: str,
    kind: int,
    shown: str,
    value: object,
    message: Message,
    pos: int,
    limit: int,
    secret: bool = False,
) -> Node:
    """A node from `pos` to `limit` with a value."""
    field = part(name, kind)
    field.secret = secret
    node = Node(field, message, None, pos, pos, limit)
    node.set_value(shown, value)
    return node


def text(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """The value of a parameter, or the name of a node."""
    out.append(_text("value", message, pos, limit))
    return True


def parameter(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """The value of a session's parameter, which may be a password."""
    number = struct.unpack_from("=I", message.data, pos - UEVENT_SIZE + PARAM_AT)[0]
    secret = number in PASSWORDS
    out.append(_text("password" if secret else "value", message, pos, limit, secret))
    return True


def _text(name: str, message: Message, pos: int, limit: int, secret: bool = False) -> Node:
    words = message.data[pos:limit].partition(b"\0")[0].decode("utf-8", "backslashreplace")
    return piece(name, STRING, "string", words, message, pos, limit, secret)


def chap_records(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """What a host bus adapter keeps of CHAP: structs, one behind the other."""
    found = message.spec.struct("iscsi-chap-rec") if message.spec is not None else None
    if found is None:
        return False
    for start in range(pos, limit, found.size):
        whole("iscsi-chap-rec", message, start, min(start + found.size, limit), out)
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


HOOKS = {
    "text": text,
    "parameter": parameter,
    "chap-records": chap_records,
    "pdu": pdu,
    "address": address,
    "path": path,
    "stats": stats,
}
