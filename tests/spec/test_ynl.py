"""The YNL format, all of it, from small specs; and the kernel's own specs on recordings."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
import yaml

import nldissect
from nldissect._internal.spec import dissector_file, model, ynl
from nldissect._internal.spec.registry import Registry
from nldissect._internal.spec.ynl.operations import request_class
from nldissect._internal.wire import linux
from nldissect._internal.wire.errors import SpecError
from support.messages import (
    KERNEL_SPECS,
    REQUEST,
    attr,
    body,
    codes,
    found,
    generic,
    nest,
    of_spec,
    one,
    streamed,
    tree,
    u8,
    u16,
    u32,
)


def spec(text: str, **more: Any) -> model.Spec:
    return of_spec({**yaml.safe_load(text), **more})


def family(text: str, extra: str = "") -> model.Spec:
    """A family `test` whose operation `op` has the first of the attribute sets in the text."""
    raw = yaml.safe_load("attribute-sets:\n" + text)
    return of_spec(generic(*raw["attribute-sets"], **(yaml.safe_load(extra) or {})))


def numbers(attr_set: model.AttributeSet) -> dict[str, int]:
    return {f.name: n for n, f in attr_set.ensure().items()}


# -- levels and identity --------------------------------------------------------------


@pytest.mark.parametrize("level", ["genetlink", "genetlink-c", "genetlink-legacy", "netlink-raw"])
def test_all_four_levels(level):
    found_spec = of_spec({"name": "x", "protocol": level, "protonum": 12, "version": 3})
    assert (found_spec.level, found_spec.version) == (level, 3)
    assert found_spec.protonum == (12 if level == "netlink-raw" else None)


def test_genetlink_is_the_level_when_none_is_given():
    assert of_spec({"name": "x"}).level == "genetlink"


def test_groups():
    text = "{name: x, mcast-groups: {list: [{name: a}, {name: b, value: 7}]}}"
    assert spec(text).groups == {"a": None, "b": 7}


# -- numbering -----------------------------------------------------------------------------


def test_attributes_count_from_one_and_restart_at_a_value():
    found_spec = family("""
    - {name: s, attributes: [{name: a, type: u8}, {name: b, type: u8, value: 5},
       {name: c, type: u8}, {name: z, type: u8, value: 0}]}
    """)
    attr_set = found_spec.attribute_sets["s"]
    assert numbers(attr_set) == {"a": 1, "b": 5, "c": 6, "z": 0}
    assert [f.constant for f in attr_set.by_number.values()] == [
        "TEST_A_S_A",
        "TEST_A_S_B",
        "TEST_A_S_C",
        "TEST_A_S_Z",
    ]


def test_names_of_constants():
    found_spec = family("""
    - {name: test, attributes: [{name: own-set, type: u8}]}
    - {name: p, name-prefix: foo-, attributes: [{name: a-b, type: u8},
       {name: c, type: u8, x-constant: BarBaz}]}
    - {name: bare, name-prefix: '', attributes: [{name: a, type: u8}]}
    """)
    constants = {
        n: [f.constant for f in s.ensure().values()] for n, s in found_spec.attribute_sets.items()
    }
    assert constants == {"test": ["TEST_A_OWN_SET"], "p": ["FOO_A_B", "BarBaz"], "bare": ["A"]}


def test_subsets_have_the_numbers_and_definitions_of_their_parent():
    found_spec = family("""
    - {name: part, subset-of: whole, attributes: [{name: c}, {name: a, multi-attr: true}]}
    - {name: whole, name-prefix: w-, attributes: [{name: a, type: u16},
       {name: b, type: u8, value: 9}, {name: c, type: string}]}
    """)
    part = found_spec.attribute_sets["part"]
    assert numbers(part) == {"c": 10, "a": 1}
    assert (part.by_number[10].kind, part.by_number[10].constant) == (model.STRING, "W_C")
    assert part.by_number[1].multi
    assert not found_spec.attribute_sets["whole"].ensure()[1].multi


def enum_of(text: str) -> model.Enum:
    definition = yaml.safe_load(text)
    attribute = {"name": "a", "type": "u32", "enum": definition["name"]}
    found_spec = of_spec(
        generic({"name": "s", "attributes": [attribute]}, definitions=[definition])
    )
    field = found_spec.attribute_sets["s"].ensure()[1]
    assert field.enum is not None
    return field.enum


def test_enums_count_from_zero_their_start_or_a_value():
    assert enum_of("{name: e, type: enum, entries: [a, b]}").names == {0: "a", 1: "b"}
    found_enum = enum_of("""
    {name: e, type: enum, value-start: 3, entries: [a, {name: b, value: 7}, c]}
    """)
    assert found_enum.names == {3: "a", 7: "b", 8: "c"}
    assert found_enum.constants == {3: "TEST_E_A", 7: "TEST_E_B", 8: "TEST_E_C"}


def test_an_alias_does_not_rename_the_first():
    found_enum = enum_of("{name: e, type: enum, entries: [a, {name: b, value: 0}]}")
    assert (found_enum.names, found_enum.values) == ({0: "a"}, {"a": 0, "b": 0})


def test_flags_count_bits():
    found_enum = enum_of("""
    {name: f, type: flags, name-prefix: ff-, entries: [a, {name: b, value: 4}, c]}
    """)
    assert found_enum.names == {1: "a", 16: "b", 32: "c"}
    assert found_enum.label(1 | 32 | 256) == "a|c|0x100"
    assert found_enum.label(1 | 32, True) == "FF_A|FF_C"


def test_an_enum_as_flags():
    found_enum = enum_of("{name: e, type: enum, entries: [a, b, c]}").as_flags()
    assert found_enum.names == {1: "a", 2: "b", 4: "c"}


def test_linux_tables_stand_behind_the_own_definitions():
    found_enum = ynl.linux_enum("address-family")
    assert found_enum.names[10] == "inet6"
    assert found_enum.constants[10] == linux.ADDRESS_FAMILY[10]
    own = enum_of("{name: errno, type: enum, entries: [mine]}")
    assert own.names == {0: "mine"}


@pytest.mark.parametrize("word", ["on", "off", "yes", "no", "y", "n"])
def test_names_that_yaml_would_take_for_truth_values(tmp_path, word):
    path = tmp_path / "x.yaml"
    path.write_text(
        f"name: x\ndefinitions: [{{name: e, type: enum, entries: [{word}]}}]\nattribute-sets:\n"
        f"  - {{name: s, attributes: [{{name: {word}, type: u8, enum: e}}]}}\n"
    )
    assert dissector_file.check(str(path)) == []
    field = dissector_file.load(str(path)).attribute_sets["s"].ensure()[1]
    assert (field.name, field.enum.names) == (word, {0: word})


# -- constants and limits -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("7", 7), ("0x10", 16), ("u8-max", 255), ("u16-max", 65535), ("u32-max", 2**32 - 1),
        ("u64-max", 2**64 - 1), ("s8-min", -128), ("s16-max", 32767), ("s32-min", -(2**31)),
        ("s64-max", 2**63 - 1), ("u32-min", 0), ("size", 16), ("size - 1", 15), ("size + 2", 18),
        ("long-name", 20),
    ],
)  # fmt: skip
def test_limits(given, wanted):
    found_spec = family(
        f"- {{name: s, attributes: [{{name: a, type: u64, checks: {{max: {given}}}}}]}}",
        "definitions: [{name: size, type: const, value: 16}, "
        "{name: long-name, type: const, value: 20}]",
    )
    assert found_spec.attribute_sets["s"].ensure()[1].checks.max == wanted


def test_all_checks():
    found_spec = family(
        """
    - {name: s, attributes: [{name: a, type: binary, checks: {min: 1, max: 2, min-len: 3,
       max-len: 4, exact-len: 5, flags-mask: f, unterminated-ok: true}}]}
    """,
        "definitions: [{name: f, type: flags, entries: [a, b]}]",
    )
    checks = found_spec.attribute_sets["s"].ensure()[1].checks
    assert (checks.min, checks.max, checks.min_len, checks.max_len) == (1, 2, 3, 4)
    assert (checks.exact_len, checks.flags_mask, checks.unterminated) == (5, 3, True)


# -- operations ---------------------------------------------------------------------------------


def operations(text: str, **more: Any) -> model.Spec:
    return spec("operations: " + text, name="test", **more)


def by_number(found_spec: model.Spec) -> tuple[dict[int, str], dict[int, str]]:
    return (
        {n: o.name for n, o in found_spec.requests.items()},
        {n: o.name for n, o in found_spec.replies.items()},
    )


def test_unified_operations_share_one_counter():
    found_spec = operations("""
    {list: [{name: get, do: {}}, {name: ntf, notify: get}, {name: set, value: 7, do: {}},
            {name: del, do: {}}, {name: event, event: {}}]}
    """)
    requests, replies = by_number(found_spec)
    assert requests == {1: "get", 7: "set", 8: "del"}
    assert replies == {1: "get", 2: "ntf", 7: "set", 8: "del", 9: "event"}
    assert [o.constant for o in found_spec.operations.values()] == [
        "TEST_CMD_GET",
        "TEST_CMD_NTF",
        "TEST_CMD_SET",
        "TEST_CMD_DEL",
        "TEST_CMD_EVENT",
    ]


def test_directional_operations_have_a_counter_each_way():
    found_spec = operations("""
    {enum-model: directional, name-prefix: m-, async-prefix: n-, list: [
      {name: a-get, do: {request: {}, reply: {}}}, {name: a-set, do: {request: {}}},
      {name: a-ntf, notify: a-get}, {name: b-get, dump: {request: {}, reply: {}}},
      {name: c-get, do: {request: {value: 20}, reply: {value: 30}}},
      {name: d-get, do: {request: {}, reply: {}}}, {name: e, event: {}, value: 40}]}
    """)
    assert by_number(found_spec) == (
        {1: "a-get", 2: "a-set", 3: "b-get", 20: "c-get", 21: "d-get"},
        {1: "a-get", 2: "a-ntf", 3: "b-get", 30: "c-get-reply", 31: "d-get-reply", 40: "e"},
    )
    assert found_spec.operations["a-ntf"].constant == "N_A_NTF"
    assert found_spec.operations["a-get"].constant == "M_A_GET"


def test_a_notification_has_the_attributes_of_what_it_is_about():
    found_spec = operations(
        """
    {list: [{name: get, attribute-set: s, fixed-header: h, do: {}}, {name: ntf, notify: get}]}
    """,
        **yaml.safe_load("""
    attribute-sets: [{name: s, attributes: [{name: a, type: u8}]}]
    definitions: [{name: h, type: struct, members: [{name: x, type: u32}]}]
    """),
    )
    told = found_spec.operations["ntf"]
    assert told.attributes is found_spec.attribute_sets["s"]
    assert (told.header.name, told.is_event, told.request) == ("h", True, None)


def test_raw_protocols_number_both_directions_alike():
    found_spec = operations(
        """
    {enum-model: directional, list: [{name: new, do: {request: {value: 16}}},
     {name: get, do: {request: {value: 18}, reply: {value: 16}}},
     {name: new-ntf, notify: get, value: 16}, {name: told, event: {}, value: 52}]}
    """,
        protocol="netlink-raw",
        protonum=0,
    )
    assert by_number(found_spec) == ({16: "new", 18: "get"}, {16: "new", 18: "get", 52: "told"})


SOCKETS = """
name: sockets
protocol: netlink-raw
protonum: 4
definitions:
  - {name: kind, type: enum, name-prefix: AF_, entries: [{name: unix, value: 1}]}
  - name: asked
    type: struct
    members: [{name: family, type: u8, enum: kind}, {name: pad, type: u8}]
  - name: told
    type: struct
    members: [{name: family, type: u8, enum: kind}, {name: state, type: u8}]
operations:
  fixed-header: told
  list:
    - {name: other, value: 20, x-reply-constant: OTHER_TOLD}
    - {name: ask-unix, value: 20, fixed-header: asked, x-when: {family: unix, to-kernel: true}}
    - {name: tell-unix, value: 20, x-when: {family: unix, to-kernel: false}}
    - {name: tell-six, value: 20, x-when: {family: [5, 6], nlmsg-seq: 0, to-kernel: false}}
"""


def test_operations_of_one_number_differ_by_what_the_message_holds(tmp_path):
    (tmp_path / "sockets.yaml").write_text(SOCKETS)

    def named(payload: str, flags: int, seq: int = 7) -> str:
        raw = struct.pack("=IHHII", 16 + len(payload) // 2, 20, flags, seq, 0)
        return nldissect.dissect(
            raw + bytes.fromhex(payload), 4, dissectors=[str(tmp_path)]
        ).operation.name

    assert named("0102", 1) == "ask-unix"
    assert named("0102", 0) == "tell-unix"
    assert named("0602", 0, seq=0) == "tell-six"
    assert [named("0602", 0), named("0602", 1), named("", 0)] == ["other"] * 3
    found = ynl.build(yaml.safe_load(SOCKETS), "sockets.yaml")
    assert found.operation(20, True).constant == "SOCKETS_CMD_OTHER"
    assert found.replies[20].constant == "OTHER_TOLD"
    wrong = SOCKETS.replace("family: [5", "colour: [5").replace("{family: unix", "{family: blue", 1)
    assert [reason for _, reason in ynl.check(yaml.safe_load(wrong), "sockets.yaml")] == [
        "'blue' is neither a number nor a constant of this spec",
        "the fixed header has no member 'colour'",
    ]


BASKETS = """
name: baskets
definitions:
  - name: head
    type: struct
    x-packed: true
    members: [{name: size, type: u8}, {name: many, type: u16}]
attribute-sets:
  - name: basket
    attributes:
      - name: fruit
        type: binary
        struct: head
        x-rest:
          {name: ids, type: binary, sub-type: u16, count: many, then: {name: colour, type: u8}}
      - {name: parts, type: binary, nested-attributes: parts}
  - name: parts
    x-elements: ieee80211
    attributes: [{name: stone, value: 3, type: u8}, {name: leaf, value: 260, type: string}]
operations: {list: [{name: get, attribute-set: basket, do: {}}]}
"""


def test_packed_structs_what_follows_an_array_and_elements(tmp_path):
    (tmp_path / "baskets.yaml").write_text(BASKETS)
    fruit = struct.pack("=BHHHB", 9, 2, 5, 6, 7)
    parts = b"\3\1\x2a\xff\3\4a\0\x09\0"
    attributes = struct.pack("=HH8sHH10s", 12, 1, fruit, 14, 2, parts) + b"\0\0"
    raw = struct.pack("=IHHIIBBH", 20 + len(attributes), 40, 0, 7, 0, 1, 1, 0) + attributes
    message = nldissect.dissect(raw, protocol="baskets", dissectors=[str(tmp_path)])
    assert message["fruit.size"] == 9
    assert (message["fruit.many"], message["fruit.ids.1"], message["fruit.colour"]) == (2, 6, 7)
    assert (message["parts.stone"], message["parts.leaf"]) == (42, "a")
    assert message["parts.element-9"] == b""
    assert not message.diagnoses
    wrong = BASKETS.replace("then: {name: colour, type: u8}", "then: {name: colour, type: paint}")
    assert [reason for _, reason in ynl.check(yaml.safe_load(wrong), "baskets.yaml")] == [
        "must be a mapping with an attribute type"
    ]


CRATES = """
name: crates
attribute-sets:
  - name: crate
    attributes:
      - {name: kind, type: u8}
      - {name: inside, type: binary, x-read-as: inside}
      - {name: notes, type: binary, x-hint: hex, nested-attributes: notes}
  - name: notes
    x-elements: userdata
    attributes:
      - {name: kind, value: 0, type: u32}
      - {name: more, type: sub-message, sub-message: more, selector: kind}
  - name: sweet
    x-elements: userdata
    attributes: [{name: taste, value: 0, type: string}]
sub-messages:
  - {name: more, formats: [{value: 5, attribute-set: sweet}]}
operations: {list: [{name: get, attribute-set: crate, do: {}}]}
"""
CRATES_CODE = """
from nldissect.hooks import BINARY, U8, U16, Field, Reading, part

NUMBER, COLOUR = part("number", U16), part("colour", U8)
ADDRESS = part("inside", BINARY, "ipv4")

def inside(field, message, start, end):
    if end - start == 3:
        return Reading([NUMBER, COLOUR], [2, 1], "pieces")
    if end - start == 4:
        return Reading([ADDRESS], [])
    return Reading([COLOUR], [9], "pieces") if end - start == 5 else None

HOOKS = {"inside": inside}
"""


def test_userdata_and_what_code_says_that_a_payload_reads_as(tmp_path):
    (tmp_path / "crates.yaml").write_text(CRATES)
    (tmp_path / "crates.py").write_text(CRATES_CODE)

    def crate(number: int, payload: bytes) -> nldissect.Message:
        body = struct.pack("=HH", 4 + len(payload), number) + payload
        body += bytes(-len(body) % 4)
        raw = struct.pack("=IHHIIBBH", 20 + len(body), 40, 0, 7, 0, 1, 1, 0) + body
        return nldissect.dissect(raw, protocol="crates", dissectors=[str(tmp_path)])

    message = crate(2, b"\7\0\3")
    assert (message["inside.number"], message["inside.colour"]) == (7, 3)
    assert message.find("inside").kind == "pieces"
    assert crate(2, b"\x7f\0\0\1")["inside"] == "127.0.0.1"
    assert crate(2, b"\1")["inside"] == b"\1"
    (wrong,) = crate(2, b"12345").diagnoses
    assert wrong.code == "hook-failed"
    assert "no reading of 5 bytes" in wrong.text

    message = crate(3, b"\0\4\5\0\0\0\1\6\0\4plum\x09\1z")
    assert (message["notes.kind"], message["notes.more.taste"]) == (5, "plum")
    assert message["notes.type-9"] == b"z"
    assert not message.diagnoses
    for odd in (b"\0\4\5\0\0", b"\0\1\5", b"\0"):
        message = crate(3, odd)
        assert message["notes"] == odd
        assert message.find("notes").kind == "hex"


def test_an_operation_may_be_what_answers_of_no_other_number_are():
    found = ynl.build(
        yaml.safe_load(
            """
            name: pears
            operations:
              list:
                - {name: add, do: {request: {}, reply: {}}}
                - {name: get, x-default: true, do: {request: {}, reply: {}}}
            """
        ),
        "pears.yaml",
    )
    assert [found.operation(n, to_kernel=False).name for n in (1, 2, 53)] == ["add", "get", "get"]
    assert found.operation(53, to_kernel=True) is None


def test_a_spec_uses_what_it_includes(tmp_path):
    (tmp_path / "base.yaml").write_text("""
name: base
attribute-sets: [{name: base, attributes: [{name: colour, type: u8, enum: shade}]},
                 {name: own, attributes: [{name: not-this, type: u8}]}]
definitions: [{name: shade, type: enum, entries: [dark, light]}]
operations: {list: [{name: get, attribute-set: base, do: {}}]}
""")
    user = """
name: user
x-include: [base.yaml]
attribute-sets: [{name: own, attributes: [{name: in-it, type: nest, nested-attributes: base}]}]
operations: {list: [{name: get, attribute-set: own, do: {}}]}
"""
    file = tmp_path / "user.yaml"
    file.write_text(user)
    assert dissector_file.check(str(file)) == []
    found = dissector_file.load(str(file))
    nested = found.attribute_sets["own"].ensure()[1].nested
    colour = nested.ensure()[1]
    assert (colour.constant, colour.enum.constants) == (
        "BASE_A_COLOUR",
        {0: "BASE_SHADE_DARK", 1: "BASE_SHADE_LIGHT"},
    )
    assert dissector_file.indexed(str(file))["attributes"] == 1
    file.write_text(user.replace("base.yaml", "../base.yaml"))
    assert "no YAML file of the folder" in str(dissector_file.check(str(file))[0])


def test_fixed_headers_per_family_and_per_operation():
    found_spec = operations(
        """
    {fixed-header: h, list: [{name: a, do: {}}, {name: b, fixed-header: g, do: {}}]}
    """,
        definitions=yaml.safe_load("""
    - {name: h, type: struct, members: [{name: x, type: u32}]}
    - {name: g, type: struct, members: [{name: x, type: u8}]}
    """),
    )
    assert [o.header.name for o in found_spec.operations.values()] == ["h", "g"]


def test_a_fixed_header_is_padded_to_four_bytes():
    found_spec = of_spec(
        generic(
            {"name": "test", "attributes": [{"name": "a", "type": "u8"}]},
            definitions=[{"name": "h", "type": "struct", "members": [{"name": "x", "type": "u8"}]}],
        )
        | {
            "operations": {
                "fixed-header": "h",
                "list": [{"name": "op", "attribute-set": "test", "do": {}}],
            }
        }
    )
    message = one(found_spec, u8(3) + bytes(3) + attr(1, u8(4)))
    assert tree(body(message)) == [("h", [("x", 3)]), ("a", 4)]


def test_the_attributes_that_operations_list():
    found_spec = operations("""
    {list: [{name: get, do: {request: {attributes: [a, b]}, reply: {attributes: [c]}},
             dump: {reply: {attributes: [d]}}}, {name: e, event: {attributes: [f]}}]}
    """)
    assert found_spec.operations["get"].listed_attributes == {
        ("do", "request"): ("a", "b"),
        ("do", "reply"): ("c",),
        ("dump", "reply"): ("d",),
    }
    assert found_spec.operations["e"].listed_attributes == {("event", "reply"): ("f",)}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("getlink", model.CLASS_GET),
        ("newlink", model.CLASS_NEW),
        ("dellink", model.CLASS_DELETE),
        ("setlink", model.CLASS_NEW),
        ("page-pool-get", model.CLASS_GET),
        ("dev-set", model.CLASS_NEW),
        ("pm-nl-flush-addrs", model.CLASS_GET),
        ("flush", model.CLASS_DELETE),
        ("port-new", model.CLASS_NEW),
        ("sb-pool-get", model.CLASS_GET),
        ("add-addr", model.CLASS_NEW),
        ("whatever", model.CLASS_GET),
        ("peer-del", model.CLASS_DELETE),
    ],
)  # fmt: skip
def test_what_the_flags_of_an_operation_mean(name, meant):
    assert request_class(name) == meant


# -- structs -----------------------------------------------------------------------------------


def struct_of(members: str, *others: str) -> model.Struct:
    definitions = [yaml.safe_load(f"{{name: s, type: struct, members: {members}}}")]
    definitions += [yaml.safe_load(o) for o in others]
    found_spec = of_spec({"name": "test", "definitions": definitions})
    found_struct = found_spec.struct("s")
    assert found_struct is not None
    return found_struct


def layout(found_struct: model.Struct) -> list[tuple[str, int]]:
    return [(f.name, f.size) for f in found_struct.members]


def test_members_of_every_type():
    found_struct = struct_of("""
    [{name: a, type: u8}, {name: b, type: s8}, {name: p, type: pad, len: 2}, {name: c, type: u32},
     {name: d, type: u64}, {name: e, type: bitfield32}, {name: f, type: string, len: 5},
     {name: g, type: binary, len: 3}]
    """)
    assert layout(found_struct) == [
        ("a", 1),
        ("b", 1),
        ("p", 2),
        ("c", 4),
        ("d", 8),
        ("e", 8),
        ("f", 5),
        ("g", 3),
    ]
    assert found_struct.size == 32


def test_padding_that_the_spec_leaves_out():
    """struct tc_u32_sel and tc_ratespec (linux/pkt_cls.h, pkt_sched.h) as tc.yaml gives them."""
    found_struct = struct_of(
        "[{name: a, type: u8}, {name: b, type: u16}, {name: c, type: u8}, {name: in, "
        "type: binary, struct: inner}, {name: d, type: u8}, {name: e, type: bitfield32}]",
        "{name: inner, type: struct, members: [{name: x, type: u32}, {name: y, type: u8}]}",
    )
    assert layout(found_struct) == [
        ("a", 1),
        ("padding", 1),
        ("b", 2),
        ("c", 1),
        ("padding", 3),
        ("in", 8),
        ("d", 1),
        ("padding", 3),
        ("e", 8),
    ]


def test_no_padding_is_made_up_at_the_end():
    found_struct = struct_of("[{name: a, type: u32}, {name: b, type: u8}]")
    assert (found_struct.size, found_struct.padded) == (5, 8)


def test_lengths_may_be_constants():
    found_spec = spec("""
    {name: x, definitions: [{name: max, type: const, value: 16},
     {name: s, type: struct, members: [{name: n, type: string, len: max},
      {name: m, type: binary, len: max - 1}]}]}
    """)
    assert layout(found_spec.struct("s")) == [("n", 16), ("m", 15)]


NESTED = of_spec(
    generic(
        {
            "name": "test",
            "attributes": [
                {"name": "one", "type": "binary", "struct": "outer"},
                {"name": "many", "type": "binary", "sub-type": "binary", "struct": "inner"},
            ],
        },
        definitions=yaml.safe_load("""
    - {name: outer, type: struct, members: [{name: n, type: u16}, {name: in, type: binary,
       struct: inner}, {name: word, type: string, len: 4},
       {name: list, type: binary, len: 4, sub-type: u16, byte-order: big-endian}]}
    - {name: inner, type: struct, members: [{name: x, type: u8},
       {name: y, type: u8, enum: e}]}
    - {name: e, type: enum, entries: [zero, first]}
    """),
    )
)


def test_structs_in_structs_and_arrays_in_structs():
    payload = u16(5) + b"\2\1" + b"ab\0\0" + u16(7, ">") + u16(8, ">")
    message = one(NESTED, attr(1, payload))
    assert tree(body(message)) == [
        (
            "one",
            [
                ("n", 5),
                ("in", [("x", 2), ("y", 1)]),
                ("word", "ab"),
                ("list", [("0", 7), ("1", 8)]),
            ],
        )
    ]
    assert message.find("one.in.y").label == "first"
    assert message.find("one.list").value == [7, 8]
    assert message.diagnoses == []


def test_an_array_of_structs():
    message = one(NESTED, attr(2, b"\1\0\2\1"))
    assert tree(body(message)) == [
        ("many", [("0", [("x", 1), ("y", 0)]), ("1", [("x", 2), ("y", 1)])])
    ]


# -- attributes that hold others -------------------------------------------------------------


def test_indexed_arrays():
    found_spec = family(
        """
    - name: test
      attributes:
        - {name: nests, type: indexed-array, sub-type: nest, nested-attributes: in}
        - {name: words, type: indexed-array, sub-type: u32, enum: e}
        - {name: blobs, type: indexed-array, sub-type: binary, display-hint: ipv6}
        - {name: names, type: indexed-array, sub-type: string}
        - {name: structs, type: indexed-array, sub-type: binary, struct: s}
        - {name: old, type: array-nest, nested-attributes: in}
    - {name: in, attributes: [{name: x, type: u8}]}
    """,
        """
    definitions:
      - {name: e, type: enum, entries: [zero, first]}
      - {name: s, type: struct, members: [{name: a, type: u8}]}
    """,
    )
    inner = attr(1, u8(9))
    message = one(
        found_spec,
        nest(1, attr(0, inner), attr(7, inner))
        + nest(2, attr(1, u32(1)))
        + nest(3, attr(1, bytes(16)))
        + nest(4, attr(1, b"a\0"), attr(2, b"b\0"))
        + nest(5, attr(1, u8(3)))
        + nest(6, attr(1, inner)),
    )
    assert tree(body(message)) == [
        ("nests", [("0", [("x", 9)]), ("7", [("x", 9)])]),
        ("words", [("1", 1)]),
        ("blobs", [("1", "::")]),
        ("names", [("1", "a"), ("2", "b")]),
        ("structs", [("1", [("a", 3)])]),
        ("old", [("1", [("x", 9)])]),
    ]
    assert message.diagnoses == []
    assert message.find("words.1").label == "first"
    assert message.find("nests.x").value == 9  # indices need not be named
    (entry,) = message.find("blobs").children
    assert (entry.kind, entry.type, entry.constant) == ("ipv6", 1, None)
    assert [n.kind for n in body(message)] == ["nest"] * 6


def test_nest_type_value():
    found_spec = family("""
    - name: test
      attributes:
        - {name: policy, type: nest-type-value, type-value: [policy-id, attr-id],
           nested-attributes: in}
    - {name: in, attributes: [{name: x, type: u8}]}
    """)
    message = one(found_spec, nest(1, nest(3, nest(8, attr(1, u8(9))))))
    assert tree(body(message)) == [("policy", [("3", [("8", [("x", 9)])])])]
    assert [n.label for n in message.walk()][4:] == [None, "policy-id", "attr-id", None]
    assert message.find("policy.x").value == 9


SUBS = """
- name: test
  attributes:
    - {name: kind, type: string}
    - {name: data, type: sub-message, sub-message: by-kind, selector: kind}
    - {name: deep, type: nest, nested-attributes: test}
    - {name: number, type: u8, enum: e}
    - {name: by-number, type: sub-message, sub-message: by-entry, selector: number}
    - {name: by-header, type: sub-message, sub-message: by-family, selector: h-family}
    - {name: either, type: sub-message, sub-message: by-kind, x-selectors: [missing, kind]}
- {name: in, attributes: [{name: x, type: u8}]}
- {name: other, attributes: [{name: y, type: u8}]}
"""
SUBS_MORE = """
definitions:
  - {name: e, type: enum, entries: [zero, first, second]}
  - {name: h, type: struct, members: [{name: h-family, type: u8, enum: address-family},
     {name: p, type: pad, len: 3}]}
  - {name: s, type: struct, members: [{name: n, type: u16}]}
sub-messages:
  - name: by-kind
    formats:
      - {value: a, attribute-set: in}
      - {value: b, fixed-header: s}
      - {value: c, fixed-header: s, attribute-set: in}
      - {value: nothing}
      - {x-values: [d, e], attribute-set: other}
  - name: by-entry
    formats:
      - {value: first, attribute-set: in}
      - {value: 2, attribute-set: other}
      - {x-default: true, fixed-header: s}
  - name: by-family
    formats: [{value: inet6, attribute-set: in}, {value: "2", attribute-set: other}]
"""


def sub_family() -> model.Spec:
    raw = generic(*yaml.safe_load(SUBS), **yaml.safe_load(SUBS_MORE))
    raw["operations"]["fixed-header"] = "h"
    return of_spec(raw)


X = attr(1, u8(9))


@pytest.mark.parametrize(
    ("before", "payload", "wanted"),
    [
        (attr(1, b"a\0"), X, [("x", 9)]),
        (attr(1, b"b\0"), u16(5), [("s", [("n", 5)])]),
        (attr(1, b"b\0"), u16(5) + b"\0\0!", [("s", [("n", 5)]), ("data", b"!")]),
        (attr(1, b"c\0"), u16(5) + b"\0\0" + X, [("s", [("n", 5)]), ("x", 9)]),
        (attr(1, b"d\0"), X, [("y", 9)]),
        (attr(1, b"e\0"), X, [("y", 9)]),
        (attr(1, b"nothing\0"), b"??", b"??"),
        (attr(1, b"a\0"), b"", None),
    ],
)
def test_sub_messages_by_a_name(before, payload, wanted):
    message = one(sub_family(), bytes(4) + before + attr(2, payload))
    node = message.find("data")
    assert (tree(node.children) or node.value) == wanted
    assert codes(message) == []


def test_a_selector_that_comes_later_or_lies_in_an_enclosing_scope():
    message = one(sub_family(), bytes(4) + attr(2, X) + attr(1, b"a\0"))
    assert message.find("data.x").value == 9
    message = one(sub_family(), bytes(4) + attr(1, b"a\0") + nest(3, nest(3, attr(2, X))))
    assert message.find("deep.deep.data.x").value == 9
    inner = nest(3, attr(1, b"d\0"), attr(2, X))
    message = one(sub_family(), bytes(4) + attr(1, b"a\0") + inner)  # the nearest one counts
    assert message.find("deep.data.y").value == 9


def test_selectors_that_are_enumerated():
    first = one(sub_family(), bytes(4) + attr(4, u8(1)) + attr(5, X))
    second = one(sub_family(), bytes(4) + attr(4, u8(2)) + attr(5, X))
    third = one(sub_family(), bytes(4) + attr(4, u8(7)) + attr(5, u16(3)))
    none = one(sub_family(), bytes(4) + attr(5, u16(3)))
    assert [tree(m.find("by-number").children) for m in (first, second, third, none)] == [
        [("x", 9)],
        [("y", 9)],
        [("s", [("n", 3)])],
        [("s", [("n", 3)])],
    ]


@pytest.mark.parametrize(("address_family", "wanted"), [(10, ("x", 9)), (2, ("y", 9))])
def test_a_selector_in_the_fixed_header(address_family, wanted):
    message = one(sub_family(), u8(address_family) + bytes(3) + nest(3, attr(6, X)))
    assert tree(message.find("deep.by-header").children) == [wanted]


def test_selectors_in_turn():
    message = one(sub_family(), bytes(4) + attr(1, b"a\0") + attr(7, X))
    assert message.find("either.x").value == 9


@pytest.mark.parametrize(
    ("before", "why"),
    [(b"", "selector kind is missing"), (attr(1, b"z\0"), "selector kind 'z' is not known")],
)
def test_a_selector_that_selects_nothing(before, why):
    message = one(sub_family(), bytes(4) + before + attr(2, b"bytes"))
    diagnosis = found(message, "selector-unknown")
    assert (diagnosis.severity, diagnosis.text) == ("note", why)
    assert message.find("data").value == b"bytes"
    assert message.find("data").kind == "unknown"


def test_selectors_that_look_at_each_other_end():
    found_spec = family(
        """
    - {name: test, attributes: [{name: a, type: sub-message, sub-message: m, selector: b},
       {name: b, type: sub-message, sub-message: m, selector: a}]}
    """,
        "sub-messages: [{name: m, formats: [{value: x, attribute-set: test}]}]",
    )
    message = one(found_spec, attr(1, b"xx") + attr(2, b"yy"))
    assert set(codes(message)) == {"selector-unknown"}


def test_requests_that_read_otherwise():
    found_spec = family("""
    - name: test
      attributes:
        - {name: a, type: nest, nested-attributes: in, x-request: {type: u32}}
        - {name: b, type: u32, x-request: {type: nest, nested-attributes: in}}
    - {name: in, attributes: [{name: x, type: u8}]}
    """)
    asked = one(found_spec, attr(1, u32(5)) + nest(2, X), REQUEST)
    told = one(found_spec, nest(1, X) + attr(2, u32(5)))
    assert tree(body(asked)) == [("a", 5), ("b", [("x", 9)])]
    assert tree(body(told)) == [("a", [("x", 9)]), ("b", 5)]


# -- faults -----------------------------------------------------------------------------------

FAULTS = [
    ("definitions: 3", "definitions", "must be a list"),
    ("definitions: [3]", "definitions[0]", "must be a mapping"),
    ("definitions: [{type: enum}]", "definitions[0].name", "a name is needed"),
    ("definitions: [{name: a, type: what}]", "definitions[0].type", "'what' is not one of"),
    ("definitions: [{name: a, type: enum}, {name: a, type: enum}]", "definitions[1]", "twice"),
    ("definitions: [{name: a, type: enum, value-start: z, entries: [b]}]",
     "definitions[0].value-start", "neither a number"),
    ("definitions: [{name: a, type: flags, entries: [{name: b, value: 64}]}]",
     "definitions[0].entries[0].value", "64 is no bit number"),
    ("definitions: [{name: a, type: struct, members: [{name: b, type: nest}]}]",
     "definitions[0].members[0].type", "'nest' is no type of a struct member"),
    ("definitions: [{name: a, type: struct, members: [{name: b, type: binary}]}]",
     "definitions[0].members[0]", "needs `len`"),
    ("definitions: [{name: a, type: struct, members: [{name: b, type: pad, len: -1}]}]",
     "definitions[0].members[0].len", "-1 is no length"),
    ("definitions: [{name: a, type: struct, members: [{name: b, type: binary, struct: a}]}]",
     "definitions[0].members[0].struct", "contains itself"),
    ("definitions: [{name: a, type: struct, members: [{name: b, type: u8, enum: nix}]}]",
     "definitions[0].members[0].enum", "no enum or flags 'nix'"),
    ("definitions: [{name: a, type: const, value: 1z}]", "definitions[0].value", "'1z'"),
    ("attribute-sets: [{name: s}, {name: s}]", "attribute-sets[1]", "twice"),
    ("attribute-sets: [{name: s, subset-of: t}]", "attribute-sets[0].subset-of", "'t'"),
    ("attribute-sets: [{name: s, subset-of: t, attributes: [{name: a}]}, {name: t}]",
     "attribute-sets[0].attributes[0]", "'t' has no attribute 'a'"),
    ("protocol: other", "protocol", "'other' is not one of genetlink"),
    ("protocol: netlink-raw", "protonum", "needs its number"),
    ("version: one", "version", "'one' is neither"),
    ("sub-messages: [{name: m, formats: [{attribute-set: s}]}]",
     "sub-messages[0].formats[0].attribute-set", "no attribute set 's'"),
    ("sub-messages: [{name: m, formats: [{}]}]", "sub-messages[0].formats[0]", "needs a value"),
    ("sub-messages: [{name: m, formats: [{x-values: a}]}]",
     "sub-messages[0].formats[0].x-values", "must be a list"),
    ("operations: []", "operations", "must be a mapping"),
    ("operations: {fixed-header: h}", "operations.fixed-header", "no struct 'h'"),
    ("operations: {list: [{name: a}, {name: a}]}", "operations.list[1]", "twice"),
    ("operations: {list: [{name: a, attribute-set: s}]}", "operations.list[0].attribute-set",
     "no attribute set 's'"),
    ("operations: {list: [{name: a, notify: b}]}", "operations.list[0].notify", "'b'"),
    ("operations: {list: [{name: a, x-hook: b}]}", "operations.list[0].x-hook", "no hook 'b'"),
    ("operations: {enum-model: directional, list: [{name: a, do: [1]}]}",
     "operations.list[0].do", "must be a mapping"),
    ("operations: {list: [{name: a, value: b}]}", "operations.list[0].value", "'b' is neither"),
    ("mcast-groups: 1", "mcast-groups", "must be a mapping"),
]  # fmt: skip
ATTRIBUTE_FAULTS = [
    ("{name: a}", ".type", "None is no attribute type"),
    ("{name: a, type: u7}", ".type", "'u7'"),
    ("{type: u8}", ".name", "a name is needed"),
    ("{name: a, type: nest}", "", "needs `nested-attributes`"),
    ("{name: a, type: nest, nested-attributes: t}", ".nested-attributes", "'t'"),
    ("{name: a, type: nest-type-value, nested-attributes: s}", ".type-value", "a list of names"),
    ("{name: a, type: u8, enum: e}", ".enum", "'e'"),
    ("{name: a, type: u8, byte-order: big}", ".byte-order", "'big'"),
    ("{name: a, type: u8, display-hint: x}", ".display-hint", "'x'"),
    ("{name: a, type: u8, x-hint: [x]}", ".x-hint", "no display hint"),
    ("{name: a, type: binary, struct: x}", ".struct", "no struct 'x'"),
    ("{name: a, type: u32, struct: x}", ".type", "needs the type binary"),
    ("{name: a, type: binary, sub-type: x}", ".sub-type", "'x'"),
    ("{name: a, type: binary, sub-type: string}", ".sub-type", "no fixed length"),
    ("{name: a, type: u8, checks: {odd: 1}}", ".checks.odd", "'odd' is no check"),
    ("{name: a, type: u8, checks: {max: many}}", ".checks.max", "'many'"),
    ("{name: a, type: u8, x-hook: h}", ".x-hook", "no hook 'h'"),
    ("{name: a, type: u8, value: -1}", "", "-1 is no attribute number"),
    ("{name: a, type: u8, value: 16384}", "", "16384 is no attribute number"),
    ("{name: a, type: sub-message, selector: b}", ".sub-message", "no sub-message"),
    ("{name: a, type: sub-message, sub-message: m}", ".selector", "needs a selector"),
]
FAULTS += [
    (
        f"attribute-sets: [{{name: s, attributes: [{text}]}}]",
        f"attribute-sets[0].attributes[0]{path}",
        why,
    )
    for text, path, why in ATTRIBUTE_FAULTS
]
FAULTS += [
    (
        "attribute-sets: [{name: s, attributes: [{name: a, type: u8}, {name: a, type: u8}]}]",
        "attribute-sets[0].attributes[1]",
        "'a' is defined twice",
    ),
    (
        "attribute-sets: [{name: s, attributes: [{name: a, type: u8}, {name: b, type: u8, "
        "value: 1}]}]",
        "attribute-sets[0].attributes[1]",
        "number 1 is already 'a'",
    ),
]


@pytest.mark.parametrize(("text", "path", "why"), FAULTS)
def test_every_fault_has_its_path_and_its_line(tmp_path, text, path, why):
    file = tmp_path / "x.yaml"
    content = yaml.safe_dump({"name": "test", **yaml.safe_load(text)}, sort_keys=False)
    file.write_text("# a comment\n\n" + content)
    hit = [p for p in dissector_file.check(str(file)) if p.path == path and why in p.reason]
    assert hit, [str(p) for p in dissector_file.check(str(file))]
    assert str(hit[0]).startswith(f"{file}:{hit[0].line}: {path}: ")
    # The line is that of the last word of the path; where that is missing, of what is around it.
    line = file.read_text().splitlines()[hit[0].line - 1]
    assert (
        f"{path.rpartition('.')[2]}:" in line
        or line.lstrip().startswith("-")
        or (path in ("protonum", "name"))
    )


def test_the_first_fault_ends_loading():
    with pytest.raises(SpecError, match=r"^test.yaml: protonum: "):
        of_spec({"name": "x", "protocol": "netlink-raw"})
    with pytest.raises(SpecError, match=r"name: a protocol needs a name"):
        of_spec({})


def test_faults_in_sets_come_when_they_are_used():
    found_spec = family("""
    - {name: test, attributes: [{name: a, type: what}, {name: b, type: u8}]}
    """)
    assert found_spec.faults == []
    message = one(found_spec, attr(1, b"??") + attr(2, u8(3)))
    assert tree(body(message)) == [("a", b"??"), ("b", 3)]  # the rest works
    assert [f.path for f in found_spec.faults] == ["attribute-sets[0].attributes[0].type"]


# -- the kernel's own specs ---------------------------------------------------------------------

needs_kernel_specs = pytest.mark.skipif(
    not KERNEL_SPECS.is_dir(), reason=f"the kernel's specs are not at {KERNEL_SPECS}"
)
FILES = sorted(KERNEL_SPECS.glob("*.yaml"))


@needs_kernel_specs
@pytest.mark.parametrize("file", FILES, ids=lambda p: p.stem)
def test_a_kernel_spec_loads_whole(file: Path):
    assert dissector_file.check(str(file)) == []
    found_spec = dissector_file.load(str(file))
    assert found_spec.name
    for attr_set in found_spec.attribute_sets.values():
        attr_set.ensure()
        assert attr_set.spec == found_spec.name
    assert found_spec.faults == []


@pytest.fixture(scope="module")
def kernel() -> Registry:
    found_registry = Registry(specs=[str(file) for file in FILES], use_system=False)
    explicit = [e for e in found_registry.files() if e.origin == "explicit"]
    assert [e.file for e in explicit] == [str(f) for f in FILES]
    return found_registry


def errors(messages: list[Any]) -> list[str]:
    return [
        f"{message.number} {diagnosis!r}"
        for message in messages
        for diagnosis in message.diagnoses
        if diagnosis.severity == "error"
    ]


@needs_kernel_specs
@pytest.mark.parametrize("name", ["ethtool", "wireguard", "nft", "conntrack", "tc", "nlctrl"])
def test_kernel_specs_find_nothing_wrong_in_recordings(kernel, name):
    messages = streamed(name, kernel)
    assert errors(messages) == []
    assert kernel.problems == []
    specs = {m.spec.file for m in messages if m.spec is not None}
    assert specs & {str(f) for f in FILES}


@needs_kernel_specs
def test_kernel_specs_on_iproute(kernel):
    """AF_SPEC of a bridge port is no AF_SPEC of its families, which rt-link.yaml cannot say."""
    messages = streamed("iproute", kernel)
    bridge = [m for m in messages if m.find("ifi-family") and m.find("ifi-family").value == 7]
    assert bridge
    assert errors([m for m in messages if m not in bridge]) == []


def first(messages: list[Any], operation: str, path: str, *, to_kernel: bool = False) -> Any:
    """The value at a path in the first such message that has it."""
    for message in messages:
        if message.operation is None or message.operation.name != operation:
            continue
        node = message.find(path)
        if message.to_kernel == to_kernel and node is not None:
            return node.value if node.label is None else node.label
    return None


@needs_kernel_specs
def test_wireguard_by_the_kernels_spec(kernel):  # wireguard.txt: wg show peach0
    messages = streamed("wireguard", kernel)
    message = next(m for m in messages if m.find("peers") and not m.to_kernel)
    assert message.find("ifname").value == "peach0"
    assert message.find("listen-port").value == 51999
    assert message.find("fwmark").value == 0x51
    peers = message.find("peers").children
    shown = [
        [
            f"{a.find('ipaddr').value}/{a.find('cidr-mask').value}"
            for a in peer.find("allowedips").children
        ]
        for peer in peers
    ]
    assert shown == [["10.44.0.0/16", "2001:db8:44::/48"], ["10.45.1.1/32"]]
    assert [p.find("persistent-keepalive-interval").value for p in peers] == [15, 0]
    assert peers[0].find("WGPEER_A_PUBLIC_KEY").value.hex().startswith("5180edd998b46128")


@needs_kernel_specs
def test_ethtool_by_the_kernels_spec(kernel):  # ethtool.txt: ethtool grape0, ethtool -l
    messages = streamed("ethtool", kernel)
    assert first(messages, "linkmodes-get", "speed") == 10000
    assert first(messages, "linkmodes-get", "ETHTOOL_A_LINKMODES_DUPLEX") == 1
    assert first(messages, "linkmodes-get", "header.dev-name") == "grape0"
    assert first(messages, "channels-get-reply", "rx-max") == 1
    strings = "stringsets.stringset.strings.string.value"
    assert first(messages, "strset-get", strings) == "tx-scatter-gather"
    assert any(m.operation and m.operation.name == "features-ntf" for m in messages)


@needs_kernel_specs
def test_nftables_by_the_kernels_spec(kernel):  # nft.txt: the ruleset
    messages = streamed("nft", kernel)
    assert first(messages, "newtable", "name", to_kernel=True) == "fruit"
    rules = [m for m in messages if m.operation and m.operation.name == "newrule" and m.to_kernel]
    expressions = [[e.find("name").value for e in r.find("expressions").children] for r in rules]
    assert expressions[1] == [
        "meta",
        "cmp",
        "payload",
        "lookup",
        "counter",
        "log",
        "immediate",
    ] or expressions[1] == ["meta", "cmp", "payload", "lookup", "objref", "log", "immediate"]
    lookup = rules[1].find("expressions").children[3]
    assert lookup.find("data.set").value == "ports"
    cmp = rules[1].find("expressions").children[1]
    assert (cmp.find("data.op").label, cmp.find("data.data.value").value) == ("eq", b"\x06")
    log = rules[1].find("expressions").children[5]
    assert log.find("data.prefix").value == "fruit "
    immediate = rules[1].find("expressions").children[6]
    assert immediate.find("data.data.verdict.code").label == "accept"


@needs_kernel_specs
def test_conntrack_by_the_kernels_spec(kernel):  # conntrack.txt: conntrack -I
    message = next(m for m in streamed("conntrack", kernel) if m.find("timeout"))
    assert message.find("timeout").value == 77
    assert message.find("tuple-orig.tuple-ip.ip-v4-src").value == "198.51.100.5"
    assert message.find("tuple-orig.tuple-proto.proto-dst-port").value == 2222
    assert message.find("tuple-reply.tuple-ip.ip-v4-src").value == "203.0.113.6"
    assert message.find("protoinfo.protoinfo-tcp.tcp-state").label == "syn-sent"
    assert message.find("nfgenmsg.nfgen-family").value == 2


@needs_kernel_specs
def test_tc_by_the_kernels_spec(kernel):  # tc.txt, tc.qdisc.json, tc.filter.json
    messages = streamed("tc", kernel)
    assert first(messages, "newqdisc", "options.init.rate2quantum", to_kernel=True) == 10
    assert first(messages, "newqdisc", "options.init.defcls", to_kernel=True) == 0x30
    assert first(messages, "newtclass", "options.parms.rate.rate", to_kernel=True) == 375000
    assert first(messages, "newtclass", "options.parms.ceil.rate", to_kernel=True) == 750000
    assert first(messages, "newtfilter", "options.divisor") == 1
    sel = next(n for m in messages if (n := m.find("options.sel")) and not m.to_kernel)
    key = sel.find("keys")
    assert (key.find("val").value, key.find("mask").value) == (0xC6336400, 0xFFFFFF00)
    assert key.find("off").value == 16
    flower = next(m for m in messages if m.find("options.key-tcp-dst") and not m.to_kernel)
    assert flower.find("options.key-tcp-dst").value == 443
    assert flower.find("options.act.1.kind").value == "gact"
    assert flower.find("options.act.options.parms.action").value == 2


@needs_kernel_specs
def test_nlctrl_by_the_kernels_spec(kernel):  # nlctrl.txt: genl ctrl get, genl ctrl policy
    messages = streamed("nlctrl", kernel)
    answer = next(
        m
        for m in messages
        if m.find("family-name") and not m.to_kernel and m.find("family-name").value == "nlctrl"
    )
    assert answer.find("family-id").value == 16
    assert [o.find("id").value for o in answer.find("ops").children] == [3, 10]
    assert answer.find("ops.2.flags").value == 0xC
    assert answer.find("mcast-groups.1.name").value == "notify"
    policy = next(m for m in messages if m.find("policy") and not m.to_kernel)
    assert policy.find("policy.0.1.type").label == "u32"
    assert policy.find("policy.0.1.max-value-u").value == 2**32 - 1


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("x-sumary", "no key of a spec is named so (did you mean 'x-summary'?)"),
        ("displya-hint", "no key of a spec is named so (did you mean 'display-hint'?)"),
        ("x-pear", "no key of a spec is named so"),
        ("of-tomorrow", None),
    ],
)
def test_a_key_that_nothing_reads(key: str, reason: str | None) -> None:
    """What may be a slip is told; what a newer kernel may have is not."""
    attribute = {"name": "pear", "type": "u32", key: 1}
    raw = {"name": "orchard", "attribute-sets": [{"name": "tree", "attributes": [attribute]}]}
    told = dict(ynl.check(raw, "orchard.yaml"))
    assert told.get(f"attribute-sets[0].attributes[0].{key}") == reason
