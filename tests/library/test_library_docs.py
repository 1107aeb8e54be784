"""The examples of docs/library.md run, in order, and print what stands below them."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

import pytest

import nldissect
from support import ROOT
from support.command import Command

pytestmark = pytest.mark.docs


TEXT = (ROOT / "docs/library.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```\n(?:```\n(.*?)^```\n)?", TEXT, re.M | re.S)


def test_every_example_prints_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found: dict[str, Any] = {}
    assert len(EXAMPLES) > 9
    for code, expected in EXAMPLES:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "docs/library.md", "exec"), found)
        assert out.getvalue() == expected, code


def test_the_command_prints_what_it_says(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    ((words, expected),) = re.findall(r"^\$ nldissect (.*)\n(.*?)^\.\.\.$", TEXT, re.M | re.S)
    assert run(*words.split()).out.startswith(expected)


def test_every_public_name_is_documented() -> None:
    for name in set(nldissect.__all__) - {"__version__"}:
        thing = getattr(nldissect, name)
        # mypyc keeps no docstrings of classes.
        assert thing.__doc__ or hasattr(thing, "__mypyc_attrs__"), name
    for name in (
        "open",
        "listen",
        "dissect",
        "dissect_all",
        "build",
        "compile",
        "complete",
        "EncodeError",
        "CaptureError",
    ):
        assert f"`{name}`" in TEXT or f"nldissect.{name}" in TEXT
    with nldissect.open(ROOT / "captures" / "errors.pcap") as capture:
        message = capture[0]
    for name in re.findall(r"`message\.(\w+)", TEXT):
        assert hasattr(message, name), name
