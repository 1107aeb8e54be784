"""What makes a release agrees with itself: version, CHANGELOG, workflows, recipes, scripts."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support import ROOT

FOLDER = ROOT / "packaging"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (ROOT / ".github" / "workflows").glob("*.yml")
}
JOBS: dict[str, Any] = WORKFLOWS["release"]["jobs"]
PYTHONS = [
    line.rpartition(" ")[2]
    for line in PROJECT["project"]["classifiers"]
    if re.search(r":: 3\.\d+$", line)
]
SCRIPTS = {
    path.relative_to(ROOT).as_posix()
    for path in FOLDER.rglob("*")
    if path.is_file() and os.access(path, os.X_OK) and path.name != "rules"
}


def version_of(root: Path, *words: str) -> tuple[int, str]:
    """The status of packaging/version in `root`, and what it said."""
    ran = subprocess.run(
        [sys.executable, root / "packaging" / "version", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd=root,
    )  # fmt: skip
    return ran.returncode, ran.stdout.strip()


def test_the_version_agrees() -> None:
    import nldissect

    assert version_of(ROOT) == (0, nldissect.__version__)


UNRELEASED = "# Changelog\n\n## [Unreleased]\n\n"
OLD = "## [0.9.0] - 2026-01-31\n\n- Pears.\n"
NEW = "## [1.2.3] - 2026-02-28\n\n### Added\n\n- Apples.\n\n"


@pytest.mark.parametrize(("tag", "changelog", "wanted"), [
    ("v1.2.3", UNRELEASED + NEW + OLD, "1.2.3"),
    ("v1.2.4", UNRELEASED + NEW, "the tag v1.2.4 is not v1.2.3"),
    ("1.2.3", UNRELEASED + NEW, "the tag 1.2.3 is not v1.2.3"),
    ("v1.2.3", UNRELEASED + OLD, "no section [1.2.3]"),
    ("v1.2.3", UNRELEASED + "- Plums.\n\n" + NEW, "under Unreleased belongs into the release"),
    ("v1.2.3", UNRELEASED + "## [1.2.3] - 2026-02-30\n\n- Apples.\n", "[1.2.3] needs a date"),
    ("v1.2.3", UNRELEASED + "## [1.2.3]\n\n- Apples.\n", "[1.2.3] needs a date"),
    ("v1.2.3", UNRELEASED + "## [1.2.3] - 2026-02-28\n\n" + OLD, "[1.2.3] says nothing"),
    ("v1.2.3", UNRELEASED + OLD + NEW, "the newest first"),
    ("v1.2.3", "# Changelog\n\n" + NEW, "must be `## [Unreleased]`"),
    ("v1.2.3", UNRELEASED + NEW.replace("1.2.3", "1.10.0"), "older than CHANGELOG.md's newest"),
])  # fmt: skip
def test_a_tag_releases_only_what_the_changelog_tells(
    tag: str, changelog: str, wanted: str, tmp_path: Path
) -> None:
    place = tmp_path / "nldissect" / "_internal" / "wire" / "version.py"
    place.parent.mkdir(parents=True)
    place.write_text('VERSION = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(changelog)
    (tmp_path / "packaging").mkdir()
    shutil.copy(FOLDER / "version", tmp_path / "packaging")
    status, said = version_of(tmp_path, tag, "notes.md")
    assert wanted in said
    assert "Traceback" not in said
    assert (status == 0) == (said == "1.2.3")
    if status == 0:
        assert (tmp_path / "notes.md").read_text() == "### Added\n\n- Apples.\n"


def test_one_list_of_pythons() -> None:
    assert PROJECT["tool"]["cibuildwheel"]["build"].split() == [
        f"cp{version.replace('.', '')}-*" for version in PYTHONS
    ]
    assert JOBS["wheels"]["strategy"]["matrix"]["python"] == PYTHONS
    assert WORKFLOWS["ci"]["jobs"]["check"]["strategy"]["matrix"]["python"] == PYTHONS
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"


def test_the_workflow_runs_scripts_that_are_here_and_all_of_them() -> None:
    lines = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]
    called = {word for line in lines for word in re.findall(r"packaging/[\w/-]+", line)}
    assert called == SCRIPTS
    others = [line for line in lines if "packaging/" not in line]
    assert all(
        re.match("pip install --require-hashes|'?\"\\$CONDA|gh release", line) for line in others
    )


def test_actions_are_pinned_and_may_do_no_more_than_they_must() -> None:
    jobs = [job for workflow in WORKFLOWS.values() for job in workflow["jobs"].values()]
    used = {step["uses"] for job in jobs for step in job["steps"] if "uses" in step}
    loose = {one for one in used if not re.search(r"@[0-9a-f]{40}$", one)}
    assert loose == {"pypa/gh-action-pypi-publish@release/v1"}
    assert WORKFLOWS["release"]["permissions"] == {}
    assert WORKFLOWS["ci"]["permissions"] == {"contents": "read"}
    writing = {name: {what for what, kind in job["permissions"].items() if kind == "write"}
               for name, job in JOBS.items() if "write" in job["permissions"].values()}  # fmt: skip
    assert writing == {
        "attest": {"id-token", "attestations"},
        "publish": {"id-token"},
        "announce": {"contents"},
    }
    assert "tag" in JOBS["attest"]["if"]  # and the other two need it
    assert (JOBS["publish"]["needs"], JOBS["announce"]["needs"]) == ("attest", "publish")


def test_recipes_ask_for_what_the_project_asks_for() -> None:
    wanted = {
        canonicalize_name(one.name): one.specifier
        for one in map(Requirement, PROJECT["project"]["dependencies"])
    }
    recipe = yaml.safe_load(
        re.sub(r"\$\{\{.*?\}\}", "made", (FOLDER / "conda" / "recipe.yaml").read_text())
    )
    run = map(Requirement, recipe["requirements"]["run"])
    assert {
        canonicalize_name(one.name): one.specifier for one in run if one.name != "python"
    } == wanted
    host = {str(Requirement(one)) for one in recipe["requirements"]["host"]}
    assert host - {"python", "pip"} == {*PROJECT["build-system"]["requires"]}
    control = (FOLDER / "debian" / "control").read_text()
    own = {"google-re2": "re2", "pyyaml": "yaml", "zstandard": "zstandard"}
    debian = {own.get(name, name) for name in wanted} - {"zstandard"}  # Debian's Python has it
    assert {*re.findall(r"^ python3-([\w-]+)", control, re.M)} >= debian


@pytest.mark.parametrize(("name", "files", "fault"), [
    ("nldissect-1.0.0-cp313-cp313-manylinux_2_28_x86_64.whl", {}, "is not called nldissect-1.2.3"),
    ("nldissect-1.2.3-cp39-cp39-manylinux_2_28_x86_64.whl", {}, "has the tags cp39-cp39"),
    ("nldissect-1.2.3-cp313-cp313-linux_x86_64.whl", {}, "has the tags cp313-cp313-linux_x86_64"),
    ("nldissect-1.2.3-cp313-cp313-musllinux_1_2_x86_64.whl", {}, "has no compiled library"),
    ("nldissect-1.2.3-cp313-cp313-musllinux_1_2_x86_64.whl",
     {"nldissect/a.cpython-313-x86_64-linux-gnu.so": 62}, "for another Python"),
    ("nldissect-1.2.3-cp313-cp313-manylinux_2_28_aarch64.whl",
     {"nldissect/a.cpython-313-aarch64-linux-gnu.so": 62}, "for another Python"),
    ("nldissect-1.2.3-py3-none-any.whl", {"nldissect/a.cpython-313-x86_64-linux-gnu.so": 62},
     "has the library nldissect/a."),
    ("nldissect-1.2.3-py3-none-any.whl", {"tests/conftest.py": 0}, "has tests/conftest.py"),
])  # fmt: skip
def test_a_wheel_that_is_not_what_its_name_tells_is_found(
    name: str, files: dict[str, int], fault: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as wheel:
        wheel.writestr("nldissect/__init__.py", "")
        for inside, machine in files.items():
            wheel.writestr(inside, bytes(18) + machine.to_bytes(2, "little"))
    faults = runpy.run_path(str(FOLDER / "check"))["wheel_faults"]
    found = faults(tmp_path / name, "1.2.3", {"nldissect/__init__.py"})
    assert any(fault in one for one in found), found
