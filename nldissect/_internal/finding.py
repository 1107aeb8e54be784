"""Nodes by dotted paths of spec names, constants or numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import spec as m
from .text import near

if TYPE_CHECKING:
    from .tree import Node


def find(nodes: list[Node], path: str) -> Node | None:
    """The first node at a dotted path; see `find_all`."""
    for node in find_all(nodes, path):
        return node
    return None


def find_all(nodes: list[Node], path: str) -> Iterator[Node]:
    """Every node at a dotted path of spec names, constants or numbers, in order.

    The entries of an array need not be named: `ops.id` finds each of them.
    A header's members are found with and without the header's own name.
    """
    parts = path.split(".")
    yield from _find(nodes, parts, 0)


def _find(nodes: list[Node], parts: list[str], at: int) -> Iterator[Node]:
    want = parts[at]
    number = int(want) if want.isdecimal() else -2
    last = at + 1 == len(parts)
    named = False
    for node in nodes:
        field = node.field
        if field.name == want or field.constant == want or field.number == number:
            named = True
            if last:
                yield node
            else:
                yield from _find(node.children, parts, at + 1)
        elif field.name.isdigit() and not want.isdigit():
            yield from _find(node.children, parts, at)
    if last and not named:  # an attribute `version` is not the header's `version`
        for node in nodes:
            field = node.field
            if field.number < 0 and (field.kind == m.STRUCT or field.kind == m.HEADER):
                for child in node.children:
                    if child.field.name == want:
                        yield child


def missing(nodes: list[Node], path: str) -> str:
    """What to say of a path that is not there, with the nearest that is."""
    names: list[str] = []
    _paths(nodes, "", names)
    return f"no {path!r} in this message{near(path, names)}"


def _paths(nodes: list[Node], above: str, out: list[str]) -> None:
    for node in nodes:
        here = f"{above}.{node.field.name}" if above else node.field.name
        out.append(here)
        if node.field.constant is not None:
            out.append(node.field.constant)
        if node.field.number < 0 and node.field.kind == m.STRUCT:
            out += [child.field.name for child in node.children]
        _paths(node.children, here, out)
