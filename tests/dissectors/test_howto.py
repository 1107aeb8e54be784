"""docs/HOWTO-add-a-dissector.md does what it says: its files are written, its commands run."""

from __future__ import annotations

import os
import re
import tomllib

import pytest

from nldissect import hooks
from nldissect._internal.engine.frame import Context
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import Node
from nldissect._internal.engine.summary_lookup import Lookup, Piece
from nldissect._internal.spec import registry, template
from nldissect._internal.spec.dissector_file import check
from nldissect._internal.spec.registry import Registry
from nldissect._internal.spec.ynl import fields
from support import ROOT
from support.documents import blocks, run, same, steps
from support.messages import GENERIC, attr, genl, msg, newfamily, read, record

pytestmark = pytest.mark.docs


TEXT = (ROOT / "docs" / "HOWTO-add-a-dissector.md").read_text(encoding="utf-8")


BLOCKS = blocks(TEXT)


def test_the_text_does_what_it_says(tmp_path):
    (tmp_path / "captures").symlink_to(ROOT / "captures")
    commands = 0
    for block in BLOCKS:
        if block.file:
            path = tmp_path / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.content, encoding="utf-8")
            os.utime(path, ns=(commands * 10**10, commands * 10**10))  # written anew, as by hand
        elif block.language == "console":
            for command, wanted in steps(block.content):
                commands += 1
                status, got = run(command, tmp_path)
                assert same(wanted, got), f"$ {command}\n{got}"
                differs = " is not in the source" in wanted
                assert status == (2 if " is no attribute type" in wanted else differs), got
    assert commands > 10


def final(folder: str) -> dict[str, str]:
    """The files of a folder as the last block that names each has them."""
    return {
        b.file.partition("/")[2]: b.content for b in BLOCKS if b.file.partition("/")[0] == folder
    }


def test_every_file_is_in_order(tmp_path):
    for block in BLOCKS:
        if block.file:
            (tmp_path / block.file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.file).write_text(block.content, encoding="utf-8")
    for folder, name in [
        ("mine", "genltest.yaml"),
        ("mine", "counter.yaml"),
        ("alone", "genltest.py"),
        ("package", "nldissect_fruit/fruit.yaml"),
    ]:
        assert name in final(folder)
        assert check(str(tmp_path / folder / name)) == []


def test_the_package_is_found_once_installed(tmp_path, monkeypatch):
    files = final("package")
    project = tomllib.loads(files["pyproject.toml"])
    points = project["project"]["entry-points"][registry.ENTRY_POINTS]
    assert set(points.values()) == set(project["tool"]["setuptools"]["packages"])
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    metadata = tmp_path / "nldissect_fruit-1.0.dist-info"
    metadata.mkdir()
    lines = [f"[{registry.ENTRY_POINTS}]", *(f"{k} = {v}" for k, v in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = Registry(use_system=False)
    assert [e.name for e in found.files() if e.origin == "fruit"] == ["fruit"]
    _, message = read(
        record(newfamily(40, "fruit"), GENERIC),
        record(msg(40, genl(1, attr(1, b"plum\0"))), GENERIC),
        registry=found,
    )
    assert message.find("kind").value == "plum"


def test_every_key_of_ours_is_explained():
    folder = ROOT / "nldissect" / "_internal"
    files = [*folder.glob("spec/ynl/*.py"), folder / "spec" / "dissector_file.py"]
    source = "".join(file.read_text() for file in files)
    used = set(re.findall(r"[\"'](x-[a-z-]+)[\"']", source))
    for file in (ROOT / "nldissect" / "dissectors").glob("*.yaml"):
        content = file.read_text(encoding="utf-8")
        used |= set(re.findall(r"(?:^\s*|[{,]\s*|- )(x-[a-z-]+):", content, re.M))
    told = set(re.findall(r"^\| `(x-[a-z-]+)` \|", TEXT, re.M))
    assert told == used


def test_every_type_hint_and_table_is_named():
    from nldissect._internal.spec import model
    from nldissect._internal.wire import linux

    ranges = {f"{sign}{size}" for sign in "us" for size in (8, 16, 32, 64)}
    for name in (set(model.KINDS) - ranges - {"array-nest"}) | set(linux.ENUMS):
        assert f"`{name}`" in TEXT, name
    for hint in fields.HINTS - {"fddi"}:
        assert f"`{hint}`" in TEXT or f"display-hint: {hint}`" in TEXT, hint
    for mode in template.MODES:
        assert re.search(rf"`{{\w+:{mode}}}`", TEXT), mode


@pytest.mark.parametrize("name", re.findall(r"^\| `(?!node)(\w+)\(.*\| ", TEXT, re.M))
def test_the_functions_for_hooks_are_there(name):
    assert callable(getattr(hooks, name))
    assert name in hooks.__all__


def test_the_nodes_and_lookups_have_what_is_promised():
    message = Message(Context(), 0, bytes(16), 0, 16, False)
    for name in ("bytes", "start", "end", "message", "diagnose", "leftover", "shown", "set_value"):
        assert f"node.{name}" in TEXT
        assert hasattr(Node, name)
    assert message.big is False
    for name in (
        "at",
        "constant",
        "flags",
        "has",
        "label",
        "node",
        "put",
        "text",
        "value",
        "words",
    ):
        assert f"`seen.{name}(" in TEXT
        assert hasattr(Lookup, name)
    for name in ("name", "kind", "value", "label", "text", "bytes", "children", "find", "walk"):
        assert hasattr(Piece, name)
