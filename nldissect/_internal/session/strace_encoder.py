"""Bytes again from what strace(1) decoded, where its text says them exactly.

strace writes lengths, constants and members of structs; a dissector's tables turn
constants back into numbers, and lengths and structs say how wide these are. What the text
does not tell (an interface's number behind if_nametoindex("eth0"), members left out,
decoded values without a known layout) is left zero and listed in `Record.gaps`, so that
it is shown as not known. Padding, which strace never shows, is taken for zero.
"""

from __future__ import annotations

import socket
from typing import Final

from ..engine.labels import NLM_F
from ..spec import model
from ..spec.registry import Registry
from ..wire import framing, linux
from ..wire.record import Record
from ..wire.tracetext import MORE, TraceCall, TraceString, TraceValue, number, word

Gap = tuple[int, int, str]  # from, to, what the trace shows instead

# linux/netlink.h
NLMSG: Final = {"NLMSG_NOOP": 1, "NLMSG_ERROR": 2, "NLMSG_DONE": 3, "NLMSG_OVERRUN": 4}
_FLAGS: Final = {
    **{f"NLM_F_{name}": bits for name, bits in NLM_F.items()},
    "NLA_F_NESTED": framing.NLA_F_NESTED, "NLA_F_NET_BYTEORDER": framing.NLA_F_NET_BYTEORDER,
    "NLMSGERR_ATTR_MSG": 1, "NLMSGERR_ATTR_OFFS": 2, "NLMSGERR_ATTR_COOKIE": 3,
    "NLMSGERR_ATTR_POLICY": 4, "NLMSGERR_ATTR_MISS_TYPE": 5, "NLMSGERR_ATTR_MISS_NEST": 6,
    "RTEXT_FILTER_VF": 1, "RTEXT_FILTER_BRVLAN": 2, "RTEXT_FILTER_BRVLAN_COMPRESSED": 4,
    "RTEXT_FILTER_SKIP_STATS": 8, "RTEXT_FILTER_MRP": 16, "RTEXT_FILTER_CFM_CONFIG": 32,
    "RTEXT_FILTER_CFM_STATUS": 64, "RTEXT_FILTER_MST": 128,  # linux/rtnetlink.h
    "NFNETLINK_V0": 0, "NFNL_MSG_BATCH_BEGIN": 16, "NFNL_MSG_BATCH_END": 17,
}  # fmt: skip
# linux/netfilter/nfnetlink.h and the message types of its subsystems, in order
_NFNL: Final = (
    "NONE", "CTNETLINK", "CTNETLINK_EXP", "QUEUE", "ULOG", "OSF", "IPSET", "ACCT",
    "CTNETLINK_TIMEOUT", "CTHELPER", "NFTABLES", "NFT_COMPAT", "HOOK",
)  # fmt: skip
_NFT: Final = (
    "NEWTABLE", "GETTABLE", "DELTABLE", "NEWCHAIN", "GETCHAIN", "DELCHAIN", "NEWRULE", "GETRULE",
    "DELRULE", "NEWSET", "GETSET", "DELSET", "NEWSETELEM", "GETSETELEM", "DELSETELEM", "NEWGEN",
    "GETGEN", "TRACE", "NEWOBJ", "GETOBJ", "DELOBJ", "GETOBJ_RESET", "NEWFLOWTABLE",
    "GETFLOWTABLE", "DELFLOWTABLE", "GETRULE_RESET", "DESTROYTABLE", "DESTROYCHAIN",
    "DESTROYRULE", "DESTROYSET", "DESTROYSETELEM", "DESTROYOBJ", "DESTROYFLOWTABLE",
    "GETSETELEM_RESET",
)  # fmt: skip
_CT: Final = (
    "CT_NEW", "CT_GET", "CT_DELETE", "CT_GET_CTRZERO", "CT_GET_STATS_CPU", "CT_GET_STATS",
    "CT_GET_DYING", "CT_GET_UNCONFIRMED",
)  # fmt: skip

# Headers that no dissector here lays out: member, bytes
_HEADERS: Final[dict[int, tuple[tuple[str, int], ...]]] = {
    framing.NETLINK_GENERIC: (("cmd", 1), ("version", 1), ("reserved", 2)),
    framing.NETLINK_NETFILTER: (("nfgen_family", 1), ("version", 1), ("res_id", 2)),
}
_RTNEXTHOP: Final = (
    ("rtnh_len", 2, False), ("rtnh_flags", 1, False), ("rtnh_hops", 1, False),
    ("rtnh_ifindex", 4, False),
)  # fmt: skip
_LONGEST: Final = 1 << 24  # of a message: more is not believed, so that no text costs memory
_LOOPBACK: Final = 1  # LOOPBACK_IFINDEX, linux/net.h: in every network namespace


class StraceEncoder:
    """Encodes the records of one capture; generic families are learnt as they are told."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._families: dict[str, int] = {"nlctrl": framing.GENL_ID_CTRL}
        self._constants: dict[str, int | None] = {}
        self._masks: set[str] = set()
        self._bitfields: set[str] = set()
        self._structs: dict[int, list[model.Struct]] = {}
        self._known: set[int] = set()

    def encode(self, record: Record) -> None:
        """Sets the record's data, gaps and length from `record.decoded`."""
        pieces = record.decoded
        record.decoded = None
        if not isinstance(pieces, list):
            return
        self._learn_constants(record.protocol)
        made = _EncodedBytes()
        for piece in pieces:  # of a vector of buffers
            if isinstance(piece, TraceString):
                made.add(piece.data)
                continue
            several = isinstance(piece, list) and not _is_header(piece[0] if piece else None)
            for one in piece if several and isinstance(piece, list) else [piece]:
                self._message(made, one, record.protocol)
        data = bytes(made.data)
        total = max(record.original_length, len(data))
        if record.original_length < len(data) and record.original_length > 0:
            data, total = data[: record.original_length], record.original_length
        record.data = data
        record.original_length = total
        record.gaps = [gap for gap in made.gaps if gap[0] < len(data)] or None
        if record.protocol == framing.NETLINK_GENERIC:
            self._learn_families(data)

    # -- what is learnt ----------------------------------------------------------

    def _learn_constants(self, protocol: int) -> None:
        """The constants and structs of the protocol's dissectors."""
        if protocol in self._known:
            return
        self._known.add(protocol)
        tables: list[dict[int, str]] = [names for _, names in linux.ENUMS.values()]
        for names in tables:
            for value, name in names.items():
                self._constant(name, value)
        for i, name in enumerate(_NFNL):
            self._constant(f"NFNL_SUBSYS_{name}", i)
        for i, name in enumerate(_NFT):
            self._constant(f"NFT_MSG_{name}", i)
        for i, name in enumerate(_CT):
            self._constant(f"IPCTNL_MSG_{name}", i)
        structs = self._structs.setdefault(protocol, [])
        wanted = None if protocol == framing.NETLINK_GENERIC else protocol
        for entry in self._registry.entries():
            if entry.protonum != wanted:
                continue
            spec = self._registry.named(entry.name)
            if spec is None or (wanted is None and entry.name != "nlctrl"):
                continue
            for operation in spec.operations.values():
                kind = operation.reply if operation.request is None else operation.request
                if operation.constant and kind is not None:
                    self._constant(operation.constant, kind)
            for enum in spec.enums.values():
                if enum.flags:
                    self._masks.update(enum.constants.values())
                for value, name in enum.constants.items():
                    self._constant(name, value)
            for aset in spec.attribute_sets.values():
                for field in aset.ensure().values():
                    if field.constant:
                        self._constant(field.constant, field.number)
                        if field.kind == model.BITFIELD32:
                            self._bitfields.add(field.constant)
                        self._masks.discard(field.constant)
            for struct_name in list(spec.structs):
                found = spec.struct(struct_name)
                if found is not None:
                    structs.append(found)
            structs += [o.header for o in spec.operations.values() if o.header is not None]

    def _constant(self, name: str, value: int) -> None:
        if self._constants.setdefault(name, value) != value:
            self._constants[name] = None  # two meanings: neither is certain

    def _learn_families(self, data: bytes) -> None:
        """The ids of families, from CTRL_CMD_NEWFAMILY (linux/genetlink.h)."""
        for start, stop, _, _ in framing.split(data, False, len(data), framing.NETLINK_GENERIC):
            kind_and_command = data[start + 4 : start + 6] + data[start + 16 : start + 17]
            if stop - start < 20 or kind_and_command != b"\x10\0\1":
                continue
            name, ident = "", 0
            found = framing.Attributes(data, start + 20, stop, False)
            while found.next():
                value = data[found.start : found.stop]
                if found.type == 1:
                    ident = int.from_bytes(value[:2], "little")
                elif found.type == 2:
                    name = value.rstrip(b"\0").decode("utf-8", "replace")
            if name and ident:
                self._families[name] = ident

    # -- messages ----------------------------------------------------------------

    def _message(self, made: _EncodedBytes, value: TraceValue, protocol: int) -> None:
        """One message: its header, and what comes after it."""
        parts: list[TraceValue] = value if isinstance(value, list) else [value]
        header = parts[0] if parts else None
        if not isinstance(header, dict) or not _is_header(header):
            if isinstance(value, TraceString):  # no netlink message at all
                made.add(value.data)
            return
        start = len(made.data)
        length = (number(header.get("nlmsg_len")) or 0) & 0xFFFFFFFF
        kind = self._header(made, header, length)
        end = start + max(min(length, _LONGEST), 16)
        if kind == NLMSG["NLMSG_ERROR"]:
            self._error(made, parts[1:], end, protocol)
        elif (
            kind == NLMSG["NLMSG_DONE"]
            and len(parts) > 1
            and isinstance(parts[1], (str, TraceCall))
        ):
            self._value(made, parts[1], 4, protocol)
            self._rest(made, parts[2:], end, protocol)
        else:
            self._payload(made, parts[1:], end, protocol, kind, header)
        if len(made.data) > end:
            made.cut(end)
        made.align(start)

    def _header(self, made: _EncodedBytes, header: dict[str, TraceValue], length: int) -> int:
        """struct nlmsghdr; returns the type, -1 when the trace does not tell it."""
        made.add(length.to_bytes(4, "little"))
        kind = self._type(word(header.get("nlmsg_type")))
        if kind is None:
            made.gap(2, header.get("nlmsg_type"))
        else:
            made.add(kind.to_bytes(2, "little"))
        for name, width in (("nlmsg_flags", 2), ("nlmsg_seq", 4), ("nlmsg_pid", 4)):
            found = self._number(header.get(name))
            if found is None:
                made.gap(width, header.get(name))
            else:
                made.add((found & (1 << 8 * width) - 1).to_bytes(width, "little"))
        return -1 if kind is None else kind

    def _type(self, text: str) -> int | None:
        if text in NLMSG:
            return NLMSG[text]
        if text in self._families:
            return self._families[text]
        return self._number(text)

    def _payload(
        self,
        made: _EncodedBytes,
        parts: list[TraceValue],
        end: int,
        protocol: int,
        kind: int,
        header: dict[str, TraceValue],
    ) -> None:
        if parts and isinstance(parts[0], dict) and "nla_len" not in parts[0]:
            layout: list[tuple[str, int, bool]] = []
            spec = None
            if protocol not in (framing.NETLINK_GENERIC, framing.NETLINK_NETFILTER):
                spec = self._registry.raw(protocol, kind)
            flags = self._number(header.get("nlmsg_flags")) or 0
            operation = None if spec is None else spec.operation(kind, bool(flags & 1))
            if operation is not None and operation.header is not None:
                layout = _layout(operation.header)
            elif protocol in _HEADERS:
                layout = [(name, width, name == "reserved") for name, width in _HEADERS[protocol]]
            opaque = parts[0].get("data")
            if list(parts[0]) == ["family", "data"] and isinstance(opaque, TraceString):
                self._value(made, parts[0]["family"], 1, protocol)
                self._value(made, opaque, end - len(made.data), protocol)
                return
            left = end - len(made.data)
            if not layout or not self._struct(made, parts[0], layout, left, protocol):
                made.gap(left, parts[0])
                return
            made.align(0)
            parts = parts[1:]
        self._rest(made, parts, end, protocol)

    def _error(self, made: _EncodedBytes, parts: list[TraceValue], end: int, protocol: int) -> None:
        """struct nlmsgerr: an error number and the message that it is about."""
        first = parts[0] if parts else None
        if isinstance(first, list) and first:  # with attributes behind it
            parts = first + parts[1:]
            first = parts[0]
        if not isinstance(first, dict) or "error" not in first:
            self._rest(made, parts, end, protocol)
            return
        self._value(made, first["error"], 4, protocol)
        start = len(made.data)
        echoed = first.get("msg")
        head = echoed[0] if isinstance(echoed, list) and echoed else echoed
        if isinstance(head, dict) and _is_header(head):
            alone = not isinstance(echoed, list)
            self._message(made, echoed, protocol)
            length = len(made.data) - start
            if alone and length > 16:  # capped
                made.cut(start + 16)
        self._rest(made, parts[1:], end, protocol)

    def _rest(self, made: _EncodedBytes, parts: list[TraceValue], end: int, protocol: int) -> None:
        """What follows the fixed headers: attributes, or bytes."""
        for part in parts:
            width = end - len(made.data)
            if width > 0:
                self._value(made, part, width, protocol)
        if len(made.data) < end:
            made.gap(end - len(made.data), parts[-1] if parts else None)

    # -- values --------------------------------------------------------------------

    def _value(self, made: _EncodedBytes, value: TraceValue, width: int, protocol: int) -> None:
        """A value of so many bytes; a gap where they cannot be told."""
        start = len(made.data)
        if isinstance(value, TraceString):
            if len(value.data) == width:
                made.add(value.data)
            elif len(value.data) == width - 1 and not value.cut:
                made.add(value.data + b"\0")
            elif value.data and len(value.data) < width and value.cut:
                made.add(value.data)
                made.gap(width - len(value.data), None)
            else:
                made.gap(width, value)
        elif _is_attribute(value):
            if _chains([value], width):
                self._attribute(made, value, width, protocol)
            else:  # strace took for attributes what is none
                made.gap(width, value)
        elif isinstance(value, list):
            if _chains(value, width):
                for part in value:
                    left = start + width - len(made.data)
                    if isinstance(part, list) and not _is_attribute(part):
                        self._hop(made, part, left, protocol)
                    else:
                        self._attribute(made, part, left, protocol)
            elif _chains([value], width):
                self._hop(made, value, width, protocol)
            else:
                self._array(made, value, width, protocol)
        elif isinstance(value, dict):
            for layout in self._layouts(value, width, protocol):
                if self._struct(made, value, layout, width, protocol):
                    break
            else:
                made.gap(width, value)
        else:
            found = self._scalar(value, width)
            if found is None:
                made.gap(width, value)
            else:
                made.add(found)

    def _attribute(self, made: _EncodedBytes, value: TraceValue, width: int, protocol: int) -> None:
        """struct nlattr with its payload and padding."""
        header = value[0] if isinstance(value, list) else value
        assert isinstance(header, dict)
        start = len(made.data)
        length = number(header.get("nla_len"))
        kind = self._number(header.get("nla_type"))
        if length is None or not 0 <= length <= 0xFFFF:
            made.gap(width, value)
            return
        made.add(length.to_bytes(2, "little"))
        if kind is None:
            made.gap(2, header.get("nla_type"))
        else:
            made.add((kind & 0xFFFF).to_bytes(2, "little"))
        inside = min(length, width) - 4
        if inside > 0:
            payload = value[1] if isinstance(value, list) and len(value) > 1 else None
            if isinstance(payload, str) and word(header.get("nla_type")) in self._bitfields:
                self._value(made, payload, 4, protocol)  # strace shows the first half
                made.gap(inside - 4, None)
            else:
                self._value(made, payload, inside, protocol)
            if len(made.data) > start + 4 + inside:
                made.cut(start + 4 + inside)
        padded = min((length + 3) & ~3, width)
        if len(made.data) < start + padded:
            made.add(bytes(start + padded - len(made.data)))

    def _hop(self, made: _EncodedBytes, value: list[TraceValue], width: int, protocol: int) -> None:
        """struct rtnexthop (linux/rtnetlink.h) with its attributes."""
        start = len(made.data)
        length = min(_length(value), width)
        head = value[0]
        if not isinstance(head, dict) or "rtnh_len" not in head or length < 8:
            made.gap(width, value)
            return
        if not self._struct(made, head, list(_RTNEXTHOP), 8, protocol):
            made.gap(8, head)
        if length > 8:
            self._rest(made, value[1:], start + length, protocol)
        made.align(start)

    def _array(
        self, made: _EncodedBytes, value: list[TraceValue], width: int, protocol: int
    ) -> None:
        count = len(value)
        if not count or width % count or any(isinstance(p, list) or p == MORE for p in value):
            made.gap(width, value)
            return
        size = width // count
        if isinstance(value[0], str) and size not in (1, 2, 4, 8):
            made.gap(width, value)
            return
        for part in value:
            self._value(made, part, size, protocol)

    def _scalar(self, value: TraceValue, width: int) -> bytes | None:
        """A number, constant, flags or address of so many bytes."""
        if isinstance(value, TraceCall):
            return self._called(value, width)
        if not isinstance(value, str):
            return None
        if value.count(":") == width - 1 and width > 1:  # a link-layer address
            try:
                return bytes.fromhex(value.replace(":", ""))
            except ValueError:
                return None
        found = self._number(value)
        if found is None or width not in (1, 2, 4, 8):
            return None
        if not -(1 << 8 * width - 1) <= found < 1 << 8 * width:
            return None
        return (found & (1 << 8 * width) - 1).to_bytes(width, "little")

    def _called(self, call: TraceCall, width: int) -> bytes | None:
        args = call.args
        first = args[0] if args else None
        if call.name in ("htons", "htonl", "htobe64"):
            size = {"htons": 2, "htonl": 4, "htobe64": 8}[call.name]
            found = self._number(first)
            if found is None or size != width or not 0 <= found < 1 << 8 * size:
                return None
            return found.to_bytes(size, "big")
        if call.name in ("inet_addr", "inet_pton"):
            text = args[-1]
            family = socket.AF_INET
            if call.name == "inet_pton" and word(first) in ("AF_INET6", "0xa"):
                family = socket.AF_INET6
            if isinstance(text, TraceString):
                try:
                    raw = socket.inet_pton(family, text.data.decode())
                except (OSError, ValueError):
                    return None
                return raw if len(raw) == width else None
        if call.name == "if_nametoindex" and isinstance(first, TraceString) and first.data == b"lo":
            return _LOOPBACK.to_bytes(4, "little") if width == 4 else None
        return None

    def _number(self, value: TraceValue) -> int | None:
        """A number, a constant, or flags joined by |; None when a part is not known."""
        plain = number(value)
        if plain is not None or not isinstance(value, str):
            return plain
        total = 0
        for part in value.split("|"):
            name, _, shift = part.partition("<<")
            negative = name.startswith("-")
            found = number(name)
            if found is None:
                found = _FLAGS.get(name)
            if found is None:
                found = self._constants.get(name.removeprefix("-"))
            if found is None:
                return None
            if shift:
                bits = number(shift)
                if bits is None:  # where a dissector has masks, strace has bit numbers
                    bits = None if shift in self._masks else self._constants.get(shift)
                if bits is None or not 0 <= bits < 64:
                    return None
                found <<= bits
            total |= -found if negative and found > 0 else found
        return total

    # -- structs ---------------------------------------------------------------------

    def _layouts(
        self, value: dict[str, TraceValue], width: int, protocol: int
    ) -> list[list[tuple[str, int, bool]]]:
        """Layouts of known structs that have these members and this size."""
        out = []
        for struct in self._structs.get(protocol, ()):
            if struct.size <= width <= struct.padded or struct.size > width:
                layout = _layout(struct)
                if _fits(value, layout, width) and layout not in out:
                    out.append(layout)
        return out

    def _struct(
        self,
        made: _EncodedBytes,
        value: dict[str, TraceValue],
        layout: list[tuple[str, int, bool]],
        width: int,
        protocol: int,
    ) -> bool:
        """A struct by its layout; False, with nothing added, when its members are others."""
        if not _fits(value, layout, width):
            return False
        start = len(made.data)
        names = [name for name in value if name != MORE]
        at = 0
        for name, size, hidden in layout:
            if len(made.data) - start + size > width:
                break
            if at < len(names) and _same(names[at], name):
                self._value(made, value[names[at]], size, protocol)
                at += 1
            elif hidden:
                made.add(bytes(size))
            else:
                made.gap(size, MORE if MORE in value else None)
        return True


class _EncodedBytes:
    """What has been encoded, and what of it is not known."""

    __slots__ = ("data", "gaps")

    def __init__(self) -> None:
        self.data = bytearray()
        self.gaps: list[Gap] = []

    def add(self, data: bytes) -> None:
        self.data += data

    def gap(self, width: int, shown: TraceValue) -> None:
        """Bytes that the trace does not tell."""
        if width > 0:
            at = len(self.data)
            self.gaps.append((at, at + width, _shown(shown)))
            self.data += bytes(width)

    def cut(self, end: int) -> None:
        """Takes off what is too long."""
        del self.data[end:]
        self.gaps = [(a, min(b, end), text) for a, b, text in self.gaps if a < end]

    def align(self, start: int) -> None:
        self.data += bytes(-(len(self.data) - start) % 4)


def _shown(value: TraceValue) -> str:
    """What stands in the trace, for people."""
    if isinstance(value, TraceCall):
        inner = ", ".join(_shown(arg) for arg in value.args)
        if value.name == "if_nametoindex":
            return inner
        return f"{value.name}({inner})"
    if isinstance(value, TraceString):
        return value.data.rstrip(b"\0").decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ", ".join(f"{name}={_shown(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(_shown(part) for part in value)
    return ""


def _is_header(value: TraceValue) -> bool:
    return isinstance(value, dict) and "nlmsg_len" in value


def _is_attribute(value: TraceValue) -> bool:
    """Whether it is one attribute: its header, with its payload behind it if it has any."""
    if isinstance(value, list):
        head = value[0] if len(value) == 2 else None
        return isinstance(head, dict) and "nla_len" in head and _length(head) > 4
    return isinstance(value, dict) and "nla_len" in value


def _length(value: TraceValue) -> int:
    """nla_len or rtnh_len of an attribute or next hop, 0 for what is neither."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return 0
    return number(value.get("nla_len", value.get("rtnh_len"))) or 0


def _chains(parts: list[TraceValue], width: int) -> bool:
    """Whether these are attributes or next hops that fill so many bytes."""
    total = 0
    for part in parts:
        length = _length(part)
        if length < 4 or total + length > width:
            return False
        total += (length + 3) & ~3
    return total >= width


def _layout(struct: model.Struct) -> list[tuple[str, int, bool]]:
    """The members of a struct: name in C, size, whether it is padding."""
    return [
        (
            member.name.replace("-", "_"),
            member.size,
            member.kind == model.PAD or "pad" in member.name or "reserved" in member.name,
        )
        for member in struct.members
    ]


def _same(shown: str, member: str) -> bool:
    """Whether a member's C name is this spec's: tcm_ifindex is ifindex."""
    return shown == member or shown.endswith("_" + member) or member.endswith("_" + shown)


def _fits(value: dict[str, TraceValue], layout: list[tuple[str, int, bool]], width: int) -> bool:
    """Whether all members shown are of the layout, in its order, within `width`."""
    names = [name for name in value if name != MORE]
    at = 0
    used = 0
    for name, size, hidden in layout:
        if used + size > width:
            break
        used += size
        if at < len(names) and _same(names[at], name):
            at += 1
        elif not hidden and MORE not in value:
            return False
    return at == len(names) and bool(names)
