"""Dask on a local cluster of processes, as docs/fleets.md tells, against what one process reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import nldissect.arrow
from support.fleet import FleetCapture

pytestmark = pytest.mark.engines


def test_the_example_of_the_documentation(
    captures: list[FleetCapture], example: Callable[..., dict[str, Any]]
) -> None:
    names = example("Dask")
    asked: Counter[tuple[str, str]] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    messages = 0
    for capture in captures:
        messages += nldissect.arrow.read(capture.path).read_all().num_rows
        for row in nldissect.arrow.read(capture.path, table="transactions").read_all().to_pylist():
            if row["message"]:
                asked[capture.kernel, row["operation"]] += 1
                failed[capture.kernel, row["operation"]] += row["error"] < 0
    told = names["rates"].reset_index().to_dict("records")
    assert {(row["os"], row["operation"]): row["count"] for row in told} == asked
    assert {(row["os"], row["operation"]): row["sum"] for row in told} == failed
    assert len(names["parts"]) > len(captures), "no capture was cut in ranges"
    assert names["counted"] == messages
    assert len(names["workers"]) == 2
    names["client"].shutdown()
