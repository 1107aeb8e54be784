"""Every recording looks as it did when somebody last read it; see oracles.py."""

from __future__ import annotations

from difflib import unified_diff

import oracles
import pytest


@pytest.mark.parametrize("recording", oracles.RECORDINGS)
@pytest.mark.parametrize("kind", oracles.KINDS)
def test_as_it_was(kind: str, recording: str) -> None:
    path = oracles.place(kind, recording)
    assert path.exists(), f"nothing frozen of {recording} yet: run tests/oracles.py {recording}"
    with oracles.alone():
        now = oracles.KINDS[kind](recording)
    golden = path.read_text(encoding="utf-8")
    if now != golden:
        lines = unified_diff(golden.splitlines(), now.splitlines(), "golden", "now", lineterm="")
        pytest.fail("\n".join(line for _, line in zip(range(40), lines, strict=False)))
