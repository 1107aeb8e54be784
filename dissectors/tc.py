"""What the tc spec cannot say: handles, bit fields, extended matches.

And qdiscs, classes, filters and actions in one line, in the manner of tc(8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nldissect.hooks import (
    ARRAY,
    BINARY,
    NEST,
    NOTE,
    STRUCT,
    U32,
    Field,
    Lookup,
    Message,
    Node,
    Piece,
    Struct,
    find,
    member,
    members,
    part,
    walk,
)

Get = Callable[[str], Any]  # the value of what has this name in the message

ROOT, INGRESS = 0xFFFFFFFF, 0xFFFFFFF1  # TC_H_ROOT, TC_H_INGRESS
HOOK_NAMES = {0xFFFFFFF2: "ingress", 0xFFFFFFF3: "egress"}  # TC_H_MIN_INGRESS, _EGRESS
BLOCK = -1  # TCM_IFINDEX_MAGIC_BLOCK
JUMP, GOTO_CHAIN = 1, 2  # TC_ACT_EXT_OPCODE >> 28
LAYERS = ("link", "network", "transport")
OPERANDS = ("eq", "gt", "lt")


# -- numbers in words ---------------------------------------------------------


def number(node: Node) -> int:
    """The payload as an unsigned integer, in its byte order."""
    big = node.message.big if node.field.big is None else node.field.big
    return int.from_bytes(node.bytes, "big" if big else "little")


def handle_text(value: int) -> str:
    """A handle as tc(8) writes it: 1:30, 1: for a qdisc, root; empty for none."""
    if value == ROOT:
        return "root"
    major, minor = value >> 16, value & 0xFFFF
    if not value:
        return ""
    return f"{major:x}:{minor:x}" if minor else f"{major:x}:"


def u32_text(value: int) -> str:
    """A handle of the u32 filter: table, bucket and node (pkt_cls.h, TC_U32_HTID...)."""
    table, bucket, key = value >> 20, value >> 12 & 0xFF, value & 0xFFF
    if not value:
        return ""
    head = f"{table:x}:{bucket:x}" if bucket else f"{table:x}:"
    return f"{head}:{key:x}" if key else head if head.endswith(":") else f"{head}:"


def handle(value: int, message: Message, get: Get) -> str:
    """The id of a class or qdisc."""
    return handle_text(value)


def u32_handle(value: int, message: Message, get: Get) -> str:
    """The id of a hash table or node of the u32 filter."""
    return u32_text(value)


def is_filter(message: Message) -> bool:
    """Whether the message is about filters or chains."""
    operation = message.operation
    return operation is not None and operation.name.endswith(("tfilter", "chain"))


def device(value: int, message: Message, get: Get) -> str | None:
    """tcm_ifindex: -1 where tcm_parent is the number of a block."""
    return "block" if value == BLOCK and is_filter(message) else None


def own_handle(value: int, message: Message, get: Get) -> str:
    """tcm_handle: of filters, whatever the kind makes of it."""
    if not is_filter(message):
        return handle_text(value)
    return u32_text(value) if get("kind") == "u32" else ""


def parent(value: int, message: Message, get: Get) -> str:
    """tcm_parent: a class or qdisc, a hook of a device, or a block."""
    if is_filter(message) and get("tcm-ifindex") == BLOCK:
        return f"block {value}"
    if value == INGRESS:
        return "clsact" if get("kind") == "clsact" else "ingress"
    return HOOK_NAMES.get(value) or handle_text(value)


def info(value: int, message: Message, get: Get) -> str:
    """tcm_info: priority and protocol of filters, of a class the qdisc below, else a count."""
    operation = message.operation
    name = operation.name if operation is not None else ""
    if name.endswith("tfilter"):
        return f"pref {value >> 16} protocol {protocol_text(value)}" if value else ""
    return handle_text(value) if name.endswith("tclass") else ""


PROTOCOLS = {0: "all", 3: "all", 0x800: "ip", 0x86DD: "ipv6", 0x806: "arp", 0x8100: "802.1Q",
             0x88A8: "802.1ad", 0x8847: "mpls_uc", 0x8848: "mpls_mc",
             0x8864: "ppp_ses"}  # fmt: skip


def protocol_text(value: int) -> str:
    """The EtherType in the lower half of tcm_info, in network order, as tc(8) names it."""
    ethertype = (value & 0xFF) << 8 | value >> 8 & 0xFF
    return PROTOCOLS.get(ethertype) or f"0x{ethertype:04x}"


def control(value: int, message: Message, get: Get) -> str | None:
    """A verdict; jump and goto carry a number below their opcode (pkt_cls.h)."""
    opcode = value >> 28 & 0xF
    if opcode == JUMP:
        return f"jump {value & 0xFFFFFFF}"
    return f"goto-chain {value & 0xFFFFFFF}" if opcode == GOTO_CHAIN else None


# -- bit fields, whose order in memory is the host's ----------------------------


def nibbles(value: int, message: Message) -> tuple[int, int]:
    """The two 4-bit fields of a byte, in the order of their declaration."""
    return (value >> 4, value & 15) if message.big else (value & 15, value >> 4)


def name_of(names: tuple[str, ...], index: int) -> str:
    """The name of a bit field's value, else its number."""
    return names[index] if index < len(names) else str(index)


def align(value: int, message: Message, get: Get) -> str:
    """struct tcf_em_cmp: align:4, flags:4."""
    width, flags = nibbles(value, message)
    return f"u{8 * width}" + (" trans" if flags & 1 else "")


def layer_operand(value: int, message: Message, get: Get) -> str:
    """struct tcf_em_cmp: layer:4, opnd:4."""
    layer, operand = nibbles(value, message)
    return f"{name_of(LAYERS, layer)} {name_of(OPERANDS, operand)}"


def layers(value: int, message: Message, get: Get) -> str:
    """struct tcf_em_text: from_layer:4, to_layer:4."""
    first, last = nibbles(value, message)
    return f"from {name_of(LAYERS, first)} to {name_of(LAYERS, last)}"


def length_layer(value: int, message: Message, get: Get) -> str:
    """struct tcf_em_nbyte: len:12, layer:4."""
    length, layer = (value >> 4, value & 15) if message.big else (value & 0xFFF, value >> 12)
    return f"{length} bytes at {name_of(LAYERS, layer)}"


def meta_kind(value: int, message: Message, get: Get) -> str | None:
    """struct tcf_meta_val: the type in the top 4 bits, what to look at in the lower 11."""
    struct = None if message.spec is None else message.spec.struct("meta-kind-parts")
    if struct is None:
        return None
    names = []
    for field, bits in zip(struct.members, (value >> 12, value & 0x7FF), strict=True):
        named = field.enum.names.get(bits) if field.enum is not None else None
        names.append(named or str(bits))
    return " ".join(names)


# -- payloads ------------------------------------------------------------------

_arrays: dict[tuple[str, Struct], Field] = {}


def array_of(name: str, struct: Struct) -> Field:
    """A member that is a C array of structs."""
    field = _arrays.get((name, struct))
    if field is None:
        field = _arrays[name, struct] = Field(name, None, -1, ARRAY)
        field.element = Field(name, None, -1, STRUCT)
        field.element.struct, field.element.size = struct, struct.size
    return field


def struct_named(node: Node, name: str) -> Struct | None:
    """A struct of the message's spec."""
    known = node.message.spec
    return None if known is None else known.struct(name)


def head_of(node: Node, struct: Struct | None) -> int:
    """Shows a struct at the start of the payload; returns where it ends, -1 if it is cut."""
    if struct is None or node.end - node.start < struct.size:
        return -1
    end = node.start + struct.size
    node.set_children("struct", members(node, struct, end))
    return end


def cookie(node: Node) -> bool:
    """TCA_ACT_COOKIE; when actions were flushed, their number (TCA_FCNT, net/sched/act_api.c)."""
    entry = node.parent
    if entry is None or entry.field.number != 0 or node.end - node.start != 4:
        return False
    node.field = FLUSHED
    node.set_value("u32", number(node))
    return True


FLUSHED = Field("fcnt", "TCA_FCNT", 6, U32)


def first_byte(node: Node) -> bool:
    """A u8 that tc(8) of iproute2 6 sends as u32; the kernel reads its first byte."""
    if node.end - node.start != 4 or not node.message.to_kernel:
        return False
    node.set_value("u8", node.bytes[0])
    return True


def meta_value(node: Node) -> bool:
    """TCA_EM_META_LVALUE, _RVALUE: an int or long, or bytes, as the header's kind says."""
    side = "left" if node.field.name == "lvalue" else "right"
    level = node.parent.children if node.parent is not None else []
    kind = find(level[:8], f"hdr.{side}.kind")
    size = node.end - node.start
    if kind is None or kind.value >> 12 != 1 or size not in (4, 8):
        return False
    node.set_value("u32" if size == 4 else "u64", number(node))
    return True


# -- extended matches -------------------------------------------------------------

# Kind: struct, and what follows it.
MATCHES = {
    1: ("tcf-em-cmp", ""),
    2: ("tcf-em-nbyte", "pattern"),
    3: ("tc-u32-key", ""),
    5: ("tcf-em-text", "pattern"),
    8: ("xt-set-info", ""),
}
MATCH_ATTRIBUTES = {4: "em-meta-attrs", 9: "em-ipt-attrs"}
CONTAINER, CANID = 0, 7
LONGEST = 1 << 10  # bytes of a tree of matches that is looked at
_structs: dict[Struct, Field] = {}
_matches: dict[int, Field] = {}


def struct_field(struct: Struct) -> Field:
    """A member that is this struct."""
    field = _structs.get(struct)
    if field is None:
        field = _structs[struct] = Field(struct.name, None, -1, STRUCT)
        field.struct = struct
    return field


def ematches(node: Node) -> bool:
    """TCA_EMATCH_TREE_LIST: the matches, numbered from 1."""
    if node.end - node.start > LONGEST:
        node.diagnose("code-limit", NOTE, f"matches in more than {LONGEST} bytes are not read")
        return False
    out: list[Node] = []
    node.set_children("nest", out)
    walk(node.message, node, node.start, node.end, None, out)
    for entry in out:
        position = entry.field.number
        if position < 0:
            continue
        field = _matches.get(position)
        if field is None:
            field = _matches[position] = Field(str(position), None, position, NEST)
            field.hook = ematch
        entry.field = field
    return True


def ematch(node: Node) -> bool:
    """One match: struct tcf_ematch_hdr, then what its kind wants (net/sched/em_*.c)."""
    pos = head_of(node, struct_named(node, "tcf-ematch-hdr"))
    if pos < 0:
        node.shown = "nest"
        node.leftover(node.start)
        node.diagnose("ematch-short", "error", "less than struct tcf_ematch_hdr")
        return True
    kind = node.find("kind")
    value = kind.value if kind is not None else -1
    node.shown = "nest"
    known = node.message.spec
    if value == CONTAINER and node.end - pos == 4:
        member(node, part("ref", U32), pos, node.end)
    elif value in MATCH_ATTRIBUTES and known is not None:
        walk(
            node.message,
            node,
            pos,
            node.end,
            known.attribute_sets[MATCH_ATTRIBUTES[value]],
            node.children,
        )
    elif value == CANID and pos < node.end:
        struct = struct_named(node, "can-filter")
        if struct is not None:
            member(node, array_of("rules", struct), pos, node.end)
    else:
        name, rest = MATCHES.get(value, ("", ""))
        struct = struct_named(node, name) if name else None
        if struct is not None and node.end - pos >= struct.size:
            member(node, struct_field(struct), pos, pos + struct.size)
            pos += struct.size
            if rest and pos < node.end:
                member(node, part(rest, BINARY, "hex"), pos, node.end)
                pos = node.end
        node.leftover(pos)
    return True


HOOKS: dict[str, Callable[..., Any]] = {
    "handle": handle,
    "own-handle": own_handle,
    "parent": parent,
    "info": info,
    "device": device,
    "u32-handle": u32_handle,
    "control": control,
    "align": align,
    "layer-operand": layer_operand,
    "layers": layers,
    "length-layer": length_layer,
    "meta-kind": meta_kind,
    "cookie": cookie,
    "first-byte": first_byte,
    "meta-value": meta_value,
    "ematches": ematches,
}


# -- one line: numbers as tc(8) writes them ------------------------------------------

TICK = 64e-9  # seconds, since PSCHED_SHIFT is 6 (include/net/pkt_sched.h)


def rate_text(rate: int) -> str:
    """Bytes a second in bits: 1Mbit, 1500Kbit."""
    bits = rate * 8
    for unit in ("", "K", "M", "G"):
        if not bits or bits % 1000:
            return f"{bits}{unit}bit"
        bits //= 1000
    return f"{bits}Tbit"


def size_text(size: int) -> str:
    """Bytes: 1600b, 5Kb, 2Mb."""
    for unit, name in ((1 << 20, "Mb"), (1 << 10, "Kb")):
        if size >= unit and not size % unit:
            return f"{size // unit}{name}"
    return f"{size}b"


def time_text(micro: float) -> str:
    """Microseconds: 5ms, 1.5s; what the kernel's own clock made of it counts as that, too."""
    for unit, name in ((1_000_000, "s"), (1000, "ms"), (1, "us")):
        if abs(micro) >= unit:
            for digits in range(3, 10):
                short = float(f"{micro / unit:.{digits}g}")
                if abs(short * unit - micro) <= min(1, abs(micro) / 1000):
                    break
            return f"{short:.9g}{name}"
    return f"{micro * 1000:.0f}ns" if micro else "0us"


def share_text(part_of: int) -> str:
    """A probability of 2^32 parts."""
    return f"{100 * part_of / 0xFFFFFFFF:.5g}%"


Show = Callable[[int], str]
# Word, path, how it is shown; of several paths with `|` between them perhaps one after the other
Words = tuple[tuple[str, str, Show | tuple[Show, ...] | None], ...]

TICKS: Show = lambda ticks: time_text(ticks * TICK * 1e6)  # noqa: E731
NANO: Show = lambda nano: time_text(nano / 1000)  # noqa: E731
LIMIT: Words = (("limit", "limit", None),)
AQM: Words = (
    ("limit", "limit", None), ("target", "target", time_text), ("interval", "interval", time_text),
    ("ce_threshold", "ce-threshold", time_text), ("tupdate", "tupdate", time_text),
)  # fmt: skip
BOUNDS = (("limit", "limit"), ("min", "qth-min"), ("max", "qth-max"))
AVERAGES: Words = (
    ("probability", "max-p", share_text), ("ewma", "parms.Wlog", None),
    ("Plog", "parms.Plog", None), ("Scell_log", "parms.Scell-log", None),
)  # fmt: skip
RED: Words = (*((word, f"parms.{path}", size_text) for word, path in BOUNDS), *AVERAGES)

MIRRED = {1: "egress redirect", 2: "egress mirror", 3: "ingress redirect", 4: "ingress mirror"}

# What a qdisc's line says of its options; a value that is 0 is left out.
QDISCS: dict[str, Words] = {
    "bfifo": (("limit", "limit", size_text),),
    "pfifo": LIMIT,
    "pfifo_head_drop": LIMIT,
    "skbprio": LIMIT,
    "prio": (("bands", "bands", None),),
    "pfifo_fast": (("bands", "bands", None),),
    "multiq": (("bands", "bands", None),),
    "plug": (("", "action", None), ("", "limit", None)),
    "sfq": (("quantum", "v0.quantum", size_text), ("limit", "v0.limit", None),
            ("perturb", "v0.perturb-period", lambda seconds: f"{seconds}s")),
    "tbf": (("rate", "rate64|parms.rate.rate", rate_text), ("limit", "parms.limit", size_text),
            ("peakrate", "prate64|parms.peakrate.rate", rate_text)),
    "htb": (("default", "init.defcls", lambda minor: f"{minor:x}"),
            ("r2q", "init.rate2quantum", None)),
    "hfsc": (("default", "defcls", lambda minor: f"{minor:x}"),),
    "red": RED,
    "choke": (*((word, f"parms.{path}", None) for word, path in BOUNDS), *AVERAGES),
    "gred": (("vqs", "dps.DPs", None), ("default", "dps.def-DP", None),
             *((word, f"parms.{path}", size_text) for word, path in BOUNDS), *AVERAGES[1:]),
    "sfb": (("limit", "parms.limit", None), ("max", "parms.max", None)),
    "netem": (
        ("limit", "limit", None), ("delay", "latency64|latency", (NANO, TICKS)),
        ("jitter", "jitter64|jitter", (NANO, TICKS)),
        ("correlation", "corr.delay-corr", share_text),
        ("loss", "loss", share_text), ("correlation", "corr.loss-corr", share_text),
        ("duplicate", "duplicate", share_text), ("correlation", "corr.dup-corr", share_text),
        ("reorder", "reorder.probability", share_text),
        ("correlation", "reorder.correlation", share_text),
        ("corrupt", "corrupt.probability", share_text),
        ("correlation", "corrupt.correlation", share_text), ("gap", "gap", None),
        ("rate", "rate64|rate.rate", rate_text),
        *((f"loss gemodel {word}" if word == "p" else word, f"loss.ge.{path}", share_text)
          for word, path in (("p", "p"), ("r", "r"), ("1-k", "k1"))),
        ("1-h", "loss.ge.h", lambda part: share_text(0xFFFFFFFF - part)),
        *((f"loss state {word}" if word == "p13" else word, f"loss.gi.{word}", share_text)
          for word in ("p13", "p31", "p32", "p23", "p14")),
        *((f"slot {word}" if word in ("min", "distribution") else word, f"slot.{path}", NANO)
          for word, path in (("min", "min-delay"), ("max", "max-delay"),
                             ("distribution", "dist-delay"), ("jitter", "dist-jitter"))),
    ),
    "codel": AQM,
    "pie": AQM,
    "fq_codel": (*AQM, ("flows", "flows", None), ("quantum", "quantum", size_text),
                 ("memory_limit", "memory-limit", size_text)),
    "fq_pie": (*AQM, ("flows", "flows", None), ("quantum", "quantum", size_text),
               ("memory_limit", "memory-limit", size_text)),
    "fq": (("limit", "plimit", None), ("flow_limit", "flow-plimit", None),
           ("quantum", "quantum", size_text), ("initial_quantum", "initial-quantum", size_text),
           ("maxrate", "flow-max-rate", rate_text), ("defrate", "flow-default-rate", rate_text),
           ("low_rate_threshold", "low-rate-threshold", rate_text),
           ("refill_delay", "flow-refill-delay", time_text),
           ("ce_threshold", "ce-threshold", time_text), ("timer_slack", "timer-slack", NANO),
           ("horizon", "horizon", time_text)),
    "hhf": (("limit", "backlog-limit", None), ("quantum", "quantum", size_text)),
    "cake": (("bandwidth", "base-rate64", rate_text), ("", "diffserv-mode", None),
             ("", "flow-mode", None), ("rtt", "rtt", time_text), ("target", "target", time_text),
             ("memlimit", "memory", size_text)),
    "cbs": (("idleslope", "parms.idleslope", None), ("sendslope", "parms.sendslope", None)),
    "etf": (("clockid", "parms.clockid", None), ("delta", "parms.delta", NANO)),
    "mqprio": (("num_tc", "num-tc", None), ("hw", "hw", None)),
    "taprio": (("num_tc", "priomap.num-tc", None), ("cycle", "sched-cycle-time", NANO),
               ("base-time", "sched-base-time", None)),
    "ets": (("bands", "nbands", None), ("strict", "nstrict", None)),
    "dualpi2": AQM,
    "dsmark": (("indices", "indices", None), ("default_index", "default-index", None)),
    "cbq": (("rate", "rate.rate", rate_text), ("prio", "wrropt.priority", None)),
}  # fmt: skip
QDISCS["cake_mq"] = QDISCS["cake"]
CLASSES: dict[str, Words] = {
    "htb": (("rate", "rate64|parms.rate.rate", rate_text),
            ("ceil", "ceil64|parms.ceil.rate", rate_text), ("prio", "parms.prio", None)),
    "hfsc": tuple(
        (word if part == "m2" else part, f"{path}.{part}", show)
        for word, path in (("rt", "rsc"), ("ls", "fsc"), ("ul", "usc"))
        for part, show in (("m2", rate_text), ("m1", rate_text), ("d", time_text))
    ),
    "drr": (("quantum", "quantum", size_text),),
    "qfq": (("weight", "weight", None), ("maxpkt", "lmax", None)),
    "ets": (("quantum", "quanta-band", size_text),),
    "cbq": QDISCS["cbq"],
    "dsmark": (("mask", "mask", hex), ("value", "value", hex)),
}  # fmt: skip
FILTERS: dict[str, Words] = {
    "u32": (("divisor", "divisor", None), ("ht", "hash", u32_text), ("link", "link", u32_text)),
    "fw": (("mask", "mask", hex),),
    "route": (("from", "from", None), ("fromif", "iif", None), ("to", "to", None)),
    "flow": (("", "mode", None), ("keys", "keys", None)),
    "bpf": (("", "name", None), ("id", "id", None)),
    "tcindex": (("mask", "mask", hex), ("shift", "shift", None)),
    "rsvp": (("session", "dst", None),),
    "rsvp6": (("session", "dst", None),),
}
ACTIONS: dict[str, Words] = {
    "police": (("rate", "rate64|tbf.rate.rate", rate_text), ("pkts_rate", "pktrate64", None),
               ("peakrate", "peakrate64|tbf.peakrate.rate", rate_text)),
    "mirred": (("", "parms.eaction", lambda action: MIRRED.get(action, "?")),
               ("dev", "parms.ifindex", None), ("blockid", "blockid", None)),
    "pedit": (("keys", "parms-ex.nkeys|parms.nkeys", None),),
    "nat": (("from", "parms.old-addr", None),
            ("to", "parms.new-addr", None)),
    "skbedit": (("priority", "priority", handle_text), ("mark", "mark", hex),
                ("queue_mapping", "queue-mapping", None), ("ptype", "ptype", None)),
    "vlan": (("", "parms.v-action", None), ("id", "push-vlan-id", None)),
    "mpls": (("", "parms.m-action", None), ("label", "label", None)),
    "csum": (("", "parms.update-flags", None),),
    "ct": (("", "action", None), ("zone", "zone", None), ("mark", "mark", hex)),
    "ctinfo": (("dscp", "parms-dscp-mask", hex), ("cpmark", "parms-cpmark-mask", hex),
               ("zone", "zone", None)),
    "connmark": (("zone", "parms.zone", None),),
    "skbmod": (("", "parms.flags", None),),
    "tunnel_key": (("", "parms.t-action", None), ("id", "enc-key-id", None),
                   ("dst", "enc-ipv4-dst|enc-ipv6-dst", None)),
    "ife": (("", "parms.flags", None), ("type", "type", hex)),
    "sample": (("rate", "rate", None), ("group", "psample-group", None)),
    "simple": (("", "data", None),),
    "bpf": (("", "name", None), ("id", "id", None)),
    "gate": (("cycle", "cycle-time", NANO), ("clockid", "clockid", None)),
    "ipt": (("table", "table", None), ("hook", "hook", None)),
}  # fmt: skip
VERDICTS = {-1: "continue", 0: "pass", 2: "drop"}  # where tc(8) has other words than TC_ACT_


def first(options: Piece, paths: Iterable[str]) -> Piece | None:
    """What is at the first of these paths that is there."""
    return chosen(options, paths)[0]


def chosen(options: Piece, paths: Iterable[str]) -> tuple[Piece | None, int]:
    """The same with the position of its path; the other paths have the same less exactly."""
    there = [(options.find(path), at) for at, path in enumerate(paths)]
    there = [each for each in there if each[0] is not None]
    for other, _ in there[1:]:
        if other is not None:
            _ = other.value  # it is said as well
    return there[0] if there else (None, 0)


def option_words(options: Piece | None, words: Words) -> list[str]:
    """`word value` for each option that is there, a 0 only if it has a name.

    Of paths with `|` between them the first that is there counts.
    """
    out: list[str] = []
    if options is None:
        return out
    for word, paths, show in words:
        found, at = chosen(options, paths.split("|"))
        if found is None:
            continue
        value = found.value
        if isinstance(show, tuple):
            show = show[at]
        if value or found.label:
            text = show(value) if show is not None else found.text.replace("|", ",")
            out.append(f"{word} {text}" if word else text)
    return out


# Of kinds with a token bucket: word, rate, bucket in bytes or ticks of that rate
BUCKETS = {
    "tbf": (("burst", "rate64|parms.rate.rate", "burst", "parms.buffer"),
            ("minburst", "prate64|parms.peakrate.rate", "pburst", "parms.mtu")),
    "htb": (("burst", "rate64|parms.rate.rate", "", "parms.buffer"),
            ("cburst", "ceil64|parms.ceil.rate", "", "parms.cbuffer")),
    "police": (("burst", "rate64|tbf.rate.rate", "", "tbf.burst"),),
}  # fmt: skip
RATES = ("parms.rate", "parms.ceil", "parms.peakrate", "tbf.rate", "tbf.peakrate", "rate")
COUNTED = ("overhead", "mpu", "linklayer")
ETHERNET = 1  # TC_LINKLAYER_ETHERNET, which is usual


def buckets(kind: str, options: Piece) -> list[str]:
    """How much may be sent at once, and what a rate counts beside the packets."""
    out: list[str] = []
    for word, rate_at, bytes_at, ticks_at in BUCKETS.get(kind, ()):
        rate, ticks = first(options, rate_at.split("|")), options.find(ticks_at)
        told = options.find(bytes_at) if bytes_at else None
        size = told.value if told is not None else None
        if rate is not None and ticks is not None and ticks.value and size is None:
            size = round(rate.value * ticks.value * TICK)
        if size:
            out.append(f"{word} {size_text(size)}")
    for path in RATES if kind in BUCKETS or kind == "cbq" else ():
        spec = options.find(path)
        inside = spec.children if spec is not None else []
        parts = {each.name: each.value for each in inside if each.name in COUNTED}
        words = [f"{name} {parts[name]}" for name in ("overhead", "mpu") if parts.get(name)]
        if parts.get("linklayer", ETHERNET) > ETHERNET:
            words += option_words(options, (("linklayer", f"{path}.linklayer", None),))
        out += [word for word in words if word not in out]
    return out


def verdict(found: Piece | None) -> str:
    """What becomes of the packet, as tc(8) says it: drop, goto chain 5."""
    value = None if found is None else found.value
    if found is None or not isinstance(value, int):
        return ""
    return VERDICTS.get(value) or found.text.replace("-", " ")


def action_words(name: str, options: Piece, alone: bool) -> list[str]:
    """An action's name and what its options say; a gact in a filter is its verdict alone."""
    out = option_words(options, ACTIONS.get(name, ()))
    if name == "gact":
        general = options.find("parms.action")
        if general is not None:
            words = [name, verdict(general)] if alone else [verdict(general)]
            return words + chance(options)
    elif name == "nat":
        flags = options.find("parms.flags")
        out.insert(0, "egress" if flags is not None and flags.value & 1 else "ingress")
    elif name == "police":
        out += buckets(name, options)
        exceed = options.find("tbf.action")
        out += ["exceed", verdict(exceed)] if exceed is not None else []
    after = options.find("parms.action")
    return [name, *out, *([verdict(after)] if after is not None and after.value else [])]


def chance(options: Piece) -> list[str]:
    """What a gact does instead now and then: `random determ drop 5`."""
    kind, other, each = (options.find(f"prob.{name}") for name in ("ptype", "paction", "pval"))
    if kind is None or other is None or each is None or not kind.value:
        return []
    return ["random", kind.text, verdict(other), str(each.value)]


def action_text(entry: Piece, alone: bool = False) -> str:
    """One action: `drop`, `mirred egress redirect dev eth0`, `gact index 7` for a reference."""
    kind, options = entry.find("kind"), entry.find("options")
    name = str(kind.value) if kind is not None else "action"
    out = action_words(name, options, alone) if options is not None else [name]
    index = entry.find("index")
    if index is None and options is not None:
        index = first(options, ("parms.index", "parms-ex.index", "tbf.index", "act.index"))
    if index is not None and index.value and (alone or options is None):
        out.append(f"index {index.value}")
    flushed = entry.find(str(FLUSHED.number))
    if flushed is not None and flushed.name == FLUSHED.name:
        out.append(f"({flushed.value} of them)")
    out.append(entry.rest)
    return " ".join(word for word in out if word)


def actions_of(options: Piece | None) -> list[str]:
    """`action ...` for each action that the options hold."""
    out: list[str] = []
    for node in options.children if options is not None else ():
        if node.name == "act":
            out += [f"action {action_text(entry)}" for entry in node.children]
        elif node.name == "police":
            out.append(
                " ".join(["action", *action_words("police", node, False), node.rest]).strip()
            )
    return out


# Attributes of the flower filter that tc(8) calls by other names.
FLOWER = {"eth-dst": "dst_mac", "eth-src": "src_mac", "icmpv4-type": "type", "icmpv4-code": "code",
          "icmpv6-type": "type", "icmpv6-code": "code"}  # fmt: skip
PORTS = ("tcp", "udp", "sctp")
NOT_SHOWN = frozenset(("key-eth-type", "key-enc-opts", "key-mpls-opts", "key-cfm"))


def key_word(name: str) -> str:
    """The option of tc-flower(8) that sets `key-ipv4-src`: src_ip."""
    name = name.removeprefix("key-")
    first, _, last = name.rpartition("-")
    if first in ("ipv4", "ipv6", "enc-ipv4", "enc-ipv6"):
        return f"{first[:-4].replace('-', '_')}{last}_ip"
    if first in PORTS and last in ("src", "dst"):
        return f"{last}_port"
    return FLOWER.get(name) or name.replace("-", "_")


def mask_text(mask: Piece) -> str:
    """`/24`, `/0xff00`; empty when the mask takes all bits."""
    raw = mask.bytes
    bits = int.from_bytes(raw, "big")
    size = 8 * len(raw)
    if bits == (1 << size) - 1:
        return ""
    if mask.kind in ("ipv4", "ipv6"):
        length = bits.bit_count()
        return f"/{length}" if bits == (1 << size) - (1 << (size - length)) else f"/{mask.value}"
    return f"/{mask.value:#x}" if isinstance(mask.value, int) else f"/{mask.text}"


def flower_keys(options: Piece) -> list[str]:
    """What a flower filter looks at, in the words of tc-flower(8)."""
    attributes = {node.name: node for node in options.children}
    if "key-eth-type" in attributes:
        _ = attributes["key-eth-type"].value  # the filter's protocol, which is said
    out: list[str] = []
    for name, node in attributes.items():
        if not name.startswith("key-") or name.endswith(("-mask", "-max")) or name in NOT_SHOWN:
            continue
        text, word = node.text.replace("|", "+"), key_word(name)
        if name.endswith("-min"):
            last = attributes.get(f"{name[:-4]}-max")
            text += f"-{last.text}" if last is not None else ""
            word = f"{name[9:12]}_port"
        mask = attributes.get(f"{name}-mask")
        if mask is not None:
            if not any(mask.bytes):
                continue
            text += mask_text(mask)
        out.append(f"{word} {text}")
    return out


def u32_keys(options: Piece) -> list[str]:
    """What a u32 filter looks at: match VALUE/MASK at OFFSET."""
    out: list[str] = []
    keys = options.find("sel.keys")
    for key in keys.children if keys is not None else ():
        found = {child.name: child.value for child in key.children}
        if len(found) < 4:
            continue
        at = f"nexthdr+{found['off']}" if found["offmask"] else str(found["off"])
        out.append(f"match {found['val']:08x}/{found['mask']:08x} at {at}")
    return out


def match_words(options: Piece) -> list[str]:
    """The kinds of the extended matches: match meta and not cmp."""
    out: list[str] = []
    entries = options.find("ematches.list")
    for entry in entries.children if entries is not None else ():
        kind, flags = entry.find("kind"), entry.find("flags")
        if kind is None or flags is None:
            continue
        bits = flags.value
        _ = kind.value
        left = entry.rest
        out.append(("not " if bits & 4 else "") + kind.text + (f"({left})" if left else ""))
        out += [word for bit, word in ((1, "and"), (2, "or")) if bits & bit]
    return ["match", *out] if out else []


def device_text(lookup: Lookup) -> str:
    """The interface by name, else `index 7`; empty for a block or none."""
    index = lookup.value("tcm-ifindex")
    if not index or index == BLOCK:
        return ""
    name = lookup.text("tcm-ifindex")
    return name if name != str(index) else f"index {index}"


def parent_text(lookup: Lookup) -> str:
    """`root`, `ingress`, `block 5` or `parent 1:30`."""
    label = lookup.label("tcm-parent")
    if not label:
        return ""
    return f"parent {label}" if ":" in label else label


def told(lookup: Lookup, kind: str, known: dict[str, Words]) -> list[str]:
    """What the options of a qdisc or class say."""
    options = lookup.at("options")
    lookup.tell("options")
    if options is None:
        return []
    return [*option_words(options, known.get(kind, ())), *buckets(kind, options)]


def qdisc(lookup: Lookup) -> str:
    """A qdisc: `eth0 root 1: htb default 10`."""
    kind = lookup.text("kind")
    where = parent_text(lookup)
    out = [device_text(lookup), "" if where == kind else where, lookup.label("tcm-handle"), kind]
    out += told(lookup, kind, QDISCS)
    out += lookup.words(("ingress_block", "ingress-block"), ("egress_block", "egress-block"))
    return " ".join(word for word in out if word)


def tclass(lookup: Lookup) -> str:
    """A class: `dev eth0 parent 1: 1:10 htb rate 1Mbit leaf 10:`."""
    kind = lookup.text("kind")
    out = [*place(lookup), lookup.label("tcm-handle"), kind]
    out += told(lookup, kind, CLASSES)
    leaf = lookup.value("tcm-info")
    if leaf:
        out.append(f"leaf {handle_text(leaf)}")
    return " ".join(word for word in out if word)


def place(lookup: Lookup) -> list[str]:
    """Where classes, filters and chains are."""
    device = device_text(lookup)
    out = [f"dev {device}" if device else "", parent_text(lookup)]
    return [word for word in out if word]


def tfilter(lookup: Lookup) -> str:
    """A filter: `dev eth0 ingress protocol ip pref 1 flower dst_port 80 action drop`."""
    out = place(lookup)
    info_value, kind = lookup.value("tcm-info") or 0, lookup.text("kind")
    if info_value & 0xFFFF:
        out.append(f"protocol {protocol_text(info_value)}")
    if info_value >> 16:
        out.append(f"pref {info_value >> 16}")
    out.append(kind)
    if lookup.value("chain"):
        out.append(f"chain {lookup.value('chain')}")
    number_of = lookup.value("tcm-handle")
    if number_of and kind == "u32":
        out.append(f"fh {lookup.label('tcm-handle')}")
    elif number_of:
        out.append(f"handle {number_of:#x}")
    options = lookup.at("options")
    lookup.tell("options")
    if options is not None:
        out += option_words(options, FILTERS.get(kind, ()))
        if kind == "flower":
            out += flower_keys(options)
        elif kind == "u32":
            out += u32_keys(options)
        out += match_words(options)
        target = options.find("classid")
        if target is not None:
            out.append(f"flowid {target.text}")
        out += actions_of(options)
    return " ".join(word for word in out if word)


def chain(lookup: Lookup) -> str:
    """A chain, with the keys of its template."""
    out = place(lookup)
    if lookup.value("chain") is not None:
        out.append(f"chain {lookup.value('chain')}")
    options, kind = lookup.at("options"), lookup.text("kind")
    out.append(kind)
    if options is not None and kind == "flower":
        out += [words.split(" ")[0] for words in flower_keys(options)]
    return " ".join(word for word in out if word)


def actions(lookup: Lookup) -> str:
    """The actions that are added, listed or deleted."""
    lookup.tell("tab")
    table = lookup.at("tab")
    entries = table.children if table is not None else []
    out = [action_text(entry, True) for entry in entries[:MAX_ACTIONS]]
    more = lookup.more(entries, MAX_ACTIONS)
    flush = lookup.message.type == RTM_DELACTION and lookup.message.flags & NLM_F_ROOT
    return ("flush " if flush else "") + ", ".join(out) + (f" {more}" if more else "")


RTM_DELACTION, NLM_F_ROOT = 49, 0x100
MAX_ACTIONS = 4

SUMMARIES = {
    **dict.fromkeys(("newqdisc", "delqdisc", "getqdisc"), qdisc),
    **dict.fromkeys(("newtclass", "deltclass", "gettclass"), tclass),
    **dict.fromkeys(("newtfilter", "deltfilter", "gettfilter"), tfilter),
    **dict.fromkeys(("newchain", "delchain", "getchain"), chain),
    **dict.fromkeys(("newaction", "delaction", "getaction"), actions),
}
