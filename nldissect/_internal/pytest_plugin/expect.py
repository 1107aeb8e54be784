"""What a test expects of a capture, and whether it came."""

from __future__ import annotations

import dis
import linecache
import re
import time
from collections.abc import Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from ..engine.paths import plain as plainly
from ..engine.summary import operation_constant, operation_name
from ..filter import vocabulary
from ..pairing.codes import NOT_ASKED, REQUEST
from ..spec.registry import Registry
from ..wire import linux
from ..wire.errors import UsageError
from ..wire.text import near
from .match import HEAD, Difference, Seen, at, differences

if TYPE_CHECKING:
    from ..engine.message import Message
    from .captured import Captured

_SECOND: Final = 1_000_000_000
_LOOK: Final = 0.02  # seconds between two looks at what has arrived
_CONTROL: Final = ("ack", "error", "done", "noop", "overrun")
_NUMBERS: Final = {name: number for number, name in linux.ERRNO.items()}


class Order:
    """Expectations that follow each other."""

    def __init__(self) -> None:
        self.members: list[Expectation] = []

    def before(self, one: Expectation) -> Verdict | None:
        """What came of the expectation before this one."""
        for member in reversed(self.members[: self.members.index(one)]):
            if not member.unwanted:
                return member.verdict
        return None


class Miss:
    """A message that is not what is expected: where it differs, and what is wrong besides.

    `far` says how much is wrong with what came back for it.
    """

    def __init__(self, seen: Seen, differences: list[Difference]) -> None:
        self.seen = seen
        self.differences = differences
        self.faults: list[str] = []
        self.far = 0.0


class Verdict:
    """What came of an expectation: `matches`, and of what does not fit the `misses`.

    `base` is the time that it counts from; `last` the number and time of the last match, or
    of what it had to follow.
    """

    def __init__(self, start: int, base: int | None) -> None:
        self.start = start
        self.base = base
        self.matches: list[Seen] = []
        self.misses: list[Miss] = []
        self.last = (start, base)
        self.met = False


def wait(expected: list[Expectation]) -> None:
    """Until what is expected within some time is there, or that time has passed."""
    while [one for one in expected if one.waits()]:
        time.sleep(_LOOK)


class Held:
    """What came of an outcome: `fault` is what is wrong, "" for nothing, and `far` how much.

    `answer` is the message that tells, `differences` where it is not what is expected.
    """

    def __init__(
        self,
        fault: str = "",
        far: float = 1.0,
        answer: Seen | None = None,
        differences: list[Difference] | None = None,
    ) -> None:
        self.fault = fault
        self.far = far
        self.answer = answer
        self.differences = differences or []


class Outcome:
    """What must have come back for a request, in words, and whether it has."""

    def __init__(self, words: str) -> None:
        self.words = words

    def hold(self, seen: Seen, answers: list[Seen]) -> Held:
        """What came of it for this request and its answers."""
        raise NotImplementedError


class Acked(Outcome):
    """The kernel said that it is done."""

    def __init__(self) -> None:
        super().__init__("acked")

    def hold(self, seen: Seen, answers: list[Seen]) -> Held:
        for answer in answers:
            if answer.message.error == 0:
                return Held(answer=answer)
            if answer.message.error is not None:
                return Held(f"it failed: {refusal(answer)}")
        return Held(_unanswered(seen, "acknowledged"))


class Failed(Outcome):
    """The kernel refused."""

    def __init__(self, error: str | int | None, match: str | None) -> None:
        self.number = None if error is None else _error(error)
        self.match = match
        words = "failed" if error is None else f"failed with {_named(self.number)}"
        super().__init__(words if match is None else f"{words} saying {match!r}")

    def hold(self, seen: Seen, answers: list[Seen]) -> Held:
        for answer in answers:
            error = answer.message.error
            if error is None:
                continue
            if error == 0:
                return Held("it did not fail: it was acknowledged")
            if self.number is not None and error != -self.number:
                return Held(f"it failed otherwise: {refusal(answer)}", 0.5)
            if self.match is not None and not re.search(self.match, extack(answer) or ""):
                return Held(f"it failed saying something else: {refusal(answer)}", 0.25)
            return Held(answer=answer)
        return Held(_unanswered(seen, "refused"))


class Replied(Outcome):
    """The kernel answered with data."""

    def __init__(
        self, operation: str | None, fields: Mapping[str, Any], exact: bool, registry: Registry
    ) -> None:
        self.operation = None if operation is None else Operation(operation, registry)
        self.fields = fields
        self.exact = exact
        super().__init__(f"replied {worded(operation or '', fields, exact)}".rstrip())

    def hold(self, seen: Seen, answers: list[Seen]) -> Held:
        replies = [a for a in answers if a.message.error is None]
        if not replies:
            for answer in answers:
                if answer.message.error:
                    return Held(f"it failed: {refusal(answer)}")
            return Held(_unanswered(seen, "answered with data"))
        best: Held | None = None
        for answer in replies:
            if self.operation is not None and not self.operation(answer.message):
                continue
            found = differences(answer, self.fields, self.exact)
            if not found:
                return Held(answer=answer)
            if best is None or len(found) < len(best.differences):
                fault = f"its reply, message {answer.number}, differs"
                best = Held(fault, 0.0, None, found)
        return best or Held(f"it was answered with {replies[0].operation}", 0.75)


class Operation:
    """A test for one operation by any of its names; UsageError for what nothing has."""

    def __init__(self, text: str, registry: Registry) -> None:
        self.text = text
        self.registry = registry
        home, _, name = text.rpartition(".")
        self.home = plainly(home) if home else ""
        self.name = name
        self.plain = plainly(name)

    def __call__(self, message: Message) -> bool:
        has = operation_name(message)
        if has is None or not message.netlink:
            return False
        if self.plain != plainly(has) and operation_constant(message) != self.name:
            return False
        if not self.home:
            return True
        spec = message.spec
        homes = [message.family, HEAD["protocol"](message, None)]
        if spec is not None:
            homes.append(spec.name)
        return any(home is not None and plainly(home) == self.home for home in homes)

    def check(self) -> None:
        """Raise UsageError unless some dissector knows the name."""
        __tracebackhide__ = True
        if not self.home and (self.plain in _CONTROL or self.name in linux.RTM.values()):
            return
        words = vocabulary(self.registry)
        if not self.home:
            found = words.operations(self.plain) or words.operations(self.name)
            names = list(words.operation_names)
        else:
            spec = words.spec(self.home)
            if spec is None:
                homes = [known.name for known in words.specs]
                raise UsageError(f"there is no dissector {self.home!r}{near(self.home, homes)}")
            operations = spec.operations.values()
            found = [
                (spec, o)
                for o in operations
                if self.plain == plainly(o.name) or self.name == o.constant
            ]
            names = [o.name for o in operations]
        if not found:
            raise UsageError(f"there is no operation {self.text!r}{near(self.plain, names)}")


class Expectation:
    """That a message comes; made by `Captured.expect`, refined by its methods.

    Of what is recorded it is checked where its statement ends, or by `check`; what is kept
    in a variable at the latest when the test ends. In the `with` block of a live capture it
    may stand before what it is about: it is checked when the block ends, or by `check`,
    which waits too. What is wrong raises AssertionError.
    """

    def __init__(
        self,
        captured: Captured,
        operation: str | None,
        fields: dict[str, Any],
        exact: bool,
        order: Order | None,
    ) -> None:
        self.captured = captured
        self.operation = None if operation is None else Operation(operation, captured.registry)
        self.fields = fields
        self.exact = exact
        name = "a message" if operation is None else operation
        self.words = worded(name, fields, exact)
        self.order = order
        self.outcomes: list[Outcome] = []
        self.count: Any = None
        self.seconds: float | None = None
        self.unwanted = False
        self.place = ""
        self.verdict: Verdict | None = None
        if order is not None:
            order.members.append(self)

    # -- what else is expected --------------------------------------------------------

    def acked(self) -> Expectation:
        """It is a request that the kernel acknowledged."""
        __tracebackhide__ = True
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
        return self._with(Replied(operation, wanted, exact, self.captured.registry))

    def times(self, count: Any) -> Expectation:
        """There are so many: a number, or what equals it."""
        __tracebackhide__ = True
        self.count = count
        return self.said(_caller())

    def never(self) -> Expectation:
        """There is none."""
        __tracebackhide__ = True
        self.unwanted = True
        return self.said(_caller())

    def within(self, seconds: float) -> Expectation:
        """It came, with its answer, at most so long after the capture began.

        In order, after what is expected before it. The end of a live capture waits for it.
        """
        __tracebackhide__ = True
        self.seconds = seconds
        return self.said(_caller())

    def _with(self, outcome: Outcome) -> Expectation:
        __tracebackhide__ = True
        self.outcomes.append(outcome)
        return self.said(_caller(3))

    # -- checking ------------------------------------------------------------------------

    def said(self, frame: FrameType) -> Expectation:
        """Checks it if this is all that the statement says."""
        __tracebackhide__ = True
        self.verdict = None
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
        self.place = f"{frame.f_code.co_filename}:{frame.f_lineno}: {line}"
        if not self.captured._source.live and _is_last(frame):
            self.check()
        return self

    def check(self) -> Expectation:
        """Raises AssertionError, with what was found instead, when it is not met."""
        __tracebackhide__ = True
        if self in self.captured._pending:
            self.captured._pending.remove(self)
        if self.captured._source.live:
            self.captured._source.catch_up()
            wait([self])
        text = self.fault(False)
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

    def fault(self, placed: bool = True) -> str:
        """What is wrong, "" for nothing; `placed` says first where it was expected."""
        __tracebackhide__ = True
        verdict = self.judge()
        if not verdict.matches:
            self._known()
        if verdict.met:
            return ""
        from .failures import failure

        text = failure(self, verdict)
        return f"{self.place}\n{text}" if placed else text

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
        source = self.captured._source
        shown = self.captured._shown()
        before = None if self.order is None else self.order.before(self)
        verdict = Verdict(0, source.began) if before is None else Verdict(*before.last)
        limit: float | None = None
        if self.seconds is not None and verdict.base is not None:
            limit = verdict.base + self.seconds * _SECOND
        for place in shown:
            if place + 1 <= verdict.start:
                continue
            if self.operation is not None and not self.operation(source.index.message(place)):
                continue
            seen = source.seen(place)
            if self.outcomes and seen.role != REQUEST:
                continue
            self._hold(seen, verdict, limit)
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

    def _hold(self, seen: Seen, verdict: Verdict, limit: float | None) -> None:
        """Holds a message of the operation against what is expected."""
        miss = Miss(seen, differences(seen, self.fields, self.exact))
        late = seen.time
        if not miss.differences and self.outcomes:
            answers: list[Seen] = []
            if seen.link.transaction is not None:
                exchange = self.captured._source.exchange(seen.link.transaction)
                answers = [a for a in exchange.answers if a.link.of in (seen.number, 0)]
            for outcome in self.outcomes:
                held = outcome.hold(seen, answers)
                if held.fault:
                    miss.faults.append(held.fault)
                    miss.far += held.far
                    miss.differences += held.differences
                if held.answer is not None and held.answer.time is not None:
                    late = max(late or 0, held.answer.time)
        fits = not miss.differences and not miss.faults
        if fits and limit is not None and late is not None and late > limit:
            assert verdict.base is not None
            passed = (late - verdict.base) / _SECOND
            miss.faults.append(f"it came after {passed:.6g} s, not within {self.seconds:g} s")
            fits = False
        if fits:
            verdict.matches.append(seen)
        else:
            verdict.misses.append(miss)

    def _known(self) -> None:
        """Raises UsageError for names that no dissector has: nothing could ever match them."""
        __tracebackhide__ = True
        captured = self.captured
        if self.operation is not None and not any(
            self.operation(captured._source.index.message(p)) for p in captured._shown()
        ):
            self.operation.check()
        for outcome in self.outcomes:
            if isinstance(outcome, Replied) and outcome.operation is not None:
                outcome.operation.check()
        words = vocabulary(captured.registry)
        for path in self.fields:
            if path in HEAD or words.ways(path):
                continue
            if not any(at(seen.message, path) for seen in captured):
                last = plainly(path.rpartition(".")[2])
                raise UsageError(f"there is no field {path!r}{near(last, list(words.names))}")

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


def worded(name: str, fields: Mapping[str, Any], exact: bool) -> str:
    """`newlink with ifname='dummy0', mtu=1500 and nothing else`."""
    if not fields:
        return name
    pairs = ", ".join(f"{path}={value!r}" for path, value in fields.items())
    return f"{name} with {pairs}{' and nothing else' if exact else ''}".lstrip()


def extack(answer: Seen) -> str | None:
    """The kernel's own words about an error."""
    node = answer.message.find("NLMSGERR_ATTR_MSG")
    return node.value if node is not None and isinstance(node.value, str) else None


def refusal(answer: Seen) -> str:
    """An error in words: `EEXIST (message 4)`."""
    said = extack(answer)
    name = _named(abs(answer.message.error or 0))
    return f"{name}{'' if said is None else f', {said!r}'} (message {answer.number})"


def _unanswered(seen: Seen, what: str) -> str:
    found = seen.link.transaction
    if found is not None and found.fate(seen.number) == NOT_ASKED:
        return f"it was not {what}: it asked for no answer (NLM_F_ACK is not set)"
    return f"it was not {what}: no such answer was captured"


def _error(error: str | int) -> int:
    __tracebackhide__ = True
    if isinstance(error, int):
        return abs(error)
    number = _NUMBERS.get(error.upper())
    if number is None:
        raise UsageError(f"there is no error {error!r}{near(error.upper(), _NUMBERS)}")
    return number


def _named(number: int | None) -> str:
    return str(linux.errno_name(number or 0) or number)


def _caller(depth: int = 2) -> FrameType:
    import sys

    return sys._getframe(depth)


def _is_last(frame: FrameType) -> bool:
    """Whether the call that runs in this frame is all of its statement, its value dropped."""
    following = (i for i in dis.get_instructions(frame.f_code) if i.offset > frame.f_lasti)
    return next(following).opname == "POP_TOP"
