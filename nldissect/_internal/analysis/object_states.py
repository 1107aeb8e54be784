"""Which objects the kernel tells of: what each is known by, and its last state.

Objects are the links, addresses, routes, neighbours, rules, qdiscs, classes, filters and next
hops of RTM_NEW and RTM_DEL messages. What makes one the same (`identity`):
- link: name (and family, where it is not AF_UNSPEC);
- address: interface, address with prefix length;
- route: family, destination, table, metric, TOS, of IPv6 link-local and multicast ones also the
  interface; those that were looked up (RTM_F_CLONED) are no objects;
- neighbour: interface, address, of bridge entries also the VLAN;
- rule: family, priority;
- qdisc: interface, parent; class: interface, handle;
- filter: interface or block, parent, preference and protocol, handle;
- next hop: id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..engine.message import Message
from ..pairing import codes
from ..pairing.transaction import Link
from ..session.driver import MessageSink
from ..wire import framing
from ..wire.integers import u32
from .flattener import Flat, Flattener

Key = tuple[str, ...]

_RTM_F_CLONED: Final = 0x200


def identity(message: Message, flat: Flat) -> Key | None:
    """Kind and key of the object that an RTM_NEW or RTM_DEL message tells of; None for none."""
    kind = message.type >> 2
    name = KINDS.get(kind)
    if name is None or message.protocol != framing.NETLINK_ROUTE or message.type & 3 > 1:
        return None
    if name == "route" and _looked_up(message):
        return None
    return (name, *_KEYS[kind](dict(flat)))


def _looked_up(message: Message) -> bool:
    """Whether a route answers the question for one, and is none of the table."""
    at = message.base + 24  # rtm_flags (linux/rtnetlink.h, struct rtmsg)
    return at + 4 <= message.limit and u32(message.data, at, message.big) & _RTM_F_CLONED != 0


def _link(of: dict[str, str]) -> Key:
    family = of.get("ifi-family", "")
    name = of.get("ifname") or of.get("ifi-index", "")
    return (name,) if family == "unspec" else (name, family)


def _address(of: dict[str, str]) -> Key:
    address = of.get("local") or of.get("address", "")
    return f"{address}/{of.get('ifa-prefixlen')}", "dev " + of.get("ifa-index", "")


def _route(of: dict[str, str]) -> Key:
    family = of.get("rtm-family", "")
    length = of.get("rtm-dst-len", "0")
    dst = of.get("dst")
    prefix = "default" if dst is None and length == "0" else f"{dst}/{length}"
    out = [prefix, family, "table " + (of.get("table") or of.get("rtm-table", ""))]
    out.append("metric " + of.get("priority", "0"))
    if of.get("rtm-tos", "0") not in ("0", "0x0"):
        out.append("tos " + of["rtm-tos"])
    if "src" in of:
        out.append(f"from {of['src']}/{of.get('rtm-src-len')}")
    if family == "inet6" and dst is not None and (dst.startswith(("fe8", "ff"))):
        out.append("dev " + of.get("oif", ""))  # each interface has its own
    return tuple(out)


def _neighbour(of: dict[str, str]) -> Key:
    bridged = of.get("ndm-family", "") == "bridge"
    words = [of.get("lladdr" if bridged else "dst", ""), "dev " + of.get("ndm-ifindex", "")]
    if bridged:
        words += [f"{w} {of[w]}" for w in ("vlan", "dst", "vni", "src-vni") if w in of]
        words.append("bridge")
    if "proxy" in of.get("ndm-flags", "").split("|"):
        words.append("proxy")
    return tuple(words)


def _rule(of: dict[str, str]) -> Key:
    return of.get("priority", "0"), of.get("family", "")


def _qdisc(of: dict[str, str]) -> Key:
    return _tc_device(of), "parent " + of.get("tcm-parent", "")


def _class(of: dict[str, str]) -> Key:
    return _tc_device(of), of.get("tcm-handle", "")


def _filter(of: dict[str, str]) -> Key:
    dev, parent = _tc_device(of), of.get("tcm-parent", "")  # of a shared block its number
    words = [parent] if dev == "dev block" else [dev, "parent " + parent]
    words += [of.get("tcm-info", ""), f"chain {of.get('chain', '0')}"]
    return (*words, "handle " + of.get("tcm-handle", ""))


def _tc_device(of: dict[str, str]) -> str:
    return "dev " + of.get("tcm-ifindex", "")


def _next_hop(of: dict[str, str]) -> Key:
    return (of.get("id", ""),)


# By message type / 4 (linux/rtnetlink.h)
KINDS: Final[dict[int, str]] = {
    4: "link", 5: "address", 6: "route", 7: "neighbour", 8: "rule", 9: "qdisc", 10: "class",
    11: "filter", 26: "nexthop",
}  # fmt: skip
_KEYS: Final[dict[int, Callable[[dict[str, str]], Key]]] = {
    4: _link, 5: _address, 6: _route, 7: _neighbour, 8: _rule, 9: _qdisc, 10: _class,
    11: _filter, 26: _next_hop,
}  # fmt: skip


class ObjectStates(MessageSink):
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
        key = identity(message, flat)
        if key is None:
            return True
        if kind == 4:
            self._renamed(message, key)
        if message.type & 1:
            self._gone(key, flat)
            return True
        found = link.transaction
        if found is not None and link.role_code == codes.ROLE_ANSWER and found.is_dump:
            key = self._numbered(key, found.id)
        self.states[key] = (flat, message.number)
        return True

    def _numbered(self, key: Key, dump: int) -> Key:
        """The key of the next object that a dump shows under one; the first lets go of others."""
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
