"""Captures without what is not for others: which bytes of them are replaced, and by what.

A first pass (`learn`) gathers what is to be replaced, a second (`record`, `interface`) replaces it:
the values that a dissector knows, and the same bytes wherever no dissector says what they are
(trailing bytes, payloads of unknown families), in comments and in command lines.
"""

from __future__ import annotations

import base64
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from ..engine.frame import Frame
from ..engine.message import Message
from ..engine.node import Node
from ..engine.walk import NO_KEY
from ..spec import model
from ..wire import framing
from ..wire.record import Interface, Record, Socket
from ..wire.text import format_mac, without_keys
from .pseudonyms import Pseudonyms

KINDS: Final = ("mac", "ip", "names", "processes")

_SHORTEST: Final = {"secrets": 5, "mac": 6, "ip": 4, "names": 4}  # what is looked for elsewhere
_LOOK_AHEAD: Final = 4
_PASSWORD: Final = re.compile(rb"[ -~]+")
_TOKEN: Final = re.compile(r"[0-9A-Za-z_.:@+-]+")
_COMMENT: Final = 1  # opt_comment
_OF_THE_HOST: Final = (2, 3)  # shb_hardware, shb_os

Edit = tuple[str, int, int, bytes]  # its kind, from, to, what stands there now


class Redaction:
    """What is replaced in one capture; `done` counts it, by what it was.

    Without a `key` secrets become zeros, and what else is asked for (`kinds`, of KINDS) stands for
    the same thing in this capture only. `strict`: what no dissector knows is zeros, or left out.
    """

    def __init__(self, key: bytes | None, salt: bytes, kinds: Iterable[str], strict: bool) -> None:
        self._keyed = key is not None
        self._pseudonyms = Pseudonyms(salt if key is None else key)
        self._kinds = frozenset(kinds)
        self._strict = strict
        self._known: dict[bytes, bytes] = {}  # what is looked for where nothing is known
        self._starts: dict[bytes, set[int]] = {}  # the lengths of these, by their first bytes
        self._texts: dict[str, str] = {}  # the same in words
        self._aligned: set[bytes] = set()  # of these what may be any number where it is not
        self._substrings: dict[str, str] = {}  # passwords
        self._phrases: dict[bytes, set[int]] = {}  # of the known, names that are no one word
        self._families: set[bytes] = set()
        self._interfaces: dict[Interface, Interface] = {}
        self.done: Counter[str] = Counter()
        self.opaque = 0  # payloads that no dissector knows, and that stayed

    # -- the first pass ----------------------------------------------------------------

    def learn(self, message: Message) -> None:
        """Gathers what a message has of what is to be replaced."""
        for node in message.walk():
            if node.children:
                continue
            if node.field.name == "family-name":
                self._families.add(node.bytes.rstrip(b"\0"))
            for kind, start, end, made in self._edits(node):
                self._remember(kind, message.data[start:end], made, node)

    def _remember(self, kind: str, old: bytes, new: bytes, node: Node) -> None:
        if kind == "names" or node.field.kind == model.STRING:
            old = old.partition(b"\0")[0]
            new = new[: len(old)]
        if old == new or len(set(old)) < 2:
            return
        for before, after in _in_words(kind, old, new):
            self._texts[before] = after
        if kind == "secrets" and len(old) >= _SHORTEST[kind] and _PASSWORD.fullmatch(old):
            self._substrings[old.decode("ascii")] = new.decode("latin-1").replace("\0", "0")
        if len(old) >= _SHORTEST.get(kind, len(old) + 1):
            self._known[old] = new
            if kind == "ip" and len(old) == 4:
                self._aligned.add(old)
            self._starts.setdefault(old[:_LOOK_AHEAD], set()).add(len(old))
            if kind == "names" and not _TOKEN.fullmatch(old.decode("latin-1")):
                self._phrases.setdefault(old[:_LOOK_AHEAD], set()).add(len(old))

    # -- the second pass ---------------------------------------------------------------

    def record(self, record: Record, messages: Sequence[Message]) -> Record | None:
        """The record as it is written, None for one that is left out."""
        if self._strict and record.protocol < 0:
            self.done["packets that are no netlink"] += 1
            return None
        data = bytearray(record.data)
        keys = False  # whether one before may have some
        for message in messages:
            if keys and message.state in (framing.SHORT_LENGTH, framing.LONG_LENGTH):
                # The length stays, or there were more messages or less.
                start = int(message.offset) + 4
                data[start:] = bytes(len(data) - start)
                self.done[_REST] += 1
                break
            keys = keys or _may_have_keys(message)
            if message.state != framing.OK:  # its header may be anything
                self._search(data, message.offset, message.offset + len(message.data))
            for node in message.walk():
                if not node.children:
                    self._replace(node, data, message.offset)
        if record.protocol < 0:
            self._search(data, 0, len(data))
        out = Record(
            record.number,
            record.time,
            record.protocol,
            bytes(data),
            record.original_length,
            record.offset,
            self.interface(record.interface),
            record.cooked,
            self._options(record.options or []) or None,
        )
        out.gaps = record.gaps
        return out

    def _replace(self, node: Node, data: bytearray, offset: int) -> None:
        start, end = offset + node.start, offset + node.end
        if not node.field.secret and any(data[start:end]) and _may_be_of_a_key(node):
            data[start:end] = bytes(end - start)
            self.done[_REST] += 1
            return
        edits = self._edits(node)
        for kind, start, end, made in edits:
            if made != data[offset + start : offset + end]:
                data[offset + start : offset + end] = made
                self.done[_COUNTED[kind]] += 1
        if edits or node.start >= node.end:
            return
        if _opaque(node) and any(data[start:end]):
            if self._strict:
                data[start:end] = bytes(end - start)
                self.done["payloads that no dissector knows"] += 1
                return
            self.opaque += 1
        if isinstance(node.value, (bytes, str)) and (node.kind != "string" or not _of_spec(node)):
            self._search(data, start, end)

    def _search(
        self, data: bytearray, start: int, end: int, starts: Mapping[bytes, set[int]] | None = None
    ) -> None:
        """Replaces what is known of elsewhere."""
        starts = self._starts if starts is None else starts
        place = start
        while place + _LOOK_AHEAD <= end:
            lengths = starts.get(bytes(data[place : place + _LOOK_AHEAD]))
            for length in sorted(lengths or (), reverse=True):
                old = bytes(data[place : place + length])
                made = self._known.get(old) if place + length <= end else None
                if made is not None and ((place - start) & 3 == 0 or old not in self._aligned):
                    data[place : place + length] = made
                    self.done["places outside of their attributes"] += 1
                    place += length - 1
                    break
            place += 1

    # -- what one value becomes --------------------------------------------------------

    def _edits(self, node: Node) -> list[Edit]:
        """What is replaced in a value: its kind, from and to in the message, and by what."""
        kind, raw = node.kind, node.bytes
        if not raw:
            return []
        if node.field.secret:
            return [("secrets", node.start, node.end, self._secret(node, raw))]
        if kind in _ADDRESSES or node.field.privacy == "mac":
            return self._address_edits(node, kind, raw)
        if kind == "string" and self._is_name(node, raw):
            words = raw.partition(b"\0")[0]
            which = "processes" if node.field.privacy == "process" else "names"
            return [(which, node.start, node.start + len(words), self._pseudonyms.text(words))]
        return []

    def _secret(self, node: Node, raw: bytes) -> bytes:
        if not self._keyed:
            return bytes(len(raw))
        if node.field.kind != model.STRING:
            return self._pseudonyms.octets(raw)
        words = raw.partition(b"\0")[0]
        return self._pseudonyms.text(words) + bytes(len(raw) - len(words))

    def _address_edits(self, node: Node, kind: str, raw: bytes) -> list[Edit]:
        start, pseudonyms = node.start, self._pseudonyms
        if kind == "mac" or node.field.privacy == "mac":
            mac = raw if kind == "mac" else raw[:6]
            made = pseudonyms.mac(mac) if "mac" in self._kinds else mac
            return [("mac", start, start + len(mac), made)] if made != mac else []
        at, size = _address_in(kind, raw)
        address = raw[at : at + size]
        if not address:
            return []
        if "ip" in self._kinds:
            whole = address.ljust(size, b"\0")
            length = _prefix_length(node) if len(address) == size else 8 * len(address)
            made = pseudonyms.address(whole, length)[: len(address)]
        elif "mac" in self._kinds and len(address) == 16 and address[11:13] == b"\xff\xfe":
            made = address[:8] + _interface_id(pseudonyms.mac(_mac_of(address)))
        else:
            return []
        return [("ip", start + at, start + at + len(made), made)] if made != address else []

    def _is_name(self, node: Node, raw: bytes) -> bool:
        privacy = node.field.privacy
        if privacy == "process":
            return "processes" in self._kinds
        if "names" not in self._kinds or privacy == "word" or not _of_spec(node):
            return False
        if _selects(node):
            return False
        words = raw.partition(b"\0")[0]
        return bool(words) and words != b"lo" and words not in self._families

    # -- texts -------------------------------------------------------------------------

    def text(self, words: str) -> str:
        """A comment or a command line, without what is replaced."""
        for before, after in self._substrings.items():
            words = words.replace(before, after)
        if self._phrases:
            raw = bytearray(words.encode("utf-8", "surrogateescape"))
            self._search(raw, 0, len(raw), self._phrases)
            words = raw.decode("utf-8", "surrogateescape")
        words = without_keys(words, self._key)
        return _TOKEN.sub(lambda found: self._token(found[0], found[0]), words)

    def _key(self, word: str) -> str:
        return self._token(word, "0" * len(word))

    def _token(self, word: str, otherwise: str) -> str:
        return self._texts.get(word) or self._texts.get(word.lower()) or otherwise

    def _options(self, options: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
        if self._strict:
            return [option for option in options if option[0] != _COMMENT and option[0] < 0x8000]
        return [(code, self._option(code, value)) for code, value in options]

    def _option(self, code: int, value: bytes) -> bytes:
        if code != _COMMENT:
            return value
        words = value.decode("utf-8", "surrogateescape")
        return self.text(words).encode("utf-8", "surrogateescape")

    def interface(self, interface: Interface) -> Interface:
        """The interface as it is written, with the sockets that were met on it."""
        made = self._interfaces.get(interface)
        if made is None:
            made = self._interfaces[interface] = Interface(
                interface.link_type,
                interface.big_endian,
                interface.section,
                interface.number,
                interface.snaplen,
            )
            private = self._strict or "names" in self._kinds
            made.name = interface.name and self.text(interface.name)
            made.description = interface.description and self.text(interface.description)
            if not private:
                made.filter, made.os, made.hardware = (
                    interface.filter,
                    interface.os,
                    interface.hardware,
                )
            made.dropped = interface.dropped
            made.options = self._options(interface.options)
            made.section_options = [
                option
                for option in self._options(interface.section_options)
                if not private or option[0] not in _OF_THE_HOST
            ]
        for one in interface.sockets[len(made.sockets) :]:
            made.sockets.append(self._socket(one))
        return made

    def _socket(self, one: Socket) -> Socket:
        name, command = one.name, one.command
        if "processes" in self._kinds:
            self.done[_COUNTED["processes"]] += 1
            name = None if name is None else self._words(name)
            command = None
        elif command is not None:
            command = self.text(command)
        return Socket(one.time, one.protocol, one.port, one.pid, name, command, one.uid, one.own)

    def _words(self, name: str) -> str:
        return self._pseudonyms.text(name.encode("utf-8", "surrogateescape")).decode()


_COUNTED: Final = {
    "secrets": "keys and passwords", "mac": "link-layer addresses", "ip": "IP addresses",
    "names": "names", "processes": "names of processes",
}  # fmt: skip
_ADDRESSES: Final = frozenset(("mac", "ipv4", "ipv6", "sockaddr"))


_REST: Final = "bytes that may be of a key"
# What is wrong with bytes that are not what their number says.
_MISREAD: Final = frozenset(("scalar-size", "string-encoding", "binary-size", "hook-failed"))


def _opaque(node: Node) -> bool:
    """Whether no dissector says what the bytes are."""
    return node.kind == "unknown" or node.guess or node.field.learnt or _left_over(node)


def _left_over(node: Node) -> bool:
    tables = node.message.context.tables
    return any(
        node.field is tables.fields[row]
        for row in (tables.data, tables.trailing, tables.partial_member, tables.partial_element)
    )


def _may_be_of_a_key(node: Node) -> bool:
    """Whether other outputs show the size alone of bytes that are not understood."""
    if not _may_have_keys(node.message):
        return False
    found = {diagnosis.code for diagnosis in node.diagnoses}
    if _left_over(node) or "attr-len-over" in found:
        return True
    return node.end - node.start > NO_KEY and (_opaque(node) or not found.isdisjoint(_MISREAD))


def _may_have_keys(message: Frame) -> bool:
    """Whether it is, or echoes, a message of a protocol that has keys."""
    both = (message, message.echo if isinstance(message, Message) else None)
    return any(one is not None and one.may_have_keys for one in both)


def _of_spec(node: Node) -> bool:
    """Whether it is an attribute or a struct's member, and no part of a text."""
    struct = None if node.parent is None else node.parent.field.struct
    known = struct is not None and node.field in struct.members
    return known or node.field.constant is not None


def _selects(node: Node) -> bool:
    """Whether the text says how something beside it reads."""
    parent = node.parent
    around = _top(node) if parent is None else parent.children
    return any(node.field.name in (one.field.selectors or ()) for one in around)


def _address_in(kind: str, raw: bytes) -> tuple[int, int]:
    """Where the address is in a value, and its size; 0 where it has none."""
    if kind == "ipv4":
        return 0, 4
    if kind == "ipv6":
        return 0, 16
    family = int.from_bytes(raw[:2], "little"), int.from_bytes(raw[:2], "big")
    if socket.AF_INET in family:
        return 4, 4
    return (8, 16) if socket.AF_INET6 in family else (0, 0)


def _prefix_length(node: Node) -> int:
    """How much of an address is a prefix by what is beside it; -1 where nothing says so."""
    name = node.field.prefix_length
    if not name:
        return -1
    beside = [] if node.parent is None else node.parent.children
    headers = [member for header in _top(node)[:2] for member in header.children]
    for one in (*beside, *headers):
        if one.field.name == name and isinstance(one.value, int):
            return one.value if one.value <= 128 else -1
    return -1


def _top(node: Node) -> list[Node]:
    """What lies at the top of its message."""
    message = node.message
    assert isinstance(message, Message)
    return message.nodes


def _mac_of(address: bytes) -> bytes:
    """The MAC that a modified EUI-64 interface identifier was made of (RFC 4291, appendix A)."""
    return bytes((address[8] ^ 2,)) + address[9:11] + address[13:]


def _interface_id(mac: bytes) -> bytes:
    return bytes((mac[0] ^ 2,)) + mac[1:3] + b"\xff\xfe" + mac[3:]


def _in_words(kind: str, old: bytes, new: bytes) -> list[tuple[str, str]]:
    """How people write a value, and what then stands there."""
    if kind == "mac":
        return [(format_mac(old), format_mac(new))]
    if kind == "ip" and len(old) not in (4, 16):
        return []
    if kind == "ip":
        family = socket.AF_INET if len(old) == 4 else socket.AF_INET6
        return [(socket.inet_ntop(family, old), socket.inet_ntop(family, new))]
    if kind != "secrets":
        return [(old.decode("latin-1"), new.decode("latin-1"))]
    forms: tuple[Callable[[bytes], str], ...] = (bytes.hex, _hex, _base64)
    return [(form(old), form(new)) for form in forms]


def _hex(raw: bytes) -> str:
    return f"0x{raw.hex()}"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
