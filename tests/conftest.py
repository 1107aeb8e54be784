"""What every test has: the command as a fixture, a cache of its own, and signals that act."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from nldissect._internal.cli.version_text import version_text
from support.command import run

__all__ = ["run"]  # a fixture


def pytest_report_header() -> str:
    """Which form is tested."""
    return version_text()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: kernels, terminals and streams are waited for."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives tests out by file, in order: what they share, such as a kernel, is made once."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One folder for this run, also for the commands that tests start."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the workers share it
    os.environ["NLDISSECT_CACHE"] = str(base / "nldissect-cache")


@pytest.fixture(scope="session", autouse=True)
def _signals() -> None:
    """What a shell's background job ignores is not ignored by the commands that tests start."""
    for number, handler in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)
