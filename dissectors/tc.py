"""What the tc spec cannot say: handles, u32 keys, extended matches, pedit keys.

And qdiscs, classes, filters and actions in one line, in the manner of tc(8).
"""

from __future__ import annotations

from collections.abc import Callable

from nldissect import spec
from nldissect.dissect import Node, find, in_scope, member, members, part, walk

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


def handle(node: Node) -> bool:
    """The id of a class or qdisc."""
    node._label = handle_text(number(node))
    return False


def u32_handle(node: Node) -> bool:
    """The id of a hash table or node of the u32 filter."""
    node._label = u32_text(number(node))
    return False


def is_filter(node: Node) -> bool:
    """Whether the message is about filters or chains."""
    operation = node.message.operation
    return operation is not None and operation.name.endswith(("tfilter", "chain"))


def device(node: Node) -> bool:
    """tcm_ifindex: -1 where tcm_parent is the number of a block."""
    if is_filter(node) and number(node) == BLOCK & 0xFFFFFFFF:
        node._label = "block"
    return False


def own_handle(node: Node) -> bool:
    """tcm_handle: of filters, whatever the kind makes of it."""
    if not is_filter(node):
        return handle(node)
    kind = find(node.message.nodes, "kind")
    node._label = u32_text(number(node)) if kind is not None and kind.value == "u32" else ""
    return False


def parent(node: Node) -> bool:
    """tcm_parent: a class or qdisc, a hook of a device, or a block."""
    value = number(node)
    if is_filter(node) and in_scope(node, "tcm-ifindex") == BLOCK:
        node._label = f"block {value}"
    elif value == INGRESS:
        kind = find(node.message.nodes, "kind")
        node._label = "clsact" if kind is not None and kind.value == "clsact" else "ingress"
    else:
        node._label = HOOK_NAMES.get(value) or handle_text(value)
    return False


def info(node: Node) -> bool:
    """tcm_info: priority and protocol of filters, of a class the qdisc below, else a count."""
    value = number(node)
    operation = node.message.operation
    name = operation.name if operation is not None else ""
    node._label = ""
    if name.endswith("tfilter"):
        node._label = f"pref {value >> 16} protocol {protocol_text(value)}" if value else ""
    elif name.endswith("tclass"):
        node._label = handle_text(value)
    return False


PROTOCOLS = {0: "all", 3: "all", 0x800: "ip", 0x86DD: "ipv6", 0x806: "arp", 0x8100: "802.1Q",
             0x88A8: "802.1ad", 0x8847: "mpls_uc", 0x8848: "mpls_mc", 0x8864: "ppp_ses"}  # fmt: skip


def protocol_text(value: int) -> str:
    """The EtherType in the lower half of tcm_info, in network order, as tc(8) names it."""
    ethertype = (value & 0xFF) << 8 | value >> 8 & 0xFF
    return PROTOCOLS.get(ethertype) or f"0x{ethertype:04x}"


def control(node: Node) -> bool:
    """A verdict; jump and goto carry a number below their opcode (pkt_cls.h)."""
    value = number(node)
    if value >> 28 == JUMP:
        node._label = f"jump {value & 0xFFFFFFF}"
    elif value >> 28 == GOTO_CHAIN:
        node._label = f"goto-chain {value & 0xFFFFFFF}"
    return False


# -- bit fields, whose order in memory is the host's ----------------------------


def nibbles(node: Node) -> tuple[int, int]:
    """The two 4-bit fields of a byte, in the order of their declaration."""
    value = number(node)
    return (value >> 4, value & 15) if node.message.big else (value & 15, value >> 4)


def name_of(names: tuple[str, ...], index: int) -> str:
    return names[index] if index < len(names) else str(index)


def align(node: Node) -> bool:
    """struct tcf_em_cmp: align:4, flags:4."""
    width, flags = nibbles(node)
    node._label = f"u{8 * width}" + (" trans" if flags & 1 else "")
    return False


def layer_operand(node: Node) -> bool:
    """struct tcf_em_cmp: layer:4, opnd:4."""
    layer, operand = nibbles(node)
    node._label = f"{name_of(LAYERS, layer)} {name_of(OPERANDS, operand)}"
    return False


def layers(node: Node) -> bool:
    """struct tcf_em_text: from_layer:4, to_layer:4."""
    first, last = nibbles(node)
    node._label = f"from {name_of(LAYERS, first)} to {name_of(LAYERS, last)}"
    return False


def length_layer(node: Node) -> bool:
    """struct tcf_em_nbyte: len:12, layer:4."""
    value = number(node)
    big = node.message.big
    length, layer = (value >> 4, value & 15) if big else (value & 0xFFF, value >> 12)
    node._label = f"{length} bytes at {name_of(LAYERS, layer)}"
    return False


def meta_kind(node: Node) -> bool:
    """struct tcf_meta_val: the type in the top 4 bits, what to look at in the lower 11."""
    value = number(node)
    parts = struct_named(node, "meta-kind-parts")
    names = []
    for field, bits in zip(parts.members if parts is not None else (), (value >> 12, value & 0x7FF)):
        names.append((field.enum.names.get(bits) if field.enum is not None else None) or str(bits))
    node._label = " ".join(names)
    return False


# -- payloads ------------------------------------------------------------------

_arrays: dict[tuple[str, spec.Struct], spec.Field] = {}


def array_of(name: str, struct: spec.Struct) -> spec.Field:
    """A member that is a C array of structs."""
    field = _arrays.get((name, struct))
    if field is None:
        field = _arrays[name, struct] = spec.Field(name, None, -1, spec.ARRAY)
        field.sub = spec.Field(name, None, -1, spec.STRUCT)
        field.sub.struct, field.sub.size = struct, struct.size
    return field


def struct_named(node: Node, name: str) -> spec.Struct | None:
    known = node.message.spec
    return None if known is None else known.struct(name)


def head_of(node: Node, struct: spec.Struct | None) -> int:
    """Shows a struct at the start of the payload; returns where it ends, -1 if it is cut."""
    if struct is None or node.end - node.start < struct.size:
        return -1
    node.shown = "struct"
    end = node.start + struct.size
    node._children = members(node, struct, end)
    return end


def counted(node: Node, key: str) -> bool:
    """A struct and then as many keys as its member `nkeys` says."""
    pos, struct = head_of(node, node.field.struct), struct_named(node, key)
    if pos < 0 or struct is None:
        return False
    count = node.find("nkeys")
    wanted = 0 if count is None else count.value * struct.size
    end = min(pos + wanted, node.end)
    if end - pos < wanted:
        node.diagnose("keys-short", "error", f"{node.end - pos} bytes where nkeys is {count}")
    if pos < end:
        member(node, array_of("keys", struct), pos, end)
    node.leftover(end)
    return True


def u32_sel(node: Node) -> bool:
    """TCA_U32_SEL: struct tc_u32_sel with its keys."""
    return counted(node, "tc-u32-key")


def pedit_keys(node: Node) -> bool:
    """TCA_PEDIT_PARMS: struct tc_pedit_sel with its keys."""
    return counted(node, "tc-pedit-key")


def array_hook(kind: int) -> Callable[[Node], bool]:
    """A hook that reads a member as an array of scalars of this kind."""
    size = spec.SIZES[kind]

    def read(node: Node) -> bool:
        node.shown, node._value = "array", []
        for index, pos in enumerate(range(node.start, node.end - size + 1, size)):
            node._value.append(member(node, part(str(index), kind), pos, pos + size).value)
        return True

    return read


COUNTS = spec.Field("kcnts", None, -1, spec.ARRAY)
COUNTS.sub = spec.Field("kcnts", None, -1, spec.U64)
COUNTS.sub.size = 8


def u32_counts(node: Node) -> bool:
    """TCA_U32_PCNT: struct tc_u32_pcnt with a count for each key."""
    pos = head_of(node, node.field.struct)
    if pos < 0:
        return False
    if pos < node.end:
        member(node, COUNTS, pos, node.end)
    return True


def by_kind(node: Node) -> bool:
    """A payload that for this kind is one struct, of whatever length the kernel's version had.

    Statistics of fq_codel are a union: of a class where their type says so (pkt_sched.h).
    """
    field, kind = node.field, in_scope(node, "kind")
    form = field.sub_message.formats.get(str(kind)) if field.sub_message is not None else None
    if form is None or form.header is None or form.attributes is not None:
        return False
    struct = form.header
    if node.start == node.end:
        return False
    if struct.name == "tc-fq-codel-xstats":
        first = node.message.data[node.start : node.start + 4]
        other = struct_named(node, "tc-fq-codel-class-xstats")
        if int.from_bytes(first, "big" if node.message.big else "little") == 1 and other is not None:
            struct = other
    node.shown, node._children = "struct", members(node, struct)
    return True


def cookie(node: Node) -> bool:
    """TCA_ACT_COOKIE; when actions were flushed, their number (TCA_FCNT, net/sched/act_api.c)."""
    entry = node.parent
    if entry is None or entry.field.number != 0 or node.end - node.start != 4:
        return False
    node.field = FLUSHED
    node.shown, node._value = "u32", number(node)
    return True


FLUSHED = spec.Field("fcnt", "TCA_FCNT", 6, spec.U32)


def may_be_empty(node: Node) -> bool:
    """A number, or nothing."""
    if node.start < node.end:
        return False
    node.shown, node._value = "flag", True
    return True


def meta_value(node: Node) -> bool:
    """TCA_EM_META_LVALUE, _RVALUE: an int or long, or bytes, as the header's kind says."""
    side = "left" if node.field.name == "lvalue" else "right"
    level = node.parent.children if node.parent is not None else []
    kind = find(level, f"hdr.{side}.kind")
    size = node.end - node.start
    if kind is None or kind.value >> 12 != 1 or size not in (4, 8):
        return False
    node.shown, node._value = "u32" if size == 4 else "u64", number(node)
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
_structs: dict[spec.Struct, spec.Field] = {}
_matches: dict[int, spec.Field] = {}


def struct_field(struct: spec.Struct) -> spec.Field:
    """A member that is this struct."""
    field = _structs.get(struct)
    if field is None:
        field = _structs[struct] = spec.Field(struct.name, None, -1, spec.STRUCT)
        field.struct = struct
    return field


def ematches(node: Node) -> bool:
    """TCA_EMATCH_TREE_LIST: the matches, numbered from 1."""
    node.shown = "nest"
    out: list[Node] = []
    node._children = out
    walk(node.message, node, node.start, node.end, None, out)
    for entry in out:
        position = entry.field.number
        if position < 0:
            continue
        field = _matches.get(position)
        if field is None:
            field = _matches[position] = spec.Field(str(position), None, position, spec.NEST)
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
    assert node._children is not None
    if value == CONTAINER and node.end - pos == 4:
        member(node, part("ref", spec.U32), pos, node.end)
    elif value in MATCH_ATTRIBUTES and known is not None:
        walk(node.message, node, pos, node.end, known.attribute_sets[MATCH_ATTRIBUTES[value]],
             node._children)  # fmt: skip
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
                member(node, part(rest, spec.BINARY), pos, node.end)
                pos = node.end
        node.leftover(pos)
    return True


HOOKS: dict[str, Callable[[Node], bool]] = {
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
    "u32-sel": u32_sel,
    "pedit-keys": pedit_keys,
    "u32-counts": u32_counts,
    "by-kind": by_kind,
    "cookie": cookie,
    "may-be-empty": may_be_empty,
    "meta-value": meta_value,
    "ematches": ematches,
    "u8-array": array_hook(spec.U8),
    "u16-array": array_hook(spec.U16),
    "u32-array": array_hook(spec.U32),
    "u64-array": array_hook(spec.U64),
}
