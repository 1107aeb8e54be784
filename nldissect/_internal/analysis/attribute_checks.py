"""The attributes of a request against what the kernel takes: its policy, else the spec.

Rules, for each attribute of a request:
- it is in the kernel's policy, where the capture has that of this very command; an error where
  parsing is strict, else a warning;
- its value and length are within the limits of the policy, else those of the spec;
- at the top it is one that the operation lists, and none that nothing reads;
- NLA_F_NESTED by the rule of lib/nlattr.c (NL_VALIDATE_NESTED): an error where the kernel is
  known to want it, else a note. Strict rtnetlink parsing is known of the first level only.
  Elsewhere the flag was never wanted, and all that lack it in one message are one note.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, final

from mypy_extensions import i64

from ..engine.faults import ERROR, NOTE, WARNING
from ..engine.frame import Diagnosis
from ..engine.lookup import hook_node
from ..engine.message import Message
from ..engine.walk import (
    BY_HOOK,
    DEPTH_AT,
    DEPTH_MASK,
    FIELD_MASK,
    INDEX_AT,
    INDEXED,
    IS_ATTRIBUTE,
    MARKS_AT,
    UNKNOWN,
    Engine,
)
from ..spec import model
from ..spec.tables import ATTRIBUTE, COLUMNS, GUESS, JUDGED, KIND, MARKS
from ..wire import framing
from ..wire.integers import u16
from .diagnosis_codes import diagnosis

# rtnetlink requests that go through nlmsg_parse (not its deprecated variants) in Linux 7.2:
# RTM_GETSTATS and SETSTATS, NEW/DEL/GETNEXTHOP, NEW/DELLINKPROP, NEW/DELVLAN, GETNEXTHOPBUCKET,
# NEW/DELTUNNEL. What lies deeper may be parsed liberally.
STRICT_ROUTE: Final = frozenset((94, 95, 104, 105, 106, 108, 109, 112, 113, 118, 120, 121))
# Generic families without any GENL_DONT_VALIDATE_STRICT in Linux 7.2.
STRICT_FAMILIES: Final = frozenset(
    ("ethtool", "handshake", "net-shaper", "netdev", "ovpn", "psp", "sunrpc", "wireguard")
)
# Single commands of families that are liberal otherwise: CTRL_CMD_GETPOLICY.
STRICT_COMMANDS: Final = frozenset((("nlctrl", 10),))

_PLAIN: Final = frozenset(
    (*range(model.LAST_SCALAR + 1), model.FLAG, model.STRING, model.BITFIELD32)
)
_PARTIAL: Final = ("truncated", "not-in-trace", "attr-len-over")


def parsed_strictly(message: Message) -> bool:
    """Whether the kernel is known to validate this request strictly (NL_VALIDATE_STRICT)."""
    if message.protocol == framing.NETLINK_ROUTE:
        return message.type in STRICT_ROUTE
    return message.protocol == framing.NETLINK_GENERIC and (
        message.family in STRICT_FAMILIES or (message.family, message.command) in STRICT_COMMANDS
    )


@final
class _Level:
    """How the attributes at one depth are judged.

    `judged`: against the policy's `rules`, else their spec. `between`: they are the entries
    of an array, what lies in them has the rules. `numbered`: their numbers are an index.
    """

    def __init__(
        self, judged: bool, rules: model.AttributeSet | None, between: bool, numbered: bool
    ) -> None:
        self.judged = judged
        self.rules = rules
        self.between = between
        self.numbered = numbered


@final
class AttributeChecks:
    """Judges a request's attributes, which the engine has on its tape; adds to `out`.

    `rules` is the kernel's policy, None where it is not known; `listed` the names of those that
    the operation lists, empty where it lists none.
    """

    def __init__(
        self,
        message: Message,
        engine: Engine,
        listed: Collection[str],
        rules: model.AttributeSet | None,
        out: list[Diagnosis],
    ) -> None:
        self._message = message
        self._engine = engine
        self._listed = listed
        self._rules = rules
        self._out = out
        self._strict = parsed_strictly(message)
        self._deep = message.protocol == framing.NETLINK_GENERIC
        # whose payload is not all there, which has been said
        self._partial = {int(f.place) for f in engine.findings if f.code in _PARTIAL}
        self._bare: i64 = -1  # the first nest without its flag
        self._more_bare: i64 = 0

    def run(self) -> None:
        """Goes through all of them."""
        tape, size = self._engine.tape, self._engine.size
        levels = [_Level(True, self._rules, False, False)]
        place: i64 = 0
        while place < size:
            depth = tape[place] >> DEPTH_AT & DEPTH_MASK
            del levels[int(depth) + 1 :]
            filled = place + 2 < size and tape[place + 2] >> DEPTH_AT & DEPTH_MASK > depth
            inner = self._entry(place, depth, filled, levels[depth])
            if filled:
                levels.append(inner)
            place += 2
        if self._bare >= 0:
            more = f", nor have {self._more_bare} more" if self._more_bare else ""
            name = _name(_field(self._engine, self._bare))
            text = f"{name} has no NLA_F_NESTED{more}; the kernel does not insist here"
            self._add(self._bare, "nest-flag-missing", text, NOTE)

    def _add(self, place: i64, code: str, text: str, severity: str = "") -> None:
        """Adds a diagnosis of the entry at a place."""
        where = self._engine.tape[place + 1]
        offset = where & 0xFFFFFFFF
        self._out.append(diagnosis(code, text, int(offset), int((where >> 32) - offset), severity))

    def _entry(self, place: i64, depth: i64, filled: bool, level: _Level) -> _Level:
        """Judges one entry of the tape; returns how what lies in it is judged."""
        kind, attribute, guess, judged = self._shape(place)
        inner = _Level(level.judged, None, False, kind in (model.INDEXED, model.TYPE_VALUE))
        if depth == 0 and attribute and kind != model.UNKNOWN:
            self._check_listed(place)
        if level.between:
            inner.judged = True
            inner.rules = level.rules
        elif not attribute:
            # what a hook made of an element has attributes again
            inner.judged = level.judged and kind not in (model.STRUCT, model.BINARY)
        elif level.judged and (level.rules is not None or judged):
            self._check_rules(place, level.rules, inner)
        if attribute and not guess:
            self._check_nest_flag(place, depth, kind, filled and not level.numbered)
        return inner

    def _shape(self, place: i64) -> tuple[i64, bool, bool, bool]:
        """The kind of an entry, whether it is an attribute, a guess, and has limits."""
        engine = self._engine
        first, rows = engine.tape[place], engine.tables.rows
        marks, row = first >> MARKS_AT & 0xFF, (first & FIELD_MASK) * COLUMNS
        if marks & BY_HOOK:
            field = hook_node(engine, place).field
            return field.kind, field.number >= 0, field.guess, True
        judging = rows[row + MARKS]
        attribute = judging & ATTRIBUTE != 0
        if marks & INDEXED:
            attribute = attribute and marks & IS_ATTRIBUTE != 0
        return rows[row + KIND], attribute, judging & GUESS != 0, judging & JUDGED != 0

    def _check_listed(self, place: i64) -> None:
        """Whether the operation lists an attribute."""
        if self._listed:
            field = _field(self._engine, place)
            if field.name not in self._listed:
                operation = self._message.operation
                assert operation is not None
                self._add(
                    place, "attr-unlisted", f"{_name(field)} is not listed for {operation.name}"
                )

    def _check_nest_flag(self, place: i64, depth: i64, kind: i64, nested: bool) -> None:
        """NLA_F_NESTED of an attribute; `nested`: something lies in it, not by number."""
        engine = self._engine
        severe = self._strict and (self._deep or depth == 0)
        flagged = self._flagged(place)
        if flagged and kind in _PLAIN:
            text = f"{_name(_field(engine, place))} is no nest"
            self._add(place, "nest-flag-unexpected", text, ERROR if severe else NOTE)
        elif nested and not flagged and _is_nest(engine, place, kind):
            if severe:
                text = f"{_name(_field(engine, place))} is a nest without NLA_F_NESTED"
                self._add(place, "nest-flag-missing", text)
            elif self._bare < 0:
                self._bare = place
            else:
                self._more_bare += 1

    def _flagged(self, place: i64) -> bool:
        """Whether an attribute has NLA_F_NESTED."""
        if not self._engine.tape[place] >> MARKS_AT & IS_ATTRIBUTE:
            return False
        message = self._message
        offset = self._engine.tape[place + 1] & 0xFFFFFFFF
        return u16(message.data, offset + 2, message.big) & framing.NLA_F_NESTED != 0

    def _check_rules(self, place: i64, rules: model.AttributeSet | None, inner: _Level) -> None:
        """One attribute against policy or spec; sets how what lies `inner` is judged."""
        field = own = _field(self._engine, place)
        if own.unused:
            self._add(place, "attr-unused", f"nothing reads {own.constant}")
        if rules is not None:
            known = rules.field(own.number)
            if known is None:
                text = f"the kernel's policy has no attribute {own.number} here"
                severity = ERROR if self._strict else WARNING
                self._add(place, "attr-not-in-policy", text, severity)
                inner.judged = False
                return
            field = known
            if not field.guess:
                inner.rules = field.nested
                inner.between = field.nested is not None and field.kind == model.INDEXED
        checks = field.checks
        if checks is not None and not field.guess and int(place) not in self._partial:
            self._check_limits(place, _name(own), field, checks)

    def _check_limits(
        self, place: i64, name: str, field: model.Field, checks: model.Checks
    ) -> None:
        """One attribute against its limits, as validate_nla does (lib/nlattr.c)."""
        big = self._message.big
        where = self._engine.tape[place + 1]
        start = where & 0xFFFFFFFF
        if self._engine.tape[place] >> MARKS_AT & IS_ATTRIBUTE:
            start += 4
        payload = self._message.data[start : where >> 32]
        value, mask = _number(payload, field, big), checks.flags_mask
        if value is not None:
            low, high = checks.min, checks.max
            if (low is not None and value < low) or (high is not None and value > high):
                text = f"{name} is {value}; accepted: {_range(low, high)}"
                self._add(place, "value-range", text)
            if mask is not None and value & ~mask:
                text = f"{name} is {value:#x}; no bits but {mask:#x} are accepted"
                self._add(place, "value-mask", text)
        elif field.kind == model.BITFIELD32 and len(payload) == 8 and mask is not None:
            bits, selector = (int.from_bytes(payload[i : i + 4], _order(big)) for i in (0, 4))
            if (bits | selector) & ~mask or bits & ~selector:
                text = f"{name} is {bits:#x} of {selector:#x}; no bits but {mask:#x} are accepted"
                self._add(place, "value-mask", text)
        self._check_length(place, name, field, checks, payload)

    def _check_length(
        self, place: i64, name: str, field: model.Field, checks: model.Checks, payload: bytes
    ) -> None:
        """The length of a payload against its limits."""
        size = len(payload)
        exact, least, most = checks.exact_len, checks.min_len, checks.max_len
        accepted = ""
        if exact is not None and size != exact:
            accepted = f"{exact}"
        elif least is not None and size < least:
            accepted = f"{least} or more"
        elif most is not None:
            if field.kind == model.STRING and payload.endswith(b"\0"):
                size -= 1  # what is limited is the text
            if size > most:
                accepted = f"at most {most}"
        if accepted:
            self._add(place, "length-range", f"{name} has {size} bytes; accepted: {accepted}")


def _name(field: model.Field) -> str:
    return field.constant or field.name


def _field(engine: Engine, place: i64) -> model.Field:
    """The definition of the entry at a place."""
    first = engine.tape[place]
    marks, row, index = first >> MARKS_AT & 0xFF, first & FIELD_MASK, int(first >> INDEX_AT)
    if marks & BY_HOOK:
        return hook_node(engine, place).field
    if marks & UNKNOWN:
        return engine.tables.fields[row].numbered(index)
    field = engine.tables.fields[row]
    if not marks & INDEXED:
        return field
    entry = model.Field(str(index), None, index if marks & IS_ATTRIBUTE else -1, field.kind)
    entry.nested = field.nested
    return entry


def _is_nest(engine: Engine, place: i64, kind: i64) -> bool:
    """Whether attributes are all that an attribute, which is not empty, holds."""
    if kind not in (model.NEST, model.INDEXED, model.TYPE_VALUE, model.SUB_MESSAGE):
        return False
    tape, rows = engine.tape, engine.tables.rows
    depth = (tape[place] >> DEPTH_AT & DEPTH_MASK) + 1
    inside = place + 2
    while inside < engine.size:
        first = tape[inside]
        level = first >> DEPTH_AT & DEPTH_MASK
        if level < depth:
            break
        marks = first >> MARKS_AT & 0xFF
        if level == depth and not marks & UNKNOWN:
            if marks & BY_HOOK:
                attribute = hook_node(engine, inside).field.number >= 0
            elif marks & INDEXED:
                attribute = marks & IS_ATTRIBUTE != 0
            else:
                attribute = rows[(first & FIELD_MASK) * COLUMNS + MARKS] & ATTRIBUTE != 0
            if not attribute:
                return False
        inside += 2
    return True


def _range(low: int | None, high: int | None) -> str:
    """What lies between two limits, one of which may be missing, in words."""
    if low is None:
        return f"up to {high}"
    return f"from {low}" if high is None else f"{low} to {high}"


def _number(payload: bytes, field: model.Field, big: bool) -> int | None:
    """An attribute's payload as the number that `field` says it is."""
    size = len(payload)
    if field.kind > model.LAST_SCALAR or (
        size != field.width and (field.width or size not in (4, 8))
    ):
        return None
    order = _order(big if field.big is None else field.big)
    return int.from_bytes(payload, order, signed=field.signed)


def _order(big: bool) -> Literal["big", "little"]:
    return "big" if big else "little"
