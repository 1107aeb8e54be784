"""-T fields: which columns there are and how values stand in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nldissect._internal.filter.message_fields import GETTERS
from nldissect._internal.render.column_output import MESSAGE_COLUMNS
from nldissect._internal.wire.text import safe
from support.command import UNKNOWN, Command, attribute, link, message, mtu, name, save
from support.messages import RECORDINGS
from support.sweep import SWEPT, share


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save(
        tmp_path / "a.pcap",
        link(
            name("eth0"),
            mtu(1500),
            attribute(UNKNOWN, b"\1\2"),
            attribute(18, attribute(1, b"veth\0")),
            index=7,
            sequence=9,
            port=77,
        ),
        link(
            name("a"), name("b"), attribute(52, attribute(53, b"alt0\0") + attribute(53, b"alt1\0"))
        ),
        message(2, b"\xed\xff\xff\xff" + message(18, bytes(16), flags=1)),
    )


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("message", ["1", "2", "3"]),
        ("time", ["2026-01-02T03:04:05.000000000Z", "2026-01-02T03:04:05.001000000Z",
                  "2026-01-02T03:04:05.002000000Z"]),
        ("operation", ["newlink", "newlink", "error"]),
        ("sequence", ["9", "1", "1"]),
        ("error", ["", "", "-19"]),
        ("error_name", ["", "", "ENODEV"]),
        ("truncated", ["false", "false", "false"]),
        ("ifname", ["eth0", "a,b", ""]),
        ("IFLA_IFNAME", ["eth0", "a,b", ""]),
        ("3", ["eth0", "a,b", ""]),
        ("9999", ["513", "", ""]),
        ("linkinfo.kind", ["veth", "", ""]),
        ("IFLA_LINKINFO.IFLA_INFO_KIND", ["veth", "", ""]),
        ("linkinfo.1", ["veth", "", ""]),
        ("kind", ["veth", "", ""]),
        ("IFLA_INFO_KIND", ["veth", "", ""]),
        ("alt_ifname", ["", "alt0,alt1", ""]),
        ("pid", ["77", "", ""]),
        ("nlmsg_pid", ["77", "0", "0"]),
        ("request.type", ["", "", "18"]),
        ("prop-list.alt-ifname", ["", "alt0,alt1", ""]),
        ("ifi-index", ["7", "2", "0"]),  # as of a filter, that of an echoed request too
        ("ifi_index", ["7", "2", "0"]),
        ("ifi-index:label", ["eth0", "a", "0"]),
        ("ifi-flags:label", ["up", "up", "0"]),
        ("diagnoses", ["attr-unknown", "attr-duplicate", ""]),
        ("file", ["", "", ""]),
    ],
)  # fmt: skip
def test_a_field(field: str, values: list[str], path: Path, run: Command) -> None:
    ran = run("read", "-T", "fields", "-e", field, path)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "".join(f"{value}\n" for value in values)


def test_constants_in_labels(path: Path, run: Command) -> None:
    assert run("read", "--names", "c", "-e", "ifi-flags:label", path).lines[0] == "IFF_UP"


def test_columns_are_separated_by_tabs(path: Path, run: Command) -> None:
    assert run("read", "-e", "ifname", "-e", "mtu", "-e", "port", path).lines == [
        "eth0\t1500\t77",
        "a,b\t\t0",
        "\t\t0",
    ]


@pytest.mark.parametrize(
    ("layout", "lines"),
    [
        (["header=y"], ["ifname\tmtu", "eth0\t1500", "a,b\t", "\t"]),
        (["separator=;"], ["eth0;1500", "a,b;", ";"]),
        (["separator=/s", "aggregator=+"], ["eth0 1500", "a+b ", " "]),
        (["quote=d"], ['"eth0"\t"1500"', '"a,b"\t""', '""\t""']),
    ],
)
def test_layout(layout: list[str], lines: list[str], path: Path, run: Command) -> None:
    options = [word for setting in layout for word in ("-E", setting)]
    assert run("read", "-e", "ifname", "-e", "mtu", *options, path).lines == lines


def test_the_time_as_asked_for(path: Path, run: Command) -> None:
    assert run("read", "-e", "time", "-t", "r", path).lines == ["0.000000", "0.001000", "0.002000"]


def test_the_file_when_there_are_several(path: Path, run: Command) -> None:
    assert (
        run("read", "-e", "file", "-e", "message", "--no-merge", path, path).lines
        == [f"{path}\t{i}" for i in (1, 2, 3)] * 2
    )


def test_a_nest_gives_its_bytes(path: Path, run: Command) -> None:
    assert run("read", "-e", "linkinfo", path).lines[0] == attribute(1, b"veth\0").hex()


@pytest.mark.slow
@pytest.mark.parametrize("recording", SWEPT, ids=lambda p: p.name)
def test_fields_are_those_of_the_json(recording: Path, run: Command) -> None:
    lists = ("file", "comments", "lost", "diagnoses", "flag_names")
    names = [field for field in MESSAGE_COLUMNS if field not in lists]
    options = [word for field in names for word in ("-e", field)]
    rows = [line.split("\t") for line in run("read", *options, recording).lines]
    objects = run("read", "-T", "jsonl", recording).objects
    for row, shown in zip(rows, objects, strict=True):
        for field, text in zip(names, row, strict=True):
            value = shown.get(field)
            if field == "truncated":
                value = "true" if value else "false"
            elif field == "process" and value is not None:
                known = value.get("name") or value.get("pid")
                mark = "?" if value.get("hint") else ""
                value = f"{known}{mark}" if known else f"socket:[{value['inode']}]"
            assert text == safe("" if value is None else str(value)), field


def values(nodes: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The values in a tree of the JSON, by name."""
    for node in nodes:
        yield node["name"], node.get("value")
        yield from values(node.get("children", []))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", share(["conntrack", "links", "nft_rules", "wireguard", "tc_filters"])
)
def test_a_column_has_what_a_filter_finds(name: str, run: Command) -> None:
    """Of each name that the JSON has, wherever it is."""
    recording = RECORDINGS / f"{name}.pcap"
    known: dict[str, bool] = {}
    for row in run("read", "-T", "jsonl", recording).objects:
        for key, value in values(row.get("attributes", [])):
            full = value not in (None, "", [])
            known[key] = known.get(key, True) and full and key not in GETTERS
    names = [key for key, full in known.items() if full and not key.isdecimal()]
    assert len(names) > 20
    for chosen in names[:: len(names) // 15]:
        rows = [
            line.split("\t") for line in run("read", "-e", "message", "-e", chosen, recording).lines
        ]
        found = run("read", "-e", "message", "-Y", chosen, recording).lines
        assert [number for number, text in rows if text] == found, chosen


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("weigth", "-e: there is no field 'weigth'; did you mean 'weight'?"),
        ("newlink", "-e: newlink names messages"),
        ("mtu:words", "-e: mtu:words is no field"),
    ],
)
def test_what_is_no_field(field: str, said: str, path: Path, run: Command) -> None:
    ran = run("read", "-e", field, path)
    assert ran.status == 2
    assert said in ran.err
