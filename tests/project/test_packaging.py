"""What a user installs holds every dissector and every module of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest

from support import ROOT

NOISE = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
PACKAGE_FILES = ("*.py", "*.yaml", "*.tcss", "*.html", "*.css", "*.js", "*.lua", "py.typed")

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


def matching(folder: Path) -> set[str]:
    """Paths below `folder`, relative to it, of the files that belong in a package."""
    return {
        Path(inside, name).relative_to(folder).as_posix()
        for inside, _, names in os.walk(folder, followlinks=True)
        for name in names
        if any(fnmatch(name, glob) for glob in PACKAGE_FILES)
    }


MODULE_FILES = matching(ROOT / "nldissect")
DISSECTORS = {path.stem for path in (ROOT / "nldissect" / "dissectors").glob("[!_]*.yaml")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMPILED = {
    path.relative_to(ROOT).as_posix()
    for pattern in PROJECT["tool"]["nldissect"]["compiled"]
    for path in ROOT.glob(pattern)
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout: builds leave files behind."""
    target = tmp_path_factory.mktemp("tree") / "nldissect"
    ignore = shutil.ignore_patterns(".git", "build", "dist", "*.egg-info", "*.so", ".venv", *NOISE)
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
def compiled_wheel(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the sdist where a compiler is."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc")
    output = tmp_path_factory.mktemp("compiled")
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--wheel-dir",
        output,
        built[0],
        cwd=output,
        NLDISSECT_COMPILE="1",
    )
    (wheel,) = output.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed_compiled(compiled_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_environment(tmp_path_factory.mktemp("compiled"), compiled_wheel)


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


def test_compiled_wheel_is_the_platform_s_and_holds_every_file_too(compiled_wheel: Path) -> None:
    with zipfile.ZipFile(compiled_wheel) as wheel:
        names = packaged(wheel)
    libraries = {name.partition(".")[0] for name in names if name.endswith(".so")}
    assert libraries == {path.removesuffix(".py") for path in COMPILED} | {"nldissect__mypyc"}
    assert {name for name in names if not name.endswith(".so")} == {
        f"nldissect/{name}" for name in MODULE_FILES
    }
    version = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    assert f"-{version}-{version}-" in compiled_wheel.name


@pytest.mark.parametrize("environment", ["installed_wheel", "installed_compiled"])
def test_the_manual_comes_along(environment: str, request: pytest.FixtureRequest) -> None:
    """And man(1) finds it, since bin/ is on the PATH."""
    binaries: Path = request.getfixturevalue(environment)
    pages = {path.name for path in (ROOT / "docs" / "man").glob("*.1")}
    assert {path.name for path in (binaries.parent / "share" / "man" / "man1").iterdir()} >= pages
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    environ = {"PATH": f"{binaries}:/usr/bin:/bin", "HOME": str(binaries)}
    for page in pages:
        ran = subprocess.run(
            ["man", "-w", page.removesuffix(".1")],
            capture_output=True, text=True, check=True, env=environ,
        )  # fmt: skip
        assert ran.stdout.strip() == str(binaries.parent / "share" / "man" / "man1" / page)


@pytest.mark.parametrize(("environment", "form"), [
    ("installed_wheel", "pure"), ("installed_editable", "pure"), ("installed_compiled", "compiled"),
])  # fmt: skip
def test_version_tells_the_form(
    environment: str, form: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    binaries: Path = request.getfixturevalue(environment)
    assert f" ({form}, CPython 3." in run(binaries / "nldissect", "--version", cwd=tmp_path)


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


def test_both_forms_show_the_same_also_by_dissectors_of_others(
    installed_wheel: Path, installed_compiled: Path, tmp_path: Path
) -> None:
    (tmp_path / "genltest.yaml").write_text(SPEC)
    (tmp_path / "genltest.py").write_text(HOOKS)
    captures = [ROOT / "captures" / f"{name}.pcap" for name in ("genltest", "links", "routes")]
    pure, compiled = (
        run(binaries / "nldissect", "read", "-V", "--dissectors", tmp_path, *captures, cwd=tmp_path)
        for binaries in (installed_wheel, installed_compiled)
    )
    assert " 5 words\n" in pure
    assert pure == compiled


def test_sdist_holds_the_whole_tree(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as sdist:
        names = {member.name.partition("/")[2] for member in sdist if member.isfile()}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in ("captures", "docs", "tests", ".ci", ".github")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not NOISE.intersection(path.parts)
    }
    wanted |= {f"nldissect/{name}" for name in MODULE_FILES}
    wanted |= {path.name for path in ROOT.glob("*.md")}
    wanted |= {"LICENSE", "Makefile", "pyproject.toml", "setup.py"}
    assert wanted - names == set()


@pytest.mark.parametrize(
    "environment", ["installed_wheel", "installed_editable", "installed_compiled"]
)
def test_installed_command_lists_every_dissector(
    environment: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    binaries: Path = request.getfixturevalue(environment)
    words = run(binaries / "nldissect", "dissectors", cwd=tmp_path).split()
    listed = {Path(word).stem for word in words}  # a name and a file each
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
    folder = tree / "nldissect" / "dissectors"
    assert {path.name for path in folder.iterdir()} - seen == set()
