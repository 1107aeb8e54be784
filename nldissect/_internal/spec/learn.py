"""What a capture itself teaches of a generic family that has no dissector.

Two sources, never mixed up:
- the kernel's own policy, from the answers to CTRL_CMD_GETPOLICY: types,
  nesting, limits and which operation has which policy; names are `attr 3`;
- evidence, gathered over all messages of the family: what fits every payload
  seen at one place is a guess, and its fields say so (`Field.guess`).
A policy speaks of requests only. In answers it stands where all payloads seen
agree with it; where they do not, the guess takes its place.

Guessing, in this order: a payload is a nest if it always says so or always
chains as attributes; a flag if always empty; a string if always printable and
ended by NUL; a number by its one length; an address where the bytes look like
nothing else; else bytes.
"""

from __future__ import annotations

from typing import Final, Literal, final

from mypy_extensions import i64, mypyc_attr

from ..wire import framing
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

CTRL_ATTR_FAMILY_ID: Final = 1
CTRL_ATTR_POLICY: Final = 8
CTRL_ATTR_OP_POLICY: Final = 9

NUMBERS: Final = {1: model.U8, 2: model.U16, 4: model.U32, 8: model.U64}
MAX_SAMPLES: Final = 4096  # messages of one family that are looked at
MAX_PLACES: Final = 4096  # attributes of one family, nested ones included
MAX_DEPTH: Final = 6


def attributes(data: bytes, pos: i64, end: i64, big: bool) -> list[tuple[int, int, int]] | None:
    """(type with flag bits, payload start, payload end) of each; None if they do not chain."""
    found = framing.Attributes(data, pos, end, big)
    out: list[tuple[int, int, int]] = []
    while found.next():
        out.append((int(found.type), int(found.start), int(found.stop)))
    return out if found.whole() else None


@mypyc_attr(acyclic=True)
@final
class Rule:
    """What the kernel's policy says of one attribute; `values` by NL_POLICY_TYPE_ATTR_ number."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: dict[int, int] = {}

    @property
    def kind(self) -> int:
        return POLICY_KINDS.get(self.values.get(TYPE, 0), model.BINARY)


@mypyc_attr(acyclic=True)
@final
class Policy:
    """The policies of one family: index to attribute number to rule, and who uses which.

    `do` and `dump` give the policy index of each command.
    """

    __slots__ = ("do", "dump", "tables")

    def __init__(self) -> None:
        self.tables: dict[int, dict[int, Rule]] = {}
        self.do: dict[int, int] = {}
        self.dump: dict[int, int] = {}

    def add(self, data: bytes, pos: int, end: int, big: bool) -> None:
        """Takes in the attributes of one CTRL_CMD_GETPOLICY answer."""
        order: Literal["big", "little"] = "big" if big else "little"
        for kind, start, stop in attributes(data, pos, end, big) or ():
            kind &= framing.NLA_TYPE_MASK
            if kind == CTRL_ATTR_OP_POLICY:
                for command, at, to in attributes(data, start, stop, big) or ():
                    for mode, value, value_end in attributes(data, at, to, big) or ():
                        index = int.from_bytes(data[value:value_end], order)
                        table = self.do if mode & framing.NLA_TYPE_MASK == 1 else self.dump
                        table[command & framing.NLA_TYPE_MASK] = index
            elif kind == CTRL_ATTR_POLICY:
                for index, at, to in attributes(data, start, stop, big) or ():
                    rules = self.tables.setdefault(index & framing.NLA_TYPE_MASK, {})
                    for number, inner, inner_end in attributes(data, at, to, big) or ():
                        rule = rules.setdefault(number & framing.NLA_TYPE_MASK, Rule())
                        for fact, value, value_end in attributes(data, inner, inner_end, big) or ():
                            fact &= framing.NLA_TYPE_MASK
                            rule.values[fact] = int.from_bytes(
                                data[value:value_end], order, signed=fact in (MIN_S, MAX_S)
                            )

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


@mypyc_attr(acyclic=True)
@final
class Evidence:
    """What the payloads seen at one place of a family's messages have in common."""

    __slots__ = ("addresses", "chains", "children", "count", "macs", "nested", "sizes", "strings")

    def __init__(self) -> None:
        self.count: i64 = 0
        self.nested: i64 = 0  # said so by NLA_F_NESTED
        self.chains: i64 = 0
        self.strings: i64 = 0
        self.addresses: i64 = 0
        self.macs: i64 = 0
        self.sizes: dict[int, int] = {}
        self.children: dict[int, Evidence] = {}

    def add(self, data: bytes, start: int, end: int, flags: int, big: bool, budget: Budget) -> None:
        size = end - start
        self.count += 1
        self.sizes[size] = self.sizes.get(size, 0) + 1
        says = flags & framing.NLA_F_NESTED != 0
        inside = attributes(data, start, end, big) if size >= 4 else None
        if says and (inside or not size):
            self.nested += 1
        if inside and (says or all(0 < k & framing.NLA_TYPE_MASK < 1024 for k, _, _ in inside)):
            self.chains += 1
            if budget.depth < MAX_DEPTH:
                budget.depth += 1
                self.add_all(data, inside, big, budget)
                budget.depth -= 1
        raw = data[start:end]
        if size and raw[-1] == 0 and _printable(raw[:-1]):
            self.strings += 1
        if _looks_like_address(raw, big):
            self.addresses += 1
        if size == 6 and (not raw[0] & 1 or raw == b"\xff" * 6):
            self.macs += 1

    def add_all(
        self, data: bytes, found: list[tuple[int, int, int]], big: bool, budget: Budget
    ) -> None:
        """Takes in attributes that lie inside this place."""
        for kind, start, end in found:
            number = kind & framing.NLA_TYPE_MASK
            child = self.children.get(number)
            if child is None:
                if budget.places >= MAX_PLACES:
                    continue
                budget.places += 1
                child = self.children[number] = Evidence()
            child.add(data, start, end, kind & ~framing.NLA_TYPE_MASK, big, budget)

    def guess(self) -> tuple[int, str]:
        """The kind that fits every payload seen, and a display hint."""
        sizes = {size for size in self.sizes if size}
        if self.nested and self.nested + self.sizes.get(0, 0) >= self.count:
            return model.NEST, ""
        if not sizes:
            return model.FLAG, ""
        filled = self.count - self.sizes.get(0, 0)
        if self.strings == filled and (len(sizes) > 1 or sizes.isdisjoint((1, 2, 4, 8))):
            return model.STRING, ""
        if self.chains == filled and max(sizes) >= 8:
            return model.NEST, ""
        if self.strings == filled and sizes != {1}:
            return model.STRING, ""
        if len(sizes) == 1:
            size = next(iter(sizes))
            if size in (4, 16) and self.addresses == filled:
                return model.BINARY, "ipv4" if size == 4 else "ipv6"
            if size == 6 and self.macs == filled:
                return model.BINARY, "mac"
            if size in NUMBERS:
                return NUMBERS[size], ""
        return model.BINARY, ""

    def agrees(self, kind: int) -> bool:
        """Whether every payload seen could be of this kind."""
        if kind < model.UINT:
            return set(self.sizes) <= {model.SIZES[kind]}
        if kind in (model.UINT, model.SINT):
            return set(self.sizes) <= {4, 8}
        if kind in (model.NEST, model.INDEXED):
            return self.chains + self.sizes.get(0, 0) == self.count or self.nested == self.count
        if kind == model.FLAG:
            return set(self.sizes) <= {0}
        if kind == model.BITFIELD32:
            return set(self.sizes) <= {8}
        return True


@mypyc_attr(acyclic=True)
@final
class Budget:
    """What gathering evidence of one family may still cost."""

    __slots__ = ("depth", "places", "samples")

    def __init__(self) -> None:
        self.depth = 0
        self.places = 0
        self.samples = 0


def _printable(raw: bytes) -> bool:
    try:
        return raw.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _looks_like_address(raw: bytes, big: bool) -> bool:
    """Whether 4 or 16 bytes are an address of a range that numbers do not fall in by chance."""
    if len(raw) == 16:
        return (
            raw[0] in (0x20, 0xFD, 0xFC, 0xFF)
            or raw[:2] == b"\xfe\x80"
            or (raw[:10] == bytes(10) and raw[10:12] == b"\xff\xff")
        )
    if len(raw) != 4 or (big and raw[0] == 0):
        return False
    a, b, _, d = raw
    private = a in (10, 127) or (a == 192 and b == 168) or (a == 172 and 16 <= b < 32)
    example = raw[:3] in (b"\xc0\x00\x02", b"\xc6\x33\x64", b"\xcb\x00\x71")
    return (private or example or (a == 169 and b == 254)) and d != 0


@mypyc_attr(acyclic=True)
@final
class Family:
    """All that a capture taught of one family: its policy, and evidence where there is none."""

    __slots__ = ("_built", "_seen", "_sets", "_state", "budget", "by_command", "differences",
                 "everywhere", "name", "policy")  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.policy = Policy()
        self.everywhere = Evidence()
        self.by_command: dict[tuple[int, bool], Evidence] = {}
        self.budget = Budget()
        self.differences: dict[tuple[int, int], str] | None = None  # to the dissector there is
        self._built: dict[tuple[int, bool, bool], model.Operation] = {}
        self._sets: dict[tuple[int, bool], model.AttributeSet] = {}
        self._state = (-1, -1, -1)
        self._seen: set[int] = set()  # the messages taken in, by their hash

    def observe(self, data: bytes, pos: i64, end: i64, big: bool, command: int, ask: bool) -> None:
        """Takes in one message's attributes (`pos` to `end`) as evidence."""
        if self.budget.samples >= MAX_SAMPLES:
            return
        if pos > end:  # the header is not even whole
            pos = end
        known = hash((data[pos:end], command, ask))
        if known in self._seen:  # the same again tells nothing more
            return
        found = attributes(data, pos, end, big)
        if found is None:
            return
        self._seen.add(known)
        self.budget.samples += 1
        self.everywhere.add_all(data, found, big, self.budget)
        own = self.by_command.get((command, ask))
        if own is None:
            own = self.by_command[command, ask] = Evidence()
        own.add_all(data, found, big, self.budget)

    def operation(self, command: int, ask: bool, dump: bool) -> model.Operation:
        """The operation of a command as far as it is known now."""
        state = (self.budget.samples, len(self.policy.tables), len(self.policy.do))
        if state != self._state:  # more was learnt since
            self._state = state
            self._built.clear()
            self._sets.clear()
        key = (command, ask, dump)
        found = self._built.get(key)
        if found is None:
            found = self._built[key] = self._operation(command, ask, dump)
        return found

    def _operation(self, command: int, ask: bool, dump: bool) -> model.Operation:
        out = model.Operation(f"command {command}", "")
        own = self.by_command.get((command, ask), Evidence())
        root = self.policy.root(command, dump)
        name = f"command {command}" if ask else f"answer {command}"
        if root is not None and root in self.policy.tables:
            out.attributes = self._mixed_set(name, root, own, ask, 0)
        else:
            out.attributes = self._guess_set(name, own, self.everywhere)
        return out

    def _policy_set(self, index: int) -> model.AttributeSet:
        """The attribute set of a policy, exactly as the kernel gave it."""
        aset = self._sets.get((index, True))
        if aset is None:
            aset = self._sets[index, True] = model.AttributeSet(f"policy {index}", self.name)
            for number, rule in self.policy.tables.get(index, {}).items():
                aset.add(self._policy_field(number, rule))
        return aset

    def _policy_field(self, number: int, rule: Rule) -> model.Field:
        kind, values = rule.kind, rule.values
        nested = values.get(IDX)
        if kind in (model.NEST, model.INDEXED) and nested not in self.policy.tables:
            kind = model.NEST if kind == model.NEST else model.BINARY
        field = model.Field(f"attr {number}", None, number, kind)
        field.path = f"{self.name}.{number}"
        field.multi = True  # a policy does not say
        field.unterminated = values.get(TYPE) == ATTR_TYPE_STRING
        if nested is not None and nested in self.policy.tables:
            field.nested = self._policy_set(nested)
            if kind == model.INDEXED:
                field.element = model.Field(field.name, None, -1, model.NEST)
                field.element.nested = field.nested
        checks = model.Checks()
        signed = kind <= model.LAST_SCALAR and model.SIGNED[kind]
        checks.min = values.get(MIN_S if signed else MIN_U)
        checks.max = values.get(MAX_S if signed else MAX_U)
        checks.min_len, checks.max_len = values.get(MIN_LEN), values.get(MAX_LEN)
        checks.flags_mask = values.get(MASK, values.get(BITS))
        field.checks = checks
        return field

    def _mixed_set(
        self, name: str, index: int, own: Evidence, ask: bool, depth: int
    ) -> model.AttributeSet:
        """A policy's attributes, with guesses for what it leaves open.

        Open are the insides of nests without a policy of their own and, in
        answers, what the policy does not have or what does not agree with it.
        """
        plain = self._policy_set(index)
        aset = model.AttributeSet(name, self.name)
        rules = self.policy.tables.get(index, {})
        pure = True
        for number in sorted({*rules, *own.children}):
            rule, seen = rules.get(number), own.children.get(number)
            if rule is None or not (ask or seen is None or seen.agrees(rule.kind)):
                if not ask and seen is not None:
                    aset.add(self._guess_field(name, number, seen, Evidence()))
                    pure = False
                continue
            field = self._policy_field(number, rule)
            if rule.kind == model.NEST and seen is not None and depth < MAX_DEPTH:
                nested = rule.values.get(IDX)
                inner = f"{name}.{number}"
                if nested in self.policy.tables:
                    field.nested = self._mixed_set(inner, nested, seen, ask, depth + 1)
                    pure = pure and field.nested is self._policy_set(nested)
                else:
                    field.nested = self._guess_set(inner, seen, Evidence())
                    pure = False
            aset.add(field)
        return plain if pure else aset

    def _guess_set(self, name: str, own: Evidence, everywhere: Evidence) -> model.AttributeSet:
        aset = model.AttributeSet(name, self.name)
        for number, seen in sorted(own.children.items()):
            wider = everywhere.children.get(number, seen)
            aset.add(self._guess_field(name, number, seen, wider))
        return aset

    def _guess_field(self, name: str, number: int, seen: Evidence, wider: Evidence) -> model.Field:
        """What fits all of the family's payloads of this number, else this command's."""
        kind, hint = wider.guess() if wider.count else (model.BINARY, "")
        if kind == model.BINARY and not hint:
            kind, hint = seen.guess()
        field = model.Field(f"attr {number}", None, number, kind)
        field.path = f"{self.name}.{number}"
        field.guess = True
        field.multi = True
        field.hint = hint
        field.unterminated = True
        if kind == model.NEST:
            field.nested = self._guess_set(f"{name}.{number}", seen, wider)
        return field


def differences(spec: model.Spec, policy: Policy) -> list[tuple[int, int, str]]:
    """Where a spec and the kernel's policy disagree: (policy index, attribute, words).

    Compares what each operation's requests may carry, nests included.
    """
    out: list[tuple[int, int, str]] = []
    seen: set[tuple[int, str]] = set()

    def compare(index: int, aset: model.AttributeSet) -> None:
        if (index, aset.name) in seen:
            return
        seen.add((index, aset.name))
        fields = aset.ensure()
        for number, rule in sorted(policy.tables.get(index, {}).items()):
            field = fields.get(number)
            if field is None:
                out.append((index, number, f"{aset.name} has no attribute {number}"))
                continue
            if field.request is not None:
                field = field.request
            if not _alike(field, rule):
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


def _alike(field: model.Field, rule: Rule) -> bool:
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
    if want in (model.BINARY,):  # a length says as much: NLA_POLICY_EXACT_LEN
        return have <= model.LAST_SCALAR and rule.values.get(MAX_LEN, 0) in (0, model.SIZES[have])
    return (
        want <= model.LAST_SCALAR
        and have <= model.LAST_SCALAR
        and (model.SIZES[want] == model.SIZES[have] or 0 in (model.SIZES[want], model.SIZES[have]))
    )
