"""Dask and Spark as `.ci/engines` installs them, on the captures of a small fleet."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support import ROOT
from support.fleet import FleetCapture, fleet

PAGE = (ROOT / "docs/fleets.md").read_text(encoding="utf-8")
RECORDINGS = ("acks", "routes", "nl_util")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs an engine that is not there says so; in `.ci/engines` nothing is skipped."""
    needed = ("dask", "distributed", "pyspark")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if shutil.which("java") is None:
        missing.append("java")
    if missing and "NLDISSECT_ENGINES" not in os.environ:
        skip = pytest.mark.skip(reason=f"no {', '.join(missing)}: .ci/engines has them")
        for item in items:
            if "engines" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[FleetCapture]]:
    """A fleet's captures, in `captures` below the current folder."""
    folder = tmp_path_factory.mktemp("engines")
    before = os.getcwd()
    os.chdir(folder)
    yield list(fleet(Path("captures"), RECORDINGS, 6))
    os.chdir(before)


@pytest.fixture(scope="session")
def example() -> Callable[..., dict[str, Any]]:
    """Runs the Python of a section of docs/fleets.md; gives the names that it has then."""

    def run(section: str, **names: Any) -> dict[str, Any]:
        text = PAGE.partition(f"\n### {section}\n")[2].partition("\n### ")[0]
        text = text.replace("64 << 20", "16_000")  # so that there are ranges
        blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        assert blocks
        for block in blocks:
            exec(compile(block, f"docs/fleets.md, {section}", "exec"), names)
        return names

    return run
