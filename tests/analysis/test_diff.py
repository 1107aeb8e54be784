"""Diff: a capture with itself, with a copy in which one thing was edited, and objects by key."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import Node
from nldissect._internal.pairing.codes import ANSWER
from support import ROOT
from support.command import GENERIC, Command, attribute, link, message, mtu, name, save, start
from support.messages import ACK, DUMP, REQUEST, nlmsgerr, recording, u16, u32
from support.sweep import SWEPT

RTM_NEWROUTE, RTM_NEWNEIGH, RTM_NEWADDR = 24, 28, 20


def differences(run: Command, *arguments: object) -> list[dict[str, Any]]:
    ran = run("diff", "-T", "json", *arguments)
    assert ran.err == ""
    found = json.loads(ran.out)
    assert ran.status == (1 if found["differences"] else 0)
    assert found["same"] == (not found["differences"])
    differences: list[dict[str, Any]] = found["differences"]
    return differences


def edited(tmp_path: Path, recorded: str, node: Node, payload: bytes) -> Path:
    """A copy of a recording in which the node has another payload of the same length."""
    raw = bytearray((ROOT / "captures" / f"{recorded}.pcap").read_bytes())
    record = node.message.record
    assert record is not None
    at = record.offset + 16 + len(record.cooked) + node.message.offset + node.start
    assert raw[at : at + len(payload)] == node.bytes
    raw[at : at + len(payload)] = payload
    path = tmp_path / f"{recorded}-edited.pcap"
    path.write_bytes(raw)
    return path


def first(messages: list[Message], operation: str, path: str, to_kernel: bool) -> Node:
    for found in messages:
        if found.to_kernel == to_kernel and found.operation is not None:
            node = found.find(path)
            if found.operation.name == operation and node is not None:
                return node
    raise AssertionError(path)


@pytest.mark.slow
@pytest.mark.parametrize("path", SWEPT, ids=lambda p: p.stem)
def test_a_capture_is_the_same_as_itself(path: Path, run: Command) -> None:
    objects = ["--objects", "--counters"] if SWEPT.index(path) % 2 else []
    ran = run("diff", *objects, path, path)
    assert (ran.status, ran.out, ran.err) == (0, "", "")


def test_an_edited_request_shows_that_attribute_alone(tmp_path: Path, run: Command) -> None:
    node = first(recording("links"), "newlink", "mtu", True)
    copy = edited(tmp_path, "links", node, u32(node.value - 50))
    (found,) = differences(run, ROOT / "captures" / "links.pcap", copy)
    assert (found["kind"], found["a"], found["b"]) == ("changed", *[node.message.number] * 2)
    assert found["changes"] == [{"path": "mtu", "a": str(node.value), "b": str(node.value - 50)}]
    ran = run("diff", ROOT / "captures" / "links.pcap", copy)
    assert ran.status == 1
    assert ran.lines[2].startswith("~ route newlink apple0 ")
    assert ran.lines[3] == f"    mtu: {node.value} -> {node.value - 50}"


def test_an_edited_answer_is_named_by_what_it_tells_of(tmp_path: Path, run: Command) -> None:
    node = first(recording("routes"), "newlink", "txqlen", False)
    copy = edited(tmp_path, "routes", node, u32(node.value + 1))
    (found,) = differences(run, ROOT / "captures" / "routes.pcap", copy)
    (change,) = found["changes"]
    assert change["path"] == "answer[link apple0].txqlen"
    assert found["title"].startswith("route getlink apple0")


def test_an_edited_last_state_is_a_changed_object(tmp_path: Path, run: Command) -> None:
    messages = recording("tunnels")
    last: dict[str, Node] = {}
    for found in messages:
        if not found.to_kernel and found.operation is not None:
            if found.operation.name == "newlink" and found.nodes[0].children[0].value == 0:
                node, called = found.find("group"), found.find("ifname")
                if node is not None and called is not None:
                    last[called.value] = node
            elif found.operation.name == "dellink":
                called = found.find("ifname")
                last.pop("" if called is None else called.value, None)
    called, node = sorted(last.items())[0]
    copy = edited(tmp_path, "tunnels", node, u32(77))
    (change,) = differences(run, "--objects", ROOT / "captures" / "tunnels.pcap", copy)
    assert (change["kind"], change["title"]) == ("changed", f"link {called}")
    assert [c["path"] for c in change["changes"]] == ["group"]
    assert change["changes"][0]["b"] == "77"


def conversation(index: int, sequence: int, port: int, size: int = 1500) -> list[bytes]:
    """`ip link set eth0 mtu ...`: a look-up by name, the change by index, its acknowledgement."""
    ask = link(name("eth0"), index=0, kind=18, flags=REQUEST, sequence=sequence)
    answer = link(name("eth0"), mtu(1400), index=index, sequence=sequence, port=port)
    change = link(mtu(size), index=index, flags=REQUEST | ACK, sequence=sequence + 1)
    return [ask, answer, change, nlmsgerr(0, change[:16])]


def test_what_differs_from_run_to_run_makes_no_difference(tmp_path: Path, run: Command) -> None:
    a = save(tmp_path / "a.pcap", *conversation(2, 100, 4242))
    b = save(tmp_path / "b.pcap", *conversation(17, 900, 777), step=12345)
    assert differences(run, a, b) == []
    c = save(tmp_path / "c.pcap", *conversation(17, 900, 777, size=9000))
    (found,) = differences(run, a, c)
    assert found["changes"] == [{"path": "mtu", "a": "1500", "b": "9000"}]


def test_more_and_less_requests(tmp_path: Path, run: Command) -> None:
    once, twice = conversation(2, 1, 5), conversation(2, 1, 5) + conversation(2, 50, 6)
    a = save(tmp_path / "a.pcap", *once)
    b = save(tmp_path / "b.pcap", *twice)
    assert [f["kind"] for f in differences(run, a, b)] == ["added", "added"]
    assert [f["kind"] for f in differences(run, b, a)] == ["removed", "removed"]
    ran = run("diff", b, a)
    assert "- route getlink eth0" in ran.lines


def test_a_request_that_fails_now(tmp_path: Path, run: Command) -> None:
    good = conversation(2, 1, 5)
    bad = [*good[:3], nlmsgerr(-95, good[2])]
    a, b = save(tmp_path / "a.pcap", *good), save(tmp_path / "b.pcap", *bad)
    (found,) = differences(run, a, b)
    outcome = found["changes"][0]
    assert outcome == {"path": "outcome", "a": "answered", "b": "failed EOPNOTSUPP"}


def test_the_order_of_a_dumps_parts_makes_no_difference(tmp_path: Path, run: Command) -> None:
    ask = message(18, struct.pack("<BxHiII", 0, 1, 0, 0, 0), REQUEST | DUMP, sequence=7)
    parts = [link(name(f"eth{i}"), index=i, flags=2, sequence=7, port=42) for i in (1, 2, 3)]
    done = message(3, u32(0), 2, sequence=7, port=42)
    a = save(tmp_path / "a.pcap", ask, *parts, done)
    b = save(tmp_path / "b.pcap", ask, *reversed(parts), done)
    assert differences(run, a, b) == []
    c = save(tmp_path / "c.pcap", ask, parts[0], parts[2], done)
    (found,) = differences(run, a, c)
    assert [(x["path"], x["b"]) for x in found["changes"]] == [("answer[link eth2]", None)]


def test_what_has_no_key_is_recognised_by_its_attributes(tmp_path: Path, run: Command) -> None:
    """Families come in the order in which modules were loaded, with ids in that order."""

    def dumped(file: str, *families: tuple[int, str, int]) -> Path:
        asked = message(16, b"\3\2\0\0", REQUEST | DUMP, sequence=5)
        parts = [
            message(
                16,
                b"\1\2\0\0"
                + attribute(2, f"{text}\0".encode())
                + attribute(1, u16(number))
                + attribute(3, u32(version))
                + attribute(4, u32(0))
                + attribute(5, u32(9)),
                2,
                sequence=5,
                port=99,
            )
            for number, text, version in families
        ]
        done = message(3, u32(0), 2, sequence=5, port=99)
        return save(tmp_path / file, asked, *parts, done, protocol=GENERIC)

    one = dumped("1.pcap", (16, "nlctrl", 2), (20, "ethtool", 1), (21, "kiwi", 1))
    other = dumped("2.pcap", (16, "nlctrl", 2), (20, "kiwi", 1), (30, "ethtool", 1))
    assert differences(run, one, other) == []
    newer = dumped("3.pcap", (16, "nlctrl", 2), (20, "kiwi", 3), (30, "ethtool", 1))
    (found,) = differences(run, one, newer)
    assert [(c["a"], c["b"]) for c in found["changes"]] == [("1", "3")]


def test_several_routes_under_one_key_may_come_in_any_order(tmp_path: Path, run: Command) -> None:
    def dumped(file: str, *gateways: int) -> Path:
        asked = message(26, bytes(12), REQUEST | DUMP, sequence=6)
        header = struct.pack("<BBBBBBBBI", 10, 0, 0, 0, 254, 9, 0, 1, 0)
        parts = [
            message(RTM_NEWROUTE, header + attribute(5, bytes(15) + bytes([last])), 2, 6, 99)
            for last in gateways
        ]
        return save(tmp_path / file, asked, *parts, message(3, u32(0), 2, sequence=6, port=99))

    one, other = dumped("1.pcap", 1, 2, 3), dumped("2.pcap", 3, 1, 2)
    assert differences(run, one, other) == []
    assert differences(run, "--objects", one, other) == []
    (found,) = differences(run, "--objects", one, dumped("3.pcap", 3, 1, 4))
    assert [(c["path"], c["a"], c["b"]) for c in found["changes"]] == [("gateway", "::2", "::4")]


def test_copies_of_a_notification_make_no_difference(tmp_path: Path, run: Command) -> None:
    told = link(name("eth0"), mtu(1500))
    a = save(tmp_path / "a.pcap", told)
    assert differences(run, a, save(tmp_path / "b.pcap", told, told)) == []
    (found,) = differences(run, a, save(tmp_path / "c.pcap", link(name("eth0"), mtu(1400))))
    assert found["title"].startswith("notification route newlink eth0")


# -- objects ------------------------------------------------------------------------------


def route(dst: int, gateway: int, metric: int, kind: int = RTM_NEWROUTE, flags: int = 0) -> bytes:
    """A route to 10.DST.0.0/16 via 192.0.2.GATEWAY on interface 2, table main."""
    header = struct.pack("<8BI", 2, 16, 0, 0, 254, 4, 0, 1, flags)
    body = attribute(1, bytes((10, dst, 0, 0))) + attribute(5, bytes((192, 0, 2, gateway)))
    return message(kind, header + body + attribute(6, u32(metric)) + attribute(4, u32(2)))


def neighbour(last: int, state: int, used: int) -> bytes:
    header = struct.pack("<BxxxiHBB", 2, 2, state, 0, 1)
    body = attribute(1, bytes((192, 0, 2, last))) + attribute(3, struct.pack("<4I", used, 1, 1, 0))
    return message(RTM_NEWNEIGH, header + body)


def test_objects_are_added_removed_and_changed(tmp_path: Path, run: Command) -> None:
    eth = link(name("eth0"), index=2)
    a = save(tmp_path / "a.pcap", eth, route(1, 1, 5), route(2, 1, 5), route(3, 1, 5))
    b = save(
        tmp_path / "b.pcap",
        eth,
        route(1, 9, 5),
        route(1, 1, 6),
        route(2, 1, 5),
        route(3, 1, 5),
        route(3, 1, 5, kind=25),
        route(4, 1, 5, flags=0x200),
    )
    found = differences(run, "--objects", a, b)
    assert [(f["kind"], f["title"]) for f in found] == [
        ("changed", "route 10.1.0.0/16 inet table main metric 5"),
        ("added", "route 10.1.0.0/16 inet table main metric 6"),
        ("removed", "route 10.3.0.0/16 inet table main metric 5"),
    ]
    assert found[0]["changes"] == [{"path": "gateway", "a": "192.0.2.1", "b": "192.0.2.9"}]


def test_counters_and_ages_count_only_when_asked_for(tmp_path: Path, run: Command) -> None:
    eth = link(name("eth0"), index=2)
    a = save(tmp_path / "a.pcap", eth, neighbour(7, 2, used=10))
    b = save(tmp_path / "b.pcap", eth, neighbour(7, 2, used=99))
    assert differences(run, "--objects", a, b) == []
    assert differences(run, a, b) == []
    (found,) = differences(run, "--objects", "--counters", a, b)
    assert found["title"] == "neighbour 192.0.2.7 dev eth0"
    assert [c["path"] for c in found["changes"]] == ["cacheinfo.ndm-confirmed"]


def test_a_renamed_link_is_one_link(tmp_path: Path, run: Command) -> None:
    a = save(tmp_path / "a.pcap", link(name("eth0")))
    b = save(tmp_path / "b.pcap", link(name("eth0")), link(name("wan0")))
    kinds = [(f["kind"], f["title"]) for f in differences(run, "--objects", a, b)]
    assert kinds == [("removed", "link eth0"), ("added", "link wan0")]


@pytest.mark.slow
def test_no_object_of_a_dump_hides_another() -> None:
    """In all recordings, every part of a dump of objects is an object of its own."""
    from nldissect._internal.analysis.flattener import Flattener
    from nldissect._internal.analysis.object_keys import identity
    from nldissect._internal.pairing.conversation import Conversations

    shown = 0
    for path in SWEPT:
        pairs, flatten = Conversations(), Flattener()
        seen: dict[object, object] = {}
        for found in recording(path.stem):
            of = pairs.feed(found)
            if of.role == ANSWER and of.transaction is not None and of.transaction.kind == "dump":
                flat = flatten(found)
                key = identity(found, flat)
                if key is None:
                    continue
                shown += 1
                before = seen.setdefault((of.transaction.id, key), flat)
                appended = path.stem == "routes" and "10.1.0.0/16" in key
                assert before == flat or appended, (path.stem, found.number, key)
    assert shown > 500


@pytest.mark.parametrize("options", [[], ["--objects"]], ids=["", "objects"])
def test_standard_input_is_compared_like_a_file(options: list[str], tmp_path: Path) -> None:
    path = ROOT / "captures" / "iproute.pcap"
    for cut, status in ((0, 0), (7, 2)):
        given = tmp_path / "given.pcap"
        given.write_bytes(path.read_bytes()[: -cut or None])
        with given.open("rb") as file:
            process = start("diff", *options, "-", path, stdin=piped(file))
            out, err = process.communicate()
        assert process.returncode == status, err
        assert (err == b"") == (not cut)
        assert cut or out == b""


def piped(file: BinaryIO) -> Any:
    """The file as a pipe, which cannot be read twice."""
    return subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE).stdout


# -- trouble --------------------------------------------------------------------------------


def test_trouble_is_status_2(tmp_path: Path, run: Command) -> None:
    path = ROOT / "captures" / "iproute.pcap"
    ran = run("diff", path, "/nowhere/at.pcap")
    assert (ran.status, ran.out) == (2, "")
    assert "/nowhere/at.pcap" in ran.err
    assert run("diff", "-", "-").status == 2
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(path.read_bytes()[:-7])
    ran = run("diff", path, cut)
    assert ran.status == 2
    assert ran.err.count("\n") == 1


def test_nothing_from_a_capture_reaches_a_terminal_raw(tmp_path: Path, run: Command) -> None:
    a = save(tmp_path / "a.pcap", link(name("eth0")))
    b = save(tmp_path / "b.pcap", link(name("e\x1b[31m")))
    for options in ([], ["--objects"]):
        ran = run("diff", *options, a, b)
        assert ran.status == 1
        assert "\x1b" not in ran.out


@pytest.mark.docs
def test_every_key_of_the_json_is_documented(run: Command) -> None:
    text = (ROOT / "docs" / "stats-and-diff.md").read_text().partition("nldissect diff -T")[2]
    captures = [ROOT / "captures" / f"{stem}.pcap" for stem in ("rules", "routes")]
    found = json.loads(run("diff", "-T", "json", *captures).out)
    one = found["differences"][0]
    for key in (*found, *one, *one["changes"][0]):
        assert f"`{key}`" in text
