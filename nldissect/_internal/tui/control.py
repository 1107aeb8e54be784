"""Actions of the keymap, in groups: each is a method `do_<action>` of a `Controller`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from .browser import Browser
    from .model import Model

Action = Callable[[int | None, str], None]


class Controller:
    """Some of the actions on a browser."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    @property
    def model(self) -> Model:
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
