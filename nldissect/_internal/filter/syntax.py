"""The text of a filter into a tree of its terms; docs/filter.md is its reference.

The grammar, from the loosest to the tightest (`Parser` has a method for each; a token is of the
kinds that may stand there, so `or` and `in` are names where an operator cannot be):

    either:   both ("or" both)*
    both:     together ("xor" together)*
    together: negated ("and" negated)*
    negated:  "not" negated | ("any" | "all") compared | compared
    compared: masked (operator masked)+ | masked ["not"] "in" set | masked
    masked:   primary ("&" primary)*
    primary:  "(" either ")" | WORD "{" either "}" | WORD SLICE | WORD "(" masked ")" | value
    set:      "{" item ("," item)* "}" | value
    item:     value [".." value]
    value:    WORD | QUOTED | RAW
"""

from __future__ import annotations

import re
from typing import Final

from ..wire.errors import FilterError

# Groups, nests and negations within each other; more would be no filter that a person wrote.
MAX_DEPTH: Final = 50

EQ: Final = "=="  # any value does
NE: Final = "!="  # no value does
ALL_EQ: Final = "==="
ANY_NE: Final = "!=="
CONTAINS: Final = "contains"
MATCHES: Final = "matches"
WORDS: Final = {
    "eq": EQ, "any_eq": EQ, "ne": NE, "all_ne": NE, "all_eq": ALL_EQ, "any_ne": ANY_NE,
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "~": MATCHES,
}  # fmt: skip


class Term:
    """A part of a filter, and the column where it starts and ends."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end


class Word(Term):
    """A name or an unquoted value; `cut` is the text of a slice after it, with its brackets."""

    __slots__ = ("cut", "cut_at", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        super().__init__(start, end)
        self.text = text
        self.cut: str | None = None
        self.cut_at = end


class Quoted(Term):
    """A string in quotes, its escapes read."""

    __slots__ = ("text",)

    def __init__(self, text: str, start: int, end: int) -> None:
        super().__init__(start, end)
        self.text = text


class Call(Term):
    """`len(ifname)`."""

    __slots__ = ("of", "what")

    def __init__(self, what: str, of: Term, start: int, end: int) -> None:
        super().__init__(start, end)
        self.what = what
        self.of = of


class Mask(Term):
    """`flags & 0x300`."""

    __slots__ = ("by", "of")

    def __init__(self, of: Term, by: list[Term]) -> None:
        super().__init__(of.start, by[-1].end)
        self.of = of
        self.by = by


class Comparison(Term):
    """Operands with an operator between each two; `quantifier` is "", "any" or "all"."""

    __slots__ = ("operands", "operators", "quantifier")

    def __init__(self, operands: list[Term], operators: list[tuple[str, int]]) -> None:
        super().__init__(operands[0].start, operands[-1].end)
        self.operands = operands
        self.operators = operators
        self.quantifier = ""


# A value, or the first and last of a range.
Item = tuple[Term, Term | None]


class Membership(Term):
    """`mtu in {1280, 1400..1500}`."""

    __slots__ = ("items", "of", "quantifier")

    def __init__(self, of: Term, items: list[Item]) -> None:
        super().__init__(of.start, (items[-1][1] or items[-1][0]).end)
        self.of = of
        self.items = items
        self.quantifier = ""


class Nest(Term):
    """`linkinfo { ... }`."""

    __slots__ = ("inner", "word")

    def __init__(self, word: Word, inner: Term, end: int) -> None:
        super().__init__(word.start, end)
        self.word = word
        self.inner = inner


class Group(Term):
    """Something in parentheses."""

    __slots__ = ("inner",)

    def __init__(self, inner: Term, start: int, end: int) -> None:
        super().__init__(start, end)
        self.inner = inner


class Not(Term):
    __slots__ = ("inner",)

    def __init__(self, inner: Term, start: int) -> None:
        super().__init__(start, inner.end)
        self.inner = inner


class Several(Term):
    """Terms with `or`, `xor` or `and` between them."""

    __slots__ = ("how", "parts")

    def __init__(self, how: str, parts: list[Term]) -> None:
        super().__init__(parts[0].start, parts[-1].end)
        self.how = how
        self.parts = parts


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

Kinds = frozenset[str]
VALUES: Final = frozenset(("WORD", "QUOTED", "RAW"))
OPERANDS: Final = VALUES | {"LPAR"}
OPERATORS: Final = frozenset(("EQUALITY", "ORDER", "TEXTUAL"))
JOINTS: Final = frozenset(("OR", "XOR", "AND"))
CLOSERS: Final = frozenset(("RPAR", "RBRACE", END))

# What one may read in an error message for the kinds of tokens.
_EXPECTED: Final = (
    (VALUES, "a field or a value"),
    (OPERATORS, "an operator"),
    (JOINTS, "`and`, `or`"),
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


class Parser:
    """Reads one filter; raises FilterError with the column where it stops making sense.

    A method is given the kinds of tokens that may follow (`after`), and returns the one that
    does with its term. Afterwards `tokens` are those read, `ended` says that they are all
    there are, and `allowed` are the kinds that might have followed.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tokens: list[Token] = []
        self.allowed: Kinds = frozenset()
        self.ended = False

    def parse(self) -> Term:
        return self.either(frozenset((END,)))[0]

    def take(self, allowed: Kinds) -> Token:
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
            missing = _words(_closing(allowed))
            raise FilterError(text, len(text.rstrip()), f"{missing} is missing here")
        token = self._next(allowed)
        if token is None:
            token = self._next(frozenset(_TOKENS))
            if token is None:
                raise FilterError(text, self.at, *_strange(text, self.at))
            if token.kind in CLOSERS:
                allowed = _closing(allowed)
            why = f"{token.text!r} is not what can stand here, {_words(allowed)} is"
            raise FilterError(text, self.at, why, _misspelt(token.text), len(token.text))
        self.at = token.end
        self.tokens.append(token)
        return token

    def _next(self, allowed: Kinds) -> Token | None:
        for kind, pattern in _TOKENS.items():
            if kind in allowed:
                found = re.compile(pattern, re.DOTALL).match(self.text, self.at)
                if found is not None:
                    return Token(kind, found[0], self.at)
        return None

    def either(self, after: Kinds) -> tuple[Term, Token]:
        """Terms with `or`, `xor` and `and` between them."""
        any_of: list[Term] = []
        one_of: list[Term] = []
        all_of: list[Term] = []
        while True:
            term, token = self.negated(JOINTS | after)
            all_of.append(term)
            if token.kind == "AND":
                continue
            one_of.append(_several("and", all_of))
            all_of = []
            if token.kind == "XOR":
                continue
            any_of.append(_several("xor", one_of))
            one_of = []
            if token.kind != "OR":
                return _several("or", any_of), token

    def negated(self, after: Kinds) -> tuple[Term, Token]:
        starts = []
        token = self.take(OPERANDS | {"NOT", "QUANTIFIER"})
        while token.kind == "NOT":  # a chain of them needs no depth
            starts.append(token.start)
            token = self.take(OPERANDS | {"NOT", "QUANTIFIER"})
        if token.kind == "QUANTIFIER":
            term, follower = self.compared(self.take(OPERANDS), after)
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
            term, follower = self.compared(token, after)
        for start in reversed(starts):
            term = term.inner if isinstance(term, Not) else Not(term, start)
        return term, follower

    def compared(self, token: Token, after: Kinds) -> tuple[Term, Token]:
        first, token = self.masked(token, OPERATORS | {"IN", "NOT"} | after)
        if token.kind == "NOT":
            self.take(frozenset(("IN",)))
            items, token = self.items(after)
            return Not(Membership(first, items), first.start), token
        if token.kind == "IN":
            items, token = self.items(after)
            return Membership(first, items), token
        operands, operators = [first], []
        while token.kind in OPERATORS:
            operators.append((WORDS.get(token.text, token.text), token.start))
            operand, token = self.masked(self.take(OPERANDS), OPERATORS | after)
            operands.append(operand)
        return Comparison(operands, operators) if operators else first, token

    def items(self, after: Kinds) -> tuple[list[Item], Token]:
        """The values of a set, or the only one."""
        token = self.take(VALUES | {"LBRACE"})
        if token.kind != "LBRACE":
            return [(self.value(token), None)], self.take(after)
        out: list[Item] = []
        while token.kind != "RBRACE":
            first, last = self.value(self.take(VALUES)), None
            token = self.take(frozenset(("RANGE", "COMMA", "RBRACE")))
            if token.kind == "RANGE":
                last = self.value(self.take(VALUES))
                token = self.take(frozenset(("COMMA", "RBRACE")))
            out.append((first, last))
        return out, self.take(after)

    def masked(self, token: Token, after: Kinds) -> tuple[Term, Token]:
        after |= {"AMPERSAND"}
        first, token = self.primary(token, after)
        masks = []
        while token.kind == "AMPERSAND":
            mask, token = self.primary(self.take(OPERANDS), after)
            masks.append(mask)
        return Mask(first, masks) if masks else first, token

    def primary(self, token: Token, after: Kinds) -> tuple[Term, Token]:
        if token.kind == "LPAR":
            inner, close = self.either(frozenset(("RPAR",)))
            if not isinstance(inner, (Word, Quoted, Group)):
                inner = Group(inner, token.start, close.end)
            return inner, self.take(after)
        if token.kind != "WORD":
            follower = self.take(after)
            return self.value(token), follower
        word = Word(token.text, token.start, token.end)
        follower = self.take(after | {"LBRACE", "SLICE", "LPAR"})
        term: Term = word
        if follower.kind == "LBRACE":
            inner, close = self.either(frozenset(("RBRACE",)))
            term = Nest(word, inner, close.end)
        elif follower.kind == "LPAR":
            inner, close = self.masked(self.take(OPERANDS), frozenset(("RPAR",)))
            term = Call(word.text, inner, word.start, close.end)
        elif follower.kind == "SLICE":
            word.cut, word.cut_at, word.end = follower.text, follower.start, follower.end
        else:
            return word, follower
        return term, self.take(after)

    def value(self, token: Token) -> Term:
        """A name, number or string."""
        if token.kind == "WORD":
            return Word(token.text, token.start, token.end)
        if token.kind == "RAW":
            return Quoted(token.text[2:-1], token.start, token.end)
        inner = _unescape(self.text, token.start + 1, token.text[1:-1])
        return Quoted(inner, token.start, token.end)


def _several(how: str, parts: list[Term]) -> Term:
    return Several(how, parts) if len(parts) > 1 else parts[0]


def parse(text: str) -> Term:
    """The filter as a tree; raises FilterError with the column where it stops making sense."""
    if not text.strip():
        raise FilterError(text, 0, "the filter is empty", "leave it out to see all messages")
    _shallow(text)
    return Parser(text).parse()


def _shallow(text: str) -> None:
    """Raises FilterError where brackets nest deeper than any code should go."""
    depth = 0
    for found in re.finditer(r"""[(){}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", text, re.DOTALL):
        if found[0] in ("(", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise FilterError(text, found.start(), f"more than {MAX_DEPTH} levels of brackets")
        elif found[0] in (")", "}"):
            depth -= 1


def _strange(text: str, at: int) -> tuple[str, str]:
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


def _misspelt(token: str) -> str:
    lower = token.lower()
    if lower in ("and", "or", "not", "xor", "in", "contains", "matches") and lower != token:
        return f"write {lower!r}"
    return ""


def _closing(allowed: Kinds) -> Kinds:
    """What ends a term that is complete, in place of all that might follow it."""
    return allowed if "COMMA" in allowed else allowed & CLOSERS or allowed


def _words(expected: Kinds) -> str:
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
