"""The lint for shifts that mypyc compiles to 32 bits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import ROOT

pytestmark = pytest.mark.slow


LINT = ROOT / ".ci" / "lint-shifts"
MODULE = """\
from typing import Final
from mypy_extensions import i64
ONE: Final = 1
BIT: Final[i64] = 1

class Walk:
    depth: "i64"

def width() -> i64:
    return 40

def shift(n: i64, m: int, walk: Walk, one: i64) -> i64:
    d = walk.depth + 1
    return {}
"""


def findings(tmp_path: Path, expression: str) -> list[str]:
    file = tmp_path / "module.py"
    file.write_text(MODULE.format(expression))
    command = [sys.executable, LINT, file]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (int(bool(ran.stdout)), "")
    return ran.stdout.splitlines()


@pytest.mark.parametrize("expression", [
    "i64(1) << n", "i64(1) << m", "1 << n", "ONE << n", "BIT << n", "-1 << n - 1",
    "(1 << 3) << walk.depth", "1 << width()", "1 << i64(m)", "1 << d",
])  # fmt: skip
def test_a_constant_shifted_natively_is_found(tmp_path: Path, expression: str) -> None:
    (line,) = findings(tmp_path, expression)
    assert ":14: a constant is shifted in 32 bits: " in line


@pytest.mark.parametrize("expression", [
    "one << n", "1 << m", "ONE << m", "1 << 16", "walk.depth << 40", "n << 32 | m", "n >> 3",
])  # fmt: skip
def test_other_shifts_are_not(tmp_path: Path, expression: str) -> None:
    assert findings(tmp_path, expression) == []
