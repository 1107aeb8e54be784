"""The other commands: version, help, dissectors, and the manual."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nldissect import __version__
from nldissect._internal.cli.commands import build
from nldissect._internal.cli.version_text import version_text
from support.command import ROOT, Command, link, mtu, name, save, start

MAN = ROOT / "docs" / "man"
DISSECTORS = ROOT / "nldissect" / "dissectors"


def test_version(run: Command) -> None:
    ran = run("--version")
    assert (ran.status, ran.out, ran.err) == (0, f"{version_text()}\n", "")
    assert re.fullmatch(
        rf"nldissect {__version__} \((pure|compiled), CPython 3\.\d+\)", version_text()
    )


@pytest.mark.parametrize("arguments", [[], ["--help"], ["read", "--help"], ["dissectors", "-h"]])
def test_help_has_examples(arguments: list[str], run: Command) -> None:
    ran = run(*arguments)
    assert (ran.status, ran.err) == (0, "")
    assert "examples:\n  nldissect " in ran.out


def test_every_option_has_a_line_of_help() -> None:
    for parser in build()[1].values():
        for action in parser._actions:
            assert action.help, action.dest


# -- start-up -------------------------------------------------------------------------

HEAVY = ("scapy", "textual", "yaml", "dpkt", "json", "difflib", "shutil", "subprocess", "asyncio")


def imported(*arguments: object) -> set[str]:
    """The top-level modules that a run imports."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "nldissect", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    names = re.findall(r"import time: +\d+ \| +\d+ \| +(\S+)", ran.stderr)
    assert "nldissect._internal.cli" in names
    return {found.partition(".")[0] for found in names}


def test_version_imports_little() -> None:
    assert not imported("--version") & {*HEAVY, "argparse_"}


def test_reading_imports_no_yaml_once_the_specs_are_cached(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pcap", link(name("eth0"), mtu(1500)))
    imported("read", path)  # fills the cache
    assert not imported("read", "-V", path) & {*HEAVY} - {"json"}


def cpu(*arguments: object) -> float:
    """The CPU seconds of a run, the least of three."""
    import resource

    best = 1e9
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = start(*arguments)
        process.communicate()
        assert process.returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def test_it_starts_fast(tmp_path: Path) -> None:
    """Twice the budgets, which tests/benchmarks measures, for machines that are busy."""
    path = save(tmp_path / "a.pcap", *[link(name("eth0"), mtu(1500))] * 20)
    assert cpu("--version") < 0.2
    assert cpu("read", path) < 0.6


# -- dissectors -------------------------------------------------------------------------


def test_dissectors_are_listed(run: Command) -> None:
    ran = run("dissectors")
    assert (ran.status, ran.err) == (0, "")
    rows = [re.split(r" {2,}", line) for line in ran.lines]
    assert rows[0] == ["NAME", "PROTOCOL", "OPERATIONS", "ATTRIBUTES", "ORIGIN", "FILE"]
    found = {row[0]: row for row in rows[1:]}
    files = {path.stem for path in DISSECTORS.glob("[!_]*.yaml")}
    assert files <= {Path(row[5]).stem for row in rows[1:]}
    assert found["rt-link"][1] == "route"
    assert found["nl_util"][1:2] + found["nl_util"][4:5] == ["generic", "built-in"]
    assert int(found["rt-link"][3]) > 60


def test_a_broken_dissector_is_listed_apart(tmp_path: Path, run: Command) -> None:
    (tmp_path / "broken.yaml").write_text("name: broken\nprotocol: netlink-raw\noperations: 3\n")
    ran = run("dissectors", "--dissectors", tmp_path)
    assert ran.status == 2
    assert "broken.yaml" in ran.err
    assert ran.err.count("\n") == 1
    assert "rt-link" in ran.out


@pytest.mark.parametrize("path", sorted(DISSECTORS.glob("*.yaml")), ids=lambda p: p.stem)
def test_our_own_dissectors_are_in_order(path: Path, run: Command) -> None:
    ran = run("dissectors", "check", path)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.endswith("is in order\n")


def test_check_names_every_fault_with_its_line(tmp_path: Path, run: Command) -> None:
    path = tmp_path / "mine.yaml"
    text = (DISSECTORS / "nlex.yaml").read_text().replace("type: u32", "type: u33")
    path.write_text(text)
    line = next(i for i, row in enumerate(text.splitlines(), 1) if "u33" in row)
    ran = run("dissectors", "check", path)
    assert ran.status == 2
    assert f"{path}:{line}: " in ran.out
    assert "u33" in ran.out


# -- the manual ---------------------------------------------------------------------------


@pytest.mark.docs
def test_the_manual_is_that_of_the_parser() -> None:
    """Pages and docs/cli.md say what the options say now; `docs/man/make` writes them anew."""
    ran = subprocess.run(
        [sys.executable, MAN / "make", "--check"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.docs
def test_the_manual_names_every_option() -> None:
    reference = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for command, parser in build()[1].items():
        page = (MAN / f"nldissect-{command}.1").read_text(encoding="utf-8")
        page = re.sub(r"\\f[BIR]", "", page).replace("\\-", "-")
        section = reference.partition(f"\n## nldissect {command}\n")[2].partition("\n## ")[0]
        shown = [a for a in parser._actions if a.help != argparse.SUPPRESS]
        for option in [string for action in shown for string in action.option_strings]:
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", page), option
            assert f"`{option}`" in section, option
    text = (MAN / "nldissect.1").read_text(encoding="utf-8")
    for variable in re.findall(r"NLDISSECT_[A-Z]+", (ROOT / "docs" / "cli.md").read_text()):
        assert variable in text


@pytest.mark.docs
@pytest.mark.parametrize("page", sorted(path.name for path in MAN.glob("*.1")))
def test_a_manual_page_renders(page: str) -> None:
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    ran = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", str(MAN / page)],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "MANPAGER": "cat", "LC_ALL": "C.UTF-8"},
    )
    assert ran.stderr == ""
    text = re.sub(r".\x08", "", ran.stdout)
    assert f"{page.removesuffix('.1')} - " in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"\\f[BIR]|\\\(|\\-", text)


@pytest.mark.docs
def test_mandoc_has_no_warning() -> None:
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    pages = sorted(MAN.glob("*.1"))
    ran = subprocess.run(
        ["mandoc", "-Tlint", "-W", "warning", *pages], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.docs
def test_a_stale_page_is_told(tmp_path: Path) -> None:
    shutil.copytree(MAN, tmp_path / "docs" / "man")
    (tmp_path / "nldissect").symlink_to(ROOT / "nldissect")
    page = tmp_path / "docs" / "man" / "nldissect-read.1"
    page.write_text(page.read_text().replace("display filter", "filter"))
    (tmp_path / "docs" / "man" / "nldissect-gone.1").touch()
    make = [sys.executable, tmp_path / "docs" / "man" / "make"]
    ran = subprocess.run([*make, "--check"], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert set(ran.stdout.splitlines()) == {
        f"docs/{name} is out of date"
        for name in ("cli.md", "man/nldissect-read.1", "man/nldissect-gone.1")
    }
    subprocess.run(make, check=True, capture_output=True)
    assert subprocess.run([*make, "--check"], check=False).returncode == 0
    assert page.read_text() == (MAN / page.name).read_text()
