"""Templates of summaries: their text, parsed into steps that go from left to right.

A template is literal text with places in braces and optional parts in brackets:

    {path}          an attribute's or header field's label, else its value
    {path?}         the same, missing when it is 0
    {path:mode}     the value otherwise: see MODES, and the ways that a dissector's code gives
    {one|other}     the first of several that is there
    {dst/dst-len}   an address with its prefix length, which one of a host does not show
    {path=N}        nothing; missing unless the value is this number
    {path!=N}       nothing; missing unless it is there and another
    {path&N}        nothing; missing unless it has one of these bits
    {path!&N}       nothing; missing unless it is there and has none of these bits
    {!path}         nothing; missing unless `path` is (with a ? also when it is 0)
    [...]           left out when a place in it is missing; brackets nest
    [*path: ...]    once for each that is at `path`, with places inside of it: the first few,
                    between commas, then the number of the others; missing where none is
    \\[ \\]           brackets as they are

Runs of spaces in the text become one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, final

from librt.vecs import append, vec
from mypy_extensions import i64

from ..wire.text import safe

# Steps have three numbers: which it is, what it is about, and of brackets the path without
# which they are empty (-1: none), or what they are about.
STEP: Final = 3
TEXT: Final = 0  # about one of `texts`
SPACE: Final = 1
PLACEHOLDER: Final = 2  # about one of `placeholders`
OPEN: Final = 3  # brackets, up to the step there
EACH: Final = 4  # the same, for each at a path

# Modes: how a value is shown
LABEL: Final = 0
FLAGS: Final = 1  # <UP,RUNNING>
CONSTANT: Final = 2  # the last word of the C constant: IF_OPER_UP is UP
VALUE: Final = 3  # without its label
HEX: Final = 4
WORDS: Final = 5  # the names of flags, with spaces
UPPER: Final = 6
INDEX: Final = 7  # an interface's name, or `index 7`; nothing for 0
FORMATTED: Final = 8  # by a function
HOST: Final = 9  # an address as it stands before a port: IPv6 in brackets
MODES: Final = {
    "flags": FLAGS, "constant": CONSTANT, "value": VALUE, "hex": HEX, "words": WORDS,
    "upper": UPPER, "index": INDEX, "host": HOST,
}  # fmt: skip

# Tests
SHOWS: Final = 0  # none: it is shown
IS: Final = 1
IS_NOT: Final = 2
HAS: Final = 3
MISSES: Final = 4
HAS_NOT: Final = 5

DEEPEST: Final = 16  # brackets in brackets
_KEPT: Final = 4096

_TOKEN: Final = re.compile(r"\\[\[\]]|\{[^{}]*\}|[\[\]{}]| +|(?:[^\[\]{} \\]|\\(?![\[\]]))+")
_EACH: Final = re.compile(r"\*([^*:]+):")
_TEST: Final = re.compile(r"(.+?)(!=|!&|=|&)(-?\d+)")


@final
class Placeholder:
    """One place in braces. `at` and `length_at` are where its paths are in `Template.paths`."""

    def __init__(self, at: i64) -> None:
        self.at: i64 = at
        self.length_at: i64 = -1
        self.skip_zero = False
        self.test: i64 = SHOWS
        self.number: i64 = 0
        self.mode: i64 = LABEL
        self.formatter: Callable[[int], str] | None = None
        self.other: Placeholder | None = None  # what is tried when this is missing
        self.made: dict[int, bytes] = {}  # what a function made of numbers, as UTF-8


@final
class Template:
    """A parsed template; raises ValueError for text that is none.

    `formatters` are functions that its places name as their mode, from a number to its text.
    """

    def __init__(self, text: str, **formatters: Callable[[int], str]) -> None:
        self.text = text
        self.steps = vec[i64]([])
        self.texts: list[bytes] = []
        self.placeholders: list[Placeholder] = []
        self.paths: list[str] = []
        self._parse(text, formatters)

    def _parse(self, text: str, formatters: dict[str, Callable[[int], str]]) -> None:
        """Makes steps of the text, from left to right; the brackets that are open are a stack."""
        opened: list[int] = []
        for token in _TOKEN.findall(" ".join(text.split())):
            if token == " ":
                self._add(SPACE, 0)
            elif token == "[":
                if len(opened) == DEEPEST:
                    raise ValueError(f"more than {DEEPEST} brackets in each other")
                opened.append(len(self.steps))
                self._add(OPEN, 0)
            elif token == "]":
                if not opened:
                    raise ValueError("a ] without its [")
                self.steps[opened.pop() + 1] = i64(len(self.steps))
            elif token[0] in "{}":
                if len(token) < 3:
                    raise ValueError("a brace without its counterpart, or nothing in braces")
                placeholder = self._placeholder(token[1:-1].split("|"), formatters)
                alone = placeholder.other is None and placeholder.test != MISSES
                if opened and alone and self.steps[opened[-1] + 2] < 0:
                    self.steps[opened[-1] + 2] = placeholder.at
                self._add(PLACEHOLDER, len(self.placeholders))
                self.placeholders.append(placeholder)
            elif opened and opened[-1] == len(self.steps) - STEP and _EACH.fullmatch(token):
                self.steps[opened[-1]] = EACH
                self.steps[opened[-1] + 2] = self._path(token[1:-1])
            else:
                self._add(TEXT, len(self.texts))
                token = token[1:] if token in (r"\[", r"\]") else token
                self.texts.append(safe(token).encode())
        if opened:
            raise ValueError("a [ without its ]")

    def _add(self, step: int, about: int) -> None:
        for number in (step, about, -1):
            self.steps = append(self.steps, i64(number))

    def _path(self, path: str) -> i64:
        self.paths.append(path.strip())
        return len(self.paths) - 1

    def _placeholder(
        self, alternatives: list[str], formatters: dict[str, Callable[[int], str]]
    ) -> Placeholder:
        """What stands in one pair of braces: alternatives, each a test or a path and its mode."""
        text = alternatives[0].strip()
        test = _TEST.fullmatch(text)
        if test is not None:
            placeholder = Placeholder(self._path(test[1]))
            placeholder.test = {"=": IS, "!=": IS_NOT, "&": HAS, "!&": HAS_NOT}[test[2]]
            placeholder.number = int(test[3])
        elif text.startswith("!"):
            placeholder = Placeholder(self._path(text[1:].rstrip("?")))
            placeholder.test = MISSES
            placeholder.skip_zero = text.endswith("?")
        else:
            path, _, mode = text.partition(":")
            placeholder = Placeholder(0)
            placeholder.skip_zero = path.endswith("?")
            path, _, length = path.rstrip("?").partition("/")
            placeholder.at = self._path(path)
            if length:
                placeholder.length_at = self._path(length)
            if mode in formatters:
                placeholder.mode, placeholder.formatter = FORMATTED, formatters[mode]
            elif mode:
                if mode not in MODES:
                    raise ValueError(f"{mode!r} is no way to show a value")
                placeholder.mode = MODES[mode]
        if len(alternatives) > 1:
            placeholder.other = self._placeholder(alternatives[1:], formatters)
        return placeholder


_parsed: Final[dict[str, Template]] = {}


def parsed(text: str) -> Template:
    """The template of a text, parsed once; raises ValueError for text that is none."""
    found = _parsed.get(text)
    if found is None:
        if len(_parsed) >= _KEPT:
            _parsed.clear()
        found = _parsed[text] = Template(text)
    return found
