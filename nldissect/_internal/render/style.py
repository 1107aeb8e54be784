"""How text looks: colours, arrows, and cutting lines to a terminal's width."""

from __future__ import annotations

import re
from typing import Final

# What a piece of text is, to the ANSI attributes (ECMA-48, SGR) it is shown in.
_SGR: Final[dict[str, str]] = {
    "plain": "",
    "dim": "2",
    "strong": "1",
    "number": "2",
    "protocol": "36",
    "name": "36",
    "operation": "1",
    "label": "32",
    "good": "32",
    "error": "1;31",
    "warning": "33",
    "note": "2",
    "string": "33",
}


class Style:
    """The looks of one output; without colour every attribute is an empty string.

    `arrows` are those to and from the kernel, `ellipsis` stands where a line
    was cut.
    """

    __slots__ = ("arrows", "codes", "colour", "ellipsis", "reset")

    def __init__(self, colour: bool = False, unicode: bool = True) -> None:
        self.colour = colour
        self.codes = {
            name: f"\x1b[{code}m" if colour and code else "" for name, code in _SGR.items()
        }
        self.reset = "\x1b[0m" if colour else ""
        self.arrows = ("→", "←") if unicode else ("->", "<-")
        self.ellipsis = "…" if unicode else ">"

    def paint(self, text: str, what: str) -> str:
        """`text` in the looks of `what`."""
        code = self.codes[what]
        return f"{code}{text}{self.reset}" if code and text else text


def width(text: str) -> int:
    """The terminal cells that `text` takes; East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def fit(parts: list[tuple[str, str]], room: int, style: Style) -> str:
    """The (text, looks) parts painted and joined, cut to `room` cells."""
    out = []
    total = sum(width(text) for text, _ in parts)
    if total > room:
        room = max(room - width(style.ellipsis), 0)
    for text, what in parts:
        size = width(text)
        if size > room:
            out.append(style.paint(cut(text, room), what) + style.ellipsis)
            break
        out.append(style.paint(text, what))
        room -= size
    return "".join(out)


def wrap(parts: list[tuple[str, str]], room: int, indent: int, style: Style) -> str:
    """The parts painted and joined, broken between words into lines of `room` cells at most.

    Lines after the first begin with `indent` spaces, and lose those that they were broken at.
    """
    out: list[str] = []
    left = room
    begun = False  # whether the line has a word
    for text, what in parts:
        piece = ""
        for word in re.split(r"(?<= )(?=[^ ])", text):
            rest = word
            while (size := width(rest.rstrip(" "))) > left:
                fits = "" if begun or size <= room - indent else cut(rest, left)
                out.append(style.paint((piece + fits).rstrip(" "), what) + f"\n{' ' * indent}")
                piece, rest = "", rest[len(fits) :]
                left, begun = room - indent, False
            piece += rest
            left -= width(rest)
            begun = begun or bool(rest.strip(" "))
        out.append(style.paint(piece, what))
    return "".join(out).rstrip(" ")


def cut(text: str, room: int) -> str:
    """What of `text` fits into so many cells."""
    if room <= 0:
        return ""
    if text.isascii():
        return text[:room]
    size = at = 0
    while at < len(text) and (size := size + width(text[at])) <= room:
        at += 1
    return text[:at]
