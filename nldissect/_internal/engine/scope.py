"""What a node can look at around it: headers and attributes of its level and those above."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..spec import model

if TYPE_CHECKING:
    from .tree import Node


def header_family(node: Node) -> int:
    """The address family that the fixed header in scope names, -1 if there is none."""
    for top in scopes(node):
        if top.field.kind == model.STRUCT and top.field.number < 0:
            for child in top.children:
                if child.field.name == "family" or child.field.name.endswith("-family"):
                    value = child.value
                    return value if isinstance(value, int) else -1
    return -1


def scopes(node: Node) -> Iterator[Node]:
    """Nodes that are in scope, nearest level first, those before the node first."""
    up: Node | None = node
    while up is not None:
        level = up.parent.children if up.parent is not None else up.message.nodes
        later: list[Node] = []
        before = True
        for sibling in level:
            if sibling is up:
                before = False
            elif before:
                yield sibling
            else:
                later.append(sibling)
        yield from later
        up = up.parent


def selector(node: Node, name: str) -> Node | None:
    """The attribute or header member of this name that is nearest around the node."""
    for found in scopes(node):
        if found.field.name == name:
            return found
        if found.field.kind == model.STRUCT and found.field.number < 0:
            for child in found.children:
                if child.field.name == name:
                    return child
    return None


def in_scope(node: Node, name: str) -> Any:
    """Its value, None when there is none."""
    found = selector(node, name)
    return None if found is None else found.value
