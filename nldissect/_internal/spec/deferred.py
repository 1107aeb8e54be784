"""Lists of a spec that stay JSON until somebody asks for them, since a run needs few of its sets.

In the cache each is a line of its own, behind the spec that they were taken out of.
"""

from __future__ import annotations

import json
from typing import Any

# By list of a spec, what is taken out of its mappings.
_LARGE = {"attribute-sets": ("attributes",), "definitions": ("entries", "members")}


class Deferred:
    """A list as it is kept, in JSON."""

    __slots__ = ("_found", "_text")

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._found: list[Any] | None = None

    def whole(self) -> list[Any]:
        """The list, parsed when it is first asked for."""
        if self._found is None:
            self._found = json.loads(self._text)
            self._text = b""
        assert self._found is not None
        return self._found

    def mentions(self, key: str) -> bool:
        """Whether a mapping in it has such a key; it stays as it is."""
        if self._found is not None:
            return mentions(self._found, key)
        return json.dumps(key).encode() in self._text


def mentions(value: object, key: str) -> bool:
    """Whether a list of a spec has mappings with such a key."""
    if isinstance(value, Deferred):
        return value.mentions(key)
    return isinstance(value, list) and any(isinstance(one, dict) and key in one for one in value)


def whole(value: object) -> object:
    """A value of a spec, as YAML gave it."""
    return value.whole() if isinstance(value, Deferred) else value


def apart(raw: Any) -> tuple[Any, list[tuple[str, int, str]], bytes]:
    """A spec without its large lists, where these belong, and they in JSON, a line each."""
    if not isinstance(raw, dict):
        return raw, [], b""
    out = dict(raw)
    places = []
    lines = []
    for section, keys in _LARGE.items():
        items = raw.get(section)
        if not isinstance(items, list):
            continue
        out[section] = list(items)
        for i, item in enumerate(items):
            for key in keys if isinstance(item, dict) else ():
                if isinstance(item.get(key), list):
                    out[section][i] = {**out[section][i], key: None}
                    places.append((section, i, key))
                    lines.append(json.dumps(item[key]).encode())
    return out, places, b"\n".join(lines)


def together(raw: Any, places: list[tuple[str, int, str]], lines: bytes) -> Any:
    """The spec with its large lists, which are `Deferred`; raises for what is none of these."""
    for (section, i, key), line in zip(places, lines.split(b"\n") if places else (), strict=True):
        raw[section][i][key] = Deferred(line)
    return raw
