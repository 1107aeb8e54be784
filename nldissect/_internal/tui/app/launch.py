"""Starts the interface: opens what was asked for, and finds the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...capture.live import privileges
from ...wire.caller import sudo_user
from ...wire.errors import CaptureError, UsageError
from ..model.capture_model import CaptureModel
from ..model.feeds import CaptureFeed, Feed, PipeFeed, interfaces
from ..model.opener import Opener
from ..model.settings import State
from .application import Application


def run(opener: Opener, names: Sequence[str], state: State | None = None) -> tuple[int, list[str]]:
    """Shows captures, interfaces and `-`; the exit status, and what is to be written after it.

    Raises UsageError and CaptureError for what cannot be opened, before the screen changes.
    """
    if names.count("-") > 1:
        raise UsageError("standard input (-) can be read only once")
    models: list[CaptureModel] = []
    feeds: dict[int, Feed] = {}
    try:
        for at, name in enumerate(names):
            feed = _feed(name)
            if feed is None:
                models.append(opener.model(name))
            else:
                feeds[at] = feed
                models.append(opener.model(feed.path, feed.name, True))
        _terminal()
        if feeds and sudo_user() is not None:
            privileges.drop()
        application = Application(opener, models, feeds, state or State.default())
        status = application.run()
    finally:
        for feed in feeds.values():
            feed.close()
    notes = application.exit_notes
    for feed in application.feeds.values():
        if (
            not feed.kept
            and os.path.exists(feed.path)
            and not any(feed.path in note for note in notes)
        ):
            notes.append(f"what was captured is in {feed.path}")
    return (application.return_code or status or 0), notes


def _feed(name: str) -> Feed | None:
    """What fills the file of `-` or an interface; None for a file that is there already."""
    if name == "-":
        return _piped()
    if os.path.exists(name):
        return None
    if name.startswith("nlmon") or any(name == one for one, _ in interfaces()):
        return CaptureFeed(name)
    raise CaptureError(name, "is neither a file nor an interface")


def _piped() -> PipeFeed:
    if sys.stdin is None or os.isatty(0):
        raise CaptureError("standard input", "is a terminal; give a file or pipe a capture in")
    return PipeFeed(os.dup(0))


def _terminal() -> None:
    """Makes the terminal standard input, as keys come from there; raises UsageError without one."""
    for name in ("LINES", "COLUMNS"):  # of whoever exported them; the terminal knows its size
        os.environ.pop(name, None)
    for descriptor in (0, 2):  # keys come from the one, textual draws on the other
        if not os.isatty(descriptor):
            try:
                terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
            except OSError:
                raise UsageError("tui: there is no terminal to show it on") from None
            os.dup2(terminal, descriptor)
            os.close(terminal)
