"""The JSON contract: docs/json.md and its schema against what is printed."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from cli_support import (
    CAPTURES,
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
    run,
    save,
)  # fmt: skip
from jsonschema import Draft202012Validator
from nldissect._internal.render.memo import Memo

from nldissect._internal.capture import open_capture
from nldissect._internal.registry import Registry
from nldissect._internal.render.jsonout import JsonLines
from nldissect._internal.session import Session
from nldissect._internal.tree import Message

__all__ = ["run"]

SCHEMA = json.loads((ROOT / "docs" / "json.schema.json").read_text())


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(SCHEMA)
    return Draft202012Validator(SCHEMA)


def walk(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [inner for node in nodes for inner in (node, *walk(node["children"]))]


def flat(node: dict[str, Any]) -> str:
    """A node without its children and place, which are looked at on their own."""
    assert node["offset"] >= 0
    assert node["length"] >= 0
    return json.dumps({**node, "children": [], "offset": 0, "length": 0})


@pytest.mark.parametrize("path", CAPTURES, ids=lambda p: p.name)
def test_recordings_satisfy_the_schema(
    path: Path, run: Command, validator: Draft202012Validator
) -> None:
    """Equal nodes are validated once: the validator takes a millisecond for each."""
    ran = run("read", "-T", "jsonl", path)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.isascii()
    nodes = set()
    for shown in ran.objects:
        nodes |= {flat(node) for node in walk(shown["attributes"])}
        validator.validate({**shown, "attributes": []})
    of_a_node = validator.evolve(schema={"$ref": "#/$defs/node", "$defs": SCHEMA["$defs"]})
    for node in nodes:
        of_a_node.validate(json.loads(node))
    assert json.loads(run("read", "-T", "json", path).out) == ran.objects


def test_whole_messages_satisfy_the_schema(run: Command, validator: Draft202012Validator) -> None:
    for shown in run("read", "-T", "jsonl", "-c", "60", ROOT / "captures" / "nl_util.pcap").objects:
        validator.validate(shown)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda p: p.name)
def test_the_json_says_what_the_library_says(path: Path, run: Command) -> None:
    session = Session(Registry())
    messages = list(session.messages(open_capture(str(path))))
    objects = run("read", "-T", "jsonl", path).objects
    assert len(objects) == len(messages)
    for made, shown in zip(messages, objects, strict=True):
        nodes = walk(shown["attributes"])
        assert (shown["type"], shown["sequence"], shown["port"]) == (made.type, made.seq, made.port)
        assert len(shown["diagnoses"]) == len(made.diagnoses)
        for node, row in zip(made.walk(), nodes, strict=True):
            assert row["name"] == node.name
            assert row["constant"] == node.constant
            assert row["type"] == node.type
            assert row["kind"] == node.kind
            assert (row["offset"], row["length"]) == (node.offset, node.length)
            assert row["label"] == node.label
            value = node.value
            assert row["value"] == (value.hex() if isinstance(value, bytes) else value)
            assert len(row.get("diagnoses", [])) == len(node.diagnoses)


def test_the_schema_refuses_what_is_not_documented(
    tmp_path: Path, run: Command, validator: Draft202012Validator
) -> None:
    path = save(tmp_path / "a.pcap", link(name("eth0")))
    (shown,) = run("read", "-T", "jsonl", path).objects
    assert validator.is_valid(shown)
    assert not validator.is_valid({**shown, "colour": "red"})
    assert not validator.is_valid({k: v for k, v in shown.items() if k != "summary"})
    shown["attributes"][0]["kind"] = 7
    assert not validator.is_valid(shown)


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
        "record": 1, "message": 1, "time": "2026-01-02T03:04:05.000000000Z", "protocol": "route",
        "family": None, "dissector": "rt-link", "operation": "newlink", "constant": "RTM_NEWLINK",
        "type": 16, "flags": 0, "flag_names": [], "sequence": 9, "port": 77, "length": len(data),
        "direction": "from-kernel", "truncated": False, "error": None, "error_name": None,
        "answers": None, "answered_by": None, "transaction": None, "latency": None,
        "confidence": None, "listeners": 1, "copy_of": None, "group": "RTNLGRP_LINK",
        "process": {"pid": 77, "name": None, "command": None, "hint": True, "inode": None},
    }  # fmt: skip
    header, ifname, size, unknown = attributes
    assert (header["kind"], header["type"], header["offset"], header["length"]) == (
        "struct", None, 16, 16,
    )  # fmt: skip
    assert header["value"] is None
    (index,) = [child for child in header["children"] if child["name"] == "ifi-index"]
    assert (index["value"], index["label"], index["offset"]) == (7, "eth0", 20)
    assert ifname == {
        "name": "ifname", "constant": "IFLA_IFNAME", "type": IFNAME, "kind": "string",
        "offset": 32, "length": 9, "value": "eth0", "label": None, "children": [],
    }  # fmt: skip
    assert (size["value"], size["offset"], size["length"]) == (1500, 44, 8)
    assert (unknown["name"], unknown["value"]) == (f"attr {UNKNOWN}", "0102")
    assert unknown["diagnoses"] == diagnoses == [
        {
            "code": "attr-unknown", "severity": "note", "text": diagnoses[0]["text"],
            "offset": 52, "length": 6,
        }
    ]  # fmt: skip


def test_errors_and_acks(tmp_path: Path, run: Command) -> None:
    request = link(name("nope"), kind=GETLINK, flags=1, sequence=3)
    path = save(
        tmp_path / "a.pcap", message(2, b"\xed\xff\xff\xff" + request),
        message(2, bytes(4) + request[:16], flags=0x100), message(3, bytes(4), flags=2),
        message(2, b""),
    )  # fmt: skip
    shown = run("read", "-T", "jsonl", path).objects
    assert [(m["operation"], m["constant"], m["error"], m["error_name"]) for m in shown] == [
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
        assert [shown[key] for key in ("type", "flags", "sequence", "port")] == [None] * 4
    assert [node["value"] for node in shown["attributes"]] == []


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
        ("ifname", "b"), ("mtu", 1), ("ifname", "a"),
    ]  # fmt: skip
    assert [d["code"] for d in shown["diagnoses"]] == ["attr-duplicate"]


def test_file_only_when_there_are_several(tmp_path: Path, run: Command) -> None:
    one = save(tmp_path / "one.pcap", link(name("a")))
    two = save(tmp_path / "two.pcap", link(name("b")), link(name("c")))
    assert "file" not in run("read", "-T", "jsonl", one).objects[0]
    shown = run("read", "-T", "jsonl", one, two).objects
    expected = [(str(one), 1), (str(two), 1), (str(two), 2)]
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


# -- the memo ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", CAPTURES, ids=lambda p: p.name)
@pytest.mark.parametrize("form", [[], ["-V"], ["-T", "jsonl"]])
def test_the_memo_changes_nothing(
    path: Path, form: list[str], run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = run("read", *form, path, path).out
    monkeypatch.setenv("NLDISSECT_MEMO", "0")
    assert run("read", *form, path, path).out == kept


def test_the_memo_minds_interface_names(tmp_path: Path, run: Command) -> None:
    """The same bytes after a rename say something else; -T jsonl, -V and the list know."""
    route = message(24, struct.pack("<8BI", 2, 0, 0, 0, 254, 4, 0, 1, 0)
                    + attribute(4, struct.pack("<I", 2)))  # fmt: skip
    path = save(
        tmp_path / "a.pcap", link(name("old")), route, route, link(name("new")), route, route
    )
    for form in ([], ["-V"], ["-T", "jsonl"]):
        shown = run("read", "--type", "newroute", *form, path).out
        assert (shown.count("old"), shown.count("new")) != (0, 0)
        half = len(shown) // 2
        assert "old" in shown[:half]
        assert "old" not in shown[half + 100 :]


def test_the_memo_minds_interface_names_in_what_is_refused(tmp_path: Path, run: Command) -> None:
    """Of a refusal's line a part is kept on its own, the request that it names."""
    asked = link(mtu(987654321), kind=19, flags=5, sequence=7)
    refused = message(2, struct.pack("<i", -22) + asked, sequence=7, port=99)
    path = save(
        tmp_path / "a.pcap", link(name("old")), asked, refused, link(name("new")), asked, refused
    )
    first, second = run("read", "--type", "error", path).lines
    assert first.endswith("for setlink old")
    assert second.endswith("for setlink new")


def test_the_memo_forgets_but_not_everything(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pcap", *[link(name(f"if{i}"), mtu(i)) for i in range(100)])
    made = []

    def make(message: Message) -> str:
        made.append(message.number)
        return "x" * 1000

    memo = Memo(make, len, 120_000)
    messages = list(Session(Registry()).messages(open_capture(str(path))))
    for _ in range(10):
        for each in messages:
            assert memo.get(each) == "x" * 1000
        assert memo._used == sum(entry[2] for entry in memo._entries.values()) <= 120_000
        assert len(memo._keys) == len(memo._entries)
    assert 100 < len(made) < 700  # of 1000: most of the 100 fit


def test_the_memo_leaves_out_what_is_too_large(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pcap", link(name("eth0")))
    (message,) = Session(Registry()).messages(open_capture(str(path)))
    memo = Memo(lambda _: "x" * 1000, len, 8000)
    memo.get(message)
    assert not memo._entries


def test_caches_do_not_grow_for_ever(tmp_path: Path) -> None:
    renderer = JsonLines()
    path = save(tmp_path / "a.pcap", *[link(*(attribute(9000 + i, b"x") for i in range(5)))] * 2)
    for each in Session(Registry()).messages(open_capture(str(path))):
        renderer.message(each)
    assert 0 < len(renderer._prefixes) < 50
