"""The syntax tree of a filter: `parser` makes it, `compiler` turns it into a predicate.

`start` and `end` are columns of the filter's text, from 0, which error messages point at.
"""

from __future__ import annotations


class Expression:
    """A part of a filter, from column `start` to before `end`."""

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end


class Literal(Expression):
    """A value as it is written; `text` is without quotes and with escapes read."""

    def __init__(self, text: str, start: int, end: int) -> None:
        super().__init__(start, end)
        self.text = text

    def __str__(self) -> str:
        return self.text


class Word(Literal):
    """A name or an unquoted value; `slice` is the text of a slice after it, with its brackets."""

    def __init__(self, text: str, start: int, end: int) -> None:
        super().__init__(text, start, end)
        self.slice: str | None = None
        self.slice_start = end


class StringLiteral(Literal):
    """A string in quotes."""

    def __str__(self) -> str:
        return repr(self.text)


class FunctionCall(Expression):
    """`len(ifname)`."""

    def __init__(self, name: str, argument: Expression, start: int, end: int) -> None:
        super().__init__(start, end)
        self.name = name
        self.argument = argument


class BitAnd(Expression):
    """`flags & 0x300`."""

    def __init__(self, operand: Expression, masks: list[Expression]) -> None:
        super().__init__(operand.start, masks[-1].end)
        self.operand = operand
        self.masks = masks


class Comparison(Expression):
    """Operands with an operator between each two; `quantifier` is "", "any" or "all".

    Of each operator its canonical form (`parser.OPERATOR_WORDS`) and its column.
    """

    def __init__(self, operands: list[Expression], operators: list[tuple[str, int]]) -> None:
        super().__init__(operands[0].start, operands[-1].end)
        self.operands = operands
        self.operators = operators
        self.quantifier = ""


# A value, or the first and last of a range.
SetMember = tuple[Literal, Literal | None]


class Membership(Expression):
    """`mtu in {1280, 1400..1500}`."""

    def __init__(self, operand: Expression, members: list[SetMember]) -> None:
        super().__init__(operand.start, (members[-1][1] or members[-1][0]).end)
        self.operand = operand
        self.members = members
        self.quantifier = ""


class Block(Expression):
    """`linkinfo { ... }`: conditions on one and the same nest."""

    def __init__(self, word: Word, inner: Expression, end: int) -> None:
        super().__init__(word.start, end)
        self.word = word
        self.inner = inner


class Parenthesized(Expression):
    """`(a or b)`."""

    def __init__(self, inner: Expression, start: int, end: int) -> None:
        super().__init__(start, end)
        self.inner = inner


class Negation(Expression):
    """`not a`."""

    def __init__(self, inner: Expression, start: int) -> None:
        super().__init__(start, inner.end)
        self.inner = inner


class Logical(Expression):
    """Conditions with one `operator` ("or", "xor", "and") between all of them."""

    def __init__(self, operator: str, parts: list[Expression]) -> None:
        super().__init__(parts[0].start, parts[-1].end)
        self.operator = operator
        self.parts = parts
