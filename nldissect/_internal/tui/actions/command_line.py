"""Commands by name: the `:` line and the palette."""

from __future__ import annotations

from ...wire.errors import UsageError
from ..model.keymap import Pressed, shown
from ..panes.popup import Report, ReportLine
from .context import BrowserContext
from .controller import Action, Controller, plain
from .display import Display
from .exports import Exports
from .filtering import Filtering

# Commands that take something; the others are the actions of the keymap.
WORDS = {
    "filter": "TEXT", "column": "PATH", "theme": "NAME", "decode-as": "NUMBER=DISSECTOR",
    "save": "FILE", "open": "FILE", "follow": "socket | transaction | object",
}  # fmt: skip
FOLLOWED = {
    "socket": "follow-socket", "transaction": "follow-transaction", "object": "timeline",
}  # fmt: skip


class CommandLine(Controller):
    """Keys of the group App."""

    def __init__(
        self, browser: BrowserContext, filtering: Filtering, exports: Exports, display: Display
    ) -> None:
        super().__init__(browser)
        self._filtering, self._exports, self._display = filtering, exports, display

    def actions(self) -> dict[str, Action]:
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
        self.browser.ask(":", self.run, choices=sorted({*names, *WORDS}))

    def run(self, text: str) -> None:
        """Runs a command as it was typed; raises UsageError."""
        name, _, rest = text.strip().partition(" ")
        rest = rest.strip()
        browser = self.browser
        if not name:
            return
        if name.isdigit():
            browser.row_cursor.go(int(name) - 1)
        elif name == "filter" and rest:
            self._filtering.use(rest)
        elif name == "column" and rest:
            self._display.column(rest)
        elif name == "theme":
            browser.application.use_theme(rest)
        elif name == "decode-as" and rest:
            browser.application.decode_as(rest)
        elif name == "follow" and rest in FOLLOWED:
            browser.do(Pressed(FOLLOWED[rest], None, ""))
        elif name in ("save", "w") and rest:
            self._exports.save(rest)
        elif name == "open" and rest:
            browser.application.open(rest)
        elif name in ("q", "quit"):
            browser.application.leave()
        elif any(key.action == name for key in browser.keymap.keys):
            if rest:
                raise UsageError(f":{name} takes nothing after it")
            browser.do(Pressed(name, None, ""))
        else:
            raise UsageError(f":{name} is no command; Tab completes, ? lists all")

    def _show_palette(self) -> None:
        application = self.browser.application
        entries = [
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
        entries += [
            ReportLine([(f" theme {name}", "plain")], f"theme {name}")
            for name in sorted(self.browser.app.available_themes)
        ]
        entries += [
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

        self.browser.pop_up(Report("Commands", entries, typing=True), chosen)
