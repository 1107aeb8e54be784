"""What is read of folders that others could have written to, and specs that are made to hurt."""

from __future__ import annotations

import json
import os
import resource
import time

import pytest

from support.command import start
from support.messages import RECORDINGS

SPEC = """
name: genltest
protocol: genetlink
attribute-sets:
  - name: main
    attributes: [{name: honest, type: u32}]
operations:
  list:
    - {name: echo, value: 1, attribute-set: main, do: {request: {attributes: [honest]}}}
"""
ROOT = os.geteuid() == 0


def run(*words: object, **environment: str) -> tuple[int, str, str]:
    with start(*words, env=environment) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def poisoned(tmp_path):
    """A folder of a dissector, and a cache in which somebody changed it."""
    folder, cache = tmp_path / "mine", tmp_path / "cache"
    folder.mkdir()
    (folder / "genltest.yaml").write_text(SPEC)

    run("dissectors", "check", folder / "genltest.yaml", NLDISSECT_CACHE=str(cache))
    run("read", "--dissectors", folder, RECORDINGS / "links.pcap", NLDISSECT_CACHE=str(cache))
    return folder, cache


def uses(folder, cache) -> bool:
    """Whether what a cache says of the dissector is believed: that its family has another name."""
    for entry in cache.glob("*.index.json"):
        kept = json.loads(entry.read_text())
        if "genltest.yaml" in kept:
            text = entry.read_text().replace('"genltest"', '"poisoned"')
            entry.write_text(text)
    words = ("dissectors", "--dissectors", folder)
    return "poisoned" in run(*words, NLDISSECT_CACHE=str(cache))[1]


def test_an_own_cache_is_used(poisoned):
    """Else the tests below could not fail."""
    folder, cache = poisoned
    assert uses(folder, cache)


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o1777])
def test_a_cache_that_others_can_write(poisoned, mode):
    folder, cache = poisoned
    cache.chmod(mode)
    assert not uses(folder, cache)


def test_an_entry_that_others_can_write(poisoned):
    folder, cache = poisoned
    for entry in cache.glob("*.json"):
        entry.chmod(0o666)
    assert not uses(folder, cache)


@pytest.mark.skipif(not ROOT, reason="needs files of another user")
@pytest.mark.parametrize("which", ["folder", "entries"])
def test_a_cache_of_somebody_else(poisoned, which):
    folder, cache = poisoned
    for path in [cache] if which == "folder" else cache.glob("*.json"):
        os.chown(path, 1234, 1234)
    assert not uses(folder, cache)


def test_what_a_killed_process_left(poisoned):
    folder, cache = poisoned
    old, new = cache / ".x.json.1.part", cache / ".y.json.2.part"
    for path in (old, new):
        path.write_text("{}")
    os.utime(old, (time.time() - 9999,) * 2)
    (folder / "genltest.yaml").write_text(SPEC + "# changed\n")
    run("read", "--dissectors", folder, RECORDINGS / "links.pcap", NLDISSECT_CACHE=str(cache))
    assert not old.exists()
    assert new.exists()


@pytest.mark.skipif(not ROOT, reason="only root is asked to act for others")
@pytest.mark.parametrize("variable", ["NLDISSECT_PATH", "NLDISSECT_SPECS"])
def test_folders_of_who_calls_sudo(tmp_path, variable):
    (tmp_path / "evil.yaml").write_text(SPEC)
    (tmp_path / "evil.py").write_text("import os; os.write(1, b'ran')")
    caller = {"SUDO_UID": "1234", "SUDO_GID": "1234"}
    said = f"{variable} is not read under sudo; name what it names on the command line"
    words = ("read", RECORDINGS / "links.pcap")
    status, out, err = run(*words, **{variable: str(tmp_path)}, **caller)
    assert status == 0
    assert err.endswith(f": {said}\n")
    assert err.count("\n") == 1
    assert "ran" not in out
    assert not run(*words, **{variable: str(tmp_path)})[2]


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for i in range(1, 9):
        lines.append(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]")
    return "name: bomb\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (bomb(), "has more than 1,000,000 values with its aliases"),
        ("name: round\ndefinitions: &a [*a]\n", "an alias within what it stands for"),
        ("name: deep\ndefinitions: " + "[" * 100_000 + "\n", "no valid YAML"),
    ],
)
def test_specs_made_to_hurt(tmp_path, text, said):
    path, cache = tmp_path / "hurts.yaml", tmp_path / "cache"
    path.write_text(text)

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    words = ("dissectors", "check", path)
    with start(*words, env={"NLDISSECT_CACHE": str(cache)}, preexec_fn=small) as process:
        out, err = process.communicate(timeout=60)
    told = (out + err).decode()
    assert process.returncode != 0
    assert said in told
    assert "Traceback" not in told
    assert not cache.exists() or sum(f.stat().st_size for f in cache.iterdir()) < 1 << 20
