"""What completion offers first: the words of the message and of the capture that is looked at."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from ...wire.errors import FilterError
from ..model.capture_words import CaptureWords, ValueCounts

if TYPE_CHECKING:  # its grammar is read when the first filter is typed
    from ...filter.completion import Completion
    from .context import BrowserContext


class Suggestions:
    """Puts words first in what is offered; values of a field are counted while it is typed."""

    def __init__(self, browser: BrowserContext) -> None:
        self._browser = browser
        self._words = CaptureWords(browser.model)

    def begin_with(self, found: Completion) -> None:
        """Offers first what the message and the capture have."""
        from ...filter import Filter

        browser, words = self._browser, self._words
        if found.field is None:
            return
        row = browser.list_pane.row
        if not found.field:
            found.begin_with(words.names(row))
            return
        with suppress(FilterError):  # no field after all
            counts = words.tally(found.field, Filter(found.field, browser.model.registry))
            found.begin_with(words.values(found.field, row))
            if not counts.over:
                browser.scheduler.add("tally", partial(self._count, counts))

    def _count(self, counts: ValueCounts, seconds: float) -> bool:
        """Counts the values of the field that is typed; whether that is over."""
        bar = self._browser.filter_bar
        over = not bar.typing or counts.step(seconds)
        if over:
            self._browser.scheduler.drop("tally")
            bar.offer_again()
        return over
