"""Settings, those at the top of config.toml, and what is remembered of earlier times.

docs/tui.md describes every setting. What is wrong in the file is said in one line.
"""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ...wire import config_file
from ...wire.caller import acting_for_another, own_folder
from ...wire.errors import UsageError
from ...wire.output_file import write_file
from .colour_rules import GLYPHS
from .keymap import Keymap
from .list_columns import COLUMNS, FORMATS, column
from .profiles import SHIPPED, USUAL, Profile
from .remembered import Remembered

COLOURS: Final = ("red", "green", "yellow", "blue", "magenta", "cyan", "dim", "error", "warning",
                  "good", "notification", "plain")  # fmt: skip
KEPT: Final = {"filters": 100, "files": 20, "commands": 20, "saved": 100}


class Settings:
    """What the file says, each with its default; `problem` names what cannot be.

    `theme` is one of textual's, `time` one of `list_columns.FORMATS`, `names` (of the tree)
    `c` or `spec`, `columns` names of columns and paths of fields, `fold` whether copies
    are one row, `side` whether panes stand side by side (None: as the width allows).
    `profiles` are those there are by name, `profile` the one to begin with.
    `rules` are (filter, glyph, colour), `glyphs` replace those of `colour_rules.GLYPHS`.
    """

    def __init__(self, table: Mapping[str, Any] | None = None, where: str = "config.toml") -> None:
        self._where = where
        table = dict(table or {})
        self.theme = self._one(table, "theme", str, "")
        self.time = self._among(table, "time", FORMATS)
        self.names = self._among(table, "names", ("c", "spec"))
        self.fold = self._one(table, "fold", bool, True)
        layout = self._among(table, "layout", ("auto", "side", "stacked"))
        self.side = {"auto": None, "side": True, "stacked": False}[layout]
        names = self._one(table, "columns", list, [column.name for column in COLUMNS])
        self.columns = [column(str(name)) for name in names]
        self.keys = self._one(table, "keys", dict, {})
        try:
            Keymap(self.keys)
        except UsageError as problem:
            raise UsageError(f"{where}: {problem}") from None
        self.glyphs: dict[str, str] = {}
        for kind, glyph in self._one(table, "glyphs", dict, {}).items():
            if kind not in GLYPHS or not isinstance(glyph, str) or len(glyph) != 1:
                raise self.wrong(f"glyphs.{kind}", f"one character for one of {', '.join(GLYPHS)}")
            self.glyphs[kind] = glyph
        self.rules: list[tuple[str, str, str]] = []
        for number, rule in enumerate(self._one(table, "rules", list, []), 1):
            self.rules.append(self._rule(rule, f"rules, number {number}"))
        self.profiles = dict(SHIPPED)
        for name, found in self._one(table, "profiles", dict, {}).items():
            self.profiles[str(name)] = self._profile(f"profiles.{name}", found)
        self.profile = self._among(table, "profile", tuple(dict.fromkeys((USUAL, *self.profiles))))
        if table:
            raise self.wrong(next(iter(table)), "no such setting; docs/tui.md lists them")

    def wrong(self, key: str, text: str) -> UsageError:
        """What is wrong with a setting."""
        return UsageError(f"{self._where}: {key}: {text}")

    def _one(
        self, table: dict[str, Any], key: str, kind: type, default: Any, within: str = ""
    ) -> Any:
        value = table.pop(key, default)
        if not isinstance(value, kind):
            words = {str: "text in quotes", bool: "true or false", list: "a list", dict: "a table"}
            raise self.wrong(f"{within}{key}", f"{value!r} is not {words[kind]}")
        return value

    def _among(self, table: dict[str, Any], key: str, choices: tuple[str, ...]) -> str:
        value = table.pop(key, choices[0])
        if value not in choices:
            raise self.wrong(key, f"{value!r} is none of {', '.join(choices)}")
        return str(value)

    def _profile(self, where: str, found: Any) -> Profile:
        if not isinstance(found, dict):
            raise self.wrong(where, "a profile is a table")
        table = dict(found)
        columns = [str(name) for name in self._one(table, "columns", list, [], f"{where}.")]
        rules = [
            self._rule(rule, f"{where}.rules, number {number}")
            for number, rule in enumerate(self._one(table, "rules", list, [], f"{where}."), 1)
        ]
        filters = self._one(table, "filters", dict, {}, f"{where}.")
        if not all(isinstance(text, str) for text in filters.values()):
            raise self.wrong(f"{where}.filters", "names, each with a filter in quotes")
        about = self._one(table, "help", str, "of the settings", f"{where}.")
        if table:
            raise self.wrong(
                f"{where}.{next(iter(table))}", "no such setting; docs/tui.md lists them"
            )
        return Profile(about, tuple(columns), tuple(rules), tuple(filters.items()))

    def _rule(self, rule: Any, where: str) -> tuple[str, str, str]:
        if not isinstance(rule, dict) or not isinstance(rule.get("filter"), str):
            raise self.wrong(where, "a rule needs a filter")
        colour, glyph = rule.get("colour", rule.get("color", "plain")), rule.get("glyph", "")
        if colour not in COLOURS:
            raise self.wrong(where, f"colour {colour!r} is none of {', '.join(COLOURS)}")
        if not isinstance(glyph, str) or len(glyph) > 1:
            raise self.wrong(where, f"glyph {glyph!r} is not one character")
        return rule["filter"], glyph, colour


def load(path: str | None = None, others: Container[str] = ()) -> Settings:
    """The settings of the file, beside what it has for `others`; defaults where there is none.

    Raises UsageError.
    """
    table, where = config_file.load(path)
    return Settings({key: table[key] for key in table if key not in others}, where)


class State:
    """Filters, files, commands of earlier times, the newest last; `folder` None keeps none.

    `saved` are lines of filters with a name (see `named`), `views` how captures were looked at.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.filters = self._read("filters")
        self.files = self._read("files")
        self.commands = self._read("commands")
        self.saved = self._read("saved")
        self.views = Remembered(None if folder is None else folder / "views.json")

    @classmethod
    def default(cls) -> State:
        """That of this user."""
        folder = Path(config_file.folder("XDG_STATE_HOME", ".local/state"))
        if acting_for_another() and not own_folder(str(folder)):
            return cls()
        return cls(folder)

    def _read(self, name: str) -> list[str]:
        if self.folder is None:
            return []
        try:
            text = (self.folder / name).read_text("utf-8", "replace")
        except OSError:
            return []
        return [line for line in text.split("\n") if line][-KEPT[name] :]

    @property
    def named(self) -> dict[str, str]:
        """The saved filters by name."""
        lines = (line.partition("\t") for line in self.saved)
        return {name: text for name, tab, text in lines if tab}

    def name(self, name: str, text: str | None) -> None:
        """Saves a filter under a name; None forgets it."""
        named = {**self.named, name: text}
        self.saved = [f"{one}\t{said}" for one, said in named.items() if said is not None]
        self.save()

    def opened(self, path: str) -> None:
        """Notes that a file was opened."""
        path = os.path.abspath(path)
        if "\n" not in path:
            self.files = [*(file for file in self.files if file != path), path]
            self.save()

    def ran(self, command: str) -> None:
        """Notes that a command was given by its name."""
        self.commands = [*(one for one in self.commands if one != command), command]

    def save(self) -> None:
        """Writes it down; what cannot be written is forgotten."""
        if self.folder is None:
            return
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, most in KEPT.items():
                text = "".join(f"{line}\n" for line in getattr(self, name)[-most:])
                write_file(str(self.folder / name), text.encode("utf-8", "replace"), given=False)
        self.views.save()
