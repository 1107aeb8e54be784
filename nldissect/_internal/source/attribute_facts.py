"""All that a source tells of each attribute, by the name of its constant.

Policies tell of requests, functions of all messages. A function is gone through once for each
way in which its parameters are attributes; `X[]` are the entries of an array X.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as attribute

from .attribute_calls import INFO, UNKNOWN, Body, Call, CallReader, Item, Start, Use
from .c_declarations import Declarations, Table
from .c_syntax import snippet, text
from .c_types import Told
from .policy_tables import PolicyReader, PolicyTable, rows_of

MAX_DEPTH = 16  # of functions that call each other
MAX_STEPS = 2_000_000
MAX_PER_FUNCTION = 400  # ways in which its parameters are attributes


@dataclass
class Facts:
    """What is told of one attribute."""

    policies: list[Told] = attribute(default_factory=list)
    puts: list[Told] = attribute(default_factory=list)
    gets: list[Told] = attribute(default_factory=list)
    inside: Counter[str] = attribute(default_factory=Counter)  # attributes seen in the nest
    parsers: list[tuple[str, str]] = attribute(default_factory=list)  # policy and highest
    multi: bool = False
    named: bool = False
    entries: bool = False  # something lies in the nest under an index

    def told(self) -> list[Told]:
        """All, the policies first."""
        return [*self.policies, *self.puts, *self.gets]


@dataclass
class _Result:
    """What one way of going through a function gave: the attributes that it puts at its top."""

    keys: dict[str, None] = attribute(default_factory=dict)
    entries: list[Use] = attribute(default_factory=list)  # under an index
    started: list[str] = attribute(default_factory=list)  # commands of messages that it begins
    answers: dict[str, None] = attribute(default_factory=dict)  # what is put into an answer
    asked: dict[str, None] = attribute(default_factory=dict)  # what is got


class FactReader:
    """Gathers facts; `commands` has the attributes that messages of each command are given."""

    def __init__(self, declared: Declarations) -> None:
        self.declared = declared
        self.facts: dict[str, Facts] = {}
        self.commands: dict[str, dict[str, None]] = {}
        self.families: dict[str, set[str]] = {}  # variables, by command
        self.tables: dict[str, PolicyTable] = PolicyReader(declared).tables()
        reader = CallReader(declared, snippet)
        self.bodies: dict[str, Body] = {
            name: reader.read(function) for name, function in declared.functions.items()
        }
        self._results: dict[tuple[str, tuple[str, ...]], _Result] = {}
        self._ways: Counter[str] = Counter()
        self._steps = 0
        for table in self.tables.values():
            for name, told in table.rows.items():
                self.of(name).policies.append(told)
        for name in self.bodies:
            self.through(name, (), 0)
        self.handlers: dict[str, dict[str, None]] = {}  # what a table's functions put, by constant
        for one in declared.tables.values():
            self._handlers(one)

    def _handlers(self, table: Table) -> None:
        """A table of functions by command: each may write the message of its own."""
        for command, value in rows_of(table.value, self.declared):
            name = text(value)
            if name in self.bodies:
                keys = self.through(name, (), 0).keys
                self.handlers.setdefault(command, {}).update(keys)

    def of(self, name: str) -> Facts:
        """The facts of one attribute."""
        found = self.facts.get(name)
        if found is None:
            found = self.facts[name] = Facts()
        return found

    def handled(self, functions: Iterable[str]) -> tuple[dict[str, None], dict[str, None]]:
        """What these functions get from requests, and put into their answers (genlmsg_iput)."""
        asked: dict[str, None] = {}
        answered: dict[str, None] = {}
        for name in functions:
            if name in self.bodies:
                found = self.through(name, (), 0)
                asked.update(found.asked)
                answered.update(found.answers)
        return asked, answered

    def through(self, name: str, given: tuple[str, ...], depth: int) -> _Result:
        """Goes through a function whose parameters are these attributes."""
        body = self.bodies[name]
        unknown = (UNKNOWN,) * (body.parameters - len(given))
        given = (*given, *unknown)[: body.parameters]
        key = (name, given)
        found = self._results.get(key)
        if found is not None:
            return found
        if depth > MAX_DEPTH or self._ways[name] >= MAX_PER_FUNCTION:
            return _Result()
        self._ways[name] += 1
        out = self._results[key] = _Result()  # first, since functions may call themselves
        self._items(body.items, given, out, depth)
        return out

    def _items(self, items: list[Item], given: tuple[str, ...], out: _Result, depth: int) -> None:
        """Goes through items that lie at one level, in one nest or none."""
        current: list[str] = []
        for item in items:
            self._steps += 1
            if self._steps > MAX_STEPS:
                return
            if isinstance(item, Start):
                current = [_given(item.command, given)]
                if current[0] not in ("", INFO, UNKNOWN):
                    self.commands.setdefault(current[0], {})
                self.families.setdefault(current[0], set()).add(item.family)
                out.started += current
            elif isinstance(item, Use):
                self._put(current, self._use(item, given, out, depth), out)
            else:
                current = self._call(item, given, out, depth, current)

    def _call(
        self, item: Call, given: tuple[str, ...], out: _Result, depth: int, current: list[str]
    ) -> list[str]:
        """Goes through a function that is called; returns what message is being written."""
        inner = self.through(
            item.name, tuple(_given(one, given) for one in item.arguments), depth + 1
        )
        out.entries += inner.entries[: max(0, 64 - len(out.entries))]
        if inner.started:
            begun = [one for one in inner.started if one not in ("", UNKNOWN)][-1:]
            if INFO not in begun or not current:  # else what is answered with is known
                current = begun
            out.started += begun
        out.asked.update(inner.asked)
        if INFO in inner.started:
            out.answers.update(inner.answers)
            for command in current:
                if command not in ("", INFO, UNKNOWN):
                    self.commands.setdefault(command, {}).update(inner.answers)
        if not inner.started:
            self._put(current, inner.keys, out)
            if item.multi:
                for key in inner.keys:
                    self.of(key).multi = True
        return current

    def _put(self, current: list[str], keys: Iterable[str], out: _Result) -> None:
        """Attributes that lie at the top of what a function puts, or of a message of its own."""
        for key in keys:
            out.keys[key] = None
            for command in current:
                if command == INFO:
                    out.answers[key] = None
                elif command not in ("", UNKNOWN):
                    self.commands.setdefault(command, {})[key] = None

    def _use(self, use: Use, given: tuple[str, ...], out: _Result, depth: int) -> list[str]:
        """Takes in what is said of an attribute; returns its names that lie at this level."""
        names = [_given(one, given) for one in use.subjects]
        inner = _Result()
        if use.items:
            self._items(use.items, given, inner, depth)
        keys = []
        for name in names:
            if name == UNKNOWN:
                continue
            kind = "" if use.told is None else use.told.kind
            if not name or (use.put and kind == "nest" and name.endswith("_UNSPEC")):
                if use.put:
                    entry = Use((), use.told, None)
                    entry.items = [Use((key,)) for key in inner.keys]
                    out.entries.append(entry)
                continue
            self._take(name, use, inner)
            if use.put or use.multi:
                keys.append(name)
            else:
                out.asked[name] = None
        return keys

    def _take(self, name: str, use: Use, inner: _Result) -> None:
        """Notes what one place tells of an attribute of a known name."""
        facts = self.of(name)
        if use.told is not None:
            heap = facts.puts if use.put else facts.gets
            if use.told not in heap:
                heap.append(use.told)
        facts.multi = facts.multi or use.multi
        facts.named = facts.named or use.named
        if use.policy and (use.policy, use.most) not in facts.parsers:
            facts.parsers.append((use.policy, use.most))
        for key in inner.keys:
            facts.inside[key] += 1
        if inner.entries:
            self._take_entries(name, facts, inner.entries)

    def _take_entries(self, name: str, facts: Facts, entries: list[Use]) -> None:
        """Notes what lies in a nest under an index."""
        facts.entries = True
        inside = self.of(f"{name}[]")
        for entry in entries:
            if entry.told is not None and entry.told not in inside.puts:
                inside.puts.append(entry.told)
            for item in entry.items or ():
                if isinstance(item, Use):
                    inside.inside[item.subjects[0]] += 1


def _given(subject: str, given: tuple[str, ...]) -> str:
    """An attribute by what the function's parameters are."""
    if not subject.startswith("$"):
        return subject
    array = subject.endswith("[]")
    place = int(subject[1:].removesuffix("[]"))
    found = given[place] if place < len(given) else UNKNOWN
    if found == UNKNOWN:
        return found
    return f"{found}[]" if array and found else found
