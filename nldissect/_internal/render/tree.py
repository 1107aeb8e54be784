"""The tree (-V): every header and attribute of a message on a line of its own.

Name, value, label in parentheses, and in brackets what is wrong; what lies
inside is indented below. Names are C constants, or the spec's.
"""

from __future__ import annotations

from typing import Any, Final

from .. import labels, tree, wire
from .. import spec as m
from ..tables import GENLMSGHDR, NLMSGHDR
from ..text import safe
from ..transaction import Link
from ..tree import Diagnosis, Message, Node
from . import Renderer, pairs
from .hexdump import hexdump
from .lines import Lines, control_key
from .memo import Memo
from .style import Style
from .times import rfc3339

STEP: Final = "    "
# Bytes that fit on the attribute's own line.
INLINE: Final = 24

# The C names (linux/netlink.h, genetlink.h) of the headers' members.
_HEADER_NAMES: Final[dict[str, str]] = {
    "length": "nlmsg_len", "type": "nlmsg_type", "flags": "nlmsg_flags",
    "sequence": "nlmsg_seq", "port": "nlmsg_pid", "command": "cmd",
}  # fmt: skip
_HEADER_FIELDS: Final = frozenset((*NLMSGHDR.members, *GENLMSGHDR.members))

# Names and values by definition; emptied when a hostile capture would fill them.
_KEPT: Final = 20_000


class Tree(Renderer):
    """Renders the tree, each under its line of the list."""

    def __init__(self, lines: Lines, style: Style, constants: bool = True) -> None:
        self._lines = lines
        self._style = style
        self._constants = constants
        self._memo: Memo[tuple[str, ...]] = Memo(self._make, lambda p: 64 + sum(map(len, p)))
        self._names: dict[m.Field, str] = {}
        self._values: dict[tuple[m.Field, int], str] = {}
        paint = style.paint
        self._nlmsghdr = STEP + paint("nlmsghdr", "operation") + "\n"
        self._seq = f"{STEP * 2}{paint('nlmsg_seq' if constants else 'sequence', 'name')}: "
        self._port = f"{STEP * 2}{paint('nlmsg_pid' if constants else 'port', 'name')}: "

    def file(self, path: str, last: int) -> str:
        return self._lines.file(path, 0)

    def lost(self, number: int, here: bool) -> str:
        return self._lines.lost(number, here) + "\n"

    def message(self, message: Message, link: Link | None = None) -> str:
        """The tree, with an empty line after it."""
        record = message.record
        assert record is not None
        control = link is not None and 0 <= message.type < wire.NLMSG_MIN_TYPE
        mark, line, head, body = (self._control if control else self._made)(message, link)
        out = [self._lines.line(message, link, mark, line), self._origin(message, link)]
        if record.options is not None:
            out += [
                f"{STEP}{self._style.paint('comment', 'name')}: {_quoted(text)}\n"
                for text in record.comments
            ]
        out.append(head)
        if message.netlink:
            out.append(f"{self._seq}{message.seq}\n{self._port}{message.port}\n")
        out.append(f"{body}\n")
        return "".join(out)

    def _made(self, message: Message, link: Link | None) -> tuple[str, ...]:
        return self._memo.get(message)

    def _control(self, message: Message, link: Link | None) -> tuple[str, ...]:
        """`_make` of a control message; the tree of an error shows the echoed sequence number."""
        key = None if message.type == wire.NLMSG_ERROR else control_key(message, link)
        if key is None:
            return self._make(message, link)
        return self._memo.recall(message, key, lambda m: self._make(m, link))

    def _origin(self, message: Message, link: Link | None) -> str:
        record = message.record
        assert record is not None
        when = None if record.time is None else rfc3339(record.time)
        parts = [f"record {record.number}"]
        if when is not None:
            parts.append(when)
        where = f" from byte {message.offset}" if message.offset else ""
        parts.append(f"{message.limit - message.base} bytes{where}")
        if record.interface.name:
            parts.append(f"on {safe(record.interface.name)}")
        if link is not None:
            parts += pairs.remarks(message, link)
        return STEP + self._style.paint(", ".join(parts), "dim") + "\n"

    # -- the part that repeats --------------------------------------------------

    def _make(self, message: Message, link: Link | None = None) -> tuple[str, ...]:
        """The line's two parts, what comes before sequence and port, and what comes after."""
        nodes = message.nodes
        head: list[str] = []
        for diagnosis in message.own_diagnoses:
            head.append(f"{STEP}{self._wrong(diagnosis)}\n")
        if message.netlink:
            head.append(self._nlmsghdr)
            names = _HEADER_NAMES if self._constants else {}
            kind = labels.type_name(message, self._constants)
            flags = "|".join(labels.flag_names(message))
            for name, value, label in (
                ("length", str(message.length), None),
                ("type", str(message.type), kind),
                ("flags", f"{message.flags:#06x}", flags),
            ):
                named = self._style.paint(names.get(name, name), "name")
                head.append(f"{STEP * 2}{named}: {value}{self._labelled(label)}\n")
        body: list[str] = []
        self._nodes(nodes, STEP, body)
        reason = pairs.why(message, link)
        if reason is not None:
            body.append(STEP + self._style.paint("why", "operation") + "\n")
            body += [f"{STEP * 2}{line}\n" for line in reason.lines]
        refers = link is not None and 0 <= message.type < wire.NLMSG_MIN_TYPE
        line = self._lines.control if refers else self._lines.make
        return *line(message, link), "".join(head), "".join(body)

    def _labelled(self, label: str | None) -> str:
        return f" ({self._style.paint(safe(label), 'label')})" if label else ""

    def _wrong(self, diagnosis: Diagnosis) -> str:
        return self._style.paint(
            f"[{diagnosis.severity}: {safe(diagnosis.text)}]", diagnosis.severity
        )

    def _nodes(self, nodes: list[Node], indent: str, out: list[str]) -> None:
        names = self._names
        for node in nodes:
            field = node.field
            name = names.get(field)
            if name is None:
                name = self._name(node)
            value = node.value
            if type(value) is int:
                if field.hint or node._label is not None:
                    text = self._scalar(node, value)
                else:
                    known = self._values.get((field, value))
                    text = self._scalar(node, value) if known is None else known
                out.append(f"{indent}{name}: {text}")
                children = node.children
            else:
                children = node.children
                if children:
                    if value is None:
                        out.append(indent + name)
                    else:  # an array of scalars
                        out.append(f"{indent}{name}: {self._array(node)}")
                        children = [c for c in children if c.value is None or c.field.number < 0]
                elif value is None:
                    out.append(f"{indent}{name}: (empty)")
                elif type(value) is str:
                    shown = _quoted(value) if node.shown == "string" else safe(value)
                    out.append(f"{indent}{name}: {shown}{self._label(node)}")
                elif type(value) is bytes:
                    out.append(f"{indent}{name}: {_bytes(value)}{self._label(node)}")
                    if len(value) > INLINE:
                        self._append(node.diagnoses, out)
                        out.append("\n" + hexdump(value, indent + STEP)[:-1])
                        out.append("\n")
                        continue
                elif value is True:
                    out.append(f"{indent}{name}{self._label(node)}")
                else:
                    out.append(f"{indent}{name}: {safe(str(value))}{self._label(node)}")
            self._append(node.diagnoses, out)
            out.append("\n")
            if children:
                self._nodes(children, indent + STEP, out)

    def _append(self, diagnoses: list[Diagnosis], out: list[str]) -> None:
        for diagnosis in diagnoses:
            out.append(" " + self._wrong(diagnosis))

    def _label(self, node: Node) -> str:
        return self._labelled(labels.label(node, self._constants))

    def _name(self, node: Node) -> str:
        field = node.field
        if not self._constants:
            name = field.name
        elif field.constant is not None:
            name = field.constant
        elif field in _HEADER_FIELDS:
            name = _HEADER_NAMES.get(field.name, field.name)
        elif field.kind == m.UNKNOWN or " " in field.name:
            name = field.name
        else:
            name = field.name.replace("-", "_")
        if field.guess:
            name += "?"
        heading = field.kind == m.STRUCT and field.number < 0
        name = self._style.paint(safe(name), "operation" if heading else "name")
        if len(self._names) >= _KEPT:
            self._names.clear()
        self._names[field] = name
        return name

    def _scalar(self, node: Node, value: int) -> str:
        """A number with its label; flags and what the spec says is hexadecimal as such."""
        field = node.field
        if (node.shown == "flags" or field.hint == "hex") and value >= 0:
            text = f"{value:#0{2 * (node.end - node.start) + 2}x}"
        elif field.hint == "message-flags":
            text = f"{value:#06x}"
        else:
            text = str(value)
        text += self._label(node)
        if not field.hint and node._label is None:
            if len(self._values) >= _KEPT:
                self._values.clear()
            self._values[field, value] = text
        return text

    def _array(self, node: Node) -> str:
        out = []
        for child in node.children:
            value: Any = child.value
            if child.field.number < 0 or value is None:
                continue
            if type(value) is int:
                out.append(self._scalar(child, value))
            else:
                out.append(value.hex() if type(value) is bytes else safe(str(value)))
        return f"[{', '.join(out)}]"


def _quoted(text: str) -> str:
    return f'"{safe(text)}"'


def _bytes(value: bytes) -> str:
    if not value:
        return "(empty)"
    return value.hex(" ") if len(value) <= INLINE else f"{len(value)} bytes"


class HexDump(Renderer):
    """Any text renderer with the message's bytes below (-x); offsets from its nlmsghdr."""

    def __init__(self, inner: Lines | Tree) -> None:
        self._inner = inner

    def begin(self) -> str:
        return self._inner.begin()

    def file(self, path: str, last: int) -> str:
        return self._inner.file(path, last)

    def lost(self, number: int, here: bool) -> str:
        return self._inner.lost(number, here)

    def end(self) -> str:
        return self._inner.end()

    def message(self, message: Message, link: Link | None = None) -> str:
        return f"{self._inner.message(message, link)}{hexdump(message.data)}\n"
