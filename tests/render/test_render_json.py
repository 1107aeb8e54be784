"""The JSON contract: docs/json.md and its schema against what is printed."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import nldissect
from support.command import (
    GETLINK,
    IFNAME,
    ROOT,
    UNKNOWN,
    Command,
    attribute,
    link,
    message,
    mtu,
    name,
    save,
)
from support.sweep import SWEPT

HEX = re.compile("([0-9a-f]{2})*")
SCHEMA = json.loads((ROOT / "docs" / "json.schema.json").read_text())


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(SCHEMA)
    return Draft202012Validator(SCHEMA)


def walk(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [inner for node in nodes for inner in (node, *walk(node.get("children", [])))]


def flat(node: dict[str, Any]) -> str:
    """What the schema can ask of a node: without its children and place, which are looked at on
    their own, and of numbers and words only what they are like."""
    assert node["offset"] >= 0
    assert node["length"] >= 0
    alone = {key: value for key, value in node.items() if key != "children"}
    value = alone.get("value")
    if type(value) is int:
        alone["value"] = (value > 0) - (value < 0)
    elif isinstance(value, str):
        alone["value"] = "00" if HEX.fullmatch(value) else "-"
    if "label" in alone:
        alone["label"] = alone["label"][:1]
    return json.dumps({**alone, "offset": 0, "length": 0})


@pytest.fixture(scope="module")
def valid() -> set[str]:
    """What was validated: the validator takes a millisecond for each."""
    return set()


@pytest.mark.slow
@pytest.mark.docs
@pytest.mark.parametrize("path", SWEPT, ids=lambda p: p.name)
def test_recordings_satisfy_the_schema(
    path: Path, run: Command, validator: Draft202012Validator, valid: set[str]
) -> None:
    """And what says nothing is left out."""
    ran = run("read", "-T", "jsonl", path)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.isascii()
    assert absent(ran.objects) == []
    nodes = set()
    for shown in ran.objects:
        attributes = shown.get("attributes", [])
        nodes |= {flat(node) for node in walk(attributes)}
        alike = re.sub("[0-9]+", "0", json.dumps({**shown, "attributes": [], "summary": ""}))
        if alike not in valid:
            valid.add(alike)
            validator.validate({**shown, "attributes": attributes[:1]} if attributes else shown)
    of_a_node = validator.evolve(schema={"$ref": "#/$defs/node", "$defs": SCHEMA["$defs"]})
    for node in nodes - valid:
        of_a_node.validate(json.loads(node))
    valid |= nodes


@pytest.mark.parametrize("recording", ["errors", "ethtool", "nft", "wifi_phy"])
def test_json_is_a_list_of_the_lines_of_jsonl(recording: str, run: Command) -> None:
    path = ROOT / "captures" / f"{recording}.pcap"
    assert (
        json.loads(run("read", "-T", "json", path).out) == run("read", "-T", "jsonl", path).objects
    )


def test_whole_messages_satisfy_the_schema(run: Command, validator: Draft202012Validator) -> None:
    for shown in run("read", "-T", "jsonl", "-c", "60", ROOT / "captures" / "nl_util.pcap").objects:
        validator.validate(shown)


@pytest.mark.slow
@pytest.mark.parametrize("path", SWEPT, ids=lambda p: p.name)
def test_the_json_says_what_the_library_says(path: Path, run: Command) -> None:
    with nldissect.open(path) as capture:
        messages = list(capture)
    objects = run("read", "-T", "jsonl", "--show-secrets", path).objects
    assert len(objects) == len(messages)
    for made, shown in zip(messages, objects, strict=True):
        nodes = walk(shown.get("attributes", []))
        assert (shown["type"], shown["sequence"], shown["port"]) == (made.type, made.seq, made.port)
        assert len(shown.get("diagnoses", [])) == len(made.diagnoses)
        for node, row in zip(made.walk(), nodes, strict=True):
            assert row["name"] == node.name
            assert row.get("constant") == node.constant
            assert row.get("type") == node.type
            assert row["kind"] == node.kind
            assert (row["offset"], row["length"]) == (node.offset, node.length)
            assert row.get("label") == node.label
            value = node.value
            assert row.get("value") == (value.hex() if isinstance(value, bytes) else value)
            assert len(row.get("diagnoses", [])) == len(node.diagnoses)


def absent(value: Any) -> list[Any]:
    """What stands in an object, at any depth, though it says no more than its absence."""
    if isinstance(value, dict):
        empty = [
            key
            for key, each in value.items()
            if each in (None, False, [], {}) and each != 0 and (key, each) != ("value", [])
        ]
        return [*empty, *(found for each in value.values() for found in absent(each))]
    return [found for each in value for found in absent(each)] if isinstance(value, list) else []


@pytest.mark.docs
def test_the_schema_refuses_what_is_not_documented(
    tmp_path: Path, run: Command, validator: Draft202012Validator
) -> None:
    path = save(tmp_path / "a.pcap", link(name("eth0")))
    (shown,) = run("read", "-T", "jsonl", path).objects
    assert validator.is_valid(shown)
    assert not validator.is_valid({**shown, "colour": "red"})
    for key in ("record", "message", "protocol", "length", "direction"):
        assert not validator.is_valid({k: v for k, v in shown.items() if k != key})
    for nothing in ({"family": None}, {"truncated": False}, {"diagnoses": []}, {"summary": ""}):
        assert not validator.is_valid({**shown, **nothing})
    shown["attributes"][0]["kind"] = 7
    assert not validator.is_valid(shown)


@pytest.mark.docs
def test_the_page_documents_every_field() -> None:
    text = (ROOT / "docs" / "json.md").read_text()
    rows = set(re.findall(r"^\| (`[^|]*`) \|", text, re.M))
    named = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    defined = {*SCHEMA["properties"]}
    for part in ("node", "diagnosis"):
        defined |= {*SCHEMA["$defs"][part]["properties"]}
    assert defined <= named


def test_a_message_in_full(tmp_path: Path, run: Command) -> None:
    data = link(name("eth0"), mtu(1500), attribute(UNKNOWN, b"\1\2"), index=7, sequence=9, port=77)
    path = save(tmp_path / "a.pcap", data)
    (shown,) = run("read", "-T", "jsonl", path).objects
    attributes = shown.pop("attributes")
    diagnoses = shown.pop("diagnoses")
    assert shown.pop("summary").startswith("newlink eth0 <")
    assert shown == {
        "record": 1,
        "message": 1,
        "time": "2026-01-02T03:04:05.000000000Z",
        "protocol": "route",
        "dissector": "rt-link",
        "operation": "newlink",
        "constant": "RTM_NEWLINK",
        "type": 16,
        "flags": 0,
        "sequence": 9,
        "port": 77,
        "length": len(data),
        "direction": "from-kernel",
        "listeners": 1,
        "group": "RTNLGRP_LINK",
        "process": {"pid": 77, "hint": True},
    }
    header, ifname, size, unknown = attributes
    assert (header["kind"], header["offset"], header["length"]) == ("struct", 16, 16)
    assert not {"type", "value", "label"} & {*header}
    (index,) = [child for child in header["children"] if child["name"] == "ifi-index"]
    assert (index["value"], index["label"], index["offset"]) == (7, "eth0", 20)
    assert ifname == {
        "name": "ifname",
        "constant": "IFLA_IFNAME",
        "type": IFNAME,
        "kind": "string",
        "offset": 32,
        "length": 9,
        "value": "eth0",
    }
    assert (size["value"], size["offset"], size["length"]) == (1500, 44, 8)
    assert (unknown["name"], unknown["value"]) == (f"attr {UNKNOWN}", 513)
    assert (
        unknown["diagnoses"]
        == diagnoses
        == [
            {
                "code": "attr-unknown",
                "severity": "note",
                "text": diagnoses[0]["text"],
                "offset": 52,
                "length": 6,
            }
        ]
    )


def test_errors_and_acks(tmp_path: Path, run: Command) -> None:
    request = link(name("nope"), kind=GETLINK, flags=1, sequence=3)
    path = save(
        tmp_path / "a.pcap",
        message(2, b"\xed\xff\xff\xff" + request),
        message(2, bytes(4) + request[:16], flags=0x100),
        message(3, bytes(4), flags=2),
        message(2, b""),
    )
    shown = run("read", "-T", "jsonl", path).objects
    assert [tuple(map(m.get, ("operation", "constant", "error", "error_name"))) for m in shown] == [
        ("error", "NLMSG_ERROR", -19, "ENODEV"),
        ("ack", "NLMSG_ERROR", 0, None),
        ("done", "NLMSG_DONE", 0, None),
        ("error", "NLMSG_ERROR", None, None),
    ]
    assert shown[0]["summary"] == "error -19 ENODEV for getlink nope"
    assert shown[1]["flag_names"] == ["CAPPED"]
    echo = [node for node in walk(shown[0]["attributes"]) if node["kind"] == "message"]
    assert [node["offset"] for node in echo] == [20]
    (ifname,) = [node for node in walk(echo) if node["name"] == "ifname"]
    assert (ifname["value"], ifname["offset"]) == ("nope", 52)


def test_what_is_no_netlink_message(
    tmp_path: Path, run: Command, validator: Draft202012Validator
) -> None:
    path = save(tmp_path / "a.pcap", b"hello", b"", protocol=2)
    for shown in run("read", "-T", "jsonl", path).objects:
        validator.validate(shown)
        assert not {"type", "flags", "sequence", "port"} & {*shown}
    assert "attributes" not in shown


def test_numbers_of_64_bits_stay_whole(tmp_path: Path, run: Command) -> None:
    statistics = struct.pack("<25Q", *[2**64 - 1 - i for i in range(25)])
    path = save(tmp_path / "a.pcap", link(name("eth0"), attribute(23, statistics)))
    (shown,) = run("read", "-T", "jsonl", path).objects
    values = [node["value"] for node in walk(shown["attributes"]) if node["kind"] == "u64"]
    assert values == [2**64 - 1 - i for i in range(25)]


def test_repeated_attributes_are_kept_in_order(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap", link(name("b"), mtu(1), name("a")))
    (shown,) = run("read", "-T", "jsonl", path).objects
    assert [(n["name"], n["value"]) for n in shown["attributes"][1:]] == [
        ("ifname", "b"),
        ("mtu", 1),
        ("ifname", "a"),
    ]
    assert [d["code"] for d in shown["diagnoses"]] == ["attr-duplicate"]


def test_file_only_when_there_are_several(tmp_path: Path, run: Command) -> None:
    one = save(tmp_path / "one.pcap", link(name("a")))
    two = save(tmp_path / "two.pcap", link(name("b")), link(name("c")))
    assert "file" not in run("read", "-T", "jsonl", one).objects[0]
    shown = run("read", "-T", "jsonl", one, two).objects
    expected = [(str(one), 1), (str(two), 2), (str(two), 3)]
    assert [(m["file"], m["message"]) for m in shown] == expected
    assert json.loads(run("read", "-T", "json", one, two).out) == shown


def test_an_empty_capture_is_an_empty_array(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap")
    assert json.loads(run("read", "-T", "json", path).out) == []
    assert run("read", "-T", "jsonl", path).out == ""


def test_hostile_strings_survive(tmp_path: Path, run: Command) -> None:
    text = 'e\x1b[31m"\\\n\u202e\u4e2d'
    path = save(tmp_path / "a.pcap", link(name(text)), link(name(b"\xff\xfe")))
    first, second = run("read", "-T", "jsonl", path).objects
    assert [n["value"] for n in first["attributes"] if n["name"] == "ifname"] == [text]
    assert [n["value"] for n in second["attributes"] if n["name"] == "ifname"] == ["\\xff\\xfe"]


# -- names of interfaces, which the same bytes do not tell ------------------------------


def test_a_message_minds_interface_names(tmp_path: Path, run: Command) -> None:
    """The same bytes after a rename say something else; -T jsonl, -V and the list know."""
    route = message(
        24, struct.pack("<8BI", 2, 0, 0, 0, 254, 4, 0, 1, 0) + attribute(4, struct.pack("<I", 2))
    )
    path = save(
        tmp_path / "a.pcap", link(name("old")), route, route, link(name("new")), route, route
    )
    for form in ([], ["-V"], ["-T", "jsonl"]):
        shown = run("read", "--type", "newroute", *form, path).out
        assert (shown.count("old"), shown.count("new")) != (0, 0)
        half = len(shown) // 2
        assert "old" in shown[:half]
        assert "old" not in shown[half + 100 :]


def test_what_is_refused_minds_interface_names(tmp_path: Path, run: Command) -> None:
    asked = link(mtu(987654321), kind=19, flags=5, sequence=7)
    refused = message(2, struct.pack("<i", -22) + asked, sequence=7, port=99)
    path = save(
        tmp_path / "a.pcap", link(name("old")), asked, refused, link(name("new")), asked, refused
    )
    first, second = run("read", "--type", "error", path).lines
    assert first.endswith("for setlink old (to #2, [99]?)")
    assert second.endswith("for setlink new (to #5, [99]?)")


def test_an_acknowledgement_says_what_it_answers(run: Command) -> None:
    def said(*arguments: str) -> list[str]:
        lines = run("read", "--type", "ack,error", *arguments).lines
        return [line.split(maxsplit=3)[3] for line in lines]

    genltest = str(ROOT / "captures/genltest.pcap")
    assert said(genltest)[2].split(maxsplit=2)[2] == "for genltest echo (to #30)"
    links = said(str(ROOT / "captures/links.pcap"))
    assert links[1].split(maxsplit=2)[2] == "for newlink apple0 (to #3)"
    (summary,) = run("read", "-T", "fields", "-e", "summary", "-Y", "message == 32", genltest).lines
    assert summary == "ack for genltest echo"
    (shown,) = run("read", "-T", "jsonl", "-Y", "message == 32", genltest).objects
    assert (shown["summary"], shown["answers"]) == ("ack for genltest echo", 30)
    assert run("read", "-Y", 'summary == "ack for genltest echo"', genltest).lines
