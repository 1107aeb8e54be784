"""What options are when they are not given: config.toml, NLDISSECT_OPTS, and --no-config."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.command import Command
from support.messages import RECORDINGS

ERRORS = str(RECORDINGS / "errors.pcap")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file, not there yet, of a user who has nothing else."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("NLDISSECT_OPTS", raising=False)
    (tmp_path / "nldissect").mkdir(mode=0o700)
    return tmp_path / "nldissect" / "config.toml"


def test_defaults_of_the_file(config: Path, run: Command) -> None:
    plain = run("read", "-c", "2", ERRORS).out
    config.write_text(
        'theme = "nord"\n[read]\ntime = "e"\ncolor = "always"\ncolumns = ["message", "ifname"]\n'
        'limit = 1\n[check]\nfail-on = "note"\n'
    )
    assert run("read", ERRORS).lines[0].startswith(" \x1b[2m    1 1795227469.542340 ")
    assert len(run("read", ERRORS).lines) == 1
    assert run("read", "-T", "fields", ERRORS).out == "1\tkiwi0\n"
    assert run("read", "-T", "fields", "-e", "mtu", ERRORS).out == "\n"
    assert run("read", "--no-config", "-c", "2", ERRORS).out == plain
    given = run("read", "-t", "r", "--color", "never", "-c", "2", ERRORS)
    assert given.out == plain  # what is given goes before
    assert run("check", ERRORS).status == 1
    assert run("check", "--no-config", ERRORS).status == 0


def test_switches_and_those_that_exclude_each_other(
    config: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    config.write_text("[read]\nwrap = true\ncopies = true\n")
    assert max(map(len, run("read", ERRORS).lines)) <= 80
    assert max(map(len, run("read", "--wide", ERRORS).lines)) > 80
    assert run("read", "-T", "json", ERRORS).status == 2  # as if --copies were given
    monkeypatch.setenv("NLDISSECT_OPTS", "--wide -Y 'error and type == error'")
    rows = run("read", ERRORS).lines
    assert len(rows) == 12
    assert max(map(len, rows)) > 80


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[read]\ntim = 1\n", "[read] tim: read has no --tim (did you mean 'time'?)"),
        ('[read]\ncolor = "blue"\n', "[read] color: 'blue' is none of auto, always, never"),
        ("[read]\nverbose = 3\n", "[read] verbose: 3 is neither true nor false"),
        ("[read]\ntime = true\n", "[read] time: True is no text"),
        ("read = 3\n", "read: a table [read]"),
        ("[read\n", "line 1"),
    ],
)
def test_what_is_wrong_is_one_line(text: str, said: str, config: Path, run: Command) -> None:
    config.write_text(text)
    ran = run("read", ERRORS)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err
    assert str(config) in ran.err
    assert run("read", "--no-config", ERRORS).status == 0


@pytest.mark.parametrize("text", ["--colour blue", "--nope", "'", "--help"])
def test_a_wrong_variable_is_one_line(
    text: str, config: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NLDISSECT_OPTS", text)
    ran = run("read", ERRORS)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith("nldissect: NLDISSECT_OPTS: ")
    assert run("check", ERRORS).status == 0


def test_nobody_elses_file_under_sudo(
    config: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[read]\nlimit = 1\n")
    config.chmod(0o666)
    monkeypatch.setenv("SUDO_UID", "12345")
    monkeypatch.setenv("NLDISSECT_OPTS", "-c 2")
    assert len(run("read", ERRORS).lines) == 50
