"""Which object a message tells of, by its dissector's `x-objects`, and what that is known by.

Keys are made of the words of the flat form (`flattener`), so that they are the same in every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from ..engine.message import Message
from ..spec import model
from ..spec.template import EACH, MISSES, OPEN, PLACEHOLDER, SPACE, STEP, TEXT, Template
from .flattener import Flat

Key = tuple[str, ...]  # the name of the kind first
Values = Mapping[str, str]
# What one dump tells all of: kind and its parts, "" for all of these.
Scope = tuple[str, ...]

# What a number is called that says nothing.
_ZEROS = frozenset(("", "0", "0x0", "unspec", "universe"))


def may_tell(message: Message) -> bool:
    """Whether an operation tells of objects or of their end, whatever the message says."""
    name, spec = _operation(message), message.spec
    if spec is None or not name:
        return False
    kinds = spec.objects.ensure()
    return name in kinds.told or name in kinds.ended


def told(message: Message, flat: Flat) -> tuple[model.ObjectKind, Key, bool] | None:
    """The object that a message tells of: its kind, its key, and whether it is gone."""
    name, spec = _operation(message), message.spec
    if spec is None or not name:
        return None
    kinds = spec.objects.ensure()
    gone = name not in kinds.told
    found = kinds.ended.get(name) if gone else kinds.told[name]
    if found is None:
        return None
    values = dict(flat)
    kind = _fitting(found, values)
    key = None if kind is None else key_of(kind, values)
    return None if kind is None or key is None else (kind, key, gone)


def changed(request: Message, flat: Flat) -> tuple[model.ObjectKind, Key | None, bool] | None:
    """The kind and key of what a request changes or makes or ends, and whether it ends it."""
    found = told(request, flat)
    if found is not None:
        return found
    name, spec = _operation(request), request.spec
    kinds = None if spec is None else spec.objects.ensure().changed.get(name)
    kind = None if kinds is None else _fitting(kinds, dict(flat))
    return None if kind is None else (kind, key_of(kind, dict(flat)), False)


def message_types(message: Message) -> frozenset[int]:
    """The types (nlmsg_type) of messages that may tell of the object of this one."""
    spec, name = message.spec, _operation(message)
    if spec is None or spec.protonum is None:
        return frozenset((message.type,))
    kinds = spec.objects.ensure()
    wanted = {kind.name for kind in kinds.told.get(name, []) + kinds.ended.get(name, [])}
    found = set()
    for table in (kinds.told, kinds.ended):
        for other, listed in table.items():
            if wanted.intersection(kind.name for kind in listed):
                found |= {spec.operations[other].request, spec.operations[other].reply}
    return frozenset(number for number in found if number is not None)


def identity(message: Message, flat: Flat) -> Key | None:
    """The key of the object that a message tells of; None for none."""
    found = told(message, flat)
    return None if found is None else found[1]


def key_of(kind: model.ObjectKind, values: Values) -> Key | None:
    """The key of an object; None where the message has nothing of it."""
    words = [fill(template, values) for template in kind.key]
    return (kind.name, *(word for word in words if word)) if any(words) else None


def parents(kind: model.ObjectKind, values: Values) -> tuple[Key, ...]:
    """What an object is within, and ends with; of several ways to go none is the one."""
    out = []
    for name, templates in kind.within.items():
        words = tuple(fill(template, values) for template in templates)
        if not any(words):
            found = ways(kind, name, values)
            words = (found.pop(),) if len(found) == 1 else ()
        if words and all(words):
            out.append((name, *words))
    return tuple(out)


def ways(kind: model.ObjectKind, name: str, values: Values) -> set[str]:
    """The objects of a kind that an object goes by, one or several, by their names."""
    out = set()
    for template in kind.within.get(name, ()):
        out.add(fill(template, values))
        for path in template.paths:
            inside = kind.same.get(path)
            if inside is not None:
                start, end = f"{kind.hops}.", f".{inside}"
                out |= {v for p, v in values.items() if p.startswith(start) and p.endswith(end)}
    return out - {""}


def without_a_way(kind: model.ObjectKind, flat: Flat, gone: Flat) -> tuple[str, Flat] | None:
    """Which of its several ways an object has lost, and what is left of it; None for none."""
    if not kind.hops:
        return None
    lost, values = dict(gone), dict(flat)
    start = f"{kind.hops}."
    names = {path.split(".")[1] for path in values if path.startswith(start)}
    if len(names) < 2 or any(path.startswith(start) for path in lost):
        return None
    for name in sorted(names):
        hop = f"{start}{name}."
        if all(values.get(hop + inside) == lost.get(path) for path, inside in kind.same.items()):
            return hop[:-1], tuple(pair for pair in flat if not pair[0].startswith(hop))
    return None


def scopes(kind: model.ObjectKind, values: Values) -> tuple[Scope, ...]:
    """The dumps that tell of an object: those of all, of its parts, and of all between."""
    words = [_part(kind, template, values) for template in kind.parts]
    choices = [("", word) if word else ("",) for word in words]
    if kind.apart:
        choices[:1] = [(words[0],)]
    return tuple((kind.name, *chosen) for chosen in product(*choices))


def asked(request: Message, flat: Flat) -> Scope | None:
    """What a dump that was asked for tells all of; None where that cannot be told from here."""
    name, spec = _operation(request), request.spec
    found = None if spec is None else spec.objects.ensure().dumped.get(name)
    values = dict(flat)
    kind = None if found is None else _fitting(found, values)
    if kind is None:
        return None
    parts = {path for template in kind.parts for path in template.paths}
    for path, value in flat:
        if path in parts or value in _ZEROS or path == "trailing":
            continue
        if not kind.whole.get(path, frozenset()) & {"*", value}:
            return None
    return (kind.name, *(_part(kind, template, values) for template in kind.parts))


def only_in_part(kind: model.ObjectKind, flat: Flat) -> bool:
    """Whether the answers to this request tell next to nothing of an object."""
    return _any(kind.bare, dict(flat))


def is_up(kind: model.ObjectKind, flat: Flat) -> bool:
    """Whether an object is up, as far as its kind knows that."""
    return not kind.up or _any(kind.up, dict(flat))


def _operation(message: Message) -> str:
    operation = message.operation
    return "" if operation is None else operation.name


def _fitting(kinds: list[model.ObjectKind], values: Values) -> model.ObjectKind | None:
    """The first kind whose conditions are met."""
    for kind in kinds:
        if (not kind.when or _any(kind.when, values)) and not _any(kind.unless, values):
            return kind
    return None


def _any(wanted: Mapping[str, frozenset[str]], values: Values) -> bool:
    """Whether a value, or one of the flags in it, is one of those wanted."""
    for path, words in wanted.items():
        value = values.get(path)
        if value is not None and ("*" in words or not words.isdisjoint(value.split("|"))):
            return True
    return False


def _part(kind: model.ObjectKind, template: Template, values: Values) -> str:
    """What a dump is limited to by one of the parts; "" for no limit."""
    word = fill(template, values)
    if word in _ZEROS:
        return ""
    for path in template.paths:
        if word in kind.whole.get(path, ()):
            return ""
    return word


def fill(template: Template, values: Values) -> str:
    """A template of `x-objects` with the words of an object."""
    text, _ = _steps(template, values, 0, len(template.steps))
    return " ".join(text.split())


def _steps(template: Template, values: Values, start: int, end: int) -> tuple[str, bool]:
    """The text of some steps, and whether all places in them had something."""
    out, whole, step = "", True, start
    while step < end:
        what, about = int(template.steps[step]), int(template.steps[step + 1])
        step += STEP
        if what == TEXT:
            out += template.texts[about].decode()
        elif what == SPACE:
            out += " "
        elif what == PLACEHOLDER:
            word = _place(template, about, values)
            whole = whole and word is not None
            out += word or ""
        elif what in (OPEN, EACH):
            inner, filled = _steps(template, values, step, about)
            out += inner if filled else ""
            step = about
    return out, whole


def _place(template: Template, number: int, values: Values) -> str | None:
    """What stands in a pair of braces; None where nothing of it is there."""
    place = template.placeholders[number]
    while True:
        path = template.paths[int(place.at)]
        word = values.get(path)
        empty = word is None or (place.skip_zero and word in _ZEROS)
        if place.test == MISSES:
            if empty:
                return ""
        elif not empty:
            return word
        if place.other is None:
            return None
        place = place.other
