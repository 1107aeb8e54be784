"""What a capture taught as plain data, so that another process need not read it for that again.

Kept is what messages ask for once the header pass is over; what only learning needs, or what is
made of the rest when it is asked for, is not.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ..engine.message_numbers import MessageNumbers
from ..spec.evidence import Budget, Evidence
from ..spec.learnt import LearntFamily
from ..spec.policy import Policy, PolicyRule
from ..wire.record import Interface, Socket
from .capture_facts import (
    CaptureFacts,
    FilterSet,
    GenericFamily,
    InterfaceFacts,
    SectionFacts,
    Timeline,
)

# By class: what it is made with, and what is set then.
_KEPT: Final[dict[type, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    CaptureFacts: ((), ("sections", "_interfaces", "_orders", "numbers")),
    MessageNumbers: ((), ("_own",)),
    SectionFacts: (("settled", "big"), ("families", "interfaces", "learnt")),
    InterfaceFacts: (
        ("section", "interface"),
        ("names", "namespaces", "inodes", "filter_sets", "long_dumps"),
    ),
    Interface: (
        ("link_type", "big_endian", "section", "number", "snaplen"),
        ("name", "description", "filter", "os", "hardware", "options", "section_options",
         "sockets", "dropped"),
    ),
    Socket: (("time", "protocol", "port", "pid", "name", "command", "uid", "own"), ()),
    Timeline: ((), ("_serials", "_values", "last")),
    FilterSet: (
        ("told",),
        ("flags", "key_type", "key_len", "data_type", "data_len", "object", "host_key",
         "host_data", "fields", "elements", "size"),
    ),
    GenericFamily: (("name", "number", "version", "header_size", "groups"), ()),
    LearntFamily: (("name",), ("policy", "everywhere", "by_command", "budget")),
    Policy: ((), ("tables", "do", "dump", "starts", "dumps")),
    PolicyRule: ((), ("values",)),
    Budget: ((), ("places", "samples")),
    Evidence: (
        (),
        ("count", "nested", "chains", "strings", "addresses", "macs", "sizes", "children"),
    ),
}  # fmt: skip
_CLASSES: Final = {kind.__name__: kind for kind in _KEPT}


class Kept(NamedTuple):
    """An object as data: the name of its class, and its attributes in the order of the table."""

    kind: str
    values: list[Any]


def handed(facts: CaptureFacts) -> Kept:
    """What was taught as data: numbers, texts, bytes, lists, tuples, dictionaries and `Kept`."""
    given: dict[int, Kept] = {}
    out = _data(facts, given)
    assert isinstance(out, Kept)
    return out


def taken(data: Kept) -> CaptureFacts:
    """The same again."""
    made: dict[int, object] = {}
    out = _object(data, made)
    assert isinstance(out, CaptureFacts)
    return out


def _data(value: Any, given: dict[int, Kept]) -> Any:
    """A value as data; what was `given` already, by its id, is the same `Kept` again."""
    if isinstance(value, dict):
        return {key: _data(one, given) for key, one in value.items()}
    if isinstance(value, list):
        return [_data(one, given) for one in value]
    names = _KEPT.get(type(value))
    if names is None:
        return value
    found = given.get(id(value))
    if found is None:
        values = [_data(getattr(value, name), given) for part in names for name in part]
        found = given[id(value)] = Kept(type(value).__name__, values)
    return found


def _object(data: Any, made: dict[int, object]) -> Any:
    """What data stands for."""
    if isinstance(data, Kept):
        found = made.get(id(data))
        if found is None:
            kind = _CLASSES[data.kind]
            first, others = _KEPT[kind]
            values = [_object(value, made) for value in data.values]
            found = kind(*values[: len(first)])
            for name, value in zip(others, values[len(first) :], strict=True):
                setattr(found, name, value)
            made[id(data)] = found
        return found
    if isinstance(data, dict):
        return {key: _object(value, made) for key, value in data.items()}
    if isinstance(data, list):
        return [_object(value, made) for value in data]
    return data
