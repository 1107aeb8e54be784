"""The list: one line per message that says what happened.

Number, time, direction (→ to the kernel), protocol or generic family,
operation, summary. A malformed message has a ! in front, and at the end, in
brackets, the first thing that is wrong with it. What pairing found (copies, why
an error, the family of an acknowledgement) is shown where the link is given.
"""

from __future__ import annotations

from librt.strings import BytesWriter

from ..text import safe
from ..transaction import Link
from ..tree import ERROR, NOTE, Diagnosis, Message
from . import Renderer, facts, pairs
from .digits import Digits
from .style import Style, fit
from .times import Clock

Part = tuple[str, str]


class Lines(Renderer):
    """Renders the list; `width` cuts each line to so many cells (None: never)."""

    def __init__(
        self, style: Style, clock: Clock, width: int | None = None, constants: bool = False,
    ) -> None:  # fmt: skip
        self.style = style
        self.clock = clock
        self.width = width
        self._constants = constants
        self._arrows = [f" {arrow} {style.reset}".encode() for arrow in style.arrows]
        self._dim = style.codes["dim"].encode()
        self._digits = Digits()

    def file(self, path: str, last: int) -> str:
        self.clock.restart()
        return ("\n" if last else "") + f"==> {safe(path)} <==\n"

    def lost(self, number: int, here: bool) -> str:
        """A row of its own: a gap in the capture, which may leave requests unanswered."""
        where = "here" if here else "here or before"
        text = f"{number} datagram{'s' * (number > 1)} lost {where}: the capture was too slow"
        return f"!{' ' * 19}{self.style.paint(text, 'error')}\n"

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """The line, with its end."""
        parts = self._parts(message, link)
        aside = ""
        if link is not None and pairs.beside(message, link):
            aside = pairs.aside(message, link)
        if self.width is not None:
            head = (self._head(message), "dim")
            line = fit([parts[0], head, *parts[1:]], max(self.width - len(aside), 0), self.style)
            out.write(line.encode())
        else:
            paint = self.style.paint
            out.write(paint(*parts[0]).encode())
            self._write_head(out, message)
            out.write("".join([paint(*part) for part in parts[1:]]).encode())
        if aside:
            out.write(self.style.paint(aside, "dim").encode())
        out.write(b"\n")

    def _write_head(self, out: BytesWriter, message: Message) -> None:
        """Number, time, direction."""
        record = message.record
        assert record is not None
        out.write(self._dim)
        digits = self._digits
        digits.spaces(out, 5 - digits.width(message.number))
        digits.signed(out, message.number)
        time = self.clock.text(record.number, record.time)
        out.write(b" ")
        digits.spaces(out, 10 - len(time))
        out.write(time.encode("ascii"))
        out.write(self._arrows[0 if message.to_kernel else 1])

    def _head(self, message: Message) -> str:
        record = message.record
        assert record is not None
        time = self.clock.text(record.number, record.time)
        arrow = self.style.arrows[0 if message.to_kernel else 1]
        return f"{message.number:>5} {time:>10} {arrow} "

    def _parts(self, message: Message, link: Link | None = None) -> list[Part]:
        """The mark in front, then what follows the arrow."""
        engine = message.context.engine
        message.walk_onto(engine)
        what = safe(facts.what(message, self._constants))
        summary = safe(pairs.summary(message, link, engine))
        looks = "operation"
        error = message.error
        if error is not None:
            looks = "error" if error else "good"
        who = safe(facts.who(message, pairs.question(message, link)))
        mark, wrong = (" ", "plain"), None
        if message.odd or len(engine.findings) > 0:
            wrong = _wrong(message.found(engine))
            if wrong is not None:
                mark = ("!", "error")
        parts = [
            mark,
            (f"{who:<9} ", "protocol"),
            (f"{what:<10} " if summary else what, looks),
            (summary, looks if looks == "error" else "plain"),
        ]
        if wrong is not None:
            parts.append(wrong)
        elif message.truncated:
            parts.append((" [truncated]", "note"))
        return parts


def _wrong(found: list[Diagnosis]) -> Part | None:
    """The first and worst that is wrong, in brackets, and how much more there is."""
    bad = [d for d in found if d.severity != NOTE]
    if not bad:
        return None
    first = next((d for d in bad if d.severity == ERROR), bad[0])
    more = f", {len(bad) - 1} more" if len(bad) > 1 else ""
    return f" [{safe(first.text)}{more}]", first.severity
