"""What may stand at the cursor of a filter that is being typed: fields, operators, values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from ..engine.paths import plain
from ..spec import model
from ..wire.errors import FilterError, SpecError
from .compiler import FUNCTIONS, Compiler
from .syntax import Kinds, Parser, Token
from .values import Any_, Text, shape_of
from .vocabulary import Vocabulary, Way, fields_along, fields_of

FIELD: Final = "field"
ATTRIBUTE: Final = "attribute"
OPERATION: Final = "operation"
DISSECTOR: Final = "dissector"
OPERATOR: Final = "operator"
VALUE: Final = "value"
FUNCTION: Final = "function"


class Candidate:
    """`text` goes in place of what is there; `kind` is one of the words above, `help` short."""

    __slots__ = ("help", "kind", "text")

    def __init__(self, text: str, kind: str, help: str = "") -> None:
        self.text = text
        self.kind = kind
        self.help = help

    def __repr__(self) -> str:
        return f"<{self.kind} {self.text}>"


class Completion:
    """Candidates for the characters from `start` to `end` of the text, best first."""

    __slots__ = ("candidates", "end", "start")

    def __init__(self, start: int, end: int, candidates: list[Candidate]) -> None:
        self.start = start
        self.end = end
        self.candidates = candidates


_BEFORE: Final = r"[\w.:/%@+-]*$"
_AFTER: Final = r"[\w.:/%@+-]*"
_WHOLE: Final = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""

_OPERATORS: Final = (
    ("==", "equal; any of several values"), ("!=", "none of the values is equal"),
    ("<", "less"), ("<=", "less or equal"), (">", "greater"), (">=", "greater or equal"),
    ("in", "one of a set or range: in {1, 5..9}"), ("contains", "has within it"),
    ("matches", "a regular expression"), ("&", "has any of these bits"),
    ("and", "both hold"), ("or", "one holds"),
)  # fmt: skip
_TEXTUAL: Final = ("contains", "matches")
_CHAINED: Final = ("and", "or", "<", "<=", ">", ">=")


def complete(text: str, cursor: int, words: Vocabulary, compiler: Compiler) -> Completion:
    """What may stand at `cursor`; nothing where the text before makes no sense."""
    cursor = max(0, min(cursor, len(text)))
    head = text[:cursor]
    open_quote = _open_quote(head)
    if open_quote >= 0:
        start = open_quote
        close = text.find(head[start], cursor)
        end = cursor if close < 0 else close + 1
        partial = head[start + 1 :]
    else:
        found = re.search(_BEFORE, head)
        assert found is not None
        start = found.start()
        partial = found[0]
        after = re.match(_AFTER, text[cursor:])
        end = cursor if after is None else cursor + after.end()
    tokens, accepts = _tokens(text[:start])
    if tokens is None:
        return Completion(start, end, [])
    scope, owner, comparing = _context(tokens)
    out: Iterable[Candidate]
    if comparing and "WORD" in accepts:
        out = _values(owner, scope, words, compiler, open_quote >= 0)
        wanted = partial.lower()
        chosen = [c for c in out if c.text.strip("\"'").lower().startswith(wanted)]
        return Completion(start, end, chosen)
    if open_quote >= 0:
        return Completion(start, end, [])
    if "WORD" in accepts:
        out = _fields(partial, scope, words, compiler)
        return Completion(start, end, _ranked(out, partial))
    if head.endswith(("'", '"')):  # a string that just ended
        return Completion(start, end, [])
    offered = [Candidate(name, OPERATOR, says) for name, says in _OPERATORS]
    if comparing:  # 1280 <= mtu <= 1500 goes on, mtu >= 1280 does not
        last = tokens[-1].text
        chains = tokens[-2].kind == "ORDER" and (last in compiler.tops or words.ways(last))
        more = _CHAINED if chains else _CHAINED[:2]
        offered = [c for c in offered if c.text in more]
    kinds = {
        "==": "EQUALITY",
        "!=": "EQUALITY",
        "in": "IN",
        "&": "AMPERSAND",
        "and": "AND",
        "or": "OR",
    }
    offered = [
        c
        for c in offered
        if kinds.get(c.text, "TEXTUAL" if c.text in _TEXTUAL else "ORDER") in accepts
        and c.text.startswith(partial)
    ]
    return Completion(start, end, offered)


def _open_quote(head: str) -> int:
    """Where a string begins that does not end, -1 if there is none."""
    rest = re.sub(_WHOLE, lambda found: " " * len(found[0]), head, flags=re.DOTALL)
    return next((i for i, char in enumerate(rest) if char in "\"'"), -1)


def _tokens(head: str) -> tuple[list[Token] | None, Kinds]:
    """The tokens that a filter begins with, None if none does, and the kinds that may follow."""
    begun = Parser(head)
    with suppress(FilterError):  # much is missing
        begun.parse()
    return begun.tokens if begun.ended else None, begun.allowed


def _context(tokens: list[Token]) -> tuple[list[str], str, bool]:
    """The nests around, the field that a value is for, and whether a value goes here."""
    nests: list[str | None] = []
    owner, comparing = "", False
    for i, token in enumerate(tokens):
        kind = token.kind
        if kind == "LBRACE":
            before = tokens[i - 1] if i else None
            if before is not None and before.kind == "WORD":
                nests.append(before.text)
                comparing = False
            else:
                nests.append(None)
        elif kind == "RBRACE":
            if nests and nests.pop() is None:
                comparing = False
        elif kind == "WORD":
            if not comparing:
                owner = token.text
        elif kind in ("EQUALITY", "ORDER", "TEXTUAL", "IN", "AMPERSAND"):
            comparing = True
        elif kind in ("AND", "OR", "XOR", "NOT"):
            comparing = False
    return [nest for nest in nests if nest is not None], owner, comparing


def _ranked(found: Iterable[Candidate], partial: str) -> list[Candidate]:
    """Those that begin with what is there, each once."""
    upper = partial.rpartition(".")[2]
    low = plain(partial) if not upper.isupper() else partial
    out: dict[str, Candidate] = {}
    for candidate in found:
        text = candidate.text
        if text.startswith(partial) or plain(text).startswith(low):
            out.setdefault(text, candidate)
    return list(out.values())


# -- fields ------------------------------------------------------------------------


def _fields(
    partial: str, scope: list[str], words: Vocabulary, compiler: Compiler
) -> Iterator[Candidate]:
    base, dot, last = partial.rpartition(".")
    constants = last.isupper()
    path = ".".join([*scope, base] if base else scope)
    if scope and scope[0] in ("note", "diagnoses"):
        for name in ("code", "severity", "text", "offset", "length"):
            yield Candidate(name, FIELD)
        return
    if not base and not scope:
        for name, top in compiler.tops.items():
            yield Candidate(name, FIELD, f"{top.shape.noun}: {top.help}")
        for name in FUNCTIONS:
            yield Candidate(name, FUNCTION, f"{name}(FIELD)")
    if not path:
        yield from _names(words, constants)
        return
    prefix = f"{base}." if base else ""
    if not scope:
        for name, top in compiler.tops.items():
            if dot and name.startswith(prefix):
                yield Candidate(name, FIELD, f"{top.shape.noun}: {top.help}")
    for field in below(words, path):
        name = field.constant if constants and field.constant else field.name
        yield Candidate(f"{prefix}{name}", ATTRIBUTE, describe(field))
    spec = words.spec(plain(base)) if base else None
    if spec is not None and not scope:
        for operation in _operations(spec):
            name = operation.constant if constants else operation.name
            yield Candidate(f"{prefix}{name}", OPERATION, operation.constant)


def _names(words: Vocabulary, constants: bool) -> Iterator[Candidate]:
    """Every attribute, operation and dissector; C constants where one was begun."""
    seen: dict[str, model.Field] = {}
    for spec in words.specs:
        for field in fields_of(spec):
            name = field.constant if constants else field.name
            if name and not name.isdigit() and " " not in name:
                seen.setdefault(name, field)
    for name in sorted(seen):
        yield Candidate(name, ATTRIBUTE, describe(seen[name]))
    for spec in words.specs:
        if not constants:
            yield Candidate(spec.name, DISSECTOR, "a dissector")
        for operation in _operations(spec):
            name = operation.constant if constants else operation.name
            yield Candidate(name, OPERATION, f"{spec.name}: {operation.constant}")


def _operations(spec: model.Spec) -> list[model.Operation]:
    return sorted({*spec.requests.values(), *spec.replies.values()}, key=lambda o: o.name)


def describe(field: model.Field) -> str:
    """Kind, type and origin of a field in a few words."""
    origin = field.path.partition(".")[0]
    constant = field.constant or ""
    return " ".join(part for part in (field.shown, constant, origin and f"({origin})") if part)


def below(words: Vocabulary, path: str) -> list[model.Field]:
    """The fields directly inside of what a path names."""
    kept = words.children.get(path)
    if kept is None:
        kept = words.children[path] = list(_below(words, words.ways(path)))
    return kept


def _below(words: Vocabulary, ways: list[Way]) -> Iterator[model.Field]:
    out: dict[model.Field, None] = {}
    for way in ways:
        if not way.names:
            for spec in words.specs:
                if way.specs is not None and plain(spec.name) != way.specs:
                    continue
                for operation in _operations(spec):
                    if way.operations is None or operation.name in way.operations:
                        out.update(dict.fromkeys(_inside_set(operation.attributes)))
                        if operation.header is not None:
                            out.update(dict.fromkeys(operation.header.members))
            continue
        for field in sorted(fields_along(words, way), key=lambda f: f.path):
            out.update(dict.fromkeys(inside(field)))
    return (field for field in out if field.kind != model.PAD)


def inside(field: model.Field) -> Iterator[model.Field]:
    """What may lie directly in a field."""
    for one in (field, field.element):
        if one is None:
            continue
        yield from _inside_set(one.nested)
        if one.struct is not None:
            yield from one.struct.members
        if one.sub_message is not None:
            for form in (*one.sub_message.formats.values(), one.sub_message.default):
                if form is not None:
                    yield from _inside_set(form.attributes)
                    if form.header is not None:
                        yield from form.header.members


def _inside_set(attr_set: model.AttributeSet | None) -> Iterable[model.Field]:
    if attr_set is None:
        return ()
    try:
        return list(attr_set.ensure().values())
    except SpecError:
        return ()


# -- values ------------------------------------------------------------------------


def _values(
    owner: str, scope: list[str], words: Vocabulary, compiler: Compiler, quoted: bool
) -> Iterator[Candidate]:
    name = owner.replace("-", "_")
    top = None if scope else compiler.tops.get(name) or compiler.tops.get(owner)
    if top is not None:
        yield from _top_values(top.name, words, quoted)
        for value, says in top.shape.choices():
            yield Candidate(value, VALUE, says)
        return
    path = ".".join([*scope, owner])
    seen: set[str] = set()
    fields: list[model.Field] = []
    for way in words.ways(path) or words.ways(owner):
        if way.names:
            fields += sorted(fields_along(words, way), key=lambda f: f.path)
    for field in fields:
        shape, _ = shape_of(field)
        if isinstance(shape, Text) or field.kind == model.STRING:
            offers = [(f'"{kind}"', "") for kind in selected(words, field)]
        elif isinstance(shape, Any_):
            offers = shape.choices()
        else:
            enum = field.enum
            offers = (
                []
                if enum is None
                else [
                    (text, f"{enum.constants[value]} {value}") for value, text in enum.names.items()
                ]
                + [(text, str(value)) for value, text in enum.constants.items() if text]
            )
        for value, says in offers:
            if value not in seen:
                seen.add(value)
                yield Candidate(value, VALUE, says)


def _top_values(name: str, words: Vocabulary, quoted: bool) -> Iterator[Candidate]:
    if name in ("family", "dissector"):
        for spec in words.specs:
            if name == "dissector" or spec.protonum is None:
                yield Candidate(f'"{spec.name}"' if quoted else spec.name, VALUE)
    elif name in ("note", "note.code"):
        from ..analysis.diagnosis_codes import CODES

        for code in CODES:
            yield Candidate(f'"{code}"' if quoted else code, VALUE)


def selected(words: Vocabulary, field: model.Field) -> list[str]:
    """The values of a string that pick what another attribute holds, as kinds of links do."""
    origin, _, rest = field.path.partition(".")
    spec = words.spec(plain(origin))
    attr_set = None if spec is None else spec.attribute_sets.get(rest.rpartition(".")[0])
    if attr_set is None:
        return []
    out: dict[str, None] = {}
    for other in attr_set.by_number.values():
        if field.name in other.selectors and other.sub_message is not None:
            out.update(dict.fromkeys(other.sub_message.formats))
    return list(out)
