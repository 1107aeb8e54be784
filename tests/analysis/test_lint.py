"""`nldissect check`: every code, on real recordings and on messages made for it."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import struct
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from nldissect._internal.analysis.diagnosis_codes import CODES, SEVERITIES
from nldissect._internal.analysis.lint import Lint, path_of
from nldissect._internal.capture.reader import PcapngWriter, open_capture
from nldissect._internal.engine.frame import Diagnosis
from nldissect._internal.engine.message import Message
from nldissect._internal.pairing.codes import CONFIDENCE_CERTAIN, FAILED, ROLE_REQUEST
from nldissect._internal.pairing.conversation import Conversations
from nldissect._internal.pairing.transaction import Link
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.wire.record import Interface, Record, Socket
from support.capture_files import block, enhanced, interface, netlink, options, section
from support.command import ROOT, Command, link, mtu, name, save
from support.messages import (
    ACK,
    DONE,
    DUMP,
    GENERIC,
    MULTI,
    NESTED,
    OVERRUN,
    RECORDINGS,
    REQUEST,
    ROUTE,
    Given,
    attr,
    bound,
    builtin,
    generic,
    genl,
    msg,
    nest,
    newfamily,
    newlink,
    nlmsgerr,
    of_spec,
    record,
    u8,
    u16,
    u32,
    u64,
)
from support.pairing import held_back
from support.sweep import SWEPT

Found = list[tuple[Message, Diagnosis]]


def judged(records: Any, session: Session | None = None, window: int = 4096) -> Found:
    """Every diagnosis of a capture, with its message."""
    session = session or Session(builtin())
    lint = Lint(session.learnt)
    out: Found = []
    pairs = Conversations(on_end=lint.ended)
    for message, to in held_back(session.messages(records), pairs, window):
        out += lint.late()
        out += [(message, found) for found in lint.check(message, to)]
    return out + lint.late()


def lint(*datagrams: bytes, protocol: int = ROUTE, window: int = 4096) -> Found:
    """Those of a capture of these datagrams, a millisecond apart."""
    made = []
    where = Interface(253, False)
    for number, data in enumerate(datagrams, 1):
        time = 10**18 + number * 10**6
        made.append(Record(number, time, protocol, data, len(data), 0, where))
    return judged(Given(made), window=window)


def recorded(stem: str) -> Found:
    return judged(open_capture(str(RECORDINGS / f"{stem}.pcap")))


def said(found: Found) -> list[tuple[int, str, str]]:
    """(message number, severity, code) of each."""
    return [(message.number, d.severity, d.code) for message, d in found]


def codes(found: Found) -> set[str]:
    return {d.code for _, d in found}


def request(spec: dict[str, Any], *attributes: bytes, flags: int = REQUEST) -> list[Diagnosis]:
    """What is found in a request of a made-up family."""
    session = bound(of_spec(spec))
    data = msg(32, genl(1, *attributes), flags)
    message = Message(session, GENERIC, data, 0, len(data), False)
    message.record = record(data, GENERIC)
    session.bind(message)
    alone = Link(ROLE_REQUEST, 1, None, 0, CONFIDENCE_CERTAIN, 0)
    return Lint(session.learnt).check(message, alone)


def family(attribute: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A family whose one attribute, number 1, is this."""
    return generic({"name": "main", "attributes": [{"name": "a", **attribute}]}, **more)


# -- the codes ----------------------------------------------------------------------------


CALLS = ("diagnose", "Fault", "diagnosis", "_add")  # they take a code, then its severity


def called(node: ast.Call) -> str:
    """The name of the function or method."""
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def givers(node: ast.AST) -> list[list[ast.expr]]:
    """The expressions in which a code and its severity are, if the node gives any."""
    if isinstance(node, ast.Call):
        return [node.args] if called(node) in CALLS else []
    if isinstance(node, ast.Assign):
        target = ast.unparse(node.targets[0])
        if isinstance(node.value, ast.Tuple) and "code" in target:
            return [node.value.elts]
        if isinstance(node.value, ast.IfExp) and target == "code":
            return [[node.value.body], [node.value.orelse]]
    elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "_STATES":
        assert isinstance(node.value, ast.Dict)
        return [value.elts for value in node.value.values if isinstance(value, ast.Tuple)]
    return []


def take(nodes: list[ast.expr], out: dict[str, set[str]]) -> None:
    """Notes the code that is among these, and the severities behind it."""
    shaped = re.compile(r"[a-z]+(-[a-z]+)+|truncated")
    severities = {"ERROR": "error", "WARNING": "warning", "NOTE": "note"}
    code = ""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if not code and shaped.fullmatch(node.value):
                code = node.value
                out.setdefault(code, set())
            elif code and node.value in severities.values():
                out[code].add(node.value)
        elif code:
            names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
            out[code] |= {severities[name] for name in names & severities.keys()}


def in_source() -> dict[str, set[str]]:
    """Every code that the source can give, with its severities where they are said there."""
    out: dict[str, set[str]] = {}
    folders = (ROOT / "nldissect" / "_internal", ROOT / "nldissect" / "dissectors")
    for path in [path for folder in folders for path in folder.rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            for nodes in givers(node):
                take(nodes, out)
            if not isinstance(node, ast.Call):
                continue
            if len(node.args) < {"diagnosis": 5, "_add": 4}.get(called(node), 0):  # as in CODES
                for code in {getattr(arg, "value", None) for arg in node.args} & set(CODES):
                    out[code].add(CODES[code][0])
    return out


def test_every_code_in_the_source_is_known() -> None:
    found = in_source()
    assert len(found) > 45
    assert set(found) == set(CODES)


def test_severities_are_those_of_the_source() -> None:
    worst = {code: min(s, key=SEVERITIES.index) for code, s in in_source().items() if s}
    assert {code: severity for code, (severity, _) in CODES.items() if code in worst} == worst


@pytest.mark.docs
def test_every_code_is_documented_and_no_other() -> None:
    text = (ROOT / "docs" / "diagnostics.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \| (.+) \|$", text, re.M)
    assert [code for code, _, _ in rows] == list(CODES)
    assert {code: severity for code, severity, _ in rows} == {
        code: severity for code, (severity, _) in CODES.items()
    }


# -- real recordings ----------------------------------------------------------------------


def test_what_iproute2_asks_has_no_error() -> None:
    found = recorded("iproute")
    assert found
    assert {d.severity for _, d in found} == {"note"}


@pytest.mark.parametrize("stem", ["errors", "nft", "ss", "tc", "wireguard", "ethtool", "links"])
def test_what_other_tools_ask_has_no_error(stem: str) -> None:
    assert not [d for _, d in recorded(stem) if d.severity == "error"]


POLICY_SAYS = {
    "Unknown attribute type": {"attr-not-in-policy"},
    "NLA_F_NESTED not expected": {"nest-flag-unexpected"},
    "Attribute failed policy validation": {"length-range", "scalar-size"},
}


def test_what_the_kernels_policy_refuses_is_found_where_the_kernel_found_it() -> None:
    """acks.pcap has nlctrl's own policy, and requests that the kernel refused by it."""
    path = str(RECORDINGS / "acks.pcap")
    session = Session(builtin())
    lint = Lint(session.learnt)
    mine: dict[int, list[Diagnosis]] = {}
    told = set()
    for message, to in held_back(session.messages(open_capture(path))):
        mine[message.number] = lint.check(message, to)
        if message.error and message.protocol == GENERIC and to.of > 440:
            words = message.find("NLMSGERR_ATTR_MSG")
            where = message.find("NLMSGERR_ATTR_OFFS")
            if words is not None and where is not None and words.value in POLICY_SAYS:
                there = {d.code for d in mine[to.of] if d.offset == where.value}
                assert there & POLICY_SAYS[words.value], (to.of, words.value)
                told.add(words.value)
    assert told == set(POLICY_SAYS)


POLICY_CODES = {
    "value-range", "value-mask", "length-range", "attr-not-in-policy", "nest-flag-missing",
    "nest-flag-unexpected",
}  # fmt: skip


@pytest.mark.parametrize("path", SWEPT, ids=lambda p: p.stem)
def test_what_is_called_an_error_was_refused(path: Path) -> None:
    """A request that limits or flags condemn, and that the kernel took, is condemned wrongly."""
    session = Session(builtin())
    lint = Lint(session.learnt)
    for message, to in held_back(session.messages(open_capture(str(path)))):
        for found in lint.check(message, to):
            assert found.code in CODES
            if found.severity == "error" and found.code in POLICY_CODES:
                assert to.transaction is not None
                assert to.transaction.state == FAILED, found


def test_sequence_number_plus_one() -> None:
    found = recorded("nl_util")
    (first, *_) = (d for _, d in found if d.code == "sequence-differs")
    assert (first.severity, first.offset, first.length) == ("note", 8, 4)
    assert first.text == "sequence number 1, though its request has 0"


def test_memory_that_was_never_set_shows_in_padding() -> None:
    (message, found) = next(x for x in recorded("routes") if x[1].code == "padding-nonzero")
    assert message.data[found.offset : found.offset + found.length] == b"\x01\x00"


def test_what_an_error_echoes_is_judged_once() -> None:
    """The kernel echoes a malformed request; both have the same bytes."""
    found = recorded("nl_util")
    assert [m.to_kernel for m, d in found if d.code == "scalar-size"] == [True]
    bad = link(attr(4, b"\x01"), flags=REQUEST | ACK)
    assert said(lint(bad, nlmsgerr(-22, bad)))[0] == (1, "error", "scalar-size")
    assert len([d for _, d in lint(bad, nlmsgerr(-22, bad)) if d.code == "scalar-size"]) == 1
    assert codes(lint(nlmsgerr(-22, bad))) == {"scalar-size"}


def test_a_copy_is_not_judged_again() -> None:
    bad = newlink(3, "x") + attr(4, b"\x01")[:5]
    note = struct.pack("<I", len(bad)) + bad[4:]
    assert said(lint(note, note, note)) == [(1, "error", "scalar-size")]


# -- requests -----------------------------------------------------------------------------

RANGE = family({"type": "u32", "checks": {"min": 3, "max": 9}})
MASK = family(
    {"type": "u8", "checks": {"flags-mask": "bits"}},
    definitions=[{"name": "bits", "type": "flags", "entries": ["one", "two"]}],
)
TEXT = family({"type": "string", "checks": {"max-len": 3}})
BYTES = family({"type": "binary", "checks": {"exact-len": 6}})
LEAST = family({"type": "binary", "checks": {"min-len": 2}})


@pytest.mark.parametrize(
    ("spec", "payload", "code"),
    [
        (RANGE, u32(2), "value-range"),
        (RANGE, u32(3), ""),
        (RANGE, u32(9), ""),
        (RANGE, u32(10), "value-range"),
        (MASK, u8(3), ""),
        (MASK, u8(4), "value-mask"),
        (TEXT, b"abc\0", ""),
        (TEXT, b"abcd\0", "length-range"),
        (BYTES, bytes(6), ""),
        (BYTES, bytes(5), "length-range"),
        (LEAST, bytes(2), ""),
        (LEAST, bytes(1), "length-range"),
    ],
)
def test_limits_of_a_spec(spec: dict[str, Any], payload: bytes, code: str) -> None:
    found = request(spec, attr(1, payload))
    expected = [(code, "error", 20)] if code else []
    assert [(d.code, d.severity, d.offset) for d in found] == expected
    assert request(spec, attr(1, payload), flags=0) == []  # an answer may say what it likes


@pytest.mark.parametrize(
    ("value", "selector", "good"), [(1, 1, True), (4, 4, False), (2, 1, False), (0, 3, True)]
)
def test_limits_of_a_bitfield(value: int, selector: int, good: bool) -> None:
    spec = family(
        {"type": "bitfield32", "checks": {"flags-mask": "bits"}},
        definitions=[{"name": "bits", "type": "flags", "entries": ["one", "two"]}],
    )
    found = request(spec, attr(1, u32(value) + u32(selector)))
    assert [d.code for d in found] == ([] if good else ["value-mask"])


def kind(text: bytes, number: bytes) -> bytes:
    return nest(18, attr(1, text + b"\0"), nest(2, attr(1, number)))


@pytest.mark.parametrize(
    ("taken", "refused", "code"),
    [
        (attr(3, b"k" * 15 + b"\0"), attr(3, b"k" * 16), "length-range"),
        (nest(52, attr(53, b"k" * 127)), nest(52, attr(53, b"k" * 128)), "length-range"),
        (kind(b"vlan", u16(4094)), kind(b"vlan", u16(4095)), "value-range"),
        (kind(b"vxlan", u32(0xFFFFFF)), kind(b"vxlan", u32(0x1000000)), "value-range"),
        (kind(b"geneve", u32(0xFFFFFE)), kind(b"geneve", u32(0xFFFFFF)), "value-range"),
    ],
)
def test_limits_of_links_are_where_linux_refuses(taken: bytes, refused: bytes, code: str) -> None:
    header = struct.pack("<BxHiII", 0, 1, 1, 0, 0)
    assert said(lint(msg(16, header + taken, REQUEST))) == []
    assert said(lint(msg(16, header + refused, REQUEST))) == [(1, "error", code)]
    assert said(lint(msg(16, header + refused))) == []  # the kernel may say what it likes


def test_big_endian_values_are_compared_as_such() -> None:
    spec = family({"type": "u16", "byte-order": "big-endian", "checks": {"max": 9}})
    assert [d.code for d in request(spec, attr(1, u16(9, ">")))] == []
    assert [d.code for d in request(spec, attr(1, u16(9, "<")))] == ["value-range"]


def test_what_is_cut_is_not_measured() -> None:
    cut = attr(1, b"abcde", length=10)[:9]
    assert [d.code for d in request(BYTES, cut)] == ["attr-len-over"]


def listed(*names: str) -> dict[str, Any]:
    made = generic({"name": "main", "attributes": [{"name": n, "type": "u8"} for n in "ab"]})
    made["operations"]["list"][0]["do"] = {"request": {"attributes": list(names)}}
    return made


def test_an_attribute_that_the_operation_does_not_list() -> None:
    both = attr(1, u8(1)) + attr(2, u8(1))
    (found,) = request(listed("a"), both)
    assert (found.code, found.severity, found.offset) == ("attr-unlisted", "note", 28)
    assert request(listed("a", "b"), both) == []
    assert (
        request(
            generic({"name": "main", "attributes": [{"name": "a", "type": "u8"}]}), attr(1, u8(1))
        )
        == []
    )


def test_an_attribute_that_nothing_reads() -> None:
    (found,) = request(family({"type": "unused"}), attr(1, u8(1)))
    assert (found.code, found.severity) == ("attr-unused", "warning")


NESTING = generic(
    {"name": "main", "attributes": [{"name": "n", "type": "nest", "nested-attributes": "sub"}]},
    {"name": "sub", "attributes": [{"name": "v", "type": "u8"}]},
)


@pytest.mark.parametrize("number", [10, 13, 14])  # RTA_PROTOINFO, RTA_SESSION, RTA_MP_ALGO
def test_an_attribute_that_is_no_longer_used(number: int) -> None:
    route = struct.pack("<BBBBBBBBI", 2, 0, 0, 0, 254, 3, 0, 1, 0) + attr(number, u32(1))
    assert said(lint(msg(24, route, REQUEST))) == [(1, "warning", "attr-unused")]
    assert lint(msg(24, route)) == []


def test_a_nest_without_its_flag() -> None:
    inner = attr(1, u8(1))
    assert request(NESTING, nest(1, inner)) == []
    (found,) = request(NESTING, attr(1, inner))
    assert (found.code, found.severity) == ("nest-flag-missing", "note")
    (found,) = request({**NESTING, "name": "ethtool"}, attr(1, inner))
    assert (found.code, found.severity, found.offset) == ("nest-flag-missing", "error", 20)
    # one note for all, one error each
    (found,) = request(NESTING, attr(1, inner), attr(1, inner))[1:]
    assert "nor have 1 more" in found.text or found.code == "attr-duplicate"


def test_the_flag_on_what_is_no_nest() -> None:
    (found,) = request(NESTING, nest(1, attr(1 | NESTED, u8(1))))
    assert (found.code, found.severity, found.offset) == ("nest-flag-unexpected", "note", 24)
    (found,) = request({**NESTING, "name": "psp"}, nest(1, attr(1 | NESTED, u8(1))))
    assert found.severity == "error"


def test_rtnetlink_is_strict_for_next_hops_at_the_top() -> None:
    header = struct.pack("<BBBBI", 2, 0, 0, 0, 0)
    bare = header + attr(12, attr(1, u16(4)))  # NHA_RES_GROUP
    (message, found) = next(
        x for x in lint(msg(104, bare, REQUEST | ACK)) if x[1].code == "nest-flag-missing"
    )
    assert (found.severity, path_of(message, found)) == ("error", "NHA_RES_GROUP")


def policy(number: int, *rules: bytes) -> bytes:
    """Answers to CTRL_CMD_GETPOLICY: what command 1 takes is policy 0, which has these rules."""
    owner = attr(1, u16(number))
    use = nest(9, nest(1, attr(1, u32(0))))
    table = nest(8, nest(0, *rules))
    return b"".join(msg(16, genl(10, owner, part, version=2), MULTI) for part in (use, table))


def rule(number: int, kind: int, *facts: bytes) -> bytes:
    return nest(number, attr(1, u32(kind)), *facts)


def test_the_policy_in_the_capture_judges_the_requests() -> None:
    told = policy(
        40,
        rule(1, 4, attr(4, u64(1)), attr(5, u64(5))),
        rule(2, 12, attr(7, u32(3))),
        rule(3, 15, attr(10, u32(1))),
        rule(4, 2, attr(12, u64(3))),
    )
    asked = msg(
        40,
        genl(
            1,
            attr(1, u32(6)),
            attr(2, b"long\0"),
            attr(3, u32(2) + u32(2)),
            attr(4, u8(8)),
            attr(7, u8(1)),
        ),
        REQUEST,
    )
    other = msg(40, genl(2, attr(1, u32(6))), REQUEST)
    fine = msg(40, genl(1, attr(1, u32(5)), attr(2, b"abc\0")), REQUEST)
    found = lint(newfamily(40, "mine"), told, asked, other, fine, protocol=GENERIC)
    new = [d for m, d in found if m.number == 4 and d.offset and d.code != "attr-unknown"]
    assert [(d.code, d.offset) for d in new] == [
        ("value-range", 20),
        ("length-range", 28),
        ("value-mask", 40),
        ("value-mask", 52),
        ("attr-not-in-policy", 60),
    ]
    assert not [d for m, d in found if m.number > 4 and d.severity == "error"]


def test_what_dissecting_finds_is_passed_on() -> None:
    hop = struct.pack("<HBBi", 3, 0, 0, 1)  # rtnh_len
    route = msg(24, struct.pack("<BBBBBBBBI", 2, 24, 0, 0, 254, 4, 0, 1, 0) + attr(9, hop))
    assert (1, "error", "nexthop-length") in said(lint(route))
    longer = struct.pack("<HBBi", 99, 0, 0, 1) + attr(1, b"abcd")  # what is there of it is read
    route = msg(24, struct.pack("<BBBBBBBBI", 2, 24, 0, 0, 254, 4, 0, 1, 0) + attr(9, longer))
    (message,) = {message for message, d in lint(route) if d.code == "nexthop-length"}
    assert message["multipath.0.dst"] == "97.98.99.100"


# -- what is reserved ---------------------------------------------------------------------


def test_flags_of_the_header_without_a_meaning() -> None:
    found = lint(msg(18, bytes(16), REQUEST | DUMP | 0x8000))[1][1]
    assert (found.code, found.severity, found.offset, found.length) == (
        "flags-reserved",
        "warning",
        6,
        2,
    )
    assert "flags-reserved" not in codes(lint(msg(18, bytes(16), REQUEST | DUMP)))


def test_reserved_members() -> None:
    data = msg(16, struct.pack("<BBH", 3, 1, 7), REQUEST | DUMP)
    assert (1, "warning", "reserved-set") in said(lint(data, protocol=GENERIC))


def test_flags_that_have_no_name() -> None:
    def of(flags: int, change: int) -> set[str]:
        return codes(lint(msg(16, struct.pack("<BxHiII", 0, 1, 2, flags, change))))

    assert of(1 << 30, 0) == {"flags-unknown"}
    assert of(1, 0xFFFFFFFF) == set()


def test_padding() -> None:
    found = lint(ODD)[0][1]
    assert (found.code, found.severity, found.offset, found.length) == (
        "padding-nonzero",
        "warning",
        38,
        2,
    )
    inside = msg(16, struct.pack("<BBHiII", 0, 9, 1, 2, 1, 0))
    assert [(d.code, d.offset) for _, d in lint(inside)] == [("padding-nonzero", 17)]


# -- conversations ------------------------------------------------------------------------


def test_a_request_that_nobody_answers() -> None:
    lone = link(flags=REQUEST | ACK, sequence=5)
    other = link(flags=REQUEST | ACK, sequence=1)
    found = lint(lone, other, nlmsgerr(0, other))
    assert said(found) == [(1, "warning", "request-unanswered")]
    assert (found[0][1].offset, found[0][1].length) == (0, 16)
    silent = link(flags=REQUEST, sequence=5)
    assert lint(silent, other, nlmsgerr(0, other)) == []


def test_a_batch_without_its_acknowledgement() -> None:
    def part(kind: int, flags: int, sequence: int) -> bytes:
        return msg(kind, bytes(4), REQUEST | flags, sequence)

    batch = part(16, 0, 1) + part(0xA00, ACK, 2) + part(17, 0, 3)
    assert said(lint(batch, protocol=12)) == [(1, "warning", "request-unanswered")]
    done = msg(2, u32(0) + part(0xA00, ACK, 2)[:16], 0x100, 2, 99)
    assert "request-unanswered" not in codes(lint(batch, done, protocol=12))


def test_a_request_at_the_end_of_the_capture() -> None:
    assert said(lint(link(flags=REQUEST | ACK))) == [(1, "note", "request-cut")]


def test_an_acknowledgement_that_nobody_read() -> None:
    asked = msg(18, bytes(16), REQUEST | ACK, 7)
    answer = link(name("lo"), sequence=7, port=99)
    assert said(lint(asked, answer)) == [(1, "warning", "request-unanswered")]
    assert lint(asked, answer, msg(2, u32(0) + asked[:16], 0x100, 7, 99)) == []
    assert lint(msg(18, bytes(16), REQUEST, 7), answer) == []


def test_a_trace_that_shows_no_reading() -> None:
    data = link(flags=REQUEST | ACK)
    made = record(data)
    made.socket, made.cooked = Socket(None, ROUTE, 99, 99, "kiwi"), b"\0\7"
    assert said(judged(Given([made]))) == [(1, "warning", "request-unanswered")]


def test_a_dump_that_breaks_off() -> None:
    asked, again = (msg(18, bytes(16), REQUEST | DUMP, n) for n in (7, 8))
    part, _ = dumping(7, 99)
    assert said(lint(asked, part, again, *dumping(8, 99))) == [(1, "note", "request-cut")]


def test_what_ends_after_it_was_judged_is_said_later() -> None:
    asked = [link(flags=REQUEST | ACK, sequence=n) for n in range(1, 9)]
    assert said(lint(*asked, window=2)) == [(n, "note", "request-cut") for n in range(1, 9)]


def test_a_request_that_is_given_up() -> None:
    asked = [link(flags=REQUEST | ACK, sequence=n) for n in range(1, 1030)]
    assert said(lint(*asked))[0] == (1, "note", "request-given-up")


def dumping(sequence: int, port: int, flags: int = 0) -> list[bytes]:
    part = link(name("lo"), flags=MULTI | flags, sequence=sequence, port=port)
    return [part, msg(DONE, u32(0), MULTI | flags, sequence, port)]


def test_a_dump_that_changed_under_way() -> None:
    ask = msg(18, bytes(16), REQUEST | DUMP, 7)
    assert said(lint(ask, *dumping(7, 99, 0x10))) == [(2, "warning", "dump-interrupted")]
    parts = [link(flags=MULTI | 0x10, sequence=7, port=port) for port in (98, 99) * 3]
    ended = [msg(DONE, u32(0), MULTI | 0x10, 7, port) for port in (98, 99)]
    found = said(lint(ask, ask, *parts, *ended))
    assert found == [(3, "warning", "dump-interrupted"), (4, "warning", "dump-interrupted")]
    assert lint(ask, *dumping(7, 99)) == []


def test_lost_messages() -> None:
    assert (1, "warning", "receive-overrun") in said(lint(msg(OVERRUN, b"")))


def test_a_sequence_number_used_twice() -> None:
    first = msg(18, bytes(16), REQUEST | DUMP, 7, 99)
    again = msg(22, bytes(8), REQUEST | DUMP, 7, 99)
    part, done = dumping(7, 99)
    found = lint(first, part, again, done)
    assert (3, "warning", "sequence-repeated") in said(found)
    other = msg(22, bytes(8), REQUEST | DUMP, 7, 98)
    assert "sequence-repeated" not in codes(lint(first, part, other, done))
    assert "sequence-repeated" not in codes(lint(first, part, done, again))


def test_sequence_number_zero_of_several() -> None:
    first = msg(18, bytes(16), REQUEST | DUMP, 0, 99)
    other = msg(22, bytes(8), REQUEST | DUMP, 0, 98)
    part, done = dumping(0, 99)
    found = lint(first, part, other, done)
    assert (3, "note", "sequence-zero") in said(found)
    assert "sequence-zero" not in codes(lint(first, part, done, other))


# -- the command --------------------------------------------------------------------------

BAD = link(attr(4, b"\x01"))  # IFLA_MTU is a u32
ODD = link(struct.pack("<HH", 6, 3) + b"a\0\0\x99")  # padding


def test_a_line_as_a_compiler_says_it(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap", link(name("a")), BAD)
    ran = run("check", path)
    assert ran.status == 1
    assert ran.out == (f"{path}:2: error scalar-size at 32, IFLA_MTU: 1 bytes where mtu has 4\n")
    assert ran.err == "nldissect: 1 error, 0 warnings and 0 notes in 2 messages\n"


def test_the_message_is_named_where_a_record_has_several(tmp_path: Path, run: Command) -> None:
    ran = run("check", save(tmp_path / "a.pcap", link(mtu(1)) + BAD))
    assert ":1: error scalar-size in message 2 at 32, IFLA_MTU: " in ran.out


def test_a_capture_in_order(tmp_path: Path, run: Command) -> None:
    ran = run("check", save(tmp_path / "a.pcap", link(name("a"))), "--fail-on", "note")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "nldissect: 0 errors, 0 warnings and 0 notes in 1 message\n"


@pytest.mark.parametrize(
    ("options", "status"),
    [([], 0), (["--fail-on", "warning"], 1), (["--fail-on", "note"], 1),
     (["--fail-on", "warning", "--no-code", "padding-nonzero"], 0),
     (["--fail-on", "warning", "--code", "padding-nonzero"], 1),
     (["--fail-on", "warning", "--code", "scalar-size,attr-unknown"], 0)],
)  # fmt: skip
def test_what_makes_it_fail(options: list[str], status: int, tmp_path: Path, run: Command) -> None:
    assert run("check", save(tmp_path / "a.pcap", ODD), *options).status == status


def test_a_code_that_is_none(tmp_path: Path, run: Command) -> None:
    ran = run("check", "--code", "scaler-size", save(tmp_path / "a.pcap", BAD))
    assert (ran.status, ran.out) == (2, "")
    assert "did you mean 'scalar-size'?" in ran.err


def test_an_unreadable_file_does_not_hide_the_others(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap", BAD, link(attr(4, b"\x02")))
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(path.read_bytes()[:-3])
    ran = run("check", tmp_path / "none.pcap", cut, path)
    assert ran.status == 2
    assert [line.split(": ")[0] for line in ran.lines] == [f"{cut}:1", f"{path}:1", f"{path}:2"]
    assert ran.err.count("\n") == 3
    assert "Traceback" not in ran.err
    document = json.loads(run("check", "-T", "sarif", cut).out)
    assert document["runs"][0]["invocations"] == [{"executionSuccessful": False}]


def test_json(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap", BAD, ODD)
    ran = run("check", "-T", "json", path)
    assert json.loads(ran.out) == [
        {
            "file": str(path),
            "record": 1,
            "message": 1,
            "severity": "error",
            "code": "scalar-size",
            "offset": 32,
            "length": 5,
            "path": "IFLA_MTU",
            "text": "1 bytes where mtu has 4",
        },
        {
            "file": str(path),
            "record": 2,
            "message": 2,
            "severity": "warning",
            "code": "padding-nonzero",
            "offset": 38,
            "length": 2,
            "path": None,
            "text": "padding is 00 99",
        },
    ]
    assert json.loads(run("check", "-T", "json", save(path, link(mtu(1)))).out) == []


# The parts of SARIF 2.1.0 (OASIS, section 3) that are written, closed against others.
def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXTUAL = {"type": "string", "minLength": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
SAYS = _object("text", text=TEXTUAL)
COUNT = {"type": "integer", "minimum": 0}
RULE = _object(
    "id", id=TEXTUAL, shortDescription=SAYS, defaultConfiguration=_object("", level=LEVEL)
)
PHYSICAL = _object(
    "artifactLocation",
    artifactLocation=_object("uri", uri=TEXTUAL),
    region=_object("byteOffset byteLength", byteOffset=COUNT, byteLength=COUNT),
)
LOGICAL = _object("", fullyQualifiedName=TEXTUAL, kind=TEXTUAL)
RESULT = _object(
    "ruleId message",
    ruleId=TEXTUAL,
    ruleIndex=COUNT,
    level=LEVEL,
    message=SAYS,
    locations=_list(_object("", physicalLocation=PHYSICAL, logicalLocations=_list(LOGICAL))),
    properties={"type": "object"},
)
DRIVER = _object("name", name=TEXTUAL, version=TEXTUAL, rules=_list(RULE))
SARIF = {
    **_object(
        "version runs", version={"const": "2.1.0"},
        runs=_list(_object(
            "tool", tool=_object("driver", driver=DRIVER), results=_list(RESULT),
            invocations=_list(_object("executionSuccessful",
                                      executionSuccessful={"type": "boolean"})),
        )),
    ),
}  # fmt: skip
SARIF["properties"]["$schema"] = {"type": "string", "format": "uri"}


def sarif(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    jsonschema.validate(document, SARIF)
    (only,) = document["runs"]
    rules = only["tool"]["driver"]["rules"]
    for result in only["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    run: dict[str, Any] = only
    return run


def test_sarif_points_at_the_bytes_of_the_file(run: Command) -> None:
    path = RECORDINGS / "acks.pcap"
    data = path.read_bytes()
    made = sarif(run("check", "-T", "sarif", path).out)
    by_number = {m.number: m for m, _ in recorded("acks")}
    assert len(made["results"]) > 30
    for result in made["results"]:
        (where,) = result["locations"]
        physical = where["physicalLocation"]
        assert unquote(physical["artifactLocation"]["uri"]) == f"file://{path}"
        region, known = physical["region"], result["properties"]
        start = region["byteOffset"] - known["offset"]
        message = by_number[known["message"]]
        assert data[start : start + len(message.data)] == message.data


def test_sarif_of_pcapng(tmp_path: Path, run: Command) -> None:
    path = tmp_path / "a b.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        for found in open_capture(str(save(tmp_path / "a.pcap", link(mtu(1)), BAD))):
            writer.write(found)
        writer.finish()
    (result,) = sarif(run("check", "-T", "sarif", path).out)["results"]
    physical = result["locations"][0]["physicalLocation"]
    region = physical["region"]
    start, end = region["byteOffset"], region["byteOffset"] + region["byteLength"]
    assert path.read_bytes()[start:end] == struct.pack("<HHB", 5, 4, 1)
    assert physical["artifactLocation"]["uri"].endswith("/a%20b.pcapng")


def test_sarif_names_any_file(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / os.fsdecode(b"\xff 1%.pcap"), BAD)
    (result,) = sarif(run("check", "-T", "sarif", path).out)["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == f"{tmp_path.as_uri()}/%FF%201%25.pcap"


def test_sarif_without_results(tmp_path: Path, run: Command) -> None:
    made = sarif(run("check", "-T", "sarif", save(tmp_path / "a.pcap", link(mtu(1)))).out)
    assert made["results"] == []
    assert len(made["tool"]["driver"]["rules"]) == len(CODES)


def test_standard_input(tmp_path: Path, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.pcap", BAD)
    with path.open("rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        ran = run("check", "-T", "sarif", "-")
    (result,) = sarif(ran.out)["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]
    assert ran.status == 1
    assert run("check", "-", "-").status == 2


def test_records_that_are_not_netlink(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap", BAD)
    data = path.read_bytes()
    path.write_bytes(data[:20] + u32(1) + data[24:])  # LINKTYPE_ETHERNET
    ran = run("check", path)
    assert (ran.status, ran.out) == (0, "")
    assert "1 record was not netlink (link type 1)" in ran.err


@pytest.mark.parametrize(
    "words", [["--fail-on", "refused"], ["--code", "request-refused"]], ids=lambda words: words[0]
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_refusals_are_found_where_they_are_asked_for(
    words: list[str], jobs: str, run: Command
) -> None:
    path = ROOT / "captures" / "errors.pcap"
    assert run("check", path).status == 0
    ran = run("check", "-j", jobs, *words, path)
    assert ran.status == 1
    found = [line for line in ran.lines if "request-refused" in line]
    assert len(found) == 14
    assert found[0].endswith(" at 16, nlmsgerr.error: -17 EEXIST for newlink kiwi0")
    assert run("check", *words, "-Y", "not error", path).status == 0


def test_text_from_a_capture_reaches_no_terminal(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a\x1b[31m.pcap", BAD)
    assert "\x1b" not in run("check", path).out


def test_decode_as_and_dissectors(tmp_path: Path, run: Command) -> None:
    text = (ROOT / "nldissect" / "dissectors" / "nlexample.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(text.replace("name: nlexample", "name: mine", 1))
    path = ROOT / "captures" / "nlexample_p5.pcap"
    ran = run("check", "--dissectors", tmp_path, "--decode-as", "5=mine", path)
    assert ran.status in (0, 1)
    assert run("check", "--decode-as", "5", path).status == 2


def test_hostile_bytes_are_judged(tmp_path: Path, run: Command) -> None:
    junk = [bytes((i * 37 + j * 11) & 255 for j in range(60)) for i in range(40)]
    for protocol in (ROUTE, GENERIC, 12):
        ran = run("check", save(tmp_path / "a.pcap", *junk, protocol=protocol))
        assert ran.status in (0, 1)
        assert "fault in nldissect" not in ran.err


ENOBUFS = """\
100 1700000000.000001 execve("/sbin/mon", ["mon"], 0x7ffd /* 1 vars */) = 0 <0.0001>
100 1700000000.000100 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3 <0.0001>
100 1700000000.000300 getsockname(3, {sa_family=AF_NETLINK, nl_pid=100, nl_groups=0x000001}, \
[12]) = 0 <0.0001>
100 1700000000.000400 recvmsg(3, {msg_namelen=12}, 0) = -1 ENOBUFS (No buffer) <0.0001>
100 1700000000.000500 sendto(3, "NOOP", 16, 0, {sa_family=AF_NETLINK, nl_pid=0}, 12) = 16 <0.0001>
 | 00000  10 00 00 00 01 00 01 00  07 00 00 00 00 00 00 00  ................ |
100 1700000000.000600 recvmsg(3, {msg_namelen=12}, 0) = -1 ENOBUFS (No buffer) <0.0001>
"""


def test_what_a_traced_program_lost_is_its_own_loss(tmp_path: Path, run: Command) -> None:
    trace = tmp_path / "mon.strace"
    trace.write_text(ENOBUFS)
    told = "mon[100] lost messages, how many is not known: the buffer of its socket 100 was full"
    shown = run("read", str(trace)).lines
    assert [line.lstrip("! ") for line in shown if line.startswith("!")] == [
        f"here: {told}",
        "here or before: a traced program lost messages",
    ]
    assert shown[0].startswith("!")
    run("read", "-w", str(tmp_path / "mon.pcapng"), str(trace))
    assert told in run("read", str(tmp_path / "mon.pcapng")).lines[0]
    found = run("check", str(trace)).lines
    assert [line.split(": ", 1)[1] for line in found] == [
        f"warning receive-overrun at 0: {told}",
        "warning receive-overrun at 0: a program lost messages here or before",
    ]
    assert run("check", "--fail-on", "warning", str(trace)).status == 1


@pytest.mark.parametrize("stem", ["nft_more", "netfilter"])
def test_code_that_finds_nothing_wrong_is_not_asked(stem: str) -> None:
    sizes = [0, 0]  # of all tapes: what code makes of a payload lies inside of it
    for message in Session(builtin()).messages(open_capture(str(RECORDINGS / f"{stem}.pcap"))):
        engine = message.context.engine
        for cut in (0, 5):  # malformed, too: no string ends, no packet is whole
            message.adopt(message.bytes[: len(message.bytes) - cut])
            wrong = []
            for judges in (False, True):
                engine.judges = judges
                message.walk_onto(engine)
                wrong.append([(d.code, d.offset, d.text) for d in message.found(engine)])
                sizes[judges] += engine.size
            engine.judges = False
            assert wrong[0] == wrong[1]
    assert sizes[True] < sizes[False] or stem == "nft_more"  # whose constants are one value each


def test_what_the_capture_lost_is_a_warning(tmp_path: Path, run: Command) -> None:
    noop = struct.pack("<IHHII", 16, 1, 0, 0, 0)
    lost = (4, (3).to_bytes(8, "little"))
    path = tmp_path / "lost.pcapng"
    path.write_bytes(
        section("<")
        + interface("<", 253)
        + enhanced("<", 0, 1, netlink(0, noop))
        + enhanced("<", 0, 2, netlink(0, noop), lost)
        + block("<", 5, struct.pack("<III", 0, 0, 0) + options("<", (5, (5).to_bytes(8, "little"))))
    )
    for jobs in ("1", "2"):
        found = run("check", "-j", jobs, "--code", "capture-lost", str(path))
        assert [line.split(": ", 1)[1] for line in found.lines] == [
            "warning capture-lost at 0: 3 datagrams were lost before this",
            "warning capture-lost at 0: 2 datagrams were lost here or before",
        ]
        assert run("check", "--fail-on", "warning", str(path)).status == 1
