"""What CI installs is what pyproject.toml asks for, by the hashes of its files."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = [("requirements.lock", "test"), ("audit.lock", "audit")]


@pytest.mark.parametrize(("name", "extra"), LOCKS)
def test_locks_are_in_step_with_pyproject(name: str, extra: str) -> None:
    """`.ci/lock` writes them."""
    text = (ROOT / ".ci" / name).read_text()
    entries = re.findall(r"^([\w.-]+)==([^\s;]+)(.*(?:\n .*)*)", text, re.M)
    pinned = {canonicalize_name(package): version for package, version, _ in entries}
    assert len(pinned) == len(re.findall(r"^\S", text, re.M))  # and nothing else stands there
    for package, _, rest in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", rest), package
    project = PROJECT["project"]
    wanted = project["dependencies"] + project["optional-dependencies"][extra]
    if extra == "test":  # and what nldissect is built with
        wanted += PROJECT["build-system"]["requires"]
    for one in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(one.name))
        assert version is not None, f"{one.name} is not in {name}: .ci/lock"
        assert one.specifier.contains(version, prereleases=True), f"{one} is {version}: .ci/lock"
