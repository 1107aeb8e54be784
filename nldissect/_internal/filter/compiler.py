"""The terms of a filter into tests of messages; wrong ones are refused with their column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from .. import spec as m
from .. import wire
from ..errors import FilterError
from ..registry import Registry
from ..transaction import Link
from ..tree import Message, Node
from . import values
from .fields import (
    DECODED,
    EVERYTHING,
    HEADER,
    SEVERITIES,
    WALKED,
    Clock,
    Operations,
    Top,
    Types,
    meant,
    table,
)  # fmt: skip
from .paths import (
    DYNAMIC,
    NEVER,
    WORDS_OF_IP,
    Path,
    Vocabulary,
    Way,
    leads,
    plain,
    reaches,
    unspecified,
)
from .raw import Glance, Holds, Wanted, bound, in_control, typical
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
)  # fmt: skip
from .values import ORDERS, Any_, Bytes, Mismatch, Number, Shape, Test, Text, Yes, near, shape_of

# What is tested: a message or, inside of braces, a node or a diagnosis.
Subject = Any
Check = Callable[[Subject, Link | None], bool]
# Of a header alone: protocol, nlmsg_len, type, flags, sequence, port.
Quick = Callable[[int, int, int, int, int, int], bool]
# Of netlink protocol and message type alone, and of an error the type that it echoes (or -1).
Kinds = Callable[[int, int, int], bool]
View = tuple[Shape, Callable[[Any], Any]]
Adapt = Callable[[View], View]


class Tested:
    """A test with what it costs.

    `quick` is what the header alone says, `exact` if that is all there is to it. `kinds`
    says of which messages it may hold at all; `needles` are
    bytes of which a message has one where it holds, `holds` says by its raw bytes whether it may.
    `alike` tells that needles and `holds` find in an error what the request that it echoes has.
    """

    __slots__ = (
        "alike", "check", "cost", "exact", "holds", "kinds", "needles", "paired", "quick",
    )  # fmt: skip

    def __init__(
        self, check: Check, cost: int, paired: bool, quick: Quick | None = None,
        exact: bool = False, kinds: Kinds | None = None,
    ) -> None:  # fmt: skip
        self.kinds = kinds
        self.needles: tuple[bytes, ...] = ()
        self.holds: Holds | None = None
        self.alike = True
        self.check = check
        self.cost = cost
        self.paired = paired
        self.quick = quick
        self.exact = exact


# -- where values come from ----------------------------------------------------------


class Source:
    """A field: its items in a subject, and how an item's value is had and compared."""

    cost = HEADER
    paired = False

    def items(self, subject: Subject, link: Link | None) -> list[Any]:
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
        return lambda subject, link: bool(items(subject, link))

    def quick(self) -> Quick | None:
        """What must hold of the header for there to be any item."""
        return None

    def kinds(self) -> Kinds | None:
        """Which messages may have an item; None: any."""
        return None

    def holds(self, wanted: Wanted | None = None) -> tuple[Holds | None, bool]:
        """Which messages may have a wanted item, by their raw bytes (None: any); `Tested.alike`."""
        return None, True


class OfTop(Source):
    """A field of every message."""

    def __init__(self, top: Top) -> None:
        self.top = top
        self.cost = top.cost
        self.paired = top.paired

    def items(self, subject: Subject, link: Link | None) -> list[Any]:
        value = self.top.get(subject, link)
        if self.top.many:
            return value or []
        return [] if value is None else [value]

    def view(self, key: Any) -> View:
        return self.top.shape, _same

    def exists(self) -> Check:
        get, alone = self.top.get, self.top.alone
        if alone is not None:
            return lambda subject, link: (v := get(subject, link)) is not None and alone(v)
        if self.top.many or isinstance(self.top.shape, Yes):
            return lambda subject, link: bool(get(subject, link))
        return lambda subject, link: get(subject, link) is not None

    def quick(self) -> Quick | None:
        name = self.top.name
        if name in ("family", "command", "version"):
            return lambda protocol, length, kind, flags, seq, port: protocol == wire.NETLINK_GENERIC
        if name in ("error", "error_name", "extack"):
            return lambda protocol, length, kind, flags, seq, port: 2 <= kind <= 3
        return None


class OfFlag(OfTop):
    """nlmsg_flags as far as a flag is meant; `bare` is what the header has."""

    def __init__(self, top: Top, bare: OfTop) -> None:
        super().__init__(top)
        self.bare: OfTop = bare.bare if isinstance(bare, OfFlag) else bare


class OfEcho(Source):
    """A field of every message, of the request that an error echoes."""

    cost = DECODED

    def __init__(self, top: Top) -> None:
        self.inner = OfTop(top)

    def items(self, subject: Subject, link: Link | None) -> list[Any]:
        echo = subject.echo if subject.type == wire.NLMSG_ERROR else None
        return [] if echo is None else self.inner.items(echo, None)

    def view(self, key: Any) -> View:
        return self.inner.view(key)

    def quick(self) -> Quick | None:
        return lambda protocol, length, kind, flags, seq, port: kind == wire.NLMSG_ERROR


class OfPath(Source):
    """Attributes and header members by a path, in a message or (`inside`) in a node."""

    cost = WALKED

    def __init__(
        self, ways: list[Way], words: Vocabulary, inside: bool, whole: bool, split: bool = True
    ) -> None:
        self.paths = [Path(way, words.registry, whole) for way in ways]
        self.words = words
        self.inside = inside
        self.split = split  # whether arrays are their elements
        self._generic: bool | None = None
        self._by_operation: dict[tuple[m.Spec | m.Operation | None, ...], bool] = {}

    def items(self, subject: Subject, link: Link | None) -> list[Node]:
        out: list[Node] = []
        for path in self.paths:
            if not path.way.names:
                continue
            out += path.within(subject) if self.inside else path.find(subject)
        if len(self.paths) > 1 and len(out) > 1:
            out = list({(node.offset, node.field): node for node in out}.values())
        if self.split:
            for node in out:
                if node.field.kind == m.ARRAY:
                    return _elements(out)
        return out

    def exists(self) -> Check:
        named = [path.way for path in self.paths if not path.way.names]
        items = self.items
        if named and not self.inside:
            return lambda subject, link: any(way.about(subject) for way in named) or bool(
                items(subject, link)
            )
        return lambda subject, link: bool(items(subject, link))

    def key(self, item: Node) -> m.Field:
        return item.field

    def view(self, key: m.Field) -> View:
        shape, get = shape_of(key)
        for path in self.paths:
            more = WORDS_OF_IP.get(path.way.names[-1], {}).get(key.name) if path.way.names else None
            if more:
                return shape, _added(get, more)
        return shape, get

    def possible(self) -> list[m.Field]:
        out: dict[m.Field, None] = {}
        for path in self.paths:
            names = path.way.names
            if names and names[-1] in DYNAMIC:
                return []
            if names:
                found = self.words.known.get(names[-1])
                if found is None:
                    return []
                for field in self._narrowed(found, path.way):
                    array = field.kind == m.ARRAY and field.sub is not None and self.split
                    out[field.sub if array and field.sub is not None else field] = None
        return list(out)

    def _narrowed(self, found: list[m.Field], way: Way) -> list[m.Field]:
        """Those of the fields that lie where the path says, as far as that is known."""
        if len(found) < 2 or (len(way.names) < 2 and way.specs is None and way.operations is None):
            return found
        from .paths import fields_along

        along = fields_along(self.words, way)
        kept = [field for field in found if field in along]
        return kept or found

    def quick(self) -> Quick | None:
        if self.inside:
            return None
        known: dict[tuple[int, int], bool] = {}
        may = self._may

        def quick(protocol: int, length: int, kind: int, flags: int, seq: int, port: int) -> bool:
            if kind < wire.NLMSG_MIN_TYPE:
                return 2 <= kind <= 3 or kind < 0
            if protocol == wire.NETLINK_GENERIC:
                return True
            found = known.get((protocol, kind))
            if found is None:
                found = known[protocol, kind] = may(protocol, kind)
            return found

        return quick

    def kinds(self) -> Kinds | None:
        if self.inside:
            return None
        known: dict[tuple[int, int], bool] = {}

        def may(protocol: int, kind: int) -> bool:
            found = known.get((protocol, kind))
            if found is None:
                found = known[protocol, kind] = self._may(protocol, kind)
            return found

        return lambda protocol, kind, echoed: may(protocol, kind) or (
            echoed >= wire.NLMSG_MIN_TYPE and may(protocol, echoed)
        )

    def holds(self, wanted: Wanted | None = None) -> tuple[Holds | None, bool]:
        if self.inside or not all(path.way.names for path in self.paths):
            return None, True
        glances = [Glance(path, self.words.registry, wanted) for path in self.paths]
        alike = all(glance.alike for glance in glances)
        return glances[0] if len(glances) == 1 else _one_holds(glances), alike

    def _may(self, protocol: int, kind: int) -> bool:
        registry = self.words.registry
        if kind < wire.NLMSG_MIN_TYPE:
            return any(in_control(path.way, registry, kind) for path in self.paths)
        if protocol == wire.NETLINK_GENERIC:  # an id may be any family's
            if self._generic is None:
                self._generic = any(self._in_generic(path.way) for path in self.paths)
            return self._generic
        messages = [bound(registry, protocol, kind, asks) for asks in (True, False)]
        operations = (messages[0].spec, *(message.operation for message in messages))
        found = self._by_operation.get(operations)
        if found is None:
            found = self._by_operation[operations] = any(
                path.start(message) is not NEVER if path.way.names else path.way.about(message)
                for path in self.paths for message in messages
            )  # fmt: skip
        return found

    def _in_generic(self, way: Way) -> bool:
        if not way.names or unspecified(way):
            return True
        return any(
            leads(operation, way)
            for spec in self.words.specs
            if spec.protonum is None and (way.specs is None or plain(spec.name) == way.specs)
            for operation in {*spec.requests.values(), *spec.replies.values()}
            if way.operations is None or operation.name in way.operations
        )


class OfNote(Source):
    """A part of a diagnosis, inside of `note { }`."""

    def __init__(self, name: str, shape: Shape) -> None:
        self.name = name
        self.shape = shape

    def items(self, subject: Subject, link: Link | None) -> list[Any]:
        return [getattr(subject, self.name)]

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


def _elements(nodes: list[Node]) -> list[Node]:
    """Arrays as their elements."""
    out: list[Node] = []
    for node in nodes:
        out += node.children if node.field.kind == m.ARRAY else [node]
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
            isinstance(self.source, OfPath) and isinstance(self.term, Word)
            and not any(path.way.names for path in self.source.paths)
        )

    def view(self, key: Any) -> View:
        found = self.source.view(key)
        for adapt in self.adapts:
            found = adapt(found)
        return found

    def values(self, subject: Subject, link: Link | None) -> list[Any]:
        """The values themselves, for the comparison of two fields."""
        out = []
        for item in self.source.items(subject, link):
            try:
                _, get = self.view(self.source.key(item))
            except Mismatch:
                continue
            value = get(item)
            if isinstance(value, Node):
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


_DIGITS: Final = re.compile(r"[\d.]+")
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
        self.around: list[m.Field] = []  # what the braces around look into, where it is known
        self.tops = table(words, self.clock)

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
            check, quick = inner.check, inner.quick
            negated: Quick | None = None
            if quick is not None and inner.exact:
                known = quick
                negated = lambda *header: not known(*header)  # noqa: E731
            return Tested(
                lambda subject, link: not check(subject, link), inner.cost, inner.paired, negated,
                inner.exact,
            )  # fmt: skip
        if isinstance(term, Nest):
            return self._nest(term, scope)
        if isinstance(term, Comparison):
            return self._comparison(term, scope)
        if isinstance(term, Membership):
            return self._membership(term, scope)
        return self._alone(term, scope)

    def _several(self, term: Several, scope: str) -> Tested:
        parts = sorted((self.term(part, scope) for part in term.parts), key=lambda t: t.cost)
        checks = tuple(part.check for part in parts)
        cost = max(part.cost for part in parts)
        paired = any(part.paired for part in parts)
        quicks = [part.quick for part in parts if part.quick is not None]
        every = [part.kinds for part in parts if part.kinds is not None]
        exact = all(part.exact for part in parts)
        alike = all(part.alike for part in parts)
        quick: Quick | None = None
        kinds: Kinds | None = None
        if term.how == "and":
            if quicks:
                quick = _both(quicks)
            if every:
                kinds = lambda *where: all(k(*where) for k in every)  # noqa: E731
            made = Tested(_and(checks), cost, paired, quick, exact, kinds)
            made.needles = next((part.needles for part in parts if part.needles), ())
            made.holds = _all_hold([part.holds for part in parts if part.holds is not None])
            made.alike = alike
            return made
        if len(every) == len(parts):
            kinds = lambda *where: any(k(*where) for k in every)  # noqa: E731
        if len(quicks) == len(parts) and (term.how == "or" or exact):
            quick = _either(quicks) if term.how == "or" else _odd(quicks)
        check = _or(checks) if term.how == "or" else _xor(checks)
        made = Tested(check, cost, paired, quick, exact, kinds)
        if all(part.needles for part in parts) and term.how == "or":
            made.needles = tuple(needle for part in parts for needle in part.needles)
        parted = [part.holds for part in parts if part.holds is not None]
        if len(parted) == len(parts):
            made.holds = _one_holds(parted)
        made.alike = alike
        return made

    def _alone(self, term: Term, scope: str) -> Tested:
        """A field without an operator: whether it is there, or holds."""
        operand = self._operand(term, scope)
        if operand is None:
            raise self._unknown(term, scope)
        source = operand.source
        if operand.counted or (isinstance(term, Call) and term.what == "len"):
            raise self.wrong(term, "a number alone is no condition", "compare it, such as > 1")
        if operand.plain:
            return self._tested(source.exists(), operand, source.quick())
        self._possible(operand, lambda shape: bool)
        values = operand.values
        if operand.bits:
            exact = self._exact(operand, lambda shape: bool)
            quick = exact or source.quick()
            if isinstance(source, OfFlag):  # the bits must be there, whatever they mean
                operand.source = source.bare
                quick = self._exact(operand, lambda shape: bool)
                operand.source = source
            return self._tested(
                lambda subject, link: any(map(_bits, values(subject, link))), operand, quick,
                exact is not None,
            )  # fmt: skip
        return self._tested(lambda subject, link: bool(values(subject, link)), operand,
                            source.quick())  # fmt: skip

    def _tested(
        self, check: Check, operand: Operand, quick: Quick | None, exact: bool = False,
        wanted: Wanted | None = None,
    ) -> Tested:  # fmt: skip
        source = operand.source
        if operand.counted:  # what has none of them has 0
            return Tested(check, source.cost, source.paired)
        kinds = source.kinds()
        if kinds is None and quick is not None and _by_kind(source):
            known = quick
            kinds = lambda protocol, kind, echoed: known(protocol, 16, kind, 0, 0, 0)  # noqa: E731
        made = Tested(check, source.cost, source.paired, quick, exact, kinds)
        made.holds, made.alike = source.holds(wanted)
        return made

    # -- braces ------------------------------------------------------------------

    def _nest(self, term: Nest, scope: str) -> Tested:
        word = term.word
        name = word.text
        if not scope and name.lower() in ("note", "diagnoses"):
            inner = self.term(term.inner, "note")
            check = inner.check

            def noted(message: Message, link: Link | None) -> bool:
                return any(check(found, link) for found in message.diagnoses)

            return Tested(noted, EVERYTHING, False)
        ways = self.words.ways(name)
        if scope:
            found = self._source(word, scope)
            ways = [path.way for path in found.paths] if isinstance(found, OfPath) else []
        if not ways:
            if not scope and self._top(name) is not None:
                raise self.wrong(word, f"{name} holds nothing that braces could look into")
            raise self._unknown(word, scope)
        source = OfPath(ways, self.words, bool(scope), True, split=False)
        possible = source.possible()
        if possible and not any(_nests(field) for field in possible):
            raise self.wrong(word, f"{name} is no nest, it has a value", "braces go with nests")
        bare = [way for way in ways if not way.names]
        if bare and not scope:  # newlink { ... }: a message of this operation
            inner = self.term(term.inner, "")
            check = inner.check
            whole = lambda message, link: any(  # noqa: E731
                way.about(message) for way in bare
            ) and check(message, link)
            if len(bare) == len(ways):
                return Tested(whole, inner.cost, inner.paired, source.quick())
        around, self.around = self.around, possible
        inner = self.term(term.inner, "nest")
        self.around = around
        inside = inner.check
        items = source.items

        def nested(subject: Subject, link: Link | None) -> bool:
            for node in items(subject, link):
                for one in _entries(node):
                    if inside(one, link):
                        return True
            return False

        made = Tested(nested, DECODED, inner.paired, source.quick(), kinds=source.kinds())
        made.holds, made.alike = source.holds()
        return made

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
        quicks = [part.quick for part in parts if part.quick is not None]
        made = Tested(
            _and(tuple(part.check for part in parts)), max(p.cost for p in parts),
            any(p.paired for p in parts), _both(quicks) if quicks else None,
            all(p.exact for p in parts), parts[0].kinds,
        )  # fmt: skip
        made.holds = _all_hold([part.holds for part in parts if part.holds is not None])
        made.alike = all(part.alike for part in parts)
        return made

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
        texts = [literal.text] if single in (EQ, CONTAINS) else []
        return self._test(field, lambda shape: shape.test(single, literal), quantify, right, texts)

    def _second(self, field: Operand, right: Term, op: str, scope: str) -> Operand | None:
        """The right side as a field, None if it is a value."""
        if isinstance(right, Quoted):
            return None
        if isinstance(right, Word) and right.cut is None:
            if op not in ORDERS and op not in (EQ, NE, ALL_EQ, ANY_NE):
                return None
            if _DIGITS.fullmatch(right.text):  # 10.0.0.256 is no path of attribute numbers
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

        def outcomes(subject: Subject, link: Link | None) -> Iterable[bool | None]:
            right = second(subject, link)
            for x in first(subject, link):
                for y in right:
                    if compare is None:
                        yield bool(x == y)
                    elif type(x) is type(y) and not isinstance(x, (Message, Node)):
                        yield compare(x, y)

        cost = max(a.source.cost, b.source.cost)
        paired = a.source.paired or b.source.paired
        quicks = [q for q in (a.source.quick(), b.source.quick()) if q is not None]
        return Tested(
            lambda subject, link: quantify(outcomes(subject, link)), cost, paired,
            _both(quicks) if quicks else None,
        )  # fmt: skip

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

        texts = [values.text_of(low) for low, high in term.items if high is None]
        if len(texts) < len(term.items):
            texts = []
        return self._test(field, make, quantify, term.items[0][0], texts)

    def _test(
        self, field: Operand, make: Callable[[Shape], Test], quantify: _Quantify, literal: Term,
        texts: list[str],
    ) -> Tested:  # fmt: skip
        """The test of a field's values, each by what `make` gives for its shape.

        `texts` are the strings of which a value must have one, where that is so.
        """
        self._possible(field, make, literal)
        source = field.source
        if field.counted:
            test = make(Number())
            items = source.items
            return self._tested(
                lambda subject, link: quantify([test(len(items(subject, link)))]), field, None
            )
        if isinstance(source, OfTop) and not source.top.many and field.plain:
            get = source.top.get
            only = make(source.top.shape)
            exact = self._exact(field, make, quantify)
            if quantify is _any or quantify is _all:
                check: Check = lambda subject, link: (  # noqa: E731
                    (v := get(subject, link)) is not None and only(v)
                )
            else:
                check = lambda subject, link: (  # noqa: E731
                    (v := get(subject, link)) is not None and not only(v)
                )
            return self._tested(check, field, exact or source.quick() or self._named(
                source, only, quantify), exact is not None)  # fmt: skip
        tests: dict[Any, tuple[Callable[[Any], Any], Test] | None] = {}
        items, key_of, view = source.items, source.key, field.view

        def outcome(item: Any) -> bool | None:
            key = key_of(item)
            try:
                found = tests[key]
            except KeyError:
                if len(tests) > 1024:
                    tests.clear()
                try:
                    shape, get = view(key)
                    found = get, make(shape)
                except Mismatch:
                    found = None
                tests[key] = found
            if found is None:
                return None
            value = found[0](item)
            return None if value is None else bool(found[1](value))

        exact = self._exact(field, make, quantify)
        check = lambda subject, link: quantify(map(outcome, items(subject, link)))  # noqa: E731
        needles: tuple[bytes, ...] = ()
        wanted: Wanted | None = None
        if quantify is _any or quantify is _all:
            needles = self._needles(field, make, texts)
            wanted = lambda key: _number_test(field, make, key)  # noqa: E731
        if needles:
            check = _with(needles, check)
        made = self._tested(check, field, exact or source.quick(), exact is not None, wanted)
        made.needles = needles
        return made

    @staticmethod
    def _needles(
        field: Operand, make: Callable[[Shape], Test], texts: list[str]
    ) -> tuple[bytes, ...]:
        """The texts as bytes that a message must have, where its values are strings."""
        source = field.source
        if not isinstance(source, OfPath) or source.inside or not field.plain:
            return ()
        if not all(text and text.isascii() and "\\" not in text for text in texts):
            return ()
        strings = False
        for key in source.possible():
            try:
                make(source.view(key)[0])
            except Mismatch:
                continue
            if key.kind != m.STRING or key.hook is not None:
                return ()
            strings = True
        return tuple(text.encode() for text in texts) if strings else ()

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

    def _exact(
        self, field: Operand, make: Callable[[Shape], Test], quantify: _Quantify = _any
    ) -> Quick | None:
        """The whole test on a header alone, None if it takes more."""
        source = field.source
        if not isinstance(source, OfTop) or field.counted:
            return None
        top = source.top
        if isinstance(top.shape, Types) and field.plain:
            types = Types(self.words)
            only = make(types)
            return None if types.named else self._exact_type(only, quantify)
        if top.raw < 0:
            return None
        try:
            shape, get = field.view(None)
            test = make(shape)
        except Mismatch:
            return None
        place = top.raw
        positive = quantify is _any or quantify is _all

        def quick(*header: int) -> bool:
            # A datagram that is no message has a protocol only.
            return (place == 0 or header[2] >= 0) and bool(test(get(header[place]))) is positive

        return quick

    @staticmethod
    def _exact_type(test: Test, quantify: _Quantify) -> Quick | None:
        """For tests of nlmsg_type that look at nothing else than protocol and number."""
        positive = quantify is _any or quantify is _all
        known: dict[tuple[int, int], bool] = {}

        def quick(
            protocol: int, length: int, kind: int, flags: int, seq: int, port: int
        ) -> bool:
            found = known.get((protocol, kind))
            if found is None:
                if kind < 0:
                    return False
                found = bool(test(typical(protocol, kind))) is positive
                known[protocol, kind] = found
            return found

        return quick

    def _named(self, source: OfTop, test: Test, quantify: _Quantify) -> Quick | None:
        """What protocol and type tell of the operation's name, outside of generic netlink."""
        if not isinstance(source.top.shape, Operations) or quantify not in (_any, _all):
            return None
        known: dict[tuple[int, int], bool] = {}
        registry = self.registry

        def quick(
            protocol: int, length: int, kind: int, flags: int, seq: int, port: int
        ) -> bool:
            if protocol == wire.NETLINK_GENERIC or kind < wire.NLMSG_MIN_TYPE:
                return True
            found = known.get((protocol, kind))
            if found is None:
                spec = registry.raw(protocol, kind)
                message = typical(protocol, kind)
                found = False
                for to_kernel in (True, False):
                    message.operation = None if spec is None else spec.operation(kind, to_kernel)
                    found = found or bool(test(message))
                known[protocol, kind] = found
            return found

        return quick

    # -- operands ------------------------------------------------------------------

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
        if _DIGITS.fullmatch(name) and values.network(name) is not None:
            return None
        ways = self.words.ways(name)
        if scope:
            ways = [way for way in ways if way.names and way.specs is None and not way.top
                    and way.operations is None]  # fmt: skip
            if self.around:
                ways = [way for way in ways if any(reaches(f, way) for f in self.around)]
        return OfPath(ways, self.words, bool(scope), False) if ways else None

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
        known = self.words.known
        if self.around and self.words.ways(name):
            return self.wrong(term, f"{self.around[0].name} holds no {name}")
        for i, part in enumerate(parts):
            short = plain(part)
            first = i == 0 and (
                short in self.words.operations or self.words.spec(short) is not None
                or (len(parts) > 1 and self._top(part) is not None)
            )
            if not (short in known or first or short.isdecimal()):
                at = term.start + sum(len(p) + 1 for p in parts[:i])
                names = set(known)
                if i == 0:
                    names |= {n.replace("_", "-") for n in self.tops} if not scope else set()
                    names |= set(self.words.operations) | {plain(s.name) for s in self.words.specs}
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
                    self.text, term.cut_at, f"{term.cut} is no slice",
                    "such as [0:4] (4 bytes from 0), [2-3] (2 to 3), [4], [-4:]", len(term.cut),
                )  # fmt: skip
            out.append(piece)
        return out

    def _call(self, term: Call, scope: str) -> Operand:
        name = term.what
        if name not in FUNCTIONS:
            raise FilterError(
                self.text, term.start, f"there is no function {name}",
                near(name, FUNCTIONS) or f"there are {', '.join(FUNCTIONS)}", len(name),
            )  # fmt: skip
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


class _At(Mismatch):
    """A mismatch of one of several values."""

    def __init__(self, found: Mismatch, term: Term) -> None:
        super().__init__(found.reason, found.hint)
        self.term = term


def _by_kind(source: Source) -> bool:
    """Whether all that a header tells of it is in protocol and type."""
    if not isinstance(source, OfTop):
        return False
    top = source.top
    return isinstance(top.shape, Operations) or top.name in (
        "protocol", "family", "error", "error_name", "extack", "version"
    )


def _number_test(field: Operand, make: Callable[[Shape], Test], key: m.Field) -> Test | None:
    """What is asked of a field that is a number as it is; None for others."""
    if key.kind > m.LAST_SCALAR:
        return None
    try:
        shape, get = field.view(key)
        return make(shape) if get is values.integer else None
    except Mismatch:
        return None


def _meant(source: Source, name: str) -> Source:
    """The source as `& name` asks for it."""
    of = source.inner if isinstance(source, OfEcho) else source
    top = meant(of.top, name) if isinstance(of, OfTop) else None
    if top is None or not isinstance(of, OfTop):
        return source
    return OfEcho(top) if isinstance(source, OfEcho) else OfFlag(top, of)


def _nests(field: m.Field) -> bool:
    return field.kind > m.LAST_SCALAR and field.kind not in (m.STRING, m.FLAG)


def _entries(node: Node) -> list[Node]:
    """The nests that a node is: itself or, of an array, each entry."""
    children = node.children
    if children and all(child.field.name.isdigit() for child in children):
        out: list[Node] = []
        for child in children:
            out += _entries(child)
        return out
    return [node]


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
        return item.bytes if isinstance(item, Node) else None
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


def _and(checks: tuple[Check, ...]) -> Check:
    if len(checks) == 2:
        a, b = checks
        return lambda subject, link: a(subject, link) and b(subject, link)

    def check(subject: Subject, link: Link | None) -> bool:
        for part in checks:
            if not part(subject, link):
                return False
        return True

    return check


def _with(needles: tuple[bytes, ...], check: Check) -> Check:
    """A test that looks no further where the message has none of these bytes."""
    if len(needles) == 1:
        needle = needles[0]
        return lambda subject, link: needle in subject.data and check(subject, link)
    return lambda subject, link: any(n in subject.data for n in needles) and check(subject, link)


def _or(checks: tuple[Check, ...]) -> Check:
    def check(subject: Subject, link: Link | None) -> bool:
        for part in checks:
            if part(subject, link):
                return True
        return False

    return check


def _xor(checks: tuple[Check, ...]) -> Check:
    def check(subject: Subject, link: Link | None) -> bool:
        odd = False
        for part in checks:
            odd ^= part(subject, link)
        return odd

    return check


def _both(quicks: list[Quick]) -> Quick:
    if len(quicks) == 1:
        return quicks[0]
    return lambda *header: all(quick(*header) for quick in quicks)


def _either(quicks: list[Quick]) -> Quick:
    return lambda *header: any(quick(*header) for quick in quicks)


def _odd(quicks: list[Quick]) -> Quick:
    return lambda *header: sum(quick(*header) for quick in quicks) % 2 == 1


def _all_hold(parts: Sequence[Holds]) -> Holds | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return lambda *where: all(holds(*where) for holds in parts)


def _one_holds(parts: Sequence[Holds]) -> Holds:
    return lambda *where: any(holds(*where) for holds in parts)
