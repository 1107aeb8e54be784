"""The values that strace(1) writes: strings, structs, arrays, calls and words.

A struct becomes a dict, an array a list, a string `TraceString`, `htons(80)` a `TraceCall`;
all else (numbers, constants, flags) stays a str as written, without strace's comments.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

MORE: Final = "..."  # what stands for members and elements that strace left out


class TraceString:
    """A string's bytes; `cut` when strace put dots behind it."""

    __slots__ = ("cut", "data")

    def __init__(self, data: bytes, cut: bool) -> None:
        self.data = data
        self.cut = cut

    def __repr__(self) -> str:
        return f"<TraceString {self.data!r}{'...' if self.cut else ''}>"


class TraceCall:
    """A macro or function that strace writes around a value: inet_addr("192.0.2.1")."""

    __slots__ = ("args", "name")

    def __init__(self, name: str, args: list[TraceValue]) -> None:
        self.name = name
        self.args = args

    def __repr__(self) -> str:
        return f"<{self.name}({self.args})>"


TraceValue: TypeAlias = (
    "str | TraceString | TraceCall | dict[str, TraceValue] | list[TraceValue] | None"
)

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<comment>/\*.*?\*/)
    | "(?P<text>(?:[^"\\]|\\.)*)"(?P<cut>\.\.\.)?
    | (?P<mark>=>|[\[\]{}(),=|])
    | (?P<word>(?:\d+<(?:[A-Z0-9_-]+:\[.{0,512}?\]|(?:\\.|[^<>\\])*)>|[^\s\[\]{}(),="|/]|/(?!\*))+)
    )""",
    re.VERBOSE,
)
_DEEPEST: Final = 100  # strace nests no deeper than messages do
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f", b"a": b"\a"}


def _plain(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes((int(found[1], 16),))
    if found[2] is not None:
        return bytes((int(found[2], 8) & 0xFF,))
    return _LETTERS.get(found[3], found[3])


def unescape(text: str) -> bytes:
    """The bytes of a C string as strace writes it, with -xx, -x or neither."""
    raw = text.encode("latin-1", "replace")
    if len(raw) % 4 == 0 and raw.startswith(b"\\x"):  # -xx: nothing but that
        try:
            return bytes.fromhex(text.replace("\\x", ""))
        except ValueError:
            pass
    return _ESCAPE.sub(_plain, raw)


class _ValueParser:
    """Goes through the tokens of one text; ValueError where they end too soon.

    `kind` is the group of _TOKEN that the token at hand is of, "" with no `token` at the end.
    """

    __slots__ = ("_at", "_depth", "_text", "kind", "token")

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at
        self._depth = 0
        self.kind = ""
        self.token: re.Match[str] | None = None
        self.step()

    def step(self) -> None:
        """Goes on to the next token, over comments."""
        while True:
            found = _TOKEN.match(self._text, self._at)
            if found is None:
                self.kind, self.token = "", None
                return
            self._at = found.end()
            if found.lastgroup != "comment":
                self.kind, self.token = found.lastgroup or "", found
                return

    def mark(self) -> str:
        """The punctuation at hand, "" for what is none."""
        return self.token["mark"] if self.kind == "mark" and self.token is not None else ""

    def values(self, end: str) -> list[TraceValue]:
        """The values up to the mark `end`, which is stepped over."""
        out: list[TraceValue] = []
        while self.mark() != end:
            if self.token is None:
                raise ValueError("the text ends within a value")
            if self.mark() == ",":
                self.step()
                continue
            made = self.value()
            if self.mark() in ("=", "=>"):  # [0]=7 of an array; [128 => 12] in and out
                self.step()
                made = self.value()
            out.append(made)
        self.step()
        return out

    def value(self) -> TraceValue:
        """The value at hand, which is stepped over."""
        if self.token is None:
            raise ValueError("the text ends before a value")
        if self._depth == _DEEPEST:
            raise ValueError("values within values without an end")
        self._depth += 1
        made = self._value(self.token)
        self._depth -= 1
        return made

    def _value(self, token: re.Match[str]) -> TraceValue:
        """The same, with the token at hand."""
        if self.kind in ("text", "cut"):
            made = TraceString(unescape(token["text"]), token["cut"] is not None)
            self.step()
            return made
        mark = self.mark()
        if mark == "[":
            self.step()
            return self.values("]")
        if mark == "{":
            self.step()
            return self._members()
        if mark:
            raise ValueError(f"{mark} where a value should be")
        return self._words()

    def _members(self) -> dict[str, TraceValue]:
        """The members of a struct up to its }; those without a name are #0 and so on."""
        out: dict[str, TraceValue] = {}
        while self.mark() != "}":
            if self.token is None:
                raise ValueError("the text ends within a struct")
            if self.mark() == ",":
                self.step()
                continue
            made = self.value()
            if self.mark() == "=" and isinstance(made, str):
                self.step()
                out[made] = self.value()
            else:
                out[MORE if made == MORE else f"#{len(out)}"] = made
        self.step()
        return out

    def _words(self) -> TraceValue:
        """A word, words joined by |, or a call."""
        parts: list[str] = []
        while self.kind == "word" and self.token is not None:
            text = self.token["word"]
            self.step()
            if self.mark() == "(":
                self.step()
                made = TraceCall(text, self.values(")"))
                if not parts and self.mark() != "|":
                    return made
                text = f"{text}(...)"
            parts.append(text)
            if self.mark() == "|":
                self.step()
            elif self.kind != "word":
                break
        return "|".join(parts)


def arguments(text: str) -> list[TraceValue]:
    """The arguments of a call `name(...)`; raises ValueError when the text is no such."""
    return _ValueParser(text, text.index("(") + 1).values(")")


def word(value: TraceValue) -> str:
    """A word as written, empty for what is none."""
    return value if isinstance(value, str) else ""


def number(value: TraceValue) -> int | None:
    """A number that is written as one; None for a constant and all else."""
    if not isinstance(value, str):
        return None
    digits = value.partition("<")[0] if value.endswith(">") else value  # -Y: 4711<comm>
    try:
        return int(digits, 0)
    except ValueError:
        return int(digits) if digits.isdecimal() else None
