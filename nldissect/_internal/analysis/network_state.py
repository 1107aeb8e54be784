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
_UP: Final = "up"
_LINKS, _NAME_ONLY = 4, 1 << 8  # RTM_NEWLINK / 4, linux/rtnetlink.h
# Attributes of links that tell of the message, not of the link.
_OF_THE_MESSAGE: Final = frozenset(("ifi-change", "event"))
# What a request for a dump may say without being one for a part only.
_HARMLESS: Final = frozenset(("ext-mask", "trailing"))
# Words of a key that a dump of all families leaves out: bridges' views, what is answered for.
_APART: Final = frozenset(("bridge", "proxy"))


@dataclass(frozen=True)
class ToldObject:
    """An object as it was told last: its flat form, and the message that told it.

    `seen` is the number of the last message that showed it, `doubt` why it may have changed
    since without being told, in words ("" for no reason to think so).
    """

    flat: Flat
    message: Message
    seen: int
    doubt: str = ""


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

    `objects` by key, `complete` by kind (and family, of rules of nftables the table, "" for all)
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
        self.objects: dict[Key, ToldObject] = {}
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
            self._end(key, message, link)
            return
        if key[0] == "link":
            self._renamed(key, flat, message, link)
        transaction = link.transaction
        if link.role_code == codes.ROLE_ANSWER and transaction is not None and transaction.is_dump:
            key = self._numbered(key, transaction.id)
        before = self.objects.get(key)
        if before is not None and _asked_for_names(transaction):
            self.objects[key] = replace(before, seen=message.number)
            return
        self._put(key, ToldObject(flat, message, message.number), message, link)
        if key[0] == "link" and _UP not in dict(flat).get("ifi-flags", "").split("|"):
            self._doubt_routes(key[1], message.number)

    def _put(self, key: Key, after: ToldObject | None, message: Message, link: Link) -> None:
        before = self.objects.get(key)
        if after is None:
            self.objects.pop(key, None)
        else:
            self.objects[key] = after
        if before is not None or after is not None:
            self.steps.append(Step(key, before, after, message, link))

    def _numbered(self, key: Key, dump: int) -> Key:
        """The key of the next object that a dump shows under one: those appended are numbered."""
        if self._dump_of != dump:
            self._dump, self._dump_of = {}, dump
        times = self._dump[key] = self._dump.get(key, 0) + 1
        return key if times == 1 else (*key, f"#{times}")

    def _end(self, key: Key, message: Message, link: Link) -> None:
        """An object is gone, and what was on it."""
        self._put(key, None, message, link)
        if key[0] == "link" and len(key) == 2:
            for other, told in list(self.objects.items()):
                if _device(other, told.flat) == key[1]:
                    self._put(other, None, message, link)
        if key[0] in ("nft-table", "nft-chain"):
            inside = key[1:]
            for other in list(self.objects):
                if other[0] in _IN_TABLES and other != key and other[1 : len(key)] == inside:
                    self._put(other, None, message, link)

    def _renamed(self, key: Key, flat: Flat, message: Message, link: Link) -> None:
        """An interface that has another name now has not the old one any more."""
        for other, told in list(self.objects.items()):
            same = other[0] == "link" and other[2:] == key[2:] and other != key
            if same and message.big == told.message.big and _index(told.message) == _index(message):
                self._put(other, None, message, link)

    def _doubt_routes(self, device: str, number: int) -> None:
        """IPv4 routes of an interface that is down are gone, or not: the kernel does not say."""
        for key, told in self.objects.items():
            flat = dict(told.flat)
            if key[0] == "route" and flat.get("oif") == device and flat.get("rtm-family") == "inet":
                self.objects[key] = replace(told, doubt=f"{device} is down since #{number}")

    def _lose(self, number: int) -> None:
        """Messages were lost: nothing is known to be complete or as it was."""
        self.lost = number
        self.complete.clear()
        for key, told in self.objects.items():
            self.objects[key] = replace(told, doubt=f"messages were lost before #{number}")

    # -- dumps --------------------------------------------------------------------

    def _dumped(self, dump: Transaction, message: Message, link: Link) -> None:
        """A dump is over: of what it should have told all else is gone."""
        request = dump.request
        if request is None or dump.interrupted or dump.error or message.error:
            return
        scope = _scope(request, self._flatten)
        if scope is None:
            return
        kind, family, table = scope
        start = request.number
        for key, told in list(self.objects.items()):
            if key[0] != kind or told.seen > start:
                continue
            if not family and not _APART.isdisjoint(key[1:]):
                continue
            within = (
                not table or f"table {table}" in key or (kind == "nft-rule" and key[2] == table)
            )
            if within and (not family or family in key):
                self._put(key, None, message, link)
        if kind != "route" or not table:
            self.complete[kind, table or family] = message.number


def _device(key: Key, flat: Flat) -> str | None:
    """The interface that an object is on, and ends with; None for none, and for several."""
    path = _DEVICE.get(key[0])
    if path is None:
        return None
    devices = {value for name, value in flat if name == path or name.endswith("rtnh-ifindex")}
    return devices.pop() if len(devices) == 1 else None


def _asked_for_names(dump: Transaction | None) -> bool:
    """Whether what was asked for is only the names of interfaces (RTEXT_FILTER_NAME_ONLY)."""
    request = None if dump is None else dump.request
    if request is None or request.protocol != framing.NETLINK_ROUTE or request.type >> 2 != _LINKS:
        return False
    found = request.get("ext-mask")
    return isinstance(found, int) and bool(found & _NAME_ONLY)


def _index(message: Message) -> bytes:
    """The interface's index in a message about a link."""
    start = message.base + 20  # ifi_index (linux/rtnetlink.h, struct ifinfomsg)
    return message.data[start : start + 4]


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


def _scope(request: Message, flatten: Flattener) -> tuple[str, str, str] | None:
    """Kind, family and table ("": all) of what a dump that was asked for tells all of.

    None where the request asks for a part that cannot be told from here.
    """
    if request.protocol == framing.NETLINK_GENERIC:
        return (
            ("family", "", "")
            if request.family == "nlctrl" and not request.get("family-id")
            else None
        )
    if request.protocol == framing.NETLINK_NETFILTER:
        name = "" if request.operation is None else request.operation.name
        kind = name[3:]
        asked = [node.name for node in request.nodes if node.field.number >= 0]
        if name[:3] != "get" or kind not in _NFTABLES:
            return None
        if kind == "rule" and asked == ["table"]:  # nft asks for those of each table
            return "nft-rule", "", str(request.get("table"))
        return (f"nft-{kind}", "", "") if not asked else None
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
