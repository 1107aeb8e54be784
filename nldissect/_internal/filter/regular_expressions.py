"""Regular expressions of filters, by RE2, which takes time in proportion to what it searches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .literals import Mismatch

_MINDS_CASE: Final = "(?-i)"  # in front of a pattern


def compiled_search(pattern: str, as_bytes: bool = False) -> Callable[[Any], Any]:
    """`search` of a pattern, of strings or of bytes, without regard to case.

    Mismatch for what is no regular expression of RE2: backreferences and assertions about what
    lies ahead or behind are none.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = pattern.startswith(_MINDS_CASE)
    options.dot_nl = as_bytes
    raw = pattern.removeprefix(_MINDS_CASE)
    try:
        if as_bytes:
            options.encoding = re2.Options.Encoding.LATIN1
            return re2.compile(raw.encode("utf-8", "surrogateescape"), options).search  # type: ignore[no-any-return]
        search = re2.compile(raw, options).search
    except (re2.error, UnicodeError) as problem:
        said = problem.args[0] if isinstance(problem, re2.error) else "not UTF-8"
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise Mismatch(f"not a regular expression: {text}") from None
    return lambda value: search(value.encode("utf-8", "replace").decode())
