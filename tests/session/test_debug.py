"""NLDISSECT_DEBUG: who answered, once for each operation; nothing when it is not set."""

from __future__ import annotations

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
    run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NLDISSECT_DEBUG", "1")
    told = run("read", ROOT / "captures" / "policies.pcap").err
    assert "fou 3 from the kernel: no dissector (the kernel's policy, else a guess)" in told
