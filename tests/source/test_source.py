"""Specs out of C: excerpts of modules, written for these tests, come out whole."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from nldissect._internal.cli import main
from nldissect._internal.source import source_spec
from nldissect._internal.spec import dissector_file, specfile
from nldissect._internal.wire.errors import UsageError
from support import ROOT

MODULES = ROOT / "tests/source/modules"
CAPTURES = ROOT / "captures"
ORCHARD = [str(MODULES / "orchard.c"), str(MODULES / "orchard.h")]

# C text, and what the one line of complaint says.
NOTHING_IN_IT = {
    "": "no genl_family",
    "int x;": "no genl_family",
    '"' * 5000: "no genl_family",
    "/* " * 5000: "no genl_family",
    "(" * 20000: "no genl_family",
    "{" * 20000: "no genl_family",
    'static struct genl_family f = {.name = "f"};': "constants of family 'f' are not in",
    'struct genl_family f = {.name = "f"}; struct genl_family g = {.name = "g"};': "choose one",
}  # fmt: skip
FAMILY = 'static struct genl_family f = {.name = "f", .maxattr = F_A_MAX, .policy = p};'
ATTRIBUTES = "enum { F_A_UNSPEC, F_A_ONE, F_A_TWO, __F_A_END, F_A_MAX = __F_A_END - 1 };"


def raw(*paths: str, family: str = "") -> dict[str, Any]:
    """The spec of these files as YAML gives it, with nothing that `check` finds wrong."""
    made = source_spec.learn(list(paths), family)
    assert made.notes == []
    found = specfile.parse_text(made.text, "spec")
    assert isinstance(found, dict)
    return found


def attributes(spec: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """The attributes of a set by name."""
    found = next(one for one in spec["attribute-sets"] if one["name"] == name)
    return {one.pop("name"): one for one in found["attributes"]}


def of_text(text: str, tmp_path: Path, family: str = "") -> source_spec.SourceSpec:
    """The spec of a file with this text; `check` finds it in order."""
    file, spec = tmp_path / "x.c", tmp_path / "x.yaml"
    file.write_text(text)
    made = source_spec.learn([str(file)], family)
    spec.write_text(made.text)
    assert dissector_file.check(str(spec)) == []
    return made


def kinds(text: str, tmp_path: Path) -> dict[str, Any]:
    """The types of the attributes of family f, by name."""
    spec = specfile.parse_text(of_text(text, tmp_path).text, "spec")
    return {one["name"]: one["type"] for one in spec["attribute-sets"][0]["attributes"]}


@pytest.mark.parametrize("name", ["echo", "interfaces", "orchard"])
def test_an_excerpt_is_a_spec_in_order(name: str, tmp_path: Path) -> None:
    files = [str(path) for path in sorted(MODULES.glob(f"{name}.*"))]
    spec = tmp_path / f"{name}.yaml"
    spec.write_text(source_spec.learn(files).text)
    assert dissector_file.check(str(spec)) == []


def test_a_first_module_agrees_with_its_recording(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    recording = str(CAPTURES / "genltest.pcap")
    words = [str(MODULES / "echo.c"), str(MODULES / "echo.h"), recording]
    assert main(["dissectors", "learn", "--source", *words]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    spec = tmp_path / "genltest.yaml"
    spec.write_text(shown.out)
    read = ["read", "--dissectors", str(spec), "--family", "genltest", "-c", "2", recording]
    assert main(read) == 0
    assert 'echo       msg "Hello from User Space, Netlink!"' in capsys.readouterr().out


def test_a_recording_tells_what_the_source_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(MODULES / "interfaces.c"), str(CAPTURES / "nl_util.pcap")]
    assert main(["dissectors", "learn", "--source", *words]) == 1
    shown = capsys.readouterr()
    assert specfile.parse_text(shown.out, "spec")["name"] == "nl_util"
    said = [line.partition("pcap: ")[2] for line in shown.err.splitlines()]
    # The scenario sends a command that there is not, and attributes of the wrong size.
    assert said == [
        "messages: nested.ifindex is u32 in the source, of 2, 4 bytes here (l2-iid, requests)",
        "messages: nested.ifname is string in the source, of 4 bytes here (l2-iid, requests)",
        "messages: command 9 (requests) is not in the source",
    ]


def test_the_kernels_policy_is_compared(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    module = tmp_path / "metrics.c"
    module.write_text(
        "enum { M_A_UNSPEC, M_A_ADDR, M_A_ADDR6, M_A_AGE, __M_A_END };\n"
        "enum { M_CMD_UNSPEC, M_CMD_GET };\n"
        "static const struct nla_policy p[] = { [M_A_ADDR] = { .type = NLA_U16 },\n"
        "  [M_A_ADDR6] = NLA_POLICY_EXACT_LEN(16) };\n"
        "static const struct genl_ops o[] = {{ .cmd = M_CMD_GET, .policy = p, .doit = d }};\n"
        'static struct genl_family f = { .name = "tcp_metrics", .version = 7, .ops = o };\n'
    )
    arguments = ["dissectors", "learn", "--source", str(module), str(CAPTURES / "nlctrl.pcap")]
    assert main(arguments) == 1
    said = [line.partition("pcap: ")[2] for line in capsys.readouterr().err.splitlines()]
    assert said == [
        "version 7 in the source, 1 in the kernel",
        "the kernel's policy has command 2 (do), the source has not",
        "policy: addr is u16 in the source, u32 in the kernel",
        "policy: m has no attribute 11",
        "policy: m has no attribute 12",
    ]


def test_what_policies_say() -> None:
    spec = raw(*ORCHARD)
    assert (spec["name"], spec["version"]) == ("orchard", 2)
    tree = attributes(spec, "tree")
    assert tree["ripeness"] == {
        "value": 1,
        "type": "u32",
        "enum": "ripeness",
        "checks": {"min": 1, "max": 9},
    }
    assert tree["size"]["struct"] == "orchard-size"
    assert tree["label"]["checks"] == {"max-len": 16}
    assert tree["apples"] == {"value": 5, "type": "u8", "checks": {"max": 200}}  # in an #ifdef
    top = attributes(spec, "orchard")
    assert (top["tree"]["type"], top["tree"]["nested-attributes"]) == ("nest", "tree")
    assert top["trees"] == {
        "value": 3,
        "type": "indexed-array",
        "sub-type": "nest",
        "nested-attributes": "tree",
    }
    assert (top["owner"]["display-hint"], top["plan"]["type"]) == ("mac", "bitfield32")
    assert top["plan"]["value"] == 12


def test_what_functions_say_where_policies_are_silent() -> None:
    top = attributes(raw(*ORCHARD), "orchard")
    assert top["row-ifindex"]["x-hint"] == "ifindex"
    assert top["gate"] == {
        "value": 4,
        "type": "u32",
        "byte-order": "big-endian",
        "display-hint": "ipv4",
    }
    assert top["port"]["byte-order"] == "big-endian"  # by a helper that is given the attribute
    assert top["note"]["type"] == "u16"  # by a macro that pastes names together
    assert (top["leaves"]["type"], top["pad"]["type"]) == ("u64", "pad")
    assert (top["heights"]["type"], top["heights"]["sub-type"]) == ("binary", "u32")
    assert (top["gates"]["type"], top["gates"]["sub-type"]) == ("indexed-array", "u32")
    bird = attributes(raw(*ORCHARD), "bird")  # in a nest that a helper fills
    assert {name: one["type"] for name, one in bird.items()} == {"name": "string", "nests": "u8"}


def test_definitions_by_the_header() -> None:
    spec = raw(*ORCHARD)
    defined = {one["name"]: one for one in spec["definitions"]}
    assert [(one["name"], one["value"]) for one in defined["ripeness"]["entries"]] == [
        ("green", 1),
        ("ripe", 2),
        ("rotten", 9),
    ]
    flags = defined["flags"]
    assert flags["type"] == "flags"
    assert [one["value"] for one in flags["entries"]] == [0, 3]  # bits
    assert defined["orchard-header"]["members"][1] == {
        "name": "zone",
        "type": "u16",
        "byte-order": "big-endian",
    }
    assert spec["operations"]["fixed-header"] == "orchard-header"


def test_operations_events_and_groups() -> None:
    spec = raw(*ORCHARD)
    get, change, event, count = spec["operations"]["list"]
    assert "trees" in get["dump"]["reply"]["attributes"]
    assert "do" not in get
    assert (change["flags"], change["do"]["request"]["attributes"][0]) == (
        ["admin-perm"],
        "row-ifindex",
    )
    assert (event["name"], event["mcgrp"]) == ("harvested", "pickers")
    assert "gate" in event["event"]["attributes"]
    assert (count["name"], count["value"]) == ("count", 7)  # a bound by its name alone
    assert spec["mcast-groups"]["list"] == [{"name": "pickers"}]


def test_commands_that_are_macros_and_a_nest_for_each_interface() -> None:
    spec = raw(str(MODULES / "interfaces.c"))
    assert [(one["name"], one["value"]) for one in spec["operations"]["list"]] == [
        ("l2-list", 1),
        ("l2-iid", 2),
        ("reply-with-nlmsg-err", 3),
    ]
    assert attributes(spec, "nl-util")["netdev"] == {
        "value": 1,
        "type": "nest",
        "nested-attributes": "nested",
        "multi-attr": True,
    }
    inside = attributes(spec, "nested")
    assert inside["ifname"]["checks"] == {"max-len": 15}  # IFNAMSIZ - 1
    assert inside["stats"]["struct"] == "link-counts"


def test_a_header_alone_with_the_name_of_its_family() -> None:
    spec = raw(str(MODULES / "orchard.h"), family="orchard")
    assert [one["name"] for one in spec["operations"]["list"]][:3] == ["get", "set", "harvested"]
    top = attributes(spec, "orchard")
    assert (top["leaves"]["type"], top["note"]["type"]) == ("u64", "u16")  # by their comments
    assert (top["pad"]["type"], top["tree"]["type"]) == ("pad", "nest")


def test_answers_of_an_enumeration_of_their_own(tmp_path: Path) -> None:
    made = of_text(
        f"{ATTRIBUTES} {FAMILY}"
        "enum { F_MSG_USER_NONE, F_MSG_GET, F_MSG_SET };"
        "enum { F_MSG_KERNEL_NONE, F_MSG_GET_REPLY, F_MSG_SET_REPLY, F_MSG_ONE_NTF };"
        "static const struct genl_ops o[] = {{.cmd = F_MSG_GET}, {.cmd = F_MSG_SET}};"
        'struct genl_family g = {.name = "g", .ops = o};',
        tmp_path,
        "g",
    )
    listed = specfile.parse_text(made.text, "spec")["operations"]
    assert listed["enum-model"] == "directional"
    get, change, event = listed["list"]
    assert (get["do"]["request"]["value"], get["do"]["reply"]["value"]) == (1, 1)
    assert change["do"]["reply"]["value"] == 2
    assert (event["value"], event["x-constant"]) == (3, "F_MSG_ONE_NTF")


def test_requests_and_answers_of_different_size(tmp_path: Path) -> None:
    made = of_text(
        f"{ATTRIBUTES} {FAMILY}"
        "static const struct nla_policy p[] = {[F_A_ONE] = {.type = NLA_U16},"
        "  [F_A_TWO] = {.type = NLA_U8}};"
        "int put(struct sk_buff *skb) { nla_put_flag(skb, F_A_TWO);"
        "  return nla_put_u32(skb, F_A_ONE, 1); }",
        tmp_path,
    )
    one, two = specfile.parse_text(made.text, "spec")["attribute-sets"][0]["attributes"]
    assert (one["type"], one["x-request"]) == ("u32", {"type": "u16"})
    assert (two["type"], two["x-forms"]) == ("u8", [{"size": 0, "type": "flag"}])


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("if (x) f(nla_get_u64(info->attrs[F_A_TWO]));", "u64"),
        ("struct nlattr *a = tb[F_A_TWO]; nla_strscpy(b, a, 3);", "string"),
        ("u8 key; nla_put(skb, F_A_TWO, sizeof(key), &key);", "u8"),
        ("int n = strlen(s); nla_reserve(skb, F_A_TWO, n + 1);", "string"),
        ("nla_put(skb, x ? F_A_TWO : F_A_ONE, len, p);", "binary"),
        ("int w = x ? F_A_ONE : F_A_TWO; nla_put_s32(skb, w, 3);", "s32"),
        ("struct pair t[] = {{F_A_TWO, 1}}; nla_put_u32(skb, t[i].k, 2);", "u32"),
        ("for (a = F_A_ONE; a <= F_A_MAX; a++) nla_put_flag(skb, a);", "flag"),
        ("nla_put_u32(skb, F_A_TWO, 1); nla_put_u64_64bit(skb, F_A_TWO, 1, 0);", "uint"),
        ("nla_put_u32(skb, F_A_TWO, 1); nla_put(skb, F_A_TWO, n * sizeof(u32), p);", "binary"),
        ("nla_for_each_nested(a, tb[F_A_TWO], rem) { x += nla_get_u32(a); }", "indexed-array"),
    ],
)
def test_ways_to_put_and_get(code: str, kind: str, tmp_path: Path) -> None:
    text = f"{ATTRIBUTES} {FAMILY} int f(struct sk_buff *skb) {{ {code} }}"
    assert kinds(text, tmp_path)["two"] == kind


@pytest.mark.parametrize(
    ("groups", "given"),
    [
        ('g[] = {{.name = "a"}, {.name = "b"}}', ["g", "a", "b"]),
        ('g[] = {[0] = {"a", }, [3] = {"b"}}', ["g", "a", "b"]),
        ('g = {.name = "a"}', ["&g", "a"]),
    ],
)
def test_multicast_groups(groups: str, given: list[str], tmp_path: Path) -> None:
    text = (
        f"static struct genl_multicast_group {groups};"
        + ATTRIBUTES
        + FAMILY.replace("};", f", .mcgrps = {given[0]}}};")
    )
    listed = specfile.parse_text(of_text(text, tmp_path).text, "spec")["mcast-groups"]["list"]
    assert [one["name"] for one in listed] == given[1:]


def test_nothing_is_made_up(tmp_path: Path) -> None:
    made = of_text(f"{ATTRIBUTES} {FAMILY}", tmp_path)
    assert made.text.count("type: binary}  # nothing says what it is") == 2
    assert made.notes == ["not in the files: p"]


@pytest.mark.parametrize("text", NOTHING_IN_IT, ids=[words[:20] for words in NOTHING_IN_IT])
def test_what_has_no_family_is_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.c").write_text(text)
    assert main(["dissectors", "learn", "--source", str(tmp_path / "x.c")]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert NOTHING_IN_IT[text] in shown.err


@pytest.mark.parametrize(
    "text",
    [
        "void f(void) {" + "nla_put_u32(skb, " * 3000 + ")" * 3000 + "}",
        "void f(void) {" + "n = nla_nest_start(skb, F_A_ONE);" * 3000 + "}",
        "".join(f"#define A{n} A{n + 1} + A{n + 1}\n" for n in range(3000)) + "int x = A0;",
        "".join(f"enum {{ E{n} = E{n + 1} + 1 }};" for n in range(3000)),
        "".join(f"int f{n}(int a, int b) {{ f{n + 1}(a, F_A_ONE); f{n + 1}(F_A_TWO, b); }}"
                for n in range(500)),
        "#define M(a) M(a ## a) M(a)\nvoid f(void) {" + "M(F_A_ONE);" * 1000 + "}",
        "enum { B = " + "-" * 5000 + "1, C = " + "(" * 5000 + "};",
        "struct s { struct s a; struct t b; }; struct t { struct s a[4]; };"
        "void g(void) { nla_put(skb, F_A_TWO, sizeof(struct s), p); }",
        "enum { D = 99999999999999999999, E = 1 << 9999, F = 1 / 0, G = 'x };",
        "int f(" * 2000,
    ],
    ids=["calls", "nests", "macros", "enums", "functions", "expansions", "expressions", "structs",
         "numbers", "parameters"],
)  # fmt: skip
def test_hostile_code_costs_no_more_than_its_size(text: str, tmp_path: Path) -> None:
    of_text(f"{ATTRIBUTES} {FAMILY}\n{text}", tmp_path)


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    text = (
        "enum { X_A_UNSPEC, X_A_on, X_A_null, X_A_1, X_A_\u00e4, X_A_ON };"
        "static const struct nla_policy p[] = {[X_A_on] = {.type = NLA_U8},"
        "[X_A_null] = NLA_POLICY_RANGE(NLA_U8, -5, 99999999999999999999)};"
        'static struct genl_multicast_group g[] = {{.name = "a: [#\x1b"}};'
        'static struct genl_family f = {.name = "x: {- #", .policy = p, .mcgrps = g};'
    )
    spec = specfile.parse_text(of_text(text, tmp_path).text, "spec")
    assert spec["name"] == "x: {- #"
    names = [one["name"] for one in spec["attribute-sets"][0]["attributes"]]
    assert names == ["on", "null", "1", "on-5"]


def test_without_the_grammar_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    c_syntax = importlib.import_module("nldissect._internal.source.c_syntax")
    monkeypatch.setattr(c_syntax, "_parser", None)
    monkeypatch.setitem(sys.modules, "tree_sitter_c", None)
    assert main(["dissectors", "learn", "--source", *ORCHARD]) == 2
    assert capsys.readouterr().err == (
        "nldissect: reading C needs tree-sitter's grammar: pip install 'nldissect[source]'\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["learn", "--source", "missing.c"], "missing.c: No such file"),
        (["learn", "--source", "only.pcap"], "needs C files"),
        (["learn", "--source", *ORCHARD, "a.pcap", "b.pcap"], "at most one capture"),
        (["learn", "--source", *ORCHARD, "--family", "x"], "there are: orchard"),
        (["list", "--family", "x"], "are of `nldissect dissectors learn`"),
    ],
)
def test_misuse_is_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dissectors", *arguments]) == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert words in shown


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.c"
    with path.open("wb") as stream:
        stream.truncate(64 << 20)
    with pytest.raises(UsageError, match="longer than 32 MiB"):
        source_spec.learn([str(path)])
