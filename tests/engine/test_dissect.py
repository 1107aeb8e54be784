"""Bytes to nodes: each kind short, exact and long; each malformed kind; control messages."""

from __future__ import annotations

from typing import Any

import pytest

from nldissect._internal.engine.faults import MAX_DEPTH
from nldissect._internal.engine.labels import flag_names, type_name
from nldissect._internal.engine.node import Node, find, member, part
from nldissect._internal.engine.spans import spans
from nldissect._internal.engine.summary import describe
from nldissect._internal.engine.summary_lookup import Lookup
from nldissect._internal.spec.model import STRUCT
from support.messages import (
    ACK_TLVS,
    CAPPED,
    DONE,
    DUMP,
    ERROR,
    GENERIC,
    MULTI,
    NESTED,
    NET_BYTEORDER,
    NOOP,
    OVERRUN,
    REQUEST,
    ROUTE,
    attr,
    body,
    codes,
    covered,
    found,
    generic,
    genl,
    messages,
    msg,
    nest,
    newfamily,
    newlink,
    nlmsgerr,
    of_spec,
    one,
    padded,
    read,
    record,
    tree,
    u8,
    u16,
    u32,
    u64,
)

COLOURS = {
    "name": "colour", "type": "enum", "name-prefix": "c-", "entries": ["red", "green", "blue"],
}  # fmt: skip
BITS = {"name": "bits", "type": "flags", "name-prefix": "b-", "entries": ["one", "two", "four"]}
PAIR = {
    "name": "pair",
    "type": "struct",
    "members": [
        {"name": "a", "type": "u16"},
        {"name": "hole", "type": "pad", "len": 2},
        {"name": "b", "type": "u32", "byte-order": "big-endian"},
    ],
}
INNER = {"name": "inner", "attributes": [{"name": "x", "type": "u8"}, {"name": "y", "type": "u8"}]}


def case(definition: dict[str, Any], payload: bytes, order: str = "<", kind: int = 1, **more: Any):
    """The node of one attribute with this definition, and the message it is in."""
    attributes = {"name": "test", "attributes": [{"name": "it", **definition}]}
    spec = of_spec(generic(attributes, INNER, definitions=[COLOURS, BITS, PAIR], **more))
    message = one(spec, attr(kind, payload, order), order=order)
    (node,) = body(message)
    return node, message


# definition, payload, kind, value, label, diagnoses
SCALARS = [
    ("u8", b"\xff", 255), ("s8", b"\xff", -1),
    ("u16", b"\x01\xff", 0xFF01), ("s16", b"\x01\xff", -255),
    ("u32", b"\x01\0\0\xff", 0xFF000001), ("s32", b"\xfe\xff\xff\xff", -2),
    ("u64", b"\x01" + bytes(6) + b"\x80", 1 << 63 | 1), ("s64", bytes(7) + b"\x80", -1 << 63),
    ("uint", b"\x05\0\0\0", 5), ("uint", b"\x05" + bytes(7), 5),
    ("sint", b"\xff" * 4, -1), ("sint", b"\xff" * 8, -1),
]  # fmt: skip
KINDS: list[tuple[dict[str, Any], bytes, str, Any, str | None, list[str]]] = [
    *[({"type": t}, raw, t, value, None, []) for t, raw, value in SCALARS],
    *[({"type": t}, raw[:-1], "binary", raw[:-1], None, ["scalar-size"]) for t, raw, _ in SCALARS],
    *[({"type": t}, raw + b"!", "binary", raw + b"!", None, ["scalar-size"])
      for t, raw, _ in SCALARS],
    *[({"type": t, "byte-order": "big-endian"}, raw[::-1], t, value, None, [])
      for t, raw, value in SCALARS],
    ({"type": "u32", "byte-order": "little-endian"}, b"\1\0\0\0", "u32", 1, None, []),
    ({"type": "u8", "enum": "colour"}, b"\1", "enum", 1, "green", []),
    ({"type": "u8", "enum": "colour"}, b"\7", "enum", 7, None, []),
    ({"type": "u32", "enum": "bits"}, u32(5), "flags", 5, "one|four", []),
    ({"type": "u32", "enum": "bits"}, u32(0x82), "flags", 0x82, "two|0x80", []),
    ({"type": "u32", "enum": "bits"}, u32(0), "flags", 0, None, []),
    ({"type": "u32", "enum": "bits"}, u16(1), "binary", u16(1), None, ["scalar-size"]),
    ({"type": "u16", "enum": "colour", "enum-as-flags": True}, u16(6), "flags", 6, "green|blue",
     []),
    ({"type": "u16", "enum": "address-family"}, u16(10), "enum", 10, "inet6", []),
    ({"type": "u32", "x-hint": "ifindex"}, u32(2), "u32", 2, "eth0", []),
    ({"type": "u32", "x-hint": "ifindex"}, u32(9), "u32", 9, None, []),
    ({"type": "u32", "display-hint": "ipv4"}, b"\x0a\0\0\1", "ipv4", "10.0.0.1", None, []),
    ({"type": "flag"}, b"", "flag", True, None, []),
    ({"type": "flag"}, b"x", "flag", True, None, ["flag-payload"]),
    ({"type": "string"}, b"", "string", "", None, []),
    ({"type": "string"}, b"\0", "string", "", None, []),
    ({"type": "string"}, b"lo\0", "string", "lo", None, []),
    ({"type": "string"}, b"lo\0\0\0", "string", "lo", None, []),
    ({"type": "string"}, b"lo", "string", "lo", None, ["string-unterminated"]),
    ({"type": "string", "checks": {"unterminated-ok": True}}, b"lo", "string", "lo", None, []),
    ({"type": "string"}, b"lo\0x", "string", "lo", None, ["string-after-nul"]),
    ({"type": "string"}, b"h\xe9\0", "string", "h\\xe9", None, ["string-encoding"]),
    ({"type": "string"}, "zoë\0".encode(), "string", "zoë", None, []),
    ({"type": "binary"}, b"", "binary", b"", None, []),
    ({"type": "binary"}, b"\0\1\2", "binary", b"\0\1\2", None, []),
    ({"type": "binary", "display-hint": "hex"}, b"\0\1", "hex", b"\0\1", None, []),
    ({"type": "binary", "display-hint": "mac"}, b"\2\0\0\0\0\1", "mac", "02:00:00:00:00:01", None,
     []),
    ({"type": "binary", "display-hint": "mac"}, b"\2\0", "binary", b"\2\0", None, ["binary-size"]),
    ({"type": "binary", "display-hint": "mac"}, bytes(7), "binary", bytes(7), None,
     ["binary-size"]),
    ({"type": "binary", "display-hint": "fddi"}, bytes(6), "mac", "00:00:00:00:00:00", None, []),
    ({"type": "binary", "display-hint": "ipv4"}, b"\x7f\0\0\1", "ipv4", "127.0.0.1", None, []),
    ({"type": "binary", "display-hint": "ipv4"}, bytes(16), "binary", bytes(16), None,
     ["binary-size"]),
    ({"type": "binary", "display-hint": "ipv6"}, bytes(15) + b"\1", "ipv6", "::1", None, []),
    ({"type": "binary", "display-hint": "ipv6"}, bytes(4), "binary", bytes(4), None,
     ["binary-size"]),
    ({"type": "binary", "display-hint": "ipv4-or-v6"}, bytes(4), "ipv4", "0.0.0.0", None, []),
    ({"type": "binary", "display-hint": "ipv4-or-v6"}, bytes(16), "ipv6", "::", None, []),
    ({"type": "binary", "display-hint": "ipv4-or-v6"}, bytes(5), "binary", bytes(5), None,
     ["binary-size"]),
    ({"type": "binary", "display-hint": "uuid"}, bytes(range(16)), "uuid",
     "00010203-0405-0607-0809-0a0b0c0d0e0f", None, []),
    ({"type": "binary", "display-hint": "uuid"}, bytes(8), "binary", bytes(8), None,
     ["binary-size"]),
    ({"type": "binary", "x-hint": "address"}, bytes(3), "binary", bytes(3), None, ["binary-size"]),
    ({"type": "binary", "x-hint": "lladdr"}, b"\1\2\3", "mac", "01:02:03", None, []),
    ({"type": "binary", "sub-type": "u16"}, u16(7) + u16(8), "array", [7, 8], None, []),
    ({"type": "binary", "sub-type": "u16"}, b"", "array", [], None, []),
    ({"type": "binary", "sub-type": "u16"}, u16(7) + b"!", "array", [7], None, ["array-size"]),
    ({"type": "binary", "sub-type": "u32", "byte-order": "big-endian"}, u32(7, ">"), "array", [7],
     None, []),
    ({"type": "binary", "sub-type": "binary", "display-hint": "ipv4"}, bytes([10, 0, 0, 1] * 2),
     "array", ["10.0.0.1", "10.0.0.1"], None, []),
    ({"type": "bitfield32"}, u32(1) + u32(3), "bitfield32", None, None, []),
    ({"type": "bitfield32"}, u32(1), "binary", u32(1), None, ["scalar-size"]),
    ({"type": "bitfield32"}, bytes(12), "binary", bytes(12), None, ["scalar-size"]),
    ({"type": "pad"}, b"", "pad", b"", None, []),
    ({"type": "pad"}, bytes(4), "pad", bytes(4), None, []),
    ({"type": "unused"}, b"ab", "unknown", b"ab", None, []),
    ({"type": "nest", "nested-attributes": "inner"}, b"", "nest", None, None, []),
    ({"type": "binary", "struct": "pair"}, bytes(8), "struct", None, None, []),
    ({"type": "binary", "struct": "pair"}, bytes(6), "struct", None, None, ["struct-short"]),
    ({"type": "binary", "struct": "pair"}, bytes(12), "struct", None, None, ["struct-long"]),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "payload", "kind", "value", "label", "diagnoses"), KINDS)
def test_kinds(definition, payload, kind, value, label, diagnoses):
    node, message = case(definition, payload)
    assert (node.kind, node.value, node.label) == (kind, value, label)
    assert codes(message) == codes(node) == diagnoses
    assert (node.name, node.type, node.constant) == ("it", 1, "TEST_A_IT")
    assert (node.offset, node.start, node.end) == (20, 24, 24 + len(payload))
    assert node.bytes == payload
    assert covered(message)


def test_every_word_of_a_diagnosis_says_what_and_where():
    node, _ = case({"type": "u32"}, b"abc")
    (diagnosis,) = node.diagnoses
    assert diagnosis.text == "3 bytes where it has 4"
    assert (diagnosis.severity, diagnosis.offset, diagnosis.length) == ("error", 20, 7)


@pytest.mark.parametrize(("kind", "payload", "value"), SCALARS)
def test_big_endian_hosts(kind, payload, value):
    node, _ = case({"type": kind}, payload[::-1], order=">")
    assert (node.kind, node.value) == (kind, value)


@pytest.mark.parametrize("order", ["<", ">"])
def test_net_byteorder_in_the_attribute_itself(order):
    node, _ = case({"type": "u32"}, u32(7, ">"), order, kind=1 | NET_BYTEORDER)
    assert (node.value, node.flags, node.type) == (7, NET_BYTEORDER, 1)
    node, _ = case({"type": "u16"}, u16(7, order), order, kind=1)
    assert (node.value, node.flags) == (7, 0)


def test_labels_by_spec_names_and_by_constants():
    node, _ = case({"type": "u32", "enum": "bits"}, u32(3))
    assert (node.words(False), node.words(True)) == ("one|two", "B_ONE|B_TWO")


def test_the_members_of_a_struct():
    node, _ = case({"type": "binary", "struct": "pair"}, u16(5) + b"\1\2" + u32(6, ">"))
    assert tree(node.children) == [("a", 5), ("hole", b"\1\2"), ("b", 6)]
    assert [(c.type, c.constant, c.offset, c.length) for c in node.children] == [
        (None, None, 24, 2),
        (None, None, 26, 2),
        (None, None, 28, 4),
    ]
    assert [c.kind for c in node.children] == ["u16", "pad", "u32"]


def test_a_shorter_and_a_longer_struct_keep_what_they_have():
    node, message = case({"type": "binary", "struct": "pair"}, u16(5) + b"\0\0" + b"\1\2")
    assert tree(node.children) == [("a", 5), ("hole", b"\0\0"), ("partial-member", b"\1\2")]
    assert found(message, "struct-short").text == "6 of the 8 bytes of struct pair"
    node, message = case({"type": "binary", "struct": "pair"}, bytes(8) + b"new!")
    assert tree(node.children)[-1] == ("newer-members", b"new!")
    assert found(message, "struct-long").severity == "note"


def test_the_elements_of_an_array_are_no_attributes():
    node, message = case({"type": "binary", "sub-type": "u8", "enum": "colour"}, b"\0\2")
    assert [(c.name, c.type, c.label, c.kind) for c in node.children] == [
        ("0", None, "red", "enum"),
        ("1", None, "blue", "enum"),
    ]
    node, message = case({"type": "binary", "sub-type": "binary", "struct": "pair"}, bytes(16))
    assert [len(c.children) for c in node.children] == [3, 3]
    assert message.find("it.1.b").value == message.find("it.b").value == 0


def test_a_bitfield_has_a_value_and_a_selector():
    node, _ = case({"type": "bitfield32", "enum": "bits"}, u32(1) + u32(3))
    assert [(c.name, c.kind, c.value, c.label) for c in node.children] == [
        ("value", "flags", 1, "one"),
        ("selector", "flags", 3, "one|two"),
    ]


# -- malformed attributes, and everything around them ------------------------------------

AROUND = {
    "name": "test",
    "attributes": [
        {"name": "before", "type": "u8"},
        {"name": "n", "type": "nest", "nested-attributes": "test"},
        {"name": "after", "type": "u32"},
        {"name": "word", "type": "string"},
        {"name": "many", "type": "u8", "multi-attr": True},
        {"name": "table", "type": "indexed-array", "sub-type": "u8"},
    ],
}
SPEC = of_spec(generic(AROUND))
BEFORE, AFTER = attr(1, u8(5)), attr(3, u32(6))


@pytest.mark.parametrize(
    ("inside", "code", "severity", "kept"),
    [
        (attr(1, u8(7), length=3), "attr-len-short", "error", [("data", attr(1, u8(7), length=3))]),
        (attr(1, u8(7), length=0), "attr-len-short", "error", [("data", attr(1, u8(7), length=0))]),
        (attr(1, u8(7)) + attr(3, u32(1), length=9), "attr-len-over", "error",
         [("before", 7), ("after", 1)]),
        (attr(1, u8(7)) + attr(3, b"12", length=8)[:6], "attr-len-over", "error",
         [("before", 7), ("after", b"12")]),
        (attr(1, u8(7)) + b"xy", "attr-trailing", "warning", [("before", 7), ("trailing", b"xy")]),
        (attr(1, u8(7)) + b"\0\0", "attr-zeros", "note", [("before", 7), ("trailing", b"\0\0")]),
        (attr(1, u8(7)) + bytes(8), "attr-zeros", "note", [("before", 7), ("trailing", bytes(8))]),
        (attr(1, u8(7))[:5] + attr(3, u32(1)), "attr-unaligned", "warning",
         [("before", 7), ("after", 1)]),
        (attr(4, b"a\0")[:6] + attr(1, u8(7))[:5] + attr(3, u32(1)), "attr-unaligned", "warning",
         [("word", "a"), ("before", 7), ("after", 1)]),
        (attr(4, b"a\0")[:6] + attr(5, u8(7))[:5], "attr-unaligned", "warning",
         [("word", "a"), ("many", 7)]),
        (attr(3, b"abc"), "scalar-size", "error", [("after", b"abc")]),
        (attr(4, b"abc"), "string-unterminated", "warning", [("word", "abc")]),
        (attr(4, b"\xff\0"), "string-encoding", "warning", [("word", "\\xff")]),
        (attr(1, u8(1)) + attr(1, u8(2)), "attr-duplicate", "warning",
         [("before", 1), ("before", 2)]),
        (attr(77, b"abc"), "attr-unknown", "note", [("attr 77", b"abc")]),
        (attr(0, b"abc\0"), "attr-unknown", "note", [("attr 0", "abc")]),
        (attr(6, attr(1, b"ab")), "scalar-size", "error", [("table", [("1", b"ab")])]),
        (attr(6, attr(1, u8(3), length=2)), "attr-len-short", "error",
         [("table", [("data", attr(1, u8(3), length=2))])]),
    ],
)  # fmt: skip
def test_what_is_wrong_inside_does_not_hurt_what_is_around(inside, code, severity, kept):
    message = one(SPEC, BEFORE + attr(2, inside) + AFTER)
    assert tree(body(message)) == [("before", 5), ("n", kept), ("after", 6)]
    assert code in codes(message)
    assert all(d.severity == severity for d in message.diagnoses if d.code == code)
    assert covered(message)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_sender_that_forgot_the_padding(order):
    inside = attr(1, u8(7), order)[:5] + attr(4, b"a\0", order)[:6] + attr(3, u32(1, order), order)
    message = one(SPEC, inside, order=order)
    assert tree(body(message)) == [("before", 7), ("word", "a"), ("after", 1)]
    assert codes(message) == ["attr-unaligned", "attr-unaligned"]
    # One that forgot all of it, though an attribute seems to begin where padding would lead.
    inside = inside[:11] + 2 * attr(5, u8(8), order)[:5]
    message = one(SPEC, inside, order=order)
    assert tree(body(message)) == [("before", 7), ("word", "a"), ("many", 8), ("many", 8)]
    assert codes(message) == ["attr-unaligned"] * 3


def test_repeated_attributes_where_many_are_meant():
    message = one(SPEC, attr(5, u8(1)) + attr(5, u8(2)))
    assert tree(body(message)) == [("many", 1), ("many", 2)]
    assert message.diagnoses == []


@pytest.mark.parametrize("levels", [MAX_DEPTH, MAX_DEPTH + 1, MAX_DEPTH + 5])
def test_nesting_as_deep_as_the_kernel_looks(levels):
    """No code of the kernel reads more levels; its policies (lib/nlattr.c) reach ten."""
    inside = attr(1, u8(9))
    for _ in range(levels - 1):
        inside = attr(2, inside)
    message = one(SPEC, inside + AFTER)
    node = body(message)[0]
    seen = 1
    while node.children and node.children[0].type is not None:
        node = node.children[0]
        seen += 1
    assert seen == min(levels, MAX_DEPTH)
    assert codes(message) == (["nest-depth"] if levels > MAX_DEPTH else [])
    assert body(message)[-1].value == 6
    assert covered(message)


def test_unknown_attributes_that_say_they_nest_are_walked():
    message = one(SPEC, attr(99 | NESTED, attr(1, u8(4)) + attr(2, b"ab")))
    assert tree(body(message)) == [("attr 99", [("attr 1", 4), ("attr 2", 0x6261)])]
    assert codes(message) == ["attr-unknown"]
    (node,) = body(message)
    assert (node.kind, node.type, node.flags) == ("unknown", 99, NESTED)
    assert body(one(SPEC, attr(99 | NESTED, b"no attributes")))[0].value == b"no attributes"


def test_trees_are_found_by_names_constants_and_numbers():
    message = one(SPEC, nest(2, attr(1, u8(7)), nest(2, attr(3, u32(8)))))
    for path in ("n.n.after", "TEST_A_N.n.TEST_A_AFTER"):
        assert message.find(path).value == 8
    assert message.find("n.before").path == "n.before"
    assert message.find("n.nothing") is None
    assert find(message.nodes, "genlmsghdr.command").value == 1


def test_an_attribute_is_found_before_a_header_field_of_the_same_name():
    (message,) = read(record(newfamily(77, "x"), GENERIC))
    assert message.find("version").value == 2  # genlmsghdr's: there is no other
    data = msg(16, genl(1, attr(3, u32(9)), version=2))
    (message,) = read(record(data, GENERIC))
    assert message.find("version").value == 9  # CTRL_ATTR_VERSION
    assert message.find("genlmsghdr.version").value == 2
    assert Lookup(message).value("version") == 9


# -- cut by the snapshot length ------------------------------------------------------------


def test_a_cut_message_never_blames_the_sender():
    payload = BEFORE + nest(2, attr(4, b"abcdefgh\0"), AFTER) + attr(6, attr(1, u8(1)))
    whole = len(msg(32, genl(1, payload)))
    for size in range(21, whole):
        message = one(SPEC, payload, total=size)
        assert set(codes(message)) <= {"truncated", "attr-zeros", "trailing-zeros"}
        assert "truncated" in codes(message)
        assert {d.severity for d in message.diagnoses} == {"note"}
        assert covered(message)


def test_an_error_that_is_cut():
    request = newlink(2, "eth0", flags=REQUEST)
    data = nlmsgerr(-22, request, attr(1, b"no\0"))
    for size in range(16, len(data)):
        (message,) = messages(data[:size], total=len(data))
        assert {d.severity for d in message.diagnoses} == {"note"}, size
        assert covered(message)


# -- fixed headers ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 4, 15])
def test_a_short_fixed_header(size):
    (message,) = messages(msg(16, bytes(size)))
    diagnosis = found(message, "header-short")
    assert diagnosis.severity == "error"
    assert diagnosis.text == f"{size} of the 16 bytes of struct ifinfomsg"
    assert covered(message)


def test_old_programs_ask_with_less():
    (message,) = messages(msg(18, b"\x11", REQUEST | DUMP))
    assert found(message, "header-short").severity == "note"
    assert message.find("ifi-family").value == 17


def test_the_fixed_header_is_a_node_of_kind_struct():
    (message,) = messages(newlink(7, "eth0"))
    header = message.nodes[0]
    assert (header.name, header.kind, header.type, header.offset, header.length) == (
        "ifinfomsg",
        "struct",
        None,
        16,
        16,
    )
    assert message.find("ifinfomsg.ifi-index").value == message.find("ifi-index").value == 7


# -- NLMSG_ERROR, NLMSG_DONE, NLMSG_NOOP, NLMSG_OVERRUN -------------------------------------------

ASKED = newlink(2, "eth0", flags=REQUEST)


def test_an_error_with_the_whole_request():
    (message,) = messages(nlmsgerr(-19, ASKED))
    assert message.error == -19
    assert message.find("error").label == "ENODEV"
    echo = message.echo
    assert (echo.operation.name, echo.find("ifname").value) == ("newlink", "eth0")
    assert message.find("nlmsgerr.request.ifname").value == "eth0"
    assert message.find("nlmsgerr.request.nlmsghdr.type").label == "newlink"
    assert message.diagnoses == []
    assert covered(message)


def test_an_error_with_the_requests_header_alone():
    (message,) = messages(nlmsgerr(-19, ASKED, attr(1, b"gone\0"), capped=True))
    assert [n.name for n in message.nodes] == ["nlmsgerr", "msg"]
    assert message.echo.operation.name == "newlink"
    assert [n.name for n in message.echo.nodes] == ["nlmsghdr"]
    assert message.diagnoses == []
    assert covered(message)


def test_success_of_old_kernels_is_capped_without_saying_so():
    (message,) = messages(msg(ERROR, u32(0) + ASKED[:16]))
    assert (message.error, message.echo.operation.name, message.diagnoses) == (0, "newlink", [])


@pytest.mark.parametrize("capped", [False, True])
def test_all_of_the_extended_acknowledgement(capped):
    policy = nest(
        4,
        attr(1, u32(1)),
        attr(2, u64(1)),
        attr(3, u64(2)),
        attr(4, u64(3)),
        attr(5, u64(4)),
        attr(6, u32(5)),
        attr(7, u32(6)),
        attr(8, u32(7)),
        attr(9, u32(8)),
        attr(10, u32(9)),
        attr(11),
        attr(12, u64(10)),
    )
    extack = [
        attr(1, b"bad thing\0"),
        attr(2, u32(36)),
        attr(3, b"cookie"),
        policy,
        attr(5, u32(13)),
        attr(6, u32(24)),
    ]
    (message,) = messages(nlmsgerr(-22, ASKED, *extack, capped=capped))
    names = [
        f"NLMSGERR_ATTR_{n}" for n in ("MSG", "OFFS", "COOKIE", "POLICY", "MISS_TYPE", "MISS_NEST")
    ]
    assert [n.constant for n in message.nodes[1:]] == names
    assert [n.value for n in message.nodes[1:]] == ["bad thing", 36, b"cookie", None, 13, 24]
    assert [n.value for n in message.nodes[4].children] == [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, b"", 10]
    assert message.find("policy.type").label == "flag"
    assert message.nodes[4].children[-1].constant == "NL_POLICY_TYPE_ATTR_MASK"
    assert message.diagnoses == []
    assert covered(message)


def test_a_request_of_odd_length_is_padded_before_the_extended_acknowledgement():
    asked = msg(32, genl(1, attr(1, b"abcde\0")[:10]), REQUEST)
    assert len(asked) % 4 == 2
    (message,) = messages(nlmsgerr(-22, asked, attr(1, b"no\0")), GENERIC)
    assert message.nodes[-1].value == "no"
    assert message.diagnoses == []
    assert covered(message)


def test_an_error_about_a_control_message():
    (message,) = messages(nlmsgerr(-22, msg(NOOP, b"what", REQUEST)))
    assert message.echo.nodes[1].value == b"what"
    assert covered(message)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "scalar-size"),
        (b"\xed\xff", "scalar-size"),
        (u32(1) + b"short", "header-short"),
        (u32(1) + msg(16, b"abcd", length=3), "msg-len-short"),
        (u32(1) + msg(16, bytes(20), length=99), "msg-len-over"),
    ],
)
def test_errors_that_are_wrong_themselves(payload, code):
    (message,) = messages(msg(ERROR, payload))
    assert found(message, code).severity == "error"
    assert covered(message)
    assert describe(message).startswith(("error", "ack"))
    assert message.echo is None or message.echo.outer is message  # never the message itself


def test_what_is_wrong_in_an_echoed_request_is_said():
    asked = msg(16, bytes(16) + attr(4, b"abc"), REQUEST)
    (message,) = messages(nlmsgerr(-22, asked))
    node = message.echo.find("mtu")
    assert (node.value, codes(node)) == (b"abc", ["scalar-size"])
    assert codes(message) == ["scalar-size"]
    assert node.path == "nlmsgerr.request.mtu"


def test_the_spans_of_an_echoed_request_are_its_own():
    (message,) = messages(nlmsgerr(-22, ASKED, attr(1, b"no\0")))
    owned = spans(message.echo)
    assert owned[0][0] == message.echo.base == 20
    assert owned[-1][1] == message.echo.limit == 20 + len(ASKED)


def test_the_end_of_a_dump():
    (message,) = messages(msg(DONE, u32(0), MULTI))
    assert (message.error, tree(message.nodes)) == (0, [("error", 0)])


def test_the_end_of_a_dump_that_failed():
    payload = u32(2**32 - 4) + attr(1, b"interrupted\0")
    (message,) = messages(msg(DONE, payload, MULTI | ACK_TLVS))
    assert message.error == -4
    assert [(n.name, n.value, n.label) for n in message.nodes] == [
        ("error", -4, "EINTR"),
        ("msg", "interrupted", None),
    ]
    assert message.diagnoses == []


def test_the_end_of_a_dump_without_a_number():
    (message,) = messages(msg(DONE))
    assert (message.error, message.nodes, message.diagnoses) == (None, [], [])


@pytest.mark.parametrize(("kind", "name"), [(NOOP, "noop"), (OVERRUN, "overrun")])
def test_the_other_control_messages(kind, name):
    bare, full = messages(msg(kind) + msg(kind, b"data"))
    assert (type_name(bare, False), type_name(bare, True)) == (name, f"NLMSG_{name.upper()}")
    assert bare.nodes == []
    assert full.nodes[0].value == b"data"


def test_reserved_types_are_data():
    (message,) = messages(msg(9, b"data"))
    assert (type_name(message, False), message.nodes[0].value) == (None, b"data")


# -- flags of the header -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "flags", "names"),
    [
        (18, 0x101, ["REQUEST", "ROOT"]),
        (18, 0x201, ["REQUEST", "MATCH"]),
        (18, 0x301, ["REQUEST", "DUMP"]),
        (18, 0x700, ["DUMP", "ATOMIC"]),
        (16, 0x605, ["REQUEST", "ACK", "EXCL", "CREATE"]),
        (16, 0x900, ["REPLACE", "APPEND"]),
        (17, 0x305, ["REQUEST", "ACK", "NONREC", "BULK"]),
        (17, 0x400, ["0x400"]),
        (2, 0x300, ["CAPPED", "ACK_TLVS"]),
        (3, 0x202, ["MULTI", "ACK_TLVS"]),
        (16, 0x3F, ["REQUEST", "MULTI", "ACK", "ECHO", "DUMP_INTR", "DUMP_FILTERED"]),
        (18, 0xF0C0, ["0xf0c0"]),
        (118, 0x300, ["DUMP"]),  # RTM_GETNEXTHOPBUCKET, whether or not a dissector is there
        (116, 0x400, ["CREATE"]),
        (117, 0x200, ["BULK"]),
    ],
)
def test_flags_have_the_meaning_of_their_message(kind, flags, names):
    (message,) = messages(msg(kind, bytes(32), flags))
    assert list(flag_names(message)) == names


def test_flags_of_generic_operations():
    operations = [
        {"name": name, "attribute-set": "test"} for name in ("get", "new", "del", "dev-set")
    ]
    spec = of_spec(
        {
            "name": "test",
            "attribute-sets": [{"name": "test", "attributes": []}],
            "operations": {"list": operations},
        }
    )
    from nldissect._internal.engine.message import Message
    from support.messages import bound

    named = []
    for command in range(1, 5):
        data = msg(40, genl(command), 0x200)
        message = Message(bound(spec), GENERIC, data, 0, len(data), False)
        message.context.bind(message)
        named.append(flag_names(message))
    assert named == [("MATCH",), ("EXCL",), ("BULK",), ("EXCL",)]


# -- addresses by what is around them -------------------------------------------------------


def newaddr(family: int, *attributes: bytes) -> bytes:
    return msg(20, bytes([family, 24, 0, 0]) + u32(2) + b"".join(attributes))


@pytest.mark.parametrize(
    ("family", "payload", "kind", "value"),
    [
        (2, b"\x0a\0\0\1", "ipv4", "10.0.0.1"),
        (10, bytes(15) + b"\1", "ipv6", "::1"),
        (0, b"\x0a\0\0\1", "ipv4", "10.0.0.1"),
        (0, bytes(16), "ipv6", "::"),
    ],
)
def test_addresses_by_family(family, payload, kind, value):
    (message,) = messages(newaddr(family, attr(1, payload)))
    node = message.find("address")
    assert (node.kind, node.value, node.diagnoses) == (kind, value, [])


def test_an_address_of_another_family_is_said_to_be_wrong():
    (message,) = messages(newaddr(2, attr(1, bytes(16))))
    assert codes(message) == ["binary-size"]


@pytest.mark.parametrize(
    ("hardware", "payload", "kind", "value"),
    [
        (1, b"\2\0\0\0\0\1", "mac", "02:00:00:00:00:01"),
        (776, b"\xc0\0\2\1", "ipv4", "192.0.2.1"),
        (778, b"\xc0\0\2\1", "ipv4", "192.0.2.1"),
        (823, bytes(15) + b"\1", "ipv6", "::1"),
        (1, b"\xc0\0\2\1", "mac", "c0:00:02:01"),
    ],
)
def test_link_layer_addresses_by_hardware(hardware, payload, kind, value):
    header = bytes(2) + u16(hardware) + u32(2) + bytes(8)
    (message,) = messages(msg(16, header + attr(1, payload)))
    node = message.find("address")
    assert (node.kind, node.value) == (kind, value)


# -- messages that nothing describes ----------------------------------------------------------


@pytest.mark.parametrize("protocol", [ROUTE, 31])
def test_messages_without_a_dissector_keep_their_bytes(protocol):
    (message,) = messages(msg(0x7FFF, b"payload!"), protocol)
    assert message.operation is None
    assert tree(message.nodes) == [("data", b"payload!")]
    assert covered(message)


def test_requests_that_read_otherwise():
    attributes = {
        "name": "test",
        "attributes": [{"name": "it", "type": "string", "x-request": {"type": "u32"}}],
    }
    spec = of_spec(generic(attributes))
    assert body(one(spec, attr(1, u32(5)), REQUEST))[0].value == 5
    assert body(one(spec, attr(1, b"five\0")))[0].value == "five"
    bad = body(one(spec, attr(1, u32(5), length=20), REQUEST))[0]
    assert (bad.value, codes(bad)) == (5, ["attr-len-over"])


def test_error_flags_of_an_answer_are_no_dump():
    (message,) = messages(nlmsgerr(0, ASKED, capped=True))
    assert message.flags & CAPPED
    assert flag_names(message) == ("CAPPED",)
    assert padded(b"abc") == b"abc\0"


def test_a_struct_without_members_that_a_hook_made() -> None:
    """All its bytes are told as more than it has."""

    def hook(node: Node) -> bool:
        member(node, part("pear", STRUCT), node.start, node.end)
        return True

    attribute = {"name": "a", "type": "binary", "x-hook": "tree"}
    raw = generic({"name": "s", "attributes": [attribute]})
    message = one(of_spec(raw, {"tree": hook}), attr(1, b"plum"))
    assert message.find("a") is not None
    assert codes(message) == ["struct-long"]
    assert covered(message)
