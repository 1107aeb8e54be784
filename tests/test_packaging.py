"""What a user installs holds every dissector and every module of the tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOISE = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
PACKAGE_FILES = ("*.py", "*.yaml", "*.tcss", "*.lark", "py.typed")
# No name of a Python module, so the kind of file that builds lose first.
HOOKS = "rt-link.py"

pytestmark = pytest.mark.packaging


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command that must succeed."""
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def matching(folder: Path) -> set[str]:
    """Paths below `folder`, relative to it, of the files that belong in a package."""
    return {
        path.relative_to(folder).as_posix() for glob in PACKAGE_FILES for path in folder.rglob(glob)
    }


DISSECTOR_FILES = matching(ROOT / "dissectors") | {HOOKS}
MODULE_FILES = matching(ROOT / "nldissect")
DISSECTORS = {Path(name).stem for name in DISSECTOR_FILES if not name.startswith("_")}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout (builds leave files behind), with the hooks file in it."""
    target = tmp_path_factory.mktemp("tree") / "nldissect"
    ignore = shutil.ignore_patterns(
        ".git", "build", "dist", "*.egg-info", "*.so", ".venv", *NOISE
    )
    shutil.copytree(ROOT, target, ignore=ignore)
    (target / "dissectors" / HOOKS).touch()
    return target


@pytest.fixture(scope="module")
def built(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel built from it."""
    output = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", output, tree, cwd=output)
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


def test_every_folder_of_modules_is_a_declared_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "nldissect").rglob("*.py")
    }
    assert set(project["tool"]["setuptools"]["packages"]) == folders | {"nldissect.dissectors"}


def test_wheel_holds_every_dissector_and_module(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        metadata = {name.partition("/")[2] for name in wheel.namelist() if ".dist-info/" in name}
    dissectors = {f"nldissect/dissectors/{name}" for name in DISSECTOR_FILES}
    assert names == dissectors | {f"nldissect/{name}" for name in MODULE_FILES}
    assert {"licenses/LICENSE", "entry_points.txt"} <= metadata


def test_sdist_holds_the_whole_tree(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as sdist:
        names = {member.name.partition("/")[2] for member in sdist if member.isfile()}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in ("captures", "dissectors", "docs", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not NOISE.intersection(path.parts)
    }
    wanted |= {f"nldissect/{name}" for name in MODULE_FILES}
    wanted |= {f"dissectors/{HOOKS}", "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml"}
    assert wanted - names == set()


@pytest.mark.parametrize("environment", ["installed_wheel", "installed_editable"])
def test_installed_command_lists_every_dissector(
    environment: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    binaries: Path = request.getfixturevalue(environment)
    listed = set(run(binaries / "nldissect", "dissectors", cwd=tmp_path).split())
    assert DISSECTORS
    assert DISSECTORS - listed == set()


def test_editable_install_finds_the_files_of_the_tree(
    tree: Path, installed_editable: Path, tmp_path: Path
) -> None:
    script = (
        "from importlib.resources import files\n"
        "print(*(f.name for f in files('nldissect.dissectors').iterdir()), sep='\\n')"
    )
    seen = set(run(installed_editable / "python", "-c", script, cwd=tmp_path).splitlines())
    assert {path.name for path in (tree / "dissectors").iterdir()} - seen == set()
