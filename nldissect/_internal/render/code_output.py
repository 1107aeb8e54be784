"""Messages as source code (-T hex, python, build, c, go, rust), for golden tests anywhere.

The bytes are those of the message by nlmsg_len, a piece for each header and attribute
with a comment beside it, whose text `code_text` makes inert.
"""

from __future__ import annotations

from typing import Final, final

from librt.strings import BytesWriter
from librt.vecs import vec
from mypy_extensions import i64

from ..analysis.message_text import protocol
from ..engine import labels
from ..engine.lookup import echo_end, label_at, value_at
from ..engine.message import Message
from ..engine.summary import describe
from ..engine.summary_lookup import text_of
from ..engine.walk import DEPTH_AT, DEPTH_MASK, IS_ATTRIBUTE, MARKS_AT, SHOWN_AT, Engine
from ..pairing.transaction import Link
from ..wire.digits import DIGITS
from ..wire.text import escaped, quoted
from .code_text import block_comment, hash_comment, line_comment
from .renderer import Renderer

# Bytes on a line, and characters of a value in a comment.
_ROW: Final = 8
_LONGEST: Final = 48
_LINE_END: Final = 10
_DEPTHS: Final = 260  # levels that a tape can have, and some


class SourceRenderer(Renderer):
    """One language: a message gives a definition, named by file and message number."""

    def __init__(self) -> None:
        self._files = 0

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        """Counts the files, whose number is then in the names."""
        self._files += not goes_on
        return ""

    def number(self, message: Message) -> str:
        """What tells its name from others: 7, or 2_7 in the second of several files."""
        return f"{self._files}_{message.number}" if self._files else str(message.number)


class HexRenderer(SourceRenderer):
    """Hexadecimal digits, a message a line."""

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """All bytes by nlmsg_len, without separators."""
        data = message.visible_onto(message.context.engine)
        DIGITS.octets(out, data, message.base, message.limit)
        out.append(_LINE_END)


class SourceListing(SourceRenderer):
    """Bytes in rows, each header and attribute with a comment.

    The languages say what stands before and after, how a byte is written, what leads to a
    comment behind a row, which begins in column `column` after the row, and how text is `inert`
    there.
    """

    heading = "# {}"
    opening = ""
    closing = ""
    row = b'    "'
    byte = b"%02x "
    row_end = b'"'
    column = 30
    comment = b"  # "
    comment_end = b""
    nothing = b'    ""\n'

    def __init__(self) -> None:
        super().__init__()
        self._bytes = vec[bytes]([self.byte % i for i in range(256)])

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """A comment that says what the message is, then the definition with all its bytes."""
        engine = message.context.engine
        message.walk_onto(engine)
        name, size = self.number(message), int(message.limit - message.base)
        heading = self.heading.format(self.inert(title(message, engine)))
        opening = self.opening.format(name=name, short=name.replace("_", "x"), size=size)
        out.write(f"{heading}\n{opening}\n".encode())
        SourceWriter(self, out, message, engine).write()
        if size == 0:
            out.write(self.nothing)
        out.write(self.closing.encode())

    def piece(
        self, out: BytesWriter, data: bytes, start: i64, end: i64, depth: i64, comment: str
    ) -> None:
        """Some bytes with what they are."""
        told = self.inert(comment).encode() if comment else b""
        while start < end:
            stop = start + _ROW if start + _ROW < end else end
            size = len(out)
            out.write(self.row)
            while start < stop:
                out.write(self._bytes[data[start]])
                start += 1
            out.write(self.row_end)
            if len(told) > 0:
                DIGITS.spaces(out, size + self.column - len(out))
                out.write(self.comment)
                DIGITS.spaces(out, 2 * depth)
                out.write(told)
                out.write(self.comment_end)
                told = b""
            out.append(_LINE_END)

    def inert(self, comment: str) -> str:
        """The text as a comment of the language takes it."""
        return hash_comment(comment)


class PythonListing(SourceListing):
    """bytes objects."""

    opening = "message_{name} = bytes.fromhex("
    closing = ")\n\n"


class BracketListing(SourceListing):
    """Languages that list bytes in brackets."""

    heading = "// {}"
    closing = "};\n\n"
    row = b"   "
    byte = b" 0x%02x,"
    row_end = b""
    column = 52
    comment = b" // "
    nothing = b""

    def inert(self, comment: str) -> str:
        """Of `//`."""
        return line_comment(comment)


class CListing(BracketListing):
    """Arrays of unsigned char."""

    heading = "/* {} */"
    opening = "static const unsigned char message_{name}[{size}] = {{"
    comment = b" /* "
    comment_end = b" */"

    def inert(self, comment: str) -> str:
        """Of `/* */`."""
        return block_comment(comment)


class GoListing(BracketListing):
    """Byte slices."""

    opening = "var message{short} = []byte{{"
    closing = "}\n\n"


class RustListing(BracketListing):
    """Arrays of u8."""

    opening = "pub const MESSAGE_{name}: [u8; {size}] = ["
    closing = "];\n\n"


def title(message: Message, engine: Engine | None = None) -> str:
    """What the message is: `3: route, to the kernel: newlink kiwi0`; to be made inert."""
    way = "to" if message.to_kernel else "from"
    told = describe(message, engine)
    return f"{message.number}: {protocol(message)}, {way} the kernel: {told}"


@final
class SourceWriter:
    """Goes through the tape of a message and writes each of its bytes once, in a language."""

    def __init__(
        self, listing: SourceListing, out: BytesWriter, message: Message, engine: Engine
    ) -> None:
        self._listing = listing
        self._out = out
        self._message = message
        self._data = engine.concealed()
        self._engine = engine
        self._pos: i64 = message.base
        self._depth: i64 = 0  # of what is gone through
        self._ends = vec[i64]([0] * _DEPTHS)  # where what it lies in ends, by depth

    def write(self) -> None:
        """Writes all of them; nothing behind the message's end."""
        message, engine = self._message, self._engine
        if message.netlink:
            self._header()
        tape, size = engine.tape, engine.size
        after_echo = echo_end(engine)
        owner = message  # the echoed request inside of it
        place: i64 = 0
        while place < size:
            first, second = tape[place], tape[place + 1]
            depth = first >> DEPTH_AT & DEPTH_MASK
            offset, end = second & 0xFFFFFFFF, second >> 32
            self._leave(depth)
            self._to(offset, 0, "padding")
            if place == after_echo:
                owner = message
            if place + 2 < size and tape[place + 2] >> DEPTH_AT & DEPTH_MASK > depth:
                if first >> MARKS_AT & IS_ATTRIBUTE:
                    name, constant, _ = engine.called(place)
                    self._to(offset + 4, depth, constant or name)
                self._depth = depth + 1
                self._ends[depth + 1] = end
            else:
                self._to(end, depth, self._named(place, owner))
            if place == engine.echo and message.inner is not None:
                owner = message.inner
            place += 2
        self._leave(0)
        self._to(i64(len(message.data)), 0, "padding")

    def _leave(self, depth: i64) -> None:
        """Ends what lies deeper."""
        while self._depth > depth:
            self._to(self._ends[self._depth], 0, "padding")
            self._depth -= 1

    def _to(self, end: i64, depth: i64, comment: str) -> None:
        """The bytes up to there."""
        stop = end if end < self._message.limit else self._message.limit
        if self._pos < stop:
            self._listing.piece(self._out, self._data, self._pos, stop, depth, comment)
        if self._pos < end:
            self._pos = end

    def _header(self) -> None:
        """The members of struct nlmsghdr."""
        message = self._message
        start = self._pos
        kind = labels.type_name(message, True)
        flags = "|".join(labels.flag_names(message))
        self._to(start + 4, 0, f"nlmsg_len: {message.length}")
        self._to(start + 6, 0, f"nlmsg_type: {message.type}{f' {escaped(kind)}' if kind else ''}")
        self._to(start + 8, 0, f"nlmsg_flags: {flags or message.flags}")
        self._to(start + 12, 0, f"nlmsg_seq: {message.seq}")
        self._to(start + 16, 0, f"nlmsg_pid: {message.port}")

    def _named(self, place: i64, message: Message) -> str:
        """Name and value of what lies at a place: `IFLA_MTU: 1500`."""
        engine = self._engine
        name, constant, _ = engine.called(place)
        name = constant or name
        label = label_at(engine, place, message, True)
        value = value_at(engine, place, message)
        string = engine.tables.shown[engine.tape[place] >> SHOWN_AT & 0xFF] == "string"
        text = quoted(value) if string and isinstance(value, str) else text_of(value)
        if len(text) > _LONGEST:
            text = f"{text[: _LONGEST - 3]}..."
        told = f" ({escaped(label)})" if label else ""
        return f"{name}: {text}{told}" if text else name
