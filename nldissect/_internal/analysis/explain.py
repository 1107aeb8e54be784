"""Why a request failed: NLMSG_ERROR and failed NLMSG_DONE in words.

The extended acknowledgement counts offsets from the start of the request's
nlmsghdr (linux/netlink.h, enum nlmsgerr_attrs), so they are resolved in the
request itself where it is known, else in what the error echoes of it.
"""

from __future__ import annotations

import errno
import os
from typing import Any, Final

from ..engine.message import Message
from ..engine.node import Node, selected
from ..engine.summary_lookup import value_text
from ..engine.walk import DEPTH_AT, DEPTH_MASK, IS_ATTRIBUTE, MARKS_AT, Engine
from ..spec import model
from ..spec.tables import NLMSGHDR
from ..wire import linux
from ..wire.text import escaped, quoted, safe
from .request_words import subject

MAX_VALUE: Final = 64  # characters of a value in the one line

# What Python has no name for: a new one, and those that the kernel keeps for itself
# (include/linux/errno.h), though some modules let them out
KERNEL_ERRORS: Final[dict[int, str]] = {
    133: "Memory page has hardware error",
    512: "To be restarted if SA_RESTART is set", 513: "To be restarted",
    514: "To be restarted if no handler", 515: "No ioctl command", 516: "Interrupted by signal",
    517: "Driver requests probe retry", 518: "Open found a stale dentry",
    519: "Parameter not supported", 521: "Illegal NFS file handle",
    522: "Update synchronization mismatch", 523: "Cookie is stale",
    524: "Operation is not supported", 525: "Buffer or request is too small",
    526: "An untranslatable error occurred", 527: "Type not supported by server",
    528: "Request initiated, but will not complete before timeout",
    529: "iocb queued, will get completion event", 530: "Conflict with recalled state",
    531: "NFS file lock reclaim refused",
    # ipset's, linux/netfilter/ipset/ip_set.h
    4096: "An error of ipset's own", 4097: "ipset protocol version not spoken",
    4098: "No such set type or revision", 4099: "No room for one more set",
    4100: "The set is in use", 4101: "The second set exists, or is missing",
    4102: "The sets are of different types", 4103: "The element is there already, or is not there",
    4104: "Prefix length out of range", 4105: "Netmask out of range",
    4106: "Not a family of this type", 4107: "The set has no timeouts",
    4108: "The set is referred to", 4109: "An IPv4 address was expected",
    4110: "An IPv6 address was expected", 4111: "The set has no counters",
    4112: "The set has no comments", 4113: "Mark mask out of range",
    4114: "The set has no skbinfo", 4115: "Netmask and bitmask exclude each other",
    4352: "The set type's first own error: full, out of range, or no such set",
}  # fmt: skip

# NL_ATTR_TYPE_ (linux/netlink.h) as nouns
TYPES: Final[dict[int, str]] = {
    1: "flag", 2: "u8", 3: "u16", 4: "u32", 5: "u64", 6: "s8", 7: "s16", 8: "s32", 9: "s64",
    10: "bytes", 11: "string", 12: "NUL-terminated string", 13: "nest", 14: "array of nests",
    15: "bitfield32", 16: "signed of 4 or 8 bytes", 17: "unsigned of 4 or 8 bytes",
}  # fmt: skip
# Ranges that say no more than the type does.
FULL: Final[dict[int, tuple[int, int]]] = {
    **{2 + i: (0, (1 << (8 << i)) - 1) for i in range(4)},
    **{6 + i: (-(1 << ((8 << i) - 1)), (1 << ((8 << i) - 1)) - 1) for i in range(4)},
    16: (-(1 << 63), (1 << 63) - 1),
    17: (0, (1 << 64) - 1),
}


def error_text(number: int) -> str:
    """The text of a (positive) error number of Linux, as of strerror(3); empty if unknown."""
    host = getattr(errno, linux.errno_name(number) or "", 0)  # whose numbers may be others
    return os.strerror(host) if host else KERNEL_ERRORS.get(number, "")


class Explanation:
    """Why a request failed, in parts; what the kernel did not say is None.

    `error` is negative, `errno` its constant (`EINVAL`, or the number as
    text), `text` its meaning. `message` is the kernel's own. `offset` is
    counted from the request's nlmsghdr, with `node`, `path` (spec names),
    `constant_path` (C constants), `length` and `bytes` (of the whole node) and
    `value` in words, where the request has something there. `missing` and
    `missing_in` name the absent attribute and the nest it should lie in (empty:
    none), `accepted` what the policy would have taken. `subject` is what was
    asked for: `newlink vxlan0`.
    """

    def __init__(self, error: int, request: Message | None, said: str | None = None) -> None:
        self.error = error
        self.errno = linux.errno_name(-error) or str(-error)
        self.text = error_text(-error)
        self.request = request
        self.subject = "" if request is None else subject(request, said)
        self.message: str | None = None
        self.offset: int | None = None
        self.length: int | None = None
        self.node: Node | None = None
        self.path: str | None = None
        self.constant_path: str | None = None
        self.bytes: bytes | None = None
        self.value: str | None = None
        self.missing: str | None = None
        self.missing_in: str | None = None
        self.accepted: str | None = None

    @property
    def line(self) -> str:
        """All of it in one line, by C constants."""
        head = f"{self.subject}: {self.errno}" if self.subject else self.errno
        text = " ".join([head, *self._where])
        lacks = self._lacks
        if lacks:
            text += f": {lacks}"
        says = escaped(self.message or "") or (self.text if not lacks else "")
        if says:
            text += f": {says}"
        if self.accepted is not None:
            text += f"; accepted: {self.accepted}"
        return safe(text)

    @property
    def brief(self) -> str:
        """All of it in one line that starts with the number, for a row that says `error`."""
        known = "" if self.errno == str(-self.error) else f" {self.errno}"
        out = [f"{self.error}{known}"]
        if self.message:
            out.append(quoted(self.message))
        if self.subject:
            out.append(f"for {self.subject}")
        out += self._where
        if self.missing is not None:
            where = f" in {self.missing_in}" if self.missing_in else ""
            out.append(f"missing {self.missing}{where}")
        if self.accepted is not None:
            out.append(f"accepted {self.accepted}")
        return safe(" ".join(out))

    @property
    def _where(self) -> list[str]:
        """The attribute with its value, else the offset."""
        if self.constant_path is None:
            return [] if self.offset is None else [f"at offset {self.offset}"]
        value = [f"({_short(self.value)})"] if self.value else []
        return [f"at {self.constant_path}", *value]

    @property
    def _lacks(self) -> str:
        if self.missing is None:
            return ""
        return f"{self.missing} is missing" + (f" in {self.missing_in}" if self.missing_in else "")

    @property
    def lines(self) -> list[str]:
        """All of it, a fact a line."""
        number = f" ({-self.error})" if self.errno != str(-self.error) else ""
        out = [f"{self.errno}{number}: {self.text}" if self.text else f"{self.errno}{number}"]
        if self.message:
            out.append(f"the kernel says: {escaped(self.message)}")
        if self.offset is not None:
            where = f"at offset {self.offset}"
            if self.constant_path is None:
                out.append(f"{where}, which is not in the request as far as it is known")
            else:
                out.append(f"{where}: {self.constant_path}, {_bytes(self.length or 0)}")
        if self.value:
            out.append(f"there: {self.value}")
        if self.bytes:
            out.append(f"bytes: {self.bytes.hex(' ')}")
        if self._lacks:
            out.append(self._lacks)
        if self.accepted is not None:
            out.append(f"accepted: {self.accepted}")
        return [safe(line) for line in out]

    def __repr__(self) -> str:
        return f"<Explanation {self.line}>"


def explain(
    answer: Message,
    request: Message | None = None,
    engine: Engine | None = None,
    said: str | None = None,
) -> Explanation | None:
    """Why `answer` refuses; None when it does not.

    `request` is the one that pairing found; without it the echo must do. An engine that has the
    answer on its tape spares looking for what the kernel did not say; `said` as in
    `request_words.subject`.
    """
    error = answer.error
    if error is None or error >= 0:
        return None
    if request is None:
        request, said = answer.echo, None
    out = Explanation(error, request, said)
    told = {} if engine is not None and not _extended(engine) else _numbers(answer, out)
    offset, missing = told.get("NLMSGERR_ATTR_OFFS"), told.get("NLMSGERR_ATTR_MISS_TYPE")
    out.offset = offset
    if offset is not None and request is not None:
        _place(out, request, offset)
    if missing is not None:
        _missing(out, request, missing, told.get("NLMSGERR_ATTR_MISS_NEST"))
    return out


def _numbers(answer: Message, out: Explanation) -> dict[str, int]:
    """What the extended acknowledgement says in numbers, by constant; its words go into `out`."""
    told: dict[str, int] = {}
    for node in answer.nodes:
        constant, value = node.field.constant, node.value
        if constant == "NLMSGERR_ATTR_MSG":
            out.message = str(value).strip()
        elif constant == "NLMSGERR_ATTR_POLICY":
            out.accepted = accepted(node)
        elif constant is not None and isinstance(value, int):
            told[constant] = value
    return told


def _extended(engine: Engine) -> bool:
    """Whether there are attributes beside what is echoed."""
    tape = engine.tape
    for place in range(0, engine.size, 2):
        first = tape[place]
        if first >> DEPTH_AT & DEPTH_MASK == 0 and first >> MARKS_AT & IS_ATTRIBUTE:
            return True
    return False


def locate(request: Message, offset: int) -> Node | None:
    """The deepest node that holds the byte at `offset` from the request's nlmsghdr."""
    at = request.base + offset
    nodes = request.nodes
    if offset < 16 and request.netlink and request.outer is None:  # an echoed one has it as a node
        return _header_member(request, at)
    found: Node | None = None
    while True:
        inner = next((n for n in nodes if n.offset <= at < n.end), None)
        if inner is None:
            return found
        found, nodes = inner, inner.children


def _header_member(request: Message, at: int) -> Node | None:
    pos = request.base
    for field in NLMSGHDR.members:
        if pos <= at < pos + field.size:
            return Node(field, request, None, pos, pos, pos + field.size)
        pos += field.size
    return None


def paths(node: Node) -> tuple[str, str]:
    """The dotted path within the node's own message: by spec names, by C constants."""
    names: list[str] = []
    constants: list[str] = []
    up: Node | None = node
    while up is not None and up.message is node.message:
        names.append(up.field.name)
        constants.append(up.field.constant or up.field.name)
        up = up.parent
    return ".".join(reversed(names)), ".".join(reversed(constants))


def _place(out: Explanation, request: Message, offset: int) -> None:
    node = locate(request, offset)
    if node is None:
        return
    out.node = node
    out.path, out.constant_path = paths(node)
    out.length = node.end - node.offset
    out.bytes = request.visible[node.offset : node.end]
    out.value = _value(node)


def _short(value: str) -> str:
    return value if len(value) <= MAX_VALUE else value[: MAX_VALUE - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _bytes(size: int) -> str:
    return "1 byte" if size == 1 else f"{size} bytes"


def _value(node: Node) -> str:
    """A node's value with its meaning; the size of what has none."""
    value: Any = node.value
    size = node.end - node.start
    if isinstance(value, bytes):
        return f"{_bytes(size)}: {value.hex()}" if value else "empty"
    if value is None:
        return "" if node.children or not size else _bytes(size)
    if value is True:
        return "flag"
    text = value_text(node)
    named = node.words(True)
    named = None if named is None else escaped(named)
    if isinstance(value, str) and node.kind == "string":
        return f"value {quoted(value)}"
    return f"value {text}" if named is None or named == text else f"value {text} {named}"


def _missing(out: Explanation, request: Message | None, number: int, nest: int | None) -> None:
    """Names attribute `number`, which should stand in the nest at `nest` or at top level."""
    attr_set: model.AttributeSet | None = None
    out.missing_in = "" if nest is None else f"the nest at offset {nest}"
    if request is not None:
        if nest is None:
            operation = request.operation
            attr_set = None if operation is None else operation.attributes
        else:
            node = locate(request, nest)
            if node is not None:
                attr_set = attributes_in(node)
                out.missing_in = paths(node)[1]
    field = None if attr_set is None else attr_set.field(number)
    out.missing = f"attribute {number}" if field is None else field.constant or field.name


def attributes_in(node: Node) -> model.AttributeSet | None:
    """The attributes that may lie in a node, None when that is not known."""
    field = node.field
    if field.kind == model.SUB_MESSAGE:
        form = selected(node, field)[0]
        return None if form is None else form.attributes
    return field.nested


def accepted(policy: Node) -> str:
    """What an NLMSGERR_ATTR_POLICY would take, in words: `u32 1 to 15`."""
    rule: dict[str, int] = {}
    for child in policy.children:
        if isinstance(child.value, int):
            rule.setdefault(child.field.name, child.value)
    kind = rule.get("type", 0)
    out = [TYPES.get(kind, f"type {kind}" if kind else "anything")]
    out += _range(kind, rule)
    out += _lengths(rule.get("min-length"), rule.get("max-length"))
    mask = rule.get("mask", rule.get("bitfield32-mask"))
    if mask is not None:
        out.append(f"with no bits but {mask:#x}")
    if "policy-maxtype" in rule:
        out.append(f"with attributes up to {rule['policy-maxtype']}")
    return " ".join(out)


def _range(kind: int, rule: dict[str, int]) -> list[str]:
    """Which numbers a policy takes, in words, where it does not take all that the type has."""
    low = rule.get("min-value-s", rule.get("min-value-u"))
    high = rule.get("max-value-s", rule.get("max-value-u"))
    full = FULL.get(kind, (None, None))
    if high is not None and (low, high) != full:
        return [f"{low} to {high}" if low is not None else f"up to {high}"]
    return [f"from {low}"] if low is not None and low != full[0] else []


def _lengths(shortest: int | None, longest: int | None) -> list[str]:
    """Which lengths a policy takes, in words."""
    if shortest is not None and shortest == longest:
        return [f"of {shortest} bytes"]
    if shortest:
        return [f"of {shortest} to {longest} bytes" if longest else f"of {shortest} bytes or more"]
    return [] if longest is None else [f"of at most {longest} bytes"]
