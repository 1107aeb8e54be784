"""Whether rows pass a filter, asked of each kind of messages once where that is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...wire.errors import CaptureError

if TYPE_CHECKING:  # its grammar is read when the first filter is typed
    from ...filter import Filter
    from .capture_model import CaptureModel


class RowFilter:
    """A filter over the rows of a model; call it with a row.

    A message is read and tested only where its kind (`library.message_kinds`) does not decide.
    """

    def __init__(self, model: CaptureModel, found: Filter) -> None:
        self._model = model
        self._filter = found
        self._kinds = model.index.kinds
        self._verdicts: list[bool | None] = []  # by kind
        found.restart(model.time(0))

    def __call__(self, row: int) -> bool:
        """Whether a row passes."""
        verdict = self.verdict(row)
        if verdict is not None:
            return verdict
        message = self._model.message(row)
        return self._filter.matches(
            message, self._model.link(row) if self._filter.needs_link else None
        )

    def verdict(self, row: int) -> bool | None:
        """Whether a row passes, as far as its kind alone decides that; else None."""
        if row >= self._model.index.paired:
            return None
        kind = self._kinds.of[row]
        if kind >= len(self._verdicts):
            self._judge()
        return self._verdicts[kind]

    def _judge(self) -> None:
        """Asks the kinds that were not known before."""
        for first in self._kinds.first[len(self._verdicts) :]:
            try:
                self._verdicts.append(self._filter.verdict(self._model.message(first)))
            except CaptureError:
                self._verdicts.append(None)
