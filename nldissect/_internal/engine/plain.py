"""A tree as plain dictionaries, lists and values: what tests compare and `build` takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..spec import model

if TYPE_CHECKING:
    from .tree import Node

Value = Callable[["Node"], Any]
Test = Callable[["Node"], bool]


def plain(
    nodes: list[Node], value: Value | None = None, keep: Test | None = None
) -> dict[str, Any]:
    """The nodes by spec name: values, and dictionaries for what has something inside.

    An attribute that may repeat, or does, gives a list. The entries of an indexed array
    are a list when they count from 1, else a dictionary by index. Padding is left out;
    bytes that nothing describes are under the names that the tree has for them.
    `value` says what stands for a leaf, by default its value; `keep` which nodes count.
    """
    out: dict[str, Any] = {}
    lists: set[str] = set()
    for node in nodes:
        if keep is not None and not keep(node):
            continue
        found = plain_value(node, value, keep)
        field = node.field
        if field.kind == model.PAD or node.shown == "pad":
            continue
        name = field.name
        if name in lists:
            out[name].append(found)
        elif field.multi or name in out:
            out[name] = [out[name], found] if name in out else [found]
            lists.add(name)
        else:
            out[name] = found
    return out


def plain_value(node: Node, value: Value | None = None, keep: Test | None = None) -> Any:
    """One node's value, or what lies inside it; see `plain`."""
    children = node.children
    kind = node.field.kind
    if not children:
        if node.value is None and node.shown in ("nest", "struct"):
            return {}
        return node.value if value is None else value(node)
    if kind == model.ARRAY or node.shown == "array":
        return [plain_value(child, value, keep) for child in children]
    if kind == model.INDEXED or kind == model.TYPE_VALUE:
        numbers = [child.field.number for child in children]
        inside = [plain_value(child, value, keep) for child in children]
        if numbers == list(range(1, len(numbers) + 1)):
            return inside
        if len(set(numbers)) == len(numbers) and -1 not in numbers:
            return dict(zip(numbers, inside, strict=True))
    return plain(children, value, keep)
