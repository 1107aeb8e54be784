"""The state of a host at a moment of a capture, for programs and for `nldissect state`."""

from __future__ import annotations

from typing import Any

from ..analysis.network_state import NetworkState
from ..filter.literals import duration, moment
from ..render.state_document import document
from ..wire.errors import UsageError
from .index import Index

_EPOCH_DIGITS = 9  # from as many on a number is a time


def until(at: int | str | None, what: str = "at") -> NetworkState:
    """A state to be filled up to a moment: after a message of this number, at a time, so long after
    the first message ("2.5s"); None: at the end. Raises UsageError, which names `what`."""
    if at is None:
        return NetworkState()
    text = str(at)
    if text.isascii() and text.isdigit() and len(text) < _EPOCH_DIGITS:
        if int(text) < 1:
            raise UsageError(f"{what}: messages are counted from 1")
        return NetworkState(int(text))
    time = moment(text)
    if time is not None:
        return NetworkState(until=time)
    span = duration(text)
    if span is None or span < 0:
        hint = 'a message number, a time ("2026-11-21 13:00:05.2") or a span from the start (2.5s)'
        raise UsageError(f"{what}: {text!r} is no moment; give {hint}")
    return NetworkState(after=span)


def state(index: Index, at: int | str | None) -> dict[str, Any]:
    """The document of a capture at a moment; raises UsageError and CaptureError."""
    found = until(at)
    index.extend()
    for place in range(len(index)):
        link = index.link(place)
        if link is None or not found.take(index.message(place), link):
            break
    if index.failure is not None:
        raise index.failure
    return document(found, index.path)
