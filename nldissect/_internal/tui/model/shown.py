"""What of a capture is shown: by a filter or for another reason, in tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...library.index_filter import IndexFilter
from .capture_model import CaptureModel, View

if TYPE_CHECKING:  # its grammar is read when the first filter is typed
    from ...filter import Filter

MOST_TABS: Final = 9


@dataclass
class Shown:
    """The rows that pass `test`, in words (`label`) and as a filter (`text`, "" where it is none).

    `paired`: only what pairing has been through can be tested. `view` has what was found when
    something else was shown last.
    """

    label: str
    test: Callable[[int], bool]
    paired: bool = False
    text: str = ""
    view: View | None = None

    @classmethod
    def by(cls, model: CaptureModel, found: Filter) -> Shown:
        """What a filter shows."""
        return cls(found.text, IndexFilter(model.index, found), found.needs_link, found.text)


@dataclass
class Tab:
    """A tab: what it shows (None: everything), what was turned off, the cursor's row (-1: any)."""

    shown: Shown | None = None
    parked: Shown | None = None
    row: int = -1

    @property
    def label(self) -> str:
        """What it shows, in words."""
        return "all" if self.shown is None else self.shown.label
