"""What the fixtures `netlink` and `recording` give, and where files are looked for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ..capture.live import live_capture
from ..library.parameters import Paths
from ..spec.registry import registry
from ..wire.errors import UsageError
from . import network_namespace
from .captured import Captured, Live, recorded

if TYPE_CHECKING:
    from ..spec.registry import Registry

FOLDER: Final = "recordings"
SUFFIXES: Final = (".pcapng", ".pcap")
AT_ONCE: Final = 16  # milliseconds: a test waits for what was said
COMPRESSED: Final = ("", ".gz", ".xz", ".zst", ".bz2")


class Netlink:
    """Captures of one test; `forked` says that its process ends with it, `way` is `probe`."""

    def __init__(self, item: pytest.Item, forked: bool, way: Callable[[], tuple[str, str]]) -> None:
        self._item = item
        self._forked = forked
        self._way = way
        self.captures: list[Captured] = []

    def capture(
        self,
        *,
        here: bool = False,
        interface: str | None = None,
        join: Iterable[str] = (),
        dissectors: Iterable[Paths] = (),
        specs: Iterable[Paths] = (),
        decode_as: Mapping[str, str] | None = None,
    ) -> Live:
        """Records live what happens inside the `with` block.

        The block is in a network namespace of its own, in which the test is root; with
        `here` it stays where it is. `interface` is an nlmon interface that is there, by
        default one is made. `join` are multicast groups (`nldissect monitor --list`): the kernel
        sends notifications only where somebody listens. The test is skipped, with what to do,
        where that cannot be.
        """
        known = registry(dissectors, specs, decode_as)
        groups = tuple(join)

        def start(stack: ExitStack, path: str) -> tuple[live_capture.LiveCapture, Registry]:
            """Begins the capture in the namespace; skips the test where there can be none."""
            __tracebackhide__ = True
            if not here:
                self._enter(stack)
            try:
                options = live_capture.LiveOptions(
                    interface=interface, write=path, join=groups, delay=AT_ONCE
                )
                return live_capture.start(options), known
            except UsageError as problem:
                if str(problem).startswith("--join"):
                    raise
                raise _skip(f"no live capture: {problem}") from None

        made = Live(start)
        self.captures.append(made)
        return made

    def _enter(self, stack: ExitStack) -> None:
        """Moves the test into a network namespace until the stack is undone, or skips it."""
        __tracebackhide__ = True
        way, why = self._way()
        if way == network_namespace.USER and not self._forked:
            why = (
                "a user namespace of its own needs a process of its own: "
                "use the fixture `netlink` itself, without --pdb, or run pytest as root"
            )
        if why:
            raise _skip(f"no live capture: {why}")
        try:
            stack.enter_context(network_namespace.namespace(self._forked))
        except OSError as problem:
            threads = "; no thread may be running when it begins" if problem.errno == 22 else ""
            reason = f"no live capture: no network namespace: {problem.strerror}{threads}"
            raise _skip(reason) from None

    def read(
        self,
        path: Paths,
        *,
        dissectors: Iterable[Paths] = (),
        specs: Iterable[Paths] = (),
        decode_as: Mapping[str, str] | None = None,
    ) -> Captured:
        """The capture in a file: beside the test, or in pytest's root folder.

        Raises CaptureError where it cannot be read, UsageError when it is not there.
        """
        __tracebackhide__ = True
        known = registry(dissectors, specs, decode_as)
        folders = (self._item.path.parent, self._item.config.rootpath)
        places = [folder / os.fsdecode(path) for folder in folders]
        found = next((place for place in places if place.exists()), None)
        if found is None:
            raise UsageError(f"there is no {os.fsdecode(path)}; looked for {_listed(places)}")
        made = recorded(str(found), known)
        self.captures.append(made)
        return made

    def recording(self) -> Captured:
        """The recording named after the test; fails with the places looked at."""
        __tracebackhide__ = True
        places = list(candidates(self._item))
        for place in places:
            for more in COMPRESSED:
                found = place.with_name(place.name + more)
                if found.exists():
                    return self.read(found)
        pytest.fail(
            f"there is no recording for this test; looked for {_listed(places)}, plain or "
            "compressed (.gz, .xz, .zst, .bz2); `nldissect live -w FILE` makes one",
            pytrace=False,
        )


def candidates(item: pytest.Item) -> Iterator[Path]:
    """Where the recording of a test may stand, the first that is there counts.

    For `TestX::test_y[z]` in test_m.py the names are test_y[z], then test_y, in
    recordings/test_m/TestX, recordings/test_m, recordings, and beside test_m.py.
    """
    folder = item.path.parent
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    module = folder / FOLDER / item.path.stem
    folders = [module, folder / FOLDER, folder]
    if classes:
        folders.insert(0, module.joinpath(*classes))
    names = dict.fromkeys((fit(item.name), getattr(item, "originalname", None) or item.name))
    for where in folders:
        for name in names:
            for suffix in SUFFIXES:
                yield where / f"{name}{suffix}"


def fit(name: str) -> str:
    """A test's name as that of a file."""
    return re.sub(r"[^\w.\[\]=,+-]", "_", name)[:150]


def _listed(places: Iterable[Path]) -> str:
    here = Path.cwd()
    names = [str(p.relative_to(here) if p.is_relative_to(here) else p) for p in places]
    return ", ".join(dict.fromkeys(names))


def _skip(reason: str) -> BaseException:
    return pytest.skip.Exception(reason, _use_item_location=True)
