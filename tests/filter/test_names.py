"""Every name that a message shows is one that filters take, and finds that message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import nldissect
from nldissect._internal.filter.message_fields import GETTERS
from support.command import Command
from support.messages import RECORDINGS
from support.sweep import SWEPT

# Every so many of a recording's names is asked for; which, depends on the recording.
STEP = 41


def names_in(nodes: list[dict[str, Any]]) -> Iterator[str]:
    """The names and constants of a tree of the JSON."""
    for node in nodes:
        yield node["name"]
        if node.get("constant"):
            yield node["constant"]
        yield from names_in(node.get("children", []))


def is_name(text: str) -> bool:
    """Whether it is no index, no message-level field (first in filters), no word of theirs."""
    return not (
        text.isdecimal() or text.startswith("attr ") or text in GETTERS or text in ("all", "any")
    )


# A name is resolved at some cost, and stands in many recordings.
compiled = cache(nldissect.compile)


@pytest.mark.slow
@pytest.mark.parametrize("path", SWEPT, ids=lambda path: path.stem)
def test_what_is_shown_is_found(path: Path) -> None:
    where: dict[str, set[int]] = defaultdict(set)
    with nldissect.open(path) as capture:
        messages = list(capture)
        for message in messages:
            for name in filter(is_name, names_in(message.to_dict().get("attributes", []))):
                where[name].add(message.number)
        names = sorted(where)
        assert [name for name in names if not compiled(name)] == []
        for name in names[len(path.stem) % STEP :: STEP]:
            test = compiled(name)
            found = {message.number for message in messages if test.matches(message)}
            assert where[name] <= found, name


@pytest.mark.parametrize(
    ("recording", "filter", "count"),
    [
        ("nft", "key_typeof", 14),
        ("refused", "segment-1", 8),
        ("ss", "sock-diag.get-inet", 6),
        ("ss", "inet-diag-req-v2.sdiag-protocol == 6", 4),
        ("tc_filters", "tcf_em_cmp.off == 2", 4),
        ("rtnl_ra", "newnduseropt.server-0 == 2001:db8::53", 0),
        ("rtnl_ra", "trailing", 3),
        ("sock_diag", "icons", 1),
    ],
)
def test_names_that_code_and_structs_have(
    recording: str, filter: str, count: int, run: Command
) -> None:
    got = run("read", "--count", "-Y", filter, RECORDINGS / f"{recording}.pcap")
    assert got.lines == [str(count)]


@pytest.mark.parametrize("recording", ["nl_util", "genl_families", "genltest"])
def test_control_messages_are_of_the_family_that_they_answer(recording: str, run: Command) -> None:
    path = RECORDINGS / f"{recording}.pcap"
    with nldissect.open(path) as capture:
        messages = list(capture)
        answers = [(m.number, m.link.of) for m in messages if 0 <= m.type < 16 and m.link]
        asked = {at: capture[of - 1].family for at, of in answers if of}
        assert {at: capture[at - 1].family for at in asked} == asked
        assert {at: messages[at - 1].to_dict().get("family") for at in asked} == asked
        for family in {*asked.values()} - {None}:
            wanted = [at for at in asked if asked[at] == family]
            text = f"family == {family} && type < 16"
            assert [m.number for m in capture.filter(text)] == wanted
            shown = run("read", "-Y", text, "-e", "message", "-e", "family", path).lines
            assert shown == [f"{at}\t{family}" for at in wanted]


def test_a_done_whose_request_is_missing_has_no_family(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "answers.pcap"
    run("read", "-Y", "from_kernel", "-w", path, RECORDINGS / "genltest.pcap")
    shown = run("read", "-Y", "type < 16", "-e", "operation", "-e", "family", path).lines
    assert shown == ["done\t", "ack\tnlctrl", "ack\tnlctrl", "ack\tgenltest"]  # acks echo it


NAMES = [
    "kind", "IFLA_INFO_KIND", "via", "pid", "port", "nlmsg_pid", "nlmsg_type", "process.pid",
    "request.ifname", "request.nlmsg_flags", "extack.msg", "note.code", "operation", "constant",
    "family", "command", "version", "linkinfo.kind", "rtm_dst_len", "rtm-dst-len", "genlmsghdr",
    "answers", "state", "group", "ops.id",
]  # fmt: skip


@pytest.mark.parametrize("recording", ["iproute", "refused", "nl_util"])
def test_columns_have_values_wherever_filters_match(recording: str, run: Command) -> None:
    path = RECORDINGS / f"{recording}.pcap"
    columns = [part for name in NAMES for part in ("-e", name)]
    rows = [row.split("\t") for row in run("read", *columns, path).lines]
    with nldissect.open(path) as capture:
        messages = list(capture)
        for name, values in zip(NAMES, zip(*rows, strict=True), strict=True):
            matches = [compiled(name).matches(message) for message in messages]
            assert [bool(value) for value in values] == matches, name


def test_pid_is_the_process_and_nlmsg_pid_the_port(run: Command) -> None:
    path = RECORDINGS / "errors.pcap"
    of_process = run("read", "--pid", "562", path).lines
    assert of_process == run("read", "-Y", "pid == 562", path).lines
    assert run("read", "--port", "562", path).lines == of_process[1:]
    assert run("read", "-Y", "nlmsg_pid == 562", path).lines == of_process[1:]


def test_a_name_further_down_is_named_by_its_path() -> None:
    with nldissect.open(RECORDINGS / "links.pcap") as capture:
        message = capture.filter("kind == dummy")[0]
        with pytest.raises(KeyError, match=r"at the top of this message.*'linkinfo\.kind'"):
            message["IFLA_INFO_KIND"]


def test_fields_lists_names(run: Command) -> None:
    rows = run("fields", "IFLA_M*U", "--dissector", "rt-link").lines
    assert rows[0].split() == ["NAME", "CONSTANT", "TYPE", "DISSECTOR", "WHAT"]
    assert rows[1].split() == ["mtu", "IFLA_MTU", "u32", "rt-link", "in", "link-attrs"]
    every = [row.split()[0] for row in run("fields").lines[1:]]
    assert {"latency", "process.name", "via", "newlink", "rta-dst", "dst"} - {*every} == {"rta-dst"}
    assert len(every) > 10_000
    listed = run("fields", "kind", "--dissector", "rt-link")
    assert any(row.startswith("kind ") for row in listed.lines)


def test_fields_of_no_name(run: Command) -> None:
    ran = run("fields", "lnkinfo")
    assert (ran.status, ran.lines) == (1, [])
    assert "no field is named 'lnkinfo' (did you mean 'linkinfo'?)" in ran.err
    ran = run("fields", "--dissector", "rt-lnk")
    assert ran.status == 2
    assert "no dissector is named 'rt-lnk' (did you mean 'rt-link'?)" in ran.err


def test_a_dissector_is_shown(run: Command) -> None:
    lines = run("dissectors", "show", "rt-link", "genltest").lines
    assert lines[0] == "rt-link: route"
    assert "newlink  RTM_NEWLINK  to the kernel 16, from the kernel 16" in lines
    assert "    struct ifinfomsg of 16 bytes" in lines
    assert "        4 mtu  IFLA_MTU  u32" in lines
    at = lines.index("            kind vlan:") if "            kind vlan:" in lines else -1
    inside = next(i for i, line in enumerate(lines) if line.strip() == "kind vlan:")
    assert at in (-1, inside)
    assert lines[inside + 2].strip() == "1 id  IFLA_VLAN_ID  u16"
    assert lines[-1].strip() == "1 msg  GENLTEST_A_MSG  string"
    ran = run("dissectors", "show", "rt-lonk")
    assert ran.status == 2
    assert "no dissector is named 'rt-lonk' (did you mean 'rt-link'?)" in ran.err
