"""Profiles and saved filters: choosing them, keeping them, the line that shows them."""

from __future__ import annotations

from ...wire.errors import UsageError
from ...wire.text import safe
from ..model.profiles import USUAL
from ..model.report_line import ReportLine
from ..panes.popup import Report
from .context import BrowserContext
from .controller import Action, Controller, plain
from .filtering import Filtering


class ProfileControl(Controller):
    """What is there by name, to be taken with a key or a click."""

    def __init__(self, browser: BrowserContext, filtering: Filtering) -> None:
        super().__init__(browser)
        self._filtering = filtering
        browser.shelf.tab_chosen = lambda at: browser.attempt(lambda: filtering.to_tab(at))
        browser.shelf.filter_chosen = lambda at: browser.attempt(lambda: self._take(at))

    def actions(self) -> dict[str, Action]:
        """Of the group Filter what has to do with names."""
        return {
            "profile": plain(self._ask_profile),
            "saved-filter": lambda n, digit: self._take_digit(digit),
            "save-filter": plain(self._ask_name),
        }

    def buttons(self) -> dict[str, str]:
        """The filters that have a name: those of the profile, then those that were saved."""
        return {**self.model.buttons, **self.browser.application.state.named}

    # -- profiles ---------------------------------------------------------------------

    def _ask_profile(self) -> None:
        lines = []
        for name, profile in self.browser.application.profiles.items():
            mark = "•" if name == (self.model.profile or USUAL) else " "
            lines.append(
                ReportLine(
                    [(f" {mark} {safe(name):<16}", "name"), (safe(profile.help), "plain")], name
                )
            )

        def chosen(value: object) -> None:
            if isinstance(value, str):
                self.browser.attempt(lambda: self.use(value))

        self.browser.pop_up(Report("Profiles: columns, colours and filters", lines), chosen)

    def use(self, name: str) -> None:
        """Takes on a profile; raises UsageError."""
        self.browser.application.use_profile(self.model, name)
        self.browser.list_pane.forget_widths()
        self.browser.shelf_changed()
        self.browser.note(f"profile {name}")

    # -- saved filters -------------------------------------------------------------------

    def _take_digit(self, digit: str) -> None:
        if not digit.isdigit() or digit == "0":
            raise UsageError("a digit takes a saved filter; :save-filter NAME makes one")
        self._take(int(digit) - 1)

    def _take(self, at: int) -> None:
        texts = list(self.buttons().values())
        if at >= len(texts):
            raise UsageError(f"there are {len(texts)} saved filters; :save-filter NAME makes one")
        current = self._filtering.current
        if current is not None and current.text == texts[at]:
            self._filtering.use("")  # the same again takes it away
        else:
            self._filtering.use(texts[at])

    def _ask_name(self) -> None:
        self.browser.ask("name of this filter", self.save)

    def save(self, name: str) -> None:
        """Keeps the filter that is applied under a name; raises UsageError."""
        name = name.strip()
        current = self._filtering.current
        if current is None or not current.text:
            raise UsageError("there is no filter to save; / begins one")
        if not name or not name.isprintable():
            raise UsageError("a saved filter needs a name")
        self.browser.application.state.name(name, current.text.replace("\n", " "))
        self.browser.shelf_changed()

    def forget(self, name: str) -> None:
        """Forgets a saved filter; raises UsageError."""
        state = self.browser.application.state
        if name not in state.named:
            there = ", ".join(state.named) or "none"
            raise UsageError(f"no filter of yours is called {name}; there are: {there}")
        state.name(name, None)
        self.browser.shelf_changed()
