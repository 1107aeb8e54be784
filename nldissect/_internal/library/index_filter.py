"""Which messages of an index pass a filter, asked of each kind once where that is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..wire.errors import CaptureError

if TYPE_CHECKING:  # its grammar is read when the first filter is used
    from ..filter import Filter
    from .index import Index


class IndexFilter:
    """A filter over the places of an index; call it with one.

    A message is read and tested only where its kind (`message_kinds`) does not decide.
    """

    def __init__(self, index: Index, found: Filter) -> None:
        self.filter = found
        self._index = index
        self._verdicts: list[bool | None] = []  # by kind
        self._begun = False

    def __call__(self, place: int) -> bool:
        """Whether the message passes; raises CaptureError when the file is not what it was."""
        verdict = self.verdict(place)
        if verdict is not None:
            return verdict
        if not self._begun:  # times count from the first message, which may not be asked for
            self._begun = True
            self.filter.restart(self._index.moment(0))
        link = self._index.link(place) if self.filter.needs_link else None
        return self.filter.matches(self._index.message(place), link)

    def verdict(self, place: int) -> bool | None:
        """Whether it passes, as far as its kind alone decides that; else None."""
        if place >= self._index.paired:
            return None
        kind = self._index.kinds.of[place]
        if kind >= len(self._verdicts):
            self._judge()
        return self._verdicts[kind]

    def _judge(self) -> None:
        """Asks the kinds that were not known before."""
        for first in self._index.kinds.first[len(self._verdicts) :]:
            try:
                self._verdicts.append(self.filter.verdict(self._index.message(first)))
            except CaptureError:
                self._verdicts.append(None)
