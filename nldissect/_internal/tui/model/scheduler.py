"""What goes on behind the screen: indexing, filtering and finding, in slices between keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final

SLICE: Final = 0.012  # s of CPU at a time
TYPING: Final = 0.004  # s while keys come
RECENT: Final = 0.15  # s since the last key
IDLE: Final = 0.1  # s between looks at what may have grown

# Works for about so many seconds; True when nothing is left to do for now.
Job = Callable[[float], bool]


class Scheduler:
    """Runs its jobs one after the other, the earlier before the later, while they have work.

    `turned` is called with True when there is work again, with False when it is done. Jobs are
    asked now and then whether they have some only while `growing` says that they may.
    """

    def __init__(self) -> None:
        self.turned: Callable[[bool], None] = lambda busy: None
        self.growing: Callable[[], bool] = lambda: False
        self.jobs: dict[str, Job] = {}
        self.busy: set[str] = set()
        self._ends: dict[str, Callable[[], None]] = {}
        self.key = 0.0  # when the last key came
        self._wake = asyncio.Event()

    def add(self, name: str, job: Job, end: Callable[[], None] | None = None) -> None:
        """Adds or replaces a job; `end` is called when it is taken away, whether done or not."""
        self.drop(name)
        self.jobs[name] = job
        if end is not None:
            self._ends[name] = end
        self.wake()

    def drop(self, name: str) -> None:
        """Takes a job away."""
        self.jobs.pop(name, None)
        self.busy.discard(name)
        end = self._ends.pop(name, None)
        if end is not None:
            end()

    def close(self) -> None:
        """Takes all jobs away."""
        for name in list(self.jobs):
            self.drop(name)

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def pressed(self) -> None:
        """A key came: it goes first."""
        self.key = monotonic()

    async def run(self) -> None:
        """Works until cancelled."""
        working: bool | None = None
        while True:
            self.step()
            if bool(self.busy) != working:
                working = bool(self.busy)
                self.turned(working)
            if self.busy:
                typing = monotonic() - self.key < RECENT
                await asyncio.sleep(0.008 if typing else 0.0005)
            else:
                self._wake.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), IDLE if self.growing() else None)

    def step(self) -> None:
        """One slice of each job that has work."""
        slice_ = TYPING if monotonic() - self.key < RECENT else SLICE
        for name, job in list(self.jobs.items()):
            if job(slice_):
                self.busy.discard(name)
            else:
                self.busy.add(name)
