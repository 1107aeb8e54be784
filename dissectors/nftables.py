"""What nft(8) keeps, and rules, sets and elements in one line as it lists them.

linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nldissect.dissectors._nft_attributes import Nest
from nldissect.dissectors._nft_constants import constant, element_data, element_key, listed, prefix
from nldissect.dissectors._nft_expressions import MOST, Expressions, set_of
from nldissect.dissectors._nft_packets import HEADERS
from nldissect.dissectors._nft_statements import limit_text, quota_text, synproxy_text
from nldissect.dissectors._nft_values import (
    FAMILIES,
    PROTOCOLS,
    STATES,
    STATUS,
    VERDICT_TYPE,
    bits_text,
    number_text,
    text_of,
    time_text,
    type_text,
)
from nldissect.dissectors._nft_xtables import extension_info
from nldissect.hooks import Lookup, Message, Node, Piece, Template

Get = Callable[[str], Any]


def version(node: Node) -> bool:
    """The nft that made a table: `1.1.7`, with a fourth number where there is one."""
    raw = node.bytes
    if len(raw) != 4:
        return False
    told = ".".join([str(byte) for byte in (raw if raw[3] else raw[:3])])
    node.set_value("hex", raw, told)
    return True


# enum expr_types (include/expression.h of nftables), up to where releases differ.
EXPRESSIONS = (
    "invalid", "verdict", "symbol", "variable", "value", "prefix", "range", "payload", "exthdr",
    "meta", "socket", "osf", "ct", "concat", "list", "set", "set-ref", "set-elem", "mapping", "map",
    "unary", "binop", "relational", "numgen", "hash", "rt",
)  # fmt: skip
BYTE_ORDERS = ("invalid", "host", "big")


def declared_by(value: int, message: Message, get: Get) -> str | None:
    """The kind of expression that a set was declared with."""
    return EXPRESSIONS[value] if value < len(EXPRESSIONS) else None


def byte_order(value: int, message: Message, get: Get) -> str | None:
    """In which a set's numbers are."""
    return BYTE_ORDERS[value] if value < len(BYTE_ORDERS) else None


def data_type(value: int, message: Message, get: Get) -> str | None:
    """The type of a set's keys or data."""
    return None if value == VERDICT_TYPE else type_text(value)


def ct_state(value: int, message: Message, get: Get) -> str:
    """A connection's state, a bit of each (NF_CT_STATE_BIT)."""
    return bits_text(value, STATES)


# -- lines -------------------------------------------------------------------------------------


def family_word(value: int) -> str:
    """A family as nft names it."""
    return FAMILIES.get(value, str(value))


# Where something is, what it is called and how the kernel knows it.
TABLE = Template("[{nfgen-family?:family}] [{name}] [handle {handle}]", family=family_word)
NAMED = Template(
    "[{nfgen-family?:family}] [{table}] [{name}] [handle {handle}]", family=family_word
)
RULE = Template(
    "[{nfgen-family?:family}] [{table}] [{chain}] [{!chain} chain-id {chain-id}] "
    "[handle {handle}]", family=family_word,
)  # fmt: skip
IN_SET = Template("[{nfgen-family?:family}] [{table}] [{set}]", family=family_word)
IN_CHAIN = Template("[{nfgen-family?:family}] [{table}] [{chain}]", family=family_word)
GENERATION = Template("[generation {id}] [by process {proc-pid} ({proc-name})]")


def place(seen: Lookup, where: Template) -> None:
    """Family, table and what is in it."""
    seen.fill(where)
    if seen.tracks:
        seen.has("nfgen-family")  # none is for any


def comment(seen: Lookup) -> str:
    """The comment in userdata."""
    found = seen.at("userdata")
    told = b"" if found is None else found.bytes
    at = 0
    while at + 2 <= len(told):
        size = told[at + 1]
        if told[at] == COMMENT_OF.get(seen.message.type, 0) and at + 2 + size <= len(told):
            return f"comment {text_of(told[at + 2 : at + 2 + size])}"
        at += 2 + size
    return ""


COMMENT_OF = dict.fromkeys((2569, 2571, 2589), 7)  # of sets; of all else it is 0


def clauses(found: list[str]) -> str:
    """`{ type filter; policy accept; }`, nothing for none."""
    return "{ " + "; ".join(found) + "; }" if found else ""


def line(words: list[str]) -> str:
    """Words as one line, not without end."""
    text = " ".join([text for text in words if text])
    return text if len(text) <= MOST else text[:MOST] + "…"


def rule(seen: Lookup) -> None:
    """`inet fruit in handle 5 tcp dport 22 counter accept`."""
    place(seen, RULE)
    out: list[str] = []
    if seen.message.to_kernel and seen.value("position"):
        out.append(f"position {seen.text('position')}")
    found = seen.at("expressions")
    if found is not None:
        out += listed(seen.message, *found.span).words
    out.append(comment(seen))
    seen.say(line(out))


def table(seen: Lookup) -> None:
    """`inet fruit handle 8`."""
    place(seen, TABLE)
    if seen.value("flags"):
        seen.say("flags " + seen.label("flags").replace("|", ","))
    seen.say(comment(seen))


PRIORITIES = (("raw", -300), ("mangle", -150), ("dstnat", -100), ("filter", 0), ("security", 50),
              ("srcnat", 100))  # fmt: skip
BRIDGE_PRIORITIES = (("dstnat", -300), ("filter", -200), ("out", 100), ("srcnat", 300))
HOOKS_OF = ("prerouting", "input", "forward", "output", "postrouting", "ingress")
ONLY_AT = {"dstnat": ("prerouting",), "srcnat": ("postrouting",), "out": ("output",)}


def priority(value: int, family: int, hook: str) -> str:
    """A priority near one that has a name: `filter + 10`."""
    named: tuple[tuple[str, int], ...] = PRIORITIES
    if family == 7:
        named = BRIDGE_PRIORITIES
    elif family in (3, 5):
        named = (("filter", 0),)
    for name, base in named:
        if abs(value - base) <= 10 and (name not in ONLY_AT or hook in ONLY_AT[name]):
            sign = "-" if value < base else "+"
            return name if value == base else f"{name} {sign} {abs(value - base)}"
    return str(value)


def hook_text(seen: Lookup, family: int) -> str:
    """`type filter hook input device eth0 priority filter`."""
    number_at = seen.value("hook.hooknum")
    if number_at is None:
        return ""
    if family == 5:
        hook = {0: "ingress", 1: "egress"}.get(number_at, str(number_at))
    elif family == 3:
        hook = {0: "input", 1: "output"}.get(number_at, str(number_at))
    else:
        hook = HOOKS_OF[number_at] if number_at < len(HOOKS_OF) else str(number_at)
    words = [f"type {seen.text('type')}" if seen.has("type") else "", f"hook {hook}"]
    names = devices(seen, "hook.devs") or [text_of(at.bytes) for at in [seen.at("hook.dev")] if at]
    if len(names) == 1:
        words.append(f"device {names[0]}")
    elif names:
        words.append("devices = { " + ", ".join(names) + " }")
    words.append("priority " + priority(seen.value("hook.priority") or 0, family, hook))
    return " ".join([text for text in words if text])


def devices(seen: Lookup, path: str) -> list[str]:
    """The names in a list of devices."""
    found = seen.at(path)
    if found is None:
        return []
    return [
        text_of(child.bytes)[:-1] + ('*"' if child.name == "prefix" else '"')
        for child in found.children
    ]


def chain(seen: Lookup) -> None:
    """`inet fruit in { type filter hook input priority filter; policy accept; }`."""
    place(seen, NAMED)
    found = [hook_text(seen, seen.value("nfgen-family") or 0)]
    if seen.has("policy"):
        found.append(f"policy {seen.text('policy')}")
    if seen.value("flags") and seen.value("flags") & 2:
        found.append("flags offload")
    found.append(comment(seen))
    seen.say(line([clauses([text for text in found if text])]))


SET_FLAGS = ((2, "constant"), (0x20, "dynamic"), (4, "interval"), (0x10, "timeout"))


def a_set(seen: Lookup) -> None:
    """`inet fruit ports { type inet_service; flags interval; }`, maps alike."""
    place(seen, NAMED)
    found = []
    flags = seen.value("flags") or 0
    key = seen.value("key-type")
    if key is not None:
        text = f"type {type_text(key) or 'any'}"
        if flags & 0x40:
            text += f" : {seen.text('obj-type')}"
        elif flags & 8:
            interval = "interval " if seen.value("userdata.data-interval") else ""
            text += f" : {interval}{type_text(seen.value('data-type') or 0) or 'any'}"
        found.append(text)
    lister = lister_of(seen)
    inside, single = seen.at("expressions"), seen.at("expr")
    if inside is not None:
        lister.run(nest_of(seen, inside))
    elif single is not None:
        lister.expression(nest_of(seen, single))
    found += [text.split(" packets ")[0] for text in lister.words]
    named = [name for bit, name in SET_FLAGS if flags & bit]
    if named:
        found.append("flags " + ",".join(named))
    for name, path in (("timeout", "timeout"), ("gc-interval", "gc-interval")):
        if seen.value(path):
            found.append(f"{name} {time_text(seen.value(path))}")
    if seen.value("desc.size"):
        found.append(f"size {seen.value('desc.size')}")
    found += ["auto-merge"] if seen.value("userdata.merge-elements") else []
    found.append(comment(seen))
    seen.say(line([clauses([text for text in found if text])]))


def elements(seen: Lookup) -> None:
    """`inet fruit ports { 22, 8000-8100 }`."""
    place(seen, IN_SET)
    found = seen.at("elements")
    if found is None:
        return
    lister, name = lister_of(seen), seen.at("set")
    known = None
    if name is not None:
        told = seen.value("set-id") or 0
        known = set_of(lister.message, lister.family, lister.table, name.bytes, told)
    inside = nest_of(seen, found)
    each = [Nest(inside.data, inside.big, start, end) for start, end in inside.each()]
    if each:
        seen.say(line(["{ " + ", ".join(lister.elements(each, known)) + " }"]))


def nest_of(seen: Lookup, found: Piece) -> Nest:
    """The attributes in something."""
    start, end = found.span
    return Nest(seen.message.data, seen.message.big, start, end)


def lister_of(seen: Lookup) -> Expressions:
    """What goes through the expressions of a message."""
    table = seen.at("table")
    name = b"" if table is None else table.bytes
    return Expressions(seen.message, seen.value("nfgen-family") or 0, name)


OBJECT_WORDS = {1: "counter", 2: "quota", 3: "ct helper", 4: "limit", 5: "ct count", 6: "tunnel",
                7: "ct timeout", 8: "secmark", 9: "ct expectation", 10: "synproxy"}  # fmt: skip


def object_data(kind: int, data: Nest) -> str:
    """What is in the braces of an object."""
    if kind == 1:
        return f"packets {data.number(2)} bytes {data.number(1)}"
    if kind == 2:
        return quota_text(data)
    if kind == 3:
        protocol = data.number(3)
        family = FAMILIES.get(data.number(2))
        return f"type {text_of(data.raw(1))} protocol {PROTOCOLS.get(protocol, protocol)};" + (
            f" l3proto {family};" if family else ""
        )
    if kind == 4:
        return limit_text(data)
    if kind == 8:
        return text_of(data.raw(1))
    return synproxy_text(data) if kind == 10 else ""


def an_object(seen: Lookup) -> None:
    """`counter inet fruit c1 { packets 0 bytes 0 }`."""
    kind = seen.value("type")
    if kind:
        seen.say(OBJECT_WORDS.get(kind, f"object {kind}"))
    place(seen, NAMED)
    found = seen.at("data")
    if found is not None and kind:
        text = object_data(kind, nest_of(seen, found))
        if kind == 6:
            text = tunnel_text(found)
        elif kind in (7, 9):
            text = connection_text(seen, kind == 7)
        text = " ".join([each for each in (comment(seen), text) if each])
        if text:
            seen.say(line(["{ " + text + " }"]))


# What a timeout is unless it is said: not shown. net/netfilter/nf_conntrack_proto_*.c
USUAL = {
    6: {"syn-sent": 120, "syn-recv": 60, "established": 432000, "fin-wait": 120,
        "close-wait": 60, "last-ack": 30, "time-wait": 120, "close": 10, "syn-sent2": 120,
        "retrans": 300, "unack": 300},
    17: {"unreplied": 30, "replied": 120},
}  # fmt: skip


def connection_text(seen: Lookup, timeouts: bool) -> str:
    """`protocol tcp; l3proto ip; policy = { close : 4s };`, an expectation's alike."""
    protocol = seen.value("data.l4proto") or 0
    words = [f"protocol {PROTOCOLS.get(protocol, protocol)};"]
    if not timeouts:
        words.append(f"dport {seen.text('data.dport')};")
        words.append(f"timeout {time_text(seen.value('data.timeout') or 0)};")
        words.append(f"size {seen.text('data.size')};")
    if seen.value("data.l3proto"):
        words.append(f"l3proto {FAMILIES.get(seen.value('data.l3proto'), '')};")
    found = seen.at("data.data") if timeouts else None
    if found is not None:
        usual = USUAL.get(protocol, {})
        told = [
            f"{piece.name.replace('-', '_')} : {time_text(piece.value * 1000)}"
            for piece in found.children
            if isinstance(piece.value, int) and piece.value != usual.get(piece.name)
        ]
        words.append("policy = { " + ", ".join(told) + " };")
    return " ".join(words)


def tunnel_text(found: Any) -> str:
    """`id 10; ip saddr 192.0.2.10; ip daddr 192.0.2.11; ttl 10; vxlan { gbp 200; }`."""
    words = []
    for child in found.children:
        if child.name in ("ip", "ip6"):
            ends = {"src": "saddr", "dst": "daddr"}
            words += [
                f"{child.name} {ends.get(each.name, each.name)} {each.text};"
                for each in child.children
            ]
        elif child.name == "opts":
            for each in child.children:
                inner = " ".join(f"{piece.name} {piece.text};" for piece in each.children)
                words.append(f"{each.name} {{ {inner} }}")
        elif child.name != "flags" or child.value:
            words.append(f"{child.name} {child.text};")
    return " ".join(words)


def flowtable(seen: Lookup) -> None:
    """`inet t ft { hook ingress priority filter; devices = { "lo" }; }`."""
    place(seen, NAMED)
    found = []
    if seen.has("hook.num"):
        told = priority(seen.value("hook.priority") or 0, 5, "ingress")
        found.append(f"hook ingress priority {told}")
    names = devices(seen, "hook.devs")
    if names:
        found.append("devices = { " + ", ".join(names) + " }")
    if seen.value("flags"):
        flags = seen.value("flags")
        found += ["flags offload"] * (flags & 1) + ["counter"] * (flags >> 1 & 1)
    seen.say(line([clauses(found)]))


def generation(seen: Lookup) -> None:
    """`generation 2 by process 629 (nft)`."""
    seen.fill(GENERATION)


def trace(seen: Lookup) -> None:
    """`id 9a3b1c2d inet fruit in rule handle 5 (verdict accept)`."""
    seen.say(f"id {seen.value('id') or 0:08x}")
    place(seen, IN_CHAIN)
    out: list[str] = []
    seen.put(out, "", "type")
    seen.put(out, "handle", "rule-handle")
    if seen.has("verdict.code"):
        jump = f" {seen.text('verdict.chain')}" if seen.has("verdict.chain") else ""
        out.append(f"(verdict {seen.text('verdict.code')}{jump})")
    if seen.has("NFTA_TRACE_POLICY"):
        out.append(f"(policy {seen.text('NFTA_TRACE_POLICY')})")
    for word_of, path in (("direction", "ct-direction"), ("state", "ct-state"),
                          ("status", "ct-status"), ("id", "ct-id")):  # fmt: skip
        if seen.has(path):
            value = seen.value(path)
            told = seen.text(path).replace("|", ",")
            if path == "ct-status" and not value & ~sum(STATUS):
                told = bits_text(value, STATUS)
            out.append(f"ct {word_of} {told}")
    if seen.value("mark"):
        out.append(f"meta mark 0x{seen.value('mark'):08x}")
    for path in ("iif", "oif"):
        if seen.value(path):
            name = seen.message.context.interface(seen.value(path), seen.message)
            out.append(f"{path} {seen.text(path)}" if name is None else f'{path} "{name}"')
    seen.say(line(out + packet_words(seen)))


# Of packets: what `nft monitor trace` says of each protocol.
TOLD = {
    "ether": ("saddr", "daddr"),
    "ip": ("saddr", "daddr", "dscp", "ecn", "ttl", "id", "protocol", "length"),
    "ip6": ("saddr", "daddr", "dscp", "ecn", "hoplimit", "flowlabel", "nexthdr", "length"),
    "arp": ("operation",), "icmp": ("type", "code", "id", "sequence"),
    "icmpv6": ("type", "code"), "tcp": ("sport", "dport", "flags", "window"),
    "udp": ("sport", "dport", "length", "checksum"), "sctp": ("sport", "dport"),
}  # fmt: skip


def packet_words(seen: Lookup) -> list[str]:
    """The fields of the headers that a trace has."""
    lister = lister_of(seen)
    found = [seen.at(name) for name in ("ll-header", "network-header", "transport-header")]
    link, network, transport = [b"" if at is None else at.bytes for at in found]
    words = []
    if len(link) in (14, 18) and seen.value("iiftype") == 1:
        words += fields(lister, "ether", link)
    if not network:
        return words
    name = {4: "ip", 6: "ip6"}.get(network[0] >> 4, "")
    if seen.value("nfproto") == 3:
        name = "arp"
    words += fields(lister, name, network)
    at = {"ip": 9, "ip6": 6}.get(name)
    if at is not None and at < len(network):
        above = {58: "icmpv6"}.get(network[at], PROTOCOLS.get(network[at], ""))
        words += fields(lister, above, transport)
    return words


def fields(lister: Expressions, header: str, raw: bytes) -> list[str]:
    """Of one header."""
    places = {name: (place_of, kind) for place_of, (name, kind) in HEADERS.get(header, {}).items()}
    words = []
    for name in TOLD.get(header, ()):
        (start, width), kind = places[name]
        end = start + width
        if end > len(raw) * 8:
            continue
        part_of = raw[start // 8 : (end + 7) // 8]
        if start % 8 or width % 8:
            value = int.from_bytes(part_of, "big") >> -end % 8 & (1 << width) - 1
            text = number_text(kind, value, len(part_of))
        else:
            text = lister.value(kind, part_of, True)
        words.append(f"{header} {name} {text}")
    return words


LINES: dict[str, Callable[[Lookup], None]] = {
    "table": table, "chain": chain, "rule": rule, "set": a_set, "setelem": elements,
    "obj": an_object, "flowtable": flowtable, "gen": generation,
}  # fmt: skip
RESETS = ("getobj-reset", "getrule-reset", "getsetelem-reset")
SUMMARIES: dict[str, Callable[[Lookup], None]] = {
    verb + what: said
    for what, said in LINES.items()
    for verb in (("new", "get") if what == "gen" else ("new", "get", "del", "destroy"))
}
SUMMARIES |= {name: SUMMARIES[name.removesuffix("-reset")] for name in RESETS}
SUMMARIES["trace"] = trace

HOOKS = {
    "version": version, "byte_order": byte_order, "declared_by": declared_by,
    "element_key": element_key, "element_data": element_data,
    "constant": constant, "prefix": prefix, "extension_info": extension_info,
    "data_type": data_type, "ct_state": ct_state,
}  # fmt: skip
