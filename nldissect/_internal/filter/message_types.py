"""The types of values that only message-level fields have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..engine import labels
from ..engine.message import Message
from ..engine.paths import plain
from ..engine.summary import operation_constant, operation_name
from ..wire import framing, linux
from .literals import Mismatch, duration, error_number, moment, number, suggestion
from .syntax_tree import Literal, StringLiteral, Word
from .value_types import ORDERINGS, NumberType, StringType, ValueTest, ValueType
from .vocabulary import Vocabulary

NLM_FLAGS: Final[dict[str, int]] = {
    **{f"NLM_F_{name}": bit for flags in (labels.COMMON, *labels.BY_CLASS) for bit, name in flags},
    "NLM_F_DUMP": 0x300,
}
_CONTROL: Final = {"noop": 1, "error": 2, "done": 3, "overrun": 4}
_NLMSG: Final = {f"NLMSG_{name.upper()}": value for name, value in _CONTROL.items()}
_RTM: Final = {constant: value for value, constant in linux.RTM.items()}


class ProtocolType(NumberType):
    """Netlink protocols by number, by name and by constant."""

    def __init__(self) -> None:
        names = {constant: value for value, constant in linux.NETLINK_PROTOCOL.items()}
        names |= {linux.protocol_name(value): value for value in linux.NETLINK_PROTOCOL}
        super().__init__(names, "the netlink protocols")

    def choices(self) -> list[tuple[str, str]]:
        """Short names, with their constants."""
        protocols = linux.NETLINK_PROTOCOL.items()
        return [(linux.protocol_name(value), constant) for value, constant in protocols]


class OperationType(ValueType):
    """Messages by the name of their operation; the values are the messages."""

    noun = "the name of an operation"

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def _known(self) -> dict[str, str]:
        """Every name, with the constant or the name that goes with it."""
        out = {"ack": "NLMSG_ERROR"}
        for name in _CONTROL:
            out[name] = f"NLMSG_{name.upper()}"
            out[out[name]] = name
        for constant in linux.RTM.values():
            out[constant] = constant[4:].lower()
            out[constant[4:].lower()] = constant
        out.update(self.vocabulary.operation_names)
        return out

    def _check(self, literal: Literal) -> None:
        """Mismatch for a word that names no operation."""
        text = literal.text
        if isinstance(literal, StringLiteral) or text in _RTM or text in _CONTROL or text == "ack":
            return
        known = self._known()
        if text not in known and plain(text) not in known:
            raise Mismatch(f"there is no operation {text}", suggestion(text, known))

    def equal(self, literal: Literal) -> ValueTest:
        """By spec name or C constant of the operation; only of what has an nlmsghdr."""
        self._check(literal)
        text, name = literal.text, plain(literal.text)

        def test(message: Message) -> bool:
            if not message.netlink:
                return False
            has = operation_name(message)
            return has is not None and (
                plain(has) == name or has == text or operation_constant(message) == text
            )

        return test

    def contains(self, literal: Literal) -> ValueTest:
        """Whether the text is in the spec name."""
        key = literal.text
        return lambda message: key in (operation_name(message) or "")

    def matches(self, literal: Literal) -> ValueTest:
        """A regular expression on the spec name."""
        inner = StringType().matches(literal)
        return lambda message: inner(operation_name(message) or "")

    def choices(self) -> list[tuple[str, str]]:
        """Spec names, with their constants."""
        return sorted((name, other) for name, other in self._known().items() if not name.isupper())


class MessageTypeType(OperationType):
    """nlmsg_type: numbers, or messages by the name of what the number stands for."""

    noun = "a message type"

    def _number(self, literal: Literal) -> tuple[int, int] | None:
        """(protocol or -1, number) where the number tells all."""
        text = literal.text
        value = number(text)
        if value is None:
            value = _NLMSG.get(text)
        if value is not None:
            return -1, value
        return (framing.NETLINK_ROUTE, _RTM[text]) if text in _RTM else None

    def equal(self, literal: Literal) -> ValueTest:
        """By number; a name of NETLINK_ROUTE is of that protocol only."""
        found = self._number(literal)
        if found is not None:
            protocol, value = found
            if protocol < 0:
                return lambda message: bool(message.type == value)
            return lambda message: message.type == value and message.protocol == protocol
        if literal.text in ("error", "ack"):
            return lambda message: bool(message.type == framing.NLMSG_ERROR)
        return super().equal(literal)

    def key(self, literal: Literal) -> int:
        """The number of a literal, whatever its protocol."""
        found = self._number(literal)
        if found is None:
            raise Mismatch(f"{literal} is no number", "types are ordered by number")
        return found[1]

    def ordered(self, operator: str, literal: Literal) -> ValueTest:
        """By nlmsg_type."""
        key, compare = self.key(literal), ORDERINGS[operator]
        return lambda message: compare(message.type, key)

    def between(self, low: Literal, high: Literal) -> ValueTest:
        """By nlmsg_type; a range may hold nothing."""
        first, last = self.key(low), self.key(high)
        return lambda message: bool(first <= message.type <= last)

    def contains(self, literal: Literal) -> ValueTest:
        """Numbers hold no text."""
        raise Mismatch("`contains` looks into strings; this is a number", "see `operation`")

    def matches(self, literal: Literal) -> ValueTest:
        """Numbers are no strings."""
        raise Mismatch("`matches` is for strings; this is a number", "see `operation`")

    def masked(self, literal: Literal) -> tuple[ValueType, Callable[[Any], Any]]:
        """The bits of nlmsg_type."""
        mask = self.key(literal)
        return NumberType(), lambda message: message.type & mask

    def choices(self) -> list[tuple[str, str]]:
        """The names of rtnetlink's and control messages, then their constants with numbers."""
        constants = [*_NLMSG.items(), *_RTM.items()]
        names = [(name.partition("_")[2].lower(), name) for name, _ in constants]
        return [*names, *((name, str(value)) for name, value in constants)]


class CommandType(OperationType):
    """Commands of generic netlink: numbers or names."""

    noun = "a command"

    def equal(self, literal: Literal) -> ValueTest:
        """By number, or as an operation of a generic family."""
        value = number(literal.text)
        if value is not None:
            return lambda message: bool(message.command == value)
        inner = super().equal(literal)
        return lambda message: message.command >= 0 and inner(message)

    def ordered(self, operator: str, literal: Literal) -> ValueTest:
        """By number."""
        inner = NumberType().ordered(operator, literal)
        return lambda message: message.command >= 0 and inner(message.command)

    def between(self, low: Literal, high: Literal) -> ValueTest:
        """By number."""
        inner = NumberType().between(low, high)
        return lambda message: inner(message.command)


class ErrorType(NumberType):
    """Error numbers: negative as in the bytes, by name, or positive as in errno.h."""

    noun = "an error number"

    def key(self, literal: Literal) -> int:
        """The number as it is written; negative of a name."""
        found = error_number(literal.text)
        if found is None:
            found = number(literal.text)
        if found is None:
            hint = suggestion(literal.text, linux.ERRNO.values())
            raise Mismatch(f"{literal} is no error", hint)
        return found

    def equal(self, literal: Literal) -> ValueTest:
        """The same error, whatever the sign."""
        key = -abs(self.key(literal))
        return lambda value: bool(value == key)

    def between(self, low: Literal, high: Literal) -> ValueTest:
        """Between two numbers of errno.h."""
        first, last = sorted((abs(self.key(low)), abs(self.key(high))))
        return lambda value: bool(first <= -value <= last)

    def masked(self, literal: Literal) -> tuple[ValueType, Callable[[Any], Any]]:
        """Errors are no flags."""
        raise Mismatch("errors have no bits")

    def choices(self) -> list[tuple[str, str]]:
        """The constants, with their numbers in errno.h."""
        return [(name, str(-value)) for value, name in linux.ERRNO.items()]


class NamedType(ValueType):
    """What has a `name`, which may not be known (None), and a number.

    `unordered` is the plural of what has no order though it has numbers, else "".
    """

    def __init__(self, noun: str, number_of: Callable[[Any], int | None], unordered: str) -> None:
        self.noun = noun
        self._number_of = number_of
        self._unordered = unordered

    def key(self, literal: Literal) -> int:
        """A number to order by."""
        if self._unordered:
            raise Mismatch(f"{self._unordered} have no order")
        return NumberType().key(literal)

    def equal(self, literal: Literal) -> ValueTest:
        """By number, or by name."""
        value = number(literal.text) if isinstance(literal, Word) else None
        if value is not None:
            number_of = self._number_of
            return lambda found: bool(number_of(found) == value)
        key = literal.text
        return lambda found: bool(found.name == key)

    def ordered(self, operator: str, literal: Literal) -> ValueTest:
        """By number, where it has one."""
        inner, number_of = super().ordered(operator, literal), self._number_of
        return lambda found: (value := number_of(found)) is not None and inner(value)

    def between(self, low: Literal, high: Literal) -> ValueTest:
        """By number, where it has one."""
        inner, number_of = super().between(low, high), self._number_of
        return lambda found: (value := number_of(found)) is not None and inner(value)

    def contains(self, literal: Literal) -> ValueTest:
        """Whether the text is in the name."""
        inner = StringType().contains(literal)
        return lambda found: found.name is not None and inner(found.name)

    def matches(self, literal: Literal) -> ValueTest:
        """A regular expression on the name."""
        inner = StringType().matches(literal)
        return lambda found: found.name is not None and inner(found.name)


class TimeOrigin:
    """When the capture began (ns, None: not known yet): what relative times count from."""

    __slots__ = ("time",)

    def __init__(self) -> None:
        self.time: int | None = None


class TimeType(ValueType):
    """Points in time (ns since the epoch), also written as time spans since the first record."""

    noun = "a time"

    def __init__(self, origin: TimeOrigin) -> None:
        self._origin = origin

    @staticmethod
    def _key(literal: Literal) -> tuple[bool, int]:
        """(whether it counts from the first record, nanoseconds)."""
        found = moment(literal.text)
        if found is not None:
            return False, found
        found = duration(literal.text)
        if found is None:
            hint = 'such as "2026-11-21 13:00", "2026-11-21T13:00:00Z", or 1.5s from the start'
            raise Mismatch(f"{literal} is no time", hint)
        return True, found

    def _test(self, literals: tuple[Literal, ...], test: Callable[..., bool]) -> ValueTest:
        """The test of a value and these points in time."""
        keys = [self._key(literal) for literal in literals]
        origin = self._origin
        if not any(relative for relative, _ in keys):
            numbers = [value for _, value in keys]
            return lambda value: test(value, *numbers)
        return lambda value: test(
            value, *((origin.time or 0) + n if relative else n for relative, n in keys)
        )

    def equal(self, literal: Literal) -> ValueTest:
        """To the nanosecond."""
        return self._test((literal,), lambda value, key: bool(value == key))

    def ordered(self, operator: str, literal: Literal) -> ValueTest:
        """Before or after."""
        return self._test((literal,), ORDERINGS[operator])

    def between(self, low: Literal, high: Literal) -> ValueTest:
        """From one point in time to another."""
        return self._test((low, high), lambda value, first, last: bool(first <= value <= last))
