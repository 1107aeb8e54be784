"""Lexer and parser: the text of a filter into a syntax tree; docs/filter.md is its reference.

The grammar, from the loosest to the tightest (a method of `FilterParser` each, the first three in
one; a token is of the kinds that may stand there, so `or` and `in` are names where an operator
cannot be):

    disjunction: exclusive ("or" exclusive)*
    exclusive:   conjunction ("xor" conjunction)*
    conjunction: negation ("and" negation)*
    negation:    "not" negation | ("any" | "all") comparison | comparison
    comparison:  bit_and (operator bit_and)+ | bit_and ["not"] "in" members | bit_and
    bit_and:     primary ("&" primary)*
    primary:     "(" disjunction ")" | WORD "{" disjunction "}" | WORD SLICE
                 | WORD "(" bit_and ")" | literal
    members:     "{" member ("," member)* "}" | literal
    member:      literal [".." literal]
    literal:     WORD | QUOTED | RAW
"""

from __future__ import annotations

import re
from typing import Final

from ..wire.errors import FilterError
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
    SetMember,
    StringLiteral,
    Word,
)

# Parentheses and braces within each other; more would be no filter that a person wrote.
MAX_DEPTH: Final = 50

EQ: Final = "=="  # any value does
NE: Final = "!="  # no value does
ALL_EQ: Final = "==="
ANY_NE: Final = "!=="
CONTAINS: Final = "contains"
MATCHES: Final = "matches"
OPERATOR_WORDS: Final = {
    "eq": EQ, "any_eq": EQ, "ne": NE, "all_ne": NE, "all_eq": ALL_EQ, "any_ne": ANY_NE,
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "~": MATCHES,
}  # fmt: skip


# What may be read in a filter, in the order in which it is tried where several may stand; compiled
# when it is first looked for.
_NO_NAME: Final = r"(?![\w.:-])"
_TOKENS: Final = {
    "EQUALITY": rf"===?|!==?|(?:eq|ne|any_eq|all_eq|any_ne|all_ne){_NO_NAME}",
    "RAW": r"r\"[^\"]*\"|r'[^']*'",
    "ORDER": rf"<=?|>=?|(?:lt|le|gt|ge){_NO_NAME}",
    "TEXTUAL": rf"~|(?:contains|matches){_NO_NAME}",
    "OR": rf"or{_NO_NAME}|\|\|",
    "XOR": rf"xor{_NO_NAME}|\^\^",
    "AND": rf"and{_NO_NAME}|&&",
    "NOT": rf"not{_NO_NAME}|!",
    "IN": rf"in{_NO_NAME}",
    "QUANTIFIER": rf"(?:any|all){_NO_NAME}",
    "SLICE": r"\[[^\[\]]*\]",
    "QUOTED": r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'",
    # A name, a number, an address, a duration: what it is depends on where it stands.
    "WORD": r"(?:-?\w|::)(?:[\w:/%@+]|-(?=\w)|\.(?!\.))*",
    "RANGE": r"\.\.",
    "AMPERSAND": "&",
    "COMMA": ",",
    "LPAR": r"\(",
    "RPAR": r"\)",
    "LBRACE": r"\{",
    "RBRACE": r"\}",
}
_SPACE: Final = re.compile(r"\s*")
END: Final = "END"

TokenKinds = frozenset[str]
LITERALS: Final = frozenset(("WORD", "QUOTED", "RAW"))
OPERANDS: Final = LITERALS | {"LPAR"}
OPERATORS: Final = frozenset(("EQUALITY", "ORDER", "TEXTUAL"))
CONNECTIVES: Final = frozenset(("OR", "XOR", "AND"))
CLOSERS: Final = frozenset(("RPAR", "RBRACE", END))

# What one may read in an error message for the kinds of tokens.
_EXPECTED: Final = (
    (LITERALS, "a field or a value"),
    (OPERATORS, "an operator"),
    (CONNECTIVES, "`and`, `or`"),
    ({"RPAR"}, ")"),
    ({"RBRACE"}, "}"),
    ({"COMMA"}, "a comma"),
)


class Token:
    """A piece of the text: its kind, and where it starts and ends."""

    __slots__ = ("end", "kind", "start", "text")

    def __init__(self, kind: str, text: str, start: int) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = start + len(text)


class FilterParser:
    """Reads one filter; raises FilterError with the column where it stops making sense.

    A method is given the kinds of tokens that may follow (`after`), and returns the one that
    does with its expression. Afterwards `tokens` are those read, `ended` says that they are all
    there are, and `allowed` are the kinds that might have followed.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tokens: list[Token] = []
        self.allowed: TokenKinds = frozenset()
        self.ended = False
        self._depth = 0

    def parse(self) -> Expression:
        """The whole filter."""
        return self.disjunction(frozenset((END,)))[0]

    def take(self, allowed: TokenKinds) -> Token:
        """The next token, which must be of one of these kinds."""
        text = self.text
        found = _SPACE.match(text, self.at)
        assert found is not None
        self.at = found.end()
        self.allowed = allowed
        if self.at == len(text):
            self.ended = True
            if END in allowed:
                return Token(END, "", self.at)
            missing = _in_words(_closers_of(allowed))
            raise FilterError(text, len(text.rstrip()), f"{missing} is missing here")
        token = self._next(allowed)
        if token is None:
            token = self._next(frozenset(_TOKENS))
            if token is None:
                raise FilterError(text, self.at, *_unreadable(text, self.at))
            if token.kind in CLOSERS:
                allowed = _closers_of(allowed)
            why = f"{token.text!r} is not what can stand here, {_in_words(allowed)} is"
            raise FilterError(text, self.at, why, _lowercase_hint(token.text), len(token.text))
        self.at = token.end
        self.tokens.append(token)
        return token

    def _next(self, allowed: TokenKinds) -> Token | None:
        for kind, pattern in _TOKENS.items():
            if kind in allowed:
                found = re.compile(pattern, re.DOTALL).match(self.text, self.at)
                if found is not None:
                    return Token(kind, found[0], self.at)
        return None

    def disjunction(self, after: TokenKinds) -> tuple[Expression, Token]:
        """Conditions with `or`, `xor` and `and` between them."""
        any_of: list[Expression] = []
        one_of: list[Expression] = []
        all_of: list[Expression] = []
        while True:
            term, token = self.negation(CONNECTIVES | after)
            all_of.append(term)
            if token.kind == "AND":
                continue
            one_of.append(_logical("and", all_of))
            all_of = []
            if token.kind == "XOR":
                continue
            any_of.append(_logical("xor", one_of))
            one_of = []
            if token.kind != "OR":
                return _logical("or", any_of), token

    def negation(self, after: TokenKinds) -> tuple[Expression, Token]:
        """A comparison with what negates or quantifies it; of an even number of `not` none."""
        starts = []
        token = self.take(OPERANDS | {"NOT", "QUANTIFIER"})
        while token.kind == "NOT":  # a chain of them needs no depth
            starts.append(token.start)
            token = self.take(OPERANDS | {"NOT", "QUANTIFIER"})
        if token.kind == "QUANTIFIER":
            term, follower = self.comparison(self.take(OPERANDS), after)
            if not isinstance(term, (Comparison, Membership)):
                word = token.text
                raise FilterError(
                    self.text,
                    token.start,
                    f"{word!r} goes before a comparison",
                    f"such as {word} mtu > 1400",
                    len(word),
                )
            term.quantifier = token.text
            term.start = token.start
        else:
            term, follower = self.comparison(token, after)
        for start in reversed(starts):
            term = term.inner if isinstance(term, Negation) else Negation(term, start)
        return term, follower

    def comparison(self, token: Token, after: TokenKinds) -> tuple[Expression, Token]:
        """A field alone, or with operators or `in`; `token` is the first of it, as below."""
        first, token = self.bit_and(token, OPERATORS | {"IN", "NOT"} | after)
        if token.kind == "NOT":
            self.take(frozenset(("IN",)))
            items, token = self.members(after)
            return Negation(Membership(first, items), first.start), token
        if token.kind == "IN":
            items, token = self.members(after)
            return Membership(first, items), token
        operands, operators = [first], []
        while token.kind in OPERATORS:
            operators.append((OPERATOR_WORDS.get(token.text, token.text), token.start))
            operand, token = self.bit_and(self.take(OPERANDS), OPERATORS | after)
            operands.append(operand)
        return Comparison(operands, operators) if operators else first, token

    def members(self, after: TokenKinds) -> tuple[list[SetMember], Token]:
        """The values of a set, or the only one."""
        token = self.take(LITERALS | {"LBRACE"})
        if token.kind != "LBRACE":
            return [(self.literal(token), None)], self.take(after)
        out: list[SetMember] = []
        while token.kind != "RBRACE":
            first, last = self.literal(self.take(LITERALS)), None
            token = self.take(frozenset(("RANGE", "COMMA", "RBRACE")))
            if token.kind == "RANGE":
                last = self.literal(self.take(LITERALS))
                token = self.take(frozenset(("COMMA", "RBRACE")))
            out.append((first, last))
        return out, self.take(after)

    def bit_and(self, token: Token, after: TokenKinds) -> tuple[Expression, Token]:
        """A primary with the masks after it."""
        after |= {"AMPERSAND"}
        first, token = self.primary(token, after)
        masks = []
        while token.kind == "AMPERSAND":
            mask, token = self.primary(self.take(OPERANDS), after)
            masks.append(mask)
        return BitAnd(first, masks) if masks else first, token

    def primary(self, token: Token, after: TokenKinds) -> tuple[Expression, Token]:
        """A literal, a field with what may follow it at once, or something in parentheses."""
        if token.kind == "LPAR":
            self._open(token)
            inner, close = self.disjunction(frozenset(("RPAR",)))
            self._depth -= 1
            if not isinstance(inner, (Word, StringLiteral, Parenthesized)):
                inner = Parenthesized(inner, token.start, close.end)
            return inner, self.take(after)
        if token.kind != "WORD":
            follower = self.take(after)
            return self.literal(token), follower
        word = Word(token.text, token.start, token.end)
        follower = self.take(after | {"LBRACE", "SLICE", "LPAR"})
        term: Expression = word
        if follower.kind == "LBRACE":
            self._open(follower)
            inner, close = self.disjunction(frozenset(("RBRACE",)))
            self._depth -= 1
            term = Block(word, inner, close.end)
        elif follower.kind == "LPAR":
            self._open(follower)
            inner, close = self.bit_and(self.take(OPERANDS), frozenset(("RPAR",)))
            self._depth -= 1
            term = FunctionCall(word.text, inner, word.start, close.end)
        elif follower.kind == "SLICE":
            word.slice, word.slice_start, word.end = follower.text, follower.start, follower.end
        else:
            return word, follower
        return term, self.take(after)

    def _open(self, bracket: Token) -> None:
        """One level deeper; raises FilterError where that is deeper than any code should go."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            why = f"more than {MAX_DEPTH} levels of brackets"
            raise FilterError(self.text, bracket.start, why)

    def literal(self, token: Token) -> Literal:
        """A name, number or string."""
        if token.kind == "WORD":
            return Word(token.text, token.start, token.end)
        if token.kind == "RAW":
            return StringLiteral(token.text[2:-1], token.start, token.end)
        inner = _unescape(self.text, token.start + 1, token.text[1:-1])
        return StringLiteral(inner, token.start, token.end)


def _logical(operator: str, parts: list[Expression]) -> Expression:
    return Logical(operator, parts) if len(parts) > 1 else parts[0]


def parse(text: str) -> Expression:
    """The filter as a tree; raises FilterError with the column where it stops making sense."""
    if not text.strip():
        raise FilterError(text, 0, "the filter is empty", "leave it out to see all messages")
    return FilterParser(text).parse()


def _unreadable(text: str, at: int) -> tuple[str, str]:
    char = text[at]
    if char in "\"'":
        return "the string that begins here does not end", ""
    if char == "[":
        return "a slice follows a field, and ends with ]", "such as address[0:3]"
    if char == "=":
        return "'=' alone is no operator", "== compares"
    if char == "|":
        return "'|' alone is no operator", "|| or `or` means or"
    return f"{char!r} cannot stand here", ""


def _lowercase_hint(token: str) -> str:
    lower = token.lower()
    if lower in ("and", "or", "not", "xor", "in", "contains", "matches") and lower != token:
        return f"write {lower!r}"
    return ""


def _closers_of(allowed: TokenKinds) -> TokenKinds:
    """What ends a term that is complete, in place of all that might follow it."""
    return allowed if "COMMA" in allowed else allowed & CLOSERS or allowed


def _in_words(expected: TokenKinds) -> str:
    out = [words for tokens, words in _EXPECTED if tokens & expected]
    if "WORD" in expected:
        out = out[:1]
    return (", ".join(out[:-1]) + " or " if len(out) > 1 else "") + (out or ["nothing more"])[-1]


_ESCAPES: Final = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\",
    '"': '"', "'": "'", "?": "?",
}  # fmt: skip


def _unescape(text: str, start: int, raw: str) -> str:
    """What stands for `raw`, at `start`, by C's escapes; `\\x41`, `\\101`, `\\u00e9` too."""
    if "\\" not in raw:
        return raw
    out = []
    at = 0
    while at < len(raw):
        char = raw[at]
        if char != "\\":
            out.append(char)
            at += 1
            continue
        kind = raw[at + 1]
        if kind in _ESCAPES:
            out.append(_ESCAPES[kind])
            at += 2
            continue
        size = {"x": 2, "u": 4, "U": 8}.get(kind, 0)
        found = re.compile(f"[0-9a-fA-F]{{{size}}}" if size else "[0-7]{1,3}").match(
            raw, at + 2 if size else at + 1
        )
        if found is None or int(found[0], 16 if size else 8) > 0x10FFFF:
            hint = 'write \\\\ for a backslash, or a raw string: r"..."'
            raise FilterError(text, start + at, f"\\{kind} is no escape", hint, 2)
        out.append(chr(int(found[0], 16 if size else 8)))
        at = found.end()
    return "".join(out)
