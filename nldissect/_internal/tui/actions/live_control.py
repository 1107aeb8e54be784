"""What grows: following its end, holding the display, stopping, keeping or discarding."""

from __future__ import annotations

import os
import shutil
from time import monotonic
from typing import TYPE_CHECKING

from ...wire.errors import UsageError
from ..model.feeds import Feed, discard
from ..model.parts import Part
from ..panes.popup import Question
from .context import BrowserContext
from .controller import Action, Controller, plain

if TYPE_CHECKING:
    from collections.abc import Callable

CALM = 0.4  # s without growth before the panes below follow as well


class LiveControl(Controller):
    """Keys of the group Live."""

    def __init__(self, browser: BrowserContext, feed: Feed | None = None) -> None:
        super().__init__(browser)
        self.feed = feed
        self.paused = False
        self._grown = 0.0

    def actions(self) -> dict[str, Action]:
        """The group Live."""
        return {
            "follow": plain(self._toggle_following),
            "pause": plain(self._toggle_pause),
            "capture": plain(self._start_or_stop),
        }

    @property
    def growing(self) -> bool:
        """Whether more may come."""
        return self.feed is not None and self.feed.running

    @property
    def path(self) -> str | None:
        """The file that is filled."""
        return None if self.feed is None else self.feed.path

    @property
    def calm(self) -> bool:
        """Whether nothing has come for a moment."""
        return monotonic() - self._grown > CALM

    def grown(self) -> None:
        """Messages have come."""
        self._grown = monotonic()

    def poll(self) -> None:
        """Looks at what fills the file."""
        feed = self.feed
        if feed is None:
            return
        was = feed.running
        feed.poll()
        if was and not feed.running:
            self._settle()

    def _settle(self) -> None:
        if self.feed is not None:
            self.model.index.settle()
            self.browser.scheduler.wake()

    def state(self) -> list[Part]:
        """What the top line says of it."""
        return [] if self.feed is None else self.feed.remarks()

    def badge(self) -> list[Part]:
        """What stands at the top right."""
        if self.paused:
            waiting = self.model.total - self.model.view.scanned
            return [(f" PAUSED, {waiting} more " if waiting > 0 else " PAUSED ", "warning")]
        if self.feed is None:
            return []
        if not self.feed.running:
            return [(" STOPPED ", "dim")]
        return (
            [(" FOLLOW ", "good")]
            if self.browser.row_cursor.following
            else [(" follow off (F) ", "warning")]
        )

    # -- keys ---------------------------------------------------------------------------

    def resume(self) -> None:
        """The end is followed (again)."""
        self.paused = False
        self.browser.row_cursor.following = True
        self.browser.scheduler.wake()

    def _toggle_following(self) -> None:
        if self.feed is None:
            self.browser.application.follow_file()
        elif self.browser.row_cursor.following:
            self.browser.row_cursor.following = False
        else:
            self.resume()

    def _toggle_pause(self) -> None:
        self.paused = not self.paused
        self.browser.scheduler.wake()
        if self.paused:
            self.browser.note("the display holds still; whatever comes is kept (p goes on)")

    def _start_or_stop(self) -> None:
        feed = self.feed
        if feed is None or not feed.running:
            self.browser.application.start_capture()
            return
        feed.stop()
        self._settle()
        self.browser.note("stopped; w saves what is shown, quitting asks about all of it")

    # -- the end ---------------------------------------------------------------------------

    def leave(self, then: Callable[[], None]) -> None:
        """Asks what becomes of what was captured, then goes on."""
        feed = self.feed
        if feed is None or feed.kept or not self.model.count:
            self.finish()
            then()
            return

        def answered(key: str | None) -> None:
            if key == "d":
                self.finish()
                then()
            elif key == "k":
                name = os.path.basename(feed.path)
                self.browser.ask("keep it as", lambda path: self._keep(path, then), name)

        marks = len(self.model.marks)
        marked = f", with {marks} mark{'s' * (marks != 1)} that a file keeps" if marks else ""
        self.browser.pop_up(
            Question(
                f"{self.model.count} messages were captured from {feed.name}{marked}.",
                {"k": "keep them in a file", "d": "discard them"},
            ),
            answered,
        )

    def _keep(self, path: str, then: Callable[[], None]) -> None:
        """Copies what was captured to a file of the user, then goes on."""
        feed = self.feed
        if not path.strip() or feed is None:
            return

        def keep(path: str) -> None:
            feed.close()
            try:
                shutil.copyfile(feed.path, path)
            except OSError as problem:
                raise UsageError(f"{path} cannot be written: {problem.strerror}") from None
            feed.kept, feed.file = True, path
            self.browser.application.state.opened(path)
            self.browser.application.exit_notes.append(f"{self.model.count} messages are in {path}")
            self.finish()
            then()

        self.into(path, keep)

    def finish(self, keep: bool = False) -> None:
        """Ends what fills the file, which goes unless somebody has it."""
        feed, self.feed = self.feed, None
        if feed is None:
            return
        feed.close()
        if not feed.kept and keep and self.model.total:
            self.browser.application.exit_notes.append(f"what was captured is in {feed.path}")
        elif feed.path != feed.file:
            discard(feed.path)
