"""TableRows of the table `fields`: what the place of an attribute in its dissector says of it."""

from __future__ import annotations

from typing import Any, Final, final

from mypy_extensions import i64

from . import schemas
from .columns import CodeCache, Column, plain

LIMIT: Final = 1 << 16  # rows that wait


@final
class FieldRows:
    """The fields that attributes are of, each with a number; `columns` by their names.

    A number is the place of the row here, counted from where the capture was opened. Captures are
    not opened where the columns stand among those of the attributes, who take them by the numbers.
    """

    def __init__(self) -> None:
        self.table = schemas.FIELDS
        self.lists: dict[str, list[Any]] = {name: [] for name in schemas.STORED[self.table]}
        self.columns: dict[str, Column] = dict(self.lists)
        self.count: i64 = 0
        self.size = 0
        self._begin: i64 = 0  # the place of number 0
        self._capture, self._host = "", ""
        self.near = CodeCache()  # numbers by what an entry of the tape is, and above it
        self._numbers: dict[tuple[object, ...], int] = {}

    def open(self, capture: str, host: str) -> None:
        """The fields of another capture come."""
        self._capture, self._host = capture, host
        self._begin = self.count
        self._forget()

    def number(
        self, above: i64, name: str, constant: str | None, number: int, kind: str, guess: bool
    ) -> i64:
        """The number of a field below another one, or none (-1)."""
        key = (int(above), name, constant, number, kind, guess)
        found = self._numbers.get(key)
        if found is not None:
            return found
        made = self._numbers[key] = int(self.count - self._begin)
        name = plain(name)
        path, depth = name, 0
        if above >= 0:
            outer = above + self._begin
            path = f"{self.lists['path'][outer]}.{name}"
            depth = self.lists["depth"][outer] + 1
        row: dict[str, Any] = {
            "capture": self._capture,
            schemas.HOST: self._host,
            schemas.FIELD: made,
            "depth": depth,
            "path": path,
            "name": name,
            "constant": None if constant is None else plain(constant),
            "type": number if number >= 0 else None,
            "kind": plain(kind),
            "guess": guess,
        }
        for word, value in row.items():
            self.lists[word].append(value)
        self.count += 1
        return made

    def begin(self, forgets: bool) -> None:
        """The rows are written, others come."""
        self._begin -= self.count
        self.count = 0
        for column in self.lists.values():
            column.clear()
        self._forget()

    def restart(self) -> None:
        """No number is used any longer: they count from 0."""
        self.begin(True)
        self._begin = 0

    def _forget(self) -> None:
        self._numbers.clear()
        self.near.clear()
