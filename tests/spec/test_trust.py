"""What is read of folders that others could have written to, and specs that are made to hurt."""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path

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
ABOVE = Path(__file__).parents[2]


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


def test_a_cache_behind_a_link(poisoned, tmp_path):
    folder, cache = poisoned
    link = tmp_path / "link"
    link.symlink_to(cache)
    assert not uses(folder, link)


@pytest.mark.parametrize(("mode", "believed"), [(0o777, False), (0o1777, True)])
def test_a_folder_that_others_can_put_another_in_place_of(poisoned, tmp_path, mode, believed):
    folder, cache = poisoned
    above = tmp_path / "above"
    above.mkdir()
    cache.rename(above / "cache")
    above.chmod(mode)
    assert uses(folder, above / "cache") == believed


def test_entries_that_are_nonsense(poisoned, tmp_path):
    """Pipes, links, wrong types, nesting: each as if it were not there."""
    folder, cache = poisoned
    words = ("dissectors", "--dissectors", folder)
    honest = run(*words, NLDISSECT_CACHE="")
    for entry in cache.glob("*.index.json"):
        whole = json.loads(entry.read_text())
        if "genltest.yaml" not in whole:
            continue
        stamp = whole["genltest.yaml"][0]
        entry.unlink()
        for wrong in (7, [], {"name": 7}, {**whole["genltest.yaml"][1], "types": "all"}):
            text = json.dumps({"folder": whole["folder"], "genltest.yaml": [stamp, wrong]})
            entry.write_text(text)
            entry.chmod(0o600)
            assert run(*words, NLDISSECT_CACHE=str(cache)) == honest
        for text in ("[" * 1_000_000, "[" + "[]," * 4_000_000 + "[]]", "\0", "7"):
            entry.write_text(text)
            entry.chmod(0o600)
            assert run(*words, NLDISSECT_CACHE=str(cache)) == honest
        entry.unlink()
        os.mkfifo(entry, 0o600)
        assert run(*words, NLDISSECT_CACHE=str(cache)) == honest


def test_a_plugin_in_the_current_directory(tmp_path, monkeypatch):
    info = tmp_path / "evil.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[nldissect.dissectors]\nevil = evil\n")
    (tmp_path / "evil.py").write_text("import os; os.write(2, b'ran')")
    words = ("read", RECORDINGS / "links.pcap")
    with start(*words, env={"PYTHONPATH": f"{tmp_path}:{ABOVE}"}) as process:
        assert b"ran" in process.communicate(timeout=60)[1]  # else the next could not fail
    monkeypatch.chdir(tmp_path)
    with start(*words, env={"PYTHONPATH": f"{tmp_path}:{ABOVE}"}) as process:
        assert process.communicate(timeout=60)[1] == b""


@pytest.mark.skipif(not ROOT, reason="needs a folder of another user")
@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"])
def test_a_home_of_somebody_else(tmp_path, variable):
    home, folder = tmp_path / "home", tmp_path / "named"
    home.mkdir()
    folder.mkdir()
    (folder / "genltest.yaml").write_text(SPEC)
    os.chown(home, 1234, 1234)
    named = {"NLDISSECT_PATH": str(folder), variable: str(home)}
    status, _, err = run("read", RECORDINGS / "links.pcap", **named)
    assert status == 0
    assert "NLDISSECT_PATH is not read under sudo" in err
    assert not list(home.iterdir())


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


def stairs(steps: int) -> str:
    """Lists that lie in one another by their aliases alone."""
    lines = [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, steps)]
    return "name: stairs\na0: &a0 [x]\n" + "\n".join(lines) + "\n"


def structs(count: int) -> str:
    """Each has the next one as its member."""
    lines = [
        f"  - {{name: s{i}, type: struct, members: [{{name: m, type: binary, struct: s{i + 1}}}]}}"
        for i in range(count)
    ]
    last = f"  - {{name: s{count}, type: struct, members: [{{name: m, type: u8}}]}}"
    field = "attribute-sets: [{name: a, attributes: [{name: b, type: binary, struct: s0}]}]"
    return "name: structs\ndefinitions:\n" + "\n".join([*lines, last, field]) + "\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (bomb(), "has more than 1,000,000 values with its aliases"),
        ("name: round\ndefinitions: &a [*a]\n", "an alias within what it stands for"),
        ("name: long\nversion: 1" + ":1" * 100_000 + "\n", "a number of 200001 characters"),
        ("name: deep\ndefinitions: " + "[" * 100_000 + "\n", "no valid YAML"),
        (stairs(1000), "nests more than 100 levels with its aliases"),
        (structs(5000), "more than 32 structs lie in one another"),
    ],
    ids=["aliases", "round", "long", "deep", "stairs", "structs"],
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
