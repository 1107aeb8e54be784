"""Every recording looks as it did when somebody last read it; see support/golden.py."""

from __future__ import annotations

from difflib import unified_diff

import pytest

from support import golden
from support.sweep import FROZEN

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("recording", [path.stem for path in FROZEN])
@pytest.mark.parametrize("kind", golden.KINDS)
def test_as_it_was(kind: str, recording: str) -> None:
    path = golden.place(kind, recording)
    assert path.exists(), (
        f"nothing frozen of {recording} yet: run tests/support/golden.py {recording}"
    )
    with golden.alone():
        now = golden.KINDS[kind](recording)
    then = path.read_text(encoding="utf-8")
    if now != then:
        lines = unified_diff(then.splitlines(), now.splitlines(), "golden", "now", lineterm="")
        pytest.fail("\n".join(line for _, line in zip(range(40), lines, strict=False)))
