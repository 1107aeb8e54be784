"""What goes on behind the screen of a capture: indexing, filling the view, sorting, the map."""

from __future__ import annotations

from array import array

from textual.screen import Screen

from ...wire.errors import CaptureError
from ..actions.context import BrowserContext
from ..actions.live_control import LiveControl
from ..model.capture_model import Order
from ..model.scheduler import Scheduler
from ..model.sorting import Sorting

TICK = 0.1  # s between looks at what has grown


class Background:
    """Gives the scheduler the jobs that every capture has; `tick` shows what they have done.

    While anything goes on, `Browser.tick` is called by a timer; idle, nothing runs.
    """

    def __init__(self, browser: BrowserContext, live: LiveControl) -> None:
        self.sorting = Sorting(browser.model, self._reorder)
        self._browser = browser
        self._live = live
        scheduler = browser.scheduler
        scheduler.turned, scheduler.growing = self._turned, lambda: live.growing

    def begin(self, screen: Screen[None]) -> None:
        """Begins, with a first slice at once: what is small is there with the first picture."""
        browser = self._browser
        scheduler: Scheduler = browser.scheduler
        scheduler.add("index", self._index)
        scheduler.add("view", self._fill_view)
        scheduler.add("order", self.sorting.step)
        scheduler.add("map", browser.list_pane.minimap.map.step)
        scheduler.step()
        self._ticking = screen.set_interval(TICK, browser.tick)
        screen.run_worker(scheduler.run(), exclusive=False)  # which may begin at once

    def _index(self, seconds: float) -> bool:
        """Indexes and pairs for so many s of CPU; whether all there is has been read."""
        browser, model = self._browser, self._browser.model
        known, paired = model.total, model.index.paired
        try:
            done = model.index.extend(seconds)
        except (CaptureError, OSError) as problem:
            browser.scheduler.drop("index")
            browser.note(str(problem), "error")
            return True
        if known != model.total:
            self._live.grown()
        if paired != model.index.paired and model.index.paired == model.total:
            model.changed()
            browser.list_pane.refresh()
            browser.details.outdated()
        return done

    def _fill_view(self, seconds: float) -> bool:
        return self._live.paused or self._browser.model.view.step(seconds)

    def _reorder(self, order: Order | None, ranks: array[int]) -> None:
        """Rows are put in another order; the cursor stays on its own."""
        browser = self._browser
        row = browser.list_pane.row
        browser.model.view.sort(order, ranks)
        browser.list_pane.refresh()
        browser.row_cursor.settle_on(max(row, 0))

    def _turned(self, busy: bool) -> None:
        """Looks at what grows while anything does."""
        if busy or self._live.feed is not None:
            self._ticking.resume()
        else:
            self._ticking.pause()
            self._browser.tick()

    def grown(self) -> None:
        """Shows in list and details what has grown since the last time."""
        browser, list_pane = self._browser, self._browser.list_pane
        if list_pane.virtual_size.height != list_pane.count + list_pane.head:
            list_pane.resized()
            list_pane.refresh()
        list_pane.mapped()
        browser.row_cursor.settle()
        following = browser.row_cursor.following
        if list_pane.row != browser.details.row and (not following or self._live.calm):
            browser.details.follow()
        if browser.model.view.behind:
            browser.scheduler.wake()
