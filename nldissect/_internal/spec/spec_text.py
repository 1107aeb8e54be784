"""A spec's YAML, written piece by piece; whatever a name holds, it is that name when it is read."""

from __future__ import annotations

import re

from ..wire.text import safe

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"))


def scalar(value: object) -> str:
    """A number, or a text that YAML takes for nothing else, in quotes where it needs them.

    YAML's escapes within double quotes are those of `safe`.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{safe(escaped)}"'


def flow(value: object) -> str:
    """A mapping or list on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return scalar(value)


def comment(text: str) -> str:
    """Text that stays on its line."""
    return safe(text)


def item(pairs: dict[str, object], indent: int, note: str = "") -> str:
    """An element of a list, on one line."""
    return f"{' ' * indent}- {flow(pairs)}" + (f"  # {comment(note)}" if note else "")


def block(pairs: dict[str, object], indent: int) -> list[str]:
    """An element of a list, with a line for each key."""
    out = []
    for place, (key, value) in enumerate(pairs.items()):
        head = "- " if not place else "  "
        out.append(f"{' ' * indent}{head}{key}: {flow(value)}")
    return out
