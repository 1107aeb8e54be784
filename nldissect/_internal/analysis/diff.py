"""Two captures compared by meaning: by transactions in order, or by the objects they show.

Messages become flat pairs of attribute path and value in words, without what
differs from one run to the next: time, sequence and port numbers, message
numbers and lengths, padding. An interface index is its name, or where the
capture does not tell it, `interface #n` by order of appearance; a generic
family id is its name. Counters, ages and timers are left out unless asked for.

Transactions: a request with its outcome and its answers; a notification (its
copies folded) and answers without their request stand for themselves. Equal
requests are aligned (difflib); between those, requests of the same operation
that have at least half of their attributes alike are one that changed. Parts of
a dump are compared by what they tell of, whatever their order.

Objects: what the kernel says last of each link, address, route, neighbour,
rule, qdisc, class, filter and next hop, by NEW and DEL messages; see
`object_key` for what makes one the same. Routes that were looked up
(RTM_F_CLONED) are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from typing import Any, Final, NamedTuple, final

from mypy_extensions import i64

from ..engine import labels
from ..engine.lookup import hook_node, label_of, value_at
from ..engine.message import Message
from ..engine.node import Node
from ..engine.summary import operation_name, summarize, text_of
from ..engine.walk import BY_HOOK, DEPTH_AT, DEPTH_MASK, FIELD_MASK, MARKS_AT, UNKNOWN, Engine
from ..pairing import codes
from ..pairing.transaction import Link, Transaction
from ..session.driver import MessageSink
from ..spec import model
from ..wire import framing, linux
from ..wire.integers import u32
from ..wire.text import safe

ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"

Flat = tuple[tuple[str, str], ...]
Key = tuple[str, ...]

# C constants of what counts, ages or runs down, in any protocol.
_VOLATILE: Final = re.compile(
    r"_(X?STATS(64|2)?|ICMP6STATS|CACHEINFO|TM|TIMERS?|CARRIER_(CHANGES|UP_COUNT|DOWN_COUNT)"
    r"|PROBES|EXPIRES|RATE64)$|^IFLA_STATS_|^CTA_(COUNTERS|TIMEOUT$|TIMESTAMP)|^NFTA_COUNTER_"
    r"|^TCA_RATE$"
)
_RTM_F_CLONED: Final = 0x200
_MAX_GRID: Final = 40_000  # pairs tried in one block of differences
_MAX_SHARED: Final = 200_000  # leaves
_ALIKE: Final = 0.5


class Change(NamedTuple):
    """One attribute that differs: its path, and both values (None where it is not there)."""

    path: str
    old: str | None
    new: str | None


class Difference(NamedTuple):
    """One transaction or object that differs.

    `kind` is added, removed or changed; `title` says which. `changes` has the
    attributes that differ, of what was added or removed all. `old` and `new`
    are the message numbers in A and B, 0 where it is not there.
    """

    kind: str
    title: str
    changes: list[Change]
    old: int = 0
    new: int = 0


# -- messages as flat pairs --------------------------------------------------------


def volatile(node: Node) -> bool:
    """Whether a node counts, ages or runs down, so that it differs from run to run."""
    return _counts(node.field.constant)


@cache
def _counts(constant: str | None) -> bool:
    return constant is not None and _VOLATILE.search(constant) is not None


@final
class _Path:
    """A path from the top of messages: what messages have in common is there once.

    `below` has longer paths by the next name, `leaves` the pairs of this path by value.
    In the message that was counted last as `flat` it came `times` times.
    """

    __slots__ = ("below", "flat", "leaves", "text", "times")

    def __init__(self, text: str) -> None:
        self.text = text
        self.below: dict[str, _Path] = {}
        self.leaves: dict[str, tuple[str, str]] = {}
        self.flat = self.times = 0

    def then(self, name: str) -> _Path:
        """The path with one more name."""
        found = self.below.get(name)
        if found is None:
            found = self.below[name] = _Path(f"{self.text}.{name}" if self.text else name)
        return found


class Flattener:
    """Makes the messages of one capture comparable; `counters` keeps what is volatile."""

    def __init__(self, counters: bool = False) -> None:
        self.counters = counters
        self._unnamed: dict[int, str] = {}
        self._top = _Path("")
        self._shared = 0  # leaves that are kept there
        self._flats = 0  # messages so far

    def __call__(self, message: Message) -> Flat:
        """Path and value of every leaf, in order; a path that comes again has [2], [3]...

        The message is on its context's tape then.
        """
        engine = message.context.engine
        message.walk_onto(engine)
        if self._shared > _MAX_SHARED:
            self._top, self._shared = _Path(""), 0
        self._flats += 1
        tape, size = engine.tape, engine.size
        out: list[tuple[str, str]] = []
        around: list[_Path] = []  # the paths of the nodes that a node lies in
        left: i64 = -1  # the depth of the node that is left out, with all in it
        place: i64 = 0
        while place < size:
            depth = tape[place] >> DEPTH_AT & DEPTH_MASK
            place += 2
            if left >= 0 and depth > left:
                continue
            left = -1
            del around[int(depth) :]
            filled = place < size and tape[place] >> DEPTH_AT & DEPTH_MASK > depth
            path = self._leaf(message, engine, place - 2, filled, around, out)
            if path is None:
                left = depth
            else:
                around.append(path)
        return tuple(out)

    def _leaf(
        self,
        message: Message,
        engine: Engine,
        place: i64,
        filled: bool,
        around: list[_Path],
        out: list[tuple[str, str]],
    ) -> _Path | None:
        """Takes in a node; returns its path, None where it is left out with all that it holds."""
        name, constant, number = engine.called(place)
        field = _field(engine, place)
        kind = field.kind
        if not around and filled and number < 0 and kind in (model.STRUCT, model.HEADER):
            return self._top  # members of a fixed header go by their own names
        if kind in (model.PAD, model.MESSAGE):  # the echoed request has been seen
            return None
        if not self.counters and _counts(constant):
            return None
        above = around[-1] if around else self._top
        path = above.then(name)
        if path.flat == self._flats:
            path.times += 1
            path = above.then(f"{name}[{path.times}]")
        else:
            path.flat = self._flats
            path.times = 1
        # tcm-info counts references there
        if not filled and (
            path.text != "tcm-info" or self.counters or message.type >> 2 not in (9, 10)
        ):
            value = value_at(engine, place, message)
            label = label_of(engine, place, value, message, False, None)
            word = self._words(field, value, label, len(around) > 0)
            leaf = path.leaves.get(word)
            if leaf is None:
                leaf = path.leaves[word] = path.text, word
                self._shared += 1
            out.append(leaf)
        return path

    def value(self, node: Node) -> str:
        """A leaf's value in words; the same thing has the same words in every capture."""
        return self._words(node.field, node.value, node.words(False), bool(node.parent))

    def _words(self, field: model.Field, value: object, label: str | None, within: bool) -> str:
        if field.hint == "ifindex" and isinstance(value, int) and value:
            if label is not None:
                return label
            return self._unnamed.setdefault(value, f"interface #{len(self._unnamed) + 1}")
        if within and field.constant == "CTRL_ATTR_MCAST_GRP_ID":
            return "(a number)"  # given out in order of registration, as family ids are
        if value is True:
            return "true"
        return text_of(value) if label is None else label


def _field(engine: Engine, place: i64) -> model.Field:
    """What an entry of the tape is by its spec; of an array's entry what all are."""
    first = engine.tape[place]
    marks = first >> MARKS_AT & 0xFF
    if marks & BY_HOOK:
        return hook_node(engine, place).field
    return engine.tables.fields[0 if marks & UNKNOWN else first & FIELD_MASK]


def compare(old: Flat, new: Flat, prefix: str = "") -> list[Change]:
    """The paths whose values differ, in the order of `new`, what is gone at its old place."""
    before, after = dict(old), dict(new)
    if before == after:
        return []
    out = []
    for path in _united([p for p, _ in old], [p for p, _ in new]):
        was, now = before.get(path), after.get(path)
        if was != now:
            out.append(Change(prefix + path, was, now))
    return out


def _united(old: list[str], new: list[str]) -> list[str]:
    """Both orders in one."""
    known = set(new)
    gone: dict[str, list[str]] = {}  # by the path that they stand behind
    last = ""
    for path in old:
        if path in known:
            last = path
        else:
            gone.setdefault(last, []).append(path)
    out = gone.get("", [])
    for path in new:
        out.append(path)
        out += gone.get(path, ())
    return out


def what(message: Message) -> str:
    """The operation with its generic family or protocol: `route newlink`, `nlctrl getfamily`."""
    who = linux.protocol_name(message.protocol)
    name = operation_name(message) if message.netlink else "data"
    if message.protocol == framing.NETLINK_GENERIC and message.type >= framing.NLMSG_MIN_TYPE:
        who = message.family or "unnamed family"
        name = name or f"command {message.command}"
    return f"{who} {name or f'type {message.type}'}"


# -- objects -------------------------------------------------------------------------

# Kinds by message type / 4 (linux/rtnetlink.h)
KINDS: Final[dict[int, str]] = {
    4: "link", 5: "address", 6: "route", 7: "neighbour", 8: "rule", 9: "qdisc", 10: "class",
    11: "filter", 26: "nexthop",
}  # fmt: skip


def object_key(message: Message, flat: Flat) -> Key | None:
    """What makes the object that an RTM_NEW or RTM_DEL message tells of the same; None for none.

    link: name (and family, where it is not AF_UNSPEC); address: interface,
    address with prefix length; route: family, destination, table, metric, TOS,
    of IPv6 link-local and multicast ones also the interface; neighbour:
    interface, address, of bridge entries also the VLAN; rule: family, priority;
    qdisc: interface, parent; class: interface, handle; filter: interface or
    block, parent, preference and protocol, handle; next hop: id.
    """
    kind = KINDS.get(message.type >> 2)
    if kind is None or message.protocol != framing.NETLINK_ROUTE or message.type & 3 > 1:
        return None
    of = dict(flat)
    get = of.get
    if kind == "link":
        family = get("ifi-family", "")
        name = get("ifname") or get("ifi-index", "")
        return (kind, name) if family == "unspec" else (kind, name, family)
    if kind == "address":
        address = get("local") or get("address", "")
        return kind, f"{address}/{get('ifa-prefixlen')}", "dev " + get("ifa-index", "")
    if kind == "route":
        return _route(message, get("rtm-family", ""), of)
    if kind == "neighbour":
        family = get("ndm-family", "")
        bridged = family == "bridge"
        words = [get("lladdr" if bridged else "dst", ""), "dev " + get("ndm-ifindex", "")]
        if bridged:
            words += [f"{w} {of[w]}" for w in ("vlan", "dst", "vni", "src-vni") if w in of]
            words.append("bridge")
        if "proxy" in get("ndm-flags", "").split("|"):
            words.append("proxy")
        return (kind, *words)
    if kind == "rule":
        return kind, get("priority", "0"), get("family", "")
    if kind == "nexthop":
        return kind, get("id", "")
    dev = "dev " + get("tcm-ifindex", "")
    if kind == "qdisc":
        return kind, dev, "parent " + get("tcm-parent", "")
    if kind == "class":
        return kind, dev, get("tcm-handle", "")
    parent = get("tcm-parent", "")  # of a shared block its number
    words = [parent] if dev == "dev block" else [dev, "parent " + parent]
    words += [get("tcm-info", ""), f"chain {get('chain', '0')}"]
    return (kind, *words, "handle " + get("tcm-handle", ""))


def _route(message: Message, family: str, of: dict[str, str]) -> Key | None:
    at = message.base + 24  # rtm_flags (linux/rtnetlink.h, struct rtmsg)
    if at + 4 <= message.limit and u32(message.data, at, message.big) & _RTM_F_CLONED:
        return None
    length = of.get("rtm-dst-len", "0")
    dst = of.get("dst")
    prefix = "default" if dst is None and length == "0" else f"{dst}/{length}"
    out = ["route", prefix, family, "table " + (of.get("table") or of.get("rtm-table", ""))]
    out.append("metric " + of.get("priority", "0"))
    if of.get("rtm-tos", "0") not in ("0", "0x0"):
        out.append("tos " + of["rtm-tos"])
    if "src" in of:
        out.append(f"from {of['src']}/{of.get('rtm-src-len')}")
    if family == "inet6" and dst is not None and (dst.startswith(("fe8", "ff"))):
        out.append("dev " + of.get("oif", ""))  # each interface has its own
    return tuple(out)


class Objects(MessageSink):
    """The last state of each object that the kernel tells of, with the message's number.

    What one dump shows more than once under one key (as routes that were
    appended) has `#2`, `#3`... after it.
    """

    def __init__(self, counters: bool = False) -> None:
        self.flatten = Flattener(counters)
        self.states: dict[Key, tuple[Flat, int]] = {}
        self._links: dict[tuple[str, str], Key] = {}  # by index and family
        self._dump: tuple[int, dict[Key, int]] = (0, {})  # transaction, how often each came

    def take(self, message: Message, link: Link) -> bool:
        """Takes in the next message."""
        kind = message.type >> 2
        if link.role_code == codes.ROLE_REQUEST or message.protocol or kind not in KINDS:
            return True
        flat = self.flatten(message)
        key = object_key(message, flat)
        if key is None:
            return True
        if kind == 4:
            self._renamed(message, key)
        if message.type & 1:
            self._gone(key, flat)
            return True
        found = link.transaction
        if (
            link.role_code == codes.ROLE_ANSWER
            and found is not None
            and found.kind_code == codes.KIND_DUMP
        ):
            key = self._numbered(key, found.id)
        self.states[key] = (flat, message.number)
        return True

    def _numbered(self, key: Key, dump: int) -> Key:
        if self._dump[0] != dump:
            self._dump = (dump, {})
        times = self._dump[1].get(key, 0) + 1
        self._dump[1][key] = times
        if times > 1:
            return (*key, f"#{times}")
        for more in self._more(key):
            del self.states[more]
        return key

    def of(self, key: Key) -> list[Key]:
        """The keys of all objects that are the same by this key."""
        return [k for k in (key, *self._more(key)) if k in self.states]

    def _more(self, key: Key) -> list[Key]:
        out: list[Key] = []
        while (more := (*key, f"#{len(out) + 2}")) in self.states:
            out.append(more)
        return out

    def _gone(self, key: Key, flat: Flat) -> None:
        """Forgets an object; of several under one key that which looks like it, else the first."""
        several = self.of(key)
        if several:
            gone = next((k for k in several if self.states[k][0] == flat), several[0])
            del self.states[gone]

    def _renamed(self, message: Message, key: Key) -> None:
        """An interface that has another name now has not the old one any more."""
        at = message.base + 20  # ifi_index (linux/rtnetlink.h, struct ifinfomsg)
        index = "" if at + 4 > message.limit else str(u32(message.data, at, message.big))
        place = (index, key[2] if len(key) > 2 else "")
        before = self._links.get(place)
        if before is not None and before != key:
            self.states.pop(before, None)
        self._links[place] = key


def diff_objects(old: Objects, new: Objects) -> list[Difference]:
    """What B has more, less and otherwise than A, by kind and key."""
    out = []
    seen: set[Key] = set()
    for key in sorted({*old.states, *new.states}, key=_order):
        if key in seen:
            continue
        a, b = old.of(key), new.of(key)
        seen.update(a, b)
        for i, j in _counterparts([old.states[k][0] for k in a], [new.states[k][0] for k in b]):
            was, before = ((), 0) if i < 0 else old.states[a[i]]
            now, after = ((), 0) if j < 0 else new.states[b[j]]
            changes = compare(was, now)
            kind = ADDED if i < 0 else REMOVED if j < 0 else CHANGED
            if changes or kind != CHANGED:
                title = " ".join(a[i] if j < 0 else b[j])
                out.append(Difference(kind, title, changes, before, after))
    return out


_RANK: Final = {kind: i for i, kind in enumerate(KINDS.values())}


def _order(key: Key) -> tuple[int, list[tuple[int, str]]]:
    """By kind, then as people count: eth2 before eth10."""
    pieces = re.findall(r"\d+|\D+", " ".join(key[1:]))
    return _RANK[key[0]], [(int(p), "") if p.isdecimal() else (1 << 62, p) for p in pieces]


# -- transactions ----------------------------------------------------------------------


class Item:
    """A request with what came back, or a message that stands for itself."""

    __slots__ = ("answers", "flat", "number", "outcome", "title", "transaction", "what")

    def __init__(
        self, name: str, flat: Flat, message: Message, transaction: Transaction | None = None
    ) -> None:
        self.what = name
        self.title = f"{name} {summarize(message)}".rstrip()
        self.flat = flat
        self.number = message.number
        self.outcome = ""
        self.transaction = transaction
        self.answers: list[tuple[Key, Flat]] = []

    @property
    def key(self) -> tuple[str, Flat]:
        return self.what, self.flat


def _tells(path: str, value: str) -> bool:
    return path != "nlmsg_flags" and value not in ("", "0", "unspec", "0x0")


class Transactions(MessageSink):
    """What was asked in a capture, and what became of it, in order."""

    def __init__(self, counters: bool = False) -> None:
        self.flatten = Flattener(counters)
        self.items: list[Item] = []
        self._asked: dict[int, Item] = {}  # by message number
        self._orphans: dict[int, Item] = {}  # by transaction
        self.dumps = False  # whether any part of a dump of objects is there

    def take(self, message: Message, link: Link) -> bool:
        """Takes in the next message."""
        role, found = link.role_code, link.transaction
        if role == codes.ROLE_COPY:
            return True
        flat = self.flatten(message)
        name = what(message)
        if role == codes.ROLE_REQUEST:
            flags = "|".join(labels.flag_names(message))
            item = self._asked[message.number] = Item(
                name, (*flat, ("nlmsg_flags", flags)), message, found
            )
        elif role == codes.ROLE_ANSWER and found is not None:
            known = self._asked.get(link.of) or self._orphans.get(found.id)
            if known is not None:
                self._answer(known, message, name, flat)
                return True
            item = self._orphans[found.id] = Item(f"answers {name}", (), message, found)
            self._answer(item, message, name, flat)
        else:
            word = "message" if role == codes.ROLE_OTHER else link.role
            item = Item(f"{word} {name}", flat, message)
        self.items.append(item)
        return True

    def finish(self) -> None:
        """The capture is at its end: what became of each transaction is known."""
        for item in self.items:
            self._settle(item)

    def _answer(self, item: Item, message: Message, name: str, flat: Flat) -> None:
        error = message.error
        if message.type == framing.NLMSG_DONE and not error and len(flat) <= 1:
            return
        if message.type == framing.NLMSG_ERROR and not error and len(flat) <= 1:
            return
        key = object_key(message, flat)
        if key is not None:
            self.dumps = True
        item.answers.append((key if key is not None else (name,), flat))

    def _settle(self, item: Item) -> None:
        found = item.transaction
        item.transaction = None
        if found is None:
            return
        item.outcome = found.fate(item.number)
        error = (
            found.errors.get(item.number, 0) if found.kind_code == codes.KIND_BATCH else found.error
        )
        if error:
            item.outcome += " " + (linux.errno_name(-error) or str(-error))


def diff_transactions(old: Transactions, new: Transactions) -> list[Difference]:
    """What was asked or answered more, less and otherwise in B than in A, in order."""
    a, b = old.items, new.items
    start = 0
    while start < len(a) and start < len(b) and a[start].key == b[start].key:
        start += 1
    end = 0
    least = min(len(a), len(b)) - start
    while end < least and a[-1 - end].key == b[-1 - end].key:
        end += 1
    out: list[Difference] = []
    for i in range(start):
        _pair(a[i], b[i], out)
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    many = min(len(middle_a), len(middle_b)) > 500  # what is asked all the time is no landmark
    keys = [i.key for i in middle_a], [i.key for i in middle_b]
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, *keys, many).get_opcodes():
        if tag == "equal":
            for one, other in zip(middle_a[a0:a1], middle_b[b0:b1], strict=True):
                _pair(one, other, out)
        else:
            for was, now in _matched(middle_a[a0:a1], middle_b[b0:b1]):
                if was is not None and now is not None:
                    _pair(was, now, out)
                elif was is not None:
                    changes = [Change(p, v, None) for p, v in was.flat]
                    out.append(Difference(REMOVED, was.title, changes, was.number, 0))
                elif now is not None:
                    changes = [Change(p, None, v) for p, v in now.flat]
                    out.append(Difference(ADDED, now.title, changes, 0, now.number))
    for i in range(end, 0, -1):
        _pair(a[-i], b[-i], out)
    return out


def _pair(was: Item, now: Item, out: list[Difference]) -> None:
    changes = compare(was.flat, now.flat)
    if was.outcome != now.outcome:
        changes.append(Change("outcome", was.outcome, now.outcome))
    changes += _answers(was.answers, now.answers)
    if changes:
        out.append(Difference(CHANGED, now.title, changes, was.number, now.number))


def _answers(old: list[tuple[Key, Flat]], new: list[tuple[Key, Flat]]) -> list[Change]:
    """Differences of the answers, by what they tell of, then by order."""
    if old == new:
        return []
    out: list[Change] = []
    groups: dict[Key, tuple[list[Flat], list[Flat]]] = {}
    for side, answers in enumerate((old, new)):
        for key, flat in answers:
            groups.setdefault(key, ([], []))[side].append(flat)
    for key, (was, now) in groups.items():
        name = " ".join(key)
        several = len(was) > 1 or len(now) > 1
        for i, j in _counterparts(was, now):
            which = f"{name} #{(i if j < 0 else j) + 1}" if several else name
            if i < 0:
                out.append(Change(f"answer[{which}]", None, _brief(now[j])))
            elif j < 0:
                out.append(Change(f"answer[{which}]", _brief(was[i]), None))
            else:
                out += compare(was[i], now[j], f"answer[{which}].")
    return out


def _counterparts(old: list[Flat], new: list[Flat]) -> list[tuple[int, int]]:
    """Which of several things under one key is which, by place (-1: none).

    Equal ones first, then those most alike. The only one left on each side is one that changed.
    """
    places: dict[Flat, list[int]] = {}
    for j in range(len(new) - 1, -1, -1):
        places.setdefault(new[j], []).append(j)
    out: list[tuple[int, int]] = []
    before: list[int] = []
    for i, flat in enumerate(old):
        if places.get(flat):
            out.append((i, places[flat].pop()))
        else:
            before.append(i)
    after = sorted(j for left in places.values() for j in left)
    if len(before) * len(after) > _MAX_GRID or len(before) == len(after) == 1:
        matched = dict(zip(before, after, strict=False))
    else:
        matched = {}
        one, other = {i: set(old[i]) for i in before}, {j: set(new[j]) for j in after}
        likeness = [(_likeness(one[i], other[j]), -i, -j) for i in before for j in after]
        taken: set[int] = set()
        for part, i, j in sorted(likeness, reverse=True):
            if part >= _ALIKE and -i not in matched and -j not in taken:
                matched[-i] = -j
                taken.add(-j)
    found = set(matched.values())
    out += [(i, matched.get(i, -1)) for i in before]
    out += [(-1, j) for j in after if j not in found]
    return out


def _likeness(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> float:
    """Which part of the attributes is the same."""
    if not one and not other:
        return 1.0
    return len(one & other) / max(len(one), len(other))


def _brief(flat: Flat) -> str:
    words = [f"{p} {v}" for p, v in flat if _tells(p, v)]
    return ", ".join(words[:6]) + (", ..." if len(words) > 6 else "")


def _matched(a: list[Item], b: list[Item]) -> Iterator[tuple[Item | None, Item | None]]:
    """Pairs of what changed, and what has no counterpart, in order.

    The alignment of greatest likeness, where trying all is not too much; else
    in turn what has the same operation.
    """
    if not a or not b or len(a) * len(b) > _MAX_GRID:
        yield from _in_turn(a, b)
        return
    likeness = [[_alike(one, other) for other in b] for one in a]
    best = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            value = max(best[i + 1][j], best[i][j + 1])
            if likeness[i][j]:
                value = max(value, best[i + 1][j + 1] + likeness[i][j])
            best[i][j] = value
    i = j = 0
    while i < len(a) and j < len(b):
        if likeness[i][j] and best[i][j] == best[i + 1][j + 1] + likeness[i][j]:
            yield a[i], b[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield a[i], None
            i += 1
        else:
            yield None, b[j]
            j += 1
    for one in a[i:]:
        yield one, None
    for one in b[j:]:
        yield None, one


def _in_turn(a: list[Item], b: list[Item]) -> Iterator[tuple[Item | None, Item | None]]:
    keys = [i.what for i in a], [i.what for i in b]
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, *keys).get_opcodes():
        if tag == "equal":
            for one, other in zip(a[a0:a1], b[b0:b1], strict=True):
                if _alike(one, other):
                    yield one, other
                else:
                    yield one, None
                    yield None, other
        else:
            for one in a[a0:a1]:
                yield one, None
            for one in b[b0:b1]:
                yield None, one


def _alike(one: Item, other: Item) -> float:
    """Which part of the attributes is the same; 0 where it is too little to be one thing."""
    if one.what != other.what:
        return 0.0
    part = _likeness(set(one.flat), set(other.flat))
    return part if part >= _ALIKE else 0.0


# -- what is shown -----------------------------------------------------------------------

MARKS: Final = {ADDED: "+", REMOVED: "-", CHANGED: "~"}


def lines(found: Difference) -> list[str]:
    """A difference as text: its mark and title, then a line for each attribute."""
    out = [safe(f"{MARKS[found.kind]} {found.title}")]
    for change in found.changes:
        path = safe(change.path)
        if found.kind != CHANGED:
            value = change.new if change.old is None else change.old
            if value not in ("", "0", None):
                out.append(f"    {path} {safe(value)}")
        elif change.old is None:
            out.append(f"    + {path} {safe(change.new or '')}".rstrip())
        elif change.new is None:
            out.append(f"    - {path} {safe(change.old)}".rstrip())
        else:
            out.append(f"    {path}: {safe(change.old)} -> {safe(change.new)}")
    return out


def document(found: Difference) -> dict[str, Any]:
    """A difference as JSON-ready data; docs/stats-and-diff.md describes it."""
    return {
        "kind": found.kind,
        "title": found.title,
        "a": found.old or None,
        "b": found.new or None,
        "changes": [{"path": c.path, "a": c.old, "b": c.new} for c in found.changes],
    }
