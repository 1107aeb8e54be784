"""The bytes of a message: 16 or 8 a line, what is selected in brackets."""

from __future__ import annotations

from textual import events

from ...engine.message import Message
from ...engine.spans import spans
from ..model.parts import Part
from .paint import LinePane

_SHOWN = bytes(b if 0x20 <= b < 0x7F else 0x2E for b in range(256)).decode("ascii")
_NO_BYTE: Part = ("  ", "plain")
WIDE = 16 * 3 + 1 + 16 + 9  # cells for sixteen bytes a line


class HexPane(LinePane):
    """The bytes of one message with the selected range, the byte cursor, and what is blamed."""

    def __init__(self) -> None:
        super().__init__("hex")
        self.name_it("Hex")
        self.data = b""
        self.byte = 0
        self.start = self.end = 0  # what is selected
        self.blamed = (0, 0)
        self._tones: list[bool] = []

    @property
    def per_line(self) -> int:
        """Bytes of a line: what fits of 16, 8 and 4."""
        width = self.breadth
        return 16 if width >= WIDE else 8 if width >= 8 * 4 + 9 or not width else 4

    @property
    def count(self) -> int:
        """Lines of `per_line` bytes."""
        return -(-len(self.data) // self.per_line)

    def set(self, message: Message | None, blamed: tuple[int, int] = (0, 0)) -> None:
        """Shows the bytes of another message."""
        self.data = b"" if message is None else message.visible
        self.blamed = blamed
        self.start = self.end = self.byte = 0
        self._tones = [False] * len(self.data)
        if message is not None:
            for number, (start, end, _, _) in enumerate(spans(message)):
                if number % 2:
                    self._tones[start:end] = [True] * (end - start)
        self.cursor = 0
        self.resized()
        self.top(0)
        self._title()
        self.refresh()

    def select(self, start: int, end: int, follow: bool = True) -> None:
        """Selects a range of bytes; `follow` puts the cursor on its first one."""
        self.start, self.end = max(start, 0), max(end, 0)
        if follow and start >= 0:
            self.byte = min(start, max(len(self.data) - 1, 0))
            last = max(min(end, len(self.data)) - 1, 0) // self.per_line
            self.cursor = self.byte // self.per_line
            if last - self.cursor < self.room and last >= self.scroll_offset.y + self.room:
                self.top(last - self.room + 1)
            self.show()
        self._title()
        self.refresh()

    def _title(self) -> None:
        size = len(self.data)
        if self.end > self.start:
            what = f"Hex  bytes {self.start} to {self.end - 1} of {size}"
        else:
            what = f"Hex  {size} bytes"
        self.name_it(what)

    def parts(self, line: int) -> list[Part]:
        """Offset, bytes in hex, bytes as ASCII."""
        per = self.per_line
        first = line * per
        piece = self.data[first : first + per]
        digits = 4 if len(self.data) <= 0x10000 else 8
        out: list[Part] = [(f" {first:0{digits}x} ", "dim")]
        for place in range(per):
            out += self._gap(first + place, place)
            shown = place < len(piece)
            out.append((f"{piece[place]:02x}", self._tone(first + place)) if shown else _NO_BYTE)
        last = self.start < self.end == first + per
        out.append(("] ", "span") if last else _NO_BYTE)
        out += [(_SHOWN[byte], self._tone(first + place)) for place, byte in enumerate(piece)]
        return out

    def _gap(self, at: int, place: int) -> list[Part]:
        """The cell before a byte, in the middle of a line two: blank or the selection's bracket."""
        start, end = self.start, self.end
        shown = at < len(self.data)
        blank = (" ", self._tone(at) if place and start < at < end and shown else "plain")
        opens = start == at < end and shown
        closes = place > 0 and start < end == at
        middle = place == 8
        gap = ("[", "span") if opens else ("]", "span") if closes and not middle else blank
        if not middle:
            return [gap]
        return [("]", "span") if closes else blank, gap]

    def _tone(self, at: int) -> str:
        if at == self.byte and self.has_focus:
            return "byte"
        if self.blamed[0] <= at < self.blamed[1]:
            return "blame"
        if self.start <= at < self.end:
            return "span"
        return "odd" if at < len(self._tones) and self._tones[at] else "even"

    def under(self, line: int) -> str:
        """Nothing: the cursor is a byte, not a line."""
        return ""

    # -- moving ---------------------------------------------------------------------------

    def go(self, byte: int) -> None:
        """Puts the cursor on a byte."""
        byte = min(max(byte, 0), max(len(self.data) - 1, 0))
        if byte == self.byte:
            return
        self.byte = byte
        self.cursor = byte // self.per_line
        self.show()
        self.refresh()
        self.moved()

    def move(self, line: int) -> bool:
        """Moves the byte cursor to the same column of another line."""
        before = self.byte
        line = min(max(line, 0), max(self.count - 1, 0))
        self.go(line * self.per_line + self.byte % self.per_line)
        return before != self.byte

    def on_focus(self) -> None:
        """The byte cursor shows."""
        self.refresh()

    def on_blur(self) -> None:
        """The byte cursor is hidden."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Goes to the byte that was clicked on, in hex or in ASCII."""
        line = self.clicked(event)
        if line < 0:
            return
        per = self.per_line
        across = event.get_content_offset_capture(self).x - (6 if len(self.data) <= 0x10000 else 10)
        text = 3 * per + (1 if per > 8 else 0) + 2
        if across >= text:
            place = across - text
        else:
            if per > 8 and across > 24:
                across -= 1
            place = across // 3
        if 0 <= place < per:
            self.go(line * per + place)

    def find(self, text: str, step: int) -> int:
        """The next (`step` 1) or previous place of some text or hex (`0a 0b`); -1 for none."""
        wanted = _bytes(text)
        if not wanted:
            return -1
        if step > 0:
            found = self.data.find(wanted, self.byte + 1)
            return self.data.find(wanted) if found < 0 else found
        found = self.data.rfind(wanted, 0, self.byte)
        return self.data.rfind(wanted) if found < 0 else found


def _bytes(text: str) -> bytes:
    """What is searched for: hex digits in pairs, or text (also in quotes, when it looks so)."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].encode()
    digits = text.replace(" ", "").removeprefix("0x")
    if digits and len(digits) % 2 == 0 and all(c in "0123456789abcdefABCDEF" for c in digits):
        return bytes.fromhex(digits)
    return text.encode()
