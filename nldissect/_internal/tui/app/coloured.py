"""The application's colours: a theme that fits the terminal, readable in it; none with NO_COLOR."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import LineFilter, NoColor

from ...wire.errors import UsageError
from ..panes.contrast import readable
from ..panes.paint import LOOKS
from .terminal import BackgroundTold, TerminalDriver, shown_dark


class Coloured(App[int]):
    """An application in `theme`, or without one ("") in what fits the terminal's background."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LOOKS)

    def __init__(self, theme: str = "") -> None:
        if not os.environ.get("NO_COLOR"):
            os.environ.pop("NO_COLOR", None)  # empty is as if it were not there
        super().__init__()
        self._chosen = "TEXTUAL_THEME" in os.environ  # by the user, whatever the terminal has
        if theme:
            self._choose(theme)
        self._fit(shown_dark())

    @property
    def asks(self) -> bool:
        """Whether it matters what the terminal's background is."""
        return not self._chosen and not self.no_color

    def use_theme(self, name: str) -> None:
        """Changes the theme; raises UsageError for none."""
        self._choose(name)
        if self.no_color:
            self._fit(True)
            raise UsageError("NO_COLOR is set: no theme shows colours")

    def _choose(self, name: str) -> None:
        if name not in self.available_themes:
            names = ", ".join(sorted(self.available_themes))
            raise UsageError(f"no theme {name!r}; there are {names}")
        self._chosen = True
        self.theme = name

    def _fit(self, dark: bool) -> None:
        """Takes a theme that fits the terminal, if the user chose none."""
        if self.no_color:
            self.theme = "ansi-dark"  # whose colours are none that could be mixed
        elif self.asks:
            few = self.console.color_system == "standard"  # others come out of 16 colours wrong
            self.theme = f"{'ansi' if few else 'textual'}-{'dark' if dark else 'light'}"

    def on_background_told(self, event: BackgroundTold) -> None:
        """The terminal has said what its background is."""
        self._fit(event.dark)

    def get_driver_class(self) -> type[Driver]:
        """The driver that asks for the background, where textual would take the one it is of."""
        found = super().get_driver_class()
        return TerminalDriver if found is LinuxDriver else found

    def get_line_filters(self) -> Sequence[LineFilter]:
        """With NO_COLOR no colour at all leaves the program; textual's own filter leaves greys."""
        return [NoColor()] if self.no_color else super().get_line_filters()

    def get_css_variables(self) -> dict[str, str]:
        """The theme's colours, those of texts and edges moved until they can be read."""
        variables, system = super().get_css_variables(), self.console.color_system or "truecolor"
        self.theme_variables = readable(variables, self.current_theme.dark, system)
        return self.theme_variables
