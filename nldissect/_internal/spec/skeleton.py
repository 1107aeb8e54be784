"""A learnt family written as a spec that a person only has to name."""

from __future__ import annotations

from . import model
from .evidence import MAX_DEPTH
from .learnt import LearntFamily
from .policy import Policy
from .spec_text import comment, scalar

HEAD = """\
# {comment}: learnt from {source}.
# Give the attributes and commands their names; `# guess` marks what no policy
# said but all the messages seen fit. Then: nldissect dissectors check FILE
name: {family}
protocol: genetlink-legacy
version: {version}
doc: Learnt from a recording."""


def skeleton(
    family: LearntFamily, name: str, source: str, version: int = 1, groups: tuple[str, ...] = ()
) -> str:
    """The spec's YAML; `source` says where it was learnt, `groups` are multicast groups.

    Where requests and answers of one number differ, the operations are
    directional and the answers stand as events.
    """
    sets = _AttributeSets()
    policy = family.policy
    seen = family.by_command
    asked = sorted({*policy.do, *policy.dump, *(c for c, asks in seen if asks)})
    answered = sorted(c for c, asks in seen if not asks)
    to_kernel = {c: family.operation(c, True, c not in policy.do) for c in asked}
    to_user = {c: family.operation(c, False, False) for c in answered}
    sets.take([*to_kernel.values(), *to_user.values()])
    requests = {c: sets.of(operation) for c, operation in to_kernel.items()}
    answers = {c: sets.of(operation) for c, operation in to_user.items()}
    directional = any(answers[c] != requests.get(c, answers[c]) for c in answered)
    head = HEAD.format(
        comment=comment(name), family=scalar(name), source=comment(source), version=version
    )
    lines = [head, "", *sets.lines(), "", "operations:"]
    if directional:
        lines.append("  enum-model: directional")
    operations: list[str] = []
    for command in asked:
        operations += _request(command, requests[command], directional, policy)
    for command in answered:
        if directional or command not in requests:
            operations += _operation(f"answer-{command}", command, answers[command], False)
            operations.append("      event: {attributes: []}")
    lines += ["  list:", *operations] if operations else ["  list: []"]
    if any(groups):
        lines += ["", "mcast-groups:", "  list:", *_names(groups)]
    return "\n".join(lines) + "\n"


def _request(command: int, attributes: str, directional: bool, policy: Policy) -> list[str]:
    """An operation with the modes (do, dump) that the policy knows of it."""
    modes = [m for m, t in (("do", policy.do), ("dump", policy.dump)) if command in t] or ["do"]
    value = f"value: {command}" if directional else ""
    return [
        *_operation(f"command-{command}", command, attributes, directional),
        *(f"      {mode}: {{request: {{{value}}}}}" for mode in modes),
    ]


def _operation(name: str, value: int, attributes: str, directional: bool) -> list[str]:
    out = [f"    - name: {name}", "      doc: To be said.", f"      attribute-set: {attributes}"]
    return out if directional else [*out, f"      value: {value}"]


def _names(groups: tuple[str, ...]) -> list[str]:
    return [f"    - name: {scalar(group)}" for group in dict.fromkeys(groups) if group]


class _AttributeSets:
    """The attribute sets that operations have, by name, each written once.

    Guessed sets with the same members are one set, and so are those at one place of messages of
    several commands: a family has one numbering for all of them as a rule.
    """

    def __init__(self) -> None:
        self._sets: dict[str, list[str]] = {}
        self._unwritten: list[tuple[str, model.AttributeSet]] = []
        self._found: dict[str, model.AttributeSet] = {}  # all, by name as the spec has it
        self._same: dict[str, str] = {}  # a set that is part of another, and the other
        self._fields: dict[str, dict[int, model.Field]] = {}  # the merged sets' members

    def take(self, operations: list[model.Operation]) -> None:
        """Takes in the sets of all operations, and finds those that are the same."""
        for top in operations:
            if top.attributes is not None:
                self._take(top.attributes, {})
        # Deepest first, since what is in a set is the same where its nests are.
        for name in sorted(self._found, key=self._order):
            if not self._found[name].name.startswith("policy "):
                self._merge(name)

    def _order(self, name: str) -> tuple[int, int]:
        """Sets of nests before those that they are in, large ones before small ones."""
        found = self._found[name]
        return -found.name.count("."), -len(found.ensure())

    def _take(self, found: model.AttributeSet, around: dict[str, None]) -> None:
        name = _set_name(found)
        if name in self._found or name in around:
            return
        self._found[name] = found
        for field in found.ensure().values():
            if field.nested is not None and len(around) < MAX_DEPTH:
                self._take(field.nested, {**around, name: None})

    def _merge(self, name: str) -> None:
        """Makes a set part of another that it fits, or lets it stand for itself."""
        found = self._found[name]
        own, place = found.ensure(), found.name.partition(".")[2]
        for other, fields in self._fields.items():
            theirs = self._found[other].name.partition(".")[2]
            if bool(theirs) != bool(place) or not self._fits(own, fields, theirs == place):
                continue
            self._same[name] = other
            for number, field in own.items():
                if number not in fields or _says_less(fields[number], field):
                    fields[number] = field
            return
        self._fields[name] = dict(own)

    def _fits(
        self, own: dict[int, model.Field], fields: dict[int, model.Field], same_place: bool
    ) -> bool:
        """Whether two sets may be one: at the same place of messages where they share most members
        and contradict each other in none, elsewhere where all are the same.
        """
        shared = own.keys() & fields.keys()
        if not same_place:
            alike = len(own) > 1 and own.keys() == fields.keys()
            return alike and all(self._alike(own[n], fields[n], False) for n in shared)
        return len(shared) * 2 >= len(own) and all(
            self._alike(own[n], fields[n], True) for n in shared
        )

    def _alike(self, first: model.Field, second: model.Field, same_place: bool) -> bool:
        """Whether two fields may be one."""
        if same_place and (_says_less(first, second) or _says_less(second, first)):
            return True
        same = (first.kind, first.hint) == (second.kind, second.hint)
        if first.nested is None or second.nested is None:
            return same and first.nested is second.nested
        return same and self._name(first.nested) == self._name(second.nested)

    def _name(self, found: model.AttributeSet) -> str:
        """The name of the set that stands for this one."""
        name = _set_name(found)
        return self._same.get(name, name)

    def of(self, operation: model.Operation) -> str:
        """Takes in the attribute set of an operation; returns its name."""
        found = operation.attributes
        assert found is not None  # learnt operations always have one
        name = self._name(found)
        self._add(name, found)
        while self._unwritten:  # one after the other: thousands may lie in each other
            name_of, one = self._unwritten.pop()
            fields = self._fields.get(name_of, one.ensure())
            self._sets[name_of] += [
                f"      - {self._attribute(number, field)}"
                for number, field in sorted(fields.items())
            ]
        return name

    def lines(self) -> list[str]:
        """The top-level key with all sets."""
        if not self._sets:
            return ["attribute-sets: []"]
        out = ["attribute-sets:"]
        for name, attributes in self._sets.items():
            out += [f"  - name: {name}", f"    name-prefix: {name}-a-"]
            out += ["    attributes:", *attributes] if attributes else ["    attributes: []"]
        return out

    def _add(self, name: str, found: model.AttributeSet) -> None:
        if name not in self._sets:
            self._sets[name] = []
            self._unwritten.append((name, found))

    def _attribute(self, number: int, field: model.Field) -> str:
        """One attribute as a YAML mapping on a line, with a comment where it is a guess."""
        parts = [f"name: attr-{number}", f"value: {number}"]
        kind = field.kind
        if kind in (model.NEST, model.INDEXED) and field.nested is not None:
            nested = self._name(field.nested)
            self._add(nested, field.nested)
            parts.append(f"type: {'nest' if kind == model.NEST else 'indexed-array'}")
            if kind == model.INDEXED:
                parts.append("sub-type: nest")
            parts.append(f"nested-attributes: {nested}")
        else:
            word = model.KIND_NAMES[kind] if kind not in (model.NEST, model.INDEXED) else "binary"
            parts.append(f"type: {word}")
        if field.hint:
            parts.append(f"display-hint: {field.hint}")
        if field.multi and field.guess:
            parts.append("multi-attr: true")
        checks = _checks(field)
        if checks:
            parts.append(f"checks: {{{', '.join(checks)}}}")
        note = "  # guess" if field.guess else ""
        if kind in (model.NEST, model.INDEXED) and field.nested is None:
            note = "  # a nest, of which nothing was seen"
        return f"{{{', '.join(parts)}}}{note}"


def _set_name(found: model.AttributeSet) -> str:
    """The name of a learnt set as a spec has it."""
    return found.name.replace(" ", "-").replace(".", "-")


def _says_less(first: model.Field, second: model.Field) -> bool:
    """Whether all that is known of a field is that it has bytes, where another says what it is."""
    if not first.guess or first.hint or not second.guess:
        return False
    return first.kind == model.BINARY and (second.kind, second.hint) != (model.BINARY, "")


def _checks(field: model.Field) -> list[str]:
    """The limits that say more than the type does."""
    checks, out = field.checks, []
    if field.kind <= model.LAST_SCALAR and checks is not None:
        bits = 8 * (model.SIZES[field.kind] or 8)
        signed = model.SIGNED[field.kind]
        low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
        if checks.min is not None and checks.min > low:
            out.append(f"min: {checks.min}")
        if checks.max is not None and checks.max < high:
            out.append(f"max: {checks.max}")
    elif field.kind in (model.STRING, model.BINARY) and checks is not None:
        if checks.min_len:
            out.append(f"min-len: {checks.min_len}")
        if checks.max_len is not None and 0 < checks.max_len < 0xFFFF:
            out.append(f"max-len: {checks.max_len}")
        if field.unterminated:
            out.append("unterminated-ok: true")
    return out
