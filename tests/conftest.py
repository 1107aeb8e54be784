"""What every test has: a cache of parsed dissectors that is not the user's."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One folder for this run, also for the commands that tests start."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the workers share it
    os.environ["NLDISSECT_CACHE"] = str(base / "nldissect-cache")
