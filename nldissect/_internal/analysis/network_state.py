"""What a capture implies of a host at a moment: the objects that there are, and how far that goes.

Dumps and notifications tell of an object, deletions end it; so does a dump that should have it and
has not, and the end of the interface that it is on. What was told before messages were lost may
have changed since. Of rtnetlink these are the objects of `object_states`; generic families go by
their id, what nftables has by family, table, chain and handle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ..engine.message import Message
from ..pairing import codes
from ..pairing.transaction import Link, Transaction
from ..session.driver import MessageSink
from ..wire import framing
from .flattener import Change, Flat, Flattener, compare
from .object_register import ObjectRegister, Scope, ToldObject
from .object_states import KINDS, Key, identity

# The attribute by which an object is on an interface, for what ends with that.
_DEVICE: Final = {
    "address": "ifa-index", "route": "oif", "neighbour": "ndm-ifindex", "qdisc": "tcm-ifindex",
    "class": "tcm-ifindex", "filter": "tcm-ifindex",
}  # fmt: skip
# What names an object of nftables beside its family, by the operation's name without its verb.
_NFTABLES: Final = {
    "table": ("name",), "chain": ("table", "name"), "set": ("table", "name"),
    "rule": ("table", "chain", "handle"), "obj": ("table", "name"), "flowtable": ("table", "name"),
}  # fmt: skip
_IN_TABLES: Final = tuple(f"nft-{kind}" for kind in _NFTABLES)
_INET_ROUTE: Final = (("rtm-family", "inet"),)
_LINKS, _NAME_ONLY = 4, 1 << 8  # RTM_NEWLINK / 4, linux/rtnetlink.h
# Attributes of links that tell of the message, not of the link.
_OF_THE_MESSAGE: Final = frozenset(("ifi-change", "event"))
# What a request for a dump may say without being one for a part only.
_HARMLESS: Final = frozenset(("ext-mask", "trailing"))


@dataclass(frozen=True)
class Step:
    """What one message did to an object: `before` and `after`, None where there is none.

    `request` is the number of the request that caused it, 0 where that is not known.
    """

    key: Key
    before: ToldObject | None
    after: ToldObject | None
    message: Message
    link: Link

    @property
    def changes(self) -> list[Change]:
        """The attributes that differ, where it was there before and after."""
        if self.before is None or self.after is None:
            return []
        found = compare(self.before.flat, self.after.flat)
        return [change for change in found if change.path not in _OF_THE_MESSAGE]


class NetworkState(MessageSink):
    """The objects of a capture up to message `last` (0: its end) and time `until` (None: its end).

    The time may be told as `after`, ns since the first message.

    `complete` by kind (and family, of rules of nftables the table, "" for all)
    the message at which a dump had told all of them, `lost` the last message before which others
    were lost (0: none), `number` and `time` those of the last message looked at.
    """

    def __init__(
        self,
        last: int = 0,
        until: int | None = None,
        after: int | None = None,
        counters: bool = False,
    ) -> None:
        self._register = ObjectRegister()
        self.complete: dict[tuple[str, str], int] = {}
        self.lost = 0
        self.number = 0
        self.time: int | None = None
        self.steps: list[Step] = []  # of the last message
        self._last = last
        self._until = until
        self._after = after
        self._flatten = Flattener(counters)
        self._dump: dict[Key, int] = {}  # how often each key came in the dump that goes on
        self._dump_of = 0
        self._copies: dict[Key, int] = {}  # how many there are under a key, if several
        self._links: dict[tuple[bytes, str], Key] = {}  # by index and family
        self._down: dict[str, int] = {}  # interfaces, and the message that said so

    def take(self, message: Message, link: Link) -> bool:
        """Takes in the next message; whether more are wanted."""
        self.steps = []
        record = message.record
        time = None if record is None else record.time
        if self._until is None and self._after is not None and time is not None:
            self._until = time + self._after
        if self._last and message.number > self._last:
            return False
        if self._until is not None and time is not None and time > self._until:
            return False
        self.number, self.time = message.number, time
        if message.type == framing.NLMSG_OVERRUN or (record is not None and record.lost):
            self._lose(message.number)
        if link.role_code == codes.ROLE_REQUEST:
            return True
        found = link.transaction
        if message.type == framing.NLMSG_DONE and found is not None and found.is_dump:
            self._dumped(found, message, link)
        elif message.type >= framing.NLMSG_MIN_TYPE:
            self._told(message, link)
        return True

    # -- objects ------------------------------------------------------------------

    def _told(self, message: Message, link: Link) -> None:
        """Takes in what a message of the kernel tells of an object."""
        if message.protocol == framing.NETLINK_ROUTE and message.type >> 2 in KINDS:
            flat = self._flatten(message)
            key, gone = identity(message, flat), bool(message.type & 1)
        else:
            found = _named(message)
            if found is None:
                return
            key, gone = found
            flat = self._flatten(message)
        if key is None:
            return
        message.forget()
        if gone:
            self._end(self._same(key, flat), message, link)
            return
        if key[0] == "link":
            self._of_link(key, flat, message, link)
        transaction = link.transaction
        if link.role_code == codes.ROLE_ANSWER and transaction is not None and transaction.is_dump:
            key = self._numbered(key, transaction.id)
        before = self.objects.get(key)
        if before is not None and _asked_for_names(transaction):
            self._register.put(key, replace(before, seen=message.number))
            return
        after = ToldObject(flat, message, message.number, _parents(key, flat), _scopes(key, flat))
        self.steps.append(Step(key, self._register.put(key, after), after, message, link))

    def _numbered(self, key: Key, dump: int) -> Key:
        """The key of the next object that a dump shows under one: those appended are numbered."""
        if self._dump_of != dump:
            self._dump, self._dump_of = {}, dump
        times = self._dump[key] = self._dump.get(key, 0) + 1
        if times == 1:
            return key
        self._copies[key] = times
        return (*key, f"#{times}")

    def _same(self, key: Key, flat: Flat) -> Key:
        """Which of several under one key is meant: the first if it looks so, else the last."""
        several, first = self._copies.get(key, 1), self.objects.get(key)
        if several == 1 or (first is not None and first.flat == flat):
            return key
        self._copies[key] = several - 1
        return (*key, f"#{several}")

    def _end(self, key: Key, message: Message, link: Link) -> None:
        """An object is gone, and what is inside of it."""
        ended = [key]
        while ended:
            one = ended.pop()
            before = self._register.remove(one)
            if before is not None:
                self.steps.append(Step(one, before, None, message, link))
            ended += self._register.inside(one)

    def _of_link(self, key: Key, flat: Flat, message: Message, link: Link) -> None:
        """An interface that has another name has not the old one any more; it may go down."""
        start = message.base + 20  # ifi_index (linux/rtnetlink.h, struct ifinfomsg)
        place = message.data[start : start + 4], key[2] if len(key) > 2 else ""
        old = self._links.get(place)
        if old is not None and old != key:
            before = self._register.remove(old)
            if before is not None:
                self.steps.append(Step(old, before, None, message, link))
        self._links[place] = key
        known = self.objects.get(key)
        if not _is_up(flat) and (known is None or _is_up(known.flat)):
            self._down[key[1]] = message.number

    # -- doubts --------------------------------------------------------------------

    @property
    def objects(self) -> dict[Key, ToldObject]:
        """What there is, by key."""
        return self._register.by_key

    def doubt(self, key: Key) -> str:
        """Why an object may not be as it was told, in words; "" where nothing says so."""
        told = self.objects[key]
        if told.seen < self.lost:
            return f"messages were lost before #{self.lost}"
        if key[0] == "route" and told.flat[:1] == _INET_ROUTE:
            # The kernel does not tell which routes an interface that goes down takes along.
            for parent in told.parents:
                if told.seen < self._down.get(parent[1], 0):
                    return f"{parent[1]} went down in #{self._down[parent[1]]}"
        return ""

    def _lose(self, number: int) -> None:
        """Messages were lost: nothing is known to be complete or as it was."""
        self.lost = number
        self.complete.clear()

    # -- dumps --------------------------------------------------------------------

    def _dumped(self, dump: Transaction, message: Message, link: Link) -> None:
        """A dump is over: of what it should have told all else is gone."""
        request = dump.request
        if request is None or dump.interrupted or dump.error or message.error:
            return
        scope = _scope(request, self._flatten)
        if scope is None:
            return
        for key in self._register.not_seen_since(request.number, scope):
            self._end(key, message, link)
        kind, family, table = scope
        if kind != "route" or not table:
            self.complete[kind, table or family] = message.number


def _is_up(flat: Flat) -> bool:
    return "up" in dict(flat).get("ifi-flags", "").split("|")


def _parents(key: Key, flat: Flat) -> tuple[Key, ...]:
    """What an object is inside of, and ends with: its interface, its table, its chain."""
    if key[0] in _IN_TABLES and key[0] != "nft-table":
        table = ("nft-table", *key[1:3])
        return (table, ("nft-chain", *key[1:4])) if key[0] == "nft-rule" else (table,)
    path = _DEVICE.get(key[0])
    if path is None:
        return ()
    devices = {value for name, value in flat if name == path or name.endswith("rtnh-ifindex")}
    # A route over several interfaces goes on without one of them.
    return (("link", devices.pop()),) if len(devices) == 1 else ()


def _scopes(key: Key, flat: Flat) -> tuple[Scope, ...]:
    """The dumps that tell of an object."""
    kind = key[0]
    if "proxy" in key[1:]:
        return ()
    if kind in _IN_TABLES:
        family, table = key[1], key[2] if kind == "nft-rule" else ""
    else:
        family = flat[0][1] if flat and flat[0][0].endswith("family") else ""
        words = [word for word in key if word.startswith("table ")] if kind == "route" else []
        table = words[0].removeprefix("table ") if words else ""
    families = {family} if "bridge" in key[1:] else {family, ""}
    return tuple((kind, one, other) for one in sorted(families) for other in sorted({table, ""}))


def _asked_for_names(dump: Transaction | None) -> bool:
    """Whether what was asked for is only the names of interfaces (RTEXT_FILTER_NAME_ONLY)."""
    request = None if dump is None else dump.request
    if request is None or request.protocol != framing.NETLINK_ROUTE or request.type >> 2 != _LINKS:
        return False
    found = request.get("ext-mask")
    return isinstance(found, int) and bool(found & _NAME_ONLY)


def _named(message: Message) -> tuple[Key, bool] | None:
    """Key of the generic family or object of nftables of a message, and whether it is gone."""
    operation = message.operation
    name = "" if operation is None or message.spec is None else operation.name
    if message.protocol == framing.NETLINK_GENERIC:
        if message.family != "nlctrl" or name not in ("newfamily", "delfamily", "getfamily"):
            return None
        number = message.get("family-id")
        return None if number is None else (("family", str(number)), name == "delfamily")
    if message.protocol != framing.NETLINK_NETFILTER or message.spec is None:
        return None
    if message.spec.name != "nftables" or name[:3] not in ("new", "get", "del"):
        return None
    kind = name[3:]
    names = _NFTABLES.get(kind)
    if names is None:
        return None
    family = message.find("nfgen-family")
    words = ["" if family is None else family.words(False) or str(family.value)]
    words += [str(message.get(one, "")) for one in names]
    return (f"nft-{kind}", *words), name.startswith("del")


def _scope(request: Message, flatten: Flattener) -> Scope | None:
    """What a dump that was asked for tells all of.

    None where the request asks for a part that cannot be told from here.
    """
    if request.protocol == framing.NETLINK_GENERIC:
        one = request.get("family-id") or request.get("family-name")
        return ("family", "", "") if request.family == "nlctrl" and not one else None
    if request.protocol == framing.NETLINK_NETFILTER:
        return _scope_in_tables(request)
    kind = KINDS.get(request.type >> 2, "")
    if request.protocol != framing.NETLINK_ROUTE or not kind:
        return None
    family = table = ""
    for path, value in flatten(request):
        if path.endswith("family"):
            family = "" if value in ("unspec", "packet") else value
        elif path == "table" and kind == "route":
            table = value
        elif path not in _HARMLESS and value not in ("0", "unspec", "0x0", "", "universe"):
            return None
    return kind, family, table


def _scope_in_tables(request: Message) -> Scope | None:
    """The same of nftables, whose rules nft asks for table by table."""
    name = "" if request.operation is None else request.operation.name
    kind = name[3:]
    if name[:3] != "get" or kind not in _NFTABLES:
        return None
    node = request.find("nfgen-family")
    said = "" if node is None else node.words(False) or str(node.value)
    family = "" if said == "unspec" else said
    asked = [node.name for node in request.nodes if node.field.number >= 0]
    if kind == "rule" and asked == ["table"]:
        return "nft-rule", family, str(request.get("table"))
    return (f"nft-{kind}", family, "") if not asked else None
