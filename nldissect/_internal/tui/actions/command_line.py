"""Commands by name: the `:` line and the palette."""

from __future__ import annotations

from collections.abc import Callable

from ...wire.errors import UsageError
from ..model.keymap import Pressed, shown
from ..model.report_line import ReportLine
from ..panes.popup import Report
from .context import BrowserContext
from .controller import Action, Controller, plain
from .display import Display
from .exports import Exports
from .filtering import Filtering

# What `:follow` follows, to the action that does it.
FOLLOWED = {
    "socket": "follow-socket", "transaction": "follow-transaction", "object": "timeline",
}  # fmt: skip


class CommandLine(Controller):
    """Keys of the group App."""

    def __init__(
        self, browser: BrowserContext, filtering: Filtering, exports: Exports, display: Display
    ) -> None:
        super().__init__(browser)
        application = browser.application
        # Commands that take something; all others are the actions of the keymap.
        self._commands: dict[str, Callable[[str], None]] = {
            "column": display.column,
            "decode-as": application.decode_as,
            "filter": filtering.use,
            "follow": self._follow,
            "open": application.open,
            "save": exports.save,
            "theme": application.use_theme,
            "w": exports.save,
        }

    def actions(self) -> dict[str, Action]:
        """The group App: commands, files, the end."""
        application = self.browser.application
        return {
            "command": plain(self._ask_command),
            "palette": plain(self._show_palette),
            "next-file": lambda n, _: application.show_next(1),
            "previous-file": lambda n, _: application.show_next(-1),
            "suspend": lambda n, _: self.browser.app.action_suspend_process(),
            "back": plain(self._back),
            "quit": plain(application.leave),
        }

    def _back(self) -> None:
        if not self.browser.arrangement.back():
            self.browser.application.leave()

    def _ask_command(self) -> None:
        names = [key.action for key in self.browser.keymap.keys]
        self.browser.ask(":", self.run, choices=sorted({*names, *self._commands}))

    def run(self, text: str) -> None:
        """Runs a command as it was typed; raises UsageError."""
        name, _, rest = text.strip().partition(" ")
        rest = rest.strip()
        command = self._commands.get(name)
        if not name:
            return
        if name.isdigit():
            self.browser.row_cursor.go(int(name) - 1)
        elif command is not None and (rest or name == "theme"):
            command(rest)
        elif name == "q":
            self.browser.application.leave()
        elif any(key.action == name for key in self.browser.keymap.keys):
            if rest:
                raise UsageError(f":{name} takes nothing after it")
            self.browser.do(Pressed(name, None, ""))
        else:
            raise UsageError(f":{name} is no command; Tab completes, ? lists all")

    def _follow(self, what: str) -> None:
        if what not in FOLLOWED:
            raise UsageError(f":follow {what}: what can be followed is {', '.join(FOLLOWED)}")
        self.browser.do(Pressed(FOLLOWED[what], None, ""))

    def _show_palette(self) -> None:
        """Every action, theme and open file as a list that typing narrows down."""
        application = self.browser.application
        lines = [
            ReportLine(
                [
                    (f" {key.help:<58}", "plain"),
                    ("  ".join(shown(one) for one in key.keys), "name"),
                ],
                key.action,
            )
            for key in self.browser.keymap.keys
            if not any(one.endswith("*") and " " in one for one in key.keys)
        ]
        lines += [
            ReportLine([(f" theme {name}", "plain")], f"theme {name}")
            for name in sorted(self.browser.app.available_themes)
        ]
        lines += [
            ReportLine([(f" file {number}: {model.name}", "plain")], f"file {number}")
            for number, model in enumerate(application.models, 1)
            if len(application.models) > 1
        ]

        def chosen(value: object) -> None:
            if not isinstance(value, str):
                return
            name, _, rest = value.partition(" ")
            if name == "file":
                application.show(int(rest) - 1)
            else:
                self.browser.attempt(lambda: self.run(value))

        self.browser.pop_up(Report("Commands", lines, typing=True), chosen)
