"""The application: which capture is up, settings, signals, the end."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
from contextlib import suppress
from weakref import WeakSet

from textual import events
from textual.screen import Screen
from textual.widget import Widget

from ...wire.errors import UsageError
from ..model.capture_model import CaptureModel
from ..model.feeds import CaptureFeed, Feed, FileFeed
from ..model.keymap import Keymap
from ..model.layout import LayoutChoices
from ..model.opener import Opener
from ..model.profiles import Profile
from ..model.remembered import choices, take_up
from ..model.settings import State
from ..panes.key_input import KeyTaker
from .browser import Browser
from .coloured import Coloured
from .start_screen import StartScreen

LOOK = 1.0  # s between looks whether the terminal is still there
LEAVING = 3.0  # s to end in once it is not


class Application(Coloured):
    """nldissect in a terminal. `models` are what is open; without any the start screen is shown.

    With `holds` it has privileges to capture, and ends when the first capture is open; with
    `gave_up` it had some, and captures no more.
    """

    CSS_PATH = "style.tcss"
    TITLE = "nldissect"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = []  # noqa: RUF012 - as textual has it

    def __init__(
        self,
        opener: Opener,
        models: list[CaptureModel],
        feeds: dict[int, Feed] | None = None,
        state: State | None = None,
        holds: bool = False,
        gave_up: bool = False,
    ) -> None:
        try:
            super().__init__(opener.settings.theme)
        except UsageError as problem:
            raise opener.settings.wrong("theme", str(problem)) from None
        self.opener = opener
        self.models = models
        self.feeds = feeds or {}
        self._holds = holds
        self.gave_up = gave_up
        self.state = state or State()
        self.exit_notes: list[str] = []  # written after the end
        self.keys = Keymap(opener.settings.keys)
        self._browsers: dict[int, Browser] = {}
        self.at = 0
        self._there: WeakSet[Screen[object]] = WeakSet()

    @property
    def options(self) -> list[str]:
        """How captures are read, for other commands."""
        return self.opener.options

    def on_mount(self) -> None:
        """Shows the first capture, or the start screen without any."""
        if not self.is_headless:
            self._watch_the_terminal()
        if self.models:
            self.push_screen(self._browser(0))
        else:
            self.push_screen(StartScreen(self))

    async def on_event(self, event: events.Event) -> None:
        """Keys go straight to the screen, so that each finds what the one before it did."""
        if isinstance(event, events.Key) and not event.is_forwarded and self.screen_stack:
            screen = self.screen
            await self._arrived(screen)
            if isinstance(screen, KeyTaker) and screen.take(event):
                return
        await super().on_event(event)

    async def _arrived(self, screen: Screen[object]) -> None:
        """Waits until a screen that is just coming up is there, for not more than a second."""
        if screen in self._there:
            return
        for _ in range(100):
            widgets = screen.walk_children(Widget)
            if screen.is_mounted and all(one.is_mounted for one in widgets):
                break
            await asyncio.sleep(0.01)
        self._there.add(screen)

    # -- captures -----------------------------------------------------------------------

    def _browser(self, at: int) -> Browser:
        found = self._browsers.get(at)
        if found is None:
            model = self.models[at]
            found = self._browsers[at] = Browser(self, model, self.keys, self.feeds.get(at))
            found.remembered = self.state.views.of(self._lasting(at))
            if found.remembered.get("profile") in self.profiles:
                self.opener.dress(model, found.remembered["profile"])
            take_up(found.remembered, model)
            usual = LayoutChoices(side=self.opener.settings.side)
            found.arrangement.choices = choices(found.remembered, usual)
            self.install_screen(found, f"capture-{id(found)}")
            if at not in self.feeds:
                self.state.opened(model.index.path)
        return found

    def _lasting(self, at: int) -> str:
        """The file of a capture that is there the next time as well, else ""."""
        feed = self.feeds.get(at)
        path = self.models[at].index.path if feed is None else feed.file
        return os.path.abspath(path) if path else ""

    def _remember(self) -> None:
        """Notes how every capture is looked at."""
        for at, browser in self._browsers.items():
            if browser.is_mounted:
                self.state.views.keep(self._lasting(at), browser.looks())
        self.state.save()

    @property
    def profiles(self) -> dict[str, Profile]:
        """The profiles that there are, by name."""
        return self.opener.settings.profiles

    def use_profile(self, model: CaptureModel, name: str) -> None:
        """Gives a capture the columns, rules and filters of a profile; raises UsageError."""
        self.opener.dress(model, name)

    @property
    def browser(self) -> Browser | None:
        """The screen of the capture that is up."""
        return self._browsers.get(self.at)

    def show(self, at: int, row: int = -1) -> None:
        """Shows one of the captures that are open, and goes to a row of it."""
        self.at = at % len(self.models)
        found = self._browser(self.at)
        if isinstance(self.screen, Browser):
            self.switch_screen(found)
        elif found is not self.screen:
            self.push_screen(found)
        if row >= 0:
            found.attempt(lambda: found.row_cursor.go(row))

    def show_next(self, step: int) -> None:
        """Shows the next (1) or previous (-1) of them; raises UsageError without another."""
        if len(self.models) < 2:
            raise UsageError("one file is open; :open FILE opens another")
        self.show(self.at + step)

    def _replace(self, model: CaptureModel, feed: Feed | None) -> None:
        """Another model in place of the one that is up."""
        before = self._browsers.pop(self.at, None)
        if feed is not None:
            self.feeds[self.at] = feed
        else:
            self.feeds.pop(self.at, None)
        old, self.models[self.at] = self.models[self.at], model
        fresh = self._browser(self.at)
        if before is not None:
            fresh.take_over(before)
        self.switch_screen(fresh)
        old.index.close()

    def open(self, path: str) -> None:
        """Opens one more file; raises CaptureError."""
        model = self.opener.model(os.path.expanduser(path))
        self._add(model, None)

    def _add(self, model: CaptureModel, feed: Feed | None) -> None:
        self.models.append(model)
        at = len(self.models) - 1
        if feed is not None:
            self.feeds[at] = feed
        if self._holds:
            self.exit(0)
        else:
            self.show(at)

    def decode_as(self, pair: str) -> None:
        """Reads the capture again with one more --decode-as; raises UsageError."""
        self.opener.add(pair)
        self.reload()

    def reload(self) -> None:
        """Reads the file that is up anew; raises CaptureError when it is gone."""
        model = self.models[self.at]
        feed = self.feeds.get(self.at)
        fresh = self.opener.model(model.index.path, model.name, feed is not None)
        if feed is not None and not feed.running:
            fresh.index.settle()
        self._replace(fresh, feed)

    def follow_file(self) -> None:
        """Follows the file that is up as it grows."""
        model = self.models[self.at]
        path = model.index.path
        self._replace(self.opener.model(path, model.name, True), FileFeed(path))

    def start_capture(self, interface: str | None = None) -> None:
        """Begins to capture; raises UsageError when that cannot be."""
        if self.gave_up:
            raise UsageError("privileges are given up; another nldissect can capture")
        feed = CaptureFeed(interface)
        self._add(self.opener.model(feed.path, feed.name, True), feed)

    # -- the end ----------------------------------------------------------------------------

    def leave(self) -> None:
        """Ends, after asking what becomes of captures that nobody has."""
        for at, browser in self._browsers.items():
            if browser.model.unsaved:
                if browser is not self.screen:
                    self.show(at)
                browser.exports.ask_about_comments(self.leave)
                return
            if browser.live.feed is not None:
                if browser is not self.screen:
                    self.show(at)
                browser.live.leave(self.leave)
                return
        self._end()

    def _end(self) -> None:
        self._remember()
        self.exit(0)

    async def action_quit(self) -> None:
        """textual's own way to quit (a binding, the window's close button)."""
        self.leave()

    # -- the terminal -------------------------------------------------------------------------

    def _watch_the_terminal(self) -> None:
        loop = asyncio.get_running_loop()
        for number, gone in ((signal.SIGHUP, True), (signal.SIGTERM, False)):
            with suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, self.lost, gone)
        self._poll = select.poll()
        self._poll.register(0, select.POLLIN)
        self.set_interval(LOOK, self._look)

    def _look(self) -> None:
        """Ends when the terminal is gone, which textual itself does not notice."""
        try:
            events = self._poll.poll(0)
            there = os.isatty(0)
        except OSError:
            there, events = False, []
        if not there or any(event & (select.POLLHUP | select.POLLERR) for _, event in events):
            self.lost(True)

    def lost(self, gone: bool) -> None:
        """The terminal is gone or the end was asked for: keeps what was captured, and ends."""
        for browser in self._browsers.values():
            browser.live.finish(keep=True)
        self._remember()
        if gone:  # textual may wait for its writing thread, which ended with the terminal
            last = threading.Timer(LEAVING, os._exit, (0,))
            last.daemon = True
            last.start()
        self.exit(0)
