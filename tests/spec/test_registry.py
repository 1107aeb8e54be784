"""Which dissector serves what: tiers, conflicts, broken files, hooks, decode-as, the cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from nldissect._internal.engine.summary import describe, summarize
from nldissect._internal.spec import registry, specfile
from nldissect._internal.spec.dissector_file import check
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire.errors import SpecError, UsageError
from support.messages import (
    GENERIC,
    attr,
    genl,
    msg,
    newfamily,
    read,
    record,
    streamed,
    tree,
    u8,
    u32,
)

FAMILY = """
name: {name}
attribute-sets:
  - {{name: s, attributes: [{{name: {attribute}, type: u32}}]}}
operations:
  list:
    - {{name: op, attribute-set: s, x-summary: "[{attribute} {{{attribute}}}]", do: {{}}}}
"""
RAW = """
name: {name}
protocol: netlink-raw
protonum: {protocol}
attribute-sets:
  - {{name: s, attributes: [{{name: a, type: u32}}]}}
operations:
  list:
    - {{name: op, value: {value}, attribute-set: s, do: {{}}}}
"""


FIND_ENTRY_POINTS = registry._entry_points


@pytest.fixture(autouse=True)
def apart(monkeypatch, tmp_path, tmp_path_factory):
    """No environment but the test's, and a cache that only these tests share."""
    for variable in ("NLDISSECT_PATH", "NLDISSECT_SPECS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NLDISSECT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setattr(registry, "SYSTEM_SPECS", str(tmp_path / "system"))
    monkeypatch.setattr(registry, "_entry_points", list)


def folder(path: Path, **files: str) -> Path:
    """A folder with these files; `__` in a name stands for its dot."""
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        name = name if "." in name else name.replace("__", ".")
        (path / name).write_text(textwrap.dedent(content))
    return path


def family(name: str = "fam", attribute: str = "a") -> str:
    return FAMILY.format(name=name, attribute=attribute)


def raw(name: str, protocol: int, value: int = 16) -> str:
    return RAW.format(name=name, protocol=protocol, value=value)


def heard(found: Registry, name: str = "fam", payload: bytes = attr(1, u32(7)), command: int = 1):
    """A message of a generic family, as the dissectors of this registry read it."""
    taught = record(newfamily(33, name), GENERIC)
    _, message = read(taught, record(msg(33, genl(command, payload)), GENERIC), registry=found)
    return message


def names(found: Registry, origin: str) -> list[str]:
    return [e.name for e in found.files() if e.origin == origin]


# -- where dissectors come from -----------------------------------------------------


def test_the_built_in_ones_are_listed_with_what_they_claim():
    found = Registry()
    assert found.problems == []
    entry = next(e for e in found.files() if e.name == "genltest")
    assert (entry.origin, entry.protocol, entry.level) == ("built-in", "generic", "genetlink-c")
    assert (entry.operations, entry.attributes) == (1, 1)
    assert Path(entry.file).name == "genltest.yaml"
    link = next(e for e in found.files() if e.name == "rt-link")
    assert (link.protocol, link.protonum) == ("route", 0)
    assert {16, 17, 18, 19} <= set(link.types)


def test_a_folder_given_explicitly(tmp_path):
    found = Registry([str(folder(tmp_path / "d", fam__yaml=family()))])
    assert names(found, "explicit") == ["fam"]
    message = heard(found)
    assert (message.find("a").value, describe(message)) == (7, "op a 7")


def test_a_file_given_explicitly(tmp_path):
    path = folder(tmp_path / "d", fam__yaml=family(), other__yaml="broken: [")
    assert heard(Registry([str(path / "fam.yaml")])).find("a").value == 7


@pytest.mark.parametrize(
    ("variable", "origin"), [("NLDISSECT_PATH", "explicit"), ("NLDISSECT_SPECS", "specs")]
)
def test_folders_in_the_environment(tmp_path, monkeypatch, variable, origin):
    one = folder(tmp_path / "one", a__yaml=family("fam-a"))
    two = folder(tmp_path / "two", b__yaml=family("fam-b"))
    monkeypatch.setenv(variable, f"{one}{os.pathsep}{two}{os.pathsep}")
    assert names(Registry(), origin) == ["fam-a", "fam-b"]


def test_a_folder_of_specs_fills_gaps_and_a_file_displaces(tmp_path):
    route = raw("my-links", 0, 16)  # RTM_NEWLINK is rt-link's, 200 is nobody's
    more = raw("my-types", 0, 200)
    specs = folder(
        tmp_path, nlctrl__yaml=family("nlctrl"), link__yaml=route, new__yaml=more, f__yaml=family()
    )
    filled = Registry(specs=[str(specs)])
    assert filled.named("nlctrl").file.startswith(registry.builtin_folder())
    assert filled.family("nlctrl", 16).file.startswith(registry.builtin_folder())
    assert filled.raw(0, 16).name == "rt-link"
    assert filled.raw(0, 200).name == "my-types"
    assert filled.family("fam", 40).name == "fam"
    assert filled.displaced == {}
    one = str(specs / "nlctrl.yaml")
    named = Registry(specs=[one])
    assert named.family("nlctrl", 16).file == one
    assert named.displaced == {"nlctrl": one}


def test_a_folder_of_specs_leaves_unknown_types_to_the_built_in_dissector(tmp_path):
    own = folder(tmp_path / "own", a__yaml=raw("whole", 29, 1))
    specs = folder(tmp_path / "specs", b__yaml=raw("other", 29, 2))
    found = Registry(dissectors=[str(own)], specs=[str(specs)])
    assert [found.raw(29, number).name for number in (1, 2, 3)] == ["whole", "other", "whole"]


def test_installed_kernel_specs_are_the_last_resort(tmp_path):
    folder(tmp_path / "system", fam__yaml=family(), genltest__yaml=family("genltest"))
    found = Registry()
    assert names(found, "system") == ["fam", "genltest"]
    assert heard(found).find("a").value == 7
    assert found.family("genltest", 0).file.endswith(os.path.join("dissectors", "genltest.yaml"))
    assert names(Registry(use_system=False), "system") == []


@pytest.mark.parametrize("missing", ["nowhere", "nowhere/x.yaml"])
def test_a_folder_that_is_not_there(tmp_path, missing):
    with pytest.raises(UsageError, match=r"nowhere.*No such file"):
        Registry([str(tmp_path / missing)])


def test_what_is_no_dissector_file_is_left_alone(tmp_path):
    path = folder(tmp_path / "d", fam__yml=family(), README__md="# x", _fam__yaml=family("x"))
    (path / ".hidden.yaml").write_text(family("y"))
    assert names(Registry([str(path)]), "explicit") == ["fam"]


# -- conflicts --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two", "what"),
    [
        (family("fam"), family("fam"), "fam"),
        (raw("x", 29, 20), raw("y", 29, 20), "message type 20 of protocol protocol 29"),
    ],
)
def test_two_that_claim_the_same_are_an_error_that_names_both_files(tmp_path, one, two, what):
    path = folder(tmp_path / "d", one__yaml=one, two__yaml=two)
    with pytest.raises(SpecError) as caught:
        Registry([str(path)])
    text = str(caught.value)
    assert what in text
    assert str(path / "one.yaml") in text
    assert str(path / "two.yaml") in text


def test_an_explicit_one_wins(tmp_path):
    path = folder(tmp_path / "d", genltest__yaml=family("genltest", "mine"))
    found = Registry([str(path)])
    assert heard(found, "genltest").find("mine").value == 7
    assert [e.origin for e in found.files() if e.name == "genltest"] == ["explicit", "built-in"]


def test_an_explicit_one_takes_only_the_message_types_that_it_has(tmp_path):
    path = folder(tmp_path / "d", mine__yaml=raw("mine", 0, 20))
    found = Registry([str(path)])
    assert (found.raw(0, 20).name, found.raw(0, 16).name) == ("mine", "rt-link")


def test_two_protocols_share_a_number_by_message_type(tmp_path):
    path = folder(tmp_path / "d", x__yaml=raw("x", 29, 20), y__yaml=raw("y", 29, 21))
    found = Registry([str(path)])
    assert (found.raw(29, 20).name, found.raw(29, 21).name, found.raw(29, 22)) == ("x", "y", None)


def test_one_that_has_a_protocol_to_itself_serves_its_other_types_too(tmp_path):
    found = Registry([str(folder(tmp_path / "d", x__yaml=raw("x", 29, 20)))])
    assert found.raw(29, 99).name == "x"
    assert found.raw(30, 20) is None


def test_the_same_file_named_twice_is_one(tmp_path, monkeypatch):
    path = folder(tmp_path / "d", fam__yaml=family())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(path)
    monkeypatch.setenv("NLDISSECT_PATH", str(tmp_path / "link"))
    assert names(Registry([str(path), "d", "d/fam.yaml"]), "explicit") == ["fam"]
    builtin = registry.builtin_folder()
    assert Registry([builtin]).problems == []


def test_installed_specs_that_clash_are_no_fault_of_the_user(tmp_path):
    folder(tmp_path / "system", one__yaml=family(), two__yaml=family())
    found = Registry()
    assert ["one.yaml" in str(p) and "two.yaml" in str(p) for p in found.problems] == [True, True]
    assert heard(found).find("a").value == 7


def test_a_dissector_that_claims_nothing_serves_by_name_alone(tmp_path):
    path = folder(tmp_path / "d", fam__yaml="x-claim: false\n" + family())
    found = Registry([str(path)])
    assert heard(found).operation is None or heard(found).spec is None
    assert found.named("fam").name == "fam"
    assert Registry([str(path)], decode_as={"33": "fam"}).family(None, 33).name == "fam"


# -- broken files -----------------------------------------------------------------------------

BROKEN = {
    "no yaml": "name: [",
    "tabs": "name: x\n\tprotocol: y\n",
    "no mapping": "- a\n- b\n",
    "empty": "",
    "a number": "5",
    "no name": "protocol: genetlink\n",
    "wrong level": "name: x\nprotocol: odd\n",
    "wrong set": "name: x\nattribute-sets: 5\n",
    "wrong operations": "name: x\noperations: {list: 5}\n",
    "control characters": "name: \x00\n",
    "alias of itself": "name: x\ndefinitions: &a [*a]\n",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_reported_by_name_and_the_rest_works(tmp_path, content):
    path = folder(tmp_path / "d", bad__yaml=content, fam__yaml=family())
    found = Registry([str(path)])
    assert [str(path / "bad.yaml") in str(p) for p in found.problems] == [True]
    assert "Traceback" not in str(found.problems[0])
    assert heard(found).find("a").value == 7
    assert check(str(path / "bad.yaml"))


def test_a_file_that_is_no_text(tmp_path):
    path = folder(tmp_path / "d", fam__yaml=family())
    (path / "bad.yaml").write_bytes(b"\xff\xfe\x00")
    (path / "gone.yaml").symlink_to(path / "nowhere")
    found = Registry([str(path)])
    assert sorted(str(p).rpartition(": ")[2] for p in found.problems) == [
        "No such file or directory",
        "is no UTF-8 text",
    ]
    assert heard(found).find("a").value == 7


def test_check_gives_line_and_path(tmp_path):
    path = folder(
        tmp_path / "d",
        bad__yaml="name: x\n\nattribute-sets:\n  - name: s\n"
        "    attributes:\n      - name: a\n        type: u7\n",
    )
    (fault,) = check(str(path / "bad.yaml"))
    assert str(fault) == (
        f"{path}/bad.yaml:7: attribute-sets[0].attributes[0].type: 'u7' is no attribute type"
    )
    (fault,) = check(str(folder(tmp_path / "d", bad__yaml="name: x\nversion: [\n") / "bad.yaml"))
    assert fault.line == 3
    assert "is no valid YAML" in fault.reason


@pytest.mark.parametrize("template", ["[a {a}", "a] {a}", "{a", "a}", "{}", "{a:odd}"])
def test_a_summary_that_is_wrong(tmp_path, template):
    text = family().replace("[a {a}]", template)
    path = folder(tmp_path / "d", fam__yaml=text)
    (fault,) = check(str(path / "fam.yaml"))
    assert fault.path == "operations.list[0].x-summary"
    assert fault.line is not None
    message = heard(Registry([str(path)]))
    assert summarize(message).startswith("(the summary is wrong: ")
    assert message.find("a").value == 7


def test_every_built_in_dissector_is_without_fault():
    for file in [entry.path for entry in specfile.files(registry.builtin_folder())]:
        assert [str(p) for p in check(file)] == []


# -- Python ---------------------------------------------------------------------------------------

HOOKED = """
name: fam
attribute-sets:
  - {name: s, attributes: [{name: a, type: binary, x-hook: swap}, {name: b, type: u8}]}
operations:
  list:
    - {name: op, attribute-set: s, do: {}}
    - {name: blob, x-hook: whole, do: {}}
"""
HOOKS = """
from nldissect._internal.engine.node import member, part
from nldissect._internal.spec import model as spec

def swap(node):
    if len(node.bytes) < 2:
        return False
    if node.bytes == b"bad!":
        raise ValueError("as told")
    node.shown = "swapped"
    node.set_value(node.shown, node.bytes[::-1])
    return True

def whole(message, start, end, out):
    if message.data[start:end] == b"bad!":
        raise ValueError("as told")
    from nldissect._internal.engine.node import Node
    out.append(Node(part("blob", spec.BINARY), message, None, start, start, end))
    return True

HOOKS = {"swap": swap, "whole": whole}
SUMMARIES = {"op": lambda m: f"{m.value('a')!r} and {m.text('b')}"}
"""


def hooked(path: Path, spec: str = HOOKED, code: str = HOOKS) -> Registry:
    return Registry([str(folder(path, fam__yaml=spec, fam__py=code))])


def test_hooks_and_summaries_of_the_file_beside_the_spec(tmp_path):
    message = heard(hooked(tmp_path / "d"), payload=attr(1, b"abc") + attr(2, u8(5)))
    node = message.find("a")
    assert (node.kind, node.value, describe(message)) == ("swapped", b"cba", "op b'cba' and 5")
    short = heard(hooked(tmp_path / "d2"), payload=attr(1, b"a"))
    assert (short.find("a").kind, short.find("a").value) == ("binary", b"a")


def test_a_hook_for_a_whole_payload(tmp_path):
    message = heard(hooked(tmp_path / "d"), payload=b"anything", command=2)
    assert tree(message.nodes[1:]) == [("blob", b"anything")]


def test_a_hook_that_raises_is_a_diagnosis(tmp_path):
    found = hooked(tmp_path / "d")
    message = heard(found, payload=attr(1, b"bad!") + attr(2, u8(5)))
    (diagnosis,) = message.diagnoses
    assert (diagnosis.code, diagnosis.severity) == ("hook-failed", "error")
    assert "ValueError('as told')" in diagnosis.text
    assert tree(message.nodes[1:]) == [("a", b"bad!"), ("b", 5)]
    message = heard(found, payload=b"bad!", command=2)
    assert [d.code for d in message.diagnoses] == ["hook-failed"]
    assert tree(message.nodes[1:]) == [("data", b"bad!")]


def test_a_summary_that_raises(tmp_path):
    found = hooked(tmp_path / "d", code=HOOKS.replace("m.value('a')", "1 / 0"))
    assert "the summary failed: ZeroDivisionError" in describe(heard(found))


def test_a_summary_that_did_not_expect_malformed_values(tmp_path):
    code = HOOKS.replace("m.value('a')", "m.node('b').value + 1")
    found = hooked(tmp_path / "d", code=code)
    good, bad = attr(1, b"ab") + attr(2, u8(5)), attr(1, b"ab") + attr(2, u32(5))
    assert describe(heard(found, payload=good)) == "op 6 and 5"
    assert describe(heard(found, payload=bad)) == "op a 6261, b 05000000"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def (", "SyntaxError"),
        ("x = 1\n1 / 0", "ZeroDivisionError"),
        ("import no_such_module_at_all", "ModuleNotFoundError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("HOOKS = 5", "HOOKS is no mapping"),
        ("HOOKS = {'swap': 5}", "HOOKS is no mapping"),
        ("SUMMARIES = ['op']", "SUMMARIES is no mapping"),
        ("HOOKS = {}", "no hook 'whole'"),
        (HOOKS + "\nSUMMARIES = {'other': print}", "a summary for 'other'"),
    ],
)
def test_python_beside_a_spec_that_is_wrong(tmp_path, code, why):
    found = hooked(tmp_path / "d", code=code)
    message = heard(found, payload=attr(1, b"abc"))
    assert b"abc" in [n.value for n in message.walk()]
    assert any(why in str(p) for p in found.problems)
    assert any(why in str(p) for p in check(str(tmp_path / "d" / "fam.yaml")))
    assert heard(found, "genltest", attr(1, b"hi\0")).find("msg").value == "hi"


def test_the_line_of_what_is_wrong_in_python(tmp_path):
    hooked(tmp_path / "d", code="x = 1\n\n1 / 0\n")
    (fault,) = check(str(tmp_path / "d" / "fam.yaml"))
    assert str(fault) == f"{tmp_path}/d/fam.py:3: ZeroDivisionError: division by zero"


PYTHON = """
SPEC = {
    "name": "fam",
    "attribute-sets": [
        {"name": "s", "attributes": [{"name": "a", "type": "binary", "x-hook": "length"}]},
    ],
    "operations": {"list": [{"name": "op", "attribute-set": "s"}]},
}

def length(node):
    node.shown = "u32"
    node.set_value(node.shown, len(node.bytes))
    return True

HOOKS = {"length": length}
SUMMARIES = {"op": lambda m: f"of {m.value('a')} bytes"}
"""


def test_python_alone(tmp_path):
    found = Registry([str(folder(tmp_path / "d", fam__py=PYTHON))])
    message = heard(found, payload=attr(1, b"abc"))
    assert describe(message) == "op of 3 bytes"
    assert check(str(tmp_path / "d" / "fam.py")) == []


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("x = 1", "defines no SPEC"),
        ("SPEC = []", "defines no SPEC"),
        ("SPEC = {'name': 'x', 'protocol': 'y'}", "protocol: 'y' is not one of"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_python_alone_that_is_wrong(tmp_path, code, why):
    path = folder(tmp_path / "d", bad__py=code, fam__yaml=family())
    found = Registry([str(path)])
    assert [why in str(p) for p in found.problems] == [True]
    assert why in str(check(str(path / "bad.py"))[0])
    assert heard(found).find("a").value == 7


def test_python_beside_a_spec_is_no_dissector_of_its_own(tmp_path):
    found = hooked(tmp_path / "d")
    assert names(found, "explicit") == ["fam"]


# -- decode-as ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["21", "0x15", "0b10101"])
def test_a_protocol_number_decoded_as(number):
    found = Registry(decode_as={number: "nlexample"})
    values = [m.find("myvar").value for m in streamed("nlexample", found) if m.find("myvar")]
    assert sum(isinstance(v, int) for v in values) > 5
    assert not any(m.find("myvar") for m in streamed("nlexample", Registry()))


def test_the_number_that_another_recording_uses():
    messages = streamed("nlexample_p5", Registry(decode_as={"5": "nlexample"}))
    assert {m.operation.constant for m in messages if m.operation} == {
        "NLEX_MSG_UPD",
        "NLEX_MSG_GET",
    }


def test_a_family_id_decoded_as_where_the_family_was_never_resolved():
    message = record(msg(0x1C, genl(1, attr(1, b"hi\0"))), GENERIC)
    (plain,) = read(message, registry=Registry())
    assert plain.family is None
    (forced,) = read(message, registry=Registry(decode_as={"0x1c": "genltest"}))
    assert (forced.family, forced.find("msg").value) == ("genltest", "hi")


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [
        ("x", "nlexample", "'x' is no number"),
        ("21", "nlexampel", "did you mean 'nlexample'"),
        ("21", "zzzzzzz", "no dissector 'zzzzzzz'"),
    ],
)
def test_decode_as_that_makes_no_sense(left, right, why):
    with pytest.raises(UsageError, match=why):
        Registry(decode_as={left: right})


# -- entry points ------------------------------------------------------------------------------

EMPTY = {"__init__.py": ""}


def package(path: Path, name: str, points: str, **files: str) -> None:
    """An installed distribution with a package of dissectors."""
    folder(path / name, **files)
    folder(
        path / f"{name}-1.0.dist-info",
        entry_points__txt=points,
        METADATA=f"Name: {name}\nVersion: 1.0\n",
    )


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The folder of installed packages, on sys.path."""
    monkeypatch.setattr(registry, "_entry_points", FIND_ENTRY_POINTS)
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    return site


def test_packages_bring_dissectors(installed):
    points = "[console_scripts]\nx = y:z\n\n[nldissect.dissectors]\nthird = third_party_a\n"
    package(installed, "third_party_a", points, fam__yaml=family(), **EMPTY)
    found = Registry(use_system=False)
    assert names(found, "third") == ["fam"]
    assert heard(found).find("a").value == 7


def test_a_package_of_one_module(installed):
    folder(installed, third_party_b__py=PYTHON)
    points = "[nldissect.dissectors]\nb=third_party_b"
    folder(installed / "b-1.dist-info", entry_points__txt=points)
    found = Registry(use_system=False)
    assert names(found, "b") == ["fam"]


def test_packages_that_cannot_be_imported_are_reported(installed):
    points = "[nldissect.dissectors]\nbad = third_party_c\ngone = third_party_gone\n"
    package(installed, "third_party_c", points, **{"__init__.py": "1 / 0"})
    found = Registry(use_system=False)
    texts = [str(p) for p in found.problems]
    assert any("bad = third_party_c" in t and "ZeroDivisionError" in t for t in texts)
    assert any("gone = third_party_gone" in t for t in texts)


def test_a_package_that_claims_what_is_built_in(installed):
    points = "[nldissect.dissectors]\nd = third_party_d\n"
    package(installed, "third_party_d", points, g__yaml=family("genltest"), **EMPTY)
    with pytest.raises(SpecError, match=r"third_party_d.*genltest\.yaml; name the one"):
        Registry(use_system=False)
    chosen = Registry([str(installed / "third_party_d" / "g.yaml")], use_system=False)
    assert heard(chosen, "genltest").find("a").value == 7


def test_the_entry_point_of_the_built_in_ones_is_not_read_twice(installed):
    points = "[nldissect.dissectors]\nbuiltin = nldissect.dissectors\n"
    folder(installed / "nldissect-9.dist-info", entry_points__txt=points)
    assert Registry(use_system=False).problems == []


# -- the cache -----------------------------------------------------------------------------

PROBE = """
import sys
from nldissect._internal.spec.registry import Registry
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.capture.reader import open_capture
found = Registry(use_system=False)
messages = Session(found).messages(open_capture(sys.argv[1]))
names = [m.operation.name for m in messages if m.operation]
print(len(names), found.problems, *{"yaml", "scapy", "textual"} & set(sys.modules))
"""


def probe(cache: Path | str) -> list[str]:
    """What a process of its own says: how much it read and which modules that took."""
    from support.messages import RECORDINGS

    root = str(Path(registry.__file__).parents[1])
    result = subprocess.run(
        [sys.executable, "-c", PROBE, str(RECORDINGS / "nl_util.pcap")],
        env={**os.environ, "NLDISSECT_CACHE": str(cache), "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_a_warm_cache_needs_no_yaml(tmp_path):
    cold, warm = probe(tmp_path / "c"), probe(tmp_path / "c")
    assert (cold[2:], warm[2:]) == (["yaml"], [])
    assert cold[:2] == warm[:2]


@pytest.mark.parametrize("cache", ["", "/proc/no/such/place", "/dev/null/x"])
def test_without_a_cache_that_can_be_written(cache):
    assert probe(cache)[1:] == ["[]", "yaml"]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no dissectors but the test's."""
    monkeypatch.setenv("NLDISSECT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(registry, "builtin_folder", lambda: str(folder(tmp_path / "builtin")))
    return tmp_path / "cache"


def loads(path: Path) -> list[str]:
    """The attributes of the family in this file, through a new registry."""
    spec = Registry([str(path)], use_system=False).named("fam")
    return [f.name for f in spec.attribute_sets["s"].ensure().values()]


def test_a_changed_file_is_read_again(tmp_path, cache):
    path = folder(tmp_path / "d", fam__yaml=family(attribute="a")) / "fam.yaml"
    assert loads(path) == ["a"]
    path.write_text(family(attribute="b"))
    os.utime(path, ns=(1, 1))
    assert loads(path) == ["b"]
    path.write_text(family(attribute="longer"))
    os.utime(path, ns=(1, 1))
    assert loads(path) == ["longer"]


def test_files_of_one_name_are_kept_apart(tmp_path, cache):
    one = folder(tmp_path / "one", fam__yaml=family(attribute="a")) / "fam.yaml"
    two = folder(tmp_path / "two", fam__yaml=family(attribute="b")) / "fam.yaml"
    for path in (one, two):
        os.utime(path, ns=(1, 1))
    assert (loads(one), loads(two), loads(one)) == (["a"], ["b"], ["a"])


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"5", b"\xff\xfe", b'{"stamp": 1}', b"null", b"[" * 100000]
)
def test_a_damaged_cache_is_written_anew(tmp_path, cache, content):
    path = folder(tmp_path / "d", fam__yaml=family()) / "fam.yaml"
    assert loads(path) == ["a"]
    entries = list(cache.glob("fam.yaml-*"))
    assert len(entries) == 2
    for entry in entries:
        entry.write_bytes(content)
    assert loads(path) == ["a"]
    assert all("data" in json.loads(entry.read_text().partition("\n")[0]) for entry in entries)


def test_a_cache_with_damaged_lines_is_written_anew(tmp_path, cache):
    path = folder(tmp_path / "d", fam__yaml=family()) / "fam.yaml"
    assert loads(path) == ["a"]
    (entry,) = cache.glob("fam.yaml-*.yaml.json")
    whole = entry.read_bytes()
    head, _, lines = whole.partition(b"\n")
    for damaged in (whole[:-1], head, head + b"\n" + lines.replace(b'"a"', b'"b"')):
        entry.write_bytes(damaged)
        assert loads(path) == ["a"]
        assert entry.read_bytes() == whole


def test_broken_files_are_not_kept(tmp_path, cache):
    path = folder(tmp_path / "d", fam__yaml="name: [") / "fam.yaml"
    assert len(Registry([str(path)], use_system=False).problems) == 1
    assert not list(cache.glob("fam.yaml-*"))


def test_the_cache_is_where_the_user_keeps_caches(monkeypatch, tmp_path):
    monkeypatch.delenv("NLDISSECT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert specfile.cache_folder() == str(tmp_path / "nldissect")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert specfile.cache_folder() == str(tmp_path / "home" / ".cache" / "nldissect")
    monkeypatch.setenv("NLDISSECT_CACHE", "")
    assert specfile.cache_folder() is None


ONE_SET = """
name: fam
attribute-sets:
  - {name: s, attributes: [{name: number, type: u32}, {name: word, type: string}]}
  - {name: t, attributes: [{name: other, type: u16}]}
operations:
  list:
    - {name: op, attribute-set: s, do: {request: {attributes: [number]}}}
"""


def lacking(tmp_path, text: str):
    """A family's messages with command 9, which its dissector lacks."""
    own = folder(tmp_path / "d", fam__yaml=text)
    sent = genl(9, attr(1, u32(7)), attr(2, b"word\0"))
    return read(
        record(newfamily(40, "fam"), GENERIC),
        record(msg(40, sent), GENERIC),
        record(msg(40, genl(9, attr(1, u32(8)), attr(2, b"other\0"))), GENERIC),
        registry=Registry([str(own)]),
    )[1:]


def test_a_command_that_the_dissector_lacks_has_the_familys_only_set(tmp_path):
    found = lacking(tmp_path, ONE_SET)
    assert [tree(m.nodes[1:]) for m in found] == [
        [("number", 7), ("word", "word")],
        [("number", 8), ("word", "other")],
    ]
    assert {m.operation.name for m in found} == {"command 9"}


def test_a_command_that_the_dissector_lacks_is_guessed_among_several_sets(tmp_path):
    found = lacking(tmp_path, ONE_SET + "    - {name: two, attribute-set: t, do: {}}\n")
    assert [tree(m.nodes[1:]) for m in found] == [
        [("attr 1", 7), ("attr 2", "word")],
        [("attr 1", 8), ("attr 2", "other")],
    ]
