"""Messages as calls that make them (-T build): nldissect.build with names and values.

What `build` cannot make to the byte (a message without a dissector, or malformed) is its bytes
for nldissect.dissect.
"""

from __future__ import annotations

import sys
from typing import Any

from ..analysis.message_text import protocol
from ..encode.arguments import Arguments
from ..encode.message_builder import type_of
from ..engine import labels
from ..engine.message import Message
from ..pairing.transaction import Link
from ..wire import framing
from ..wire.linux import NETLINK_PROTOCOL
from .code_output import SourceRenderer, title
from .code_text import hash_comment, python_literal

_ROW = 24  # bytes on a line


class BuildRenderer(SourceRenderer):
    """One assignment a message."""

    def begin(self) -> str:
        """The module starts with its import."""
        return "import nldissect\n\n"

    def message(self, message: Message, link: Link | None = None) -> str:
        """`message_7 = ...` below what it is; with `byte_order` where that is not this host's."""
        found = Arguments(message)
        order = ""
        if message.big != (sys.byteorder == "big"):
            order = f', byte_order="{"big" if message.big else "little"}"'
        call = (
            _build(message, found, order)
            if found.exact and message.visible == message.data
            else _dissect(message, order)
        )
        return f"# {hash_comment(title(message))}\nmessage_{self.number(message)} = {call}\n\n"


def _dissect(message: Message, order: str) -> str:
    """The call with the bytes of the message; `order` is its last argument, or nothing."""
    known = NETLINK_PROTOCOL.get(message.protocol)
    which: str | int = message.protocol if known is None else protocol(message)
    data = message.visible[message.base : message.limit]
    if not order and framing.guess_order(data, len(data)) not in (None, message.big):
        order = f', byte_order="{sys.byteorder}"'  # which `dissect` would guess otherwise
    pieces = [data[at : at + _ROW].hex(" ") + " " for at in range(0, len(data), _ROW)] or [""]
    rows = "".join([f'        "{piece}"\n' for piece in pieces])
    return f"nldissect.dissect(\n    bytes.fromhex(\n{rows}    ),\n    {which!r}{order},\n)"


def _build(message: Message, found: Arguments, order: str) -> str:
    """The call with the values of the message; what `build` would take by itself is left out."""
    spec, operation = message.spec, message.operation
    assert spec is not None
    assert operation is not None
    values = {key: _lean(message, key, value) for key, value in found.attributes.items()}
    header = operation.header
    if header is not None and values.get(header.name) == {}:
        del values[header.name]
    inside = python_literal(values).replace("\n", "\n    ")
    name = f"{_text(spec.name)}, {_text(operation.name)}"
    flags = [flag.lower() for flag in labels.flag_names(message)]
    more = [f"flags={flags!r}".replace("'", '"'), f"sequence={message.seq}"]
    more.append(f"port={message.port}")
    if message.type != type_of(spec, operation, message.to_kernel):
        more.append(f"type={message.type}")
    if spec.protonum is None and found.version != spec.version:
        more.append(f"version={found.version}")
    if found.nested is not None:
        more.append(f"nested={python_literal(found.nested)}")
    if not message.to_kernel:
        more.append("reply=True")
    return f"nldissect.build(\n    {name},\n    {inside},\n    {', '.join(more)}{order},\n)"


def _text(text: str) -> str:
    """A string literal, in the quotes that the rest has where it can."""
    made = python_literal(text, len(text) + 1000)  # longer ones would be cut into pieces
    return f'"{made[1:-1]}"' if made[0] == "'" and '"' not in made else made


def _lean(message: Message, key: Any, value: Any) -> Any:
    """A fixed header without the members that are zero: `build` makes them so."""
    header = message.operation.header if message.operation is not None else None
    if header is None or key != header.name or not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if one not in (0, "", b"")}
