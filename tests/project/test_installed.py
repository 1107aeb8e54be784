"""The nldissect that these tests run against, pure or compiled, is whole.

`.ci/run` has both: an editable install, and what `pip install .` compiles.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

import nldissect
from support import ROOT
from support.package_files import matching

HERE = Path(nldissect.__file__).resolve().parent
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=True, env=os.environ | environment
    )
    return done.stdout


def form() -> str:
    return "compiled" if (HERE / "_internal" / "engine" / f"walk{SUFFIX}").exists() else "pure"


def test_every_file_is_there() -> None:
    assert matching(HERE) == matching(ROOT / "nldissect")


def test_what_is_to_be_compiled_is() -> None:
    if form() == "pure":
        assert matching(HERE, (f"*{SUFFIX}",)) == set()
        return
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    compiled, interpreted = (
        {
            path.relative_to(ROOT / "nldissect").as_posix().removesuffix(".py")
            for pattern in project["tool"]["nldissect"][key]
            for path in ROOT.glob(pattern)
        }
        for key in ("compiled", "interpreted")
    )
    made = {name.removesuffix(SUFFIX) for name in matching(HERE, (f"*{SUFFIX}",))}
    assert made == compiled - interpreted


def test_version_tells_the_form(tmp_path: Path) -> None:
    shown = run(sys.executable, "-m", "nldissect", "--version", cwd=tmp_path)
    assert f" ({form()}, CPython 3." in shown


def test_the_manual_came_along() -> None:
    """And man(1) finds it, since bin/ is on the PATH."""
    manual = Path(sys.prefix, "share", "man", "man1")
    pages = {path.name for path in (ROOT / "docs" / "man").glob("*.1")}
    if HERE.is_relative_to(ROOT):
        pytest.skip("that of an editable install is looked at in test_packaging.py")
    assert {path.name for path in manual.iterdir()} >= pages
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    binaries = Path(sys.executable).parent
    environ = {"PATH": f"{binaries}:/usr/bin:/bin", "HOME": str(binaries)}
    for page in pages:
        found = run("man", "-w", page.removesuffix(".1"), cwd=manual, **environ)
        assert Path(found.strip()) == manual / page


SPEC = """\
name: genltest
protocol: genetlink-legacy
attribute-sets:
  - name: echo
    name-prefix: genltest-a-
    attributes: [{name: msg, type: string, x-hook: words}]
operations:
  name-prefix: genltest-cmd-
  list:
    - {name: echo, attribute-set: echo, do: {request: {attributes: [msg]}}}
"""
HOOKS = """\
def words(node):
    node.set_value("words", node.bytes.rstrip(b"\\0").split())
    return True

HOOKS = {"words": words}
SUMMARIES = {"echo": lambda seen: f"{len(seen.value('msg'))} words"}
"""


def test_dissectors_of_others_are_pure_and_show_what_the_tree_does(tmp_path: Path) -> None:
    (tmp_path / "genltest.yaml").write_text(SPEC)
    (tmp_path / "genltest.py").write_text(HOOKS)
    captures = [ROOT / "captures" / f"{name}.pcap" for name in ("genltest", "links", "routes")]
    read = ["-m", "nldissect", "read", "-V", "--dissectors", tmp_path, *captures]
    here = run(sys.executable, *read, cwd=tmp_path)
    assert re.search(r" \d words\n", here)
    assert here == run(sys.executable, *read, cwd=tmp_path, PYTHONPATH=str(ROOT), PYTHONSAFEPATH="")
