"""Regular expressions of filters: none takes longer than its text is long."""

from __future__ import annotations

import pytest

from nldissect._internal.filter.literals import Mismatch
from nldissect._internal.filter.regular_expressions import compiled_search


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*$", "(.*)*x$", "(a|A)+$", "(a?){40}a{40}$", r"(?:\w+\s*)+$", "a*a*a*a*a*a*b",
     "(.*,){15}P", r"^(\w+\s?)*$", "(x+x+)+y"],
)  # fmt: skip
def test_what_would_take_for_ever(pattern: str) -> None:
    """With a backtracking engine, from the 60th character on or in the square of 60,000."""
    for text in ("a" * 60_000 + "!", "x" * 60_000 + "!", "a, " * 20_000 + "!"):
        compiled_search(pattern)(text)
        compiled_search(pattern, as_bytes=True)(text.encode())


@pytest.mark.parametrize(
    "pattern", ["(", "[", "(?=a)", r"(a)\1", "a{2000}", "*", "(?P<x", "\udc80"]
)
def test_what_is_none(pattern: str) -> None:
    with pytest.raises(Mismatch, match="not a regular expression: "):
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
        ("[[:alpha:]]+0", "ETH0"),
        ("stra\u00dfe", "Stra\u00dfe"),
    ],
)
def test_what_matches(pattern: str, text: str) -> None:
    assert compiled_search(pattern)(text)
    assert compiled_search(pattern, as_bytes=True)(text.encode())


def test_case_and_bytes() -> None:
    assert not compiled_search("(?-i)ETH")("eth0")
    assert compiled_search(r"^\xff.\n$", as_bytes=True)(b"\xff\0\n")
    assert compiled_search("x")("\udc80x")
