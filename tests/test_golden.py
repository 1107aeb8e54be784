"""The trees of every recording, as they were when somebody last read them.

A change of what is shown must show up here: run with
NLDISSECT_UPDATE_GOLDEN=1 to take the new trees, and read the difference. Large
ones are kept compressed.
"""

from __future__ import annotations

import gzip
import os
from difflib import unified_diff
from pathlib import Path

import pytest

from nldissect._internal.cli import main

CAPTURES = Path(__file__).parent.parent / "captures"
GOLDEN = Path(__file__).parent / "golden"
PLAIN = 100_000  # bytes up to which a tree is kept as text
OPTIONS = {"nlexample": ["21=nlexample"], "nlexample_p5": ["5=nlexample"]}


def load(name: str) -> str | None:
    plain, packed = GOLDEN / f"{name}.txt", GOLDEN / f"{name}.txt.gz"
    if plain.exists():
        return plain.read_text(encoding="utf-8")
    return gzip.decompress(packed.read_bytes()).decode() if packed.exists() else None


def save(name: str, text: str) -> None:
    GOLDEN.mkdir(exist_ok=True)
    for old in (GOLDEN / f"{name}.txt", GOLDEN / f"{name}.txt.gz"):
        old.unlink(missing_ok=True)
    raw = text.encode()
    if len(raw) <= PLAIN:
        (GOLDEN / f"{name}.txt").write_bytes(raw)
    else:
        (GOLDEN / f"{name}.txt.gz").write_bytes(gzip.compress(raw, mtime=0))


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap")), ids=lambda p: p.stem)
def test_tree(
    path: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NLDISSECT_PATH", "NLDISSECT_SPECS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("nldissect._internal.registry.SYSTEM_SPECS", "/nonexistent")
    monkeypatch.chdir(CAPTURES)
    arguments = ["read", "-V", path.name]
    for choice in OPTIONS.get(path.stem, []):
        arguments += ["--decode-as", choice]
    assert main(arguments) == 0
    shown = capsysbinary.readouterr().out.decode()
    if os.environ.get("NLDISSECT_UPDATE_GOLDEN"):
        save(path.stem, shown)
    golden = load(path.stem)
    assert golden is not None, f"no golden tree of {path.name} yet"
    if shown != golden:
        lines = unified_diff(golden.splitlines(), shown.splitlines(), "golden", "now", lineterm="")
        pytest.fail("\n".join(line for _, line in zip(range(40), lines, strict=False)))
