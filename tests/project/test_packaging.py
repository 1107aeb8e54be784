"""What is built for users holds every dissector and every module of the tree.

The compiled wheel takes minutes to build: `.ci/run` installs one, see test_installed.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from support import ROOT
from support.package_files import matching

NOISE = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}

pytestmark = pytest.mark.packaging


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Standard output of a command that must succeed."""
    result = subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


MODULE_FILES = matching(ROOT / "nldissect")
DISSECTORS = {path.stem for path in (ROOT / "nldissect" / "dissectors").glob("[!_]*.yaml")}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout: builds leave files behind."""
    target = tmp_path_factory.mktemp("tree") / "nldissect"
    noise = shutil.ignore_patterns("*.egg-info", "*.so", *NOISE)
    top = shutil.ignore_patterns(".git", "build", "dist", ".venv")

    def ignore(folder: str, names: list[str]) -> set[str]:
        return noise(folder, names) | (top(folder, names) if folder == str(ROOT) else set())

    shutil.copytree(ROOT, target, ignore=ignore)
    return target


@pytest.fixture(scope="module")
def built(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel built from it as where no compiler is."""
    output = tmp_path_factory.mktemp("dist")
    # CC names what customize_compiler takes, so setup.py finds out by itself.
    run(sys.executable, "-m", "build", "--outdir", output, tree, cwd=output, CC="/no/such/cc")
    (sdist,) = output.glob("*.tar.gz")
    (wheel,) = output.glob("*.whl")
    return sdist, wheel


def make_environment(folder: Path, requirement: str | Path, *options: str) -> Path:
    """Create a virtual environment with `requirement` installed; returns its bin folder."""
    venv.create(folder, with_pip=True)
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    run(binaries / "python", "-m", "pip", "install", "--quiet", *options, requirement, cwd=folder)
    return binaries


@pytest.fixture(scope="module")
def installed_wheel(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_environment(tmp_path_factory.mktemp("wheel"), built[1])


@pytest.fixture(scope="module")
def installed_editable(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_environment(tmp_path_factory.mktemp("editable"), tree, "--editable")


def packaged(wheel: zipfile.ZipFile) -> set[str]:
    """The files of the package, without what describes it and goes beside it."""
    return {name for name in wheel.namelist() if not re.search(r"\.(dist-info|data)/", name)}


def test_wheel_holds_every_dissector_and_module(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        names = packaged(wheel)
        metadata = {name.partition("/")[2] for name in wheel.namelist() if ".dist-info/" in name}
    assert names == {f"nldissect/{name}" for name in MODULE_FILES}
    assert {"licenses/LICENSE", "entry_points.txt"} <= metadata
    assert built[1].name.endswith("-py3-none-any.whl")


def test_version_tells_the_form(installed_wheel: Path, tmp_path: Path) -> None:
    assert " (pure, CPython 3." in run(installed_wheel / "nldissect", "--version", cwd=tmp_path)


def test_sdist_holds_the_whole_tree(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as sdist:
        names = {member.name.partition("/")[2] for member in sdist if member.isfile()}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in ("captures", "docs", "packaging", "tests", ".ci", ".github")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not NOISE.intersection(path.parts)
    }
    wanted |= {f"nldissect/{name}" for name in MODULE_FILES}
    wanted |= {path.name for path in ROOT.glob("*.md")}
    wanted |= {"LICENSE", "Makefile", "pyproject.toml", "setup.py"}
    assert wanted - names == set()


@pytest.mark.parametrize("environment", ["installed_wheel", "installed_editable"])
def test_installed_command_lists_every_dissector_and_has_the_manual(
    environment: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    binaries: Path = request.getfixturevalue(environment)
    words = run(binaries / "nldissect", "dissectors", cwd=tmp_path).split()
    listed = {Path(word).stem for word in words}  # a name and a file each
    assert DISSECTORS
    assert DISSECTORS - listed == set()
    manual = {path.name for path in (ROOT / "docs" / "man").glob("*.1")}
    there = {path.name for path in (binaries.parent / "share" / "man" / "man1").iterdir()}
    assert manual
    assert manual - there == set()


def test_editable_install_finds_the_files_of_the_tree(
    tree: Path, installed_editable: Path, tmp_path: Path
) -> None:
    script = (
        "from importlib.resources import files\n"
        "print(*(f.name for f in files('nldissect.dissectors').iterdir()), sep='\\n')"
    )
    seen = set(run(installed_editable / "python", "-c", script, cwd=tmp_path).splitlines())
    folder = tree / "nldissect" / "dissectors"
    assert {path.name for path in folder.iterdir()} - seen == set()
