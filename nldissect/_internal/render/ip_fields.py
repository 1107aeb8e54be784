"""What is written as ip(8) does: values of a message by path, their words, what is left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ..engine.node import Node, find, plain_value

Object = dict[str, Any]

FOREVER: Final = 0xFFFFFFFF


class Fields:
    """The values of a message or nest by path; None for what is not there."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = list(nodes)

    def node(self, path: str) -> Node | None:
        """The node itself."""
        return find(self._nodes, path)

    def __call__(self, path: str) -> Any:
        found = self.node(path)
        return None if found is None else plain_value(found)

    def words(self, path: str) -> str | None:
        """A value in words as ip writes them; the number where it has none."""
        found = self.node(path)
        if found is None:
            return None
        said = found.words(False)
        return (said or str(found.value)).replace("-", "_")

    def index(self, path: str) -> str | None:
        """The name of an interface; `if7` where it is not known."""
        found = self.node(path)
        if found is None or not found.value:
            return None
        return found.words(False) or f"if{found.value}"


def put(out: Object, *pairs: tuple[str, Any]) -> None:
    """Adds what is there (not None)."""
    for name, value in pairs:
        if value is not None:
            out[name] = value


def flags_of(value: int, names: Iterable[tuple[int, str]]) -> list[str]:
    """The names of the bits that are set."""
    return [name for bit, name in names if value & bit]


def plain(node: Node | None) -> Object | None:
    """A nest of which ip's own form is not known here: names of the spec, words of values."""
    if node is None or not node.children:
        return None
    return {
        child.name.replace("-", "_"): plain(child)
        if child.children
        else child.words(False) or plain_value(child)
        for child in node.children
    }


def scope(word: str | None) -> str | None:
    """A scope as ip calls it."""
    return "global" if word == "universe" else word
