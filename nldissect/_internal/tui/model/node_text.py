"""What the tree says of one node: its name, its value, what lies inside in brief, if it is zero."""

from __future__ import annotations

from typing import Any, Final

from ...engine import labels
from ...engine.node import Node
from ...spec import model
from ...wire.text import escaped, quoted, safe

INLINE: Final = 24  # bytes shown on the line itself
BRIEF: Final = 6  # values told of on the line of a nest or header
FEW: Final = 2  # up to so many are told of also when they are zero
LONGEST: Final = 400  # characters of a value

HEADER_NAMES: Final = {
    "length": "nlmsg_len", "type": "nlmsg_type", "flags": "nlmsg_flags",
    "sequence": "nlmsg_seq", "port": "nlmsg_pid", "command": "cmd",
}  # fmt: skip


def name_of(node: Node, constants: bool) -> str:
    """The node's name: the C constant, or the spec's."""
    field = node.field
    name = field.name
    if constants:
        if field.constant is not None:
            name = field.constant
        elif (
            field.number < 0
            and field.name in HEADER_NAMES
            and node.parent is not None
            and (node.parent.field.name in ("nlmsghdr", "genlmsghdr"))
        ):
            name = HEADER_NAMES[field.name]
        elif field.kind != model.UNKNOWN and " " not in name:
            name = name.replace("-", "_")
    return safe(name + ("?" if field.guess else ""))


def value_of(node: Node, constants: bool) -> str:
    """The value with its label, as one safe line; empty for what only has something inside."""
    value = node.value
    if value is None:
        if node.field.kind == model.MESSAGE:
            return _echoed(node)
        return "" if node.children or node.end > node.start else "(empty)"
    named = node.words(constants)
    text = _text(node, value)
    return safe(f"{text} ({escaped(named)})" if named else text)[:LONGEST]


def told(node: Node, constants: bool) -> str:
    """The same, with what a plain number counts where the spec says it: `1500 bytes`."""
    return _counted(node, value_of(node, constants))


def _counted(node: Node, text: str) -> str:
    unit = node.field.unit
    return f"{text} {safe(unit)}" if unit and text.removeprefix("-").isdecimal() else text


def _echoed(node: Node) -> str:
    inner = next((n.message for n in node.children), None)
    if inner is None or inner is node.message:
        return ""
    kind = labels.type_name(inner, True) or inner.type
    return safe(f"{kind}, {inner.length} bytes, seq {inner.seq}")


def _text(node: Node, value: Any) -> str:
    """A value as the tree shows it: flags in hex, strings in quotes, long bytes cut at `INLINE`."""
    if value is True:
        return ""
    if isinstance(value, int):
        hexadecimal = node.kind == "flags" or node.field.hint == "hex"
        if hexadecimal and value >= 0:
            return f"{value:#0{2 * (node.end - node.start) + 2}x}"
        return str(value)
    if isinstance(value, str):
        return quoted(value) if node.kind == "string" else escaped(value)
    if isinstance(value, bytes):
        if not value:
            return "(empty)"
        shown = value[:INLINE].hex(" ")
        return shown if len(value) <= INLINE else f"{len(value)} bytes: {shown}…"
    if isinstance(value, list):
        parts = [_element(child) for child in node.children if child.value is not None]
        return f"[{', '.join(parts)}]"
    return str(value)


def _element(child: Node) -> str:
    named = child.words(False)
    text = _text(child, child.value)
    return f"{text} ({escaped(named)})" if named else text


def is_heading(node: Node) -> bool:
    """Whether it is a header or another struct that is no attribute."""
    kind = node.field.kind
    return node.field.number < 0 and kind in (model.STRUCT, model.HEADER, model.MESSAGE)


def is_zero(node: Node) -> bool:
    """Whether it says no more than its being there: 0, an empty text or nest, unspec."""
    if node.value is True or node.field.secret:
        return False
    return not node.bytes.strip(b"\0")


def brief(node: Node, constants: bool) -> str:
    """What lies inside, in one line: the first values that are not zero (of two both), else names.

    What chooses how another is read (the kind of a link) stands first and without its name. Of
    a header, what matters first: index, flags, family, then what has words, then numbers.
    """
    nodes = node.children
    if is_zero(node) or all(map(is_zero, nodes)):
        return "all 0"
    kinds, out = _values_in(nodes, is_heading(node), constants)
    if kinds or out:
        head = " ".join([*kinds, *out[:1]])
        return safe(", ".join([head, *out[1:BRIEF]]))[:LONGEST]
    return safe(_names([one for one in nodes if not is_zero(one)]))[:LONGEST]


def _values_in(nodes: list[Node], heading: bool, constants: bool) -> tuple[list[str], list[str]]:
    """The values that choose how others are read, and `name value` of the others."""
    choosing = {name for node in nodes for name in node.field.selectors}
    told = [node for node in nodes if len(nodes) <= FEW or not is_zero(node)]
    prefix = ""
    if heading:
        told.sort(key=lambda node: _rank(node, constants))
        prefix = _prefix(nodes)
    kinds: list[str] = []
    out: list[str] = []
    for node in told:
        if len(out) >= BRIEF:
            break
        if node.value is not None:
            if node.field.name in choosing:
                kinds.append(_short(node, constants))
            else:
                out.append(f"{node.name.removeprefix(prefix)} {_short(node, constants)}".rstrip())
        elif node.field.kind == model.SUB_MESSAGE:
            inner, others = _values_in(node.children, False, constants)
            kinds += inner
            out += others
    return kinds, out


def _rank(node: Node, constants: bool) -> int:
    """The place among a header's members: index, flags, family, what has words, numbers."""
    if node.field.hint == "ifindex":
        return 0
    if node.kind == "flags":
        return 1
    if node.name.endswith("family"):
        return 2
    return 3 if node.words(constants) else 4


def _prefix(nodes: list[Node]) -> str:
    """What the names of most members begin with, up to its dash: `ifi-` of ifinfomsg."""
    first = [node.name.partition("-")[0] + "-" for node in nodes if "-" in node.name]
    return next((one for one in first if first.count(one) * 2 > len(nodes)), "")


def _short(node: Node, constants: bool) -> str:
    """A value in brief: its words where it has any, an index with its number."""
    named = node.words(False)
    value = node.value
    if named and node.field.hint == "ifindex":
        return f"{value} ({escaped(named)})"
    if named and not isinstance(value, str):
        return escaped(named)
    if isinstance(value, str) and value and not set(value) & set(' ,"'):
        return escaped(value)
    return _counted(node, _text(node, value))


def _names(nodes: list[Node]) -> str:
    """The names of what lies inside, each once with how many there are."""
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.name] = counts.get(node.name, 0) + 1
    if len(counts) > 1 and all(name.isdecimal() for name in counts):
        return f"{len(nodes)} entries"
    out = [name if count == 1 else f"{count} {name}" for name, count in counts.items()]
    return ", ".join(out[:BRIEF]) + ("…" if len(out) > BRIEF else "")
