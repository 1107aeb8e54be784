"""What a test expects of a capture, and whether it came.

- Whatever is made by `expect` is checked, at the latest when the test ends; a failure names
  file and line of the call. What its methods add is checked with it.
- In the block of a live capture more may come, so nothing is checked before the block ends,
  unless `check` or what uses it asks for it, which waits as long as `within` says.
- In order, an expectation looks at the messages after the first one (of `times`: the last one)
  that met the expectation before it; `never` has no such message and is passed over.
"""

from __future__ import annotations

import linecache
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

from ..pairing.codes import NOTIFICATION, REQUEST
from ..wire.errors import UsageError
from . import matching
from .capture_index import CaptureView
from .failures import failure
from .matching import MESSAGE_FIELDS, Seen, at, differences
from .outcomes import Acked, Failed, OperationName, Outcome, Replied, worded
from .possible_values import require_field, require_possible
from .verdict import NearMiss, Verdict

_SECOND: Final = 1_000_000_000
_LOOK: Final = 0.02  # seconds between two looks at what has arrived


class Expectation:
    """That a message comes; made by `Captured.expect`, refined by its methods.

    It is checked when the test ends, or the `with` block of a live capture in which it was
    made; before that by `check`, `messages`, `message` and `assert`. What is wrong raises
    AssertionError.
    """

    def __init__(
        self,
        view: CaptureView,
        operation: str | None,
        fields: dict[str, Any],
        exact: bool,
        order: list[Expectation] | None,
        place: str,
    ) -> None:
        """`order` has what must come before it; `place` says where it was made.

        Raises UsageError for a value that no such message can have.
        """
        __tracebackhide__ = True
        require_possible(view.registry, operation, fields)
        self.view = view
        self.operation = None if operation is None else OperationName(operation, view.registry)
        self.fields = fields
        self.exact = exact
        self.order = order
        self.place = place
        self.words = worded("a message" if operation is None else operation, fields, exact)
        self.outcomes: list[Outcome] = []
        self.count: Any = None
        self.seconds: float | None = None
        self.unwanted = False
        self.checked = False
        self.verdict: Verdict | None = None

    # -- what else is expected --------------------------------------------------------

    def acked(self) -> Expectation:
        """It is a request that the kernel acknowledged."""
        return self._with(Acked())

    def failed(self, error: str | int | None = None, match: str | None = None) -> Expectation:
        """It is a request that the kernel refused.

        `error` is a name (`EEXIST`) or a number of either sign, None for any; `match` a
        regular expression that the kernel's own words (extack) hold, as in pytest.raises.
        """
        __tracebackhide__ = True
        return self._with(Failed(error, match))

    def replied(
        self,
        operation: str | None = None,
        fields: Mapping[str, Any] | None = None,
        /,
        *,
        exact: bool = False,
        **named: Any,
    ) -> Expectation:
        """It is a request that was answered with data: one such message has these fields."""
        __tracebackhide__ = True
        wanted = {**(fields or {}), **named}
        require_possible(self.view.registry, operation, wanted)
        whole = exact or isinstance(fields, matching.exact)
        return self._with(Replied(operation, wanted, whole, self.view.registry))

    def times(self, count: Any) -> Expectation:
        """There are so many: a number, or what equals it; UsageError for what no number equals."""
        __tracebackhide__ = True
        if isinstance(count, (str, bytes)) or (isinstance(count, int) and count < 0):
            raise UsageError(f"there are never {count!r} messages: times takes a number from 0")
        self.count = count
        return self._with()

    def never(self) -> Expectation:
        """There is none."""
        self.unwanted = True
        return self._with()

    def within(self, seconds: float) -> Expectation:
        """It came, with its answer, at most so long after the capture began.

        In order, after what is expected before it. The end of a live capture waits for it.
        UsageError for what is no time.
        """
        __tracebackhide__ = True
        if not isinstance(seconds, (int, float)) or not seconds > 0:
            raise UsageError(f"within takes seconds, more than 0, not {seconds!r}")
        self.seconds = seconds
        return self._with()

    def _with(self, *outcomes: Outcome) -> Expectation:
        self.outcomes += outcomes
        self.checked = False
        self.verdict = None
        return self

    # -- checking ------------------------------------------------------------------------

    def check(self) -> Expectation:
        """Raises AssertionError, with what was found instead, when it is not met."""
        __tracebackhide__ = True
        self.checked = True
        if self.view.index.live:
            self.view.index.catch_up()
            wait([self])
        text = self.fault()
        if text:
            raise AssertionError(text)
        return self

    def __bool__(self) -> bool:
        """Checks it: `assert cap.expect(...)` says no less than the expectation alone."""
        __tracebackhide__ = True
        self.check()
        return True

    @property
    def messages(self) -> list[Seen]:
        """The messages that were expected, once it is checked."""
        __tracebackhide__ = True
        self.check()
        assert self.verdict is not None
        return self.verdict.matches

    @property
    def message(self) -> Seen:
        """The first of them."""
        __tracebackhide__ = True
        return self.messages[0]

    def fault(self) -> str:
        """What is wrong, "" for nothing; UsageError for a name that no dissector has."""
        __tracebackhide__ = True
        verdict = self.judge()
        if not verdict.matches:
            self._require_known_names()
        if verdict.met:
            return ""
        if not verdict.matches:
            self._explain(verdict)
        verdict.notified = self.fields.get("role") == NOTIFICATION or "group" in self.fields
        return failure(self.view, str(self), self.unwanted, verdict)

    def waits(self) -> bool:
        """Whether more time may change what comes of it."""
        if self.seconds is None:
            return False
        verdict = self.judge()
        if verdict.met and not self.unwanted:
            return False
        base = verdict.base
        return base is None or time.time_ns() < base + self.seconds * _SECOND

    def judge(self) -> Verdict:
        """What has come of it so far."""
        start = self._after()
        verdict = Verdict(*start, start)
        for seen in self._candidates():
            if seen.number <= verdict.start:
                continue
            miss = self._compare(seen, verdict.base)
            if miss is None:
                verdict.matches.append(seen)
            else:
                verdict.near_misses.append(miss)
        count = len(verdict.matches)
        if self.unwanted:
            verdict.met = not count
        elif self.count is not None:
            verdict.met = bool(self.count == count)
        else:
            verdict.met = count > 0
        if verdict.matches and not self.unwanted:
            last = verdict.matches[-1 if self.count is not None else 0]
            verdict.last = (last.number, last.time)
        self.verdict = verdict
        return verdict

    def _after(self) -> tuple[int, int | None]:
        """Number and time of the message after which it must come."""
        earlier = [] if self.order is None else self.order[: self.order.index(self)]
        before = next((one for one in reversed(earlier) if not one.unwanted), None)
        if before is None:
            self.view.index.places()  # which tells when the capture began
            return 0, self.view.index.began
        if before.verdict is None or not before.verdict.met:
            before.judge()
        assert before.verdict is not None
        return before.verdict.last

    def _explain(self, verdict: Verdict) -> None:
        """Adds to a verdict without a match where else such messages are."""
        if verdict.start:
            came = (seen for seen in self._candidates() if seen.number <= verdict.start)
            verdict.earlier = [seen for seen in came if self._compare(seen, None) is None]
        if verdict.near_misses or verdict.earlier:
            return
        for seen in self.view:
            if seen.number <= verdict.start:
                continue
            found = differences(seen, self.fields, self.exact)
            if self._has_operation(seen):
                verdict.not_requests += [] if found else [seen]
            elif len(found) < len(self.fields) and (not self.outcomes or seen.role == REQUEST):
                verdict.elsewhere.append(NearMiss(seen, found))

    def _has_operation(self, seen: Seen) -> bool:
        return self.operation is None or self.operation.names(seen.message)

    def _candidates(self) -> Iterator[Seen]:
        """Messages that have the operation, requests for an outcome."""
        for seen in self.view:
            if self._has_operation(seen) and (not self.outcomes or seen.role == REQUEST):
                yield seen

    def _compare(self, seen: Seen, base: int | None) -> NearMiss | None:
        """Where a message of the operation is not what is expected; None when it is."""
        miss = NearMiss(seen, differences(seen, self.fields, self.exact))
        ended = seen.time
        if not miss.differences and self.outcomes:
            ended = self._compare_answers(seen, miss)
        if miss.differences or miss.faults:
            return miss
        if self.seconds is None or base is None or ended is None:
            return None
        passed = ended - base
        if passed <= self.seconds * _SECOND:
            return None
        late = f"it came after {passed / _SECOND:.6g} s, not within {self.seconds:g} s"
        miss.faults.append(late)
        return miss

    def _compare_answers(self, seen: Seen, miss: NearMiss) -> int | None:
        """Adds what is wrong with what came back for a request; when the last of it came."""
        ended = seen.time
        answers: list[Seen] = []
        if seen.link.transaction is not None:
            exchange = self.view.index.exchange(seen.link.transaction)
            answers = [a for a in exchange.answers if a.link.of in (seen.number, 0)]
        for outcome in self.outcomes:
            result = outcome.check(seen, answers)
            if result.fault:
                miss.faults.append(result.fault)
                miss.far += result.far
                miss.differences += result.differences
            if result.answer is not None and result.answer.time is not None:
                ended = max(ended or 0, result.answer.time)
        return ended

    def _require_known_names(self) -> None:
        """Raises UsageError for names that no dissector has: nothing could ever match them."""
        __tracebackhide__ = True
        index = self.view.index.index
        if self.operation is not None and not any(
            self.operation.names(index.message(place)) for place in self.view.places()
        ):
            self.operation.require_known()
        for outcome in self.outcomes:
            if isinstance(outcome, Replied) and outcome.operation is not None:
                outcome.operation.require_known()
        for path in self.fields:
            if path in MESSAGE_FIELDS or any(
                at(seen.message, path) for seen in self.view if self._has_operation(seen)
            ):
                continue
            require_field(self.view.registry, self.operation.text if self.operation else None, path)

    def __str__(self) -> str:
        out = self.words
        for outcome in self.outcomes:
            out += f", {outcome.words}"
        if self.count is not None:
            out += f", times {self.count!r}"
        if self.seconds is not None:
            out += f", within {self.seconds:g} s"
        return out

    def __repr__(self) -> str:
        return f"<expect {self}>"


@dataclass(slots=True)
class Expectations:
    """What a test expects of one capture; `order` has those of the `in_order` block."""

    members: list[Expectation] = field(default_factory=list)
    order: list[Expectation] | None = None

    def add(
        self,
        view: CaptureView,
        operation: str | None,
        fields: dict[str, Any],
        exact: bool,
        caller: FrameType,
    ) -> Expectation:
        """One more, made by the statement that `caller` runs."""
        __tracebackhide__ = True
        made = Expectation(view, operation, fields, exact, self.order, _place(caller))
        self.members.append(made)
        if self.order is not None:
            self.order.append(made)
        return made

    def faults(self) -> list[str]:
        """What is wrong with those that were not checked yet, and where these were made."""
        members, self.members = self.members, []
        out = []
        for one in members:
            if not one.checked:
                try:
                    text = one.fault()
                except UsageError as problem:
                    text = str(problem)
                if text:
                    out.append(f"{one.place}\n{text}")
        return out


def wait(expected: list[Expectation]) -> None:
    """Until what is expected within some time is there, or that time has passed."""
    while [one for one in expected if one.waits()]:
        time.sleep(_LOOK)


def _place(frame: FrameType) -> str:
    """`file:line: source` of the statement that a frame runs, by the current folder."""
    path, number = frame.f_code.co_filename, frame.f_lineno
    line = linecache.getline(path, number).strip()
    return f"{path.removeprefix(os.getcwd() + os.sep)}:{number}: {line}"
