"""Resolution of the names in one filter: to sources of values, or to what is wrong with them."""

from __future__ import annotations

import re

from ..engine.paths import plain
from ..spec import model
from ..wire.errors import FilterError
from .literals import network, number, suggestion
from .message_fields import MessageField
from .operands import (
    DIAGNOSIS_PARTS,
    DiagnosisSource,
    EchoSource,
    FieldSource,
    MessageFieldSource,
    PathSource,
)
from .path_matcher import WalkSelection
from .resolved_path import ResolvedPath, field_can_hold
from .syntax_tree import (
    BitAnd,
    Expression,
    FunctionCall,
    Literal,
    Parenthesized,
    StringLiteral,
    Word,
)
from .vocabulary import Vocabulary


class NameScope:
    """What names are looked up in: a message, or inside of braces a nest or a diagnosis.

    `nests` are the fields that the braces look into, where they are known.
    """

    def __init__(self, kind: str, nests: list[model.Field] | None = None) -> None:
        self.is_message = kind == "message"
        self.is_diagnosis = kind == "diagnosis"
        self.nests = nests or []


MESSAGE_SCOPE = NameScope("message")
DIAGNOSIS_SCOPE = NameScope("diagnosis")


class Resolver:
    """Looks up the names of one filter; `selection` gathers what messages are walked for."""

    def __init__(
        self, text: str, vocabulary: Vocabulary, message_fields: dict[str, MessageField]
    ) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.message_fields = message_fields
        self.selection = WalkSelection()

    def error_at(self, expression: Expression, reason: str, hint: str = "") -> FilterError:
        """The error that points at an expression."""
        length = expression.end - expression.start
        return FilterError(self.text, expression.start, reason, hint, length)

    def message_field(self, name: str) -> MessageField | None:
        """The message-level field of this name."""
        return self.message_fields.get(name.replace("-", "_")) or self.message_fields.get(name)

    def source(self, word: Word, scope: NameScope) -> FieldSource | None:
        """The field that a word names; None if it is no name of one."""
        name = word.text
        if name.endswith("."):
            raise self.error_at(word, f"{name} ends with a dot", "a name follows it")
        if scope.is_diagnosis:
            return DiagnosisSource(name) if name in DIAGNOSIS_PARTS else None
        if scope.is_message:
            field = self.message_field(name)
            if field is not None:
                return MessageFieldSource(field)
            echoed = self.message_field(name[8:]) if name.startswith("request.") else None
            if echoed is not None and not echoed.needs_link:
                return EchoSource(echoed)
        if re.fullmatch(r"[\d.]+", name) and network(name) is not None:
            return None
        readings = self.readings(name, scope)
        return self.path_source(readings, scope) if readings else None

    def readings(self, name: str, scope: NameScope) -> list[ResolvedPath]:
        """What a path can mean in a scope."""
        found = self.vocabulary.resolve(name)
        if scope.is_message:
            return found
        found = [path for path in found if path.names and not path.top and not path.scoped]
        if scope.nests:
            found = [path for path in found if any(field_can_hold(f, path) for f in scope.nests)]
        return found

    def path_source(
        self, readings: list[ResolvedPath], scope: NameScope, split: bool = True
    ) -> PathSource:
        """The source of a path."""
        # What lies in braces is inside of what is selected already.
        selection = self.selection if scope.is_message else None
        return PathSource(readings, self.vocabulary, selection, split)

    # -- what is wrong ----------------------------------------------------------------

    def not_a_field(self, expression: Expression, scope: NameScope) -> FilterError:
        """What is wrong with an expression that should have been a field."""
        while isinstance(expression, (BitAnd, FunctionCall, Parenthesized)):
            if isinstance(expression, Parenthesized):
                expression = expression.inner
            elif isinstance(expression, FunctionCall):
                expression = expression.argument
            else:
                expression = expression.operand
        if isinstance(expression, StringLiteral):
            reason = "a string alone is no condition"
            return self.error_at(expression, reason, "a field goes before it")
        if not isinstance(expression, Word):
            return self.error_at(expression, "a field goes here")
        name = expression.text
        if number(name) is not None or network(name) is not None:
            reason = f"{name} is a value, not a field"
            return self.error_at(expression, reason, "a field goes before it")
        if scope.is_diagnosis:
            hint = f"it has {', '.join(DIAGNOSIS_PARTS)}"
            return self.error_at(expression, f"a note has no {name}", hint)
        if not scope.is_message and self.message_field(name) is not None:
            reason = f"{name} belongs to the message, not to what the braces look into"
            return self.error_at(expression, reason, "ask for it outside of them")
        if scope.nests and self.vocabulary.resolve(name):
            return self.error_at(expression, f"{scope.nests[0].name} holds no {name}")
        return self._unknown_path(expression, scope)

    def _unknown_path(self, word: Word, scope: NameScope) -> FilterError:
        """Says which name of a path is unknown, or that one is not in the other."""
        parts = word.text.split(".")
        known = self.vocabulary.names
        for i, part in enumerate(parts):
            short = plain(part)
            if short in known or short.isdecimal():
                continue
            if i == 0 and self._may_come_first(part, len(parts)):
                continue
            start = word.start + sum(len(before) + 1 for before in parts[:i])
            names = known | self._first_names(scope) if i == 0 else known
            hint = suggestion(short, names)
            if not hint and not part.isupper():
                hint = suggestion(part.upper(), [name for name in names if name.isupper()])
            return FilterError(self.text, start, f"there is no field {part!r}", hint, len(part))
        if len(parts) == 1:
            return self.error_at(word, f"{word.text} is no field")
        return self.error_at(word, f"there is no {parts[-1]} in {'.'.join(parts[:-1])}")

    def _may_come_first(self, part: str, count: int) -> bool:
        """Whether a path of `count` names may begin with the name of no dissector's field."""
        name = plain(part)
        return (
            name in self.vocabulary.operation_names
            or self.vocabulary.spec(name) is not None
            or (count > 1 and self.message_field(part) is not None)
        )

    def _first_names(self, scope: NameScope) -> set[str]:
        """The names beside those of fields that a path may begin with."""
        fields = {name.replace("_", "-") for name in self.message_fields}
        specs = {plain(spec.name) for spec in self.vocabulary.specs}
        return {*(fields if scope.is_message else ()), *self.vocabulary.operation_names, *specs}

    def valueless(self, expression: Expression, name: Expression) -> FilterError:
        """Of the name of an operation or dissector that is compared."""
        text = name.text if isinstance(name, Literal) else ""
        reason = f"{text} names messages, which have no value"
        return self.error_at(expression, reason, "compare `operation` or `dissector`")

    def redacted(self, expression: Expression) -> FilterError:
        """Of a key or a password that is compared."""
        reason = "its value is a secret, of which only can be asked whether it is there"
        return self.error_at(expression, reason, "with --show-secrets it can be compared")
