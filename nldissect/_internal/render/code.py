"""Messages as source code (-T hex, python, build, c, go, rust), for golden tests anywhere.

The bytes are those of the message by nlmsg_len, a piece for each header and attribute
with a comment beside it. A recording's text in a comment can neither end it nor act on
a terminal.
"""

from __future__ import annotations

import sys
from pprint import pformat
from typing import Any, Final

from .. import labels
from ..encode import Arguments, type_of
from ..linux import NETLINK_PROTOCOL
from ..spans import spans
from ..summary import describe, value_text
from ..text import safe
from ..transaction import Link
from ..tree import Message, Node
from . import Renderer
from .facts import protocol

# Bytes on a line, and characters of a value in a comment.
_ROW: Final = 8
_LONGEST: Final = 48

Piece = tuple[bytes, int, str]  # bytes, depth, comment


class Code(Renderer):
    """One language: `message` gives a definition, named by file and message number."""

    def __init__(self) -> None:
        self._files = 0

    def file(self, path: str, last: int) -> str:
        self._files += 1
        return ""

    def number(self, message: Message) -> str:
        """What tells its name from others: 7, or 2_7 in the second of several files."""
        return f"{self._files}_{message.number}" if self._files else str(message.number)

    def message(self, message: Message, link: Link | None = None) -> str:
        raise NotImplementedError


class Hex(Code):
    """Hexadecimal digits, a message a line."""

    def message(self, message: Message, link: Link | None = None) -> str:
        return f"{message.bytes.hex()}\n"


class Python(Code):
    """bytes objects."""

    def message(self, message: Message, link: Link | None = None) -> str:
        out = [f"# {title(message)}\nmessage_{self.number(message)} = bytes.fromhex(\n"]
        for data, depth, comment in pieces(message):
            for row in _rows(data):
                told = f"  # {'  ' * depth}{comment}" if comment else ""
                text = f'    "{row.hex(" ")} "'
                out.append(f"{text:<30}{told}\n" if told else f"{text}\n")
                comment = ""
        if not message.bytes:
            out.append('    ""\n')
        out.append(")\n\n")
        return "".join(out)


class _Braces(Code):
    """Languages that list bytes in brackets."""

    opening = ""
    closing = ""
    comment = "// {}"
    heading = "// {}"

    def message(self, message: Message, link: Link | None = None) -> str:
        name, size = self.number(message), len(message.bytes)
        out = [self.heading.format(_inert(title(message))), "\n"]
        out.append(self.opening.format(name=name, short=name.replace("_", "x"), size=size) + "\n")
        for data, depth, comment in pieces(message):
            for row in _rows(data):
                text = "    " + " ".join(f"0x{byte:02x}," for byte in row)
                if comment:
                    text = f"{text:<52} {self.comment.format('  ' * depth + _inert(comment))}"
                out.append(f"{text}\n")
                comment = ""
        out.append(self.closing + "\n\n")
        return "".join(out)


class C(_Braces):
    """Arrays of unsigned char."""

    opening = "static const unsigned char message_{name}[{size}] = {{"
    closing = "};"
    comment = "/* {} */"
    heading = "/* {} */"


class Go(_Braces):
    """Byte slices."""

    opening = "var message{short} = []byte{{"
    closing = "}"


class Rust(_Braces):
    """Arrays of u8."""

    opening = "pub const MESSAGE_{name}: [u8; {size}] = ["
    closing = "];"


class Build(Code):
    """Calls of nldissect.build; of nldissect.dissect where no dissector knows the message."""

    def begin(self) -> str:
        return "import nldissect\n\n"

    def message(self, message: Message, link: Link | None = None) -> str:
        name = f"message_{self.number(message)}"
        found = Arguments(message)
        order = ""
        if message.big != (sys.byteorder == "big"):
            order = f', byte_order="{"big" if message.big else "little"}"'
        head = f"# {title(message)}\n"
        if not found.exact:
            known = NETLINK_PROTOCOL.get(message.protocol)
            which: str | int = message.protocol if known is None else protocol(message)
            rows = "".join(f'        "{row.hex(" ")} "\n' for row in _rows(message.bytes, 24))
            rows = rows or '        ""\n'
            return (
                f"{head}{name} = nldissect.dissect(\n    bytes.fromhex(\n{rows}    ),\n"
                f"    {which!r}{order},\n)\n\n"
            )
        assert message.spec is not None
        assert message.operation is not None
        values = {key: _lean(message, key, value) for key, value in found.attributes.items()}
        header = message.operation.header
        if header is not None and values.get(header.name) == {}:
            del values[header.name]
        flags = [flag.lower() for flag in labels.flag_names(message)]
        more = [f"flags={flags!r}".replace("'", '"'), f"sequence={message.seq}"]
        more.append(f"port={message.port}")
        if message.type != type_of(message.spec, message.operation, message.to_kernel):
            more.append(f"type={message.type}")
        if message.spec.protonum is None and found.version != message.spec.version:
            more.append(f"version={found.version}")
        if found.nested is not None:
            more.append(f"nested={found.nested!r}")
        if not message.to_kernel:
            more.append("reply=True")
        inside = pformat(values, width=88, sort_dicts=False).replace("\n", "\n    ")
        return (
            f"{head}{name} = nldissect.build(\n"
            f'    "{message.spec.name}", "{message.operation.name}",\n    {inside},\n'
            f"    {', '.join(more)}{order},\n)\n\n"
        )


FORMS: Final[dict[str, type[Code]]] = {
    "hex": Hex, "python": Python, "build": Build, "c": C, "go": Go, "rust": Rust,
}  # fmt: skip


def _lean(message: Message, key: Any, value: Any) -> Any:
    """A fixed header without the members that are zero: `build` makes them so."""
    header = message.operation.header if message.operation is not None else None
    if header is None or key != header.name or not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if one not in (0, "", b"")}


def title(message: Message) -> str:
    """What the message is, in one line: `3 → route newlink kiwi0 kind dummy`."""
    way = "to" if message.to_kernel else "from"
    return safe(f"{message.number}: {protocol(message)}, {way} the kernel: {describe(message)}")


def pieces(message: Message) -> list[Piece]:
    """The message's bytes in order, each with what it is."""
    out: list[Piece] = []
    data = message.data
    for start, end, node, role in spans(message):
        end = min(end, message.limit)
        if start >= end:
            break
        depth, comment = 0, role
        if node is not None:
            depth, comment = _depth(node), named(node, role)
        elif role == "nlmsghdr":
            out += _header(message, start)
            continue
        out.append((data[start:end], depth, comment))
    return out


def _header(message: Message, start: int) -> list[Piece]:
    """The members of struct nlmsghdr."""
    data = message.data
    kind = labels.type_name(message, True)
    flags = "|".join(labels.flag_names(message))
    return [
        (data[start : start + 4], 0, f"nlmsg_len: {message.length}"),
        (data[start + 4 : start + 6], 0, f"nlmsg_type: {message.type}{f' {kind}' if kind else ''}"),
        (data[start + 6 : start + 8], 0, f"nlmsg_flags: {flags or message.flags}"),
        (data[start + 8 : start + 12], 0, f"nlmsg_seq: {message.seq}"),
        (data[start + 12 : start + 16], 0, f"nlmsg_pid: {message.port}"),
    ]


def named(node: Node, role: str) -> str:
    """Its name and value: `IFLA_MTU: 1500`."""
    name = node.constant or node.name
    if role == "header":
        return safe(name)
    label = labels.label(node, True)
    text = value_text(node)
    if node.kind == "string":
        text = f'"{text}"'
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 3]}..."
    told = f" ({label})" if label else ""
    return safe(f"{name}: {text}{told}" if text else name)


def _depth(node: Node) -> int:
    depth = 0
    up = node.parent
    while up is not None:
        depth += 1
        up = up.parent
    return depth


def _inert(comment: str) -> str:
    """What cannot end or continue a comment."""
    text = comment.replace("*/", "* /").replace("/*", "/ *")
    return f"{text}." if text.endswith("\\") else text


def _rows(data: bytes, size: int = _ROW) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]
