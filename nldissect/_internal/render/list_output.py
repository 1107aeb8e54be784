"""The list: one line per message that says what happened.

Number, time, direction (→ to the kernel), protocol or generic family,
operation, summary. A malformed message has a ! in front, and at the end, in
brackets, the first thing that is wrong with it. What pairing found (copies, why
an error, the family of an acknowledgement) is shown where the link is given.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64

from ..analysis import link_text, message_text
from ..analysis.request_words import WORDS
from ..engine.faults import ERROR, NOTE
from ..engine.findings import Finding
from ..engine.frame import Diagnosis
from ..engine.message import Message
from ..engine.walk import Engine
from ..pairing.transaction import Link
from ..wire import framing
from ..wire.digits import DIGITS
from ..wire.text import escaped, safe
from ..wire.times import TimeFormatter
from .renderer import Renderer
from .style import Style, fit, width, wrap

Part = tuple[str, str]
# Words that are kept as they are written.
_KEPT: Final = 4096
_LONGEST: Final = 128  # bytes of a summary that are looked at for an object's name


# What becomes of a line that is wider than the terminal: it is cut, wrapped, or wrapped if it tells
# of an error.
CHOP, WRAP, WRAP_ERRORS = "chop", "wrap", "errors"
_NARROW: Final = 80  # cells, of which columns take less


class ListRenderer(Renderer):
    """Renders the list; lines are no wider than `width` cells (None: as they are)."""

    def __init__(
        self,
        style: Style,
        clock: TimeFormatter,
        width: int | None = None,
        constants: bool = False,
        too_wide: str = WRAP_ERRORS,
    ) -> None:
        self.style = style
        self.clock = clock
        self.width = width
        self._too_wide = too_wide
        self._constants = constants
        self._arrows = [f" {arrow} {style.reset}".encode() for arrow in style.arrows]
        self._dim = style.codes["dim"].encode()
        self._red = style.codes["error"].encode()
        self._reset = style.reset.encode()
        self._plain_mark = b" "
        self._error_mark = style.paint("!", "error").encode()
        # Words in their columns by how they look: with what pads them, and without
        self._columns: dict[str, dict[str, tuple[bytes, bytes]]] = {
            looks: {} for looks in ("protocol", "operation", "error", "good")
        }
        self._digits = DIGITS
        self._to = self._dim + b" (to #"
        self._closed = b")" + self._reset
        self._said: dict[int, str] = {}  # by number, what requests say that may be acknowledged

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        """The heading `==> path <==`, as tail(1) has it; relative times begin anew."""
        if not goes_on:
            self.clock.restart()
            self._said.clear()
        return ("\n" if last and not goes_on else "") + f"==> {safe(path)} <==\n"

    def lost(self, number: int, here: bool, overrun: str | None = None) -> str:
        """A row of its own: a gap in the capture, which may leave requests unanswered."""
        where = "here" if here else "here or before"
        text = f"{number} datagram{'s' * (number > 1)} lost {where}: the capture was too slow"
        if overrun is not None:
            text = safe(f"{where}: {overrun}")
        return f"!{' ' * 19}{self.style.paint(text, 'error')}\n"

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """The line, with its end. The message stays on the tape of its context's engine."""
        engine = message.context.engine
        message.walk_onto(engine, True)
        if self.width is not None:
            self._fitted(out, message, link, engine)
            return
        wrong = worst_wrong(message, engine)
        out.write(self._plain_mark if wrong is None else self._error_mark)
        self._write_head(out, message)
        what, who = message_text.operation(message, self._constants), _who(message, link)
        looks = _looks(message)
        out.write(self._padded(who, "protocol", True))
        size = len(out)
        out.write(self._padded(what, looks, True))
        if looks == "error":
            out.write(self._red)
        begin = len(out)
        said = None
        if link is not None and self._said and message.type < framing.NLMSG_MIN_TYPE:
            said = self._said.pop(link.of, None)
        link_text.write_summary(out, message, link, engine, said)
        if message.flags & framing.NLM_F_ACK and link is not None and message.to_kernel:
            self._keep(out, begin, message.number)
        if len(out) == begin:
            out.truncate(size)
            out.write(self._padded(what, looks, False))
        elif looks == "error":
            out.write(self._reset)
        if wrong is not None:
            self._text(out, wrong[0], wrong[1])
        elif message.truncated:
            self._text(out, " [truncated]", "note")
        if link is not None and link_text.has_aside(message, link):
            if link_text.answers_only(message, link):
                out.write(self._to)
                self._digits.signed(out, link.of)
                out.write(self._closed)
            else:
                self._text(out, link_text.aside(message, link), "dim")
        out.write(b"\n")

    def _keep(self, out: BytesWriter, begin: i64, number: i64) -> None:
        """Keeps the beginning of a request's summary for its acknowledgement, which names it."""
        end = min(len(out), begin + _LONGEST)
        text = bytes([out[i] for i in range(begin, end)])
        if end < len(out) and text.count(b" ") < WORDS:
            return
        if len(self._said) >= _KEPT:
            self._said.clear()
        self._said[number] = text.decode(errors="replace")

    def _text(self, out: BytesWriter, text: str, looks: str) -> None:
        """Painted text, safe for a terminal."""
        out.write(self.style.paint(safe(text), looks).encode())

    def _padded(self, text: str, looks: str, more: bool) -> bytes:
        """A word in its column, ready-made; without `more` behind it nothing is padded."""
        known = self._columns[looks]
        found = known.get(text)
        if found is None:
            shown = escaped(text)
            wide = f"{shown:<9} " if looks == "protocol" else f"{shown:<10} "
            paint = self.style.paint
            found = paint(wide, looks).encode(), paint(shown, looks).encode()
            if len(known) >= _KEPT:  # a hostile capture has no end of names
                known.clear()
            known[text] = found
        return found[0] if more else found[1]

    def _write_head(self, out: BytesWriter, message: Message) -> None:
        """Number, time, direction."""
        record = message.record
        assert record is not None
        digits = self._digits
        out.write(self._dim)
        digits.spaces(out, 5 - digits.width(message.number))
        digits.signed(out, message.number)
        out.write(b" ")
        self.clock.write(out, digits, record, 10)
        out.write(self._arrows[0 if message.to_kernel else 1])

    def _fitted(
        self, out: BytesWriter, message: Message, link: Link | None, engine: Engine
    ) -> None:
        """The line, cut or wrapped to the width."""
        assert self.width is not None
        looks, wrong = _looks(message), worst_wrong(message, engine)
        parts = self._columns_of(message, link, looks, wrong)
        indent = sum(width(text) for text, _ in parts)
        parts += self._summary(message, link, engine, looks, wrong)
        aside = ""
        if link is not None and link_text.has_aside(message, link):
            aside = link_text.aside(message, link)
        errs = looks == "error" or wrong is not None
        if self._too_wide == WRAP or (errs and self._too_wide == WRAP_ERRORS):
            indent = indent if indent <= self.width // 2 else 8
            text = wrap([*parts, (aside, "dim")], max(self.width, 24), indent, self.style)
        else:
            text = fit(parts, max(self.width - len(aside), 0), self.style)
            text += self.style.paint(aside, "dim")
        out.write(f"{text}\n".encode())

    def _columns_of(
        self, message: Message, link: Link | None, looks: str, wrong: Part | None
    ) -> list[Part]:
        """The mark in front, number, time and arrow, protocol and operation."""
        record = message.record
        assert record is not None
        assert self.width is not None
        time = self.clock.text(record.number, record.time)
        arrow = self.style.arrows[0 if message.to_kernel else 1]
        who = escaped(_who(message, link))
        what = escaped(message_text.operation(message, self._constants))
        narrow = self.width <= _NARROW
        head = f"{message.number:>3} {time:>8} " if narrow else f"{message.number:>5} {time:>10} "
        return [
            (" ", "plain") if wrong is None else ("!", "error"),
            (f"{head}{arrow} ", "dim"),
            (f"{who:<7} " if narrow else f"{who:<9} ", "protocol"),
            (f"{what:<8} " if narrow else f"{what:<10} ", looks),
        ]

    def _summary(
        self, message: Message, link: Link | None, engine: Engine, looks: str, wrong: Part | None
    ) -> list[Part]:
        """What it says, and what is wrong with it."""
        summary = safe(link_text.summary(message, link, engine))
        parts = [(summary, looks if looks == "error" else "plain")]
        if wrong is not None:
            parts.append((safe(wrong[0]), wrong[1]))
        elif message.truncated:
            parts.append((" [truncated]", "note"))
        return parts


def _who(message: Message, link: Link | None) -> str:
    if message.type >= framing.NLMSG_MIN_TYPE:
        return message_text.protocol_or_family(message)
    return message_text.protocol_or_family(message, link_text.request_of(message, link))


def _looks(message: Message) -> str:
    """How what the message says is shown."""
    if message.type >= framing.NLMSG_MIN_TYPE:
        return "operation"
    error = message.error
    return "operation" if error is None else "error" if error else "good"


def worst_wrong(message: Message, engine: Engine) -> Part | None:
    """The first and worst that is wrong, in brackets, and how much more there is."""
    if not message.odd and len(engine.findings) == 0:
        return None
    bad: list[Diagnosis | Finding] = [d for d in message.own_found if d.severity != NOTE]
    bad += [f for f in engine.findings if f.severity != NOTE]
    if not bad:
        return None
    worst = next((found for found in bad if found.severity == ERROR), bad[0])
    more = f", {len(bad) - 1} more" if len(bad) > 1 else ""
    return f" [{worst.text}{more}]", worst.severity
