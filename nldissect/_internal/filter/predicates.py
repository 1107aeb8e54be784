"""Compiled predicates: what they cost, and how they are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ..engine.message import Message
from .parser import ALL_EQ, ANY_NE, EQ, NE
from .subject import Subject

Evaluate = Callable[[Subject], bool]

# What a predicate costs, from the header's bytes to all of the tree; the cheapest are tried first.
HEADER: Final = 0
BOUND: Final = 1
WALKED: Final = 2
DECODED: Final = 3
EVERYTHING: Final = 4


# What all messages of one kind have in common decides: true, false, or None where it does not.
Verdict = Callable[[Subject], bool | None]


def _undecided(subject: Subject) -> bool | None:
    return None


class Predicate:
    """A compiled condition; `needs_link` says that it asks for what pairing finds.

    `verdict` is what it is of every message that is of the same kind as the subject's: bound to
    the same operation, with the same direction and nlmsg_type. `decided` says of a message
    whether that is enough for this condition (None: never).
    """

    __slots__ = ("cost", "evaluate", "needs_link", "verdict")

    def __init__(
        self,
        evaluate: Evaluate,
        cost: int,
        needs_link: bool,
        decided: Callable[[Message], bool] | None = None,
    ) -> None:
        self.evaluate = evaluate
        self.cost = cost
        self.needs_link = needs_link
        self.verdict: Verdict = _undecided
        if decided is not None and not needs_link:
            enough = decided
            self.verdict = lambda subject: evaluate(subject) if enough(subject.message) else None


def negated(inner: Predicate) -> Predicate:
    """`not`."""
    evaluate, verdict = inner.evaluate, inner.verdict
    out = Predicate(lambda subject: not evaluate(subject), inner.cost, inner.needs_link)
    out.verdict = lambda subject: None if (found := verdict(subject)) is None else not found
    return out


def combined(operator: str, parts: list[Predicate]) -> Predicate:
    """Several with "and", "or" or "xor" between them."""
    parts = sorted(parts, key=lambda part: part.cost)
    evaluate = {"and": _all_hold, "or": _any_holds, "xor": _odd_number_holds}[operator]
    needs_link = any(part.needs_link for part in parts)
    out = Predicate(evaluate([part.evaluate for part in parts]), parts[-1].cost, needs_link)
    out.verdict = _joined(operator, [part.verdict for part in parts])
    return out


def _joined(operator: str, parts: list[Verdict]) -> Verdict:
    """The verdict of several: one false part decides an "and", one true part an "or"."""

    def verdict(subject: Subject) -> bool | None:
        found = [part(subject) for part in parts]
        if operator == "and" and False in found:
            return False
        if operator == "or" and True in found:
            return True
        if None in found:
            return None
        return found.count(True) % 2 == 1 if operator == "xor" else operator == "and"

    return verdict


def _all_hold(parts: list[Evaluate]) -> Evaluate:
    if len(parts) == 2:
        a, b = parts
        return lambda subject: a(subject) and b(subject)

    def evaluate(subject: Subject) -> bool:
        for part in parts:
            if not part(subject):
                return False
        return True

    return evaluate


def _any_holds(parts: list[Evaluate]) -> Evaluate:
    def evaluate(subject: Subject) -> bool:
        for part in parts:
            if part(subject):
                return True
        return False

    return evaluate


def _odd_number_holds(parts: list[Evaluate]) -> Evaluate:
    def evaluate(subject: Subject) -> bool:
        odd = False
        for part in parts:
            odd ^= part(subject)
        return odd

    return evaluate


def after_byte_search(text: str, inner: Predicate) -> Predicate:
    """A test of a string: a message without its bytes need not be walked."""
    if not text or not text.isascii() or "\\" in text:
        return inner
    needle, evaluate = text.encode(), inner.evaluate
    out = Predicate(
        lambda subject: needle in subject.message.data and evaluate(subject),
        inner.cost,
        inner.needs_link,
    )
    out.verdict = inner.verdict
    return out


# -- quantifiers -------------------------------------------------------------------------

# Of each value of a field whether a test holds, None where it has no such value.
Outcomes = Iterable[bool | None]
Quantifier = Callable[[Outcomes], bool]


def any_true(outcomes: Outcomes) -> bool:
    """One is true."""
    return any(outcomes)


def any_false(outcomes: Outcomes) -> bool:
    """One is false."""
    return any(outcome is False for outcome in outcomes)


def all_true(outcomes: Outcomes) -> bool:
    """One is true and none false."""
    some = False
    for outcome in outcomes:
        if outcome is None:
            continue
        if not outcome:
            return False
        some = True
    return some


def none_true(outcomes: Outcomes) -> bool:
    """One is false and none true."""
    some = False
    for outcome in outcomes:
        if outcome:
            return False
        some = some or outcome is not None
    return some


def quantified(operator: str, quantifier: str) -> tuple[str, Quantifier]:
    """The operator to test each value with, and how the outcomes are put together."""
    if operator == NE:
        return EQ, any_false if quantifier == "any" else none_true
    if operator == ANY_NE:
        return EQ, none_true if quantifier == "all" else any_false
    if operator == ALL_EQ:
        return EQ, any_true if quantifier == "any" else all_true
    return operator, all_true if quantifier == "all" else any_true
