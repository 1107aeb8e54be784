"""The numbers that messages of one capture are known by, and where they stand in it.

A serial counts everything that a capture holds, from 1. Numbers count apart what the recording
program asked for itself and what it was answered (priming): all other messages from 1, these
from OWN + 1. So a message has the same number whether priming is in the capture, shown, or neither.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Final, final

from mypy_extensions import i64

OWN: Final = 1_000_000_000  # more than captures have messages


@final
class MessageNumbers:
    """Numbers by serial and the other way round; 0 stands for none in both."""

    __slots__ = ("_own",)

    def __init__(self) -> None:
        self._own = array("q")  # the serials of the recording program's own messages, in order

    def __len__(self) -> int:
        """How many are the recording program's own."""
        return len(self._own)

    def note_own(self, serial: i64) -> None:
        """The message of this serial is the recording program's own; later ones come later."""
        if serial > (self._own[-1] if self._own else 0):
            self._own.append(serial)

    def number(self, serial: i64) -> i64:
        """The number of the message of this serial."""
        own = self._own
        if not own:
            return serial
        if serial > own[-1]:
            return serial - len(own)
        before = bisect_left(own, serial)
        return OWN + before + 1 if own[before] == serial else serial - before

    def serial(self, number: i64) -> i64:
        """The serial of the message of this number; beyond the last one for a number of none."""
        own = self._own
        if not own:
            return number
        if number > OWN:
            at = number - OWN - 1
            return own[at] if at < len(own) else number
        if number + len(own) > own[-1]:
            return number + len(own)
        others = range(len(own))  # at i: how many of the others came before own[i]
        return number + bisect_left(others, number, key=lambda i: own[i] - 1 - i)
