"""Completion: what may stand at the cursor of a filter that is being typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from ..engine.paths import plain
from ..spec import model
from ..spec.kept_names import kept_names
from ..spec.registry import Registry
from ..wire import framing
from ..wire.errors import FilterError
from .compiler import FUNCTIONS
from .field_types import DynamicType, field_type
from .listing import OPERATION as LISTED_OPERATION
from .listing import Named, listing
from .message_fields import MessageField, message_fields
from .message_types import TimeOrigin
from .name_index import members_of, operations_of
from .operands import DIAGNOSIS_PARTS
from .parser import FilterParser, Token, TokenKinds
from .resolved_path import ResolvedPath, spec_of
from .value_types import StringType
from .vocabulary import vocabulary_of

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
    """Candidates for the characters from `start` to `end` of the text, best first.

    They are for what is there already (`partial`): names that a condition may begin with where
    `field` is "", values of that field where it is one; None for operators and where nothing goes.
    """

    __slots__ = ("candidates", "end", "field", "partial", "quoted", "start")

    def __init__(self, start: int, end: int, candidates: list[Candidate]) -> None:
        self.start = start
        self.end = end
        self.candidates = candidates
        self.field: str | None = None
        self.partial = ""
        self.quoted = False

    def begin_with(self, words: Iterable[tuple[str, str]]) -> None:
        """Offers these first, of those that begin with what is there: (text, help) each.

        Only what is offered anyway is a name; values may be others.
        """
        known = {candidate.text: candidate for candidate in self.candidates}
        start = self.partial.lower()
        first: dict[str, Candidate] = {}
        for text, help in words:
            if self.quoted and not text.startswith('"'):
                continue
            if text in first or not text.strip("\"'").lower().startswith(start):
                continue
            if self.field:
                first[text] = Candidate(text, VALUE, help)
            elif text in known:
                kind = known[text]
                first[text] = Candidate(text, kind.kind, f"{help}: {kind.help or kind.kind}")
        rest = [one for one in self.candidates if one.text not in first]
        self.candidates = [*first.values(), *rest]


_WORD_BEFORE: Final = r"[\w.:/%@+-]*$"
_WORD_AFTER: Final = r"[\w.:/%@+-]*"
_WHOLE_STRING: Final = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""

# Each with the kind of its token.
_OPERATORS: Final = (
    ("==", "EQUALITY", "equal; any of several values"),
    ("!=", "EQUALITY", "none of the values is equal"),
    ("<", "ORDER", "less"), ("<=", "ORDER", "less or equal"),
    (">", "ORDER", "greater"), (">=", "ORDER", "greater or equal"),
    ("in", "IN", "one of a set or range: in {1, 5..9}"),
    ("contains", "TEXTUAL", "has within it"), ("matches", "TEXTUAL", "a regular expression"),
    ("&", "AMPERSAND", "has any of these bits"), ("and", "AND", "both hold"),
    ("or", "OR", "one holds"),
)  # fmt: skip
_CHAINED: Final = ("and", "or", "<", "<=", ">", ">=")


def complete(text: str, cursor: int, registry: Registry) -> Completion:
    """What may stand at `cursor`, a place in the text; nothing where what is before is wrong."""
    cursor = max(0, min(cursor, len(text)))
    head = text[:cursor]
    quote = _open_quote(head)
    if quote >= 0:
        start, partial = quote, head[quote + 1 :]
        close = text.find(head[quote], cursor)
        end = cursor if close < 0 else close + 1
    else:
        before, after = re.search(_WORD_BEFORE, head), re.match(_WORD_AFTER, text[cursor:])
        assert before is not None
        assert after is not None
        start, partial, end = before.start(), before[0], cursor + after.end()
    tokens, accepted = _tokens(text[:start])
    if tokens is None:
        return Completion(start, end, [])
    if quote < 0 and head.endswith(("'", '"')) and "WORD" not in accepted:
        return Completion(start, end, [])  # a string that just ended
    candidates = _Candidates(registry, tokens)
    out = Completion(start, end, candidates.found(partial, accepted, quote >= 0))
    out.partial, out.quoted = partial, quote >= 0
    out.field = candidates.field(accepted, out.quoted)
    return out


def offered_names(registry: Registry) -> dict[str, str]:
    """What a condition may begin with, as `spec.kept_names` has it: message-level fields and
    functions (`message`), and all that is in dissectors by `names` and by C `constants`."""
    found = _Candidates(registry, [])
    message = _lines(found.message_level(""))
    return {
        "message": message,
        "names": _lines(found.gathered(False)),
        "constants": _lines(found.gathered(True)),
    }


def _lines(candidates: Iterable[Candidate]) -> str:
    rows = [(c.text, c.kind, c.help) for c in candidates]
    return "\n".join(["\t".join(row) for row in rows if not re.search(r"[\t\n]", "".join(row))])


def _open_quote(head: str) -> int:
    """Where a string begins that does not end, -1 if there is none."""
    rest = re.sub(_WHOLE_STRING, lambda found: " " * len(found[0]), head, flags=re.DOTALL)
    return next((i for i, char in enumerate(rest) if char in "\"'"), -1)


def _tokens(head: str) -> tuple[list[Token] | None, TokenKinds]:
    """The tokens that a filter begins with, None if none does, and the kinds that may follow."""
    parser = FilterParser(head)
    with suppress(FilterError):  # much is missing
        parser.parse()
    return parser.tokens if parser.ended else None, parser.allowed


_BEFORE_VALUES: Final = ("EQUALITY", "ORDER", "TEXTUAL", "IN", "AMPERSAND")


class _Candidates:
    """Candidates after some tokens.

    These tell the braces around, the field that a value would be for, and whether one goes here.
    """

    def __init__(self, registry: Registry, tokens: list[Token]) -> None:
        self._registry = registry
        self._vocabulary = vocabulary_of(registry)
        self._message_fields = message_fields(self._vocabulary, TimeOrigin())
        self._tokens = tokens
        self._blocks: list[str] = []
        self._field = ""
        self._comparing = False
        self._read(tokens)

    def _read(self, tokens: list[Token]) -> None:
        """Where the tokens lead to."""
        braces: list[str] = []  # "" for those of a set
        for before, token in zip([None, *tokens], tokens, strict=False):
            if token.kind == "LBRACE":
                braces.append(before.text if before and before.kind == "WORD" else "")
                self._comparing = self._comparing and not braces[-1]
            elif token.kind == "RBRACE" and braces:
                of_set = braces.pop() == ""
                self._comparing = self._comparing and not of_set
            elif token.kind == "WORD" and not self._comparing:
                self._field = token.text
            elif token.kind in _BEFORE_VALUES:
                self._comparing = True
            elif token.kind in ("AND", "OR", "XOR", "NOT"):
                self._comparing = False
        self._blocks = [name for name in braces if name]

    def found(self, partial: str, accepted: TokenKinds, quoted: bool) -> list[Candidate]:
        """Those that begin with what is there, of the kinds of tokens that may come next."""
        if "WORD" not in accepted:
            return [] if quoted else self._operators(partial, accepted)
        if self._comparing:
            start = partial.lower()
            every = self._values(quoted)
            return [c for c in every if c.text.strip("\"'").lower().startswith(start)]
        return [] if quoted else _ranked(self._fields(partial), partial)

    def field(self, accepted: TokenKinds, quoted: bool) -> str | None:
        """What `Completion.field` is."""
        if "WORD" not in accepted or (quoted and not self._comparing):
            return None
        if self._comparing:
            return ".".join([*self._blocks, self._field])
        return None if self._blocks else ""

    def _operators(self, partial: str, accepted: TokenKinds) -> list[Candidate]:
        offered = [name for name, kind, _ in _OPERATORS if kind in accepted]
        if self._comparing:  # 1280 <= mtu <= 1500 goes on, mtu >= 1280 does not
            last = self._tokens[-1].text
            names_field = last in self._message_fields or self._vocabulary.resolve(last)
            chains = self._tokens[-2].kind == "ORDER" and names_field
            more = _CHAINED if chains else _CHAINED[:2]
            offered = [name for name in offered if name in more]
        return [
            Candidate(name, OPERATOR, doc)
            for name, _, doc in _OPERATORS
            if name in offered and name.startswith(partial)
        ]

    # -- fields ------------------------------------------------------------------------

    def _fields(self, partial: str) -> Iterator[Candidate]:
        """What a condition may begin with, in the braces around; `partial` may be a path."""
        base, dot, last = partial.rpartition(".")
        constants = last.isupper()
        if self._blocks and self._blocks[0] in ("note", "diagnoses"):
            yield from (Candidate(name, FIELD) for name in DIAGNOSIS_PARTS)
            return
        prefix = base + dot
        if not self._blocks:
            yield from self.message_level(prefix)
        path = ".".join([*self._blocks, base] if base else self._blocks)
        if not path:
            yield from self._names(constants)
            return
        for member in self._below(path):
            name = member.constant if constants and member.constant else member.name
            yield Candidate(f"{prefix}{name}", ATTRIBUTE, _described(member))
        spec = self._vocabulary.spec(plain(base)) if base and not self._blocks else None
        for operation in [] if spec is None else operations_of(spec):
            name = operation.constant if constants else operation.name
            yield Candidate(f"{prefix}{name}", OPERATION, operation.constant)

    def message_level(self, prefix: str) -> Iterator[Candidate]:
        """The fields that every message has, and functions."""
        for name, field in self._message_fields.items():
            if name.startswith(prefix):
                yield Candidate(name, FIELD, f"{field.value_type.noun}: {field.doc}")
        if not prefix:
            yield from (Candidate(name, FUNCTION, f"{name}(FIELD)") for name in FUNCTIONS)

    def _names(self, constants: bool) -> Iterator[Candidate]:
        """What `gathered` gives, kept."""
        kept = kept_names(self._registry, lambda: offered_names(self._registry))
        for line in kept["constants" if constants else "names"].split("\n"):
            text, _, rest = line.partition("\t")
            kind, _, help = rest.partition("\t")
            yield Candidate(text, kind, help)

    def gathered(self, constants: bool) -> Iterator[Candidate]:
        """What `listing` has, each name once, and dissectors; C constants where one was begun."""
        route = framing.NETLINK_ROUTE  # what is there too is meant more often than the others'
        first = {spec.name for spec in self._vocabulary.specs if spec.protonum == route}
        fields: dict[str, dict[str, Named]] = {}  # by name and dissector
        operations: dict[str, Named] = {}
        of_dissectors = [
            named
            for named in listing(self._registry)
            if named.dissector or named.name not in self._message_fields
        ]
        for named in sorted(of_dissectors, key=lambda named: named.dissector not in first):
            name = named.constant if constants else named.name
            if name and named.type == LISTED_OPERATION:
                operations.setdefault(name, named)
            elif name:
                fields.setdefault(name, {}).setdefault(named.dissector, named)
        for name in filter(_is_term, sorted(fields)):
            one, *others = fields[name].values()
            where = f"({one.dissector})" if one.dissector else one.about
            more = f"and {len(others)} more" if others else ""
            help = " ".join(filter(None, (one.type, one.constant, where, more)))
            yield Candidate(name, ATTRIBUTE, help)
        if not constants:
            for spec in self._vocabulary.specs:
                if _is_term(spec.name):
                    yield Candidate(spec.name, DISSECTOR, "a dissector")
        for name in filter(_is_term, operations):
            named = operations[name]
            yield Candidate(name, OPERATION, f"{named.dissector}: {named.constant}")

    def _below(self, path: str) -> list[model.Field]:
        """The fields directly inside of what a path names."""
        children = self._vocabulary.children
        if path not in children:
            found: dict[model.Field, None] = {}
            for reading in self._vocabulary.resolve(path):
                found.update(dict.fromkeys(self._inside(reading)))
            children[path] = [field for field in found if field.kind != model.PAD]
        return children[path]

    def _inside(self, path: ResolvedPath) -> Iterator[model.Field]:
        for field in self._ends(path):
            yield from _members_of_field(field)
        if path.names:
            return
        for spec in self._vocabulary.specs:
            if path.spec is None or plain(spec.name) == path.spec:
                for operation in operations_of(spec):
                    if path.operations is None or operation.name in path.operations:
                        yield from members_of(operation.attributes)
                        yield from () if operation.header is None else operation.header.members

    def _ends(self, path: ResolvedPath) -> list[model.Field]:
        """The fields that a path can end at, in an order that stays."""
        found = self._vocabulary.reachable_fields(path) if path.names else ()
        return sorted(found, key=lambda field: field.path)

    # -- values ------------------------------------------------------------------------

    def _values(self, quoted: bool) -> Iterator[Candidate]:
        """Values of the field that is compared; `quoted`: inside of quotes."""
        field = None if self._blocks else self._message_field()
        if field is not None:
            for name in self._known_values(field.name):
                yield Candidate(f'"{name}"' if quoted else name, VALUE)
            for value, says in field.value_type.choices():
                yield Candidate(value, VALUE, says)
            return
        vocabulary = self._vocabulary
        path = ".".join([*self._blocks, self._field])
        offered: dict[str, str] = {}
        for reading in vocabulary.resolve(path) or vocabulary.resolve(self._field):
            for end in self._ends(reading):
                for value, says in self._values_of(end):
                    offered.setdefault(value, says)
        for value, says in offered.items():
            yield Candidate(value, VALUE, says)

    def _message_field(self) -> MessageField | None:
        fields = self._message_fields
        return fields.get(self._field.replace("-", "_")) or fields.get(self._field)

    def _known_values(self, name: str) -> Iterable[str]:
        """Values of a message-level field that are told elsewhere."""
        if name in ("note", "note.code"):
            from ..analysis.diagnosis_codes import CODES

            return CODES
        if name not in ("family", "dissector"):
            return ()
        every = name == "dissector"
        return [spec.name for spec in self._vocabulary.specs if every or spec.protonum is None]

    def _values_of(self, field: model.Field) -> list[tuple[str, str]]:
        """Values to offer for a dissector's field, each with what it stands for."""
        value_type, _ = field_type(field)
        if isinstance(value_type, StringType) or field.kind == model.STRING:
            return [(f'"{kind}"', "") for kind in self._selecting(field)]
        if isinstance(value_type, DynamicType):
            return value_type.choices()
        enum = field.enum
        if enum is None:
            return []
        names = [(name, f"{enum.constants[value]} {value}") for value, name in enum.names.items()]
        return names + [(name, str(value)) for value, name in enum.constants.items() if name]

    def _selecting(self, field: model.Field) -> list[str]:
        """The values of a string that pick what another attribute holds, as kinds of links do."""
        spec = self._vocabulary.spec(plain(spec_of(field)))
        set_name = field.path.partition(".")[2].rpartition(".")[0]
        attributes = None if spec is None else spec.attribute_sets.get(set_name)
        out: dict[str, None] = {}
        for other in () if attributes is None else attributes.by_number.values():
            if field.name in other.selectors and other.sub_message is not None:
                out.update(dict.fromkeys(other.sub_message.formats))
        return list(out)


def _ranked(found: Iterable[Candidate], partial: str) -> list[Candidate]:
    """Those that begin with what is there, each once."""
    upper = partial.rpartition(".")[2].isupper()
    start = partial if upper else plain(partial)
    out: dict[str, Candidate] = {}
    for candidate in found:
        text = candidate.text
        if text.startswith(partial) or plain(text).startswith(start):
            out.setdefault(text, candidate)
    return list(out.values())


def _is_term(name: str) -> bool:
    """Whether a name may stand in a filter as it is."""
    try:
        FilterParser(name).parse()
    except FilterError:
        return False
    return True


def _described(field: model.Field) -> str:
    """Kind, C constant and origin of a field in a few words."""
    spec = spec_of(field)
    return " ".join(filter(None, (field.shown, field.constant, spec and f"({spec})")))


def _members_of_field(field: model.Field) -> Iterator[model.Field]:
    """What may lie directly in a field."""
    for one in (field, field.element):
        if one is None:
            continue
        yield from members_of(one.nested)
        if one.struct is not None:
            yield from one.struct.members
        if one.sub_message is not None:
            for form in (*one.sub_message.formats.values(), one.sub_message.default):
                if form is not None:
                    yield from members_of(form.attributes)
                    yield from () if form.header is None else form.header.members
