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
from .controller import Controller

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..app.browser import Browser

CALM = 0.4  # s without growth before the panes below follow as well


class LiveControl(Controller):
    """Keys of the group Live."""

    def __init__(self, browser: Browser, feed: Feed | None = None) -> None:
        super().__init__(browser)
        self.feed = feed
        self.following = feed is not None
        self.paused = False
        self._grown = 0.0

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
            self.browser.engine.wake()

    def state(self) -> list[Part]:
        """What the top line says of it."""
        return [] if self.feed is None else self.feed.told()

    def badge(self) -> list[Part]:
        """What stands at the top right."""
        if self.paused:
            waiting = self.model.total - self.model.view.scanned
            return [(f" PAUSED, {waiting} more " if waiting > 0 else " PAUSED ", "warning")]
        if self.feed is None:
            return []
        if not self.feed.running:
            return [(" STOPPED ", "dim")]
        return [(" FOLLOW ", "good")] if self.following else [(" follow off (F) ", "warning")]

    # -- keys ---------------------------------------------------------------------------

    def stop_following(self) -> None:
        """The cursor stays where it is."""
        self.following = False

    def resume(self) -> None:
        """The end is followed (again)."""
        self.paused = False
        self.following = True
        self.browser.engine.wake()

    def do_follow(self, count: int | None, _: str) -> None:
        if self.feed is None:
            self.browser.application.follow_file()
        elif self.following:
            self.stop_following()
        else:
            self.resume()

    def do_pause(self, count: int | None, _: str) -> None:
        self.paused = not self.paused
        self.browser.engine.wake()
        if self.paused:
            self.browser.say("the display holds still; whatever comes is kept (p goes on)")

    def do_capture(self, count: int | None, _: str) -> None:
        feed = self.feed
        if feed is None or not feed.running:
            self.browser.application.start_capture()
            return
        feed.stop()
        self._settle()
        self.browser.say("stopped; w saves what is shown, quitting asks about all of it")

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

        self.browser.app.push_screen(
            Question(
                f"{self.model.count} messages were captured from {feed.name}.",
                {"k": "keep them in a file", "d": "discard them"},
            ),
            answered,
        )

    def _keep(self, path: str, then: Callable[[], None]) -> None:
        feed = self.feed
        if not path.strip() or feed is None:
            return

        def keep(path: str) -> None:
            feed.close()
            try:
                shutil.copyfile(feed.path, path)
            except OSError as problem:
                raise UsageError(f"{path} cannot be written: {problem.strerror}") from None
            feed.kept = True
            self.browser.application.state.opened(path)
            self.browser.application.farewell.append(f"{self.model.count} messages are in {path}")
            discard(feed.path)
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
            self.browser.application.farewell.append(f"what was captured is in {feed.path}")
        elif not feed.kept:
            discard(feed.path)
