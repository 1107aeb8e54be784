"""The plugin as pytest loads it: fixtures, options, and what a failure adds to the report.

docs/testing.md tells how it is used. All else of nldissect is imported when a test asks
for a fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .captured import Captured
    from .fixtures import Netlink

    Reporting = Generator[None, pytest.TestReport, pytest.TestReport]

_used = pytest.StashKey["Netlink"]()
_forked = pytest.StashKey[bool]()
_way = pytest.StashKey[tuple[str, str]]()

_SECTION = "netlink capture"
_CAP_SYS_ADMIN = 21


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("netlink").addoption(
        "--netlink-dir",
        metavar="DIR",
        help="where captures of failed tests are saved (default: the test's tmp_path)",
    )


@pytest.fixture
def netlink(request: pytest.FixtureRequest) -> Iterator[Netlink]:
    """Netlink captures: `with netlink.capture() as cap:` and `netlink.read("file.pcap")`."""
    yield from _netlink(request)


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> Iterator[Captured]:
    """The netlink recording named after the test: recordings/test_module/test_name.pcapng."""
    for made in _netlink(request):
        yield made.recording()


def _netlink(request: pytest.FixtureRequest) -> Iterator[Netlink]:
    from .captured import Live
    from .fixtures import Netlink

    item, stash = request.node, request.config.stash
    made = item.stash.get(_used, None)
    if made is not None:
        yield made
        return
    made = Netlink(item, stash.get(_forked, False), lambda: _probed(request.config))
    item.stash[_used] = made
    yield made
    for capture in made.captures:
        if isinstance(capture, Live):
            capture.discard()
    del item.stash[_used]


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """What was expected and not checked yet is checked when the test has ended."""
    __tracebackhide__ = True
    yield
    made = item.stash.get(_used, None)
    faults = [] if made is None else [f for capture in made.captures for f in capture.faults()]
    if faults:
        pytest.fail("\n\n".join(faults), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Reporting:
    """A failure's captures are saved, and named in its report."""
    report = yield
    made = item.stash.get(_used, None)
    if made is not None and report.failed:
        from .saving import saved

        text = "\n".join(saved(item, made))
        if text:
            report.sections.append((_SECTION, text))
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Which paths differ, for `message == {...}`."""
    if op != "==" or "nldissect._internal.engine.message" not in sys.modules:
        return None
    from ..engine.message import Message

    seen = sys.modules.get("nldissect._internal.pytest_plugin.match")
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
    from .forked import run

    config.stash[_forked] = True
    try:
        run(item, nextitem)
    finally:
        config.stash[_forked] = False
    return True


def _probed(config: pytest.Config) -> tuple[str, str]:
    """What `isolate.probe` says, asked once."""
    if _way not in config.stash:
        from .isolate import probe

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
