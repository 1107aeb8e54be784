"""The words of a command line that is being typed in a shell, and text as a shell would take it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_PLAIN: Final = re.compile(r"[\w@%+=:,./-]", re.ASCII)  # needs no quoting in any place of a word
BREAKS: Final = " \t\n\"'@><=;|&(:"  # those of readline (COMP_WORDBREAKS)


class TypedWord(NamedTuple):
    """A word without its quotes: `quote` is one that is still open, and `kept` how many characters
    readline leaves as they are when it completes: up to an open quote, else to the last break."""

    text: str
    quote: str = ""
    kept: int = 0


def split_words(line: str, breaks: str = BREAKS) -> list[TypedWord]:
    """The words of a line up to the cursor, the last of which is being typed and may be empty."""
    words: list[TypedWord] = []
    text, quote, kept, begun, place = "", "", 0, False, 0
    while place < len(line):
        char = line[place]
        place += 1
        if char == "\\" and quote != "'" and place < len(line):
            escaped = line[place]
            place += 1
            text += escaped if quote != '"' or escaped in '"\\$`' else char + escaped
            begun = True
        elif char == quote or (not quote and char in "'\""):
            quote = "" if quote else char
            kept, begun = len(text), True
        elif not quote and char in " \t\n":
            if begun:
                words.append(TypedWord(text))
            text, kept, begun = "", 0, False
        else:
            text += char
            begun = True
            if not quote and char in breaks:
                kept = len(text)
    return [*words, TypedWord(text, quote, kept)]


def quoted(text: str, quote: str) -> str:
    """Text as a shell takes it for just that, within the quote that is open, if any."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == '"':
        return re.sub(r'(["\\$`])', r"\\\1", text)
    return "".join([char if _PLAIN.match(char) else "\\" + char for char in text])
