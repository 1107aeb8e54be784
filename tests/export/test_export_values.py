"""Every value of every recording, read back from Parquet, against the JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.command import Command
from support.sweep import SWEPT

pq = pytest.importorskip("pyarrow.parquet")
pa = pytest.importorskip("pyarrow")


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table, times as nanoseconds."""
    found = pq.read_table(next((folder / table).glob("*.parquet")))
    for i, field in enumerate(found.schema):
        if pa.types.is_timestamp(field.type):
            found = found.set_column(i, field.name, found.column(i).cast(pa.int64()))
    return found.to_pylist()


def attributes(folder: Path) -> list[dict[str, Any]]:
    """Rows of `attributes` with what `fields` says of each."""
    fields = {row["field"]: row for row in rows(folder, "fields")}
    return [{**fields[row["field"]], **row} for row in rows(folder, "attributes")]


def value_of(row: dict[str, Any]) -> Any:
    """A value as the JSON has it, None for none."""
    said = {name: row[name] for name in row if name.startswith("value_") and row[name] is not None}
    assert len(said) <= 1
    for name, value in said.items():
        if name == "value_json":
            return json.loads(value)
        return value.hex() if name == "value_bytes" else value
    return None


def nested(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a message as the tree of the JSON."""
    top: list[dict[str, Any]] = []
    levels = [top]
    paths: list[str] = []
    for i, row in enumerate(found):
        depth = row["depth"]
        assert row["index"] == i
        del levels[depth + 1 :], paths[depth:]
        paths.append(row["name"])
        assert row["path"] == ".".join(paths)
        node: dict[str, Any] = {"name": row["name"], "kind": row["kind"]}
        for name in ("constant", "type", "guess", "label"):
            if row[name] is not None and row[name] is not False:
                node[name] = row[name]
        node.update(offset=row["offset"], length=row["length"])
        if (value := value_of(row)) is not None:
            node["value"] = value
        node["children"] = []
        levels[depth].append(node)
        levels.append(node["children"])
    return top


def trimmed(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Nodes without diagnoses, which the message has, and arrays without what is inside as well."""
    out = []
    for node in nodes:
        kept = {k: v for k, v in node.items() if k not in ("diagnoses", "children")}
        inside = node.get("children", [])
        if isinstance(kept.get("value"), list) and (inside or not kept["value"]):
            elements = [
                one["value"] for one in inside if one["name"].isdecimal() and "value" in one
            ]
            assert kept.pop("value") == elements
        kept["children"] = trimmed(inside)
        out.append(kept)
    return out


SAME = (
    "record", "message", "protocol", "family", "dissector", "operation", "constant", "type",
    "flags", "sequence", "port", "answers", "answered_by", "transaction", "latency", "confidence",
    "copy_of", "group", "length", "direction", "error", "error_name", "summary", "lost",
    "comments", "diagnoses",
)  # fmt: skip


SMALL = 12_000  # bytes; larger recordings take seconds each without compiled modules
RECORDINGS = [
    pytest.param(
        path, id=path.name, marks=[pytest.mark.slow] if path.stat().st_size > SMALL else []
    )
    for path in SWEPT
]


@pytest.mark.parametrize("capture", RECORDINGS)
def test_every_value_is_that_of_the_json(capture: Path, tmp_path: Path, run: Command) -> None:
    read = run("read", "-T", "jsonl", "--two-pass", "--own", capture)
    exported = run("export", "--own", capture, "-o", tmp_path / "t")
    assert exported.status == read.status, exported.err
    lines = read.objects
    messages = rows(tmp_path / "t", "messages")
    assert len(messages) == len(lines)
    nodes: dict[int, list[dict[str, Any]]] = {}
    for row in attributes(tmp_path / "t"):
        nodes.setdefault(row["message"], []).append(row)
    for line, row in zip(lines, messages, strict=True):
        assert {k: line.get(k) for k in SAME} == {k: row[k] for k in SAME}
        assert "|".join(line.get("flag_names", [])) == (row["flag_names"] or "")
        assert line.get("listeners") == row["listeners"]
        process = line.get("process", {})
        assert process.get("pid") == row["process_pid"]
        assert process.get("name") == row["process"]
        assert process.get("command") == row["process_command"]
        assert process.get("hint", False) == bool(row["process_hint"])
        assert process.get("inode") == row["process_inode"]
        assert line.get("truncated", False) == row["truncated"]
        found = nodes.pop(row["message"], [])
        assert trimmed(nested(found)) == trimmed(line.get("attributes", []))
    assert not nodes
