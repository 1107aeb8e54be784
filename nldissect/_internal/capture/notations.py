"""The ways in which people write bytes: text in, what bytes it may stand for out.

One text can be read in several ways (`20 00` in an array is decimal, in a dump it is not), so
each of `READINGS` says what it makes of it, and `pasted` takes the one that gives netlink. A
reading is a list of paragraphs, a paragraph a list of lines, a line its bytes: which of them
belong together shows the same way. Nothing is evaluated, and time and memory are proportional
to the text.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import Final

from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.tracetext import unescape

Reading = list[list[bytes]]

_LONGEST_GAP: Final = 1 << 20  # bytes that a * in a dump may stand for: no datagram has more
_SHORTEST: Final = 16  # bytes of a message
_SHORTEST_RUN: Final = 4  # bytes among words


_HEX: Final = re.compile(r"(?:0x|\\x)?[0-9a-fA-F]+(?:[:,-][0-9a-fA-F]+)*+[,:;]?")


def _hexadecimal(text: str) -> bytes | None:
    """The bytes of a token of digits, with or without 0x; None for what is none."""
    digits = text[2:] if text[:2] in ("0x", "0X", "\\x") else text
    try:
        return bytes.fromhex(f"0{digits}" if len(digits) == 1 else digits)
    except ValueError:
        return None


def is_hex(word: str) -> bool:
    """Whether a word looks as if hex were meant."""
    return _HEX.fullmatch(word) is not None


# -- plain hex -----------------------------------------------------------------------------

_REMARK: Final = re.compile(r"^[ \t]*(?:[#;]|//).*", re.MULTILINE)
_BETWEEN: Final = re.compile(r"[^\s:,;|\-]+")
_DOTS: Final = ".\u2026[]<>()"  # what stands for more that is not there


def _plain(text: str) -> Reading:
    """Nothing but hex, with spaces, colons, commas, 0x or \\x or nothing between the bytes.

    UsageError tells what is no hex, and where.
    """
    out: Reading = [[]]
    for number, line in enumerate(_REMARK.sub("", text).splitlines(), 1):
        row = bytearray()
        for token in _BETWEEN.finditer(line.replace("\\x", "  ")):
            found = _hexadecimal(token[0])
            if found is None and not token[0].strip(_DOTS):
                continue
            if found is None:
                where = f"line {number}, column {token.start() + 1}"
                raise UsageError(f"{where}: {_reason(token[0])}")
            row += found
        if row:
            out[-1].append(bytes(row))
        elif out[-1]:
            out.append([])
    return out


def _reason(token: str) -> str:
    """Why it is no hex."""
    digits = token.removeprefix("0x")
    shown = token if len(token) <= 40 else f"{token[:40]}..."
    if re.fullmatch("[0-9a-fA-F]+", digits):
        return f"{shown!r} is an odd number of hex digits ({len(digits)})"
    return f"{shown!r} is no hex"


def _words(text: str) -> Reading:
    """Hex in words of 2, 4 or 8 bytes, as a little-endian machine has them: od -x, gdb's x/8xw."""
    _plain(text)
    rows = [_BETWEEN.findall(line) for line in _REMARK.sub("", text).splitlines()]
    return [[b"".join((_hexadecimal(token) or b"")[::-1] for token in row) for row in rows]]


# -- dumps ---------------------------------------------------------------------------------

_KERNEL: Final = re.compile(r"^\s*+(?:<\d+>\s*+)?\[\s*+\d+\.\d+\]\s?|^.{0,200}?\bkernel: ")
_OFFSET_COLON: Final = re.compile(r"(?:^|\s)(?:0x)?([0-9a-fA-F]{4,16})(?: <[^>]{0,100}>)?:(?=\s|$)")
_OFFSET: Final = re.compile(r"[\s|>]*+([0-9a-fA-F]{4,16})(?=\s|$)")
_CELL: Final = re.compile(r"(\s*)(\S+)")


class _Dump:
    """Lines of a dump, one after the other; `swaps` turns the bytes of each word round."""

    def __init__(self, swaps: bool) -> None:
        self._swaps = swaps
        self.out: Reading = [[]]
        self._counts = False  # whether lines begin with offsets without a colon
        self._base = 16  # of these
        self._offset: int | None = None  # of the last line, in its digits' base
        self._digits = ""
        self._squeezed = False
        self._number = 0  # of the line
        self._others = 0  # lines since the last one of the dump
        self._twice: list[int] = []  # dumps directly below another

    def line(self, line: str) -> None:
        """Takes one in."""
        self._number += 1
        if line.strip() == "*":
            self._squeezed = True
            return
        digits, rest = self._split(_KERNEL.sub("", line, count=1))
        row, stopped = _row(rest, self._swaps)
        if digits is not None:
            self._place(digits)
        elif stopped or not row:  # no dump's line, or a slip in one
            words = line.split()
            if 2 * sum(map(is_hex, words)) > len(words) and row and 0 < len(stopped) < 4:
                raise UsageError(f"line {self._number}: {_reason(stopped)}")
            row = _longest_run(words)
        if row:
            self.out[-1].append(row)
            self._others = 0
            return
        self._others += digits is None
        if not line.strip():
            self._part()

    def reading(self) -> Reading:
        """What was taken in. tcpdump -x shows a packet twice where it knows no better."""
        out = self.out
        same = {at for at in self._twice if b"".join(out[at]) == b"".join(out[at - 1])}
        return [rows for at, rows in enumerate(out) if at not in same]

    def _split(self, line: str) -> tuple[str | None, str]:
        """The digits of the line's offset, and what stands behind it."""
        found = _OFFSET_COLON.search(line)
        if found is None and (first := _OFFSET.match(line)) is not None:
            self._counts = self._counts or not int(first[1], 16)
            found = first if self._counts else None
        if found is not None:
            return found[1], line[found.end() :].removeprefix(":")
        words = line.split(" ")
        at = 0  # behind what was printed in front of the dump
        while at < len(words) and words[at] and not is_hex(words[at]):
            at += 1
        return None, " ".join(words[at:])

    def _place(self, digits: str) -> None:
        """A line with this offset begins: what a * left out comes, or another dump."""
        rows = self.out[-1]
        if self._digits and rows and len(rows) == 1 and not self._squeezed:
            self._base = 16 if self._distance(digits, 16) == len(rows[0]) else 8
            if self._distance(digits, self._base) != len(rows[0]):
                self._base = 16
        gap = self._distance(digits, self._base) - len(rows[-1]) if self._digits and rows else 0
        if self._squeezed and gap > 0:
            if gap > _LONGEST_GAP:
                told = f"* stands for {gap} bytes, more than any message has"
                raise UsageError(f"line {self._number - 1}: {told}")
            rows.append((rows[-1] * (gap // len(rows[-1]) + 1))[:gap])
        elif gap > 0 and rows:
            have = len(rows[-1])
            told = f"{have} of the {have + gap} bytes before offset {digits} can be read"
            raise UsageError(f"line {self._number}: {told}")
        elif self._digits and self._distance(digits, self._base) <= 0:
            self._part()
            if not self._others:
                self._twice.append(len(self.out) - 1)
        self._squeezed = False
        self._digits = digits

    def _distance(self, digits: str, base: int) -> int:
        """How far an offset is from that of the line before, in a base."""
        try:
            return int(digits, base) - int(self._digits, base)
        except ValueError:
            return 1

    def _part(self) -> None:
        if self.out[-1]:
            self.out.append([])
        self._digits = ""


def _longest_run(words: list[str]) -> bytes:
    """The most bytes in a row among words of prose; printk() with %*phC has colons between."""
    runs = [bytearray()]
    for word in words:
        found = [_hexadecimal(part) for part in _BETWEEN.findall(word.strip(_DOTS))]
        if not found or None in found:
            runs.append(bytearray())
        else:
            runs[-1] += b"".join(data for data in found if data is not None)
    longest = bytes(max(runs, key=len))
    return longest if len(longest) >= _SHORTEST_RUN else b""


def _row(text: str, swaps: bool) -> tuple[bytes, str]:
    """The bytes that a line begins with, and the word that ended them; "" behind a gap or bar.

    Between its 8th and 9th byte hexdump -C has a gap too.
    """
    out = bytearray()
    width = 0
    for cell in _CELL.finditer(text.rstrip()):
        token = cell[2].strip(",;:<>()[]{}")
        gap = len(cell[1]) > 1 and len(cell[1]) + len(token) != width + 1  # but of part of a word
        if gap and out and len(out) != 8:
            break
        found = _hexadecimal(token)
        if found is None or (width and len(token) > width) or not token:
            text_behind = gap or cell[2][:1] in ("|", ">") or not token.strip(_DOTS)
            return bytes(out), "" if text_behind else token
        width = width or len(token)
        out += found[::-1] if swaps else found
        if len(token) < width:
            break
    return bytes(out), ""


def _dump(text: str, swaps: bool = False) -> Reading:
    """xxd, hexdump, od -tx1, tcpdump -X, tshark -x, gdb, print_hex_dump() in a kernel's log."""
    dump = _Dump(swaps)
    for line in text.splitlines():
        dump.line(line)
    return dump.reading()


def _word_dump(text: str) -> Reading:
    """The same, of words: hexdump and od without options."""
    return _dump(text, swaps=True)


# -- literals ------------------------------------------------------------------------------

_STRING: Final = re.compile(
    r""""((?:[^"\\]|\\.)*+)(?:"(\.\.\.)?|\Z)|'((?:[^'\\]|\\.)*+)(?:'(\.\.\.)?|\Z)""", re.DOTALL
)
_QUOTE: Final = re.compile("[\"']")
# What may stand between the parts of one string: b"" "", "" + b'', a line's end.
_JOINS: Final = re.compile(r"[\s\\+.]*(?:[bBrRuUL]|br|rb|u8)?")
_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_LINE_COMMENT: Final = re.compile(r"(?://|#)[^\n]*")
_LIST: Final = re.compile(r"[\[{(<]([^\[\](){}<>]*+)(?:[\])}>]|\Z)")
_NUMBER: Final = re.compile(
    r"\s*(?:\(\w{1,20}\)\s*)?(?:'((?:[^'\\]|\\.[^']{0,3}))'"
    r"|(-?(?:0[xX][0-9a-fA-F]{1,16}|[0-9a-fA-F]{1,3}))(?:_?[ui](?:8|32|64)|[uUlL]{1,3})?)"
    r"\s*(?:[,;]|(?=\s)|\Z|(?=\.\.\.))"
)


def _strings(text: str) -> Iterator[tuple[str, bool]]:
    """The insides of string literals, those that belong together joined; and whether so."""
    end = -1
    for found in _STRING.finditer(text):
        between = text[end : found.start()] if end >= 0 else "/"
        inside = found[1] if found[1] is not None else found[3]
        yield inside, len(between) < 200 and _JOINS.fullmatch(between) is not None
        end = found.end()


def _escapes(text: str) -> Reading:
    """String literals of C, Python, Rust, Go and strace: hex, octal and letters."""
    if "\\" in text and _QUOTE.search(text) is None:  # what was within the quotes
        return [[unescape(text.strip("\r\n").removesuffix("..."))]]
    out: Reading = []
    for inside, joined in _strings(text):
        data = unescape(inside.replace("\\\n", ""))
        if joined and out:
            out[-1].append(data)
        else:
            out.append([data])
    return _long(out)


def _long(literals: Reading) -> Reading:
    """Without those that are shorter than any message, where there are longer ones."""
    kept = [parts for parts in literals if sum(map(len, parts)) >= _SHORTEST]
    return kept or literals


def _quoted(text: str) -> Reading:
    """Hex in string literals, as for bytes.fromhex() and in JSON."""
    out: Reading = []
    for inside, joined in _strings(text):
        try:
            rows = [row for paragraph in _plain(inside) for row in paragraph]
        except UsageError:
            continue
        if joined and out:
            out[-1] += rows
        else:
            out.append(rows)
    return _long(out)


def _numbers(text: str, base: int) -> bytes | None:
    """The bytes of a list of numbers without a prefix in `base`; None for what is none."""
    out = bytearray()
    at = 0
    text = text.strip()
    while at < len(text) and not text.startswith("...", at):
        found = _NUMBER.match(text, at)
        if found is None:
            return None
        at = found.end()
        if found[1] is not None:
            out += unescape(found[1])[:1]
            continue
        digits = found[2]
        hexadecimal = digits[:2] in ("0x", "0X")
        try:
            value = int(digits, 16 if hexadecimal else base)
        except ValueError:
            return None
        if hexadecimal and len(digits) in (6, 10, 18):  # a word of the machine's
            out += value.to_bytes(len(digits) // 2 - 1, "little")
        elif -128 <= value <= 255:
            out.append(value & 0xFF)
        else:
            return None
    return bytes(out)


def _lists(text: str, base: int = 10) -> Reading:
    """Arrays of C, Go, Rust, Python and others: in brackets, or nothing around them."""
    text = _LINE_COMMENT.sub("", _COMMENT.sub("", text) if "/*" in text else text)
    parts = [found[1] for found in _LIST.finditer(text)] or [text]
    found = [_numbers(part, base) for part in parts]
    return _long([[data] for data in found if data])


def _hex_lists(text: str) -> Reading:
    """The same with hex that has no 0x."""
    return _lists(text, 16)


# -- libnl ---------------------------------------------------------------------------------

_BEGIN: Final = "BEGIN NETLINK MESSAGE"
_MEMBER: Final = re.compile(r"\s*\.(\w+) = (-?(?:0x[0-9a-f]{1,8}|\d{1,10}))\b")
_PART: Final = re.compile(r"( *)\[([A-Z ]+?)(?: (\d+))?( NESTED)?\] (\d{1,7}) octets")
# Members in the order in which libnl prints them; what is printed of them is all there is.
_LAYOUTS: Final = {
    "port": ("=IHHII", ("nlmsg_len", "type", "flags", "seq", "port")),
    "unused": ("=BBH", ("cmd", "version", "unused")),
    "error": ("=I", ("error",)),
}


class _LibnlDump:
    """One message as nl_msg_dump() of libnl prints it (NLCB=debug; libnl's lib/msg.c).

    `lengths` are those of messages by type, sequence number and port: of the request that an error
    echoes libnl prints the length of a header alone, so that of the one that was sent is taken.
    """

    def __init__(self, lengths: dict[tuple[int, ...], int]) -> None:
        self.data = bytearray()
        self._lengths = lengths
        self._echoes = False
        self._members: dict[str, int] = {}
        self._left = 0  # bytes of the part at hand that are still to come
        self._width = 16  # bytes a line

    def line(self, line: str) -> None:
        """Takes one in."""
        part = _PART.match(line)
        member = _MEMBER.match(line)
        if part is not None:
            name, number, nested = part[2], part[3], part[4]
            self._width = max(18 - len(part[1]), 1)
            self._left = int(part[5])
            if name in ("ATTR", "ATTR PADDING"):
                kind = int(number or 0) | (0x8000 if nested else 0)
                self.data += struct.pack("=HH", self._left + 4 & 0xFFFF, kind & 0xFFFF)
            if nested or name in (
                "NETLINK HEADER",
                "GENERIC NETLINK HEADER",
                "ERRORMSG",
                "ORIGINAL MESSAGE",
            ):
                self._left = 0
                self._echoes = name == "ORIGINAL MESSAGE"
        elif member is not None:
            self._member(member[1], int(member[2], 0))
        elif self._left:
            for token in line.split()[: min(self._width, self._left)]:
                found = _hexadecimal(token)
                if found is None or len(found) != 1:
                    break
                self.data += found
                self._left -= 1

    def _member(self, name: str, value: int) -> None:
        self._members[name] = value
        if name == "port":
            key = self._members.get("type", 0), self._members.get("seq", 0), value
            if self._echoes:
                self._members["nlmsg_len"] = self._lengths.get(key, 16)
            else:
                self._lengths[key] = self._members.get("nlmsg_len", 16)
        layout = _LAYOUTS.get(name)
        if layout is not None:
            form, names = layout
            sizes = [1 << 8 * struct.calcsize("=" + code) for code in form[1:]]
            values = [self._members.get(n, 0) % size for n, size in zip(names, sizes, strict=True)]
            self.data += struct.pack(form, *values)


def _libnl(text: str) -> Reading:
    """Debug dumps of libnl."""
    out: Reading = []
    lengths: dict[tuple[int, ...], int] = {}
    dump: _LibnlDump | None = None
    for line in text.splitlines() if _BEGIN in text else ():
        if _BEGIN in line:
            dump = _LibnlDump(lengths)
        elif "END NETLINK MESSAGE" in line and dump is not None:
            out.append([bytes(dump.data)])
            dump = None
        elif dump is not None:
            dump.line(line)
    if dump is not None:
        out.append([bytes(dump.data)])
    return out


# From the one that takes least to be something else to the one that takes anything.
READINGS: Final[tuple[Callable[[str], Reading], ...]] = (
    _libnl, _plain, _escapes, _lists, _dump, _quoted, _hex_lists, _words, _word_dump,
)  # fmt: skip
