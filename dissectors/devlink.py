"""devlink: values whose type another attribute says, formatted messages in a line."""

from __future__ import annotations

from typing import Any

from nldissect.hooks import Lookup, Node, Piece, Template, in_scope

# enum devlink_var_attr_type
U8, U16, U32, U64, STRING, FLAG, NUL_STRING, BINARY = 1, 2, 3, 4, 5, 6, 10, 11
WIDTHS = {U8: ("u8", 1), U16: ("u16", 2), U32: ("u32", 4), U64: ("u64", 8)}
# An fmsg's DEVLINK_ATTR_FMSG_OBJ_VALUE_TYPE, a u8, lies right before the value's own header.
VALUE_TYPE = 112
TYPE_BYTES, HEADER = 8, 4
NO_LIMIT = (1 << 64) - 1
SHOWN = 8  # values of a formatted message in a line


def typed(node: Node, kind: int) -> bool:
    """The payload as the type says."""
    raw = node.bytes
    order: Any = "big" if node.message.big else "little"
    if kind in WIDTHS and len(raw) == WIDTHS[kind][1]:
        node.set_value(WIDTHS[kind][0], int.from_bytes(raw, order))
    elif kind in (STRING, NUL_STRING):
        text = raw.rstrip(b"\0")
        if not text.isascii():
            return False
        node.set_value("string", text.decode("ascii"))
    elif kind == FLAG and len(raw) <= 1:
        node.set_value("flag", True, "true")
    elif kind == BINARY:
        node.set_value("hex", raw)
    else:
        return False
    return True


def param_value(node: Node) -> bool:
    """The value of a parameter, by `param-type` around it."""
    kind = in_scope(node, "param-type")
    return isinstance(kind, int) and typed(node, kind)


def fmsg_value(node: Node) -> bool:
    """A value in a formatted message, by the attribute right before it."""
    data, at = node.message.data, node.start - HEADER - TYPE_BYTES
    if at < 0:
        return False
    order: Any = "big" if node.message.big else "little"
    length = int.from_bytes(data[at : at + 2], order)
    number = int.from_bytes(data[at + 2 : at + 4], order)
    return length == HEADER + 1 and number == VALUE_TYPE and typed(node, data[at + HEADER])


def reporter_state(value: int, message: Any, get: Any) -> str | None:
    """As devlink(8) says it."""
    return {0: "healthy", 1: "error"}.get(value)


def unlimited(value: int, message: Any, get: Any) -> str | None:
    """The same, of a resource that has no limit."""
    return "unlimited" if value == NO_LIMIT else None


def reporter(seen: Lookup) -> None:
    """The template, and what a formatted message says, `name value` as devlink(8) has it."""
    operation: Any = seen.message.operation
    seen.fill(Template(operation.summary))
    said = seen.at("fmsg")
    found = [] if said is None else formatted(said)
    seen.say(", ".join(found[:SHOWN]) + (f" +{len(found) - SHOWN}" if len(found) > SHOWN else ""))


def formatted(message: Piece) -> list[str]:
    """The values of a formatted message, each with the names that came before it."""
    out, names = [], ""
    for part in message.children:
        if part.name == "fmsg-obj-name":
            names += f"{part.text} "
        elif part.name == "fmsg-obj-value-data":
            out.append(names + part.text)
            names = ""
    return out


HOOKS = {
    "param-value": param_value,
    "fmsg-value": fmsg_value,
    "reporter-state": reporter_state,
    "unlimited": unlimited,
}
SUMMARIES = {"health-reporter-diagnose": reporter, "health-reporter-dump-get": reporter}
