"""What tshark says with exported Lua dissectors, held against the JSON of the same capture."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import iterparse

from nldissect._internal.render.lua_dissector import plain_name

_BYTES = re.compile("[0-9a-f]{2}(:[0-9a-f]{2})*")
_WITHOUT_NAME = ("nl.misfit", "nl.unknown", "nl.data", "nl.unknown_nest", "nl.padding")
COOKED = 16  # bytes before the first message of a record of LINKTYPE_NETLINK


class Shown(NamedTuple):
    """A field of ours in PDML."""

    name: str
    size: int
    show: str
    raw: str  # its bytes in hexadecimal


class Compared:
    """Values of the JSON by what became of them in tshark; those that differ, in words."""

    def __init__(self) -> None:
        self.equal = 0
        self.as_bytes = 0  # of what code beside a dissector takes apart, which is bytes in Lua
        self.wrong: list[str] = []
        self.absent: list[str] = []
        self.dissectors: dict[str, int] = defaultdict(int)  # values that agree

    def add(self, other: Compared) -> None:
        """Takes in what another capture gave."""
        self.equal += other.equal
        self.as_bytes += other.as_bytes
        self.wrong += other.wrong
        self.absent += other.absent
        for name, count in other.dissectors.items():
            self.dissectors[name] += count


def tshark(lua: Path, capture: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    """tshark with a folder of exported dissectors."""
    script = f"lua_script:{lua / 'nldissect_all.lua'}"
    command = ["tshark", "-n", "-X", script, "-r", str(capture), *options]
    return subprocess.run(command, capture_output=True, check=False, timeout=300)


def shown_fields(pdml: bytes) -> dict[int, dict[int, list[Shown]]]:
    """Our fields, by frame and place in it."""
    out: dict[int, dict[int, list[Shown]]] = {}
    for _, element in iterparse(BytesIO(pdml)):
        if element.tag == "packet":
            number = int(next(f.get("show", "0") for f in element.iter() if f.get("name") == "num"))
            here = out[number] = defaultdict(list)
            for field in element.iter("field"):
                name = field.get("name", "")
                if name.startswith("nl."):
                    show = field.get("show") or field.get("showname", "").partition(": ")[2]
                    show = "" if show == "<MISSING>" else show
                    shown = Shown(name, int(field.get("size", 0)), show, field.get("value", ""))
                    here[int(field.get("pos", 0))].append(shown)
            element.clear()
    return out


def compare(lua: Path, capture: Path) -> Compared:
    """Every value of the JSON, looked up by its place in tshark's output."""
    run = tshark(lua, capture, "-2", "-T", "pdml")
    said = run.stderr.decode() + "".join(re.findall('Lua Error[^"]*', run.stdout.decode()))
    assert "Lua" not in said, said
    frames = shown_fields(run.stdout)
    out = Compared()
    record, place = 0, 0
    command = [sys.executable, "-m", "nldissect", "read", "-T", "jsonl", str(capture)]
    for text in subprocess.run(command, capture_output=True, check=True).stdout.splitlines():
        found = json.loads(text)
        if found["record"] != record:
            record, place = found["record"], COOKED
        start = place
        place += found["length"] + -found["length"] % 4
        if "dissector" not in found or found["dissector"] in ("netlink",):
            continue
        here = f"{capture.name} {record}"
        inside = [n for n in found.get("attributes", ()) if n["name"] != "trailing"]
        for path, node, index in _values(inside, found["dissector"]):
            _one(out, frames.get(record, {}), start, path, node, index, here)
    return out


def _values(nodes: Any, path: str) -> Iterator[tuple[str, dict[str, Any], int]]:
    for node in nodes:
        name = f"{path}.{node['name']}"
        if "children" in node:
            yield from _values(node["children"], name)
        elif isinstance(node.get("value"), list):
            for index in range(len(node["value"])):
                yield name, node, index
        elif "value" in node:
            yield name, node, -1


def _one(
    out: Compared,
    frame: dict[int, list[Shown]],
    start: int,
    path: str,
    node: dict[str, Any],
    index: int,
    here: str,
) -> None:
    pos, size, value = start + node["offset"], node["length"], node["value"]
    if "type" in node:
        pos, size = pos + 4, size - 4
    if index >= 0:
        size //= len(value)
        pos, value = pos + index * size, value[index]
    name = plain_name(node["name"])
    at = frame.get(pos, ())
    fields = [field for field in at if index >= 0 or name.isdigit() or _named(field, name)]
    if any(_same(value, field) for field in fields):
        out.equal += 1
        out.dissectors[path.partition(".")[0]] += 1
    elif _in_bytes(frame, pos, size):
        out.as_bytes += 1
    elif [field for field in fields if field.show != ""]:
        out.wrong.append(f"{here}: {path} is {value!r} ({node['kind']}), shown as {fields}")
    else:
        out.absent.append(f"{here}: {path} ({node['kind']}) at {pos} {at}")


def _named(field: Shown, name: str) -> bool:
    """Whether it is of that name, an entry of an array, or has no name of its own."""
    return field.name in _WITHOUT_NAME or bool({name, "item"} & set(field.name.split(".")))


def _in_bytes(frame: dict[int, list[Shown]], pos: int, size: int) -> bool:
    """Whether these bytes are, or lie in, what tshark shows as bytes."""
    return any(
        (_BYTES.fullmatch(field.show) or field.size == size == 0)
        for start, fields in frame.items()
        for field in fields
        if start <= pos and pos + size <= start + field.size
    )


def _same(value: Any, field: Shown) -> bool:
    show = field.show
    if isinstance(value, bool):
        return show in ("True", "1")
    if isinstance(value, int):
        try:
            return int(show, 0) == value
        except ValueError:
            return False
    text = str(value)
    if field.raw == text.encode().hex():  # a string with what tshark escapes
        return True
    return text == show or text.replace(":", "") == show.replace(":", "")
