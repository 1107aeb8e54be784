"""NLDISSECT_DEBUG: who answered, once for each operation; nothing when it is not set."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import ROOT
from support.command import Command


def test_who_answers_is_told_once(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ROOT / "captures" / "nl_util.pcap"
    silent = run("read", file)
    assert silent.err == ""
    monkeypatch.setenv("NLDISSECT_DEBUG", "1")
    loud = run("read", file)
    assert loud.out == silent.out
    lines = loud.err.splitlines()
    assert len(set(lines)) == len(lines)
    (line,) = [each for each in lines if each.startswith("nldissect: route 16 to the kernel")]
    assert "rt-link (installed, built-in: " in line
    assert line.endswith("operation newlink, attributes link-attrs, summary summary()")
    assert any("nlctrl 3 to the kernel: nlctrl" in each for each in lines)


def test_what_no_dissector_answers_is_told_as_well(
    run: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NLDISSECT_DEBUG", "1")
    capture = tmp_path / "unknown.pcap"  # fou under a name that no dissector has
    raw = (ROOT / "captures" / "policies.pcap").read_bytes()
    capture.write_bytes(raw.replace(b"fou\0", b"fox\0"))
    told = run("read", capture).err
    assert "fox 3 from the kernel: no dissector (the kernel's policy, else a guess)" in told
