"""What a capture itself teaches of a generic family that has no dissector.

Two sources, never mixed up:
- the kernel's own policy, from the answers to CTRL_CMD_GETPOLICY (`policy`);
- evidence, gathered over all messages of the family: what fits every payload
  seen at one place is a guess, and its fields say so (`Field.guess`).
A policy speaks of requests only. In answers it stands where all payloads seen
agree with it; where they do not, the guess takes its place. Names are `attr 3`.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from ..wire.framing import attribute_spans
from . import model
from .evidence import MAX_DEPTH, Budget, Evidence
from .policy import (
    ATTR_TYPE_STRING,
    BITS,
    IDX,
    MASK,
    MAX_LEN,
    MAX_S,
    MAX_U,
    MIN_LEN,
    MIN_S,
    MIN_U,
    TYPE,
    Policy,
    PolicyRule,
)

MAX_SAMPLES: Final = 4096  # messages of one family that are looked at
_GIVEN: Final = 4096  # fields that are made however little was learnt


@mypyc_attr(acyclic=True)
@final
class LearntFamily:
    """All that a capture taught of one family: its policy, and evidence where there is none."""

    __slots__ = ("_built", "_enough", "_made", "_places", "_seen", "_sets", "_told", "_unfilled",
                 "budget", "by_command", "differences", "everywhere", "name",
                 "policy")  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.policy = Policy()
        self.everywhere = Evidence()
        self.by_command: dict[tuple[int, bool], Evidence] = {}
        self.budget = Budget()
        self.differences: dict[tuple[int, int], str] | None = None  # to the dissector there is
        self._built: dict[tuple[int, bool, bool], model.Operation] = {}
        self._sets: dict[int, model.AttributeSet] = {}
        self._unfilled: list[int] = []  # policies whose set is there, but empty
        # When that was made: what the policy had told, places, and the samples at which it is again
        self._told = self._places = self._enough = 0
        self._made = 0  # fields, in all
        self._seen: set[int] = set()  # the messages taken in, by their hash

    def observe(
        self, data: bytes, pos: i64, end: i64, big: bool, command: int, to_kernel: bool
    ) -> None:
        """Takes in one message's attributes (`pos` to `end`) as evidence."""
        if self.budget.samples >= MAX_SAMPLES:
            return
        if pos > end:  # the header is not even whole
            pos = end
        known = hash((data[pos:end], command, to_kernel))
        if known in self._seen:  # the same again tells nothing more
            return
        found = attribute_spans(data, pos, end, big)
        if found is None:
            return
        self._seen.add(known)
        self.budget.samples += 1
        self.everywhere.add_all(data, found, big, self.budget)
        own = self.by_command.get((command, to_kernel))
        if own is None:
            own = self.by_command[command, to_kernel] = Evidence()
        own.add_all(data, found, big, self.budget)

    def operation(self, command: int, to_kernel: bool, dump: bool) -> model.Operation:
        """The operation of a command as far as it is known now; `to_kernel` for requests."""
        if self._outdated():
            self._built.clear()
            self._sets.clear()
        key = (command, to_kernel, dump)
        found = self._built.get(key)
        if found is None:
            found = self._built[key] = self._operation(command, to_kernel, dump)
        return found

    def _outdated(self) -> bool:
        """Whether what was learnt since is worth making all anew.

        A stream would have that made with each message: where samples only confirm what was
        guessed, an eighth more of them is waited for, and no more is made than was learnt.
        """
        told, budget = self.policy.told, self.budget
        fresh = told != self._told or budget.places != self._places
        if not fresh and budget.samples < self._enough:
            return False
        if self._made > _GIVEN + budget.payloads + told:
            return False
        self._told, self._places = told, budget.places
        self._enough = budget.samples + budget.samples // 8 + 1
        return True

    def stand_in(
        self, spec: model.Spec, command: int, to_kernel: bool, dump: bool
    ) -> model.Operation:
        """What stands for a command that the family's dissector lacks.

        Families mostly have one attribute set for all commands, which then serves; else the
        kernel's policy and evidence do. The header is that of all other commands, if they agree.
        """
        sets = {id(op.attributes): op.attributes for op in spec.operations.values()}
        headers = {id(op.header): op.header for op in spec.operations.values()}
        sets.pop(id(None), None)
        if len(headers) > 1 or len(sets) != 1:
            return self.operation(command, to_kernel, dump)
        key = (command, to_kernel, dump)
        found = self._built.get(key)
        if found is None:
            found = self._built[key] = model.Operation(f"command {command}", "")
            found.attributes = next(iter(sets.values()))
            found.header = next(iter(headers.values()))
        return found

    def _operation(self, command: int, to_kernel: bool, dump: bool) -> model.Operation:
        """By the command's policy where it has one, else by evidence alone."""
        out = model.Operation(f"command {command}", "")
        own = self.by_command.get((command, to_kernel), Evidence())
        root = self.policy.root(command, dump)
        name = f"command {command}" if to_kernel else f"answer {command}"
        if root is not None and root in self.policy.tables:
            out.attributes = self._mixed_set(name, root, own, to_kernel, 0)
        else:
            out.attributes = self._guess_set(name, own, self.everywhere)
        while self._unfilled:
            index = self._unfilled.pop()
            for number, rule in self.policy.tables.get(index, {}).items():
                self._sets[index].add(self._policy_field(number, rule))
        return out

    def _policy_set(self, index: int) -> model.AttributeSet:
        """The attribute set of a policy, exactly as the kernel gave it, once it is filled.

        That waits until all sets around it are made: thousands may lie in each other.
        """
        attributes = self._sets.get(index)
        if attributes is None:
            attributes = self._sets[index] = model.AttributeSet(f"policy {index}", self.name)
            self._unfilled.append(index)
        return attributes

    def _policy_field(self, number: int, rule: PolicyRule) -> model.Field:
        """An attribute as its rule says: kind, limits, and the set of a nest with a policy."""
        self._made += 1
        kind, values = rule.kind, rule.values
        nested = values.get(IDX)
        if kind in (model.NEST, model.INDEXED) and nested not in self.policy.tables:
            kind = model.NEST if kind == model.NEST else model.BINARY
        field = model.Field(f"attr {number}", None, number, kind)
        field.path = f"{self.name}.{number}"
        field.learnt = field.multi = True  # a policy does not say how often
        field.unterminated = values.get(TYPE) == ATTR_TYPE_STRING
        if nested is not None and nested in self.policy.tables:
            field.nested = self._policy_set(nested)
            if kind == model.INDEXED:
                field.element = model.Field(field.name, None, -1, model.NEST)
                field.element.nested = field.nested
        checks = model.Checks()
        signed = kind <= model.LAST_SCALAR and model.SIGNED[kind]
        checks.min = values.get(MIN_S if signed else MIN_U)
        checks.max = values.get(MAX_S if signed else MAX_U)
        checks.min_len, checks.max_len = values.get(MIN_LEN), values.get(MAX_LEN)
        checks.flags_mask = values.get(MASK, values.get(BITS))
        field.checks = checks
        return field

    def _mixed_set(
        self, name: str, index: int, own: Evidence, to_kernel: bool, depth: int
    ) -> model.AttributeSet:
        """A policy's attributes, with guesses for what it leaves open.

        Open are the insides of nests without a policy of their own and, in
        answers, what the policy does not have or what does not agree with it.
        """
        plain = self._policy_set(index)
        attributes = model.AttributeSet(name, self.name)
        rules = self.policy.tables.get(index, {})
        pure = True
        for number in sorted({*rules, *own.children}):
            rule, seen = rules.get(number), own.children.get(number)
            if rule is None or not (to_kernel or seen is None or seen.agrees(rule.kind)):
                if not to_kernel and seen is not None:
                    attributes.add(self._guess_field(name, number, seen, Evidence()))
                    pure = False
                continue
            field = self._policy_field(number, rule)
            if rule.kind == model.NEST and seen is not None and depth < MAX_DEPTH:
                nested = rule.values.get(IDX)
                inner = f"{name}.{number}"
                if nested in self.policy.tables:
                    field.nested = self._mixed_set(inner, nested, seen, to_kernel, depth + 1)
                    pure = pure and field.nested is self._policy_set(nested)
                else:
                    field.nested = self._guess_set(inner, seen, Evidence())
                    pure = False
            attributes.add(field)
        return plain if pure else attributes

    def _guess_set(self, name: str, own: Evidence, everywhere: Evidence) -> model.AttributeSet:
        attributes = model.AttributeSet(name, self.name)
        for number, seen in sorted(own.children.items()):
            wider = everywhere.children.get(number, seen)
            attributes.add(self._guess_field(name, number, seen, wider))
        return attributes

    def _guess_field(self, name: str, number: int, seen: Evidence, wider: Evidence) -> model.Field:
        """What fits all of the family's payloads of this number, else this command's."""
        self._made += 1
        kind, hint = wider.guess() if wider.count else (model.BINARY, "")
        if kind == model.BINARY and not hint:
            kind, hint = seen.guess()
        field = model.Field(f"attr {number}", None, number, kind)
        field.path = f"{self.name}.{number}"
        field.learnt = field.guess = field.multi = True
        field.hint = hint
        field.unterminated = True
        if kind == model.NEST:
            inner = f"{name}.{number}"
            entries = seen.entries()
            if entries is None:
                field.nested = self._guess_set(inner, seen, wider)
                return field
            field.kind = model.INDEXED
            field.nested = self._guess_set(inner, entries, wider.entries() or entries)
            field.element = model.Field(field.name, None, -1, model.NEST)
            field.element.nested = field.nested
            field.element.guess = True
        return field
