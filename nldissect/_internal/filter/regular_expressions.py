"""Regular expressions of filters: those that may take exponential time are refused."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any, Final

from .literals import Mismatch

# A regular expression is not tried on more than this, in characters or bytes; nor is it longer.
LONGEST_MATCHED: Final = 8192
_LONGEST_PATTERN: Final = 1000
_MINDS_CASE: Final = "(?-i)"  # in front of a pattern

_ATOM: Final = r"\(\?#[^)]*\)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]"  # a comment, an escape, a set
_GROUP: Final = r"\(([^()]*)\)([*+]|\{\d*,?\d*\})?"  # a group without groups, how often it repeats
_PREFIX: Final = r"\?(?:P?<\w+>|<?[=!]|[a-zA-Z-]*:|>)?"  # of a group that does more than group
_VARIABLE: Final = r"[*+?]|\{\d*,\d*\}"  # what repeats, or not, as the text has it
_MANY: Final = r"[*+]|\{\d*,\}|\{(?:\d*,)?(?:1[7-9]|[2-9]\d|\d{3,})\}"  # more than 16 times


def compiled_search(pattern: str, as_bytes: bool = False) -> Callable[[Any], Any]:
    """`search` of a pattern, of strings or of bytes, without regard to case.

    Mismatch for what is no regular expression, or might take exponential time.
    """
    if len(pattern) > _LONGEST_PATTERN:
        raise Mismatch(f"a regular expression of more than {_LONGEST_PATTERN} characters")
    flags = re.IGNORECASE
    if pattern.startswith(_MINDS_CASE):
        pattern, flags = pattern.removeprefix(_MINDS_CASE), re.NOFLAG
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            search = re.compile(pattern, flags).search
            if as_bytes:
                raw = pattern.encode("utf-8", "surrogateescape")
                search = re.compile(raw, flags | re.DOTALL).search  # type: ignore[assignment]
    except FutureWarning:  # such as [[:alpha:]], which would be taken for another set
        hint = "write \\[ for a bracket, and a-z for [:alpha:]"
        raise Mismatch("no set within a set", hint) from None
    except (re.error, RecursionError, OverflowError) as problem:
        raise Mismatch(f"not a regular expression: {problem}") from None
    if _may_take_exponential_time(pattern):
        hint = "such as (a+)+; write a+"
        raise Mismatch("a repetition within a repetition could take for ever", hint)
    return search


def _may_take_exponential_time(pattern: str) -> bool:
    """Whether a repeated group can match the same text in several ways.

    That may be where it repeats more than 16 times what has no fixed length, or alternatives that
    may begin alike; or at all what is such a repetition. The pattern is one that compiles, so what
    is asked for is read off its text, from the innermost group on: what stands for one character
    becomes ".", a group ".", ".*", ".|." or (repeating what varies) "**", which is none otherwise.
    """
    bare = re.sub(_ATOM, lambda atom: "" if atom[0][:2] == "(?" else ".", pattern, flags=re.DOTALL)
    if re.search(r"\(\?[a-zA-Z]*x", bare):
        return True  # spaces and comments may stand anywhere in a verbose one
    while (group := re.search(_GROUP, bare)) is not None:
        body, repeated = re.sub(f"^{_PREFIX}", "", group[1]), group[2] or ""
        alike = _may_begin_alike(body.split("|"))
        varies = alike or re.search(_VARIABLE, body) is not None
        if repeated and ("**" in body or (varies and re.match(_MANY, repeated))):
            return True
        stands_for = "." if not varies else ".|." if alike else ".*"
        if varies and (repeated or "**" in body):
            stands_for = "**"
        bare = bare[: group.start(1) - 1] + stands_for + bare[group.end(1) + 1 :]
    return False


def _may_begin_alike(branches: list[str]) -> bool:
    """Whether two alternatives may begin with the same character, in either case.

    For `re`, the dotless i is an i in another case, as the long s is an s: by way of upper case.
    """
    starts = [branch[:1].lower().upper().lower()[:1] for branch in branches]
    distinct = len({*starts}) == len(starts) and all(map(str.isalnum, starts))
    return len(branches) > 1 and not distinct
