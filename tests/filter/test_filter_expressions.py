"""Regular expressions of filters: what might take exponential time is refused, and no more."""

from __future__ import annotations

import pytest

from nldissect._internal.filter.literals import Mismatch
from nldissect._internal.filter.regular_expressions import compiled_search


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|a)*$",
        "(a|A)+",
        "(\u0131x|ix)+",
        "(\u017fx|sx)+",
        "(\u1e9ex|\u00dfx)+",
        "(a?a?)+",
        "(.+a)+",
        "(a{1,2}){17}",
        "((a{1,2}){16}){16}",
        "((ab)*|x)+",
        "((a|b)|a)+",
        r"(?:\w+\s*)+",
        "(?P<x>a*)*",
        "(?x)(a+) +",
        "(a+)(?#c)+",
        "(?#[)(a+)+]",
    ],
)
def test_what_may_take_exponential_time_is_refused(pattern: str) -> None:
    with pytest.raises(Mismatch, match="for ever"):
        compiled_search(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(\d{1,3}\.){3}\d+", "10.0.0.1"),
        ("([0-9a-f]{2}:){5}[0-9a-f]{2}", "02:00:5E:00:00:01"),
        ("(foo|bar)+$", "foobar"),
        ("[(a+)+]{3}", "(+)"),
        (r"\(a+\)+", "(aa))"),
        (r"(eth|wlan)\d+", "eth10"),
        ("(?:ab){20}", "ab" * 20),
        ("(?-i)(a+)?B", "aB"),
    ],
)
def test_other_repetitions_are_not(pattern: str, text: str) -> None:
    assert compiled_search(pattern)(text)
    assert compiled_search(pattern, as_bytes=True)(text.encode())
