"""Driving the terminal interface in tests: keys as a user types them, the screen as text."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events

from nldissect._internal.tui.app.application import Application
from nldissect._internal.tui.app.browser import Browser
from nldissect._internal.tui.model.opener import Opener
from nldissect._internal.tui.model.settings import Settings, State
from support import ROOT

if TYPE_CHECKING:
    from textual.pilot import Pilot

CAPTURES = ROOT / "captures"
NAMED = {
    "/": "slash", "\\": "backslash", "|": "vertical_line", "+": "plus", "-": "minus",
    "<": "less_than_sign", ">": "greater_than_sign", "%": "percent_sign", ".": "full_stop",
    ",": "comma", "?": "question_mark", "!": "exclamation_mark", ";": "semicolon", ":": "colon",
    "*": "asterisk", "'": "apostrophe", "&": "ampersand", "]": "right_square_bracket",
    "[": "left_square_bracket", " ": "space", "=": "equals_sign", '"': "quotation_mark",
    "_": "underscore", "(": "left_parenthesis", ")": "right_parenthesis",
}  # fmt: skip


class Player:
    """A user in front of the screen."""

    def __init__(self, app: Application, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot
        self.endless: set[str] = set()  # jobs whose end is not waited for

    @property
    def browser(self) -> Browser:
        found = self.app.browser
        assert found is not None
        return found

    async def press(self, keys: str) -> None:
        """Keys with blanks between them: `e e ctrl+d`, `y h`."""
        await self._post(keys.split())

    async def type(self, text: str) -> None:
        """A text, letter for letter."""
        await self._post(text)

    async def _post(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.app.post_message(events.Key(NAMED.get(key, key), key if len(key) == 1 else None))
        await self.settle()

    async def settle(self) -> None:
        """Waits until nothing goes on behind the screen, twice: focus moves after its key."""
        quiet = 0
        for _ in range(200):
            await self.pilot.pause(0)  # without an argument it sleeps until the process is idle
            browser = self.app.browser
            if browser is None or self.app.screen is not browser:
                await self.pilot.pause()
                return
            browser.filter_bar.look()
            browser.tick()
            busy = browser.scheduler.busy - self.endless
            waits = busy or browser.model.view.behind or browser.details.pending
            if not waits and browser.details.row == browser.list_pane.row:
                quiet += 1
                if quiet == 3:
                    return
            elif browser.details.pending is not None and not busy:
                browser.details.show()
            await asyncio.sleep(0.002)

    def lines(self) -> list[str]:
        """The screen, a string a line."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    def screen(self) -> str:
        """The screen in one string."""
        return "\n".join(self.lines())

    @property
    def number(self) -> int:
        """The number of the message under the cursor."""
        return self.browser.model.number(self.browser.list_pane.row)

    @property
    def status(self) -> str:
        """The status line."""
        return "".join(text for text, _ in self.browser.status_bar._left)

    @property
    def selected(self) -> bytes:
        """The bytes that are selected in the hex pane."""
        pane = self.browser.hex_pane
        return pane.data[pane.start : pane.end]


def endless(worker: object, seconds: float) -> bool:
    """Work that takes for ever, and no CPU: what waits for the process to be idle sees that."""
    time.sleep(max(seconds, 0.001))
    return False


Story = Callable[[Player], Awaitable[None]]


def play(
    *captures: str | Path,
    story: Story,
    size: tuple[int, int] = (80, 24),
    settings: Settings | None = None,
    state: State | None = None,
) -> Application:
    """Opens captures (those of captures/ by their name alone) and lets the story happen."""
    app = application(*captures, settings=settings, state=state)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            player = Player(app, pilot)
            await player.settle()
            await story(player)

    asyncio.run(run())
    return app


def application(
    *captures: str | Path, settings: Settings | None = None, state: State | None = None
) -> Application:
    """The interface with these captures open."""
    opener = Opener(settings)
    paths = [one if isinstance(one, Path) else CAPTURES / f"{one}.pcap" for one in captures]
    return Application(opener, [opener.model(str(path)) for path in paths], state=state)
