"""Two captures compared by meaning: by exchanges in order, or by the objects they show.

Exchanges (`exchange_log`): equal requests are aligned (difflib); between those, requests of
the same operation that have at least half of their attributes alike are one that changed.
Parts of a dump are compared by what they tell of, whatever their order.

Objects (`object_states`): what the kernel says last of each, by NEW and DEL messages.

Values are those of `flattener`, which leaves out what differs from run to run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from ..wire.text import safe
from .alignment import ALIKE, MAX_GRID, aligned, counterparts, likeness
from .exchange_log import ExchangeLog, LoggedExchange
from .flattener import Change, Flat, compare
from .object_keys import Key
from .object_states import ObjectStates

ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"

_Pair = tuple[LoggedExchange | None, LoggedExchange | None]


@dataclass(frozen=True)
class CaptureDifference:
    """One exchange or object that differs.

    `kind` is added, removed or changed; `title` says which. `changes` has the
    attributes that differ, of what was added or removed all. `old` and `new`
    are the message numbers in A and B, 0 where it is not there.
    """

    kind: str
    title: str
    changes: list[Change]
    old: int = 0
    new: int = 0


# -- objects -------------------------------------------------------------------------


def diff_objects(old: ObjectStates, new: ObjectStates) -> list[CaptureDifference]:
    """What B has more, less and otherwise than A, by kind and key."""
    out = []
    seen: set[Key] = set()
    ranks = {**old.ranks, **new.ranks}
    for key in sorted({*old.states, *new.states}, key=lambda key: _order(key, ranks)):
        if key in seen:
            continue
        a, b = old.of(key), new.of(key)
        seen.update(a, b)
        for i, j in counterparts([old.states[k][0] for k in a], [new.states[k][0] for k in b]):
            was, before = ((), 0) if i < 0 else old.states[a[i]]
            now, after = ((), 0) if j < 0 else new.states[b[j]]
            changes = compare(was, now)
            kind = ADDED if i < 0 else REMOVED if j < 0 else CHANGED
            if changes or kind != CHANGED:
                title = " ".join(a[i] if j < 0 else b[j])
                out.append(CaptureDifference(kind, title, changes, before, after))
    return out


_Order = tuple[tuple[int, int], list[tuple[int, str]]]


def _order(key: Key, ranks: dict[str, tuple[int, int]]) -> _Order:
    """By kind, then as people count: eth2 before eth10."""
    pieces = re.findall(r"\d+|\D+", " ".join(key[1:]))
    return ranks[key[0]], [(int(p), "") if p.isdecimal() else (1 << 62, p) for p in pieces]


# -- exchanges -----------------------------------------------------------------------


def diff_exchanges(old: ExchangeLog, new: ExchangeLog) -> list[CaptureDifference]:
    """What was asked or answered more, less and otherwise in B than in A, in order."""
    a, b = old.items, new.items
    least = min(len(a), len(b))
    start = end = 0  # how many are equal at both ends, which spares the search
    while start < least and a[start].key == b[start].key:
        start += 1
    while end < least - start and a[-1 - end].key == b[-1 - end].key:
        end += 1
    out: list[CaptureDifference] = []
    for i in range(start):
        _compare(a[i], b[i], out)
    for was, now in _counterparts(a[start : len(a) - end], b[start : len(b) - end]):
        if was is not None and now is not None:
            _compare(was, now, out)
        elif was is not None:
            changes = [Change(p, v, None) for p, v in was.flat]
            out.append(CaptureDifference(REMOVED, was.title, changes, was.number, 0))
        elif now is not None:
            changes = [Change(p, None, v) for p, v in now.flat]
            out.append(CaptureDifference(ADDED, now.title, changes, 0, now.number))
    for i in range(end, 0, -1):
        _compare(a[-i], b[-i], out)
    return out


def _counterparts(a: list[LoggedExchange], b: list[LoggedExchange]) -> Iterator[_Pair]:
    """What is equal, what changed, and what has no counterpart, in order."""
    many = min(len(a), len(b)) > 500  # what is asked all the time is no landmark
    keys = [i.key for i in a], [i.key for i in b]
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, *keys, many).get_opcodes():
        if tag == "equal":
            yield from zip(a[a0:a1], b[b0:b1], strict=True)
        else:
            yield from _changed(a[a0:a1], b[b0:b1])


def _compare(was: LoggedExchange, now: LoggedExchange, out: list[CaptureDifference]) -> None:
    """Adds what differs between two that are the same, if anything does."""
    changes = compare(was.flat, now.flat)
    if was.outcome != now.outcome:
        changes.append(Change("outcome", was.outcome, now.outcome))
    changes += _answers(was.answers, now.answers)
    if changes:
        out.append(CaptureDifference(CHANGED, now.title, changes, was.number, now.number))


def _answers(old: list[tuple[Key, Flat]], new: list[tuple[Key, Flat]]) -> list[Change]:
    """Differences of the answers, by what they tell of, then by order."""
    if old == new:
        return []
    out: list[Change] = []
    groups: dict[Key, tuple[list[Flat], list[Flat]]] = {}
    for side, answers in enumerate((old, new)):
        for key, flat in answers:
            groups.setdefault(key, ([], []))[side].append(flat)
    for key, (was, now) in groups.items():
        name = " ".join(key)
        several = len(was) > 1 or len(now) > 1
        for i, j in counterparts(was, now):
            which = f"{name} #{(i if j < 0 else j) + 1}" if several else name
            if i < 0:
                out.append(Change(f"answer[{which}]", None, _brief(now[j])))
            elif j < 0:
                out.append(Change(f"answer[{which}]", _brief(was[i]), None))
            else:
                out += compare(was[i], now[j], f"answer[{which}].")
    return out


def _tells(path: str, value: str) -> bool:
    return path != "nlmsg_flags" and value not in ("", "0", "unspec", "0x0")


def _brief(flat: Flat) -> str:
    words = [f"{p} {v}" for p, v in flat if _tells(p, v)]
    return ", ".join(words[:6]) + (", ..." if len(words) > 6 else "")


def _changed(a: list[LoggedExchange], b: list[LoggedExchange]) -> Iterator[_Pair]:
    """Pairs of what changed, and what has no counterpart, in order.

    The alignment of greatest likeness, where trying all is not too much; else
    in turn what has the same operation.
    """
    if not a or not b or len(a) * len(b) > MAX_GRID:
        yield from _in_turn(a, b)
        return
    for i, j in aligned([[_alike(one, other) for other in b] for one in a], len(b)):
        yield (None if i < 0 else a[i]), (None if j < 0 else b[j])


def _in_turn(a: list[LoggedExchange], b: list[LoggedExchange]) -> Iterator[_Pair]:
    """Pairs of the same operation, in order, that are alike."""
    keys = [i.what for i in a], [i.what for i in b]
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, *keys).get_opcodes():
        if tag == "equal":
            for one, other in zip(a[a0:a1], b[b0:b1], strict=True):
                if _alike(one, other):
                    yield one, other
                else:
                    yield one, None
                    yield None, other
        else:
            for one in a[a0:a1]:
                yield one, None
            for one in b[b0:b1]:
                yield None, one


def _alike(one: LoggedExchange, other: LoggedExchange) -> float:
    """Which part of the attributes is the same; 0 where it is too little to be one thing."""
    if one.what != other.what:
        return 0.0
    part = likeness(set(one.flat), set(other.flat))
    return part if part >= ALIKE else 0.0


# -- what is shown -----------------------------------------------------------------------

MARKS: Final = {ADDED: "+", REMOVED: "-", CHANGED: "~"}


def lines(found: CaptureDifference, whole: bool = True) -> list[str]:
    """A difference as text: its mark and title, then a line for each attribute.

    Of what only one has they are counted, if it is not to be `whole`.
    """
    out = [safe(f"{MARKS[found.kind]} {found.title}")]
    if found.kind != CHANGED and not whole and found.changes:
        count = len(found.changes)
        out[0] += f" ({count} attribute{'s' * (count > 1)})"
        return out
    for change in found.changes:
        path = safe(change.path)
        if found.kind != CHANGED:
            value = change.new if change.old is None else change.old
            if value not in ("", "0", None):
                out.append(f"    {path} {safe(value)}")
        elif change.old is None:
            out.append(f"    + {path} {safe(change.new or '')}".rstrip())
        elif change.new is None:
            out.append(f"    - {path} {safe(change.old)}".rstrip())
        else:
            out.append(f"    {path}: {safe(change.old)} -> {safe(change.new)}")
    return out


def document(found: CaptureDifference) -> dict[str, Any]:
    """A difference as JSON-ready data; docs/stats-and-diff.md describes it."""
    return {
        "kind": found.kind,
        "title": found.title,
        "a": found.old or None,
        "b": found.new or None,
        "changes": [{"path": c.path, "a": c.old, "b": c.new} for c in found.changes],
    }
