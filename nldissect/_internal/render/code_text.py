"""Text of a capture or a spec within generated code: one function for each kind of place.

What they give cannot end the comment or literal that it stands in, and neither a compiler, an
interpreter nor an editor takes it for an instruction.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..wire.text import safe

# What acts from within a comment, wherever it stands in a line: an encoding (PEP 263), modelines
# of vim and Emacs.
_DIRECTIVES: Final = re.compile(
    r"(coding|\bvim?|\bex|\bVariables)(?=[<=>\d]*[:=])|(-)(?=\*-)", re.I
)


def hash_comment(text: str) -> str:
    """Behind a #, as in Python."""
    return _DIRECTIVES.sub(r"\g<0> ", safe(text))


def line_comment(text: str) -> str:
    """Behind a //, as in Go and Rust; a backslash at its end would continue it (C++)."""
    text = re.sub(r"\?(?=\?)", "? ", hash_comment(text))  # a trigraph is a backslash, too
    # Compilers overlook spaces between a backslash and the end of its line.
    return f"{text}." if text.rstrip().endswith("\\") else text


def block_comment(text: str) -> str:
    """Between /* and */, as in C; Rust's nest."""
    return line_comment(text).replace("*/", "* /").replace("/*", "/ *")


def python_literal(value: Any, width: int = 88) -> str:
    """A value as Python source, on as many lines as it takes."""
    from pprint import pformat  # whose import costs 5 ms

    # Only literals hold what is not ASCII, and Python's escapes are those of `safe`.
    return "\n".join(map(safe, pformat(value, width=width, sort_dicts=False).split("\n")))
