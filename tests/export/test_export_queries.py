"""The queries of docs/fleets.md, run by DuckDB on the tables of a fleet, against its JSON."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

import nldissect
from nldissect._internal.cli import main
from support import ROOT
from support.fleet import FleetCapture, fleet

duckdb = pytest.importorskip("duckdb")

PAGE = (ROOT / "docs/fleets.md").read_text(encoding="utf-8")
VIEWS, *QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
RECORDINGS = ("acks", "addresses", "routes", "refused")


class Line(NamedTuple):
    """A message as the JSON has it, and the capture that it is of."""

    capture: FleetCapture
    said: dict[str, Any]

    @property
    def role(self) -> str:
        """What it is among the others."""
        if self.said["direction"] == "to-kernel":
            return "request"
        known = [role for role in ("answers", "copy_of") if role in self.said]
        return known[0] if known else "notification"


class Fleet(NamedTuple):
    """What two exports of the same captures say: DuckDB's tables, and the lines of the JSON."""

    database: Any
    lines: list[Line]

    def rows(self, query: int) -> list[tuple[Any, ...]]:
        """What a query of the page answers."""
        found: list[tuple[Any, ...]] = self.database.sql(QUERIES[query]).fetchall()
        assert found
        return found

    def requests(self) -> Iterator[Line]:
        """What asked for something, but the later parts of a batch."""
        seen = set()
        for line in self.lines:
            key = (line.capture.path, line.said.get("transaction"))
            if line.role == "request" and key[1] and key not in seen:
                seen.add(key)
                yield line


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    lines = []
    for capture in fleet(folder / "captures", RECORDINGS, 8):
        words = ("--partition", "date,host", str(capture.path), "-o", str(folder / "netlink"))
        assert main(["export", *words]) == 0
        with nldissect.open(capture.path) as messages:
            lines += [Line(capture, json.loads(m.to_json())) for m in messages]
    with duckdb.connect() as database:
        for statement in VIEWS.replace("'netlink/", f"'{folder}/netlink/").split(";"):
            database.execute(statement)
        yield Fleet(database, lines)


def test_error_rates(told: Fleet) -> None:
    failed = {
        (line.capture.path, line.said["transaction"])
        for line in told.lines
        if line.role == "answers" and (line.said.get("error") or 0) < 0
    }
    asked: dict[tuple[str, str | None], list[bool]] = defaultdict(list)
    for line in told.requests():
        key = (line.capture.path, line.said["transaction"])
        asked[line.capture.kernel, line.said.get("operation")].append(key in failed)
    # Where the JSON has no name of an operation, the table has its number in words.
    expected = {(*key, sum(one) / len(one), len(one)) for key, one in asked.items() if key[1]}
    found = told.rows(0)
    assert expected <= set(found)
    assert sum(row[3] for row in found) == sum(len(one) for one in asked.values())


def test_the_slowest_dumps(told: Fleet) -> None:
    slowest: dict[tuple[Any, ...], float] = {}
    for line in told.requests():
        if "DUMP" in line.said.get("flag_names", ()) and "latency" in line.said:
            process = line.said.get("process", {})
            key = (line.capture.host, process.get("name"), process.get("pid"))
            key = (*key, line.said["operation"])
            slowest[key] = max(slowest.get(key, 0), line.said["latency"] / 1e6)
    found = told.rows(1)
    top = sorted(slowest.values(), reverse=True)[: len(found)]
    assert [row[4] for row in found] == pytest.approx(top)
    for *key, ms, _ in found:
        assert slowest[tuple(key)] == pytest.approx(ms)


def values(nodes: list[dict[str, Any]], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each node with its path."""
    for node in nodes:
        path = f"{above}.{node['name']}" if above else node["name"]
        yield path, node
        yield from values(node.get("children", []), path)


def test_whose_routes_flapped(told: Fleet) -> None:
    turns: dict[tuple[Any, ...], list[tuple[int, int, str]]] = defaultdict(list)
    for line in told.lines:
        said = line.said
        if line.role == "notification" and said.get("operation") in ("newroute", "delroute"):
            of = {path: node.get("value") for path, node in values(said["attributes"])}
            key = (of.get("table"), of.get("dst"), of["rtmsg.rtm-dst-len"])
            moment = (said["time"], said["message"], said["operation"])
            turns[line.capture.host, *key].append(moment)
    expected = {}
    for key, moments in turns.items():
        operations = [operation for *_, operation in sorted(moments)]
        flaps = sum(a != b for a, b in pairwise(operations))
        if flaps > 1:
            expected[key] = flaps
    assert {tuple(row[:4]): row[4] for row in told.rows(2)} == expected


def test_which_attribute_came_with_which_kernel(told: Fleet) -> None:
    first: dict[tuple[Any, ...], list[int]] = {}
    for line in told.lines:
        said = line.said
        if said["direction"] == "from-kernel":
            kernel = [int(part) for part in re.findall("[0-9]+", line.capture.kernel)[:2]]
            for path, node in values(said.get("attributes", [])):
                if "type" in node:
                    key = (said["protocol"], said.get("family"), path)
                    first[key] = min(first.get(key, kernel), kernel)
    found = told.rows(3)
    assert {tuple(row[:3]): row[3] for row in found} == first
    assert [row[3] for row in found] == sorted((row[3] for row in found), reverse=True)
