"""Starts the interface: opens what was asked for, and finds the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...capture.live import privileges
from ...wire.caller import settle_in, sudo_user
from ...wire.errors import CaptureError, UsageError
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
    feeds: dict[int, Feed] = {}
    try:
        for at, name in enumerate(names):
            feed = _feed(name)
            if feed is not None:
                feeds[at] = feed
        files = [name for at, name in enumerate(names) if at not in feeds]
        gave_up = bool(names) and _give_up_privileges(opener, files)
        models = [
            opener.model(feeds[at].path, feeds[at].name, True)
            if at in feeds
            else opener.model(name)
            for at, name in enumerate(names)
        ]
        _terminal()
        for feed in feeds.values():
            if isinstance(feed, PipeFeed):
                feed.start()
        holds = not names and privileges.privileged()
        kept = state or State.default()
        application = Application(opener, models, feeds, kept, holds, gave_up)
        status = application.run()
        if holds and application.models:  # one was chosen on the start screen
            feeds, models = application.feeds, application.models
            _give_up_privileges(opener, [model.index.path for model in models])
            kept = state or State.default()
            application = Application(opener, models, feeds, kept, gave_up=True)
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


def _give_up_privileges(opener: Opener, files: Sequence[str]) -> bool:
    """Becomes who called sudo, and keeps what it takes to read `files` at most; if there are any.

    What captures has processes of its own, which have what that needs. For a process of one
    thread.
    """
    if not privileges.privileged():
        return False
    through_sudo = sudo_user() is not None
    keep = privileges.capabilities_for(files, os.R_OK)
    privileges.drop_to_decode((*opener.dissectors, *opener.specs), keep=keep)
    if through_sudo:
        settle_in()
    return True


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
