"""Messages held against what a test expects of them: which paths differ, and how.

Expected values are compared with `==`, the expected one on the left, so any object that
defines it is a matcher. What a dictionary does not name is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..analysis import link_text
from ..engine import labels
from ..engine.message import Message
from ..engine.node import Node, find_all, find_anywhere, plain, plain_value
from ..engine.payloads import size_of_secret
from ..engine.summary import operation_constant, operation_name
from ..pairing.transaction import Link
from ..render.column_output import MESSAGE_COLUMNS
from ..session.process import Process
from ..spec import model
from ..wire.text import safe


class _Missing:
    """A value that nothing equals."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()
UNEXPECTED: Final = _Missing()


class NamedNumber(int):
    """A number with names: it equals itself, and each of its names.

    Flags equal the names of what is set, joined by `|` or as a set, and contain each.
    """

    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: int, *names: str | None) -> int:
        """The number; as it is when nothing names it."""
        known = tuple(dict.fromkeys(name for name in names if name))
        if not known:
            return value
        out = cls(value)
        out.names = known
        return out

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            if other in self.names:
                return True
            return "|" in other and self == set(other.split("|"))
        if isinstance(other, (set, frozenset)):
            return any(set(name.split("|")) == other for name in self.names)
        return int.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return int.__hash__(self)

    def __contains__(self, name: object) -> bool:
        return any(name in known.split("|") for known in self.names)

    def __repr__(self) -> str:
        return f"{int(self)} ({safe(self.names[0])})"


def value_of(node: Node) -> Any:
    """A node's value as tests see it: plain data, numbers with their names."""
    return plain_value(node, _leaf)


def _leaf(node: Node) -> Any:
    value = node.value
    if type(value) is not int:
        return value
    return NamedNumber.of(value, node.words(False), node.words(True))


def shown(node: Node) -> Any:
    """The same as failures show it: of keys and passwords the size."""
    return plain_value(node, _shown_leaf)


def _shown_leaf(node: Node) -> Any:
    return size_of_secret(node.bytes) if node.field.secret else _leaf(node)


class Seen:
    """A message as a test sees it.

    It equals a dictionary of paths when all of them are there and equal; see `exact`.
    Attributes and methods are those of `nldissect.Message`, values those of its nodes.
    """

    def __init__(self, message: Message, link: Link) -> None:
        self.message = message
        self.link = link

    @property
    def number(self) -> int:
        """Its place in the capture, from 1."""
        return self.message.number

    @property
    def operation(self) -> str:
        """Dissector and operation: `rt-link.newlink`, `ack`."""
        return title(self.message)

    @property
    def role(self) -> str:
        """`request`, `answer`, `notification` or `other`."""
        return self.link.role

    @property
    def time(self) -> int | None:
        """When it was sent, in ns since the epoch."""
        record = self.message.record
        return None if record is None else record.time

    def __getitem__(self, path: str) -> Any:
        get = MESSAGE_FIELDS.get(path)
        nodes = at(self.message, path)
        if nodes:
            return value_of(nodes[0])
        if get is not None:
            return get(self.message, self.link)
        __tracebackhide__ = True
        raise KeyError(f"no {path!r} in this message{_near(path, self.message.nodes)}")

    def get(self, path: str, default: Any = None) -> Any:
        """The value at a path or of a message's own field; `default` for none."""
        try:
            return self[path]
        except KeyError:
            return default

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and bool(at(self.message, path))

    def plain(self) -> dict[str, Any]:
        """Headers and attributes as plain dictionaries by spec names."""
        return plain(self.message.nodes, _leaf)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.message, name)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Mapping):
            return not differences(self, other)
        if isinstance(other, Seen):
            return self.message is other.message or self.message.data == other.message.data
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.message.data)

    def __repr__(self) -> str:
        text = safe(link_text.described(self.message, self.link))
        return f"<message {self.number} {self.message.direction} {text}>"


class exact(dict[str, Any]):
    """A dictionary of paths that names every attribute of the message it equals."""


@dataclass(slots=True, eq=False)
class PathDifference:
    """One path whose values differ.

    `found` is MISSING where there is nothing, `expected` UNEXPECTED for an attribute that
    an exact expectation does not name. `node` is the attribute found, None for none.
    `wanted` is the expected value in words: a matcher may have others after its next use.
    """

    path: str
    expected: Any
    found: Any
    node: Node | None = None
    hint: str = ""
    wanted: str = field(init=False)

    def __post_init__(self) -> None:
        self.wanted = repr(self.expected)


def differences(
    seen: Seen, expected: Mapping[str, Any], whole: bool = False
) -> list[PathDifference]:
    """Where the message is not what is expected; empty when it fits.

    With `whole`, or of an `exact` dictionary, attributes that are not named differ too.
    """
    return _Comparison(whole or isinstance(expected, exact)).message(seen, expected)


class _Comparison:
    """One comparison; `covered` are the nodes that an expectation has named."""

    def __init__(self, whole: bool) -> None:
        self.whole = whole
        self.covered: set[int] = set()

    def message(self, seen: Seen, expected: Mapping[str, Any]) -> list[PathDifference]:
        """Where a message is not what is expected."""
        out: list[PathDifference] = []
        message = seen.message
        for path, want in expected.items():
            get = MESSAGE_FIELDS.get(path)
            nodes = at(message, path)
            if get is not None:
                found = get(message, seen.link)
                if want == found:
                    continue
                if not nodes:
                    out.append(PathDifference(path, want, found))
                    continue
            out += self.path(path, want, nodes, message.nodes)
        if self.whole:
            out += self.rest(message.nodes)
        return out

    def path(
        self, path: str, want: Any, nodes: list[Node], among: list[Node]
    ) -> list[PathDifference]:
        """Differences of what was found at one path."""
        if not nodes:
            if want is None:
                return []
            return [PathDifference(path, want, MISSING, None, _near(path, among))]
        self.cover(nodes)
        if isinstance(want, Mapping):
            return self.inside(path, want, nodes)
        if isinstance(want, list) and (len(nodes) > 1 or nodes[0].field.multi):
            return self.several(path, want, nodes)
        if isinstance(want, list) and nodes[0].children:
            return self.several(path, want, nodes[0].children)
        values = [value_of(node) for node in nodes]
        if any(want == value for value in values):
            return []
        seen = [shown(node) for node in nodes]
        return [PathDifference(path, want, seen[0] if len(seen) == 1 else seen, nodes[0])]

    def inside(self, path: str, want: Mapping[str, Any], nodes: list[Node]) -> list[PathDifference]:
        """Differences within the one of `nodes` that has the fewest."""
        best: list[PathDifference] | None = None
        for node in nodes:
            self.covered.discard(id(node))
            found: list[PathDifference] = []
            for key, value in want.items():
                name = str(key)
                below = list(find_all(node.children, name))
                found += self.path(f"{path}.{name}", value, below, node.children)
            if self.whole:
                found += self.rest(node.children, path + ".")
            self.covered.add(id(node))
            if best is None or len(found) < len(best):
                best = found
            if not best:
                break
        return best or []

    def several(self, path: str, want: list[Any], nodes: list[Node]) -> list[PathDifference]:
        """Differences of a list's members, one by one."""
        if len(want) != len(nodes):
            return [PathDifference(path, want, [shown(node) for node in nodes], nodes[0])]
        out: list[PathDifference] = []
        for place, (value, node) in enumerate(zip(want, nodes, strict=True)):
            out += self.path(f"{path}[{place}]", value, [node], [])
        return out

    def cover(self, nodes: list[Node]) -> None:
        """These are named: the rest of an exact expectation is without them."""
        self.covered.update(id(node) for node in nodes)

    def rest(self, nodes: list[Node], prefix: str = "") -> list[PathDifference]:
        """The attributes that nothing named."""
        out: list[PathDifference] = []
        for node in nodes:
            if id(node) in self.covered or node.field.number < 0 or node.field.kind == model.PAD:
                continue
            path = prefix + node.field.name
            below = list(node.walk())[1:]
            if any(id(child) in self.covered for child in below):
                out += self.rest(node.children, path + ".")
            else:
                out.append(PathDifference(path, UNEXPECTED, shown(node), node))
        return out


def whole(message: Message, expected: Mapping[str, Any]) -> list[PathDifference]:
    """Where all that a message holds, headers too, is not a dictionary (`Message.plain`)."""
    return list(_unlike(message, message.plain(), expected, ""))


def _unlike(
    message: Message, found: Mapping[Any, Any], expected: Mapping[Any, Any], prefix: str
) -> Iterator[PathDifference]:
    for key in {**expected, **found}:
        path = f"{prefix}{key}"
        want, has = expected.get(key, UNEXPECTED), found.get(key, MISSING)
        if isinstance(want, Mapping) and isinstance(has, Mapping):
            yield from _unlike(message, has, want, path + ".")
        elif want != has:
            node = message.find(path)
            yield PathDifference(
                path, want, has if node is None or has is MISSING else shown(node), node
            )


def at(message: Message, path: str) -> list[Node]:
    """The nodes at a path, which begins at the top or, if none does, at any depth.

    What is named as a field that every message has is meant only where it is at the top.
    """
    search = find_all if path in MESSAGE_FIELDS else find_anywhere
    return list(search(message.nodes, path))


def _near(path: str, nodes: list[Node]) -> str:
    from ..wire.text import near

    head, _, name = path.rpartition(".")
    names = [node.field.name for node in nodes]
    if head:
        for owner in find_all(nodes, head):
            names += [child.field.name for child in owner.children]
    return near(name, names)


# -- what is no attribute ---------------------------------------------------------------


def title(message: Message) -> str:
    """Dissector and operation: `rt-link.newlink`; `ack`, `error`, `done` stand alone."""
    name = operation_name(message) or labels.type_words(message)
    if message.spec is None or message.type < 16:
        return name
    return f"{message.spec.name}.{name}"


def _flags(message: Message, _: Link | None) -> Any:
    names = labels.flag_names(message)
    return NamedNumber.of(message.flags, "|".join(names), "|".join(f"NLM_F_{n}" for n in names))


def _type(message: Message, _: Link | None) -> Any:
    return NamedNumber.of(message.type, operation_name(message), operation_constant(message))


def _error(message: Message, link: Link | None) -> Any:
    error = message.error
    return (
        None
        if error is None
        else NamedNumber.of(error, MESSAGE_COLUMNS["error_name"](message, link))
    )


class _ProcessValue:
    """A process: it equals its name and its id."""

    def __init__(self, found: Process) -> None:
        self.found = found

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int):
            return self.found.pid == other
        if isinstance(other, str):
            return self.found.name == other
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        guessed = " (guessed by its port: no name was recorded)"
        return safe(f"{self.found}{guessed if self.found.hint and not self.found.name else ''}")


def _process(message: Message, link: Link | None) -> Any:
    found = link_text.process(message, link)
    return None if found is None else _ProcessValue(found)


MESSAGE_FIELDS: Final[dict[str, Any]] = {
    **MESSAGE_COLUMNS,
    "flags": _flags,
    "type": _type,
    "error": _error,
    "process": _process,
    "role": lambda _, link: link.role,
    "nlmsg_type": _type,
    "nlmsg_flags": _flags,
    "nlmsg_seq": MESSAGE_COLUMNS["sequence"],
    "nlmsg_pid": MESSAGE_COLUMNS["port"],
    "nlmsg_len": MESSAGE_COLUMNS["length"],
}
