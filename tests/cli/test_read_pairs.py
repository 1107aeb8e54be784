"""What pairing adds to `nldissect read`: who answers whom, copies in one row, errors in words."""

from __future__ import annotations

import io
import json
import struct
import subprocess
from pathlib import Path

import pytest

from nldissect._internal.analysis.link_text import answered_by, latency
from nldissect._internal.capture.reader import PcapngWriter, open_capture
from nldissect._internal.cli.commands import build
from nldissect._internal.library.index import Index
from nldissect._internal.pairing.codes import ANSWER, CONFIDENCES, COPY, REQUEST, ROLES
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.spec.registry import Registry
from support.command import (
    GENERIC,
    GETLINK,
    NEWLINK,
    ROOT,
    Command,
    attribute,
    link,
    message,
    mtu,
    name,
    save,
    start,
)
from support.pairing import link_table
from support.sweep import SWEPT

RECORDINGS = ROOT / "captures"
ACK, DUMP, REQUEST_FLAG, MULTI, CAPPED, TLVS = 4, 0x300, 1, 2, 0x100, 0x200
NEWTFILTER = 44


def nlmsgerr(request: bytes, error: int, extra: bytes = b"", **header: int) -> bytes:
    return message(2, struct.pack("<i", error) + request + extra, **header)


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """A request, its answer; a notification for three sockets; an error about an attribute."""
    get = link(name("eth0"), kind=GETLINK, flags=REQUEST_FLAG, sequence=7)
    told = link(name("eth1"), mtu(1400), index=3)
    change = link(name("eth2"), mtu(70000), flags=REQUEST_FLAG | ACK, sequence=8)
    offset = change.index(struct.pack("<I", 70000)) - 4
    refused = nlmsgerr(
        change,
        -22,
        attribute(1, b"too large\0") + attribute(2, struct.pack("<I", offset)),
        flags=TLVS,
        sequence=8,
        port=500,
    )
    return save(
        tmp_path / "a.pcap",
        get,
        link(name("eth0"), sequence=7, port=500),
        told,
        told,
        told,
        change,
        refused,
    )


# -- JSON and fields ---------------------------------------------------------------------


def test_the_json_of_a_conversation(asked: Path, run: Command) -> None:
    shown = run("read", "-T", "jsonl", asked).objects
    names = ("answers", "answered_by", "transaction", "latency", "listeners", "copy_of", "group")
    assert [tuple(m.get(n) for n in names) for m in shown] == [
        (None, 2, 1, 1_000_000, None, None, None),
        (1, None, 1, 1_000_000, None, None, None),
        (None, None, None, None, 3, None, "RTNLGRP_LINK"),
        (None, None, None, None, None, 3, "RTNLGRP_LINK"),
        (None, None, None, None, None, 3, "RTNLGRP_LINK"),
        (None, 7, 2, 1_000_000, None, None, None),
        (6, None, 2, 1_000_000, None, None, None),
    ]
    confidences = [m.get("confidence") for m in shown]
    assert confidences == ["certain", "certain", None, "likely", "likely", "certain", "certain"]


def test_the_process_is_a_hint_from_the_port_of_the_answers(asked: Path, run: Command) -> None:
    shown = run("read", "-T", "jsonl", asked).objects
    hint = {"pid": 500, "hint": True}
    assert [m.get("process") for m in shown] == [hint, hint, None, None, None, hint, hint]
    assert run("read", "-e", "process", asked).lines == ["500?", "500?", "", "", "", "500?", "500?"]


def test_fields_of_a_conversation(asked: Path, run: Command) -> None:
    options = [w for f in ("answers", "answered_by", "latency", "copy_of") for w in ("-e", f)]
    assert run("read", *options, asked).lines[:4] == [
        "\t2\t1000000\t",
        "1\t\t1000000\t",
        "\t\t\t",
        "\t\t\t3",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", SWEPT, ids=lambda p: p.stem)
def test_the_json_is_what_a_survey_of_the_whole_capture_finds(path: Path, run: Command) -> None:
    whole = link_table(Session(Registry()).messages(open_capture(str(path))))
    index = Index(str(path), Registry())
    index.extend()
    objects = run("read", "-T", "jsonl", path).objects
    assert len(whole.role) == len(objects) + 1
    for shown in objects:
        n = shown["message"]
        role = ROLES[whole.role[n]]
        of = whole.of[n] or None
        assert shown.get("answers") == (of if role == ANSWER else None)
        assert shown.get("copy_of") == (of if role == COPY else None)
        assert shown.get("transaction") == (whole.transaction[n] or None)
        assert shown.get("listeners") == (whole.listeners[n] or None)
        assert (shown["direction"] == "to-kernel") == (role == REQUEST)
        if "confidence" in shown:
            assert shown["confidence"] == CONFIDENCES[whole.confidence[n]]
        if "answered_by" in shown:
            link = index.link(n - 1)
            assert link is not None
            assert shown["answered_by"] == answered_by(link)
            assert shown["latency"] == latency(index.message(n - 1), link)


PAIRED = ("answered_by", "answers", "latency", "listeners", "copy_of", "process")


def test_a_stream_waits_for_what_belongs_together(asked: Path, run: Command) -> None:
    with start("read", "-T", "jsonl", "-", stdin=subprocess.PIPE) as process:
        out, _ = process.communicate(asked.read_bytes())
    shown = [json.loads(line) for line in io.BytesIO(out)]
    whole = run("read", "-T", "jsonl", asked).objects
    assert [[m.get(key) for key in PAIRED] for m in shown] == [
        [m.get(key) for key in PAIRED] for m in whole
    ]
    with start("read", "-", stdin=subprocess.PIPE) as process:
        lines, _ = process.communicate(asked.read_bytes())
    assert lines.decode() == run("read", asked).out, "copies are one row, and so on"


def test_a_stream_does_not_wait_long(asked: Path) -> None:
    content = asked.read_bytes()
    first = 24 + 16 + struct.unpack_from("<I", content, 24 + 8)[0]
    with start("read", "-T", "jsonl", "-", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(content[:first])
        process.stdin.flush()
        request = json.loads(process.stdout.readline())  # though its answer never comes
        assert "answered_by" not in request
        process.stdin.write(content[first:])
        process.stdin.close()
        answer = json.loads(process.stdout.readline())
        assert (answer["answers"], answer["latency"]) == (1, 10**6)
        process.stdout.read()


# -- direction ---------------------------------------------------------------------------


def test_an_answer_that_bears_its_requests_flags_comes_from_the_kernel(
    tmp_path: Path, run: Command
) -> None:
    tcmsg = struct.pack("<BxxxiIII", 0, 2, 0, 0xFFFFFFFF, 0)
    ask = message(NEWTFILTER, tcmsg, flags=REQUEST_FLAG | ACK, sequence=9)
    back = message(NEWTFILTER, tcmsg, flags=REQUEST_FLAG | ACK, sequence=9, port=800)
    path = save(tmp_path / "a.pcap", ask, back, nlmsgerr(ask[:16], 0, sequence=9, port=800))
    shown = run("read", "-T", "jsonl", path).objects
    assert [m["direction"] for m in shown] == ["to-kernel", "from-kernel", "from-kernel"]
    assert [line.split()[2] for line in run("read", path).lines] == ["→", "←", "←"]


# -- the list ------------------------------------------------------------------------------


def test_copies_are_one_row_that_counts_them(asked: Path, run: Command) -> None:
    lines = run("read", asked).lines
    assert [int(line.split()[0]) for line in lines] == [1, 2, 3, 6, 7]
    assert lines[2].endswith(" (3 copies, RTNLGRP_LINK)")
    assert not any("cop" in line for line in (*lines[:2], *lines[3:]))


def test_each_copy_on_request(asked: Path, run: Command) -> None:
    lines = run("read", "--copies", asked).lines
    assert len(lines) == 7
    assert lines[2].endswith("(3 copies, RTNLGRP_LINK)")
    assert [line.endswith("(copy of #3)") for line in lines] == [n in (3, 4) for n in range(7)]


def test_copies_are_no_rows_to_count_but_are_written(
    asked: Path, tmp_path: Path, run: Command
) -> None:
    assert len(run("read", "-c", "4", asked).lines) == 4
    out = tmp_path / "out.pcapng"
    assert len(run("read", "-w", out, asked).lines) == 5
    assert len(run("read", "-e", "message", out).lines) == 7


def test_copies_are_for_text(asked: Path, run: Command) -> None:
    ran = run("read", "--copies", "-T", "jsonl", asked)
    assert ran.status == 2
    assert "--copies goes with text" in ran.err


def test_an_error_says_where_the_fault_lies(asked: Path, run: Command) -> None:
    expected = '-22 EINVAL "too large" for newlink eth0 at IFLA_MTU (value 70000)'
    assert run("read", asked).lines[-1].endswith(f"error      {expected} (to #6, [500]?)")
    assert run("read", "-T", "jsonl", asked).objects[-1]["summary"] == f"error {expected}"


def test_an_error_that_echoes_a_header_is_about_the_request_that_it_answers(
    tmp_path: Path, run: Command
) -> None:
    ask = link(name("eth9"), kind=NEWLINK, flags=REQUEST_FLAG | ACK, sequence=4)
    path = save(tmp_path / "a.pcap", ask, nlmsgerr(ask[:16], -17, flags=CAPPED, sequence=4, port=9))
    assert (
        run("read", path).lines[1].endswith("error      -17 EEXIST for newlink eth9 (to #1, [9]?)")
    )


@pytest.mark.parametrize(
    ("recording", "text"),
    [
        ("acks", " at IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_BOND_PRIMARY (value 3 kiwi0)"),
        ("errors", '-22 EINVAL "Unknown attribute type" for getlink dump at attr 400'),
    ],
)
def test_errors_of_recordings(recording: str, text: str, run: Command) -> None:
    assert text in run("read", RECORDINGS / f"{recording}.pcap").out


def test_acknowledgements_and_ends_show_the_family_of_their_request(run: Command) -> None:
    path = RECORDINGS / "nlctrl.pcap"
    rows = [line.split() for line in run("read", "--protocol", "generic", path).lines]
    last = [row[3] for row in rows if row[4] in ("ack", "error", "done")]
    assert last
    assert "generic" not in last


def test_the_family_of_a_silent_error(tmp_path: Path, run: Command) -> None:
    """No request in the capture: the echo tells nlctrl (type 16)."""
    ask = message(16, b"\3\2\0\0", flags=REQUEST_FLAG, sequence=2)
    path = save(tmp_path / "a.pcap", nlmsgerr(ask, -2, sequence=2, port=3), protocol=GENERIC)
    assert run("read", path).lines[0].split()[2:5] == ["←", "nlctrl", "error"]


# -- the tree ------------------------------------------------------------------------------


def test_the_tree_says_what_belongs_together(asked: Path, run: Command) -> None:
    trees = run("read", "-V", "--copies", asked).out.split("\n\n")
    origins = [tree.split("\n")[1] for tree in trees[:7]]
    for origin, end in zip(
        origins,
        [
            "answered by #2 after 1.00 ms",
            "answers #1 after 1.00 ms",
            "notification to RTNLGRP_LINK, 3 listeners",
            "copy of #3",
            "copy of #3",
            "answered by #7 after 1.00 ms",
            "answers #6 after 1.00 ms",
        ],
        strict=True,
    ):
        assert origin.endswith(f" bytes, {end}")


def test_the_tree_tells_the_fate_of_a_batchs_parts(tmp_path: Path, run: Command) -> None:
    begin, *parts, end = (
        message(kind, bytes(4), REQUEST_FLAG, sequence=n)
        for n, kind in enumerate((16, 0xA00, 0xA03, 17))
    )
    refused = nlmsgerr(parts[1], -17, sequence=2, port=700)
    path = save(tmp_path / "a.pcap", b"".join((begin, *parts, end)), refused, protocol=12)
    out = run("read", "-V", path).out
    fates = [line.rpartition("in batch #1: ")[2] for line in out.splitlines() if "in batch" in line]
    assert fates == ["rolled-back", "rolled-back", "failed", "rolled-back"]


def test_the_tree_says_that_parts_of_a_dump_were_lost(tmp_path: Path, run: Command) -> None:
    get = link(kind=GETLINK, flags=REQUEST_FLAG | DUMP, sequence=7)
    told = {"sequence": 7, "port": 500}
    path = save(
        tmp_path / "a.pcap",
        get,
        link(name("eth0"), flags=MULTI, **told),
        message(4, bytes(4), **told),
        message(3, bytes(4), MULTI, **told),
    )
    assert "answered by #4 after 3.00 ms, overrun: answers were lost" in run("read", "-V", path).out


def test_the_tree_explains_an_error_in_full(asked: Path, run: Command) -> None:
    lines = run("read", "-V", asked).lines
    assert lines[lines.index("    why") :] == [
        "    why",
        "        EINVAL (22): Invalid argument",
        "        the kernel says: too large",
        "        at offset 44: IFLA_MTU, 8 bytes",
        "        there: value 70000",
        "        bytes: 08 00 04 00 70 11 01 00",
        "",
    ]


# -- host names ----------------------------------------------------------------------------


def test_host_names_are_taken_when_asked_for(
    tmp_path: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rt_protos").write_text("77 orchard\n")
    monkeypatch.setattr("nldissect._internal.library.hostnames.FOLDERS", (str(tmp_path),))
    route = struct.pack("<BBBBBBBBI", 2, 24, 0, 0, 254, 77, 0, 1, 0)
    path = save(tmp_path / "a.pcap", message(24, route + attribute(1, bytes((192, 0, 2, 0)))))
    assert "orchard" not in run("read", path).out
    assert "orchard" in run("read", "--host-names", path).out


def test_both_options_are_told(run: Command) -> None:
    options = build()[1]["read"].options()
    assert {"--copies", "--host-names"} <= set(options)


def test_a_dump_longer_than_what_is_held_back_is_answered_by_its_end(
    tmp_path: Path, run: Command
) -> None:
    path = tmp_path / "long.pcapng"
    first, part, *rest = open_capture(str(RECORDINGS / "sockets.pcap"))
    with open(path, "wb") as stream:
        writer = PcapngWriter(stream)
        for record in (first, *[part] * 2500, *rest):  # two messages each
            writer.write(record)
    shown = run("read", "-T", "fields", "-e", "answered_by", "-e", "latency", "-c", "1", path).lines
    assert shown == ["5002\t974080"]
