"""Controllers: each has a group of the keymap's actions, in a table of name to method."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable

from ...wire.errors import UsageError
from ...wire.text import safe
from ..model.capture_model import CaptureModel
from ..panes.popup import Question
from .context import BrowserContext

# Called with the count typed in front (None: without) and the character it takes ("": none).
Action = Callable[[int | None, str], None]


def plain(method: Callable[[], None]) -> Action:
    """The action of a method that takes neither count nor character."""
    return lambda count, character: method()


def both_ways(forth: str, back: str, go: Callable[[int], None]) -> dict[str, Action]:
    """Two actions that go the one way and the other, `count` steps or one."""
    return {forth: lambda n, _: go(n or 1), back: lambda n, _: go(-(n or 1))}


class Controller(ABC):
    """Some of the actions on a browser."""

    def __init__(self, browser: BrowserContext) -> None:
        self.browser = browser

    @property
    def model(self) -> CaptureModel:
        """The capture that is looked at."""
        return self.browser.model

    @abstractmethod
    def actions(self) -> dict[str, Action]:
        """Its actions by their names in the keymap (`model.keymap.KEYS`)."""

    def row(self) -> int:
        """The row under the list's cursor; raises UsageError without one."""
        row = self.browser.list_pane.row
        if row < 0:
            raise UsageError("there is no message here")
        return row

    def into(self, path: str, then: Callable[[str], None]) -> None:
        """Goes on with a file to write, after asking where there is one of that name.

        Raises UsageError for what must not be replaced: folders, devices, what is being read.
        """
        path = os.path.expanduser(path.strip())
        if os.path.isdir(path):
            raise UsageError(f"{path} is a folder; give a file's name")
        if not os.path.exists(path):
            then(path)
            return
        if not os.path.isfile(path):
            raise UsageError(f"{path} is no ordinary file; give another name")
        source = self.model.index.path
        if os.path.exists(source) and os.path.samefile(path, source):
            raise UsageError(f"{path} is what is being read; give another name")

        def answered(key: str | None) -> None:
            if key == "r":
                self.browser.attempt(lambda: then(path))

        self.browser.pop_up(
            Question(f"There is a file {safe(path)} already.", {"r": "replace it"}), answered
        )
