"""What a request is about in a few words, for the lines of its acknowledgement and its error.

They are the operation and the first words of the request's summary, as far as these name an object;
what repeats the operation is left out. So they never say what the request does not, as the keys
of `x-objects` do, which have a value for everything that may be left out.
"""

from __future__ import annotations

from typing import Final

from ..engine.labels import type_words
from ..engine.message import Message
from ..engine.summary import operation_name, summarize
from ..wire import framing

WORDS: Final = 12  # of a summary that are looked at

# Words that need the next one to name an object
LEADING: Final = frozenset([
    "id", "dev", "index", "kind", "handle", "parent", "group", "table", "pref", "group-id",
    "src", "dst", "wdev", "zone", "port", "in_port", "token", "radio", "wpan_phy", "nsid", "vid",
    "vni", "prefix", "from", "flush", "block", "unreachable", "blackhole", "prohibit", "throw",
    "local", "broadcast", "multicast", "anycast",
])  # fmt: skip
# The same, but for rtnetlink, where interfaces may be called so
APART: Final = frozenset([
    "ifindex", "mesh-ifindex", "on", "queue", "minor", "pid", "tgid", "uid", "register",
    "deregister", "socket", "namespace", "network", "set", "add", "map", "accept", "default",
    "domain", "doi", "pass", "trans", "loc_match", "ptype", "proto", "tcp", "udp", "sctp", "FWM",
    "country", "mode", "timeout", "gracetime", "add_addr_accepted", "throughput", "family",
    "master",
])  # fmt: skip
# The same, behind what is named by one of these
INSIDE: Final = frozenset([
    "set", "add", "default", "domain", "doi", "identity", "address", "cpus", "on", "to", "syncid",
    "proto", "protocol", "spi", "dir", "sport", "dport", "global", "ingress", "egress", "chain",
    "fwmark", "queue", "calipso", "cipsov4",
])  # fmt: skip
# The same, behind whatever is named first
FURTHER: Final = frozenset([
    "parent", "root", "index", "dev", "via", "table", "vlan", "vid", "dst", "vni", "port", "grp",
    "rx", "tx", "sci", "sa", "nhid", "match", "target", "->",
])  # fmt: skip
CHAINED: Final = LEADING | APART | INSIDE | FURTHER
# Families of netfilter's tables, whose objects have names in names: `inet filter input`
TABLES: Final = frozenset(["ip", "ip6", "inet", "arp", "bridge", "netdev"])
NAMES: Final = 3

# Words that a summary may begin with and that name no object
ASIDE: Final = frozenset(["up", "down"])

# What a connection is told by
FLOW: Final = frozenset(["proto", "src", "dst", "sport", "dport"])


def subject(request: Message, said: str | None = None) -> str:
    """What was asked for: operation and object, as `newlink vxlan0` or `genltest echo`.

    `said` is the request's summary where it is at hand, WORDS of it at least.
    """
    operation = request.operation
    name = operation_name(request) or type_words(request)
    generic = request.protocol == framing.NETLINK_GENERIC and request.family is not None
    if generic:
        if operation is None or not operation.constant:
            name = f"command {request.command}"
        name = f"{request.family} {name}"
    if operation is None or not operation.constant or request.limit - request.base <= 16:
        return name
    words = (summarize(request) if said is None else said).split()[:WORDS]
    while words and (words[0] in ASIDE or (generic and _repeats(words, name))):
        del words[0]
    if words and words[0] == "dump":
        name = f"{name} dump"
        del words[0]
        if not generic and len(words) > 1 and words[0] == "family":
            name = f"{name} family {_bare(words[1])}"
            del words[:2]
    if not words or _names_none(words):
        return name  # what is said, not whom it is about
    return " ".join((name, *_object(words, request.protocol == framing.NETLINK_ROUTE)))


def _names_none(words: list[str]) -> bool:
    """Whether a summary begins with what is said of something, not with what that is."""
    return words[0] == "attr" or words[0][0] in '"(' or (len(words) > 1 and words[1][0] == '"')


def _repeats(words: list[str], name: str) -> bool:
    """Whether the first word is in the name of the operation already, or of its family.

    The only word may be the family that is asked about.
    """
    word = words[0].lower().replace("_", "-")
    said = name.lower() if len(words) > 1 else name.lower().partition(" ")[2]
    return word[0].isalpha() and word != "dev" and word in said


def _object(words: list[str], route: bool) -> list[str]:
    """Those of the words that name an object."""
    flow = _flow(words)
    if flow:
        return flow
    named = words[: _named(words, route)]
    while len(named) > 1 and named[-1] in CHAINED and len(words) == WORDS:
        del named[-1]  # what follows is not looked at
    told = [word if route and _is_handle(word) else _bare(word) for word in named[1:]]
    return [_bare(named[0]), *told]


def _flow(words: list[str]) -> list[str]:
    """The protocol and the ends of a connection, none for anything else."""
    seen: dict[str, str] = {}
    for word in words:
        key, equals, _ = word.partition("=")
        if equals and key in FLOW:
            if key in seen:
                break  # the way back
            seen[key] = word
    protocol = [words[0]] if words[0].isalpha() else []
    return [*protocol, *seen.values()] if seen else []


def _named(words: list[str], route: bool) -> int:
    """How many of the first words name an object."""
    size = len(words)
    if words[0] in TABLES and size > 1:
        count = 1
        while count < min(NAMES, size) and not words[count].startswith("{"):
            count += 1
        return count
    leading = words[0] in LEADING or (not route and words[0] in APART)
    if route and not leading and size > 1 and _is_handle(words[1]):
        return 2  # a qdisc that has no parent
    known = CHAINED if leading else FURTHER
    count = 0 if leading else 1
    while count < size and words[count] in known and not (route and words[count] == "proto"):
        while count < size and (words[count] in known or _is_gateway_family(words, count)):
            count += 1
        count += 1
    if 1 < count < size and _is_handle(words[count]):
        count += 1
    return min(count, size)


def _is_gateway_family(words: list[str], at: int) -> bool:
    """Whether it is the first word of a gateway of another address family: `via inet6 ...`."""
    return words[at - 1] == "via" and words[at] in ("inet", "inet6")


def _is_handle(word: str) -> bool:
    """Whether it is the handle of a qdisc or class: 1:10."""
    major, colon, minor = word.partition(":")
    return bool(major and colon) and not set(major + minor) - set("0123456789abcdef")


def _bare(word: str) -> str:
    """A word without the punctuation that follows it."""
    word = word.removesuffix(",")
    return word[:-1] if word.endswith(":") and not word.endswith("::") else word
