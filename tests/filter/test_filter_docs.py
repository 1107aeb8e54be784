"""docs/filter.md, line by line."""

from __future__ import annotations

import doctest
import re
import shlex
from functools import cache

import pytest

from nldissect._internal import filter as filters
from nldissect._internal.capture.reader import open_capture
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.paths import WORDS_OF_IP
from nldissect._internal.filter.compiler import FUNCTIONS
from nldissect._internal.filter.message_fields import message_fields
from nldissect._internal.filter.message_types import TimeOrigin
from nldissect._internal.filter.parser import OPERATOR_WORDS
from nldissect._internal.pairing.transaction import Link
from nldissect._internal.session.forward_pass import Session
from support import ROOT
from support.command import Command
from support.messages import builtin
from support.pairing import held_back

pytestmark = pytest.mark.docs


DOC = (ROOT / "docs" / "filter.md").read_text()


@cache
def recording(name: str) -> list[tuple[Message, Link]]:
    capture = open_capture(str(ROOT / "captures" / name))
    return list(held_back(Session(builtin()).messages(capture)))


def rows() -> list[tuple[str, int, str]]:
    """(filter, messages, recording) of every line of the tables."""
    out = []
    for line in DOC.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for i, cell in enumerate(cells):
            if cell.endswith(".pcap") and cells[i - 1].isdecimal():
                text = cells[0 if i == 2 else i - 2].strip("`").replace("\\|", "|")
                out.append((text, int(cells[i - 1]), cell))
    return out


ROWS = rows()


@pytest.mark.parametrize(("text", "count", "name"), ROWS, ids=[row[0] for row in ROWS])
def test_a_line_of_a_table(text: str, count: int, name: str) -> None:
    wanted = filters.Filter(text, builtin())
    found = [message for message, link in recording(name) if wanted.matches(message, link)]
    assert len(found) == count


def test_the_tables_are_read() -> None:
    lines = [line for line in DOC.splitlines() if line.startswith("| `") and ".pcap" in line]
    assert len(ROWS) == len(lines) > 100


def test_every_field_is_there() -> None:
    every = DOC[DOC.index("## Every message") :]
    for name in message_fields(filters.vocabulary_of(builtin()), TimeOrigin()):
        head, _, part = name.partition(".")
        assert f"`{head}`" in every, name
        assert not part or f"`{part}`" in every, name


def test_every_operator_is_there() -> None:
    words = ["or", "xor", "and", "not", "in", "any", "all", "contains", "matches"]
    for word in [*words, *OPERATOR_WORDS, *OPERATOR_WORDS.values(), *FUNCTIONS]:
        assert re.search(rf"`[^`]*{re.escape(word).replace('!', '!')}[^`]*`", DOC), word
    for word, meant in WORDS_OF_IP.items():
        for name in (word, *meant):
            assert f"`{name}`" in DOC, name


EXAMPLES = re.findall(r"^    \$ (nldissect .*)\n((?:    .+\n)*)", DOC, re.MULTILINE)


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_an_example(
    run: Command, monkeypatch: pytest.MonkeyPatch, command: str, shown: str
) -> None:
    monkeypatch.chdir(ROOT)
    ran = run(*shlex.split(command)[1:])
    expected = "".join(line[4:] + "\n" for line in shown.splitlines())
    assert ran.err == expected
    assert ran.status == (2 if expected else 0)
    assert bool(ran.out) != bool(expected)


def test_the_python_examples() -> None:
    found = doctest.DocTestParser().get_doctest(DOC, {}, "filter.md", None, 0)
    runner = doctest.DocTestRunner()
    runner.run(found)
    assert runner.tries > 5
    assert not runner.failures
