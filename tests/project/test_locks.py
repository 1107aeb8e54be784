"""What CI installs is what pyproject.toml asks for, by the hashes of its files."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = [
    ("install.lock", ""), ("docs.lock", "docs"), ("requirements.lock", "test"),
    ("audit.lock", "audit"), ("engines.lock", "engines"), ("release.lock", "release"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "extra"), LOCKS)
def test_locks_are_in_step_with_pyproject(name: str, extra: str) -> None:
    """`.ci/lock` writes them."""
    text = (ROOT / ".ci" / name).read_text()
    entries = re.findall(r"^([\w.-]+)==([^\s;]+)(.*(?:\n .*)*)", text, re.M)
    assert len(entries) == len(re.findall(r"^\S", text, re.M))  # and nothing else stands there
    pinned: dict[str, list[str]] = {}  # a package may have versions by Python's
    for package, version, _ in entries:
        pinned.setdefault(canonicalize_name(package), []).append(version)
    for package, _, rest in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", rest), package
    project = PROJECT["project"]
    wanted = project["dependencies"] + project["optional-dependencies"].get(extra, [])
    if extra == "test":  # and what nldissect is built with
        wanted += PROJECT["build-system"]["requires"]
    for one in map(Requirement, wanted):
        versions = pinned.get(canonicalize_name(one.name))
        assert versions, f"{one.name} is not in {name}: .ci/lock"
        for version in versions:
            assert one.specifier.contains(version, prereleases=True), (
                f"{one} is {version}: .ci/lock"
            )
