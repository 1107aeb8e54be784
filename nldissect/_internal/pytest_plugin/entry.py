"""The plugin as pytest loads it: fixtures, options, and what a failure adds to the report.

docs/testing.md tells how it is used. All else of nldissect is imported when a test asks
for a fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .captured import Captured
    from .fixtures import Netlink

    Reporting = Generator[None, pytest.TestReport, pytest.TestReport]

_used = pytest.StashKey["Netlink"]()
_unmet = pytest.StashKey[list[str]]()
_forked = pytest.StashKey[bool]()
_way = pytest.StashKey[tuple[str, str]]()

_SECTION = "netlink capture"
_EXPECTED = "netlink expectations"
_CAP_SYS_ADMIN = 21


def pytest_addoption(parser: pytest.Parser) -> None:
    """--netlink-dir and --netlink-report."""
    group = parser.getgroup("netlink")
    group.addoption(
        "--netlink-dir",
        metavar="DIR",
        help="where captures of failed tests are saved (default: the test's tmp_path)",
    )
    group.addoption(
        "--netlink-report",
        action="store_true",
        help="save beside them, as text, what failed and all messages with their trees",
    )


@pytest.fixture
def netlink(request: pytest.FixtureRequest) -> Iterator[Netlink]:
    """Netlink captures: `with netlink.capture() as cap:` and `netlink.read("file.pcap")`."""
    with _captures(request) as made:
        yield made


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> Iterator[Captured]:
    """The netlink recording named after the test: recordings/test_module/test_name.pcapng."""
    with _captures(request) as made:
        yield made.recording()


@contextmanager
def _captures(request: pytest.FixtureRequest) -> Iterator[Netlink]:
    """The captures of a test, one object for both fixtures; the first one clears up."""
    from .captured import Live
    from .fixtures import Netlink

    item, stash = request.node, request.config.stash
    made = item.stash.get(_used, None)
    if made is not None:
        yield made
        return
    made = Netlink(item, stash.get(_forked, False), lambda: _probed(request.config))
    item.stash[_used] = made
    try:
        yield made
        _fail_for(_faults(item))  # what the teardown of fixtures expected
    finally:
        for capture in made.captures:
            if isinstance(capture, Live):
                capture.discard()
        del item.stash[_used]


def _faults(item: pytest.Item) -> list[str]:
    """What is wrong with expectations of the test that were not checked yet."""
    made = item.stash.get(_used, None)
    return [] if made is None else [f for capture in made.captures for f in capture.faults()]


def _fail_for(faults: list[str]) -> None:
    __tracebackhide__ = True
    if faults:
        pytest.fail("\n\n".join(faults), pytrace=False)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Expectations that were not checked yet are checked when the test has ended.

    Where it failed by itself, what is wrong with them is said beside that.
    """
    try:
        yield
    except BaseException:
        item.stash[_unmet] = _faults(item)
        raise
    _fail_for(_faults(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Reporting:
    """A failure's captures are saved, and named in its report; so are unmet expectations."""
    report = yield
    unmet = item.stash.get(_unmet, None)
    if report.when == "call" and report.failed and unmet:
        report.sections.append((_EXPECTED, "\n\n".join(unmet)))
    made = item.stash.get(_used, None)
    if made is not None and report.failed:
        from .saved_captures import saved

        failure = "\n\n".join([report.longreprtext, *(unmet or [])])
        text = "\n".join(saved(item, made, failure))
        if text:
            report.sections.append((_SECTION, text))
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Which paths differ, for `message == {...}`."""
    if op != "==" or "nldissect._internal.engine.message" not in sys.modules:
        return None
    from ..engine.message import Message

    seen = sys.modules.get("nldissect._internal.pytest_plugin.matching")
    kinds = (Message,) if seen is None else (Message, seen.Seen)
    if not isinstance(left, kinds) and not isinstance(right, kinds):
        return None
    from .failures import compared

    return compared(left, right)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Who is not root runs a test with `netlink` in a process that may become it."""
    config = item.config
    if "netlink" not in getattr(item, "fixturenames", ()) or config.stash.get(_forked, False):
        return None
    if config.getoption("usepdb", False) or _privileged():
        return None
    if _probed(config)[0] != "user":
        return None
    from .forked_run import run

    config.stash[_forked] = True
    try:
        run(item, nextitem)
    finally:
        config.stash[_forked] = False
    return True


def _probed(config: pytest.Config) -> tuple[str, str]:
    """What `network_namespace.probe` says, asked once."""
    if _way not in config.stash:
        from .network_namespace import probe

        config.stash[_way] = probe()
    return config.stash[_way]


def _privileged() -> bool:
    """Whether namespaces need no user namespace."""
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"CapEff:"):
                    return bool(int(line.split()[1], 16) >> _CAP_SYS_ADMIN & 1)
    except OSError:
        pass
    return True  # no Linux: there is nothing to fork for
