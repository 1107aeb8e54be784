"""Commands by name: the `:` line and the palette."""

from __future__ import annotations

from collections.abc import Callable

from ...wire.errors import UsageError
from ...wire.text import safe
from ..model.keymap import ANY, DIGIT, Pressed, shown
from ..model.parts import wide
from ..model.report_line import ReportLine
from ..panes.popup import Report
from .context import BrowserContext
from .controller import Action, Controller, plain
from .display import Display
from .exports import Exports
from .filtering import Filtering
from .profile_control import ProfileControl

RECENT = 6  # commands in front of all

# Names that termshark and vi have for commands.
OTHER_NAMES = {
    "e": "open", "load": "open", "capinfo": "statistics", "convs": "statistics",
    "clear-filter": "filter-toggle", "w": "save", "write": "save",
}  # fmt: skip

# What `:follow` follows, to the action that does it.
FOLLOWED = {
    "socket": "follow-socket", "transaction": "follow-transaction", "object": "timeline",
}  # fmt: skip


class CommandLine(Controller):
    """Keys of the group App."""

    def __init__(
        self,
        browser: BrowserContext,
        filtering: Filtering,
        exports: Exports,
        display: Display,
        profiles: ProfileControl,
    ) -> None:
        super().__init__(browser)
        application = browser.application
        # Commands that take something; all others are the actions of the keymap.
        self._commands: dict[str, Callable[[str], None]] = {
            "column": display.column,
            "decode-as": application.decode_as,
            "filter": filtering.use,
            "follow": self._follow,
            "forget-filter": profiles.forget,
            "open": application.open,
            "profile": profiles.use,
            "save": exports.save,
            "save-filter": profiles.save,
            "sort": display.sort,
            "theme": application.use_theme,
            "width": display.width,
        }

    def actions(self) -> dict[str, Action]:
        """The group App: commands, files, the end."""
        application = self.browser.application
        return {
            "command": plain(self._ask_command),
            "palette": plain(self._show_palette),
            "open-file": plain(self._ask_file),
            "reload": plain(application.reload),
            "redraw": plain(self._redraw),
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

    def _redraw(self) -> None:
        self.browser.app.refresh(layout=True)

    def _ask_file(self) -> None:
        self.browser.ask("open", lambda path: self.browser.application.open(path.strip()))

    def run(self, text: str) -> None:
        """Runs a command as it was typed; raises UsageError."""
        self._run(text.strip())
        if text.strip() in self._palette():
            self.browser.application.state.ran(text.strip())

    def _run(self, text: str) -> None:
        name, _, rest = text.partition(" ")
        name, rest = OTHER_NAMES.get(name, name), rest.strip()
        command = self._commands.get(name)
        if not name:
            return
        if name.isdigit():
            self.browser.row_cursor.go_to(int(name))
        elif command is not None and (rest or name == "theme"):
            command(rest)
        elif name == "q":
            self.browser.application.leave()
        elif name == "q!":
            self.browser.application.lost(gone=False)
        elif any(key.action == name for key in self.browser.keymap.keys):
            if rest:
                raise UsageError(f":{name} takes nothing after it")
            self.browser.do(Pressed(name, None, ""))
        elif command is not None:
            raise UsageError(f":{name} takes something after it")
        else:
            raise UsageError(f":{name} is no command; Tab completes, ? lists all")

    def _follow(self, what: str) -> None:
        if what not in FOLLOWED:
            raise UsageError(f":follow {what}: what can be followed is {', '.join(FOLLOWED)}")
        self.browser.do(Pressed(FOLLOWED[what], None, ""))

    def _show_palette(self) -> None:
        """Every action, theme and open file as a list that typing narrows down."""
        application = self.browser.application
        found = self._palette()
        recent = [name for name in reversed(application.state.commands) if name in found][:RECENT]
        rest = [name for name in found if name not in recent]
        sizes = [max(len(texts[at]) for texts in found.values()) for at in (0, 1)]
        lines: list[ReportLine] = []
        for heading, names in (("Recent", recent), ("All others" if recent else "All", rest)):
            if names:
                lines.append(ReportLine([(f" {heading}", "dim")]))
            for name in names:
                keys, called, does = found[name]
                parts = [
                    (f" {wide(keys, sizes[0], True)}", "heading"),
                    (f"  {wide(called, sizes[1])}", "name"),
                    (f"  {does}", "plain"),
                ]
                lines.append(ReportLine(parts, name))

        def chosen(value: object) -> None:
            if isinstance(value, str):
                self.browser.attempt(lambda: self._choose(value))

        self.browser.pop_up(Report("Commands", lines, typing=True), chosen)

    def _palette(self) -> dict[str, tuple[str, str, str]]:
        """What can be chosen, to its keys, its name and what it does."""
        application = self.browser.application
        out = {
            key.action: (shown(key.keys[0]) if key.keys else "", key.action, key.help)
            for key in self.browser.keymap.keys
            if not any(one.endswith((f" {ANY}", f" {DIGIT}")) for one in key.keys)
        }
        for name in sorted(self.browser.app.available_themes):
            out[f"theme {name}"] = ("", "theme", name)
        if len(application.models) > 1:
            for number, model in enumerate(application.models, 1):
                out[f"file {number}"] = ("", "file", f"{number}: {safe(model.name)}")
        return out

    def _choose(self, command: str) -> None:
        """Does what was chosen in the palette."""
        name, _, rest = command.partition(" ")
        if name == "file":
            self.browser.application.show(int(rest) - 1)
            return
        self.run(command)
