"""Actions of the keymap, in groups: each is a method `do_<action>` of a `Controller`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...wire.errors import UsageError
from ...wire.text import safe
from ..panes.popup import Question

if TYPE_CHECKING:
    from ..app.browser import Browser
    from ..model.capture_model import CaptureModel

Action = Callable[[int | None, str], None]


class Controller:
    """Some of the actions on a browser."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    @property
    def model(self) -> CaptureModel:
        """The capture that is looked at."""
        return self.browser.model

    def actions(self) -> dict[str, Action]:
        """Its actions by their names in the keymap."""
        return {
            name[3:].replace("_", "-"): getattr(self, name)
            for name in dir(self)
            if name.startswith("do_")
        }

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

        self.browser.app.push_screen(
            Question(f"There is a file {safe(path)} already.", {"r": "replace it"}), answered
        )
