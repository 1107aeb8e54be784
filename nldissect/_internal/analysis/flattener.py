"""Messages as flat pairs of attribute path and value in words, which runs have in common.

Left out is what differs from one run to the next: time, sequence and port numbers, message
numbers and lengths, padding. An interface index is its name, or where the
capture does not tell it, `interface #n` by order of appearance; a generic
family id is its name. Counters, ages and timers are left out unless asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, final

from mypy_extensions import i64

from ..engine.lookup import hook_node, label_of, value_at
from ..engine.message import Message
from ..engine.node import Node
from ..engine.summary_lookup import text_of
from ..engine.walk import BY_HOOK, DEPTH_AT, DEPTH_MASK, FIELD_MASK, MARKS_AT, Engine
from ..spec import model
from ..wire.text import escaped

Flat = tuple[tuple[str, str], ...]

# C constants of what counts, ages or runs down, in any protocol.
_VOLATILE: Final = re.compile(
    r"_(X?STATS(64|2)?|ICMP6STATS|CACHEINFO|TM|TIMERS?|CARRIER_(CHANGES|UP_COUNT|DOWN_COUNT)"
    r"|PROBES|EXPIRES|RATE64)$|^IFLA_STATS_|^CTA_(COUNTERS|TIMEOUT$|TIMESTAMP)|^NFTA_COUNTER_"
    r"|^TCA_RATE$"
)
_MAX_SHARED: Final = 200_000  # leaves


@dataclass(frozen=True)
class Change:
    """One attribute that differs: its path, and both values (None where it is not there)."""

    path: str
    old: str | None
    new: str | None


def volatile(node: Node) -> bool:
    """Whether a node counts, ages or runs down, so that it differs from run to run."""
    return _counts(node.field.constant)


@cache
def _counts(constant: str | None) -> bool:
    return constant is not None and _VOLATILE.search(constant) is not None


@final
class _Path:
    """A path from the top of messages: what messages have in common is there once.

    `below` has longer paths by the next name, `leaves` the pairs of this path by value.
    In the message that was counted last as `flat` it came `times` times.
    """

    __slots__ = ("below", "flat", "leaves", "text", "times")

    def __init__(self, text: str) -> None:
        self.text = text
        self.below: dict[str, _Path] = {}
        self.leaves: dict[str, tuple[str, str]] = {}
        self.flat = self.times = 0

    def then(self, name: str) -> _Path:
        """The path with one more name."""
        found = self.below.get(name)
        if found is None:
            found = self.below[name] = _Path(f"{self.text}.{name}" if self.text else name)
        return found


class Flattener:
    """Makes the messages of one capture comparable; `counters` keeps what is volatile."""

    def __init__(self, counters: bool = False) -> None:
        self.counters = counters
        self._unnamed: dict[int, str] = {}
        self._top = _Path("")
        self._shared = 0  # leaves that are kept there
        self._flats = 0  # messages so far

    def __call__(self, message: Message) -> Flat:
        """Path and value of every leaf, in order; a path that comes again has [2], [3]...

        The message is on its context's tape then.
        """
        engine = message.context.engine
        message.walk_onto(engine)
        if self._shared > _MAX_SHARED:
            self._top, self._shared = _Path(""), 0
        self._flats += 1
        tape, size = engine.tape, engine.size
        out: list[tuple[str, str]] = []
        around: list[_Path] = []  # the paths of the nodes that a node lies in
        left: i64 = -1  # the depth of the node that is left out, with all in it
        place: i64 = 0
        while place < size:
            depth = tape[place] >> DEPTH_AT & DEPTH_MASK
            place += 2
            if left >= 0 and depth > left:
                continue
            left = -1
            del around[int(depth) :]
            filled = place < size and tape[place] >> DEPTH_AT & DEPTH_MASK > depth
            path = self._leaf(message, engine, place - 2, filled, around, out)
            if path is None:
                left = depth
            else:
                around.append(path)
        return tuple(out)

    def _leaf(
        self,
        message: Message,
        engine: Engine,
        place: i64,
        filled: bool,
        around: list[_Path],
        out: list[tuple[str, str]],
    ) -> _Path | None:
        """Takes in a node; returns its path, None where it is left out with all that it holds."""
        name, constant, number = engine.called(place)
        field = _field(engine, place)
        kind = field.kind
        if not around and filled and number < 0 and kind in (model.STRUCT, model.HEADER):
            return self._top  # members of a fixed header go by their own names
        if kind in (model.PAD, model.MESSAGE):  # the echoed request has been seen
            return None
        if not self.counters and _counts(constant):
            return None
        above = around[-1] if around else self._top
        path = above.then(name)
        if path.flat == self._flats:
            path.times += 1
            path = above.then(f"{name}[{path.times}]")
        else:
            path.flat = self._flats
            path.times = 1
        # tcm-info counts references there
        if not filled and (
            path.text != "tcm-info" or self.counters or message.type >> 2 not in (9, 10)
        ):
            value = value_at(engine, place, message)
            label = label_of(engine, place, value, message, False, None)
            word = self._words(field, value, label, len(around) > 0)
            leaf = path.leaves.get(word)
            if leaf is None:
                leaf = path.leaves[word] = path.text, word
                self._shared += 1
            out.append(leaf)
        return path

    def value(self, node: Node) -> str:
        """A leaf's value in words; the same thing has the same words in every capture."""
        return self._words(node.field, node.value, node.words(False), bool(node.parent))

    def _words(self, field: model.Field, value: object, label: str | None, within: bool) -> str:
        if field.hint == "ifindex" and isinstance(value, int) and value:
            if label is not None:
                return escaped(label)
            return self._unnamed.setdefault(value, f"interface #{len(self._unnamed) + 1}")
        if within and field.constant == "CTRL_ATTR_MCAST_GRP_ID":
            return "(a number)"  # given out in order of registration, as family ids are
        if value is True:
            return "true"
        return text_of(value if label is None else label)


def _field(engine: Engine, place: i64) -> model.Field:
    """What an entry of the tape is by its spec; of an array's entry what all are."""
    first = engine.tape[place]
    marks = first >> MARKS_AT & 0xFF
    if marks & BY_HOOK:
        return hook_node(engine, place).field
    return engine.tables.fields[first & FIELD_MASK]


def compare(old: Flat, new: Flat, prefix: str = "") -> list[Change]:
    """The paths whose values differ, in the order of `new`, what is gone at its old place."""
    before, after = dict(old), dict(new)
    if before == after:
        return []
    out = []
    for path in _united([p for p, _ in old], [p for p, _ in new]):
        was, now = before.get(path), after.get(path)
        if was != now:
            out.append(Change(prefix + path, was, now))
    return out


def _united(old: list[str], new: list[str]) -> list[str]:
    """Both orders in one."""
    known = set(new)
    gone: dict[str, list[str]] = {}  # by the path that they stand behind
    last = ""
    for path in old:
        if path in known:
            last = path
        else:
            gone.setdefault(last, []).append(path)
    out = gone.get("", [])
    for path in new:
        out.append(path)
        out += gone.get(path, ())
    return out
