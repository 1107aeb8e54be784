"""The terms of a filter into tests of messages; wrong ones are refused with their column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from ..engine.message import Message
from ..engine.paths import WORDS_OF_IP, plain
from ..spec import model
from ..spec.registry import Registry
from ..wire.errors import FilterError
from . import values
from .items import Item, Look
from .message_fields import (
    DECODED,
    EVERYTHING,
    HEADER,
    SEVERITIES,
    WALKED,
    Clock,
    Top,
    Types,
    meant,
    table,
)
from .syntax import (
    ALL_EQ,
    ANY_NE,
    CONTAINS,
    EQ,
    NE,
    Call,
    Comparison,
    Group,
    Mask,
    Membership,
    Nest,
    Not,
    Quoted,
    Several,
    Term,
    Word,
)
from .values import ORDERS, Any_, Bytes, Mismatch, Number, Shape, Test, Text, Yes, near, shape_of
from .vocabulary import DYNAMIC, Reach, Vocabulary, Wanted, Way, fields_along, reaches

Check = Callable[[Look], bool]
View = tuple[Shape, Callable[[Any], Any]]
Adapt = Callable[[View], View]


class Tested:
    """A test with what it costs; terms that cost little are tried first."""

    __slots__ = ("check", "cost", "paired")

    def __init__(self, check: Check, cost: int, paired: bool) -> None:
        self.check = check
        self.cost = cost
        self.paired = paired


# -- where values come from ----------------------------------------------------------


class Source:
    """A field: its items in what is looked at, and how an item's value is had and compared."""

    cost = HEADER
    paired = False

    def items(self, look: Look) -> list[Any]:
        raise NotImplementedError

    def key(self, item: Any) -> Any:
        """What items with the same view share."""
        return None

    def view(self, key: Any) -> View:
        raise NotImplementedError

    def possible(self) -> list[Any]:
        """The keys that may occur; empty when that cannot be known."""
        return [None]

    def exists(self) -> Check:
        items = self.items
        return lambda look: bool(items(look))


class OfTop(Source):
    """A field of every message."""

    def __init__(self, top: Top) -> None:
        self.top = top
        self.cost = top.cost
        self.paired = top.paired

    def items(self, look: Look) -> list[Any]:
        value = self.top.get(look.message, look.link)
        if self.top.many:
            return value or []
        return [] if value is None else [value]

    def view(self, key: Any) -> View:
        return self.top.shape, _same

    def exists(self) -> Check:
        get, alone = self.top.get, self.top.alone
        if alone is not None:
            test = alone
            return lambda look: (v := get(look.message, look.link)) is not None and test(v)
        if self.top.many or isinstance(self.top.shape, Yes):
            return lambda look: bool(get(look.message, look.link))
        return lambda look: get(look.message, look.link) is not None


class OfEcho(Source):
    """A field of every message, of the request that an error echoes."""

    cost = DECODED

    def __init__(self, top: Top) -> None:
        self.inner = OfTop(top)

    def items(self, look: Look) -> list[Any]:
        echo = look.message.echo
        return [] if echo is None else self.inner.items(Look(echo, None, None))

    def view(self, key: Any) -> View:
        return self.inner.view(key)


class OfPath(Source):
    """Attributes and header members by a path, in a message or in a node."""

    cost = WALKED

    def __init__(
        self, ways: list[Way], words: Vocabulary, wanted: Wanted | None, split: bool = True
    ) -> None:
        self.ways = ways
        self.reaches = [Reach(way) for way in ways if way.names]
        for reach in self.reaches:
            if wanted is not None:
                wanted.add(reach)
        self.words = words
        self.split = split  # whether arrays are their elements

    def items(self, look: Look) -> list[Item]:
        places: list[int] = []
        message = look.message
        for reach in self.reaches:
            if look.place >= 0 or reach.may(message):
                places += reach.path.find(look.walked(), look.place)
        if not places:
            return []
        if len(self.reaches) > 1:
            places = list(dict.fromkeys(places))
        out = [Item(look.walked(), place, message) for place in places]
        return _elements(out) if self.split else out

    def exists(self) -> Check:
        named = [way for way in self.ways if not way.names]
        items = self.items
        if named:
            return lambda look: any(way.about(look.message) for way in named) or bool(items(look))
        return lambda look: bool(items(look))

    def key(self, item: Item) -> model.Field:
        return item.field

    def view(self, key: model.Field) -> View:
        shape, get = shape_of(key)
        for reach in self.reaches:
            more = WORDS_OF_IP.get(reach.way.names[-1], {}).get(key.name)
            if more:
                return shape, _added(get, more)
        return shape, get

    def possible(self) -> list[model.Field]:
        out: dict[model.Field, None] = {}
        for reach in self.reaches:
            way, name = reach.way, reach.way.names[-1]
            found: Iterable[model.Field] = ()
            if len(way.names) > 1 or way.specs is not None or way.operations is not None:
                found = fields_along(self.words, way)
            found = found or self.words.fields(name)
            if name in DYNAMIC or not found:
                return []
            for field in found:
                array = field.kind == model.ARRAY and field.element is not None and self.split
                out[field.element if array and field.element is not None else field] = None
        return list(out)


class OfNote(Source):
    """A part of a diagnosis, inside of `note { }`."""

    def __init__(self, name: str, shape: Shape) -> None:
        self.name = name
        self.shape = shape

    def items(self, look: Look) -> list[Any]:
        return [getattr(look.note, self.name)]

    def view(self, key: Any) -> View:
        return self.shape, _same


_NOTE_PARTS: Final[dict[str, Shape]] = {
    "code": Text(), "severity": Text(SEVERITIES, "the severities"), "text": Text(),
    "offset": Number(), "length": Number(),
}  # fmt: skip


def _added(get: Callable[[Any], Any], more: int) -> Callable[[Any], Any]:
    return lambda node: None if (value := get(node)) is None else value + more


def _same(item: Any) -> Any:
    return item


def _elements(items: list[Item]) -> list[Item]:
    """Arrays as their elements."""
    if not any(item.field.kind == model.ARRAY for item in items):
        return items
    out: list[Item] = []
    for item in items:
        out += item.inside if item.field.kind == model.ARRAY else [item]
    return out


# -- operands -----------------------------------------------------------------------


class Operand:
    """A field with what is done to its values before they are compared."""

    def __init__(self, source: Source, term: Term) -> None:
        self.source = source
        self.term = term
        self.adapts: list[Adapt] = []
        self.counted = False
        self.bits = False

    @property
    def plain(self) -> bool:
        return not self.adapts and not self.counted

    @property
    def nameless(self) -> bool:
        """Whether it stands for messages of an operation or a dissector, not for a field."""
        return (
            isinstance(self.source, OfPath)
            and isinstance(self.term, Word)
            and not self.source.reaches
        )

    def view(self, key: Any) -> View:
        found = self.source.view(key)
        for adapt in self.adapts:
            found = adapt(found)
        return found

    def values(self, look: Look) -> list[Any]:
        """The values themselves, for the comparison of two fields."""
        out = []
        for item in self.source.items(look):
            try:
                _, get = self.view(self.source.key(item))
            except Mismatch:
                continue
            value = get(item)
            if isinstance(value, Item):
                value = value.value if value.value is not None else value.bytes
            if value is not None:
                out.append(value)
        return out


def _any(outcomes: Iterable[bool | None]) -> bool:
    return any(outcomes)


def _none(outcomes: Iterable[bool | None]) -> bool:
    some = False
    for outcome in outcomes:
        if outcome:
            return False
        some = some or outcome is not None
    return some


def _all(outcomes: Iterable[bool | None]) -> bool:
    some = False
    for outcome in outcomes:
        if outcome is None:
            continue
        if not outcome:
            return False
        some = True
    return some


def _other(outcomes: Iterable[bool | None]) -> bool:
    return any(outcome is False for outcome in outcomes)


_DIGITS: Final = r"[\d.]+"
_Quantify = Callable[[Iterable[bool | None]], bool]


def _quantify(op: str, quantifier: str) -> tuple[str, _Quantify]:
    """The operator to test single values with, and how their outcomes are put together."""
    if op == NE:
        return EQ, _other if quantifier == "any" else _none
    if op == ANY_NE:
        return EQ, _none if quantifier == "all" else _other
    if op == ALL_EQ:
        return EQ, _any if quantifier == "any" else _all
    return op, _all if quantifier == "all" else _any


FUNCTIONS: Final = ("len", "count", "lower", "upper")


class Compiler:
    """Compiles one filter."""

    def __init__(self, text: str, registry: Registry, words: Vocabulary) -> None:
        self.text = text
        self.registry = registry
        self.words = words
        self.clock = Clock()
        self.around: list[model.Field] = []  # what the braces around look into, where it is known
        self.tops = table(words, self.clock)
        self.wanted = Wanted()

    def wrong(self, term: Term, reason: str, hint: str = "") -> FilterError:
        return FilterError(self.text, term.start, reason, hint, term.end - term.start)

    # -- terms -------------------------------------------------------------------

    def term(self, term: Term, scope: str) -> Tested:
        """`scope` is "" for a message, "nest" for a node, "note" for a diagnosis."""
        if isinstance(term, Group):
            return self.term(term.inner, scope)
        if isinstance(term, Several):
            return self._several(term, scope)
        if isinstance(term, Not):
            inner = self.term(term.inner, scope)
            check = inner.check
            return Tested(lambda look: not check(look), inner.cost, inner.paired)
        if isinstance(term, Nest):
            return self._nest(term, scope)
        if isinstance(term, Comparison):
            return self._comparison(term, scope)
        if isinstance(term, Membership):
            return self._membership(term, scope)
        return self._alone(term, scope)

    def _several(self, term: Several, scope: str) -> Tested:
        parts = sorted((self.term(part, scope) for part in term.parts), key=lambda t: t.cost)
        checks = [part.check for part in parts]
        cost = max(part.cost for part in parts)
        paired = any(part.paired for part in parts)
        how = {"and": _and, "or": _or, "xor": _xor}[term.how]
        return Tested(how(checks), cost, paired)

    def _alone(self, term: Term, scope: str) -> Tested:
        """A field without an operator: whether it is there, or holds."""
        operand = self._operand(term, scope)
        if operand is None:
            raise self._unknown(term, scope)
        source = operand.source
        if operand.counted or (isinstance(term, Call) and term.what == "len"):
            raise self.wrong(term, "a number alone is no condition", "compare it, such as > 1")
        if operand.plain:
            return Tested(source.exists(), source.cost, source.paired)
        self._possible(operand, lambda shape: bool)
        values = operand.values
        if operand.bits:
            return Tested(lambda look: any(map(_bits, values(look))), source.cost, source.paired)
        return Tested(lambda look: bool(values(look)), source.cost, source.paired)

    # -- braces ------------------------------------------------------------------

    def _nest(self, term: Nest, scope: str) -> Tested:
        word = term.word
        name = word.text
        if not scope and name.lower() in ("note", "diagnoses"):
            inner = self.term(term.inner, "note")
            check = inner.check

            def noted(look: Look) -> bool:
                message = look.message
                return any(
                    check(Look(message, look.link, None, note=found)) for found in message.diagnoses
                )

            return Tested(noted, EVERYTHING, False)
        ways = self.words.ways(name)
        if scope:
            found = self._source(word, scope)
            ways = found.ways if isinstance(found, OfPath) else []
        if not ways:
            if not scope and self._top(name) is not None:
                raise self.wrong(word, f"{name} holds nothing that braces could look into")
            raise self._unknown(word, scope)
        source = OfPath(ways, self.words, None if scope else self.wanted, split=False)
        possible = source.possible()
        if possible and not any(_nests(field) for field in possible):
            raise self.wrong(word, f"{name} is no nest, it has a value", "braces go with nests")
        bare = [way for way in ways if not way.names]
        if bare and not scope:  # newlink { ... }: a message of this operation
            inner = self.term(term.inner, "")
            check = inner.check
            whole = lambda look: any(way.about(look.message) for way in bare) and check(look)  # noqa: E731
            if len(bare) == len(ways):
                return Tested(whole, inner.cost, inner.paired)
        around, self.around = self.around, possible
        inner = self.term(term.inner, "nest")
        self.around = around
        inside, items = inner.check, source.items

        def nested(look: Look) -> bool:
            for item in items(look):
                for one in _entries(item):
                    if inside(Look(look.message, look.link, None, one.engine, one.place)):
                        return True
            return False

        return Tested(nested, DECODED, inner.paired)

    # -- comparisons ---------------------------------------------------------------

    def _comparison(self, term: Comparison, scope: str) -> Tested:
        parts = []
        for i, (op, at) in enumerate(term.operators):
            if i and (op not in ORDERS and op != EQ):
                raise FilterError(self.text, at, f"{op!r} cannot follow another comparison")
            parts.append(self._pair(term, i, op, scope))
        if len(parts) == 1:
            return parts[0]
        parts.sort(key=lambda part: part.cost)
        checks = [part.check for part in parts]
        return Tested(_and(checks), parts[-1].cost, any(p.paired for p in parts))

    def _pair(self, term: Comparison, i: int, op: str, scope: str) -> Tested:
        left, right = term.operands[i], term.operands[i + 1]
        field = self._operand(left, scope)
        other: Operand | None = None
        if field is None or field.nameless:  # 1280 <= mtu, RTM_NEWLINK == type
            named, field = field, self._operand(right, scope)
            if field is None or field.nameless:
                raise self._unknown(left, scope) if named is None else self._valueless(left, named)
            if op not in ORDERS and op not in (EQ, NE, ALL_EQ, ANY_NE):
                raise self._unknown(left, scope)
            left, right = right, left
            op = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
        else:
            other = self._second(field, right, op, scope)
        if other is not None:
            return self._fields(field, other, op, term.quantifier)
        if not isinstance(right, (Word, Quoted)):
            raise self._unknown(right, scope)
        if isinstance(right, Word) and right.cut is not None:
            raise self._unknown(right, scope)
        single, quantify = _quantify(op, term.quantifier)
        literal = right
        made = self._test(field, lambda shape: shape.test(single, literal), quantify, right)
        if single in (EQ, CONTAINS) and quantify in (_any, _all) and self._textual(field):
            return _with(literal.text, made)
        return made

    @staticmethod
    def _textual(field: Operand) -> bool:
        """Whether its values are strings that stand in the message as they are."""
        source = field.source
        if not isinstance(source, OfPath) or not field.plain:
            return False
        keys = source.possible()
        return bool(keys) and all(key.kind == model.STRING and key.hook is None for key in keys)

    def _second(self, field: Operand, right: Term, op: str, scope: str) -> Operand | None:
        """The right side as a field, None if it is a value."""
        if isinstance(right, Quoted):
            return None
        if isinstance(right, Word) and right.cut is None:
            if op not in ORDERS and op not in (EQ, NE, ALL_EQ, ANY_NE):
                return None
            if re.fullmatch(_DIGITS, right.text):  # 10.0.0.256 is no path of attribute numbers
                return None
            if self._accepted(field, right, op):
                return None
        found = self._operand(right, scope)
        if found is not None and isinstance(right, Word) and right.cut is None:
            names = [w for w in self.words.ways(right.text) if not w.names] if not scope else []
            if names and self._top(right.text) is None:
                return None  # the name of an operation is no value of another field
        return found

    def _accepted(self, field: Operand, literal: Word, op: str) -> bool:
        """Whether the field has values that the word can be."""
        single, _ = _quantify(op, "")
        text = literal.text
        for key in field.source.possible():
            try:
                shape, _get = field.view(key)
                shape.test(single, literal)
            except Mismatch:
                continue
            if isinstance(shape, Any_) and shape.key(literal) is None:
                # A name that only a capture tells, unless it is another field's.
                if self._operand(literal, "") is not None:
                    continue
            elif type(shape) is Text and shape.known is None and self._dotted(text):
                continue
            return True
        return False

    def _dotted(self, text: str) -> bool:
        """Whether a word reads as a field rather than as a string."""
        return ("." in text or text.isupper()) and bool(
            self._top(text) is not None or self.words.ways(text)
        )

    def _fields(self, a: Operand, b: Operand, op: str, quantifier: str) -> Tested:
        single, quantify = _quantify(op, quantifier)
        compare = ORDERS.get(single)
        first, second = a.values, b.values

        def outcomes(look: Look) -> list[bool | None]:
            out: list[bool | None] = []
            right = second(look)
            for x in first(look):
                for y in right:
                    if compare is None:
                        out.append(bool(x == y))
                    elif type(x) is type(y) and not isinstance(x, Message):
                        out.append(compare(x, y))
            return out

        cost = max(a.source.cost, b.source.cost)
        paired = a.source.paired or b.source.paired
        return Tested(lambda look: quantify(outcomes(look)), cost, paired)

    def _membership(self, term: Membership, scope: str) -> Tested:
        field = self._operand(term.of, scope)
        if field is None:
            raise self._unknown(term.of, scope)
        if field.nameless:
            raise self._valueless(term.of, field)
        quantify = _all if term.quantifier == "all" else _any

        def make(shape: Shape) -> Test:
            tests = []
            problem: tuple[Term, Mismatch] | None = None
            for low, high in term.items:
                try:
                    tests.append(shape.equal(low) if high is None else shape.between(low, high))
                except Mismatch as found:
                    problem = problem or (low, found)
            if problem is not None:
                raise _At(problem[1], problem[0])
            if len(tests) == 1:
                return tests[0]
            every = tuple(tests)
            return lambda value: any(test(value) for test in every)

        return self._test(field, make, quantify, term.items[0][0])

    def _test(
        self, field: Operand, make: Callable[[Shape], Test], quantify: _Quantify, literal: Term
    ) -> Tested:
        """The test of a field's values, each by what `make` gives for its shape."""
        self._possible(field, make, literal)
        source = field.source
        items = source.items
        if field.counted:
            test = make(Number())
            check: Check = lambda look: quantify([test(len(items(look)))])  # noqa: E731
        elif isinstance(source, OfTop) and not source.top.many and field.plain:
            get, only = source.top.get, make(source.top.shape)
            positive = quantify is _any or quantify is _all
            check = lambda look: (  # noqa: E731
                (v := get(look.message, look.link)) is not None and bool(only(v)) is positive
            )
        else:
            outcome = _Outcomes(field, make)
            check = lambda look: quantify(outcome.of(items(look)))  # noqa: E731
        return Tested(check, source.cost, source.paired)

    def _possible(
        self, field: Operand, make: Callable[[Shape], Test], literal: Term | None = None
    ) -> None:
        """Raises FilterError where no value of the field can be compared so."""
        if field.counted:
            try:
                make(Number())
            except Mismatch as found:
                raise self._mismatch(found, literal or field.term) from None
            return
        problem: Mismatch | None = None
        for key in field.source.possible():
            try:
                shape, _ = field.view(key)
            except Mismatch as found:
                at = found if isinstance(found, _At) else _At(found, field.term)
                problem = problem or at
                continue
            try:
                make(shape)
            except Mismatch as found:
                problem = problem or found
            else:
                return
        if problem is not None:
            raise self._mismatch(problem, literal or field.term)

    def _mismatch(self, problem: Mismatch, literal: Term) -> FilterError:
        if isinstance(problem, _At):
            literal = problem.term
        return self.wrong(literal, problem.reason, problem.hint)

    def _operand(self, term: Term, scope: str) -> Operand | None:
        """The term as a field; None if it is not the name of one."""
        if isinstance(term, Group):
            inner = term.inner
            if isinstance(inner, (Several, Not, Comparison, Membership, Nest)):
                raise self.wrong(term, "a condition in parentheses has no value to compare")
            return self._operand(inner, scope)
        if isinstance(term, Call):
            return self._call(term, scope)
        if isinstance(term, Mask):
            return self._mask(term, scope)
        if isinstance(term, Nest):
            raise self.wrong(term, "braces hold conditions, and have no value to compare")
        if not isinstance(term, Word):
            if isinstance(term, (Comparison, Membership, Several, Not)):
                raise self.wrong(term, "a condition has no value to compare")
            return None
        source = self._source(term, scope)
        if source is None:
            return None
        operand = Operand(source, term)
        if term.cut is not None:
            if isinstance(source, OfPath):
                source.split = False
            operand.adapts.append(_sliced(self._slice(term)))
        return operand

    def _top(self, name: str) -> Top | None:
        return self.tops.get(name.replace("-", "_")) or self.tops.get(name)

    def _source(self, term: Word, scope: str) -> Source | None:
        name = term.text
        if name.endswith("."):
            raise self.wrong(term, f"{name} ends with a dot", "a name follows it")
        if scope == "note":
            shape = _NOTE_PARTS.get(name)
            return None if shape is None else OfNote(name, shape)
        if not scope:
            top = self._top(name)
            if top is not None:
                return OfTop(top)
            if name.startswith("request."):
                inner = self._top(name[8:])
                if inner is not None and not inner.paired:
                    return OfEcho(inner)
        if re.fullmatch(_DIGITS, name) and values.network(name) is not None:
            return None
        ways = self.words.ways(name)
        if scope:
            ways = [
                way
                for way in ways
                if way.names and way.specs is None and not way.top and way.operations is None
            ]
            if self.around:
                ways = [way for way in ways if any(reaches(f, way) for f in self.around)]
        # What lies in braces is inside of what is wanted already.
        return OfPath(ways, self.words, None if scope else self.wanted) if ways else None

    def _unknown(self, term: Term, scope: str) -> FilterError:
        """What is wrong with a term that should have been a field."""
        while isinstance(term, (Mask, Call, Group)):
            term = term.inner if isinstance(term, Group) else term.of
        if isinstance(term, Quoted):
            return self.wrong(term, "a string alone is no condition", "a field goes before it")
        if not isinstance(term, Word):
            return self.wrong(term, "a field goes here")
        name = term.text
        if values.number(name) is not None or values.network(name) is not None:
            return self.wrong(term, f"{name} is a value, not a field", "a field goes before it")
        if scope == "note":
            return self.wrong(term, f"a note has no {name}", f"it has {', '.join(_NOTE_PARTS)}")
        if scope and self._top(name) is not None:
            hint = "ask for it outside of them"
            return self.wrong(
                term, f"{name} belongs to the message, not to what the braces look into", hint
            )
        parts = name.split(".")
        known = self.words.names
        if self.around and self.words.ways(name):
            return self.wrong(term, f"{self.around[0].name} holds no {name}")
        for i, part in enumerate(parts):
            short = plain(part)
            first = i == 0 and (
                short in self.words.operation_names
                or self.words.spec(short) is not None
                or (len(parts) > 1 and self._top(part) is not None)
            )
            if not (short in known or first or short.isdecimal()):
                at = term.start + sum(len(p) + 1 for p in parts[:i])
                names = known
                if i == 0:
                    names |= {n.replace("_", "-") for n in self.tops} if not scope else set()
                    names |= set(self.words.operation_names)
                    names |= {plain(spec.name) for spec in self.words.specs}
                hint = near(short, names)
                if not hint and not part.isupper():
                    hint = near(part.upper(), [n for n in names if n.isupper()])
                return FilterError(self.text, at, f"there is no field {part!r}", hint, len(part))
        wrong = self.wrong(term, f"there is no {parts[-1]} in {'.'.join(parts[:-1])}")
        if len(parts) == 1:
            wrong = self.wrong(term, f"{name} is no field")
        return wrong

    def _valueless(self, term: Term, operand: Operand) -> FilterError:
        reason = f"{values.text_of(operand.term)} names messages, which have no value"
        return self.wrong(term, reason, "compare `operation` or `dissector`")

    def _slice(self, term: Word) -> list[tuple[int | None, int | None]]:
        """[i:j] is j bytes from i on, [i-j] from i to j, [i], [:j], [i:]; several by commas."""
        assert term.cut is not None
        out: list[tuple[int | None, int | None]] = []
        for part in term.cut[1:-1].split(","):
            piece = _piece(part.strip())
            if piece is None:
                raise FilterError(
                    self.text,
                    term.cut_at,
                    f"{term.cut} is no slice",
                    "such as [0:4] (4 bytes from 0), [2-3] (2 to 3), [4], [-4:]",
                    len(term.cut),
                )
            out.append(piece)
        return out

    def _call(self, term: Call, scope: str) -> Operand:
        name = term.what
        if name not in FUNCTIONS:
            raise FilterError(
                self.text,
                term.start,
                f"there is no function {name}",
                near(name, FUNCTIONS) or f"there are {', '.join(FUNCTIONS)}",
                len(name),
            )
        operand = self._operand(term.of, scope)
        if operand is None:
            raise self._unknown(term.of, scope)
        operand.term = term
        if name == "count":
            operand.counted = True
        elif name == "len":
            if isinstance(operand.source, OfPath):
                operand.source.split = False
            operand.adapts.append(_measured)
        else:
            operand.adapts.append(_lowered if name == "lower" else _uppered)
        return operand

    def _mask(self, term: Mask, scope: str) -> Operand:
        operand = self._operand(term.of, scope)
        if operand is None:
            raise self._unknown(term.of, scope)
        if operand.nameless:
            raise self._valueless(term.of, operand)
        for literal in term.by:
            if not isinstance(literal, (Word, Quoted)) or (
                isinstance(literal, Word) and literal.cut is not None
            ):
                raise self.wrong(literal, "a number or the name of a flag goes after &")
            mask = literal
            if isinstance(literal, Word):
                operand.source = _meant(operand.source, literal.text)
            operand.adapts.append(lambda view, by=mask: _masked(view, by))  # type: ignore[misc]
            operand.bits = True
            try:
                self._possible(operand, lambda shape: bool, literal)
            except FilterError:
                other = self._operand(literal, scope) if isinstance(literal, Word) else None
                if other is None:
                    raise
                text = values.text_of(literal)
                raise self.wrong(literal, f"{text} is a field; & takes a value") from None
        return operand


class _Outcomes:
    """Tests the values of items, each by what `make` gives for its shape."""

    def __init__(self, field: Operand, make: Callable[[Shape], Test]) -> None:
        self._field = field
        self._make = make
        self._tests: dict[Any, tuple[Callable[[Any], Any], Test] | None] = {}

    def of(self, items: list[Any]) -> list[bool | None]:
        """Of each item whether the test holds; None where it has no such value."""
        return [self._outcome(item) for item in items]

    def _outcome(self, item: Any) -> bool | None:
        key = self._field.source.key(item)
        if key not in self._tests:
            if len(self._tests) > 1024:
                self._tests.clear()
            try:
                shape, get = self._field.view(key)
                self._tests[key] = get, self._make(shape)
            except Mismatch:
                self._tests[key] = None
        found = self._tests[key]
        if found is None:
            return None
        value = found[0](item)
        return None if value is None else bool(found[1](value))


class _At(Mismatch):
    """A mismatch of one of several values."""

    def __init__(self, found: Mismatch, term: Term) -> None:
        super().__init__(found.reason, found.hint)
        self.term = term


def _meant(source: Source, name: str) -> Source:
    """The source as `& name` asks for it."""
    of = source.inner if isinstance(source, OfEcho) else source
    top = meant(of.top, name) if isinstance(of, OfTop) else None
    if top is None:
        return source
    return OfEcho(top) if isinstance(source, OfEcho) else OfTop(top)


def _nests(field: model.Field) -> bool:
    return field.kind > model.LAST_SCALAR and field.kind not in (model.STRING, model.FLAG)


def _entries(item: Item) -> list[Item]:
    """The nests that an item is: itself or, of an array, each entry."""
    inside = item.inside
    if inside and all(one.engine.called(one.place)[0].isdigit() for one in inside):
        out: list[Item] = []
        for one in inside:
            out += _entries(one)
        return out
    return [item]


# -- what is done to values -----------------------------------------------------------


def _piece(text: str) -> tuple[int | None, int | None] | None:
    """One part of a slice as (start, end); negative counts from the end."""
    number = values.number
    if ":" in text:
        left, _, right = text.partition(":")
        start = number(left.strip()) if left.strip() else 0
        size = number(right.strip()) if right.strip() else None
        if start is None or (right.strip() and size is None):
            return None
        if size is None:
            return start, None
        if size <= 0:
            return None
        end = start + size
        return start, None if start < 0 <= end else end
    first = number(text)
    if first is not None:
        return first, None if first == -1 else first + 1
    at = text.find("-", 1)
    if at < 0:
        return None
    first, last = number(text[:at].strip()), number(text[at + 1 :].strip())
    if first is None or last is None or (first >= 0) != (last >= 0) or first > last:
        return None
    return first, None if last == -1 else last + 1


def _bytes_of(shape: Shape, get: Callable[[Any], Any]) -> Callable[[Any], bytes | None]:
    def raw(item: Any) -> bytes | None:
        value = get(item)
        if isinstance(value, str):
            return value.encode("utf-8", "surrogateescape")
        if isinstance(value, bytes):
            return value
        return item.bytes if isinstance(item, Item) else None

    return raw


def _sliced(pieces: list[tuple[int | None, int | None]]) -> Adapt:
    def adapt(view: View) -> View:
        shape, get = view
        if isinstance(shape, Number) and get is _same:
            raise Mismatch(f"this is {shape.noun}, which has no bytes to slice")
        raw = _bytes_of(shape, get)

        def cut(item: Any) -> bytes | None:
            value = raw(item)
            if value is None:
                return None
            return b"".join(value[start:end] for start, end in pieces) or None

        return Bytes(), cut

    return adapt


def _measured(view: View) -> View:
    shape, get = view
    if isinstance(shape, Number) and get is _same:
        raise Mismatch(f"this is {shape.noun}, which has no length")
    raw = _bytes_of(shape, get)
    return Number(), lambda item: None if (value := raw(item)) is None else len(value)


def _cased(view: View, change: Callable[[str], str]) -> View:
    shape, get = view
    if not isinstance(shape, Text):
        raise Mismatch(f"lower() and upper() take strings; this is {shape.noun}")
    return Text(), lambda item: None if (value := get(item)) is None else change(value)


def _lowered(view: View) -> View:
    return _cased(view, str.lower)


def _uppered(view: View) -> View:
    return _cased(view, str.upper)


def _masked(view: View, by: Term) -> View:
    shape, get = view
    try:
        mask = shape.masked(by)
    except Mismatch as found:
        raise _At(found, by) from None
    if isinstance(shape, Types):
        return Number(), lambda message: message.type & mask
    if isinstance(mask, bytes):
        by_bytes = mask
        return shape, lambda item: _common(get(item), by_bytes)
    if isinstance(shape, Any_):
        names = Number(shape.names, "its names")
        return names, lambda node: None if (v := values._host(node)) is None else v & mask
    return shape, lambda item: None if (value := get(item)) is None else value & mask


def _common(value: bytes | None, mask: bytes) -> bytes | None:
    """The bits that two strings of the same length share."""
    if value is None or len(value) != len(mask):
        return None
    return bytes(a & b for a, b in zip(value, mask, strict=True))


def _bits(value: Any) -> bool:
    """Whether any bit is set."""
    return any(value) if isinstance(value, bytes) else bool(value)


# -- putting tests together -----------------------------------------------------------


def _and(checks: list[Check]) -> Check:
    if len(checks) == 2:
        a, b = checks
        return lambda look: a(look) and b(look)

    def check(look: Look) -> bool:
        for part in checks:
            if not part(look):
                return False
        return True

    return check


def _with(text: str, made: Tested) -> Tested:
    """A test of a string: a message without its bytes need not be walked."""
    if not text or not text.isascii() or "\\" in text:
        return made
    needle, check = text.encode(), made.check
    return Tested(lambda look: needle in look.message.data and check(look), made.cost, made.paired)


def _or(checks: list[Check]) -> Check:
    def check(look: Look) -> bool:
        for part in checks:
            if part(look):
                return True
        return False

    return check


def _xor(checks: list[Check]) -> Check:
    def check(look: Look) -> bool:
        odd = False
        for part in checks:
            odd ^= part(look)
        return odd

    return check
