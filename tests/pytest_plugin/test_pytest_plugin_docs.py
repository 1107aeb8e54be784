"""docs/testing.md does what it says: what needs no kernel of its own, here."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

import pytest

from support import ROOT
from support.plugin import FILES, PAGE, arguments

pytestmark = [pytest.mark.slow, pytest.mark.docs]


pytest_plugins = ["pytester"]


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """The files of the page, with the recordings that it reads."""
    for name, text in FILES.items():
        (pytester.path / name).write_text(text)
    for name in ("errors.pcap", "links.pcap"):
        shutil.copy(ROOT / "captures" / name, pytester.path)
    place = pytester.path / "recordings/test_mkdummy"
    place.mkdir(parents=True)
    shutil.copy(ROOT / "captures/errors.pcap", place / "test_as_recorded.pcap")
    return pytester.path


def test_the_examples_that_read(pytester: pytest.Pytester, folder: Path) -> None:
    del folder
    done = pytester.runpytest_subprocess(*arguments(), "-k", "not test_makes_a_dummy")
    done.assert_outcomes(passed=len(FILES) - 1, deselected=1)


def test_the_failure_that_is_shown(pytester: pytest.Pytester, folder: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (shown,) = re.findall(r"\n\n((?:    .*\n)*    expected .*\n(?:    .*\n)*)", page)
    wrong = FILES["test_mkdummy.py"].replace('ifname="kiwi0", **', 'ifname="kiwi1", **')
    wrong = wrong.replace("    with cap.in_order():\n        ", "    if True:\n        ")
    (folder / "test_mkdummy.py").write_text(wrong)
    done = pytester.runpytest_subprocess(*arguments(), "-k", "test_as_recorded")
    done.assert_outcomes(failed=1, deselected=len(FILES) - 1)
    assert textwrap.dedent(shown) in done.stdout.str()
