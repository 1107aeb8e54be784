"""What must have come back for a request: acked, failed, replied; and operations by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..engine.message import Message
from ..engine.paths import plain as plainly
from ..engine.summary import operation_constant, operation_name
from ..filter import vocabulary_of
from ..pairing.codes import NOT_ASKED
from ..spec.registry import Registry
from ..wire import linux
from ..wire.errors import UsageError
from ..wire.text import near
from .matching import MESSAGE_FIELDS, PathDifference, Seen, differences
from .possible_values import CONTROL

_NUMBERS: Final = {name: number for number, name in linux.ERRNO.items()}


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """What came of an outcome: `fault` is what is wrong, "" for nothing.

    `far` is how much is wrong, 0 to 1; `answer` the message that tells, `differences` where
    a reply is not what is expected.
    """

    fault: str = ""
    far: float = 1.0
    answer: Seen | None = None
    differences: list[PathDifference] = field(default_factory=list)


class Outcome:
    """What must have come back for a request, in words, and whether it has."""

    def __init__(self, words: str) -> None:
        self.words = words

    def check(self, seen: Seen, answers: list[Seen]) -> OutcomeResult:
        """What came of it for this request and its answers."""
        raise NotImplementedError


class Acked(Outcome):
    """The kernel said that it is done."""

    def __init__(self) -> None:
        super().__init__("acked")

    def check(self, seen: Seen, answers: list[Seen]) -> OutcomeResult:
        """The first answer with an error code decides."""
        for answer in answers:
            if answer.message.error == 0:
                return OutcomeResult(answer=answer)
            if answer.message.error is not None:
                return OutcomeResult(f"it failed: {refusal(answer)}")
        return OutcomeResult(_unanswered(seen, "acknowledged"))


class Failed(Outcome):
    """The kernel refused."""

    def __init__(self, error: str | int | None, match: str | None) -> None:
        __tracebackhide__ = True
        self.number = None if error is None else _error(error)
        self.match = match
        try:
            re.compile(match or "")
        except re.error as problem:
            raise UsageError(f"{match!r} is no regular expression: {problem}") from None
        words = "failed" if error is None else f"failed with {_named(self.number)}"
        super().__init__(words if match is None else f"{words} saying {match!r}")

    def check(self, seen: Seen, answers: list[Seen]) -> OutcomeResult:
        """The first answer with an error code decides; `far` is less for the right error."""
        for answer in answers:
            error = answer.message.error
            if error is None:
                continue
            if error == 0:
                return OutcomeResult("it did not fail: it was acknowledged")
            if self.number is not None and error != -self.number:
                return OutcomeResult(f"it failed otherwise: {refusal(answer)}", 0.5)
            if self.match is not None and not re.search(self.match, extack(answer) or ""):
                return OutcomeResult(f"it failed saying something else: {refusal(answer)}", 0.25)
            return OutcomeResult(answer=answer)
        return OutcomeResult(_unanswered(seen, "refused"))


class Replied(Outcome):
    """The kernel answered with data."""

    def __init__(
        self, operation: str | None, fields: Mapping[str, Any], exact: bool, registry: Registry
    ) -> None:
        self.operation = None if operation is None else OperationName(operation, registry)
        self.fields = fields
        self.exact = exact
        super().__init__(f"replied {worded(operation or '', fields, exact)}".rstrip())

    def check(self, seen: Seen, answers: list[Seen]) -> OutcomeResult:
        """The reply that differs least counts."""
        replies = [a for a in answers if a.message.error is None]
        if not replies:
            refused = next((answer for answer in answers if answer.message.error), None)
            if refused is not None:
                return OutcomeResult(f"it failed: {refusal(refused)}")
            return OutcomeResult(_unanswered(seen, "answered with data"))
        best: OutcomeResult | None = None
        for answer in replies:
            if self.operation is not None and not self.operation.names(answer.message):
                continue
            found = differences(answer, self.fields, self.exact)
            if not found:
                return OutcomeResult(answer=answer)
            if best is None or len(found) < len(best.differences):
                fault = f"its reply, message {answer.number}, differs"
                best = OutcomeResult(fault, 0.0, None, found)
        return best or OutcomeResult(f"it was answered with {replies[0].operation}", 0.75)


class OperationName:
    """A test for one operation by any of its names; UsageError for what nothing has."""

    def __init__(self, text: str, registry: Registry) -> None:
        self.text = text
        self.registry = registry
        home, _, name = text.rpartition(".")
        self.home = plainly(home) if home else ""
        self.name = name
        self.plain = plainly(name)

    def names(self, message: Message) -> bool:
        """Whether the message has this operation."""
        has = operation_name(message)
        if has is None or not message.netlink:
            return False
        if self.plain != plainly(has) and operation_constant(message) != self.name:
            return False
        if not self.home:
            return True
        spec = message.spec
        homes = [message.family, MESSAGE_FIELDS["protocol"](message, None)]
        if spec is not None:
            homes.append(spec.name)
        return any(home is not None and plainly(home) == self.home for home in homes)

    def require_known(self) -> None:
        """Raises UsageError unless some dissector has the name."""
        __tracebackhide__ = True
        words = vocabulary_of(self.registry)
        if self.home:
            spec = words.spec(self.home)
            if spec is None:
                homes = [known.name for known in words.specs]
                raise UsageError(f"there is no dissector {self.home!r}{near(self.home, homes)}")
            operations = spec.operations.values()
            known = any(
                self.plain == plainly(o.name) or self.name == o.constant for o in operations
            )
            names = [o.name for o in operations]
        elif self.plain in CONTROL or self.name in linux.RTM.values():
            return
        else:
            known = bool(words.operations(self.plain) or words.operations(self.name))
            names = list(words.operation_names)
        if not known:
            raise UsageError(f"there is no operation {self.text!r}{near(self.plain, names)}")


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
