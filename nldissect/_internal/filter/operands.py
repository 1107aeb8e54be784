"""Operands: a field of what a predicate is evaluated on, and what is done to its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ..engine.faults import ERROR, NOTE, WARNING
from ..engine.message import Message
from ..engine.paths import WORDS_OF_IP
from ..spec import model
from ..wire import framing
from .field_types import TypedGetter, field_type, identity
from .literals import Mismatch
from .message_fields import MessageField, of_kind
from .path_matcher import PathMatcher, WalkSelection
from .predicates import DECODED, HEADER, WALKED, Evaluate
from .resolved_path import DYNAMIC, ResolvedPath
from .subject import Subject, TapeNode
from .syntax_tree import Expression, Word
from .transforms import Transform
from .value_types import BooleanType, NumberType, StringType, ValueTest, ValueType
from .vocabulary import Vocabulary


class FieldSource:
    """A field: where it occurs in a subject, and the types of its values.

    An occurrence is a value (of message-level fields) or a node of the tape. Its `definition` is
    what decides of its type: of a node its field, else None.
    """

    cost = HEADER
    needs_link = False

    def occurrences(self, subject: Subject) -> list[Any]:
        """Where it occurs."""
        raise NotImplementedError

    def definition(self, occurrence: Any) -> Any:
        """What occurrences of the same type share."""
        return None

    def typed(self, definition: Any) -> TypedGetter:
        """The type, and how the value of an occurrence is had."""
        raise NotImplementedError

    def definitions(self) -> Iterable[Any]:
        """Those that there may be; empty when that cannot be known."""
        return [None]

    def decided(self, message: Message) -> bool:
        """Whether all messages bound like this one have the same values of it."""
        return False

    def exists(self) -> Evaluate:
        """The condition that a field alone is."""
        occurrences = self.occurrences
        return lambda subject: bool(occurrences(subject))


class MessageFieldSource(FieldSource):
    """A field that every message has."""

    def __init__(self, field: MessageField) -> None:
        self.field = field
        self.cost = field.cost
        self.needs_link = field.needs_link

    def occurrences(self, subject: Subject) -> list[Any]:
        """The value, or the members of a list."""
        value = self.field.get(subject.message, subject.link)
        if self.field.many:
            return value or []
        return [] if value is None else [value]

    def typed(self, definition: Any) -> TypedGetter:
        """The same for each occurrence."""
        return self.field.value_type, identity

    def decided(self, message: Message) -> bool:
        """Of what binding, direction and nlmsg_type tell."""
        return of_kind(self.field.name, message)

    def exists(self) -> Evaluate:
        """Whether there is a value; of yes or no and of errors whether it holds."""
        get, field = self.field.get, self.field
        # Of errors 0 is success.
        if field.many or field.name == "error" or isinstance(field.value_type, BooleanType):
            return lambda subject: bool(get(subject.message, subject.link))
        return lambda subject: get(subject.message, subject.link) is not None


class EchoSource(FieldSource):
    """A field that every message has, of the request that an error echoes."""

    cost = DECODED

    def __init__(self, field: MessageField) -> None:
        self.inner = MessageFieldSource(field)

    def occurrences(self, subject: Subject) -> list[Any]:
        """The value in the echoed request, if there is one."""
        echo = subject.message.echo
        return [] if echo is None else self.inner.occurrences(Subject(echo, None, None))

    def typed(self, definition: Any) -> TypedGetter:
        """That of the field."""
        return self.inner.typed(definition)


class PathSource(FieldSource):
    """Attributes and header members by a path; `split`: arrays are their elements."""

    cost = WALKED

    def __init__(
        self,
        readings: list[ResolvedPath],
        vocabulary: Vocabulary,
        selection: WalkSelection | None,
        split: bool = True,
    ) -> None:
        self.readings = readings
        self.matchers = [PathMatcher(path) for path in readings if path.names]
        for matcher in self.matchers:
            if selection is not None:
                selection.add(matcher)
        self.vocabulary = vocabulary
        self.split = split

    def occurrences(self, subject: Subject) -> list[TapeNode]:
        """The nodes that a reading of the path ends at, each once."""
        found = self._nodes(subject)
        return _elements(found) if self.split and found else found

    def _nodes(self, subject: Subject) -> list[TapeNode]:
        """The same, arrays as one."""
        places: list[int] = []
        message = subject.message
        for matcher in self.matchers:
            if subject.place >= 0 or matcher.can_match(message):
                places += matcher.finder.find(subject.walked(), subject.place)
        if not places:
            return []
        if len(self.matchers) > 1:
            places = list(dict.fromkeys(places))
        return [TapeNode(subject.walked(), place, message) for place in places]

    def decided(self, message: Message) -> bool:
        """Where the operation has no such field: there is none then."""
        if message.type == framing.NLMSG_ERROR:  # with or without a request
            return not self.matchers and message.usual_error
        return not any(matcher.can_match(message) for matcher in self.matchers)

    def exists(self) -> Evaluate:
        """Whether there is one, or the message is of an operation that is named."""
        of_messages = [path for path in self.readings if not path.names]
        occurrences = self._nodes
        return lambda subject: (
            any(path.applies_to(subject.message) for path in of_messages)
            or bool(occurrences(subject))
        )

    def definition(self, occurrence: TapeNode) -> model.Field:
        """The node's field."""
        return occurrence.field

    def typed(self, definition: model.Field) -> TypedGetter:
        """That of the field; with what ip(8) adds to a number that it names so."""
        value_type, get = field_type(definition)
        for matcher in self.matchers:
            more = WORDS_OF_IP.get(matcher.path.names[-1], {}).get(definition.name)
            if more:
                return value_type, _plus(get, more)
        return value_type, get

    def definitions(self) -> Iterator[model.Field]:
        """The fields that the path can end at; of arrays those of their elements.

        None where a reading of it may end at what no spec tells. Dissectors are loaded as far
        as they are asked for.
        """
        paths = [matcher.path for matcher in self.matchers]
        if all(self._told(path) for path in paths):
            for path in paths:
                for field in self._reachable(path):
                    array = self.split and field.kind == model.ARRAY
                    yield field.element if array and field.element is not None else field

    @property
    def verbatim(self) -> bool:
        """Whether all that it can end at are strings that stand in the message as they are."""
        paths = [matcher.path for matcher in self.matchers]
        return bool(paths) and all(self._told(p) and self._verbatim(p) for p in paths)

    def _told(self, path: ResolvedPath) -> bool:
        name = path.names[-1]
        return name not in DYNAMIC and self.vocabulary.defines(name)

    def _verbatim(self, path: ResolvedPath) -> bool:
        if _is_lone_name(path):
            return self.vocabulary.only_strings(path.names[0])
        return all(f.kind == model.STRING and not f.coded for f in self._reachable(path))

    def _reachable(self, path: ResolvedPath) -> Iterable[model.Field]:
        found = None if _is_lone_name(path) else self.vocabulary.reachable_fields(path)
        return found or self.vocabulary.each_field(path.names[-1])


def _is_lone_name(path: ResolvedPath) -> bool:
    return len(path.names) == 1 and path.spec is None and path.operations is None


class DiagnosisSource(FieldSource):
    """A part of a diagnosis, inside of `note { }`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def occurrences(self, subject: Subject) -> list[Any]:
        """That part of the diagnosis looked at."""
        return [getattr(subject.diagnosis, self.name)]

    def typed(self, definition: Any) -> TypedGetter:
        """The same for each diagnosis."""
        return DIAGNOSIS_PARTS[self.name], identity


DIAGNOSIS_PARTS: Final[dict[str, ValueType]] = {
    "code": StringType(), "severity": StringType((ERROR, WARNING, NOTE), "the severities"),
    "text": StringType(), "offset": NumberType(), "length": NumberType(),
}  # fmt: skip


def _plus(get: Callable[[Any], Any], more: int) -> Callable[[Any], Any]:
    return lambda node: None if (value := get(node)) is None else value + more


def _elements(nodes: list[TapeNode]) -> list[TapeNode]:
    """Arrays as their elements."""
    if not any(node.field.kind == model.ARRAY for node in nodes):
        return nodes
    out: list[TapeNode] = []
    for node in nodes:
        out += node.children if node.field.kind == model.ARRAY else [node]
    return out


class Operand:
    """A field with what is done to its values before they are compared.

    `counted` says that it is count(), `masked` that bits are what is left of it.
    """

    def __init__(self, source: FieldSource, expression: Expression) -> None:
        self.source = source
        self.expression = expression
        self.transforms: list[Transform] = []
        self.counted = False
        self.masked = False

    @property
    def untransformed(self) -> bool:
        """Whether its values are the field's."""
        return not self.transforms and not self.counted

    @property
    def valueless(self) -> bool:
        """Whether it stands for messages of an operation or a dissector, not for a field."""
        source = self.source
        return (
            isinstance(source, PathSource)
            and isinstance(self.expression, Word)
            and not source.matchers
        )

    @property
    def redacted(self) -> bool:
        """Whether its values are keys and passwords alone, which are not to be seen."""
        source = self.source
        if not isinstance(source, PathSource) or self.counted:
            return False
        if not source.vocabulary.registry.tables.redacts:
            return False
        one = None
        for one in source.definitions():
            if not one.secret:
                return False
        return one is not None

    @property
    def verbatim(self) -> bool:
        """Whether its values are strings that stand in the message as they are."""
        source = self.source
        return isinstance(source, PathSource) and self.untransformed and source.verbatim

    def transform(self, transform: Transform) -> None:
        """Does one thing more to its values."""
        self.transforms.append(transform)

    def unsplit(self) -> None:
        """Lets arrays be one value."""
        if isinstance(self.source, PathSource):
            self.source.split = False

    def typed(self, definition: Any) -> TypedGetter:
        """The type after all transforms, and how such a value is had."""
        found = self.source.typed(definition)
        for transform in self.transforms:
            found = transform(found)
        return found

    def values(self, subject: Subject) -> list[Any]:
        """The values themselves, for the comparison of two fields."""
        out = []
        for occurrence in self.source.occurrences(subject):
            try:
                _, get = self.typed(self.source.definition(occurrence))
            except Mismatch:
                continue
            value = get(occurrence)
            if isinstance(value, TapeNode):
                value = value.value if value.value is not None else value.bytes
            if value is not None:
                out.append(value)
        return out


class ValueTests:
    """The test of a field's values: for each definition that occurs, what `make` gives its type."""

    def __init__(self, field: Operand, make: Callable[[ValueType], ValueTest]) -> None:
        self._field = field
        self._make = make
        self._tests: dict[Any, tuple[Callable[[Any], Any], ValueTest] | None] = {}

    def outcomes(self, occurrences: list[Any]) -> list[bool | None]:
        """Of each occurrence whether the test holds; None where it has no such value."""
        return [self._outcome(occurrence) for occurrence in occurrences]

    def _outcome(self, occurrence: Any) -> bool | None:
        definition = self._field.source.definition(occurrence)
        if definition not in self._tests:
            if len(self._tests) > 1024:
                self._tests.clear()
            try:
                value_type, get = self._field.typed(definition)
                self._tests[definition] = get, self._make(value_type)
            except Mismatch:
                self._tests[definition] = None
        found = self._tests[definition]
        if found is None:
            return None
        value = found[0](occurrence)
        return None if value is None else bool(found[1](value))
