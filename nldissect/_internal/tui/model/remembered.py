"""How captures were looked at: what the next time begins with, for each file and for new ones.

It is a JSON file in the user's state folder. What in it does not fit is left out, one key at a
time, so that a damaged or newer file never stands in the way.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from ...wire.output_file import write_file
from .capture_model import CaptureModel
from .layout import LayoutChoices
from .list_columns import FORMATS, column

FILES: Final = 200  # files of which it is known how they were looked at
MOST_COLUMNS: Final = 40
WIDEST: Final = 200  # cells of a column
USUAL: Final = ""  # the name that stands for files that were not opened before


def looks(model: CaptureModel, choices: LayoutChoices, filter_text: str) -> dict[str, Any]:
    """How a capture is looked at now, as plain values."""
    return {
        "layout": asdict(replace(choices, zoom="")),
        "columns": [one.name for one in model.columns],
        "widths": dict(model.widths),
        "time": model.times.form,
        "constants": model.constants_in_tree,
        "fold": model.folded,
        "profile": model.profile,
        "filter": filter_text,
        "marks": dict(model.marks),
        "first": model.time(0),
    }


def take_up(found: dict[str, Any], model: CaptureModel) -> None:
    """Gives a capture the columns, their widths, times, names and folding of another time."""
    names = found.get("columns")
    if isinstance(names, list) and names:
        model.columns = [column(str(name)) for name in names[:MOST_COLUMNS]]
    widths = found.get("widths")
    if isinstance(widths, dict):
        model.widths = {
            str(name): size
            for name, size in widths.items()
            if isinstance(size, int) and 0 < size <= WIDEST
        }
    if found.get("time") in FORMATS:
        model.times.form = found["time"]
    model.constants_in_tree = bool(found.get("constants", model.constants_in_tree))
    model.folded = bool(found.get("fold", model.folded))


def choices(found: dict[str, Any], usual: LayoutChoices) -> LayoutChoices:
    """The layout of another time."""
    table = found.get("layout")
    changes: dict[str, Any] = {}
    for name, value in table.items() if isinstance(table, dict) else ():
        before = getattr(usual, name, None)
        wanted = (bool, type(None)) if name == "side" else type(before)
        if name != "zoom" and hasattr(usual, name) and isinstance(value, wanted):
            changes[name] = value
    return replace(usual, **changes)


def marks(found: dict[str, Any], model: CaptureModel) -> dict[str, int]:
    """The marks of another time, if the file still begins as it did then."""
    table = found.get("marks")
    if not isinstance(table, dict) or found.get("first") != model.time(0):
        return {}
    return {
        str(letter)[:1]: row
        for letter, row in table.items()
        if letter and isinstance(row, int) and row >= 0
    }


class Remembered:
    """What was kept of earlier times; `path` None keeps nothing.

    `settings` tells in any words what the settings are: what was remembered for new files under
    others does not count, so that a change of the settings is seen.
    """

    def __init__(self, path: Path | None, settings: str = "") -> None:
        self._path = path
        self._settings = settings
        self._files: dict[str, dict[str, Any]] = {}
        with suppress(OSError, ValueError, AttributeError):
            table = {} if path is None else json.loads(path.read_text("utf-8"))
            for name, found in table.items():
                if isinstance(found, dict):
                    self._files[name] = found

    def of(self, path: str) -> dict[str, Any]:
        """How this file was looked at, else how the last one was."""
        found = self._files.get(path)
        if found is not None:
            return found
        usual = self._files.get(USUAL, {})
        return {
            name: value
            for name, value in (usual if usual.get("settings") == self._settings else {}).items()
            if name not in ("marks", "filter", "first")
        }

    def keep(self, path: str, found: dict[str, Any]) -> None:
        """Notes how a file was looked at; `path` "" for what is no file of the user's."""
        for name in (USUAL, path) if path else (USUAL,):
            self._files.pop(name, None)
            self._files[name] = {**found, "settings": self._settings}
        while len(self._files) > FILES:
            del self._files[next(name for name in self._files if name != USUAL)]

    def save(self) -> None:
        """Writes it down; what cannot be written is forgotten."""
        if self._path is None:
            return
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            text = json.dumps(self._files, ensure_ascii=True, indent=1)
            write_file(str(self._path), text.encode(), given=False)
