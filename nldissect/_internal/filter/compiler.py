"""The compiler: a filter's syntax tree into a predicate; wrong ones raise FilterError.

Each expression becomes an operand (a field with what is done to its values), a literal, or a
predicate. What is compared with a literal is checked against every type that the field can have:
the filter is refused where none of them can be compared so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ..engine.message import Message
from ..spec import model
from ..spec.registry import Registry
from ..wire.errors import FilterError
from .field_types import DynamicType
from .literals import Mismatch, suggestion
from .message_fields import message_fields, with_flag_meaning
from .message_types import TimeOrigin
from .operands import EchoSource, FieldSource, MessageFieldSource, Operand, PathSource, ValueTests
from .parser import ALL_EQ, ANY_NE, CONTAINS, EQ, NE
from .predicates import (
    BOUND,
    DECODED,
    EVERYTHING,
    Evaluate,
    Predicate,
    Quantifier,
    after_byte_search,
    all_true,
    any_true,
    combined,
    negated,
    quantified,
)
from .resolver import DIAGNOSIS_SCOPE, MESSAGE_SCOPE, NameScope, Resolver
from .subject import Subject, TapeNode
from .syntax_tree import (
    BitAnd,
    Block,
    Comparison,
    Expression,
    FunctionCall,
    Literal,
    Logical,
    Membership,
    Negation,
    Parenthesized,
    StringLiteral,
    Word,
)
from .transforms import MismatchAt, cased, masked, measured, parse_slice, sliced
from .value_types import ORDERINGS, NumberType, StringType, ValueTest, ValueType
from .vocabulary import vocabulary_of

FUNCTIONS: Final = ("len", "count", "lower", "upper")
_EQUALITIES: Final = (EQ, NE, ALL_EQ, ANY_NE)
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_CONDITIONS: Final = (Logical, Negation, Comparison, Membership, Block)

MakeTest = Callable[[ValueType], ValueTest]


class Compiler:
    """Compiles one filter."""

    def __init__(self, text: str, registry: Registry) -> None:
        self.text = text
        self.time_origin = TimeOrigin()
        vocabulary = vocabulary_of(registry)
        fields = message_fields(vocabulary, self.time_origin)
        self.resolver = Resolver(text, vocabulary, fields)
        self._error_at = self.resolver.error_at

    def compile(self, expression: Expression, scope: NameScope = MESSAGE_SCOPE) -> Predicate:
        """The predicate that an expression is."""
        if isinstance(expression, Parenthesized):
            return self.compile(expression.inner, scope)
        if isinstance(expression, Logical):
            parts = [self.compile(part, scope) for part in expression.parts]
            return combined(expression.operator, parts)
        if isinstance(expression, Negation):
            return negated(self.compile(expression.inner, scope))
        if isinstance(expression, Block):
            return self._block(expression, scope)
        if isinstance(expression, Comparison):
            return self._comparison(expression, scope)
        if isinstance(expression, Membership):
            return self._membership(expression, scope)
        return self._existence(expression, scope)

    def _existence(self, expression: Expression, scope: NameScope) -> Predicate:
        """A field without an operator: whether it is there, or holds."""
        operand = self._field(expression, scope)
        source = operand.source
        if operand.counted or (isinstance(expression, FunctionCall) and expression.name == "len"):
            reason = "a number alone is no condition"
            raise self._error_at(expression, reason, "compare it, such as > 1")
        if operand.untransformed:
            return Predicate(source.exists(), source.cost, source.needs_link, source.decided)
        self._check_types(operand, lambda value_type: bool)
        values = operand.values
        evaluate: Evaluate = lambda subject: bool(values(subject))  # noqa: E731
        if operand.masked:
            evaluate = lambda subject: any(map(_any_bit, values(subject)))  # noqa: E731
        return Predicate(evaluate, source.cost, source.needs_link, source.decided)

    # -- braces ------------------------------------------------------------------

    def _block(self, block: Block, scope: NameScope) -> Predicate:
        """Whether one nest, or the message of an operation, meets the conditions in braces."""
        name = block.word.text
        if scope.is_message and name.lower() in ("note", "diagnoses"):
            return self._diagnosis_block(block)
        readings = [] if scope.is_diagnosis else self.resolver.readings(name, scope)
        if not readings:
            if scope.is_message and self.resolver.message_field(name) is not None:
                reason = f"{name} holds nothing that braces could look into"
                raise self._error_at(block.word, reason)
            raise self.resolver.not_a_field(block.word, scope)
        of_messages = [path for path in readings if not path.names]
        if len(of_messages) == len(readings):  # newlink { ... }: a message of this operation
            names = self.resolver.path_source(readings, scope)
            of_these = Predicate(names.exists(), BOUND, False, names.decided)
            return combined("and", [of_these, self.compile(block.inner)])
        source = self.resolver.path_source(readings, scope, split=False)
        fields = list(source.definitions())
        if fields and not any(_is_nest(field) for field in fields):
            reason = f"{name} is no nest, it has a value"
            raise self._error_at(block.word, reason, "braces go with nests")
        inner = self.compile(block.inner, NameScope("nest", fields))
        holds, occurrences = inner.evaluate, source.occurrences

        def evaluate_nests(subject: Subject) -> bool:
            for node in occurrences(subject):
                for nest in _nests(node):
                    if holds(Subject(subject.message, subject.link, None, nest.engine, nest.place)):
                        return True
            return False

        return Predicate(evaluate_nests, DECODED, inner.needs_link, source.decided)

    def _diagnosis_block(self, block: Block) -> Predicate:
        holds = self.compile(block.inner, DIAGNOSIS_SCOPE).evaluate

        def evaluate(subject: Subject) -> bool:
            message, link = subject.message, subject.link
            return any(holds(Subject(message, link, None, diagnosis=d)) for d in message.diagnoses)

        return Predicate(evaluate, EVERYTHING, False)

    # -- comparisons ---------------------------------------------------------------

    def _comparison(self, comparison: Comparison, scope: NameScope) -> Predicate:
        """One comparison, or several in a chain that all must hold."""
        parts = []
        for i, (operator, start) in enumerate(comparison.operators):
            if i and operator not in ORDERINGS and operator != EQ:
                reason = f"{operator!r} cannot follow another comparison"
                raise FilterError(self.text, start, reason)
            left, right = comparison.operands[i : i + 2]
            parts.append(self._compare(left, operator, right, comparison.quantifier, scope))
        return parts[0] if len(parts) == 1 else combined("and", parts)

    def _compare(
        self, left: Expression, operator: str, right: Expression, quantifier: str, scope: NameScope
    ) -> Predicate:
        """A comparison of two operands, of which one at least is a field."""
        field = self._operand(left, scope)
        if field is None or field.valueless:  # 1280 <= mtu, RTM_NEWLINK == type
            field = self._mirrored_field(left, field, operator, right, scope)
            left, right = right, left
            operator = _MIRRORED.get(operator, operator)
        else:
            other = self._right_field(field, right, operator, scope)
            if other is not None:
                return self._compare_fields(field, other, operator, quantifier)
        if not isinstance(right, Literal) or (isinstance(right, Word) and right.slice is not None):
            raise self.resolver.not_a_field(right, scope)
        literal = right
        if field.redacted:
            raise self.resolver.redacted(left)
        single, quantify = quantified(operator, quantifier)
        tested = self._test(field, lambda type_: type_.test(single, literal), quantify, literal)
        if single in (EQ, CONTAINS) and quantify in (any_true, all_true) and field.verbatim:
            return after_byte_search(literal.text, tested)
        return tested

    def _mirrored_field(
        self,
        left: Expression,
        name: Operand | None,
        operator: str,
        right: Expression,
        scope: NameScope,
    ) -> Operand:
        """The field on the right, where the left is none, but perhaps an operation's `name`."""
        field = self._operand(right, scope)
        if field is None or field.valueless:
            if name is None:
                raise self.resolver.not_a_field(left, scope)
            raise self.resolver.valueless(left, name.expression)
        if operator not in ORDERINGS and operator not in _EQUALITIES:
            raise self.resolver.not_a_field(left, scope)
        return field

    def _right_field(
        self, field: Operand, right: Expression, operator: str, scope: NameScope
    ) -> Operand | None:
        """The right side as a field, None if it is a value."""
        if isinstance(right, StringLiteral):
            return None
        if not isinstance(right, Word) or right.slice is not None:
            return self._operand(right, scope)
        if operator not in ORDERINGS and operator not in _EQUALITIES:
            return None
        if re.fullmatch(r"[\d.]+", right.text):  # 10.0.0.256 is no path of attribute numbers
            return None
        if self._is_value_of(field, right, operator):
            return None
        found = self._operand(right, scope)
        readings = found.source.readings if found and isinstance(found.source, PathSource) else []
        if any(not path.names for path in readings):
            return None  # the name of an operation is no value of another field
        return found

    def _is_value_of(self, field: Operand, word: Word, operator: str) -> bool:
        """Whether the field has values that the word can be."""
        single, _ = quantified(operator, "")
        for definition in field.source.definitions():
            try:
                value_type, _get = field.typed(definition)
                value_type.test(single, word)
            except Mismatch:
                continue
            if isinstance(value_type, DynamicType) and value_type.key(word) is None:
                # A name that only a capture tells, unless it is another field's.
                if self._operand(word, MESSAGE_SCOPE) is not None:
                    continue
            elif (
                type(value_type) is StringType
                and value_type.known is None
                and self._reads_as_field(word.text)
            ):
                continue
            return True
        return False

    def _reads_as_field(self, text: str) -> bool:
        """Whether a word reads as a field rather than as a string."""
        if "." not in text and not text.isupper():
            return False
        resolver = self.resolver
        return resolver.message_field(text) is not None or bool(resolver.vocabulary.resolve(text))

    @staticmethod
    def _compare_fields(a: Operand, b: Operand, operator: str, quantifier: str) -> Predicate:
        """Every value of one with every value of the other."""
        single, quantify = quantified(operator, quantifier)
        compare = ORDERINGS.get(single)
        left_values, right_values = a.values, b.values

        def outcomes(subject: Subject) -> list[bool | None]:
            out: list[bool | None] = []
            right = right_values(subject)
            for x in left_values(subject):
                for y in right:
                    if compare is None:
                        out.append(bool(x == y))
                    elif type(x) is type(y) and not isinstance(x, Message):
                        out.append(compare(x, y))
            return out

        cost = max(a.source.cost, b.source.cost)
        needs_link = a.source.needs_link or b.source.needs_link
        return Predicate(lambda subject: quantify(outcomes(subject)), cost, needs_link)

    def _membership(self, membership: Membership, scope: NameScope) -> Predicate:
        """Whether a value is one of a set, or in one of its ranges."""
        field = self._field(membership.operand, scope)
        if field.valueless:
            raise self.resolver.valueless(membership.operand, field.expression)
        if field.redacted:
            raise self.resolver.redacted(membership.operand)

        def make(value_type: ValueType) -> ValueTest:
            tests = []
            problem: MismatchAt | None = None
            for low, high in membership.members:
                try:
                    tests.append(
                        value_type.equal(low) if high is None else value_type.between(low, high)
                    )
                except Mismatch as found:
                    problem = problem or MismatchAt(found, low)
            if problem is not None:
                raise problem
            if len(tests) == 1:
                return tests[0]
            every = tuple(tests)
            return lambda value: any(test(value) for test in every)

        quantify = all_true if membership.quantifier == "all" else any_true
        return self._test(field, make, quantify, membership.members[0][0])

    def _test(
        self, field: Operand, make: MakeTest, quantify: Quantifier, literal: Literal
    ) -> Predicate:
        """The test of a field's values, each by what `make` gives for its type."""
        self._check_types(field, make, literal)
        source = field.source
        occurrences = source.occurrences
        if field.counted:
            test = make(NumberType())
            evaluate: Evaluate = lambda subject: quantify([test(len(occurrences(subject)))])  # noqa: E731
        elif (
            isinstance(source, MessageFieldSource) and not source.field.many and field.untransformed
        ):
            get, only = source.field.get, make(source.field.value_type)
            positive = quantify is any_true or quantify is all_true
            evaluate = lambda subject: (  # noqa: E731
                (value := get(subject.message, subject.link)) is not None
                and bool(only(value)) is positive
            )
        else:
            tests = ValueTests(field, make)
            evaluate = lambda subject: quantify(tests.outcomes(occurrences(subject)))  # noqa: E731
        return Predicate(evaluate, source.cost, source.needs_link, source.decided)

    def _check_types(self, field: Operand, make: MakeTest, literal: Literal | None = None) -> None:
        """Raises FilterError where no type of the field's values can be compared so."""
        problem: Mismatch | None = None
        if field.counted:
            problem = _problem(make, NumberType())
        else:
            for definition in field.source.definitions():
                try:
                    value_type, _ = field.typed(definition)
                except Mismatch as found:
                    at = found if isinstance(found, MismatchAt) else None
                    problem = problem or at or MismatchAt(found, field.expression)
                    continue
                wrong = _problem(make, value_type)
                if wrong is None:
                    return
                problem = problem or wrong
        if problem is not None:
            where: Expression = literal or field.expression
            if isinstance(problem, MismatchAt):
                where = problem.expression
            raise self._error_at(where, problem.reason, problem.hint)

    # -- operands ------------------------------------------------------------------

    def _field(self, expression: Expression, scope: NameScope) -> Operand:
        """The expression as a field; FilterError if it is none."""
        operand = self._operand(expression, scope)
        if operand is None:
            raise self.resolver.not_a_field(expression, scope)
        return operand

    def _operand(self, expression: Expression, scope: NameScope) -> Operand | None:
        """The expression as a field; None if it is not the name of one."""
        if isinstance(expression, Parenthesized):
            if isinstance(expression.inner, _CONDITIONS):
                reason = "a condition in parentheses has no value to compare"
                raise self._error_at(expression, reason)
            return self._operand(expression.inner, scope)
        if isinstance(expression, FunctionCall):
            return self._function_call(expression, scope)
        if isinstance(expression, BitAnd):
            return self._bit_and(expression, scope)
        if isinstance(expression, Block):
            reason = "braces hold conditions, and have no value to compare"
            raise self._error_at(expression, reason)
        if isinstance(expression, _CONDITIONS):
            raise self._error_at(expression, "a condition has no value to compare")
        source = self.resolver.source(expression, scope) if isinstance(expression, Word) else None
        if source is None:
            return None
        operand = Operand(source, expression)
        if isinstance(expression, Word) and expression.slice is not None:
            operand.unsplit()
            operand.transform(sliced(self._slice_parts(expression)))
        return operand

    def _slice_parts(self, word: Word) -> list[tuple[int | None, int | None]]:
        text = word.slice or ""
        found = parse_slice(text)
        if found is None:
            hint = "such as [0:4] (4 bytes from 0), [2-3] (2 to 3), [4], [-4:]"
            raise FilterError(self.text, word.slice_start, f"{text} is no slice", hint, len(text))
        return found

    def _function_call(self, call: FunctionCall, scope: NameScope) -> Operand:
        """A function of a field."""
        name = call.name
        if name not in FUNCTIONS:
            hint = suggestion(name, FUNCTIONS) or f"there are {', '.join(FUNCTIONS)}"
            reason = f"there is no function {name}"
            raise FilterError(self.text, call.start, reason, hint, len(name))
        operand = self._field(call.argument, scope)
        operand.expression = call
        if name == "count":
            operand.counted = True
        elif name == "len":
            operand.unsplit()
            operand.transform(measured)
        else:
            operand.transform(cased(str.lower if name == "lower" else str.upper))
        return operand

    def _bit_and(self, bit_and: BitAnd, scope: NameScope) -> Operand:
        """A field with the bits that a mask leaves; a flag's name where the bits mean that flag."""
        operand = self._field(bit_and.operand, scope)
        if operand.valueless:
            raise self.resolver.valueless(bit_and.operand, operand.expression)
        for mask in bit_and.masks:
            if not isinstance(mask, Literal) or (isinstance(mask, Word) and mask.slice is not None):
                raise self._error_at(mask, "a number or the name of a flag goes after &")
            if isinstance(mask, Word):
                operand.source = _with_meaning_of(operand.source, mask.text)
            operand.transform(masked(mask))
            operand.masked = True
            try:
                self._check_types(operand, lambda value_type: bool, mask)
            except FilterError:
                if isinstance(mask, Word) and self._operand(mask, scope) is not None:
                    reason = f"{mask.text} is a field; & takes a value"
                    raise self._error_at(mask, reason) from None
                raise
        return operand


def _problem(make: MakeTest, value_type: ValueType) -> Mismatch | None:
    """Why values of a type cannot be tested so."""
    try:
        make(value_type)
    except Mismatch as found:
        return found
    return None


def _with_meaning_of(source: FieldSource, flag: str) -> FieldSource:
    """The source as `& flag` asks for it."""
    of = source.inner if isinstance(source, EchoSource) else source
    field = with_flag_meaning(of.field, flag) if isinstance(of, MessageFieldSource) else None
    if field is None:
        return source
    return EchoSource(field) if isinstance(source, EchoSource) else MessageFieldSource(field)


def _is_nest(field: model.Field) -> bool:
    return field.kind > model.LAST_SCALAR and field.kind not in (model.STRING, model.FLAG)


def _nests(node: TapeNode) -> list[TapeNode]:
    """The nests that a node is: itself or, of an array, each entry."""
    children = node.children
    if children and all(child.engine.called(child.place)[0].isdigit() for child in children):
        return [nest for child in children for nest in _nests(child)]
    return [node]


def _any_bit(value: bytes | int) -> bool:
    """Whether any bit is set."""
    return any(value) if isinstance(value, bytes) else bool(value)
