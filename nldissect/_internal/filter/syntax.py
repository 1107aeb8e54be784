"""The text of a filter into a tree of its terms; `grammar.lark` is the grammar.

lark is imported when the first filter is parsed.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any, Final

from ..errors import FilterError

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


# What one may read in an error message for the grammar's tokens.
_EXPECTED: Final = (
    ({"WORD", "QUOTED", "RAW"}, "a field or a value"),
    ({"EQUALITY", "ORDER", "TEXTUAL"}, "an operator"),
    ({"_AND", "_OR", "_XOR"}, "`and`, `or`"),
    ({"RPAR"}, ")"),
    ({"RBRACE"}, "}"),
    ({"COMMA"}, "a comma"),
)


@cache
def parser() -> Any:
    """The parser that the grammar makes, kept in the cache between runs."""
    from lark import Lark

    from ..specfile import cache_folder

    folder = cache_folder()
    kept: bool | str = False
    if folder is not None:
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            kept = os.path.join(folder, "filter.lark")
        except OSError:
            kept = False
    path = os.path.join(os.path.dirname(__file__), "grammar.lark")
    with open(path, encoding="utf-8") as file:
        grammar = file.read()
    return Lark(grammar, parser="lalr", maybe_placeholders=False, keep_all_tokens=False,
                cache=kept, transformer=_Terms())


def parse(text: str) -> Term:
    """The filter as a tree; raises FilterError with the column where it stops making sense."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

    if not text.strip():
        raise FilterError(text, 0, "the filter is empty", "leave it out to see all messages")
    _shallow(text)
    try:
        tree = parser().parse(text)
    except UnexpectedCharacters as problem:
        at = problem.pos_in_stream or 0
        raise FilterError(text, at, *_strange(text, at)) from None
    except UnexpectedToken as problem:
        token = problem.token
        expected = _words(set(problem.accepts or problem.expected or ()))
        if token.type == "$END":
            raise FilterError(text, len(text.rstrip()), f"{expected} is missing here") from None
        at = token.start_pos
        hint = _misspelt(str(token), at, text)
        raise FilterError(
            text, at, f"{str(token)!r} is not what can stand here, {expected} is", hint, len(token)
        ) from None
    except UnexpectedInput as problem:  # pragma: no cover - the two above are all of them
        raise FilterError(text, problem.pos_in_stream or 0, "not understood") from None
    except FilterError as problem:  # in an escape
        problem.text = text
        raise
    assert isinstance(tree, Term)
    return tree


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


def _misspelt(token: str, at: int, text: str) -> str:
    lower = token.lower()
    if lower in ("and", "or", "not", "xor", "in", "contains", "matches") and lower != token:
        return f"write {lower!r}"
    return ""


def _words(expected: set[str]) -> str:
    out = [words for tokens, words in _EXPECTED if tokens & expected]
    if expected & {"WORD"}:
        out = out[:1]
    return (", ".join(out[:-1]) + " or " if len(out) > 1 else "") + (out or ["nothing more"])[-1]


_ESCAPES: Final = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\",
    '"': '"', "'": "'", "?": "?",
}  # fmt: skip


class _Terms:
    """Makes the terms of what the parser reduces, by the names that the grammar gives."""

    def start(self, parts: list[Any]) -> Term:
        return _term(parts[0])

    def either(self, parts: list[Any]) -> Term:
        return Several("or", [_term(part) for part in parts])

    def both(self, parts: list[Any]) -> Term:
        return Several("xor", [_term(part) for part in parts])

    def together(self, parts: list[Any]) -> Term:
        return Several("and", [_term(part) for part in parts])

    def negation(self, parts: list[Any]) -> Term:
        inner = _term(parts[1])
        # A chain of them needs no depth.
        return inner.inner if isinstance(inner, Not) else Not(inner, parts[0].start_pos)

    def quantified(self, parts: list[Any]) -> Term:
        made = _term(parts[1])
        word, at = str(parts[0]), parts[0].start_pos
        if not isinstance(made, (Comparison, Membership)):
            hint = f"such as {word} mtu > 1400"
            raise FilterError("", at, f"{word!r} goes before a comparison", hint, len(word))
        made.quantifier = word
        made.start = at
        return made

    def comparison(self, parts: list[Any]) -> Term:
        operators = [(WORDS.get(str(t), str(t)), t.start_pos) for t in parts[1::2]]
        return Comparison([_term(part) for part in parts[0::2]], operators)

    def membership(self, parts: list[Any]) -> Term:
        return Membership(_term(parts[0]), parts[1])

    def absence(self, parts: list[Any]) -> Term:
        of = _term(parts[0])
        return Not(Membership(of, parts[2]), of.start)

    def items(self, parts: list[Any]) -> list[Item]:
        parts = [p for p in parts if getattr(p, "type", "") not in ("LBRACE", "RBRACE")]
        return [p if isinstance(p, tuple) else (_term(p), None) for p in parts]

    def item(self, parts: list[Any]) -> Item:
        return _term(parts[0]), _term(parts[1]) if len(parts) > 1 else None

    def mask(self, parts: list[Any]) -> Term:
        return Mask(_term(parts[0]), [_term(part) for part in parts[1:]])

    def group(self, parts: list[Any]) -> Term:
        inner = _term(parts[1])
        if isinstance(inner, (Word, Quoted, Group)):
            return inner
        return Group(inner, parts[0].start_pos, parts[2].end_pos)

    def nest(self, parts: list[Any]) -> Term:
        word = _term(parts[0])
        assert isinstance(word, Word)
        return Nest(word, _term(parts[2]), parts[3].end_pos)

    def slice(self, parts: list[Any]) -> Term:
        word = _term(parts[0])
        assert isinstance(word, Word)
        word.cut, word.cut_at, word.end = str(parts[1]), parts[1].start_pos, parts[1].end_pos
        return word

    def call(self, parts: list[Any]) -> Term:
        return Call(str(parts[0]), _term(parts[2]), parts[0].start_pos, parts[3].end_pos)


def _term(part: Any) -> Term:
    """A part that the grammar left as a token, as what it is; terms as they are."""
    if isinstance(part, Term):
        return part
    raw = str(part)
    start, end = part.start_pos, part.end_pos
    if part.type == "WORD":
        return Word(raw, start, end)
    if part.type == "RAW":
        return Quoted(raw[2:-1], start, end)
    return Quoted(_unescape(raw[1:-1], start + 1), start, end)


def _unescape(raw: str, start: int) -> str:
    """C's escapes; `\\x41`, `\\101`, `\\u00e9` too."""
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
            raise FilterError("", start + at, f"\\{kind} is no escape", hint, 2)
        out.append(chr(int(found[0], 16 if size else 8)))
        at = found.end()
    return "".join(out)
