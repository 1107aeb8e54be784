"""Where in a capture errors and unanswered requests are, and how many, for the map at the list."""

from __future__ import annotations

from itertools import zip_longest
from time import process_time
from typing import Final

from ...pairing.codes import ROLE_REQUEST, STATE_OPEN, STATE_UNANSWERED
from ...wire.errors import CaptureError
from ...wire.framing import NLMSG_OVERRUN
from .capture_model import CaptureModel

_MOST: Final = 2048  # slices that a capture is divided into; from half as many on
_STRIDE: Final = 256  # rows between looks at the clock
_PENDING: Final = (0, STATE_OPEN)


class CaptureMap:
    """Errors and unanswered requests of each slice of `span` rows: the first, and how many.

    Made of the columns of pairing and of one message of each kind, never of all messages.
    `version` is another number once anything has changed.
    """

    def __init__(self, model: CaptureModel) -> None:
        self.version = 0
        self.span = 1
        self._model = model
        self._errors = _Slices()
        self._unanswered = _Slices()
        self._row = 0  # the next one to be looked at
        self._failed: list[bool] = []  # by kind
        self._open: list[int] = []  # rows of requests that may be answered yet

    def error(self, start: int, stop: int) -> int:
        """The first error in the rows from `start` to `stop`, -1 for none."""
        return self._first(self._errors.first, start, stop)

    def errors(self, start: int, stop: int) -> int:
        """How many errors are in the slices that begin in the rows from `start` to `stop`."""
        return sum(self._errors.count[-(-start // self.span) : -(-stop // self.span)])

    def unanswered(self, start: int, stop: int) -> int:
        """The first unanswered request in the rows from `start` to `stop`, -1 for none."""
        return self._first(self._unanswered.first, start, stop)

    def _first(self, slices: list[int], start: int, stop: int) -> int:
        seen = slices[start // self.span : (stop - 1) // self.span + 1]
        return next((row for row in seen if start <= row < stop), -1)

    def step(self, seconds: float) -> bool:
        """Takes in what was paired for about so much CPU time; whether nothing is left for now."""
        index = self._model.index
        if self._row == index.paired and not (self._open and index.complete):
            return True
        end = process_time() + seconds
        while self._row < index.paired:
            self._take(min(self._row + _STRIDE, index.paired))
            if process_time() >= end:
                return False
        self._settle()
        if index.complete:
            self._open.clear()
        return True

    def _take(self, stop: int) -> None:
        """Takes in the rows up to `stop`."""
        index = self._model.index
        role, kinds, failed = index.links.role, index.kinds, self._failed
        while len(failed) < len(kinds.first):
            failed.append(self._refused(kinds.first[len(failed)]))
        of = kinds.of
        for row in range(self._row, stop):
            if failed[of[row]]:
                self._note(row, self._errors)
            if role[row + 1] == ROLE_REQUEST:
                self._open.append(row)
        self._row = stop
        if len(self._open) > _MOST:
            self._settle()

    def _refused(self, first: int) -> bool:
        """Whether messages of the kind that this row is the first of tell of an error."""
        try:
            message = self._model.message(first)
        except (CaptureError, OSError):
            return False
        return message.type == NLMSG_OVERRUN or bool((message.error or 0) < 0)

    def _settle(self) -> None:
        """Takes in which requests were not answered; few are open at a time."""
        state = self._model.index.links.state
        left = []
        for row in self._open:
            if state[row + 1] in _PENDING:
                left.append(row)
            elif state[row + 1] == STATE_UNANSWERED:
                self._note(row, self._unanswered)
        self._open = left

    def _note(self, row: int, slices: _Slices) -> None:
        """Something happened at a row; slices become twice as long where there are too many."""
        while row >= _MOST * self.span:
            self.span *= 2
            self._errors.halve()
            self._unanswered.halve()
        slices.note(row, row // self.span)
        self.version += 1


class _Slices:
    """By slice: the first row where something happened, -1 for none, and how often it did."""

    def __init__(self) -> None:
        self.first: list[int] = []
        self.count: list[int] = []

    def note(self, row: int, place: int) -> None:
        """It happened at a row of the slice."""
        more = place + 1 - len(self.first)
        self.first += [-1] * more
        self.count += [0] * more
        self.count[place] += 1
        if self.first[place] < 0 or row < self.first[place]:
            self.first[place] = row

    def halve(self) -> None:
        """Two slices become one."""
        pairs = zip_longest(self.first[::2], self.first[1::2], fillvalue=-1)
        self.first = [one if one >= 0 else other for one, other in pairs]
        self.count = [sum(self.count[at : at + 2]) for at in range(0, len(self.count), 2)]
