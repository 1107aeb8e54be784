"""`nldissect read`: lists, trees, selections, several files, streams, and how it ends."""

from __future__ import annotations

import os
import re
import struct
import subprocess
from pathlib import Path

import pytest

from nldissect._internal.capture.reader import open_capture
from support import ROOT
from support.capture_files import END, enhanced, interface, netlink, pcap, section
from support.command import (
    CAPTURES,
    GENERIC,
    GETLINK,
    Command,
    attribute,
    link,
    message,
    mtu,
    name,
    save,
    start,
)
from support.sweep import SWEPT

LINE = re.compile(r"[! ] *\d+ +(\d+\.\d{6}(\d{3})?)? [→←] \S+ +\S+.*")


def test_there_are_recordings() -> None:
    assert CAPTURES


@pytest.mark.slow
@pytest.mark.parametrize("path", SWEPT, ids=lambda p: p.name)
def test_the_list_has_a_line_for_every_message(path: Path, run: Command) -> None:
    listed = run("read", "--copies", path)
    objects = run("read", "-T", "jsonl", path).objects
    assert (listed.status, listed.err) == (0, "")
    assert (
        [int(line[1:].split()[0]) for line in listed.lines]
        == [m["message"] for m in objects]
        == list(range(1, len(objects) + 1))
    )
    for line, shown in zip(listed.lines, objects, strict=True):
        assert LINE.fullmatch(line)
        assert ("→" in line) == (shown["direction"] == "to-kernel")
        severities = {d["severity"] for d in shown.get("diagnoses", [])}
        assert line.startswith("!") == bool(severities - {"note"})
        generic = shown["protocol"] == "generic" and shown["type"] >= 16
        asked = objects[shown["answers"] - 1] if "answers" in shown else shown
        family = (shown if generic else asked).get("family")
        if family is None and shown["protocol"] == "generic" and not generic:
            continue  # an error that echoes a header names its family, too
        assert (family or ("family " if generic else shown["protocol"])) in line
        if "operation" in shown:
            assert f" {shown['operation']} " in line + " "


@pytest.mark.slow
def test_with_a_count_only_what_is_near_is_read_ahead(run: Command, tmp_path: Path) -> None:
    asked = link(index=7, kind=GETLINK, flags=1)
    rest = [link(index=7, kind=GETLINK, flags=1)] * 70_000  # some 5 MB
    early = save(tmp_path / "early.pcap", asked, link(name("eth7"), index=7), *rest)
    late = save(tmp_path / "late.pcap", asked, *rest, link(name("eth7"), index=7))
    assert "eth7" in run("read", "-c", "1", early).lines[0]
    assert "eth7" not in run("read", "-c", "1", late).lines[0]
    assert "eth7" in run("read", "--two-pass", "-c", "1", late).lines[0]


@pytest.mark.slow
@pytest.mark.parametrize("path", SWEPT, ids=lambda p: p.name)
def test_the_tree_shows_every_node(path: Path, run: Command) -> None:
    trees = run("read", "-V", "--copies", "--names", "spec", path).out
    messages = trees.split("\n\n")[:-1]
    objects = run("read", "-T", "jsonl", path).objects
    assert len(messages) == len(objects)
    for tree, shown in zip(messages, objects, strict=True):
        assert f"\n        sequence: {shown['sequence']}\n" in tree
        assert f"record {shown['record']}, {shown['time']}" in tree
        names = [line.strip().partition(":")[0] for line in tree.splitlines()]
        at = 0
        for node in every(shown.get("attributes", [])):
            if node["kind"] == "array" or str(node["name"]).isdigit():
                continue
            at = next(i for i in range(at, len(names)) if names[i].startswith(node["name"])) + 1


def every(nodes):  # type: ignore[no-untyped-def]
    for node in nodes:
        yield node
        if node["kind"] != "array":
            yield from every(node.get("children", []))


def test_a_line_in_full(tmp_path: Path, run: Command) -> None:
    path = save(
        tmp_path / "a.pcap",
        link(name("eth0"), mtu(1500), kind=GETLINK, flags=1),
        link(name("eth0"), mtu(1500), port=77),
    )
    first, second = run("read", path).lines
    assert first == "     1   0.000000 → route     getlink    eth0 mtu 1500"
    assert second == "     2   0.001000 ← route     newlink    eth0 <NO-CARRIER,UP> mtu 1500"


def test_the_tree_in_full(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap", link(name("eth0"), mtu(1500), index=7, port=77, sequence=5))
    shown = run("read", "-V", path).lines
    assert shown[1:3] == [
        "    record 1, 2026-01-02T03:04:05.000000000Z, 52 bytes, notification to RTNLGRP_LINK",
        "    nlmsghdr",
    ]
    for line in (
        "        nlmsg_len: 52",
        "        nlmsg_type: 16 (RTM_NEWLINK)",
        "        nlmsg_seq: 5",
        "        nlmsg_pid: 77",
        "    ifinfomsg",
        "        ifi_index: 7 (eth0)",
        "        ifi_flags: 0x00000001 (IFF_UP)",
        '    IFLA_IFNAME: "eth0"',
        "    IFLA_MTU: 1500",
    ):
        assert line in shown
    assert "    mtu: 1500" in run("read", "-V", "--names", "spec", path).lines


def test_hexadecimal_below(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap", message(GETLINK, b"\0" * 16, flags=1))
    shown = run("read", "-x", path).lines
    assert shown[1] == "0000  20 00 00 00 12 00 01 00 01 00 00 00 00 00 00 00    ..............."
    assert shown[2].startswith("0010  00 00 00")
    assert shown[3] == ""
    assert set(shown[1:3]) < set(run("read", "-Vx", path).lines)


def test_malformed_is_marked(tmp_path: Path, run: Command) -> None:
    bad = link(attribute(3, b"eth0\0"), b"\xff\0\x04\0abcd")
    path = save(tmp_path / "a.pcap", bad, link(name("lo")))
    first, second = run("read", path).lines
    assert first.startswith("!")
    assert first.endswith("[nla_len 255 is more than the 8 left]")
    assert second.startswith(" ")
    assert "[error: nla_len 255 is more than the 8 left]" in run("read", "-V", path).out


# -- times -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "long", "times"),
    [
        ("r", "relative", ["0.000000", "1.500000", "3.000000"]),
        ("d", "delta", ["0.000000", "1.500000", "1.500000"]),
        ("e", "epoch", ["1767323045.000000", "1767323046.500000", "1767323048.000000"]),
        ("u", "utc", ["03:04:05.000000Z", "03:04:06.500000Z", "03:04:08.000000Z"]),
        ("ud", "utc-date", ["2026-01-02 03:04:05.000000Z"]),
        ("a", "absolute", ["08:34:05.000000"]),
        ("ad", "absolute-date", ["2026-01-02 08:34:05.000000"]),
    ],
)
def test_time_formats(
    form: str,
    long: str,
    times: list[str],
    tmp_path: Path,
    run: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import time

    monkeypatch.setenv("TZ", "XXX-5:30")
    time.tzset()
    try:
        path = save(tmp_path / "a.pcap", *[link(name("lo"))] * 3, step=1_500_000)
        shown = run("read", "-t", form, path)
        assert run("read", "-t", long, path).out == shown.out
    finally:
        monkeypatch.undo()
        time.tzset()
    for line, expected in zip(shown.lines, times, strict=False):
        assert f" {expected} ←" in line


def test_delta_counts_hidden_records_and_delta_shown_does_not(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap", link(), message(GETLINK, flags=1), link(), step=1_000_000)
    times = [
        run("read", "-t", form, "--type", "newlink", path).lines[1].split()[1]
        for form in ("d", "dd", "r")
    ]
    assert times == ["1.000000", "2.000000", "2.000000"]


def test_nanoseconds_when_there_are_any(tmp_path: Path, run: Command) -> None:
    packet = netlink(0, link(name("lo")))
    path = tmp_path / "a.pcap"
    path.write_bytes(
        pcap([(5, 1, packet, len(packet)), (6, 3, packet, len(packet))], magic=0xA1B23C4D)
    )
    assert [line.split()[1] for line in run("read", path).lines] == ["0.000000000", "1.000000002"]
    assert run("read", "-T", "jsonl", path).objects[1]["time"] == "1970-01-01T00:00:06.000000003Z"


def test_a_record_without_a_time(tmp_path: Path, run: Command) -> None:
    from support.capture_files import simple

    path = tmp_path / "a.pcapng"
    path.write_bytes(
        section("<") + interface("<", 253, snaplen=9999) + simple("<", netlink(0, link(name("lo"))))
    )
    assert re.fullmatch(r" +1 +← route .*", run("read", path).lines[0])
    assert "time" not in run("read", "-T", "jsonl", path).objects[0]


# -- selections --------------------------------------------------------------------------


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Requests, answers, an error and an ack of rtnetlink, and two messages in one record."""
    request = link(name("nope"), kind=GETLINK, flags=1, sequence=3)
    return save(
        tmp_path / "mixed.pcap",
        link(name("eth0"), kind=GETLINK, flags=1, sequence=2),
        link(name("eth0"), port=500) + link(name("eth1"), index=3, port=500),
        request,
        message(2, b"\xed\xff\xff\xff" + request, sequence=3, port=500),
        message(2, b"\0\0\0\0" + request[:16], flags=0x100, sequence=3, port=600),
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--type", "newlink"], [2, 3]),
        (["--type", "RTM_NEWLINK"], [2, 3]),
        (["--type", "16"], [2, 3]),
        (["--type", "0x12,error"], [1, 4, 5]),
        (["--type", "newlink", "--type", "ack"], [2, 3, 6]),
        (["--type", "NLMSG_ERROR"], [5, 6]),
        (["--port", "500"], [2, 3, 5]),
        (["--port", "500,600", "--type", "ack"], [6]),
        (["--protocol", "route"], [1, 2, 3, 4, 5, 6]),
        (["--protocol", "NETLINK_ROUTE,generic"], [1, 2, 3, 4, 5, 6]),
        (["--protocol", "16"], []),
        (["-c", "3"], [1, 2, 3]),
        (["-c", "2", "--port", "500"], [2, 3]),
    ],
)
def test_selections(options: list[str], expected: list[int], mixed: Path, run: Command) -> None:
    shown = run("read", "-T", "jsonl", *options, mixed)
    assert [m["message"] for m in shown.objects] == expected
    assert (shown.status, shown.err) == (0, "")


def test_the_error_by_name_and_for_what(mixed: Path, run: Command) -> None:
    (line,) = run("read", "--type", "error", mixed).lines
    assert line.endswith("error      -19 ENODEV for getlink nope (to #4, [500]?)")


def family_of(number: int, text: str) -> bytes:
    """nlctrl's CTRL_CMD_NEWFAMILY."""
    identity = attribute(1, struct.pack("<H", number)) + attribute(2, text.encode() + b"\0")
    return message(16, b"\1\2\0\0" + identity)


def test_families(tmp_path: Path, run: Command) -> None:
    path = save(
        tmp_path / "a.pcap",
        family_of(40, "hobby"),
        message(40, b"\1\0\0\0", flags=1),
        protocol=GENERIC,
    )
    shown = run("read", "-T", "jsonl", "--family", "hobby", path)
    assert [(m["message"], m.get("family")) for m in shown.objects] == [(2, "hobby")]
    missed = run("read", "--family", "hoby", path)
    assert missed.out == ""
    assert missed.err == (
        "nldissect: --family: no message of family 'hoby' (did you mean 'hobby'?); "
        "there are hobby, nlctrl\n"
    )


# -- what is wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["read"], "a FILE is missing"),
        (["raed", "x"], "'raed' is no command (did you mean 'read'?)"),
        (["read", "--verbos", "x"], "no such option: --verbos (did you mean '--verbose'?)"),
        (["read", "--type", "newlnk", "x"], "no operation 'newlnk' (did you mean 'newlink'?)"),
        (["read", "--protocol", "rout", "x"], "no netlink protocol 'rout' (did you mean 'route'?)"),
        (["read", "--pid", "me", "x"], "--pid: 'me' is no number"),
        (["read", "--port", "me", "x"], "--port: 'me' is no number"),
        (["read", "-c", "0", "x"], "-c: 0 messages"),
        (["read", "-T", "xml", "x"], "invalid choice: 'xml'"),
        (["read", "-T", "fields", "x"], "at least one -e"),
        (["read", "-T", "json", "-V", "x"], "-V and -x go with text"),
        (["read", "-T", "json", "-e", "time", "x"], "-e and -E go with -T fields"),
        (["read", "-e", "ifnam", "x"], "no field 'ifnam'; did you mean 'ifname'?"),
        (["read", "-e", "time", "-E", "colour=y", "x"], "'colour=y' is none of"),
        (["read", "--decode-as", "21", "x"], "not NUMBER=NAME"),
        (["read", "--decode-as", "21=nlexampel", "x"], "did you mean 'nlexample'"),
        (["read", "--specs", "/nowhere/at/all", "x"], "/nowhere/at/all"),
        (["read", "-", "-"], "only once"),
        (["read", "/nowhere/at.pcap"], "/nowhere/at.pcap: cannot be opened: No such file"),
        (["--config", "a b", "tui", "x"], "behind the command: `nldissect tui --config 'a b' x`"),
        (["-Y", "ack", "x.pcap"], "-Y stands behind a command, as in `nldissect read …`"),
        (["--nosuch"], "no such option: --nosuch"),
        (["completion", "tcsh"], "invalid choice: 'tcsh'"),
        (["dissectors", "check"], "needs a file"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    arguments: list[str], words: str, run: Command
) -> None:
    ran = run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("nldissect: ")
    assert ran.err.count("\n") == 1
    assert words in ran.err


def test_a_file_given_as_the_command(mixed: Path, run: Command) -> None:
    assert run(mixed) == run("read", mixed)


def test_a_cut_file_shows_what_is_before(mixed: Path, tmp_path: Path, run: Command) -> None:
    whole = run("read", mixed)
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(mixed.read_bytes()[:-20])
    for order in ("--no-merge", "--merge"):
        ran = run("read", *[order] * (order == "--no-merge"), cut, mixed)
        assert ran.status == 2
        assert ran.err.count("\n") == 1
        assert re.match(rf"nldissect: {re.escape(str(cut))}: record 5 at offset \d+: ", ran.err)
        if order == "--merge":  # what comes at the same time takes turns
            assert len(ran.lines) > 2 * len(whole.lines)
            return
        assert ran.out == (
            f"==> {cut} <==\n"
            + "".join(f"{line}\n" for line in whole.lines[:5])
            + f"\n==> {mixed} <==\n{whole.out}"
        )


def test_files_are_merged_by_time(tmp_path: Path, run: Command) -> None:
    """Nothing of one capture is taken to be of the other: not its answers, nor its families."""
    ask = message(GETLINK, bytes(16), flags=0x301, sequence=7, port=99)
    done = message(3, bytes(4), flags=2, sequence=7, port=99)
    paths = [tmp_path / "one.pcap", tmp_path / "two.pcap"]
    for at, path in enumerate(paths):
        records = [(10 + at, 0, netlink(0, ask)), (20 + at, 0, netlink(0, done))]
        path.write_bytes(pcap([(t, u, packet, len(packet)) for t, u, packet in records]))
    rows = run("read", "-T", "jsonl", *paths).objects
    assert [Path(row["file"]).stem for row in rows] == ["one", "two", "one", "two"]
    assert [row["message"] for row in rows] == [1, 2, 3, 4]
    assert [row.get("answers") for row in rows] == [None, None, 1, 2]
    lines = run("read", *paths).lines
    assert [line for line in lines if line.startswith("==>")] == [
        f"==> {path} <==" for path in (*paths, *paths)
    ]
    assert " 11.000000 ← " in lines[-1]
    apart = run("read", "-T", "jsonl", "--no-merge", *paths).objects
    assert [Path(row["file"]).stem for row in apart] == ["one", "one", "two", "two"]
    assert run("read", "--count", *paths).lines == [f"{path}:2" for path in paths]


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_cut_file_still_gives_whole_json(
    form: str, mixed: Path, tmp_path: Path, run: Command
) -> None:
    import json

    cut = tmp_path / "cut.pcap"
    cut.write_bytes(mixed.read_bytes()[:-20])
    ran = run("read", "-T", form, cut)
    shown = json.loads(ran.out) if form == "json" else ran.objects
    assert (ran.status, len(shown)) == (2, 5)


def test_what_is_not_netlink_is_counted(tmp_path: Path, run: Command) -> None:
    path = tmp_path / "a.pcapng"
    packet = netlink(0, link(name("lo")))
    path.write_bytes(
        section("<")
        + interface("<", 1)
        + interface("<", 253)
        + enhanced("<", 0, 1, b"x" * 60)
        + enhanced("<", 1, 2, packet)
        + enhanced("<", 0, 3, b"y" * 60)
    )
    ran = run("read", path)
    assert (ran.status, len(ran.lines)) == (0, 1)
    assert ran.err == (
        "nldissect: 2 records of link type 1 (ETHERNET) are not netlink and were passed over\n"
    )


def test_a_broken_dissector_is_named_and_the_rest_works(
    mixed: Path, tmp_path: Path, run: Command
) -> None:
    broken = tmp_path / "specs"
    broken.mkdir()
    (broken / "broken.yaml").write_text("name: [\n")
    ran = run("read", "--specs", broken, mixed)
    assert ran.status == 0
    assert len(ran.lines) == 6
    assert ran.err.count("broken.yaml") == 1
    assert ran.err.count("\n") == 1


def test_comments_are_shown_harmlessly(tmp_path: Path, run: Command) -> None:
    path = tmp_path / "a.pcapng"
    path.write_bytes(
        section("<")
        + interface("<", 253)
        + enhanced("<", 0, 1, netlink(0, link(name("lo"))), (1, b"look\x1b[31m here"), END)
    )
    assert '    comment: "look\\x1b[31m here"' in run("read", "-V", path).lines
    assert run("read", "-T", "jsonl", path).objects[0]["comments"] == ["look\x1b[31m here"]


# -- hostile text ------------------------------------------------------------------------------

HOSTILE = "e\x1b[2J\n\x07\u202eth\u2028\x9b0"


@pytest.mark.parametrize("form", [[], ["-V"], ["-x"], ["-e", "ifname", "-e", "summary"]])
@pytest.mark.parametrize("colour", ["always", "never"])
def test_control_characters_never_reach_the_terminal(
    form: list[str], colour: str, tmp_path: Path, run: Command
) -> None:
    path = save(tmp_path / "a.pcap", link(name(HOSTILE)))
    out = run("read", "--color", colour, *form, path).out
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out) if colour == "always" else out
    assert all(c.isprintable() or c in "\n\t" for c in plain)
    assert "e\\x1b[2J\\n\\x07\\u202eth\\u2028\\x9b0" in plain
    assert len(plain.splitlines()) == (
        1
        if form == [] or form[0] == "-e"
        else len(
            run(
                "read", *form, save(tmp_path / "b.pcap", link(name("x" * len(HOSTILE.encode()))))
            ).lines
        )
    )


def test_file_names_are_harmless(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a\x1b[31m\n.pcap", link(name("lo")))
    ran = run("read", path, path, tmp_path / "no\x1b[31m.pcap")
    assert "\x1b" not in ran.out + ran.err


# -- colour and width ----------------------------------------------------------------------------


def test_colour_only_where_it_is_wanted(mixed: Path, run: Command) -> None:
    assert "\x1b" not in run("read", mixed).out
    coloured = run("read", "--color", "always", mixed).out
    assert "\x1b[1;31merror" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == run("read", mixed).out
    tree = run("read", "-V", "--color", "always", mixed).out
    assert re.sub(r"\x1b\[[0-9;]*m", "", tree) == run("read", "-V", mixed).out


def on_a_terminal(
    *arguments: object, columns: int = 80, stdout: int | None = None, **environment: str
) -> str:
    """What the command writes to a terminal; `stdout` is elsewhere if given."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {"TERM": "xterm", "NO_COLOR": "", "COLUMNS": "", **environment}
    process = subprocess.Popen(
        start_arguments(*arguments),
        stdin=subprocess.DEVNULL,
        env={**os.environ, **env},
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
    )
    os.close(theirs)
    out = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # EIO: the other side is closed
            break
        if not piece:
            break
        out += piece
    process.wait()
    os.close(ours)
    return out.decode()


@pytest.mark.parametrize("jobs", [1, 2])
def test_who_has_no_dissector_is_told_what_to_do(tmp_path: Path, jobs: int) -> None:
    unknown = [message(40, b"\x01\x01\0\0" + attribute(1, b"abc\0"))] * 3
    path = save(tmp_path / "some.pcap", *unknown, protocol=GENERIC)
    said = on_a_terminal("read", "--jobs", jobs, path, path.parent / "some.pcap")
    assert said.count("nldissect: most messages of family 40 have no dissector: ") == 1
    assert "`--decode-as 40=NAME`" in said
    assert "dissectors learn" in said
    routes = save(tmp_path / "routes.pcap", link(name("eth0")))
    assert "no dissector" not in on_a_terminal("read", routes)


@pytest.mark.parametrize(
    ("name", "numbers", "jobs"),
    [("wifi", "37=nl80211", 1), ("wifi", "37=nl80211", 2), ("genl_events", "'44=802.15.4 MAC'", 1)],
)
def test_which_dissector_fits_whom_nobody_named(
    tmp_path: Path, name: str, numbers: str, jobs: int
) -> None:
    """A capture that began after programs had asked nlctrl for the numbers of families."""
    records = open_capture(str(ROOT / f"captures/{name}.pcap"))
    generic = [record.data for record in records if record.protocol == GENERIC]
    others = [data for data in generic if data[4:6] != b"\x10\0"]  # than nlctrl's
    late = save(tmp_path / "late.pcap", *others, protocol=GENERIC)
    said = on_a_terminal("read", "--jobs", jobs, late)
    told = said[said.index("nldissect: most messages of family") :]
    assert f"--decode-as {numbers}" in told
    assert "no other dissector fits" in told
    read = on_a_terminal("read", late, "--decode-as", numbers.strip("'"))
    assert "seem to be" not in read or numbers not in read


def test_no_one_else_is_told(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "some.pcap", message(40, b"\x01\x01\0\0"), protocol=GENERIC)
    assert run("read", path).err == ""


def start_arguments(*arguments: object) -> list[str]:
    import sys

    return [sys.executable, "-m", "nldissect", *map(str, arguments)]


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_gets_colour_unless_told(
    environment: dict[str, str], coloured: bool, mixed: Path
) -> None:
    out = on_a_terminal("read", mixed, **environment)
    assert ("\x1b[" in out) is coloured
    assert "-19 ENODEV" in out


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_lines_are_cut_to_the_terminal(columns: int, tmp_path: Path) -> None:
    path = save(tmp_path / "a.pcap", link(name("veryyy\u4e2d\u6587longname0")), link(mtu(9)))
    out = on_a_terminal("read", path, columns=columns, NO_COLOR="1")
    from nldissect._internal.render.style import width

    widths = [width(line) for line in out.splitlines()]
    assert max(widths) <= columns
    assert ("…" in out) == (columns == 40)


WHY = '-22 EINVAL "Required attributes not provided to perform the operation" for newlink vxk'
ERRORS = ROOT / "captures" / "errors.pcap"


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_lines_that_tell_of_errors_are_never_cut(columns: int) -> None:
    out = on_a_terminal("read", ERRORS, columns=columns, NO_COLOR="1").replace("\r\n", "\n")
    lines = out.split("\n")
    assert max(map(len, lines)) <= columns
    assert WHY in re.sub(r"\n +", " ", out)
    at = next(i for i, line in enumerate(lines) if line.split()[:1] == ["20"])
    if columns < 200:  # the rest stands below where it began
        indent = 8 if columns == 60 else lines[at].index("-22")
        assert lines[at + 1][:indent].isspace()
        assert lines[at + 1][indent] != " "


@pytest.mark.parametrize(
    ("option", "whole", "narrow"),
    [("--wrap", True, True), ("--chop", False, True), ("--wide", True, False), (None, True, False)],
)
def test_too_wide_lines_as_asked(option: str | None, whole: bool, narrow: bool) -> None:
    """Also in a pipe, whose lines else stay as they are."""
    words = [] if option is None else [option]
    process = start("read", *words, ERRORS, env={"COLUMNS": "80"})
    out = process.communicate()[0].decode()
    assert (max(map(len, out.splitlines())) <= 80) == narrow
    assert (WHY in re.sub(r"\n +", " ", out)) == whole
    assert ("…" in out) != whole


def test_long_values_in_trees(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap", link(attribute(9999, bytes(range(250, 256)) * 50)))
    tree = run("read", "-V", path).out
    assert "300 bytes (64 shown)" in tree
    assert len(re.findall(r"^ +00[0-9a-f]0  ", tree, re.MULTILINE)) == 4
    whole = run("read", "-V", "--full", path).out
    assert "300 bytes [" in whole
    assert len(re.findall(r"^ +0[0-9a-f]{2}0  ", whole, re.MULTILINE)) == 19


@pytest.mark.slow
def test_a_bar_shows_progress_while_a_long_file_is_read(tmp_path: Path) -> None:
    from nldissect._internal.engine import walk

    some = [link(name("eth0"), mtu(i)) for i in range(3000)]
    pure = walk.__file__.endswith(".py")  # the compiled form is through with as much at once
    path = save(tmp_path / "long.pcap", *some * (10 if pure else 80))
    with open(os.devnull, "wb") as nowhere:
        bar = on_a_terminal("read", "-V", path, stdout=nowhere.fileno())
    shares = [int(share) for share in re.findall(r"long\.pcap \[[#.]{30}\] +(\d+)%", bar)]
    assert shares == sorted(shares)
    assert len(shares) > 2
    assert bar.endswith("\r\x1b[K")  # and takes itself away


def test_no_bar_where_it_would_disturb(mixed: Path) -> None:
    with open(os.devnull, "wb") as nowhere:
        assert on_a_terminal("read", mixed, stdout=nowhere.fileno()) == ""  # too quick
    assert "%" not in on_a_terminal("read", mixed)
    assert start("read", mixed).communicate()[1] == b""


def test_lines_are_never_cut_in_a_pipe(mixed: Path) -> None:
    process = start("read", mixed, env={"COLUMNS": "30"})
    out, _ = process.communicate()
    assert b"error      -19 ENODEV for getlink nope (to #4, [500]?)\n" in out


def test_arrows_in_ascii_where_the_encoding_lacks_them(mixed: Path) -> None:
    process = start("read", mixed, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    out, err = process.communicate()
    assert err == b""
    assert out.isascii()
    assert b" -> route " in out
    assert b" <- route " in out


# -- pipes and streams -----------------------------------------------------------------------------


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pcap", *[link(name("eth0")), link(name("eth1"))] * 10000)
    for form in ([], ["-V"], ["-T", "json"]):
        process = start("read", *form, path)
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait() == 141


def test_an_output_that_is_full_is_said() -> None:
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(
            start_arguments("dissectors"), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ran.returncode == 2
    assert ran.stderr == b"nldissect: the output cannot be written: No space left on device\n"


def test_without_standard_output(mixed: Path) -> None:
    command = " ".join(start_arguments("read", mixed)) + " >&-"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize("form", [[], ["-V"], ["-T", "jsonl"], ["-e", "summary"]])
def test_a_stream_is_shown_as_it_arrives(form: list[str], mixed: Path) -> None:
    whole = mixed.read_bytes()
    expected, _ = start("read", *form, "-", stdin=subprocess.PIPE).communicate(whole)
    paired = form[:1] in (["-V"], ["-T"])  # what comes late is not in what is shown before
    process = start("read", *form, "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(whole[:24])
    at, got, records = 24, b"", 0
    while at < len(whole):
        length = 16 + int.from_bytes(whole[at + 8 : at + 12], "little")
        process.stdin.write(whole[at : at + length])
        process.stdin.flush()
        at += length
        records += 1
        messages = records + (1 if records > 1 else 0)  # the second record holds two
        while count(got, form) < messages:  # would wait forever if it were held back
            got += os.read(process.stdout.fileno(), 65536)
        assert paired or expected.startswith(got)
    process.stdin.close()
    got += process.stdout.read()
    assert count(got, form) == count(expected, form)
    assert paired or got == expected
    assert process.wait() == 0
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()


def count(text: bytes, form: list[str]) -> int:
    return text.count(b"\n\n" if form == ["-V"] else b"\n")


def test_an_interrupt_is_quiet(mixed: Path) -> None:
    import signal

    process = start("read", "-T", "json", "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(mixed.read_bytes())
    process.stdin.flush()
    out = b""
    while out.count(b"\n") < 6:
        out += os.read(process.stdout.fileno(), 65536)
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate()
    assert (process.returncode, err) == (130, b"")
    import json

    assert len(json.loads(out + rest)) == 6


# -- writing ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("path", SWEPT, ids=lambda p: p.name)
def test_what_is_written_reads_back_the_same(path: Path, tmp_path: Path, run: Command) -> None:
    written = tmp_path / "out.pcapng"
    first = run("read", "-T", "jsonl", "-w", written, path)
    assert (first.status, first.err) == (0, "")
    assert run("read", "-T", "jsonl", written).out == first.out


def test_only_the_messages_shown_are_written(mixed: Path, tmp_path: Path, run: Command) -> None:
    from nldissect._internal.capture.reader import open_capture

    written = tmp_path / "out.pcapng"
    shown = run("read", "-c", "2", "-w", written, mixed)
    assert len(shown.lines) == 2
    records = list(open_capture(str(written)))
    originals = list(open_capture(str(mixed)))
    assert [r.data for r in records] == [originals[0].data, link(name("eth0"), port=500)]
    assert records[1].time == originals[1].time
    assert records[1].original_length == len(records[1].data)


def test_writing_to_standard_output(mixed: Path) -> None:
    out, err = start("read", "-w", "-", "--type", "error", mixed).communicate()
    assert err == b""
    again = start("read", "-", stdin=subprocess.PIPE)
    shown, err = again.communicate(out)
    assert err == b""
    assert shown.count(b"\n") == 1
    assert b"-19 ENODEV" in shown


def test_writing_over_the_input_is_refused(mixed: Path, run: Command) -> None:
    before = mixed.read_bytes()
    ran = run("read", "-w", mixed, mixed)
    assert ran.status == 2
    assert "is read at the same time" in ran.err
    assert mixed.read_bytes() == before


def test_a_file_that_cannot_be_written(mixed: Path, tmp_path: Path, run: Command) -> None:
    ran = run("read", "-w", tmp_path / "no" / "out.pcapng", mixed)
    assert ran.status == 2
    assert "cannot be written: No such file or directory" in ran.err.splitlines()[-1]


def test_nothing_shown_is_a_capture_all_the_same(mixed: Path, tmp_path: Path, run: Command) -> None:
    written = tmp_path / "out.pcapng"
    assert run("read", "-w", written, "--protocol", "generic", mixed).out == ""
    assert run("read", written).status == 0


def test_times_that_are_further_apart_than_64_bits_tell(run: Command, tmp_path: Path) -> None:
    """A pcapng file may count seconds, with 64 bits."""
    far = (1 << 64) - 1
    request = message(16, struct.pack("<BxHiII", 0, 0, 1, 0, 0), flags=5)
    answer = message(2, bytes(4) + request[:16])
    path = tmp_path / "far.pcapng"
    path.write_bytes(
        section("<")
        + interface("<", 253, (9, b"\0"))
        + enhanced("<", 0, 0, netlink(0, request))
        + enhanced("<", 0, far, netlink(0, answer))
    )
    assert f"answered by #2 after {far} s" in run("read", "-V", path).out
    for form in (
        ["-t", "a"],
        ["-t", "r"],
        ["-t", "d"],
        ["-t", "e"],
        ["-T", "jsonl"],
        ["-T", "otlp"],
    ):
        assert run("read", *form, path).status == 0
    assert str(far)[:4] in run("stats", path).out
