"""What a failure says: the nearest message, the paths that differ, what happened around it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Final

from ..engine.message import Message
from ..engine.payloads import size_of_secret
from ..pairing.codes import NOTIFICATION
from ..render.list_output import ListRenderer
from ..render.style import Style
from ..render.tree_output import TreeRenderer
from ..wire.text import safe
from ..wire.times import TimeFormatter
from .capture_index import CaptureView
from .matching import MISSING, UNEXPECTED, PathDifference, Seen, differences, exact, title, whole
from .verdict import NearMiss, Verdict

WIDTH: Final = 88
_AROUND: Final = 3  # messages before and after
_BYTES: Final = 24
_LONGEST: Final = 160
_MOST_LISTED: Final = 20
# Paths by which a message is about one kind of object and one of these.
_IDENTIFIES: Final = re.compile(
    r"(^|[.-])(kind|role|direction|name|ifname|index|ifindex|id|handle|dst|src|local|address)$"
)


def failure(view: CaptureView, expected: str, unwanted: bool, verdict: Verdict) -> str:
    """Why an expectation is not met; `expected` is it in words, `unwanted` says never."""
    if unwanted:
        out = [f"never expected {expected}; {_times(len(verdict.matches))} found"]
        return _shown(out + _listed(view, verdict.matches))
    found = _times(len(verdict.matches)) if verdict.matches else "none"
    out = [f"expected {expected}; {found} found"]
    if view.index.lost:
        out.append(f"{view.index.lost} datagrams were lost: the capture was too slow")
    if verdict.notified and not any(seen.role == NOTIFICATION for seen in view):
        out.append("there are no notifications at all: the kernel sends them only to sockets")
        out.append('that joined the group; netlink.capture(join=["link"]) is one that listens')
    if verdict.matches:
        out += _listed(view, verdict.matches)
    elif verdict.earlier:
        out += _too_early(view, verdict)
    elif verdict.near_misses:
        out += _nearest(view, verdict)
    elif verdict.not_requests:
        out.append("only a request has such an outcome; these, which fit, are none:")
        out += _listed(view, verdict.not_requests)
    elif verdict.elsewhere:
        out += _elsewhere(view, verdict.elsewhere)
    else:
        out += _others(view, verdict.start)
    return _shown(out)


def _shown(lines: list[str]) -> str:
    """The lines as pytest shows them, whatever the expectation itself is made of."""
    return "\n".join([safe(line) for line in lines])


def _times(count: int) -> str:
    return "one was" if count == 1 else f"{count} were"


def _too_early(view: CaptureView, verdict: Verdict) -> list[str]:
    """What would do, had it not come before what is expected before it."""
    lines = _ListLines(view)
    came, before = verdict.earlier[-1], view.index.seen(verdict.start - 1)
    if came.number == before.number:
        said = (
            f"message {came.number} is what the expectation before it found; no other came later:"
        )
        return [said, f"    {lines(came)}"]
    said = f"it came too early: message {came.number}, in order expected after {before.number}:"
    return [said, f"    {lines(came)}", f"    {lines(before)}"]


def _elsewhere(view: CaptureView, found: list[NearMiss]) -> list[str]:
    """Messages of other operations with the fields; else the one that has most of them."""
    whole = [miss.seen for miss in found if not miss.differences]
    if len(whole) > 1:
        return ["of other operations, these have the fields:", *_listed(view, whole)]
    nearest = min(found, key=_distance)
    what = "has the fields" if whole else "is nearest"
    return _described(view, nearest, f"of other operations, {nearest.seen.operation} {what},")


def _nearest(view: CaptureView, verdict: Verdict) -> list[str]:
    """The message that comes nearest, and what is wrong with it."""
    among = len(verdict.near_misses)
    nearest = min(verdict.near_misses, key=_distance)
    return _described(view, nearest, f"nearest{f' of {among}' if among > 1 else ''} is")


def _described(view: CaptureView, nearest: NearMiss, head: str) -> list[str]:
    seen = nearest.seen
    out = [f"{head} message {seen.number}:"]
    out += [f"  {safe(fault)}" for fault in nearest.faults]
    for difference in nearest.differences:
        out += [f"  {line}" for line in described(difference)]
    return [*out, *around(view, seen.number)]


def _distance(miss: NearMiss) -> tuple[float, float]:
    """How far a message is from what is expected: by kind and object, then by all else."""
    identity, far = 0.0, miss.far
    if miss.differences and not miss.faults:
        far += 1.0  # what came back was not even looked at
    for one in miss.differences:
        apart = _apart(one)
        asked = one.expected is not UNEXPECTED
        if asked and _IDENTIFIES.search(one.path.lower().replace("_", "-")):
            identity += apart
        far += apart
    return identity, far


def _apart(one: PathDifference) -> float:
    """How far two values are from each other, 0.5 to 1.5; those that look alike are nearer."""
    if one.found is MISSING:
        return 1.5
    return 1.0 - 0.5 * SequenceMatcher(None, one.wanted, repr(one.found)).ratio()


def _others(view: CaptureView, start: int) -> list[str]:
    """What there is when nothing has the operation."""
    messages = [seen for seen in view if seen.number > start]
    after = f" after message {start}" if start else ""
    if not messages:
        return [f"there are no messages{after}"]
    counts = Counter(title(seen.message) for seen in messages)
    said = ", ".join(f"{safe(name)} ({n})" for name, n in counts.most_common(12))
    out = [f"the messages{after} are {said}"]
    return out + (around(view, messages[0].number) if len(messages) <= 2 * _AROUND else [])


def _listed(view: CaptureView, matches: list[Seen]) -> list[str]:
    lines = _ListLines(view)
    out = [f"    {lines(seen)}" for seen in matches[:_MOST_LISTED]]
    more = len(matches) - len(out)
    roles = sorted({seen.role for seen in matches})
    if len(roles) > 1:
        out.append(f"  these are {' and '.join(roles)}: role={roles[-1]!r} keeps one of them")
    return out + ([f"    ... and {more} more"] if more > 0 else [])


def around(view: CaptureView, number: int) -> list[str]:
    """The messages around one, a line each."""
    places = view.places()
    at = next((i for i, place in enumerate(places) if place + 1 == number), 0)
    lines = _ListLines(view)
    out = ["around it:"]
    for place in places[max(at - _AROUND, 0) : at + _AROUND + 1]:
        mark = ">" if place + 1 == number else " "
        out.append(f"  {mark} {lines(view.index.seen(place))}")
    return out


def trees(view: CaptureView) -> Iterator[str]:
    """Messages as their line of the list and their tree, with an empty line after each."""
    renderer = TreeRenderer(_list_renderer(view, None), Style())
    return (renderer.message(seen.message, seen.link) for seen in view)


def _list_renderer(view: CaptureView, width: int | None) -> ListRenderer:
    """Renders the list without colours; times count from the first message."""
    clock = TimeFormatter("relative")
    index = view.index.index
    if len(index):
        clock.text(index.records.number[0], index.moment(0))
    return ListRenderer(Style(), clock, width)


class _ListLines:
    """Messages as lines of the list, cut to `WIDTH`."""

    def __init__(self, view: CaptureView) -> None:
        self._lines = _list_renderer(view, WIDTH)

    def __call__(self, seen: Seen) -> str:
        return self._lines.message(seen.message, seen.link).rstrip("\n")


# -- one difference ------------------------------------------------------------------------


def described(one: PathDifference) -> list[str]:
    """Path, what was expected and what is there, with its place and bytes."""
    path = safe(one.path)
    if one.found is MISSING:
        return [f"{path}: expected {_cut(one.wanted)}, is not there{one.hint}"]
    where = ""
    node = one.node
    if node is not None and node.field.secret:
        found = f"{size_of_secret(node.bytes)} at offset {node.offset}"
        if one.expected is UNEXPECTED:
            return [f"{path}: not expected, found {found}"]
        return [f"{path}: expected another value", f"    found {found}"]
    secret = node is not None and any(inner.field.secret for inner in node.walk())
    if node is not None and secret:
        where = f" at offset {node.offset}"
    elif node is not None:
        data = node.message.data[node.offset : node.end]
        dots = "..." if len(data) > _BYTES else ""
        where = f" at offset {node.offset}: {data[:_BYTES].hex(' ')}{dots}"
    if one.expected is UNEXPECTED:
        return [f"{path}: not expected, found {_value(one.found)}{where}"]
    return [f"{path}: expected {_cut(one.wanted)}", f"    found {_value(one.found)}{where}"]


def _value(value: Any) -> str:
    return _cut(repr(value))


def _cut(text: str) -> str:
    text = safe(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def compared(left: object, right: object) -> list[str] | None:
    """What pytest says of `message == {...}`; None when it is about something else."""
    seen, expected = (left, right) if isinstance(left, (Seen, Message)) else (right, left)
    if not isinstance(expected, Mapping):
        return None
    if isinstance(seen, Message):  # equals only all that it holds, headers too
        found = whole(seen, expected)
        head = safe(repr(seen))
    elif isinstance(seen, Seen):
        found = differences(seen, expected)
        head = repr(seen)
    else:
        return None
    kind = "exactly " if isinstance(expected, exact) or isinstance(seen, Message) else ""
    count = "1 path differs" if len(found) == 1 else f"{len(found)} paths differ"
    out = [f"{head} == {kind}{_value(dict(expected))}: {count}"]
    for difference in found:
        out += described(difference)
    return out
