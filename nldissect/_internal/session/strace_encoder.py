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

from ..spec.registry import Registry
from ..wire import framing
from ..wire.record import Record
from ..wire.tracetext import MORE, TraceCall, TraceString, TraceValue, number, word
from .strace_constants import NLMSG, Layout, StraceConstants, fits, layout_of, same_member

Gap = tuple[int, int, str]  # from, to, what the trace shows instead

# Headers that no dissector here lays out
_HEADERS: Final[dict[int, Layout]] = {
    framing.NETLINK_GENERIC: [("cmd", 1, False), ("version", 1, False), ("reserved", 2, True)],
    framing.NETLINK_NETFILTER: [
        ("nfgen_family", 1, False), ("version", 1, False), ("res_id", 2, False),
    ],
}  # fmt: skip
_RTNEXTHOP: Final[Layout] = [
    ("rtnh_len", 2, False), ("rtnh_flags", 1, False), ("rtnh_hops", 1, False),
    ("rtnh_ifindex", 4, False),
]  # fmt: skip
_BIG_ENDIAN: Final = {"htons": 2, "htonl": 4, "htobe64": 8}  # bytes
_LONGEST: Final = 1 << 24  # of a message: more is not believed, so that no text costs memory
_LOOPBACK: Final = 1  # LOOPBACK_IFINDEX, linux/net.h: in every network namespace


class _EncodedBytes:
    """What has been encoded of a record, and what of it is not known."""

    __slots__ = ("data", "gaps", "protocol")

    def __init__(self, protocol: int) -> None:
        self.protocol = protocol
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

    def add_or_gap(self, data: bytes | None, width: int, shown: TraceValue) -> None:
        """Bytes of this width, a gap for None."""
        if data is None:
            self.gap(width, shown)
        else:
            self.data += data

    def cut(self, end: int) -> None:
        """Takes off what is too long."""
        del self.data[end:]
        self.gaps = [(a, min(b, end), text) for a, b, text in self.gaps if a < end]

    def align(self, start: int) -> None:
        """Pads what began at `start` to NLMSG_ALIGNTO."""
        self.data += bytes(-(len(self.data) - start) % 4)


class StraceEncoder:
    """Encodes the records of one capture; generic families are learnt as they are told."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._constants = StraceConstants(registry)

    def encode(self, record: Record) -> None:
        """Sets the record's data, gaps and length from `record.decoded`."""
        pieces = record.decoded
        record.decoded = None
        if not isinstance(pieces, list):
            return
        self._constants.learn(record.protocol)
        made = _EncodedBytes(record.protocol)
        for piece in pieces:  # of a vector of buffers
            if isinstance(piece, TraceString):
                made.add(piece.data)
            elif isinstance(piece, list) and not _is_header(piece[0] if piece else None):
                for message in piece:
                    self._message(made, message)
            else:
                self._message(made, piece)
        data = bytes(made.data)
        if 0 < record.original_length < len(data):
            data = data[: record.original_length]
        record.data = data
        record.original_length = max(record.original_length, len(data))
        record.gaps = [gap for gap in made.gaps if gap[0] < len(data)] or None
        if record.protocol == framing.NETLINK_GENERIC:
            self._constants.learn_families(data)

    # -- messages ----------------------------------------------------------------

    def _message(self, made: _EncodedBytes, value: TraceValue) -> None:
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
        done = kind == NLMSG["NLMSG_DONE"] and len(parts) > 1
        if kind == NLMSG["NLMSG_ERROR"]:
            self._error(made, parts[1:], end)
        elif done and isinstance(parts[1], (str, TraceCall)):
            self._value(made, parts[1], 4)
            self._rest(made, parts[2:], end)
        else:
            self._payload(made, parts[1:], end, kind, header)
        if len(made.data) > end:
            made.cut(end)
        made.align(start)

    def _header(self, made: _EncodedBytes, header: dict[str, TraceValue], length: int) -> int:
        """struct nlmsghdr; returns the type, -1 when the trace does not tell it."""
        made.add(length.to_bytes(4, "little"))
        kind = self._constants.message_type(word(header.get("nlmsg_type")))
        made.add_or_gap(_unsigned(kind, 2), 2, header.get("nlmsg_type"))
        for name, width in (("nlmsg_flags", 2), ("nlmsg_seq", 4), ("nlmsg_pid", 4)):
            found = self._constants.number(header.get(name))
            made.add_or_gap(_unsigned(found, width), width, header.get(name))
        return -1 if kind is None else kind

    def _payload(
        self,
        made: _EncodedBytes,
        parts: list[TraceValue],
        end: int,
        kind: int,
        header: dict[str, TraceValue],
    ) -> None:
        """What follows struct nlmsghdr up to `end`: the fixed header, then attributes."""
        fixed = parts[0] if parts else None
        if isinstance(fixed, dict) and "nla_len" not in fixed:
            opaque = fixed.get("data")
            if list(fixed) == ["family", "data"] and isinstance(opaque, TraceString):
                self._value(made, fixed["family"], 1)
                self._value(made, opaque, end - len(made.data))
                return
            flags = self._constants.number(header.get("nlmsg_flags")) or 0
            layout = self._fixed_header(made.protocol, kind, bool(flags & framing.NLM_F_REQUEST))
            left = end - len(made.data)
            if not layout or not self._struct(made, fixed, layout, left):
                made.gap(left, fixed)
                return
            made.align(0)
            parts = parts[1:]
        self._rest(made, parts, end)

    def _fixed_header(self, protocol: int, kind: int, request: bool) -> Layout:
        """The layout of what follows struct nlmsghdr, [] where it is not known."""
        if protocol not in _HEADERS:
            spec = self._registry.raw(protocol, kind)
            operation = None if spec is None else spec.operation(kind, request)
            if operation is not None and operation.header is not None:
                return layout_of(operation.header)
        return _HEADERS.get(protocol, [])

    def _error(self, made: _EncodedBytes, parts: list[TraceValue], end: int) -> None:
        """struct nlmsgerr: an error number and the message that it is about."""
        first = parts[0] if parts else None
        if isinstance(first, list) and first:  # with attributes behind it
            parts = first + parts[1:]
            first = parts[0]
        if not isinstance(first, dict) or "error" not in first:
            self._rest(made, parts, end)
            return
        self._value(made, first["error"], 4)
        start = len(made.data)
        echoed = first.get("msg")
        head = echoed[0] if isinstance(echoed, list) and echoed else echoed
        if isinstance(head, dict) and _is_header(head):
            self._message(made, echoed)
            if not isinstance(echoed, list) and len(made.data) - start > 16:  # capped
                made.cut(start + 16)
        self._rest(made, parts[1:], end)

    def _rest(self, made: _EncodedBytes, parts: list[TraceValue], end: int) -> None:
        """What follows the fixed headers up to `end`: attributes, or bytes."""
        for part in parts:
            width = end - len(made.data)
            if width > 0:
                self._value(made, part, width)
        made.gap(end - len(made.data), parts[-1] if parts else None)

    # -- values --------------------------------------------------------------------

    def _value(self, made: _EncodedBytes, value: TraceValue, width: int) -> None:
        """A value of so many bytes; a gap where they cannot be told."""
        if isinstance(value, TraceString):
            _add_string(made, value, width)
        elif _is_attribute(value):
            if _chains([value], width):
                self._attribute(made, value, width)
            else:  # strace took for attributes what is none
                made.gap(width, value)
        elif isinstance(value, list):
            self._list(made, value, width)
        elif isinstance(value, dict):
            for layout in self._constants.layouts(value, width, made.protocol):
                if self._struct(made, value, layout, width):
                    break
            else:
                made.gap(width, value)
        else:
            made.add_or_gap(self._scalar(value, width), width, value)

    def _list(self, made: _EncodedBytes, value: list[TraceValue], width: int) -> None:
        """Attributes or next hops, a single next hop, or an array."""
        end = len(made.data) + width
        if _chains(value, width):
            for part in value:
                if isinstance(part, list) and not _is_attribute(part):
                    self._next_hop(made, part, end - len(made.data))
                else:
                    self._attribute(made, part, end - len(made.data))
        elif _chains([value], width):
            self._next_hop(made, value, width)
        else:
            self._array(made, value, width)

    def _attribute(self, made: _EncodedBytes, value: TraceValue, width: int) -> None:
        """struct nlattr with its payload and padding."""
        header = value[0] if isinstance(value, list) else value
        assert isinstance(header, dict)
        start = len(made.data)
        length = number(header.get("nla_len"))
        if length is None or not 0 <= length <= 0xFFFF:
            made.gap(width, value)
            return
        made.add(length.to_bytes(2, "little"))
        kind = self._constants.number(header.get("nla_type"))
        made.add_or_gap(_unsigned(kind, 2), 2, header.get("nla_type"))
        inside = min(length, width) - 4
        if inside > 0:
            payload = value[1] if isinstance(value, list) and len(value) > 1 else None
            bitfield = word(header.get("nla_type")) in self._constants.bitfields
            if isinstance(payload, str) and bitfield:
                self._value(made, payload, 4)  # strace shows the first half
                made.gap(inside - 4, None)
            else:
                self._value(made, payload, inside)
            if len(made.data) > start + 4 + inside:
                made.cut(start + 4 + inside)
        padded = min((length + 3) & ~3, width)
        made.add(bytes(max(start + padded - len(made.data), 0)))

    def _next_hop(self, made: _EncodedBytes, value: list[TraceValue], width: int) -> None:
        """struct rtnexthop (linux/rtnetlink.h) with its attributes."""
        start = len(made.data)
        length = min(_length(value), width)
        head = value[0]
        if not isinstance(head, dict) or "rtnh_len" not in head or length < 8:
            made.gap(width, value)
            return
        if not self._struct(made, head, _RTNEXTHOP, 8):
            made.gap(8, head)
        if length > 8:
            self._rest(made, value[1:], start + length)
        made.align(start)

    def _array(self, made: _EncodedBytes, value: list[TraceValue], width: int) -> None:
        """Elements of one size that fill `width`."""
        count = len(value)
        if not count or width % count or any(isinstance(p, list) or p == MORE for p in value):
            made.gap(width, value)
            return
        size = width // count
        if isinstance(value[0], str) and size not in (1, 2, 4, 8):
            made.gap(width, value)
            return
        for part in value:
            self._value(made, part, size)

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
        found = self._constants.number(value)
        if found is None or width not in (1, 2, 4, 8):
            return None
        return _unsigned(found, width) if -(1 << 8 * width - 1) <= found < 1 << 8 * width else None

    def _called(self, call: TraceCall, width: int) -> bytes | None:
        """What a macro or function around a value gives: htons(80), inet_addr("192.0.2.1")."""
        first = call.args[0] if call.args else None
        raw: bytes | None = None
        if call.name in _BIG_ENDIAN:
            size = _BIG_ENDIAN[call.name]
            found = self._constants.number(first)
            if found is not None and 0 <= found < 1 << 8 * size:
                raw = found.to_bytes(size, "big")
        elif call.name in ("inet_addr", "inet_pton"):
            raw = _address(call)
        elif call.name == "if_nametoindex" and isinstance(first, TraceString):
            raw = _LOOPBACK.to_bytes(4, "little") if first.data == b"lo" else None
        return raw if raw is not None and len(raw) == width else None

    def _struct(
        self, made: _EncodedBytes, value: dict[str, TraceValue], layout: Layout, width: int
    ) -> bool:
        """A struct by its layout; False, with nothing added, when its members are others."""
        if not fits(value, layout, width):
            return False
        start = len(made.data)
        names = [name for name in value if name != MORE]
        at = 0
        for name, size, hidden in layout:
            if len(made.data) - start + size > width:
                break
            if at < len(names) and same_member(names[at], name):
                self._value(made, value[names[at]], size)
                at += 1
            elif hidden:
                made.add(bytes(size))
            else:
                made.gap(size, MORE if MORE in value else None)
        return True


def _add_string(made: _EncodedBytes, value: TraceString, width: int) -> None:
    """A string as a field of so many bytes: all of them, without its NUL, or cut by strace."""
    data = value.data
    if len(data) == width - 1 and not value.cut:
        data += b"\0"
    if len(data) == width or (data and len(data) < width and value.cut):
        made.add(data)
        made.gap(width - len(data), None)
    else:
        made.gap(width, value)


def _unsigned(value: int | None, width: int) -> bytes | None:
    """The low bytes of a number, as this capture's byte order has them."""
    return None if value is None else (value & (1 << 8 * width) - 1).to_bytes(width, "little")


def _address(call: TraceCall) -> bytes | None:
    """The address of inet_addr("192.0.2.1") or inet_pton(AF_INET6, "2001:db8::1")."""
    text = call.args[-1] if call.args else None
    six = call.name == "inet_pton" and word(call.args[0] if call.args else None) in (
        "AF_INET6",
        "0xa",
    )
    if isinstance(text, TraceString):
        try:
            return socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, text.data.decode())
        except (OSError, ValueError):
            pass
    return None


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
