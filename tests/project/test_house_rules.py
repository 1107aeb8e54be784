"""The measures that the code is held to, beside the import layers of pyproject.toml."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from support import ROOT

PACKAGE = ROOT / "nldissect"
SOURCES = sorted(p for p in PACKAGE.rglob("*.py") if p.parent.name != "dissectors")
FOLDERS = sorted(p for p in PACKAGE.rglob("__init__.py") if p.parent.name != "dissectors")
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# Class names that occur twice, and why.
TWICE = {
    "Message": "the library's is the engine's, with pairing and other forms attached",
    "Netlink": "what scapy's users call the layer, and pytest's users the fixture",
}


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def module(path: Path) -> str:
    """A file's dotted name."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


KNOWN = {module(path) for path in SOURCES}


def imports(path: Path) -> set[str]:
    """The modules of this package that a file imports, inside functions and for types as well."""
    package = module(path).split(".")
    if path.name != "__init__.py":
        package.pop()
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, node.module] if node.module else above)
            names = {f"{base}.{alias.name}" for alias in node.names}
            found |= {name if name in KNOWN else base for name in names}
    return found & KNOWN - {module(path)}


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {module(path): imports(path) for path in SOURCES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail("a circle of imports: " + " < ".join(circle.args[1]))


def test_a_module_name_occurs_once() -> None:
    places = defaultdict(list)
    for path in SOURCES:
        if path.name != "__init__.py":
            places[path.stem].append(module(path))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert twice == {}


def test_a_class_name_occurs_once() -> None:
    places = defaultdict(list)
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module(path))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: twice[name] for name in twice if name not in TWICE} == {}
    assert set(TWICE) <= set(twice), "listed, and there is but one"


@pytest.mark.parametrize("path", FOLDERS, ids=module)
def test_a_folder_says_in_a_sentence_what_it_is(path: Path) -> None:
    first = (ast.get_docstring(tree(path)) or "").partition("\n\n")[0]
    assert first.endswith(".")
    assert ". " not in first.replace("\n", " ")


def tables(path: Path) -> set[int]:
    """The lines of assignments that have a collection in them, and of decorators."""
    found: list[ast.expr | ast.stmt] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            found += node.decorator_list
        elif isinstance(node, ast.Assign | ast.AnnAssign) and any(
            isinstance(part, ast.Dict | ast.List | ast.Set | ast.Tuple) for part in ast.walk(node)
        ):
            found.append(node)
    return {n for node in found for n in range(node.lineno, (node.end_lineno or 0) + 1)}


def test_only_tables_are_laid_out_by_hand() -> None:
    wrong = []
    for path in SOURCES + TESTS:
        lines = path.read_text(encoding="utf-8").splitlines()
        skips = {n for n, line in enumerate(lines, 1) if "  # fmt: skip" in line}
        wrong += [f"{module(path)}:{number}" for number in skips and skips - tables(path)]
    assert wrong == []


def test_every_folder_of_modules_is_a_declared_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {module(path) for path in FOLDERS} | {"nldissect.dissectors"}
    assert set(project["tool"]["setuptools"]["packages"]) == folders


FORBIDDEN = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_nothing_is_unpickled_evaluated_or_given_to_a_shell(path: Path) -> None:
    """What comes from outside is data, as SECURITY.md promises."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert not FORBIDDEN & {alias.name for alias in node.names}
            assert getattr(node, "module", None) not in FORBIDDEN
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("eval", "exec", "os.system", "os.popen")
            assert not any(keyword.arg == "shell" for keyword in node.keywords)
            if called == "yaml.load":
                assert any(keyword.arg == "Loader" for keyword in node.keywords)


WRITTEN_PLAINLY = {
    "nldissect._internal.wire.output_file": "the one way that files are made",
    "nldissect._internal.pytest_plugin.network_namespace": "id maps in /proc",
}
MODE_TO_WRITE = re.compile("'[rbt]*[wax+][bt+]*'")


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_files_are_made_in_one_way(path: Path) -> None:
    """Private, whole or not at all, and through nobody else's links: wire/output_file.py."""
    if module(path) in WRITTEN_PLAINLY:
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            assert name not in ("write_text", "write_bytes")
            words = [*node.args, *[keyword.value for keyword in node.keywords]]
            if name == "open":
                assert not any(MODE_TO_WRITE.fullmatch(ast.unparse(word)) for word in words)
                assert not any("O_CREAT" in ast.unparse(word) for word in words)
