"""What is written as ip(8) does: values of a message by path, their words, what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..engine.message import Message
from ..engine.node import Node, find, plain_value
from ..spec import model

Object = dict[str, Any]

FOREVER: Final = 0xFFFFFFFF


@dataclass
class Host:
    """What there is beside an object: names of interfaces, by number; those that are down, and
    those without a carrier, by name; the messages of next hops by their id."""

    names: dict[int, str] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    idle: set[str] = field(default_factory=set)
    next_hops: dict[int, Message] = field(default_factory=dict)


class Fields:
    """The values of a message or nest by path; None for what is not there."""

    def __init__(self, nodes: Iterable[Node], host: Host) -> None:
        self._nodes = list(nodes)
        self.host = host

    def node(self, path: str) -> Node | None:
        """The node itself."""
        return find(self._nodes, path)

    def inside(self, path: str) -> list[Fields]:
        """What is inside of each entry of an array."""
        found = self.node(path)
        return (
            [] if found is None else [Fields(each.children, self.host) for each in found.children]
        )

    def everything(self) -> Object:
        """All that there is, by names of the spec: words, else values."""
        return _plain(self._nodes)

    def __call__(self, path: str) -> Any:
        found = self.node(path)
        if found is None or _cut_short(found):
            return None
        return _json(plain_value(found))

    def words(self, path: str) -> str | None:
        """A value in words as ip writes them; the number where it has none."""
        found = self.node(path)
        if found is None:
            return None
        said = found.words(False)
        return (said or str(found.value)).replace("-", "_")

    def flags(self, *paths: str) -> list[str]:
        """The names of the bits that are set, without those that have no name."""
        out = []
        for path in paths:
            found = self.node(path)
            said = None if found is None else found.words(False)
            out += [word for word in (said or "").split("|") if word and not word.startswith("0x")]
        return out

    def index(self, path: str) -> str | None:
        """The name of an interface at this moment; `if7` where it is not known."""
        found = self.node(path)
        if found is None or not found.value:
            return None
        return self.host.names.get(found.value) or found.words(False) or f"if{found.value}"


def put(out: Object, *pairs: tuple[str, Any]) -> None:
    """Adds what is there (not None)."""
    for name, value in pairs:
        if value is not None:
            out[name] = value


def ordered(flags: Iterable[str], order: Iterable[str]) -> list[str]:
    """Those of the flags that are in an order, in that order."""
    there = set(flags)
    return [flag for flag in order if flag in there]


def called(flags: Iterable[str], names: Mapping[str, str]) -> list[str]:
    """Flags as ip calls them, which has other names for some and none (\"\") for others."""
    words = [names.get(flag, flag.replace("-", "_")) for flag in flags]
    return [word for word in words if word]


def plain(node: Node | None) -> Object | None:
    """A nest of which ip's own form is not known here: names of the spec, words of values."""
    return None if node is None or not node.children else _plain(node.children)


def _plain(nodes: Iterable[Node]) -> Object:
    return {
        node.name.replace("-", "_"): _plain(node.children)
        if node.children
        else node.words(False) or _json(plain_value(node))
        for node in nodes
        if node.kind != "pad"
    }


def _json(value: Any) -> Any:
    """A value that JSON can hold."""
    if isinstance(value, dict):
        return {key: _json(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_json(inside) for inside in value]
    return value.hex() if isinstance(value, bytes) else value


def _cut_short(node: Node) -> bool:
    """Whether a number has not the bytes of one."""
    return node.field.kind <= model.LAST_SCALAR and isinstance(node.value, bytes)


def scope(word: str | None) -> str | None:
    """A scope as ip calls it."""
    return "global" if word == "universe" else word
