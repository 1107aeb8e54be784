"""One flat JSON object a message (-T jsonl --flat): for jq, DuckDB and spreadsheets.

The members are those of the JSON (`json_output`), then each value by its path, as filters and
columns take it: `linkinfo.kind`, `mtu`. A fixed header's members go without its name, what an
error echoes begins with `request.`, and an attribute that has only a number, or the name of a
member before it, with `attributes.`. What is there several times is a list, as are arrays.
"""

from __future__ import annotations

import json
from typing import Any

from ..engine.message import Message
from ..pairing.transaction import Link
from .json_output import JsonLinesRenderer
from .renderer import Renderer


class FlatJsonRenderer(Renderer):
    """Renders the objects, a line each."""

    def __init__(self) -> None:
        self._tree = JsonLinesRenderer()

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        """Every object from here on begins with the name of the file."""
        return self._tree.file(path, last, goes_on)

    def message(self, message: Message, link: Link | None = None) -> str:
        """The object and a line end."""
        return json.dumps(flat(json.loads(self._tree.message(message, link)))) + "\n"


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """The object of a message (docs/json.md) without anything inside of anything."""
    out: dict[str, Any] = {}
    nodes = row.pop("attributes", [])
    for name, value in row.items():
        if name == "diagnoses":
            out[name] = [found["code"] for found in value]
        elif isinstance(value, dict):
            out.update({f"{name}.{part}": inner for part, inner in value.items()})
        else:
            out[name] = value
    found: dict[str, list[Any]] = {}
    _gather(nodes, "", found)
    for path, values in found.items():
        key = f"attributes.{path}" if path in row else path
        out[key] = values[0] if len(values) == 1 else values
    return out


def _gather(nodes: list[dict[str, Any]], above: str, out: dict[str, list[Any]]) -> None:
    """The values of nodes and of what lies in them, by path."""
    for node in nodes:
        name, inside = node["name"], node.get("children", [])
        header = above in ("", "request") and node["kind"] == "struct" and "type" not in node
        if name == "nlmsgerr":  # whose number the object has
            inside = inside[1:]
        unnamed = header or name.isdecimal()
        if name.startswith("attr "):  # which no dissector knows
            name = name[5:] if above else f"attributes.{name[5:]}"
        path = above if unnamed else f"{above}.{name}" if above else name
        if "value" in node and not (inside and node["value"] in ("", [])):
            value = node["value"]
            if node["kind"] != "pad":
                out.setdefault(path, []).extend(value if isinstance(value, list) else [value])
        else:
            if not inside and not header:
                out.setdefault(path, []).append(True)  # that it is there is all it says
            _gather(inside, path, out)
