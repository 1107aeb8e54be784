"""What the kernel itself says of a generic family: the policies of CTRL_CMD_GETPOLICY.

A policy gives the types, nesting and limits of what requests may carry, by attribute number,
and which operation has which policy; it has no names.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import Final, Literal, final

from mypy_extensions import i64, mypyc_attr

from ..wire.framing import NLA_TYPE_MASK, attribute_spans
from . import model

# NL_ATTR_TYPE_ (linux/netlink.h) to kinds
POLICY_KINDS: Final[dict[int, int]] = {
    1: model.FLAG, 2: model.U8, 3: model.U16, 4: model.U32, 5: model.U64, 6: model.S8, 7: model.S16,
    8: model.S32, 9: model.S64, 10: model.BINARY, 11: model.STRING, 12: model.STRING,
    13: model.NEST, 14: model.INDEXED, 15: model.BITFIELD32, 16: model.SINT, 17: model.UINT,
}  # fmt: skip
ATTR_TYPE_STRING: Final = 11  # need not end in NUL
# NL_POLICY_TYPE_ATTR_
TYPE, MIN_S, MAX_S, MIN_U, MAX_U, MIN_LEN, MAX_LEN, IDX, MAXTYPE, BITS, _, MASK = range(1, 13)

# Of the attributes of nlctrl (linux/genetlink.h)
CTRL_ATTR_POLICY: Final = 8
CTRL_ATTR_OP_POLICY: Final = 9
CTRL_ATTR_POLICY_DO: Final = 1


@mypyc_attr(acyclic=True)
@final
class PolicyRule:
    """What the kernel's policy says of one attribute; `values` by NL_POLICY_TYPE_ATTR_ number."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: dict[int, int] = {}

    @property
    def kind(self) -> int:
        """The kind of `spec.model` that the attribute's NL_ATTR_TYPE_ stands for."""
        return POLICY_KINDS.get(self.values.get(TYPE, 0), model.BINARY)


@mypyc_attr(acyclic=True)
@final
class Policy:
    """The policies of one family: index to attribute number to rule, and who uses which.

    `do` and `dump` give the policy index of each command. Each dump of nlctrl counts its policies
    from 0, whatever it is limited to (CTRL_ATTR_OP); here each has numbers of its own. By port and
    sequence number, which programs repeat, `starts` has the serial of each dump's first message
    and the index of its first policy.
    """

    __slots__ = ("do", "dump", "dumps", "starts", "tables", "told")

    def __init__(self) -> None:
        self.tables: dict[int, dict[int, PolicyRule]] = {}
        self.do: dict[int, int] = {}
        self.dump: dict[int, int] = {}
        self.starts: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self.dumps = 0
        self.told = 0  # operations and attributes, counted whenever they were told

    def add(
        self, data: bytes, pos: int, end: int, big: bool, asked: tuple[int, int], serial: int
    ) -> None:
        """Takes in the attributes of one CTRL_CMD_GETPOLICY answer to what `asked`."""
        starts = self.starts.setdefault(asked, [])
        if not starts:
            self._begin(starts, serial)
        for kind, start, stop in _attributes(data, pos, end, big):
            if kind == CTRL_ATTR_OP_POLICY:
                if starts[-1][1] in self.tables:  # who uses which comes before the policies
                    self._begin(starts, serial)
                self._add_operations(data, start, stop, big, starts[-1][1])
            elif kind == CTRL_ATTR_POLICY:
                first = starts[-1][1]
                for index, at, to in _attributes(data, start, stop, big):
                    rules = self.tables.setdefault(first + index, {})
                    self._add_rules(rules, data, at, to, big, first)

    def _begin(self, starts: list[tuple[int, int]], serial: int) -> None:
        starts.append((serial, self.dumps * (NLA_TYPE_MASK + 1)))
        self.dumps += 1

    def first(self, asked: tuple[int, int], serial: int) -> int:
        """The index of what a message of this serial calls policy 0."""
        starts = self.starts.get(asked, [])
        place = bisect_right(starts, serial, key=itemgetter(0))
        return starts[place - 1][1] if place else 0

    def _add_operations(self, data: bytes, pos: int, end: int, big: bool, first: int) -> None:
        """CTRL_ATTR_OP_POLICY: by command, the policy index of `do` and of `dump`."""
        order: Literal["big", "little"] = "big" if big else "little"
        for command, start, stop in _attributes(data, pos, end, big):
            for mode, at, to in _attributes(data, start, stop, big):
                table = self.do if mode == CTRL_ATTR_POLICY_DO else self.dump
                table[command] = first + int.from_bytes(data[at:to], order)
                self.told += 1

    def _add_rules(
        self, rules: dict[int, PolicyRule], data: bytes, pos: int, end: int, big: bool, first: int
    ) -> None:
        """One policy of CTRL_ATTR_POLICY: by attribute, its NL_POLICY_TYPE_ATTR_ values."""
        order: Literal["big", "little"] = "big" if big else "little"
        for number, start, stop in _attributes(data, pos, end, big):
            rule = rules.setdefault(number, PolicyRule())
            self.told += 1
            for limit, at, to in _attributes(data, start, stop, big):
                signed = limit in (MIN_S, MAX_S)
                value = int.from_bytes(data[at:to], order, signed=signed)
                rule.values[limit] = first + value if limit == IDX else value

    def root(self, command: int, dump: bool) -> int | None:
        """The index of a command's policy; the commonest where the command has none."""
        first, second = (self.dump, self.do) if dump else (self.do, self.dump)
        found = first.get(command, second.get(command))
        if found is not None:
            return found
        used = [*self.do.values(), *self.dump.values()]
        if used:
            return max(sorted(set(used)), key=used.count)
        return min(self.tables, default=None)


def _attributes(data: bytes, pos: i64, end: i64, big: bool) -> list[tuple[int, int, int]]:
    """(number, payload start, payload end) of each; none at all if they do not chain."""
    found = attribute_spans(data, pos, end, big) or ()
    return [(kind & NLA_TYPE_MASK, start, stop) for kind, start, stop in found]


def differences(spec: model.Spec, policy: Policy) -> list[tuple[int, int, str]]:
    """Where a spec and the kernel's policy disagree: (policy index, attribute, words).

    Compares what each operation's requests may carry, nests included.
    """
    out: list[tuple[int, int, str]] = []
    seen: set[tuple[int, str]] = set()

    def compare(index: int, attributes: model.AttributeSet) -> None:
        """Adds what differs in a policy's attributes and, once a set, in those nested in them."""
        if (index, attributes.name) in seen:
            return
        seen.add((index, attributes.name))
        fields = attributes.ensure()
        for number, rule in sorted(policy.tables.get(index, {}).items()):
            field = fields.get(number)
            if field is None:
                out.append((index, number, f"{attributes.name} has no attribute {number}"))
                continue
            if field.request is not None:
                field = field.request
            if not _same_type(field, rule):
                name = model.KIND_NAMES[rule.kind]
                text = f"{field.name} is {model.KIND_NAMES[field.kind]} in the spec, {name} here"
                out.append((index, number, text))
            nested = rule.values.get(IDX)
            if nested is not None and field.nested is not None:
                compare(nested, field.nested)

    for table in (policy.do, policy.dump):
        for command, index in sorted(table.items()):
            operation = spec.requests.get(command)
            if operation is not None and operation.attributes is not None:
                compare(index, operation.attributes)
    return out


def _same_type(field: model.Field, rule: PolicyRule) -> bool:
    """Whether a spec's type is the policy's, or one that the policy cannot tell from it."""
    want, have = rule.kind, field.kind
    if want == have or have in (model.UNKNOWN, model.PAD):
        return True
    same = (
        {model.NEST, model.INDEXED, model.SUB_MESSAGE, model.TYPE_VALUE},
        {model.BINARY, model.STRUCT, model.ARRAY, model.STRING},
    )
    if any(want in group and have in group for group in same):
        return True
    if want == model.BINARY:  # a length says as much: NLA_POLICY_EXACT_LEN
        return have <= model.LAST_SCALAR and rule.values.get(MAX_LEN, 0) in (0, model.SIZES[have])
    return (
        want <= model.LAST_SCALAR
        and have <= model.LAST_SCALAR
        and (model.SIZES[want] == model.SIZES[have] or 0 in (model.SIZES[want], model.SIZES[have]))
    )
