"""Every name that filters and columns take, with what it is: for `nldissect fields`."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from ..engine.paths import WORDS_OF_IP, plain
from ..spec import model
from ..spec.registry import Registry
from .message_fields import message_fields
from .message_types import TimeOrigin
from .name_index import fields_of, operations_of
from .vocabulary import vocabulary_of

OPERATION: Final = "operation"  # the type of a name of messages


class Named(NamedTuple):
    """A name, the C constant that stands for the same, what its values are and where it is.

    `dissector` is "" for what every message has, `constant` for what has none.
    """

    name: str
    constant: str
    type: str
    dissector: str
    about: str

    def matches(self, pattern: str) -> bool:
        """Whether name or constant has this within it, or is it where there is a `*` or `?`."""
        texts = (plain(self.name.lower()), plain(self.constant.lower()))
        wanted = plain(pattern.lower())
        if "*" in wanted or "?" in wanted:
            return any(fnmatchcase(text, wanted) for text in texts)
        return any(wanted in text for text in texts)


def listing(registry: Registry) -> Iterator[Named]:
    """What every message has, then each dissector's fields and the names of its messages."""
    vocabulary = vocabulary_of(registry)
    for name, field in message_fields(vocabulary, TimeOrigin()).items():
        yield Named(name, "", field.value_type.noun, "", field.doc)
    for word, meant in WORDS_OF_IP.items():
        yield Named(word, "", "as ip(8) has it", "", " ".join(meant))
    for spec in vocabulary.specs:
        yield from _of_dissector(spec)


def _of_dissector(spec: model.Spec) -> Iterator[Named]:
    for operation in operations_of(spec):
        about = f"messages of type {_numbers(operation)}"
        yield Named(operation.name, operation.constant, OPERATION, spec.name, about)
    met: set[Named] = set()
    for field in fields_of(spec):
        if field.kind == model.PAD or field.name.isdecimal():
            continue
        inside = field.path.rpartition(".")[0].partition(".")[2]
        about = f"in {inside}" if inside else "member of a struct"
        named = Named(field.name, field.constant or "", type_of(field), spec.name, about)
        if named not in met:
            met.add(named)
            yield named
    for name in sorted(spec.made):
        yield Named(name, "", "made by code", spec.name, "where the bytes are such")


def _numbers(operation: model.Operation) -> str:
    found = dict.fromkeys(n for n in (operation.request, operation.reply) if n is not None)
    return ", ".join(map(str, found)) or "?"


def type_of(field: model.Field) -> str:
    """What its values are, in a few words: `u32`, `enum rt-scope`, `array of u32`."""
    words = field.shown
    if field.element is not None and field.kind in (model.ARRAY, model.INDEXED):
        words = f"{words} of {type_of(field.element)}"
    elif field.struct is not None:
        words = f"struct {field.struct.name}"
    elif field.nested is not None:
        words = f"{words} {field.nested.name}"
    elif field.enum is not None:
        words = f"{words} {field.enum.name}"
    elif field.hint and field.hint != words:
        words = f"{words} {field.hint}"
    return words
