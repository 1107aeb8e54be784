"""Values as text: addresses, and strings made safe for a terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

# What is a letter, a mark or a symbol to Unicode, and is shown as nothing or as a space
# (DerivedCoreProperties.txt, Default_Ignorable_Code_Point; blank braille, the null notehead).
_BLANK: Final = frozenset([
    chr(code)
    for first, last in (
        (0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800),
        (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0x1D159, 0x1D159),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
])  # fmt: skip
# 64 bits or more in hexadecimal; 32 bytes in base64, as WireGuard's tools write keys
_KEY_LIKE: Final = r"(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{16,}(?![0-9A-Za-z])|[A-Za-z0-9+/]{43}="
_BACKSLASH: Final = r"\\(?!x[89a-f][0-9a-f])"


def format_mac(raw: bytes) -> str:
    """A link-layer address in colon notation, of any length."""
    return raw.hex(":")


@lru_cache(maxsize=4096)
def format_address(raw: bytes) -> str:
    """An IPv4 (4 bytes) or IPv6 (16 bytes, RFC 5952) address; raises on other lengths."""
    if len(raw) == 4:
        return "%d.%d.%d.%d" % tuple(raw)  # noqa: UP031 - a third faster than an f-string
    if len(raw) != 16:
        raise ValueError(f"{len(raw)} bytes are no IP address")
    groups = [raw[i] << 8 | raw[i + 1] for i in range(0, 16, 2)]
    if raw[:10] == bytes(10) and raw[10:12] == b"\xff\xff":
        return "::ffff:%d.%d.%d.%d" % tuple(raw[12:])  # noqa: UP031
    best = (0, 0)  # length and start of the longest run of zero groups
    run = 0
    for i, group in enumerate(groups):
        run = run + 1 if group == 0 else 0
        if run > best[0]:
            best = (run, i - run + 1)
    if best[0] < 2:
        return ":".join(f"{g:x}" for g in groups)
    length, start = best
    head = ":".join(f"{g:x}" for g in groups[:start])
    tail = ":".join(f"{g:x}" for g in groups[start + length :])
    return f"{head}::{tail}"


def safe(text: str) -> str:
    """`text` with every character escaped that could act on a terminal or cannot be seen.

    Control characters, escapes, line and paragraph separators, bidirectional
    overrides, surrogates, zero-width and blank letters become \\xNN or \\uNNNN; printable text
    stays, so that what is safe already stays too.
    """
    if text.isprintable() and (text.isascii() or _BLANK.isdisjoint(text)):
        return text
    return "".join([c if c.isprintable() and c not in _BLANK else _escape(c) for c in text])


def escaped(text: str) -> str:
    """A string of a capture as it is shown: `safe`, and what looks like an escape is none.

    A backslash is two. Bytes that are no UTF-8 stay the \\x80 to \\xff that they are in values.
    """
    return safe(re.sub(_BACKSLASH, r"\\\\", text) if "\\" in text else text)


def quoted(text: str) -> str:
    """The same in double quotes, of which there are none inside without a backslash before it."""
    return '"' + escaped(text).replace('"', '\\"') + '"'


def path_text(path: str | bytes | os.PathLike[str]) -> str:
    """A path as text; raises TypeError for what is none, ValueError for one with a NUL."""
    text = os.fsdecode(path)
    if "\0" in text:
        raise ValueError("a path has no NUL in it")
    return text


def without_keys(text: str, hidden: Callable[[str], str]) -> str:
    """A command line, `hidden` put in place of what looks like a key: long hexadecimal, base64."""
    return re.sub(_KEY_LIKE, lambda found: hidden(found[0]), text)


def near(name: str, names: Iterable[str]) -> str:
    """` (did you mean ...?)` for the closest of `names`, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(name, list(names), 1, 0.6)
    return f" (did you mean {found[0]!r}?)" if found else ""


def _escape(char: str) -> str:
    code = ord(char)
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
