"""Whether a message may hold what paths end at, told from its raw bytes: no message is made.

The plans are those of `paths`. Where these leave it to the tree, it may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from .. import spec as m
from .. import wire
from ..conversation import REFLECTED, RTM_GETNEIGH
from ..registry import Registry
from ..tree import MAX_DEPTH, Context, Message
from .paths import (
    ENTRIES,
    NEVER,
    SELECT,
    WALK,
    NeedsTree,
    Path,
    Plan,
    Start,
    Step,
    Way,
    leads,
    unspecified,
)

# Of bytes from `start` (an nlmsghdr) to `end`: byte order, netlink protocol, type, flags.
Holds = Callable[[bytes, int, int, bool, int, int, int], bool]
# Of a field that is a number: what is asked of it, None where that takes a node.
Wanted = Callable[[m.Field], Callable[[int], Any] | None]

_UNTOLD: Final = (wire.NETLINK_GENERIC, wire.NETLINK_AUDIT, *wire.FREE_FORM)
_MANY: Final = 12  # strings to look for cost more than a walk
_OF_CONTROL: Final = frozenset(("noop", "ack", "error", "done", "overrun"))


def typical(protocol: int, kind: int) -> Message:
    """A message of which no more is known than protocol and type."""
    message = Message(Context(), protocol, bytes(16), 0, 16, False)
    message.type = kind
    return message


def bound(registry: Registry, protocol: int, kind: int, asks: bool) -> Message:
    """A typical message of a raw protocol that knows its operation; a request or not."""
    message = typical(protocol, kind)
    message.to_kernel = asks
    message.spec = spec = registry.raw(protocol, kind)
    message.operation = None if spec is None else spec.operation(kind, asks)
    return message


def in_control(way: Way, registry: Registry, kind: int) -> bool:
    """Whether a path may lie in what a control message of this type holds beside an echo."""
    if way.specs is not None and way.specs != "netlink":
        return False
    if way.operations is not None:
        return not _OF_CONTROL.isdisjoint(way.operations)
    if not way.names or unspecified(way):
        return True
    control = registry.control()
    operation = None if control is None else control.replies.get(kind)
    return operation is not None and leads(operation, way)


def kinds_of(
    path: Path, plan: Plan, above: frozenset[Plan] = frozenset()
) -> tuple[bytes, ...] | None:
    """Strings, such as `vxlan`, of which one must be there, since only these select what leads on.

    None where it can be had without.
    """
    if plan in above or len(above) >= MAX_DEPTH:
        return None
    out: dict[bytes, None] = {}
    for step in plan.steps.values():
        sub = step.field.sub_message
        if not step.hit and step.how == WALK and step.below is not None:
            below = kinds_of(path, step.below, above | {plan})
            if below is None:
                return None
            out |= dict.fromkeys(below)
        elif not step.hit and step.how == SELECT and sub is not None and sub.default is None:
            for name in sub.formats:
                try:
                    leads_on = path.form(name.encode(), step) is not None
                except NeedsTree:
                    leads_on = True
                if leads_on:
                    out[name.encode()] = None
        else:
            return None
    return tuple(out) if len(out) <= _MANY else None


class Glance:
    """Looks for what one path ends at; with `wanted` only for such values."""

    __slots__ = (
        "_control", "_echoes", "_kinds", "_path", "_registry", "_starts", "_tests", "_wanted",
        "alike",
    )  # fmt: skip

    def __init__(self, path: Path, registry: Registry, wanted: Wanted | None = None) -> None:
        self._path = path
        self._registry = registry
        self._wanted = wanted
        self._tests: dict[m.Field, Callable[[int], Any] | None] = {}
        self._starts: dict[int, Start] = {}
        self._kinds: dict[int, tuple[bytes, ...] | None] = {}  # see `kinds_of`
        self._control: dict[int, bool] = {}  # whether control messages may, by type
        way = path.way
        # Whether an echoed request may have it.
        self._echoes = way.specs is None and way.operations is None and not way.control
        # Whether it is in an error just when it is in the request that this echoes.
        self.alike = self._echoes and not in_control(way, registry, wire.NLMSG_ERROR)

    def __call__(
        self, data: bytes, start: int, end: int, big: bool, protocol: int, kind: int, flags: int
    ) -> bool:
        """See `Holds`."""
        if kind < wire.NLMSG_MIN_TYPE:
            return self._in_control(data, start, end, big, protocol, kind, flags)
        if protocol in _UNTOLD:
            return True
        asks = flags & wire.NLM_F_REQUEST
        if self._in_message(data, start, end, big, protocol, kind, asks):
            return True
        # What looks like a request may come from the kernel.
        if not asks or protocol != wire.NETLINK_ROUTE:
            return False
        return (kind >> 2 in REFLECTED or kind == RTM_GETNEIGH) and self._in_message(
            data, start, end, big, protocol, kind, 0
        )

    def _in_message(
        self, data: bytes, start: int, end: int, big: bool, protocol: int, kind: int, asks: int
    ) -> bool:
        key = protocol << 17 | kind << 1 | asks
        try:
            found = self._starts[key]
        except KeyError:
            message = bound(self._registry, protocol, kind, bool(asks))
            found = self._starts[key] = self._path.start(message)
            self._kinds[key] = None if found.plan is None else kinds_of(self._path, found.plan)
        if found is NEVER:
            return False
        plan = found.plan
        if found.tree or found.members or plan is None:
            return True
        kinds = self._kinds[key]
        if kinds is not None:
            for one in kinds:
                if data.find(one, start, end) >= 0:
                    break
            else:
                return False
        return self._walk(data, start + found.skip, end, big, plan, 1)

    def _walk(self, data: bytes, pos: int, end: int, big: bool, plan: Plan, depth: int) -> bool:
        """Whether the attributes from `pos` to `end` may lead to it."""
        if depth > MAX_DEPTH:
            return True
        unpack = wire.ATTR[big]
        get = plan.steps.get
        begin = pos
        while end - pos >= 4:
            length, number = unpack(data, pos)
            if length < 4 or length > end - pos:
                return True
            step = get(number & wire.NLA_TYPE_MASK)
            if step is not None:
                if step.hit:
                    if self._fits(data, pos, pos + length, big, step):
                        return True
                    pos += (length + 3) & ~3
                    continue
                below: Plan | None = step.below
                if step.how == SELECT:
                    try:
                        below = self._path.selected(data, big, begin, end, step)
                    except NeedsTree:
                        return True
                    if below is not None and self._walk(
                        data, pos + 4, pos + length, big, below, depth + 1
                    ):
                        return True
                elif step.how == WALK and below is not None:
                    if self._walk(data, pos + 4, pos + length, big, below, depth + 1):
                        return True
                elif step.how == ENTRIES and below is not None:
                    if self._entries(data, pos + 4, pos + length, big, below, depth):
                        return True
                else:
                    return True
            pos += (length + 3) & ~3
        return pos < end

    def _fits(self, data: bytes, pos: int, end: int, big: bool, step: Step) -> bool:
        """Whether an attribute that the path ends at may have a value that is wanted."""
        field = step.field
        if self._wanted is None or step.how >= 0:
            return True
        try:
            test = self._tests[field]
        except KeyError:
            test = self._tests[field] = None if field.hook is not None else self._wanted(field)
        # A wrong size or NLA_F_NET_BYTEORDER is left to the tree.
        if (
            test is None
            or end - pos - 4 != (m.SIZES[field.kind] or -1)
            or data[pos + (2 if big else 3)] & 0x40
        ):
            return True
        order: Literal["big", "little"] = "big" if (big if field.big is None else field.big) else (
            "little")  # fmt: skip
        return bool(test(int.from_bytes(data[pos + 4 : end], order, signed=field.signed)))

    def _entries(
        self, data: bytes, pos: int, end: int, big: bool, plan: Plan, depth: int
    ) -> bool:
        unpack = wire.ATTR[big]
        while end - pos >= 4:
            length = unpack(data, pos)[0]
            if length < 4 or length > end - pos:
                return True
            if self._walk(data, pos + 4, pos + length, big, plan, depth + 2):
                return True
            pos += (length + 3) & ~3
        return pos < end

    # -- control messages -----------------------------------------------------------

    def _in_control(
        self, data: bytes, start: int, end: int, big: bool, protocol: int, kind: int, flags: int
    ) -> bool:
        own = self._control.get(kind)
        if own is None:
            own = self._control[kind] = in_control(self._path.way, self._registry, kind)
        if own:
            return True
        echo = start + 20  # after the error number
        if kind != wire.NLMSG_ERROR or not self._echoes or end - echo <= 16:
            return False
        if flags & wire.NLM_F_CAPPED or self._path.whole:
            return True
        length, about, asked, _, _ = wire.HEADER[big](data, echo)
        if length < 16 or length > end - echo or about < wire.NLMSG_MIN_TYPE:
            return True
        return self(data, echo, echo + length, big, protocol, about, asked | wire.NLM_F_REQUEST)
