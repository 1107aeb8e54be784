"""A test run in a process of its own, whose reports come back."""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

_TUPLE: Final = "$tuple"


def run(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Run the test, from its setup to its teardown, in a forked process, and report it.

    What fixtures of wider scope made before is there, and is left for this process to
    undo; what the test makes of them stays in its process.
    """
    from . import fixtures  # noqa: F401 - once here, not in each process

    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    factory = getattr(item.config, "_tmp_path_factory", None)
    if factory is not None:
        factory.getbasetemp()  # one for all
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork with threads, as xdist has
        child = os.fork()
    if child == 0:
        os.close(reading)
        _in_child(item, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        text = stream.read()
    _, status = os.waitpid(child, 0)
    for report in _reports(item, text, status):
        hook.pytest_runtest_logreport(report=report)
    # What the tests before it left set up and no later one needs.
    state = item.session._setupstate
    undone = pytest.CallInfo.from_call(lambda: state.teardown_exact(nextitem), "teardown")
    if undone.excinfo is not None:
        report = hook.pytest_runtest_makereport(item=item, call=undone)
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _in_child(item: pytest.Item, writing: int) -> None:
    """Runs the test, writes its reports as JSON, and ends the process."""
    status = 1
    try:
        stack = item.session._setupstate.stack
        before = [node for node in item.listchain() if node in stack]
        # Everything is undone but what was there before.
        until = before[-1] if before else None
        reports = runtestprotocol(item, log=False, nextitem=until)  # type: ignore[arg-type]
        hook = item.config.hook
        data = [hook.pytest_report_to_serializable(config=item.config, report=r) for r in reports]
        with os.fdopen(writing, "w") as stream:
            json.dump(_without_tuples(data), stream, default=str)
        status = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _without_tuples(data: Any) -> Any:
    """Reports as JSON can say them, which has no tuples; pytest insists on some (of skips)."""
    if isinstance(data, dict):
        return {str(key): _without_tuples(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        members = [_without_tuples(value) for value in data]
        return {_TUPLE: members} if isinstance(data, tuple) else members
    return data


def _with_tuples(data: dict[str, Any]) -> Any:
    return tuple(data[_TUPLE]) if data.keys() == {_TUPLE} else data


def _reports(item: pytest.Item, text: bytes, status: int) -> list[pytest.TestReport]:
    hook, config = item.config.hook, item.config
    try:
        data = json.loads(text, object_hook=_with_tuples)
    except ValueError:
        how = f"by signal {status & 0x7F}" if status & 0x7F else f"with status {status >> 8}"
        said = f"the process of this test ended {how}"
        return [
            pytest.TestReport(
                item.nodeid, item.location, {}, "failed", said, "call", (), 0.0, 0.0, 0.0
            )
        ]
    return [hook.pytest_report_from_serializable(config=config, data=one) for one in data]
