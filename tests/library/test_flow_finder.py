"""What a sequence diagram finds does not depend on when it looks and from where."""

from __future__ import annotations

import pytest

from nldissect._internal.library import flow_finder
from nldissect._internal.library.flow_finder import FlowFinder
from nldissect._internal.library.index import Index
from support import ROOT
from support.messages import builtin

NAMES = ("acks", "genl_events", "rtnl_misc")


def said(found: FlowFinder) -> list[tuple[object, ...]]:
    """Every line: its messages, its lanes by name, its words."""
    arrows = [found.arrow(line) for line in range(len(found))]
    return [
        (one.row, one.messages, found.sockets[one.socket], found.families[one.family], one.words)
        for one in arrows
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_capture_that_grows_ends_up_the_same(name: str) -> None:
    path = str(ROOT / "captures" / f"{name}.pcap")
    with Index(path, builtin()) as index:
        index.extend()
        rows = range(len(index))
        whole = FlowFinder(index, rows, lambda: len(index))
        assert whole.step()
        expected = said(whole)
        assert [row for row, *_ in expected] == sorted({row for row, *_ in expected})
        assert sum(count for _, count, *_ in expected) == len(index)
    with Index(path, builtin(), follow=True) as index:
        growing = FlowFinder(index, rows, lambda: index.paired)
        while len(index) < len(rows) or index.paired < len(index):
            index.extend(count=3)
            growing.step()
        index.settle()
        index.extend()
        growing.step()
        assert said(growing) == expected


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("start", [1, 33, 100])
def test_it_does_not_matter_where_it_begins(
    name: str, start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_finder, "SLICE", 7)
    with Index(str(ROOT / "captures" / f"{name}.pcap"), builtin()) as index:
        index.extend()
        rows = range(len(index))
        whole = FlowFinder(index, rows, lambda: len(index))
        whole.step()
        found = FlowFinder(index, rows, lambda: len(index), start=start)
        while not found.step(0):
            continue
        assert said(found) == said(whole)
        for line in range(len(found)):
            assert found.error(line, 1) == whole.error(line, 1)


def test_folding_and_unfolding_gives_back_what_was_there() -> None:
    with Index(str(ROOT / "captures" / "rtnl_misc.pcap"), builtin()) as index:
        index.extend()
        found = FlowFinder(index, range(len(index)), lambda: len(index))
        found.step()
        before = said(found)
        dumps = [line for line in range(len(found)) if found.arrow(line).messages > 1]
        assert dumps
        for line in reversed(dumps):
            size = found.arrow(line).messages
            assert found.fold(line) == line
            assert [found.arrow(line + n).messages for n in range(size)] == [1] * size
            assert found.fold(line + size - 1) == line
        assert said(found) == before
